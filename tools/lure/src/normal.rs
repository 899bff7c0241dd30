//! The text as a reader sees it: disguises undone, and a way back to the original characters.
//!
//! Why it exists: lures are written to pass filters: zero-width characters, full-width and circled digits,
//! Cyrillic letters, stars between characters, traditional characters. Each normalised character remembers
//! which character of the original it comes from. Never guesses at meaning: words in disguise (薇信) are the
//! catalogue's business.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use unicode_normalization::char::decompose_compatible;

/// A text, normalised.
#[derive(Debug, Default)]
pub struct Normal {
    /// What patterns are searched in.
    pub text: String,
    /// For each byte of `text` that begins a character: the scalar value of the original it comes from.
    origin: Vec<u32>,
    /// Where, in scalar values of the original, a disguise was undone; the first one.
    pub disguise: Option<(usize, usize)>,
}

impl Normal {
    /// The scalar values of the original, first and one behind the last, of a range of bytes of `text`.
    pub fn original(&self, start: usize, end: usize) -> (usize, usize) {
        let first = self.origin.get(start).map_or(0, |o| *o as usize);
        let last = end.checked_sub(1).and_then(|e| self.origin.get(e)).map_or(first, |o| *o as usize);
        (first, last + 1)
    }
}

/// A character on its way: what it became, where it stood.
#[derive(Clone, Copy)]
pub struct Piece {
    /// The character, normalised.
    pub c: char,
    /// Which scalar value of the original.
    pub at: u32,
    /// A Latin letter in the original too.
    pub latin: bool,
}

/// Normalises.
pub fn normalise(original: &str) -> Normal {
    let mut disguise = Vec::new();
    let pieces = fold(original, &mut disguise);
    let pieces = without_ornaments(&pieces, &mut disguise);
    let pieces = crate::disguise::undo(&pieces, &mut disguise);
    let mut normal = Normal { disguise: disguise.into_iter().min(), ..Normal::default() };
    for piece in pieces {
        normal.text.push(piece.c);
        normal.origin.resize(normal.text.len(), piece.at);
    }
    normal
}

/// Character by character: hidden ones out, compatibility forms, case, look-alikes, traditional forms.
fn fold(original: &str, disguise: &mut Vec<(usize, usize)>) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::with_capacity(original.len() / 2);
    let mut hidden: Option<u32> = None;
    let mut foreign: Vec<usize> = Vec::new();
    for (at, c) in original.chars().enumerate() {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        if is_hidden(c) {
            hidden = Some(at);
            continue;
        }
        if is_mark(c) {
            continue;
        }
        if c == '…' {
            pieces.push(Piece { c: '。', at, latin: false });
            continue;
        }
        // A hidden character inside a word has no honest use; at an emoji or a line's end it may.
        if let Some(place) = hidden.take()
            && c.is_alphanumeric()
            && pieces.last().is_some_and(|p| p.c.is_alphanumeric() && p.at + 1 == place)
        {
            disguise.push((place as usize, place as usize + 1));
        }
        decompose_compatible(c, |d| {
            for lower in d.to_lowercase().filter(|l| !is_mark(*l)) {
                let (c, from_other_script) = latin(lower);
                if from_other_script {
                    foreign.push(pieces.len());
                }
                pieces.push(Piece { c: simplified(plain(c)), at, latin: lower.is_ascii_alphabetic() });
            }
        });
        if c == '➕' {
            disguise.push((at as usize, at as usize + 1));
        }
    }
    disguise.extend(foreign.into_iter().find_map(|i| mixed_word(&pieces, i)));
    pieces
}

