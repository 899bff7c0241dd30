//! What the pages show, as plain data: the server fills these from the store, the pages only read them.
//!
//! Why it exists: a page that takes data and gives markup can be tested as text and can't do I/O. What a
//! view can't hold, a page can't leak: a card is a BIN and its last four digits, a message has no bytes.
//! Never holds a clear card number, track data, a PIN block or a security code.
//!
//! Instants are microseconds since 1970-01-01 UTC (`*_us`), spans milliseconds (`*_ms`), shares basis
//! points (`*_bp`, 10,000 = all).

mod finding;
mod machine;
mod outage;
mod payment;
mod rooms;

pub use finding::*;
pub use machine::*;
pub use outage::{OutageMinute, OutageRow, OutageView, OutagesView, SilentRow, SuspectRow};
pub use payment::*;
pub use rooms::*;
