//! Known answers: one row of a file such as `data/lure/texts.jsonl`, tried.
//!
//! Why it exists: the same rows are tried on other implementations. A row is right when the verdict is that of
//! its label and no signal that it names is missing; signals beyond are told in `got`.

use crate::judge::{Verdict, judge};
use serde::Deserialize;
use serde_json::{Value, json};

/// What became of a row.
#[derive(Debug)]
pub struct Outcome {
    /// The row's id.
    pub id: String,
    /// Right or wrong.
    pub ok: bool,
    /// What was found: verdict, signals, those missing, those beyond.
    pub got: Value,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    label: String,
    text: String,
    #[serde(default)]
    signals: Vec<String>,
}

/// Judges one line.
pub fn check_vector(line: &str) -> Outcome {
    let row: Row = match serde_json::from_str(line) {
        Ok(row) => row,
        Err(e) => return Outcome { id: String::new(), ok: false, got: json!({ "error": e.to_string() }) },
    };
    let judgement = judge(&row.text);
    let codes: Vec<&str> = judgement.signals.iter().map(|s| s.code.as_str()).collect();
    let missing: Vec<&String> = row.signals.iter().filter(|s| !codes.contains(&s.as_str())).collect();
    let beyond: Vec<&&str> = codes.iter().filter(|c| !row.signals.iter().any(|s| s == **c)).collect();
    let verdict = match row.label.as_str() {
        "lure" => judgement.verdict == Verdict::Lure,
        "suspicious" => judgement.verdict == Verdict::Suspicious,
        "benign" => judgement.verdict == Verdict::Benign,
        _ => false,
    };
    Outcome {
        id: row.id,
        ok: verdict && missing.is_empty(),
        got: json!({
            "verdict": judgement.verdict, "score": judgement.score,
            "signals": codes, "missing": missing, "beyond": beyond,
        }),
    }
}
