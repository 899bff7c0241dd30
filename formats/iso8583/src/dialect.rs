//! A dialect: how one party writes ISO 8583, as a table that was checked when it was read.
//!
//! Why it exists: a new acquirer must cost a file, not code. `data/dialects/cup_pos.toml` explains the form of
//! the files and `dialect_file` reads them. Never holds a table that the decoder could not run within its
//! bounds.

use crate::names::field_name;
use crate::subfields::SubFields;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use tg_text::Text;

/// One line adds a dialect: its file in `data/dialects`.
macro_rules! compiled_in {
    ($($name:literal),* $(,)?) => {
        /// The dialects that are compiled in.
        pub const NAMES: &[&str] = &[$($name),*];

        pub(crate) fn source(name: &str) -> Option<&'static str> {
            match name {
                $($name => Some(include_str!(concat!("../../../data/dialects/", $name, ".toml"))),)*
                _ => None,
            }
        }
    };
}

compiled_in! {
    "cup_pos",
    "cup_pos_len",
    "cup_pos_bare",
    "cups_interchange",
    "cupd",
    "jcb",
    "mastercard",
    "iso87_ascii_hexbm",
    "iso87_ascii_hexbm16",
    "basei_starter",
    "iso87_ascii_binbm",
    "jpos87a",
    "jpos87b",
    "jpos93a",
    "jpos93b",
    "postilion",
    "ir_pos",
    "x_ver2_bcd",
}

/// The most variable-length fields a dialect may have: a message keeps one position for each.
pub(crate) const VARIABLE_FIELDS_MAX: usize = 64;

/// The highest field: that of a third bitmap's last bit.
pub(crate) const FIELD_MAX: u8 = 192;

/// How the fields' lengths are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthKind {
    /// Always the same count of units.
    Fixed,
    /// A prefix of two digits.
    Ll,
    /// A prefix of three digits.
    Lll,
    /// A prefix of four digits.
    Llll,
    /// A prefix of five digits.
    Lllll,
    /// A prefix of six digits.
    Llllll,
}

impl LengthKind {
    /// How many digits the prefix has.
    pub fn digits(self) -> usize {
        match self {
            LengthKind::Fixed => 0,
            LengthKind::Ll => 2,
            LengthKind::Lll => 3,
            LengthKind::Llll => 4,
            LengthKind::Lllll => 5,
            LengthKind::Llllll => 6,
        }
    }
}

/// How digits are written in length prefixes and in the message type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrefixForm {
    /// Two digits a byte; three digits take two bytes.
    Bcd,
    /// One character a digit.
    Ascii,
    /// One EBCDIC character a digit (F0 to F9).
    Ebcdic,
    /// A big-endian number: one byte for LL, two for LLL and LLLL, three beyond. Not for message types.
    Binary,
}

/// How the bitmap is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BitmapForm {
    /// 8 bytes, or 16 when bit 1 is set.
    Binary,
    /// 16 hexadecimal characters, or 32 when bit 1 is set.
    Hex,
    /// Always 32 hexadecimal characters.
    Hex32,
}

/// The character set of text fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Charset {
    /// GB18030, which holds GBK and ASCII.
    Gb18030,
    /// ISO 8859-1.
    Latin1,
    /// EBCDIC, IBM code page 500.
    Cp500,
    /// EBCDIC, IBM code page 037.
    Cp037,
}

impl Charset {
    /// True for the EBCDIC pages, in which digits are F0 to F9.
    pub fn is_ebcdic(self) -> bool {
        matches!(self, Charset::Cp500 | Charset::Cp037)
    }
}

/// How a field's content is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes in the dialect's charset. One unit is one byte.
    Text,
    /// Raw bytes.
    Bytes,
    /// Raw bytes as hexadecimal characters. One unit is one byte, so two characters.
    HexText,
    /// BCD digits; an odd count is padded left. One unit is one digit.
    BcdLeft,
    /// BCD digits; an odd count is padded right.
    BcdRight,
    /// A sign character in the charset, then BCD digits padded left. The sign is a unit too.
    SignedBcd,
    /// Track data in nibbles, D as separator, padded right.
    Track,
    /// The same, padded left.
    TrackLeft,
}

/// How one field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// How its length is known.
    pub length: LengthKind,
    /// How its length prefix is written.
    pub prefix: PrefixForm,
    /// Exactly (fixed) or at most so many units.
    pub max: u32,
    /// How its content is written.
    pub encoding: Encoding,
    /// Text that must be decimal digits.
    pub digits: bool,
    /// Bytes that hold BER-TLV.
    pub tlv: bool,
}

