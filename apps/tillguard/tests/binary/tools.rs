//! The checks for everybody: lure texts and statements, on the real binary.

use crate::harness::{ROOT, json_lines, run, run_with, stderr, stdout};

const LURE: &str = "个人P0S机0押金，已有128,736人免费领取！咨询薇信：zz-test-8899";

#[test]
fn a_lure_is_told_with_its_places() {
    for output in [run(&["lure", LURE, "--json"]), run_with(&["lure", "-", "--json"], LURE.as_bytes())] {
        assert!(output.status.success(), "{}", stderr(&output));
        let answer = &json_lines(&output)[0];
        assert_eq!(answer["verdict"], "lure");
        assert!(answer["score"].as_f64().is_some_and(|s| s > 0.9));
        let contact = answer["signals"]
            .as_array()
            .and_then(|s| s.iter().find(|s| s["code"] == "contact_id"))
            .expect("the contact is found");
        let at = |i: usize| contact["span"][i].as_u64().expect("a number") as usize;
        let shown: String = LURE.chars().skip(at(0)).take(at(1) - at(0)).collect();
        assert_eq!(shown, "咨询薇信：zz-test-8899");
        assert!(contact["text"]["zh-CN"].is_string() && contact["text"]["en"].is_string());
    }
}

#[test]
fn lines_give_one_answer_each_and_people_get_advice() {
    let file = format!("{ROOT}/data/lure/texts.jsonl");
    let rows = std::fs::read_to_string(file).expect("is in the repository");
    let texts: Vec<serde_json::Value> =
        rows.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    let input: String = texts.iter().map(|t| format!("{}\n", t["text"].as_str().expect("text"))).collect();
    let output = run_with(&["lure", "-", "--lines", "--json"], input.as_bytes());
    let verdicts: Vec<_> = json_lines(&output).iter().map(|a| a["verdict"].clone()).collect();
    let labels: Vec<_> = texts.iter().map(|t| t["label"].clone()).collect();
    assert_eq!(verdicts, labels);
    let said = stdout(&run(&["lure", LURE, "--lang", "zh-CN"]));
    assert!(said.contains("不要添加联系方式") && !said.contains("zz-test"), "{said}");
}

#[test]
fn a_text_of_megabytes_is_refused_in_words() {
    let output = run_with(&["lure", "-"], "刷".repeat(1 << 20).as_bytes());
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("TG-1006"));
}

#[test]
fn a_statement_is_read_as_the_contract_says() {
    let file = format!("{ROOT}/tools/statement/tests/samples/jd.csv");
    let output = run(&["statement", &file, "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let s = &json_lines(&output)[0];
    for key in ["format", "account", "currency", "opening_balance", "closing_balance"] {
        assert!(s.get(key).is_some(), "{key}");
    }
    let rows = s["transactions"].as_array().expect("rows");
    assert_eq!((rows.len(), s["format"].as_str(), s["currency"].as_str()), (26, Some("jd"), Some("CNY")));
    for key in ["date", "time", "amount", "direction", "counterparty", "description", "balance", "reference"]
    {
        assert!(rows.iter().all(|r| r.get(key).is_some()), "{key}");
    }
    assert!(
        rows.iter()
            .all(|r| r["amount"].is_string()
                && ["in", "out"].contains(&r["direction"].as_str().expect("text")))
    );
    assert!(s["checks"].as_array().expect("checks").iter().all(|c| c["ok"] == true && c["code"].is_string()));
    assert_eq!(rows[0]["date"], "2024-12-30");
}

#[test]
fn what_is_no_statement_ends_with_a_word() {
    let output = run_with(&["statement", "-"], b"hello");
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("TG-1008"), "{}", stderr(&output));
    assert_eq!(run(&["statement", "no-such-file.csv"]).status.code(), Some(2));
}
