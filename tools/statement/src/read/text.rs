//! Text in the encodings of statements, and its cells.
//!
//! Why it exists: Alipay writes GB18030, others UTF-8 with and without its mark, Excel UTF-16, European banks
//! Latin letters of Windows, Taiwan's Big5.

use super::grid::Grid;
use crate::Refused;
use crate::table::Cells;
use encoding_rs::{BIG5, Encoding, GB18030, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// UTF-8, UTF-16 with its mark, else GB18030. Bytes that fit nowhere become U+FFFD.
pub fn decode(bytes: &[u8]) -> String {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding.decode(bytes).0.into_owned();
    }
    let start = &bytes[..bytes.len().min(4_096)];
    let zeros = |odd: usize| start.iter().skip(odd).step_by(2).filter(|b| **b == 0).count() * 4;
    if start.len() >= 8 && zeros(1).max(zeros(0)) > start.len() {
        // Half of every character is zero: UTF-16 without its mark.
        let encoding = if zeros(1) > zeros(0) { UTF_16LE } else { UTF_16BE };
        return encoding.decode(bytes).0.into_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) if stands_alone(bytes) => WINDOWS_1252.decode(bytes).0.into_owned(),
        Err(_) => {
            let text = GB18030.decode(bytes).0;
            let odd = |text: &str| {
                text.chars().filter(|c| matches!(c, '\u{fffd}' | '\u{e000}'..='\u{f8ff}')).count()
            };
            let broken = odd(&text);
            if broken == 0 {
                return text.into_owned();
            }
            let other = BIG5.decode(bytes).0;
            if odd(&other) < broken { other.into_owned() } else { text.into_owned() }
        }
    }
}

/// True if bytes beyond ASCII hardly ever stand together: accents, not Chinese.
fn stands_alone(bytes: &[u8]) -> bool {
    let mut runs = (0usize, 0usize);
    for run in bytes[..bytes.len().min(1 << 16)].split(u8::is_ascii).filter(|r| !r.is_empty()) {
        if run.len() == 1 { runs.0 += 1 } else { runs.1 += 1 }
    }
    runs.0 > 0 && runs.1 * 5 < runs.0
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
    if let Some(named) =
        text.trim_start_matches('\u{feff}').strip_prefix("sep=").and_then(|r| r.bytes().next())
    {
        // Excel's own hint.
        return named;
    }
    let count = |mark: char| -> usize {
        let lines = text.lines().take(200).filter(|l| l.bytes().any(|b| b.is_ascii_digit()));
        lines.map(|l| l.matches(mark).count()).filter(|n| *n >= 2).count()
    };
    let (commas, semicolons, tabs, bars) = (count(','), count(';'), count('\t'), count('|'));
    // A decimal comma stands in as many lines as the semicolon that parts them; padded cells hold tabs.
    match () {
        () if semicolons > 0 && semicolons >= commas && semicolons >= tabs => b';',
        () if bars > commas && bars > tabs => b'|',
        () if tabs > commas => b'\t',
        () => b',',
    }
}
