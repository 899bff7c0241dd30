//! Which format a file has, and its reader.
//!
//! Why it exists: people have a file, not a format: the content decides, never the name. Every reader is bounded
//! and gives back an error for damaged input, never a panic.

mod camt;
mod grid;
mod html;
mod mt940;
mod ofx;
mod qif;
mod tags;
mod text;
mod xls;
mod xlsx;
mod zip;

use crate::preview::Correction;
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

/// A file as far as its form goes: rows of cells, or a format that has no columns to be mistaken about.
pub enum Form {
    /// A table, and the format's name where nothing in it tells.
    Cells(Cells, &'static str),
    /// Read already.
    Whole(Statement),
}

/// Reads any of the formats.
pub fn read(bytes: &[u8], correction: &Correction) -> Result<Reading, Refused> {
    match form(bytes)? {
        Form::Cells(cells, fallback) => {
            let (statement, claims) = table::read(&cells, fallback, correction)?;
            Ok(Reading { statement, claims })
        }
        Form::Whole(statement) => Ok(Reading { statement, claims: Preamble::default() }),
    }
}

/// Finds out which form a file has.
pub fn form(bytes: &[u8]) -> Result<Form, Refused> {
    if bytes.starts_with(b"PK\x03\x04") {
        return Ok(Form::Cells(xlsx::read(bytes)?, "excel"));
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
        return Ok(Form::Cells(xls::read(bytes)?, "excel"));
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
        let lower = start.to_ascii_lowercase();
        return Ok(
            if [
                "<html",
                "<table",
                "<tr",
                "<!doctype html",
                "<workbook",
                "urn:schemas-microsoft-com:office:spreadsheet",
            ]
            .iter()
            .any(|m| lower.contains(m))
            {
                // Many banks' ".xls" is a web page or Excel's XML of 2003.
                Form::Cells(html::read(&text)?, "excel")
            } else {
                Form::Cells(text::cells(&text)?, "csv")
            },
        );
    };
    Ok(Form::Whole(statement))
}

/// Refuses more rows than we look at.
fn bounded(rows: usize) -> Result<(), Refused> {
    if rows > crate::ROWS_MAX { Err(Refused::TooLarge("rows")) } else { Ok(()) }
}
