//! The hidden truth: which attacks run, and why each message came to be. It is printed beside the stream
//! for measuring and never sent in it.

use serde::Serialize;
use tg_types::Instant;

/// An attack that can be staged. The names are those of the findings that should name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AttackKind {
    /// Someone tries neighbouring card numbers with small amounts.
    CardTesting,
    /// Two devices work with one terminal number and one set of keys.
    ClonedTerminal,
    /// Cards that met at one terminal are misused elsewhere.
    Skimming,
    /// A terminal works at another place than where it belongs (移机).
    MovedTerminal,
    /// One device trades under several merchant and terminal numbers (一机多户, 套码).
    SeveralMerchants,
    /// A ring of cards turns credit into cash at one merchant (套现).
    CashOut,
    /// One card in two places that can't be reached in the time between.
    ImpossibleTravel,
    /// Refunds without payments, or above them, in quick sequence.
    RapidRefunds,
    /// A terminal signs on, or sends wrong MACs, again and again.
    SignonStorm,
}

impl AttackKind {
    /// Every attack that exists.
    pub const ALL: [AttackKind; 9] = [
        AttackKind::CardTesting,
        AttackKind::ClonedTerminal,
        AttackKind::Skimming,
        AttackKind::MovedTerminal,
        AttackKind::SeveralMerchants,
        AttackKind::CashOut,
        AttackKind::ImpossibleTravel,
        AttackKind::RapidRefunds,
        AttackKind::SignonStorm,
    ];

    /// Its stable name, as in `--attacks`.
    pub fn name(self) -> &'static str {
        match self {
            AttackKind::CardTesting => "card_testing",
            AttackKind::ClonedTerminal => "cloned_terminal",
            AttackKind::Skimming => "skimming",
            AttackKind::MovedTerminal => "moved_terminal",
            AttackKind::SeveralMerchants => "several_merchants",
            AttackKind::CashOut => "cash_out",
            AttackKind::ImpossibleTravel => "impossible_travel",
            AttackKind::RapidRefunds => "rapid_refunds",
            AttackKind::SignonStorm => "signon_storm",
        }
    }
}

/// What looks like an attack and is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Negative {
    /// Several shops carry their terminals to a fair, together.
    Fair,
    /// A table pays its bill with several cards, or one card several times.
    SplitBill,
    /// A reader is dirty: chip cards are swiped.
    DamagedChips,
    /// Everybody shops on pay day.
    PayDay,
    /// A cardholder flies to another town.
    Traveller,
    /// A shoe shop has its day of returns.
    Returns,
    /// A terminal is back from repair and signs on several times.
    Repaired,
    /// A merchant gets a new device for the same terminal number.
    NewTerminal,
    /// A stall holder works with two terminals of his own.
    TwoTerminals,
}

impl Negative {
    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Negative::Fair => "fair",
            Negative::SplitBill => "split_bill",
            Negative::DamagedChips => "damaged_chips",
            Negative::PayDay => "pay_day",
            Negative::Traveller => "traveller",
            Negative::Returns => "returns",
            Negative::Repaired => "repaired",
            Negative::NewTerminal => "new_terminal",
            Negative::TwoTerminals => "two_terminals",
        }
    }
}

/// What a message is part of, beyond the everyday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Story {
    /// An attack.
    Attack(AttackKind),
    /// Something harmless that looks like one.
    Negative(Negative),
    /// A terminal that lies, replays, floods and goes back in time.
    Hostile,
}

impl Story {
    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Story::Attack(kind) => kind.name(),
            Story::Negative(kind) => kind.name(),
            Story::Hostile => "hostile",
        }
    }
}

/// The clear number of a simulated card. Shows and serialises masked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SimulatedCard(String);

impl SimulatedCard {
    pub(crate) fn new(number: crate::cards::Number) -> SimulatedCard {
        SimulatedCard(number.digits())
    }

    /// All digits: a number of no issuer.
    pub fn clear(&self) -> &str {
        &self.0
    }

