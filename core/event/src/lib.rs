//! What happens, as versioned records: the events that the journal keeps, and what the engine answers.
//!
//! Why it exists: this is the log contract in code (design, section 2). The journal holds these bytes for
//! years, so a change of a record needs a new version of it and a new golden file; old versions stay
//! readable. Never does I/O, never holds a clear card number, track data, a PIN block or a security code.

mod answer;
mod codec;
mod message;
mod record;

pub use answer::{
    Decision, Finding, FindingSubject, Outcome, Outcomes, PaymentChange, PaymentStage, Reason, Severity,
    Verdict,
};
pub use codec::DecodeError;
pub use message::{Chip, DuplicateKey, MacState, Message, Place, ResponseClass, TerminalTime};
pub use record::{
    Epoch, Event, Feedback, FeedbackAction, Judgement, JudgementVerdict, Limits, Rules, Stamp, SubjectKey,
    Undecoded, UndecodedKind,
};
