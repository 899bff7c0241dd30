//! A plan as a tree that a person can follow and a program can replay.
//!
//! Bounded: a tree repeats what its situations share, so it stops at a number of steps and says so. Never
//! changes the plan: it asks the planner for the choice at each situation.

use super::planner::{Choice, Planner};
use serde::Serialize;

/// Steps of a tree, at most.
const MAX_STEPS: usize = 5_000;

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Step {
    /// Look at a component and mend it where it is faulty.
    Mend {
        /// The component.
        id: String,
        /// How likely the system works after it.
        works: f64,
        /// If it does not.
        #[serde(skip_serializing_if = "Option::is_none")]
        otherwise: Option<Box<Step>>,
    },
    /// Ask.
    Ask {
        /// The observation.
        id: String,
        /// What then, by answer.
        answers: Vec<Answer>,
    },
    /// Call.
    Call,
    /// The tree is cut here; the expected cost counts what follows.
    More,
}

/// One answer of a question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// The answer.
    pub is: String,
    /// How likely it is.
    pub probability: f64,
    /// What then.
    pub then: Step,
}

/// The tree of a planner that has worked out its cost.
pub(crate) fn grow(planner: &mut Planner<'_>) -> Step {
    let rows = planner.network.all();
    let mut left = MAX_STEPS;
    step(planner, &rows, &mut left)
}

fn step(planner: &mut Planner<'_>, rows: &[u32], left: &mut usize) -> Step {
    let network = planner.network;
    if *left == 0 {
        return Step::More;
    }
    *left -= 1;
    let weight = network.weight(rows);
    match planner.value(rows).1 {
        Choice::Call => Step::Call,
        Choice::Mend(component) => {
            let sound = network.sound(rows, component);
            let works = 1.0 - network.weight(&sound) / weight;
            let otherwise = (!sound.is_empty()).then(|| Box::new(step(planner, &sound, left)));
            Step::Mend { id: network.components[component].id.clone(), works: rounded(works), otherwise }
        }
        Choice::Ask(observation) => {
            let groups = network.by_answer(rows, observation);
            let answers = groups.iter().map(|(answer, group)| Answer {
                is: network.states[observation][*answer].clone(),
                probability: rounded(network.weight(group) / weight),
                then: step(planner, group, left),
            });
            Step::Ask { id: network.observations[observation].id.clone(), answers: answers.collect() }
        }
    }
}

/// Six decimals.
fn rounded(probability: f64) -> f64 {
    (probability * 1e6).round() / 1e6
}
