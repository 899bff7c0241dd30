//! Counts: volumes that are small whole numbers of events, such as payments a minute at one terminal.
//!
//! Where a leaf expects three payments, none or seven are ordinary: the Poisson likelihood adds up over leaves
//! whatever their size, as the binomial one does for ratios. What wanders beyond chance is measured by the
//! search. A cause multiplies what was expected.

use crate::model::{LANES, Lanes, Model, Shift, weighted_median};

/// Changes, as shares of what was expected.
const SHIFTS: [f64; LANES] =
    [-0.08, -0.15, -0.23, -0.32, -0.43, -0.56, -0.72, -0.88, -0.995, 0.12, 0.25, 0.45, 0.8, 1.5, 3.0, 7.0];

pub(crate) struct Counts {
    actual: Vec<f64>,
    /// Expected now, and as it was given.
    expected: Vec<f64>,
    given: Vec<f64>,
    lanes: Vec<Lanes>,
}

impl Counts {
    /// `common`: the share by which everything changed.
    pub fn new(actual: &[f64], expected: &[f64], common: f64) -> Counts {
        let logs = SHIFTS.map(libm::log1p);
        let moved: Vec<f64> = expected.iter().map(|e| e * (1.0 + common)).collect();
        let row = |(actual, expected): (&f64, &f64)| {
            let mut row = [0.0; LANES];
            if *expected > 0.0 {
                for (lane, (shift, log)) in row.iter_mut().zip(SHIFTS.iter().zip(logs)) {
                    *lane = (actual * log - expected * shift) as f32;
                }
            }
            row
        };
        let lanes = actual.iter().zip(&moved).map(row).collect();
        Counts { actual: actual.to_vec(), expected: moved, given: expected.to_vec(), lanes }
    }

    /// The share by which most of the window moved: the middle of a dimension's values, where it is nearest to
    /// none, since along the dimension in which a fault lies most values are as usual.
    pub fn common(actual: &[f64], expected: &[f64], codes: &[Vec<u32>]) -> f64 {
        let mut least: Option<f64> = None;
        for dimension in codes {
            let values = dimension.iter().copied().max().map_or(0, |m| m as usize + 1);
            let mut sums = vec![(0.0, 0.0); values];
            for (leaf, code) in dimension.iter().enumerate() {
                sums[*code as usize].0 += actual[leaf];
                sums[*code as usize].1 += expected[leaf];
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

impl Model for Counts {
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

    fn learn(&mut self, _there: &[bool]) -> bool {
        false
    }
}
