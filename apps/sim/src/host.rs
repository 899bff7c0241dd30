//! The acquirer's host with its security module, and the switch behind it.
//!
//! It really checks: the MAC over the bytes that arrived, the key record of the terminal, whether the
//! original of a reversal is known. What it answers follows from that, never from a script.

use crate::cards::{Banks, Inquiry, IssuerState, Number};
use crate::dice::Dice;
use crate::message::mac_is_right;
use crate::soft_keys::{self, Key};
use crate::terminal::{Purpose, Request, month_day, year_month};
use crate::truth::Cause;
use jiff::civil::DateTime;
use std::collections::BTreeMap;

/// DE32: an acquirer that does not exist.
const ACQUIRER: &str = "99990571";
/// What the host remembers in a small town.
const REMEMBERED_PAYMENTS: usize = 64;
/// Unanswered requests in a row after which the switch answers 91 itself.
const UNANSWERED_MAX: u32 = 3;

/// The host's key record of one terminal, as its security module holds it.
pub(crate) struct KeyRecord {
    pub(crate) master: Key,
    pub(crate) mac: Key,
    pub(crate) pin: Key,
    /// The record fails its own check: the module refuses to use it.
    pub(crate) damaged: bool,
}

struct Payment {
    number: Number,
    amount_fen: i64,
    approved: bool,
    given_back: bool,
}

/// An answer on its way down.
pub(crate) struct Answer {
    pub(crate) terminal: usize,
    pub(crate) purpose: Purpose,
    pub(crate) trace: u32,
    pub(crate) code: &'static str,
    pub(crate) retrieval_reference: String,
    pub(crate) authorization: String,
    pub(crate) keys: Option<[u8; 40]>,
    pub(crate) has_mac: bool,
    pub(crate) frame: Vec<u8>,
    pub(crate) cause: Cause,
    pub(crate) attack: Option<usize>,
}

/// What the host does with a request.
pub(crate) enum Step {
    /// It answers itself, with this code.
    Answer(&'static str),
    /// It asks the issuer.
    Ask,
}

/// Acquirer host and switch.
pub(crate) struct Host {
    pub(crate) records: Vec<KeyRecord>,
    payments: BTreeMap<(usize, u32), Payment>,
    order: BTreeMap<usize, std::collections::VecDeque<u32>>,
    unanswered: Vec<u32>,
    sequence: u64,
    /// Payments that are remembered for each terminal, for voids and reversals.
    pub(crate) remembers: usize,
}

impl Host {
    pub(crate) fn new(records: Vec<KeyRecord>, issuers: usize) -> Host {
        Host {
            records,
            payments: BTreeMap::new(),
            order: BTreeMap::new(),
            unanswered: vec![0; issuers],
            sequence: 0,
            remembers: REMEMBERED_PAYMENTS,
        }
    }

    /// Checks a request.
    pub(crate) fn receive(&mut self, request: &Request, banks: &mut Banks) -> Step {
        let record = &self.records[request.terminal];
        if record.damaged {
            return Step::Answer("A7");
        }
        if request.purpose == Purpose::SignOn {
            return Step::Answer("00");
        }
        if !mac_is_right(&request.frame, &record.mac) {
            return Step::Answer("A0");
        }
        match request.purpose {
            Purpose::Reversal => Step::Answer(self.take_back(request, banks)),
            Purpose::Void | Purpose::Refund => {
                let code = self.take_back(request, banks);
                if let (Some(number), "00") = (request.number, code) {
                    // A void or refund may be reversed itself: then its money moves the other way.
                    self.remember(request, number, -request.amount_fen, true);
                }
                Step::Answer(code)
            }
            _ => {
                let Some(number) = request.number else { return Step::Answer("30") };
                self.remember(request, number, request.amount_fen, false);
                if self.unanswered[banks.issuer_of(number)] >= UNANSWERED_MAX {
                    return Step::Answer("91");
                }
                Step::Ask
            }
        }
    }

    /// The issuer gave no answer in the switch's time. The switch answers nothing: it can't know.
    pub(crate) fn issuer_was_silent(&mut self, issuer: usize) {
        self.unanswered[issuer] += 1;
    }

    /// The switch's echo test found the issuer alive.
    pub(crate) fn issuer_is_back(&mut self, issuer: usize) {
        self.unanswered[issuer] = 0;
    }

    /// The issuer's answer reaches the host. `None` if the payment was reversed meanwhile: the money goes
    /// back and nothing more is said.
    pub(crate) fn issuer_answers(
        &mut self,
        request: &Request,
        banks: &mut Banks,
        now: DateTime,
    ) -> Option<&'static str> {
        let number = request.number?;
        let issuer = banks.issuer_of(number);
        self.unanswered[issuer] = 0;
        let pin = match request.pin_block {
            Some(block) => {
                match soft_keys::open_pin_block(&self.records[request.terminal].pin, block, number) {
                    Some(pin) => Some(pin),
                    None => return Some("99"),
                }
            }
            None => None,
        };
        let code = banks.authorise(&Inquiry {
            number,
            amount_fen: request.amount_fen,
            expiry: request.expiry,
            pin,
            terminal_says_expired: request.says_expired,
            transaction_counter: request.counter,
            today: year_month(now),
        });
        let payment = self.payments.get_mut(&(request.terminal, request.trace))?;
        if payment.given_back {
            if code == "00" {
                banks.give_back(number, request.amount_fen);
            }
            return None;
        }
        payment.approved = code == "00";
        Some(code)
    }

    fn remember(&mut self, request: &Request, number: Number, amount_fen: i64, approved: bool) {
        let traces = self.order.entry(request.terminal).or_default();
        traces.push_back(request.trace);
        if traces.len() > self.remembers
            && let Some(oldest) = traces.pop_front()
        {
            self.payments.remove(&(request.terminal, oldest));
        }
        let payment = Payment { number, amount_fen, approved, given_back: false };
        self.payments.insert((request.terminal, request.trace), payment);
    }

