//! A decoded message and its fields, borrowed from the bytes.
//!
//! Why it exists: a payment is read once and most of its fields are looked at once, so nothing is copied
//! until someone asks. What is borrowed here holds clear card data: it must not be stored, logged or sent,
//! and `Debug` shows positions only.

use crate::charset;
use crate::content::{self, push_hex};
use crate::dialect::{Charset, Dialect, Encoding, FieldSpec, LengthKind, PrefixForm, VARIABLE_FIELDS_MAX};
use crate::mti::Mti;
use crate::plan::Shape;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// A message whose structure and content were checked, or the sound beginning of one that failed.
#[derive(Clone)]
pub struct Message<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) shape: Arc<Shape>,
    pub(crate) mti: Mti,
    /// Where the first field begins.
    pub(crate) start: u32,
    /// How many fields are sound: all, but in the beginning of a failed message.
    pub(crate) sound: u8,
    /// Where each variable field ends, in the order of the message.
    pub(crate) ends: [u32; VARIABLE_FIELDS_MAX],
}

impl<'a> Message<'a> {
    /// The message type.
    pub fn mti(&self) -> Mti {
        self.mti
    }

    /// The dialect it was read by.
    pub fn dialect(&self) -> &Arc<Dialect> {
        &self.shape.dialect
    }

    /// The whole message as it came.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// A part of the header, such as `tpdu`.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        let part = self.shape.dialect.header.iter().find(|part| part.name == name)?;
        self.bytes.get(part.offset..part.offset + part.length)
    }

    /// The first two bitmaps: field 1 is the highest bit.
    pub fn bitmap(&self) -> u128 {
        self.shape.bitmap
    }

    /// The third bitmap: field 129 is the highest bit. Zero in dialects without one.
    pub fn third_bitmap(&self) -> u64 {
        self.shape.third
    }

    /// The bitmap as upper-case hexadecimal: 16 characters, or 32 if the message has the second half,
    /// or 48 with a third bitmap.
    pub fn bitmap_hex(&self) -> String {
        bitmap_hex(&self.shape.dialect, self.shape.bitmap, self.shape.third)
    }

    /// True if the message has the field.
    pub fn has(&self, number: u8) -> bool {
        self.shape.rank(number).is_some_and(|rank| rank < usize::from(self.sound))
    }

    /// A field; `None` if the message doesn't have it.
    pub fn field(&self, number: u8) -> Option<Field<'a>> {
        self.field_of_rank(self.shape.rank(number)?)
    }

    /// All fields, in the order of the message.
    pub fn fields(&self) -> impl Iterator<Item = Field<'a>> + '_ {
        (0..usize::from(self.sound)).filter_map(|rank| self.field_of_rank(rank))
    }

    /// The number in a field of digits: an amount, a trace number, a card number. `None` if the message
    /// doesn't have the field, or it isn't 1 to 19 digits.
    pub fn number(&self, number: u8) -> Option<u64> {
        self.field(number)?.number()
    }

    /// The text of a field in the dialect's charset.
    pub fn text(&self, number: u8) -> Option<Cow<'a, str>> {
        self.field(number)?.text()
    }

    /// The content of a field as it stands in the message, without its length prefix.
    pub fn data(&self, number: u8) -> Option<&'a [u8]> {
        Some(self.field(number)?.data)
    }

    /// The bytes that a MAC in field 64 or 128 covers: from the message type to the last field before it.
    /// `None` if the message carries no MAC.
    pub fn mac_input(&self) -> Option<Range<usize>> {
        let mac = self.field(64).or_else(|| self.field(128))?;
        Some(self.shape.dialect.header_length..mac.offset)
    }

    /// The MAC that the message carries.
    pub fn mac(&self) -> Option<[u8; 8]> {
        let mac = self.field(64).or_else(|| self.field(128))?;
        match mac.spec.encoding {
            Encoding::HexText => content::from_hex(mac.data)?.try_into().ok(),
            _ => mac.data.try_into().ok(),
        }
    }

    /// Where a field lies, by its rank among the fields of the bitmap.
    pub(crate) fn span_of_rank(&self, rank: usize) -> Option<(u8, Range<usize>)> {
        let place = self.shape.places.get(rank)?;
        let run = usize::from(place.run);
        let base = match run.checked_sub(1) {
            None => self.start,
            Some(before) => *self.ends.get(before)?,
        } as usize;
        let from = base + usize::from(place.from);
        let to =
            if place.variable { *self.ends.get(run)? as usize } else { from + usize::from(place.length) };
        Some((place.number, from..to))
    }

    fn field_of_rank(&self, rank: usize) -> Option<Field<'a>> {
        if rank >= usize::from(self.sound) {
            return None;
        }
        let (number, span) = self.span_of_rank(rank)?;
        let dialect = &self.shape.dialect;
        let spec = dialect.field(number)?;
        let prefix_length = spec.prefix_length();
        let whole = self.bytes.get(span.clone())?;
        let (prefix, data) = whole.split_at_checked(prefix_length)?;
        let units = match spec.length {
            LengthKind::Fixed => spec.max as usize,
            _ => read_prefix(spec.prefix, prefix)?,
        };
        Some(Field {
            number,
            spec,
            charset: dialect.charset,
            offset: span.start,
            length: whole.len(),
            data,
            units,
        })
    }
}

