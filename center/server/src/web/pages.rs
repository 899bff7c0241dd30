//! The pages: query in, page out.

use super::Web;
use crate::live::Live;
use crate::rooms;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::Markup;
use std::collections::BTreeMap;
use std::convert::Infallible;
use tg_console::view::{Filter, OutcomeFilter};
use tg_console::{Asset, Frame};
use tg_store::{Reader, StoreError};
use tg_text::{Lang, Problem, Text};

/// Query parameters; the last of a name counts.
pub(crate) type Params = Query<BTreeMap<String, String>>;

/// How the viewer wants to see pages: language and time zone, from query, cookies and browser.
#[derive(Clone)]
pub(crate) struct Viewer {
    pub lang: Lang,
    pub zone: jiff::tz::TimeZone,
    zone_chosen: bool,
    cookies: Vec<HeaderValue>,
}

impl Viewer {
    pub fn of(params: &BTreeMap<String, String>, headers: &HeaderMap) -> Viewer {
        let mut cookies = Vec::new();
        let mut set = |name: &str, value: &str| cookies.extend(kept_cookie(name, value));
        let asked = params.get("lang").and_then(|l| Lang::from_tag(l));
        if let Some(lang) = asked {
            set("tg_lang", lang.tag());
        }
        let accepted = || {
            headers.get(header::ACCEPT_LANGUAGE).and_then(|h| Lang::from_accept_language(h.to_str().ok()?))
        };
        let kept = || cookie(headers, "tg_lang").and_then(|l| Lang::from_tag(&l));
        let lang = asked.or_else(kept).or_else(accepted).unwrap_or_default();
        let named = |name: &str| jiff::tz::TimeZone::get(name).ok();
        let zone = match params.get("tz").map(String::as_str) {
            Some("auto") => {
                set("tg_tz", "auto");
                None
            }
            Some(name) => named(name).inspect(|_| set("tg_tz", name)),
            None => cookie(headers, "tg_tz").filter(|z| z != "auto").and_then(|z| named(&z)),
        };
        let zone_chosen = zone.is_some();
        Viewer { lang, zone: zone.unwrap_or_else(jiff::tz::TimeZone::system), zone_chosen, cookies }
    }

    /// In a story times are the city's, unless the viewer chose a zone: its ten in the morning is everybody's.
    pub fn in_story(mut self, live: &Live) -> Viewer {
        if live.clock.speed().is_some() && !self.zone_chosen {
            let eight_hours = jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(8));
            self.zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap_or(eight_hours);
            self.zone_chosen = true;
        }
        self
    }

    /// Keeps a choice of the viewer in a cookie.
    pub(super) fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.extend(kept_cookie(name, value));
    }

    /// The frame around a page.
    pub fn frame(
        &self,
        live: &Live,
        path: &str,
        params: &BTreeMap<String, String>,
        now: i64,
        badges: (u64, u64),
    ) -> Frame {
        let feeds = rooms::feeds(live, now);
        let delivering = feeds.iter().filter(|f| f.state == tg_console::view::FeedState::Live).count();
        Frame {
            lang: self.lang,
            time_zone: self.zone.clone(),
            time_zone_chosen: self.zone_chosen,
            now_us: now,
            path: path.to_owned(),
            query: params
                .iter()
                .filter(|(k, _)| !matches!(k.as_str(), "lang" | "tz"))
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect(),
            demo: live.demo,
            story_speed: live.clock.speed(),
            feeds_live: (delivering as u32, feeds.len() as u32),
            last_message_us: feeds.iter().filter_map(|f| f.last_message_us).max(),
            findings_open: badges.0,
            undecoded: badges.1,
            outages_open: live.fleet.open_outages(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

fn kept_cookie(name: &str, value: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly")).ok()
}

pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|h| h.to_str().ok());
    all.flat_map(|h| h.split(';')).find_map(|c| {
        let (key, value) = c.trim().split_once('=')?;
        (key == name).then(|| value.to_owned())
    })
}

/// Numbers beside the rooms' names in the side bar.
pub(crate) fn badges(reader: &Reader, now: i64) -> Result<(u64, u64), StoreError> {
    let minute = now.div_euclid(rooms::MINUTE_US);
    let undecoded = reader.minutes(tg_store::Counted::Undecoded, minute - 59, minute + 1)?;
    Ok((reader.totals(now)?.0, undecoded.iter().map(|m| m.2).sum()))
}

/// What a page shows: a view drawn inside its frame, or nothing of that name.
type Drawn = Option<Box<dyn FnOnce(&Frame) -> Markup + Send>>;

/// A request for a page: who asks, for what.
pub(crate) struct Asked {
    pub(super) web: Web,
    path: String,
    pub(super) params: BTreeMap<String, String>,
    pub(super) viewer: Viewer,
}

impl FromRequestParts<Web> for Asked {
    type Rejection = Infallible;

    /// A query that can't be read counts as none.
    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Asked, Infallible> {
        let params = Params::try_from_uri(&parts.uri).map(|Query(params)| params).unwrap_or_default();
        let viewer = Viewer::of(&params, &parts.headers).in_story(&web.live);
        Ok(Asked { web: web.clone(), path: parts.uri.path().to_owned(), params, viewer })
    }
}

impl Asked {
    /// Makes the page: asks the store, draws, answers.
    pub(super) async fn page(
        self,
        ask: impl FnOnce(&Reader, &Live, &Viewer, i64) -> Result<Drawn, StoreError> + Send + 'static,
    ) -> Response {
        let Asked { web, path, params, viewer } = self;
        let now = web.live.clock.now_us();
        let asking = viewer.clone();
        let answer = web
            .ask(move |reader, live| {
                let drawn = ask(reader, live, &asking, now)?;
                let frame = asking.frame(live, &path, &params, now, badges(reader, now)?);
                Ok(match drawn {
                    Some(draw) => (StatusCode::OK, draw(&frame)),
                    None => (StatusCode::NOT_FOUND, tg_console::not_found(&frame)),
                })
            })
            .await;
        match answer {
            Ok((status, markup)) => html(status, markup, &viewer),
            Err(error) => no_answer(&error, &web, &viewer),
        }
    }

    /// The answer when the store gave none.
    pub(super) fn no_answer(&self, error: &StoreError) -> Response {
        no_answer(error, &self.web, &self.viewer)
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.params.get(name)?.parse().ok()
    }
}

fn no_answer(error: &StoreError, web: &Web, viewer: &Viewer) -> Response {
    tracing::error!(%error, "the store did not answer");
    let text = Text::fixed(
        "数据库没有应答，请稍后再试；接收不受影响",
        "The database did not answer, try again later; accepting goes on",
    );
    let frame = viewer.frame(&web.live, "/", &BTreeMap::new(), web.live.clock.now_us(), (0, 0));
    let page = tg_console::problem(&Problem::new("TG-3001", text), &frame);
    html(StatusCode::SERVICE_UNAVAILABLE, page, viewer)
}

pub(super) fn html(status: StatusCode, markup: Markup, viewer: &Viewer) -> Response {
    let mut response =
        (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], markup.0).into_response();
    for cookie in &viewer.cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    response
}

