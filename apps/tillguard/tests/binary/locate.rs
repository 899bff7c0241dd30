//! `tillguard locate` as scripts call it: volumes and ratios, no finding, bad rows.

use crate::harness::{run, run_with, stderr, stdout};
use serde_json::Value;

/// Issuer × region × hour with one issuer at fault in one region.
fn ratios(fault: bool) -> String {
    let mut csv = String::from("issuer,region,mode,failures,total,expected_rate\n");
    for issuer in 0..12 {
        for region in 0..9 {
            for mode in ["chip", "tap"] {
                let bad = fault && issuer == 3 && region == 5;
                let failures = if bad { 45 } else { 2 + (issuer * 7 + region * 5 + mode.len()) % 4 };
                csv += &format!("bank{issuer},region{region},{mode},{failures},60,0.058\n");
            }
        }
    }
    csv
}

fn volumes() -> String {
    let mut csv = String::from("operator,model,region,actual,expected\n");
    for operator in ["red", "blue", "green"] {
        for model in 0..8 {
            for region in 0..20 {
                let expected = f64::from(100 + model * 13 + region * 3);
                let wobble = f64::from((model * 31 + region * 17) % 11 - 5) * 0.004;
                let shift = if operator == "blue" && model == 2 { 0.4 } else { 1.0 };
                csv += &format!(
                    "{operator},m{model},r{region},{:.2},{expected}\n",
                    expected * shift * (1.0 + wobble)
                );
            }
        }
    }
    csv
}

fn located(csv: &str) -> Value {
    let output = run_with(&["locate", "-", "--json"], csv.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    serde_json::from_str(&stdout(&output)).expect("one document")
}

#[test]
fn an_issuer_that_fails_in_one_region_is_named() {
    let answer = located(&ratios(true));
    assert_eq!(answer["schema"], "tillguard.location/1");
    let elements = answer["elements"].as_array().expect("a list");
    assert_eq!(elements.len(), 1, "{answer}");
    assert_eq!(elements[0]["where"], serde_json::json!({"issuer": "bank3", "region": "region5"}));
    assert_eq!((&elements[0]["direction"], &elements[0]["failures"]), (&"up".into(), &90.0.into()));
    assert_eq!(elements[0]["total"], 120.0);
    assert!(elements[0]["expected"].as_f64().is_some_and(|e| (e - 6.96).abs() < 1e-9));
    assert!(elements[0]["share"].is_f64() && elements[0]["score"].is_f64());
    assert_eq!((&answer["outside"], &answer["unexplained_share"]), (&false.into(), &0.0.into()));
    assert!(answer["seconds"].is_f64());
}

#[test]
fn missing_volume_is_named_and_a_quiet_window_gives_nothing() {
    let answer = located(&volumes());
    assert_eq!(answer["elements"].as_array().map(Vec::len), Some(1), "{answer}");
    assert_eq!(answer["elements"][0]["where"], serde_json::json!({"operator": "blue", "model": "m2"}));
    assert_eq!(answer["elements"][0]["direction"], "down");
    let answer = located(&ratios(false));
    assert_eq!(answer["elements"], serde_json::json!([]), "{answer}");
}

#[test]
fn bad_rows_are_named_and_left_out_only_when_asked() {
    let csv = ratios(true).replacen("bank0,region0,chip,0,60", "bank0,region0,chip,x,60", 1)
        + "bank0,region0,chip,70,60,0.05\nbank0,1,2\n";
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rows.csv");
    std::fs::write(&file, csv.replace("bank1,region0,chip,", "bank1,region0,chip,y")).expect("writes");
    let path = file.to_str().expect("a plain path");
    let output = run(&["locate", path, "--json"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stdout.is_empty(), "nothing is located in a damaged file");
    let problems: Vec<Value> =
        stderr(&output).lines().map(|l| serde_json::from_str(l).expect("a problem")).collect();
    let lines: Vec<u64> = problems.iter().filter_map(|p| p["where"]["line"].as_u64()).collect();
    assert!(lines.contains(&20) && lines.contains(&218) && lines.contains(&219), "{lines:?}");
    assert!(problems.iter().any(|p| p["where"]["field"] == "failures" && p["expected"] == "at most total"));
    let output = run(&["locate", path, "--json", "--skip-bad-rows"]);
    assert_eq!(output.status.code(), Some(3), "done, but not with all rows");
    let answer: Value = serde_json::from_str(&stdout(&output)).expect("one document");
    assert_eq!(answer["elements"][0]["where"]["issuer"], "bank3");
    assert_eq!(answer["skipped_rows"], lines.len());
}

#[test]
fn wrong_columns_are_explained() {
    let output = run_with(&["locate", "-", "--json"], b"issuer,actual\nx,1\n");
    let problem: Value = serde_json::from_str(stderr(&output).trim()).expect("a problem");
    assert_eq!((&problem["code"], &problem["where"]["line"]), (&"TG-1007".into(), &1.into()));
    assert_eq!(output.status.code(), Some(3));
}
