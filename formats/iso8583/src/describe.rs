//! A message as an object for people and scripts: contract, section 1.
//!
//! Why it exists: `tillguard decode`, the console and the tests show one and the same object, so its masking
//! is written once. Never shows track data, PIN blocks, security codes, keys, the secret tags of EMV data or
//! more than the first six and last four digits of a card number, and has no switch for it.

use crate::content::{from_hex, push_hex};
use crate::decoder::Decoder;
use crate::dialect::{Dialect, Encoding, LengthKind};
use crate::error::{DecodeError, ErrorKind, Finding};
use crate::masking::{hide, mask_account_number, mask_card_numbers, mask_hex};
use crate::meaning;
use crate::message::{Field, Message};
use crate::mti::{Class, Mti};
use crate::subfields::{SubFieldDescription, hex_without, look_inside};
use serde::ser::{Serialize, SerializeMap, Serializer};
use tg_emv::{Tlv, TlvWalker, is_secret, leaves, result_meanings, tag_hex, tag_info, tag_name};
use tg_text::Text;

/// Gives the meaning of field 39 in a message of this type, from the caller's catalogue of codes.
pub type CodeMeaning<'c> = dyn Fn(Mti, &str) -> Option<Text> + 'c;

/// A message, masked, for people and scripts.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Description {
    /// The dialect it was read by.
    pub dialect: String,
    /// Why it could not be decoded. With `bad_tlv` all fields are there nevertheless.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorDescription>,
    /// The message type, four digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mti: Option<String>,
    /// The header's parts by name, as hexadecimal.
    #[serde(serialize_with = "as_map")]
    pub header: Vec<(String, String)>,
    /// The bitmap, as hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bitmap: Option<String>,
    /// The fields, rising.
    #[serde(serialize_with = "fields_as_map")]
    pub fields: Vec<FieldDescription>,
    /// The EMV data objects of field 55, those within templates too.
    pub emv: Vec<EmvEntry>,
    /// Readable meanings: `message_type`, `processing_code`, `entry_mode`, `pin_entry`, `response_code`.
    #[serde(serialize_with = "as_map")]
    pub meaning: Vec<(&'static str, Text)>,
}

/// One field, masked.
#[derive(Clone, Debug, serde::Serialize)]
pub struct FieldDescription {
    /// Its number; the key in JSON.
    #[serde(skip)]
    pub number: u8,
    /// Its name.
    pub name: Text,
    /// Its value, masked where it has to be.
    pub value: String,
    /// Its first byte in the message, the length prefix included.
    pub offset: usize,
    /// Its bytes, the length prefix included.
    pub length: usize,
    /// True if nothing of the value may be shown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub masked: bool,
    /// Its parts, where the dialect knows what stands inside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subfields: Vec<SubFieldDescription>,
}

/// One EMV data object, masked.
#[derive(Clone, Debug, serde::Serialize)]
pub struct EmvEntry {
    /// Its tag in upper-case hexadecimal.
    pub tag: String,
    /// Its name.
    pub name: Text,
    /// Its value in upper-case hexadecimal, masked where it has to be.
    pub value: String,
    /// Its first byte in the message.
    pub offset: usize,
    /// Its bytes: tag, length and value.
    pub length: usize,
    /// True if nothing of the value may be shown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub masked: bool,
    /// What its bits say (95, 9B, 9F34, 9F27).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub meaning: Vec<Text>,
}

/// Why a message could not be decoded.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ErrorDescription {
    /// The kind's name.
    pub kind: &'static str,
    /// The field, or null for header, message type, bitmap and trailing bytes.
    pub field: Option<u8>,
    /// Where the failing field begins; for trailing bytes, their first.
    pub offset: u32,
    /// What stands there in a sound message.
    pub expected: Text,
    /// What was found.
    pub found: Text,
    /// What to look at first.
    pub hint: Text,
}

impl From<&DecodeError> for ErrorDescription {
    fn from(error: &DecodeError) -> ErrorDescription {
        ErrorDescription {
            kind: error.kind.code(),
            field: error.field,
            offset: error.offset,
            expected: error.expected.text(),
            found: error.found.text(),
            hint: error.hint(),
        }
    }
}