    /// Reversal, void or refund: 25 if the original never arrived, 12 if it was not approved.
    fn take_back(&mut self, request: &Request, banks: &mut Banks) -> &'static str {
        let original = request.original.and_then(|trace| self.payments.get_mut(&(request.terminal, trace)));
        let Some(payment) = original else { return "25" };
        if payment.given_back {
            // The same reversal again: the answer to the first one was lost.
            return if request.purpose == Purpose::Reversal { "00" } else { "12" };
        }
        if !payment.approved && request.purpose != Purpose::Reversal {
            return "12";
        }
        payment.given_back = true;
        if payment.approved {
            banks.give_back(payment.number, payment.amount_fen);
        }
        "00"
    }

    /// Writes the answer to a request.
    pub(crate) fn answer(
        &mut self,
        request: &Request,
        code: &'static str,
        shop_name: &str,
        banks: &Banks,
        dice: &mut Dice,
        now: DateTime,
    ) -> Answer {
        self.sequence += 1;
        let time = format!("{:02}{:02}{:02}", now.hour(), now.minute(), now.second());
        let retrieval_reference = format!("{time}{:06}", self.sequence % 1_000_000);
        let approved = code == "00";
        let mut draft = request.draft.clone();
        draft.turn_to_answer();
        for field in [22, 26, 35, 52, 53, 55, 59, 61, 62] {
            draft.remove(field);
        }
        draft.text(12, time);
        draft.text(13, month_day(now));
        draft.text(32, ACQUIRER.to_owned());
        draft.text(37, retrieval_reference.clone());
        draft.text(39, code.to_owned());
        if let Some(words) = words(code) {
            draft.text(56, words.to_owned());
        }
        let mut keys = None;
        let mut authorization = String::new();
        if request.purpose == Purpose::SignOn {
            draft.remove(63);
            if approved {
                let record = &mut self.records[request.terminal];
                (record.pin, record.mac) = (Key(dice.bytes()), Key(dice.bytes()));
                let block = soft_keys::key_block(&record.master, &record.pin, &record.mac);
                draft.bytes(62, block.to_vec());
                draft.name(43, shop_name);
                keys = Some(block);
            }
        } else {
            let number = request.number.unwrap_or(Number { value: 0, length: 12 });
            draft.text(2, number.digits());
            draft.text(15, month_day(now));
            draft.text(44, format!("{:<11}{:<11}", banks.issuers[banks.issuer_of(number)].code, ACQUIRER));
            draft.text(63, "CUP".to_owned());
            if approved && request.purpose != Purpose::Reversal {
                authorization = format!("{:06}", dice.below(1_000_000));
                draft.text(38, authorization.clone());
            }
            if approved && request.purpose == Purpose::Balance {
                draft.text(54, format!("1002156C{:012}", banks.balance(number).max(0)));
            }
            if let (Some(counter), true) = (request.counter, self.issuer_decided(code)) {
                draft.bytes(55, issuer_data(counter, dice.bytes()));
            }
        }
        // The host can't make a MAC with a key that it couldn't use to check one.
        let has_mac = request.purpose != Purpose::SignOn && !matches!(code, "A0" | "A7");
        let frame = draft.encode(has_mac.then(|| &self.records[request.terminal].mac));
        let cause = match code {
            "91" => Cause::IssuerSilent,
            _ => request.cause,
        };
        Answer {
            terminal: request.terminal,
            purpose: request.purpose,
            trace: request.trace,
            code,
            retrieval_reference,
            authorization,
            keys,
            has_mac,
            frame,
            cause,
            attack: request.attack,
        }
    }

    fn issuer_decided(&self, code: &str) -> bool {
        matches!(code, "00" | "51" | "54" | "55" | "61" | "75")
    }

    /// True if the MAC of this answer is right under the terminal's key.
    pub(crate) fn mac_of_answer_is_right(answer: &Answer, key: &Key) -> bool {
        !answer.has_mac || mac_is_right(&answer.frame, key)
    }
}

/// Whether a request to an issuer in this state will be answered, and after how long.
pub(crate) fn answer_time_us(state: IssuerState, usual_us: i64, dice: &mut Dice) -> Option<i64> {
    match state {
        IssuerState::Up => Some(usual_us / 2 + dice.wait(usual_us / 2)),
        IssuerState::Slow => Some(dice.between(3_000_000, 21_000_000)),
        IssuerState::Silent => None,
    }
}

/// Field 55 of an answer: tag 91 with the issuer's proof and "approved or declined by the issuer".
fn issuer_data(counter: u16, proof: [u8; 8]) -> Vec<u8> {
    let mut out = vec![0x9F, 0x36, 2];
    out.extend_from_slice(&counter.to_be_bytes());
    out.extend_from_slice(&[0x91, 10]);
    out.extend_from_slice(&proof);
    out.extend_from_slice(b"00");
    out
}

/// Field 56: what the host has the terminal show. Wording of UnionPay's tables, shortened.
fn words(code: &str) -> Option<&'static str> {
    Some(match code {
        "12" => "无效的关联交易",
        "14" => "无效卡号",
        "25" => "找不到原始交易",
        "30" => "报文格式错误",
        "41" => "挂失卡",
        "51" => "资金不足",
        "54" => "过期的卡",
        "55" => "密码错",
        "59" => "卡片校验错",
        "61" => "超出金额限制",
        "75" => "密码错误次数超限",
        "91" => "发卡方状态不正常",
        "99" => "PIN格式错",
        "A0" => "MAC鉴别失败",
        "A7" => "安全处理失败",
        _ => return None,
    })
}
