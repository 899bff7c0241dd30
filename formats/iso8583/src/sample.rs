//! A typical payment request, and what the decoding benchmark does with it.
//!
//! Why it exists: `tillguard bench decode` and the tests must measure and check the same message: a
//! UnionPay POS sale by chip with PIN, 22 fields, about 300 bytes. The card number is the public UnionPay
//! test number 6200 0000 0000 0005. Reads no clock: the caller measures.

use crate::builder::{BuildError, Builder};
use crate::decoder::Decoder;
use crate::dialect::Dialect;
use crate::error::DecodeError;
use crate::message::Message;
use crate::mti::Mti;
use tg_emv::ChipData;

/// The sample's dialect.
pub const DIALECT: &str = "cup_pos";

const CHIP: &str = "9F2608A1B2C3D4E5F607189F2701809F101307010103A0A802010A010000000000A1B2C3D49F3704A1B2C3D4\
    9F360200A5950500000080009A032511229C01009F02060000000123455F2A02015682027C009F1A0201569F0306000000000000\
    9F3303E0F9C89F34030203009F3501229F1E0831323334353637388408A0000003330101019F090200209F4104000000A5";

/// The sample message.
pub fn message() -> Result<Vec<u8>, BuildError> {
    let dialect = Dialect::named(DIALECT).ok_or_else(|| BuildError::BadHeader(DIALECT.to_owned()))?;
    let mti = Mti::from_number(200).ok_or_else(|| BuildError::BadHeader("0200".to_owned()))?;
    let mut builder = Builder::new(dialect, mti);
    builder
        .header("tpdu", &[0x60, 0x00, 0x03, 0x00, 0x00])?
        .header("head", &[0x60, 0x31, 0x00, 0x31, 0x01, 0])?;
    for (field, value) in [
        (2, "6200000000000005"),
        (3, "000000"),
        (4, "000000012345"),
        (11, "000173"),
        (12, "153045"),
        (13, "1122"),
        (14, "2912"),
        (22, "051"),
        (23, "001"),
        (25, "00"),
        (26, "06"),
        (32, "00094500"),
        (35, "6200000000000005=29122200000000000000"),
        (37, "532600000173"),
        (41, "10016919"),
        (42, "843290045820001"),
        (49, "156"),
        (52, "A1B2C3D4E5F60718"),
        (53, "2600000000000000"),
        (55, CHIP),
        (60, "2200000100050"),
        (64, "3833384539443341"),
    ] {
        builder.set(field, value)?;
    }
    builder.build()
}

/// What the features of a payment are made from: the decoded message as one flat record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Amount in minor units.
    pub amount_minor: u64,
    /// Trace number.
    pub trace: u64,
    /// The last four digits of the card number.
    pub card_last4: u64,
    /// Entry mode.
    pub entry_mode: u64,
    /// Field 55.
    pub chip: ChipData,
}

/// The record of a message, its chip data walked through.
pub fn record(message: &Message<'_>) -> Record {
    let chip = message.data(55).map(|data| ChipData::read(data).0).unwrap_or_default();
    Record {
        amount_minor: message.number(4).unwrap_or(0),
        trace: message.number(11).unwrap_or(0),
        card_last4: message.number(2).unwrap_or(0) % 10_000,
        entry_mode: message.number(22).unwrap_or(0),
        chip,
    }
}

/// Decodes the bytes `times` times, strictly: benchmark `strict`. Gives the count of fields seen.
pub fn strict(decoder: &mut Decoder, bytes: &[u8], times: u32) -> Result<u64, DecodeError> {
    let mut seen = 0;
    for _ in 0..times {
        let message = decoder.decode(std::hint::black_box(bytes))?;
        seen += std::hint::black_box(&message).bitmap().count_ones() as u64;
    }
    Ok(seen)
}

/// Decodes the bytes `times` times, strictly, and makes the record: benchmark `with_emv_record`.
pub fn with_emv_record(decoder: &mut Decoder, bytes: &[u8], times: u32) -> Result<u64, DecodeError> {
    let mut seen = 0u64;
    for _ in 0..times {
        let message = decoder.decode(std::hint::black_box(bytes))?;
        seen = seen.wrapping_add(std::hint::black_box(record(&message)).amount_minor);
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_what_it_says() {
        let bytes = message().expect("builds");
        assert!((280..330).contains(&bytes.len()), "{}", bytes.len());
        let mut decoder = Decoder::named(DIALECT).expect("dialect");
        let message = decoder.decode(&bytes).expect("decodes");
        assert_eq!(message.fields().count(), 22);
        let record = record(&message);
        assert_eq!(
            (record.amount_minor, record.trace, record.card_last4, record.entry_mode),
            (12_345, 173, 5, 51)
        );
        assert_eq!(record.chip.transaction_counter, Some(0xA5));
        assert_eq!(strict(&mut decoder, &bytes, 3), Ok(66));
        assert_eq!(with_emv_record(&mut decoder, &bytes, 2), Ok(24_690));
    }
}
