//! The strict decoder.
//!
//! Two ways over the same plan. The short way only ever says "sound": it checks length, digits and limits
//! run by run. Everything it does not accept goes the long way, field by field, which finds out what is
//! wrong and where, and which alone defines the dialect. A property test holds the two together.
//!
//! Order of checks: header, message type, bitmap; then each field's length and BCD digits, in the order of
//! the message; then trailing bytes and the header's length; last the characters of text fields. So a
//! message whose positions have slipped is reported where it slipped.

use crate::bitmap::{BitmapFault, read_bitmap};
use crate::content::is_bcd;
use crate::dialect::{Dialect, PrefixForm, VARIABLE_FIELDS_MAX};
use crate::error::{DecodeError, ErrorKind, Finding};
use crate::examine::{bad_characters, check_fields, header_length_is_wrong};
use crate::message::{Message, read_prefix};
use crate::mti::Mti;
use crate::plan::{Prefix, Shape, ShapeCache, Unit};
use std::sync::Arc;

/// Decodes messages of one dialect. Keeps a plan per bitmap, so use one decoder per thread, not one per
/// connection.
#[derive(Debug)]
pub struct Decoder {
    dialect: Arc<Dialect>,
    shapes: ShapeCache,
}

/// Why a message failed, and what was decoded before.
#[derive(Debug)]
pub struct Failure<'a> {
    /// Why.
    pub error: DecodeError,
    /// The sound beginning.
    pub partial: Partial<'a>,
}

/// The sound beginning of a message that could not be decoded.
#[derive(Debug)]
pub struct Partial<'a> {
    /// The dialect it was read by.
    pub dialect: Arc<Dialect>,
    /// The header's parts that are there, by name.
    pub header: Vec<(String, &'a [u8])>,
    /// The message type, if it is sound.
    pub mti: Option<Mti>,
    /// The bitmap and the fields before the failing one, if the bitmap is sound.
    pub message: Option<Message<'a>>,
}

