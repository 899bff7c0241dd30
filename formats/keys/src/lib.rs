//! Keys and message authentication.
//!
//! Why it exists: a wrong MAC (DE39 = A0) is one of the commonest reasons why a terminal stops paying, and
//! only recomputing it tells the wrong key from a changed message. Soft keys are for demo and tests; a
//! deployment asks its HSM. Never decrypts a PIN, never prints or logs key material: `Debug` shows stars, and
//! keys are wiped when dropped.

mod mac;

pub use mac::{KeyCheckValue, KeyError, MacKey};
