//! The catalogue itself: all rows, looked up by key, with an operator's rows laid over ours.
//!
//! A code is keyed by scheme, direction and code; a lookup never falls back to another scheme or
//! direction, since the same two characters mean other things there.

use crate::lint::lint;
use crate::rows::*;
use crate::small_tables::*;
use crate::table::TableError;
use crate::words::*;
use std::sync::LazyLock;

/// The files that a catalogue is made of, as text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sources<'a> {
    pub(crate) response_codes: &'a str,
    pub(crate) screen_messages: &'a str,
    pub(crate) vendor_codes: &'a str,
    pub(crate) vendor_actions: &'a str,
    pub(crate) pay_codes: &'a str,
    pub(crate) entry_modes: &'a str,
    pub(crate) hotlines: &'a str,
    pub(crate) merchant_advice: &'a str,
    pub(crate) action_classes: &'a str,
}

/// Our own files, compiled in.
pub(crate) const BUILTIN: Sources<'static> = Sources {
    response_codes: include_str!("../../../data/codes/de39.csv"),
    screen_messages: include_str!("../../../data/codes/terminal_messages.csv"),
    vendor_codes: include_str!("../../../data/codes/vendor_local.csv"),
    vendor_actions: include_str!("../../../data/codes/vendor_actions.csv"),
    pay_codes: include_str!("../../../data/codes/qr_pay_codes.csv"),
    entry_modes: include_str!("../../../data/codes/entry_modes.csv"),
    hotlines: include_str!("../../../data/codes/hotlines.csv"),
    merchant_advice: include_str!("../../../data/codes/merchant_advice.csv"),
    action_classes: include_str!("../../../data/codes/unionpay_classes.csv"),
};

/// All codes and messages that Tillguard can explain.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// Sorted by scheme, direction, code.
    response_codes: Vec<ResponseCode>,
    screen_messages: Vec<ScreenMessage>,
    vendor_codes: Vec<VendorCode>,
    entry_modes: Vec<EntryMode>,
    hotlines: Vec<Hotline>,
    merchant_advice: Vec<MerchantAdvice>,
    action_classes: Vec<ActionClass>,
}

/// Why an operator's file is not taken. The catalogue stays as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverrideError {
    /// A row can't be read.
    #[error(transparent)]
    Table(#[from] Box<TableError>),
    /// The rows can be read, but break a rule of the catalogue: each is named.
    #[error("the rows break a rule of the catalogue: {}", .0.join("; "))]
    Unsafe(Vec<String>),
}

/// A broken rule with the line of the operator's row that breaks it.
fn with_line(rule: String, rows: &[(u64, ResponseCode)]) -> String {
    let named = |row: &ResponseCode| {
        let name = format!("{} {}", row.scheme, row.code);
        rule.match_indices(&name).any(|(at, _)| {
            // “unionpay A” is not “unionpay A7”.
            !rule[at + name.len()..].starts_with(|c: char| c.is_ascii_alphanumeric())
        })
    };
    match rows.iter().find(|(_, row)| named(row)) {
        Some((line, _)) => format!("line {line}: {rule}"),
        None => rule,
    }
}

static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::from_sources(&BUILTIN).expect("a test reads the compiled-in files"));

