//! [`Walk`]: goes through the batches of one segment file, and [`look_behind`] looks behind the point where
//! it had to stop.
//!
//! Why it exists: recovery and readers use this one path, so what recovery accepted is what readers see.
//! A walk never passes a batch that is not exactly the next one: right journal, segment, epoch, sequence,
//! offset and chain hash. It never judges why it stopped; that is the caller's part.

use crate::format::{
    BATCH_HEADER_BYTES, BLOCK_BYTES, BatchHeader, Parsed, SECTION_HEADER_BYTES, SectionHeader,
};
use crate::format::{chain_hash, segment_name, whole_blocks};
use crate::key::{Cipher, JournalId, MasterKey, TAG_BYTES};
use crate::{Disk, FORMAT_VERSION, JournalError, Result, StoredBatch};
use std::io;
use std::sync::Arc;

const BLOCK: usize = BLOCK_BYTES as usize;
/// Behind a stop, so much is read at a time.
const SEARCH_PIECE_BYTES: u64 = 1 << 20;

/// Where files are and under which key: what every walk needs.
#[derive(Debug)]
pub(crate) struct Place<D> {
    pub disk: Arc<D>,
    pub key: Arc<MasterKey>,
    pub journal: JournalId,
}

impl<D> Clone for Place<D> {
    fn clone(&self) -> Self {
        Place { disk: self.disk.clone(), key: self.key.clone(), journal: self.journal }
    }
}

/// What stood at the walk's position.
pub(crate) enum Step {
    /// The next batch, whole and authentic.
    Batch(BatchHeader, StoredBatch),
    /// The next batch, passed without looking at its content.
    Skipped,
    /// A new section: the journal was opened again here.
    Section,
    /// Nothing that continues the walk.
    Stop,
}

/// Goes through one segment.
pub(crate) struct Walk<D: Disk> {
    place: Place<D>,
    pub file: D::File,
    pub name: String,
    pub section: SectionHeader,
    cipher: Cipher,
    /// Where the next header stands.
    pub position: u64,
    pub next_batch: u64,
    pub next_offset: u64,
    pub last_log_time_us: i64,
    /// Hash of the batch before; unknown after one was skipped.
    pub chain: Option<[u8; 32]>,
}

impl<D: Disk> Walk<D> {
    /// Opens a segment. `None` if the file holds no header of this segment: it was prepared, not yet begun.
    pub(crate) fn open(place: &Place<D>, segment: u64) -> Result<Option<Walk<D>>> {
        let name = segment_name(segment);
        let file = place.disk.open(&name).map_err(|e| JournalError::io("open", &name, e))?;
        let length = place.disk.len(&file).map_err(|e| JournalError::io("measure", &name, e))?;
        let mut block = [0; BLOCK];
        if length < BLOCK_BYTES {
            return Ok(None);
        }
        place.disk.read_at(&file, 0, &mut block).map_err(|e| JournalError::io("read", &name, e))?;
        let section = match SectionHeader::parse(&block) {
            Parsed::Valid(header) if header.segment == segment && header.position == 0 => header,
            Parsed::Newer(found) => return Err(newer(&name, found)),
            _ => return Ok(None),
        };
        check_origin(place, &name, 0, &section, &block)?;
        if length < section.segment_bytes {
            // Segments are filled to their full length before their first use, so this is no torn write.
            let reason = format!("the file was shortened from {} bytes", section.segment_bytes);
            return Err(JournalError::damaged(&name, length, reason));
        }
        let cipher = cipher_of(place, &section);
        Ok(Some(Walk {
            place: place.clone(),
            file,
            name,
            cipher,
            position: BLOCK_BYTES,
            next_batch: section.first_batch,
            next_offset: section.first_offset,
            last_log_time_us: section.previous_log_time_us,
            chain: Some(section.previous_chain),
            section,
        }))
    }

    /// Bytes of the file that batches may use.
    pub(crate) fn capacity(&self) -> u64 {
        self.section.segment_bytes
    }

