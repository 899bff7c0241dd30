//! One person's way through the guide: what was given, answered and tried, in order.
//!
//! Why it exists: the phone guide, the terminal and the API keep a session in a link, a cookie or a row and must
//! give the same advice from it. A session holds only what was said; the advice is computed from it each time,
//! so that a mended knowledge file serves also who is in the middle. Never holds a card number: a value that
//! looks like one is refused.
//!
//! ```
//! use tg_diagnose::{Knowledge, Session};
//! let knowledge = Knowledge::builtin();
//! let mut session = Session::default();
//! session.give(knowledge, "message", "安全处理失败").expect("some words");
//! assert_eq!(session.diagnose(knowledge).next.expect("a step").id, "response_code");
//! session.answer(knowledge, "response_code", "A7").expect("a code");
//! assert_eq!(session.diagnose(knowledge).next.expect("a step").id, "sign_on");
//! session.did(knowledge, "sign_on", "failed").expect("a step");
//! assert_eq!(session.diagnose(knowledge).next.expect("a step").id, "stop_using");
//! assert!(session.back() && session.diagnose(knowledge).next.expect("a step").id == "sign_on");
//! ```

use crate::diagnosis::{Diagnosis, diagnose};
use crate::facts::{Facts, shown};
use crate::knowledge::Knowledge;
use serde::{Deserialize, Serialize};
use tg_text::{Problem, Text};

/// Turns of a session, at most.
pub const MAX_TURNS: usize = 64;

/// Characters of one value, at most.
const MAX_VALUE_CHARS: usize = 200;

/// Digits in a row that may be a card number.
const CARD_DIGITS: usize = 12;

/// One thing that was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Turn {
    /// A fact: key and value.
    Given(String, String),
    /// An answer: question (or key) and value; `dont_know` and `none_of_these` too.
    Answer(String, String),
    /// A step that was tried: action and `failed` or `fixed`.
    Did(String, String),
}

/// A session: serialises as the list of its turns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Session {
    turns: Vec<Turn>,
}

impl Session {
    /// A session of turns that come from outside (a link, a row). Each is checked as if it was said now.
    ///
    /// # Errors
    /// `TG-2002` for an unknown key, question, action or value; `TG-1006` for too many turns.
    pub fn of(knowledge: &Knowledge, turns: Vec<Turn>) -> Result<Session, Box<Problem>> {
        let mut session = Session::default();
        for turn in turns {
            session.take(knowledge, turn)?;
        }
        Ok(session)
    }

    /// What was said, in order.
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// Notes a fact.
    ///
    /// # Errors
    /// `TG-2002` for an unknown key or value, or a second, different value for a key.
    pub fn give(&mut self, knowledge: &Knowledge, key: &str, value: &str) -> Result<(), Box<Problem>> {
        self.take(knowledge, Turn::Given(key.to_owned(), value.to_owned()))
    }

    /// Notes an answer. One that differs from what is known is taken and said ([`Diagnosis::contradictions`]).
    ///
    /// # Errors
    /// `TG-2002` for an unknown question or value.
    pub fn answer(&mut self, knowledge: &Knowledge, question: &str, value: &str) -> Result<(), Box<Problem>> {
        self.take(knowledge, Turn::Answer(question.to_owned(), value.to_owned()))
    }

    /// Notes that a step was tried: `failed` or `fixed`.
    ///
    /// # Errors
    /// `TG-2002` for an unknown step or result.
    pub fn did(&mut self, knowledge: &Knowledge, action: &str, result: &str) -> Result<(), Box<Problem>> {
        self.take(knowledge, Turn::Did(action.to_owned(), result.to_owned()))
    }

    /// Takes the last turn back; false if there is none.
    pub fn back(&mut self) -> bool {
        self.turns.pop().is_some()
    }

    /// The facts that the turns make.
    pub fn facts(&self, knowledge: &Knowledge) -> Facts {
        let mut facts = Facts::default();
        for turn in &self.turns {
            // Each turn was checked when it was taken; knowledge that has changed since may not know it any more.
            let _ = apply(knowledge, &mut facts, turn);
        }
        facts
    }

    /// What is to be said now: gates, next step with its buttons, plan, contact, whether to charge again, the
    /// sale's way out.
    pub fn diagnose(&self, knowledge: &Knowledge) -> Diagnosis {
        diagnose(knowledge, &self.facts(knowledge))
    }

