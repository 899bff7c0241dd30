//! At the counter: customers come, pay, try again, give up; the terminal waits, reverses, signs on.

use super::trades::Special;
use super::week::MINUTE;
use super::{City, Event, TERMINAL_TIMEOUT_US};
use crate::cards::{Card, IssuerState, Number, add_months};
use crate::host::{Answer, Host};
use crate::terminal::{self, Entry, More, Purpose, Receipt, Request, Sale, Waiting};
use crate::truth::{Cause, SimulatedCard, Subject};
use tg_types::SECOND_US;

/// Technical failures in a row after which a shop sends most customers away.
const FAILURES_UNTIL_CLOSED: u32 = 3;
/// Times that a reversal is sent before the shop calls the acquirer (UnionPay POS rules: three).
const REVERSAL_SENDS_MAX: u8 = 3;
/// Bills up to this may be paid by holding the card to the terminal, without PIN (小额免密: 1,000 yuan).
const WITHOUT_PIN_MAX_FEN: i64 = 100_000;
/// A customer does not wait for ever.
const TRIES_MAX: u8 = 12;

/// Whose card it is.
#[derive(Clone)]
pub(crate) enum Payer {
    Holder(usize),
    /// The numbers of somebody's card, or of nobody's.
    Copy(Box<Card>),
}

/// What a customer wants.
#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) payer: Payer,
    pub(crate) amount_fen: i64,
    pub(crate) entry: Option<Entry>,
    pub(crate) service: Option<(&'static str, &'static str)>,
    pub(crate) purpose: Purpose,
    pub(crate) with_pin: Option<bool>,
    pub(crate) mistyped: Option<(Number, u16)>,
    pub(crate) story: Option<usize>,
    pub(crate) tries: u8,
}

impl Order {
    pub(crate) fn of(payer: Payer, amount_fen: i64) -> Order {
        Order {
            payer,
            amount_fen,
            entry: None,
            service: None,
            purpose: Purpose::Purchase,
            with_pin: None,
            mistyped: None,
            story: None,
            tries: 0,
        }
    }

    pub(crate) fn in_story(self, story: usize) -> Order {
        Order { story: Some(story), ..self }
    }

    pub(crate) fn by(self, entry: Entry, with_pin: bool) -> Order {
        Order { entry: Some(entry), with_pin: Some(with_pin), ..self }
    }
}

impl City {
    /// A customer steps up, and the next one is on the way.
    pub(crate) fn customer(&mut self, index: usize) {
        if self.machines[index].idle {
            return;
        }
        let wait = self.machines[index].until_next_customer(self.now);
        self.after(wait, Event::Customer(index));
        if self.machines[index].terminal.technical_failures_in_row >= FAILURES_UNTIL_CLOSED
            && self.dice.chance(9_000)
        {
            return;
        }
        self.serve_somebody(index);
    }

    /// Somebody who can be here buys something.
    pub(crate) fn serve_somebody(&mut self, index: usize) {
        let machine = &mut self.machines[index];
        let Some(holder) = self.people.customer(&mut machine.dice, machine.town, machine.here, self.now)
        else {
            return;
        };
        let purse = self.people.all[holder].purse_percent;
        let trade = machine.trade;
        let dice = &mut machine.dice;
        let mut order = Order::of(Payer::Holder(holder), trade.bill_fen(purse, dice));
        match trade.special {
            Special::Telephone if dice.chance(700) => {
                order = order.by(Entry::Typed, false);
                if dice.chance(900) {
                    order.mistyped = Some(mistyped(&self.people.all[holder].card, dice));
                }
            }
            Special::Cash => {
                order.with_pin = Some(true);
                order.service = match dice.below(10) {
                    0..=5 => Some(terminal::CASH),
                    6..=7 => Some(terminal::TRANSFER),
                    _ => None,
                };
                if order.service.is_none() {
                    order.purpose = Purpose::Balance;
                }
            }
            _ if trade.attended() && dice.chance(60) => order.purpose = Purpose::Balance,
            _ => {}
        }
        self.people.used(holder, self.now, self.machines[index].here);
        self.pay(index, Box::new(order));
    }

