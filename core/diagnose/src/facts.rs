//! What is known about one failed payment: the keys of `tillguard diagnose --given KEY=VALUE`.
//!
//! Why it exists: the command line, the server and the tests give facts by the same names and values, and a
//! wrong name or value is refused with the nearest right one. All facts are optional. Never holds a card
//! number: what a person typed (`message`) is only matched, never shown again.

use tg_text::{Problem, Text, nearest};

macro_rules! words {
    ($(#[doc = $doc:literal] $name:ident { $($variant:ident = $word:literal: $variant_doc:literal,)* })*) => {$(
        #[doc = $doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $(#[doc = $variant_doc] $variant,)*
        }

        impl $name {
            /// Every value with its word in the machine interface.
            pub const ALL: &'static [(&'static str, $name)] = &[$(($word, $name::$variant)),*];
            /// The words alone.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word of this value.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }

            fn from_word(word: &str) -> Option<$name> {
                $name::ALL.iter().find(|(w, _)| *w == word).map(|(_, value)| *value)
            }
        }
    )*};
}

words! {
    #[doc = "Whose list a response code belongs to."]
    Scheme {
        Unionpay = "unionpay": "UnionPay (银联).",
        Visa = "visa": "Visa.",
        Mastercard = "mastercard": "Mastercard.",
        Iso1987 = "iso8583-1987": "ISO 8583:1987.",
        Iso1993 = "iso8583-1993": "ISO 8583:1993.",
    }
    #[doc = "How far the payment got at the terminal."]
    Stage {
        CardRead = "card_read": "It stopped while the card was read.",
        Pin = "pin": "It stopped at the PIN.",
        Sent = "sent": "It was sent.",
        Answered = "answered": "An answer came.",
        Printed = "printed": "It got as far as the slip.",
    }
    #[doc = "How the payment ended, as far as its messages tell."]
    Outcome {
        Approved = "approved": "Approved by the answer.",
        Declined = "declined": "Declined by the answer.",
        Unknown = "unknown": "No answer, or none that settles it.",
    }
    #[doc = "What the customer’s bank app shows."]
    Charged {
        Yes = "yes": "Money was taken.",
        No = "no": "No money was taken.",
        Unknown = "unknown": "Not known.",
    }
    #[doc = "What became of a reversal (冲正) of this payment."]
    Reversal {
        None = "none": "No reversal was seen.",
        Sent = "sent": "Sent, not answered yet.",
        Accepted = "accepted": "Accepted by the host.",
        Refused = "refused": "Refused by the host.",
    }
    #[doc = "What a query of the payment’s outcome said."]
    QueryResult {
        Approved = "approved": "It went through.",
        NotApproved = "not_approved": "It did not go through, or its reversal was accepted.",
        NotFound = "not_found": "It was not found: the outcome stays open.",
    }
    #[doc = "How the card was read."]
    EntryMode {
        Chip = "chip": "Inserted.",
        Contactless = "contactless": "Tapped.",
        Magstripe = "magstripe": "Swiped.",
        Fallback = "fallback": "Swiped after the chip failed.",
        Manual = "manual": "Number typed in.",
        Qr = "qr": "QR code.",
    }
    #[doc = "Whether it works there."]
    Works {
        Ok = "ok": "It works there.",
        Fail = "fail": "It fails there too.",
    }
    #[doc = "Whether a part of the system fails more than usual."]
    Health {
        Ok = "ok": "As usual.",
        Degraded = "degraded": "Fails more than usual.",
    }
    #[doc = "The terminal’s network."]
    Network {
        Ok = "ok": "Online.",
        Weak = "weak": "Comes and goes.",
        Down = "down": "Offline.",
    }
    #[doc = "When the terminal signed on last."]
    LastSignOn {
        Today = "today": "On this business day.",
        Old = "old": "Before this business day.",
        Never = "never": "Not since it is known.",
    }
    #[doc = "The check value of the terminal’s key against the register."]
    KeyCheckValue {
        Match = "match": "The same.",
        Mismatch = "mismatch": "Different.",
        Missing = "missing": "The terminal holds no key.",
    }
    #[doc = "The MAC of the request, where Tillguard can check it."]
    MacCheck {
        Good = "good": "Right.",
        Bad = "bad": "Wrong.",
    }
    #[doc = "Yes or no."]
    YesNo {
        No = "no": "No.",
        Yes = "yes": "Yes.",
    }
    #[doc = "The age of the terminal’s software."]
    Software {
        Current = "current": "The current version.",
        Old = "old": "An old version.",
    }
    #[doc = "What changed at the terminal lately."]
    Changed {
        Nothing = "nothing": "Nothing.",
        Moved = "moved": "It was moved.",
        Router = "router": "The router was changed.",
        Software = "software": "Its software was changed.",
        TerminalSwapped = "terminal_swapped": "The machine was swapped.",
        Keys = "keys": "Its keys were changed.",
    }
    #[doc = "What somebody sees who looks."]
    Seen {
        None = "none": "Nothing odd.",
        Odd = "odd": "Something that should not be there, or a broken seal.",
    }
    #[doc = "The state of the terminal’s screen."]
    Screen {
        Shows = "shows": "It shows words or a menu and reacts.",
        Frozen = "frozen": "It is stuck and does not react.",
        Dark = "dark": "It is dark.",
    }
    #[doc = "The battery’s icon."]
    BatteryIcon {
        Fine = "fine": "Enough, or charging.",
        Low = "low": "Red, nearly empty, or a dark screen.",
    }
    #[doc = "How the card looks."]
    CardLooks {
        Fine = "fine": "Nothing to see.",
        Expired = "expired": "The date on it has passed.",
        Damaged = "damaged": "Chip or stripe scratched, bent or worn.",
    }
    #[doc = "The step at which the terminal’s own network test stops."]
    NetworkTest {
        Passed = "passed": "It passes.",
        NameLookup = "name_lookup": "The name (DNS) is not found.",
        Connect = "connect": "No connection.",
        Certificate = "certificate": "The secure connection (TLS) is refused.",
    }
    #[doc = "Right or wrong."]
    Right {
        Right = "right": "Right.",
        Wrong = "wrong": "Wrong.",
    }
    #[doc = "What sort of place the terminal stands in: what a step costs there."]
    Store {
        Staffed = "staffed": "A shop with staff.",
        Unattended = "unattended": "A machine without staff.",
        Stall = "stall": "A market stall.",
        Taxi = "taxi": "A taxi or a delivery.",
        Hotel = "hotel": "A hotel’s front desk.",
    }
    #[doc = "Who reads the advice."]
    Role {
        Shop = "shop": "Shop staff.",
        Support = "support": "A support desk, which talks to the shop.",
        Cardholder = "cardholder": "The cardholder.",
    }
    #[doc = "What came of a step that was tried."]
    Did {
        Failed = "failed": "It did not help.",
        Fixed = "fixed": "It helped; nothing is left to do.",
    }
}

