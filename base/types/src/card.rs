//! Card numbers: the clear one ([`Pan`]), which lives only while a message is decoded, and what may be
//! kept of it ([`Card`]).
//!
//! Invariant I2: a clear number never leaves this module except into the key of a hash.

use serde::{Serialize, Serializer};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Why digits are not a card number. Says nothing about which digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanError {
    /// Fewer than 12 or more than 19 digits (ISO/IEC 7812-1: at most 19).
    Length(usize),
    /// Something that is not a decimal digit, at this place.
    NotADigit(usize),
}

/// A clear primary account number of 12 to 19 digits. Can't be printed, compared or cloned; overwritten
/// with zeros when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Pan {
    digits: [u8; 19],
    length: u8,
}

impl Pan {
    /// A card number from ASCII digits.
    ///
    /// # Errors
    /// If the length or a character is not that of a card number.
    pub fn from_ascii(digits: &[u8]) -> Result<Pan, PanError> {
        if !(12..=19).contains(&digits.len()) {
            return Err(PanError::Length(digits.len()));
        }
        if let Some(place) = digits.iter().position(|d| !d.is_ascii_digit()) {
            return Err(PanError::NotADigit(place));
        }
        let mut pan = Pan { digits: [0; 19], length: digits.len() as u8 };
        pan.digits[..digits.len()].copy_from_slice(digits);
        Ok(pan)
    }

    /// True if the check digit is right (ISO/IEC 7812-1 annex B). Some real cards fail it, so it is a
    /// hint, not a condition.
    pub fn passes_luhn(&self) -> bool {
        luhn(self.clear())
    }

    /// First six and last four digits: what people may see.
    pub fn masked(&self) -> MaskedPan {
        MaskedPan {
            bin: number(&self.clear()[..6]),
            last4: number(&self.clear()[self.clear().len() - 4..]) as u16,
            length: self.length,
        }
    }

    fn clear(&self) -> &[u8] {
        &self.digits[..usize::from(self.length)]
    }
}

impl std::fmt::Debug for Pan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pan(***)")
    }
}

/// The check of ISO/IEC 7812-1 annex B over ASCII digits.
pub(crate) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| {
            let digit = u32::from(d.wrapping_sub(b'0'));
            match i % 2 {
                0 => digit,
                _ => digit * 2 - if digit > 4 { 9 } else { 0 },
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |n, d| n * 10 + u32::from(d.wrapping_sub(b'0')))
}

/// First six and last four digits of a card number and its length (PCI DSS 3.4.1). Prints as
/// `622424******0009`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MaskedPan {
    /// The first six digits.
    pub bin: u32,
    /// The last four digits.
    pub last4: u16,
    /// The number of digits.
    pub length: u8,
}

impl std::fmt::Display for MaskedPan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let stars = usize::from(self.length.clamp(10, 19)) - 10;
        write!(f, "{:06}{}{:04}", self.bin, "*".repeat(stars), self.last4)
    }
}

/// A card's stand-in everywhere behind the door: 128 bits of a keyed hash of the number, per tenant.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PanToken(pub [u8; 16]);

impl std::fmt::Display for PanToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl std::fmt::Debug for PanToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PanToken({self})")
    }
}

impl Serialize for PanToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// All that is kept of a card number. What detectors need beyond the token is made here, while the
/// number is at hand, since it can't be made later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Card {
    /// The stand-in for the whole number.
    pub token: PanToken,
    /// Which key made the token.
    pub key_id: u16,
    /// What people may see.
    pub masked: MaskedPan,
    /// Keyed hash of the first twelve digits: cards of one batch share it.
    pub first12: u64,
    /// Keyed hash of the number without its last four digits: neighbours of one sequence share it.
    pub stem: u64,
}

/// The key under which card numbers of one tenant become tokens.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct TokenKey {
    #[zeroize(skip)]
    id: u16,
    key: [u8; 32],
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenKey({}, ***)", self.id)
    }
}

impl TokenKey {
    /// The token key of a tenant, derived from the installation's secret.
    pub fn derive(secret: &[u8; 32], tenant: crate::TenantId, id: u16) -> TokenKey {
        let mut material = [0_u8; 36];
        material[..32].copy_from_slice(secret);
        material[32..34].copy_from_slice(&tenant.0.to_le_bytes());
        material[34..].copy_from_slice(&id.to_le_bytes());
        let key = blake3::derive_key("tillguard 2026 card token", &material);
        material.zeroize();
        TokenKey { id, key }
    }

    /// What is kept of a card number.
    pub fn card(&self, pan: &Pan) -> Card {
        let digits = pan.clear();
        let mut token = [0_u8; 16];
        token.copy_from_slice(&self.hash(b'T', digits).as_bytes()[..16]);
        Card {
            token: PanToken(token),
            key_id: self.id,
            masked: pan.masked(),
            first12: first_u64(&self.hash(b'P', &digits[..12])),
            stem: first_u64(&self.hash(b'S', &digits[..digits.len() - 4])),
        }
    }

    /// A keyed hash of a whole frame: finds exact repeats, names an undecodable frame, tells nothing of
    /// its content.
    pub fn frame_hash(&self, frame: &[u8]) -> u64 {
        first_u64(&self.hash(b'F', frame))
    }

    fn hash(&self, purpose: u8, input: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&[purpose]);
        hasher.update(input);
        let hash = hasher.finalize();
        hasher.zeroize();
        hash
    }
}

/// A keyed 64-bit hash for tables that an attacker may try to fill with colliding keys.
pub fn keyed_hash_u64(key: &[u8; 32], input: &[u8]) -> u64 {
    first_u64(&blake3::keyed_hash(key, input))
}

fn first_u64(hash: &blake3::Hash) -> u64 {
    let mut word = [0_u8; 8];
    word.copy_from_slice(&hash.as_bytes()[..8]);
    u64::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TenantId;

    // 4111111111111111 is a published test number (see data/test-ranges.csv).
    const NUMBER: &[u8] = b"4111111111111111";

    fn pan(digits: &[u8]) -> Pan {
        Pan::from_ascii(digits).expect("a card number")
    }

    #[test]
    fn a_clear_number_does_not_print() {
        assert_eq!(format!("{:?}", pan(NUMBER)), "Pan(***)");
        assert_eq!(pan(NUMBER).masked().to_string(), "411111******1111");
    }

    #[test]
    fn errors_name_the_place_not_the_digits() {
        assert_eq!(Pan::from_ascii(b"41111111111x1111").err(), Some(PanError::NotADigit(11)));
        assert_eq!(Pan::from_ascii(b"41111").err(), Some(PanError::Length(5)));
    }

    #[test]
    fn luhn_finds_a_changed_digit() {
        assert!(pan(NUMBER).passes_luhn());
        assert!(!pan(b"4111111111111112").passes_luhn());
    }

    #[test]
    fn tokens_differ_by_tenant_key_and_number_and_share_what_they_should() {
        let key = |t, id| TokenKey::derive(&[7; 32], TenantId(t), id);
        let one = key(0, 1).card(&pan(NUMBER));
        assert_eq!(one, key(0, 1).card(&pan(NUMBER)));
        assert_ne!(one.token, key(1, 1).card(&pan(NUMBER)).token);
        assert_ne!(one.token, key(0, 2).card(&pan(NUMBER)).token);
        let neighbour = key(0, 1).card(&pan(b"4111111111110000"));
        assert_ne!(one.token, neighbour.token);
        assert_eq!((one.first12, one.stem), (neighbour.first12, neighbour.stem));
    }
}
