//! Runs one test vector of the form in the project's `data/iso8583/vectors.jsonl`.
//!
//! Why it exists: `cargo xtask vectors iso8583 FILE` and this crate's own tests ask the same questions. Clear
//! values are compared here and never leave: `got` holds the masked description. A dialect that isn't built
//! is skipped, never passed.

use crate::builder::Builder;
use crate::content::from_hex;
use crate::decoder::Decoder;
use crate::describe::describe;
use crate::error::{DecodeError, Finding};
use crate::message::Message;
use serde_json::{Value, json};
use tg_emv::{TlvWalker, tag_hex};

/// What became of a vector.
#[derive(Clone, Debug, serde::Serialize)]
pub struct VectorOutcome {
    /// The vector's id.
    pub id: String,
    /// Whether it holds; `None` if it was skipped.
    pub ok: Option<bool>,
    /// True if the dialect isn't built.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub skipped: bool,
    /// What was decoded, masked, with `differences` where it isn't what the vector says.
    pub got: Value,
}

/// Runs one vector, a line of JSON.
pub fn check_vector(line: &str) -> VectorOutcome {
    let vector: Value = match serde_json::from_str(line) {
        Ok(vector) => vector,
        Err(error) => {
            let got = json!({ "differences": [format!("not JSON: {error}")] });
            return VectorOutcome { id: String::new(), ok: Some(false), skipped: false, got };
        }
    };
    let id = vector["id"].as_str().unwrap_or_default().to_owned();
    let Some(mut decoder) = vector["dialect"].as_str().and_then(Decoder::named) else {
        return VectorOutcome { id, ok: None, skipped: true, got: Value::Null };
    };
    let Some(bytes) = vector["hex"].as_str().and_then(|hex| from_hex(hex.as_bytes())) else {
        let got = json!({ "differences": ["the vector's hex can't be read"] });
        return VectorOutcome { id, ok: Some(false), skipped: false, got };
    };
    let mut differences = Vec::new();
    compare(&vector, &mut decoder, &bytes, &mut differences);
    let mut got = serde_json::to_value(describe(&mut decoder, &bytes, &|_, _| None)).unwrap_or_default();
    if !differences.is_empty() {
        got["differences"] = json!(differences);
    }
    VectorOutcome { id, ok: Some(differences.is_empty()), skipped: false, got }
}

fn compare(vector: &Value, decoder: &mut Decoder, bytes: &[u8], differences: &mut Vec<String>) {
    match (decoder.decode_or_explain(bytes), vector.get("expect_error")) {
        (Ok(message), None) => compare_message(vector, &message, bytes, differences),
        (Ok(_), Some(_)) => differences.push("decoded, but an error was expected".to_owned()),
        (Err(failure), None) => differences.push(format!("not decoded: {}", failure.error)),
        (Err(failure), Some(expected)) => {
            compare_error(expected, &failure.error, failure.partial.message.as_ref(), differences);
            if vector.get("fields").is_some() {
                match &failure.partial.message {
                    Some(message) => compare_message(vector, message, bytes, differences),
                    None => differences.push("nothing was decoded before the error".to_owned()),
                }
            }
        }
    }
}

