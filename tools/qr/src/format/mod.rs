//! What a text read from a code is: one of the payment formats, an address, or something else.
//!
//! Why it exists: each format names the payee elsewhere and protects itself otherwise. Never decides whether a code
//! is right: that is `check`.

pub mod address;
pub mod consumer;
pub mod crc;
pub mod merchant;
pub mod percent;
pub mod punycode;
pub mod tlv;
pub mod upi;

use crate::tables::{Kind, tables};
use address::Address;
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use consumer::Consumer;
use merchant::Merchant;
use tlv::Malformed;
use upi::Upi;

/// A text, recognised.
#[derive(Clone, Debug)]
pub enum Code<'a> {
    /// EMVCo, merchant-presented.
    Merchant(Box<Merchant<'a>>),
    /// Begins like a merchant-presented code and is none.
    Damaged {
        /// Where and why.
        at: Malformed,
        /// The scheme it seems to belong to.
        scheme: &'static str,
    },
    /// EMVCo, consumer-presented.
    Consumer(Box<Consumer>),
    /// The digits on a customer's wallet screen.
    WalletDigits(&'static str),
    /// A UPI link.
    Upi(Box<Upi>),
    /// A payment address of a wallet.
    Wallet {
        /// The scheme's name in our JSON.
        scheme: &'static str,
        /// Whose wallet.
        owner: &'static str,
        /// A private person's code, by its form.
        personal: bool,
        /// Its parts.
        address: Box<Address>,
    },
    /// A web address.
    Web(Box<Address>),
    /// An address of another scheme: an app's, a telephone's …
    Link(Box<Address>),
    /// Something that is no payment at all, and what it is.
    Other(&'static str),
}

/// Recognises a text.
pub fn recognise(text: &str) -> Code<'_> {
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\u{feff}');
    if merchant::is_one(text) {
        return match Merchant::read(text) {
            Ok(m) => Code::Merchant(Box::new(m)),
            Err(at) => Code::Damaged { at, scheme: scheme_in(text) },
        };
    }
    if let Some(consumer) = Consumer::read(text) {
        return Code::Consumer(Box::new(consumer));
    }
    if let Some(owner) = wallet_digits(text) {
        return Code::WalletDigits(owner);
    }
    if let Some(kind) = content(text) {
        return Code::Other(kind);
    }
    if let Some(upi) = Upi::read(text) {
        return Code::Upi(Box::new(upi));
    }
    let Some(address) = address::read(text).or_else(|| without_scheme(text)).map(Box::new) else {
        return Code::Other("text");
    };
    if let Some((scheme, owner, personal)) = wallet(&address) {
        return Code::Wallet { scheme, owner, personal, address };
    }
    match address.is_web() {
        true => Code::Web(address),
        false => Code::Link(address),
    }
}

/// `www.shop.example/x`: scanners open it like a web address.
fn without_scheme(text: &str) -> Option<Address> {
    let host = text.split(['/', '?', '#']).next().unwrap_or_default();
    let looks_so = host.contains('.')
        && !host.starts_with('.')
        && !host.ends_with('.')
        && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
        && host
            .rsplit('.')
            .next()
            .is_some_and(|l| l.chars().count() > 1 && l.chars().all(char::is_alphabetic));
    if looks_so { address::read(&format!("http://{text}")) } else { None }
}

/// A wallet's payment address: scheme, whose, whether a private person's by its form.
fn wallet(address: &Address) -> Option<(&'static str, &'static str, bool)> {
    let path = address.path.to_ascii_lowercase();
    match address.scheme.as_str() {
        "wxp" => {
            // `wxp://f2f…` is a person's collection code, `wxp://wbf2f…` a business's (payloads.jsonl, Q070).
            let id = format!("{}{path}", address.host_text().unwrap_or_default());
            Some(("WeChat Pay URL", "WeChat Pay", id.starts_with("f2f")))
        }
        "weixin" if address.host_text() == Some("wxpay") => Some(("Wallet", "WeChat Pay", false)),
        "http" | "https" => {
            let row = tables().host(address.host_text()?, Kind::Wallet)?;
            let plain = address.user_info.is_none() && address.port.is_none() && !address.disguised;
            let (owner, personal) = match row.owner {
                "Alipay URL" => ("Alipay", path.starts_with("/fkx")),
                "UnionPay URL" => ("UnionPay", false),
                _ => ("WeChat Pay", false),
            };
            plain.then_some((row.owner, owner, personal))
        }
        _ => None,
    }
}

/// The digits of a customer's payment code: Alipay 25 to 30 and 16 to 24 digits in all, WeChat Pay 10 to 15 and 18
/// digits, UnionPay 62 and 19 digits (providers' documentation, from memory: payloads.jsonl, Q084).
fn wallet_digits(text: &str) -> Option<&'static str> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let head: u8 = text.get(..2)?.parse().ok()?;
    match (head, text.len()) {
        (25..=30, 16..=24) => Some("Alipay"),
        (10..=15, 18) => Some("WeChat Pay"),
        (62, 19) if !crate::mask::is_card_number(text) => Some("UnionPay"),
        _ => None,
    }
}

/// Contents that codes carry beside addresses.
fn content(text: &str) -> Option<&'static str> {
    const KINDS: [(&str, &str); 10] = [
        ("BEGIN:VCARD", "contact"),
        ("MECARD:", "contact"),
        ("BIZCARD:", "contact"),
        ("CARD:", "contact"),
        ("BEGIN:VEVENT", "calendar"),
        ("BEGIN:VCALENDAR", "calendar"),
        ("WIFI:", "wifi"),
        ("MATMSG:", "mail"),
        ("LPA:", "sim"),
        ("OTPAUTH:", "otp"),
    ];
    let begins = |head: &str| text.get(..head.len()).is_some_and(|t| t.eq_ignore_ascii_case(head));
    KINDS.iter().find(|(head, _)| begins(head)).map(|(_, kind)| *kind)
}

/// The scheme that a damaged code seems to belong to: an identifier still stands somewhere in it.
fn scheme_in(text: &str) -> &'static str {
    let lower = text.to_ascii_lowercase();
    let mut long = tables().schemes.iter().filter(|row| row.guid.len() > 4);
    long.find(|row| lower.contains(row.guid)).map_or("EMVCo", |row| row.scheme)
}

/// Base64 of either alphabet, padded or not.
pub(crate) fn base64_of_any_kind(text: &str) -> Option<Vec<u8>> {
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let decode = |alphabet| GeneralPurpose::new(&alphabet, lenient).decode(text).ok();
    decode(alphabet::STANDARD).or_else(|| decode(alphabet::URL_SAFE))
}
