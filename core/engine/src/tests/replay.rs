//! The same events give the same outcomes, whole or cut anywhere by a snapshot; hostile snapshots are refused.

use crate::testing::{Till, card, purchase, reversal};
use crate::{Catalogue, Engine, RestoreError, Traffic, TrafficShape};
use proptest::prelude::*;
use tg_event::{Epoch, Event, Feedback, Limits, Outcomes, ResponseClass, Stamp};
use tg_types::{Instant, SECOND_US};

fn snapshot(engine: &mut Engine) -> Vec<u8> {
    let mut bytes = Vec::new();
    engine.snapshot(&mut bytes);
    bytes
}

fn restore(bytes: &[u8]) -> Engine {
    Engine::restore(Catalogue::builtin(), bytes).expect("a snapshot of our own")
}

fn run(engine: &mut Engine, log: &[(Stamp, Event)]) -> Outcomes {
    let mut out = Outcomes::default();
    log.iter().for_each(|(stamp, event)| engine.apply(*stamp, event, &mut out));
    out
}

/// Rough traffic under tight limits and with an attack in it, so that every part of the state is in use.
fn log(seed: u64, payments: u32, gap_us: i64, limits: Limits) -> Vec<(Stamp, Event)> {
    let mut traffic = Traffic::new(TrafficShape { cards: 60, terminals: 8, gap_us, rough: true }, seed);
    let mut till = Till::new();
    till.apply(Event::Epoch(Epoch { engine_version: 1, catalogue_hash: 1, limits }));
    let mut n = 0;
    while traffic.payments() < payments {
        let Some(event) = traffic.next() else { break };
        till.now = till.now.max(event.stamp.log_time.0);
        till.apply(event.event);
        n += 1;
        if n % 5 == 0 {
            let tried = purchase("10016919", n, card(n, 1), 100);
            till.pay(&tried, "14", ResponseClass::Declined);
        }
    }
    till.log
}

