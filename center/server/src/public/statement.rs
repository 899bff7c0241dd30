//! "Check my statement": a file comes, is read in memory on a thread of its own, and is gone with the answer.
//!
//! Nothing of it is written to disk, log or metric. At most [`AT_ONCE`] files are read at the same time, and a larger
//! file than [`FILE_BYTES_MAX`] is refused by its announced length, before it is read.

use super::multipart::{Part, parts};
use super::{Class, Public, Visit};
use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use std::fmt::Write;
use tg_console::public::{
    StatementAnswer, StatementColumn, StatementColumns, StatementFinding, StatementPage, statement,
};
use tg_statement::{Correction, Direction, Finding, Preview, Refused, Role, Severity, Statement};
use tg_text::{Lang, Text};

/// The largest file that the page takes; the command line takes more.
const MEGABYTES_MAX: usize = 16;
const FILE_BYTES_MAX: usize = MEGABYTES_MAX << 20;
/// Files read at the same time.
const AT_ONCE: usize = 2;
static READING: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(AT_ONCE);
/// What the page shows at most, so that it stays small.
const FINDINGS_SHOWN: usize = 12;
const ROWS_SHOWN: usize = 5;
const REMINDERS_SHOWN: usize = 12;
const COLUMNS_SHOWN: usize = 24;

/// The routes.
pub(crate) fn routes() -> Router<Public> {
    Router::new()
        .route("/statement", get(ask).post(check))
        .layer(DefaultBodyLimit::max(FILE_BYTES_MAX + 64 * 1024))
}

async fn ask(visit: Visit) -> Response {
    visit.ok(|frame| statement(&StatementPage::Ask, MEGABYTES_MAX, frame))
}

/// What was announced is larger than what may come.
pub(super) fn announces_more(headers: &HeaderMap, most: usize) -> bool {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    length.is_some_and(|length| length > most as u64)
}

async fn check(visit: Visit, headers: HeaderMap, body: axum::extract::Request) -> Response {
    let too_large = || {
        visit.refuse(
            StatusCode::PAYLOAD_TOO_LARGE,
            &Text::new(
                format!("文件超过 {MEGABYTES_MAX} MB"),
                format!("The file is larger than {MEGABYTES_MAX} MB"),
            ),
            &[Text::fixed(
                "导出较短的一段时间，比如一个月，再试。",
                "Export a shorter time, such as one month, and try again.",
            )],
        )
    };
    if announces_more(&headers, FILE_BYTES_MAX + 64 * 1024) {
        return too_large();
    }
    if let Err(wait) = visit.take(Class::Upload) {
        return wait;
    }
    let Ok(body) = read(body).await else { return too_large() };
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
    let Ok(_place) = READING.acquire().await else { return too_large() };
    let (lang, today) = (visit.frame.lang, today(&visit));
    let answered = tokio::task::spawn_blocking(move || {
        let parts = parts(&kind, &body)?;
        let file = parts.iter().find(|p| p.name == "file" && p.is_file && !p.data.is_empty())?;
        Some(answer(file.data, &correction(&parts), lang, today))
    })
    .await;
    match answered {
        Ok(Some(page)) => visit.ok(|frame| statement(&page, MEGABYTES_MAX, frame)),
        _ => {
            let why = Text::fixed("没有选择文件，或文件是空的。", "No file was chosen, or it is empty.");
            visit.ok(|frame| statement(&StatementPage::Refused(why, None), MEGABYTES_MAX, frame))
        }
    }
}

/// The body, up to the limit of its route.
pub(super) async fn read(request: axum::extract::Request) -> Result<Bytes, BytesRejection> {
    <Bytes as axum::extract::FromRequest<()>>::from_request(request, &()).await
}

fn today(visit: &Visit) -> jiff::civil::Date {
    let now = jiff::Timestamp::from_microsecond(visit.frame.now_us).unwrap_or_default();
    visit.frame.time_zone.to_datetime(now).date()
}

