//! Noise: how far volumes lie from their forecast where nothing happened, measured in the window itself.
//!
//! Three things are measured, each so that leaves with a fault hardly count: how wide the deviations are, by size
//! of the forecast, from their densest part; whether the forecast wandered around the values or the values around
//! the forecast (of a forecast that is off by a tenth, half a volume is as unlikely as a double one); and how
//! heavy the tails are, on the side with fewer far leaves: causes mostly pull to one side.

/// Noise, at least: forecasts are rounded.
const NOISE_MIN: f64 = 0.008;
/// A leaf can always lie anywhere: ln of that density.
const STRAY_LOG: f64 = -21.0;
/// Leaves that the noise of one size is measured on, at least.
const BIN_LEAVES: usize = 150;
/// Share of the leaves that counts as the densest part.
const DENSEST: f64 = 0.4;
/// Width of the middle 40 % of a normal distribution, in standard deviations.
const DENSEST_WIDTH: f64 = 1.048_8;
/// Leaves of a cell from which on it can be told whether it moved.
const QUIET_LEAVES: usize = 40;
/// Nats more where tails are heavy.
const HEAVY_CAUTION: f64 = 2.5;
/// Leaves from which on their tails may be taken for those of a normal distribution.
const NORMAL_LEAVES: f64 = 600.0;
/// All volume gone is a point where a value wandered below nothing: as dense as over this width.
const GONE_WIDTH: f64 = 0.05;

/// What the noise sits on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    Forecast,
    Value,
    /// Can't be told.
    Either,
}

/// A tail by its degrees of freedom (Student's t): in units of a normal distribution with the same middle 40 %.
struct Tail {
    freedom: f64,
    /// Units of the t distribution in one standard deviation of that normal one.
    scale: f64,
    log_height: f64,
    /// ln of the share that lies in 1.5 to 3, 3 to 6, 6 to 12, 12 to 25 and beyond, of all beyond 1.5.
    logs: [f64; 5],
}

const fn tail(freedom: f64, scale: f64, log_height: f64, logs: [f64; 5]) -> Tail {
    Tail { freedom, scale, log_height, logs }
}

/// Integrated numerically.
const TAILS: [Tail; 10] = [
    tail(f64::INFINITY, 1.0, -0.9189, [-0.020, -3.902, -18.031, -40.0, -40.0]),
    tail(30.0, 1.0107, -0.9166, [-0.036, -3.338, -11.696, -26.515, -40.0]),
    tail(15.0, 1.0216, -0.9142, [-0.055, -2.926, -8.935, -17.630, -28.128]),
    tail(9.0, 1.0364, -0.9109, [-0.085, -2.524, -6.905, -12.516, -18.943]),
    tail(6.0, 1.0553, -0.9066, [-0.126, -2.175, -5.444, -9.325, -13.642]),
    tail(4.5, 1.0746, -0.9021, [-0.169, -1.934, -4.537, -7.498, -10.722]),
    tail(3.5, 1.0971, -0.8968, [-0.221, -1.743, -3.852, -6.176, -8.641]),
    tail(2.8, 1.1231, -0.8904, [-0.280, -1.598, -3.335, -5.202, -7.105]),
    tail(2.2, 1.1596, -0.8813, [-0.359, -1.474, -2.873, -4.340, -5.724]),
    tail(1.7, 1.2115, -0.8677, [-0.464, -1.385, -2.488, -3.617, -4.521]),
];

/// What was measured.
pub(crate) struct Noise {
    /// Standard deviation of every leaf's deviation, by the middle of their distribution; 0: it says nothing.
    pub by_leaf: Vec<f64>,
    /// The middle of all deviations.
    pub middle: f64,
    on: On,
    tail: &'static Tail,
}

