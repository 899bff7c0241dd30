//! ISO 8583 messages, read and written by dialects that are data.
//!
//! Why it exists: every acquirer speaks its own ISO 8583, so a dialect is a file (`data/dialects`), compiled
//! into a table and, per bitmap, into a plan. [`Decoder`] checks a message strictly and borrows everything
//! from its bytes; [`Builder`] writes one; [`describe()`] shows one to a person, with card data masked.
//!
//! Never does I/O, never panics on outside bytes, never allocates per message once a plan is cached, and
//! never prints card data: `Debug` of messages and fields shows positions only.

mod bitmap;
mod builder;
mod charset;
mod content;
mod cost;
mod decoder;
mod describe;
mod dialect;
mod dialect_file;
mod ebcdic;
mod error;
mod examine;
mod masking;
mod meaning;
mod message;
mod mti;
mod names;
mod plan;
mod recognise;
pub mod sample;
mod subfields;
mod vectors;

pub use builder::{BuildError, Builder};
pub use decoder::{Decoder, Failure, Partial};
pub use describe::{CodeMeaning, Description, EmvEntry, ErrorDescription, FieldDescription, describe};
pub use dialect::{BitmapForm, Charset, Dialect, Encoding, FieldSpec, LengthKind, NAMES, PrefixForm};
pub use dialect_file::DialectError;
pub use error::{DecodeError, ErrorKind, Finding};
pub use masking::{looks_like_card_number, mask_account_number, mask_card_numbers};
pub use meaning::{ProcessingKind, entry_mode, pin_capability, processing_kind};
pub use message::{Field, Message, TrackTwo};
pub use mti::{Class, Function, Mti, Origin, Version};
pub use names::field_name;
pub use plan::SHAPES_MAX;
pub use recognise::{Candidate, RECOGNISED_MESSAGES_MAX, Recognised, Sureness, recognise};
pub use subfields::SubFieldDescription;
pub use vectors::{VectorOutcome, check_vector};
