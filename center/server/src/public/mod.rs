//! The public door: pages for anybody at the till, on a listener of its own (`--public`).
//!
//! Why it exists: shops' phones and strangers need the guide and the look-ups, and must not come near the
//! console. Behind this door there are only the routes of [`pages`]; nothing of the console is mounted here,
//! and nothing that only the console may know goes out. A look-up is never an oracle: it asks for a second
//! fact from the slip, answers "not found" and "wrong fact" alike, and runs out ([`Limits`]).
//!
//! # To add a page
//! 1. The page itself: a pure function in `center/console/src/public/` (its `mod.rs` says how).
//! 2. A file here with `pub(crate) fn routes() -> Router<Public>`; handlers take [`Visit`] (language, frame,
//!    rate limits) and, for a form, [`Fields`] as the last argument:
//!    ```text
//!    async fn asked(visit: Visit) -> Response { visit.ok(tg_console::public::offer) }
//!    async fn judged(visit: Visit, fields: Fields) -> Response {
//!        if let Err(wait) = visit.take(Class::Upload) { return wait }
//!        let words = fields.get("text");
//!        …
//!    }
//!    pub(crate) fn routes() -> Router<Public> { Router::new().route("/offer", get(asked).post(judged)) }
//!    ```
//! 3. One line in [`pages`]. The front page links the question whose path stands there.
//!
//! What is personal comes in a form's body, never in an address: answers carry `no-store`, and the language
//! switch of an answer leads back to the form. A body is at most [`FORM_BYTES_MAX`]; a page that takes files
//! puts `.layer(DefaultBodyLimit::max(…))` on its own routes. The store is asked with `visit.public.web.ask`.

mod charged;
mod code;
mod door;
#[cfg(test)]
mod golden;
mod gone;
mod guard;
mod guide;
mod limits;
mod multipart;
mod offer;
mod photo;
mod register;
mod report;
mod reports_kept;
mod safe;
mod settings;
mod statement;
mod visit;

pub(crate) use door::{Door, Peer};
pub(crate) use guide::State;
pub(crate) use limits::{Class, Limits};
pub(crate) use register::Register;
pub(crate) use reports_kept::Reports;
pub use settings::PublicConfig;
pub(crate) use visit::{Fields, Visit};

use crate::web::Web;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use guard::Hosts;
use std::net::SocketAddr;
use std::sync::Arc;
use tg_console::public::{PublicFrame, RegisterOf, TextSize};
use tg_text::Lang;

/// Bytes of a form without files.
pub(crate) const FORM_BYTES_MAX: usize = 16 * 1024;

/// Every page behind the door: its path, as the front page knows it, and its routes.
fn pages() -> Vec<(&'static str, Router<Public>)> {
    vec![
        ("/guide", guide::routes()),
        ("/charged", charged::routes()),
        ("/shop", register::routes(RegisterOf::Shop)),
        ("/machine", register::routes(RegisterOf::Machine)),
        ("/code", code::routes()),
        ("/gone", gone::routes()),
        ("/report", report::routes()),
        ("/statement", statement::routes()),
        ("/offer", offer::routes()),
        ("/safe", safe::routes()),
    ]
}

/// What every page behind the door has at hand.
#[derive(Clone)]
pub(crate) struct Public(Arc<Shared>);

/// The parts of [`Public`].
pub(crate) struct Shared {
    /// The center: store and figures.
    pub web: Web,
    /// The door's settings.
    pub config: PublicConfig,
    /// The register that is asked, if there is a file.
    pub register: Option<Register>,
    /// How often one may ask.
    pub limits: Limits,
    hosts: Hosts,
    open: Vec<&'static str>,
    time_zone: jiff::tz::TimeZone,
}

impl std::ops::Deref for Public {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Public {
    fn frame(&self, path: &str, lang: Lang, size: TextSize) -> PublicFrame {
        let acquirer = &self.web.live.acquirer;
        PublicFrame {
            lang,
            size,
            path: path.to_owned(),
            query: Vec::new(),
            operator: self.config.operator.clone().or_else(|| acquirer.name.clone()),
            service_phone: self.config.service_phone.clone().or_else(|| acquirer.phone.clone()),
            open: self.open.clone(),
            demo: self.web.live.demo,
            time_zone: self.time_zone.clone(),
            now_us: self.web.live.clock.now_us(),
        }
    }
}

/// All routes of the door.
pub(crate) fn router(
    web: Web,
    config: PublicConfig,
    register: Option<Register>,
    address: SocketAddr,
) -> Router {
    if let Some(folder) = &config.reports {
        match Reports::open(folder, config.report_days) {
            Ok(reports) => {
                let _ = web.reports.set(Arc::new(reports));
            }
            Err(error) => {
                tracing::error!(%error, "the folder of reports can't be used: no reports are taken")
            }
        }
    }
    let pages = pages();
    let zone = config.time_zone.as_deref().and_then(settings::zone);
    // Without a register nobody is led to a page that can only say so.
    let asks_register = register.is_some() || web.live.demo;
    let answers = |path: &&str| asks_register || !["/shop", "/machine"].contains(path);
    let public = Public(Arc::new(Shared {
        limits: Limits::new(config.lookups_per_minute),
        hosts: Hosts::new(&config.hosts, address),
        open: pages.iter().map(|(path, _)| *path).filter(answers).collect(),
        time_zone: zone.unwrap_or_else(jiff::tz::TimeZone::system),
        web,
        config,
        register,
    }));
    let mut router = Router::new().route("/", get(home)).route("/robots.txt", get(robots));
    for (_, routes) in pages {
        router = router.merge(routes);
    }
    for asset in tg_console::public::assets() {
        router = router.route(&asset.path, get(move || crate::web::asset(asset)));
    }
    router
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(axum::middleware::from_fn_with_state(public.clone(), guard::guard))
        .with_state(public)
}

async fn home(visit: Visit) -> Response {
    visit.ok(tg_console::public::home)
}

/// Search engines have nothing to keep of this.
async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /\n"
}

async fn not_found(visit: Visit) -> Response {
    visit.page(StatusCode::NOT_FOUND, tg_console::public::not_found(&visit.frame))
}

async fn not_allowed() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, "不支持这种请求\nThis method is not allowed here\n").into_response()
}
