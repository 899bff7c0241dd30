//! The guide's routes: words, code or a tile in; one step at a time out.
//!
//! What a person types comes in a form's body and is turned into an id of our own at once: an address holds
//! only such ids ([`state`]), so that going back, a bookmark and resuming in the middle work without anything
//! personal in an address line. Decides nothing: `core/diagnose` does.

mod start;
mod state;
mod step;

use super::{Fields, Public, Visit};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
pub(crate) use state::State;
#[cfg(test)]
pub(super) use step::show;
use tg_diagnose::Knowledge;
use tg_text::Text;

/// The guide's routes.
pub(crate) fn routes() -> Router<Public> {
    Router::new().route("/guide", get(guide).post(typed))
}

/// `GET /guide`, `GET /guide?s=…`.
async fn guide(mut visit: Visit) -> Response {
    let Some(text) = visit.params.get("s").cloned() else {
        return visit.ok(|frame| tg_console::public::guide_start(&start::view(None, &[], false), frame));
    };
    let knowledge = Knowledge::builtin();
    match State::read(knowledge, &text) {
        Some(state) => {
            // Read again as we would write it: nothing but our own ids goes back into an address.
            visit.frame.query = vec![("s".into(), state.write())];
            let shown = step::show(knowledge, &state, &visit.frame);
            visit.ok(|frame| shown.draw(frame))
        }
        None => visit.refuse(
            StatusCode::BAD_REQUEST,
            &Text::fixed("这个步骤的链接不完整", "This step’s link is not whole"),
            &[Text::fixed("从“机器报错”重新开始。", "Start again from “The machine shows an error”.")],
        ),
    }
}

/// `POST /guide`: words or a code that somebody typed.
async fn typed(visit: Visit, fields: Fields) -> Response {
    let knowledge = Knowledge::builtin();
    let state = fields.some("s").and_then(|s| State::read(knowledge, s)).unwrap_or_default();
    match start::understand(knowledge, state, fields.get("code"), fields.get("message")) {
        Ok(state) => {
            let to = format!("/guide?s={}", state.write());
            (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
        }
        Err(start::NotUnderstood { refused, near }) => {
            let not_found = refused.is_none();
            visit.page(
                StatusCode::OK,
                tg_console::public::guide_start(&start::view(refused, &near, not_found), &visit.frame),
            )
        }
    }
}
