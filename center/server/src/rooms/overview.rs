//! The first page: figures with their comparison, the last hour, what failed and why.

use super::payment_row::short;
use super::{DAY_US, HOUR_US, MINUTE_US, finding_rows, payment_rows};
use crate::live::Live;
use std::collections::BTreeMap;
use tg_codes::{Catalogue, Direction, Scheme};
use tg_console::view::{FailureBar, Feed, Figures, Minute, OverviewPage};
use tg_store::{Counted, FindingFilter, OutcomeFilter, PaymentFilter, Reader, StoreError};
use tg_text::Text;

/// The overview at an instant (microseconds since 1970).
pub(crate) fn overview_page(
    reader: &Reader,
    now: i64,
    feeds: Vec<Feed>,
    live: &Live,
) -> Result<OverviewPage, StoreError> {
    let (from, to) = ((now - HOUR_US).div_euclid(MINUTE_US) + 1, now.div_euclid(MINUTE_US) + 1);
    let mut minutes: Vec<Minute> =
        (from..to).map(|m| Minute { start_us: m * MINUTE_US, ..Minute::default() }).collect();
    let mut hours = [Hour::default(), Hour::default()];
    for (minute, outcome, n) in reader.minutes(Counted::Outcome, from - 60, to)? {
        hours[usize::from(minute < from)].add(&outcome, n);
        if minute >= from {
            add(&mut minutes[(minute - from) as usize], &outcome, n as u32);
        }
    }
    let mut asked = BTreeMap::new();
    for (minute, _, n) in reader.minutes(Counted::Payments, from - 60, to)? {
        asked.insert(minute, n);
    }
    let sum = |series| -> Result<u64, StoreError> {
        Ok(reader.minutes(series, from, to)?.iter().map(|m| m.2).sum())
    };
    let latest = PaymentFilter { outcome: OutcomeFilter::Failed, limit: 8, ..PaymentFilter::default() };
    let findings = reader.findings(&FindingFilter { limit: 8, ..FindingFilter::default() })?;
    let (findings_open, _) = reader.totals(0)?;
    Ok(OverviewPage {
        figures: figures(reader, now, &hours, &asked, to, findings_open, &findings)?,
        minutes,
        failures: failures(reader, from, to, hours[0].unknown)?,
        failed: payment_rows(reader, &reader.payments(&latest)?, live)?,
        findings: finding_rows(reader, &findings)?,
        undecoded: sum(Counted::Undecoded)?,
        frames: sum(Counted::Frames)?,
        feeds,
    })
}

/// Outcomes of one hour.
#[derive(Default)]
struct Hour {
    approved: u64,
    declined: u64,
    unknown: u64,
}

impl Hour {
    fn add(&mut self, outcome: &str, n: u64) {
        match outcome {
            "approved" => self.approved += n,
            "declined" => self.declined += n,
            "unknown" => self.unknown += n,
            _ => {}
        }
    }

    fn approved_bp(&self) -> Option<u16> {
        let answered = self.approved + self.declined;
        (answered > 0).then(|| (self.approved * 10_000 / answered) as u16)
    }
}

fn add(minute: &mut Minute, outcome: &str, n: u32) {
    match outcome {
        "approved" => minute.approved += n,
        "declined" => minute.declined += n,
        "unknown" => minute.unknown += n,
        _ => minute.reversed += n,
    }
}

fn figures(
    reader: &Reader,
    now: i64,
    hours: &[Hour; 2],
    asked: &BTreeMap<i64, u64>,
    to: i64,
    findings_open: u64,
    findings: &[tg_store::FindingRecord],
) -> Result<Figures, StoreError> {
    let [this, before] = hours;
    let compared = before.approved + before.declined + before.unknown > 0;
    // The running minute is not full yet: the last full one is the figure, the hour before it the comparison.
    let last_full = to - 2;
    let usual: Vec<u64> = asked.range(last_full - 60..last_full).map(|(_, n)| *n).collect();
    Ok(Figures {
        payments_per_minute: asked.get(&last_full).or_else(|| asked.get(&(to - 1))).copied().unwrap_or(0),
        payments_per_minute_usual: (usual.len() >= 10)
            .then(|| usual.iter().sum::<u64>() / usual.len() as u64),
        approved_bp: this.approved_bp(),
        approved_usual_bp: before.approved_bp(),
        failed: this.declined + this.unknown,
        failed_usual: compared.then_some(before.declined + before.unknown),
        unknown: this.unknown,
        findings_open,
        findings_new: findings.iter().filter(|f| f.found_at >= now - HOUR_US).count() as u64,
        terminals_seen: reader.totals(now - HOUR_US)?.1,
        terminals_known: reader.totals(now - 400 * DAY_US)?.1,
    })
}

fn failures(reader: &Reader, from: i64, to: i64, unknown: u64) -> Result<Vec<FailureBar>, StoreError> {
    let mut by_code: BTreeMap<String, u64> = BTreeMap::new();
    for (_, label, n) in reader.minutes(Counted::Code, from, to)? {
        *by_code.entry(label).or_default() += n;
    }
    let mut bars: Vec<FailureBar> = by_code
        .into_iter()
        .map(|(label, count)| {
            let (scheme, code) = label.split_once(':').unwrap_or(("", &label));
            FailureBar { code: Some(code.to_owned()), text: words(scheme, code), count }
        })
        .collect();
    if unknown > 0 {
        bars.push(FailureBar {
            code: None,
            text: Text::fixed("没有应答，结果未知", "No answer, outcome unknown"),
            count: unknown,
        });
    }
    bars.sort_by_key(|bar| std::cmp::Reverse(bar.count));
    bars.truncate(8);
    Ok(bars)
}

fn words(scheme: &str, code: &str) -> Text {
    let row = Scheme::from_word(scheme)
        .and_then(|s| Catalogue::builtin().response_code(s, Direction::Response, code));
    row.map_or(Text::fixed("目录未收录", "Not in the catalogue"), |row| short(&row.meaning))
}
