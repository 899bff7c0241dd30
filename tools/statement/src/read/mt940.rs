//! MT940 (SWIFT customer statement): balances in :60: and :62:, rows in :61:, their text in :86:.

use super::bounded;
use crate::{Amount, Direction, Refused, Statement, Transaction, day};

/// Reads all statements of the file as one: the first opening and the last closing balance.
pub fn read(text: &str) -> Result<Statement, Refused> {
    let mut statement = Statement::new("mt940");
    for (tag, value) in fields(text) {
        match tag.as_str() {
            "25" => statement.account = statement.account.take().or(Some(value.trim().to_owned())),
            "60F" | "60M" => {
                if let Some((amount, currency)) = balance(&value) {
                    statement.opening_balance.get_or_insert(amount);
                    statement.currency.get_or_insert(currency);
                }
            }
            "62F" | "62M" => {
                statement.closing_balance = balance(&value).map(|b| b.0).or(statement.closing_balance)
            }
            "61" => {
                statement.transactions.extend(row(&value));
                bounded(statement.transactions.len())?;
            }
            "86" => {
                if let Some(last) = statement.transactions.last_mut().filter(|t| t.description.is_none()) {
                    let (text, name) = purpose(&value);
                    last.counterparty = name;
                    last.description = Some(text);
                }
            }
            _ => {}
        }
    }
    Ok(statement)
}

/// `:61:...` and the lines that belong to it.
fn fields(text: &str) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let line = line.trim_end();
        let tag = line.strip_prefix(':').and_then(|l| l.split_once(':')).filter(|(tag, _)| tag.len() <= 3);
        match (tag, out.last_mut()) {
            (Some((tag, value)), _) => out.push((tag.to_owned(), value.to_owned())),
            (None, Some((_, value))) if !line.starts_with(['-', '{']) => {
                value.push('\n');
                value.push_str(line);
            }
            _ => {}
        }
    }
    out
}

/// `C231231EUR1234,56`.
fn balance(value: &str) -> Option<(Amount, String)> {
    let (sign, rest) = (value.get(..1)?, value.get(7..)?);
    let amount = Amount::read(&decimal(rest.get(3..)?))?;
    Some((if sign == "D" { Amount(-amount.0) } else { amount }, rest.get(..3)?.to_owned()))
}

/// A comma always stands before the decimals, also where none follow.
fn decimal(amount: &str) -> String {
    amount.trim().replace(',', ".").trim_end_matches('.').to_owned()
}

/// `2401020102DR12,50NTRFNONREF//bank's reference`.
fn row(value: &str) -> Option<Transaction> {
    let line = value.lines().next()?;
    let date = day::read(&format!("20{}", line.get(..6)?), day::Order::DayFirst)?.0;
    let mut rest = line.get(6..)?;
    if rest.get(..4).is_some_and(|d| d.bytes().all(|b| b.is_ascii_digit())) {
        rest = &rest[4..];
    }
    let (direction, rest) =
        [("RC", Direction::Out), ("RD", Direction::In), ("C", Direction::In), ("D", Direction::Out)]
            .into_iter()
            .find_map(|(mark, direction)| Some((direction, rest.strip_prefix(mark)?)))?;
    // A letter of the currency may stand here.
    let rest = rest.strip_prefix(|c: char| c.is_ascii_uppercase()).unwrap_or(rest);
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != ',').unwrap_or(rest.len());
    let amount = Amount::read(&decimal(&rest[..end]))?;
    let reference =
        rest.get(end + 4..).map(|r| r.split("//").find(|p| !p.is_empty() && *p != "NONREF").unwrap_or(""));
    Some(Transaction {
        date,
        time: None,
        amount: amount.abs(),
        direction,
        counterparty: None,
        description: None,
        balance: None,
        reference: reference.filter(|r| !r.is_empty()).map(str::to_owned),
        currency: None,
        status: None,
        neutral: false,
        void: false,
        refunded: None,
    })
}

/// The purpose, and the other side where German subfields (?20 to ?29 purpose, ?32 and ?33 name) or /NAME/ say it.
fn purpose(value: &str) -> (String, Option<String>) {
    let joined: String = value.lines().collect();
    if joined.get(3..4) == Some("?") {
        let parts: Vec<&str> = joined.split('?').skip(1).collect();
        let of = |from: &str, to: &str| -> String {
            let wanted = parts.iter().filter_map(|p| p.get(..2).map(|n| (n, &p[2..])));
            wanted.filter(|(n, _)| (from..=to).contains(n)).map(|(_, t)| t).collect()
        };
        let name = of("32", "33");
        return (of("20", "29"), Some(name.trim().to_owned()).filter(|n| !n.is_empty()));
    }
    let name = joined.split_once("/NAME/").and_then(|(_, r)| r.split('/').next()).map(str::to_owned);
    (joined.trim().to_owned(), name)
}
