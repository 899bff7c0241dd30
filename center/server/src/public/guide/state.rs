//! Where somebody is in the guide, as text for an address: ids of our own, and response codes.
//!
//! `c.A7~m.SEC_FAIL~a.network_icon.ok~d.sign_on.failed`: code, message (capitals: the code catalogue's screen
//! messages; small: the diagnosis' own), given fact, answer, what was tried. Anything else is refused, so an
//! address can't be made to say what we don't; its length has a bound.

use tg_codes::Catalogue;
use tg_diagnose::{Facts, Knowledge, Session};
use tg_text::Text;

/// Turns in an address, at most.
const TURNS_MAX: usize = 24;

/// One thing that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    Code(String),
    Message(String),
    Given(String, String),
    Answer(String, String),
    Did(String, String),
}

/// What was said so far, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State(Vec<Said>);

impl State {
    /// Reads an address's text; `None` unless every part is one of ours.
    pub fn read(knowledge: &Knowledge, text: &str) -> Option<State> {
        let mut state = State::default();
        for part in text.split('~').filter(|p| !p.is_empty()) {
            let mut words = part.splitn(3, '.');
            let (kind, first, second) = (words.next()?, words.next()?, words.next());
            let own = |w: &str| w.len() <= 40 && w.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if !own(first) || !second.is_none_or(own) {
                return None;
            }
            let (first, second) = (first.to_owned(), second.map(str::to_owned));
            state.0.push(match (kind, second) {
                ("c", None) => Said::Code(code(&first)?),
                ("m", None) => Said::Message(words_of(knowledge, &first).map(|_| first)?),
                ("g", Some(second)) if KEYS.contains(&first.as_str()) => Said::Given(first, second),
                ("a", Some(second)) => Said::Answer(first, second),
                ("d", Some(second)) => Said::Did(first, second),
                _ => return None,
            });
        }
        (state.0.len() <= TURNS_MAX && state.session(knowledge).is_some()).then_some(state)
    }

    /// As it stands in an address.
    pub fn write(&self) -> String {
        let part = |said: &Said| match said {
            Said::Code(code) => format!("c.{code}"),
            Said::Message(id) => format!("m.{id}"),
            Said::Given(key, value) => format!("g.{key}.{value}"),
            Said::Answer(question, value) => format!("a.{question}.{value}"),
            Said::Did(action, result) => format!("d.{action}.{result}"),
        };
        self.0.iter().map(part).collect::<Vec<String>>().join("~")
    }

    /// The address of a step.
    pub fn href(&self) -> String {
        if self.0.is_empty() { "/guide".into() } else { format!("/guide?s={}", self.write()) }
    }

    /// One step back.
    pub fn back(&self) -> State {
        State(self.0[..self.0.len().saturating_sub(1)].to_vec())
    }

    fn with(&self, said: Said) -> State {
        State(self.0.iter().cloned().chain([said]).collect())
    }

    /// With a code; `None` if it can't be one.
    pub fn with_code(&self, text: &str) -> Option<State> {
        Some(self.with(Said::Code(code(text)?)))
    }

    /// With a message of ours.
    pub fn with_message(&self, id: &str) -> State {
        self.with(Said::Message(id.to_owned()))
    }

    /// With a fact.
    pub fn given(&self, key: &str, value: &str) -> State {
        self.with(Said::Given(key.to_owned(), value.to_owned()))
    }

    /// With an answer.
    pub fn answered(&self, question: &str, value: &str) -> State {
        self.with(Said::Answer(question.to_owned(), value.to_owned()))
    }

    /// With a step that was tried.
    pub fn did(&self, action: &str, result: &str) -> State {
        self.with(Said::Did(action.to_owned(), result.to_owned()))
    }

    /// The message, in words.
    pub fn message(&self, knowledge: &Knowledge) -> Option<Text> {
        let id = self.0.iter().find_map(|s| if let Said::Message(id) = s { Some(id) } else { None })?;
        words_of(knowledge, id)
    }

    /// The step that helped.
    pub fn helped(&self) -> Option<&str> {
        self.0.iter().rev().find_map(|s| match s {
            Said::Did(action, result) if result == "fixed" => Some(action.as_str()),
            _ => None,
        })
    }

    /// Questions answered and steps tried.
    pub fn steps_taken(&self) -> usize {
        self.0.iter().filter(|s| matches!(s, Said::Answer(..) | Said::Did(..))).count()
    }

