//! Runs files of known answers: one JSON object a line in, `{"id","ok","skipped","got"}` a line out.
//!
//! Why it exists: the same vectors are tried on other implementations, and others of the same form are
//! tried on this one. A row that isn't built is `null` and skipped, never true. Never judges by itself:
//! the crate that owns the subject does.

use std::process::ExitCode;

/// `cargo xtask vectors KIND FILE`: 0 if none fails, 1 if one does, 2 for wrong use.
pub fn command(kind: &str, _file: &str) -> ExitCode {
    eprintln!("vectors {kind}: not built yet");
    ExitCode::from(2)
}
