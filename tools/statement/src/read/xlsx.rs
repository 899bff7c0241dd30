//! The first sheet of an Excel workbook (XLSX, ECMA-376) that holds cells.
//!
//! Why it exists: WeChat and banks export it. Values only: a formula is never run, a link never followed. Cells
//! are kept by row, so a lone cell in the last column costs no million empty ones.

use super::grid::Grid;
use super::tags::{Piece, attribute, pieces, plain};
use super::zip;
use crate::Refused;
use crate::table::Cells;

/// Sheets beyond are not looked at.
const SHEETS_MAX: usize = 16;

/// The cells of the first sheet with any.
pub fn read(bytes: &[u8]) -> Result<Cells, Refused> {
    let parts = zip::parts(bytes)?;
    let shared = match parts.iter().find(|p| p.name == "xl/sharedStrings.xml") {
        Some(part) => shared_strings(&String::from_utf8_lossy(&part.unpack()?)),
        None => Vec::new(),
    };
    let mut sheets: Vec<&zip::Part<'_>> =
        parts.iter().filter(|p| p.name.starts_with("xl/worksheets/") && p.name.ends_with(".xml")).collect();
    sheets.sort_by_key(|p| (p.name.len(), p.name.clone()));
    for sheet in sheets.into_iter().take(SHEETS_MAX) {
        let cells = cells(&String::from_utf8_lossy(&sheet.unpack()?), &shared)?;
        if cells.len() > 1 {
            return Ok(cells);
        }
    }
    Err(Refused::Damaged("xlsx"))
}

fn shared_strings(document: &str) -> Vec<String> {
    let (mut out, mut now, mut inside, mut phonetic) = (Vec::new(), String::new(), false, false);
    for piece in pieces(document) {
        match piece {
            Piece::Open("si", _, false) => now.clear(),
            Piece::Open("si", _, true) => out.push(String::new()),
            Piece::Open("t", _, empty) => inside = !empty && !phonetic,
            Piece::Open("rPh", _, empty) => phonetic = !empty,
            Piece::Close("rPh") => phonetic = false,
            Piece::Close("t") => inside = false,
            Piece::Close("si") => out.push(std::mem::take(&mut now)),
            Piece::Text(text) if inside => now.push_str(&plain(text)),
            _ => {}
        }
    }
    out
}

fn cells(document: &str, shared: &[String]) -> Result<Cells, Refused> {
    let mut grid = Grid::default();
    let (mut row, mut column) = (0usize, 0usize);
    let (mut begun, mut kind, mut value, mut inside) = (false, String::new(), String::new(), false);
    for piece in pieces(document) {
        match piece {
            Piece::Open("row", ..) => {
                row += usize::from(std::mem::replace(&mut begun, true));
                column = 0;
            }
            Piece::Open("c", attributes, _) => {
                column = attribute(attributes, "r").and_then(column_of).unwrap_or(column);
                attribute(attributes, "t").unwrap_or("n").clone_into(&mut kind);
                value.clear();
            }
            Piece::Open("v" | "t", _, empty) => inside = !empty,
            Piece::Close("v" | "t") => inside = false,
            Piece::Text(text) if inside => value.push_str(&plain(text)),
            Piece::Close("c") => {
                let index = || value.trim().parse().ok().and_then(|i: usize| shared.get(i));
                match kind.as_str() {
                    "s" => grid.put(row, column, index().map_or("", |t| t.as_str()))?,
                    "n" => grid.put(row, column, &number(&value))?,
                    _ => grid.put(row, column, &value)?,
                }
                column += 1;
            }
            _ => {}
        }
    }
    Ok(grid.finish())
}

/// `AB12` is column 27.
fn column_of(reference: &str) -> Option<usize> {
    let letters = reference.bytes().take_while(u8::is_ascii_uppercase);
    let column = letters.take(4).fold(0usize, |n, b| n * 26 + usize::from(b - b'A') + 1);
    column.checked_sub(1)
}

/// A number without the tail that binary fractions leave: 12.300000000000001 is 12.3.
fn number(value: &str) -> String {
    let value = value.trim();
    match value.parse::<f64>() {
        Ok(n) if n.is_finite() && value.len() > 12 && value.contains(['.', 'e', 'E']) => {
            let rounded = format!("{n:.8}");
            rounded.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => value.to_owned(),
    }
}
