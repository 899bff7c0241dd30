//! Charges that don't fit: a small one before a large one, an unknown side, the night, many small ones.

use super::{Seen, View, ask_then_freeze, minute, places};
use crate::{Amount, Severity, Transaction};
use tg_text::Text;

/// A charge up to this is used to try whether a card works.
const TEST_MAX: Amount = Amount::units(1);
/// What follows a trial is at least this.
const AFTER_TEST_MIN: Amount = Amount::units(200);
const AFTER_TEST_MINUTES: i64 = 48 * 60;

/// At most 1.00, then at least 200 at the same side within two days.
pub fn test_charges(view: &View<'_>) -> Vec<Seen> {
    let mut out = Vec::new();
    for rows in view.by_side.values() {
        for (n, small) in rows.iter().enumerate() {
            let first = &view.rows[*small];
            if first.amount > TEST_MAX || first.amount.0 == 0 {
                continue;
            }
            let large = rows[n + 1..].iter().take(50).find(|b| {
                let b = &view.rows[**b];
                b.amount >= AFTER_TEST_MIN && minute(b) - minute(first) <= AFTER_TEST_MINUTES
            });
            let Some(large) = large else { continue };
            let (who, amount) = (first.who(), view.rows[*large].amount);
            out.push(Seen {
                code: "test_charge",
                rows: vec![*small, *large],
                text: Text::new(
                    format!("“{who}”先扣{}试探，随后扣{amount}：盗刷常这样开始", first.amount),
                    format!("“{who}” first took {}, then {amount}: misuse of a card often begins with such a trial", first.amount),
                ),
                severity: Severity::High,
                confidence: "medium",
                action: ask_then_freeze(),
            });
        }
    }
    out
}

/// Seen once, and far above what is usual.
pub fn unknown_sides(view: &View<'_>) -> Vec<Seen> {
    const ROWS_MIN: usize = 10;
    const AMOUNT_MIN: Amount = Amount::units(500);
    const TIMES_USUAL: i64 = 8;
    if view.spending.len() < ROWS_MIN {
        return Vec::new();
    }
    let mut amounts: Vec<Amount> = view.spending.iter().map(|i| view.rows[*i].amount).collect();
    amounts.sort();
    let usual = amounts[amounts.len() / 2];
    let mut out = Vec::new();
    for rows in view.by_side.values() {
        let [row] = rows.as_slice() else { continue };
        let t = &view.rows[*row];
        if t.amount < AMOUNT_MIN || t.amount.0 < usual.0.saturating_mul(TIMES_USUAL) || moves_own_money(t) {
            continue;
        }
        let night = is_night(t);
        let elsewhere = places::city_of(t).is_some_and(|here| {
            let mut others =
                view.spending.iter().filter(|i| *i != row).filter_map(|i| places::city_of(&view.rows[*i]));
            let mut counted = 0;
            let all_other = others.by_ref().take(400).all(|c| {
                counted += 1;
                c != here
            });
            all_other && counted >= 5
        });
        out.push(Seen {
            code: "unknown_merchant",
            rows: vec![*row],
            text: Text::new(
                format!(
                    "“{}”只出现过一次，金额{}远高于平时（中位数{usual}）{}",
                    t.who(),
                    t.amount,
                    [
                        if night { "，且在凌晨" } else { "" },
                        if elsewhere { "，且在平时不去的城市" } else { "" }
                    ]
                    .concat()
                ),
                format!(
                    "“{}” appears once, and {} is far above your usual {usual}{}",
                    t.who(),
                    t.amount,
                    [
                        if night { ", at night" } else { "" },
                        if elsewhere { ", in a city where you don't usually pay" } else { "" }
                    ]
                    .concat()
                ),
            ),
            severity: if night || elsewhere { Severity::High } else { Severity::Medium },
            confidence: if night || elsewhere { "medium" } else { "low" },
            action: ask_then_freeze(),
        });
    }
    out
}

/// Repaying, transferring and saving are large by nature and known to their owner.
fn moves_own_money(t: &Transaction) -> bool {
    let words = format!("{} {}", t.who(), t.description.as_deref().unwrap_or(""));
    ["还款", "转账", "汇款", "理财", "基金", "定期", "房租", "工资", "transfer", "repayment"]
        .iter()
        .any(|w| words.to_lowercase().contains(w))
}

fn is_night(t: &Transaction) -> bool {
    // Midnight to the second is how a missing time looks.
    t.time.is_some_and(|at| at.hour() < 5 && (at.hour(), at.minute(), at.second()) != (0, 0, 0))
}

/// Larger payments between midnight and five.
pub fn nights(view: &View<'_>) -> Vec<Seen> {
    const AMOUNT_MIN: Amount = Amount::units(200);
    let rows: Vec<usize> = view
        .spending
        .iter()
        .copied()
        .filter(|i| {
            is_night(&view.rows[*i]) && view.rows[*i].amount >= AMOUNT_MIN && !moves_own_money(&view.rows[*i])
        })
        .collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let n = rows.len();
    vec![Seen {
        code: "night",
        rows,
        text: Text::new(
            format!("有{n}笔200以上的支出发生在零点到五点"),
            format!("{n} payments of 200 or more were made between midnight and five"),
        ),
        severity: Severity::Low,
        confidence: "low",
        action: ask_then_freeze(),
    }]
}

/// Five or more payments of at most 20 within half an hour: a card being emptied below the limits.
pub fn many_small(view: &View<'_>) -> Vec<Seen> {
    const COUNT_MIN: usize = 5;
    const SMALL_MAX: Amount = Amount::units(20);
    const MINUTES: i64 = 30;
    let small: Vec<usize> = view
        .spending
        .iter()
        .copied()
        .filter(|i| {
            view.rows[*i].time.is_some() && view.rows[*i].amount <= SMALL_MAX && view.rows[*i].amount.0 > 0
        })
        .collect();
    let (mut out, mut start) = (Vec::new(), 0);
    while start < small.len() {
        let begin = minute(&view.rows[small[start]]);
        let end =
            start + small[start..].iter().take_while(|i| minute(&view.rows[**i]) - begin <= MINUTES).count();
        if end - start < COUNT_MIN {
            start += 1;
            continue;
        }
        let (n, rows) = (end - start, small[start..end].to_vec());
        let date = view.rows[rows[0]].date;
        out.push(Seen {
            code: "many_small",
            rows,
            text: Text::new(
                format!("{date}半小时内有{n}笔20以下的小额支出"),
                format!("{date}: {n} payments of at most 20 within half an hour"),
            ),
            severity: Severity::Medium,
            confidence: "low",
            action: ask_then_freeze(),
        });
        start = end;
    }
    out
}
