//! The yardstick itself: findings that are right count, others don't, and what doesn't belong together is
//! refused.

use serde_json::{Value, json};
use tg_sim::{CityOptions, MeasureError, TruthFile, export};

/// A recording's truth, and verdicts as a replay would print them, one a message.
fn exported(seed: u64) -> (Vec<u8>, Vec<u8>, Vec<Value>) {
    let options = CityOptions { terminals: 80, ..CityOptions::for_recording(seed, 30) };
    let (mut recording, mut truth) = (Vec::new(), Vec::new());
    let head = export(options, &mut recording, Some(&mut truth)).expect("writes to memory");
    let line = json!({"kind": "verdict", "card": {"token": "07", "bin": "009901", "last4": "1234"}});
    (recording, truth, vec![line; head.lines as usize])
}

fn text(lines: &[Value]) -> Vec<u8> {
    lines.iter().map(|l| format!("{l}\n")).collect::<String>().into_bytes()
}

#[test]
fn right_findings_count_and_others_are_false() {
    let (recording, truth, mut replayed) = exported(3);
    let truth = TruthFile::read(&truth[..]).expect("reads");
    truth.is_of(&recording[..]).expect("is its own");
    assert_eq!(recording.iter().filter(|b| **b == b'\n').count() as u64, truth.head.lines);
    let none = truth.measure(&text(&replayed)[..]).expect("measures");
    let attacks = truth.stories.iter().filter(|s| s.kind == "attack").count() as u64;
    assert!(attacks >= 7, "{attacks}");
    assert_eq!(none.kinds.values().map(|k| k.staged).sum::<u64>(), attacks);
    assert_eq!(none.kinds.values().map(|k| k.found).sum::<u64>(), 0);

    let cards = |s: &Value| s["card"].as_str().map(str::to_owned);
    let mut wanted = 0;
    for attack in truth.stories.iter().filter(|s| s.kind == "attack") {
        // Cards are known by number in a replay: this one has none.
        let subject = &attack.subjects[0];
        if cards(subject).is_none() {
            wanted += 1;
            replayed.push(json!({"kind": "finding", "code": attack.name, "subject": subject, "log_time": "2026-12-01T00:00:00.000000Z"}));
            // Too early: nothing had happened yet.
            replayed.push(json!({"kind": "finding", "code": attack.name, "subject": subject, "log_time": "2026-10-01T00:00:00.000000Z"}));
        }
    }
    let fair = truth.stories.iter().find(|s| s.kind == "negative").expect("look-alikes are always there");
    replayed.push(json!({"kind": "finding", "code": "moved_terminal", "subject": fair.subjects[0], "log_time": "2026-12-01T00:00:00.000000Z"}));
    let measured = truth.measure(&text(&replayed)[..]).expect("measures");
    assert_eq!(measured.kinds.values().map(|k| k.found).sum::<u64>(), wanted);
    assert_eq!(measured.false_findings.len() as u64, wanted + 1);
    assert_eq!(measured.false_findings.last().and_then(|f| f.looks_like.clone()), Some(fair.name.clone()));
    assert!(measured.kinds.values().all(|k| k.delays_seconds.iter().all(|d| *d > 0.0)));
    // 30 hours
    assert!((measured.days - 1.25).abs() < 1e-9);
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let (mut recording, truth, replayed) = exported(4);
    let read = TruthFile::read(&truth[..]).expect("reads");
    recording[40] ^= 1;
    assert!(matches!(read.is_of(&recording[..]), Err(MeasureError::OtherHash { .. })));
    let short = text(&replayed[1..]);
    assert!(matches!(read.measure(&short[..]), Err(MeasureError::OtherRecording { .. })));
    assert!(matches!(read.measure(&b"{\n"[..]), Err(MeasureError::Findings { line: 1, .. })));
    let older = String::from_utf8(truth).expect("text").replacen("\"sim_version\":", "\"sim_version\":90", 1);
    assert!(matches!(TruthFile::read(older.as_bytes()), Err(MeasureError::Version { .. })));
    assert!(matches!(TruthFile::read(&b"{}\n"[..]), Err(MeasureError::Truth { line: 1, .. })));
    assert!(matches!(TruthFile::read(&b""[..]), Err(MeasureError::Truth { .. })));
}
