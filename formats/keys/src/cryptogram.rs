//! EMV's application cryptograms: what the card says of a transaction (ARQC) and what the issuer answers
//! (ARPC).
//!
//! Why it exists: the simulated city's cards and issuers make real ones from test keys, and the check of one
//! tells a copied card. Source: EMV 4.3 Book 2, 8.1 and 8.2; which data and which session key a version
//! number means is the schemes' own (Visa VIS, Mastercard M/Chip, Interac), as in pyemv 1.5.0. Comparison
//! takes constant time.

use crate::chained_mac::{Padding, RetailMacKey};
use crate::ciphers::{BlockCipher, xor};
use crate::emv_session_keys::{CardMasterKey, IssuerMasterKey, SessionKey};
use crate::material::{KeyError, same_bytes};

/// Which data, padding and session key a cryptogram takes: the cryptogram version number in tag 9F10, whose
/// meaning depends on the scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CryptogramVersion {
    /// Visa 10 (0A): the card's key itself; card verification results.
    Visa10,
    /// Visa 18 (12): common session key; the whole issuer application data.
    Visa18,
    /// Visa 22 (16): as 18.
    Visa22,
    /// Mastercard 16 (10): session key with the unpredictable number; card verification results.
    Mastercard16,
    /// Mastercard 17 (11): as 16, with counters.
    Mastercard17,
    /// Mastercard 20 (14): common session key; card verification results.
    Mastercard20,
    /// Mastercard 21 (15): as 20, with counters.
    Mastercard21,
    /// Interac 133 (85): session key with the unpredictable number; the whole issuer application data.
    Interac133,
}

/// What a cryptogram is made over, each value as it stands in its tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CryptogramData<'a> {
    /// Tag 9F02.
    pub amount_authorised: [u8; 6],
    /// Tag 9F03.
    pub amount_other: [u8; 6],
    /// Tag 9F1A.
    pub terminal_country: [u8; 2],
    /// Tag 95.
    pub terminal_verification_results: [u8; 5],
    /// Tag 5F2A.
    pub transaction_currency: [u8; 2],
    /// Tag 9A.
    pub transaction_date: [u8; 3],
    /// Tag 9C.
    pub transaction_type: [u8; 1],
    /// Tag 9F37.
    pub unpredictable_number: [u8; 4],
    /// Tag 82.
    pub application_interchange_profile: [u8; 2],
    /// Tag 9F36.
    pub application_transaction_counter: [u8; 2],
    /// The card verification results, or the whole issuer application data (tag 9F10): see the version.
    pub issuer_part: &'a [u8],
    /// The counters of Mastercard 17 and 21; empty for the others.
    pub counters: &'a [u8],
}

impl CryptogramData<'_> {
    /// All values in the order in which a cryptogram takes them.
    fn bytes(&self) -> Vec<u8> {
        [
            self.amount_authorised.as_slice(),
            &self.amount_other,
            &self.terminal_country,
            &self.terminal_verification_results,
            &self.transaction_currency,
            &self.transaction_date,
            &self.transaction_type,
            &self.unpredictable_number,
            &self.application_interchange_profile,
            &self.application_transaction_counter,
            self.issuer_part,
            self.counters,
        ]
        .concat()
    }
}

impl CryptogramVersion {
    /// The key of this transaction.
    pub fn session_key(self, card: &CardMasterKey, data: &CryptogramData<'_>) -> SessionKey {
        use CryptogramVersion::{Interac133, Visa10, Visa18, Visa22};
        use CryptogramVersion::{Mastercard16, Mastercard17, Mastercard20, Mastercard21};
        let counter = data.application_transaction_counter;
        match self {
            Visa10 => card.without_session(),
            Visa18 | Visa22 | Mastercard20 | Mastercard21 => card.session_key_of_counter(counter),
            Mastercard16 | Mastercard17 | Interac133 => {
                card.session_key_of_counter_and_number(counter, data.unpredictable_number)
            }
        }
    }

    /// The card's key by the option that the scheme takes for this version: Visa 18 and 22 option B (which
    /// differs for card numbers of more than sixteen digits), the others option A.
    pub fn card_key(
        self,
        issuer: &IssuerMasterKey,
        card_number: &str,
        sequence: u8,
    ) -> Result<CardMasterKey, KeyError> {
        match self {
            CryptogramVersion::Visa18 | CryptogramVersion::Visa22 => {
                issuer.card_key_option_b(card_number, sequence)
            }
            _ => issuer.card_key_option_a(card_number, sequence),
        }
    }

    fn padding(self) -> Padding {
        match self {
            CryptogramVersion::Visa10 => Padding::Zeros,
            _ => Padding::OneThenZeros,
        }
    }

    /// The cryptogram of a transaction (ARQC; a TC or AAC differs by the data alone).
    pub fn cryptogram(self, card: &CardMasterKey, data: &CryptogramData<'_>) -> [u8; 8] {
        self.session_key(card, data).cryptogram(&data.bytes(), self.padding())
    }

    /// True if the cryptogram is that of the transaction.
    pub fn verify(self, card: &CardMasterKey, data: &CryptogramData<'_>, cryptogram: &[u8; 8]) -> bool {
        same_bytes(&self.cryptogram(card, data), cryptogram)
    }
}

impl SessionKey {
    /// The cryptogram over data that are already in order.
    pub fn cryptogram(&self, data: &[u8], padding: Padding) -> [u8; 8] {
        RetailMacKey::new(self.0.expose()).expect("a session key has 16 bytes").mac(data, padding)
    }

