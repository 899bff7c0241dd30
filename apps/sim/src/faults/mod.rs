//! Faults by mechanism: what is broken is broken, and codes, words and readings come out of the parts.
//!
//! Why it exists: a diagnosis must be measured against something that does not come from its own tables. Here a
//! DNS server drops names, a certificate expires, a key is out of step, a card is short of money; a payment runs
//! through terminal, store, host, switch and issuer, and stops where it stops. **This module knows nothing of
//! `tg-diagnose`** (it is no dependency of this crate): no cause, no probability and no step of the knowledge
//! files is read here. Its limit: faults and knowledge have one author, so that a shared mistake does not show;
//! the tickets of `core/diagnose/tests` stand beside it for that reason.

mod acts;
mod inject;
mod payment;
mod profile;
mod readings;
mod world;

pub use acts::{Ended, mean_minutes};
pub use inject::Mechanism;
pub use profile::Profile;
pub use readings::Reading;

use crate::dice::Dice;
use world::World;

/// Wrong answers of people, of ten thousand (issue 5).
const WRONG_ANSWERS: u64 = 1_000;
/// Answers “don't know”, of ten thousand (issue 5).
const NO_ANSWERS: u64 = 1_500;

/// One failed payment with its hidden mechanism.
#[derive(Clone, Debug)]
pub struct Case {
    mechanism: Mechanism,
    world: World,
    seed: u64,
    acts: u64,
}

impl Case {
    /// The case of a number in a profile: the same number, the same case. Draws until the payment fails, as only
    /// failed payments come to a desk.
    pub fn draw(profile: Profile, seed: u64, number: u64) -> Case {
        let case_seed = seed.wrapping_mul(1_000_003).wrapping_add(number).wrapping_mul(8) + profile as u64;
        let mut attempt = 0;
        loop {
            let mut dice = Dice::new(case_seed, 0xFA17 + attempt);
            let mechanism = profile.draw(&mut dice);
            let mut world = World::sound(profile, &mut dice);
            inject::inject(mechanism, &mut world, &mut dice);
            world.pay(&mut dice);
            // Every profile holds mechanisms that always fail, so this ends.
            if world.last.failed() {
                return Case { mechanism, world, seed: case_seed, acts: 0 };
            }
            attempt += 1;
        }
    }

    /// What is really wrong.
    pub fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// What telemetry and traffic show, by the keys of the machine interface.
    pub fn readings(&self) -> Vec<Reading> {
        readings::readings(&self.world, &mut Dice::new(self.seed, 0x5EE))
    }

    /// What a person says when asked for a key; `None`: doesn't know. The same question gives the same answer.
    pub fn answer(&self, key: &str) -> Option<&'static str> {
        let name = key.bytes().fold(7_u64, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(b)));
        let mut dice = Dice::new(self.seed, 0xA5C ^ name);
        if dice.chance(NO_ANSWERS) {
            return None;
        }
        let (truth, others) = readings::seen_by_a_person(&self.world, key, &mut dice)?;
        if dice.chance(WRONG_ANSWERS) && !others.is_empty() {
            return dice.pick(others).copied();
        }
        Some(truth)
    }

    /// Does a step, by the id of the machine interface. The minutes are drawn by step, so that every policy
    /// waits as long for the same step of the same case.
    pub fn act(&mut self, action: &str) -> Ended {
        self.acts += 1;
        let mut dice = Dice::new(self.seed, 0xD0 + self.acts);
        acts::act(&mut self.world, self.mechanism, action, &mut dice)
    }

    /// How likely a step ends it, to somebody who knows the mechanism and not the luck.
    pub fn chance_of(&self, action: &str) -> f64 {
        const TRIES: u64 = 16;
        let ends = |luck: u64| {
            let mut trial = self.clone();
            trial.acts = 1_000 + luck;
            trial.act(action).fault
        };
        (0..TRIES).filter(|luck| ends(*luck)).count() as f64 / TRIES as f64
    }

    /// Minutes of a step or question in this case, around the given mean: log-normal, σ 0.4.
    pub fn minutes(&self, step: &str, mean: f64) -> f64 {
        let name = step.bytes().fold(11_u64, |h, b| h.wrapping_mul(131).wrapping_add(u64::from(b)));
        let mut dice = Dice::new(self.seed, 0x71E ^ name);
        // The sum of twelve uniform numbers less six is near enough to a normal one.
        let normal: f64 = (0..12).map(|_| dice.below(1_000_000) as f64 / 1e6).sum::<f64>() - 6.0;
        mean * (0.4 * normal - 0.08).exp()
    }

    /// True if the customer's account was debited for this payment and nothing gave it back.
    pub fn is_debited(&self) -> bool {
        self.world.is_debited()
    }
}
