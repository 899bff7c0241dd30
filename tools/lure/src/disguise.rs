//! Words written in pinyin, in other characters that sound alike, or with marks between letters: 泼斯机,
//! `mian fei`, hua呗, 信佣卡, `p,o,s`.
//!
//! Why it exists: each such spelling is a new word to a pattern and the same word to a reader. A small table of
//! the words that lures disguise, each character with its sound and its look-alikes. Never changes a word that is
//! written plainly, and touches no other.

use crate::normal::{Piece, is_ornament};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The word as readers know it; then for each character its sounds, Latin, and characters that stand in for it.
/// Real words of the same sound (威信, 维新) stay out of the table: patterns know those that lures use.
const WORDS: &[(&str, &[(&str, &str)])] = &[
    ("免费", &[("mian", "兔勉棉"), ("fei", "廢弗沸")]),
    ("微信", &[("wei", ""), ("xin", "")]),
    ("信用卡", &[("xin", "亻伩"), ("yong", "佣甩"), ("ka", "咔咭鉲佧")]),
    ("刷卡机", &[("shua", "唰"), ("ka", "咔咭鉲佧"), ("ji", "鸡叽几基")]),
    ("刷卡", &[("shua", "唰"), ("ka", "咔咭鉲佧")]),
    ("套现", &[("tao", "掏"), ("xian", "线")]),
    ("取现", &[("qu", ""), ("xian", "线")]),
    ("提现", &[("ti", ""), ("xian", "线")]),
    ("花呗", &[("hua", "华"), ("bei", "唄狈")]),
    ("白条", &[("bai", ""), ("tiao", "條")]),
    ("借呗", &[("jie", ""), ("bei", "贝唄狈")]),
    ("代还", &[("dai", "贷带"), ("huan", "環环")]),
    ("养卡", &[("yang", "恙"), ("ka", "咔咭鉲佧")]),
    ("办卡", &[("ban", ""), ("ka", "咔咭鉲佧")]),
    ("提额", &[("ti", ""), ("e", "鹅")]),
    ("费率", &[("fei", "廢"), ("lv lu", "律")]),
    ("押金", &[("ya", "压"), ("jin", "今斤")]),
    ("退款", &[("tui", ""), ("kuan", "")]),
    ("秒到", &[("miao", ""), ("dao", "")]),
    ("激活", &[("ji", ""), ("huo", "")]),
    ("密码", &[("mi", ""), ("ma", "")]),
    ("验证码", &[("yan", ""), ("zheng", ""), ("ma", "")]),
];
/// Sounds of "POS" in Chinese characters; a machine word must follow, for 波斯 is also a country.
const POS_SOUNDS: (&str, &str, &str) = ("泼破坡波珀婆", "斯丝司撕", "机鸡叽器刷");
/// Marks that may stand between the parts of a disguised word.
const GAP_MAX: usize = 2;

static BY_FIRST: LazyLock<BTreeMap<char, Vec<usize>>> = LazyLock::new(|| {
    let mut by_first: BTreeMap<char, Vec<usize>> = BTreeMap::new();
    for (i, (word, parts)) in WORDS.iter().enumerate() {
        let Some((sounds, others)) = parts.first() else { continue };
        let firsts = word
            .chars()
            .take(1)
            .chain(others.chars())
            .chain(sounds.split(' ').filter_map(|s| s.chars().next()));
        for first in firsts {
            by_first.entry(first).or_default().push(i);
        }
    }
    by_first
});

/// Writes disguised words plainly. Each place where one was goes to `disguise`.
pub fn undo(pieces: &[Piece], disguise: &mut Vec<(usize, usize)>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    let mut i = 0;
    while i < pieces.len() {
        let Some((plain, end)) = word_at(pieces, i).or_else(|| pos_at(pieces, i)) else {
            out.push(pieces[i]);
            i += 1;
            continue;
        };
        let (from, to) = (pieces[i].at, pieces[end - 1].at);
        disguise.push((from as usize, to as usize + 1));
        let length = plain.chars().count();
        for (n, c) in plain.chars().enumerate() {
            out.push(Piece { c, at: if n + 1 == length { to } else { from }, latin: false });
        }
        i = end;
    }
    out
}

