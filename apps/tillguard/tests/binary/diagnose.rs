//! `tillguard diagnose` as scripts call it: keys, gates, errors that name the nearest, the published form.

use crate::harness::{run, stderr, stdout};
use serde_json::Value;

fn diagnose(arguments: &[&str]) -> Value {
    let mut all = vec!["diagnose", "--json"];
    all.extend(arguments);
    let output = run(&all);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
    serde_json::from_str(&stdout(&output)).expect("one document")
}

fn refused(arguments: &[&str]) -> Value {
    let mut all = vec!["diagnose", "--json"];
    all.extend(arguments);
    let output = run(&all);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stdout(&output));
    serde_json::from_str(stderr(&output).trim()).expect("a problem")
}

fn ids(diagnosis: &Value, list: &str) -> Vec<String> {
    let items = diagnosis[list].as_array().expect("a list");
    items.iter().map(|i| i["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn a7_gives_gates_plan_and_contact_in_the_contracts_form() {
    let d = diagnose(&["--given", "code=A7", "scheme=unionpay", "outcome=declined", "--given", "role=shop"]);
    assert_eq!(d["schema"], "tillguard.diagnosis/1");
    assert_eq!(ids(&d, "gates"), ["keys_not_by_shop"]);
    assert_eq!(ids(&d, "plan"), ["sign_on", "stop_using", "call_acquirer"]);
    assert_eq!(d["next"]["id"], "sign_on");
    assert!(d["next"]["kind"] == "action" && d["next"]["minutes"].is_u64() && d["next"]["why"].is_object());
    assert_eq!((&d["contact"]["who"], &d["contact"]["by"]), (&"acquirer".into(), &"shop".into()));
    assert!(d["contact"]["tell"].as_array().is_some_and(|t| t.iter().any(|f| f["value"] == "A7")));
    let cause = &d["causes"][0];
    assert!(cause["probability"].is_f64() && cause["group"] == "keys" && cause["text"]["zh-CN"].is_string());
    assert!(cause["why"].as_array().is_some_and(|w| w.iter().all(|w| w["log_odds"].is_f64())));
    assert!(["yes", "no", "after_query"].contains(&d["safe_to_retry"].as_str().expect("a word")));
}

#[test]
fn a_code_inside_the_words_counts_as_the_code() {
    let by_words = diagnose(&["--given", "message=A7 安全处理失败", "outcome=declined"]);
    let by_code = diagnose(&["--given", "message=安全处理失败", "code=A7", "outcome=declined"]);
    assert_eq!(by_words["plan"], by_code["plan"]);
    assert_eq!(by_words["causes"], by_code["causes"]);
    let without = diagnose(&["--given", "message=安全处理失败", "outcome=declined"]);
    assert_eq!(without["next"]["id"], "response_code", "the words alone are an umbrella");
    assert_eq!(without["next"]["kind"], "question");
}

#[test]
fn an_answer_and_a_step_move_the_plan_on() {
    let words = ["--given", "message=安全处理失败", "outcome=declined"];
    let answered = diagnose(&[&words[..], &["--answer", "response_code=A7"]].concat());
    assert_eq!(answered["next"]["id"], "sign_on");
    let unknown = diagnose(&[&words[..], &["--answer", "response_code=dont_know"]].concat());
    assert!(!ids(&unknown, "plan").contains(&"response_code".to_owned()));
    let failed = diagnose(&["--given", "code=A7", "outcome=declined", "--did", "sign_on=failed"]);
    assert_eq!((&failed["next"]["id"], &failed["next"]["kind"]), (&"stop_using".into(), &"stop".into()));
    let fixed = diagnose(&["--given", "code=A7", "outcome=declined", "--did", "sign_on=fixed"]);
    assert!(fixed["next"].is_null() && ids(&fixed, "plan").is_empty());
    assert_eq!(fixed["contact"]["who"], "none");
}

#[test]
fn every_key_of_the_contract_is_taken() {
    for pair in [
        "code=05",
        "scheme=visa",
        "mti=0210",
        "message=交易超时",
        "stage=answered",
        "outcome=unknown",
        "charged=unknown",
        "entry_mode=fallback",
        "other_cards_here=ok",
        "same_card_elsewhere=fail",
        "other_terminals_in_store=ok",
        "issuer_elsewhere=degraded",
        "acquirer_elsewhere=ok",
        "same_model_elsewhere=degraded",
        "network=weak",
        "clock_offset_minutes=-7",
        "certificate_days_left=0",
        "battery_percent=12",
        "unsent_offline=1",
        "unsent_reversals=0",
        "pin_tries_left=1",
        "last_sign_on=never",
        "key_check_value=missing",
        "tamper=no",
        "software=old",
        "changed_recently=router",
        "role=cardholder",
    ] {
        let d = diagnose(&["--given", pair]);
        assert!(d["contact"]["who"].is_string(), "{pair}");
    }
}

#[test]
fn what_is_unknown_names_the_nearest_and_contradictions_are_said() {
    let problem = refused(&["--given", "other_card_here=ok"]);
    assert_eq!((&problem["code"], &problem["expected"]), (&"TG-2002".into(), &"other_cards_here".into()));
    let problem = refused(&["--given", "network=wek"]);
    assert_eq!((&problem["where"]["field"], &problem["expected"]), (&"network".into(), &"weak".into()));
    let problem = refused(&["--did", "sign_onn=failed"]);
    assert_eq!(problem["expected"], "sign_on");
    let problem = refused(&["--did", "sign_on=faild"]);
    assert_eq!(problem["expected"], "failed");
    let problem = refused(&["--answer", "response_cod=A7"]);
    assert_eq!(problem["expected"], "response_code");
    let problem = refused(&["--given", "tamper"]);
    assert_eq!(problem["expected"], "KEY=VALUE");
    let problem = refused(&["--given", "tamper=yes", "--given", "tamper=no"]);
    assert_eq!(problem["where"]["field"], "tamper");
    let d = diagnose(&["--given", "code=00", "outcome=declined"]);
    assert!(d["contradictions"][0]["zh-CN"].is_string());
    assert_eq!(d["safe_to_retry"], "after_query");
}

#[test]
fn the_readable_text_puts_gates_first_and_speaks_both_languages() {
    for (language, first, next) in [("zh-CN", "先看这里", "下一步："), ("en", "First of all", "Next:")]
    {
        let output = run(&["--lang", language, "diagnose", "--given", "tamper=yes", "code=A7"]);
        let text = stdout(&output);
        assert!(text.starts_with(first), "{text}");
        assert!(text.contains(next) && text.contains('█') && !text.contains("sign_on"), "{text}");
    }
    let number = ["62220000", "00000001"].concat();
    let output = run(&["diagnose", "--given", &format!("message={number} 交易失败")]);
    assert!(!stdout(&output).contains(&number[..8]), "what was typed is not shown again");
}

const CAR: &str = r#"{"schema":"tillguard.network/1","call":100,
    "components":[{"id":"fuse","repair":10,"observe":5},{"id":"motor","repair":60,"observe":null}],
    "observations":[{"id":"light","cost":1}],
    "joint":[[["yes","no","off"],0.5],[["no","yes","on"],0.3],[["no","no","on"],0.2]]}"#;

#[test]
fn a_published_problem_is_planned_and_a_wrong_file_is_explained() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("car.json");
    std::fs::write(&file, CAR).expect("writes");
    let path = file.to_str().expect("a plain path");
    for (policy, cost) in [("exact", 58.5), ("questions", 58.5), ("repairs", 60.0)] {
        let d = diagnose(&["--network", path, "--policy", policy]);
        assert_eq!(d["policy"], policy);
        assert!((d["expected_cost"].as_f64().expect("a cost") - cost).abs() < 1e-9, "{d}");
        assert!(d["seconds"].is_f64() && d["plan"]["kind"].is_string());
    }
    let problem = refused(&["--network", path, "--policy", "exakt"]);
    assert_eq!(problem["expected"], "exact");
    std::fs::write(&file, CAR.replace("\"yes\",\"no\",\"off\"", "\"yes\",\"nö\",\"off\"")).expect("writes");
    let output = run(&["diagnose", "--json", "--network", path]);
    assert_eq!(output.status.code(), Some(3), "the input is damaged");
    let problem: Value = serde_json::from_str(stderr(&output).trim()).expect("a problem");
    assert_eq!((&problem["code"], &problem["where"]["field"]), (&"TG-1007".into(), &"joint[0][0][1]".into()));
    std::fs::write(&file, CAR.replace("\"call\":100,", "\"call\":100")).expect("writes");
    let output = run(&["diagnose", "--json", "--network", path]);
    let problem: Value = serde_json::from_str(stderr(&output).trim()).expect("a problem");
    assert_eq!(problem["where"]["line"], 2, "{problem}");
}
