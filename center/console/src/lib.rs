//! The console: pages as pure functions of data, `fn page(&View, &Frame) -> Markup`.
//!
//! Why it exists: people see the center's work here, in Chinese and English, on desk and phone, with and
//! without JavaScript. It must never do I/O, read a clock, know the web server, put style or script inline,
//! or show more of a card than its first six and last four digits.
//!
//! # What the server provides
//! | route | page | query |
//! |---|---|---|
//! | `/` | [`overview`] | |
//! | `/payments` | [`payments`] | `reference terminal last4 from to outcome code before` |
//! | `/payments/{id}` | [`payment`] | |
//! | `/findings`, `/findings/{id}` | [`findings`], [`finding`] | `before` |
//! | `/terminals`, `/terminals/{number}` | [`terminals`], [`terminal`] | `before` |
//! | `/outages`, `/outages/{number}` | [`outages`], [`outage`] | |
//! | `/undecoded` | [`undecoded`] | `before` |
//! | `/health` | [`health`] | |
//! | `/codes`, `/codes/sheet` | [`codes`], [`code_sheet`] | `for`, `mark` |
//! | `/search` | [`search`] | `q` |
//! | each asset's path | [`assets`] | may be kept for ever: the path holds a hash of the content |
//! | `/live/payments` | server-sent events, event `row`: [`payment_row`] | the filter of `/payments` |
//! | `/live/overview` | server-sent events, event `part`: each of [`overview_parts`] | |
//!
//! `?lang=zh-CN|en` and `?tz=Area/City|UTC|auto` may stand on every page: the server keeps them in the
//! cookies `tg_lang` and `tg_tz` and answers with the page itself. Every HTML answer carries
//! [`CONTENT_SECURITY_POLICY`]. An event's `data` is the markup with every line break removed
//! ([`one_line`]), its `id` the log offset, so that `Last-Event-ID` resumes.

pub mod public;
pub mod view;

mod assets;
mod chart;
mod codes;
mod finding;
mod format;
mod frame;
mod health;
mod icons;
mod live;
mod outage;
mod overview;
mod path_picture;
mod payment;
mod payments;
mod problem;
mod reports;
mod rows;
mod search;
mod terminal;
mod undecoded;
mod words;

pub use assets::{Asset, assets};
pub use codes::{CodeLabel, CodeRow, CodeSheet, CodesPage, code_sheet, codes};
pub use finding::{finding, findings};
pub use format::mask_cards;
pub use frame::{CONTENT_SECURITY_POLICY, Frame};
pub use health::health;
pub use live::one_line;
pub use outage::{outage, outages};
pub use overview::{overview, overview_parts};
pub use payment::payment;
pub use payments::payments;
pub use problem::{not_found, problem};
pub use reports::{ReportPhoto, ReportRow, ReportsPage, reports};
pub use rows::payment_row;
pub use search::search;
pub use terminal::{terminal, terminals};
pub use undecoded::undecoded;
