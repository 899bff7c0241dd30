//! The doors: how payment messages come in.
//!
//! Why it exists: each door turns outside bytes into events and hands them to the log; nothing behind it
//! sees a clear card number. A door blocks on nothing but its socket, refuses politely what is too much,
//! and acknowledges only what is durable (I3). It decides nothing.

mod feed;
mod mac;
mod reading;
mod recording;
mod send;

pub use feed::{FeedMetrics, FeedSettings, StopSignal, serve_feed};
pub use mac::{Cipher, MacChecker, SoftKeys};
pub use reading::{FrameReader, scheme_of_dialect};
pub use recording::{RecordedFrame, Recording, RecordingError};
pub use send::{SendError, Sent, send};
