//! A payment terminal: its numbers, its keys, its clock, its link, and what it is waiting for.
//!
//! It builds requests and understands answers. It never knows why something failed; that is the point.

use crate::cards::{Card, Number};
use crate::message::Draft;
use crate::soft_keys::{self, Key};
use crate::truth::Cause;
use jiff::civil::DateTime;
use tg_keys::{CardMasterKey, CryptogramData, CryptogramVersion};

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    SignOn,
    Purchase,
    Balance,
    Void,
    Refund,
    Reversal,
}

/// How the card met the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Chip,
    Contactless,
    Stripe,
    /// The number was typed in.
    Typed,
}

/// A request on its way, with what the host reads from it.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) terminal: usize,
    pub(crate) purpose: Purpose,
    pub(crate) trace: u32,
    pub(crate) number: Option<Number>,
    pub(crate) amount_fen: i64,
    pub(crate) expiry: Option<u16>,
    pub(crate) pin_block: Option<[u8; 8]>,
    pub(crate) counter: Option<u16>,
    pub(crate) says_expired: bool,
    /// Trace number of the payment that a void, refund or reversal is about.
    pub(crate) original: Option<u32>,
    pub(crate) draft: Draft,
    pub(crate) frame: Vec<u8>,
    pub(crate) cause: Cause,
    pub(crate) attack: Option<usize>,
}

/// What the terminal waits for.
pub(crate) struct Waiting {
    pub(crate) request: Request,
    /// Distinguishes this wait from earlier ones.
    pub(crate) serial: u64,
    /// The card in use, if a customer stands there.
    pub(crate) card: Option<usize>,
}

/// An approved payment that may be voided or refunded.
pub(crate) struct Receipt {
    pub(crate) trace: u32,
    pub(crate) amount_fen: i64,
    pub(crate) card: usize,
    pub(crate) retrieval_reference: String,
    pub(crate) authorization: String,
    pub(crate) month_day: String,
}

/// The line to the host.
#[derive(Clone, Copy)]
pub(crate) struct Link {
    pub(crate) one_way_us: i64,
    /// Losses of ten thousand, each way.
    pub(crate) loss: u64,
    /// The next answer will be lost.
    pub(crate) drop_next_answer: bool,
}

/// A terminal.
pub(crate) struct Terminal {
    /// DE41.
    pub(crate) number: String,
    /// DE42 and habits.
    pub(crate) merchant: usize,
    pub(crate) serial_number: String,
    pub(crate) master: Key,
    pub(crate) mac: Key,
    pub(crate) pin: Key,
    pub(crate) trace: u32,
    pub(crate) batch: u32,
    pub(crate) clock_error_us: i64,
    pub(crate) link: Link,
    pub(crate) waiting: Option<Waiting>,
    /// Sent before anything else, until it is answered (as the POS rules demand).
    pub(crate) owed_reversal: Option<Request>,
    pub(crate) reversal_sends: u8,
    pub(crate) receipt: Option<Receipt>,
    pub(crate) technical_failures_in_row: u32,
    pub(crate) trouble: Cause,
    /// Customers come this often for now, while a rush lasts.
    pub(crate) rush_gap_us: Option<i64>,
    /// What the next message says of the device and its place.
    pub(crate) field_59: Option<String>,
}

/// What the customer wants and how.
pub(crate) struct Sale {
    pub(crate) purpose: Purpose,
    pub(crate) amount_fen: i64,
    pub(crate) entry: Entry,
    pub(crate) asks_pin: bool,
    /// What was typed, if a PIN was asked.
    pub(crate) typed_pin: u32,
    pub(crate) unpredictable: u32,
    pub(crate) cryptogram: [u8; 8],
    pub(crate) more: More,
}

/// What only some sales have.
#[derive(Default)]
pub(crate) struct More {
    /// The chip could not be read: the stripe of a chip card was (field 60.5 says so).
    pub(crate) fallback: bool,
    /// The key with which the card makes its cryptogram; without one it stays as given in the sale.
    pub(crate) card_key: Option<CardMasterKey>,
    /// Processing code and type (field 60.1) of what is no purchase: cash, transfer.
    pub(crate) service: Option<(&'static str, &'static str)>,
    /// What was typed instead of the number or expiry on the card.
    pub(crate) mistyped: Option<(Number, u16)>,
}

