//! What a person answered, and facts that can't both be true.
//!
//! Why it exists: an answer is not averaged with another one. The same key with two values is refused; facts
//! that exclude each other are said in words and leave the outcome open. Never decides which of two is right.

use crate::facts::{
    CardLooks, Changed, Charged, Facts, KEYS, KeyCheckValue, MacCheck, Network, NetworkTest, Outcome,
    QueryResult, Right, Seen, Stage, YesNo, shown, unknown,
};
use crate::knowledge::Knowledge;
use crate::message_code::codes_in;
use crate::money::{may_charge, tried_since_the_look};
use crate::questions::{DONT_KNOW, NONE_OF_THESE};
use tg_text::{Problem, Text};

/// What people say instead of an answer.
const NO_ANSWER: &[&str] = &[DONT_KNOW, NONE_OF_THESE, "none"];

impl Knowledge {
    /// Notes an answer: to a question of the plan, or to any key of the facts. `dont_know` and `none_of_these`
    /// mark a question as asked. An answer that differs from what is known is not averaged: the key is marked
    /// as disputed and keeps the more careful value, or none.
    ///
    /// # Errors
    /// `TG-2002` for an unknown question or value, naming the nearest one.
    pub fn answer(&self, facts: &mut Facts, question: &str, value: &str) -> Result<(), Box<Problem>> {
        if question == "query_outcome" {
            // The step whose result is a fact: it was done, and what it said counts. After another try it is news
            // about that try, no second opinion on the one before.
            let mut next = facts.clone();
            if tried_since_the_look(facts, may_charge) && facts.query_result != Some(QueryResult::Approved) {
                next.clear("query_result");
                next.disputed.retain(|key| *key != "query_result");
            }
            next.hear("query_result", value)?;
            next.push_did(question, "failed")?;
            *facts = next;
            return Ok(());
        }
        let asked = self.question(question);
        let key = asked.map(|q| q.key).or_else(|| Facts::key(question));
        let Some(key) = key else {
            let questions = self.questions().iter().map(|q| q.id.as_str());
            let known: Vec<&str> = questions.chain(KEYS.iter().copied()).collect();
            return Err(unknown("question", "问题", question, &known));
        };
        let value = value.trim();
        // “none” is a state of some keys and, for the others, what scripts say for “no code”.
        let is_state = asked.is_some_and(|q| q.answers.iter().any(|a| a.value == value));
        let open = value == DONT_KNOW || (asked.is_some() && NO_ANSWER.contains(&value));
        if is_state || !open {
            facts.hear(key, value)?;
        }
        if asked.is_some() && !facts.asked.iter().any(|id| id == question) {
            facts.asked.push(question.to_owned());
        }
        Ok(())
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

    /// Takes a person's answer. Where it differs from what is known, neither is believed, but a danger that
    /// either of them tells of stays.
    fn hear(&mut self, key: &'static str, value: &str) -> Result<(), Box<Problem>> {
        let mut heard = Facts::default();
        heard.set(key, value)?;
        let mut both = self.clone();
        both.set(key, value)?;
        if !self.has(key) {
            *self = both;
            if !self.answered.contains(&key) {
                self.answered.push(key);
            }
            return Ok(());
        }
        if both == *self {
            return Ok(());
        }
        if !self.disputed.contains(&key) {
            self.disputed.push(key);
        }
        let (old, new) = (self.clone(), heard);
        self.clear(key);
        let either = |danger: &dyn Fn(&Facts) -> bool| danger(&old) || danger(&new);
        match key {
            "tamper" if either(&|f| f.tamper == Some(YesNo::Yes)) => self.tamper = Some(YesNo::Yes),
            "machine_looks" => self.machine_looks = Some(Seen::Odd),
            "charged" if old.charged == Some(Charged::Unknown) => {
                self.disputed.retain(|k| *k != key);
                self.charged = new.charged;
            }
            "charged" if either(&|f| f.charged == Some(Charged::Yes)) => self.charged = Some(Charged::Yes),
            // What was open and is known now is news, no dispute.
            "outcome" if old.outcome == Some(Outcome::Unknown) => {
                self.disputed.retain(|k| *k != key);
                self.outcome = new.outcome;
            }
            "outcome" => self.outcome = Some(Outcome::Unknown),
            "query_result" if old.query_result == Some(QueryResult::NotFound) => {
                self.disputed.retain(|k| *k != key);
                self.query_result = new.query_result;
            }
            "changed_recently" if either(&|f| f.changed_recently == Some(Changed::TerminalSwapped)) => {
                self.changed_recently = Some(Changed::TerminalSwapped);
            }
            "key_check_value" => self.key_check_value = old.key_check_value.max_danger(new.key_check_value),
            "unsent_offline" => self.unsent_offline = old.unsent_offline.max(new.unsent_offline),
            "unsent_reversals" => self.unsent_reversals = old.unsent_reversals.max(new.unsent_reversals),
            "pin_tries_left" => self.pin_tries_left = old.pin_tries_left.min(new.pin_tries_left),
            "reversal" => self.reversal = Some(crate::facts::Reversal::Sent),
            // The first code stays; the outcome is open until they are told apart.
            "code" | "scheme" | "mti" | "stage" => {
                self.code = self.code.take().or(old.code);
                self.scheme = old.scheme;
                self.mti = old.mti;
                self.stage = if key == "stage" { None } else { old.stage };
            }
            "role" => self.role = old.role,
            "store" => self.store = old.store,
            _ => {}
        }
        Ok(())
    }
}

/// Of two differing check values, the one that says that something is wrong.
trait MaxDanger {
    fn max_danger(self, other: Self) -> Self;
}

impl MaxDanger for Option<KeyCheckValue> {
    fn max_danger(self, other: Self) -> Self {
        if self.is_some_and(|k| k != KeyCheckValue::Match) { self } else { other }
    }
}

/// Keys whose dispute leaves open how the payment ended.
const ABOUT_THE_OUTCOME: &[&str] = &["code", "scheme", "mti", "outcome", "stage", "charged", "reversal"];

/// Facts that can't both be true.
pub(crate) struct Contradiction {
    pub text: Text,
    /// True if it leaves open how the payment ended.
    pub opens_the_outcome: bool,
}

/// True if the facts contradict each other about how the payment ended: it counts as unknown then.
pub(crate) fn outcome_is_disputed(knowledge: &Knowledge, facts: &Facts) -> bool {
    contradictions(knowledge, facts).iter().any(|c| c.opens_the_outcome)
}

/// Facts that can't both be true, in words. They are not averaged.
pub(crate) fn contradictions(knowledge: &Knowledge, facts: &Facts) -> Vec<Contradiction> {
    let mut found = Vec::new();
    let mut outcome = |text: Text| found.push(Contradiction { text, opens_the_outcome: true });
    let class = knowledge.class_of(facts).filter(|_| facts.code.is_some());
    match (facts.outcome, class) {
        (Some(Outcome::Declined), Some(class)) if class.approves => outcome(Text::fixed(
            "应答码表示已批准，但结果填的是未批准：按结果未知处理。",
            "The code says approved, the outcome says declined: treated as unknown.",
        )),
        (Some(Outcome::Approved), Some(class)) if !class.approves => outcome(Text::fixed(
            "应答码表示未批准，但结果填的是已批准：按结果未知处理。",
            "The code says not approved, the outcome says approved: treated as unknown.",
        )),
        _ => {}
    }
    if let (Some(code), Some(message)) = (&facts.code, &facts.message) {
        let on_screen = codes_in(knowledge, facts.scheme, message);
        if !on_screen.is_empty() && !on_screen.iter().any(|c| c.eq_ignore_ascii_case(code)) {
            outcome(Text::fixed(
                "填的应答码与屏幕文字里的应答码不同：请核对，先按结果未知处理。",
                "The code that was given differs from the code in the words on the screen: check it; treated as unknown until then.",
            ));
        }
    }
    if facts.outcome == Some(Outcome::Approved) && matches!(facts.stage, Some(Stage::CardRead | Stage::Pin)) {
        outcome(Text::fixed(
            "结果填的是已批准，但交易停在读卡或输密，还没有发出：按结果未知处理。",
            "The outcome says approved, but the payment stopped before it was sent: treated as unknown.",
        ));
    }
    let said_differently = facts.disputed.iter().map(|key| {
        let name = knowledge.questions().iter().find(|q| q.key == *key).map(|q| &q.text);
        let (zh, en) = name.map_or((*key, *key), |text| (text.zh.as_ref(), text.en.as_ref()));
        Contradiction {
            text: Text::new(
                format!("“{zh}”有两个不同的回答：哪个都先不采用，请再看一次。"),
                format!("“{en}” was answered in two ways: neither is believed; please look again."),
            ),
            opens_the_outcome: ABOUT_THE_OUTCOME.contains(key),
        }
    });
    found.extend(said_differently);
    found.extend(
        readings_that_differ(facts).into_iter().map(|text| Contradiction { text, opens_the_outcome: false }),
    );
    found
}

/// Readings of the machine that can't both be true at one moment; the money doesn't hang on them.
fn readings_that_differ(facts: &Facts) -> Vec<Text> {
    let pairs = [
        (
            facts.network == Some(Network::Down) && facts.stage == Some(Stage::Answered),
            "网络填的是不通，但这笔收到了应答：请再看一眼网络。",
            "The network is given as down, yet an answer came: look at the network again.",
        ),
        (
            facts.network == Some(Network::Down) && facts.phone_online == Some(YesNo::Yes),
            "机器没有网络，但手机连同一个 Wi-Fi 能上网：请看机器连的是不是这个 Wi-Fi。",
            "The machine is offline, yet a phone on the same Wi-Fi gets online: see whether the machine is on that Wi-Fi.",
        ),
        (
            facts.network == Some(Network::Down) && facts.network_test == Some(NetworkTest::Passed),
            "网络填的是不通，但网络检测全部通过：请再看一次。",
            "The network is given as down, yet the network test passed: please look again.",
        ),
        (
            facts.key_check_value == Some(KeyCheckValue::Missing) && facts.mac == Some(MacCheck::Good),
            "终端里没有密钥，但报文的 MAC 正确：请收单机构核对。",
            "The terminal is said to hold no key, yet the message’s MAC is right: the acquirer should check.",
        ),
        (
            facts.expiry_passed == Some(YesNo::No) && facts.card_looks == Some(CardLooks::Expired),
            "卡面显示已过期，但交易里的有效期没有过：请再看一次卡面。",
            "The card looks expired, yet its date in the payment has not passed: look at the card again.",
        ),
        (
            facts.clock_offset_minutes.is_some_and(|m| m.abs() <= crate::facts::CLOCK_TOLERANCE_MINUTES)
                && facts.screen_time == Some(Right::Wrong),
            "报文里的时间正确，但有人说屏幕时间不对：请再看一次。",
            "The time in the messages is right, yet the screen’s is said to be wrong: please look again.",
        ),
        (
            facts.outcome == Some(Outcome::Approved) && facts.charged == Some(Charged::No),
            "交易显示已批准，但客户的银行 App 里还没有：可能只是晚一点，不要再收。",
            "The payment is approved, but the customer’s bank app does not show it yet: it may only be late; don’t take it again.",
        ),
    ];
    pairs.into_iter().filter(|(differ, ..)| *differ).map(|(_, zh, en)| Text::fixed(zh, en)).collect()
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
        assert!(facts.code.is_none() && facts.asked == ["response_code"]);
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
