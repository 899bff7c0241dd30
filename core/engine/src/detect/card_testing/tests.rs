//! Streams by hand: attacks that are found, and what only looks like one.

use super::*;
use crate::testing::{Till, card, purchase};
use tg_event::{Decision, FeedbackAction};
use tg_types::Card;

const T: &str = "10016919";

/// One payment each `gap` seconds; `class` says how the issuers answer.
fn run(till: &mut Till, payments: u32, gap: i64, of: fn(u32) -> (Card, i64, ResponseClass)) {
    for n in 0..payments {
        let (card, minor, class) = of(n);
        till.wait(gap);
        till.pay(&purchase(T, till.log.len() as u32, card, minor), "xx", class);
        till.tick();
    }
}

fn attack(n: u32) -> (Card, i64, ResponseClass) {
    let class = if n % 10 == 9 { ResponseClass::Approved } else { ResponseClass::Declined };
    (card(n, 1), 100, class)
}

use proptest::prelude::*;

proptest! {
    /// Against the definition, attempt by attempt.
    #[test]
    fn the_longest_run_is_what_looking_at_each_attempt_finds(
        refused in proptest::collection::vec(prop_oneof![2 => Just(false), 1 => Just(true)], 0..ATTEMPTS_MAX + 40),
        gone in 0_usize..40,
        refusals in 1_usize..9,
        percent in 1_usize..100,
    ) {
        let mut bits = Refused::default();
        refused.iter().for_each(|r| bits.push(*r));
        let kept = refused.len().saturating_sub(gone).min(ATTEMPTS_MAX);
        let latest = &refused[refused.len() - kept..];
        let longest = (1..=kept).rev().find(|&n| {
            let run = &latest[kept - n..];
            let count = run.iter().filter(|r| **r).count();
            run[0] && count >= refusals && count * 100 >= n * percent
        });
        prop_assert_eq!(bits.run(kept, refusals, percent), longest.unwrap_or(0));
    }
}

#[test]
fn many_refused_cards_with_small_amounts_are_found_once_and_the_terminal_is_watched() {
    let mut till = Till::new();
    run(&mut till, 40, 20, attack);
    let [finding] = till.findings() else { panic!("{:?}", till.findings()) };
    assert_eq!((finding.code, finding.severity), ("card_testing", Severity::High));
    assert_eq!(finding.subject, FindingSubject::Terminal("10016919".parse_short()));
    assert_eq!((finding.first_offset, finding.events[0]), (0, 0));
    assert_eq!(finding.events.last(), Some(&finding.last_offset));
    assert!(finding.events.is_sorted() && finding.events.len() == 16);
    expect_test::expect![[
        r#"终端 10016919 疑似被人用来试卡：3 分钟内有 8 张不同的卡被拒绝，其间 8 笔付款中 8 笔被拒。"#
    ]]
    .assert_eq(&finding.text.zh);
    for texts in [&finding.rests_on, &finding.not_shown, &finding.other_explanations, &finding.next_steps] {
        assert!(texts.len() >= 2 && texts.iter().all(|t| !t.is_incomplete()));
    }
    assert_eq!(till.all.feedback.len(), 1);
    assert_eq!(till.all.feedback[0].action, FeedbackAction::Watch);
    let last = till.all.verdicts.iter().rev().find(|v| v.decision != Decision::None).expect("a request");
    assert_eq!(last.decision, Decision::Review);
    assert!(last.reasons.iter().any(|r| r.code == "terminal_watched"));
}

#[test]
fn numbers_in_a_row_are_found_earlier_and_whatever_the_amount() {
    let mut till = Till::new();
    run(&mut till, 5, 20, |n| (card(1, n as u16), 99_900, ResponseClass::Declined));
    assert_eq!(till.findings().len(), 1);
    assert!(till.findings()[0].rests_on.iter().any(|t| t.zh.contains("5 张卡的卡号前段相同")));
}

#[test]
fn a_second_episode_needs_a_quiet_hour_and_a_long_one_keeps_its_watch() {
    let mut till = Till::new();
    // Nearly two hours without a pause: one finding, but the watch goes on.
    run(&mut till, 300, 20, attack);
    assert_eq!(till.findings().len(), 1);
    assert_eq!(till.all.feedback.len(), 2);
    till.wait(3_700).tick();
    let before = till.findings().len();
    let request = purchase(T, 900_000, card(5_000, 1), 100);
    assert_eq!(till.pay(&request, "00", ResponseClass::Approved).decision, Decision::Approve);
    run(&mut till, 20, 20, attack);
    assert_eq!(till.findings().len(), before + 1);
}

/// Before the attack the till was busy, with a refusal here and there: that hides nothing.
#[test]
fn a_busy_hour_before_hides_no_testing() {
    let mut till = Till::new();
    run(&mut till, 170, 20, |n| {
        let class = if n % 25 == 3 { ResponseClass::Declined } else { ResponseClass::Approved };
        (card(10_000 + n, 2), 3_000, class)
    });
    assert_eq!(till.findings(), &[]);
    run(&mut till, 15, 20, attack);
    assert_eq!(till.findings().len(), 1);
}

fn stays_quiet(payments: u32, gap: i64, of: fn(u32) -> (Card, i64, ResponseClass)) {
    let mut till = Till::new();
    run(&mut till, payments, gap, of);
    assert_eq!(till.findings(), &[]);
    assert!(till.all.feedback.is_empty());
}

#[test]
fn a_busy_till_with_many_small_payments_is_none() {
    stays_quiet(300, 10, |n| {
        let class = if n % 18 == 0 { ResponseClass::Declined } else { ResponseClass::Approved };
        (card(n, 1), 1_500, class)
    });
}

#[test]
fn colleagues_with_company_cards_who_split_a_bill_are_none() {
    stays_quiet(12, 15, |n| {
        let class = if n == 3 { ResponseClass::Declined } else { ResponseClass::Approved };
        (card(1, n as u16), 8_800, class)
    });
}

#[test]
fn an_issuer_that_is_down_is_none() {
    stays_quiet(100, 10, |n| (card(n / 20, n as u16), 500, ResponseClass::Unavailable));
}

#[test]
fn a_terminal_with_wrong_keys_or_settings_is_none() {
    stays_quiet(60, 10, |n| (card(n, 1), 500, ResponseClass::Security));
    stays_quiet(60, 10, |n| (card(n, 1), 500, ResponseClass::Settings));
}

#[test]
fn one_customer_who_tries_a_card_again_and_again_is_none() {
    stays_quiet(30, 30, |_| (card(1, 1), 500, ResponseClass::Declined));
}

#[test]
fn large_refused_payments_of_unlike_cards_are_none() {
    stays_quiet(30, 60, |n| (card(n, 1), 500_000, ResponseClass::Declined));
}

trait ParseShort {
    fn parse_short<const N: usize>(&self) -> tg_types::Short<N>;
}

impl ParseShort for str {
    fn parse_short<const N: usize>(&self) -> tg_types::Short<N> {
        tg_types::Short::new(self).expect("short")
    }
}
