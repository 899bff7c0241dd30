//! The character sets that dialects write their text in.
//!
//! Why it exists: a merchant's name arrives in GB18030, and binary data arrive in fields that the
//! specification calls text. Never guesses: bytes that are not text in the charset give `None`, and the
//! caller shows hexadecimal.

use crate::dialect::Charset;
use crate::ebcdic::{CP037, CP500, byte_of};
use std::borrow::Cow;

/// The value of a decimal digit's byte: 30 to 39 in ASCII, F0 to F9 in EBCDIC.
#[inline]
pub fn digit_value(charset: Charset, byte: u8) -> Option<u8> {
    let value = byte.wrapping_sub(if charset.is_ebcdic() { 0xF0 } else { b'0' });
    (value <= 9).then_some(value)
}

/// The text of the bytes, borrowed when it is ASCII.
pub fn decode(charset: Charset, bytes: &[u8]) -> Option<Cow<'_, str>> {
    if bytes.is_ascii() && !charset.is_ebcdic() {
        return std::str::from_utf8(bytes).ok().map(Cow::Borrowed);
    }
    match charset {
        Charset::Latin1 => Some(Cow::Owned(bytes.iter().map(|&b| char::from(b)).collect())),
        Charset::Cp500 => {
            Some(Cow::Owned(bytes.iter().map(|&b| char::from(CP500[usize::from(b)])).collect()))
        }
        Charset::Cp037 => {
            Some(Cow::Owned(bytes.iter().map(|&b| char::from(CP037[usize::from(b)])).collect()))
        }
        Charset::Gb18030 => {
            if has_lone_high_byte(bytes) {
                return None;
            }
            encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(bytes)
        }
    }
}

/// The bytes of a text; `None` if the charset lacks one of its characters.
pub fn encode(charset: Charset, text: &str) -> Option<Vec<u8>> {
    match charset {
        Charset::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect(),
        Charset::Cp500 => text.chars().map(|c| byte_of(&CP500, c)).collect(),
        Charset::Cp037 => text.chars().map(|c| byte_of(&CP037, c)).collect(),
        Charset::Gb18030 => {
            let (bytes, _, unmappable) = encoding_rs::GB18030.encode(text);
            (!unmappable).then(|| bytes.into_owned())
        }
    }
}

/// GB18030 has no character of the single byte 80; the web's table (and so `encoding_rs`) reads a euro sign
/// there, which would turn binary data into a text.
fn has_lone_high_byte(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += match byte {
            0x00..=0x7F => 1,
            0x80 | 0xFF => return true,
            _ if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => 4,
            _ => 2,
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_round_trips_in_gb18030() {
        let bytes = encode(Charset::Gb18030, "交易成功").expect("encodes");
        assert_eq!(bytes, [0xBD, 0xBB, 0xD2, 0xD7, 0xB3, 0xC9, 0xB9, 0xA6]);
        assert_eq!(decode(Charset::Gb18030, &bytes).as_deref(), Some("交易成功"));
    }

    #[test]
    fn ebcdic_reads_and_writes() {
        let bytes = [0xC3, 0xC1, 0xC6, 0xC5, 0x40, 0xF1, 0xF5];
        assert_eq!(decode(Charset::Cp500, &bytes).as_deref(), Some("CAFE 15"));
        assert_eq!(encode(Charset::Cp037, "CAFE 15").as_deref(), Some(&bytes[..]));
        // ASCII bytes are something else there.
        assert_ne!(decode(Charset::Cp037, b"CAFE").as_deref(), Some("CAFE"));
        assert_eq!((digit_value(Charset::Cp500, 0xF7), digit_value(Charset::Cp500, b'7')), (Some(7), None));
    }

    #[test]
    fn binary_is_not_text() {
        assert_eq!(decode(Charset::Gb18030, &[0xC9, 0xC9, 0xC9]), None);
        assert_eq!(decode(Charset::Gb18030, &[b'A', 0x80, b'B']), None);
        assert_eq!(decode(Charset::Latin1, &[0xE9]).as_deref(), Some("é"));
    }
}
