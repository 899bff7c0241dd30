//! `tillguard decode`: what a message says, card data masked (contract, section 1).

use crate::arguments::Decode;
use crate::output::{Console, Done, INCOMPLETE, cant_read, no_dialect};
use std::io::Read;
use std::process::ExitCode;
use tg_codes::Catalogue;
use tg_iso8583::{Decoder, Description, describe};
use tg_text::{Problem, Text};

/// A file larger than this is no file of messages to look at; recordings go through `replay`.
const INPUT_BYTES_MAX: u64 = 64 << 20;

pub fn run(arguments: &Decode, console: &Console) -> Done {
    let input = read(&arguments.file)?;
    let mut decoder = Decoder::named(&arguments.dialect).ok_or_else(|| no_dialect(&arguments.dialect))?;
    let scheme = tg_ingest::scheme_of_dialect(&arguments.dialect);
    let meaning = |mti: tg_iso8583::Mti, code: &str| {
        let row = Catalogue::builtin().code_in_message(scheme, &mti.to_string(), code);
        Some(row.map_or_else(
            || Text::fixed("目录未收录，勿凭猜测处理", "not in the catalogue, don't guess"),
            |r| r.meaning.clone(),
        ))
    };
    let mut incomplete = false;
    for message in messages(&input) {
        let described = match message {
            Ok(bytes) => describe(&mut decoder, &bytes, &meaning),
            Err(problem) => {
                console.complain(&problem);
                incomplete = true;
                continue;
            }
        };
        incomplete |= described.error.is_some();
        if console.json {
            console.print_json(&described)?;
        } else {
            print(&described, console)?;
        }
    }
    Ok(if incomplete { ExitCode::from(INCOMPLETE) } else { ExitCode::SUCCESS })
}

fn read(file: &str) -> Result<Vec<u8>, Box<Problem>> {
    let mut input = Vec::new();
    let read = match file {
        "-" => std::io::stdin().take(INPUT_BYTES_MAX + 1).read_to_end(&mut input),
        path => std::fs::File::open(path).and_then(|f| f.take(INPUT_BYTES_MAX + 1).read_to_end(&mut input)),
    };
    read.map_err(|e| cant_read(file, &e))?;
    if input.len() as u64 > INPUT_BYTES_MAX {
        let what = Text::fixed("文件超过 64 MiB", "the file is larger than 64 MiB");
        return Err(Box::new(Problem::new("TG-1006", what).in_file(file)));
    }
    Ok(input)
}

type Message = Result<Vec<u8>, Box<Problem>>;

/// The messages of a file: one a line in hex, or the whole file as one binary message. In a line of a
/// recording (`RFC3339-time hex`) the time is passed over.
fn messages(input: &[u8]) -> Vec<Message> {
    let Some(text) = std::str::from_utf8(input).ok().filter(|t| looks_like_lines(t)) else {
        return vec![Ok(input.to_vec())];
    };
    let lines = text.lines().enumerate().map(|(i, line)| (i as u64 + 1, line.trim()));
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(n, line)| from_line(n, line))
        .collect()
}

/// Lines of hexadecimal characters, white space, and what times are made of. A binary message has others.
fn looks_like_lines(text: &str) -> bool {
    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
    let mut any = false;
    let known = |c: char| c.is_ascii_hexdigit() || c.is_ascii_whitespace() || "TZ:.+-xX".contains(c);
    let all = lines.inspect(|_| any = true).all(|l| l.chars().all(known));
    all && any
}

fn from_line(number: u64, line: &str) -> Message {
    let hex = match line.split_once([' ', '\t']) {
        Some((time, hex)) if time.parse::<jiff::Timestamp>().is_ok() => hex,
        _ => line,
    };
    let digits: Vec<u8> = hex.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let digit = |c: u8| char::from(c).to_digit(16).map(|d| d as u8);
    let bytes: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect();
    bytes.ok_or_else(|| {
        let what =
            Text::fixed("这一行不是成对的十六进制字符", "the line is not pairs of hexadecimal characters");
        Box::new(Problem::new("TG-1002", what).at_line(number))
    })
}

fn print(d: &Description, console: &Console) -> Result<(), Box<Problem>> {
    let lang = console.lang;
    let mti = d.mti.as_deref().unwrap_or("????");
    console.print(&format!("── {mti}  {}", d.dialect))?;
    for (name, text) in &d.meaning {
        console.print(&format!("   {name}: {}", console.text(text)))?;
    }
    for f in &d.fields {
        let masked = if f.masked { lang.pick("（已遮蔽）", " (masked)") } else { "" };
        console.print(&format!("   {:>3} {:<28} {}{masked}", f.number, console.text(&f.name), f.value))?;
    }
    for e in &d.emv {
        console.print(&format!("    {:>5} {:<26} {}", e.tag, console.text(&e.name), e.value))?;
        for meaning in &e.meaning {
            console.print(&format!("          {}", console.text(meaning)))?;
        }
    }
    if let Some(e) = &d.error {
        let field = e.field.map_or(String::new(), |f| lang.pick(format!("域 {f}，"), format!("field {f}, ")));
        let (expected, found) = (console.text(&e.expected), console.text(&e.found));
        let line = lang.pick(
            format!(
                "   ✗ {}：{field}第 {} 字节：应为{expected}，实际为{found}。{}",
                e.kind,
                e.offset,
                console.text(&e.hint)
            ),
            format!(
                "   ✗ {}: {field}byte {}: expected {expected}, found {found}. {}",
                e.kind,
                e.offset,
                console.text(&e.hint)
            ),
        );
        console.print(&line)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_lines_times_and_binary_are_told_apart() {
        let read =
            |input: &[u8]| -> Vec<Option<Vec<u8>>> { messages(input).into_iter().map(Result::ok).collect() };
        assert_eq!(read(b"0200\n# note\n\n08 00\n"), [Some(vec![2, 0]), Some(vec![8, 0])]);
        assert_eq!(read(b"2026-01-02T03:04:05Z 0210\n"), [Some(vec![2, 16])]);
        assert_eq!(read(&[2, 0, 0xFF]), [Some(vec![2, 0, 0xFF])]);
        assert_eq!(read(b"0200\n021\n"), [Some(vec![2, 0]), None]);
    }
}
