//! [`Chore`]: what takes milliseconds and need not stop the log: preparing the next segment, and releasing
//! old ones. A chore is made by the journal, run on any thread, and its outcome given back.
//!
//! Must never touch a segment that holds anything not released, and never leave a released segment under
//! its own name when its file is used again: the new name is durable before anything is written.

use crate::format::segment_name;
use crate::journal::Ready;
use crate::{Disk, Journal, JournalError, Result};
use std::io;
use std::sync::Arc;

/// Work to be done beside the log.
pub struct Chore<D> {
    pub(crate) disk: Arc<D>,
    pub(crate) task: Task,
}

pub(crate) enum Task {
    Prepare {
        segment: u64,
        bytes: u64,
        keep_free_bytes: u64,
        spare: Option<String>,
    },
    /// From the oldest on; a segment with a spare name is kept under it for later use.
    Release {
        segments: Vec<(u64, Option<String>)>,
    },
}

/// What became of a chore; for [`crate::Journal::finish`].
pub struct ChoreDone {
    pub(crate) outcome: Outcome,
}

pub(crate) enum Outcome {
    Prepared { segment: u64, result: std::result::Result<(), Failure> },
    Released { segments: Vec<u64>, spares: Vec<String>, result: std::result::Result<(), Failure> },
}

pub(crate) struct Failure {
    pub error: JournalError,
    /// The folder's names are no longer known for sure.
    pub names_unsure: bool,
}

impl<D: Disk> Chore<D> {
    /// Does the work.
    pub fn run(self) -> ChoreDone {
        let outcome = match self.task {
            Task::Prepare { segment, bytes, keep_free_bytes, spare } => {
                let result = prepare(&*self.disk, segment, bytes, keep_free_bytes, spare);
                Outcome::Prepared { segment, result }
            }
            Task::Release { segments } => release(&*self.disk, segments),
        };
        ChoreDone { outcome }
    }
}

impl ChoreDone {
    /// The outcome alone, where there is no journal yet to take note of it.
    pub(crate) fn into_result(self) -> Result<()> {
        let (Outcome::Prepared { result, .. } | Outcome::Released { result, .. }) = self.outcome;
        result.map_err(|failure| failure.error)
    }
}

impl<D: Disk> Journal<D> {
    /// The next segment's preparation, if it is time for it and nobody does it.
    pub fn next_chore(&mut self) -> Option<Chore<D>> {
        // Not before this segment's header is durable: at most one segment without a header may exist.
        if self.poisoned || self.preparing || self.ready.is_some() || !self.tail.header_durable {
            return None;
        }
        self.preparing = true;
        let task = Task::Prepare {
            segment: self.tail.segment + 1,
            bytes: self.options.segment_bytes,
            keep_free_bytes: self.options.keep_free_bytes,
            spare: self.spares.pop(),
        };
        Some(Chore { disk: self.place.disk.clone(), task })
    }

    /// The release of all segments that lie wholly before `offset`, if there are any.
    pub fn release_chore(&mut self, offset: u64) -> Option<Chore<D>> {
        if self.poisoned || self.releasing {
            return None;
        }
        let state = self.shared.lock();
        let offset = offset.min(state.durable_offset);
        let mut spares = self.spares.len();
        let mut segments = Vec::new();
        for (segment, next) in state.segments.iter().zip(state.segments.iter().skip(1)) {
            let next_is_sound = next.segment != self.tail.segment || self.tail.header_durable;
            if next.first_offset > offset || !next_is_sound {
                break;
            }
            let keep = spares < self.options.spares_max && segment.bytes == self.options.segment_bytes;
            spares += usize::from(keep);
            segments.push((segment.segment, keep.then(|| format!("{:016}.spare", segment.segment))));
        }
        drop(state);
        if segments.is_empty() {
            return None;
        }
        self.releasing = true;
        Some(Chore { disk: self.place.disk.clone(), task: Task::Release { segments } })
    }

