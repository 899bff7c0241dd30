//! The heart: applies what is durable to the engine, in order, and tells the rest of the center what
//! follows from it.
//!
//! One [`Heart`] serves the live stream, the recovery after a start and the replay of a file, so that they
//! can't differ. It decides nothing and slows nothing down: what the store can't take in time is counted,
//! not waited for.

use std::collections::{BTreeMap, BTreeSet};
use tg_engine::{Catalogue, Engine, RestoreError, SnapshotPieces};
use tg_event::{
    Epoch, Event, Feedback, Limits, Message, Outcome, Outcomes, PaymentChange, PaymentStage, Stamp,
};
use tg_store::{Chunk, Counted, Step, TerminalSeen, Undecodable};
use tg_types::{Instant, MtiClass, SECOND_US, Short, TenantId, stable_hash};

/// What happened since the log began: parts of the state, so they survive a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Messages that could be decoded.
    pub accepted: u64,
    /// Verdicts on them.
    pub verdicts: u64,
    /// Frames that could not be decoded.
    pub undecoded: u64,
    /// Findings by code.
    pub findings: BTreeMap<String, u64>,
    /// Payments that the store did not index, because the stream was faster than it may be.
    pub unindexed: u64,
}

/// Terminals noted in one chunk; more have to wait for their next message.
const CHUNK_TERMINALS_MAX: usize = 5_000;
/// Steps in one chunk; more are counted as not indexed.
const CHUNK_STEPS_MAX: usize = 50_000;
/// Indexed payments whose end is waited for; of older ones only a failure is noted.
const FOLLOWED_MAX: usize = 1_000_000;
/// Undecodable frames noted in one chunk; all are counted.
const CHUNK_UNDECODED_MAX: usize = 1_000;

/// The engine with what the shell keeps beside it.
pub struct Heart {
    engine: Engine,
    totals: Totals,
    outcomes: Outcomes,
    chunk: Chunk,
    /// Counts of the minute at hand, and terminals of the chunk at hand: both go into the chunk when it is
    /// taken, since a map's look-up for each message costs more than the rest of the noting.
    minute: Minute,
    terminals: Terminals,
    /// Events before this are in the store already.
    stored_to: u64,
    /// Payments opened before this may be indexed although they are not in `followed`.
    unsure_before: u64,
    /// Indexed payments that wait for their end.
    followed: BTreeSet<u64>,
    budget: IndexBudget,
    /// The totals as they were when the snapshot under way began.
    snapshot_head: Vec<u8>,
}

/// What one event gave.
pub struct Beat<'a> {
    /// The event.
    pub event: &'a Event,
    /// What the engine answered.
    pub outcomes: &'a Outcomes,
}

impl Heart {
    /// A heart that has seen nothing.
    pub fn new(index_per_second_max: u32) -> Heart {
        Heart::around(Engine::new(Catalogue::builtin()), Totals::default(), index_per_second_max)
    }

    fn around(engine: Engine, totals: Totals, index_per_second_max: u32) -> Heart {
        Heart {
            engine,
            totals,
            outcomes: Outcomes::default(),
            chunk: Chunk::default(),
            minute: Minute::default(),
            terminals: Terminals::default(),
            stored_to: 0,
            unsure_before: 0,
            followed: BTreeSet::new(),
            budget: IndexBudget::new(index_per_second_max),
            snapshot_head: Vec::new(),
        }
    }

    /// A heart with the state of a snapshot.
    ///
    /// # Errors
    /// If the bytes are no snapshot of this version.
    pub fn restore(bytes: &[u8], index_per_second_max: u32) -> Result<Heart, RestoreError> {
        let (head, engine) = bytes.split_first_chunk::<4>().ok_or(RestoreError::NotASnapshot)?;
        let length = u32::from_le_bytes(*head) as usize;
        let (totals, engine) = engine.split_at_checked(length).ok_or(RestoreError::NotASnapshot)?;
        let totals: SavedTotals = serde_json::from_slice(totals).map_err(|_| RestoreError::NotASnapshot)?;
        let engine = Engine::restore(Catalogue::builtin(), engine)?;
        let mut heart = Heart::around(engine, totals.into(), index_per_second_max);
        heart.unsure_before = heart.engine.next_offset();
        Ok(heart)
    }

