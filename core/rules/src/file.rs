//! A file of rules: TOML, checked as a whole, every fault named with line, column and caret.
//!
//! ```toml
//! [[rule]]
//! id = "card_busy"
//! when = 'card_payments_1h > 4'
//! weight = 150
//! decision = "review"            # optional: review or decline; without it the weight only adds to the score
//! zh = "该卡一小时内付款超过 4 次"
//! en = "more than 4 payments with this card within an hour"
//! source = "INTEK velocity rule"
//! ```

use crate::compile::Rule;
use crate::diagnostic::{Diagnostic, Span};
use crate::schema::Schema;
use std::ops::Range;
use tg_text::{Lang, Text, nearest};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Rules of one file, and what all of them may cost together, in units of about a nanosecond.
const RULES_MAX: usize = 500;
const COST_MAX: u32 = 20_000;
const KEYS: [&str; 7] = ["id", "when", "weight", "decision", "zh", "en", "source"];
const DECISIONS: [&str; 2] = ["review", "decline"];

/// One rule of a file.
#[derive(Debug)]
pub struct FileRule {
    /// Its name: small letters, digits, `_`.
    pub id: String,
    /// The condition.
    pub rule: Rule,
    /// What it adds to the score, 1 to 1000.
    pub weight: u16,
    /// `review` or `decline`, if it alone is enough for that advice.
    pub decision: Option<String>,
    /// The reason as people read it.
    pub text: Text,
    /// Where its threshold comes from.
    pub source: String,
}

/// All rules of a file that was accepted.
#[derive(Debug, Default)]
pub struct RuleFile {
    /// In the order of the file.
    pub rules: Vec<FileRule>,
}

/// A fault of a file, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFileError {
    /// The rule it is in, if that has a name.
    pub rule: Option<String>,
    /// Line and column, from 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong; its span counts from the beginning of the file.
    pub diagnostic: Diagnostic,
}

impl RuleFileError {
    fn new(text: &str, rule: Option<&str>, diagnostic: Diagnostic) -> RuleFileError {
        let mut start = diagnostic.span.start.min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        RuleFileError {
            rule: rule.map(str::to_owned),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            diagnostic,
        }
    }

    /// As a compiler prints it.
    pub fn render(&self, name: &str, text: &str, lang: Lang) -> String {
        self.diagnostic.render(name, text, 0, lang)
    }
}

impl RuleFile {
    /// Reads and checks a file's text.
    ///
    /// # Errors
    /// Every fault, in the order of the file.
    pub fn read(schema: &Schema, text: &str) -> Result<RuleFile, Vec<RuleFileError>> {
        let mut reading = Reading { schema, text, errors: Vec::new() };
        let rules = reading.rules();
        reading.check_together(&rules);
        match reading.errors.is_empty() {
            true => Ok(RuleFile { rules: rules.into_iter().map(|(rule, _)| rule).collect() }),
            false => {
                reading.errors.sort_by_key(|e| (e.line, e.column));
                Err(reading.errors)
            }
        }
    }

    /// What all rules together cost at most for one payment, in units of about a nanosecond.
    pub fn cost(&self) -> u32 {
        self.rules.iter().map(|r| r.rule.cost()).sum()
    }
}

struct Reading<'a> {
    schema: &'a Schema,
    text: &'a str,
    errors: Vec<RuleFileError>,
}

fn span(range: Range<usize>) -> Span {
    Span { start: range.start, end: range.end }
}

