//! A series in a snapshot: only the entries and where the windows begin; all else is made anew.

use super::{Entry, LONGEST, NO_VALUE, Series, W};
use crate::RestoreError;
use crate::bytes::{Piece, Reader, Writer};

impl Series {
    /// Appends what can't be derived: tails, currency, missing time, entries.
    pub(crate) fn save(&self, dimensions: usize, w: &mut Writer<'_>) {
        w.varint(u64::from(self.len()));
        (0..LONGEST).for_each(|window| w.varint(u64::from(self.count(window))));
        w.u16(self.currency);
        let missing_at = self.extra.as_ref().map_or(i64::MIN, |e| e.missing_at);
        w.varint((missing_at.max(-1) + 1) as u64);
        let (mut position, mut before, mut currency) = (self.tails[LONGEST], 0, self.currency);
        let mut piece = Piece::default();
        while position != self.head {
            let entry = self.at(position);
            let changed = entry.currency() != currency;
            piece.clear();
            piece.varint(((entry.time() - before) as u64) << 1 | u64::from(changed));
            if changed {
                currency = entry.currency();
                piece.u16(currency);
            }
            piece.zigzag(entry.amount);
            entry.values[..dimensions].iter().for_each(|&v| piece.varint(u64::from(v.wrapping_add(1))));
            w.piece(&piece);
            before = entry.time();
            position = position.wrapping_add(1);
        }
    }

    /// Reads what `save` wrote and derives the rest. Values must lie below `values_end`, times not after `now`.
    pub(crate) fn load(
        dimensions: usize,
        values_end: u32,
        now: i64,
        marks: &mut Marks,
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
        let mut series = Series { currency, head: len as u32, ..Series::default() };
        for (tail, &count) in series.tails.iter_mut().zip(&counts) {
            // A count is at most `len`: each is at most the next, and the last is `len`.
            *tail = (len as u64 - count) as u32;
        }
        if missing_at > 0 {
            let time = i64::try_from(missing_at - 1).map_err(|_| damaged("a time is out of range"))?;
            series.missing(time);
        }
        if len > 0 {
            let mut ring = Vec::with_capacity(len.next_power_of_two());
            let one_currency = load_entries(&mut ring, len, (dimensions, values_end, now, currency), r)?;
            ring.resize(len.next_power_of_two(), Entry::default());
            series.ring = ring.into();
            series.derive_sums();
            series.derive_distinct(dimensions, marks);
            if !one_currency {
                series.derive_other_sums();
            }
        }
        Ok(series)
    }

    /// Sums in the first currency, from the newest entry back: each longer window adds what it alone holds.
    fn derive_sums(&mut self) {
        let (mut sum, mut end) = (0_i128, self.head as usize);
        for window in 0..W {
            let start = self.tails[window] as usize;
            let own = self.ring[start..end].iter().filter(|e| e.currency() == self.currency);
            sum += own.map(|e| i128::from(e.amount)).sum::<i128>();
            (self.sums.low[window], self.sums.high[window]) = (sum as u64, (sum >> 64) as i32);
            end = start;
        }
    }

    /// Numbers of different values, from the newest entry back: a value counts where it is first met, and
    /// that entry is its latest.
    fn derive_distinct(&mut self, dimensions: usize, marks: &mut Marks) {
        for dimension in 0..dimensions {
            marks.wipe();
            let (mut different, mut end) = (0, self.head as usize);
            for window in 0..W {
                let start = self.tails[window] as usize;
                for entry in self.ring[start..end].iter_mut().rev() {
                    let value = entry.values[dimension];
                    if value == NO_VALUE {
                        continue;
                    }
                    if marks.mark(value) {
                        different += 1;
                    } else {
                        entry.packed |= 1 << dimension;
                    }
                }
                self.distinct[window][dimension] = different;
                end = start;
            }
        }
    }

    /// Sums in other currencies than the first, oldest entry first, as if they came one by one.
    fn derive_other_sums(&mut self) {
        for at in 0..self.head {
            let mut entry = *self.at(at);
            if entry.currency() == self.currency || entry.currency() == 0 {
                continue;
            }
            self.add_amount(&mut entry);
            // Only bytes that no engine wrote hold too many currencies.
            self.ring[at as usize] = entry;
            for window in 0..LONGEST {
                if at < self.tails[window]
                    && let Some(extra) = &mut self.extra
                    && let Some(other) = extra.others.iter_mut().find(|o| o.0 == entry.currency())
                {
                    other.2.subtract(window, entry.amount);
                }
            }
        }
    }
}

/// Reads the entries of a ring and checks each. True if all sums are in the ring's first currency.
fn load_entries(
    ring: &mut Vec<Entry>,
    len: usize,
    (dimensions, values_end, now, currency): (usize, u32, i64, u16),
    r: &mut Reader<'_>,
) -> Result<bool, RestoreError> {
    let damaged = RestoreError::Damaged;
    let (mut time, mut entry_currency, mut one_currency) = (0_i64, currency, true);
    for _ in 0..len {
        let head = r.varint()?;
        if head & 1 == 1 {
            entry_currency = r.u16()?;
            one_currency &= entry_currency == 0 || entry_currency == currency;
        }
        time = time.saturating_add_unsigned(head >> 1);
        if time > now || entry_currency >= 1024 {
            return Err(damaged("an entry's time or currency is out of range"));
        }
        let amount = r.zigzag()?;
        if entry_currency == 0 && amount != 0 {
            return Err(damaged("an amount has no currency"));
        }
        let mut values = [NO_VALUE; 2];
        for value in &mut values[..dimensions] {
            let n = r.varint()?;
            *value = (n as u32).wrapping_sub(1);
            if n > u64::from(values_end) {
                return Err(damaged("an entry names an entity that is not there"));
            }
        }
        let packed = (time as u64) << 12 | u64::from(entry_currency) << 2;
        ring.push(Entry { packed, amount, values });
    }
    if currency == 0 && !one_currency {
        return Err(damaged("a ring's currency is missing"));
    }
    Ok(one_currency)
}

/// Which values a walk through a ring has met: one number for each entity, told from those of earlier walks,
/// so that a snapshot with millions of rings clears it once.
pub(crate) struct Marks {
    met_in: Vec<u32>,
    walk: u32,
}

impl Marks {
    pub(crate) fn new(values_end: u32) -> Marks {
        Marks { met_in: vec![0; values_end as usize], walk: 0 }
    }

    /// Begins a walk that has met nothing.
    fn wipe(&mut self) {
        if self.walk == u32::MAX {
            self.met_in.fill(0);
            self.walk = 0;
        }
        self.walk += 1;
    }

    /// True if this walk meets the value for the first time.
    fn mark(&mut self, value: u32) -> bool {
        let met_in = &mut self.met_in[value as usize];
        std::mem::replace(met_in, self.walk) != self.walk
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_without_a_currency_is_refused() {
        let load = |amount, currency: u64| {
            let mut series = Series::default();
            series.push(Entry { packed: 1 << 12 | (currency << 2), amount, values: [0, NO_VALUE] });
            let mut bytes = Vec::new();
            series.save(1, &mut Writer(&mut bytes));
            Series::load(1, 1, 1, &mut Marks::new(1), &mut Reader(&bytes)).map(|s| s.len())
        };
        assert_eq!((load(0, 0), load(5, 156)), (Ok(1), Ok(1)));
        assert_eq!(load(5, 0), Err(RestoreError::Damaged("an amount has no currency")));
    }
}
