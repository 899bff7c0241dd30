//! Detectors: each one file with what it catches and why, its logic, its facts and its tests.
//!
//! To add one: copy one, change it, and add its line to the list below and its words to [`texts`]. Detectors
//! see messages and the answers to payments in log order, keep bounded state, and may raise a finding and ask
//! for a watch; the watch comes back as an event, never as a call. They must not accuse anyone: a finding
//! says what is suspected, what it rests on, what it does not show and what else it may be.
//!
//! What one terminal says is kept under its own name and weighed for its own sake. Where a detector joins what
//! several say (a card's places, a serial's merchants), the finding is about the card or the newcomer, and no
//! watch begins for anybody else: one terminal that lies changes no other terminal's verdict.

mod book;
mod card_testing;
mod cash_out;
mod cloned_terminal;
mod distance;
mod history;
mod impossible_travel;
mod moved_terminal;
mod rapid_refunds;
mod several_merchants;
mod signon_storm;
mod skimming;
mod slab;
mod standing;
mod texts;

pub use texts::{FINDING_TEXTS, FindingTexts, finding_texts};

use crate::RestoreError;
use crate::bytes::{Reader, Writer};
use crate::pairing::{Pair, card_half, filled};
use book::{Book, BySlot, Found, NONE};
use history::{Recent, Visit, Visits};
use slab::{Record, Slab};
use standing::{Places, Standing};
use tg_event::{
    Finding, FindingSubject, MacState, Message, Place, ResponseClass, Severity, Stamp, SubjectKey,
};
use tg_text::Text;
use tg_types::{Instant, MtiClass, SECOND_US, Short, TenantId, mix64};

const HOUR_US: i64 = 3_600 * SECOND_US;
const DAY_US: i64 = 24 * HOUR_US;
/// By so much a chip's counter goes on from one payment that is seen to the next, at most. (Proposed.)
const COUNTER_STEP_MAX: u16 = 20;
/// A finding names at most so many events.
const EVENTS_MAX: usize = 200;

/// Terminals followed at most, and days of silence after which one makes room. (The largest acquirers run
/// millions; a node of a cluster follows its part.)
const TERMINALS_MAX: u32 = 262_144;
const TERMINAL_IDLE_DAYS: i64 = 45;
/// Cards followed at most, and days after which one makes room.
const CARDS_MAX: u32 = 1 << 19;
const CARD_IDLE_DAYS: i64 = 14;
/// Cards that one terminal may bring in new within an hour: more than a busy till's, and no flood. (Proposed.)
const NEW_CARDS_MAX: u16 = 1_000;

/// A message as the detectors see it: no repeat, and with its terminal's and card's numbers.
pub(crate) struct Seen<'a> {
    pub(crate) offset: u64,
    pub(crate) at: Instant,
    pub(crate) m: &'a Message,
    /// Number of the terminal; [`NONE`] if there is no room for it.
    pub(crate) terminal: u32,
    /// Number of the card of a payment; [`NONE`] if there is none or no room.
    pub(crate) card: u32,
    /// The card was not seen at this terminal before, as far as is remembered.
    pub(crate) new_to_card: bool,
    /// A payment with the card present, and `card` is a number.
    pub(crate) used_card: bool,
    /// The stripe was read though the card has a chip, as it says or as was seen before.
    pub(crate) fallback: bool,
    /// The chip's counter; 0 if the chip was not read.
    pub(crate) counter: u16,
    /// The chip's counter went on from the payment before as one chip's does.
    pub(crate) same_chip: bool,
    /// What was known of the card before.
    pub(crate) before: Recent,
    /// A hash of the serial number; 0 if there is none.
    pub(crate) serial: u64,
    /// Part of a hash of the merchant's number; see [`merchant_mark`].
    pub(crate) merchant: u32,
    /// How the place that it names stands to the terminal's usual one.
    pub(crate) standing: Standing,
    /// That usual place, if it names another.
    pub(crate) usual: Option<standing::Spot>,
    /// Of the terminal's messages with a place, how many were at a known one.
    pub(crate) at_known: (u32, u32),
}

impl Seen<'_> {
    /// Where a payment with the card present was made, if the terminal is where it usually is.
    fn known_place(&self) -> Option<Place> {
        match self.standing {
            Standing::Known(place) if self.used_card => Some(place),
            _ => None,
        }
    }
}

