//! Checks of addresses: those that need nothing beside the address, and those against what is allowed here.
//!
//! Why it exists: a printed code that is an address does whatever stands behind it. Never fetches anything.

use super::catalogue::Kind;
use super::characters::{check as check_characters, mixes_scripts};
use super::findings::Findings;
use super::host::{Imitation, imitates, looks_random};
use crate::format::address::{Address, Host, read, registrable};
use crate::format::{base64_of_any_kind, percent};
use crate::tables::{self, is_below, tables};

/// Which hosts belong here.
#[derive(Debug, Default)]
pub struct Allowed {
    /// Hosts of issued codes, exactly, with their ports.
    pub issued: Vec<(String, Option<String>)>,
    /// Hosts that the operator allows; `.example` means all below.
    pub hosts: Vec<String>,
    /// Something is known about this place, so that another host is one too many.
    pub known: bool,
}

impl Allowed {
    /// True if this very host belongs here.
    pub fn has(&self, host: &str) -> bool {
        self.issued.iter().any(|(h, _)| h == host) || self.hosts.iter().any(|h| self::allows(h, host))
    }

    fn has_port(&self, host: &str, port: &str) -> bool {
        self.issued.iter().any(|(h, p)| h == host && p.as_deref() == Some(port))
            || self.hosts.iter().any(|h| *h == format!("{host}:{port}"))
    }
}

fn allows(allowed: &str, host: &str) -> bool {
    let allowed = allowed.split(':').next().unwrap_or(allowed);
    match allowed.strip_prefix("*.").or_else(|| allowed.strip_prefix('.')) {
        Some(above) => is_below(host, above),
        None => allowed == host,
    }
}

/// Everything about one address.
pub fn check(address: &Address, allowed: &Allowed, findings: &mut Findings) {
    for part in address.parameters.iter().flat_map(|(n, v)| [n, v]).chain([&percent::decode(&address.path)]) {
        check_characters(part, findings);
    }
    if address.user_info.is_some() {
        findings.tell_found(Kind::UserInfo, address.user_info.as_deref().unwrap_or_default());
    }
    if address.disguised {
        findings.tell(Kind::Disguised);
    }
    if !address.is_web() {
        check_other_scheme(address, findings);
        check_nested(address, allowed, findings);
        return;
    }
    let host = address.host_text().unwrap_or_default();
    let ours = allowed.has(host);
    let shortener = tables().host(host, tables::Kind::Shortener).filter(|_| !ours);
    if let Some(row) = shortener {
        findings.tell_found(Kind::Shortener, row.owner);
    }
    // A short link's encryption says nothing: where it leads is unknown.
    if address.scheme == "http" && shortener.is_none() {
        findings.tell(Kind::NotHttps);
    }
    if let Some(port) =
        address.port.as_deref().filter(|p| !is_usual(address, p) && !allowed.has_port(host, p))
    {
        findings.tell_found(Kind::UnusualPort, port);
    }
    if !ours {
        check_foreign_host(address, host, findings);
        check_imitation(address, host, allowed, findings);
        if allowed.known {
            let expected = allowed.issued.first().map(|(h, _)| h.as_str());
            findings.tell_differs(Kind::HostNotAllowed, expected, Some(host));
        }
    }
    if installs(address) {
        findings.tell(Kind::AppDownload);
    }
    check_nested(address, allowed, findings);
}

fn is_usual(address: &Address, port: &str) -> bool {
    matches!((address.scheme.as_str(), port), ("https", "443") | ("http", "80"))
}

fn check_other_scheme(address: &Address, findings: &mut Findings) {
    findings.tell_found(Kind::SchemeNotAllowed, &address.scheme);
    let dials = matches!(address.scheme.as_str(), "tel" | "telprompt" | "callto");
    let number = percent::decode(&address.path);
    if dials && (number.contains(['*', '#']) || !address.fragment.is_empty()) {
        findings.tell(Kind::CallForward);
    }
    let installer =
        matches!(address.scheme.as_str(), "itms-services" | "itms-apps" | "itms" | "market" | "appmarket");
    if installer || installs(address) {
        findings.tell(Kind::AppDownload);
    }
}

fn check_foreign_host(address: &Address, host: &str, findings: &mut Findings) {
    match &address.host {
        Host::Ip(number) => findings.tell_found(Kind::IpLiteral, number),
        Host::Name(name) => {
            if name.split('.').any(mixes_scripts) {
                findings.tell_found(Kind::MixedScript, name);
            }
            check_characters(name, findings);
        }
        Host::None => findings.tell(Kind::Disguised),
    }
    if let Some(row) = tables().host(host, tables::Kind::Contact) {
        findings.tell_found(Kind::ContactLure, row.owner);
    }
}

fn check_imitation(address: &Address, host: &str, allowed: &Allowed, findings: &mut Findings) {
    if !matches!(address.host, Host::Name(_)) {
        return;
    }
    let issued = allowed.issued.iter().map(|(h, _)| (h.as_str(), true));
    let hosts = allowed.hosts.iter().map(|h| (h.trim_start_matches("*.").trim_start_matches('.'), true));
    let brands = tables().hosts.iter().filter(|r| r.kind == tables::Kind::Brand).map(|r| (r.host, false));
    let genuine: Vec<(&str, bool)> = issued.chain(hosts).chain(brands).collect();
    if genuine.iter().any(|(g, _)| registrable(g) == registrable(host)) {
        return;
    }
    let mut imitated = false;
    for (name, is_issued) in &genuine {
        match imitates(host, name, *is_issued) {
            Some(Imitation::Lookalike) => findings.tell_differs(Kind::HostLookalike, Some(name), Some(host)),
            Some(Imitation::InSubdomain) => {
                findings.tell_differs(Kind::BrandInSubdomain, Some(name), Some(host))
            }
            None => continue,
        }
        imitated = true;
        break;
    }
    let path = percent::decode(&address.path).to_lowercase();
    if let Some((name, _)) = genuine.iter().find(|(g, _)| g.contains('.') && path.contains(g)) {
        findings.tell_differs(Kind::BrandInPath, Some(name), Some(host));
    }
    if !imitated && looks_random(host) {
        findings.tell_found(Kind::RandomHost, host);
    }
}

