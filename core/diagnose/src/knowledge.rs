//! The knowledge in the form that the engine works with: classes of answers, observations, causes, steps.
//!
//! Why it exists: the files are authored in words; here the words are numbers, ids are places in tables and
//! every reference is known to be right, so that a diagnosis can't fail. Never read from disk here: the caller
//! hands over the text.

use crate::facts::{Facts, Outcome, QueryResult, Scheme, Store, unknown};
use crate::message;
use crate::questions::Question;
use crate::source::KnowledgeError;
use crate::step::Step;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use tg_text::{Problem, Text};

/// What may be done about a payment with such an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryRule {
    /// Not with this card.
    No,
    /// At once.
    Yes,
    /// After a while.
    Later,
    /// After something was put right.
    AfterFix,
    /// After one sign-on.
    AfterSignOn,
    /// Declined, but it may have been booked on the way: look first.
    LookFirst,
    /// The outcome is open: only after a query.
    QueryFirst,
}

/// Who gives an answer of this class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnsweredBy {
    /// The code alone does not tell.
    #[default]
    NotKnown,
    /// Nobody: the terminal itself.
    Terminal,
    /// The acquirer's side: its host or the switch in front of it.
    Host,
    /// The switch, because the issuer did not.
    Switch,
    /// The issuer.
    Issuer,
}

/// A class of response codes that mean the same for what to do next.
#[derive(Clone, Debug)]
pub struct CodeClass {
    /// Stable id.
    pub id: String,
    /// In words.
    pub text: Text,
    /// What may be done.
    pub retry: RetryRule,
    /// True if the payment counts as approved, at least in part.
    pub approves: bool,
    /// True if the code is not shown to the cardholder: its words could accuse.
    pub delicate: bool,
    /// Who says so.
    pub answered_by: AnsweredBy,
    /// Gates that such an answer calls for.
    pub gates: Vec<usize>,
}

/// One state of an observation.
#[derive(Clone, Debug)]
pub struct ObservationState {
    /// Stable id.
    pub id: String,
    /// In words.
    pub text: Text,
}

/// Something seen without asking anybody.
#[derive(Clone, Debug)]
pub struct Observation {
    /// Stable id.
    pub id: String,
    /// Its states.
    pub states: Vec<ObservationState>,
}

/// One cause.
#[derive(Clone, Debug)]
pub struct Cause {
    /// Stable id.
    pub id: String,
    /// network, power, device, keys, settings, software, card, issuer, acquirer, user, security, other.
    pub group: String,
    /// In words.
    pub text: Text,
    /// Whom to call when no step helps: acquirer, issuer, vendor, network_operator.
    pub owner: String,
    /// Share of this cause among failed payments before anything is known of one.
    pub prior: f64,
    /// Natural logarithm of P(state | cause), by observation and state.
    pub(crate) log_likelihood: Vec<Vec<f64>>,
}

/// A step, or a call.
#[derive(Clone, Debug)]
pub struct Action {
    /// Stable id (contract, section 3).
    pub id: String,
    /// Verb sentence.
    pub text: Text,
    /// What the desk says to the clerk, or the clerk to the customer.
    pub say: Option<Text>,
    /// How to see that it helped, and what then.
    pub verify: Option<Text>,
    /// The verb sentence for a cardholder who reads it.
    pub for_cardholder: Option<Text>,
    /// About how long it takes.
    pub minutes: u16,
    /// False: known, but never advised.
    pub offered: bool,
    /// Where it is done: customer, till, menu, router, office, phone.
    pub place: String,
    /// How it is done, one thing at a time.
    pub steps: Vec<Text>,
    /// Sorts of store where it can't be done.
    pub(crate) without: Vec<Store>,
    /// True if another debit can follow.
    pub takes_money: bool,
    /// True if it completes the sale without mending the fault.
    pub work_around: bool,
    /// Done by shop staff.
    pub by_shop: bool,
    /// Done by the cardholder.
    pub by_cardholder: bool,
    /// For a call: whom.
    pub calls: Option<String>,
    /// Red lines.
    pub guards: Vec<usize>,
    /// P(helps | cause), by cause.
    pub(crate) helps: Vec<f64>,
}

