//! The heart's thread: takes durable batches, applies them, hands rows and snapshots to the keeper, and sends
//! back into the log what the engine answers with an event.
//!
//! It never waits for the log (which may wait for it) and never for the keeper.

use crate::heart::Heart;
use crate::keeper::KeeperHandle;
use crate::live::Live;
use crate::recover::bad_record;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant as Clock};
use tg_event::{Event, Feedback, Stamp};
use tg_journal::{Batch, DurableBatch, LogHandle, record};
use tg_text::{Problem, Text};
use tg_types::Instant;
use tokio::sync::watch;

/// The store hears at least so often.
const CHUNK_EVERY: Duration = Duration::from_millis(250);
/// Without many events a snapshot is made at least so often, if there was any.
const SNAPSHOT_EVERY: Duration = Duration::from_secs(300);

/// So much of a snapshot is written between two batches when there is nothing else to do.
const SLICE_BYTES: usize = 256 << 10;
/// A snapshot's size before the first was made.
const SNAPSHOT_BYTES_GUESSED: usize = 64 << 20;

/// When snapshots begin, and how far the one under way is.
pub(crate) struct SnapshotPace {
    /// One begins after so many events.
    every_events: u64,
    /// Cut of the last one begun, and when.
    last_cut: u64,
    last_begun: Clock,
    /// Size of the last one that was finished.
    bytes: usize,
    under_way: bool,
}

impl SnapshotPace {
    /// For a heart restored at `cut`.
    pub fn new(every_events: u64, cut: u64) -> SnapshotPace {
        SnapshotPace {
            every_events,
            last_cut: cut,
            last_begun: Clock::now(),
            bytes: SNAPSHOT_BYTES_GUESSED,
            under_way: false,
        }
    }

    fn is_due(&self, next_offset: u64) -> bool {
        let events = next_offset - self.last_cut;
        events > 0
            && !self.under_way
            && (events >= self.every_events || self.last_begun.elapsed() >= SNAPSHOT_EVERY)
    }

    /// Bytes to write beside so many events, so that half the way to the next snapshot is enough.
    fn share(&self, events: usize) -> usize {
        let per_event = self.bytes as u64 * 2 / self.every_events.max(1) + 64;
        events * per_event as usize
    }
}

/// The heart's thread.
pub(crate) struct Beating {
    pub heart: Heart,
    pub keeper: KeeperHandle,
    pub log: LogHandle,
    pub live: Arc<Live>,
    pub pace: SnapshotPace,
    pub to_append: Vec<Feedback>,
    pub chunked: Clock,
}

