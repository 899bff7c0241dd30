//! Every collected message must be recognised, alone and with others of its dialect. What can't be told
//! apart is listed here, so that a change for the worse (or the better) shows.

use proptest::prelude::*;
use std::collections::BTreeMap;
use tg_iso8583::{NAMES, Sureness, recognise, sample};

/// The sound messages of the collection: id, dialect, bytes.
fn sound() -> Vec<(String, String, Vec<u8>)> {
    let lines = include_str!("vectors.jsonl").lines();
    let rows = lines.filter_map(|line| {
        let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let hex = row["hex"].as_str().expect("hex");
        let byte = |at: usize| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).expect("hex");
        let bytes = (0..hex.len() / 2).map(byte).collect();
        let name = |key: &str| row[key].as_str().expect("text").to_owned();
        row.get("expect_error").is_none().then(|| (name("id"), name("dialect"), bytes))
    });
    rows.collect()
}

/// What is found: "right", "alike" (another one that reads the message in exactly the same way), or the
/// wrong dialect's name.
fn outcome(messages: &[&[u8]], dialect: &str) -> String {
    let found = recognise(messages);
    let best = found.best().expect("there are dialects");
    let alike = found.candidates.iter().any(|c| c.dialect == dialect && c.same_reading);
    match best.dialect == dialect {
        true => "right".to_owned(),
        false if alike => "alike".to_owned(),
        false => best.dialect.to_owned(),
    }
}

#[test]
fn every_message_alone_is_recognised() {
    let mut right = 0;
    let mut rest = Vec::new();
    for (id, dialect, bytes) in &sound() {
        match outcome(&[bytes], dialect).as_str() {
            "right" => right += 1,
            other => rest.push(format!("{id} {dialect}: {other}")),
        }
    }
    // 078 holds EBCDIC bytes in a text field, which latin-1 takes for letters: said to be doubtful.
    expect_test::expect![[r#"
        [
            "iso-078 iso87_ascii_hexbm: jpos87a",
            "iso-100 jpos87a: alike",
            "iso-097 basei_starter: alike",
        ]
    "#]]
    .assert_debug_eq(&rest);
    assert!(right >= 49, "{right}");
    let doubtful = sound().into_iter().find(|(id, ..)| id == "iso-078").expect("in the collection");
    assert_eq!(recognise(&[&doubtful.2]).sureness(), Sureness::Doubtful);
}

#[test]
fn messages_of_a_dialect_together_are_recognised() {
    let mut by_dialect: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for (_, dialect, bytes) in sound() {
        by_dialect.entry(dialect).or_default().push(bytes);
    }
    let mut outcomes = Vec::new();
    for (dialect, messages) in &by_dialect {
        let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        outcomes.push(format!("{dialect} {}: {}", messages.len(), outcome(&messages, dialect)));
        // Each two that follow one another, too.
        for pair in messages.windows(2) {
            let outcome = outcome(pair, dialect);
            let with_ebcdic = pair.iter().any(|bytes| bytes.ends_with(&[0xD4, 0xD5, 0xD6]));
            assert!(matches!(outcome.as_str(), "right" | "alike") || with_ebcdic, "{dialect}: {outcome}");
        }
    }
    expect_test::expect![[r#"
        [
            "basei_starter 5: right",
            "cup_pos 10: right",
            "cup_pos_bare 2: right",
            "cup_pos_len 5: right",
            "cupd 4: right",
            "cups_interchange 5: right",
            "iso87_ascii_hexbm 8: right",
            "iso87_ascii_hexbm16 1: right",
            "jcb 6: right",
            "jpos87a 1: alike",
            "jpos87b 1: right",
            "jpos93a 1: right",
            "mastercard 2: right",
            "postilion 1: right",
        ]
    "#]]
    .assert_debug_eq(&outcomes);
}

#[test]
fn a_wrong_answer_is_never_sure() {
    for (id, dialect, bytes) in &sound() {
        let found = recognise(&[bytes]);
        let best = found.best().expect("there are dialects");
        if best.dialect != dialect {
            assert!(best.confidence < 0.9 && found.sureness() != Sureness::Sure, "{id}");
            assert!(
                found.runners_up().iter().any(|c| c.dialect == dialect),
                "{id}: not among the runners-up"
            );
        }
    }
}

#[test]
fn noise_is_recognised_as_none() {
    let found = recognise(&[&[0xFF; 80]]);
    assert_eq!(found.sureness(), Sureness::NoneFits);
    assert!(found.candidates.iter().all(|c| c.confidence == 0.0));
    assert_eq!(found.candidates.len(), NAMES.len());
    assert_eq!(recognise(&[]).sureness(), Sureness::NoneFits);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_bytes_are_ranked_and_always_alike(bytes in prop::collection::vec(any::<u8>(), 0..300), cut: prop::sample::Index) {
        let mut sample = sample::message().expect("builds");
        sample.truncate(cut.index(sample.len()));
        let messages: [&[u8]; 2] = [&bytes, &sample];
        let found = recognise(&messages);
        let confidence: f64 = found.candidates.iter().map(|c| c.confidence).sum();
        prop_assert!((0.0..=1.02).contains(&confidence));
        prop_assert!(found.candidates.iter().all(|c| c.decoded <= 2));
        prop_assert_eq!(recognise(&messages), found);
    }
}
