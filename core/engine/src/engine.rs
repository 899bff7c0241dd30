//! [`Engine`]: applies events in order. What it holds, and what each kind of event does to it.

use crate::catalogue::{EntityKind, SeriesKind};
use crate::detect::{Answered, Detectors, Raised};
use crate::duplicates::Duplicates;
use crate::pairing::{Pair, Pairs};
use crate::rule_fields::ActiveRules;
use crate::watch::Watches;
use crate::window::{Entities, TIME_MAX};
use crate::{Catalogue, ENGINE_VERSION, Metrics};
use std::collections::BTreeMap;
use tg_event::{
    Epoch, Event, Feedback, FeedbackAction, Limits, Message, Outcome, Outcomes, PaymentChange, PaymentStage,
    ResponseClass, Stamp,
};
use tg_types::{Instant, Short, TenantId};

/// Window number of the last hour.
const HOUR: usize = 1;

/// Counters that are part of the state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    pub(crate) verdicts: u64,
    pub(crate) duplicates: u64,
    pub(crate) partial: u64,
    pub(crate) without_request: u64,
    pub(crate) unknown: u64,
}

/// The state machine. See the crate's documentation.
pub struct Engine {
    pub(crate) catalogue: Catalogue,
    pub(crate) epoch: Epoch,
    pub(crate) rules: ActiveRules,
    pub(crate) next_offset: u64,
    /// The latest log time seen, in microseconds.
    pub(crate) now: i64,
    pub(crate) entities: Entities,
    pub(crate) pairs: Pairs,
    pub(crate) duplicates: Duplicates,
    pub(crate) watches: Watches,
    pub(crate) detectors: Detectors,
    pub(crate) outstanding: BTreeMap<(u64, u16), Feedback>,
    pub(crate) counters: Counters,
    pub(crate) saving: Option<crate::snapshot::Saving>,
}

impl Engine {
    /// An engine that has seen nothing, under [`Limits::default`] until an epoch event.
    pub fn new(catalogue: Catalogue) -> Engine {
        let epoch = Epoch {
            engine_version: ENGINE_VERSION,
            catalogue_hash: catalogue.hash(),
            limits: Limits::default(),
        };
        Engine {
            catalogue,
            epoch,
            rules: ActiveRules::default(),
            next_offset: 0,
            now: 0,
            entities: Entities::new(),
            pairs: Pairs::new(),
            duplicates: Duplicates::new(),
            watches: Watches::new(),
            detectors: Detectors::new(),
            outstanding: BTreeMap::new(),
            counters: Counters::default(),
            saving: None,
        }
    }

    /// Applies one event and appends what follows from it to `out`. Events whose offset is below
    /// [`Engine::next_offset`] have been applied before and change nothing.
    pub fn apply(&mut self, stamp: Stamp, event: &Event, out: &mut Outcomes) {
        if stamp.offset < self.next_offset {
            return;
        }
        self.next_offset = stamp.offset.saturating_add(1);
        // Log time never falls within a log; were it to, windows stay in the order of offsets.
        self.now = stamp.log_time.0.clamp(self.now, TIME_MAX);
        match event {
            Event::Message(m) => self.message(stamp, m, out),
            Event::Tick => self.tick(stamp, out),
            Event::Epoch(epoch) => self.epoch = epoch.clone(),
            Event::Rules(rules) => self.rules.change(&rules.text, &self.catalogue),
            Event::Feedback(f) => self.feedback(f),
            // A label is for those who learn from it; verdicts don't hang on what a person said of a finding.
            Event::Undecoded(_) | Event::Judgement(_) => {}
        }
    }

    /// Time has passed: payments become unknown, what is over is forgotten.
    fn tick(&mut self, stamp: Stamp, out: &mut Outcomes) {
        let (now, unknown) = (Instant(self.now), &mut self.counters.unknown);
        self.pairs.tick(self.now, &self.epoch.limits, |pair| {
            *unknown += 1;
            out.changes.push(timed_out(pair, stamp));
        });
        self.entities.sweep(self.now);
        self.watches.tick(now);
        self.detectors.tick(now);
    }

    /// Applies a feedback that this engine emitted, once.
    fn feedback(&mut self, f: &Feedback) {
        if self.outstanding.get(&(f.cause, f.n)) != Some(f) {
            return;
        }
        self.outstanding.remove(&(f.cause, f.n));
        match f.action {
            FeedbackAction::Watch => self.watches.begin(f.tenant, f.subject, f.until),
        }
    }

