//! [`Pairs`]: which answer belongs to which request, and what became of each payment.
//!
//! A payment is found again by tenant, feed, terminal and trace number; merchant and batch are compared
//! where both messages have them; the terminal's own time only breaks ties. All pairs live equally long, so
//! they leave in the order in which they came. Never says "approved" for anything but an approved answer.

mod bytes;

use crate::queue::{Queue, low_bits};
use crate::table::{Place, Probes, Tables, name_hash, table_hash};
use bytes::Saving;
use tg_event::{Decision, Limits, Message, Outcome, ResponseClass};
use tg_types::{Mti, Partition, SECOND_US, Short, TenantId};

/// A number that is absent.
const ABSENT: u32 = u32::MAX;
/// Payments of one terminal under one trace number that are looked at, newest first: more within ten minutes
/// is no terminal but a flood, and must not cost more.
const CHAIN_MAX: usize = 16;

/// A payment, or a reversal of one, that may still be answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    /// Offset of the request that opened the payment.
    pub(crate) payment: u64,
    pub(crate) asked_at: i64,
    /// Amount in minor units, and its currency (0: none).
    pub(crate) amount: i64,
    pub(crate) first12: u64,
    pub(crate) stem: u64,
    merchant: u64,
    pub(crate) card: u64,
    pub(crate) terminal: [u8; 16],
    /// For a reversal: number of the payment that it takes back.
    target: u64,
    /// Entities of the payment: card, terminal, merchant, issuer.
    pub(crate) slots: [u32; 4],
    trace: u32,
    batch: u32,
    processing_code: u32,
    terminal_time: u32,
    /// Lower bits of the number of the pair before this one under the same key.
    earlier: u32,
    pub(crate) currency: u16,
    pub(crate) score: u16,
    tenant: u16,
    feed: u16,
    mti: u16,
    pub(crate) decision: Decision,
    pub(crate) outcome: Outcome,
    pub(crate) answered: bool,
    /// It asks for money, so it stands in the windows.
    pub(crate) counted: bool,
    is_reversal: bool,
}

/// The payments of the last minutes.
pub(crate) struct Pairs {
    pairs: Queue<Pair>,
    tables: Tables,
    /// Number of the first pair that no time-out has looked at.
    timed_out_to: u64,
    pub(crate) open: u64,
    pub(crate) dropped: u64,
    /// A snapshot that is being written while pairs change.
    saving: Option<Saving>,
}

/// What is compared beside the key.
fn merchant(m: &Message) -> u64 {
    if m.merchant.is_empty() {
        0
    } else {
        name_hash(m.tenant, &filled(&m.merchant), m.merchant.as_bytes().len()) | 1
    }
}

/// A short text filled up with zeros.
pub(crate) fn filled<const N: usize>(text: &Short<N>) -> [u8; 16] {
    let mut name = [0_u8; 16];
    let text = text.as_bytes();
    name[..text.len()].copy_from_slice(text);
    name
}

/// A message with what pairing asks of it, computed once.
pub(crate) struct Asked<'a> {
    m: &'a Message,
    key: Key,
    merchant: u64,
}

impl<'a> Asked<'a> {
    pub(crate) fn of(m: &'a Message) -> Asked<'a> {
        let key = Key::new(m.tenant.0, m.feed, filled(&m.terminal), m.trace.unwrap_or(ABSENT));
        Asked { m, key, merchant: merchant(m) }
    }
}

fn terminal_time(m: &Message) -> u32 {
    m.terminal_time.map_or(ABSENT, |t| {
        (u32::from(t.month) & 15) << 22 | (u32::from(t.day) & 31) << 17 | t.second_of_day & 0x1_FFFF
    })
}

/// Half of the token, which is a hash already: with trace number and amount it tells payments apart.
pub(crate) fn card_half(m: &Message) -> u64 {
    m.card.map_or(0, |c| {
        let mut half = [0_u8; 8];
        half.copy_from_slice(&c.token.0[..8]);
        u64::from_le_bytes(half).max(1)
    })
}

fn agree(a: u64, b: u64, absent: u64) -> bool {
    a == absent || b == absent || a == b
}

/// Where a message's pairs are kept.
#[derive(Clone, Copy)]
struct Key {
    place: Place,
    terminal: [u8; 16],
    tenant: u16,
    feed: u16,
    trace: u32,
}

impl Key {
    fn new(tenant: u16, feed: u16, terminal: [u8; 16], trace: u32) -> Key {
        let length = 16 - u128::from_le_bytes(terminal).leading_zeros() as usize / 8;
        let partition = Partition::of_hash(name_hash(TenantId(tenant), &terminal, length));
        let place = Place { partition, hash: 0 };
        Key { place, terminal, tenant, feed, trace }.with_trace(trace)
    }

