//! Charges that repeat: the same one twice, and subscriptions with their price changes.

use super::{Seen, View, day_number, minute};
use crate::{Direction, Severity};
use std::collections::BTreeSet;
use tg_text::Text;

/// Two equal charges within this time are one purchase charged twice, more often than not.
const TWICE_MINUTES: i64 = 10;

/// The same amount at the same place within minutes, or on one day where the statement has no times.
pub fn duplicates(view: &View<'_>) -> Vec<Seen> {
    let mut out = Vec::new();
    for rows in view.by_side.values() {
        let mut told: BTreeSet<usize> = BTreeSet::new();
        for (n, a) in rows.iter().enumerate().filter(|(_, a)| is_whole(view, **a)) {
            if told.contains(a) {
                continue;
            }
            let first = &view.rows[*a];
            let near = rows[n + 1..]
                .iter()
                .take(50)
                .take_while(|b| view.rows[**b].date == first.date || close(view, *a, **b));
            let same: Vec<usize> = near
                .copied()
                .filter(|b| {
                    let b_row = &view.rows[*b];
                    b_row.amount == first.amount
                        && b_row.who() == first.who()
                        && close(view, *a, *b)
                        && is_whole(view, *b)
                })
                .collect();
            if same.is_empty() {
                continue;
            }
            told.extend(&same);
            out.push(twice(view, [&[*a][..], &same].concat()));
        }
    }
    out
}

/// An amount, and nothing of it came back.
fn is_whole(view: &View<'_>, row: usize) -> bool {
    let t = &view.rows[row];
    t.amount.0 != 0 && t.refunded.is_none() && !given_back(view, row)
}

/// Within minutes; where a time is missing, on the same day.
fn close(view: &View<'_>, a: usize, b: usize) -> bool {
    let (a, b) = (&view.rows[a], &view.rows[b]);
    match (a.time, b.time) {
        (Some(_), Some(_)) => minute(b) - minute(a) <= TWICE_MINUTES,
        _ => a.date == b.date,
    }
}

fn twice(view: &View<'_>, rows: Vec<usize>) -> Seen {
    let t = &view.rows[rows[0]];
    let timed = rows.iter().all(|i| view.rows[*i].time.is_some());
    let (date, who, amount, n) = (t.date, t.who(), t.amount, rows.len());
    let zh = if timed { "相隔不到十分钟" } else { "同一天" };
    let en = if timed { "within ten minutes" } else { "on the same day" };
    Seen {
        code: "duplicate",
        rows,
        text: Text::new(
            format!("{date}在“{who}”{zh}有{n}笔{amount}，可能重复扣款"),
            format!(
                "{date}: {n} charges of {amount} at “{who}” {en}; one purchase may have been charged again"
            ),
        ),
        severity: if timed { Severity::Medium } else { Severity::Low },
        confidence: if timed { "medium" } else { "low" },
        action: Text::fixed(
            "对照小票和购买次数；确属重复，先让商户按流水号查询并退回，商户不处理再找发卡银行或钱包否认交易。不要再付一次。",
            "Compare with your receipts. If you bought once, ask the merchant to look it up by its number and refund it; if they don't, dispute it with your bank or wallet. Don't pay again.",
        ),
    }
}

/// The same amount came back from the same side within a month.
fn given_back(view: &View<'_>, row: usize) -> bool {
    let t = &view.rows[row];
    let key = super::side(t);
    view.rows.iter().skip(row.saturating_sub(200)).take(400).any(|r| {
        r.direction == Direction::In
            && r.amount == t.amount
            && (0..=31).contains(&(day_number(r) - day_number(t)))
            && super::side(r) == key
    })
}

/// Charges at one side in a steady rhythm, and a price that rose.
pub fn subscriptions(view: &View<'_>) -> Vec<Seen> {
    let mut out = Vec::new();
    for (name, rows) in
        view.by_side.iter().filter(|(name, rows)| !name.is_empty() && (3..=60).contains(&rows.len()))
    {
        let days: Vec<i64> = rows.iter().map(|i| day_number(&view.rows[*i])).collect();
        let steps: Vec<i64> = days.windows(2).map(|w| w[1] - w[0]).collect();
        let rhythm = [("每周", "weekly", 7, 1), ("每月", "monthly", 30, 3), ("每年", "yearly", 365, 6)]
            .into_iter()
            .find(|(_, _, period, slack)| steps.iter().all(|s| (s - period).abs() <= *slack));
        let Some((zh, en, ..)) = rhythm else { continue };
        let amount = |i: usize| view.rows[rows[i]].amount;
        let last = amount(rows.len() - 1);
        let before = amount(rows.len() - 2);
        // A rhythm of different amounts is a habit, not a subscription.
        let steady = (1..rows.len() - 1).all(|i| amount(i) == amount(i - 1));
        if !steady || name.chars().count() < 2 {
            continue;
        }
        let who = view.rows[rows[0]].who();
        let raised = last > before;
        out.push(Seen {
            code: if raised { "subscription_price_change" } else { "subscription" },
            rows: rows.clone(),
            text: match raised {
                true => Text::new(format!("“{who}”{zh}扣款由{before}涨到{last}"), format!("“{who}” charges {en}; the price rose from {before} to {last}")),
                false => Text::new(format!("“{who}”{zh}扣款{last}"), format!("“{who}” charges {last} {en}")),
            },
            severity: if raised { Severity::Low } else { Severity::Info },
            confidence: "medium",
            action: Text::fixed(
                "不再需要就在该商户或微信、支付宝的“自动扣款/免密支付”里关闭；涨价未告知可要求退差价。",
                "If you no longer need it, end it with the merchant or in your wallet's automatic payments; for a rise you weren't told of, ask for the difference back.",
            ),
        });
    }
    out
}
