//! The order of steps: gates first, then a fixed order where there is one, else probability over minutes.
//!
//! Steps are ordered by P(helps)/minutes, the belief recomputed after each as if it had failed (Jensen et al.
//! 2001; a 4-approximation for one fault and fixed costs, Lín 2014). Questions are not asked yet: the
//! observations come from traffic. Every step passes [`Situation::forbids`]; the plan ends with a call.

use crate::belief::{fail, normalise};
use crate::facts::{Did, Facts, KeyCheckValue, Network, Role};
use crate::knowledge::Knowledge;
use crate::safety::Situation;

/// A step that helps in fewer of all cases than this, after the steps before it, is not worth a customer's patience.
const LEAST_HELP: f64 = 0.03;

/// Minutes that a call costs everybody: below its efficiency a step waits for the call instead.
const CALL_MINUTES: f64 = 30.0;

/// Steps before the call, at most.
const MOST_STEPS: usize = 4;

/// Where the plan comes from: what explains its first step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    /// A gate, by its id.
    Gate(&'static str),
    /// The causes.
    Causes,
    /// A step helped: nothing left to do.
    Done,
}

/// Steps in order (places of actions), the last one the call; empty when a step has helped.
pub(crate) struct Plan {
    pub steps: Vec<usize>,
    pub contact: String,
    pub ground: Ground,
}

pub(crate) fn plan(knowledge: &Knowledge, situation: &Situation<'_>, belief: &[f64]) -> Plan {
    let facts = situation.facts;
    if facts.did.iter().any(|(_, did)| *did == Did::Fixed) {
        return Plan { steps: Vec::new(), contact: "none".into(), ground: Ground::Done };
    }
    let (mut steps, contact, ground) = before_the_call(knowledge, situation, belief);
    steps.retain(|step| may(knowledge, situation, *step));
    let contact = if facts.role == Some(Role::Cardholder) { "issuer".to_owned() } else { contact };
    steps.extend(call(knowledge, &contact));
    Plan { steps, contact, ground }
}

fn before_the_call(
    knowledge: &Knowledge,
    situation: &Situation<'_>,
    belief: &[f64],
) -> (Vec<usize>, String, Ground) {
    let ids = |ids: &[&str]| ids.iter().filter_map(|id| knowledge.action(id)).collect::<Vec<usize>>();
    let acquirer = || "acquirer".to_owned();
    let gates = situation.gates;
    if gates.tamper {
        return (ids(&["stop_using", "keep_evidence"]), acquirer(), Ground::Gate("tamper"));
    }
    if gates.foreign_machine {
        return (ids(&["stop_using", "keep_evidence"]), acquirer(), Ground::Gate("foreign_machine"));
    }
    let class = situation.class;
    let protocol = class.and_then(|class| {
        knowledge.protocols.iter().find(|p| p.classes.iter().any(|c| knowledge.classes[*c].id == class.id))
    });
    if gates.unknown_outcome {
        // Nothing that could lead to a second debit; the machine needs its network for the query.
        let mut steps = Vec::new();
        if situation.facts.network == Some(Network::Down) {
            steps = ids(&["check_network", "use_mobile_data"]);
        }
        steps.extend(ids(&["query_outcome", "wait"]));
        if gates.keys_not_by_shop {
            steps = ids(&["query_outcome", "sign_on", "stop_using"]);
        }
        return (steps, acquirer(), Ground::Gate("unknown_outcome"));
    }
    if let Some(protocol) = protocol {
        let ground = if gates.pick_up_card { Ground::Gate("pick_up_card") } else { Ground::Causes };
        return (protocol.steps.clone(), protocol.contact.clone(), ground);
    }
    if situation.pin_key_suspected {
        return (ids(&["sign_on", "stop_using"]), acquirer(), Ground::Causes);
    }
    let message = knowledge.message_of(situation.facts).map(|i| &knowledge.messages[i]);
    let keys_lost = situation.facts.key_check_value.is_some_and(|k| k != KeyCheckValue::Match)
        || message.is_some_and(|m| m.id == "no_master_key");
    if keys_lost {
        return (ids(&["stop_using"]), acquirer(), Ground::Gate("keys_not_by_shop"));
    }
    let mut steps = by_efficiency(knowledge, situation, belief);
    if situation.look_first() {
        query_before_money(knowledge, &mut steps);
    }
    if situation.facts.code.is_none() && message.is_some_and(|m| m.umbrella) {
        steps.splice(0..0, knowledge.action("response_code"));
    }
    (steps, likeliest_owner(knowledge, belief), Ground::Causes)
}

