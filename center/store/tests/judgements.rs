//! What people say of findings: kept with its state, carried into the journal once, found by filters.

use rusqlite::Connection;
use tg_event::{Event, Finding, FindingSubject, Judgement, JudgementVerdict, Severity};
use tg_store::{Bounds, Chunk, FindingFilter, People, Said, Store};
use tg_text::Text;
use tg_types::{Instant, Short, TenantId};

fn finding(offset: u64, n: u8, code: &'static str, terminal: &str, severity: Severity) -> Finding {
    Finding {
        id: format!("F-{offset}-{n}"),
        tenant: TenantId(0),
        code,
        subject: FindingSubject::Terminal(Short::new(terminal).expect("fits")),
        severity,
        first_offset: 1,
        last_offset: offset,
        found_at: Instant(offset as i64 * 1_000),
        text: Text::fixed("疑似 100% 试卡", "Card testing suspected"),
        rests_on: vec![],
        not_shown: vec![],
        other_explanations: vec![],
        next_steps: vec![],
        events: vec![offset],
    }
}

fn three() -> Chunk {
    let findings = vec![
        finding(9, 0, "card_testing", "70310482", Severity::High),
        finding(20, 0, "cloned_terminal", "70310483", Severity::Critical),
        finding(20, 1, "moved_terminal", "70310483", Severity::Low),
    ];
    Chunk { next_offset: 21, findings, ..Chunk::default() }
}

fn said(id: u8, finding: &str, verdict: JudgementVerdict) -> Judgement {
    Judgement {
        tenant: TenantId(0),
        id: [id; 16],
        finding: Short::new(finding).expect("fits"),
        verdict,
        reason: Short::new("training_or_test").expect("fits"),
        said_at: Instant(i64::from(id)),
    }
}

fn open(folder: &tempfile::TempDir, name: &str) -> (Store, std::path::PathBuf) {
    let path = folder.path().join(name);
    (Store::open(&path, Bounds::default()).expect("opens"), path)
}

#[test]
fn a_judgement_is_kept_with_its_state_and_goes_out_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut store, path) = open(&folder, "store.sqlite");
    store.apply(&three()).expect("applies");
    let mut people = People::open(&path).expect("opens");
    let dismissed = said(7, "F-9-0", JudgementVerdict::Dismissed);
    assert_eq!(people.judge(&dismissed, "店员培训", "console").expect("writes"), Said::Kept);
    assert_eq!(people.judge(&dismissed, "店员培训", "console").expect("writes"), Said::Known);
    let nowhere = said(8, "F-1-1", JudgementVerdict::Dismissed);
    assert_eq!(people.judge(&nowhere, "", "").expect("writes"), Said::NoFinding);
    // A clock that went back: what was said last holds all the same.
    let reopened = said(1, "F-9-0", JudgementVerdict::Open);
    let confirmed = said(2, "F-9-0", JudgementVerdict::Confirmed);
    assert_eq!(people.judge(&reopened, "", "console").expect("writes"), Said::Kept);
    assert_eq!(people.judge(&confirmed, "", "console").expect("writes"), Said::Kept);

    let reader = store.reader().expect("reads");
    assert_eq!(reader.finding("F-9-0").expect("reads").expect("is there").state, 1);
    let history = reader.judgements("F-9-0").expect("reads");
    assert_eq!(history.iter().map(|j| j.verdict).collect::<Vec<_>>(), [1, 0, 2]);
    assert_eq!((history[2].note.as_str(), history[2].said_by.as_str()), ("店员培训", "console"));
    assert_eq!(reader.totals(0).expect("reads").0, 2, "a judged finding is not open");

    // As after a crash: another connection finds what has not gone out, in the order in which it was said.
    let mut again = People::open(&path).expect("opens");
    let outgoing = again.outgoing().expect("reads");
    let events: Vec<Event> = outgoing.iter().map(|o| o.event.clone()).collect();
    assert_eq!(events, [dismissed, reopened, confirmed].map(Event::Judgement));
    let bytes: Vec<u8> = events
        .iter()
        .flat_map(|e| {
            let mut bytes = Vec::new();
            e.encode(&mut bytes);
            bytes
        })
        .collect();
    assert!(!bytes.windows(3).any(|w| w == "店".as_bytes()), "the free text stays here");
    again.sent(&[outgoing[0].id.clone()]).expect("forgets");
    assert_eq!(people.outgoing().expect("reads").len(), 2);
}

#[test]
fn the_log_brings_judgements_to_a_new_store_and_changes_nothing_in_an_old_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut kept, path) = open(&folder, "kept.sqlite");
    kept.apply(&three()).expect("applies");
    let judgements = vec![
        said(3, "F-9-0", JudgementVerdict::Dismissed),
        said(4, "F-20-0", JudgementVerdict::Confirmed),
        said(5, "F-20-0", JudgementVerdict::Open),
        said(6, "F-404-0", JudgementVerdict::Confirmed),
    ];
    let mut people = People::open(&path).expect("opens");
    for j in &judgements[..3] {
        people.judge(j, "a note", "console").expect("writes");
    }
    let twice = [judgements.clone(), judgements].concat();
    kept.apply(&Chunk { next_offset: 30, judgements: twice.clone(), ..Chunk::default() }).expect("applies");
    let (mut new, _) = open(&folder, "new.sqlite");
    new.apply(&Chunk { judgements: twice, next_offset: 30, ..three() }).expect("applies");
    for id in ["F-9-0", "F-20-0", "F-20-1"] {
        let (old, new) = (kept.reader().expect("reads"), new.reader().expect("reads"));
        let state = |r: &tg_store::Reader| r.finding(id).expect("reads").expect("is there").state;
        assert_eq!(state(&old), state(&new), "{id}");
        let (mut old, new) = (old.judgements(id).expect("reads"), new.judgements(id).expect("reads"));
        assert!(old.iter().all(|j| j.note == "a note"));
        old.iter_mut().for_each(|j| (j.note, j.said_by) = Default::default());
        assert_eq!(old, new, "{id}: all but the free text");
    }
}

