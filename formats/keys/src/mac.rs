//! The MAC of UnionPay POS messages ("ECB algorithm") with DES or double-length TDES keys.
//!
//! Source: three public descriptions that agree (e-com-net 1288790201933570048, 51cto 5379715,
//! solo123/pgate), and vectors whose intermediate values were published. The steps: XOR all groups of eight
//! bytes of the input, the last filled with zeros; write the result as 16 hexadecimal characters; encrypt the
//! first eight, XOR with the last eight, encrypt again; field 64 is the first eight hexadecimal characters of
//! that. The input goes from the message type to the last field before 64.

use des::cipher::{Block, BlockCipherEncrypt, KeyInit};
use des::{Des, TdesEde2};
use zeroize::Zeroizing;

/// Why bytes are no key. Never says which bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Neither 8 nor 16 bytes.
    #[error("a MAC key has 8 or 16 bytes, not {0}")]
    Length(usize),
    /// Not hexadecimal.
    #[error("a key is written in hexadecimal")]
    NotHex,
}

/// A MAC key (MAK), single or double length. Wiped when dropped; `Debug` shows stars.
#[derive(Clone)]
pub struct MacKey(Cipher);

#[derive(Clone)]
enum Cipher {
    Single(Box<Des>),
    Double(Box<TdesEde2>),
}

/// The first four bytes of a block of zeros encrypted under a key: tells whether two sides hold the same
/// key, and nothing about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyCheckValue(pub [u8; 4]);

impl std::fmt::Display for KeyCheckValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl MacKey {
    /// From 8 bytes (DES) or 16 (TDES with two keys).
    pub fn from_bytes(key: &[u8]) -> Result<MacKey, KeyError> {
        let wrong = |_| KeyError::Length(key.len());
        match key.len() {
            8 => Des::new_from_slice(key).map(|des| MacKey(Cipher::Single(Box::new(des)))).map_err(wrong),
            16 => TdesEde2::new_from_slice(key)
                .map(|tdes| MacKey(Cipher::Double(Box::new(tdes))))
                .map_err(wrong),
            other => Err(KeyError::Length(other)),
        }
    }

    /// From 16 or 32 hexadecimal characters.
    pub fn from_hex(text: &str) -> Result<MacKey, KeyError> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if !rest.is_empty() {
            return Err(KeyError::NotHex);
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(pairs.len()));
        for [high, low] in pairs {
            let value = |c: u8| char::from(c).to_digit(16).ok_or(KeyError::NotHex);
            // Two hexadecimal digits always fit a byte.
            bytes.push((value(*high)? << 4 | value(*low)?) as u8);
        }
        MacKey::from_bytes(&bytes)
    }

    /// The MAC of the input, as it stands in field 64: eight hexadecimal characters in ASCII.
    pub fn mac(&self, input: &[u8]) -> [u8; 8] {
        let folded = hex_characters(fold(input));
        let (first, last) = (folded[0], folded[1]);
        let once = self.encrypt(first);
        let mut mixed = [0; 8];
        for (out, (a, b)) in mixed.iter_mut().zip(once.iter().zip(last)) {
            *out = a ^ b;
        }
        hex_characters(self.encrypt(mixed))[0]
    }

    /// True if the MAC is that of the input. Takes the same time wherever they differ.
    pub fn verify(&self, input: &[u8], mac: &[u8; 8]) -> bool {
        let right = self.mac(input);
        let difference = right.iter().zip(mac).fold(0, |difference, (a, b)| difference | (a ^ b));
        std::hint::black_box(difference) == 0
    }

    /// The key's check value.
    pub fn check_value(&self) -> KeyCheckValue {
        let [a, b, c, d, ..] = self.encrypt([0; 8]);
        KeyCheckValue([a, b, c, d])
    }

    fn encrypt(&self, block: [u8; 8]) -> [u8; 8] {
        let mut block: Block<Des> = block.into();
        match &self.0 {
            Cipher::Single(des) => des.encrypt_block(&mut block),
            Cipher::Double(tdes) => tdes.encrypt_block(&mut block),
        }
        block.into()
    }
}

impl std::fmt::Debug for MacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MacKey(***)")
    }
}

/// The XOR of all groups of eight bytes, the last filled with zeros.
fn fold(input: &[u8]) -> [u8; 8] {
    let (groups, rest) = input.as_chunks::<8>();
    let mut last = [0; 8];
    for (out, byte) in last.iter_mut().zip(rest) {
        *out = *byte;
    }
    groups.iter().fold(u64::from_be_bytes(last), |all, group| all ^ u64::from_be_bytes(*group)).to_be_bytes()
}

/// Eight bytes as sixteen upper-case hexadecimal characters, in two halves.
fn hex_characters(block: [u8; 8]) -> [[u8; 8]; 2] {
    let mut halves = [[0; 8]; 2];
    for (pair, byte) in halves.as_flattened_mut().chunks_exact_mut(2).zip(block) {
        if let [high, low] = pair {
            (*high, *low) = (hex_character(byte >> 4), hex_character(byte & 15));
        }
    }
    halves
}

fn hex_character(nibble: u8) -> u8 {
    match nibble {
        0..=9 => b'0' + nibble,
        _ => b'A' + nibble - 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn check_values_are_those_of_des_and_tdes() {
        // The well-known values of these test keys.
        let single = MacKey::from_hex("0123456789ABCDEF").expect("a key");
        assert_eq!(single.check_value().to_string(), "D5D44FF7");
        let double = MacKey::from_hex("0123456789ABCDEFFEDCBA9876543210").expect("a key");
        assert_eq!(double.check_value().to_string(), "08D7B4FB");
    }

    #[test]
    fn a_key_is_refused_by_form_and_never_shown() {
        assert_eq!(MacKey::from_bytes(&[1; 24]).err(), Some(KeyError::Length(24)));
        assert_eq!(MacKey::from_bytes(&[]).err(), Some(KeyError::Length(0)));
        assert_eq!(MacKey::from_hex("0123456789ABCDE").err(), Some(KeyError::NotHex));
        assert_eq!(MacKey::from_hex("0123456789ABCDEG").err(), Some(KeyError::NotHex));
        let key = MacKey::from_hex("0123456789ABCDEF").expect("a key");
        assert_eq!(format!("{key:?} {key:#?}"), "MacKey(***) MacKey(***)");
    }

    proptest! {
        #[test]
        fn any_changed_bit_is_noticed(
            input in prop::collection::vec(any::<u8>(), 1..300),
            at in any::<prop::sample::Index>(), bit in 0u8..8, double: bool,
        ) {
            let key = MacKey::from_bytes(&vec![0x5A; if double { 16 } else { 8 }]).expect("a key");
            let mac = key.mac(&input);
            prop_assert!(key.verify(&input, &mac));
            prop_assert!(mac.iter().all(|c| c.is_ascii_digit() || (b'A'..=b'F').contains(c)));
            let mut changed = input.clone();
            let at = at.index(changed.len());
            changed[at] ^= 1 << bit;
            // Equal only if eight characters of two encryptions agree: not within these cases.
            prop_assert!(!key.verify(&changed, &mac));
            let mut other = mac;
            other[at % 8] ^= 1 << bit;
            prop_assert!(!key.verify(&input, &other));
        }
    }
}
