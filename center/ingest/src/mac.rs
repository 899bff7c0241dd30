//! MAC checks at the door: whether the bytes that arrived are those that the key's holder sent.
//!
//! Why it exists: after it has become a record a message has no bytes, so its MAC is checked here or never. A
//! wrong MAC (the host answers A0) parts the wrong key from the changed message. A deployment asks its HSM
//! ([`MacChecker`]); keys in memory ([`SoftKeys`]) are for the demo and for tests, and `serve` has no way to
//! load any. Never logs, shows or keeps key material beyond its use: keys are wiped when dropped, `Debug`
//! shows none. Never touches a PIN block: of a sign-on's answer the PIN key is passed over.

use des::TdesEde2;
use des::cipher::{BlockCipherDecrypt, KeyInit};
use sm4::Sm4;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use tg_event::{MacState, ResponseClass};
use tg_keys::{KeyBytes, KeyCheckValue, KeyError, MacKey, Sm4MacKey};
use tg_types::{MtiClass, Short};
use zeroize::Zeroizing;

/// Terminals whose keys are kept; more are refused.
const TERMINALS_MAX: usize = 1_000_000;

/// Who can tell whether a MAC is right: an HSM, or soft keys in the demo. Asked once for each message with a
/// MAC, on the thread that reads the feed: an answer that takes long holds up that connection and no other.
pub trait MacChecker: Send + Sync {
    /// The answer to a terminal's sign-on brought its working keys: field 62 of the 0810.
    fn keys_arrived(&self, terminal: &str, key_block: &[u8]);

    /// Whether the MAC is that of the input under the terminal's key; [`MacState::Unchecked`] if no key is
    /// known.
    fn check(&self, terminal: &str, input: &[u8], mac: &[u8; 8]) -> MacState;
}

/// Learns keys from a message and gives its MAC's state.
pub(crate) fn state_of(
    checker: &dyn MacChecker,
    message: &tg_iso8583::Message<'_>,
    event: &tg_event::Message,
) -> MacState {
    let terminal = event.terminal.as_str();
    let is_sign_on_answer = event.mti.class() == MtiClass::NetworkManagement && event.mti.is_response();
    if is_sign_on_answer
        && event.response_class == ResponseClass::Approved
        && let Some(block) = message.data(62)
    {
        checker.keys_arrived(terminal, block);
    }
    let input = message.mac_input().and_then(|range| message.bytes().get(range));
    match (message.mac(), input) {
        (Some(mac), Some(input)) => checker.check(terminal, input, &mac),
        _ => MacState::Absent,
    }
}

/// Which cipher a terminal's keys are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cipher {
    /// Triple DES with a master key of double length.
    Tdes,
    /// SM4.
    Sm4,
}

/// Master keys of terminals in memory, and the MAC keys that came under them. For the demo and for tests.
#[derive(Default)]
pub struct SoftKeys {
    terminals: RwLock<HashMap<Short<16>, Terminal>>,
}

struct Terminal {
    master: MasterKey,
    /// The MAC key of the last sign-on seen since the start.
    mac: Option<WorkingKey>,
}

enum MasterKey {
    Tdes(Box<TdesEde2>),
    Sm4(Box<Sm4>),
}

enum WorkingKey {
    Tdes(MacKey),
    Sm4(Sm4MacKey),
}

impl std::fmt::Debug for SoftKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SoftKeys(***)")
    }
}

impl SoftKeys {
    /// Keeps a terminal's master key (TMK). A key that was there is replaced, and its MAC key forgotten.
    ///
    /// # Errors
    /// If the bytes are no key of that cipher, or there is no room.
    pub fn put_master_key(&self, terminal: &str, cipher: Cipher, key: &KeyBytes) -> Result<(), KeyError> {
        let length = KeyError::Length(key.len());
        let master = match cipher {
            Cipher::Tdes => TdesEde2::new_from_slice(key.expose()).map(|c| MasterKey::Tdes(Box::new(c))),
            Cipher::Sm4 => Sm4::new_from_slice(key.expose()).map(|c| MasterKey::Sm4(Box::new(c))),
        };
        let master = master.map_err(|_| length)?;
        let mut terminals = self.terminals.write().unwrap_or_else(PoisonError::into_inner);
        let name = Short::new(terminal).map_err(|_| length)?;
        if terminals.len() >= TERMINALS_MAX && !terminals.contains_key(&name) {
            return Err(length);
        }
        terminals.insert(name, Terminal { master, mac: None });
        Ok(())
    }
}