    /// The issuer's answer by method 1 (8.2.1): over the authorisation response code.
    pub fn response_cryptogram(&self, cryptogram: [u8; 8], response_code: [u8; 2]) -> [u8; 8] {
        self.1.encrypt(xor(cryptogram, &response_code))
    }

    /// The issuer's answer by method 2 (8.2.2): over the card status update and up to eight bytes of the
    /// issuer's own.
    pub fn response_cryptogram_with_status(
        &self,
        cryptogram: [u8; 8],
        card_status_update: [u8; 4],
        proprietary: &[u8],
    ) -> [u8; 4] {
        let data = [cryptogram.as_slice(), &card_status_update, proprietary].concat();
        let [a, b, c, d, ..] = self.cryptogram(&data, Padding::OneThenZeros);
        [a, b, c, d]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [CryptogramVersion; 8] = [
        CryptogramVersion::Visa10,
        CryptogramVersion::Visa18,
        CryptogramVersion::Visa22,
        CryptogramVersion::Mastercard16,
        CryptogramVersion::Mastercard17,
        CryptogramVersion::Mastercard20,
        CryptogramVersion::Mastercard21,
        CryptogramVersion::Interac133,
    ];

    fn card(number: &str) -> CardMasterKey {
        let issuer = IssuerMasterKey::new(b"0123456789ABCDEF").expect("a key");
        issuer.card_key_option_a(number, 0).expect("a key")
    }

    proptest! {
        #[test]
        fn another_amount_counter_or_card_is_noticed(
            amount: [u8; 6], counter: u16, number: [u8; 4], issuer_part: [u8; 7], version in 0usize..8,
            bit in 0u32..48,
        ) {
            let version = ALL[version];
            let data = CryptogramData {
                amount_authorised: amount,
                application_transaction_counter: counter.to_be_bytes(),
                unpredictable_number: number,
                issuer_part: &issuer_part,
                ..CryptogramData::default()
            };
            let card_of = |number| card(number);
            let cryptogram = version.cryptogram(&card_of("4111111111111111"), &data);
            prop_assert!(version.verify(&card_of("4111111111111111"), &data, &cryptogram));
            prop_assert!(!version.verify(&card_of("4242424242424242"), &data, &cryptogram));
            let mut changed = amount;
            changed[bit as usize / 8] ^= 1 << (bit % 8);
            let other = CryptogramData { amount_authorised: changed, ..data };
            prop_assert!(!version.verify(&card_of("4111111111111111"), &other, &cryptogram));
            let application_transaction_counter = (counter ^ 1 << (bit % 16)).to_be_bytes();
            let other = CryptogramData { application_transaction_counter, ..data };
            prop_assert!(!version.verify(&card_of("4111111111111111"), &other, &cryptogram));
            let mut wrong = cryptogram;
            wrong[bit as usize % 8] ^= 1;
            prop_assert!(!version.verify(&card_of("4111111111111111"), &data, &wrong));
        }
    }

    /// Values made by an HSM, from pyemv's tests/test_ac_hsm.py.
    #[test]
    fn answers_are_those_of_an_hsm() {
        let issuer = IssuerMasterKey::new(&0x0123_4567_89AB_CDEF_FEDC_BA98_7654_3210_u128.to_be_bytes());
        let card = issuer.and_then(|key| key.card_key_option_a("9901234567890123", 45)).expect("a key");
        assert_eq!(card.check_value().0[..2], [0x1D, 0xA5]);
        let session = card.session_key(0x1234_5678_9012_3456_u64.to_be_bytes());
        assert_eq!(session.check_value().0[..2], [0x09, 0x95]);
        let data = [0x0123_4567_89AB_CDEF_u64.to_be_bytes(); 2].concat();
        let cryptogram = session.cryptogram(&data, Padding::OneThenZeros);
        assert_eq!(u64::from_be_bytes(cryptogram), 0x4B46_0133_59B7_A58B);
        let first = card.without_session().response_cryptogram(cryptogram, [0, 0]);
        assert_eq!(u64::from_be_bytes(first), 0xF8C9_CECA_ABD5_5AD1);
        let proprietary = 0x1234_5678_90AB_CDEF_u64.to_be_bytes();
        let second = session.response_cryptogram_with_status(cryptogram, [0; 4], &proprietary);
        assert_eq!(u32::from_be_bytes(second), 0x4962_B76C);
        let second = session.response_cryptogram_with_status(cryptogram, [0; 4], &[]);
        assert_eq!(u32::from_be_bytes(second), 0x7DFB_1188);
    }

    #[test]
    fn an_answer_holds_for_its_code_alone() {
        let key = card("4111111111111111").session_key_of_counter([0, 1]);
        let approved = key.response_cryptogram([7; 8], *b"00");
        assert_ne!(approved, key.response_cryptogram([7; 8], *b"05"));
        assert_ne!(approved, key.response_cryptogram([8; 8], *b"00"));
        let status = key.response_cryptogram_with_status([7; 8], [0, 0x80, 0, 0], &[]);
        assert_ne!(status, key.response_cryptogram_with_status([7; 8], [0, 0x40, 0, 0], &[]));
        assert_ne!(status, key.response_cryptogram_with_status([7; 8], [0, 0x80, 0, 0], &[1]));
    }
}
