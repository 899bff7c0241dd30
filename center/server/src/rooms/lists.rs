//! Lists: payments by filter, what could not be decoded, and the search box.

use super::{HOUR_US, MINUTE_US, finding_rows, payment_rows};
use crate::live::Live;
use tg_codes::{Catalogue, Direction};
use tg_console::view::{
    self, CodeHit, Filter, FrameMinute, PaymentsPage, SearchPage, UndecodedPage, UndecodedRow,
};
use tg_store::{Counted, FindingFilter, OutcomeFilter, PaymentFilter, Reader, StoreError};
use tg_text::Text;

/// Rows on one page of a list.
pub(crate) const PAGE_ROWS: u32 = 50;

/// A span of log time; either end may be open.
pub(crate) struct Span {
    pub from: Option<i64>,
    pub to: Option<i64>,
}

/// The span of two local times as typed; empty is open.
pub(crate) fn span(from: &str, to: &str, zone: &jiff::tz::TimeZone) -> Result<Span, Text> {
    let time = |text: &str| -> Result<Option<i64>, Text> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        let wrong = Text::fixed(
            "时间的格式不对，例如 2026-01-02T15:04",
            "The time is not of the form 2026-01-02T15:04",
        );
        let local: jiff::civil::DateTime = text.trim().parse().map_err(|_| wrong.clone())?;
        local.to_zoned_datetime(zone.clone()).map(|z| Some(z.timestamp().as_microsecond())).map_err(|_| wrong)
    };
    let (from, to) = (time(from)?, time(to)?);
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        return Err(Text::fixed("起始时间应早于截止时间", "The first time has to be before the second"));
    }
    Ok(Span { from, to })
}

/// What a filter form asks of the store, or what is wrong with it.
pub(crate) fn payment_filter(filter: &Filter, zone: &jiff::tz::TimeZone) -> Result<PaymentFilter, Text> {
    let some = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    let last4 = match some(&filter.last_four) {
        None => None,
        Some(digits) if digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()) => {
            digits.parse().ok()
        }
        Some(_) => {
            return Err(Text::fixed(
                "卡号后四位应为四个数字",
                "The last four digits of the card are four digits",
            ));
        }
    };
    let Span { from, to } = span(&filter.from, &filter.to, zone)?;
    Ok(PaymentFilter {
        reference: some(&filter.reference),
        terminal: some(&filter.terminal),
        last4,
        from,
        to,
        outcome: match filter.outcome {
            view::OutcomeFilter::All => OutcomeFilter::All,
            view::OutcomeFilter::Failed => OutcomeFilter::Failed,
            view::OutcomeFilter::Unknown => OutcomeFilter::Unknown,
            view::OutcomeFilter::Approved => OutcomeFilter::Approved,
        },
        code: some(&filter.code).map(|c| c.to_uppercase()),
        limit: PAGE_ROWS,
        ..PaymentFilter::default()
    })
}

/// The payments room.
pub(crate) fn payments_page(
    reader: &Reader,
    filter: Filter,
    before: Option<u64>,
    zone: &jiff::tz::TimeZone,
    live: &Live,
) -> Result<PaymentsPage, StoreError> {
    let asked = match payment_filter(&filter, zone) {
        Ok(asked) => PaymentFilter { before, ..asked },
        Err(problem) => {
            return Ok(PaymentsPage { filter, filter_problem: Some(problem), ..PaymentsPage::default() });
        }
    };
    let records = reader.payments(&asked)?;
    let older = (records.len() == PAGE_ROWS as usize)
        .then(|| records.last().map(|r| r.payment.to_string()))
        .flatten();
    let payments = payment_rows(reader, &records, live)?;
    Ok(PaymentsPage { filter, filter_problem: None, payments, older, is_older: before.is_some() })
}

