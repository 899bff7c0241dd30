//! What befalls the town: who has which trouble in the first minute, and what comes later.
//!
//! Only circumstances are chosen here (a key, a clock, a link, a silent bank, who steps up first). What
//! they lead to is left to terminals, host and banks.

use crate::cards::{IssuerState, add_months};
use crate::soft_keys::Key;
use crate::terminal::year_month;
use crate::town::{Event, Town};
use crate::truth::Cause;
use tg_types::SECOND_US;

/// Time between customers in a rush.
pub(crate) const RUSH_GAP_US: i64 = 1_800_000;
/// The switch asks a silent bank "are you there?" this often.
const ECHO_US: i64 = 8 * SECOND_US;
/// The bank that falls silent in the first minute.
pub(crate) const FIRST_SILENT_ISSUER: usize = 1;
/// A clock that was set a year and a month ahead.
const CLOCK_AHEAD_US: i64 = 400 * 86_400 * SECOND_US + 47 * 60 * SECOND_US;

/// A part in the first minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The host's security module can't use its key record: A7.
    DamagedKeyRecord,
    /// Unattended; someone will try card numbers here.
    Attacked,
    /// Its clock is a year ahead.
    WrongClock,
    /// Came back from repair with another master key: A0.
    WrongMasterKey,
    /// Fast food at noon: many customers, nothing wrong.
    Rush,
    /// A bad line.
    WeakLink,
    /// Its sign-on's answer is lost: A0 until it signs on again.
    SignOnAnswerLost,
}

const ROLES: [Role; 7] = [
    Role::DamagedKeyRecord,
    Role::Attacked,
    Role::WrongClock,
    Role::WrongMasterKey,
    Role::Rush,
    Role::WeakLink,
    Role::SignOnAnswerLost,
];

/// The part of a terminal; at most half of a town has one.
pub(crate) fn role(index: usize, terminals: usize) -> Option<Role> {
    if index < terminals / 2 { ROLES.get(index).copied() } else { None }
}

impl Town {
    /// Plans the first minute and sets the later troubles going.
    pub(crate) fn plan_story(&mut self) {
        for index in 0..self.terminals.len() {
            match role(index, self.terminals.len()) {
                Some(role) => self.cast(index, role),
                // Half of the town has signed on before the story begins.
                None if index % 2 == 0 => {
                    let wait = self.dice.between(100_000, 6_000_000);
                    self.after(wait, Event::Customer(index));
                }
                None => {
                    let wait = self.dice.between(200_000, 12_000_000);
                    self.after(wait, Event::SignOn(index));
                    self.after(wait + 4 * SECOND_US, Event::Customer(index));
                }
            }
        }
        self.after(1_500_000, Event::IssuerBecomes(FIRST_SILENT_ISSUER, IssuerState::Silent));
        self.after(36 * SECOND_US, Event::IssuerBecomes(FIRST_SILENT_ISSUER, IssuerState::Up));
        self.after(150 * SECOND_US, Event::Outage);
        self.after(200 * SECOND_US, Event::Mishap);
        let first_attack = self.options.for_seconds.map_or(12, |s| i64::from(s / 4).min(12));
        self.after(first_attack * SECOND_US, Event::NextAttack);
    }

    fn cast(&mut self, index: usize, role: Role) {
        match role {
            Role::DamagedKeyRecord => {
                self.befall(index, Cause::DamagedKeyRecord);
                self.after(900_000, Event::Customer(index));
                self.after(240 * SECOND_US, Event::Repair(index));
            }
            Role::Attacked => self.after(45 * SECOND_US, Event::Customer(index)),
            Role::WrongClock => {
                self.befall(index, Cause::WrongClock);
                let card = self.card_that_expires_within_a_year();
                self.after(3_500_000, Event::Again(index, card, 8_800));
                self.after(9 * SECOND_US, Event::Customer(index));
                self.after(420 * SECOND_US, Event::Repair(index));
            }
            Role::WrongMasterKey => {
                self.befall(index, Cause::WrongMasterKey);
                self.after(600_000, Event::SignOn(index));
                self.after(2_200_000, Event::Customer(index));
                self.after(300 * SECOND_US, Event::Repair(index));
            }
            Role::Rush => {
                self.after(2 * SECOND_US, Event::Customer(index));
                self.after(35 * SECOND_US, Event::Rush(index, Some(RUSH_GAP_US)));
            }
            Role::WeakLink => {
                self.befall(index, Cause::WeakLink);
                self.terminals[index].link.drop_next_answer = true;
                self.after(2_600_000, Event::Customer(index));
            }
            Role::SignOnAnswerLost => {
                self.befall(index, Cause::SignOnAnswerLost);
                self.after(10 * SECOND_US, Event::SignOn(index));
                self.after(29 * SECOND_US, Event::Customer(index));
            }
        }
    }