/// The kind of value that a key takes.
#[derive(Clone, Copy, Debug)]
enum Values {
    Words(&'static [&'static str]),
    WholeNumber,
    Free,
}

macro_rules! keys {
    ($($(#[doc = $doc:literal])* $key:ident: $kind:ident $(($type:ty))?,)*) => {
        /// What is known about one failed payment. Every field is optional; see [`Facts::set`].
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Facts {
            $($(#[doc = $doc])* pub $key: keys!(@type $kind $($type)?),)*
            /// Steps that were tried, by action id, in order.
            pub did: Vec<(String, Did)>,
            /// Questions that were asked, by id, in order, whatever came of them.
            pub asked: Vec<String>,
            /// Keys that a person answered: people err, instruments hardly ever.
            pub answered: Vec<&'static str>,
            /// Keys on which two answers differ; the value is the more careful one, or none.
            pub disputed: Vec<&'static str>,
        }

        /// Every key that [`Facts::set`] takes.
        pub const KEYS: &[&str] = &[$(stringify!($key)),*];

        fn values_of(key: &str) -> Option<Values> {
            match key {
                $(stringify!($key) => Some(keys!(@values $kind $($type)?)),)*
                _ => None,
            }
        }

        impl Facts {
            /// True if this key has a value.
            pub(crate) fn has(&self, key: &str) -> bool {
                match key {
                    $(stringify!($key) => self.$key.is_some(),)*
                    _ => false,
                }
            }

            /// Forgets one fact.
            pub(crate) fn clear(&mut self, key: &str) {
                match key {
                    $(stringify!($key) => self.$key = None,)*
                    _ => {}
                }
            }

            fn put(&mut self, key: &str, value: &str) -> bool {
                match key {
                    $(stringify!($key) => {
                        let parsed = keys!(@parse value, $kind $($type)?);
                        let known = parsed.is_some();
                        if known { self.$key = parsed; }
                        known
                    })*
                    _ => false,
                }
            }
        }
    };
    (@type Word $type:ty) => { Option<$type> };
    (@type Number) => { Option<i64> };
    (@type Free) => { Option<String> };
    (@values Word $type:ty) => { Values::Words(<$type>::WORDS) };
    (@values Number) => { Values::WholeNumber };
    (@values Free) => { Values::Free };
    (@parse $value:ident, Word $type:ty) => { <$type>::from_word($value) };
    (@parse $value:ident, Number) => { $value.parse::<i64>().ok() };
    (@parse $value:ident, Free) => { Some($value.to_owned()) };
}

keys! {
    /// Response code as in field 39.
    code: Free,
    /// Whose code list; UnionPay is tried first when it is not given.
    scheme: Word(Scheme),
    /// Message type of the message that carried the code, such as `0210`; `0400` makes it a reversal's reason.
    mti: Free,
    /// The words on the screen, as typed by a person.
    message: Free,
    /// How far the payment got.
    stage: Word(Stage),
    /// How it ended.
    outcome: Word(Outcome),
    /// What the customer's bank app shows.
    charged: Word(Charged),
    /// What became of its reversal.
    reversal: Word(Reversal),
    /// What a query of the outcome said.
    query_result: Word(QueryResult),
    /// How the card was read.
    entry_mode: Word(EntryMode),
    /// Other cards at this terminal.
    other_cards_here: Word(Works),
    /// The same card at other terminals.
    same_card_elsewhere: Word(Works),
    /// Other terminals of the store.
    other_terminals_in_store: Word(Works),
    /// The issuer at other terminals.
    issuer_elsewhere: Word(Health),
    /// The acquirer's other terminals.
    acquirer_elsewhere: Word(Health),
    /// Other terminals of this model.
    same_model_elsewhere: Word(Health),
    /// The terminal's network.
    network: Word(Network),
    /// The terminal's clock minus the log time, in minutes.
    clock_offset_minutes: Number,
    /// Days until the terminal's certificate expires; 0 or less: expired.
    certificate_days_left: Number,
    /// Charge of the battery.
    battery_percent: Number,
    /// Offline payments that the terminal has not sent.
    unsent_offline: Number,
    /// Reversals that the terminal has not sent or that were not answered.
    unsent_reversals: Number,
    /// PIN tries that the card has left.
    pin_tries_left: Number,
    /// When the terminal signed on last.
    last_sign_on: Word(LastSignOn),
    /// The key's check value against the register.
    key_check_value: Word(KeyCheckValue),
    /// The request's MAC.
    mac: Word(MacCheck),
    /// Whether the terminal reports that it was tampered with.
    tamper: Word(YesNo),
    /// Whether the card's expiry date had passed at the time of the payment.
    expiry_passed: Word(YesNo),
    /// Age of the software.
    software: Word(Software),
    /// What changed lately.
    changed_recently: Word(Changed),
    /// Whether a phone on the same Wi-Fi gets online.
    phone_online: Word(YesNo),
    /// Where the terminal's own network test stops.
    network_test: Word(NetworkTest),
    /// What the screen does, words aside.
    screen: Word(Screen),
    /// The battery's icon, where the charge is not known.
    battery_icon: Word(BatteryIcon),
    /// The time on the terminal's screen beside a phone's.
    screen_time: Word(Right),
    /// How the card looks.
    card_looks: Word(CardLooks),
    /// Whether the machine looks as it should: seals, slot, cables.
    machine_looks: Word(Seen),
    /// What sort of place it is; a shop with staff when it is not given.
    store: Word(Store),
    /// Who reads the advice; shop staff when it is not given.
    role: Word(Role),
}

/// Minutes by which a terminal's clock may differ before it counts as wrong: the terminal's time has no
/// seconds on some models, and messages queue; certificates and batches suffer from hours, not minutes.
pub(crate) const CLOCK_TOLERANCE_MINUTES: i64 = 10;

/// Battery charge below which terminals start to drop the printer and the radio.
pub(crate) const BATTERY_LOW_PERCENT: i64 = 15;

impl Facts {
    /// Sets one fact by its name and value in the machine interface.
    ///
    /// # Errors
    /// `TG-2002` for an unknown key or a value that the key doesn't take, naming the nearest one.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), Box<Problem>> {
        let Some(values) = values_of(key) else {
            return Err(unknown("key", "键", key, KEYS));
        };
        let value = value.trim();
        let fits = match key {
            "code" => (2..=4).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric()),
            "mti" => value.len() == 4 && value.bytes().all(|b| b.is_ascii_digit()),
            "message" => !value.is_empty(),
            _ => true,
        };
        if fits && self.put(key, value) {
            return Ok(());
        }
        let problem = match values {
            Values::Words(words) => return Err(unknown("value", "值", value, words).map_field(key)),
            Values::WholeNumber => expected(key, value, "a whole number"),
            Values::Free if key == "mti" => expected(key, value, "four digits"),
            Values::Free if key == "code" => expected(key, value, "two to four letters or digits"),
            Values::Free => expected(key, value, "some words"),
        };
        Err(problem)
    }

    /// The key as a word that lives as long as the program; `None` if there is no such key.
    pub(crate) fn key(name: &str) -> Option<&'static str> {
        KEYS.iter().copied().find(|k| *k == name)
    }

    /// Notes that a step was tried: `--did ACTION=failed|fixed`. Ids of actions are checked by [`crate::Knowledge::did`].
    pub(crate) fn push_did(&mut self, action: &str, result: &str) -> Result<(), Box<Problem>> {
        let did = Did::from_word(result)
            .ok_or_else(|| unknown("value", "值", result, Did::WORDS).map_field(action))?;
        self.did.push((action.to_owned(), did));
        Ok(())
    }

    /// True if the message type is a reversal's request or advice, whose code is a reason, not an answer.
    pub(crate) fn is_reversal_request(&self) -> bool {
        self.mti.as_deref().is_some_and(|m| matches!(m.as_bytes(), [_, b'4', b'0' | b'2', _]))
    }

    /// True if the message type is the answer to a reversal.
    pub(crate) fn is_reversal_answer(&self) -> bool {
        self.mti.as_deref().is_some_and(|m| matches!(m.as_bytes(), [_, b'4', b'1' | b'3', _]))
    }

    /// The state of a banded or plain observation other than `code` and `message`, which need the knowledge.
    pub(crate) fn state_of(&self, observation: &str) -> Option<&'static str> {
        match observation {
            "stage" => self.stage.map(Stage::word),
            "entry_mode" => self.entry_mode.map(EntryMode::word),
            "charged" => self.charged.filter(|c| *c != Charged::Unknown).map(Charged::word),
            "other_cards_here" => self.other_cards_here.map(Works::word),
            "same_card_elsewhere" => self.same_card_elsewhere.map(Works::word),
            "other_terminals_in_store" => self.other_terminals_in_store.map(Works::word),
            "issuer_elsewhere" => self.issuer_elsewhere.map(Health::word),
            "acquirer_elsewhere" => self.acquirer_elsewhere.map(Health::word),
            "same_model_elsewhere" => self.same_model_elsewhere.map(Health::word),
            "network" => self.network.map(Network::word),
            "clock" => match self.clock_offset_minutes {
                Some(m) if m.unsigned_abs() <= CLOCK_TOLERANCE_MINUTES.unsigned_abs() => Some("right"),
                Some(_) => Some("wrong"),
                None => self.screen_time.map(Right::word),
            },
            "certificate" => self.certificate_days_left.map(|d| if d > 0 { "valid" } else { "expired" }),
            "battery" => match self.battery_percent {
                Some(percent) if percent < BATTERY_LOW_PERCENT => Some("low"),
                Some(_) => Some("fine"),
                None => self.battery_icon.map(BatteryIcon::word),
            },
            "last_sign_on" => self.last_sign_on.map(LastSignOn::word),
            "key_check_value" => self.key_check_value.map(KeyCheckValue::word),
            "mac" => self.mac.map(MacCheck::word),
            "tamper" => self.tamper.map(YesNo::word),
            "expiry_passed" => self.expiry_passed.map(YesNo::word),
            "software" => self.software.map(Software::word),
            "changed_recently" => self.changed_recently.map(Changed::word),
            "screen" => self.screen.map(Screen::word),
            "phone_online" => self.phone_online.map(YesNo::word),
            "network_test" => self.network_test.map(NetworkTest::word),
            "card_looks" => self.card_looks.map(CardLooks::word),
            "machine_looks" => self.machine_looks.map(Seen::word),
            _ => None,
        }
    }
}

