//! [`Snapshots`]: states at one cut of the log, so that a start replays minutes and not months.
//!
//! A snapshot is whole or it does not count: written beside, synced, renamed, the folder synced; the last
//! two are kept, and a damaged one is passed over for the older. It is never the only copy of anything: the
//! journal behind it may be released only up to [`Snapshots::releasable_offset`].

use crate::disk::{read_all, write_atomically};
use crate::key::{JournalId, TAG_BYTES};
use crate::section::Place;
use crate::shared::Shared;
use crate::{Disk, FORMAT_VERSION, JournalError, Randomness, Result};
use std::sync::Arc;

const MAGIC: &[u8; 8] = b"TGSNAP\r\n";
const HEADER_BYTES: usize = 88;
const AUTHENTICATED_BYTES: usize = 80;
const KEEP: usize = 2;

/// A state and the offset at which it was taken: all records before it are in it, none after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Offset of the first record that is not in the state.
    pub cut: u64,
    /// The state.
    pub bytes: Vec<u8>,
}

/// The snapshots of one journal.
pub struct Snapshots<D: Disk> {
    place: Place<D>,
    shared: Arc<Shared>,
    random: Randomness,
}

impl<D: Disk> Snapshots<D> {
    pub(crate) fn new(place: Place<D>, shared: Arc<Shared>, random: Randomness) -> Snapshots<D> {
        Snapshots { place, shared, random }
    }

    /// Keeps a state durably and removes all but the last two.
    ///
    /// # Errors
    /// [`JournalError::Misuse`] if the cut is not durable yet: after a crash the state would be ahead of
    /// the journal.
    pub fn save(&mut self, cut: u64, state: Vec<u8>) -> Result<()> {
        if cut > self.shared.lock().durable_offset {
            return Err(JournalError::Misuse("a snapshot is made at a durable offset"));
        }
        let mut salt = [0; 32];
        (self.random)(&mut salt)?;
        let mut sealed = state;
        let sealed_bytes = (sealed.len() + TAG_BYTES) as u64;
        let mut header = Vec::with_capacity(HEADER_BYTES);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        header.extend_from_slice(&self.place.key.id().to_le_bytes());
        header.extend_from_slice(&self.place.journal.0);
        header.extend_from_slice(&cut.to_le_bytes());
        header.extend_from_slice(&salt);
        header.extend_from_slice(&sealed_bytes.to_le_bytes());
        let tag =
            self.place.key.snapshot_cipher(self.place.journal, cut, &salt).seal(0, &header, &mut sealed);
        let body_crc = crc32c::crc32c_append(crc32c::crc32c(&sealed), &tag);
        header.extend_from_slice(&body_crc.to_le_bytes());
        let head_crc = crc32c::crc32c(&header);
        header.extend_from_slice(&head_crc.to_le_bytes());
        let name = name_of(cut);
        write_atomically(&*self.place.disk, &name, &[&header, &sealed, &tag])
            .map_err(|e| JournalError::io("write", name, e))?;
        self.remove_old()
    }

    /// The newest snapshot that is whole and that the journal continues, and what was wrong with newer ones.
    ///
    /// # Errors
    /// Only if the folder can't be listed.
    pub fn load_newest(&self) -> Result<(Option<Snapshot>, Vec<JournalError>)> {
        let mut passed_over = Vec::new();
        let first_offset = self.shared.lock().first_offset();
        for cut in self.cuts()? {
            match self.load(cut) {
                Ok(snapshot) if cut >= first_offset => return Ok((Some(snapshot), passed_over)),
                Ok(_) => break,
                Err(error) => passed_over.push(error),
            }
        }
        Ok((None, passed_over))
    }

    /// The journal may be released up to here: the older of the two snapshots can still be continued if the
    /// newer one turns out damaged. 0 as long as there are not two.
    ///
    /// # Errors
    /// If the folder can't be listed.
    pub fn releasable_offset(&self) -> Result<u64> {
        Ok(self.cuts()?.get(KEEP - 1).copied().unwrap_or(0))
    }

    /// Cuts of the snapshots in the folder, newest first.
    fn cuts(&self) -> Result<Vec<u64>> {
        let names = self.place.disk.list().map_err(|e| JournalError::io("list", "the folder", e))?;
        let mut cuts: Vec<u64> = names.iter().filter_map(|n| cut_of(n)).collect();
        cuts.sort_unstable_by(|a, b| b.cmp(a));
        Ok(cuts)
    }

