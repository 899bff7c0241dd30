//! Keys of the simulated terminals and host: what a terminal and a security module do with them (key
//! blocks, PIN blocks; the MAC is that of `tg-keys`).
//!
//! For the simulated town only: its keys come from a seed. Nothing here may ever touch a key that matters.

use crate::cards::Number;
use des::TdesEde2;
use des::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use tg_keys::MacKey;

/// A double-length triple-DES key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key(pub(crate) [u8; 16]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(***)")
    }
}

impl Key {
    fn cipher(&self) -> TdesEde2 {
        TdesEde2::new(&self.0.into())
    }

    fn encrypt(&self, block: [u8; 8]) -> [u8; 8] {
        let mut block = block.into();
        self.cipher().encrypt_block(&mut block);
        block.into()
    }

    fn decrypt(&self, block: [u8; 8]) -> [u8; 8] {
        let mut block = block.into();
        self.cipher().decrypt_block(&mut block);
        block.into()
    }

    fn both(&self, of: [u8; 16], with: impl Fn(&Key, [u8; 8]) -> [u8; 8]) -> [u8; 16] {
        let (blocks, _) = of.as_chunks::<8>();
        let mut out = [0; 16];
        for (out, block) in out.as_chunks_mut::<8>().0.iter_mut().zip(blocks) {
            *out = with(self, *block);
        }
        out
    }

    fn mac_key(&self) -> MacKey {
        MacKey::from_bytes(&self.0).expect("16 bytes are a double-length key")
    }

    fn check_value(&self) -> [u8; 4] {
        self.mac_key().check_value().0
    }

    /// The MAC of field 64.
    pub(crate) fn mac(&self, input: &[u8]) -> [u8; 8] {
        self.mac_key().mac(input)
    }
}

/// Field 62 of a sign-on's answer: PIN key and MAC key under the master key, each with its check value.
pub(crate) fn key_block(master: &Key, pin: &Key, mac: &Key) -> [u8; 40] {
    let mut out = [0; 40];
    let (parts, _) = out.as_chunks_mut::<20>();
    for (part, key) in parts.iter_mut().zip([pin, mac]) {
        part[..16].copy_from_slice(&master.both(key.0, Key::encrypt));
        part[16..].copy_from_slice(&key.check_value());
    }
    out
}

/// The PIN key and MAC key of a key block, or `None` if a check value is wrong.
pub(crate) fn open_key_block(master: &Key, block: &[u8; 40]) -> Option<(Key, Key)> {
    let (parts, _) = block.as_chunks::<20>();
    let open = |part: &[u8; 20]| {
        let (encrypted, check) = part.split_first_chunk::<16>()?;
        let key = Key(master.both(*encrypted, Key::decrypt));
        (key.check_value() == *check).then_some(key)
    };
    Some((open(parts.first()?)?, open(parts.last()?)?))
}

/// Twelve digits of the card number without its check digit, in the place where format 0 wants them.
fn account_part(number: Number) -> u64 {
    let twelve = number.value / 10 % 1_000_000_000_000;
    u64::from_str_radix(&twelve.to_string(), 16).unwrap_or(0)
}

/// A PIN of six digits as ISO 9564-1 format 0 under the PIN key.
pub(crate) fn pin_block(key: &Key, pin: u32, number: Number) -> [u8; 8] {
    let digits = u64::from_str_radix(&format!("{pin:06}"), 16).unwrap_or(0);
    let clear = 0x0600_0000_FFFF_FFFF | digits << 32;
    key.encrypt((clear ^ account_part(number)).to_be_bytes())
}

/// The PIN of a block, or `None` if the block has not the form (another key made it).
pub(crate) fn open_pin_block(key: &Key, block: [u8; 8], number: Number) -> Option<u32> {
    let clear = u64::from_be_bytes(key.decrypt(block)) ^ account_part(number);
    if clear >> 56 != 0x06 || clear as u32 != u32::MAX {
        return None;
    }
    format!("{:06x}", clear >> 32 & 0xFF_FFFF).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: Number = Number { value: 4_111_111_111_111_111, length: 16 };

    #[test]
    fn a_key_block_opens_under_its_master_key_only() {
        let (master, pin, mac) = (Key([1; 16]), Key([2; 16]), Key([4; 16]));
        let block = key_block(&master, &pin, &mac);
        assert_eq!(open_key_block(&master, &block), Some((pin, mac)));
        assert_eq!(open_key_block(&Key([8; 16]), &block), None);
    }

    #[test]
    fn a_pin_comes_back_under_its_key_only() {
        let key = Key(*b"0123456789ABCDEF");
        let block = pin_block(&key, 12_345, CARD);
        assert_eq!(open_pin_block(&key, block, CARD), Some(12_345));
        assert_eq!(open_pin_block(&Key([9; 16]), block, CARD), None);
    }

    /// The vector cry-134 of the project's shared data (computed there by an independent program).
    #[test]
    fn the_mac_is_that_of_the_shared_vector() {
        let key = 0xAB73_C941_6D41_E936_E82A_AC11_053B_CEDD_u128.to_be_bytes();
        assert_eq!(&Key(key).mac(b"20160913201609132016091320160913"), b"30271C74");
    }
}