/// A file that installs something, or a store that does.
fn installs(address: &Address) -> bool {
    const FILES: [&str; 18] = [
        ".apk",
        ".apks",
        ".xapk",
        ".aab",
        ".ipa",
        ".hap",
        ".exe",
        ".msi",
        ".dmg",
        ".pkg",
        ".deb",
        ".jar",
        ".bat",
        ".cmd",
        ".scr",
        ".vbs",
        ".mobileconfig",
        ".plist",
    ];
    let ends = |text: &str| FILES.iter().any(|f| text.to_ascii_lowercase().ends_with(f));
    ends(&percent::decode(&address.path))
        || address.parameters.iter().any(|(_, v)| ends(v.split(['?', '#']).next().unwrap_or_default()))
        || address.host_text().is_some_and(|h| tables().host(h, tables::Kind::Store).is_some())
}

/// Another address inside this one, that leads elsewhere: in a parameter, behind `#`, in the path; encoded once, twice
/// or in base64.
fn check_nested(address: &Address, allowed: &Allowed, findings: &mut Findings) {
    let own = address.registrable().unwrap_or_default();
    let mut places: Vec<String> = address.parameters.iter().map(|(_, v)| v.clone()).collect();
    places.push(address.fragment.clone());
    places.push(percent::decode(&address.path));
    if let Some(after) = address.path.strip_prefix('/').filter(|_| address.is_web()) {
        places.push(after.to_owned());
    }
    for place in places {
        let Some(host) = nested_host(&place) else { continue };
        if !(own == registrable(&host) || allowed.has(&host)) {
            findings.tell_found(Kind::NestedForeign, host);
            return;
        }
    }
}

/// The host of an address that stands in this text.
fn nested_host(text: &str) -> Option<String> {
    let base64 = || {
        let bytes = text.get(..5).filter(|h| h.starts_with("aHR0")).and_then(|_| base64_of_any_kind(text))?;
        String::from_utf8(bytes).ok()
    };
    let spellings = [Some(text.to_owned()), Some(percent::decode(text)), base64()];
    spellings.into_iter().flatten().find_map(|t| {
        let lower = t.to_ascii_lowercase();
        let at = ["https:", "http:", "https%3a", "http%3a"].iter().find_map(|s| lower.find(s));
        let nested = match at {
            Some(at) => percent::decode(t.get(at..)?),
            None if t.starts_with("//") || t.starts_with("\\\\") => format!("https:{t}"),
            None => return None,
        };
        read(&nested)?.host_text().filter(|h| h.contains(['.', ':'])).map(str::to_owned)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<&'static str> {
        let mut findings = Findings::default();
        let allowed = Allowed {
            issued: vec![("pay.acquirer.example".to_owned(), None)],
            hosts: vec![".shop.example".to_owned()],
            known: true,
        };
        check(&read(text).expect("is an address"), &allowed, &mut findings);
        findings.codes()
    }

    #[test]
    fn what_belongs_here_gives_nothing() {
        for text in [
            "https://pay.acquirer.example/q/T1?k=3",
            "https://pay.acquirer.example:443/q",
            "https://a.shop.example/?next=https%3A%2F%2Fpay.acquirer.example%2F",
            "https://pay.acquirer.example/go?u=https://www.acquirer.example/x",
        ] {
            assert_eq!(codes(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn each_trick_is_told_by_its_name() {
        for (text, wanted) in [
            ("https://pay.acquirer.example:8443/q", vec!["unusual_port"]),
            ("https://pay.acquirer.example/o?u=//evil.test", vec!["nested_foreign_url"]),
            ("https://pay.acquirer.example/o?u=https%253A%252F%252Fevil.test", vec!["nested_foreign_url"]),
            ("https://pay.acquirer.example/o?u=aHR0cHM6Ly9ldmlsLnRlc3Qv", vec!["nested_foreign_url"]),
            ("https://pay.acquirer.example/r/https://evil.test/", vec!["nested_foreign_url"]),
            ("tel:*21*4000000000%23", vec!["scheme_not_allowed", "call_forward_code"]),
            ("tel:4000000000", vec!["scheme_not_allowed"]),
            ("javascript:alert(1)", vec!["scheme_not_allowed"]),
            ("intent://x#Intent;scheme=pay;end", vec!["scheme_not_allowed"]),
            (
                "itms-services://?action=download-manifest&url=https://evil.test/a.plist",
                vec!["scheme_not_allowed", "app_download", "nested_foreign_url"],
            ),
            ("https://evil.test/pay.acquirer.example/q", vec!["brand_in_path", "host_not_allowed"]),
            ("https://u.wechat.com/abc", vec!["contact_lure", "host_not_allowed"]),
            ("https://bit.ly/x", vec!["url_shortener", "host_not_allowed"]),
            ("https://play.google.com/store/apps/details?id=x", vec!["host_not_allowed", "app_download"]),
        ] {
            assert_eq!(codes(text), wanted, "{text}");
        }
    }
}
