//! Windows with a known truth, made by our own rules: volumes in the style of the published descriptions (ripple
//! effect, forecast noise, several causes), and a stream of payments. Sizes and seeds are ours; no published set
//! was looked at.

#![allow(dead_code)] // each test uses a part

use std::collections::{BTreeMap, BTreeSet};
use tg_fleet::{Location, Window};

/// A small deterministic generator.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// 0 up to 1.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.share()
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub fn normal(&mut self) -> f64 {
        let u = self.share().max(1e-300);
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * self.share()).cos()
    }

    /// Student's t with three degrees of freedom, scaled to about the same middle as a normal one.
    pub fn heavy(&mut self) -> f64 {
        let square = |d: &mut Dice| d.normal().powi(2);
        let chi = square(self) + square(self) + square(self);
        self.normal() / (chi / 3.0).max(1e-6).sqrt()
    }

    /// How many happen where `mean` are expected.
    pub fn poisson(&mut self, mean: f64) -> u32 {
        let (mut n, mut left) = (0, mean);
        loop {
            left += self.share().max(1e-300).ln();
            if left < 0.0 {
                return n;
            }
            n += 1;
        }
    }

    /// How many of `n` happen.
    pub fn binomial(&mut self, n: u32, p: f64) -> u32 {
        (0..n).filter(|_| self.share() < p).count() as u32
    }

    /// Weighted choice over sums of weights.
    pub fn pick(&mut self, sums: &[f64]) -> usize {
        let at = self.share() * sums[sums.len() - 1];
        sums.partition_point(|s| *s <= at).min(sums.len() - 1)
    }
}

/// Dimension and value, for each dimension that the cause names.
pub type Cause = BTreeMap<usize, usize>;

/// A window and what is wrong in it.
pub struct Case {
    pub window: Window,
    pub truth: BTreeSet<Cause>,
}

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

fn holds(cause: &Cause, leaf: &[usize]) -> bool {
    cause.iter().all(|(d, v)| leaf[*d] == *v)
}

fn nested(a: &Cause, b: &Cause) -> bool {
    let within = |x: &Cause, y: &Cause| x.iter().all(|(d, v)| y.get(d) == Some(v));
    within(a, b) || within(b, a)
}

fn cause_of(dice: &mut Dice, sizes: &[usize], dimensions: &[usize]) -> Cause {
    dimensions.iter().map(|d| (*d, dice.below(sizes[*d]))).collect()
}

fn some_dimensions(dice: &mut Dice, of: usize, depth: usize) -> Vec<usize> {
    let mut all: Vec<usize> = (0..of).collect();
    while all.len() > depth {
        let i = dice.below(all.len());
        all.remove(i);
    }
    all
}

/// How a volume window is made.
#[derive(Clone)]
pub struct Volumes {
    pub sizes: &'static [usize],
    /// Number of causes, from and to.
    pub causes: (usize, usize),
    /// Depth of a cause, from and to.
    pub depth: (usize, usize),
    /// All causes in one cuboid with one shift (as Squeeze describes its sets), or each of its own.
    pub alike: bool,
    pub severity: (f64, f64),
    /// How much the leaves of one cause differ, up to.
    pub spread: f64,
    /// Relative noise, from and to.
    pub noise: (f64, f64),
    /// What the noise sits on.
    pub noise_on: NoiseOn,
    /// Values of one cause in the same dimensions that share its shift, up to.
    pub siblings: usize,
    /// Share of leaves without volume, up to.
    pub zeros: f64,
    /// Some causes go up.
    pub up: bool,
    /// What kind of numbers.
    pub kind: Kind,
}

/// What the noise sits on.
#[derive(Clone, Copy, PartialEq)]
pub enum NoiseOn {
    /// The forecast missed the usual value: of a moved leaf too.
    Forecast,
    /// The value wanders around a true forecast, and what a cause leaves of it wanders with it.
    Value,
    /// The same, but a moved leaf wanders as far as a whole one.
    Sum,
}

/// What kind of numbers a leaf holds.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// Amounts with bell-shaped noise.
    Plain,
    /// Amounts whose noise has heavy tails (Student's t with three degrees of freedom).
    HeavyTails,
    /// Whole numbers that are drawn (Poisson), 6 on average.
    Counts,
}

