//! How a text speaks: does it make the offer, or does it warn of it, report it, teach it, ask about it?
//!
//! Why it exists: police warnings, court reports and frightened customers use the very words of the lure.
//! The rule: such a frame turns signals into quotations, unless the text itself calls the reader to act
//! (write to this contact, scan this, send your card number): whoever adds "beware of fakes" to an advert
//! still advertises.

use crate::catalogue::{Catalogue, Report};
use regex::Regex;
use std::ops::Range;

/// Marks that end a sentence, as the normalised text writes them.
const SENTENCE: &[char] = &['。', '!', '?', ';', '\n', '\r'];
/// Marks that end a clause.
const CLAUSE: &[char] = &['。', '!', '?', ';', '\n', '\r', ',', ':', '、'];
/// A denial stands at most this many characters before what it denies.
const DENIAL_CHARACTERS: usize = 18;

fn any(patterns: &[Regex], text: &str) -> bool {
    patterns.iter().any(|p| p.is_match(text))
}

/// True if the text reports, warns, teaches or asks.
pub fn speaks_of_it(catalogue: &Catalogue, text: &str) -> bool {
    let Report { frames, judges, firm, asks, .. } = &catalogue.report;
    any(firm, text) || any(asks, text) || any(frames, text) && any(judges, text)
}

/// True if the text speaks as real services do.
pub fn has_grounds(catalogue: &Catalogue, text: &str) -> bool {
    any(&catalogue.report.grounds, text)
}

/// True if the signal at this place is denied in its own clause ("will never ask for your PIN"), or is only the
/// clause's topic ("cash-out schemes").
pub fn is_denied(catalogue: &Catalogue, text: &str, place: &Range<usize>) -> bool {
    let before = &text[..place.start];
    let clause = before.rfind(CLAUSE).map_or(0, |i| i + before[i..].chars().next().map_or(1, char::len_utf8));
    let clause = &before[clause..];
    let near = clause.char_indices().rev().nth(DENIAL_CHARACTERS - 1).map_or(0, |(i, _)| i);

    any(&catalogue.report.denies, &clause[near..]) || any(&catalogue.report.topics, &text[place.end..])
}

/// True if the sentence around this place tells of the call to act instead of making it.
pub fn is_told(catalogue: &Catalogue, text: &str, place: &Range<usize>) -> bool {
    any(&catalogue.report.tells, &text[sentence(text, place)])
}

fn sentence(text: &str, place: &Range<usize>) -> Range<usize> {
    let before = &text[..place.start];
    let start =
        before.rfind(SENTENCE).map_or(0, |i| i + before[i..].chars().next().map_or(1, char::len_utf8));
    let end = text[place.end..].find(SENTENCE).map_or(text.len(), |i| place.end + i);
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speaks(text: &str) -> bool {
        speaks_of_it(Catalogue::builtin(), text)
    }

    #[test]
    fn warnings_reports_and_questions_speak_of_it() {
        assert!(speaks("警方提醒:谨防免费pos机"));
        assert!(speaks("免费pos机是真的吗?"));
        assert!(!speaks("免费pos机,费率0.38"));
    }

    #[test]
    fn a_denial_reaches_to_the_end_of_its_clause() {
        let denied = |text: &str, word: &str| {
            let start = text.find(word).expect("is there");
            is_denied(Catalogue::builtin(), text, &(start..start + word.len()))
        };
        assert!(denied("我们不会要求您提供密码", "提供密码"));
        assert!(!denied("我们不会骗您,请提供密码", "提供密码"));
    }
}
