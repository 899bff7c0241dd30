//! [`Series`]: the ring of one entity and what its four windows hold.

use super::position_index::PositionIndex;
use crate::bytes::{Reader, Writer};
use crate::{RestoreError, WINDOWS};
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

/// A sum that is exact whatever is added: 96 bits hold 2^32 numbers of 64 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    low: [u32; 2],
    high: i32,
}

impl Sum {
    fn get(self) -> i128 {
        i128::from(self.high) << 64 | i128::from(self.low[0]) | i128::from(self.low[1]) << 32
    }
    /// The value, if it fits.
    fn small(self) -> Option<i64> {
        let low = (u64::from(self.low[0]) | u64::from(self.low[1]) << 32) as i64;
        (self.high == (low >> 63) as i32).then_some(low)
    }
    fn add(&mut self, n: i128) {
        let sum = self.get() + n;
        *self = Sum { low: [sum as u32, (sum >> 32) as u32], high: (sum >> 64) as i32 };
    }
}

/// What is seldom needed: long rings, several currencies, entries forced out.
struct Extra {
    indexes: [PositionIndex; 2],
    indexed: bool,
    /// Currency, its entries in the ring, its sums.
    others: Vec<(u16, u32, [Sum; W])>,
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
    sums: [Sum; W],
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
            self.sums[window].add(-i128::from(entry.amount));
        } else if let (true, Some(extra)) = (entry.currency() != 0, &mut self.extra)
            && let Some(at) = extra.others.iter().position(|o| o.0 == entry.currency())
        {
            extra.others[at].2[window].add(-i128::from(entry.amount));
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
        if self.len() as usize > WALK_MAX && !self.extra.as_ref().is_some_and(|e| e.indexed) {
            self.build_indexes();
        }
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
            self.sums.iter_mut().for_each(|s| s.add(i128::from(entry.amount)));
            return;
        }
        let time = entry.time();
        let others = &mut self.extra().others;
        match others.iter().position(|o| o.0 == currency) {
            Some(at) => {
                others[at].1 += 1;
                others[at].2.iter_mut().for_each(|s| s.add(i128::from(entry.amount)));
            }
            None if others.len() < OTHER_CURRENCIES_MAX => {
                let mut sum = Sum::default();
                sum.add(i128::from(entry.amount));
                others.push((currency, 1, [sum; W]));
            }
            None => {
                *entry = Entry { packed: entry.packed & !(0x3FF << 2), amount: 0, ..*entry };
                self.missing(time);
            }
        }
    }

    /// Place of the latest entry with this value, if the ring holds one. In a long ring the index learns
    /// that the value now stands at `position`.
    fn latest_of(&mut self, dimension: usize, value: u32, position: u32) -> Option<u32> {
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
        let mut indexes: [PositionIndex; 2] = Default::default();
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

    /// How many entries the window holds. `expire` has been called for now.
    pub(crate) fn entries(&self, window: usize) -> i64 {
        i64::from(self.count(window))
    }

    /// How many different values the window holds.
    pub(crate) fn different(&self, window: usize, dimension: usize) -> i64 {
        i64::from(self.distinct[window][dimension])
    }

    /// Sum of the window's amounts in one currency.
    pub(crate) fn sum(&self, window: usize, currency: u16) -> Reading {
        let sum = if currency == 0 {
            Sum::default()
        } else if currency == self.currency {
            self.sums[window]
        } else {
            let others = self.extra.as_ref().map_or(&[][..], |e| &e.others);
            others.iter().find(|o| o.0 == currency).map_or(Sum::default(), |o| o.2[window])
        };
        match sum.small() {
            Some(value) => Reading { value, partial: false },
            None => Reading { value: if sum.high < 0 { i64::MIN } else { i64::MAX }, partial: true },
        }
    }

    /// Time and amount of the entry `back` places before the head (1 is the newest), if the window holds it.
    pub(crate) fn last(&self, window: usize, back: u32) -> Option<(i64, i64)> {
        (back <= self.count(window)).then(|| {
            let entry = self.at(self.head.wrapping_sub(back));
            (entry.time(), entry.amount)
        })
    }

    /// Appends what can't be derived: tails, currency, missing time, entries.
    pub(crate) fn save(&self, dimensions: usize, w: &mut Writer<'_>) {
        w.varint(u64::from(self.len()));
        (0..LONGEST).for_each(|window| w.varint(u64::from(self.count(window))));
        w.u16(self.currency);
        let missing_at = self.extra.as_ref().map_or(i64::MIN, |e| e.missing_at);
        w.varint((missing_at.max(-1) + 1) as u64);
        let (mut position, mut before, mut currency) = (self.tails[LONGEST], 0, self.currency);
        while position != self.head {
            let entry = self.at(position);
            let changed = entry.currency() != currency;
            w.varint(((entry.time() - before) as u64) << 1 | u64::from(changed));
            if changed {
                currency = entry.currency();
                w.u16(currency);
            }
            w.zigzag(entry.amount);
            entry.values[..dimensions].iter().for_each(|&v| w.varint(u64::from(v.wrapping_add(1))));
            before = entry.time();
            position = position.wrapping_add(1);
        }
    }

    /// Reads what `save` wrote and derives the rest. Values must lie below `values_end`, times not after `now`.
    pub(crate) fn load(
        dimensions: usize,
        values_end: u32,
        now: i64,
        r: &mut Reader<'_>,
    ) -> Result<Series, RestoreError> {
        let damaged = RestoreError::Damaged;
        let len = r.count(2 + dimensions)?;
        if u32::try_from(len).is_err() {
            return Err(damaged("a ring is too long"));
        }
        let mut counts = [len as u64; W];
        for count in &mut counts[..LONGEST] {
            *count = r.varint()?;
        }
        if counts.windows(2).any(|c| c[0] > c[1]) {
            return Err(damaged("a window holds more than a longer one"));
        }
        let currency = r.u16()?;
        if currency >= 1024 {
            return Err(damaged("a currency is out of range"));
        }
        let missing_at = r.varint()?;
        let mut series = Series { currency, ..Series::default() };
        if missing_at > 0 {
            let time = i64::try_from(missing_at - 1).map_err(|_| damaged("a time is out of range"))?;
            series.missing(time);
        }
        if len > 0 {
            series.ring = vec![Entry::default(); len.next_power_of_two()].into();
        }
        let (mut time, mut entry_currency) = (0_i64, currency);
        for _ in 0..len {
            let head = r.varint()?;
            if head & 1 == 1 {
                entry_currency = r.u16()?;
            }
            time = time.saturating_add_unsigned(head >> 1);
            if time > now || entry_currency >= 1024 {
                return Err(damaged("an entry's time or currency is out of range"));
            }
            let amount = r.zigzag()?;
            let mut values = [NO_VALUE; 2];
            for value in &mut values[..dimensions] {
                let n = r.varint()?;
                *value = (n as u32).wrapping_sub(1);
                if n > u64::from(values_end) {
                    return Err(damaged("an entry names an entity that is not there"));
                }
            }
            let packed = (time as u64) << 12 | u64::from(entry_currency) << 2;
            series.push(Entry { packed, amount, values });
            if series.currency != currency {
                return Err(damaged("a ring's currency is missing"));
            }
        }
        for (window, &count) in counts.iter().enumerate().take(LONGEST) {
            while u64::from(series.count(window)) > count {
                series.leave(window);
            }
        }
        Ok(series)
    }
}
