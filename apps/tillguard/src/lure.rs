//! `tillguard lure`: is this text a lure (contract, section 6).
//!
//! Never prints the text itself: it may hold a contact that nobody should copy.

use crate::arguments::Lure;
use crate::output::{Console, Done, INCOMPLETE, cant_read};
use std::io::Read;
use std::process::ExitCode;
use tg_lure::{Judgement, TEXT_BYTES_MAX, Verdict, judge};
use tg_text::{Problem, Text};

/// With `--lines` a file may hold many texts.
const FILE_BYTES_MAX: u64 = 64 << 20;

pub fn run(arguments: &Lure, console: &Console) -> Done {
    let text = text_of(arguments)?;
    if !arguments.lines {
        if text.len() > TEXT_BYTES_MAX {
            return Err(too_large("文字超过 1 MiB", "the text is larger than 1 MiB"));
        }
        print(&judge(&text), console)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut incomplete = false;
    for (i, line) in text.lines().enumerate() {
        if line.len() > TEXT_BYTES_MAX {
            let problem = too_large("这一行超过 1 MiB", "the line is larger than 1 MiB");
            console.complain(&problem.at_line(i as u64 + 1));
            incomplete = true;
            continue;
        }
        print(&judge(line), console)?;
    }
    Ok(if incomplete { ExitCode::from(INCOMPLETE) } else { ExitCode::SUCCESS })
}

/// The argument is a file if there is one of that name, else the text itself.
fn text_of(arguments: &Lure) -> Result<String, Box<Problem>> {
    let name = arguments.what.join(" ");
    let file = std::path::Path::new(&name);
    let mut bytes = Vec::new();
    let read = match name.as_str() {
        "-" => std::io::stdin().take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes),
        _ if name.len() < 4096 && file.is_file() => {
            std::fs::File::open(file).and_then(|f| f.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes))
        }
        _ => return Ok(name),
    };
    read.map_err(|e| cant_read(&name, &e))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(Box::new(too_large("文件超过 64 MiB", "the file is larger than 64 MiB").in_file(name)));
    }
    // A text in another encoding is judged as far as it can be read.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn too_large(zh: &'static str, en: &'static str) -> Box<Problem> {
    Box::new(Problem::new("TG-1006", Text::fixed(zh, en)))
}

fn print(judgement: &Judgement, console: &Console) -> Result<(), Box<Problem>> {
    if console.json {
        return console.print_json(judgement);
    }
    let lang = console.lang;
    let verdict = match judgement.verdict {
        Verdict::Lure => lang.pick("像是诱骗", "looks like a lure"),
        Verdict::Suspicious => lang.pick("可疑，先核实", "suspicious: check first"),
        Verdict::Benign => lang.pick("未见诱骗", "no lure found"),
    };
    console.print(&format!("{verdict} ({:.2})", judgement.score))?;
    for s in &judgement.signals {
        console.print(&format!(
            "  {:>4}–{:<4} {:<22} {}",
            s.span.0,
            s.span.1,
            s.code,
            console.text(&s.text)
        ))?;
    }
    for s in &judgement.quoted {
        let told = lang.pick("（只是提到）", " (only spoken of)");
        console.print(&format!("  {:>4}–{:<4} {:<22}{told}", s.span.0, s.span.1, s.code))?;
    }
    console.print(&format!("  → {}", console.text(&judgement.advice)))
}