/// The answer to a payment that asked for money, the first one it got.
pub(crate) struct Answered<'a> {
    /// Offset and log time of the answer.
    pub(crate) offset: u64,
    pub(crate) at: Instant,
    pub(crate) tenant: TenantId,
    /// The payment's terminal: its number among the entities, and its name.
    pub(crate) terminal: u32,
    pub(crate) terminal_name: &'a [u8],
    /// The request.
    pub(crate) payment: &'a Pair,
    pub(crate) class: ResponseClass,
    /// Numbers of terminal and card as in [`Seen`]; [`NONE`] also for an answer that tells nothing of either: a
    /// small amount approved.
    pub(crate) terminal_number: u32,
    pub(crate) card: u32,
    /// Different cards refused at the terminal within the last hour, this answer included.
    pub(crate) declined_cards: i64,
}

impl Answered<'_> {
    /// The terminal's name as text.
    pub(crate) fn terminal_name(&self) -> Short<16> {
        Short::new(std::str::from_utf8(self.terminal_name).unwrap_or("")).unwrap_or_default()
    }
}

/// What a detector wants to happen.
#[derive(Default)]
pub(crate) struct Raised {
    /// Told to people. Its id is given by the engine.
    pub(crate) finding: Option<Finding>,
    /// Payments of the subject are to be reviewed until then.
    pub(crate) watch: Option<(SubjectKey, Instant)>,
}

/// A finding with the words of its kind; `events` in any order.
fn finding(
    code: &'static str,
    (tenant, offset, at): (TenantId, u64, Instant),
    subject: FindingSubject,
    severity: Severity,
    text: Text,
    rests_on: Vec<Text>,
    mut events: Vec<u64>,
) -> Finding {
    events.push(offset);
    events.sort_unstable();
    events.dedup();
    events.drain(..events.len().saturating_sub(EVENTS_MAX));
    let words = |of: fn(&FindingTexts) -> &'static [Text]| finding_texts(code).map_or(&[][..], of).to_vec();
    Finding {
        id: String::new(),
        tenant,
        code,
        subject,
        severity,
        first_offset: events.first().copied().unwrap_or(offset),
        last_offset: offset,
        found_at: at,
        text,
        rests_on,
        not_shown: words(|t| t.does_not_show),
        other_explanations: words(|t| t.other_explanations),
        next_steps: words(|t| t.next_steps),
        events,
    }
}

/// The most that a tester's "small amount" is, in a currency's minor unit: about the price of a drink. (Proposed.)
fn small(currency: u16) -> i64 {
    match currency {
        840 | 978 | 826 | 702 => 500,
        392 => 500,
        410 => 5_000,
        704 => 50_000,
        360 => 5_000_000,
        901 | 764 | 608 | 356 => 10_000,
        _ => 2_000,
    }
}

