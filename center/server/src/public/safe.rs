//! How to pay safely: five short pages that ask for nothing.

use super::{Public, Visit};
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use tg_console::public::{Safe, safe};

/// The routes.
pub(crate) fn routes() -> Router<Public> {
    Router::new().route("/safe", get(show))
}

async fn show(mut visit: Visit) -> Response {
    let which = visit.params.get("on").and_then(|v| Safe::from_value(v));
    if let Some(which) = which {
        visit.frame.query = vec![("on".into(), which.value().into())];
    }
    visit.ok(|frame| safe(which, frame))
}
