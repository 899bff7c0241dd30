//! Attacks with devices: a copied terminal, one carried away, one that trades under several names, one that
//! hammers at the host.

use super::{Attack, Means};
use crate::city::machine::{Numbers, Says};
use crate::city::map::TOWNS;
use crate::city::trades::Trade;
use crate::city::week::MINUTE;
use crate::city::{City, Event, Machine};
use crate::soft_keys::Key;
use crate::truth::Subject;
use tg_types::SECOND_US;

/// What a storm is made of.
pub(crate) struct Storm {
    /// Of ten steps so many are sign-ons; the others are payments under a wrong MAC.
    sign_ons: u64,
    /// The right key, for afterwards.
    key: Key,
}

impl City {
    /// A second device with the numbers, serial number and working keys of the first. The host believes
    /// both until the first one signs on again.
    pub(super) fn begin_clone(&mut self, attack: usize) -> Option<usize> {
        let first = self.find_place(|m| m.trade.attended() && m.trade.is_busy() && !m.is_portable())?;
        let machine = &self.machines[first];
        let terminal = &machine.terminal;
        let numbers = Numbers {
            terminal: terminal.number.clone(),
            merchant: terminal.merchant,
            serial: terminal.serial_number.clone(),
            keys: [terminal.master, terminal.mac, terminal.pin],
        };
        let (trade, here, town) = (machine.trade, machine.here, machine.town);
        let elsewhere = if self.dice.chance(4_000) { self.other_town(town) } else { town };
        let place = TOWNS[elsewhere].somewhere(&mut self.dice);
        let clone = self.add_machine(numbers, trade, elsewhere, place);
        let says = match self.dice.below(10) {
            0..=3 => Some(Says::Truth),
            4..=6 => Some(Says::Always(here)),
            _ => None,
        };
        let (trace, batch) = (self.machines[first].terminal.trace, self.machines[first].terminal.batch);
        let copied = &mut self.machines[clone];
        (copied.idle, copied.says) = (true, says);
        // Two devices count on, each for itself; some copies begin where the first one was.
        if copied.dice.chance(4_000) {
            (copied.terminal.trace, copied.terminal.batch) = ((trace + 37) % 999_999, batch);
        }
        let payments = self.dice.between(14, 60);
        let lasts = payments * self.dice.between(50, 260) * SECOND_US;
        let mut subjects = vec![self.terminal_subject(first), self.merchant_subject(first)];
        subjects.push(self.serial_subject(first));
        Some(self.begin_attack(attack, subjects, clone, payments, lasts, Means::Devices(vec![clone])))
    }

    /// One device, several shops: it signs on under each number and sells under whichever suits.
    pub(super) fn begin_several_merchants(&mut self, attack: usize) -> Option<usize> {
        let first =
            self.find_place(|m| m.trade.attended() && !m.is_portable() && m.trade.category != 6010)?;
        let (town, here) = (self.machines[first].town, self.machines[first].here);
        let (serial, says) = (self.machines[first].terminal.serial_number.clone(), self.machines[first].says);
        let mut devices = vec![first];
        let mut subjects =
            vec![self.terminal_subject(first), self.serial_subject(first), self.merchant_subject(first)];
        for _ in 0..self.dice.between(2, 5) {
            let trade = Trade::of([5411, 5541, 8062, 5912, 5331, 5812][self.dice.below(6) as usize]);
            let merchant = self.new_merchant(trade, town);
            let other = self.new_machine(merchant, trade, town, here);
            let machine = &mut self.machines[other];
            (machine.idle, machine.says) = (true, says);
            machine.becomes_serial(&serial);
            subjects.push(self.terminal_subject(other));
            subjects.push(self.merchant_subject(other));
            devices.push(other);
        }
        let payments = self.dice.between(12, 50);
        let lasts = payments * self.dice.between(60, 360) * SECOND_US;
        let story =
            self.begin_attack(attack, subjects, first, payments, lasts, Means::Devices(devices.clone()));
        if self.dice.chance(6_000) {
            let mut wait = 0;
            for device in devices.into_iter().skip(1) {
                wait += self.dice.between(15, 60) * SECOND_US;
                self.after(wait, Event::SignOn(device, Some(story)));
            }
        }
        Some(story)
    }

