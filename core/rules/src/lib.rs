//! The rule language: expressions with CEL spelling over the fields of a payment, typed, compiled, bounded.
//!
//! Why it exists: an analyst writes `card_payments_1h > 4 && amount > money("1000", "CNY")` and is told at
//! once, with a caret, what is wrong with it; what was accepted can't crash, stall or surprise the engine:
//! field names and types are checked against a [`Schema`], the cost is counted, numbers are whole and
//! checked, and what can't be known (a field that the message lacks, a division by zero, money of two
//! currencies) is neither true nor false but [`Answer::Unknown`], with its reason. Never reads a clock,
//! never allocates while a rule runs, never uses floating point.
//!
//! ```
//! use tg_rules::{Answer, Field, Rule, Schema, Type, Value};
//! let schema = Schema::new(vec![
//!     Field::new("card_payments_1h", Type::Int, "该卡近 1 小时付款笔数", "payments with this card in 1 hour"),
//!     Field::new("amount", Type::Money, "金额", "amount"),
//! ]);
//! let rule = Rule::compile(&schema, r#"card_payments_1h > 4 && amount >= money("1000", "CNY")"#).unwrap();
//! let row = [Value::Int(5), Value::Money { minor: 100_000, currency: 156 }];
//! assert_eq!(rule.answer(&row.as_slice()), Answer::True);
//! ```
//!
//! # Differences from CEL
//! Whole numbers only (`a * 10 > b * 3` for a share), `money(amount, currency)` beside `duration(text)`, lists
//! only as constants on the right of `in`, `has(field)` for a field of the message itself. As in CEL, `&&`
//! and `||` absorb what is unknown where the other side decides.

mod check;
mod compile;
mod diagnostic;
mod file;
mod lex;
mod parse;
mod run;
mod schema;
mod syntax;

pub use compile::{COST_MAX, Rule};
pub use diagnostic::{Diagnostic, Span};
pub use file::{FileRule, RuleFile, RuleFileError};
pub use run::{Answer, Unknown};
pub use schema::{Field, Row, Schema, Type, Value};
