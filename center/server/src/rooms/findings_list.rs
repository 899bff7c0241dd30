//! The analyst's list of findings: what a filter form asks of the store, and in the demo the truth beside it.

use super::finding::{finding_rows, subject};
use super::lists::{PAGE_ROWS, Span, span};
use crate::live::Live;
use crate::truth;
use tg_console::view::{FindingFilterForm, FindingState, FindingsPage, TruthPart};
use tg_event::{JudgementVerdict, Severity};
use tg_store::{FindingFilter, Reader, StoreError};
use tg_text::Text;

/// What a filter form asks of the store, or what is wrong with it.
pub(crate) fn finding_filter(
    form: &FindingFilterForm,
    zone: &jiff::tz::TimeZone,
) -> Result<FindingFilter, Text> {
    let some = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    if [&form.subject, &form.text].into_iter().any(|text| tg_console::mask_cards(text) != **text) {
        return Err(Text::fixed(
            "这像是一个完整的卡号；请不要在这里输入卡号",
            "This looks like a whole card number; please don't type one here",
        ));
    }
    let state = match form.state.as_str() {
        "all" => None,
        word => Some(match FindingState::from_word(word).unwrap_or_default() {
            FindingState::Open => JudgementVerdict::Open,
            FindingState::Confirmed => JudgementVerdict::Confirmed,
            FindingState::Dismissed => JudgementVerdict::Dismissed,
        }),
    };
    let severity = match form.severity.as_str() {
        "medium" => Some(Severity::Medium),
        "high" => Some(Severity::High),
        "critical" => Some(Severity::Critical),
        _ => None,
    };
    let Span { from, to } = span(&form.from, &form.to, zone)?;
    Ok(FindingFilter {
        subject_name: some(&form.subject),
        code: some(&form.code),
        severity,
        state,
        from,
        to,
        text: some(&form.text),
        limit: PAGE_ROWS,
        ..FindingFilter::default()
    })
}

/// The list of findings.
pub(crate) fn findings_page(
    reader: &Reader,
    form: FindingFilterForm,
    before: Option<String>,
    zone: &jiff::tz::TimeZone,
    show_truth: bool,
    live: &Live,
) -> Result<FindingsPage, StoreError> {
    let codes = tg_engine::FINDING_TEXTS.iter().map(|t| (t.code.to_owned(), t.title.clone())).collect();
    let truth = if live.demo { Some(truth_part(reader, show_truth, live)?) } else { None };
    let asked = match finding_filter(&form, zone) {
        Ok(asked) => FindingFilter { before, ..asked },
        Err(problem) => {
            let filter_problem = Some(problem);
            return Ok(FindingsPage {
                filter: form,
                filter_problem,
                codes,
                truth,
                ..FindingsPage::default()
            });
        }
    };
    let records = reader.findings(&asked)?;
    let counts = reader.finding_counts(&asked)?;
    let older = (records.len() == PAGE_ROWS as usize).then(|| records.last().map(|r| r.id.clone())).flatten();
    let mut findings = finding_rows(reader, &records)?;
    if show_truth && live.demo {
        let staged = live.staged();
        for (row, record) in findings.iter_mut().zip(&records) {
            row.truth = truth::of_finding(record, &staged);
        }
    }
    Ok(FindingsPage {
        filter: form,
        filter_problem: None,
        findings,
        older,
        counts: (counts.open, counts.confirmed, counts.dismissed),
        codes,
        truth,
    })
}

/// The switch, and what was staged while it is on.
fn truth_part(reader: &Reader, on: bool, live: &Live) -> Result<TruthPart, StoreError> {
    if !on {
        return Ok(TruthPart::default());
    }
    let mut records = reader.findings(&FindingFilter { limit: 5_000, ..FindingFilter::default() })?;
    records.reverse();
    truth::part(&records, &live.staged(), |kind, name| subject(reader, kind, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(form: FindingFilterForm) -> Result<FindingFilter, Text> {
        finding_filter(&form, &jiff::tz::TimeZone::UTC)
    }

    #[test]
    fn an_empty_form_asks_for_what_is_open() {
        let none = FindingFilterForm::default;
        assert_eq!(asked(none()).expect("is fine").state, Some(JudgementVerdict::Open));
        assert_eq!(asked(FindingFilterForm { state: "all".into(), ..none() }).expect("is fine").state, None);
        let odd = FindingFilterForm { state: "x".into(), severity: "x".into(), ..none() };
        assert_eq!(asked(odd).expect("is fine").state, Some(JudgementVerdict::Open));
    }

    #[test]
    fn a_card_number_is_not_searched_for() {
        let form = FindingFilterForm { text: "4111111111111111".into(), ..FindingFilterForm::default() };
        assert!(asked(form).expect_err("is refused").en.contains("card number"));
        let form = FindingFilterForm { from: "yesterday".into(), ..FindingFilterForm::default() };
        assert!(asked(form).expect_err("is refused").en.contains("2026-01-02T15:04"));
    }
}
