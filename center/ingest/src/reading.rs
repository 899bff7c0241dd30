//! From a decoded message to what may be kept of it: the place where the clear card number ends.
//!
//! Everything after this holds tokens, first six and last four digits. Track data, PIN blocks and security
//! codes are noticed ("was there") and never copied. Of a frame that can't be decoded only length, keyed
//! hash and error position remain.

use crate::MacChecker;
use tg_codes::{Catalogue, Category, Scheme};
use tg_emv::{ChipData, TlvWalker};
use tg_event::{
    Chip, DuplicateKey, Event, MacState, Message, Place, ResponseClass, TerminalTime, Undecoded,
    UndecodedKind,
};
use tg_iso8583::{DecodeError, Decoder, ErrorKind};
use tg_types::{Card, Money, Mti, MtiClass, Pan, Short, TenantId, TokenKey};
use zeroize::Zeroize;

/// Turns the frames of one feed into events.
pub struct FrameReader {
    tenant: TenantId,
    feed: u16,
    scheme: Scheme,
    /// Field 60, 61 and 44 are laid out as UnionPay's POS form says.
    union_pay_pos: bool,
    decoder: Decoder,
    tokens: std::sync::Arc<TokenKey>,
    catalogue: &'static Catalogue,
    macs: Option<std::sync::Arc<dyn MacChecker>>,
}

impl FrameReader {
    /// A reader for a feed of a compiled-in dialect; `None` if there is no such dialect.
    pub fn new(
        tenant: TenantId,
        feed: u16,
        dialect: &str,
        tokens: std::sync::Arc<TokenKey>,
    ) -> Option<FrameReader> {
        Some(FrameReader {
            tenant,
            feed,
            scheme: scheme_of_dialect(dialect),
            union_pay_pos: dialect.starts_with("cup_pos"),
            decoder: Decoder::named(dialect)?,
            tokens,
            catalogue: Catalogue::builtin(),
            macs: None,
        })
    }

    /// The same, with the MAC of each message checked.
    pub fn checking_macs(self, macs: Option<std::sync::Arc<dyn MacChecker>>) -> FrameReader {
        FrameReader { macs, ..self }
    }

    /// The event of a frame. Never fails: what can't be decoded is an event too.
    pub fn read(&mut self, frame: &[u8]) -> Event {
        let hash = self.tokens.frame_hash(frame);
        let message = match self.decoder.decode(frame) {
            Ok(message) => message,
            Err(error) => return Event::Undecoded(self.undecoded(frame, hash, &error)),
        };
        let mut event = Message {
            tenant: self.tenant,
            feed: self.feed,
            frame_length: u16::try_from(frame.len()).unwrap_or(u16::MAX),
            duplicate_key: DuplicateKey(hash ^ (frame.len() as u64).rotate_left(48)),
            mti: Mti::from_ascii(message.mti().digits()).unwrap_or_default(),
            ..Message::default()
        };
        self.read_fields(&message, &mut event);
        if let Some(macs) = &self.macs {
            event.mac = crate::mac::state_of(macs.as_ref(), &message, &event);
        }
        Event::Message(Box::new(event))
    }

    /// The event of a frame that was too long to be taken.
    pub fn too_long(&self, length: usize) -> Event {
        Event::Undecoded(Undecoded {
            tenant: self.tenant,
            feed: self.feed,
            frame_length: u32::try_from(length).unwrap_or(u32::MAX),
            frame_hash: 0,
            kind: UndecodedKind::FrameTooLong,
            field: 0,
            error_offset: 0,
        })
    }

