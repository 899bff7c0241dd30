//! One payment explained: what is known of it becomes facts, the diagnosis answers, the page shows it.
//!
//! The facts come from the payment's own messages and from the payments around it; what was not seen stays
//! unknown. Nothing here decides what to do.

use super::payment_row::{code_words, outcome, payment_row, scheme};
use super::terminal::clock_offset_ms;
use super::{DAY_US, MINUTE_US, finding_rows, payment_rows};
use crate::live::Live;
use crate::public::State;
use tg_codes::{Catalogue, Direction, Domain};
use tg_console::view::{
    self, Cause, Contact, Evidence, Feature, MoneyKnown, NextStep, PaymentPage, Reach, Reason, ScopeFact,
    Station, StepAnswer, StepKind, Tell,
};
use tg_diagnose::{Diagnosis, Facts, Knowledge};
use tg_event::MacState;
use tg_store::{
    FindingFilter, PaymentFilter, PaymentRecord, Reader, Scope, ScopeCounts, StepRecord, StoreError,
    TerminalRecord,
};
use tg_text::{Lang, Text};

/// How far around a payment the traffic is looked at.
const SCOPE_US: i64 = 30 * MINUTE_US;

/// Evidence weaker than this (natural log odds) is noise on a page.
const EVIDENCE_LEAST: f64 = 0.1;

/// One payment; `None` if there is none of this number.
pub(crate) fn payment_page(
    reader: &Reader,
    id: u64,
    live: &Live,
    viewer: (Lang, &jiff::tz::TimeZone),
    tried: &Tried,
) -> Result<Option<PaymentPage>, StoreError> {
    let Some(record) = reader.payment(id)? else { return Ok(None) };
    let steps = reader.steps(id)?;
    let terminal = reader.terminal(&record.terminal)?;
    let row = payment_row(&record, &steps, live, &live.feed_names());
    let scope = Around::look(reader, &record)?;
    let facts = tried.added(live.fleet.inform(facts(&record, &steps, terminal.as_ref(), &scope), &record));
    let mut diagnosis = tg_diagnose::diagnose(Knowledge::builtin(), &facts);
    fill_in(&mut diagnosis, &record, terminal.as_ref(), live, viewer);
    let same =
        PaymentFilter { terminal: Some(record.terminal.clone()), limit: 9, ..PaymentFilter::default() };
    let same: Vec<PaymentRecord> = reader.payments(&same)?.into_iter().filter(|p| p.payment != id).collect();
    let subject = Some(("terminal".to_owned(), record.terminal.clone()));
    let mut findings = reader.findings(&FindingFilter { subject, limit: 20, ..FindingFilter::default() })?;
    findings.retain(|f| f.events.contains(&id));
    let needs_help = !matches!(row.outcome, view::Outcome::Approved | view::Outcome::Waiting);
    Ok(Some(PaymentPage {
        money: money(&row.outcome, &record),
        reach: reach(&record, &steps, live),
        scope: if needs_help { scope.facts(&record) } else { Vec::new() },
        causes: if needs_help { causes(&diagnosis) } else { Vec::new() },
        next: if needs_help { next(&diagnosis, &record, tried) } else { None },
        contact: if needs_help { contact(&diagnosis, live) } else { None },
        reasons: record
            .reasons
            .iter()
            .map(|r| Reason { code: r.code.clone(), text: r.text.clone(), points: None })
            .collect(),
        features: features(&record),
        findings: finding_rows(reader, &findings)?,
        same_terminal: payment_rows(reader, &same, live)?,
        payment: row,
    }))
}

/// How the payments around this one went.
struct Around {
    same_card: ScopeCounts,
    other_cards: ScopeCounts,
    other_terminals: ScopeCounts,
    issuer: ScopeCounts,
    everybody: ScopeCounts,
}

impl Around {
    fn look(reader: &Reader, record: &PaymentRecord) -> Result<Around, StoreError> {
        let span = (record.opened_at - SCOPE_US, record.opened_at + SCOPE_US);
        let in_scope = |scope, known: bool| {
            if known { reader.scope(scope, span, record) } else { Ok(ScopeCounts::default()) }
        };
        Ok(Around {
            same_card: in_scope(Scope::SameCardElsewhere, record.card_token.is_some())?,
            other_cards: in_scope(Scope::OtherCardsHere, !record.terminal.is_empty())?,
            other_terminals: in_scope(Scope::OtherTerminalsInStore, !record.merchant.is_empty())?,
            issuer: in_scope(Scope::IssuerElsewhere, record.bin.is_some())?,
            everybody: in_scope(Scope::EverybodyElse, true)?,
        })
    }