    /// Takes note of a finished chore.
    ///
    /// # Errors
    /// The chore's own. Where names became unsure the journal is poisoned; a full disk only means that the
    /// chore is due again.
    pub fn finish(&mut self, done: ChoreDone) -> Result<()> {
        let result = match done.outcome {
            Outcome::Prepared { segment, result } => {
                self.preparing = false;
                if result.is_ok() {
                    self.ready = Some(Ready { segment, bytes: self.options.segment_bytes });
                }
                result
            }
            Outcome::Released { segments, spares, result } => {
                self.releasing = false;
                self.spares.extend(spares);
                let mut state = self.shared.lock();
                while state.segments.front().is_some_and(|s| segments.contains(&s.segment)) {
                    state.segments.pop_front();
                }
                result
            }
        };
        result.map_err(|failure| {
            self.poisoned |= failure.names_unsure;
            failure.error
        })
    }

    /// Prepares the next segment here and now, if it is time for it.
    ///
    /// # Errors
    /// [`JournalError::DiskFull`]: call again when there is room.
    pub fn prepare_next(&mut self) -> Result<()> {
        match self.next_chore() {
            Some(chore) => self.finish(chore.run()),
            None => Ok(()),
        }
    }

    /// Releases, here and now, all segments that lie wholly before `offset`: their files may be recycled.
    /// Call it only when snapshot, history and evidence have passed the offset.
    ///
    /// # Errors
    /// Any error poisons the journal.
    pub fn release(&mut self, offset: u64) -> Result<()> {
        self.check_sound()?;
        match self.release_chore(offset) {
            Some(chore) => self.finish(chore.run()),
            None => Ok(()),
        }
    }

    /// True while a release chore is out.
    pub(crate) fn is_releasing(&self) -> bool {
        self.releasing
    }
}

fn prepare<D: Disk>(
    disk: &D,
    segment: u64,
    bytes: u64,
    keep_free: u64,
    spare: Option<String>,
) -> std::result::Result<(), Failure> {
    let name = segment_name(segment);
    let source = match spare {
        Some(spare) => spare,
        None => {
            fill(disk, &name, bytes, keep_free).map_err(|error| Failure { error, names_unsure: false })?
        }
    };
    // Either name holds a file without a header of this segment, so this may fail at any point.
    let named = disk.rename(&source, &name).and_then(|()| disk.sync_dir());
    named.map_err(|e| Failure { error: JournalError::io("rename", &source, e), names_unsure: true })
}

/// A new file full of zeros, durable; the zeros are written so that the log only ever overwrites.
fn fill<D: Disk>(disk: &D, name: &str, bytes: u64, keep_free: u64) -> Result<String> {
    let temporary = format!("{name}.tmp");
    let needed_bytes = bytes.saturating_add(keep_free);
    let free_bytes = disk.free_bytes().map_err(|e| JournalError::io("measure free space for", name, e))?;
    if free_bytes < needed_bytes {
        return Err(JournalError::DiskFull { needed_bytes, free_bytes });
    }
    let filled = disk.create(&temporary).and_then(|file| {
        disk.fill_with_zeros(&file, bytes)?;
        disk.sync_data(&file)
    });
    if let Err(error) = filled {
        // Give the space back; what stays is removed at the next opening.
        let _ = disk.remove(&temporary);
        return Err(if is_full(&error) {
            JournalError::DiskFull { needed_bytes, free_bytes: disk.free_bytes().unwrap_or(0) }
        } else {
            JournalError::io("fill", &temporary, error)
        });
    }
    Ok(temporary)
}

fn release<D: Disk>(disk: &D, segments: Vec<(u64, Option<String>)>) -> Outcome {
    let mut released = Vec::new();
    let mut spares = Vec::new();
    for (segment, spare) in segments {
        let name = segment_name(segment);
        let moved = match &spare {
            Some(spare) => disk.rename(&name, spare),
            None => disk.remove(&name),
        };
        // One sync each: names may become durable in any order, and a gap in the middle is damage.
        if let Err(error) = moved.and_then(|()| disk.sync_dir()) {
            let failure = Failure { error: JournalError::io("release", &name, error), names_unsure: true };
            return Outcome::Released { segments: released, spares, result: Err(failure) };
        }
        released.push(segment);
        spares.extend(spare);
    }
    Outcome::Released { segments: released, spares, result: Ok(()) }
}

pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
