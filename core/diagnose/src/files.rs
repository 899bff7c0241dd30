//! The three knowledge files as they are written: every key that an author may use.
//!
//! Words keep their place in the file, so that an error can name the line. Nothing is checked here beyond the
//! shape; the meaning is read in `parse.rs`.

use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

pub(crate) type Word = Spanned<String>;
/// State or `rest` to a word for its probability.
pub(crate) type Row = BTreeMap<Word, Word>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CausesFile {
    pub schema: Word,
    pub words: BTreeMap<Word, f64>,
    pub code_class: Vec<RawClass>,
    pub message: Vec<RawMessage>,
    pub observation: BTreeMap<Word, BTreeMap<Word, RawState>>,
    pub cause: Vec<RawCause>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawClass {
    pub id: Word,
    pub zh: Word,
    pub en: Word,
    pub retry: Word,
    pub answered_by: Option<Word>,
    #[serde(default)]
    pub approves: bool,
    #[serde(default)]
    pub delicate: bool,
    #[serde(default)]
    pub gates: Vec<Word>,
    #[serde(default)]
    pub codes: BTreeMap<Word, Vec<Word>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawMessage {
    pub id: Word,
    pub zh: Word,
    pub en: Word,
    pub words: Vec<Word>,
    #[serde(default)]
    pub umbrella: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawState {
    pub normally: Word,
    pub zh: Word,
    pub en: Word,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCause {
    pub id: Word,
    pub group: Word,
    pub owner: Word,
    pub per_10000: Spanned<u32>,
    pub zh: Word,
    pub en: Word,
    #[serde(default)]
    pub given: BTreeMap<Word, Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActionsFile {
    pub schema: Word,
    pub guard: Vec<RawGuard>,
    pub gate: Vec<RawGate>,
    pub protocol: Vec<RawProtocol>,
    #[serde(default)]
    pub store: Vec<RawStore>,
    pub action: Vec<RawAction>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawGuard {
    pub id: Word,
    pub zh: Word,
    pub en: Word,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawGate {
    pub id: Word,
    pub zh: Word,
    pub en: Word,
    pub guards: Vec<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawProtocol {
    pub classes: Vec<Word>,
    pub steps: Vec<Word>,
    pub contact: Word,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawAction {
    pub id: Word,
    pub minutes: u16,
    pub zh: Word,
    pub en: Word,
    pub say_zh: Option<Word>,
    pub say_en: Option<Word>,
    pub verify_zh: Option<Word>,
    pub verify_en: Option<Word>,
    pub cardholder_zh: Option<Word>,
    pub cardholder_en: Option<Word>,
    #[serde(default = "yes")]
    pub offered: bool,
    pub place: Option<Word>,
    #[serde(default)]
    pub steps_zh: Vec<Word>,
    #[serde(default)]
    pub steps_en: Vec<Word>,
    #[serde(default)]
    pub without: Vec<Word>,
    #[serde(default)]
    pub takes_money: bool,
    #[serde(default)]
    pub work_around: bool,
    #[serde(default)]
    pub who: Vec<Word>,
    pub calls: Option<Word>,
    #[serde(default)]
    pub guards: Vec<Word>,
    #[serde(default)]
    pub helps: Row,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawStore {
    pub id: Word,
    pub zh: Word,
    pub en: Word,
    #[serde(default)]
    pub extra_minutes: BTreeMap<Word, f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuestionsFile {
    pub schema: Word,
    pub question: Vec<RawQuestion>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawQuestion {
    pub id: Word,
    pub key: Word,
    pub minutes: f64,
    pub place: Word,
    pub who: Vec<Word>,
    #[serde(default)]
    pub without: Vec<Word>,
    pub zh: Word,
    pub en: Word,
    pub look_zh: Word,
    pub look_en: Word,
    #[serde(default)]
    pub answers: Vec<RawAnswer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawAnswer {
    pub value: Word,
    pub zh: Word,
    pub en: Word,
}

fn yes() -> bool {
    true
}
