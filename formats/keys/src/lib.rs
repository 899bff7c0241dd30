//! Keys and message authentication.
//!
//! Why it exists: a wrong MAC (DE39 = A0) is one of the commonest reasons why a terminal stops paying, and
//! only recomputing it tells the wrong key from a changed message; a cryptogram or a terminal's ciphertext
//! that doesn't verify tells a copy. One file an algorithm, pure functions, comparison in constant time. Soft
//! keys are for demo and tests; a deployment asks its HSM. Never prints or logs key material: `Debug` shows
//! stars, and keys are wiped when dropped (blocks on the stack within one derivation are not). Never deciphers
//! a PIN in the center: what touches PINs stands in `test_bench`, behind a feature that no program of the
//! product asks for.

mod chained_mac;
mod check_value;
mod ciphers;
mod cmac;
mod cryptogram;
mod dukpt_aes;
mod dukpt_tdes;
mod emv_session_keys;
mod key_block;
mod mac;
mod material;
mod sm4_mac;
mod terminal_identity;
#[cfg(feature = "test-bench")]
pub mod test_bench;

pub use chained_mac::{Padding, RetailMacKey};
pub use check_value::KeyCheckValue;
pub use ciphers::{AesKey, Sm4Key, TdesKey, sm3};
pub use cryptogram::{CryptogramData, CryptogramVersion};
pub use dukpt_aes::{AesLength, AesTransactionKey, KeyUse, aes_initial_key};
pub use dukpt_tdes::{KeySerialNumber, TdesTransactionKey, tdes_initial_key};
pub use emv_session_keys::{CardMasterKey, IssuerMasterKey, SessionKey};
pub use key_block::{KeyBlockError, KeyBlockHeader, UnwrappedKey, unwrap_key_block};
pub use mac::MacKey;
pub use material::{KeyBytes, KeyError};
pub use sm4_mac::{Sm4Mac, Sm4MacForm, Sm4MacKey};
pub use terminal_identity::{SerialForm, SerialKey, TerminalIdentity};