/// The word around a letter of another script, if that word pretends to be Latin: it has real Latin letters,
/// or it is one of the words that lures disguise.
fn mixed_word(pieces: &[Piece], i: usize) -> Option<(usize, usize)> {
    const REACH: usize = 24;
    let word = |p: &Piece| p.c.is_ascii_alphanumeric();
    let start = (i.saturating_sub(REACH)..=i).rev().take_while(|j| word(&pieces[*j])).last()?;
    let end = (i..pieces.len().min(i + REACH)).take_while(|j| word(&pieces[*j])).last()? + 1;
    let letters: String = pieces[start..end].iter().map(|p| p.c).collect();
    let (from, to) = (pieces[start].at as usize, pieces[end - 1].at as usize + 1);
    let latin = pieces[start..end].iter().any(|p| p.latin);
    (latin || ["pos", "vx", "wx", "qq", "mpos"].contains(&letters.as_str())).then_some((from, to))
}

/// Takes out ornaments between Chinese characters and between single spaced letters.
fn without_ornaments(pieces: &[Piece], disguise: &mut Vec<(usize, usize)>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    let mut i = 0;
    // Where the last ornament was taken out: place in `out`, place in the original.
    let mut last: Option<(usize, usize)> = None;
    while i < pieces.len() {
        let piece = pieces[i];
        let run = pieces[i..].iter().take(4).take_while(|p| is_ornament(p.c)).count();
        let before = out.last().map(|p| p.c);
        let after = pieces.get(i + run).map(|p| p.c);
        let joins = match (before, after) {
            (Some(b), Some(a)) => {
                run > 0 && (is_han(b) && is_han(a) || spaced_letters(&out, pieces, i + run))
            }
            _ => false,
        };
        if !joins {
            out.push(piece);
            i += 1;
            continue;
        }
        let flashy = pieces[i..i + run].iter().any(|p| is_flashy(p.c));
        if flashy {
            // Ornament, one character, ornament: 安★全☆诚.
            if let Some((place, original)) = last
                && out.len() == place + 1
            {
                disguise.push((original, pieces[i + run - 1].at as usize + 1));
            }
            last = Some((out.len(), piece.at as usize));
        }
        i += run;
    }
    out
}

/// `p o s`, `p.o.s`, `v-x`: a single letter before and a single letter after, forming a word lures use.
fn spaced_letters(out: &[Piece], pieces: &[Piece], next: usize) -> bool {
    let digit_or_letter = |c: Option<&Piece>| c.is_some_and(|p| p.c.is_ascii_alphanumeric());
    let single_after = digit_or_letter(pieces.get(next)) && !digit_or_letter(pieces.get(next + 1));
    let n = out.len();
    let word: String = out[n.saturating_sub(3)..].iter().map(|p| p.c).collect();
    let begins = ["p", "po", "p0", "v", "w", "q"]
        .iter()
        .any(|w| word.ends_with(w) && !digit_or_letter(n.checked_sub(w.len() + 1).and_then(|i| out.get(i))));
    let fits =
        matches!((out.last().map(|p| p.c), pieces.get(next).map(|p| p.c)), |(Some('p'), Some('o' | '0'))| (
            Some('o' | '0'),
            Some('s' | '5')
        )
            | (Some('v' | 'w'), Some('x'))
            | (Some('q'), Some('q')));
    single_after && begins && fits
}

fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}'
        | '\u{FEFF}' | '\u{00AD}' | '\u{180E}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{E0000}'..='\u{E007F}')
}

/// Combining marks and variation selectors: never part of a word in our languages.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}' | '\u{20D0}'..='\u{20FF}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// True for Chinese characters.
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{20000}'..='\u{2FA1F}' | '〇')
}

/// Marks that may stand inside a disguised word.
pub fn is_ornament(c: char) -> bool {
    matches!(c, ' ' | '\t' | '-' | '_' | '\'' | '`' | '^' | '~' | '=' | '·' | '•' | '・') || is_flashy(c)
}

/// Ornaments that have no use between two Chinese characters of one word.
fn is_flashy(c: char) -> bool {
    matches!(c, '*' | '.' | '#' | '\u{2600}'..='\u{27BF}' | '\u{25A0}'..='\u{25FF}' | '\u{2B00}'..='\u{2BFF}' | '※' | '\u{1F300}'..='\u{1FAFF}')
}

