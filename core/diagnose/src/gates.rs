//! Hard gates: facts that override every probability.
//!
//! Why it exists: a tampered terminal is not restarted because a restart is cheap, and an open payment is not
//! taken again because it probably failed. Each gate is shown only when the facts call for it: one that always
//! shows is noise. Sources: Verifone and Adyen manuals (tamper, last PIN try), Square's help (unsent payments),
//! ISO 8583 practice (unknown outcome), UnionPay's class D (pick up). Never looks at a belief.

use crate::facts::{Changed, EntryMode, Facts, KeyCheckValue, MacCheck, Role, Seen, Works, YesNo};
use crate::knowledge::Knowledge;
use crate::money::MoneyKnown;

/// Every gate's id (contract, section 3), in the order in which they are shown.
pub const ALL: &[&str] = &[
    "tamper",
    "foreign_machine",
    "unknown_outcome",
    "unsent_payments",
    "last_pin_try",
    "pick_up_card",
    "keys_not_by_shop",
    "card_secrets",
];

/// Which gates the facts call for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gates {
    /// The terminal reports that it was tampered with, or somebody sees something odd on it.
    pub tamper: bool,
    /// The machine was swapped or is not registered.
    pub foreign_machine: bool,
    /// Another payment could charge twice.
    pub unknown_outcome: bool,
    /// Offline payments or reversals wait inside the terminal.
    pub unsent_payments: bool,
    /// One PIN try is left, or none.
    pub last_pin_try: bool,
    /// The answer belongs to the pick-up codes.
    pub pick_up_card: bool,
    /// Keys are in question.
    pub keys_not_by_shop: bool,
    /// A PIN or card security code is in question.
    pub card_secrets: bool,
}

impl Gates {
    /// The gates that these facts call for.
    pub fn of(knowledge: &Knowledge, facts: &Facts) -> Gates {
        let class = knowledge.class_of(facts);
        let by_class = |id: &str| class.is_some_and(|c| c.gates.iter().any(|g| knowledge.gates[*g].id == id));
        let message = knowledge.message_of(facts).map(|i| knowledge.messages[i].id.as_str());
        let keys = facts.role != Some(Role::Cardholder)
            && (by_class("keys_not_by_shop")
                || matches!(
                    message,
                    Some("security_failed" | "mac_failed" | "pin_format" | "no_master_key")
                )
                || matches!(facts.key_check_value, Some(KeyCheckValue::Mismatch | KeyCheckValue::Missing))
                || facts.mac == Some(MacCheck::Bad)
                || keys_failed_at_the_terminal(facts)
                || pin_key_suspected(knowledge, facts)
                || facts.changed_recently == Some(Changed::Keys));
        Gates {
            tamper: facts.tamper == Some(YesNo::Yes)
                || facts.machine_looks == Some(Seen::Odd)
                || message == Some("tampered"),
            foreign_machine: facts.changed_recently == Some(Changed::TerminalSwapped)
                || by_class("foreign_machine")
                || message == Some("terminal_unregistered"),
            unknown_outcome: MoneyKnown::of(knowledge, facts).is_open(),
            unsent_payments: facts.unsent_offline.is_some_and(|n| n > 0)
                || facts.unsent_reversals.is_some_and(|n| n > 0)
                || by_class("unsent_payments")
                || message == Some("reversal_failed"),
            last_pin_try: facts.pin_tries_left.is_some_and(|n| n <= 1),
            pick_up_card: by_class("pick_up_card"),
            keys_not_by_shop: keys,
            card_secrets: facts.entry_mode == Some(EntryMode::Manual)
                || by_class("card_secrets")
                || message == Some("pin_wrong"),
        }
    }

    /// The ids of the gates that are closed, in the order of [`ALL`].
    pub fn ids(self) -> Vec<&'static str> {
        let closed = [
            self.tamper,
            self.foreign_machine,
            self.unknown_outcome,
            self.unsent_payments,
            self.last_pin_try,
            self.pick_up_card,
            self.keys_not_by_shop,
            self.card_secrets,
        ];
        ALL.iter().zip(closed).filter(|(_, closed)| *closed).map(|(id, _)| *id).collect()
    }
}

/// A reversal whose reason is that the terminal could not verify the MAC of the answer (UnionPay A0).
fn keys_failed_at_the_terminal(facts: &Facts) -> bool {
    facts.is_reversal_request() && facts.code.as_deref() == Some("A0")
}

/// PINs that fail for several cards are the machine's PIN key, not the customers: each further try would cost
/// somebody one of the few that a card has.
pub(crate) fn pin_key_suspected(knowledge: &Knowledge, facts: &Facts) -> bool {
    facts.other_cards_here == Some(Works::Fail)
        && knowledge.class_of(facts).is_some_and(|c| c.id == "pin_wrong")
}