/// Cash for the cardholder (助农取款): processing code and type.
pub(crate) const CASH: (&str, &str) = ("010000", "22");
/// A transfer to another account.
pub(crate) const TRANSFER: (&str, &str) = ("400000", "22");

impl Terminal {
    /// The next trace number; 0 is never used.
    pub(crate) fn next_trace(&mut self) -> u32 {
        self.trace = self.trace % 999_999 + 1;
        self.trace
    }

    fn base(&self, mti: &'static str, trace: u32, merchant: &str, now: DateTime) -> Draft {
        let mut draft = Draft::request(mti);
        draft.text(11, format!("{trace:06}"));
        draft.text(12, format!("{:02}{:02}{:02}", now.hour(), now.minute(), now.second()));
        draft.text(13, month_day(now));
        draft.text(41, self.number.clone());
        draft.text(42, merchant.to_owned());
        if let Some(field) = &self.field_59 {
            draft.text(59, field.clone());
        }
        draft
    }

    /// The request for working keys.
    pub(crate) fn sign_on(&mut self, index: usize, merchant: &str, now: DateTime) -> Request {
        let trace = self.next_trace();
        let mut draft = self.base("0800", trace, merchant, now);
        // 003: double-length keys
        draft.text(60, format!("00{:06}003", self.batch));
        draft.bytes(62, format!("Sequence No12{}", self.serial_number).into_bytes());
        draft.text(63, "01 ".to_owned());
        let frame = draft.encode(None);
        self.request(index, Purpose::SignOn, trace, draft, frame)
    }

    fn request(
        &self,
        terminal: usize,
        purpose: Purpose,
        trace: u32,
        draft: Draft,
        frame: Vec<u8>,
    ) -> Request {
        Request {
            terminal,
            purpose,
            trace,
            number: None,
            amount_fen: 0,
            expiry: None,
            pin_block: None,
            counter: None,
            says_expired: false,
            original: None,
            draft,
            frame,
            cause: self.trouble,
            attack: None,
        }
    }

    /// A purchase or balance enquiry with a card. `now` is what this terminal's clock shows.
    pub(crate) fn sale(
        &mut self,
        index: usize,
        merchant: &str,
        card: &mut Card,
        sale: &Sale,
        now: DateTime,
    ) -> Request {
        let trace = self.next_trace();
        let mut draft = self.base("0200", trace, merchant, now);
        let is_enquiry = sale.purpose == Purpose::Balance;
        let service = sale.more.service;
        let processing = service.map_or(if is_enquiry { "310000" } else { "000000" }, |s| s.0);
        draft.text(3, processing.to_owned());
        if !is_enquiry {
            draft.text(4, format!("{:012}", sale.amount_fen));
        }
        let (number, expiry) = sale.more.mistyped.unwrap_or((card.number, card.expiry));
        let digits = number.digits();
        let pin_digit = if sale.asks_pin { '1' } else { '2' };
        let mode = match sale.entry {
            Entry::Chip => "05",
            Entry::Contactless => "07",
            Entry::Stripe => "02",
            Entry::Typed => "01",
        };
        draft.text(22, format!("{mode}{pin_digit}"));
        draft.text(25, "00".to_owned());
        draft.text(49, "156".to_owned());
        let chip = matches!(sale.entry, Entry::Chip | Entry::Contactless);
        if sale.entry != Entry::Stripe {
            draft.text(2, digits.clone());
            draft.text(14, format!("{expiry:04}"));
        }
        if sale.entry != Entry::Typed {
            let service = if card.has_chip { "220" } else { "120" };
            draft.text(35, format!("{digits}={:04}{service}", card.expiry));
        }
        let mut pin_block = None;
        if sale.asks_pin {
            draft.text(26, "12".to_owned());
            let block = soft_keys::pin_block(&self.pin, sale.typed_pin, card.number);
            draft.bytes(52, block.to_vec());
            pin_block = Some(block);
        }
        draft.text(53, if sale.asks_pin { "2600000000000000" } else { "0600000000000000" }.to_owned());
        let terminal_says_expired = card.expiry < year_month(now);
        let mut counter = None;
        if chip {
            card.transaction_counter = card.transaction_counter.saturating_add(1);
            counter = Some(card.transaction_counter);
            draft.text(23, "001".to_owned());
            draft.bytes(55, chip_data(trace, card.transaction_counter, sale, terminal_says_expired, now));
        }
        // reading ability 5: chip and stripe; 6: also contactless
        let ability = if sale.entry == Entry::Contactless { 6 } else { 5 };
        let kind = service.map_or(if is_enquiry { "01" } else { "22" }, |s| s.1);
        // the chip's condition: 2, the last reading failed
        let condition = if sale.more.fallback { 2 } else { 0 };
        draft.text(60, format!("{kind}{:06}000{ability}{condition}", self.batch));
        let frame = draft.encode(Some(&self.mac));
        let mut request = self.request(index, sale.purpose, trace, draft, frame);
        request.number = Some(number);
        request.amount_fen = if is_enquiry { 0 } else { sale.amount_fen };
        request.expiry = Some(expiry);
        request.pin_block = pin_block;
        request.counter = counter;
        request.says_expired = chip && terminal_says_expired;
        request
    }

