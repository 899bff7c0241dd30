//! What is told of one code: contract, section 6.
//!
//! Why it exists: one shape for the command line, the pages and scripts. Never shows a card number, track data or
//! the contents of the tags that hold them.

use crate::check::Verdict;
use crate::check::catalogue::{Kind, Severity};
use crate::check::findings::{Finding, Findings};
use crate::format::consumer::{self, Consumer, hex};
use crate::format::merchant::{Merchant, is_template};
use crate::format::tlv::read_template;
use crate::format::upi::Upi;
use crate::format::{Code, address::Address};
use crate::mask;
use serde::Serialize;
use serde_json::{Map, Value, json};
use tg_text::Text;

/// One data object as it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The tag.
    pub tag: String,
    /// The value, card data hidden.
    pub value: String,
    /// Something was hidden.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub masked: bool,
    /// The objects inside a template.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inside: Vec<Entry>,
}

/// What is told of one code.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The text, card data hidden.
    pub text: String,
    /// Which reader read it; nothing for a text that was given.
    pub engine: Option<&'static str>,
    /// Its corners in the picture, clockwise from the upper left; nothing for a text.
    #[serde(rename = "box")]
    pub corners: Option<[[i32; 2]; 4]>,
    /// The format's name, as in `data/qr/payloads.jsonl`.
    pub scheme: &'static str,
    /// What it says, by name.
    pub fields: Map<String, Value>,
    /// The data objects of an EMVCo code, in their order.
    pub emv: Option<Vec<Entry>>,
    /// What lengths counted: `char` or `byte`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub len_unit: Option<&'static str>,
    /// Whether the check value is right; nothing where there is none.
    pub crc_ok: Option<bool>,
    /// It is one of the issued codes; nothing where none were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued: Option<bool>,
    /// What was found, gravest first.
    pub findings: Vec<Finding>,
    /// What it comes to.
    pub verdict: Verdict,
    /// What to do.
    pub advice: Text,
}

impl Report {
    pub(crate) fn new(
        text: &str,
        code: &Code<'_>,
        findings: Findings,
        verdict: Verdict,
        issued: Option<bool>,
    ) -> Report {
        let (scheme, fields) = describe(code);
        let (emv, shown) = match code {
            Code::Merchant(m) => (Some(merchant_entries(m)), merchant_text(text, m)),
            Code::Consumer(c) => (Some(c.entries.iter().map(Entry::from).collect()), c.text.clone()),
            _ => (None, mask::text(text)),
        };
        let (crc_ok, len_unit) = match code {
            Code::Merchant(m) => (m.crc_ok(), Some(m.unit().word())),
            _ => (None, None),
        };
        let findings = findings.into_sorted();
        let advice = match code {
            Code::Consumer(_) | Code::WalletDigits(_) => Kind::ConsumerCode.entry().action.clone(),
            _ => advice(verdict, &findings),
        };
        Report {
            text: shown,
            engine: None,
            corners: None,
            scheme,
            fields,
            emv,
            len_unit,
            crc_ok,
            issued,
            findings,
            verdict,
            advice,
        }
    }

    /// Adds what only the picture shows.
    pub(crate) fn tell(&mut self, kind: Kind) {
        let mut more = Findings::default();
        more.tell(kind);
        let mut all = Findings::default();
        self.findings.drain(..).for_each(|f| all.add(f));
        all.add_all(more);
        if all.worst() == Some(Severity::High) {
            self.verdict = Verdict::Dangerous;
        }
        self.findings = all.into_sorted();
        self.advice = advice(self.verdict, &self.findings);
    }

    /// The findings' codes.
    pub fn codes(&self) -> Vec<&'static str> {
        self.findings.iter().map(|f| f.kind.entry().code).collect()
    }
}

fn advice(verdict: Verdict, findings: &[Finding]) -> Text {
    match (verdict, findings.first()) {
        (Verdict::Ok, _) => Text::fixed(
            "与登记的码一致。付款前仍请核对收款方名称和金额。",
            "It is the registered code. Still read the payee's name and the amount before paying.",
        ),
        (Verdict::Unknown, _) => Text::fixed(
            "没有发现问题，但也无法证明这就是本店的码：付款前核对收款方名称和金额，拿不准就请店员确认。",
            "Nothing speaks against it, and nothing proves that it is this shop's: read the payee's name and the amount before paying; ask the staff when in doubt.",
        ),
        (_, Some(gravest)) => gravest.kind.entry().action.clone(),
        (_, None) => Text::fixed("先核对再付款。", "Check before paying."),
    }
}

