//! At the counter: customers come, pay, try again, give up; the terminal waits, reverses, signs on.

use crate::cards::IssuerState;
use crate::host::{Answer, Host};
use crate::terminal::{Entry, More, Purpose, Receipt, Request, Sale, Waiting, month_day};
use crate::town::{Event, TERMINAL_TIMEOUT_US, Town};
use crate::truth::Cause;
use tg_types::SECOND_US;

/// Usual time between two customers of a terminal.
const GAP_US: i64 = 7_000_000;
/// Technical failures in a row after which a shop sends its customers away for a while.
const FAILURES_UNTIL_CLOSED: u32 = 3;
/// Times that a reversal is sent before the shop calls the acquirer (UnionPay POS rules: three).
const REVERSAL_SENDS_MAX: u8 = 3;
/// Bills up to this may be paid by holding the card to the terminal, without PIN (小额免密: 1,000 yuan).
const WITHOUT_PIN_MAX_FEN: i64 = 100_000;

impl Town {
    /// A customer steps up, and the next one is on the way.
    pub(crate) fn customer(&mut self, index: usize) {
        let terminal = &self.terminals[index];
        let trade = self.merchants[terminal.merchant].trade;
        let mean = match terminal.rush_gap_us {
            Some(gap) => gap,
            None if terminal.technical_failures_in_row >= FAILURES_UNTIL_CLOSED => 45 * SECOND_US,
            None => GAP_US * trade.gap_percent / 100,
        };
        if terminal.waiting.is_some() {
            let wait = self.dice.between(800_000, 2_500_000);
            return self.after(wait, Event::Customer(index));
        }
        let card = self.dice.below(self.cards.len() as u64) as usize;
        let merchant = self.terminals[index].merchant;
        let bill = self.merchants[merchant].bill_fen(&mut self.dice);
        self.pay(index, card, bill);
        let wait = self.dice.wait(mean).max(400_000);
        self.after(wait, Event::Customer(index));
    }

    /// A card pays a bill, or waits for the terminal.
    pub(crate) fn pay(&mut self, index: usize, card: usize, amount_fen: i64) {
        if !self.is_idle(index) {
            let wait = self.dice.between(700_000, 1_800_000);
            return self.after(wait, Event::Again(index, card, amount_fen));
        }
        let trade = self.merchants[self.terminals[index].merchant].trade;
        let has_chip = self.cards[card].has_chip;
        let waves = has_chip
            && (trade.unattended
                || amount_fen <= WITHOUT_PIN_MAX_FEN && self.dice.below(100) < trade.contactless_percent);
        let entry = match (waves, has_chip) {
            (true, _) => Entry::Contactless,
            (false, true) => Entry::Chip,
            (false, false) => Entry::Stripe,
        };
        let asks_pin = !waves;
        let enquires = asks_pin && !trade.unattended && self.dice.chance(90);
        let mistyped = asks_pin && self.dice.chance(140);
        let sale = Sale {
            purpose: if enquires { Purpose::Balance } else { Purpose::Purchase },
            amount_fen,
            entry,
            asks_pin,
            typed_pin: self.cards[card].pin_in_mind ^ u32::from(mistyped),
            unpredictable: self.dice.bits() as u32,
            cryptogram: self.dice.bytes(),
            more: More::default(),
        };
        let clock = self.clock(self.terminals[index].clock_error_us);
        let terminal = &mut self.terminals[index];
        let merchant = &self.merchants[terminal.merchant].number;
        let request = terminal.sale(index, merchant, &mut self.cards[card], &sale, clock);
        self.send(request, Some(card));
    }

    /// True if the terminal can begin something new; sends an owed reversal first.
    pub(crate) fn is_idle(&mut self, index: usize) -> bool {
        if self.terminals[index].waiting.is_some() {
            return false;
        }
        if self.terminals[index].owed_reversal.is_some() {
            self.send_owed_reversal(index);
            return false;
        }
        true
    }

