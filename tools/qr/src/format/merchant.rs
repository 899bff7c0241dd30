//! Merchant-presented codes after EMVCo QRCPS-MPM 1.1 and its national profiles.
//!
//! Why it exists: most of the world's printed payment codes have this form; who is paid stands in tags 02 to 51.
//! Never takes one of two readings in silence: duplicate tags and data behind the check value are kept to be told.

use super::crc::crc16;
use super::tlv::{CRC_TAG, List, Malformed, Object, Unit, read_code, read_template};
use crate::tables::{SchemeRow, tables};

/// Tags whose value is itself a list of objects (EMVCo QRCPS-MPM 1.1, table 3.1).
const TEMPLATES: [std::ops::RangeInclusive<u8>; 4] = [26..=51, 62..=62, 64..=64, 80..=99];

/// A code of this form.
#[derive(Clone, Debug)]
pub struct Merchant<'a> {
    /// Its objects.
    pub list: List<'a>,
    /// The check value that stands in it, if any.
    pub crc_stated: Option<&'a str>,
    /// The check value that should stand in it.
    pub crc_computed: u16,
}

/// Who is paid, as one of the tags 02 to 51 names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account<'a> {
    /// The tag.
    pub tag: u8,
    /// The globally unique identifier, sub-tag 00, of a template.
    pub guid: Option<&'a str>,
    /// The sub-tags behind the identifier; for a primitive one object with tag 0.
    pub parts: Vec<Object<'a>>,
}

/// True if the text begins like a code of this form: tag 00, length 02, a version.
pub fn is_one(text: &str) -> bool {
    let head = text.as_bytes();
    head.starts_with(b"0002") && head.len() >= 6 && head[4..6].iter().all(u8::is_ascii_digit)
}

impl<'a> Merchant<'a> {
    /// Reads a code.
    ///
    /// # Errors
    /// If the text is no list of objects.
    pub fn read(text: &'a str) -> Result<Merchant<'a>, Malformed> {
        let list = read_code(text)?;
        let crc_stated = list.objects.last().filter(|o| o.tag == CRC_TAG).map(|o| o.value);
        // Over everything up to and including the tag and length of the check value itself.
        let covered = if crc_stated.is_some() { list.last_value_at } else { text.len() };
        Ok(Merchant { crc_computed: crc16(&text.as_bytes()[..covered]), list, crc_stated })
    }

    /// Whether the check value is right; `None` if there is none. Lower-case digits are legal in practice.
    pub fn crc_ok(&self) -> Option<bool> {
        self.crc_stated.map(|stated| stated.eq_ignore_ascii_case(&format!("{:04X}", self.crc_computed)))
    }

    /// A tag's first value.
    pub fn get(&self, tag: u8) -> Option<&'a str> {
        self.list.objects.iter().find(|o| o.tag == tag).map(|o| o.value)
    }

    /// A sub-tag's first value.
    pub fn inside(&self, tag: u8, sub: u8) -> Option<&'a str> {
        find(&read_template(self.get(tag)?).ok()?.objects, sub)
    }

    /// Whom it pays: tags 02 to 51, in order.
    pub fn accounts(&self) -> Vec<Account<'a>> {
        self.list.objects.iter().filter(|o| (2..=51).contains(&o.tag)).map(account).collect()
    }

    /// The identifiers of the account templates.
    pub fn guids(&self) -> impl Iterator<Item = &'a str> {
        self.accounts().into_iter().filter_map(|a| a.guid)
    }

    /// The row of the national scheme, if an identifier names one.
    pub fn scheme_row(&self) -> Option<&'static SchemeRow> {
        self.guids().find_map(|g| tables().scheme_of(g))
    }

    /// The scheme's name in our JSON.
    pub fn scheme(&self) -> &'static str {
        if let Some(row) = self.scheme_row() {
            return row.scheme;
        }
        // QRIS names the acquirer first; Bakong accounts have no identifier but `name@bank`.
        let of_country = self.get(58).and_then(|c| tables().country(c)).map_or("", |row| row.scheme);
        let national = self.guids().any(|g| match of_country {
            "KHQR" => g.contains('@'),
            "QRIS" => g.to_ascii_lowercase().ends_with(".www"),
            "LankaQR" | "BanglaQR" | "Raast" | "LaoQR" | "NepalPay" | "MMQR" => !is_card_scheme(g),
            _ => false,
        });
        if national { of_country } else { "EMVCo" }
    }

    /// Static (11), dynamic (12), or not said.
    pub fn initiation(&self) -> &'static str {
        match self.get(1) {
            Some("11") => "static",
            Some("12") => "dynamic",
            _ => "absent",
        }
    }

    /// Addresses where the payment is fetched from: sub-tag 25 of PIX templates (BCB, Manual do BR Code).
    pub fn locations(&self) -> Vec<(u8, &'a str)> {
        let of = |o: &Object<'a>| {
            let inside = read_template(o.value).ok()?.objects;
            let is_pix = find(&inside, 0)?.to_ascii_lowercase().starts_with("br.gov.bcb.");
            Some((o.tag, find(&inside, 25).filter(|_| is_pix)?))
        };
        self.list.objects.iter().filter(|o| is_template(o.tag)).filter_map(of).collect()
    }

    /// Places where a tag stands twice: `26`, or `62.07` inside a template.
    pub fn duplicates(&self) -> Vec<String> {
        let mut out = twice(&self.list.objects, "");
        for o in self.list.objects.iter().filter(|o| is_template(o.tag)) {
            if let Ok(inside) = read_template(o.value) {
                out.extend(twice(&inside.objects, &format!("{:02}.", o.tag)));
            }
        }
        out
    }

    /// What lengths counted.
    pub fn unit(&self) -> Unit {
        self.list.unit
    }
}

