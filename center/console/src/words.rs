//! The words that several rooms share: outcomes, severities, stations, and the one sentence about money.
//!
//! Why it exists: the same fact has the same words everywhere, and a sentence about money that says more
//! than the data can do harm (a second charge). Never says that nothing was charged.

use crate::frame::Frame;
use crate::view::{Decision, FeedState, FindingState, MoneyKnown, Outcome, Severity, Station};
use tg_text::Text;

/// How a payment ended: class of its chip, icon, words.
pub(crate) fn outcome(outcome: Outcome) -> (&'static str, &'static str, Text) {
    match outcome {
        Outcome::Waiting => ("plain", "clock", Text::fixed("等待应答", "Waiting")),
        Outcome::Approved => ("ok", "check", Text::fixed("批准", "Approved")),
        Outcome::Declined => ("bad", "x", Text::fixed("拒绝", "Declined")),
        Outcome::Unknown => ("warn", "ask", Text::fixed("结果未知", "Unknown")),
        Outcome::ReversalSent => ("warn", "undo", Text::fixed("已发冲正", "Reversal sent")),
        Outcome::Reversed => ("plain", "undo", Text::fixed("已冲正", "Reversed")),
    }
}

/// The class of an outcome's marks in a chart.
pub(crate) fn mark_class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Approved => "ok",
        Outcome::Declined => "bad",
        Outcome::Unknown => "warn",
        Outcome::Waiting => "edge",
        Outcome::ReversalSent | Outcome::Reversed => "acc",
    }
}

/// Advice of the verdict: class and words; nothing for messages that ask for no money.
pub(crate) fn decision(decision: Decision) -> Option<(&'static str, Text)> {
    match decision {
        Decision::None => None,
        Decision::Approve => Some(("plain", Text::fixed("建议放行", "Advice: approve"))),
        Decision::Review => Some(("warn", Text::fixed("建议人工复核", "Advice: review"))),
        Decision::Decline => Some(("bad", Text::fixed("建议拒绝", "Advice: decline"))),
    }
}

/// Class and words of a severity.
pub(crate) fn severity(severity: Severity) -> (&'static str, Text) {
    match severity {
        Severity::Info => ("plain", Text::fixed("提示", "Info")),
        Severity::Low => ("plain", Text::fixed("低", "Low")),
        Severity::Medium => ("warn", Text::fixed("中", "Medium")),
        Severity::High => ("bad", Text::fixed("高", "High")),
        Severity::Critical => ("bad", Text::fixed("严重", "Critical")),
    }
}

/// What was said of a finding: class of its chip, icon, words.
pub(crate) fn finding_state(state: FindingState) -> (&'static str, &'static str, Text) {
    match state {
        FindingState::Open => ("plain", "clock", Text::fixed("待处理", "Open")),
        FindingState::Confirmed => ("bad", "check", Text::fixed("已确认", "Confirmed")),
        FindingState::Dismissed => ("plain", "x", Text::fixed("已排除", "Dismissed")),
    }
}

/// Class, icon and words of a feed's state.
pub(crate) fn feed_state(state: FeedState) -> (&'static str, &'static str, Text) {
    match state {
        FeedState::Waiting => {
            ("plain", "clock", Text::fixed("等待第一条报文", "Waiting for the first message"))
        }
        FeedState::Live => ("ok", "check", Text::fixed("正常", "Live")),
        FeedState::Silent => ("bad", "x", Text::fixed("中断", "Silent")),
        FeedState::Down => ("bad", "x", Text::fixed("未监听", "Not listening")),
    }
}

/// Name of a station.
pub(crate) fn station(station: Station) -> Text {
    match station {
        Station::Terminal => Text::fixed("终端", "Terminal"),
        Station::Acquirer => Text::fixed("收单侧", "Acquirer"),
        Station::Switch => Text::fixed("转接", "Switch"),
        Station::Issuer => Text::fixed("发卡行", "Issuer"),
    }
}