fn correction(parts: &[Part<'_>]) -> Correction {
    let mut out = Correction::default();
    for part in parts.iter().filter(|p| !p.is_file) {
        let text = part.text();
        match (part.name.as_str(), part.name.strip_prefix('c').and_then(|n| n.parse::<usize>().ok())) {
            ("header", _) => out.header = text.parse().ok().filter(|at| *at < 1_000),
            ("plus", _) => out.plus_is_spending = text.parse().ok(),
            (_, Some(column)) if column < 200 => out.roles.push((column, Role::from_name(&text))),
            _ => {}
        }
    }
    out
}

fn answer(file: &[u8], correction: &Correction, lang: Lang, today: jiff::civil::Date) -> StatementPage {
    let shown = tg_statement::preview(file, correction).ok().filter(|p| !p.columns.is_empty());
    let columns = shown.map(|p| columns(&p, correction));
    match tg_statement::examine_with(file, correction) {
        Ok(read) => StatementPage::Answer(Box::new(view(&read, columns, lang, today))),
        Err(refused) => {
            let columns = match refused {
                Refused::TooLarge(_) | Refused::Damaged(_) => None,
                _ => columns,
            };
            StatementPage::Refused(refused.text(), columns)
        }
    }
}

fn columns(preview: &Preview, correction: &Correction) -> StatementColumns {
    StatementColumns {
        header: preview.header,
        columns: preview
            .columns
            .iter()
            .take(COLUMNS_SHOWN)
            .map(|c| StatementColumn {
                name: c.name.clone(),
                role: c.role.map_or("", Role::name),
                samples: c.samples.clone(),
            })
            .collect(),
        roles: Role::ALL.into_iter().map(|r| (r.name(), r.title())).collect(),
        missing: preview.missing.iter().map(|r| r.title()).collect(),
        plus_is_spending: match correction.plus_is_spending {
            Some(true) => "true",
            Some(false) => "false",
            None => "",
        },
    }
}

fn view(
    s: &Statement,
    columns: Option<StatementColumns>,
    lang: Lang,
    today: jiff::civil::Date,
) -> StatementAnswer {
    let sum = |way: Direction| {
        let rows = s.transactions.iter().filter(|t| t.direction == way && !t.neutral && !t.void);
        rows.fold((0usize, tg_statement::Amount::default()), |(n, sum), t| (n + 1, sum.plus(t.amount)))
    };
    let (income, spending) = (sum(Direction::In), sum(Direction::Out));
    let n = s.transactions.len();
    let reminders = tg_statement::reminders(s, today);
    let reminders = &reminders[..reminders.len().min(REMINDERS_SHOWN)];
    StatementAnswer {
        summary: Text::new(
            format!("读到{n}行：收入{}笔{}，支出{}笔{}。", income.0, income.1, spending.0, spending.1),
            format!("{n} rows read: in {} ({}), out {} ({}).", income.1, income.0, spending.1, spending.0),
        ),
        checks: s.checks.iter().map(|c| (c.ok, c.text.clone())).collect(),
        findings: s.findings.iter().take(FINDINGS_SHOWN).map(|f| finding(s, f)).collect(),
        more: s.findings.len().saturating_sub(FINDINGS_SHOWN),
        reminders: reminders.iter().map(|r| (r.date.to_string(), r.title.clone())).collect(),
        calendar: data_address(&tg_statement::calendar(reminders, today, lang)),
        columns,
    }
}

fn finding(s: &Statement, f: &Finding) -> StatementFinding {
    let rows = f.rows.iter().filter_map(|i| s.transactions.get(*i)).take(ROWS_SHOWN);
    StatementFinding {
        severity: match f.severity {
            Severity::High => "high",
            Severity::Medium => "medium",
            Severity::Low => "low",
            Severity::Info => "info",
        },
        confidence: match f.confidence {
            "high" => Text::fixed("高", "high"),
            "medium" => Text::fixed("中", "medium"),
            _ => Text::fixed("低", "low"),
        },
        text: f.text.clone(),
        action: f.action.clone(),
        rows: rows.map(|t| (t.date.to_string(), t.who().to_owned(), t.amount.to_string())).collect(),
        contacts: f.contacts.iter().map(|c| (c.organisation.clone(), c.number.clone())).collect(),
    }
}

/// The calendar in the link itself: nothing has to be kept for it to be fetched.
fn data_address(calendar: &str) -> String {
    let mut out = String::from("data:text/calendar;charset=utf-8,");
    for byte in calendar.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String can't fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: jiff::civil::Date = jiff::civil::Date::constant(2024, 2, 1);

    #[test]
    fn a_file_gives_findings_and_its_columns() {
        let file = "交易时间,交易对方,收/支,金额\n2024-01-05 10:00:00,咖啡店,支出,25.00\n2024-01-05 10:03:00,咖啡店,支出,25.00\n";
        let StatementPage::Answer(a) = answer(file.as_bytes(), &Correction::default(), Lang::Zh, TODAY)
        else {
            panic!("is read")
        };
        assert_eq!((a.findings.len(), a.findings[0].severity, a.findings[0].rows.len()), (1, "medium", 2));
        let columns = a.columns.expect("is a table");
        assert_eq!(
            columns.columns.iter().map(|c| c.role).collect::<Vec<_>>(),
            ["date", "counterparty", "flag", "amount"]
        );
        assert!(a.calendar.starts_with("data:text/calendar;charset=utf-8,BEGIN%3AVCALENDAR%0D%0A"));
    }

    #[test]
    fn a_table_without_amount_asks_for_it_and_a_correction_is_taken() {
        let file = "交易日期,对方户名,摘要,某某\n2024-01-05,甲,乙,3.00\n2024-01-06,甲,乙,4.00\n".as_bytes();
        let StatementPage::Refused(_, Some(columns)) = answer(file, &Correction::default(), Lang::Zh, TODAY)
        else {
            panic!("is refused with its columns")
        };
        assert_eq!(columns.missing.len(), 1);
        let fields: [(&str, &[u8]); 4] =
            [("header", b"0"), ("c0", b"date"), ("c3", b"amount"), ("plus", b"true")];
        let parts: Vec<Part<'_>> = fields
            .iter()
            .map(|(name, data)| Part { name: (*name).to_owned(), is_file: false, data })
            .collect();
        let StatementPage::Answer(a) = answer(file, &correction(&parts), Lang::Zh, TODAY) else {
            panic!("is read")
        };
        assert!(a.summary.zh.contains("支出2笔7.00"), "{}", a.summary.zh);
    }
}
