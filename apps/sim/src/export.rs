//! Recordings of a city, with the truth beside them: what `tillguard sim export` writes.
//!
//! A recording has one line a message, `RFC3339-time hex`, as `tillguard replay FILE --dialect cup_pos` reads
//! it. The truth is NDJSON: a head, then the stories, then each line of the recording that belongs to one. It
//! names its recording by a hash, so that the two can't be mixed up. Cards stand masked in it.

use crate::city::{City, CityOptions, SIM_VERSION, Staged};
use crate::recording::rfc3339;
use crate::truth::{Story, Subject};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};

/// The truth's own format.
pub const TRUTH_SCHEMA: &str = "tillguard.truth/1";
/// So much of the story is lived through at once.
const SLICE_US: i64 = 3_600_000_000;

/// The first line of a truth file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthHead {
    /// [`TRUTH_SCHEMA`].
    pub schema: String,
    /// [`SIM_VERSION`] of the program that wrote it.
    pub sim_version: u32,
    /// The city's seed.
    pub seed: u64,
    /// Terminals of its shops.
    pub terminals: usize,
    /// Which attacks were staged.
    pub attacks: String,
    /// Its first moment.
    pub start: String,
    /// Until when.
    pub end: String,
    /// Lines of the recording.
    pub lines: u64,
    /// BLAKE3 of the recording's bytes, in hex.
    pub recording: String,
}

/// A story in a truth file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthStory {
    /// Its number, to which lines refer.
    pub story: usize,
    /// `card_testing`, `fair` ...
    pub name: String,
    /// `attack`, `negative` or `hostile`.
    pub kind: String,
    /// Whom a finding may name; the first is the one meant.
    pub subjects: Vec<serde_json::Value>,
    /// Cards that were drawn into it.
    pub related: Vec<serde_json::Value>,
    /// Time of its first message.
    pub started: String,
}

/// A line of the recording that belongs to a story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthLine {
    /// Counted from 1.
    pub line: u64,
    /// The story's number.
    pub of: usize,
}

impl TruthStory {
    fn of(number: usize, staged: &Staged) -> TruthStory {
        let subject = |s: &Subject| serde_json::to_value(s).unwrap_or_default();
        TruthStory {
            story: number,
            name: staged.story.name().to_owned(),
            kind: match staged.story {
                Story::Attack(_) => "attack",
                Story::Negative(_) => "negative",
                Story::Hostile => "hostile",
            }
            .to_owned(),
            subjects: staged.subjects.iter().map(subject).collect(),
            related: match staged.story {
                Story::Attack(_) => staged.related.iter().map(subject).collect(),
                _ => Vec::new(),
            },
            started: staged.started.map(rfc3339).unwrap_or_default(),
        }
    }
}

/// Writes the recording of a city until its end, and the truth if it is wanted.
///
/// # Errors
/// If something can't be written.
pub fn export(
    options: CityOptions,
    recording: &mut dyn Write,
    truth: Option<&mut dyn Write>,
) -> io::Result<TruthHead> {
    let (start, end) = (options.start, options.end.unwrap_or(options.start));
    let mut head = TruthHead {
        schema: TRUTH_SCHEMA.to_owned(),
        sim_version: SIM_VERSION,
        seed: options.seed,
        terminals: options.terminals,
        attacks: options.attacks.to_string(),
        start: rfc3339(start),
        end: rfc3339(end),
        lines: 0,
        recording: String::new(),
    };
    let mut city = City::new(options);
    let mut hash = blake3::Hasher::new();
    let mut labelled = Vec::new();
    let (mut until, mut text) = (start, String::new());
    while until < end {
        until = until.plus_us(SLICE_US).min(end);
        text.clear();
        for sent in city.advance(until) {
            head.lines += 1;
            if let Some(of) = sent.attack {
                labelled.push(TruthLine { line: head.lines, of });
            }
            text.push_str(&rfc3339(sent.at));
            text.push(' ');
            for byte in &sent.frame {
                for nibble in [byte >> 4, byte & 15] {
                    text.push(char::from(b"0123456789ABCDEF"[usize::from(nibble)]));
                }
            }
            text.push('\n');
        }
        hash.update(text.as_bytes());
        recording.write_all(text.as_bytes())?;
    }
    recording.flush()?;
    head.recording = hash.finalize().to_string();
    if let Some(out) = truth {
        line(out, &head)?;
        for (number, staged) in city.staged().iter().enumerate().filter(|(_, s)| s.started.is_some()) {
            line(out, &TruthStory::of(number, staged))?;
        }
        for labelled in labelled {
            line(out, &labelled)?;
        }
        out.flush()?;
    }
    Ok(head)
}

fn line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}
