//! Reads the catalogue's CSV files row by row and says exactly what is wrong with a row.
//!
//! Files come from us (compiled in) and from operators (overrides): a fault names file, line, column,
//! what stands there, what was expected and the nearest right value. Never guesses a value.

use tg_text::{Problem, Text, chinese_punctuation, nearest};

/// What is wrong with a catalogue file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}, column {column}: found \"{found}\", expected {expected}{}", .nearest.as_ref().map(|n| format!("; did you mean \"{n}\"?")).unwrap_or_default())]
pub struct TableError {
    /// The file's name.
    pub file: String,
    /// The line, from 1; the header is line 1.
    pub line: u64,
    /// The column's name.
    pub column: String,
    /// What stands there.
    pub found: String,
    /// What was expected, in words.
    pub expected: String,
    /// The nearest right value.
    pub nearest: Option<String>,
}

impl TableError {
    /// The fault as it is shown to people (`TG-2001`).
    pub fn problem(&self) -> Problem {
        let hint = self.nearest.as_deref();
        let zh = match hint {
            Some(n) => format!("“{}”列写的是“{}”，最接近的正确写法是“{n}”", self.column, self.found),
            None => format!("“{}”列写的是“{}”", self.column, self.found),
        };
        let en = match hint {
            Some(n) => format!("column {} has “{}”; did you mean “{n}”?", self.column, self.found),
            None => format!("column {} has “{}”", self.column, self.found),
        };
        Problem::new("TG-2001", Text::new(zh, en))
            .in_file(&self.file)
            .at_line(self.line)
            .in_field(&self.column)
            .because(&self.expected, &self.found)
    }
}

/// One row, its columns by name.
pub(crate) struct Row<'a> {
    file: &'a str,
    line: u64,
    columns: &'a [String],
    record: csv::StringRecord,
}

/// Reads every row of a file. `required` columns must be there; any column that is neither required
/// nor `optional` is refused with the nearest one.
pub(crate) fn read<T>(
    file: &str,
    content: &str,
    required: &[&str],
    optional: &[&str],
    mut row: impl FnMut(&Row<'_>) -> Result<T, Box<TableError>>,
) -> Result<Vec<T>, Box<TableError>> {
    let fault = |line: u64, column: &str, found: String, expected: String, nearest: Option<String>| {
        Box::new(TableError {
            file: file.to_owned(),
            line,
            column: column.to_owned(),
            found,
            expected,
            nearest,
        })
    };
    let content = content.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().has_headers(true).from_reader(content.as_bytes());
    let broken = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        fault(line, "", error.to_string(), "as many columns as the first line has".to_owned(), None)
    };
    let columns: Vec<String> =
        reader.headers().map_err(broken)?.iter().map(|c| c.trim().to_owned()).collect();
    let known = || required.iter().chain(optional).copied();
    for (i, column) in columns.iter().enumerate() {
        if !known().any(|k| k == column) {
            let near = nearest(column, known()).map(str::to_owned);
            return Err(fault(1, column, column.clone(), format!("one of {}", list(known())), near));
        }
        if columns[..i].contains(column) {
            return Err(fault(1, column, column.clone(), "each column once".to_owned(), None));
        }
    }
    if let Some(absent) = required.iter().find(|r| !columns.iter().any(|c| c == *r)) {
        return Err(fault(1, absent, String::new(), format!("a column {absent}"), None));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(broken)?;
        let line = record.position().map_or(0, csv::Position::line);
        rows.push(row(&Row { file, line, columns: &columns, record })?);
    }
    Ok(rows)
}

impl Row<'_> {
    /// The line of this row, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// The text of a column; empty if the file doesn't have it.
    pub(crate) fn get(&self, column: &str) -> &str {
        let place = self.columns.iter().position(|c| c == column);
        place.and_then(|i| self.record.get(i)).unwrap_or_default().trim()
    }

    /// A text that must be there.
    pub(crate) fn need(&self, column: &str) -> Result<String, Box<TableError>> {
        match self.get(column) {
            "" => Err(self.fault(column, "a text", None)),
            text => Ok(text.to_owned()),
        }
    }

    /// Both languages of `<stem>_zh` and `<stem>_en`, the Chinese with full-width punctuation. May be
    /// empty: the linter says so with the row's name.
    pub(crate) fn text(&self, stem: &str) -> Text {
        let zh = chinese_punctuation(self.get(&format!("{stem}_zh")));
        Text::new(zh, self.get(&format!("{stem}_en")).to_owned())
    }

    /// A word of a closed set; `empty` stands for an empty cell.
    pub(crate) fn word<T: Copy>(
        &self,
        column: &str,
        all: &[T],
        name: impl Fn(T) -> &'static str,
        empty: Option<T>,
    ) -> Result<T, Box<TableError>> {
        let found = self.get(column);
        if found.is_empty()
            && let Some(value) = empty
        {
            return Ok(value);
        }
        all.iter().copied().find(|v| name(*v) == found).ok_or_else(|| {
            let words = || all.iter().map(|v| name(*v));
            let near = nearest(found, words()).map(str::to_owned);
            self.fault(column, format!("one of {}", list(words())), near)
        })
    }

    /// A fault in this row.
    pub(crate) fn fault(
        &self,
        column: &str,
        expected: impl Into<String>,
        nearest: Option<String>,
    ) -> Box<TableError> {
        Box::new(TableError {
            file: self.file.to_owned(),
            line: self.line,
            column: column.to_owned(),
            found: self.get(column).to_owned(),
            expected: expected.into(),
            nearest,
        })
    }
}

fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(content: &str) -> Result<Vec<String>, Box<TableError>> {
        read("x.csv", content, &["code", "meaning_en"], &["source"], |row| row.need("code"))
    }

    #[test]
    fn a_row_is_read_by_column_names() {
        assert_eq!(one("meaning_en,code\nApproved,00\n"), Ok(vec!["00".to_owned()]));
        assert_eq!(one("\u{feff}code,meaning_en\n00,Approved\n"), Ok(vec!["00".to_owned()]));
    }

    #[test]
    fn faults_name_line_column_and_the_nearest_value() {
        let fault = one("code,meaning_em\n00,x\n").expect_err("a wrong column");
        assert_eq!((fault.line, fault.nearest.as_deref()), (1, Some("meaning_en")));
        let fault = one("code,meaning_en\n00,x\n,y\n").expect_err("an empty code");
        assert_eq!((fault.line, fault.column.as_str()), (3, "code"));
        let fault = one("code,meaning_en\n00,x\n01\n").expect_err("a short row");
        assert_eq!(fault.line, 3);
        assert!(one("code\n00\n").expect_err("a missing column").column.contains("meaning_en"));
    }
}