impl MacChecker for SoftKeys {
    fn keys_arrived(&self, terminal: &str, key_block: &[u8]) {
        let Ok(name) = Short::new(terminal) else { return };
        let mut terminals = self.terminals.write().unwrap_or_else(PoisonError::into_inner);
        let Some(terminal) = terminals.get_mut(&name) else { return };
        // A block that doesn't open under our master key is not for the keys that we hold: then nothing can be
        // said of the MACs that follow.
        terminal.mac = terminal.master.mac_key(key_block);
        if terminal.mac.is_none() {
            tracing::debug!(
                terminal = name.as_str(),
                "the keys of a sign-on don't open under the master key"
            );
        }
    }

    fn check(&self, terminal: &str, input: &[u8], mac: &[u8; 8]) -> MacState {
        let Ok(name) = Short::new(terminal) else { return MacState::Unchecked };
        let terminals = self.terminals.read().unwrap_or_else(PoisonError::into_inner);
        let right = match terminals.get(&name).and_then(|t| t.mac.as_ref()) {
            Some(WorkingKey::Tdes(key)) => key.verify(input, mac),
            Some(WorkingKey::Sm4(key)) => key.verify(input, mac).is_some(),
            None => return MacState::Unchecked,
        };
        if right { MacState::Good } else { MacState::Bad }
    }
}

impl MasterKey {
    /// The MAC key of a sign-on's answer: the second of the keys in field 62, each followed by a check value of
    /// four bytes. Keys stand there with 16 bytes, or all with 8 (24 bytes in all). A MAC key of single length
    /// in 16 bytes is filled up with zeros outside its cryptogram (QCUP 009, field 62 of the 0810, as public
    /// implementations read it).
    fn mac_key(&self, block: &[u8]) -> Option<WorkingKey> {
        let key_bytes = match block.len() {
            24 => 8,
            40 | 60 => 16,
            _ => return None,
        };
        let (sealed, rest) = block.get(key_bytes + 4..)?.split_at_checked(key_bytes)?;
        let check = rest.first_chunk::<4>()?;
        let single = key_bytes == 16 && sealed.ends_with(&[0; 8]);
        let sealed = if single { sealed.get(..8)? } else { sealed };
        let clear = self.open(sealed)?;
        let (key, found) = match self {
            MasterKey::Tdes(_) => {
                let key = MacKey::from_bytes(&clear).ok()?;
                let found = key.check_value();
                (WorkingKey::Tdes(key), found)
            }
            MasterKey::Sm4(_) => {
                let key = Sm4MacKey::from_bytes(&clear).ok()?;
                let found = key.check_value();
                (WorkingKey::Sm4(key), found)
            }
        };
        (found == KeyCheckValue(*check)).then_some(key)
    }

