//! PIN blocks, PIN offsets and card security codes, for the offline test bench alone.
//!
//! Why it exists: whoever builds a terminal or a host compares its PIN blocks with known answers. The center
//! never uses this: it neither deciphers nor translates a PIN and never holds the keys for it. That is why it
//! stands behind the feature `test-bench`, which the product's programs don't ask for. Test keys and test
//! PINs only.

use crate::ciphers::{AesKey, BlockCipher, Sm4Key, TdesKey, xor};
use crate::dukpt_tdes::TdesTransactionKey;
use crate::material::{KeyError, hex_character};

/// Why there is no PIN block or code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TestBenchError {
    /// A PIN has 4 to 12 digits.
    #[error("a PIN has 4 to 12 digits")]
    Pin,
    /// A card number has 12 to 19 digits here.
    #[error("a card number has 12 to 19 digits")]
    CardNumber,
    /// Expiry date, service code, key index or table that are not of the right digits.
    #[error("not the digits that the algorithm takes")]
    Digits,
    /// The block has not the form: another key, another format or another card number.
    #[error("no PIN block of this format")]
    Form,
    /// The key doesn't fit.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Formats of ISO 9564-1 whose block has eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinFormat {
    /// Format 0: with the card number, filled with F.
    Iso0,
    /// Format 1: without card number, filled with anything.
    Iso1,
    /// Format 2: without card number, filled with F; from a terminal to a chip card.
    Iso2,
    /// Format 3: with the card number, filled with A to F.
    Iso3,
}

impl PinFormat {
    fn nibble(self) -> u8 {
        match self {
            PinFormat::Iso0 => 0,
            PinFormat::Iso1 => 1,
            PinFormat::Iso2 => 2,
            PinFormat::Iso3 => 3,
        }
    }

    fn card_part(self, card_number: &str) -> Result<[u8; 8], TestBenchError> {
        match self {
            PinFormat::Iso0 | PinFormat::Iso3 => twelve_digits(card_number),
            PinFormat::Iso1 | PinFormat::Iso2 => Ok([0; 8]),
        }
    }

    /// The clear block of format 0 or 2; the others need random filling, which a pure function has not.
    pub fn clear_block(self, pin: &str, card_number: &str) -> Result<[u8; 8], TestBenchError> {
        if matches!(self, PinFormat::Iso1 | PinFormat::Iso3) {
            return Err(TestBenchError::Form);
        }
        let field: [u8; 8] = pin_field(self.nibble(), pin, 0xF)?;
        Ok(xor(field, &self.card_part(card_number)?))
    }

    /// The PIN of a clear block.
    pub fn pin_of(self, clear_block: [u8; 8], card_number: &str) -> Result<String, TestBenchError> {
        let field = xor(clear_block, &self.card_part(card_number)?);
        let fills = match self {
            PinFormat::Iso0 | PinFormat::Iso2 => 0xF..=0xF,
            PinFormat::Iso1 => 0..=0xF,
            PinFormat::Iso3 => 0xA..=0xF,
        };
        pin_of_field(self.nibble(), &field, |nibble| fills.contains(&nibble))
    }
}

/// Format 4 of ISO 9564-1 deciphered: AES, and the card number between two encryptions.
pub fn pin_of_format_4(key: &AesKey, block: [u8; 16], card_number: &str) -> Result<String, TestBenchError> {
    let field = key.decrypt(xor(key.decrypt(block), &card_field(card_number)?));
    let (pin, _random) = field.split_at(8);
    pin_of_field(4, pin, |nibble| nibble == 0xA)
}

/// Format 4 enciphered, from a clear PIN field with its random half.
pub fn format_4_of_field(
    key: &AesKey,
    pin_field: [u8; 16],
    card_number: &str,
) -> Result<[u8; 16], TestBenchError> {
    Ok(key.encrypt(xor(key.encrypt(pin_field), &card_field(card_number)?)))
}

/// A format 0 block under the PIN key of a DUKPT transaction.
pub fn dukpt_pin_block(
    key: &TdesTransactionKey,
    pin: &str,
    card_number: &str,
) -> Result<[u8; 8], TestBenchError> {
    let clear = PinFormat::Iso0.clear_block(pin, card_number)?;
    Ok(TdesKey::new(key.pin_key().expose())?.encrypt(clear))
}

/// UnionPay's block of 16 bytes under SM4, clear and enciphered: format 0 filled to 16 bytes. From memory,
/// unconfirmed by the specification's text.
pub fn sm4_pin_block(
    key: &Sm4Key,
    pin: &str,
    card_number: &str,
) -> Result<([u8; 16], [u8; 16]), TestBenchError> {
    let mut card = [0; 16];
    let (_, last) = card.split_at_mut(8);
    last.copy_from_slice(&twelve_digits(card_number)?);
    let clear = xor(pin_field::<16>(0, pin, 0xF)?, &card);
    Ok((clear, key.encrypt(clear)))
}