/// What the long way found.
enum Examined<'a> {
    Sound(Message<'a>),
    Failed { error: DecodeError, mti: Option<Mti>, message: Option<Message<'a>> },
}

struct Head {
    mti: Mti,
    bitmap: u128,
    third: u64,
    start: usize,
}

impl Decoder {
    /// A decoder of a dialect.
    pub fn new(dialect: Arc<Dialect>) -> Decoder {
        Decoder { dialect, shapes: ShapeCache::new() }
    }

    /// A decoder of a compiled-in dialect.
    pub fn named(dialect: &str) -> Option<Decoder> {
        Dialect::named(dialect).map(Decoder::new)
    }

    /// The dialect.
    pub fn dialect(&self) -> &Arc<Dialect> {
        &self.dialect
    }

    /// How many plans are kept now; at most [`crate::SHAPES_MAX`].
    pub fn shapes(&self) -> usize {
        self.shapes.len()
    }

    /// Decodes one message, strictly. Allocates nothing once the plan of its bitmap is kept.
    pub fn decode<'a>(&mut self, bytes: &'a [u8]) -> Result<Message<'a>, DecodeError> {
        if let Some(message) = self.short_way(bytes) {
            return Ok(message);
        }
        match self.long_way(bytes) {
            Examined::Sound(message) => Ok(message),
            Examined::Failed { error, .. } => Err(error),
        }
    }

    /// Decodes one message, strictly, and gives what was decoded before a failure.
    pub fn decode_or_explain<'a>(&mut self, bytes: &'a [u8]) -> Result<Message<'a>, Box<Failure<'a>>> {
        if let Some(message) = self.short_way(bytes) {
            return Ok(message);
        }
        let (error, mti, message) = match self.long_way(bytes) {
            Examined::Sound(message) => return Ok(message),
            Examined::Failed { error, mti, message } => (error, mti, message),
        };
        let header = self.dialect.header.iter();
        let header = header
            .filter_map(|p| Some((p.name.clone(), bytes.get(p.offset..p.offset + p.length)?)))
            .collect();
        let partial = Partial { dialect: self.dialect.clone(), header, mti, message };
        Err(Box::new(Failure { error, partial }))
    }

    fn head(&self, bytes: &[u8]) -> Result<Head, (DecodeError, Option<Mti>)> {
        let dialect = &*self.dialect;
        let truncated = |offset: usize, need: usize| DecodeError {
            kind: ErrorKind::Truncated,
            field: None,
            offset: offset as u32,
            expected: Finding::Bytes(need as u32),
            found: Finding::Bytes(bytes.len().saturating_sub(offset) as u32),
        };
        if bytes.len() < dialect.header_length {
            let part = dialect.header.iter().find(|p| bytes.len() < p.offset + p.length);
            let (offset, need) = part.map_or((0, dialect.header_length), |p| (p.offset, p.length));
            return Err((truncated(offset, need), None));
        }
        let at = dialect.header_length;
        let bitmap_at = at + dialect.message_type_length();
        let digits = bytes.get(at..bitmap_at).ok_or((truncated(at, bitmap_at - at), None))?;
        let mti = match (dialect.message_type, digits) {
            (PrefixForm::Bcd, [high, low]) if is_bcd(digits) => {
                let two = |byte: u8| u16::from(byte >> 4) * 10 + u16::from(byte & 15);
                Mti::from_number(two(*high) * 100 + two(*low))
            }
            (PrefixForm::Ascii, digits) => Mti::from_digits(digits),
            (PrefixForm::Ebcdic, [a, b, c, d]) => {
                // F0 becomes 30; what is no digit stays none.
                Mti::from_digits(&[a ^ 0xC0, b ^ 0xC0, c ^ 0xC0, d ^ 0xC0])
            }
            _ => None,
        };
        let bad_digits = DecodeError {
            kind: ErrorKind::BadCharacter,
            field: None,
            offset: at as u32,
            expected: Finding::Digits,
            found: Finding::OtherAt(at as u32),
        };
        let mti = mti.ok_or((bad_digits, None))?;
        let (bitmap, third, start) = read_bitmap(dialect, bytes, bitmap_at).map_err(|e| match e {
            BitmapFault::Cut(need) => (truncated(bitmap_at, need), Some(mti)),
            BitmapFault::NotHex(position) => {
                let error = DecodeError {
                    kind: ErrorKind::BadBitmap,
                    field: None,
                    offset: bitmap_at as u32,
                    expected: Finding::HexCharacters,
                    found: Finding::OtherAt(position as u32),
                };
                (error, Some(mti))
            }
        })?;
        Ok(Head { mti, bitmap, third, start })
    }

    #[inline]
    fn short_way<'a>(&mut self, bytes: &'a [u8]) -> Option<Message<'a>> {
        let head = self.head(bytes).ok()?;
        let shape = self.shapes.get(&self.dialect, head.bitmap, head.third);
        if shape.unknown.is_some()
            || bytes.len() > u32::MAX as usize
            || header_length_is_wrong(&self.dialect, bytes)
        {
            return None;
        }
        let mut ends = [0; VARIABLE_FIELDS_MAX];
        let reached = walk(&shape, bytes, head.start, &mut ends)?;
        if reached != bytes.len() {
            return None;
        }
        let message = Message {
            bytes,
            mti: head.mti,
            start: head.start as u32,
            sound: shape.places.len() as u8,
            shape,
            ends,
        };
        if message.shape.characters.is_empty() || bad_characters(&message).is_none() {
            return Some(message);
        }
        None
    }

    #[cold]
    fn long_way<'a>(&mut self, bytes: &'a [u8]) -> Examined<'a> {
        // Offsets are 32 bits; a longer message is none.
        let bytes = bytes.get(..u32::MAX as usize).unwrap_or(bytes);
        let head = match self.head(bytes) {
            Ok(head) => head,
            Err((error, mti)) => return Examined::Failed { error, mti, message: None },
        };
        let shape = self.shapes.get(&self.dialect, head.bitmap, head.third);
        let mut message = Message {
            bytes,
            mti: head.mti,
            start: head.start as u32,
            sound: 0,
            shape,
            ends: [0; VARIABLE_FIELDS_MAX],
        };
        match check_fields(&mut message, head.start) {
            Ok(()) => Examined::Sound(message),
            Err(error) => Examined::Failed { error, mti: Some(head.mti), message: Some(message) },
        }
    }
}

