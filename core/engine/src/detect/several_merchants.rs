//! Several merchants: one device, by its serial number, works under several merchant numbers (一机多户, 切机).
//!
//! **What it looks like.** The serial number in the messages (DE59, the TUSN) stays, the merchant number (DE42)
//! changes to and fro: payments are booked to shops where they were not made. Notice 银发〔2021〕259号 binds one
//! serial number to one merchant (rules M6: more than one; M5: more than one within a day).
//!
//! **When it is raised**, within [`DAY_US`]: under one serial number an earlier merchant came back at least
//! [`RETURNS_MIN`] times, or there were at least [`MERCHANTS_MIN`] merchants. (Proposed: a device that is sold on,
//! or set up wrongly and put right, changes once or twice.)
//!
//! **Whom it is about.** The terminal number that came to the serial number last: a device that claims the serial
//! number of another is itself the newcomer, and the other's good name is untouched.
//!
//! **What it must not call this.** A device that goes to a new merchant; a new device (a new serial number) at an
//! old merchant; one merchant with several devices; a serial number of one digit repeated (not filled in).
//!
//! **Bounds.** [`SERIALS_MAX`] serial numbers, [`MERCHANTS_KEPT`] merchants each, [`KEPT`] messages.

use super::book::{Book, Found, NONE};
use super::slab::{Record, Slab};
use super::{DAY_US, Detector, Raised, Seen, Shared, TERMINALS_MAX, finding};
use crate::RestoreError;
use crate::bytes::{Reader, Writer};
use tg_event::{FindingSubject, Message, Severity, SubjectKey};
use tg_text::Text;
use tg_types::{Instant, Short, mix64};

const RETURNS_MIN: u16 = 2;
const MERCHANTS_MIN: usize = 3;
const SERIALS_MAX: u32 = 262_144;
const SERIAL_IDLE_DAYS: i64 = 45;
const MERCHANTS_KEPT: usize = 8;
const KEPT: usize = 24;

/// A merchant and terminal number under which the device works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bearer {
    merchant: Short<15>,
    terminal: Short<16>,
    /// Number of that terminal.
    number: u32,
    first_at: i64,
    last_at: i64,
    messages: u32,
}

/// One serial number.
#[derive(Debug, Default, PartialEq, Eq)]
struct State {
    now: Bearer,
    others: Vec<Bearer>,
    returns: u16,
    sign_at: i64,
    raised: bool,
    kept: Vec<u64>,
}

impl State {
    /// Enters a message; true if the bearer has changed.
    fn see(&mut self, m: &Message, number: u32, at: i64, offset: u64) -> bool {
        if self.now.merchant == m.merchant {
            self.now.last_at = at;
            self.now.messages = self.now.messages.saturating_add(1);
            return false;
        }
        if self.now.messages == 0 {
            let (merchant, terminal) = (m.merchant, m.terminal);
            self.now = Bearer { merchant, terminal, number, first_at: at, last_at: at, messages: 1 };
            return false;
        }
        if at.saturating_sub(self.sign_at) > DAY_US {
            (self.returns, self.raised) = (0, false);
            self.kept.clear();
        }
        self.sign_at = at;
        let known = self.others.iter().position(|b| b.merchant == m.merchant);
        let back = known.map(|i| self.others.remove(i));
        if back.is_some_and(|b| at.saturating_sub(b.last_at) <= DAY_US) {
            self.returns = self.returns.saturating_add(1);
        }
        let first_at = back.map_or(at, |b| b.first_at);
        let messages = back.map_or(0, |b| b.messages).saturating_add(1);
        let (merchant, terminal) = (m.merchant, m.terminal);
        let new = Bearer { merchant, terminal, number, first_at, last_at: at, messages };
        if self.others.len() >= MERCHANTS_KEPT {
            self.others.remove(0);
        }
        self.others.push(std::mem::replace(&mut self.now, new));
        if self.kept.len() >= KEPT {
            self.kept.remove(0);
        }
        self.kept.push(offset);
        true
    }

    /// All merchants of the last day, the first one first.
    fn of_the_day(&self, at: i64) -> Vec<Bearer> {
        let mut bearers: Vec<Bearer> =
            self.others.iter().chain([&self.now]).filter(|b| at - b.last_at <= DAY_US).copied().collect();
        bearers.sort_by_key(|b| b.first_at);
        bearers
    }
}

/// The detector's state.
pub(crate) struct SeveralMerchants {
    serials: Book,
    states: Slab<State>,
    /// By terminal: serial and merchant number of its last message, if the serial number had no other merchant
    /// within a day. While that goes on there is nothing to look up.
    usual: Slab<u64>,
}

