//! The chip data that decisions are made from, as one flat record.
//!
//! Why it exists: rules ask for a handful of values of field 55; picking them up in one walk costs less than
//! asking for them one by one. Takes nothing secret: card number, track and names are not read.

use crate::tlv::{TlvError, TlvWalker};

/// What field 55 says, without anything secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChipData {
    /// 95, terminal verification results.
    pub terminal_verification_results: Option<[u8; 5]>,
    /// 9B, transaction status information.
    pub transaction_status: Option<[u8; 2]>,
    /// 9F34, results of the cardholder verification method.
    pub verification_method_results: Option<[u8; 3]>,
    /// 9F27, cryptogram information data.
    pub cryptogram_information: Option<u8>,
    /// 9F26, application cryptogram.
    pub cryptogram: Option<[u8; 8]>,
    /// 9F36, application transaction counter: must rise from payment to payment.
    pub transaction_counter: Option<u16>,
    /// 9F37, unpredictable number: must not repeat.
    pub unpredictable_number: Option<[u8; 4]>,
    /// 9F02, authorised amount in minor units.
    pub amount_minor: Option<u64>,
    /// 5F2A, transaction currency (ISO 4217 number).
    pub currency: Option<u16>,
    /// 9F1A, the terminal's country (ISO 3166 number).
    pub terminal_country: Option<u16>,
    /// 9A, transaction date, YYMMDD.
    pub date: Option<u32>,
    /// 9C, transaction type: the first two digits of the processing code.
    pub transaction_type: Option<u8>,
    /// 5F34, sequence number of the card.
    pub card_sequence: Option<u8>,
    /// 82, application interchange profile.
    pub interchange_profile: Option<[u8; 2]>,
}

impl ChipData {
    /// Reads the objects of field 55. On an error, the record holds what stood before it.
    pub fn read(bytes: &[u8]) -> (ChipData, Option<TlvError>) {
        let mut chip = ChipData::default();
        for object in TlvWalker::new(bytes) {
            let object = match object {
                Ok(object) => object,
                Err(error) => return (chip, Some(error)),
            };
            let value = object.value;
            match object.tag {
                0x82 => chip.interchange_profile = value.try_into().ok(),
                0x95 => chip.terminal_verification_results = value.try_into().ok(),
                0x9A => chip.date = decimal(value, 3).and_then(|n| u32::try_from(n).ok()),
                0x9B => chip.transaction_status = value.try_into().ok(),
                0x9C => chip.transaction_type = decimal(value, 1).and_then(|n| u8::try_from(n).ok()),
                0x5F2A => chip.currency = decimal(value, 2).and_then(|n| u16::try_from(n).ok()),
                0x5F34 => chip.card_sequence = decimal(value, 1).and_then(|n| u8::try_from(n).ok()),
                0x9F02 => chip.amount_minor = decimal(value, 6),
                0x9F1A => chip.terminal_country = decimal(value, 2).and_then(|n| u16::try_from(n).ok()),
                0x9F26 => chip.cryptogram = value.try_into().ok(),
                0x9F27 => chip.cryptogram_information = value.first().copied(),
                0x9F34 => chip.verification_method_results = value.try_into().ok(),
                0x9F36 => chip.transaction_counter = value.try_into().ok().map(u16::from_be_bytes),
                0x9F37 => chip.unpredictable_number = value.try_into().ok(),
                _ => {}
            }
        }
        (chip, None)
    }
}

/// BCD digits of exactly so many bytes.
fn decimal(bytes: &[u8], length: usize) -> Option<u64> {
    if bytes.len() != length {
        return None;
    }
    bytes.iter().try_fold(0u64, |n, byte| {
        let (high, low) = (byte >> 4, byte & 15);
        (high <= 9 && low <= 9).then(|| n * 100 + u64::from(high) * 10 + u64::from(low))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_walk_fills_the_record() {
        let bytes = [
            0x9F, 0x36, 2, 0x00, 0xA5, 0x95, 5, 0, 0, 0, 0x80, 0, 0x9F, 0x02, 6, 0, 0, 0, 0x01, 0x23, 0x45,
            0x9F, 0x34, 3, 2, 3, 0, 0x5F, 0x2A, 2, 0x01, 0x56, 0x9A, 3, 0x25, 0x11, 0x22, 0x82, 9,
        ];
        let (chip, error) = ChipData::read(&bytes);
        assert_eq!(chip.transaction_counter, Some(0xA5));
        assert_eq!(chip.terminal_verification_results, Some([0, 0, 0, 0x80, 0]));
        assert_eq!(chip.amount_minor, Some(12_345));
        assert_eq!(chip.verification_method_results, Some([2, 3, 0]));
        assert_eq!((chip.currency, chip.date), (Some(156), Some(251_122)));
        assert_eq!(chip.interchange_profile, None);
        assert_eq!(error.map(|e| e.offset), Some(37));
    }
}
