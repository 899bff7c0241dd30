//! Figures of `locate` on our own generators: `cargo run --release -p tg-fleet --example locate_figures [CASES [NAME
//! [FIRST_SEED]]]`.

#[path = "../tests/generator/mod.rs"]
mod generator;

use generator::{
    ALIKE, Case, Kind, LEAVES, MIXED, NoiseOn, Payments, Tally, Volumes, Wandering, named, payments, volumes,
    wandering,
};
use tg_fleet::locate;

/// Milliseconds that this thread has had a processor: other programs on the machine don't count.
fn busy_ms() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1e6
}

fn measure(name: &str, cases: usize, make: impl Fn(u64) -> Case) {
    let (mut tally, mut times, mut leaves, mut outside) = (Tally::default(), Vec::new(), 0, 0);
    let verbose = std::env::var("SHOW").is_ok_and(|s| name.starts_with(&s));
    for seed in 0..cases as u64 {
        let case = make(seed);
        let start = busy_ms();
        let location = locate(&case.window);
        times.push(busy_ms() - start);
        let found = named(&location);
        if verbose && found != case.truth {
            println!("  {seed}: truth {:?}", case.truth);
            for e in &location.elements {
                println!(
                    "      {:?} score {} share {} seen {:.0} of {:.0}",
                    e.place, e.score, e.share, e.failures, e.expected
                );
            }
        }
        tally.add(&case.truth, &found);
        leaves += case.window.len();
        outside += usize::from(location.outside);
    }
    times.sort_by(f64::total_cmp);
    println!(
        "{name:<28} {cases:>4} cases, {} leaves: F1 {:.3} (right {}, wrong {}, missed {}), exact {:.3}, outside {outside}, ms median {:.1} p95 {:.1}",
        leaves / cases.max(1),
        tally.f1(),
        tally.right,
        tally.wrong,
        tally.missed,
        tally.exact as f64 / cases.max(1) as f64,
        times[times.len() / 2],
        times[times.len() * 95 / 100],
    );
}

fn main() {
    let cases = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(100);
    let only = std::env::args().nth(2).unwrap_or_default();
    // Tuned on seeds from 0, reported on seeds from 1,000,000.
    let from: u64 = std::env::args().nth(3).and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let run = |name: &str, n: usize, make: &dyn Fn(u64) -> Case| {
        if name.starts_with(&only) {
            measure(name, n, make);
        }
    };
    for (on, name) in [(NoiseOn::Forecast, "f"), (NoiseOn::Value, "v"), (NoiseOn::Sum, "s")] {
        let alike = Volumes { noise_on: on, ..ALIKE };
        let alike_noisy = Volumes { noise_on: on, noise: (0.0, 0.12), ..ALIKE };
        let mixed = Volumes { noise_on: on, ..MIXED };
        let deep = Volumes { noise_on: on, depth: (1, 5), siblings: 3, noise: (0.0, 0.1), ..MIXED };
        let leaves = Volumes { noise_on: on, ..LEAVES };
        let noisy = Volumes { noise_on: on, noise: (0.0, 0.25), ..LEAVES };
        let heavy = Volumes { kind: Kind::HeavyTails, noise_on: on, ..MIXED };
        let alike_heavy = Volumes { kind: Kind::HeavyTails, noise_on: on, ..ALIKE };
        for (kind, rule, times) in [
            ("alike", alike, 3),
            ("alike noisy", alike_noisy, 1),
            ("mixed", mixed, 3),
            ("deep", deep, 1),
            ("leaves", leaves, 3),
            ("leaves noisy", noisy, 1),
            ("heavy", heavy, 3),
            ("alike heavy", alike_heavy, 3),
        ] {
            run(&format!("volumes {name} {kind}"), cases, &|s| volumes(&rule, from + s, true));
            run(&format!("null volumes {name} {kind}"), times * cases, &|s| {
                volumes(&rule, from + s + 500_000, false)
            });
        }
    }
    let counts = Volumes { kind: Kind::Counts, ..MIXED };
    run("volumes counts", cases, &|s| volumes(&counts, from + s, true));
    run("null volumes counts", cases, &|s| volumes(&counts, from + s + 500_000, false));
    for (size, leaf, value) in [(20.0, 0.0, 0.0), (20.0, 0.4, 0.05), (200.0, 0.3, 0.1), (2_000.0, 0.2, 0.05)]
    {
        for with_rate in [true, false] {
            let rule = Wandering { leaf, value, with_rate, size };
            let name = format!("{size} {leaf} {value} {with_rate}");
            run(&format!("wandering {name}"), cases, &|s| wandering(&rule, from + s, true));
            run(&format!("null wandering {name}"), 3 * cases, &|s| {
                wandering(&rule, from + s + 500_000, false)
            });
        }
    }
    for (transactions, wander) in [(20_000, 0.0), (100_000, 0.0), (100_000, 0.005)] {
        for with_rate in [true, false] {
            let rule = Payments { transactions, wander, with_rate };
            let rate = if with_rate { "" } else { " no rate" };
            run(&format!("payments {transactions} {wander}{rate}"), cases, &|s| {
                payments(&rule, from + s, true)
            });
        }
    }
    for (with_rate, wander) in [(true, 0.0), (true, 0.005), (false, 0.0)] {
        let rule = Payments { transactions: 20_000, wander, with_rate };
        run(&format!("null payments {wander} {with_rate}"), 3 * cases, &|s| {
            payments(&rule, from + s + 500_000, false)
        });
    }
}
