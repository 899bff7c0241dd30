//! The simulated city through the real program: the demo's summary and clock, recordings with their truth, and
//! the hostile terminal that changes nothing for anybody else.

use crate::harness::{command, json_lines, run, stderr};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A recording of a few hours with its truth.
fn export(folder: &Path, more: &[&str]) -> (PathBuf, PathBuf) {
    let (recording, truth) = (folder.join("city.txt"), folder.join("truth.json"));
    let output = command(&["sim", "export", "--terminals", "40", "--out"])
        .arg(&recording)
        .arg("--truth")
        .arg(&truth)
        .args(more)
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{}", stderr(&output));
    (recording, truth)
}

fn ran(command: &mut Command) -> Output {
    command.output().expect("the binary runs")
}

fn problem(output: &Output) -> Value {
    serde_json::from_str(stderr(output).lines().last().expect("a word")).expect("a problem in JSON")
}

#[test]
fn the_demo_ends_by_itself_and_says_what_was_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let (config, data) = (folder.path().join("config"), folder.path().join("data"));
    let demo = |more: &[&str]| {
        let mut demo = command(&["demo", "--for", "4", "--terminals", "40", "--json", "--data"]);
        demo.arg(&data).args(more).env("XDG_CONFIG_HOME", &config).env("HOME", folder.path());
        let output = ran(&mut demo);
        assert!(output.status.success(), "{}", stderr(&output));
        json_lines(&output).remove(0)
    };
    let first = demo(&["--seed", "3"]);
    for key in ["seed", "transactions", "verdicts", "findings", "truth", "false_findings"] {
        assert!(first.get(key).is_some(), "{key}: {first}");
    }
    assert!(first["seed"] == 3 && first["transactions"].as_u64() > Some(1), "{first}");
    // A week lies behind the four seconds.
    assert!(first["verdicts"].as_u64() > Some(10_000), "{}", first["verdicts"]);
    let attacks = first["truth"].as_array().expect("a list");
    assert!(!attacks.is_empty());
    for attack in attacks {
        // Ten in the morning in the city, and four seconds of thirty.
        let started = attack["started"].as_str().expect("a time");
        assert!(("2026-11-10T02:00".."2026-11-10T02:02").contains(&started), "{started}");
        assert!(attack["subject"].is_object() && attack["found"].is_boolean());
    }
    // Opened again it goes on: nothing is forgotten, time does not fall, nobody has to attack.
    let second = demo(&["--seed", "3", "--attacks", "none"]);
    assert!(second["truth"].as_array().is_some_and(Vec::is_empty), "{second}");
    assert!(second["verdicts"].as_u64() > first["verdicts"].as_u64());
    let key = config.join("tillguard");
    let key = std::fs::read_dir(&key).expect("the key's folder").flatten().next().expect("a key").path();
    let replayed = ran(command(&["replay", "--json", "--data"]).arg(&data).arg("--key-file").arg(&key));
    assert!(replayed.status.success(), "{}", stderr(&replayed));
    let times: Vec<String> = json_lines(&replayed)
        .iter()
        .filter(|l| l["kind"] == "verdict")
        .filter_map(|l| l["log_time"].as_str().map(str::to_owned))
        .collect();
    assert!(times.is_sorted(), "log time falls");
    assert!(times.first().is_some_and(|t| t.starts_with("2026-11-0")), "{:?}", times.first());
    assert!(times.last().is_some_and(|t| t.as_str() > "2026-11-10T02:02"), "{:?}", times.last());
}