/// One detector. Deterministic, bounded, without I/O.
pub(crate) trait Detector: Sized {
    /// It also wants messages whose MAC is wrong: whoever wrote them had not the terminal's key, so to all
    /// others they say nothing of the terminal.
    const SEES_FORGED: bool = false;
    /// With no state.
    fn new() -> Self;
    /// Looks at a request, or at the answer to a sign-on or one that speaks of keys.
    fn seen(&mut self, _seen: &Seen<'_>, _shared: &Shared) -> Option<Raised> {
        None
    }
    /// Looks at the answer to a payment.
    fn answered(&mut self, _seen: &Answered<'_>, _shared: &Shared) -> Option<Raised> {
        None
    }
    /// Reads what a message of the terminal will need, so that all that is read is under way at once. See
    /// [`crate::ahead`].
    fn touch(&self, _terminal: u32) -> u64 {
        0
    }
    /// The same for the answer to a payment of this entity of the windows.
    fn touch_answer(&self, _terminal_slot: u32) -> u64 {
        0
    }
    /// A terminal's number has a new bearer.
    fn forget_terminal(&mut self, _terminal: u32) {}
    /// A card's number has a new bearer.
    fn forget_card(&mut self, _card: u32) {}
    /// Time has passed: what is over is forgotten.
    fn tick(&mut self, _now: Instant) {}
    /// Writes the state.
    fn save(&self, w: &mut Writer<'_>);
    /// Reads what `save` wrote.
    fn load(r: &mut Reader<'_>) -> Result<Self, RestoreError>;
    /// Subjects followed now in tables of its own, and those for which there was no room.
    fn followed(&self) -> (u64, u64) {
        (0, 0)
    }
}

/// How many cards a terminal has brought in new within the hour.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Budget {
    hour: u32,
    cards: u16,
}

impl Record for Budget {
    const BYTES_MIN: usize = 6;
    fn save(&self, w: &mut Writer<'_>) {
        w.u32(self.hour);
        w.u16(self.cards);
    }
    fn load(r: &mut Reader<'_>) -> Result<Budget, RestoreError> {
        Ok(Budget { hour: r.u32()?, cards: r.u16()? })
    }
}

/// What all detectors share: who is who, and where terminals usually are.
pub(crate) struct Shared {
    terminals: Book,
    cards: Book,
    places: Slab<Places>,
    recent: Slab<Recent>,
    visits: Slab<Visits>,
    budgets: Slab<Budget>,
    over_budget: u64,
    /// Which number a card or terminal had last, by its slot among the entities. Only saves a search: either may
    /// have a new bearer, so [`Book::find_at`] compares the name. No part of the state.
    hints: BySlot,
}

impl Shared {
    fn new() -> Shared {
        Shared {
            terminals: Book::new(TERMINALS_MAX, TERMINAL_IDLE_DAYS),
            cards: Book::new(CARDS_MAX, CARD_IDLE_DAYS),
            places: Slab::new(),
            recent: Slab::new(),
            visits: Slab::new(),
            budgets: Slab::new(),
            over_budget: 0,
            hints: BySlot::default(),
        }
    }

    /// The number of a payment's card: a terminal may bring in only so many new ones.
    fn card(&mut self, slot: u32, tenant: TenantId, half: u64, terminal: u32, now: i64) -> Found {
        let name = card_name(half);
        if let Some(number) = self.cards.find_at(self.hints.get(slot), tenant, &name, now) {
            return Found::Known(number);
        }
        let budget = self.budgets.of(terminal);
        let hour = (now / HOUR_US) as u32;
        if budget.hour != hour {
            *budget = Budget { hour, cards: 0 };
        }
        if budget.cards >= NEW_CARDS_MAX {
            self.over_budget += 1;
            return Found::No;
        }
        budget.cards += 1;
        self.cards.add(tenant, &name, now)
    }

    fn save(&self, w: &mut Writer<'_>) {
        w.u64(self.over_budget);
        self.terminals.save(w);
        self.cards.save(w);
        self.places.save(w);
        self.recent.save(w);
        self.visits.save(w);
        self.budgets.save(w);
    }

