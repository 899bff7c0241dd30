//! What a bank's or wallet's statement says: its payments, whether it adds up, and what its owner should look at.
//!
//! Why it exists: people find a misused card on their statement, weeks late. Reads Alipay, WeChat, the Chinese
//! banks' CSV and Excel files, OFX, QIF, MT940, CAMT.053 and CSV in general. Pure: bytes in, an answer out,
//! nothing kept. Never shows a whole card number, never runs a formula, never accuses anyone: a finding says
//! what was seen, why it stands out, what to do and whom to call.

mod amount;
mod checks;
mod column_names;
mod columns;
mod day;
mod export;
mod findings;
mod mask;
mod model;
mod preview;
mod read;
mod reminders;
mod role;
mod table;

pub use amount::Amount;
pub use day::Order;
pub use export::csv as export_csv;
pub use model::{Check, Contact, Direction, Finding, Severity, Statement, Transaction};
pub use preview::{Column, Correction, Preview, preview};
pub use reminders::{Reminder, calendar, reminders};
pub use role::Role;

use tg_text::Text;

/// A larger file is refused.
pub const FILE_BYTES_MAX: usize = 64 << 20;
/// More rows are refused.
pub const ROWS_MAX: usize = 200_000;
/// A part of an Excel file may unpack to this much.
pub const UNPACKED_BYTES_MAX: usize = 96 << 20;

/// Why a file gives no statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is larger than [`FILE_BYTES_MAX`], has more than [`ROWS_MAX`] rows, or unpacks to too much.
    TooLarge(&'static str),
    /// It is damaged: what of it.
    Damaged(&'static str),
    /// No date and amount were found in it.
    NoTransactions,
    /// A header was found, but what it calls its columns leaves out something that is needed.
    Columns {
        /// The header's line, from 1.
        line: usize,
        /// What no column holds.
        missing: Vec<Role>,
        /// What the columns are called.
        seen: Vec<String>,
    },
}

impl Refused {
    /// What is wrong, for people.
    pub fn text(&self) -> Text {
        match self {
            Refused::TooLarge(what) => Text::new(
                format!("对账单太大（{what}）：文件最多64 MiB、20万行，Excel解开后最多96 MiB"),
                format!(
                    "the statement is too large ({what}): at most 64 MiB, 200,000 rows, and 96 MiB unpacked"
                ),
            ),
            Refused::Damaged(what) => {
                Text::new(format!("文件损坏（{what}）"), format!("the file is damaged ({what})"))
            }
            Refused::NoTransactions => {
                Text::fixed("没有找到带日期和金额的行", "no rows with a date and an amount were found")
            }
            Refused::Columns { line, missing, seen } => {
                let titles: Vec<Text> = missing.iter().map(|r| r.title()).collect();
                let zh: Vec<&str> = titles.iter().map(|t| t.zh.as_ref()).collect();
                let en: Vec<&str> = titles.iter().map(|t| t.en.as_ref()).collect();
                Text::new(
                    format!(
                        "第{line}行像表头，但没有“{}”这一列；现有的列：{}",
                        zh.join("、"),
                        seen.join("、")
                    ),
                    format!(
                        "line {line} looks like the header, but no column holds the {}; its columns: {}",
                        en.join(" and the "),
                        seen.join(", ")
                    ),
                )
            }
        }
    }
}

/// Reads a statement and looks at it.
///
/// # Errors
/// If the file is too large, damaged, or holds no payments that can be recognised.
pub fn examine(bytes: &[u8]) -> Result<Statement, Refused> {
    examine_with(bytes, &Correction::default())
}

/// The same, with what the reader says of the columns.
///
/// # Errors
/// As [`examine`].
pub fn examine_with(bytes: &[u8], correction: &Correction) -> Result<Statement, Refused> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(Refused::TooLarge("file"));
    }
    let mut reading = read::read(bytes, correction)?;
    if reading.statement.transactions.is_empty() {
        return Err(Refused::NoTransactions);
    }
    checks::check(&mut reading);
    let mut statement = reading.statement;
    findings::find(&mut statement);
    mask::statement(&mut statement);
    Ok(statement)
}
