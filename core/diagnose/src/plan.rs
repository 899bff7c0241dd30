//! The order of steps: gates first, then a fixed order where there is one, else what is worth most.
//!
//! Two clocks: the sale ends when it is paid in any way, the fault when it is mended or in the right hands. The
//! order serves the fault; a work-around, which mends nothing, comes where the mending gets slow, and stands
//! beside the plan as the sale's way out. Every step passes [`Situation::forbids`]; the plan ends with a call.

use crate::belief::fail;
use crate::facts::{Did, Facts, KeyCheckValue, Network, Role, Store, Works};
use crate::knowledge::{Action, Knowledge};
use crate::money::{may_charge, takes_money, tried_since_the_look};
use crate::safety::Situation;
use crate::step::{Step, StepItem};
use crate::worth::{Candidate, Choices, LEAST_HELP, MOST_STEPS, asking};

/// Questions in one plan, at most (issue 5: two to four).
const MOST_QUESTIONS: usize = 4;

/// Work-arounds in one plan, at most.
const MOST_WORK_AROUNDS: usize = 2;

/// Steps and questions of one plan, at most.
const MOST_IN_ALL: usize = 14;

/// A cause of this probability needs no code to be clear.
const CLEAR: f64 = 0.5;

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

/// All that would be advised from here if every step failed, nobody knew an answer, and each look that stands before
/// another payment found that none was made (it is the only step that may stand here twice). `left` is what the steps
/// that were tried have left of the causes. Each step is decided as it would be if the ones before it had been tried, so that going step by step gives the same order.
pub(crate) fn plan(knowledge: &Knowledge, situation: &Situation<'_>, left: &[f64]) -> Plan {
    let facts = situation.facts;
    if let Some((helped, _)) = facts.did.iter().rev().find(|(_, did)| *did == Did::Fixed) {
        return after_help(knowledge, situation, helped);
    }
    let way = way(knowledge, situation);
    let mut walk = Walk::new(knowledge, situation, left);
    let mut steps = Vec::new();
    while steps.len() < MOST_IN_ALL
        && let Some(step) = walk.next(&way)
    {
        walk.tried(step);
        steps.push(step);
    }
    let contact = match (&way.contact, facts.role) {
        (_, Some(Role::Cardholder)) => "issuer".to_owned(),
        (Some(contact), _) => contact.clone(),
        (None, _) => likeliest_owner(knowledge, left),
    };
    steps.extend(call(knowledge, &contact).map(Step::Do));
    Plan { steps, contact, ground: way.ground }
}

/// A step helped. Where nobody knows how the payment ended, the next try is still a second debit: look first.
fn after_help(knowledge: &Knowledge, situation: &Situation<'_>, helped: &str) -> Plan {
    let open = situation.money.is_open() || situation.look_first();
    let query = knowledge.action("query_outcome").map(Step::Do);
    match query.filter(|q| open && helped != "query_outcome" && may(knowledge, situation, *q)) {
        Some(query) => {
            let contact =
                if situation.facts.role == Some(Role::Cardholder) { "issuer" } else { "acquirer" }.to_owned();
            let steps =
                [Some(query), call(knowledge, &contact).map(Step::Do)].into_iter().flatten().collect();
            Plan { steps, contact, ground: Ground::Gate("unknown_outcome") }
        }
        None => Plan { steps: Vec::new(), contact: "none".into(), ground: Ground::Done },
    }
}

/// A fixed order of steps, or none: then what is worth most comes first.
struct Way {
    fixed: Option<Vec<Step>>,
    contact: Option<String>,
    ground: Ground,
}

