//! The order of steps: gates first, then a fixed order where there is one, else what is worth most.
//!
//! Two clocks: the sale ends when it is paid in any way, the fault when it is mended or in the right hands. The
//! order serves the fault; a work-around, which mends nothing, comes where the mending gets slow, and stands
//! beside the plan as the sale's way out. Every step passes [`Situation::forbids`]; the plan ends with a call.

use crate::facts::{Did, Facts, KeyCheckValue, Network, Role, Store, Works};
use crate::knowledge::{Action, Knowledge};
use crate::safety::Situation;
use crate::step::{Step, StepItem};
use crate::worth::{Candidate, Choices, LEAST_HELP, MOST_STEPS, asking};

/// Questions in one plan, at most (issue 5: two to four).
const MOST_QUESTIONS: usize = 4;

/// Work-arounds in one plan, at most.
const MOST_WORK_AROUNDS: usize = 2;

/// A step that takes longer keeps the customer waiting: the work-around comes before it.
const SLOW_MINUTES: u16 = 5;

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

/// Steps in order, the last one the call; empty when a step has helped.
pub(crate) struct Plan {
    pub steps: Vec<Step>,
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
    steps.extend(call(knowledge, &contact).map(Step::Do));
    Plan { steps, contact, ground }
}

fn before_the_call(
    knowledge: &Knowledge,
    situation: &Situation<'_>,
    belief: &[f64],
) -> (Vec<Step>, String, Ground) {
    let ids =
        |ids: &[&str]| ids.iter().filter_map(|id| knowledge.action(id)).map(Step::Do).collect::<Vec<Step>>();
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
    let mut steps = by_worth(knowledge, situation, belief);
    if situation.look_first() {
        query_before_money(knowledge, &mut steps);
    }
    if situation.facts.code.is_none() && message.is_some_and(|m| m.umbrella) {
        let code = knowledge.questions.iter().position(|q| q.id == "response_code").map(Step::Ask);
        steps.retain(|step| Some(*step) != code);
        steps.splice(0..0, code);
    }
    (steps, likeliest_owner(knowledge, belief), Ground::Causes)
}

/// True if a step may be advised: safe, not tried yet, and the reader's to do.
fn may(knowledge: &Knowledge, situation: &Situation<'_>, step: Step) -> bool {
    match step.item(knowledge) {
        StepItem::Do(action) => may_do(situation, action),
        StepItem::Ask(question) => may_ask(knowledge, situation, question),
    }
}

fn may_ask(knowledge: &Knowledge, situation: &Situation<'_>, question: &crate::questions::Question) -> bool {
    let facts = situation.facts;
    let own = if facts.role == Some(Role::Cardholder) { question.by_cardholder } else { question.by_shop };
    own && !question.is_settled(knowledge, facts) && !question.without.contains(&store(facts))
}

fn may_do(situation: &Situation<'_>, action: &Action) -> bool {
    let facts: &Facts = situation.facts;
    let own = if facts.role == Some(Role::Cardholder) { action.by_cardholder } else { action.by_shop };
    let query = action.id == "query_outcome";
    if query && !situation.money.is_open() && !situation.look_first() {
        return false; // the outcome is known
    }
    let fails_there = match action.id.as_str() {
        "other_terminal" => facts.other_terminals_in_store == Some(Works::Fail),
        "other_card" => facts.other_cards_here == Some(Works::Fail),
        _ => false,
    };
    own && !fails_there
        && !situation.forbids(action)
        && !action.without.contains(&store(facts))
        && !facts.did.iter().any(|(id, _)| *id == action.id)
}

pub(crate) fn store(facts: &Facts) -> Store {
    facts.store.unwrap_or(Store::Staffed)
}

/// A work-around closes a case only where the shop has nothing to mend: the card's and the issuer's.
fn closes(knowledge: &Knowledge, action: &Action) -> Vec<(usize, f64)> {
    let of_the_customer = |c: &usize| matches!(knowledge.causes[*c].group.as_str(), "card" | "issuer");
    let causes = (0..knowledge.causes.len()).filter(|c| action.helps[*c] > 0.0);
    causes.filter(|c| !action.work_around || of_the_customer(c)).map(|c| (c, action.helps[c])).collect()
}

