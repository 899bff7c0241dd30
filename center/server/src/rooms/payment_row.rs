//! One payment as a row, with its messages.

use crate::live::Live;
use tg_codes::{Catalogue, Direction, Scheme};
use tg_console::view::{self, Amount, Card, MessageRow, PaymentRow};
use tg_event::{MacState, Outcome, PaymentStage};
use tg_store::{PaymentRecord, Reader, StepRecord, StoreError};
use tg_text::Text;

/// Rows of payments, each with its messages.
pub(crate) fn payment_rows(
    reader: &Reader,
    records: &[PaymentRecord],
    live: &Live,
) -> Result<Vec<PaymentRow>, StoreError> {
    let feeds = live.feed_names();
    let row = |record: &PaymentRecord| Ok(payment_row(record, &reader.steps(record.payment)?, live, &feeds));
    records.iter().map(row).collect()
}

/// The row of a payment. `feeds` are the feeds' names by their number.
pub(crate) fn payment_row(
    record: &PaymentRecord,
    steps: &[StepRecord],
    live: &Live,
    feeds: &[String],
) -> PaymentRow {
    let words = code_words(record);
    PaymentRow {
        id: record.payment.to_string(),
        at_us: record.opened_at,
        terminal: record.terminal.clone(),
        merchant: record.merchant.clone(),
        merchant_name: live.place(&record.terminal).map(|p| p.name),
        card: card(record),
        amount: amount(record),
        kind: kind(record),
        outcome: outcome(record.outcome),
        code: (!record.response_code.is_empty()).then(|| record.response_code.clone()),
        why: why(record, words.as_ref()),
        code_words: words,
        answer_ms: record.answered_at.map(|at| ((at - record.opened_at).max(0) / 1000) as u64),
        score: (record.decision != tg_event::Decision::None as u8).then_some(record.score),
        decision: decision(record.decision),
        trace: record.trace.map(|t| format!("{t:06}")).unwrap_or_default(),
        reference: (!record.reference.is_empty()).then(|| record.reference.clone()),
        messages: steps.iter().filter(|s| !s.mti.is_empty()).map(|s| message_row(record, s, feeds)).collect(),
    }
}

pub(crate) fn card(record: &PaymentRecord) -> Option<Card> {
    let (bin, last4) = record.bin.zip(record.last4)?;
    let length = record.card_length.unwrap_or(0);
    Some(Card { bin: format!("{bin:06}"), last_four: format!("{last4:04}"), length })
}

pub(crate) fn amount(record: &PaymentRecord) -> Option<Amount> {
    let minor = record.amount?;
    Some(Amount { minor, currency: record.currency.unwrap_or(0) })
}

pub(crate) fn outcome(number: u8) -> view::Outcome {
    match number {
        n if n == Outcome::Approved as u8 => view::Outcome::Approved,
        n if n == Outcome::Declined as u8 => view::Outcome::Declined,
        n if n == Outcome::Unknown as u8 || n == Outcome::ReversalRefused as u8 => view::Outcome::Unknown,
        n if n == Outcome::ReversalSent as u8 => view::Outcome::ReversalSent,
        n if n == Outcome::Reversed as u8 => view::Outcome::Reversed,
        _ => view::Outcome::Waiting,
    }
}

fn decision(number: u8) -> view::Decision {
    match number {
        n if n == tg_event::Decision::Approve as u8 => view::Decision::Approve,
        n if n == tg_event::Decision::Review as u8 => view::Decision::Review,
        n if n == tg_event::Decision::Decline as u8 => view::Decision::Decline,
        _ => view::Decision::None,
    }
}

pub(crate) fn scheme(record: &PaymentRecord) -> Option<Scheme> {
    Scheme::from_word(&record.scheme)
}

/// What the payment's response code says.
pub(crate) fn code_words(record: &PaymentRecord) -> Option<Text> {
    if record.response_code.is_empty() {
        return None;
    }
    let row = Catalogue::builtin().response_code(scheme(record)?, Direction::Response, &record.response_code);
    Some(row.map_or_else(
        || Text::fixed("目录未收录，勿凭猜测处理", "not in the catalogue, don't guess"),
        |row| short(&row.meaning),
    ))
}

