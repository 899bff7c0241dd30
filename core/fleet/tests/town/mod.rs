//! A fleet of terminals over days with outages of known place and time: sizes, hours, base rates and their
//! wandering are ours.

#![allow(dead_code)] // each user uses a part

use crate::generator::Dice;
use tg_fleet::{Class, DIMENSIONS, Profile, Watch};

pub const MINUTE_US: i64 = 60_000_000;
pub const DAY_US: i64 = 1_440 * MINUTE_US;
/// 2026-01-05, a Monday.
pub const START_US: i64 = 20_458 * DAY_US;

const SIZES: [usize; 6] = [60, 8, 4, 31, 12, 5];

/// What goes wrong.
#[derive(Clone, Debug)]
pub struct Incident {
    pub place: Vec<(usize, usize)>,
    pub class: Class,
    pub share: f64,
    pub from_us: i64,
    pub to_us: i64,
}

pub struct Town {
    dice: Dice,
    /// Values of the five dimensions of each terminal, and its weight as running sums.
    terminals: Vec<[usize; 5]>,
    weights: Vec<f64>,
    issuers: Vec<f64>,
    /// How far each issuer's and acquirer's rates wander at the hour at hand.
    wander: Vec<Vec<f64>>,
    numbers: Vec<u32>,
    issuer_numbers: Vec<u16>,
    pub payments_per_day: f64,
    pub incidents: Vec<Incident>,
    pub payments: u64,
    /// Nanoseconds spent in the watch.
    pub watch_ns: u128,
}

fn sums(dice: &mut Dice, n: usize, skew: f64) -> Vec<f64> {
    let mut sum = 0.0;
    (0..n)
        .map(|i| {
            sum += 1.0 / (i as f64 + 1.0).powf(skew) * (0.3 * dice.normal()).exp();
            sum
        })
        .collect()
}

impl Town {
    pub fn new(seed: u64, terminals: usize, payments_per_day: f64, watch: &mut Watch) -> Town {
        let mut dice = Dice::new(seed);
        let popular: Vec<Vec<f64>> = SIZES.iter().map(|n| sums(&mut dice, *n, 0.6)).collect();
        let mut weight = 0.0;
        let mut town = Town {
            terminals: Vec::new(),
            weights: Vec::new(),
            issuers: popular[0].clone(),
            wander: vec![Vec::new(); 2],
            numbers: Vec::new(),
            issuer_numbers: (0..SIZES[0]).map(|i| watch.issuer(&format!("issuer{i}"))).collect(),
            payments_per_day,
            incidents: Vec::new(),
            payments: 0,
            watch_ns: 0,
            dice: Dice::new(seed + 1),
        };
        for t in 0..terminals {
            let values: [usize; 5] = std::array::from_fn(|d| dice.pick(&popular[d + 1]));
            let names: Vec<String> =
                values.iter().enumerate().map(|(d, v)| format!("{}{v}", DIMENSIONS[d + 1])).collect();
            let profile = Profile {
                acquirer: &names[0],
                operator: &names[1],
                region: &names[2],
                model: &names[3],
                firmware: &names[4],
            };
            let key = Dice::new(t as u64 + 77).next();
            town.numbers.push(watch.set_terminal(key, &format!("T{t}"), profile).expect("room"));
            weight += (0.8 * dice.normal()).exp();
            town.weights.push(weight);
            town.terminals.push(values);
        }
        town
    }

    /// Incidents that a person would want to hear of: at least so many failures in their first ten minutes.
    pub fn plan(&mut self, number: usize, from_us: i64, days: i64, failures_in_ten_minutes: f64) {
        while self.incidents.len() < number {
            let depth = [1, 1, 1, 2, 2][self.dice.below(5)];
            let mut place: Vec<(usize, usize)> = Vec::new();
            while place.len() < depth {
                let d = self.dice.below(6);
                if place.iter().all(|(known, _)| *known != d) {
                    place.push((d, self.dice.below(SIZES[d])));
                }
            }
            let class = [Class::Unavailable, Class::Unavailable, Class::Security, Class::Settings]
                [self.dice.below(4)];
            let share = [0.25, 0.5, 0.9][self.dice.below(3)];
            let day = self.incidents.len() as i64 * days / number as i64;
            // From eight to nine in the evening.
            let minute = 480 + self.dice.below(780) as i64;
            let from = from_us + day * DAY_US + minute * MINUTE_US;
            let to = from + (20 + self.dice.below(100) as i64) * MINUTE_US;
            let of = self.share_of(&place);
            let in_ten = self.payments_per_day * of * hour_share(from) / 6.0 * share;
            if in_ten >= failures_in_ten_minutes && of < 0.4 {
                self.incidents.push(Incident { place, class, share, from_us: from, to_us: to });
            }
        }
    }

