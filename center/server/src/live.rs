//! What all parts of the running center share: counters, feeds, readiness, the last snapshot, problems.
//!
//! Only figures and flags: no event, no card. Locks are held for a copy, never across I/O.

use crate::config::{AcquirerContact, FeedConfig};
use crate::heart::Totals;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tg_ingest::FeedMetrics;
use tg_text::{Problem, Text};

/// One feed with its counters.
pub(crate) struct LiveFeed {
    pub config: FeedConfig,
    pub metrics: Arc<FeedMetrics>,
    pub listening: AtomicBool,
    /// Frame counts at the last full minutes: (minute, frames before it), the two newest.
    minutes: Mutex<[(i64, u64); 2]>,
}

impl LiveFeed {
    pub fn new(config: FeedConfig) -> LiveFeed {
        let minutes = Mutex::new([(0, 0); 2]);
        LiveFeed { config, metrics: Arc::default(), listening: AtomicBool::new(false), minutes }
    }

    /// Frames of the last full minute, as far as somebody asked at its bounds.
    pub fn frames_last_minute(&self, now: i64) -> u64 {
        let minute = now.div_euclid(crate::rooms::MINUTE_US);
        let frames = self.metrics.frames.load(Relaxed);
        let mut minutes = lock(&self.minutes);
        if minutes[1].0 != minute {
            *minutes = [minutes[1], (minute, frames)];
        }
        let [before, this] = *minutes;
        if before.0 == minute - 1 { this.1 - before.1 } else { 0 }
    }
}

/// Figures of the journal.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct JournalFigures {
    pub durable_offset: u64,
    pub segments: u64,
    pub bytes: u64,
    pub flush_us: Option<(u64, u64)>,
    pub disk_full: bool,
    /// The log has ended after a failed write: nothing is accepted until a restart.
    pub failed: bool,
}

/// What is known of a terminal's place beyond its messages.
#[derive(Clone, Debug)]
pub struct Place {
    /// Terminal number.
    pub terminal: String,
    /// The shop's name.
    pub name: Text,
    /// The device's serial number.
    pub serial: String,
}

/// The shared state.
pub(crate) struct Live {
    pub data: PathBuf,
    pub demo: bool,
    pub clock: crate::CenterClock,
    pub acquirer: AcquirerContact,
    pub started_us: i64,
    pub feeds: Vec<LiveFeed>,
    /// Next offset that the engine applies.
    pub applied_offset: AtomicU64,
    /// Next offset that the store applies.
    pub stored_offset: AtomicU64,
    recovered: AtomicBool,
    totals: Mutex<Totals>,
    engine: Mutex<tg_engine::Metrics>,
    snapshot: Mutex<Option<(u64, i64)>>,
    problems: Mutex<Vec<Problem>>,
    places: Mutex<HashMap<String, Place>>,
    /// In the demo: what the city said of itself, for viewers who ask.
    staged: Mutex<Vec<crate::StagedAttack>>,
    /// What only many payments show.
    pub fleet: crate::slow_lane::Fleet,
    journal: Box<dyn Fn() -> JournalFigures + Send + Sync>,
}

impl Live {
    pub fn new(
        config: &crate::Config,
        started_us: i64,
        journal: Box<dyn Fn() -> JournalFigures + Send + Sync>,
    ) -> Live {
        Live {
            data: config.data.clone(),
            demo: config.demo,
            clock: config.clock.clone(),
            acquirer: config.acquirer.clone(),
            started_us,
            feeds: config.feeds.iter().cloned().map(LiveFeed::new).collect(),
            applied_offset: AtomicU64::new(0),
            stored_offset: AtomicU64::new(0),
            recovered: AtomicBool::new(false),
            totals: Mutex::default(),
            engine: Mutex::default(),
            snapshot: Mutex::default(),
            problems: Mutex::default(),
            places: Mutex::default(),
            staged: Mutex::default(),
            fleet: crate::slow_lane::Fleet::default(),
            journal,
        }
    }

    /// Names of the feeds by their number.
    pub fn feed_names(&self) -> Vec<String> {
        self.feeds.iter().map(|f| f.config.name.clone()).collect()
    }

    pub fn recovered(&self) {
        self.recovered.store(true, Relaxed);
    }

    /// Recovery is done and every feed listens.
    pub fn is_ready(&self) -> bool {
        self.recovered.load(Relaxed)
            && !self.journal_figures().failed
            && self.feeds.iter().all(|f| f.listening.load(Relaxed))
    }

    pub fn totals(&self) -> Totals {
        lock(&self.totals).clone()
    }

    pub fn engine_metrics(&self) -> tg_engine::Metrics {
        *lock(&self.engine)
    }

    pub fn set_totals(&self, totals: &Totals, engine: tg_engine::Metrics) {
        lock(&self.totals).clone_from(totals);
        *lock(&self.engine) = engine;
    }

    pub fn last_snapshot(&self) -> Option<(u64, i64)> {
        *lock(&self.snapshot)
    }

    pub fn set_snapshot(&self, cut: u64, at_us: i64) {
        *lock(&self.snapshot) = Some((cut, at_us));
    }

    /// What is wrong now, newest last.
    pub fn problems(&self) -> Vec<Problem> {
        lock(&self.problems).clone()
    }

    /// The place of a terminal, if it is known.
    pub fn place(&self, terminal: &str) -> Option<Place> {
        lock(&self.places).get(terminal).cloned()
    }

    pub fn set_places(&self, places: Vec<Place>) {
        *lock(&self.places) = places.into_iter().map(|p| (p.terminal.clone(), p)).collect();
    }

    /// The attacks that the simulated city staged so far.
    pub fn staged(&self) -> Vec<crate::StagedAttack> {
        lock(&self.staged).clone()
    }

    /// Keeps what the city tells, in the demo only.
    pub fn tell_truth(&self, attack: crate::StagedAttack) {
        let mut staged = lock(&self.staged);
        staged.retain(|known| known.id != attack.id);
        if self.demo && staged.len() < crate::truth::STAGED_MAX {
            staged.push(attack);
        }
    }

    /// Notes a problem; the same one (code and text) stands once, and only the last twenty are kept.
    pub fn note_problem(&self, problem: Problem) {
        let mut problems = lock(&self.problems);
        problems.retain(|p| p.code != problem.code || p.what != problem.what);
        problems.push(problem);
        let over = problems.len().saturating_sub(20);
        problems.drain(..over);
    }

    pub fn journal_figures(&self) -> JournalFigures {
        (self.journal)()
    }
}

/// A lock whose holder panicked still guards plain figures: they are read on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
