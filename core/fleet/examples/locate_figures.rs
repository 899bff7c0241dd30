//! Figures of `locate` on our own generators: `cargo run --release -p tg-fleet --example locate_figures [CASES]`.

#[path = "../tests/generator/mod.rs"]
mod generator;

use generator::{ALIKE, Case, Kind, LEAVES, MIXED, Payments, Tally, Volumes, named, payments, volumes};
use std::time::Instant;
use tg_fleet::locate;

fn measure(name: &str, cases: usize, make: impl Fn(u64) -> Case) {
    let (mut tally, mut times, mut leaves, mut outside) = (Tally::default(), Vec::new(), 0, 0);
    let verbose = std::env::var("SHOW").is_ok_and(|s| name.starts_with(&s));
    for seed in 0..cases as u64 {
        let case = make(seed);
        let start = Instant::now();
        let location = locate(&case.window);
        times.push(start.elapsed().as_secs_f64() * 1e3);
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
        "{name:<28} {cases} cases, {} leaves: F1 {:.3} (right {}, wrong {}, missed {}), exact {:.3}, outside {outside}, ms median {:.1} p95 {:.1}",
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
    let run = |name: &str, n: usize, make: &dyn Fn(u64) -> Case| {
        if name.starts_with(&only) {
            measure(name, n, make);
        }
    };
    run("volumes alike", cases, &|s| volumes(&ALIKE, s, true));
    run("volumes mixed", cases, &|s| volumes(&MIXED, s, true));
    run("volumes leaves", cases, &|s| volumes(&LEAVES, s, true));
    let quiet = Volumes { noise: (0.0, 0.05), ..MIXED };
    run("volumes mixed little noise", cases, &|s| volumes(&quiet, s, true));
    let heavy = Volumes { kind: Kind::HeavyTails, ..MIXED };
    let counts = Volumes { kind: Kind::Counts, ..MIXED };
    let alike_heavy = Volumes { kind: Kind::HeavyTails, ..ALIKE };
    run("volumes mixed heavy", cases, &|s| volumes(&heavy, s, true));
    run("volumes alike heavy", cases, &|s| volumes(&alike_heavy, s, true));
    run("volumes mixed counts", cases, &|s| volumes(&counts, s, true));
    run("null volumes heavy", cases, &|s| volumes(&heavy, s + 10_000, false));
    run("null volumes counts", cases, &|s| volumes(&counts, s + 10_000, false));
    for (transactions, wander) in [(20_000, 0.0), (100_000, 0.0), (100_000, 0.005)] {
        for with_rate in [true, false] {
            let rule = Payments { transactions, wander, with_rate };
            let rate = if with_rate { "" } else { " no rate" };
            run(&format!("payments {transactions} {wander}{rate}"), cases, &|s| payments(&rule, s, true));
        }
    }
    run("null volumes alike", 3 * cases, &|s| volumes(&ALIKE, s + 10_000, false));
    run("null volumes mixed", 3 * cases, &|s| volumes(&MIXED, s + 10_000, false));
    for (with_rate, wander) in [(true, 0.0), (true, 0.005), (false, 0.0)] {
        let rule = Payments { transactions: 20_000, wander, with_rate };
        run(&format!("null payments {wander} {with_rate}"), 3 * cases, &|s| {
            payments(&rule, s + 10_000, false)
        });
    }
}
