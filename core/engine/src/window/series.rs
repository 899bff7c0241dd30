//! [`Series`]: the ring of one entity and what its four windows hold.

mod bytes;

pub(crate) use bytes::Marks;

use super::position_index::PositionIndex;
use crate::WINDOWS;
use crate::catalogue::BLOCK;
use tg_types::Money;

const W: usize = WINDOWS.len();
const LONGEST: usize = W - 1;
/// Rings longer than this get an index from values to places.
const WALK_MAX: usize = 32;
/// A series sums at most so many currencies beside its first at a time; each has its own sums.
const OTHER_CURRENCIES_MAX: usize = 7;
/// The entry names no value of this kind.
const NO_VALUE: u32 = super::NO_ENTITY;

/// One entry: when, how much, and which other entities stood in the same payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Time in the upper 52 bits, currency in the next 10 (0: not summed), then one bit a dimension: a later
    /// entry has the same value.
    packed: u64,
    amount: i64,
    values: [u32; 2],
}

impl Entry {
    pub(crate) fn new(time: i64, amount: Option<Money>, values: [u32; 2]) -> Entry {
        let (amount, currency) = match amount {
            Some(m) if m.currency != 0 && m.currency < 1024 => (m.minor, m.currency),
            _ => (0, 0),
        };
        Entry { packed: (time as u64) << 12 | u64::from(currency) << 2, amount, values }
    }
    fn time(&self) -> i64 {
        (self.packed >> 12) as i64
    }
    fn currency(&self) -> u16 {
        (self.packed >> 2) as u16 & 0x3FF
    }
    fn is_latest(&self, dimension: usize) -> bool {
        self.packed >> dimension & 1 == 0
    }
}

/// A sum for each window, exact whatever is added: 96 bits hold 2^32 numbers of 64 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    low: [u64; W],
    high: [i32; W],
}

impl Sums {
    fn add(&mut self, window: usize, n: i64) {
        let (low, carry) = self.low[window].overflowing_add(n as u64);
        self.low[window] = low;
        self.high[window] += (n >> 63) as i32 + i32::from(carry);
    }
    fn subtract(&mut self, window: usize, n: i64) {
        let (low, borrow) = self.low[window].overflowing_sub(n as u64);
        self.low[window] = low;
        self.high[window] -= (n >> 63) as i32 + i32::from(borrow);
    }
    fn add_to_all(&mut self, n: i64) {
        (0..W).for_each(|window| self.add(window, n));
    }
    fn read(&self, window: usize) -> Reading {
        let (low, high) = (self.low[window] as i64, self.high[window]);
        if high == (low >> 63) as i32 {
            return Reading { value: low, partial: false };
        }
        Reading { value: if high < 0 { i64::MIN } else { i64::MAX }, partial: true }
    }
}

/// What is seldom needed: long rings, several currencies, entries forced out.
struct Extra {
    indexes: [PositionIndex; 2],
    indexed: bool,
    /// Currency, its entries in the ring, its sums.
    others: Vec<(u16, u32, Sums)>,
    /// Time of the newest entry that is missing although a window may still reach over it.
    missing_at: i64,
}

impl Default for Extra {
    fn default() -> Self {
        Extra { indexes: Default::default(), indexed: false, others: Vec::new(), missing_at: i64::MIN }
    }
}

/// The entries of one entity, oldest first, and the aggregates of every window over them.
#[derive(Default)]
pub(crate) struct Series {
    /// A power of two long, or empty.
    ring: Box<[Entry]>,
    extra: Option<Box<Extra>>,
    sums: Sums,
    distinct: [[u32; 2]; W],
    /// Position of the oldest entry in each window; positions rise and wrap.
    tails: [u32; W],
    /// Position of the entry to come.
    head: u32,
    /// The currency of `sums`: that of the first amount since the ring was empty.
    currency: u16,
}

/// What one window holds, as a verdict reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) value: i64,
    /// Something that belongs in the window is missing, or the number does not fit.
    pub(crate) partial: bool,
}

impl Series {
    fn at(&self, position: u32) -> &Entry {
        &self.ring[position as usize & (self.ring.len() - 1)]
    }

    /// Entries held.
    pub(crate) fn len(&self) -> u32 {
        self.head.wrapping_sub(self.tails[LONGEST])
    }

    fn count(&self, window: usize) -> u32 {
        self.head.wrapping_sub(self.tails[window])
    }

    /// Takes away what has left the windows by `now`. Gives the number of entries freed.
    pub(crate) fn expire(&mut self, now: i64) -> u32 {
        let before = self.len();
        if before == 0 {
            return 0;
        }
        for (window, &(_, length)) in WINDOWS.iter().enumerate() {
            while self.tails[window] != self.head && self.at(self.tails[window]).time() <= now - length {
                self.leave(window);
            }
        }
        let freed = before - self.len();
        if freed > 0 {
            self.tidy(now);
        }
        freed
    }

    /// Reads the middle of the record. See [`crate::ahead`].
    #[inline]
    pub(crate) fn touch(&self) -> u64 {
        u64::from(self.distinct[0][0])
    }

