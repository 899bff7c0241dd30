//! The slow lane: a thread that reads the durable log behind the heart, with an offset of its own, and keeps the
//! fleet's watch.
//!
//! It takes nothing from the heart and nothing waits for it: it reads what is on disk. Under a stream that is
//! faster than it wants to be, it lags; if it lags too far it passes over what lies between and says so. After a
//! start it reads again as much of the log as it may, and says from when it has seen.

use crate::live::Live;
use crate::outage::Ends;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Clock};
use tg_diagnose::{Facts, Health};
use tg_event::Event;
use tg_fleet::{Class, Outage, Silent};
use tg_journal::{JournalError, ReaderFactory, RealDisk, StoredBatch, record};
use tg_store::PaymentRecord;
use tg_text::Text;

/// Events that are read again after a start, at most.
const READ_AGAIN: u64 = 4_000_000;
/// Lag from which on events are passed over.
const LAG_MAX: u64 = 4_000_000;
/// How often the end of the log is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Events of a batch from which on the stream counts as fast: then the lane rests three times as long as it works.
const FAST_BATCH: u32 = 2_000;
/// An elsewhere is degraded from so many times its usual rate, and so many failures.
const DEGRADED_TIMES: f64 = 3.0;
/// What happened longer ago than this is no news of now.
const RECENT_US: i64 = 20 * 60 * tg_types::SECOND_US;

/// What the lane has seen, for pages and for the diagnosis of one payment.
#[derive(Default)]
pub(crate) struct Fleet {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    ends: Ends,
    /// Log time of the first event that was read, and of the last.
    seen_us: Option<(i64, i64)>,
    next_offset: u64,
    passed_over: u64,
    unreadable: u64,
    issuers: HashMap<String, Text>,
}

/// How far the lane has come.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    /// Log time from which on it has seen everything that it has not passed over, and to which.
    pub from_to_us: Option<(i64, i64)>,
    /// Next offset that it reads.
    pub next_offset: u64,
    /// Events that it passed over because it lagged too far.
    pub passed_over: u64,
    /// Records that it could not read.
    pub unreadable: u64,
}

/// Whether others fail as well: what the fleet says of one payment's surroundings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FleetScope {
    /// The issuer's payments elsewhere fail far more often than in the last week; `None`: too little was seen.
    pub issuer_degraded: Option<bool>,
    /// The same of the acquirer.
    pub acquirer_degraded: Option<bool>,
}

impl Fleet {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All outages, newest first.
    pub fn outages(&self) -> Vec<Outage> {
        self.lock().ends.watch.outages().iter().rev().cloned().collect()
    }

    /// One of them.
    pub fn outage(&self, number: u32) -> Option<Outage> {
        self.lock().ends.watch.outages().iter().find(|o| o.number == number).cloned()
    }

    /// How many last, for the side bar.
    pub fn open_outages(&self) -> u64 {
        self.lock().ends.watch.open().count() as u64
    }

    /// Silent terminals that no outage explains.
    pub fn silent(&self, now_us: i64) -> Vec<Silent> {
        self.lock().ends.watch.silent(now_us)
    }

    /// How far the lane has come.
    pub fn seen(&self) -> Seen {
        let inner = self.lock();
        Seen {
            from_to_us: inner.seen_us,
            next_offset: inner.next_offset,
            passed_over: inner.passed_over,
            unreadable: inner.unreadable,
        }
    }

    /// Names of issuers by their codes, for people.
    pub fn set_issuers(&self, issuers: impl IntoIterator<Item = (String, Text)>) {
        self.lock().issuers.extend(issuers);
    }

    /// The name of a value, if people know it by another one than its code.
    pub fn name(&self, dimension: &str, value: &str) -> Option<Text> {
        if dimension == "issuer" { self.lock().issuers.get(value).cloned() } else { None }
    }

