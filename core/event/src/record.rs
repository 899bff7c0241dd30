//! [`Event`]: everything that can stand in the journal.

use crate::Message;
use tg_types::{Instant, Short, TenantId};

/// Where and when an event stands in the log of this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// Its place, rising by one.
    pub offset: u64,
    /// Its log time.
    pub log_time: Instant,
}

/// One record of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A decoded payment message.
    Message(Box<Message>),
    /// A frame that could not be decoded.
    Undecoded(Undecoded),
    /// Time has passed: time-outs and eviction follow these, not a clock.
    Tick,
    /// Settings, limits or the program changed.
    Epoch(Epoch),
    /// A finding that changes state comes back as an event.
    Feedback(Feedback),
    /// A person said what a finding is worth.
    Judgement(Judgement),
    /// The rules changed: all of them, as they were written.
    Rules(Rules),
}

/// Why a frame could not be decoded (contract, section 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum UndecodedKind {
    /// Bytes are missing.
    Truncated = 0,
    /// A length prefix is not a number.
    LengthNotDigits = 1,
    /// A length prefix is over the field's limit.
    LengthOverLimit = 2,
    /// A character that the field does not allow.
    BadCharacter = 3,
    /// The bitmap contradicts itself.
    BadBitmap = 4,
    /// Bytes after the last field.
    TrailingBytes = 5,
    /// The dialect has no such field.
    UnknownField = 6,
    /// TPDU or header.
    BadHeader = 7,
    /// Chip data.
    BadTlv = 8,
    /// The frame is longer than the feed allows.
    FrameTooLong = 9,
}

impl UndecodedKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [UndecodedKind; 10] = {
        use UndecodedKind::*;
        [
            Truncated,
            LengthNotDigits,
            LengthOverLimit,
            BadCharacter,
            BadBitmap,
            TrailingBytes,
            UnknownField,
            BadHeader,
            BadTlv,
            FrameTooLong,
        ]
    };

    /// The name in JSON and metrics.
    pub fn name(self) -> &'static str {
        match self {
            UndecodedKind::Truncated => "truncated",
            UndecodedKind::LengthNotDigits => "length_not_digits",
            UndecodedKind::LengthOverLimit => "length_over_limit",
            UndecodedKind::BadCharacter => "bad_character",
            UndecodedKind::BadBitmap => "bad_bitmap",
            UndecodedKind::TrailingBytes => "trailing_bytes",
            UndecodedKind::UnknownField => "unknown_field",
            UndecodedKind::BadHeader => "bad_header",
            UndecodedKind::BadTlv => "bad_tlv",
            UndecodedKind::FrameTooLong => "frame_too_long",
        }
    }
}

/// All that is kept of a frame that could not be decoded. Never its bytes: they may hold a card number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undecoded {
    /// Whose.
    pub tenant: TenantId,
    /// Which feed.
    pub feed: u16,
    /// Length of the frame in bytes.
    pub frame_length: u32,
    /// Keyed hash of the frame.
    pub frame_hash: u64,
    /// What was wrong.
    pub kind: UndecodedKind,
    /// The field at fault; 0 for header, message type, bitmap and trailing bytes.
    pub field: u8,
    /// The byte where that field begins.
    pub error_offset: u32,
}

/// The rules in force from here on: the file's text, so that a replay compiles what was meant then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Whose.
    pub tenant: TenantId,
    /// A file of rules; empty for none. At most [`Rules::TEXT_MAX`] bytes.
    pub text: String,
}

impl Rules {
    /// Bytes of a file of rules.
    pub const TEXT_MAX: usize = 256 << 10;
}

/// The limits that verdicts depend on. They stand in the log, so that a replay uses those of the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Seconds of log time after which a request without an answer is "unknown".
    pub answer_seconds: u32,
    /// Seconds of log time in which a late answer or a reversal still finds its payment.
    pub late_seconds: u32,
    /// Seconds in which an exact repeat is a duplicate.
    pub duplicate_seconds: u32,
    /// At most so many open or recent payments are remembered for pairing.
    pub pairs_max: u32,
    /// At most so many frames are remembered to find duplicates.
    pub duplicates_max: u32,
    /// At most so many entities (cards, terminals, merchants, issuers) hold windows.
    pub entities_max: u32,
    /// At most so many live window entries over all entities.
    pub window_entries_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            answer_seconds: 60,
            late_seconds: 600,
            duplicate_seconds: 600,
            pairs_max: 4_000_000,
            duplicates_max: 16_000_000,
            entities_max: 20_000_000,
            window_entries_max: 200_000_000,
        }
    }
}

/// Settings under which the events that follow are judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// Version of the engine's logic: a change that alters verdicts raises it.
    pub engine_version: u32,
    /// Hash of the feature catalogue in force.
    pub catalogue_hash: u64,
    /// The limits.
    pub limits: Limits,
}

/// What a finding is about, as it stands in the log and in state keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKey {
    /// A terminal number.
    Terminal(Short<16>),
    /// A merchant number.
    Merchant(Short<15>),
    /// A card.
    Card(tg_types::PanToken),
}

/// What a finding changes in the engine's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum FeedbackAction {
    /// Payments of the subject are advised to be reviewed until the given log time.
    Watch = 1,
}

/// A finding that came back as an event. `(cause, n)` is its identity: applied once, however often it
/// stands in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// Whose.
    pub tenant: TenantId,
    /// Offset of the event that caused it.
    pub cause: u64,
    /// Which of the cause's feedbacks.
    pub n: u16,
    /// What changes.
    pub action: FeedbackAction,
    /// For whom.
    pub subject: SubjectKey,
    /// Until when, in log time.
    pub until: Instant,
}

/// What a person says of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum JudgementVerdict {
    /// It is open again: an earlier judgement is taken back.
    Open = 0,
    /// It is what it says.
    Confirmed = 1,
    /// It is not.
    Dismissed = 2,
}

impl JudgementVerdict {
    /// The verdict of a number.
    pub fn from_byte(byte: u8) -> Option<JudgementVerdict> {
        [JudgementVerdict::Open, JudgementVerdict::Confirmed, JudgementVerdict::Dismissed]
            .get(usize::from(byte))
            .copied()
    }
}

/// What a person said of a finding: a label that was learnt later. SQL is the record of what people make;
/// this is its copy in the log, without the free text, which may name somebody. `id` is its identity: it
/// counts once, however often it stands in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Judgement {
    /// Whose.
    pub tenant: TenantId,
    /// Made when the form was drawn, so that a form that is sent twice says one thing.
    pub id: [u8; 16],
    /// The finding, such as `F-1042-0`.
    pub finding: Short<32>,
    /// What was said.
    pub verdict: JudgementVerdict,
    /// The reason's stable name; empty if none was asked for.
    pub reason: Short<32>,
    /// When it was said, by the clock of the console.
    pub said_at: Instant,
}
