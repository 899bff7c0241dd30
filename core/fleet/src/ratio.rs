//! Ratios: failures of a total, such as declines of payments.
//!
//! A leaf of a payment stream holds one to five transactions, so its own rate says nothing; the binomial
//! likelihood adds up over leaves whatever their size. A cause fails a share of what would have gone well, or
//! (the other direction) takes away a share of the failures. Where no expected rate is known, one rate for all
//! is taken from the window and measured again whenever a cause has been explained.

use crate::model::{LANES, Lanes, Model, Shift, weighted_median};
use std::collections::BTreeMap;

/// Shares of the good ones that fail; below 0: shares of the failures that are gone.
const SHIFTS: [f64; LANES] =
    [0.01, 0.02, 0.04, 0.07, 0.11, 0.17, 0.25, 0.35, 0.48, 0.62, 0.78, 0.95, -0.3, -0.55, -0.8, -0.98];

/// Rates are never 0 or 1 for sure.
const RATE_MIN: f64 = 1e-5;

/// Different rates whose logarithms are kept exactly.
const RATES_KEPT: usize = 4_096;

pub(crate) struct Ratios {
    failures: Vec<f64>,
    total: Vec<f64>,
    rate: Vec<f64>,
    estimated: bool,
    lanes: Vec<Lanes>,
}

impl Ratios {
    pub fn new(failures: &[f64], total: &[f64], rate: Option<&[f64]>, codes: &[Vec<u32>]) -> Ratios {
        let rates = match rate {
            Some(rate) => rate.iter().map(|r| bounded(*r)).collect(),
            None => vec![usual_rate(failures, total, codes); failures.len()],
        };
        let mut ratios = Ratios {
            failures: failures.to_vec(),
            total: total.to_vec(),
            rate: rates,
            estimated: rate.is_none(),
            lanes: Vec::new(),
        };
        ratios.fill();
        ratios
    }

    fn fill(&mut self) {
        let mut kept: BTreeMap<u64, [(f64, f64); LANES]> = BTreeMap::new();
        self.lanes.clear();
        for leaf in 0..self.total.len() {
            let (k, n, rate) = (self.failures[leaf], self.total[leaf], self.rate[leaf]);
            // Many different rates: those that agree in three digits share their logarithms.
            let rate = if kept.len() < RATES_KEPT { rate } else { rounded(rate) };
            let logs = kept.entry(rate.to_bits()).or_insert_with(|| SHIFTS.map(|shift| logs(rate, shift)));
            self.lanes.push(logs.map(|(fail, good)| (k * fail + (n - k) * good) as f32));
        }
    }
}

impl Model for Ratios {
    fn lanes(&self) -> &[Lanes] {
        &self.lanes
    }

    fn fit(&self, leaves: &[u32]) -> Shift {
        let (mut k, mut n, mut expected) = (0.0, 0.0, 0.0);
        for leaf in leaves.iter().map(|l| *l as usize) {
            k += self.failures[leaf];
            n += self.total[leaf];
            expected += self.total[leaf] * self.rate[leaf];
        }
        let to = if k >= expected {
            (k - expected) / (n - expected).max(1e-9)
        } else {
            (k - expected) / expected.max(1e-9)
        };
        Shift { to: to.clamp(-0.999, 0.999), spread: 0.0 }
    }

    fn evidence(&self, shift: Shift, out: &mut Vec<f32>) {
        out.clear();
        let (mut last, mut ratio) = (f64::NAN, (0.0, 0.0));
        for ((k, n), rate) in self.failures.iter().zip(&self.total).zip(&self.rate) {
            if *rate != last {
                (last, ratio) = (*rate, logs(*rate, shift.to));
            }
            out.push((k * ratio.0 + (n - k) * ratio.1) as f32);
        }
    }

    fn excess(&self, leaf: u32) -> (f64, f64, f64) {
        let leaf = leaf as usize;
        let (n, rate) = (self.total[leaf], self.rate[leaf]);
        (self.failures[leaf] - n * rate, n * rate * (1.0 - rate), n * rate)
    }

    fn is_overdispersed(&self) -> bool {
        true
    }

    fn caution(&self) -> f64 {
        1.5
    }

    fn learn(&mut self, there: &[bool]) -> bool {
        if !self.estimated {
            return false;
        }
        let (mut k, mut n) = (0.0, 0.0);
        for (leaf, _) in there.iter().enumerate().filter(|(_, t)| **t) {
            k += self.failures[leaf];
            n += self.total[leaf];
        }
        if n <= 0.0 {
            return false;
        }
        self.rate.fill(bounded(k / n));
        self.fill();
        true
    }
}

/// ln of how much likelier a failure and a good one become under a shift.
fn logs(rate: f64, shift: f64) -> (f64, f64) {
    if shift >= 0.0 {
        // Good ones fail: ln((1 − p1)/(1 − p0)) is ln(1 − shift).
        let moved = rate + (1.0 - rate) * shift;
        (libm::log(moved / rate), libm::log1p(-shift))
    } else {
        let moved = rate * (1.0 + shift);
        (libm::log1p(shift), libm::log1p(-moved) - libm::log1p(-rate))
    }
}

fn bounded(rate: f64) -> f64 {
    rate.clamp(RATE_MIN, 1.0 - RATE_MIN)
}

fn rounded(rate: f64) -> f64 {
    let scale = if rate > 0.1 { 1e3 } else { 1e4 };
    bounded((rate * scale).round() / scale)
}

/// The rate of what works as usual: each dimension's middle value has it unless most of them are at fault, and
/// the dimension along which the fault lies shows the lowest.
fn usual_rate(failures: &[f64], total: &[f64], codes: &[Vec<u32>]) -> f64 {
    let pooled = failures.iter().sum::<f64>() / total.iter().sum::<f64>().max(1.0);
    let mut lowest = pooled;
    for dimension in codes {
        let values = dimension.iter().copied().max().map_or(0, |m| m as usize + 1);
        if values < 3 {
            continue; // of two values the lower one is no middle
        }
        let mut sums = vec![(0.0, 0.0); values];
        for (leaf, code) in dimension.iter().enumerate() {
            sums[*code as usize].0 += failures[leaf];
            sums[*code as usize].1 += total[leaf];
        }
        let mut rates: Vec<(f64, f64)> =
            sums.iter().filter(|s| s.1 > 0.0).map(|(k, n)| (k / n, *n)).collect();
        lowest = lowest.min(weighted_median(&mut rates));
    }
    // Rare failures leave many values without one: then the middle says too little.
    bounded(lowest.max(pooled / 4.0))
}
