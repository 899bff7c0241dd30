//! The catalogue's rows as types: response codes, screen messages and vendor codes.
//!
//! Every row keeps its source; one that was written down from memory says so wherever it is shown.
//! Texts are ready to show: both languages, Chinese with full-width punctuation.

use crate::table::{Row, TableError, read};
use crate::words::*;
use tg_text::Text;

/// One response code (field 39) of one scheme in one direction.
#[derive(Clone, Debug)]
pub struct ResponseCode {
    /// Whose table it is from.
    pub scheme: Scheme,
    /// Which way the message goes.
    pub direction: Direction,
    /// As in field 39: `A7`, `00`, `916`.
    pub code: String,
    /// What it says.
    pub meaning: Text,
    /// What the shop does.
    pub action: Text,
    /// What the acquirer's staff do, where that is more.
    pub acquirer_action: Option<Text>,
    /// What kind of answer it is.
    pub category: Category,
    /// Whether the card is to be kept.
    pub capture_card: CaptureCard,
    /// Whether the payment may be tried again.
    pub retryable: Retryable,
    /// Where the fault lies.
    pub domain: Domain,
    /// What repetition says about an attack.
    pub security_signal: SecuritySignal,
    /// UnionPay's action class (A to E) or Visa's retry category (`cat1` to `cat4`); else empty.
    pub scheme_class: String,
    /// Where the row comes from.
    pub source: String,
}

impl ResponseCode {
    /// True if this answer lets the goods go: approved, also in part, flawed or offline (Y1, Y2, Y3).
    pub fn is_approval(&self) -> bool {
        self.category.is_approved() || (self.scheme == Scheme::EmvOffline && self.code.starts_with('Y'))
    }

    /// Who is called about it.
    pub fn contact(&self) -> Contact {
        if self.category == Category::Pickup { Contact::Acquirer } else { self.domain.contact() }
    }

    /// True if the row was written down from memory and has to be checked before use.
    pub fn check_before_use(&self) -> bool {
        from_memory(&self.source)
    }

    pub(crate) fn key(&self) -> (Scheme, Direction, &str) {
        (self.scheme, self.direction, &self.code)
    }
}

/// True if a source says that the row rests on memory or was not confirmed.
pub(crate) fn from_memory(source: &str) -> bool {
    let source = source.to_lowercase();
    ["from memory", "not confirmed", "unconfirmed", "verify before"].iter().any(|w| source.contains(w))
}

/// The columns that a file of response codes must have; an operator's overrides have the same.
pub const RESPONSE_CODE_COLUMNS: &[&str] = &[
    "scheme",
    "code",
    "meaning_en",
    "meaning_zh",
    "category",
    "action_en",
    "action_zh",
    "retryable",
    "source",
];
/// The columns that it may have.
pub const RESPONSE_CODE_OPTIONAL_COLUMNS: &[&str] = &[
    "scheme_class",
    "domain",
    "capture_card",
    "security_signal",
    "acquirer_action_en",
    "acquirer_action_zh",
    "direction",
];

pub(crate) fn response_codes(file: &str, content: &str) -> Result<Vec<(u64, ResponseCode)>, Box<TableError>> {
    read(file, content, RESPONSE_CODE_COLUMNS, RESPONSE_CODE_OPTIONAL_COLUMNS, |row| {
        let code = row.need("code")?;
        let shaped = (2..=4).contains(&code.len())
            && code.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        if !shaped {
            return Err(row.fault("code", "two to four digits or capital letters", None));
        }
        let code = ResponseCode {
            scheme: row.word("scheme", Scheme::ALL, Scheme::word, None)?,
            direction: row.word("direction", Direction::ALL, Direction::word, Some(Direction::Response))?,
            code,
            meaning: row.text("meaning"),
            action: row.text("action"),
            acquirer_action: some_text(row, "acquirer_action"),
            category: row.word("category", Category::ALL, Category::word, None)?,
            capture_card: row.word(
                "capture_card",
                CaptureCard::ALL,
                CaptureCard::word,
                Some(CaptureCard::No),
            )?,
            retryable: row.word("retryable", Retryable::ALL, Retryable::word, None)?,
            domain: row.word("domain", Domain::ALL, Domain::word, Some(Domain::None))?,
            security_signal: signal(row)?,
            scheme_class: row.get("scheme_class").to_owned(),
            source: row.get("source").to_owned(),
        };
        Ok((row.line(), code))
    })
}

fn some_text(row: &Row<'_>, stem: &str) -> Option<Text> {
    let text = row.text(stem);
    (!(text.zh.is_empty() && text.en.is_empty())).then_some(text)
}

fn signal(row: &Row<'_>) -> Result<SecuritySignal, Box<TableError>> {
    // Screen messages say "high if one terminal; …": the first word is the level.
    let level = row.get("security_signal").split([' ', ';', '(', ':']).next().unwrap_or_default();
    if level.is_empty() {
        return Ok(SecuritySignal::None);
    }
    let known = SecuritySignal::from_word(level);
    known.ok_or_else(|| {
        let near = tg_text::nearest(level, SecuritySignal::ALL.iter().map(|s| s.word()));
        row.fault("security_signal", "none, low, medium, high or critical", near.map(str::to_owned))
    })
}

