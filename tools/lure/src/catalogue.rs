//! The signals: data of `data/lure/signals.toml`, read, compiled and linted.
//!
//! Why it exists: what lures look like changes faster than code; a support engineer edits the file. Never
//! takes a signal without its explanation in both languages.

use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use tg_text::Text;

const SOURCE: &str = include_str!("../../../data/lure/signals.toml");
/// A compiled pattern may take this much memory.
const PATTERN_BYTES_MAX: usize = 32 << 20;
/// Words may name words this deep.
const WORD_DEPTH_MAX: usize = 4;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    words: BTreeMap<String, String>,
    signal: Vec<SignalRow>,
    subject: Patterns,
    report: ReportRow,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patterns {
    patterns: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignalRow {
    code: String,
    weight: f64,
    group: Group,
    zh: String,
    en: String,
    #[serde(default)]
    call: bool,
    patterns: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportRow {
    frames: Vec<String>,
    judges: Vec<String>,
    firm: Vec<String>,
    asks: Vec<String>,
    tells: Vec<String>,
    denies: Vec<String>,
    grounds: Vec<String>,
    topics: Vec<String>,
}

/// What part a signal plays. A lure has several: it offers, presses, leads somewhere, takes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// What it promises.
    Offer,
    /// Why one should believe it.
    Claim,
    /// Why at once.
    Pressure,
    /// Where it leads.
    Contact,
    /// What it takes.
    Take,
    /// How it hides.
    Disguise,
}

/// One signal.
pub struct Signal {
    /// Its stable code.
    pub code: String,
    /// What part it plays.
    pub group: Group,
    /// What it adds.
    pub weight: f64,
    /// What it means.
    pub text: Text,
    /// It calls the reader to act: to write, to scan, to send.
    pub call: bool,
    /// How it looks.
    pub patterns: Vec<Regex>,
}

/// How a text speaks that reports, warns, asks or teaches.
pub struct Report {
    /// Who speaks, or what kind of text it is.
    pub frames: Vec<Regex>,
    /// What it says of the offer.
    pub judges: Vec<Regex>,
    /// Enough by themselves.
    pub firm: Vec<Regex>,
    /// A person asks, or tells what happened.
    pub asks: Vec<Regex>,
    /// A sentence that tells of a call to act instead of making it.
    pub tells: Vec<Regex>,
    /// Right before a signal: denied.
    pub denies: Vec<Regex>,
    /// How real services speak: come to the branch, bring the licence, it costs nothing.
    pub grounds: Vec<Regex>,
    /// Right behind a signal: a topic, no offer.
    pub topics: Vec<Regex>,
}

/// All of it.
pub struct Catalogue {
    /// The signals.
    pub signals: Vec<Signal>,
    /// What the text must speak of.
    pub subject: Vec<Regex>,
    /// How it speaks.
    pub report: Report,
}

impl Catalogue {
    /// The catalogue that is compiled in.
    pub fn builtin() -> &'static Catalogue {
        static BUILTIN: LazyLock<Catalogue> =
            LazyLock::new(|| Catalogue::read(SOURCE).expect("a test reads the compiled-in file"));
        &BUILTIN
    }

    /// Reads a catalogue, or says what is wrong with it.
    pub fn read(source: &str) -> Result<Catalogue, String> {
        let file: File = toml::from_str(source).map_err(|e| e.to_string())?;
        let all = |place: &str, patterns: &[String]| -> Result<Vec<Regex>, String> {
            patterns.iter().map(|p| compile(place, p, &file.words)).collect()
        };
        let r = &file.report;
        let report = Report {
            frames: all("report.frames", &r.frames)?,
            judges: all("report.judges", &r.judges)?,
            firm: all("report.firm", &r.firm)?,
            asks: all("report.asks", &r.asks)?,
            tells: all("report.tells", &r.tells)?,
            denies: all("report.denies", &r.denies)?,
            grounds: all("report.grounds", &r.grounds)?,
            topics: all("report.topics", &r.topics)?,
        };
        let subject = all("subject", &file.subject.patterns)?;
        let mut signals = Vec::with_capacity(file.signal.len());
        for row in &file.signal {
            signals.push(Signal {
                patterns: all(&row.code, &row.patterns)?,
                code: row.code.clone(),
                weight: row.weight,
                group: row.group,
                text: Text::new(row.zh.clone(), row.en.clone()),
                call: row.call,
            });
        }
        Ok(Catalogue { signals, subject, report })
    }
}

