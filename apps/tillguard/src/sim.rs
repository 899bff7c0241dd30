//! `tillguard sim`: recordings of the simulated city with the truth beside them, and findings held against it.
//!
//! Why it exists: whoever changes a detector, or doubts one, can measure it: `export` writes a recording,
//! `check` measures the findings of a replay, `measure` does both for many seeds and prints the table that
//! stands in docs/benchmarks.md. It never says found where a finding names somebody else.

use crate::arguments::{Sim, SimCheck, SimExport, SimMeasure};
use crate::output::{Console, Done, cant_read, no_dialect, wrong_use};
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use tg_ingest::{FrameReader, Recording};
use tg_server::{Player, Secret};
use tg_sim::{Attacks, CityOptions, MeasureError, Measured, TruthFile};
use tg_text::{Problem, Text};
use tg_types::{TenantId, TokenKey};

/// A quarter of a year: more is no recording, it is an archive.
const HOURS_MAX: u32 = 24 * 92;
/// An hour is too short for most attacks; three give each a chance.
const HOURS_MIN: u32 = 1;

pub fn run(arguments: &Sim, console: &Console) -> Done {
    match arguments {
        Sim::Export(a) => export(a, console),
        Sim::Check(a) => check(a, console),
        Sim::Measure(a) => measure(a, console),
    }
}

/// The settings of a city, refused where it could not be built.
fn options(seed: u64, hours: u32, terminals: usize, attacks: &str) -> Result<CityOptions, Box<Problem>> {
    let attacks = Attacks::from_str(attacks)
        .map_err(|e| wrong_use("--attacks", format!("没有攻击 {}", e.found), e.to_string()))?;
    if !(HOURS_MIN..=HOURS_MAX).contains(&hours) {
        let what = Text::new(
            format!("录制 {hours} 小时做不到，可以是 {HOURS_MIN} 至 {HOURS_MAX} 小时"),
            format!("a recording of {hours} hours is impossible; {HOURS_MIN} to {HOURS_MAX} are possible"),
        );
        let expected = format!("{HOURS_MIN}-{HOURS_MAX}");
        return Err(Box::new(
            Problem::new("TG-2002", what).in_field("--hours/--days").because(expected, hours.to_string()),
        ));
    }
    if !(1..=tg_sim::TERMINALS_MAX).contains(&terminals) {
        let what = Text::new(
            format!("一座城市有 1 至 {} 台终端", tg_sim::TERMINALS_MAX),
            format!("a city has 1 to {} terminals", tg_sim::TERMINALS_MAX),
        );
        let expected = format!("1-{}", tg_sim::TERMINALS_MAX);
        return Err(Box::new(
            Problem::new("TG-2002", what).in_field("--terminals").because(expected, terminals.to_string()),
        ));
    }
    Ok(CityOptions { terminals, attacks, ..CityOptions::for_recording(seed, hours) })
}

fn export(arguments: &SimExport, console: &Console) -> Done {
    let hours = arguments.days.map_or(arguments.hours.unwrap_or(24), |days| days.saturating_mul(24));
    let options = CityOptions {
        hostile: arguments.hostile,
        ..options(arguments.seed, hours, arguments.terminals, &arguments.attacks)?
    };
    let create = |path: &Path| {
        File::create(path).map(BufWriter::new).map_err(|e| cant_read(&path.display().to_string(), &e))
    };
    let mut recording = create(&arguments.out)?;
    let mut truth = arguments.truth.as_deref().map(create).transpose()?;
    let truth = truth.as_mut().map(|file| file as &mut dyn Write);
    let head = tg_sim::export(options, &mut recording, truth)
        .map_err(|e| cant_read(&arguments.out.display().to_string(), &e))?;
    if console.json {
        console.print_json(&head)?;
    }
    console.say(
        &format!("{} 条报文，{} 至 {}", head.lines, head.start, head.end),
        &format!("{} messages, {} to {}", head.lines, head.start, head.end),
    );
    Ok(ExitCode::SUCCESS)
}

fn check(arguments: &SimCheck, console: &Console) -> Done {
    let name = arguments.truth.display().to_string();
    let open = |path: &Path| File::open(path).map_err(|e| cant_read(&path.display().to_string(), &e));
    let truth = TruthFile::read(BufReader::new(open(&arguments.truth)?)).map_err(|e| problem(&name, e))?;
    if let Some(recording) = &arguments.recording {
        truth.is_of(open(recording)?).map_err(|e| problem(&name, e))?;
    }
    let measured = match arguments.findings.as_str() {
        "-" => truth.measure(io::stdin().lock()),
        path => truth.measure(BufReader::new(open(Path::new(path))?)),
    };
    show(&measured.map_err(|e| problem(&name, e))?, 1, console)
}