fn tight() -> Limits {
    Limits {
        pairs_max: 40,
        duplicates_max: 50,
        entities_max: 90,
        window_entries_max: 700,
        ..Limits::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_snapshot_at_any_cut_and_the_rest_equal_the_whole_run(
        seed: u64,
        cut in 0.0..1.0_f64,
        gap_us in prop_oneof![Just(300_000_i64), Just(40_000_000), Just(2_000_000_000)],
        small: bool,
    ) {
        let log = log(seed, 150, gap_us, if small { tight() } else { Limits::default() });
        let cut = (log.len() as f64 * cut) as usize;
        let mut whole = Engine::new(Catalogue::builtin());
        let mut expected = run(&mut whole, &log[..cut]);
        let bytes = snapshot(&mut whole);
        let mut resumed = restore(&bytes);
        prop_assert_eq!(&snapshot(&mut resumed), &bytes, "restoring loses nothing");
        prop_assert_eq!(resumed.next_offset(), cut as u64);
        let metrics = |e: &Engine| crate::Metrics { probe_lookups: 0, probe_steps: 0, probe_longest: 0, ..e.metrics() };
        prop_assert_eq!(metrics(&resumed), metrics(&whole));
        expected.clear();
        log[cut..].iter().for_each(|(s, e)| whole.apply(*s, e, &mut expected));
        prop_assert_eq!(run(&mut resumed, &log[cut..]), expected);
        prop_assert_eq!(snapshot(&mut resumed), snapshot(&mut whole));
    }

    /// Written in slices of any size between the events that follow the cut, or given up half-way: the
    /// snapshot holds the state at the cut, and the engine answers as if there were none.
    #[test]
    fn a_snapshot_written_meanwhile_holds_the_state_at_its_cut(
        seed: u64,
        cut in 0.0..1.0_f64,
        slice in 1_usize..4_000,
        given_up: bool,
        gap_us in prop_oneof![Just(300_000_i64), Just(40_000_000), Just(2_000_000_000)],
        small: bool,
    ) {
        let log = log(seed, 150, gap_us, if small { tight() } else { Limits::default() });
        let cut = (log.len() as f64 * cut) as usize;
        let [mut written, mut undisturbed] = [(); 2].map(|()| Engine::new(Catalogue::builtin()));
        run(&mut written, &log[..cut]);
        run(&mut undisturbed, &log[..cut]);
        let at_cut = snapshot(&mut undisturbed);
        if given_up {
            written.begin_snapshot();
            prop_assert!(written.go_on_snapshot(slice).is_none());
        }
        written.begin_snapshot();
        let mut pieces = None;
        for (stamp, event) in &log[cut..] {
            let [mut one, mut two] = [(); 2].map(|()| Outcomes::default());
            written.apply(*stamp, event, &mut one);
            undisturbed.apply(*stamp, event, &mut two);
            prop_assert_eq!(one, two);
            pieces = pieces.or_else(|| written.go_on_snapshot(slice));
        }
        while pieces.is_none() {
            pieces = written.go_on_snapshot(slice);
        }
        let mut bytes = Vec::new();
        pieces.into_iter().for_each(|p| p.append_to(&mut bytes));
        prop_assert_eq!(bytes.len(), at_cut.len());
        prop_assert_eq!(snapshot(&mut restore(&bytes)), at_cut);
        prop_assert_eq!(snapshot(&mut written), snapshot(&mut undisturbed));
    }

    #[test]
    fn bytes_from_anywhere_are_refused_without_harm(seed: u64, at in 0.0..1.0_f64, flip in 1_u8..) {
        let log = log(seed % 4, 60, 300_000, tight());
        let mut engine = Engine::new(Catalogue::builtin());
        run(&mut engine, &log);
        let good = snapshot(&mut engine);
        let place = (good.len() as f64 * at) as usize;
        let mut bad = good.clone();
        bad[place] ^= flip;
        prop_assert!(Engine::restore(Catalogue::builtin(), &bad).is_err(), "a flipped byte passes");
        prop_assert!(Engine::restore(Catalogue::builtin(), &good[..place]).is_err(), "a torn end passes");
        // With a right check the bytes reach every reader; whatever comes back must work.
        let body = bad.len() - 8;
        let sum = crate::bytes::checksum(&bad[..body]);
        bad[body..].copy_from_slice(&sum.to_le_bytes());
        if let Ok(mut odd) = Engine::restore(Catalogue::builtin(), &bad) {
            let mut out = Outcomes::default();
            for n in 0..50_u64 {
                let offset = odd.next_offset();
                let m = purchase("10000001", n as u32, card(n as u32 % 5, 1), 100);
                let m = tg_event::Message { duplicate_key: tg_event::DuplicateKey(n), ..m };
                odd.apply(Stamp { offset, log_time: Instant(i64::MAX) }, &Event::Message(Box::new(m)), &mut out);
                odd.apply(Stamp { offset: offset + 1, log_time: Instant(i64::MAX) }, &Event::Tick, &mut out);
            }
            snapshot(&mut odd);
        }
    }
}

#[test]
fn the_same_events_give_the_same_outcomes() {
    let log = log(7, 400, 300_000, Limits::default());
    let [mut a, mut b] = [(); 2].map(|()| Engine::new(Catalogue::builtin()));
    let (one, two) = (run(&mut a, &log), run(&mut b, &log));
    assert_eq!(one, two);
    assert_eq!(snapshot(&mut a), snapshot(&mut b));
    assert!(!one.findings.is_empty() && !one.changes.is_empty());
    let messages = log.iter().filter(|(_, e)| matches!(e, Event::Message(_))).count();
    assert_eq!(one.verdicts.len(), messages);
    assert!(one.verdicts.iter().all(|v| !v.reasons.is_empty()));
}

#[test]
fn an_offset_that_was_applied_changes_nothing() {
    let log = log(3, 50, 300_000, Limits::default());
    let mut engine = Engine::new(Catalogue::builtin());
    run(&mut engine, &log);
    let before = snapshot(&mut engine);
    assert_eq!(run(&mut engine, &log), Outcomes::default());
    assert_eq!(snapshot(&mut engine), before);
}

/// An attack up to the finding, with the feedback not yet in the log.
fn until_found() -> (Engine, Feedback, Instant) {
    let mut till = Till::new();
    let mut n = 0;
    while till.all.feedback.is_empty() {
        till.wait(10).pay(&purchase("10016919", n, card(n, 1), 100), "14", ResponseClass::Declined);
        n += 1;
    }
    let feedback = till.all.feedback[0];
    let mut engine = Engine::new(Catalogue::builtin());
    let at = till.log.iter().position(|(_, e)| matches!(e, Event::Feedback(_))).expect("feedback");
    run(&mut engine, &till.log[..at]);
    (engine, feedback, Instant(till.now))
}

#[test]
fn feedback_survives_a_crash_and_is_applied_once() {
    let (mut engine, feedback, at) = until_found();
    let mut engine = restore(&snapshot(&mut engine));
    assert_eq!(engine.outstanding_feedback().collect::<Vec<_>>(), [&feedback]);
    let mut out = Outcomes::default();
    let mut next = |engine: &mut Engine, event: Event, at: Instant| {
        out.clear();
        let stamp = Stamp { offset: engine.next_offset(), log_time: at };
        engine.apply(stamp, &event, &mut out);
        out.clone()
    };
    let forged = Feedback { until: at.plus_us(900_000 * SECOND_US), ..feedback };
    next(&mut engine, Event::Feedback(forged), at);
    assert_eq!(
        (engine.metrics().watched, engine.outstanding_feedback().count()),
        (0, 1),
        "not what was emitted"
    );
    next(&mut engine, Event::Feedback(feedback), at);
    assert_eq!((engine.metrics().watched, engine.outstanding_feedback().count()), (1, 0));
    let over = feedback.until.plus_us(1);
    next(&mut engine, Event::Tick, over);
    assert_eq!(engine.metrics().watched, 0);
    next(&mut engine, Event::Feedback(feedback), over);
    assert_eq!(engine.metrics().watched, 0, "a repeat in the log is ignored");
}

#[test]
fn a_snapshot_of_another_form_or_of_nothing_is_refused_by_name() {
    let mut bytes = snapshot(&mut Engine::new(Catalogue::builtin()));
    assert_eq!(Engine::restore(Catalogue::builtin(), b"TGENG").err(), Some(RestoreError::NotASnapshot));
    bytes[8] = 4;
    let error = Engine::restore(Catalogue::builtin(), &bytes).err().expect("another form");
    expect_test::expect![
        "the snapshot is of form 4 and engine version 2; this program reads form 3 of engine version 2"
    ]
    .assert_eq(&error.to_string());
}

/// A little of everything: an attack, a duplicate, two currencies, a reversal, an open payment, a tick.
fn by_hand() -> Vec<(Stamp, Event)> {
    let mut till = Till::new();
    let bought = |n: u32| purchase("10016919", n, card(n, 1), 100 + i64::from(n));
    till.apply(Event::Epoch(Epoch { engine_version: 1, catalogue_hash: 1, limits: tight() }));
    for n in 0..10 {
        till.wait(20).pay(&bought(n), "14", ResponseClass::Declined);
    }
    let same = tg_event::Message { duplicate_key: tg_event::DuplicateKey(5), ..bought(10) };
    till.send(&same);
    till.send(&same);
    till.send(&reversal(&same));
    let dollars = Some(tg_types::Money { minor: 900, currency: 840 });
    till.wait(1).send(&tg_event::Message { amount: dollars, ..bought(11) });
    till.tick();
    till.log
}

/// The bytes of form 3. If this fails, the form has changed: raise its number and keep the old file.
#[test]
fn the_golden_snapshot_is_read_and_written() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/snapshot_v3.hex");
    let mut engine = Engine::new(Catalogue::builtin());
    run(&mut engine, &by_hand());
    let hex: String = snapshot(&mut engine).iter().map(|b| format!("{b:02x}")).collect();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, &hex).expect("the golden file is written");
    }
    let golden = std::fs::read_to_string(path).expect("the golden file");
    assert!(golden.trim() == hex, "the snapshot's bytes have changed");
    let bytes: Vec<u8> =
        (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).expect("hex")).collect();
    assert_eq!(snapshot(&mut restore(&bytes)), bytes);
}
