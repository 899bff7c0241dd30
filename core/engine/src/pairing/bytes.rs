//! Pairs in a snapshot: in order; the tables and chains are made anew.

use super::{ABSENT, Key, Pair, Pairs};
use crate::RestoreError;
use crate::bytes::{Reader, Writer};
use crate::queue::{Queue, low_bits};
use crate::table::Tables;
use std::collections::BTreeMap;
use tg_event::{Decision, Outcome};

const DECISIONS: [Decision; 4] = [Decision::None, Decision::Approve, Decision::Review, Decision::Decline];
const OUTCOMES: [Outcome; 7] = [
    Outcome::Open,
    Outcome::Approved,
    Outcome::Declined,
    Outcome::Unknown,
    Outcome::ReversalSent,
    Outcome::Reversed,
    Outcome::ReversalRefused,
];

/// A snapshot being written: the pairs as they were when it began, in order.
pub(super) struct Saving {
    out: Vec<u8>,
    /// Pairs below are written, those from `end` on came later.
    next: u64,
    end: u64,
    /// Pairs that have changed before their turn.
    as_they_were: BTreeMap<u64, Pair>,
}

impl Saving {
    fn write_next(&mut self, pairs: &Queue<Pair>) {
        let was = self.as_they_were.remove(&self.next);
        if let Some(pair) = was.as_ref().or_else(|| pairs.get(self.next)) {
            pair.save(&mut Writer(&mut self.out));
        }
        self.next += 1;
    }
}

impl Pairs {
    /// Begins a snapshot: writes everything but the pairs.
    pub(crate) fn begin_saving(&mut self) {
        let mut out = Vec::new();
        let mut w = Writer(&mut out);
        w.u64(self.dropped);
        w.u64(self.pairs.first());
        w.varint(self.timed_out_to.max(self.pairs.first()) - self.pairs.first());
        w.varint(self.pairs.len());
        let (next, end) = (self.pairs.first(), self.pairs.next());
        self.saving = Some(Saving { out, next, end, as_they_were: BTreeMap::new() });
    }

    /// Writes about so many bytes more; gives all of them at the end.
    pub(crate) fn go_on_saving(&mut self, bytes: usize) -> Option<Vec<u8>> {
        let saving = self.saving.as_mut()?;
        let enough = saving.out.len().saturating_add(bytes);
        while saving.next < saving.end && saving.out.len() < enough {
            saving.write_next(&self.pairs);
        }
        if saving.next < saving.end { None } else { self.saving.take().map(|saving| saving.out) }
    }

    #[inline]
    pub(super) fn before_change(&mut self, number: u64) {
        if let Some(saving) = &mut self.saving
            && (saving.next..saving.end).contains(&number)
            && let Some(pair) = self.pairs.get(number)
        {
            saving.as_they_were.entry(number).or_insert(*pair);
        }
    }

    /// Pairs leave in order, and in order they are written.
    #[inline]
    pub(super) fn before_leaving(&mut self, number: u64) {
        if let Some(saving) = &mut self.saving
            && (saving.next..saving.end).contains(&number)
        {
            saving.write_next(&self.pairs);
        }
    }

