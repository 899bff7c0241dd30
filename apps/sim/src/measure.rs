//! Findings held against the truth: recall, delay, false findings. What `tillguard sim check` prints.
//!
//! Reads the NDJSON of `tillguard replay --json` and the truth of its recording, and first makes sure that the
//! two belong together.

use crate::city::SIM_VERSION;
use crate::export::{TRUTH_SCHEMA, TruthHead, TruthLine, TruthStory};
use crate::truth::follows_from;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::BufRead;

/// A truth file that was read.
#[derive(Clone, Debug)]
pub struct TruthFile {
    /// Its head.
    pub head: TruthHead,
    /// Its stories.
    pub stories: Vec<TruthStory>,
    /// The stories' lines.
    pub lines: Vec<TruthLine>,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// It can't be read.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A line of the truth is not of its form.
    #[error("line {line} of the truth: {reason}")]
    Truth {
        /// From 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// The truth is of another version of the simulator.
    #[error("the truth is of simulator version {found}, this program has {expected}")]
    Version {
        /// In the file.
        found: u32,
        /// Of this program.
        expected: u32,
    },
    /// A line of the findings is not of its form.
    #[error("line {line} of the findings: {reason}")]
    Findings {
        /// From 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// The findings are of another recording.
    #[error("the truth is of a recording of {expected} messages, the findings are of {found}")]
    OtherRecording {
        /// In the truth.
        expected: u64,
        /// Verdicts among the findings.
        found: u64,
    },
    /// The recording's bytes are not those that the truth names.
    #[error("the recording's hash is {found}, the truth names {expected}")]
    OtherHash {
        /// In the truth.
        expected: String,
        /// Of the recording.
        found: String,
    },
}

/// How well one kind of attack was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct KindScore {
    /// Attacks of this kind in the truth.
    pub staged: u64,
    /// Of them, found.
    pub found: u64,
    /// From the first message to the finding, in seconds, rising.
    pub delays_seconds: Vec<f64>,
    /// Findings with this code that name nobody whom an attack is about.
    pub false_findings: u64,
}

/// A finding that names nobody whom an attack is about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FalseFinding {
    /// Its code.
    pub code: String,
    /// Whom it names.
    pub subject: Value,
    /// When.
    pub at: String,
    /// What happened there in truth, if it was one of the look-alikes.
    pub looks_like: Option<String>,
}

/// What was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Measured {
    /// By code.
    pub kinds: BTreeMap<String, KindScore>,
    /// All that were false.
    pub false_findings: Vec<FalseFinding>,
    /// Messages.
    pub messages: u64,
    /// Days of the recording.
    pub days: f64,
}

impl TruthFile {
    /// Reads a truth file and refuses one of another version.
    ///
    /// # Errors
    /// See [`MeasureError`].
    pub fn read(input: impl BufRead) -> Result<TruthFile, MeasureError> {
        let (mut head, mut stories, mut lines) = (None, Vec::new(), Vec::new());
        for (number, text) in (1..).zip(input.lines()) {
            let text = text?;
            let wrong = |reason: String| MeasureError::Truth { line: number, reason };
            let value: Value = serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?;
            if number == 1 {
                if value["schema"] != TRUTH_SCHEMA {
                    return Err(wrong(format!("its schema is not {TRUTH_SCHEMA}")));
                }
                let found = value["sim_version"].as_u64().unwrap_or(0) as u32;
                if found != SIM_VERSION {
                    return Err(MeasureError::Version { found, expected: SIM_VERSION });
                }
                head = Some(serde_json::from_value(value).map_err(|e| wrong(e.to_string()))?);
            } else if value.get("line").is_some() {
                lines.push(serde_json::from_value(value).map_err(|e| wrong(e.to_string()))?);
            } else {
                stories.push(serde_json::from_value(value).map_err(|e| wrong(e.to_string()))?);
            }
        }
        let empty = || MeasureError::Truth { line: 1, reason: "the file is empty".into() };
        Ok(TruthFile { head: head.ok_or_else(empty)?, stories, lines })
    }

