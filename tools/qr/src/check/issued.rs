//! A code against the one that was issued for this place, field by field.
//!
//! Why it exists: in the swaps that were reported the exchanged code was well formed, of a right host, and somebody
//! else's. Only the register of issued codes finds that. Never tells a mere other spelling as a difference.

use super::catalogue::Kind;
use super::characters::looks_like;
use super::findings::Findings;
use super::merchant::address_of;
use crate::format::address::Address;
use crate::format::merchant::{Account, Merchant};
use crate::format::tlv::Object;
use crate::format::upi::Upi;
use crate::format::{Code, recognise};

/// Names of parameters that hold a signature.
pub const SIGNATURES: [&str; 4] = ["s", "sign", "sig", "signature"];
const AMOUNTS: [&str; 4] = ["amount", "amt", "am", "money"];

/// A spelling in which two texts are the same if every app takes them for the same.
pub fn normal(text: &str) -> String {
    let text = text.trim();
    match recognise(text) {
        // The check value's digits may have either case.
        Code::Merchant(m) if m.crc_stated.is_some() && m.list.rest.is_empty() => {
            let (covered, crc) = text.split_at(m.list.last_value_at);
            format!("{covered}{}", crc.to_ascii_uppercase())
        }
        Code::Web(a) | Code::Link(a) => normal_address(&a, true),
        Code::Wallet { scheme: "Alipay URL", address, .. } => {
            normal_address(&address, false).to_ascii_lowercase()
        }
        Code::Wallet { address, .. } if address.is_web() => normal_address(&address, true),
        // Identifiers of `wxp:` and `weixin:` distinguish case; only the scheme doesn't.
        Code::Wallet { address, .. } => {
            let rest = text.split_once(':').map_or(text, |(_, rest)| rest);
            format!("{}:{rest}", address.scheme)
        }
        Code::Upi(u) => normal_address(&u.address, true),
        _ => text.to_owned(),
    }
}

fn normal_address(a: &Address, sorted: bool) -> String {
    let port =
        a.port.as_deref().filter(|p| !matches!((a.scheme.as_str(), *p), ("https", "443") | ("http", "80")));
    let user = a.user_info.as_ref().map_or(String::new(), |u| format!("{u}@"));
    let mut parameters = a.parameters.clone();
    if sorted {
        parameters.sort();
    }
    let path = if a.path.is_empty() { "/" } else { &a.path };
    format!(
        "{}://{user}{}:{}{path}?{parameters:?}#{}",
        a.scheme,
        a.host_text().unwrap_or_default(),
        port.unwrap_or_default(),
        a.fragment
    )
}

/// Tells how a code differs from an issued one. Both are known not to be the same.
pub fn compare(code: &Code<'_>, issued: &Code<'_>, findings: &mut Findings) {
    match (code, issued) {
        (Code::Merchant(code), Code::Merchant(issued)) => merchants(code, issued, findings),
        (Code::Upi(code), Code::Upi(issued)) => upis(code, issued, findings),
        (Code::Web(code), Code::Web(issued)) => webs(code, issued, findings),
        (Code::Consumer(_) | Code::WalletDigits(_), _) => findings.tell(Kind::ConsumerCode),
        (Code::Wallet { scheme, owner, personal, .. }, issued) => {
            let expected = name_of(issued);
            findings.tell_differs(Kind::PayeeMismatch, Some(expected), Some(owner));
            let was_personal = matches!(issued, Code::Wallet { personal: true, .. });
            if *personal && !was_personal {
                findings.tell_found(Kind::PersonalCode, scheme);
            }
        }
        (Code::Merchant(_) | Code::Upi(_), issued) => {
            findings.tell_differs(Kind::PayeeMismatch, Some(name_of(issued)), Some(name_of(code)));
        }
        // Foreign hosts, other schemes, broken and other contents are told by what they are.
        (Code::Web(_) | Code::Link(_) | Code::Damaged { .. } | Code::Other(_), _) => {}
    }
}

