//! What is known about the cardholder's money, in one sentence that says no more than the facts.
//!
//! Why it exists: whether a payment may be taken again hangs on this alone, and “you were not charged” is a
//! sentence that no terminal can know. Never says that an account was not debited.

use crate::answers::outcome_is_disputed;
use crate::facts::{Charged, Did, Facts, Outcome, QueryResult, Reversal, Stage};
use crate::knowledge::{AnsweredBy, Knowledge, RetryRule};
use crate::safety::TAKES_MONEY;
use tg_text::Text;

/// What is known about the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyKnown {
    /// Approved.
    Approved,
    /// Part of the amount was approved.
    PartlyApproved,
    /// The terminal stopped before it sent anything.
    NothingSent,
    /// The acquirer's host or the switch refused.
    RefusedByHost,
    /// The issuer declined.
    DeclinedByIssuer,
    /// Declined; by whom is not known.
    Declined,
    /// A reversal is on its way, or was refused: not settled.
    ReversalOpen,
    /// A reversal was accepted.
    ReversalAccepted,
    /// The customer sees a debit, no approval is known.
    ChargedWithoutApproval,
    /// A query said that it did not go through.
    QueriedNotApproved,
    /// The outcome is unknown.
    Unknown,
    /// The facts say nothing about the outcome.
    NotStated,
}

impl MoneyKnown {
    /// What the facts say. A step that may have taken money and did not help sets it back to “not stated”: what is
    /// known of the first payment says nothing about the next one.
    pub fn of(knowledge: &Knowledge, facts: &Facts) -> MoneyKnown {
        let first = MoneyKnown::before_the_tries(knowledge, facts);
        let stays = first.is_open() || matches!(first, MoneyKnown::Approved | MoneyKnown::PartlyApproved);
        if !stays && tried_since_the_look(facts, may_charge) { MoneyKnown::NotStated } else { first }
    }

    fn before_the_tries(knowledge: &Knowledge, facts: &Facts) -> MoneyKnown {
        // A query is asked last and settles it, unless the answers about it differ.
        let disputed = facts.disputed.contains(&"query_result");
        match facts.query_result.filter(|_| !disputed) {
            Some(QueryResult::Approved) => return MoneyKnown::Approved,
            Some(QueryResult::NotApproved) => return MoneyKnown::QueriedNotApproved,
            Some(QueryResult::NotFound) => return MoneyKnown::Unknown,
            None if disputed => return MoneyKnown::Unknown,
            None => {}
        }
        if let Some(reversal) = of_reversal(knowledge, facts) {
            return reversal;
        }
        let class = knowledge.class_of(facts);
        let approved = facts.outcome == Some(Outcome::Approved) || class.is_some_and(|c| c.approves);
        let unlisted_but_declined =
            facts.outcome == Some(Outcome::Declined) && class.is_some_and(|c| c.id == "unlisted");
        if facts.outcome == Some(Outcome::Unknown)
            || outcome_is_disputed(knowledge, facts)
            || (class.is_some_and(|c| c.retry == RetryRule::QueryFirst) && !unlisted_but_declined)
        {
            return MoneyKnown::Unknown;
        }
        if approved {
            let part = class.is_some_and(|c| c.id == "approved_partial");
            return if part { MoneyKnown::PartlyApproved } else { MoneyKnown::Approved };
        }
        if facts.charged == Some(Charged::Yes) {
            return MoneyKnown::ChargedWithoutApproval;
        }
        match class.map(|c| c.answered_by) {
            Some(AnsweredBy::Host | AnsweredBy::Switch) => return MoneyKnown::RefusedByHost,
            Some(AnsweredBy::Issuer) => return MoneyKnown::DeclinedByIssuer,
            Some(_) => return MoneyKnown::Declined,
            None if facts.outcome == Some(Outcome::Declined) => return MoneyKnown::Declined,
            None => {}
        }
        let message = knowledge.message_of(facts).map(|i| knowledge.messages[i].id.as_str());
        match (message, facts.stage) {
            (Some("timeout" | "duplicate" | "reversal_failed"), _) => MoneyKnown::Unknown,
            (_, Some(Stage::CardRead | Stage::Pin)) => MoneyKnown::NothingSent,
            (_, Some(Stage::Sent | Stage::Answered | Stage::Printed)) => MoneyKnown::Unknown,
            (_, None) => MoneyKnown::NotStated,
        }
    }

    /// True while a second payment could charge the customer twice: query first.
    pub fn is_open(self) -> bool {
        matches!(self, MoneyKnown::Unknown | MoneyKnown::ReversalOpen | MoneyKnown::ChargedWithoutApproval)
    }

