//! MACs by DES in CBC: ISO/IEC 9797-1 algorithm 1 (ANSI X9.9 with one key of eight bytes) and algorithm 3
//! (ANSI X9.19, the "retail MAC").
//!
//! Why it exists: interfaces between institutions, EMV cryptograms and DUKPT messages use them. The result
//! is the whole block of eight bytes; messages carry its first four or all. Comparison takes constant time.

use crate::ciphers::{BlockCipher, TdesKey};
use crate::cmac::begins_with;
use crate::material::KeyError;
use std::borrow::Cow;

/// How the last group is filled (ISO/IEC 9797-1, 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Method 1: zeros, none if the data are whole groups.
    Zeros,
    /// Method 2: a byte 80, then zeros; at least the byte 80.
    OneThenZeros,
}

impl Padding {
    fn fill(self, data: &[u8]) -> Cow<'_, [u8]> {
        match self {
            // CBC fills a last part of a block with zeros by itself.
            Padding::Zeros => Cow::Borrowed(data),
            Padding::OneThenZeros => Cow::Owned([data, &[0x80]].concat()),
        }
    }
}

impl TdesKey {
    /// Algorithm 1: the last block of CBC with this key, single or longer.
    pub fn cbc_mac(&self, data: &[u8], padding: Padding) -> [u8; 8] {
        self.chain(&padding.fill(data))
    }
}

/// A key of algorithm 3: CBC with its first half, then the last block deciphered with its second half and
/// enciphered with its first. Wiped when dropped; `Debug` shows stars.
#[derive(Clone, Debug)]
pub struct RetailMacKey {
    first: TdesKey,
    second: TdesKey,
}

impl RetailMacKey {
    /// From 16 bytes.
    pub fn new(key: &[u8]) -> Result<RetailMacKey, KeyError> {
        let Some((first, second)) = key.split_at_checked(8).filter(|_| key.len() == 16) else {
            return Err(KeyError::Length(key.len()));
        };
        Ok(RetailMacKey { first: TdesKey::new(first)?, second: TdesKey::new(second)? })
    }

    /// The MAC, all eight bytes.
    pub fn mac(&self, data: &[u8], padding: Padding) -> [u8; 8] {
        let chained = self.first.cbc_mac(data, padding);
        self.first.encrypt(self.second.decrypt(chained))
    }

    /// True if the MAC, whole or cut to no less than four bytes, is that of the data.
    pub fn verify(&self, data: &[u8], padding: Padding, mac: &[u8]) -> bool {
        begins_with(&self.mac(data, padding), mac)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_has_two_halves_and_is_never_shown() {
        for length in [0, 8, 15, 24] {
            assert_eq!(RetailMacKey::new(&vec![1; length]).err(), Some(KeyError::Length(length)));
        }
        let key = RetailMacKey::new(&[0x41; 16]).expect("a key");
        assert_eq!(format!("{key:?}"), "RetailMacKey { first: TdesKey(***), second: TdesKey(***) }");
    }

    #[test]
    fn with_equal_halves_it_is_algorithm_1() {
        let (key, half) =
            (RetailMacKey::new(&[0x41; 16]).expect("a key"), TdesKey::new(&[0x41; 8]).expect("a key"));
        for padding in [Padding::Zeros, Padding::OneThenZeros] {
            assert_eq!(key.mac(b"some text", padding), half.cbc_mac(b"some text", padding));
        }
        // Method 1 doesn't tell trailing zeros from none; method 2 does.
        let macs = |padding| (half.cbc_mac(b"a", padding), half.cbc_mac(b"a\0", padding));
        let (one, other) = macs(Padding::Zeros);
        assert_eq!(one, other);
        let (one, other) = macs(Padding::OneThenZeros);
        assert_ne!(one, other);
    }

    proptest! {
        #[test]
        fn any_changed_bit_is_noticed(
            data in prop::collection::vec(any::<u8>(), 1..300), whole: bool, zeros: bool,
            at in any::<prop::sample::Index>(), bit in 0u8..8,
        ) {
            let padding = if zeros { Padding::Zeros } else { Padding::OneThenZeros };
            let key = RetailMacKey::new(b"0123456789ABCDEF").expect("a key");
            let mac = key.mac(&data, padding);
            let mut mac = mac[..if whole { 8 } else { 4 }].to_vec();
            prop_assert!(key.verify(&data, padding, &mac));
            let mut changed = data.clone();
            let at = at.index(changed.len());
            changed[at] ^= 1 << bit;
            prop_assert!(!key.verify(&changed, padding, &mac));
            let at = at % mac.len();
            mac[at] ^= 1 << bit;
            prop_assert!(!key.verify(&data, padding, &mac));
        }
    }
}
