//! `tillguard demo`: a center and, as a process of its own, a simulated town that speaks to its feed.
//!
//! The town is this program started again (`sim-town`, hidden): its messages come over TCP as a customer's
//! would, and what it knows of the truth comes on its standard output, beside the stream, for the summary.

use crate::arguments::{Demo, SimTown};
use crate::output::{Console, Done, wrong_use};
use crate::serve;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::str::FromStr;
use std::time::Duration;
use tg_server::{AcquirerContact, Center, Config, FeedConfig, Place, PublicConfig, Secret};
use tg_sim::{Attacks, Options};
use tg_text::{Problem, Text};
use tg_types::Instant;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Ports tried one after the other for the console, if none was asked for.
const PORTS: std::ops::Range<u16> = 8080..8180;

/// What the town tells on its standard output.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum TownLine {
    Town { places: Vec<TownPlace> },
    Truth { attack: String, subject: serde_json::Value, started: String },
    Summary { transactions: u64 },
}

#[derive(Deserialize)]
struct TownPlace {
    terminal: String,
    name: TownName,
    serial_number: String,
}

#[derive(Deserialize)]
struct TownName {
    #[serde(rename = "zh-CN")]
    zh: String,
    en: String,
}

#[derive(Clone, Serialize)]
struct FindingLine {
    code: String,
    subject: serde_json::Value,
    at: String,
}

#[derive(Serialize)]
struct TruthLine {
    attack: String,
    subject: serde_json::Value,
    started: String,
    found: bool,
    delay_seconds: Option<f64>,
}

#[derive(Serialize)]
struct Summary {
    schema: &'static str,
    seed: u64,
    transactions: u64,
    verdicts: u64,
    findings: Vec<FindingLine>,
    truth: Vec<TruthLine>,
    false_findings: u64,
}

pub fn run(arguments: &Demo, console: &Console) -> Done {
    Attacks::from_str(&arguments.attacks)
        .map_err(|e| wrong_use("--attacks", format!("没有攻击 {}", e.found), e.to_string()))?;
    if !(0.01..=1000.0).contains(&arguments.speed)
        || !(1..=tg_sim::TERMINALS_MAX).contains(&arguments.terminals)
    {
        let en = format!("speed is 0.01 to 1000, terminals 1 to {}", tg_sim::TERMINALS_MAX);
        return Err(wrong_use(
            "--speed/--terminals",
            format!("speed 为 0.01 至 1000，terminals 为 1 至 {}", tg_sim::TERMINALS_MAX),
            en,
        ));
    }
    if std::env::var_os("TILLGUARD_LOG").is_some() {
        serve::start_logging();
    }
    serve::runtime()?.block_on(show(arguments, console))
}

