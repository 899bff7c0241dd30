//! Cash-out: a few cards make large payments again and again, at one terminal or taking turns at several.
//!
//! **What it looks like.** Credit is turned into cash without goods (套现): the same cards come back within hours,
//! the amounts are large and often round, and a group of cards goes from one merchant to the next.
//!
//! **When it is raised**, over a terminal's large approved payments of the last [`DAY_US`]. The form is that of a
//! UnionPay-side script (rule M1: "tx > 10 ... share of mid and high-risk cards' amount > 0.55", sum > 10,000 yuan,
//! mean of the larger ones > 2,000); who is at risk there comes from months of history, here from the day: a *busy
//! card* made at least [`BUSY_FROM`] large payments (proposed). So: at least [`PAYMENTS_MIN`] of them, together
//! [`SUM_SMALLS`] times the price of a drink or more, by at least [`BUSY_CARDS_MIN`] busy cards that hold
//! [`BUSY_PERCENT`] % of the amount.
//!
//! **What it must not call this.** A pay-day rush or a shop of dear things (many cards, once or twice each); one
//! customer who splits a bill (one card); a family's three cards at a wedding (too few payments).
//!
//! **Bounds.** [`KEPT`] payments a terminal, [`CARD_KEPT`] a card.

use super::book::NONE;
use super::slab::{Record, Slab};
use super::{Answered, CARDS_MAX, DAY_US, Detector, Raised, Shared, TERMINALS_MAX, finding, small};
use crate::RestoreError;
use crate::bytes::{Reader, Writer};
use tg_event::{FindingSubject, ResponseClass, Severity, SubjectKey};
use tg_text::Text;
use tg_types::{Instant, Money};

/// A payment of so many times the price of a drink is large: 1,000 yuan.
const LARGE_SMALLS: i64 = 50;
const PAYMENTS_MIN: usize = 6;
/// 10,000 yuan in all.
const SUM_SMALLS: i64 = 500;
const BUSY_FROM: usize = 3;
const BUSY_CARDS_MIN: usize = 3;
const BUSY_PERCENT: i64 = 55;
const KEPT: usize = 64;
const CARD_KEPT: usize = 6;
const QUIET_US: i64 = DAY_US;

/// The least that is large in this currency.
pub(super) fn large(currency: u16) -> i64 {
    small(currency).saturating_mul(LARGE_SMALLS)
}

/// A large payment at a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Payment {
    at: i64,
    request: u64,
    answer: u64,
    card: u32,
    minor: i64,
    currency: u16,
}

/// One terminal.
#[derive(Debug, Default, PartialEq, Eq)]
struct State {
    raised_at: i64,
    payments: Vec<Payment>,
}

/// The latest large payments of a card: when, and at which terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct CardState {
    latest: [(i64, u32); CARD_KEPT],
}

impl CardState {
    fn of_the_day(&self, now: i64) -> impl Iterator<Item = u32> {
        self.latest.iter().filter(move |l| l.0 > 0 && now.saturating_sub(l.0) <= DAY_US).map(|l| l.1)
    }
}

/// The detector's state.
pub(crate) struct CashOut {
    terminals: Slab<State>,
    cards: Slab<CardState>,
}

impl Detector for CashOut {
    fn new() -> CashOut {
        CashOut { terminals: Slab::new(), cards: Slab::new() }
    }

    fn answered(&mut self, seen: &Answered<'_>, _: &Shared) -> Option<Raised> {
        let (pair, now) = (seen.payment, seen.at.0);
        let is_large = pair.currency != 0 && pair.amount >= large(pair.currency);
        if seen.class != ResponseClass::Approved
            || !is_large
            || seen.terminal_number == NONE
            || seen.card == NONE
        {
            return None;
        }
        let card = self.cards.of(seen.card);
        card.latest.rotate_left(1);
        card.latest[CARD_KEPT - 1] = (now, seen.terminal_number);
        let state = self.terminals.of(seen.terminal_number);
        state.payments.retain(|p| now.saturating_sub(p.at) <= DAY_US);
        if state.payments.len() >= KEPT {
            state.payments.remove(0);
        }
        state.payments.push(Payment {
            at: now,
            request: pair.payment,
            answer: seen.offset,
            card: seen.card,
            minor: pair.amount,
            currency: pair.currency,
        });
        let quiet = state.raised_at == 0 || now.saturating_sub(state.raised_at) > QUIET_US;
        if !quiet || state.payments.len() < PAYMENTS_MIN {
            return None;
        }
        let signals = self.signals(seen, now)?;
        self.terminals.of(seen.terminal_number).raised_at = now;
        Some(raised(seen, &signals))
    }

