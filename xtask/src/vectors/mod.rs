//! Runs files of known answers: one JSON object a line in, `{"id","ok","skipped","got"}` a line out.
//!
//! Why it exists: the same vectors are tried on other implementations, and others of the same form are
//! tried on this one. A row that isn't built is `null` and skipped, never true.

mod crypto;

use serde::Serialize;
use serde_json::Value;
use std::io::Write;
use std::process::ExitCode;

/// What became of one row.
#[derive(Serialize)]
struct Outcome {
    id: String,
    ok: Option<bool>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    skipped: bool,
    got: Value,
}

/// Judges one line.
type Judge = fn(&str) -> Outcome;

/// `cargo xtask vectors KIND FILE`: 0 if none fails, 1 if one does, 2 for wrong use.
pub fn command(kind: &str, file: &str) -> ExitCode {
    let judge: Judge = match kind {
        "iso8583" => iso8583,
        "crypto" => crypto::judge,
        "lure" => lure,
        "qr" => qr,
        _ => return wrong_use(&format!("vectors {kind}: unknown; crypto, iso8583, qr, lure")),
    };
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(e) => return wrong_use(&format!("{file}: {e}")),
    };
    let mut out = std::io::stdout().lock();
    let tally = match run(judge, &text, &mut out) {
        Ok(tally) => tally,
        Err(e) => return wrong_use(&format!("can't write: {e}")),
    };
    eprintln!("vectors {kind}: {} right, {} wrong, {} skipped", tally.right, tally.wrong, tally.skipped);
    if tally.wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn wrong_use(says: &str) -> ExitCode {
    eprintln!("{says}");
    ExitCode::from(2)
}

#[derive(Default, Debug, PartialEq, Eq)]
struct Tally {
    right: u32,
    wrong: u32,
    skipped: u32,
}

fn run(judge: Judge, text: &str, out: &mut impl Write) -> std::io::Result<Tally> {
    let mut tally = Tally::default();
    for line in text.lines().filter(|l| !l.trim().is_empty()) {
        let outcome = judge(line);
        match outcome.ok {
            Some(true) => tally.right += 1,
            Some(false) => tally.wrong += 1,
            None => tally.skipped += 1,
        }
        writeln!(out, "{}", serde_json::to_string(&outcome)?)?;
    }
    Ok(tally)
}

fn iso8583(line: &str) -> Outcome {
    let outcome = tg_iso8583::check_vector(line);
    Outcome { id: outcome.id, ok: outcome.ok, skipped: outcome.skipped, got: outcome.got }
}

fn lure(line: &str) -> Outcome {
    let outcome = tg_lure::check_vector(line);
    Outcome { id: outcome.id, ok: Some(outcome.ok), skipped: false, got: outcome.got }
}

fn qr(line: &str) -> Outcome {
    let outcome = tg_qr::check_vector(line);
    Outcome { id: outcome.id, ok: Some(outcome.ok), skipped: false, got: outcome.got }
}

#[cfg(test)]
mod tests {
    use super::crypto::judge as crypto;
    use super::*;
    use serde_json::json;

    fn printed(judge: Judge, text: &str) -> (Tally, Vec<Value>) {
        let mut out = Vec::new();
        let tally = run(judge, text, &mut out).expect("writes to memory");
        let text = String::from_utf8(out).expect("is text");
        (tally, text.lines().map(|l| serde_json::from_str(l).expect("is JSON")).collect())
    }

    #[test]
    fn the_projects_own_messages_hold() {
        let text = std::fs::read_to_string(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../formats/iso8583/tests/vectors.jsonl"
        ))
        .expect("the vectors are in the repository");
        let (tally, rows) = printed(iso8583, &text);
        assert_eq!((tally.wrong, rows.len()), (0, text.lines().count()));
        assert!(tally.right > 20, "{tally:?}");
    }

    #[test]
    fn the_given_lures_hold_and_a_wrong_label_fails() {
        let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../data/lure/texts.jsonl"))
            .expect("the texts are in the repository");
        let (tally, _) = printed(lure, &text);
        assert_eq!((tally.right, tally.wrong), (26, 0));
        let row = r#"{"id":"x","label":"lure","text":"今天天气很好","signals":[]}"#;
        assert_eq!(printed(lure, row).0.wrong, 1);
    }

    #[test]
    fn the_given_codes_hold() {
        for (file, rows) in [("payloads", 47), ("attacks", 34)] {
            let path = format!("{}/../data/qr/{file}.jsonl", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(path).expect("the codes are in the repository");
            let (tally, _) = printed(qr, &text);
            assert_eq!((tally.right, tally.wrong), (rows, 0), "{file}");
        }
    }

    #[test]
    fn a_wrong_answer_is_false_and_counted() {
        let row = r#"{"id":"x","dialect":"cup_pos_bare","hex":"0800000000000000000C","mti":"0810","fields":{},"header":{}}"#;
        let (tally, rows) = printed(iso8583, row);
        assert_eq!((tally.wrong, rows[0]["ok"].as_bool()), (1, Some(false)));
        assert!(rows[0].get("skipped").is_none());
    }

    #[test]
    fn what_is_not_built_is_null_and_skipped() {
        for (judge, row) in [
            (iso8583 as Judge, r#"{"id":"x","dialect":"no_such_dialect","hex":"00"}"#),
            (crypto, r#"{"id":"x","alg":"no_such_algorithm","in":{},"out":{}}"#),
        ] {
            let (tally, rows) = printed(judge, row);
            assert_eq!(tally, Tally { skipped: 1, ..Tally::default() });
            assert_eq!(
                (&rows[0]["ok"], &rows[0]["skipped"], &rows[0]["id"]),
                (&Value::Null, &json!(true), &json!("x"))
            );
        }
    }

    #[test]
    fn a_damaged_line_fails() {
        for judge in [iso8583 as Judge, crypto, lure, qr] {
            assert_eq!(printed(judge, "{\"id\"").0.wrong, 1);
        }
    }
}