/// Decodes the bytes and describes what was found, masked.
pub fn describe(decoder: &mut Decoder, bytes: &[u8], code_meaning: &CodeMeaning<'_>) -> Description {
    match decoder.decode_or_explain(bytes) {
        Ok(message) => {
            let header = header_parts(message.dialect(), bytes);
            let mut description = empty(message.dialect(), header);
            fill(&mut description, &message, code_meaning);
            description
        }
        Err(failure) => {
            let partial = &failure.partial;
            let header = partial.header.iter().map(|(name, bytes)| (name.clone(), hex(bytes))).collect();
            let mut description = empty(&partial.dialect, header);
            match (&partial.message, partial.mti) {
                (Some(message), _) => fill(&mut description, message, code_meaning),
                (None, Some(mti)) => {
                    description.mti = Some(mti.to_string());
                    description.meaning.push(("message_type", mti.text()));
                }
                (None, None) => {}
            }
            // Of two errors, the one that stopped the decoding counts.
            description.error = Some(ErrorDescription::from(&failure.error));
            description
        }
    }
}

fn header_parts(dialect: &Dialect, bytes: &[u8]) -> Vec<(String, String)> {
    let parts = dialect.header.iter();
    parts.filter_map(|p| Some((p.name.clone(), hex(bytes.get(p.offset..p.offset + p.length)?)))).collect()
}

fn empty(dialect: &Dialect, header: Vec<(String, String)>) -> Description {
    Description {
        dialect: dialect.name().to_owned(),
        error: None,
        mti: None,
        header,
        bitmap: None,
        fields: Vec::new(),
        emv: Vec::new(),
        meaning: Vec::new(),
    }
}

fn fill(description: &mut Description, message: &Message<'_>, code_meaning: &CodeMeaning<'_>) {
    let mti = message.mti();
    description.mti = Some(mti.to_string());
    description.bitmap = Some(message.bitmap_hex());
    for field in message.fields() {
        let inside = look_inside(message.dialect(), &field);
        let (value, masked) = match (chip_data(&field), &inside) {
            (Some(chip), _) => {
                let (value, error) = describe_chip(&mut description.emv, &field, &chip);
                description.error = error.as_ref().map(ErrorDescription::from);
                (value, false)
            }
            (None, Some(inside)) if !inside.secret.is_empty() => match field.spec.encoding {
                Encoding::Bytes => (hex_without(field.data, &inside.secret), false),
                _ => (hide(&field.clear_value()), true),
            },
            (None, _) => shown(mti, &field),
        };
        description.fields.push(FieldDescription {
            number: field.number,
            name: message.dialect().field_name(field.number),
            value,
            offset: field.offset,
            length: field.length,
            masked,
            subfields: inside.map_or_else(Vec::new, |inside| inside.parts),
        });
    }
    description.meaning = meanings(message, code_meaning);
}

fn meanings(message: &Message<'_>, code_meaning: &CodeMeaning<'_>) -> Vec<(&'static str, Text)> {
    let mut meanings = vec![("message_type", message.mti().text())];
    let mut add = |key, text: Option<Text>| meanings.extend(text.map(|text| (key, text)));
    add("processing_code", message.number(3).and_then(meaning::processing_code));
    // In ISO 8583:1993 field 22 has twelve characters and another meaning.
    let entry = message.field(22).filter(|field| field.units <= 4).and_then(|field| field.number());
    add("entry_mode", entry.and_then(meaning::entry_mode));
    add("pin_entry", entry.and_then(meaning::pin_capability));
    add("response_code", message.text(39).and_then(|code| code_meaning(message.mti(), &code)));
    meanings
}

/// What of a field may be shown, and whether it is hidden whole.
fn shown(mti: Mti, field: &Field<'_>) -> (String, bool) {
    let clear = field.clear_value();
    let whole = matches!(field.number, 35 | 36 | 45 | 52 | 96)
        || is_key_material(mti, field)
        || is_cardholder_check(field);
    if whole {
        return (hide(&clear), true);
    }
    let value = match (field.number, field.spec.encoding) {
        (2 | 34, _) => mask_account_number(&clear),
        // Identifiers of a fixed form: people need them to talk to the acquirer.
        (37 | 38 | 39 | 41 | 42 | 49 | 50 | 51, _) => clear,
        (48, Encoding::BcdLeft | Encoding::BcdRight) => mask_card_numbers(&clear),
        (_, Encoding::BcdLeft | Encoding::BcdRight | Encoding::SignedBcd | Encoding::HexText) => clear,
        (_, Encoding::Track | Encoding::TrackLeft) => return (hide(&clear), true),
        // MACs and the like.
        (_, Encoding::Bytes) if field.spec.length == LengthKind::Fixed && field.spec.max <= 8 => clear,
        (_, Encoding::Bytes) => mask_hex(field.data),
        (_, Encoding::Text) if field.spec.digits => clear,
        (_, Encoding::Text) => match field.text() {
            Some(text) => mask_card_numbers(&text),
            None => format!("hex:{}", mask_hex(field.data)),
        },
    };
    (value, false)
}

