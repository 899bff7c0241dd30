//! DUKPT with triple DES (ANSI X9.24-1:2009): a key for each transaction, from a base key and a serial number.
//!
//! Why it exists: terminals outside China send MACs under such keys; whoever holds the base key can check
//! them. The working keys are variants of the transaction's key. Soft keys are for the test bench and demo;
//! a base key that matters stays in its HSM.

use crate::chained_mac::{Padding, RetailMacKey};
use crate::ciphers::{BlockCipher, TdesKey, xor};
use crate::cmac::begins_with;
use crate::material::{KeyBytes, KeyError};

/// The bits of a key serial number that count transactions.
const COUNTER: u128 = 0x1F_FFFF;

/// What the base key and every left half is XORed with to make right halves (X9.24-1, A.2 and A.6).
const RIGHT_HALF: [u8; 16] = [0xC0, 0xC0, 0xC0, 0xC0, 0, 0, 0, 0, 0xC0, 0xC0, 0xC0, 0xC0, 0, 0, 0, 0];

/// A key serial number: key set, terminal, and in the last 21 bits the transaction counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySerialNumber(pub [u8; 10]);

impl KeySerialNumber {
    fn value(self) -> u128 {
        self.0.iter().fold(0, |value, byte| value << 8 | u128::from(*byte))
    }

    /// The transaction counter, 21 bits.
    pub fn counter(self) -> u32 {
        // The mask leaves 21 bits.
        (self.value() & COUNTER) as u32
    }
}

/// The key of one transaction. Never used itself: its variants are. Stars in `Debug`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TdesTransactionKey(KeyBytes);

/// The initial key of a terminal, from the base derivation key (16 bytes) and any of its serial numbers.
pub fn tdes_initial_key(base: &[u8], serial: KeySerialNumber) -> Result<KeyBytes, KeyError> {
    let left = double_length(base)?;
    let right = double_length(KeyBytes::new(base).masked(&RIGHT_HALF).expose())?;
    // The first eight bytes of ten.
    let block = ((serial.value() & !COUNTER) >> 16) as u64;
    let block = block.to_be_bytes();
    Ok(KeyBytes::joined(&left.encrypt(block), &right.encrypt(block)))
}

impl TdesTransactionKey {
    /// From the terminal's initial key (16 bytes) and the serial number that its message carries.
    pub fn derive(initial: &KeyBytes, serial: KeySerialNumber) -> Result<TdesTransactionKey, KeyError> {
        double_length(initial.expose())?;
        let counter = u128::from(serial.counter());
        let mut register = serial.value() & !COUNTER;
        let mut key = initial.clone();
        for bit in (0..21).rev().map(|place| 1 << place).filter(|bit| counter & bit != 0) {
            register |= bit;
            // The last eight bytes.
            key = next_key(&key, (register as u64).to_be_bytes())?;
        }
        Ok(TdesTransactionKey(key))
    }

    /// The bytes of the key itself, for comparing with published tables.
    pub fn bytes(&self) -> &KeyBytes {
        &self.0
    }

    /// The key of a request's MAC.
    pub fn request_mac_key(&self) -> Result<RetailMacKey, KeyError> {
        RetailMacKey::new(self.variant(6).expose())
    }

    /// The key of an answer's MAC.
    pub fn response_mac_key(&self) -> Result<RetailMacKey, KeyError> {
        RetailMacKey::new(self.variant(4).expose())
    }

    /// True if a request's MAC, whole or its first four bytes, is that of the data.
    pub fn verify_request(&self, data: &[u8], mac: &[u8]) -> bool {
        self.request_mac_key().is_ok_and(|key| begins_with(&key.mac(data, Padding::Zeros), mac))
    }

    /// The key XOR a byte FF at one place of each half.
    fn variant(&self, place: usize) -> KeyBytes {
        let mut mask = [0; 8];
        mask[place] = 0xFF;
        self.0.masked(&mask)
    }

    /// The key that PINs are enciphered under.
    #[cfg(feature = "test-bench")]
    pub(crate) fn pin_key(&self) -> KeyBytes {
        self.variant(7)
    }
}

/// The non-reversible step: each half of the new key from one DES under a left half (A.2).
fn next_key(key: &KeyBytes, register: [u8; 8]) -> Result<KeyBytes, KeyError> {
    let half = |key: &KeyBytes| {
        let (left, right) = key.expose().split_at(8);
        Ok(xor(TdesKey::new(left)?.encrypt(xor(register, right)), right))
    };
    Ok(KeyBytes::joined(&half(&key.masked(&RIGHT_HALF))?, &half(key)?))
}

fn double_length(key: &[u8]) -> Result<TdesKey, KeyError> {
    if key.len() == 16 { TdesKey::new(key) } else { Err(KeyError::Length(key.len())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn serial(counter: u32) -> KeySerialNumber {
        let [_, b, c, d] = counter.to_be_bytes();
        KeySerialNumber([0xFF, 0xFF, 0x98, 0x76, 0x54, 0x32, 0x10, 0xE0 | b, c, d])
    }

    #[test]
    fn the_counter_is_the_last_21_bits() {
        assert_eq!(serial(0x1F_F801).counter(), 0x1F_F801);
        assert_eq!(KeySerialNumber([0xFF; 10]).counter(), 0x1F_FFFF);
    }

    #[test]
    fn every_bit_of_the_counter_makes_another_key() {
        let initial = tdes_initial_key(b"0123456789ABCDEF", serial(0)).expect("a key");
        let key = |counter| TdesTransactionKey::derive(&initial, serial(counter)).expect("a key");
        for place in 0..21 {
            assert_ne!(key(1 << place), key(0), "bit {place}");
        }
        let other_terminal = KeySerialNumber([0xFF, 0xFF, 0x98, 0x76, 0x54, 0x32, 0x11, 0xE0, 0, 0]);
        assert_ne!(tdes_initial_key(b"0123456789ABCDEF", other_terminal), Ok(initial));
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        assert_eq!(tdes_initial_key(&[1; 24], serial(1)).err(), Some(KeyError::Length(24)));
        let short = KeyBytes::new(&[1; 8]);
        assert_eq!(TdesTransactionKey::derive(&short, serial(1)).err(), Some(KeyError::Length(8)));
    }

    proptest! {
        #[test]
        fn a_mac_holds_for_its_counter_and_data_alone(
            counter in 1u32..0x1F_FFFF, data in prop::collection::vec(any::<u8>(), 1..100),
            at in any::<prop::sample::Index>(), bit in 0u8..8,
        ) {
            let initial = tdes_initial_key(b"0123456789ABCDEF", serial(counter)).expect("a key");
            let key = |counter| TdesTransactionKey::derive(&initial, serial(counter)).expect("a key");
            let mac = key(counter).request_mac_key().expect("a key").mac(&data, Padding::Zeros);
            prop_assert!(key(counter).verify_request(&data, &mac));
            prop_assert!(key(counter).verify_request(&data, &mac[..4]));
            prop_assert!(!key(counter + 1).verify_request(&data, &mac));
            let mut changed = data.clone();
            let at = at.index(changed.len());
            changed[at] ^= 1 << bit;
            prop_assert!(!key(counter).verify_request(&changed, &mac));
            let answer = key(counter).response_mac_key().expect("a key").mac(&data, Padding::Zeros);
            prop_assert!(!key(counter).verify_request(&data, &answer));
        }
    }
}