async fn show(arguments: &Demo, console: &Console) -> Done {
    // Dropped, and so deleted, only after the center has stopped.
    let temporary = match arguments.data {
        Some(_) => None,
        None => Some(
            tempfile::Builder::new()
                .prefix("tillguard-demo-")
                .tempdir()
                .map_err(|e| Box::new(Problem::new("TG-3001", Text::new(e.to_string(), e.to_string()))))?,
        ),
    };
    let data = arguments.data.clone().or_else(|| temporary.as_ref().map(|t| t.path().to_owned()));
    let (center, feed) = start(arguments, data.unwrap_or_default(), console).await?;
    console.say(
        &format!("\n  演示已开始，请打开  http://{}/\n  按 Ctrl-C 结束。所有商户、银行与卡均为虚构。\n", center.http()),
        &format!("\n  The demo is running. Open  http://{}/\n  Ctrl-C ends it. All shops, banks and cards are invented.\n", center.http()),
    );
    if let Some(public) = center.public() {
        console.say(
            &format!("  店员与顾客的页面（手机）  http://{public}/\n"),
            &format!("  Pages for shops and customers (phone)  http://{public}/\n"),
        );
    }
    let mut town = start_town(arguments, feed)?;
    let lines = BufReader::new(town.stdout.take().expect("the town's output is piped")).lines();
    let mut told = Told::default();
    tokio::select! {
        () = listen(lines, &center, &mut told) => {}
        asked = serve::until_told() => asked?,
    }
    end_town(&mut town, &mut told).await;
    let summary = sum_up(arguments.seed, &center, told).await;
    center.stop().await;
    match console.json {
        true => console.print_json(&summary)?,
        false => print(&summary, console)?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn start(
    arguments: &Demo,
    data: PathBuf,
    console: &Console,
) -> Result<(Center, SocketAddr), Box<Problem>> {
    let feed = free_address()?;
    let mut config = Config {
        data,
        feeds: vec![FeedConfig { address: feed, dialect: "cup_pos".into(), name: "小镇 town".into() }],
        acquirer: AcquirerContact { name: Some("云汀支付（虚构）".into()), phone: None },
        demo: true,
        public: PublicConfig {
            address: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
            ..PublicConfig::default()
        },
        ..Config::default()
    };
    let secret = || match arguments.data {
        Some(_) => serve::secret(&Config { data: config.data.clone(), ..Config::default() }, console),
        None => Ok(Secret::of_this_run()?),
    };
    if let Some(http) = arguments.http {
        if !http.ip().is_loopback() {
            let what = Text::fixed("演示只在本机回环地址上开放", "the demo opens on loopback only");
            return Err(Box::new(Problem::new("TG-2003", what).because("127.0.0.1:8080", http.to_string())));
        }
        let secret = secret()?;
        config.http = http;
        return Ok((Center::start(config, secret).await?, feed));
    }
    let free = PORTS
        .map(|port| SocketAddr::from(([127, 0, 0, 1], port)))
        .find(|a| std::net::TcpListener::bind(a).is_ok());
    let secret = secret()?;
    config.http = free.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)));
    Ok((Center::start(config, secret).await?, feed))
}

fn free_address() -> Result<SocketAddr, Box<Problem>> {
    let bound = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr());
    bound.map_err(|e| Box::new(Problem::new("TG-4001", Text::new(e.to_string(), e.to_string()))))
}

fn start_town(arguments: &Demo, feed: SocketAddr) -> Result<Child, Box<Problem>> {
    let failed = |e: std::io::Error| {
        Box::new(Problem::new(
            "TG-4002",
            Text::new(format!("小镇启动不了：{e}"), format!("the town can't be started: {e}")),
        ))
    };
    let mut command = Command::new(std::env::current_exe().map_err(failed)?);
    command
        .arg("sim-town")
        .args(["--feed", &feed.to_string(), "--seed", &arguments.seed.to_string()])
        .args(["--terminals", &arguments.terminals.to_string(), "--attacks", &arguments.attacks])
        .args(["--speed", &arguments.speed.to_string()])
        .args(arguments.for_seconds.map(|s| format!("--for-seconds={s}")))
        // The town ends when this pipe closes, however we end.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command.spawn().map_err(failed)
}

/// What the town has told.
#[derive(Default)]
struct Told {
    truths: Vec<(String, serde_json::Value, String)>,
    transactions: u64,
}

impl Told {
    fn take(&mut self, line: &str, center: Option<&Center>) {
        match serde_json::from_str(line) {
            Ok(TownLine::Town { places }) => {
                if let Some(center) = center {
                    center.set_places(places.into_iter().map(place).collect());
                }
            }
            Ok(TownLine::Truth { attack, subject, started }) => self.truths.push((attack, subject, started)),
            Ok(TownLine::Summary { transactions }) => self.transactions = transactions,
            Err(error) => tracing::warn!(%error, "the town said something unknown"),
        }
    }
}

fn place(p: TownPlace) -> Place {
    Place { terminal: p.terminal, name: Text::new(p.name.zh, p.name.en), serial: p.serial_number }
}

type TownLines = tokio::io::Lines<BufReader<tokio::process::ChildStdout>>;

/// Listens until the town has said its last word.
async fn listen(mut lines: TownLines, center: &Center, told: &mut Told) {
    while let Ok(Some(line)) = lines.next_line().await {
        told.take(&line, Some(center));
    }
}

