//! What the engine answers: verdicts, findings, and what became of payments.
//!
//! A verdict is pure: the same events in the same order give the same verdicts. When it was delivered, to
//! whom, how late, is not its business.

use crate::{Feedback, ResponseClass};
use serde::Serialize;
use std::borrow::Cow;
use tg_text::Text;
use tg_types::{Instant, Mti, Short, TenantId};

/// Advice on a request that asks for money; everything else has `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Nothing to advise: not a request for money.
    #[default]
    None,
    /// Nothing speaks against it.
    Approve,
    /// A person should look.
    Review,
    /// Advised to be declined.
    Decline,
}

/// One reason of a verdict, in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Stable name; of an operator's rule, `rule_` and its id.
    pub code: Cow<'static, str>,
    /// The reason with its numbers.
    pub text: Text,
}

/// The engine's answer to one message. Each message gets exactly one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The message's place in the log.
    pub offset: u64,
    /// Its log time.
    pub log_time: Instant,
    /// Offset of the request that opened the payment, if this message belongs to one.
    pub payment: Option<u64>,
    /// An exact repeat: it stays out of the windows.
    pub duplicate: bool,
    /// 0 (nothing) to 1000.
    pub score: u16,
    /// The advice.
    pub decision: Decision,
    /// Why. Never empty.
    pub reasons: Vec<Reason>,
    /// The features that it was made from, in the catalogue's order; empty where none were read.
    pub features: Vec<i64>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Look today.
    Medium,
    /// Look now.
    High,
    /// Money or cards are being lost now.
    Critical,
}

/// What a finding is about. JSON: `{"terminal": "10016919"}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingSubject {
    /// A terminal number.
    Terminal(Short<16>),
    /// A merchant number.
    Merchant(Short<15>),
    /// A card's token.
    Card(tg_types::PanToken),
    /// An issuer or BIN.
    Issuer(Short<11>),
}

/// Something suspicious, with the events that it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Stable within a log: cause offset and number, such as `F-1042-0`.
    pub id: String,
    /// Whose.
    pub tenant: TenantId,
    /// The detector's stable name, such as `card_testing`.
    pub code: &'static str,
    /// What it is about.
    pub subject: FindingSubject,
    /// How bad.
    pub severity: Severity,
    /// Offset of the first event that it rests on.
    pub first_offset: u64,
    /// Offset of the event that completed it.
    pub last_offset: u64,
    /// Log time of that event.
    pub found_at: Instant,
    /// One sentence: what is suspected and the numbers.
    pub text: Text,
    /// What it rests on, one fact each.
    pub rests_on: Vec<Text>,
    /// What it does not show.
    pub not_shown: Vec<Text>,
    /// Other explanations that fit.
    pub other_explanations: Vec<Text>,
    /// What to do next.
    pub next_steps: Vec<Text>,
    /// Offsets of the events, oldest first, at most 200.
    pub events: Vec<u64>,
}

/// What is known of a payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Asked, not yet answered.
    #[default]
    Open,
    /// Answered: approved.
    Approved,
    /// Answered: not approved.
    Declined,
    /// No answer in time: the customer may or may not have been charged.
    Unknown,
    /// The terminal asked to take it back; not yet confirmed.
    ReversalSent,
    /// The reversal was confirmed.
    Reversed,
    /// The reversal was not accepted.
    ReversalRefused,
}

/// Which step of a payment a change reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStage {
    /// The request came.
    Asked,
    /// The answer came.
    Answered,
    /// The answer came after the time-out.
    AnsweredLate,
    /// The time-out passed without an answer.
    TimedOut,
    /// A reversal or void was sent.
    ReversalSent,
    /// The reversal was answered.
    ReversalAnswered,
    /// An exact repeat came.
    Repeated,
}

/// A step of a payment. The state after all changes in order is what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentChange {
    /// The payment: offset of the request that opened it.
    pub payment: u64,
    /// Offset of the event that changed it (a tick for a time-out).
    pub offset: u64,
    /// Log time of the change.
    pub at: Instant,
    /// What happened.
    pub stage: PaymentStage,
    /// What is known now.
    pub outcome: Outcome,
    /// Type of the message, if one caused it.
    pub mti: Option<Mti>,
    /// The response code, if the step carried one.
    pub response_code: Short<4>,
    /// What that code means.
    pub response_class: ResponseClass,
}

/// All that applying one event gave. The caller clears and reuses it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// One for a message, none for other events.
    pub verdicts: Vec<Verdict>,
    /// New findings.
    pub findings: Vec<Finding>,
    /// Steps of payments.
    pub changes: Vec<PaymentChange>,
    /// Feedback that must be appended to the log.
    pub feedback: Vec<Feedback>,
}

impl Outcomes {
    /// Empties all lists, keeping their memory.
    pub fn clear(&mut self) {
        self.verdicts.clear();
        self.findings.clear();
        self.changes.clear();
        self.feedback.clear();
    }
}
