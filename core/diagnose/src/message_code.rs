//! A response code inside the words that a person typed: “A7 安全处理失败” is code A7.
//!
//! Why it exists: shops read out the whole screen, and the code says more than the words do. Never takes a
//! time, an amount, a count or a number of several digits for a code, and takes none where two different ones
//! stand: a wrong code is worse than none.

use crate::facts::{Facts, Scheme};
use crate::knowledge::Knowledge;

/// Words that say “what follows is the code”; such a code is taken even if no list has it.
const MARKERS: &[&str] = &[
    "应答码",
    "響應碼",
    "响应码",
    "返回码",
    "返回碼",
    "错误码",
    "錯誤碼",
    "代码",
    "代碼",
    "code",
    "rc",
    "de39",
];

/// After digits, these make a quantity.
const UNITS: &str = "秒分时時点點次元块塊角张張笔筆台号號天日月年位岁%度个個折";

/// The code in the message, if there is exactly one.
pub(crate) fn code_in(knowledge: &Knowledge, scheme: Option<Scheme>, message: &str) -> Option<String> {
    let mut found = codes_in(knowledge, scheme, message);
    found.dedup();
    if found.len() == 1 { found.pop() } else { None }
}

/// Every code in the message, in its order.
pub(crate) fn codes_in(knowledge: &Knowledge, scheme: Option<Scheme>, message: &str) -> Vec<String> {
    let text: Vec<char> = message.chars().map(half_width).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let end = at + text[at..].iter().take_while(|c| c.is_ascii_alphanumeric()).count();
        if end == at {
            at += 1;
            continue;
        }
        let word: String = text[at..end].iter().collect::<String>().to_ascii_uppercase();
        if has_code_form(&word, scheme) && !is_quantity(&text, at, end) {
            let listed = knowledge.class_of_code(scheme, &word).is_some();
            if listed || is_marked(&text[..at]) {
                found.push(word);
            }
        }
        at = end;
    }
    found
}

/// Two characters with a digit, as every list but ISO 8583:1993 has it; there three digits.
fn has_code_form(word: &str, scheme: Option<Scheme>) -> bool {
    let length = if scheme == Some(Scheme::Iso1993) { 3 } else { 2 };
    word.len() == length && word.bytes().any(|b| b.is_ascii_digit())
}

/// True for a part of a time, date, amount or number, and for a count with its unit.
fn is_quantity(text: &[char], start: usize, end: usize) -> bool {
    let joins = |mark: Option<&char>| mark.is_some_and(|m| matches!(m, '.' | ':' | '/' | '-' | ',' | '*'));
    let digit = |c: Option<&char>| c.is_some_and(|c| c.is_ascii_digit() || *c == '*');
    let before = start.checked_sub(1).and_then(|i| text.get(i));
    let before_that = start.checked_sub(2).and_then(|i| text.get(i));
    let all_digits = text[start..end].iter().all(char::is_ascii_digit);
    let money = before.is_some_and(|c| matches!(c, '¥' | '￥' | '$' | '€' | '-' | '第' | '#'));
    (joins(before) && digit(before_that))
        || (joins(text.get(end)) && digit(text.get(end + 1)))
        || money
        || (all_digits && has_unit(&text[end..]))
}

fn has_unit(after: &[char]) -> bool {
    let rest: Vec<char> = after.iter().copied().skip_while(|c| *c == ' ').collect();
    let word: String = rest.iter().take_while(|c| c.is_ascii_alphabetic()).collect();
    rest.first().is_some_and(|c| UNITS.contains(*c))
        || matches!(
            word.to_ascii_lowercase().as_str(),
            "s" | "sec"
                | "seconds"
                | "min"
                | "minutes"
                | "times"
                | "tries"
                | "days"
                | "hours"
                | "h"
                | "yuan"
                | "cny"
        )
}

fn is_marked(before: &[char]) -> bool {
    let text: String = before.iter().collect::<String>().to_lowercase();
    let text = text.trim_end_matches(|c: char| !c.is_alphanumeric());
    let text = text.strip_suffix('是').or_else(|| text.strip_suffix('为')).unwrap_or(text).trim_end();
    MARKERS.iter().any(|marker| {
        text.strip_suffix(marker).is_some_and(|head| {
            // “rc” at the end of another word is no marker.
            !marker.is_ascii() || !head.ends_with(|c: char| c.is_ascii_alphanumeric())
        })
    })
}

/// A full-width letter or digit as people's input methods make it, in its plain form.
fn half_width(c: char) -> char {
    match u32::from(c) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0).unwrap_or(c),
        0x3000 => ' ',
        _ => c,
    }
}

impl Facts {
    /// The facts with the code that stands inside the message, where no code was given.
    pub fn with_code_of_message(&self, knowledge: &Knowledge) -> Facts {
        let mut facts = self.clone();
        if facts.code.is_none()
            && let Some(message) = facts.message.as_deref()
        {
            facts.code = code_in(knowledge, facts.scheme, message);
        }
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(message: &str) -> Option<String> {
        code_in(Knowledge::builtin(), None, message)
    }

    #[test]
    fn a_code_among_words_is_found() {
        for (message, expected) in [
            ("A7 安全处理失败", "A7"),
            ("安全处理失败a7", "A7"),
            ("安全处理失败（Ａ７）", "A7"),
            ("应答码：51", "51"),
            ("应答码 51 余额不足51", "51"),
            ("Declined (05)", "05"),
            ("ERROR 91: issuer not available", "91"),
            ("返回码是 B7", "B7"),
        ] {
            assert_eq!(code(message).as_deref(), Some(expected), "{message}");
        }
    }

    #[test]
    fn what_is_no_code_is_not_taken() {
        for message in [
            "安全处理失败",
            "请等待 60 秒",
            "60s timeout",
            "12:05 交易失败",
            "金额 51.00 元",
            "¥51 交易失败",
            "还可以试 03 次",
            "第05号机 连接失败",
            "PED -320",
            "6222020200001234567",
            "4G 网络异常",
            "IC卡读取失败",
            "应答码 51 或 05",
            "2026-01-05 交易失败",
        ] {
            assert_eq!(code(message), None, "{message}");
        }
    }

    #[test]
    fn three_digits_count_only_in_the_list_that_has_them() {
        let knowledge = Knowledge::builtin();
        assert_eq!(code_in(knowledge, None, "code 116"), None);
        assert_eq!(code_in(knowledge, Some(Scheme::Iso1993), "code 116").as_deref(), Some("116"));
    }
}
