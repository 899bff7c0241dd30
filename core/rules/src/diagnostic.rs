//! [`Diagnostic`]: what is wrong with a rule, where exactly, and what was probably meant.

use std::fmt::Write;
use tg_text::{Lang, Text};

/// A part of the rule's text: bytes from `start` up to `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// First byte after it.
    pub end: usize,
}

impl Span {
    pub(crate) fn to(self, other: Span) -> Span {
        Span { start: self.start, end: other.end }
    }
}

/// One fault of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable, `R` and two digits.
    pub code: &'static str,
    /// Where in the rule's text.
    pub span: Span,
    /// What is wrong.
    pub what: Text,
    /// What to do; stands beside the caret.
    pub help: Option<Text>,
}

impl Diagnostic {
    pub(crate) fn new(
        code: &'static str,
        span: Span,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic { code, span, what: Text::new(zh.into(), en.into()), help: None }
    }

    pub(crate) fn help(mut self, zh: impl Into<String>, en: impl Into<String>) -> Diagnostic {
        self.help = Some(Text::new(zh.into(), en.into()));
        self
    }

    /// The diagnostic as a compiler prints it: the line of `source`, a caret under the fault, the help.
    /// `name` is what the source is called; `base` is where in `source` the rule's text begins.
    pub fn render(&self, name: &str, source: &str, base: usize, lang: Lang) -> String {
        let place = Place::of(source, base + self.span.start, base + self.span.end);
        let margin = " ".repeat(place.number.to_string().len());
        let mut out = format!("{}[{}]: {}\n", lang.pick("错误", "error"), self.code, self.what.get(lang));
        let (number, column, line) = (place.number, place.column, place.line);
        let help = self.help.as_ref().map_or("", |h| h.get(lang));
        // Writing into a string does not fail.
        let _ =
            write!(out, "{margin}--> {name}:{number}:{column}\n{margin} |\n{number} | {line}\n{margin} | ");
        let _ = writeln!(out, "{}{} {help}", place.blank, "^".repeat(place.carets));
        out.lines().map(|l| format!("{}\n", l.trim_end())).collect()
    }
}

/// A place in a text, by line and column as an editor counts them.
struct Place<'a> {
    number: usize,
    /// In characters, from 1.
    column: usize,
    line: &'a str,
    /// What stands before the caret, so that wide characters and tabs keep their width.
    blank: String,
    carets: usize,
}

impl Place<'_> {
    fn of(source: &str, start: usize, end: usize) -> Place<'_> {
        let start = floor(source, start);
        let end = floor(source, end.max(start));
        let begin = source[..start].rfind('\n').map_or(0, |at| at + 1);
        let stop = source[start..].find('\n').map_or(source.len(), |at| start + at);
        let before = &source[begin..start];
        let width = |c: char| if c.is_ascii() { 1 } else { 2 };
        Place {
            number: source[..start].matches('\n').count() + 1,
            column: before.chars().count() + 1,
            line: source[begin..stop].trim_end_matches('\r'),
            blank: before
                .chars()
                .map(|c| if c == '\t' { "\t".into() } else { " ".repeat(width(c)) })
                .collect(),
            carets: source[start..end.min(stop)].chars().map(width).sum::<usize>().max(1),
        }
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
