//! [`Log`]: the group-commit thread. It takes all that waits, makes it durable, hands it to the consumer
//! (the engine), then acknowledges; and does nothing else. A second thread prepares and releases segments.
//!
//! Order: durable, hand-over, acknowledgement. If the process dies in between, the batch is in the journal
//! and the replay hands it over. A consumer that is slow holds up acknowledgements and so the producers,
//! which is the bound working. Nothing is ever acknowledged that is not durable (I3).

use crate::queue::{Entry, Next, Queue, Waiting, refuse};
use crate::{Chore, ChoreDone, Disk, Durable, Journal, JournalError, LogFailure, LogHandle, Result};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub use crate::queue::Clock;

const DISK_FULL_PAUSE: Duration = Duration::from_millis(200);
/// After a failed preparation the log itself tries again when it comes to it; before that, not too often.
const PREPARE_PAUSE: Duration = Duration::from_secs(1);
/// Ahead of ordinary threads; what the system refuses is done without.
const PRIORITY: i32 = -10;

/// Records that are durable, in offset order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DurableBatch {
    /// Offset of the first record.
    pub first_offset: u64,
    /// Number of records.
    pub count: u32,
    /// Log time of the first record, in microseconds.
    pub first_log_time_us: i64,
    /// Log time of the last record, in microseconds.
    pub last_log_time_us: i64,
    /// The records, stamped, in the form of [`crate::record`].
    pub payload: Vec<u8>,
}

/// Gets every durable batch, on the log's thread; it may block while its own queue is full, but must not
/// wait for the log ([`LogHandle::submit_feedback`]). False if it is gone: the log then ends.
pub type Consumer = Box<dyn FnMut(DurableBatch) -> bool + Send>;

/// The bounds of the log.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// So many bytes of records wait at most; the batch that is being written comes on top.
    pub queue_bytes_max: usize,
}

impl Default for LogOptions {
    fn default() -> LogOptions {
        LogOptions { queue_bytes_max: 4 << 20 }
    }
}

/// The system's clock.
pub fn system_clock() -> Clock {
    Box::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    })
}

/// The running log.
pub struct Log {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Log {
    /// Starts the threads. Take [`Journal::readers`] and [`Journal::snapshots`] before.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start<D: Disk>(
        journal: Journal<D>,
        options: LogOptions,
        clock: Clock,
        consumer: Consumer,
    ) -> Result<(Log, LogHandle)> {
        let last_log_time_us = journal.last_log_time_us();
        let payload_bytes_max = journal.payload_bytes_max();
        let queue = Arc::new(Queue::new(options.queue_bytes_max, payload_bytes_max, clock, last_log_time_us));
        let no_thread = |e| JournalError::io("start", "the log's thread", e);
        let (jobs, job_queue) = channel::<Chore<D>>();
        let (results, done) = channel();
        let helper = std::thread::Builder::new().name("journal-files".into()).spawn(move || {
            for chore in job_queue {
                if results.send(chore.run()).is_err() {
                    break;
                }
            }
        });
        helper.map_err(no_thread)?;
        let writer = Writer {
            queue: queue.clone(),
            journal,
            consumer,
            jobs,
            done,
            prepare_after: None,
            release_to: 0,
        };
        let thread = std::thread::Builder::new().name("journal".into()).spawn(move || writer.run());
        let thread = Some(thread.map_err(no_thread)?);
        Ok((Log { queue: queue.clone(), thread }, LogHandle { queue }))
    }

    /// Takes no more, makes durable, hands over and acknowledges what was taken, and closes the journal.
    ///
    /// # Errors
    /// What ended the log, if it was not this call.
    pub fn stop(mut self) -> Result<()> {
        self.queue.close();
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            // The panic was reported on its own thread; all that waited was refused.
            Some(Err(_)) | None => Err(JournalError::Poisoned),
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.queue.close();
    }
}

struct Writer<D: Disk> {
    queue: Arc<Queue>,
    journal: Journal<D>,
    consumer: Consumer,
    jobs: Sender<Chore<D>>,
    done: Receiver<ChoreDone>,
    prepare_after: Option<Instant>,
    /// Asked for while an earlier release was under way.
    release_to: u64,
}

/// However the thread ends, nobody waits for it in vain.
struct EndGuard(Arc<Queue>);

impl Drop for EndGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.metrics.set_failed();
            self.0.fail(&LogFailure::Disk("the log's thread has panicked".into()));
        }
    }
}

impl<D: Disk> Writer<D> {
    fn run(mut self) -> Result<()> {
        let _guard = EndGuard(self.queue.clone());
        if rustix::process::setpriority_process(None, PRIORITY).is_ok() {
            self.queue.metrics.set_priority_raised();
        }
        let worked = self.work();
        if let Err(error) = &worked {
            self.queue.metrics.set_failed();
            self.queue.fail(&failure_of(error));
        }
        // The helper ends too before this returns, so that nothing of us holds the folder any longer.
        drop(self.jobs);
        for done in self.done {
            // Should names have become unsure, closing says so.
            let _ = self.journal.finish(done);
        }
        worked.and_then(|()| self.journal.close())
    }

