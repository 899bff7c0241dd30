//! Snapshots: the whole state at one offset, as bytes.

/// Why bytes are not a snapshot that this engine can go on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// The bytes don't begin like a snapshot.
    #[error("these bytes are not a snapshot of the engine")]
    NotASnapshot,
    /// Written by another version of the snapshot's form or of the engine's logic: replay the log instead.
    #[error(
        "the snapshot is of form {form} and engine version {engine}, this program reads form {known_form} of engine version {known_engine}"
    )]
    Version {
        /// Form found.
        form: u32,
        /// Engine version found.
        engine: u32,
        /// Form that this program reads.
        known_form: u32,
        /// Engine version of this program.
        known_engine: u32,
    },
    /// Something in it can't be.
    #[error("the snapshot is damaged: {0}")]
    Damaged(&'static str),
}
