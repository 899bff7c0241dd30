//! What a bank's or wallet's statement says: its payments, whether it adds up, and what its owner should look at.
//!
//! Why it exists: people find a misused card on their statement, weeks late. Reads Alipay, WeChat, the Chinese
//! banks' CSV and Excel files, OFX, QIF, MT940, CAMT.053 and CSV in general. Pure: bytes in, an answer out,
//! nothing kept. Never shows a whole card number, never runs a formula, never accuses anyone: a finding says
//! what was seen, why it stands out, what to do and whom to call.

mod amount;
mod checks;
mod columns;
mod day;
mod findings;
mod mask;
mod model;
mod read;
mod table;

pub use amount::Amount;
pub use model::{Check, Contact, Direction, Finding, Severity, Statement, Transaction};

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
}

/// Reads a statement and looks at it.
///
/// # Errors
/// If the file is too large, damaged, or holds no payments that can be recognised.
pub fn examine(bytes: &[u8]) -> Result<Statement, Refused> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(Refused::TooLarge("file"));
    }
    let mut reading = read::read(bytes)?;
    if reading.statement.transactions.is_empty() {
        return Err(Refused::NoTransactions);
    }
    checks::check(&mut reading);
    let mut statement = reading.statement;
    findings::find(&mut statement);
    mask::statement(&mut statement);
    Ok(statement)
}