/// A hard gate's words.
#[derive(Clone, Debug)]
pub struct Gate {
    /// Stable id (contract, section 3).
    pub id: String,
    /// In words.
    pub text: Text,
    /// Red lines.
    pub guards: Vec<usize>,
}

/// A fixed order of steps for some classes of answers.
#[derive(Clone, Debug)]
pub(crate) struct Protocol {
    pub classes: Vec<usize>,
    pub steps: Vec<Step>,
    pub contact: String,
}

/// What each place costs on top in one sort of store, by the order of the places.
#[derive(Clone, Debug)]
pub(crate) struct StoreCosts {
    pub store: Store,
    pub text: Text,
    pub extra: Vec<f64>,
}

/// A message on the screen and its spellings.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub id: String,
    pub umbrella: bool,
    pub spellings: Vec<Vec<char>>,
}

/// Everything the engine knows.
#[derive(Clone, Debug)]
pub struct Knowledge {
    pub(crate) classes: Vec<CodeClass>,
    pub(crate) codes: BTreeMap<(&'static str, String), usize>,
    pub(crate) messages: Vec<Message>,
    pub(crate) observations: Vec<Observation>,
    pub(crate) causes: Vec<Cause>,
    pub(crate) actions: Vec<Action>,
    pub(crate) guards: Vec<(String, Text)>,
    pub(crate) gates: Vec<Gate>,
    pub(crate) protocols: Vec<Protocol>,
    pub(crate) questions: Vec<Question>,
    pub(crate) stores: Vec<StoreCosts>,
}

/// The knowledge that ships with Tillguard.
pub(crate) const BUILTIN_CAUSES: &str = include_str!("../../../data/causes.toml");
/// The questions that ship with Tillguard.
pub(crate) const BUILTIN_QUESTIONS: &str = include_str!("../../../data/questions.toml");
/// The steps that ship with Tillguard.
pub(crate) const BUILTIN_ACTIONS: &str = include_str!("../../../data/actions.toml");

impl Knowledge {
    /// The knowledge that ships with Tillguard.
    pub fn builtin() -> &'static Knowledge {
        static BUILTIN: OnceLock<Knowledge> = OnceLock::new();
        BUILTIN.get_or_init(|| {
            Knowledge::parse_all(BUILTIN_CAUSES, BUILTIN_ACTIONS, BUILTIN_QUESTIONS)
                .expect("the files in data/ pass the tests")
        })
    }

    /// Reads causes and actions; the questions are those that ship with Tillguard.
    ///
    /// # Errors
    /// The first error, with file and line. The caller keeps the knowledge that it has.
    pub fn parse(causes_toml: &str, actions_toml: &str) -> Result<Knowledge, KnowledgeError> {
        Knowledge::parse_all(causes_toml, actions_toml, BUILTIN_QUESTIONS)
    }

    /// Reads the three files.
    ///
    /// # Errors
    /// The first error, with file and line. The caller keeps the knowledge that it has.
    pub fn parse_all(
        causes_toml: &str,
        actions_toml: &str,
        questions_toml: &str,
    ) -> Result<Knowledge, KnowledgeError> {
        let (knowledge, errors) = crate::parse::read(causes_toml, actions_toml, questions_toml);
        match (knowledge, errors.into_iter().next()) {
            (Some(knowledge), None) => Ok(knowledge),
            (_, Some(error)) => Err(error),
            (None, None) => Err(KnowledgeError::empty()),
        }
    }

    /// All causes, in the order of the file.
    pub fn causes(&self) -> &[Cause] {
        &self.causes
    }

    /// All steps and calls, in the order of the file.
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// All gates, in the order of the file.
    pub fn gates(&self) -> &[Gate] {
        &self.gates
    }

    /// All observations.
    pub fn observations(&self) -> &[Observation] {
        &self.observations
    }