    /// A customer pays, or waits for the terminal.
    pub(crate) fn pay(&mut self, index: usize, mut order: Box<Order>) {
        order.story = order.story.or(self.machines[index].label);
        if !self.is_idle(index) {
            order.tries += 1;
            if order.tries <= TRIES_MAX {
                let wait = self.machines[index].dice.between(4_000_000, 12_000_000);
                self.after(wait, Event::Pay(index, order));
            }
            return;
        }
        let machine = &mut self.machines[index];
        let holder = match &order.payer {
            Payer::Holder(holder) => Some(*holder),
            Payer::Copy(_) => None,
        };
        let (has_chip, damaged) = match &order.payer {
            Payer::Holder(h) => (self.people.all[*h].card.has_chip, self.people.all[*h].damaged_chip),
            Payer::Copy(card) => (card.has_chip, true),
        };
        let dice = &mut machine.dice;
        let trade = machine.trade;
        let fails = has_chip && (damaged || dice.chance(machine.fallback));
        let waves = has_chip
            && order.with_pin != Some(true)
            && (!trade.attended()
                || order.amount_fen <= WITHOUT_PIN_MAX_FEN && dice.below(100) < trade.contactless_percent);
        let entry = order.entry.unwrap_or(match (waves, has_chip && !fails) {
            (true, _) => Entry::Contactless,
            (false, true) => Entry::Chip,
            (false, false) => Entry::Stripe,
        });
        let asks_pin =
            order.with_pin.unwrap_or(!matches!(entry, Entry::Contactless | Entry::Typed) && trade.attended());
        let mistyped_pin = holder.is_some() && asks_pin && dice.chance(120);
        let (unpredictable, cryptogram) = (dice.bits() as u32, dice.bytes());
        let mut copy;
        let card = match &order.payer {
            Payer::Holder(h) => &mut self.people.all[*h].card,
            Payer::Copy(card) => {
                copy = card.as_ref().clone();
                &mut copy
            }
        };
        let chip = matches!(entry, Entry::Chip | Entry::Contactless);
        if chip && dice.chance(3_000) {
            // Cards are also used where nobody mirrors.
            card.transaction_counter = card.transaction_counter.saturating_add(dice.below(3) as u16);
        }
        let digits = card.number.digits();
        machine.write_field_59(digits.get(digits.len() - 6..));
        let fallback = entry == Entry::Stripe && has_chip;
        let card_key = if chip { self.issuer_key.card_key_option_a(&digits, 1).ok() } else { None };
        let sale = Sale {
            purpose: order.purpose,
            amount_fen: order.amount_fen,
            entry,
            asks_pin,
            typed_pin: card.pin_in_mind ^ u32::from(mistyped_pin),
            unpredictable,
            cryptogram,
            more: More { fallback, card_key, service: order.service, mistyped: order.mistyped },
        };
        let clock = super::clock(self.now.plus_us(machine.terminal.clock_error_us));
        let merchant = &self.merchants[machine.terminal.merchant].number;
        let number = card.number;
        let mut request = machine.terminal.sale(index, merchant, card, &sale, clock);
        request.attack = order.story;
        if order.mistyped.is_some() {
            request.cause = Cause::WrongCardData;
        }
        if let Some(holder) = holder {
            machine.visited(self.now, holder);
        }
        if let Some(staged) = order.story.and_then(|s| self.staged.get_mut(s)) {
            staged.related.insert(Subject::Card(SimulatedCard::new(number)));
        }
        self.send(request, holder);
    }

    /// True if the terminal can begin something new; sends an owed reversal first.
    pub(crate) fn is_idle(&mut self, index: usize) -> bool {
        let terminal = &self.machines[index].terminal;
        if terminal.waiting.is_some() {
            return false;
        }
        if terminal.owed_reversal.is_some() {
            self.send_owed_reversal(index);
            return false;
        }
        true
    }

    /// Asks for new working keys.
    pub(crate) fn sign_on(&mut self, index: usize, story: Option<usize>) {
        if !self.is_idle(index) {
            return self.after(5 * SECOND_US, Event::SignOn(index, story));
        }
        let machine = &mut self.machines[index];
        machine.write_field_59(None);
        let clock = super::clock(self.now.plus_us(machine.terminal.clock_error_us));
        let merchant = &self.merchants[machine.terminal.merchant].number;
        let mut request = machine.terminal.sign_on(index, merchant, clock);
        request.attack = story.or(machine.label);
        self.send(request, None);
    }

