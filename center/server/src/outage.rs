//! [`Ends`]: from the messages of the log to the ends of payments that the fleet's watch counts.
//!
//! Why it exists: an outage shows in answers that don't come, and an answer names the issuer but a missing one
//! doesn't: it is learnt from what the same BIN's answers said before. Deterministic, every table bounded, never a
//! card number: the BIN is all that is used of one.

use std::collections::{HashMap, VecDeque};
use tg_event::{Event, Limits, Message, ResponseClass};
use tg_fleet::{Class, Profile, Watch};
use tg_types::{MtiClass, SECOND_US, Short, stable_hash};

/// Payments whose answers are waited for, at most.
const WAITING_MAX: usize = 200_000;
/// BINs whose issuers are kept.
const BINS_MAX: usize = 50_000;
/// Length of UnionPay's merchant number: acquirer (3), region (4), category (4), number (4).
const MERCHANT_DIGITS: usize = 15;

struct Waiting {
    since_us: i64,
    bin: u32,
    issuer: Option<u16>,
}

/// What is known of a terminal's surroundings, to see that it changed.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Around {
    acquirer: Short<11>,
    region: Short<4>,
    model: Short<12>,
}

/// Follows payments to their ends.
#[derive(Default)]
pub(crate) struct Ends {
    pub watch: Watch,
    waiting: HashMap<(u32, u32), Waiting>,
    order: VecDeque<(i64, (u32, u32))>,
    issuers: HashMap<u32, u16>,
    around: HashMap<u32, Around>,
}

impl Ends {
    /// One event of the log.
    pub fn apply(&mut self, at_us: i64, event: &Event) {
        self.expire(at_us);
        match event {
            Event::Message(message) => self.message(at_us, message),
            _ => self.watch.advance(at_us),
        }
    }

    fn message(&mut self, at_us: i64, message: &Message) {
        let Some(terminal) = self.terminal(message) else { return };
        let class = message.mti.class();
        if class == MtiClass::NetworkManagement {
            self.watch.heard(at_us, terminal);
            return;
        }
        if message.mti.is_request() {
            self.watch.alive(at_us, terminal);
        }
        let is_payment = matches!(class, MtiClass::Authorization | MtiClass::Financial);
        if is_payment && message.mti.is_response() {
            self.answer(at_us, terminal, message);
        } else if message.asks_for_money()
            && let Some(trace) = message.trace
        {
            let bin = message.card.map_or(0, |c| c.masked.bin);
            let waiting = Waiting { since_us: at_us, bin, issuer: self.issuers.get(&bin).copied() };
            if self.waiting.len() < WAITING_MAX && self.waiting.insert((terminal, trace), waiting).is_none() {
                self.order.push_back((at_us, (terminal, trace)));
            }
        } else if class == MtiClass::Reversal
            && message.mti.is_request()
            && let Some(trace) = message.original_trace.or(message.trace)
            && let Some(waiting) = self.waiting.remove(&(terminal, trace))
        {
            // The terminal has given up waiting.
            self.no_answer(at_us, terminal, &waiting);
        }
    }

    fn answer(&mut self, at_us: i64, terminal: u32, message: &Message) {
        let Some(trace) = message.trace else { return };
        let Some(waiting) = self.waiting.remove(&(terminal, trace)) else { return };
        let failed = match message.response_class {
            ResponseClass::Approved => None,
            ResponseClass::Declined | ResponseClass::KeepCard | ResponseClass::Unlisted => {
                Some(Class::Declined)
            }
            ResponseClass::Unavailable => Some(Class::Unavailable),
            ResponseClass::Security => Some(Class::Security),
            ResponseClass::Settings => Some(Class::Settings),
            ResponseClass::None => return,
        };
        let mut issuer = waiting.issuer;
        if !message.issuer.is_empty() {
            let named = self.watch.issuer(message.issuer.as_str());
            issuer = Some(named);
            if waiting.bin > 0 && (self.issuers.len() < BINS_MAX || self.issuers.contains_key(&waiting.bin)) {
                self.issuers.insert(waiting.bin, named);
            }
        }
        let issuer = issuer.unwrap_or_else(|| self.of_bin(waiting.bin));
        let mut code = [b' '; 2];
        code.iter_mut().zip(message.response_code.as_bytes()).for_each(|(to, from)| *to = *from);
        self.watch.payment(at_us, terminal, issuer, failed.map(|class| (class, code)));
    }

    fn no_answer(&mut self, at_us: i64, terminal: u32, waiting: &Waiting) {
        let issuer = self.issuers.get(&waiting.bin).copied().or(waiting.issuer);
        let issuer = issuer.unwrap_or_else(|| self.of_bin(waiting.bin));
        self.watch.payment(at_us, terminal, issuer, Some((Class::Unavailable, [0; 2])));
    }

