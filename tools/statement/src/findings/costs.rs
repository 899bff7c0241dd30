//! What the account itself costs: fees, interest, cash advances, other currencies.

use super::{Seen, View};
use crate::{Amount, Severity};
use tg_text::Text;

const FEES: &[&str] = &[
    "手续费",
    "年费",
    "滞纳金",
    "违约金",
    "利息支出",
    "透支利息",
    "循环利息",
    "分期手续费",
    "货币转换费",
    "小额账户管理费",
    "短信服务费",
    "服务费",
    "annual fee",
    "service charge",
    "late fee",
    "interest charge",
    "foreign transaction fee",
    "overdraft",
    "fee:",
];
const CASH: &[&str] = &["取现", "预借现金", "cash advance"];

/// Rows in a currency that is not the statement's: the bank's rate and a fee go with them.
pub fn foreign(view: &View<'_>) -> Vec<Seen> {
    let rows: Vec<usize> =
        view.spending.iter().copied().filter(|i| view.rows[*i].currency.is_some()).collect();
    if rows.is_empty() || rows.len() * 2 > view.spending.len() {
        return Vec::new();
    }
    let n = rows.len();
    vec![Seen {
        code: "foreign_currency",
        rows,
        text: Text::new(
            format!("{n}笔是外币交易，可能另收货币转换费；没有出境、没有海淘的，请核对是否本人所为"),
            format!(
                "{n} payments in another currency, which may cost a conversion fee; if you were not abroad and bought nothing abroad, check whether they are yours"
            ),
        ),
        severity: Severity::Low,
        confidence: "medium",
        action: Text::fixed(
            "对照行程和网购记录；刷卡时选“按当地货币结算”（不选DCC）。不认识的按卡背面电话否认。",
            "Compare with your travels and orders; at the till choose the local currency (no conversion by the shop). Dispute what you don't know on the number on your card.",
        ),
    }]
}

/// Rows that name a fee; a cash advance costs from the first day.
pub fn fees(view: &View<'_>) -> Vec<Seen> {
    let (mut fees, mut cash, mut sum) = (Vec::new(), Vec::new(), Amount::default());
    for (i, t) in
        view.rows.iter().enumerate().filter(|(_, t)| !t.void && t.direction == crate::Direction::Out)
    {
        let words = format!("{} {}", t.who(), t.description.as_deref().unwrap_or("")).to_lowercase();
        if CASH.iter().any(|w| words.contains(w)) {
            cash.push(i);
        } else if let Some(word) = FEES.iter().find(|w| words.contains(**w)) {
            fees.push(i);
            // "服务费¥0.10" in a note is the fee; a row that is the fee has no figure behind the word.
            let noted = words.split_once(word).and_then(|(_, r)| {
                let end =
                    r.find(|c: char| !(c.is_ascii_digit() || "¥￥.:： ".contains(c))).unwrap_or(r.len());
                Amount::read(r[..end].trim_matches([':', '：', ' ']))
            });
            sum = sum.plus(noted.unwrap_or(t.amount));
        }
    }
    let action = Text::fixed(
        "先核对收费标准；不该收的向银行或钱包客服要求退还。",
        "Compare with the tariff; ask your bank or wallet to give back what should not have been charged.",
    );
    let mut out = Vec::new();
    if !fees.is_empty() {
        let n = fees.len();
        out.push(Seen {
            code: "fees",
            rows: fees,
            text: Text::new(
                format!("{n}笔写有手续费、服务费或利息，合计{sum}"),
                format!("{n} rows name fees or interest, {sum} in all"),
            ),
            severity: Severity::Info,
            confidence: "high",
            action: action.clone(),
        });
    }
    if !cash.is_empty() {
        let n = cash.len();
        out.push(Seen {
            code: "cash_advance",
            rows: cash,
            text: Text::new(
                format!("{n}笔取现：信用卡取现从当天起计息；不是本人所取请立即挂失"),
                format!("{n} cash withdrawals: on a credit card they bear interest from the first day; if it wasn't you, block the card now"),
            ),
            severity: Severity::Low,
            confidence: "high",
            action,
        });
    }
    out
}
