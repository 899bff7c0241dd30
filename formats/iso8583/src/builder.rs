//! Writes messages, byte for byte as the dialect wants them.
//!
//! Why it exists: the simulated town, `send` and the tests speak real messages, and a decoder is only known
//! to be right against a writer that was made from the same table. Never writes a message that the decoder
//! of the same dialect would refuse.

use crate::charset;
use crate::content::{from_hex, is_ascii_digits, push_hex};
use crate::dialect::{BitmapForm, Dialect, Encoding, FieldSpec, LengthKind, PrefixForm};
use crate::examine::is_digits;
use crate::message::{Message, bitmap_hex};
use crate::mti::Mti;
use crate::plan::bit;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Why a message can't be written. Names fields and counts, never values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// The dialect doesn't have this field.
    #[error("the dialect has no field {0}")]
    UnknownField(u8),
    /// The value doesn't have the form of the field.
    #[error("field {field} takes {expected}")]
    BadValue {
        /// The field.
        field: u8,
        /// What it takes.
        expected: &'static str,
    },
    /// The value is too long, or not of the fixed length.
    #[error("field {field} takes {max} units, not {found}")]
    BadLength {
        /// The field.
        field: u8,
        /// Its limit, or its fixed length.
        max: u32,
        /// What was given.
        found: usize,
    },
    /// The header has no such part, or it has another length.
    #[error("the header has no part {0} of this length")]
    BadHeader(String),
    /// A header part was not given.
    #[error("the header part {0} is missing")]
    MissingHeader(String),
    /// Longer than the length in the header can say.
    #[error("the message is longer than 65,535 bytes")]
    TooLong,
}

/// A message in the making.
#[derive(Clone)]
pub struct Builder {
    dialect: Arc<Dialect>,
    mti: Mti,
    header: BTreeMap<String, Vec<u8>>,
    /// Write the bitmap's second half even if it is empty.
    second_half: bool,
    /// Write the third bitmap even if it is empty.
    third_half: bool,
    /// Each field as it will stand in the message, its prefix included.
    fields: BTreeMap<u8, Vec<u8>>,
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Builder({}, {}, fields {:?})", self.dialect.name, self.mti, self.fields.keys())
    }
}

impl Builder {
    /// A message of a type, without fields.
    pub fn new(dialect: Arc<Dialect>, mti: Mti) -> Builder {
        Builder {
            dialect,
            mti,
            header: BTreeMap::new(),
            second_half: false,
            third_half: false,
            fields: BTreeMap::new(),
        }
    }

    /// The same message again, to be changed or written. Padding that is not zero becomes zero.
    pub fn of(message: &Message<'_>) -> Builder {
        let mut builder = Builder::new(message.dialect().clone(), message.mti());
        builder.second_half = message.bitmap() & bit(1) != 0;
        builder.third_half = message.dialect().third_bitmap && message.bitmap() & bit(65) != 0;
        for part in &message.dialect().header {
            if let Some(bytes) = message.header(&part.name) {
                builder.header.insert(part.name.clone(), bytes.to_vec());
            }
        }
        for field in message.fields() {
            let written = match field.spec.encoding {
                Encoding::Text | Encoding::Bytes => builder.write(field.number, field.spec, field.data),
                _ => builder.encode(field.number, field.spec, &field.clear_value()),
            };
            // A decoded field always fits the dialect it was decoded by.
            if let Ok(written) = written {
                builder.fields.insert(field.number, written);
            }
        }
        builder
    }

    /// Sets a part of the header. `len` needs none: it is counted.
    pub fn header(&mut self, name: &str, bytes: &[u8]) -> Result<&mut Builder, BuildError> {
        let part = self.dialect.header.iter().find(|p| p.name == name && p.length == bytes.len());
        part.ok_or_else(|| BuildError::BadHeader(name.to_owned()))?;
        self.header.insert(name.to_owned(), bytes.to_vec());
        Ok(self)
    }

    /// Sets a field from its value as the machine interface shows it: digits, text, or hexadecimal for
    /// bytes; a text field also takes `hex:` and hexadecimal.
    pub fn set(&mut self, field: u8, value: &str) -> Result<&mut Builder, BuildError> {
        let spec = self.dialect.field(field).ok_or(BuildError::UnknownField(field))?;
        let written = self.encode(field, spec, value)?;
        self.fields.insert(field, written);
        Ok(self)
    }

