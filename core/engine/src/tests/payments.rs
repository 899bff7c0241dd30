//! Payments from request to outcome: pairing, time-outs, reversals, repeats.

use crate::testing::{Till, answer, card, purchase, reversal};
use tg_event::{
    Decision, DuplicateKey, Epoch, Event, Limits, Message, Outcome, Outcomes, PaymentStage, ResponseClass,
};
use tg_types::{Mti, Short};

const T: &str = "10016919";

fn bought(trace: u32) -> Message {
    purchase(T, trace, card(1, 1), 12_800)
}

/// Stage, outcome and payment of the only change.
fn step(out: &Outcomes) -> (PaymentStage, Outcome, u64) {
    let [change] = &out.changes[..] else { panic!("one change, not {:?}", out.changes) };
    (change.stage, change.outcome, change.payment)
}

fn code(out: &Outcomes) -> &str {
    &out.verdicts[0].reasons[0].code
}

#[test]
fn a_payment_is_asked_and_approved() {
    let mut till = Till::new();
    let asked = till.send(&bought(1));
    assert_eq!(step(&asked), (PaymentStage::Asked, Outcome::Open, 0));
    let verdict = &asked.verdicts[0];
    assert_eq!((verdict.decision, verdict.score, verdict.payment), (Decision::Approve, 0, Some(0)));
    assert_eq!(code(&asked), "nothing_unusual");
    assert_eq!(verdict.features.len(), till.engine.catalogue().features().len());
    let answered = till.wait(2).send(&answer(&bought(1), "00", ResponseClass::Approved));
    assert_eq!(step(&answered), (PaymentStage::Answered, Outcome::Approved, 0));
    assert_eq!((answered.verdicts[0].decision, answered.verdicts[0].payment), (Decision::None, Some(0)));
    assert!(answered.verdicts[0].features.is_empty());
    till.wait(120);
    assert_eq!(till.tick(), []);
}

#[test]
fn only_the_approved_class_approves() {
    use ResponseClass::*;
    for class in [None, Declined, KeepCard, Unavailable, Security, Settings, Unlisted] {
        let mut till = Till::new();
        till.send(&bought(1));
        let out = till.send(&answer(&bought(1), "xx", class));
        assert_eq!(step(&out), (PaymentStage::Answered, Outcome::Declined, 0), "{class:?}");
        assert_ne!(code(&out), "nothing_unusual", "{class:?}");
        let back = till.send(&reversal(&bought(1)));
        assert_eq!(step(&back).1, Outcome::ReversalSent);
        let out = till.send(&answer(&reversal(&bought(1)), "xx", class));
        assert_eq!(step(&out), (PaymentStage::ReversalAnswered, Outcome::ReversalRefused, 0), "{class:?}");
    }
}

#[test]
fn a_missing_answer_is_unknown_at_the_first_tick_after_its_time_and_a_late_one_is_told() {
    let mut till = Till::new();
    till.send(&bought(1));
    till.wait(59);
    assert_eq!(till.tick(), []);
    till.wait(1);
    let changes = till.tick();
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].stage, changes[0].outcome), (PaymentStage::TimedOut, Outcome::Unknown));
    assert_eq!((changes[0].offset, changes[0].mti), (2, None));
    assert_eq!(till.engine.metrics().unknown_outcomes_total, 1);
    assert_eq!(till.tick(), [], "once");
    let late = till.wait(500).send(&answer(&bought(1), "00", ResponseClass::Approved));
    assert_eq!(step(&late), (PaymentStage::AnsweredLate, Outcome::Approved, 0));
    assert_eq!(late.verdicts[0].reasons[1].code, "answer_late");
}

#[test]
fn an_answer_later_than_late_belongs_to_no_payment() {
    let mut till = Till::new();
    till.send(&bought(1));
    till.wait(601).tick();
    let out = till.send(&answer(&bought(1), "00", ResponseClass::Approved));
    assert_eq!((code(&out), out.verdicts[0].payment), ("answer_without_request", None));
    assert!(out.changes.is_empty());
    assert_eq!(till.engine.metrics().pairs_remembered, 0);
}

#[test]
fn a_mirror_feed_that_begins_in_the_middle_gets_verdicts_and_no_payments() {
    let mut till = Till::new();
    let out = till.send(&answer(&bought(1), "00", ResponseClass::Approved));
    assert_eq!((code(&out), out.verdicts.len(), out.changes.len()), ("answer_without_request", 1, 0));
    let out = till.send(&answer(&reversal(&bought(1)), "00", ResponseClass::Approved));
    assert_eq!((code(&out), out.changes.len()), ("answer_without_request", 0));
    let out = till.send(&reversal(&bought(1)));
    assert_eq!((code(&out), out.changes.len()), ("reversal_without_payment", 0));
    assert_eq!(till.engine.metrics().answers_without_request_total, 2);
}

