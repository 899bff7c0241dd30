//! [`Places`]: where a terminal usually is, by its own word, and how what it says now stands to that.
//!
//! Shared by the detectors that ask for places. A place becomes *known* after [`KNOWN_FROM`] messages in a
//! row that name it (the first one), or [`ADOPTED_FROM`] over [`ADOPTED_AFTER_US`] (a further one: a shop that
//! has moved house is not suspected for ever). All three are proposed.

use super::distance::{is_close, metres};
use super::slab::Record;
use crate::RestoreError;
use crate::bytes::{Reader, Writer};
use tg_event::Place;
use tg_types::SECOND_US;

/// Within so many metres it is the same place: a fixed terminal's position wanders less (rule D5: more than
/// 1 km for a fixed terminal; proposed).
pub(crate) const SAME_PLACE_M: i64 = 1_000;
const KNOWN_FROM: u16 = 3;
const ADOPTED_FROM: u16 = 20;
const ADOPTED_AFTER_US: i64 = 6 * 3_600 * SECOND_US;
const KNOWN_MAX: usize = 3;

/// A place, how often it was named, and when first and last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) place: Place,
    pub(crate) count: u16,
    pub(crate) first_at: i64,
    pub(crate) last_at: i64,
    /// Offset of the first message there.
    pub(crate) first_offset: u64,
}

impl Spot {
    fn is_here(&self, place: Place) -> bool {
        self.count > 0 && (is_close(self.place, place) || metres(self.place, place) <= SAME_PLACE_M)
    }

    fn again(&mut self, at: i64) {
        self.count = self.count.saturating_add(1);
        self.last_at = at;
    }

    fn save(&self, w: &mut Writer<'_>) {
        w.u32(self.place.latitude as u32);
        w.u32(self.place.longitude as u32);
        w.u16(self.count);
        w.i64(self.first_at);
        w.i64(self.last_at);
        w.u64(self.first_offset);
    }

    fn load(r: &mut Reader<'_>) -> Result<Spot, RestoreError> {
        let place = Place { latitude: r.u32()? as i32, longitude: r.u32()? as i32 };
        Ok(Spot { place, count: r.u16()?, first_at: r.i64()?, last_at: r.i64()?, first_offset: r.u64()? })
    }
}

/// How the place that a message names stands to those before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The message names no place.
    #[default]
    Silent,
    /// No place is known yet.
    Learning,
    /// At a known place.
    Known(Place),
    /// Somewhere else, this often in a row.
    Away(Spot),
}

/// A terminal's places. What an ordinary message needs comes first, in one line of the processor's cache.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Places {
    /// Messages with a place, and those of them at a place that was known.
    pub(crate) named: u32,
    pub(crate) at_known: u32,
    /// There is a candidate: what an ordinary message clears lies two lines further.
    has_candidate: bool,
    known: [Spot; KNOWN_MAX],
    candidate: Spot,
}

impl Places {
    /// The place that was named most often.
    pub(crate) fn usual(&self) -> Option<Spot> {
        self.known.iter().filter(|s| s.count > 0).max_by_key(|s| s.count).copied()
    }

    /// Enters what a message says.
    pub(crate) fn see(&mut self, place: Place, at: i64, offset: u64) -> Standing {
        self.named = self.named.saturating_add(1);
        if let Some(known) = self.known.iter_mut().find(|s| s.is_here(place)) {
            known.again(at);
            self.at_known = self.at_known.saturating_add(1);
            if self.has_candidate {
                (self.candidate, self.has_candidate) = (Spot::default(), false);
            }
            return Standing::Known(known.place);
        }
        self.has_candidate = true;
        if self.candidate.is_here(place) {
            self.candidate.again(at);
        } else {
            self.candidate = Spot { place, count: 1, first_at: at, last_at: at, first_offset: offset };
        }
        let seen = self.candidate;
        let first = self.known.iter().all(|s| s.count == 0);
        let adopted = if first {
            seen.count >= KNOWN_FROM
        } else {
            seen.count >= ADOPTED_FROM && at.saturating_sub(seen.first_at) >= ADOPTED_AFTER_US
        };
        if adopted && let Some(oldest) = self.known.iter_mut().min_by_key(|s| s.last_at) {
            *oldest = seen;
            (self.candidate, self.has_candidate) = (Spot::default(), false);
            self.at_known = self.at_known.saturating_add(u32::from(seen.count));
        }
        match first {
            true if adopted => Standing::Known(place),
            true => Standing::Learning,
            false => Standing::Away(seen),
        }
    }
}

impl Record for Places {
    const BYTES_MIN: usize = 4 * 34 + 8;

    fn save(&self, w: &mut Writer<'_>) {
        self.known.iter().chain([&self.candidate]).for_each(|s| s.save(w));
        w.u32(self.named);
        w.u32(self.at_known);
    }

    fn load(r: &mut Reader<'_>) -> Result<Places, RestoreError> {
        let mut places = Places::default();
        for spot in &mut places.known {
            *spot = Spot::load(r)?;
        }
        places.candidate = Spot::load(r)?;
        places.has_candidate = places.candidate != Spot::default();
        (places.named, places.at_known) = (r.u32()?, r.u32()?);
        Ok(places)
    }
}
