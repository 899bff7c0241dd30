//! Findings: rows for every list, and one with its payments and what was said of it.

use super::finding_calls::{contacts, guards};
use super::finding_picture::picture;
use super::payment_row::{amount, card, outcome};
use super::payment_rows;
use crate::live::Live;
use tg_console::view::{
    self, Advice, DISMISS_REASONS, FindingPage, FindingRow, FindingState, Judged, Mark, OtherExplanation,
    Subject,
};
use tg_event::{JudgementVerdict, Severity};
use tg_store::{FindingFilter, FindingRecord, JudgementRecord, Reader, StoreError};
use tg_text::{Lang, Text};

/// Payments listed on a finding's page.
const PAYMENTS_MAX: usize = 100;
/// Other findings of the subject on its page.
const SIMILAR_MAX: u32 = 20;

/// Who says things until there is sign-in.
pub(crate) const THIS_CONSOLE: &str = "console";

/// The rows of findings.
pub(crate) fn finding_rows(
    reader: &Reader,
    records: &[FindingRecord],
) -> Result<Vec<FindingRow>, StoreError> {
    records.iter().map(|record| finding_row(reader, record)).collect()
}

/// What a finding is about, by the kind and name of its record.
pub(crate) fn subject(reader: &Reader, kind: &str, name: &str) -> Result<Subject, StoreError> {
    Ok(match kind {
        "terminal" => Subject::Terminal(name.to_owned()),
        "merchant" => Subject::Merchant(name.to_owned(), None),
        "issuer" => Subject::Issuer(name.to_owned()),
        "serial" => Subject::Serial(name.to_owned()),
        // Only the token is kept beside a finding; the digits that may be shown stand in a payment.
        _ => match reader.payments_of_card(name, 1)?.first().and_then(card) {
            Some(card) => Subject::Card(card),
            None => Subject::Other(Text::fixed("一张卡", "a card")),
        },
    })
}

fn finding_row(reader: &Reader, record: &FindingRecord) -> Result<FindingRow, StoreError> {
    let subject = subject(reader, &record.subject_kind, &record.subject)?;
    let words = tg_engine::finding_texts(&record.code);
    Ok(FindingRow {
        id: record.id.clone(),
        code: record.code.clone(),
        // The kind in a few words, the sentence with its numbers below.
        title: words.map_or_else(|| record.text.clone(), |w| w.title.clone()),
        subject,
        severity: severity(record.severity),
        first_us: record.found_at,
        last_us: record.found_at,
        events: record.events.len() as u64,
        summary: words.map(|_| record.text.clone()),
        state: state(record.state),
        truth: None,
    })
}

pub(crate) fn severity(number: u8) -> view::Severity {
    match number {
        n if n == Severity::Low as u8 => view::Severity::Low,
        n if n == Severity::High as u8 => view::Severity::High,
        n if n == Severity::Critical as u8 => view::Severity::Critical,
        _ => view::Severity::Medium,
    }
}

/// What was said of a finding last.
pub(crate) fn state(number: u8) -> FindingState {
    match JudgementVerdict::from_byte(number) {
        Some(JudgementVerdict::Confirmed) => FindingState::Confirmed,
        Some(JudgementVerdict::Dismissed) => FindingState::Dismissed,
        _ => FindingState::Open,
    }
}

/// The words of a reason; a name that is in no list (of a newer program) stands for itself.
pub(crate) fn reason(name: &str) -> Option<Text> {
    let known = DISMISS_REASONS.iter().find(|r| r.name == name).map(|r| r.text.clone());
    known.or_else(|| (!name.is_empty()).then(|| Text::new(name.to_owned(), name.to_owned())))
}

fn judged(record: JudgementRecord) -> Judged {
    Judged {
        state: state(record.verdict),
        reason: reason(&record.reason),
        note: (!record.note.is_empty()).then_some(record.note),
        by: (record.said_by == THIS_CONSOLE).then(|| Text::fixed("本机控制台", "this console")),
        at_us: record.said_at,
    }
}

