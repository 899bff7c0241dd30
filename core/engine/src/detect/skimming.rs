//! Skimming: cards that are misused elsewhere had all been used at one terminal before.
//!
//! **What it looks like.** A terminal is tampered with and copies the cards that are put in. Days or hours later
//! their stripes are used in other places. No payment at the terminal itself is odd; what the misused cards have in
//! common is the terminal (common point of purchase).
//!
//! **Misused** is a guess from the card's own signs within [`ONSET_US`], in points (proposed): the stripe is read
//! though the card has a chip, at a terminal that is new to it ([`POINTS_FALLBACK`], rule C1, C11), or with a service
//! code that denies the chip that was read before ([`POINTS_REWRITTEN`], rule C2); the number of a card known by its
//! chip is typed in at a terminal that is new to it ([`POINTS_TYPED`]); it is where it
//! can't have travelled to ([`POINTS_TRAVEL`], rule V2); and then it is refused at a terminal that is new to
//! it ([`POINTS_REFUSED`]); or it is to be kept ([`POINTS_KEPT`]). From [`STRONG`] points on the suspicion is strong, from
//! [`WEAK`] weak; each is measured against its own frequency among all cards.
//!
//! **When it is raised.** Mastercard's US 7,580,891 asks for two things: enough pre-fraud cards, and a large enough
//! share of the cards used there on the same dates. So: at least [`VICTIMS_MIN`] victims
//! ([`WEAK_VICTIMS_MIN`] where the suspicion is weak), at least
//! [`SHARE_PERCENT`] % of the cards first used there on the days of their visits, and (of the suspicions that arose
//! since yesterday) more than chance allows: by
//! `3 + 4 * sqrt(expected)` (proposed; about one in a million for few). Of several such terminals the one with the
//! greatest share explains the victims; they are not counted at the others again (explaining away).
//!
//! **What it must not call skimming.** A supermarket where everybody goes; damaged chips (they have no common
//! point); a terminal that tells fallbacks of all its customers: at most [`PER_PLACE_MAX`] victims count of those
//! that showed first at one terminal, so one that lies accuses no other.
//!
//! **Bounds.** One record a card and terminal, [`VICTIMS_MAX`] victims each, eight days of visitors, the last terminals of
//! a card.

use super::book::NONE;
use super::impossible_travel::impossible;
use super::slab::{Record, Slab};
use super::{Answered, CARDS_MAX, DAY_US, Detector, HOUR_US, Raised, Seen, Shared, TERMINALS_MAX, finding};
use crate::RestoreError;
use crate::bytes::{Reader, Writer};
use tg_event::{FindingSubject, ResponseClass, Severity};
use tg_text::Text;
use tg_types::{Instant, Short, TenantId};

const POINTS_FALLBACK: u8 = 2;
const POINTS_REWRITTEN: u8 = 3;
const POINTS_TYPED: u8 = 3;
const POINTS_TRAVEL: u8 = 3;
const POINTS_REFUSED: u8 = 1;
const POINTS_KEPT: u8 = 2;
const WEAK: u8 = 2;
const STRONG: u8 = 3;
const ONSET_US: i64 = 2 * DAY_US;
const VICTIMS_MIN: u64 = 6;
const WEAK_VICTIMS_MIN: u64 = 10;
const SHARE_PERCENT: u64 = 1;
const PER_PLACE_MAX: usize = 4;
const VICTIMS_MAX: usize = 64;
const DAYS: usize = 8;
const QUIET_US: i64 = 7 * DAY_US;
/// Visits shortly before the first sign may be part of the misuse: a copied card goes from shop to shop.
const BEFORE_US: i64 = HOUR_US / 6;

/// What is suspected of a card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct CardState {
    points: u8,
    onset_at: i64,
    onset: u64,
    onset_terminal: u32,
    /// Number of the terminal that explains it, and one.
    explained: u32,
}

/// A misused card that had been at a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Victim {
    card: u32,
    visit_at: i64,
    visit: u64,
    onset: u64,
    onset_terminal: u32,
    strong: bool,
    /// When the suspicion arose or became strong.
    day: u32,
}

/// What is known of a terminal.
#[derive(Debug, Default, PartialEq, Eq)]
struct State {
    tenant: u16,
    name: Short<16>,
    /// The day of `visitors[day % 8]`, the latest.
    day: u32,
    /// Cards that were there for the first time, by day.
    visitors: [u16; DAYS],
    victims: Vec<Victim>,
    raised_at: i64,
}

