//! The store follows the log: rows, searches, bounds, and the offset in one transaction with them.

use tg_event::{
    Decision, Finding, FindingSubject, Message, Outcome, PaymentChange, PaymentStage, Reason, ResponseClass,
    Severity, Verdict,
};
use tg_store::{Bounds, Chunk, Counted, FindingFilter, OutcomeFilter, PaymentFilter, Scope, Step, Store};
use tg_text::Text;
use tg_types::{Card, Instant, MaskedPan, Money, Mti, PanToken, Short, TenantId};

fn message(mti: u16, terminal: &str, last4: u16) -> Box<Message> {
    Box::new(Message {
        scheme: Short::new("unionpay").expect("fits"),
        mti: Mti(mti),
        card: Some(Card {
            token: PanToken([last4 as u8; 16]),
            masked: MaskedPan { bin: 999_901, last4, length: 16 },
            ..Card::default()
        }),
        amount: Some(Money { minor: 12_800, currency: 156 }),
        trace: Some(418),
        terminal: Short::new(terminal).expect("fits"),
        merchant: Short::new("899000058120417").expect("fits"),
        place: tg_event::Place::new(3_123_456, 12_147_000),
        retrieval_reference: Short::new(if mti == 0x0210 { "532814000418" } else { "" }).expect("fits"),
        ..Message::default()
    })
}

fn asked(offset: u64, terminal: &str, last4: u16) -> Step {
    let verdict = Verdict {
        offset,
        log_time: Instant(offset as i64 * 1_000),
        payment: Some(offset),
        duplicate: false,
        score: 12,
        decision: Decision::Approve,
        reasons: vec![Reason {
            code: "nothing_unusual".into(),
            text: Text::fixed("无异常", "Nothing unusual"),
        }],
        features: vec![1, 2, 3],
    };
    step(
        offset,
        offset,
        PaymentStage::Asked,
        Outcome::Open,
        "",
        Some(message(0x0200, terminal, last4)),
        Some(verdict),
    )
}

fn answered(payment: u64, offset: u64, terminal: &str, last4: u16, code: &str) -> Step {
    let outcome = if code == "00" { Outcome::Approved } else { Outcome::Declined };
    step(payment, offset, PaymentStage::Answered, outcome, code, Some(message(0x0210, terminal, last4)), None)
}

fn step(
    payment: u64,
    offset: u64,
    stage: PaymentStage,
    outcome: Outcome,
    code: &str,
    message: Option<Box<Message>>,
    verdict: Option<Verdict>,
) -> Step {
    let change = PaymentChange {
        payment,
        offset,
        at: Instant(offset as i64 * 1_000),
        stage,
        outcome,
        mti: message.as_ref().map(|m| m.mti),
        response_code: Short::new(code).expect("fits"),
        response_class: ResponseClass::None,
    };
    Step { change, message, verdict }
}

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("store.sqlite"), Bounds::default()).expect("opens");
    (folder, store)
}

fn all() -> PaymentFilter {
    PaymentFilter { limit: 100, ..PaymentFilter::default() }
}

#[test]
fn a_payment_is_one_row_with_its_steps() {
    let (_folder, mut store) = store();
    let chunk = Chunk {
        next_offset: 12,
        steps: vec![asked(10, "70310482", 9), answered(10, 11, "70310482", 9, "A7")],
        ..Chunk::default()
    };
    store.apply(&chunk).expect("applies");
    let reader = store.reader().expect("reads");
    let payment = reader.payment(10).expect("reads").expect("is there");
    assert_eq!((payment.response_code.as_str(), payment.outcome), ("A7", Outcome::Declined as u8));
    assert_eq!(payment.reference, "532814000418", "the answer brings the reference");
    assert_eq!((payment.features, payment.reasons[0].text.en.as_ref()), (vec![1, 2, 3], "Nothing unusual"));
    assert_eq!(payment.answered_at, Some(11_000));
    assert_eq!(payment.place, Some((3_123_456, 12_147_000)));
    let steps: Vec<_> = reader.steps(10).expect("reads").into_iter().map(|s| (s.offset, s.mti)).collect();
    assert_eq!(steps, [(10, "0200".to_owned()), (11, "0210".to_owned())]);
    assert_eq!(store.next_offset().expect("reads"), 12);
}

#[test]
fn every_search_finds_its_payment_and_no_other() {
    let (_folder, mut store) = store();
    let steps = vec![
        asked(1, "70310482", 9),
        asked(2, "70310483", 11),
        answered(1, 3, "70310482", 9, "A7"),
        answered(2, 4, "70310483", 11, "00"),
        asked(5, "70310484", 12),
        step(5, 6, PaymentStage::TimedOut, Outcome::Unknown, "", None, None),
    ];
    store.apply(&Chunk { next_offset: 7, steps, ..Chunk::default() }).expect("applies");
    let reader = store.reader().expect("reads");
    let found = |filter: PaymentFilter| -> Vec<u64> {
        reader.payments(&filter).expect("reads").into_iter().map(|p| p.payment).collect()
    };
    assert_eq!(found(all()), [5, 2, 1]);
    assert_eq!(found(PaymentFilter { terminal: Some("70310482".into()), ..all() }), [1]);
    assert_eq!(found(PaymentFilter { last4: Some(11), ..all() }), [2]);
    assert_eq!(found(PaymentFilter { reference: Some("532814000418".into()), ..all() }), [2, 1]);
    assert_eq!(found(PaymentFilter { reference: Some("418".into()), ..all() }), [5, 2, 1]);
    assert_eq!(found(PaymentFilter { code: Some("A7".into()), ..all() }), [1]);
    assert_eq!(found(PaymentFilter { outcome: OutcomeFilter::Failed, ..all() }), [5, 1]);
    assert_eq!(found(PaymentFilter { outcome: OutcomeFilter::Unknown, ..all() }), [5]);
    assert_eq!(found(PaymentFilter { outcome: OutcomeFilter::Approved, ..all() }), [2]);
    assert_eq!(found(PaymentFilter { from: Some(2_000), to: Some(5_000), ..all() }), [2]);
    assert_eq!(found(PaymentFilter { before: Some(2), ..all() }), [1]);
    assert_eq!(found(PaymentFilter { changed_from: Some(4), ..all() }), [5, 2]);
    assert_eq!(found(PaymentFilter { terminal: Some("' OR 1=1 --".into()), ..all() }), [] as [u64; 0]);
}

