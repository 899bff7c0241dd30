//! How a table was understood, before it is looked at: which line is the header, which column is what.
//!
//! Why it exists: a bank changes a column's name and a machine mistakes it; the statement's owner sees it at
//! once and says so. Never shows more than the first rows, nor a whole card number.

use crate::columns::Columns;
use crate::read::{Form, form};
use crate::table::{Layout, broken_header, layout};
use crate::{FILE_BYTES_MAX, Order, Refused, Role, mask};
use serde::Serialize;

/// Rows shown.
const ROWS_SHOWN: usize = 6;
/// Columns shown.
const COLUMNS_SHOWN: usize = 40;

/// What the reader says of the table.
#[derive(Clone, Debug, Default)]
pub struct Correction {
    /// The header's line, from 0.
    pub header: Option<usize>,
    /// What columns hold, by their place from 0; `None`: nothing of use.
    pub roles: Vec<(usize, Option<Role>)>,
    /// The order of day, month and year.
    pub order: Option<Order>,
    /// In a column of amounts without a direction: true if plus is money spent.
    pub plus_is_spending: Option<bool>,
}

/// One column as understood.
#[derive(Clone, Debug, Serialize)]
pub struct Column {
    /// Its name in the header, else empty.
    pub name: String,
    /// What it was taken for.
    pub role: Option<Role>,
    /// Its first cells.
    pub samples: Vec<String>,
}

/// The table as understood.
#[derive(Clone, Debug, Serialize)]
pub struct Preview {
    /// The header's line, from 0.
    pub header: Option<usize>,
    /// The columns; none where the format has none (OFX, QIF, MT940, CAMT.053).
    pub columns: Vec<Column>,
    /// What no column holds, though nothing can be read without it.
    pub missing: Vec<Role>,
}

/// Shows how a file is understood.
///
/// # Errors
/// If the file is too large, damaged, or no table.
pub fn preview(bytes: &[u8], correction: &Correction) -> Result<Preview, Refused> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(Refused::TooLarge("file"));
    }
    let Form::Cells(cells, _) = form(bytes)? else {
        return Ok(Preview { header: None, columns: Vec::new(), missing: Vec::new() });
    };
    let Layout { header, start, columns } = match layout(&cells, correction) {
        Some(found) => found,
        None => match broken_header(&cells) {
            Some((at, columns)) => Layout { header: Some(at), start: at + 1, columns },
            // Not even a header: the reader may still name the columns of what is there.
            None if cells.iter().any(|r| r.len() >= 3) => {
                Layout { header: None, start: 0, columns: Columns::default() }
            }
            None => return Err(Refused::NoTransactions),
        },
    };
    let shown: Vec<&Vec<String>> =
        cells[start..].iter().filter(|r| r.iter().any(|c| !c.is_empty())).take(ROWS_SHOWN).collect();
    let names = header.and_then(|at| cells.get(at));
    let width =
        shown.iter().map(|r| r.len()).chain(names.map(Vec::len)).max().unwrap_or(0).min(COLUMNS_SHOWN);
    if width < 3 {
        return Err(Refused::NoTransactions);
    }
    let clip = |cell: &str| mask::text(&cell.chars().take(40).collect::<String>(), true);
    let of = |at: usize| Column {
        name: names.and_then(|n| n.get(at)).map_or(String::new(), |c| clip(c)),
        role: columns.role_of(at),
        samples: shown.iter().map(|r| r.get(at).map_or(String::new(), |c| clip(c))).collect(),
    };
    Ok(Preview { header, columns: (0..width).map(of).collect(), missing: columns.missing() })
}