    /// Sets a field from its bytes: those of a text in the dialect's charset, or raw ones.
    pub fn set_bytes(&mut self, field: u8, bytes: &[u8]) -> Result<&mut Builder, BuildError> {
        let spec = self.dialect.field(field).ok_or(BuildError::UnknownField(field))?;
        let written = match spec.encoding {
            Encoding::Text | Encoding::Bytes => self.write(field, spec, bytes)?,
            Encoding::HexText => {
                let mut hex = String::new();
                push_hex(&mut hex, bytes);
                self.encode(field, spec, &hex)?
            }
            _ => return Err(BuildError::BadValue { field, expected: "digits, not bytes" }),
        };
        self.fields.insert(field, written);
        Ok(self)
    }

    /// Sets a field of digits from a number, filled with zeros to its length.
    pub fn set_number(&mut self, field: u8, number: u64) -> Result<&mut Builder, BuildError> {
        let spec = self.dialect.field(field).ok_or(BuildError::UnknownField(field))?;
        match spec.length {
            LengthKind::Fixed => self.set(field, &format!("{number:0width$}", width = spec.max as usize)),
            _ => self.set(field, &number.to_string()),
        }
    }

    /// Leaves a field out.
    pub fn remove(&mut self, field: u8) -> &mut Builder {
        self.fields.remove(&field);
        self
    }

    /// The message.
    pub fn build(&self) -> Result<Vec<u8>, BuildError> {
        let mut out = Vec::with_capacity(512);
        self.build_into(&mut out)?;
        Ok(out)
    }

    /// Appends the message.
    pub fn build_into(&self, out: &mut Vec<u8>) -> Result<(), BuildError> {
        let begin = out.len();
        let mut length_at = None;
        for part in &self.dialect.header {
            if part.name == "len" {
                length_at = Some(begin + part.offset);
                out.extend([0, 0]);
                continue;
            }
            let bytes = self.header.get(&part.name);
            out.extend(bytes.ok_or_else(|| BuildError::MissingHeader(part.name.clone()))?);
        }
        let digits = self.mti.digits();
        match self.dialect.message_type {
            PrefixForm::Bcd | PrefixForm::Binary => push_digits(out, &digits, false),
            PrefixForm::Ascii => out.extend(digits),
            PrefixForm::Ebcdic => out.extend(digits.map(|digit| digit | 0xF0)),
        }
        let mut bitmap = self.fields.keys().fold(0, |bitmap, field| bitmap | bit(*field));
        // The third bitmap's highest bit is field 129.
        let third = self.fields.keys().filter(|field| **field > 128);
        let third = third.fold(0u64, |third, field| third | 1 << (192 - u32::from(*field)));
        if self.dialect.third_bitmap && (third != 0 || self.third_half) {
            bitmap |= bit(65);
        }
        if (bitmap as u64 != 0 || self.second_half) && self.dialect.bitmap != BitmapForm::Hex32 {
            bitmap |= bit(1);
        }
        match self.dialect.bitmap {
            BitmapForm::Binary if bitmap & bit(1) == 0 => out.extend(((bitmap >> 64) as u64).to_be_bytes()),
            BitmapForm::Binary => {
                out.extend(bitmap.to_be_bytes());
                if self.dialect.third_bitmap && bitmap & bit(65) != 0 {
                    out.extend(third.to_be_bytes());
                }
            }
            BitmapForm::Hex | BitmapForm::Hex32 => {
                out.extend(bitmap_hex(&self.dialect, bitmap, third).bytes());
            }
        }
        for written in self.fields.values() {
            out.extend(written);
        }
        if let Some(at) = length_at {
            let length = u16::try_from(out.len() - at - 2).map_err(|_| BuildError::TooLong)?;
            if let Some(place) = out.get_mut(at..at + 2) {
                place.copy_from_slice(&length.to_be_bytes());
            }
        }
        Ok(())
    }

    /// The message with a MAC in field 64, made by the caller over the bytes from the message type to the
    /// last field before 64 (the bitmap already announces 64).
    pub fn build_with_mac(&mut self, mac: impl FnOnce(&[u8]) -> [u8; 8]) -> Result<Vec<u8>, BuildError> {
        self.set_bytes(64, &[0; 8])?;
        let unsigned = self.build()?;
        let length = self.fields.get(&64).map_or(0, Vec::len);
        let input = unsigned.get(self.dialect.header_length..unsigned.len() - length).unwrap_or_default();
        let mac = mac(input);
        self.set_bytes(64, &mac)?;
        self.build()
    }

    /// The prefix and the content of a field whose content is ready.
    fn write(&self, field: u8, spec: FieldSpec, content: &[u8]) -> Result<Vec<u8>, BuildError> {
        self.with_prefix(field, spec, content.len(), content)
    }

