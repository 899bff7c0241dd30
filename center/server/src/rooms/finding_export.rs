//! Findings as files: JSON for machines, CSV for spreadsheets.
//!
//! Why it exists: evidence leaves the console, to the acquirer, to a case file, to a table. Nothing leaves with more of a
//! card than six and four digits, without its token, and no cell begins as a formula: what a sender put into
//! a field must not run in the spreadsheet of whoever opens it (OWASP, "CSV Injection").

use super::finding::{finding_rows, state};
use super::payment_row::{amount, card, outcome};
use serde_json::{Value, json};
use tg_console::mask_cards;
use tg_console::view::{self, FindingRow, Subject};
use tg_store::{FindingFilter, FindingRecord, JudgementRecord, PaymentRecord, Reader, StoreError};
use tg_text::{Lang, Text};

/// Findings in one export.
pub(crate) const EXPORT_MAX: u32 = 5_000;

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    Csv,
}

impl Form {
    pub fn content_type(self) -> &'static str {
        match self {
            Form::Json => "application/json; charset=utf-8",
            Form::Csv => "text/csv; charset=utf-8",
        }
    }

    pub fn ending(self) -> &'static str {
        match self {
            Form::Json => "json",
            Form::Csv => "csv",
        }
    }
}

/// One finding with its payments and what was said of it; `None` if there is none of this id.
pub(crate) fn export_finding(reader: &Reader, id: &str, form: Form) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(record) = reader.finding(id)? else { return Ok(None) };
    let payments = reader.payments_of_events(&record.events)?;
    Ok(Some(match form {
        Form::Json => {
            let rows = finding_rows(reader, std::slice::from_ref(&record))?;
            let mut value = finding(&record, &rows[0]);
            value["schema"] = "tillguard.finding/1".into();
            let judgements = reader.judgements(id)?;
            value["judgements"] = judgements.iter().map(judgement).collect();
            value["payments"] = payments.iter().map(payment).collect();
            written(&value)
        }
        Form::Csv => table(&PAYMENT_COLUMNS, payments.iter().map(payment_cells)),
    }))
}

/// All findings of a filter, newest first, at most [`EXPORT_MAX`].
pub(crate) fn export_findings(
    reader: &Reader,
    filter: &FindingFilter,
    lang: Lang,
    form: Form,
) -> Result<Vec<u8>, StoreError> {
    let records = reader.findings(&FindingFilter { limit: EXPORT_MAX, before: None, ..filter.clone() })?;
    let rows = finding_rows(reader, &records)?;
    let both = records.iter().zip(&rows);
    Ok(match form {
        Form::Json => written(&json!({
            "schema": "tillguard.findings/1",
            "truncated": records.len() == EXPORT_MAX as usize,
            "findings": both.map(|(record, row)| finding(record, row)).collect::<Vec<_>>(),
        })),
        Form::Csv => table(&FINDING_COLUMNS, both.map(|(record, row)| finding_cells(record, row, lang))),
    })
}

fn written(value: &Value) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

fn rfc3339(at_us: i64) -> String {
    jiff::Timestamp::from_microsecond(at_us).map(|t| format!("{t:.6}")).unwrap_or_default()
}

/// A card as it may be shown.
fn shown(card: &view::Card) -> String {
    let hidden = usize::from(card.length.clamp(12, 19)).saturating_sub(10);
    format!("{}{}{}", card.bin, "*".repeat(hidden), card.last_four)
}

/// Kind and name of a subject; of a card what may be shown.
fn subject(record: &FindingRecord, row: &FindingRow) -> (String, String) {
    let name = match &row.subject {
        Subject::Card(card) => shown(card),
        Subject::Other(_) => String::new(),
        _ => mask_cards(&record.subject),
    };
    (record.subject_kind.clone(), name)
}

fn severity(severity: view::Severity) -> &'static str {
    match severity {
        view::Severity::Info => "info",
        view::Severity::Low => "low",
        view::Severity::Medium => "medium",
        view::Severity::High => "high",
        view::Severity::Critical => "critical",
    }
}

fn masked(text: &Text) -> Value {
    json!({ "zh-CN": mask_cards(&text.zh), "en": mask_cards(&text.en) })
}

fn finding(record: &FindingRecord, row: &FindingRow) -> Value {
    let (kind, name) = subject(record, row);
    let texts = |list: &[Text]| list.iter().map(masked).collect::<Vec<_>>();
    json!({
        "id": record.id,
        "code": record.code,
        "title": masked(&row.title),
        "text": masked(&record.text),
        "subject": { kind: name },
        "severity": severity(row.severity),
        "state": row.state.word(),
        "found_at": rfc3339(record.found_at),
        "first_offset": record.first_offset,
        "last_offset": record.last_offset,
        "rests_on": texts(&record.rests_on),
        "not_shown": texts(&record.not_shown),
        "other_explanations": texts(&record.other_explanations),
        "next_steps": texts(&record.next_steps),
        "events": record.events,
    })
}

fn judgement(j: &JudgementRecord) -> Value {
    json!({
        "state": state(j.verdict).word(),
        "reason": j.reason,
        "note": mask_cards(&j.note),
        "said_by": j.said_by,
        "said_at": rfc3339(j.said_at),
    })
}