    /// Shows the first answer to a payment to the detectors; gives the codes of what they found.
    pub(crate) fn detect(
        &mut self,
        stamp: Stamp,
        m: &Message,
        payment: &Pair,
        out: &mut Outcomes,
    ) -> Vec<&'static str> {
        let terminal = payment.slots[EntityKind::Terminal as usize];
        self.entities.expire(terminal, self.now);
        let Some(entity) = self.entities.get(terminal) else { return Vec::new() };
        let seen = Answered {
            offset: stamp.offset,
            at: Instant(self.now),
            tenant: m.tenant,
            terminal,
            terminal_name: entity.key.bytes(),
            payment,
            class: m.response_class,
            terminal_number: u32::MAX,
            card: u32::MAX,
            declined_cards: entity.series(SeriesKind::Declines).map_or(0, |s| s.different(HOUR, 0)),
        };
        let (outstanding, mut codes) = (&mut self.outstanding, Vec::new());
        self.detectors.answered(seen, |raised| {
            codes.extend(raise(stamp, m.tenant, raised, outstanding, out));
        });
        codes
    }

    /// Shows a message that is no repeat to the detectors; gives the codes of what they found. `slots`: the
    /// entities of its card and terminal, if it asks for money.
    pub(crate) fn detect_message(
        &mut self,
        stamp: Stamp,
        m: &Message,
        slots: [u32; 2],
        out: &mut Outcomes,
    ) -> Vec<&'static str> {
        let (outstanding, mut codes) = (&mut self.outstanding, Vec::new());
        self.detectors.seen(stamp, m, slots, self.now, |raised| {
            codes.extend(raise(stamp, m.tenant, raised, outstanding, out));
        });
        codes
    }

    /// Offset of the first event that has not been applied.
    pub fn next_offset(&self) -> u64 {
        self.next_offset
    }

    /// Feedback that was emitted and has not been seen in the log: after a recovery the shell appends
    /// exactly these, in this order.
    pub fn outstanding_feedback(&self) -> impl Iterator<Item = &Feedback> {
        self.outstanding.values()
    }

    /// The settings in force.
    pub fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    /// Text of the rules in force; empty for none.
    pub fn rules(&self) -> &str {
        &self.rules.text
    }

    /// The feature catalogue in use.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// What the engine tells of itself.
    pub fn metrics(&self) -> Metrics {
        let probes = [self.entities.probes(), self.pairs.probes(), self.duplicates.probes()];
        let (followed, not_followed) = self.detectors.followed();
        Metrics {
            entities: self.entities.by_kind,
            window_entries_live: self.entities.live_entries,
            pairs_remembered: self.pairs.len(),
            pairs_open: self.pairs.open,
            duplicates_remembered: self.duplicates.len(),
            watched: self.watches.len(),
            terminals_followed: followed,
            feedback_outstanding: self.outstanding.len() as u64,
            verdicts_total: self.counters.verdicts,
            duplicates_total: self.counters.duplicates,
            entities_evicted_total: self.entities.counters.evicted,
            entities_refused_total: self.entities.counters.refused,
            window_entries_dropped_total: self.entities.counters.dropped,
            partial_total: self.counters.partial,
            pairs_dropped_total: self.pairs.dropped,
            duplicates_dropped_total: self.duplicates.dropped,
            answers_without_request_total: self.counters.without_request,
            unknown_outcomes_total: self.counters.unknown,
            terminals_not_followed_total: not_followed,
            watches_refused_total: self.watches.refused,
            probe_lookups: probes.iter().map(|p| p.lookups).sum(),
            probe_steps: probes.iter().map(|p| p.steps).sum(),
            probe_longest: probes.iter().map(|p| p.longest).max().unwrap_or(0),
        }
    }
}

/// The change of a payment whose answer nobody waits for any more.
pub(crate) fn timed_out(pair: &Pair, stamp: Stamp) -> PaymentChange {
    PaymentChange {
        payment: pair.payment,
        offset: stamp.offset,
        at: stamp.log_time,
        stage: PaymentStage::TimedOut,
        outcome: Outcome::Unknown,
        mti: None,
        response_code: Short::EMPTY,
        response_class: ResponseClass::None,
    }
}

/// Tells what a detector raised; gives the finding's code. Findings and feedbacks of one event are numbered
/// in the order in which they came.
fn raise(
    stamp: Stamp,
    tenant: TenantId,
    Raised { finding, watch }: Raised,
    outstanding: &mut BTreeMap<(u64, u16), Feedback>,
    out: &mut Outcomes,
) -> Option<&'static str> {
    if let Some((subject, until)) = watch {
        let cause = stamp.offset;
        let n = out.feedback.iter().rev().take_while(|f| f.cause == cause).count() as u16;
        let feedback = Feedback { tenant, cause, n, action: FeedbackAction::Watch, subject, until };
        outstanding.insert((cause, n), feedback);
        out.feedback.push(feedback);
    }
    let mut finding = finding?;
    let n = out.findings.iter().rev().take_while(|f| f.last_offset == stamp.offset).count();
    finding.id = format!("F-{}-{n}", stamp.offset);
    let code = finding.code;
    out.findings.push(finding);
    Some(code)
}
