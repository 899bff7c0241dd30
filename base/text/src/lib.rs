//! Words for people: the two languages, a text that always has both, and [`Problem`], the one shape
//! in which anything that went wrong reaches a person.
//!
//! Why it exists: a message in one language only, or an error that does not say what to do, must not
//! compile or must not pass the tests. Never does I/O.

mod problem;

pub use problem::{Kind, PROBLEMS, Problem, Where};

use serde::{Serialize, Serializer, ser::SerializeMap};
use std::borrow::Cow;

/// A language of the product. Chinese is the first one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Simplified Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// Picks the text of this language. Both are at the call site, so neither can be missing.
    pub fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// The BCP 47 tag, as in `<html lang>` and in our JSON.
    pub fn tag(self) -> &'static str {
        self.pick("zh-CN", "en")
    }

    /// The language of a BCP 47 tag or a POSIX locale such as `zh_CN.UTF-8`, if it is one of ours.
    pub fn from_tag(tag: &str) -> Option<Lang> {
        let head = tag.trim().get(..2)?.to_ascii_lowercase();
        match head.as_str() {
            "zh" => Some(Lang::Zh),
            "en" => Some(Lang::En),
            _ => None,
        }
    }

    /// The first of our languages in an `Accept-Language` header, by its quality values.
    pub fn from_accept_language(header: &str) -> Option<Lang> {
        let mut best: Option<(f32, Lang)> = None;
        for part in header.split(',') {
            let mut pieces = part.split(';');
            let Some(lang) = pieces.next().and_then(Lang::from_tag) else { continue };
            let quality = pieces
                .find_map(|p| p.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()))
                .unwrap_or(1.0);
            if quality > 0.0 && best.is_none_or(|(b, _)| quality > b) {
                best = Some((quality, lang));
            }
        }
        best.map(|(_, lang)| lang)
    }
}

/// A text for people in both languages. JSON: `{"zh-CN": "...", "en": "..."}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Simplified Chinese, with full-width punctuation.
    pub zh: Cow<'static, str>,
    /// English.
    pub en: Cow<'static, str>,
}

impl Text {
    /// A text from both languages.
    pub fn new(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Text {
        Text { zh: zh.into(), en: en.into() }
    }

    /// A text known at compile time.
    pub const fn fixed(zh: &'static str, en: &'static str) -> Text {
        Text { zh: Cow::Borrowed(zh), en: Cow::Borrowed(en) }
    }

    /// The text in one language.
    pub fn get(&self, lang: Lang) -> &str {
        lang.pick(&self.zh, &self.en)
    }

    /// True if either language is empty: a linter's question.
    pub fn is_incomplete(&self) -> bool {
        self.zh.trim().is_empty() || self.en.trim().is_empty()
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("zh-CN", &self.zh)?;
        map.serialize_entry("en", &self.en)?;
        map.end()
    }
}

/// Turns the half-width punctuation that the catalogues use into the full-width forms that Chinese
/// readers expect. Only marks that stand next to a Chinese character (or to a mark that became
/// full-width) change, so `0200/0210`, codes, times, addresses and English inside a Chinese sentence
/// stay as they are. Straight quotes around Chinese words become curly ones.
pub fn chinese_punctuation(text: &str) -> String {
    // Brackets first: what follows a full-width bracket is judged by it.
    let brackets = widen(text, |c, before, after| match c {
        '(' if before || after => '（',
        ')' if before || after => '）',
        other => other,
    });
    let marks = widen(&balance_brackets(&brackets), |c, before, after| match c {
        ',' if before || after => '，',
        ';' if before || after => '；',
        ':' if before || after => '：',
        '?' if before => '？',
        '!' if before => '！',
        other => other,
    });
    curl_quotes(&marks)
}

/// Replaces marks by what `wide` makes of them, given whether a Chinese character or a full-width mark
/// stands before (as already replaced) and after.
fn widen(text: &str, wide: impl Fn(char, bool, bool) -> char) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek().is_some_and(|&n| is_chinese(n));
        let mark = wide(c, before, after);
        before = is_chinese(mark);
        out.push(mark);
    }
    out
}

