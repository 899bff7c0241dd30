//! The small tables beside the codes: entry modes, hotlines, merchant advice, UnionPay's action classes.

use crate::table::{TableError, read};
use tg_text::{Text, chinese_punctuation};

/// How the card data got into the terminal (field 22).
#[derive(Clone, Debug)]
pub struct EntryMode {
    /// `iso/unionpay`, `visa/mc`, `unionpay`, or `pin-digit` for the third digit.
    pub scheme: String,
    /// The first two digits of field 22, or `x1` for a third digit.
    pub prefix: String,
    /// What it says.
    pub meaning: Text,
    /// What to think of for security; often empty.
    pub security_note: Text,
}

pub(crate) fn entry_modes(content: &str) -> Result<Vec<EntryMode>, Box<TableError>> {
    const REQUIRED: &[&str] = &["scheme", "de22_prefix", "meaning_en", "meaning_zh"];
    read("entry_modes.csv", content, REQUIRED, &["security_note", "security_note_zh"], |row| {
        let note_zh = chinese_punctuation(row.get("security_note_zh"));
        Ok(EntryMode {
            scheme: row.need("scheme")?,
            prefix: row.need("de22_prefix")?,
            meaning: row.text("meaning"),
            security_note: Text::new(note_zh, row.get("security_note").to_owned()),
        })
    })
}

/// Whom to call or write to.
#[derive(Clone, Debug)]
pub struct Hotline {
    /// ISO 3166 code, or `INT`.
    pub country: String,
    /// police, regulator, network, issuer or acquirer.
    pub kind: String,
    /// The organisation.
    pub organisation: Text,
    /// Number or address.
    pub contact: String,
    /// What for.
    pub purpose: Text,
    /// Where the row comes from.
    pub source: String,
    /// Only verified rows may stand on public pages.
    pub verified: bool,
}

pub(crate) fn hotlines(content: &str) -> Result<Vec<Hotline>, Box<TableError>> {
    const REQUIRED: &[&str] =
        &["country", "kind", "org", "org_zh", "contact", "use_en", "use_zh", "source", "verified"];
    read("hotlines.csv", content, REQUIRED, &[], |row| {
        Ok(Hotline {
            country: row.need("country")?,
            kind: row.need("kind")?,
            organisation: Text::new(chinese_punctuation(row.get("org_zh")), row.need("org")?),
            contact: row.need("contact")?,
            purpose: row.text("use"),
            source: row.get("source").to_owned(),
            verified: row.word("verified", &["yes", "no"], |w| w, None)? == "yes",
        })
    })
}

/// A network's advice to the merchant about trying again.
#[derive(Clone, Debug)]
pub struct MerchantAdvice {
    /// `mastercard-MAC` or `visa-category`.
    pub scheme: String,
    /// The advice code.
    pub code: String,
    /// What it says.
    pub meaning: Text,
    /// When a retry is allowed.
    pub retry_rule: Text,
    /// Where the row comes from.
    pub source: String,
}

pub(crate) fn merchant_advice(content: &str) -> Result<Vec<MerchantAdvice>, Box<TableError>> {
    const REQUIRED: &[&str] =
        &["scheme", "code", "meaning_en", "meaning_zh", "retry_rule", "retry_rule_zh", "source"];
    read("merchant_advice.csv", content, REQUIRED, &[], |row| {
        let rule_zh = chinese_punctuation(row.get("retry_rule_zh"));
        Ok(MerchantAdvice {
            scheme: row.need("scheme")?,
            code: row.need("code")?,
            meaning: row.text("meaning"),
            retry_rule: Text::new(rule_zh, row.get("retry_rule").to_owned()),
            source: row.get("source").to_owned(),
        })
    })
}

/// UnionPay's action class: what the terminal does about an answer.
#[derive(Clone, Debug)]
pub struct ActionClass {
    /// A to E, `(unlisted)`, or a single code with its own rule.
    pub class: String,
    /// What it says.
    pub meaning: Text,
    /// What the terminal does.
    pub terminal_behaviour: Text,
    /// Where the row comes from.
    pub source: String,
}

pub(crate) fn action_classes(content: &str) -> Result<Vec<ActionClass>, Box<TableError>> {
    const REQUIRED: &[&str] =
        &["class", "meaning_en", "meaning_zh", "terminal_behaviour", "terminal_behaviour_zh", "source"];
    read("unionpay_classes.csv", content, REQUIRED, &[], |row| {
        let zh = chinese_punctuation(row.get("terminal_behaviour_zh"));
        Ok(ActionClass {
            class: row.need("class")?,
            meaning: row.text("meaning"),
            terminal_behaviour: Text::new(zh, row.get("terminal_behaviour").to_owned()),
            source: row.get("source").to_owned(),
        })
    })
}