impl Reading<'_> {
    fn wrong(&mut self, rule: Option<&str>, diagnostic: Diagnostic) {
        self.errors.push(RuleFileError::new(self.text, rule, diagnostic));
    }

    fn rules(&mut self) -> Vec<(FileRule, Span)> {
        let table = match DeTable::parse(self.text) {
            Ok(table) => table,
            Err(error) => {
                let place = span(error.span().unwrap_or(0..0));
                let (zh, en) = (
                    format!("TOML 语法错误：{}", error.message()),
                    format!("TOML syntax: {}", error.message()),
                );
                self.wrong(None, Diagnostic::new("R20", place, zh, en));
                return Vec::new();
            }
        };
        let mut rules = Vec::new();
        for (key, value) in table.get_ref() {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("rule", DeValue::Array(entries)) => {
                    for entry in entries {
                        rules.extend(self.rule(entry));
                    }
                }
                (other, _) => {
                    let found = Diagnostic::new(
                        "R21",
                        span(key.span()),
                        format!("文件里只能有 [[rule]]，不认识 {other}"),
                        format!("a file holds [[rule]] and nothing else; {other} is not known"),
                    );
                    self.wrong(None, found);
                }
            }
        }
        rules
    }

    fn rule(&mut self, entry: &Spanned<DeValue<'_>>) -> Option<(FileRule, Span)> {
        let place = span(entry.span());
        let DeValue::Table(table) = entry.get_ref() else {
            self.wrong(
                None,
                Diagnostic::new("R21", place, "规则写作 [[rule]]", "a rule is written as [[rule]]"),
            );
            return None;
        };
        let before = self.errors.len();
        let id = self.text_of(table, "id", place, None).unwrap_or_default();
        let name = (!id.is_empty()).then_some(id.as_str());
        if id.len() > 48 || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            let found = Diagnostic::new(
                "R22",
                place_of(table, "id", place),
                "规则名为 1 至 48 个小写字母、数字或下划线",
                "a rule's id is 1 to 48 small letters, digits or _",
            );
            self.wrong(name, found);
        }
        for key in table.keys().filter(|k| !KEYS.contains(&k.get_ref().as_ref())) {
            let word = key.get_ref().as_ref();
            let found = Diagnostic::new(
                "R21",
                span(key.span()),
                format!("不认识 {word}"),
                format!("{word} is not known"),
            );
            let near = nearest(word, KEYS).unwrap_or("id, when, weight, decision, zh, en, source");
            self.wrong(name, found.help(format!("您是否想写 {near}？"), format!("did you mean {near} ?")));
        }
        let [when, zh, en, source] = ["when", "zh", "en", "source"]
            .map(|key| self.text_of(table, key, place, name).unwrap_or_default());
        let weight = self.weight(table, place, name);
        let decision = self.decision(table, name);
        let rule = self.condition(table, &when, name);
        if self.errors.len() > before {
            return None;
        }
        Some((FileRule { id, rule: rule?, weight, decision, text: Text::new(zh, en), source }, place))
    }

    /// A text that must be there and not be empty.
    fn text_of(&mut self, table: &DeTable<'_>, key: &str, place: Span, rule: Option<&str>) -> Option<String> {
        let found = table.get(key).and_then(|v| v.get_ref().as_str()).filter(|t| !t.trim().is_empty());
        if found.is_none() {
            let at = place_of(table, key, place);
            let found =
                Diagnostic::new("R21", at, format!("缺少文本 {key}"), format!("the text {key} is missing"));
            self.wrong(rule, found);
        }
        found.map(str::to_owned)
    }

    fn weight(&mut self, table: &DeTable<'_>, place: Span, rule: Option<&str>) -> u16 {
        let number = table.get("weight").and_then(|v| match v.get_ref() {
            DeValue::Integer(n) => u16::from_str_radix(n.as_str(), n.radix()).ok(),
            _ => None,
        });
        number.filter(|n| (1..=1000).contains(n)).unwrap_or_else(|| {
            let at = place_of(table, "weight", place);
            let found = Diagnostic::new(
                "R22",
                at,
                "weight 为 1 至 1000 的整数",
                "weight is a whole number from 1 to 1000",
            );
            self.wrong(rule, found);
            1
        })
    }

    fn decision(&mut self, table: &DeTable<'_>, rule: Option<&str>) -> Option<String> {
        let value = table.get("decision")?;
        match value.get_ref().as_str().filter(|d| DECISIONS.contains(d)) {
            Some(decision) => Some(decision.to_owned()),
            None => {
                let found = Diagnostic::new(
                    "R22",
                    span(value.span()),
                    "decision 为 review 或 decline",
                    "decision is review or decline",
                );
                self.wrong(rule, found);
                None
            }
        }
    }

    fn condition(&mut self, table: &DeTable<'_>, when: &str, rule: Option<&str>) -> Option<Rule> {
        if when.is_empty() {
            return None;
        }
        let error = match Rule::compile(self.schema, when) {
            Ok(compiled) => return Some(compiled),
            Err(error) => error,
        };
        // Where the text stands in the file as it is, its own places are places of the file; one written
        // with escapes is named as a whole.
        let value = place_of(table, "when", Span::default());
        let quoted = self.text.get(value.start..value.end).unwrap_or_default();
        let place = match quoted.find(when) {
            Some(at) => {
                let base = value.start + at;
                Span { start: base + error.span.start, end: base + error.span.end }
            }
            None => value,
        };
        self.wrong(rule, Diagnostic { span: place, ..error });
        None
    }

    fn check_together(&mut self, rules: &[(FileRule, Span)]) {
        for (at, (rule, place)) in rules.iter().enumerate() {
            if rules[..at].iter().any(|(earlier, _)| earlier.id == rule.id) {
                let (zh, en) =
                    (format!("规则名 {} 重复", rule.id), format!("the id {} stands twice", rule.id));
                self.wrong(Some(&rule.id), Diagnostic::new("R22", *place, zh, en));
            }
        }
        let cost: u64 = rules.iter().map(|(r, _)| u64::from(r.rule.cost())).sum();
        if let (true, Some((rule, place))) =
            (rules.len() > RULES_MAX || cost > u64::from(COST_MAX), rules.last())
        {
            let found = Diagnostic::new(
                "R11",
                *place,
                format!("{} 条规则共 {cost} 单位，最多 {RULES_MAX} 条、{COST_MAX} 单位", rules.len()),
                format!(
                    "{} rules cost {cost} units together; at most {RULES_MAX} rules and {COST_MAX} units are allowed",
                    rules.len()
                ),
            );
            self.wrong(Some(&rule.id), found);
        }
    }
}

/// Where a key's value stands; the rule's own place if it is missing.
fn place_of(table: &DeTable<'_>, key: &str, otherwise: Span) -> Span {
    table.get(key).map_or(otherwise, |v| span(v.span()))
}
