//! Attacks with card numbers: guessed ones, copied ones, one card in two places.

use super::{Attack, Means};
use crate::cards::{Card, Number, add_months};
use crate::city::counter::{Order, Payer};
use crate::city::week::{HOUR, MINUTE};
use crate::city::{City, Event, Machine};
use crate::terminal::{Entry, year_month};
use crate::truth::{SimulatedCard, Subject};
use tg_types::SECOND_US;

/// Neighbouring numbers to try.
pub(crate) struct Guesses {
    /// Numbers without their last four digits, times ten thousand.
    stems: Vec<Number>,
    /// The next three digits to try.
    next: u64,
    step: u64,
    expiry: u16,
    amount_fen: Option<i64>,
}

/// Copies of cards, and the terminals where they are used.
pub(crate) struct Copies {
    cards: Vec<Card>,
    places: Vec<usize>,
    typed: bool,
    /// For one card in two places: the holder, who goes on paying at home.
    holder: Option<usize>,
    next: usize,
}

impl City {
    pub(super) fn begin_card_testing(&mut self, attack: usize) -> Option<usize> {
        let unattended = self.dice.chance(6_500);
        let machine = self
            .find_place(|m| m.trade.attended() != unattended && m.trade.is_busy())
            .or_else(|| self.find_place(|m| !m.trade.attended()))
            .or_else(|| self.find_place(|_| true))?;
        let stems = (0..if self.dice.chance(6_500) { 1 } else { self.dice.between(2, 4) })
            .map(|_| {
                let number = self.banks.any_number(&mut self.dice);
                Number { value: number.value / 10_000 * 10_000, ..number }
            })
            .collect();
        let today = year_month(crate::city::clock(self.now));
        let guesses = Guesses {
            stems,
            next: self.dice.below(700),
            step: if self.dice.chance(7_000) { 1 } else { self.dice.between(2, 9) as u64 },
            expiry: add_months(today, self.dice.between(8, 40)),
            amount_fen: self.dice.chance(5_000).then(|| self.dice.between(1, 4) * 50),
        };
        let tries = self.dice.between(24, 110);
        // A few of these numbers are real customers' cards; some even with the expiry that is tried.
        for turn in 0..tries as u64 {
            if self.dice.chance(600) {
                let guessed = self.dice.chance(5_000);
                let expiry = if guessed { guesses.expiry } else { add_months(guesses.expiry, 5) };
                let number = guesses.number(turn);
                self.banks.open_account(&mut self.dice, number, expiry);
            }
        }
        let lasts = tries * self.dice.between(3, 16) * SECOND_US;
        let subjects = vec![self.terminal_subject(machine), self.merchant_subject(machine)];
        Some(self.begin_attack(attack, subjects, machine, tries, lasts, Means::Numbers(guesses)))
    }

    pub(super) fn try_a_number(&mut self, attack: usize) -> bool {
        let machine = self.attacks[attack].machine;
        if !self.is_idle(machine) {
            return false;
        }
        let Attack { story: Some(story), means: Means::Numbers(guesses), left, .. } =
            &mut self.attacks[attack]
        else {
            return true;
        };
        let number = guesses.number(u64::from(*left));
        let (story, expiry) = (*story, guesses.expiry);
        let amount = guesses.amount_fen.unwrap_or_else(|| self.dice.between(1, 20) * 50);
        let card = self.banks.stranger(number, expiry);
        let order = Order::of(Payer::Copy(Box::new(card)), amount).by(Entry::Typed, false).in_story(story);
        self.pay(machine, Box::new(order));
        true
    }

    /// Cards that were at one terminal are copied and used elsewhere.
    pub(super) fn begin_skimming(&mut self, attack: usize) -> Option<usize> {
        let since = self.now.plus_us(-60 * HOUR);
        let recent = |m: &Machine| m.visitors.iter().filter(|v| v.0 >= since).count();
        let machine = self.find_machine(|m| m.trade.attended() && recent(m) >= 18)?;
        let seen: Vec<usize> =
            self.machines[machine].visitors.iter().filter(|v| v.0 >= since).map(|v| v.1).collect();
        let mut victims = std::collections::BTreeSet::new();
        let wanted = self.dice.between(6, 15) as usize;
        for _ in 0..wanted * 6 {
            if victims.len() < wanted {
                victims.extend(self.dice.pick(&seen).copied());
            }
        }
        let (copies, by_rewriting) = (victims.len(), self.dice.chance(4_000));
        let cards = victims.iter().map(|h| copy(&self.people.all[*h].card, by_rewriting)).collect();
        let mut places = Vec::new();
        let town = self.machines[machine].town;
        for _ in 0..self.dice.between(2, 5) {
            let elsewhere = if self.dice.chance(6_500) { self.other_town(town) } else { town };
            let now = self.now;
            let fits = |m: &Machine| {
                m.town == elsewhere
                    && matches!(m.trade.category, 5732 | 5944 | 5651 | 5411 | 5541 | 5661)
                    && crate::city::week::next_open(m.trade.hours, now) == now
            };
            if let Some(place) = self.find_machine(fits) {
                self.cast.remove(&place);
                places.push(place);
            }
        }
        if places.is_empty() {
            self.cast.remove(&machine);
            return None;
        }
        let means = Copies { cards, places, typed: self.dice.chance(2_500), holder: None, next: 0 };
        let uses = copies as i64 + self.dice.between(2, 1 + 2 * copies as i64);
        let lasts = self.dice.between(HOUR, 5 * HOUR);
        let subjects = vec![self.terminal_subject(machine), self.merchant_subject(machine)];
        Some(self.begin_attack(attack, subjects, machine, uses, lasts, Means::Copies(means)))
    }

