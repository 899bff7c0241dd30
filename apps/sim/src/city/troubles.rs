//! Days, nights and troubles: who signs on when, what breaks by which mechanism, and who mends it.
//!
//! Only circumstances are chosen here (a key, a clock, a link, a silent bank, an opened case). What they lead
//! to is left to terminals, host and banks.

use super::map::TOWNS;
use super::trades::Special;
use super::week::{DAY, HOUR, MINUTE, day_of, midnight, next_open, time_of_day};
use super::{City, Event};
use crate::cards::IssuerState;
use crate::soft_keys::Key;
use crate::truth::Cause;
use tg_types::SECOND_US;

/// The switch asks a silent bank "are you there?" this often.
const ECHO_US: i64 = 60 * SECOND_US;
/// A clock that was set a year and a month ahead.
const CLOCK_AHEAD_US: i64 = 400 * DAY + 47 * MINUTE;

impl City {
    /// The shop opens: the terminal begins a new batch and asks for its keys of the day.
    pub(crate) fn morning(&mut self, index: usize) {
        let machine = &mut self.machines[index];
        if machine.idle {
            return;
        }
        machine.terminal.batch = machine.terminal.batch % 999_999 + 1;
        let tomorrow = midnight(day_of(self.now.plus_us(HOUR)) + 1).plus_us(MINUTE);
        let opens = next_open(machine.trade.hours, tomorrow);
        let early = machine.dice.between(-20 * MINUTE, 15 * MINUTE);
        self.sign_on(index, None);
        self.at(opens.plus_us(early), Event::Morning(index));
    }

    /// Wages and transfers come in; what is carried about lies elsewhere in the morning.
    pub(crate) fn night(&mut self) {
        self.banks.wages(&mut self.dice);
        for machine in &mut self.machines {
            if machine.is_portable() && machine.here.metres_to(machine.home) < 1_000 {
                machine.here = machine.home.near(&mut machine.dice, 180);
            }
        }
        self.after(DAY, Event::Night);
    }

    /// The attackers' time begins. In the demo somebody looks on from here: the troubles that a security
    /// center meets every day come up in its first minutes.
    pub(crate) fn live(&mut self) {
        if self.options.resumed {
            for machine in &mut self.machines {
                machine.terminal.trace = (machine.terminal.trace + 20_000) % 999_999;
                machine.terminal.batch += 20;
            }
            for holder in &mut self.people.all {
                holder.card.transaction_counter = holder.card.transaction_counter.saturating_add(200);
            }
        }
        if self.options.live > self.options.start {
            let first = [
                (Cause::DamagedKeyRecord, 20),
                (Cause::WrongMasterKey, 45),
                (Cause::WrongClock, 80),
                (Cause::WeakLink, 120),
                (Cause::SignOnAnswerLost, 240),
                (Cause::Tamper, 600),
            ];
            for (cause, seconds) in first {
                let busy =
                    |m: &super::Machine| m.trade.attended() && m.trade.is_busy() && m.crowd_percent <= 100;
                if let Some(index) = self.find_machine(busy) {
                    self.after(seconds * SECOND_US, Event::Befall(index, cause));
                }
            }
            let issuer = self.dice.below(self.banks.issuers.len() as u64) as usize;
            self.after(90 * SECOND_US, Event::IssuerBecomes(issuer, IssuerState::Silent));
            self.after(15 * MINUTE, Event::IssuerBecomes(issuer, IssuerState::Up));
        }
        self.after(0, Event::AttackRound(0));
    }

    /// Brings a trouble upon a terminal, and a customer who meets it.
    pub(crate) fn befall(&mut self, index: usize, cause: Cause) {
        let fresh_key = Key(self.dice.bytes());
        let terminal = &mut self.machines[index].terminal;
        terminal.trouble = cause;
        match cause {
            Cause::DamagedKeyRecord => self.host.records[index].damaged = true,
            Cause::WrongMasterKey => terminal.master = fresh_key,
            Cause::SignOnAnswerLost => terminal.link.drop_next_answer = true,
            Cause::WeakLink => terminal.link.loss = 900,
            Cause::WrongClock => terminal.clock_error_us = CLOCK_AHEAD_US,
            // An opened case erases all keys; what the terminal computes from here on is nothing.
            Cause::Tamper => {
                (terminal.master, terminal.mac, terminal.pin) = (Key([0; 16]), Key([0; 16]), Key([0; 16]))
            }
            _ => {}
        }
        if matches!(cause, Cause::WrongMasterKey | Cause::SignOnAnswerLost) {
            self.after(SECOND_US, Event::SignOn(index, None));
        }
        // Somebody stands at the counter soon, whatever the hour.
        for _ in 0..2 {
            let wait = self.dice.between(6, 70) * SECOND_US;
            let at = self.now.plus_us(wait);
            if next_open(self.machines[index].trade.hours, at) == at {
                self.serve_later(index, wait);
            }
        }
        let lasts = self.dice.between(25 * MINUTE, 110 * MINUTE);
        self.after(lasts, Event::Repair(index));
    }