/// The number in a length prefix; `None` if it is not made of digits.
pub(crate) fn read_prefix(form: PrefixForm, prefix: &[u8]) -> Option<usize> {
    let digits = |charset| {
        prefix.iter().try_fold(0, |n, byte| Some(n * 10 + usize::from(charset::digit_value(charset, *byte)?)))
    };
    match form {
        PrefixForm::Bcd => content::is_bcd(prefix).then(|| content::bcd_number(prefix) as usize),
        PrefixForm::Ascii => digits(Charset::Latin1),
        PrefixForm::Ebcdic => digits(Charset::Cp500),
        PrefixForm::Binary => Some(prefix.iter().fold(0, |n, byte| n << 8 | usize::from(*byte))),
    }
}

pub(crate) fn bitmap_hex(dialect: &Dialect, bitmap: u128, third: u64) -> String {
    use crate::dialect::BitmapForm;
    if dialect.third_bitmap && bitmap & crate::plan::bit(65) != 0 {
        format!("{bitmap:032X}{third:016X}")
    } else if bitmap >> 127 == 1 || dialect.bitmap == BitmapForm::Hex32 {
        format!("{bitmap:032X}")
    } else {
        format!("{:016X}", bitmap >> 64)
    }
}

/// Content that stands alone, seen as a field: to show the parts within a field. Without place and number.
pub(crate) fn field_of_data(spec: FieldSpec, charset: Charset, data: &[u8]) -> Field<'_> {
    let units = match spec.length {
        LengthKind::Fixed => spec.max as usize,
        _ if spec.bytes_of(2) == 1 => data.len() * 2,
        _ => data.len() / spec.bytes_of(1),
    };
    Field { number: 0, spec, charset, offset: 0, length: data.len(), data, units }
}

impl std::fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Message({}, {}, {} bytes)", self.shape.dialect.name, self.mti, self.bytes.len())
    }
}

/// One field of a message.
#[derive(Clone, Copy)]
pub struct Field<'a> {
    /// Its number.
    pub number: u8,
    /// How the dialect writes it.
    pub spec: FieldSpec,
    /// The dialect's charset.
    pub charset: Charset,
    /// Its first byte in the message, the length prefix included.
    pub offset: usize,
    /// Its bytes, the length prefix included.
    pub length: usize,
    /// Its content as it stands in the message.
    pub data: &'a [u8],
    /// How many digits, characters or bytes it has, as the dialect counts.
    pub units: usize,
}

impl<'a> Field<'a> {
    /// The number in a field of 1 to 19 digits, straight from the nibbles or characters.
    pub fn number(&self) -> Option<u64> {
        if self.units == 0 || self.units > 19 {
            return None;
        }
        match self.spec.encoding {
            Encoding::BcdLeft | Encoding::BcdRight if self.units.is_multiple_of(2) => {
                Some(content::bcd_number(self.data))
            }
            Encoding::BcdLeft => {
                let (first, rest) = self.data.split_first()?;
                let high = u64::from(first & 15).checked_mul(100u64.checked_pow(rest.len() as u32)?)?;
                Some(high + content::bcd_number(rest))
            }
            Encoding::BcdRight => {
                let (last, rest) = self.data.split_last()?;
                Some(content::bcd_number(rest) * 10 + u64::from(last >> 4))
            }
            // Nineteen digits fit into 64 bits.
            Encoding::Text => self
                .data
                .iter()
                .try_fold(0u64, |n, c| Some(n * 10 + u64::from(charset::digit_value(self.charset, *c)?))),
            _ => None,
        }
    }