    fn facts(&self, record: &PaymentRecord) -> Vec<ScopeFact> {
        let card_seen = record.card_token.is_some();
        [
            (card_seen, "这张卡在别处", "This card elsewhere", card_works(&self.same_card), &self.same_card),
            (true, "别的卡在本机", "Other cards here", works(&self.other_cards, record), &self.other_cards),
            (
                true,
                "店内其他终端",
                "Other tills in the store",
                works(&self.other_terminals, record),
                &self.other_terminals,
            ),
            (record.bin.is_some(), "同类卡在别处", "Same BIN elsewhere", healthy(&self.issuer), &self.issuer),
            (true, "其他终端", "All others", healthy(&self.everybody), &self.everybody),
        ]
        .into_iter()
        .filter(|(seen, ..)| *seen)
        .map(|(_, zh, en, works, counts)| scope_fact(Text::fixed(zh, en), works, counts))
        .collect()
    }
}

/// A place works if anything was approved there; it fails if at least two payments failed there for technical
/// reasons and none was answered. A card that is refused for its own account says nothing against the place: two
/// customers short of money are no broken terminal. Wrong PINs are the exception: on several cards they are the
/// machine's PIN key. A single failure says nothing.
fn works(counts: &ScopeCounts, record: &PaymentRecord) -> Option<bool> {
    let wrong_pin = Knowledge::builtin()
        .class_of_code(known_scheme(record), &record.response_code)
        .is_some_and(|class| class.id == "pin_wrong");
    let against = if wrong_pin { counts.technical.max(counts.same_code) } else { counts.technical };
    let refused = counts.failed.saturating_sub(counts.technical);
    match (counts.approved, against) {
        (0, 2..) if wrong_pin || refused == 0 => Some(false),
        (0, 0) if refused > 0 && !wrong_pin => Some(true),
        (0, _) => None,
        _ => Some(true),
    }
}

/// The same card elsewhere: there every refusal is about the card, so every one counts.
fn card_works(counts: &ScopeCounts) -> Option<bool> {
    match (counts.approved, counts.failed) {
        (0, 0 | 1) => None,
        (0, _) => Some(false),
        _ => Some(true),
    }
}

/// As usual if at least half of a fair number of payments got an answer that is the card's or account's.
fn healthy(counts: &ScopeCounts) -> Option<bool> {
    let all = counts.approved + counts.failed;
    (all >= 5).then(|| counts.technical * 2 <= all)
}

fn known_scheme(record: &PaymentRecord) -> Option<tg_diagnose::Scheme> {
    tg_diagnose::Scheme::ALL.iter().find(|(word, _)| *word == record.scheme).map(|(_, scheme)| *scheme)
}

fn scope_fact(label: Text, works: Option<bool>, counts: &ScopeCounts) -> ScopeFact {
    let (a, f, same) = (counts.approved, counts.failed, counts.same_code);
    let refused = f.saturating_sub(counts.technical);
    let headline = match works {
        None if a + f == 0 => Text::fixed("没有看到交易", "Nothing seen"),
        None => Text::fixed("交易太少，不能判断", "Too few to tell"),
        Some(true) if a == 0 => Text::fixed("有应答，都未批准", "Answered, none approved"),
        Some(true) => Text::fixed("正常", "Works"),
        Some(false) if a > 0 => Text::fixed("失败偏多", "Fails often"),
        Some(false) => Text::new(format!("{f} 笔全失败"), format!("All {f} failed")),
    };
    let (zh, en) = match same {
        0 => (String::new(), String::new()),
        same => (format!("，同码 {same}"), format!(", {same} with the same code")),
    };
    let detail = match a + f {
        0 => Text::fixed("前后 30 分钟", "30 minutes around it"),
        _ => Text::new(
            format!("成功 {a}，拒绝 {refused}，故障 {}{zh}", counts.technical),
            format!("{a} approved, {refused} declined, {} technical{en}", counts.technical),
        ),
    };
    ScopeFact { label, works, headline, detail }
}