    /// True if nothing was said.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True if this fact was given.
    pub fn says(&self, key: &str) -> bool {
        self.0.iter().any(|s| matches!(s, Said::Given(k, _) if k == key))
    }

    /// Facts that are known from elsewhere, with what was said and tried. What a person says of what the
    /// traffic shows differently is noted as such by the diagnosis.
    pub fn added_to(&self, knowledge: &Knowledge, mut facts: Facts) -> Facts {
        for said in &self.0 {
            // Each part was checked when the address was read.
            let _ = match said {
                Said::Given(key, value) | Said::Answer(key, value) => {
                    knowledge.answer(&mut facts, key, value)
                }
                Said::Did(action, result) => knowledge.did(&mut facts, action, result),
                Said::Code(_) | Said::Message(_) => Ok(()),
            };
        }
        facts
    }

    /// The session of these turns; `None` if one of them is not known (any more).
    pub fn session(&self, knowledge: &Knowledge) -> Option<Session> {
        let mut session = Session::default();
        if !self.0.iter().any(|s| matches!(s, Said::Given(key, _) if key == "role")) {
            session.give(knowledge, "role", "shop").ok()?;
        }
        for said in &self.0 {
            match said {
                Said::Code(code) => session.answer(knowledge, "response_code", code),
                Said::Message(id) => session.give(knowledge, "message", &words_of(knowledge, id)?.zh),
                Said::Given(key, value) => session.give(knowledge, key, value),
                Said::Answer(question, value) => session.answer(knowledge, question, value),
                Said::Did(action, result) => session.did(knowledge, action, result),
            }
            .ok()?;
        }
        Some(session)
    }
}

/// Facts that an address may give.
const KEYS: &[&str] = &["role", "network", "battery_icon", "charged", "stage", "outcome", "store", "tamper"];

/// A response code: two or three letters and digits, with a digit in it.
fn code(text: &str) -> Option<String> {
    let code: String = text.trim().chars().map(half_width).collect::<String>().to_ascii_uppercase();
    let fits = matches!(code.len(), 2 | 3) && code.bytes().all(|b| b.is_ascii_alphanumeric());
    (fits && code.bytes().any(|b| b.is_ascii_digit() || code.len() == 2)).then_some(code)
}

/// A full-width letter or digit in its plain form.
fn half_width(c: char) -> char {
    match u32::from(c) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

/// The words of a message of ours: the first way to write them.
pub(super) fn words_of(knowledge: &Knowledge, id: &str) -> Option<Text> {
    let first = |words: &str| words.split('/').next().unwrap_or_default().trim().to_owned();
    if let Some(message) = Catalogue::builtin().screen_message(id) {
        return Some(Text::new(first(&message.words.zh), first(&message.words.en)));
    }
    let messages = knowledge.observations().iter().find(|o| o.id == "message")?;
    messages.states.iter().find(|s| s.id == id).map(|s| s.text.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_our_own_ids_and_nothing_else() {
        let knowledge = Knowledge::builtin();
        let text = "m.SEC_FAIL~c.A7~d.sign_on.failed";
        let state = State::read(knowledge, text).expect("is ours");
        assert_eq!((state.write().as_str(), state.steps_taken()), (text, 1));
        assert_eq!(state.message(knowledge).expect("words").zh, "安全处理失败");
        assert_eq!(state.back().write(), "m.SEC_FAIL~c.A7");
        for wrong in [
            "m.6222020200001234567",
            "c.6222020200001234567",
            "x.A7",
            "m.<script>",
            "a.network_icon.perhaps",
            "g.message.hello",
            "d.load_keys.fixed'",
            "~c",
            "c.A7.B",
        ] {
            assert!(State::read(knowledge, wrong).is_none(), "{wrong}");
        }
        let long = vec!["a.response_code.dont_know"; 25].join("~");
        assert!(State::read(knowledge, &long).is_none(), "too long");
    }

    #[test]
    fn codes_are_read_as_people_type_them() {
        for (typed, code_read) in
            [("a7", Some("A7")), (" ９１ ", Some("91")), ("5", None), ("A7B9", None), ("-320", None)]
        {
            assert_eq!(code(typed).as_deref(), code_read, "{typed}");
        }
    }
}
