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
    /// Its number in the city; told again, it replaces what was told before.
    pub id: u64,
    /// The detector that should find it, such as `card_testing`.
    pub code: String,
    /// Whom a finding may name: kind (`terminal`, `merchant`, `card`, `issuer`, `serial`) and name, a card by
    /// its token.
    pub subjects: Vec<(String, String)>,
    /// Detectors that may rightly find something that follows from it, about whom the city tells later.
    pub brings: Vec<String>,
    /// When it began, in microseconds of log time.
    pub started_us: i64,
}

impl StagedAttack {
    fn names(&self, record: &FindingRecord) -> bool {
        let same = |(kind, name): &(String, String)| *kind == record.subject_kind && *name == record.subject;
        record.found_at >= self.started_us && self.subjects.iter().any(same)
    }

    fn is_found_by(&self, record: &FindingRecord) -> bool {
        self.code == record.code && self.names(record)
    }
}

/// What the truth says of a finding; `None` where it may follow from an attack whose whole reach the city has
/// not told yet.
pub(crate) fn of_finding(record: &FindingRecord, staged: &[StagedAttack]) -> Option<view::Truth> {
    let brought = |s: &StagedAttack| s.brings.contains(&record.code);
    if staged.iter().any(|s| s.is_found_by(record) || brought(s) && s.names(record)) {
        return Some(view::Truth::Staged);
    }
    let may_follow = staged.iter().any(|s| brought(s) && record.found_at >= s.started_us);
    (!may_follow).then_some(view::Truth::FalseAlarm)
}

/// What was staged, found or not; `found` are all findings, oldest first, `show` makes a subject of its kind and name.
pub(crate) fn part<E>(
    found: &[FindingRecord],
    staged: &[StagedAttack],
    show: impl Fn(&str, &str) -> Result<Subject, E>,
) -> Result<TruthPart, E> {
    let false_alarms =
        found.iter().filter(|f| of_finding(f, staged) == Some(view::Truth::FalseAlarm)).count() as u64;
    let mut shown = Vec::with_capacity(staged.len());
    for attack in staged {
        let hit = found.iter().find(|f| attack.is_found_by(f));
        let (kind, name) = match (hit, attack.subjects.first()) {
            (Some(f), _) => (f.subject_kind.as_str(), f.subject.as_str()),
            (None, Some((kind, name))) => (kind.as_str(), name.as_str()),
            (None, None) => ("", ""),
        };
        let words = tg_engine::finding_texts(&attack.code).map(|words| words.title.clone());
        shown.push(view::StagedAttack {
            code: attack.code.clone(),
            title: words.unwrap_or_else(|| Text::new(attack.code.clone(), attack.code.clone())),
            subject: show(kind, name)?,
            started_us: attack.started_us,
            found: hit.map(|f| {
                let us = f.found_at.saturating_sub(attack.started_us);
                (f.id.clone(), u64::try_from(us / 1_000).unwrap_or(0))
            }),
        });
    }
    shown.sort_by_key(|attack| Reverse(attack.started_us));
    Ok(TruthPart { on: true, staged: shown, false_alarms })
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

    fn staged(code: &str, subject: &str, brings: &[&str]) -> StagedAttack {
        StagedAttack {
            id: 1,
            code: code.into(),
            subjects: vec![("terminal".into(), subject.into())],
            brings: brings.iter().map(|b| (*b).to_owned()).collect(),
            started_us: 1_000_000,
        }
    }

    #[test]
    fn a_finding_is_right_about_its_attack_and_not_before_it() {
        let attack = [staged("card_testing", "1", &[])];
        let of = |code, subject, at| of_finding(&record(code, subject, at), &attack);
        assert_eq!(of("card_testing", "1", 5_000_000), Some(view::Truth::Staged));
        assert_eq!(of("card_testing", "1", 999_999), Some(view::Truth::FalseAlarm), "before it began");
        assert_eq!(of("card_testing", "2", 5_000_000), Some(view::Truth::FalseAlarm));
        assert_eq!(of("moved_terminal", "1", 5_000_000), Some(view::Truth::FalseAlarm));
    }

    #[test]
    fn what_follows_from_an_attack_is_no_false_alarm() {
        let attack = [staged("cloned_terminal", "1", &["moved_terminal"])];
        let of = |code, subject| of_finding(&record(code, subject, 5_000_000), &attack);
        assert_eq!(of("moved_terminal", "1"), Some(view::Truth::Staged));
        assert_eq!(of("moved_terminal", "2"), None, "perhaps; the city has not told all");
        assert_eq!(of("rapid_refunds", "1"), Some(view::Truth::FalseAlarm));
    }

    #[test]
    fn attacks_are_found_or_not_yet() {
        let found = [record("card_testing", "1", 5_000_000), record("card_testing", "3", 6_000_000)];
        let attacks = [staged("card_testing", "1", &[]), staged("card_testing", "9", &[])];
        let show = |_: &str, name: &str| Ok::<_, ()>(Subject::Terminal(name.into()));
        let part = part(&found, &attacks, show).expect("shows");
        assert_eq!(part.false_alarms, 1);
        assert_eq!(part.staged[0].found, Some(("F-5000000-0".into(), 4_000)));
        assert_eq!(
            (part.staged[1].found.as_ref(), &part.staged[1].subject),
            (None, &Subject::Terminal("9".into()))
        );
    }
}
