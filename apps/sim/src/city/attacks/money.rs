//! Attacks by merchants: credit turned into cash, refunds of payments that never were.

use super::{Attack, Means};
use crate::cards::Card;
use crate::city::counter::{Order, Payer};
use crate::city::week::{HOUR, next_open, time_of_day};
use crate::city::{City, Machine};
use crate::terminal::{Entry, Purpose, Receipt, month_day};
use crate::truth::{SimulatedCard, Subject};
use tg_types::SECOND_US;

/// The cards of a ring.
pub(crate) struct Ring {
    holders: Vec<usize>,
    /// For refunds: how large the next are, and whether they name real payments.
    range_yuan: (i64, i64),
    invents: bool,
}

impl City {
    /// A ring of credit cards comes back and back to one shop that sells nothing for it.
    pub(super) fn begin_cash_out(&mut self, attack: usize) -> Option<usize> {
        let now = self.now;
        let odd_hour = !(8 * HOUR..20 * HOUR).contains(&time_of_day(now));
        let fits = |m: &Machine| {
            matches!(m.trade.category, 5944 | 5732 | 5651 | 5661 | 5912 | 5812)
                && (odd_hour || next_open(m.trade.hours, now) == now)
        };
        let index = self.find_place(fits)?;
        let (town, here) = (self.machines[index].town, self.machines[index].here);
        let wanted = self.dice.between(4, 10) as usize;
        let mut holders = Vec::new();
        for _ in 0..wanted * 40 {
            let found = self.people.customer(&mut self.dice, town, here, now);
            // Credit cards have sixteen digits here.
            if let Some(holder) = found.filter(|h| self.people.all[*h].card.number.length == 16)
                && holders.len() < wanted
                && !holders.contains(&holder)
            {
                holders.push(holder);
            }
        }
        for holder in &holders {
            let number = self.people.all[*holder].card.number;
            self.people.all[*holder].reserved_until = now.plus_us(14 * HOUR);
            self.banks.fill(number, 60_000_000, 6_000_000);
        }
        if holders.is_empty() {
            self.cast.remove(&index);
            return None;
        }
        let payments = holders.len() as i64 * self.dice.between(2, 4) + self.dice.between(1, 6);
        let lasts = payments * self.dice.between(60, 420) * SECOND_US;
        let range_yuan = if self.dice.chance(7_000) { (40, 240) } else { (12, 50) };
        let subjects = vec![self.merchant_subject(index), self.terminal_subject(index)];
        let means = Means::Ring(Ring { holders, range_yuan, invents: false });
        Some(self.begin_attack(attack, subjects, index, payments, lasts, means))
    }

    pub(super) fn turn_into_cash(&mut self, attack: usize) -> bool {
        let index = self.attacks[attack].machine;
        if !self.is_idle(index) {
            return false;
        }
        let Attack { story: Some(story), means: Means::Ring(ring), .. } = &self.attacks[attack] else {
            return true;
        };
        let (story, range) = (*story, ring.range_yuan);
        let Some(holder) = self.dice.pick(&ring.holders).copied() else { return true };
        // Round hundreds, or just under a round sum.
        let hundreds = self.dice.between(range.0, range.1) * 2;
        let under = match self.dice.below(4) {
            0 => 1,
            1 => 100,
            _ => 0,
        };
        let amount = (hundreds * 100 - under) * 100;
        self.people.used(holder, self.now, self.machines[index].here);
        let order = Order::of(Payer::Holder(holder), amount).in_story(story);
        let order = if self.dice.chance(8_000) { order } else { order.by(Entry::Stripe, true) };
        self.pay(index, Box::new(order));
        true
    }

    /// Somebody at the shop sends money to his own cards.
    pub(super) fn begin_refunds(&mut self, attack: usize) -> Option<usize> {
        let index = self.find_place(|m| m.trade.attended() && m.trade.category != 6010)?;
        let (town, here) = (self.machines[index].town, self.machines[index].here);
        let mut holders = Vec::new();
        for _ in 0..self.dice.between(1, 3) {
            holders.extend(self.people.customer(&mut self.dice, town, here, self.now));
        }
        if holders.is_empty() {
            self.cast.remove(&index);
            return None;
        }
        let refunds = self.dice.between(7, 26);
        let lasts = refunds * self.dice.between(18, 120) * SECOND_US;
        let subjects = vec![self.terminal_subject(index), self.merchant_subject(index)];
        let low = self.dice.between(3, 20);
        let means = Means::Ring(Ring {
            holders,
            range_yuan: (low * 100, low * self.dice.between(200, 500)),
            invents: self.dice.chance(6_000),
        });
        Some(self.begin_attack(attack, subjects, index, refunds, lasts, means))
    }

    pub(super) fn refund_again(&mut self, attack: usize) -> bool {
        let index = self.attacks[attack].machine;
        if !self.is_idle(index) {
            return false;
        }
        let Attack { story: Some(story), means: Means::Ring(ring), .. } = &self.attacks[attack] else {
            return true;
        };
        let (story, range, invents) = (*story, ring.range_yuan, ring.invents);
        let Some(holder) = self.dice.pick(&ring.holders).copied() else { return true };
        let card: Card = self.people.all[holder].card.clone();
        let machine = &mut self.machines[index];
        let amount_fen = self.dice.between(range.0, range.1) * 100;
        // Above a payment that there was, or of one that there never was.
        let real = if invents { None } else { machine.receipts.pop_back() };
        let receipt = real.unwrap_or_else(|| Receipt {
            trace: self.dice.between(1, 999_999) as u32,
            amount_fen,
            card: holder,
            retrieval_reference: format!("{:012}", self.dice.below(1_000_000_000_000)),
            authorization: format!("{:06}", self.dice.below(1_000_000)),
            month_day: month_day(crate::city::clock(self.now)),
        });
        let receipt = Receipt { amount_fen: amount_fen.max(receipt.amount_fen * 2), card: holder, ..receipt };
        let clock = crate::city::clock(self.now.plus_us(machine.terminal.clock_error_us));
        let merchant = &self.merchants[machine.terminal.merchant].number;
        let digits = card.number.digits();
        machine.write_field_59(digits.get(digits.len() - 6..));
        let terminal = &mut machine.terminal;
        let mut request = terminal.take_back(index, merchant, &card, &receipt, Purpose::Refund, clock);
        request.attack = Some(story);
        // The acquirer does not look at the original: see `City::at_host`.
        request.original = None;
        if let Some(staged) = self.staged.get_mut(story) {
            staged.related.insert(Subject::Card(SimulatedCard::new(card.number)));
        }
        self.send(request, None);
        true
    }
}