    /// Begins a snapshot at [`Heart::next_offset`]; one that was under way is given up.
    pub fn begin_snapshot(&mut self) {
        let totals =
            serde_json::to_vec(&SavedTotals::from(&self.totals)).expect("numbers and names serialise");
        let mut head = Vec::with_capacity(4 + totals.len());
        head.extend_from_slice(&(totals.len() as u32).to_le_bytes());
        head.extend_from_slice(&totals);
        self.snapshot_head = head;
        self.engine.begin_snapshot();
    }

    /// Writes about so many bytes more of the snapshot, whatever was applied since it began; gives it when
    /// it is whole.
    pub fn go_on_snapshot(&mut self, bytes: usize) -> Option<HeartSnapshot> {
        let engine = self.engine.go_on_snapshot(bytes)?;
        Some(HeartSnapshot { head: std::mem::take(&mut self.snapshot_head), engine })
    }

    /// The next event to apply.
    pub fn next_offset(&self) -> u64 {
        self.engine.next_offset()
    }

    /// What happened since the log began.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The engine's own figures.
    pub fn engine_metrics(&self) -> tg_engine::Metrics {
        self.engine.metrics()
    }

    /// Feedback that must be appended to the log.
    pub fn outstanding_feedback(&self) -> Vec<Feedback> {
        self.engine.outstanding_feedback().cloned().collect()
    }

    /// Tells which events the store has already.
    pub fn stored_to(&mut self, offset: u64) {
        self.stored_to = offset;
        self.chunk.next_offset = self.chunk.next_offset.max(offset);
    }

    /// The epoch event that has to be appended before anything else, if the settings or the program changed
    /// since the last one.
    pub fn epoch_due(&self) -> Option<Epoch> {
        let wanted = Epoch {
            engine_version: tg_engine::ENGINE_VERSION,
            catalogue_hash: Catalogue::builtin().hash(),
            limits: Limits::default(),
        };
        (self.engine.next_offset() == 0 || *self.engine.epoch() != wanted).then_some(wanted)
    }

    /// Text of the rules in force.
    pub fn rules(&self) -> &str {
        self.engine.rules()
    }

    /// Applies one event.
    pub fn beat<'a>(&'a mut self, stamp: Stamp, event: &'a Event) -> Beat<'a> {
        self.outcomes.clear();
        self.engine.apply(stamp, event, &mut self.outcomes);
        self.totals.verdicts += self.outcomes.verdicts.len() as u64;
        for finding in &self.outcomes.findings {
            *self.totals.findings.entry(finding.code.to_owned()).or_default() += 1;
        }
        match event {
            Event::Message(_) => self.totals.accepted += 1,
            Event::Undecoded(_) => self.totals.undecoded += 1,
            Event::Tick | Event::Epoch(_) | Event::Feedback(_) | Event::Judgement(_) | Event::Rules(_) => {}
        }
        self.note(stamp, event);
        Beat { event, outcomes: &self.outcomes }
    }

    /// What the store has to take over since the last call; empty if nothing happened.
    pub fn take_chunk(&mut self) -> Chunk {
        self.minute.write(&mut self.chunk);
        self.terminals.write(&mut self.chunk);
        let next_offset = self.engine.next_offset().max(self.chunk.next_offset);
        let mut chunk = std::mem::replace(&mut self.chunk, Chunk { next_offset, ..Chunk::default() });
        chunk.next_offset = next_offset;
        chunk
    }

    /// Notes for the store what an event meant.
    fn note(&mut self, stamp: Stamp, event: &Event) {
        let known = stamp.offset < self.stored_to;
        match event {
            Event::Message(message) if !known => {
                self.minute_of(stamp.log_time).frames += 1;
                self.terminals.note(stamp, message);
            }
            Event::Undecoded(undecoded) if !known => {
                self.minute_of(stamp.log_time).frames += 1;
                self.chunk.count(stamp.log_time, Counted::Undecoded, undecoded.kind.name(), 1);
                if self.chunk.undecoded.len() < CHUNK_UNDECODED_MAX {
                    let undecoded = *undecoded;
                    self.chunk.undecoded.push(Undecodable {
                        offset: stamp.offset,
                        at: stamp.log_time,
                        undecoded,
                    });
                }
            }
            Event::Judgement(judgement) if !known => self.chunk.judgements.push(*judgement),
            _ => {}
        }
        let outcomes = std::mem::take(&mut self.outcomes);
        for change in &outcomes.changes {
            let message = match event {
                Event::Message(message) => Some(message.as_ref()),
                _ => None,
            };
            let keep = self.keeps(change, stamp.log_time);
            if !known {
                self.count_change(change, message);
                if keep {
                    let verdict = outcomes.verdicts.iter().find(|v| v.offset == change.offset).cloned();
                    let message = message.map(|m| Box::new(m.clone()));
                    self.chunk.steps.push(Step { change: change.clone(), message, verdict });
                } else if change.stage == PaymentStage::Asked {
                    self.totals.unindexed += 1;
                    self.minute_of(stamp.log_time).unindexed += 1;
                }
            }
        }
        if !known {
            self.chunk.findings.extend(outcomes.findings.iter().cloned());
        }
        self.outcomes = outcomes;
    }

