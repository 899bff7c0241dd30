//! What a page behind the public door knows of its reader: language, text size, and the fields of a form.
//!
//! Nothing else is kept: two cookies, for language and text size, and no third.

use super::guard::Client;
use super::{Class, Public};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::Markup;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::time::Instant;
use tg_console::public::{PublicFrame, TextSize, refused};
use tg_text::{Lang, Text};

/// Fields of a form, and bytes of one; forms with files have their own bound ([`super::FORM_BYTES_MAX`]).
const FIELDS_MAX: usize = 64;

/// One request: who asks, and how the answer is to look.
pub(crate) struct Visit {
    /// The center and the door's settings.
    pub public: Public,
    /// The query: ids of our own and switches only.
    pub params: BTreeMap<String, String>,
    /// For whom it is asked; only rate limits see it.
    pub client: IpAddr,
    /// The frame of the page.
    pub frame: PublicFrame,
    cookies: Vec<HeaderValue>,
}

impl FromRequestParts<Public> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, public: &Public) -> Result<Visit, Infallible> {
        let params =
            Query::<BTreeMap<String, String>>::try_from_uri(&parts.uri).map(|Query(p)| p).unwrap_or_default();
        let client = parts.extensions.get::<Client>().map_or(IpAddr::from([0, 0, 0, 0]), |c| c.0);
        let mut cookies = Vec::new();
        let lang = chosen(&params, &parts.headers, public, "lang", Lang::from_tag, Lang::tag, &mut cookies);
        let size = chosen(
            &params,
            &parts.headers,
            public,
            "size",
            TextSize::from_value,
            TextSize::value,
            &mut cookies,
        );
        let accepted = || {
            let header = parts.headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
            Lang::from_accept_language(header)
        };
        let lang = lang.or_else(accepted).unwrap_or_default();
        let frame = public.frame(parts.uri.path(), lang, size.unwrap_or_default());
        Ok(Visit { public: public.clone(), params, client, frame, cookies })
    }
}

/// A choice from the query, which then is kept, or from the cookie.
fn chosen<T: Copy>(
    params: &BTreeMap<String, String>,
    headers: &HeaderMap,
    public: &Public,
    name: &str,
    read: fn(&str) -> Option<T>,
    write: fn(T) -> &'static str,
    cookies: &mut Vec<HeaderValue>,
) -> Option<T> {
    if let Some(asked) = params.get(name).and_then(|v| read(v)) {
        let secure = if public.config.certificate.is_some() { "; Secure" } else { "" };
        let cookie =
            format!("tg_{name}={}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly{secure}", write(asked));
        cookies.extend(HeaderValue::from_str(&cookie));
        return Some(asked);
    }
    let all = headers.get_all(header::COOKIE).iter().filter_map(|h| h.to_str().ok());
    let mut pairs = all.flat_map(|h| h.split(';')).filter_map(|c| c.trim().split_once('='));
    pairs.find(|(key, _)| key.strip_prefix("tg_") == Some(name)).and_then(|(_, value)| read(value))
}

impl Visit {
    /// The answer: a page.
    pub fn page(&self, status: StatusCode, markup: Markup) -> Response {
        let mut response =
            (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], markup.0).into_response();
        for cookie in &self.cookies {
            response.headers_mut().append(header::SET_COOKIE, cookie.clone());
        }
        response
    }

    /// The answer: this page.
    pub fn ok(&self, draw: impl FnOnce(&PublicFrame) -> Markup) -> Response {
        self.page(StatusCode::OK, draw(&self.frame))
    }

    /// Takes one token of this reader's.
    ///
    /// # Errors
    /// The page that says how long to wait, in both languages.
    pub fn take(&self, class: Class) -> Result<(), Response> {
        self.public.limits.take(class, self.client, Instant::now()).map_err(|seconds| self.too_often(seconds))
    }

    fn too_often(&self, seconds: u64) -> Response {
        let title = Text::fixed("查得太频繁了", "Too many requests");
        let wait = Text::new(format!("请过 {seconds} 秒再试。"), format!("Try again in {seconds} seconds."));
        // In the other language too: whoever is slowed down may not have chosen one yet.
        let other = |text: &Text| Text::new(text.en.clone(), text.zh.clone());
        let steps = [wait.clone(), other(&title), other(&wait)];
        let mut response = self.page(StatusCode::TOO_MANY_REQUESTS, refused(&self.frame, &title, &steps));
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        response
    }

    /// A request that can't be answered, with what to do instead.
    pub fn refuse(&self, status: StatusCode, title: &Text, steps: &[Text]) -> Response {
        self.page(status, refused(&self.frame, title, steps))
    }
}

/// The fields of a form, the first of a name counts; values are trimmed.
pub(crate) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// What was typed; empty if nothing was.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// What was typed, if anything was.
    pub fn some(&self, name: &str) -> Option<&str> {
        Some(self.get(name)).filter(|v| !v.is_empty())
    }
}

impl FromRequest<Public> for Fields {
    type Rejection = Response;

    async fn from_request(request: Request, public: &Public) -> Result<Fields, Response> {
        let (mut parts, body) = request.into_parts();
        let visit =
            Visit::from_request_parts(&mut parts, public).await.unwrap_or_else(|never| match never {});
        let form = parts
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|t| t.to_str().ok())
            .is_some_and(|t| t.starts_with("application/x-www-form-urlencoded"));
        let bytes = Bytes::from_request(Request::from_parts(parts, body), public).await;
        let bytes = bytes.map_err(|_| {
            visit.refuse(
                StatusCode::PAYLOAD_TOO_LARGE,
                &Text::fixed("内容太长", "That is too long"),
                &[Text::fixed("回上一页，写短一些再发。", "Go back, make it shorter and send it again.")],
            )
        })?;
        let unreadable = || {
            visit.refuse(
                StatusCode::BAD_REQUEST,
                &Text::fixed("这个表单读不了", "This form can’t be read"),
                &[Text::fixed("回上一页，重新填写。", "Go back and fill it in again.")],
            )
        };
        if !form {
            return Err(unreadable());
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| unreadable())?;
        let uri = format!("/?{text}").parse::<axum::http::Uri>().map_err(|_| unreadable())?;
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&uri).map_err(|_| unreadable())?;
        if pairs.len() > FIELDS_MAX {
            return Err(unreadable());
        }
        let mut fields = BTreeMap::new();
        for (name, value) in pairs {
            fields.entry(name).or_insert_with(|| value.trim().to_owned());
        }
        Ok(Fields(fields))
    }
}
