//! The vectors of the dialects that are built: `vectors.jsonl` (collected from open code and checked with
//! independent programs; each row names its source) and `own_vectors.jsonl` (edge cases, made by reasoning).

use tg_iso8583::check_vector;

fn run(lines: &str, at_least: usize) {
    let mut failed = Vec::new();
    let mut passed = 0;
    for line in lines.lines() {
        let outcome = check_vector(line);
        match outcome.ok {
            Some(true) => passed += 1,
            _ => failed.push(serde_json::to_string(&outcome).expect("serialises")),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(passed >= at_least, "{passed} passed");
}

#[test]
fn collected_vectors_hold() {
    run(include_str!("vectors.jsonl"), 70);
}

#[test]
fn own_vectors_hold() {
    run(include_str!("own_vectors.jsonl"), 20);
}

#[test]
fn a_vector_that_is_wrong_fails_and_an_unbuilt_dialect_is_skipped() {
    let sound = include_str!("vectors.jsonl").lines().next().expect("a vector");
    assert_eq!(check_vector(sound).ok, Some(true));
    for (from, to) in [
        ("\"46\":\"PI04", "\"46\":\"PI05"),
        ("\"60\":[101,8]", "\"60\":[102,8]"),
        ("\"mti\":\"0800\"", "\"mti\":\"0810\""),
        ("\"bitmap\":\"0000000000C40810\"", "\"bitmap\":\"0000000000C40811\""),
        ("\"head\":\"603100310100\"", "\"head\":\"603100310101\""),
        ("\"fields\":{", "\"fields\":{\"11\":\"000001\","),
    ] {
        assert!(sound.contains(from), "{from}");
        assert_eq!(check_vector(&sound.replace(from, to)).ok, Some(false), "{to}");
    }
    let skipped = check_vector(&sound.replace("\"cup_pos\"", "\"nobody\""));
    assert_eq!((skipped.ok, skipped.skipped), (None, true));
}
