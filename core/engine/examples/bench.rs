//! What a transaction costs: `cargo run --release -p tg-engine --example bench [PAYMENTS] [CARDS] [GAP_US]`.
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
    let gap_us = arguments.next().filter(|&n| n > 0).map_or(10_000, i64::from);
    let shape = TrafficShape { cards, terminals: cards / 20 + 1, gap_us, rough: false };
    let mut traffic = Traffic::new(shape, 1);
    let mut engine = Engine::new(Catalogue::builtin());
    let mut out = Outcomes::default();
    let (mut request, mut answer, mut tick) = (Vec::new(), Vec::new(), Vec::new());
    let (mut spent_cpu, mut spent, mut whole, mut late) = (0, 0, 0_u64, Vec::new());
    while traffic.payments() < payments {
        // Every second batch is timed event by event, the others as a whole, without the clock's own cost.
        // The generator stays out of both.
        let batch: Vec<_> = traffic.by_ref().take(4_096).collect();
        for event in &batch {
            let at = Instant::now();
            engine.apply(event.stamp, &event.event, &mut out);
            let nanoseconds = at.elapsed().as_nanos() as u64;
            match &event.event {
                Event::Message(m) if m.mti.is_request() => request.push(nanoseconds),
                Event::Message(_) => answer.push(nanoseconds),
                _ => tick.push(nanoseconds),
            }
            out.clear();
        }
        let batch: Vec<_> = traffic.by_ref().take(4_096).collect();
        let (cpu, at) = (thread_cpu_ns(), Instant::now());
        for event in &batch {
            engine.apply(event.stamp, &event.event, &mut out);
            out.clear();
        }
        let elapsed = at.elapsed().as_nanos() as u64;
        spent += elapsed;
        spent_cpu += thread_cpu_ns() - cpu;
        let requests = batch.iter().filter(|e| matches!(&e.event, Event::Message(m) if m.mti.is_request()));
        let requests = requests.count() as u64;
        whole += requests;
        late.push(elapsed / requests.max(1));
    }
    let metrics = engine.metrics();
    println!("payments {payments}, cards {cards}, features {}", engine.catalogue().features().len());
    for (name, samples) in [("request", &mut request), ("answer", &mut answer), ("tick", &mut tick)] {
        samples.sort_unstable();
        let at = |part: usize| samples.get(samples.len() * part / 1_000).copied().unwrap_or(0);
        println!("{name}: median {} ns, p99 {} ns, p99.9 {} ns (wall)", at(500), at(990), at(999));
    }
    let whole = whole.max(1);
    println!(
        "transaction (request, answer, its share of ticks): {} ns of CPU, {} ns wall",
        spent_cpu / whole,
        spent / whole
    );
    let tail = &mut late[..];
    let tenth = tail.len() - tail.len() / 10 - 1;
    let tail = &mut tail[tenth..];
    tail.sort_unstable();
    println!("transaction in the last tenth: median {} ns wall", tail[tail.len() / 2]);
    println!("resident {} MiB", resident_mib());
    println!(
        "probes: mean {:.2}, longest {}",
        metrics.probe_steps as f64 / metrics.probe_lookups as f64,
        metrics.probe_longest
    );

    let mut bytes = Vec::new();
    let at = thread_cpu_ns();
    engine.snapshot(&mut bytes);
    let saved = (thread_cpu_ns() - at) as f64 / 1e9;
    let at = thread_cpu_ns();
    let restored = Engine::restore(Catalogue::builtin(), &bytes).map(|e| e.next_offset());
    let loaded = (thread_cpu_ns() - at) as f64 / 1e9;
    assert_eq!(restored, Ok(engine.next_offset()));
    let megabytes = bytes.len() as f64 / 1e6;
    println!(
        "snapshot {megabytes:.1} MB ({} entries, {} entities): {:.0} MB/s, restore {:.0} MB/s ({loaded:.2} s of CPU)",
        metrics.window_entries_live,
        metrics.entities.iter().sum::<u64>(),
        megabytes / saved,
        megabytes / loaded,
    );
}

/// Memory that this process holds (Linux; elsewhere 0).
fn resident_mib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ').nth(1).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) / 256
}

/// Nanoseconds that this thread has run, whatever else runs on the machine (Linux; elsewhere 0).
fn thread_cpu_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0)
}