/// Visa's PIN verification value: eleven digits of the card number, key index, four digits of the PIN.
pub fn pin_verification_value(
    key: &TdesKey,
    key_index: u8,
    pin: &str,
    card_number: &str,
) -> Result<String, TestBenchError> {
    let pin = pin.get(..4).filter(|_| is_pin(pin)).ok_or(TestBenchError::Pin)?;
    if key_index > 9 {
        return Err(TestBenchError::Digits);
    }
    let text = format!("{}{key_index}{pin}", account_digits(card_number, 11)?);
    Ok(decimals(key.encrypt(packed(&text)?), 4))
}

/// IBM 3624: what must be added to the natural PIN, digit by digit, to give the PIN.
pub fn ibm_3624_offset(
    key: &TdesKey,
    conversion_table: &str,
    validation_data: &str,
    pin: &str,
) -> Result<String, TestBenchError> {
    let table = conversion_table.as_bytes();
    if table.len() != 16 || !table.iter().all(u8::is_ascii_digit) {
        return Err(TestBenchError::Digits);
    }
    if !is_pin(pin) {
        return Err(TestBenchError::Pin);
    }
    let enciphered = key.encrypt(packed(validation_data)?);
    let natural = nibbles(&enciphered).map(|n| table[usize::from(n)] - b'0');
    let offset = pin.bytes().zip(natural).map(|(digit, natural)| (digit - b'0' + 10 - natural) % 10);
    Ok(offset.map(|digit| char::from(b'0' + digit)).collect())
}

/// The three digits of a card security code (CVV, CVC): service code 000 gives the printed one (CVV2), 999
/// that of the chip (iCVV). The key has 16 bytes.
pub fn card_security_code(
    key: &[u8],
    card_number: &str,
    expiry: &str,
    service_code: &str,
) -> Result<String, TestBenchError> {
    let whole = TdesKey::new(key).ok().filter(|_| key.len() == 16).ok_or(KeyError::Length(key.len()))?;
    let left = TdesKey::new(&key[..8])?;
    if !is_card(card_number) {
        return Err(TestBenchError::CardNumber);
    }
    if expiry.len() != 4 || service_code.len() != 3 {
        return Err(TestBenchError::Digits);
    }
    let text = format!("{:0<32}", format!("{card_number}{expiry}{service_code}"));
    let (first, last) = text.split_at(16);
    Ok(decimals(whole.encrypt(xor(left.encrypt(packed(first)?), &packed(last)?)), 3))
}

fn is_pin(pin: &str) -> bool {
    (4..=12).contains(&pin.len()) && pin.bytes().all(|b| b.is_ascii_digit())
}

fn is_card(card_number: &str) -> bool {
    (12..=19).contains(&card_number.len()) && card_number.bytes().all(|b| b.is_ascii_digit())
}

/// The rightmost digits without the check digit.
fn account_digits(card_number: &str, count: usize) -> Result<&str, TestBenchError> {
    let end = card_number.len().saturating_sub(1);
    let part = end.checked_sub(count).and_then(|start| card_number.get(start..end));
    part.filter(|_| is_card(card_number)).ok_or(TestBenchError::CardNumber)
}

fn twelve_digits(card_number: &str) -> Result<[u8; 8], TestBenchError> {
    packed(&format!("{:0>16}", account_digits(card_number, 12)?))
}

/// Format 4's field of the card number: digits beyond twelve, the digits, zeros.
fn card_field(card_number: &str) -> Result<[u8; 16], TestBenchError> {
    if !is_card(card_number) {
        return Err(TestBenchError::CardNumber);
    }
    let text = format!("{:0<32}", format!("{}{card_number}", card_number.len() - 12));
    let (first, last) = text.split_at(16);
    let mut field = [0; 16];
    for (place, byte) in field.iter_mut().zip([packed(first)?, packed(last)?].into_iter().flatten()) {
        *place = byte;
    }
    Ok(field)
}

/// Format and length, the digits, the filling.
fn pin_field<const SIZE: usize>(format: u8, pin: &str, fill: u8) -> Result<[u8; SIZE], TestBenchError> {
    if !is_pin(pin) {
        return Err(TestBenchError::Pin);
    }
    // At most twelve.
    let head = [format, pin.len() as u8];
    let mut nibbles = head.into_iter().chain(pin.bytes().map(|b| b - b'0')).chain(std::iter::repeat(fill));
    let mut next = || nibbles.next().unwrap_or(fill);
    Ok(std::array::from_fn(|_| next() << 4 | next()))
}