    /// Reads the end of the ring and the index's home of a value.
    #[inline]
    pub(crate) fn touch_ring(&self, value: u32) -> u64 {
        let earlier = self.extra.as_ref().map_or(self.head, |e| e.indexes[0].touch(value));
        self.touch_last() ^ self.word_at(self.head) ^ self.word_at(earlier)
    }

    /// Reads the newest entry.
    #[inline]
    pub(crate) fn touch_last(&self) -> u64 {
        self.word_at(self.head.wrapping_sub(1))
    }

    #[inline]
    fn word_at(&self, position: u32) -> u64 {
        let mask = self.ring.len().wrapping_sub(1);
        self.ring.get(position as usize & mask).map_or(0, |e| e.packed)
    }

    /// When the next entry leaves a window; `i64::MAX` if none stands in any.
    pub(crate) fn next_leaving(&self) -> i64 {
        let of = |window: usize| match self.tails[window] {
            tail if tail == self.head => i64::MAX,
            tail => self.at(tail).time() + WINDOWS[window].1,
        };
        (0..W).map(of).min().unwrap_or(i64::MAX)
    }

    /// The oldest entry of a window leaves it.
    fn leave(&mut self, window: usize) {
        let entry = *self.at(self.tails[window]);
        self.tails[window] = self.tails[window].wrapping_add(1);
        for dimension in 0..2 {
            if entry.is_latest(dimension) && entry.values[dimension] != NO_VALUE {
                self.distinct[window][dimension] -= 1;
                if let (LONGEST, Some(extra)) = (window, &mut self.extra)
                    && extra.indexed
                {
                    extra.indexes[dimension].remove(entry.values[dimension]);
                }
            }
        }
        if entry.currency() == self.currency {
            self.sums.subtract(window, entry.amount);
        } else if let (true, Some(extra)) = (entry.currency() != 0, &mut self.extra)
            && let Some(at) = extra.others.iter().position(|o| o.0 == entry.currency())
        {
            extra.others[at].2.subtract(window, entry.amount);
            if window == LONGEST {
                extra.others[at].1 -= 1;
                if extra.others[at].1 == 0 {
                    extra.others.swap_remove(at);
                }
            }
        }
    }

    /// Gives memory back. What it decides from is part of the state, so a replay decides the same.
    fn tidy(&mut self, now: i64) {
        let live = self.len() as usize;
        if live == 0 {
            self.currency = 0;
            self.ring = Box::default();
            let missing = self.extra.as_ref().map_or(i64::MIN, |e| e.missing_at);
            self.extra = None;
            if missing > now - WINDOWS[LONGEST].1 {
                self.missing(missing);
            }
        } else if self.ring.len() > 4 && live * 4 <= self.ring.len() {
            self.resize(self.ring.len() / 2);
        }
    }

    fn resize(&mut self, size: usize) {
        let mut ring = vec![Entry::default(); size].into_boxed_slice();
        let mut position = self.tails[LONGEST];
        while position != self.head {
            ring[position as usize & (size - 1)] = *self.at(position);
            position = position.wrapping_add(1);
        }
        self.ring = ring;
    }

    fn extra(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }

    /// Remembers that something of this time is not in the windows.
    pub(crate) fn missing(&mut self, time: i64) {
        let extra = self.extra();
        extra.missing_at = extra.missing_at.max(time);
    }

    /// True if something that belongs in the window at `now` is missing.
    pub(crate) fn is_partial(&self, window: usize, now: i64) -> bool {
        self.extra.as_ref().is_some_and(|e| e.missing_at > now - WINDOWS[window].1)
    }

    /// Drops the oldest entry although it is alive: the memory limit says so.
    pub(crate) fn drop_oldest(&mut self) {
        if self.len() == 0 {
            return;
        }
        let (position, time) = (self.tails[LONGEST], self.at(self.tails[LONGEST]).time());
        // The longest window last: it holds the place of the entry.
        (0..W).for_each(|window| {
            if self.tails[window] == position {
                self.leave(window);
            }
        });
        self.missing(time);
    }

    /// Adds an entry; its time is not before that of any other, and `expire` has been called for it.
    pub(crate) fn push(&mut self, mut entry: Entry) {
        let position = self.head;
        for dimension in 0..2 {
            let value = entry.values[dimension];
            if value == NO_VALUE {
                continue;
            }
            let earlier = self.latest_of(dimension, value, position);
            for window in 0..W {
                let back = earlier.map_or(u32::MAX, |p| self.head.wrapping_sub(p));
                if back > self.count(window) {
                    self.distinct[window][dimension] += 1;
                }
            }
            if let Some(earlier) = earlier {
                let at = earlier as usize & (self.ring.len() - 1);
                self.ring[at].packed |= 1 << dimension;
            }
        }
        self.add_amount(&mut entry);
        if self.len() as usize == self.ring.len() {
            self.resize((self.ring.len() * 2).max(1));
        }
        let at = position as usize & (self.ring.len() - 1);
        self.ring[at] = entry;
        self.head = position.wrapping_add(1);
    }

