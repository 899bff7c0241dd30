//! The MAC of UnionPay POS messages in its SM4 form, and SM4 in CBC as a MAC.
//!
//! Source: CSDN 139765880 (steps) and CSDN 115071206 (an XOR result). The steps are those of the DES form
//! with groups of 16 bytes: XOR all groups, the last filled with zeros; write the result as 32 hexadecimal
//! characters; encipher the first sixteen, XOR with the last sixteen, encipher again. The public sources
//! differ in what field 64 takes of the result: its first eight bytes, or (as in the DES form) its first
//! eight hexadecimal characters. Until the specification tells, both are computed and either is accepted;
//! whoever verifies learns which.

use crate::check_value::KeyCheckValue;
use crate::ciphers::{BlockCipher, Sm4Key, fold, xor};
use crate::material::{KeyError, hex_characters, same_bytes};

/// A MAC key (MAK) for SM4. Wiped when dropped; `Debug` shows stars.
#[derive(Clone)]
pub struct Sm4MacKey(Sm4Key);

/// What field 64 holds of an SM4 MAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sm4MacForm {
    /// The first eight bytes of the last block.
    FirstEightBytes,
    /// The first four bytes of the last block, as eight hexadecimal characters.
    EightCharacters,
}

/// The MAC in both forms and the steps between, for comparing with another implementation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sm4Mac {
    /// The XOR of all groups of 16 bytes.
    pub folded: [u8; 16],
    /// The result of the second encryption.
    pub last_block: [u8; 16],
}

impl Sm4Mac {
    /// Field 64 in one form.
    pub fn field(&self, form: Sm4MacForm) -> [u8; 8] {
        let [a, b, c, d, e, f, g, h, ..] = self.last_block;
        match form {
            Sm4MacForm::FirstEightBytes => [a, b, c, d, e, f, g, h],
            Sm4MacForm::EightCharacters => hex_characters([a, b, c, d]),
        }
    }
}

impl Sm4MacKey {
    /// From 16 bytes.
    pub fn from_bytes(key: &[u8]) -> Result<Sm4MacKey, KeyError> {
        Sm4Key::new(key).map(Sm4MacKey)
    }

    /// From 32 hexadecimal characters.
    pub fn from_hex(text: &str) -> Result<Sm4MacKey, KeyError> {
        Sm4Key::from_hex(text).map(Sm4MacKey)
    }

    /// The MAC of the input: from the message type to the last field before 64.
    pub fn mac(&self, input: &[u8]) -> Sm4Mac {
        let folded = fold::<16>(input);
        let [first, last] = halves(hex_characters(folded));
        let once = self.0.encrypt(first);
        Sm4Mac { folded, last_block: self.0.encrypt(xor(once, &last)) }
    }

    /// The form in which the MAC is that of the input, or `None` if it is in neither. Compares both forms
    /// whole, so that the time tells nothing of where they differ.
    pub fn verify(&self, input: &[u8], mac: &[u8; 8]) -> Option<Sm4MacForm> {
        let right = self.mac(input);
        let bytes = same_bytes(&right.field(Sm4MacForm::FirstEightBytes), mac);
        let characters = same_bytes(&right.field(Sm4MacForm::EightCharacters), mac);
        match (bytes, characters) {
            (true, _) => Some(Sm4MacForm::FirstEightBytes),
            (_, true) => Some(Sm4MacForm::EightCharacters),
            _ => None,
        }
    }

    /// The key's check value.
    pub fn check_value(&self) -> KeyCheckValue {
        self.0.check_value()
    }
}

impl std::fmt::Debug for Sm4MacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sm4MacKey(***)")
    }
}

impl Sm4Key {
    /// The last block of CBC over the data (ISO/IEC 9797-1 algorithm 1, padding method 1).
    pub fn cbc_mac(&self, data: &[u8]) -> [u8; 16] {
        self.chain(data)
    }
}

fn halves(characters: [u8; 32]) -> [[u8; 16]; 2] {
    let mut halves = [[0; 16]; 2];
    for (half, part) in halves.iter_mut().zip(characters.as_chunks::<16>().0) {
        *half = *part;
    }
    halves
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_key_is_never_shown() {
        let key = Sm4MacKey::from_bytes(&[0x41; 16]).expect("a key");
        assert_eq!(format!("{key:?}"), "Sm4MacKey(***)");
        assert_eq!(Sm4MacKey::from_bytes(&[0x41; 8]).err(), Some(KeyError::Length(8)));
    }

    proptest! {
        #[test]
        fn both_forms_verify_and_any_changed_bit_is_noticed(
            input in prop::collection::vec(any::<u8>(), 1..300),
            at in any::<prop::sample::Index>(), bit in 0u8..8,
        ) {
            let key = Sm4MacKey::from_bytes(&[0x5A; 16]).expect("a key");
            let mut changed = input.clone();
            let at = at.index(changed.len());
            changed[at] ^= 1 << bit;
            for form in [Sm4MacForm::FirstEightBytes, Sm4MacForm::EightCharacters] {
                let mac = key.mac(&input).field(form);
                prop_assert_eq!(key.verify(&input, &mac), Some(form));
                prop_assert_eq!(key.verify(&changed, &mac), None);
                let mut other = mac;
                other[at % 8] ^= 1 << bit;
                prop_assert_eq!(key.verify(&input, &other), None);
            }
        }
    }
}
