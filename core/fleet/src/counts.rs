//! Counts: volumes that are small whole numbers of events, such as payments a minute at one terminal.
//!
//! Where a leaf expects three payments, none or seven are ordinary: the Poisson likelihood adds up over leaves
//! whatever their size, as the binomial one does for ratios. What wanders beyond chance is measured by the
//! search. A cause multiplies what was expected.

use crate::model::{LANES, Lanes, Model, Shift, weighted_median};

/// Changes, as shares of what was expected.
const SHIFTS: [f64; LANES] =
    [-0.08, -0.15, -0.23, -0.32, -0.43, -0.56, -0.72, -0.88, -0.995, 0.12, 0.25, 0.45, 0.8, 1.5, 3.0, 7.0];

pub(crate) struct Counts<'a> {
    actual: &'a [f64],
    codes: &'a [Vec<u32>],
    /// Expected now, and as it was given.
    expected: Vec<f64>,
    given: &'a [f64],
    lanes: Vec<Lanes>,
    /// The share by which everything changed.
    pub common: f64,
}

impl<'a> Counts<'a> {
    pub fn new(actual: &'a [f64], expected: &'a [f64], codes: &'a [Vec<u32>]) -> Counts<'a> {
        let mut counts =
            Counts { actual, codes, expected: Vec::new(), given: expected, lanes: Vec::new(), common: 0.0 };
        counts.common = counts.common_of(None);
        counts.fill();
        counts
    }

    fn fill(&mut self) {
        let logs = SHIFTS.map(libm::log1p);
        self.expected = self.given.iter().map(|e| e * (1.0 + self.common)).collect();
        let row = |(actual, expected): (&f64, &f64)| {
            let mut row = [0.0; LANES];
            if *expected > 0.0 {
                for (lane, (shift, log)) in row.iter_mut().zip(SHIFTS.iter().zip(logs)) {
                    *lane = (actual * log - expected * shift) as f32;
                }
            }
            row
        };
        self.lanes = self.actual.iter().zip(&self.expected).map(row).collect();
    }

    /// The share by which most of the window moved: the middle of a dimension's values, where it is nearest to
    /// none, since along the dimension in which a fault lies most values are as usual.
    fn common_of(&self, there: Option<&[bool]>) -> f64 {
        let mut least: Option<f64> = None;
        for dimension in self.codes {
            let values = dimension.iter().copied().max().map_or(0, |m| m as usize + 1);
            let mut sums = vec![(0.0, 0.0); values];
            for (leaf, code) in dimension.iter().enumerate().filter(|(l, _)| there.is_none_or(|t| t[*l])) {
                sums[*code as usize].0 += self.actual[leaf];
                sums[*code as usize].1 += self.given[leaf];
            }
            let mut ratios: Vec<(f64, f64)> =
                sums.iter().filter(|s| s.1 > 0.0).map(|(a, e)| (a / e, *e)).collect();
            if ratios.len() < 4 {
                continue;
            }
            let mean = sums.iter().map(|s| s.1).sum::<f64>() / ratios.len() as f64;
            let middle = weighted_median(&mut ratios) - 1.0;
            let by_chance = 5.0 / mean.max(1.0).sqrt();
            let moved = if middle.abs() > by_chance.max(0.1) { middle } else { 0.0 };
            if least.is_none_or(|l| moved.abs() < l.abs()) {
                least = Some(moved);
            }
        }
        least.unwrap_or(0.0)
    }
}

impl Model for Counts<'_> {
    fn lanes(&self) -> &[Lanes] {
        &self.lanes
    }

    fn fit(&self, leaves: &[u32]) -> Shift {
        let (mut actual, mut expected) = (0.0, 0.0);
        for leaf in leaves.iter().map(|l| *l as usize).filter(|l| self.expected[*l] > 0.0) {
            actual += self.actual[leaf];
            expected += self.expected[leaf];
        }
        let to = if expected > 0.0 { (actual / expected - 1.0).max(-0.999) } else { 0.0 };
        Shift { to, spread: 0.0 }
    }

    fn evidence(&self, shift: Shift, out: &mut Vec<f32>) {
        out.clear();
        let log = libm::log1p(shift.to);
        out.extend(self.actual.iter().zip(&self.expected).map(|(actual, expected)| {
            if *expected > 0.0 { (actual * log - expected * shift.to) as f32 } else { 0.0 }
        }));
    }

    fn excess(&self, leaf: u32) -> (f64, f64, f64) {
        let leaf = leaf as usize;
        (self.actual[leaf] - self.given[leaf], self.expected[leaf], self.given[leaf])
    }

    fn is_overdispersed(&self) -> bool {
        true
    }

    fn caution(&self) -> f64 {
        2.0
    }

    fn learn(&mut self, there: &[bool]) -> bool {
        if self.common == 0.0 {
            return false;
        }
        // What looked like a change of all may have been this.
        let common = self.common_of(Some(there));
        let changed = (common - self.common).abs() > 0.01;
        if changed {
            self.common = common;
            self.fill();
        }
        changed
    }
}
