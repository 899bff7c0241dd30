//! Impossible travel: one card is used in two places, too far apart for the time between.
//!
//! **What it looks like.** A copy of a card's stripe is used in another city while the card itself is in the
//! cardholder's hand.
//!
//! **When it is raised.** Two payments with the card present (DE22: chip, stripe, contactless) within
//! [`LOOK_BACK_US`], more than [`FAR_M`] apart, that ask for more than [`SPEED_KM_H`] km/h (rule V2: more than 900
//! km/h and 100 km, proposed there). Both terminals must be where they usually are: a terminal's word of a new place is
//! not enough to doubt a card.
//!
//! **What it must not call impossible.** A traveller on a plane; payments typed in or stored; a chip that was
//! itself in both places, by its counter (9F36 went on by at most
//! [`super::COUNTER_STEP_MAX`]): then a place is wrong, not
//! the card. One terminal that lies about its place from the beginning: at most [`DAILY_MAX`] findings a day name
//! any one terminal. No watch begins: it would change verdicts at terminals that have said nothing.
//!
//! **Bounds.** One record a card.

use super::distance::metres;
use super::slab::{Record, Slab};
use super::{CARDS_MAX, DAY_US, Detector, Raised, Seen, Shared, TERMINALS_MAX, finding};
use crate::RestoreError;
use crate::bytes::{Reader, Writer};
use tg_event::{FindingSubject, Place, Severity};
use tg_text::Text;
use tg_types::{SECOND_US, Short};

const FAR_M: i64 = 100_000;
const SPEED_KM_H: i64 = 900;
const LOOK_BACK_US: i64 = DAY_US;
const DAILY_MAX: u16 = 3;
const QUIET_US: i64 = DAY_US;
/// Nearer than this in both directions is nearer than [`FAR_M`], seen without reckoning (100 km are 0.9 degrees
/// from south to north, and more from west to east).
const NEAR_E5: u32 = 60_000;

/// Findings of the day in which a terminal is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Named {
    day: u32,
    times: u16,
}

impl Named {
    fn today(&self, day: u32) -> u16 {
        if self.day == day { self.times } else { 0 }
    }

    fn again(&mut self, day: u32) {
        *self = Named { day, times: self.today(day) + 1 };
    }
}

/// The detector's state.
pub(crate) struct ImpossibleTravel {
    /// When a finding was raised about a card.
    raised: Slab<i64>,
    named: Slab<Named>,
}

/// Two uses of a card that it can't have travelled between: metres and microseconds.
pub(super) fn impossible(from: Place, to: Place, us: i64) -> Option<i64> {
    let near = |a: i32, b: i32| a.abs_diff(b) <= NEAR_E5;
    if near(from.latitude, to.latitude) && near(from.longitude, to.longitude) {
        return None;
    }
    let far = metres(from, to);
    // metres / hours > 1,000 * km/h, with both sides multiplied out: at most 2e7 * 3.6e9.
    let too_fast = far * 3_600 * SECOND_US > SPEED_KM_H * 1_000 * us.clamp(0, LOOK_BACK_US);
    (far > FAR_M && too_fast).then_some(far)
}

impl Detector for ImpossibleTravel {
    fn new() -> ImpossibleTravel {
        ImpossibleTravel { raised: Slab::new(), named: Slab::new() }
    }

    fn seen(&mut self, seen: &Seen<'_>, shared: &Shared) -> Option<Raised> {
        let (before, now) = (&seen.before, seen.at.0);
        let us = now.saturating_sub(before.at);
        let far = impossible(before.place?, seen.known_place()?, us)?;
        if us > LOOK_BACK_US || seen.same_chip {
            return None;
        }
        let raised_at = *self.raised.of(seen.card);
        let quiet = raised_at == 0 || now.saturating_sub(raised_at) > QUIET_US;
        let day = (now / DAY_US) as u32;
        let named = [before.terminal, seen.terminal].map(|t| self.named.of(t).today(day));
        if !quiet || named.iter().any(|times| *times >= DAILY_MAX) {
            return None;
        }
        self.named.of(before.terminal).again(day);
        self.named.of(seen.terminal).again(day);
        *self.raised.of(seen.card) = now;
        let there = shared.terminals.name(before.terminal);
        raised(seen, &there, far, us)
    }

    fn forget_terminal(&mut self, terminal: u32) {
        self.named.forget(terminal);
    }

    fn forget_card(&mut self, card: u32) {
        self.raised.forget(card);
    }

    fn save(&self, w: &mut Writer<'_>) {
        self.raised.save(w);
        self.named.save(w);
    }

    fn load(r: &mut Reader<'_>) -> Result<ImpossibleTravel, RestoreError> {
        Ok(ImpossibleTravel { raised: Slab::load(r, CARDS_MAX)?, named: Slab::load(r, TERMINALS_MAX)? })
    }
}

