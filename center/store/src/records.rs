//! The records as they stand in the tables, and how a row becomes one.

use rusqlite::Row;
use serde::Deserialize;
use tg_text::Text;

/// A reason as it was kept.
#[derive(Clone, Debug)]
pub struct ReasonRecord {
    /// Stable name.
    pub code: String,
    /// In both languages.
    pub text: Text,
}

/// One payment.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)] // the names are those of `tg_event::Message`, where each is explained
pub struct PaymentRecord {
    pub payment: u64,
    pub changed: u64,
    pub feed: u16,
    pub opened_at: i64,
    pub answered_at: Option<i64>,
    pub scheme: String,
    pub mti: String,
    pub terminal: String,
    pub merchant: String,
    pub acquirer: String,
    pub issuer: String,
    pub serial: String,
    pub reference: String,
    pub authorization: String,
    pub card_token: Option<String>,
    pub bin: Option<u32>,
    pub last4: Option<u16>,
    pub card_length: Option<u8>,
    pub expiry: Option<u16>,
    pub amount: Option<i64>,
    pub currency: Option<u16>,
    pub processing_code: Option<u32>,
    pub entry_mode: Option<u16>,
    pub trace: Option<u32>,
    pub batch: Option<u32>,
    pub terminal_time: Option<(u8, u8, u32)>,
    /// Number of [`tg_event::MacState`].
    pub mac: u8,
    /// Number of [`tg_event::Outcome`].
    pub outcome: u8,
    pub response_code: String,
    /// Number of [`tg_event::ResponseClass`].
    pub response_class: u8,
    pub repeats: u32,
    pub score: u16,
    /// Number of [`tg_event::Decision`].
    pub decision: u8,
    pub reasons: Vec<ReasonRecord>,
    pub features: Vec<i64>,
    /// North and east in 1e-5 degrees, as the terminal said.
    pub place: Option<(i32, i32)>,
}

/// One step of a payment.
#[derive(Clone, Debug, Default)]
pub struct StepRecord {
    /// Offset of the event.
    pub offset: u64,
    /// Number of [`tg_event::PaymentStage`].
    pub stage: u8,
    /// Log time.
    pub at: i64,
    /// Message type; empty for a time-out.
    pub mti: String,
    /// Code in the message.
    pub response_code: String,
    /// Trace number.
    pub trace: Option<u32>,
    /// Feed.
    pub feed: u16,
    /// Bytes.
    pub frame_length: u16,
    /// Number of [`tg_event::MacState`].
    pub mac: u8,
}

/// One finding.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // the names are those of `tg_event::Finding`
pub struct FindingRecord {
    pub id: String,
    pub code: String,
    pub subject_kind: String,
    pub subject: String,
    /// Number of [`tg_event::Severity`].
    pub severity: u8,
    pub first_offset: u64,
    pub last_offset: u64,
    pub found_at: i64,
    pub text: Text,
    pub rests_on: Vec<Text>,
    pub not_shown: Vec<Text>,
    pub other_explanations: Vec<Text>,
    pub next_steps: Vec<Text>,
    pub events: Vec<u64>,
    /// Number of [`tg_event::JudgementVerdict`]: what a person said of it last.
    pub state: u8,
}

/// What a person said of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgementRecord {
    /// Its identity in hexadecimal.
    pub id: String,
    /// Number of [`tg_event::JudgementVerdict`].
    pub verdict: u8,
    /// The reason's stable name; may be empty.
    pub reason: String,
    /// Free text; empty if none was written, or if the store was made anew from the log, which has none.
    pub note: String,
    /// Who said it; empty if that is not known.
    pub said_by: String,
    /// When.
    pub said_at: i64,
}

/// One terminal.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)] // the names are those of `TerminalSeen`
pub struct TerminalRecord {
    pub terminal: String,
    pub merchant: String,
    pub serial: String,
    pub feed: u16,
    pub first_seen: i64,
    pub last_seen: i64,
    pub signed_on_at: Option<i64>,
    pub sign_on_code: String,
}

/// One frame that could not be decoded.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // the names are those of `tg_event::Undecoded`
pub struct UndecodedRecord {
    pub offset: u64,
    pub at: i64,
    pub feed: u16,
    pub frame_length: u32,
    pub frame_hash: String,
    pub kind: String,
    pub field: u8,
    pub error_offset: u32,
}

/// How payments of one scope went: what the page of a failed payment compares with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScopeCounts {
    /// Approved.
    pub approved: u64,
    /// Not approved or unknown.
    pub failed: u64,
    /// Of the failed, those that were not a refusal for the card or its account: no answer, a host that could
    /// not, keys, settings.
    pub technical: u64,
    /// Of the failed, with the same response code.
    pub same_code: u64,
    /// Log time of the last approved one.
    pub last_approved: Option<i64>,
}

