//! Bytes of an event: kind, version, body. Little-endian; texts with one length byte; a message's absent
//! parts cost nothing (one bit in its presence mask).
//!
//! Layout changes need a new version constant, a reader for the old one, and a golden file in `tests/`.

use crate::{
    Chip, DuplicateKey, Epoch, Event, Feedback, FeedbackAction, Judgement, JudgementVerdict, Limits,
    MacState, Message, Place, ResponseClass, Rules, SubjectKey, TerminalTime, Undecoded, UndecodedKind,
};
use tg_types::{Card, Instant, MaskedPan, Money, Mti, PanToken, Short, TenantId};

/// Why bytes are not an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end too early.
    #[error("the record ends too early")]
    Short,
    /// No such kind of event.
    #[error("event kind {0} is not known")]
    Kind(u8),
    /// Written by a newer version.
    #[error("event kind {kind} has version {version}, this program reads up to {known}")]
    Version {
        /// Kind byte.
        kind: u8,
        /// Version found.
        version: u8,
        /// Newest version that this program reads.
        known: u8,
    },
    /// A value is out of range.
    #[error("{0} is out of range")]
    Value(&'static str),
    /// Bytes are left over.
    #[error("{0} bytes are left over")]
    Trailing(usize),
}

const MESSAGE: u8 = 1;
const UNDECODED: u8 = 2;
const TICK: u8 = 3;
const EPOCH: u8 = 4;
const FEEDBACK: u8 = 5;
const JUDGEMENT: u8 = 6;
const RULES: u8 = 7;
/// The version in which this program writes a kind; it reads that and all before.
const fn version_of(kind: u8) -> u8 {
    match kind {
        // 2: place, service code, DE23, and of UnionPay's POS form the parts of DE60.
        MESSAGE => 2,
        _ => 1,
    }
}

impl Event {
    /// Appends the event's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut w = Writer(out);
        match self {
            Event::Message(message) => {
                w.bytes(&[MESSAGE, version_of(MESSAGE)]);
                encode_message(message, &mut w);
            }
            Event::Undecoded(u) => {
                w.bytes(&[UNDECODED, version_of(UNDECODED)]);
                w.u16(u.tenant.0);
                w.u16(u.feed);
                w.u32(u.frame_length);
                w.u64(u.frame_hash);
                w.bytes(&[u.kind as u8, u.field]);
                w.u32(u.error_offset);
            }
            Event::Tick => w.bytes(&[TICK, version_of(TICK)]),
            Event::Epoch(e) => {
                w.bytes(&[EPOCH, version_of(EPOCH)]);
                w.u32(e.engine_version);
                w.u64(e.catalogue_hash);
                for limit in limits(&e.limits) {
                    w.u32(limit);
                }
            }
            Event::Feedback(f) => {
                w.bytes(&[FEEDBACK, version_of(FEEDBACK)]);
                w.u16(f.tenant.0);
                w.u64(f.cause);
                w.u16(f.n);
                w.bytes(&[f.action as u8]);
                match &f.subject {
                    SubjectKey::Terminal(t) => w.tagged(1, t.as_bytes()),
                    SubjectKey::Merchant(m) => w.tagged(2, m.as_bytes()),
                    SubjectKey::Card(c) => w.tagged(3, &c.0),
                }
                w.u64(f.until.0 as u64);
            }
            Event::Judgement(j) => {
                w.bytes(&[JUDGEMENT, version_of(JUDGEMENT)]);
                w.u16(j.tenant.0);
                w.bytes(&j.id);
                w.text(j.finding.as_bytes());
                w.bytes(&[j.verdict as u8]);
                w.text(j.reason.as_bytes());
                w.u64(j.said_at.0 as u64);
            }
            Event::Rules(rules) => {
                w.bytes(&[RULES, version_of(RULES)]);
                w.u16(rules.tenant.0);
                w.u32(rules.text.len() as u32);
                w.bytes(rules.text.as_bytes());
            }
        }
    }

    /// Reads an event from exactly these bytes.
    ///
    /// # Errors
    /// If the bytes are no event, or one of a newer version.
    pub fn decode(bytes: &[u8]) -> Result<Event, DecodeError> {
        let mut r = Reader(bytes);
        let (kind, version) = (r.u8()?, r.u8()?);
        if !(MESSAGE..=RULES).contains(&kind) {
            return Err(DecodeError::Kind(kind));
        }
        let known = version_of(kind);
        if !(1..=known).contains(&version) {
            return Err(DecodeError::Version { kind, version, known });
        }
        let event = match kind {
            MESSAGE => Event::Message(Box::new(decode_message(&mut r, version)?)),
            UNDECODED => Event::Undecoded(Undecoded {
                tenant: TenantId(r.u16()?),
                feed: r.u16()?,
                frame_length: r.u32()?,
                frame_hash: r.u64()?,
                kind: *UndecodedKind::ALL.get(usize::from(r.u8()?)).ok_or(DecodeError::Value("kind"))?,
                field: r.u8()?,
                error_offset: r.u32()?,
            }),
            TICK => Event::Tick,
            EPOCH => Event::Epoch(Epoch {
                engine_version: r.u32()?,
                catalogue_hash: r.u64()?,
                limits: Limits {
                    answer_seconds: r.u32()?,
                    late_seconds: r.u32()?,
                    duplicate_seconds: r.u32()?,
                    pairs_max: r.u32()?,
                    duplicates_max: r.u32()?,
                    entities_max: r.u32()?,
                    window_entries_max: r.u32()?,
                },
            }),
            FEEDBACK => decode_feedback(&mut r)?,
            RULES => {
                let (tenant, length) = (TenantId(r.u16()?), r.u32()? as usize);
                let (text, rest) = r.0.split_at_checked(length).ok_or(DecodeError::Short)?;
                r.0 = rest;
                let text = std::str::from_utf8(text).ok().filter(|t| t.len() <= Rules::TEXT_MAX);
                Event::Rules(Rules { tenant, text: text.ok_or(DecodeError::Value("rules"))?.to_owned() })
            }
            _ => Event::Judgement(Judgement {
                tenant: TenantId(r.u16()?),
                id: r.array()?,
                finding: r.short()?,
                verdict: JudgementVerdict::from_byte(r.u8()?).ok_or(DecodeError::Value("verdict"))?,
                reason: r.short()?,
                said_at: Instant(r.u64()? as i64),
            }),
        };
        match r.0.len() {
            0 => Ok(event),
            left => Err(DecodeError::Trailing(left)),
        }
    }
}

