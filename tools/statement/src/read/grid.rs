//! Cells as they are read, within a budget.
//!
//! Why it exists: a small file can name one long string from a million cells, or one cell in the last column of
//! every row. What the cells take in memory is counted, empty ones too.

use super::text::clean;
use crate::table::Cells;
use crate::{ROWS_MAX, Refused, UNPACKED_BYTES_MAX};

/// More columns than a statement has: cells beyond are passed over.
const COLUMNS_MAX: usize = 200;

/// Rows of cells.
#[derive(Default)]
pub struct Grid {
    rows: Cells,
    bytes: usize,
}

impl Grid {
    /// Sets a cell; rows and columns between are empty.
    pub fn put(&mut self, row: usize, column: usize, text: &str) -> Result<(), Refused> {
        if row >= ROWS_MAX {
            return Err(Refused::TooLarge("rows"));
        }
        if column >= COLUMNS_MAX {
            return Ok(());
        }
        let text = clean(text);
        // `="0012"` is how a table keeps Excel from taking a number apart; the formula is its own result.
        let text = text.strip_prefix("=\"").and_then(|t| t.strip_suffix('"')).map_or(text, clean);
        let width = self.rows.get(row).map_or(0, Vec::len);
        let more_rows = (row + 1).saturating_sub(self.rows.len());
        let more_cells = (column + 1).saturating_sub(width);
        self.bytes += text.len() + (more_rows + more_cells) * size_of::<String>();
        if self.bytes > UNPACKED_BYTES_MAX {
            return Err(Refused::TooLarge("unpacked"));
        }
        if more_rows > 0 {
            self.rows.resize(row + 1, Vec::new());
        }
        let cells = &mut self.rows[row];
        if more_cells > 0 {
            cells.resize(column + 1, String::new());
        }
        text.clone_into(&mut cells[column]);
        Ok(())
    }

    /// The rows so far.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The cells.
    pub fn finish(self) -> Cells {
        self.rows
    }
}
