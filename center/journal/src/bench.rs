//! What the journal costs over the bare disk, measured in one run: for `tillguard bench journal`.

use crate::{Disk, Journal, JournalError, MasterKey, Options, RealDisk, Result, system_randomness};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Times in microseconds, one per batch, unsorted; taken in turn, so that both meet the same disturbances.
#[derive(Clone, Debug, Default)]
pub struct BatchFigures {
    /// Append and commit: encrypt, checksum, chain, write, flush.
    pub journal_us: Vec<f64>,
    /// Overwriting as many bytes of a pre-written file, and flushing.
    pub raw_us: Vec<f64>,
    /// Of the journal's time, what is not the flush: its own work and the copy into the kernel.
    pub append_us: Vec<f64>,
}

/// Writes `batches` batches of `payload_bytes` into a new journal in an empty folder, and as many bytes raw.
///
/// # Errors
/// As [`Journal::append`] and [`Journal::commit`].
pub fn bench_batches(folder: &Path, payload_bytes: usize, batches: usize) -> Result<BatchFigures> {
    let disk = Arc::new(RealDisk::open(folder)?);
    let io = |e| JournalError::io("measure", "raw", e);
    let options = Options::default();
    let raw = disk.create("raw").map_err(io)?;
    disk.fill_with_zeros(&raw, options.segment_bytes).map_err(io)?;
    disk.sync_data(&raw).map_err(io)?;
    let key = Arc::new(MasterKey::new(1, &mut [7; 32]));
    let (mut journal, _) = Journal::open(disk.clone(), key, options.clone(), system_randomness())?;
    let payload: Vec<u8> = (0..payload_bytes).map(|i| (i * 31) as u8).collect();
    let step = (payload_bytes as u64).next_multiple_of(crate::BLOCK_BYTES);
    let mut figures = BatchFigures::default();
    let mut position = 0;
    for batch in 0..batches {
        if position + step > options.segment_bytes {
            position = 0;
        }
        let start = Instant::now();
        disk.write_at(&raw, position, &payload).map_err(io)?;
        disk.sync_data(&raw).map_err(io)?;
        figures.raw_us.push(microseconds(start));
        position += step;

        let start = Instant::now();
        journal.append(batch as i64, batch as i64, 1, &payload)?;
        figures.append_us.push(microseconds(start));
        journal.commit()?;
        figures.journal_us.push(microseconds(start));
        // Outside the measured time, as the log's helper thread does it.
        journal.release(journal.durable_offset())?;
        journal.prepare_next()?;
    }
    drop(journal);
    disk.remove("raw").map_err(io)?;
    Ok(figures)
}

fn microseconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e6
}
