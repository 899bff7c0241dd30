//! What a person answered, and facts that can't both be true.
//!
//! Why it exists: an answer is not averaged with another one. The same key with two values is refused; facts
//! that exclude each other are said in words and leave the outcome open. Never decides which of two is right.

use crate::facts::{Facts, KEYS, Outcome, Stage, shown, unknown};
use crate::knowledge::Knowledge;
use crate::message_code::codes_in;
use tg_text::{Problem, Text};

/// What people say instead of an answer.
const NO_ANSWER: &[&str] = &["dont_know", "none"];

impl Knowledge {
    /// Notes an answer: to a question of the plan, or to any key of the facts. `dont_know` marks a question as
    /// asked.
    ///
    /// # Errors
    /// `TG-2002` for an unknown question or value, naming the nearest one.
    pub fn answer(&self, facts: &mut Facts, question: &str, value: &str) -> Result<(), Box<Problem>> {
        let asked = self.action(question).filter(|i| self.actions[*i].question);
        if asked.is_none() && !KEYS.contains(&question) {
            let questions = self.actions.iter().filter(|a| a.question).map(|a| a.id.as_str());
            let known: Vec<&str> = questions.chain(KEYS.iter().copied()).collect();
            return Err(unknown("question", "问题", question, &known));
        }
        if !NO_ANSWER.contains(&value) || (asked.is_none() && value == "none") {
            let key = if question == "response_code" { "code" } else { question };
            facts.give(key, value)?;
        }
        match asked {
            Some(_) => facts.push_did(question, "failed"),
            None => Ok(()),
        }
    }
}

impl Facts {
    /// Sets one fact, and refuses a second, different value for it.
    ///
    /// # Errors
    /// `TG-2002` as [`Facts::set`], or because the key was given twice with different values.
    pub fn give(&mut self, key: &str, value: &str) -> Result<(), Box<Problem>> {
        let mut next = self.clone();
        next.set(key, value)?;
        if next == *self {
            return Ok(());
        }
        if self.has(key) {
            let text = Text::new(
                format!("{key} 填了两个不同的值，请核实哪一个是对的"),
                format!("{key} is given twice with different values: find out which one is right"),
            );
            let found = if key == "message" { "…".to_owned() } else { shown(value) };
            return Err(Box::new(Problem::new("TG-2002", text).in_field(key).because("one value", found)));
        }
        *self = next;
        Ok(())
    }
}

/// Facts that can't both be true, in words. They make the outcome unknown; they are not averaged.
pub(crate) fn contradictions(knowledge: &Knowledge, facts: &Facts) -> Vec<Text> {
    let mut found = Vec::new();
    let class = knowledge.class_of(facts).filter(|_| facts.code.is_some());
    match (facts.outcome, class) {
        (Some(Outcome::Declined), Some(class)) if class.approves => found.push(Text::fixed(
            "应答码表示已批准，但结果填的是未批准：按结果未知处理。",
            "The code says approved, the outcome says declined: treated as unknown.",
        )),
        (Some(Outcome::Approved), Some(class)) if !class.approves => found.push(Text::fixed(
            "应答码表示未批准，但结果填的是已批准：按结果未知处理。",
            "The code says not approved, the outcome says approved: treated as unknown.",
        )),
        _ => {}
    }
    if let (Some(code), Some(message)) = (&facts.code, &facts.message) {
        let on_screen = codes_in(knowledge, facts.scheme, message);
        if !on_screen.is_empty() && !on_screen.iter().any(|c| c.eq_ignore_ascii_case(code)) {
            found.push(Text::fixed(
                "填的应答码与屏幕文字里的应答码不同：请核对，先按结果未知处理。",
                "The code that was given differs from the code in the words on the screen: check it; treated as unknown until then.",
            ));
        }
    }
    if facts.outcome == Some(Outcome::Approved) && matches!(facts.stage, Some(Stage::CardRead | Stage::Pin)) {
        found.push(Text::fixed(
            "结果填的是已批准，但交易停在读卡或输密，还没有发出：按结果未知处理。",
            "The outcome says approved, but the payment stopped before it was sent: treated as unknown.",
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_takes_its_answer_or_none() {
        let knowledge = Knowledge::builtin();
        let mut facts = Facts::default();
        knowledge.answer(&mut facts, "response_code", "A7").expect("a code");
        assert_eq!(facts.code.as_deref(), Some("A7"));
        let mut facts = Facts::default();
        knowledge.answer(&mut facts, "response_code", "dont_know").expect("asked");
        assert!(facts.code.is_none() && facts.did.len() == 1);
        knowledge.answer(&mut facts, "network", "dont_know").expect("a key");
        assert!(facts.network.is_none());
        let problem = knowledge.answer(&mut facts, "respons_code", "A7").expect_err("no question");
        assert_eq!(problem.expected.as_deref(), Some("response_code"));
        assert!(knowledge.answer(&mut facts, "network", "none").is_err(), "none is no state of the network");
    }

    #[test]
    fn the_same_key_twice_must_agree() {
        let mut facts = Facts::default();
        facts.give("tamper", "yes").expect("once");
        facts.give("tamper", "yes").expect("the same again");
        let problem = facts.give("tamper", "no").expect_err("contradicts");
        assert_eq!(problem.place.field.as_deref(), Some("tamper"));
        facts.give("network", "ok").expect("another key");
    }

    #[test]
    fn facts_that_exclude_each_other_are_said() {
        let said = |given: &[(&str, &str)]| {
            let mut facts = Facts::default();
            for (key, value) in given {
                facts.set(key, value).expect("known");
            }
            contradictions(Knowledge::builtin(), &facts).len()
        };
        assert_eq!(said(&[("code", "00"), ("outcome", "declined")]), 1);
        assert_eq!(said(&[("code", "05"), ("message", "A7 安全处理失败")]), 1);
        assert_eq!(said(&[("code", "a7"), ("message", "A7 安全处理失败")]), 0);
        assert_eq!(said(&[("stage", "pin"), ("outcome", "approved")]), 1);
        assert_eq!(said(&[("stage", "pin"), ("outcome", "declined")]), 0);
    }
}