    /// Brings a trouble upon a terminal.
    fn befall(&mut self, index: usize, cause: Cause) {
        let fresh_key = Key(self.dice.bytes());
        let terminal = &mut self.terminals[index];
        terminal.trouble = cause;
        match cause {
            Cause::DamagedKeyRecord => self.host.records[index].damaged = true,
            Cause::WrongMasterKey => terminal.master = fresh_key,
            Cause::SignOnAnswerLost => terminal.link.drop_next_answer = true,
            Cause::WeakLink => terminal.link.loss = 900,
            Cause::WrongClock => terminal.clock_error_us = CLOCK_AHEAD_US,
            _ => {}
        }
    }

    /// The acquirer mends a terminal or its record.
    pub(crate) fn repair(&mut self, index: usize) {
        let record = &mut self.host.records[index];
        record.damaged = false;
        let terminal = &mut self.terminals[index];
        terminal.master = record.master;
        terminal.clock_error_us = 0;
        terminal.link.loss = 4;
        terminal.trouble = Cause::Everyday;
        self.after(SECOND_US, Event::SignOn(index));
    }

    /// Now and then an ordinary terminal gets into trouble.
    pub(crate) fn mishap(&mut self) {
        let index = self.dice.below(self.terminals.len() as u64) as usize;
        let trade = self.merchants[self.terminals[index].merchant].trade;
        if self.terminals[index].trouble == Cause::Everyday && !trade.unattended {
            let causes = [Cause::WrongMasterKey, Cause::SignOnAnswerLost, Cause::DamagedKeyRecord];
            let cause = causes[self.dice.below(3) as usize];
            self.befall(index, cause);
            self.after(SECOND_US, Event::SignOn(index));
            let wait = self.dice.between(120 * SECOND_US, 200 * SECOND_US);
            self.after(wait, Event::Repair(index));
        }
        let wait = self.dice.between(150 * SECOND_US, 300 * SECOND_US);
        self.after(wait, Event::Mishap);
    }

    /// Now and then a bank slows down or falls silent.
    pub(crate) fn outage(&mut self) {
        let issuer = self.dice.below(self.banks.issuers.len() as u64) as usize;
        let state = if self.dice.chance(5_000) { IssuerState::Slow } else { IssuerState::Silent };
        self.after(0, Event::IssuerBecomes(issuer, state));
        let lasts = self.dice.between(25 * SECOND_US, 50 * SECOND_US);
        self.after(lasts, Event::IssuerBecomes(issuer, IssuerState::Up));
        let wait = lasts + self.dice.between(90 * SECOND_US, 200 * SECOND_US);
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

    /// A chip card that is valid today and not in a year; not of the bank that is about to be silent.
    fn card_that_expires_within_a_year(&self) -> usize {
        let today = year_month(self.host_time());
        let fits = |c: &crate::cards::Card| {
            c.has_chip
                && c.issuer != FIRST_SILENT_ISSUER
                && c.expiry > today
                && c.expiry < add_months(today, 12)
        };
        self.cards.iter().position(fits).unwrap_or(0)
    }

    /// Where the next attack goes: the unattended terminals in turn, else the last terminal.
    pub(crate) fn attack_target(&self, turn: usize) -> usize {
        let is_unattended = |&i: &usize| self.merchants[self.terminals[i].merchant].trade.unattended;
        let unattended: Vec<usize> = (0..self.terminals.len()).filter(is_unattended).collect();
        match unattended.len() {
            0 => self.terminals.len() - 1,
            // The first is the one that was cast.
            n => unattended[turn % n],
        }
    }
}
