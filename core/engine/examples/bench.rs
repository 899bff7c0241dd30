//! What a transaction costs: `cargo run --release -p tg-engine --example bench [PAYMENTS] [CARDS]`.
//!
//! Prints nanoseconds for a request with all features, for its answer, and the speed of snapshot and restore.
//! The engine itself may not read a clock; this program may.

use std::time::Instant;
use tg_engine::{Catalogue, Engine, Traffic, TrafficShape};
use tg_event::{Event, Outcomes};

fn main() {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse::<u32>().unwrap_or(0));
    let payments = arguments.next().filter(|&n| n > 0).unwrap_or(1_000_000);
    let cards = arguments.next().filter(|&n| n > 0).unwrap_or(200_000);
    let shape = TrafficShape { cards, terminals: cards / 20 + 1, gap_us: 50_000, rough: false };
    let mut traffic = Traffic::new(shape, 1);
    let mut engine = Engine::new(Catalogue::builtin());
    let mut out = Outcomes::default();
    let (mut request, mut answer, mut tick) = ((0_u128, 0_u64), (0_u128, 0_u64), (0_u128, 0_u64));
    let mut longest = 0;
    let begun = Instant::now();
    let mut generating = 0_u128;
    while traffic.payments() < payments {
        // Batches, so that the clock's own cost (about 25 ns) and the generator stay out of the figure.
        let at = Instant::now();
        let batch: Vec<_> = traffic.by_ref().take(4_096).collect();
        generating += at.elapsed().as_nanos();
        for event in &batch {
            let at = Instant::now();
            engine.apply(event.stamp, &event.event, &mut out);
            let spent = at.elapsed().as_nanos();
            longest = longest.max(spent);
            let sum = match &event.event {
                Event::Message(m) if m.asks_for_money() => &mut request,
                Event::Message(_) => &mut answer,
                _ => &mut tick,
            };
            *sum = (sum.0 + spent, sum.1 + 1);
            out.clear();
        }
    }
    let total = begun.elapsed().as_nanos() - generating;
    let mean = |(sum, n): (u128, u64)| sum / u128::from(n.max(1));
    let metrics = engine.metrics();
    println!("payments {payments}, cards {cards}, features {}", engine.catalogue().features().len());
    println!(
        "request {} ns, answer {} ns, tick {} ns, longest {longest} ns",
        mean(request),
        mean(answer),
        mean(tick)
    );
    println!("transaction (request and answer, clock included) {} ns", total / u128::from(request.1.max(1)));
    println!(
        "probes: mean {:.2}, longest {}",
        metrics.probe_steps as f64 / metrics.probe_lookups as f64,
        metrics.probe_longest
    );

    let mut bytes = Vec::new();
    let at = Instant::now();
    engine.snapshot(&mut bytes);
    let saved = at.elapsed().as_secs_f64();
    let at = Instant::now();
    let restored = Engine::restore(Catalogue::builtin(), &bytes).map(|e| e.next_offset());
    let loaded = at.elapsed().as_secs_f64();
    assert_eq!(restored, Ok(engine.next_offset()));
    let megabytes = bytes.len() as f64 / 1e6;
    println!(
        "snapshot {megabytes:.1} MB ({} entries, {} entities): {:.0} MB/s, restore {:.0} MB/s ({loaded:.2} s)",
        metrics.window_entries_live,
        metrics.entities.iter().sum::<u64>(),
        megabytes / saved,
        megabytes / loaded,
    );
}