fn compare_message(vector: &Value, message: &Message<'_>, bytes: &[u8], differences: &mut Vec<String>) {
    let mut same = |what: &str, is: bool| {
        if !is {
            differences.push(what.to_owned());
        }
    };
    let said = |key: &str| vector.get(key).and_then(Value::as_str);
    same("mti", said("mti").is_none_or(|mti| mti == message.mti().to_string()));
    same("bitmap", said("bitmap").is_none_or(|bitmap| bitmap.eq_ignore_ascii_case(&message.bitmap_hex())));
    if let Some(header) = vector.get("header").and_then(Value::as_object) {
        same("header: its parts", header.len() == message.dialect().header.len());
        for (name, value) in header {
            let bytes = value.as_str().and_then(|hex| from_hex(hex.as_bytes()));
            same(&format!("header {name}"), message.header(name) == bytes.as_deref() && bytes.is_some());
        }
    }
    if let Some(fields) = vector.get("fields").and_then(Value::as_object) {
        same("the set of fields", fields.len() == message.fields().count());
        for (number, value) in fields {
            let field = number.parse().ok().and_then(|number| message.field(number));
            let value_is = field.map(|field| field.clear_value());
            same(
                &format!("value of field {number}"),
                value_is.as_deref() == value.as_str() && value.is_string(),
            );
            if let Some(place) = vector.get("offsets").and_then(|offsets| offsets.get(number)) {
                let is = field.map(|field| json!([field.offset, field.length]));
                same(&format!("place of field {number}"), is.as_ref() == Some(place));
            }
        }
    }
    if let Some(expected) = vector.get("de55") {
        let is: Option<Vec<[String; 2]>> = message.data(55).and_then(|data| {
            let pair = |object: tg_emv::Tlv<'_>| {
                let mut value = String::new();
                crate::content::push_hex(&mut value, object.value);
                [tag_hex(object.tag), value]
            };
            TlvWalker::new(data).map(|object| object.ok().map(pair)).collect()
        });
        same("de55", is.is_some_and(|is| json!(is) == *expected));
    }
    if vector.get("canonical_roundtrip") == Some(&Value::Bool(true)) {
        let end = message.fields().last().map_or(bytes.len(), |field| field.offset + field.length);
        let whole = end == bytes.len();
        let begin = if whole { 0 } else { message.dialect().header_length };
        let rebuilt = Builder::of(message).build().unwrap_or_default();
        same(
            "rebuilding",
            rebuilt.get(begin..).is_some_and(|rebuilt| bytes.get(begin..end) == Some(rebuilt)),
        );
    }
}

fn compare_error(
    expected: &Value,
    error: &DecodeError,
    partial: Option<&Message<'_>>,
    differences: &mut Vec<String>,
) {
    let words = expected["kind"].as_str().unwrap_or_default();
    match kind_of(words) {
        Some(kind) if kind == error.kind.code() => {}
        Some(kind) => differences.push(format!("kind: {} instead of {kind}", error.kind.code())),
        None => differences.push(format!("the kind {words} is not known")),
    }
    let field = expected.get("de").and_then(Value::as_u64).filter(|field| *field != 0);
    if field != error.field.map(u64::from) {
        differences.push("field".to_owned());
    }
    if let Some(at) = expected.get("at").and_then(Value::as_u64)
        && !offset_agrees(at, error, partial)
    {
        differences.push(format!("offset: {} can't be the beginning of what fails at {at}", error.offset));
    }
    if let Some(count) = expected.get("count").and_then(Value::as_u64)
        && !matches!(error.found, Finding::Bytes(found) if u64::from(found) == count)
    {
        differences.push("count of trailing bytes".to_owned());
    }
}

/// The kinds of the vectors are in words.
fn kind_of(words: &str) -> Option<&'static str> {
    let begins = |beginning: &str| words.starts_with(beginning);
    Some(match words {
        _ if begins("short") || begins("truncated") => "truncated",
        _ if begins("length not digits") || begins("length_not_digits") => "length_not_digits",
        _ if begins("length") => "length_over_limit",
        _ if begins("bcd nibble") || begins("bad_character") => "bad_character",
        _ if begins("trailing") => "trailing_bytes",
        _ if begins("unknown") || begins("undefined") => "unknown_field",
        _ if begins("bad_bitmap") || begins("bitmap") => "bad_bitmap",
        _ if begins("bad_header") => "bad_header",
        _ => return None,
    })
}

/// `at` is where the reference codec stopped: the failing field's first byte, its data behind a length
/// prefix, or a bad byte within; for a cut message type or bitmap, the end of the message.
fn offset_agrees(at: u64, error: &DecodeError, partial: Option<&Message<'_>>) -> bool {
    use crate::error::ErrorKind;
    let offset = u64::from(error.offset);
    let Some(within) = at.checked_sub(offset) else { return false };
    let spec = error.field.zip(partial).and_then(|(field, m)| m.dialect().field(field));
    match (error.kind, spec) {
        (ErrorKind::TrailingBytes, _) => within == 0,
        (ErrorKind::BadCharacter, Some(spec)) => {
            within <= (spec.prefix_length() + spec.bytes_of(spec.max as usize)) as u64
        }
        (_, Some(spec)) => within <= spec.prefix_length() as u64,
        (_, None) => within <= 32,
    }
}