#[test]
fn a_judgement_is_whole_or_not_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut store, path) = open(&folder, "store.sqlite");
    store.apply(&three()).expect("applies");
    Connection::open(&path).expect("opens").execute_batch("DROP TABLE outbox").expect("breaks it");
    let mut people = People::open(&path).expect("opens");
    people
        .judge(&said(7, "F-9-0", JudgementVerdict::Dismissed), "", "")
        .expect_err("no way into the journal");
    let reader = store.reader().expect("reads");
    assert_eq!(reader.finding("F-9-0").expect("reads").expect("is there").state, 0);
    assert_eq!(reader.judgements("F-9-0").expect("reads"), []);
}

#[test]
fn one_finding_has_no_end_of_judgements() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut store, path) = open(&folder, "store.sqlite");
    store.apply(&three()).expect("applies");
    let mut people = People::open(&path).expect("opens");
    for id in 0..100 {
        let judged = people.judge(&said(id, "F-9-0", JudgementVerdict::Confirmed), "", "");
        assert_eq!(judged.expect("writes"), Said::Kept);
    }
    let judged = people.judge(&said(200, "F-9-0", JudgementVerdict::Open), "", "");
    assert_eq!(judged.expect("writes"), Said::TooMany);
}

#[test]
fn filters_find_what_they_say_and_pages_join_without_gap() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut store, path) = open(&folder, "store.sqlite");
    store.apply(&three()).expect("applies");
    let mut people = People::open(&path).expect("opens");
    people.judge(&said(1, "F-20-1", JudgementVerdict::Dismissed), "", "").expect("writes");
    let reader = store.reader().expect("reads");
    let ids = |filter: FindingFilter| {
        let found = reader.findings(&FindingFilter { limit: filter.limit.max(9), ..filter }).expect("reads");
        found.into_iter().map(|f| f.id).collect::<Vec<_>>()
    };
    let none = FindingFilter::default;
    assert_eq!(ids(none()), ["F-20-1", "F-20-0", "F-9-0"]);
    assert_eq!(ids(FindingFilter { before: Some("F-20-1".into()), ..none() }), ["F-20-0", "F-9-0"]);
    assert_eq!(ids(FindingFilter { before: Some("F-20-0".into()), ..none() }), ["F-9-0"]);
    assert_eq!(ids(FindingFilter { code: Some("card_testing".into()), ..none() }), ["F-9-0"]);
    assert_eq!(ids(FindingFilter { severity: Some(Severity::High), ..none() }), ["F-20-0", "F-9-0"]);
    assert_eq!(ids(FindingFilter { subject_name: Some("70310483".into()), ..none() }), ["F-20-1", "F-20-0"]);
    assert_eq!(ids(FindingFilter { state: Some(JudgementVerdict::Open), ..none() }), ["F-20-0", "F-9-0"]);
    assert_eq!(ids(FindingFilter { from: Some(10_000), to: Some(21_000), ..none() }), ["F-20-1", "F-20-0"]);
    assert_eq!(ids(FindingFilter { text: Some("100% 试".into()), ..none() }).len(), 3);
    assert_eq!(ids(FindingFilter { text: Some("70%482".into()), ..none() }), Vec::<String>::new());
    assert_eq!(ids(FindingFilter { text: Some("f-9-0".into()), ..none() }), ["F-9-0"]);
    let counts = reader.finding_counts(&FindingFilter { state: Some(JudgementVerdict::Confirmed), ..none() });
    let counts = counts.expect("reads");
    assert_eq!((counts.open, counts.confirmed, counts.dismissed), (2, 0, 1));
    assert_eq!(counts.codes.len(), 3);
}

#[test]
fn the_oldest_findings_go_when_there_are_too_many() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.sqlite");
    let bounds = Bounds { findings_max: 100, ..Bounds::default() };
    let mut store = Store::open(&path, bounds).expect("opens");
    for n in 0..512_u64 {
        let findings = vec![finding(n, 0, "card_testing", "70310482", Severity::High)];
        store.apply(&Chunk { next_offset: n + 1, findings, ..Chunk::default() }).expect("applies");
        if n == 0 {
            let mut people = People::open(&path).expect("opens");
            people.judge(&said(1, "F-0-0", JudgementVerdict::Confirmed), "", "").expect("writes");
        }
    }
    let reader = store.reader().expect("reads");
    let kept = reader.findings(&FindingFilter { limit: 1_000, ..FindingFilter::default() }).expect("reads");
    assert_eq!((kept.len(), kept[99].id.as_str()), (100, "F-412-0"));
    assert_eq!(reader.judgements("F-0-0").expect("reads"), []);
}
