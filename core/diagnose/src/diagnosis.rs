//! The answer: `tillguard.diagnosis/1` (contract, section 3).
//!
//! Why it exists: the command line, the API and the pages read one struct, so that no face says more than
//! another. Adds to the contract's keys only what pages need (texts, red lines, what to say). Never holds a
//! card number: the values to tell that facts don't hold are the caller's to fill in, masked.

use crate::answers::contradictions;
use crate::belief::{Evidence, belief, left_after_trying, why};
use crate::contact::{Contact, owner_text, show_contact};
use crate::facts::{Facts, Role};
use crate::gates::Gates;
use crate::knowledge::{Action, Knowledge, RetryRule};
use crate::money::MoneyKnown;
use crate::plan::{Ground, Plan, plan, work_arounds};
use crate::questions::{DONT_KNOW, NONE_OF_THESE};
use crate::safety::Situation;
use crate::step::StepItem;
use serde::Serialize;
use tg_text::Text;

/// Whether the payment may be taken again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// Yes, as the plan says when.
    Yes,
    /// No.
    No,
    /// Only after a query has shown that it did not go through.
    AfterQuery,
}

/// What sort of step it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Something to ask.
    Question,
    /// Something to do.
    Action,
    /// Stop.
    Stop,
}

/// A gate that the facts call for.
#[derive(Clone, Debug, Serialize)]
pub struct GateShown {
    /// Stable id.
    pub id: String,
    /// In words.
    pub text: Text,
}

/// One observation for or against a cause.
#[derive(Clone, Debug, Serialize)]
pub struct Why {
    /// The observation's id.
    pub observation: String,
    /// Its state's id.
    pub state: String,
    /// In words.
    pub text: Text,
    /// Natural log odds, two decimals: above 0 speaks for the cause.
    pub log_odds: f64,
}

/// One possible cause.
#[derive(Clone, Debug, Serialize)]
pub struct CauseShown {
    /// Stable id.
    pub id: String,
    /// Its group.
    pub group: String,
    /// Probability, four decimals.
    pub probability: f64,
    /// In words.
    pub text: Text,
    /// Who can mend it.
    pub mended_by: Text,
    /// What speaks for and against it, strongest first.
    pub why: Vec<Why>,
}

/// One answer of a question: a button.
#[derive(Clone, Debug, Serialize)]
pub struct AnswerShown {
    /// What [`Knowledge::answer`] takes.
    pub value: String,
    /// The button’s words.
    pub text: Text,
}

/// The sale’s way out: how this customer can pay all the same. The fault stays.
#[derive(Clone, Debug, Serialize)]
pub struct SaleShown {
    /// The step’s id; none while nothing may be charged.
    pub id: Option<String>,
    /// What to do about the sale.
    pub text: Text,
    /// What to say to the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script: Option<Text>,
    /// About how long it takes.
    pub minutes: u16,
}

/// One step of the plan.
#[derive(Clone, Debug, Serialize)]
pub struct StepShown {
    /// Stable id.
    pub id: String,
    /// Question, action or stop.
    pub kind: StepKind,
    /// A verb and what to do.
    pub text: Text,
    /// About how long it takes.
    pub minutes: u16,
}

/// The next step.
#[derive(Clone, Debug, Serialize)]
pub struct Next {
    /// Stable id.
    pub id: String,
    /// Question, action or stop.
    pub kind: StepKind,
    /// A verb and what to do.
    pub text: Text,
    /// About how long it takes.
    pub minutes: u16,
    /// Why this step.
    pub why: Text,
    /// Where: customer, till, menu, router, office, phone.
    pub place: String,
    /// How, one thing at a time; may be empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Text>,
    /// Buttons, for [`Knowledge::answer`] with this step’s id: of a question, “don’t know” and “none of these”
    /// last; of the query of an outcome, what it said. A response code is typed instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<AnswerShown>,
    /// What to say to the shop or the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script: Option<Text>,
    /// How to see that it helped, and what then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<Text>,
    /// What comes if it doesn't help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<Text>,
    /// Red lines.
    pub guards: Vec<Text>,
}

/// Why one payment failed, and what now.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnosis {
    /// `tillguard.diagnosis/1`.
    pub schema: &'static str,
    /// Only those that the facts call for.
    pub gates: Vec<GateShown>,
    /// Likeliest first.
    pub causes: Vec<CauseShown>,
    /// The first step of the plan.
    pub next: Option<Next>,
    /// All that would be advised if every step failed to help; ends with the call.
    pub plan: Vec<StepShown>,
    /// Whom to call.
    pub contact: Contact,
    /// Whether the payment may be taken again.
    pub safe_to_retry: Retry,
    /// What is known about the money.
    pub money: Text,
    /// How this customer can pay all the same, where that may be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sale: Option<SaleShown>,
    /// Facts that can't both be true.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contradictions: Vec<Text>,
}

