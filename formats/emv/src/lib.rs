//! EMV data as they occur in payments: BER-TLV, the tags' names, and what the bits of the results mean.
//!
//! Why it exists: field 55 tells why a chip payment failed, if one can read it. Never does I/O, never copies
//! a value, never panics on outside bytes, and [`is_secret`] says which values nobody may see.

mod chip;
mod results;
mod tags;
mod tlv;

pub use chip::ChipData;
pub use results::{ResultMeaning, result_meanings};
pub use tags::{TagInfo, is_secret, tag_info, tag_name};
pub use tlv::{Tlv, TlvError, TlvFault, TlvWalker, leaves, tag_hex};