    fn add_amount(&mut self, entry: &mut Entry) {
        let currency = entry.currency();
        if currency == 0 {
            return;
        }
        if self.currency == 0 {
            self.currency = currency;
        }
        if self.currency == currency {
            self.sums.add_to_all(entry.amount);
            return;
        }
        let time = entry.time();
        let others = &mut self.extra().others;
        match others.iter().position(|o| o.0 == currency) {
            Some(at) => {
                others[at].1 += 1;
                others[at].2.add_to_all(entry.amount);
            }
            None if others.len() < OTHER_CURRENCIES_MAX => {
                let mut sums = Sums::default();
                sums.add_to_all(entry.amount);
                others.push((currency, 1, sums));
            }
            None => {
                *entry = Entry { packed: entry.packed & !(0x3FF << 2), amount: 0, ..*entry };
                self.missing(time);
            }
        }
    }

    /// Place of the latest entry with this value, if the ring holds one. In a long ring the index learns
    /// that the value now stands at `position`; a ring that has become long, or was restored long, gets its
    /// index here, where it is first asked: no restart waits for the indexes of all.
    fn latest_of(&mut self, dimension: usize, value: u32, position: u32) -> Option<u32> {
        if self.len() as usize > WALK_MAX && !self.extra.as_ref().is_some_and(|e| e.indexed) {
            self.build_indexes();
        }
        if let Some(extra) = &mut self.extra
            && extra.indexed
        {
            return extra.indexes[dimension].put(value, position);
        }
        (1..=self.len())
            .map(|back| self.head.wrapping_sub(back))
            .find(|&p| self.at(p).values[dimension] == value)
    }

    fn build_indexes(&mut self) {
        let (mut position, head) = (self.tails[LONGEST], self.head);
        let mut indexes = self.distinct[LONGEST].map(PositionIndex::with_room);
        while position != head {
            let entry = *self.at(position);
            for (dimension, index) in indexes.iter_mut().enumerate() {
                if entry.is_latest(dimension) && entry.values[dimension] != NO_VALUE {
                    index.put(entry.values[dimension], position);
                }
            }
            position = position.wrapping_add(1);
        }
        let extra = self.extra();
        extra.indexes = indexes;
        extra.indexed = true;
    }

    /// Everything that verdicts may ask of this series, for the catalogue to pick from; `back` as in `last`.
    /// `expire` has been called for now. Gives one bit for each window whose sum is not exact.
    pub(crate) fn read_all(&self, currency: u16, back: u32, now: i64, block: &mut [i64; BLOCK]) -> u32 {
        let (last_at, last_amount) = self.last(LONGEST, back).unwrap_or((0, 0));
        let since = (now - last_at) / 1_000;
        let [counts, first, second, sums, amounts, times] = block.as_chunks_mut::<W>().0 else { return 0 };
        for window in 0..W {
            let count = self.count(window);
            counts[window] = i64::from(count);
            first[window] = i64::from(self.distinct[window][0]);
            second[window] = i64::from(self.distinct[window][1]);
            let has_last = back <= count;
            amounts[window] = if has_last { last_amount } else { -1 };
            times[window] = if has_last { since } else { -1 };
        }
        *sums = [0; W];
        let mut inexact = 0;
        if let Some(of) = self.sums_of(currency) {
            for (window, sum) in sums.iter_mut().enumerate() {
                let reading = of.read(window);
                *sum = reading.value;
                inexact |= u32::from(reading.partial) << window;
            }
        }
        inexact
    }

    /// How many entries the window holds. `expire` has been called for now.
    pub(crate) fn entries(&self, window: usize) -> i64 {
        i64::from(self.count(window))
    }

    /// How many different values the window holds.
    pub(crate) fn different(&self, window: usize, dimension: usize) -> i64 {
        i64::from(self.distinct[window][dimension])
    }

    /// The windows' sums of the amounts in one currency; none if there is no such amount.
    fn sums_of(&self, currency: u16) -> Option<&Sums> {
        if currency == 0 {
            return None;
        }
        if currency == self.currency {
            return Some(&self.sums);
        }
        let others = self.extra.as_ref().map_or(&[][..], |e| &e.others);
        others.iter().find(|o| o.0 == currency).map(|o| &o.2)
    }

    /// Time and amount of the entry `back` places before the head (1 is the newest), if the window holds it.
    pub(crate) fn last(&self, window: usize, back: u32) -> Option<(i64, i64)> {
        (back <= self.count(window)).then(|| {
            let entry = self.at(self.head.wrapping_sub(back));
            (entry.time(), entry.amount)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sums_equal_wide_arithmetic(steps in proptest::collection::vec((any::<bool>(), any::<i64>()), 1..60)) {
            let (mut sums, mut wide) = (Sums::default(), 0_i128);
            for (add, n) in steps {
                if add { sums.add(1, n) } else { sums.subtract(1, n) }
                wide += if add { i128::from(n) } else { -i128::from(n) };
                let clamped = wide.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
                let expected = Reading { value: clamped, partial: i128::from(clamped) != wide };
                prop_assert_eq!(sums.read(1), expected);
            }
        }
    }
}
