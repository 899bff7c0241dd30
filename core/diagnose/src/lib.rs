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
//! **For a guide** (phone, terminal, API): a [`Session`] is the list of what a person gave, answered and tried. It
//! serialises as that list (a link, a cookie, a row) and [`Session::diagnose`] computes the advice from it each
//! time: [`Diagnosis::gates`], [`Diagnosis::next`] with its buttons ([`Next::answers`]), steps, place, minutes,
//! why and red lines, [`Diagnosis::plan`], [`Diagnosis::contact`], [`Diagnosis::safe_to_retry`],
//! [`Diagnosis::sale`] (how this customer can pay all the same) and [`Diagnosis::contradictions`].
//! [`Session::back`] takes the last turn back. A question that was answered [`DONT_KNOW`] or [`NONE_OF_THESE`]
//! is not asked again; an answer that differs from what is known is said, and neither is believed.
//!
//! A question is asked only where it pays against acting now and against acting first and asking then. Two
//! clocks: work-arounds end the sale, not the fault. Minutes depend on the sort of store ([`Store`]).
//!
//! To add a question: one `[[question]]` in `data/questions.toml` whose `key` is an observation of causes.toml.
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
mod questions;
pub mod safety;
mod session;
mod source;
mod step;
mod worth;

pub use contact::{Contact, Tell};
pub use diagnosis::{
    AnswerShown, CauseShown, Diagnosis, GateShown, Next, Retry, SaleShown, StepKind, StepShown, Why, diagnose,
};
pub use facts::{
    BatteryIcon, CardLooks, Changed, Charged, Did, EntryMode, Facts, Health, KEYS, KeyCheckValue, LastSignOn,
    MacCheck, Network, NetworkTest, Outcome, QueryResult, Reversal, Right, Role, Scheme, Screen, Seen,
    Software, Stage, Store, Works, YesNo,
};
pub use knowledge::{
    Action, AnsweredBy, Cause, CodeClass, Gate, Knowledge, Observation, ObservationState, RetryRule,
};
pub use lint::{lint, lint_builtin};
pub use money::{MoneyKnown, what_is_known_about_money};
pub use questions::{Answer, DONT_KNOW, NONE_OF_THESE, Question};
pub use session::{MAX_TURNS, Session, Turn};
pub use source::KnowledgeError;
