//! `tillguard diagnose --ask` by a pipe: numbers, back, “none of these”, leaving; and the operators' own rows.

use crate::harness::{run, run_with, stderr, stdout};
use std::process::Output;

fn talk(language: &str, given: &[&str], typed: &str) -> Output {
    let mut arguments = vec!["--lang", language, "diagnose", "--ask"];
    for pair in given {
        arguments.extend(["--given", pair]);
    }
    run_with(&arguments, typed.as_bytes())
}

#[test]
fn an_umbrella_message_is_asked_for_its_code_and_led_to_the_call() {
    // The words, then the code, then the sign-on fails, then it is out of use, then the call with what to tell.
    let output = talk("zh-CN", &["outcome=declined"], "A7\n");
    assert_eq!(output.status.code(), Some(0));
    let output = talk("zh-CN", &["message=安全处理失败", "outcome=declined"], "A7\n2\n1\n");
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    for part in ["应答码吗", "重新签到一次", "停用这台机器", "店方联系收单机构", "终端号"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.find("应答码吗") < text.find("重新签到一次"));
}

#[test]
fn back_takes_the_last_answer_back_and_quit_leaves() {
    let output = talk("en", &["message=安全处理失败", "outcome=declined"], "A7\nb\nq\n");
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text.matches("response code on the screen").count(), 2, "asked again after back: {text}");
    assert!(text.trim_end().ends_with("Left."), "{text}");
    // The end of the input leaves as well.
    assert_eq!(talk("en", &[], "").status.code(), Some(0));
}

#[test]
fn none_of_these_and_a_wrong_number_are_no_trouble() {
    let output = talk("en", &["message=安全处理失败", "outcome=declined"], "7\n\n1\nq\n");
    let text = stdout(&output);
    assert!(text.contains("Please enter one of the numbers above."), "{text}");
    // “There is no code” was chosen: the code is not asked for again.
    assert_eq!(output.status.code(), Some(0), "{text}");
    let number = ["6222 0222", "0000 0001"].concat();
    let output = talk("en", &[], &format!("{number}\nq\n"));
    assert!(!stdout(&output).contains("6222") && !stderr(&output).contains("6222"), "never repeated");
}

const HEADER: &str = "scheme,code,meaning_en,meaning_zh,category,action_en,action_zh,retryable,source,scheme_class,domain,capture_card,security_signal";

#[test]
fn an_operators_rows_replace_ours_and_a_wrong_one_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("own.csv");
    let path = file.to_str().expect("a plain path");
    let write = |row: &str| std::fs::write(&file, format!("{HEADER}\n{row}\n")).expect("writes");
    write(
        "unionpay,Q9,House code: card not taken here,本行自定义：此卡不受理,card,Ask for another card.,请换一张卡。,no,our acquirer 2026,C,card,,",
    );
    let output = run(&["explain", "Q9", "--scheme", "unionpay", "--catalogue", path, "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("本行自定义"), "{}", stdout(&output));
    assert_eq!(run(&["explain", "Q9", "--scheme", "unionpay"]).status.code(), Some(1), "without the file");
    write("unionpai,Q9,x,甲,card,Ask for another card.,请换一张卡。,no,our acquirer,C,card,,");
    let output = run(&["explain", "A7", "--catalogue", path, "--json"]);
    assert_eq!(output.status.code(), Some(3));
    let problem: serde_json::Value = serde_json::from_str(stderr(&output).trim()).expect("a problem");
    assert_eq!(problem["where"]["line"], 2, "{problem}");
    assert!(problem.to_string().contains("unionpay"), "the nearest: {problem}");
    assert!(stdout(&output).contains("\"A7\""), "the built-in rows stay in force");
    // A pick-up code can't be made an approval.
    write("unionpay,43,stolen,被窃卡,approved,Hand over the goods.,请交货。,no,our acquirer,A,card,,");
    let output = run(&["explain", "43", "--scheme", "unionpay", "--catalogue", path, "--json"]);
    assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
    assert!(stderr(&output).contains("line 2"), "{}", stderr(&output));
}
