//! Card testing: somebody tries out many card numbers at one terminal to learn which of them work.
//!
//! **What it looks like.** Stolen or guessed numbers are tried with small amounts, one after another; most
//! are refused. Guessed numbers (a BIN attack) share their first digits. Acquirers know it as 频繁试卡.
//!
//! **When it is raised**, over the payments of one terminal within an hour, counted from a refusal on (so that
//! the honest payments before it don't hide what began then):
//! - *many cards*: at least [`CARDS_MIN`] different cards refused, at least [`MANY_DECLINED_PERCENT`] % of
//!   the payments refused, and at least [`SMALL_PERCENT`] % of the refused ones small. (Proposed. A
//!   shop loses about 5 % to refusals, a tested terminal over 90 %, says PayFlux's documentation: 60 % lies
//!   well between, and the count keeps a quiet shop's unlucky hour out.)
//! - *numbers in a row*: at least [`SAME_FIRST12_MIN`] refused cards share the first twelve digits (Adyen's
//!   "Card Number Chunk Usage Frequency": 6 in 6 hours), or at least [`SAME_STEM_MIN`] share all but the last
//!   four (proposed, after rule T3: 5 neighbours), and [`ROW_DECLINED_PERCENT`] % of the payments were refused.
//!   Amounts don't matter here: honest customers don't queue up in the order of their numbers. Colleagues
//!   with company cards do, but their cards are not refused.
//!
//! **What it must not call card testing.** A busy till (many small payments, few refused), a table that
//! splits its bill (approved), an issuer or line that is down (`Unavailable`), a terminal with wrong keys or
//! settings (`Security`, `Settings`): only `Declined` and `KeepCard`, an issuer's word on a card, count.
//!
//! **Bounds.** A terminal is followed from its first refusal until an hour without one, with its latest
//! [`ATTEMPTS_MAX`] attempts; at most [`TERMINALS_MAX`] terminals and [`ATTEMPTS_TOTAL_MAX`] attempts, then
//! new ones are not followed and that is counted. One finding an episode; the next needs a quiet hour before.

use super::book::{BySlot, NONE};
use super::{Answered, Detector, HOUR_US, Raised, Shared, finding, small};
use crate::RestoreError;
use crate::bytes::{Reader, Writer};
use crate::window::NO_ENTITY;
use std::collections::VecDeque;
use tg_event::{Finding, FindingSubject, ResponseClass, Severity, SubjectKey};
use tg_text::Text;
use tg_types::{Instant, Money, SECOND_US};

const CARDS_MIN: usize = 8;
const MANY_DECLINED_PERCENT: usize = 60;
const SMALL_PERCENT: usize = 80;
const SAME_FIRST12_MIN: usize = 6;
const SAME_STEM_MIN: usize = 5;
const ROW_DECLINED_PERCENT: usize = 50;
const ATTEMPTS_MAX: usize = 256;
const TERMINALS_MAX: usize = 131_072;
const ATTEMPTS_TOTAL_MAX: usize = 2_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Attempt {
    request: u64,
    answer: u64,
    at: i64,
    card: u32,
    amount: i64,
    currency: u16,
    first12: u64,
    stem: u64,
    declined: bool,
}

#[derive(Default)]
struct Followed {
    attempts: VecDeque<Attempt>,
    /// Of `attempts`.
    refused: Refused,
    /// Time of the oldest attempt, or earlier: before an hour has passed since, nothing leaves.
    oldest_at: i64,
    last_decline: i64,
    /// A finding was raised in this episode.
    raised: bool,
    watched_until: i64,
}

/// An hour has passed without a refusal.
fn is_quiet(followed: &Followed, now: i64) -> bool {
    now.saturating_sub(followed.last_decline) > HOUR_US
}

/// The terminals that are followed, by their entity's number.
#[derive(Default)]
struct Terminals {
    places: BySlot,
    /// Free places keep their number in `free`.
    followed: Vec<Followed>,
    free: Vec<u32>,
}

impl Terminals {
    fn len(&self) -> usize {
        self.followed.len() - self.free.len()
    }

    fn get_mut(&mut self, terminal: u32) -> Option<&mut Followed> {
        self.followed.get_mut(self.places.get(terminal) as usize)
    }

    fn get(&self, terminal: u32) -> Option<&Followed> {
        self.followed.get(self.places.get(terminal) as usize)
    }

    /// Follows a terminal that is not followed yet.
    fn insert(&mut self, terminal: u32, followed: Followed) {
        let place = self.free.pop().unwrap_or(self.followed.len() as u32);
        match self.followed.get_mut(place as usize) {
            Some(free) => *free = followed,
            None => self.followed.push(followed),
        }
        self.places.set(terminal, place);
    }