/// What may be done and asked from here, with minutes as they are in this sort of store.
fn choices(knowledge: &Knowledge, situation: &Situation<'_>) -> Choices {
    let facts = situation.facts;
    let candidates =
        knowledge.actions.iter().enumerate().filter(|(_, a)| a.calls.is_none() && may_do(situation, a));
    let candidates = candidates.map(|(i, action)| Candidate {
        action: i,
        minutes: f64::from(action.minutes) + knowledge.extra_minutes(store(facts), &action.place),
        closes: closes(knowledge, action),
    });
    let questions = knowledge.questions.iter().enumerate().filter(|(_, q)| may_ask(knowledge, situation, q));
    let askings = questions.map(|(i, question)| {
        asking(knowledge, i, question.minutes + knowledge.extra_minutes(store(facts), &question.place))
    });
    let calls = knowledge.actions.iter().filter_map(|a| a.calls.as_ref().map(|owner| (owner, a.minutes)));
    let owners = calls.map(|(owner, minutes)| {
        let causes = knowledge.causes.iter().enumerate().filter(|(_, c)| c.owner == *owner);
        (causes.map(|(i, _)| i).collect(), f64::from(minutes))
    });
    Choices {
        candidates: candidates.filter(|c| !c.closes.is_empty()).take(64).collect(),
        askings: askings.take(64).collect(),
        owners: owners.collect(),
    }
}

/// Questions and actions as they would follow if nothing helped and nobody knew an answer.
fn by_worth(knowledge: &Knowledge, situation: &Situation<'_>, belief: &[f64]) -> Vec<Step> {
    let choices = choices(knowledge, situation);
    let mut weights = belief.to_vec();
    let (mut mass, mut used, mut asked) = (weights.iter().sum::<f64>(), 0_u64, 0_u64);
    let whole = mass;
    let mut steps = Vec::new();
    let mut left = MOST_STEPS;
    while left > 0 {
        let may_ask = (asked.count_ones() as usize) < MOST_QUESTIONS;
        let question = if may_ask { choices.question(&weights, used, asked, left) } else { None };
        if let Some(i) = question {
            asked |= 1 << i;
            steps.push(Step::Ask(choices.askings[i].question));
            continue;
        }
        let Some(i) = choices.best(&weights, used, mass, whole) else { break };
        used |= 1 << i;
        left -= 1;
        mass -= choices.fail(&mut weights, i);
        steps.push(Step::Do(choices.candidates[i].action));
    }
    put_work_arounds(knowledge, situation, &weights, &mut steps);
    steps
}

/// The ways to complete the sale all the same, before the first step that keeps the customer waiting.
fn put_work_arounds(knowledge: &Knowledge, situation: &Situation<'_>, left: &[f64], steps: &mut Vec<Step>) {
    let sale = work_arounds(knowledge, situation, left);
    let new = sale.into_iter().map(Step::Do).filter(|s| !steps.contains(s)).take(MOST_WORK_AROUNDS);
    let new: Vec<Step> = new.collect();
    let slow = |s: &Step| s.action(knowledge).is_some_and(|a| a.minutes > SLOW_MINUTES);
    let place = steps.iter().position(slow).unwrap_or(steps.len());
    steps.splice(place..place, new);
}

/// Work-arounds that may be advised and probably complete the sale, best first.
pub(crate) fn work_arounds(knowledge: &Knowledge, situation: &Situation<'_>, weights: &[f64]) -> Vec<usize> {
    let total: f64 = weights.iter().sum();
    let share = |a: &Action| {
        let completes: f64 = a.helps.iter().zip(weights).map(|(help, weight)| help * weight).sum();
        completes / total.max(1e-12)
    };
    let mut found: Vec<(f64, usize)> = knowledge
        .actions
        .iter()
        .enumerate()
        .filter(|(_, a)| a.work_around && may_do(situation, a))
        .map(|(i, a)| (share(a), i))
        .filter(|(share, _)| *share >= LEAST_HELP * 5.0)
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().map(|(_, i)| i).collect()
}

/// Where nobody said how the payment ended, it is looked up before the first step that takes money.
fn query_before_money(knowledge: &Knowledge, steps: &mut Vec<Step>) {
    let Some(query) = knowledge.action("query_outcome").map(Step::Do) else { return };
    let money = |step: &Step| {
        step.action(knowledge).is_some_and(|action| {
            action.takes_money
                || crate::safety::TAKES_MONEY.contains(&action.id.as_str())
                || matches!(action.id.as_str(), "sign_on" | "wait")
        })
    };
    if let Some(first) = steps.iter().position(money)
        && !steps[..first].contains(&query)
    {
        steps.retain(|step| *step != query);
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