    /// The copied device, or the one of many names, makes its next sale.
    pub(super) fn device_trades(&mut self, attack: usize) -> bool {
        let Attack { story, means: Means::Devices(devices), .. } = &self.attacks[attack] else { return true };
        let (story, devices) = (*story, devices.clone());
        let Some(device) = self.dice.pick(&devices).copied() else { return true };
        if !self.is_idle(device) {
            return false;
        }
        let before = self.machines[device].label;
        self.machines[device].label = story;
        self.serve_somebody(device);
        self.machines[device].label = before;
        true
    }

    /// The terminal is carried off and sells there.
    pub(super) fn begin_move(&mut self, attack: usize) -> Option<usize> {
        let index = self.find_place(|m| {
            m.trade.attended() && m.says == Some(Says::Truth) && !m.is_portable() && m.trade.is_busy()
        })?;
        let (town, home) = (self.machines[index].town, self.machines[index].home);
        let away = if self.dice.chance(5_000) { self.other_town(town) } else { town };
        let mut place = TOWNS[away].somewhere(&mut self.dice);
        for _ in 0..20 {
            if place.metres_to(home) >= 2_500 {
                break;
            }
            place = TOWNS[away].somewhere(&mut self.dice);
        }
        let subjects = vec![self.terminal_subject(index), self.merchant_subject(index)];
        let payments = self.dice.between(10, 45);
        let lasts = payments * self.dice.between(60, 300) * SECOND_US;
        let story = self.begin_attack(attack, subjects, index, payments, lasts, Means::Nothing);
        let machine = &mut self.machines[index];
        (machine.here, machine.town, machine.label) = (place, away, Some(story));
        if self.dice.chance(7_000) {
            self.after(0, Event::SignOn(index, Some(story)));
        }
        Some(story)
    }

    pub(super) fn moved_trades(&mut self, attack: usize) -> bool {
        let machine = self.attacks[attack].machine;
        if !self.is_idle(machine) {
            return false;
        }
        self.serve_somebody(machine);
        if self.attacks[attack].left == 1 && self.dice.chance(5_000) {
            // Some bring it back.
            let home = self.machines[machine].home;
            self.machines[machine].here = home;
            self.machines[machine].label = None;
        }
        true
    }

    /// Sign-ons and wrong MACs without end: somebody tries keys, or a device has gone wild.
    pub(super) fn begin_storm(&mut self, attack: usize) -> Option<usize> {
        let index = self.find_place(|m| m.trade.attended())?;
        let steps = self.dice.between(14, 60);
        let lasts = steps * self.dice.between(6, 45) * SECOND_US;
        let storm =
            Storm { sign_ons: self.dice.between(3, 10) as u64, key: self.machines[index].terminal.mac };
        let subjects = vec![self.terminal_subject(index), self.merchant_subject(index)];
        Some(self.begin_attack(attack, subjects, index, steps, lasts, Means::Storm(storm)))
    }

    pub(super) fn storm_again(&mut self, attack: usize) -> bool {
        let index = self.attacks[attack].machine;
        if !self.is_idle(index) {
            return false;
        }
        let Attack { story, means: Means::Storm(storm), left, .. } = &self.attacks[attack] else {
            return true;
        };
        let (story, key, last) = (*story, storm.key, *left == 1);
        if self.dice.below(10) < storm.sign_ons {
            self.sign_on(index, story);
        } else {
            let wrong = Key(self.dice.bytes());
            let machine = &mut self.machines[index];
            let (right, before) = (machine.terminal.mac, machine.label);
            (machine.terminal.mac, machine.label) = (wrong, story);
            self.serve_somebody(index);
            let machine = &mut self.machines[index];
            (machine.terminal.mac, machine.label) = (right, before);
        }
        if last && self.machines[index].terminal.mac == key {
            self.after(MINUTE, Event::SignOn(index, None));
        }
        true
    }

    fn serial_subject(&self, machine: usize) -> Subject {
        Subject::Serial(self.machines[machine].terminal.serial_number.clone())
    }
}

impl Machine {
    /// The device has this serial number (and its key), the numbers and keys of the terminal stay.
    fn becomes_serial(&mut self, serial: &str) {
        let terminal = &self.terminal;
        let keys = [terminal.master, terminal.mac, terminal.pin];
        self.becomes(serial.to_owned(), keys);
    }
}