impl Diagnosis {
    /// Fills in a value to tell; false if nobody asks for that field here. Card numbers come masked.
    pub fn fill_in(&mut self, field: &str, value: impl Into<String>) -> bool {
        match self.contact.tell.iter_mut().find(|t| t.field == field) {
            Some(tell) => {
                tell.value = Some(value.into());
                true
            }
            None => false,
        }
    }
}

/// Causes below this probability are not shown.
const LEAST_SHOWN: f64 = 0.01;

/// Causes shown, at most.
const MOST_CAUSES: usize = 6;

/// Why the payment failed, what to do, whom to call. A code inside the message counts as the code.
pub fn diagnose(knowledge: &Knowledge, facts: &Facts) -> Diagnosis {
    let facts = &facts.with_code_of_message(knowledge);
    let situation = Situation::of(knowledge, facts);
    let evidence = Evidence::of(knowledge, facts);
    let belief = belief(knowledge, &evidence, facts);
    let plan = plan(knowledge, &situation, &left_after_trying(knowledge, &evidence, facts));
    let done = plan.ground == Ground::Done;
    let causes = show_causes(knowledge, &situation, &evidence, &belief);
    let gate_texts = situation.gates.ids().into_iter().filter_map(|id| knowledge.gate(id));
    Diagnosis {
        schema: "tillguard.diagnosis/1",
        gates: gate_texts.map(|g| GateShown { id: g.id.clone(), text: g.text.clone() }).collect(),
        next: show_next(knowledge, &situation, &plan, &causes),
        plan: plan.steps.iter().map(|step| show_step(step.item(knowledge), facts)).collect(),
        contact: show_contact(knowledge, &plan, facts),
        causes,
        safe_to_retry: safe_to_retry(knowledge, &situation, &plan),
        money: situation.money.text(),
        sale: if done { None } else { show_sale(knowledge, &situation, &belief) },
        contradictions: contradictions(knowledge, facts).into_iter().map(|c| c.text).collect(),
    }
}

fn safe_to_retry(knowledge: &Knowledge, situation: &Situation<'_>, plan: &Plan) -> Retry {
    let Gates { tamper, foreign_machine, unknown_outcome, last_pin_try, pick_up_card, .. } = situation.gates;
    if tamper || foreign_machine || last_pin_try || pick_up_card || situation.pin_key_suspected {
        return Retry::No;
    }
    if unknown_outcome {
        return Retry::AfterQuery;
    }
    let first = plan.steps.iter().find_map(|step| step.action(knowledge));
    if first.is_some_and(|a| a.id == "stop_using") {
        return Retry::No;
    }
    match situation.money {
        MoneyKnown::Approved | MoneyKnown::PartlyApproved => return Retry::No,
        _ if situation.no_retry() => return Retry::No,
        MoneyKnown::ReversalAccepted | MoneyKnown::QueriedNotApproved => return Retry::Yes,
        _ => {}
    }
    if situation.look_first() {
        return Retry::AfterQuery;
    }
    let only_the_call_is_left = first.is_some_and(|a| a.calls.is_some());
    match situation.class.map(|c| c.retry) {
        Some(RetryRule::AfterFix | RetryRule::AfterSignOn) if only_the_call_is_left => Retry::No,
        Some(_) => Retry::Yes,
        None if situation.money == MoneyKnown::NothingSent => Retry::Yes,
        None => Retry::AfterQuery,
    }
}

fn show_causes(
    knowledge: &Knowledge,
    situation: &Situation<'_>,
    evidence: &Evidence,
    belief: &[f64],
) -> Vec<CauseShown> {
    let mut order: Vec<usize> = (0..belief.len()).filter(|i| belief[*i] >= LEAST_SHOWN).collect();
    order.sort_by(|a, b| belief[*b].total_cmp(&belief[*a]));
    order.truncate(MOST_CAUSES);
    let show = |i: &usize| {
        let cause = &knowledge.causes[*i];
        let mut reasons: Vec<Why> = why(knowledge, evidence, *i)
            .into_iter()
            .map(|(o, s, log_odds)| Why {
                observation: knowledge.observations[o].id.clone(),
                state: knowledge.observations[o].states[s].id.clone(),
                text: observed(knowledge, situation, o, s),
                log_odds: (log_odds * 100.0).round() / 100.0,
            })
            .collect();
        reasons.sort_by(|a, b| b.log_odds.abs().total_cmp(&a.log_odds.abs()));
        CauseShown {
            id: cause.id.clone(),
            group: cause.group.clone(),
            probability: (belief[*i] * 10_000.0).round() / 10_000.0,
            text: cause.text.clone(),
            mended_by: mended_by(knowledge, *i),
            why: reasons,
        }
    };
    order.iter().map(show).collect()
}

