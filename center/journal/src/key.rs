//! The master key and what is derived from it.
//!
//! Why it exists: every section of the journal and every snapshot is encrypted under a key of its own,
//! derived from the master key and a random salt, so that no two messages ever share a key and a nonce:
//! not after a crash, not in a recycled file, not when a copied folder is continued twice. Key material
//! must never be printed.

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

pub(crate) const TAG_BYTES: usize = 16;

/// Names one journal; made at its creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalId(pub [u8; 16]);

impl fmt::Display for JournalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// The key of a data folder, with the id under which its envelopes name it.
pub struct MasterKey {
    id: u32,
    secret: Zeroizing<[u8; 32]>,
}

impl MasterKey {
    /// A key of 32 bytes; the caller's copy is overwritten.
    pub fn new(id: u32, secret: &mut [u8; 32]) -> MasterKey {
        let key = MasterKey { id, secret: Zeroizing::new(*secret) };
        secret.zeroize();
        key
    }

    /// The id that envelopes name.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Eight bytes in hex that tell keys apart and tell nothing about the key.
    pub(crate) fn check_value(&self, journal: JournalId) -> String {
        let full = self.derive("tillguard journal 2025 key check", &[&journal.0]);
        hex(&full[..8])
    }

    /// The cipher of one section: its salt is fresh, the rest ties it to its place.
    pub(crate) fn section_cipher(
        &self,
        journal: JournalId,
        segment: u64,
        epoch: u64,
        position: u64,
        salt: &[u8; 32],
    ) -> Cipher {
        let place = [segment.to_le_bytes(), epoch.to_le_bytes(), position.to_le_bytes()].concat();
        self.cipher("tillguard journal 2025 section", &[&journal.0, &place, salt])
    }

    /// The cipher of one snapshot.
    pub(crate) fn snapshot_cipher(&self, journal: JournalId, cut: u64, salt: &[u8; 32]) -> Cipher {
        self.cipher("tillguard journal 2025 snapshot", &[&journal.0, &cut.to_le_bytes(), salt])
    }

    /// Proves that a section header was written by somebody with the key.
    pub(crate) fn header_mac(&self, header: &[u8]) -> [u8; 32] {
        let key = self.derive("tillguard journal 2025 header mac", &[]);
        *blake3::keyed_hash(&key, header).as_bytes()
    }

    fn cipher(&self, context: &str, parts: &[&[u8]]) -> Cipher {
        let key = self.derive(context, parts);
        Cipher { aes: Box::new(Aes256Gcm::new((&*key).into())) }
    }

    fn derive(&self, context: &str, parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut hasher = blake3::Hasher::new_derive_key(context);
        hasher.update(&*self.secret);
        for part in parts {
            hasher.update(part);
        }
        let key = Zeroizing::new(*hasher.finalize().as_bytes());
        hasher.zeroize();
        key
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey {{ id: {}, secret: *** }}", self.id)
    }
}

/// AES-256-GCM under one derived key. The nonce is a counter that its owner never repeats.
pub(crate) struct Cipher {
    aes: Box<Aes256Gcm>,
}

impl Cipher {
    /// Encrypts in place and gives the tag.
    pub(crate) fn seal(&self, counter: u64, header: &[u8], text: &mut [u8]) -> [u8; TAG_BYTES] {
        let tag = self
            .aes
            .encrypt_inout_detached(&nonce(counter).into(), header, InOutBuf::from(text))
            .expect("a batch is far below the 64 GiB limit of GCM");
        tag.into()
    }

    /// Decrypts in place; false, and the text is worthless, if anything was changed.
    pub(crate) fn open(&self, counter: u64, header: &[u8], text: &mut [u8], tag: &[u8; TAG_BYTES]) -> bool {
        let nonce = nonce(counter).into();
        self.aes.decrypt_inout_detached(&nonce, header, InOutBuf::from(text), &(*tag).into()).is_ok()
    }
}

/// 96 bits: four zero bytes and the counter.
pub(crate) fn nonce(counter: u64) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&counter.to_le_bytes());
    nonce
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_key_and_the_callers_copy_is_gone() {
        let mut secret = [0xAB; 32];
        let key = MasterKey::new(7, &mut secret);
        assert_eq!(format!("{key:?}"), "MasterKey { id: 7, secret: *** }");
        assert_eq!(secret, [0; 32]);
    }

    #[test]
    fn another_place_or_salt_is_another_key() {
        let key = MasterKey::new(1, &mut [1; 32]);
        let id = JournalId([2; 16]);
        let seal = |segment, epoch, position, salt: u8| {
            let mut text = *b"the same text";
            key.section_cipher(id, segment, epoch, position, &[salt; 32]).seal(0, b"", &mut text);
            text
        };
        let base = seal(1, 1, 0, 1);
        for other in [seal(2, 1, 0, 1), seal(1, 2, 0, 1), seal(1, 1, 4096, 1), seal(1, 1, 0, 2)] {
            assert_ne!(base, other);
        }
    }
}
