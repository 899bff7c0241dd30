//! One payment: its row in a list, its messages, and its explanation.
//!
//! Why it exists: the row, the live stream and the page of one payment show the same facts, so they read
//! the same structs. Never holds more of a card than BIN and last four digits.

use tg_text::Text;

/// How a payment ended, as far as the messages tell. Nothing here says what the cardholder's account shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// The request was seen, its answer may still come.
    #[default]
    Waiting,
    /// Approved by the answer.
    Approved,
    /// Declined by the answer.
    Declined,
    /// No answer within the pairing window.
    Unknown,
    /// A reversal was sent, no answer to it was seen.
    ReversalSent,
    /// A reversal was sent and accepted.
    Reversed,
}

/// The advice that the verdict gave on the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decision {
    /// Not a request that asks for money.
    #[default]
    None,
    /// Nothing stands against it.
    Approve,
    /// A person should look at it.
    Review,
    /// Advised against.
    Decline,
}

/// An amount in minor units of an ISO 4217 currency number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Minor units, such as fen.
    pub minor: i64,
    /// ISO 4217 number, such as 156; 0 when the message named none.
    pub currency: u16,
}

/// What may be shown of a card. Only the first six digits of `bin` and the last four of `last_four` are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// The first six digits.
    pub bin: String,
    /// The last four digits.
    pub last_four: String,
    /// How many digits the number has, 0 if not known (drawn as 16).
    pub length: u8,
}

/// Which way a message went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// From the terminal towards the acquirer: request, advice, reversal.
    #[default]
    ToAcquirer,
    /// Back to the terminal: an answer.
    ToTerminal,
}

/// One field of a message as it may be shown.
#[derive(Clone, Debug, Default)]
pub struct FieldRow {
    /// Field number or EMV tag, such as `39` or `55.95`.
    pub number: String,
    /// Its name.
    pub name: Option<Text>,
    /// The value, already masked where it has to be.
    pub value: String,
    /// True if part of the value is hidden.
    pub masked: bool,
}

/// One message of a payment.
#[derive(Clone, Debug, Default)]
pub struct MessageRow {
    /// Its place in the log.
    pub offset: u64,
    /// Log time.
    pub at_us: i64,
    /// Message type, such as `0200`.
    pub mti: String,
    /// What the type means here, such as “消费请求”.
    pub meaning: Option<Text>,
    /// Which way it went.
    pub direction: Direction,
    /// Response code, or the reason of a reversal.
    pub code: Option<String>,
    /// System trace number.
    pub trace: String,
    /// Name of the feed that it came from.
    pub feed: String,
    /// Bytes of the message.
    pub length_bytes: u32,
    /// An exact repeat of a message seen before.
    pub duplicate: bool,
    /// Fields to show under “details”; may be empty.
    pub fields: Vec<FieldRow>,
}

/// One payment in a list or the live stream.
#[derive(Clone, Debug, Default)]
pub struct PaymentRow {
    /// The payment's id as in its address: `/payments/{id}`.
    pub id: String,
    /// Log time of its first message.
    pub at_us: i64,
    /// Terminal number (field 41).
    pub terminal: String,
    /// Merchant number (field 42).
    pub merchant: String,
    /// Merchant's name, where known.
    pub merchant_name: Option<Text>,
    /// The card, where the messages named one.
    pub card: Option<Card>,
    /// Amount, where the messages named one.
    pub amount: Option<Amount>,
    /// What it is, such as “消费” / “Sale”.
    pub kind: Option<Text>,
    /// How it ended.
    pub outcome: Outcome,
    /// Response code of the answer.
    pub code: Option<String>,
    /// The code's words in the catalogue.
    pub code_words: Option<Text>,
    /// Why it failed or was flagged, in one line.
    pub why: Option<Text>,
    /// Milliseconds from request to answer.
    pub answer_ms: Option<u64>,
    /// Score of the verdict, 0 to 1000.
    pub score: Option<u16>,
    /// Advice of the verdict.
    pub decision: Decision,
    /// System trace number (field 11).
    pub trace: String,
    /// Retrieval reference (field 37).
    pub reference: Option<String>,
    /// Its messages in log order.
    pub messages: Vec<MessageRow>,
}

/// Where a message can get to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Station {
    /// The terminal.
    #[default]
    Terminal,
    /// The acquirer's side, where Tillguard listens.
    Acquirer,
    /// The switch between acquirer and issuer.
    Switch,
    /// The bank that issued the card.
    Issuer,
}

/// What is known about the cardholder's money. Each has exactly one sentence (`words::money`), so that no
/// page can say more than the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MoneyKnown {
    /// Nothing is known, or the answer is still out.
    #[default]
    Unknown,
    /// The answer may still come.
    Waiting,
    /// Approved.
    Approved,
    /// Refused by a code that the acquirer's side gives; whether the account moved is not known.
    RefusedByAcquirer,
    /// The issuer answered and declined.
    DeclinedByIssuer,
    /// Declined, but who declined is not known.
    Declined,
    /// A reversal is on its way and not confirmed.
    ReversalSent,
    /// The reversal was accepted.
    ReversalAccepted,
}