    fn undecoded(&self, frame: &[u8], frame_hash: u64, error: &DecodeError) -> Undecoded {
        Undecoded {
            tenant: self.tenant,
            feed: self.feed,
            frame_length: u32::try_from(frame.len()).unwrap_or(u32::MAX),
            frame_hash,
            kind: match error.kind {
                ErrorKind::Truncated => UndecodedKind::Truncated,
                ErrorKind::LengthNotDigits => UndecodedKind::LengthNotDigits,
                ErrorKind::LengthOverLimit => UndecodedKind::LengthOverLimit,
                ErrorKind::BadCharacter => UndecodedKind::BadCharacter,
                ErrorKind::BadBitmap => UndecodedKind::BadBitmap,
                ErrorKind::TrailingBytes => UndecodedKind::TrailingBytes,
                ErrorKind::UnknownField => UndecodedKind::UnknownField,
                ErrorKind::BadHeader => UndecodedKind::BadHeader,
                ErrorKind::BadTlv => UndecodedKind::BadTlv,
            },
            field: error.field.unwrap_or(0),
            error_offset: error.offset,
        }
    }

    fn read_fields(&self, message: &tg_iso8583::Message<'_>, event: &mut Message) {
        let number = |field| message.number(field);
        event.scheme = Short::new(self.scheme.word()).unwrap_or_default();
        event.processing_code = number(3).map(|n| n as u32);
        event.trace = number(11).map(|n| n as u32);
        event.terminal_time = terminal_time(number(12), number(13));
        event.expiry = number(14).map(|n| n as u16);
        event.merchant_category = number(18).map(|n| n as u16);
        event.country = number(19).map(|n| n as u16);
        event.entry_mode = number(22).map(|n| n as u16);
        event.card_sequence = number(23).map(|n| n as u16);
        event.management = number(70).map(|n| n as u16);
        event.condition = number(25).map(|n| n as u8);
        event.amount = number(4).and_then(|minor| {
            let currency = number(49).unwrap_or(0) as u16;
            Some(Money { minor: i64::try_from(minor).ok()?, currency })
        });
        event.acquirer = digits(message, 32);
        event.issuer = digits(message, 33);
        event.retrieval_reference = text(message, 37);
        event.authorization = text(message, 38);
        event.response_code = text(message, 39);
        event.terminal = text(message, 41);
        event.merchant = text(message, 42);
        event.response_class = self.response_class(event);
        event.pin_present = message.has(52);
        event.track_present = message.has(35) || message.has(36) || message.has(45);
        event.mac = if message.mac().is_some() { MacState::Unchecked } else { MacState::Absent };
        if self.union_pay_pos {
            read_union_pay_pos(message, event);
        } else {
            // ISO 8583:1987 field 90: message type (4), trace number (6) ... of the original.
            event.original_trace = part(message, 90, 4..10);
        }
        event.service_code = message.field(35).and_then(|f| f.track_two()).and_then(|t| t.service_code);
        let chip_card = self.read_chip(message, event);
        event.card = self.card(message, event).or(chip_card);
    }

    /// The card from field 2, else from track 2; also takes the expiry from the track.
    fn card(&self, message: &tg_iso8583::Message<'_>, event: &mut Message) -> Option<Card> {
        let mut buffer = [0_u8; 128];
        let keyed =
            message.field(2).and_then(|f| f.digits_into(&mut buffer)).and_then(|d| Pan::from_ascii(d).ok());
        buffer.zeroize();
        let pan = keyed.or_else(|| {
            let track = message.field(35)?.digits_into(&mut buffer)?;
            let separator = track.iter().position(|c| *c == b'=')?;
            event.expiry =
                event.expiry.or_else(|| decimal(track.get(separator + 1..separator + 5)?).map(|n| n as u16));
            Pan::from_ascii(&track[..separator]).ok()
        });
        buffer.zeroize();
        pan.map(|pan| self.tokens.card(&pan))
    }

