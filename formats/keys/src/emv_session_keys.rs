//! EMV's keys: from the issuer's master key to the card's to that of one transaction.
//!
//! Why it exists: the simulated city's cards sign with test keys, and a cryptogram that doesn't verify tells
//! a copied card from a damaged message. Source: EMV 4.3 Book 2, A1.3 (session keys), A1.4.1 and A1.4.2
//! (options A and B). Each kind of key has its own type, so that one can't be taken for another. The key of
//! an issuer that matters lives in its HSM: it must never come here.

use crate::check_value::KeyCheckValue;
use crate::ciphers::{BlockCipher, TdesKey};
use crate::material::{KeyBytes, KeyError};

/// An issuer's master key: every card of the issuer has a key derived from it. Stars in `Debug`.
#[derive(Clone, Debug)]
pub struct IssuerMasterKey(TdesKey);

/// A card's own key. Stars in `Debug`.
#[derive(Clone, Debug)]
pub struct CardMasterKey(KeyBytes, TdesKey);

/// The key of one transaction. Stars in `Debug`.
#[derive(Clone, Debug)]
pub struct SessionKey(pub(crate) KeyBytes, pub(crate) TdesKey);

impl IssuerMasterKey {
    /// From 16 bytes.
    pub fn new(key: &[u8]) -> Result<IssuerMasterKey, KeyError> {
        double_length(key).map(IssuerMasterKey)
    }

    /// The card's key by option A, from the last sixteen digits of card number and sequence number. For
    /// numbers of up to sixteen digits that is the way of every scheme.
    pub fn card_key_option_a(&self, card_number: &str, sequence: u8) -> Result<CardMasterKey, KeyError> {
        self.card_key(last_sixteen(&digits(card_number, sequence)?))
    }

    /// The card's key by option B: option A, but for numbers of more than sixteen digits from sixteen
    /// decimal digits of their SHA-1.
    pub fn card_key_option_b(&self, card_number: &str, sequence: u8) -> Result<CardMasterKey, KeyError> {
        let all = digits(card_number, sequence)?;
        if card_number.len() <= 16 {
            return self.card_key(last_sixteen(&all));
        }
        self.card_key(decimal_digits_of_hash(&all))
    }

    fn card_key(&self, digits: [u8; 16]) -> Result<CardMasterKey, KeyError> {
        let left = packed(&digits);
        let right = left.map(|byte| !byte);
        let key = KeyBytes::joined(&self.0.encrypt(left), &self.0.encrypt(right)).with_odd_parity();
        let cipher = double_length(key.expose())?;
        Ok(CardMasterKey(key, cipher))
    }

    /// The key's check value.
    pub fn check_value(&self) -> KeyCheckValue {
        self.0.check_value()
    }
}

impl CardMasterKey {
    /// From 16 bytes.
    pub fn new(key: &[u8]) -> Result<CardMasterKey, KeyError> {
        Ok(CardMasterKey(KeyBytes::new(key), double_length(key)?))
    }

    /// The common session key (A1.3.1) for a diversification value; its third byte is replaced.
    pub fn session_key(&self, diversification: [u8; 8]) -> SessionKey {
        let part = |third: u8| {
            let mut block = diversification;
            block[2] = third;
            self.1.encrypt(block)
        };
        let key = KeyBytes::joined(&part(0xF0), &part(0x0F)).with_odd_parity();
        let cipher = double_length(key.expose()).expect("two blocks are a double-length key");
        SessionKey(key, cipher)
    }

    /// The common session key for a transaction counter (tag 9F36).
    pub fn session_key_of_counter(&self, counter: [u8; 2]) -> SessionKey {
        let [high, low] = counter;
        self.session_key([high, low, 0, 0, 0, 0, 0, 0])
    }

    /// Mastercard's older session key, which also takes the terminal's unpredictable number (tag 9F37).
    pub fn session_key_of_counter_and_number(&self, counter: [u8; 2], unpredictable: [u8; 4]) -> SessionKey {
        let ([high, low], [a, b, c, d]) = (counter, unpredictable);
        self.session_key([high, low, 0, 0, a, b, c, d])
    }

    /// The card's key itself in the place of a session key, as Visa's version 10 has it.
    pub fn without_session(&self) -> SessionKey {
        SessionKey(self.0.clone(), self.1.clone())
    }

    /// The key's bytes. Whoever asks must print none of them.
    pub fn bytes(&self) -> &KeyBytes {
        &self.0
    }

    /// The key's check value.
    pub fn check_value(&self) -> KeyCheckValue {
        self.1.check_value()
    }
}

