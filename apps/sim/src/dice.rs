//! [`Dice`]: the town's only source of chance, seeded, the same on every machine.
//!
//! Why its own: the same seed must give the same bytes for years, so neither a library's generator that
//! may change nor floating point that may differ has a place here. Never used for secrets that matter.

/// A SplitMix64 generator (Steele, Lea, Flood, OOPSLA 2014): small, fast, good enough for a story.
#[derive(Clone, Debug)]
pub(crate) struct Dice {
    state: u64,
}

impl Dice {
    /// Dice for one purpose of one seed; different purposes roll independently.
    pub(crate) fn new(seed: u64, purpose: u64) -> Dice {
        Dice { state: mix(seed ^ mix(purpose ^ 0x5449_4C4C_4755_4152)) }
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.state)
    }

    /// A number below `limit` (0 if `limit` is 0).
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(limit)) >> 64) as u64
    }

    /// A number from `low` to `high`, both possible.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below(high.abs_diff(low) + 1) as i64
    }

    /// True in so many cases of ten thousand.
    pub(crate) fn chance(&mut self, of_ten_thousand: u64) -> bool {
        self.below(10_000) < of_ten_thousand
    }

    /// A waiting time with this mean, as arrivals that don't know of each other have it (exponential),
    /// cut at six times the mean. Integer arithmetic: -ln(u) = ln 2 * (leading zeros + the rest).
    pub(crate) fn wait(&mut self, mean: i64) -> i64 {
        let bits = self.bits() | 1;
        let zeros = bits.leading_zeros();
        // the fraction after the leading one, in 1/65536; -log2(1+f) is about -f within 0.09
        let fraction = i64::from(((bits << zeros) << 1 >> 48) as u32);
        let log2_in_65536ths = (i64::from(zeros) + 1) * 65_536 - fraction;
        let cut = mean.saturating_mul(6);
        (((i128::from(mean) * i128::from(log2_in_65536ths) * 45_426) >> 32) as i64).min(cut)
    }

    /// One of the given things.
    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len() as u64) as usize)
    }

    /// Random bytes.
    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        for chunk in out.chunks_mut(8) {
            let word = self.bits().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        out
    }
}

/// The finalizer of SplitMix64.
pub(crate) fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_rolls_and_purposes_differ() {
        let rolls = |seed, purpose| {
            let mut dice = Dice::new(seed, purpose);
            [dice.bits(), dice.bits(), dice.bits()]
        };
        assert_eq!(rolls(1, 1), rolls(1, 1));
        assert_ne!(rolls(1, 1), rolls(1, 2));
        assert_ne!(rolls(1, 1), rolls(2, 1));
    }

    #[test]
    fn waits_have_the_mean_that_was_asked_for() {
        let mut dice = Dice::new(7, 7);
        let sum: i64 = (0..20_000).map(|_| dice.wait(1_000_000)).sum();
        let mean = sum / 20_000;
        assert!((900_000..1_100_000).contains(&mean), "{mean}");
    }

    #[test]
    fn between_reaches_both_ends_and_no_further() {
        let mut dice = Dice::new(3, 3);
        let rolls: Vec<i64> = (0..200).map(|_| dice.between(-1, 2)).collect();
        assert!(rolls.iter().all(|r| (-1..=2).contains(r)));
        assert!((-1..=2).all(|wanted| rolls.contains(&wanted)));
    }
}
