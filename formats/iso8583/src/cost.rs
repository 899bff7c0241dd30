//! How many bits a dialect would need to write a message, were it the right one: see `recognise`.
//!
//! The costs are estimates of how payments look (which fields are common, how text is spread), not fitted to
//! any collection of messages. Never decides; only counts.

use crate::charset;
use crate::content::hex_value;
use crate::decoder::Decoder;
use crate::dialect::{Dialect, Encoding, LengthKind};
use crate::masking::passes_luhn;
use crate::message::{Field, Message};
use crate::mti::{Class, Function, Mti, Origin, Version};
use tg_emv::{TlvWalker, leaves, tag_info};

/// Tenths of a bit.
pub(crate) type Tenths = i64;

/// A decimal digit, a byte, a byte that nothing explains, and a message that fails.
const DIGIT: Tenths = 33;
const BYTE: Tenths = 80;
const UNEXPLAINED: Tenths = 90;
const FAILED: Tenths = 600;

/// Fields that most payments or their answers have, by ISO 8583:1987 and practice.
const COMMON: [u8; 24] =
    [2, 3, 4, 7, 11, 12, 13, 14, 15, 18, 22, 23, 25, 32, 33, 35, 37, 38, 39, 41, 42, 49, 55, 60];
/// Fields that are seen now and then.
const OCCASIONAL: [u8; 22] =
    [5, 6, 9, 10, 16, 19, 24, 26, 28, 36, 43, 44, 48, 52, 53, 54, 61, 62, 63, 64, 70, 90];

/// The cost of a message under a decoder's dialect, and whether it decodes.
pub(crate) fn message_cost(decoder: &mut Decoder, bytes: &[u8]) -> (Tenths, bool) {
    let dialect = decoder.dialect().clone();
    match decoder.decode_or_explain(bytes) {
        Ok(message) => (sound_cost(&dialect, &message), true),
        Err(failure) => {
            let partial = &failure.partial;
            let (explained, explained_cost) = match (&partial.message, partial.mti) {
                (Some(message), _) => {
                    let end = message.fields().last().map(|field| field.offset + field.length);
                    (end.unwrap_or(message.start as usize), sound_cost(&dialect, message))
                }
                (None, Some(mti)) => {
                    let end = dialect.header_length + dialect.message_type_length();
                    (end, header_cost(&dialect, bytes) + mti_cost(&dialect, mti))
                }
                (None, None) => (0, 0),
            };
            let rest = bytes.len().saturating_sub(explained) as Tenths;
            (explained_cost + rest * UNEXPLAINED + FAILED, false)
        }
    }
}

/// The cost of the sound fields with what stands before them.
fn sound_cost(dialect: &Dialect, message: &Message<'_>) -> Tenths {
    let fields: Tenths = message.fields().map(|field| field_cost(dialect, &field)).sum();
    header_cost(dialect, message.bytes)
        + mti_cost(dialect, message.mti())
        + bitmap_cost(dialect, message)
        + fields
}

fn header_cost(dialect: &Dialect, message: &[u8]) -> Tenths {
    dialect
        .header
        .iter()
        .map(|part| {
            let bytes = message.get(part.offset..part.offset + part.length).unwrap_or_default();
            match part.name.as_str() {
                // It follows from the message; a wrong one is an error of its own.
                "len" => 10,
                // A TPDU begins with 60 (68 when its data are enciphered) and holds two addresses.
                "tpdu" => {
                    let begins = if matches!(bytes.first(), Some(0x60 | 0x68)) { 10 } else { 130 };
                    begins + nibbles_cost(bytes.get(1..).unwrap_or_default())
                }
                _ => nibbles_cost(bytes),
            }
        })
        .sum()
}

/// Bytes that are mostly decimal nibbles, and zero more often than not.
fn nibbles_cost(bytes: &[u8]) -> Tenths {
    let nibbles = bytes.iter().flat_map(|b| [b >> 4, b & 15]);
    nibbles
        .map(|nibble| {
            if nibble == 0 {
                12
            } else if nibble <= 9 {
                44
            } else {
                70
            }
        })
        .sum()
}

