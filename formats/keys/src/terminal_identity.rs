//! The ciphertext by which a terminal in China shows that its serial number is its own: field 59, usage A2.
//!
//! Why it exists: a copied terminal can repeat a serial number (TUSN: manufacturer 6, device type 2, serial)
//! but not the ciphertext over a changing factor (the last six digits of the card number or payment code)
//! without the serial key. The ciphertext is eight hexadecimal characters: the UnionPay SM4 MAC of serial and
//! factor under the serial key. Source: firmware and a reference program in public code; no official vector
//! with a known key was found, so a mismatch is a reason to look, never a proof of fraud; and a match is no
//! proof of honesty, since field keys have been seen hard-coded. Which serial is meant differs: one firmware
//! takes the part behind manufacturer and type, others the whole TUSN; both are tried.

use crate::material::{KeyError, same_bytes};
use crate::sm4_mac::{Sm4MacForm, Sm4MacKey};

/// The key that belongs to one serial number. Wiped when dropped; `Debug` shows stars.
#[derive(Clone, Debug)]
pub struct SerialKey(Sm4MacKey);

/// Which serial number a ciphertext was made over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SerialForm {
    /// The whole TUSN.
    Whole,
    /// The part behind manufacturer (6) and device type (2).
    Short,
}

impl SerialKey {
    /// From 16 bytes.
    pub fn from_bytes(key: &[u8]) -> Result<SerialKey, KeyError> {
        Sm4MacKey::from_bytes(key).map(SerialKey)
    }

    /// From 32 hexadecimal characters.
    pub fn from_hex(text: &str) -> Result<SerialKey, KeyError> {
        Sm4MacKey::from_hex(text).map(SerialKey)
    }

    /// The ciphertext over a serial number and a factor as they stand in field 59, in characters.
    pub fn ciphertext(&self, serial: &[u8], factor: &[u8]) -> [u8; 8] {
        self.0.mac(&[serial, factor].concat()).field(Sm4MacForm::EightCharacters)
    }

    /// Over which form of the TUSN the ciphertext was made, or `None` if over neither with this key.
    pub fn verify(&self, identity: &TerminalIdentity<'_>) -> Option<SerialForm> {
        let received = identity.ciphertext.to_ascii_uppercase();
        let right = |serial: &str| {
            let ours = self.ciphertext(serial.as_bytes(), identity.factor.as_bytes());
            same_bytes(&ours, received.as_bytes())
        };
        let whole = right(identity.serial);
        let short = identity.serial.get(8..).filter(|s| !s.is_empty()).is_some_and(right);
        match (whole, short) {
            (true, _) => Some(SerialForm::Whole),
            (_, true) => Some(SerialForm::Short),
            _ => None,
        }
    }
}

/// What field 59, usage A2, says of the terminal: `A2`, three digits of length, then parts of tag (2
/// digits), length (3 digits) and value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TerminalIdentity<'a> {
    /// Tag 01: the device type.
    pub device_type: &'a str,
    /// Tag 02: the serial number.
    pub serial: &'a str,
    /// Tag 03: the factor, last six digits of the card number or payment code.
    pub factor: &'a str,
    /// Tag 04: the ciphertext, eight hexadecimal characters.
    pub ciphertext: &'a str,
    /// Tag 05: the version of the payment application.
    pub application_version: &'a str,
}

impl<'a> TerminalIdentity<'a> {
    /// Reads the usage from its `A2` on; what stands behind it (other usages) is left alone. `None` if it is
    /// not of that form. Tags not listed here are passed over.
    pub fn parse(usage: &'a str) -> Option<TerminalIdentity<'a>> {
        let (length, rest) = number(usage.strip_prefix("A2")?)?;
        let mut parts = rest.get(..length)?;
        let mut identity = TerminalIdentity::default();
        while !parts.is_empty() {
            let (tag, rest) = parts.split_at_checked(2)?;
            let (length, rest) = number(rest)?;
            let (value, rest) = rest.split_at_checked(length)?;
            match tag {
                "01" => identity.device_type = value,
                "02" => identity.serial = value,
                "03" => identity.factor = value,
                "04" => identity.ciphertext = value,
                "05" => identity.application_version = value,
                _ => {}
            }
            parts = rest;
        }
        Some(identity)
    }
}

/// Three digits of length, and what follows them.
fn number(text: &str) -> Option<(usize, &str)> {
    let (digits, rest) = text.split_at_checked(3)?;
    // `parse` would take a plus sign.
    let length = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())??;
    Some((length, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> SerialKey {
        SerialKey::from_hex("0123456789ABCDEFFEDCBA9876543210").expect("a key")
    }

    #[test]
    fn both_forms_of_the_serial_are_tried() {
        let serial = "000024039991810100000206";
        for (form, over) in [(SerialForm::Whole, serial), (SerialForm::Short, &serial[8..])] {
            let ciphertext = key().ciphertext(over.as_bytes(), b"156983");
            let ciphertext = str::from_utf8(&ciphertext).expect("hexadecimal");
            let identity = TerminalIdentity { serial, factor: "156983", ciphertext, ..Default::default() };
            assert_eq!(key().verify(&identity), Some(form));
            assert_eq!(key().verify(&TerminalIdentity { factor: "156984", ..identity }), None);
            assert_eq!(key().verify(&TerminalIdentity { ciphertext: &ciphertext[..7], ..identity }), None);
            let lower = ciphertext.to_lowercase();
            assert_eq!(key().verify(&TerminalIdentity { ciphertext: &lower, ..identity }), Some(form));
        }
        assert_eq!(key().verify(&TerminalIdentity::default()), None);
    }

    #[test]
    fn a_damaged_field_is_no_identity() {
        let whole = "A2017020041234040011";
        assert!(TerminalIdentity::parse(whole).is_none(), "the length is larger than what follows");
        let right = "A201502004123404001199";
        let identity = TerminalIdentity::parse(right).expect("of the form");
        assert_eq!((identity.serial, identity.ciphertext), ("1234", "1"));
        for wrong in ["", "A2", "A3003020", "A2+15020041234040011", "A2003020", "A200502003", "A2005é2000"] {
            assert_eq!(TerminalIdentity::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "A2[0-9]{3}.{0,40}") {
            if let Some(identity) = TerminalIdentity::parse(&text) {
                prop_assert!(key().verify(&identity).is_none());
            }
        }

        #[test]
        fn any_changed_character_of_the_serial_is_noticed(
            serial in "[0-9]{8}[0-9A-Z]{8,16}", factor in "[0-9]{6}", at in 0usize..16,
        ) {
            let ciphertext = key().ciphertext(serial.as_bytes(), factor.as_bytes());
            let ciphertext = str::from_utf8(&ciphertext).expect("hexadecimal");
            let mut changed = serial.clone().into_bytes();
            changed[at] ^= 1;
            let changed = String::from_utf8(changed).expect("ASCII");
            let identity = TerminalIdentity { serial: &serial, factor: &factor, ciphertext, ..Default::default() };
            prop_assert_eq!(key().verify(&identity), Some(SerialForm::Whole));
            prop_assert_eq!(key().verify(&TerminalIdentity { serial: &changed, ..identity }), None);
        }
    }
}
