//! Is a code right? What it is, what is wrong with it, and what that means for whoever is about to pay.
//!
//! Why it exists: a payer sees dots; the shop sees its own sticker. Never says that a code is right unless it is the
//! issued one or carries a signature that a known key made; never accuses a person.

pub mod catalogue;
mod characters;
pub mod findings;
mod host;
pub mod issued;
mod merchant;
mod upi;
mod url;

use crate::format::address::Host;
use crate::format::{Code, recognise};
use crate::report::Report;
use crate::signed::{Checked, Keys, check_address as check_signature};
use catalogue::{Kind, Severity};
use findings::Findings;
use serde::Serialize;
use url::Allowed;

/// What is known about the place where the code was found.
#[derive(Debug, Default)]
pub struct Place<'a> {
    /// The texts of the codes issued for it.
    pub issued: &'a [String],
    /// Hosts that the operator allows; `.example` means all below.
    pub allowed_hosts: &'a [String],
    /// Public keys by id.
    pub keys: Option<&'a Keys>,
    /// Today as `YYYYMMDD`, for codes that say until when they hold.
    pub today: Option<&'a str>,
}

/// What it comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is the issued code, or its signature holds.
    Ok,
    /// Nothing speaks against it, and nothing proves it.
    Unknown,
    /// Look before paying.
    Suspicious,
    /// Don't pay with it, don't open it.
    Dangerous,
}

/// The longest text that is checked: a QR code holds at most 7,089 digits or 2,953 bytes.
pub const TEXT_BYTES_MAX: usize = 16_384;

/// Checks the text of one code.
pub fn check(text: &str, place: &Place<'_>) -> Report {
    let text = match text.char_indices().find(|(i, _)| *i >= TEXT_BYTES_MAX) {
        Some((end, _)) => &text[..end],
        None => text,
    };
    let code = recognise(text);
    let mut findings = Findings::default();
    let allowed = allowed(place);
    characters::check(text, &mut findings);
    let mut verified = false;
    match &code {
        Code::Merchant(m) => merchant::check(m, &allowed, &mut findings),
        Code::Damaged { at, .. } => {
            findings.tell_found(Kind::Malformed, format!("{}: {}", at.offset, at.expected))
        }
        Code::Upi(u) => verified = upi::check(u, place.keys, &mut findings),
        Code::Web(a) | Code::Link(a) => {
            url::check(a, &allowed, &mut findings);
            verified = signature(a, place, &mut findings);
        }
        Code::Wallet { address, .. } => wallet(address, place, &mut findings),
        Code::Other(kind) => {
            findings.tell_found(Kind::NotAPaymentCode, kind);
            if *kind == "wifi" || *kind == "sim" {
                findings.tell_found(Kind::SchemeNotAllowed, kind);
            }
        }
        Code::Consumer(_) | Code::WalletDigits(_) => {}
    }
    let own = issued::normal(text);
    let matches = place.issued.iter().any(|i| issued::normal(i) == own);
    if !matches && let Some(nearest) = nearest(&code, place) {
        findings.add_all(nearest);
    }
    if matches {
        // The register vouches for what only makes a foreign code odd.
        findings.forget(&[Kind::RandomHost, Kind::SignatureMalformed]);
    }
    if findings.has(Kind::SignatureBad) {
        findings.forget(&[Kind::SignatureMalformed]);
    }
    let verdict = match findings.worst() {
        Some(Severity::High) => Verdict::Dangerous,
        Some(Severity::Medium) => Verdict::Suspicious,
        _ if matches || (verified && place.issued.is_empty()) => Verdict::Ok,
        _ => Verdict::Unknown,
    };
    let known = (!place.issued.is_empty()).then_some(matches);
    Report::new(text, &code, findings, verdict, known)
}

fn allowed(place: &Place<'_>) -> Allowed {
    let of = |text: &String| {
        let hosts = match recognise(text) {
            Code::Web(a) | Code::Wallet { address: a, .. } => vec![*a],
            Code::Merchant(m) => m.locations().iter().filter_map(|(_, l)| merchant::address_of(l)).collect(),
            _ => Vec::new(),
        };
        hosts.into_iter().filter_map(|a| match a.host {
            Host::Name(name) | Host::Ip(name) => Some((name, a.port)),
            Host::None => None,
        })
    };
    Allowed {
        issued: place.issued.iter().flat_map(of).collect(),
        hosts: place.allowed_hosts.iter().map(|h| h.trim().to_lowercase()).collect(),
        known: !(place.issued.is_empty() && place.allowed_hosts.is_empty()),
    }
}

/// The differences from the issued code that it is nearest to.
fn nearest(code: &Code<'_>, place: &Place<'_>) -> Option<Findings> {
    let differences = place.issued.iter().map(|issued| {
        let mut findings = Findings::default();
        issued::compare(code, &recognise(issued), &mut findings);
        findings
    });
    differences.min_by_key(Findings::weight)
}

/// Where only hosts are known, a wallet's host must be one of them too.
fn wallet(address: &crate::format::address::Address, place: &Place<'_>, findings: &mut Findings) {
    if address.scheme == "http" {
        findings.tell(Kind::NotHttps);
    }
    let hosts_only = place.issued.is_empty() && !place.allowed_hosts.is_empty();
    if let Some(host) =
        address.host_text().filter(|h| hosts_only && address.is_web() && !allowed(place).has(h))
    {
        findings.tell_found(Kind::HostNotAllowed, host);
    }
}

/// Our own signed codes: true if a known key's signature holds.
fn signature(address: &crate::format::address::Address, place: &Place<'_>, findings: &mut Findings) -> bool {
    let Some(keys) = place.keys else { return false };
    match check_signature(address, keys, place.today) {
        Checked::NotSigned | Checked::KeyUnknown => false,
        Checked::Holds => true,
        Checked::Expired => {
            findings.tell(Kind::CodeExpired);
            true
        }
        Checked::Bad => {
            findings.tell(Kind::SignatureBad);
            false
        }
    }
}
