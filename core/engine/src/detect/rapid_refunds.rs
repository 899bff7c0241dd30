//! Rapid refunds: one terminal gives money back to cards that bought nothing there.
//!
//! **What it looks like.** A refund needs no issuer's word about a balance, so whoever holds a terminal with refund
//! rights can send money to a card of his own. (Rule M9: unmatched refunds, refunds beyond the day's sales, more
//! than one refund a card; Infinicept's "orphan refunds", Payrix's "non-offsetting refunds".)
//!
//! **When it is raised**, within an hour, all counts proposed: at least [`ONE_CARD_MIN`] unmatched refunds to one
//! card; or at least [`MANY_MIN`] unmatched refunds that are [`MANY_PERCENT`] % of the refunds and together more than
//! the terminal took in today and yesterday (counted once it was followed for a day). *Unmatched*: none of the
//! card's remembered payments was at this merchant.
//!
//! **What it must not call this.** A shop with many real refunds: they are matched, go to many cards, and are less
//! than its sales. Voids of a payment of the day.
//!
//! **Bounds.** [`KEPT`] refunds a terminal of the last hour.

use super::book::NONE;
use super::slab::{Record, Slab};
use super::{DAY_US, Detector, HOUR_US, Raised, Seen, Shared, TERMINALS_MAX, finding};
use crate::RestoreError;
use crate::bytes::{Reader, Writer};
use tg_event::{FindingSubject, Severity};
use tg_text::Text;
use tg_types::Money;

const ONE_CARD_MIN: usize = 3;
const MANY_MIN: usize = 6;
const MANY_PERCENT: usize = 80;
const KEPT: usize = 48;
const QUIET_US: i64 = DAY_US;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Refund {
    at: i64,
    offset: u64,
    card: u32,
    minor: i64,
    currency: u16,
    matched: bool,
}

/// What a terminal takes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sales {
    first_at: i64,
    /// Of `day`, and of the day before.
    asked: [i64; 2],
    day: u32,
}

impl Sales {
    fn sell(&mut self, minor: i64, now: i64) {
        let day = (now / DAY_US) as u32;
        if day != self.day {
            self.asked = [0, if day == self.day.wrapping_add(1) { self.asked[0] } else { 0 }];
            self.day = day;
            if self.first_at == 0 {
                self.first_at = now;
            }
        }
        self.asked[0] = self.asked[0].saturating_add(minor);
    }
}

/// The refunds of a terminal.
#[derive(Debug, Default, PartialEq, Eq)]
struct State {
    raised_at: i64,
    refunds: Vec<Refund>,
}

/// The detector's state.
pub(crate) struct RapidRefunds {
    sales: Slab<Sales>,
    states: Slab<State>,
}

impl Detector for RapidRefunds {
    fn new() -> RapidRefunds {
        RapidRefunds { sales: Slab::new(), states: Slab::new() }
    }

    fn seen(&mut self, seen: &Seen<'_>, shared: &Shared) -> Option<Raised> {
        let (m, now) = (seen.m, seen.at.0);
        let amount = m.amount?;
        if seen.terminal == NONE {
            return None;
        }
        if m.asks_for_money() {
            self.sales.of(seen.terminal).sell(amount.minor, now);
            return None;
        }
        if !m.gives_money_back() || seen.card == NONE {
            return None;
        }
        let sales = self.sales.of(seen.terminal);
        sales.sell(0, now);
        let sales = *sales;
        let state = self.states.of(seen.terminal);
        state.refunds.retain(|r| now.saturating_sub(r.at) <= HOUR_US);
        let same =
            |r: &Refund| (r.card, r.minor, m.original_trace.is_some()) == (seen.card, amount.minor, true);
        if state.refunds.iter().any(|r| same(r) && now.saturating_sub(r.at) < 5 * 60 * 1_000_000) {
            // Sent again because no answer came.
            return None;
        }
        if state.refunds.len() >= KEPT {
            state.refunds.remove(0);
        }
        state.refunds.push(Refund {
            at: now,
            offset: seen.offset,
            card: seen.card,
            minor: amount.minor,
            currency: amount.currency,
            matched: been_at_merchant(seen, shared),
        });
        let unmatched: Vec<Refund> = state.refunds.iter().filter(|r| !r.matched).copied().collect();
        let to_this_card = unmatched.iter().filter(|r| r.card == seen.card).count();
        let sum = unmatched.iter().fold(0_i64, |sum, r| sum.saturating_add(r.minor));
        let followed = now.saturating_sub(sales.first_at) >= DAY_US;
        let sales = sales.asked[0].saturating_add(sales.asked[1]);
        let many = unmatched.len() >= MANY_MIN
            && unmatched.len() * 100 >= state.refunds.len() * MANY_PERCENT
            && sum > sales
            && followed;
        let quiet = state.raised_at == 0 || now.saturating_sub(state.raised_at) > QUIET_US;
        if !quiet || !(to_this_card >= ONE_CARD_MIN || many) {
            return None;
        }
        state.raised_at = now;
        Some(raised(seen, &unmatched, to_this_card, sales))
    }

