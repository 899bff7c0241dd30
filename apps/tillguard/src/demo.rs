//! `tillguard demo`: a center and, as a process of its own, a simulated city that speaks to its feed.
//!
//! The city is this program started again (`sim-town`, hidden): its messages come over TCP as a customer's
//! would, and what it knows of the truth comes on its standard output, beside the stream, for the summary. All
//! times are the story's: it begins at ten in the morning with a week behind it and runs thirty times as fast
//! as life.

use crate::arguments::{Demo, SimTown};
use crate::output::{Console, Done, wrong_use};
use crate::serve;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tg_ingest::{Cipher, SoftKeys};
use tg_server::{
    AcquirerContact, Center, CenterClock, Config, FeedConfig, Place, PublicConfig, RulesSource, Secret,
    StagedAttack,
};
use tg_sim::{Attacks, City, CityOptions};
use tg_text::{Problem, Text};
use tg_types::{Instant, Pan, TenantId, TokenKey};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

/// Ports tried one after the other for the console, if none was asked for.
const PORTS: std::ops::Range<u16> = 8080..8180;

/// Story seconds in a second at `--speed 1`.
const STORY_SPEED: f64 = 30.0;

/// What the town tells on its standard output.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum TownLine {
    Town { places: Vec<TownPlace>, banks: Vec<TownBank> },
    Truth { id: u64, attack: String, subjects: Vec<serde_json::Value>, started: String },
    DrawnIn { id: u64, subjects: Vec<serde_json::Value> },
    Summary { transactions: u64 },
}

#[derive(Deserialize)]
struct TownBank {
    code: String,
    name: TownName,
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
    subject: Option<serde_json::Value>,
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
    let begun = start(arguments, data.unwrap_or_default(), console).await?;
    let (center, feed) = (begun.center, begun.feed);
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
    let resumed = !center.is_fresh();
    let live = match resumed {
        true => CityOptions::resume_at(Instant(center.clock().now_us())),
        false => CityOptions::TEN_IN_THE_MORNING,
    };
    let mut town = start_town(arguments, feed, resumed.then_some(live))?;
    let mut lines = BufReader::new(town.stdout.take().expect("the town's output is piped")).lines();
    let mut told = Told { tokens: Some(begun.tokens), ..Told::default() };
    let ended = tokio::select! {
        () = begin(arguments, &center, live, resumed, console, &mut lines, &mut told) => {
            center.clock().run_from(live.0);
            let mut input = town.stdin.take();
            if let Some(input) = &mut input {
                let _ = input.write_all(b"go\n").await;
            }
            town.stdin = input;
            false
        }
        asked = serve::until_told() => { asked?; true }
    };
    if !ended {
        tokio::select! {
            () = listen(&mut lines, &center, &mut told) => {}
            asked = serve::until_told() => asked?,
        }
    }
    end_town(&mut town, lines, &mut told).await;
    let summary = sum_up(arguments.seed, &center, told).await;
    center.stop().await;
    match console.json {
        true => console.print_json(&summary)?,
        false => print(&summary, console)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The center with what the demo needs of it.
struct Begun {
    center: Center,
    feed: SocketAddr,
    tokens: TokenKey,
}

/// Lets the center remember the week before, and hears from the city that it is ready.
async fn begin(
    arguments: &Demo,
    center: &Center,
    live: Instant,
    resumed: bool,
    console: &Console,
    lines: &mut TownLines,
    told: &mut Told,
) {
    if !resumed {
        let (day, week) = (Arc::new(AtomicU32::new(0)), 7);
        let past = past(city_options(arguments.seed, arguments.terminals), live, day.clone());
        let remembering = center.remember(past);
        let mut looks = tokio::time::interval(Duration::from_millis(200));
        tokio::pin!(remembering);
        loop {
            tokio::select! {
                () = &mut remembering => break,
                _ = looks.tick() => {
                    let day = day.load(Ordering::Relaxed);
                    console.progress(&console.lang.pick(
                        format!("  正在回放此前一周：第 {day} 天，共 {week} 天"),
                        format!("  living through the week before: day {day} of {week}"),
                    ));
                }
            }
        }
        console.progress_done();
    }
    // The city's first word is its register: it has lived through the week as well.
    if let Ok(Some(line)) = lines.next_line().await {
        told.take(&line, Some(center));
    }
}

/// The messages of the time before the story, hour by hour.
fn past(
    options: CityOptions,
    live: Instant,
    day: Arc<AtomicU32>,
) -> impl Iterator<Item = (Instant, Vec<u8>)> + Send + 'static {
    const HOUR_US: i64 = 3_600_000_000;
    let (start, last) = (options.start, live.plus_us(-1));
    let mut city = City::new(options);
    let mut until = start;
    std::iter::from_fn(move || {
        if until >= last {
            return None;
        }
        until = until.plus_us(HOUR_US).min(last);
        day.store((until.since(start) / (24 * HOUR_US) + 1) as u32, Ordering::Relaxed);
        Some(city.advance(until))
    })
    .flatten()
    .map(|sent| (sent.at, sent.frame))
}

/// The city that both processes know.
fn city_options(seed: u64, terminals: usize) -> CityOptions {
    CityOptions { terminals, ..CityOptions::new(seed) }
}

async fn start(arguments: &Demo, data: PathBuf, console: &Console) -> Result<Begun, Box<Problem>> {
    let feed = free_address()?;
    let tokens = |secret: &Secret| TokenKey::derive(secret.bytes(), TenantId::default(), 1);
    let mut config = Config {
        data,
        feeds: vec![FeedConfig { address: feed, dialect: "cup_pos".into(), name: "城市 city".into() }],
        acquirer: AcquirerContact { name: Some("云汀支付（虚构）".into()), phone: None },
        demo: true,
        rules: RulesSource::Starter,
        soft_keys: Some(soft_keys(arguments)),
        clock: CenterClock::story(
            STORY_SPEED * arguments.speed,
            city_options(arguments.seed, arguments.terminals).start.0,
        ),
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
        let tokens = tokens(&secret);
        return Ok(Begun { center: Center::start(config, secret).await?, feed, tokens });
    }
    let free = PORTS
        .map(|port| SocketAddr::from(([127, 0, 0, 1], port)))
        .find(|a| std::net::TcpListener::bind(a).is_ok());
    let secret = secret()?;
    config.http = free.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)));
    let tokens = tokens(&secret);
    Ok(Begun { center: Center::start(config, secret).await?, feed, tokens })
}

