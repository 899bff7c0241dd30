//! What is asked: the words, the filters, and which of the words may be codes.
//!
//! Never answers: a query with an unknown scheme or message type is refused with the nearest right one.

use crate::catalogue::Catalogue;
use crate::matching::{Words, plain_text};
use crate::words::*;
use tg_text::{Problem, Text};

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Query {
    what: String,
    scheme: Option<Scheme>,
    direction: Option<Direction>,
    vendor: Option<String>,
}

/// A filter that isn't one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{option}: \"{found}\" is not known{}", .nearest.as_ref().map(|n| format!("; did you mean \"{n}\"?")).unwrap_or_default())]
pub struct UnknownName {
    /// The option: `scheme` or `mti`.
    pub option: &'static str,
    /// What was given.
    pub found: String,
    /// The nearest right value.
    pub nearest: Option<String>,
}

impl UnknownName {
    /// The fault as it is shown to people (`TG-2002`, exit code 2).
    pub fn problem(&self) -> Problem {
        let known = match self.option {
            "scheme" => Scheme::ALL.iter().map(|s| s.word()).collect::<Vec<_>>().join(", "),
            _ => "0200, 0210, 0400 …".to_owned(),
        };
        let what = match &self.nearest {
            Some(n) => Text::new(
                format!("不认识 {}“{}”，是不是“{n}”？", self.option, self.found),
                format!("no {} “{}”; did you mean “{n}”?", self.option, self.found),
            ),
            None => Text::new(
                format!("不认识 {}“{}”", self.option, self.found),
                format!("no {} “{}”", self.option, self.found),
            ),
        };
        Problem::new("TG-2002", what).in_field(self.option).because(known, &self.found)
    }
}

impl Query {
    /// Asks about some words: a code, what a screen shows, or both.
    pub fn new(what: impl Into<String>) -> Query {
        Query { what: what.into(), ..Query::default() }
    }

    /// Only this scheme's codes.
    ///
    /// # Errors
    /// If there is no such scheme.
    pub fn scheme(mut self, scheme: &str) -> Result<Query, UnknownName> {
        let known = Scheme::from_people(scheme).ok_or_else(|| UnknownName {
            option: "scheme",
            found: scheme.to_owned(),
            nearest: tg_text::nearest(&scheme.to_lowercase(), Scheme::ALL.iter().map(|s| s.word()))
                .map(str::to_owned),
        })?;
        self.scheme = Some(known);
        Ok(self)
    }

    /// The message type in which the code stood: in 0400 it is the reason of the reversal.
    ///
    /// # Errors
    /// If it isn't four digits.
    pub fn mti(mut self, mti: &str) -> Result<Query, UnknownName> {
        let direction = Direction::of_mti(mti.trim()).ok_or_else(|| UnknownName {
            option: "mti",
            found: mti.to_owned(),
            nearest: None,
        })?;
        self.direction = Some(direction);
        Ok(self)
    }

    /// Only this vendor's codes, by the beginning of its name; if none has the code, others follow.
    pub fn vendor(mut self, vendor: impl Into<String>) -> Query {
        self.vendor = Some(plain_text(&vendor.into()).trim().to_owned());
        self
    }
}

/// A query, read: filters, the tokens that may be codes, and the words.
pub(crate) struct Asked {
    pub(crate) scheme: Option<Scheme>,
    pub(crate) direction: Option<Direction>,
    pub(crate) vendor: Option<String>,
    pub(crate) tokens: Vec<String>,
    /// True if the query is nothing but one code.
    pub(crate) bare: bool,
    pub(crate) words: Option<Words>,
}

impl Asked {
    pub(crate) fn read(query: &Query, catalogue: &Catalogue) -> Asked {
        let plain = plain_text(&query.what);
        let mut tokens = tokens(&plain);
        let mut asked = Asked {
            scheme: query.scheme,
            direction: query.direction,
            vendor: query.vendor.clone(),
            tokens: Vec::new(),
            bare: false,
            words: Words::of(&plain),
        };
        // Words that name a scheme, a vendor or a message type filter the others: "visa n7", "98 0400".
        tokens.retain(|token| {
            let alone = plain.trim() == token;
            if alone {
                return true;
            }
            if let Some(scheme) = Scheme::from_people(token) {
                asked.scheme.get_or_insert(scheme);
                return false;
            }
            if token.len() == 4 && token.starts_with('0') && is_mti(token) {
                asked.direction = asked.direction.or(Direction::of_mti(token));
                return false;
            }
            true
        });
        if asked.vendor.is_none() {
            let family = |t: &String| {
                t.len() >= 3
                    && catalogue
                        .vendor_codes()
                        .iter()
                        .any(|v| v.family.split(['-', '(']).next() == Some(t.as_str()))
            };
            asked.vendor = tokens.iter().find(|t| family(t)).cloned();
        }
        asked.bare = tokens.len() == 1 && tokens.first().is_some_and(|t| t == plain.trim());
        asked.tokens = tokens;
        asked
    }
}

fn is_mti(token: &str) -> bool {
    let digits: Vec<u8> = token.bytes().map(|b| b.wrapping_sub(b'0')).collect();
    matches!(digits[..], [0..=2, 1..=8, 0..=5, 0..=5])
}

/// Runs of letters and digits; `-320` and `tg-1005` keep their sign and hyphen, `acq.system_error` its
/// dot.
fn tokens(plain: &str) -> Vec<String> {
    let joins = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let mut tokens: Vec<String> = Vec::new();
    for run in plain.split(|c: char| !joins(c)) {
        let run = run.trim_end_matches(['-', '.', '_']).trim_start_matches(['.', '_']);
        if !run.is_empty() {
            tokens.push(run.to_owned());
        }
        // "PED-320": the sign belongs to the number.
        if let Some((word, number)) = run.split_once('-')
            && !word.is_empty()
            && !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit())
        {
            tokens.push(word.to_owned());
            tokens.push(format!("-{number}"));
        }
    }
    tokens
}