/// A name of a serial number of any length, and whether it says anything.
fn serial_name(serial: &[u8]) -> Option<[u8; 16]> {
    let first = serial.first()?;
    if serial.len() < 6 || serial.iter().all(|c| c == first) {
        return None;
    }
    let hash = |seed: u64| serial.iter().fold(seed, |hash, b| mix64(hash ^ u64::from(*b)));
    let mut name = [0; 16];
    name[..8].copy_from_slice(&hash(0x7365_7269).to_le_bytes());
    name[8..].copy_from_slice(&hash(0x616C_6E6F).to_le_bytes());
    Some(name)
}

impl Detector for SeveralMerchants {
    fn new() -> SeveralMerchants {
        SeveralMerchants {
            serials: Book::new(SERIALS_MAX, SERIAL_IDLE_DAYS),
            states: Slab::new(),
            usual: Slab::new(),
        }
    }

    fn seen(&mut self, seen: &Seen<'_>, _: &Shared) -> Option<Raised> {
        let m = seen.m;
        if m.merchant.is_empty() || m.mti.is_response() || m.serial.is_empty() {
            return None;
        }
        let usual = mix64(seen.serial ^ u64::from(seen.merchant) << 32) | 1;
        if seen.terminal == NONE || *self.usual.of(seen.terminal) == usual {
            return None;
        }
        let name = serial_name(m.serial.as_bytes())?;
        let number = match self.serials.find_or_add(m.tenant, &name, seen.at.0) {
            Found::Known(number) => number,
            Found::New(number) => {
                self.states.forget(number);
                number
            }
            Found::No => return None,
        };
        let state = self.states.of(number);
        let changed = state.see(m, seen.terminal, seen.at.0, seen.offset);
        let alone = state.others.iter().all(|b| seen.at.0.saturating_sub(b.last_at) > DAY_US);
        // Who had the serial number to himself until now must be looked up again.
        for other in &state.others {
            *self.usual.of(other.number) = 0;
        }
        *self.usual.of(seen.terminal) = if alone { usual } else { 0 };
        if !changed || state.raised {
            return None;
        }
        let bearers = state.of_the_day(seen.at.0);
        if bearers.len() < 2 || (state.returns < RETURNS_MIN && bearers.len() < MERCHANTS_MIN) {
            return None;
        }
        state.raised = true;
        Some(raised(seen, &bearers, state))
    }

    fn touch(&self, terminal: u32) -> u64 {
        self.usual.get(terminal).copied().unwrap_or(0)
    }

    fn forget_terminal(&mut self, terminal: u32) {
        self.usual.forget(terminal);
    }

    fn save(&self, w: &mut Writer<'_>) {
        self.serials.save(w);
        self.states.save(w);
        self.usual.save(w);
    }

    fn load(r: &mut Reader<'_>) -> Result<SeveralMerchants, RestoreError> {
        let mut detector = SeveralMerchants::new();
        detector.serials.load(r)?;
        detector.states = Slab::load(r, SERIALS_MAX)?;
        detector.usual = Slab::load(r, TERMINALS_MAX)?;
        Ok(detector)
    }

    fn followed(&self) -> (u64, u64) {
        (0, self.serials.refused)
    }
}

fn raised(seen: &Seen<'_>, bearers: &[Bearer], state: &State) -> Raised {
    let newest = bearers.iter().max_by_key(|b| b.first_at).map_or(seen.m.terminal, |b| b.terminal);
    let serial = seen.m.serial;
    let (count, returns) = (bearers.len(), state.returns);
    let mut rests_on = vec![Text::new(
        format!(
            "24 小时内，序列号 {serial} 的报文出现了 {count} 个商户号，先前的商户号又回来 {returns} 次。"
        ),
        format!(
            "Within 24 h messages with serial number {serial} named {count} merchant numbers; an earlier one came back {returns} times."
        ),
    )];
    rests_on.extend(bearers.iter().map(|b| {
        let Bearer { merchant, terminal, messages, .. } = b;
        Text::new(
            format!("商户 {merchant}、终端 {terminal}：{messages} 笔报文。"),
            format!("Merchant {merchant}, terminal {terminal}: {messages} messages."),
        )
    }));
    let finding = finding(
        "several_merchants",
        (seen.m.tenant, seen.offset, seen.at),
        FindingSubject::Terminal(newest),
        if count >= MERCHANTS_MIN { Severity::High } else { Severity::Medium },
        Text::new(
            format!(
                "一台设备（序列号 {serial}）24 小时内使用了 {count} 个商户号，疑似一机多户；最后加入的终端号是 {newest}。"
            ),
            format!(
                "One device (serial number {serial}) worked under {count} merchant numbers within 24 h; terminal number {newest} joined last."
            ),
        ),
        rests_on,
        state.kept.clone(),
    );
    let until = Instant(seen.at.0.saturating_add(DAY_US));
    Raised { finding: Some(finding), watch: Some((SubjectKey::Terminal(newest), until)) }
}

fn terminal_number(r: &mut Reader<'_>) -> Result<u32, RestoreError> {
    let number = r.u32()?;
    if number < TERMINALS_MAX { Ok(number) } else { Err(RestoreError::Damaged("a terminal is out of range")) }
}