    fn take(&mut self, knowledge: &Knowledge, turn: Turn) -> Result<(), Box<Problem>> {
        if self.turns.len() >= MAX_TURNS {
            let what =
                Text::fixed("这次排查的步骤太多，请重新开始", "this session is too long; start a new one");
            return Err(Box::new(Problem::new("TG-1006", what).because(MAX_TURNS.to_string(), "more")));
        }
        let (Turn::Given(key, value) | Turn::Answer(key, value) | Turn::Did(key, value)) = &turn;
        if value.chars().count() > MAX_VALUE_CHARS || looks_like_a_card(value) {
            let what = Text::fixed(
                "这里不要填卡号，也不要填这么长的内容",
                "don’t enter a card number here, nor so long a text",
            );
            return Err(Box::new(
                Problem::new("TG-2002", what).in_field(shown(key)).because("a short answer", "…"),
            ));
        }
        apply(knowledge, &mut self.facts(knowledge), &turn)?;
        self.turns.push(turn);
        Ok(())
    }
}

/// A run of digits, spaces and hyphens that is long enough for a card number.
fn looks_like_a_card(value: &str) -> bool {
    let mut run = 0;
    for c in value.chars() {
        match c {
            '0'..='9' | '０'..='９' => run += 1,
            ' ' | '-' => {}
            _ => run = 0,
        }
        if run >= CARD_DIGITS {
            return true;
        }
    }
    false
}

