//! The MAC of UnionPay POS messages ("ECB algorithm") with DES or double-length TDES keys.
//!
//! Source: three public descriptions that agree (e-com-net 1288790201933570048, 51cto 5379715,
//! solo123/pgate), and vectors whose intermediate values were published. The steps: XOR all groups of eight
//! bytes of the input, the last filled with zeros; write the result as 16 hexadecimal characters; encrypt the
//! first eight, XOR with the last eight, encrypt again; field 64 is the first eight hexadecimal characters of
//! that. The input goes from the message type to the last field before 64.

use crate::check_value::KeyCheckValue;
use crate::ciphers::{BlockCipher, TdesKey, fold, xor};
use crate::material::{KeyBytes, KeyError, hex_characters, same_bytes};

/// A MAC key (MAK), single or double length. Wiped when dropped; `Debug` shows stars.
#[derive(Clone)]
pub struct MacKey(TdesKey);

impl MacKey {
    /// From 8 bytes (DES) or 16 (TDES with two keys).
    pub fn from_bytes(key: &[u8]) -> Result<MacKey, KeyError> {
        match key.len() {
            8 | 16 => TdesKey::new(key).map(MacKey),
            other => Err(KeyError::Length(other)),
        }
    }

    /// From 16 or 32 hexadecimal characters.
    pub fn from_hex(text: &str) -> Result<MacKey, KeyError> {
        MacKey::from_bytes(KeyBytes::from_hex(text)?.expose())
    }

    /// The MAC of the input, as it stands in field 64: eight hexadecimal characters in ASCII.
    pub fn mac(&self, input: &[u8]) -> [u8; 8] {
        let folded: [u8; 16] = hex_characters(fold::<8>(input));
        let [first, last] = halves(folded);
        let once = self.0.encrypt(first);
        let [mac, _] = halves(hex_characters(self.0.encrypt(xor(once, &last))));
        mac
    }

    /// True if the MAC is that of the input. Takes the same time wherever they differ.
    pub fn verify(&self, input: &[u8], mac: &[u8; 8]) -> bool {
        same_bytes(&self.mac(input), mac)
    }

    /// The key's check value.
    pub fn check_value(&self) -> KeyCheckValue {
        self.0.check_value()
    }
}

impl std::fmt::Debug for MacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MacKey(***)")
    }
}

fn halves(characters: [u8; 16]) -> [[u8; 8]; 2] {
    let value = u128::from_be_bytes(characters);
    [((value >> 64) as u64).to_be_bytes(), (value as u64).to_be_bytes()]
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