    /// First six and last four digits.
    pub fn masked(&self) -> String {
        let (head, tail) = (self.0.get(..6).unwrap_or(""), self.0.get(self.0.len().saturating_sub(4)..));
        format!("{head}{}{}", "*".repeat(self.0.len().saturating_sub(10)), tail.unwrap_or(""))
    }
}

impl std::fmt::Debug for SimulatedCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.masked())
    }
}

impl Serialize for SimulatedCard {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.masked())
    }
}

/// Which attacks a town stages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attacks(Vec<AttackKind>);

/// A name in `--attacks` that no attack has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no attack is called `{found}`; there are: all, none, {}", AttackKind::ALL.map(AttackKind::name).join(", "))]
pub struct UnknownAttack {
    /// What was given.
    pub found: String,
}

impl Attacks {
    /// Every attack.
    pub fn all() -> Attacks {
        Attacks(AttackKind::ALL.to_vec())
    }

    /// A peaceful town.
    pub fn none() -> Attacks {
        Attacks(Vec::new())
    }

    /// True if this attack is to be staged.
    pub fn contains(&self, kind: AttackKind) -> bool {
        self.0.contains(&kind)
    }
}

impl std::str::FromStr for Attacks {
    type Err = UnknownAttack;

    /// `all`, `none`, or names with commas between.
    fn from_str(list: &str) -> Result<Attacks, UnknownAttack> {
        match list.trim() {
            "all" => return Ok(Attacks::all()),
            "none" | "" => return Ok(Attacks::none()),
            _ => {}
        }
        list.split(',')
            .map(|name| {
                let name = name.trim();
                AttackKind::ALL
                    .into_iter()
                    .find(|kind| kind.name() == name)
                    .ok_or_else(|| UnknownAttack { found: name.to_owned() })
            })
            .collect::<Result<_, _>>()
            .map(Attacks)
    }
}

impl std::fmt::Display for Attacks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.as_slice() {
            [] => f.write_str("none"),
            kinds => f.write_str(&kinds.iter().map(|k| k.name()).collect::<Vec<_>>().join(",")),
        }
    }
}

/// Whom an attack is about, in the form of a finding's subject: `{"terminal": "10016919"}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A terminal number (DE41).
    Terminal(String),
    /// A merchant number (DE42).
    Merchant(String),
    /// A card.
    Card(SimulatedCard),
    /// A device's serial number.
    Serial(String),
}

/// One attack that has begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Truth {
    /// Which.
    pub attack: AttackKind,
    /// About whom.
    pub subject: Subject,
    /// Story time of its first message.
    pub started: Instant,
}

/// The mechanism behind one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Nothing is wrong with the equipment and nobody attacks; the answer is the issuer's own.
    Everyday,
    /// The terminal's master key is not the host's: it keeps an old MAC key.
    WrongMasterKey,
    /// The host's security module can't use the terminal's key record.
    DamagedKeyRecord,
    /// The answer to a sign-on was lost: host and terminal hold different MAC keys.
    SignOnAnswerLost,
    /// The issuer does not answer, or the switch has given it up for now.
    IssuerSilent,
    /// The link lost the request or its answer.
    WeakLink,
    /// The terminal's clock is wrong by more than a year.
    WrongClock,
    /// The terminal's case was opened: it erased its keys.
    Tamper,
    /// Number or expiry were typed wrong.
    WrongCardData,
    /// An attack, by its place in the list of truths.
    CardTesting,
    /// An attack or one of its look-alikes on the city, by its place in the list of stories.
    Staged,
}

/// True if a finding of this kind may follow from an attack, besides the one that should name it: a skimmed
/// card that is used far away travels too fast, a copied terminal stands elsewhere. Such a finding is no false
/// one, and it does not count as the attack's discovery.
pub fn follows_from(attack: &str, code: &str) -> bool {
    matches!(
        (attack, code),
        ("skimming" | "cloned_terminal" | "moved_terminal", "impossible_travel")
            | ("cloned_terminal", "moved_terminal")
    )
}
