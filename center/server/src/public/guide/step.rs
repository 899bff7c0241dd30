//! A state of the guide turned into the page of its next step.
//!
//! The advice is `core/diagnose`'s; here are only the words around it: what the code means, what to do with the
//! customer's goods, whom to call. Never more than one step at a time.

use super::state::State;
use maud::Markup;
use tg_codes::{Catalogue, Direction, Scheme, ScreenMessage};
use tg_console::public::{Act, GuideDone, GuideStep, PublicFrame, Told, guide_done, guide_step};
use tg_diagnose::{DONT_KNOW, Diagnosis, Facts, Knowledge, MoneyKnown, Network, Next, Retry, Role, StepKind};
use tg_text::Text;

/// Causes that the page names.
const CAUSES_SHOWN: usize = 3;

/// The page of a state.
pub(crate) enum Shown {
    Step(Box<GuideStep>),
    Done(GuideDone),
}

impl Shown {
    /// Draws it.
    pub fn draw(&self, frame: &PublicFrame) -> Markup {
        match self {
            Shown::Step(view) => guide_step(view, frame),
            Shown::Done(view) => guide_done(view, frame),
        }
    }
}

/// The page of a state.
pub(crate) fn show(knowledge: &Knowledge, state: &State, frame: &PublicFrame) -> Shown {
    let session = state.session(knowledge).unwrap_or_default();
    let facts = session.facts(knowledge);
    let said = session.diagnose(knowledge);
    let action = |id: &str| knowledge.actions().iter().find(|a| a.id == id);
    let Some(next) = &said.next else {
        let helped = state.helped().and_then(action).map(|a| a.text.clone());
        return Shown::Done(GuideDone {
            helped,
            money: done_money(knowledge, &facts),
            back: state.back().href(),
        });
    };
    let calls = action(&next.id).and_then(|a| a.calls.as_deref());
    let customer = facts.role == Some(Role::Cardholder);
    let at = state.steps_taken() + 1;
    let steps_left = said.plan.len();
    let tamper = said.gates.iter().any(|g| g.id == "tamper");
    let machine_at_fault =
        said.causes.first().is_some_and(|c| !matches!(c.group.as_str(), "card" | "issuer"));
    let act = act(knowledge, state, next, calls, tamper, customer, machine_at_fault);
    let ends = matches!(act, Act::Call | Act::Stop { .. });
    let last = said.plan.last().filter(|s| s.kind == StepKind::Action && at < steps_left);
    Shown::Step(Box::new(GuideStep {
        title: title(knowledge, state, &facts),
        code: facts.code.clone().filter(|_| !(customer && delicate(knowledge, &facts))),
        meaning: meaning(knowledge, state, &facts),
        check_before_use: code_row(&facts).is_some_and(tg_codes::ResponseCode::check_before_use),
        money: for_reader(said.money.clone(), customer),
        gates: gates(&said, customer),
        contradictions: said.contradictions.clone(),
        at: (at, at + steps_left.saturating_sub(1)),
        minutes: minutes(knowledge, &said),
        guards: guards(next, customer),
        why: if customer { Vec::new() } else { why(next, &said) },
        causes: likely(&said),
        sale: sale(&said, next, customer, machine_at_fault),
        customer,
        goods: (!customer).then(|| goods(knowledge, &facts, &said)),
        told: ends.then(|| told(&said, state, knowledge, frame)),
        back: state.back().href(),
        none_of_these: last.filter(|_| !ends).map(|_| skip(state, &said).href()),
        act,
    }))
}

