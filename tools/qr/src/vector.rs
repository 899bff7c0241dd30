//! Known answers: one row of a file such as `data/qr/payloads.jsonl` or `attacks.jsonl`, tried.
//!
//! Why it exists: the same rows are tried on other implementations. A payload is right when scheme, objects, fields
//! and check value are as expected, and when a clean one gives no finding and a negative one gives some. An attack is
//! right when no expected finding is missing and, where none is expected, none is told.

use crate::check::{Place, check};
use crate::format::consumer::Consumer;
use crate::format::merchant::Merchant;
use crate::report::Report;
use serde::Deserialize;
use serde_json::{Value, json};

/// What became of a row.
#[derive(Debug)]
pub struct Outcome {
    /// The row's id.
    pub id: String,
    /// Right or wrong.
    pub ok: bool,
    /// What was found.
    pub got: Value,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    payload: String,
    scheme: Option<String>,
    mode: Option<String>,
    #[serde(default)]
    note: String,
    issued_code: Option<String>,
    expect_findings: Option<Vec<String>>,
    expect: Option<Value>,
    emv: Option<Value>,
}

/// Judges one line.
pub fn check_vector(line: &str) -> Outcome {
    let row: Row = match serde_json::from_str(line) {
        Ok(row) => row,
        Err(e) => return Outcome { id: String::new(), ok: false, got: json!({ "error": e.to_string() }) },
    };
    let issued: Vec<String> = row.issued_code.iter().cloned().collect();
    let report = check(&row.payload, &Place { issued: &issued, ..Place::default() });
    let mut wrong = Vec::new();
    match &row.expect_findings {
        Some(expected) => findings(expected, &report, &mut wrong),
        None => payload(&row, &report, &mut wrong),
    }
    let got = json!({
        "scheme": report.scheme, "verdict": report.verdict, "findings": report.codes(), "crc_ok": report.crc_ok,
        "wrong": wrong,
    });
    Outcome { id: row.id, ok: wrong.is_empty(), got }
}

fn findings(expected: &[String], report: &Report, wrong: &mut Vec<String>) {
    let codes = report.codes();
    wrong.extend(expected.iter().filter(|e| !codes.contains(&e.as_str())).map(|e| format!("missing: {e}")));
    if expected.is_empty() {
        wrong.extend(codes.iter().map(|c| format!("told of a clean code: {c}")));
    }
}

fn payload(row: &Row, report: &Report, wrong: &mut Vec<String>) {
    if row.scheme.as_deref().is_some_and(|s| s != report.scheme) {
        wrong.push(format!("scheme: {}", report.scheme));
    }
    let emv = row.emv.as_ref();
    let crc = emv.and_then(|e| e["crc_ok"].as_bool());
    if emv.is_some() && crc != report.crc_ok {
        wrong.push(format!("crc_ok: {:?}", report.crc_ok));
    }
    if let Some(emv) = emv {
        objects(&row.payload, emv, wrong);
    }
    for (name, value) in row.expect.iter().filter_map(Value::as_object).flatten() {
        if report.fields.get(name) != Some(value) && !hides_track_data(&row.payload, name, value, report) {
            wrong.push(format!("{name}: {:?}", report.fields.get(name)));
        }
    }
    // A row that is to be refused says so in its mode or, for addresses, in its note.
    let refused = row.mode.as_deref().is_some_and(|m| m.ends_with("-neg"))
        || ["rejected", "non-INR"].iter().any(|word| row.note.contains(word));
    if refused == report.findings.is_empty() {
        wrong.push(format!("findings: {:?}", report.codes()));
    }
}

/// The expected objects, compared in clear (nothing of them is printed).
fn objects(text: &str, emv: &Value, wrong: &mut Vec<String>) {
    let read = Merchant::read(text);
    let Some(tags) = emv["tags"].as_array() else {
        if read.is_ok() {
            wrong.push("read what is malformed".to_owned());
        }
        return;
    };
    let Ok(m) = read else {
        wrong.push("malformed".to_owned());
        return;
    };
    let found: Vec<Value> =
        m.list.objects.iter().map(|o| json!([format!("{:02}", o.tag), o.value])).collect();
    if found != *tags {
        wrong.push("other objects".to_owned());
    }
    if emv["len_unit"].as_str().is_some_and(|unit| unit != m.unit().word()) {
        wrong.push(format!("len_unit: {}", m.unit().word()));
    }
    if emv["crc_calc"].as_str().is_some_and(|c| c != format!("{:04X}", m.crc_computed)) {
        wrong.push(format!("crc_calc: {:04X}", m.crc_computed));
    }
}

/// The first bytes of a consumer-presented code may hold card data already; then they are stars.
fn hides_track_data(text: &str, name: &str, expected: &Value, report: &Report) -> bool {
    let (Some(c), Some(expected)) = (Consumer::read(text), expected.as_str()) else { return false };
    let shown = report.fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let same = |(a, b): (&[u8], &[u8])| a == b || b == b"2a";
    name == "hex_head"
        && c.holds_card_data()
        && shown.len() == expected.len()
        && expected.as_bytes().chunks(2).zip(shown.as_bytes().chunks(2)).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAYLOADS: &str = include_str!("../../../data/qr/payloads.jsonl");
    const ATTACKS: &str = include_str!("../../../data/qr/attacks.jsonl");

    #[test]
    fn every_given_row_holds() {
        for line in PAYLOADS.lines().chain(ATTACKS.lines()) {
            let outcome = check_vector(line);
            assert!(outcome.ok, "{}: {}", outcome.id, outcome.got);
        }
    }

    #[test]
    fn each_attack_is_told_by_exactly_its_names() {
        for line in ATTACKS.lines() {
            let row: Value = serde_json::from_str(line).expect("is JSON");
            let mut expected: Vec<&str> =
                row["expect_findings"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
            let got = check_vector(line).got;
            let mut told: Vec<&str> =
                got["findings"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
            expected.sort_unstable();
            told.sort_unstable();
            assert_eq!(told, expected, "{}", row["id"]);
            let verdict = if expected.is_empty() { "ok" } else { "not ok" };
            assert_eq!(verdict == "ok", got["verdict"] == "ok", "{}", row["id"]);
        }
    }

    #[test]
    fn a_wrong_expectation_fails() {
        for row in [
            r#"{"id":"x","payload":"wxp://f2f0abc","scheme":"UPI"}"#,
            r#"{"id":"x","payload":"https://evil.test/","issued_code":"https://a.example/","expect_findings":["crc_bad"]}"#,
            r#"{"id":"x","payload":"tel:1","scheme":"link"}"#,
            "{",
        ] {
            assert!(!check_vector(row).ok, "{row}");
        }
    }
}
