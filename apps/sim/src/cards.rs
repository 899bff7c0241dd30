//! Cards and the banks behind them: what is written on a chip or stripe, what the issuer knows, and how
//! the issuer decides.
//!
//! Card numbers come only from the ranges of `data/test-ranges.csv`; banks are invented.

use crate::dice::Dice;
use crate::ranges::TestRanges;
use std::collections::BTreeMap;

/// A card number as a number with its length: up to 19 digits fit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Number {
    pub(crate) value: u64,
    pub(crate) length: u8,
}

impl Number {
    /// The digits as text.
    pub(crate) fn digits(self) -> String {
        format!("{:0width$}", self.value, width = usize::from(self.length))
    }

    /// The same number with the last digit made right (ISO/IEC 7812-1 annex B).
    pub(crate) fn with_check_digit(self) -> Number {
        let body = self.value / 10;
        let mut rest = body;
        let mut sum = 0;
        let mut double = true;
        while rest > 0 {
            let digit = rest % 10;
            sum += match double {
                true if digit > 4 => digit * 2 - 9,
                true => digit * 2,
                false => digit,
            };
            double = !double;
            rest /= 10;
        }
        Number { value: body * 10 + (10 - sum % 10) % 10, length: self.length }
    }
}

/// A plastic card in somebody's pocket.
#[derive(Clone)]
pub(crate) struct Card {
    pub(crate) number: Number,
    /// YYMM.
    pub(crate) expiry: u16,
    pub(crate) issuer: usize,
    /// What its holder believes to be the PIN.
    pub(crate) pin_in_mind: u32,
    /// Application transaction counter of the chip.
    pub(crate) transaction_counter: u16,
    pub(crate) has_chip: bool,
}

/// What an issuer knows of a card.
struct Account {
    expiry: u16,
    pin: u32,
    balance_fen: i64,
    limit_fen: i64,
    lost: bool,
    pin_tries_left: u8,
    last_counter: u16,
}

/// Whether an issuer can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IssuerState {
    Up,
    /// Answers, but after seconds.
    Slow,
    /// Takes requests and never answers.
    Silent,
}

/// A bank that does not exist.
pub(crate) struct Issuer {
    /// DE44's first part: an institution number of no bank (99 is no region of UnionPay's list).
    pub(crate) code: String,
    pub(crate) name: &'static tg_text::Text,
    pub(crate) state: IssuerState,
    pub(crate) usual_answer_us: i64,
    accounts: BTreeMap<Number, Account>,
}

/// What an issuer is asked.
pub(crate) struct Inquiry {
    pub(crate) number: Number,
    pub(crate) amount_fen: i64,
    /// YYMM as the terminal read it or as it was typed.
    pub(crate) expiry: Option<u16>,
    pub(crate) pin: Option<u32>,
    /// The terminal's verdict that the card has expired (TVR byte 2 bit 7).
    pub(crate) terminal_says_expired: bool,
    pub(crate) transaction_counter: Option<u16>,
    /// Today by the issuer's clock, YYMM.
    pub(crate) today: u16,
}

/// All banks of a town.
pub(crate) struct Banks {
    pub(crate) issuers: Vec<Issuer>,
    ranges: TestRanges,
    /// The issuer of each range.
    issuer_of_range: Vec<usize>,
}

impl Banks {
    pub(crate) fn new(dice: &mut Dice) -> Banks {
        let ranges = TestRanges::load();
        let mut issuers: Vec<Issuer> = Vec::new();
        let mut issuer_of_range = Vec::new();
        for range in &ranges.ranges {
            let known = issuers.iter().position(|i| i.name == range.issuer);
            issuer_of_range.push(known.unwrap_or(issuers.len()));
            if known.is_none() {
                issuers.push(Issuer {
                    code: format!("99{:02}0000", issuers.len() + 10),
                    name: range.issuer,
                    state: IssuerState::Up,
                    usual_answer_us: dice.between(90_000, 320_000),
                    accounts: BTreeMap::new(),
                });
            }
        }
        Banks { issuers, ranges, issuer_of_range }
    }