#[test]
fn answers_find_their_payment_by_feed_terminal_trace_merchant_and_batch() {
    type Change = fn(&mut Message);
    let other: [(&str, Change); 6] = [
        ("terminal", |m| m.terminal = Short::new("10016920").expect("short")),
        ("trace", |m| m.trace = Some(2)),
        ("feed", |m| m.feed = 3),
        ("tenant", |m| m.tenant.0 = 3),
        ("merchant", |m| m.merchant = Short::new("898310258120002").expect("short")),
        ("batch", |m| m.batch = Some(2)),
    ];
    for (what, change) in other {
        let mut till = Till::new();
        till.send(&bought(1));
        let mut reply = answer(&bought(1), "00", ResponseClass::Approved);
        change(&mut reply);
        assert_eq!(code(&till.send(&reply)), "answer_without_request", "{what} differs");
    }
    let mut till = Till::new();
    till.send(&bought(1));
    let mut reply = answer(&bought(1), "00", ResponseClass::Approved);
    (reply.merchant, reply.batch, reply.card) = (Short::EMPTY, None, None);
    assert_eq!(step(&till.send(&reply)).1, Outcome::Approved, "what is absent is not compared");
}

#[test]
fn the_terminals_own_time_breaks_ties_between_payments_of_one_trace_number() {
    let at = |second_of_day| {
        let mut m = bought(1);
        m.terminal_time = Some(tg_event::TerminalTime { month: 1, day: 1, second_of_day });
        m.amount = Some(tg_types::Money { minor: i64::from(second_of_day), currency: 156 });
        m
    };
    let mut till = Till::new();
    till.send(&at(100));
    till.send(&at(200));
    let first = till.send(&answer(&at(100), "00", ResponseClass::Approved));
    assert_eq!(step(&first), (PaymentStage::Answered, Outcome::Approved, 0));
    let second = till.send(&answer(&at(200), "51", ResponseClass::Declined));
    assert_eq!(step(&second), (PaymentStage::Answered, Outcome::Declined, 1));
}

#[test]
fn a_trace_number_used_again_after_the_answer_is_a_new_payment() {
    let mut till = Till::new();
    till.pay(&bought(1), "51", ResponseClass::Declined);
    let again = till.wait(5).send(&bought(1));
    assert_eq!(step(&again), (PaymentStage::Asked, Outcome::Open, 2));
    assert_eq!(step(&till.send(&answer(&bought(1), "00", ResponseClass::Approved))).2, 2);
}

#[test]
fn a_resent_request_of_an_open_payment_counts_once() {
    let mut till = Till::new();
    let first = till.send(&bought(1));
    let mut again = bought(1);
    again.mti = Mti(0x0201);
    let repeated = till.wait(10).send(&again);
    assert_eq!(step(&repeated), (PaymentStage::Repeated, Outcome::Open, 0));
    let (a, b) = (&first.verdicts[0], &repeated.verdicts[0]);
    assert_eq!((b.decision, b.score, b.duplicate, b.payment), (a.decision, a.score, false, Some(0)));
    assert_eq!(code(&repeated), "request_repeated");
    let third = till.send(&bought(2));
    assert_eq!(feature(&till, &third, "card_payments_1h"), 2);
}

fn feature(till: &Till, out: &Outcomes, name: &str) -> i64 {
    let at = till.engine.catalogue().names().iter().position(|n| n == name).expect("a feature");
    out.verdicts[0].features[at]
}

#[test]
fn an_exact_repeat_is_a_duplicate_for_ten_minutes_and_stays_out_of_the_windows() {
    let mut till = Till::new();
    let same = Message { duplicate_key: DuplicateKey(77), ..bought(1) };
    till.send(&same);
    till.send(&answer(&bought(1), "00", ResponseClass::Approved));
    let repeat = till.wait(600).send(&same);
    assert_eq!(step(&repeat), (PaymentStage::Repeated, Outcome::Approved, 0));
    assert!(repeat.verdicts[0].duplicate);
    assert_eq!((code(&repeat), repeat.verdicts[0].decision), ("exact_repeat", Decision::Approve));
    let other_feed = till.send(&Message { feed: 1, ..same.clone() });
    assert!(!other_feed.verdicts[0].duplicate);
    let after = till.wait(1).send(&same);
    assert!(!after.verdicts[0].duplicate, "601 seconds after the first");
    assert_eq!(feature(&till, &after, "card_payments_1h"), 3);
    assert_eq!(till.engine.metrics().duplicates_total, 1);
}

