//! Consumer-presented codes after EMVCo QRCPS-CPM: base64 over BER-TLV that begins with `85 05 CPV01`.
//!
//! Why it exists: such a code is the customer's card for the moment; its tags 57 and 5A are card data, so a photo of
//! one is card data at rest. Never gives back what those tags hold: it is overwritten while the code is read.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Tags that hold card or personal data (contract, section 6; EMV Book 3 annex A).
const SECRET: [u32; 7] = [0x57, 0x5A, 0x56, 0x9F6B, 0x5F20, 0x9F1F, 0x9F20];
/// Templates inside templates end somewhere.
const DEPTH_MAX: usize = 6;
const BYTES_MAX: usize = 4096;
const HEAD: [u8; 7] = *b"\x85\x05CPV01";

/// One object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The tag, in hex.
    pub tag: String,
    /// The value in hex; `*` for each digit of a secret one.
    pub value: String,
    /// It holds card data.
    pub masked: bool,
    /// The objects inside.
    pub inside: Vec<Entry>,
}

/// A code of this form, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer {
    /// Its objects.
    pub entries: Vec<Entry>,
    /// The whole, secrets overwritten with `*`.
    pub shown: Vec<u8>,
    /// The text, secrets overwritten.
    pub text: String,
    /// It could be read to its end.
    pub whole: bool,
}

impl Consumer {
    /// Reads a code; `None` if the text is none.
    pub fn read(text: &str) -> Option<Consumer> {
        let (mut bytes, in_hex) = bytes_of(text)?;
        let mut entries = Vec::new();
        let length = bytes.len();
        let whole = read(&mut bytes, 0..length, 0, &mut entries);
        let masked = match in_hex {
            true => hex(&bytes),
            false => base64::engine::general_purpose::STANDARD.encode(&bytes),
        };
        Some(Consumer { entries, text: masked, shown: bytes, whole })
    }

    /// True if card data was in it.
    pub fn holds_card_data(&self) -> bool {
        fn any(entries: &[Entry]) -> bool {
            entries.iter().any(|e| e.masked || any(&e.inside))
        }
        any(&self.entries) || !self.whole
    }

    /// The application identifier, tag 4F.
    pub fn application(&self) -> Option<&str> {
        fn find(entries: &[Entry]) -> Option<&str> {
            entries.iter().find_map(|e| if e.tag == "4F" { Some(e.value.as_str()) } else { find(&e.inside) })
        }
        find(&self.entries)
    }
}

fn bytes_of(text: &str) -> Option<(Vec<u8>, bool)> {
    let text = text.trim();
    if text.len() > 2 * BYTES_MAX {
        return None;
    }
    let begins_in_hex = text.get(..14).is_some_and(|head| head.eq_ignore_ascii_case("85054350563031"));
    if begins_in_hex && text.len().is_multiple_of(2) && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        let pairs = (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok());
        return Some((pairs.collect::<Option<_>>()?, true));
    }
    if !text.starts_with("hQVDUFYw") {
        return None;
    }
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let decode = |alphabet| GeneralPurpose::new(&alphabet, lenient).decode(text).ok();
    let bytes = decode(alphabet::STANDARD).or_else(|| decode(alphabet::URL_SAFE))?;
    bytes.starts_with(&HEAD).then_some((bytes, false))
}

/// Reads the objects of a stretch, overwriting secrets. False if it could not be read to its end: then the rest is
/// overwritten, since it may hold anything.
fn read(bytes: &mut [u8], stretch: std::ops::Range<usize>, depth: usize, out: &mut Vec<Entry>) -> bool {
    let mut at = stretch.start;
    while at < stretch.end {
        let Some((tag, value)) = head(bytes, at, stretch.end).filter(|_| depth < DEPTH_MAX) else {
            bytes[at..stretch.end].fill(b'*');
            return false;
        };
        let constructed = bytes[at] & 0x20 != 0;
        let masked = SECRET.contains(&tag);
        let mut inside = Vec::new();
        let mut whole = true;
        if masked {
            bytes[value.clone()].fill(b'*');
        } else if constructed {
            whole = read(bytes, value.clone(), depth + 1, &mut inside);
        }
        let shown = if masked { "*".repeat(value.len() * 2) } else { hex(&bytes[value.clone()]) };
        out.push(Entry { tag: format!("{tag:02X}"), value: shown, masked, inside });
        if !whole {
            bytes[value.end..stretch.end].fill(b'*');
            return false;
        }
        at = value.end;
    }
    true
}

/// The tag of the object that begins here and where its value lies.
fn head(bytes: &[u8], at: usize, end: usize) -> Option<(u32, std::ops::Range<usize>)> {
    let byte = |i: usize| bytes.get(i).copied().filter(|_| i < end);
    let mut tag = u32::from(byte(at)?);
    let mut i = at + 1;
    if tag & 0x1F == 0x1F {
        loop {
            let next = byte(i)?;
            tag = tag.checked_mul(256)? + u32::from(next);
            i += 1;
            if next & 0x80 == 0 {
                break;
            }
        }
    }
    let first = byte(i)?;
    i += 1;
    let mut length = usize::from(first);
    if first & 0x80 != 0 {
        length = 0;
        for _ in 0..(first & 0x7F).min(4) {
            length = length * 256 + usize::from(byte(i)?);
            i += 1;
        }
        if first == 0x80 {
            return None;
        }
    }
    let value_end = i.checked_add(length).filter(|e| *e <= end)?;
    Some((tag, i..value_end))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    // The code of data/qr/payloads.jsonl, Q060 (emv-qrcode's tests), whose track data is made up.
    const TRACK: &str = "hQVDUFYwMWEaTwegAAAAVVVVVw8SNFZ4kBI0WNGRIgESNF8=";

    #[test]
    fn track_data_is_gone_from_everything_that_is_kept() {
        let c = Consumer::read(TRACK).expect("reads");
        assert_eq!(
            (c.application(), c.whole, c.holds_card_data(), c.shown.len()),
            (Some("A0000000555555"), true, true, 35)
        );
        let said = format!("{c:?}");
        assert!(!said.contains("1234567890") && !c.text.contains("EjRWeJ"), "{said}");
        assert_eq!(c.entries[1].inside[1].value, "*".repeat(30));
        let again = STANDARD.decode(&c.text).expect("is base64");
        assert_eq!(again, c.shown);
    }

    #[test]
    fn what_is_cut_hides_all_that_could_not_be_read() {
        let bytes = STANDARD.decode(TRACK).expect("is base64");
        for n in HEAD.len()..bytes.len() {
            let c = Consumer::read(&STANDARD.encode(&bytes[..n])).expect("begins like one");
            let from = bytes.windows(3).position(|w| w == [0x12, 0x34, 0x56]).expect("track data");
            assert!(c.shown[from.min(n)..].iter().all(|b| *b == b'*'), "{n}");
        }
    }

    #[test]
    fn other_texts_are_none() {
        assert!(Consumer::read("hQVDUFYx").is_none() && Consumer::read("").is_none());
        assert!(Consumer::read("8505435056303161034F01A0").is_some());
    }

    proptest::proptest! {
        #[test]
        fn nothing_makes_it_fail(tail in proptest::collection::vec(proptest::num::u8::ANY, 0..80)) {
            let bytes: Vec<u8> = HEAD.iter().copied().chain(tail).collect();
            let c = Consumer::read(&STANDARD.encode(&bytes)).expect("begins like one");
            proptest::prop_assert_eq!(c.shown.len(), bytes.len());
        }
    }
}
