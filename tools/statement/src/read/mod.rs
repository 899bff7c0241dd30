//! Which format a file has, and its reader.
//!
//! Why it exists: people have a file, not a format: the content decides, never the name. Every reader is bounded
//! and gives back an error for damaged input, never a panic.

mod camt;
mod grid;
mod mt940;
mod ofx;
mod qif;
mod tags;
mod text;
mod xls;
mod xlsx;
mod zip;

use crate::table::{Cells, Preamble};
use crate::{Refused, Statement, table};

/// A statement as read, with what it claims of itself.
#[derive(Debug)]
pub struct Reading {
    /// The rows.
    pub statement: Statement,
    /// What the file says about itself.
    pub claims: Preamble,
}

/// Reads any of the formats.
pub fn read(bytes: &[u8]) -> Result<Reading, Refused> {
    if bytes.starts_with(b"PK\x03\x04") {
        return from_cells(xlsx::read(bytes)?, "excel");
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
        return from_cells(xls::read(bytes)?, "excel");
    }
    let text = text::decode(bytes);
    let start: String = text.trim_start_matches('\u{feff}').trim_start().chars().take(4096).collect();
    let statement = if start.contains("OFXHEADER") || start.contains("<OFX>") {
        ofx::read(&text)?
    } else if start.contains("camt.053") || start.contains("camt.052") || start.contains("BkToCstmrStmt") {
        camt::read(&text)?
    } else if start.starts_with("!Type:") || start.starts_with("!Account") || start.starts_with("!Option:") {
        qif::read(&text)?
    } else if start.contains(":20:") && text.contains(":61:") && text.contains(":60") {
        mt940::read(&text)?
    } else {
        return from_cells(text::cells(&text)?, "csv");
    };
    Ok(Reading { statement, claims: Preamble::default() })
}

fn from_cells(cells: Cells, fallback: &str) -> Result<Reading, Refused> {
    let (statement, claims) = table::read(&cells, fallback)?;
    Ok(Reading { statement, claims })
}

/// Refuses more rows than we look at.
fn bounded(rows: usize) -> Result<(), Refused> {
    if rows > crate::ROWS_MAX { Err(Refused::TooLarge("rows")) } else { Ok(()) }
}