impl Beating {
    /// Applies batches until the log has ended; then saves what there is.
    pub fn run(mut self, queue: &Receiver<DurableBatch>) {
        loop {
            // With a snapshot under way there is something to do whenever no batch is waiting.
            let patience = if self.pace.under_way { Duration::ZERO } else { CHUNK_EVERY };
            match queue.recv_timeout(patience) {
                Ok(batch) => {
                    self.apply(&batch);
                    self.go_on_snapshot(self.pace.share(batch.count as usize));
                }
                Err(RecvTimeoutError::Timeout) => self.go_on_snapshot(SLICE_BYTES),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.append_feedback();
            self.hand_over(false);
        }
        self.hand_over(true);
        // The one under way would be older than what there is now.
        self.begin_snapshot();
        while self.pace.under_way {
            self.go_on_snapshot(usize::MAX);
        }
    }

    fn apply(&mut self, batch: &DurableBatch) {
        for (offset, (time, body)) in (batch.first_offset..).zip(record::iter(&batch.payload)) {
            match Event::decode(body) {
                Ok(event) => {
                    let beat = self.heart.beat(Stamp { offset, log_time: Instant(time) }, &event);
                    self.to_append.extend(beat.outcomes.feedback.iter().cloned());
                }
                // Our own doors encode what is decoded here: this is a fault of the program.
                Err(error) => {
                    tracing::error!(offset, %error, "a record of our own can't be read");
                    self.live.note_problem(bad_record(offset, &error));
                }
            }
        }
        self.live.set_totals(self.heart.totals(), self.heart.engine_metrics());
        self.live.applied_offset.store(self.heart.next_offset(), Ordering::Release);
    }

    /// Feedback goes back through the log. The heart must not wait for the log, which may wait for it.
    fn append_feedback(&mut self) {
        if self.to_append.is_empty() {
            return;
        }
        let events: Vec<Event> = self.to_append.drain(..).map(Event::Feedback).collect();
        // A log that has ended takes nothing; the engine knows what is outstanding, and the next start
        // appends it.
        let _ = self.log.submit_feedback(batch_of(&events));
    }

    fn hand_over(&mut self, last: bool) {
        let snapshot_due = self.pace.is_due(self.heart.next_offset());
        if !last && (!self.keeper.has_room() || (self.chunked.elapsed() < CHUNK_EVERY && !snapshot_due)) {
            return;
        }
        let chunk = self.heart.take_chunk();
        if last || snapshot_due || !chunk.is_empty() {
            self.keeper.chunk(chunk);
        }
        self.chunked = Clock::now();
        if snapshot_due {
            self.begin_snapshot();
        }
    }

    /// Begins a snapshot at this offset, if anything has happened since the last.
    fn begin_snapshot(&mut self) {
        self.pace.under_way &= self.heart.next_offset() == self.pace.last_cut;
        if self.heart.next_offset() > self.pace.last_cut {
            self.heart.begin_snapshot();
            (self.pace.last_cut, self.pace.last_begun) = (self.heart.next_offset(), Clock::now());
            self.pace.under_way = true;
        }
    }

    /// Writes some of the snapshot under way; the keeper gets it when it is whole.
    fn go_on_snapshot(&mut self, bytes: usize) {
        if self.pace.under_way
            && let Some(snapshot) = self.heart.go_on_snapshot(bytes)
        {
            self.pace.under_way = false;
            self.pace.bytes = snapshot.bytes();
            self.keeper.snapshot(self.pace.last_cut, snapshot);
        }
    }
}

/// What has to stand in the log before new messages: changed settings, feedback that a crash kept back.
pub(crate) fn first_records(log: &LogHandle, heart: &Heart, rules: String) -> Result<(), Problem> {
    let epoch = heart.epoch_due().map(Event::Epoch);
    let feedback = heart.outstanding_feedback().into_iter().map(Event::Feedback);
    let rules = (heart.rules() != rules).then(|| crate::rules::event(rules));
    let events: Vec<Event> = epoch.into_iter().chain(rules).chain(feedback).collect();
    if events.is_empty() {
        return Ok(());
    }
    log.try_submit(batch_of(&events)).map_err(|_| {
        let what = Text::fixed("日志不接收启动记录", "the log does not take the first records");
        Problem::new("TG-3001", what)
    })
}

pub(crate) fn batch_of(events: &[Event]) -> Batch {
    let mut records = Vec::new();
    for event in events {
        record::push_with(&mut records, |out| event.encode(out));
    }
    Batch { records, count: events.len() as u32, ack: None }
}

/// Time passes: a tick a second while payments may wait for answers, one a minute in quiet hours.
pub(crate) async fn tick(log: LogHandle, live: Arc<Live>, mut stopped: watch::Receiver<bool>) {
    let quiet_after_us = i64::from(tg_event::Limits::default().late_seconds) * tg_types::SECOND_US;
    let mut seconds = 0_u32;
    loop {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
        seconds = (seconds + 1) % 60;
        let now = live.clock.now_us();
        let last =
            live.feeds.iter().map(|f| f.metrics.last_frame_at_us.load(Ordering::Relaxed)).max().unwrap_or(0);
        for feed in &live.feeds {
            feed.frames_last_minute(now);
        }
        // After a start it is not known how long ago the last message came.
        let busy = now - last.max(live.started_us) < quiet_after_us;
        if busy || seconds == 0 {
            // A queue that is full has messages, and those move the time as well.
            let _ = log.try_submit(batch_of(&[Event::Tick]));
        }
    }
}
