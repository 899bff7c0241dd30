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
