//! The bytes on disk: section headers and batch headers, little-endian. `FORMAT.md` explains them.
//!
//! Why it exists: layout in one place, pinned by a golden test. Parsing must never panic and never take
//! bytes for a header whose checksum does not hold.

use crate::key::{JournalId, MasterKey, TAG_BYTES, nonce};

/// The version of the format that this code writes, and the newest that it reads.
pub const FORMAT_VERSION: u32 = 1;

/// Everything begins at a multiple of this, so that no block (page, sector) with acknowledged data in it
/// is ever written again: a torn write can only hurt what is being written.
pub const BLOCK_BYTES: u64 = 4096;

pub(crate) const SECTION_HEADER_BYTES: usize = 256;
pub(crate) const BATCH_HEADER_BYTES: usize = 144;
const SECTION_MAGIC: &[u8; 8] = b"TGSECT\r\n";
const BATCH_MAGIC: &[u8; 4] = b"TGB\n";
const SECTION_MAC_AT: usize = 184;
const SECTION_CRC_AT: usize = SECTION_HEADER_BYTES - 4;
const BATCH_AUTHENTICATED_BYTES: usize = 136;

/// Rounds up to whole blocks.
pub(crate) fn whole_blocks(bytes: u64) -> u64 {
    bytes.next_multiple_of(BLOCK_BYTES)
}

/// Bytes that a batch takes in the file, padding included.
pub(crate) fn batch_bytes(payload_bytes: usize) -> u64 {
    whole_blocks((BATCH_HEADER_BYTES + payload_bytes + TAG_BYTES) as u64)
}

/// What stands at a place in a file.
#[derive(Debug)]
pub(crate) enum Parsed<T> {
    /// A header whose checksum holds.
    Valid(T),
    /// A header of a newer version.
    Newer(u32),
    /// Anything else.
    Nothing,
}

/// Begins a run of batches under one key: at the start of a segment, and wherever the journal went on
/// after it was opened again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SectionHeader {
    pub key_id: u32,
    pub journal: JournalId,
    pub segment: u64,
    /// Counts the openings of the journal that wrote something.
    pub epoch: u64,
    /// Where in the file this header stands, so that none is taken for one at another place.
    pub position: u64,
    pub segment_bytes: u64,
    pub first_batch: u64,
    pub first_offset: u64,
    /// Chain hash of the last batch before this section.
    pub previous_chain: [u8; 32],
    pub salt: [u8; 32],
    /// Last log time before this section.
    pub previous_log_time_us: i64,
}

impl SectionHeader {
    pub(crate) fn encode(&self, key: &MasterKey) -> [u8; SECTION_HEADER_BYTES] {
        let mut out = [0; SECTION_HEADER_BYTES];
        let mut w = Put { out: &mut out, at: 0 };
        w.bytes(SECTION_MAGIC);
        w.bytes(&FORMAT_VERSION.to_le_bytes());
        w.bytes(&self.key_id.to_le_bytes());
        w.bytes(&self.journal.0);
        for number in [self.segment, self.epoch, self.position, self.segment_bytes] {
            w.bytes(&number.to_le_bytes());
        }
        w.bytes(&self.first_batch.to_le_bytes());
        w.bytes(&self.first_offset.to_le_bytes());
        w.bytes(&self.previous_chain);
        w.bytes(&self.salt);
        w.bytes(&self.previous_log_time_us.to_le_bytes());
        let mac = key.header_mac(&out[..SECTION_MAC_AT]);
        out[SECTION_MAC_AT..SECTION_MAC_AT + 32].copy_from_slice(&mac);
        let crc = crc32c::crc32c(&out[..SECTION_CRC_AT]);
        out[SECTION_CRC_AT..].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// Reads a header; its origin is proven only by [`SectionHeader::is_authentic`].
    pub(crate) fn parse(bytes: &[u8]) -> Parsed<SectionHeader> {
        let Some(bytes) = bytes.get(..SECTION_HEADER_BYTES) else { return Parsed::Nothing };
        let mut r = Take { bytes, at: 0 };
        if r.array::<8>() != *SECTION_MAGIC
            || crc_at(bytes, SECTION_CRC_AT) != crc32c::crc32c(&bytes[..SECTION_CRC_AT])
        {
            return Parsed::Nothing;
        }
        let version = r.u32();
        if version != FORMAT_VERSION {
            return Parsed::Newer(version);
        }
        Parsed::Valid(SectionHeader {
            key_id: r.u32(),
            journal: JournalId(r.array()),
            segment: r.u64(),
            epoch: r.u64(),
            position: r.u64(),
            segment_bytes: r.u64(),
            first_batch: r.u64(),
            first_offset: r.u64(),
            previous_chain: r.array(),
            salt: r.array(),
            previous_log_time_us: r.u64() as i64,
        })
    }

    /// True if the header was made with this key and not changed since.
    pub(crate) fn is_authentic(&self, key: &MasterKey, bytes: &[u8]) -> bool {
        let mut found = [0; 32];
        found.copy_from_slice(&bytes[SECTION_MAC_AT..SECTION_MAC_AT + 32]);
        // Compared as `blake3::Hash`, which takes constant time.
        blake3::Hash::from_bytes(key.header_mac(&bytes[..SECTION_MAC_AT])) == blake3::Hash::from_bytes(found)
    }
}

/// Stands before each batch's ciphertext.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BatchHeader {
    pub key_id: u32,
    pub count: u32,
    pub journal: JournalId,
    pub segment: u64,
    pub epoch: u64,
    pub batch: u64,
    pub first_offset: u64,
    /// The last batch that was known to be durable when this one was written: proof, should that one be
    /// missing, that it was not merely torn.
    pub durable_batch: u64,
    pub first_log_time_us: i64,
    pub last_log_time_us: i64,
    pub nonce_counter: u64,
    /// Ciphertext and tag.
    pub sealed_bytes: u32,
    pub previous_chain: [u8; 32],
}

