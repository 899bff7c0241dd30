//! What an expression says of a row. No allocation, no panic: what can't be known is [`Answer::Unknown`].
//!
//! `&&` and `||` are as in CEL: a side that decides does so whatever is unknown on the other.

use crate::compile::{Scalar, Truth};
use crate::schema::{Row, Value};
use crate::syntax::{Binary, Compare};

/// What a rule says of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It applies.
    True,
    /// It does not apply.
    False,
    /// Something that it needs is not there or can't be computed: it counts as not applying.
    Unknown(Unknown),
}

/// Why an answer is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unknown {
    /// The row has no value for the field with this number.
    Absent(u16),
    /// A division by zero.
    DividedByZero,
    /// A number that does not fit in 64 bits.
    TooLarge,
    /// Money of two currencies was compared or added.
    TwoCurrencies,
}

impl From<bool> for Answer {
    #[inline]
    fn from(truth: bool) -> Answer {
        if truth { Answer::True } else { Answer::False }
    }
}

impl Answer {
    #[inline]
    fn not(self) -> Answer {
        match self {
            Answer::True => Answer::False,
            Answer::False => Answer::True,
            unknown => unknown,
        }
    }
}

type Known<'a> = Result<Value<'a>, Unknown>;

impl Truth {
    #[inline]
    pub(crate) fn answer<R: Row>(&self, row: &R) -> Answer {
        match self {
            Truth::All(all) => decided(all, row, Answer::False),
            Truth::Any(any) => decided(any, row, Answer::True),
            Truth::NumberField(compare, field, constant) => match row.value(*field) {
                Value::Int(n) | Value::Duration(n) => compare.holds(&n, constant).into(),
                _ => Answer::Unknown(Unknown::Absent(*field)),
            },
            Truth::MoneyField(compare, field, constant, in_currency) => match row.value(*field) {
                Value::Money { minor, currency } if currency == *in_currency => {
                    compare.holds(&minor, constant).into()
                }
                Value::Money { .. } => Answer::Unknown(Unknown::TwoCurrencies),
                _ => Answer::Unknown(Unknown::Absent(*field)),
            },
            other => other.seldom(row),
        }
    }

    fn seldom<R: Row>(&self, row: &R) -> Answer {
        let answer = match self {
            Truth::Const(truth) => Ok((*truth).into()),
            Truth::Field(field) => match row.value(*field) {
                Value::Bool(truth) => Ok(truth.into()),
                _ => Err(Unknown::Absent(*field)),
            },
            Truth::Not(t) => Ok(t.answer(row).not()),
            Truth::Has(field) => Ok((row.value(*field) != Value::Absent).into()),
            Truth::Compare(compare, a, b) => holds(*compare, a, b, row).map(Answer::from),
            Truth::Same(equal, a, b) => match (a.answer(row), b.answer(row)) {
                (unknown @ Answer::Unknown(_), _) | (_, unknown @ Answer::Unknown(_)) => Ok(unknown),
                (a, b) => Ok(((a == b) == *equal).into()),
            },
            Truth::InNumbers(s, list) => s.value(row).map(|v| match v {
                Value::Int(n) | Value::Duration(n) => list.binary_search(&n).is_ok().into(),
                _ => Answer::False,
            }),
            Truth::InTexts(s, list) => s.text(row).map(|text| {
                let found = list.binary_search_by(|entry| entry.as_str().cmp(text));
                found.is_ok().into()
            }),
            Truth::StartsWith(a, b) => texts(a, b, row).map(|(a, b)| a.starts_with(b).into()),
            Truth::EndsWith(a, b) => texts(a, b, row).map(|(a, b)| a.ends_with(b).into()),
            Truth::Contains(a, b) => texts(a, b, row).map(|(a, b)| a.contains(b).into()),
            Truth::Matches(s, pattern) => s.text(row).map(|text| pattern.is_match(text).into()),
            Truth::Choice(condition, a, b) => Ok(match condition.answer(row) {
                Answer::True => a.answer(row),
                Answer::False => b.answer(row),
                unknown => unknown,
            }),
            // Taken care of above.
            Truth::All(_) | Truth::Any(_) | Truth::NumberField(..) | Truth::MoneyField(..) => {
                Ok(self.answer(row))
            }
        };
        answer.unwrap_or_else(Answer::Unknown)
    }
}

/// `decision` if one of these answers it; else the first unknown; else the opposite.
#[inline]
fn decided<R: Row>(parts: &[Truth], row: &R, decision: Answer) -> Answer {
    let mut so_far = decision.not();
    for part in parts {
        match part.answer(row) {
            answer if answer == decision => return decision,
            unknown @ Answer::Unknown(_) if !matches!(so_far, Answer::Unknown(_)) => so_far = unknown,
            _ => {}
        }
    }
    so_far
}

