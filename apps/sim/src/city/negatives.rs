//! What looks like an attack and is none: it is always there, with and without attackers.

use super::counter::{Order, Payer};
use super::map::TOWNS;
use super::week::{DAY, FOOD, HOUR, MINUTE, day_of, midnight, next_open, time_of_day};
use super::{City, Event};
use crate::truth::{Negative, Story, Subject};
use std::collections::BTreeSet;
use tg_types::{Instant, SECOND_US};

/// Those that come as events; pay day is in the calendar, two terminals are there from the beginning.
const COMING: [Negative; 7] = [
    Negative::Fair,
    Negative::SplitBill,
    Negative::DamagedChips,
    Negative::Traveller,
    Negative::Returns,
    Negative::Repaired,
    Negative::NewTerminal,
];
/// A plane with the way to it, the wait and the way from it: so long before and after.
const AIRPORTS_US: i64 = 150 * MINUTE;
/// Metres a second in the air.
const PLANE: i64 = 190;

impl City {
    pub(crate) fn plan_negatives(&mut self) {
        for kind in COMING {
            // Once in the days before, and again soon after somebody looks on.
            let before = self.options.live.since(self.options.start);
            if before > DAY {
                let wait = self.dice.between(8 * HOUR, (before - 10 * HOUR).clamp(9 * HOUR, 30 * HOUR));
                self.after(wait, Event::Negative(kind, 1));
            }
            let wait = self.dice.between(2 * MINUTE, 70 * MINUTE);
            self.at(self.options.live.plus_us(wait), Event::Negative(kind, 0));
        }
        self.two_terminals();
    }

    /// A stall holder's second terminal: another number, the same stall.
    fn two_terminals(&mut self) {
        let Some(first) = self.find_machine(super::Machine::is_portable) else { return };
        let machine = &self.machines[first];
        let (merchant, trade, town, home) =
            (machine.terminal.merchant, machine.trade, machine.town, machine.home);
        let second = self.new_machine(merchant, trade, town, home);
        self.cast.insert(second);
        let story = self.stage(
            Story::Negative(Negative::TwoTerminals),
            [first, second].map(|i| self.terminal_subject(i)).to_vec(),
        );
        for index in [first, second] {
            self.machines[index].label = Some(story);
        }
    }

    pub(crate) fn terminal_subject(&self, index: usize) -> Subject {
        Subject::Terminal(self.machines[index].terminal.number.clone())
    }

    /// The next one of a kind.
    pub(crate) fn negative(&mut self, kind: Negative, turn: u64) {
        let now = self.now;
        let began = match kind {
            Negative::Fair => self.fair(),
            Negative::SplitBill => self.split_bill(),
            Negative::DamagedChips => self.damaged_chips(),
            Negative::Traveller => self.traveller(),
            Negative::Returns => self.returns(),
            Negative::Repaired => self.repaired(),
            Negative::NewTerminal => self.replaced(),
            Negative::PayDay | Negative::TwoTerminals => true,
        };
        if turn == 0 || !began {
            let wait = match (kind, began) {
                (_, false) => self.dice.between(30 * MINUTE, 90 * MINUTE),
                (Negative::SplitBill, _) => self.dice.between(70 * MINUTE, 6 * HOUR),
                _ => self.dice.between(18 * HOUR, 40 * HOUR),
            };
            self.at(now.plus_us(wait), Event::Negative(kind, turn));
        }
    }

    /// The story of a machine, which is its label until it ends.
    fn label(&mut self, kind: Negative, machines: &[usize]) -> usize {
        let subjects = machines.iter().map(|i| self.terminal_subject(*i)).collect();
        let story = self.stage(Story::Negative(kind), subjects);
        for index in machines {
            self.machines[*index].label = Some(story);
        }
        story
    }

