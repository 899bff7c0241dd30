//! Patterns of known tricks: the deposit for a "free" POS machine, the refund that never came.

use super::{Seen, View, day_number};
use crate::{Amount, Direction, Severity};
use std::collections::BTreeMap;
use tg_text::Text;

/// What such a machine takes when it is first swiped.
const DEPOSITS: &[i64] = &[98, 99, 198, 199, 298, 299, 398, 399];
/// Words of whoever runs or sells machines.
const MACHINE_WORDS: &[&str] = &[
    "pos",
    "刷卡机",
    "押金",
    "激活",
    "机具",
    "收单",
    "支付科技",
    "支付服务",
    "支付有限",
    "电签",
    "拉卡拉",
    "乐刷",
    "银盛",
    "海科",
    "盛付通",
    "瑞银信",
    "合利宝",
    "付临门",
    "随行付",
    "星驿付",
    "立刷",
    "现代金控",
    "嘉联",
    "国通星驿",
    "快钱",
    "易宝",
    "汇付",
    "开店宝",
    "中付",
    "杉德",
    "card reader",
];
/// Wallets name themselves "…支付科技" in every row.
const WALLETS: &[&str] = &["财付通", "支付宝", "蚂蚁", "京东", "抖音", "美团", "云闪付"];

/// Exactly 99, 199, 299 or 399 (or one less) to whoever runs machines.
pub fn deposits(view: &View<'_>) -> Vec<Seen> {
    let mut out = Vec::new();
    for i in &view.spending {
        let t = &view.rows[*i];
        let whole = DEPOSITS.iter().any(|d| t.amount == Amount::units(*d));
        let words = format!("{} {}", t.who(), t.description.as_deref().unwrap_or("")).to_lowercase();
        if !whole
            || !MACHINE_WORDS.iter().any(|w| words.contains(w))
            || WALLETS.iter().any(|w| words.contains(w))
        {
            continue;
        }
        out.push(Seen {
            code: "pos_deposit",
            rows: vec![*i],
            text: Text::new(
                format!("“{}”扣了{}，金额和名称像POS机押金或激活费：这类钱常说刷满退还，实际难退", t.who(), t.amount),
                format!("“{}” took {}: amount and name look like a deposit or activation fee of a POS machine, which is often promised back and rarely returned", t.who(), t.amount),
            ),
            severity: Severity::Medium,
            confidence: "medium",
            action: Text::fixed(
                "找出当时的宣传、聊天和物流单；向收单机构官方客服要求退还并留编号，不成可投诉或报警。不要扫码“退押金”，不要给卡号、密码、验证码。",
                "Keep the advert, chats and delivery note; ask the acquirer's official service for the money and note the case number, then complain or go to the police. Don't scan a “refund” code, don't give card number, PIN or codes.",
            ),
        });
    }
    out
}

/// The statement says that a refund was begun, and nothing came back by its end.
pub fn missing_refunds(view: &View<'_>) -> Vec<Seen> {
    const DAYS: i64 = 7;
    let Some(end) = view.rows.iter().map(day_number).max() else { return Vec::new() };
    // The last day on which this amount came from this side.
    let mut came: BTreeMap<(String, Amount), i64> = BTreeMap::new();
    for r in view.rows.iter().filter(|r| r.direction == Direction::In) {
        let last = came.entry((super::side(r), r.amount)).or_insert(i64::MIN);
        *last = (*last).max(day_number(r));
    }
    let mut out = Vec::new();
    for (i, t) in view.rows.iter().enumerate() {
        let words =
            format!("{} {}", t.status.as_deref().unwrap_or(""), t.description.as_deref().unwrap_or(""));
        let promised = ["退款中", "待退款", "退款处理", "申请退款", "退款申请", "refund pending"]
            .iter()
            .any(|w| words.to_lowercase().contains(w));
        if !promised || end - day_number(t) < DAYS {
            continue;
        }
        if came.get(&(super::side(t), t.amount)).is_some_and(|day| *day >= day_number(t)) {
            continue;
        }
        out.push(Seen {
            code: "refund_missing",
            rows: vec![i],
            text: Text::new(
                format!("“{}”{}的退款{}七天以上仍未见到账", t.who(), t.date, t.amount),
                format!("“{}”: the refund of {} from {} has not arrived after more than seven days", t.who(), t.amount, t.date),
            ),
            severity: Severity::Low,
            confidence: "medium",
            action: Text::fixed(
                "带上订单号问商户退款流水号和原路退回的账户，再向钱包或银行查询；任何索要验证码的“退款客服”都不要理会。",
                "Ask the merchant for the refund's number and the account it went to, then ask your wallet or bank; ignore any “refund service” that wants a code.",
            ),
        });
    }
    out
}