fn facts(
    record: &PaymentRecord,
    steps: &[StepRecord],
    terminal: Option<&TerminalRecord>,
    around: &Around,
) -> Facts {
    use tg_diagnose as d;
    let yes_no = |yes| if yes { d::YesNo::Yes } else { d::YesNo::No };
    let as_fact = |ok: Option<bool>| ok.map(|ok| if ok { d::Works::Ok } else { d::Works::Fail });
    let works_there = |c: &ScopeCounts| as_fact(works(c, record));
    let health = |c: &ScopeCounts| healthy(c).map(|ok| if ok { d::Health::Ok } else { d::Health::Degraded });
    let outcome = match outcome(record.outcome) {
        view::Outcome::Approved => Some(d::Outcome::Approved),
        view::Outcome::Declined => Some(d::Outcome::Declined),
        view::Outcome::Unknown | view::Outcome::ReversalSent | view::Outcome::Reversed => {
            Some(d::Outcome::Unknown)
        }
        view::Outcome::Waiting => None,
    };
    let answer = steps.iter().rev().find(|s| s.response_code == record.response_code && !s.mti.is_empty());
    Facts {
        code: (!record.response_code.is_empty()).then(|| record.response_code.clone()),
        scheme: known_scheme(record),
        mti: answer.map(|s| s.mti.clone()).filter(|_| !record.response_code.is_empty()),
        stage: Some(if record.response_code.is_empty() { d::Stage::Sent } else { d::Stage::Answered }),
        outcome,
        reversal: match record.outcome {
            o if o == tg_event::Outcome::ReversalSent as u8 => Some(d::Reversal::Sent),
            o if o == tg_event::Outcome::Reversed as u8 => Some(d::Reversal::Accepted),
            o if o == tg_event::Outcome::ReversalRefused as u8 => Some(d::Reversal::Refused),
            _ => None,
        },
        entry_mode: entry_mode(record),
        same_card_elsewhere: as_fact(card_works(&around.same_card)),
        other_cards_here: works_there(&around.other_cards),
        other_terminals_in_store: works_there(&around.other_terminals),
        issuer_elsewhere: health(&around.issuer),
        acquirer_elsewhere: health(&around.everybody),
        clock_offset_minutes: clock_offset_ms(record).map(|ms| ms / 60_000),
        last_sign_on: signed_on_before(record, terminal)
            .map(|at| if record.opened_at - at < DAY_US { d::LastSignOn::Today } else { d::LastSignOn::Old }),
        mac: match record.mac {
            m if m == MacState::Good as u8 => Some(d::MacCheck::Good),
            m if m == MacState::Bad as u8 => Some(d::MacCheck::Bad),
            _ => None,
        },
        expiry_passed: expiry_passed(record).map(yes_no),
        role: Some(d::Role::Support),
        ..Facts::default()
    }
}

/// The last sign-on, if it was before the payment; a later one says nothing about it.
fn signed_on_before(record: &PaymentRecord, terminal: Option<&TerminalRecord>) -> Option<i64> {
    terminal?.signed_on_at.filter(|at| *at <= record.opened_at)
}

fn entry_mode(record: &PaymentRecord) -> Option<tg_diagnose::EntryMode> {
    use tg_diagnose::EntryMode;
    match record.entry_mode? / 10 {
        1 => Some(EntryMode::Manual),
        2 | 90 => Some(EntryMode::Magstripe),
        5 | 95 => Some(EntryMode::Chip),
        7 | 91 | 96 | 98 => Some(EntryMode::Contactless),
        80 => Some(EntryMode::Fallback),
        3 | 93 | 94 => Some(EntryMode::Qr),
        _ => None,
    }
}

/// Whether the card's month of expiry lay before the month of the payment.
fn expiry_passed(record: &PaymentRecord) -> Option<bool> {
    let expiry = i32::from(record.expiry?);
    let date =
        jiff::Timestamp::from_microsecond(record.opened_at).ok()?.to_zoned_datetime(jiff::tz::TimeZone::UTC);
    let month = i32::from(date.year() % 100) * 100 + i32::from(date.month());
    (1..=12).contains(&(expiry % 100)).then_some(expiry < month)
}

