//! OFX 1 (SGML) and 2 (XML): bank and credit card statements.

use super::bounded;
use super::tags::{Piece, pieces, plain};
use crate::{Amount, Direction, Refused, Statement, Transaction, day};
use std::collections::BTreeMap;

/// Reads the first statement of the file; transactions of all.
pub fn read(text: &str) -> Result<Statement, Refused> {
    let mut statement = Statement::new("ofx");
    let mut row: Option<BTreeMap<String, String>> = None;
    let (mut name, mut in_ledger) = (String::new(), false);
    for piece in pieces(text) {
        match piece {
            Piece::Open("STMTTRN", ..) => {
                finish(row.replace(BTreeMap::new()), &mut statement)?;
            }
            Piece::Close("STMTTRN" | "BANKTRANLIST") => finish(row.take(), &mut statement)?,
            Piece::Open(tag, ..) => {
                in_ledger = tag == "LEDGERBAL" || in_ledger && matches!(tag, "BALAMT" | "DTASOF");
                tag.clone_into(&mut name);
            }
            Piece::Close(_) => name.clear(),
            Piece::Text(value) if !name.is_empty() && !value.trim().is_empty() => {
                let value = plain(value.trim());
                match (&mut row, name.as_str()) {
                    (Some(row), _) => {
                        row.insert(std::mem::take(&mut name), value);
                    }
                    (None, "CURDEF") => statement.currency = statement.currency.take().or(Some(value)),
                    (None, "ACCTID") => statement.account = statement.account.take().or(Some(value)),
                    (None, "BALAMT") if in_ledger => statement.closing_balance = Amount::read(&value),
                    _ => {}
                }
            }
            Piece::Text(_) => {}
        }
    }
    finish(row, &mut statement)?;
    Ok(statement)
}

fn finish(row: Option<BTreeMap<String, String>>, statement: &mut Statement) -> Result<(), Refused> {
    let Some(mut row) = row else { return Ok(()) };
    let amount = row.get("TRNAMT").and_then(|a| Amount::read(a));
    let digits: String = row
        .get("DTPOSTED")
        .map(|d| d.chars().take_while(char::is_ascii_digit).take(14).collect())
        .unwrap_or_default();
    let (Some(amount), Some((date, time))) = (amount, day::read(&digits, day::Order::DayFirst)) else {
        return Ok(());
    };
    // Midnight and noon are what banks write that know no time.
    let time = time.filter(|t| !(t.minute() == 0 && t.second() == 0 && matches!(t.hour(), 0 | 12)));
    statement.transactions.push(Transaction {
        date,
        time,
        amount: amount.abs(),
        direction: if amount.0 < 0 { Direction::Out } else { Direction::In },
        counterparty: row.remove("NAME").or_else(|| row.remove("PAYEE")),
        description: row.remove("MEMO").or_else(|| row.remove("TRNTYPE")),
        balance: None,
        reference: row.remove("FITID").or_else(|| row.remove("REFNUM")),
        currency: None,
        status: None,
        neutral: false,
        void: false,
        refunded: None,
    });
    bounded(statement.transactions.len())
}