/// Words that terminals show, with what they mean and what to do.
#[derive(Clone, Debug)]
pub struct ScreenMessage {
    /// Its id in the catalogue: `SEC_FAIL`.
    pub id: String,
    /// The words; several ways to write them are parted by `/`.
    pub words: Text,
    /// Where it comes from: host response, terminal, network …
    pub layer: String,
    /// Causes in their order, for a desk (English).
    pub causes: Vec<String>,
    /// What to look at, for a desk (English).
    pub checks: String,
    /// What the shop does.
    pub action: Text,
    /// What the acquirer's staff do.
    pub acquirer_action: Option<Text>,
    /// What kind of answer it is.
    pub category: Category,
    /// Whether the payment may be tried again.
    pub retryable: Retryable,
    /// Who is called (English).
    pub contact: String,
    /// What they are told (English).
    pub tell: Vec<String>,
    /// What repetition says about an attack.
    pub security_signal: SecuritySignal,
    /// Codes that stand behind the words.
    pub related_codes: Vec<String>,
    /// Where the row comes from.
    pub source: String,
}

pub(crate) fn screen_messages(content: &str) -> Result<Vec<ScreenMessage>, Box<TableError>> {
    const REQUIRED: &[&str] = &[
        "id",
        "message_zh",
        "message_en",
        "fix_steps_zh",
        "fix_steps_en",
        "category",
        "retryable",
        "source",
    ];
    const OPTIONAL: &[&str] = &[
        "layer",
        "causes_in_order",
        "checks",
        "contact",
        "tell_them",
        "security_signal",
        "related_codes",
        "acquirer_action_en",
        "acquirer_action_zh",
    ];
    read("terminal_messages.csv", content, REQUIRED, OPTIONAL, |row| {
        Ok(ScreenMessage {
            id: row.need("id")?,
            words: row.text("message"),
            layer: row.get("layer").to_owned(),
            causes: list(row.get("causes_in_order"), '|'),
            checks: row.get("checks").to_owned(),
            action: row.text("fix_steps"),
            acquirer_action: some_text(row, "acquirer_action"),
            category: row.word("category", Category::ALL, Category::word, None)?,
            retryable: row.word("retryable", Retryable::ALL, Retryable::word, None)?,
            contact: row.get("contact").to_owned(),
            tell: list(row.get("tell_them"), ','),
            security_signal: signal(row)?,
            related_codes: list(row.get("related_codes"), ','),
            source: row.get("source").to_owned(),
        })
    })
}

fn list(cell: &str, separator: char) -> Vec<String> {
    cell.split(separator).map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect()
}

/// A code of one vendor's device, SDK or wallet; never one of field 39.
#[derive(Clone, Debug)]
pub struct VendorCode {
    /// Whose numbering: `pax-ped`, `stripe-terminal-sdk`, `wechat`.
    pub family: String,
    /// As the device or interface gives it: `-320`.
    pub code: String,
    /// Its name in the vendor's header, if it has one.
    pub name: String,
    /// What it says.
    pub meaning: Text,
    /// What the shop does.
    pub action: Text,
    /// What the acquirer's staff do.
    pub acquirer_action: Option<Text>,
    /// What the fault is about: key, tamper, device, config …
    pub domain: String,
    /// Whether it may be tried again.
    pub retryable: Retryable,
    /// What repetition says about an attack.
    pub security_signal: SecuritySignal,
    /// Where the row comes from.
    pub source: String,
}

struct DomainAction {
    domain: String,
    action: Text,
    acquirer_action: Option<Text>,
    retryable: Retryable,
}

/// Vendors' codes have no advice of their own: it comes from what the fault is about.
pub(crate) fn vendor_codes(
    codes: &str,
    actions: &str,
    pay: &str,
) -> Result<Vec<VendorCode>, Box<TableError>> {
    const ACTIONS: &[&str] = &["domain", "action_en", "action_zh", "retryable"];
    const MORE: &[&str] = &["acquirer_action_en", "acquirer_action_zh"];
    let actions = read("vendor_actions.csv", actions, ACTIONS, MORE, |row| {
        Ok(DomainAction {
            domain: row.need("domain")?,
            action: row.text("action"),
            acquirer_action: some_text(row, "acquirer_action"),
            retryable: row.word("retryable", Retryable::ALL, Retryable::word, None)?,
        })
    })?;
    const CODES: &[&str] = &["family", "code", "meaning_en", "meaning_zh", "domain", "source"];
    let mut all = read("vendor_local.csv", codes, CODES, &["name", "security_signal"], |row| {
        let domain = row.need("domain")?;
        let advice = actions.iter().find(|a| a.domain == domain).ok_or_else(|| {
            let near = tg_text::nearest(&domain, actions.iter().map(|a| a.domain.as_str()));
            row.fault("domain", "a domain of vendor_actions.csv", near.map(str::to_owned))
        })?;
        Ok(VendorCode {
            family: row.need("family")?,
            code: row.need("code")?,
            name: row.get("name").to_owned(),
            meaning: row.text("meaning"),
            action: advice.action.clone(),
            acquirer_action: advice.acquirer_action.clone(),
            retryable: advice.retryable,
            security_signal: signal(row)?,
            domain,
            source: row.get("source").to_owned(),
        })
    })?;
    const PAY: &[&str] = &[
        "scheme",
        "code",
        "meaning_en",
        "meaning_zh",
        "domain",
        "action_en",
        "action_zh",
        "retryable",
        "source",
    ];
    all.extend(read("qr_pay_codes.csv", pay, PAY, &[], |row| {
        Ok(VendorCode {
            family: row.need("scheme")?,
            code: row.need("code")?,
            name: String::new(),
            meaning: row.text("meaning"),
            action: row.text("action"),
            acquirer_action: None,
            retryable: row.word("retryable", Retryable::ALL, Retryable::word, None)?,
            security_signal: SecuritySignal::None,
            domain: row.need("domain")?,
            source: row.get("source").to_owned(),
        })
    })?);
    Ok(all)
}
