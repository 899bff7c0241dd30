//! Is this text a lure: a "free POS machine", cash-out, a deposit to get back, a call for card data?
//!
//! Why it exists: shopkeepers lose deposits and card data to such texts, and the same words stand in the
//! warnings of the police, so counting words is not enough. The text is normalised (`normal`), signals are
//! searched for (`catalogue`: data in `data/lure/signals.toml`), and each is judged by how the text speaks
//! (`polarity`); the wording as a whole is weighed against known texts (`wording`). Pure: no I/O, no clock. Never accuses a person: it names what was seen, where, and what to
//! do. Never keeps or prints the text itself.

mod catalogue;
mod disguise;
mod judge;
mod normal;
mod polarity;
mod vector;
mod wording;

pub use catalogue::lint_builtin;
pub use judge::{Found, Judgement, Verdict, judge};
pub use vector::{Outcome, check_vector};

/// The longest text that is judged, in bytes. A longer one is no message to a shopkeeper.
pub const TEXT_BYTES_MAX: usize = 1 << 20;
