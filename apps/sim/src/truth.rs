//! The hidden truth: which attacks run, and why each message came to be. It is printed beside the stream
//! for measuring and never sent in it.

use serde::Serialize;
use tg_types::Instant;

/// An attack that the town can stage. The names are those of the detectors that should find them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AttackKind {
    /// Someone tries neighbouring card numbers with small amounts at an unattended terminal.
    CardTesting,
}

impl AttackKind {
    /// Every attack that exists.
    pub const ALL: [AttackKind; 1] = [AttackKind::CardTesting];

    /// Its stable name, as in `--attacks`.
    pub fn name(self) -> &'static str {
        match self {
            AttackKind::CardTesting => "card_testing",
        }
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A terminal number (DE41).
    Terminal(String),
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
    /// An attack, by its place in the list of truths.
    CardTesting,
}