/// What is known about the cardholder's money: class of the box, icon, the sentence, the rule that follows.
pub(crate) fn money(known: MoneyKnown) -> (&'static str, &'static str, Text, Option<Text>) {
    match known {
        MoneyKnown::Unknown => (
            "warn",
            "ask",
            Text::fixed(
                "结果未知：客户的钱可能已被扣，也可能没有。",
                "Result unknown: the customer's money may or may not have been taken.",
            ),
            Some(Text::fixed(
                "先查询原交易，不要再收款。",
                "Query the original first; don't take the payment again.",
            )),
        ),
        MoneyKnown::Waiting => (
            "plain",
            "clock",
            Text::fixed(
                "应答还在路上，结果未定。",
                "The answer is still on its way; nothing is decided yet.",
            ),
            Some(Text::fixed("请等结果，不要再收款。", "Wait for it; don't take the payment again.")),
        ),
        MoneyKnown::Approved => (
            "ok",
            "check",
            Text::fixed(
                "应答是批准，这笔按成功处理。",
                "The answer approved it; treat the payment as taken.",
            ),
            Some(Text::fixed(
                "终端若显示失败，先查询，不要再收款。",
                "If the terminal shows a failure, query first; don't take the payment again.",
            )),
        ),
        MoneyKnown::RefusedByAcquirer => (
            "plain",
            "info",
            Text::fixed(
                "按应答码，收单侧没有批准；账户有无变动，以发卡行为准。",
                "By its code the acquirer's side did not approve it; whether the account moved is for the issuer to say.",
            ),
            Some(Text::fixed(
                "客户若收到扣款通知，先查询，不要再收款。",
                "If the customer got a debit notice, query first; don't take the payment again.",
            )),
        ),
        MoneyKnown::DeclinedByIssuer => (
            "plain",
            "info",
            Text::fixed(
                "发卡行答复拒绝，客户不应被扣款。",
                "The issuer declined; the customer should not have been charged.",
            ),
            Some(Text::fixed(
                "客户若收到扣款通知，先查询，不要再收款。",
                "If the customer got a debit notice, query first; don't take the payment again.",
            )),
        ),
        MoneyKnown::Declined => (
            "plain",
            "info",
            Text::fixed(
                "应答为拒绝，由谁拒绝还不知道。",
                "The answer declined it; who declined is not known.",
            ),
            Some(Text::fixed(
                "客户若收到扣款通知，先查询，不要再收款。",
                "If the customer got a debit notice, query first; don't take the payment again.",
            )),
        ),
        MoneyKnown::ReversalSent => (
            "warn",
            "undo",
            Text::fixed(
                "冲正已发出，还没有看到确认，结果还在查。",
                "A reversal was sent and not yet confirmed; the result is still open.",
            ),
            Some(Text::fixed("确认之前不要再收款。", "Don't take the payment again before it is confirmed.")),
        ),
        MoneyKnown::ReversalAccepted => (
            "plain",
            "undo",
            Text::fixed(
                "冲正已被受理；若已扣款，应退回客户账户，到账时间以发卡行为准。",
                "The reversal was accepted; a debit, if any, should go back to the customer, when is up to the issuer.",
            ),
            None,
        ),
    }
}

/// Name of the viewer's zone with its offset now.
pub(crate) fn zone_name(frame: &Frame) -> String {
    let at = jiff::Timestamp::from_microsecond(frame.now_us).unwrap_or_default();
    let minutes = frame.time_zone.to_offset(at).seconds() / 60;
    if minutes == 0 && frame.time_zone.iana_name().is_none_or(|name| name == "UTC") {
        return "UTC".into();
    }
    let (sign, m) = if minutes < 0 { ('−', -minutes) } else { ('+', minutes) };
    let offset = format!("UTC{sign}{}:{:02}", m / 60, m % 60);
    frame.time_zone.iana_name().map_or(offset.clone(), |name| format!("{name} ({offset})"))
}

/// Kind of decoding error of the contract: words, and what most likely stands behind it.
pub(crate) fn undecoded_kind(kind: &str) -> Text {
    match kind {
        "truncated" => Text::fixed("报文被截断", "Cut short"),
        "length_not_digits" => Text::fixed("长度前缀不是数字", "Length prefix is not digits"),
        "length_over_limit" => Text::fixed("长度超过上限", "Length over its limit"),
        "bad_character" => Text::fixed("字符不合格式", "Character not allowed"),
        "bad_bitmap" => Text::fixed("位图有误", "Bad bitmap"),
        "trailing_bytes" => Text::fixed("末尾有多余字节", "Bytes left over"),
        "unknown_field" => Text::fixed("方言里没有的域", "Field not in the dialect"),
        "bad_header" => Text::fixed("报文头有误", "Bad header"),
        "bad_tlv" => Text::fixed("TLV 有误", "Bad TLV"),
        other => Text::new(other.to_string(), other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [MoneyKnown; 8] = [
        MoneyKnown::Unknown,
        MoneyKnown::Waiting,
        MoneyKnown::Approved,
        MoneyKnown::RefusedByAcquirer,
        MoneyKnown::DeclinedByIssuer,
        MoneyKnown::Declined,
        MoneyKnown::ReversalSent,
        MoneyKnown::ReversalAccepted,
    ];

    #[test]
    fn no_sentence_claims_that_nothing_was_charged() {
        for known in ALL {
            let (_, _, sentence, rule) = money(known);
            let all = format!("{} {} {:?}", sentence.zh, sentence.en, rule);
            assert!(!all.contains("未扣款") && !all.contains("没有扣款"), "{known:?}");
            assert!(!all.contains("was not charged") && !all.contains("not been taken"), "{known:?}");
        }
    }

    #[test]
    fn an_open_result_forbids_a_second_charge() {
        for known in [MoneyKnown::Unknown, MoneyKnown::Waiting, MoneyKnown::ReversalSent] {
            let rule = money(known).3.expect("a rule stands beside an open result");
            assert!(
                rule.zh.contains("不要再收款")
                    && rule.en.to_lowercase().contains("don't take the payment again")
            );
        }
    }
}
