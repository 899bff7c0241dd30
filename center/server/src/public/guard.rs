//! Who may ask through the public door, how often, and the headers of every answer.
//!
//! The host must be one that is configured, a form must come from our own pages, and with a proxy only the
//! proxy may connect, whose `X-Forwarded-For` then says for whom; from anybody else that header is nothing.

use super::{Class, Peer, Public};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::time::{Duration, Instant};
use tg_console::public::CONTENT_SECURITY_POLICY;

/// The longest address line that is read.
const ADDRESS_LINE_BYTES_MAX: usize = 2_048;
/// An answer's time, the reading of an upload over a slow line included.
const ANSWER_MAX: Duration = Duration::from_secs(120);

/// The address for which a request is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client(pub IpAddr);

/// Refuses what may not ask, and gives every answer its headers.
pub(crate) async fn guard(
    State(public): State<Public>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    let response = match admit(&public, peer.0.ip(), &request) {
        Err(refused) => refused,
        Ok(client) => match public.limits.take(Class::Request, client, Instant::now()) {
            Err(seconds) => too_often(seconds),
            Ok(()) => {
                request.extensions_mut().insert(Client(client));
                let answer = tokio::time::timeout(ANSWER_MAX, next.run(request)).await;
                answer.unwrap_or_else(|_| {
                    words(StatusCode::REQUEST_TIMEOUT, "太慢了，请重试", "That took too long, try again")
                })
            }
        },
    };
    with_headers(response, public.config.certificate.is_some())
}

/// Words in both languages, for refusals that come before a language is known.
fn words(status: StatusCode, zh: &str, en: &str) -> Response {
    let text = format!("{zh}\n{en}\n");
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// Asked too often: how long to wait.
pub(crate) fn too_often(seconds: u64) -> Response {
    let mut response = words(
        StatusCode::TOO_MANY_REQUESTS,
        &format!("请求太频繁，请过 {seconds} 秒再试。急事请打客服电话。"),
        &format!("Too many requests. Try again in {seconds} seconds. If it can’t wait, call service."),
    );
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

fn admit(public: &Public, peer: IpAddr, request: &Request) -> Result<IpAddr, Response> {
    let (method, headers) = (request.method(), request.headers());
    let client = client(public.config.behind_proxy, peer, headers).ok_or_else(|| {
        words(StatusCode::FORBIDDEN, "请经过代理访问", "This door is reached through its proxy only")
    })?;
    if !matches!(*method, Method::GET | Method::HEAD | Method::POST) {
        let mut refused =
            words(StatusCode::METHOD_NOT_ALLOWED, "不支持这种请求", "This method is not allowed here");
        refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
        return Err(refused);
    }
    let line = request.uri().path_and_query().map_or(0, |p| p.as_str().len());
    if line > ADDRESS_LINE_BYTES_MAX {
        return Err(words(StatusCode::URI_TOO_LONG, "网址太长", "The address is too long"));
    }
    let host =
        request.uri().authority().map(|a| a.as_str()).or_else(|| headers.get(header::HOST)?.to_str().ok());
    let Some(host) = host.filter(|h| public.hosts.allows(h)) else {
        return Err(words(
            StatusCode::FORBIDDEN,
            "这个主机名不在允许之列",
            "This host name is not one of ours",
        ));
    };
    if *method == Method::POST && !own_form(headers, host) {
        return Err(words(StatusCode::FORBIDDEN, "请求来自别的网站", "The request comes from another site"));
    }
    Ok(client)
}

/// For whom a request is made; nobody, if it passed by the proxy.
fn client(proxy: Option<IpAddr>, peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
    let peer = peer.to_canonical();
    let Some(proxy) = proxy else { return Some(peer) };
    if peer != proxy.to_canonical() {
        return None;
    }
    // The proxy appends; what stands before its own entry was sent by the asker and proves nothing.
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let last = last.rsplit(',').next()?.trim();
    Some(last.parse::<IpAddr>().map_or(peer, |ip| ip.to_canonical()))
}

fn own_form(headers: &HeaderMap, host: &str) -> bool {
    let site = headers.get("sec-fetch-site").and_then(|s| s.to_str().ok());
    let own_site = matches!(site, None | Some("same-origin" | "none"));
    let own_origin = headers.get(header::ORIGIN).is_none_or(|origin| {
        let origin = origin.to_str().unwrap_or_default();
        let name = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        name.is_some_and(|n| n.eq_ignore_ascii_case(host))
    });
    own_site && own_origin
}

/// The names under which the door may be asked.
pub(crate) struct Hosts {
    names: Vec<String>,
    loopback: bool,
}

impl Hosts {
    pub fn new(names: &[String], address: std::net::SocketAddr) -> Hosts {
        let mut names: Vec<String> = names.iter().map(|n| n.to_ascii_lowercase()).collect();
        if !address.ip().is_unspecified() {
            names.push(address.ip().to_string());
        }
        Hosts { names, loopback: address.ip().is_loopback() }
    }

    fn allows(&self, host: &str) -> bool {
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => host.split(':').next().unwrap_or_default(),
        };
        let name = name.to_ascii_lowercase();
        let own_machine = || name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        self.names.contains(&name) || (self.loopback && own_machine())
    }
}

fn with_headers(mut response: Response, tls: bool) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if tls {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_forwarded_address_counts_from_the_named_proxy_alone() {
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        let said = headers(&[("x-forwarded-for", "198.51.100.9, 203.0.113.7")]);
        assert_eq!(
            client(None, ip("192.0.2.1"), &said),
            Some(ip("192.0.2.1")),
            "no proxy: the header is nothing"
        );
        let proxy = Some(ip("10.0.0.2"));
        assert_eq!(client(proxy, ip("10.0.0.2"), &said), Some(ip("203.0.113.7")), "the proxy's own entry");
        assert_eq!(client(proxy, ip("::ffff:10.0.0.2"), &said), Some(ip("203.0.113.7")));
        assert_eq!(client(proxy, ip("192.0.2.1"), &said), None, "who passes by the proxy is refused");
    }

    #[test]
    fn only_configured_hosts_are_answered() {
        let hosts = Hosts::new(&["POS.example.cn".into()], "10.0.0.5:443".parse().expect("an address"));
        for host in ["pos.example.cn", "pos.EXAMPLE.cn:443", "10.0.0.5:443"] {
            assert!(hosts.allows(host), "{host}");
        }
        for host in ["", "evil.example", "pos.example.cn.evil.example", "localhost", "127.0.0.1", "10.0.0.6"]
        {
            assert!(!hosts.allows(host), "{host}");
        }
        let own = Hosts::new(&[], "127.0.0.1:8081".parse().expect("an address"));
        assert!(own.allows("localhost:8081") && own.allows("[::1]:8081") && !own.allows("evil.example"));
    }

    #[test]
    fn forms_come_from_our_own_pages() {
        assert!(own_form(&headers(&[]), "a:1"), "an old browser says nothing");
        assert!(own_form(&headers(&[("origin", "http://a:1"), ("sec-fetch-site", "same-origin")]), "a:1"));
        assert!(own_form(&headers(&[("origin", "https://A:1")]), "a:1"));
        for pair in [
            ("origin", "http://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert!(!own_form(&headers(&[pair]), "a:1"), "{pair:?}");
        }
    }
}
