//! The HTTP side: pages, live streams, metrics, health.
//!
//! Every answer carries the strict headers; requests from another origin or for another host are refused,
//! since until there is sign-in only the own machine may ask. Nothing here decides or computes.

mod api;
mod codes;
mod findings;
mod guard;
mod live_streams;
mod metrics;
mod outage;
mod pages;
mod reports;

pub(crate) use pages::asset;

use crate::live::Live;
use crate::outbox::Desk;
use crate::rooms::Form;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use std::sync::{Arc, Mutex, PoisonError};
use tg_store::{Reader, StoreError};

/// What every handler has at hand.
#[derive(Clone)]
pub(crate) struct Web {
    pub live: Arc<Live>,
    /// Where what people make is written.
    pub desk: Arc<Desk>,
    readers: Arc<Readers>,
    pub streams: Arc<tokio::sync::Semaphore>,
    pub stop: tokio::sync::watch::Receiver<bool>,
    /// Reports of strangers, once the public door is open and takes them.
    pub reports: Arc<std::sync::OnceLock<Arc<crate::public::Reports>>>,
    /// The register of issued payment codes, if there is a file.
    pub codes: Arc<std::sync::OnceLock<Arc<crate::codes::IssuedCodes>>>,
}

/// Live streams at the same time; each asks the store once a second.
const STREAMS_MAX: usize = 64;

/// Readers of the store that are not in use.
struct Readers {
    path: std::path::PathBuf,
    free: Mutex<Vec<Reader>>,
}

impl Web {
    pub fn new(live: Arc<Live>, store: std::path::PathBuf, stop: tokio::sync::watch::Receiver<bool>) -> Web {
        let desk = Arc::new(Desk::new(store.clone()));
        let readers = Arc::new(Readers { path: store, free: Mutex::default() });
        Web {
            live,
            desk,
            readers,
            streams: Arc::new(tokio::sync::Semaphore::new(STREAMS_MAX)),
            stop,
            reports: Arc::default(),
            codes: Arc::default(),
        }
    }

    /// Asks the store on a thread that may block.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader, &Live) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (readers, live) = (self.readers.clone(), self.live.clone());
        let answer = tokio::task::spawn_blocking(move || {
            let free = || readers.free.lock().unwrap_or_else(PoisonError::into_inner);
            let reader = free().pop();
            let reader = reader.map_or_else(|| Reader::open(&readers.path), Ok)?;
            let answer = question(&reader, &live);
            free().push(reader);
            answer
        });
        answer.await.expect("a question to the store does not panic")
    }
}

/// All routes.
pub(crate) fn router(web: Web) -> Router {
    let mut router = Router::new()
        .route("/", get(pages::overview))
        .route("/payments", get(pages::payments))
        .route("/payments/{id}", get(pages::payment))
        .route("/findings", get(findings::findings))
        .route("/findings/export.json", get(|asked| findings::export_findings(Form::Json, asked)))
        .route("/findings/export.csv", get(|asked| findings::export_findings(Form::Csv, asked)))
        .route("/findings/{id}", get(findings::finding))
        .route("/findings/{id}/export.json", get(|id, asked| findings::export_finding(Form::Json, id, asked)))
        .route("/findings/{id}/export.csv", get(|id, asked| findings::export_finding(Form::Csv, id, asked)))
        .route(
            "/findings/{id}/judgement",
            post(findings::judge).layer(DefaultBodyLimit::max(findings::FORM_BYTES_MAX)),
        )
        .route("/terminals", get(pages::terminals))
        .route("/terminals/{number}", get(pages::terminal))
        .route("/outages", get(outage::outages))
        .route("/outages/{number}", get(outage::outage))
        .route("/codes", get(codes::codes))
        .route("/codes/sheet", get(codes::sheet))
        .route("/reports", get(reports::reports))
        .route("/reports/{name}/{n}", get(reports::photo))
        .route("/undecoded", get(pages::undecoded))
        .route("/health", get(pages::health))
        .route("/health/ready", get(metrics::ready))
        .route("/health/live", get(metrics::alive))
        .route("/search", get(pages::search))
        .route("/metrics", get(metrics::metrics))
        .route("/live/payments", get(live_streams::payments))
        .route("/live/overview", get(live_streams::overview));
    for asset in tg_console::assets() {
        router = router.route(&asset.path, get(move || pages::asset(asset)));
    }
    router
        .merge(api::routes())
        .fallback(pages::not_found)
        .layer(axum::middleware::from_fn(guard::guard))
        .with_state(web)
}
