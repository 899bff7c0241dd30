//! How likely each cause is, given what was observed: single fault, naive Bayes.
//!
//! Exactly one cause is assumed, and the observations are independent given the cause (Heckerman, Breese,
//! Rommelse 1995; Jensen et al. 2001: single-fault planning also serves where there are several). The evidence
//! of each observation for a cause is its log odds: ln P(state | cause) − ln P(state | any other cause), the
//! others weighed by their priors. Decides nothing: what is safe to advise does not depend on it.

use crate::facts::{Did, Facts};
use crate::knowledge::{Cause, Knowledge};
use crate::questions::observation_of;
use crate::worth::by_a_person;

/// One thing that was observed: places of observation and state, and whether a person said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub observation: usize,
    pub state: usize,
    pub by_a_person: bool,
}

/// What was observed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    pub(crate) seen: Vec<Seen>,
}

impl Seen {
    /// ln P(this was observed | cause): a person's answer is sometimes wrong.
    fn log_likelihood(self, knowledge: &Knowledge, cause: &Cause) -> f64 {
        let told = cause.log_likelihood[self.observation][self.state];
        if !self.by_a_person {
            return told;
        }
        let states = knowledge.observations[self.observation].states.len();
        libm::log(by_a_person(libm::exp(told), states))
    }
}

impl Evidence {
    /// Takes the observations out of the facts. What is not known is not evidence.
    pub fn of(knowledge: &Knowledge, facts: &Facts) -> Evidence {
        let mut seen = Vec::new();
        for (i, observation) in knowledge.observations.iter().enumerate() {
            let state = match observation.id.as_str() {
                "code" => knowledge.answer_class(facts),
                "message" => knowledge.message_of(facts),
                name => {
                    let state = facts.state_of(name);
                    state.and_then(|state| observation.states.iter().position(|s| s.id == state))
                }
            };
            if let Some(state) = state {
                let by_a_person = facts.answered.iter().any(|k| observation_of(k) == observation.id);
                seen.push(Seen {
                    observation: i,
                    state,
                    by_a_person: by_a_person && observation.id != "code",
                });
            }
        }
        Evidence { seen }
    }
}

/// The probability of each cause, in the order of [`Knowledge::causes`]; they sum to 1.
pub fn belief(knowledge: &Knowledge, evidence: &Evidence, facts: &Facts) -> Vec<f64> {
    let mut weights = left_after_trying(knowledge, evidence, facts);
    normalise(&mut weights);
    weights
}

/// The weight that each cause keeps after the steps that were tried; before any of them they sum to 1. How much
/// is left says whether more trying is worth anybody's patience.
pub(crate) fn left_after_trying(knowledge: &Knowledge, evidence: &Evidence, facts: &Facts) -> Vec<f64> {
    let mut weights: Vec<f64> = knowledge
        .causes
        .iter()
        .map(|c| {
            libm::log(c.prior)
                + evidence.seen.iter().map(|seen| seen.log_likelihood(knowledge, c)).sum::<f64>()
        })
        .collect();
    let greatest = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    weights.iter_mut().for_each(|w| *w = libm::exp(*w - greatest));
    normalise(&mut weights);
    for (action, did) in &facts.did {
        if let (Some(i), Did::Failed) = (knowledge.action(action), did) {
            fail(&mut weights, &knowledge.actions[i].helps);
        }
    }
    weights
}

/// What a step that did not help says about the causes that it would have mended.
pub(crate) fn fail(weights: &mut [f64], helps: &[f64]) {
    for (weight, help) in weights.iter_mut().zip(helps) {
        *weight *= 1.0 - help;
    }
}

pub(crate) fn normalise(weights: &mut [f64]) {
    let total: f64 = weights.iter().sum();
    if total > 0.0 {
        weights.iter_mut().for_each(|w| *w /= total);
    }
}

/// Log odds of every observation for one cause: observation, state, value. Above 0 speaks for the cause.
pub(crate) fn why(knowledge: &Knowledge, evidence: &Evidence, cause: usize) -> Vec<(usize, usize, f64)> {
    let log_odds = |seen: &Seen| {
        let (mut others, mut mass) = (0.0, 0.0);
        for (i, other) in knowledge.causes.iter().enumerate() {
            if i != cause {
                others += other.prior * libm::exp(seen.log_likelihood(knowledge, other));
                mass += other.prior;
            }
        }
        let value = seen.log_likelihood(knowledge, &knowledge.causes[cause])
            - libm::log((others / mass.max(1e-12)).max(1e-12));
        (seen.observation, seen.state, value)
    };
    evidence.seen.iter().map(log_odds).collect()
}
