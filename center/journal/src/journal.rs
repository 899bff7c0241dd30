//! [`Journal`]: the one writer.
//!
//! Order is everything here. A batch is accepted when `append` returns, durable when `commit` returns, and
//! only then may anybody be told. After a failed write or flush the journal refuses everything until it is
//! opened again: the kernel may have dropped the pages and would report the next flush as good.

use crate::chore::is_full;
use crate::format::{
    BATCH_HEADER_BYTES, BLOCK_BYTES, BatchHeader, SECTION_HEADER_BYTES, SectionHeader, batch_bytes,
    chain_hash, segment_name, whole_blocks,
};
use crate::key::{Cipher, TAG_BYTES};
use crate::section::Place;
use crate::shared::{SegmentStart, Shared};
use crate::{Disk, JournalError, Reader, ReaderFactory, Result, Snapshots};
use std::sync::Arc;

/// Gives random bytes: the system's, or a seeded stream in the simulation.
pub type Randomness = Box<dyn FnMut(&mut [u8]) -> Result<()> + Send>;

/// Random bytes of the operating system.
pub fn system_randomness() -> Randomness {
    Box::new(|bytes| getrandom::fill(bytes).map_err(|_| JournalError::NoRandomness))
}

static ZEROS: [u8; BLOCK_BYTES as usize] = [0; BLOCK_BYTES as usize];

/// How a journal is kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// Length of a segment file; a multiple of [`BLOCK_BYTES`]. Existing segments keep theirs.
    pub segment_bytes: u64,
    /// So many released segments are kept for use again.
    pub spares_max: usize,
    /// A new segment is only made if this much stays free for everything else on the disk.
    pub keep_free_bytes: u64,
}

impl Default for Options {
    fn default() -> Options {
        Options { segment_bytes: 64 << 20, spares_max: 2, keep_free_bytes: 64 << 20 }
    }
}

/// What `append` gave a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Offset of the first record.
    pub first_offset: u64,
    /// One after the last.
    pub end_offset: u64,
}

/// The segment that is being written.
pub(crate) struct Tail<D: Disk> {
    pub file: D::File,
    pub segment: u64,
    pub bytes: u64,
    /// Where the next header goes.
    pub position: u64,
    /// The segment's own header is durable.
    pub header_durable: bool,
    /// Set when this opening has written its section header here.
    pub cipher: Option<Cipher>,
    pub nonce_counter: u64,
}

/// A segment file in place that has no header yet.
pub(crate) struct Ready {
    pub segment: u64,
    pub bytes: u64,
}

/// The journal, open for writing. See the module's text for the order of calls.
pub struct Journal<D: Disk> {
    pub(crate) place: Place<D>,
    pub(crate) options: Options,
    pub(crate) random: Randomness,
    pub(crate) shared: Arc<Shared>,
    pub(crate) tail: Tail<D>,
    pub(crate) ready: Option<Ready>,
    pub(crate) spares: Vec<String>,
    pub(crate) preparing: bool,
    pub(crate) releasing: bool,
    /// The next segment's header may be on disk already.
    pub(crate) must_roll: bool,
    /// Of this opening; one more than any before.
    pub(crate) epoch: u64,
    /// A section header of this epoch is durable.
    pub(crate) epoch_marked: bool,
    pub(crate) next_batch: u64,
    pub(crate) next_offset: u64,
    pub(crate) chain: [u8; 32],
    pub(crate) last_log_time_us: i64,
    pub(crate) dirty: bool,
    pub(crate) poisoned: bool,
    pub(crate) scratch: Vec<u8>,
}