fn way(knowledge: &Knowledge, situation: &Situation<'_>) -> Way {
    let fixed = |ids: &[&str], ground: Ground| {
        let steps = ids.iter().filter_map(|id| knowledge.action(id)).map(Step::Do).collect();
        Way { fixed: Some(steps), contact: Some("acquirer".to_owned()), ground }
    };
    let gates = situation.gates;
    if gates.tamper {
        return fixed(&["stop_using", "keep_evidence"], Ground::Gate("tamper"));
    }
    if gates.foreign_machine {
        return fixed(&["stop_using", "keep_evidence"], Ground::Gate("foreign_machine"));
    }
    if gates.unknown_outcome {
        // Nothing that could lead to a second debit; the machine needs its network for the query.
        let open = Ground::Gate("unknown_outcome");
        return match situation.facts.network {
            _ if gates.keys_not_by_shop => fixed(&["query_outcome", "sign_on", "stop_using"], open),
            Some(Network::Down) => {
                fixed(&["check_network", "use_mobile_data", "query_outcome", "wait"], open)
            }
            _ => fixed(&["query_outcome", "wait"], open),
        };
    }
    let protocol = situation.class.and_then(|class| {
        knowledge.protocols.iter().find(|p| p.classes.iter().any(|c| knowledge.classes[*c].id == class.id))
    });
    if let Some(protocol) = protocol {
        let ground = if gates.pick_up_card { Ground::Gate("pick_up_card") } else { Ground::Causes };
        return Way { fixed: Some(protocol.steps.clone()), contact: Some(protocol.contact.clone()), ground };
    }
    if situation.pin_key_suspected {
        return fixed(&["sign_on", "stop_using"], Ground::Causes);
    }
    let message = knowledge.message_of(situation.facts).map(|i| &knowledge.messages[i]);
    let keys_lost = situation.facts.key_check_value.is_some_and(|k| k != KeyCheckValue::Match)
        || message.is_some_and(|m| m.id == "no_master_key");
    if keys_lost {
        return fixed(&["stop_using"], Ground::Gate("keys_not_by_shop"));
    }
    Way { fixed: None, contact: None, ground: Ground::Causes }
}

/// One way through the steps: what is left of the causes, what was tried and asked.
struct Walk<'a> {
    knowledge: &'a Knowledge,
    situation: &'a Situation<'a>,
    choices: Choices,
    weights: Vec<f64>,
    tried: Vec<Step>,
    /// Candidates and questions that are behind us, by place in `choices`.
    used: u64,
    asked: u64,
    /// Questions asked, steps and work-arounds tried, before this plan and in it.
    questions: usize,
    mends: usize,
    work_arounds: usize,
    /// An umbrella message, or nothing that makes a cause clear, and no code: the code is asked for first.
    umbrella: bool,
    message_known: bool,
    /// Nobody knows how the last try ended.
    look: bool,
}