fn act(
    knowledge: &Knowledge,
    state: &State,
    next: &Next,
    calls: Option<&str>,
    tamper: bool,
    customer: bool,
    machine_at_fault: bool,
) -> Act {
    match next.kind {
        StepKind::Question => {
            let typed = next.id == "response_code";
            let mut answers: Vec<(Text, String)> = next
                .answers
                .iter()
                .map(|a| (a.text.clone(), state.answered(&next.id, &a.value).href()))
                .collect();
            if answers.is_empty() {
                let none = Text::fixed("没有代码", "There is no code");
                answers.push((none, state.answered(&next.id, DONT_KNOW).href()));
            }
            let look = knowledge.question(&next.id).map(|q| q.look.clone());
            Act::Ask { text: next.text.clone(), look, answers, typed_code: typed.then(|| state.write()) }
        }
        StepKind::Stop => Act::Stop { tamper, next: None },
        StepKind::Action if calls.is_some() => Act::Call,
        // A look has results, not “it helped”: what it said decides whether the payment may be taken again.
        StepKind::Action if !next.answers.is_empty() => Act::Ask {
            text: next.text.clone(),
            look: next.script.clone().filter(|_| !customer),
            answers: next
                .answers
                .iter()
                .map(|a| (a.text.clone(), state.answered(&next.id, &a.value).href()))
                .collect(),
            typed_code: None,
        },
        StepKind::Action => Act::Do {
            text: next.text.clone(),
            // How it is done and what to say are written for staff.
            steps: if customer { Vec::new() } else { next.steps.clone() },
            say: next.script.clone().filter(|_| !customer).map(|s| said_of(&next.id, s, machine_at_fault)),
            verify: next.verify.clone().filter(|_| !customer),
            good: state.did(&next.id, "fixed").href(),
            bad: state.did(&next.id, "failed").href(),
        },
    }
}

/// What to say with a step: where the machine is at fault, nothing is said against the card.
fn said_of(step: &str, script: Text, machine_at_fault: bool) -> Text {
    if step == "other_way_to_pay" && machine_at_fault {
        return Text::fixed(
            "不好意思，我们这台机器暂时收不了，请换一种方式付款。",
            "Sorry, our machine can’t take this just now; please pay another way.",
        );
    }
    script
}

/// Words for staff in the cardholder's mouth: who charges becomes who pays.
fn for_reader(text: Text, customer: bool) -> Text {
    if !customer {
        return text;
    }
    let zh = text.zh.replace("再收款", "再付款").replace("再收这笔款", "再付这笔款").replace("客户", "您");
    let en = text
        .en
        .replace("don’t charge again", "don’t pay again")
        .replace("don’t take this payment again", "don’t pay this again");
    Text::new(zh, en.replace("the customer got", "you got"))
}

/// Gates in words; the one about keys says the same as its red line, which stands beside the step.
fn gates(said: &Diagnosis, customer: bool) -> Vec<Text> {
    let shown = said.gates.iter().filter(|g| g.id != "keys_not_by_shop");
    // What staff say to a customer and how they handle secrets is not a customer's to read.
    let own =
        shown.filter(|g| !customer || matches!(g.id.as_str(), "unknown_outcome" | "last_pin_try" | "tamper"));
    own.map(|g| for_reader(g.text.clone(), customer)).collect()
}

/// Straight to the call: every step from here counts as one that did not help.
fn skip(state: &State, said: &Diagnosis) -> State {
    let last = said.plan.len().saturating_sub(1);
    let skipped = said.plan[..last].iter().fold(state.clone(), |state, step| match step.kind {
        StepKind::Question => state.answered(&step.id, DONT_KNOW),
        _ => state.did(&step.id, "failed"),
    });
    // Without a look the outcome is open: then waiting is what is left before the call.
    if said.plan[..last].iter().any(|s| s.id == "query_outcome") && said.plan.iter().all(|s| s.id != "wait") {
        return skipped.did("query_outcome", "failed").did("wait", "failed");
    }
    skipped
}

/// Minutes of the steps that are left, without the calls.
fn minutes(knowledge: &Knowledge, said: &Diagnosis) -> u16 {
    let call = |id: &str| knowledge.actions().iter().any(|a| a.id == id && a.calls.is_some());
    said.plan.iter().filter(|s| !call(&s.id)).map(|s| s.minutes).sum()
}