impl<D: Disk> Journal<D> {
    /// A journal before its first batch.
    pub(crate) fn assemble(
        place: Place<D>,
        options: Options,
        random: Randomness,
        shared: Shared,
        tail: Tail<D>,
    ) -> Self {
        Journal {
            place,
            options,
            random,
            shared: Arc::new(shared),
            tail,
            ready: None,
            spares: Vec::new(),
            preparing: false,
            releasing: false,
            must_roll: false,
            epoch: 1,
            epoch_marked: false,
            next_batch: 1,
            next_offset: 0,
            chain: [0; 32],
            last_log_time_us: i64::MIN,
            dirty: false,
            poisoned: false,
            scratch: Vec::new(),
        }
    }

    /// The largest payload that fits into one batch.
    pub fn payload_bytes_max(&self) -> u64 {
        let room = self.options.segment_bytes - BLOCK_BYTES - (BATCH_HEADER_BYTES + TAG_BYTES) as u64;
        room.min(u64::from(u32::MAX) - TAG_BYTES as u64)
    }

    /// Offset of the next record, durable or not.
    pub fn next_offset(&self) -> u64 {
        self.next_offset
    }

    /// One after the last durable record.
    pub fn durable_offset(&self) -> u64 {
        self.shared.lock().durable_offset
    }

    /// The first offset that is kept.
    pub fn first_offset(&self) -> u64 {
        self.shared.lock().first_offset()
    }

    /// Log time of the last record, in microseconds; `i64::MIN` if there was none.
    pub fn last_log_time_us(&self) -> i64 {
        self.last_log_time_us
    }

    /// The chain hash over everything appended: what evidence stands on.
    pub fn chain_hash(&self) -> [u8; 32] {
        self.chain
    }

    /// Accepts a batch; it is durable after the next [`Journal::commit`].
    ///
    /// # Errors
    /// [`JournalError::DiskFull`] and [`JournalError::NotReady`]: nothing was accepted, the same call may
    /// be made again. [`JournalError::TooLarge`], [`JournalError::Misuse`]: the call is wrong. Anything
    /// else: the journal is poisoned.
    pub fn append(
        &mut self,
        first_log_time_us: i64,
        last_log_time_us: i64,
        count: u32,
        payload: &[u8],
    ) -> Result<Appended> {
        if count == 0 {
            return Err(JournalError::Misuse("a batch holds at least one record"));
        }
        if first_log_time_us < self.last_log_time_us || last_log_time_us < first_log_time_us {
            return Err(JournalError::Misuse("log time never falls"));
        }
        self.check_sound()?;
        let (bytes, limit_bytes) = (payload.len() as u64, self.payload_bytes_max());
        if bytes > limit_bytes {
            return Err(JournalError::TooLarge { bytes, limit_bytes });
        }
        let first_offset = self.next_offset;
        self.make_room(batch_bytes(payload.len()))?;
        self.write_batch(first_log_time_us, last_log_time_us, count, payload)?;
        Ok(Appended { first_offset, end_offset: self.next_offset })
    }

    /// Makes everything accepted durable.
    ///
    /// # Errors
    /// Any error poisons the journal: what was accepted since the last commit may be lost and must not be
    /// acknowledged.
    pub fn commit(&mut self) -> Result<()> {
        self.check_sound()?;
        if self.dirty {
            if let Err(error) = self.place.disk.sync_data(&self.tail.file) {
                return Err(self.poison("flush", error));
            }
            self.dirty = false;
            self.tail.header_durable = true;
            let mut state = self.shared.lock();
            state.durable_batch = self.next_batch - 1;
            state.durable_offset = self.next_offset;
        }
        Ok(())
    }

    /// A gentle end: commits, and leaves a durable mark that says so, so that damage to the last batch will
    /// be seen as damage too and not as a torn write.
    ///
    /// # Errors
    /// As [`Journal::commit`].
    pub fn close(mut self) -> Result<()> {
        self.commit()?;
        let room = self.tail.position + batch_bytes(0) <= self.tail.bytes;
        if self.tail.cipher.is_some() && room && !self.must_roll {
            let time = self.last_log_time_us;
            self.write_batch(time, time, 0, &[])?;
            self.commit()?;
        }
        Ok(())
    }

