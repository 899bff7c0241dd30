//! One step of a plan: something to ask, or something to do.

use crate::knowledge::{Action, Knowledge};
use crate::questions::Question;

/// Places in the tables of questions and actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Ask(usize),
    Do(usize),
}

/// What a step is, looked up.
#[derive(Clone, Copy)]
pub(crate) enum StepItem<'a> {
    Ask(&'a Question),
    Do(&'a Action),
}

impl Step {
    pub fn item(self, knowledge: &Knowledge) -> StepItem<'_> {
        match self {
            Step::Ask(i) => StepItem::Ask(&knowledge.questions[i]),
            Step::Do(i) => StepItem::Do(&knowledge.actions[i]),
        }
    }

    pub fn action(self, knowledge: &Knowledge) -> Option<&Action> {
        match self.item(knowledge) {
            StepItem::Do(action) => Some(action),
            StepItem::Ask(_) => None,
        }
    }
}

impl StepItem<'_> {
    pub fn id(&self) -> &str {
        match self {
            StepItem::Ask(question) => &question.id,
            StepItem::Do(action) => &action.id,
        }
    }
}
