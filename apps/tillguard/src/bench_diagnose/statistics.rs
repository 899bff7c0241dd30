//! Means with 95 % intervals by the paired bootstrap: cases are drawn again, with all policies' minutes together.

use crate::bench::Figure;

/// Draws of the bootstrap.
const DRAWS: usize = 1_000;

/// A small generator for the draws: the same figures at each run.
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((u128::from(self.0 >> 1) * n as u128) >> 63) as usize
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The middle 95 % of the draws of a statistic.
fn middle(n: usize, statistic: impl Fn(&[usize]) -> f64) -> (f64, f64) {
    let mut draws = Draws(42);
    let mut picked = vec![0; n];
    let mut found: Vec<f64> = (0..DRAWS)
        .map(|_| {
            picked.iter_mut().for_each(|p| *p = draws.below(n));
            statistic(&picked)
        })
        .collect();
    found.sort_by(f64::total_cmp);
    (found[DRAWS / 40], found[DRAWS - 1 - DRAWS / 40])
}

/// The mean with its interval, by the normal approximation: thousands of cases.
pub fn interval(name: &str, unit: &'static str, values: &[f64]) -> Figure {
    let at = mean(values);
    let variance = values.iter().map(|v| (v - at) * (v - at)).sum::<f64>() / values.len().max(2) as f64;
    let half = 1.96 * (variance / values.len().max(1) as f64).sqrt();
    Figure::of(name.to_owned(), unit, at, at - half, at + half, values.len())
}

/// The same cases under three policies.
pub struct Paired {
    pub baseline: Vec<f64>,
    pub ours: Vec<f64>,
    pub oracle: Vec<f64>,
}

impl Paired {
    fn figure(&self, name: &str, statistic: impl Fn(f64, f64, f64) -> f64) -> Figure {
        let n = self.ours.len();
        let at = statistic(mean(&self.baseline), mean(&self.ours), mean(&self.oracle));
        let of = |picked: &[usize], values: &[f64]| picked.iter().map(|i| values[*i]).sum::<f64>() / n as f64;
        let (low, high) = middle(n, |picked| {
            statistic(of(picked, &self.baseline), of(picked, &self.ours), of(picked, &self.oracle))
        });
        Figure::of(name.to_owned(), "share", at, low, high, n)
    }

    /// Minutes saved, as a share of the baseline's.
    pub fn fewer_minutes(&self) -> Figure {
        self.figure("fewer_minutes_than_code_table", |baseline, ours, _| 1.0 - ours / baseline)
    }

    /// Share of the way from the baseline to the oracle.
    pub fn gap_closed(&self) -> Figure {
        self.figure("gap_to_oracle_closed", |baseline, ours, oracle| (baseline - ours) / (baseline - oracle))
    }
}