/// The observations that facts can give, with the states of each; `code` and `message` take theirs from the
/// knowledge. The parser refuses any other name.
pub(crate) const OBSERVATIONS: &[(&str, &[&str])] = &[
    ("code", &[]),
    ("message", &[]),
    ("stage", Stage::WORDS),
    ("entry_mode", EntryMode::WORDS),
    ("charged", &["yes", "no"]),
    ("other_cards_here", Works::WORDS),
    ("same_card_elsewhere", Works::WORDS),
    ("other_terminals_in_store", Works::WORDS),
    ("issuer_elsewhere", Health::WORDS),
    ("acquirer_elsewhere", Health::WORDS),
    ("same_model_elsewhere", Health::WORDS),
    ("network", Network::WORDS),
    ("clock", &["right", "wrong"]),
    ("certificate", &["valid", "expired"]),
    ("battery", &["fine", "low"]),
    ("last_sign_on", LastSignOn::WORDS),
    ("key_check_value", KeyCheckValue::WORDS),
    ("mac", MacCheck::WORDS),
    ("tamper", YesNo::WORDS),
    ("expiry_passed", YesNo::WORDS),
    ("software", Software::WORDS),
    ("changed_recently", Changed::WORDS),
    ("screen", Screen::WORDS),
    ("phone_online", YesNo::WORDS),
    ("network_test", NetworkTest::WORDS),
    ("card_looks", CardLooks::WORDS),
    ("machine_looks", Seen::WORDS),
];