    fn response_class(&self, event: &Message) -> ResponseClass {
        let mti = event.mti;
        if event.response_code.is_empty() || mti.is_request() {
            return ResponseClass::None;
        }
        let row = self.catalogue.code_in_message(self.scheme, &mti.to_string(), event.response_code.as_str());
        let Some(row) = row else { return ResponseClass::Unlisted };
        if row.category == Category::Pickup || row.capture_card == tg_codes::CaptureCard::Yes {
            return ResponseClass::KeepCard;
        }
        if row.is_approval() {
            return ResponseClass::Approved;
        }
        match row.category {
            Category::System | Category::Routing | Category::Timeout | Category::Network => {
                ResponseClass::Unavailable
            }
            Category::CryptoKey | Category::CryptoSecurity => ResponseClass::Security,
            Category::Format
            | Category::MerchantTerminal
            | Category::TerminalState
            | Category::Settlement => ResponseClass::Settings,
            _ => ResponseClass::Declined,
        }
    }

    /// What of field 55 is kept; the card, if only the chip data name it. The field may hold other things
    /// than chip data, so what can't be read is passed over.
    fn read_chip(&self, message: &tg_iso8583::Message<'_>, event: &mut Message) -> Option<Card> {
        let data = message.data(55)?;
        let (read, _) = ChipData::read(data);
        let present = [
            read.terminal_verification_results.is_some(),
            read.transaction_status.is_some(),
            read.verification_method_results.is_some(),
            read.cryptogram_information.is_some(),
            read.transaction_counter.is_some(),
            read.unpredictable_number.is_some(),
        ];
        let present = present.iter().enumerate().fold(0, |bits, (i, there)| bits | u8::from(*there) << i);
        event.country = event.country.or(read.terminal_country);
        event.chip = (present != 0).then(|| Chip {
            present,
            terminal_verification_results: read.terminal_verification_results.unwrap_or_default(),
            transaction_status: read.transaction_status.unwrap_or_default(),
            verification_method: read.verification_method_results.unwrap_or_default(),
            cryptogram_information: read.cryptogram_information.unwrap_or_default(),
            transaction_counter: read.transaction_counter.unwrap_or_default(),
            unpredictable_number: read.unpredictable_number.map_or(0, u32::from_be_bytes),
        });
        if message.has(2) || message.has(35) {
            return None;
        }
        let mut objects = TlvWalker::new(data).map_while(Result::ok).filter(|o| matches!(o.tag, 0x57 | 0x5A));
        objects.find_map(|object| self.card_of_nibbles(object.value))
    }

    /// A card number in nibbles, ended by D (track 2 equivalent, tag 57) or F (padding, tag 5A).
    fn card_of_nibbles(&self, value: &[u8]) -> Option<Card> {
        let mut buffer = [0_u8; 19];
        let nibbles = value.iter().flat_map(|b| [b >> 4, b & 15]).take_while(|n| *n < 10);
        let mut length = 0;
        for nibble in nibbles.take(buffer.len()) {
            buffer[length] = b'0' + nibble;
            length += 1;
        }
        let pan = Pan::from_ascii(&buffer[..length]).ok();
        buffer.zeroize();
        pan.map(|pan| self.tokens.card(&pan))
    }
}

/// The code scheme that a dialect's response codes belong to: that of its network, else ISO 8583:1987, by
/// which all others are written.
pub fn scheme_of_dialect(dialect: &str) -> Scheme {
    match dialect {
        "mastercard" => Scheme::Mastercard,
        d if d.starts_with("cup") => Scheme::UnionPay,
        d if d.starts_with("basei") => Scheme::Visa,
        d if d.contains("93") => Scheme::Iso1993,
        _ => Scheme::Iso1987,
    }
}