impl FieldSpec {
    /// The bytes that so many units take.
    pub fn bytes_of(&self, units: usize) -> usize {
        match self.encoding {
            Encoding::Text | Encoding::Bytes => units,
            Encoding::HexText => units * 2,
            Encoding::BcdLeft | Encoding::BcdRight | Encoding::Track | Encoding::TrackLeft => {
                units.div_ceil(2)
            }
            Encoding::SignedBcd => units.min(1) + units.saturating_sub(1).div_ceil(2),
        }
    }

    /// The bytes of its length prefix.
    pub fn prefix_length(&self) -> usize {
        match (self.length, self.prefix) {
            (LengthKind::Fixed, _) => 0,
            (kind, PrefixForm::Bcd) => kind.digits().div_ceil(2),
            (kind, PrefixForm::Ascii | PrefixForm::Ebcdic) => kind.digits(),
            (kind, PrefixForm::Binary) => match kind.digits() {
                2 => 1,
                3 | 4 => 2,
                _ => 3,
            },
        }
    }

    /// True for the forms whose content is digits in nibbles.
    pub fn is_bcd(&self) -> bool {
        matches!(self.encoding, Encoding::BcdLeft | Encoding::BcdRight | Encoding::SignedBcd)
    }

    /// True for track data in nibbles.
    pub fn is_track(&self) -> bool {
        matches!(self.encoding, Encoding::Track | Encoding::TrackLeft)
    }

    /// Whether an odd count of nibbles is padded before the first.
    pub(crate) fn pads_left(&self) -> bool {
        matches!(self.encoding, Encoding::BcdLeft | Encoding::SignedBcd | Encoding::TrackLeft)
    }
}

/// A named part of the header, of fixed length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeaderPart {
    pub name: String,
    pub offset: usize,
    pub length: usize,
}

/// A checked dialect.
#[derive(Debug)]
pub struct Dialect {
    pub(crate) name: String,
    pub(crate) about: Text,
    pub(crate) message_type: PrefixForm,
    pub(crate) bitmap: BitmapForm,
    /// Bit 65 announces a third bitmap, right behind the second.
    pub(crate) third_bitmap: bool,
    /// The edition of the standard whose message types it uses, such as 1987.
    pub(crate) edition: u16,
    /// Fields that nearly all its messages have: they help to recognise it.
    pub(crate) usual: Vec<u8>,
    pub(crate) charset: Charset,
    pub(crate) header: Vec<HeaderPart>,
    pub(crate) header_length: usize,
    pub(crate) fields: Vec<Option<FieldSpec>>,
    pub(crate) names: BTreeMap<u8, Text>,
    pub(crate) subfields: BTreeMap<u8, SubFields>,
}

impl Dialect {
    /// A compiled-in dialect by its name in [`NAMES`].
    pub fn named(name: &str) -> Option<Arc<Dialect>> {
        static DIALECTS: OnceLock<Vec<Arc<Dialect>>> = OnceLock::new();
        let all = DIALECTS.get_or_init(|| {
            NAMES
                .iter()
                .map(|name| {
                    let text = source(name).expect("every name in NAMES has its file; a test reads them all");
                    Arc::new(
                        Dialect::from_toml(name, text)
                            .expect("the compiled-in dialects are sound; a test reads them all"),
                    )
                })
                .collect()
        });
        all.iter().find(|d| d.name == name).cloned()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is, for people.
    pub fn about(&self) -> &Text {
        &self.about
    }

    /// How a field is written; `None` if this dialect doesn't have it.
    pub fn field(&self, number: u8) -> Option<FieldSpec> {
        self.fields.get(usize::from(number)).copied().flatten()
    }

    /// What this dialect means by a field: its own name for it, or that of ISO 8583:1987.
    pub fn field_name(&self, number: u8) -> Text {
        self.names.get(&number).cloned().unwrap_or_else(|| field_name(number))
    }

    /// The character set of its text fields.
    pub fn charset(&self) -> Charset {
        self.charset
    }

    /// The names and lengths in bytes of the header's parts.
    pub fn header_parts(&self) -> impl Iterator<Item = (&str, usize)> {
        self.header.iter().map(|part| (part.name.as_str(), part.length))
    }

    /// True if the header holds the message's length: a dialect of files, not of feeds, whose frames never
    /// hold it.
    pub fn header_holds_length(&self) -> bool {
        self.header.iter().any(|part| part.name == "len")
    }

    pub(crate) fn message_type_length(&self) -> usize {
        match self.message_type {
            PrefixForm::Bcd | PrefixForm::Binary => 2,
            PrefixForm::Ascii | PrefixForm::Ebcdic => 4,
        }
    }
}
