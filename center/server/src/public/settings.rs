//! The settings of the public door, and which of them go together.
//!
//! Why it exists: pages for strangers must not end up on a network in clear text by mistake. An address that
//! is not loopback needs a certificate, or a proxy that is named and alone may connect; anything else is
//! refused before anything listens.

use crate::config::{Key, Reader, Value};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use tg_text::{Problem, Text};

/// The public door.
#[derive(Clone, Debug)]
pub struct PublicConfig {
    /// Where it listens; `None`: it stays shut.
    pub address: Option<SocketAddr>,
    /// Names under which it may be asked, beside its own address and, on loopback, the loopback names.
    pub hosts: Vec<String>,
    /// Certificate chain, PEM.
    pub certificate: Option<PathBuf>,
    /// Its private key, PEM.
    pub key: Option<PathBuf>,
    /// The one address that may connect; it says in `X-Forwarded-For` for whom.
    pub behind_proxy: Option<IpAddr>,
    /// Who runs this; without it the acquirer's name stands there.
    pub operator: Option<String>,
    /// The number that people call; without it the acquirer's.
    pub service_phone: Option<String>,
    /// Zone of the times on the pages; without it the machine's.
    pub time_zone: Option<String>,
    /// Look-ups a minute for one address.
    pub lookups_per_minute: u32,
    /// The register of terminals and merchants, CSV.
    pub register: Option<PathBuf>,
    /// The folder of what strangers report of machines; without it no reports are taken.
    pub reports: Option<PathBuf>,
    /// Days that a report is kept.
    pub report_days: u32,
}

impl Default for PublicConfig {
    fn default() -> PublicConfig {
        PublicConfig {
            address: None,
            hosts: Vec::new(),
            certificate: None,
            key: None,
            behind_proxy: None,
            operator: None,
            service_phone: None,
            time_zone: None,
            lookups_per_minute: 10,
            register: None,
            reports: None,
            report_days: 90,
        }
    }
}

/// The zone of a name, or of an offset such as `+08:00`: a small machine has no list of zones.
pub(crate) fn zone(name: &str) -> Option<jiff::tz::TimeZone> {
    if let Ok(zone) = jiff::tz::TimeZone::get(name) {
        return Some(zone);
    }
    let offset = match name {
        "UTC" => "+00:00",
        "Asia/Shanghai" => "+08:00",
        other => other,
    };
    let (sign, rest) = match offset.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let inside = (0..=14).contains(&hours) && (0..60).contains(&minutes);
    let offset = jiff::tz::Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok()?;
    inside.then(|| jiff::tz::TimeZone::fixed(offset))
}

/// Keys of `[public]`.
const KEYS: &[&str] = &[
    "address",
    "hosts",
    "certificate",
    "key",
    "behind_proxy",
    "operator",
    "service_phone",
    "time_zone",
    "lookups_per_minute",
    "reports",
    "report_days",
];

impl PublicConfig {
    /// Takes one key of `[public]`.
    pub(crate) fn set(
        &mut self,
        reader: &Reader<'_>,
        key: &Key<'_>,
        value: &Value<'_>,
    ) -> Result<(), Problem> {
        match key.get_ref().as_ref() {
            "address" => self.address = Some(reader.address(key, value)?),
            "hosts" => self.hosts = reader.texts(key, value)?,
            "certificate" => self.certificate = Some(reader.text(key, value)?.into()),
            "key" => self.key = Some(reader.text(key, value)?.into()),
            "behind_proxy" => {
                let text = reader.text(key, value)?;
                let proxy = text.parse().map_err(|_| reader.wrong(key, "10.0.0.2", &text))?;
                self.behind_proxy = Some(proxy);
            }
            "operator" => self.operator = Some(reader.text(key, value)?),
            "service_phone" => self.service_phone = Some(reader.text(key, value)?),
            "time_zone" => {
                let name = reader.text(key, value)?;
                if zone(&name).is_none() {
                    return Err(reader.wrong(key, "Asia/Shanghai, +08:00", &name));
                }
                self.time_zone = Some(name);
            }
            "lookups_per_minute" => {
                self.lookups_per_minute = reader.number(key, value)?.clamp(1, 1_000_000) as u32;
            }
            "reports" => self.reports = Some(reader.text(key, value)?.into()),
            "report_days" => self.report_days = reader.number(key, value)?.clamp(1, 3_650) as u32,
            _ => return Err(reader.unknown(key, KEYS)),
        }
        Ok(())
    }