/// UnionPay's POS form: field 60 = business (2), batch (6), management code (3), what the terminal reads (1),
/// condition of a failed chip (1) ...; field 61 = original batch (6), original trace (6) ...; field 44 of an
/// answer = issuer (11), acquirer (11); field 59 = usages one after the other, see [`read_terminal_information`].
fn read_union_pay_pos(message: &tg_iso8583::Message<'_>, event: &mut Message) {
    event.business = part(message, 60, 0..2).map(|n| n as u8);
    event.batch = part(message, 60, 2..8);
    event.management = part(message, 60, 8..11).map(|n| n as u16);
    event.reads = part(message, 60, 11..12).map(|n| n as u8);
    event.chip_failed = part(message, 60, 12..13).map(|n| n as u8);
    event.original_trace = part(message, 61, 6..12);
    if event.mti.class() == MtiClass::Reversal && event.original_trace.is_none() {
        // A POS reversal repeats the trace number of the payment that it takes back.
        event.original_trace = event.trace;
    }
    if event.mti.is_response()
        && let Some(parties) = message.text(44)
    {
        let half = |from: usize, to: usize| {
            parties.get(from..to.min(parties.len())).and_then(|t| Short::new(t).ok()).unwrap_or_default()
        };
        if event.issuer.is_empty() {
            event.issuer = half(0, 11);
        }
        if event.acquirer.is_empty() && parties.len() > 11 {
            event.acquirer = half(11, 22);
        }
    }
    if let Some(field) = message.text(59) {
        read_terminal_information(&field, event);
    }
}

/// Field 59: usages, each two characters, three digits of length and as many of content. `A2` holds objects of
/// which 02 is the serial number (TUSN); `A1` holds 01 longitude and 02 latitude (our own form). What is
/// malformed or out of range is passed over, with all that follows it: its length can't be believed.
fn read_terminal_information(field: &str, event: &mut Message) {
    for (usage, content) in Objects(field) {
        match usage {
            "A2" => {
                let serial = object(content, "02").and_then(|serial| Short::new(serial).ok());
                event.serial = serial.unwrap_or_default();
            }
            "A1" => {
                let degrees = |tag| object(content, tag).and_then(hundred_thousandths);
                event.place = degrees("02").zip(degrees("01")).and_then(|(lat, long)| Place::new(lat, long));
            }
            _ => {}
        }
    }
}

/// The value of the first object with this tag.
fn object<'a>(content: &'a str, tag: &str) -> Option<&'a str> {
    Objects(content).find(|(t, _)| *t == tag).map(|(_, value)| value)
}

/// Tag (2), length (3), value, one after the other; ends at the first that is none.
struct Objects<'a>(&'a str);

impl<'a> Iterator for Objects<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let (tag, length) = (self.0.get(..2)?, self.0.get(2..5)?);
        if !length.bytes().all(|c| c.is_ascii_digit()) {
            return None;
        }
        let end = 5 + length.parse::<usize>().ok()?;
        let value = self.0.get(5..end)?;
        self.0 = self.0.get(end..)?;
        Some((tag, value))
    }
}

/// Signed decimal degrees, such as `+117.12345`, in units of 1e-5 degrees; further digits are cut off.
fn hundred_thousandths(degrees: &str) -> Option<i32> {
    let (negative, digits) = match degrees.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] | rest => (false, rest),
    };
    let point = digits.iter().position(|c| *c == b'.').unwrap_or(digits.len());
    let (whole, fraction) = digits.split_at(point);
    let fraction = fraction.get(1..).unwrap_or_default();
    let is_number = (1..=3).contains(&whole.len()) && fraction.len() <= 12;
    if !is_number || !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return None;
    }
    let places = fraction.iter().copied().chain(std::iter::repeat(b'0')).take(5);
    let n = whole.iter().copied().chain(places).fold(0_i32, |n, c| n * 10 + i32::from(c - b'0'));
    Some(if negative { -n } else { n })
}

fn terminal_time(time: Option<u64>, date: Option<u64>) -> Option<TerminalTime> {
    let (time, date) = (time? as u32, date? as u32);
    Some(TerminalTime {
        month: (date / 100 % 100) as u8,
        day: (date % 100) as u8,
        second_of_day: (time / 10_000 * 3600 + time / 100 % 100 * 60 + time % 100).min(86_399),
    })
}

/// Digits `range` of a field of digits, as a number.
fn part(message: &tg_iso8583::Message<'_>, field: u8, range: std::ops::Range<usize>) -> Option<u32> {
    let mut buffer = [0_u8; 64];
    let digits = message.field(field)?.digits_into(&mut buffer)?;
    decimal(digits.get(range)?)
}