fn mti_cost(dialect: &Dialect, mti: Mti) -> Tenths {
    let edition = match mti.version() {
        Version::Iso1987 => 1987,
        Version::Iso1993 => 1993,
        Version::Iso2003 => 2003,
        _ => 0,
    };
    let version = if edition == dialect.edition { 5 } else { 80 };
    let class = match mti.class() {
        Class::Reserved => 60,
        Class::FeeCollection => 50,
        _ => 28,
    };
    let function = match mti.function() {
        Function::Request | Function::RequestResponse => 15,
        Function::Advice | Function::AdviceResponse => 30,
        Function::Notification | Function::NotificationAcknowledgement => 60,
        _ => 120,
    };
    let origin = match mti.origin() {
        Origin::Acquirer => 3,
        Origin::AcquirerRepeat | Origin::Issuer => 40,
        Origin::Reserved => 120,
        _ => 60,
    };
    version + class + function + origin
}

/// Each field of the dialect is there or not, and some are so more often. A dialect with fewer fields has
/// less to say about a message that uses only those.
fn bitmap_cost(dialect: &Dialect, message: &Message<'_>) -> Tenths {
    let bits: Tenths = (2..=crate::dialect::FIELD_MAX)
        .filter(|number| dialect.field(*number).is_some())
        .map(|number| {
            let there = message.shape.rank(number).is_some();
            let (present, absent) = if dialect.usual.contains(&number) {
                (4, 20)
            } else if COMMON.contains(&number) {
                (10, 10)
            } else if OCCASIONAL.contains(&number) {
                (27, 3)
            } else {
                (60, 1)
            };
            if there { present } else { absent }
        })
        .sum();
    // Bit 1 announces a second bitmap, and one that is empty is a waste that few make.
    let empty_half = message.bitmap() >> 127 == 1 && message.bitmap() as u64 == 0;
    bits + if empty_half { 40 } else { 0 }
}

fn field_cost(dialect: &Dialect, field: &Field<'_>) -> Tenths {
    // A length says little beside what follows.
    let length = if field.spec.length == LengthKind::Fixed { 0 } else { 30 };
    let content = match field.spec.encoding {
        Encoding::BcdLeft | Encoding::BcdRight => {
            let padding = if field.units.is_multiple_of(2) { 0 } else { padding_cost(field) };
            field.units as Tenths * DIGIT + padding
        }
        Encoding::SignedBcd => {
            let sign = if matches!(field.data.first(), Some(b'C' | b'D' | b'0' | b' ')) { 20 } else { 90 };
            sign + field.units.saturating_sub(1) as Tenths * DIGIT
        }
        Encoding::Track | Encoding::TrackLeft => track_cost(field),
        Encoding::HexText => field.data.iter().map(|c| hex_value(*c).map_or(UNEXPLAINED, |_| 40)).sum(),
        // Bytes may hold a text as well.
        Encoding::Bytes => (field.data.len() as Tenths * BYTE).min(
            charset::decode(field.charset, field.data).map_or(Tenths::MAX, |t| characters_cost(&t) + 60),
        ),
        // In the beginning of a message that failed, digits are not checked yet.
        Encoding::Text if field.spec.digits => field
            .data
            .iter()
            .map(|c| if charset::digit_value(field.charset, *c).is_some() { DIGIT } else { 150 })
            .sum(),
        Encoding::Text => text_cost(field),
    };
    length + content + plausibility(dialect, field)
}

/// The nibble that fills up an odd count is 0 or F.
fn padding_cost(field: &Field<'_>) -> Tenths {
    let nibble = if field.spec.pads_left() {
        field.data.first().map(|byte| byte >> 4)
    } else {
        field.data.last().map(|byte| byte & 15)
    };
    if matches!(nibble, Some(0 | 15)) { 5 } else { 60 }
}

fn track_cost(field: &Field<'_>) -> Tenths {
    let digits = field.clear_value();
    let separators = digits.chars().filter(|c| *c == '=').count();
    let odd = digits.chars().filter(|c| !c.is_ascii_digit() && *c != '=').count();
    let padding = if field.units.is_multiple_of(2) { 0 } else { padding_cost(field) };
    // Track data enciphered under a terminal key have any nibble.
    let cost = if odd > 0 { digits.len() as Tenths * 40 + 30 } else { digits.len() as Tenths * DIGIT };
    cost + padding + if separators == 1 { 0 } else { 30 }
}

fn text_cost(field: &Field<'_>) -> Tenths {
    match field.text() {
        Some(text) => characters_cost(&text),
        None => field.data.len() as Tenths * 100,
    }
}

