//! Attacks on the town, one `impl` each: who does what where, and the truth about it.

use crate::cards::{Number, add_months};
use crate::story::FIRST_SILENT_ISSUER;
use crate::terminal::{Entry, More, Purpose, Sale, year_month};
use crate::town::{Event, Town};
use crate::truth::{AttackKind, Cause, Subject, Truth};
use tg_types::SECOND_US;

/// One run of card testing: neighbouring numbers, small amounts, one unattended terminal.
pub(crate) struct CardTesting {
    terminal: usize,
    /// The number without its last four digits, times ten thousand.
    stem: u64,
    length: u8,
    /// The next three digits to try.
    next: u64,
    left: u32,
    expiry: u16,
    truth: Option<usize>,
}

impl Town {
    /// Begins an attack, if this town has any, and plans the next one.
    pub(crate) fn next_attack(&mut self) {
        if !self.options.attacks.contains(AttackKind::CardTesting) {
            return;
        }
        let elapsed_us = self.now.since(self.options.start);
        let half_us = self.options.for_seconds.map(|s| i64::from(s) * SECOND_US / 2);
        if half_us.is_some_and(|half| elapsed_us > half) {
            return;
        }
        let terminal = self.attack_target(self.attacks.len());
        let number = loop {
            let number = self.banks.any_number(&mut self.dice);
            if self.banks.issuer_of(number) != FIRST_SILENT_ISSUER {
                break number;
            }
        };
        let today = year_month(self.host_time());
        let attack = CardTesting {
            terminal,
            stem: number.value / 10_000 * 10_000,
            length: number.length,
            next: self.dice.below(800),
            left: self.dice.between(60, 110) as u32,
            expiry: add_months(today, self.dice.between(8, 40)),
            truth: None,
        };
        // A few of these numbers are real customers' cards; some even with the expiry that is tried.
        for step in 0..u64::from(attack.left) {
            if self.dice.chance(800) {
                let guessed = self.dice.chance(5_000);
                let expiry = if guessed { attack.expiry } else { add_months(attack.expiry, 5) };
                let number = attack.number(attack.next + step);
                self.banks.open_account(&mut self.dice, number, expiry);
            }
        }
        self.attacks.push(attack);
        self.after(0, Event::AttackStep(self.attacks.len() - 1));
        let wait = self.dice.between(180 * SECOND_US, 280 * SECOND_US);
        self.after(wait, Event::NextAttack);
    }

    /// Tries the next number.
    pub(crate) fn attack_step(&mut self, index: usize) {
        let terminal = match self.attacks.get(index) {
            Some(attack) if attack.left > 0 => attack.terminal,
            _ => return,
        };
        if !self.is_idle(terminal) {
            return self.after(150_000, Event::AttackStep(index));
        }
        let attack = &self.attacks[index];
        let truth = match attack.truth {
            Some(truth) => truth,
            None => {
                self.truths.push(Truth {
                    attack: AttackKind::CardTesting,
                    subject: Subject::Terminal(self.terminals[terminal].number.clone()),
                    started: self.now,
                });
                self.truths.len() - 1
            }
        };
        let number = attack.number(attack.next);
        let mut card = self.banks.stranger(number, attack.expiry);
        let attack = &mut self.attacks[index];
        attack.truth = Some(truth);
        attack.next += 1;
        attack.left -= 1;
        let sale = Sale {
            purpose: Purpose::Purchase,
            amount_fen: self.dice.between(2, 6) * 50,
            entry: Entry::Typed,
            asks_pin: false,
            typed_pin: 0,
            unpredictable: 0,
            cryptogram: [0; 8],
            more: More::default(),
        };
        let clock = self.clock(self.terminals[terminal].clock_error_us);
        let machine = &mut self.terminals[terminal];
        let merchant = &self.merchants[machine.merchant].number;
        let mut request = machine.sale(terminal, merchant, &mut card, &sale, clock);
        request.cause = Cause::CardTesting;
        request.attack = Some(truth);
        self.send(request, None);
        let wait = self.dice.between(250_000, 1_100_000);
        self.after(wait, Event::AttackStep(index));
    }
}

impl CardTesting {
    fn number(&self, step: u64) -> Number {
        Number { value: self.stem + step % 1_000 * 10, length: self.length }.with_check_digit()
    }
}
