//! A small town of payment terminals that speak real ISO 8583, seeded, with faults and attackers.
//!
//! Why it exists: the demo must show payments that fail for real reasons, and detectors must be measured
//! against a truth that they can't see. Terminals, acquirer's host, switch and banks are state machines; a
//! wrong MAC key is really wrong, a silent bank really gives no answer. [`Town`] is pure: seed and story
//! time in, messages out. [`runner`] plays it to a feed. It never uses a card number that a bank could
//! have issued.

mod attack;
mod bench_frames;
mod cards;
mod city;
mod counter;
mod dice;
mod export;
pub mod faults;
mod host;
mod measure;
mod message;
mod queue;
mod ranges;
mod recording;
pub mod runner;
mod soft_keys;
mod story;
mod street;
mod terminal;
mod town;
mod truth;

pub use bench_frames::{BenchFrames, frames_for_bench};
pub use city::{City, CityOptions, Point, SIM_VERSION, Staged};
pub use export::{TRUTH_SCHEMA, TruthHead, TruthLine, TruthStory, export};
pub use measure::{FalseFinding, KindScore, MeasureError, Measured, TruthFile};
pub use recording::{recording, sample_options, write_recording};
pub use town::{Options, Place, Sent, TERMINALS_MAX, Town};
pub use truth::{
    AttackKind, Attacks, Cause, Negative, SimulatedCard, Story, Subject, Truth, UnknownAttack, follows_from,
};