fn limits(l: &Limits) -> [u32; 7] {
    [
        l.answer_seconds,
        l.late_seconds,
        l.duplicate_seconds,
        l.pairs_max,
        l.duplicates_max,
        l.entities_max,
        l.window_entries_max,
    ]
}

fn decode_feedback(r: &mut Reader<'_>) -> Result<Event, DecodeError> {
    let (tenant, cause, n) = (TenantId(r.u16()?), r.u64()?, r.u16()?);
    let action = match r.u8()? {
        1 => FeedbackAction::Watch,
        _ => return Err(DecodeError::Value("action")),
    };
    let subject = match r.u8()? {
        1 => SubjectKey::Terminal(r.short()?),
        2 => SubjectKey::Merchant(r.short()?),
        3 => SubjectKey::Card(PanToken(r.text()?.try_into().map_err(|_| DecodeError::Value("token"))?)),
        _ => return Err(DecodeError::Value("subject")),
    };
    let until = Instant(r.u64()? as i64);
    Ok(Event::Feedback(Feedback { tenant, cause, n, action, subject, until }))
}

/// The order of the optional parts in the presence mask. Append only.
mod bit {
    pub const CARD: u32 = 1 << 0;
    pub const AMOUNT: u32 = 1 << 1;
    pub const PROCESSING_CODE: u32 = 1 << 2;
    pub const TRACE: u32 = 1 << 3;
    pub const BATCH: u32 = 1 << 4;
    pub const ORIGINAL_TRACE: u32 = 1 << 5;
    pub const TERMINAL_TIME: u32 = 1 << 6;
    pub const EXPIRY: u32 = 1 << 7;
    pub const MERCHANT_CATEGORY: u32 = 1 << 8;
    pub const COUNTRY: u32 = 1 << 9;
    pub const ENTRY_MODE: u32 = 1 << 10;
    pub const CONDITION: u32 = 1 << 11;
    pub const CHIP: u32 = 1 << 12;
    pub const PIN: u32 = 1 << 13;
    pub const TRACK: u32 = 1 << 14;
    /// From here on since version 2.
    pub const PLACE: u32 = 1 << 15;
    pub const MANAGEMENT: u32 = 1 << 16;
    pub const SERVICE_CODE: u32 = 1 << 17;
    pub const CARD_SEQUENCE: u32 = 1 << 18;
    pub const BUSINESS: u32 = 1 << 19;
    pub const READS: u32 = 1 << 20;
    pub const CHIP_FAILED: u32 = 1 << 21;
    /// What a message of version 1 may have.
    pub const OF_VERSION_1: u32 = PLACE - 1;
}