    /// Makes sure that this is the truth of a recording.
    ///
    /// # Errors
    /// If the recording can't be read, or is another one.
    pub fn is_of(&self, mut recording: impl std::io::Read) -> Result<(), MeasureError> {
        let mut hash = blake3::Hasher::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            match recording.read(&mut buffer)? {
                0 => break,
                n => drop(hash.update(&buffer[..n])),
            }
        }
        let found = hash.finalize().to_string();
        if found != self.head.recording {
            return Err(MeasureError::OtherHash { expected: self.head.recording.clone(), found });
        }
        Ok(())
    }

    /// Measures the output of a replay.
    ///
    /// # Errors
    /// If it is not of its form, or not that of this truth's recording.
    pub fn measure(&self, replayed: impl BufRead) -> Result<Measured, MeasureError> {
        let mut measured = Measured { days: days(&self.head), ..Measured::default() };
        let mut cards: BTreeMap<String, Value> = BTreeMap::new();
        let mut findings = Vec::new();
        for (number, text) in (1..).zip(replayed.lines()) {
            let text = text?;
            let value: Value = serde_json::from_str(&text)
                .map_err(|e| MeasureError::Findings { line: number, reason: e.to_string() })?;
            if value["kind"] == "finding" {
                findings.push(value);
            } else if value["kind"] == "verdict" {
                measured.messages += 1;
                // A replay numbers cards; the truth has what may be shown of them.
                let card = &value["card"];
                if let (Some(token), Some(bin), Some(last)) =
                    (card["token"].as_str(), card["bin"].as_str(), card["last4"].as_str())
                    && !cards.contains_key(token)
                {
                    cards.insert(token.to_owned(), ends(bin, last));
                }
            }
        }
        if measured.messages != self.head.lines {
            let found = measured.messages;
            return Err(MeasureError::OtherRecording { expected: self.head.lines, found });
        }
        self.count(&findings, &cards, &mut measured);
        Ok(measured)
    }

    fn count(&self, findings: &[Value], cards: &BTreeMap<String, Value>, measured: &mut Measured) {
        let findings: Vec<(&str, Value, &str)> = findings
            .iter()
            .map(|f| {
                let named = match f["subject"]["card"].as_str() {
                    Some(token) => cards.get(token).cloned().unwrap_or_default(),
                    None => f["subject"].clone(),
                };
                (f["code"].as_str().unwrap_or_default(), named, f["log_time"].as_str().unwrap_or_default())
            })
            .collect();
        let (attacks, others): (Vec<&TruthStory>, Vec<&TruthStory>) =
            self.stories.iter().partition(|s| s.kind == "attack");
        let names = |of: &[Value], subject: &Value| of.iter().any(|s| shown(s) == *subject);
        for attack in &attacks {
            let score = measured.kinds.entry(attack.name.clone()).or_default();
            score.staged += 1;
            let hit = findings.iter().find(|(code, subject, at)| {
                *code == attack.name && *at >= attack.started.as_str() && names(&attack.subjects, subject)
            });
            if let Some(delay) = hit.and_then(|(_, _, at)| seconds(&attack.started, at)) {
                score.found += 1;
                score.delays_seconds.push(delay);
            }
        }
        for (code, subject, at) in &findings {
            let is_true = attacks.iter().any(|a| {
                *at >= a.started.as_str()
                    && (*code == a.name && names(&a.subjects, subject)
                        || follows_from(&a.name, code)
                            && (names(&a.subjects, subject) || names(&a.related, subject)))
            });
            if is_true {
                continue;
            }
            measured.kinds.entry((*code).to_owned()).or_default().false_findings += 1;
            let like = others.iter().find(|s| names(&s.subjects, subject)).map(|s| s.name.clone());
            let attacked = || attacks.iter().find(|s| names(&s.subjects, subject)).map(|s| s.name.clone());
            measured.false_findings.push(FalseFinding {
                code: (*code).to_owned(),
                subject: subject.clone(),
                at: (*at).to_owned(),
                looks_like: like.or_else(attacked),
            });
        }
        for score in measured.kinds.values_mut() {
            score.delays_seconds.sort_by(f64::total_cmp);
        }
    }
}

impl Measured {
    /// Adds what was measured elsewhere.
    pub fn add(&mut self, other: Measured) {
        for (kind, score) in other.kinds {
            let sum = self.kinds.entry(kind).or_default();
            sum.staged += score.staged;
            sum.found += score.found;
            sum.false_findings += score.false_findings;
            sum.delays_seconds.extend(score.delays_seconds);
            sum.delays_seconds.sort_by(f64::total_cmp);
        }
        self.false_findings.extend(other.false_findings);
        self.messages += other.messages;
        self.days += other.days;
    }
}

impl KindScore {
    /// The median delay.
    pub fn median_delay_seconds(&self) -> Option<f64> {
        self.delays_seconds.get(self.delays_seconds.len() / 2).copied()
    }
}

/// First six and last four digits, as both sides know a card.
fn ends(bin: &str, last: &str) -> Value {
    serde_json::json!({ "card": format!("{bin}*{last}") })
}

/// A subject of the truth in the same form.
fn shown(subject: &Value) -> Value {
    match subject["card"].as_str() {
        Some(card) if card.len() > 10 => {
            ends(card.get(..6).unwrap_or_default(), card.get(card.len() - 4..).unwrap_or_default())
        }
        _ => subject.clone(),
    }
}

fn seconds(from: &str, to: &str) -> Option<f64> {
    let (from, to): (jiff::Timestamp, jiff::Timestamp) = (from.parse().ok()?, to.parse().ok()?);
    Some((to.as_millisecond() - from.as_millisecond()) as f64 / 1_000.0)
}

fn days(head: &TruthHead) -> f64 {
    seconds(&head.start, &head.end).unwrap_or(0.0) / 86_400.0
}