/// True for tags whose value is a list of objects.
pub fn is_template(tag: u8) -> bool {
    TEMPLATES.iter().any(|range| range.contains(&tag))
}

/// The first value of a tag among objects.
pub fn find<'a>(objects: &[Object<'a>], tag: u8) -> Option<&'a str> {
    objects.iter().find(|o| o.tag == tag).map(|o| o.value)
}

fn account<'a>(object: &Object<'a>) -> Account<'a> {
    let inside = is_template(object.tag).then(|| read_template(object.value).ok()).flatten();
    match inside.map(|list| list.objects).filter(|inside| inside.first().is_some_and(|o| o.tag == 0)) {
        Some(mut inside) => {
            let guid = inside.remove(0).value;
            Account { tag: object.tag, guid: Some(guid), parts: inside }
        }
        None => Account { tag: object.tag, guid: None, parts: vec![Object { tag: 0, value: object.value }] },
    }
}

/// Application identifiers of card schemes begin with their registered identifier (ISO/IEC 7816-5).
fn is_card_scheme(guid: &str) -> bool {
    guid.len() >= 10 && guid.starts_with("A0000") && guid.bytes().all(|b| b.is_ascii_hexdigit())
}

fn twice(objects: &[Object<'_>], prefix: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (i, o) in objects.iter().enumerate() {
        let name = format!("{prefix}{:02}", o.tag);
        if objects[..i].iter().any(|p| p.tag == o.tag) && !out.contains(&name) {
            out.push(name);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    // EMVCo's own example, as quoted by the emv-qrcode project (data/qr/payloads.jsonl, Q001).
    const EMVCO: &str = "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN5914BEST TRANSPORT6007BEIJING64200002ZH0104最佳运输0202北京540523.7253031565502016233030412340603***0708A60086670902ME91320016A0112233449988770708123456786304A13A";

    #[test]
    fn the_standards_example_reads() {
        let m = Merchant::read(EMVCO).expect("reads");
        assert_eq!(
            (m.crc_ok(), m.unit(), m.scheme(), m.initiation()),
            (Some(true), Unit::Characters, "EMVCo", "dynamic")
        );
        assert_eq!(
            (m.inside(64, 1), m.inside(62, 7), m.get(54)),
            (Some("最佳运输"), Some("A6008667"), Some("23.72"))
        );
        assert_eq!(m.guids().collect::<Vec<_>>(), ["D15600000000", "D15600000001"]);
        assert!(m.duplicates().is_empty() && m.list.rest.is_empty());
    }

    #[test]
    fn a_changed_letter_fails_the_check_and_its_case_does_not() {
        let changed = EMVCO.replace("BEST", "BEZT");
        assert_eq!(Merchant::read(&changed).expect("reads").crc_ok(), Some(false));
        let lower = EMVCO.replace("6304A13A", "6304a13a");
        assert_eq!(Merchant::read(&lower).expect("reads").crc_ok(), Some(true));
    }

    #[test]
    fn tags_that_stand_twice_are_told_also_inside() {
        let m =
            Merchant::read("00020126100002AB0100261000021201005303156530315662100701A0701B").expect("reads");
        assert_eq!(m.duplicates(), ["26", "53", "62.07"]);
    }

    proptest::proptest! {
        #[test]
        fn nothing_makes_it_fail(text in "0002[0-9]{2}([0-9]{4}|\\PC|[0-9]){0,40}") {
            if let Ok(m) = Merchant::read(&text) {
                let _ = (m.scheme(), m.crc_ok(), m.duplicates(), m.locations(), m.accounts());
            }
        }
    }
}