/// The first part of a meaning: what stands before brackets and colons, for a row's one line.
pub(super) fn short(text: &Text) -> Text {
    let cut = |t: &str, marks: &[char]| t.split(marks).next().unwrap_or(t).trim().to_owned();
    Text::new(cut(&text.zh, &['（', '：', '，', '；']), cut(&text.en, &['(', ':', ';']))
}

fn why(record: &PaymentRecord, words: Option<&Text>) -> Option<Text> {
    match outcome(record.outcome) {
        view::Outcome::Declined => words.cloned(),
        view::Outcome::Unknown => {
            Some(Text::fixed("没有应答，结果未知", "No answer: the outcome is unknown"))
        }
        view::Outcome::ReversalSent => {
            Some(Text::fixed("已发冲正，尚未确认", "A reversal was sent and is not confirmed"))
        }
        view::Outcome::Reversed => Some(Text::fixed("冲正已确认", "The reversal was confirmed")),
        view::Outcome::Approved | view::Outcome::Waiting => {
            let unusual = record.reasons.iter().find(|r| r.code != "nothing_unusual");
            unusual.map(|r| r.text.clone())
        }
    }
}

/// What a payment is, by its processing code and message type.
fn kind(record: &PaymentRecord) -> Option<Text> {
    if record.mti == "0100" {
        return Some(Text::fixed("预授权", "Authorisation"));
    }
    Some(match record.processing_code? / 10_000 {
        0 => Text::fixed("消费", "Purchase"),
        1 => Text::fixed("取现", "Cash"),
        2 => Text::fixed("调整", "Adjustment"),
        20 => Text::fixed("撤销或退货", "Void or refund"),
        21 => Text::fixed("存款", "Deposit"),
        30..=39 => Text::fixed("余额查询", "Balance enquiry"),
        40..=49 => Text::fixed("转账", "Transfer"),
        _ => Text::fixed("其他交易", "Other"),
    })
}

fn message_row(record: &PaymentRecord, step: &StepRecord, feeds: &[String]) -> MessageRow {
    let response = step.mti.as_bytes().get(2).is_some_and(|d| (d - b'0') % 2 == 1);
    let repeated = step.stage == PaymentStage::Repeated as u8;
    MessageRow {
        offset: step.offset,
        at_us: step.at,
        mti: step.mti.clone(),
        meaning: meaning(&step.mti, kind(record)),
        direction: if response { view::Direction::ToTerminal } else { view::Direction::ToAcquirer },
        code: (!step.response_code.is_empty()).then(|| step.response_code.clone()),
        trace: step.trace.map(|t| format!("{t:06}")).unwrap_or_default(),
        feed: feeds.get(usize::from(step.feed)).cloned().unwrap_or_default(),
        length_bytes: u32::from(step.frame_length),
        duplicate: repeated,
        fields: mac_field(step.mac).into_iter().collect(),
    }
}

fn meaning(mti: &str, kind: Option<Text>) -> Option<Text> {
    let kind = kind.unwrap_or(Text::fixed("交易", "Payment"));
    let [_, class, function, _] = *mti.as_bytes() else { return None };
    let step = match function {
        b'0' => ("请求", " request"),
        b'1' | b'3' => ("应答", " answer"),
        b'2' => ("通知", " advice"),
        _ => return None,
    };
    let (zh, en) = match class {
        b'1' | b'2' => (kind.zh.into_owned(), kind.en.into_owned()),
        b'4' => ("冲正".to_owned(), "Reversal".to_owned()),
        b'8' => ("网络管理".to_owned(), "Network management".to_owned()),
        _ => return None,
    };
    Some(Text::new(zh + step.0, en + step.1))
}

fn mac_field(mac: u8) -> Option<view::FieldRow> {
    let value = match mac {
        m if m == MacState::Good as u8 => "MAC ✓",
        m if m == MacState::Bad as u8 => "MAC ✗",
        m if m == MacState::Unchecked as u8 => "MAC ?",
        _ => return None,
    };
    let name = Some(match mac {
        m if m == MacState::Unchecked as u8 => {
            Text::fixed("有报文鉴别码，未配置密钥，未校验", "MAC present, no key configured, not checked")
        }
        m if m == MacState::Good as u8 => Text::fixed("报文鉴别码正确", "The MAC is right"),
        _ => Text::fixed("报文鉴别码不符", "The MAC is wrong"),
    });
    Some(view::FieldRow { number: "64".into(), name, value: value.into(), masked: false })
}
