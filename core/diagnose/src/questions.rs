//! The questions that the guide may ask: a look or a small trial, answered by a button.
//!
//! Why it exists: what only a person can see is evidence like any other, with two differences: people err and
//! sometimes don't know. Read from `data/questions.toml`; never asks for a PIN, a security code or a whole card
//! number (a test reads every sentence).

use crate::facts::{Facts, OBSERVATIONS, Stage, Store};
use crate::files::{QuestionsFile, RawQuestion};
use crate::knowledge::Knowledge;
use crate::parse::PLACES;
use crate::source::{Source, places};
use tg_text::Text;

/// How often a person's answer is wrong, and how often there is none: from the benchmark's terms (issue 5).
pub(crate) const WRONG_ANSWER: f64 = 0.1;
/// See [`WRONG_ANSWER`].
pub(crate) const NO_ANSWER: f64 = 0.15;

/// The answer of somebody who does not know.
pub const DONT_KNOW: &str = "dont_know";

/// The answer where none of the buttons fits.
pub const NONE_OF_THESE: &str = "none_of_these";

/// One answer: a button.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The value of the fact that it becomes.
    pub value: String,
    /// The button's words.
    pub text: Text,
    /// The state of the question's observation.
    pub(crate) state: usize,
}

/// One question.
#[derive(Clone, Debug)]
pub struct Question {
    /// Stable id.
    pub id: String,
    /// The question.
    pub text: Text,
    /// Where to look.
    pub look: Text,
    /// About how long it takes.
    pub minutes: f64,
    /// Where it is answered: customer, till, menu, router, office, phone.
    pub place: String,
    /// The fact that its answer becomes.
    pub key: &'static str,
    /// Buttons; empty where the answer is typed (a response code).
    pub answers: Vec<Answer>,
    /// Can be asked of shop staff.
    pub by_shop: bool,
    /// Can be asked of the cardholder.
    pub by_cardholder: bool,
    /// The observation that the answer belongs to.
    pub(crate) observation: usize,
    /// Stores where it makes no sense.
    pub(crate) without: Vec<Store>,
}

impl Question {
    /// True if the facts hold its answer, or it was asked.
    pub(crate) fn is_settled(&self, knowledge: &Knowledge, facts: &Facts) -> bool {
        let name = knowledge.observations[self.observation].id.as_str();
        // Where nothing was sent, nobody answered: there is no code to look for.
        let no_code = self.key == "code" && matches!(facts.stage, Some(Stage::CardRead | Stage::Pin));
        no_code
            || facts.has(self.key)
            || facts.asked.contains(&self.id)
            || facts.disputed.contains(&self.key)
            || facts.state_of(name).is_some()
    }
}

impl Knowledge {
    /// All questions, in the order of the file.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// The question of this id.
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions.iter().find(|q| q.id == id)
    }
}

/// The observation of a key: banded keys share one with the instrument's.
pub(crate) fn observation_of(key: &str) -> &str {
    match key {
        "screen_time" => "clock",
        "battery_icon" => "battery",
        other => other,
    }
}

pub(crate) fn read(source: &mut Source<'_>, file: &QuestionsFile, knowledge: &Knowledge) -> Vec<Question> {
    source.schema(&file.schema, "tillguard.questions/1");
    source.unique(file.question.iter().map(|q| &q.id));
    file.question.iter().filter_map(|raw| question(source, raw, knowledge)).collect()
}

fn question(source: &mut Source<'_>, raw: &RawQuestion, knowledge: &Knowledge) -> Option<Question> {
    source.place(&raw.key, crate::facts::KEYS, ("键", "key"));
    source.place(&raw.place, PLACES, ("地点", "place"));
    let key = Facts::key(raw.key.get_ref())?;
    let names: Vec<&str> = OBSERVATIONS.iter().map(|(name, _)| *name).collect();
    let Some(observation) = names.iter().position(|n| *n == observation_of(key)) else {
        let what = Text::fixed("这个键不是观察项，不能问", "this key is no observation: it can’t be asked");
        source.error(raw.key.span().start, what, key, names.join(", "));
        return None;
    };
    let states: Vec<&str> =
        knowledge.observations[observation].states.iter().map(|s| s.id.as_str()).collect();
    let answers = raw.answers.iter().filter_map(|answer| {
        let state = source.place(&answer.value, &states, ("状态", "state"))?;
        let text = source.text(&answer.zh, &answer.en);
        Some(Answer { value: answer.value.get_ref().clone(), text, state })
    });
    let answers: Vec<Answer> = answers.collect();
    if answers.len() < 2 && key != "code" {
        let what = Text::fixed("至少要有两个答案", "a question has two answers at least");
        source.error(raw.id.span().start, what, raw.id.get_ref(), "answers = [ … ]".into());
    }
    if !(raw.minutes > 0.0 && raw.minutes <= 60.0) {
        let what = Text::fixed("分钟数不对", "the minutes are not right");
        source.error(raw.id.span().start, what, raw.id.get_ref(), "0.5 to 60".into());
    }
    let who = places(source, &raw.who, &["shop", "cardholder"], ("执行人", "doer"));
    let without = places(source, &raw.without, Store::WORDS, ("场所", "store"));
    Some(Question {
        id: raw.id.get_ref().clone(),
        text: source.text(&raw.zh, &raw.en),
        look: source.text(&raw.look_zh, &raw.look_en),
        minutes: raw.minutes.clamp(0.1, 60.0),
        place: raw.place.get_ref().clone(),
        key,
        answers,
        by_shop: who.contains(&0),
        by_cardholder: who.contains(&1),
        observation,
        without: without.into_iter().map(|i| Store::ALL[i].1).collect(),
    })
}