fn apply(knowledge: &Knowledge, facts: &mut Facts, turn: &Turn) -> Result<(), Box<Problem>> {
    match turn {
        Turn::Given(key, value) => facts.give(key, value),
        Turn::Answer(question, value) => knowledge.answer(facts, question, value),
        Turn::Did(action, result) => knowledge.did(facts, action, result),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_keeps_what_was_said_and_gives_the_same_advice_again() {
        let knowledge = Knowledge::builtin();
        let mut session = Session::default();
        session.give(knowledge, "code", "A7").expect("a code");
        session.did(knowledge, "sign_on", "failed").expect("a step");
        let text = serde_json::to_string(&session).expect("serialises");
        assert_eq!(text, r#"[{"given":["code","A7"]},{"did":["sign_on","failed"]}]"#);
        let turns: Vec<Turn> = serde_json::from_str(&text).expect("reads");
        let again = Session::of(knowledge, turns).expect("known");
        let shown = |s: &Session| serde_json::to_string(&s.diagnose(knowledge)).expect("serialises");
        assert_eq!(shown(&again), shown(&session));
    }

    #[test]
    fn what_is_refused_leaves_the_session_as_it_was() {
        let knowledge = Knowledge::builtin();
        let mut session = Session::default();
        let number = ["6222 0222", "0000 0001"].concat();
        assert!(session.give(knowledge, "message", &number).is_err());
        assert!(session.answer(knowledge, "network_icn", "ok").is_err());
        assert!(session.did(knowledge, "sign_on", "perhaps").is_err());
        assert!(session.turns().is_empty() && !session.back());
        for _ in 0..MAX_TURNS {
            session.answer(knowledge, "network_icon", "dont_know").expect("asked");
        }
        assert_eq!(session.answer(knowledge, "network_icon", "ok").expect_err("too many").code, "TG-1006");
    }

    #[test]
    fn two_answers_that_differ_are_said_and_neither_is_believed() {
        let knowledge = Knowledge::builtin();
        let mut session = Session::default();
        session.give(knowledge, "network", "ok").expect("a fact");
        session.answer(knowledge, "network_icon", "down").expect("an answer");
        let diagnosis = session.diagnose(knowledge);
        assert_eq!(diagnosis.contradictions.len(), 1);
        assert!(session.facts(knowledge).network.is_none());
        assert!(session.back() && session.diagnose(knowledge).contradictions.is_empty());
    }

    #[test]
    fn what_the_query_says_moves_the_advice_on() {
        let knowledge = Knowledge::builtin();
        let after = |result: &str| {
            let mut session = Session::default();
            session.give(knowledge, "code", "98").expect("a code");
            assert_eq!(session.diagnose(knowledge).next.expect("a step").id, "query_outcome");
            session.answer(knowledge, "query_outcome", result).expect("a result");
            session.diagnose(knowledge)
        };
        assert_eq!(after("not_approved").safe_to_retry, crate::Retry::Yes);
        assert!(after("not_approved").plan.iter().any(|s| s.id == "retry_payment"));
        assert_eq!(after("approved").safe_to_retry, crate::Retry::No);
        assert_eq!(after("not_found").safe_to_retry, crate::Retry::AfterQuery);
        assert!(after("not_found").plan.iter().all(|s| s.id != "query_outcome" && s.id != "retry_payment"));
    }

    const MONEY: &[&str] = crate::safety::TAKES_MONEY;

    #[test]
    fn after_another_try_the_outcome_is_looked_up_before_the_next_one() {
        let knowledge = Knowledge::builtin();
        let mut session = Session::default();
        for (key, value) in [("message", "读卡失败"), ("stage", "card_read")] {
            session.give(knowledge, key, value).expect("a fact");
        }
        assert_eq!(session.diagnose(knowledge).safe_to_retry, crate::Retry::Yes, "nothing was sent");
        for money in MONEY {
            // Whatever was known of the first payment and of a look before: this try is a new one.
            let mut tried = session.clone();
            tried.answer(knowledge, "query_outcome", "not_approved").expect("a result");
            tried.did(knowledge, money, "failed").expect("a step");
            let said = tried.diagnose(knowledge);
            assert_eq!(said.safe_to_retry, crate::Retry::AfterQuery, "{money}");
            assert!(said.sale.is_none_or(|sale| sale.id.is_none()), "{money}: no way to pay is offered");
            let plan: Vec<&str> = said.plan.iter().map(|s| s.id.as_str()).collect();
            let look = plan.iter().position(|s| *s == "query_outcome").expect("a look");
            let pay = plan.iter().position(|s| MONEY.contains(s) || *s == "restart");
            assert!(pay.is_none_or(|pay| look < pay), "{money}: {plan:?}");

            let after = |result: &str| {
                let mut looked = tried.clone();
                looked.answer(knowledge, "query_outcome", result).expect("a result");
                looked.diagnose(knowledge)
            };
            assert_eq!(after("not_approved").safe_to_retry, crate::Retry::Yes, "{money}: the news counts");
            for result in ["approved", "not_found"] {
                let said = after(result);
                assert_ne!(said.safe_to_retry, crate::Retry::Yes, "{money} {result}");
                assert!(said.plan.iter().all(|s| !MONEY.contains(&s.id.as_str())), "{money} {result}");
            }
        }
    }

    #[test]
    fn a_machine_that_works_again_does_not_settle_an_open_payment() {
        let knowledge = Knowledge::builtin();
        let mut session = Session::default();
        session.give(knowledge, "outcome", "unknown").expect("a fact");
        session.give(knowledge, "network", "down").expect("a fact");
        session.did(knowledge, "check_network", "fixed").expect("a step");
        assert_eq!(session.diagnose(knowledge).next.expect("a look").id, "query_outcome");
        session.answer(knowledge, "query_outcome", "not_approved").expect("a result");
        assert!(session.diagnose(knowledge).next.is_none(), "now it is over");
    }

    #[test]
    fn a_look_that_failed_leaves_the_outcome_open() {
        let knowledge = Knowledge::builtin();
        let mut session = Session::default();
        session.give(knowledge, "message", "读卡失败").expect("a fact");
        session.did(knowledge, "query_outcome", "failed").expect("a step");
        let said = session.diagnose(knowledge);
        assert!(said.plan.iter().all(|s| !MONEY.contains(&s.id.as_str())));
        session.back();
        session.did(knowledge, "query_outcome", "not_approved").expect("what it said");
        assert_eq!(session.diagnose(knowledge).safe_to_retry, crate::Retry::Yes);
    }

    #[test]
    fn a_danger_that_one_of_two_answers_tells_of_stays() {
        let knowledge = Knowledge::builtin();
        for (key, first, second, gate) in [
            ("tamper", "yes", "no", "tamper"),
            ("tamper", "no", "yes", "tamper"),
            ("charged", "no", "yes", "unknown_outcome"),
            ("unsent_offline", "0", "2", "unsent_payments"),
            ("pin_tries_left", "3", "1", "last_pin_try"),
            ("outcome", "declined", "approved", "unknown_outcome"),
            ("code", "51", "00", "unknown_outcome"),
        ] {
            let mut session = Session::default();
            session.give(knowledge, key, first).expect("a fact");
            session.answer(knowledge, key, second).expect("an answer");
            let gates: Vec<String> = session.diagnose(knowledge).gates.into_iter().map(|g| g.id).collect();
            assert!(gates.iter().any(|g| g == gate), "{key} {first} {second}: {gates:?}");
        }
    }
}
