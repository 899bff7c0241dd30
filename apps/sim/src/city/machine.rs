//! A terminal of the city: the device, where it stands and what it says of itself in field 59.

use super::map::Point;
use super::trades::Trade;
use super::week::MINUTE;
use crate::dice::Dice;
use crate::soft_keys::Key;
use crate::terminal::{Link, Receipt, Terminal};
use crate::truth::Cause;
use std::collections::VecDeque;
use tg_keys::SerialKey;
use tg_types::{Instant, SECOND_US};

/// Cards that a terminal is remembered to have seen.
const VISITORS_MAX: usize = 240;
/// Approved payments that may still be taken back.
const RECEIPTS_MAX: usize = 40;

/// A terminal with its surroundings.
pub(crate) struct Machine {
    pub(crate) terminal: Terminal,
    pub(crate) trade: &'static Trade,
    pub(crate) town: usize,
    /// Where it belongs.
    pub(crate) home: Point,
    /// Where it is.
    pub(crate) here: Point,
    /// Where it says that it is; `None`: it doesn't say.
    pub(crate) says: Option<Says>,
    software: String,
    serial_key: Option<SerialKey>,
    pub(crate) dice: Dice,
    /// Takes no customers of its own: somebody else decides what happens here.
    pub(crate) idle: bool,
    /// Everything that happens here belongs to this label for now.
    pub(crate) label: Option<usize>,
    /// Of ten thousand chip cards so many have to be swiped.
    pub(crate) fallback: u64,
    pub(crate) visitors: VecDeque<(Instant, usize)>,
    pub(crate) receipts: VecDeque<Receipt>,
    /// Customers come so many times as often, in percent.
    pub(crate) crowd_percent: i64,
}

/// Where a terminal says that it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    /// Where it is, as its receiver knows it.
    Truth,
    /// Always this place.
    Always(Point),
}

/// The numbers of a device.
pub(crate) struct Numbers {
    pub(crate) terminal: String,
    pub(crate) merchant: usize,
    pub(crate) serial: String,
    pub(crate) keys: [Key; 3],
}

/// A serial number: manufacturer (6, of none), device type (2), number.
pub(crate) fn serial_number(dice: &mut Dice) -> String {
    format!("99000{}04{:012}", dice.below(4), dice.below(1_000_000_000_000))
}

impl Machine {
    pub(crate) fn new(
        numbers: Numbers,
        trade: &'static Trade,
        town: usize,
        home: Point,
        mut dice: Dice,
    ) -> Machine {
        let [master, mac, pin] = numbers.keys;
        let serial_key = {
            // The serial key is the device's own: from its serial number, so a copy of both agrees.
            let mut of_serial = Dice::new(
                numbers.serial.bytes().fold(7_u64, |h, b| h.wrapping_mul(31).wrapping_add(b.into())),
                77,
            );
            SerialKey::from_bytes(&of_serial.bytes::<16>()).ok()
        };
        let says = dice.chance(8_000).then_some(Says::Truth);
        Machine {
            terminal: Terminal {
                number: numbers.terminal,
                merchant: numbers.merchant,
                serial_number: numbers.serial,
                master,
                mac,
                pin,
                trace: dice.below(600_000) as u32,
                batch: dice.between(1, 400) as u32,
                clock_error_us: dice.between(-25 * SECOND_US, 25 * SECOND_US),
                link: Link { one_way_us: dice.between(15_000, 180_000), loss: 6, drop_next_answer: false },
                waiting: None,
                owed_reversal: None,
                reversal_sends: 0,
                receipt: None,
                technical_failures_in_row: 0,
                trouble: Cause::Everyday,
                rush_gap_us: None,
                field_59: None,
            },
            trade,
            town,
            home,
            here: home,
            says,
            software: format!("{:08}", [310_201, 310_204, 320_006, 320_010][dice.below(4) as usize]),
            serial_key,
            dice,
            idle: false,
            label: None,
            fallback: 25,
            visitors: VecDeque::new(),
            receipts: VecDeque::new(),
            crowd_percent: 100,
        }
    }

    /// Gives the device another serial number and the key of that.
    pub(crate) fn becomes(&mut self, serial: String, keys: [Key; 3]) {
        let fresh = Machine::new(
            Numbers {
                terminal: self.terminal.number.clone(),
                merchant: self.terminal.merchant,
                serial,
                keys,
            },
            self.trade,
            self.town,
            self.home,
            Dice::new(self.dice.bits(), 78),
        );
        (self.software, self.serial_key, self.terminal) = (fresh.software, fresh.serial_key, fresh.terminal);
    }

    /// Field 59 for the next message: usage A2 (serial number and its ciphertext, `factor` being the last six
    /// digits of the card), then usage A1, the place. The usage `A1` in the field is from memory, not verified
    /// on the real thing: its layout (A1, three digits of length, then tag 01 longitude and tag 02 latitude as
    /// signed decimal degrees) is our own.
    pub(crate) fn write_field_59(&mut self, factor: Option<&str>) {
        let mut parts = format!("0100204{}", part("02", &self.terminal.serial_number));
        if let (Some(factor), Some(key)) = (factor, &self.serial_key) {
            let proof = key.ciphertext(self.terminal.serial_number.as_bytes(), factor.as_bytes());
            parts += &part("03", factor);
            parts += &part("04", &String::from_utf8_lossy(&proof));
        }
        parts += &part("05", &self.software);
        let mut field = part("A2", &parts);
        let place = match self.says {
            Some(Says::Truth) => Some(self.here.near(&mut self.dice, 35)),
            Some(Says::Always(place)) => Some(place.near(&mut self.dice, 35)),
            None => None,
        };
        if let Some(place) = place {
            let (longitude, latitude) = place.written();
            field += &part("A1", &(part("01", &longitude) + &part("02", &latitude)));
        }
        self.terminal.field_59 = Some(field);
    }

    /// A holder's card was here.
    pub(crate) fn visited(&mut self, at: Instant, holder: usize) {
        self.visitors.push_back((at, holder));
        if self.visitors.len() > VISITORS_MAX {
            self.visitors.pop_front();
        }
    }

    /// An approved payment that may be taken back.
    pub(crate) fn keep(&mut self, receipt: Receipt) {
        self.receipts.push_back(receipt);
        if self.receipts.len() > RECEIPTS_MAX {
            self.receipts.pop_front();
        }
    }

    /// The time to the next customer from `at` on, by the hours of the trade.
    pub(crate) fn until_next_customer(&mut self, at: Instant) -> i64 {
        let gap = self.trade.gap_at_peak_us() * 100 / self.crowd_percent.max(1);
        let mut next = at;
        let pay_day = super::week::is_pay_day(at);
        for _ in 0..600 {
            // The busiest moment is a pay day at 170 percent on a weekend at 170: proposals come as often.
            next = next.plus_us(self.dice.wait(gap * 100 / 290).max(SECOND_US));
            let busy = super::week::busy(self.trade.hours, self.trade.weekend_percent, pay_day, next);
            if self.dice.below(290) < busy {
                return next.since(at);
            }
        }
        next.since(at).max(MINUTE)
    }
}

/// Tag, three digits of length, value.
fn part(tag: &str, value: &str) -> String {
    format!("{tag}{:03}{value}", value.len())
}
