//! Why one payment failed, and what to do now.
//!
//! Facts about a payment (its answer, the terminal, what live traffic shows around it) go in; a
//! [`Diagnosis`] comes out: hard gates, causes with their evidence, the next step, the whole plan, whom to
//! call, whether a retry is safe. What it knows stands in `data/causes.toml` and `data/actions.toml`, in words
//! that a support engineer may edit; [`lint`] checks them.
//!
//! **Invariants.** No I/O, no clock, no randomness: the same facts give the same answer. What must never be
//! advised is decided in [`safety`] and [`gates`], in code, from the facts alone and never from probabilities or
//! data files, so that no edit of the knowledge can make advice harmful.
//!
//! To add a cause: one `[[cause]]` in `data/causes.toml`, its steps in `data/actions.toml`, a golden case in
//! `tests/golden.rs`.

mod answers;
pub mod belief;
mod contact;
mod diagnosis;
mod facts;
mod files;
pub mod gates;
mod knowledge;
mod lint;
mod message;
mod message_code;
mod money;
pub mod network;
mod parse;
mod plan;
pub mod safety;

pub use contact::{Contact, Tell};
pub use diagnosis::{CauseShown, Diagnosis, GateShown, Next, Retry, StepKind, StepShown, Why, diagnose};
pub use facts::{
    Changed, Charged, Did, EntryMode, Facts, Health, KEYS, KeyCheckValue, LastSignOn, MacCheck, Network,
    Outcome, Reversal, Role, Scheme, Software, Stage, Works, YesNo,
};
pub use knowledge::{
    Action, AnsweredBy, Cause, CodeClass, Gate, Knowledge, Observation, ObservationState, RetryRule,
};
pub use lint::{lint, lint_builtin};
pub use money::{MoneyKnown, what_is_known_about_money};
pub use parse::KnowledgeError;