impl Bearer {
    fn save(&self, w: &mut Writer<'_>) {
        w.short(&self.merchant);
        w.short(&self.terminal);
        w.u32(self.number);
        w.i64(self.first_at);
        w.i64(self.last_at);
        w.u32(self.messages);
    }

    fn load(r: &mut Reader<'_>) -> Result<Bearer, RestoreError> {
        Ok(Bearer {
            merchant: r.short()?,
            terminal: r.short()?,
            number: terminal_number(r)?,
            first_at: r.i64()?,
            last_at: r.i64()?,
            messages: r.u32()?,
        })
    }
}

impl Record for State {
    const BYTES_MIN: usize = 39;

    fn save(&self, w: &mut Writer<'_>) {
        self.now.save(w);
        w.varint(self.others.len() as u64);
        self.others.iter().for_each(|b| b.save(w));
        w.u16(self.returns);
        w.i64(self.sign_at);
        w.u8(u8::from(self.raised));
        w.offsets(&self.kept);
    }

    fn load(r: &mut Reader<'_>) -> Result<State, RestoreError> {
        let mut state = State { now: Bearer::load(r)?, ..State::default() };
        for _ in 0..r.count(26)? {
            state.others.push(Bearer::load(r)?);
        }
        (state.returns, state.sign_at, state.raised) = (r.u16()?, r.i64()?, r.u8()? != 0);
        state.kept = r.offsets()?;
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Till, card, purchase};
    use tg_event::ResponseClass;

    /// One payment for each (serial, merchant, terminal).
    fn run<'a>(till: &mut Till, payments: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) {
        for (serial, merchant, terminal) in payments {
            let n = till.log.len() as u32;
            let request = Message {
                serial: Short::new(serial).expect("short"),
                merchant: Short::new(merchant).expect("short"),
                ..purchase(terminal, n + 1, card(n, 1), 2_000)
            };
            till.wait(300).pay(&request, "00", ResponseClass::Approved);
        }
    }

    const S: &str = "00002403999181000206";

    #[test]
    fn one_device_under_changing_merchants_is_found_once_and_is_about_the_newcomer() {
        let mut till = Till::new();
        run(&mut till, (0..30).map(|n| (S, if n % 3 == 0 { "M2" } else { "M1" }, "70000001")));
        let [finding] = till.findings() else { panic!("{:?}", till.findings()) };
        assert_eq!(finding.code, "several_merchants");
        assert_eq!(finding.rests_on.len(), 3);
        let mut three = Till::new();
        run(&mut three, [(S, "M1", "70000001"), (S, "M2", "70000002"), (S, "M3", "70000003")]);
        assert_eq!(three.findings().len(), 1);
        assert_eq!(
            three.findings()[0].subject,
            FindingSubject::Terminal(Short::new("70000003").expect("short"))
        );
    }

    #[test]
    fn a_device_that_claims_anothers_serial_number_is_the_one_that_it_is_about() {
        let mut till = Till::new();
        run(&mut till, (0..10).map(|_| (S, "M1", "70000001")));
        run(
            &mut till,
            (0..10).map(|n| if n % 2 == 0 { (S, "M9", "70000009") } else { (S, "M1", "70000001") }),
        );
        let liar = Short::new("70000009").expect("short");
        assert!(till.findings().iter().all(|f| f.subject == FindingSubject::Terminal(liar)));
        assert!(till.all.feedback.iter().all(|f| f.subject == SubjectKey::Terminal(liar)));
        assert_eq!(till.findings().len(), 1);
    }

    #[test]
    fn a_device_sold_on_a_new_device_and_two_devices_of_one_merchant_are_none() {
        let mut till = Till::new();
        run(&mut till, (0..20).map(|n| (S, if n < 10 { "M1" } else { "M2" }, "70000001")));
        run(&mut till, (0..20).map(|n| (if n < 10 { "AAAAAAAA1" } else { "AAAAAAAA2" }, "M3", "70000003")));
        run(
            &mut till,
            (0..20).map(|n| {
                if n % 2 == 0 { ("BBBBBBB1", "M4", "70000004") } else { ("BBBBBBB2", "M4", "70000005") }
            }),
        );
        // Set up wrongly, and put right.
        run(
            &mut till,
            (0..9).map(|n| ("CCCCCCC1", if (3..5).contains(&n) { "M6" } else { "M5" }, "70000006")),
        );
        assert_eq!(till.findings(), &[]);
    }

    #[test]
    fn a_serial_number_that_is_not_filled_in_says_nothing() {
        let mut till = Till::new();
        for serial in ["", "0000000000", "12"] {
            run(&mut till, (0..30).map(|n| (serial, ["M1", "M2", "M3"][n % 3], "70000001")));
        }
        assert_eq!(till.findings(), &[]);
    }
}
