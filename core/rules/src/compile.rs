//! [`Rule`]: a checked rule, ready to run, and what running it costs.

use crate::check::check;
use crate::diagnostic::{Diagnostic, Span};
use crate::parse::parse;
use crate::run::Answer;
use crate::schema::{Row, Schema};
use regex::Regex;

use crate::syntax::{Binary, Compare};

/// What a rule may cost. A unit is about a nanosecond.
pub const COST_MAX: u32 = 2_000;

/// A rule that was accepted.
#[derive(Debug)]
pub struct Rule {
    text: String,
    root: Truth,
    cost: u32,
    fields: Vec<u16>,
}

impl Rule {
    /// Checks and compiles a rule's text.
    ///
    /// # Errors
    /// The first fault, with its place.
    pub fn compile(schema: &Schema, text: &str) -> Result<Rule, Diagnostic> {
        let root = check(schema, &parse(text)?)?;
        let mut fields = Vec::new();
        let cost = root.cost(&mut fields);
        fields.sort_unstable();
        fields.dedup();
        if cost > COST_MAX {
            return Err(Diagnostic::new(
                "R11",
                Span { start: 0, end: text.len() },
                format!("规则开销 {cost}，上限 {COST_MAX}"),
                format!("the rule costs {cost}; at most {COST_MAX} are allowed"),
            )
            .help(
                "matches 最贵，能用 startsWith 或 in 就不要用它",
                "matches costs most: use startsWith or in where they do",
            ));
        }
        Ok(Rule { text: text.to_owned(), root, cost, fields })
    }

    /// What the rule says of a row.
    #[inline]
    pub fn answer(&self, row: &impl Row) -> Answer {
        self.root.answer(row)
    }

    /// The text that was compiled.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What one answer costs at most, in units of about a nanosecond.
    pub fn cost(&self) -> u32 {
        self.cost
    }

    /// Numbers of the fields that it reads, rising.
    pub fn fields(&self) -> &[u16] {
        &self.fields
    }
}

/// An expression that is true, false or unknown.
#[derive(Debug)]
pub(crate) enum Truth {
    Const(bool),
    Field(u16),
    Not(Box<Truth>),
    All(Vec<Truth>),
    Any(Vec<Truth>),
    /// A whole number or duration in a field against a constant.
    NumberField(Compare, u16, i64),
    /// An amount in a field against a constant: minor units and currency.
    MoneyField(Compare, u16, i64, u16),
    /// Equal or not equal only, where the sides are texts or truths.
    Compare(Compare, Box<Scalar>, Box<Scalar>),
    Same(bool, Box<Truth>, Box<Truth>),
    InNumbers(Box<Scalar>, Box<[i64]>),
    InTexts(Box<Scalar>, Box<[String]>),
    Has(u16),
    StartsWith(Box<Scalar>, Box<Scalar>),
    EndsWith(Box<Scalar>, Box<Scalar>),
    Contains(Box<Scalar>, Box<Scalar>),
    Matches(Box<Scalar>, Box<Regex>),
    Choice(Box<Truth>, Box<Truth>, Box<Truth>),
}

/// An expression with another value.
#[derive(Debug)]
pub(crate) enum Scalar {
    Int(i64),
    Money(i64, u16),
    Duration(i64),
    Text(String),
    Field(u16),
    Negative(Box<Scalar>),
    Arithmetic(Binary, Box<Scalar>, Box<Scalar>),
    Size(Box<Scalar>),
    Choice(Box<Truth>, Box<Scalar>, Box<Scalar>),
}

impl Truth {
    fn cost(&self, fields: &mut Vec<u16>) -> u32 {
        match self {
            Truth::Const(_) => 1,
            Truth::Field(f) | Truth::Has(f) | Truth::NumberField(_, f, _) | Truth::MoneyField(_, f, ..) => {
                fields.push(*f);
                3
            }
            Truth::Not(t) => 1 + t.cost(fields),
            Truth::All(all) | Truth::Any(all) => all.iter().map(|t| 1 + t.cost(fields)).sum(),
            Truth::Compare(_, a, b) => 3 + a.cost(fields) + b.cost(fields),
            Truth::Same(_, a, b) => 2 + a.cost(fields) + b.cost(fields),
            Truth::InNumbers(s, list) => 3 + s.cost(fields) + steps(list.len()),
            Truth::InTexts(s, list) => 6 + s.cost(fields) + 4 * steps(list.len()),
            Truth::StartsWith(a, b) | Truth::EndsWith(a, b) => 6 + a.cost(fields) + b.cost(fields),
            Truth::Contains(a, b) => 40 + a.cost(fields) + b.cost(fields),
            Truth::Matches(s, _) => 300 + s.cost(fields),
            Truth::Choice(c, a, b) => 2 + c.cost(fields) + a.cost(fields).max(b.cost(fields)),
        }
    }
}

impl Scalar {
    fn cost(&self, fields: &mut Vec<u16>) -> u32 {
        match self {
            Scalar::Int(_) | Scalar::Money(..) | Scalar::Duration(_) | Scalar::Text(_) => 1,
            Scalar::Field(f) => {
                fields.push(*f);
                2
            }
            Scalar::Negative(s) => 1 + s.cost(fields),
            Scalar::Size(s) => 20 + s.cost(fields),
            Scalar::Arithmetic(_, a, b) => 3 + a.cost(fields) + b.cost(fields),
            Scalar::Choice(c, a, b) => 2 + c.cost(fields) + a.cost(fields).max(b.cost(fields)),
        }
    }
}

/// Steps of a search in a sorted list.
fn steps(entries: usize) -> u32 {
    entries.max(1).ilog2() + 1
}