    /// Goes one header further. Batches that end at or before `skip_to_offset` are passed unread.
    pub(crate) fn step(&mut self, skip_to_offset: u64) -> Result<Step> {
        if self.position + BLOCK_BYTES > self.capacity() {
            return Ok(Step::Stop);
        }
        let mut block = [0; BLOCK];
        self.read(self.position, &mut block)?;
        match BatchHeader::parse(&block) {
            Parsed::Newer(found) => Err(newer(&self.name, found)),
            Parsed::Valid((header, body_crc)) if self.is_next(&header) => {
                self.take_batch(header, body_crc, &block, skip_to_offset)
            }
            _ => self.take_section(&block),
        }
    }

    fn is_next(&self, header: &BatchHeader) -> bool {
        let bytes = whole_blocks(BATCH_HEADER_BYTES as u64 + u64::from(header.sealed_bytes));
        header.journal == self.place.journal
            && header.key_id == self.section.key_id
            && header.segment == self.section.segment
            && header.epoch == self.section.epoch
            && header.batch == self.next_batch
            && header.first_offset == self.next_offset
            && self.chain.is_none_or(|chain| chain == header.previous_chain)
            && header.sealed_bytes as usize >= TAG_BYTES
            && self.position + bytes <= self.capacity()
    }

    fn take_batch(
        &mut self,
        header: BatchHeader,
        body_crc: u32,
        block: &[u8; BLOCK],
        skip_to: u64,
    ) -> Result<Step> {
        let sealed_bytes = header.sealed_bytes as usize;
        let next_offset = header.first_offset + u64::from(header.count);
        let chain;
        let step;
        if header.count > 0 && next_offset <= skip_to {
            chain = None;
            step = Step::Skipped;
        } else {
            let mut sealed = vec![0; sealed_bytes];
            let at_hand = sealed_bytes.min(BLOCK - BATCH_HEADER_BYTES);
            sealed[..at_hand].copy_from_slice(&block[BATCH_HEADER_BYTES..BATCH_HEADER_BYTES + at_hand]);
            if at_hand < sealed_bytes {
                self.read(self.position + BLOCK_BYTES, &mut sealed[at_hand..])?;
            }
            if crc32c::crc32c(&sealed) != body_crc {
                return Ok(Step::Stop);
            }
            let authenticated = header.authenticated();
            chain = Some(chain_hash(&authenticated, &sealed));
            let mut tag = [0; TAG_BYTES];
            tag.copy_from_slice(&sealed[sealed_bytes - TAG_BYTES..]);
            sealed.truncate(sealed_bytes - TAG_BYTES);
            if !self.cipher.open(header.nonce_counter, &authenticated, &mut sealed, &tag) {
                // The checksums hold, so this is no torn write.
                let reason = "the checksum is right, but the content was not written with this key";
                return Err(JournalError::damaged(&self.name, self.position, reason));
            }
            step = Step::Batch(
                header.clone(),
                StoredBatch {
                    first_offset: header.first_offset,
                    count: header.count,
                    first_log_time_us: header.first_log_time_us,
                    last_log_time_us: header.last_log_time_us,
                    payload: sealed,
                },
            );
        }
        self.position += whole_blocks((BATCH_HEADER_BYTES + sealed_bytes) as u64);
        self.next_batch += 1;
        self.next_offset = next_offset;
        self.last_log_time_us = header.last_log_time_us;
        self.chain = chain;
        Ok(step)
    }

    fn take_section(&mut self, block: &[u8; BLOCK]) -> Result<Step> {
        let header = match SectionHeader::parse(block) {
            Parsed::Newer(found) => return Err(newer(&self.name, found)),
            Parsed::Valid(header) => header,
            Parsed::Nothing => return Ok(Step::Stop),
        };
        let continues = header.journal == self.place.journal
            && header.segment == self.section.segment
            && header.position == self.position
            && header.epoch > self.section.epoch
            && header.segment_bytes == self.section.segment_bytes
            && header.first_batch == self.next_batch
            && header.first_offset == self.next_offset
            && self.chain.is_none_or(|chain| chain == header.previous_chain);
        if !continues {
            return Ok(Step::Stop);
        }
        check_origin(&self.place, &self.name, self.position, &header, block)?;
        self.cipher = cipher_of(&self.place, &header);
        self.chain = Some(header.previous_chain);
        self.section = header;
        self.position += BLOCK_BYTES;
        Ok(Step::Section)
    }

    fn read(&self, position: u64, buffer: &mut [u8]) -> Result<()> {
        let read = self.place.disk.read_at(&self.file, position, buffer);
        read.map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => {
                JournalError::damaged(&self.name, position, "the file was shortened")
            }
            _ => JournalError::io("read", &self.name, e),
        })
    }
}