fn money(outcome: &view::Outcome, record: &PaymentRecord) -> MoneyKnown {
    match outcome {
        view::Outcome::Approved => MoneyKnown::Approved,
        view::Outcome::Waiting => MoneyKnown::Waiting,
        view::Outcome::Unknown => MoneyKnown::Unknown,
        view::Outcome::ReversalSent => MoneyKnown::ReversalSent,
        view::Outcome::Reversed => MoneyKnown::ReversalAccepted,
        view::Outcome::Declined => match answered_by(record) {
            // Who gave the code is known; what a time-out behind it left at the issuer is not.
            _ if query_first(record) => MoneyKnown::Unknown,
            Some(Station::Acquirer) => MoneyKnown::RefusedByAcquirer,
            Some(Station::Issuer) => MoneyKnown::DeclinedByIssuer,
            _ => MoneyKnown::Declined,
        },
    }
}

/// A code that leaves the outcome open (98, 68, 96 ...): the original has to be queried.
pub(crate) fn query_first(record: &PaymentRecord) -> bool {
    row(record).is_none_or(|row| row.retryable == tg_codes::Retryable::QueryFirst)
}

fn row(record: &PaymentRecord) -> Option<&'static tg_codes::ResponseCode> {
    Catalogue::builtin().response_code(scheme(record)?, Direction::Response, &record.response_code)
}

/// Who gave the answer, where the code's meaning tells.
fn answered_by(record: &PaymentRecord) -> Option<Station> {
    let row = row(record)?;
    match row.domain {
        Domain::Issuer | Domain::Card | Domain::Customer => Some(Station::Issuer),
        Domain::HostOrTerminal | Domain::Terminal | Domain::Merchant | Domain::Acquirer => {
            Some(Station::Acquirer)
        }
        Domain::Network => Some(Station::Switch),
        Domain::None | Domain::Fraud | Domain::System => None,
    }
}

fn reach(record: &PaymentRecord, steps: &[StepRecord], live: &Live) -> Reach {
    let declined = outcome(record.outcome) == view::Outcome::Declined;
    let answered_by = if declined { answered_by(record) } else { None };
    let named = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    let code = &record.response_code;
    Reach {
        answered_by,
        basis: answered_by.map(|station| match station {
            Station::Issuer => Text::new(
                format!("按应答码 {code} 的含义，由发卡行给出"),
                format!("by its meaning code {code} is given by the issuer"),
            ),
            Station::Switch => Text::new(
                format!("按应答码 {code} 的含义，由转接给出"),
                format!("by its meaning code {code} is given by the switch"),
            ),
            _ => Text::new(
                format!("按应答码 {code} 的含义，由收单侧给出"),
                format!("by its meaning code {code} is given on the acquirer's side"),
            ),
        }),
        stopped_by: if declined { code_words(record) } else { None },
        acquirer: live.acquirer.name.clone().or_else(|| named(&record.acquirer)),
        issuer: named(&record.issuer),
        waited_ms: waited_ms(record, steps),
    }
}

/// How long an answer was waited for, until the terminal took the payment back or the time was over.
fn waited_ms(record: &PaymentRecord, steps: &[StepRecord]) -> Option<u64> {
    let ends = [tg_event::PaymentStage::ReversalSent as u8, tg_event::PaymentStage::TimedOut as u8];
    let end = steps.iter().find(|s| ends.contains(&s.stage)).filter(|_| record.answered_at.is_none())?;
    u64::try_from((end.at - record.opened_at) / 1000).ok()
}

fn causes(diagnosis: &Diagnosis) -> Vec<Cause> {
    let shown = diagnosis.causes.iter().map(|cause| Cause {
        text: cause.text.clone(),
        by: Some(cause.mended_by.clone()),
        share_bp: (cause.probability * 10_000.0).round().clamp(0.0, 10_000.0) as u16,
        evidence: cause
            .why
            .iter()
            .filter(|why| why.log_odds.abs() >= EVIDENCE_LEAST)
            .map(|why| Evidence {
                text: why.text.clone(),
                log_odds_hundredths: (why.log_odds * 100.0).round() as i32,
            })
            .collect(),
    });
    shown.collect()
}

