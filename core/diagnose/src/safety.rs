//! Which steps must not be advised, whatever the causes.
//!
//! Why it exists: this is the list of harms of product rule E6 as code. The ids stand here and not in the data
//! files, so that an edit of the knowledge can't lift a prohibition; `takes_money` in a file can only add one.
//! Never looks at a belief.

use crate::facts::{Facts, QueryResult, Works};
use crate::gates::Gates;
use crate::knowledge::{Action, CodeClass, Knowledge, RetryRule};
use crate::money::{MoneyKnown, may_charge, tried_since_the_look};

/// Never advised to anybody: keys, resets, opening and numbers are the acquirer's or vendor's work; whether a
/// card is kept is for the acquirer to say on the phone.
pub const NEVER: &[&str] =
    &["load_keys", "factory_reset", "open_device", "fix_numbers", "keep_card", "reverse_payment"];

/// Another debit can follow these.
pub const TAKES_MONEY: &[&str] = &[
    "retry_payment",
    "retry_pin",
    "other_card",
    "other_terminal",
    "other_way_to_pay",
    "insert_chip",
    "correct_amount",
];

/// These put the same card to the issuer again.
pub const SAME_CARD: &[&str] =
    &["retry_payment", "retry_pin", "other_terminal", "insert_chip", "correct_amount"];

/// These can lose what a terminal has not sent yet.
pub const LOSES_UNSENT: &[&str] =
    &["restart", "factory_reset", "settle_batch", "update_software", "download_parameters", "open_device"];

/// On a terminal that may have been tampered with or swapped, only these.
pub const AFTER_TAMPER: &[&str] = &["stop_using", "keep_evidence"];

/// Steps that the engine names itself; a knowledge file without one of them is refused.
pub(crate) const NEEDED: &[&str] = &[
    "query_outcome",
    "wait",
    "check_network",
    "use_mobile_data",
    "stop_using",
    "keep_evidence",
    "sign_on",
    "call_acquirer",
    "call_issuer",
    "call_network_operator",
    "call_vendor",
];

/// What decides whether a step is safe.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The facts.
    pub facts: &'a Facts,
    /// The class of the answer.
    pub class: Option<&'a CodeClass>,
    /// What is known about the money.
    pub money: MoneyKnown,
    /// The gates that are closed.
    pub gates: Gates,
    /// PINs fail for several cards: the machine's PIN key is suspected.
    pub pin_key_suspected: bool,
}