    /// The void (same day, 0200) or refund (0220) of an approved payment.
    pub(crate) fn take_back(
        &mut self,
        index: usize,
        merchant: &str,
        card: &Card,
        receipt: &Receipt,
        purpose: Purpose,
        now: DateTime,
    ) -> Request {
        let trace = self.next_trace();
        let (mti, kind) = if purpose == Purpose::Void { ("0200", "23") } else { ("0220", "25") };
        let mut draft = self.base(mti, trace, merchant, now);
        draft.text(2, card.number.digits());
        draft.text(3, "200000".to_owned());
        draft.text(4, format!("{:012}", receipt.amount_fen));
        draft.text(14, format!("{:04}", card.expiry));
        draft.text(22, "012".to_owned());
        draft.text(25, "00".to_owned());
        draft.text(37, receipt.retrieval_reference.clone());
        draft.text(38, receipt.authorization.clone());
        draft.text(49, "156".to_owned());
        draft.text(53, "0600000000000000".to_owned());
        draft.text(60, format!("{kind}{:06}000", self.batch));
        draft.text(61, format!("{:06}{:06}{}", self.batch, receipt.trace, receipt.month_day));
        let frame = draft.encode(Some(&self.mac));
        let mut request = self.request(index, purpose, trace, draft, frame);
        request.number = Some(card.number);
        request.amount_fen = receipt.amount_fen;
        request.original = Some(receipt.trace);
        request
    }

    /// The reversal of a payment whose outcome is in doubt: its own fields, its own trace number, and
    /// why (98: no answer in time; A0: the answer's MAC was wrong).
    pub(crate) fn reversal(&self, of: &Request, reason: &str, now: DateTime) -> Request {
        let mut draft = of.draft.clone();
        draft.mti = "0400";
        for field in [26, 35, 52, 53] {
            draft.remove(field);
        }
        if let Some(number) = of.number {
            draft.text(2, number.digits());
        }
        if of.counter.is_some() {
            let mut tags = Vec::new();
            tag(&mut tags, &[0x95], &[0, 0, 0, 0, 0]);
            tag(&mut tags, &[0x9F, 0x36], &of.counter.unwrap_or(0).to_be_bytes());
            draft.bytes(55, tags);
        }
        draft.text(39, reason.to_owned());
        draft.text(61, format!("{:06}{:06}{}", self.batch, of.trace, month_day(now)));
        let frame = draft.encode(Some(&self.mac));
        let mut request = self.request(of.terminal, Purpose::Reversal, of.trace, draft, frame);
        request.number = of.number;
        request.amount_fen = of.amount_fen;
        request.original = Some(of.trace);
        request.cause = of.cause;
        request.attack = of.attack;
        request
    }

    /// Takes the working keys of a sign-on's answer. False if a check value is wrong: the master keys
    /// differ, and the old working keys stay.
    pub(crate) fn take_keys(&mut self, block: &[u8; 40]) -> bool {
        match soft_keys::open_key_block(&self.master, block) {
            Some((pin, mac)) => {
                (self.pin, self.mac) = (pin, mac);
                true
            }
            None => false,
        }
    }
}

/// MMDD.
pub(crate) fn month_day(now: DateTime) -> String {
    format!("{:02}{:02}", now.month(), now.day())
}

/// YYMM.
pub(crate) fn year_month(now: DateTime) -> u16 {
    (now.year().rem_euclid(100) * 100 + i16::from(now.month())).unsigned_abs()
}