fn pin_of_field(format: u8, field: &[u8], fills: impl Fn(u8) -> bool) -> Result<String, TestBenchError> {
    let all: Vec<u8> = nibbles(field).collect();
    let [found, length, rest @ ..] = all.as_slice() else { return Err(TestBenchError::Form) };
    let (pin, filling) = rest.split_at_checked(usize::from(*length)).ok_or(TestBenchError::Form)?;
    let right = *found == format
        && (4..=12).contains(length)
        && pin.iter().all(|digit| *digit < 10)
        && filling.iter().all(|nibble| fills(*nibble));
    if !right {
        return Err(TestBenchError::Form);
    }
    Ok(pin.iter().map(|digit| char::from(hex_character(*digit))).collect())
}

fn nibbles(bytes: &[u8]) -> impl Iterator<Item = u8> {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15])
}

/// Sixteen decimal digits in eight bytes.
fn packed(digits: &str) -> Result<[u8; 8], TestBenchError> {
    if digits.len() != 16 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(TestBenchError::Digits);
    }
    let value = u64::from_str_radix(digits, 16).map_err(|_| TestBenchError::Digits)?;
    Ok(value.to_be_bytes())
}

/// The first nibbles that are decimal digits; if there are fewer, then the others, ten less each.
fn decimals(block: [u8; 8], count: usize) -> String {
    let digits = nibbles(&block).filter(|n| *n < 10);
    let letters = nibbles(&block).filter(|n| *n >= 10).map(|n| n - 10);
    digits.chain(letters).take(count).map(|digit| char::from(hex_character(digit))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_pin_comes_back_with_its_card_number_alone(pin in "[0-9]{4,12}", number in "[0-9]{16}") {
            let block = PinFormat::Iso0.clear_block(&pin, &number).expect("a block");
            prop_assert_eq!(PinFormat::Iso0.pin_of(block, &number), Ok(pin.clone()));
            let mut other = number.into_bytes();
            other[14] = if other[14] == b'9' { b'0' } else { other[14] + 1 };
            let other = String::from_utf8(other).expect("ASCII");
            if pin.len() < 12 {
                prop_assert_eq!(PinFormat::Iso0.pin_of(block, &other), Err(TestBenchError::Form));
            }
            let block = PinFormat::Iso2.clear_block(&pin, "").expect("a block");
            prop_assert_eq!(PinFormat::Iso2.pin_of(block, ""), Ok(pin));
        }

        #[test]
        fn format_4_comes_back(pin in "[0-9]{4,12}", number in "[0-9]{12,19}", random: [u8; 8]) {
            let key = AesKey::new(&[0x41; 16]).expect("a key");
            let mut field = pin_field::<16>(4, &pin, 0xA).expect("a field");
            field[8..].copy_from_slice(&random);
            let block = format_4_of_field(&key, field, &number).expect("a block");
            prop_assert_eq!(pin_of_format_4(&key, block, &number), Ok(pin));
        }

        #[test]
        fn no_text_breaks_it(a in "\\PC{0,20}", b in "\\PC{0,20}", c in "\\PC{0,20}", block: [u8; 8]) {
            let key = TdesKey::new(&[0x41; 16]).expect("a key");
            let _ = PinFormat::Iso3.pin_of(block, &a);
            let _ = pin_verification_value(&key, 1, &a, &b);
            let _ = ibm_3624_offset(&key, &a, &b, &c);
            let _ = card_security_code(&[0x41; 16], &a, &b, &c);
            prop_assert!(card_security_code(&[0x41; 16], "4111111111111111", &a, "000").is_err() || a.len() == 4);
        }
    }

    #[test]
    fn each_format_has_its_own_filling() {
        let pin = |format: PinFormat, field: u64| {
            let block = xor(field.to_be_bytes(), &format.card_part("4111111111111111").expect("a card"));
            format.pin_of(block, "4111111111111111")
        };
        for (format, right, wrong) in [
            (PinFormat::Iso0, 0x0412_34FF_FFFF_FFFF, 0x0412_34FF_FFFF_FFFE),
            (PinFormat::Iso2, 0x2412_34FF_FFFF_FFFF, 0x2412_34FF_FFFF_FFFA),
            (PinFormat::Iso3, 0x3412_34AB_CDEF_ABCD, 0x3412_34AB_CDEF_ABC9),
            (PinFormat::Iso1, 0x1412_3401_2345_6789, 0x1312_3401_2345_6789),
        ] {
            assert_eq!(pin(format, right), Ok("1234".to_owned()), "{format:?}");
            assert_eq!(pin(format, wrong), Err(TestBenchError::Form), "{format:?}");
        }
    }

    #[test]
    fn what_is_no_pin_or_card_is_refused() {
        for pin in ["123", "1234567890123", "12a4", ""] {
            assert_eq!(PinFormat::Iso2.clear_block(pin, ""), Err(TestBenchError::Pin));
        }
        for number in ["12345678901", "12345678901234567890", "411111111111111a"] {
            assert_eq!(PinFormat::Iso0.clear_block("1234", number), Err(TestBenchError::CardNumber));
        }
    }
}
