//! Windows against a model that keeps everything and counts anew each time.

use crate::catalogue::{Aggregate, EntityKind, SeriesKind};
use crate::testing::{Till, answer, card, purchase};
use crate::{Catalogue, Engine, WINDOWS};
use proptest::prelude::*;
use std::collections::BTreeSet;
use tg_event::{DuplicateKey, Epoch, Event, Limits, Message, Outcomes, ResponseClass, Stamp};
use tg_types::{Instant, Money, Short};

/// One entry of the model's log.
#[derive(Clone)]
struct Fact {
    series: SeriesKind,
    at: i64,
    amount: i64,
    currency: u16,
    /// Card, terminal, merchant, issuer.
    names: [String; 4],
}

fn names(m: &Message) -> [String; 4] {
    let card = m.card.map_or(String::new(), |c| c.token.to_string());
    let bin = m.card.map_or(String::new(), |c| format!("{:06}", c.masked.bin));
    let issuer = if m.issuer.is_empty() { bin } else { m.issuer.as_str().to_owned() };
    [card, m.terminal.as_str().to_owned(), m.merchant.as_str().to_owned(), issuer]
}

/// All features by looking through all facts; the payment itself is the last of them.
fn naive(catalogue: &Catalogue, facts: &[Fact]) -> Vec<i64> {
    let Some(this) = facts.last() else { return Vec::new() };
    catalogue
        .features()
        .iter()
        .map(|f| {
            let (kind, length) = (f.entity as usize, WINDOWS[f.window].1);
            let of: Vec<&Fact> = facts
                .iter()
                .filter(|x| x.series == f.series && x.at > this.at - length)
                .filter(|x| !this.names[kind].is_empty() && x.names[kind] == this.names[kind])
                .collect();
            let earlier = if f.series == SeriesKind::Payments { of.iter().rev().nth(1) } else { of.last() };
            match f.aggregate {
                Aggregate::Count => of.len() as i64,
                Aggregate::Sum => of.iter().filter(|x| x.currency == this.currency).map(|x| x.amount).sum(),
                Aggregate::Distinct { dimension } => {
                    let value = if f.entity == EntityKind::Card { 1 + usize::from(dimension) } else { 0 };
                    let set: BTreeSet<&String> = of.iter().map(|x| &x.names[value]).collect();
                    set.iter().filter(|v| !v.is_empty()).count() as i64
                }
                Aggregate::LastAmount => earlier.map_or(-1, |x| x.amount),
                Aggregate::SinceLast => earlier.map_or(-1, |x| (this.at - x.at) / 1_000),
            }
        })
        .collect()
}

#[derive(Clone, Debug)]
struct Step {
    gap_us: i64,
    card: Option<u16>,
    terminal: u8,
    minor: i64,
    currency: u16,
    declined: bool,
    tick: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let gap = prop_oneof![
        3 => Just(0_i64),
        4 => 0_i64..50_000_000,
        2 => prop_oneof![Just(60_000_000_i64), Just(3_600_000_000), Just(86_400_000_000), Just(604_800_000_000)],
        1 => 0_i64..200_000_000_000,
    ];
    let currency = prop_oneof![8 => Just(156_u16), 2 => Just(344), 1 => Just(840)];
    (
        gap,
        proptest::option::weighted(0.95, 0_u16..6),
        0_u8..4,
        0_i64..100_000,
        currency,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(gap_us, card, terminal, minor, currency, declined, tick)| Step {
            gap_us,
            card,
            terminal,
            minor,
            currency,
            declined,
            tick,
        })
}

fn message(n: usize, step: &Step) -> Message {
    let mut m = purchase(&format!("1000000{}", step.terminal), n as u32, card(0, 0), step.minor);
    m.amount = Some(Money { minor: step.minor, currency: step.currency });
    m.card = step.card.map(|c| card(u32::from(c), c));
    if let Some(c) = &mut m.card {
        c.masked.bin += u32::from(c.masked.last4 % 3);
    }
    m.merchant = Short::new(&format!("M{}", step.terminal / 2)).expect("short");
    if n.is_multiple_of(5) {
        m.issuer = Short::new("01020000").expect("short");
    }
    m
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn features_equal_a_naive_count(steps in proptest::collection::vec(step(), 1..150)) {
        let mut till = Till::new();
        let mut facts = Vec::new();
        for (n, step) in steps.iter().enumerate() {
            till.now += step.gap_us;
            let m = message(n, step);
            let at = till.now;
            let fact = |series| Fact { series, at, amount: step.minor, currency: step.currency, names: names(&m) };
            facts.push(fact(SeriesKind::Payments));
            let out = till.send(&m);
            prop_assert_eq!(&out.verdicts[0].features, &naive(till.engine.catalogue(), &facts));
            if step.declined {
                facts.push(fact(SeriesKind::Declines));
                till.send(&answer(&m, "51", ResponseClass::Declined));
            }
            if step.tick {
                till.tick();
            }
        }
    }
}

