//! How near the words that a person typed are to the words of a row.
//!
//! People copy a screen by hand: characters go missing, spaces and punctuation come and go, input
//! methods give full-width or traditional characters. Pure; the work is bounded by the cut at
//! [`LONGEST`] characters.

use crate::traditional::simplified;

/// More characters than this are not a screen's words; the rest is not read.
const LONGEST: usize = 160;

/// A character as the catalogue writes it: half-width, simplified, lower case.
fn plain(c: char) -> char {
    let narrow = match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        '\u{2212}' | '\u{2010}'..='\u{2015}' => '-',
        other => other,
    };
    simplified(narrow.to_ascii_lowercase())
}

/// The typed text with every character as the catalogue writes it, cut at [`LONGEST`].
pub(crate) fn plain_text(text: &str) -> String {
    text.chars().take(LONGEST).map(plain).collect()
}

pub(crate) fn is_chinese(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}')
}

/// Text compared by its characters, or by its words.
#[derive(Debug)]
pub(crate) enum Words {
    /// Chinese: characters without spaces and punctuation.
    Characters(Vec<char>),
    /// English: words without the little ones.
    English(Vec<String>),
}

/// Words that say nothing about which row is meant.
const LITTLE: &[&str] = &[
    "the", "a", "an", "is", "are", "to", "of", "and", "or", "on", "in", "my", "it", "says", "by", "for",
    "with", "please",
];

/// Two characters that stand in so many messages that they say nothing about which one is meant.
const EVERYWHERE: &[&str] = &["失败", "错误", "交易", "终端", "卡片", "成功", "无效", "系统", "密钥", "支付"];

impl Words {
    /// The words of plain text; `None` if nothing is left to compare.
    pub(crate) fn of(plain: &str) -> Option<Words> {
        if plain.chars().any(is_chinese) {
            let kept: Vec<char> =
                plain.chars().filter(|c| is_chinese(*c) || c.is_ascii_alphanumeric()).collect();
            return (kept.iter().filter(|c| is_chinese(**c)).count() >= 2).then_some(Words::Characters(kept));
        }
        let words: Vec<String> = plain
            .split(|c: char| !c.is_alphanumeric())
            .filter(|w| w.len() > 1 && !LITTLE.contains(w))
            .map(str::to_owned)
            .collect();
        (!words.is_empty()).then_some(Words::English(words))
    }

    /// True if the words say more than 失败 or "error" does.
    pub(crate) fn tells(&self) -> bool {
        match self {
            Words::Characters(characters) => characters.len() >= 3,
            Words::English(words) => words.len() >= 2,
        }
    }

    /// How near these typed words are to a row's: 0 (not at all) to 1000 (the same). The row's text may
    /// name several ways to write it, parted by `/`, and remarks in brackets.
    pub(crate) fn nearness(&self, row: &str) -> u32 {
        ways(row).iter().map(|way| self.nearness_to(way)).max().unwrap_or(0)
    }

    fn nearness_to(&self, way: &str) -> u32 {
        match (self, Words::of(way)) {
            (Words::Characters(typed), Some(Words::Characters(row))) => characters(typed, &row),
            (Words::English(typed), Some(Words::English(row))) => english(typed, &row),
            _ => 0,
        }
    }
}

/// The ways in which a row's text may be written: parts between `/` and `、`, with and without what
/// stands in brackets.
fn ways(row: &str) -> Vec<String> {
    let plain = plain_text(row);
    let mut outside = String::new();
    let mut inside = String::new();
    let mut depth = 0usize;
    for c in plain.chars() {
        match c {
            '(' => depth += 1,
            ')' => {
                depth = depth.saturating_sub(1);
                inside.push('/');
            }
            _ if depth == 0 => outside.push(c),
            _ => inside.push(c),
        }
    }
    let mut ways = vec![plain, outside.clone()];
    ways.extend(outside.split(['/', ':']).map(str::to_owned));
    ways.extend(inside.split(['/', ';', '①', '②', '③', '④', ',']).map(str::to_owned));
    ways
}

