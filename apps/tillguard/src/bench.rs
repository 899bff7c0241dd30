//! `tillguard bench`: figures of this machine, as JSON for scripts (contract, section 5).

use crate::arguments::Bench;
use crate::output::{Console, Done, wrong_use};
use crate::serve;
use serde::Serialize;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tg_engine::{Catalogue, Engine};
use tg_event::{Outcomes, Stamp};
use tg_ingest::FrameReader;
use tg_iso8583::{Decoder, sample};
use tg_server::{Center, Config, FeedConfig, Secret};
use tg_sim::BenchFrames;
use tg_text::{Problem, Text};
use tg_types::{TenantId, TokenKey};

const NAMES: [&str; 9] =
    ["decode", "engine", "journal", "path", "latency", "diagnose", "locate", "fleet", "qr"];

#[derive(Serialize)]
struct Machine {
    cores: usize,
    cpu: String,
    memory_mib: u64,
    profile: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
pub(crate) struct Figure {
    name: String,
    unit: &'static str,
    median: f64,
    min: f64,
    max: f64,
    n: usize,
}

impl Figure {
    /// A figure with its interval.
    pub(crate) fn of(name: String, unit: &'static str, at: f64, low: f64, high: f64, n: usize) -> Figure {
        Figure { name, unit, median: at, min: low, max: high, n }
    }
}

#[derive(Serialize)]
struct Report {
    schema: &'static str,
    bench: String,
    machine: Machine,
    results: Vec<Figure>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

pub fn run(arguments: &Bench, console: &Console) -> Done {
    let mut notes = Vec::new();
    let results = match arguments.name.as_str() {
        "decode" => decode()?,
        "engine" => engine()?,
        "journal" => journal(arguments.data.as_deref())?,
        "path" => path(arguments, console, &mut notes)?,
        "latency" => latency(arguments, &mut notes)?,
        "locate" => crate::bench_fleet::locate_figures(),
        "fleet" => crate::bench_fleet::fleet_figures(),
        "diagnose" => crate::bench_diagnose::figures(&mut notes),
        "qr" => crate::bench_qr::figures(&mut notes),
        other => {
            let near = tg_text::nearest(other, NAMES).map_or_else(|| NAMES.join(", "), str::to_owned);
            let wrong =
                wrong_use("bench", format!("没有测速项 {other}"), format!("there is no bench {other}"));
            return Err(Box::new(wrong.because(near, other)));
        }
    };
    let report = Report {
        schema: "tillguard.bench/1",
        bench: arguments.name.clone(),
        machine: machine(),
        results,
        notes,
    };
    if console.json {
        console.print_json(&report)?;
    } else {
        for f in &report.results {
            console.print(&format!(
                "{:<18} {:>12.1} {}  (min {:.1}, max {:.1}, n {})",
                f.name, f.median, f.unit, f.min, f.max, f.n
            ))?;
        }
        for note in &report.notes {
            console.print(&format!("  {note}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn machine() -> Machine {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let line = |text: &str, name: &str| {
        text.lines().find(|l| l.starts_with(name)).map(str::to_owned).unwrap_or_default()
    };
    let cpu = line(&read("/proc/cpuinfo"), "model name");
    let memory = line(&read("/proc/meminfo"), "MemTotal");
    Machine {
        cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        cpu: cpu.split(':').nth(1).unwrap_or_default().trim().to_owned(),
        memory_mib: memory.split_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) >> 10,
        profile: if cfg!(debug_assertions) { "debug assertions on" } else { "release" },
        version: env!("CARGO_PKG_VERSION"),
    }
}

pub(crate) fn figure(name: &str, unit: &'static str, mut values: Vec<f64>) -> Figure {
    values.sort_by(f64::total_cmp);
    let at = |i: usize| values.get(i).copied().unwrap_or(0.0);
    let n = values.len();
    Figure { name: name.to_owned(), unit, median: at(n / 2), min: at(0), max: at(n.saturating_sub(1)), n }
}

/// Short rounds, so that a round that the scheduler interrupts spoils only itself.
fn decode() -> Result<Vec<Figure>, Box<Problem>> {
    const TIMES: u32 = 2_000;
    const ROUNDS: usize = 301;
    let broken = |e: String| Box::new(Problem::new("TG-1003", Text::new(e.clone(), e)));
    let bytes = sample::message().map_err(|e| broken(e.to_string()))?;
    let mut decoder = Decoder::named(sample::DIALECT).ok_or_else(|| broken(sample::DIALECT.to_owned()))?;
    let mut round = |with_record: bool| -> Result<f64, Box<Problem>> {
        let start = Instant::now();
        let done = match with_record {
            false => sample::strict(&mut decoder, &bytes, TIMES),
            true => sample::with_emv_record(&mut decoder, &bytes, TIMES),
        };
        std::hint::black_box(done.map_err(|e| broken(format!("{e:?}")))?);
        Ok(start.elapsed().as_nanos() as f64 / f64::from(TIMES))
    };
    let (mut strict, mut with_record) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        strict.push(round(false)?);
        with_record.push(round(true)?);
    }
    Ok(vec![figure("strict", "ns", strict), figure("with_emv_record", "ns", with_record)])
}

/// The engine alone, over messages that were decoded before: a transaction is a request and its answer.
fn engine() -> Result<Vec<Figure>, Box<Problem>> {
    const PAIRS: usize = 50_000;
    let tokens = Arc::new(TokenKey::derive(&[0; 32], TenantId::default(), 1));
    let mut reader =
        FrameReader::new(TenantId::default(), 0, "cup_pos", tokens).expect("the dialect is compiled in");
    let mut frames = BenchFrames::new(1);
    let mut engine = Engine::new(Catalogue::builtin());
    let mut outcomes = Outcomes::default();
    let (mut offset, mut values) = (0_u64, Vec::new());
    for _ in 0..15 {
        let mut bytes = Vec::new();
        (0..PAIRS).for_each(|_| frames.push_pair(&mut bytes));
        let mut events = Vec::with_capacity(2 * PAIRS);
        let mut rest = bytes.as_slice();
        while let Some((length, after)) = rest.split_first_chunk::<2>() {
            let (frame, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
            events.push(reader.read(frame));
            rest = after;
        }
        let start = Instant::now();
        for event in &events {
            // A hundred thousand transactions a second of log time.
            let log_time = tg_types::Instant(1_767_225_600_000_000 + offset as i64 * 5);
            engine.apply(Stamp { offset, log_time }, event, &mut outcomes);
            offset += 1;
            outcomes.clear();
        }
        values.push(start.elapsed().as_nanos() as f64 / PAIRS as f64);
    }
    Ok(vec![figure("transaction", "ns", values)])
}

/// A batch of 128 KiB appended and flushed, and the same bytes written over and flushed without a journal.
fn journal(folder: Option<&Path>) -> Result<Vec<Figure>, Box<Problem>> {
    let temporary = temporary(folder)?;
    let figures =
        tg_journal::bench_batches(temporary.path(), 128 << 10, 400).map_err(|e| Box::new(e.to_problem()))?;
    Ok(vec![
        figure("batch", "us", figures.journal_us),
        figure("batch_before_flush", "us", figures.append_us),
        figure("raw_write_and_flush", "us", figures.raw_us),
    ])
}

fn temporary(folder: Option<&Path>) -> Result<tempfile::TempDir, Box<Problem>> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("tillguard-bench-");
    let made = folder.map_or_else(|| builder.tempdir(), |f| builder.tempdir_in(f));
    made.map_err(|e| Box::new(Problem::new("TG-3001", Text::new(e.to_string(), e.to_string()))))
}

/// Frames go over TCP into a whole center, with the generator on the same cores. A transaction is a request
/// and its answer: two frames, two events, two verdicts. Counted is what was acknowledged as durable; at
/// the end every acknowledged frame must have its verdict.
fn path(arguments: &Bench, console: &Console, notes: &mut Vec<String>) -> Result<Vec<Figure>, Box<Problem>> {
    let seconds = arguments.seconds.clamp(2, 3_600);
    let temporary = temporary(arguments.data.as_deref())?;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr());
    let feed =
        listener.map_err(|e| Box::new(Problem::new("TG-4001", Text::new(e.to_string(), e.to_string()))))?;
    let config = Config {
        data: temporary.path().join("data"),
        http: SocketAddr::from(([127, 0, 0, 1], 0)),
        feeds: vec![FeedConfig { address: feed, dialect: "cup_pos".into(), name: "bench".into() }],
        ..Config::default()
    };
    serve::runtime()?.block_on(async {
        let center = Center::start(config, Secret::of_this_run()?).await?;
        console.say("正在造帧……", "Building frames …");
        let sent = tokio::task::spawn_blocking(move || generate(feed, seconds)).await.expect("the generator does not panic");
        let sent = sent.map_err(|e| Box::new(Problem::new("TG-4003", Text::new(e.to_string(), e.to_string()))))?;
        let drained = Instant::now();
        while center.totals().verdicts < sent.frames && drained.elapsed() < Duration::from_secs(60) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let (totals, lag) = (center.totals(), drained.elapsed());
        notes.push(format!("{} frames acknowledged, {} accepted, {} verdicts; the last verdict came {} ms after the last acknowledgement", sent.frames, totals.accepted, totals.verdicts, lag.as_millis()));
        notes.push(format!("{} payments were not indexed for search, {} findings, resident {} MiB", totals.unindexed, totals.findings.values().sum::<u64>(), resident_mib()));
        let whole = totals.accepted == sent.frames && totals.verdicts == sent.frames;
        center.stop().await;
        if !whole {
            let what = Text::fixed("收到的与判定的数目不等", "accepted and verdicts differ from what was acknowledged");
            return Err(Box::new(Problem::new("TG-3005", what)));
        }
        let transactions = sent.per_second.iter().map(|n| n / 2.0).collect();
        Ok(vec![figure("durable", "transactions/s", transactions), figure("frames", "frames/s", sent.per_second)])
    })
}

/// Waits for durable acknowledgements at a given rate, a second at a time: through the log alone and through
/// the whole center.
fn latency(arguments: &Bench, notes: &mut Vec<String>) -> Result<Vec<Figure>, Box<Problem>> {
    let temporary = temporary(arguments.data.as_deref())?;
    let feed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr());
    let feed =
        feed.map_err(|e| Box::new(Problem::new("TG-4001", Text::new(e.to_string(), e.to_string()))))?;
    let seconds = arguments.seconds.clamp(2, 600);
    let measured = crate::bench_latency::run(temporary.path(), feed, arguments.rate.max(1), seconds)?;
    let mut figures = Vec::new();
    for waits in measured {
        for (share, name) in [(0.5, "p50"), (0.99, "p99"), (0.999, "p99.9")] {
            let a_second = |us: &[f64]| {
                let mut us = us.to_vec();
                us.sort_by(f64::total_cmp);
                us[((us.len() - 1) as f64 * share) as usize]
            };
            let seconds = waits.us.chunks_exact(waits.per_second).map(a_second).collect();
            figures.push(figure(&format!("{}_{name}", waits.name), "us", seconds));
        }
    }
    notes.push(format!(
        "{} transactions a second; each figure is the median of one for each second",
        arguments.rate
    ));
    Ok(figures)
}

fn resident_mib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = text.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0);
    (pages * rustix::param::page_size() as u64) >> 20
}

