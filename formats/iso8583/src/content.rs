//! Checks and conversions of digits, eight bytes at a time: BCD nibbles, ASCII digits, hexadecimal.
//!
//! Why it exists: the content check is half of the cost of a strict decode. Never reads beyond its slice.

const NIBBLE_TOP: u64 = 0x8888_8888_8888_8888;

/// True if every nibble is a decimal digit.
#[inline]
pub fn is_bcd(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut bad = 0;
    for word in words {
        bad |= nibbles_above_nine(u64::from_le_bytes(*word));
    }
    for &byte in rest {
        bad |= nibbles_above_nine(u64::from(byte));
    }
    bad == 0
}

/// A nibble is above 9 when bit 3 stands together with bit 2 or bit 1.
#[inline]
fn nibbles_above_nine(word: u64) -> u64 {
    word & ((word << 1) | (word << 2)) & NIBBLE_TOP
}

/// True if every byte is an ASCII digit.
#[inline]
pub fn is_ascii_digits(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |good, byte| good & byte.is_ascii_digit())
}

/// True if every byte is an EBCDIC digit.
#[inline]
pub fn is_ebcdic_digits(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |good, byte| good & (0xF0..=0xF9).contains(byte))
}

/// True if every byte is an ASCII hexadecimal character.
#[inline]
pub fn is_ascii_hex(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |good, byte| good & byte.is_ascii_hexdigit())
}

/// The number in BCD bytes whose nibbles were checked; wraps beyond 19 digits.
#[inline]
pub fn bcd_number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0u64, |n, byte| {
        n.wrapping_mul(100)
            .wrapping_add(u64::from(byte >> 4).wrapping_mul(10))
            .wrapping_add(u64::from(byte & 15))
    })
}

/// The value of one hexadecimal character.
pub fn hex_value(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'A'..=b'F' => Some(character - b'A' + 10),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

/// The bytes of a hexadecimal text; `None` if it has another character or an odd count.
pub fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(hex_value(*high)? << 4 | hex_value(*low)?)).collect()
}

/// Appends upper-case hexadecimal.
pub fn push_hex(out: &mut String, bytes: &[u8]) {
    const CHARACTERS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in bytes {
        out.push(char::from(CHARACTERS[usize::from(byte >> 4)]));
        out.push(char::from(CHARACTERS[usize::from(byte & 15)]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bcd_check_agrees_with_the_plain_one(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(is_bcd(&bytes), bytes.iter().all(|b| b >> 4 <= 9 && b & 15 <= 9));
        }

        #[test]
        fn one_bad_nibble_is_found_wherever_it_stands(at in 0usize..33, nibble in 10u8..16, high: bool) {
            let mut bytes = [0x99u8; 33];
            bytes[at] = if high { nibble << 4 | 9 } else { 0x90 | nibble };
            prop_assert!(!is_bcd(&bytes));
        }

        #[test]
        fn bcd_number_reads_what_hex_shows(number in 0u64..10_000_000_000_000_000_000) {
            let bytes = from_hex(format!("{number:020}").as_bytes()).expect("hex");
            prop_assert_eq!(bcd_number(&bytes), number);
        }
    }
}