fn characters(typed: &[char], row: &[char]) -> u32 {
    if typed == row {
        return 1000;
    }
    let (typed_count, row_count) = (typed.len() as u32, row.len() as u32);
    // The row's words stand in a longer sentence: 屏幕显示安全处理失败怎么办.
    if row_count >= 3 && contains(typed, row) {
        return 850 + (100 * row_count / typed_count.max(1)).min(100);
    }
    // A part of the row's words was typed.
    let telling = typed_count >= 3
        || (row_count <= 6 && !EVERYWHERE.contains(&typed.iter().collect::<String>().as_str()));
    if telling && contains(row, typed) {
        return 600 + 350 * typed_count / row_count;
    }
    // Most rows share next to nothing with what was typed: no need to compare the order.
    let shared = row.iter().filter(|c| typed.contains(c)).count();
    if shared < 3 || shared * 2 < row.len().min(typed.len()) {
        return 0;
    }
    // Characters are missing, wrong or too many, perhaps inside a longer sentence.
    let window = (row.len() + 2).min(typed.len());
    let best = typed.windows(window.max(1)).map(|w| common(w, row)).max().unwrap_or(0) as u32;
    let length = row_count + (window as u32).min(row_count.max(typed_count.min(row_count)));
    let share = 2000 * best / length.max(1);
    let whole = 2000 * common(typed, row) as u32 / (typed_count + row_count);
    let near = whole.max(if row_count >= 4 && best * 5 >= row_count * 4 { share * 9 / 10 } else { 0 });
    if best >= 3 && near >= 600 { near.min(840) * 8 / 10 } else { 0 }
}

fn contains(long: &[char], short: &[char]) -> bool {
    long.windows(short.len()).any(|w| w == short)
}

/// The longest common subsequence.
fn common(a: &[char], b: &[char]) -> usize {
    let mut row = vec![0usize; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = if x == y { diagonal + 1 } else { above.max(row[j]) };
            diagonal = above;
        }
    }
    row[b.len()]
}

fn english(typed: &[String], row: &[String]) -> u32 {
    if typed == row {
        return 1000;
    }
    let found = typed.iter().filter(|t| row.iter().any(|r| alike(t, r))).count() as u32;
    let (typed_count, row_count) = (typed.len() as u32, row.len() as u32);
    let letters: usize = typed.iter().map(String::len).sum();
    // All that was typed stands in the row: a part of its words.
    if found == typed_count && (found >= 2 || letters >= 6) {
        return 600 + 350 * typed_count.min(row_count) / row_count;
    }
    let share = 2000 * found / (typed_count + row_count);
    let all_of_row = row.iter().all(|r| typed.iter().any(|t| alike(t, r)));
    if all_of_row && row_count >= 2 {
        return 850;
    }
    if found >= 2 && share >= 650 { share.min(840) * 8 / 10 } else { 0 }
}

/// The same word, but for one letter (honour, honor) or an ending (decline, declined).
fn alike(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if a == b || (short.len() >= 5 && long.starts_with(short) && long.len() - short.len() <= 3) {
        return true;
    }
    if short.len() < 4 || long.len() - short.len() > 1 {
        return false;
    }
    let (short, long): (Vec<char>, Vec<char>) = (short.chars().collect(), long.chars().collect());
    common(&short, &long) + 1 >= long.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(typed: &str, row: &str) -> u32 {
        Words::of(&plain_text(typed)).map_or(0, |w| w.nearness(row))
    }

    #[test]
    fn a_screen_is_found_as_people_copy_it() {
        for typed in [
            "安全处理失败",
            "安全 处理 失败！",
            "安全处理失",
            "全处理失败",
            "安全處理失敗",
            "安处理失败",
            "安全处里失败",
        ] {
            assert!(near(typed, "安全处理失败") >= 500, "{typed}: {}", near(typed, "安全处理失败"));
        }
        assert!(near("机器上写着安全处理失败怎么办", "安全处理失败") >= 850);
        assert!(near("Security  PROCESSING failed", "Security processing failed") == 1000);
        assert!(near("do not honor", "Do not honour") >= 600);
    }

    #[test]
    fn other_words_are_not_near() {
        for (typed, row) in [
            ("读卡失败", "安全处理失败"),
            ("冲正失败", "安全处理失败"),
            ("余额不足", "密码错误"),
            ("card", "Card read failed"),
            ("天气预报", "安全处理失败"),
        ] {
            assert_eq!(near(typed, row), 0, "{typed} / {row}");
        }
    }

    #[test]
    fn every_way_to_write_a_message_counts() {
        assert_eq!(near("请重新签到", "请先签到/请重新签到"), 1000);
        assert_eq!(near("pin格式错", "PIN格式错(请重新签到)"), 1000);
    }
}