impl Noise {
    /// Measures; a leaf of which nothing was expected says nothing.
    pub fn of(expected: &[f64], deviation: &[f64], codes: &[Vec<u32>]) -> Noise {
        let mut order: Vec<u32> =
            (0..expected.len() as u32).filter(|l| expected[*l as usize] > 0.0).collect();
        // Large values of which next to nothing was forecast belong to the large ones.
        let size = |l: u32| expected[l as usize] / (1.0 - deviation[l as usize]).clamp(1e-6, 1.0);
        order.sort_by(|a, b| size(*a).total_cmp(&size(*b)));
        let mut all: Vec<f64> = order.iter().map(|l| deviation[*l as usize]).collect();
        let (middle, _) = densest(&mut all);
        let bins = (order.len() / BIN_LEAVES).clamp(1, 24);
        let piece = |b: usize| &order[b * order.len() / bins..(b + 1) * order.len() / bins];
        let measured: Vec<f64> = (0..bins)
            .map(|b| {
                let mut values: Vec<f64> = piece(b).iter().map(|l| deviation[*l as usize]).collect();
                densest(&mut values).1.max(NOISE_MIN)
            })
            .collect();
        // A neighbour's measure steadies a bin's: the median of three.
        let steady = |b: usize| {
            let mut three = [measured[b.saturating_sub(1)], measured[b], measured[(b + 1).min(bins - 1)]];
            three.sort_by(f64::total_cmp);
            three[1]
        };
        let mut by_leaf = vec![0.0; expected.len()];
        for b in 0..bins {
            let sigma = steady(b);
            piece(b).iter().for_each(|l| by_leaf[*l as usize] = sigma);
        }
        let mut noise = Noise { by_leaf, middle, on: On::Either, tail: &TAILS[0] };
        let quiet = noise.quiet(&order, deviation, codes);
        noise.on = noise.sits_on(&quiet, deviation);
        noise.tail = noise.tail_of(&quiet, deviation);
        noise
    }

    /// What a finding needs beyond its score where tails are heavy: how heavy they are is itself a guess.
    pub fn caution(&self) -> f64 {
        if self.tail.freedom < 12.0 { HEAVY_CAUTION } else { 0.0 }
    }

    /// ln of how dense deviations lie here where nothing happened.
    pub fn log_density(&self, deviation: f64, noise: f64) -> f64 {
        if noise <= 0.0 {
            return 0.0;
        }
        let (z, log_stretch) = self.straight(deviation);
        let z = z / noise * self.tail.scale;
        let log_shape = match self.tail.freedom.is_finite() {
            true => -0.5 * (self.tail.freedom + 1.0) * libm::log1p(z * z / self.tail.freedom),
            false => -0.5 * z * z,
        };
        let log = self.tail.log_height + log_shape - libm::log(noise) + log_stretch;
        if self.on == On::Value && deviation <= -0.999 {
            // All that wandered below nothing is here.
            let beyond = (1.0 / z.abs() + z.abs() / self.tail.freedom) / self.tail.scale * noise;
            return log.max(log + libm::log(beyond / GONE_WIDTH)).max(STRAY_LOG);
        }
        log.max(STRAY_LOG)
    }

    /// The deviation as a share of what the noise sits on, and ln of how much that stretches it.
    fn straight(&self, deviation: f64) -> (f64, f64) {
        let left = 1.0 - deviation.abs().min(0.999);
        let bent = match self.on {
            On::Forecast => deviation < 0.0,
            On::Value => deviation > 0.0,
            On::Either => false,
        };
        if bent { (deviation / left, -2.0 * libm::log(left)) } else { (deviation, 0.0) }
    }

    /// The leaves outside of the values, and pairs of two dimensions' values, that moved as a whole.
    fn quiet(&self, order: &[u32], deviation: &[f64], codes: &[Vec<u32>]) -> Vec<u32> {
        let clamped = |l: usize| ((deviation[l] - self.middle) / self.by_leaf[l]).clamp(-2.5, 2.5);
        let z: Vec<(u32, f64)> = order.iter().map(|l| (*l, clamped(*l as usize))).collect();
        let mut is_quiet = vec![true; deviation.len()];
        let values: Vec<usize> =
            codes.iter().map(|c| c.iter().copied().max().map_or(0, |m| m as usize + 1)).collect();
        let mut sums: Vec<(f64, f64)> = Vec::new();
        for (a, b) in (0..codes.len()).flat_map(|a| (a..codes.len()).map(move |b| (a, b))) {
            let cells = if a == b { values[a] } else { values[a] * values[b] };
            if cells == 0 || cells * QUIET_LEAVES > 4 * z.len() {
                continue; // too few leaves in a cell to say so, and none of them weighs much
            }
            let cell = |l: usize| match a == b {
                true => codes[a][l] as usize,
                false => codes[a][l] as usize * values[b] + codes[b][l] as usize,
            };
            sums.clear();
            sums.resize(cells, (0.0, 0.0));
            for (leaf, z) in &z {
                let sum = &mut sums[cell(*leaf as usize)];
                *sum = (sum.0 + z, sum.1 + 1.0);
            }
            // A fault along another dimension moves all cells of this one alike.
            let mut means: Vec<f64> = sums.iter().filter(|s| s.1 > 0.0).map(|(sum, n)| sum / n).collect();
            let usual = median(&mut means).unwrap_or(0.0);
            let moved = |(sum, n): &(f64, f64)| {
                let beyond = (sum - usual * n).abs();
                beyond > 0.25 * n && beyond > 5.0 * n.sqrt()
            };
            if sums.iter().any(moved) {
                z.iter()
                    .map(|(l, _)| *l as usize)
                    .filter(|l| moved(&sums[cell(*l)]))
                    .for_each(|l| is_quiet[l] = false);
            }
        }
        let quiet: Vec<u32> = order.iter().copied().filter(|l| is_quiet[*l as usize]).collect();
        // Where everything moved there is nothing better than all.
        if quiet.len() * 3 > order.len() { quiet } else { order.to_vec() }
    }