/// The room of what could not be decoded.
pub(crate) fn undecoded_page(
    reader: &Reader,
    before: Option<u64>,
    now: i64,
    feeds: &[(String, String)],
) -> Result<UndecodedPage, StoreError> {
    let (from, to) = ((now - HOUR_US).div_euclid(MINUTE_US) + 1, now.div_euclid(MINUTE_US) + 1);
    let mut minutes: Vec<FrameMinute> =
        (from..to).map(|m| FrameMinute { start_us: m * MINUTE_US, ..FrameMinute::default() }).collect();
    for (minute, _, n) in reader.minutes(Counted::Frames, from, to)? {
        minutes[(minute - from) as usize].all += n as u32;
    }
    let mut kinds = std::collections::BTreeMap::new();
    for (minute, kind, n) in reader.minutes(Counted::Undecoded, from, to)? {
        minutes[(minute - from) as usize].undecoded += n as u32;
        *kinds.entry(kind).or_insert(0) += n;
    }
    let mut kinds: Vec<(String, u64)> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let records = reader.undecoded(before, PAGE_ROWS)?;
    let older =
        (records.len() == PAGE_ROWS as usize).then(|| records.last().map(|r| r.offset.to_string())).flatten();
    let name = |feed: u16| feeds.get(usize::from(feed)).cloned().unwrap_or_default();
    Ok(UndecodedPage {
        undecoded: minutes.iter().map(|m| u64::from(m.undecoded)).sum(),
        frames: minutes.iter().map(|m| u64::from(m.all)).sum(),
        minutes,
        kinds,
        older,
        rows: records
            .into_iter()
            .map(|r| UndecodedRow {
                offset: r.offset,
                at_us: r.at,
                feed: name(r.feed).0,
                dialect: name(r.feed).1,
                length_bytes: r.frame_length,
                keyed_hash: r.frame_hash,
                kind: r.kind,
                field: (r.field != 0).then_some(u16::from(r.field)),
                position: u64::from(r.error_offset),
            })
            .collect(),
    })
}

/// At most so many hits of each kind.
const HITS_MAX: u32 = 20;

/// What the search box finds: reference or trace number, terminal, merchant, last four digits, code.
pub(crate) fn search_page(reader: &Reader, query: &str, live: &Live) -> Result<SearchPage, StoreError> {
    let query = query.trim();
    let digits: String = query.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let all_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if all_digits && (13..=19).contains(&digits.len()) && digits.len() != 15 {
        return Ok(SearchPage { looks_like_card: true, ..SearchPage::default() });
    }
    let mut page = SearchPage { query: query.to_owned(), ..SearchPage::default() };
    if query.is_empty() {
        return Ok(page);
    }
    let base = || PaymentFilter { limit: HITS_MAX, ..PaymentFilter::default() };
    let mut filters = vec![
        PaymentFilter { terminal: Some(query.into()), ..base() },
        PaymentFilter { reference: Some(query.into()), ..base() },
        PaymentFilter { merchant: Some(query.into()), ..base() },
    ];
    if all_digits && digits.len() == 4 {
        filters.push(PaymentFilter { last4: digits.parse().ok(), ..base() });
    }
    if query.chars().count() <= 3 {
        filters.push(PaymentFilter { code: Some(query.to_uppercase()), ..base() });
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut records = Vec::new();
    for filter in filters {
        let found = reader.payments(&filter)?;
        page.more |= found.len() == HITS_MAX as usize;
        records.extend(found.into_iter().filter(|r| seen.insert(r.payment)));
    }
    records.sort_by_key(|r| std::cmp::Reverse(r.payment));
    page.payments = payment_rows(reader, &records, live)?;
    if let Some(terminal) = reader.terminal(query)? {
        page.terminals.push(super::terminal::row(reader, &terminal, terminal.last_seen, live)?);
        let subject = Some(("terminal".to_owned(), terminal.terminal.clone()));
        let findings =
            reader.findings(&FindingFilter { subject, limit: HITS_MAX, ..FindingFilter::default() })?;
        page.findings = finding_rows(reader, &findings)?;
    }
    let code = query.to_uppercase();
    page.codes = Catalogue::builtin()
        .response_codes()
        .iter()
        .filter(|row| row.code == code && row.direction == Direction::Response)
        .map(|row| CodeHit {
            scheme: row.scheme.to_string(),
            code: row.code.clone(),
            meaning: row.meaning.clone(),
            action: Some(row.action.clone()),
        })
        .collect();
    Ok(page)
}
