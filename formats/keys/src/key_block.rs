//! Key blocks (ASC X9 TR-31:2018, ANSI X9.143:2021), versions A, B, C and D: unwrapping.
//!
//! Why it exists: keys travel between HSMs, terminals and acquirers in such blocks; reading the header tells
//! a key of the wrong use before it is loaded, and unwrapping with a test key tells a wrong protection key
//! from a damaged block. The MAC is checked before a byte of the key is used, in constant time. A protection
//! key that matters stays in its HSM. Never prints a key, never panics on a block.

use crate::chained_mac::Padding;
use crate::ciphers::{AesKey, BlockCipher, TdesKey};
use crate::material::{KeyBytes, KeyError, nibble, same_bytes};

/// Why a block can't be unwrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyBlockError {
    /// The version letter is none of A, B, C, D.
    #[error("key block version {0:?} is none of A, B, C, D")]
    Version(char),
    /// A character that has no place there.
    #[error("a key block is upper-case letters and digits; wrong at character {at}")]
    Character {
        /// Counted from 0.
        at: usize,
    },
    /// The length in the header is not that of the text, or too short for what must be in it.
    #[error("the header says {said} characters, there are {found}")]
    Length {
        /// In the header.
        said: usize,
        /// In the text.
        found: usize,
    },
    /// An optional block that doesn't fit.
    #[error("optional block {0} doesn't fit into the key block")]
    OptionalBlock(usize),
    /// The protection key doesn't fit the version.
    #[error("protection key: {0}")]
    ProtectionKey(#[from] KeyError),
    /// The MAC is wrong: another protection key, or a changed block.
    #[error("the key block's MAC is wrong: another protection key, or a changed block")]
    Mac,
    /// The MAC is right and yet the content is no key.
    #[error("the key block's content is no key")]
    Content,
}

/// The header of a key block: what the key may be used for. Not secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyBlockHeader {
    /// A, B, C or D.
    pub version: char,
    /// For instance `P0` (PIN encryption), `M3` (MAC by ISO 9797-1 algorithm 3), `B0` (base derivation key).
    pub key_use: String,
    /// `T` (triple DES), `A` (AES), `D` (DES), `H` (HMAC), `R` (RSA), `E` (elliptic curves).
    pub algorithm: char,
    /// For instance `E` (encrypt), `G` (generate), `V` (verify), `N` (no restriction), `X` (derive).
    pub mode_of_use: char,
    /// The key's version, `00` if it has none.
    pub key_version: String,
    /// `E`, `N` or `S`.
    pub exportability: char,
    /// The optional blocks: id and content.
    pub optional: Vec<(String, String)>,
    /// Characters before the enciphered key.
    length: usize,
}

/// An unwrapped key and its header. Stars for the key in `Debug`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnwrappedKey {
    /// What the key may be used for.
    pub header: KeyBlockHeader,
    /// The key.
    pub key: KeyBytes,
}

impl KeyBlockHeader {
    /// Reads the header alone: no key is needed for it, and nothing of it is proven before the MAC is.
    pub fn parse(block: &str) -> Result<KeyBlockHeader, KeyBlockError> {
        if let Some(at) = block.bytes().position(|b| !(b' '..=b'~').contains(&b)) {
            return Err(KeyBlockError::Character { at });
        }
        let version = block.chars().next().unwrap_or(' ');
        if !('A'..='D').contains(&version) {
            return Err(KeyBlockError::Version(version));
        }
        let said = digits(block, 1, 4)?;
        if said != block.len() || said < 16 {
            return Err(KeyBlockError::Length { said, found: block.len() });
        }
        let character = |at: usize| char::from(block.as_bytes()[at]);
        let mut optional = Vec::new();
        let mut at = 16;
        for number in 0..digits(block, 12, 2)? {
            let wrong = || KeyBlockError::OptionalBlock(number);
            let id = block.get(at..at + 2).ok_or_else(wrong)?;
            let (length, head) = optional_length(block, at + 2).ok_or_else(wrong)?;
            let content = length.checked_sub(2 + head).ok_or_else(wrong)?;
            let start = at + 2 + head;
            optional.push((id.to_owned(), block.get(start..start + content).ok_or_else(wrong)?.to_owned()));
            at += length;
        }
        Ok(KeyBlockHeader {
            version,
            key_use: block[5..7].to_owned(),
            algorithm: character(7),
            mode_of_use: character(8),
            key_version: block[9..11].to_owned(),
            exportability: character(11),
            optional,
            length: at,
        })
    }
}