    /// Whether the store takes a step: all steps of a payment that it began to follow, else what failed, as
    /// far as the budget reaches.
    fn keeps(&mut self, change: &PaymentChange, now: Instant) -> bool {
        let room = self.chunk.steps.len() < CHUNK_STEPS_MAX;
        if change.stage == PaymentStage::Asked {
            let keep = room && self.budget.takes(now);
            if keep {
                self.followed.insert(change.payment);
                if self.followed.len() > FOLLOWED_MAX {
                    self.followed.pop_first();
                }
            }
            return keep;
        }
        let ended = !matches!(change.outcome, Outcome::Open) && change.stage != PaymentStage::TimedOut;
        let followed = match ended {
            true => self.followed.remove(&change.payment),
            false => self.followed.contains(&change.payment),
        };
        let failed = !matches!(change.outcome, Outcome::Open | Outcome::Approved);
        followed || change.payment < self.unsure_before || (failed && room && self.budget.takes_failed(now))
    }

    fn count_change(&mut self, change: &PaymentChange, message: Option<&Message>) {
        let minute = self.minute_of(change.at);
        match (change.stage, change.outcome) {
            (PaymentStage::Asked, _) => minute.payments += 1,
            (PaymentStage::Repeated, _) | (_, Outcome::Open) => {}
            (_, outcome) => {
                if let Some(place) = OUTCOMES.iter().position(|(o, _)| *o == outcome) {
                    minute.outcomes[place] += 1;
                }
                if outcome == Outcome::Declined
                    && let Some(message) = message
                {
                    minute.count_code(message.scheme, change.response_code);
                    if self.minute.codes.len() >= MINUTE_CODES_MAX {
                        self.minute.write(&mut self.chunk);
                    }
                }
            }
        }
    }

    /// The counts of a log time's minute. Those of the minute before go into the chunk.
    fn minute_of(&mut self, at: Instant) -> &mut Minute {
        if !(self.minute.from..self.minute.from + MINUTE_US).contains(&at.0) {
            self.minute.write(&mut self.chunk);
            self.minute.from = at.0.div_euclid(MINUTE_US) * MINUTE_US;
        }
        &mut self.minute
    }
}

const MINUTE_US: i64 = 60 * SECOND_US;

/// Outcomes that are counted, with their labels.
const OUTCOMES: [(Outcome, &str); 6] = [
    (Outcome::Approved, "approved"),
    (Outcome::Declined, "declined"),
    (Outcome::Unknown, "unknown"),
    (Outcome::ReversalSent, "reversal_sent"),
    (Outcome::Reversed, "reversed"),
    (Outcome::ReversalRefused, "reversal_refused"),
];

/// Response codes that are counted side by side: more go into the chunk, so that a sender who makes up codes
/// can't lengthen the search.
const MINUTE_CODES_MAX: usize = 64;

/// What happened in one minute of log time and is not in the chunk yet.
#[derive(Default)]
struct Minute {
    /// Log time of its beginning, in microseconds.
    from: i64,
    frames: u64,
    payments: u64,
    unindexed: u64,
    /// In the order of [`OUTCOMES`].
    outcomes: [u64; OUTCOMES.len()],
    /// Refusals by scheme and code.
    codes: Vec<(Short<16>, Short<4>, u64)>,
}

