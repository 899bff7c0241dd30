//! QIF: lines of a letter and a value, `^` between transactions. Investment and category lists are passed over.

use super::bounded;
use crate::{Amount, Direction, Refused, Statement, Transaction, day};

/// Reads the file.
pub fn read(text: &str) -> Result<Statement, Refused> {
    let mut statement = Statement::new("qif");
    let dates: Vec<String> = text.lines().filter_map(|l| l.strip_prefix('D')).map(date_text).collect();
    let order = match day::order(dates.iter().map(String::as_str)) {
        // QIF comes from the United States: where nothing decides, the month stands first.
        day::Order::DayFirst if dates.iter().all(|d| could_be_month_first(d)) => day::Order::MonthFirst,
        decided => decided,
    };
    let mut money = true;
    let mut lines: [Option<String>; 5] = Default::default();
    for line in text.lines() {
        let line = line.trim_end();
        if let Some(kind) = line.strip_prefix("!Type:") {
            let kind = kind.trim().to_ascii_lowercase();
            money = ["bank", "cash", "ccard", "oth a", "oth l"].contains(&kind.as_str());
            continue;
        }
        if line.starts_with('!') {
            money = false;
            continue;
        }
        if !money {
            continue;
        }
        if line == "^" {
            finish(std::mem::take(&mut lines), order, &mut statement)?;
            continue;
        }
        let mut chars = line.chars();
        let place = match chars.next() {
            Some('D') => 0,
            Some('T') => 1,
            Some('P') => 2,
            Some('M') => 3,
            Some('N') => 4,
            _ => continue,
        };
        lines[place] = Some(chars.as_str().trim().to_owned());
    }
    finish(lines, order, &mut statement)?;
    Ok(statement)
}

/// `1/15'24` and `1/15/24`.
fn date_text(value: &str) -> String {
    value.trim().replace('\'', "/").replace(' ', "")
}

fn could_be_month_first(date: &str) -> bool {
    date.split(['/', '-', '.']).next().and_then(|m| m.parse::<u8>().ok()).is_some_and(|m| m <= 12)
}

fn finish(lines: [Option<String>; 5], order: day::Order, statement: &mut Statement) -> Result<(), Refused> {
    let [date, amount, payee, memo, number] = lines;
    let date = date.and_then(|d| day::read(&date_text(&d), order));
    let (Some((date, _)), Some(amount)) = (date, amount.and_then(|a| Amount::read(&a))) else {
        return Ok(());
    };
    statement.transactions.push(Transaction {
        date,
        time: None,
        amount: amount.abs(),
        direction: if amount.0 < 0 { Direction::Out } else { Direction::In },
        counterparty: payee,
        description: memo,
        balance: None,
        reference: number,
        currency: None,
        status: None,
        neutral: false,
        void: false,
        refunded: None,
    });
    bounded(statement.transactions.len())
}
