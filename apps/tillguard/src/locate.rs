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
use tg_fleet::{Direction, Element, Location, locate};
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
    let (window, bad) = tg_server::read_window(&bytes).map_err(|p| Box::new(p.in_file(file)))?;
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