/// What kind of code it is, in a word that both languages know.
fn name_of(code: &Code<'_>) -> &'static str {
    match code {
        Code::Merchant(m) => m.scheme(),
        Code::Damaged { scheme, .. } | Code::Wallet { scheme, .. } => scheme,
        Code::Consumer(_) | Code::WalletDigits(_) => "CPM",
        Code::Upi(_) => "UPI",
        Code::Web(_) => "URL",
        Code::Link(_) => "link",
        Code::Other(kind) => kind,
    }
}

fn merchants(code: &Merchant<'_>, issued: &Merchant<'_>, findings: &mut Findings) {
    let before = findings.weight();
    let (ours, theirs) = (issued.accounts(), code.accounts());
    let (mut differs, mut elsewhere) = (false, false);
    for account in &ours {
        match theirs.iter().find(|a| a.tag == account.tag) {
            Some(other) => match accounts(account, other, findings) {
                Beside::Differs => differs = true,
                Beside::HostToldElsewhere => elsewhere = true,
                Beside::Same => {}
            },
            None => findings.tell_differs(Kind::PayeeMismatch, Some(&shown(account)), None),
        }
    }
    if let Some(extra) = theirs.iter().find(|a| ours.iter().all(|o| o.tag != a.tag)) {
        findings.tell_found(Kind::SecondAccount, shown(extra));
    }
    names(issued.get(59), code.get(59), findings);
    let fields = [
        (Kind::CountryMismatch, issued.get(58), code.get(58)),
        (Kind::CurrencyMismatch, issued.get(53), code.get(53)),
        (Kind::AmountMismatch, issued.get(54), code.get(54)),
        (Kind::TerminalMismatch, issued.inside(62, 7), code.inside(62, 7)),
        (Kind::StoreMismatch, issued.inside(62, 3), code.inside(62, 3)),
    ];
    for (kind, ours, theirs) in fields {
        let same = match kind {
            Kind::AmountMismatch => amount(ours) == amount(theirs),
            _ => ours == theirs,
        };
        if !same {
            findings.tell_differs(kind, ours, theirs);
        }
    }
    let rest = |m: &Merchant<'_>| -> Vec<(u8, String)> {
        let other = |tag: u8| !matches!(tag, 2..=51 | 53 | 54 | 58 | 59 | 62 | 63);
        m.list.objects.iter().filter(|o| other(o.tag)).map(|o| (o.tag, o.value.to_owned())).collect()
    };
    let additional = |m: &Merchant<'_>| -> Vec<(u8, String)> {
        let list = m.get(62).and_then(|v| crate::format::tlv::read_template(v).ok());
        let objects = list.map_or(Vec::new(), |l| l.objects);
        objects.iter().filter(|o| !matches!(o.tag, 3 | 7)).map(|o| (o.tag, o.value.to_owned())).collect()
    };
    differs |=
        sorted(rest(code)) != sorted(rest(issued)) || sorted(additional(code)) != sorted(additional(issued));
    let told = elsewhere
        || findings.weight() != before
        || !code.list.rest.is_empty()
        || !code.duplicates().is_empty();
    let only_crc = code.crc_ok() == Some(false) && same_but_crc(code, issued);
    if differs || !(told || only_crc) {
        findings.tell(Kind::Differs);
    }
}

fn same_but_crc(code: &Merchant<'_>, issued: &Merchant<'_>) -> bool {
    let objects = |m: &Merchant<'_>| -> Vec<(u8, String)> {
        m.list.objects.iter().filter(|o| o.tag != 63).map(|o| (o.tag, o.value.to_owned())).collect()
    };
    sorted(objects(code)) == sorted(objects(issued))
}

fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort();
    list
}

/// What of an account differs beside the payee.
enum Beside {
    Same,
    Differs,
    /// Its location's host, which the checks of addresses tell.
    HostToldElsewhere,
}

/// Tells an account of another payee.
fn accounts(ours: &Account<'_>, theirs: &Account<'_>, findings: &mut Findings) -> Beside {
    let same_guid = match (ours.guid, theirs.guid) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        (a, b) => a == b,
    };
    let scheme = ours.guid.map(str::to_ascii_lowercase).unwrap_or_default();
    let is_pix = scheme.starts_with("br.gov.bcb.");
    // PayNow's 03 says whether the amount may be changed, 04 until when the code holds.
    let names_payee = |tag: u8| !(is_pix && tag == 25 || scheme == "sg.paynow" && matches!(tag, 3 | 4));
    let payee = |a: &Account<'_>| -> Vec<(u8, String)> {
        sorted(
            a.parts
                .iter()
                .filter(|o| names_payee(o.tag))
                .map(|o: &Object<'_>| (o.tag, o.value.to_owned()))
                .collect(),
        )
    };
    if !same_guid || payee(ours) != payee(theirs) {
        findings.tell_differs(Kind::PayeeMismatch, Some(&shown(ours)), Some(&shown(theirs)));
        return Beside::Same;
    }
    if !is_pix {
        return if ours.parts == theirs.parts { Beside::Same } else { Beside::Differs };
    }
    let location = |a: &Account<'_>| a.parts.iter().find(|o| o.tag == 25).map(|o| o.value.to_owned());
    let (a, b) = match (location(ours), location(theirs)) {
        (Some(a), Some(b)) => (address_of(&a), address_of(&b)),
        (None, None) => return Beside::Same,
        (a, b) => {
            findings.tell_differs(Kind::PayeeMismatch, a.as_deref(), b.as_deref());
            return Beside::Same;
        }
    };
    if a.as_ref().map(Address::host_text) != b.as_ref().map(Address::host_text) {
        return Beside::HostToldElsewhere;
    }
    if a.map(|a| a.path) != b.map(|b| b.path) {
        findings.tell(Kind::PathNotIssued);
    }
    Beside::Same
}

