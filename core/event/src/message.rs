//! [`Message`]: all that is kept of one payment message.
//!
//! It is made once, at the door, from the decoded bytes; what is not here can't be asked for later.
//! Absent text fields are empty, absent numbers are `None`.

use tg_types::{Card, Money, Mti, MtiClass, Short, TenantId};

/// What an answer's response code (DE39) means for the payment, decided at the door by the catalogue of
/// codes, so that a later change of the catalogue doesn't change the past.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ResponseClass {
    /// The message is not an answer, or it carries no code.
    #[default]
    None = 0,
    /// Approved, wholly or partly.
    Approved = 1,
    /// Declined by the issuer or for the card.
    Declined = 2,
    /// Declined, and the card is to be kept. Never approved (I8).
    KeepCard = 3,
    /// Issuer, switch or acquirer could not answer.
    Unavailable = 4,
    /// A key, MAC or PIN routine failed (UnionPay A0, A7, 99 ...).
    Security = 5,
    /// The message or the terminal's settings are wrong (30, 03, 97 ...).
    Settings = 6,
    /// The code is in no catalogue: not approved.
    Unlisted = 7,
}

impl ResponseClass {
    pub(crate) fn from_byte(byte: u8) -> Option<ResponseClass> {
        use ResponseClass::*;
        [None, Approved, Declined, KeepCard, Unavailable, Security, Settings, Unlisted]
            .get(usize::from(byte))
            .copied()
    }
}

/// What is known of a message's MAC (DE64 or DE128).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum MacState {
    /// The message carries none.
    #[default]
    Absent = 0,
    /// It carries one; no key is configured to check it.
    Unchecked = 1,
    /// Right under the configured key.
    Good = 2,
    /// Wrong under the configured key.
    Bad = 3,
}

impl MacState {
    pub(crate) fn from_byte(byte: u8) -> Option<MacState> {
        [MacState::Absent, MacState::Unchecked, MacState::Good, MacState::Bad].get(usize::from(byte)).copied()
    }
}

/// The terminal's own date and time (DE13 and DE12): local, without a year, as the terminal believes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TerminalTime {
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// Seconds of the day, 0 to 86,399.
    pub second_of_day: u32,
}

/// What of the chip's data (DE55) is kept. Fields that the chip did not send are zero; see `present`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Chip {
    /// Which of the fields below were sent: bit 0 to 5 in their order.
    pub present: u8,
    /// Tag 95, terminal verification results.
    pub terminal_verification_results: [u8; 5],
    /// Tag 9B, transaction status information.
    pub transaction_status: [u8; 2],
    /// Tag 9F34, cardholder verification method results.
    pub verification_method: [u8; 3],
    /// Tag 9F27, cryptogram information data.
    pub cryptogram_information: u8,
    /// Tag 9F36, application transaction counter: rises with every use of the chip.
    pub transaction_counter: u16,
    /// Tag 9F37, unpredictable number: must not repeat.
    pub unpredictable_number: u32,
}

/// Where a terminal says it is, in units of 1e-5 degrees (about a metre). Its own word: nobody has checked it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// North is positive; -9,000,000 to 9,000,000.
    pub latitude: i32,
    /// East is positive; -18,000,000 to 18,000,000.
    pub longitude: i32,
}

impl Place {
    /// A place within the range of the globe. Not (0, 0), which devices send that have no position: it lies in
    /// the open sea.
    pub fn new(latitude: i32, longitude: i32) -> Option<Place> {
        let on_globe = latitude.unsigned_abs() <= 9_000_000 && longitude.unsigned_abs() <= 18_000_000;
        (on_globe && (latitude, longitude) != (0, 0)).then_some(Place { latitude, longitude })
    }
}

/// Finds exact repeats: keyed hash of the frame with its length mixed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DuplicateKey(pub u64);

