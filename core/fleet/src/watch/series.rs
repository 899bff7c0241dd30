//! One series: how often the payments of one issuer, acquirer, region ... fail in each way, and whether that has
//! risen: a binomial CUSUM with weights from the series' own rate of the last days.
//!
//! A CUSUM sums log-likelihood ratios of "the rate is three times its own" against "it is as usual", never below
//! zero. Payments of one moment fail together more often than chance says (a switch restarts): that is measured
//! and divided out. The threshold is no constant: it follows from the peaks of quiet days and from how many false
//! alarms are allowed. Never learns from a time that is itself under suspicion.

use super::CLASSES;

/// Payments that a series borrows from all others, as a guess of its rates.
const BORROWED: f64 = 100.0;
/// The rate that is looked for: so many times the usual one, and so much more.
const TIMES: f64 = 3.0;
const MORE: f64 = 0.05;

/// How often payments fail together beyond chance: correlation inside an interval.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Together {
    squares: f64,
    pairs: f64,
}

impl Default for Together {
    fn default() -> Together {
        // As if some intervals with a correlation of 0.002 had been seen.
        Together { squares: 20.0, pairs: 10_000.0 }
    }
}

impl Together {
    pub fn correlation(&self) -> f64 {
        (self.squares / self.pairs).clamp(0.0, 0.2)
    }

    fn learn(&mut self, n: f64, k: f64, rate: f64) {
        if n < 10.0 {
            return;
        }
        let gap = k - n * rate;
        let square = gap * gap / (n * rate * (1.0 - rate)).max(0.05);
        self.squares += square.min(25.0) - 1.0;
        self.pairs += n - 1.0;
    }

    /// Half of what was learnt a week ago counts.
    pub fn fade(&mut self, by: f64) {
        self.squares *= by;
        self.pairs *= by;
    }
}

/// Peaks of the sums in quiet times, in steps of half a nat: what the threshold is set from.
#[derive(Clone, Debug)]
pub struct Peaks {
    counts: [u32; 80],
}

impl Default for Peaks {
    fn default() -> Peaks {
        Peaks { counts: [0; 80] }
    }
}

impl Peaks {
    /// Notes one.
    pub fn note(&mut self, peak: f64) {
        let place = ((2.0 * peak) as usize).min(self.counts.len() - 1);
        self.counts[place] = self.counts[place].saturating_add(1);
    }

    /// The height that so many a day exceed, seen over so many days; the tail is continued as it falls.
    pub fn threshold(&self, days: f64, budget_per_day: f64) -> f64 {
        let beyond = |place: usize| self.counts[place..].iter().map(|c| f64::from(*c)).sum::<f64>();
        // The highest place with enough peaks beyond it to say how they fall.
        let Some(place) = (2..self.counts.len()).rev().find(|p| beyond(*p) >= 40.0) else {
            return THRESHOLD_MIN;
        };
        let from = place as f64 / 2.0;
        let all = beyond(place);
        let mean = (place..self.counts.len())
            .map(|p| f64::from(self.counts[p]) * ((p - place) as f64 / 2.0 + 0.25))
            .sum::<f64>()
            / all;
        let wanted = (budget_per_day * days).max(1e-6);
        (from + mean * libm::log(all / wanted).max(0.0)).max(THRESHOLD_MIN)
    }

    pub(crate) fn fade(&mut self) {
        self.counts.iter_mut().for_each(|c| *c -= *c / 4);
    }
}

/// No threshold lies below: a sum of this is one in a thousand by Wald's bound.
pub const THRESHOLD_MIN: f64 = 7.0;

/// One series.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    /// Payments, and those of each class, faded over a week.
    n: f64,
    k: [f64; CLASSES],
    /// Weights of a failure and of any payment, and the count that they were worked out at.
    weights: [(f32, f32); CLASSES],
    rates: [f64; CLASSES],
    weighed_at: f64,
    sum: [f32; CLASSES],
    peak: [f32; CLASSES],
    /// When the sum last left zero.
    since: [i64; CLASSES],
    /// Of the interval at hand.
    pub now: (u32, [u32; CLASSES]),
}

impl Series {
    pub fn rate(&self, class: usize, of_all: f64) -> f64 {
        ((self.k[class] + BORROWED * of_all) / (self.n + BORROWED)).clamp(1e-5, 0.6)
    }

