//! Tables in web pages and in Excel's XML of 2003, which many banks hand out under the name ".xls".
//!
//! Why it exists: such a file opens in Excel, so people have it. Text only: no script, no link, no formula.

use super::grid::Grid;
use super::tags::{Piece, attribute, pieces, plain};
use crate::Refused;
use crate::table::Cells;

/// The rows of all tables, one below the other.
pub fn read(document: &str) -> Result<Cells, Refused> {
    let mut grid = Grid::default();
    let (mut row, mut column) = (0usize, 0usize);
    let (mut inside, mut hidden, mut begun) = (false, false, false);
    let mut value = String::new();
    for piece in pieces(document) {
        match piece {
            Piece::Open(tag, attributes, empty) => match tag.to_ascii_lowercase().as_str() {
                "tr" | "row" => {
                    row += usize::from(std::mem::replace(&mut begun, true));
                    column = 0;
                }
                "td" | "th" | "cell" => {
                    // Excel's XML counts columns from 1.
                    let index = attribute(attributes, "ss:Index").or_else(|| attribute(attributes, "Index"));
                    column =
                        index.and_then(|i| i.parse::<usize>().ok()).map_or(column, |i| i.saturating_sub(1));
                    value.clear();
                    inside = !empty;
                }
                "br" if inside => value.push(' '),
                "script" | "style" => hidden = !empty,
                _ => {}
            },
            Piece::Close(tag) => match tag.to_ascii_lowercase().as_str() {
                "td" | "th" | "cell" if inside => {
                    grid.put(row, column, &plain(&value.replace("&nbsp;", " ")))?;
                    column += 1;
                    inside = false;
                }
                "script" | "style" => hidden = false,
                _ => {}
            },
            Piece::Text(text) if inside && !hidden => value.push_str(text),
            Piece::Text(_) => {}
        }
    }
    Ok(grid.finish())
}