    /// The bank of a card number; numbers of no range go to the first bank, which has no such account.
    pub(crate) fn issuer_of(&self, number: Number) -> usize {
        let range = self.ranges.ranges.iter().position(|r| r.holds(number));
        range.and_then(|r| self.issuer_of_range.get(r).copied()).unwrap_or(0)
    }

    /// A number that some bank might have given out.
    pub(crate) fn any_number(&self, dice: &mut Dice) -> Number {
        self.ranges.number(dice)
    }

    /// Issues a card to a new customer.
    pub(crate) fn issue(&mut self, dice: &mut Dice, today: u16) -> Card {
        let number = loop {
            let number = self.ranges.number(dice);
            if !self.issuers[self.issuer_of(number)].accounts.contains_key(&number) {
                break number;
            }
        };
        // One customer in seventy still carries a card that has expired.
        let months = if dice.chance(140) { -dice.between(1, 9) } else { dice.between(1, 59) };
        self.open_account(dice, number, add_months(today, months))
    }

    /// Issues this very card.
    pub(crate) fn open_account(&mut self, dice: &mut Dice, number: Number, expiry: u16) -> Card {
        let issuer = self.issuer_of(number);
        let pin = dice.below(1_000_000) as u32;
        let balance_fen = match dice.below(100) {
            0..=3 => dice.between(0, 5_000),
            4..=30 => dice.between(50_000, 500_000),
            _ => dice.between(500_000, 8_000_000),
        };
        let account = Account {
            expiry,
            pin,
            balance_fen,
            limit_fen: if dice.chance(100) { 20_000 } else { 5_000_000 },
            lost: dice.chance(12),
            pin_tries_left: 3,
            last_counter: 0,
        };
        self.issuers[issuer].accounts.insert(number, account);
        // One holder in a hundred has forgotten it.
        let pin_in_mind = if dice.chance(100) { (pin + 1_111) % 1_000_000 } else { pin };
        let transaction_counter = dice.between(1, 900) as u16;
        Card { number, expiry, issuer, pin_in_mind, transaction_counter, has_chip: !dice.chance(250) }
    }

    /// A number that someone types without having the card.
    pub(crate) fn stranger(&self, number: Number, expiry: u16) -> Card {
        let issuer = self.issuer_of(number);
        Card { number, expiry, issuer, pin_in_mind: 0, transaction_counter: 0, has_chip: false }
    }

    /// The issuer's answer to a request for money, a UnionPay code. Takes the money if it approves.
    pub(crate) fn authorise(&mut self, inquiry: &Inquiry) -> &'static str {
        let issuer = self.issuer_of(inquiry.number);
        let Some(account) = self.issuers[issuer].accounts.get_mut(&inquiry.number) else {
            return "14";
        };
        if account.lost {
            return "41";
        }
        if inquiry.expiry.is_some_and(|e| e != account.expiry)
            || account.expiry < inquiry.today
            || inquiry.terminal_says_expired
        {
            return "54";
        }
        if inquiry.transaction_counter.is_some_and(|c| c <= account.last_counter) {
            return "59";
        }
        account.last_counter = inquiry.transaction_counter.unwrap_or(account.last_counter);
        if account.pin_tries_left == 0 {
            return "75";
        }
        if let Some(pin) = inquiry.pin {
            if pin != account.pin {
                account.pin_tries_left -= 1;
                return if account.pin_tries_left == 0 { "75" } else { "55" };
            }
            account.pin_tries_left = 3;
        }
        if inquiry.amount_fen > account.limit_fen {
            return "61";
        }
        if inquiry.amount_fen > account.balance_fen {
            return "51";
        }
        account.balance_fen -= inquiry.amount_fen;
        "00"
    }

    /// Gives money back: a reversal, void or refund.
    pub(crate) fn give_back(&mut self, number: Number, amount_fen: i64) {
        let issuer = self.issuer_of(number);
        if let Some(account) = self.issuers[issuer].accounts.get_mut(&number) {
            account.balance_fen += amount_fen;
        }
    }

    /// Money comes in overnight: whoever has little left gets something, most of them enough.
    pub(crate) fn wages(&mut self, dice: &mut Dice) {
        for account in self.issuers.iter_mut().flat_map(|i| i.accounts.values_mut()) {
            if account.balance_fen < 300_000 && dice.chance(6_000) {
                account.balance_fen += dice.between(200_000, 1_500_000);
            }
            account.pin_tries_left = 3;
        }
    }

    /// An account that can pay for what a ring of cash-out cards is meant to pay.
    pub(crate) fn fill(&mut self, number: Number, balance_fen: i64, limit_fen: i64) {
        let issuer = self.issuer_of(number);
        if let Some(account) = self.issuers[issuer].accounts.get_mut(&number) {
            account.balance_fen = account.balance_fen.max(balance_fen);
            account.limit_fen = account.limit_fen.max(limit_fen);
            account.lost = false;
        }
    }

    /// What is in the account, in fen.
    pub(crate) fn balance(&self, number: Number) -> i64 {
        self.issuers[self.issuer_of(number)].accounts.get(&number).map_or(0, |a| a.balance_fen)
    }
}