    fn touch(&self, terminal: u32) -> u64 {
        self.sales.get(terminal).map_or(0, |s| s.asked[0] as u64)
    }

    fn forget_terminal(&mut self, terminal: u32) {
        self.sales.forget(terminal);
        self.states.forget(terminal);
    }

    fn save(&self, w: &mut Writer<'_>) {
        self.sales.save(w);
        self.states.save(w);
    }

    fn load(r: &mut Reader<'_>) -> Result<RapidRefunds, RestoreError> {
        Ok(RapidRefunds { sales: Slab::load(r, TERMINALS_MAX)?, states: Slab::load(r, TERMINALS_MAX)? })
    }
}

/// One of the card's remembered payments was at this merchant.
fn been_at_merchant(seen: &Seen<'_>, shared: &Shared) -> bool {
    let visits = shared.visits.get(seen.card);
    visits.is_some_and(|visits| visits.iter().any(|v| v.merchant == seen.merchant))
}

fn raised(seen: &Seen<'_>, unmatched: &[Refund], to_this_card: usize, sales: i64) -> Raised {
    let terminal = seen.m.terminal;
    let currency = unmatched.last().map_or(0, |r| r.currency);
    let same = || unmatched.iter().filter(|r| r.currency == currency);
    let sum = Money { minor: same().fold(0_i64, |sum, r| sum.saturating_add(r.minor)), currency };
    let (count, letters) = (unmatched.len(), sum.currency_letters());
    let mut cards: Vec<u32> = unmatched.iter().map(|r| r.card).collect();
    cards.sort_unstable();
    cards.dedup();
    let cards = cards.len();
    let sales = Money { minor: sales, currency };
    let mut rests_on = vec![
        Text::new(
            format!(
                "一小时内 {count} 笔退款共 {sum} {letters}，退给 {cards} 张卡；在记录中，这些卡没有在该商户消费过。"
            ),
            format!(
                "{count} refunds within an hour, {sum} {letters} to {cards} cards; none of these cards has a payment at this merchant on record."
            ),
        ),
        Text::new(
            format!("该终端今天和昨天的付款请求合计 {sales} {letters}。"),
            format!("Payments asked for at this terminal today and yesterday: {sales} {letters}."),
        ),
    ];
    if to_this_card > 1 {
        rests_on.push(Text::new(
            format!("其中 {to_this_card} 笔退给了同一张卡。"),
            format!("{to_this_card} of them went to one card."),
        ));
    }
    let finding = finding(
        "rapid_refunds",
        (seen.m.tenant, seen.offset, seen.at),
        FindingSubject::Terminal(terminal),
        Severity::High,
        Text::new(
            format!("终端 {terminal} 一小时内有 {count} 笔退款找不到对应的消费，共 {sum} {letters}。"),
            format!(
                "Terminal {terminal} made {count} refunds within an hour without a matching sale, {sum} {letters} in all."
            ),
        ),
        rests_on,
        unmatched.iter().map(|r| r.offset).collect(),
    );
    Raised { finding: Some(finding), watch: None }
}

