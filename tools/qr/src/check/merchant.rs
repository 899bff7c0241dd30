//! Checks of a merchant-presented code that need nothing beside it.
//!
//! Why it exists: an edited code often breaks its own form: a stale check value, a tag twice, a country that the
//! scheme doesn't serve. Never takes a right form for a right payee.

use super::catalogue::Kind;
use super::characters::mixes_scripts;
use super::findings::Findings;
use super::url::{Allowed, check as check_address};
use crate::format::address::{Address, read};
use crate::format::merchant::{Merchant, is_template};
use crate::format::tlv::read_template;
use crate::tables::tables;

/// Tells what is wrong with the code itself.
pub fn check(m: &Merchant<'_>, allowed: &Allowed, findings: &mut Findings) {
    match m.crc_ok() {
        Some(true) => {}
        Some(false) => {
            let right = format!("{:04X}", m.crc_computed);
            findings.tell_found(Kind::CrcBad, format!("{} ≠ {right}", m.crc_stated.unwrap_or_default()));
        }
        None => findings.tell(Kind::CrcMissing),
    }
    if !m.list.rest.is_empty() {
        findings.tell_found(Kind::DataAfterCrc, m.list.rest);
    }
    let twice = m.duplicates();
    if !twice.is_empty() {
        findings.tell_found(Kind::DuplicateTag, twice.join(", "));
    }
    for o in m.list.objects.iter().filter(|o| is_template(o.tag) && (o.tag == 62 || o.tag == 64)) {
        if read_template(o.value).is_err() {
            findings.tell_found(Kind::TemplateMalformed, format!("{:02}", o.tag));
        }
    }
    accounts(m, findings);
    place(m, findings);
    if let Some(amount) = m.get(54).filter(|a| !is_amount(a)) {
        findings.tell_found(Kind::AmountMalformed, amount);
    }
    if m.initiation() == "dynamic" && !has_order(m) {
        findings.tell(Kind::DynamicWithoutOrder);
    }
    for name in [m.get(59), m.get(60), m.inside(64, 1), m.inside(64, 2)].into_iter().flatten() {
        if let Some(word) = name.split(|c: char| !c.is_alphanumeric()).find(|w| mixes_scripts(w)) {
            findings.tell_found(Kind::NameConfusable, word);
        }
    }
    for (_, location) in m.locations() {
        if let Some(address) = address_of(location) {
            check_address(&address, allowed, findings);
        }
    }
}

/// PIX locations stand without `https://`.
pub fn address_of(location: &str) -> Option<Address> {
    match location.contains("://") {
        true => read(location),
        false => read(&format!("https://{location}")),
    }
}

fn accounts(m: &Merchant<'_>, findings: &mut Findings) {
    let accounts = m.accounts();
    if accounts.is_empty() {
        findings.tell(Kind::PayeeMissing);
    }
    // One scheme, two payees in different tags: which one is paid depends on the app.
    for (i, a) in accounts.iter().enumerate() {
        let rival = accounts[..i].iter().any(|b| {
            let same = |x: &str, y: &str| x.eq_ignore_ascii_case(y);
            b.tag != a.tag && b.parts != a.parts && a.guid.zip(b.guid).is_some_and(|(x, y)| same(x, y))
        });
        if rival {
            findings.tell_found(Kind::SecondAccount, format!("{:02}", a.tag));
        }
    }
}

/// Identifier, country and currency belong together.
fn place(m: &Merchant<'_>, findings: &mut Findings) {
    let (country, currency) = (m.get(58), m.get(53));
    if let Some(row) = m.scheme_row() {
        if let Some(c) = country.filter(|c| !c.eq_ignore_ascii_case(row.country)) {
            findings.tell_found(Kind::CountryMismatch, format!("{} ≠ {}", c, row.country));
        }
        if let Some(c) = currency.filter(|c| !row.currencies.split(' ').any(|known| known == *c)) {
            findings.tell_found(Kind::CurrencyMismatch, format!("{} ≠ {}", c, row.currencies));
        }
        return;
    }
    let (Some(country), Some(currency)) = (country, currency) else { return };
    let fits = tables().country(country).is_none_or(|row| row.currencies.split(' ').any(|c| c == currency));
    if !fits && tables().is_national(currency) {
        findings.tell_found(Kind::CountryMismatch, format!("{country}, {currency}"));
    }
}

/// Digits with at most one point, at most 13 characters (EMVCo QRCPS-MPM 1.1, section 4.8).
fn is_amount(text: &str) -> bool {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    (1..=13).contains(&text.len()) && !whole.is_empty() && digits(whole) && digits(part)
}

/// What a code made for one order has: an amount, a bill or reference, a location, or data of the scheme's own.
fn has_order(m: &Merchant<'_>) -> bool {
    let reference =
        [m.inside(62, 1), m.inside(62, 5)].into_iter().flatten().any(|r| !r.is_empty() && r != "***");
    let own = m.list.objects.iter().any(|o| (80..=99).contains(&o.tag));
    m.get(54).is_some() || reference || own || !m.locations().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::crc::crc16;

    fn codes(body: &str) -> Vec<&'static str> {
        let covered = format!("000201{body}6304");
        let text = format!("{covered}{:04X}", crc16(covered.as_bytes()));
        let m = Merchant::read(&text).expect("reads");
        let mut findings = Findings::default();
        check(&m, &Allowed::default(), &mut findings);
        findings.codes()
    }

    #[test]
    fn each_break_of_form_is_told() {
        const ACCOUNT: &str = "26290009SG.PAYNOW0112S99345678ABC";
        const PLACE: &str = "53037025802SG";
        for (body, wanted) in [
            (format!("{ACCOUNT}{PLACE}"), vec![]),
            (format!("{ACCOUNT}53031565802SG"), vec!["currency_mismatch"]),
            (format!("{ACCOUNT}53037025802CN"), vec!["country_mismatch"]),
            (format!("{ACCOUNT}27290009sg.paynow0112S99345678XYZ{PLACE}"), vec!["second_account_template"]),
            (format!("{ACCOUNT}{PLACE}54041,00"), vec!["amount_malformed"]),
            ("0102125204581253031565802CN".to_owned(), vec!["payee_missing", "dynamic_without_order"]),
            (format!("{ACCOUNT}{PLACE}6204070x"), vec!["template_malformed"]),
            (format!("02041234520458125303156{}", "5802TH"), vec!["country_mismatch"]),
            (format!("02041234520458125303840{}", "5802KH"), vec![]),
            (format!("{ACCOUNT}{PLACE}5906\u{421}OFFEE"), vec!["name_confusable"]),
        ] {
            assert_eq!(codes(&body), wanted, "{body}");
        }
    }

    #[test]
    fn what_a_location_hides_is_told() {
        let code = |host: &str| {
            let url = format!("{host}/qr/v2/9d36b84f");
            let inside = format!("0014br.gov.bcb.pix25{:02}{url}", url.len());
            codes(&format!("26{:02}{inside}53039865802BR", inside.len()))
        };
        assert_eq!(code("pix.examplebank.com.br"), [""; 0]);
        assert_eq!(code("pix.examplebank.com.br@evil.test"), ["userinfo_in_url"]);
        assert_eq!(code("192.0.2.7"), ["ip_literal"]);
    }
}