/// The columns that [`payment`] reads, in its order.
pub(crate) const PAYMENT: &str =
    "payment, changed, feed, opened_at, answered_at, scheme, mti, terminal, merchant, acquirer, issuer,
    serial, reference, authorization_code, card_token, bin, last4, card_length, expiry, amount, currency,
    processing_code, entry_mode, trace, batch, terminal_month, terminal_day, terminal_second, mac, outcome,
    response_code, response_class, repeats, score, decision, reasons, features, latitude,
    longitude";

#[derive(Deserialize)]
struct StoredText {
    #[serde(rename = "zh-CN")]
    zh: String,
    en: String,
}

impl From<StoredText> for Text {
    fn from(stored: StoredText) -> Text {
        Text::new(stored.zh, stored.en)
    }
}

#[derive(Deserialize)]
struct StoredReason {
    code: String,
    text: StoredText,
}

#[derive(Deserialize)]
struct StoredFinding {
    text: StoredText,
    rests_on: Vec<StoredText>,
    not_shown: Vec<StoredText>,
    other_explanations: Vec<StoredText>,
    next_steps: Vec<StoredText>,
    events: Vec<u64>,
}

/// JSON that this crate wrote; what can't be read is a database error, not an empty value.
fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|e| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(e))
    })
}

pub(crate) fn payment(row: &Row<'_>) -> rusqlite::Result<PaymentRecord> {
    let (month, day, second): (Option<u8>, Option<u8>, Option<u32>) =
        (row.get(25)?, row.get(26)?, row.get(27)?);
    let reasons: Vec<StoredReason> = json(row, 35)?;
    Ok(PaymentRecord {
        payment: row.get::<_, i64>(0)? as u64,
        changed: row.get::<_, i64>(1)? as u64,
        feed: row.get(2)?,
        opened_at: row.get(3)?,
        answered_at: row.get(4)?,
        scheme: row.get(5)?,
        mti: row.get(6)?,
        terminal: row.get(7)?,
        merchant: row.get(8)?,
        acquirer: row.get(9)?,
        issuer: row.get(10)?,
        serial: row.get(11)?,
        reference: row.get(12)?,
        authorization: row.get(13)?,
        card_token: row.get(14)?,
        bin: row.get(15)?,
        last4: row.get(16)?,
        card_length: row.get(17)?,
        expiry: row.get(18)?,
        amount: row.get(19)?,
        currency: row.get(20)?,
        processing_code: row.get(21)?,
        entry_mode: row.get(22)?,
        trace: row.get(23)?,
        batch: row.get(24)?,
        terminal_time: month.zip(day).zip(second).map(|((m, d), s)| (m, d, s)),
        mac: row.get(28)?,
        outcome: row.get(29)?,
        response_code: row.get(30)?,
        response_class: row.get(31)?,
        repeats: row.get(32)?,
        score: row.get(33)?,
        decision: row.get(34)?,
        reasons: reasons.into_iter().map(|r| ReasonRecord { code: r.code, text: r.text.into() }).collect(),
        features: json(row, 36)?,
        place: row.get::<_, Option<i32>>(37)?.zip(row.get::<_, Option<i32>>(38)?),
    })
}

/// The columns that [`finding`] reads, in its order.
pub(crate) const FINDING: &str =
    "id, code, subject_kind, subject, severity, first_offset, last_offset, found_at, body, state";

pub(crate) fn finding(row: &Row<'_>) -> rusqlite::Result<FindingRecord> {
    let body: StoredFinding = json(row, 8)?;
    let texts = |list: Vec<StoredText>| list.into_iter().map(Text::from).collect();
    Ok(FindingRecord {
        id: row.get(0)?,
        code: row.get(1)?,
        subject_kind: row.get(2)?,
        subject: row.get(3)?,
        severity: row.get(4)?,
        first_offset: row.get::<_, i64>(5)? as u64,
        last_offset: row.get::<_, i64>(6)? as u64,
        found_at: row.get(7)?,
        text: body.text.into(),
        rests_on: texts(body.rests_on),
        not_shown: texts(body.not_shown),
        other_explanations: texts(body.other_explanations),
        next_steps: texts(body.next_steps),
        events: body.events,
        state: row.get(9)?,
    })
}

pub(crate) fn terminal(row: &Row<'_>) -> rusqlite::Result<TerminalRecord> {
    Ok(TerminalRecord {
        terminal: row.get(0)?,
        merchant: row.get(1)?,
        serial: row.get(2)?,
        feed: row.get(3)?,
        first_seen: row.get(4)?,
        last_seen: row.get(5)?,
        signed_on_at: row.get(6)?,
        sign_on_code: row.get(7)?,
    })
}
