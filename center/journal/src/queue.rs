//! The queue before the log: many producers, one log thread that takes all that waits at once.
//!
//! Why it exists: batching is what makes durable writing fast, and a bound is what keeps a slow disk from
//! becoming a full memory. A producer is refused or waits; what was taken is never dropped without its
//! acknowledgement being told so.

use crate::{Metrics, record};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Called once on the log's thread when the records are durable, or when they will never be. Must not block.
pub type Ack = Box<dyn FnOnce(Result<Durable, LogFailure>) + Send>;

/// Where the records of a submission stand, durably.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Durable {
    /// Offset of the first record.
    pub first_offset: u64,
    /// Number of records.
    pub count: u32,
    /// The log time that they were stamped with, in microseconds.
    pub log_time_us: i64,
}

/// Why records were not made durable. They may still turn up after a restart, as any write whose end is
/// unknown; they were not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogFailure {
    /// A write or flush failed; the log has ended.
    #[error("the log has ended: {0}")]
    Disk(String),
    /// The log was stopped while the disk was full.
    #[error("the log was stopped while the disk was full")]
    StoppedWhileFull,
}

/// Records of one producer, in the form of [`crate::record`]; they stay together and in order.
pub struct Batch {
    /// The records; their log times are filled in by the log.
    pub records: Vec<u8>,
    /// How many records these are.
    pub count: u32,
    /// Told when they are durable.
    pub ack: Option<Ack>,
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Batch {{ {} records, {} bytes }}", self.count, self.records.len())
    }
}

/// Why a batch was not taken; it comes back.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The queue is full: try later, or wait.
    #[error("the queue is full")]
    Full(Batch),
    /// The log is stopping or has ended.
    #[error("the log takes no more records")]
    Closed(Batch),
    /// Over the largest batch that a segment can hold.
    #[error("the batch is too large")]
    TooLarge(Batch),
    /// The records are not whole, or not as many as said, or none.
    #[error("the batch does not hold the records that it says")]
    Malformed(Batch),
}

/// Gives the log time in microseconds since 1970; may jump back, the log does not.
pub type Clock = Box<dyn Fn() -> i64 + Send + Sync>;

pub(crate) struct Entry {
    pub bytes: usize,
    pub count: u32,
    pub log_time_us: i64,
    pub ack: Option<Ack>,
}

#[derive(Default)]
pub(crate) struct Waiting {
    pub records: Vec<u8>,
    pub entries: Vec<Entry>,
}

struct State {
    waiting: Waiting,
    /// Stop has been asked for, or the log has ended: nothing more is taken.
    closed: bool,
    release_to: u64,
    wakers: Vec<Waker>,
    last_log_time_us: i64,
}

pub(crate) struct Queue {
    state: Mutex<State>,
    work: Condvar,
    room: Condvar,
    stop: Condvar,
    bytes_max: usize,
    payload_bytes_max: u64,
    clock: Clock,
    pub metrics: Arc<Metrics>,
}

/// What the log thread finds when it looks.
pub(crate) enum Next {
    Records(Waiting),
    Release(u64),
    Stop,
}