/// True if a step may be advised: safe, not tried yet, and the reader's to do.
fn may(knowledge: &Knowledge, situation: &Situation<'_>, step: usize) -> bool {
    let action = &knowledge.actions[step];
    let facts: &Facts = situation.facts;
    let own = if facts.role == Some(Role::Cardholder) { action.by_cardholder } else { action.by_shop };
    let query = action.id == "query_outcome";
    if query && !situation.money.is_open() && !situation.look_first() {
        return false; // the outcome is known
    }
    own && !situation.forbids(action) && !facts.did.iter().any(|(id, _)| *id == action.id)
}

fn by_efficiency(knowledge: &Knowledge, situation: &Situation<'_>, belief: &[f64]) -> Vec<usize> {
    let mut weights = belief.to_vec();
    let mut all_failed = 1.0; // probability that every step so far failed
    let mut left: Vec<usize> = (0..knowledge.actions.len())
        .filter(|i| knowledge.actions[*i].calls.is_none() && may(knowledge, situation, *i))
        .collect();
    let mut steps = Vec::new();
    while steps.len() < MOST_STEPS {
        let help = |i: usize| -> f64 {
            knowledge.actions[i].helps.iter().zip(&weights).map(|(help, weight)| help * weight).sum()
        };
        let mut best: Option<(f64, usize)> = None;
        for &i in &left {
            let (helps, minutes) = (help(i), f64::from(knowledge.actions[i].minutes));
            let efficiency = helps / minutes;
            if helps * all_failed >= LEAST_HELP
                && efficiency >= 1.0 / CALL_MINUTES
                && best.is_none_or(|(b, _)| efficiency > b)
            {
                best = Some((efficiency, i));
            }
        }
        let Some((_, step)) = best else { break };
        left.retain(|i| *i != step);
        steps.push(step);
        all_failed *= 1.0 - help(step);
        fail(&mut weights, &knowledge.actions[step].helps);
        normalise(&mut weights);
    }
    steps
}

/// Where nobody said how the payment ended, it is looked up before the first step that takes money.
fn query_before_money(knowledge: &Knowledge, steps: &mut Vec<usize>) {
    let Some(query) = knowledge.action("query_outcome") else { return };
    let money = |i: &usize| {
        let action = &knowledge.actions[*i];
        action.takes_money || crate::safety::TAKES_MONEY.contains(&action.id.as_str())
    };
    let again = |i: &usize| matches!(knowledge.actions[*i].id.as_str(), "sign_on" | "wait");
    if let Some(first) = steps.iter().position(|i| money(i) || again(i))
        && !steps[..first].contains(&query)
    {
        steps.retain(|i| *i != query);
        steps.insert(first, query);
    }
}

fn likeliest_owner(knowledge: &Knowledge, belief: &[f64]) -> String {
    let mut shares: Vec<(&str, f64)> = Vec::new();
    for (cause, p) in knowledge.causes.iter().zip(belief) {
        match shares.iter_mut().find(|(owner, _)| *owner == cause.owner) {
            Some((_, share)) => *share += p,
            None => shares.push((&cause.owner, *p)),
        }
    }
    let best = shares.iter().fold(("acquirer", 0.0), |best, s| if s.1 > best.1 { *s } else { best });
    best.0.to_owned()
}

fn call(knowledge: &Knowledge, contact: &str) -> Option<usize> {
    knowledge.actions.iter().position(|a| a.calls.as_deref() == Some(contact))
}
