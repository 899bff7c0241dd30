//! How a command speaks: in the user's language, or as JSON; problems to standard error.

use serde::Serialize;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use tg_text::{Lang, Problem, Text};

/// What every command returns: its exit code, or the problem that stopped it.
pub type Done = Result<ExitCode, Box<Problem>>;

/// The exit code for input that was damaged or a limit that was reached.
pub const INCOMPLETE: u8 = 3;

/// The way out.
pub struct Console {
    /// The language.
    pub lang: Lang,
    /// JSON was asked for.
    pub json: bool,
}

impl Console {
    /// The language: as asked, else as the environment says, else English.
    pub fn new(asked: Option<Lang>, json: bool) -> Console {
        let environment = ["LC_ALL", "LC_MESSAGES", "LANG"];
        let set = environment.iter().filter_map(|name| std::env::var(name).ok()).find(|v| !v.is_empty());
        let lang = asked.or_else(|| Lang::from_tag(&set?)).unwrap_or(Lang::En);
        Console { lang, json }
    }

    /// A text in the user's language.
    pub fn text(&self, text: &Text) -> String {
        match self.lang {
            Lang::Zh => tg_text::chinese_punctuation(&text.zh),
            Lang::En => text.en.to_string(),
        }
    }

    /// One JSON document on one line.
    pub fn print_json(&self, value: &impl Serialize) -> Result<(), Box<Problem>> {
        let line = serde_json::to_string(value).map_err(|e| cant_write(&e.to_string()))?;
        self.print(&line)
    }

    /// One line. A reader that went away (`| head`) ends the program quietly.
    pub fn print(&self, line: &str) -> Result<(), Box<Problem>> {
        match writeln!(std::io::stdout().lock(), "{line}") {
            Ok(()) => Ok(()),
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
            Err(e) => Err(cant_write(&e.to_string())),
        }
    }

    /// A word to the person at the terminal; nothing where JSON was asked for or nobody looks.
    pub fn say(&self, zh: &str, en: &str) {
        if !self.json {
            eprintln!("{}", self.lang.pick(zh, en));
        }
    }

    /// Progress on one line that is overwritten; only on a terminal.
    pub fn progress(&self, line: &str) {
        if !self.json && std::io::stderr().is_terminal() {
            eprint!("\r{line}\x1b[K");
            let _ = std::io::stderr().flush();
        }
    }

    /// Ends the progress line.
    pub fn progress_done(&self) {
        if !self.json && std::io::stderr().is_terminal() {
            eprintln!();
        }
    }

    /// Says a problem on standard error.
    pub fn complain(&self, problem: &Problem) {
        if self.json {
            eprintln!("{}", serde_json::to_string(problem).unwrap_or_else(|_| problem.to_string()));
        } else {
            eprint!("{}", problem.render(self.lang));
        }
    }

    /// Says the problem and gives its exit code.
    pub fn fail(&self, problem: &Problem) -> ExitCode {
        self.complain(problem);
        ExitCode::from(match problem.code.as_bytes() {
            // Input that is damaged or too large leaves the work incomplete; the rest is wrong use.
            b"TG-1001" | b"TG-1004" | b"TG-1005" => 2,
            [b'T', b'G', b'-', b'1', ..] | [b'T', b'G', b'-', b'3', ..] | b"TG-4003" => INCOMPLETE,
            _ => 2,
        })
    }
}

fn cant_write(error: &str) -> Box<Problem> {
    Box::new(Problem::new(
        "TG-1001",
        Text::new(format!("写不出结果：{error}"), format!("the output can't be written: {error}")),
    ))
}

/// A file that can't be read.
pub fn cant_read(file: &str, error: &std::io::Error) -> Box<Problem> {
    Box::new(
        Problem::new("TG-1001", Text::new(format!("{file}：{error}"), format!("{file}: {error}")))
            .in_file(file),
    )
}

/// An argument that is wrong.
pub fn wrong_use(field: &str, zh: String, en: String) -> Box<Problem> {
    Box::new(Problem::new("TG-2002", Text::new(zh, en)).in_field(field))
}

/// A dialect that does not exist.
pub fn no_dialect(name: &str) -> Box<Problem> {
    let near = tg_text::nearest(name, tg_iso8583::NAMES.iter().copied());
    let what = Text::new(format!("没有方言 {name}"), format!("there is no dialect {name}"));
    let expected = near.map_or_else(|| tg_iso8583::NAMES.join(", "), str::to_owned);
    Box::new(Problem::new("TG-1004", what).because(expected, name))
}