    /// The one sentence for it.
    pub fn text(self) -> Text {
        match self {
            MoneyKnown::Approved => {
                Text::fixed("这笔交易已获批准，不要再收。", "This payment was approved; don’t take it again.")
            }
            MoneyKnown::PartlyApproved => Text::fixed(
                "只批准了部分金额：已批准的部分不要再收，差额另行收取，或撤销整笔。",
                "Only part was approved: don’t take that part again; collect the rest separately, or void the whole.",
            ),
            MoneyKnown::NothingSent => Text::fixed(
                "机器还没有把这笔交易发出；客户收到扣款通知的，先查询，不要再收款。",
                "The machine has not sent this payment; if the customer got a debit notice, query first and don’t charge again.",
            ),
            MoneyKnown::RefusedByHost => Text::fixed(
                "后台没有批准这笔交易。账户有无变动以发卡行为准；客户收到扣款通知的，先查询，不要再收款。",
                "The host did not approve this payment. What the account shows is for the issuer to say; if the customer got a debit notice, query first and don’t charge again.",
            ),
            MoneyKnown::DeclinedByIssuer => Text::fixed(
                "发卡行没有批准这笔交易。账户有无变动以发卡行为准；客户收到扣款通知的，先查询，不要再收款。",
                "The issuer did not approve this payment. What the account shows is for the issuer to say; if the customer got a debit notice, query first and don’t charge again.",
            ),
            MoneyKnown::Declined => Text::fixed(
                "这笔交易没有获得批准。账户有无变动以发卡行为准；客户收到扣款通知的，先查询，不要再收款。",
                "This payment was not approved. What the account shows is for the issuer to say; if the customer got a debit notice, query first and don’t charge again.",
            ),
            MoneyKnown::ReversalOpen => Text::fixed(
                "冲正还没有得到确认：不要再收款，机器保持联网，稍后查询。",
                "The reversal is not confirmed yet: don’t charge again; leave the machine online and query a little later.",
            ),
            MoneyKnown::ReversalAccepted => Text::fixed(
                "冲正已确认，这笔已取消；如已扣款，由发卡行原路退回，到账时间以发卡行为准。",
                "The reversal is confirmed and this payment is cancelled; if money was taken, the issuer returns it to the same card, when is for the issuer to say.",
            ),
            MoneyKnown::ChargedWithoutApproval => Text::fixed(
                "客户显示已扣款，但没有批准的应答：先查询，不要再收款。",
                "The customer sees a debit, but no approval is known: query first and don’t charge again.",
            ),
            MoneyKnown::QueriedNotApproved => Text::fixed(
                "查询结果是没有成功，这笔可以再收；客户收到扣款通知的，先不要再收，请收单机构核对。",
                "The query says that it did not go through, so it may be taken again; if the customer got a debit notice, don’t, and ask the acquirer.",
            ),
            MoneyKnown::Unknown => Text::fixed(
                "结果未知：先查询，不要再收款。",
                "The outcome is unknown: query first and don’t charge again.",
            ),
            MoneyKnown::NotStated => Text::fixed(
                "还不知道这笔的结果：再收款之前，先确认上一笔没有成功。",
                "The outcome is not known yet: before charging again, make sure that this one did not go through.",
            ),
        }
    }
}

/// Steps whose words end in another payment: the ones that take money, and two that say “then take it once more”.
pub(crate) fn may_charge(step: &str) -> bool {
    TAKES_MONEY.contains(&step) || matches!(step, "sign_on" | "wait")
}

/// Steps that take money themselves.
pub(crate) fn takes_money(step: &str) -> bool {
    TAKES_MONEY.contains(&step)
}

/// True if such a step was tried, did not help, and the outcome was not looked up after it: nobody knows how that
/// try ended, whatever is known of the payment before it.
pub(crate) fn tried_since_the_look(facts: &Facts, such: fn(&str) -> bool) -> bool {
    let steps = facts.did.iter().rev().take_while(|(step, _)| step != "query_outcome");
    steps.into_iter().any(|(step, did)| *did == Did::Failed && such(step))
}

/// What a reversal says about the payment, if there was one.
fn of_reversal(knowledge: &Knowledge, facts: &Facts) -> Option<MoneyKnown> {
    match facts.reversal {
        Some(Reversal::Accepted) => return Some(MoneyKnown::ReversalAccepted),
        Some(Reversal::Sent | Reversal::Refused) => return Some(MoneyKnown::ReversalOpen),
        Some(Reversal::None) | None => {}
    }
    if facts.is_reversal_answer() {
        let class = facts.code.as_deref().and_then(|code| knowledge.class_of_code(facts.scheme, code));
        let accepted = class.is_some_and(|c| c.id == "approved");
        return Some(if accepted { MoneyKnown::ReversalAccepted } else { MoneyKnown::ReversalOpen });
    }
    facts.is_reversal_request().then_some(MoneyKnown::ReversalOpen)
}

/// The one sentence about the money that the facts allow.
pub fn what_is_known_about_money(knowledge: &Knowledge, facts: &Facts) -> Text {
    MoneyKnown::of(knowledge, facts).text()
}
