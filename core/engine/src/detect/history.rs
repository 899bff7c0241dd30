//! [`History`]: where a card was used lately, for the detectors that ask what cards have in common.

use super::slab::Record;
use crate::RestoreError;
use crate::bytes::{Reader, Writer};

/// Terminals that are remembered of a card: of a usual customer about a week. (Proposed.)
const VISITS_MAX: usize = 8;

/// A card's first payment at a terminal, as far as is remembered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Visit {
    pub(crate) at: i64,
    pub(crate) offset: u64,
    pub(crate) terminal: u32,
    /// Half a hash of the merchant's number, only to compare.
    pub(crate) merchant: u32,
}

/// The last terminals of a card, each once, the oldest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct History {
    visits: [Visit; VISITS_MAX],
    used: u8,
}

impl History {
    pub(crate) fn visits(&self) -> &[Visit] {
        &self.visits[..usize::from(self.used).min(VISITS_MAX)]
    }

    /// Enters a payment; true if the terminal is new to the card.
    pub(crate) fn see(&mut self, visit: Visit) -> bool {
        if self.visits().iter().any(|v| v.terminal == visit.terminal) {
            return false;
        }
        if usize::from(self.used) == VISITS_MAX {
            self.visits.rotate_left(1);
            self.used -= 1;
        }
        self.visits[usize::from(self.used)] = visit;
        self.used += 1;
        true
    }
}

impl Record for History {
    const BYTES_MIN: usize = 1;

    fn save(&self, w: &mut Writer<'_>) {
        w.u8(self.used);
        for v in self.visits() {
            w.i64(v.at);
            w.u64(v.offset);
            w.u32(v.terminal);
            w.u32(v.merchant);
        }
    }

    fn load(r: &mut Reader<'_>) -> Result<History, RestoreError> {
        let mut history = History { used: r.u8()?, ..History::default() };
        if usize::from(history.used) > VISITS_MAX {
            return Err(RestoreError::Damaged("a card's visits are out of range"));
        }
        for visit in &mut history.visits[..usize::from(history.used)] {
            *visit = Visit { at: r.i64()?, offset: r.u64()?, terminal: r.u32()?, merchant: r.u32()? };
            if visit.terminal >= super::TERMINALS_MAX {
                return Err(RestoreError::Damaged("a card's terminal is out of range"));
            }
        }
        Ok(history)
    }
}