#[test]
fn the_first_answer_stands() {
    let mut till = Till::new();
    till.pay(&bought(1), "51", ResponseClass::Declined);
    let second = till.send(&answer(&bought(1), "00", ResponseClass::Approved));
    assert_eq!(step(&second), (PaymentStage::Repeated, Outcome::Declined, 0));
    assert_eq!(code(&second), "second_answer");
}

#[test]
fn a_reversal_takes_the_payment_back_by_its_own_or_the_originals_trace_number() {
    let mut till = Till::new();
    till.send(&bought(1));
    till.wait(61).tick();
    let sent = till.send(&reversal(&bought(1)));
    assert_eq!(step(&sent), (PaymentStage::ReversalSent, Outcome::ReversalSent, 0));
    let resent = till.wait(5).send(&reversal(&bought(1)));
    assert_eq!(step(&resent), (PaymentStage::Repeated, Outcome::ReversalSent, 0));
    let late = till.send(&answer(&bought(1), "00", ResponseClass::Approved));
    assert_eq!(step(&late).1, Outcome::ReversalSent, "the reversal decides");
    let done = till.send(&answer(&reversal(&bought(1)), "00", ResponseClass::Approved));
    assert_eq!(step(&done), (PaymentStage::ReversalAnswered, Outcome::Reversed, 0));

    till.pay(&bought(2), "00", ResponseClass::Approved);
    let mut by_original = reversal(&bought(3));
    by_original.original_trace = Some(2);
    let payment = till.all.changes.last().expect("a change").payment;
    assert_eq!(step(&till.send(&by_original)), (PaymentStage::ReversalSent, Outcome::ReversalSent, payment));
    let done = till.send(&answer(&by_original, "25", ResponseClass::Declined));
    assert_eq!(step(&done), (PaymentStage::ReversalAnswered, Outcome::ReversalRefused, payment));
}

#[test]
fn voids_and_enquiries_are_payments_that_stand_in_no_window() {
    let mut till = Till::new();
    for code in [200_000, 310_000] {
        let out = till.send(&Message { processing_code: Some(code), ..bought(code) });
        assert_eq!((step(&out).0, out.verdicts[0].decision), (PaymentStage::Asked, Decision::None));
        assert!(out.verdicts[0].features.is_empty());
    }
    assert_eq!(till.engine.metrics().window_entries_live, 0);
}

#[test]
fn sign_ons_and_their_answers_get_a_verdict_each() {
    let mut till = Till::new();
    let sign_on = Message { mti: Mti(0x0800), card: None, amount: None, ..bought(9) };
    assert_eq!(code(&till.send(&sign_on)), "nothing_unusual");
    let refused = till.send(&answer(&sign_on, "97", ResponseClass::Settings));
    assert_eq!((code(&refused), refused.changes.len()), ("answer_settings", 0));
    assert_eq!(till.engine.metrics().verdicts_total, 2);
}

#[test]
fn over_the_limits_the_oldest_are_forgotten_and_counted() {
    let mut till = Till::new();
    let limits = Limits { pairs_max: 3, duplicates_max: 3, ..Limits::default() };
    till.apply(Event::Epoch(Epoch { engine_version: 1, catalogue_hash: 0, limits }));
    for n in 1..=5 {
        till.send(&Message { duplicate_key: DuplicateKey(n), ..bought(n as u32) });
    }
    let told: Vec<_> = till.all.changes.iter().filter(|c| c.stage == PaymentStage::TimedOut).collect();
    assert_eq!(
        told.iter().map(|c| (c.payment, c.outcome)).collect::<Vec<_>>(),
        [(1, Outcome::Unknown), (2, Outcome::Unknown)]
    );
    let metrics = till.engine.metrics();
    assert_eq!((metrics.pairs_remembered, metrics.pairs_open, metrics.pairs_dropped_total), (3, 3, 2));
    assert_eq!((metrics.duplicates_remembered, metrics.duplicates_dropped_total), (3, 2));
    let early = till.send(&Message { duplicate_key: DuplicateKey(1), ..bought(9) });
    assert!(!early.verdicts[0].duplicate, "forgotten early");
    let kept = till.send(&Message { duplicate_key: DuplicateKey(5), ..bought(9) });
    assert!(kept.verdicts[0].duplicate);
}