#[test]
fn long_rings_with_their_index_equal_a_naive_count() {
    let mut till = Till::new();
    let mut facts = Vec::new();
    for n in 0..3_000_usize {
        till.now += [1_000_000, 30_000_000, 0, 400_000_000][n % 4] * (1 + (n as i64 / 700));
        let step = Step {
            gap_us: 0,
            card: Some((n * n % 97) as u16),
            terminal: 0,
            minor: n as i64,
            currency: 156,
            declined: false,
            tick: false,
        };
        let m = message(n, &step);
        facts.push(Fact {
            series: SeriesKind::Payments,
            at: till.now,
            amount: step.minor,
            currency: 156,
            names: names(&m),
        });
        let out = till.send(&m);
        if n % 37 == 0 {
            assert_eq!(out.verdicts[0].features, naive(till.engine.catalogue(), &facts), "payment {n}");
        }
    }
}

fn limited(limits: Limits) -> Till {
    let mut till = Till::new();
    till.apply(Event::Epoch(Epoch { engine_version: 1, catalogue_hash: 0, limits }));
    till
}

fn is_partial(out: &Outcomes) -> bool {
    out.verdicts[0].reasons.iter().any(|r| r.code == "features_partial")
}

#[test]
fn entries_forced_out_are_said_until_no_window_reaches_over_them() {
    let mut till = limited(Limits { window_entries_max: 40, ..Limits::default() });
    let mut partial = Vec::new();
    for n in 0..30 {
        let m = purchase("10016919", n, card(1, 1), 100);
        partial.push(is_partial(&till.wait(1).send(&m)));
    }
    assert_eq!(partial.iter().position(|p| *p), Some(10), "four entries a payment");
    assert!(till.engine.metrics().window_entries_live <= 40);
    assert!(till.engine.metrics().window_entries_dropped_total >= 80);
    till.wait(7 * 86_400).tick();
    assert!(!is_partial(&till.send(&purchase("10016919", 99, card(1, 1), 100))));
}

#[test]
fn a_card_without_room_is_counted_as_refused_and_said() {
    let mut till = limited(Limits { entities_max: 5, ..Limits::default() });
    let pay = |till: &mut Till, n: u16| {
        let trace = till.log.len() as u32;
        till.wait(1).send(&purchase("10016919", trace, card(9, n), 100))
    };
    assert!(!is_partial(&pay(&mut till, 1)));
    assert!(!is_partial(&pay(&mut till, 2)), "card, terminal, merchant, BIN and one more");
    assert!(is_partial(&pay(&mut till, 3)));
    assert!(is_partial(&pay(&mut till, 1)), "the terminal's count of cards lacks one");
    assert_eq!(till.engine.metrics().entities_refused_total, 1);
    assert_eq!(till.engine.metrics().entities, [2, 1, 1, 1]);
}

#[test]
fn idle_entities_leave_at_ticks_and_their_memory_comes_back() {
    let mut till = Till::new();
    (0..500).for_each(|n| {
        till.wait(1).send(&purchase("10016919", u32::from(n), card(1, n), 100));
    });
    till.wait(6 * 86_400);
    (0..10).for_each(|_| drop(till.tick()));
    assert_eq!(till.engine.metrics().entities, [500, 1, 1, 1]);
    till.wait(86_400);
    // A tick looks at a part of them.
    (0..10).for_each(|_| drop(till.tick()));
    let metrics = till.engine.metrics();
    assert_eq!((metrics.entities, metrics.window_entries_live), ([0; 4], 0));
    assert_eq!(metrics.entities_evicted_total, 503);
}

#[test]
fn sums_are_exact_or_said_to_be_not() {
    let mut engine = Engine::new(Catalogue::builtin());
    let mut out = Outcomes::default();
    for n in 0..3 {
        let mut m = purchase("10016919", n, card(1, 1), i64::MAX - 1);
        m.duplicate_key = DuplicateKey(u64::from(n) + 1);
        let stamp = Stamp { offset: u64::from(n), log_time: Instant(1_000_000 + i64::from(n) * 30_000_000) };
        engine.apply(stamp, &Event::Message(Box::new(m)), &mut out);
    }
    let at = |name: &str| engine.catalogue().names().iter().position(|n| n == name).expect("a feature");
    assert_eq!(out.verdicts[0].features[at("card_amount_1h")], i64::MAX - 1);
    assert_eq!(out.verdicts[2].features[at("card_amount_1h")], i64::MAX, "it does not fit");
    assert!(out.verdicts[2].reasons.iter().any(|r| r.code == "features_partial"));
}