    pub(crate) fn negative_ends(&mut self, kind: Negative, index: usize) {
        let machine = &mut self.machines[index];
        machine.fallback = 25;
        machine.crowd_percent = 100;
        if kind == Negative::Fair {
            machine.here = machine.home;
            let story = machine.label;
            self.sign_on(index, story);
        }
        self.machines[index].label = None;
        self.cast.remove(&index);
    }

    /// Several shops carry their terminals to the fairground for the day.
    fn fair(&mut self) -> bool {
        if !(7 * HOUR..15 * HOUR).contains(&time_of_day(self.now)) {
            return false;
        }
        let town = if self.dice.chance(7_500) { 0 } else { 1 };
        let ground = TOWNS[town].somewhere(&mut self.dice);
        let mut machines = Vec::new();
        for _ in 0..self.dice.between(4, 8) {
            let fits = |m: &super::Machine| {
                m.town == town && m.trade.attended() && m.trade.is_busy() && m.home.metres_to(ground) > 2_000
            };
            machines.extend(self.find_machine(fits));
        }
        if machines.len() < 3 {
            self.cast.retain(|m| !machines.contains(m));
            return false;
        }
        let story = self.label(Negative::Fair, &machines);
        let ends = midnight(day_of(self.now)).plus_us(18 * HOUR + 30 * MINUTE);
        for index in machines {
            let machine = &mut self.machines[index];
            machine.here = ground.near(&mut machine.dice, 120);
            machine.crowd_percent = 180;
            let wait = machine.dice.between(MINUTE, 25 * MINUTE);
            self.after(wait, Event::SignOn(index, Some(story)));
            let home = self.dice.between(0, 50 * MINUTE);
            self.at(ends.plus_us(home), Event::NegativeEnds(Negative::Fair, index));
        }
        true
    }

    /// A table splits its bill: several cards of one amount, or one card several times.
    fn split_bill(&mut self) -> bool {
        let now = self.now;
        let Some(index) =
            self.find_machine(|m| matches!(m.trade.category, 5812 | 5814) && next_open(&FOOD, now) == now)
        else {
            return false;
        };
        let story = self.stage(Story::Negative(Negative::SplitBill), vec![self.terminal_subject(index)]);
        let machine = &mut self.machines[index];
        let part = machine.trade.bill_fen(100, &mut machine.dice) / 100 * 100 + 100;
        let parts = machine.dice.between(3, 8);
        let one_card = machine.dice.chance(3_500);
        let (mut wait, mut asked) = (0, BTreeSet::new());
        let mut payer = None;
        for _ in 0..parts {
            let machine = &mut self.machines[index];
            wait += machine.dice.between(25, 70) * SECOND_US;
            let at = now.plus_us(wait);
            if payer.is_none() || !one_card {
                payer = self.people.customer(&mut machine.dice, machine.town, machine.here, at);
            }
            let Some(holder) = payer.filter(|h| one_card || asked.insert(*h)) else { continue };
            self.people.used(holder, at, machine.here);
            let order = Order::of(Payer::Holder(holder), part).in_story(story);
            self.after(wait, Event::Pay(index, Box::new(order)));
        }
        self.cast.remove(&index);
        true
    }

    /// The chip reader is dirty until somebody cleans it.
    fn damaged_chips(&mut self) -> bool {
        let Some(index) = self.find_machine(|m| m.trade.attended() && m.trade.is_busy()) else {
            return false;
        };
        self.label(Negative::DamagedChips, &[index]);
        self.machines[index].fallback = self.dice.between(3_000, 8_500) as u64;
        let lasts = self.dice.between(5 * HOUR, 40 * HOUR);
        self.after(lasts, Event::NegativeEnds(Negative::DamagedChips, index));
        true
    }

