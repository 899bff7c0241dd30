//! `tillguard statement`: what a bank's or wallet's statement holds and what to look at (contract, section 6).
//!
//! The file is read into memory and nowhere else; nothing of it is kept.

use crate::arguments::Statement as Arguments;
use crate::output::{Console, Done, cant_read};
use std::io::Read;
use std::process::ExitCode;
use tg_statement::{Direction, FILE_BYTES_MAX, Refused, Severity, Statement, examine};
use tg_text::{Problem, Text};

pub fn run(arguments: &Arguments, console: &Console) -> Done {
    let file = arguments.file.as_str();
    let limit = FILE_BYTES_MAX as u64 + 1;
    let mut bytes = Vec::new();
    let read = match file {
        "-" => std::io::stdin().take(limit).read_to_end(&mut bytes),
        path => std::fs::File::open(path).and_then(|f| f.take(limit).read_to_end(&mut bytes)),
    };
    read.map_err(|e| cant_read(file, &e))?;
    let statement = examine(&bytes).map_err(|refused| problem(file, &refused))?;
    if console.json {
        console.print_json(&statement)?;
    } else {
        print(&statement, console)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn problem(file: &str, refused: &Refused) -> Box<Problem> {
    let (code, what) = match refused {
        Refused::TooLarge(what) => (
            "TG-1006",
            Text::new(
                format!("对账单太大（{what}）：文件最多64 MiB、20万行，Excel解开后最多96 MiB"),
                format!(
                    "the statement is too large ({what}): at most 64 MiB, 200,000 rows, and 96 MiB unpacked"
                ),
            ),
        ),
        Refused::Damaged(what) => {
            ("TG-1008", Text::new(format!("文件损坏（{what}）"), format!("the file is damaged ({what})")))
        }
        Refused::NoTransactions => (
            "TG-1008",
            Text::fixed("没有找到带日期和金额的行", "no rows with a date and an amount were found"),
        ),
    };
    Box::new(Problem::new(code, what).in_file(file))
}

fn print(s: &Statement, console: &Console) -> Result<(), Box<Problem>> {
    let lang = console.lang;
    let of = |direction: Direction| {
        let rows = s.transactions.iter().filter(|t| t.direction == direction && !t.neutral && !t.void);
        rows.fold((0, tg_statement::Amount::default()), |(n, sum), t| (n + 1, sum.plus(t.amount)))
    };
    let (income, spending) = (of(Direction::In), of(Direction::Out));
    let currency = s.currency.as_deref().unwrap_or("");
    console.print(&lang.pick(
        format!(
            "{} {currency}：{}行，收入{}笔{}，支出{}笔{}",
            s.format,
            s.transactions.len(),
            income.0,
            income.1,
            spending.0,
            spending.1
        ),
        format!(
            "{} {currency}: {} rows, in {} ({}), out {} ({})",
            s.format,
            s.transactions.len(),
            income.1,
            income.0,
            spending.1,
            spending.0
        ),
    ))?;
    for c in &s.checks {
        console.print(&format!("  {} {}", if c.ok { "✓" } else { "✗" }, console.text(&c.text)))?;
    }
    for f in &s.findings {
        let mark = match f.severity {
            Severity::High => lang.pick("立即", "now"),
            Severity::Medium => lang.pick("今天", "today"),
            Severity::Low => lang.pick("留意", "look"),
            Severity::Info => lang.pick("知悉", "know"),
        };
        console.print(&format!("[{mark}] {}", console.text(&f.text)))?;
        console.print(&format!("  → {}", console.text(&f.action)))?;
        for c in &f.contacts {
            console.print(&format!("  ☎ {} {}", console.text(&c.organisation), c.number))?;
        }
    }
    Ok(())
}