/// How far the message went, beyond the messages that were seen.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// Who gave the answer, by the code's meaning; `None`: not known.
    pub answered_by: Option<Station>,
    /// On what that rests, such as “应答码 A7 只由收单侧的安全校验给出”.
    pub basis: Option<Text>,
    /// What stopped it, in a few words, such as “MAC 校验未通过”.
    pub stopped_by: Option<Text>,
    /// Acquirer's name, where known.
    pub acquirer: Option<String>,
    /// Issuer's name, where known.
    pub issuer: Option<String>,
    /// How long an answer was or is waited for.
    pub waited_ms: Option<u64>,
}

/// One observation for or against a cause.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// What was observed.
    pub text: Text,
    /// Log odds in hundredths: above 0 speaks for the cause, below against it.
    pub log_odds_hundredths: i32,
}

/// One possible cause.
#[derive(Clone, Debug)]
pub struct Cause {
    /// The cause.
    pub text: Text,
    /// Who can mend it, such as “店内可处理”.
    pub by: Option<Text>,
    /// Its probability.
    pub share_bp: u16,
    /// What speaks for and against it.
    pub evidence: Vec<Evidence>,
}

/// What sort of step comes next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StepKind {
    /// Something to ask.
    Question,
    /// Something to do.
    #[default]
    Action,
    /// Stop: a gate. The page gives it the red head.
    Stop,
}

/// The next step.
#[derive(Clone, Debug)]
pub struct NextStep {
    /// Question, action or stop.
    pub kind: StepKind,
    /// A verb and what to do.
    pub title: Text,
    /// About how long it takes.
    pub minutes: Option<u16>,
    /// What to say to the shop or the customer.
    pub say: Option<Text>,
    /// What comes if it doesn't help.
    pub otherwise: Option<Text>,
    /// What must not be done, right where the harm would happen. Shown in red.
    pub guards: Vec<Text>,
    /// Why this step.
    pub why: Option<Text>,
    /// Answers as buttons: words, address, and `good` for the one that ends it.
    pub answers: Vec<StepAnswer>,
    /// Where what was said last is taken back; `None` if nothing was said yet.
    pub back: Option<String>,
    /// Where the customer's word of a debit is noted; `None` once it is, or where it changes nothing.
    pub charged: Option<String>,
}

/// One answer of a step: a button.
#[derive(Clone, Debug)]
pub struct StepAnswer {
    /// The button's words.
    pub text: Text,
    /// Where it leads.
    pub href: String,
    /// True for the answer that ends the fault.
    pub good: bool,
}

/// One line that the person called will ask for.
#[derive(Clone, Debug)]
pub struct Tell {
    /// The field's name.
    pub label: Text,
    /// Its value, already masked.
    pub value: String,
}

/// Whom to call and what to tell.
#[derive(Clone, Debug)]
pub struct Contact {
    /// Whom.
    pub who: Text,
    /// Who calls, such as “收单机构，由店方拨打”.
    pub by: Text,
    /// The number, if the catalogue has one.
    pub phone: Option<String>,
    /// What to tell, in the order in which it is asked for.
    pub tell: Vec<Tell>,
}

/// What the traffic around this payment shows: one fact of the “scope” strip.
#[derive(Clone, Debug)]
pub struct ScopeFact {
    /// What was looked at, such as “别的卡在本机”.
    pub label: Text,
    /// `Some(true)`: works there; `Some(false)`: fails there too; `None`: nothing was seen.
    pub works: Option<bool>,
    /// In a few words.
    pub headline: Text,
    /// With numbers.
    pub detail: Text,
}

/// One reason of the verdict.
#[derive(Clone, Debug)]
pub struct Reason {
    /// Stable code.
    pub code: String,
    /// In words.
    pub text: Text,
    /// Points that it gave, where known.
    pub points: Option<i32>,
}

/// One feature that the verdict was made from.
#[derive(Clone, Debug)]
pub struct Feature {
    /// Stable name, such as `card_count_1h`.
    pub name: String,
    /// In words.
    pub text: Text,
    /// The value at that moment, formatted.
    pub value: String,
}

/// The page of one payment.
#[derive(Clone, Debug, Default)]
pub struct PaymentPage {
    /// The payment with its messages.
    pub payment: PaymentRow,
    /// What is known about the money.
    pub money: MoneyKnown,
    /// How far the message went.
    pub reach: Reach,
    /// What the traffic around it shows; may be empty.
    pub scope: Vec<ScopeFact>,
    /// Possible causes, likeliest first.
    pub causes: Vec<Cause>,
    /// The next step.
    pub next: Option<NextStep>,
    /// Whom to call.
    pub contact: Option<Contact>,
    /// Reasons of the verdict.
    pub reasons: Vec<Reason>,
    /// Features of the verdict.
    pub features: Vec<Feature>,
    /// Findings that name this payment.
    pub findings: Vec<super::FindingRow>,
    /// Other payments of the terminal, newest first.
    pub same_terminal: Vec<PaymentRow>,
}
