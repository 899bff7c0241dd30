//! A terminal that lies, replays, floods and goes back in time: for the test that it changes nothing for
//! anybody else.

use crate::city::counter::{Order, Payer};
use crate::city::machine::Says;
use crate::city::map::{Point, TOWNS};
use crate::city::trades::Trade;
use crate::city::week::MINUTE;
use crate::city::{City, Event};
use crate::terminal::Entry;
use crate::truth::{Cause, Story, Subject};
use tg_types::SECOND_US;

/// Messages of the whole act.
const STEPS: u32 = 3_000;

impl City {
    pub(crate) fn hostile(&mut self, step: u32) {
        let (index, story) = match self.staged.iter().position(|s| s.story == Story::Hostile) {
            Some(story) => {
                let machine = self.machines.iter().position(|m| m.label == Some(story));
                (machine.unwrap_or(0), story)
            }
            None => {
                let merchant = self.new_merchant(Trade::of(5331), 0);
                let place = TOWNS[0].somewhere(&mut self.dice);
                let index = self.new_machine(merchant, Trade::of(5331), 0, place);
                let subjects = vec![
                    Subject::Terminal(self.machines[index].terminal.number.clone()),
                    Subject::Merchant(self.merchants[merchant].number.clone()),
                ];
                let story = self.stage(Story::Hostile, subjects);
                self.machines[index].idle = true;
                self.machines[index].label = Some(story);
                (index, story)
            }
        };
        if step >= STEPS {
            return;
        }
        let terminal = &mut self.machines[index].terminal;
        // It waits for nobody, and owes nothing.
        let before = terminal.waiting.take().map(|w| w.request.frame);
        terminal.owed_reversal = None;
        match (step % 5, before) {
            // Replays.
            (1 | 2, Some(frame)) => self.emit(frame, Cause::Staged, Some(story)),
            // Goes back in time, and its counters with it.
            (3, _) => {
                terminal.clock_error_us -= 37 * MINUTE;
                terminal.trace = terminal.trace.wrapping_sub(40) % 999_999;
                self.hostile_payment(index, story);
            }
            // Lies about its place: another one each time, some that are none.
            (4, _) => {
                let degrees = |dice: &mut crate::dice::Dice, most: i64| dice.between(-most, most) as i32;
                let place = Point {
                    latitude: degrees(&mut self.dice, 90_000_000),
                    longitude: degrees(&mut self.dice, 180_000_000),
                };
                self.machines[index].says = Some(Says::Always(place));
                self.hostile_payment(index, story);
            }
            // Floods with cards of nobody.
            _ => self.hostile_payment(index, story),
        }
        let wait = if step % 600 < 500 { SECOND_US / 25 } else { 3 * SECOND_US };
        self.after(wait, Event::Hostile(step + 1));
    }

    fn hostile_payment(&mut self, index: usize, story: usize) {
        let number = self.banks.any_number(&mut self.dice);
        let card = self.banks.stranger(number, self.dice.between(2_701, 2_712) as u16);
        let amount = self.dice.between(1, 9_999_999);
        let order = Order::of(Payer::Copy(Box::new(card)), amount).by(Entry::Stripe, false).in_story(story);
        self.pay(index, Box::new(order));
    }
}
