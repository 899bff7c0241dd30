//! What the pages of outages show.

use super::Contact;
use tg_text::Text;

/// One line of the list.
#[derive(Clone, Debug)]
pub struct OutageRow {
    /// Its number.
    pub number: u32,
    /// Dimension and value in words; empty: everywhere.
    pub place: Vec<(Text, Text)>,
    /// What is wrong, such as “发卡行没有应答”.
    pub what: Text,
    /// Since when.
    pub since_us: i64,
    /// Until when, if it is over.
    pub ended_us: Option<i64>,
    /// Failed payments since then.
    pub failed: u64,
    /// All payments since then.
    pub total: u64,
    /// The usual share of failures, in hundredths of a percent.
    pub usual_bp: u16,
}

impl OutageRow {
    /// The share of failures since it began.
    pub fn rate_bp(&self) -> u16 {
        crate::format::share_bp(self.failed, self.total)
    }

    /// Failures beyond what is usual.
    pub fn beyond(&self) -> u64 {
        self.failed.saturating_sub(self.total * u64::from(self.usual_bp) / 10_000)
    }
}

/// A minute of the picture.
#[derive(Clone, Copy, Debug)]
pub struct OutageMinute {
    /// Its beginning.
    pub start_us: i64,
    /// Failed and all payments of the place.
    pub failed: u32,
    /// All payments of the place.
    pub total: u32,
    /// Failed payments of everything else.
    pub rest_failed: u32,
    /// All payments of everything else.
    pub rest_total: u32,
}

/// One line of “where it is”.
#[derive(Clone, Debug)]
pub struct SuspectRow {
    /// The dimensions in words.
    pub dimension: Text,
    /// The values in words.
    pub value: Text,
    /// Failed.
    pub failed: u64,
    /// All.
    pub total: u64,
    /// Its share of the failures beyond usual.
    pub share_bp: u16,
    /// The share of failures of what is left of it without the outage.
    pub without_bp: Option<u16>,
    /// The outage's own place.
    pub lead: bool,
}

/// One outage.
#[derive(Clone, Debug)]
pub struct OutageView {
    /// What the list shows as well.
    pub row: OutageRow,
    /// When it was found.
    pub found_us: i64,
    /// Failures by then.
    pub failed_when_found: u64,
    /// Terminals with a failure.
    pub terminals: u32,
    /// Alarms of other series that it explains.
    pub muted: u32,
    /// Whether somebody was called.
    pub paged: bool,
    /// Response codes with their counts, most first; empty: no answer.
    pub codes: Vec<(String, u64)>,
    /// The share of failures of everything else.
    pub control_bp: Option<u16>,
    /// The share of all failures beyond usual that it explained when found.
    pub share_bp: u16,
    /// Where it is, its own place first.
    pub suspects: Vec<SuspectRow>,
    /// The picture, oldest first.
    pub minutes: Vec<OutageMinute>,
    /// Whom to call and what to tell.
    pub contact: Contact,
    /// A sentence for the shops, where there is something that they can do.
    pub notice: Option<Text>,
}

/// A silent terminal.
#[derive(Clone, Debug)]
pub struct SilentRow {
    /// Its number.
    pub terminal: String,
    /// When it was heard last.
    pub heard_us: i64,
    /// Its heartbeat is missing; else its payments.
    pub heartbeat: bool,
}

/// The list.
#[derive(Clone, Debug)]
pub struct OutagesView {
    /// Newest first.
    pub outages: Vec<OutageRow>,
    /// Silent terminals that no outage explains.
    pub silent: Vec<SilentRow>,
    /// From when on payments were seen.
    pub seen_from_us: Option<i64>,
    /// Messages that were passed over.
    pub passed_over: u64,
}
