//! A window of a stream as CSV (contract, section 4): dimensions, then what was seen and what was expected.
//!
//! Why it exists: the command line and the API read the same text in the same way. A bad row is named with its
//! line; whether to go on without it is the caller's to say. Never guesses a column's meaning: the names in the
//! first line decide.

use tg_fleet::{BadLeaf, MAX_DIMENSIONS, MAX_LEAVES, Window};
use tg_text::{Problem, Text};

/// The endings of the first line that name what was measured.
const MEASURES: [&[&str]; 3] =
    [&["actual", "expected"], &["failures", "total", "expected_rate"], &["failures", "total"]];

/// Reads a window: its leaves, and the rows that are wrong, each with its line.
///
/// # Errors
/// `TG-1007` for a first line that can't be understood, `TG-1006` for too many rows.
pub fn read_window(bytes: &[u8]) -> Result<(Window, Vec<Problem>), Problem> {
    // A spreadsheet's mark at the beginning is no part of the first name.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bytes);
    let header = reader.headers().map_err(|e| broken(&e))?.clone();
    let names: Vec<&str> = header.iter().collect();
    let Some(measures) = MEASURES.iter().find(|m| names.ends_with(m)) else {
        let what = Text::fixed("首行的列名不对", "the first line’s column names are not right");
        let found = names.join(",");
        let wanted = "…,actual,expected / …,failures,total(,expected_rate)";
        return Err(Problem::new("TG-1007", what).at_line(1).because(wanted, found));
    };
    let dimensions = &names[..names.len() - measures.len()];
    let twice = dimensions.iter().enumerate().find(|(i, d)| dimensions[..*i].contains(d));
    if dimensions.is_empty() || twice.is_some() || dimensions.len() > MAX_DIMENSIONS {
        let what = Text::fixed("维度列不对", "the dimensions’ columns are not right");
        let found = twice.map_or_else(|| dimensions.len().to_string(), |(_, d)| (*d).to_owned());
        let wanted = format!("1 to {MAX_DIMENSIONS} different names");
        return Err(Problem::new("TG-1007", what).at_line(1).because(wanted, found));
    }
    let mut window = match measures.len() {
        2 if measures[0] == "actual" => Window::of_volumes(dimensions),
        n => Window::of_ratios(dimensions, n == 3),
    };
    let mut bad = Vec::new();
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {
                if let Err(problem) = push(&mut window, &record, measures) {
                    if problem.code == "TG-1006" {
                        return Err(*problem);
                    }
                    bad.push(*problem);
                }
            }
            Err(e) if e.is_io_error() => return Err(broken(&e)),
            Err(e) => bad.push(broken(&e)),
        }
    }
    Ok((window, bad))
}

fn push(window: &mut Window, record: &csv::StringRecord, measures: &[&str]) -> Result<(), Box<Problem>> {
    let line = record.position().map_or(0, csv::Position::line);
    let wrong = |field: &str, expected: &str, found: String| {
        let what = Text::new(format!("第 {line} 行有错"), format!("row in line {line} is wrong"));
        Box::new(Problem::new("TG-1007", what).at_line(line).in_field(field).because(expected, found))
    };
    let cells: Vec<&str> = record.iter().collect();
    let Some((values, figures)) =
        cells.len().checked_sub(measures.len()).filter(|n| *n > 0).map(|n| cells.split_at(n))
    else {
        return Err(wrong("columns", "as many as in the first line", cells.len().to_string()));
    };
    let mut numbers = [0.0; 3];
    for ((number, text), name) in numbers.iter_mut().zip(figures).zip(measures) {
        *number = text.parse().map_err(|_| wrong(name, "a number", (*text).to_owned()))?;
    }
    window.push(values, &numbers[..measures.len()]).map_err(|bad| match bad {
        BadLeaf::Width => wrong("columns", "as many as in the first line", cells.len().to_string()),
        BadLeaf::Number => wrong(measures[0], "finite numbers of 0 or more", figures.join(",")),
        BadLeaf::MoreFailuresThanTotal => wrong("failures", "at most total", figures.join(",")),
        BadLeaf::Rate => wrong("expected_rate", "0 to 1", figures[2].to_owned()),
        BadLeaf::TooMany => {
            let what = Text::new(format!("超过 {MAX_LEAVES} 行"), format!("more than {MAX_LEAVES} rows"));
            Box::new(Problem::new("TG-1006", what))
        }
    })
}

fn broken(error: &csv::Error) -> Problem {
    let what = Text::new(format!("不是 CSV：{error}"), format!("not CSV: {error}"));
    let line = error.position().map(csv::Position::line);
    let problem = Problem::new("TG-1007", what);
    match line {
        Some(line) => problem.at_line(line),
        None => problem,
    }
}