impl<'a> Walk<'a> {
    fn new(knowledge: &'a Knowledge, situation: &'a Situation<'a>, left: &[f64]) -> Walk<'a> {
        let facts = situation.facts;
        let done = facts.did.iter().filter_map(|(id, _)| knowledge.action(id)).map(|i| &knowledge.actions[i]);
        let (work_arounds, mends): (Vec<&Action>, Vec<&Action>) = done.partition(|a| a.work_around);
        let message = knowledge.message_of(facts).map(|i| &knowledge.messages[i]);
        Walk {
            knowledge,
            situation,
            choices: choices(knowledge, situation),
            weights: left.to_vec(),
            tried: Vec::new(),
            used: 0,
            asked: 0,
            questions: facts.asked.len(),
            mends: mends.iter().filter(|a| a.id != "query_outcome").count(),
            work_arounds: work_arounds.len(),
            umbrella: facts.code.is_none() && message.is_none_or(|m| m.umbrella),
            message_known: message.is_some(),
            look: situation.look_first(),
        }
    }

    fn next(&self, way: &Way) -> Option<Step> {
        let free = |step: &Step| !self.tried.contains(step) && may(self.knowledge, self.situation, *step);
        let step = match &way.fixed {
            Some(steps) => steps.iter().copied().find(|step| free(step)),
            None => self.by_worth(&free),
        }?;
        // Where nobody knows how the last try ended, it is looked up before anything that takes money again.
        if !self.look || !step.action(self.knowledge).is_some_and(Situation::looks_before) {
            return Some(step);
        }
        let query = self.knowledge.action("query_outcome").map(Step::Do);
        // Without a look there is no other try: the plan goes on to the call.
        query.filter(|query| step != *query && may_look(self.knowledge, self.situation, &self.tried, *query))
    }

    fn by_worth(&self, free: &dyn Fn(&Step) -> bool) -> Option<Step> {
        let code = self.knowledge.questions.iter().position(|q| q.id == "response_code").map(Step::Ask);
        let clear = !self.message_known && self.weights.iter().any(|p| *p >= CLEAR);
        if let Some(code) = code.filter(|code| self.umbrella && !clear && free(code)) {
            return Some(code);
        }
        let left = MOST_STEPS.saturating_sub(self.mends);
        if self.questions < MOST_QUESTIONS
            && let Some(i) = self.choices.question(&self.weights, self.used, self.asked, left.max(1))
        {
            return Some(Step::Ask(self.choices.askings[i].question));
        }
        let best = if left > 0 { self.choices.best(&self.weights, self.used) } else { None };
        let best = best.map(|i| &self.knowledge.actions[self.choices.candidates[i].action]);
        let slow = best.is_none_or(|a| a.minutes > SLOW_MINUTES);
        let sale = if slow && self.work_arounds < MOST_WORK_AROUNDS { self.work_around(free) } else { None };
        sale.or_else(|| best.and_then(|a| self.knowledge.action(&a.id)).map(Step::Do))
    }

    fn work_around(&self, free: &dyn Fn(&Step) -> bool) -> Option<Step> {
        let sale = work_arounds(self.knowledge, self.situation, &self.weights);
        sale.into_iter().map(Step::Do).find(|step| free(step))
    }

    /// The step is behind us and did not help.
    fn tried(&mut self, step: Step) {
        self.tried.push(step);
        match step {
            Step::Ask(question) => {
                self.questions += 1;
                if let Some(i) = self.choices.askings.iter().position(|a| a.question == question) {
                    self.asked |= 1 << i;
                }
            }
            Step::Do(action) => {
                let done = &self.knowledge.actions[action];
                match (done.work_around, done.id.as_str()) {
                    (true, _) => self.work_arounds += 1,
                    (false, "query_outcome") => {}
                    (false, _) => self.mends += 1,
                }
                match done.id.as_str() {
                    "query_outcome" => self.look = false,
                    id => self.look |= may_charge(id) && !self.situation.money.is_open(),
                }
                if let Some(i) = self.choices.candidates.iter().position(|c| c.action == action) {
                    self.used |= 1 << i;
                }
                fail(&mut self.weights, &done.helps);
            }
        }
    }
}

/// True if the outcome may be looked up: for the first time, or because of a try of this plan since the last look.
fn may_look(knowledge: &Knowledge, situation: &Situation<'_>, tried: &[Step], query: Step) -> bool {
    let again = tried.iter().any(|step| step.action(knowledge).is_some_and(|a| may_charge(&a.id)));
    let own = |action: &Action| match situation.facts.role {
        Some(Role::Cardholder) => action.by_cardholder,
        _ => action.by_shop,
    };
    if again { query.action(knowledge).is_some_and(own) } else { may(knowledge, situation, query) }
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
    // A look is repeated after another try; what was open already stays so until money was taken again.
    let since = if situation.money.is_open() { takes_money } else { may_charge };
    let look_again = query && tried_since_the_look(facts, since);
    own && !fails_there
        && !situation.forbids(action)
        && !action.without.contains(&store(facts))
        && (look_again || !facts.did.iter().any(|(id, _)| *id == action.id))
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
    // A second look is never worth its minutes by itself: it comes before another payment, or not at all.
    let looked = |a: &Action| a.id == "query_outcome" && facts.did.iter().any(|(id, _)| *id == a.id);
    let candidates = knowledge
        .actions
        .iter()
        .enumerate()
        .filter(|(_, a)| a.calls.is_none() && may_do(situation, a) && !looked(a));
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