/// The scheme's name and the fields by name.
fn describe(code: &Code<'_>) -> (&'static str, Map<String, Value>) {
    let object = |value: Value| match value {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    match code {
        Code::Merchant(m) => (m.scheme(), merchant_fields(m)),
        Code::Damaged { at, scheme } => {
            let mut fields = object(nothing_said());
            fields.insert("error".to_owned(), json!({ "offset": at.offset, "expected": at.expected }));
            (scheme, fields)
        }
        Code::Consumer(c) => ("EMV CPM", object(consumer_fields(c))),
        Code::WalletDigits(owner) => ("Wallet", object(json!({ "owner": owner, "shown_by": "customer" }))),
        Code::Upi(u) => ("UPI", object(upi_fields(u))),
        Code::Wallet { scheme, owner, personal, address } => {
            let mut fields = address_fields(address);
            fields.insert("owner".to_owned(), json!(owner));
            fields.insert("personal".to_owned(), json!(personal));
            (scheme, fields)
        }
        Code::Web(a) => ("URL", address_fields(a)),
        Code::Link(a) => ("link", address_fields(a)),
        Code::Other(kind) => (kind, Map::new()),
    }
}

fn nothing_said() -> Value {
    json!({
        "initiation": "absent", "mcc": null, "currency": null, "amount": null, "country": null, "name": null,
        "city": null,
    })
}

fn merchant_fields(m: &Merchant<'_>) -> Map<String, Value> {
    let shown = |value: Option<&str>| value.map(mask::text);
    let payees: Vec<Value> = m
        .accounts()
        .iter()
        .map(|a| {
            let parts: Vec<Value> = a
                .parts
                .iter()
                .map(|o| json!({ "tag": format!("{:02}", o.tag), "value": account_value(m, a.tag, o.value).0 }))
                .collect();
            json!({ "tag": format!("{:02}", a.tag), "guid": a.guid, "parts": parts })
        })
        .collect();
    let fields = json!({
        "initiation": m.initiation(), "mcc": m.get(52), "currency": m.get(53), "amount": m.get(54),
        "country": m.get(58), "name": shown(m.get(59)), "city": shown(m.get(60)), "postcode": shown(m.get(61)),
        "bill": shown(m.inside(62, 1)), "store": shown(m.inside(62, 3)), "reference": shown(m.inside(62, 5)),
        "terminal": shown(m.inside(62, 7)), "payees": payees,
    });
    match fields {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn merchant_entries(m: &Merchant<'_>) -> Vec<Entry> {
    m.list.objects.iter().map(|o| entry(m, o.tag, o.value)).collect()
}

fn entry(m: &Merchant<'_>, tag: u8, value: &str) -> Entry {
    let list = is_template(tag).then(|| read_template(value).ok()).flatten();
    let inside = list.map_or(Vec::new(), |list| {
        let part = |o: &crate::format::tlv::Object<'_>| {
            let (value, masked) = account_value(m, tag, o.value);
            Entry { tag: format!("{:02}", o.tag), value, masked, inside: Vec::new() }
        };
        list.objects.iter().map(part).collect()
    });
    let (value, masked) = account_value(m, tag, value);
    Entry { tag: format!("{tag:02}"), value, masked, inside }
}

/// A value as it may be shown. Identifiers of national schemes are of a fixed form and people need them; a card
/// scheme's own number, a card behind a VietQR code, and free text show no card number.
fn account_value(m: &Merchant<'_>, tag: u8, value: &str) -> (String, bool) {
    let to_card = (26..=51).contains(&tag) && m.get(tag).is_some_and(|v| v.contains("QRIBFTTC"));
    let shown = match tag {
        26..=51 if to_card => cards_inside(value),
        26..=51 | 80..=99 | 63 => value.to_owned(),
        _ => mask::text(value),
    };
    let masked = shown != value;
    (shown, masked)
}

/// Hides every stretch of digits that is a card number, also where it touches the digits of a length.
fn cards_inside(value: &str) -> String {
    let chars: Vec<char> = value.chars().collect();
    for length in (13..=19).rev() {
        for at in 0..chars.len().saturating_sub(length - 1) {
            let stretch: String = chars[at..at + length].iter().collect();
            let counted = at >= 2 && chars[at - 2..at].iter().collect::<String>() == format!("{length:02}");
            if counted && stretch.is_ascii() && mask::is_card_number(&stretch) {
                let stars = "*".repeat(length - 10);
                let hidden: String = chars[at + 6..at + length - 4].iter().collect();
                return value.replacen(&stretch, &stretch.replacen(&hidden, &stars, 1), 1);
            }
        }
    }
    mask::text(value)
}

/// The whole text, with the values that hide something.
fn merchant_text(text: &str, m: &Merchant<'_>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    for o in &m.list.objects {
        let Some(at) = rest.find(o.value).filter(|_| !o.value.is_empty()) else { continue };
        // Values lie in their order, four digits of tag and length before each.
        let Some((before, after)) = rest.get(..at).zip(rest.get(at + o.value.len()..)) else { continue };
        let start = before.len();
        out += &rest[..start];
        out += &account_value(m, o.tag, o.value).0;
        rest = after;
    }
    out += &mask::text(rest);
    out
}

fn consumer_fields(c: &Consumer) -> Value {
    let head = |n: usize| hex(&c.shown[..c.shown.len().min(n)]).to_ascii_lowercase();
    json!({
        "application": c.application(), "bytes": c.shown.len(), "starts_with": head(7), "hex_head": head(16),
        "card_data": c.holds_card_data(), "whole": c.whole, "shown_by": "customer",
    })
}

fn upi_fields(u: &Upi) -> Value {
    let shown = |name: &str| u.get(name).map(mask::text);
    json!({
        "payee": shown("pa"), "name": shown("pn"), "mcc": shown("mc"), "amount": shown("am"), "currency": shown("cu"),
        "reference": shown("tr"), "note": shown("tn"), "terminal": shown("tid"), "mode": shown("mode"),
        "organisation": shown("orgid"), "signed": u.get("sign").is_some(),
    })
}

fn address_fields(a: &Address) -> Map<String, Value> {
    let fields = json!({
        "scheme": a.scheme, "host": a.host_text().map(mask::text), "domain": a.registrable().map(mask::text),
        "port": a.port, "path": mask::text(&a.path),
    });
    match fields {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

impl From<&consumer::Entry> for Entry {
    fn from(e: &consumer::Entry) -> Entry {
        Entry {
            tag: e.tag.clone(),
            value: e.value.clone(),
            masked: e.masked,
            inside: e.inside.iter().map(Entry::from).collect(),
        }
    }
}

/// The first account's identifier and number, for pages that name the payee in one line.
pub fn payee_line(report: &Report) -> Option<String> {
    let payee = report.fields.get("payee").and_then(Value::as_str).map(str::to_owned);
    payee.or_else(|| {
        let first = report.fields.get("payees")?.as_array()?.first()?;
        let parts = first["parts"].as_array()?.iter().filter_map(|p| p["value"].as_str());
        Some(parts.collect::<Vec<_>>().join(" "))
    })
}

#[cfg(test)]
mod tests {
    use crate::{Place, check};

    #[test]
    fn a_card_schemes_number_and_a_card_behind_a_code_are_hidden_and_identifiers_shown() {
        // 4111111111111111 is a published test number.
        let text = "00020102164111111111111111520458125802IN";
        let r = check(text, &Place::default());
        let emv = r.emv.expect("is EMVCo");
        assert_eq!((emv[1].value.as_str(), emv[1].masked), ("411111******1111", true));
        assert!(!serde_json::to_string(&(r.text, r.fields)).expect("is JSON").contains("4111111111111111"));
        let viet = "00020138600010A00000072701300006970403011641111111111111110208QRIBFTTC53037045802VN";
        let r = check(viet, &Place::default());
        assert!(!serde_json::to_string(&r).expect("is JSON").contains("4111111111111111"));
        let qris = "00020126400014ID.CO.QRIS.WWW011893600014123456789053033605802ID";
        assert_eq!(check(qris, &Place::default()).text, qris);
    }

    #[test]
    fn other_texts_hide_cards_too() {
        for text in [
            "4111111111111111",
            "upi://pay?pa=a@b&tn=4111111111111111",
            "https://x.example/4111111111111111?c=4111111111111111",
        ] {
            let said = serde_json::to_string(&check(text, &Place::default())).expect("is JSON");
            assert!(!said.contains("4111111111111111"), "{said}");
        }
    }

    #[test]
    fn the_text_is_shown_as_it_stands_where_nothing_is_hidden() {
        for text in
            ["0002010010000063040000", "00020101021129300012D156000000000510A93FO3230Q", "wxp://f2f0abc", "x"]
        {
            assert_eq!(check(text, &Place::default()).text, text);
        }
    }
}
