//! `cargo run --release -p tg-journal --example bench_batches [FOLDER [BYTES [BATCHES]]]`: the journal's
//! batches against raw writes with flushes of the same size, in turn, in the same run.

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let parent = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let bytes: usize = arguments.next().as_deref().unwrap_or("131072").parse()?;
    let batches: usize = arguments.next().as_deref().unwrap_or("2000").parse()?;
    let folder = parent.join(format!("tillguard-bench-{}", std::process::id()));
    let figures = tg_journal::bench_batches(&folder, bytes, batches)?;
    std::fs::remove_dir_all(&folder)?;
    println!("{batches} batches of {bytes} bytes in {}", parent.display());
    println!("{:<22} {:>10} {:>10} {:>10} {:>10}", "microseconds", "p50", "p90", "p99", "p99.9");
    let rows = [
        ("raw write + flush", figures.raw_us),
        ("journal append+commit", figures.journal_us),
        ("of that, append", figures.append_us),
    ];
    for (name, mut times) in rows {
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
        println!("{name:<22} {:>10.1} {:>10.1} {:>10.1} {:>10.1}", at(0.5), at(0.9), at(0.99), at(0.999));
    }
    Ok(())
}
