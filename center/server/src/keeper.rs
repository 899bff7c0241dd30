//! The keeper: one thread that writes the store and the snapshots, in the order of the log.
//!
//! The order is the point: a snapshot is saved only after the store has taken over everything before it,
//! so after a crash the engine never begins later than the store. It slows nothing down: the heart hands
//! over only what fits into its queue.

use crate::heart::HeartSnapshot;
use crate::live::Live;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use tg_journal::{Disk, Snapshots};
use tg_store::{Chunk, Store, StoreError};
use tg_text::{Problem, Text};

/// Errands that may wait; the heart keeps the rest to itself.
const WAITING_MAX: usize = 4;

enum Errand {
    Chunk(Box<Chunk>),
    Snapshot { cut: u64, state: Box<HeartSnapshot> },
}

/// Hands errands to the keeper's thread.
pub(crate) struct KeeperHandle {
    errands: Sender<Errand>,
    waiting: Arc<AtomicUsize>,
}

impl KeeperHandle {
    /// True if the keeper has time for more.
    pub fn has_room(&self) -> bool {
        self.waiting.load(Ordering::Acquire) < WAITING_MAX
    }

    pub fn chunk(&self, chunk: Chunk) {
        self.send(Errand::Chunk(Box::new(chunk)));
    }

    /// Saves a snapshot after all chunks that were handed over before.
    pub fn snapshot(&self, cut: u64, state: HeartSnapshot) {
        self.send(Errand::Snapshot { cut, state: Box::new(state) });
    }

    fn send(&self, errand: Errand) {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        // The thread lives as long as this handle.
        let _ = self.errands.send(errand);
    }
}

/// Frees the journal's segments before an offset, if the journal has grown too large.
pub(crate) type Release = Box<dyn Fn(u64) + Send>;

/// The keeper's thread.
pub(crate) struct Keeper<D: Disk> {
    pub store: Store,
    pub snapshots: Snapshots<D>,
    pub release: Release,
    pub live: Arc<Live>,
    pub stopping: Arc<AtomicBool>,
}

impl<D: Disk> Keeper<D> {
    /// Starts the thread; it ends when the handle is dropped and everything is written.
    pub fn start(self) -> std::io::Result<(KeeperHandle, std::thread::JoinHandle<()>)> {
        let (errands, queue) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let counted = waiting.clone();
        let thread =
            std::thread::Builder::new().name("keeper".into()).spawn(move || self.run(&queue, &counted))?;
        Ok((KeeperHandle { errands, waiting }, thread))
    }

    fn run(mut self, queue: &Receiver<Errand>, waiting: &AtomicUsize) {
        while let Ok(errand) = queue.recv() {
            match errand {
                Errand::Chunk(chunk) => self.keep_chunk(&chunk),
                Errand::Snapshot { cut, state } => self.keep_snapshot(cut, *state),
            }
            waiting.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// Tries until the database takes the chunk: a full disk is no reason to lose a row. Gives up when the
    /// center stops; then the rows are made again from the log at the next start.
    fn keep_chunk(&mut self, chunk: &Chunk) {
        loop {
            match self.store.apply(chunk) {
                Ok(()) => {
                    self.live.stored_offset.store(chunk.next_offset, Ordering::Release);
                    return;
                }
                Err(error) => {
                    tracing::error!(%error, "the store refuses a chunk");
                    self.live.note_problem(store_problem(&error));
                    if self.stopping.load(Ordering::Acquire) {
                        return;
                    }
                    std::thread::sleep(Duration::from_secs(1));
                }
            }
        }
    }

    fn keep_snapshot(&mut self, cut: u64, state: HeartSnapshot) {
        // A chunk that was given up at the stop must not be passed by a snapshot.
        if self.live.stored_offset.load(Ordering::Acquire) < cut {
            return;
        }
        let state = state.into_bytes();
        let bytes = state.len();
        match self.snapshots.save(cut, state) {
            Ok(()) => {
                tracing::info!(cut, bytes, "snapshot saved");
                self.live.set_snapshot(cut, self.live.clock.now_us());
                if let Ok(offset) = self.snapshots.releasable_offset() {
                    (self.release)(offset);
                }
            }
            Err(error) => {
                tracing::error!(%error, "a snapshot could not be saved");
                self.live.note_problem(error.to_problem());
            }
        }
    }
}

/// A database error as people see it.
pub(crate) fn store_problem(error: &StoreError) -> Problem {
    match error {
        StoreError::Newer { found, known } => Problem::new(
            "TG-3004",
            Text::new(format!("数据库的版本是 {found}，本程序只认识到 {known}"), error.to_string()),
        )
        .in_file("store.sqlite")
        .because(format!("≤ {known}"), found.to_string()),
        StoreError::Database(source) => {
            Problem::new("TG-3001", Text::new(format!("数据库拒绝写入或读取：{source}"), error.to_string()))
                .in_file("store.sqlite")
        }
    }
}