/// The keys of the city's terminals, which come of its seed: they are handed over nowhere.
fn soft_keys(arguments: &Demo) -> Arc<SoftKeys> {
    let keys = SoftKeys::default();
    for (terminal, master) in City::new(city_options(arguments.seed, arguments.terminals)).master_keys() {
        // A terminal whose key can't be kept has its MACs unchecked.
        let _ = keys.put_master_key(terminal, Cipher::Tdes, &master);
    }
    Arc::new(keys)
}

fn free_address() -> Result<SocketAddr, Box<Problem>> {
    let bound = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr());
    bound.map_err(|e| Box::new(Problem::new("TG-4001", Text::new(e.to_string(), e.to_string()))))
}

fn start_town(arguments: &Demo, feed: SocketAddr, resume: Option<Instant>) -> Result<Child, Box<Problem>> {
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
        .args(resume.map(|at| format!("--resume-us={}", at.0)))
        // The town ends when this pipe closes, however we end.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command.spawn().map_err(failed)
}

/// What the town has told.
#[derive(Default)]
struct Told {
    truths: Vec<Truth>,
    transactions: u64,
    /// Makes a card's token of its number, as the center's findings have it.
    tokens: Option<TokenKey>,
}

/// An attack, as the town tells it.
struct Truth {
    id: u64,
    attack: String,
    /// Whom a finding may name.
    subjects: Vec<serde_json::Value>,
    /// Cards that were drawn into it.
    related: Vec<serde_json::Value>,
    started: String,
}

impl Told {
    fn take(&mut self, line: &str, center: Option<&Center>) {
        match serde_json::from_str(line) {
            Ok(TownLine::Town { places, banks }) => {
                if let Some(center) = center {
                    center.set_issuers(banks.into_iter().map(|b| (b.code, Text::new(b.name.zh, b.name.en))));
                    center.set_places(places.into_iter().map(place).collect());
                }
            }
            Ok(TownLine::Truth { id, attack, subjects, started }) => {
                let subjects = self.named(subjects);
                if let Some(center) = center {
                    center.tell_truth(staged(id, &attack, &subjects, &started));
                }
                self.truths.push(Truth { id, attack, subjects, related: Vec::new(), started });
            }
            Ok(TownLine::DrawnIn { id, subjects }) => {
                let related = self.named(subjects);
                if let Some(truth) = self.truths.iter_mut().find(|t| t.id == id) {
                    truth.related = related;
                }
            }
            Ok(TownLine::Summary { transactions }) => self.transactions = transactions,
            Err(error) => tracing::warn!(%error, "the town said something unknown"),
        }
    }