#[test]
fn scopes_compare_with_the_others() {
    let (_folder, mut store) = store();
    let mut steps = Vec::new();
    for (offset, terminal, last4, code) in
        [(1, "T1", 1, "A7"), (3, "T1", 2, "A7"), (5, "T1", 3, "00"), (7, "T2", 1, "00"), (9, "T2", 4, "51")]
    {
        steps.push(asked(offset, terminal, last4));
        steps.push(answered(offset, offset + 1, terminal, last4, code));
    }
    store.apply(&Chunk { next_offset: 20, steps, ..Chunk::default() }).expect("applies");
    let reader = store.reader().expect("reads");
    let payment = reader.payment(1).expect("reads").expect("is there");
    let counts = |scope| {
        let c = reader.scope(scope, (0, i64::MAX), &payment).expect("reads");
        (c.approved, c.failed, c.same_code)
    };
    assert_eq!(counts(Scope::OtherCardsHere), (1, 1, 1));
    assert_eq!(counts(Scope::SameCardElsewhere), (1, 0, 0));
    assert_eq!(counts(Scope::OtherTerminalsInStore), (1, 1, 0));
    assert_eq!(counts(Scope::EverybodyElse), (1, 1, 0));
}

#[test]
fn findings_terminals_and_minutes_are_kept() {
    let (_folder, mut store) = store();
    let finding = Finding {
        id: "F-9-0".into(),
        tenant: TenantId(0),
        code: "card_testing",
        subject: FindingSubject::Terminal(Short::new("70310482").expect("fits")),
        severity: Severity::High,
        first_offset: 1,
        last_offset: 9,
        found_at: Instant(9_000),
        text: Text::fixed("疑似试卡", "Card testing suspected"),
        rests_on: vec![Text::fixed("一小时 30 张卡", "30 cards in an hour")],
        not_shown: vec![],
        other_explanations: vec![],
        next_steps: vec![],
        events: vec![1, 5, 9],
    };
    let mut chunk = Chunk { next_offset: 10, findings: vec![finding], ..Chunk::default() };
    chunk.count(Instant(59_999_999), Counted::Frames, "", 2);
    chunk.count(Instant(60_000_000), Counted::Code, "unionpay:A7", 1);
    store.apply(&chunk).expect("applies");
    store.apply(&chunk).expect("applies again");
    let reader = store.reader().expect("reads");
    let of_terminal = FindingFilter {
        subject: Some(("terminal".into(), "70310482".into())),
        limit: 10,
        ..FindingFilter::default()
    };
    let found = reader.findings(&of_terminal).expect("reads");
    assert_eq!((found.len(), found[0].events.as_slice()), (1, &[1, 5, 9][..]));
    assert_eq!(found[0].rests_on[0].zh, "一小时 30 张卡");
    assert_eq!(reader.minutes(Counted::Frames, 0, 10).expect("reads"), [(0, String::new(), 4)]);
    assert_eq!(reader.minutes(Counted::Code, 0, 10).expect("reads"), [(1, "unionpay:A7".to_owned(), 2)]);
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.sqlite");
    drop(Store::open(&path, Bounds::default()).expect("opens"));
    let raw = rusqlite::Connection::open(&path).expect("opens");
    raw.pragma_update(None, "user_version", 99).expect("writes");
    drop(raw);
    let refused = Store::open(&path, Bounds::default()).err().map(|e| e.to_string());
    assert_eq!(refused.as_deref(), Some("the database has schema 99, this program knows 2"));
}

#[test]
fn the_oldest_payments_go_when_there_are_too_many() {
    let folder = tempfile::tempdir().expect("a folder");
    let bounds = Bounds { payments_max: 100, ..Bounds::default() };
    let mut store = Store::open(&folder.path().join("store.sqlite"), bounds).expect("opens");
    for n in 0..512_u64 {
        let steps = vec![asked(n, "70310482", 9)];
        store.apply(&Chunk { next_offset: n + 1, steps, ..Chunk::default() }).expect("applies");
    }
    let kept: Vec<u64> = store
        .reader()
        .expect("reads")
        .payments(&PaymentFilter { limit: 1000, ..all() })
        .expect("reads")
        .iter()
        .map(|p| p.payment)
        .collect();
    assert_eq!((kept.len(), kept[0], kept[99]), (100, 511, 412));
}