#[test]
fn a_recording_is_measured_against_its_truth_and_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let (recording, truth) = export(folder.path(), &["--seed", "5", "--hours", "30"]);
    let replayed = ran(command(&["replay", "--json"]).arg(&recording));
    assert!(replayed.status.success(), "{}", stderr(&replayed));
    let findings = folder.path().join("findings.json");
    std::fs::write(&findings, &replayed.stdout).expect("writes");
    let check = |truth: &Path, recording: &Path| {
        let mut check = command(&["sim", "check", "--json", "--truth"]);
        ran(check.arg(truth).arg("--findings").arg(&findings).arg("--recording").arg(recording))
    };
    let output = check(&truth, &recording);
    assert!(output.status.success(), "{}", stderr(&output));
    let measured = &json_lines(&output)[0];
    assert_eq!(measured["schema"], "tillguard.measured/1");
    let testing = &measured["kinds"]["card_testing"];
    assert_eq!((testing["staged"].as_u64(), testing["found"].as_u64()), (Some(1), Some(1)), "{measured}");
    assert!(measured["days"] == 1.25 && measured["messages"].as_u64() > Some(2_000), "{measured}");

    let refused = |truth: &str, recording: &Path, code: &str| {
        let path = folder.path().join("other.json");
        std::fs::write(&path, truth).expect("writes");
        let output = check(&path, recording);
        assert!(!output.status.success());
        assert_eq!(problem(&output)["code"], code, "{}", stderr(&output));
    };
    let text = std::fs::read_to_string(&truth).expect("reads");
    refused(&text.replacen("\"sim_version\":", "\"sim_version\":7", 1), &recording, "TG-1009");
    refused(&text.replacen("\"lines\":", "\"lines\":9", 1), &recording, "TG-1010");
    refused(&text, &findings, "TG-1010");
    refused("not a truth\n", &recording, "TG-1007");
    for impossible in [["--hours", "0"], ["--days", "4000"], ["--terminals", "0"], ["--attacks", "cash_in"]] {
        let mut arguments = vec!["sim", "export", "--json", "--out", "/dev/null"];
        arguments.extend(impossible);
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{impossible:?}");
        assert_eq!(problem(&output)["code"], "TG-2002", "{impossible:?}");
    }
}

#[test]
fn a_hostile_terminal_changes_no_other_terminals_verdict() {
    let folder = tempfile::tempdir().expect("a folder");
    let (recording, truth) = export(folder.path(), &["--seed", "6", "--hours", "6", "--hostile"]);
    let truth: Vec<Value> = std::fs::read_to_string(&truth)
        .expect("reads")
        .lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect();
    let story = truth.iter().find(|l| l["kind"] == "hostile").expect("it is there");
    let of_it: BTreeSet<u64> =
        truth.iter().filter(|l| l["of"] == story["story"]).filter_map(|l| l["line"].as_u64()).collect();
    assert!(of_it.len() > 2_000, "{}", of_it.len());
    let all = std::fs::read_to_string(&recording).expect("reads");
    let without: String = (1..)
        .zip(all.lines())
        .filter(|(number, _)| !of_it.contains(number))
        .map(|(_, line)| format!("{line}\n"))
        .collect();
    let quiet = folder.path().join("quiet.txt");
    std::fs::write(&quiet, without).expect("writes");
    let terminal = &story["subjects"][0]["terminal"];
    let verdicts = |path: &Path| -> Vec<Value> {
        let output = ran(command(&["replay", "--json"]).arg(path));
        assert!(output.status.success(), "{}", stderr(&output));
        let lines = json_lines(&output).into_iter().filter(|l| l["kind"] == "verdict");
        lines
            .filter(|l| l["terminal"] != *terminal)
            .map(|mut l| {
                // Places in the log and numbers of cards differ by what came between.
                let verdict = l.as_object_mut().expect("an object");
                for key in ["offset", "payment", "card"] {
                    verdict.remove(key);
                }
                l
            })
            .collect()
    };
    let (with, without) = (verdicts(&recording), verdicts(&quiet));
    assert!(without.len() > 800 && with.len() == without.len(), "{} {}", with.len(), without.len());
    for (with, without) in with.iter().zip(&without) {
        assert_eq!(with, without);
    }
}