    fn serve_later(&mut self, index: usize, wait: i64) {
        let machine = &mut self.machines[index];
        let at = self.now.plus_us(wait);
        let holder = self.people.customer(&mut machine.dice, machine.town, machine.here, at);
        if let Some(holder) = holder {
            let amount = machine.trade.bill_fen(100, &mut machine.dice);
            self.people.used(holder, at, machine.here);
            let order = super::Order::of(super::counter::Payer::Holder(holder), amount);
            self.after(wait, Event::Pay(index, Box::new(order)));
        }
    }

    /// The acquirer mends a terminal or its record. An opened one is never put back: the shop gets another.
    pub(crate) fn repair(&mut self, index: usize) {
        if self.machines[index].terminal.trouble == Cause::Tamper {
            return self.new_device(index, None);
        }
        let record = &mut self.host.records[index];
        record.damaged = false;
        let terminal = &mut self.machines[index].terminal;
        terminal.master = record.master;
        terminal.clock_error_us = 4 * SECOND_US;
        terminal.link.loss = 6;
        terminal.trouble = Cause::Everyday;
        terminal.technical_failures_in_row = 0;
        self.after(SECOND_US, Event::SignOn(index, None));
    }

    /// The same terminal number on another device, with keys of its own.
    pub(crate) fn new_device(&mut self, index: usize, story: Option<usize>) {
        let keys = [(); 3].map(|()| Key(self.dice.bytes()));
        let serial = super::machine::serial_number(&mut self.dice);
        self.machines[index].becomes(serial, keys);
        let record = &mut self.host.records[index];
        [record.master, record.mac, record.pin] = keys;
        record.damaged = false;
        self.after(SECOND_US, Event::SignOn(index, story));
    }

    /// Now and then an ordinary terminal gets into trouble, by day.
    pub(crate) fn mishap(&mut self) {
        let index = self.dice.below(self.machines.len() as u64) as usize;
        let machine = &self.machines[index];
        let ordinary = machine.terminal.trouble == Cause::Everyday
            && machine.trade.special != Special::Unattended
            && !self.cast.contains(&index)
            && !machine.idle;
        if ordinary && (8 * HOUR..21 * HOUR).contains(&time_of_day(self.now)) {
            let causes = [
                Cause::WrongMasterKey,
                Cause::SignOnAnswerLost,
                Cause::DamagedKeyRecord,
                Cause::WeakLink,
                Cause::WrongClock,
            ];
            let cause = causes[self.dice.below(5) as usize];
            self.befall(index, cause);
        }
        // The more terminals, the more of them break.
        let mean = 300 * HOUR / self.machines.len().max(20) as i64;
        let wait = self.dice.wait(mean).max(10 * MINUTE);
        self.after(wait, Event::Mishap);
    }

    /// Now and then a bank slows down or falls silent.
    pub(crate) fn outage(&mut self) {
        let issuer = self.dice.below(self.banks.issuers.len() as u64) as usize;
        let state = if self.dice.chance(5_000) { IssuerState::Slow } else { IssuerState::Silent };
        self.after(0, Event::IssuerBecomes(issuer, state));
        let lasts = self.dice.between(6 * MINUTE, 30 * MINUTE);
        self.after(lasts, Event::IssuerBecomes(issuer, IssuerState::Up));
        let wait = lasts + self.dice.between(8 * HOUR, 40 * HOUR);
        self.after(wait, Event::Outage);
    }

    pub(crate) fn issuer_becomes(&mut self, issuer: usize, state: IssuerState) {
        if let Some(bank) = self.banks.issuers.get_mut(issuer) {
            bank.state = state;
            if state == IssuerState::Silent {
                self.after(ECHO_US, Event::Echo(issuer));
            }
        }
    }

    /// The switch's echo test of a bank that gave no answers.
    pub(crate) fn echo(&mut self, issuer: usize) {
        match self.banks.issuers.get(issuer).map(|bank| bank.state) {
            Some(IssuerState::Silent) => self.after(ECHO_US, Event::Echo(issuer)),
            Some(_) => self.host.issuer_is_back(issuer),
            None => {}
        }
    }

    /// A town by chance, not this one.
    pub(crate) fn other_town(&mut self, than: usize) -> usize {
        (than + 1 + self.dice.below(TOWNS.len() as u64 - 1) as usize) % TOWNS.len()
    }
}