/// Longest piece of an input that an error repeats: enough to find a typing error, too short for a card number.
const SHOWN_CHARS: usize = 12;

pub(crate) fn shown(word: &str) -> String {
    // A number typed into the wrong place may be a card's: digits are not repeated.
    let hidden: String = word.chars().map(|c| if c.is_ascii_digit() { '*' } else { c }).collect();
    match hidden.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &hidden[..end]),
        None => hidden,
    }
}

pub(crate) fn unknown(what_en: &str, what_zh: &str, word: &str, known: &[&str]) -> Box<Problem> {
    let expected = nearest(word, known.iter().copied()).map_or_else(|| known.join(", "), str::to_owned);
    let found = shown(word);
    let text =
        Text::new(format!("没有这个{what_zh}：{found}"), format!("there is no such {what_en}: {found}"));
    Box::new(Problem::new("TG-2002", text).because(expected, found))
}

fn expected(key: &str, value: &str, wanted: &str) -> Box<Problem> {
    let text = Text::new(format!("{key} 的值不对"), format!("the value of {key} is not right"));
    Box::new(Problem::new("TG-2002", text).in_field(key).because(wanted, shown(value)))
}

trait MapField {
    fn map_field(self, key: &str) -> Self;
}

impl MapField for Box<Problem> {
    fn map_field(mut self, key: &str) -> Self {
        self.place.field = Some(key.to_owned());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_key_or_value_names_the_nearest() {
        let mut facts = Facts::default();
        let problem = facts.set("other_card_here", "ok").expect_err("not a key");
        assert_eq!(problem.expected.as_deref(), Some("other_cards_here"));
        let problem = facts.set("outcome", "unknow").expect_err("not a value");
        assert_eq!(problem.expected.as_deref(), Some("unknown"));
        assert_eq!(problem.place.field.as_deref(), Some("outcome"));
        let problem = facts.set("battery_percent", "full").expect_err("not a number");
        assert_eq!(problem.expected.as_deref(), Some("a whole number"));
        assert_eq!(facts, Facts::default());
    }

    #[test]
    fn a_refused_value_never_repeats_a_card_number() {
        let mut facts = Facts::default();
        let problem = facts.set("code", "6222020200001234567").expect_err("no code");
        assert!(!format!("{problem:?}").contains("6222"));
        let problem = facts.set("6222020200001234567", "x").expect_err("no key");
        assert!(!format!("{problem:?}").contains("6222"));
    }

    #[test]
    fn every_key_takes_each_of_its_words() {
        for key in KEYS {
            match values_of(key).expect("a key") {
                Values::Words(words) => {
                    for word in words {
                        Facts::default().set(key, word).expect("a word of its own");
                    }
                }
                Values::WholeNumber => Facts::default().set(key, "-3").expect("a number"),
                Values::Free => {}
            }
        }
    }
}