    /// A key's cryptogram deciphered (ECB); `None` if it is no whole blocks.
    fn open(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut clear = Zeroizing::new(sealed.to_vec());
        match self {
            MasterKey::Tdes(cipher) => {
                let (blocks, []) = clear.as_chunks_mut::<8>() else { return None };
                blocks.iter_mut().for_each(|block| cipher.decrypt_block(block.into()));
            }
            MasterKey::Sm4(cipher) => {
                let (blocks, []) = clear.as_chunks_mut::<16>() else { return None };
                blocks.iter_mut().for_each(|block| cipher.decrypt_block(block.into()));
            }
        }
        Some(clear)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use des::cipher::BlockCipherEncrypt;

    const MASTER: [u8; 16] = *b"0123456789ABCDEF";
    const MAC: [u8; 16] = [0x1F; 16];
    const INPUT: &[u8] = b"a message from its type to field 63";

    fn key(bytes: &[u8]) -> KeyBytes {
        KeyBytes::new(bytes)
    }

    /// A key under the master key, with its check value.
    fn sealed(cipher: Cipher, clear: &[u8]) -> Vec<u8> {
        let mut out = clear.to_vec();
        let check = match cipher {
            Cipher::Tdes => {
                let master = TdesEde2::new(&MASTER.into());
                let blocks = out.as_chunks_mut::<8>().0;
                blocks.iter_mut().for_each(|b| master.encrypt_block(b.into()));
                MacKey::from_bytes(clear).expect("a key").check_value()
            }
            Cipher::Sm4 => {
                let master = Sm4::new(&MASTER.into());
                let blocks = out.as_chunks_mut::<16>().0;
                blocks.iter_mut().for_each(|b| master.encrypt_block(b.into()));
                Sm4MacKey::from_bytes(clear).expect("a key").check_value()
            }
        };
        out.extend_from_slice(&check.0);
        out
    }

    fn with_master(cipher: Cipher) -> SoftKeys {
        let keys = SoftKeys::default();
        keys.put_master_key("70310482", cipher, &key(&MASTER)).expect("a key");
        keys
    }

    #[test]
    fn a_mac_is_unchecked_until_a_sign_on_brought_its_key() {
        let keys = with_master(Cipher::Tdes);
        let mac = MacKey::from_bytes(&MAC).expect("a key").mac(INPUT);
        assert_eq!(keys.check("70310482", INPUT, &mac), MacState::Unchecked);
        let block = [sealed(Cipher::Tdes, &[7; 16]), sealed(Cipher::Tdes, &MAC)].concat();
        keys.keys_arrived("70310483", &block);
        assert_eq!(keys.check("70310482", INPUT, &mac), MacState::Unchecked, "another terminal's keys");
        keys.keys_arrived("70310482", &block);
        assert_eq!(keys.check("70310482", INPUT, &mac), MacState::Good);
        assert_eq!(keys.check("70310482", b"a changed message", &mac), MacState::Bad);
        assert_eq!(keys.check("70310482", INPUT, b"00000000"), MacState::Bad);
        assert_eq!(keys.check("70310483", INPUT, &mac), MacState::Unchecked, "no master key");
    }

    #[test]
    fn the_next_sign_on_replaces_the_key_and_an_unreadable_one_leaves_none() {
        let keys = with_master(Cipher::Tdes);
        let block = |mac: &[u8]| [sealed(Cipher::Tdes, &[7; 16]), sealed(Cipher::Tdes, mac)].concat();
        let old = MacKey::from_bytes(&MAC).expect("a key").mac(INPUT);
        keys.keys_arrived("70310482", &block(&MAC));
        keys.keys_arrived("70310482", &block(&[0x2A; 16]));
        assert_eq!(keys.check("70310482", INPUT, &old), MacState::Bad, "the terminal kept an old key");
        let mut wrong = block(&MAC);
        *wrong.last_mut().expect("has bytes") ^= 1;
        keys.keys_arrived("70310482", &wrong);
        assert_eq!(keys.check("70310482", INPUT, &old), MacState::Unchecked);
        for odd in [&[][..], &[1; 39], &[1; 41], &[0; 104]] {
            keys.keys_arrived("70310482", odd);
            assert_eq!(keys.check("70310482", INPUT, &old), MacState::Unchecked);
        }
    }

    #[test]
    fn every_form_of_the_key_block_opens() {
        let single = &MAC[..8];
        let of_single = MacKey::from_bytes(single).expect("a key").mac(INPUT);
        let short = [sealed(Cipher::Tdes, &[7; 8]), sealed(Cipher::Tdes, single)].concat();
        let mut filled = sealed(Cipher::Tdes, single);
        filled.splice(8..8, [0; 8]);
        let filled = [sealed(Cipher::Tdes, &[7; 16]), filled].concat();
        let with_data_key =
            [sealed(Cipher::Tdes, &[7; 16]), sealed(Cipher::Tdes, &MAC), vec![9; 20]].concat();
        let of_double = MacKey::from_bytes(&MAC).expect("a key").mac(INPUT);
        for (block, mac) in [(short, of_single), (filled, of_single), (with_data_key, of_double)] {
            let keys = with_master(Cipher::Tdes);
            keys.keys_arrived("70310482", &block);
            assert_eq!(keys.check("70310482", INPUT, &mac), MacState::Good, "{} bytes", block.len());
        }
    }

    #[test]
    fn sm4_keys_are_read_and_checked_in_their_own_way() {
        let keys = with_master(Cipher::Sm4);
        keys.keys_arrived("70310482", &[sealed(Cipher::Sm4, &[7; 16]), sealed(Cipher::Sm4, &MAC)].concat());
        let mac = Sm4MacKey::from_bytes(&MAC).expect("a key").mac(INPUT);
        let field = mac.field(tg_keys::Sm4MacForm::EightCharacters);
        assert_eq!(keys.check("70310482", INPUT, &field), MacState::Good);
        let des = MacKey::from_bytes(&MAC).expect("a key").mac(INPUT);
        assert_eq!(keys.check("70310482", INPUT, &des), MacState::Bad);
    }

    #[test]
    fn keys_are_never_shown_and_other_lengths_are_none() {
        let keys = with_master(Cipher::Tdes);
        assert_eq!(format!("{keys:?}"), "SoftKeys(***)");
        assert_eq!(keys.put_master_key("1", Cipher::Tdes, &key(&[1; 8])), Err(KeyError::Length(8)));
        assert_eq!(keys.put_master_key("1", Cipher::Sm4, &key(&[1; 24])), Err(KeyError::Length(24)));
    }
}