    /// The digits as ASCII in the caller's buffer; in track data `=` stands for the separator. `None` if
    /// the buffer is too small or the field is not digits.
    pub fn digits_into<'b>(&self, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
        let out = buffer.get_mut(..self.units)?;
        match self.spec.encoding {
            Encoding::Text => {
                // The separator is `=` or D: 7E and C4 in EBCDIC.
                let separators = if self.charset.is_ebcdic() { [0x7E, 0xC4] } else { [b'=', b'D'] };
                for (out, byte) in out.iter_mut().zip(self.data) {
                    *out = match charset::digit_value(self.charset, *byte) {
                        Some(digit) => b'0' + digit,
                        None if separators.contains(byte) => b'=',
                        None => return None,
                    };
                }
            }
            Encoding::BcdLeft | Encoding::BcdRight | Encoding::Track | Encoding::TrackLeft => {
                for (at, out) in out.iter_mut().enumerate() {
                    *out = match self.nibble(at)? {
                        digit @ 0..=9 => b'0' + digit,
                        13 if self.spec.is_track() => b'=',
                        _ => return None,
                    };
                }
            }
            Encoding::Bytes | Encoding::HexText | Encoding::SignedBcd => return None,
        }
        Some(out)
    }

    /// The digit at a place of a field in nibbles, without the padding.
    fn nibble(&self, at: usize) -> Option<u8> {
        let padded_left = self.spec.pads_left() && !self.units.is_multiple_of(2);
        let at = at + usize::from(padded_left);
        let byte = self.data.get(at / 2)?;
        Some(if at.is_multiple_of(2) { byte >> 4 } else { byte & 15 })
    }

    /// The text of a text field in the dialect's charset; `None` for other fields and for bytes that are no
    /// text. Borrowed when it is ASCII.
    pub fn text(&self) -> Option<Cow<'a, str>> {
        match self.spec.encoding {
            Encoding::Text => charset::decode(self.charset, self.data),
            _ => None,
        }
    }

    /// The track data of field 35, taken apart; `None` if it is encrypted or not of the form.
    pub fn track_two(&self) -> Option<TrackTwo> {
        let mut buffer = [0; 104];
        TrackTwo::read(self.digits_into(&mut buffer)?)
    }

    /// The value as the machine interface shows it, **unmasked**: digits, text, or upper-case hexadecimal;
    /// bytes of a text field that are no text as `hex:` and hexadecimal. Only for comparing and for masking.
    pub fn clear_value(&self) -> String {
        let mut out = String::new();
        match self.spec.encoding {
            Encoding::Text => match self.text() {
                Some(text) => out.push_str(&text),
                None => {
                    out.push_str("hex:");
                    push_hex(&mut out, self.data);
                }
            },
            Encoding::Bytes => push_hex(&mut out, self.data),
            Encoding::HexText => out.extend(self.data.iter().map(|c| char::from(c.to_ascii_uppercase()))),
            Encoding::SignedBcd => {
                let (sign, digits) = self.data.split_first().unwrap_or((&0, &[]));
                out.push_str(charset::decode(self.charset, &[*sign]).as_deref().unwrap_or("?"));
                let skip = self.units.saturating_sub(1) % 2;
                let nibbles = digits.iter().flat_map(|b| [b >> 4, b & 15]).skip(skip);
                out.extend(nibbles.filter_map(|n| char::from_digit(u32::from(n), 10)));
            }
            Encoding::BcdLeft | Encoding::BcdRight | Encoding::Track | Encoding::TrackLeft => {
                let track = self.spec.is_track();
                out.extend((0..self.units).filter_map(|at| match self.nibble(at)? {
                    13 if track => Some('='),
                    nibble => char::from_digit(u32::from(nibble), 16).map(|c| c.to_ascii_uppercase()),
                }));
            }
        }
        out
    }
}

impl std::fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Field({} at {}, {} bytes)", self.number, self.offset, self.length)
    }
}

/// What track 2 says beside the discretionary data, which are not read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TrackTwo {
    /// The card number.
    pub card_number: u64,
    /// How many digits it has.
    pub card_number_digits: u8,
    /// Year and month, as in 2912.
    pub expiry: u16,
    /// The service code; 2xx and 6xx are chip cards.
    pub service_code: Option<u16>,
}

impl TrackTwo {
    /// Reads ASCII digits with `=` as separator, as [`Field::digits_into`] gives them.
    pub fn read(track: &[u8]) -> Option<TrackTwo> {
        let separator = track.iter().position(|c| *c == b'=')?;
        let (number, rest) = track.split_at(separator);
        if !(12..=19).contains(&number.len()) {
            return None;
        }
        let digits = |digits: &[u8]| {
            digits.iter().try_fold(0u64, |n, c| c.is_ascii_digit().then(|| n * 10 + u64::from(c - b'0')))
        };
        Some(TrackTwo {
            card_number: digits(number)?,
            card_number_digits: number.len() as u8,
            expiry: digits(rest.get(1..5)?)? as u16,
            service_code: rest.get(5..8).and_then(digits).map(|code| code as u16),
        })
    }
}

impl std::fmt::Debug for TrackTwo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TrackTwo(***)")
    }
}