impl State {
    fn visit(&mut self, day: u32) {
        for passed in 1..=(day.saturating_sub(self.day)).min(DAYS as u32) {
            self.visitors[(self.day.saturating_add(passed)) as usize % DAYS] = 0;
        }
        if day > self.day + DAYS as u32 {
            self.visitors = [0; DAYS];
        }
        self.day = self.day.max(day);
        let today = &mut self.visitors[day as usize % DAYS];
        *today = today.saturating_add(1);
    }

    /// Cards that were there for the first time on these days.
    fn visitors(&self, from: u32, to: u32) -> u64 {
        let oldest = (self.day + 1).saturating_sub(DAYS as u32);
        (from.max(oldest)..=to.min(self.day)).map(|d| u64::from(self.visitors[d as usize % DAYS])).sum()
    }
}

/// How much speaks for a terminal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Case {
    /// Victims of a thousand visitors: the first thing to compare.
    share: u64,
    victims: u64,
    visitors: u64,
    /// In thousandths.
    expected: u64,
    strong: bool,
}

/// The detector's state.
pub(crate) struct Skimming {
    cards: Slab<CardState>,
    terminals: Slab<State>,
    /// Cards for which a weak and a strong suspicion arose on `day`, and on the day before.
    misused: [[u64; 2]; 2],
    day: u32,
}

impl Detector for Skimming {
    fn new() -> Skimming {
        Skimming { cards: Slab::new(), terminals: Slab::new(), misused: [[0; 2]; 2], day: 0 }
    }

    fn seen(&mut self, seen: &Seen<'_>, shared: &Shared) -> Option<Raised> {
        let (m, now) = (seen.m, seen.at.0);
        if seen.card == NONE || !m.asks_for_money() {
            return None;
        }
        if seen.used_card && seen.new_to_card {
            let terminal = self.terminals.of(seen.terminal);
            if (terminal.tenant, terminal.name) != (m.tenant.0, m.terminal) {
                (terminal.tenant, terminal.name) = (m.tenant.0, m.terminal);
            }
            terminal.visit((now / DAY_US) as u32);
        }
        let mut points = 0;
        if seen.new_to_card && seen.before.chip {
            let denied = seen.fallback && m.service_code.is_some_and(|s| !matches!(s / 100, 2 | 6));
            let typed = m.entry_mode.is_some_and(|e| e / 10 == 1);
            points += if denied {
                POINTS_REWRITTEN
            } else if typed {
                POINTS_TYPED
            } else {
                0
            };
        }
        if seen.fallback && seen.new_to_card && points == 0 {
            points += POINTS_FALLBACK;
        }
        if let (Some(place), Some(before)) = (seen.known_place(), seen.before.place)
            && !seen.same_chip
            && impossible(before, place, now.saturating_sub(seen.before.at)).is_some()
        {
            points += POINTS_TRAVEL;
        }
        let sign =
            Sign { card: seen.card, terminal: seen.terminal, points, offset: seen.offset, at: seen.at };
        self.sign(sign, m.tenant, seen.offset, shared)
    }

    fn answered(&mut self, seen: &Answered<'_>, shared: &Shared) -> Option<Raised> {
        if seen.card == NONE || seen.terminal_number == NONE {
            return None;
        }
        let card = shared.recent.get(seen.card).filter(|c| c.offset == seen.payment.payment)?;
        let points = match seen.class {
            ResponseClass::KeepCard => POINTS_KEPT,
            ResponseClass::Declined if card.new_terminal && self.is_suspected(seen.card) => POINTS_REFUSED,
            _ => return None,
        };
        let offset = seen.payment.payment;
        let sign = Sign { card: seen.card, terminal: seen.terminal_number, points, offset, at: seen.at };
        self.sign(sign, seen.tenant, seen.offset, shared)
    }

    fn touch(&self, terminal: u32) -> u64 {
        self.terminals.touch(terminal, |t| u64::from(t.day) ^ u64::from(t.tenant))
    }

    fn forget_terminal(&mut self, terminal: u32) {
        self.terminals.forget(terminal);
    }

    fn forget_card(&mut self, card: u32) {
        self.cards.forget(card);
    }

    fn save(&self, w: &mut Writer<'_>) {
        self.misused.iter().flatten().for_each(|n| w.u64(*n));
        w.u32(self.day);
        self.cards.save(w);
        self.terminals.save(w);
    }

