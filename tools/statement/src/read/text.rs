//! Text in the encodings of statements, and its cells.
//!
//! Why it exists: Alipay writes GB18030, others UTF-8 with and without its mark, Excel UTF-16.

use super::grid::Grid;
use crate::Refused;
use crate::table::Cells;
use encoding_rs::{Encoding, GB18030};

/// UTF-8, UTF-16 with its mark, else GB18030. Bytes that fit nowhere become U+FFFD.
pub fn decode(bytes: &[u8]) -> String {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding.decode(bytes).0.into_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => GB18030.decode(bytes).0.into_owned(),
    }
}

/// The cells of CSV with commas, semicolons or tabs.
pub fn cells(text: &str) -> Result<Cells, Refused> {
    let delimiter = delimiter(text);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut grid = Grid::default();
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(|_| Refused::Damaged("csv"))?;
        for (column, cell) in record.iter().enumerate() {
            grid.put(row, column, cell)?;
        }
    }
    Ok(grid.finish())
}

/// Without the padding, tabs and quotes that keep Excel from turning numbers into floating point.
pub fn clean(cell: &str) -> &str {
    cell.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}' | '\0'))
}

/// The mark that stands most often in lines that hold digits.
fn delimiter(text: &str) -> u8 {
    let count = |mark: char| -> usize {
        let lines = text.lines().take(200).filter(|l| l.bytes().any(|b| b.is_ascii_digit()));
        lines.map(|l| l.matches(mark).count()).filter(|n| *n >= 2).count()
    };
    let (commas, semicolons, tabs) = (count(','), count(';'), count('\t'));
    // A decimal comma stands in as many lines as the semicolon that parts them; padded cells hold tabs.
    match () {
        () if semicolons > 0 && semicolons >= commas && semicolons >= tabs => b';',
        () if tabs > commas => b'\t',
        () => b',',
    }
}