fn raised(seen: &Seen<'_>, there: &Short<16>, far: i64, us: i64) -> Option<Raised> {
    let m = seen.m;
    let card = m.card?;
    let (km, minutes) = (far / 1_000, us / (60 * SECOND_US));
    let speed = far * 3_600 * SECOND_US / us.max(SECOND_US) / 1_000;
    let (here, tail, before) = (m.terminal, card.masked.last4, &seen.before);
    let read = match (seen.counter, before.counter) {
        (0, 0) => Text::fixed(
            "两笔都没有芯片计数器可以对照。",
            "Neither payment carries a chip's counter to compare.",
        ),
        (0, n) => Text::new(
            format!("前一笔用了芯片（计数器 {n}），后一笔没有芯片数据：不是同一次读卡方式。"),
            format!("The earlier payment used the chip (counter {n}); the later one carries no chip data."),
        ),
        (n, 0) => Text::new(
            format!("后一笔用了芯片（计数器 {n}），前一笔没有芯片数据。"),
            format!("The later payment used the chip (counter {n}); the earlier one carries no chip data."),
        ),
        (n, p) => Text::new(
            format!("芯片计数器从 {p} 变为 {n}，不是同一芯片接着用的样子。"),
            format!("The chip's counter went from {p} to {n}, not as one chip goes on."),
        ),
    };
    let finding = finding(
        "impossible_travel",
        (m.tenant, seen.offset, seen.at),
        FindingSubject::Card(card.token),
        Severity::High,
        Text::new(
            format!("末四位 {tail:04} 的卡在 {minutes} 分钟内先后出现在相距约 {km} 公里的两处，赶不到。"),
            format!(
                "The card ending in {tail:04} was used in two places about {km} km apart within {minutes} min: too far to travel."
            ),
        ),
        vec![
            Text::new(
                format!("前一笔在终端 {there}，后一笔在终端 {here}，两台终端都在各自惯常的位置。"),
                format!(
                    "First at terminal {there}, then at terminal {here}; both were where they usually are."
                ),
            ),
            Text::new(
                format!("直线距离约 {km} 公里，间隔 {minutes} 分钟，需每小时约 {speed} 公里。"),
                format!("About {km} km in a straight line within {minutes} min: some {speed} km/h."),
            ),
            read,
        ],
        vec![before.offset],
    );
    Some(Raised { finding: Some(finding), watch: None })
}

impl Record for Named {
    const BYTES_MIN: usize = 6;
    fn save(&self, w: &mut Writer<'_>) {
        w.u32(self.day);
        w.u16(self.times);
    }
    fn load(r: &mut Reader<'_>) -> Result<Named, RestoreError> {
        Ok(Named { day: r.u32()?, times: r.u16()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Till, card, purchase};
    use tg_event::{Chip, Message, ResponseClass};

    /// Invented places: some 640 km apart.
    const WEST: Option<Place> = Some(Place { latitude: 3_100_000, longitude: 11_500_000 });
    const EAST: Option<Place> = Some(Place { latitude: 3_400_000, longitude: 12_080_000 });

    fn settled() -> Till {
        let mut till = Till::new();
        for n in 0..10 {
            for (terminal, place) in [("70000001", WEST), ("70000002", EAST)] {
                let request =
                    Message { place, ..purchase(terminal, n + 1, card(9_000 + n, n as u16 + 1), 900) };
                till.wait(60).pay(&request, "00", ResponseClass::Approved);
            }
        }
        till
    }

    fn use_card(
        till: &mut Till,
        n: u32,
        terminal: &str,
        place: Option<Place>,
        entry_mode: u16,
        counter: u16,
    ) {
        let chip =
            (counter > 0).then(|| Chip { present: 1 << 4, transaction_counter: counter, ..Chip::default() });
        let trace = till.log.len() as u32 + 100;
        let request = Message {
            place,
            entry_mode: Some(entry_mode),
            chip,
            ..purchase(terminal, trace, card(n, 1), 5_000)
        };
        till.pay(&request, "00", ResponseClass::Approved);
    }

    #[test]
    fn a_stripe_used_far_away_soon_after_the_chip_is_found_once() {
        let mut till = settled();
        use_card(&mut till, 1, "70000001", WEST, 51, 12);
        till.wait(600);
        use_card(&mut till, 1, "70000002", EAST, 21, 0);
        use_card(&mut till, 1, "70000001", WEST, 51, 13);
        let [finding] = till.findings() else { panic!("{:?}", till.findings()) };
        assert_eq!(finding.subject, FindingSubject::Card(card(1, 1).token));
        expect_test::expect!["The card ending in 0001 was used in two places about 637 km apart within 10 min: too far to travel."]
            .assert_eq(&finding.text.en);
        assert!(till.all.feedback.is_empty());
    }

    #[test]
    fn a_plane_a_typed_number_and_the_same_chip_are_none() {
        let mut till = settled();
        for (n, wait, modes, counters) in [
            (1, 50 * 60, [51, 51], [0, 0]),
            (2, 60, [51, 12], [5, 0]),
            (3, 60, [51, 71], [5, 6]),
            (4, 60, [51, 51], [65_535, 3]),
        ] {
            use_card(&mut till, n, "70000001", WEST, modes[0], counters[0]);
            till.wait(wait);
            use_card(&mut till, n, "70000002", EAST, modes[1], counters[1]);
        }
        assert_eq!(till.findings(), &[]);
    }

    #[test]
    fn a_terminal_that_names_a_new_place_casts_no_doubt_on_cards() {
        let mut till = settled();
        for n in 1..30 {
            use_card(&mut till, n, "70000001", WEST, 51, 0);
            use_card(
                &mut till,
                n,
                "70000002",
                Some(Place { latitude: 4_500_000, longitude: 12_000_000 }),
                51,
                0,
            );
        }
        assert!(till.findings().iter().all(|f| f.code != "impossible_travel"));
    }

    #[test]
    fn a_terminal_that_always_lied_is_named_a_few_times_a_day_at_most() {
        let mut till = settled();
        for n in 1..30 {
            use_card(&mut till, n, "70000001", WEST, 51, 0);
            use_card(&mut till, n, "70000002", EAST, 51, 0);
        }
        assert_eq!(till.findings().len(), usize::from(DAILY_MAX));
    }
}