    /// The same terminal's key under another trace number.
    fn with_trace(self, trace: u32) -> Key {
        let salt = u64::from(trace) | u64::from(self.feed) << 32 | u64::from(self.tenant) << 48;
        let partition = self.place.partition;
        let place = Place { partition, hash: table_hash(partition, salt, &self.terminal) };
        Key { place, trace, ..self }
    }

    fn is_of(&self, p: &Pair) -> bool {
        (self.trace, self.terminal, self.tenant, self.feed) == (p.trace, p.terminal, p.tenant, p.feed)
    }
}

impl Pairs {
    pub(crate) fn new() -> Pairs {
        Pairs {
            pairs: Queue::starting_at(0),
            tables: Tables::new(),
            timed_out_to: 0,
            open: 0,
            dropped: 0,
            saving: None,
        }
    }

    pub(crate) fn len(&self) -> u64 {
        self.pairs.len()
    }

    pub(crate) fn probes(&self) -> Probes {
        self.tables.probes
    }

    pub(crate) fn get(&self, number: u64) -> Option<&Pair> {
        self.pairs.get(number)
    }

    /// The pair, to be changed: a snapshot under way first keeps it as it is.
    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut Pair> {
        self.before_change(number);
        self.pairs.get_mut(number)
    }

    /// Reads where a message's pairs would stand. See [`crate::ahead`].
    #[inline]
    pub(crate) fn touch(&self, asked: &Asked<'_>) -> u64 {
        self.tables.touch(asked.key.place)
    }

    /// Very likely the newest pair under a message's key: only good for reading ahead.
    pub(crate) fn likely(&self, asked: &Asked<'_>) -> Option<&Pair> {
        self.tables
            .likely(asked.key.place)
            .and_then(|low| self.pairs.number(low))
            .and_then(|n| self.pairs.get(n))
    }

    /// The pairs under a message's key that may be meant: the one with the greatest rank, where there is one.
    fn best<R: Ord>(
        &mut self,
        asked: &Asked<'_>,
        trace: Option<u32>,
        now: i64,
        limits: &Limits,
        mut rank: impl FnMut(&Pair) -> Option<R>,
    ) -> Option<u64> {
        let trace = trace?;
        if self.pairs.len() == 0 {
            return None;
        }
        let key = if trace == asked.key.trace { asked.key } else { asked.key.with_trace(trace) };
        let pairs = &self.pairs;
        let of = |low| pairs.number(low).and_then(|n| pairs.get(n).map(|p| (n, p)));
        let newest = self
            .tables
            .find(key.place.partition, key.place.hash, |low| of(low).is_some_and(|(_, p)| key.is_of(p)));
        let oldest = now - i64::from(lifetime_seconds(limits)) * SECOND_US;
        let (merchant, batch) = (asked.merchant, asked.m.batch.unwrap_or(ABSENT));
        std::iter::successors(newest.and_then(of), |(_, p)| of(p.earlier))
            .take(CHAIN_MAX)
            .take_while(|(_, p)| p.asked_at >= oldest)
            .filter(|(_, p)| {
                agree(p.merchant, merchant, 0)
                    && agree(u64::from(p.batch), u64::from(batch), u64::from(ABSENT))
            })
            .filter_map(|(n, p)| rank(p).map(|r| (r, n)))
            .max()
            .map(|(_, n)| n)
    }

