//! The machine interface: keys, exit codes, masking (docs: the contract in the guide's words).

use crate::harness::{SAMPLE, json_lines, run, run_with, sample_frames, stderr, stdout};
use serde_json::Value;

#[test]
fn decode_prints_one_document_a_message_with_offsets() {
    let output = run(&["decode", "--dialect", "cup_pos", "--json", SAMPLE]);
    assert!(output.status.success(), "{}", stderr(&output));
    let messages = json_lines(&output);
    assert_eq!(messages.len(), sample_frames().len());
    let payment = messages.iter().find(|m| m["mti"] == "0200").expect("a payment");
    assert_eq!(payment["dialect"], "cup_pos");
    assert!(payment["header"]["tpdu"].is_string() && payment["bitmap"].is_string());
    let terminal = &payment["fields"]["41"];
    assert!(terminal["name"]["zh-CN"].is_string() && terminal["value"].is_string());
    assert!(terminal["offset"].is_u64() && terminal["length"] == 8);
    assert!(payment["emv"].as_array().is_some_and(|e| e.iter().any(|t| t["tag"] == "9F26")));
}

#[test]
fn decode_masks_whatever_could_pay() {
    // A published test number (data/test-ranges.csv) in field 2 and field 35 of a bare message.
    let hex = "0200702000000000000016411111111111111100000000000000010000041837";
    let hex = format!("{hex}4111111111111111D29122010000000000000 ").replace(' ', "0");
    let output = run_with(&["decode", "--dialect", "cup_pos_bare", "--json"], hex.as_bytes());
    let text = stdout(&output);
    assert!(!text.contains("4111111111111111"), "{text}");
}

#[test]
fn an_undecodable_message_is_described_and_the_exit_code_says_incomplete() {
    let output = run_with(&["decode", "--dialect", "cup_pos", "--json"], b"6000030000603100310100020070\n");
    assert_eq!(output.status.code(), Some(3));
    let message = &json_lines(&output)[0];
    assert_eq!(
        (&message["error"]["kind"], &message["error"]["field"]),
        (&Value::from("truncated"), &Value::Null)
    );
    assert!(message["error"]["hint"].is_object() || message["error"]["hint"].is_string());
}

#[test]
fn a_wrong_dialect_names_the_nearest_and_is_wrong_use() {
    let output = run_with(&["decode", "--dialect", "cup_poz", "--json"], b"00");
    assert_eq!(output.status.code(), Some(2));
    let problem: Value = serde_json::from_str(&stderr(&output)).expect("a problem");
    assert_eq!((&problem["code"], &problem["expected"]), (&Value::from("TG-1004"), &Value::from("cup_pos")));
}

#[test]
fn explain_finds_codes_screens_and_vendor_codes() {
    for (words, kind, code) in [
        (&["A7"][..], "response_code", "A7"),
        (&["安全处理失败"], "screen_message", "SEC_FAIL"),
        (&["N7", "--scheme", "visa"], "response_code", "N7"),
        (&["PED", "-320", "--vendor", "pax"], "vendor_code", "-320"),
        (&["TG-3006"], "problem", "TG-3006"),
    ] {
        let mut arguments = vec!["explain"];
        arguments.extend(words);
        arguments.push("--json");
        let output = run(&arguments);
        assert!(output.status.success(), "{words:?}: {}", stderr(&output));
        let answer = &json_lines(&output)[0];
        assert_eq!(
            (&answer["schema"], &answer["listed"]),
            (&Value::from("tillguard.explain/1"), &Value::from(true))
        );
        let first = &answer["matches"][0];
        assert_eq!((first["kind"].as_str(), first["code"].as_str()), (Some(kind), Some(code)), "{words:?}");
        assert!(first["action"]["zh-CN"].is_string() && first["action"]["en"].is_string());
    }
}

#[test]
fn an_unlisted_code_exits_1_with_advice() {
    let output = run(&["explain", "Q9Z", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let answer = &json_lines(&output)[0];
    assert_eq!(answer["listed"], false);
    assert!(answer["advice"]["zh-CN"].as_str().is_some_and(|t| t.contains("不要再次扣款")));
}

#[test]
fn two_replays_print_the_same_bytes_and_one_verdict_a_message() {
    let replay = || run(&["replay", SAMPLE, "--dialect", "cup_pos", "--json"]);
    let (first, second) = (replay(), replay());
    assert!(first.status.success(), "{}", stderr(&first));
    assert!(first.stdout == second.stdout, "two replays differ");
    let lines = json_lines(&first);
    let verdicts: Vec<&Value> = lines.iter().filter(|l| l["kind"] == "verdict").collect();
    assert_eq!(verdicts.len(), sample_frames().len());
    let offsets: Vec<u64> = verdicts.iter().filter_map(|v| v["offset"].as_u64()).collect();
    assert!(offsets.windows(2).all(|w| w[0] < w[1]), "offsets rise");
    for v in &verdicts {
        let asks = v["mti"] == "0200" && v["decision"] != "none";
        assert!(asks || v["decision"] == "none", "only requests for money get advice: {v}");
        assert!(v["reasons"].as_array().is_some_and(|r| !r.is_empty()), "{v}");
        assert!(v["reasons"][0]["text"]["zh-CN"].is_string() && v["reasons"][0]["text"]["en"].is_string());
    }
    assert!(
        lines.iter().any(|l| l["kind"] == "finding" && l["code"] == "card_testing"),
        "the thief is found"
    );
}

#[test]
fn a_damaged_line_of_a_recording_is_named_and_the_rest_is_played() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("r.txt");
    let sample = std::fs::read_to_string(SAMPLE).expect("reads");
    let mut lines: Vec<&str> = sample.lines().take(20).collect();
    lines[4] = "yesterday 0200";
    std::fs::write(&path, lines.join("\n")).expect("writes");
    let output = run(&["replay", path.to_str().expect("a name"), "--json"]);
    assert_eq!(output.status.code(), Some(3));
    let problem: Value =
        serde_json::from_str(stderr(&output).lines().next().expect("a line")).expect("a problem");
    assert_eq!((&problem["code"], &problem["where"]["line"]), (&Value::from("TG-1002"), &Value::from(5)));
    assert_eq!(json_lines(&output).iter().filter(|l| l["kind"] == "verdict").count(), 19);
}

#[test]
fn doctor_and_bench_answer_in_json() {
    let output = run(&["doctor", "--json"]);
    let report = &json_lines(&output)[0];
    assert!(report["checks"].as_array().is_some_and(|c| c.len() >= 6));
    let output = run(&["bench", "decode", "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let report = &json_lines(&output)[0];
    let names: Vec<&str> =
        report["results"].as_array().expect("a list").iter().filter_map(|r| r["name"].as_str()).collect();
    assert_eq!(names, ["strict", "with_emv_record"]);
    let output = run(&["bench", "decod", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("\"expected\":\"decode\""));
}

#[test]
fn help_speaks_both_languages() {
    let help = stdout(&run(&["--help"]));
    assert!(help.contains("解释应答码") && help.contains("explain a response code"), "{help}");
}
