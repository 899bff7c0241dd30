//! Detectors: each one file with what it catches and why, its logic, its texts and its tests.
//!
//! To add one: copy `card_testing.rs`, change it, and add its line to the list below. A detector sees the
//! answers to payments in log order, keeps bounded state, and may raise a finding and ask for a watch; the
//! watch comes back as an event, never as a call. It must not accuse anyone: a finding says what is
//! suspected, what it rests on, what it does not show and what else it may be.

mod card_testing;
mod texts;

pub use texts::{FINDING_TEXTS, FindingTexts, finding_texts};

use crate::RestoreError;
use crate::bytes::{Reader, Writer};
use crate::pairing::Pair;
use tg_event::{Finding, ResponseClass, SubjectKey};
use tg_types::{Instant, Short, TenantId};

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
    /// The terminal's last hour, this answer included.
    pub(crate) hour: TerminalHour,
}

impl Answered<'_> {
    /// The terminal's name as text.
    pub(crate) fn terminal_name(&self) -> Short<16> {
        Short::new(std::str::from_utf8(self.terminal_name).unwrap_or("")).unwrap_or_default()
    }
}

/// What the exact windows say of a terminal's last hour.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TerminalHour {
    pub(crate) payments: i64,
    pub(crate) declines: i64,
    pub(crate) declined_cards: i64,
}

impl TerminalHour {
    /// At least so many percent of the payments were refused.
    pub(crate) fn declined_at_least(&self, percent: i64) -> bool {
        self.declines * 100 >= self.payments * percent
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

/// One detector. Deterministic, bounded, without I/O.
pub(crate) trait Detector: Sized {
    /// With no state.
    fn new() -> Self;
    /// Looks at an answer.
    fn answered(&mut self, seen: &Answered<'_>) -> Raised;
    /// Time has passed: what is over is forgotten.
    fn tick(&mut self, now: Instant);
    /// Writes the state.
    fn save(&self, w: &mut Writer<'_>);
    /// Reads what `save` wrote.
    fn load(r: &mut Reader<'_>) -> Result<Self, RestoreError>;
    /// Subjects followed now, and those for which there was no room.
    fn followed(&self) -> (u64, u64);
}

macro_rules! detectors {
    ($($name:ident: $detector:ty,)*) => {
        /// All detectors.
        pub(crate) struct Detectors { $(pub(crate) $name: $detector,)* }

        impl Detectors {
            pub(crate) fn new() -> Detectors {
                Detectors { $($name: <$detector>::new(),)* }
            }
            pub(crate) fn answered(&mut self, seen: &Answered<'_>, mut raise: impl FnMut(Raised)) {
                $(raise(self.$name.answered(seen));)*
            }
            pub(crate) fn tick(&mut self, now: Instant) {
                $(self.$name.tick(now);)*
            }
            pub(crate) fn followed(&self) -> (u64, u64) {
                let all = [$(self.$name.followed(),)*];
                (all.iter().map(|f| f.0).sum(), all.iter().map(|f| f.1).sum())
            }
            pub(crate) fn save(&self, w: &mut Writer<'_>) {
                $(self.$name.save(w);)*
            }
            pub(crate) fn load(r: &mut Reader<'_>) -> Result<Detectors, RestoreError> {
                Ok(Detectors { $($name: <$detector>::load(r)?,)* })
            }
        }
    };
}

detectors! {
    card_testing: card_testing::CardTesting,
}
