//! A statement and what was found in it, in the shape of the JSON (contract, section 6).
//!
//! Why it exists: readers of all formats end here. Never holds a card number in clear once it left
//! [`crate::examine`].

use crate::Amount;
use jiff::civil::{Date, Time};
use serde::{Serialize, Serializer};
use tg_text::Text;

/// Which way the money went, as the account's owner sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To the owner.
    In,
    /// From the owner.
    Out,
}

/// One row.
#[derive(Clone, Debug, Serialize)]
pub struct Transaction {
    /// The day.
    #[serde(serialize_with = "shown")]
    pub date: Date,
    /// The time, where the statement has one.
    #[serde(serialize_with = "shown_if")]
    pub time: Option<Time>,
    /// How much, without a sign.
    pub amount: Amount,
    /// Which way.
    pub direction: Direction,
    /// Who the other side is.
    pub counterparty: Option<String>,
    /// What for.
    pub description: Option<String>,
    /// The account's balance after it.
    pub balance: Option<Amount>,
    /// The bank's or wallet's number for it.
    pub reference: Option<String>,
    /// The row's own currency, where it is not the statement's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What became of it, in the statement's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The statement counts it neither as income nor as spending (moved between the owner's own pots, given
    /// back whole).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub neutral: bool,
    /// It did not happen: closed, failed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub void: bool,
    /// What the row itself says came back later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refunded: Option<Amount>,
}

impl Transaction {
    /// It took the owner's money.
    pub fn is_spending(&self) -> bool {
        self.direction == Direction::Out && !self.neutral && !self.void
    }

    /// The other side, or what the row says of it.
    pub fn who(&self) -> &str {
        self.counterparty.as_deref().or(self.description.as_deref()).unwrap_or("")
    }
}

/// Does the statement add up?
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// Which check.
    pub code: &'static str,
    /// It does.
    pub ok: bool,
    /// What was compared.
    pub text: Text,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Look at it when you have time.
    Low,
    /// Look at it today.
    Medium,
    /// Act now if you don't know it.
    High,
}

/// Whom to call.
#[derive(Clone, Debug, Serialize)]
pub struct Contact {
    /// The organisation.
    pub organisation: Text,
    /// The number; only verified ones.
    pub number: String,
}

/// Something to look at.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Which kind.
    pub code: &'static str,
    /// Which rows: places in `transactions`, from 0.
    pub rows: Vec<usize>,
    /// What was seen and why it stands out.
    pub text: Text,
    /// How much it matters.
    pub severity: Severity,
    /// How sure: `low`, `medium`, `high`.
    pub confidence: &'static str,
    /// What to do.
    pub action: Text,
    /// Whom to call.
    pub contacts: Vec<Contact>,
}

/// The whole answer.
#[derive(Clone, Debug, Serialize)]
pub struct Statement {
    /// `alipay`, `wechat`, a bank's short name, `ofx`, `qif`, `mt940`, `camt053`, `csv`, `excel`.
    pub format: String,
    /// The account, card numbers masked.
    pub account: Option<String>,
    /// ISO 4217 letters.
    pub currency: Option<String>,
    /// Before the first row.
    pub opening_balance: Option<Amount>,
    /// After the last row.
    pub closing_balance: Option<Amount>,
    /// The rows, in the file's order.
    pub transactions: Vec<Transaction>,
    /// Does it add up?
    pub checks: Vec<Check>,
    /// What to look at.
    pub findings: Vec<Finding>,
}

impl Statement {
    /// With nothing in it yet.
    pub fn new(format: &str) -> Statement {
        Statement {
            format: format.to_owned(),
            account: None,
            currency: None,
            opening_balance: None,
            closing_balance: None,
            transactions: Vec::new(),
            checks: Vec::new(),
            findings: Vec::new(),
        }
    }
}

pub(crate) fn shown<S: Serializer>(value: &impl std::fmt::Display, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(value)
}

fn shown_if<S: Serializer>(value: &Option<Time>, s: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(t) => s.collect_str(&format_args!("{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second())),
        None => s.serialize_none(),
    }
}
