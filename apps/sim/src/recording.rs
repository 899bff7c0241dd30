//! Recordings of a town: one line a message, `RFC3339-time hex`, as `tillguard replay` and `send` read them.

use crate::town::{Options, Town};
use std::fmt::Write as _;
use std::path::Path;
use tg_types::{Instant, SECOND_US};

/// The options and length of the sample in the repository, `apps/sim/samples/town.txt`: a Monday morning in
/// a small town, with a damaged key record (A7), a wrong master key (A0), a silent bank and its reversals,
/// a clock a year ahead (54) and one run of card testing.
pub fn sample_options() -> (Options, u32) {
    // 2026-11-02T02:30:00Z, half past ten in the town
    let start = Instant(1_793_586_600_000_000);
    (Options { terminals: 20, for_seconds: Some(44), ..Options::new(2026, start) }, 44)
}

/// So many story seconds of a town as text.
pub fn recording(options: Options, seconds: u32) -> String {
    let start = options.start;
    let mut town = Town::new(options);
    let mut out = String::new();
    for sent in town.advance(start.plus_us(i64::from(seconds) * SECOND_US)) {
        out.push_str(&rfc3339(sent.at));
        out.push(' ');
        for byte in &sent.frame {
            // Writing to a String can't fail.
            let _ = write!(out, "{byte:02X}");
        }
        out.push('\n');
    }
    out
}

/// Writes a recording to a file.
///
/// # Errors
/// If the file can't be written.
pub fn write_recording(path: &Path, options: Options, seconds: u32) -> std::io::Result<()> {
    std::fs::write(path, recording(options, seconds))
}

/// `2026-11-02T02:30:00.000000Z`, always with microseconds.
pub(crate) fn rfc3339(at: Instant) -> String {
    let time = jiff::Timestamp::from_microsecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{time:.6}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_microseconds() {
        assert_eq!(rfc3339(sample_options().0.start), "2026-11-02T02:30:00.000000Z");
    }
}