pub(super) fn drawn<V: Send + 'static>(view: V, draw: fn(&V, &Frame) -> Markup) -> Drawn {
    Some(Box::new(move |frame| draw(&view, frame)))
}

pub(crate) async fn overview(asked: Asked) -> Response {
    asked
        .page(|reader, live, _, now| {
            Ok(drawn(rooms::overview_page(reader, now, rooms::feeds(live, now), live)?, tg_console::overview))
        })
        .await
}

/// The filter of the payments room.
pub(crate) fn filter(params: &BTreeMap<String, String>) -> Filter {
    let text = |name: &str| params.get(name).cloned().unwrap_or_default();
    Filter {
        reference: text("reference"),
        terminal: text("terminal"),
        last_four: text("last4"),
        from: text("from"),
        to: text("to"),
        outcome: OutcomeFilter::from_value(&text("outcome")),
        code: text("code"),
    }
}

pub(crate) async fn payments(asked: Asked) -> Response {
    let (filter, before) = (filter(&asked.params), asked.number("before"));
    asked
        .page(move |reader, live, viewer, _| {
            Ok(drawn(rooms::payments_page(reader, filter, before, &viewer.zone, live)?, tg_console::payments))
        })
        .await
}

pub(crate) async fn payment(Path(id): Path<String>, asked: Asked) -> Response {
    let tried = asked.params.get("s").map(|s| rooms::Tried::read(s)).unwrap_or_default();
    asked
        .page(move |reader, live, viewer, _| {
            let Some(id) = id.parse().ok() else { return Ok(None) };
            let view = rooms::payment_page(reader, id, live, (viewer.lang, &viewer.zone), &tried)?;
            Ok(view.and_then(|view| drawn(view, tg_console::payment)))
        })
        .await
}

pub(crate) async fn terminals(asked: Asked) -> Response {
    let before = asked.number("before").and_then(|b| i64::try_from(b).ok());
    asked
        .page(move |reader, live, _, now| {
            Ok(drawn(rooms::terminals_page(reader, before, now, live)?, tg_console::terminals))
        })
        .await
}

pub(crate) async fn terminal(Path(terminal): Path<String>, asked: Asked) -> Response {
    asked
        .page(move |reader, live, _, now| {
            let view = rooms::terminal_page(reader, &terminal, now, live)?;
            Ok(view.and_then(|view| drawn(view, tg_console::terminal)))
        })
        .await
}

pub(crate) async fn undecoded(asked: Asked) -> Response {
    let before = asked.number("before");
    asked
        .page(move |reader, live, _, now| {
            let feeds: Vec<(String, String)> =
                live.feeds.iter().map(|f| (f.config.name.clone(), f.config.dialect.clone())).collect();
            Ok(drawn(rooms::undecoded_page(reader, before, now, &feeds)?, tg_console::undecoded))
        })
        .await
}

pub(crate) async fn health(asked: Asked) -> Response {
    asked.page(|_, live, _, now| Ok(drawn(rooms::health_page(live, now), tg_console::health))).await
}

pub(crate) async fn search(mut asked: Asked) -> Response {
    // What was typed may be a card number: it must not come back in the page's links.
    let query: String = asked.params.remove("q").map(|q| q.chars().take(64).collect()).unwrap_or_default();
    asked
        .page(move |reader, live, _, _| {
            Ok(drawn(rooms::search_page(reader, &query, live)?, tg_console::search))
        })
        .await
}

pub(crate) async fn not_found(asked: Asked) -> Response {
    asked.page(|_, _, _, _| Ok(None)).await
}

/// An asset: its path holds a hash of its content, so it may be kept for ever.
pub(crate) async fn asset(asset: &'static Asset) -> Response {
    let headers = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, asset.bytes).into_response()
}
