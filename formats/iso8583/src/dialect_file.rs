//! Reads and checks dialect files.
//!
//! Why it exists: an operator's own dialect must be refused with the field and the reason, not misread. A
//! dialect may inherit another and change what differs. Never accepts a table that the decoder could not run
//! within its bounds, nor an inheritance without end.

use crate::dialect::{
    BitmapForm, Charset, Dialect, Encoding, FIELD_MAX, FieldSpec, HeaderPart, LengthKind, PrefixForm,
    VARIABLE_FIELDS_MAX, source,
};
use crate::subfields::{SubFieldsFile, read_subfields};
use serde::Deserialize;
use std::collections::BTreeMap;
use tg_text::Text;

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
    third_bitmap: Option<bool>,
    edition: Option<u16>,
    usual: Option<Vec<u8>>,
    charset: Option<Charset>,
    length_prefix: Option<PrefixForm>,
    header: Option<Vec<(String, usize)>>,
    #[serde(default)]
    fields: BTreeMap<String, String>,
    #[serde(default)]
    names: BTreeMap<String, (String, String)>,
    #[serde(default)]
    subfields: BTreeMap<String, SubFieldsFile>,
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
        let mut file = File {
            inherits: None,
            about_zh: own.about_zh.or(base.about_zh),
            about_en: own.about_en.or(base.about_en),
            message_type: own.message_type.or(base.message_type),
            bitmap: own.bitmap.or(base.bitmap),
            third_bitmap: own.third_bitmap.or(base.third_bitmap),
            edition: own.edition.or(base.edition),
            usual: own.usual.or(base.usual),
            charset: own.charset.or(base.charset),
            length_prefix: own.length_prefix.or(base.length_prefix),
            header: own.header.or(base.header),
            fields: base.fields,
            names: base.names,
            subfields: base.subfields,
        };
        for (number, written) in &own.fields {
            // A field that is written anew is another field: what was said of its inside goes.
            file.subfields.remove(number);
            if written == "none" && file.fields.remove(number).is_none() {
                let reason = "none takes away a field that is inherited; there is none";
                return Err(DialectError::Field { field: number.clone(), reason });
            }
        }
        file.fields.extend(own.fields.into_iter().filter(|(_, written)| written != "none"));
        file.names.extend(own.names);
        file.subfields.extend(own.subfields);
        Ok(file)
    }
}

impl Dialect {
    /// Reads and checks a dialect file. It may inherit a compiled-in dialect.
    pub fn from_toml(name: &str, text: &str) -> Result<Dialect, DialectError> {
        let file = File::read(text, &|parent| source(parent).map(str::to_owned), 4)?;
        let about = Text::new(
            file.about_zh.ok_or(DialectError::Missing("about_zh"))?,
            file.about_en.ok_or(DialectError::Missing("about_en"))?,
        );
        let charset = file.charset.ok_or(DialectError::Missing("charset"))?;
        let length_prefix = file.length_prefix.ok_or(DialectError::Missing("length_prefix"))?;
        let message_type = file.message_type.ok_or(DialectError::Missing("message_type"))?;
        if message_type == PrefixForm::Binary {
            return Err(DialectError::Header("a message type is bcd, ascii or ebcdic"));
        }
        let third_bitmap = file.third_bitmap.unwrap_or(false);
        let (fields, highest) = read_fields(&file.fields, length_prefix)?;
        if highest > 128 && !third_bitmap {
            return Err(DialectError::Missing("third_bitmap (for fields above 128)"));
        }
        if third_bitmap && fields.get(65).is_some_and(Option::is_some) {
            let reason = "with third_bitmap, 65 is the third bitmap and no field";
            return Err(DialectError::Field { field: "65".to_owned(), reason });
        }
        let mut subfields = BTreeMap::new();
        for (key, written) in file.subfields {
            let refuse = |reason| DialectError::Field { field: key.clone(), reason };
            let number = field_number(&key).map_err(refuse)?;
            let known = fields.get(usize::from(number)).copied().flatten();
            known.ok_or_else(|| refuse("sub-fields of a field that the dialect lacks"))?;
            subfields.insert(number, read_subfields(written, length_prefix).map_err(refuse)?);
        }
        let mut names = BTreeMap::new();
        for (key, (zh, en)) in file.names {
            let number =
                field_number(&key).map_err(|reason| DialectError::Field { field: key.clone(), reason })?;
            names.insert(number, Text::new(zh, en));
        }
        let header = read_header(file.header.unwrap_or_default())?;
        Ok(Dialect {
            name: name.to_owned(),
            about,
            message_type,
            bitmap: file.bitmap.ok_or(DialectError::Missing("bitmap"))?,
            third_bitmap,
            edition: file.edition.unwrap_or(1987),
            usual: file.usual.unwrap_or_default(),
            charset,
            header_length: header.iter().map(|part| part.length).sum(),
            header,
            fields,
            names,
            subfields,
        })
    }
}