    /// Puts a request on the line and begins to wait.
    pub(crate) fn send(&mut self, mut request: Request, card: Option<usize>) {
        let silent = request
            .number
            .is_some_and(|n| self.banks.issuers[self.banks.issuer_of(n)].state == IssuerState::Silent);
        if request.cause == Cause::Everyday {
            request.cause = match (silent, request.attack) {
                (true, _) => Cause::IssuerSilent,
                (false, Some(_)) => Cause::Staged,
                (false, None) => Cause::Everyday,
            };
        }
        let index = request.terminal;
        self.serial += 1;
        let serial = self.serial;
        let link = self.machines[index].terminal.link;
        if !self.machines[index].dice.chance(link.loss) {
            self.after(link.one_way_us, Event::AtHost(Box::new(request.clone())));
        }
        self.machines[index].terminal.waiting = Some(Waiting { request, serial, card });
        self.after(TERMINAL_TIMEOUT_US, Event::Timeout(index, serial));
    }

    /// An answer arrives.
    pub(crate) fn at_terminal(&mut self, answer: &Answer) {
        let terminal = &mut self.machines[answer.terminal].terminal;
        let expected = terminal
            .waiting
            .take_if(|w| w.request.trace == answer.trace && w.request.purpose == answer.purpose);
        let Some(waiting) = expected else { return };
        match answer.purpose {
            Purpose::SignOn => {
                // Without a right check value the old keys stay in use; cheap terminals go on with them.
                if answer.keys.is_some_and(|block| terminal.take_keys(&block)) {
                    terminal.technical_failures_in_row = 0;
                    if terminal.trouble == Cause::SignOnAnswerLost {
                        terminal.trouble = Cause::Everyday;
                    }
                }
            }
            Purpose::Reversal => {
                // Whatever the host says, it has heard of the reversal.
                terminal.owed_reversal = None;
            }
            _ if !Host::mac_of_answer_is_right(answer, &terminal.mac) => {
                if waiting.request.purpose != Purpose::Balance {
                    self.owe_reversal(&waiting.request, "A0");
                }
            }
            _ => self.react(waiting, answer),
        }
    }

    /// What shop and customer do about an answer.
    fn react(&mut self, waiting: Waiting, answer: &Answer) {
        let index = answer.terminal;
        let machine = &mut self.machines[index];
        let technical = matches!(answer.code, "A0" | "A7" | "99");
        let terminal = &mut machine.terminal;
        terminal.technical_failures_in_row =
            if technical { terminal.technical_failures_in_row + 1 } else { 0 };
        let failures = terminal.technical_failures_in_row;
        let request = &waiting.request;
        if technical && (failures == 2 || failures.is_multiple_of(6)) && request.attack.is_none() {
            let wait = machine.dice.between(30, 150) * SECOND_US;
            self.after(wait, Event::SignOn(index, None));
        }
        let Some(holder) = waiting.card else { return };
        if request.purpose != Purpose::Purchase {
            return;
        }
        let machine = &mut self.machines[index];
        let dice = &mut machine.dice;
        let again = |payer| Order { story: request.attack, ..Order::of(payer, request.amount_fen) };
        match answer.code {
            "00" => {
                let receipt = Receipt {
                    trace: request.trace,
                    amount_fen: request.amount_fen,
                    card: holder,
                    retrieval_reference: answer.retrieval_reference.clone(),
                    authorization: answer.authorization.clone(),
                    month_day: terminal::month_day(super::clock(self.now)),
                };
                if machine.trade.attended() && dice.below(1_000) < machine.trade.returns_per_mille {
                    // Most are wrong amounts, noticed at once; the others come back another day.
                    let soon = dice.chance(6_500);
                    let wait = if soon {
                        dice.between(30, 900) * SECOND_US
                    } else {
                        dice.between(60, 3_000) * MINUTE
                    };
                    let wait =
                        super::week::next_open(machine.trade.hours, self.now.plus_us(wait)).since(self.now);
                    self.after(wait, Event::TakeBack(index, Box::new(receipt), None));
                } else {
                    machine.keep(receipt);
                }
            }
            // Most people type it again, right this time; the third wrong one is the last.
            "55" => {
                let wait = dice.between(9, 25) * SECOND_US;
                self.after(wait, Event::Pay(index, Box::new(again(Payer::Holder(holder)))));
            }
            // Another card of somebody in the same party.
            "51" | "54" | "61" | "41" | "91" | "75" if dice.chance(3_500) => {
                let wait = dice.between(10, 40) * SECOND_US;
                let other = self.people.customer(dice, machine.town, machine.here, self.now.plus_us(wait));
                if let Some(other) = other {
                    let place = machine.here;
                    self.people.used(other, self.now.plus_us(wait), place);
                    self.after(wait, Event::Pay(index, Box::new(again(Payer::Holder(other)))));
                }
            }
            "A0" | "A7" | "99" if failures == 1 => {
                let wait = dice.between(8, 25) * SECOND_US;
                self.after(wait, Event::Pay(index, Box::new(again(Payer::Holder(holder)))));
            }
            _ => {}
        }
    }