    fn remove(&mut self, terminal: u32) -> Option<Followed> {
        let place = self.places.get(terminal);
        let followed = self.followed.get_mut(place as usize).map(std::mem::take)?;
        self.places.set(terminal, NONE);
        self.free.push(place);
        Some(followed)
    }
}

/// The detector's state: terminals with a refusal in the last hour.
pub(crate) struct CardTesting {
    terminals: Terminals,
    /// When to look next whether a terminal has become quiet: one entry for each, times rising.
    checks: VecDeque<(i64, u32)>,
    attempts: usize,
    not_followed: u64,
}

/// What speaks for card testing at a terminal.
struct Signals {
    cards_declined: usize,
    declined: usize,
    approved: usize,
    small: usize,
    same_first12: usize,
    same_stem: usize,
}

impl Signals {
    fn of(attempts: &[Attempt]) -> Signals {
        let declined: Vec<&Attempt> = attempts.iter().filter(|a| a.declined).collect();
        let group = |key: fn(&Attempt) -> u64| {
            let mut pairs: Vec<(u64, u32)> =
                declined.iter().filter(|a| key(a) != 0).map(|a| (key(a), a.card)).collect();
            pairs.sort_unstable();
            pairs.dedup();
            pairs.chunk_by(|a, b| a.0 == b.0).map(<[_]>::len).max().unwrap_or(0)
        };
        let mut cards: Vec<u32> = declined.iter().map(|a| a.card).collect();
        cards.sort_unstable();
        cards.dedup();
        Signals {
            cards_declined: cards.len(),
            declined: declined.len(),
            approved: attempts.len() - declined.len(),
            small: declined.iter().filter(|a| a.amount <= small(a.currency)).count(),
            same_first12: group(|a| a.first12),
            same_stem: group(|a| a.stem),
        }
    }

    fn many_cards(&self) -> bool {
        self.cards_declined >= CARDS_MIN && self.small * 100 >= self.declined * SMALL_PERCENT
    }

    fn in_a_row(&self) -> bool {
        self.same_first12 >= SAME_FIRST12_MIN || self.same_stem >= SAME_STEM_MIN
    }
}

/// Which of the latest attempts were refused, the newest in the lowest bit: looking through them costs a few
/// words, where the attempts themselves fill hundreds of lines of the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Refused([u64; ATTEMPTS_MAX / 64]);

impl Refused {
    fn push(&mut self, refused: bool) {
        let mut carry = u64::from(refused);
        for word in &mut self.0 {
            let out = *word >> 63;
            *word = *word << 1 | carry;
            carry = out;
        }
    }

    /// Length of the longest run of the latest `attempts` that begins with a refusal, holds at least so many, and
    /// of which so many percent were refused; 0 if there is none.
    fn run(&self, attempts: usize, refusals: usize, percent: usize) -> usize {
        let (mut refused, mut longest) = (0, 0);
        for (n, &word) in self.0.iter().enumerate() {
            let mut rest = word;
            while rest != 0 {
                let length = n * 64 + rest.trailing_zeros() as usize + 1;
                if length > attempts {
                    return longest;
                }
                refused += 1;
                if refused >= refusals && refused * 100 >= length * percent {
                    longest = length;
                }
                rest &= rest - 1;
            }
        }
        longest
    }
}

impl Detector for CardTesting {
    fn new() -> CardTesting {
        CardTesting { terminals: Terminals::default(), checks: VecDeque::new(), attempts: 0, not_followed: 0 }
    }

