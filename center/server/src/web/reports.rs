//! The support desk's list of reports from the public door, and their photos.
//!
//! Photos are strangers' files: they were cleaned when they came, and go out as a picture and nothing else.

use super::Web;
use super::pages::Asked;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tg_console::{ReportPhoto, ReportRow, ReportsPage};

/// Reports on one page.
const SHOWN: usize = 200;

/// The list. What it shows counts as seen.
pub(crate) async fn reports(State(web): State<Web>, asked: Asked) -> Response {
    let reports = web.reports.get().cloned();
    asked
        .page(move |_, _, _, now_us| {
            let mut view = ReportsPage { open: reports.is_some(), ..ReportsPage::default() };
            if let Some(reports) = reports {
                let all = reports.list(now_us);
                view.more = all.len().saturating_sub(SHOWN);
                for (name, kept, seen) in all.into_iter().take(SHOWN) {
                    if !seen {
                        reports.seen(&name);
                    }
                    let photos = kept.photos.iter().enumerate().map(|(n, p)| ReportPhoto {
                        href: format!("/reports/{name}/{n}"),
                        blake3: p.blake3.clone(),
                    });
                    view.rows.push(ReportRow {
                        received_us: kept.received_us,
                        until_us: kept.until_us,
                        photos: photos.collect(),
                        new: !seen,
                        kind: kept.kind,
                        place: kept.place,
                        words: kept.words,
                    });
                }
            }
            Ok(super::pages::drawn(view, tg_console::reports))
        })
        .await
}

/// One photo.
pub(crate) async fn photo(State(web): State<Web>, Path((name, n)): Path<(String, usize)>) -> Response {
    let now_us = web.live.clock.now_us();
    let Some(reports) = web.reports.get().cloned() else { return StatusCode::NOT_FOUND.into_response() };
    let found = tokio::task::spawn_blocking(move || reports.photo(&name, n, now_us)).await;
    match found {
        Ok(Some((kind, bytes))) => {
            let sniff = HeaderName::from_static("x-content-type-options");
            ([(header::CONTENT_TYPE, kind), (sniff, "nosniff"), (header::CACHE_CONTROL, "no-store")], bytes)
                .into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
