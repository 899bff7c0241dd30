//! The pages of outages.

use super::pages::{Asked, drawn};
use crate::rooms;
use axum::extract::Path;
use axum::response::Response;

pub(crate) async fn outages(asked: Asked) -> Response {
    asked.page(|_, live, _, now| Ok(drawn(rooms::outages_page(live, now), tg_console::outages))).await
}

pub(crate) async fn outage(Path(number): Path<u32>, asked: Asked) -> Response {
    asked
        .page(move |_, live, viewer, _| {
            let zone = viewer.zone.clone();
            let time = move |at: i64| {
                let at = jiff::Timestamp::from_microsecond(at).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
                zone.to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string()
            };
            Ok(rooms::outage_page(live, number, &time).and_then(|view| drawn(view, tg_console::outage)))
        })
        .await
}
