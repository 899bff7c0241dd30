//! The engine: a deterministic state machine that answers every message with a verdict.
//!
//! Why it exists: the same events in the same order give the same verdicts, bit for bit, so a replay after
//! a crash, a back-test and the answer to "why" are this code again. It pairs requests with answers, keeps
//! exact sliding windows per card, terminal, merchant and issuer, runs the detectors and weighs the reasons.
//! Never does I/O, never reads a clock, never holds a thread, never draws a random number; what it knows of
//! time is the log time of the events, and what depends on limits depends on those that stand in the log.

mod ahead;
mod bytes;
mod catalogue;
mod detect;
mod duplicates;
mod engine;
mod judge;
mod message;
mod metrics;
mod pairing;
mod queue;
mod rule_fields;
mod snapshot;
mod table;
mod traffic;
mod watch;
mod window;

pub use catalogue::{
    Aggregate, Catalogue, CatalogueError, EntityKind, FEATURES_MAX, Feature, SeriesKind, WINDOWS,
};
pub use detect::{FINDING_TEXTS, FindingTexts, finding_texts};
pub use engine::Engine;
pub use metrics::Metrics;
pub use rule_fields::{PaymentRow, rule_schema};
pub use snapshot::{RestoreError, SnapshotPieces};
pub use traffic::{Traffic, TrafficEvent, TrafficShape};

/// Version of the engine's logic. A change that alters a verdict raises it; it stands in epoch events.
pub const ENGINE_VERSION: u32 = 2;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests {
    mod hostile;
    mod payments;
    mod replay;
    mod windows;
}
