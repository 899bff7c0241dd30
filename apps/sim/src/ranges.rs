//! The card numbers that the town may use: ranges that no issuer has, from `data/test-ranges.csv`, where
//! each row names its source.

use crate::cards::Number;
use crate::dice::Dice;

/// One range of an invented issuer.
#[derive(Clone, Debug)]
pub(crate) struct Range {
    first: u64,
    last: u64,
    length: u8,
    pub(crate) issuer: &'static tg_text::Text,
}

/// All ranges with an invented issuer.
pub(crate) struct TestRanges {
    pub(crate) ranges: Vec<Range>,
}

impl TestRanges {
    /// The ranges of `tg-codes`; published test numbers are left to others.
    pub(crate) fn load() -> TestRanges {
        let ranges = tg_codes::invented_issuers()
            .filter_map(|range| {
                Some(Range {
                    first: range.start.parse().ok()?,
                    last: range.end.parse().ok()?,
                    length: u8::try_from(range.length).ok()?,
                    issuer: &range.issuer,
                })
            })
            .collect();
        TestRanges { ranges }
    }

    /// A random number with a right check digit. Ranges are equally likely, as big and small banks' cards
    /// of a neighbourhood are not.
    pub(crate) fn number(&self, dice: &mut Dice) -> Number {
        // The table is compiled in and a test holds it non-empty.
        let Some(range) = dice.pick(&self.ranges) else { return Number { value: 0, length: 16 } };
        range.number(dice)
    }
}

impl Range {
    pub(crate) fn number(&self, dice: &mut Dice) -> Number {
        let value = self.first + dice.below(self.last - self.first + 1);
        // The last digit changes within the same ten, which no range of the table cuts.
        Number { value, length: self.length }.with_check_digit()
    }

    pub(crate) fn holds(&self, number: Number) -> bool {
        number.length == self.length && (self.first..=self.last).contains(&number.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_lies_in_a_range_and_banks_are_several() {
        let ranges = TestRanges::load();
        let mut dice = Dice::new(5, 5);
        let numbers: Vec<Number> = (0..500).map(|_| ranges.number(&mut dice)).collect();
        assert!(numbers.iter().all(|n| ranges.ranges.iter().any(|r| r.holds(*n))));
        let mut banks: Vec<&str> = ranges.ranges.iter().map(|r| &*r.issuer.en).collect();
        banks.dedup();
        assert!(banks.len() >= 5, "{banks:?}");
    }

    #[test]
    fn no_range_cuts_a_ten() {
        for range in TestRanges::load().ranges {
            assert_eq!((range.first % 10, range.last % 10), (0, 9));
        }
    }
}
