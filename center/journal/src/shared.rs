//! What the writing journal and its readers both know: the segments, and how far everything is durable.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One segment that holds batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentStart {
    pub segment: u64,
    pub first_batch: u64,
    pub first_offset: u64,
    pub bytes: u64,
}

#[derive(Debug)]
pub(crate) struct State {
    /// Without gaps; the last is being written.
    pub segments: VecDeque<SegmentStart>,
    pub durable_batch: u64,
    /// One after the last durable record.
    pub durable_offset: u64,
}

impl State {
    /// The first offset that is kept.
    pub(crate) fn first_offset(&self) -> u64 {
        self.segments.front().map_or(self.durable_offset, |s| s.first_offset)
    }

    pub(crate) fn segment(&self, segment: u64) -> Option<SegmentStart> {
        let first = self.segments.front()?.segment;
        let index = usize::try_from(segment.checked_sub(first)?).ok()?;
        self.segments.get(index).copied()
    }
}

#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
}

impl Shared {
    pub(crate) fn new(state: State) -> Shared {
        Shared { state: Mutex::new(state) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // No code panics between two changes that belong together, so a poisoned lock holds sound data.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
