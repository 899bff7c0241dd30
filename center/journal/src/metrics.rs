//! [`Metrics`]: counters of the log that any thread may read.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Bucket `n` counts flushes of less than 2^n microseconds; the last takes all longer ones.
const BUCKETS: usize = 24;

/// Counters since the start.
#[derive(Debug, Default)]
pub struct Metrics {
    batches: AtomicU64,
    records: AtomicU64,
    bytes: AtomicU64,
    flush_us: [AtomicU64; BUCKETS],
    flush_us_total: AtomicU64,
    queue_bytes_max: AtomicU64,
    refusals: AtomicU64,
    retries: AtomicU64,
    disk_full: AtomicBool,
    failed: AtomicBool,
    priority_raised: AtomicBool,
}

/// The counters at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricsView {
    /// Batches made durable.
    pub batches: u64,
    /// Records in them.
    pub records: u64,
    /// Bytes of those records.
    pub bytes: u64,
    /// `(upper bound in microseconds, flushes below it and not in an earlier bucket)`, bounds 1, 2, 4, ...
    pub flush_us: Vec<(u64, u64)>,
    /// Sum of all flush times in microseconds.
    pub flush_us_total: u64,
    /// The most that ever waited in the queue.
    pub queue_bytes_max: u64,
    /// Submissions that found the queue full; those that then waited were accepted later.
    pub refusals: u64,
    /// Times that a batch had to be tried again.
    pub retries: u64,
    /// Nothing is accepted now because the disk is full.
    pub disk_full: bool,
    /// The log has ended after a failed write or flush.
    pub failed: bool,
    /// The log's thread runs ahead of others.
    pub priority_raised: bool,
}

impl Metrics {
    pub(crate) fn durable(&self, records: u32, bytes: u64, flush_us: u64) {
        self.batches.fetch_add(1, Relaxed);
        self.records.fetch_add(u64::from(records), Relaxed);
        self.bytes.fetch_add(bytes, Relaxed);
        self.flush_us_total.fetch_add(flush_us, Relaxed);
        let bucket = (u64::BITS - flush_us.leading_zeros()) as usize;
        self.flush_us[bucket.min(BUCKETS - 1)].fetch_add(1, Relaxed);
    }

    pub(crate) fn queued(&self, bytes: u64) {
        self.queue_bytes_max.fetch_max(bytes, Relaxed);
    }

    pub(crate) fn refused(&self) {
        self.refusals.fetch_add(1, Relaxed);
    }

    pub(crate) fn retried(&self) {
        self.retries.fetch_add(1, Relaxed);
    }

    pub(crate) fn set_disk_full(&self, full: bool) {
        self.disk_full.store(full, Relaxed);
    }

    pub(crate) fn set_failed(&self) {
        self.failed.store(true, Relaxed);
    }

    pub(crate) fn set_priority_raised(&self) {
        self.priority_raised.store(true, Relaxed);
    }

    /// The counters now.
    pub fn view(&self) -> MetricsView {
        MetricsView {
            batches: self.batches.load(Relaxed),
            records: self.records.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            flush_us: self.flush_us.iter().enumerate().map(|(n, c)| (1 << n, c.load(Relaxed))).collect(),
            flush_us_total: self.flush_us_total.load(Relaxed),
            queue_bytes_max: self.queue_bytes_max.load(Relaxed),
            refusals: self.refusals.load(Relaxed),
            retries: self.retries.load(Relaxed),
            disk_full: self.disk_full.load(Relaxed),
            failed: self.failed.load(Relaxed),
            priority_raised: self.priority_raised.load(Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flush_time_falls_under_its_bound() {
        let metrics = Metrics::default();
        for us in [0, 1, 127, 128, u64::MAX] {
            metrics.durable(1, 1, us);
        }
        let filled: Vec<_> = metrics.view().flush_us.into_iter().filter(|(_, n)| *n > 0).collect();
        assert_eq!(filled, [(1, 1), (2, 1), (128, 1), (256, 1), (1 << 23, 1)]);
    }
}
