//! The block ciphers that everything here is made of: DES and triple DES, AES, SM4.
//!
//! Why it exists: the libraries have one type for each key length; the rules of the payments world name an
//! algorithm and take the length from the key. Soft keys only; wiped when dropped, stars in `Debug`.

use crate::material::{KeyBytes, KeyError};
use aes::{Aes128, Aes192, Aes256};
use des::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use des::{Des, TdesEde2, TdesEde3};

/// A cipher over blocks of `SIZE` bytes.
pub(crate) trait BlockCipher<const SIZE: usize> {
    /// One block enciphered.
    fn encrypt(&self, block: [u8; SIZE]) -> [u8; SIZE];

    /// One block deciphered.
    fn decrypt(&self, block: [u8; SIZE]) -> [u8; SIZE];

    /// The last block of CBC from a starting block of zeros; a last part of a block is filled with zeros.
    fn chain(&self, data: &[u8]) -> [u8; SIZE] {
        let (blocks, rest) = data.as_chunks::<SIZE>();
        let mut state = [0; SIZE];
        for block in blocks {
            state = self.encrypt(xor(state, block));
        }
        if rest.is_empty() { state } else { self.encrypt(xor(state, rest)) }
    }

    /// CBC deciphered, or `None` if the data are no whole blocks.
    fn decrypt_chained(&self, start: [u8; SIZE], data: &[u8]) -> Option<KeyBytes> {
        let (blocks, rest) = data.as_chunks::<SIZE>();
        let mut previous = start;
        let mut clear = zeroize::Zeroizing::new(Vec::with_capacity(data.len()));
        for block in blocks {
            clear.extend_from_slice(&xor(self.decrypt(*block), &previous));
            previous = *block;
        }
        rest.is_empty().then(|| KeyBytes::new(&clear))
    }
}

/// A block XOR up to as many bytes.
pub(crate) fn xor<const SIZE: usize>(mut block: [u8; SIZE], other: &[u8]) -> [u8; SIZE] {
    for (ours, theirs) in block.iter_mut().zip(other) {
        *ours ^= theirs;
    }
    block
}

/// The XOR of all groups of `SIZE` bytes, the last filled with zeros.
pub(crate) fn fold<const SIZE: usize>(data: &[u8]) -> [u8; SIZE] {
    let (groups, rest) = data.as_chunks::<SIZE>();
    xor(groups.iter().fold([0; SIZE], |all, group| xor(all, group)), rest)
}

/// DES with a key of 8 bytes, triple DES with one of 16 or 24.
#[derive(Clone)]
pub struct TdesKey(pub(crate) TdesSchedule);

#[derive(Clone)]
pub(crate) enum TdesSchedule {
    Single(Box<Des>),
    Double(Box<TdesEde2>),
    Triple(Box<TdesEde3>),
}

impl TdesKey {
    /// From 8, 16 or 24 bytes; parity is not looked at.
    pub fn new(key: &[u8]) -> Result<TdesKey, KeyError> {
        let schedule = match key.len() {
            8 => Des::new_from_slice(key).map(|c| TdesSchedule::Single(Box::new(c))),
            16 => TdesEde2::new_from_slice(key).map(|c| TdesSchedule::Double(Box::new(c))),
            24 => TdesEde3::new_from_slice(key).map(|c| TdesSchedule::Triple(Box::new(c))),
            other => return Err(KeyError::Length(other)),
        };
        schedule.map(TdesKey).map_err(|_| KeyError::Length(key.len()))
    }
}

impl BlockCipher<8> for TdesKey {
    fn encrypt(&self, block: [u8; 8]) -> [u8; 8] {
        let mut block = block.into();
        match &self.0 {
            TdesSchedule::Single(cipher) => cipher.encrypt_block(&mut block),
            TdesSchedule::Double(cipher) => cipher.encrypt_block(&mut block),
            TdesSchedule::Triple(cipher) => cipher.encrypt_block(&mut block),
        }
        block.into()
    }

    fn decrypt(&self, block: [u8; 8]) -> [u8; 8] {
        let mut block = block.into();
        match &self.0 {
            TdesSchedule::Single(cipher) => cipher.decrypt_block(&mut block),
            TdesSchedule::Double(cipher) => cipher.decrypt_block(&mut block),
            TdesSchedule::Triple(cipher) => cipher.decrypt_block(&mut block),
        }
        block.into()
    }
}

/// AES with a key of 16, 24 or 32 bytes.
#[derive(Clone)]
pub struct AesKey(pub(crate) AesSchedule);

#[derive(Clone)]
pub(crate) enum AesSchedule {
    Aes128(Box<Aes128>),
    Aes192(Box<Aes192>),
    Aes256(Box<Aes256>),
}

