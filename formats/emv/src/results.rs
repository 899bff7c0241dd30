//! What the bits of TVR (95), TSI (9B), CVM results (9F34) and CID (9F27) mean, from
//! `data/codes/emv_bits.csv`.
//!
//! Why it exists: "TVR 0000008000" helps nobody. Never adds a meaning that the catalogue lacks.

use std::sync::OnceLock;
use tg_text::{Text, chinese_punctuation};

/// One meaning of a bit or a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultMeaning {
    tag: u32,
    /// The byte of the value, from 1 as the standard counts.
    pub byte: u8,
    /// The bit, from 8 (high) to 1; `None` where the catalogue compares a value.
    pub bit: Option<u8>,
    mask_or_value: u8,
    /// What it means.
    pub text: Text,
    /// Where the cause lies: terminal, card, issuer, customer, network, merchant, fraud, none.
    pub domain: String,
    /// How strong a sign of an attack it is: empty, low, medium, high, critical.
    pub security_signal: String,
}

/// What the value of 95, 9B, 9F34 or 9F27 says, in the catalogue's order. Empty for other tags.
pub fn result_meanings(tag: u32, value: &[u8]) -> Vec<&'static ResultMeaning> {
    let said = |m: &&ResultMeaning| {
        let Some(&byte) = usize::from(m.byte).checked_sub(1).and_then(|at| value.get(at)) else {
            return false;
        };
        match (m.bit, tag, m.byte) {
            (Some(_), ..) => byte & m.mask_or_value != 0,
            // The method stands in the low six bits of the first byte.
            (None, 0x9F34, 1) => byte & 0x3F == m.mask_or_value,
            // The kind of cryptogram stands in the high two bits.
            (None, 0x9F27, 1) => byte & 0xC0 == m.mask_or_value,
            (None, ..) => byte == m.mask_or_value,
        }
    };
    catalogue().iter().filter(|m| m.tag == tag).filter(said).collect()
}

fn catalogue() -> &'static [ResultMeaning] {
    static CATALOGUE: OnceLock<Vec<ResultMeaning>> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        let mut reader =
            csv::Reader::from_reader(include_str!("../../../data/codes/emv_bits.csv").as_bytes());
        // A row that can't be read is left out here and fails the test that counts them.
        reader.records().filter_map(|row| meaning(&row.ok()?)).collect()
    })
}

/// Columns: field, tag, byte, bit, mask_or_value, meaning_en, meaning_zh, domain, advice, security_signal.
fn meaning(row: &csv::StringRecord) -> Option<ResultMeaning> {
    let bit = match row.get(3)? {
        "value" => None,
        bit => Some(bit.parse().ok()?),
    };
    Some(ResultMeaning {
        tag: u32::from_str_radix(row.get(1)?, 16).ok()?,
        byte: row.get(2)?.parse().ok()?,
        bit,
        mask_or_value: u8::from_str_radix(row.get(4)?, 16).ok()?,
        text: Text::new(chinese_punctuation(row.get(6)?), row.get(5)?.to_owned()),
        domain: row.get(7)?.to_owned(),
        security_signal: row.get(9)?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn english(tag: u32, value: &[u8]) -> Vec<String> {
        result_meanings(tag, value).iter().map(|m| m.text.en.to_string()).collect()
    }

    #[test]
    fn the_whole_catalogue_reads() {
        let rows = include_str!("../../../data/codes/emv_bits.csv").lines().count() - 1;
        assert_eq!(catalogue().len(), rows);
        assert!(catalogue().iter().all(|m| !m.text.is_incomplete()));
    }

    #[test]
    fn bits_and_values_speak() {
        assert_eq!(english(0x95, &[0x40, 0, 0x20, 0, 0]), ["SDA failed", "PIN try limit exceeded"]);
        assert_eq!(english(0x95, &[0; 5]), [""; 0]);
        assert_eq!(english(0x9F27, &[0x81]), ["ARQC: go online"]);
        assert_eq!(
            english(0x9F34, &[0x42, 0x03, 0x00]),
            [
                "Enciphered PIN checked online",
                "Condition: if the terminal supports the CVM",
                "Result unknown (signature)"
            ]
        );
        assert_eq!(english(0x9F34, &[]), [""; 0]);
        assert_eq!(english(0x9F26, &[0xFF; 8]), [""; 0]);
    }
}
