//! A dialect: how one party writes ISO 8583. Read from a TOML file, checked, kept as a table.
//!
//! Why it exists: a new acquirer must cost a file, not code. `data/dialects/cup_pos.toml` explains the form;
//! a dialect may inherit another and change what differs. Never accepts a table that the decoder could not
//! run within its bounds.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use tg_text::Text;

/// One line adds a dialect: its file in `data/dialects`.
macro_rules! compiled_in {
    ($($name:literal),* $(,)?) => {
        /// The dialects that are compiled in.
        pub const NAMES: &[&str] = &[$($name),*];

        fn source(name: &str) -> Option<&'static str> {
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
    "iso87_ascii_hexbm",
    "iso87_ascii_hexbm16",
    "jpos87a",
}

/// The most variable-length fields a dialect may have: a message keeps one position for each.
pub(crate) const VARIABLE_FIELDS_MAX: usize = 64;

/// How the fields' lengths are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthKind {
    /// Always the same count of units.
    Fixed,
    /// A prefix of two digits.
    Ll,
    /// A prefix of three digits.
    Lll,
}

/// How digits are written in length prefixes and in the message type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrefixForm {
    /// Two digits a byte; three digits take two bytes.
    Bcd,
    /// One character a digit.
    Ascii,
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
    /// Track data in nibbles, D as separator, padded right.
    Track,
}

/// How one field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// How its length is known.
    pub length: LengthKind,
    /// Exactly (fixed) or at most so many units.
    pub max: u16,
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
            Encoding::BcdLeft | Encoding::BcdRight | Encoding::Track => units.div_ceil(2),
        }
    }

    /// True for the forms whose content is digits in nibbles.
    pub fn is_bcd(&self) -> bool {
        matches!(self.encoding, Encoding::BcdLeft | Encoding::BcdRight)
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
    pub(crate) charset: Charset,
    pub(crate) length_prefix: PrefixForm,
    pub(crate) header: Vec<HeaderPart>,
    pub(crate) header_length: usize,
    fields: Vec<Option<FieldSpec>>,
}