    /// Who issues these cards was never said: then the BIN stands for it.
    fn of_bin(&mut self, bin: u32) -> u16 {
        if bin == 0 { 0 } else { self.watch.issuer(&format!("BIN {bin:06}")) }
    }

    /// Who issues the cards of a BIN, as answers said.
    pub fn issuer_of(&self, bin: u32) -> Option<String> {
        let named = self.issuers.get(&bin).map(|place| self.watch.issuer_name(*place).to_owned());
        named.filter(|name| !name.is_empty())
    }

    fn expire(&mut self, now_us: i64) {
        let patience_us = i64::from(Limits::default().answer_seconds) * SECOND_US;
        while let Some((since, key)) = self.order.front().copied()
            && now_us - since >= patience_us
        {
            self.order.pop_front();
            // The same trace number may have been used again since.
            if self.waiting.get(&key).is_some_and(|w| w.since_us == since)
                && let Some(waiting) = self.waiting.remove(&key)
            {
                self.no_answer(now_us, key.0, &waiting);
            }
        }
    }

    /// The terminal's number, with what its messages say of it.
    fn terminal(&mut self, message: &Message) -> Option<u32> {
        if message.terminal.is_empty() {
            return None;
        }
        let key = stable_hash(message.tenant, message.terminal.as_bytes());
        let known = self.watch.terminal(key);
        let mut around = known.and_then(|t| self.around.get(&t)).copied().unwrap_or_default();
        let before = around;
        if !message.acquirer.is_empty() {
            around.acquirer = message.acquirer;
        }
        let merchant = message.merchant.as_str();
        if merchant.len() == MERCHANT_DIGITS && merchant.bytes().all(|b| b.is_ascii_digit()) {
            around.region = Short::new(&merchant[3..7]).unwrap_or_default();
        }
        if let Some(model) = message.serial.as_str().get(..12) {
            around.model = Short::new(model).unwrap_or_default();
        }
        if known.is_some() && around == before {
            return known;
        }
        let profile = Profile {
            acquirer: around.acquirer.as_str(),
            region: around.region.as_str(),
            model: around.model.as_str(),
            ..Profile::default()
        };
        let terminal = self.watch.set_terminal(key, message.terminal.as_str(), profile)?;
        self.around.insert(terminal, around);
        Some(terminal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tg_types::{Card, MaskedPan, Mti};

    fn terminal(trace: u32) -> Short<16> {
        Short::new(&format!("1001{:04}", trace / 4 % 7)).expect("short")
    }

    fn request(trace: u32, bin: u32) -> Event {
        Event::Message(Box::new(Message {
            mti: Mti::from_ascii(*b"0200").expect("an MTI"),
            terminal: terminal(trace),
            trace: Some(trace),
            processing_code: Some(0),
            card: Some(Card { masked: MaskedPan { bin, last4: 1, length: 16 }, ..Card::default() }),
            ..Message::default()
        }))
    }

    fn answer(trace: u32, issuer: &str) -> Event {
        Event::Message(Box::new(Message {
            mti: Mti::from_ascii(*b"0210").expect("an MTI"),
            terminal: terminal(trace),
            trace: Some(trace),
            issuer: Short::new(issuer).expect("short"),
            response_code: Short::new("00").expect("short"),
            response_class: ResponseClass::Approved,
            ..Message::default()
        }))
    }

    #[test]
    fn an_issuer_that_falls_silent_is_known_by_its_bin() {
        let mut ends = Ends::default();
        let mut at = 1_767_225_600 * SECOND_US;
        for trace in 1..=2_000 {
            at += SECOND_US;
            let (bin, issuer) = if trace % 4 == 0 { (990_001, "99010000") } else { (990_002, "99020000") };
            ends.apply(at, &request(trace, bin));
            ends.apply(at + 1, &answer(trace, issuer));
        }
        assert_eq!(ends.watch.outages().len(), 0);
        for trace in 2_001..2_400 {
            at += SECOND_US;
            let silent = trace % 4 == 0;
            ends.apply(at, &request(trace, if silent { 990_001 } else { 990_002 }));
            if !silent {
                ends.apply(at + 1, &answer(trace, "99020000"));
            }
        }
        let outages = ends.watch.outages();
        assert_eq!(outages.len(), 1, "{outages:?}");
        assert_eq!(outages[0].value("issuer"), Some("99010000"));
        assert_eq!(outages[0].class, Class::Unavailable);
        assert!(ends.waiting.len() <= 20, "what was answered or given up is forgotten");
    }
}
