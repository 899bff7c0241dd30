//! Characters that are there to be misread: direction controls, invisible ones, look-alike letters.
//!
//! Why it exists: a name on a payment page is all that a payer can compare. Never takes a Chinese name with Latin
//! letters in it, or the joiners that Indic and Arabic scripts need, for a trick.

use super::catalogue::Kind;
use super::findings::Findings;
use unicode_normalization::UnicodeNormalization;
use unicode_security::RestrictionLevel;
use unicode_security::RestrictionLevelDetection;
use unicode_security::confusable_detection::skeleton;

/// Tells direction controls and invisible characters.
pub fn check(text: &str, findings: &mut Findings) {
    if text.is_ascii() {
        return;
    }
    if let Some(c) = text.chars().find(|c| is_direction(*c)) {
        findings.tell_found(Kind::BidiControl, format!("U+{:04X}", u32::from(c)));
    }
    let chars: Vec<char> = text.chars().collect();
    let hidden = chars.iter().enumerate().find(|(i, c)| is_invisible(**c) && !joins(&chars, *i));
    if let Some((_, c)) = hidden {
        findings.tell_found(Kind::ZeroWidth, format!("U+{:04X}", u32::from(*c)));
    }
}

/// Unicode's explicit direction characters (UAX #9).
fn is_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// A joiner between letters of a script that needs it (Arabic to Malayalam and Sinhala, Mongolian) or of an emoji.
fn joins(chars: &[char], at: usize) -> bool {
    let needs = |c: &char| matches!(c, '\u{600}'..='\u{dff}' | '\u{1800}'..='\u{18af}' | '\u{1f000}'..='\u{1ffff}' | '\u{fe0f}');
    matches!(chars[at], '\u{200c}' | '\u{200d}') && at > 0 && chars.get(at - 1).is_some_and(needs)
}

/// True if a label or word mixes scripts as no language does (UTS #39, beyond "highly restrictive").
pub fn mixes_scripts(word: &str) -> bool {
    !word.is_ascii() && word.detect_restriction_level() > RestrictionLevel::HighlyRestrictive && {
        // Marks and symbols alone are no letters to be confused.
        word.chars().any(|c| c.is_ascii_alphabetic())
            && word.chars().any(|c| !c.is_ascii() && c.is_alphabetic())
    }
}

/// What a text looks like: invisible characters gone, look-alikes folded (UTS #39 skeleton), then letters that only
/// attackers exchange (`1` for `l` or `i`, `0` for `o`, `rn` for `m`), case and blanks away.
pub fn looks_like(text: &str) -> String {
    let visible = text.nfkc().filter(|c| !is_invisible(*c) && !is_direction(*c)).collect::<String>();
    let folded: String = skeleton(&visible).collect::<String>().to_lowercase();
    let folded: String = skeleton(&folded)
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            '1' | 'l' | '|' | '!' | 'j' => 'i',
            '0' => 'o',
            '5' => 's',
            '3' => 'e',
            '4' | '@' => 'a',
            '8' => 'b',
            other => other,
        })
        .collect();
    folded.replace("rn", "m").replace("vv", "w").replace("ci", "d")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<&'static str> {
        let mut findings = Findings::default();
        check(text, &mut findings);
        findings.codes()
    }

    #[test]
    fn hidden_characters_are_told_and_needed_ones_are_not() {
        assert_eq!(codes("LIANYU \u{202e}EEFFOC"), ["bidi_control"]);
        assert_eq!(codes("LIAN\u{200b}YU"), ["zero_width"]);
        assert_eq!(codes("LIAN\u{200d}YU"), ["zero_width"]);
        assert_eq!(codes("连玉咖啡 LIANYU 三号店"), [""; 0]);
        // Hindi "क्‍ष" and a Persian word with the joiners they need.
        assert_eq!(codes("क्\u{200d}ष می\u{200c}خواهم"), [""; 0]);
    }

    #[test]
    fn look_alikes_look_alike() {
        for (a, b) in [
            ("LIANYU \u{421}OFFEE", "LIANYU COFFEE"),
            ("acqu1rer", "acquirer"),
            ("раура\u{4cf}", "paypal"),
            ("ｃｏｆｆｅｅ", "coffee"),
            ("rnobile", "mobile"),
            ("c0ffee", "coffee"),
            ("COF\u{200b}FEE", "COFFEE"),
        ] {
            assert_eq!(looks_like(a), looks_like(b), "{a}");
        }
        assert_ne!(looks_like("acquirer"), looks_like("evil"));
    }

    #[test]
    fn mixed_words_are_those_that_no_language_writes() {
        assert!(mixes_scripts("p\u{430}y") && mixes_scripts("\u{421}OFFEE"));
        for word in ["COFFEE", "咖啡A座", "café", "раура", "カフェbar", "東京ﾗｰﾒﾝ"] {
            assert!(!mixes_scripts(word), "{word}");
        }
    }
}
