//! Internet addresses as a browser reads them (WHATWG URL): scheme, user info, host, port, path, query, fragment.
//!
//! Why it exists: the checks need the parts as they stand, with every oddity by which a person reads one host and
//! a browser another. A URL library hides exactly those. Never fetches anything.

use super::percent;
use super::punycode;
use std::net::{Ipv4Addr, Ipv6Addr};
use unicode_normalization::UnicodeNormalization;

/// Where an address leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A name, in lower case, `xn--` labels decoded.
    Name(String),
    /// A number instead of a name, in whatever spelling.
    Ip(String),
    /// Nowhere: `tel:`, `data:` …
    None,
}

/// An address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// In lower case, without the colon.
    pub scheme: String,
    /// What stands before `@`.
    pub user_info: Option<String>,
    /// Where it leads.
    pub host: Host,
    /// The port, if one is written.
    pub port: Option<String>,
    /// The path as it stands, with its slash; for addresses without a host all up to `?` or `#`.
    pub path: String,
    /// The parameters in their order, decoded.
    pub parameters: Vec<(String, String)>,
    /// What follows `#`.
    pub fragment: String,
    /// It is written so that programs disagree where it leads: backslashes, blanks or line ends inside, too many or
    /// too few slashes, odd dots, an encoded host.
    pub disguised: bool,
}

impl Address {
    /// The host's name or number.
    pub fn host_text(&self) -> Option<&str> {
        match &self.host {
            Host::Name(name) | Host::Ip(name) => Some(name),
            Host::None => None,
        }
    }

    /// A parameter's first value.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// `http` or `https`.
    pub fn is_web(&self) -> bool {
        matches!(self.scheme.as_str(), "http" | "https")
    }

    /// The part of the host that somebody registered: `acquirer.example` of `pay.acquirer.example`.
    pub fn registrable(&self) -> Option<&str> {
        match &self.host {
            Host::Name(name) => Some(registrable(name)),
            _ => None,
        }
    }
}

/// The registered part of a host name, by the public suffix list, its private section included.
pub fn registrable(host: &str) -> &str {
    psl::domain_str(host).unwrap_or(host)
}

/// Reads an address; `None` if there is no scheme. A host without scheme, as `www.…`, is not read.
pub fn read(text: &str) -> Option<Address> {
    let trimmed = text.trim_matches(|c: char| c <= ' ');
    let cleaned: String = trimmed.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    let mut disguised = cleaned.len() != trimmed.len();
    let (scheme, rest) = cleaned.split_once(':')?;
    let mut letters = scheme.chars();
    if !letters.next()?.is_ascii_alphabetic()
        || !letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    {
        return None;
    }
    let scheme = scheme.to_ascii_lowercase();
    let special = matches!(scheme.as_str(), "http" | "https" | "ftp" | "ws" | "wss");
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    // In a web address a browser takes a backslash for a slash.
    let rest = match special && rest.contains('\\') {
        true => {
            disguised = true;
            rest.replace('\\', "/")
        }
        false => rest.to_owned(),
    };
    let slashes = rest.len() - rest.trim_start_matches('/').len();
    disguised |= special && slashes != 2;
    let authority_at = match (special, slashes) {
        (true, n) => Some(n),
        (false, 2..) => Some(2),
        (false, _) => None,
    };
    let mut address = Address {
        scheme,
        user_info: None,
        host: Host::None,
        port: None,
        path: String::new(),
        parameters: parameters(query),
        fragment: percent::decode(fragment),
        disguised,
    };
    let Some(at) = authority_at else {
        address.path = rest;
        return Some(address);
    };
    let (authority, path) = rest[at..].split_at(rest[at..].find('/').unwrap_or(rest.len() - at));
    address.path = path.to_owned();
    let host_and_port = match authority.rsplit_once('@') {
        Some((user, host)) => {
            address.user_info = Some(percent::decode(user));
            host
        }
        None => authority,
    };
    let (host, port) = split_port(host_and_port);
    address.port = port.map(str::to_owned);
    let (host, odd) = read_host(host);
    address.host = host;
    address.disguised |= odd;
    Some(address)
}

fn split_port(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port).filter(|p| !p.is_empty())),
        _ => (text, None),
    }
}

/// A host, and whether its spelling is odd.
fn read_host(text: &str) -> (Host, bool) {
    if let Some(inside) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
        let number = inside.parse::<Ipv6Addr>().map_or_else(|_| inside.to_owned(), |ip| ip.to_string());
        return (Host::Ip(number), false);
    }
    let decoded = percent::decode(text);
    let mut odd = decoded != text;
    // Compatibility forms (full width, circled) and the three other full stops are what browsers fold.
    let folded: String = decoded
        .nfkc()
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            '。' | '．' | '｡' => '.',
            other => other,
        })
        .filter(|c| !matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}'))
        .collect();
    odd |= folded != decoded.to_lowercase();
    let name = folded.trim_end_matches('.');
    if name.is_empty() {
        return (Host::None, odd);
    }
    if let Some(ip) = ipv4(name) {
        return (Host::Ip(ip.to_string()), odd);
    }
    let labels: Vec<String> = name
        .split('.')
        .map(|l| l.strip_prefix("xn--").and_then(punycode::decode).unwrap_or_else(|| l.to_owned()))
        .collect();
    (Host::Name(labels.join(".")), odd)
}