fn encode_message(m: &Message, w: &mut Writer<'_>) {
    let mask = [
        (bit::CARD, m.card.is_some()),
        (bit::AMOUNT, m.amount.is_some()),
        (bit::PROCESSING_CODE, m.processing_code.is_some()),
        (bit::TRACE, m.trace.is_some()),
        (bit::BATCH, m.batch.is_some()),
        (bit::ORIGINAL_TRACE, m.original_trace.is_some()),
        (bit::TERMINAL_TIME, m.terminal_time.is_some()),
        (bit::EXPIRY, m.expiry.is_some()),
        (bit::MERCHANT_CATEGORY, m.merchant_category.is_some()),
        (bit::COUNTRY, m.country.is_some()),
        (bit::ENTRY_MODE, m.entry_mode.is_some()),
        (bit::CONDITION, m.condition.is_some()),
        (bit::CHIP, m.chip.is_some()),
        (bit::PIN, m.pin_present),
        (bit::TRACK, m.track_present),
        (bit::PLACE, m.place.is_some()),
        (bit::MANAGEMENT, m.management.is_some()),
        (bit::SERVICE_CODE, m.service_code.is_some()),
        (bit::CARD_SEQUENCE, m.card_sequence.is_some()),
        (bit::BUSINESS, m.business.is_some()),
        (bit::READS, m.reads.is_some()),
        (bit::CHIP_FAILED, m.chip_failed.is_some()),
    ]
    .into_iter()
    .fold(0, |mask, (bit, on)| if on { mask | bit } else { mask });
    w.u32(mask);
    w.u16(m.tenant.0);
    w.u16(m.feed);
    w.u16(m.frame_length);
    w.u16(m.mti.0);
    w.u64(m.duplicate_key.0);
    w.bytes(&[m.response_class as u8, m.mac as u8]);
    if let Some(card) = &m.card {
        w.bytes(&card.token.0);
        w.u16(card.key_id);
        w.u32(card.masked.bin);
        w.u16(card.masked.last4);
        w.bytes(&[card.masked.length]);
        w.u64(card.first12);
        w.u64(card.stem);
    }
    if let Some(amount) = m.amount {
        w.u64(amount.minor as u64);
        w.u16(amount.currency);
    }
    [m.processing_code, m.trace, m.batch, m.original_trace].into_iter().flatten().for_each(|n| w.u32(n));
    if let Some(time) = m.terminal_time {
        w.bytes(&[time.month, time.day]);
        w.u32(time.second_of_day);
    }
    [m.expiry, m.merchant_category, m.country, m.entry_mode].into_iter().flatten().for_each(|n| w.u16(n));
    if let Some(condition) = m.condition {
        w.bytes(&[condition]);
    }
    if let Some(chip) = &m.chip {
        w.bytes(&[chip.present]);
        w.bytes(&chip.terminal_verification_results);
        w.bytes(&chip.transaction_status);
        w.bytes(&chip.verification_method);
        w.bytes(&[chip.cryptogram_information]);
        w.u16(chip.transaction_counter);
        w.u32(chip.unpredictable_number);
    }
    for text in [
        m.scheme.as_bytes(),
        m.acquirer.as_bytes(),
        m.issuer.as_bytes(),
        m.retrieval_reference.as_bytes(),
        m.authorization.as_bytes(),
        m.response_code.as_bytes(),
        m.terminal.as_bytes(),
        m.merchant.as_bytes(),
        m.serial.as_bytes(),
    ] {
        w.text(text);
    }
    if let Some(place) = m.place {
        w.u32(place.latitude as u32);
        w.u32(place.longitude as u32);
    }
    [m.management, m.service_code, m.card_sequence].into_iter().flatten().for_each(|n| w.u16(n));
    [m.business, m.reads, m.chip_failed].into_iter().flatten().for_each(|n| w.bytes(&[n]));
}