    fn load(r: &mut Reader<'_>) -> Result<Shared, RestoreError> {
        let mut shared = Shared { over_budget: r.u64()?, ..Shared::new() };
        shared.terminals.load(r)?;
        shared.cards.load(r)?;
        shared.places = Slab::load(r, TERMINALS_MAX)?;
        shared.recent = Slab::load(r, CARDS_MAX)?;
        shared.visits = Slab::load(r, CARDS_MAX)?;
        shared.budgets = Slab::load(r, TERMINALS_MAX)?;
        Ok(shared)
    }
}

/// A hash of a text, eight bytes at a time; never zero.
fn text_hash(text: &[u8]) -> u64 {
    let (words, rest) = text.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let words = words.iter().chain([&last]);
    words.fold(text.len() as u64, |hash, word| mix64(hash ^ u64::from_le_bytes(*word))) | 1
}

/// Part of a hash of the merchant's number, only to compare: who makes two alike only mixes up his own.
fn merchant_mark(m: &Message) -> u32 {
    (text_hash(m.merchant.as_bytes()) >> 32) as u32
}

/// The name of a card in its book: half of the token, which is a keyed hash, so nobody can choose it.
fn card_name(half: u64) -> [u8; 16] {
    let mut name = [0; 16];
    name[..8].copy_from_slice(&half.to_le_bytes());
    name
}

macro_rules! detectors {
    ($($name:ident: $detector:ty,)*) => {
        /// All detectors.
        pub(crate) struct Detectors {
            shared: Shared,
            $($name: $detector,)*
        }

        impl Detectors {
            pub(crate) fn new() -> Detectors {
                Detectors { shared: Shared::new(), $($name: <$detector>::new(),)* }
            }
            fn show(&mut self, seen: &Seen<'_>, raise: &mut impl FnMut(Raised)) {
                let forged = seen.m.mac == MacState::Bad;
                // Not as an iterator: of the many that raise nothing, nothing is to be dropped.
                $(if (!forged || <$detector>::SEES_FORGED)
                    && let Some(raised) = self.$name.seen(seen, &self.shared)
                {
                    raise(raised);
                })*
            }
            fn show_answer(&mut self, seen: &Answered<'_>, raise: &mut impl FnMut(Raised)) {
                $(if let Some(raised) = self.$name.answered(seen, &self.shared) {
                    raise(raised);
                })*
            }
            fn forget_terminal(&mut self, terminal: u32) {
                self.shared.places.forget(terminal);
                self.shared.budgets.forget(terminal);
                $(self.$name.forget_terminal(terminal);)*
            }
            fn touch(&self, terminal: u32, card: u32) -> u64 {
                let shared = &self.shared;
                let mut read = shared.terminals.touch_entry(terminal) ^ shared.cards.touch_entry(card);
                read ^= shared.places.touch(terminal, |p| u64::from(p.named));
                read ^= shared.recent.touch(card, |r| r.offset);
                $(read ^= self.$name.touch(terminal);)*
                read
            }
            /// Reads what the answer to a payment of this terminal will need.
            #[inline]
            pub(crate) fn touch_answer(&self, terminal_slot: u32) -> u64 {
                let mut read = 0;
                $(read ^= self.$name.touch_answer(terminal_slot);)*
                read
            }
            fn forget_card(&mut self, card: u32) {
                self.shared.recent.forget(card);
                self.shared.visits.forget(card);
                $(self.$name.forget_card(card);)*
            }
            pub(crate) fn tick(&mut self, now: Instant) {
                $(self.$name.tick(now);)*
            }
            pub(crate) fn followed(&self) -> (u64, u64) {
                let own = [$(self.$name.followed(),)*];
                let shared = &self.shared;
                let refused = shared.terminals.refused + shared.cards.refused + shared.over_budget;
                (own.iter().map(|f| f.0).sum(), own.iter().map(|f| f.1).sum::<u64>() + refused)
            }
            pub(crate) fn save(&self, w: &mut Writer<'_>) {
                self.shared.save(w);
                $(self.$name.save(w);)*
            }
            pub(crate) fn load(r: &mut Reader<'_>) -> Result<Detectors, RestoreError> {
                Ok(Detectors { shared: Shared::load(r)?, $($name: <$detector>::load(r)?,)* })
            }
        }
    };
}

detectors! {
    card_testing: card_testing::CardTesting,
    cloned_terminal: cloned_terminal::ClonedTerminal,
    moved_terminal: moved_terminal::MovedTerminal,
    several_merchants: several_merchants::SeveralMerchants,
    signon_storm: signon_storm::SignonStorm,
    impossible_travel: impossible_travel::ImpossibleTravel,
    rapid_refunds: rapid_refunds::RapidRefunds,
    cash_out: cash_out::CashOut,
    skimming: skimming::Skimming,
}

impl Detectors {
    /// Reads what a message of these entities of the windows, card and terminal, will need.
    #[inline]
    pub(crate) fn touch_slots(&self, [card, terminal]: [u32; 2]) -> u64 {
        let hints = &self.shared.hints;
        self.touch(hints.get(terminal), hints.get(card))
    }

