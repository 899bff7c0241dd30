//! The long way of the decoder: field by field, finding out what is wrong and where.
//!
//! Why it exists: an operator needs the field and the byte, not "invalid". This order of checks defines what
//! a sound message is. Never reports what it read, only where and how much.

use crate::charset::digit_value;
use crate::content::{is_ascii_digits, is_ascii_hex, is_ebcdic_digits};
use crate::dialect::{Charset, Dialect, Encoding, FieldSpec, LengthKind};
use crate::error::{DecodeError, ErrorKind, Finding};
use crate::message::{Message, read_prefix};

/// Checks field by field; `message.sound` counts those that are sound.
pub(crate) fn check_fields(message: &mut Message<'_>, start: usize) -> Result<(), DecodeError> {
    let bytes = message.bytes;
    let dialect = message.dialect().clone();
    let (mut at, mut variable) = (start, 0);
    for number in message.shape.numbers() {
        let fault = |kind, expected, found| DecodeError {
            kind,
            field: Some(number),
            offset: at as u32,
            expected,
            found,
        };
        let spec = dialect
            .field(number)
            .ok_or_else(|| fault(ErrorKind::UnknownField, Finding::DefinedField, Finding::UndefinedField))?;
        let prefix = spec.prefix_length();
        let cut = |need: usize, from: usize| {
            let have = bytes.len().saturating_sub(from);
            fault(ErrorKind::Truncated, Finding::Bytes(need as u32), Finding::Bytes(have as u32))
        };
        let units = match spec.length {
            LengthKind::Fixed => spec.max as usize,
            _ => {
                let prefix_bytes = bytes.get(at..at + prefix).ok_or_else(|| cut(prefix, at))?;
                let units = read_prefix(spec.prefix, prefix_bytes).ok_or_else(|| {
                    fault(ErrorKind::LengthNotDigits, Finding::Digits, Finding::OtherAt(at as u32))
                })?;
                if units > spec.max as usize {
                    return Err(fault(
                        ErrorKind::LengthOverLimit,
                        Finding::AtMost(spec.max),
                        Finding::Length(units as u32),
                    ));
                }
                units
            }
        };
        let from = at + prefix;
        let length = spec.bytes_of(units);
        let data = bytes.get(from..from + length).ok_or_else(|| cut(length, from))?;
        if let Some(wrong) = bad_nibble(spec, units, data) {
            let found = Finding::OtherAt((from + wrong) as u32);
            return Err(fault(ErrorKind::BadCharacter, Finding::Digits, found));
        }
        at = from + length;
        if spec.length != LengthKind::Fixed {
            if let Some(end) = message.ends.get_mut(variable) {
                *end = at as u32;
            }
            variable += 1;
        }
        message.sound += 1;
    }
    let whole = |kind, offset: usize, expected, found| DecodeError {
        kind,
        field: None,
        offset: offset as u32,
        expected,
        found,
    };
    if at != bytes.len() {
        let more = Finding::Bytes((bytes.len() - at) as u32);
        return Err(whole(ErrorKind::TrailingBytes, at, Finding::End, more));
    }
    if let Some((offset, said, is)) = header_length(&dialect, bytes).filter(|(_, said, is)| said != is) {
        let (expected, found) = (Finding::Length(is as u32), Finding::Length(said as u32));
        return Err(whole(ErrorKind::BadHeader, offset, expected, found));
    }
    if let Some((rank, error)) = bad_characters(message) {
        message.sound = rank;
        return Err(error);
    }
    Ok(())
}

/// True if the header has a length and it is not that of the message.
pub(crate) fn header_length_is_wrong(dialect: &Dialect, bytes: &[u8]) -> bool {
    header_length(dialect, bytes).is_some_and(|(_, said, is)| said != is)
}

/// A length in the header: where it stands, what it says and what is true.
fn header_length(dialect: &Dialect, bytes: &[u8]) -> Option<(usize, usize, usize)> {
    let part = dialect.header.iter().find(|p| p.name == "len")?;
    let end = part.offset + part.length;
    match bytes.get(part.offset..end)? {
        [high, low] => Some((
            part.offset,
            usize::from(u16::from_be_bytes([*high, *low])),
            bytes.len().saturating_sub(end),
        )),
        _ => None,
    }
}

/// The first byte with a nibble that is no digit. The padding of an odd count may be a digit or F.
fn bad_nibble(spec: FieldSpec, units: usize, data: &[u8]) -> Option<usize> {
    if !spec.is_bcd() {
        return None;
    }
    if spec.encoding == Encoding::SignedBcd {
        let digits = FieldSpec { encoding: Encoding::BcdLeft, ..spec };
        return bad_nibble(digits, units.saturating_sub(1), data.get(1..)?).map(|at| at + 1);
    }
    let odd = !units.is_multiple_of(2);
    data.iter().enumerate().find_map(|(at, byte)| {
        let (mut high, mut low) = (byte >> 4, byte & 15);
        if odd && spec.encoding == Encoding::BcdLeft && at == 0 && high == 15 {
            high = 0;
        }
        if odd && spec.encoding == Encoding::BcdRight && at + 1 == data.len() && low == 15 {
            low = 0;
        }
        (high > 9 || low > 9).then_some(at)
    })
}

/// The first text field whose characters are not what its form allows: its rank and the error.
pub(crate) fn bad_characters(message: &Message<'_>) -> Option<(u8, DecodeError)> {
    for rank in message.shape.characters.iter().copied() {
        let (number, span) = message.span_of_rank(usize::from(rank))?;
        let spec = message.shape.dialect.field(number)?;
        let from = span.start + spec.prefix_length();
        let data = message.bytes.get(from..span.end)?;
        let hex = spec.encoding == Encoding::HexText;
        let charset = message.shape.dialect.charset;
        if if hex { is_ascii_hex(data) } else { is_digits(charset, data) } {
            continue;
        }
        let sound = |c: &u8| if hex { c.is_ascii_hexdigit() } else { digit_value(charset, *c).is_some() };
        let wrong = data.iter().position(|c| !sound(c)).unwrap_or(0);
        let error = DecodeError {
            kind: ErrorKind::BadCharacter,
            field: Some(number),
            offset: span.start as u32,
            expected: if hex { Finding::HexCharacters } else { Finding::Digits },
            found: Finding::OtherAt((from + wrong) as u32),
        };
        return Some((rank, error));
    }
    None
}

/// True if every byte is a digit of the charset.
#[inline]
pub(crate) fn is_digits(charset: Charset, data: &[u8]) -> bool {
    if charset.is_ebcdic() { is_ebcdic_digits(data) } else { is_ascii_digits(data) }
}