    /// The payment that a request repeats: the same content under the same trace number, not yet answered,
    /// or answered and sent as a repeat. The newest of several.
    pub(crate) fn repeated(&mut self, asked: &Asked<'_>, now: i64, limits: &Limits) -> Option<u64> {
        let m = asked.m;
        let amount = m.amount.map_or((0, 0), |a| (a.minor, a.currency));
        let content = (amount.0, amount.1, card_half(m), m.processing_code.unwrap_or(ABSENT));
        self.best(asked, asked.m.trace, now, limits, |p| {
            let same = (p.amount, p.currency, p.card, p.processing_code) == content
                && Mti(p.mti).class() == m.mti.class();
            (!p.is_reversal && same && (!p.answered || m.mti.is_repeat())).then_some(())
        })
    }

    /// The payment that an answer belongs to: unanswered ones first, then the same terminal time, then the
    /// newest.
    pub(crate) fn answered(&mut self, asked: &Asked<'_>, now: i64, limits: &Limits) -> Option<u64> {
        let m = asked.m;
        let time = terminal_time(m);
        let class = m.mti.request_of_response().class();
        self.best(asked, asked.m.trace, now, limits, |p| {
            (!p.is_reversal && Mti(p.mti).class() == class)
                .then_some((!p.answered, time != ABSENT && p.terminal_time == time))
        })
    }

    /// The payment that a reversal takes back: by the original's trace number, else by its own.
    pub(crate) fn reversed(&mut self, asked: &Asked<'_>, now: i64, limits: &Limits) -> Option<u64> {
        let m = asked.m;
        let rank = |p: &Pair| {
            let amount_agrees = m.amount.is_none_or(|a| p.currency == 0 || a.minor == p.amount);
            (!p.is_reversal && amount_agrees).then_some(p.outcome != Outcome::Reversed)
        };
        self.best(asked, m.original_trace, now, limits, rank)
            .or_else(|| self.best(asked, asked.m.trace, now, limits, rank))
    }

    /// The reversal under this message's own trace number: number of the reversal's pair and of its payment.
    pub(crate) fn reversal(&mut self, asked: &Asked<'_>, now: i64, limits: &Limits) -> Option<(u64, u64)> {
        let number =
            self.best(asked, asked.m.trace, now, limits, |p| p.is_reversal.then_some(!p.answered))?;
        self.pairs.get(number).map(|p| (number, p.target))
    }

    /// Opens a payment. Gives its number and what had to be forgotten for it.
    pub(crate) fn open(
        &mut self,
        asked: &Asked<'_>,
        offset: u64,
        now: i64,
        limits: &Limits,
    ) -> (u64, Vec<Pair>) {
        let (m, key) = (asked.m, asked.key);
        let amount = m.amount.unwrap_or_default();
        self.add(
            &key,
            Pair {
                payment: offset,
                asked_at: now,
                amount: amount.minor,
                first12: m.card.map_or(0, |c| c.first12),
                stem: m.card.map_or(0, |c| c.stem),
                merchant: asked.merchant,
                card: card_half(m),
                terminal: key.terminal,
                target: 0,
                slots: [ABSENT; 4],
                trace: key.trace,
                batch: m.batch.unwrap_or(ABSENT),
                processing_code: m.processing_code.unwrap_or(ABSENT),
                terminal_time: terminal_time(m),
                earlier: ABSENT,
                currency: amount.currency,
                score: 0,
                tenant: m.tenant.0,
                feed: m.feed,
                mti: m.mti.0,
                decision: Decision::None,
                outcome: Outcome::Open,
                answered: false,
                counted: m.asks_for_money(),
                is_reversal: false,
            },
            limits,
        )
    }

    /// Remembers a reversal of the payment `target`, so that its answer finds the payment.
    pub(crate) fn open_reversal(
        &mut self,
        asked: &Asked<'_>,
        target: u64,
        now: i64,
        limits: &Limits,
    ) -> (u64, Vec<Pair>) {
        let Some(&payment) = self.pairs.get(target) else { return (target, Vec::new()) };
        let (m, key) = (asked.m, asked.key);
        let pair = Pair {
            asked_at: now,
            target,
            trace: key.trace,
            earlier: ABSENT,
            answered: false,
            is_reversal: true,
            merchant: asked.merchant,
            batch: m.batch.unwrap_or(ABSENT),
            mti: m.mti.0,
            ..payment
        };
        self.add(&key, pair, limits)
    }