    fn work(&mut self) -> Result<()> {
        loop {
            match self.queue.next() {
                Next::Records(waiting) => self.write(waiting)?,
                Next::Release(offset) => self.release_to = self.release_to.max(offset),
                Next::Stop => return Ok(()),
            }
            self.collect();
            self.release_behind();
            self.prepare_ahead();
        }
    }

    /// All that waited: one batch, unless it is more than a segment holds.
    fn write(&mut self, waiting: Waiting) -> Result<()> {
        let limit = self.journal.payload_bytes_max() as usize;
        let Waiting { mut records, mut entries } = waiting;
        while !entries.is_empty() {
            let (mut bytes, mut taken) = (0, 0);
            while let Some(entry) = entries.get(taken).filter(|e| bytes + e.bytes <= limit) {
                bytes += entry.bytes;
                taken += 1;
            }
            let rest_records = records.split_off(bytes);
            let rest_entries = entries.split_off(taken);
            if let Err(error) = self.write_one(records, entries) {
                refuse(rest_entries, &failure_of(&error));
                return Err(error);
            }
            (records, entries) = (rest_records, rest_entries);
        }
        Ok(())
    }

    fn write_one(&mut self, payload: Vec<u8>, entries: Vec<Entry>) -> Result<()> {
        let count: u32 = entries.iter().map(|e| e.count).sum();
        let first_log_time_us = entries.first().map_or(0, |e| e.log_time_us);
        let last_log_time_us = entries.last().map_or(0, |e| e.log_time_us);
        let durable = self.append(first_log_time_us, last_log_time_us, count, &payload).and_then(|offset| {
            let start = Instant::now();
            self.journal.commit()?;
            let flush_us = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.queue.metrics.durable(count, payload.len() as u64, flush_us);
            Ok(offset)
        });
        let first_offset = match durable {
            Ok(offset) => offset,
            Err(error) => {
                refuse(entries, &failure_of(&error));
                return Err(error);
            }
        };
        let batch = DurableBatch { first_offset, count, first_log_time_us, last_log_time_us, payload };
        let consumed = (self.consumer)(batch);
        let mut offset = first_offset;
        for Entry { count, log_time_us, ack, .. } in entries {
            if let Some(ack) = ack {
                ack(Ok(Durable { first_offset: offset, count, log_time_us }));
            }
            offset += u64::from(count);
        }
        if consumed { Ok(()) } else { Err(JournalError::Misuse("the consumer of the log is gone")) }
    }

    /// Appends, and holds everything while the disk has no room.
    fn append(&mut self, first_time: i64, last_time: i64, count: u32, payload: &[u8]) -> Result<u64> {
        loop {
            let error = match self.journal.append(first_time, last_time, count, payload) {
                Ok(appended) => {
                    self.queue.metrics.set_disk_full(false);
                    return Ok(appended.first_offset);
                }
                Err(error) => error,
            };
            match error {
                JournalError::NotReady => {
                    // The helper ends with the journal, so it answers.
                    let done = self.done.recv().map_err(|_| JournalError::Poisoned)?;
                    let _ = self.journal.finish(done);
                    continue;
                }
                JournalError::DiskFull { .. } => self.queue.metrics.set_disk_full(true),
                // A new segment could not be filled; nothing that exists is touched.
                JournalError::Io { .. } if !self.journal.is_poisoned() => {}
                error => return Err(error),
            }
            self.queue.metrics.retried();
            if self.queue.pause(DISK_FULL_PAUSE) {
                return Err(error);
            }
        }
    }

    fn hand_out(&mut self, chore: Option<Chore<D>>) {
        if let Some(Err(lost)) = chore.map(|chore| self.jobs.send(chore)) {
            // Without a helper the work is done here.
            let _ = self.journal.finish(lost.0.run());
        }
    }

    fn collect(&mut self) {
        while let Ok(done) = self.done.try_recv() {
            // A poisoned journal says so at the next append; a full disk is tried again.
            if self.journal.finish(done).is_err() {
                self.prepare_after = Some(Instant::now() + PREPARE_PAUSE);
            }
        }
    }

    fn release_behind(&mut self) {
        if self.release_to > 0 && !self.journal.is_releasing() {
            let chore = self.journal.release_chore(self.release_to);
            self.release_to = 0;
            self.hand_out(chore);
        }
    }

    fn prepare_ahead(&mut self) {
        if self.prepare_after.is_none_or(|after| after <= Instant::now()) {
            self.prepare_after = None;
            let chore = self.journal.next_chore();
            self.hand_out(chore);
        }
    }
}

fn failure_of(error: &JournalError) -> LogFailure {
    match error {
        JournalError::DiskFull { .. } => LogFailure::StoppedWhileFull,
        _ => LogFailure::Disk(error.to_string()),
    }
}