impl Catalogue {
    /// The catalogue that is compiled in, read at the first call.
    pub fn builtin() -> &'static Catalogue {
        &CATALOGUE
    }

    pub(crate) fn from_sources(sources: &Sources<'_>) -> Result<Catalogue, Box<TableError>> {
        let codes = response_codes("de39.csv", sources.response_codes)?;
        let mut response_codes: Vec<ResponseCode> = codes.into_iter().map(|(_, code)| code).collect();
        response_codes.sort_by(|a, b| a.key().cmp(&b.key()));
        Ok(Catalogue {
            response_codes,
            screen_messages: screen_messages(sources.screen_messages)?,
            vendor_codes: vendor_codes(sources.vendor_codes, sources.vendor_actions, sources.pay_codes)?,
            entry_modes: entry_modes(sources.entry_modes)?,
            hotlines: hotlines(sources.hotlines)?,
            merchant_advice: merchant_advice(sources.merchant_advice)?,
            action_classes: action_classes(sources.action_classes)?,
        })
    }

    /// This catalogue with an operator's response codes laid over it: a row with the same scheme, code
    /// and direction replaces ours, another is added. The file has the columns of `de39.csv`
    /// ([`RESPONSE_CODE_COLUMNS`], and any of [`RESPONSE_CODE_OPTIONAL_COLUMNS`]).
    ///
    /// # Errors
    /// A row that can't be read, a key that stands twice, or a row that the linter refuses: a file of an
    /// operator can't make a pick-up code an approval.
    pub fn with_overrides(&self, file: &str, content: &str) -> Result<Catalogue, OverrideError> {
        let mut laid_over = self.clone();
        let mut seen: Vec<(u64, ResponseCode)> = Vec::new();
        for (line, code) in response_codes(file, content)? {
            if let Some((first, _)) = seen.iter().find(|(_, s)| s.key() == code.key()) {
                return Err(OverrideError::Table(Box::new(TableError {
                    file: file.to_owned(),
                    line,
                    column: "code".to_owned(),
                    found: format!("{} {} {}", code.scheme, code.code, code.direction),
                    expected: format!("each key once (it stands in line {first} too)"),
                    nearest: None,
                })));
            }
            match laid_over.response_codes.binary_search_by(|c| c.key().cmp(&code.key())) {
                Ok(place) => laid_over.response_codes[place] = code.clone(),
                Err(place) => laid_over.response_codes.insert(place, code.clone()),
            }
            seen.push((line, code));
        }
        match lint(&laid_over) {
            broken if broken.is_empty() => Ok(laid_over),
            broken => {
                Err(OverrideError::Unsafe(broken.into_iter().map(|rule| with_line(rule, &seen)).collect()))
            }
        }
    }

    /// One response code. No allocation: the engine may ask for every message.
    pub fn response_code(&self, scheme: Scheme, direction: Direction, code: &str) -> Option<&ResponseCode> {
        let place = self.response_codes.binary_search_by(|c| c.key().cmp(&(scheme, direction, code))).ok()?;
        self.response_codes.get(place)
    }

    /// The code of a message of this type: [`Catalogue::response_code`] with the direction that the
    /// message type says. `None` also if `mti` isn't one.
    pub fn code_in_message(&self, scheme: Scheme, mti: &str, code: &str) -> Option<&ResponseCode> {
        self.response_code(scheme, Direction::of_mti(mti)?, code)
    }

    /// Every response code, sorted by scheme (UnionPay first), direction and code.
    pub fn response_codes(&self) -> &[ResponseCode] {
        &self.response_codes
    }

    /// Every screen message.
    pub fn screen_messages(&self) -> &[ScreenMessage] {
        &self.screen_messages
    }

    /// The screen message with this id.
    pub fn screen_message(&self, id: &str) -> Option<&ScreenMessage> {
        self.screen_messages.iter().find(|m| m.id == id)
    }

    /// Every vendor's and wallet's code.
    pub fn vendor_codes(&self) -> &[VendorCode] {
        &self.vendor_codes
    }

    /// How the card data got in, by field 22 (`051`: the first two digits; schemes differ from 80 on).
    pub fn entry_mode(&self, scheme: Scheme, field_22: &str) -> Option<&EntryMode> {
        let prefix = field_22.get(..2)?;
        let own = match scheme {
            Scheme::Visa | Scheme::Mastercard => "visa/mc",
            _ => "unionpay",
        };
        let of = |family: &str| {
            let mut rows = self.entry_modes.iter().filter(|m| m.scheme == family);
            rows.find(|m| m.prefix.split('/').any(|p| p == prefix))
        };
        of(own).or_else(|| of("iso/unionpay"))
    }

    /// What the third digit of field 22 says about the PIN pad.
    pub fn pin_entry(&self, field_22: &str) -> Option<&EntryMode> {
        let digit = field_22.get(2..3)?;
        let mut rows = self.entry_modes.iter().filter(|m| m.scheme == "pin-digit");
        rows.find(|m| m.prefix.strip_prefix('x') == Some(digit))
    }

    /// Every entry mode.
    pub fn entry_modes(&self) -> &[EntryMode] {
        &self.entry_modes
    }

    /// Telephone numbers for staff, verified or not: show the source beside those that are not.
    pub fn hotlines(&self) -> &[Hotline] {
        &self.hotlines
    }

    /// Telephone numbers that may stand on public pages.
    pub fn public_hotlines(&self) -> impl Iterator<Item = &Hotline> {
        self.hotlines.iter().filter(|h| h.verified)
    }

    /// A network's advice about trying again (`mastercard-MAC` 01, `visa-category` 1).
    pub fn merchant_advice(&self, scheme: &str, code: &str) -> Option<&MerchantAdvice> {
        self.merchant_advice.iter().find(|a| a.scheme == scheme && a.code == code)
    }

    /// Every merchant advice.
    pub fn merchant_advices(&self) -> &[MerchantAdvice] {
        &self.merchant_advice
    }

    /// What a UnionPay terminal does about a code: its own rule, its class, or that of codes that stand
    /// in no table.
    pub fn action_class(&self, code: &str) -> Option<&ActionClass> {
        let row = self.response_code(Scheme::UnionPay, Direction::Response, code);
        let class = row.map_or("(unlisted)", |r| r.scheme_class.as_str());
        let by = |name: &str| self.action_classes.iter().find(|c| c.class == name);
        row.and_then(|r| by(&r.code)).or_else(|| by(class))
    }

    /// Every action class.
    pub fn action_classes(&self) -> &[ActionClass] {
        &self.action_classes
    }
}