impl<'a> Situation<'a> {
    /// The situation that the facts describe.
    pub fn of(knowledge: &'a Knowledge, facts: &'a Facts) -> Situation<'a> {
        Situation {
            facts,
            class: knowledge.class_of(facts),
            money: MoneyKnown::of(knowledge, facts),
            gates: Gates::of(knowledge, facts),
            pin_key_suspected: crate::gates::pin_key_suspected(knowledge, facts),
        }
    }

    /// True where the outcome must be looked up before the first step that takes money: nobody said how the
    /// payment ended, or it was declined by a centre that may have booked it.
    pub fn look_first(&self) -> bool {
        self.money == MoneyKnown::NotStated
            || (self.class.is_none() && self.money == MoneyKnown::Declined)
            || (self.class.is_some_and(|c| c.retry == RetryRule::LookFirst)
                && !matches!(self.money, MoneyKnown::ReversalAccepted | MoneyKnown::QueriedNotApproved))
    }

    /// True if the outcome is looked up before this step: it leads to another payment, or could lose a reversal
    /// that waits inside.
    pub fn looks_before(action: &Action) -> bool {
        action.takes_money || may_charge(&action.id) || LOSES_UNSENT.contains(&action.id.as_str())
    }

    /// True if the machine may hold a reversal though the payment is approved: of a try after it, or of a payment
    /// that a query found approved, since the machine had no approval itself, or nobody would have asked.
    fn reversal_may_wait(&self) -> bool {
        let tried = self.facts.did.iter().any(|(step, _)| may_charge(step));
        matches!(self.money, MoneyKnown::Approved | MoneyKnown::PartlyApproved)
            && (tried_since_the_look(self.facts, may_charge)
                || self.facts.query_result == Some(QueryResult::Approved)
                    && (tried || self.facts.unsent_reversals != Some(0)))
    }

    /// True if this card must not be tried again: the answer says so, or nobody knows what it says.
    pub fn no_retry(&self) -> bool {
        self.class.is_some_and(|c| c.retry == RetryRule::No || c.id == "unlisted")
    }

    /// True if this step must not be advised now.
    pub fn forbids(&self, action: &Action) -> bool {
        let id = action.id.as_str();
        if action.calls.is_some() {
            return false; // asking somebody harms nobody
        }
        let Gates {
            tamper,
            foreign_machine,
            unknown_outcome,
            unsent_payments,
            last_pin_try,
            pick_up_card,
            ..
        } = self.gates;
        if NEVER.contains(&id) || !action.offered {
            return true;
        }
        if (tamper || foreign_machine) && !AFTER_TAMPER.contains(&id) {
            return true;
        }
        let takes_money = action.takes_money || TAKES_MONEY.contains(&id);
        let settled = matches!(self.money, MoneyKnown::Approved | MoneyKnown::PartlyApproved);
        if takes_money && (unknown_outcome || settled) {
            return true;
        }
        if (unsent_payments || unknown_outcome) && LOSES_UNSENT.contains(&id) {
            return true; // the reversal of an open payment may still wait inside
        }
        if self.reversal_may_wait() && LOSES_UNSENT.contains(&id) {
            return true;
        }
        let keys_failed = self.class.is_some_and(|c| c.retry == RetryRule::AfterSignOn);
        if unsent_payments && id == "sign_on" && !keys_failed {
            return true; // a sign-on may change the batch under the unsent payments
        }
        let no_retry = self.no_retry();
        if SAME_CARD.contains(&id) && (no_retry || last_pin_try || pick_up_card) {
            return true;
        }
        let many_cards_fail = self.facts.other_cards_here == Some(Works::Fail);
        if many_cards_fail && id == "retry_pin" {
            return true;
        }
        self.pin_key_suspected && takes_money && id != "other_terminal" && id != "other_way_to_pay"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The steps that are not forbidden, calls aside.
    fn allowed(given: &[(&str, &str)]) -> Vec<&'static str> {
        let knowledge = Knowledge::builtin();
        let mut facts = Facts::default();
        for (key, value) in given {
            facts.set(key, value).expect("a known fact");
        }
        let situation = Situation::of(knowledge, &facts);
        let steps = knowledge.actions().iter().filter(|a| a.calls.is_none() && !situation.forbids(a));
        steps.map(|a| a.id.as_str()).collect()
    }

    fn none_of(given: &[(&str, &str)], forbidden: &[&str]) {
        let allowed = allowed(given);
        let wrong: Vec<_> = forbidden.iter().filter(|id| allowed.contains(id)).collect();
        assert!(wrong.is_empty(), "{given:?} allows {wrong:?}");
    }

    #[test]
    fn on_a_tampered_or_foreign_terminal_only_stopping_and_keeping_evidence() {
        assert_eq!(allowed(&[("tamper", "yes")]), ["stop_using", "keep_evidence"]);
        assert_eq!(allowed(&[("changed_recently", "terminal_swapped")]), ["stop_using", "keep_evidence"]);
    }

    #[test]
    fn nothing_takes_money_while_the_outcome_is_open_or_settled() {
        none_of(&[("outcome", "unknown")], TAKES_MONEY);
        none_of(&[("outcome", "unknown")], LOSES_UNSENT);
        none_of(&[("code", "68"), ("scheme", "unionpay"), ("outcome", "declined")], TAKES_MONEY);
        none_of(&[("charged", "yes"), ("outcome", "declined")], TAKES_MONEY);
        none_of(&[("code", "00"), ("outcome", "approved")], TAKES_MONEY);
        none_of(&[("code", "A0"), ("mti", "0400")], TAKES_MONEY);
    }

    #[test]
    fn unsent_payments_and_the_last_pin_try_are_kept() {
        none_of(&[("unsent_offline", "1")], LOSES_UNSENT);
        none_of(&[("unsent_reversals", "1")], LOSES_UNSENT);
        none_of(&[("unsent_reversals", "1"), ("code", "77")], &["sign_on", "settle_batch"]);
        none_of(&[("pin_tries_left", "1")], SAME_CARD);
        none_of(&[("code", "43"), ("outcome", "declined")], SAME_CARD);
        none_of(&[], NEVER);
    }

    #[test]
    fn what_is_harmless_stays_allowed() {
        let steps = allowed(&[("outcome", "declined"), ("code", "51"), ("scheme", "unionpay")]);
        assert!(steps.contains(&"other_card") && steps.contains(&"other_way_to_pay"), "{steps:?}");
        assert!(allowed(&[("outcome", "unknown")]).contains(&"query_outcome"));
    }
}