fn tag(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.extend_from_slice(name);
    out.push(value.len() as u8);
    out.extend_from_slice(value);
}

/// Digits as BCD, an even number of them.
fn bcd(digits: &str) -> Vec<u8> {
    digits.as_bytes().chunks(2).map(|d| (d[0] & 15) << 4 | d.get(1).map_or(0, |low| low & 15)).collect()
}

/// Field 55 as a UnionPay debit card and terminal make it (EMV Book 3 annex A; JR/T 0025).
fn chip_data(trace: u32, counter: u16, sale: &Sale, expired: bool, now: DateTime) -> Vec<u8> {
    let mut out = Vec::with_capacity(160);
    let contactless = sale.entry == Entry::Contactless;
    // Byte 2 bit 7: expired application; byte 3 bit 3: online PIN entered; byte 4 bit 8 unset.
    let results = [0, if expired { 0x40 } else { 0 }, if sale.asks_pin { 0x04 } else { 0 }, 0, 0];
    let method: [u8; 3] = if sale.asks_pin { [0x42, 0x03, 0x00] } else { [0x1F, 0x03, 0x02] };
    let mut issuer_data = vec![0x07, 0x01, 0x01, 0x03, 0xA0, 0, 0, 1, 0x0A, 1, 0, 0, 5, 0, 0];
    issuer_data.extend_from_slice(&sale.cryptogram[4..]);
    let date = bcd(&format!("{:02}{}", now.year().rem_euclid(100), month_day(now)));
    let amount = bcd(&format!("{:012}", sale.amount_fen));
    let kind = match sale.more.service {
        Some((code, _)) => bcd(&code[..2])[0],
        None if sale.purpose == Purpose::Balance => 0x31,
        None => 0,
    };
    let profile: [u8; 2] = if contactless { [0x7C, 0x00] } else { [0x7D, 0x00] };
    let cryptogram = match &sale.more.card_key {
        // UnionPay's own choice of data and session key is in no public source that we have: EMV's common
        // session key over EMV's minimum set, which Mastercard's version 20 also takes.
        Some(key) => CryptogramVersion::Mastercard20.cryptogram(
            key,
            &CryptogramData {
                amount_authorised: amount[..].try_into().unwrap_or_default(),
                terminal_country: [0x01, 0x56],
                terminal_verification_results: results,
                transaction_currency: [0x01, 0x56],
                transaction_date: date[..].try_into().unwrap_or_default(),
                transaction_type: [kind],
                unpredictable_number: sale.unpredictable.to_be_bytes(),
                application_interchange_profile: profile,
                application_transaction_counter: counter.to_be_bytes(),
                issuer_part: &issuer_data[3..7],
                ..CryptogramData::default()
            },
        ),
        None => sale.cryptogram,
    };
    tag(&mut out, &[0x9F, 0x26], &cryptogram);
    tag(&mut out, &[0x9F, 0x27], &[0x80]);
    tag(&mut out, &[0x9F, 0x10], &issuer_data);
    tag(&mut out, &[0x9F, 0x37], &sale.unpredictable.to_be_bytes());
    tag(&mut out, &[0x9F, 0x36], &counter.to_be_bytes());
    tag(&mut out, &[0x95], &results);
    tag(&mut out, &[0x9A], &date);
    tag(&mut out, &[0x9C], &[kind]);
    tag(&mut out, &[0x9F, 0x02], &amount);
    tag(&mut out, &[0x5F, 0x2A], &[0x01, 0x56]);
    tag(&mut out, &[0x82], &profile);
    tag(&mut out, &[0x9F, 0x1A], &[0x01, 0x56]);
    tag(&mut out, &[0x9F, 0x03], &[0; 6]);
    tag(&mut out, &[0x9F, 0x33], &[0xE0, 0xE9, 0xC8]);
    tag(&mut out, &[0x9F, 0x34], &method);
    tag(&mut out, &[0x9F, 0x35], &[0x22]);
    tag(&mut out, &[0x84], &[0xA0, 0, 0, 0x03, 0x33, 1, 1, 1]);
    tag(&mut out, &[0x9F, 0x09], &[0, 0x20]);
    tag(&mut out, &[0x9F, 0x41], &bcd(&format!("{trace:08}")));
    out
}