fn title(knowledge: &Knowledge, state: &State, facts: &Facts) -> Text {
    if let Some(words) = state.message(knowledge) {
        return words;
    }
    // The customer may look over the shoulder: words that could accuse stand nowhere.
    if delicate(knowledge, facts) {
        return Text::fixed("这张卡暂时不能用", "This card can’t be used now");
    }
    if facts.code.is_none() && facts.network == Some(Network::Down) {
        return Text::fixed("没有网络", "No network");
    }
    match (code_row(facts), &facts.code) {
        (Some(row), _) => short(&row.meaning),
        (None, Some(_)) => Text::fixed("应答码", "Response code"),
        _ => Text::fixed("机器报错", "Machine error"),
    }
}

/// What the code means; of a code whose words could accuse somebody, only what the shop is to say.
fn meaning(knowledge: &Knowledge, state: &State, facts: &Facts) -> Option<Text> {
    if let Some(code) = &facts.code {
        if delicate(knowledge, facts) {
            return Some(Text::fixed(
                "发卡行没有同意这笔付款；原因由发卡行对持卡人说。",
                "The issuer did not agree to this payment; the reason is for the issuer to tell the cardholder.",
            ));
        }
        let class = knowledge.class_of(facts).filter(|c| c.id != "unlisted");
        return Some(match class {
            Some(class) => {
                Text::new(format!("{code}：{}。", class.text.zh), format!("{code}: {}.", class.text.en))
            }
            None => Text::new(
                format!("目录里没有 {code} 这个代码，不要凭猜测处理。"),
                format!("{code} is not in the catalogue; don’t act on a guess."),
            ),
        });
    }
    let message = screen_message(knowledge, state)?;
    (message.id == "SEC_FAIL").then(|| {
        Text::fixed(
            "没有代码时，这句话只说明这笔没有走完：网络、卡、设置、银行都有可能。",
            "Without a code these words only say that the payment did not finish: network, card, settings or bank.",
        )
    })
}

fn screen_message(knowledge: &Knowledge, state: &State) -> Option<&'static ScreenMessage> {
    let words = state.message(knowledge)?;
    Catalogue::builtin()
        .screen_messages()
        .iter()
        .find(|m| m.words.zh.split('/').any(|w| w.trim() == words.zh))
}

fn code_row(facts: &Facts) -> Option<&'static tg_codes::ResponseCode> {
    let scheme = facts.scheme.and_then(|s| Scheme::from_word(s.word())).unwrap_or(Scheme::UnionPay);
    Catalogue::builtin().response_code(scheme, Direction::Response, facts.code.as_deref()?)
}

fn delicate(knowledge: &Knowledge, facts: &Facts) -> bool {
    knowledge.class_of(facts).is_some_and(|c| c.delicate)
}

/// The first words of a meaning: what fits on a tile.
pub(super) fn short(meaning: &Text) -> Text {
    let cut = |text: &str, marks: &[char]| text.split(marks).next().unwrap_or_default().trim().to_owned();
    Text::new(
        cut(&meaning.zh, &[',', '，', ';', '；', '(', '（', '/']),
        cut(&meaning.en, &[',', ';', ':', '(', '/']),
    )
}

/// Why this step: its own reason, and what speaks for the likeliest cause.
fn why(next: &Next, said: &Diagnosis) -> Vec<Text> {
    let mut texts = vec![next.why.clone()];
    if let Some(cause) = said.causes.first() {
        let pro = cause.why.iter().filter(|w| w.log_odds >= 0.5).take(3);
        texts.extend(pro.map(|w| {
            Text::new(
                format!("{}：支持“{}”。", w.text.zh, cause.text.zh),
                format!("{}: speaks for “{}”.", w.text.en, cause.text.en),
            )
        }));
    }
    texts
}

fn likely(said: &Diagnosis) -> Vec<(Text, u8)> {
    let shown = said.causes.iter().take(CAUSES_SHOWN).filter(|c| c.probability >= 0.03);
    // “100 %” would be a promise.
    shown.map(|c| (c.text.clone(), (c.probability * 100.0).round().clamp(1.0, 99.0) as u8)).collect()
}