    /// Readers for other threads.
    pub fn readers(&self) -> ReaderFactory<D> {
        ReaderFactory { place: self.place.clone(), shared: self.shared.clone() }
    }

    /// A reader from an offset on; it gives what is durable.
    ///
    /// # Errors
    /// As [`ReaderFactory::reader`].
    pub fn reader(&self, offset: u64) -> Result<Reader<D>> {
        self.readers().reader(offset)
    }

    /// The snapshots beside this journal.
    pub fn snapshots(&self, random: Randomness) -> Snapshots<D> {
        Snapshots::new(self.place.clone(), self.shared.clone(), random)
    }

    /// True after a failed write or flush: everything is refused until the journal is opened again.
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }

    pub(crate) fn check_sound(&self) -> Result<()> {
        if self.poisoned { Err(JournalError::Poisoned) } else { Ok(()) }
    }

    fn poison(&mut self, action: &'static str, error: std::io::Error) -> JournalError {
        self.poisoned = true;
        JournalError::io(action, segment_name(self.tail.segment), error)
    }

    /// Sees to it that a batch fits and that this opening has a section to write it into.
    pub(crate) fn make_room(&mut self, bytes: u64) -> Result<()> {
        let header_bytes = if self.tail.cipher.is_some() { 0 } else { BLOCK_BYTES };
        if self.must_roll || self.tail.position + header_bytes + bytes > self.tail.bytes {
            return self.roll();
        }
        if self.tail.cipher.is_some() {
            return Ok(());
        }
        let (header, cipher) = self.section_header(self.tail.segment, self.tail.position, self.tail.bytes)?;
        let written = self.place.disk.write_at(&self.tail.file, self.tail.position, &header);
        self.written("write section header to", written)?;
        self.mark_epoch()?;
        self.tail.cipher = Some(cipher);
        self.tail.nonce_counter = 0;
        self.tail.position += BLOCK_BYTES;
        Ok(())
    }

    /// Goes on in the next segment.
    fn roll(&mut self) -> Result<()> {
        // The new header says that all before it is durable, so it must be.
        self.commit()?;
        if self.ready.is_none() {
            if self.preparing {
                return Err(JournalError::NotReady);
            }
            self.prepare_next()?;
        }
        let Some(Ready { segment, bytes }) = self.ready else {
            return Err(JournalError::Misuse("the next segment could not be prepared"));
        };
        let name = segment_name(segment);
        let file = match self.place.disk.open(&name) {
            Ok(file) => file,
            Err(error) => return Err(JournalError::io("open", name, error)),
        };
        let (header, cipher) = self.section_header(segment, 0, bytes)?;
        // Even a write that reports an error may have put the header there, and with it the word that the
        // segment before ends here. So whatever comes next goes into the new segment.
        let again = std::mem::replace(&mut self.must_roll, true);
        let written = self.place.disk.write_at(&file, 0, &header);
        self.written("write header to", written)?;
        self.must_roll = false;
        self.ready = None;
        self.tail = Tail {
            file,
            segment,
            bytes,
            position: BLOCK_BYTES,
            header_durable: false,
            cipher: Some(cipher),
            nonce_counter: 0,
        };
        self.dirty = true;
        // The header becomes durable together with the first batch, unless it is this opening's first, or
        // an earlier try with another salt might survive it.
        if again || !self.epoch_marked {
            self.mark_epoch()?;
        }
        let start =
            SegmentStart { segment, first_batch: self.next_batch, first_offset: self.next_offset, bytes };
        self.shared.lock().segments.push_back(start);
        Ok(())
    }

    /// Makes the header just written durable before any batch follows it: an opening's first. Otherwise a batch could
    /// outlive its header, and the next opening would use the same epoch again.
    fn mark_epoch(&mut self) -> Result<()> {
        if let Err(error) = self.place.disk.sync_data(&self.tail.file) {
            return Err(self.poison("flush", error));
        }
        self.epoch_marked = true;
        self.tail.header_durable = true;
        Ok(())
    }

    fn section_header(
        &mut self,
        segment: u64,
        position: u64,
        segment_bytes: u64,
    ) -> Result<(Vec<u8>, Cipher)> {
        let mut salt = [0; 32];
        (self.random)(&mut salt)?;
        let key = &self.place.key;
        let header = SectionHeader {
            key_id: key.id(),
            journal: self.place.journal,
            segment,
            epoch: self.epoch,
            position,
            segment_bytes,
            first_batch: self.next_batch,
            first_offset: self.next_offset,
            previous_chain: self.chain,
            salt,
            previous_log_time_us: self.last_log_time_us,
        };
        let mut block = vec![0; BLOCK_BYTES as usize];
        block[..SECTION_HEADER_BYTES].copy_from_slice(&header.encode(key));
        Ok((block, key.section_cipher(self.place.journal, segment, self.epoch, position, &salt)))
    }

    fn write_batch(&mut self, first_time: i64, last_time: i64, count: u32, payload: &[u8]) -> Result<()> {
        let Some(cipher) = &self.tail.cipher else {
            return Err(JournalError::Misuse("no section was begun"));
        };
        let sealed_bytes = payload.len() + TAG_BYTES;
        // Counted up even if the write fails: the next try encrypts under another nonce.
        let nonce_counter = self.tail.nonce_counter;
        self.tail.nonce_counter += 1;
        let header = BatchHeader {
            key_id: self.place.key.id(),
            count,
            journal: self.place.journal,
            segment: self.tail.segment,
            epoch: self.epoch,
            batch: self.next_batch,
            first_offset: self.next_offset,
            durable_batch: self.shared.lock().durable_batch,
            first_log_time_us: first_time,
            last_log_time_us: last_time,
            nonce_counter,
            sealed_bytes: sealed_bytes as u32,
            previous_chain: self.chain,
        };
        let authenticated = header.authenticated();
        self.scratch.clear();
        self.scratch.extend_from_slice(&ZEROS[..BATCH_HEADER_BYTES]);
        self.scratch.extend_from_slice(payload);
        let tag = cipher.seal(nonce_counter, &authenticated, &mut self.scratch[BATCH_HEADER_BYTES..]);
        self.scratch.extend_from_slice(&tag);
        let sealed = &self.scratch[BATCH_HEADER_BYTES..];
        let finished = BatchHeader::finish(&authenticated, sealed);
        let chain = chain_hash(&authenticated, sealed);
        self.scratch[..BATCH_HEADER_BYTES].copy_from_slice(&finished);
        // Whole blocks: the kernel need not read the rest of the last one first.
        let bytes = whole_blocks(self.scratch.len() as u64);
        self.scratch.extend_from_slice(&ZEROS[..bytes as usize - self.scratch.len()]);
        debug_assert!(self.tail.position + bytes <= self.tail.bytes, "make_room was called");
        let written = self.place.disk.write_at(&self.tail.file, self.tail.position, &self.scratch);
        self.written("write to", written)?;
        self.dirty = true;
        self.tail.position += bytes;
        self.next_batch += 1;
        self.next_offset += u64::from(count);
        self.chain = chain;
        self.last_log_time_us = last_time;
        Ok(())
    }

    /// A full disk leaves the position where it was, so the same place is written again; anything else
    /// poisons.
    fn written(&mut self, action: &'static str, result: std::io::Result<()>) -> Result<()> {
        match result {
            Ok(()) => Ok(()),
            Err(error) if is_full(&error) => Err(JournalError::DiskFull {
                needed_bytes: BLOCK_BYTES,
                free_bytes: self.place.disk.free_bytes().unwrap_or(0),
            }),
            Err(error) => Err(self.poison(action, error)),
        }
    }
}
