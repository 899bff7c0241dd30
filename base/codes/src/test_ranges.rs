//! Card numbers that may occur in the demo, in tests and in documents: `data/test-ranges.csv`.
//!
//! Why it exists: a number that some bank may issue belongs to somebody. Numbers of the demo lie where
//! ISO/IEC 7812-1 lets no card be issued; published test numbers are listed one by one. `xtask tidy`
//! finds every other clear card number in the project. See `data/test-ranges.md` for the reasons.

use crate::table::{TableError, read};
use crate::words::words;
use std::sync::LazyLock;
use tg_text::Text;

words! {
    /// Why a range can't be anybody's card.
    TestNumberKind {
        /// A test number that a scheme or a payment provider publishes.
        PublishedTest = "published_test",
        /// Numbers that no issuer can have by ISO/IEC 7812-1: what the demo uses.
        Unassigned = "unassigned",
        /// A single made-up number in published conformance vectors, kept for their sake. Never for
        /// anything new.
        Vector = "vector",
    }
}

/// A range of card numbers of one length.
#[derive(Clone, Debug)]
pub struct TestRange {
    /// The first number, all digits.
    pub start: String,
    /// The last number.
    pub end: String,
    /// The number of digits.
    pub length: usize,
    /// Why it can't be anybody's card.
    pub kind: TestNumberKind,
    /// The card scheme that a published number looks like; empty for the demo's.
    pub network: String,
    /// Where that is written.
    pub source: String,
    /// A remark.
    pub note: Text,
    /// The invented issuer of a demo range; empty for others.
    pub issuer: Text,
}

impl TestRange {
    /// The first six digits of an invented issuer's numbers.
    pub fn bin(&self) -> &str {
        self.start.get(..6).unwrap_or(&self.start)
    }

    /// True if the digits lie in this range.
    pub fn contains(&self, digits: &str) -> bool {
        digits.len() == self.length && (self.start.as_str()..=self.end.as_str()).contains(&digits)
    }

    /// The range's `serial`-th number with a right check digit; `None` past its end. Serials that differ
    /// give numbers that differ, in every digit place of the serial.
    pub fn number(&self, serial: u64) -> Option<String> {
        let stem: u128 = self.start.get(..self.length - 1)?.parse().ok()?;
        let stem = format!("{:0width$}", stem.checked_add(serial.into())?, width = self.length - 1);
        let number = format!("{stem}{}", check_digit(&stem));
        self.contains(&number).then_some(number)
    }
}

/// The check digit of ISO/IEC 7812-1, annex B, for the digits before it.
fn check_digit(stem: &str) -> u32 {
    let sum: u32 = stem
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let digit = u32::from(b.wrapping_sub(b'0'));
            match i % 2 {
                0 => digit * 2 - if digit > 4 { 9 } else { 0 },
                _ => digit,
            }
        })
        .sum();
    (10 - sum % 10) % 10
}

static RANGES: LazyLock<Vec<TestRange>> = LazyLock::new(|| {
    parse(include_str!("../../../data/test-ranges.csv")).expect("a test reads the compiled-in file")
});

/// Every range, as it stands in `data/test-ranges.csv`.
pub fn test_ranges() -> &'static [TestRange] {
    &RANGES
}

/// The demo's invented issuers, one row for each of their ranges.
pub fn invented_issuers() -> impl Iterator<Item = &'static TestRange> {
    test_ranges().iter().filter(|r| r.kind == TestNumberKind::Unassigned && !r.issuer.en.is_empty())
}

/// True if a card number, given as digits (spaces and hyphens between them are fine), may stand in the
/// project in clear.
pub fn is_test_number(number: &str) -> bool {
    let digits: String = number.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    digits.bytes().all(|b| b.is_ascii_digit()) && test_ranges().iter().any(|r| r.contains(&digits))
}

fn parse(content: &str) -> Result<Vec<TestRange>, Box<TableError>> {
    const REQUIRED: &[&str] =
        &["range_start", "range_end", "length", "kind", "network", "source", "note_zh", "note_en"];
    read("test-ranges.csv", content, REQUIRED, &["issuer_zh", "issuer_en"], |row| {
        let length: usize = match row.get("length").parse() {
            Ok(length @ 12..=19) => length,
            _ => return Err(row.fault("length", "12 to 19", None)),
        };
        let digits = |column: &str| {
            let text = row.need(column)?;
            let right = text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
            if right { Ok(text) } else { Err(row.fault(column, format!("{length} digits"), None)) }
        };
        let range = TestRange {
            start: digits("range_start")?,
            end: digits("range_end")?,
            length,
            kind: row.word("kind", TestNumberKind::ALL, TestNumberKind::word, None)?,
            network: row.get("network").to_owned(),
            source: row.need("source")?,
            note: row.text("note"),
            issuer: row.text("issuer"),
        };
        if range.start > range.end {
            return Err(row.fault("range_end", "not less than range_start", None));
        }
        Ok(range)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ranges_are_complete_and_do_not_overlap() {
        let ranges = parse(include_str!("../../../data/test-ranges.csv")).expect("reads");
        for (i, range) in ranges.iter().enumerate() {
            assert!(!range.note.is_incomplete(), "{}: note in both languages", range.start);
            for other in &ranges[i + 1..] {
                let apart =
                    range.length != other.length || range.end < other.start || other.end < range.start;
                assert!(apart, "{} and {} overlap", range.start, other.start);
            }
            if range.kind == TestNumberKind::PublishedTest {
                let (stem, last) = range.start.split_at(range.length - 1);
                assert_eq!(last, check_digit(stem).to_string(), "{}: check digit", range.start);
                assert_eq!(range.start, range.end, "published numbers are listed one by one");
            }
        }
    }

    #[test]
    fn what_the_demo_uses_is_closed_to_card_issuers() {
        for range in test_ranges().iter().filter(|r| r.kind == TestNumberKind::Unassigned) {
            assert!(range.start.starts_with("00") && range.end.starts_with("00"), "{}", range.start);
        }
        let bins: BTreeSet<&str> = invented_issuers().map(TestRange::bin).collect();
        assert_eq!(bins.len(), invented_issuers().count(), "one BIN a range");
        assert!(bins.len() >= 6);
    }

    #[test]
    fn an_issuer_has_numbers_enough_all_distinct_and_right() {
        for range in invented_issuers() {
            let numbers: BTreeSet<String> = (0..3000).filter_map(|serial| range.number(serial)).collect();
            assert_eq!(numbers.len(), 3000);
            assert!(numbers.iter().all(|n| is_test_number(n) && n.starts_with(range.bin())));
            assert_eq!(range.number(u64::MAX), None);
        }
        let visa = "411111111111111";
        assert_eq!(check_digit(visa), 1);
    }

    #[test]
    fn published_numbers_pass_and_others_do_not() {
        for number in ["4111111111111111", "4111 1111 1111 1111", "6200000000000005", "378282246310005"] {
            assert!(is_test_number(number), "{number}");
        }
        for number in ["4111111111111112", "6222020000000000000", "", "x", "41111111111111110"] {
            assert!(!is_test_number(number), "{number}");
        }
    }
}