impl Queue {
    pub(crate) fn new(
        bytes_max: usize,
        payload_bytes_max: u64,
        clock: Clock,
        last_log_time_us: i64,
    ) -> Queue {
        let state = State {
            waiting: Waiting::default(),
            closed: false,
            release_to: 0,
            wakers: Vec::new(),
            last_log_time_us,
        };
        Queue {
            state: Mutex::new(state),
            work: Condvar::new(),
            room: Condvar::new(),
            stop: Condvar::new(),
            bytes_max,
            payload_bytes_max,
            clock,
            metrics: Arc::new(Metrics::default()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A clock that panics leaves the queue as it was: it is read before anything changes.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for something to do. Records come before a release, and both before the end.
    pub(crate) fn next(&self) -> Next {
        let mut state = self.lock();
        loop {
            if !state.waiting.entries.is_empty() {
                let capacity = state.waiting.records.len();
                let fresh = Waiting { records: Vec::with_capacity(capacity), entries: Vec::new() };
                let taken = std::mem::replace(&mut state.waiting, fresh);
                let wakers = std::mem::take(&mut state.wakers);
                drop(state);
                self.room.notify_all();
                wakers.into_iter().for_each(Waker::wake);
                return Next::Records(taken);
            }
            if state.release_to > 0 {
                return Next::Release(std::mem::take(&mut state.release_to));
            }
            if state.closed {
                return Next::Stop;
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits out a full disk; true if the log was stopped meanwhile.
    pub(crate) fn pause(&self, pause: std::time::Duration) -> bool {
        let state = self.lock();
        let closed = |state: &mut State| !state.closed;
        let (state, _) =
            self.stop.wait_timeout_while(state, pause, closed).unwrap_or_else(PoisonError::into_inner);
        state.closed
    }

    /// Takes no more, lets every waiting producer know, and gives what was still waiting.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        self.work.notify_all();
        self.room.notify_all();
        self.stop.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Closes, and tells all that still waited that it was in vain.
    pub(crate) fn fail(&self, failure: &LogFailure) {
        self.close();
        let waiting = std::mem::take(&mut self.lock().waiting);
        refuse(waiting.entries, failure);
    }
}

pub(crate) fn refuse(entries: Vec<Entry>, failure: &LogFailure) {
    for ack in entries.into_iter().filter_map(|e| e.ack) {
        ack(Err(failure.clone()));
    }
}

/// Submits records to the log. Cheap to clone, usable from any thread or task.
#[derive(Clone)]
pub struct LogHandle {
    pub(crate) queue: Arc<Queue>,
}

impl LogHandle {
    /// Takes the batch if there is room.
    ///
    /// # Errors
    /// See [`SubmitError`]; the batch comes back in it.
    pub fn try_submit(&self, batch: Batch) -> Result<(), SubmitError> {
        self.offer(&mut self.check(batch)?, None, false)
    }

    /// Takes the batch, and waits for room on this thread. Not for the thread that consumes the log.
    ///
    /// # Errors
    /// As [`LogHandle::try_submit`], except for a full queue.
    pub fn submit_blocking(&self, batch: Batch) -> Result<(), SubmitError> {
        let mut batch = self.check(batch)?;
        loop {
            match self.offer(&mut batch, None, false) {
                Err(SubmitError::Full(back)) => batch = Some(back),
                other => return other,
            }
            let mut state = self.queue.lock();
            let bytes = batch.as_ref().map_or(0, |b| b.records.len());
            while !state.closed && !self.fits(&state, bytes) {
                state = self.queue.room.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// Takes the batch, and waits for room as a task.
    pub fn submit(&self, batch: Batch) -> SubmitFuture<'_> {
        SubmitFuture { handle: self, batch: Some(batch), checked: false }
    }

    /// Takes what the consumer of the log answers (feedback as events) even above the bound. The consumer
    /// must never wait for the log, because the log may be waiting for the consumer. The consumer's own
    /// input is bounded, and so is this.
    ///
    /// # Errors
    /// As [`LogHandle::try_submit`], except for a full queue.
    pub fn submit_feedback(&self, batch: Batch) -> Result<(), SubmitError> {
        self.offer(&mut self.check(batch)?, None, true)
    }

    /// Lets the segments wholly before `offset` be used again; see [`crate::Journal::release`].
    pub fn release(&self, offset: u64) {
        let mut state = self.queue.lock();
        state.release_to = state.release_to.max(offset);
        drop(state);
        self.queue.work.notify_all();
    }

    /// The counters.
    pub fn metrics(&self) -> Arc<Metrics> {
        self.queue.metrics.clone()
    }

    fn check(&self, batch: Batch) -> Result<Option<Batch>, SubmitError> {
        if batch.records.len() as u64 > self.queue.payload_bytes_max {
            return Err(SubmitError::TooLarge(batch));
        }
        if batch.count == 0 || record::count(&batch.records) != Some(batch.count) {
            return Err(SubmitError::Malformed(batch));
        }
        Ok(Some(batch))
    }

    fn fits(&self, state: &State, bytes: usize) -> bool {
        // Into an empty queue everything fits, or a batch over the bound would wait for ever.
        state.waiting.entries.is_empty() || state.waiting.records.len() + bytes <= self.queue.bytes_max
    }

    fn offer(
        &self,
        slot: &mut Option<Batch>,
        waker: Option<&Waker>,
        above_bound: bool,
    ) -> Result<(), SubmitError> {
        let Some(mut batch) = slot.take() else { return Ok(()) };
        let mut state = self.queue.lock();
        if state.closed {
            return Err(SubmitError::Closed(batch));
        }
        if !above_bound && !self.fits(&state, batch.records.len()) {
            // Under the same lock: no room can come and go unnoticed between.
            state.wakers.extend(waker.cloned());
            self.queue.metrics.refused();
            return Err(SubmitError::Full(batch));
        }
        let log_time_us = (self.queue.clock)().max(state.last_log_time_us);
        state.last_log_time_us = log_time_us;
        record::stamp(&mut batch.records, log_time_us);
        let entry = Entry { bytes: batch.records.len(), count: batch.count, log_time_us, ack: batch.ack };
        let was_empty = state.waiting.entries.is_empty();
        if was_empty && state.waiting.records.capacity() == 0 {
            state.waiting.records = batch.records;
        } else {
            state.waiting.records.extend_from_slice(&batch.records);
        }
        state.waiting.entries.push(entry);
        self.queue.metrics.queued(state.waiting.records.len() as u64);
        drop(state);
        if was_empty {
            self.queue.work.notify_one();
        }
        Ok(())
    }
}

/// Waits for room in the queue; ready when the batch was taken.
#[must_use = "a future does nothing until it is awaited"]
pub struct SubmitFuture<'a> {
    handle: &'a LogHandle,
    batch: Option<Batch>,
    checked: bool,
}

impl Future for SubmitFuture<'_> {
    type Output = Result<(), SubmitError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if !this.checked
            && let Some(batch) = this.batch.take()
        {
            match this.handle.check(batch) {
                Ok(batch) => this.batch = batch,
                Err(error) => return Poll::Ready(Err(error)),
            }
            this.checked = true;
        }
        match this.handle.offer(&mut this.batch, Some(context.waker()), false) {
            Err(SubmitError::Full(batch)) => {
                this.batch = Some(batch);
                Poll::Pending
            }
            other => Poll::Ready(other),
        }
    }
}
