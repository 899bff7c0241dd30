//! Volumes: seen and expected amounts.
//!
//! A leaf's deviation is `(actual − expected) / max(actual, expected)`, which is −1 for “all gone”, near 1 for
//! “many times more”, and keeps a bell shape whether the noise sits on the forecast or on the value. A cause
//! moves all of its leaves by the same share (the ripple effect of Squeeze, ISSRE 2019). The noise is measured
//! in the window itself, by size of the forecast, from the densest part of the deviations, so that leaves with a
//! fault don't count. A single leaf's evidence is bounded: one odd value must not outweigh a hundred normal ones.

use crate::model::{LANES, Lanes, Model, Shift};
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
/// Square root of 2π.
const SQRT_TAU: f64 = 2.506_628_274_631_000_5;
/// Noise, at least: forecasts are rounded.
const NOISE_MIN: f64 = 0.008;
/// From this many standard deviations a leaf counts as stray, on the side with fewer of them.
const STRAY_DEVIATIONS: f64 = 4.5;
/// A leaf can always be stray.
const STRAY_MIN: f64 = 1e-10;
/// Leaves that the noise of one size is measured on, at least.
const BIN_LEAVES: usize = 150;
/// Share of the leaves that counts as the densest part.
const DENSEST: f64 = 0.4;
/// Width of the middle 40 % of a normal distribution, in standard deviations.
const DENSEST_WIDTH: f64 = 1.048_8;

pub(crate) struct Volumes {
    actual: Vec<f64>,
    expected: Vec<f64>,
    deviation: Vec<f64>,
    /// Standard deviation of the deviation; 0: the leaf says nothing.
    noise: Vec<f64>,
    /// Density of leaves that lie anywhere.
    stray: f64,
    lanes: Vec<Lanes>,
    /// The share by which everything changed, if it did.
    pub common: f64,
}

impl Volumes {
    pub fn new(actual: &[f64], expected: &[f64]) -> Volumes {
        let whole = Volumes::around(actual, expected, 0.0);
        // Everything moved: what else happened is measured against the moved level.
        let common = whole.common;
        if common == 0.0 { whole } else { Volumes::around(actual, expected, common) }
    }

    fn around(actual: &[f64], expected: &[f64], common: f64) -> Volumes {
        let expected: Vec<f64> = expected.iter().map(|e| e * (1.0 + common)).collect();
        let deviation: Vec<f64> = actual.iter().zip(&expected).map(|(a, e)| deviation(*a, *e)).collect();
        let Noise { by_leaf: noise, middle, stray } = noise(&expected, &deviation);
        let mut sorted: Vec<f64> = noise.iter().copied().filter(|n| *n > 0.0).collect();
        sorted.sort_by(f64::total_cmp);
        let typical = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
        let moved = middle.abs() > 0.05 && middle.abs() > 0.6 * typical && sorted.len() >= BIN_LEAVES;
        let share = if middle > 0.0 { middle / (1.0 - middle.min(0.99)) } else { middle };
        let common = if common == 0.0 && moved { share } else { common };
        let mut volumes =
            Volumes { actual: actual.to_vec(), expected, deviation, noise, stray, lanes: Vec::new(), common };
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
        let mut likelihoods: BTreeMap<u64, [Likelihood; LANES]> = BTreeMap::new();
        let row = |(noise, deviation): (&f64, &f64)| {
            if *noise <= 0.0 {
                return [0.0; LANES];
            }
            let make =
                || SHIFTS.map(|(to, spread)| Likelihood::new(*noise, self.stray, Shift { to, spread }));
            likelihoods.entry(noise.to_bits()).or_insert_with(make).map(|l| l.of(*deviation) as f32)
        };
        self.noise.iter().zip(&self.deviation).map(row).collect()
    }
}

/// The evidence of leaves with one noise for one shift, as a function of the deviation.
#[derive(Clone, Copy)]
struct Likelihood {
    to: f64,
    per_variance: f64,
    per_shifted: f64,
    log: f64,
    /// A leaf's evidence for the shift, at most.
    most: f64,
}

impl Likelihood {
    fn new(noise: f64, stray: f64, shift: Shift) -> Likelihood {
        let variance = noise * noise;
        // What is left of a leaf keeps its share of the noise.
        let left = noise * (1.0 - shift.to.abs()).max(0.15);
        let shifted = left * left + shift.spread * shift.spread;
        let log = 0.5 * libm::log(shifted / variance);
        // A shifted leaf's density is at most that of its own bell, a stray one's is always there.
        let most = libm::log(1.0 / stray / (SQRT_TAU * shifted.sqrt())).clamp(0.0, LEAF_EVIDENCE_MAX);
        Likelihood { to: shift.to, per_variance: 0.5 / variance, per_shifted: 0.5 / shifted, log, most }
    }

    fn of(&self, deviation: f64) -> f64 {
        let gap = deviation - self.to;
        let (square, gap) = (deviation * deviation, gap * gap);
        let evidence = square * self.per_variance - gap * self.per_shifted - self.log;
        // A leaf that is only more scattered than others, to either side, is not moved by that.
        let scattered = (square - gap) * self.per_shifted;
        evidence.min(scattered.max(0.0)).clamp(-self.most.max(LEAF_EVIDENCE_LEAST), self.most)
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
            .filter(|l| self.noise[*l] > 0.0)
            .map(|l| (self.deviation[l], self.noise[l]))
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
        let mut likelihoods: BTreeMap<u64, Likelihood> = BTreeMap::new();
        out.extend(self.noise.iter().zip(&self.deviation).map(|(noise, deviation)| {
            if *noise <= 0.0 {
                return 0.0;
            }
            let likelihood = likelihoods.entry(noise.to_bits());
            likelihood.or_insert_with(|| Likelihood::new(*noise, self.stray, shift)).of(*deviation) as f32
        }));
    }

