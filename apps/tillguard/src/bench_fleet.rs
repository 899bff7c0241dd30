//! `tillguard bench locate` and `tillguard bench fleet`: one window's search, and what a payment costs the watch.
//!
//! Windows and payments are made here, before the clock starts, the same ones every time.

use crate::bench::{Figure, figure};
use std::time::Instant;
use tg_fleet::{Class, Profile, Watch, Window, locate};

/// A small generator of our own: the same numbers everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal: the sum of twelve.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }
}

/// The windows: 20,000 leaves in four dimensions, two causes.
const SIZES: [usize; 4] = [10, 20, 10, 10];

fn window(seed: u64, ratios: bool) -> Window {
    let mut dice = Dice(seed);
    let names = ["issuer", "region", "model", "mode"];
    let mut window = if ratios { Window::of_ratios(&names, true) } else { Window::of_volumes(&names) };
    for index in 0..SIZES.iter().product::<usize>() {
        let mut rest = index;
        let values = SIZES.map(|n| {
            let value = rest % n;
            rest /= n;
            value
        });
        let cause = values[0] == 3 || (values[1] == 7 && values[2] == 2);
        let named = values.map(|v| format!("v{v}"));
        let size = 100.0 * -(dice.share().max(1e-9)).ln();
        let numbers = if ratios {
            let total = (size / 5.0).ceil();
            let rate = if cause { 0.4 } else { 0.05 };
            let failed = (0..total as u32).filter(|_| dice.share() < rate).count();
            vec![failed as f64, total, 0.05]
        } else {
            let expected = size * (1.0 + 0.05 * dice.normal());
            vec![if cause { 0.5 * size } else { size }, expected.max(0.0)]
        };
        window.push(&named.each_ref().map(String::as_str), &numbers).expect("numbers of our own");
    }
    window
}

pub fn locate_figures() -> Vec<Figure> {
    let times = |ratios: bool| -> Vec<f64> {
        (0..40)
            .map(|seed| {
                let window = window(seed, ratios);
                let start = Instant::now();
                std::hint::black_box(locate(&window));
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect()
    };
    vec![figure("volumes_20000_leaves", "ms", times(false)), figure("ratios_20000_leaves", "ms", times(true))]
}

/// 100,000 terminals, 60 issuers, 150 payments a second of log time, two hours; every round is a minute.
pub fn fleet_figures() -> Vec<Figure> {
    const TERMINALS: u64 = 100_000;
    const PER_MINUTE: i64 = 9_000;
    let mut dice = Dice(1);
    let mut watch = Watch::default();
    let issuers: Vec<u16> = (0..60).map(|i| watch.issuer(&format!("issuer{i}"))).collect();
    let terminals: Vec<u32> = (0..TERMINALS)
        .filter_map(|t| {
            let of = |n: u64, name: &str, dice: &mut Dice| format!("{name}{}", dice.next() % n);
            let (acquirer, region, model) =
                (of(8, "a", &mut dice), of(31, "r", &mut dice), of(12, "m", &mut dice));
            let profile =
                Profile { acquirer: &acquirer, region: &region, model: &model, ..Profile::default() };
            watch.set_terminal(dice.next(), &format!("T{t}"), profile)
        })
        .collect();
    let mut values = Vec::new();
    for minute in 0..120 {
        let from = 1_767_225_600_000_000 + minute * 60_000_000;
        let batch: Vec<_> = (0..PER_MINUTE)
            .map(|i| {
                let failed = (dice.share() < 0.08).then_some((Class::Declined, *b"51"));
                let terminal = terminals[(dice.next() % TERMINALS) as usize];
                (from + i * 60_000_000 / PER_MINUTE, terminal, issuers[(dice.next() % 60) as usize], failed)
            })
            .collect();
        let start = Instant::now();
        for (at, terminal, issuer, failed) in batch {
            watch.payment(at, terminal, issuer, failed);
        }
        values.push(start.elapsed().as_nanos() as f64 / PER_MINUTE as f64);
    }
    vec![figure("payment", "ns", values)]
}