    fn with_prefix(
        &self,
        field: u8,
        spec: FieldSpec,
        units: usize,
        content: &[u8],
    ) -> Result<Vec<u8>, BuildError> {
        let max = spec.max as usize;
        if units > max || (spec.length == LengthKind::Fixed && units != max) {
            return Err(BuildError::BadLength { field, max: spec.max, found: units });
        }
        if spec.digits && !is_digits(self.dialect.charset, content) {
            return Err(BuildError::BadValue { field, expected: "digits" });
        }
        let mut out = Vec::with_capacity(content.len() + 3);
        let width = spec.length.digits();
        if width > 0 {
            let digits = format!("{units:0width$}");
            match spec.prefix {
                PrefixForm::Ascii => out.extend(digits.bytes()),
                PrefixForm::Ebcdic => out.extend(digits.bytes().map(|digit| digit | 0xF0)),
                PrefixForm::Bcd => push_digits(&mut out, digits.as_bytes(), false),
                PrefixForm::Binary => {
                    let number = (units as u32).to_be_bytes();
                    out.extend(number.iter().skip(number.len() - spec.prefix_length()));
                }
            }
        }
        out.extend(content);
        Ok(out)
    }

    fn encode(&self, field: u8, spec: FieldSpec, value: &str) -> Result<Vec<u8>, BuildError> {
        let bad = |expected| BuildError::BadValue { field, expected };
        match spec.encoding {
            Encoding::Text => {
                let bytes = match value.strip_prefix("hex:") {
                    Some(hex) => from_hex(hex.as_bytes()).ok_or(bad("hexadecimal after hex:"))?,
                    None => charset::encode(self.dialect.charset, value)
                        .ok_or(bad("text in the dialect's charset"))?,
                };
                self.write(field, spec, &bytes)
            }
            Encoding::Bytes => {
                let bytes = from_hex(value.as_bytes()).ok_or(bad("hexadecimal"))?;
                self.write(field, spec, &bytes)
            }
            Encoding::HexText => {
                from_hex(value.as_bytes()).ok_or(bad("hexadecimal"))?;
                self.with_prefix(field, spec, value.len() / 2, value.to_ascii_uppercase().as_bytes())
            }
            Encoding::BcdLeft | Encoding::BcdRight => {
                if !is_ascii_digits(value.as_bytes()) {
                    return Err(bad("digits"));
                }
                let mut content = Vec::new();
                push_digits(&mut content, value.as_bytes(), spec.encoding == Encoding::BcdRight);
                self.with_prefix(field, spec, value.len(), &content)
            }
            Encoding::SignedBcd => {
                let sign = value.chars().next().ok_or(bad("a sign, then digits"))?;
                let digits = value.get(sign.len_utf8()..).unwrap_or_default();
                if !is_ascii_digits(digits.as_bytes()) {
                    return Err(bad("a sign, then digits"));
                }
                let mut content = charset::encode(self.dialect.charset, sign.encode_utf8(&mut [0; 4]))
                    .filter(|sign| sign.len() == 1)
                    .ok_or(bad("a sign of one byte"))?;
                push_digits(&mut content, digits.as_bytes(), false);
                self.with_prefix(field, spec, 1 + digits.len(), &content)
            }
            Encoding::Track | Encoding::TrackLeft => {
                let nibbles = value.replace('=', "D");
                if !nibbles.bytes().all(|c| c.is_ascii_hexdigit()) {
                    return Err(bad("track data: digits and ="));
                }
                let padded = match (nibbles.len().is_multiple_of(2), spec.pads_left()) {
                    (true, _) => nibbles.clone(),
                    (false, true) => "0".to_owned() + &nibbles,
                    (false, false) => nibbles.clone() + "0",
                };
                let content = from_hex(padded.as_bytes()).ok_or(bad("track data: digits and ="))?;
                self.with_prefix(field, spec, nibbles.len(), &content)
            }
        }
    }
}

/// ASCII digits as BCD; an odd count gets a zero at the right or at the left.
fn push_digits(out: &mut Vec<u8>, digits: &[u8], pad_right: bool) {
    let mut nibbles: Vec<u8> = digits.iter().map(|c| c & 15).collect();
    if !nibbles.len().is_multiple_of(2) {
        nibbles.insert(if pad_right { nibbles.len() } else { 0 }, 0);
    }
    let (pairs, _) = nibbles.as_chunks::<2>();
    out.extend(pairs.iter().map(|[high, low]| high << 4 | low));
}
