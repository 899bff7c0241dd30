//! Times the exact plan over random problems: `cargo run --release -p tg-diagnose --example network_time`.
//!
//! One fault or two, every combination of answers possible: the hardest form of a file of this size.

use std::time::Instant;
use tg_diagnose::network::{Component, NetworkFile, Observation, Policy};

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

fn problem(components: usize, observations: usize, states: u64, seed: u64) -> NetworkFile {
    let mut dice = Dice(seed);
    let prior: Vec<f64> = (0..components).map(|_| 1.0 + dice.below(50) as f64).collect();
    let likelihood: Vec<Vec<Vec<f64>>> = (0..components)
        .map(|_| {
            let row = |dice: &mut Dice| {
                let w: Vec<f64> = (0..states).map(|_| 1.0 + dice.below(40) as f64).collect();
                let sum: f64 = w.iter().sum();
                w.into_iter().map(|w| w / sum).collect()
            };
            (0..observations).map(|_| row(&mut dice)).collect()
        })
        .collect();
    let mut joint = Vec::new();
    for (c, p) in prior.iter().enumerate() {
        for combination in 0..states.pow(observations as u32) {
            let mut row: Vec<String> =
                (0..components).map(|i| if i == c { "yes" } else { "no" }.into()).collect();
            let (mut rest, mut weight) = (combination, *p);
            for likelihood in &likelihood[c] {
                weight *= likelihood[(rest % states) as usize];
                row.push(format!("s{}", rest % states));
                rest /= states;
            }
            joint.push((row, weight));
        }
    }
    let sum: f64 = joint.iter().map(|(_, w)| w).sum();
    joint.iter_mut().for_each(|(_, w)| *w /= sum);
    let component = |i: usize, dice: &mut Dice| Component {
        id: format!("c{i}"),
        repair: 20.0 + dice.below(150) as f64,
        observe: (dice.below(3) > 0).then(|| 5.0 + dice.below(40) as f64),
    };
    NetworkFile {
        schema: "tillguard.network/1".into(),
        call: 500.0,
        components: (0..components).map(|i| component(i, &mut dice)).collect(),
        observations: (0..observations)
            .map(|i| Observation { id: format!("o{i}"), cost: 3.0 + dice.below(20) as f64 })
            .collect(),
        joint,
    }
}

fn main() {
    for (components, observations, states) in
        [(10, 3, 2), (10, 5, 2), (12, 5, 2), (12, 6, 2), (12, 8, 2), (12, 6, 3)]
    {
        for seed in 1..=2_u64 {
            let network = problem(components, observations, states, seed).read().expect("a good file");
            for policy in [Policy::Repairs, Policy::Questions, Policy::Exact] {
                let start = Instant::now();
                let cost = network.expected_cost(policy);
                println!(
                    "{components:2} components {observations} observations of {states}: {:9} {cost:.2?} in {:.3} s",
                    policy.word(),
                    start.elapsed().as_secs_f64()
                );
            }
        }
    }
}