    fn add(&mut self, key: &Key, pair: Pair, limits: &Limits) -> (u64, Vec<Pair>) {
        let mut forgotten = Vec::new();
        while self.pairs.len() > 0 && self.pairs.len() >= u64::from(limits.pairs_max.max(1)) {
            self.dropped += 1;
            forgotten.extend(self.forget());
        }
        (self.link(key, pair), forgotten)
    }

    fn link(&mut self, key: &Key, mut pair: Pair) -> u64 {
        let number = self.pairs.next();
        let pairs = &self.pairs;
        let newest = self.tables.find(key.place.partition, key.place.hash, |low| {
            pairs.number(low).and_then(|n| pairs.get(n)).is_some_and(|p| key.is_of(p))
        });
        match newest {
            Some(low) => {
                pair.earlier = low;
                self.tables.replace(key.place.partition, key.place.hash, low, low_bits(number));
            }
            None => self.tables.insert(key.place.partition, key.place.hash, low_bits(number)),
        }
        self.open += u64::from(pair.is_open());
        self.pairs.push(pair);
        number
    }

    /// Forgets the oldest pair; gives it if nobody has said yet what became of it.
    fn forget(&mut self) -> Option<Pair> {
        let number = self.pairs.first();
        self.before_leaving(number);
        let pair = self.pairs.pop_front()?;
        let key = Key::new(pair.tenant, pair.feed, pair.terminal, pair.trace);
        self.tables.remove(key.place.partition, key.place.hash, low_bits(number));
        let open = pair.is_open();
        self.open -= u64::from(open);
        open.then_some(pair)
    }

    /// Changes what is known of a payment, keeping the count of open ones.
    pub(crate) fn settle(&mut self, number: u64, outcome: Outcome, answered: bool) {
        let Some(pair) = self.get_mut(number) else { return };
        let was_open = pair.is_open();
        pair.outcome = outcome;
        pair.answered |= answered;
        let is_open = pair.is_open();
        self.open = self.open - u64::from(was_open) + u64::from(is_open);
    }

    /// Payments whose time for an answer has passed become unknown; pairs past their life are forgotten.
    pub(crate) fn tick(&mut self, now: i64, limits: &Limits, mut unknown: impl FnMut(&Pair)) {
        let asked_by = now - i64::from(limits.answer_seconds) * SECOND_US;
        self.timed_out_to = self.timed_out_to.max(self.pairs.first());
        while let Some(pair) = self.pairs.get(self.timed_out_to).filter(|p| p.asked_at <= asked_by) {
            if pair.is_open()
                && let Some(pair) = self.get_mut(self.timed_out_to)
            {
                pair.outcome = Outcome::Unknown;
                unknown(pair);
                self.open -= 1;
            }
            self.timed_out_to += 1;
        }
        let oldest = now - i64::from(lifetime_seconds(limits)) * SECOND_US;
        while self.pairs.front().is_some_and(|p| p.asked_at < oldest)
            && self.pairs.first() < self.timed_out_to
        {
            self.forget();
        }
    }
}

/// What an answer makes of a payment.
pub(crate) fn outcome_of(class: ResponseClass) -> Outcome {
    if class == ResponseClass::Approved { Outcome::Approved } else { Outcome::Declined }
}

fn lifetime_seconds(limits: &Limits) -> u32 {
    limits.late_seconds.max(limits.answer_seconds)
}

impl Pair {
    /// The pair with another outcome.
    pub(crate) fn become_of(mut self, outcome: Outcome, answered: bool) -> Pair {
        self.outcome = outcome;
        self.answered |= answered;
        self
    }

    /// It waits for its answer and nobody has given up yet.
    fn is_open(&self) -> bool {
        !self.is_reversal && self.outcome == Outcome::Open
    }
}