/// The sale's way out, where there is one beside the step itself; "find out first" is the goods' line.
fn sale(
    said: &Diagnosis,
    next: &Next,
    customer: bool,
    machine_at_fault: bool,
) -> Option<(Text, Option<Text>)> {
    let sale = said.sale.as_ref().filter(|_| !customer)?;
    let id = sale.id.as_deref().filter(|id| *id != next.id)?;
    Some((sale.text.clone(), sale.script.clone().map(|s| said_of(id, s, machine_at_fault))))
}

/// Red lines; for a cardholder those that are about paying.
fn guards(next: &Next, customer: bool) -> Vec<Text> {
    let staff = ["猜测", "抄写", "灌密钥", "拆单", "重启"];
    let shown = next.guards.iter().filter(|g| !customer || !staff.iter().any(|w| g.zh.contains(w)));
    shown.map(|g| for_reader(g.clone(), customer)).collect()
}

/// What to do with the customer's goods: hangs on the money alone.
fn goods(knowledge: &Knowledge, facts: &Facts, said: &Diagnosis) -> Text {
    match MoneyKnown::of(knowledge, facts) {
        MoneyKnown::Approved => Text::fixed(
            "这笔已批准：可以交货；签购单没出来就补打，不要再收。",
            "This payment is approved: hand over the goods; reprint the slip if it is missing, don’t charge again.",
        ),
        MoneyKnown::PartlyApproved => Text::fixed(
            "只批准了一部分：差额付清前，先别交货。",
            "Only part is approved: keep the goods until the rest is paid.",
        ),
        money
            if money.is_open()
                || money == MoneyKnown::NotStated
                || said.safe_to_retry == Retry::AfterQuery =>
        {
            Text::fixed(
                "货先留在店里，等查到结果：查到已收款就交货；还查不到，请客户留个联系方式，约好再来取。不退现金，也不再收。",
                "Keep the goods until the query has an answer: if it is paid, hand them over; if there is none yet, ask how to reach the customer and agree when to collect. Give no cash back and take no second payment.",
            )
        }
        _ => Text::fixed("付清之后再交货。", "Hand over the goods once they are paid."),
    }
}

fn done_money(knowledge: &Knowledge, facts: &Facts) -> Text {
    match MoneyKnown::of(knowledge, facts) {
        MoneyKnown::NotStated
        | MoneyKnown::Unknown
        | MoneyKnown::ChargedWithoutApproval
        | MoneyKnown::ReversalOpen => Text::fixed(
            "先前没成的那一笔：收过款的客户再付之前，先查一下那笔的结果。",
            "The payment that failed before: query its outcome before that customer pays again.",
        ),
        other => other.text(),
    }
}

fn told(said: &Diagnosis, state: &State, knowledge: &Knowledge, frame: &PublicFrame) -> Told {
    let contact = &said.contact;
    let acquirer = contact.who == "acquirer";
    let who = match (acquirer, &frame.operator) {
        (true, Some(name)) => Text::new(name.clone(), name.clone()),
        _ => contact.text.clone(),
    };
    let by = match contact.by {
        "cardholder" => Text::fixed(
            "由持卡人打卡背面的电话；店里不代打。",
            "The cardholder calls the number on the back of the card; the shop doesn’t call for them.",
        ),
        _ => Text::fixed("由店方打；客户不用打这个电话。", "The shop calls; the customer doesn’t."),
    };
    let now = jiff::Timestamp::from_microsecond(frame.now_us).ok();
    let now =
        now.map(|t| t.to_zoned_datetime(frame.time_zone.clone()).strftime("%Y-%m-%d %H:%M").to_string());
    let words = state.message(knowledge);
    let mut lines = Vec::new();
    for t in &contact.tell {
        let value = match t.field {
            "time" => t.value.clone().or_else(|| now.clone()),
            _ => t.value.clone(),
        };
        lines.push((t.label.clone(), value));
        if t.field == "time"
            && let Some(words) = &words
        {
            lines.push((Text::fixed("屏幕提示", "On the screen"), Some(words.get(frame.lang).to_owned())));
        }
    }
    Told { who, by, phone: frame.service_phone.clone().filter(|_| acquirer), lines }
}
