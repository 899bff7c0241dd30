//! What stands inside a field: parts behind a bitmap of their own, tagged parts, or parts at fixed places.
//!
//! Why it exists: Postilion puts the whole story into field 127 and Mastercard into field 48; a person needs
//! the parts, and the secret ones among them (security codes) must be hidden where they stand. The decoder
//! doesn't look inside: a field whose inside can't be read is still a sound field, and is then shown as one.

use crate::charset;
use crate::dialect::{Charset, Dialect, Encoding, FieldSpec, LengthKind, PrefixForm};
use crate::dialect_file::field_spec;
use crate::masking::{hide, mask_card_numbers, mask_hex};
use crate::message::{Field, field_of_data, read_prefix};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use tg_text::Text;

/// The form of a field's inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A binary bitmap of 8 bytes, then the parts that it announces, numbered from 1.
    Bitmap,
    /// `skip` bytes, then again and again tag, length and value; both numbers in digits of the charset.
    Tagged { skip: usize, tag: usize, length: usize },
    /// Parts one after another, each of fixed length; the field may end early.
    Places,
}

/// How a field is made up.
#[derive(Clone, Debug)]
pub(crate) struct SubFields {
    form: Form,
    parts: BTreeMap<u8, FieldSpec>,
    names: BTreeMap<String, Text>,
    secret: Vec<String>,
}

/// The same, as a dialect file writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubFieldsFile {
    form: String,
    skip: Option<usize>,
    tag: Option<usize>,
    length: Option<usize>,
    #[serde(default)]
    parts: BTreeMap<String, String>,
    #[serde(default)]
    names: BTreeMap<String, (String, String)>,
    #[serde(default)]
    secret: Vec<String>,
}

/// Checks what a dialect file says of a field's inside.
pub(crate) fn read_subfields(
    file: SubFieldsFile,
    length_prefix: PrefixForm,
) -> Result<SubFields, &'static str> {
    let form = match file.form.as_str() {
        "bitmap" => Form::Bitmap,
        "places" => Form::Places,
        "tagged" => {
            let (tag, length) = file.tag.zip(file.length).ok_or("tagged sub-fields need tag and length")?;
            if !(1..=4).contains(&tag) || !(1..=4).contains(&length) || file.skip.unwrap_or(0) > 16 {
                return Err("tag and length have 1 to 4 digits, skip at most 16 bytes");
            }
            Form::Tagged { skip: file.skip.unwrap_or(0), tag, length }
        }
        _ => return Err("the form of sub-fields is bitmap, tagged or places"),
    };
    let mut parts = BTreeMap::new();
    for (key, written) in &file.parts {
        let number = match key.parse() {
            Ok(number @ 1..=64) => number,
            _ => return Err("a part is a number from 1 to 64"),
        };
        let spec = field_spec(written, length_prefix)?;
        if form == Form::Places && spec.length != LengthKind::Fixed {
            return Err("parts at places are of fixed length");
        }
        parts.insert(number, spec);
    }
    let names = file.names.into_iter().map(|(id, (zh, en))| (id, Text::new(zh, en))).collect();
    Ok(SubFields { form, parts, names, secret: file.secret })
}

/// One part of a field, masked.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SubFieldDescription {
    /// Its number or tag.
    pub id: String,
    /// Its name, where the dialect has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// Its value, masked where it has to be.
    pub value: String,
    /// Its first byte in the message, tag and length included.
    pub offset: usize,
    /// Its bytes, tag and length included.
    pub length: usize,
    /// True if nothing of the value may be shown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub masked: bool,
}

/// The parts of a field and, within its data, the places of what nobody may see.
pub(crate) struct Inside {
    pub parts: Vec<SubFieldDescription>,
    pub secret: Vec<Range<usize>>,
}

/// One part before it is shown: its id, the whole of it in the field's data, and its content.
struct Part {
    id: String,
    whole: Range<usize>,
    content: Range<usize>,
    spec: Option<FieldSpec>,
}

/// Looks into a field. What can't be read to its end is shown as far as it can; what is secret is hidden in
/// any case, and behind a break everything is, if the form knows secrets.
pub(crate) fn look_inside(dialect: &Dialect, field: &Field<'_>) -> Option<Inside> {
    let inside = dialect.subfields.get(&field.number)?;
    if field.spec.is_bcd() {
        return Some(places_of_digits(inside, field));
    }
    let (found, reached) = match inside.form {
        Form::Bitmap => announced(inside, field.data),
        Form::Tagged { skip, tag, length } => tagged(field, skip, tag, length),
        Form::Places => at_places(inside, field.data),
    };
    let begin = field.offset + field.length - field.data.len();
    let mut parts = Vec::new();
    let mut secret = Vec::new();
    for part in found {
        let masked = inside.secret.contains(&part.id);
        if masked {
            secret.push(part.content.clone());
        }
        let content = field.data.get(part.content.clone()).unwrap_or_default();
        let value = shown(field.charset, part.spec, content);
        parts.push(SubFieldDescription {
            name: inside.names.get(&part.id).cloned(),
            value: if masked { hide(&value) } else { value },
            offset: begin + part.whole.start,
            length: part.whole.len(),
            id: part.id,
            masked,
        });
    }
    if reached < field.data.len() && !inside.secret.is_empty() {
        secret.push(reached..field.data.len());
    }
    Some(Inside { parts, secret })
}