/// An observation in words; a delicate code is not named to the cardholder.
fn observed(knowledge: &Knowledge, situation: &Situation<'_>, o: usize, s: usize) -> Text {
    let observation = &knowledge.observations[o];
    let text = &observation.states[s].text;
    match (observation.id.as_str(), &situation.facts.code) {
        ("code", Some(code)) => {
            let cardholder = situation.facts.role == Some(Role::Cardholder);
            if cardholder && situation.class.is_some_and(|c| c.delicate) {
                return Text::fixed("发卡行的应答", "the issuer’s answer");
            }
            Text::new(format!("应答码 {code}：{}", text.zh), format!("code {code}: {}", text.en))
        }
        ("message", _) => {
            Text::new(format!("屏幕显示“{}”", text.zh), format!("the screen says “{}”", text.en))
        }
        _ => text.clone(),
    }
}

fn mended_by(knowledge: &Knowledge, cause: usize) -> Text {
    let in_the_shop = |a: &Action| a.offered && a.by_shop && !a.work_around && a.helps[cause] >= 0.5;
    if knowledge.actions.iter().any(in_the_shop) {
        return Text::fixed("店内可处理", "can be mended in the shop");
    }
    owner_text(&knowledge.causes[cause].owner)
}

fn kind_of(item: StepItem<'_>) -> StepKind {
    match item {
        StepItem::Ask(_) => StepKind::Question,
        StepItem::Do(action) if action.id == "stop_using" => StepKind::Stop,
        StepItem::Do(_) => StepKind::Action,
    }
}

pub(crate) fn text_for(action: &Action, facts: &Facts) -> Text {
    match (&action.for_cardholder, facts.role) {
        (Some(text), Some(Role::Cardholder)) => text.clone(),
        _ => action.text.clone(),
    }
}

fn words_of(item: StepItem<'_>, facts: &Facts) -> Text {
    match item {
        StepItem::Ask(question) => question.text.clone(),
        StepItem::Do(action) => text_for(action, facts),
    }
}

/// Whole minutes, at least one: nobody plans a half.
fn minutes_of(item: StepItem<'_>) -> u16 {
    match item {
        StepItem::Ask(question) => question.minutes.ceil().max(1.0) as u16,
        StepItem::Do(action) => action.minutes,
    }
}

fn show_step(item: StepItem<'_>, facts: &Facts) -> StepShown {
    StepShown {
        id: item.id().to_owned(),
        kind: kind_of(item),
        text: words_of(item, facts),
        minutes: minutes_of(item),
    }
}

/// How this customer can pay all the same. Says so where nothing may be charged, so that nobody tries.
fn show_sale(knowledge: &Knowledge, situation: &Situation<'_>, belief: &[f64]) -> Option<SaleShown> {
    let waits = |text: Text| Some(SaleShown { id: None, text, script: None, minutes: 0 });
    if situation.money.is_open() || situation.look_first() {
        return waits(Text::fixed(
            "先查清这一笔，再决定怎么收款；货可以先留着。",
            "First find out about this payment, then decide how to charge; keep the goods aside.",
        ));
    }
    if matches!(situation.money, MoneyKnown::Approved | MoneyKnown::PartlyApproved) {
        return None;
    }
    let action = &knowledge.actions[*work_arounds(knowledge, situation, belief).first()?];
    let cardholder = situation.facts.role == Some(Role::Cardholder);
    Some(SaleShown {
        id: Some(action.id.clone()),
        text: text_for(action, situation.facts),
        script: action.say.clone().filter(|_| !cardholder),
        minutes: action.minutes,
    })
}

fn show_next(
    knowledge: &Knowledge,
    situation: &Situation<'_>,
    plan: &Plan,
    causes: &[CauseShown],
) -> Option<Next> {
    let item = plan.steps.first()?.item(knowledge);
    let facts = situation.facts;
    let gate_ids = situation.gates.ids();
    let gates = gate_ids.iter().filter_map(|id| knowledge.gate(id));
    let mut guards = match item {
        StepItem::Do(action) => action.guards.clone(),
        StepItem::Ask(_) => Vec::new(),
    };
    guards.extend(gates.flat_map(|g| g.guards.iter().copied()));
    if situation.class.is_some_and(|c| c.id == "limit") {
        guards.extend(knowledge.guards.iter().position(|(id, _)| id == "no_splitting"));
    }
    let mut seen = Vec::new();
    guards.retain(|g| {
        !seen.contains(g) && {
            seen.push(*g);
            true
        }
    });
    let why = match (plan.ground, item) {
        (Ground::Gate(id), _) => knowledge.gate(id).map(|g| g.text.clone()),
        (_, StepItem::Ask(question)) if question.id != "response_code" => Some(Text::fixed(
            "这个回答能分清几种可能，省去试错。",
            "The answer tells several possibilities apart and saves trying.",
        )),
        _ => None,
    };
    Some(Next {
        id: item.id().to_owned(),
        kind: kind_of(item),
        text: words_of(item, facts),
        minutes: minutes_of(item),
        why: why.unwrap_or_else(|| because(causes)),
        place: match item {
            StepItem::Ask(question) => question.place.clone(),
            StepItem::Do(action) => action.place.clone(),
        },
        steps: match item {
            StepItem::Ask(_) => Vec::new(),
            StepItem::Do(action) => action.steps.clone(),
        },
        answers: answers_of(item),
        script: script(item, facts),
        verify: verify(situation, item),
        otherwise: plan.steps.get(1).map(|step| otherwise(item, step.item(knowledge), facts)),
        guards: guards.into_iter().map(|g| knowledge.guards[g].1.clone()).collect(),
    })
}

