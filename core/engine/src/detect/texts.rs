//! [`FindingTexts`]: what is said of each kind of finding, whatever its numbers.
//!
//! Why it exists: a list, a filter and an analyst's page need the words of a kind of finding without a
//! finding at hand; and the sentences on which harm could hang (what is not shown, what to do) stand in one
//! place, where they can be read through. The facts with numbers are each finding's own `rests_on`.
//! Never accuses a person or a shop, never advises what destroys evidence or money.

mod cards;
mod merchants;
mod terminals;

use tg_text::Text;

/// The words of one kind of finding.
#[derive(Debug, PartialEq, Eq)]
pub struct FindingTexts {
    /// The detector's stable name, such as `card_testing`.
    pub code: &'static str,
    /// A few words: what is suspected.
    pub title: Text,
    /// One sentence: what such a finding rests on. The numbers stand in the finding's `rests_on`.
    pub what_it_rests_on: Text,
    /// What such a finding does not show.
    pub does_not_show: &'static [Text],
    /// Other explanations that fit, and how to tell.
    pub other_explanations: &'static [Text],
    /// What to do next, in this order.
    pub next_steps: &'static [Text],
}

/// The words of all kinds, in the order in which a list offers them.
pub const FINDING_TEXTS: [&FindingTexts; 9] = [
    &terminals::CLONED_TERMINAL,
    &terminals::MOVED_TERMINAL,
    &terminals::SIGNON_STORM,
    &merchants::SEVERAL_MERCHANTS,
    &merchants::RAPID_REFUNDS,
    &merchants::CASH_OUT,
    &cards::CARD_TESTING,
    &cards::IMPOSSIBLE_TRAVEL,
    &cards::SKIMMING,
];

/// The words of one kind of finding; `None` for a code that no detector has.
pub fn finding_texts(code: &str) -> Option<&'static FindingTexts> {
    FINDING_TEXTS.into_iter().find(|t| t.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_words_in_both_languages() {
        let mut codes: Vec<&str> = FINDING_TEXTS.iter().map(|t| t.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), FINDING_TEXTS.len());
        for t in FINDING_TEXTS {
            assert_eq!(finding_texts(t.code), Some(t));
            for list in [t.does_not_show, t.other_explanations, t.next_steps] {
                assert!(list.len() >= 2, "{}", t.code);
            }
            let lists = [t.does_not_show, t.other_explanations, t.next_steps].concat();
            for text in lists.iter().chain([&t.title, &t.what_it_rests_on]) {
                assert!(!text.is_incomplete(), "{}: {text:?}", t.code);
                assert_eq!(tg_text::chinese_punctuation(&text.zh), text.zh, "{}", t.code);
            }
        }
        assert_eq!(finding_texts("no_such_detector"), None);
    }

    /// Words that must stand in no advice: they accuse, or they lead to harm (product.md, E6).
    #[test]
    fn no_words_accuse_or_harm() {
        for t in FINDING_TEXTS {
            for text in [t.does_not_show, t.other_explanations, t.next_steps].concat() {
                let en = text.en.to_lowercase();
                for word in ["culprit", "criminal", "fraudster", "charge again", "confiscate", "guilty"] {
                    assert!(!en.contains(word), "{}: {en}", t.code);
                }
                for word in ["嫌犯", "罪犯", "骗子", "没收", "重新扣款"] {
                    assert!(!text.zh.contains(word), "{}: {}", t.code, text.zh);
                }
            }
        }
        for t in [&terminals::CLONED_TERMINAL, &terminals::SIGNON_STORM, &cards::SKIMMING] {
            let en: String = t.next_steps.iter().map(|s| s.en.as_ref()).collect();
            assert!(en.contains("nor restart") && en.contains("don't open"), "{}", t.code);
        }
    }
}
