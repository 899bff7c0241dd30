//! [`Town`]: streets of terminals, a host, a switch and banks, moved by a queue of things to come.
//!
//! Why it exists: the demo, the recordings and the detectors' tests need payments that fail for real
//! reasons. Everything follows from the seed and the story's time: no clock, no I/O. The mirror that the
//! feed sees stands between the terminals and the host.

use crate::attack;
use crate::cards::{Banks, Card, IssuerState};
use crate::dice::Dice;
use crate::host::{self, Answer, Host, KeyRecord, Step};
use crate::queue::Queue;
use crate::soft_keys::Key;
use crate::street::{FAST_FOOD, Merchant, TRADES, VENDING};
use crate::terminal::{Link, Request, Terminal};
use crate::truth::{Attacks, Cause, Truth};
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use tg_types::{Instant, SECOND_US};

/// After so long without an answer a terminal gives up and owes a reversal. Real ones wait 30 to 60
/// seconds; the story is in more of a hurry.
pub(crate) const TERMINAL_TIMEOUT_US: i64 = 18 * SECOND_US;
/// After so long without an answer the switch counts the issuer as silent.
pub(crate) const SWITCH_TIMEOUT_US: i64 = 12 * SECOND_US;
/// The most terminals that a town has numbers for.
pub const TERMINALS_MAX: usize = 9_000;

/// What a town is made from. The same options give the same bytes.
#[derive(Clone, Debug)]
pub struct Options {
    /// Everything follows from it.
    pub seed: u64,
    /// How many, 1 to [`TERMINALS_MAX`].
    pub terminals: usize,
    /// Story time of the beginning.
    pub start: Instant,
    /// Story seconds in a second of the clocks that people see: the terminals' clocks run so much slower
    /// than the story, so that fields 12 and 13 stay right when the story is played faster.
    pub speed: f64,
    /// Which attacks to stage.
    pub attacks: Attacks,
    /// If the story ends, its length in story seconds: every attack then begins in the first half.
    pub for_seconds: Option<u32>,
}

impl Options {
    /// A town of usual size, with all attacks.
    pub fn new(seed: u64, start: Instant) -> Options {
        Options { seed, terminals: 40, start, speed: 1.0, attacks: Attacks::all(), for_seconds: None }
    }
}

/// One message as the mirror sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Story time.
    pub at: Instant,
    /// The message, without a length.
    pub frame: Vec<u8>,
    /// The mechanism behind it.
    pub cause: Cause,
    /// The attack that it belongs to, as a place in [`Town::truths`].
    pub attack: Option<usize>,
}

/// A terminal's place in the town, for those who keep a register.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Place {
    /// DE41.
    pub terminal: String,
    /// DE42.
    pub merchant: String,
    /// Merchant category code.
    pub category: u16,
    /// The shop's invented name.
    pub name: tg_text::Text,
    /// The device's serial number.
    pub serial_number: String,
}

/// Something that will happen.
pub(crate) enum Event {
    /// A customer steps up to the terminal.
    Customer(usize),
    /// The same customer tries again: terminal, card, bill.
    Again(usize, usize, i64),
    SignOn(usize),
    /// A request passes the mirror and reaches the host.
    AtHost(Box<Request>),
    IssuerAnswers(Box<Request>),
    SwitchGivesUp(usize),
    /// An answer passes the mirror on its way down.
    Answered(Box<Answer>),
    AtTerminal(Box<Answer>),
    /// Terminal and the serial of its wait.
    TerminalTimeout(usize, u64),
    /// Sends what the terminal owes, if it is idle.
    Reversal(usize),
    TakeBack(usize),
    IssuerBecomes(usize, IssuerState),
    Echo(usize),
    /// From now on a customer comes about so often; `None`: as usual.
    Rush(usize, Option<i64>),
    /// The next trouble that visits issuers and terminals.
    Outage,
    Mishap,
    Repair(usize),
    AttackStep(usize),
    NextAttack,
}

/// A town of terminals that speak ISO 8583.
pub struct Town {
    pub(crate) options: Options,
    pub(crate) dice: Dice,
    pub(crate) now: Instant,
    pub(crate) terminals: Vec<Terminal>,
    pub(crate) merchants: Vec<Merchant>,
    pub(crate) cards: Vec<Card>,
    pub(crate) banks: Banks,
    pub(crate) host: Host,
    pub(crate) truths: Vec<Truth>,
    pub(crate) attacks: Vec<attack::CardTesting>,
    pub(crate) serial: u64,
    queue: Queue<Event>,
    sent: Vec<Sent>,
}

impl std::fmt::Debug for Town {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Town({} terminals, {} cards, at {:?})", self.terminals.len(), self.cards.len(), self.now)
    }
}

