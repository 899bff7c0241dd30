//! The rows as CSV that a spreadsheet opens without running anything in it.
//!
//! Why it exists: people want the rows in a table of their own, and a payee may be called `=HYPERLINK(...)`.
//! A cell that a spreadsheet would take for a formula gets an apostrophe before it.

use crate::{Direction, Statement};
use std::fmt::Write;

/// The rows, UTF-8 with its mark, so that Excel reads the Chinese.
pub fn csv(statement: &Statement) -> String {
    let mut out = String::from(
        "\u{feff}date,time,direction,amount,currency,counterparty,description,balance,reference,status\r\n",
    );
    for t in &statement.transactions {
        let time =
            t.time.map_or(String::new(), |t| format!("{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second()));
        let currency = t.currency.as_deref().or(statement.currency.as_deref()).unwrap_or("");
        let way = if t.direction == Direction::In { "in" } else { "out" };
        let balance = t.balance.map_or(String::new(), |b| b.to_string());
        let text = |cell: &Option<String>| quoted(cell.as_deref().unwrap_or(""));
        // Writing to a String can't fail.
        let _ = write!(
            out,
            "{},{time},{way},{},{},{},{},{balance},{},{}\r\n",
            t.date,
            t.amount,
            quoted(currency),
            text(&t.counterparty),
            text(&t.description),
            text(&t.reference),
            text(&t.status),
        );
    }
    out
}

fn quoted(cell: &str) -> String {
    let begins = cell.trim_start_matches([' ', '"', '\u{feff}']);
    let formula =
        begins.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|', '%', '＝', '＋', '－', '＠']);
    let mark = if formula { "'" } else { "" };
    let flat: String = cell.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("\"{mark}{}\"", flat.replace('"', "\"\""))
}
