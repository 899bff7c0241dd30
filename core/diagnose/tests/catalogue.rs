//! The classes of answers against the catalogue of codes, which other people edit.

use std::collections::BTreeMap;
use tg_diagnose::{Facts, Knowledge, RetryRule, Scheme, diagnose};

/// Rows of de39.csv for the five schemes of the machine interface, answers only.
fn rows() -> Vec<BTreeMap<String, String>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/codes/de39.csv");
    let mut reader = csv::Reader::from_path(path).expect("the catalogue");
    reader
        .deserialize()
        .map(|row| row.expect("a row"))
        .filter(|row: &BTreeMap<String, String>| {
            Scheme::WORDS.contains(&row["scheme"].as_str())
                && row["direction"] == "response"
                && row["category"] != "reversal_reason"
        })
        .collect()
}

#[test]
fn no_code_is_kinder_here_than_in_the_catalogue() {
    let mut wrong = Vec::new();
    for row in rows() {
        let mut facts = Facts::default();
        facts.set("scheme", &row["scheme"]).expect("a scheme");
        facts.set("code", &row["code"]).expect("a code");
        let knowledge = Knowledge::builtin();
        let class = knowledge.class_of(&facts).expect("at least unlisted");
        let gates: Vec<String> = diagnose(knowledge, &facts).gates.into_iter().map(|g| g.id).collect();
        let approved = row["category"].starts_with("approved");
        let mut must = |good: bool, rule: &str| {
            if !good {
                wrong.push(format!("{} {} is {}, {rule}", row["scheme"], row["code"], class.id));
            }
        };
        must(approved == class.approves, "approved in one and not in the other");
        let pick_up = row["category"] == "pickup";
        must(!pick_up || gates.iter().any(|g| g == "pick_up_card"), "a pick-up code without its gate");
        let query = row["retryable"] == "query_first";
        must(!query || class.retry == RetryRule::QueryFirst, "the catalogue says query first");
        let keys = row["category"] == "crypto_key";
        must(!keys || class.id == "key_check", "keys are in question");
        let never = row["retryable"] == "no" && !approved;
        must(
            !never
                || matches!(class.retry, RetryRule::No | RetryRule::QueryFirst)
                || class.id == "card_number"
                || class.id == "pin_wrong",
            "the catalogue says no retry",
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_commonest_codes_are_in_a_class() {
    let unlisted: Vec<String> = rows()
        .iter()
        .filter(|row| matches!(row["scheme"].as_str(), "unionpay" | "visa" | "mastercard"))
        .filter(|row| {
            let scheme = Scheme::ALL.iter().find(|(word, _)| *word == row["scheme"]).expect("a scheme").1;
            Knowledge::builtin().class_of_code(Some(scheme), &row["code"]).is_none()
        })
        .map(|row| format!("{} {} {}", row["scheme"], row["code"], row["meaning_en"]))
        .collect();
    let known_gaps = ["unionpay YM", "unionpay YT"]; // messages of a flow, no answers to a sale
    let gaps: Vec<&String> =
        unlisted.iter().filter(|u| !known_gaps.iter().any(|g| u.starts_with(g))).collect();
    assert!(gaps.is_empty(), "{gaps:#?}");
}