/// A disguised word that begins here: what it says, and where it ends.
fn word_at(pieces: &[Piece], start: usize) -> Option<(&'static str, usize)> {
    // A Latin sound begins a word.
    if pieces[start].c.is_ascii_alphabetic() && start > 0 && pieces[start - 1].c.is_ascii_alphanumeric() {
        return None;
    }
    BY_FIRST.get(&pieces[start].c)?.iter().find_map(|i| {
        let (word, parts) = WORDS[*i];
        let mut at = start;
        let mut disguised = false;
        for (n, (c, (sounds, others))) in word.chars().zip(parts).enumerate() {
            if n > 0 {
                at += pieces[at..].iter().take(GAP_MAX).take_while(|p| is_ornament(p.c)).count();
            }
            let here = pieces.get(at)?.c;
            if here == c {
                at += 1;
            } else if others.contains(here) {
                at += 1;
                disguised = true;
            } else {
                at += sounds.split(' ').find_map(|sound| sounds_at(pieces, at, sound))?;
                disguised = true;
            }
        }
        // A Latin sound ends where the letters end.
        let open = pieces[at - 1].c.is_ascii_alphabetic()
            && pieces.get(at).is_some_and(|p| p.c.is_ascii_alphabetic());
        (disguised && !open).then_some((word, at))
    })
}

fn sounds_at(pieces: &[Piece], at: usize, sound: &str) -> Option<usize> {
    let length = sound.len();
    let here = pieces.get(at..at + length)?;
    (length > 0 && here.iter().zip(sound.chars()).all(|(p, c)| p.c == c)).then_some(length)
}

/// 泼斯机, `p,o,s`, `p*o*s`.
fn pos_at(pieces: &[Piece], start: usize) -> Option<(&'static str, usize)> {
    let (first, second, third) = POS_SOUNDS;
    let c = |i: usize| pieces.get(i).map(|p| p.c);
    if first.contains(pieces[start].c) {
        let fits = c(start + 1).is_some_and(|c| second.contains(c))
            && c(start + 2).is_some_and(|c| third.contains(c));
        let clear = pieces[start].c != '波' || c(start + 2) == Some('机') || c(start + 2) == Some('鸡');
        return (fits && clear).then_some(("pos机", start + if c(start + 2) == Some('刷') { 2 } else { 3 }));
    }
    if pieces[start].c != 'p' || start > 0 && pieces[start - 1].c.is_ascii_alphanumeric() {
        return None;
    }
    let mut at = start + 1;
    for letters in ["o0", "s5$"] {
        let gap = pieces[at..].iter().take(GAP_MAX).take_while(|p| ",.;/|*+_- ".contains(p.c)).count();
        let bare_blank = pieces[at..at + gap].iter().all(|p| p.c == ' ' || p.c == '.' || p.c == '-');
        at += gap;
        if gap == 0 || bare_blank || !c(at).is_some_and(|c| letters.contains(c)) {
            return None;
        }
        at += 1;
    }
    (!c(at).is_some_and(|c| c.is_ascii_alphanumeric())).then_some(("pos", at))
}

#[cfg(test)]
mod tests {
    use crate::normal::normalise;

    #[track_caller]
    fn check(original: &str, text: &str, disguised: bool) {
        let normal = normalise(original);
        assert_eq!((normal.text.as_str(), normal.disguise.is_some()), (text, disguised), "{original}");
    }

    #[test]
    fn sounds_and_stand_ins_are_read() {
        check("泼斯机大量现货", "pos机大量现货", true);
        check("刷卡鸡", "刷卡机", true);
        check("mian fei 领", "免费 领", true);
        check("hua呗 bai条", "花呗 白条", true);
        check("信佣咔代huan", "信用卡代还", true);
        check("p,o,s机", "pos机", true);
        check("P*O*S 机", "pos 机", true);
    }

    #[test]
    fn plain_words_and_other_words_stay() {
        check("免费，信用卡，花呗", "免费,信用卡,花呗", false);
        check("波斯湾,坡斯", "波斯湾,坡斯", false);
        check("weixiner baitiaox xinyi", "weixiner baitiaox xinyi", false);
        check("pos,p/e,q,r", "pos,p/e,q,r", false);
        check("今天花贝壳钱", "今天花贝壳钱", false);
    }
}