    fn load(r: &mut Reader<'_>) -> Result<Skimming, RestoreError> {
        let misused = [[r.u64()?, r.u64()?], [r.u64()?, r.u64()?]];
        let day = r.u32()?;
        let (cards, terminals) = (Slab::load(r, CARDS_MAX)?, Slab::load(r, TERMINALS_MAX)?);
        Ok(Skimming { misused, day, cards, terminals })
    }
}

/// A sign of misuse.
struct Sign {
    card: u32,
    terminal: u32,
    points: u8,
    offset: u64,
    at: Instant,
}

impl Skimming {
    /// A card's points have risen: how many cards are suspected since yesterday.
    fn count(&mut self, before: u8, after: u8, day: u32) {
        if day != self.day {
            self.misused = [[0; 2], if day == self.day.wrapping_add(1) { self.misused[0] } else { [0; 2] }];
            self.day = day;
        }
        for (count, least) in self.misused[0].iter_mut().zip([WEAK, STRONG]) {
            *count += u64::from(before < least && after >= least);
        }
    }

    fn is_suspected(&self, card: u32) -> bool {
        self.cards.get(card).is_some_and(|c| c.points >= WEAK)
    }

    /// Enters a sign; the finding, if the card's suspicion has grown and completes one.
    fn sign(&mut self, sign: Sign, tenant: TenantId, offset: u64, shared: &Shared) -> Option<Raised> {
        if sign.points == 0 {
            return None;
        }
        let now = sign.at.0;
        let card = self.cards.of(sign.card);
        let before = card.points;
        if before == 0 || (before < WEAK && now.saturating_sub(card.onset_at) > ONSET_US) {
            (card.points, card.onset_at, card.onset, card.onset_terminal) =
                (0, now, sign.offset, sign.terminal);
        }
        card.points = card.points.saturating_add(sign.points).min(100);
        let state = *card;
        let day = (now / DAY_US) as u32;
        self.count(before, state.points, day);
        let grown = (before < WEAK && state.points >= WEAK) || (before < STRONG && state.points >= STRONG);
        if !grown {
            return None;
        }
        let strong = state.points >= STRONG;
        let mut best: Option<(Case, u32)> = None;
        for visit in shared.visits.get(sign.card).into_iter().flat_map(|v| v.iter()) {
            if visit.at >= state.onset_at.saturating_sub(BEFORE_US) {
                continue;
            }
            let terminal = self.terminals.of(visit.terminal);
            if terminal.tenant != tenant.0 {
                continue;
            }
            match terminal.victims.iter_mut().find(|v| v.card == sign.card) {
                Some(victim) => (victim.strong, victim.day) = (strong, day),
                None => {
                    if terminal.victims.len() >= VICTIMS_MAX {
                        terminal.victims.remove(0);
                    }
                    terminal.victims.push(Victim {
                        card: sign.card,
                        visit_at: visit.at,
                        visit: visit.offset,
                        onset: state.onset,
                        onset_terminal: state.onset_terminal,
                        strong,
                        day,
                    });
                }
            }
            for strong in [true, false] {
                let case = self.case(visit.terminal, strong, u64::from(shared.cards.len()), now);
                best = best.max(case.map(|case| (case, visit.terminal)));
            }
        }
        let (case, terminal) = best?;
        let state = self.terminals.of(terminal);
        let quiet = state.raised_at == 0 || now.saturating_sub(state.raised_at) > QUIET_US;
        state.raised_at = if quiet { now } else { state.raised_at };
        let victims = self.victims(terminal, case.strong);
        for victim in &victims {
            self.cards.of(victim.card).explained = terminal + 1;
        }
        let state = self.terminals.get(terminal)?;
        quiet.then(|| raised((tenant, offset, sign.at), state, &victims, case))
    }

    /// The victims of a terminal that no other terminal explains, as many as count of each place of misuse.
    fn victims(&self, terminal: u32, strong: bool) -> Vec<Victim> {
        let mut victims: Vec<Victim> = Vec::new();
        for victim in self.terminals.get(terminal).map_or(&[][..], |t| &t.victims) {
            let explained = self.cards.get(victim.card).map_or(0, |c| c.explained);
            let of_place = victims.iter().filter(|v| v.onset_terminal == victim.onset_terminal).count();
            let counts = (victim.strong || !strong)
                && (explained == 0 || explained == terminal + 1)
                && victim.onset_terminal != terminal
                && victim.day.saturating_add(1) >= self.day
                && of_place < PER_PLACE_MAX;
            if counts {
                victims.push(*victim);
            }
        }
        victims
    }