/// A next step: its first words say what to do, the rest how.
fn advice(text: Text) -> Advice {
    let part = |text: &str, marks: [char; 2]| {
        let (head, rest) = text.split_once(marks)?;
        let rest = rest.trim();
        (!rest.is_empty() && head.chars().count() >= 4).then(|| (head.to_owned(), rest.to_owned()))
    };
    match part(&text.zh, ['：', '；']).zip(part(&text.en, [':', ';'])) {
        Some(((zh, zh_rest), (en, en_rest))) => {
            let mut letters = en_rest.chars();
            let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
            Advice { title: Text::new(zh, en), detail: Some(Text::new(zh_rest, first + letters.as_str())) }
        }
        None => Advice { title: text, detail: None },
    }
}

/// One finding; `None` if there is none of this id. `form_id` is the identity of what will be said with the
/// page's form.
pub(crate) fn finding_page(
    reader: &Reader,
    id: &str,
    live: &Live,
    viewer: (Lang, &jiff::tz::TimeZone),
    form_id: String,
) -> Result<Option<FindingPage>, StoreError> {
    let Some(record) = reader.finding(id)? else { return Ok(None) };
    let mut payments = reader.payments_of_events(&record.events)?;
    payments.sort_by_key(|p| p.payment);
    let marks: Vec<Mark> = payments
        .iter()
        .map(|p| Mark { at_us: p.opened_at, outcome: outcome(p.outcome), amount: amount(p) })
        .collect();
    let mut row = finding_row(reader, &record)?;
    // Answers among the events stand within their payments.
    if !marks.is_empty() {
        row.events = marks.len() as u64;
    }
    if let Some(first) = marks.first() {
        row.first_us = first.at_us;
    }
    let terminal = match record.subject_kind.as_str() {
        "terminal" => Some(record.subject.as_str()),
        _ => payments.first().map(|p| p.terminal.as_str()),
    };
    let shop = terminal.filter(|_| record.subject_kind != "card").and_then(|t| live.place(t)).map(|p| p.name);
    let picture = picture(reader, &record, &payments)?;
    let contacts = contacts(reader, &record, &row, &payments, live, viewer)?;
    payments.reverse();
    payments.truncate(PAYMENTS_MAX);
    let of_subject = FindingFilter {
        subject: Some((record.subject_kind.clone(), record.subject.clone())),
        limit: SIMILAR_MAX,
        ..FindingFilter::default()
    };
    let mut similar = reader.findings(&of_subject)?;
    similar.retain(|f| f.id != record.id);
    Ok(Some(FindingPage {
        finding: row,
        shop,
        found_us: Some(record.found_at),
        guards: guards(&record.code),
        rests_on: [vec![record.text], record.rests_on].concat(),
        not_shown: record.not_shown,
        other_explanations: record
            .other_explanations
            .into_iter()
            .map(|text| OtherExplanation { text, ruled_out: false })
            .collect(),
        advice: record.next_steps.into_iter().map(advice).collect(),
        contacts,
        picture,
        marks,
        payments: payment_rows(reader, &payments, live)?,
        offsets: (record.first_offset, record.last_offset),
        similar: finding_rows(reader, &similar)?,
        judged: reader.judgements(id)?.into_iter().map(judged).collect(),
        form_problem: None,
        form_id,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_parted_where_both_languages_part_it() {
        let both =
            advice(Text::fixed("请收单机构核对台账：是否对应", "Ask the acquirer to check: do they fit?"));
        assert_eq!(
            (both.title.zh.as_ref(), both.title.en.as_ref()),
            ("请收单机构核对台账", "Ask the acquirer to check")
        );
        assert_eq!(both.detail.map(|d| d.en.into_owned()).as_deref(), Some("Do they fit?"));
        let whole = advice(Text::fixed("保留日志：全部", "Keep the logs."));
        assert!(whole.detail.is_none() && whole.title.zh == "保留日志：全部", "nothing is lost");
    }

    #[test]
    fn every_reason_that_is_offered_has_words_and_fits_the_log() {
        for offered in &DISMISS_REASONS {
            assert!(tg_types::Short::<32>::new(offered.name).is_ok());
            assert_eq!(reason(offered.name).as_ref(), Some(&offered.text));
        }
        assert_eq!(reason(""), None);
    }
}
