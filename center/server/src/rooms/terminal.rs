//! Terminals: the list, and one with what is known of it.

use super::payment_row::{amount, outcome};
use super::{DAY_US, finding_rows, payment_rows};
use crate::live::Live;
use tg_console::view::{Mark, TerminalPage, TerminalRow, TerminalsPage};
use tg_store::{FindingFilter, PaymentFilter, PaymentRecord, Reader, StoreError, TerminalRecord};

pub(super) fn row(
    reader: &Reader,
    record: &TerminalRecord,
    now: i64,
    live: &Live,
) -> Result<TerminalRow, StoreError> {
    let (approved, failed, _) = reader.terminal_counts(&record.terminal, now - DAY_US)?;
    Ok(TerminalRow {
        terminal: record.terminal.clone(),
        merchant: record.merchant.clone(),
        merchant_name: live.place(&record.terminal).map(|p| p.name),
        last_message_us: Some(record.last_seen),
        payments: approved + failed,
        failed,
        findings: findings(reader, &record.terminal)?.len() as u64,
    })
}

fn findings(reader: &Reader, terminal: &str) -> Result<Vec<tg_store::FindingRecord>, StoreError> {
    let subject = Some(("terminal".to_owned(), terminal.to_owned()));
    reader.findings(&FindingFilter { subject, limit: 50, ..FindingFilter::default() })
}

/// The list of terminals, the last heard first.
pub(crate) fn terminals_page(
    reader: &Reader,
    before: Option<i64>,
    now: i64,
    live: &Live,
) -> Result<TerminalsPage, StoreError> {
    let records = reader.terminals(before, super::lists::PAGE_ROWS)?;
    let full = records.len() == super::lists::PAGE_ROWS as usize;
    let older = full.then(|| records.last().map(|r| r.last_seen.to_string())).flatten();
    let terminals = records.iter().map(|r| row(reader, r, now, live)).collect::<Result<_, _>>()?;
    Ok(TerminalsPage { terminals, older })
}

/// One terminal; `None` if it was never heard.
pub(crate) fn terminal_page(
    reader: &Reader,
    number: &str,
    now: i64,
    live: &Live,
) -> Result<Option<TerminalPage>, StoreError> {
    let Some(record) = reader.terminal(number)? else { return Ok(None) };
    let recent = reader.payments(&PaymentFilter {
        terminal: Some(number.into()),
        limit: 60,
        ..PaymentFilter::default()
    })?;
    let (approved, _, unknown) = reader.terminal_counts(number, now - DAY_US)?;
    let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let accepted = record.sign_on_code == "00";
    Ok(Some(TerminalPage {
        terminal: row(reader, &record, now, live)?,
        approved,
        unknown,
        acquirer: recent.iter().find_map(|p| known(&p.acquirer)),
        serial: known(&record.serial).or_else(|| live.place(number).map(|p| p.serial)),
        model: None,
        software: None,
        first_message_us: Some(record.first_seen),
        last_sign_on_us: record.signed_on_at.filter(|_| accepted),
        clock_offset_ms: recent.iter().find_map(clock_offset_ms),
        marks: recent
            .iter()
            .rev()
            .map(|p| Mark { at_us: p.opened_at, outcome: outcome(p.outcome), amount: amount(p) })
            .collect(),
        payments: payment_rows(reader, &recent[..recent.len().min(20)], live)?,
        findings: finding_rows(reader, &findings(reader, number)?)?,
    }))
}

/// The terminal's clock minus log time. Its messages carry neither year nor zone (ISO 8583 fields 12 and
/// 13 are local), so the difference is taken modulo a quarter of an hour's multiple: what remains after
/// whole quarters is the error, as far as it is under seven and a half minutes; a wrong date shows as days.
pub(crate) fn clock_offset_ms(payment: &PaymentRecord) -> Option<i64> {
    let (month, day, second) = payment.terminal_time?;
    let seen = jiff::Timestamp::from_microsecond(payment.opened_at).ok()?;
    let utc = seen.to_zoned_datetime(jiff::tz::TimeZone::UTC).datetime();
    // The year in which the terminal's date is nearest to the log's.
    let offsets = (-1..=1).filter_map(|years| {
        let date = jiff::civil::Date::new(utc.year() + years, month as i8, day as i8).ok()?;
        let midnight = date
            .to_datetime(jiff::civil::Time::midnight())
            .to_zoned_datetime(jiff::tz::TimeZone::UTC)
            .ok()?;
        let shown_ms = midnight.timestamp().as_millisecond() + i64::from(second) * 1000;
        Some(shown_ms - payment.opened_at / 1000)
    });
    let nearest = offsets.min_by_key(|offset| offset.abs())?;
    let quarter = 15 * 60 * 1000;
    // Zones lie within 14 hours of UTC; within them the zone can't be told from an error of whole quarters.
    if nearest.abs() <= 14 * 3_600_000 + quarter / 2 {
        let rest = nearest.rem_euclid(quarter);
        return Some(if rest > quarter / 2 { rest - quarter } else { rest });
    }
    Some(nearest)
}
