//! Rules by the real binary: checked, tried on a recording, and in force in a replay of what was served with them.

use crate::harness::{ROOT, json_lines, run, stderr, stdout};

fn starter() -> String {
    format!("{ROOT}/data/rules/starter.toml")
}

#[test]
fn the_pack_to_begin_with_passes_and_says_what_it_costs() {
    let output = run(&["rules", "check", &starter(), "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let answer = &json_lines(&output)[0];
    let rules = answer["rules"].as_array().expect("rules");
    assert!(answer["ok"] == true && rules.len() >= 20 && answer["cost"].as_u64().is_some_and(|c| c > 0));
    assert!(rules.iter().all(|r| r["source"].as_str().is_some_and(|s| !s.is_empty())));
}

#[test]
fn faults_are_shown_with_line_and_caret_and_exit_1() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rules.toml");
    let text = std::fs::read_to_string(starter()).expect("is in the repository");
    std::fs::write(&path, text.replace("card_payments_1h > 4", "card_paymets_1h > 4")).expect("written");
    let path = path.display().to_string();
    let output = run(&["rules", "check", &path, "--lang", "en"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.contains("rules.toml:10:9") && said.contains("^^^^^^^^^^^^^^^ did you mean card_payments_1h ?"),
        "{said}"
    );
    let answer = &json_lines(&run(&["rules", "check", &path, "--json"]))[0];
    let fault = &answer["faults"][0];
    assert_eq!(
        (answer["ok"].as_bool(), fault["line"].as_u64(), fault["code"].as_str()),
        (Some(false), Some(10), Some("R05"))
    );
}

#[test]
fn a_file_is_tried_on_a_recording_and_says_how_often_each_rule_applied() {
    let recording = format!("{ROOT}/apps/sim/samples/town.txt");
    let output = run(&["rules", "test", &starter(), "--on", &recording, "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let lines = json_lines(&output);
    let refused = lines.iter().find(|l| l["rule"] == "terminal_many_refused_cards").expect("the rule");
    // A terminal of the town is used to try card numbers.
    assert!(refused["applied"].as_u64().is_some_and(|n| n > 0), "{refused}");
    assert!(refused["examples"].as_array().is_some_and(|e| !e.is_empty() && e.len() <= 5));
    let never = lines.iter().find(|l| l["rule"] == "mac_wrong").expect("the rule");
    assert_eq!(never["applied"], 0, "no key is configured, so no MAC is known to be wrong");
    let fields = stdout(&run(&["rules", "fields", "--lang", "zh-CN"]));
    assert!(fields.contains("card_payments_1h") && fields.contains("本笔金额"));
}
