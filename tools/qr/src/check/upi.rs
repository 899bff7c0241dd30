//! Checks of a UPI link that need nothing beside it but the signer's key.
//!
//! Why it exists: NPCI's signature covers the text before `&sign=`; apps differ in which of two equal parameters they
//! take. Never takes a missing signature for a wrong one.

use super::catalogue::Kind;
use super::characters::{check as check_characters, mixes_scripts};
use super::findings::Findings;
use crate::format::upi::Upi;
use crate::signed::Keys;

/// Tells what is wrong with the link itself; true if a known key's signature holds.
pub fn check(u: &Upi, keys: Option<&Keys>, findings: &mut Findings) -> bool {
    for (_, value) in &u.address.parameters {
        check_characters(value, findings);
    }
    let twice = u.duplicates();
    if !twice.is_empty() {
        findings.tell_found(Kind::DuplicateParameter, twice.join(", "));
    }
    if !u.behind_signature.is_empty() {
        findings.tell_found(Kind::DataAfterSignature, u.behind_signature.join(", "));
    }
    // `pay` and `mandate` name a payee as `name@handle` (NPCI, UPI linking specification 1.6).
    if u.get("pa").is_none_or(|pa| pa.split('@').filter(|part| !part.is_empty()).count() != 2) {
        findings.tell_differs(Kind::PayeeMissing, None, u.get("pa"));
    }
    if let Some(currency) = u.get("cu").filter(|c| !c.eq_ignore_ascii_case("INR")) {
        findings.tell_found(Kind::CurrencyMismatch, format!("{currency} ≠ INR"));
    }
    if let Some(amount) = u.get("am").filter(|a| !is_amount(a)) {
        findings.tell_found(Kind::AmountMalformed, amount);
    }
    let name = u.get("pn").unwrap_or_default();
    if let Some(word) = name.split(|c: char| !c.is_alphanumeric()).find(|w| mixes_scripts(w)) {
        findings.tell_found(Kind::NameConfusable, word);
    }
    signature(u, keys, findings)
}

/// Rupees with at most two decimals.
fn is_amount(text: &str) -> bool {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    !whole.is_empty() && text.len() <= 18 && digits(whole) && digits(part) && part.len() <= 2
}

fn signature(u: &Upi, keys: Option<&Keys>, findings: &mut Findings) -> bool {
    let (Some(_), Some(covered)) = (u.get("sign"), &u.signed) else { return false };
    let Some(signature) = u.signature() else {
        findings.tell(Kind::SignatureMalformed);
        return false;
    };
    // The signer is the organisation (`orgid`), or the payee itself.
    let handle = u.get("pa").and_then(|pa| pa.split('@').nth(1));
    let names = [u.get("orgid"), u.get("pa"), handle, Some("upi")];
    let Some(key) = keys.and_then(|keys| names.into_iter().flatten().find_map(|name| keys.get(name))) else {
        return false;
    };
    // Codes made from HTML pages carry `&amp;`; it was `&` when it was signed.
    let holds =
        [covered.clone(), covered.replace("&amp;", "&")].iter().any(|t| key.verify(t.as_bytes(), &signature));
    if !holds {
        findings.tell(Kind::SignatureBad);
    }
    holds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<&'static str> {
        let mut findings = Findings::default();
        check(&Upi::read(text).expect("is a link"), None, &mut findings);
        findings.codes()
    }

    #[test]
    fn each_break_of_form_is_told() {
        for (text, wanted) in [
            ("upi://pay?pa=shop@bank&pn=Shop&am=1.50&cu=INR", vec![]),
            ("upi://pay?pa=a@b&am=1&am=2", vec!["duplicate_parameter"]),
            ("upi://pay?pa=a@b&cu=USD", vec!["currency_mismatch"]),
            ("upi://pay?pn=Shop", vec!["payee_missing"]),
            ("upi://pay?pa=a@b&am=1e5", vec!["amount_malformed"]),
            ("upi://pay?pa=a@b&sign=MEUCIQDabc", vec!["signature_malformed"]),
            ("upi://pay?pa=a@b&pn=Sh%D0%BEp", vec!["name_confusable"]),
            ("upi://pay?pa=a@b&pn=%E2%80%AEpohS", vec!["bidi_control"]),
        ] {
            assert_eq!(codes(text), wanted, "{text}");
        }
        let signed = "upi://pay?pa=abc@sbi&am=1&sign=MEUCIFa0RLs4mJLK7pSkb5eP69d5Xd6LstvC6xJjSXeQO9HvAiEAzH7T/OYWhaPmraL4VsY6RkVXaBq+He12iRewCOARItI=";
        assert_eq!(codes(signed), [""; 0]);
        assert_eq!(codes(&format!("{signed}&am=100")), ["duplicate_parameter", "data_after_signature"]);
    }
}
