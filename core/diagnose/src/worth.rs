//! What a step is worth: expected minutes of doing, and of asking first.
//!
//! Actions go by P(closes)/minutes, the belief renewed after each failure: a 4-approximation for one fault with
//! fixed costs (Lín 2014). A question is asked only if its expected minutes are below both not asking and doing
//! the best action first and asking then (SACSO: Jensen et al. 2001; leaving out the second comparison
//! over-rates questions, Langseth and Jensen 2003). Never weighs safety: what is forbidden is no candidate.

use crate::knowledge::Knowledge;
use crate::questions::{NO_ANSWER, WRONG_ANSWER};

/// A step that helps in fewer of all cases than this, after the steps before it, is not worth a customer's patience.
pub(crate) const LEAST_HELP: f64 = 0.04;

/// Minutes that a call costs everybody: below its efficiency a step waits for the call instead.
pub(crate) const CALL_MINUTES: f64 = 30.0;

/// Steps that close the fault, at most, before the call.
pub(crate) const MOST_STEPS: usize = 4;

/// Minutes lost by a call to somebody who can't mend it.
const WRONG_CALL_MINUTES: f64 = 30.0;

/// A question that saves less is not worth the bother.
const LEAST_GAIN_MINUTES: f64 = 0.3;

/// An action that may be advised.
pub(crate) struct Candidate {
    pub action: usize,
    pub minutes: f64,
    /// Cause and P(closes | cause), where it is above 0.
    pub closes: Vec<(usize, f64)>,
}

/// A question that may be asked: for each answer, its likelihood by cause.
pub(crate) struct Asking {
    pub question: usize,
    pub minutes: f64,
    pub answers: Vec<Vec<f64>>,
}

/// Everything that could be done from here.
pub(crate) struct Choices {
    pub candidates: Vec<Candidate>,
    pub askings: Vec<Asking>,
    /// The causes of each owner, with the minutes of the call.
    pub owners: Vec<(Vec<usize>, f64)>,
}

/// What a person's answer says: sometimes it is wrong.
pub(crate) fn by_a_person(likelihood: f64, states: usize) -> f64 {
    let others = states.saturating_sub(1).max(1) as f64;
    (1.0 - WRONG_ANSWER) * likelihood + WRONG_ANSWER * (1.0 - likelihood) / others
}

impl Choices {
    /// The most efficient action left: its place among the candidates.
    pub fn best(&self, weights: &[f64], used: u64) -> Option<usize> {
        let mass: f64 = weights.iter().sum();
        self.best_of(weights, used, mass)
    }

    fn best_of(&self, weights: &[f64], used: u64, mass: f64) -> Option<usize> {
        let mut best: Option<(f64, usize)> = None;
        for (i, candidate) in self.candidates.iter().enumerate() {
            if used & (1 << i) != 0 {
                continue;
            }
            let helps: f64 = candidate.closes.iter().map(|(cause, p)| weights[*cause] * p).sum();
            let efficiency = helps / (mass.max(1e-12) * candidate.minutes);
            if helps >= LEAST_HELP
                && efficiency >= 1.0 / CALL_MINUTES
                && best.is_none_or(|(b, _)| efficiency > b)
            {
                best = Some((efficiency, i));
            }
        }
        best.map(|(_, i)| i)
    }

    /// Takes the cases away that an action closes; gives back their weight.
    pub fn fail(&self, weights: &mut [f64], candidate: usize) -> f64 {
        let mut closed = 0.0;
        for (cause, p) in &self.candidates[candidate].closes {
            closed += weights[*cause] * p;
            weights[*cause] *= 1.0 - p;
        }
        closed
    }