impl Town {
    /// A town at its start, with its first minute planned. Terminal counts out of range are brought into
    /// it.
    pub fn new(options: Options) -> Town {
        let count = options.terminals.clamp(1, TERMINALS_MAX);
        let mut dice = Dice::new(options.seed, 1);
        let banks = Banks::new(&mut dice);
        let mut merchants = Vec::new();
        let mut terminals = Vec::new();
        let mut records = Vec::new();
        let mut numbers = std::collections::BTreeSet::new();
        for index in 0..count {
            let trade = match crate::story::role(index, count) {
                Some(crate::story::Role::Attacked) => &VENDING,
                Some(crate::story::Role::Rush) => &FAST_FOOD,
                // Every tenth terminal has nobody behind it; the rest is spread over the trades.
                None if index % 10 == 9 => &VENDING,
                _ => &TRADES[dice.below(9) as usize],
            };
            let number = loop {
                let number = format!("{:08}", dice.between(57_100_000, 57_199_999));
                if numbers.insert(number.clone()) {
                    break number;
                }
            };
            merchants.push(Merchant::new(&mut dice, trade, index));
            let (master, mac, pin) = (Key(dice.bytes()), Key(dice.bytes()), Key(dice.bytes()));
            records.push(KeyRecord { master, mac, pin, damaged: false });
            terminals.push(Terminal {
                number,
                merchant: index,
                serial_number: format!("T9{:08}", dice.below(100_000_000)),
                master,
                mac,
                pin,
                trace: dice.below(900_000) as u32,
                batch: dice.between(1, 400) as u32,
                clock_error_us: dice.between(-20 * SECOND_US, 20 * SECOND_US),
                link: Link { one_way_us: dice.between(15_000, 120_000), loss: 4, drop_next_answer: false },
                waiting: None,
                owed_reversal: None,
                reversal_sends: 0,
                receipt: None,
                technical_failures_in_row: 0,
                trouble: Cause::Everyday,
                rush_gap_us: None,
                field_59: None,
            });
        }
        let host = Host::new(records, banks.issuers.len());
        let mut town = Town {
            dice,
            now: options.start,
            terminals,
            merchants,
            cards: Vec::new(),
            host,
            truths: Vec::new(),
            attacks: Vec::new(),
            serial: 0,
            queue: Queue::new(),
            sent: Vec::new(),
            banks,
            options,
        };
        let today = crate::terminal::year_month(town.host_time());
        let cards = (count * 70).clamp(600, 200_000);
        for _ in 0..cards {
            let card = town.banks.issue(&mut town.dice, today);
            town.cards.push(card);
        }
        town.plan_story();
        town
    }

    /// Lets the story run until this story time and gives the messages that passed the mirror, in order.
    pub fn advance(&mut self, until: Instant) -> Vec<Sent> {
        while let Some((at, event)) = self.queue.pop_until(until) {
            self.now = at;
            self.happen(event);
        }
        self.now = self.now.max(until);
        std::mem::take(&mut self.sent)
    }

    /// When the next thing will happen, in story time.
    pub fn next_at(&self) -> Option<Instant> {
        self.queue.next_at()
    }

    /// The attacks that have begun so far.
    pub fn truths(&self) -> &[Truth] {
        &self.truths
    }

    /// The register of terminals.
    pub fn places(&self) -> Vec<Place> {
        self.terminals
            .iter()
            .map(|t| {
                let merchant = &self.merchants[t.merchant];
                Place {
                    terminal: t.number.clone(),
                    merchant: merchant.number.clone(),
                    category: merchant.trade.category,
                    name: merchant.name.clone(),
                    serial_number: t.serial_number.clone(),
                }
            })
            .collect()
    }

    /// The banks' codes (the first part of field 44) with their names.
    pub fn banks(&self) -> impl Iterator<Item = (&str, &'static tg_text::Text)> {
        self.banks.issuers.iter().map(|bank| (bank.code.as_str(), bank.name))
    }

    /// Puts something on the queue, so many microseconds from now.
    pub(crate) fn after(&mut self, wait_us: i64, event: Event) {
        self.queue.push(self.now.plus_us(wait_us.max(0)), event);
    }

    /// A message passes the mirror.
    pub(crate) fn emit(&mut self, frame: Vec<u8>, cause: Cause, attack: Option<usize>) {
        self.sent.push(Sent { at: self.now, frame, cause, attack });
    }

    /// What the host's clock shows: the town lies at UTC+8.
    pub(crate) fn host_time(&self) -> DateTime {
        self.clock(0)
    }

