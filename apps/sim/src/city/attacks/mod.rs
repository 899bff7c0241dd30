//! Attacks on the city, one file each family: who does what where, with varying size, pace and place. The
//! first message of each tells when it began.
//!
//! Written without a look at any detector, and must stay so: what they are measured on must not fit them.

mod cards;
mod devices;
mod hostile;
mod money;

use super::week::{HOUR, MINUTE, time_of_day};
use super::{City, Event, Machine};
use crate::truth::{AttackKind, Story, Subject};
use tg_types::{Instant, SECOND_US};

/// Without an end, a round of attacks begins so often.
const ROUND_US: i64 = 4 * HOUR;
/// Without an end, the attacks of a round begin within so long.
const ROUND_WINDOW_US: i64 = 150 * MINUTE;
/// A place for an attack that isn't there now may be there later: so many looks.
const LOOKS_MAX: u32 = 10;

/// An attack under way.
pub(crate) struct Attack {
    pub(crate) kind: AttackKind,
    pub(crate) story: Option<usize>,
    /// Where it happens, or where it began.
    pub(crate) machine: usize,
    pub(crate) left: u32,
    /// The mean time between two steps.
    pub(crate) gap_us: i64,
    pub(crate) looks: u32,
    pub(crate) means: Means,
}

/// What an attack works with.
pub(crate) enum Means {
    Nothing,
    Numbers(cards::Guesses),
    /// The copies of cards, and the terminals where they are used.
    Copies(cards::Copies),
    /// The attackers' devices.
    Devices(Vec<usize>),
    /// A ring of cards: holders.
    Ring(money::Ring),
    Storm(devices::Storm),
}

impl City {
    /// Plans one round of attacks.
    pub(crate) fn attack_round(&mut self, round: u64) {
        let kinds: Vec<AttackKind> =
            AttackKind::ALL.into_iter().filter(|k| self.options.attacks.contains(*k)).collect();
        let from = self.now.plus_us(if round == 0 { 15 * SECOND_US } else { 0 });
        let (until, rounds) = match self.options.attacks_until {
            Some(until) => (until, self.options.rounds),
            None => (from.plus_us(ROUND_WINDOW_US), 1),
        };
        let room = until.since(from).max(SECOND_US);
        // The one that shows itself soonest comes first, for those who look on.
        let first = [AttackKind::CardTesting, AttackKind::SignonStorm, AttackKind::RapidRefunds];
        let first = first.into_iter().find(|k| kinds.contains(k));
        let first = first.filter(|_| round == 0 && (9 * HOUR..19 * HOUR).contains(&time_of_day(from)));
        for turn in 0..rounds {
            for kind in &kinds {
                let at = if turn == 0 && Some(*kind) == first {
                    from.plus_us(self.dice.between(0, (room / 4).min(40 * SECOND_US)))
                } else {
                    self.attack_time(*kind, from, room)
                };
                self.attacks.push(Attack {
                    kind: *kind,
                    story: None,
                    machine: 0,
                    left: 0,
                    gap_us: 0,
                    looks: 0,
                    means: Means::Nothing,
                });
                self.at(at, Event::AttackStep(self.attacks.len() - 1));
            }
        }
        if self.options.attacks_until.is_none() {
            self.after(ROUND_US, Event::AttackRound(round + 1));
        }
    }

    /// Most attackers keep shop hours, since shops must be open; cash is also made at night.
    fn attack_time(&mut self, kind: AttackKind, from: Instant, room: i64) -> Instant {
        let night_too = kind == AttackKind::CashOut && self.dice.chance(4_000);
        let mut at = from;
        for _ in 0..60 {
            at = from.plus_us(self.dice.between(0, room));
            if night_too || (9 * HOUR..19 * HOUR).contains(&time_of_day(at)) {
                break;
            }
        }
        at
    }

    /// The next step of an attack; the first one chooses its place and means.
    pub(crate) fn attack_step(&mut self, attack: usize) {
        let Some(kind) = self.attacks.get(attack).map(|a| a.kind) else { return };
        if self.attacks[attack].story.is_none() {
            let begun = match kind {
                AttackKind::CardTesting => self.begin_card_testing(attack),
                AttackKind::ClonedTerminal => self.begin_clone(attack),
                AttackKind::Skimming => self.begin_skimming(attack),
                AttackKind::MovedTerminal => self.begin_move(attack),
                AttackKind::SeveralMerchants => self.begin_several_merchants(attack),
                AttackKind::CashOut => self.begin_cash_out(attack),
                AttackKind::ImpossibleTravel => self.begin_travel(attack),
                AttackKind::RapidRefunds => self.begin_refunds(attack),
                AttackKind::SignonStorm => self.begin_storm(attack),
            };
            if begun.is_none() {
                self.attacks[attack].looks += 1;
                if self.attacks[attack].looks < LOOKS_MAX {
                    let wait = self.hurried(7 * MINUTE);
                    self.after(wait, Event::AttackStep(attack));
                }
            }
            return;
        }
        if self.attacks[attack].left == 0 {
            return;
        }
        let done = match kind {
            AttackKind::CardTesting => self.try_a_number(attack),
            AttackKind::ClonedTerminal | AttackKind::SeveralMerchants => self.device_trades(attack),
            AttackKind::MovedTerminal => self.moved_trades(attack),
            AttackKind::Skimming | AttackKind::ImpossibleTravel => self.use_a_copy(attack),
            AttackKind::CashOut => self.turn_into_cash(attack),
            AttackKind::RapidRefunds => self.refund_again(attack),
            AttackKind::SignonStorm => self.storm_again(attack),
        };
        if done {
            self.attacks[attack].left -= 1;
        }
        let mean = self.attacks[attack].gap_us;
        let wait = match done {
            true => self.dice.wait(mean * 2 / 3) + mean / 3,
            // The terminal is in use.
            false => 2 * SECOND_US,
        };
        self.after(wait, Event::AttackStep(attack));
    }

    /// Notes what an attack works with and lets it begin.
    pub(crate) fn begin_attack(
        &mut self,
        attack: usize,
        subjects: Vec<Subject>,
        machine: usize,
        steps: i64,
        lasts_us: i64,
        means: Means,
    ) -> usize {
        let story = self.stage(Story::Attack(self.attacks[attack].kind), subjects);
        let gap_us = self.hurried(lasts_us) / steps.max(1);
        let now = &mut self.attacks[attack];
        (now.story, now.machine, now.left) = (Some(story), machine, steps.max(1) as u32);
        (now.gap_us, now.means) = (gap_us.max(SECOND_US), means);
        self.after(0, Event::AttackStep(attack));
        story
    }

    /// This long, or less if the story ends sooner.
    pub(crate) fn hurried(&self, lasts_us: i64) -> i64 {
        self.options.end.map_or(lasts_us, |end| lasts_us.min(end.since(self.now) * 6 / 10)).max(SECOND_US)
    }

    /// A machine for an attack: one that no other story has, if there is such a one.
    fn find_place(&mut self, fits: impl Fn(&Machine) -> bool) -> Option<usize> {
        let now = self.now;
        let works = |m: &Machine| fits(m) && m.terminal.trouble == crate::truth::Cause::Everyday;
        let is_open = |m: &Machine| super::week::next_open(m.trade.hours, now) == now;
        self.find_machine(|m| works(m) && is_open(m)).or_else(|| self.find_machine(works))
    }
}