    /// Somebody pays at home, flies, and pays there.
    fn traveller(&mut self) -> bool {
        let now = self.now;
        let (from, to) = if self.dice.chance(6_000) { (0, 3) } else { (2, 3) };
        let open = |town: usize, m: &super::Machine, at: Instant| {
            m.town == town && m.says.is_some() && next_open(m.trade.hours, at) == at && m.trade.attended()
        };
        let Some(first) = self.find_machine(|m| open(from, m, now)) else { return false };
        self.cast.remove(&first);
        let here = self.machines[first].here;
        let metres = here.metres_to(TOWNS[to].somewhere(&mut self.dice));
        let lasts = AIRPORTS_US + metres * SECOND_US / PLANE + self.dice.between(0, 90 * MINUTE);
        let at = now.plus_us(lasts);
        let Some(second) = self.find_machine(|m| open(to, m, at)) else { return false };
        self.cast.remove(&second);
        let Some(holder) = self.people.customer(&mut self.dice, from, here, now) else { return false };
        let back = at.plus_us(12 * HOUR);
        self.people.all[holder].reserved_until = back;
        self.people.used(holder, back, here);
        let card = crate::truth::SimulatedCard::new(self.people.all[holder].card.number);
        let story = self.stage(Story::Negative(Negative::Traveller), vec![Subject::Card(card)]);
        let mut wait = 0;
        for (index, first_wait) in [(first, 0), (second, lasts), (second, 70 * MINUTE)] {
            wait += first_wait;
            let machine = &mut self.machines[index];
            let amount = machine.trade.bill_fen(110, &mut machine.dice);
            let order = Order::of(Payer::Holder(holder), amount).in_story(story);
            self.after(wait, Event::Pay(index, Box::new(order)));
        }
        true
    }

    /// After a sale a shoe shop takes back what didn't fit: real payments, each once.
    fn returns(&mut self) -> bool {
        let now = self.now;
        let fits = |m: &super::Machine| {
            matches!(m.trade.category, 5661 | 5651)
                && m.receipts.len() >= 8
                && next_open(m.trade.hours, now) == now
        };
        let Some(index) = self.find_machine(fits) else { return false };
        let story = self.stage(Story::Negative(Negative::Returns), vec![self.terminal_subject(index)]);
        let mut wait = 0;
        for _ in 0..self.dice.between(6, 14) {
            let machine = &mut self.machines[index];
            let Some(receipt) = machine.receipts.pop_front() else { break };
            wait += machine.dice.between(2 * MINUTE, 16 * MINUTE);
            self.after(wait, Event::TakeBack(index, Box::new(receipt), Some(story)));
        }
        self.after(wait + MINUTE, Event::NegativeEnds(Negative::Returns, index));
        true
    }

    /// Back from the workshop: it signs on until the shop believes that it works.
    fn repaired(&mut self) -> bool {
        let now = self.now;
        let fits = |m: &super::Machine| m.trade.attended() && next_open(m.trade.hours, now) == now;
        let Some(index) = self.find_machine(fits) else { return false };
        let story = self.stage(Story::Negative(Negative::Repaired), vec![self.terminal_subject(index)]);
        let mut wait = 0;
        for _ in 0..self.dice.between(3, 5) {
            wait += self.dice.between(70, 260) * SECOND_US;
            self.after(wait, Event::SignOn(index, Some(story)));
        }
        self.after(wait + MINUTE, Event::NegativeEnds(Negative::Repaired, index));
        true
    }

    /// The acquirer changes a device; the old one never comes back.
    fn replaced(&mut self) -> bool {
        let now = self.now;
        let fits = |m: &super::Machine| {
            m.trade.attended() && next_open(m.trade.hours, now) == now && m.terminal.waiting.is_none()
        };
        let Some(index) = self.find_machine(fits) else { return false };
        let story = self.stage(Story::Negative(Negative::NewTerminal), vec![self.terminal_subject(index)]);
        self.machines[index].label = Some(story);
        self.new_device(index, Some(story));
        self.after(8 * HOUR, Event::NegativeEnds(Negative::NewTerminal, index));
        true
    }
}