/// The table of fields and the highest of them.
fn read_fields(
    written: &BTreeMap<String, String>,
    length_prefix: PrefixForm,
) -> Result<(Vec<Option<FieldSpec>>, u8), DialectError> {
    let mut fields = vec![None; usize::from(FIELD_MAX) + 1];
    let (mut variable, mut fixed_bytes, mut highest) = (0, 0, 0);
    for (key, written) in written {
        let refuse = |reason| DialectError::Field { field: key.clone(), reason };
        let number = field_number(key).map_err(refuse)?;
        let spec = field_spec(written, length_prefix).map_err(refuse)?;
        match spec.length {
            LengthKind::Fixed => fixed_bytes += spec.bytes_of(spec.max as usize),
            _ => variable += 1,
        }
        highest = highest.max(number);
        if let Some(slot) = fields.get_mut(usize::from(number)) {
            *slot = Some(spec);
        }
    }
    if variable > VARIABLE_FIELDS_MAX {
        return Err(DialectError::TooLarge("64 fields of variable length"));
    }
    if fixed_bytes > 60_000 {
        return Err(DialectError::TooLarge("60,000 bytes in fields of fixed length"));
    }
    Ok((fields, highest))
}

fn read_header(written: Vec<(String, usize)>) -> Result<Vec<HeaderPart>, DialectError> {
    let mut header: Vec<HeaderPart> = Vec::new();
    let mut offset = 0;
    for (name, length) in written {
        if length == 0 || length > 256 || header.len() == 16 {
            return Err(DialectError::TooLarge("16 header parts of 1 to 256 bytes"));
        }
        if name == "len" && length != 2 {
            return Err(DialectError::Header("the part len has 2 bytes"));
        }
        header.push(HeaderPart { name, offset, length });
        offset += length;
    }
    Ok(header)
}

fn field_number(key: &str) -> Result<u8, &'static str> {
    match key.parse() {
        Ok(number @ 2..=FIELD_MAX) => Ok(number),
        _ => Err("a field is a number from 2 to 192"),
    }
}

pub(crate) fn field_spec(written: &str, length_prefix: PrefixForm) -> Result<FieldSpec, &'static str> {
    let mut words = written.split_ascii_whitespace();
    let length = match words.next() {
        Some("fixed") => LengthKind::Fixed,
        Some("LL") => LengthKind::Ll,
        Some("LLL") => LengthKind::Lll,
        Some("LLLL") => LengthKind::Llll,
        Some("LLLLL") => LengthKind::Lllll,
        Some("LLLLLL") => LengthKind::Llllll,
        _ => return Err("begins with fixed, LL, LLL, LLLL, LLLLL or LLLLLL"),
    };
    let max: u32 = words.next().and_then(|w| w.parse().ok()).ok_or("then comes the maximum, a number")?;
    let encoding = match words.next() {
        Some("text") => Encoding::Text,
        Some("bytes") => Encoding::Bytes,
        Some("hex_text") => Encoding::HexText,
        Some("bcd_left") => Encoding::BcdLeft,
        Some("bcd_right") => Encoding::BcdRight,
        Some("signed_bcd") => Encoding::SignedBcd,
        Some("track") => Encoding::Track,
        Some("track_left") => Encoding::TrackLeft,
        _ => {
            return Err(
                "then comes text, bytes, hex_text, bcd_left, bcd_right, signed_bcd, track or track_left",
            );
        }
    };
    let mut spec = FieldSpec { length, prefix: length_prefix, max, encoding, digits: false, tlv: false };
    for word in words {
        match word {
            "digits" if encoding == Encoding::Text => spec.digits = true,
            "tlv" if encoding == Encoding::Bytes => spec.tlv = true,
            "length_bcd" => spec.prefix = PrefixForm::Bcd,
            "length_ascii" => spec.prefix = PrefixForm::Ascii,
            "length_ebcdic" => spec.prefix = PrefixForm::Ebcdic,
            "length_binary" => spec.prefix = PrefixForm::Binary,
            _ => return Err("after that only digits (text), tlv (bytes) or length_... may come"),
        }
    }
    let limit = match (length, spec.prefix) {
        (LengthKind::Ll, PrefixForm::Binary) => 255,
        (LengthKind::Ll, _) => 99,
        (LengthKind::Fixed | LengthKind::Lll, _) => 999,
        (LengthKind::Llll, _) => 9_999,
        (LengthKind::Lllll, _) => 99_999,
        (LengthKind::Llllll, _) => 999_999,
    };
    if max == 0 || max > limit {
        return Err("the maximum is from 1 to what the length's digits can say (fixed: 999)");
    }
    if encoding == Encoding::SignedBcd && length != LengthKind::Fixed {
        return Err("signed_bcd is of fixed length");
    }
    Ok(spec)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::NAMES;

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
        for number in 0..=192 {
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
            "field 4: then comes text, bytes, hex_text, bcd_left, bcd_right, signed_bcd, track or track_left"
        );
        assert_eq!(
            refused("inherits = \"cup_pos\"\n[fields]\n1 = \"fixed 8 bytes\""),
            "field 1: a field is a number from 2 to 192"
        );
        assert_eq!(
            refused("inherits = \"nobody\""),
            "inherits nobody, which is not a dialect that can be read"
        );
        assert!(refused("charsett = \"gb18030\"").contains("charsett"));
        assert_eq!(refused("charset = \"gb18030\""), "the key about_zh is missing");
    }
}