    /// What the fleet said at this time of a payment with these values; an empty one is not known. A payment that
    /// was never answered has no issuer: then its BIN's.
    pub fn scope(&self, issuer: &str, bin: Option<u32>, acquirer: &str, at_us: i64) -> FleetScope {
        let inner = self.lock();
        let watch = &inner.ends.watch;
        let of_bin = bin.filter(|_| issuer.is_empty()).and_then(|bin| inner.ends.issuer_of(bin));
        let issuer = of_bin.as_deref().unwrap_or(issuer);
        let degraded = |dimension: &str, value: &str| {
            if value.is_empty() {
                return None;
            }
            let names = |o: &&Outage| o.place.len() == 1 && o.value(dimension) == Some(value);
            let covers = |o: &&Outage| o.since_us <= at_us && o.ended_us.is_none_or(|end| at_us <= end);
            let mut outages = watch.outages().iter().filter(|o| o.class == Class::Unavailable);
            if outages.any(|o| names(&o) && covers(&o)) {
                return Some(true);
            }
            // What is kept of single minutes says something of now only.
            let (_, last) = inner.seen_us?;
            let usual = watch.usual_rate(dimension, value, Class::Unavailable)?;
            let (failed, total) = watch.recent(dimension, value, Class::Unavailable);
            let fails = failed >= 5 && f64::from(failed) >= DEGRADED_TIMES * usual * f64::from(total);
            (total >= 10 && last - at_us < RECENT_US).then_some(fails)
        };
        FleetScope {
            issuer_degraded: degraded("issuer", issuer),
            acquirer_degraded: degraded("acquirer", acquirer),
        }
    }

    /// Adds to a payment's facts what the fleet knows of its surroundings.
    pub fn inform(&self, mut facts: Facts, payment: &PaymentRecord) -> Facts {
        let scope = self.scope(&payment.issuer, payment.bin, &payment.acquirer, payment.opened_at);
        let health = |degraded: bool| if degraded { Health::Degraded } else { Health::Ok };
        // A degraded one was shown by many payments; that all is well is only said where nothing else is known.
        for (fact, degraded) in [
            (&mut facts.issuer_elsewhere, scope.issuer_degraded),
            (&mut facts.acquirer_elsewhere, scope.acquirer_degraded),
        ] {
            if degraded == Some(true) || fact.is_none() {
                *fact = degraded.map(health).or(*fact);
            }
        }
        facts
    }
}

/// The lane's thread.
pub(crate) struct SlowLane {
    pub readers: ReaderFactory<RealDisk>,
    pub live: Arc<Live>,
    pub stopping: Arc<AtomicBool>,
}

impl SlowLane {
    /// Starts the thread; it ends soon after `stopping` is set.
    pub fn start(self) -> std::io::Result<std::thread::JoinHandle<()>> {
        std::thread::Builder::new().name("slow-lane".into()).spawn(move || self.run())
    }

    fn run(self) {
        let mut from = self.readers.durable_offset().saturating_sub(READ_AGAIN);
        while !self.stopping.load(Ordering::Acquire) {
            match self.follow(from.max(self.readers.first_offset())) {
                Ok(()) => return,
                // Released under the reader, or too far behind: on from where the log can be read.
                Err(JournalError::OutOfRange { first, .. }) => from = first,
                Err(error) => {
                    tracing::error!(%error, "the slow lane can't read the log");
                    self.live.note_problem(error.to_problem());
                    from = self.readers.durable_offset();
                    std::thread::sleep(Duration::from_secs(1));
                }
            }
        }
    }

    /// Reads from an offset until the center stops.
    fn follow(&self, from: u64) -> Result<(), JournalError> {
        let mut reader = self.readers.reader(from)?;
        while !self.stopping.load(Ordering::Acquire) {
            let Some(batch) = reader.next_batch()? else {
                std::thread::sleep(LOOK_EVERY);
                continue;
            };
            let end = batch.first_offset + u64::from(batch.count);
            let started = Clock::now();
            self.apply(&batch);
            if batch.count >= FAST_BATCH {
                std::thread::sleep(3 * started.elapsed());
            }
            let durable = self.readers.durable_offset();
            if durable - end.min(durable) > LAG_MAX {
                self.live.fleet.lock().passed_over += durable - end;
                tracing::warn!(
                    passed_over = durable - end,
                    "the slow lane lags too far and goes on at the end"
                );
                reader = self.readers.reader(durable)?;
            }
        }
        Ok(())
    }

    fn apply(&self, batch: &StoredBatch) {
        let mut inner = self.live.fleet.lock();
        for (offset, (time, body)) in (batch.first_offset..).zip(record::iter(&batch.payload)) {
            // The batch may begin before what was asked for.
            if offset < inner.next_offset {
                continue;
            }
            match Event::decode(body) {
                Ok(event) => inner.ends.apply(time, &event),
                Err(_) => inner.unreadable += 1,
            }
            inner.next_offset = offset + 1;
            inner.seen_us = Some((inner.seen_us.map_or(time, |s| s.0), time));
        }
    }
}