/// `<name>` becomes the word of that name, which may name others.
fn compile(place: &str, pattern: &str, words: &BTreeMap<String, String>) -> Result<Regex, String> {
    let whole = expand(place, pattern, words, 0)?;
    RegexBuilder::new(&whole)
        .size_limit(PATTERN_BYTES_MAX)
        .build()
        .map_err(|e| format!("{place}: {pattern}: {e}"))
}

fn expand(
    place: &str,
    pattern: &str,
    words: &BTreeMap<String, String>,
    depth: usize,
) -> Result<String, String> {
    if depth > WORD_DEPTH_MAX {
        return Err(format!("{place}: words name each other in a circle in {pattern}"));
    }
    let mut whole = String::with_capacity(pattern.len() * 2);
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('<') {
        let (name, behind) =
            after.split_once('>').ok_or_else(|| format!("{place}: < without > in {pattern}"))?;
        let word = words.get(name).ok_or_else(|| format!("{place}: no word <{name}>"))?;
        whole.push_str(before);
        whole.push_str(&expand(place, word, words, depth + 1)?);
        rest = behind;
    }
    whole.push_str(rest);
    Ok(whole)
}

/// What is wrong with the compiled-in catalogue: nothing, or each thing in words.
pub fn lint_builtin() -> Vec<String> {
    match Catalogue::read(SOURCE) {
        Ok(catalogue) => lint(&catalogue),
        Err(says) => vec![says],
    }
}

fn lint(catalogue: &Catalogue) -> Vec<String> {
    let mut broken = Vec::new();
    let chinese = |text: &str| text.chars().any(crate::normal::is_han);
    for (i, signal) in catalogue.signals.iter().enumerate() {
        let code = &signal.code;
        if catalogue.signals[i + 1..].iter().any(|s| s.code == *code) {
            broken.push(format!("{code}: twice"));
        }
        if !code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') || code.is_empty() {
            broken.push(format!("{code}: a code is lower case letters and _"));
        }
        if !chinese(&signal.text.zh) || signal.text.en.trim().is_empty() || chinese(&signal.text.en) {
            broken.push(format!("{code}: needs a Chinese and an English explanation"));
        }
        if !(0.1..=3.0).contains(&signal.weight) {
            broken.push(format!("{code}: a weight is between 0.1 and 3"));
        }
        if signal.patterns.is_empty() {
            broken.push(format!("{code}: no pattern"));
        }
        for pattern in &signal.patterns {
            if pattern.is_match("") || pattern.is_match("今天天气很好") {
                broken.push(format!("{code}: {pattern} matches anything"));
            }
            if pattern.as_str().chars().any(char::is_uppercase)
                && !pattern.as_str().contains("(?-u:")
                && !pattern.as_str().contains('\\')
            {
                broken.push(format!("{code}: {pattern} has a capital, but texts are searched in lower case"));
            }
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_catalogue_is_clean() {
        assert_eq!(lint_builtin(), Vec::<String>::new());
        assert!(Catalogue::builtin().signals.len() >= 25);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let with = |signal: &str| {
            let rest = "[words]\na='x'\n[subject]\npatterns=[]\n[report]\nframes=[]\njudges=[]\nfirm=[]\nasks=[]\ntells=[]\ndenies=[]\ngrounds=[]\ntopics=[]\n";
            match Catalogue::read(&format!("{rest}{signal}")) {
                Ok(c) => lint(&c).join("; "),
                Err(says) => says,
            }
        };
        let row = |code: &str, zh: &str, pattern: &str| {
            with(&format!(
                "[[signal]]\ncode='{code}'\nweight=1.0\ngroup='offer'\nzh='{zh}'\nen='e'\npatterns=['{pattern}']\n"
            ))
        };
        assert_eq!(row("good", "好", "<a>y"), "");
        assert!(row("good", "good", "y").contains("Chinese and an English"));
        assert!(row("good", "好", "<b>y").contains("no word <b>"));
        assert!(row("good", "好", "y*").contains("matches anything"));
        assert!(row("good", "好", "(").contains("good: ("));
        assert!(row("Bad", "好", "y").contains("lower case"));
    }
}
