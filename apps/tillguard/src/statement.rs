//! `tillguard statement`: what a bank's or wallet's statement holds and what to look at (contract, section 6).
//!
//! The file is read into memory and nowhere else; nothing of it is kept.

use crate::arguments::Statement as Arguments;
use crate::output::{Console, Done, cant_read, wrong_use};
use std::io::Read;
use std::process::ExitCode;
use tg_statement::{
    Correction, Direction, FILE_BYTES_MAX, Refused, Role, Severity, Statement, calendar, examine_with,
    export_csv, preview, reminders,
};
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
    let correction = correction(arguments)?;
    if arguments.columns {
        let preview = preview(&bytes, &correction).map_err(|refused| problem(file, &refused))?;
        return console.print_json(&preview).map(|()| ExitCode::SUCCESS);
    }
    let statement = examine_with(&bytes, &correction).map_err(|refused| problem(file, &refused))?;
    if let Some(path) = &arguments.export {
        write(path, &export_csv(&statement))?;
    }
    if let Some(path) = &arguments.reminders {
        let today = jiff::tz::TimeZone::system().to_datetime(jiff::Timestamp::now()).date();
        write(path, &calendar(&reminders(&statement, today), today, console.lang))?;
    }
    if console.json {
        console.print_json(&statement)?;
    } else {
        print(&statement, console)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `--column 3=amount`, counted from 1 as people do.
fn correction(arguments: &Arguments) -> Result<Correction, Box<Problem>> {
    let mut out = Correction { plus_is_spending: arguments.plus_is_spending, ..Correction::default() };
    for said in &arguments.column {
        let parsed = said.split_once('=').and_then(|(at, role)| {
            let at: usize = at.trim().parse().ok().filter(|at| *at >= 1)?;
            if role.trim() == "none" {
                Some((at - 1, None))
            } else {
                Some((at - 1, Some(Role::from_name(role.trim())?)))
            }
        });
        let Some(parsed) = parsed else {
            let names: Vec<&str> = Role::ALL.iter().map(|r| r.name()).collect();
            let names = names.join("|");
            return Err(wrong_use(
                "--column",
                format!("“{said}”不是“第几列=内容”，如3=amount；内容：{names}|none"),
                format!(
                    "“{said}” is no column and what it holds, such as 3=amount; it may hold: {names}|none"
                ),
            ));
        };
        out.roles.push(parsed);
    }
    Ok(out)
}

fn write(path: &std::path::Path, text: &str) -> Result<(), Box<Problem>> {
    std::fs::write(path, text).map_err(|e| {
        let says = Text::new(format!("写不出：{e}"), format!("can't be written: {e}"));
        Box::new(Problem::new("TG-1001", says).in_file(path.display().to_string()))
    })
}

fn problem(file: &str, refused: &Refused) -> Box<Problem> {
    let code = match refused {
        Refused::TooLarge(_) => "TG-1006",
        _ => "TG-1008",
    };
    Box::new(Problem::new(code, refused.text()).in_file(file))
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
