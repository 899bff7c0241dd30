//! From the store's records to what the pages show: one function a room.
//!
//! Why it exists: the store knows no pages and the pages no store. Nothing here decides; what a code means
//! comes from the catalogue, what to do from the diagnosis.

mod finding;
mod finding_calls;
mod finding_export;
mod finding_picture;
mod findings_list;
mod health;
mod lists;
mod outage;
mod overview;
mod payment;
mod payment_row;
mod terminal;

pub(crate) use finding::{THIS_CONSOLE, finding_page, finding_rows};
pub(crate) use finding_export::{Form, export_finding, export_findings};
pub(crate) use findings_list::{finding_filter, findings_page};
pub(crate) use health::{feeds, health_page, resident_bytes};
pub(crate) use lists::{payment_filter, payments_page, search_page, undecoded_page};
pub(crate) use outage::{outage_page, outages_page};
pub(crate) use overview::overview_page;
pub(crate) use payment::{Tried, payment_page, query_first};
pub(crate) use payment_row::payment_rows;
pub(crate) use terminal::{terminal_page, terminals_page};

/// One minute, hour and day in microseconds.
pub(crate) const MINUTE_US: i64 = 60 * tg_types::SECOND_US;
pub(crate) const HOUR_US: i64 = 60 * MINUTE_US;
pub(crate) const DAY_US: i64 = 24 * HOUR_US;