fn holds<R: Row>(compare: Compare, a: &Scalar, b: &Scalar, row: &R) -> Result<bool, Unknown> {
    Ok(match (a.value(row)?, b.value(row)?) {
        (Value::Int(a), Value::Int(b)) | (Value::Duration(a), Value::Duration(b)) => compare.holds(&a, &b),
        (Value::Text(a), Value::Text(b)) => compare.holds(a, b),
        (Value::Money { minor: a, currency: x }, Value::Money { minor: b, currency: y }) => {
            if x != y {
                return Err(Unknown::TwoCurrencies);
            }
            compare.holds(&a, &b)
        }
        // The checker lets nothing else through.
        _ => false,
    })
}

fn texts<'a, R: Row>(a: &'a Scalar, b: &'a Scalar, row: &'a R) -> Result<(&'a str, &'a str), Unknown> {
    Ok((a.text(row)?, b.text(row)?))
}

impl Scalar {
    pub(crate) fn value<'a, R: Row>(&'a self, row: &'a R) -> Known<'a> {
        match self {
            Scalar::Int(n) => Ok(Value::Int(*n)),
            Scalar::Money(minor, currency) => Ok(Value::Money { minor: *minor, currency: *currency }),
            Scalar::Duration(n) => Ok(Value::Duration(*n)),
            Scalar::Text(text) => Ok(Value::Text(text)),
            Scalar::Field(field) => match row.value(*field) {
                Value::Absent => Err(Unknown::Absent(*field)),
                value => Ok(value),
            },
            Scalar::Negative(s) => match s.value(row)? {
                Value::Int(n) => n.checked_neg().map(Value::Int).ok_or(Unknown::TooLarge),
                Value::Duration(n) => n.checked_neg().map(Value::Duration).ok_or(Unknown::TooLarge),
                Value::Money { minor, currency } => {
                    let minor = minor.checked_neg().ok_or(Unknown::TooLarge)?;
                    Ok(Value::Money { minor, currency })
                }
                other => Ok(other),
            },
            Scalar::Arithmetic(operator, a, b) => arithmetic(*operator, a.value(row)?, b.value(row)?),
            Scalar::Size(s) => s.text(row).map(|text| Value::Int(text.chars().count() as i64)),
            Scalar::Choice(condition, a, b) => match condition.answer(row) {
                Answer::True => a.value(row),
                Answer::False => b.value(row),
                Answer::Unknown(why) => Err(why),
            },
        }
    }

    fn text<'a, R: Row>(&'a self, row: &'a R) -> Result<&'a str, Unknown> {
        match self.value(row)? {
            Value::Text(text) => Ok(text),
            // The checker lets nothing else through.
            _ => Ok(""),
        }
    }
}

/// Whole numbers, durations and money of one currency; division goes towards zero, as in CEL.
pub(crate) fn arithmetic<'a>(operator: Binary, a: Value<'a>, b: Value<'a>) -> Known<'a> {
    let numbers = |a: i64, b: i64| match operator {
        Binary::Add => a.checked_add(b).ok_or(Unknown::TooLarge),
        Binary::Subtract => a.checked_sub(b).ok_or(Unknown::TooLarge),
        Binary::Multiply => a.checked_mul(b).ok_or(Unknown::TooLarge),
        Binary::Divide if b == 0 => Err(Unknown::DividedByZero),
        Binary::Remainder if b == 0 => Err(Unknown::DividedByZero),
        Binary::Divide => a.checked_div(b).ok_or(Unknown::TooLarge),
        _ => a.checked_rem(b).ok_or(Unknown::TooLarge),
    };
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => numbers(a, b).map(Value::Int),
        (Value::Duration(a), Value::Duration(b) | Value::Int(b)) | (Value::Int(a), Value::Duration(b)) => {
            numbers(a, b).map(Value::Duration)
        }
        (Value::Money { minor: a, currency }, Value::Money { minor: b, currency: other }) => {
            if currency != other {
                return Err(Unknown::TwoCurrencies);
            }
            numbers(a, b).map(|minor| Value::Money { minor, currency })
        }
        (Value::Money { minor: a, currency }, Value::Int(b))
        | (Value::Int(a), Value::Money { minor: b, currency }) => {
            numbers(a, b).map(|minor| Value::Money { minor, currency })
        }
        // The checker lets nothing else through.
        (other, _) => Ok(other),
    }
}