    fn case(&self, terminal: u32, strong: bool, cards: u64, now: i64) -> Option<Case> {
        let victims = self.victims(terminal, strong);
        let count = victims.len() as u64;
        if count < if strong { VICTIMS_MIN } else { WEAK_VICTIMS_MIN } {
            return None;
        }
        let day = |at: i64| (at / DAY_US) as u32;
        let oldest = victims.iter().map(|v| day(v.visit_at)).min()?;
        let newest = victims.iter().map(|v| day(v.visit_at)).max()?.min(day(now));
        let visitors = self.terminals.get(terminal)?.visitors(oldest, newest).max(count);
        // What share of all other cards is suspected, so what is to be expected among the visitors.
        let others =
            self.misused.iter().map(|day| day[usize::from(strong)]).sum::<u64>().saturating_sub(count) + 1;
        let expected = visitors * others * 1_000 / cards.saturating_sub(visitors).max(visitors);
        let share = count * 1_000 / visitors;
        let chance = expected + 3_000 + 4 * (expected * 1_000).isqrt();
        (count * 1_000 >= chance && share >= SHARE_PERCENT * 10).then_some(Case {
            share,
            victims: count,
            visitors,
            expected,
            strong,
        })
    }
}

fn raised(at: (TenantId, u64, Instant), state: &State, victims: &[Victim], case: Case) -> Raised {
    let terminal = state.name;
    let Case { victims: count, visitors, expected, strong, .. } = case;
    let mut places: Vec<u32> = victims.iter().map(|v| v.onset_terminal).collect();
    places.sort_unstable();
    places.dedup();
    let places = places.len();
    let expected = format!("{}.{}", expected / 1_000, expected % 1_000 / 100);
    let at_risk = visitors.saturating_sub(count);
    let rests_on = vec![
        Text::new(
            format!(
                "{count} 张卡在另外 {places} 台终端出现异常使用（有芯片却刷磁条、赶不到的两地，或被拒绝、没收）；此前都在终端 {terminal} 用过。"
            ),
            format!(
                "{count} cards showed signs of misuse at {places} other terminals (the stripe though there is a chip, places too far apart, refusals); all had been used at terminal {terminal} before."
            ),
        ),
        Text::new(
            format!("同期在该终端首次用卡的共 {visitors} 张；若无关联，预计其中约 {expected} 张会出现异常。"),
            format!(
                "{visitors} cards were first used there on those days; without a link about {expected} of them would be expected to show signs."
            ),
        ),
        Text::new(
            format!("另有约 {at_risk} 张同期用过的卡尚无异常，可能有风险。"),
            format!(
                "About {at_risk} other cards used there in that time show no sign yet and may be at risk."
            ),
        ),
    ];
    let finding = finding(
        "skimming",
        at,
        FindingSubject::Terminal(terminal),
        if strong { Severity::Critical } else { Severity::High },
        Text::new(
            format!("终端 {terminal} 可能是 {count} 张被异常使用的卡的共同用卡点，疑似侧录，请安排检查。"),
            format!(
                "Terminal {terminal} may be the common point of {count} cards with signs of misuse: have it inspected for skimming."
            ),
        ),
        rests_on,
        victims.iter().flat_map(|v| [v.visit, v.onset]).collect(),
    );
    Raised { finding: Some(finding), watch: None }
}

impl Record for CardState {
    const BYTES_MIN: usize = 25;

    fn save(&self, w: &mut Writer<'_>) {
        w.u8(self.points);
        w.i64(self.onset_at);
        w.u64(self.onset);
        w.u32(self.onset_terminal);
        w.u32(self.explained);
    }

    fn load(r: &mut Reader<'_>) -> Result<CardState, RestoreError> {
        Ok(CardState {
            points: r.u8()?,
            onset_at: r.i64()?,
            onset: r.u64()?,
            onset_terminal: r.u32()?,
            explained: r.u32()?,
        })
    }
}

impl Record for State {
    const BYTES_MIN: usize = 32;

    fn save(&self, w: &mut Writer<'_>) {
        w.u16(self.tenant);
        w.short(&self.name);
        w.u32(self.day);
        self.visitors.iter().for_each(|n| w.u16(*n));
        w.i64(self.raised_at);
        w.varint(self.victims.len() as u64);
        for v in &self.victims {
            w.u32(v.card);
            w.i64(v.visit_at);
            w.u64(v.visit);
            w.u64(v.onset);
            w.u32(v.onset_terminal);
            w.u8(u8::from(v.strong));
            w.u32(v.day);
        }
    }

