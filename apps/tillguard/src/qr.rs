//! `tillguard qr`: is this payment code right (contract, section 6).
//!
//! Prints an array, one object a code that was read; a text gives one. Never prints card data that a code holds.

use crate::arguments::Qr;
use crate::output::{Console, Done, cant_read, wrong_use};
use std::io::Read;
use std::process::ExitCode;
use tg_qr::{
    BadPicture, FILE_BYTES_MAX, Keys, Place, PublicKey, Report, Severity, Verdict, check, check_picture,
};
use tg_text::{Problem, Text};

/// A key file is small.
const KEY_BYTES_MAX: usize = 16 << 10;

pub fn run(arguments: &Qr, console: &Console) -> Done {
    let keys = keys(&arguments.key)?;
    // The last day of a code counts everywhere: the day that it is in UTC.
    let today = jiff::Timestamp::now().strftime("%Y%m%d").to_string();
    let place = Place {
        issued: &arguments.issued,
        allowed_hosts: &arguments.allow_host,
        keys: Some(&keys),
        today: Some(&today),
    };
    let reports = match picture_of(&arguments.what)? {
        Some(bytes) => check_picture(&bytes, &place).map_err(|bad| bad_picture(&arguments.what, bad))?,
        None => vec![check(&arguments.what, &place)],
    };
    if console.json {
        console.print_json(&reports)?;
    } else if reports.is_empty() {
        console.print(console.lang.pick(
            "没有读出码：靠近一些、避开反光，再拍一张。这不说明图里没有码。",
            "No code was read: go nearer, avoid glare and take another picture. This does not mean that there is none.",
        ))?;
    } else {
        reports.iter().try_for_each(|r| print(r, console))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The argument is a picture if a file of that name exists or `-` is given, else the text itself.
fn picture_of(what: &str) -> Result<Option<Vec<u8>>, Box<Problem>> {
    const NAME_BYTES_MAX: usize = 4096;
    let limit = FILE_BYTES_MAX as u64 + 1;
    let mut bytes = Vec::new();
    let file = std::path::Path::new(what);
    let read = match what {
        "-" => std::io::stdin().take(limit).read_to_end(&mut bytes),
        _ if what.len() < NAME_BYTES_MAX && file.is_file() => {
            std::fs::File::open(file).and_then(|f| f.take(limit).read_to_end(&mut bytes))
        }
        _ => return Ok(None),
    };
    read.map_err(|e| cant_read(what, &e))?;
    Ok(Some(bytes))
}

fn bad_picture(file: &str, bad: BadPicture) -> Box<Problem> {
    let what = match bad {
        BadPicture::OtherFormat => Text::fixed("不是 JPEG、PNG 或 WebP", "this is not JPEG, PNG or WebP"),
        BadPicture::TooLarge => Text::fixed("图片太大", "the picture is too large"),
        BadPicture::Damaged => Text::fixed("图片残缺或损坏", "the picture is cut or damaged"),
    };
    Box::new(Problem::new("TG-1011", what).in_file(file))
}

/// `ID=FILE`, each a public key.
fn keys(arguments: &[String]) -> Result<Keys, Box<Problem>> {
    let mut keys = Keys::new();
    for argument in arguments {
        let Some((id, file)) =
            argument.split_once('=').filter(|(id, file)| !id.is_empty() && !file.is_empty())
        else {
            let zh = format!("--key 应为“编号=文件”，得到：{argument}");
            return Err(wrong_use("--key", zh, format!("--key takes ID=FILE, not {argument}")));
        };
        let content = std::fs::read(file).map_err(|e| cant_read(file, &e))?;
        let key = Some(content).filter(|c| c.len() <= KEY_BYTES_MAX).and_then(|c| PublicKey::read(&c));
        let Some(key) = key else {
            let zh = format!("{file} 不是 Ed25519 或 P-256 公钥（PEM、DER、base64 或十六进制）");
            let en = format!("{file} is no Ed25519 or P-256 public key (PEM, DER, base64 or hex)");
            return Err(wrong_use("--key", zh, en));
        };
        keys.insert(id.to_owned(), key);
    }
    Ok(keys)
}

fn print(report: &Report, console: &Console) -> Result<(), Box<Problem>> {
    let lang = console.lang;
    let verdict = match report.verdict {
        Verdict::Ok => lang.pick("是登记的码", "the registered code"),
        Verdict::Unknown => lang.pick("无法证明，先核对", "not proven: check first"),
        Verdict::Suspicious => lang.pick("可疑，先核实", "suspicious: check first"),
        Verdict::Dangerous => lang.pick("不要使用", "don't use it"),
    };
    console.print(&format!("{verdict}  [{}]", report.scheme))?;
    console.print(&format!("  {}", printable(&report.text)))?;
    for (name, value) in &report.fields {
        if let Some(value) = value.as_str().map(printable).or_else(|| value.as_bool().map(|b| b.to_string()))
        {
            console.print(&format!("  {name:<14} {value}"))?;
        }
    }
    for finding in &report.findings {
        let severity = match finding.kind.entry().severity {
            Severity::High => lang.pick("高", "high"),
            Severity::Medium => lang.pick("中", "medium"),
            Severity::Low => lang.pick("低", "low"),
            Severity::Info => lang.pick("提示", "info"),
        };
        let code = finding.kind.entry().code;
        console.print(&format!("  ! {severity:<6} {code:<24} {}", console.text(&finding.text())))?;
    }
    console.print(&format!("  → {}", console.text(&report.advice)))
}

/// A code's text may hold anything: nothing that moves the cursor or turns the text reaches the terminal.
fn printable(text: &str) -> String {
    let hides = |c: char| {
        c.is_control()
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}')
    };
    text.chars().map(|c| if hides(c) { '\u{fffd}' } else { c }).collect()
}
