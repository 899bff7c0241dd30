//! [`Reader`]: the batches from an offset on, decrypted, each checked by CRC, chain hash and GCM.
//!
//! Must never show what is not durable, and never skip a batch: what can't be read is an error.

use crate::section::{Place, Step, Walk};
use crate::shared::Shared;
use crate::{Disk, JournalError, Result};
use std::sync::Arc;

/// A batch as it was appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBatch {
    /// Offset of its first record.
    pub first_offset: u64,
    /// Number of records.
    pub count: u32,
    /// Log time of the first record, in microseconds.
    pub first_log_time_us: i64,
    /// Log time of the last record, in microseconds.
    pub last_log_time_us: i64,
    /// The records.
    pub payload: Vec<u8>,
}

/// Makes readers, on any thread, while the journal is being written.
pub struct ReaderFactory<D: Disk> {
    pub(crate) place: Place<D>,
    pub(crate) shared: Arc<Shared>,
}

impl<D: Disk> Clone for ReaderFactory<D> {
    fn clone(&self) -> Self {
        ReaderFactory { place: self.place.clone(), shared: self.shared.clone() }
    }
}

impl<D: Disk> ReaderFactory<D> {
    /// A reader that begins with the batch that holds `offset`. The end of the journal is a valid place: it
    /// gives what is appended later.
    ///
    /// # Errors
    /// [`JournalError::OutOfRange`] if the offset was released or lies behind the durable end.
    pub fn reader(&self, offset: u64) -> Result<Reader<D>> {
        let start = {
            let state = self.shared.lock();
            if offset < state.first_offset() || offset > state.durable_offset {
                return Err(out_of_range(offset, &state));
            }
            let start = state.segments.iter().rev().find(|s| s.first_offset <= offset);
            start.ok_or_else(|| out_of_range(offset, &state))?.segment
        };
        let walk = open_segment(&self.place, &self.shared, start, offset)?;
        Ok(Reader { place: self.place.clone(), shared: self.shared.clone(), walk, offset })
    }

    /// One after the last durable record.
    pub fn durable_offset(&self) -> u64 {
        self.shared.lock().durable_offset
    }

    /// The first offset that is kept.
    pub fn first_offset(&self) -> u64 {
        self.shared.lock().first_offset()
    }
}

/// Goes through the durable batches in order.
pub struct Reader<D: Disk> {
    place: Place<D>,
    shared: Arc<Shared>,
    walk: Walk<D>,
    /// Batches that end before this are passed unread.
    offset: u64,
}

impl<D: Disk> Reader<D> {
    /// The next durable batch; `None` for now if there is none.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] if a durable batch isn't what was written; [`JournalError::OutOfRange`] if
    /// it was released under the reader.
    pub fn next_batch(&mut self) -> Result<Option<StoredBatch>> {
        loop {
            let next_segment = {
                let state = self.shared.lock();
                if self.walk.next_batch > state.durable_batch {
                    return Ok(None);
                }
                let next = self.walk.section.segment + 1;
                state.segment(next).filter(|s| s.first_batch == self.walk.next_batch).map(|s| s.segment)
            };
            if let Some(segment) = next_segment {
                self.enter(segment)?;
                continue;
            }
            match self.walk.step(self.offset) {
                // A gentle stop leaves an empty batch as a mark.
                Ok(Step::Batch(_, batch)) if batch.count > 0 => {
                    // A file that was recycled while we read can't give another batch than the right one,
                    // because it would have the wrong segment or fail its checks.
                    return Ok(Some(batch));
                }
                Ok(Step::Batch(..) | Step::Skipped | Step::Section) => {}
                Ok(Step::Stop) => {
                    let reason = format!("durable batch {} can't be read", self.walk.next_batch);
                    let error = JournalError::damaged(&self.walk.name, self.walk.position, reason);
                    return Err(self.unless_released(error));
                }
                Err(error) => return Err(self.unless_released(error)),
            }
        }
    }

    fn enter(&mut self, segment: u64) -> Result<()> {
        let walk = open_segment(&self.place, &self.shared, segment, self.walk.next_offset)?;
        let continues = walk.next_batch == self.walk.next_batch
            && walk.next_offset == self.walk.next_offset
            && self.walk.chain.is_none_or(|chain| walk.chain == Some(chain));
        if !continues {
            let reason = "it does not continue the segment before it";
            return Err(JournalError::damaged(&walk.name, 0, reason));
        }
        self.walk = walk;
        Ok(())
    }

    fn unless_released(&self, error: JournalError) -> JournalError {
        let state = self.shared.lock();
        match state.segment(self.walk.section.segment) {
            Some(_) => error,
            None => out_of_range(self.walk.next_offset, &state),
        }
    }
}

fn open_segment<D: Disk>(place: &Place<D>, shared: &Shared, segment: u64, offset: u64) -> Result<Walk<D>> {
    let opened = match Walk::open(place, segment) {
        Ok(Some(walk)) => return Ok(walk),
        Ok(None) => {
            JournalError::damaged(crate::format::segment_name(segment), 0, "its header can't be read")
        }
        Err(error) => error,
    };
    let state = shared.lock();
    Err(if state.segment(segment).is_none() { out_of_range(offset, &state) } else { opened })
}

fn out_of_range(offset: u64, state: &crate::shared::State) -> JournalError {
    JournalError::OutOfRange { offset, first: state.first_offset(), end: state.durable_offset }
}
