//! Findings: the list, and one with its payments.

use super::lists::PAGE_ROWS;
use super::payment_row::{amount, card, outcome};
use super::payment_rows;
use crate::live::Live;
use tg_console::view::{
    self, Advice, FindingPage, FindingRow, FindingsPage, Mark, OtherExplanation, Subject,
};
use tg_event::Severity;
use tg_store::{FindingFilter, FindingRecord, Reader, StoreError};

/// The row of a finding.
pub(crate) fn finding_row(record: &FindingRecord) -> FindingRow {
    FindingRow {
        id: record.id.clone(),
        code: record.code.clone(),
        title: record.text.clone(),
        subject: match record.subject_kind.as_str() {
            "terminal" => Subject::Terminal(record.subject.clone()),
            "merchant" => Subject::Merchant(record.subject.clone(), None),
            "issuer" => Subject::Issuer(record.subject.clone()),
            _ => Subject::Other(tg_text::Text::fixed("一张卡", "a card")),
        },
        severity: match record.severity {
            s if s == Severity::Low as u8 => view::Severity::Low,
            s if s == Severity::High as u8 => view::Severity::High,
            s if s == Severity::Critical as u8 => view::Severity::Critical,
            _ => view::Severity::Medium,
        },
        first_us: record.found_at,
        last_us: record.found_at,
        events: record.events.len() as u64,
        summary: None,
    }
}

/// The list of findings.
pub(crate) fn findings_page(reader: &Reader, before: Option<u64>) -> Result<FindingsPage, StoreError> {
    let records = reader.findings(&FindingFilter { before, limit: PAGE_ROWS, ..FindingFilter::default() })?;
    let full = records.len() == PAGE_ROWS as usize;
    let older = full.then(|| records.last().map(|r| r.last_offset.to_string())).flatten();
    Ok(FindingsPage { findings: records.iter().map(finding_row).collect(), older })
}

/// One finding; `None` if there is none of this id.
pub(crate) fn finding_page(
    reader: &Reader,
    id: &str,
    live: &Live,
) -> Result<Option<FindingPage>, StoreError> {
    let Some(record) = reader.finding(id)? else { return Ok(None) };
    let mut payments = reader.payments_of_events(&record.events)?;
    payments.sort_by_key(|p| p.payment);
    let marks: Vec<Mark> = payments
        .iter()
        .map(|p| Mark { at_us: p.opened_at, outcome: outcome(p.outcome), amount: amount(p) })
        .collect();
    payments.reverse();
    payments.truncate(100);
    let mut row = finding_row(&record);
    // Answers among the events stand within their payments.
    row.events = marks.len() as u64;
    if let Some(first) = marks.first() {
        row.first_us = first.at_us;
    }
    if record.subject_kind == "card"
        && let Some(card) = reader.payments_of_card(&record.subject, 1)?.first().and_then(card)
    {
        row.subject = Subject::Card(card);
    }
    Ok(Some(FindingPage {
        finding: row,
        found_us: Some(record.found_at),
        rests_on: record.rests_on,
        not_shown: record.not_shown,
        other_explanations: record
            .other_explanations
            .into_iter()
            .map(|text| OtherExplanation { text, ruled_out: false })
            .collect(),
        advice: record.next_steps.into_iter().map(|title| Advice { title, detail: None }).collect(),
        guards: Vec::new(),
        marks,
        payments: payment_rows(reader, &payments, live)?,
        offsets: (record.first_offset, record.last_offset),
    }))
}
