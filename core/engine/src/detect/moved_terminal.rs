//! Moved terminal: it names another place than the one where it has always been (移机).
//!
//! **What it looks like.** A fixed terminal names its place with each message (notice 银发〔2021〕259号 asks that
//! it can be traced). After it was carried off, or lent, or sold, it names another, and goes on to do so.
//!
//! **When it is raised.** The terminal was settled (at least [`SETTLED_MIN`] messages, [`SETTLED_PERCENT`] % of
//! all, from known places); then at least [`AWAY_MIN`] messages in a row and over at least [`AWAY_US`] name one
//! place that is more than [`FAR_M`] from it. (Rule D5: more than 1 km for a fixed terminal; half a
//! kilometre more, and the count and time, since positions waver. Proposed.)
//!
//! **What it must not call moved.** A position that is wrong for a message or two; a mobile merchant (it is
//! never settled); a fair that takes its terminals along: [`COMPANY_MIN`] others with another usual place, of
//! whatever merchant, came to the same place within [`COMPANY_US`] ([`COMPANY_NEAR_MIN`] within [`TOWN_M`]); a second device under the number (its
//! messages take turns with those from the old place, see `cloned_terminal`). A shop that moves house alone is
//! raised once; then the new place is known.
//!
//! **Bounds.** One record a terminal, and the latest [`MOVES_MAX`] moves of all.

use super::book::NONE;
use super::distance::metres;
use super::slab::{Record, Slab};
use super::standing::{Spot, Standing};
use super::{DAY_US, Detector, HOUR_US, Raised, Seen, Shared, finding};
use crate::RestoreError;
use crate::bytes::{Reader, Writer};
use std::collections::VecDeque;
use tg_event::{FindingSubject, Place, Severity};
use tg_text::Text;
use tg_types::SECOND_US;

const SETTLED_MIN: u32 = 8;
const SETTLED_PERCENT: u64 = 90;
const AWAY_MIN: u16 = 5;
const AWAY_US: i64 = 45 * 60 * SECOND_US;
const FAR_M: i64 = 1_500;
/// Others that came along, and within what time and how near.
const COMPANY_MIN: usize = 2;
/// Within the town one other is enough.
const COMPANY_NEAR_MIN: usize = 1;
const TOWN_M: i64 = 20_000;
const COMPANY_US: u64 = 12 * HOUR_US as u64;
const COMPANY_M: i64 = 3_000;
const MOVES_MAX: usize = 512;
const KEPT: usize = 16;
/// No further finding about the same terminal within this time.
const QUIET_US: i64 = 7 * DAY_US;

/// What is kept of a terminal that is away.
#[derive(Debug, Default, PartialEq, Eq)]
struct State {
    raised_at: i64,
    /// First message at the place that it is at now.
    away_since: u64,
    kept: Vec<u64>,
}

/// A terminal that was settled came to another place.
#[derive(Clone, Copy)]
struct Move {
    terminal: u32,
    tenant: u16,
    at: i64,
    place: Place,
}

/// The detector's state.
pub(crate) struct MovedTerminal {
    states: Slab<State>,
    /// Oldest first.
    moves: VecDeque<Move>,
}

impl MovedTerminal {
    /// Other terminals that came to the place in the hours before or after it did.
    fn company(&self, seen: &Seen<'_>, spot: Spot) -> usize {
        let others = self.moves.iter().filter(|m| {
            m.terminal != seen.terminal
                && m.tenant == seen.m.tenant.0
                && spot.first_at.abs_diff(m.at) <= COMPANY_US
                && metres(m.place, spot.place) <= COMPANY_M
        });
        others.count()
    }

    fn enter(&mut self, seen: &Seen<'_>, place: Place) {
        self.moves.retain(|m| m.terminal != seen.terminal);
        if self.moves.len() >= MOVES_MAX {
            self.moves.pop_front();
        }
        let (terminal, tenant, at) = (seen.terminal, seen.m.tenant.0, seen.at.0);
        self.moves.push_back(Move { terminal, tenant, at, place });
    }
}

impl Detector for MovedTerminal {
    fn new() -> MovedTerminal {
        MovedTerminal { states: Slab::new(), moves: VecDeque::new() }
    }

