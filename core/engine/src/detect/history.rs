//! What is remembered of a card: its newest payment and the terminals where it was lately.
//!
//! Shared by the detectors that ask what a card did before, so that a payment reads it once. What every payment
//! needs fills one line of the processor's cache ([`Recent`]); the rest ([`Visits`]) is written when a card comes
//! to a terminal that is new to it, and read when something is suspected.

use super::book::NONE;
use super::slab::{Record, load_place, save_place};
use crate::RestoreError;
use crate::bytes::{Reader, Writer};
use tg_event::Place;

/// Terminals that are remembered of a card: of a usual customer about a week. (Proposed.)
const VISITS_MAX: usize = 6;

/// A card's newest payment and its last terminals.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recent {
    /// Newest last; [`NONE`] where there were fewer.
    terminals: [u32; VISITS_MAX],
    /// The newest payment: when, its offset and terminal.
    pub(crate) at: i64,
    pub(crate) offset: u64,
    pub(crate) terminal: u32,
    /// The chip's counter; 0 if the chip was not read.
    pub(crate) counter: u16,
    /// The chip was read at some time.
    pub(crate) chip: bool,
    /// The newest payment's terminal was new to the card.
    pub(crate) new_terminal: bool,
    /// Place in [`Visits`] of the oldest one.
    oldest: u8,
    /// Where that terminal usually is, if it was there and the card too.
    pub(crate) place: Option<Place>,
}

impl Default for Recent {
    fn default() -> Recent {
        Recent {
            terminals: [NONE; VISITS_MAX],
            at: 0,
            offset: 0,
            terminal: 0,
            counter: 0,
            chip: false,
            new_terminal: false,
            oldest: 0,
            place: None,
        }
    }
}

impl Recent {
    /// Enters a terminal; if it is new to the card, its visit is to be entered too, at the place that is given.
    pub(crate) fn see(&mut self, terminal: u32) -> Option<u8> {
        if self.terminals.contains(&terminal) {
            return None;
        }
        self.terminals.rotate_left(1);
        self.terminals[VISITS_MAX - 1] = terminal;
        let oldest = self.oldest;
        self.oldest = (oldest + 1) % VISITS_MAX as u8;
        Some(oldest)
    }
}

/// A card's first payment at a terminal, as far as is remembered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Visit {
    pub(crate) at: i64,
    pub(crate) offset: u64,
    pub(crate) terminal: u32,
    /// Part of a hash of the merchant's number, only to compare.
    pub(crate) merchant: u32,
}

/// The visits to the terminals of [`Recent`]. Each takes the place of the oldest, which only [`Recent`] knows, so
/// that entering one writes no more than it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Visits([Visit; VISITS_MAX]);

impl Visits {
    /// Oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Visit> {
        self.in_order().into_iter().filter(|v| v.at > 0)
    }

    /// Those that were never filled first.
    fn in_order(&self) -> [Visit; VISITS_MAX] {
        let mut visits = self.0;
        visits.sort_by_key(|v| (v.at, v.offset));
        visits
    }

    pub(crate) fn enter(&mut self, place: u8, visit: Visit) {
        self.0[usize::from(place) % VISITS_MAX] = visit;
    }
}

impl Record for Recent {
    const BYTES_MIN: usize = 24 + 8 + 8 + 4 + 2 + 1 + 8;

    fn save(&self, w: &mut Writer<'_>) {
        self.terminals.iter().for_each(|t| w.u32(*t));
        w.i64(self.at);
        w.u64(self.offset);
        w.u32(self.terminal);
        w.u16(self.counter);
        w.u8(u8::from(self.chip) | u8::from(self.new_terminal) << 1);
        save_place(self.place, w);
    }

    fn load(r: &mut Reader<'_>) -> Result<Recent, RestoreError> {
        let mut recent = Recent::default();
        for terminal in &mut recent.terminals {
            *terminal = r.u32()?;
        }
        (recent.at, recent.offset, recent.terminal, recent.counter) =
            (r.i64()?, r.u64()?, r.u32()?, r.u16()?);
        let flags = r.u8()?;
        (recent.chip, recent.new_terminal) = (flags & 1 != 0, flags & 2 != 0);
        recent.place = load_place(r)?;
        if recent.terminal >= super::TERMINALS_MAX {
            return Err(RestoreError::Damaged("a card's terminal is out of range"));
        }
        Ok(recent)
    }
}

impl Record for Visits {
    const BYTES_MIN: usize = 24 * VISITS_MAX;

    fn save(&self, w: &mut Writer<'_>) {
        for v in self.in_order() {
            w.i64(v.at);
            w.u64(v.offset);
            w.u32(v.terminal);
            w.u32(v.merchant);
        }
    }

    fn load(r: &mut Reader<'_>) -> Result<Visits, RestoreError> {
        let mut visits = Visits::default();
        for visit in &mut visits.0 {
            *visit = Visit { at: r.i64()?, offset: r.u64()?, terminal: r.u32()?, merchant: r.u32()? };
            if visit.terminal >= super::TERMINALS_MAX {
                return Err(RestoreError::Damaged("a card's terminal is out of range"));
            }
        }
        Ok(visits)
    }
}
