//! Volumes: seen and expected amounts.
//!
//! A leaf's deviation is `(actual − expected) / max(actual, expected)`, which is −1 for “all gone” and near 1 for
//! “many times more”. A cause moves all of its leaves by the same share (the ripple effect of Squeeze, ISSRE
//! 2019). What nothing happened to is measured in the window itself ([`crate::noise`]), so that leaves with a
//! fault don't count. A single leaf's evidence is bounded: one odd value must not outweigh a hundred normal ones.

use crate::model::{LANES, Lanes, Model, Shift};
use crate::noise::Noise;
use std::collections::BTreeMap;

/// Deviations that are tried at once, and how far each reaches.
const SHIFTS: [(f64, f64); LANES] = [
    (-1.0, 0.05),
    (-0.88, 0.06),
    (-0.76, 0.06),
    (-0.64, 0.06),
    (-0.52, 0.06),
    (-0.42, 0.05),
    (-0.32, 0.05),
    (-0.24, 0.04),
    (-0.17, 0.035),
    (-0.1, 0.03),
    (0.1, 0.03),
    (0.17, 0.04),
    (0.26, 0.05),
    (0.38, 0.07),
    (0.55, 0.09),
    (0.8, 0.12),
];

/// A leaf's evidence, at most and at least.
const LEAF_EVIDENCE_MAX: f64 = 25.0;
/// A leaf's evidence against a shift may always be this much.
const LEAF_EVIDENCE_LEAST: f64 = 5.0;
/// ln of the square root of 2π.
const LOG_SQRT_TAU: f64 = 0.918_938_533_204_672_7;

/// Leaves from which on a common change of all can be told.
const COMMON_LEAVES: usize = 150;

pub(crate) struct Volumes {
    actual: Vec<f64>,
    expected: Vec<f64>,
    deviation: Vec<f64>,
    noise: Noise,
    /// ln of how dense a leaf's deviation is where nothing happened.
    usual: Vec<f64>,
    lanes: Vec<Lanes>,
    /// The share by which everything changed, if it did.
    pub common: f64,
}

impl Volumes {
    pub fn new(actual: &[f64], expected: &[f64], codes: &[Vec<u32>]) -> Volumes {
        let whole = Volumes::around(actual, expected, codes, 0.0);
        // Everything moved: what else happened is measured against the moved level.
        let common = whole.common;
        if common == 0.0 { whole } else { Volumes::around(actual, expected, codes, common) }
    }

    fn around(actual: &[f64], expected: &[f64], codes: &[Vec<u32>], common: f64) -> Volumes {
        let expected: Vec<f64> = expected.iter().map(|e| e * (1.0 + common)).collect();
        let deviation: Vec<f64> = actual.iter().zip(&expected).map(|(a, e)| deviation(*a, *e)).collect();
        let noise = Noise::of(&expected, &deviation, codes);
        let mut sorted: Vec<f64> = noise.by_leaf.iter().copied().filter(|n| *n > 0.0).collect();
        sorted.sort_by(f64::total_cmp);
        let typical = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
        let middle = noise.middle;
        let moved = middle.abs() > 0.05 && middle.abs() > 0.6 * typical && sorted.len() >= COMMON_LEAVES;
        let share = if middle > 0.0 { middle / (1.0 - middle.min(0.99)) } else { middle };
        let common = if common == 0.0 && moved { share } else { common };
        let usual = deviation.iter().zip(&noise.by_leaf).map(|(d, n)| noise.log_density(*d, *n)).collect();
        let mut volumes =
            Volumes { actual: actual.to_vec(), expected, deviation, noise, usual, lanes: Vec::new(), common };
        volumes.lanes = volumes.rows();
        volumes
    }

    /// True if the noise of small leaves is that of counted events.
    pub fn are_counts(&self) -> bool {
        let (mut known, mut small, mut sized, mut scattered) = (0_usize, 0_usize, 0_usize, 0_usize);
        for (expected, actual) in self.expected.iter().zip(&self.actual).filter(|(e, _)| **e > 0.0) {
            known += 1;
            small += usize::from(*expected < 30.0);
            if (1.0..30.0).contains(expected) {
                sized += 1;
                // Of counted events six in ten lie as far away as this.
                scattered += usize::from((actual - expected).abs() > 0.5 * expected.sqrt());
            }
        }
        2 * small > known && 3 * scattered > sized && self.actual.iter().all(|a| a.fract() == 0.0)
    }