/// One cuboid, one shift, hardly any noise.
pub const ALIKE: Volumes = Volumes {
    sizes: &[7, 13, 9, 24],
    causes: (1, 3),
    depth: (1, 3),
    alike: true,
    severity: (0.2, 1.0),
    spread: 0.02,
    noise: (0.002, 0.02),
    zeros: 0.1,
    up: true,
    kind: Kind::Plain,
    noise_on: NoiseOn::Forecast,
    siblings: 1,
};

/// Causes of all depths with their own shifts, and noise.
pub const MIXED: Volumes = Volumes {
    sizes: &[9, 11, 8, 7, 6],
    causes: (1, 4),
    depth: (1, 3),
    alike: false,
    severity: (0.25, 1.0),
    spread: 0.1,
    noise: (0.0, 0.2),
    zeros: 0.2,
    up: false,
    kind: Kind::Plain,
    noise_on: NoiseOn::Forecast,
    siblings: 1,
};

/// Single leaves.
pub const LEAVES: Volumes = Volumes {
    sizes: &[11, 20, 9, 14],
    causes: (1, 5),
    depth: (4, 4),
    alike: false,
    severity: (0.25, 1.0),
    spread: 0.1,
    noise: (0.0, 0.1),
    zeros: 0.1,
    up: false,
    kind: Kind::Plain,
    noise_on: NoiseOn::Forecast,
    siblings: 1,
};

pub fn volumes(rule: &Volumes, seed: u64, with_causes: bool) -> Case {
    let mut dice = Dice::new(seed);
    let n = rule.sizes.len();
    let (mut truth, mut shifts): (Vec<Cause>, Vec<f64>) = (Vec::new(), Vec::new());
    if with_causes {
        let wanted = rule.causes.0 + dice.below(rule.causes.1 - rule.causes.0 + 1);
        let depth = |dice: &mut Dice| rule.depth.0 + dice.below(rule.depth.1 - rule.depth.0 + 1);
        let d = depth(&mut dice);
        let shared = some_dimensions(&mut dice, n, d);
        let severity = |dice: &mut Dice| {
            let s = dice.between(rule.severity.0, rule.severity.1);
            if rule.up && dice.share() < 0.4 { -s } else { s }
        };
        let one = severity(&mut dice);
        for _ in 0..100 {
            let d = depth(&mut dice);
            let dimensions = if rule.alike { shared.clone() } else { some_dimensions(&mut dice, n, d) };
            let shift = if rule.alike { one } else { severity(&mut dice) };
            for _ in 0..1 + dice.below(rule.siblings) {
                let cause = cause_of(&mut dice, rule.sizes, &dimensions);
                if truth.iter().all(|t| !nested(t, &cause)) {
                    truth.push(cause);
                    shifts.push(shift);
                }
            }
            if truth.len() >= wanted {
                break;
            }
        }
    }
    let noise = dice.between(rule.noise.0, rule.noise.1);
    let spread = dice.between(0.0, rule.spread);
    let zeros = dice.between(0.0, rule.zeros);
    let shape = dice.between(0.5, 1.0);
    let mut window = Window::of_volumes(&NAMES[..n]);
    // Where nothing was usual nothing is lost: that is no cause.
    let mut lost = vec![0.0; truth.len()];
    let mut leaf = vec![0; n];
    loop {
        let empty = dice.share() < zeros;
        let size = if rule.kind == Kind::Counts { 6.0 } else { 100.0 };
        let weibull = size * (-dice.share().max(1e-12).ln()).powf(1.0 / shape);
        let usual = if empty { 0.0 } else { weibull };
        let error = if rule.kind == Kind::HeavyTails { dice.heavy() } else { dice.normal() };
        let wander = noise * error;
        let (expected, mut actual) = match rule.noise_on {
            NoiseOn::Forecast => ((usual * (1.0 + wander)).max(0.0), usual),
            NoiseOn::Value => (usual, (usual * (1.0 + wander)).max(0.0)),
            NoiseOn::Sum => (usual, usual),
        };
        if let Some(i) = truth.iter().position(|t| holds(t, &leaf)) {
            lost[i] += usual;
            actual = (actual * (1.0 - shifts[i] - spread * dice.normal())).max(0.0);
        }
        if rule.noise_on == NoiseOn::Sum {
            actual = (actual + usual * wander).max(0.0);
        }
        if rule.kind == Kind::Counts {
            actual = f64::from(dice.poisson(actual));
        }
        let values: Vec<String> = leaf.iter().map(|v| format!("v{v}")).collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        window.push(&values, &[actual, expected]).expect("a good leaf");
        let Some(d) = (0..n).rev().find(|d| leaf[*d] + 1 < rule.sizes[*d]) else { break };
        leaf[d] += 1;
        leaf[d + 1..].fill(0);
    }
    let truth = truth.into_iter().zip(lost).filter(|(_, lost)| *lost > 0.0);
    Case { window, truth: truth.map(|(t, _)| t).collect() }
}

