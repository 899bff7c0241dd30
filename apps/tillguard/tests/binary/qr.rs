//! `tillguard qr`: each given attack by its names, clean codes without any, card data never, bad files refused.

use crate::harness::{ROOT, json_lines, run, run_with, stderr, stdout};
use serde_json::Value;

fn checked(arguments: &[&str]) -> Value {
    let output = run(&[&["qr", "--json"], arguments].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    json_lines(&output)[0].clone()
}

#[test]
fn given_attacks_are_told_and_clean_codes_are_the_registered_ones() {
    let text =
        std::fs::read_to_string(format!("{ROOT}/data/qr/attacks.jsonl")).expect("is in the repository");
    for row in text.lines().map(|l| serde_json::from_str::<Value>(l).expect("is JSON")) {
        let word = |key: &str| row[key].as_str().expect("a text");
        let found = checked(&["--issued", word("issued_code"), "--", word("payload")]);
        let codes: Vec<&Value> =
            found[0]["findings"].as_array().expect("a list").iter().map(|f| &f["code"]).collect();
        let expected = row["expect_findings"].as_array().expect("a list");
        assert!(expected.iter().all(|e| codes.contains(&e)), "{}: {codes:?}", word("id"));
        assert_eq!(expected.is_empty(), codes.is_empty(), "{}: {codes:?}", word("id"));
        assert_eq!(expected.is_empty(), found[0]["verdict"] == "ok", "{}", word("id"));
    }
}

#[test]
fn the_answer_has_the_contracts_keys() {
    let found = checked(&["00020101021129370016A0000006770101110113006681234567853037645802TH6304823E"]);
    for key in ["text", "engine", "box", "scheme", "fields", "emv", "crc_ok", "findings", "verdict"] {
        assert!(found[0].get(key).is_some(), "{key}");
    }
    assert_eq!((&found[0]["scheme"], &found[0]["crc_ok"]), (&"PromptPay".into(), &true.into()));
}

#[test]
fn track_data_of_a_customers_code_is_masked() {
    let output = run(&["qr", "--json", "hQVDUFYwMWEaTwegAAAAVVVVVw8SNFZ4kBI0WNGRIgESNF8="]);
    let said = stdout(&output);
    assert!(
        said.contains("\"masked\":true") && !said.contains("1234567890") && !said.contains("EjRWeJ"),
        "{said}"
    );
}

#[test]
fn a_file_that_is_no_picture_is_refused_in_words() {
    let output =
        run_with(&["qr", "-"], b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\x01\x86\xa0\0\x01\x86\xa0\x08\0\0\0\0");
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("TG-1011"), "{}", stderr(&output));
    assert_eq!(run(&["qr", "--key", "3=no-such-file", "x"]).status.code(), Some(2));
}