    /// One card's copy is used far away while its holder pays at home.
    pub(super) fn begin_travel(&mut self, attack: usize) -> Option<usize> {
        let now = self.now;
        let fits = |town: usize, m: &Machine| {
            m.town == town
                && m.says.is_some()
                && m.trade.attended()
                && crate::city::week::next_open(m.trade.hours, now) == now
        };
        let home_town = if self.dice.chance(7_000) { 0 } else { 2 };
        let far_town = if home_town == 0 { self.dice.between(2, 3) as usize } else { 3 };
        let home = self.find_machine(|m| fits(home_town, m))?;
        self.cast.remove(&home);
        let far = self.find_machine(|m| fits(far_town, m))?;
        self.cast.remove(&far);
        let machine = &mut self.machines[home];
        let holder = self.people.customer(&mut machine.dice, home_town, machine.here, now)?;
        self.people.all[holder].reserved_until = now.plus_us(12 * HOUR);
        let card = copy(&self.people.all[holder].card, self.dice.chance(4_000));
        let subjects = vec![Subject::Card(SimulatedCard::new(card.number))];
        let means = Copies {
            cards: vec![card],
            places: vec![home, far],
            typed: false,
            holder: Some(holder),
            next: 0,
        };
        let uses = self.dice.between(3, 6);
        let lasts = uses * self.dice.between(6, 22) * MINUTE;
        Some(self.begin_attack(attack, subjects, home, uses, lasts, Means::Copies(means)))
    }

    pub(super) fn use_a_copy(&mut self, attack: usize) -> bool {
        let Attack { story: Some(story), means: Means::Copies(copies), .. } = &mut self.attacks[attack]
        else {
            return true;
        };
        let story = *story;
        let turn = copies.next;
        copies.next += 1;
        let typed = copies.typed;
        let (place, payer) = match (copies.holder, turn % 2) {
            (Some(holder), 0) => (copies.places[0], Payer::Holder(holder)),
            (Some(_), _) => (copies.places[1], Payer::Copy(Box::new(copies.cards[0].clone()))),
            (None, _) => {
                // Each card once, then some again.
                let card = if turn < copies.cards.len() {
                    turn
                } else {
                    self.dice.below(copies.cards.len() as u64) as usize
                };
                let place = copies.places[self.dice.below(copies.places.len() as u64) as usize];
                (place, Payer::Copy(Box::new(copies.cards[card].clone())))
            }
        };
        let machine = &mut self.machines[place];
        let genuine = matches!(payer, Payer::Holder(_));
        let amount = match genuine {
            true => machine.trade.bill_fen(100, &mut machine.dice),
            false => self.dice.between(700, 9_000) * 100 - self.dice.between(0, 1) * 100,
        };
        let mut order = Order::of(payer, amount).in_story(story);
        if !genuine {
            let with_pin = !typed && self.dice.chance(6_000);
            order = order.by(if typed { Entry::Typed } else { Entry::Stripe }, with_pin);
        }
        self.after(0, Event::Pay(place, Box::new(order)));
        true
    }

    pub(super) fn merchant_subject(&self, machine: usize) -> Subject {
        Subject::Merchant(self.merchants[self.machines[machine].terminal.merchant].number.clone())
    }
}

/// What a skimmer has: the stripe, with the service code of a chip card or another written over it.
fn copy(card: &Card, rewritten: bool) -> Card {
    Card { has_chip: card.has_chip && !rewritten, ..card.clone() }
}

impl Guesses {
    fn number(&self, turn: u64) -> Number {
        let stem = self.stems[(turn % self.stems.len() as u64) as usize];
        let place = (self.next + turn / self.stems.len() as u64 * self.step) % 1_000;
        Number { value: stem.value + place * 10, ..stem }.with_check_digit()
    }
}