fn cipher_of<D>(place: &Place<D>, section: &SectionHeader) -> Cipher {
    place.key.section_cipher(place.journal, section.segment, section.epoch, section.position, &section.salt)
}

fn check_origin<D>(
    place: &Place<D>,
    name: &str,
    position: u64,
    header: &SectionHeader,
    block: &[u8],
) -> Result<()> {
    if header.journal != place.journal {
        return Err(JournalError::damaged(
            name,
            position,
            format!("it belongs to journal {}", header.journal),
        ));
    }
    if header.key_id != place.key.id() {
        let (expected, found) = (header.key_id.to_string(), place.key.id().to_string());
        return Err(JournalError::WrongKey { expected, found });
    }
    if !header.is_authentic(&place.key, &block[..SECTION_HEADER_BYTES]) {
        let reason = "the checksum is right, but the header was not written with this key";
        return Err(JournalError::damaged(name, position, reason));
    }
    Ok(())
}

fn newer(name: &str, found: u32) -> JournalError {
    JournalError::NewerVersion { name: name.to_owned(), found, known: FORMAT_VERSION }
}

/// Where a walk stopped, for [`look_behind`].
pub(crate) struct Stop<'a, F> {
    pub file: &'a F,
    pub name: &'a str,
    pub segment: u64,
    pub from: u64,
    pub epoch: u64,
    /// The batch that is missing.
    pub batch: u64,
}

/// What lies behind a stop.
#[derive(Debug, Default)]
pub(crate) struct Behind {
    /// Where and why the missing batch is known to have been durable.
    pub proof: Option<(u64, String)>,
    /// Batches of the same epoch that nothing proves acknowledged.
    pub torn: bool,
}

/// Looks for proof that the missing batch had been durable, so that its absence is damage and not a torn,
/// unacknowledged write. Later batches alone prove nothing: unsynced writes reach the disk in any order.
/// Proof is a later batch of the same epoch that says the missing one was durable when it was written, or
/// anything of a later epoch: an opening first makes all that it has read durable, then writes its section
/// header, and syncs that before any batch.
pub(crate) fn look_behind<D: Disk>(place: &Place<D>, stop: &Stop<'_, D::File>) -> Result<Behind> {
    let io = |e| JournalError::io("read", stop.name, e);
    let length = place.disk.len(stop.file).map_err(io)?;
    let mut piece = vec![0; SEARCH_PIECE_BYTES.min(length) as usize];
    let mut behind = Behind::default();
    let mut start = stop.from;
    while start + BLOCK_BYTES <= length {
        let bytes = SEARCH_PIECE_BYTES.min((length - start) / BLOCK_BYTES * BLOCK_BYTES) as usize;
        place.disk.read_at(stop.file, start, &mut piece[..bytes]).map_err(io)?;
        for (index, block) in piece[..bytes].chunks_exact(BLOCK).enumerate() {
            let position = start + index as u64 * BLOCK_BYTES;
            behind.take(place.journal, stop, position, block);
            if behind.proof.is_some() {
                return Ok(behind);
            }
        }
        start += bytes as u64;
    }
    Ok(behind)
}

impl Behind {
    fn take<F>(&mut self, journal: JournalId, stop: &Stop<'_, F>, position: u64, block: &[u8]) {
        if let Parsed::Valid((header, _)) = BatchHeader::parse(block)
            && (header.journal, header.segment) == (journal, stop.segment)
        {
            let says_durable = header.epoch == stop.epoch && header.durable_batch >= stop.batch;
            if header.epoch > stop.epoch || says_durable {
                let (missing, later) = (stop.batch, header.batch);
                let reason =
                    format!("batch {missing} is missing, but batch {later} was written after it was durable");
                self.proof = Some((position, reason));
            }
            self.torn |= header.epoch == stop.epoch;
        }
        if let Parsed::Valid(header) = SectionHeader::parse(block)
            && (header.journal, header.segment, header.position) == (journal, stop.segment, position)
            && header.epoch > stop.epoch
        {
            let missing = stop.batch;
            let reason = format!("batch {missing} is missing, but the journal was opened again behind it");
            self.proof = Some((position, reason));
        }
    }
}
