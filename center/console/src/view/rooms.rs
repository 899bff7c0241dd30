//! The rooms around a payment: overview, lists, terminal, search.
//!
//! Why it exists: one struct a page, so that the server's queries have a shape to fill.

use super::{Feed, FindingRow, Mark, PaymentRow};
use tg_text::Text;

/// The key figures, each with its comparison. `usual` values: the same figure over the hour before;
/// `None` while there is nothing to compare with.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Payments in the last full minute.
    pub payments_per_minute: u64,
    /// Mean payments a minute over the hour before.
    pub payments_per_minute_usual: Option<u64>,
    /// Approved of the answered payments of the last 60 minutes; `None` without any.
    pub approved_bp: Option<u16>,
    /// The same over the hour before.
    pub approved_usual_bp: Option<u16>,
    /// Declined or unanswered payments of the last 60 minutes.
    pub failed: u64,
    /// The same over the hour before.
    pub failed_usual: Option<u64>,
    /// Of `failed`, those without an answer.
    pub unknown: u64,
    /// Open findings.
    pub findings_open: u64,
    /// Findings of the last 60 minutes.
    pub findings_new: u64,
    /// Terminals seen in the last 60 minutes.
    pub terminals_seen: u64,
    /// Terminals ever seen.
    pub terminals_known: u64,
}

/// Payments of one minute by outcome.
#[derive(Clone, Copy, Debug, Default)]
pub struct Minute {
    /// Its start.
    pub start_us: i64,
    /// Approved.
    pub approved: u32,
    /// Declined.
    pub declined: u32,
    /// Without an answer.
    pub unknown: u32,
    /// Reversed, or a reversal was sent.
    pub reversed: u32,
}

/// Failed payments of one cause or code.
#[derive(Clone, Debug)]
pub struct FailureBar {
    /// The response code; `None` for no answer.
    pub code: Option<String>,
    /// The cause or the code's words.
    pub text: Text,
    /// How many in the last 60 minutes.
    pub count: u64,
}

/// The first page.
#[derive(Clone, Debug, Default)]
pub struct OverviewPage {
    /// The feeds.
    pub feeds: Vec<Feed>,
    /// Key figures.
    pub figures: Figures,
    /// The last 60 minutes, oldest first.
    pub minutes: Vec<Minute>,
    /// Failed payments by code, most first.
    pub failures: Vec<FailureBar>,
    /// Latest failed payments, newest first.
    pub failed: Vec<PaymentRow>,
    /// Latest findings, newest first.
    pub findings: Vec<FindingRow>,
    /// Frames of the last 60 minutes that could not be decoded.
    pub undecoded: u64,
    /// All frames of the last 60 minutes.
    pub frames: u64,
}

/// Which outcomes the list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutcomeFilter {
    /// All.
    #[default]
    All,
    /// Declined or without an answer.
    Failed,
    /// Without an answer.
    Unknown,
    /// Approved.
    Approved,
}

impl OutcomeFilter {
    /// The value of `?outcome=`.
    pub fn value(self) -> &'static str {
        match self {
            OutcomeFilter::All => "all",
            OutcomeFilter::Failed => "failed",
            OutcomeFilter::Unknown => "unknown",
            OutcomeFilter::Approved => "approved",
        }
    }

    /// Reads `?outcome=`; what it doesn't know shows all.
    pub fn from_value(value: &str) -> OutcomeFilter {
        [OutcomeFilter::Failed, OutcomeFilter::Unknown, OutcomeFilter::Approved]
            .into_iter()
            .find(|f| f.value() == value)
            .unwrap_or_default()
    }
}

/// The filter form of the payments list, as typed: `?reference=&terminal=&last4=&from=&to=&outcome=&code=`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Retrieval reference or trace number.
    pub reference: String,
    /// Terminal number.
    pub terminal: String,
    /// Last four digits of the card.
    pub last_four: String,
    /// From, `YYYY-MM-DDTHH:MM` in the viewer's zone.
    pub from: String,
    /// To, the same.
    pub to: String,
    /// Outcomes.
    pub outcome: OutcomeFilter,
    /// Response code.
    pub code: String,
}

/// Payments, live or older.
#[derive(Clone, Debug, Default)]
pub struct PaymentsPage {
    /// The filter in force.
    pub filter: Filter,
    /// What is wrong with the filter, if anything.
    pub filter_problem: Option<Text>,
    /// Newest first.
    pub payments: Vec<PaymentRow>,
    /// Cursor of the next, older page (`?before=`).
    pub older: Option<String>,
    /// True on an older page: no live rows there.
    pub is_older: bool,
}

/// One terminal in a list.
#[derive(Clone, Debug, Default)]
pub struct TerminalRow {
    /// Terminal number.
    pub terminal: String,
    /// Merchant number.
    pub merchant: String,
    /// Merchant's name, where known.
    pub merchant_name: Option<Text>,
    /// Log time of its last message.
    pub last_message_us: Option<i64>,
    /// Payments of the last 24 hours.
    pub payments: u64,
    /// Of these, declined or without an answer.
    pub failed: u64,
    /// Findings that name it.
    pub findings: u64,
}

/// The list of terminals.
#[derive(Clone, Debug, Default)]
pub struct TerminalsPage {
    /// The last seen first.
    pub terminals: Vec<TerminalRow>,
    /// Cursor of the next page (`?before=`).
    pub older: Option<String>,
}

/// The page of one terminal.
#[derive(Clone, Debug, Default)]
pub struct TerminalPage {
    /// Number, merchant, counts.
    pub terminal: TerminalRow,
    /// Approved of the last 24 hours.
    pub approved: u64,
    /// Without an answer in the last 24 hours.
    pub unknown: u64,
    /// Acquirer, where known.
    pub acquirer: Option<String>,
    /// Serial number, where known.
    pub serial: Option<String>,
    /// Model, where known.
    pub model: Option<String>,
    /// Software version, where known.
    pub software: Option<String>,
    /// Log time of the first message.
    pub first_message_us: Option<i64>,
    /// Log time of the last sign-on that was accepted.
    pub last_sign_on_us: Option<i64>,
    /// The terminal's clock minus log time, where its messages carry a time.
    pub clock_offset_ms: Option<i64>,
    /// Outcomes of the last payments, oldest first.
    pub marks: Vec<Mark>,
    /// Latest payments, newest first.
    pub payments: Vec<PaymentRow>,
    /// Findings that name it.
    pub findings: Vec<FindingRow>,
}

/// One entry of the code catalogue.
#[derive(Clone, Debug)]
pub struct CodeHit {
    /// The scheme, such as `unionpay`.
    pub scheme: String,
    /// The code.
    pub code: String,
    /// What it means.
    pub meaning: Text,
    /// What to do.
    pub action: Option<Text>,
}

/// Results of a search.
#[derive(Clone, Debug, Default)]
pub struct SearchPage {
    /// What was typed.
    pub query: String,
    /// Payments.
    pub payments: Vec<PaymentRow>,
    /// Terminals.
    pub terminals: Vec<TerminalRow>,
    /// Findings.
    pub findings: Vec<FindingRow>,
    /// Codes.
    pub codes: Vec<CodeHit>,
    /// True if there is more than is shown.
    pub more: bool,
    /// True if the query looks like a whole card number and was therefore not searched or kept.
    pub looks_like_card: bool,
}