/// Straight double quotes in pairs, where the first pair's inside is Chinese, become curly ones.
fn curl_quotes(text: &str) -> String {
    let quotes = text.matches('"').count();
    let chinese_inside = text.split('"').nth(1).is_some_and(|inside| inside.chars().any(is_chinese));
    if quotes == 0 || !quotes.is_multiple_of(2) || !chinese_inside {
        return text.to_owned();
    }
    let mut open = false;
    let curl = |c: char| match c {
        '"' => {
            open = !open;
            if open { '“' } else { '”' }
        }
        other => other,
    };
    text.chars().map(curl).collect()
}

/// A pair of brackets is of one width: the width of the one that a Chinese character touches.
fn balance_brackets(text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let mut open = Vec::new();
    for i in 0..chars.len() {
        match chars[i] {
            '(' | '（' => open.push(i),
            ')' | '）' => {
                let Some(start) = open.pop() else { continue };
                if chars[start] == '（' || chars[i] == '）' {
                    chars[start] = '（';
                    chars[i] = '）';
                }
            }
            _ => {}
        }
    }
    chars.into_iter().collect()
}

fn is_chinese(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{3000}'..='\u{303F}' | '\u{FF00}'..='\u{FFEF}' | '“' | '”')
}

/// The entry of `known` that is nearest to `word` (edit distance, at most a third of its length, at
/// least 2), for "did you mean".
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let bound = (word.chars().count() / 3).max(2);
    known
        .into_iter()
        .map(|k| (edit_distance(word, k), k))
        .filter(|(d, _)| *d <= bound)
        .min_by_key(|(d, _)| *d)
        .map(|(_, k)| k)
}

fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_language_follows_quality() {
        assert_eq!(Lang::from_accept_language("fr,en;q=0.8,zh-CN;q=0.9"), Some(Lang::Zh));
        assert_eq!(Lang::from_accept_language("en-GB,zh;q=0.5"), Some(Lang::En));
        assert_eq!(Lang::from_accept_language("fr"), None);
        assert_eq!(Lang::from_accept_language("zh;q=0"), None);
    }

    #[test]
    fn punctuation_widens_only_beside_chinese() {
        assert_eq!(
            chinese_punctuation("先签到一次;仍失败则停用(报终端号)"),
            "先签到一次；仍失败则停用（报终端号）"
        );
        assert_eq!(chinese_punctuation("0200/0210, A7 (MAC)"), "0200/0210, A7 (MAC)");
        assert_eq!(chinese_punctuation("序列号(TUSN)、时间"), "序列号（TUSN）、时间");
        assert_eq!(chinese_punctuation("日切多在23:00至00:30"), "日切多在23:00至00:30");
    }

    #[test]
    fn punctuation_after_a_bracket_follows_the_bracket() {
        assert_eq!(chinese_punctuation("冲正原因(0400请求):其他"), "冲正原因（0400请求）：其他");
        assert_eq!(chinese_punctuation("主机(HSM),A7"), "主机（HSM），A7");
        assert_eq!(chinese_punctuation("批准(VIP)"), "批准（VIP）");
        assert_eq!(chinese_punctuation("A7:安全处理失败"), "A7：安全处理失败");
    }

    #[test]
    fn quotes_around_chinese_are_curly() {
        assert_eq!(chinese_punctuation("显示\"交易失败\""), "显示“交易失败”");
        assert_eq!(chinese_punctuation("键 \"code\" 为空"), "键 \"code\" 为空");
    }

    #[test]
    fn nearest_names_a_typing_error_and_nothing_far() {
        assert_eq!(nearest("dialct", ["dialect", "name"]), Some("dialect"));
        assert_eq!(nearest("zebra", ["dialect", "name"]), None);
    }

    #[test]
    fn text_serialises_both_languages() {
        let json = serde_json::to_string(&Text::new("好", "good")).expect("serialises");
        assert_eq!(json, r#"{"zh-CN":"好","en":"good"}"#);
    }
}