/// How a window of payments is made.
pub struct Payments {
    pub transactions: usize,
    /// Correlation inside a leaf: how much rates wander beyond chance.
    pub wander: f64,
    pub with_rate: bool,
}

/// Issuers, acquirers, regions, models, operators, entry modes: other numbers than the notes' generator.
const PAYMENT_SIZES: [usize; 6] = [26, 5, 24, 9, 3, 4];

pub fn payments(rule: &Payments, seed: u64, with_causes: bool) -> Case {
    let mut dice = Dice::new(seed ^ 0x00C0_FFEE);
    let popular: Vec<Vec<f64>> = PAYMENT_SIZES
        .iter()
        .map(|n| {
            let mut sum = 0.0;
            (1..=*n)
                .map(|i| {
                    sum += 1.0 / (i as f64).powf(0.7);
                    sum
                })
                .collect()
        })
        .collect();
    let mut leaves: BTreeMap<Vec<usize>, u32> = BTreeMap::new();
    for _ in 0..rule.transactions {
        *leaves.entry(popular.iter().map(|p| dice.pick(p)).collect()).or_default() += 1;
    }
    // Rates differ by issuer, entry mode and model; without an expected rate they can't.
    let own: Vec<f64> =
        (0..26).map(|_| if rule.with_rate { (0.4 * dice.normal()).exp() } else { 1.0 }).collect();
    let mode = if rule.with_rate { [1.0, 0.6, 1.8, 1.2] } else { [1.0; 4] };
    // Slow wandering: each issuer × region redraws its rate.
    let wander: Vec<f64> =
        (0..26 * 24).map(|_| (1.0 + (rule.wander * 12.0).sqrt() * dice.normal()).max(0.1)).collect();
    let mut truth: Vec<(Cause, f64)> = Vec::new();
    if with_causes {
        let wanted = 1 + dice.below(2);
        for _ in 0..1_000 {
            let depth = 1 + dice.below(3);
            let dimensions = some_dimensions(&mut dice, 6, depth);
            let cause = cause_of(&mut dice, &PAYMENT_SIZES, &dimensions);
            let strength = [0.3, 0.6, 0.95][dice.below(3)];
            let of: u32 = leaves.iter().filter(|(l, _)| holds(&cause, l)).map(|(_, n)| n).sum();
            let share = f64::from(of) / rule.transactions as f64;
            let seen = f64::from(of) * strength >= 25.0 && share < 0.3;
            if seen && truth.iter().all(|(t, _)| !nested(t, &cause)) {
                truth.push((cause, strength));
            }
            if truth.len() == wanted {
                break;
            }
        }
    }
    let mut window = Window::of_ratios(&NAMES, rule.with_rate);
    for (leaf, n) in &leaves {
        let usual = (0.07 * own[leaf[0]] * mode[leaf[5]]).min(0.6);
        let mut rate = (usual * wander[leaf[0] * 24 + leaf[2]]).min(0.9);
        for (_, strength) in truth.iter().filter(|(t, _)| holds(t, leaf)) {
            rate += (1.0 - rate) * strength;
        }
        let failures = f64::from(dice.binomial(*n, rate));
        let values: Vec<String> = leaf.iter().map(|v| format!("v{v}")).collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let numbers = [failures, f64::from(*n), usual];
        window.push(&values, &numbers[..if rule.with_rate { 3 } else { 2 }]).expect("a good leaf");
    }
    Case { window, truth: truth.into_iter().map(|(t, _)| t).collect() }
}

/// How a window of real-looking ratios is made: few and large leaves beside many small ones, rates that wander by
/// leaf and by value, causes that add a share of failures.
pub struct Wandering {
    /// How far a leaf's rate wanders (standard deviation of its logarithm).
    pub leaf: f64,
    /// How far the rates of one value of a dimension wander together.
    pub value: f64,
    pub with_rate: bool,
    /// Transactions of a leaf, in the middle.
    pub size: f64,
}