/// One decoded payment message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Whose.
    pub tenant: TenantId,
    /// Which configured feed it came through.
    pub feed: u16,
    /// The name of the code scheme that gives its codes a meaning, such as `unionpay`.
    pub scheme: Short<16>,
    /// Length of the frame in bytes.
    pub frame_length: u16,
    /// Finds exact repeats.
    pub duplicate_key: DuplicateKey,
    /// Message type.
    pub mti: Mti,
    /// DE2, DE35, tag 57 or 5A, as what may be kept of it.
    pub card: Option<Card>,
    /// DE4 with DE49.
    pub amount: Option<Money>,
    /// DE3.
    pub processing_code: Option<u32>,
    /// DE11, system trace audit number.
    pub trace: Option<u32>,
    /// Batch number (UnionPay's POS form: DE60.2).
    pub batch: Option<u32>,
    /// Trace number of the payment that a void or reversal refers to (DE61.2 or DE90).
    pub original_trace: Option<u32>,
    /// DE12 and DE13.
    pub terminal_time: Option<TerminalTime>,
    /// DE14, expiry as YYMM.
    pub expiry: Option<u16>,
    /// DE18, merchant category code.
    pub merchant_category: Option<u16>,
    /// DE19 or tag 9F1A, country of the acquirer or terminal, ISO 3166 numeric.
    pub country: Option<u16>,
    /// DE22, three digits.
    pub entry_mode: Option<u16>,
    /// DE25.
    pub condition: Option<u8>,
    /// DE32.
    pub acquirer: Short<11>,
    /// DE33 in requests; in answers of the POS form the issuer from DE44.
    pub issuer: Short<11>,
    /// DE37.
    pub retrieval_reference: Short<12>,
    /// DE38.
    pub authorization: Short<6>,
    /// DE39: an issuer's answer, or in a 0400 request the reason of the reversal.
    pub response_code: Short<4>,
    /// What DE39 means here.
    pub response_class: ResponseClass,
    /// DE41.
    pub terminal: Short<16>,
    /// DE42.
    pub merchant: Short<15>,
    /// The device's serial number where the message carries it (tag 9F1E is not it; DE59's TUSN is).
    pub serial: Short<50>,
    /// DE55.
    pub chip: Option<Chip>,
    /// DE64 or DE128.
    pub mac: MacState,
    /// Where the terminal says it is (DE59, usage A1: our own form).
    pub place: Option<Place>,
    /// DE70, or UnionPay's POS form DE60.3: what a network management message is about (001, 003, 004: sign-on).
    pub management: Option<u16>,
    /// The service code of track 2 (DE35): a first digit 2 or 6 says that the card has a chip.
    pub service_code: Option<u16>,
    /// UnionPay's POS form DE60.1: the kind of business (22 purchase, 23 void, 25 refund ...).
    pub business: Option<u8>,
    /// UnionPay's POS form DE60.4: what the terminal can read (5 and 6: chips too).
    pub reads: Option<u8>,
    /// UnionPay's POS form DE60.5: 1 or 2 after a chip that could not be read, as the terminal says.
    pub chip_failed: Option<u8>,
    /// DE23, which of several cards under one number.
    pub card_sequence: Option<u16>,
    /// DE52 was there (its content is not kept).
    pub pin_present: bool,
    /// DE35, 36 or 45 was there (its content is not kept).
    pub track_present: bool,
}

impl Message {
    /// True for a request that asks for money to move from a card now: a purchase, cash or transfer in a
    /// 01xx or 02xx request. Not an enquiry, refund, void, advice or reversal.
    pub fn asks_for_money(&self) -> bool {
        if !self.is_payment() || self.mti.is_advice() {
            return false;
        }
        // ISO 8583:1987 DE3 first two digits: 00-19 debits, 20-29 credits, 30-39 enquiries, 40-49 transfers.
        // UnionPay uses 20 for voids and refunds.
        match self.processing_code.map(|c| c / 10_000) {
            Some(0..=19 | 40..=59) => true,
            Some(_) => false,
            None => self.amount.is_some_and(|a| a.minor > 0),
        }
    }

    /// True for a request or advice that gives money back to a card: UnionPay's refund, or a credit (DE3 20 to
    /// 29) that is no void of a payment of the day (DE60.1 = 23).
    pub fn gives_money_back(&self) -> bool {
        let credit = matches!(self.processing_code.map(|c| c / 10_000), Some(20..=29));
        self.is_payment() && credit && (self.business == Some(25) || self.business.is_none())
    }

    /// True for the request of a terminal to begin its day: it asks for new working keys.
    pub fn is_sign_on(&self) -> bool {
        self.mti.is_request()
            && self.mti.class() == MtiClass::NetworkManagement
            && matches!(self.management, Some(1 | 3 | 4) | None)
    }

    /// The card itself was at the terminal: chip, stripe or contactless (DE22), not typed in, stored or told.
    pub fn card_present(&self) -> bool {
        matches!(self.entry_mode.map(|m| m / 10), Some(2 | 5 | 7 | 80 | 90 | 91 | 95))
    }

    /// The stripe was read although the card has a chip: "fallback".
    pub fn is_fallback(&self) -> bool {
        let has_chip = self.service_code.is_some_and(|s| matches!(s / 100, 2 | 6));
        match self.entry_mode.map(|m| m / 10) {
            Some(80) => true,
            Some(2 | 90) => has_chip || matches!(self.chip_failed, Some(1 | 2)),
            _ => false,
        }
    }

    /// True for a request or advice of class 1 or 2: the opening of a payment.
    pub fn is_payment(&self) -> bool {
        self.mti.is_request() && matches!(self.mti.class(), MtiClass::Authorization | MtiClass::Financial)
    }
}