impl BatchHeader {
    /// The part that is authenticated together with the ciphertext and goes into the chain.
    pub(crate) fn authenticated(&self) -> [u8; BATCH_AUTHENTICATED_BYTES] {
        let mut out = [0; BATCH_AUTHENTICATED_BYTES];
        let mut w = Put { out: &mut out, at: 0 };
        w.bytes(BATCH_MAGIC);
        w.bytes(&FORMAT_VERSION.to_le_bytes());
        w.bytes(&self.key_id.to_le_bytes());
        w.bytes(&self.count.to_le_bytes());
        w.bytes(&self.journal.0);
        for number in [self.segment, self.epoch, self.batch, self.first_offset, self.durable_batch] {
            w.bytes(&number.to_le_bytes());
        }
        w.bytes(&self.first_log_time_us.to_le_bytes());
        w.bytes(&self.last_log_time_us.to_le_bytes());
        w.bytes(&nonce(self.nonce_counter));
        w.bytes(&self.sealed_bytes.to_le_bytes());
        w.bytes(&self.previous_chain);
        out
    }

    /// The whole header: the authenticated part, CRC of the sealed bytes, CRC of all before it.
    pub(crate) fn finish(
        authenticated: &[u8; BATCH_AUTHENTICATED_BYTES],
        sealed: &[u8],
    ) -> [u8; BATCH_HEADER_BYTES] {
        let mut out = [0; BATCH_HEADER_BYTES];
        out[..BATCH_AUTHENTICATED_BYTES].copy_from_slice(authenticated);
        let body = crc32c::crc32c(sealed);
        out[BATCH_AUTHENTICATED_BYTES..BATCH_AUTHENTICATED_BYTES + 4].copy_from_slice(&body.to_le_bytes());
        let head = crc32c::crc32c(&out[..BATCH_HEADER_BYTES - 4]);
        out[BATCH_HEADER_BYTES - 4..].copy_from_slice(&head.to_le_bytes());
        out
    }

    /// Reads a header and the checksum that its sealed bytes must have.
    pub(crate) fn parse(bytes: &[u8]) -> Parsed<(BatchHeader, u32)> {
        let Some(bytes) = bytes.get(..BATCH_HEADER_BYTES) else { return Parsed::Nothing };
        let mut r = Take { bytes, at: 0 };
        let crc = crc_at(bytes, BATCH_HEADER_BYTES - 4);
        if r.array::<4>() != *BATCH_MAGIC || crc != crc32c::crc32c(&bytes[..BATCH_HEADER_BYTES - 4]) {
            return Parsed::Nothing;
        }
        let version = r.u32();
        if version != FORMAT_VERSION {
            return Parsed::Newer(version);
        }
        let header = BatchHeader {
            key_id: r.u32(),
            count: r.u32(),
            journal: JournalId(r.array()),
            segment: r.u64(),
            epoch: r.u64(),
            batch: r.u64(),
            first_offset: r.u64(),
            durable_batch: r.u64(),
            first_log_time_us: r.u64() as i64,
            last_log_time_us: r.u64() as i64,
            nonce_counter: {
                let nonce: [u8; 12] = r.array();
                let mut low = [0; 8];
                low.copy_from_slice(&nonce[4..]);
                u64::from_le_bytes(low)
            },
            sealed_bytes: r.u32(),
            previous_chain: r.array(),
        };
        Parsed::Valid((header, r.u32()))
    }
}