const WANDERING_SIZES: [usize; 5] = [6, 28, 11, 9, 4];

pub fn wandering(rule: &Wandering, seed: u64, with_causes: bool) -> Case {
    let mut dice = Dice::new(seed ^ 0xABCD);
    let sizes = WANDERING_SIZES;
    let weights: Vec<Vec<f64>> =
        sizes.iter().map(|n| (0..*n).map(|_| (0.8 * dice.normal()).exp()).collect()).collect();
    let drift: Vec<Vec<f64>> =
        sizes.iter().map(|n| (0..*n).map(|_| (rule.value * dice.normal()).exp()).collect()).collect();
    let usual: Vec<f64> = (0..sizes[1]).map(|_| (0.5 * dice.normal()).exp()).collect();
    let base = dice.between(0.005, 0.08);
    let mut leaves = Vec::new();
    let mut all = 0.0;
    for index in 0..sizes.iter().product::<usize>() {
        if dice.share() > 0.2 {
            continue;
        }
        let mut rest = index;
        let leaf: Vec<usize> = sizes
            .iter()
            .map(|n| {
                let v = rest % n;
                rest /= n;
                v
            })
            .collect();
        let weight: f64 = leaf.iter().zip(&weights).map(|(v, w)| w[*v]).product();
        let n = (rule.size * weight * (0.7 * dice.normal()).exp()).round().clamp(1.0, 50_000.0);
        all += n;
        leaves.push((leaf, n));
    }
    let mut truth: Vec<(Cause, f64)> = Vec::new();
    if with_causes {
        let wanted = 1 + dice.below(3);
        for _ in 0..2_000 {
            let depth = 1 + dice.below(3);
            let dimensions = some_dimensions(&mut dice, 5, depth);
            let cause = cause_of(&mut dice, &sizes, &dimensions);
            let strength = dice.between(0.05, 0.6);
            let of: f64 = leaves.iter().filter(|(l, _)| holds(&cause, l)).map(|(_, n)| n).sum();
            let seen = of * strength >= 0.002 * all && of < 0.3 * all;
            if seen && truth.iter().all(|(t, _)| !nested(t, &cause)) {
                truth.push((cause, strength));
            }
            if truth.len() == wanted {
                break;
            }
        }
    }
    let mut window = Window::of_ratios(&NAMES[..5], rule.with_rate);
    for (leaf, n) in &leaves {
        let own = base * if rule.with_rate { usual[leaf[1]] } else { 1.0 };
        let expected = own.min(0.5);
        let together: f64 = leaf.iter().zip(&drift).map(|(v, d)| d[*v]).product();
        let mut rate = (own * together * (rule.leaf * dice.normal()).exp()).min(0.7);
        for (_, strength) in truth.iter().filter(|(t, _)| holds(t, leaf)) {
            rate += (1.0 - rate) * strength;
        }
        let failures = f64::from(dice.binomial(*n as u32, rate));
        let values: Vec<String> = leaf.iter().map(|v| format!("v{v}")).collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let numbers = [failures, *n, expected];
        window.push(&values, &numbers[..if rule.with_rate { 3 } else { 2 }]).expect("a good leaf");
    }
    Case { window, truth: truth.into_iter().map(|(t, _)| t).collect() }
}

/// What was found, in the truth's form.
pub fn named(location: &Location) -> BTreeSet<Cause> {
    let cause = |element: &tg_fleet::Element| {
        element
            .place
            .iter()
            .map(|(d, v)| {
                let dimension = NAMES.iter().position(|n| n == d).expect("a dimension");
                (dimension, v[1..].parse().expect("a value"))
            })
            .collect()
    };
    location.elements.iter().map(cause).collect()
}

/// Counts over cases: right, wrong, missed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub right: usize,
    pub wrong: usize,
    pub missed: usize,
    pub exact: usize,
    pub cases: usize,
}

impl Tally {
    pub fn add(&mut self, truth: &BTreeSet<Cause>, found: &BTreeSet<Cause>) {
        self.right += truth.intersection(found).count();
        self.wrong += found.difference(truth).count();
        self.missed += truth.difference(found).count();
        self.exact += usize::from(truth == found);
        self.cases += 1;
    }

    /// F1 over all elements of all cases.
    pub fn f1(&self) -> f64 {
        2.0 * self.right as f64 / (2 * self.right + self.wrong + self.missed).max(1) as f64
    }
}
