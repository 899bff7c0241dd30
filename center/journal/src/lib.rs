//! What happened, durably: a log of opaque, encrypted batches in segment files, with snapshots beside it.
//!
//! Why it exists: nothing accepted may be lost and nothing is acknowledged before it is durable (I3).
//! The crate knows bytes, offsets and log times, but not events: what is in a record is the caller's
//! business. It decides nothing and must never guess: what it can't prove to be a torn, unacknowledged
//! tail is refused as damage, never cut away in silence.
//!
//! Map: [`Disk`] is all that it asks of a disk ([`RealDisk`], and [`sim::SimDisk`] that drops, tears and
//! reorders what was not synced); `format` holds the bytes, `section` walks them, `recovery` finds the end,
//! [`Journal`] writes, [`Reader`] reads, [`Snapshots`] keeps states, [`Log`] is the group-commit thread.
//! How the files are laid out and why they survive a crash: `FORMAT.md` in this crate's folder.

mod bench;
mod chore;
mod disk;
mod error;
mod format;
mod journal;
mod key;
mod log;
mod meta;
mod metrics;
mod queue;
mod reader;
mod real_disk;
pub mod record;
mod recovery;
mod section;
mod shared;
pub mod sim;
mod snapshot;

pub use bench::{BatchFigures, bench_batches};
pub use chore::{Chore, ChoreDone};
pub use disk::Disk;
pub use error::{JournalError, Result};
pub use format::{BLOCK_BYTES, FORMAT_VERSION};
pub use journal::{Appended, Journal, Options, Randomness, system_randomness};
pub use key::{JournalId, MasterKey};
pub use log::{Clock, Consumer, DurableBatch, Log, LogOptions, system_clock};
pub use metrics::{Metrics, MetricsView};
pub use queue::{Ack, Batch, Durable, LogFailure, LogHandle, SubmitError, SubmitFuture};
pub use reader::{Reader, ReaderFactory, StoredBatch};
pub use real_disk::RealDisk;
pub use recovery::Recovery;
pub use snapshot::{Snapshot, Snapshots};