    /// On which side of the middle deviations are pressed together: a value that is off by a tenth lies less
    /// than a tenth of itself above its forecast.
    fn sits_on(&self, order: &[u32], deviation: &[f64]) -> On {
        let deviations = order.iter().map(|l| *l as usize).filter(|l| self.by_leaf[*l] > 0.0);
        let mut z: Vec<f64> = deviations.map(|l| deviation[l] / self.by_leaf[l]).collect();
        if z.is_empty() {
            return On::Either;
        }
        let mut at = |share: f64| {
            let place = (z.len() as f64 * share) as usize;
            *z.select_nth_unstable_by(place, f64::total_cmp).1
        };
        let longer_above = at(0.9) - 2.0 * at(0.5) + at(0.1);
        // The standard deviation of that by chance, of a normal distribution.
        let by_chance = 2.6 / (z.len() as f64).sqrt();
        if longer_above.abs() <= 2.0 * by_chance {
            On::Either
        } else if longer_above < 0.0 {
            On::Value
        } else {
            On::Forecast
        }
    }

    /// The likeliest tail of the side with the lighter one.
    fn tail_of(&self, order: &[u32], deviation: &[f64]) -> &'static Tail {
        let mut sides = [[0.0_f64; 5]; 2];
        for leaf in order.iter().map(|l| *l as usize).filter(|l| self.by_leaf[*l] > 0.0) {
            let z = self.straight(deviation[leaf]).0 / self.by_leaf[leaf];
            if z.abs() >= 1.5 {
                let at = [3.0, 6.0, 12.0, 25.0].iter().filter(|from| z.abs() >= **from).count();
                sides[usize::from(z > 0.0)][at] += 1.0;
            }
        }
        let mut widths: Vec<f64> = order.iter().map(|l| self.by_leaf[*l as usize]).collect();
        let typical = median(&mut widths).unwrap_or(1.0);
        let place = |above: bool| {
            let bounded = self.on == On::Either || above == (self.on == On::Forecast);
            fit(sides[usize::from(above)], bounded.then(|| 1.0 / typical.max(NOISE_MIN)), order.len())
        };
        &TAILS[place(false).min(place(true))]
    }
}

/// The place of the tail that fits how many leaves lie how far, of those that fit about as well the heaviest;
/// but a normal one where it does. Nothing lies beyond the bound.
fn fit(mut counts: [f64; 5], bound: Option<f64>, leaves: usize) -> usize {
    // What can't be reached can't be told apart from what lies before it.
    let joined = [6.0, 12.0, 25.0].iter().filter(|to| bound.is_some_and(|b| b < 1.5 * **to)).count();
    let join = |parts: &mut [f64; 5]| {
        (5 - joined..5).rev().for_each(|at| parts[at - 1] += std::mem::take(&mut parts[at]));
    };
    join(&mut counts);
    let likely = |tail: &Tail| {
        // The width itself is known from few leaves only: as if the tails were as heavy.
        let least = if tail.freedom.is_finite() { 10.0 * tail.freedom } else { NORMAL_LEAVES };
        if (leaves as f64) < least {
            return f64::NEG_INFINITY;
        }
        let mut shares = tail.logs.map(libm::exp);
        join(&mut shares);
        counts.iter().zip(shares).map(|(n, s)| n * libm::log(s.max(1e-17))).sum()
    };
    let logs = TAILS.each_ref().map(likely);
    let best = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let well = |log: &f64| *log >= best - 2.0 && log.is_finite();
    if well(&logs[0]) { 0 } else { logs.iter().rposition(well).unwrap_or(TAILS.len() - 1) }
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

fn median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f64::total_cmp).1)
}