    /// Asks for new working keys.
    pub(crate) fn sign_on(&mut self, index: usize) {
        if !self.is_idle(index) {
            return self.after(2 * SECOND_US, Event::SignOn(index));
        }
        let clock = self.clock(self.terminals[index].clock_error_us);
        let terminal = &mut self.terminals[index];
        let request = terminal.sign_on(index, &self.merchants[terminal.merchant].number, clock);
        self.send(request, None);
    }

    /// Puts a request on the line and begins to wait.
    pub(crate) fn send(&mut self, mut request: Request, card: Option<usize>) {
        let silent = request
            .number
            .is_some_and(|n| self.banks.issuers[self.banks.issuer_of(n)].state == IssuerState::Silent);
        if request.cause == Cause::Everyday && silent {
            request.cause = Cause::IssuerSilent;
        }
        let index = request.terminal;
        self.serial += 1;
        let serial = self.serial;
        let link = self.terminals[index].link;
        if !self.dice.chance(link.loss) {
            self.after(link.one_way_us, Event::AtHost(Box::new(request.clone())));
        }
        self.terminals[index].waiting = Some(Waiting { request, serial, card });
        self.after(TERMINAL_TIMEOUT_US, Event::TerminalTimeout(index, serial));
    }

    /// An answer arrives.
    pub(crate) fn at_terminal(&mut self, answer: &Answer) {
        let index = answer.terminal;
        let expected = self.terminals[index]
            .waiting
            .as_ref()
            .is_some_and(|w| w.request.trace == answer.trace && w.request.purpose == answer.purpose);
        if !expected {
            return;
        }
        let Some(waiting) = self.terminals[index].waiting.take() else { return };
        let terminal = &mut self.terminals[index];
        match answer.purpose {
            Purpose::SignOn => {
                // Without a right check value the old keys stay in use; the shop sees "签到成功" from the
                // host's code and goes on. Cheap terminals do just that.
                if answer.keys.is_some_and(|block| terminal.take_keys(&block)) {
                    terminal.technical_failures_in_row = 0;
                    if terminal.trouble == Cause::SignOnAnswerLost {
                        terminal.trouble = Cause::Everyday;
                    }
                }
            }
            Purpose::Reversal => {
                let settled = matches!(answer.code, "00" | "25");
                if settled || terminal.reversal_sends >= REVERSAL_SENDS_MAX {
                    terminal.owed_reversal = None;
                }
            }
            Purpose::Purchase | Purpose::Balance | Purpose::Void | Purpose::Refund => {
                if !Host::mac_of_answer_is_right(answer, &terminal.mac) {
                    terminal.technical_failures_in_row += 1;
                    if waiting.request.purpose != Purpose::Balance {
                        self.owe_reversal(&waiting.request, "A0");
                    }
                    return;
                }
                self.react(&waiting, answer);
            }
        }
    }