    pub(crate) fn load(r: &mut Reader<'_>) -> Result<Pairs, RestoreError> {
        let damaged = RestoreError::Damaged;
        let mut pairs = Pairs::new();
        pairs.dropped = r.u64()?;
        let first = r.u64()?;
        if first > u64::MAX / 2 {
            return Err(damaged("a pair's number is out of range"));
        }
        pairs.pairs = Queue::starting_at(first);
        let timed_out = r.varint()?;
        let len = r.count(Pair::BYTES)? as u64;
        if timed_out > len || len > u64::from(ABSENT >> 2) {
            return Err(damaged("the time-outs are out of range"));
        }
        pairs.timed_out_to = first + timed_out;
        let mut before = i64::MIN;
        let mut homes = Vec::with_capacity(len as usize);
        for _ in 0..len {
            let pair = Pair::load(r)?;
            if pair.asked_at < before || (pair.is_reversal && pair.target >= pairs.pairs.next()) {
                return Err(damaged("a pair is out of order"));
            }
            before = pair.asked_at;
            let place = Key::new(pair.tenant, pair.feed, pair.terminal, pair.trace).place;
            pairs.open += u64::from(pair.is_open());
            homes.push(place.home_of(low_bits(pairs.pairs.push(pair))));
        }
        let queue = &pairs.pairs;
        let key = |low| queue.number(low).and_then(|n| queue.get(n)).map(Pair::key);
        let (tables, repeated) = Tables::of(homes, |a, b| key(a) == key(b));
        pairs.tables = tables;
        for (earlier, later) in repeated {
            let number = pairs.pairs.number(later);
            if let Some(pair) = number.and_then(|n| pairs.pairs.get_mut(n)) {
                pair.earlier = earlier;
            }
        }
        Ok(pairs)
    }
}

impl Pair {
    /// Bytes in a snapshot.
    const BYTES: usize = 7 * 8 + 16 + 8 + 16 + 16 + 5 * 2 + 3;

    fn save(&self, w: &mut Writer<'_>) {
        w.u64(self.payment);
        w.i64(self.asked_at);
        w.i64(self.amount);
        [self.first12, self.stem, self.merchant, self.card].iter().for_each(|&n| w.u64(n));
        w.bytes(&self.terminal);
        w.u64(self.target);
        self.slots.iter().for_each(|&n| w.u32(n));
        [self.trace, self.batch, self.processing_code, self.terminal_time].iter().for_each(|&n| w.u32(n));
        [self.currency, self.score, self.tenant, self.feed, self.mti].iter().for_each(|&n| w.u16(n));
        w.u8(DECISIONS.iter().position(|d| *d == self.decision).unwrap_or(0) as u8);
        w.u8(OUTCOMES.iter().position(|o| *o == self.outcome).unwrap_or(0) as u8);
        w.u8(u8::from(self.answered) | u8::from(self.counted) << 1 | u8::from(self.is_reversal) << 2);
    }

    /// What [`Key::is_of`] compares.
    fn key(&self) -> (u32, [u8; 16], u16, u16) {
        (self.trace, self.terminal, self.tenant, self.feed)
    }

    fn load(r: &mut Reader<'_>) -> Result<Pair, RestoreError> {
        // All at once: one check of the length instead of two dozen.
        let bytes = r.array::<{ Pair::BYTES }>()?;
        let r = &mut Reader(&bytes);
        let (payment, asked_at, amount) = (r.u64()?, r.i64()?, r.i64()?);
        let (first12, stem, merchant, card) = (r.u64()?, r.u64()?, r.u64()?, r.u64()?);
        let (terminal, target) = (r.array()?, r.u64()?);
        let slots = [r.u32()?, r.u32()?, r.u32()?, r.u32()?];
        let (trace, batch, processing_code, terminal_time) = (r.u32()?, r.u32()?, r.u32()?, r.u32()?);
        let (currency, score, tenant, feed, mti) = (r.u16()?, r.u16()?, r.u16()?, r.u16()?, r.u16()?);
        let damaged = RestoreError::Damaged("a pair's state is out of range");
        let decision = *DECISIONS.get(usize::from(r.u8()?)).ok_or(damaged)?;
        let outcome = *OUTCOMES.get(usize::from(r.u8()?)).ok_or(damaged)?;
        let flags = r.u8()?;
        if flags > 7 || !(0..=crate::window::TIME_MAX).contains(&asked_at) {
            return Err(damaged);
        }
        Ok(Pair {
            payment,
            asked_at,
            amount,
            first12,
            stem,
            merchant,
            card,
            terminal,
            target,
            slots,
            trace,
            batch,
            processing_code,
            terminal_time,
            earlier: ABSENT,
            currency,
            score,
            tenant,
            feed,
            mti,
            decision,
            outcome,
            answered: flags & 1 != 0,
            counted: flags & 2 != 0,
            is_reversal: flags & 4 != 0,
        })
    }
}