struct Generated {
    frames: u64,
    per_second: Vec<f64>,
}

/// Bytes that are written at once, and how many frames may be on their way.
const PIECE_PAIRS: usize = 256;
const IN_FLIGHT_FRAMES: u64 = 200_000;

/// Sends frames as fast as they are taken for some seconds; counts acknowledgements a second.
fn generate(feed: SocketAddr, seconds: u32) -> std::io::Result<Generated> {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
    let stream = TcpStream::connect(feed)?;
    let (sent, acknowledged, ended) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let mut frames = BenchFrames::new(1);
    // Made before the clock starts: these pieces are sent round and round with fresh numbers patched in.
    let mut piece = Vec::with_capacity(1 << 20);
    std::thread::scope(|scope| -> std::io::Result<Generated> {
        scope.spawn(|| {
            let mut count = [0; 8];
            while (&stream).read_exact(&mut count).is_ok() {
                acknowledged.store(u64::from_be_bytes(count), Relaxed);
            }
            ended.store(true, Relaxed);
        });
        let counter = scope.spawn(|| {
            let mut per_second = Vec::new();
            let (mut before, mut then) = (0, Instant::now());
            for _ in 0..seconds {
                std::thread::sleep(Duration::from_secs(1));
                let (now, count) = (Instant::now(), acknowledged.load(Relaxed));
                per_second.push((count - before) as f64 / (now - then).as_secs_f64());
                (before, then) = (count, now);
            }
            per_second
        });
        let begin = Instant::now();
        let mut out = &stream;
        while begin.elapsed() < Duration::from_secs(u64::from(seconds)) && !ended.load(Relaxed) {
            if sent.load(Relaxed) - acknowledged.load(Relaxed) > IN_FLIGHT_FRAMES {
                std::thread::sleep(Duration::from_micros(200));
                continue;
            }
            piece.clear();
            (0..PIECE_PAIRS).for_each(|_| frames.push_pair(&mut piece));
            out.write_all(&piece)?;
            sent.fetch_add(2 * PIECE_PAIRS as u64, Relaxed);
        }
        stream.shutdown(Shutdown::Write)?;
        let per_second = counter.join().expect("the counter does not panic");
        while !ended.load(Relaxed) {
            std::thread::sleep(Duration::from_millis(1));
        }
        let total = sent.load(Relaxed);
        match acknowledged.load(Relaxed) {
            n if n == total => Ok(Generated { frames: total, per_second }),
            n => Err(std::io::Error::other(format!("{n} of {total} frames acknowledged"))),
        }
    })
}