fn shown(account: &Account<'_>) -> String {
    let parts: Vec<&str> = account.guid.into_iter().chain(account.parts.iter().map(|o| o.value)).collect();
    format!("{:02}: {}", account.tag, parts.join(" "))
}

/// Names that look the same and aren't, or that are simply different.
fn names(ours: Option<&str>, theirs: Option<&str>, findings: &mut Findings) {
    if ours == theirs {
        return;
    }
    let kind = match (ours, theirs) {
        (Some(a), Some(b)) if looks_like(a) == looks_like(b) => Kind::NameConfusable,
        _ => Kind::NameMismatch,
    };
    findings.tell_differs(kind, ours, theirs);
}

/// An amount without needless zeros.
fn amount(text: Option<&str>) -> Option<String> {
    let text = text?;
    let whole = text.trim_start_matches('0');
    Some(match whole.contains('.') {
        true => whole.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => whole.to_owned(),
    })
}

fn upis(code: &Upi, issued: &Upi, findings: &mut Findings) {
    let lower = |v: Option<&str>| v.map(str::to_ascii_lowercase);
    if lower(code.get("pa")) != lower(issued.get("pa")) {
        findings.tell_differs(Kind::PayeeMismatch, issued.get("pa"), code.get("pa"));
    }
    names(issued.get("pn"), code.get("pn"), findings);
    if amount(code.get("am")) != amount(issued.get("am")) {
        findings.tell_differs(Kind::AmountMismatch, issued.get("am"), code.get("am"));
    }
    if code.get("tid") != issued.get("tid") {
        findings.tell_differs(Kind::TerminalMismatch, issued.get("tid"), code.get("tid"));
    }
    let named = ["pa", "pn", "am", "tid", "sign"];
    let differs = others(&code.address, &named) != others(&issued.address, &named);
    signatures(code.get("sign"), issued.get("sign"), findings);
    let told = findings.has(Kind::SignatureBad)
        || !code.duplicates().is_empty()
        || !code.behind_signature.is_empty();
    let new_signature =
        code.get("sign").is_some() && issued.get("sign").is_some() && code.get("sign") != issued.get("sign");
    if !told && (differs || new_signature || code.address.host != issued.address.host) {
        findings.tell(Kind::Differs);
    }
}

/// A signature that stands over other content is wrong; one that was dropped is missing. Called for codes that are
/// known to differ.
fn signatures(theirs: Option<&str>, ours: Option<&str>, findings: &mut Findings) {
    match (ours, theirs) {
        (Some(_), None) => findings.tell(Kind::SignatureMissing),
        (Some(a), Some(b)) if a == b => findings.tell(Kind::SignatureBad),
        _ => {}
    }
}

/// The parameters beside these, sorted, empty ones left out.
fn others(a: &Address, named: &[&str]) -> Vec<(String, String)> {
    let kept = a.parameters.iter().filter(|(n, v)| !v.is_empty() && !named.contains(&n.as_str()));
    sorted(kept.cloned().collect())
}

