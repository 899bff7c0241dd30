//! The words of the payment world as types: card numbers that can't leak, money, places in the log,
//! partitions, short identifiers.
//!
//! Why it exists: types make the wrong thing unwritable. A clear card number lives only in [`Pan`],
//! which can't be printed and is overwritten when dropped; what may be kept is a [`Card`].
//! Never does I/O, never reads a clock, never allocates on the path of a message.

mod card;
mod mti;
mod partition;
mod short;

pub use card::{Card, MaskedPan, Pan, PanError, PanToken, TokenKey, keyed_hash_u64};
pub use mti::{Mti, MtiClass};
pub use partition::{PARTITIONS, Partition, mix64, stable_hash};
pub use short::{Short, TooLong};

use serde::Serialize;

/// A customer of an installation; every key and record carries one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct TenantId(pub u16);

/// Log time: microseconds since 1970-01-01T00:00:00Z, stamped when a record enters the log. Never
/// falls within a log. Windows and time-outs use it; a terminal's own time is only data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Instant(pub i64);

impl Instant {
    /// Microseconds from `earlier` to `self`; negative if `earlier` is later.
    pub fn since(self, earlier: Instant) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// This instant moved by some microseconds.
    pub fn plus_us(self, microseconds: i64) -> Instant {
        Instant(self.0.saturating_add(microseconds))
    }
}

/// One second in microseconds, the unit of [`Instant`].
pub const SECOND_US: i64 = 1_000_000;

/// An amount in the minor unit of a currency (ISO 4217 numeric code; 156 is the yuan).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Money {
    /// Minor units: cents, fen, or whole yen.
    pub minor: i64,
    /// ISO 4217 numeric code.
    pub currency: u16,
}

impl Money {
    /// Decimal places of the currency (ISO 4217).
    pub fn decimals(self) -> u32 {
        match self.currency {
            // yen, won, dong, rupiah's minor unit exists on paper only but terminals send it
            392 | 410 | 704 | 152 | 174 | 262 | 324 | 548 | 600 | 646 | 800 | 950 | 952 | 953 => 0,
            48 | 368 | 400 | 414 | 434 | 512 | 788 => 3,
            _ => 2,
        }
    }

    /// The ISO 4217 letters of the commonest currencies, else the three digits.
    pub fn currency_letters(self) -> String {
        let known = CURRENCIES.iter().find(|(number, _)| *number == self.currency);
        known.map_or_else(|| format!("{:03}", self.currency), |(_, letters)| (*letters).to_owned())
    }

    /// The currency of these letters or three digits, if it is one of the commonest.
    pub fn currency_of(word: &str) -> Option<u16> {
        let named = |number: u16, letters: &str| letters == word || format!("{number:03}") == word;
        CURRENCIES.iter().find(|(number, letters)| named(*number, letters)).map(|(number, _)| *number)
    }
}

/// The commonest currencies, ISO 4217: number and letters.
const CURRENCIES: [(u16, &str); 17] = [
    (156, "CNY"),
    (344, "HKD"),
    (446, "MOP"),
    (901, "TWD"),
    (840, "USD"),
    (978, "EUR"),
    (826, "GBP"),
    (392, "JPY"),
    (410, "KRW"),
    (702, "SGD"),
    (356, "INR"),
    (986, "BRL"),
    (764, "THB"),
    (458, "MYR"),
    (704, "VND"),
    (360, "IDR"),
    (608, "PHP"),
];

impl std::fmt::Display for Money {
    /// `128.00`, without the currency.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = 10_i64.pow(self.decimals());
        let sign = if self.minor < 0 { "-" } else { "" };
        let (whole, part) =
            (self.minor.unsigned_abs() / unit as u64, self.minor.unsigned_abs() % unit as u64);
        match self.decimals() {
            0 => write!(f, "{sign}{whole}"),
            places => write!(f, "{sign}{whole}.{part:0width$}", width = places as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_prints_the_places_of_its_currency() {
        assert_eq!(Money { minor: 12_800, currency: 156 }.to_string(), "128.00");
        assert_eq!(Money { minor: 5, currency: 840 }.to_string(), "0.05");
        assert_eq!(Money { minor: -5, currency: 840 }.to_string(), "-0.05");
        assert_eq!(Money { minor: 1_280, currency: 392 }.to_string(), "1280");
        assert_eq!(Money { minor: 1_280, currency: 48 }.to_string(), "1.280");
    }
}
