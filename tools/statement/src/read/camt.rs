//! CAMT.053 (ISO 20022 bank-to-customer statement): entries, balances, the other side.

use super::bounded;
use super::tags::{Piece, attribute, pieces, plain};
use crate::{Amount, Direction, Refused, Statement, Transaction, day};

/// What is known of the entry being read.
#[derive(Default)]
struct Entry {
    amount: Option<Amount>,
    currency: Option<String>,
    direction: Option<Direction>,
    when: Option<day::When>,
    names: Vec<(Direction, String)>,
    text: Vec<String>,
    reference: Option<String>,
    pending: bool,
    reversal: bool,
}

/// What is known of the balance being read.
#[derive(Default)]
struct Balance {
    code: String,
    amount: Option<Amount>,
    debit: bool,
}

/// Reads the file; several statements become one list.
pub fn read(text: &str) -> Result<Statement, Refused> {
    let mut statement = Statement::new("camt053");
    let mut path: Vec<&str> = Vec::new();
    let (mut entry, mut balance) = (None::<Entry>, None::<Balance>);
    for piece in pieces(text) {
        match piece {
            Piece::Open(name, attributes, empty) => {
                match name {
                    "Ntry" => entry = Some(Entry::default()),
                    "Bal" => balance = Some(Balance::default()),
                    "Amt" if path.last() == Some(&"Ntry") => {
                        if let Some(e) = &mut entry {
                            e.currency = attribute(attributes, "Ccy").map(str::to_owned);
                        }
                    }
                    _ => {}
                }
                if !empty && path.len() < 64 {
                    path.push(name);
                }
            }
            Piece::Close(name) => {
                match name {
                    "Ntry" => finish(entry.take(), &mut statement)?,
                    "Bal" => keep(balance.take(), &mut statement),
                    _ => {}
                }
                if let Some(at) = path.iter().rposition(|p| *p == name) {
                    path.truncate(at);
                }
            }
            Piece::Text(value) if !value.trim().is_empty() => {
                let value = plain(value.trim());
                let here = path.last().copied().unwrap_or("");
                let above = path.iter().rev().nth(1).copied().unwrap_or("");
                match (&mut entry, &mut balance) {
                    (Some(e), _) => tell(e, here, above, &path, value),
                    (None, Some(b)) => match here {
                        "Cd" if b.code.is_empty() => b.code = value,
                        "Amt" => b.amount = Amount::read(&value),
                        "CdtDbtInd" => b.debit = value == "DBIT",
                        _ => {}
                    },
                    (None, None) => match (here, path.contains(&"Acct")) {
                        ("IBAN", true) => statement.account = Some(value),
                        ("Id", true) => statement.account = statement.account.take().or(Some(value)),
                        ("Ccy", true) => statement.currency = Some(value),
                        _ => {}
                    },
                }
            }
            Piece::Text(_) => {}
        }
    }
    Ok(statement)
}

fn tell(e: &mut Entry, here: &str, above: &str, path: &[&str], value: String) {
    let party =
        |role: &str| path.contains(&role) && !path.contains(&"UltmtDbtr") && !path.contains(&"UltmtCdtr");
    match (here, above) {
        ("Amt", "Ntry") => e.amount = Amount::read(&value),
        ("CdtDbtInd", "Ntry") => {
            e.direction = Some(if value == "DBIT" { Direction::Out } else { Direction::In });
        }
        ("RvslInd", "Ntry") => e.reversal = value == "true",
        ("Sts", "Ntry") | ("Cd", "Sts") => e.pending = value != "BOOK",
        ("Dt" | "DtTm", "BookgDt") => {
            e.when = day::read(value.get(..19).unwrap_or(&value), day::Order::DayFirst)
        }
        ("Dt" | "DtTm", "ValDt") if e.when.is_none() => {
            e.when = day::read(value.get(..19).unwrap_or(&value), day::Order::DayFirst);
        }
        ("Nm", _) if party("Cdtr") => e.names.push((Direction::Out, value)),
        ("Nm", _) if party("Dbtr") => e.names.push((Direction::In, value)),
        ("Ustrd" | "AddtlNtryInf" | "AddtlTxInf", _) if e.text.len() < 8 => e.text.push(value),
        ("AcctSvcrRef" | "EndToEndId" | "NtryRef", _) if value != "NOTPROVIDED" && e.reference.is_none() => {
            e.reference = Some(value);
        }
        _ => {}
    }
}

fn finish(entry: Option<Entry>, statement: &mut Statement) -> Result<(), Refused> {
    let Some(e) = entry else { return Ok(()) };
    let (Some(amount), Some(direction), Some((date, time))) = (e.amount, e.direction, e.when) else {
        return Ok(());
    };
    let name = e.names.iter().find(|(d, _)| *d == direction).or(e.names.first()).map(|(_, n)| n.clone());
    let currency = e.currency.filter(|c| statement.currency.as_ref().is_some_and(|s| s != c));
    statement.transactions.push(Transaction {
        date,
        time,
        amount: amount.abs(),
        direction,
        counterparty: name,
        description: Some(e.text.join(" ")).filter(|t| !t.is_empty()),
        balance: None,
        reference: e.reference,
        currency,
        status: e.reversal.then(|| "reversal".to_owned()),
        neutral: false,
        void: e.pending,
        refunded: None,
    });
    bounded(statement.transactions.len())
}

fn keep(balance: Option<Balance>, statement: &mut Statement) {
    let Some(Balance { code, amount: Some(amount), debit }) = balance else { return };
    let signed = if debit { Amount(-amount.0) } else { amount };
    match code.as_str() {
        "OPBD" | "PRCD" => {
            statement.opening_balance.get_or_insert(signed);
        }
        "CLBD" => statement.closing_balance = Some(signed),
        _ => {}
    }
}
