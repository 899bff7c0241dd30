//! CMAC (NIST SP 800-38B, ISO/IEC 9797-1 algorithm 5) over AES and triple DES.
//!
//! Why it exists: newer terminals and hosts authenticate messages with AES-CMAC, and key blocks of both
//! ciphers are derived and authenticated with it. Comparison takes constant time.

use crate::ciphers::{AesKey, AesSchedule, TdesKey, TdesSchedule};
use crate::material::same_bytes;
use ::cmac::block_api::CmacCipher;
use ::cmac::digest::InnerInit;
use ::cmac::{Cmac, Mac};

impl AesKey {
    /// The CMAC of data, all 16 bytes. Messages often carry the first eight or four.
    pub fn cmac(&self, data: &[u8]) -> [u8; 16] {
        match &self.0 {
            AesSchedule::Aes128(cipher) => cmac(&**cipher, data).into(),
            AesSchedule::Aes192(cipher) => cmac(&**cipher, data).into(),
            AesSchedule::Aes256(cipher) => cmac(&**cipher, data).into(),
        }
    }

    /// True if the MAC, whole or cut to no less than four bytes, is that of the data.
    pub fn verify_cmac(&self, data: &[u8], mac: &[u8]) -> bool {
        begins_with(&self.cmac(data), mac)
    }
}

impl TdesKey {
    /// The CMAC of data, all eight bytes.
    pub fn cmac(&self, data: &[u8]) -> [u8; 8] {
        match &self.0 {
            TdesSchedule::Single(cipher) => cmac(&**cipher, data).into(),
            TdesSchedule::Double(cipher) => cmac(&**cipher, data).into(),
            TdesSchedule::Triple(cipher) => cmac(&**cipher, data).into(),
        }
    }
}

/// True if the MAC as received is the beginning of the right one and long enough to mean something: four
/// bytes at least (ISO 8583 and EMV carry no shorter ones).
pub(crate) fn begins_with(right: &[u8], received: &[u8]) -> bool {
    received.len() >= 4 && right.get(..received.len()).is_some_and(|right| same_bytes(right, received))
}

fn cmac<C: CmacCipher + Clone>(cipher: &C, data: &[u8]) -> ::cmac::digest::Output<Cmac<C>> {
    Cmac::inner_init(cipher.clone()).chain_update(data).finalize().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_changed_bit_is_noticed(
            data in prop::collection::vec(any::<u8>(), 1..300), length in 4usize..=16,
            at in any::<prop::sample::Index>(), bit in 0u8..8,
        ) {
            let key = AesKey::new(&[0x5A; 32]).expect("a key");
            let mut mac = key.cmac(&data)[..length].to_vec();
            prop_assert!(key.verify_cmac(&data, &mac));
            prop_assert!(!key.verify_cmac(&data, &mac[..3]));
            let mut changed = data.clone();
            let at = at.index(changed.len());
            changed[at] ^= 1 << bit;
            prop_assert!(!key.verify_cmac(&changed, &mac));
            mac[at % length] ^= 1 << bit;
            prop_assert!(!key.verify_cmac(&data, &mac));
        }
    }

    #[test]
    fn a_mac_longer_than_the_right_one_is_wrong() {
        let key = AesKey::new(&[0x5A; 16]).expect("a key");
        let mut mac = key.cmac(b"text").to_vec();
        mac.push(0);
        assert!(!key.verify_cmac(b"text", &mac));
    }
}