    pub fn payments(&self) -> f64 {
        self.n
    }

    pub fn sum(&self, class: usize) -> f64 {
        f64::from(self.sum[class])
    }

    pub fn since(&self, class: usize) -> i64 {
        self.since[class]
    }

    pub fn quieten(&mut self, class: usize) {
        (self.sum[class], self.peak[class]) = (0.0, 0.0);
    }

    pub fn fade(&mut self, by: f64) {
        self.n *= by;
        self.k.iter_mut().for_each(|k| *k *= by);
        self.weighed_at = 0.0;
    }

    fn weigh(&mut self, of_all: &[f64; CLASSES]) {
        for (class, &of_all) in of_all.iter().enumerate() {
            let usual = self.rate(class, of_all);
            let risen = (TIMES * usual).max(usual + MORE).min(0.95);
            let good = libm::log1p(-risen) - libm::log1p(-usual);
            self.rates[class] = usual;
            self.weights[class] = ((libm::log(risen / usual) - good) as f32, good as f32);
        }
        self.weighed_at = self.n.max(1.0);
    }

    /// Closes the interval at hand; tells the classes whose sum is above the threshold, by a bit each.
    pub fn close(
        &mut self,
        at: i64,
        of_all: &[f64; CLASSES],
        together: &mut [Together; CLASSES],
        peaks: &mut [Peaks; CLASSES],
        thresholds: &[f64; CLASSES],
    ) -> u8 {
        if self.n > 1.25 * self.weighed_at || self.weighed_at == 0.0 {
            self.weigh(of_all);
        }
        let (n, k) = std::mem::take(&mut self.now);
        let mut alarms = 0;
        let mut suspected = false;
        for class in 0..CLASSES {
            if k[class] == 0 && self.sum[class] <= 0.0 {
                continue;
            }
            let (failure, any) = self.weights[class];
            let correlation = together[class].correlation() as f32;
            let more = (k[class] as f32 * failure + n as f32 * any)
                / (1.0 + (n as f32 - 1.0).max(0.0) * correlation);
            if self.sum[class] <= 0.0 {
                self.since[class] = at;
            }
            let sum = self.sum[class] + more;
            if sum <= 0.0 {
                if self.peak[class] > 0.0 {
                    peaks[class].note(f64::from(self.peak[class]));
                }
                self.quieten(class);
                continue;
            }
            self.sum[class] = sum;
            self.peak[class] = self.peak[class].max(sum);
            if f64::from(sum) >= thresholds[class] {
                alarms |= 1 << class;
            }
            suspected |= f64::from(sum) >= thresholds[class] / 2.0;
        }
        if !suspected {
            for class in 0..CLASSES {
                together[class].learn(f64::from(n), f64::from(k[class]), self.rates[class]);
                self.k[class] += f64::from(k[class]);
            }
            self.n += f64::from(n);
        }
        alarms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_continues_the_tail_of_the_peaks() {
        let mut peaks = Peaks::default();
        // Peaks that fall by e for each nat, 10,000 in ten days.
        for i in 0..10_000 {
            peaks.note(-libm::log((f64::from(i) + 0.5) / 10_000.0));
        }
        let one_a_day = peaks.threshold(10.0, 1.0);
        assert!((one_a_day - libm::log(1_000.0)).abs() < 0.8 || one_a_day == THRESHOLD_MIN, "{one_a_day}");
        let rarely = peaks.threshold(10.0, 0.001);
        assert!((rarely - libm::log(1e6)).abs() < 1.5, "{rarely}");
        assert_eq!(Peaks::default().threshold(10.0, 1.0), THRESHOLD_MIN);
    }

    #[test]
    fn a_risen_rate_raises_the_sum_and_the_usual_one_does_not() {
        let mut series = Series::default();
        let (mut together, mut peaks) = (<[Together; CLASSES]>::default(), <[Peaks; CLASSES]>::default());
        let of_all = [0.02; CLASSES];
        let mut run = |series: &mut Series, intervals: i64, every: i64| {
            (0..intervals).any(|i| {
                series.now = (10, [u32::from(i % every == 0); CLASSES]);
                series.close(i, &of_all, &mut together, &mut peaks, &[12.0; CLASSES]) != 0
            })
        };
        assert!(!run(&mut series, 20_000, 5), "one of fifty fails, as usual");
        assert!(run(&mut series, 60, 1), "one of ten fails");
    }
}
