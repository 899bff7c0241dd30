//! DUKPT with AES (ANSI X9.24-3:2017): a key for each transaction and each use of it.
//!
//! Why it exists: newer terminals send MACs under such keys; whoever holds the base key can check them. Each
//! derived key depends on its use, its cipher and its length, so that none can stand for another. Soft keys
//! are for the test bench and demo; a base key that matters stays in its HSM.

use crate::ciphers::{AesKey, BlockCipher};
use crate::material::{KeyBytes, KeyError};

/// What a working key is for (X9.24-3, table 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// Key encryption.
    KeyEncryption,
    /// PIN encryption.
    PinEncryption,
    /// MACs of requests.
    MacGeneration,
    /// MACs of answers.
    MacVerification,
    /// MACs both ways.
    MacBoth,
    /// Encryption of data in requests.
    DataEncryption,
    /// Decryption of data in answers.
    DataDecryption,
    /// Data both ways.
    DataBoth,
}

impl KeyUse {
    fn code(self) -> u16 {
        match self {
            KeyUse::KeyEncryption => 0x0002,
            KeyUse::PinEncryption => 0x1000,
            KeyUse::MacGeneration => 0x2000,
            KeyUse::MacVerification => 0x2001,
            KeyUse::MacBoth => 0x2002,
            KeyUse::DataEncryption => 0x3000,
            KeyUse::DataDecryption => 0x3001,
            KeyUse::DataBoth => 0x3002,
        }
    }
}

const DERIVATION: u16 = 0x8000;
const INITIAL: u16 = 0x8001;

/// The cipher and length of a derived key (X9.24-3, table 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AesLength {
    /// AES with 16 bytes.
    Aes128,
    /// AES with 24 bytes.
    Aes192,
    /// AES with 32 bytes.
    Aes256,
}

impl AesLength {
    fn of(key: &KeyBytes) -> Result<AesLength, KeyError> {
        match key.len() {
            16 => Ok(AesLength::Aes128),
            24 => Ok(AesLength::Aes192),
            32 => Ok(AesLength::Aes256),
            other => Err(KeyError::Length(other)),
        }
    }

    fn bytes(self) -> usize {
        match self {
            AesLength::Aes128 => 16,
            AesLength::Aes192 => 24,
            AesLength::Aes256 => 32,
        }
    }

    fn code(self) -> u16 {
        match self {
            AesLength::Aes128 => 2,
            AesLength::Aes192 => 3,
            AesLength::Aes256 => 4,
        }
    }
}

/// The key of one transaction, from which its working keys are derived. Stars in `Debug`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AesTransactionKey {
    key: KeyBytes,
    context: [u8; 8],
}

/// The initial key of a terminal, from the base derivation key and the terminal's initial key id.
pub fn aes_initial_key(base: &KeyBytes, initial_key_id: [u8; 8]) -> Result<KeyBytes, KeyError> {
    derived(base, AesLength::of(base)?, INITIAL, initial_key_id)
}

impl AesTransactionKey {
    /// From the terminal's initial key and the serial number of its message: initial key id (8 bytes), then
    /// the transaction counter (4).
    pub fn derive(initial: &KeyBytes, serial: [u8; 12]) -> Result<AesTransactionKey, KeyError> {
        let length = AesLength::of(initial)?;
        let [_, _, _, _, a, b, c, d, counter @ ..] = serial;
        let counter = u32::from_be_bytes(counter);
        let context = |counter: u32| {
            let [e, f, g, h] = counter.to_be_bytes();
            [a, b, c, d, e, f, g, h]
        };
        let mut key = initial.clone();
        let mut working = 0;
        for bit in (0..32).rev().map(|place| 1 << place).filter(|bit| counter & bit != 0) {
            working |= bit;
            key = derived(&key, length, DERIVATION, context(working))?;
        }
        Ok(AesTransactionKey { key, context: context(counter) })
    }

    /// The bytes of the derivation key itself, for comparing with published tables.
    pub fn bytes(&self) -> &KeyBytes {
        &self.key
    }

    /// A working key for one use.
    pub fn working_key(&self, key_use: KeyUse, length: AesLength) -> Result<KeyBytes, KeyError> {
        derived(&self.key, length, key_use.code(), self.context)
    }

    /// True if a request's CMAC, whole or cut to no less than four bytes, is that of the data.
    pub fn verify_request(&self, data: &[u8], length: AesLength, mac: &[u8]) -> bool {
        let key = self.working_key(KeyUse::MacGeneration, length).and_then(|key| AesKey::new(key.expose()));
        key.is_ok_and(|key| key.verify_cmac(data, mac))
    }
}

/// As many blocks of AES over derivation data as the key needs (X9.24-3, 6.3).
fn derived(key: &KeyBytes, length: AesLength, key_use: u16, context: [u8; 8]) -> Result<KeyBytes, KeyError> {
    let cipher = AesKey::new(key.expose())?;
    let block = |count: u8| {
        let [use_high, use_low] = key_use.to_be_bytes();
        let [cipher_high, cipher_low] = length.code().to_be_bytes();
        // 16 to 32 bytes: the bits fit.
        let [bits_high, bits_low] = (length.bytes() as u16 * 8).to_be_bytes();
        let [a, b, c, d, e, f, g, h] = context;
        let head = [1, count, use_high, use_low, cipher_high, cipher_low, bits_high, bits_low];
        let mut data = [0; 16];
        for (place, byte) in data.iter_mut().zip(head.into_iter().chain([a, b, c, d, e, f, g, h])) {
            *place = byte;
        }
        cipher.encrypt(data)
    };
    let both = KeyBytes::joined(&block(1), &block(2));
    Ok(KeyBytes::new(&both.expose()[..length.bytes()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_of_another_length_is_refused() {
        let short = KeyBytes::new(&[1; 8]);
        assert_eq!(aes_initial_key(&short, [0; 8]).err(), Some(KeyError::Length(8)));
        assert_eq!(AesTransactionKey::derive(&short, [0; 12]).err(), Some(KeyError::Length(8)));
    }

    proptest! {
        #[test]
        fn a_mac_holds_for_its_counter_and_data_alone(
            counter in 1u32..u32::MAX, data in prop::collection::vec(any::<u8>(), 1..100),
            at in any::<prop::sample::Index>(), bit in 0u8..8, length in 0usize..3,
        ) {
            let length = [AesLength::Aes128, AesLength::Aes192, AesLength::Aes256][length];
            let initial = aes_initial_key(&KeyBytes::new(&[0x41; 32]), [7; 8]).expect("a key");
            let key = |counter: u32| {
                let [a, b, c, d] = counter.to_be_bytes();
                let serial = [7, 7, 7, 7, 7, 7, 7, 7, a, b, c, d];
                AesTransactionKey::derive(&initial, serial).expect("a key")
            };
            let working = key(counter).working_key(KeyUse::MacGeneration, length).expect("a key");
            let mac = AesKey::new(working.expose()).expect("a key").cmac(&data);
            prop_assert!(key(counter).verify_request(&data, length, &mac));
            prop_assert!(key(counter).verify_request(&data, length, &mac[..8]));
            prop_assert!(!key(counter + 1).verify_request(&data, length, &mac));
            let mut changed = data.clone();
            let at = at.index(changed.len());
            changed[at] ^= 1 << bit;
            prop_assert!(!key(counter).verify_request(&changed, length, &mac));
        }
    }
}