/// The chain hash after a batch: over the authenticated header (which holds the hash before it) and the
/// ciphertext, never over clear text, so that deleting a key leaves the chain verifiable.
pub(crate) fn chain_hash(authenticated: &[u8], sealed: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(authenticated);
    hasher.update(sealed);
    *hasher.finalize().as_bytes()
}

/// File name of a segment.
pub(crate) fn segment_name(segment: u64) -> String {
    format!("{segment:016}.segment")
}

/// Number of the segment that a file name stands for.
pub(crate) fn segment_number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".segment")?;
    (digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
}

fn crc_at(bytes: &[u8], at: usize) -> u32 {
    Take { bytes, at }.u32()
}

struct Put<'a> {
    out: &'a mut [u8],
    at: usize,
}

impl Put<'_> {
    fn bytes(&mut self, bytes: &[u8]) {
        self.out[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }
}

/// Reads a header whose whole length was checked before.
struct Take<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Take<'_> {
    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        out.copy_from_slice(&self.bytes[self.at..self.at + N]);
        self.at += N;
        out
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn section() -> SectionHeader {
        SectionHeader {
            key_id: 3,
            journal: JournalId([9; 16]),
            segment: 4,
            epoch: 5,
            position: 8192,
            segment_bytes: 65_536,
            first_batch: 77,
            first_offset: 1000,
            previous_chain: [1; 32],
            salt: [2; 32],
            previous_log_time_us: -5,
        }
    }

    fn batch() -> BatchHeader {
        BatchHeader {
            key_id: 3,
            count: 2,
            journal: JournalId([9; 16]),
            segment: 4,
            epoch: 5,
            batch: 78,
            first_offset: 1001,
            durable_batch: 77,
            first_log_time_us: -1,
            last_log_time_us: i64::MAX,
            nonce_counter: 6,
            sealed_bytes: 20,
            previous_chain: [7; 32],
        }
    }

    #[test]
    fn headers_come_back_and_any_flipped_bit_is_seen() {
        let key = MasterKey::new(3, &mut [5; 32]);
        let bytes = section().encode(&key);
        assert!(matches!(SectionHeader::parse(&bytes), Parsed::Valid(h) if h == section()));
        assert!(section().is_authentic(&key, &bytes));
        assert!(!section().is_authentic(&MasterKey::new(3, &mut [6; 32]), &bytes));
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(SectionHeader::parse(&flipped), Parsed::Nothing), "bit {bit}");
        }
        let bytes = BatchHeader::finish(&batch().authenticated(), &[8; 20]);
        let crc = crc32c::crc32c(&[8; 20]);
        assert!(matches!(BatchHeader::parse(&bytes), Parsed::Valid((h, c)) if h == batch() && c == crc));
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(BatchHeader::parse(&flipped), Parsed::Nothing), "bit {bit}");
        }
    }

    #[test]
    fn a_newer_version_with_a_sound_checksum_is_named() {
        let mut bytes = section().encode(&MasterKey::new(3, &mut [5; 32]));
        bytes[8] = 2;
        let crc = crc32c::crc32c(&bytes[..SECTION_CRC_AT]);
        bytes[SECTION_CRC_AT..].copy_from_slice(&crc.to_le_bytes());
        assert!(matches!(SectionHeader::parse(&bytes), Parsed::Newer(2)));
    }

    #[test]
    fn only_whole_names_are_segments() {
        assert_eq!(segment_number(&segment_name(12)), Some(12));
        for name in ["12.segment", "0000000000000012.segment.tmp", "+000000000000012.segment", "spare-1"] {
            assert_eq!(segment_number(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn garbage_is_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(matches!(SectionHeader::parse(&bytes), Parsed::Nothing));
            prop_assert!(matches!(BatchHeader::parse(&bytes), Parsed::Nothing));
        }
    }
}