    fn forget_terminal(&mut self, terminal: u32) {
        self.terminals.forget(terminal);
    }

    fn forget_card(&mut self, card: u32) {
        self.cards.forget(card);
    }

    fn save(&self, w: &mut Writer<'_>) {
        self.terminals.save(w);
        self.cards.save(w);
    }

    fn load(r: &mut Reader<'_>) -> Result<CashOut, RestoreError> {
        Ok(CashOut { terminals: Slab::load(r, TERMINALS_MAX)?, cards: Slab::load(r, CARDS_MAX)? })
    }
}

/// What speaks for cash-out at a terminal.
struct Signals {
    payments: Vec<Payment>,
    sum: i64,
    busy_sum: i64,
    cards: usize,
    busy_cards: usize,
    round: usize,
    /// Other terminals at which at least [`BUSY_CARDS_MIN`] of the busy cards were as well.
    others: usize,
}

impl CashOut {
    fn signals(&self, seen: &Answered<'_>, now: i64) -> Option<Signals> {
        let currency = seen.payment.currency;
        let state = self.terminals.get(seen.terminal_number)?;
        let payments: Vec<Payment> =
            state.payments.iter().filter(|p| p.currency == currency).copied().collect();
        let mut cards: Vec<u32> = payments.iter().map(|p| p.card).collect();
        cards.sort_unstable();
        cards.dedup();
        let of_the_day = |card: u32| self.cards.get(card).into_iter().flat_map(|c| c.of_the_day(now));
        let busy: Vec<u32> =
            cards.iter().copied().filter(|&card| of_the_day(card).count() >= BUSY_FROM).collect();
        let sum_of = |keep: &dyn Fn(&Payment) -> bool| {
            payments.iter().filter(|p| keep(p)).fold(0_i64, |sum, p| sum.saturating_add(p.minor))
        };
        let (sum, busy_sum) = (sum_of(&|_| true), sum_of(&|p| busy.contains(&p.card)));
        let enough = payments.len() >= PAYMENTS_MIN
            && busy.len() >= BUSY_CARDS_MIN
            && sum >= small(currency).saturating_mul(SUM_SMALLS)
            && busy_sum / 100 >= sum / 100 * BUSY_PERCENT / 100;
        if !enough {
            return None;
        }
        let mut elsewhere: Vec<(u32, u32)> = busy
            .iter()
            .flat_map(|&card| of_the_day(card).map(move |terminal| (terminal, card)))
            .filter(|(terminal, _)| *terminal != seen.terminal_number)
            .collect();
        elsewhere.sort_unstable();
        elsewhere.dedup();
        let others = elsewhere.chunk_by(|a, b| a.0 == b.0).filter(|g| g.len() >= BUSY_CARDS_MIN).count();
        let unit = small(currency).saturating_mul(5).max(1);
        let round = payments.iter().filter(|p| p.minor % unit == 0).count();
        let (cards, busy_cards) = (cards.len(), busy.len());
        Some(Signals { payments, sum, busy_sum, cards, busy_cards, round, others })
    }
}

fn raised(seen: &Answered<'_>, signals: &Signals) -> Raised {
    let terminal = seen.terminal_name();
    let Signals { cards, busy_cards, round, others, .. } = *signals;
    let count = signals.payments.len();
    let currency = seen.payment.currency;
    let sum = Money { minor: signals.sum, currency };
    let letters = sum.currency_letters();
    let share = signals.busy_sum.saturating_mul(100) / signals.sum.max(1);
    let mut rests_on = vec![
        Text::new(
            format!("24 小时内 {count} 笔大额付款共 {sum} {letters}，来自 {cards} 张卡。"),
            format!("{count} large payments within 24 h, {sum} {letters}, by {cards} cards."),
        ),
        Text::new(
            format!("其中 {busy_cards} 张卡一天内各有至少 {BUSY_FROM} 笔大额付款，占金额的 {share}%。"),
            format!(
                "{busy_cards} of these cards made at least {BUSY_FROM} large payments each within the day, {share} % of the amount."
            ),
        ),
        Text::new(
            format!("{count} 笔中有 {round} 笔是整数金额。"),
            format!("{round} of the {count} amounts are round."),
        ),
    ];
    if others > 0 {
        rests_on.push(Text::new(
            format!("这组卡同一天还一起出现在另外 {others} 台终端。"),
            format!("The same group of cards was also at {others} other terminals that day."),
        ));
    }
    let finding = finding(
        "cash_out",
        (seen.tenant, seen.offset, seen.at),
        FindingSubject::Terminal(terminal),
        if others > 0 { Severity::High } else { Severity::Medium },
        Text::new(
            format!(
                "终端 {terminal} 一天内有 {busy_cards} 张卡反复作大额付款，共 {sum} {letters}，形态像套现。"
            ),
            format!(
                "At terminal {terminal} {busy_cards} cards made large payments again and again within a day, {sum} {letters} in all, in the pattern of cashing out."
            ),
        ),
        rests_on,
        signals.payments.iter().flat_map(|p| [p.request, p.answer]).collect(),
    );
    let until = Instant(seen.at.0.saturating_add(DAY_US));
    Raised { finding: Some(finding), watch: Some((SubjectKey::Terminal(terminal), until)) }
}

