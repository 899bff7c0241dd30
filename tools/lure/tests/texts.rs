//! The texts of `data/lure`: the given ones to the letter, our own by verdict, and what any text must hold.

use proptest::prelude::*;
use serde_json::Value;
use std::path::Path;
use tg_lure::{check_vector, judge};

fn rows(name: &str) -> Vec<(String, Value)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/lure").join(name);
    let text = std::fs::read_to_string(path).expect("the file is in the repository");
    text.lines().map(|l| (l.to_owned(), serde_json::from_str(l).expect("is JSON"))).collect()
}

/// Rows that are wrong, in words.
fn wrong(name: &str, strict: bool) -> Vec<String> {
    let mut out = Vec::new();
    for (line, row) in rows(name) {
        let outcome = check_vector(&line);
        let beyond = outcome.got["beyond"].as_array().is_some_and(|b| !b.is_empty());
        if !outcome.ok || strict && beyond {
            out.push(format!("{} {} {}", outcome.id, outcome.got, row["text"]));
        }
    }
    out
}

#[test]
fn the_given_texts_have_exactly_their_signals() {
    assert_eq!(wrong("texts.jsonl", true), Vec::<String>::new());
    assert_eq!(rows("texts.jsonl").len(), 26);
}

#[test]
fn our_own_texts_have_their_verdict_and_signals() {
    assert!(rows("own.jsonl").len() >= 100);
    assert_eq!(wrong("own.jsonl", false), Vec::<String>::new());
}

/// Shares of lures called lure, of lures called lure or suspicious, and of honest texts called benign.
fn shares(name: &str) -> (f64, f64, f64) {
    let (mut lures, mut found, mut noticed, mut honest, mut quiet) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (line, row) in rows(name) {
        let verdict = check_vector(&line).got["verdict"].as_str().unwrap_or("").to_owned();
        if row["label"] == "lure" {
            lures += 1.0;
            found += f64::from(u8::from(verdict == "lure"));
            noticed += f64::from(u8::from(verdict != "benign"));
        } else {
            honest += 1.0;
            quiet += f64::from(u8::from(verdict == "benign"));
        }
    }
    (found / lures, noticed / lures, quiet / honest)
}

#[test]
fn texts_that_nothing_was_tuned_on_are_mostly_right() {
    for (name, size) in [("held.jsonl", 108), ("held_new.jsonl", 60)] {
        assert_eq!(rows(name).len(), size);
        let (found, noticed, quiet) = shares(name);
        assert!(found >= 0.75 && noticed >= 0.85 && quiet >= 0.9, "{name}: {found} {noticed} {quiet}");
    }
}

#[test]
fn texts_that_were_tuned_on_are_right() {
    assert_eq!(wrong("tune.jsonl", false), Vec::<String>::new());
}

#[test]
fn spans_count_scalar_values_of_the_original() {
    let text = "🎁安★全☆诚★信，ＰＯＳ機免費領！";
    let judgement = judge(text);
    let shown: Vec<String> = judgement
        .signals
        .iter()
        .map(|s| {
            format!(
                "{} {}",
                s.code,
                text.chars().skip(s.span.0).take(s.span.1 - s.span.0).collect::<String>()
            )
        })
        .collect();
    assert_eq!(shown, ["guarantee 安★全☆诚★信", "obfuscated ★全☆", "free_device ＰＯＳ機免費"]);
}

#[test]
fn a_disclaimer_does_not_launder_an_advert_and_a_warning_is_none() {
    let verdict = |text: &str| serde_json::to_value(judge(text).verdict).expect("serialises");
    assert_eq!(verdict("谨防诈骗！正规POS机免费领，费率0.38%，加微信 demo_x_100"), "lure");
    assert_eq!(verdict("谨防诈骗！有人以免费POS机、费率0.38%为名骗取押金"), "benign");
}

#[test]
fn a_megabyte_is_judged_and_look_alikes_do_not_slow_it() {
    let slow = std::time::Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 6 });
    for unit in
        ["免费", "★信", "р", "刷", "①", "北京", "加微信a", "xin ", "p,o,", "泼斯", "费率0.", "手续费,"]
    {
        let text = unit.repeat(tg_lure::TEXT_BYTES_MAX / unit.len());
        let begun = std::time::Instant::now();
        let judgement = judge(&text);
        assert!(judgement.score <= 1.0);
        assert!(begun.elapsed() < slow, "{unit}: {:?}", begun.elapsed());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn spans_lie_inside_any_text(text in "(\\PC|免费|POS机|加微|★|\u{200b}|０|р|…|0\\.38%|。){0,60}") {
        let length = text.chars().count();
        let judgement = judge(&text);
        for found in judgement.signals.iter().chain(&judgement.quoted) {
            prop_assert!(found.span.0 < found.span.1 && found.span.1 <= length, "{:?}", found.span);
        }
        prop_assert!((0.0..=1.0).contains(&judgement.score));
    }
}
