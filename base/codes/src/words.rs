//! The closed sets of words that the catalogue's columns hold: schemes, categories, retry rules.
//!
//! Closed, so that a typing error in a file of an operator is named with its nearest right word, and an
//! engine can match over categories without strings.

/// Defines an enum whose variants have one fixed word each, in files and in JSON.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every value, in its order.
            pub const ALL: &[$name] = &[$($name::$variant),*];

            /// The word in files and in JSON.
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }

            /// The value of a word, if it is one.
            pub fn from_word(word: &str) -> Option<$name> {
                match word { $($word => Some($name::$variant),)* _ => None }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

pub(crate) use words;

words! {
    /// Whose table a response code belongs to. The order is the order of answers to a bare code: our
    /// users take UnionPay cards first.
    Scheme {
        /// 中国银联.
        UnionPay = "unionpay",
        /// Visa.
        Visa = "visa",
        /// Mastercard.
        Mastercard = "mastercard",
        /// ISO 8583:1987, two characters.
        Iso1987 = "iso8583-1987",
        /// ISO 8583:1993, three digits.
        Iso1993 = "iso8583-1993",
        /// ISO 8583:2023, four digits.
        Iso2023 = "iso8583-2023",
        /// Made by the terminal without a host (tag 8A).
        EmvOffline = "emv-offline",
    }
}

impl Scheme {
    /// The scheme of a word as people write it: `visa`, `Mastercard`, `银联`, `cup`.
    pub fn from_people(word: &str) -> Option<Scheme> {
        let word = word.trim().to_lowercase();
        Scheme::from_word(&word).or(match word.as_str() {
            "银联" | "銀聯" | "cup" | "china unionpay" => Some(Scheme::UnionPay),
            "维萨" => Some(Scheme::Visa),
            "万事达" | "萬事達" | "mc" | "master" => Some(Scheme::Mastercard),
            _ => None,
        })
    }
}

words! {
    /// Which way the message with the code went. Field 39 of a reversal request is the reason why the
    /// terminal reverses, not an issuer's answer: the same code means something else there.
    Direction {
        /// An answer (0210, 0110, 0410 …).
        Response = "response",
        /// A reversal request or advice (0400, 0420).
        ReversalRequest = "reversal_request",
    }
}

impl Direction {
    /// The direction that a message type says; `None` if it isn't four digits.
    pub fn of_mti(mti: &str) -> Option<Direction> {
        let &[_, class, function, _] = mti.as_bytes() else { return None };
        if !mti.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let request = (function - b'0').is_multiple_of(2);
        Some(if class == b'4' && request { Direction::ReversalRequest } else { Direction::Response })
    }
}

words! {
    /// What kind of answer a code is: what the engine counts by.
    Category {
        /// Approved.
        Approved = "approved",
        /// Approved for less than was asked, or without the cash.
        ApprovedPartial = "approved_partial",
        /// Approved, but unconfirmed by the issuer (有缺陷的成功).
        ApprovedFlawed = "approved_flawed",
        /// Ask the issuer or the acquirer.
        Referral = "referral",
        /// Merchant or terminal is not set up for it.
        MerchantTerminal = "merchant_terminal",
        /// The card is to be kept.
        Pickup = "pickup",
        /// Declined without a nearer reason.
        Declined = "declined",
        /// A host or a system is in trouble.
        System = "system",
        /// The message is malformed.
        Format = "format",
        /// The card itself: number, expiry, activation.
        Card = "card",
        /// No way to the issuer.
        Routing = "routing",
        /// Stopped by a person.
        Cancelled = "cancelled",
        /// The terminal is out of step: batch, parameters, paper, clock.
        TerminalState = "terminal_state",
        /// File update messages.
        File = "file",
        /// The original of a related transaction.
        Original = "original",
        /// No such account.
        Account = "account",
        /// Not enough money.
        Funds = "funds",
        /// Cardholder verification: PIN and other.
        Cvm = "cvm",
        /// A check against misuse.
        Fraud = "fraud",
        /// Over a limit.
        Limit = "limit",
        /// Restricted card or account.
        Restricted = "restricted",
        /// Security violation.
        CryptoSecurity = "crypto_security",
        /// No answer in time.
        Timeout = "timeout",
        /// Seen before.
        Duplicate = "duplicate",
        /// Settlement and reconciliation.
        Settlement = "settlement",
        /// No meaning in this standard.
        Reserved = "reserved",
        /// MAC, PIN or key processing.
        CryptoKey = "crypto_key",
        /// A step of a flow, not an outcome.
        Flow = "flow",
        /// Why the terminal reverses.
        ReversalReason = "reversal_reason",
        /// Answer to a reversal.
        Reversal = "reversal",
        /// Administrative messages.
        Admin = "admin",
        /// Answers to advices.
        Advice = "advice",
        /// Decided between card and terminal.
        EmvOffline = "emv_offline",
        /// The network between.
        Network = "network",
        /// Tamper protection (screen messages only).
        Tamper = "tamper",
    }
}

impl Category {
    /// True if money moves by an answer of this category. Offline approvals (Y1, Y3) have
    /// [`Category::EmvOffline`]: see [`crate::ResponseCode::is_approval`].
    pub const fn is_approved(self) -> bool {
        matches!(self, Category::Approved | Category::ApprovedPartial | Category::ApprovedFlawed)
    }
}

words! {
    /// Whether and when the same payment may be tried again.
    Retryable {
        /// Not with this card.
        No = "no",
        /// Once, at once.
        YesOnce = "yes_once",
        /// Later, when the trouble is over.
        YesLater = "yes_later",
        /// After what is wrong was set right.
        AfterFix = "after_fix",
        /// Only once the outcome of the first try is known.
        QueryFirst = "query_first",
        /// After one sign-on.
        AfterSignOn = "after_sign_on",
    }
}

words! {
    /// Whether the card is to be kept.
    CaptureCard {
        /// No.
        No = "no",
        /// The rules let staff keep it (可没收).
        May = "may",
        /// The code says so; safety and the acquirer's word come first.
        Yes = "yes",
    }
}

words! {
    /// Where the fault lies.
    Domain {
        /// No fault.
        None = "none",
        /// The card's bank.
        Issuer = "issuer",
        /// The shop's acquirer.
        Acquirer = "acquirer",
        /// The card.
        Card = "card",
        /// Misuse checks.
        Fraud = "fraud",
        /// The network or a switch.
        Network = "network",
        /// The terminal.
        Terminal = "terminal",
        /// The cardholder.
        Customer = "customer",
        /// File and other systems.
        System = "system",
        /// The shop.
        Merchant = "merchant",
        /// The host or the terminal: the scope of the failure tells which.
        HostOrTerminal = "host_or_terminal",
    }
}

words! {
    /// Who is to be called.
    Contact {
        /// Nobody.
        None = "none",
        /// The shop calls its acquirer.
        Acquirer = "acquirer",
        /// The cardholder calls the issuer.
        Issuer = "issuer",
    }
}

impl Domain {
    /// Who is called about a fault of this domain: the shop calls its acquirer, the cardholder the issuer.
    pub const fn contact(self) -> Contact {
        match self {
            Domain::None => Contact::None,
            Domain::Issuer | Domain::Customer | Domain::Card => Contact::Issuer,
            _ => Contact::Acquirer,
        }
    }
}

words! {
    /// How much a code says about an attack, if it repeats.
    SecuritySignal {
        /// Nothing.
        None = "none",
        /// A little.
        Low = "low",
        /// Something.
        Medium = "medium",
        /// Much.
        High = "high",
        /// Look at once.
        Critical = "critical",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reversal_requests_carry_a_reason() {
        for (mti, direction) in [
            ("0400", Direction::ReversalRequest),
            ("0420", Direction::ReversalRequest),
            ("1421", Direction::ReversalRequest),
            ("0410", Direction::Response),
            ("0430", Direction::Response),
            ("0210", Direction::Response),
        ] {
            assert_eq!(Direction::of_mti(mti), Some(direction), "{mti}");
        }
        assert_eq!(Direction::of_mti("040"), None);
        assert_eq!(Direction::of_mti("04x0"), None);
    }

    #[test]
    fn every_word_reads_back() {
        for category in Category::ALL {
            assert_eq!(Category::from_word(category.word()), Some(*category));
        }
        assert_eq!(Scheme::from_people("银联"), Some(Scheme::UnionPay));
        assert_eq!(Scheme::from_people("VISA "), Some(Scheme::Visa));
        assert_eq!(Scheme::from_people("amex"), None);
    }
}
