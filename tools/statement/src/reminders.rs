//! What to come back to, as a calendar file (RFC 5545) that every phone opens.
//!
//! Why it exists: a dispute has a deadline, a bank's answer takes days, a subscription is taken again next month.
//! Pure: the caller says which day it is. Never writes a card number or a contact into the calendar, which may be
//! shared: the statement is masked already, and a reminder names day, side and amount only.

use crate::findings::cycle_days;
use crate::{Severity, Statement};
use jiff::civil::Date;
use serde::Serialize;
use tg_text::{Lang, Text};

/// At most this many.
const REMINDERS_MAX: usize = 40;

/// One thing to come back to.
#[derive(Clone, Debug, Serialize)]
pub struct Reminder {
    /// The day.
    #[serde(serialize_with = "crate::model::shown")]
    pub date: Date,
    /// In a few words.
    pub title: Text,
    /// What to do.
    pub text: Text,
}

fn after(day: Date, days: i64) -> Date {
    day.checked_add(jiff::Span::new().days(days)).unwrap_or(day)
}

/// What to come back to, from what was found; `today` or later, oldest first.
pub fn reminders(statement: &Statement, today: Date) -> Vec<Reminder> {
    let mut out = Vec::new();
    for finding in &statement.findings {
        let Some(last) =
            finding.rows.iter().filter_map(|i| statement.transactions.get(*i)).max_by_key(|t| t.date)
        else {
            continue;
        };
        let (who, amount) = (last.who(), last.amount);
        match finding.code {
            "subscription" | "subscription_price_change" => {
                let days: Vec<Date> = finding
                    .rows
                    .iter()
                    .filter_map(|i| statement.transactions.get(*i))
                    .map(|t| t.date)
                    .collect();
                let Some(cycle) = cycle_days(&days) else { continue };
                let mut next = after(last.date, cycle);
                // A statement may be old: the next time that lies ahead.
                for _ in 0..600 {
                    if after(next, -3) >= today {
                        break;
                    }
                    next = after(next, cycle);
                }
                out.push(Reminder {
                    date: after(next, -3),
                    title: Text::new(format!("“{who}”将自动扣款{amount}"), format!("“{who}” will charge {amount}")),
                    text: Text::new(
                        format!("约{next}扣款。不再需要就提前在商户或钱包的自动扣款里关闭。"),
                        format!("Due about {next}. If you no longer need it, end it before with the merchant or in your wallet."),
                    ),
                });
            }
            "refund_missing" => out.push(Reminder {
                date: after(today, 3),
                title: Text::new(
                    format!("查“{who}”退款{amount}"),
                    format!("Check the refund of {amount} from “{who}”"),
                ),
                text: finding.action.clone(),
            }),
            _ if finding.severity >= Severity::Medium => {
                out.push(Reminder {
                    date: today,
                    title: Text::new(
                        format!("核对{} “{who}”{amount}", last.date),
                        format!("Check {} “{who}” {amount}", last.date),
                    ),
                    text: finding.action.clone(),
                });
                out.push(Reminder {
                    date: after(today, 7),
                    title: Text::new(format!("追问银行：“{who}”{amount}"), format!("Ask the bank again: “{who}” {amount}")),
                    text: Text::fixed(
                        "已否认这笔交易的：用受理编号问进度、要书面答复，并问清否认的最后期限（各行不同，越早越好）。",
                        "If you disputed it: ask with the case number how it stands, ask for a written answer and for the last day on which it can be disputed (it differs by bank; sooner is better).",
                    ),
                });
            }
            _ => {}
        }
    }
    out.sort_by(|a, b| (a.date, a.title.en.as_ref()).cmp(&(b.date, b.title.en.as_ref())));
    out.dedup_by(|a, b| a.date == b.date && a.title.en == b.title.en);
    out.truncate(REMINDERS_MAX);
    out
}

/// The reminders as a calendar file in one language.
pub fn calendar(reminders: &[Reminder], today: Date, lang: Lang) -> String {
    let stamp = |d: Date| format!("{:04}{:02}{:02}", d.year(), d.month(), d.day());
    let mut out = String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Tillguard//statement//EN\r\n");
    for (n, reminder) in reminders.iter().enumerate() {
        let date = stamp(reminder.date);
        let lines = [
            "BEGIN:VEVENT".to_owned(),
            format!("UID:{date}-{n}@statement.tillguard.invalid"),
            format!("DTSTAMP:{}T000000Z", stamp(today)),
            format!("DTSTART;VALUE=DATE:{date}"),
            format!("SUMMARY:{}", escaped(reminder.title.get(lang))),
            format!("DESCRIPTION:{}", escaped(reminder.text.get(lang))),
            "BEGIN:VALARM".to_owned(),
            "ACTION:DISPLAY".to_owned(),
            "TRIGGER:PT9H".to_owned(),
            format!("DESCRIPTION:{}", escaped(reminder.title.get(lang))),
            "END:VALARM".to_owned(),
            "END:VEVENT".to_owned(),
        ];
        for line in lines {
            fold(&line, &mut out);
        }
    }
    out.push_str("END:VCALENDAR\r\n");
    out
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Lines of at most 75 bytes; a longer one goes on behind a blank.
fn fold(line: &str, out: &mut String) {
    let mut length = 0;
    for c in line.chars() {
        if length + c.len_utf8() > 75 {
            out.push_str("\r\n ");
            length = 1;
        }
        out.push(c);
        length += c.len_utf8();
    }
    out.push_str("\r\n");
}