/// A YYMM moved by months.
pub(crate) fn add_months(yymm: u16, months: i64) -> u16 {
    let count = i64::from(yymm / 100) * 12 + i64::from(yymm % 100) - 1 + months;
    (count.div_euclid(12) * 100 + count.rem_euclid(12) + 1) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_that_of_a_published_test_number() {
        let wrong = Number { value: 4_111_111_111_111_110, length: 16 };
        assert_eq!(wrong.with_check_digit().digits(), "4111111111111111");
    }

    #[test]
    fn months_roll_over_the_year() {
        assert_eq!(add_months(2611, 2), 2701);
        assert_eq!(add_months(2601, -1), 2512);
    }

    #[test]
    fn an_issuer_declines_for_the_reason_that_applies() {
        let mut dice = Dice::new(1, 1);
        let mut banks = Banks::new(&mut dice);
        let number = Number { value: 4_111_111_111_111_111, length: 16 };
        let issuer = banks.issuer_of(number);
        let account = |lost| Account {
            expiry: 2812,
            pin: 123_456,
            balance_fen: 10_000,
            limit_fen: 50_000,
            lost,
            pin_tries_left: 3,
            last_counter: 5,
        };
        let ask = |amount_fen, pin, counter, expiry| Inquiry {
            number,
            amount_fen,
            expiry: Some(expiry),
            pin,
            terminal_says_expired: false,
            transaction_counter: Some(counter),
            today: 2611,
        };
        assert_eq!(banks.authorise(&ask(100, None, 6, 2812)), "14");
        banks.issuers[issuer].accounts.insert(number, account(false));
        assert_eq!(banks.authorise(&ask(100, None, 6, 2711)), "54");
        assert_eq!(banks.authorise(&ask(100, None, 5, 2812)), "59");
        assert_eq!(banks.authorise(&ask(60_000, None, 6, 2812)), "61");
        assert_eq!(banks.authorise(&ask(20_000, None, 7, 2812)), "51");
        assert_eq!(banks.authorise(&ask(9_000, None, 8, 2812)), "00");
        assert_eq!(banks.authorise(&ask(9_000, None, 9, 2812)), "51");
        assert_eq!(banks.authorise(&ask(1, Some(1), 10, 2812)), "55");
        assert_eq!(banks.authorise(&ask(1, Some(1), 11, 2812)), "55");
        assert_eq!(banks.authorise(&ask(1, Some(1), 12, 2812)), "75");
        assert_eq!(banks.authorise(&ask(1, Some(123_456), 13, 2812)), "75");
        banks.issuers[issuer].accounts.insert(number, account(true));
        assert_eq!(banks.authorise(&ask(1, None, 14, 2812)), "41");
    }
}