    /// Subjects as findings name them.
    fn named(&self, subjects: Vec<serde_json::Value>) -> Vec<serde_json::Value> {
        let name = |subject: serde_json::Value| {
            let Some(number) = subject["card"].as_str() else { return Some(subject) };
            let pan = Pan::from_ascii(number.as_bytes()).ok()?;
            let token = self.tokens.as_ref()?.card(&pan).token;
            Some(serde_json::json!({ "card": token.to_string() }))
        };
        subjects.into_iter().filter_map(name).collect()
    }
}

/// An attack for viewers who ask for the truth.
fn staged(id: u64, attack: &str, subjects: &[serde_json::Value], started: &str) -> StagedAttack {
    let pairs = subjects.iter().filter_map(|s| s.as_object()?.iter().next());
    StagedAttack {
        id,
        code: attack.to_owned(),
        subjects: pairs.filter_map(|(kind, name)| Some((kind.clone(), name.as_str()?.to_owned()))).collect(),
        started_us: started.parse().map_or(i64::MAX, |t: jiff::Timestamp| t.as_microsecond()),
        brings: tg_sim::AttackKind::ALL
            .iter()
            .map(|kind| kind.name())
            .filter(|code| tg_sim::follows_from(attack, code))
            .map(str::to_owned)
            .collect(),
    }
}

fn place(p: TownPlace) -> Place {
    Place { terminal: p.terminal, name: Text::new(p.name.zh, p.name.en), serial: p.serial_number }
}

type TownLines = tokio::io::Lines<BufReader<tokio::process::ChildStdout>>;

/// Listens until the town has said its last word.
async fn listen(lines: &mut TownLines, center: &Center, told: &mut Told) {
    while let Ok(Some(line)) = lines.next_line().await {
        told.take(&line, Some(center));
    }
}

async fn end_town(town: &mut Child, mut lines: TownLines, told: &mut Told) {
    drop(town.stdin.take());
    while let Ok(Ok(Some(line))) = tokio::time::timeout(Duration::from_secs(5), lines.next_line()).await {
        told.take(&line, None);
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
    let names = |t: &Truth, f: &FindingLine| f.at >= t.started && t.subjects.contains(&f.subject);
    let truth: Vec<TruthLine> = told
        .truths
        .iter()
        .map(|t| {
            let hit = found.iter().find(|f| f.code == t.attack && names(t, f));
            let delay = hit.and_then(|f| seconds_between(&t.started, &f.at));
            TruthLine {
                attack: t.attack.clone(),
                subject: hit.map_or_else(|| t.subjects.first().cloned(), |f| Some(f.subject.clone())),
                started: t.started.clone(),
                found: hit.is_some(),
                delay_seconds: delay,
            }
        })
        .collect();
    let is_true = |f: &&FindingLine| {
        told.truths.iter().any(|t| {
            let follows = tg_sim::follows_from(&t.attack, &f.code)
                && (names(t, f) || f.at >= t.started && t.related.contains(&f.subject));
            follows || f.code == t.attack && names(t, f)
        })
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
            Some(delay) => lang
                .pick(format!("故事中 {delay:.0} 秒后发现"), format!("found after {delay:.0} story seconds")),
            None => lang.pick("没有发现".to_owned(), "not found".to_owned()),
        };
        let subject = t.subject.clone().unwrap_or_default();
        console.print(&format!("  {} {} {subject} — {result}", t.started, t.attack))?;
    }
    Ok(())
}

/// The body of the town's process.
pub fn run_town(arguments: &SimTown) -> Done {
    let attacks = Attacks::from_str(&arguments.attacks)
        .map_err(|e| wrong_use("--attacks", format!("没有攻击 {}", e.found), e.to_string()))?;
    let speed = STORY_SPEED * arguments.speed;
    let live = arguments.resume_us.map_or(CityOptions::TEN_IN_THE_MORNING, Instant);
    let lasts = arguments.for_seconds.map(|s| (f64::from(s) * speed * 1e6) as i64);
    let options = CityOptions {
        live,
        attacks,
        resumed: arguments.resume_us.is_some(),
        attacks_until: lasts.map(|us| live.plus_us(us / 2)),
        end: lasts.map(|us| live.plus_us(us)),
        ..city_options(arguments.seed, arguments.terminals)
    };
    let stop = tg_sim::runner::stop_when_input_ends();
    let mut out = std::io::stdout();
    tg_sim::runner::run(arguments.feed, options, speed, &stop, &mut out)
        .map_err(|e| Box::new(Problem::new("TG-4002", Text::new(e.to_string(), e.to_string()))))?;
    Ok(ExitCode::SUCCESS)
}
