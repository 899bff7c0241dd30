//! In the demo: the hidden truth, as the simulated city told it, and how the findings compare with it.
//!
//! Why it exists: whoever looks at a demo asks "and is that right?". The city tells its truth on a channel of
//! its own, beside the stream; it is kept in memory, shown only to a viewer who asks for it, and never
//! reaches engine, store or journal: nothing that is measured can have learnt from it.

use std::cmp::Reverse;
use tg_console::view::{self, Subject, TruthPart};
use tg_store::FindingRecord;
use tg_text::Text;

/// Attacks that are remembered; later ones are not.
pub(crate) const STAGED_MAX: usize = 1_000;

/// One attack that the city staged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedAttack {
    /// The detector that should find it, such as `card_testing`.
    pub code: String,
    /// `terminal`, `merchant`, `card`, `issuer` or `serial`.
    pub subject_kind: String,
    /// Its name; a card's first six and last four digits with anything between.
    pub subject: String,
    /// When it began, in microseconds of log time.
    pub started_us: i64,
}

/// First six and last four digits.
fn ends(card: &str) -> Option<(&str, &str)> {
    let last = card.char_indices().rev().nth(3)?.0;
    card.get(..6)
        .zip(card.get(last..))
        .filter(|(a, b)| (*a).bytes().chain(b.bytes()).all(|c| c.is_ascii_digit()))
}

/// Whether a finding names a staged attack.
fn is_of(record: &FindingRecord, subject: &Subject, staged: &StagedAttack) -> bool {
    let same = match subject {
        // A finding knows its card by token; what may be shown of it has to be enough.
        Subject::Card(card) if staged.subject_kind == "card" => {
            ends(&staged.subject) == Some((card.bin.as_str(), card.last_four.as_str()))
        }
        _ => staged.subject_kind == record.subject_kind && staged.subject == record.subject,
    };
    same && staged.code == record.code && record.found_at >= staged.started_us
}

/// What the truth says of a finding.
pub(crate) fn of_finding(record: &FindingRecord, subject: &Subject, staged: &[StagedAttack]) -> view::Truth {
    match staged.iter().any(|s| is_of(record, subject, s)) {
        true => view::Truth::Staged,
        false => view::Truth::FalseAlarm,
    }
}

/// What was staged, found or not; `found` are all findings with their subjects, oldest first.
pub(crate) fn part(found: &[(&FindingRecord, &Subject)], staged: &[StagedAttack]) -> TruthPart {
    let false_alarms = found
        .iter()
        .filter(|(record, subject)| of_finding(record, subject, staged) == view::Truth::FalseAlarm)
        .count() as u64;
    let mut shown: Vec<view::StagedAttack> = staged
        .iter()
        .map(|attack| {
            let hit = found.iter().find(|(record, subject)| is_of(record, subject, attack));
            view::StagedAttack {
                code: attack.code.clone(),
                title: tg_engine::finding_texts(&attack.code).map_or_else(
                    || Text::new(attack.code.clone(), attack.code.clone()),
                    |words| words.title.clone(),
                ),
                subject: subject(attack),
                started_us: attack.started_us,
                found: hit.map(|(record, _)| {
                    let us = record.found_at.saturating_sub(attack.started_us);
                    (record.id.clone(), u64::try_from(us / 1_000).unwrap_or(0))
                }),
            }
        })
        .collect();
    shown.sort_by_key(|attack| Reverse(attack.started_us));
    TruthPart { on: true, staged: shown, false_alarms }
}

fn subject(attack: &StagedAttack) -> Subject {
    let name = attack.subject.clone();
    match attack.subject_kind.as_str() {
        "terminal" => Subject::Terminal(name),
        "merchant" => Subject::Merchant(name, None),
        "issuer" => Subject::Issuer(name),
        "serial" => Subject::Serial(name),
        "card" => ends(&name).map_or(Subject::Other(Text::fixed("一张卡", "a card")), |(bin, last)| {
            Subject::Card(view::Card {
                bin: bin.into(),
                last_four: last.into(),
                length: name.chars().count().min(19) as u8,
            })
        }),
        kind => Subject::Other(Text::new(kind.to_owned(), kind.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(code: &str, subject: &str, found_at: i64) -> FindingRecord {
        FindingRecord {
            id: format!("F-{found_at}-0"),
            code: code.into(),
            subject_kind: "terminal".into(),
            subject: subject.into(),
            severity: 2,
            first_offset: 0,
            last_offset: 0,
            found_at,
            text: Text::fixed("", ""),
            rests_on: vec![],
            not_shown: vec![],
            other_explanations: vec![],
            next_steps: vec![],
            events: vec![],
            state: 0,
        }
    }

    fn staged(kind: &str, subject: &str) -> StagedAttack {
        StagedAttack {
            code: "card_testing".into(),
            subject_kind: kind.into(),
            subject: subject.into(),
            started_us: 1_000_000,
        }
    }

    #[test]
    fn a_finding_is_right_about_its_attack_and_not_before_it() {
        let attack = [staged("terminal", "1")];
        let about = Subject::Terminal("1".into());
        let of = |r: &FindingRecord| of_finding(r, &about, &attack);
        assert_eq!(of(&record("card_testing", "1", 5_000_000)), view::Truth::Staged);
        assert_eq!(of(&record("card_testing", "1", 999_999)), view::Truth::FalseAlarm, "before it began");
        assert_eq!(of(&record("card_testing", "2", 5_000_000)), view::Truth::FalseAlarm);
        assert_eq!(of(&record("moved_terminal", "1", 5_000_000)), view::Truth::FalseAlarm);
        let (right, wrong) = (record("card_testing", "1", 5_000_000), record("card_testing", "3", 6_000_000));
        let other = Subject::Terminal("3".into());
        let part =
            part(&[(&right, &about), (&wrong, &other)], &[staged("terminal", "1"), staged("terminal", "9")]);
        assert_eq!(part.false_alarms, 1);
        assert_eq!(part.staged[0].found, Some(("F-5000000-0".into(), 4_000)));
        assert_eq!(part.staged[1].found, None);
    }

    #[test]
    fn a_card_is_known_by_what_may_be_shown_of_it() {
        let card = view::Card { bin: "999901".into(), last_four: "0042".into(), length: 16 };
        let about = Subject::Card(card.clone());
        let found = FindingRecord {
            subject_kind: "card".into(),
            ..record("card_testing", "0123456789abcdef0123456789abcdef", 5_000_000)
        };
        let of = |name: &str| of_finding(&found, &about, &[staged("card", name)]);
        assert_eq!(of("999901******0042"), view::Truth::Staged);
        assert_eq!(of("999901••••••0042"), view::Truth::Staged);
        assert_eq!(of("999901******0043"), view::Truth::FalseAlarm);
        assert_eq!(of("卡"), view::Truth::FalseAlarm);
        assert_eq!(subject(&staged("card", "999901******0042")), Subject::Card(card));
    }
}