/// Field 62 of a sign-on's answer holds the working keys, encrypted under the terminal's master key: still
/// not for a screen. In other network management messages it is hidden unless it is plain text, such as a
/// serial number.
fn is_key_material(mti: Mti, field: &Field<'_>) -> bool {
    mti.class() == Class::NetworkManagement
        && field.number == 62
        && (mti.is_response() || !field.data.iter().all(|b| (0x20..0x7F).contains(b)))
}

/// Usage AM of field 61 between UnionPay's hosts: what the cardholder is checked by, CVN2, name, document and
/// phone among it. Its inner form is not public, so all of it is hidden.
fn is_cardholder_check(field: &Field<'_>) -> bool {
    field.number == 61 && field.data.windows(5).any(|window| window == b"CUPAM")
}

/// The bytes of EMV data, and how many bytes of the message stand for one of them.
struct Chip<'a> {
    bytes: std::borrow::Cow<'a, [u8]>,
    scale: usize,
    strict: bool,
}

/// The EMV data of a field: of one that the dialect says holds them, or of a field 55 in hexadecimal
/// characters that reads as such.
fn chip_data<'a>(field: &Field<'a>) -> Option<Chip<'a>> {
    if field.spec.tlv {
        return Some(Chip { bytes: field.data.into(), scale: 1, strict: true });
    }
    if field.number != 55 || field.spec.encoding != Encoding::Text || field.data.is_empty() {
        return None;
    }
    let bytes = from_hex(field.data)?;
    let begins_known = TlvWalker::new(&bytes).next()?.is_ok_and(|object| tag_info(object.tag).is_some());
    begins_known.then(|| Chip { bytes: bytes.into(), scale: 2, strict: false })
}

/// Lists the data objects, and gives the whole in hexadecimal with the secret values hidden.
fn describe_chip(
    entries: &mut Vec<EmvEntry>,
    field: &Field<'_>,
    chip: &Chip<'_>,
) -> (String, Option<DecodeError>) {
    let begin = field.offset + field.length - field.data.len();
    let mut whole: Vec<char> = hex(&chip.bytes).chars().collect();
    let result = leaves(TlvWalker::new(&chip.bytes), &mut |object: Tlv<'_>| {
        // Objects that can't be looked into are hidden whole, but for the text in UnionPay's own tags.
        let opaque = object.is_constructed() && !is_union_pay_text(&object);
        let secret = is_secret(object.tag) || opaque;
        let value = match secret {
            true => hide(&hex(object.value)),
            // Who knows what a private tag holds.
            false if tag_info(object.tag).is_none() => mask_hex(object.value),
            false => hex(object.value),
        };
        let from = (object.offset + object.length - object.value.len()) * 2;
        for (place, character) in whole.iter_mut().skip(from).zip(value.chars()) {
            *place = character;
        }
        entries.push(EmvEntry {
            tag: tag_hex(object.tag),
            name: tag_name(object.tag),
            value,
            offset: begin + object.offset * chip.scale,
            length: object.length * chip.scale,
            masked: secret,
            meaning: result_meanings(object.tag, object.value).into_iter().map(|m| m.text.clone()).collect(),
        });
    });
    let error = result.err().map(|error| {
        // What comes after the broken object may hold anything.
        whole.iter_mut().skip(error.offset * 2).for_each(|character| *character = '*');
        DecodeError {
            kind: ErrorKind::BadTlv,
            field: Some(field.number),
            offset: field.offset as u32,
            expected: Finding::Tlv,
            found: Finding::BrokenTlvAt((begin + error.offset * chip.scale) as u32),
        }
    });
    (whole.into_iter().collect(), error.filter(|_| chip.strict))
}

fn is_union_pay_text(object: &Tlv<'_>) -> bool {
    object.tag >> 8 == 0xFF && object.value.iter().all(|byte| *byte >= 0x20)
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    push_hex(&mut out, bytes);
    out
}

fn as_map<S: Serializer, K: Serialize, V: Serialize>(pairs: &[(K, V)], s: S) -> Result<S::Ok, S::Error> {
    let mut map = s.serialize_map(Some(pairs.len()))?;
    for (key, value) in pairs {
        map.serialize_entry(key, value)?;
    }
    map.end()
}

fn fields_as_map<S: Serializer>(fields: &[FieldDescription], s: S) -> Result<S::Ok, S::Error> {
    let mut map = s.serialize_map(Some(fields.len()))?;
    for field in fields {
        map.serialize_entry(&field.number.to_string(), field)?;
    }
    map.end()
}