impl AesKey {
    /// From 16, 24 or 32 bytes.
    pub fn new(key: &[u8]) -> Result<AesKey, KeyError> {
        let schedule = match key.len() {
            16 => Aes128::new_from_slice(key).map(|c| AesSchedule::Aes128(Box::new(c))),
            24 => Aes192::new_from_slice(key).map(|c| AesSchedule::Aes192(Box::new(c))),
            32 => Aes256::new_from_slice(key).map(|c| AesSchedule::Aes256(Box::new(c))),
            other => return Err(KeyError::Length(other)),
        };
        schedule.map(AesKey).map_err(|_| KeyError::Length(key.len()))
    }
}

impl BlockCipher<16> for AesKey {
    fn encrypt(&self, block: [u8; 16]) -> [u8; 16] {
        let mut block = block.into();
        match &self.0 {
            AesSchedule::Aes128(cipher) => cipher.encrypt_block(&mut block),
            AesSchedule::Aes192(cipher) => cipher.encrypt_block(&mut block),
            AesSchedule::Aes256(cipher) => cipher.encrypt_block(&mut block),
        }
        block.into()
    }

    fn decrypt(&self, block: [u8; 16]) -> [u8; 16] {
        let mut block = block.into();
        match &self.0 {
            AesSchedule::Aes128(cipher) => cipher.decrypt_block(&mut block),
            AesSchedule::Aes192(cipher) => cipher.decrypt_block(&mut block),
            AesSchedule::Aes256(cipher) => cipher.decrypt_block(&mut block),
        }
        block.into()
    }
}

/// SM4 (GB/T 32907-2016), whose keys have 16 bytes.
#[derive(Clone)]
pub struct Sm4Key(Box<sm4::Sm4>);

impl Sm4Key {
    /// From 16 bytes.
    pub fn new(key: &[u8]) -> Result<Sm4Key, KeyError> {
        let wrong = |_| KeyError::Length(key.len());
        sm4::Sm4::new_from_slice(key).map(|cipher| Sm4Key(Box::new(cipher))).map_err(wrong)
    }

    /// From 32 hexadecimal characters.
    pub fn from_hex(text: &str) -> Result<Sm4Key, KeyError> {
        Sm4Key::new(KeyBytes::from_hex(text)?.expose())
    }

    /// One block enciphered, as the standard's examples are.
    pub fn encrypt_block(&self, block: [u8; 16]) -> [u8; 16] {
        self.encrypt(block)
    }
}

impl BlockCipher<16> for Sm4Key {
    fn encrypt(&self, block: [u8; 16]) -> [u8; 16] {
        let mut block = block.into();
        self.0.encrypt_block(&mut block);
        block.into()
    }

    fn decrypt(&self, block: [u8; 16]) -> [u8; 16] {
        let mut block = block.into();
        self.0.decrypt_block(&mut block);
        block.into()
    }
}

macro_rules! stars {
    ($($key:ident),+) => {$(
        impl std::fmt::Debug for $key {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($key), "(***)"))
            }
        }
    )+};
}

stars!(TdesKey, AesKey, Sm4Key);

/// The SM3 digest of data (GB/T 32905-2016).
pub fn sm3(data: &[u8]) -> [u8; 32] {
    use sm3::Digest as _;
    sm3::Sm3::digest(data).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_other_lengths_are_refused_and_none_is_shown() {
        for length in [0, 7, 9, 15, 17, 23, 25, 31, 33] {
            let key = vec![1; length];
            assert_eq!(TdesKey::new(&key).err(), Some(KeyError::Length(length)));
            assert_eq!(AesKey::new(&key).err(), Some(KeyError::Length(length)));
            assert_eq!(Sm4Key::new(&key).err(), Some(KeyError::Length(length)));
        }
        let key = [0x41; 16];
        let shown = (TdesKey::new(&key), AesKey::new(&key), Sm4Key::new(&key));
        assert_eq!(format!("{shown:?}"), "(Ok(TdesKey(***)), Ok(AesKey(***)), Ok(Sm4Key(***)))");
    }

    #[test]
    fn a_block_comes_back() {
        fn returns<const SIZE: usize>(cipher: &dyn BlockCipher<SIZE>) {
            let block = std::array::from_fn(|i| i as u8);
            assert_ne!(cipher.encrypt(block), block);
            assert_eq!(cipher.decrypt(cipher.encrypt(block)), block);
        }
        let key: [u8; 32] = std::array::from_fn(|i| (i * 7) as u8);
        for length in [8, 16, 24] {
            returns(&TdesKey::new(&key[..length]).expect("a key"));
        }
        for length in [16, 24, 32] {
            returns(&AesKey::new(&key[..length]).expect("a key"));
        }
        returns(&Sm4Key::new(&key[..16]).expect("a key"));
    }

    #[test]
    fn folding_fills_the_last_group_with_zeros() {
        assert_eq!(fold::<4>(b""), [0; 4]);
        assert_eq!(fold::<4>(&[1, 2, 3, 4, 8, 16]), [9, 18, 3, 4]);
    }
}