    /// Whether these settings may be opened to others.
    ///
    /// # Errors
    /// Says what is missing for this address.
    pub fn check(&self) -> Result<(), Problem> {
        let Some(address) = self.address else { return Ok(()) };
        if self.certificate.is_some() != self.key.is_some() {
            let what = Text::fixed("证书和私钥要一起给", "a certificate and its key go together");
            return Err(Problem::new("TG-2002", what).in_field("--public-cert, --public-key"));
        }
        if address.ip().is_loopback() {
            return Ok(());
        }
        if self.certificate.is_none() && self.behind_proxy.is_none() {
            let what = Text::new(
                format!("{address} 不是本机回环地址，又没有证书，也没有写明代理"),
                format!("{address} is not loopback, and there is neither a certificate nor a named proxy"),
            );
            let expected = "--public-cert FILE --public-key FILE, [public] behind_proxy, 127.0.0.1";
            return Err(Problem::new("TG-2004", what).because(expected, address.to_string()));
        }
        if address.ip().is_unspecified() && self.hosts.is_empty() {
            let what = Text::new(
                format!("{address} 在所有网卡上监听，要写明允许的主机名"),
                format!("{address} listens on every interface: name the hosts under which it may be asked"),
            );
            return Err(Problem::new("TG-2004", what)
                .because("[public] hosts = [\"pos.example.cn\"]", address.to_string()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> PublicConfig {
        PublicConfig { address: Some(address.parse().expect("an address")), ..PublicConfig::default() }
    }

    #[test]
    fn zones_are_named_or_offsets() {
        for name in ["UTC", "Asia/Shanghai", "+08:00", "-03:30"] {
            assert!(zone(name).is_some(), "{name}");
        }
        for name in ["", "Asia/Nowhere", "+25:00", "+8", "08:00"] {
            assert!(zone(name).is_none(), "{name}");
        }
    }

    #[test]
    fn loopback_needs_nothing_more() {
        for address in ["127.0.0.1:8081", "[::1]:8081"] {
            at(address).check().expect("is allowed");
        }
        PublicConfig::default().check().expect("shut is allowed");
    }

    #[test]
    fn clear_text_on_a_network_is_refused_and_says_what_is_missing() {
        for address in ["10.0.0.5:80", "[2001:db8::1]:80", "0.0.0.0:80"] {
            let problem = at(address).check().expect_err("is refused");
            assert_eq!((problem.code, problem.found.as_deref()), ("TG-2004", Some(address)));
            assert!(problem.expected.expect("says what").contains("behind_proxy"));
        }
        let tls = PublicConfig {
            certificate: Some("c.pem".into()),
            key: Some("k.pem".into()),
            ..at("10.0.0.5:443")
        };
        tls.check().expect("a certificate is enough");
        let proxy = PublicConfig { behind_proxy: "10.0.0.2".parse().ok(), ..at("10.0.0.5:80") };
        proxy.check().expect("a named proxy is enough");
    }

    #[test]
    fn every_interface_needs_named_hosts_and_a_certificate_its_key() {
        let open = PublicConfig { behind_proxy: "10.0.0.2".parse().ok(), ..at("0.0.0.0:80") };
        assert_eq!(open.check().expect_err("is refused").code, "TG-2004");
        PublicConfig { hosts: vec!["pos.example".into()], ..open }.check().expect("is allowed");
        let half = PublicConfig { certificate: Some("c.pem".into()), ..at("127.0.0.1:443") };
        assert_eq!(half.check().expect_err("is refused").code, "TG-2002");
    }
}
