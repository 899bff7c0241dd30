//! The message type: version, class, function and origin, and what they mean for a payment.
//!
//! Source: ISO 8583:1987 and :1993, message type identifier. Never guesses a meaning for reserved digits.

use crate::meaning::{ProcessingKind, processing_kind};
use tg_text::Text;

/// A message type identifier of four decimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mti(u16);

/// The first digit: which edition of the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 0: ISO 8583:1987.
    Iso1987,
    /// 1: ISO 8583:1993.
    Iso1993,
    /// 2: ISO 8583:2003 and :2023.
    Iso2003,
    /// 8: national use.
    National,
    /// 9: private use.
    Private,
    /// 3 to 7: reserved.
    Reserved,
}

/// The second digit: what the message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// 1: may this be paid? (also pre-authorisation, account verification)
    Authorization,
    /// 2: pay.
    Financial,
    /// 3: change a file; in UnionPay POS also batch upload.
    FileAction,
    /// 4: undo a payment whose outcome is not known.
    Reversal,
    /// 5: totals.
    Reconciliation,
    /// 6: administration.
    Administrative,
    /// 7: fees.
    FeeCollection,
    /// 8: sign-on, keys, echo.
    NetworkManagement,
    /// 0 and 9: reserved. UnionPay POS uses 09xx for its own notices.
    Reserved,
}

/// The third digit: which step of the talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// 0: asks.
    Request,
    /// 1: answers a request.
    RequestResponse,
    /// 2: tells what has happened.
    Advice,
    /// 3: answers an advice.
    AdviceResponse,
    /// 4: tells and needs no answer.
    Notification,
    /// 5: answers a notification.
    NotificationAcknowledgement,
    /// 6: orders (2003).
    Instruction,
    /// 7: answers an order (2003).
    InstructionAcknowledgement,
    /// 8 and 9: reserved.
    Reserved,
}

/// The fourth digit: who began, and whether it is said again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// 0: the acquirer's side, where the terminal is.
    Acquirer,
    /// 1: the same, repeated.
    AcquirerRepeat,
    /// 2: the issuer's side.
    Issuer,
    /// 3: the same, repeated.
    IssuerRepeat,
    /// 4: someone else.
    Other,
    /// 5: the same, repeated.
    OtherRepeat,
    /// 6 to 9: reserved.
    Reserved,
}

impl Mti {
    /// From a number such as 200 for 0200; `None` above 9999.
    pub fn from_number(number: u16) -> Option<Mti> {
        (number <= 9999).then_some(Mti(number))
    }

    /// From four ASCII digits.
    pub fn from_digits(digits: &[u8]) -> Option<Mti> {
        match digits {
            [a, b, c, d] if digits.iter().all(u8::is_ascii_digit) => {
                let n = [a, b, c, d].iter().fold(0, |n, &&digit| n * 10 + u16::from(digit - b'0'));
                Some(Mti(n))
            }
            _ => None,
        }
    }

    /// As a number: 0200 is 200.
    pub fn number(self) -> u16 {
        self.0
    }

    /// As four ASCII digits.
    pub fn digits(self) -> [u8; 4] {
        [self.digit(1000), self.digit(100), self.digit(10), self.digit(1)].map(|d| b'0' + d)
    }

    fn digit(self, place: u16) -> u8 {
        // A decimal digit always fits.
        (self.0 / place % 10) as u8
    }

    /// The edition of the standard.
    pub fn version(self) -> Version {
        match self.digit(1000) {
            0 => Version::Iso1987,
            1 => Version::Iso1993,
            2 => Version::Iso2003,
            8 => Version::National,
            9 => Version::Private,
            _ => Version::Reserved,
        }
    }

    /// What the message is about.
    pub fn class(self) -> Class {
        match self.digit(100) {
            1 => Class::Authorization,
            2 => Class::Financial,
            3 => Class::FileAction,
            4 => Class::Reversal,
            5 => Class::Reconciliation,
            6 => Class::Administrative,
            7 => Class::FeeCollection,
            8 => Class::NetworkManagement,
            _ => Class::Reserved,
        }
    }

    /// Which step of the talk.
    pub fn function(self) -> Function {
        match self.digit(10) {
            0 => Function::Request,
            1 => Function::RequestResponse,
            2 => Function::Advice,
            3 => Function::AdviceResponse,
            4 => Function::Notification,
            5 => Function::NotificationAcknowledgement,
            6 => Function::Instruction,
            7 => Function::InstructionAcknowledgement,
            _ => Function::Reserved,
        }
    }

    /// Who began.
    pub fn origin(self) -> Origin {
        match self.digit(1) {
            0 => Origin::Acquirer,
            1 => Origin::AcquirerRepeat,
            2 => Origin::Issuer,
            3 => Origin::IssuerRepeat,
            4 => Origin::Other,
            5 => Origin::OtherRepeat,
            _ => Origin::Reserved,
        }
    }

    /// True for a message that asks for something and expects an answer: requests, advices, instructions.
    pub fn is_request(self) -> bool {
        matches!(self.function(), Function::Request | Function::Advice | Function::Instruction)
    }