    /// Expected minutes, weighted, of actions alone and the call at the end.
    pub fn expected_minutes(&self, weights: &[f64], mut used: u64, steps_left: usize) -> f64 {
        let mut weights = weights.to_vec();
        let (mut mass, mut minutes) = (weights.iter().sum::<f64>(), 0.0);
        for _ in 0..steps_left {
            let Some(i) = self.best_of(&weights, used, mass) else { break };
            minutes += mass * self.candidates[i].minutes;
            mass -= self.fail(&mut weights, i);
            used |= 1 << i;
        }
        minutes + self.call(&weights, mass)
    }

    /// Weighted minutes of the best call for what is left.
    fn call(&self, weights: &[f64], mass: f64) -> f64 {
        let cost = |(causes, minutes): &(Vec<usize>, f64)| {
            let right: f64 = causes.iter().map(|c| weights[*c]).sum();
            mass * minutes + (mass - right).max(0.0) * WRONG_CALL_MINUTES
        };
        self.owners.iter().map(cost).fold(f64::INFINITY, f64::min)
    }

    /// Expected minutes, weighted, of asking now and of actions alone after each answer.
    fn asking_now(&self, asking: &Asking, weights: &[f64], used: u64, steps_left: usize) -> f64 {
        let mass: f64 = weights.iter().sum();
        let answered = asking.answers.iter().map(|likelihood| {
            let after: Vec<f64> =
                weights.iter().zip(likelihood).map(|(w, l)| w * l * (1.0 - NO_ANSWER)).collect();
            self.expected_minutes(&after, used, steps_left)
        });
        mass * asking.minutes
            + answered.sum::<f64>()
            + NO_ANSWER * self.expected_minutes(weights, used, steps_left)
    }

    /// The question that is worth asking now, as a place in `askings`; `None`: act.
    pub fn question(&self, weights: &[f64], used: u64, asked: u64, steps_left: usize) -> Option<usize> {
        let mass: f64 = weights.iter().sum();
        let acting = self.expected_minutes(weights, used, steps_left);
        let first = self.best_of(weights, used, mass);
        let after_first = first.map(|i| {
            let mut after = weights.to_vec();
            self.fail(&mut after, i);
            (self.candidates[i].minutes * mass, after, used | 1 << i)
        });
        let mut best: Option<(f64, usize)> = None;
        for (i, asking) in self.askings.iter().enumerate().filter(|(i, _)| asked & (1 << i) == 0) {
            let now = self.asking_now(asking, weights, used, steps_left);
            if now > acting - LEAST_GAIN_MINUTES || best.is_some_and(|(b, _)| now >= b) {
                continue;
            }
            let later = after_first.as_ref().map_or(f64::INFINITY, |(minutes, after, used)| {
                minutes + self.asking_now(asking, after, *used, steps_left.saturating_sub(1))
            });
            if now <= later {
                best = Some((now, i));
            }
        }
        best.map(|(_, i)| i)
    }
}

/// The likelihood of each answer of a question by cause; for a typed code, each class of codes is an answer.
pub(crate) fn asking(knowledge: &Knowledge, question: usize, minutes: f64) -> Asking {
    let asked = &knowledge.questions[question];
    let o = asked.observation;
    let row = |state: usize, person: bool| -> Vec<f64> {
        let states = knowledge.observations[o].states.len();
        let likelihood = knowledge.causes.iter().map(|c| libm::exp(c.log_likelihood[o][state]));
        likelihood.map(|l| if person { by_a_person(l, states) } else { l }).collect()
    };
    let mut answers: Vec<Vec<f64>> = if asked.answers.is_empty() {
        (0..knowledge.observations[o].states.len()).map(|state| row(state, false)).collect()
    } else {
        asked.answers.iter().map(|answer| row(answer.state, true)).collect()
    };
    // States without a button are “none of these”: the answers of one cause sum to 1.
    let rest: Vec<f64> = (0..knowledge.causes.len())
        .map(|cause| (1.0 - answers.iter().map(|row| row[cause]).sum::<f64>()).max(0.0))
        .collect();
    if rest.iter().any(|p| *p > 1e-9) {
        answers.push(rest);
    }
    Asking { question, minutes, answers }
}