    fn seen(&mut self, seen: &Seen<'_>, _: &Shared) -> Option<Raised> {
        let (Standing::Away(spot), Some(usual)) = (seen.standing, seen.usual) else { return None };
        if seen.terminal == NONE {
            return None;
        }
        let (at_known, named) = seen.at_known;
        let here = u64::from(spot.count);
        let settled = at_known >= SETTLED_MIN
            && u64::from(at_known) * 100 >= (u64::from(named).saturating_sub(here)) * SETTLED_PERCENT;
        let distance = metres(usual.place, spot.place);
        if spot.count == 1 {
            self.enter(seen, spot.place);
        }
        if !settled || distance <= FAR_M {
            return None;
        }
        let state = self.states.of(seen.terminal);
        let arrived = state.away_since != spot.first_offset;
        if arrived {
            state.away_since = spot.first_offset;
            state.kept.clear();
        }
        if state.kept.len() < KEPT {
            state.kept.push(seen.offset);
        }
        let quiet = state.raised_at == 0 || seen.at.0.saturating_sub(state.raised_at) > QUIET_US;
        let stays = spot.count >= AWAY_MIN && seen.at.0.saturating_sub(spot.first_at) >= AWAY_US;
        let enough = if distance > TOWN_M { COMPANY_MIN } else { COMPANY_NEAR_MIN };
        if !quiet || !stays || self.company(seen, spot) >= enough {
            return None;
        }
        let state = self.states.of(seen.terminal);
        state.raised_at = seen.at.0;
        Some(raised(seen, usual, spot, distance, &state.kept))
    }

    fn forget_terminal(&mut self, terminal: u32) {
        self.states.forget(terminal);
        self.moves.retain(|m| m.terminal != terminal);
    }

    fn save(&self, w: &mut Writer<'_>) {
        self.states.save(w);
        w.varint(self.moves.len() as u64);
        for m in &self.moves {
            w.u32(m.terminal);
            w.u16(m.tenant);
            w.i64(m.at);
            super::slab::save_place(Some(m.place), w);
        }
    }

    fn load(r: &mut Reader<'_>) -> Result<MovedTerminal, RestoreError> {
        let mut state =
            MovedTerminal { states: Slab::load(r, super::TERMINALS_MAX)?, moves: VecDeque::new() };
        for _ in 0..r.count(22)? {
            let (terminal, tenant, at) = (r.u32()?, r.u16()?, r.i64()?);
            let place = super::slab::load_place(r)?.ok_or(RestoreError::Damaged("a move has no place"))?;
            state.moves.push_back(Move { terminal, tenant, at, place });
        }
        Ok(state)
    }
}

fn raised(seen: &Seen<'_>, usual: Spot, spot: Spot, distance: i64, kept: &[u64]) -> Raised {
    let terminal = seen.m.terminal;
    let (at_known, _) = seen.at_known;
    let km = format!("{}.{}", distance / 1_000, distance % 1_000 / 100);
    let (count, minutes) = (spot.count, seen.at.0.saturating_sub(spot.first_at) / (60 * SECOND_US));
    let from = degrees(usual.place);
    let to = degrees(spot.place);
    let finding = finding(
        "moved_terminal",
        (seen.m.tenant, seen.offset, seen.at),
        FindingSubject::Terminal(terminal),
        if distance > 50_000 { Severity::High } else { Severity::Medium },
        Text::new(
            format!("终端 {terminal} 报告的位置离惯常位置约 {km} 公里，已持续 {minutes} 分钟，疑似移机。"),
            format!(
                "Terminal {terminal} has named a place about {km} km from its usual one for {minutes} min: it may have been moved."
            ),
        ),
        vec![
            Text::new(
                format!("此前有 {at_known} 笔报文来自惯常位置（{from}）。"),
                format!("{at_known} earlier messages came from its usual place ({from})."),
            ),
            Text::new(
                format!("最近连续 {count} 笔报文来自另一处（{to}），直线距离约 {km} 公里。"),
                format!("The latest {count} in a row came from another place ({to}), about {km} km away."),
            ),
            Text::fixed(
                "已核对：没有其他终端同时从别处移到那里（集市、展会通常会有）。",
                "Checked: no other terminals came there from elsewhere at the same time, as they do to a fair.",
            ),
        ],
        kept.to_vec(),
    );
    Raised { finding: Some(finding), watch: None }
}