    fn share_of(&self, place: &[(usize, usize)]) -> f64 {
        let issuer = place.iter().find(|p| p.0 == 0).map_or(1.0, |(_, v)| {
            let before = if *v > 0 { self.issuers[v - 1] } else { 0.0 };
            (self.issuers[*v] - before) / self.issuers[SIZES[0] - 1]
        });
        let mut of = 0.0;
        for (t, values) in self.terminals.iter().enumerate() {
            if place.iter().all(|(d, v)| *d == 0 || values[d - 1] == *v) {
                of += self.weights[t] - if t > 0 { self.weights[t - 1] } else { 0.0 };
            }
        }
        issuer * of / self.weights[self.weights.len() - 1]
    }

    /// Lets one minute pass.
    pub fn minute(&mut self, at_us: i64, watch: &mut Watch) {
        if self.wander[0].is_empty() || at_us.rem_euclid(60 * MINUTE_US) == 0 {
            // Rates wander from hour to hour by a tenth, an issuer's or acquirer's on its own.
            self.wander[0] = (0..SIZES[0]).map(|_| (0.15 * self.dice.normal()).exp()).collect();
            self.wander[1] = (0..SIZES[1]).map(|_| (0.1 * self.dice.normal()).exp()).collect();
        }
        let mean = self.payments_per_day * hour_share(at_us) / 60.0;
        let n = (mean + mean.sqrt() * self.dice.normal()).max(0.0) as usize;
        let now: Vec<Incident> =
            self.incidents.iter().filter(|i| (i.from_us..i.to_us).contains(&at_us)).cloned().collect();
        let mut batch = Vec::with_capacity(n);
        for i in 0..n {
            let terminal = self.dice.pick(&self.weights);
            let issuer = self.dice.pick(&self.issuers);
            let own = self.terminals[terminal];
            let (a, b) = (self.wander[0][issuer], self.wander[1][own[0]]);
            let rates = [0.006 * a * b, 0.002 * b, 0.003, 0.07 * a];
            let mut failed = None;
            let mut roll = self.dice.share();
            for (class, rate) in Class::ALL.into_iter().zip(rates) {
                if roll < rate && failed.is_none() {
                    failed = Some(class);
                }
                roll -= rate;
                if failed.is_some() {
                    break;
                }
            }
            for incident in &now {
                let holds =
                    incident.place.iter().all(|(d, v)| if *d == 0 { issuer == *v } else { own[d - 1] == *v });
                if holds && self.dice.share() < incident.share {
                    failed = Some(incident.class);
                }
            }
            let code = [b"91", b"A0", b"03", b"51"][failed.map_or(0, |c| c as usize)];
            let at = at_us + i as i64 * MINUTE_US / n.max(1) as i64;
            batch.push((at, self.numbers[terminal], self.issuer_numbers[issuer], failed.map(|c| (c, *code))));
        }
        let start = std::time::Instant::now();
        for (at, terminal, issuer, failed) in batch {
            watch.payment(at, terminal, issuer, failed);
        }
        watch.advance(at_us + MINUTE_US);
        self.watch_ns += start.elapsed().as_nanos();
        self.payments += n as u64;
    }
}

/// The share of a day's payments in the hour of this time.
pub fn hour_share(at_us: i64) -> f64 {
    const BY_HOUR: [f64; 24] = [
        0.4, 0.2, 0.1, 0.1, 0.2, 0.5, 1.5, 3.5, 5.0, 5.5, 6.0, 7.5, 8.0, 6.5, 5.5, 5.5, 6.0, 7.0, 8.5, 8.0,
        6.5, 4.5, 2.4, 1.1,
    ];
    BY_HOUR[(at_us.rem_euclid(DAY_US) / (60 * MINUTE_US)) as usize] / BY_HOUR.iter().sum::<f64>()
}

/// The place in names.
pub fn named(place: &[(usize, usize)]) -> Vec<(String, String)> {
    let mut named: Vec<(String, String)> =
        place.iter().map(|(d, v)| (DIMENSIONS[*d].to_owned(), format!("{}{v}", DIMENSIONS[*d]))).collect();
    named.sort();
    named
}