/// The buttons of a question; a typed one has none but that there is no code.
fn answers_of(item: StepItem<'_>) -> Vec<AnswerShown> {
    let button = |value: &str, text: Text| AnswerShown { value: value.to_owned(), text };
    let question = match item {
        StepItem::Ask(question) => question,
        // What the query said decides what comes next: `Knowledge::answer` takes it under the step's id.
        StepItem::Do(action) if action.id == "query_outcome" => {
            return vec![
                button("approved", Text::fixed("查到成功", "It went through")),
                button(
                    "not_approved",
                    Text::fixed("查到没有成功，或已冲正", "It did not go through, or was reversed"),
                ),
                button("not_found", Text::fixed("查不到或不清楚", "Not found, or unclear")),
            ];
        }
        StepItem::Do(_) => return Vec::new(),
    };
    let mut shown: Vec<AnswerShown> =
        question.answers.iter().map(|a| button(&a.value, a.text.clone())).collect();
    if shown.is_empty() {
        shown.push(button(NONE_OF_THESE, Text::fixed("没有应答码", "There is no code")));
    } else {
        shown.push(button(DONT_KNOW, Text::fixed("不知道", "I don’t know")));
        shown.push(button(NONE_OF_THESE, Text::fixed("以上都不是", "None of these")));
    }
    shown
}

/// What to say. What helps a customer who reads it himself is the sentence, not what a clerk would say to him.
fn script(item: StepItem<'_>, facts: &Facts) -> Option<Text> {
    match item {
        StepItem::Ask(question) => Some(question.look.clone()),
        StepItem::Do(a) if facts.role == Some(Role::Cardholder) && a.for_cardholder.is_some() => None,
        StepItem::Do(action) => action.say.clone(),
    }
}

fn otherwise(item: StepItem<'_>, then: StepItem<'_>, facts: &Facts) -> Text {
    let text = words_of(then, facts);
    let (zh, en) = match (kind_of(item), item.id()) {
        (StepKind::Stop, _) => ("接着", "Then"),
        (StepKind::Question, "response_code") => ("没有", "If there is none"),
        (StepKind::Question, _) => ("不知道就", "If you don’t know"),
        (_, "query_outcome") => ("仍查不清", "Still unclear"),
        _ => ("还是不行", "Still failing"),
    };
    Text::new(format!("{zh}：{}", text.zh), format!("{en}: {}", lower_first(&text.en)))
}

/// How to see that it helped. While the outcome is open, no sentence may end in “take it once more”.
fn verify(situation: &Situation<'_>, item: StepItem<'_>) -> Option<Text> {
    let StepItem::Do(action) = item else { return None };
    if situation.money.is_open() && action.id != "query_outcome" {
        return Some(Text::fixed(
            "查明这笔的结果之前，不要再收款。",
            "Until the outcome of this payment is known, don’t charge again.",
        ));
    }
    if situation.facts.role == Some(Role::Cardholder) { None } else { action.verify.clone() }
}

fn because(causes: &[CauseShown]) -> Text {
    let Some(cause) = causes.first() else {
        return Text::fixed(
            "依据不足，先做最简单的一步。",
            "Little is known yet; the simplest step comes first.",
        );
    };
    // “100 %” would be a promise.
    let percent = (cause.probability * 100.0).round().min(99.0);
    let strongest = cause.why.iter().find(|w| w.log_odds > 0.0);
    let (zh, en) = match strongest {
        Some(w) => (format!("；主要依据：{}", w.text.zh), format!("; main evidence: {}", w.text.en)),
        None => (String::new(), String::new()),
    };
    Text::new(
        format!("最可能：{}（{percent}%）{zh}。", cause.text.zh),
        format!("Most likely: {} ({percent}%){en}.", lower_first(&cause.text.en)),
    )
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}