/// A place as people read it, to about a hundred metres.
fn degrees(place: Place) -> String {
    let part = |n: i32, positive: char, negative: char| {
        let n = (if n < 0 { negative } else { positive }, n.unsigned_abs() / 100);
        format!("{}.{:03}°{}", n.1 / 1_000, n.1 % 1_000, n.0)
    };
    format!("{} {}", part(place.latitude, 'N', 'S'), part(place.longitude, 'E', 'W'))
}

impl Record for State {
    const BYTES_MIN: usize = 17;

    fn save(&self, w: &mut Writer<'_>) {
        w.i64(self.raised_at);
        w.u64(self.away_since);
        w.varint(self.kept.len() as u64);
        self.kept.iter().for_each(|k| w.u64(*k));
    }

    fn load(r: &mut Reader<'_>) -> Result<State, RestoreError> {
        let mut state = State { raised_at: r.i64()?, away_since: r.u64()?, kept: Vec::new() };
        for _ in 0..r.count(8)? {
            state.kept.push(r.u64()?);
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Till, card, purchase};
    use tg_event::{Message, ResponseClass};

    const SHOP: (i32, i32) = (3_123_000, 12_147_000);
    const FAR: (i32, i32) = (3_181_000, 12_147_000);

    fn pay(till: &mut Till, terminal: &str, n: u32, place: Option<(i32, i32)>) {
        let place = place.and_then(|(latitude, longitude)| Place::new(latitude, longitude));
        let request = Message { place, ..purchase(terminal, n + 1, card(n, 1), 2_000) };
        till.wait(600).pay(&request, "00", ResponseClass::Approved);
    }

    fn moves(till: &mut Till, terminals: &[&str], before: u32, after: u32, to: (i32, i32)) {
        for n in 0..before {
            terminals.iter().for_each(|t| pay(till, t, n, Some((SHOP.0 + n as i32 % 7 * 20, SHOP.1))));
        }
        for n in 0..after {
            terminals.iter().for_each(|t| pay(till, t, before + n, Some((to.0, to.1 + n as i32 % 5 * 30))));
        }
    }

    #[test]
    fn a_settled_terminal_that_names_another_place_is_found_once() {
        let mut till = Till::new();
        moves(&mut till, &["70000001"], 20, 60, FAR);
        let [finding] = till.findings() else { panic!("{:?}", till.findings()) };
        assert_eq!((finding.code, finding.severity), ("moved_terminal", Severity::High));
        expect_test::expect!["Terminal 70000001 has named a place about 64.4 km from its usual one for 50 min: it may have been moved."]
            .assert_eq(&finding.text.en);
        assert_eq!(finding.events.len(), 6);
        assert!(till.all.feedback.is_empty(), "to ask the shop comes first");
    }

    #[test]
    fn a_fair_that_takes_its_terminals_along_is_none() {
        let mut till = Till::new();
        moves(&mut till, &["70000001", "70000002", "70000003", "70000004"], 12, 20, FAR);
        assert_eq!(till.findings(), &[]);
    }

    #[test]
    fn one_more_that_lies_about_its_place_hides_no_move() {
        let mut till = Till::new();
        moves(&mut till, &["70000001", "70000009"], 12, 20, FAR);
        assert_eq!(till.findings().len(), 2);
    }

    #[test]
    fn slips_of_the_position_and_short_ways_are_none() {
        let mut till = Till::new();
        for n in 0..80 {
            let place = if n % 9 > 6 { FAR } else { SHOP };
            pay(&mut till, "70000001", n, Some(place));
        }
        moves(&mut till, &["70000002"], 20, 30, (SHOP.0 + 1_200, SHOP.1));
        assert_eq!(till.findings(), &[]);
    }

    #[test]
    fn a_mobile_merchant_a_new_terminal_and_one_without_a_place_are_none() {
        let mut till = Till::new();
        for n in 0..120_i32 {
            pay(&mut till, "70000001", n as u32, Some((SHOP.0 + n / 6 % 5 * 9_000, SHOP.1)));
            pay(&mut till, "70000002", n as u32, if n < 40 { Some(SHOP) } else { None });
        }
        moves(&mut till, &["70000003"], 2, 30, FAR);
        assert_eq!(till.findings(), &[]);
    }
}
