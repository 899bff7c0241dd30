//! `tillguard locate`: where failures or missing volume come from (contract, section 4).
//!
//! A bad row is named with its line; it is left out only if that was asked for, and then said. Never guesses a
//! column's meaning: the names in the first line decide.

use crate::arguments::Locate;
use crate::output::{Console, Done, INCOMPLETE, cant_read};
use serde::Serialize;
use std::io::Read;
use std::process::ExitCode;
use std::time::Instant;
use tg_fleet::{BadLeaf, Direction, Element, Location, MAX_DIMENSIONS, MAX_LEAVES, Window, locate};
use tg_text::{Problem, Text};

/// Bad rows that are named; the rest are counted.
const NAMED: usize = 10;

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    #[serde(flatten)]
    location: &'a Location,
    rows: usize,
    skipped_rows: usize,
    seconds: f64,
}

pub fn run(arguments: &Locate, console: &Console) -> Done {
    let file = arguments.file.as_str();
    let bytes = read(file).map_err(|e| cant_read(file, &e))?;
    let (window, bad) = window(&bytes).map_err(|p| Box::new(p.in_file(file)))?;
    if !bad.is_empty() {
        let rest = bad.len().saturating_sub(NAMED);
        bad.iter().take(NAMED).for_each(|p| console.complain(&p.clone().in_file(file)));
        if !arguments.skip_bad_rows {
            let what = Text::new(
                format!("{} 行有错（另有 {rest} 行未列出）；加上 --skip-bad-rows 可跳过它们", bad.len()),
                format!(
                    "{} rows are wrong ({rest} of them not listed); --skip-bad-rows leaves them out",
                    bad.len()
                ),
            );
            return Err(Box::new(Problem::new("TG-1007", what).in_file(file)));
        }
        console.say(
            &format!("跳过了 {} 行有错的行。", bad.len()),
            &format!("{} bad rows were left out.", bad.len()),
        );
    }
    // Reading the file is not counted: published figures of such methods don't count it either.
    let start = Instant::now();
    let location = locate(&window);
    let seconds = start.elapsed().as_secs_f64();
    let answer = Answer {
        schema: "tillguard.location/1",
        location: &location,
        rows: window.len(),
        skipped_rows: bad.len(),
        seconds,
    };
    if console.json {
        console.print_json(&answer)?;
    } else {
        show(&location, console)?;
    }
    Ok(if bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(INCOMPLETE) })
}

fn read(file: &str) -> std::io::Result<Vec<u8>> {
    if file != "-" {
        return std::fs::read(file);
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The endings of the first line that name what was measured.
const MEASURES: [&[&str]; 3] =
    [&["actual", "expected"], &["failures", "total", "expected_rate"], &["failures", "total"]];

fn window(bytes: &[u8]) -> Result<(Window, Vec<Problem>), Problem> {
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

fn show(location: &Location, console: &Console) -> Result<(), Box<Problem>> {
    let pick = |zh, en| console.lang.pick(zh, en);
    if location.elements.is_empty() {
        console.print(pick("没有发现集中的原因。", "No cause that is concentrated anywhere was found."))?;
    }
    for element in &location.elements {
        console.print(&line(element, console))?;
    }
    if location.outside {
        let percent = (location.unexplained_share * 100.0).round();
        console.print(&console.lang.pick(
            format!("变化的 {percent}% 不能用已有维度解释：原因可能在未记录的方面。"),
            format!("{percent}% of the change fits none of the dimensions: the cause may lie in something that is not recorded."),
        ))?;
    }
    Ok(())
}

fn line(element: &Element, console: &Console) -> String {
    let place: Vec<String> = element.place.iter().map(|(d, v)| format!("{d}={v}")).collect();
    let way = match element.direction {
        Direction::Up => console.lang.pick("偏高", "above"),
        Direction::Down => console.lang.pick("偏低", "below"),
    };
    let (seen, expected, percent) = (element.failures, element.expected, (element.share * 100.0).round());
    console.lang.pick(
        format!(
            "{}  {way}：实际 {seen:.0}，预期 {expected:.1}，占全部变化的 {percent}%（得分 {:.1}）",
            place.join("，"),
            element.score
        ),
        format!(
            "{}  {way} expectation: {seen:.0} seen, {expected:.1} expected, {percent}% of the change (score {:.1})",
            place.join(", "),
            element.score
        ),
    )
}