fn decode_message(r: &mut Reader<'_>, version: u8) -> Result<Message, DecodeError> {
    let mask = r.u32()? & if version == 1 { bit::OF_VERSION_1 } else { u32::MAX };
    let has = |bit: u32| mask & bit != 0;
    let mut m = Message {
        tenant: TenantId(r.u16()?),
        feed: r.u16()?,
        frame_length: r.u16()?,
        mti: Mti(r.u16()?),
        duplicate_key: DuplicateKey(r.u64()?),
        response_class: ResponseClass::from_byte(r.u8()?).ok_or(DecodeError::Value("response class"))?,
        mac: MacState::from_byte(r.u8()?).ok_or(DecodeError::Value("MAC state"))?,
        pin_present: has(bit::PIN),
        track_present: has(bit::TRACK),
        ..Message::default()
    };
    if has(bit::CARD) {
        m.card = Some(Card {
            token: PanToken(r.array()?),
            key_id: r.u16()?,
            masked: MaskedPan { bin: r.u32()?, last4: r.u16()?, length: r.u8()? },
            first12: r.u64()?,
            stem: r.u64()?,
        });
    }
    if has(bit::AMOUNT) {
        m.amount = Some(Money { minor: r.u64()? as i64, currency: r.u16()? });
    }
    for (bit, field) in [
        (bit::PROCESSING_CODE, &mut m.processing_code),
        (bit::TRACE, &mut m.trace),
        (bit::BATCH, &mut m.batch),
        (bit::ORIGINAL_TRACE, &mut m.original_trace),
    ] {
        *field = if has(bit) { Some(r.u32()?) } else { None };
    }
    if has(bit::TERMINAL_TIME) {
        m.terminal_time = Some(TerminalTime { month: r.u8()?, day: r.u8()?, second_of_day: r.u32()? });
    }
    for (bit, field) in [
        (bit::EXPIRY, &mut m.expiry),
        (bit::MERCHANT_CATEGORY, &mut m.merchant_category),
        (bit::COUNTRY, &mut m.country),
        (bit::ENTRY_MODE, &mut m.entry_mode),
    ] {
        *field = if has(bit) { Some(r.u16()?) } else { None };
    }
    if has(bit::CONDITION) {
        m.condition = Some(r.u8()?);
    }
    if has(bit::CHIP) {
        m.chip = Some(Chip {
            present: r.u8()?,
            terminal_verification_results: r.array()?,
            transaction_status: r.array()?,
            verification_method: r.array()?,
            cryptogram_information: r.u8()?,
            transaction_counter: r.u16()?,
            unpredictable_number: r.u32()?,
        });
    }
    m.scheme = r.short()?;
    m.acquirer = r.short()?;
    m.issuer = r.short()?;
    m.retrieval_reference = r.short()?;
    m.authorization = r.short()?;
    m.response_code = r.short()?;
    m.terminal = r.short()?;
    m.merchant = r.short()?;
    m.serial = r.short()?;
    if has(bit::PLACE) {
        let place = Place::new(r.u32()? as i32, r.u32()? as i32);
        m.place = Some(place.ok_or(DecodeError::Value("place"))?);
    }
    for (bit, field) in [
        (bit::MANAGEMENT, &mut m.management),
        (bit::SERVICE_CODE, &mut m.service_code),
        (bit::CARD_SEQUENCE, &mut m.card_sequence),
    ] {
        *field = if has(bit) { Some(r.u16()?) } else { None };
    }
    for (bit, field) in
        [(bit::BUSINESS, &mut m.business), (bit::READS, &mut m.reads), (bit::CHIP_FAILED, &mut m.chip_failed)]
    {
        *field = if has(bit) { Some(r.u8()?) } else { None };
    }
    Ok(m)
}

struct Writer<'a>(&'a mut Vec<u8>);

impl Writer<'_> {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
    fn u16(&mut self, n: u16) {
        self.bytes(&n.to_le_bytes());
    }
    fn u32(&mut self, n: u32) {
        self.bytes(&n.to_le_bytes());
    }
    fn u64(&mut self, n: u64) {
        self.bytes(&n.to_le_bytes());
    }
    /// A text of at most 255 bytes; `Short` can't hold more.
    fn text(&mut self, text: &[u8]) {
        debug_assert!(text.len() <= 255);
        self.0.push(text.len() as u8);
        self.bytes(text);
    }
    fn tagged(&mut self, tag: u8, text: &[u8]) {
        self.0.push(tag);
        self.text(text);
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], DecodeError> {
        let (head, rest) = self.0.split_at_checked(n).ok_or(DecodeError::Short)?;
        self.0 = rest;
        Ok(head)
    }
    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (head, rest) = self.0.split_first_chunk().ok_or(DecodeError::Short)?;
        self.0 = rest;
        Ok(*head)
    }
    fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array::<1>().map(|[b]| b)
    }
    fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_le_bytes)
    }
    fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_le_bytes)
    }
    fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_le_bytes)
    }
    fn text(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = self.u8()?;
        self.take(usize::from(length))
    }
    fn short<const N: usize>(&mut self) -> Result<Short<N>, DecodeError> {
        Short::from_trimmed(self.text()?).map_err(|_| DecodeError::Value("text"))
    }
}
