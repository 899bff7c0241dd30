//! Who may ask, and the headers of every answer.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Refuses what comes from elsewhere, and gives every answer its headers.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let response = match refusal(request.method(), request.headers(), request.uri().host()) {
        Some(words) => (StatusCode::FORBIDDEN, words).into_response(),
        None => next.run(request).await,
    };
    with_headers(response)
}

/// A page on another site can point a name of its own at this machine (DNS rebinding) or send a form here:
/// the host must be loopback, and a request that changes something must come from our own pages.
fn refusal(method: &Method, headers: &HeaderMap, uri_host: Option<&str>) -> Option<&'static str> {
    let host = uri_host.or_else(|| headers.get(header::HOST)?.to_str().ok());
    let Some(host) = host.filter(|h| is_loopback(h)) else {
        return Some("this console answers on loopback only; ask for 127.0.0.1 or localhost\n");
    };
    if let Some(origin) = headers.get(header::ORIGIN) {
        let own = origin.to_str().ok().and_then(|o| o.strip_prefix("http://")).is_some_and(|o| same(o, host));
        if !own {
            return Some("the request comes from another origin\n");
        }
    }
    let site = headers.get("sec-fetch-site").and_then(|s| s.to_str().ok());
    match (method, site) {
        (&Method::GET | &Method::HEAD, _) | (_, None | Some("same-origin" | "none")) => None,
        _ => Some("the request comes from another site\n"),
    }
}

fn same(origin: &str, host: &str) -> bool {
    origin.eq_ignore_ascii_case(host)
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, tg_console::CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: Method, pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        refusal(&method, &headers, None).is_none()
    }

    #[test]
    fn only_loopback_names_are_answered() {
        for host in ["127.0.0.1:8080", "localhost", "[::1]:8080", "LOCALHOST:1"] {
            let mut headers = HeaderMap::new();
            headers.insert("host", HeaderValue::from_str(host).expect("a header"));
            assert!(refusal(&Method::GET, &headers, None).is_none(), "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", ""] {
            let mut headers = HeaderMap::new();
            headers.insert("host", HeaderValue::from_str(host).expect("a header"));
            assert!(refusal(&Method::GET, &headers, None).is_some(), "{host}");
        }
        assert!(!asked(Method::GET, &[]), "no host at all");
    }

    #[test]
    fn other_origins_are_refused() {
        let host = ("host", "127.0.0.1:8080");
        assert!(asked(Method::POST, &[host, ("origin", "http://127.0.0.1:8080")]));
        assert!(!asked(Method::GET, &[host, ("origin", "http://evil.example")]));
        assert!(!asked(Method::POST, &[host, ("origin", "null")]));
        assert!(!asked(Method::POST, &[host, ("sec-fetch-site", "cross-site")]));
        assert!(asked(Method::GET, &[host, ("sec-fetch-site", "cross-site")]), "a link from elsewhere");
    }
}