    /// Shows a message that is no repeat to all detectors. `slots`: its card and terminal among the entities of
    /// the windows, where they are known.
    pub(crate) fn seen(
        &mut self,
        stamp: Stamp,
        m: &Message,
        [card_slot, terminal_slot]: [u32; 2],
        now: i64,
        mut raise: impl FnMut(Raised),
    ) {
        let (class, request) = (m.mti.class(), m.mti.is_request());
        let payment = request && matches!(class, MtiClass::Authorization | MtiClass::Financial);
        let of_keys = class == MtiClass::NetworkManagement
            || m.response_class == ResponseClass::Security
            || m.mac == MacState::Bad;
        if m.terminal.is_empty() || !(payment || of_keys) {
            return;
        }
        let (terminal_name, half) = (filled(&m.terminal), card_half(m));
        let likely = self.shared.hints.get(terminal_slot);
        let terminal = match self.shared.terminals.find_or_add_at(likely, m.tenant, &terminal_name, now) {
            Found::Known(number) => number,
            Found::New(number) => {
                self.forget_terminal(number);
                number
            }
            Found::No => return,
        };
        if terminal != likely {
            self.shared.hints.set(terminal_slot, terminal);
        }
        let forged = m.mac == MacState::Bad;
        let mut card = NONE;
        if payment && !forged && m.card.is_some() {
            card = match self.shared.card(card_slot, m.tenant, half, terminal, now) {
                Found::Known(number) => number,
                Found::New(number) => {
                    self.forget_card(number);
                    number
                }
                Found::No => NONE,
            };
            if card != NONE && card != self.shared.hints.get(card_slot) {
                self.shared.hints.set(card_slot, card);
            }
        }
        let (mut standing, mut usual, mut at_known) = (Standing::Silent, None, (0, 0));
        if let Some(place) = m.place.filter(|_| request && !forged) {
            let places = self.shared.places.of(terminal);
            standing = places.see(place, now, stamp.offset);
            if let Standing::Away(_) = standing {
                (usual, at_known) = (places.usual(), (places.at_known, places.named));
            }
        }
        let mut seen = Seen {
            offset: stamp.offset,
            at: Instant(now),
            m,
            terminal,
            card,
            new_to_card: true,
            used_card: card != NONE && m.asks_for_money() && m.card_present(),
            fallback: m.is_fallback(),
            counter: 0,
            same_chip: false,
            before: Recent::default(),
            serial: if m.serial.is_empty() { 0 } else { text_hash(m.serial.as_bytes()) },
            merchant: merchant_mark(m),
            standing,
            usual,
            at_known,
        };
        if card != NONE && m.asks_for_money() {
            self.use_card(&mut seen);
        }
        self.show(&seen, &mut raise);
    }

    /// Enters a payment into what is remembered of its card.
    fn use_card(&mut self, seen: &mut Seen<'_>) {
        let (m, now, offset, terminal) = (seen.m, seen.at.0, seen.offset, seen.terminal);
        let recent = self.shared.recent.of(seen.card);
        seen.before = *recent;
        let place = recent.see(terminal);
        seen.new_to_card = place.is_some();
        if seen.used_card {
            let mode = m.entry_mode.map(|e| e / 10);
            seen.fallback |= recent.chip && matches!(mode, Some(2 | 90));
            let sent = m.chip.filter(|c| c.present & 1 << 4 != 0 && !seen.fallback);
            seen.counter = sent.map_or(0, |c| c.transaction_counter);
            let step = seen.counter.wrapping_sub(recent.counter);
            let both = seen.counter != 0 && recent.counter != 0;
            seen.same_chip = both && (1..=COUNTER_STEP_MAX).contains(&step);
            recent.chip |= !seen.fallback && matches!(mode, Some(5 | 7));
            recent.counter = seen.counter;
        }
        (recent.at, recent.offset, recent.terminal) = (now, offset, terminal);
        (recent.new_terminal, recent.place) = (seen.new_to_card, seen.known_place());
        if let Some(place) = place {
            let visit = Visit { at: now, offset, terminal, merchant: seen.merchant };
            self.shared.visits.of(seen.card).enter(place, visit);
        }
    }

    /// Shows the answer to a payment to all detectors.
    pub(crate) fn answered(&mut self, mut seen: Answered<'_>, mut raise: impl FnMut(Raised)) {
        let (pair, now) = (seen.payment, seen.at.0);
        let tells = match seen.class {
            ResponseClass::Approved => pair.currency != 0 && pair.amount >= cash_out::large(pair.currency),
            class => matches!(class, ResponseClass::Declined | ResponseClass::KeepCard),
        };
        if tells {
            let shared = &mut self.shared;
            let [card, terminal, ..] = pair.slots.map(|slot| shared.hints.get(slot));
            let (terminals, cards) = (&mut shared.terminals, &mut shared.cards);
            seen.terminal_number =
                terminals.find_at(terminal, seen.tenant, &pair.terminal, now).unwrap_or(NONE);
            seen.card = cards.find_at(card, seen.tenant, &card_name(pair.card), now).unwrap_or(NONE);
        }
        self.show_answer(&seen, &mut raise);
    }
}