fn measure(arguments: &SimMeasure, console: &Console) -> Done {
    let mut sum = Measured::default();
    for (done, seed) in (arguments.first_seed..).take(arguments.seeds as usize).enumerate() {
        console.progress(&format!("{done}/{} (seed {seed})", arguments.seeds));
        let options = options(seed, arguments.hours, arguments.terminals, &arguments.attacks)?;
        sum.add(measure_one(options)?);
    }
    console.progress_done();
    show(&sum, arguments.seeds, console)
}

/// Records a city in memory, plays it as `replay` does, and measures.
fn measure_one(options: CityOptions) -> Result<Measured, Box<Problem>> {
    let (mut recording, mut truth, mut out) = (Vec::new(), Vec::new(), Vec::new());
    let in_memory = "memory";
    tg_sim::export(options, &mut recording, Some(&mut truth)).map_err(|e| cant_read(in_memory, &e))?;
    let truth = TruthFile::read(&truth[..]).map_err(|e| problem(in_memory, e))?;
    let secret = Secret::of_this_run()?;
    let tokens = Arc::new(TokenKey::derive(secret.bytes(), TenantId::default(), 0));
    let reader = FrameReader::new(TenantId::default(), 0, "cup_pos", tokens);
    let mut reader = reader.ok_or_else(|| no_dialect("cup_pos"))?;
    let mut player = Player::new();
    for line in Recording::new(&recording[..], in_memory) {
        // What `export` wrote a moment ago is of the form.
        let Ok(recorded) = line else { continue };
        let event = reader.read(&recorded.frame);
        player.play(recorded.at, event, &mut out).map_err(|e| cant_read(in_memory, &e))?;
    }
    player.finish(&mut out).map_err(|e| cant_read(in_memory, &e))?;
    truth.measure(&out[..]).map_err(|e| problem(in_memory, e))
}

fn problem(file: &str, error: MeasureError) -> Box<Problem> {
    let en = error.to_string();
    let (code, zh, expected, found) = match error {
        MeasureError::Io(e) => return cant_read(file, &e),
        MeasureError::Truth { line, reason } => {
            let what = Text::new(format!("真相文件这一行读不懂：{reason}"), reason);
            return Box::new(Problem::new("TG-1007", what).in_file(file).at_line(line));
        }
        MeasureError::Findings { line, reason } => {
            let what = Text::new(format!("发现的这一行读不懂：{reason}"), reason);
            return Box::new(Problem::new("TG-1007", what).in_field("--findings").at_line(line));
        }
        MeasureError::Version { found, expected } => (
            "TG-1009",
            format!("真相出自模拟器第 {found} 版，本程序是第 {expected} 版"),
            expected.to_string(),
            found.to_string(),
        ),
        MeasureError::OtherRecording { expected, found } => (
            "TG-1010",
            format!("真相所属的录像有 {expected} 条报文，这里的判定有 {found} 条"),
            expected.to_string(),
            found.to_string(),
        ),
        MeasureError::OtherHash { expected, found } => {
            ("TG-1010", "录像的内容不是真相所指的那份".to_owned(), expected, found)
        }
    };
    Box::new(Problem::new(code, Text::new(zh, en)).in_file(file).because(expected, found))
}

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    recordings: u32,
    #[serde(flatten)]
    measured: &'a Measured,
    false_findings_per_day: f64,
}

fn show(measured: &Measured, recordings: u32, console: &Console) -> Done {
    let per_day = measured.false_findings.len() as f64 / measured.days.max(1e-9);
    if console.json {
        console.print_json(&Report {
            schema: "tillguard.measured/1",
            recordings,
            measured,
            false_findings_per_day: per_day,
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    console.print(&console.lang.pick(
        format!("{recordings} 份录像，{} 条报文，{:.1} 个城市日", measured.messages, measured.days),
        format!("{recordings} recordings, {} messages, {:.1} city days", measured.messages, measured.days),
    ))?;
    console.print(
        "| finding | staged | found | recall | median delay (s) | false |\n|---|---|---|---|---|---|",
    )?;
    for (kind, score) in &measured.kinds {
        let recall = match score.staged {
            0 => "-".to_owned(),
            staged => format!("{:.2}", score.found as f64 / staged as f64),
        };
        let delay = score.median_delay_seconds().map_or("-".to_owned(), |d| format!("{d:.0}"));
        let (staged, found, wrong) = (score.staged, score.found, score.false_findings);
        console.print(&format!("| {kind} | {staged} | {found} | {recall} | {delay} | {wrong} |"))?;
    }
    console.print(&console.lang.pick(
        format!("误报 {} 个，每个城市日 {per_day:.2} 个", measured.false_findings.len()),
        format!("{} false findings, {per_day:.2} per city day", measured.false_findings.len()),
    ))?;
    for wrong in measured.false_findings.iter().take(20) {
        let like = wrong.looks_like.as_deref().unwrap_or("-");
        console.print(&format!("  {} {} {} {like}", wrong.at, wrong.code, wrong.subject))?;
    }
    Ok(ExitCode::SUCCESS)
}