    /// The class of a response code. Without a scheme, UnionPay's list is tried first, then ISO 8583:1987 and
    /// 1993, Visa, Mastercard. `None`: not in the catalogue.
    pub fn class_of_code(&self, scheme: Option<Scheme>, code: &str) -> Option<&CodeClass> {
        self.class_index(scheme, code).map(|i| &self.classes[i])
    }

    /// The class of the answer that the facts tell of; `None` if they tell of none.
    pub fn class_of(&self, facts: &Facts) -> Option<&CodeClass> {
        self.answer_class(facts).map(|i| &self.classes[i])
    }

    /// Notes on the facts that a step was tried. Of a query of the outcome, the result may be what it said
    /// (`approved`, `not_approved`, `not_found`); one that merely failed leaves the outcome open.
    ///
    /// # Errors
    /// `TG-2002` for an unknown step or result, naming the nearest one.
    pub fn did(&self, facts: &mut Facts, action: &str, result: &str) -> Result<(), Box<Problem>> {
        if self.action(action).is_none() {
            let ids: Vec<&str> = self.actions.iter().map(|a| a.id.as_str()).collect();
            return Err(unknown("action", "步骤", action, &ids));
        }
        match (action, result) {
            ("query_outcome", "failed") => self.answer(facts, action, QueryResult::NotFound.word()),
            ("query_outcome", said) if QueryResult::WORDS.contains(&said) => self.answer(facts, action, said),
            _ => facts.push_did(action, result),
        }
    }

    /// Minutes that a place costs on top in this sort of store.
    pub(crate) fn extra_minutes(&self, store: Store, place: &str) -> f64 {
        let costs = self.stores.iter().find(|s| s.store == store);
        let place = crate::parse::PLACES.iter().position(|p| *p == place);
        costs.zip(place).map_or(0.0, |(costs, i)| costs.extra[i])
    }

    /// This sort of store in words, where the knowledge names it.
    pub fn store_text(&self, store: Store) -> Option<&Text> {
        self.stores.iter().find(|s| s.store == store).map(|s| &s.text)
    }

    pub(crate) fn action(&self, id: &str) -> Option<usize> {
        self.actions.iter().position(|a| a.id == id)
    }

    pub(crate) fn gate(&self, id: &str) -> Option<&Gate> {
        self.gates.iter().find(|g| g.id == id)
    }

    pub(crate) fn class(&self, id: &str) -> Option<usize> {
        self.classes.iter().position(|c| c.id == id)
    }

    fn class_index(&self, scheme: Option<Scheme>, code: &str) -> Option<usize> {
        const ORDER: [Scheme; 5] =
            [Scheme::Unionpay, Scheme::Iso1987, Scheme::Iso1993, Scheme::Visa, Scheme::Mastercard];
        let code = code.to_ascii_uppercase();
        let look = |s: Scheme| self.codes.get(&(s.word(), code.clone())).copied();
        match scheme {
            Some(scheme) => look(scheme),
            None => ORDER.into_iter().find_map(look),
        }
    }

    pub(crate) fn answer_class(&self, facts: &Facts) -> Option<usize> {
        if facts.is_reversal_answer() {
            return None; // it answers the reversal, not the payment
        }
        match &facts.code {
            Some(_) if facts.is_reversal_request() => self.class("reversal_reason"),
            Some(code) => self.class_index(facts.scheme, code).or_else(|| self.class("unlisted")),
            None if facts.outcome == Some(Outcome::Unknown) => self.class("no_answer"),
            None => None,
        }
    }

    /// The message on the screen that was typed, if it is one of ours.
    pub(crate) fn message_of(&self, facts: &Facts) -> Option<usize> {
        let typed = message::normalised(facts.message.as_deref()?);
        let mut best: Option<(f64, usize)> = None;
        for (i, known) in self.messages.iter().enumerate() {
            for spelling in &known.spellings {
                let likeness = message::likeness(&typed, spelling);
                if likeness > 0.0 && best.is_none_or(|(b, _)| likeness > b) {
                    best = Some((likeness, i));
                }
            }
        }
        best.map(|(_, i)| i)
    }
}