/// Walks the runs; gives where the message ends, or `None` at anything that is not plainly sound.
#[inline]
fn walk(shape: &Shape, bytes: &[u8], start: usize, ends: &mut [u32; VARIABLE_FIELDS_MAX]) -> Option<usize> {
    let mut rest = bytes.get(start..)?;
    for (run, end) in shape.runs.iter().zip(ends.iter_mut().map(Some).chain([None])) {
        let (fixed, after) = rest.split_at_checked(run.fixed)?;
        for (from, to) in &run.bcd {
            if !is_bcd(fixed.get(usize::from(*from)..usize::from(*to))?) {
                return None;
            }
        }
        rest = after;
        let units = match run.prefix {
            Prefix::None => break,
            Prefix::Bcd1 => {
                let (prefix, after) = rest.split_first()?;
                rest = after;
                bcd_byte(*prefix)?
            }
            Prefix::Bcd2 => {
                let (prefix, after) = rest.split_first_chunk::<2>()?;
                rest = after;
                bcd_byte(prefix[0])? * 100 + bcd_byte(prefix[1])?
            }
            Prefix::Ascii2 => {
                let (prefix, after) = rest.split_first_chunk::<2>()?;
                rest = after;
                ascii_number(prefix)?
            }
            Prefix::Ascii3 => {
                let (prefix, after) = rest.split_first_chunk::<3>()?;
                rest = after;
                ascii_number(prefix)?
            }
            Prefix::Binary1 => {
                let (prefix, after) = rest.split_first()?;
                rest = after;
                u32::from(*prefix)
            }
            Prefix::General(form, length) => {
                let (prefix, after) = rest.split_at_checked(usize::from(length))?;
                rest = after;
                // Three bytes or six digits at most.
                read_prefix(form, prefix)? as u32
            }
        };
        if units > run.max {
            return None;
        }
        let length = match run.unit {
            Unit::Byte => units,
            Unit::Digit | Unit::Nibble => units.div_ceil(2),
            Unit::HexPair => units * 2,
        };
        let (data, after) = rest.split_at_checked(length as usize)?;
        if run.unit == Unit::Digit && !is_bcd(data) {
            return None;
        }
        rest = after;
        *end? = (bytes.len() - rest.len()) as u32;
    }
    Some(bytes.len() - rest.len())
}

#[inline]
fn bcd_byte(byte: u8) -> Option<u32> {
    let (high, low) = (u32::from(byte >> 4), u32::from(byte & 15));
    (high <= 9 && low <= 9).then_some(high * 10 + low)
}

#[inline]
fn ascii_number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |n, c| c.is_ascii_digit().then(|| n * 10 + u32::from(c - b'0')))
}

impl Partial<'_> {
    /// The bitmap as upper-case hexadecimal, if it was sound.
    pub fn bitmap_hex(&self) -> Option<String> {
        self.message.as_ref().map(|m| m.bitmap_hex())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The short way accepts only what the long way accepts, and sees the same in it; and what the long way
    /// accepts beyond that is padding with F.
    fn compare(name: &str, bytes: &[u8]) {
        let mut decoder = Decoder::named(name).expect("dialect");
        let short = decoder.short_way(bytes);
        let long = decoder.long_way(bytes);
        match (short, long) {
            (Some(short), Examined::Sound(long)) => {
                assert_eq!((short.mti, short.start, short.sound), (long.mti, long.start, long.sound));
                assert_eq!(short.ends, long.ends);
            }
            (Some(_), Examined::Failed { error, .. }) => panic!("the short way accepts what has {error}"),
            (None, Examined::Sound(long)) => {
                let padded = |f: crate::message::Field<'_>| {
                    f.spec.is_bcd()
                        && !f.units.is_multiple_of(2)
                        && (f.data.last().is_some_and(|b| b & 15 == 15)
                            || f.data.first().is_some_and(|b| b >> 4 == 15))
                };
                assert!(long.fields().any(padded), "the short way refuses a plain message");
            }
            (None, Examined::Failed { .. }) => {}
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn both_ways_agree_on_changed_messages(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
            cut in 0usize..6,
            more in 0usize..3,
        ) {
            let mut bytes = crate::sample::message().expect("builds");
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(bytes.len() - cut);
            bytes.extend(std::iter::repeat_n(0, more));
            compare("cup_pos", &bytes);
            compare("cup_pos_bare", bytes.get(11..).unwrap_or_default());
        }

        #[test]
        fn both_ways_agree_on_ascii(
            amount in "[0-9]{12}|[0-9A]{12}", acquirer in "[0-9]{0,11}", mac in "[0-9A-G]{16}", length in 0usize..13,
        ) {
            let text = format!("02001000000100000001{amount}{length:02}{acquirer}{mac}");
            compare("iso87_ascii_hexbm", text.as_bytes());
        }
    }

    #[test]
    fn padding_with_f_is_read() {
        let mut decoder = Decoder::named("cup_pos_bare").expect("dialect");
        let bytes = [0x02, 0x00, 0, 0, 0x06, 0, 0, 0, 0, 0, 0x05, 0x1F, 0xF0, 0x07];
        let message = decoder.decode(&bytes).expect("decodes");
        assert_eq!((message.number(22), message.number(23)), (Some(51), Some(7)));
        assert_eq!(message.field(23).map(|f| f.clear_value()).as_deref(), Some("007"));
    }
}