    /// What a clock with this error shows.
    pub(crate) fn clock(&self, error_us: i64) -> DateTime {
        let told = self.now.since(self.options.start) as f64 / self.options.speed.max(0.01);
        let shown = self.options.start.plus_us(told as i64).plus_us(error_us);
        let time = jiff::Timestamp::from_microsecond(shown.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        TimeZone::fixed(Offset::constant(8)).to_datetime(time)
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Customer(terminal) => self.customer(terminal),
            Event::Again(terminal, card, amount_fen) => self.pay(terminal, card, amount_fen),
            Event::SignOn(terminal) => self.sign_on(terminal),
            Event::AtHost(request) => self.at_host(*request),
            Event::IssuerAnswers(request) => self.issuer_answers(&request),
            Event::SwitchGivesUp(issuer) => self.host.issuer_was_silent(issuer),
            Event::Answered(answer) => self.answered(answer),
            Event::AtTerminal(answer) => self.at_terminal(&answer),
            Event::TerminalTimeout(terminal, serial) => self.terminal_timeout(terminal, serial),
            Event::Reversal(terminal) => self.send_owed_reversal(terminal),
            Event::TakeBack(terminal) => self.take_back(terminal),
            Event::IssuerBecomes(issuer, state) => self.issuer_becomes(issuer, state),
            Event::Echo(issuer) => self.echo(issuer),
            Event::Rush(terminal, gap_us) => self.rush(terminal, gap_us),
            Event::Outage => self.outage(),
            Event::Mishap => self.mishap(),
            Event::Repair(terminal) => self.repair(terminal),
            Event::AttackStep(attack) => self.attack_step(attack),
            Event::NextAttack => self.next_attack(),
        }
    }

    fn at_host(&mut self, request: Request) {
        self.emit(request.frame.clone(), request.cause, request.attack);
        match self.host.receive(&request, &mut self.banks) {
            Step::Answer(code) => {
                let wait = self.dice.between(25_000, 90_000);
                let answer = self.write_answer(&request, code);
                self.after(wait, Event::Answered(Box::new(answer)));
            }
            Step::Ask => {
                let issuer = request.number.map_or(0, |n| self.banks.issuer_of(n));
                let (state, usual) =
                    (self.banks.issuers[issuer].state, self.banks.issuers[issuer].usual_answer_us);
                match host::answer_time_us(state, usual, &mut self.dice) {
                    Some(wait) => self.after(wait, Event::IssuerAnswers(Box::new(request))),
                    None => self.after(SWITCH_TIMEOUT_US, Event::SwitchGivesUp(issuer)),
                }
            }
        }
    }

    fn issuer_answers(&mut self, request: &Request) {
        let now = self.host_time();
        if let Some(code) = self.host.issuer_answers(request, &mut self.banks, now) {
            let answer = self.write_answer(request, code);
            self.answered(Box::new(answer));
        }
    }

    fn write_answer(&mut self, request: &Request, code: &'static str) -> Answer {
        let now = self.host_time();
        let shop = self.merchants[self.terminals[request.terminal].merchant].name.zh.clone();
        self.host.answer(request, code, &shop, &self.banks, &mut self.dice, now)
    }

    fn answered(&mut self, answer: Box<Answer>) {
        self.emit(answer.frame.clone(), answer.cause, answer.attack);
        let link = &mut self.terminals[answer.terminal].link;
        let lost = std::mem::take(&mut link.drop_next_answer) || self.dice.chance(link.loss);
        let wait = link.one_way_us;
        if !lost {
            self.after(wait, Event::AtTerminal(answer));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::mac_is_right;
    use tg_iso8583::Decoder;

    /// Each message is checked at the moment when it passes the mirror, with the keys of that moment.
    #[test]
    fn macs_are_right_where_keys_agree_and_wrong_where_they_do_not() {
        let start = Instant(1_793_586_600_000_000);
        let mut town = Town::new(Options::new(6, start));
        let mut decoder = Decoder::named("cup_pos").expect("the dialect");
        let (mut right, mut wrong, mut refused) = (0, 0, 0);
        while let Some(at) = town.next_at().filter(|at| *at <= start.plus_us(90 * SECOND_US)) {
            for sent in town.advance(at) {
                let message = decoder.decode(&sent.frame).expect("decodes");
                if message.mac().is_none() {
                    continue;
                }
                let number = message.text(41).expect("a terminal number");
                let index = town.terminals.iter().position(|t| t.number == number).expect("the terminal");
                let (own, record) = (town.terminals[index].mac, &town.host.records[index]);
                if message.mti().is_request() {
                    assert!(mac_is_right(&sent.frame, &own), "made with the terminal's own key");
                }
                let agrees = mac_is_right(&sent.frame, &record.mac);
                assert_eq!(agrees, own == record.mac || message.mti().is_response(), "{:?}", sent.cause);
                match sent.cause {
                    Cause::WrongMasterKey | Cause::SignOnAnswerLost if !agrees => wrong += 1,
                    cause => {
                        assert!(agrees, "{cause:?}");
                        right += 1;
                    }
                }
                refused += u32::from(record.damaged);
            }
        }
        assert!(right > 500 && wrong > 5 && refused > 3, "{right} {wrong} {refused}");
    }
}
