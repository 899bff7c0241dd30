//! `tillguard replay`: verdicts and findings of a recording or a data folder (contract, section 5).

use crate::arguments::Replay;
use crate::output::{Console, Done, INCOMPLETE, cant_read, no_dialect};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tg_ingest::{FrameReader, Recording, RecordingError};
use tg_server::{Player, Secret};
use tg_text::{Lang, Problem, Text};
use tg_types::{TenantId, TokenKey};

pub fn run(arguments: &Replay, console: &Console) -> Done {
    let stdout = io::stdout().lock();
    let mut out = Lines { out: BufWriter::with_capacity(1 << 16, stdout), console, line: Vec::new() };
    let code = match &arguments.data {
        Some(data) => {
            let path = key_path(arguments.key_file.clone())?;
            if !path.exists() {
                let what = Text::fixed(
                    "密钥文件不存在，不能新建",
                    "the key file isn't there, and a new one would not fit",
                );
                return Err(Box::new(Problem::new("TG-3003", what).in_file(path.display().to_string())));
            }
            let (secret, _) = tg_server::open_key_file(&path, data)?;
            tg_server::replay_data(data, &secret, &mut out)?;
            ExitCode::SUCCESS
        }
        None => replay_files(arguments, console, &mut out)?,
    };
    out.flush().map_err(|e| written(&e))?;
    Ok(code)
}

/// The key file: as given, else where `serve` makes it.
pub fn key_path(given: Option<PathBuf>) -> Result<PathBuf, Box<Problem>> {
    given.or_else(tg_server::default_key_path).ok_or_else(|| {
        let what = Text::fixed("没有 HOME，也没有 --key-file", "there is neither HOME nor --key-file");
        Box::new(Problem::new("TG-3003", what))
    })
}

fn written(error: &io::Error) -> Box<Problem> {
    if error.kind() == io::ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    let what = Text::new(format!("写不出结果：{error}"), format!("the output can't be written: {error}"));
    Box::new(Problem::new("TG-1001", what))
}

fn replay_files(arguments: &Replay, console: &Console, out: &mut impl Write) -> Done {
    // Equal frames have equal hashes within this run; tokens become numbers, so the key leaves no trace.
    let secret = Secret::of_this_run()?;
    let tokens = Arc::new(TokenKey::derive(secret.bytes(), TenantId::default(), 0));
    let mut reader = FrameReader::new(TenantId::default(), 0, &arguments.dialect, tokens)
        .ok_or_else(|| no_dialect(&arguments.dialect))?;
    let mut player = Player::new();
    let mut bad_lines = 0;
    for path in &arguments.files {
        let name = path.display().to_string();
        let file = std::fs::File::open(path).map_err(|e| cant_read(&name, &e))?;
        for line in Recording::new(BufReader::new(file), &name) {
            match line {
                Ok(recorded) => {
                    let event = reader.read(&recorded.frame);
                    player.play(recorded.at, event, out).map_err(|e| written(&e))?;
                }
                Err(RecordingError::Io(e)) => return Err(cant_read(&name, &e)),
                Err(RecordingError::Line(problem)) => {
                    bad_lines += 1;
                    console.complain(&problem);
                }
            }
        }
    }
    player.finish(out).map_err(|e| written(&e))?;
    let totals = player.totals();
    console.say(
        &format!(
            "{} 条报文，{} 条未解，{} 个发现",
            totals.accepted,
            totals.undecoded,
            totals.findings.values().sum::<u64>()
        ),
        &format!(
            "{} messages, {} undecoded, {} findings",
            totals.accepted,
            totals.undecoded,
            totals.findings.values().sum::<u64>()
        ),
    );
    let incomplete = bad_lines > 0 || totals.undecoded > 0;
    Ok(if incomplete { ExitCode::from(INCOMPLETE) } else { ExitCode::SUCCESS })
}

/// The output: NDJSON as it is, or each line turned into one for people.
struct Lines<'a, W: Write> {
    out: W,
    console: &'a Console,
    line: Vec<u8>,
}

impl<W: Write> Write for Lines<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.console.json {
            return self.out.write(bytes);
        }
        for &byte in bytes {
            if byte == b'\n' {
                let line = for_people(&self.line, self.console.lang);
                self.line.clear();
                self.out.write_all(line.as_bytes())?;
            } else {
                self.line.push(byte);
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn for_people(json: &[u8], lang: Lang) -> String {
    let v: serde_json::Value = serde_json::from_slice(json).unwrap_or_default();
    let text = |value: &serde_json::Value| value[lang.tag()].as_str().unwrap_or_default().to_owned();
    let s = |key: &str| v[key].as_str().unwrap_or_default().to_owned();
    if v["kind"] == "finding" {
        return format!("{} ! {} {}: {}\n", s("log_time"), s("id"), s("code"), text(&v["text"]));
    }
    let card = v["card"].as_object().map_or(String::new(), |c| {
        format!("{}••••••{}", c["bin"].as_str().unwrap_or_default(), c["last4"].as_str().unwrap_or_default())
    });
    let reasons: Vec<String> =
        v["reasons"].as_array().into_iter().flatten().map(|r| text(&r["text"])).collect();
    format!(
        "{} {:>6} {} {:<8} {:<6} {:<16} {:>10} {:<2} {:>4} {:<7} {}\n",
        s("log_time"),
        v["offset"],
        s("mti"),
        s("terminal"),
        s("trace"),
        card,
        v["amount"].as_i64().map_or(String::new(), |a| a.to_string()),
        s("response_code"),
        v["score"],
        s("decision"),
        reasons.join("; ")
    )
}
