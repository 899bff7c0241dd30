//! What people look at and make, in SQLite: payments with their steps, findings, terminals, minute counts,
//! frames that could not be decoded.
//!
//! Why it exists: the journal is the record of the stream; people search by reference, terminal, last four
//! and time. The store follows the journal with an offset of its own, written in the same transaction as
//! the rows, so a crash repeats nothing and skips nothing. The SQL is plain and uses `$1` placeholders in
//! rising order, so that it will also run on PostgreSQL. Never holds a clear card number.

mod chunk;
mod findings;
mod people;
mod read;
mod records;
mod schema;
mod tickets;
mod write;

pub use chunk::{Chunk, Counted, Step, TerminalSeen, Undecodable};
pub use findings::{FindingCounts, FindingFilter};
pub use people::{Outgoing, People, Said};
pub use read::{Counts, OutcomeFilter, PaymentFilter, Reader, Scope};
pub use records::{
    FindingRecord, JudgementRecord, PaymentRecord, ReasonRecord, ScopeCounts, StepRecord, TerminalRecord,
    UndecodedRecord,
};
pub use tickets::{Ticket, TicketOutcome, Tickets};
pub use write::{Bounds, Store};

/// Why the store can't do its work.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database said no.
    #[error("the database refused: {0}")]
    Database(#[from] rusqlite::Error),
    /// The database was made by a newer version.
    #[error("the database has schema {found}, this program knows {known}")]
    Newer {
        /// The schema found.
        found: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
}
