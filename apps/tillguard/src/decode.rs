//! `tillguard decode`: what a message says, card data masked (contract, section 1).

use crate::arguments::Decode;
use crate::output::{Console, Done, INCOMPLETE, cant_read, no_dialect};
use std::io::Read;
use std::process::ExitCode;
use tg_codes::Catalogue;
use tg_iso8583::{Candidate, Decoder, Description, Recognised, Sureness, describe, recognise};
use tg_text::{Problem, Text};

/// A file larger than this is no file of messages to look at; recordings go through `replay`.
const INPUT_BYTES_MAX: u64 = 64 << 20;

pub fn run(arguments: &Decode, console: &Console) -> Done {
    let input = read(&arguments.file)?;
    let messages = messages(&input);
    let auto = if arguments.dialect == AUTO { recognised(&messages) } else { None };
    let dialect = match (&auto, arguments.dialect.as_str()) {
        (Some(auto), _) => auto.dialect,
        // Nothing to recognise: no message is there.
        (None, AUTO) => tg_iso8583::sample::DIALECT,
        (None, named) => named,
    };
    let mut decoder = Decoder::named(dialect).ok_or_else(|| no_dialect(dialect))?;
    let scheme = tg_ingest::scheme_of_dialect(dialect);
    if let Some(auto) = auto.as_ref().filter(|_| !console.json) {
        console.print(&console.text(&auto.sentence()))?;
    }
    let meaning = |mti: tg_iso8583::Mti, code: &str| {
        let row = Catalogue::builtin().code_in_message(scheme, &mti.to_string(), code);
        Some(row.map_or_else(
            || Text::fixed("目录未收录，勿凭猜测处理", "not in the catalogue, don't guess"),
            |r| r.meaning.clone(),
        ))
    };
    let mut incomplete = false;
    for message in messages {
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
            console.print_json(&Object { described: &described, auto: auto.as_ref() })?;
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

/// `--dialect auto`: find the dialect out.
const AUTO: &str = "auto";

/// A message with what was found out about its dialect.
#[derive(serde::Serialize)]
struct Object<'a> {
    #[serde(flatten)]
    described: &'a Description,
    #[serde(skip_serializing_if = "Option::is_none")]
    auto: Option<&'a Auto>,
}

/// Which dialect was found, and how sure that is. The same in every object of a run: the dialect is found
/// over all messages together.
#[derive(serde::Serialize)]
struct Auto {
    dialect: &'static str,
    confidence: f64,
    sureness: Sureness,
    /// Messages looked at, and how many of them the dialect decodes.
    messages: usize,
    decoded: usize,
    runners_up: Vec<Candidate>,
}

/// The dialect of the messages; `None` if there are none.
fn recognised(messages: &[Message]) -> Option<Auto> {
    let sound: Vec<&[u8]> = messages.iter().filter_map(|m| m.as_deref().ok()).collect();
    if sound.is_empty() {
        return None;
    }
    let found: Recognised = recognise(&sound);
    let best = found.best()?;
    Some(Auto {
        dialect: best.dialect,
        confidence: best.confidence,
        sureness: found.sureness(),
        messages: found.messages,
        decoded: best.decoded,
        runners_up: found.runners_up(),
    })
}

impl Auto {
    /// For people: which, how sure, and what else it could be.
    fn sentence(&self) -> Text {
        let percent = (self.confidence * 100.0).floor();
        let named = |same: bool| {
            let names = self.runners_up.iter().filter(|c| c.same_reading == same);
            names.map(|c| c.dialect).collect::<Vec<_>>()
        };
        let (alike, others) = (named(true), named(false));
        let (zh, en) = match self.sureness {
            Sureness::Sure => (format!("把握 {percent}%"), format!("{percent}% sure")),
            Sureness::SameReading => (
                format!("按 {} 读出的结果完全相同，仅凭这些报文分不出来", alike.join("、")),
                format!("{} read these messages in exactly the same way; they can't tell which", alike.join(", ")),
            ),
            Sureness::Doubtful => (
                format!("把握不大（{percent}%），也可能是 {}；多给几条报文再认一次", others.join("、")),
                format!("not sure ({percent}%), it may be {}; give more messages", others.join(", ")),
            ),
            Sureness::PartlyDecoded => (
                format!("{} 条报文中只解开 {} 条：可能混有别的方言或报文有损", self.messages, self.decoded),
                format!(
                    "decodes {} of {} messages: another dialect may be among them, or damage",
                    self.decoded, self.messages
                ),
            ),
            Sureness::NoneFits => (
                "没有一种方言能完整解开这些报文，下面按最接近的显示；请核对是否带报文头，或报文是否被截断".to_owned(),
                "no dialect decodes these messages, so they are shown by the nearest; look for a header before them, or a cut"
                    .to_owned(),
            ),
        };
        let (found_zh, found_en) = match self.sureness {
            Sureness::NoneFits => ("最接近的方言", "Nearest dialect"),
            _ => ("识别出的方言", "Dialect found"),
        };
        let name = self.dialect;
        Text::new(format!("{found_zh}：{name}。{zh}。"), format!("{found_en}: {name}; {en}."))
    }
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
        for part in &f.subfields {
            let name = part.name.as_ref().map_or(String::new(), |name| console.text(name).to_string());
            let masked = if part.masked { lang.pick("（已遮蔽）", " (masked)") } else { "" };
            console.print(&format!("       .{:<4} {name:<22} {}{masked}", part.id, part.value))?;
        }
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
    fn what_was_found_is_said_with_how_sure() {
        let sample = tg_iso8583::sample::message().expect("builds");
        let auto = recognised(&[Ok(sample.clone())]).expect("a message");
        assert_eq!((auto.dialect, auto.sureness), ("cup_pos", Sureness::Sure));
        assert_eq!(auto.sentence().en, "Dialect found: cup_pos; 99% sure.");
        let partly = recognised(&[Ok(sample.clone()), Ok(sample[..100].to_vec())]).expect("messages");
        assert_eq!((partly.sureness, partly.decoded, partly.messages), (Sureness::PartlyDecoded, 1, 2));
        assert!(partly.sentence().en.contains("decodes 1 of 2 messages"));
        let alike = recognised(&[Ok(b"08000020000000000000000016".to_vec())]).expect("a message");
        assert_eq!(alike.sureness, Sureness::SameReading);
        assert!(alike.sentence().zh.contains("完全相同"));
        let none = recognised(&[Ok(vec![1, 2, 3])]).expect("a message");
        assert_eq!((none.sureness, none.confidence), (Sureness::NoneFits, 0.0));
        assert!(recognised(&[]).is_none());
    }

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
