//! One knowledge file while it is read: finds lines, collects everything that is wrong, names the nearest id.
//!
//! Why it exists: an author sees all mistakes of a file at once, each with its line. Never panics on what an
//! operator wrote.

use crate::files::Word;
use serde::Deserialize;
use tg_text::{Problem, Text, nearest};

pub(crate) const CAUSES: &str = "causes.toml";
pub(crate) const ACTIONS: &str = "actions.toml";
pub(crate) const QUESTIONS: &str = "questions.toml";

/// Something wrong in a knowledge file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnowledgeError {
    /// `causes.toml` or `actions.toml`.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong.
    pub what: Text,
    /// What was found.
    pub found: String,
    /// The nearest right one, or all that are right.
    pub expected: String,
}

impl KnowledgeError {
    pub(crate) fn empty() -> KnowledgeError {
        KnowledgeError {
            file: CAUSES,
            line: 1,
            what: Text::fixed("文件是空的", "the file is empty"),
            found: String::new(),
            expected: "[[cause]]".into(),
        }
    }

    /// As a problem for people.
    pub fn to_problem(&self) -> Problem {
        Problem::new("TG-2001", self.what.clone())
            .in_file(self.file)
            .at_line(self.line)
            .because(self.expected.clone(), self.found.clone())
    }
}

impl std::fmt::Display for KnowledgeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let KnowledgeError { file, line, what, found, expected } = self;
        write!(f, "{file}:{line}: {}: found “{found}”, expected {expected}", what.en)
    }
}

impl std::error::Error for KnowledgeError {}

/// One file while it is read: finds lines, collects errors.
pub(crate) struct Source<'a> {
    pub name: &'static str,
    pub text: &'a str,
    pub errors: Vec<KnowledgeError>,
}

impl<'a> Source<'a> {
    pub fn new(name: &'static str, text: &'a str) -> Source<'a> {
        Source { name, text, errors: Vec::new() }
    }

    pub fn line(&self, offset: usize) -> u64 {
        let before = &self.text.as_bytes()[..offset.min(self.text.len())];
        1 + before.iter().filter(|b| **b == b'\n').count() as u64
    }

    pub fn error(&mut self, offset: usize, what: Text, found: &str, expected: String) {
        let error =
            KnowledgeError { file: self.name, line: self.line(offset), what, found: found.into(), expected };
        self.errors.push(error);
    }

    pub fn parse<T: for<'d> Deserialize<'d>>(&mut self) -> Option<T> {
        match toml::from_str(self.text) {
            Ok(file) => Some(file),
            Err(error) => {
                let message = error.message().to_owned();
                // serde's words: unknown field `x`, expected one of `a`, `b`
                let named: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
                let (found, expected) = match named.split_first() {
                    Some((found, known)) if message.starts_with("unknown field") => {
                        let near = nearest(found, known.iter().copied());
                        (*found, near.map_or_else(|| known.join(", "), str::to_owned))
                    }
                    Some((found, _)) => (*found, message.clone()),
                    None => ("", message.clone()),
                };
                let what = Text::new(
                    format!("读不懂这一行：{message}"),
                    format!("this line can’t be read: {message}"),
                );
                let (found, offset) = (found.to_owned(), error.span().map_or(0, |s| s.start));
                self.error(offset, what, &found, expected);
                None
            }
        }
    }

    /// The place of an id among the known ones.
    pub fn place(&mut self, id: &Word, known: &[&str], kind: (&str, &str)) -> Option<usize> {
        let found = id.get_ref();
        let place = known.iter().position(|k| k == found);
        if place.is_none() {
            let near = nearest(found, known.iter().copied());
            let expected = near.map_or_else(|| known.join(", "), str::to_owned);
            let what = Text::new(format!("没有这个{}", kind.0), format!("there is no such {}", kind.1));
            self.error(id.span().start, what, found, expected);
        }
        place
    }

    pub fn text(&mut self, zh: &Word, en: &Word) -> Text {
        for (word, language) in [(zh, "zh"), (en, "en")] {
            if word.get_ref().trim().is_empty() {
                let what =
                    Text::new(format!("缺少{language}文字"), format!("the {language} text is missing"));
                self.error(word.span().start, what, "", format!("{language} = \"…\""));
            }
        }
        Text::new(zh.get_ref().clone(), en.get_ref().clone())
    }

    /// A text that may be absent, but never in one language only.
    pub fn both(&mut self, zh: Option<&Word>, en: Option<&Word>) -> Option<Text> {
        match (zh, en) {
            (Some(zh), Some(en)) => Some(self.text(zh, en)),
            (None, None) => None,
            (Some(one), None) | (None, Some(one)) => {
                let what = Text::fixed("另一种语言的文字缺失", "the text in the other language is missing");
                self.error(one.span().start, what, one.get_ref(), "both languages".into());
                None
            }
        }
    }

    pub fn unique<'w>(&mut self, ids: impl Iterator<Item = &'w Word>) {
        let mut seen: Vec<&str> = Vec::new();
        for id in ids {
            if seen.contains(&id.get_ref().as_str()) {
                let what = Text::fixed("这个 id 出现了两次", "this id stands here twice");
                self.error(id.span().start, what, id.get_ref(), "another id".into());
            }
            seen.push(id.get_ref());
        }
    }

    pub fn schema(&mut self, found: &Word, expected: &str) {
        if found.get_ref() != expected {
            let what = Text::fixed("版式不对", "the schema is another one");
            self.error(found.span().start, what, found.get_ref(), expected.into());
        }
    }
}

pub(crate) fn places(
    source: &mut Source<'_>,
    ids: &[Word],
    known: &[&str],
    kind: (&str, &str),
) -> Vec<usize> {
    ids.iter().filter_map(|id| source.place(id, known, kind)).collect()
}
