//! [`Duplicates`]: finds exact repeats of frames within a time, in bounded memory.
//!
//! A client that did not hear an acknowledgement sends again; what it sends again must not count twice.
//! When there are more frames than the limit, the oldest are forgotten early and that is counted: a repeat
//! of them would count as new.

use crate::RestoreError;
use crate::bytes::{Reader, Writer};
use crate::queue::{Queue, low_bits};
use crate::table::{Place, Probes, Tables};
use tg_event::{Limits, Message};
use tg_types::{Partition, SECOND_US, mix64};

/// No pair belongs to the frame.
pub(crate) const NO_PAIR: u64 = u64::MAX;

/// One frame that was seen.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    key: u64,
    time: i64,
    /// Offset of its payment's first message; `u64::MAX` if it belongs to none.
    pub(crate) payment: u64,
    /// Number of the payment among the pairs.
    pub(crate) pair: u64,
}

/// The frames of the last minutes, in order and by key.
pub(crate) struct Duplicates {
    frames: Queue<Seen>,
    tables: Tables,
    pub(crate) dropped: u64,
    /// A snapshot that is being written while frames come and go.
    saving: Option<Saving>,
}

/// A snapshot being written: frames never change, and they leave in the order in which they are written.
struct Saving {
    out: Vec<u8>,
    /// Frames below are written, those from `end` on came later.
    next: u64,
    end: u64,
    /// Time of the frame written last.
    before: i64,
}

impl Saving {
    fn write_next(&mut self, frames: &Queue<Seen>) {
        if let Some(frame) = frames.get(self.next) {
            let mut w = Writer(&mut self.out);
            w.u64(frame.key);
            w.varint((frame.time - self.before) as u64);
            w.varint(frame.payment.wrapping_add(1));
            w.varint(frame.pair.wrapping_add(1));
            self.before = frame.time;
        }
        self.next += 1;
    }
}

/// The frame's key mixed with whose and whence: the same bytes on another feed are another message.
pub(crate) fn frame_key(m: &Message) -> u64 {
    mix64(m.duplicate_key.0 ^ mix64(u64::from(m.tenant.0) << 16 | u64::from(m.feed)))
}

impl Duplicates {
    pub(crate) fn new() -> Duplicates {
        Duplicates { frames: Queue::starting_at(0), tables: Tables::new(), dropped: 0, saving: None }
    }

    pub(crate) fn len(&self) -> u64 {
        self.frames.len()
    }

    pub(crate) fn probes(&self) -> Probes {
        self.tables.probes
    }

    /// Reads where a frame would stand. See [`crate::ahead`].
    #[inline]
    pub(crate) fn touch(&self, key: u64) -> u64 {
        self.tables.touch(Place { partition: Partition::of_hash(key), hash: key })
    }

    /// The first frame with this key, if it came at most `duplicate_seconds` ago.
    pub(crate) fn find(&mut self, key: u64, now: i64, limits: &Limits) -> Option<Seen> {
        let oldest = now - i64::from(limits.duplicate_seconds) * SECOND_US;
        while self.frames.front().is_some_and(|f| f.time < oldest) {
            self.forget();
        }
        let frames = &self.frames;
        let of = |low| frames.number(low).and_then(|n| frames.get(n));
        let low =
            self.tables.find(Partition::of_hash(key), key, |low| of(low).is_some_and(|f| f.key == key))?;
        of(low).copied()
    }

    /// Remembers a frame that `find` did not know.
    pub(crate) fn remember(&mut self, key: u64, now: i64, payment: u64, pair: u64, limits: &Limits) {
        while self.frames.len() > 0 && self.frames.len() >= u64::from(limits.duplicates_max) {
            self.forget();
            self.dropped += 1;
        }
        if limits.duplicates_max == 0 {
            return;
        }
        let number = self.frames.push(Seen { key, time: now, payment, pair });
        self.tables.insert(Partition::of_hash(key), key, low_bits(number));
    }

    fn forget(&mut self) {
        let number = self.frames.first();
        if let Some(saving) = self.saving.as_mut().filter(|s| (s.next..s.end).contains(&number)) {
            saving.write_next(&self.frames);
        }
        if let Some(frame) = self.frames.pop_front() {
            self.tables.remove(Partition::of_hash(frame.key), frame.key, low_bits(number));
        }
    }

    /// Begins a snapshot: writes everything but the frames.
    pub(crate) fn begin_saving(&mut self) {
        let mut out = Vec::new();
        let mut w = Writer(&mut out);
        w.u64(self.dropped);
        w.varint(self.frames.len());
        self.saving = Some(Saving { out, next: self.frames.first(), end: self.frames.next(), before: 0 });
    }

    /// Writes about so many bytes more; gives all of them at the end.
    pub(crate) fn go_on_saving(&mut self, bytes: usize) -> Option<Vec<u8>> {
        let saving = self.saving.as_mut()?;
        let enough = saving.out.len().saturating_add(bytes);
        while saving.next < saving.end && saving.out.len() < enough {
            saving.write_next(&self.frames);
        }
        if saving.next < saving.end { None } else { self.saving.take().map(|saving| saving.out) }
    }

    pub(crate) fn load(r: &mut Reader<'_>) -> Result<Duplicates, RestoreError> {
        let mut duplicates = Duplicates::new();
        duplicates.dropped = r.u64()?;
        let mut time = 0_i64;
        let len = r.count(11)?;
        let mut homes = Vec::with_capacity(len);
        for _ in 0..len {
            let key = r.u64()?;
            time = time.saturating_add_unsigned(r.varint()?);
            let (payment, pair) = (r.varint()?.wrapping_sub(1), r.varint()?.wrapping_sub(1));
            let number = duplicates.frames.push(Seen { key, time, payment, pair });
            homes.push(Place { partition: Partition::of_hash(key), hash: key }.home_of(low_bits(number)));
        }
        let frames = &duplicates.frames;
        let key = |low| frames.number(low).and_then(|n| frames.get(n)).map(|f| f.key);
        let (tables, repeated) = Tables::of(homes, |a, b| key(a) == key(b));
        if !repeated.is_empty() {
            return Err(RestoreError::Damaged("a frame stands twice"));
        }
        duplicates.tables = tables;
        Ok(duplicates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_with_a_frame_twice_is_refused() {
        let saved = |keys: [u64; 3]| {
            let mut duplicates = Duplicates::new();
            for (key, offset) in keys.into_iter().zip(0..) {
                duplicates.remember(key, 5, offset, NO_PAIR, &Limits::default());
            }
            duplicates.begin_saving();
            duplicates.go_on_saving(usize::MAX).expect("all is written at once")
        };
        let load = |bytes: &[u8]| Duplicates::load(&mut Reader(bytes)).map(|d| d.len());
        assert_eq!(load(&saved([7, 8, 9])), Ok(3));
        let twice = RestoreError::Damaged("a frame stands twice");
        assert_eq!(load(&saved([7, 8, 7])), Err(twice));
    }
}