fn next(diagnosis: &Diagnosis, record: &PaymentRecord, tried: &Tried) -> Option<NextStep> {
    let at = |state: &State| format!("/payments/{}?s={}", record.payment, state.write());
    let back = (!tried.0.is_empty()).then(|| at(&tried.0.back()));
    let Some(next) = diagnosis.next.as_ref() else { return Some(solved(diagnosis, back)) };
    // A gate's red lines stand among the step's; a gate that has none says it in its own words.
    let wordless = |id: &str| Knowledge::builtin().gates().iter().any(|g| g.id == id && g.guards.is_empty());
    let gates = diagnosis.gates.iter().filter(|gate| wordless(&gate.id)).map(|gate| gate.text.clone());
    let guards: Vec<Text> = gates.chain(next.guards.iter().cloned()).collect();
    let say = match (&next.script, &next.verify) {
        (Some(script), Some(verify)) => {
            Some(Text::new(format!("{}{}", script.zh, verify.zh), format!("{} {}", script.en, verify.en)))
        }
        (say, None) | (None, say) => say.clone(),
    };
    Some(NextStep {
        kind: match next.kind {
            tg_diagnose::StepKind::Question => StepKind::Question,
            tg_diagnose::StepKind::Action => StepKind::Action,
            tg_diagnose::StepKind::Stop => StepKind::Stop,
        },
        title: next.text.clone(),
        minutes: Some(next.minutes),
        say,
        otherwise: next.otherwise.clone(),
        guards,
        why: Some(next.why.clone()),
        answers: answers(next, tried, at),
        back,
        charged: (!tried.0.says("charged")).then(|| at(&tried.0.given("charged", "yes"))),
    })
}

/// A step helped: nothing is left to do.
fn solved(diagnosis: &Diagnosis, back: Option<String>) -> NextStep {
    NextStep {
        kind: StepKind::Action,
        title: Text::fixed("已解决", "Solved"),
        minutes: None,
        say: None,
        otherwise: None,
        guards: vec![diagnosis.money.clone()],
        why: None,
        answers: Vec::new(),
        back,
        charged: None,
    }
}

/// The phone's buttons: 好了 and 还是不行, or a question's answers. A call has none.
fn answers(next: &tg_diagnose::Next, tried: &Tried, at: impl Fn(&State) -> String) -> Vec<StepAnswer> {
    let answer = |text: Text, state: State, good| StepAnswer { text, href: at(&state), good };
    let calls = Knowledge::builtin().actions().iter().any(|a| a.id == next.id && a.calls.is_some());
    match next.kind {
        // A look has results as a question has answers: they decide whether the payment may be taken again.
        tg_diagnose::StepKind::Question | tg_diagnose::StepKind::Action if !next.answers.is_empty() => {
            let given = next.answers.iter();
            given.map(|a| answer(a.text.clone(), tried.0.answered(&next.id, &a.value), false)).collect()
        }
        _ if calls => Vec::new(),
        _ => vec![
            answer(Text::fixed("好了", "It works now"), tried.0.did(&next.id, "fixed"), true),
            answer(Text::fixed("还是不行", "Still not"), tried.0.did(&next.id, "failed"), false),
        ],
    }
}

/// What the support desk was told and what was tried, from the page's address; only our own ids.
#[derive(Default)]
pub(crate) struct Tried(State);

impl Tried {
    /// Reads the address's text; what is not ours counts as nothing said.
    pub fn read(text: &str) -> Tried {
        Tried(State::read(Knowledge::builtin(), text).unwrap_or_default())
    }

    /// The facts with what was said and tried.
    fn added(&self, facts: Facts) -> Facts {
        self.0.added_to(Knowledge::builtin(), facts)
    }
}

fn contact(diagnosis: &Diagnosis, live: &Live) -> Option<Contact> {
    let contact = &diagnosis.contact;
    if contact.who == "none" {
        return None;
    }
    let who = match contact.who.as_str() {
        "acquirer" => Text::fixed("收单机构", "the acquirer"),
        "issuer" => Text::fixed("发卡行", "the issuer"),
        "vendor" => Text::fixed("终端厂商", "the terminal's vendor"),
        "network_operator" => Text::fixed("网络运营商", "the network operator"),
        "police" => Text::fixed("公安机关", "the police"),
        _ => Text::fixed("商户财务", "the merchant's office"),
    };
    let acquirer = contact.who == "acquirer";
    let named = live.acquirer.name.as_ref().filter(|_| acquirer);
    let by = match (contact.by, contact.who.as_str()) {
        ("cardholder", "issuer") => {
            Text::fixed("由持卡人拨打卡背面的电话", "the cardholder calls the number on the back of the card")
        }
        ("cardholder", _) => Text::fixed("由持卡人联系", "the cardholder calls"),
        _ => Text::fixed("由店方拨打", "the shop calls"),
    };
    Some(Contact {
        who: named.map_or(who, |name| Text::new(name.clone(), name.clone())),
        by,
        phone: live.acquirer.phone.clone().filter(|_| acquirer),
        tell: contact
            .tell
            .iter()
            .filter_map(|t| Some(Tell { label: t.label.clone(), value: t.value.clone()? }))
            .filter(|t| !t.value.is_empty())
            .collect(),
    })
}