    /// True for an answer: to a request, an advice, a notification or an instruction.
    pub fn is_response(self) -> bool {
        matches!(
            self.function(),
            Function::RequestResponse
                | Function::AdviceResponse
                | Function::NotificationAcknowledgement
                | Function::InstructionAcknowledgement
        )
    }

    /// True if the message says again what was said before.
    pub fn is_repeat(self) -> bool {
        matches!(self.origin(), Origin::AcquirerRepeat | Origin::IssuerRepeat | Origin::OtherRepeat)
    }

    /// The message type of the answer, repeats included (0401 is answered by 0410); `None` if there is none.
    pub fn response(self) -> Option<Mti> {
        self.is_request().then(|| Mti(self.0 - u16::from(self.digit(1) % 2) + 10))
    }

    /// True for a request for the cardholder's money: 0100 and 0200 (and their repeats) with a processing
    /// code that debits. False for reversals, advices, network management, inquiries, refunds and voids.
    /// A request without a readable processing code counts as one, so that leaving it out hides nothing.
    pub fn asks_for_money(self, processing_code: Option<u64>) -> bool {
        matches!(self.class(), Class::Authorization | Class::Financial)
            && self.function() == Function::Request
            && processing_code.is_none_or(|code| {
                matches!(
                    processing_kind(code),
                    ProcessingKind::Purchase
                        | ProcessingKind::Cash
                        | ProcessingKind::OtherDebit
                        | ProcessingKind::Transfer
                        | ProcessingKind::Payment
                        | ProcessingKind::Load
                )
            })
    }

    /// What the message is, for people: "消费类请求" and the like.
    pub fn text(self) -> Text {
        let (class_zh, class_en) = match self.class() {
            Class::Authorization => ("授权", "authorisation"),
            Class::Financial => ("金融交易", "financial"),
            Class::FileAction => ("文件处理", "file action"),
            Class::Reversal => ("冲正", "reversal"),
            Class::Reconciliation => ("对账", "reconciliation"),
            Class::Administrative => ("管理", "administrative"),
            Class::FeeCollection => ("费用", "fee collection"),
            Class::NetworkManagement => ("网络管理", "network management"),
            Class::Reserved => ("保留类", "reserved"),
        };
        let (function_zh, function_en) = match self.function() {
            Function::Request => ("请求", "request"),
            Function::RequestResponse => ("应答", "response"),
            Function::Advice => ("通知", "advice"),
            Function::AdviceResponse => ("通知应答", "advice response"),
            Function::Notification => ("告知", "notification"),
            Function::NotificationAcknowledgement => ("告知确认", "notification acknowledgement"),
            Function::Instruction => ("指令", "instruction"),
            Function::InstructionAcknowledgement => ("指令确认", "instruction acknowledgement"),
            Function::Reserved => ("（保留）", "(reserved)"),
        };
        let (repeat_zh, repeat_en) = if self.is_repeat() { ("（重发）", ", repeated") } else { ("", "") };
        Text::new(
            format!("{class_zh}{function_zh}{repeat_zh}"),
            format!("{class_en} {function_en}{repeat_en}"),
        )
    }
}

impl std::fmt::Display for Mti {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

impl std::fmt::Debug for Mti {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mti({:04})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mti(digits: &str) -> Mti {
        Mti::from_digits(digits.as_bytes()).expect("digits")
    }

    #[test]
    fn digits_have_their_meaning() {
        let reversal = mti("1421");
        assert_eq!(
            (reversal.version(), reversal.class(), reversal.function(), reversal.origin()),
            (Version::Iso1993, Class::Reversal, Function::Advice, Origin::AcquirerRepeat)
        );
        assert!(reversal.is_request() && !reversal.is_response() && reversal.is_repeat());
        assert!(mti("0810").is_response());
        assert_eq!(mti("0401").response(), Some(mti("0410")));
        assert_eq!(mti("0220").response(), Some(mti("0230")));
        assert_eq!(mti("0210").response(), None);
        assert_eq!(mti("0200").to_string(), "0200");
        assert_eq!(Mti::from_digits(b"02O0"), None);
        assert_eq!(Mti::from_number(10_000), None);
    }

    #[test]
    fn only_debiting_requests_ask_for_money() {
        for (digits, code, expected) in [
            ("0200", 0, true),
            ("0100", 30_000, true),
            ("0200", 10_000, true),
            ("0200", 190_000, true),
            ("0200", 400_000, true),
            ("0201", 0, true),
            ("0200", 310_000, false),
            ("0200", 200_000, false),
            ("0200", 220_000, false),
            ("0100", 330_000, false),
            ("0220", 0, false),
            ("0210", 0, false),
            ("0400", 0, false),
            ("0420", 0, false),
            ("0800", 0, false),
            ("0320", 0, false),
        ] {
            assert_eq!(mti(digits).asks_for_money(Some(code)), expected, "{digits} {code:06}");
        }
        assert!(mti("0200").asks_for_money(None));
        assert!(!mti("0800").asks_for_money(None));
    }
}
