//! The bytes of a key, and why bytes are none.
//!
//! Why it exists: every algorithm here takes and gives keys, and a key must not reach a log, a panic message
//! or a swap file by accident: [`KeyBytes`] shows stars, compares in constant time and wipes itself. Only
//! [`KeyBytes::expose`] gives the bytes, so that a search for that word finds every place that sees one.

use zeroize::Zeroizing;

/// Why bytes are no key. Never says which bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A length that the algorithm has no key of.
    #[error("a key of {0} bytes doesn't fit the algorithm")]
    Length(usize),
    /// Not hexadecimal.
    #[error("a key is written in hexadecimal")]
    NotHex,
    /// A card number that is not 1 to 19 digits, or a sequence number above 99.
    #[error("a card number has up to 19 digits, its sequence number two")]
    NotACard,
}

/// The bytes of a key. Wiped when dropped; `Debug` shows stars; equality takes the same time wherever two
/// keys of one length differ.
#[derive(Clone)]
pub struct KeyBytes(Zeroizing<Vec<u8>>);

impl KeyBytes {
    /// A copy of bytes that are wiped by their owner.
    pub fn new(bytes: &[u8]) -> KeyBytes {
        KeyBytes(Zeroizing::new(bytes.to_vec()))
    }

    /// From pairs of hexadecimal characters.
    pub fn from_hex(text: &str) -> Result<KeyBytes, KeyError> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if !rest.is_empty() {
            return Err(KeyError::NotHex);
        }
        // Of the final size from the beginning: a vector that grows leaves its bytes behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(pairs.len()));
        for [high, low] in pairs {
            bytes.push(nibble(*high)? << 4 | nibble(*low)?);
        }
        Ok(KeyBytes(bytes))
    }

    /// The clear bytes. Whoever asks must wipe what it copies and print none of it.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Number of bytes.
    #[expect(clippy::len_without_is_empty, reason = "nobody asks whether a key is empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The same key with odd parity in each byte, as DES keys are written. DES ignores the parity bits.
    pub fn with_odd_parity(&self) -> KeyBytes {
        KeyBytes(Zeroizing::new(
            self.0.iter().map(|byte| byte ^ u8::from(byte.count_ones() % 2 == 0)).collect(),
        ))
    }

    /// The key XOR a mask that is repeated over its length: a key variant.
    pub(crate) fn masked(&self, mask: &[u8]) -> KeyBytes {
        KeyBytes(Zeroizing::new(
            self.0.iter().zip(mask.iter().cycle()).map(|(key, mask)| key ^ mask).collect(),
        ))
    }

    /// Two parts of a key, one behind the other.
    pub(crate) fn joined(left: &[u8], right: &[u8]) -> KeyBytes {
        let mut bytes = Zeroizing::new(Vec::with_capacity(left.len() + right.len()));
        bytes.extend_from_slice(left);
        bytes.extend_from_slice(right);
        KeyBytes(bytes)
    }
}

impl PartialEq for KeyBytes {
    fn eq(&self, other: &KeyBytes) -> bool {
        same_bytes(&self.0, &other.0)
    }
}

impl Eq for KeyBytes {}

impl std::fmt::Debug for KeyBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyBytes(***)")
    }
}

/// Whether two byte strings are equal, in a time that depends on their length alone.
pub(crate) fn same_bytes(ours: &[u8], theirs: &[u8]) -> bool {
    let difference = ours.iter().zip(theirs).fold(0, |difference, (a, b)| difference | (a ^ b));
    ours.len() == theirs.len() && std::hint::black_box(difference) == 0
}

/// The value of one hexadecimal character.
pub(crate) fn nibble(character: u8) -> Result<u8, KeyError> {
    match character {
        b'0'..=b'9' => Ok(character - b'0'),
        b'a'..=b'f' => Ok(character - b'a' + 10),
        b'A'..=b'F' => Ok(character - b'A' + 10),
        _ => Err(KeyError::NotHex),
    }
}

/// A nibble as an upper-case hexadecimal character.
pub(crate) fn hex_character(nibble: u8) -> u8 {
    match nibble {
        0..=9 => b'0' + nibble,
        _ => b'A' + nibble - 10,
    }
}

/// Bytes as twice as many upper-case hexadecimal characters; `OUT` must be twice `IN`.
pub(crate) fn hex_characters<const IN: usize, const OUT: usize>(bytes: [u8; IN]) -> [u8; OUT] {
    const { assert!(OUT == 2 * IN) };
    let mut out = [0; OUT];
    for ([high, low], byte) in out.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        (*high, *low) = (hex_character(byte >> 4), hex_character(byte & 15));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_shown_as_stars_and_compared() {
        let key = KeyBytes::from_hex("0123456789abCDEF").expect("a key");
        assert_eq!(key.expose(), [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF]);
        assert_eq!(format!("{key:?} {key:#?}"), "KeyBytes(***) KeyBytes(***)");
        assert_eq!(key, KeyBytes::new(&[0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF]));
        assert_ne!(key, KeyBytes::new(&[0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEE]));
        assert_ne!(key, KeyBytes::new(&[0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD]));
        assert_eq!(KeyBytes::from_hex("012").err(), Some(KeyError::NotHex));
        assert_eq!(KeyBytes::from_hex("0G").err(), Some(KeyError::NotHex));
        assert_eq!(KeyBytes::from_hex("0é").err(), Some(KeyError::NotHex));
    }

    #[test]
    fn parity_becomes_odd_and_stays() {
        let odd = KeyBytes::new(&[0x00, 0x01, 0xFE, 0xFF]).with_odd_parity();
        assert_eq!(odd.expose(), [0x01, 0x01, 0xFE, 0xFE]);
        assert_eq!(odd.with_odd_parity(), odd);
    }
}