fn webs(code: &Address, issued: &Address, findings: &mut Findings) {
    if code.host != issued.host {
        return;
    }
    let signature = |a: &Address| SIGNATURES.iter().find_map(|n| a.parameter(n)).map(str::to_owned);
    let (theirs, ours) = (signature(code), signature(issued));
    let same_path = path(&code.path) == path(&issued.path);
    if !same_path {
        match other_terminal(&code.path, &issued.path) {
            Some((a, b)) => findings.tell_differs(Kind::TerminalMismatch, Some(b), Some(a)),
            None => {
                findings.tell_differs(Kind::PathNotIssued, Some(&issued.path), Some(&code.path));
                return;
            }
        }
    }
    let unsigned = |a: &Address| others(a, &SIGNATURES);
    let same_rest = unsigned(code) == unsigned(issued) && code.fragment == issued.fragment;
    if same_path && same_rest && ours == theirs {
        return;
    }
    let amounts = |a: &Address| AMOUNTS.iter().find_map(|n| a.parameter(n)).map(str::to_owned);
    if amounts(code) != amounts(issued) {
        findings.tell_differs(Kind::AmountMismatch, amounts(issued).as_deref(), amounts(code).as_deref());
    }
    signatures(theirs.as_deref(), ours.as_deref(), findings);
    let told = [Kind::SignatureBad, Kind::SignatureMissing, Kind::AmountMismatch, Kind::TerminalMismatch];
    if !told.iter().any(|k| findings.has(*k)) {
        findings.tell(Kind::Differs);
    }
}

fn path(text: &str) -> &str {
    text.trim_end_matches('/')
}

/// Two paths that differ in one segment only, an identifier of the same make: letters equal, digits not.
fn other_terminal<'a>(a: &'a str, b: &'a str) -> Option<(&'a str, &'a str)> {
    let (left, right): (Vec<&str>, Vec<&str>) = (path(a).split('/').collect(), path(b).split('/').collect());
    if left.len() != right.len() {
        return None;
    }
    let mut differing = left.iter().zip(&right).filter(|(x, y)| x != y);
    let (x, y) = differing.next()?;
    let make = |t: &str| t.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let ends_in_digits = |t: &str| t.ends_with(|c: char| c.is_ascii_digit());
    (differing.next().is_none() && ends_in_digits(x) && ends_in_digits(y) && make(x) == make(y))
        .then_some((*x, *y))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(code: &str, issued: &str) -> Vec<&'static str> {
        let mut findings = Findings::default();
        compare(&recognise(code), &recognise(issued), &mut findings);
        findings.codes()
    }

    #[test]
    fn spellings_that_every_app_takes_for_one_are_one() {
        for (a, b) in [
            ("https://PAY.example/q?b=2&a=1", "HTTPS://pay.example:443/q?a=1&b=2"),
            ("HTTPS://QR.ALIPAY.COM/FKX012", "https://qr.alipay.com/fkx012"),
            ("WXP://f2f0aB", "wxp://f2f0aB"),
            ("UPI://PAY?pa=a@b&am=1", "upi://pay?am=1&pa=a@b"),
        ] {
            assert_eq!(normal(a), normal(b), "{a}");
        }
        assert_ne!(normal("wxp://f2f0AB"), normal("wxp://f2f0aB"));
        assert_ne!(normal("https://pay.example/Q"), normal("https://pay.example/q"));
    }

    #[test]
    fn addresses_differ_by_terminal_path_amount_or_signature() {
        const ISSUED: &str = "https://pay.example/q/T1000234?k=3&amount=5&s=abc";
        for (code, wanted) in [
            ("https://pay.example/q/T1000999?k=3&amount=5&s=abc", vec!["terminal_mismatch", "signature_bad"]),
            ("https://pay.example/q/T1000234?k=3&amount=50&s=abc", vec!["amount_mismatch", "signature_bad"]),
            ("https://pay.example/q/T1000234?k=3&amount=5", vec!["signature_missing"]),
            ("https://pay.example/q/T1000234?k=3&amount=5&s=abd", vec!["differs_from_issued"]),
            ("https://pay.example/go", vec!["path_not_issued"]),
            ("https://other.example/q/T1000234", vec![]),
        ] {
            assert_eq!(codes(code, ISSUED), wanted, "{code}");
        }
    }

    #[test]
    fn upi_links_differ_by_payee_amount_or_signature() {
        const ISSUED: &str = "upi://pay?pa=shop@bank&pn=Shop&am=25.00&sign=abc";
        for (code, wanted) in [
            ("upi://pay?pa=other@bank&pn=Shop&am=25.00&sign=abc", vec!["payee_mismatch", "signature_bad"]),
            ("upi://pay?pa=shop@bank&pn=Sh\u{43e}p&am=25", vec!["name_confusable", "signature_missing"]),
            ("upi://pay?pa=shop@bank&pn=Shop&am=25.00&tn=x&sign=xyz", vec!["differs_from_issued"]),
            ("wxp://f2f0abc", vec!["payee_mismatch", "personal_code_at_merchant"]),
        ] {
            assert_eq!(codes(code, ISSUED), wanted, "{code}");
        }
    }
}