    fn load(r: &mut Reader<'_>) -> Result<State, RestoreError> {
        let mut state = State { tenant: r.u16()?, name: r.short()?, day: r.u32()?, ..State::default() };
        if state.day > u32::MAX / 2 {
            return Err(RestoreError::Damaged("a day is out of range"));
        }
        for visitors in &mut state.visitors {
            *visitors = r.u16()?;
        }
        state.raised_at = r.i64()?;
        for _ in 0..r.count(37)? {
            let victim = Victim {
                card: r.u32()?,
                visit_at: r.i64()?,
                visit: r.u64()?,
                onset: r.u64()?,
                onset_terminal: r.u32()?,
                strong: r.u8()? != 0,
                day: r.u32()?,
            };
            if victim.card >= CARDS_MAX {
                return Err(RestoreError::Damaged("a victim is out of range"));
            }
            state.victims.push(victim);
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Till, card, purchase};
    use tg_event::Message;
    use tg_types::mix64;

    fn pay(till: &mut Till, terminal: u32, n: u32, entry_mode: u16, class: ResponseClass) {
        let request = Message {
            entry_mode: Some(entry_mode),
            service_code: Some(201),
            ..purchase(&format!("{terminal}"), till.log.len() as u32 + 1, card(n, 1), 5_000)
        };
        till.wait(5).pay(&request, "xx", class);
    }

    fn draw(n: u32, salt: u64, below: u32) -> u32 {
        (mix64(u64::from(n) ^ salt << 40) % u64::from(below)) as u32
    }

    /// Three days of a town: each card is used at four of forty terminals; a third of all at the supermarket.
    fn town() -> Till {
        let mut till = Till::new();
        for day in 0..3 {
            for n in 0..900 {
                let terminal = 70_000_000 + draw(n, day, 40);
                pay(&mut till, terminal, n, 51, ResponseClass::Approved);
                if draw(n, 9, 3) == 0 {
                    pay(&mut till, 70_000_099, n, 51, ResponseClass::Approved);
                }
            }
            till.wait(40_000).tick();
        }
        till
    }

    fn misuse(till: &mut Till, n: u32) {
        for time in 0..2 {
            let class =
                if draw(n, 7 + time, 2) == 0 { ResponseClass::Declined } else { ResponseClass::Approved };
            pay(till, 80_000_000 + draw(n, 5 + time, 25), n, 21, class);
        }
    }

    #[test]
    fn the_common_point_of_misused_cards_is_found_once_and_no_other() {
        let mut till = town();
        let skimmed: Vec<u32> = (0..900).filter(|&n| draw(n, 1, 40) == 7).collect();
        assert!(skimmed.len() > 15);
        skimmed.iter().filter(|&&n| n % 2 == 0).for_each(|&n| misuse(&mut till, n));
        // Others by chance.
        (0..900).step_by(150).for_each(|n| misuse(&mut till, n));
        let found: Vec<_> = till.findings().iter().map(|f| (f.code, f.subject.clone())).collect();
        assert_eq!(found, [("skimming", FindingSubject::Terminal(Short::new("70000007").expect("short")))]);
        assert!(till.all.feedback.is_empty());
    }

    #[test]
    fn damaged_chips_and_misuse_without_a_common_point_are_none() {
        let mut till = town();
        for n in (0..900).filter(|n| n % 45 == 3) {
            // From now on its chip can't be read, wherever it is used.
            (0..4).for_each(|time| {
                pay(&mut till, 70_000_000 + draw(n, time, 40), n, 21, ResponseClass::Approved)
            });
        }
        (0..900).filter(|n| n % 60 == 7).for_each(|n| misuse(&mut till, n));
        assert_eq!(till.findings(), &[]);
    }

    #[test]
    fn a_terminal_that_tells_fallbacks_of_all_its_customers_accuses_no_other() {
        let mut till = town();
        // Its customers are those of terminal 70000007, its neighbour.
        for n in (0..900).filter(|&n| draw(n, 1, 40) == 7) {
            (0..3).for_each(|_| pay(&mut till, 80_000_001, n, 21, ResponseClass::Declined));
        }
        assert_eq!(till.findings(), &[]);
    }
}