    fn remove_old(&self) -> Result<()> {
        let old: Vec<u64> = self.cuts()?.into_iter().skip(KEEP).collect();
        for cut in &old {
            let name = name_of(*cut);
            self.place.disk.remove(&name).map_err(|e| JournalError::io("remove", name, e))?;
        }
        Ok(())
    }

    fn load(&self, cut: u64) -> Result<Snapshot> {
        let name = name_of(cut);
        let damaged = |reason: &str| JournalError::damaged(&name, 0, reason);
        let mut bytes =
            read_all(&*self.place.disk, &name, u64::MAX).map_err(|e| JournalError::io("read", &name, e))?;
        let (header, body_crc) = parse(&name, &bytes)?;
        if header.journal != self.place.journal || header.cut != cut {
            return Err(damaged("it belongs to another journal or place"));
        }
        if header.key_id != self.place.key.id() {
            let (expected, found) = (header.key_id.to_string(), self.place.key.id().to_string());
            return Err(JournalError::WrongKey { expected, found });
        }
        let authenticated: Vec<u8> = bytes[..AUTHENTICATED_BYTES].to_vec();
        bytes.drain(..HEADER_BYTES);
        if bytes.len() as u64 != header.sealed_bytes || crc32c::crc32c(&bytes) != body_crc {
            return Err(damaged("its length or checksum is wrong"));
        }
        let Some((_, tag)) = bytes.split_last_chunk::<TAG_BYTES>() else {
            return Err(damaged("it is too short"));
        };
        let tag = *tag;
        bytes.truncate(bytes.len() - TAG_BYTES);
        let cipher = self.place.key.snapshot_cipher(header.journal, cut, &header.salt);
        if !cipher.open(0, &authenticated, &mut bytes, &tag) {
            return Err(damaged("the checksum is right, but the content was not written with this key"));
        }
        Ok(Snapshot { cut, bytes })
    }
}

struct Header {
    key_id: u32,
    journal: JournalId,
    cut: u64,
    salt: [u8; 32],
    sealed_bytes: u64,
}

fn parse(name: &str, bytes: &[u8]) -> Result<(Header, u32)> {
    let Some(bytes) = bytes.first_chunk::<HEADER_BYTES>() else {
        return Err(JournalError::damaged(name, 0, "it is too short"));
    };
    let u32_at = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let u64_at = |at: usize| u64::from(u32_at(at)) | u64::from(u32_at(at + 4)) << 32;
    if bytes[..8] != MAGIC[..] || crc32c::crc32c(&bytes[..HEADER_BYTES - 4]) != u32_at(HEADER_BYTES - 4) {
        return Err(JournalError::damaged(name, 0, "its header can't be read"));
    }
    if u32_at(8) != FORMAT_VERSION {
        let name = name.to_owned();
        return Err(JournalError::NewerVersion { name, found: u32_at(8), known: FORMAT_VERSION });
    }
    let mut journal = [0; 16];
    journal.copy_from_slice(&bytes[16..32]);
    let mut salt = [0; 32];
    salt.copy_from_slice(&bytes[40..72]);
    let header = Header {
        key_id: u32_at(12),
        journal: JournalId(journal),
        cut: u64_at(32),
        salt,
        sealed_bytes: u64_at(72),
    };
    Ok((header, u32_at(AUTHENTICATED_BYTES)))
}

fn name_of(cut: u64) -> String {
    format!("{cut:020}.snapshot")
}

/// The cut that a file name stands for.
pub(crate) fn cut_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".snapshot")?;
    (digits.len() == 20 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
}

/// The newest snapshot of this journal with a sound header, by name and cut: proof that the journal once
/// reached so far.
pub(crate) fn newest_cut<D: Disk>(place: &Place<D>, names: &[String]) -> Result<Option<(String, u64)>> {
    let mut newest: Option<(String, u64)> = None;
    for name in names.iter().filter(|n| cut_of(n).is_some()) {
        let io = |e| JournalError::io("read", name, e);
        let file = place.disk.open(name).map_err(io)?;
        if place.disk.len(&file).map_err(io)? < HEADER_BYTES as u64 {
            continue;
        }
        let mut bytes = [0; HEADER_BYTES];
        place.disk.read_at(&file, 0, &mut bytes).map_err(io)?;
        if let Ok((header, _)) = parse(name, &bytes)
            && header.journal == place.journal
            && newest.as_ref().is_none_or(|(_, cut)| header.cut > *cut)
        {
            newest = Some((name.clone(), header.cut));
        }
    }
    Ok(newest)
}
