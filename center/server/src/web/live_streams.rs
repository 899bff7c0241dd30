//! Server-sent events: rows of payments as they change, parts of the overview.
//!
//! A stream asks the store once a second and sends what differs, so a slow browser holds up nothing. An
//! event's id is a place in the log: `Last-Event-ID` goes on from there.

use super::Web;
use super::pages::{Params, Viewer, filter};
use crate::live::Live;
use crate::rooms;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tg_console::one_line;
use tg_store::{PaymentFilter, Reader, StoreError};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// Rows in one burst; of a faster stream only the newest are shown.
const ROWS_MAX: u32 = 30;
/// Without anything to say, a comment keeps proxies and browsers from closing the stream.
const SILENCE_ROUNDS_MAX: u32 = 15;

/// `GET /live/payments`: event `row`, a ready table row.
pub(crate) async fn payments(State(web): State<Web>, Query(params): Params, headers: HeaderMap) -> Response {
    let viewer = Viewer::of(&params, &headers).in_story(&web.live);
    let Ok(asked) = rooms::payment_filter(&filter(&params), &viewer.zone) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse::<u64>().ok());
    let from = last.map_or_else(|| web.live.stored_offset.load(Relaxed), |last| last + 1);
    stream(web, from, move |reader, live, from| {
        let filter = PaymentFilter { changed_from: Some(*from), limit: ROWS_MAX, ..asked.clone() };
        let mut records = reader.payments(&filter)?;
        records.sort_by_key(|r| r.payment);
        *from = records.iter().map(|r| r.changed + 1).max().unwrap_or(*from);
        let now = live.clock.now_us();
        let frame = viewer.frame(live, "/payments", &BTreeMap::new(), now, (0, 0));
        let rows = rooms::payment_rows(reader, &records, live)?;
        let events = rows.iter().zip(&records);
        let events =
            events.map(|(row, r)| event("row", r.changed, &one_line(&tg_console::payment_row(row, &frame))));
        Ok(events.collect())
    })
}

/// `GET /live/overview`: event `part`, each part of the overview that differs from what was sent before.
pub(crate) async fn overview(State(web): State<Web>, Query(params): Params, headers: HeaderMap) -> Response {
    let viewer = Viewer::of(&params, &headers).in_story(&web.live);
    stream(web, BTreeMap::new(), move |reader, live, sent: &mut BTreeMap<&'static str, String>| {
        let now = live.clock.now_us();
        let view = rooms::overview_page(reader, now, rooms::feeds(live, now), live)?;
        let frame = viewer.frame(live, "/", &BTreeMap::new(), now, (0, 0));
        let mut events = String::new();
        for (name, part) in tg_console::overview_parts(&view, &frame) {
            let line = one_line(&part);
            if sent.get(name) != Some(&line) {
                events += &event("part", live.stored_offset.load(Relaxed), &line);
                sent.insert(name, line);
            }
        }
        Ok(events)
    })
}

fn event(name: &str, id: u64, line: &str) -> String {
    format!("id: {id}\nevent: {name}\ndata: {line}\n\n")
}

/// A stream that asks once a second; `state` is its memory between questions.
fn stream<S: Send + 'static>(
    web: Web,
    state: S,
    ask: impl Fn(&Reader, &Live, &mut S) -> Result<String, StoreError> + Clone + Send + 'static,
) -> Response {
    let Ok(place) = web.streams.clone().try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many live streams\n").into_response();
    };
    let (sender, receiver) = mpsc::channel::<Result<Bytes, Infallible>>(4);
    tokio::spawn(async move {
        let _place = place;
        let mut stop = web.stop.clone();
        let mut state = state;
        let mut silent = 0;
        loop {
            let ask = ask.clone();
            let answer = web
                .ask(move |reader, live| {
                    let events = ask(reader, live, &mut state);
                    Ok((events, state))
                })
                .await;
            let Ok((events, kept)) = answer else { return };
            state = kept;
            let mut text = events.unwrap_or_else(|error| {
                tracing::warn!(%error, "a live stream could not ask the store");
                String::new()
            });
            silent = if text.is_empty() { silent + 1 } else { 0 };
            if silent >= SILENCE_ROUNDS_MAX {
                text = ": still here\n\n".into();
                silent = 0;
            }
            if !text.is_empty() && sender.send(Ok(text.into())).await.is_err() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
                () = sender.closed() => return,
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    (headers, Body::from_stream(ReceiverStream::new(receiver))).into_response()
}