    /// What shop and customer do about an answer.
    fn react(&mut self, waiting: &Waiting, answer: &Answer) {
        let index = answer.terminal;
        let request = &waiting.request;
        let technical = matches!(answer.code, "A0" | "A7" | "99");
        let terminal = &mut self.terminals[index];
        terminal.technical_failures_in_row =
            if technical { terminal.technical_failures_in_row + 1 } else { 0 };
        let failures = terminal.technical_failures_in_row;
        let Some(card) = waiting.card else { return };
        let amount = request.amount_fen;
        match answer.code {
            "00" if request.purpose == Purpose::Purchase => {
                let attended = !self.merchants[self.terminals[index].merchant].trade.unattended;
                if attended && self.dice.chance(160) {
                    self.terminals[index].receipt = Some(Receipt {
                        trace: request.trace,
                        amount_fen: amount,
                        card,
                        retrieval_reference: answer.retrieval_reference.clone(),
                        authorization: answer.authorization.clone(),
                        month_day: month_day(self.host_time()),
                    });
                    let wait = self.dice.between(4_000_000, 25_000_000);
                    self.after(wait, Event::TakeBack(index));
                }
            }
            // Most people type it again, right this time.
            "55" => {
                let wait = self.dice.between(4_000_000, 9_000_000);
                self.after(wait, Event::Again(index, card, amount));
            }
            // Another card or another way to pay.
            "51" | "54" | "61" | "41" | "91" | "75" if self.dice.chance(4_500) => {
                let other = self.dice.below(self.cards.len() as u64) as usize;
                let wait = self.dice.between(3_000_000, 8_000_000);
                self.after(wait, Event::Again(index, other, amount));
            }
            "A0" | "A7" | "99" if failures == 1 => {
                let wait = self.dice.between(2_500_000, 5_000_000);
                self.after(wait, Event::Again(index, card, amount));
            }
            "A0" | "A7" | "99" if failures == 2 || failures.is_multiple_of(4) => {
                let wait = self.dice.between(2_000_000, 6_000_000);
                self.after(wait, Event::SignOn(index));
            }
            _ => {}
        }
    }

    /// No answer came in time: the outcome is unknown.
    pub(crate) fn terminal_timeout(&mut self, index: usize, serial: u64) {
        let terminal = &mut self.terminals[index];
        let Some(waiting) = terminal.waiting.take_if(|w| w.serial == serial) else { return };
        match waiting.request.purpose {
            Purpose::Purchase | Purpose::Void => self.owe_reversal(&waiting.request, "98"),
            Purpose::Reversal if terminal.reversal_sends >= REVERSAL_SENDS_MAX => {
                terminal.owed_reversal = None;
            }
            Purpose::Reversal => self.after(2 * SECOND_US, Event::Reversal(index)),
            // The shop doesn't notice that new keys were on their way.
            Purpose::SignOn | Purpose::Balance | Purpose::Refund => {}
        }
    }

    fn owe_reversal(&mut self, of: &Request, reason: &str) {
        let clock = self.clock(self.terminals[of.terminal].clock_error_us);
        let terminal = &mut self.terminals[of.terminal];
        let reversal = terminal.reversal(of, reason, clock);
        terminal.owed_reversal = Some(reversal);
        terminal.reversal_sends = 0;
        self.after(SECOND_US / 2, Event::Reversal(of.terminal));
    }

    /// Sends the reversal that is owed, if the terminal waits for nothing else.
    pub(crate) fn send_owed_reversal(&mut self, index: usize) {
        let terminal = &mut self.terminals[index];
        if terminal.waiting.is_some() {
            return;
        }
        if let Some(reversal) = terminal.owed_reversal.clone() {
            terminal.reversal_sends += 1;
            self.send(reversal, None);
        }
    }

    /// The shop takes an approved payment back.
    pub(crate) fn take_back(&mut self, index: usize) {
        if !self.is_idle(index) {
            return self.after(3 * SECOND_US, Event::TakeBack(index));
        }
        let Some(receipt) = self.terminals[index].receipt.take() else { return };
        let purpose = if self.dice.chance(7_000) { Purpose::Void } else { Purpose::Refund };
        let clock = self.clock(self.terminals[index].clock_error_us);
        let terminal = &mut self.terminals[index];
        let merchant = &self.merchants[terminal.merchant].number;
        let card = &self.cards[receipt.card];
        let request = terminal.take_back(index, merchant, card, &receipt, purpose, clock);
        self.send(request, None);
    }

    /// A rush begins or ends.
    pub(crate) fn rush(&mut self, index: usize, gap_us: Option<i64>) {
        self.terminals[index].rush_gap_us = gap_us;
        match gap_us {
            Some(_) => self.after(75 * SECOND_US, Event::Rush(index, None)),
            None => self.after(240 * SECOND_US, Event::Rush(index, Some(crate::story::RUSH_GAP_US))),
        }
    }
}