impl Record for State {
    const BYTES_MIN: usize = 9;

    fn save(&self, w: &mut Writer<'_>) {
        w.i64(self.raised_at);
        w.varint(self.payments.len() as u64);
        for p in &self.payments {
            w.i64(p.at);
            w.u64(p.request);
            w.u64(p.answer);
            w.u32(p.card);
            w.i64(p.minor);
            w.u16(p.currency);
        }
    }

    fn load(r: &mut Reader<'_>) -> Result<State, RestoreError> {
        let mut state = State { raised_at: r.i64()?, payments: Vec::new() };
        for _ in 0..r.count(38)? {
            state.payments.push(Payment {
                at: r.i64()?,
                request: r.u64()?,
                answer: r.u64()?,
                card: r.u32()?,
                minor: r.i64()?,
                currency: r.u16()?,
            });
        }
        Ok(state)
    }
}

impl Record for CardState {
    const BYTES_MIN: usize = 12 * CARD_KEPT;

    fn save(&self, w: &mut Writer<'_>) {
        for (at, terminal) in self.latest {
            w.i64(at);
            w.u32(terminal);
        }
    }

    fn load(r: &mut Reader<'_>) -> Result<CardState, RestoreError> {
        let mut state = CardState::default();
        for latest in &mut state.latest {
            *latest = (r.i64()?, r.u32()?);
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Till, card, purchase};

    fn pay(till: &mut Till, terminal: &str, n: u32, minor: i64) {
        let trace = till.log.len() as u32 + 1;
        till.wait(300).pay(&purchase(terminal, trace, card(n, 1), minor), "00", ResponseClass::Approved);
    }

    #[test]
    fn a_group_of_cards_that_takes_turns_at_several_terminals_is_found() {
        let mut till = Till::new();
        for n in 0..36 {
            pay(
                &mut till,
                ["70000001", "70000002", "70000003"][n % 3],
                n as u32 % 7,
                480_000 + n as i64 % 3 * 10_000,
            );
            pay(&mut till, "70000009", 500 + n as u32, 2_500);
        }
        let subjects: Vec<_> = till.findings().iter().map(|f| (f.code, f.subject.clone())).collect();
        assert_eq!(subjects.len(), 3, "{subjects:?}");
        assert!(
            till.findings()[2].rests_on[3].en.contains("2 other terminals"),
            "{:?}",
            till.findings()[2].rests_on
        );
    }

    #[test]
    fn a_few_cards_again_and_again_at_one_terminal_are_found() {
        let mut till = Till::new();
        (0..15).for_each(|n| pay(&mut till, "70000001", n % 3, 500_000));
        assert_eq!(till.findings().len(), 1);
        assert_eq!(till.findings()[0].severity, Severity::Medium);
    }

    #[test]
    fn a_pay_day_rush_a_dear_shop_one_split_bill_and_small_change_are_none() {
        let mut till = Till::new();
        // Many cards, some twice.
        (0..120).for_each(|n| pay(&mut till, "70000001", n * 3 / 4, 150_000 + i64::from(n) * 1_317));
        // One customer in five parts, another in three.
        (0..8).for_each(|n| pay(&mut till, "70000002", 1_000 + n / 5, 300_000));
        // Small payments of the same three cards all day long.
        (0..60).for_each(|n| pay(&mut till, "70000003", 2_000 + n % 3, 4_000));
        assert_eq!(till.findings(), &[]);
    }
}