fn outcome_word(number: u8) -> &'static str {
    match outcome(number) {
        view::Outcome::Approved => "approved",
        view::Outcome::Declined => "declined",
        view::Outcome::Unknown => "unknown",
        view::Outcome::ReversalSent => "reversal_sent",
        view::Outcome::Reversed => "reversed",
        view::Outcome::Waiting => "open",
    }
}

fn payment(p: &PaymentRecord) -> Value {
    json!({
        "id": p.payment,
        "at": rfc3339(p.opened_at),
        "terminal": mask_cards(&p.terminal),
        "merchant": mask_cards(&p.merchant),
        "serial": mask_cards(&p.serial),
        "card": card(p).as_ref().map(shown),
        "amount": p.amount,
        "currency": p.currency,
        "outcome": outcome_word(p.outcome),
        "response_code": p.response_code,
        "trace": p.trace,
        "retrieval_reference": p.reference,
    })
}

const PAYMENT_COLUMNS: [&str; 12] = [
    "payment",
    "at",
    "terminal",
    "merchant",
    "serial",
    "card",
    "amount",
    "currency",
    "outcome",
    "response_code",
    "trace",
    "retrieval_reference",
];

fn payment_cells(p: &PaymentRecord) -> [String; 12] {
    let money = amount(p).map(|a| tg_types::Money { minor: a.minor, currency: a.currency });
    [
        p.payment.to_string(),
        rfc3339(p.opened_at),
        p.terminal.clone(),
        p.merchant.clone(),
        p.serial.clone(),
        card(p).as_ref().map(shown).unwrap_or_default(),
        money.map(|m| m.to_string()).unwrap_or_default(),
        money.map(|m| m.currency_letters().to_string()).unwrap_or_default(),
        outcome_word(p.outcome).to_owned(),
        p.response_code.clone(),
        p.trace.map(|t| format!("{t:06}")).unwrap_or_default(),
        p.reference.clone(),
    ]
}

const FINDING_COLUMNS: [&str; 12] = [
    "id",
    "code",
    "title",
    "subject_kind",
    "subject",
    "severity",
    "state",
    "found_at",
    "first_offset",
    "last_offset",
    "events",
    "text",
];

fn finding_cells(record: &FindingRecord, row: &FindingRow, lang: Lang) -> [String; 12] {
    let (kind, name) = subject(record, row);
    [
        record.id.clone(),
        record.code.clone(),
        row.title.get(lang).to_owned(),
        kind,
        name,
        severity(row.severity).to_owned(),
        row.state.word().to_owned(),
        rfc3339(record.found_at),
        record.first_offset.to_string(),
        record.last_offset.to_string(),
        record.events.len().to_string(),
        record.text.get(lang).to_owned(),
    ]
}

/// A table with its head. Every cell is quoted and safe; the mark at the beginning makes spreadsheets read
/// UTF-8.
fn table<const N: usize>(head: &[&str; N], rows: impl Iterator<Item = [String; N]>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{FEFF}".as_bytes().to_vec());
    // Writing into memory can't fail.
    let _ = writer.write_record(head);
    for row in rows {
        let _ = writer.write_record(row.iter().map(|text| cell(text)));
    }
    writer.into_inner().unwrap_or_default()
}

/// A cell that is no formula, and holds no card number.
fn cell(text: &str) -> String {
    let text = mask_cards(text);
    let first = text.trim_start_matches([' ', '\u{3000}']).chars().next();
    let dangerous = first.is_some_and(|c| {
        matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠' | '|' | '%')
    });
    let number = text.parse::<f64>().is_ok();
    if dangerous && !number { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "|calc", "-cmd"] {
            assert_eq!(cell(text), format!("'{text}"));
        }
        for text in ["-12.50", "10016919", "", "a=b", "店 1"] {
            assert_eq!(cell(text), text);
        }
        assert!(!cell("4111111111111111").contains("4111111111111111"));
    }

    #[test]
    fn a_table_is_quoted_marked_and_ends_its_lines_as_spreadsheets_like_it() {
        let bytes = table(&["a", "b"], [["x\"y".to_owned(), "=2".to_owned()]].into_iter());
        assert_eq!(String::from_utf8(bytes).expect("UTF-8"), "\u{FEFF}\"a\",\"b\"\r\n\"x\"\"y\",\"'=2\"\r\n");
    }

    #[test]
    fn a_payment_leaves_with_ten_digits_of_its_card_and_no_token() {
        let record = PaymentRecord {
            payment: 7,
            card_token: Some("0123456789abcdef0123456789abcdef".into()),
            bin: Some(411_111),
            last4: Some(1_111),
            card_length: Some(16),
            amount: Some(12_800),
            currency: Some(156),
            terminal: "=HYPERLINK(1)".into(),
            ..PaymentRecord::default()
        };
        let json = payment(&record).to_string();
        assert!(json.contains("411111******1111") && !json.contains("0123456789abcdef"));
        let csv =
            String::from_utf8(table(&PAYMENT_COLUMNS, [payment_cells(&record)].into_iter())).expect("UTF-8");
        assert!(csv.contains("\"'=HYPERLINK(1)\"") && csv.contains("\"128.00\",\"CNY\""), "{csv}");
        assert!(!csv.contains("0123456789abcdef"));
    }
}
