//! Key check values: a few bytes that tell whether two sides hold the same key, and nothing about it.
//!
//! Why it exists: after a key is loaded, both sides read the check value to each other; a mismatch is the
//! cause of many a terminal that stops paying. Two ways are in use: the first bytes of a block of zeros
//! enciphered (DES, triple DES, SM4, and AES in older systems), and the first bytes of the CMAC over a block
//! of zeros (AES by ANSI X9.24-1:2017, Annex A).

use crate::ciphers::{AesKey, BlockCipher, Sm4Key, TdesKey};

/// The first four bytes of a check value. Systems that give three, two or more compare as many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyCheckValue(pub [u8; 4]);

impl KeyCheckValue {
    fn of<const SIZE: usize>(block: [u8; SIZE]) -> KeyCheckValue {
        KeyCheckValue(std::array::from_fn(|at| block[at]))
    }
}

impl std::fmt::Display for KeyCheckValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl TdesKey {
    /// The block of zeros enciphered.
    pub fn check_value(&self) -> KeyCheckValue {
        KeyCheckValue::of(self.encrypt([0; 8]))
    }
}

impl Sm4Key {
    /// The block of zeros enciphered.
    pub fn check_value(&self) -> KeyCheckValue {
        KeyCheckValue::of(self.encrypt([0; 16]))
    }
}

impl AesKey {
    /// The CMAC of a block of zeros, as ANSI X9.24-1:2017 wants it.
    pub fn check_value(&self) -> KeyCheckValue {
        KeyCheckValue::of(self.cmac(&[0; 16]))
    }

    /// The block of zeros enciphered, as older systems have it.
    pub fn check_value_by_encryption(&self) -> KeyCheckValue {
        KeyCheckValue::of(self.encrypt([0; 16]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::material::KeyBytes;

    fn key(hex: &str) -> KeyBytes {
        KeyBytes::from_hex(hex).expect("a key")
    }

    #[test]
    fn check_values_are_the_published_ones() {
        // The well-known values of these test keys.
        let single = TdesKey::new(key("0123456789ABCDEF").expose()).expect("a key");
        assert_eq!(single.check_value().to_string(), "D5D44FF7");
        let double = TdesKey::new(key("0123456789ABCDEFFEDCBA9876543210").expose()).expect("a key");
        assert_eq!(double.check_value().to_string(), "08D7B4FB");
        // ANSI X9.143:2021, 8.1: by CMAC, begins 08793E25AB (row cry-077 of the shared vectors).
        let aes = AesKey::new(key("3F419E1CB7079442AA37474C2EFBF8B8").expose()).expect("a key");
        assert_eq!(aes.check_value().to_string(), "08793E25");
        // NIST SP 800-38B, D.1: AES-128 of a block of zeros.
        let aes = AesKey::new(key("2B7E151628AED2A6ABF7158809CF4F3C").expose()).expect("a key");
        assert_eq!(aes.check_value_by_encryption().to_string(), "7DF76B0C");
    }
}