impl Minute {
    fn count_code(&mut self, scheme: Short<16>, code: Short<4>) {
        match self.codes.iter_mut().find(|c| c.1 == code && c.0 == scheme) {
            Some(counted) => counted.2 += 1,
            None => self.codes.push((scheme, code, 1)),
        }
    }

    /// Moves the counts into a chunk.
    fn write(&mut self, chunk: &mut Chunk) {
        let at = Instant(self.from);
        let plain = [
            (Counted::Frames, &mut self.frames),
            (Counted::Payments, &mut self.payments),
            (Counted::Unindexed, &mut self.unindexed),
        ];
        for (counted, n) in plain.into_iter().filter(|(_, n)| **n > 0) {
            chunk.count(at, counted, "", std::mem::take(n));
        }
        for (n, (_, label)) in self.outcomes.iter_mut().zip(OUTCOMES).filter(|(n, _)| **n > 0) {
            chunk.count(at, Counted::Outcome, label, std::mem::take(n));
        }
        for (scheme, code, n) in self.codes.drain(..) {
            chunk.count(at, Counted::Code, &format!("{scheme}:{code}"), n);
        }
    }
}

/// Buckets of [`Terminals`]: a power of two, over three times as many as terminals in a chunk.
const TERMINAL_BUCKETS: usize = 16_384;
const _: () = assert!(CHUNK_TERMINALS_MAX * 3 < TERMINAL_BUCKETS);

/// The terminals heard since the last chunk, found without the standard map's slow hash.
struct Terminals {
    /// Place in `heard` plus one; 0 is empty.
    buckets: Box<[u16]>,
    heard: Vec<((TenantId, Short<16>), TerminalSeen)>,
}

impl Default for Terminals {
    fn default() -> Self {
        Terminals { buckets: vec![0; TERMINAL_BUCKETS].into(), heard: Vec::new() }
    }
}

impl Terminals {
    fn note(&mut self, stamp: Stamp, message: &Message) {
        if message.terminal.is_empty() {
            return;
        }
        let key = (message.tenant, message.terminal);
        let Some(seen) = self.seen(key, stamp, message) else { return };
        seen.seen.1 = stamp.log_time;
        seen.feed = message.feed;
        if !message.merchant.is_empty() {
            seen.merchant = message.merchant;
        }
        if !message.serial.is_empty() {
            seen.serial = message.serial;
        }
        if message.mti.class() == MtiClass::NetworkManagement && message.mti.is_response() {
            seen.sign_on = Some((stamp.log_time, message.response_code));
        }
    }

    /// What is noted of a terminal; a new one only if there is room.
    fn seen(
        &mut self,
        key: (TenantId, Short<16>),
        stamp: Stamp,
        message: &Message,
    ) -> Option<&mut TerminalSeen> {
        let mut at = stable_hash(key.0, key.1.as_bytes()) as usize & (TERMINAL_BUCKETS - 1);
        let place = loop {
            match usize::from(self.buckets[at]) {
                0 if self.heard.len() >= CHUNK_TERMINALS_MAX => return None,
                0 => {
                    let seen = TerminalSeen {
                        merchant: message.merchant,
                        serial: message.serial,
                        feed: message.feed,
                        seen: (stamp.log_time, stamp.log_time),
                        sign_on: None,
                    };
                    self.heard.push((key, seen));
                    self.buckets[at] = self.heard.len() as u16;
                    break self.heard.len() - 1;
                }
                n if self.heard[n - 1].0 == key => break n - 1,
                _ => at = (at + 1) & (TERMINAL_BUCKETS - 1),
            }
        };
        self.heard.get_mut(place).map(|(_, seen)| seen)
    }

    /// Moves all into a chunk.
    fn write(&mut self, chunk: &mut Chunk) {
        if !self.heard.is_empty() {
            chunk.terminals.extend(self.heard.drain(..));
            self.buckets.fill(0);
        }
    }
}

/// How many payments a second of log time the store may index.
struct IndexBudget {
    per_second_max: u32,
    second: i64,
    taken: u32,
    taken_failed: u32,
}

impl IndexBudget {
    fn new(per_second_max: u32) -> IndexBudget {
        IndexBudget { per_second_max, second: 0, taken: 0, taken_failed: 0 }
    }

    fn turn(&mut self, now: Instant) {
        let second = now.0.div_euclid(SECOND_US);
        if second != self.second {
            (self.second, self.taken, self.taken_failed) = (second, 0, 0);
        }
    }