/// What the person called will ask for, as far as it is known.
fn fill_in(
    diagnosis: &mut Diagnosis,
    record: &PaymentRecord,
    terminal: Option<&TerminalRecord>,
    live: &Live,
    (lang, zone): (Lang, &jiff::tz::TimeZone),
) {
    // With its zone: who is called may be elsewhere.
    let time = |us: i64| {
        jiff::Timestamp::from_microsecond(us)
            .map(|t| t.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %:z").to_string())
    };
    let words = code_words(record).map(|t| t.get(lang).to_owned()).unwrap_or_default();
    let card = super::payment_row::card(record);
    let money = record.amount.map(|minor| {
        let money = tg_types::Money { minor, currency: record.currency.unwrap_or(0) };
        format!("{money} {}", money.currency_letters())
    });
    let place = live.place(&record.terminal);
    let heard = [record.serial.clone(), terminal.map(|t| t.serial.clone()).unwrap_or_default()];
    let registered = place.as_ref().map(|p| p.serial.clone());
    let serial = heard.into_iter().chain(registered).find(|s| !s.is_empty());
    let signed_on = signed_on_before(record, terminal).and_then(|at| time(at).ok());
    for (field, value) in [
        ("merchant_number", Some(record.merchant.clone())),
        ("terminal", Some(record.terminal.clone())),
        ("merchant", place.map(|p| p.name.get(lang).to_owned())),
        ("serial", serial),
        ("time", time(record.opened_at).ok()),
        ("amount", money),
        ("card", card.map(|c| format!("{}••••••{}", c.bin, c.last_four))),
        (
            "code",
            (!record.response_code.is_empty())
                .then(|| format!("{} {words}", record.response_code).trim().to_owned()),
        ),
        ("trace", record.trace.map(|t| format!("{t:06}"))),
        ("reference", (!record.reference.is_empty()).then(|| record.reference.clone())),
        ("last_sign_on", signed_on),
    ] {
        if let Some(value) = value {
            diagnosis.fill_in(field, value);
        }
    }
}

fn features(record: &PaymentRecord) -> Vec<Feature> {
    let catalogue = tg_engine::Catalogue::builtin();
    let features = catalogue.features().iter().zip(&record.features);
    features
        .map(|(feature, value)| Feature {
            name: feature.name.clone(),
            text: feature.text.clone(),
            value: value.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: &str) -> PaymentRecord {
        PaymentRecord { scheme: "unionpay".into(), response_code: code.into(), ..PaymentRecord::default() }
    }

    fn counts(approved: u64, refused: u64, technical: u64, same_code: u64) -> ScopeCounts {
        ScopeCounts { approved, failed: refused + technical, technical, same_code, last_approved: None }
    }

    #[test]
    fn cards_short_of_money_are_no_broken_terminal() {
        let funds = of("51");
        assert_eq!(works(&counts(0, 2, 0, 2), &funds), Some(true), "the terminal got answers");
        assert_eq!(works(&counts(0, 0, 2, 0), &funds), Some(false), "two technical failures");
        assert_eq!(works(&counts(0, 0, 1, 0), &funds), None, "one says nothing");
        assert_eq!(works(&counts(1, 0, 3, 0), &funds), Some(true));
        assert_eq!(works(&counts(0, 1, 3, 0), &funds), None, "one answered, three did not");
    }

    #[test]
    fn wrong_pins_on_several_cards_are_the_machines() {
        assert_eq!(works(&counts(0, 2, 0, 2), &of("55")), Some(false));
        assert_eq!(works(&counts(0, 1, 0, 1), &of("55")), None);
        assert_eq!(works(&counts(3, 2, 0, 2), &of("55")), Some(true));
    }

    #[test]
    fn an_issuer_that_declines_is_not_down() {
        assert_eq!(healthy(&counts(1, 9, 0, 0)), Some(true));
        assert_eq!(healthy(&counts(1, 0, 9, 0)), Some(false));
        assert_eq!(healthy(&counts(1, 0, 3, 0)), None, "too few");
        assert_eq!(
            card_works(&counts(0, 2, 0, 0)),
            Some(false),
            "the same card refused elsewhere is the card's"
        );
    }
}