/// A Cyrillic or Greek letter that looks like a Latin one, as that one.
fn latin(c: char) -> (char, bool) {
    const PAIRS: &str = "аaвbеeкkмmнhоoрpсcтtуyхxѕsіiјjӏlԁdԛqԝwαaβbεeιiκkνvοoρpτtυuχxςsոnսu";
    static TABLE: LazyLock<BTreeMap<char, char>> = LazyLock::new(|| pairs(PAIRS));
    TABLE.get(&c).map_or((c, false), |l| (*l, true))
}

/// Marks that stand for a character.
fn plain(c: char) -> char {
    match c {
        '➕' | '✚' | '╋' => '加',
        '\u{3000}' | '\u{00A0}' => ' ',
        '❶'..='❾' => char::from(b'1' + (c as u32 - '❶' as u32) as u8),
        '⓪' | '⓿' => '0',
        '，' | '﹐' => ',',
        '﹕' => ':',
        other => other,
    }
}

/// Traditional characters that occur in such texts. Made from OpenCC's table (Apache-2.0).
fn simplified(c: char) -> char {
    const PAIRS: &str = "機机費费領领賣卖買买銀银銷销辦办證证號号碼码萬万錢钱賬账帳账戶户險险實实時时間间個个們们這这\
        為为與与對对開开關关電电話话聯联絡络繫系係系賴赖騙骗詐诈驗验證证簽签約约續续額额還还養养貸贷單单\
        終终業业執执照照審审核核閱阅讀读點点讚赞評评價价僅仅剩剩過过發发貨货運运遞递員员請请轉转傳传結结\
        獎奖勵励現现場场務务網网軟软體体載载鏈链連连掃扫維维碼码輸输寫写屏屏遠远協协導导資资料料訊讯詢询\
        專专線线國国際际級级總总牌牌優优惠惠漲涨處处標标準准類类風风警警謹谨監监舉举報报導导學学課课題题\
        雲云閃闪條条卡卡擊击啟启動动滿满達达應应該该當当從从來来幫帮讓让給给說说問问嗎吗麼么無无沒没";
    static TABLE: LazyLock<BTreeMap<char, char>> = LazyLock::new(|| pairs(PAIRS));
    if is_han(c) { TABLE.get(&c).copied().unwrap_or(c) } else { c }
}

fn pairs(table: &str) -> BTreeMap<char, char> {
    let mut chars = table.chars().filter(|c| !c.is_whitespace());
    std::iter::from_fn(|| Some((chars.next()?, chars.next()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(original: &str, text: &str, disguised: bool) {
        let normal = normalise(original);
        assert_eq!((normal.text.as_str(), normal.disguise.is_some()), (text, disguised), "{original}");
    }

    #[test]
    fn disguises_are_undone_and_told() {
        check("安★全☆诚★信", "安全诚信", true);
        check("免\u{200b}费", "免费", true);
        check("ΡОЅ机", "pos机", true);
        check("pоs", "pos", true);
        check("花.呗.套.现", "花呗套现", true);
    }

    #[test]
    fn honest_forms_are_folded_and_not_told() {
        check("ＰＯＳ機，費率０.３８％", "pos机,费率0.38%", false);
        check("P O S 机", "pos 机", false);
        check("京东-商城 11.5 元", "京东商城 11.5 元", false);
        check("Привет мир", "пpиbet mиp", false);
        check("张*三 ①", "张三 1", false);
        check("好👍🏻\u{fe0f}。", "好👍🏻。", false);
    }

    #[test]
    fn places_are_those_of_the_original() {
        let normal = normalise("a安★全☆诚★信z");
        let at = normal.text.find("诚").expect("is there");
        assert_eq!(normal.original(at, at + "诚信".len()), (5, 8));
    }
}