    /// No answer came in time: the outcome is unknown.
    pub(crate) fn timeout(&mut self, index: usize, serial: u64) {
        let terminal = &mut self.machines[index].terminal;
        let Some(waiting) = terminal.waiting.take_if(|w| w.serial == serial) else { return };
        match waiting.request.purpose {
            Purpose::Purchase | Purpose::Void => self.owe_reversal(&waiting.request, "98"),
            Purpose::Reversal if terminal.reversal_sends >= REVERSAL_SENDS_MAX => {
                terminal.owed_reversal = None;
            }
            Purpose::Reversal => self.after(5 * SECOND_US, Event::Reversal(index)),
            // The shop doesn't notice that new keys were on their way.
            Purpose::SignOn | Purpose::Balance | Purpose::Refund => {}
        }
    }

    fn owe_reversal(&mut self, of: &Request, reason: &str) {
        let index = of.terminal;
        let clock = self.clock(self.machines[index].terminal.clock_error_us);
        let terminal = &mut self.machines[index].terminal;
        terminal.owed_reversal = Some(terminal.reversal(of, reason, clock));
        terminal.reversal_sends = 0;
        self.after(SECOND_US, Event::Reversal(index));
    }

    /// Sends the reversal that is owed, if the terminal waits for nothing else.
    pub(crate) fn send_owed_reversal(&mut self, index: usize) {
        let terminal = &mut self.machines[index].terminal;
        if terminal.waiting.is_some() {
            return;
        }
        if let Some(reversal) = terminal.owed_reversal.clone() {
            terminal.reversal_sends += 1;
            self.send(reversal, None);
        }
    }

    /// The shop takes an approved payment back: the same day as a void, later as a refund.
    pub(crate) fn take_back(&mut self, index: usize, receipt: Box<Receipt>, story: Option<usize>) {
        if !self.is_idle(index) {
            return self.after(20 * SECOND_US, Event::TakeBack(index, receipt, story));
        }
        let today = terminal::month_day(super::clock(self.now));
        let machine = &mut self.machines[index];
        let void = receipt.month_day == today && machine.dice.chance(7_000);
        let purpose = if void { Purpose::Void } else { Purpose::Refund };
        let clock = super::clock(self.now.plus_us(machine.terminal.clock_error_us));
        let merchant = &self.merchants[machine.terminal.merchant].number;
        let card = &self.people.all[receipt.card].card;
        let digits = card.number.digits();
        machine.write_field_59(digits.get(digits.len() - 6..));
        let mut request = machine.terminal.take_back(index, merchant, card, &receipt, purpose, clock);
        request.attack = story.or(machine.label);
        self.send(request, None);
    }
}

/// A number or expiry as somebody mishears it.
fn mistyped(card: &Card, dice: &mut crate::dice::Dice) -> (Number, u16) {
    if dice.chance(5_000) {
        return (card.number, add_months(card.expiry, 1));
    }
    let place = 10_u64.pow(dice.between(1, 7) as u32);
    let number = Number { value: card.number.value ^ (card.number.value / place % 2 * place), ..card.number };
    // Still in its range, still with a right check digit: the terminal would refuse another.
    (
        Number { value: number.value / 100_000_000 * 100_000_000 + dice.below(100_000_000), ..number }
            .with_check_digit(),
        card.expiry,
    )
}