/// Why a dialect file is refused.
#[derive(Debug, thiserror::Error)]
pub enum DialectError {
    /// Not TOML, or not of the form; the message of the TOML reader names line and key.
    #[error("{0}")]
    Toml(String),
    /// The dialect it inherits is not known, or the inheritance has no end.
    #[error("inherits {0}, which is not a dialect that can be read")]
    Parent(String),
    /// A key is missing here and in what is inherited.
    #[error("the key {0} is missing")]
    Missing(&'static str),
    /// A field's number or its text is not of the form.
    #[error("field {field}: {reason}")]
    Field {
        /// The key as written.
        field: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A part of the header is not of the form.
    #[error("header: {0}")]
    Header(&'static str),
    /// More than the decoder can hold.
    #[error("more than {0}")]
    TooLarge(&'static str),
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct File {
    inherits: Option<String>,
    about_zh: Option<String>,
    about_en: Option<String>,
    message_type: Option<PrefixForm>,
    bitmap: Option<BitmapForm>,
    charset: Option<Charset>,
    length_prefix: Option<PrefixForm>,
    header: Option<Vec<(String, usize)>>,
    #[serde(default)]
    fields: BTreeMap<String, String>,
}

impl File {
    fn read(text: &str, parent: &dyn Fn(&str) -> Option<String>, depth: u8) -> Result<File, DialectError> {
        let own: File = toml::from_str(text).map_err(|e| DialectError::Toml(e.to_string()))?;
        let Some(name) = own.inherits.clone() else { return Ok(own) };
        if depth == 0 {
            return Err(DialectError::Parent(name));
        }
        let inherited = parent(&name).ok_or_else(|| DialectError::Parent(name.clone()))?;
        let base = File::read(&inherited, parent, depth - 1)?;
        let mut fields = base.fields;
        fields.extend(own.fields);
        Ok(File {
            inherits: None,
            about_zh: own.about_zh.or(base.about_zh),
            about_en: own.about_en.or(base.about_en),
            message_type: own.message_type.or(base.message_type),
            bitmap: own.bitmap.or(base.bitmap),
            charset: own.charset.or(base.charset),
            length_prefix: own.length_prefix.or(base.length_prefix),
            header: own.header.or(base.header),
            fields,
        })
    }
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

    /// Reads and checks a dialect file. It may inherit a compiled-in dialect.
    pub fn from_toml(name: &str, text: &str) -> Result<Dialect, DialectError> {
        let file = File::read(text, &|parent| source(parent).map(str::to_owned), 4)?;
        let mut fields = vec![None; 129];
        let (mut variable, mut fixed_bytes) = (0, 0);
        for (key, written) in &file.fields {
            let refuse = |reason| DialectError::Field { field: key.clone(), reason };
            let number: usize = key.parse().map_err(|_| refuse("a field is a number from 2 to 128"))?;
            let slot = match number {
                2..=128 => fields.get_mut(number),
                _ => None,
            };
            let slot = slot.ok_or_else(|| refuse("a field is a number from 2 to 128"))?;
            let spec = field_spec(written).map_err(refuse)?;
            match spec.length {
                LengthKind::Fixed => fixed_bytes += spec.bytes_of(usize::from(spec.max)),
                _ => variable += 1,
            }
            *slot = Some(spec);
        }
        if variable > VARIABLE_FIELDS_MAX {
            return Err(DialectError::TooLarge("64 fields of variable length"));
        }
        if fixed_bytes > 60_000 {
            return Err(DialectError::TooLarge("60,000 bytes in fields of fixed length"));
        }
        let mut header = Vec::new();
        let mut header_length = 0;
        for (name, length) in file.header.unwrap_or_default() {
            if length == 0 || length > 256 || header.len() == 16 {
                return Err(DialectError::TooLarge("16 header parts of 1 to 256 bytes"));
            }
            if name == "len" && length != 2 {
                return Err(DialectError::Header("the part len has 2 bytes"));
            }
            header.push(HeaderPart { name, offset: header_length, length });
            header_length += length;
        }
        Ok(Dialect {
            name: name.to_owned(),
            about: Text::new(
                file.about_zh.ok_or(DialectError::Missing("about_zh"))?,
                file.about_en.ok_or(DialectError::Missing("about_en"))?,
            ),
            message_type: file.message_type.ok_or(DialectError::Missing("message_type"))?,
            bitmap: file.bitmap.ok_or(DialectError::Missing("bitmap"))?,
            charset: file.charset.ok_or(DialectError::Missing("charset"))?,
            length_prefix: file.length_prefix.ok_or(DialectError::Missing("length_prefix"))?,
            header,
            header_length,
            fields,
        })
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

    /// The names and lengths in bytes of the header's parts.
    pub fn header_parts(&self) -> impl Iterator<Item = (&str, usize)> {
        self.header.iter().map(|part| (part.name.as_str(), part.length))
    }

    pub(crate) fn message_type_length(&self) -> usize {
        match self.message_type {
            PrefixForm::Bcd => 2,
            PrefixForm::Ascii => 4,
        }
    }

    pub(crate) fn prefix_length(&self, kind: LengthKind) -> usize {
        match (kind, self.length_prefix) {
            (LengthKind::Fixed, _) => 0,
            (LengthKind::Ll, PrefixForm::Bcd) => 1,
            (LengthKind::Lll, PrefixForm::Bcd) | (LengthKind::Ll, PrefixForm::Ascii) => 2,
            (LengthKind::Lll, PrefixForm::Ascii) => 3,
        }
    }
}

fn field_spec(written: &str) -> Result<FieldSpec, &'static str> {
    let mut words = written.split_ascii_whitespace();
    let length = match words.next() {
        Some("fixed") => LengthKind::Fixed,
        Some("LL") => LengthKind::Ll,
        Some("LLL") => LengthKind::Lll,
        _ => return Err("begins with fixed, LL or LLL"),
    };
    let max: u16 = words.next().and_then(|w| w.parse().ok()).ok_or("then comes the maximum, a number")?;
    let limit = if length == LengthKind::Ll { 99 } else { 999 };
    if max == 0 || max > limit {
        return Err("the maximum is from 1 to 99 (LL) or 999");
    }
    let encoding = match words.next() {
        Some("text") => Encoding::Text,
        Some("bytes") => Encoding::Bytes,
        Some("hex_text") => Encoding::HexText,
        Some("bcd_left") => Encoding::BcdLeft,
        Some("bcd_right") => Encoding::BcdRight,
        Some("track") => Encoding::Track,
        _ => return Err("then comes text, bytes, hex_text, bcd_left, bcd_right or track"),
    };
    let mut spec = FieldSpec { length, max, encoding, digits: false, tlv: false };
    for word in words {
        match word {
            "digits" if encoding == Encoding::Text => spec.digits = true,
            "tlv" if encoding == Encoding::Bytes => spec.tlv = true,
            _ => return Err("after that only digits (text) or tlv (bytes) may come"),
        }
    }
    Ok(spec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_compiled_in_dialect_reads() {
        for name in NAMES {
            let dialect = Dialect::named(name).expect(name);
            assert!(!dialect.about().is_incomplete(), "{name}");
        }
        assert!(Dialect::named("cup_poss").is_none());
    }

    #[test]
    fn a_child_changes_only_what_it_says() {
        let parent = Dialect::named("cup_pos").expect("cup_pos");
        let child = Dialect::named("cup_pos_len").expect("cup_pos_len");
        assert_eq!(child.header_parts().collect::<Vec<_>>(), [("len", 2), ("tpdu", 5), ("head", 6)]);
        for number in 0..=128 {
            assert_eq!(parent.field(number), child.field(number), "{number}");
        }
        let jpos = Dialect::named("jpos87a").expect("jpos87a");
        assert_eq!(jpos.field(54).map(|f| f.max), Some(120));
        assert_eq!(jpos.field(55).map(|f| f.max), Some(999));
    }

    #[test]
    fn a_bad_file_says_what_is_wrong() {
        let refused = |text: &str| Dialect::from_toml("x", text).expect_err("refused").to_string();
        assert_eq!(
            refused("inherits = \"cup_pos\"\n[fields]\n4 = \"fixed 12 bcd\""),
            "field 4: then comes text, bytes, hex_text, bcd_left, bcd_right or track"
        );
        assert_eq!(
            refused("inherits = \"cup_pos\"\n[fields]\n1 = \"fixed 8 bytes\""),
            "field 1: a field is a number from 2 to 128"
        );
        assert_eq!(
            refused("inherits = \"nobody\""),
            "inherits nobody, which is not a dialect that can be read"
        );
        assert!(refused("charsett = \"gb18030\"").contains("charsett"));
        assert_eq!(refused("charset = \"gb18030\""), "the key about_zh is missing");
    }
}
