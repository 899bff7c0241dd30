//! Counts how a file of labelled texts is judged: `cargo run -p tg-lure --example lure_figures -- [--counts] FILE...`.
//!
//! Why it exists: the figures in `data/lure/README.md` are made by it. With `--counts` no text is shown, so that
//! a file that nobody tunes on can be measured without being read.

use serde_json::Value;
use std::collections::BTreeMap;

fn main() {
    let mut counts_only = false;
    for name in std::env::args().skip(1) {
        if name == "--counts" {
            counts_only = true;
            continue;
        }
        let file = match std::fs::read_to_string(&name) {
            Ok(file) => file,
            Err(e) => {
                eprintln!("{name}: {e}");
                continue;
            }
        };
        measure(&name, &file, counts_only);
    }
}

fn measure(name: &str, file: &str, counts_only: bool) {
    let mut counts: BTreeMap<(String, String), u32> = BTreeMap::new();
    for line in file.lines().filter(|l| !l.trim().is_empty()) {
        let row: Value = serde_json::from_str(line).unwrap_or(Value::Null);
        let outcome = tg_lure::check_vector(line);
        let word = |v: &Value| v.as_str().unwrap_or("?").to_owned();
        *counts.entry((word(&row["label"]), word(&outcome.got["verdict"]))).or_default() += 1;
        if !outcome.ok && !counts_only {
            println!("{} {} {} {}", outcome.id, word(&row["label"]), outcome.got, word(&row["text"]));
        }
    }
    let of = |label: &str, verdict: &str| {
        f64::from(counts.get(&(label.to_owned(), verdict.to_owned())).copied().unwrap_or(0))
    };
    let (right, doubtful, missed) = (of("lure", "lure"), of("lure", "suspicious"), of("lure", "benign"));
    let (wrong, wary, quiet) = (of("benign", "lure"), of("benign", "suspicious"), of("benign", "benign"));
    let share = |a: f64, b: f64| if b > 0.0 { a / b } else { 0.0 };
    println!(
        "{name}: lure {right} lure, {doubtful} suspicious, {missed} benign; benign {quiet} benign, {wary} suspicious, {wrong} lure"
    );
    println!(
        "  lure or suspicious: recall {:.3}, precision {:.3}; lure alone: recall {:.3}, precision {:.3}",
        share(right + doubtful, right + doubtful + missed),
        share(right + doubtful, right + doubtful + wrong + wary),
        share(right, right + doubtful + missed),
        share(right, right + wrong),
    );
}
