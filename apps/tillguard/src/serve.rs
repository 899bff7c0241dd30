//! `tillguard serve`: runs the center until it is told to stop.

use crate::arguments::Serve;
use crate::output::{Console, Done, cant_read};
use crate::replay::key_path;
use std::path::PathBuf;
use std::process::ExitCode;
use tg_server::{Center, Config, FeedConfig, Secret};
use tg_text::{Problem, Text};
use tokio::signal::unix::{SignalKind, signal};

pub fn run(arguments: Serve, console: &Console) -> Done {
    let config = config(arguments)?;
    let secret = secret(&config, console)?;
    start_logging();
    runtime()?.block_on(async {
        let feeds = config.feeds.clone();
        let scheme = if config.public.certificate.is_some() { "https" } else { "http" };
        let center = Center::start(config, secret).await?;
        let address = center.http();
        console.say(
            &format!("安全中心已启动：http://{address}/"),
            &format!("The center is running: http://{address}/"),
        );
        if let Some(public) = center.public() {
            console.say(
                &format!("公众页面：{scheme}://{public}/"),
                &format!("Public pages: {scheme}://{public}/"),
            );
        }
        for feed in feeds {
            console.say(
                &format!("接入 {}：{}，方言 {}", feed.name, feed.address, feed.dialect),
                &format!("Feed {}: {}, dialect {}", feed.name, feed.address, feed.dialect),
            );
        }
        let failed = tokio::select! {
            told = until_told() => told.err(),
            problem = center.failed() => Some(Box::new(problem)),
        };
        console.say("正在停止……", "Stopping …");
        center.stop().await;
        failed.map_or(Ok(ExitCode::SUCCESS), Err)
    })
}

/// The settings: file first, then the command line over it.
fn config(arguments: Serve) -> Result<Config, Box<Problem>> {
    let mut config = Config::default();
    if let Some(path) = &arguments.config {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|e| cant_read(&name, &e))?;
        config.apply_toml(&name, &text)?;
    }
    if let Some(data) = arguments.data {
        config.data = data;
    }
    if let Some(http) = arguments.http {
        config.http = http;
    }
    config.public.address = arguments.public.or(config.public.address);
    if arguments.public_cert.is_some() {
        (config.public.certificate, config.public.key) = (arguments.public_cert, arguments.public_key);
    }
    if let Some(rules) = &arguments.rules {
        config.rules = tg_server::RulesSource::of(rules);
    }
    if let Some(key_file) = arguments.key_file {
        config.key_file = Some(key_file);
    }
    for feed in &arguments.feed {
        config.feeds.push(FeedConfig::from_argument(feed)?);
    }
    if !config.http.ip().is_loopback() {
        let what = Text::new(
            format!("控制台只能监听本机回环地址，{} 不是", config.http),
            format!(
                "the console listens on loopback only until it has sign-in; {} is not loopback",
                config.http
            ),
        );
        return Err(Box::new(
            Problem::new("TG-2003", what).because("127.0.0.1 / [::1]", config.http.to_string()),
        ));
    }
    Ok(config)
}

/// The installation's secret, made at the first start; then its place is said.
pub fn secret(config: &Config, console: &Console) -> Result<Secret, Box<Problem>> {
    let path: PathBuf = key_path(config.key_file.clone())?;
    let (secret, made) = tg_server::open_key_file(&path, &config.data)?;
    if made {
        let place = path.display();
        console.say(
            &format!("已生成密钥文件 {place}。请备份：没有它，数据目录就打不开。"),
            &format!("A key file was made: {place}. Back it up: without it the data folder can't be opened."),
        );
    }
    Ok(secret)
}

/// Waits for Ctrl-C or SIGTERM.
pub async fn until_told() -> Result<(), Box<Problem>> {
    let listen = |kind| signal(kind).map_err(|e| system(&e));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// The threads of the doors and pages. Log, engine and store have threads of their own.
pub fn runtime() -> Result<tokio::runtime::Runtime, Box<Problem>> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(std::thread::available_parallelism().map_or(2, |n| n.get().min(8)))
        .max_blocking_threads(16)
        .enable_all()
        .build()
        .map_err(|e| system(&e))
}

fn system(error: &std::io::Error) -> Box<Problem> {
    Box::new(Problem::new("TG-3001", Text::new(error.to_string(), error.to_string())))
}

/// Structured logs on standard error: JSON lines, or readable ones with `TILLGUARD_LOG_FORMAT=text`. The
/// level comes from `TILLGUARD_LOG` (default `info`).
pub fn start_logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("TILLGUARD_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::env::var("TILLGUARD_LOG_FORMAT").is_ok_and(|f| f == "text") {
        builder.init();
    } else {
        builder.json().flatten_event(true).init();
    }
}
