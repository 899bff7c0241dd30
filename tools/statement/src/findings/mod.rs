//! What the account's owner should look at.
//!
//! Why it exists: people don't read 300 rows, they read ten findings. Each says what was seen and why it stands
//! out, how sure that is, what to do, whom to call. Never says that somebody stole: an unknown charge may be a
//! forgotten one.

mod costs;
mod known;
mod places;
mod repeats;
mod strange;

use crate::{Contact, Finding, Severity, Statement, Transaction};
use jiff::civil::Time;
use std::collections::BTreeMap;
use tg_codes::Catalogue;
use tg_text::Text;

/// At most this many findings of one kind: the rest is in the same rows anyway.
const OF_A_KIND_MAX: usize = 50;

/// What the detectors share: rows of spending in the order of time, by other side.
pub(crate) struct View<'a> {
    rows: &'a [Transaction],
    /// Places of spending, oldest first.
    spending: Vec<usize>,
    /// The same by other side.
    by_side: BTreeMap<String, Vec<usize>>,
}

impl<'a> View<'a> {
    fn new(rows: &'a [Transaction]) -> View<'a> {
        let mut spending: Vec<usize> = (0..rows.len()).filter(|i| rows[*i].is_spending()).collect();
        spending.sort_by_key(|i| (minute(&rows[*i]), *i));
        let mut by_side: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for i in &spending {
            by_side.entry(side(&rows[*i])).or_default().push(*i);
        }
        View { rows, spending, by_side }
    }
}

/// The other side as a key: letters only, so that order numbers don't part one shop into many.
fn side(t: &Transaction) -> String {
    t.who().chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).take(40).collect()
}

/// Minutes since 1970, for distances; a row without a time counts as midnight.
fn minute(t: &Transaction) -> i64 {
    let at = t.time.unwrap_or(Time::midnight());
    day_number(t) * 1440 + i64::from(at.hour()) * 60 + i64::from(at.minute())
}

/// Days since 1970.
fn day_number(t: &Transaction) -> i64 {
    day_of(t.date)
}

fn day_of(date: jiff::civil::Date) -> i64 {
    let since = date.since((jiff::Unit::Day, jiff::civil::date(1970, 1, 1)));
    since.map_or(0, |s| i64::from(s.get_days()))
}

/// One finding before it has its contacts.
pub(crate) struct Seen {
    code: &'static str,
    rows: Vec<usize>,
    text: Text,
    severity: Severity,
    confidence: &'static str,
    action: Text,
}

/// Looks at the statement.
pub fn find(statement: &mut Statement) {
    let view = View::new(&statement.transactions);
    let mut seen: Vec<Seen> = Vec::new();
    for detector in [
        repeats::duplicates,
        places::too_far_apart,
        strange::test_charges,
        strange::unknown_sides,
        strange::nights,
        strange::many_small,
        known::deposits,
        known::missing_refunds,
        repeats::subscriptions,
        costs::fees,
        costs::foreign,
    ] {
        let mut found = detector(&view);
        found.truncate(OF_A_KIND_MAX);
        seen.extend(found);
    }
    seen.sort_by(|a, b| b.severity.cmp(&a.severity).then(a.rows.cmp(&b.rows)));
    let calls = contacts(&statement.format);
    statement.findings = seen
        .into_iter()
        .map(|s| Finding {
            code: s.code,
            rows: s.rows,
            text: s.text,
            contacts: if s.severity >= Severity::Medium {
                calls.clone()
            } else {
                calls.iter().take(1).cloned().collect()
            },
            severity: s.severity,
            confidence: s.confidence,
            action: s.action,
        })
        .collect();
}

/// The bank or wallet of the statement, then the police's advice line; verified numbers only.
fn contacts(format: &str) -> Vec<Contact> {
    let bank = match format {
        "wechat" => "Tenpay/WeChat Pay",
        "alipay" => "Alipay",
        "icbc" => "ICBC",
        "abc" => "ABC",
        "boc" => "BOC",
        "ccb" => "CCB",
        "bocom" => "BOCOM",
        "cmb" => "CMB",
        "psbc" => "PSBC",
        "pab" => "PAB",
        "cib" => "CIB",
        _ => "",
    };
    let chinese = !matches!(format, "ofx" | "qif" | "mt940" | "camt053" | "hsbc" | "bmo" | "csv" | "excel");
    let mut names = vec![bank];
    if chinese {
        names.push("Anti-fraud centre");
    }
    let hotlines = Catalogue::builtin().hotlines();
    let line = |name: &&str| hotlines.iter().find(|h| h.verified && h.organisation.en == *name);
    names
        .iter()
        .filter_map(line)
        .map(|h| Contact { organisation: h.organisation.clone(), number: h.contact.clone() })
        .collect()
}

/// The days of a steady rhythm: weekly, monthly, yearly.
pub fn cycle_days(days: &[jiff::civil::Date]) -> Option<i64> {
    let numbers: Vec<i64> = days.iter().map(|d| day_of(*d)).collect();
    let mut steps: Vec<i64> = numbers.windows(2).map(|w| (w[1] - w[0]).abs()).collect();
    steps.sort_unstable();
    steps.get(steps.len() / 2).copied().filter(|s| *s > 0)
}

/// What to do about a charge that nobody remembers.
fn ask_then_freeze() -> Text {
    Text::fixed(
        "先想想是否本人、家人或自动扣款；不认识就打卡背面或官方App上的电话，要求冻结并否认这笔交易，留下受理编号。",
        "First think of yourself, family and automatic payments. If nobody knows it, call the number on the card or in the official app, have the card blocked, dispute the charge and note the case number.",
    )
}
