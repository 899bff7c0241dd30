//! The catalogue: what a response code, the words on a screen or a vendor's code mean and what to do.
//!
//! The rows are data (`data/codes/*.csv`, compiled in), so a support engineer can mend one without
//! touching code; the [linter](lint()) keeps the rules that protect people. Pure: no I/O, no clock. Never
//! guesses: a code that is not listed says so ([`Explanation`]).

mod catalogue;
mod explain;
mod lint;
mod matching;
mod query;
mod rows;
mod small_tables;
mod table;
mod test_ranges;
mod traditional;
mod words;

pub use catalogue::{Catalogue, OverrideError};
pub use explain::{Explanation, Kind, Match, NOT_LISTED, explain};
pub use lint::lint;
pub use query::{Query, UnknownName};
pub use rows::{
    RESPONSE_CODE_COLUMNS, RESPONSE_CODE_OPTIONAL_COLUMNS, ResponseCode, ScreenMessage, VendorCode,
};
pub use small_tables::{ActionClass, EntryMode, Hotline, MerchantAdvice};
pub use table::TableError;
pub use test_ranges::{TestNumberKind, TestRange, invented_issuers, is_test_number, test_ranges};
pub use words::{CaptureCard, Category, Contact, Direction, Domain, Retryable, Scheme, SecuritySignal};