async fn end_town(town: &mut Child, told: &mut Told) {
    drop(town.stdin.take());
    if let Some(output) = town.stdout.take() {
        let mut lines = BufReader::new(output).lines();
        while let Ok(Ok(Some(line))) = tokio::time::timeout(Duration::from_secs(5), lines.next_line()).await {
            told.take(&line, None);
        }
    }
    if tokio::time::timeout(Duration::from_secs(15), town.wait()).await.is_err() {
        let _ = town.kill().await;
    }
}

async fn sum_up(seed: u64, center: &Center, told: Told) -> Summary {
    center.settle().await;
    let found: Vec<FindingLine> = center
        .findings()
        .await
        .into_iter()
        .map(|f| FindingLine {
            code: f.code,
            subject: serde_json::json!({ f.subject_kind: f.subject }),
            at: rfc3339(f.found_at),
        })
        .collect();
    let truth: Vec<TruthLine> = told
        .truths
        .into_iter()
        .map(|(attack, subject, started)| {
            let hit = found.iter().find(|f| f.code == attack && f.subject == subject && f.at >= started);
            let delay = hit.and_then(|f| seconds_between(&started, &f.at));
            TruthLine { attack, subject, started, found: hit.is_some(), delay_seconds: delay }
        })
        .collect();
    let is_true = |f: &&FindingLine| {
        truth.iter().any(|t| t.attack == f.code && t.subject == f.subject && f.at >= t.started)
    };
    let false_findings = found.iter().filter(|f| !is_true(f)).count() as u64;
    let verdicts = center.totals().verdicts;
    Summary {
        schema: "tillguard.demo/1",
        seed,
        transactions: told.transactions,
        verdicts,
        findings: found,
        truth,
        false_findings,
    }
}

fn rfc3339(at_us: i64) -> String {
    jiff::Timestamp::from_microsecond(at_us).map(|t| format!("{t:.6}")).unwrap_or_default()
}

fn seconds_between(from: &str, to: &str) -> Option<f64> {
    let (from, to): (jiff::Timestamp, jiff::Timestamp) = (from.parse().ok()?, to.parse().ok()?);
    Some((to.as_millisecond() - from.as_millisecond()) as f64 / 1000.0)
}

fn print(summary: &Summary, console: &Console) -> Result<(), Box<Problem>> {
    let lang = console.lang;
    console.print(&lang.pick(
        format!(
            "交易 {} 笔，判定 {} 个，发现 {} 个（误报 {}）",
            summary.transactions,
            summary.verdicts,
            summary.findings.len(),
            summary.false_findings
        ),
        format!(
            "{} transactions, {} verdicts, {} findings ({} false)",
            summary.transactions,
            summary.verdicts,
            summary.findings.len(),
            summary.false_findings
        ),
    ))?;
    for t in &summary.truth {
        let result = match t.delay_seconds {
            Some(delay) => lang.pick(format!("{delay:.1} 秒后发现"), format!("found after {delay:.1} s")),
            None => lang.pick("没有发现".to_owned(), "not found".to_owned()),
        };
        console.print(&format!("  {} {} {} — {result}", t.started, t.attack, t.subject))?;
    }
    Ok(())
}

/// The body of the town's process.
pub fn run_town(arguments: &SimTown) -> Done {
    let attacks = Attacks::from_str(&arguments.attacks)
        .map_err(|e| wrong_use("--attacks", format!("没有攻击 {}", e.found), e.to_string()))?;
    let options = Options {
        terminals: arguments.terminals,
        attacks,
        speed: arguments.speed,
        for_seconds: arguments.for_seconds,
        ..Options::new(arguments.seed, Instant(0))
    };
    let stop = tg_sim::runner::stop_when_input_ends();
    let mut out = std::io::stdout();
    tg_sim::runner::run(arguments.feed, options, &stop, &mut out)
        .map_err(|e| Box::new(Problem::new("TG-4002", Text::new(e.to_string(), e.to_string()))))?;
    Ok(ExitCode::SUCCESS)
}