/// Unwraps a key block with its protection key: 16 or 24 bytes of triple DES for A, B and C, AES for D.
pub fn unwrap_key_block(block: &str, protection: &KeyBytes) -> Result<UnwrappedKey, KeyBlockError> {
    let header = KeyBlockHeader::parse(block)?;
    let mac_length = match header.version {
        'A' | 'C' => 4,
        'B' => 8,
        _ => 16,
    };
    let too_short = KeyBlockError::Length { said: block.len(), found: block.len() };
    let (clear, tail) = block.split_at_checked(header.length).ok_or(too_short)?;
    let cut = tail.len().checked_sub(2 * mac_length).filter(|cut| *cut > 0).ok_or(too_short)?;
    let enciphered = hexadecimal(block, header.length, header.length + cut)?;
    let mac = hexadecimal(block, header.length + cut, block.len())?;
    let content = match header.version {
        'A' | 'C' => by_variant(clear, &enciphered, &mac, protection),
        'B' => by_tdes_derivation(clear, &enciphered, &mac, protection),
        _ => by_aes_derivation(clear, &enciphered, &mac, protection),
    }?;
    let key = content_key(&content).ok_or(KeyBlockError::Content)?;
    Ok(UnwrappedKey { header, key })
}

/// Versions A and C: the protection key's variants; the MAC is over the enciphered key.
fn by_variant(
    clear: &str,
    enciphered: &[u8],
    mac: &[u8],
    protection: &KeyBytes,
) -> Result<KeyBytes, KeyBlockError> {
    let mac_key = tdes(&protection.masked(&[0x4D]))?;
    let right = mac_key.cbc_mac(&[clear.as_bytes(), enciphered].concat(), Padding::Zeros);
    if !same_bytes(&right[..4], mac) {
        return Err(KeyBlockError::Mac);
    }
    let start = clear.as_bytes().first_chunk().ok_or(KeyBlockError::Content)?;
    tdes(&protection.masked(&[0x45]))?.decrypt_chained(*start, enciphered).ok_or(KeyBlockError::Content)
}

/// Version B: keys derived by triple-DES CMAC; the MAC is over the clear key and starts its encryption.
fn by_tdes_derivation(
    clear: &str,
    enciphered: &[u8],
    mac: &[u8],
    protection: &KeyBytes,
) -> Result<KeyBytes, KeyBlockError> {
    let root = tdes(protection)?;
    let bits = protection.len() * 8;
    let algorithm = u8::from(protection.len() == 24);
    let derived = |key_use: u8| {
        let block = |count| root.cmac(&derivation_data(count, key_use, algorithm, bits));
        let blocks = [block(1), block(2), block(3)];
        KeyBytes::new(&blocks.as_flattened()[..protection.len()])
    };
    let start = mac.try_into().map_err(|_| KeyBlockError::Mac)?;
    let key = tdes(&derived(0))?.decrypt_chained(start, enciphered).ok_or(KeyBlockError::Content)?;
    let right = tdes(&derived(1))?.cmac(KeyBytes::joined(clear.as_bytes(), key.expose()).expose());
    if same_bytes(&right, mac) { Ok(key) } else { Err(KeyBlockError::Mac) }
}

/// Version D: as B, with AES.
fn by_aes_derivation(
    clear: &str,
    enciphered: &[u8],
    mac: &[u8],
    protection: &KeyBytes,
) -> Result<KeyBytes, KeyBlockError> {
    let root = AesKey::new(protection.expose())?;
    let bits = protection.len() * 8;
    let algorithm = match protection.len() {
        16 => 2,
        24 => 3,
        _ => 4,
    };
    let derived = |key_use: u8| {
        let block = |count| root.cmac(&derivation_data(count, key_use, algorithm, bits));
        let blocks = [block(1), block(2)];
        AesKey::new(&blocks.as_flattened()[..protection.len()])
    };
    let start = mac.try_into().map_err(|_| KeyBlockError::Mac)?;
    let key = derived(0)?.decrypt_chained(start, enciphered).ok_or(KeyBlockError::Content)?;
    let right = derived(1)?.cmac(KeyBytes::joined(clear.as_bytes(), key.expose()).expose());
    if same_bytes(&right, mac) { Ok(key) } else { Err(KeyBlockError::Mac) }
}

/// Counter, use (0 encryption, 1 MAC), separator, algorithm, length in bits.
fn derivation_data(count: u8, key_use: u8, algorithm: u8, bits: usize) -> [u8; 8] {
    // At most 256 bits.
    let [high, low] = (bits as u16).to_be_bytes();
    [count, 0, key_use, 0, 0, algorithm, high, low]
}

fn tdes(key: &KeyBytes) -> Result<TdesKey, KeyError> {
    match key.len() {
        16 | 24 => TdesKey::new(key.expose()),
        other => Err(KeyError::Length(other)),
    }
}

/// Two bytes of length in bits, the key, filling.
fn content_key(content: &KeyBytes) -> Option<KeyBytes> {
    let (length, rest) = content.expose().split_first_chunk::<2>()?;
    let bits = usize::from(u16::from_be_bytes(*length));
    let key = rest.get(..bits / 8).filter(|key| bits.is_multiple_of(8) && !key.is_empty())?;
    Some(KeyBytes::new(key))
}

/// Length of an optional block and of its length field: two hexadecimal characters, or `00`, two for the
/// number of characters that follow, and the length in those.
fn optional_length(block: &str, at: usize) -> Option<(usize, usize)> {
    let read = |from: usize, count: usize| {
        let characters = block.as_bytes().get(from..from + count)?;
        characters
            .iter()
            .try_fold(0usize, |value, c| value.checked_mul(16)?.checked_add(usize::from(nibble(*c).ok()?)))
    };
    match read(at, 2)? {
        0 => {
            let count = read(at + 2, 2)?;
            Some((read(at + 4, count)?, 4 + count))
        }
        length => Some((length, 2)),
    }
}

