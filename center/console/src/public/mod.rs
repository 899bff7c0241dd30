//! The public pages: what anybody at the till may ask, without an account, on a phone.
//!
//! Why it exists: a shop assistant, a customer or a passer-by needs an answer in the minute in which
//! something goes wrong. Pages are pure functions, `fn page(view, &PublicFrame) -> Markup`, inside
//! [`PublicFrame`]. They must never show the console or what only it may know, set style or script inline,
//! load anything from elsewhere, put anything personal into an address, or need JavaScript.
//!
//! # To add a page
//! One file here with the page (it ends in [`page`]), one here in `questions.rs` if it is one of the front
//! page's questions (all nine stand there already), and one line in `center/server/src/public/mod.rs`, which
//! says how the answering side is added. A page links a style sheet and scripts of its own by
//! [`Page::styles`] and [`Page::scripts`]: their files stand in `assets/`, their names in `assets.rs` and in
//! [`ASSETS`]. A page with all that it loads stays under 60 KB.

mod charged;
mod charged_answer;
mod code;
mod frame;
mod gone;
mod gone_steps;
mod guide_end;
mod guide_start;
mod guide_step;
mod home;
mod icons;
mod offer;
mod problem;
mod questions;
mod register;
mod report;
mod safe;
mod statement;

pub use charged::{ChargedAs, ChargedAsk, charged};
pub use charged_answer::{ChargedAnswer, Known, Stop, StopState, charged_answer};
pub use code::{CodeAnswer, CodeFinding, CodePage, CodeTone, code};
pub use frame::{CONTENT_SECURITY_POLICY, Page, PublicFrame, TextSize, page, phone_link};
pub use gone::{Gone, GoneLines, Line, gone};
pub use guide_end::{GuideDone, Told, guide_done};
pub use guide_start::{GuideStart, Tile, guide_start};
pub use guide_step::{Act, GuideStep, guide_step};
pub use home::home;
pub use icons::icon;
pub use offer::{OfferAnswer, OfferSign, OfferVerdict, offer};
pub use problem::{not_found, refused};
pub use questions::{Group, QUESTIONS, Question};
pub use register::{RegisterOf, RegisterPage, Registered, register};
pub use report::{REPORT_KINDS, ReportPage, report};
pub use safe::{Safe, drawing, safe};
pub use statement::{
    StatementAnswer, StatementColumn, StatementColumns, StatementFinding, StatementPage, statement,
};

/// Names of the assets that the public door serves; nothing else of the console is reachable through it.
pub const ASSETS: &[&str] = &["public.css", "people.css", "public.js", "pack.js", "favicon.svg"];
/// The style sheet of the pages for everybody at the till.
const STYLES: &[&str] = &["people.css"];

/// The assets of the public pages.
pub fn assets() -> impl Iterator<Item = &'static crate::Asset> {
    ASSETS.iter().map(|name| crate::assets::named(name))
}