    fn takes(&mut self, now: Instant) -> bool {
        self.turn(now);
        self.taken += 1;
        self.taken <= self.per_second_max
    }

    fn takes_failed(&mut self, now: Instant) -> bool {
        self.turn(now);
        self.taken_failed += 1;
        self.taken_failed <= self.per_second_max
    }
}

/// A snapshot in pieces; putting them together is left to the thread that saves it.
pub struct HeartSnapshot {
    head: Vec<u8>,
    engine: SnapshotPieces,
}

impl HeartSnapshot {
    /// Bytes, without the check at the end.
    pub fn bytes(&self) -> usize {
        self.head.len() + self.engine.bytes()
    }

    /// What [`Heart::restore`] reads.
    pub fn into_bytes(self) -> Vec<u8> {
        let mut bytes = self.head;
        self.engine.append_to(&mut bytes);
        bytes
    }
}

/// [`Totals`] as they stand in a snapshot.
#[derive(serde::Serialize, serde::Deserialize)]
struct SavedTotals {
    accepted: u64,
    verdicts: u64,
    undecoded: u64,
    unindexed: u64,
    findings: BTreeMap<String, u64>,
}

impl From<&Totals> for SavedTotals {
    fn from(t: &Totals) -> Self {
        let findings = t.findings.clone();
        SavedTotals {
            accepted: t.accepted,
            verdicts: t.verdicts,
            undecoded: t.undecoded,
            unindexed: t.unindexed,
            findings,
        }
    }
}

impl From<SavedTotals> for Totals {
    fn from(t: SavedTotals) -> Self {
        let SavedTotals { accepted, verdicts, undecoded, unindexed, findings } = t;
        Totals { accepted, verdicts, undecoded, findings, unindexed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use tg_engine::{Traffic, TrafficShape};

    /// Counted one by one in a map, and taken in chunks of odd lengths across several minutes.
    #[test]
    fn chunks_hold_every_count_of_their_minutes_and_the_terminals_heard() {
        let shape = TrafficShape { cards: 500, terminals: 6_000, gap_us: 15_000, rough: true };
        let mut heart = Heart::new(10);
        let (mut counted, mut expected) = (BTreeMap::new(), Chunk::default());
        let (mut heard, mut noted) = (BTreeSet::new(), BTreeSet::new());
        for (n, event) in Traffic::new(shape, 5).take(20_000).enumerate() {
            let stamp = event.stamp;
            let beat = heart.beat(stamp, &event.event);
            if let Event::Message(m) = &event.event {
                expected.count(stamp.log_time, Counted::Frames, "", 1);
                heard.insert((m.tenant, m.terminal));
            }
            for change in &beat.outcomes.changes {
                let label = match (change.stage, change.outcome) {
                    (PaymentStage::Repeated, _) => continue,
                    (PaymentStage::Asked, _) => {
                        expected.count(stamp.log_time, Counted::Payments, "", 1);
                        continue;
                    }
                    (_, Outcome::Approved) => "approved",
                    (_, Outcome::Declined) => "declined",
                    (_, Outcome::Unknown) => "unknown",
                    (_, other) => panic!("{other:?} does not occur in this traffic"),
                };
                expected.count(stamp.log_time, Counted::Outcome, label, 1);
                if change.outcome == Outcome::Declined {
                    let label = format!("unionpay:{}", change.response_code);
                    expected.count(stamp.log_time, Counted::Code, &label, 1);
                }
            }
            if n % 1_777 == 0 || n == 19_999 {
                let chunk = heart.take_chunk();
                assert_eq!(chunk.next_offset, stamp.offset + 1);
                chunk.minutes.into_iter().for_each(|(key, n)| *counted.entry(key).or_insert(0) += n);
                noted.extend(chunk.terminals.into_keys());
            }
        }
        let unindexed: u64 = counted.iter().filter(|(k, _)| k.1 == Counted::Unindexed).map(|(_, n)| n).sum();
        assert_eq!(unindexed, heart.totals().unindexed);
        counted.retain(|key, _| key.1 != Counted::Unindexed);
        assert_eq!(counted, expected.minutes);
        assert!(counted.keys().map(|k| k.0).collect::<BTreeSet<_>>().len() > 1, "more than one minute");
        assert_eq!(noted, heard);
    }
}
