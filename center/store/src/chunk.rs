//! [`Chunk`]: what a stretch of the log means for the store.

use std::collections::{BTreeMap, HashMap};
use tg_event::{Finding, Judgement, Message, PaymentChange, Undecoded, Verdict};
use tg_types::{Instant, Short, TenantId};

/// One step of a payment, with the message that made it (a time-out has none) and its verdict.
#[derive(Debug)]
pub struct Step {
    /// What changed.
    pub change: PaymentChange,
    /// The message.
    pub message: Option<Box<Message>>,
    /// The verdict on that message.
    pub verdict: Option<Verdict>,
}

/// A terminal was heard.
#[derive(Debug)]
pub struct TerminalSeen {
    /// Its merchant number, as in its last message.
    pub merchant: Short<15>,
    /// Its serial number, if a message carried it.
    pub serial: Short<50>,
    /// Through which feed.
    pub feed: u16,
    /// First and last log time within this chunk.
    pub seen: (Instant, Instant),
    /// A sign-on was answered: when and with which code.
    pub sign_on: Option<(Instant, Short<4>)>,
}

/// A frame that could not be decoded, and where it stands.
#[derive(Debug)]
pub struct Undecodable {
    /// Its place in the log.
    pub offset: u64,
    /// Its log time.
    pub at: Instant,
    /// What is kept of it.
    pub undecoded: Undecoded,
}

/// What the minute counts count. Labels are short and few: codes, outcomes, error kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    /// Frames, label empty.
    Frames,
    /// Frames that could not be decoded, label: kind.
    Undecoded,
    /// Payments opened, label empty.
    Payments,
    /// Payments by what became of them in this minute, label: outcome.
    Outcome,
    /// Answers that did not approve, label: scheme and code.
    Code,
    /// Payments that were not indexed, because the stream was faster than the store may be.
    Unindexed,
}

impl Counted {
    /// The name in the table.
    pub fn series(self) -> &'static str {
        match self {
            Counted::Frames => "frames",
            Counted::Undecoded => "undecoded",
            Counted::Payments => "payments",
            Counted::Outcome => "outcome",
            Counted::Code => "code",
            Counted::Unindexed => "unindexed",
        }
    }
}

/// All that a stretch of the log means for the store, applied in one transaction.
#[derive(Debug, Default)]
pub struct Chunk {
    /// The next offset after this stretch.
    pub next_offset: u64,
    /// Steps of payments, in log order.
    pub steps: Vec<Step>,
    /// New findings.
    pub findings: Vec<Finding>,
    /// What people said of findings, as it stands in the log.
    pub judgements: Vec<Judgement>,
    /// Frames that could not be decoded.
    pub undecoded: Vec<Undecodable>,
    /// Terminals that were heard.
    pub terminals: HashMap<(TenantId, Short<16>), TerminalSeen>,
    /// Counts by minute of log time (minutes since 1970), series and label.
    pub minutes: BTreeMap<(i64, Counted, String), u64>,
}

impl Chunk {
    /// Counts `n` things in the minute of a log time.
    pub fn count(&mut self, at: Instant, counted: Counted, label: &str, n: u64) {
        let minute = at.0.div_euclid(60 * tg_types::SECOND_US);
        *self.minutes.entry((minute, counted, label.to_owned())).or_default() += n;
    }

    /// True if there is nothing to write but the offset.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
            && self.findings.is_empty()
            && self.judgements.is_empty()
            && self.undecoded.is_empty()
            && self.terminals.is_empty()
            && self.minutes.is_empty()
    }
}