/// The parts behind a bitmap, and where reading ended.
fn announced(inside: &SubFields, data: &[u8]) -> (Vec<Part>, usize) {
    let mut found = Vec::new();
    let Some((bitmap, _)) = data.split_first_chunk::<8>() else { return (found, 0) };
    let bitmap = u64::from_be_bytes(*bitmap);
    let mut at = 8;
    for number in (1..=64u8).filter(|n| bitmap >> (64 - n) & 1 == 1) {
        let Some((spec, content)) =
            inside.parts.get(&number).and_then(|spec| Some((*spec, content_at(spec, data, at)?)))
        else {
            return (found, at);
        };
        let whole = at..content.end;
        at = content.end;
        found.push(Part { id: number.to_string(), whole, content, spec: Some(spec) });
    }
    (found, at)
}

/// Where the content of a part lies that begins at a place.
fn content_at(spec: &FieldSpec, data: &[u8], at: usize) -> Option<Range<usize>> {
    let from = at + spec.prefix_length();
    let units = match spec.length {
        LengthKind::Fixed => spec.max as usize,
        _ => read_prefix(spec.prefix, data.get(at..from)?).filter(|units| *units <= spec.max as usize)?,
    };
    let content = from..from + spec.bytes_of(units);
    data.get(content.clone()).map(|_| content)
}

/// Tag, length, value, again and again, and where reading ended.
fn tagged(field: &Field<'_>, skip: usize, tag: usize, length: usize) -> (Vec<Part>, usize) {
    let mut found = Vec::new();
    let form = if field.charset.is_ebcdic() { PrefixForm::Ebcdic } else { PrefixForm::Ascii };
    let mut at = skip;
    while at < field.data.len() {
        let next = || {
            let (from, value) = (at + tag, at + tag + length);
            let id = charset::decode(field.charset, field.data.get(at..from)?)?;
            let id = id.chars().all(|c| c.is_ascii_alphanumeric()).then(|| id.into_owned())?;
            let units = read_prefix(form, field.data.get(from..value)?)?;
            field.data.get(value..value + units)?;
            Some(Part { id, whole: at..value + units, content: value..value + units, spec: None })
        };
        let Some(part) = next() else { break };
        at = part.whole.end;
        found.push(part);
    }
    (found, at.min(field.data.len()))
}

/// Parts at fixed places; the last may be missing.
fn at_places(inside: &SubFields, data: &[u8]) -> (Vec<Part>, usize) {
    let mut found = Vec::new();
    let mut at = 0;
    for (number, spec) in &inside.parts {
        let Some(content) = content_at(spec, data, at) else { break };
        at = content.end;
        found.push(Part { id: number.to_string(), whole: content.clone(), content, spec: Some(*spec) });
    }
    (found, at)
}

/// Places within a field of BCD digits: its parts share bytes, so their place is given in whole bytes.
fn places_of_digits(inside: &SubFields, field: &Field<'_>) -> Inside {
    let digits = field.clear_value();
    let begin = field.offset + field.length - field.data.len();
    let shift = usize::from(field.spec.pads_left() && !field.units.is_multiple_of(2));
    let mut parts = Vec::new();
    let mut at = 0;
    for (number, spec) in &inside.parts {
        let end = at + spec.max as usize;
        let Some(value) = digits.get(at..end) else { break };
        let id = number.to_string();
        let (first, last) = ((at + shift) / 2, (end + shift).div_ceil(2));
        parts.push(SubFieldDescription {
            name: inside.names.get(&id).cloned(),
            value: mask_card_numbers(value),
            offset: begin + first,
            length: last - first,
            masked: false,
            id,
        });
        at = end;
    }
    Inside { parts, secret: Vec::new() }
}

/// A part's value, with card numbers masked.
fn shown(charset: Charset, spec: Option<FieldSpec>, content: &[u8]) -> String {
    let text = |content: &[u8]| {
        let text = charset::decode(charset, content).filter(|t| !t.chars().any(char::is_control));
        text.map_or_else(|| format!("hex:{}", mask_hex(content)), |text| mask_card_numbers(&text))
    };
    match spec {
        None => text(content),
        Some(spec) if spec.encoding == Encoding::Text => text(content),
        Some(spec) if spec.encoding == Encoding::Bytes => mask_hex(content),
        Some(spec) => mask_card_numbers(&field_of_data(spec, charset, content).clear_value()),
    }
}

/// The field's value in hexadecimal with card numbers and the secret places hidden.
pub(crate) fn hex_without(data: &[u8], secret: &[Range<usize>]) -> String {
    let hidden = |at: usize| secret.iter().any(|range| range.contains(&(at / 2)));
    mask_hex(data).chars().enumerate().map(|(at, c)| if hidden(at) { '*' } else { c }).collect()
}