    fn answered(&mut self, seen: &Answered<'_>, _: &Shared) -> Option<Raised> {
        let declined = matches!(seen.class, ResponseClass::Declined | ResponseClass::KeepCard);
        let relevant = declined || seen.class == ResponseClass::Approved;
        if !relevant || seen.terminal == NO_ENTITY || seen.payment.slots[0] == NO_ENTITY {
            return None;
        }
        let now = seen.at.0;
        let known = self.terminals.get(seen.terminal);
        // A quiet hour has passed: whatever comes now is a new episode, which only a refusal begins.
        let quiet = known.is_some_and(|f| is_quiet(f, now));
        if (known.is_none() || quiet) && !declined {
            return None;
        }
        if known.is_none() {
            if self.terminals.len() >= TERMINALS_MAX || self.attempts >= ATTEMPTS_TOTAL_MAX {
                self.not_followed += 1;
                return None;
            }
            self.checks.push_back((now.saturating_add(HOUR_US), seen.terminal));
            self.terminals.insert(seen.terminal, Followed::default());
        }
        let followed = self.terminals.get_mut(seen.terminal)?;
        let before = followed.attempts.len();
        if quiet {
            *followed = Followed::default();
        }
        let hour_ago = now.saturating_sub(HOUR_US);
        if followed.oldest_at <= hour_ago {
            while followed.attempts.front().is_some_and(|a| a.at <= hour_ago) {
                followed.attempts.pop_front();
            }
            followed.oldest_at = followed.attempts.front().map_or(now, |a| a.at);
        }
        // Without a look at it: the attempts of busy terminals lie far from any cache.
        while followed.attempts.len() >= ATTEMPTS_MAX {
            followed.attempts.pop_front();
        }
        followed.attempts.push_back(Attempt {
            request: seen.payment.payment,
            answer: seen.offset,
            at: now,
            card: seen.payment.slots[0],
            amount: seen.payment.amount,
            currency: seen.payment.currency,
            first12: seen.payment.first12,
            stem: seen.payment.stem,
            declined,
        });
        followed.refused.push(declined);
        self.attempts = self.attempts + followed.attempts.len() - before;
        if !declined {
            return None;
        }
        followed.last_decline = now;
        // What no signal could make up for is seen first: looking through the attempts costs more.
        if seen.declined_cards < SAME_STEM_MIN as i64 || now < followed.watched_until {
            return None;
        }
        let count = followed.attempts.len();
        let wide = followed.refused.run(count, SAME_STEM_MIN, ROW_DECLINED_PERCENT);
        if wide == 0 {
            return None;
        }
        let narrow = followed.refused.run(count, CARDS_MIN, MANY_DECLINED_PERCENT);
        let attempts = followed.attempts.make_contiguous();
        let (wide, narrow) = (&attempts[count - wide..], &attempts[count - narrow..]);
        let (signals, of_many) = (Signals::of(wide), Signals::of(narrow));
        let (many, row) = (of_many.many_cards(), signals.in_a_row());
        if !many && !row {
            return None;
        }
        let (signals, attempts) = if many { (of_many, narrow) } else { (signals, wide) };
        let until = seen.at.plus_us(HOUR_US);
        let finding = (!followed.raised).then(|| found(seen, attempts, &signals, many, row));
        followed.raised = true;
        followed.watched_until = until.0;
        Some(Raised { finding, watch: Some((SubjectKey::Terminal(seen.terminal_name()), until)) })
    }

    fn touch_answer(&self, terminal_slot: u32) -> u64 {
        let followed = self.terminals.get(terminal_slot);
        followed.map_or(0, |f| f.last_decline as u64 ^ f.refused.0[0] ^ f.attempts.len() as u64)
    }

    fn tick(&mut self, now: Instant) {
        // Each terminal is looked at once an hour, so a tick costs what has become due, not all that is followed.
        while self.checks.front().is_some_and(|(due, _)| *due < now.0) {
            let Some((_, terminal)) = self.checks.pop_front() else { break };
            match self.terminals.get(terminal) {
                Some(followed) if is_quiet(followed, now.0) => {
                    self.attempts -= self.terminals.remove(terminal).map_or(0, |f| f.attempts.len());
                }
                _ => self.checks.push_back((now.0.saturating_add(HOUR_US), terminal)),
            }
        }
    }

    fn save(&self, w: &mut Writer<'_>) {
        w.u64(self.not_followed);
        w.varint(self.checks.len() as u64);
        for (due, terminal) in &self.checks {
            w.i64(*due);
            w.u32(*terminal);
        }
        w.varint(self.terminals.len() as u64);
        // Each followed terminal has one check. Sorted, so that equal states have equal bytes.
        let mut terminals: Vec<u32> = self.checks.iter().map(|c| c.1).collect();
        terminals.sort_unstable();
        for terminal in terminals {
            let Some(followed) = self.terminals.get(terminal) else { continue };
            w.u32(terminal);
            w.i64(followed.last_decline);
            w.u8(u8::from(followed.raised));
            w.i64(followed.watched_until);
            w.varint(followed.attempts.len() as u64);
            for a in &followed.attempts {
                w.u64(a.request);
                w.u64(a.answer);
                w.i64(a.at);
                w.u32(a.card);
                w.i64(a.amount);
                w.u16(a.currency);
                w.u64(a.first12);
                w.u64(a.stem);
                w.u8(u8::from(a.declined));
            }
        }
    }