fn decimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |n, d| d.is_ascii_digit().then(|| n.wrapping_mul(10) + u32::from(d - b'0')))
}

/// The digits of a field as a short text; empty if it isn't there.
fn digits<const N: usize>(message: &tg_iso8583::Message<'_>, field: u8) -> Short<N> {
    let mut buffer = [0_u8; 64];
    let digits = message.field(field).and_then(|f| f.digits_into(&mut buffer));
    digits.and_then(|d| std::str::from_utf8(d).ok()).and_then(|d| Short::new(d).ok()).unwrap_or_default()
}

/// The text of a field; empty if it isn't there or has no text. Control characters make it empty: they are
/// no identifier, and they must not reach a log or page.
fn text<const N: usize>(message: &tg_iso8583::Message<'_>, field: u8) -> Short<N> {
    let text = message.text(field).filter(|t| !t.chars().any(char::is_control));
    text.and_then(|t| Short::new(&t).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_by_the_network_that_gave_them() {
        let scheme = |name: &str| {
            assert!(tg_iso8583::NAMES.contains(&name), "{name}");
            scheme_of_dialect(name)
        };
        assert_eq!(scheme("cup_pos"), Scheme::UnionPay);
        assert_eq!(scheme("cupd"), Scheme::UnionPay);
        assert_eq!(scheme("mastercard"), Scheme::Mastercard);
        assert_eq!(scheme("basei_starter"), Scheme::Visa);
        assert_eq!(scheme("jpos93a"), Scheme::Iso1993);
        assert_eq!(scheme("jcb"), Scheme::Iso1987);
    }

    fn information(field: &str) -> (String, Option<Place>) {
        let mut event = Message::default();
        read_terminal_information(field, &mut event);
        (event.serial.as_str().to_string(), event.place)
    }

    #[test]
    fn serial_number_and_place_are_taken_out_of_field_59_in_any_order() {
        let serial = "A20730100204020240000240399918101000002060300615698304008E01B737C05008320006  ";
        let place = "A103001010+117.1234502010-031.23456";
        let both = ("000024039991810100000206".to_string(), Place::new(-3_123_456, 11_712_345));
        assert!(both.1.is_some());
        assert_eq!(information(serial), (both.0.clone(), None));
        assert_eq!(information(&format!("{serial}{place}")), both);
        assert_eq!(information(&format!("{place}{serial}")), both);
        assert_eq!(information(&format!("Z9003abc{place}{serial}")), both, "an unknown usage is passed over");
    }

    #[test]
    fn what_is_malformed_in_field_59_is_no_serial_number_and_no_place() {
        let nothing = (String::new(), None);
        for field in [
            "",
            "A2073010",
            "A2+05010",
            "A103001010+117.1234502010-091.00001",
            "A103001010+181.0000002010+031.23456",
            "A101501010+117.12345",
            "A101101006+0.00002006-0.000",
            "A102601008117.1x2302008031.1234",
            "A1014010000200431.1",
            "A199901010+117.1234502010+031.23456",
            "一二三四五六七八",
        ] {
            assert_eq!(information(field), nothing, "{field}");
        }
    }

    #[test]
    fn degrees_are_read_without_rounding() {
        assert_eq!(hundred_thousandths("+117.12345"), Some(11_712_345));
        assert_eq!(hundred_thousandths("-0.5"), Some(-50_000));
        assert_eq!(hundred_thousandths("7"), Some(700_000));
        assert_eq!(hundred_thousandths("31.123459999"), Some(3_112_345));
        for wrong in ["", "+", ".", "1234.5", "1,5", "--1", "+-1", "1.2.3", "1.1234567890123"] {
            assert_eq!(hundred_thousandths(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_terminals_time_is_read_as_the_terminal_shows_it() {
        let time = terminal_time(Some(143_208), Some(1124)).expect("both are there");
        assert_eq!((time.month, time.day, time.second_of_day), (11, 24, 14 * 3600 + 32 * 60 + 8));
        assert_eq!(terminal_time(Some(1), None), None);
    }
}