fn digits(block: &str, from: usize, count: usize) -> Result<usize, KeyBlockError> {
    (from..from + count).try_fold(0, |value, at| match block.as_bytes().get(at) {
        Some(digit @ b'0'..=b'9') => Ok(value * 10 + usize::from(digit - b'0')),
        _ => Err(KeyBlockError::Character { at }),
    })
}

fn hexadecimal(block: &str, from: usize, to: usize) -> Result<Vec<u8>, KeyBlockError> {
    let characters = &block.as_bytes()[from..to];
    let value = |at: usize, c: u8| nibble(c).map_err(|_| KeyBlockError::Character { at: from + at });
    let (pairs, rest) = characters.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(KeyBlockError::Character { at: to - 1 });
    }
    let byte = |(at, pair): (usize, &[u8; 2])| Ok(value(2 * at, pair[0])? << 4 | value(2 * at + 1, pair[1])?);
    pairs.iter().enumerate().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // cry-068, cry-071 and cry-072 of the shared vectors: TR-31:2018 A.7.2.1, A.7.3.2 (with an optional
    // block) and A.7.4.
    const A: (&str, &str) = (
        "89E88CF7931444F334BD7547FC3F380C",
        "A0072P0TE00E0000F5161ED902807AF26F1D62263644BD24192FDB3193C730301CEE8701",
    );
    const B: (&str, &str) = (
        "1D22BF32387C600AD97F9B97A51311AC",
        "B0104B0TX12S0100KS1800604B120F9292800000BB68BE8680A400D9191AD4ECE45B6E6C0D21C4738A52190E248719E24B433627",
    );
    const D: (&str, &str) = (
        "88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE6",
        "D0112P0AE00E0000B82679114F470F540165EDFBF7E250FCEA43F810D215F8D207E2E417C07156A27E8E31DA05F7425509593D03A457DC34",
    );

    fn key(hex: &str) -> KeyBytes {
        KeyBytes::from_hex(hex).expect("a key")
    }

    #[test]
    fn an_optional_block_is_read_and_the_key_is_not_shown() {
        let unwrapped = unwrap_key_block(B.1, &key(B.0)).expect("a key");
        assert_eq!(unwrapped.header.optional, [("KS".to_owned(), "00604B120F9292800000".to_owned())]);
        let shown = format!("{unwrapped:?}");
        assert!(shown.contains("KeyBytes(***)") && !shown.contains("E8BC"), "{shown}");
    }

    #[test]
    fn each_fault_has_its_word() {
        let error = |block: &str| unwrap_key_block(block, &key(B.0)).err();
        assert_eq!(error(""), Some(KeyBlockError::Version(' ')));
        assert_eq!(error("E0016"), Some(KeyBlockError::Version('E')));
        assert_eq!(error("B01é4"), Some(KeyBlockError::Character { at: 3 }));
        assert_eq!(error("B01X4"), Some(KeyBlockError::Character { at: 3 }));
        assert_eq!(error(&B.1[..90]), Some(KeyBlockError::Length { said: 104, found: 90 }));
        assert_eq!(error("B0016B0TX12S0100"), Some(KeyBlockError::OptionalBlock(0)));
        assert_eq!(error("B0020B0TX12S0100KS01"), Some(KeyBlockError::OptionalBlock(0)));
        assert_eq!(error("B0016B0TX12S0000"), Some(KeyBlockError::Length { said: 16, found: 16 }));
        assert_eq!(error(&B.1.replace("TX", "TE")), Some(KeyBlockError::Mac));
        assert_eq!(error(D.1), Some(KeyBlockError::Mac), "another protection key");
        let wrong_length = unwrap_key_block(B.1, &key(D.0)).err();
        assert_eq!(wrong_length, Some(KeyBlockError::ProtectionKey(KeyError::Length(32))));
    }

    proptest! {
        #[test]
        fn any_changed_character_is_noticed(at in any::<prop::sample::Index>(), to in b'0'..=b'F', version in 0usize..3) {
            let (protection, block) = [A, B, D][version];
            let mut changed = block.as_bytes().to_vec();
            let at = at.index(changed.len());
            prop_assume!(changed[at] != to && to.is_ascii_alphanumeric());
            changed[at] = to;
            let changed = String::from_utf8(changed).expect("ASCII");
            prop_assert!(unwrap_key_block(&changed, &key(protection)).is_err());
        }

        #[test]
        fn no_text_breaks_it(text in "[A-D][0-9]{4}[A-Z0-9]{7}0[0-9]00[A-Z]{2}[0-9A-F]{0,120}") {
            let _ = unwrap_key_block(&text, &key(B.0));
            let text = format!("{}{:04}{}", &text[..1], text.len(), &text[5..]);
            prop_assert!(unwrap_key_block(&text, &key(B.0)).is_err());
            prop_assert!(unwrap_key_block(&text, &key(D.0)).is_err());
        }
    }
}