    fn rows(&self) -> Vec<Lanes> {
        // Leaves of one size share their noise.
        let mut shifted: BTreeMap<u64, [Shifted; LANES]> = BTreeMap::new();
        let leaves = self.noise.by_leaf.iter().zip(&self.deviation).zip(&self.usual);
        let row = |((noise, deviation), usual): ((&f64, &f64), &f64)| {
            if *noise <= 0.0 {
                return [0.0; LANES];
            }
            let make = || SHIFTS.map(|(to, spread)| Shifted::new(*noise, Shift { to, spread }));
            let lanes = shifted.entry(noise.to_bits()).or_insert_with(make);
            std::array::from_fn(|i| lanes[i].evidence(*deviation, *usual) as f32)
        };
        leaves.map(row).collect()
    }
}

/// How dense deviations are that one shift made of leaves with one noise.
#[derive(Clone, Copy)]
struct Shifted {
    to: f64,
    per_variance: f64,
    log_height: f64,
}

impl Shifted {
    fn new(noise: f64, shift: Shift) -> Shifted {
        // What is left of a leaf keeps its share of the noise.
        let left = noise * (1.0 - shift.to.abs()).max(0.15);
        let variance = left * left + shift.spread * shift.spread;
        Shifted {
            to: shift.to,
            per_variance: 0.5 / variance,
            log_height: -LOG_SQRT_TAU - 0.5 * libm::log(variance),
        }
    }

    /// For the shift and against “nothing happened”.
    fn evidence(&self, deviation: f64, usual: f64) -> f64 {
        let gap = deviation - self.to;
        let (square, gap) = (deviation * deviation, gap * gap);
        let evidence = self.log_height - gap * self.per_variance - usual;
        // A leaf that is only more scattered than others, to either side, is not moved by that.
        let scattered = (square - gap) * self.per_variance;
        evidence.min(scattered.max(0.0)).clamp(-LEAF_EVIDENCE_LEAST, LEAF_EVIDENCE_MAX)
    }
}

impl Model for Volumes {
    fn lanes(&self) -> &[Lanes] {
        &self.lanes
    }

    fn fit(&self, leaves: &[u32]) -> Shift {
        let mut known: Vec<(f64, f64)> = leaves
            .iter()
            .map(|l| *l as usize)
            .filter(|l| self.noise.by_leaf[*l] > 0.0)
            .map(|l| (self.deviation[l], self.noise.by_leaf[l]))
            .collect();
        known.sort_by(|a, b| a.0.total_cmp(&b.0));
        let n = known.len();
        if n == 0 {
            return Shift { to: 0.0, spread: SHIFTS[0].1 };
        }
        // The middle half's mean: as steady as the median against leaves that belong to something else.
        let middle = &known[n / 4..(n - n / 4).max(n / 4 + 1)];
        let to = middle.iter().map(|k| k.0).sum::<f64>() / middle.len() as f64;
        let squares = known.iter().map(|(d, s)| {
            let left = s * (1.0 - to.abs()).max(0.15);
            (d - to) * (d - to) - left * left
        });
        let mut squares: Vec<f64> = squares.collect();
        squares.sort_by(f64::total_cmp);
        // Without the farthest tenth.
        squares.truncate((n - n / 10).max(1));
        let spread = (squares.iter().sum::<f64>() / squares.len() as f64).max(0.0).sqrt();
        Shift { to, spread: spread.clamp(0.02, 0.15) }
    }

    fn evidence(&self, shift: Shift, out: &mut Vec<f32>) {
        out.clear();
        let mut shifted: BTreeMap<u64, Shifted> = BTreeMap::new();
        let leaves = self.noise.by_leaf.iter().zip(&self.deviation).zip(&self.usual);
        out.extend(leaves.map(|((noise, deviation), usual)| {
            if *noise <= 0.0 {
                return 0.0;
            }
            let one = shifted.entry(noise.to_bits()).or_insert_with(|| Shifted::new(*noise, shift));
            one.evidence(*deviation, *usual) as f32
        }));
    }

    fn excess(&self, leaf: u32) -> (f64, f64, f64) {
        let leaf = leaf as usize;
        let before = self.expected[leaf] / (1.0 + self.common);
        let noise = self.noise.by_leaf[leaf] * self.expected[leaf];
        (self.actual[leaf] - before, noise * noise, before)
    }

    fn is_overdispersed(&self) -> bool {
        false
    }

    fn caution(&self) -> f64 {
        self.noise.caution()
    }

    fn learn(&mut self, _there: &[bool]) -> bool {
        false
    }
}

fn deviation(actual: f64, expected: f64) -> f64 {
    let larger = actual.max(expected);
    if larger > 0.0 { (actual - expected) / larger } else { 0.0 }
}