fn characters_cost(text: &str) -> Tenths {
    if !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit()) {
        // Many fields that may hold text hold digits only.
        return text.len() as Tenths * DIGIT + 15;
    }
    let characters = text.chars().map(|c| match c {
        '0'..='9' => 44,
        ' ' => 35,
        'A'..='Z' => 50,
        'a'..='z' => 58,
        '!'..='~' => 72,
        // Chinese characters of GB2312's first level, roughly, take two bytes.
        '\u{4E00}'..='\u{9FFF}' => 125,
        c if c.is_control() => 115,
        '\u{80}'..='\u{FF}' => 105,
        _ => 190,
    });
    characters.sum()
}

/// What is more than its characters: dates that exist, account numbers that pass Luhn, chip data that parse.
/// Below zero is a gain: the plausible values are that much fewer than all of this form.
fn plausibility(dialect: &Dialect, field: &Field<'_>) -> Tenths {
    let mut buffer = [0; 64];
    let digits = field.digits_into(&mut buffer);
    let edition_93 = dialect.edition == 1993;
    let dated = |plausible: bool, gain: Tenths| if plausible { -gain } else { 60 };
    match (field.number, digits) {
        (2, Some(digits)) if digits.len() >= 13 => {
            let values: Vec<u8> = digits.iter().map(|c| c.wrapping_sub(b'0')).collect();
            if passes_luhn(&values) { -33 } else { 20 }
        }
        (7, Some([month @ .., d1, d2, h1, h2, m1, m2, s1, s2])) if month.len() == 2 => {
            dated(is_day(month, &[*d1, *d2]) && is_time(&[*h1, *h2, *m1, *m2, *s1, *s2]), 83)
        }
        (12, Some(time)) if time.len() == 6 => dated(is_time(time), 35),
        (12, Some(both)) if both.len() == 12 => dated(
            is_day(both.get(2..4).unwrap_or_default(), both.get(4..6).unwrap_or_default())
                && is_time(both.get(6..).unwrap_or_default()),
            83,
        ),
        (13 | 15 | 16 | 17, Some(date)) if date.len() == 4 && !(edition_93 && field.number == 13) => {
            // Zeros and spaces stand for "none".
            if date == b"0000" { 10 } else { dated(is_day(&date[..2], &date[2..]), 45) }
        }
        (14, Some(date)) if date.len() == 4 => {
            if date == b"0000" {
                10
            } else {
                dated((1..=12).contains(&two(&date[2..])), 30)
            }
        }
        (49..=51, _) => currency_cost(field),
        (35, Some(track)) if track.iter().filter(|c| **c == b'=').count() == 1 => -20,
        (41, _) | (42, _) | (37, _) => identifier_cost(field),
        (55, _) if !field.data.is_empty() => chip_gain(field),
        _ => 0,
    }
}

fn two(digits: &[u8]) -> u32 {
    digits.iter().take(2).fold(0, |n, c| n * 10 + u32::from(c.wrapping_sub(b'0')))
}

fn is_day(month: &[u8], day: &[u8]) -> bool {
    (1..=12).contains(&two(month)) && (1..=31).contains(&two(day))
}

fn is_time(digits: &[u8]) -> bool {
    two(digits) < 24
        && two(digits.get(2..).unwrap_or_default()) < 60
        && two(digits.get(4..).unwrap_or_default()) < 60
}

/// A currency is three digits (or letters of ISO 4217); the yuan, the dollar and a few others are most.
fn currency_cost(field: &Field<'_>) -> Tenths {
    match field.number() {
        Some(156 | 840 | 978 | 392 | 344 | 702 | 826 | 364) => -40,
        Some(8..=999) => 0,
        _ => 40,
    }
}

/// Identifiers are printable: letters, digits, spaces.
fn identifier_cost(field: &Field<'_>) -> Tenths {
    match field.text() {
        Some(text) if text.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ' || c == '-') => -10,
        Some(text) if text.chars().all(|c| !c.is_control()) => 30,
        _ => 120,
    }
}

/// Chip data that parse with tags that are known are so by no accident; such that don't parse are unlikely.
fn chip_gain(field: &Field<'_>) -> Tenths {
    if field.spec.encoding != Encoding::Bytes {
        return 0;
    }
    let (mut known, mut unknown) = (0, 0);
    let parsed = leaves(TlvWalker::new(field.data), &mut |object| match tag_info(object.tag) {
        Some(_) => known += 1,
        None => unknown += 1,
    });
    match parsed {
        Ok(()) => (unknown * 10 - known * 70).max(-900),
        Err(_) => 150,
    }
}