impl SessionKey {
    /// The key's check value.
    pub fn check_value(&self) -> KeyCheckValue {
        self.1.check_value()
    }
}

fn double_length(key: &[u8]) -> Result<TdesKey, KeyError> {
    if key.len() == 16 { TdesKey::new(key) } else { Err(KeyError::Length(key.len())) }
}

/// Card number and sequence number, one digit a byte.
fn digits(card_number: &str, sequence: u8) -> Result<Vec<u8>, KeyError> {
    let right = (1..=19).contains(&card_number.len()) && card_number.bytes().all(|b| b.is_ascii_digit());
    if !right || sequence > 99 {
        return Err(KeyError::NotACard);
    }
    let number = card_number.bytes().map(|digit| digit - b'0');
    Ok(number.chain([sequence / 10, sequence % 10]).collect())
}

fn last_sixteen(digits: &[u8]) -> [u8; 16] {
    let mut out = [0; 16];
    for (place, digit) in out.iter_mut().rev().zip(digits.iter().rev()) {
        *place = *digit;
    }
    out
}

/// The first sixteen nibbles of the SHA-1 that are decimal digits; if there are fewer, then the others, ten
/// less each, from the beginning (A1.4.2).
fn decimal_digits_of_hash(digits: &[u8]) -> [u8; 16] {
    use sha1::Digest as _;
    let odd = digits.len() % 2;
    let even: Vec<u8> = std::iter::repeat_n(0, odd).chain(digits.iter().copied()).collect();
    let packed: Vec<u8> = even.as_chunks::<2>().0.iter().map(|[high, low]| high << 4 | low).collect();
    let hash = sha1::Sha1::digest(packed);
    let nibbles = || hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let mut chosen = nibbles().filter(|n| *n < 10).chain(nibbles().filter(|n| *n >= 10).map(|n| n - 10));
    std::array::from_fn(|_| chosen.next().unwrap_or_default())
}

fn packed(digits: &[u8; 16]) -> [u8; 8] {
    let mut out = [0; 8];
    for (byte, [high, low]) in out.iter_mut().zip(digits.as_chunks::<2>().0) {
        *byte = high << 4 | low;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn issuer() -> IssuerMasterKey {
        let key = KeyBytes::from_hex("0123456789ABCDEFFEDCBA9876543210").expect("a key");
        IssuerMasterKey::new(key.expose()).expect("a key")
    }

    #[test]
    fn only_card_numbers_are_taken_and_nothing_is_shown() {
        for (number, sequence) in [("", 0), ("12345678901234567890", 0), ("411111111111111A", 0), ("4", 100)]
        {
            assert_eq!(issuer().card_key_option_a(number, sequence).err(), Some(KeyError::NotACard));
            assert_eq!(issuer().card_key_option_b(number, sequence).err(), Some(KeyError::NotACard));
        }
        assert_eq!(IssuerMasterKey::new(&[1; 24]).err(), Some(KeyError::Length(24)));
        let card = issuer().card_key_option_a("4111111111111111", 1).expect("a key");
        let shown = format!("{:?} {card:?} {:?}", issuer(), card.session_key_of_counter([0, 1]));
        assert_eq!(shown.replace("KeyBytes(***), ", "").matches("(TdesKey(***))").count(), 3, "{shown}");
    }

    proptest! {
        /// Fewer than sixteen decimal digits in a SHA-1 are rare: the digits must stay digits, whatever it is.
        #[test]
        fn a_hash_gives_sixteen_digits(digits in prop::collection::vec(0u8..10, 18..=21)) {
            prop_assert!(decimal_digits_of_hash(&digits).iter().all(|d| *d < 10));
        }

        #[test]
        fn options_differ_for_long_numbers_only(number in "[0-9]{12,19}", sequence in 0u8..100) {
            let a = issuer().card_key_option_a(&number, sequence).expect("a key");
            let b = issuer().card_key_option_b(&number, sequence).expect("a key");
            prop_assert_eq!(a.bytes() == b.bytes(), number.len() <= 16);
        }

        #[test]
        fn each_counter_has_its_own_key(one: [u8; 2], other: [u8; 2], number: [u8; 4]) {
            let card = issuer().card_key_option_a("4111111111111111", 0).expect("a key");
            let same = card.session_key_of_counter(one).0 == card.session_key_of_counter(other).0;
            prop_assert_eq!(same, one == other);
            let with = card.session_key_of_counter_and_number(one, number).0;
            prop_assert_eq!(with == card.session_key_of_counter(one).0, number == [0; 4]);
        }
    }
}