/// An IPv4 address in any spelling that browsers take: 192.168.1.1, 0xC0A80101, 3232235777, 0300.0250.1.1.
fn ipv4(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() > 4 {
        return None;
    }
    let numbers: Vec<u64> = parts.iter().map(|p| number(p)).collect::<Option<_>>()?;
    let (last, first) = numbers.split_last()?;
    if first.iter().any(|n| *n > 255) || *last >= 1 << (8 * (4 - first.len())) {
        return None;
    }
    let high = first.iter().enumerate().map(|(i, n)| n << (8 * (3 - i))).sum::<u64>();
    u32::try_from(high + last).ok().map(Ipv4Addr::from)
}

fn number(text: &str) -> Option<u64> {
    if text.is_empty() || text.len() > 20 {
        return None;
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return if hex.is_empty() { Some(0) } else { u64::from_str_radix(hex, 16).ok() };
    }
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match text.strip_prefix('0').filter(|rest| !rest.is_empty()) {
        Some(octal) => u64::from_str_radix(octal, 8).ok(),
        None => text.parse().ok(),
    }
}

/// The parameters of a query. `&amp;` is taken for `&`: codes made from HTML pages carry it.
pub fn parameters(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .map(|piece| piece.strip_prefix("amp;").unwrap_or(piece))
        .filter(|piece| !piece.is_empty())
        .map(|piece| {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            (percent::decode(name), percent::decode(&value.replace('+', "%20")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Host {
        read(text).expect("is an address").host
    }

    fn name(text: &str) -> Host {
        Host::Name(text.to_owned())
    }

    #[test]
    fn the_parts_are_found() {
        let a = read("HTTPS://user:pw@Pay.Example:8443/q/T1?k=3&s=a%2Bb&amp;t=x#end").expect("reads");
        assert_eq!((a.scheme.as_str(), a.user_info.as_deref()), ("https", Some("user:pw")));
        assert_eq!(
            (a.host.clone(), a.port.as_deref(), a.path.as_str()),
            (name("pay.example"), Some("8443"), "/q/T1")
        );
        assert_eq!(
            (a.parameter("s"), a.parameter("t"), a.fragment.as_str()),
            (Some("a+b"), Some("x"), "end")
        );
        assert!(!a.disguised);
        let tel = read("tel:*21*4000000000%23").expect("reads");
        assert_eq!((tel.host, tel.path.as_str()), (Host::None, "*21*4000000000%23"));
    }

    #[test]
    fn every_spelling_of_a_number_is_one() {
        for text in [
            "http://0xC0A80101/q",
            "http://3232235777/",
            "http://0300.0250.1.1/",
            "http://192.168.1.1",
            "http://192.168.257/",
            "http://０x7f.1/",
        ] {
            assert!(matches!(host(text), Host::Ip(_)), "{text}");
        }
        assert_eq!(host("http://[2001:db8::1]/q"), Host::Ip("2001:db8::1".to_owned()));
        assert_eq!(host("http://1.2.3.4.5/"), name("1.2.3.4.5"));
        assert_eq!(host("https://95516.com/"), name("95516.com"));
    }

    #[test]
    fn disguises_are_seen_through_and_told() {
        for (text, leads_to) in [
            ("https://evil.test\\@pay.example/", "evil.test"),
            ("https:/evil.test/", "evil.test"),
            ("https:evil.test", "evil.test"),
            ("ht\ntps://evil.test/", "evil.test"),
            ("https://evil。test/", "evil.test"),
            ("https://ｅvil.test/", "evil.test"),
            ("https://ev%69l.test/", "evil.test"),
        ] {
            let a = read(text).expect(text);
            assert_eq!((a.host, a.disguised), (name(leads_to), true), "{text}");
        }
        assert_eq!(host("https://xn--py-7kc.acquirer.example"), name("p\u{430}y.acquirer.example"));
    }

    #[test]
    fn the_registered_part_follows_the_list() {
        assert_eq!(registrable("pay.acquirer.example"), "acquirer.example");
        assert_eq!(registrable("pix.examplebank.com.br"), "examplebank.com.br");
        assert_eq!(registrable("shop.webflow.io"), "shop.webflow.io");
        assert_eq!(registrable("com"), "com");
    }

    proptest::proptest! {
        #[test]
        fn nothing_makes_it_fail(text in "\\PC{0,80}", tail in "[a-z0-9:/@\\\\.%#?\\[\\]=&]{0,60}") {
            let _ = read(&text);
            let _ = read(&format!("https:{tail}{text}"));
        }
    }
}