    fn excess(&self, leaf: u32) -> (f64, f64, f64) {
        let leaf = leaf as usize;
        let before = self.expected[leaf] / (1.0 + self.common);
        let noise = self.noise[leaf] * self.expected[leaf];
        (self.actual[leaf] - before, noise * noise, before)
    }

    fn is_overdispersed(&self) -> bool {
        false
    }

    fn learn(&mut self, _there: &[bool]) -> bool {
        false
    }
}

fn deviation(actual: f64, expected: f64) -> f64 {
    let larger = actual.max(expected);
    if larger > 0.0 { (actual - expected) / larger } else { 0.0 }
}

/// What was measured of the window's noise.
struct Noise {
    /// Of every leaf; 0: it says nothing.
    by_leaf: Vec<f64>,
    /// The middle of all deviations.
    middle: f64,
    /// Density of the leaves that lie anywhere, by no bell shape.
    stray: f64,
}

/// Measures the noise by size of the forecast: the densest part of the deviations, or more where the side with
/// fewer far leaves shows longer tails. Causes mostly pull to one side.
fn noise(expected: &[f64], deviation: &[f64]) -> Noise {
    let mut order: Vec<u32> = (0..expected.len() as u32).filter(|l| expected[*l as usize] > 0.0).collect();
    order.sort_by(|a, b| expected[*a as usize].total_cmp(&expected[*b as usize]));
    let mut all: Vec<f64> = order.iter().map(|l| deviation[*l as usize]).collect();
    let (middle, _) = densest(&mut all);
    let bins = (order.len() / BIN_LEAVES).clamp(1, 24);
    let piece = |b: usize| &order[b * order.len() / bins..(b + 1) * order.len() / bins];
    let side = |b: usize, sign: f64| {
        let far = piece(b).iter().map(|l| sign * (deviation[*l as usize] - middle)).filter(|d| *d > 0.0);
        let mut far: Vec<f64> = far.collect();
        far.sort_by(f64::total_cmp);
        // Of a normal distribution's half, 0.8 lie below 1.28 and 0.95 below 1.96 standard deviations.
        let at = |share: f64| far.get((far.len() as f64 * share) as usize).copied().unwrap_or(0.0);
        (at(0.8) / 1.282).max((at(0.95) / 1.96).min(at(0.8) / 1.282 * 1.6))
    };
    let total = |sign: f64| (0..bins).map(|b| side(b, sign)).sum::<f64>();
    let clean = if total(1.0) <= total(-1.0) { 1.0 } else { -1.0 };
    let measured: Vec<f64> = (0..bins)
        .map(|b| {
            let mut values: Vec<f64> = piece(b).iter().map(|l| deviation[*l as usize]).collect();
            let core = densest(&mut values).1;
            // A few leaves have no tails to speak of.
            let tail = if piece(b).len() >= 60 { side(b, clean).min(3.0 * core.max(NOISE_MIN)) } else { 0.0 };
            core.max(tail).max(NOISE_MIN)
        })
        .collect();
    // A neighbour's measure steadies a bin's: the median of three.
    let steady = |b: usize| {
        let mut three = [measured[b.saturating_sub(1)], measured[b], measured[(b + 1).min(bins - 1)]];
        three.sort_by(f64::total_cmp);
        three[1]
    };
    let mut by_leaf = vec![0.0; expected.len()];
    let mut strays = [(0.0, 0.0); 2];
    for b in 0..bins {
        let sigma = steady(b);
        for leaf in piece(b).iter().map(|l| *l as usize) {
            by_leaf[leaf] = sigma;
            let far = (deviation[leaf] - middle) / sigma;
            if far.abs() > STRAY_DEVIATIONS {
                let side = &mut strays[usize::from(far > 0.0)];
                *side = (side.0 + 1.0, side.1 + (far.abs() - STRAY_DEVIATIONS) * sigma);
            }
        }
    }
    let (count, beyond) = if strays[0].0 <= strays[1].0 { strays[0] } else { strays[1] };
    // They thin out from where they begin: over about their mean distance from there.
    let width = if count > 0.0 { (beyond / count).clamp(0.05, 1.0) } else { 1.0 };
    let stray = count / order.len().max(1) as f64 / width;
    Noise { by_leaf, middle, stray: stray.clamp(STRAY_MIN, 1.0) }
}

/// Middle and standard deviation of the densest part.
fn densest(values: &mut [f64]) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    let wide = ((n as f64 * DENSEST) as usize).max(1);
    if n < 8 {
        let spread = values.iter().map(|v| v.abs()).fold(0.0, f64::max);
        return (0.0, spread);
    }
    let width = |i: usize| values[i + wide] - values[i];
    let best = (0..n - wide).min_by(|a, b| width(*a).total_cmp(&width(*b))).unwrap_or(0);
    // The part around 0 is preferred where it is about as dense: many leaves may share a fault.
    let zero = values.partition_point(|v| *v < 0.0).saturating_sub(wide / 2).min(n - wide - 1);
    let place = if width(zero) <= 2.0 * width(best) + NOISE_MIN { zero } else { best };
    let middle = values[place + wide / 2];
    (middle, width(if place == zero { zero } else { best }) / DENSEST_WIDTH)
}