    fn load(r: &mut Reader<'_>) -> Result<CardTesting, RestoreError> {
        let mut state = CardTesting::new();
        state.not_followed = r.u64()?;
        let mut terminals = Vec::new();
        for _ in 0..r.count(12)? {
            state.checks.push_back((r.i64()?, r.u32()?));
        }
        for _ in 0..r.count(22)? {
            let terminal = r.u32()?;
            let mut followed = Followed {
                last_decline: r.i64()?,
                raised: r.u8()? != 0,
                watched_until: r.i64()?,
                ..Default::default()
            };
            for _ in 0..r.count(55)? {
                followed.attempts.push_back(Attempt {
                    request: r.u64()?,
                    answer: r.u64()?,
                    at: r.i64()?,
                    card: r.u32()?,
                    amount: r.i64()?,
                    currency: r.u16()?,
                    first12: r.u64()?,
                    stem: r.u64()?,
                    declined: r.u8()? != 0,
                });
            }
            followed.attempts.iter().for_each(|a| followed.refused.push(a.declined));
            state.attempts += followed.attempts.len();
            if terminal == NO_ENTITY || state.terminals.get(terminal).is_some() {
                return Err(RestoreError::Damaged("a followed terminal stands twice"));
            }
            state.terminals.insert(terminal, followed);
            terminals.push(terminal);
        }
        let mut checked: Vec<u32> = state.checks.iter().map(|c| c.1).collect();
        checked.sort_unstable();
        terminals.sort_unstable();
        if checked != terminals {
            return Err(RestoreError::Damaged("a followed terminal is not looked at"));
        }
        Ok(state)
    }

    fn followed(&self) -> (u64, u64) {
        (self.terminals.len() as u64, self.not_followed)
    }
}

fn found(seen: &Answered<'_>, attempts: &[Attempt], signals: &Signals, many: bool, row: bool) -> Finding {
    let terminal = seen.terminal_name();
    let events = attempts.iter().flat_map(|a| [a.request, a.answer]).collect();
    let (payments, declines, cards) = (attempts.len(), signals.declined, signals.cards_declined);
    let share = declines * 100 / payments.max(1);
    let minutes = attempts.first().map_or(0, |a| (seen.at.0 - a.at) / (60 * SECOND_US)) + 1;
    let alike = signals.same_first12.max(signals.same_stem);
    let mut rests_on = vec![
        Text::new(
            format!("{minutes} 分钟内，终端 {terminal} 上有 {cards} 张不同的卡被发卡机构拒绝。"),
            format!(
                "Within {minutes} min the issuers refused {cards} different cards at terminal {terminal}."
            ),
        ),
        Text::new(
            format!("自其中首次拒绝起共 {payments} 笔付款，其中 {declines} 笔被拒绝，占 {share}%。"),
            format!(
                "Of {payments} payments since the first of these refusals {declines} were refused, {share} %."
            ),
        ),
    ];
    if many {
        let limit = Money { minor: small(seen.payment.currency), currency: seen.payment.currency };
        let (small, declined, letters) = (signals.small, signals.declined, limit.currency_letters());
        rests_on.push(Text::new(
            format!("这 {declined} 笔被拒付款中，{small} 笔为小额（如不超过 {limit} {letters}）。"),
            format!(
                "Of these {declined} refused payments {small} were small (such as up to {limit} {letters})."
            ),
        ));
    }
    if row {
        rests_on.push(Text::new(
            format!("其中 {alike} 张卡的卡号前段相同（前 12 位，或除末 4 位以外全部相同），像是按号段依次尝试。"),
            format!("{alike} of these cards share the beginning of their numbers (the first 12 digits, or all but the last 4), as if numbers were tried in a row."),
        ));
    }
    if signals.approved > 0 {
        let approved = signals.approved;
        rests_on.push(Text::new(
            format!("其间另有 {approved} 笔获批准，这些卡可能是正常顾客的，也可能已被试出有效。"),
            format!(
                "{approved} payments were approved meanwhile: ordinary customers, or cards found to work."
            ),
        ));
    }
    finding(
        "card_testing",
        (seen.tenant, seen.offset, seen.at),
        FindingSubject::Terminal(terminal),
        if many && row { Severity::Critical } else { Severity::High },
        Text::new(
            format!(
                "终端 {terminal} 疑似被人用来试卡：{minutes} 分钟内有 {cards} 张不同的卡被拒绝，其间 {payments} 笔付款中 {declines} 笔被拒。"
            ),
            format!(
                "Suspected card testing at terminal {terminal}: {cards} different cards refused within {minutes} min, {declines} of {payments} payments in that time."
            ),
        ),
        rests_on,
        events,
    )
}

#[cfg(test)]
mod tests;