impl Record for Sales {
    const BYTES_MIN: usize = 28;

    fn save(&self, w: &mut Writer<'_>) {
        w.i64(self.first_at);
        self.asked.iter().for_each(|s| w.i64(*s));
        w.u32(self.day);
    }

    fn load(r: &mut Reader<'_>) -> Result<Sales, RestoreError> {
        Ok(Sales { first_at: r.i64()?, asked: [r.i64()?, r.i64()?], day: r.u32()? })
    }
}

impl Record for State {
    const BYTES_MIN: usize = 9;

    fn save(&self, w: &mut Writer<'_>) {
        w.i64(self.raised_at);
        w.varint(self.refunds.len() as u64);
        for refund in &self.refunds {
            w.i64(refund.at);
            w.u64(refund.offset);
            w.u32(refund.card);
            w.i64(refund.minor);
            w.u16(refund.currency);
            w.u8(u8::from(refund.matched));
        }
    }

    fn load(r: &mut Reader<'_>) -> Result<State, RestoreError> {
        let mut state = State { raised_at: r.i64()?, refunds: Vec::new() };
        for _ in 0..r.count(31)? {
            state.refunds.push(Refund {
                at: r.i64()?,
                offset: r.u64()?,
                card: r.u32()?,
                minor: r.i64()?,
                currency: r.u16()?,
                matched: r.u8()? != 0,
            });
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Till, card, purchase};
    use tg_event::{Message, ResponseClass};
    use tg_types::Mti;

    const T: &str = "70000001";

    fn buy(till: &mut Till, n: u32, minor: i64) {
        let trace = till.log.len() as u32 + 1;
        till.wait(400).pay(&purchase(T, trace, card(n, 1), minor), "00", ResponseClass::Approved);
    }

    fn refund(till: &mut Till, n: u32, minor: i64, business: Option<u8>) {
        let trace = till.log.len() as u32 + 1;
        let mti = if business == Some(23) { Mti(0x0200) } else { Mti(0x0220) };
        let request = Message {
            mti,
            processing_code: Some(200_000),
            business,
            ..purchase(T, trace, card(n, 1), minor)
        };
        till.wait(120).pay(&request, "00", ResponseClass::Approved);
    }

    #[test]
    fn refunds_to_a_card_that_bought_nothing_are_found_once() {
        let mut till = Till::new();
        (0..20).for_each(|n| buy(&mut till, n, 3_000));
        (0..6).for_each(|_| refund(&mut till, 99, 50_000, Some(25)));
        let [finding] = till.findings() else { panic!("{:?}", till.findings()) };
        assert_eq!((finding.code, finding.events.len()), ("rapid_refunds", 3));
        expect_test::expect!["终端 70000001 一小时内有 3 笔退款找不到对应的消费，共 1500.00 CNY。"]
            .assert_eq(&finding.text.zh);
    }

    #[test]
    fn many_unmatched_refunds_beyond_the_sales_are_found() {
        let mut till = Till::new();
        (0..20).for_each(|n| buy(&mut till, n, 3_000));
        till.wait(86_400);
        (0..10).for_each(|n| refund(&mut till, 100 + n, 90_000, Some(25)));
        assert_eq!(till.findings().len(), 1);
    }

    #[test]
    fn a_shop_with_many_real_refunds_and_voids_are_none() {
        let mut till = Till::new();
        (0..200).for_each(|n| buy(&mut till, n, 10_000));
        till.wait(86_400);
        // Bought here; or long ago, a few small ones; voids of the day's payments.
        (0..30).for_each(|n| refund(&mut till, 150 + n % 50, 10_000, Some(25)));
        (0..200).for_each(|n| buy(&mut till, 300 + n, 10_000));
        (0..9).for_each(|n| refund(&mut till, 900 + n, 9_000, Some(25)));
        (0..20).for_each(|_| refund(&mut till, 990, 9_000, Some(23)));
        assert_eq!(till.findings(), &[]);
    }
}
