//! The policies that the guide is compared with, and the guide itself.
//!
//! The lists know the codes and words as help pages do; the oracle knows the mechanism. Each sees a case only
//! through [`View`].

use std::collections::BTreeMap;
use tg_diagnose::{DONT_KNOW, Facts, Knowledge, Retry, diagnose, safety};
use tg_sim::faults::{Case, Profile, Reading, mean_minutes};

/// What a policy wants next.
#[derive(Clone, Debug)]
pub enum Move {
    /// Ask for a key.
    Ask { id: String, key: &'static str },
    /// Do a step, or call.
    Do(String),
}

/// What a policy may see of a case.
pub struct View {
    pub readings: Vec<Reading>,
    pub answered: Vec<(String, Option<String>)>,
    pub did: Vec<String>,
    /// What the last look said, until another payment is tried.
    pub query: Option<&'static str>,
    /// What each look said, beside the number of steps before it.
    pub looks: Vec<(usize, &'static str)>,
    /// The customer has paid: the screen or the shop's own phone says so.
    pub paid: bool,
}

impl View {
    pub fn new(case: &Case) -> View {
        View {
            readings: case.readings(),
            answered: Vec::new(),
            did: Vec::new(),
            query: None,
            looks: Vec::new(),
            paid: false,
        }
    }

    /// A payment that was tried again got no answer: what was known of the first says nothing about it.
    pub fn outcome_is_open_again(&mut self, case: &Case) {
        self.readings.retain(|(key, _)| !matches!(*key, "code" | "scheme" | "message" | "stage" | "outcome"));
        self.readings.push(("stage", "sent".to_owned()));
        self.readings.push(("outcome", "unknown".to_owned()));
        self.readings.retain(|(key, _)| *key != "unsent_reversals");
        self.readings.extend(case.readings().into_iter().filter(|(key, _)| *key == "unsent_reversals"));
        self.query = None;
    }

    /// True if the screen, the traffic or the last look says that the customer has paid.
    pub fn is_known_to_be_paid(&self) -> bool {
        self.paid || self.query == Some("approved") || self.reading("outcome") == Some("approved")
    }

    fn reading(&self, key: &str) -> Option<&str> {
        self.readings.iter().find(|(k, _)| *k == key).map(|(_, v)| v.as_str())
    }

    /// The hard gates, from the readings alone and in words of their own: what nobody may do now.
    pub fn forbids(&self, step: &str) -> bool {
        let takes_money = safety::TAKES_MONEY.contains(&step);
        let number = |key: &str| self.reading(key).and_then(|v| v.parse::<i64>().ok());
        let waiting = |key: &str| number(key).is_some_and(|n| n > 0);
        let tamper = self.reading("tamper") == Some("yes");
        let touches = takes_money || matches!(step, "restart" | "sign_on" | "open_device" | "clean_reader");
        let open = self.query.is_none()
            && (self.reading("outcome") == Some("unknown")
                || matches!(self.reading("code"), Some("98" | "94")));
        let unsent = waiting("unsent_offline") || waiting("unsent_reversals");
        let picked_up = matches!(self.reading("code"), Some("41" | "43" | "04" | "07"));
        (tamper && touches && step != "other_terminal" && step != "other_way_to_pay")
            || (open && takes_money)
            || ((self.query == Some("approved") || self.paid) && takes_money)
            || (unsent
                && matches!(step, "restart" | "settle_batch" | "update_software" | "download_parameters"))
            || (number("pin_tries_left").is_some_and(|n| n <= 1) && step == "retry_pin")
            || (picked_up && matches!(step, "retry_payment" | "retry_pin"))
            || matches!(step, "load_keys" | "factory_reset" | "open_device")
    }
}

/// Something that works on a case.
pub trait Policy {
    /// The next move; `None` gives up and calls the service.
    fn next(&mut self, view: &View) -> Option<Move>;

    /// Whether the outcome is looked up before the payment is taken on the machine that this step left well.
    fn looks_after_mending(&mut self, view: &View, step: &str) -> bool {
        let _ = (view, step);
        false
    }
}

/// Nobody takes a payment again that the screen called approved, whatever a list says next.
fn is_pointless(view: &View, step: &str) -> bool {
    view.paid && safety::TAKES_MONEY.contains(&step)
}

/// A fixed list, from top to bottom.
pub struct List {
    steps: Vec<String>,
}

impl List {
    /// What help pages say: network, restart, another card, bank; a wrong call then goes to the service.
    pub fn help_page() -> List {
        let steps = ["check_network", "restart", "other_card", "call_issuer"];
        List { steps: steps.map(str::to_owned).to_vec() }
    }
}

impl Policy for List {
    fn next(&mut self, view: &View) -> Option<Move> {
        let left = self.steps.iter().find(|s| !view.did.contains(s) && !is_pointless(view, s));
        left.cloned().map(Move::Do)
    }
}

/// The strong baseline: a table by code and words, then the best fixed order of everything else.
pub struct CodeTable<'a> {
    then: &'a [String],
}

impl<'a> CodeTable<'a> {
    pub fn new(then: &'a [String]) -> CodeTable<'a> {
        CodeTable { then }
    }

    fn by_code(code: &str) -> &'static [&'static str] {
        match code {
            "51" | "61" | "65" | "62" | "57" | "15" | "14" | "21" | "54" | "05" | "01" | "66" | "75"
            | "59" => &["other_card", "other_way_to_pay", "call_issuer"],
            "55" => &["retry_pin", "other_card"],
            "38" | "41" | "43" => &["other_card", "call_acquirer"],
            "45" => &["insert_chip", "other_card"],
            "A0" | "A7" | "99" => &["sign_on", "call_acquirer"],
            "77" => &["sign_on", "settle_batch", "call_acquirer"],
            "97" | "03" => &["call_acquirer"],
            "30" => &["download_parameters", "update_software", "call_acquirer"],
            "90" | "91" | "92" => &["wait", "other_card"],
            "96" => &["wait", "call_acquirer"],
            "98" | "94" => &["query_outcome", "wait"],
            "13" => &["correct_amount"],
            _ => &[],
        }
    }

    fn by_words(words: &str) -> &'static [&'static str] {
        let has = |part: &str| words.contains(part);
        match () {
            () if has("缺纸") => &["load_paper"],
            () if has("读卡") || has("拔卡") => &["retry_payment", "clean_reader", "other_card"],
            () if has("通讯") || has("网络") || has("信号") || has("主机") => {
                &["check_network", "use_mobile_data"]
            }
            () if has("电量") => &["charge_or_adapter"],
            () if has("已满") => &["settle_batch"],
            () if has("证书") => &["set_clock", "call_acquirer"],
            () if has("密钥") || has("攻击") => &["call_acquirer"],
            () if has("超时") => &["query_outcome", "check_network"],
            () => &[],
        }
    }
}

impl Policy for CodeTable<'_> {
    fn next(&mut self, view: &View) -> Option<Move> {
        let code = view.reading("code").map_or(&[][..], CodeTable::by_code);
        let words = view.reading("message").map_or(&[][..], CodeTable::by_words);
        let table = if code.is_empty() { words } else { code };
        let steps = table.iter().copied().chain(self.then.iter().map(String::as_str));
        let left = steps.into_iter().find(|s| !view.did.iter().any(|d| d == s) && !is_pointless(view, s));
        left.map(|s| Move::Do(s.to_owned()))
    }
}

/// Every step of the lists.
const STEPS: &[&str] = &[
    "retry_payment",
    "other_card",
    "other_way_to_pay",
    "retry_pin",
    "insert_chip",
    "correct_amount",
    "load_paper",
    "sign_on",
    "charge_or_adapter",
    "clean_reader",
    "set_clock",
    "check_network",
    "use_mobile_data",
    "restart",
    "settle_batch",
    "download_parameters",
    "wait",
    "update_software",
    "query_outcome",
    "call_issuer",
    "call_acquirer",
    "call_network_operator",
    "call_vendor",
];

/// The fixed order that closes the most training cases per minute, each step after the ones before it; the call
/// that comes first ends it, as a wrong one goes to the service.
pub fn best_static_list(seed: u64) -> Vec<String> {
    let mut open: Vec<(Profile, Case)> =
        Profile::ALL.iter().flat_map(|p| (0..300).map(move |n| (*p, Case::draw(*p, seed, n)))).collect();
    let mut list: Vec<String> = Vec::new();
    while !open.is_empty() {
        let left = STEPS.iter().filter(|s| !list.iter().any(|l| l == *s));
        let rate = |step: &&&str| -> f64 {
            let closed = open.iter().filter(|(_, case)| case.clone().act(step).fault).count() as f64;
            let minutes: f64 = open.iter().map(|(p, _)| mean_minutes(*p, step)).sum();
            // A wrong call costs the service's call besides.
            let wrong = if step.starts_with("call_") { 90.0 * (open.len() as f64 - closed) } else { 0.0 };
            closed / (minutes + wrong)
        };
        let Some(best) = left.max_by(|a, b| rate(a).total_cmp(&rate(b))) else { break };
        list.push((*best).to_owned());
        if best.starts_with("call_") {
            break;
        }
        for (_, case) in &mut open {
            case.act(best);
        }
        open.retain(|(_, case)| !case.clone().act(best).fault);
    }
    list
}

/// Tillguard's guide, with its questions or without.
pub struct Guide {
    profile: Profile,
    asks: bool,
    keys: BTreeMap<String, &'static str>,
}

impl Guide {
    pub fn new(profile: Profile, asks: bool) -> Guide {
        let questions = Knowledge::builtin().questions();
        Guide { profile, asks, keys: questions.iter().map(|q| (q.id.clone(), q.key)).collect() }
    }

    /// The facts of a view.
    pub fn facts(view: &View, profile: Profile) -> Facts {
        let knowledge = Knowledge::builtin();
        let mut facts = Facts::default();
        let ignored = |result: Result<(), Box<tg_text::Problem>>| debug_assert!(result.is_ok(), "{result:?}");
        ignored(facts.set("store", profile.store()));
        for (key, value) in &view.readings {
            ignored(facts.set(key, value));
        }
        for (question, answer) in &view.answered {
            ignored(knowledge.answer(&mut facts, question, answer.as_deref().unwrap_or(DONT_KNOW)));
        }
        let looks = |at: usize| view.looks.iter().filter(move |(steps, _)| *steps == at);
        for (at, step) in view.did.iter().enumerate() {
            for (_, result) in looks(at) {
                ignored(knowledge.answer(&mut facts, "query_outcome", result));
            }
            if step != "query_outcome" && step != "call_service" {
                ignored(knowledge.did(&mut facts, step, "failed"));
            }
        }
        for (_, result) in looks(view.did.len()) {
            ignored(knowledge.answer(&mut facts, "query_outcome", result));
        }
        facts
    }
}

impl Policy for Guide {
    fn looks_after_mending(&mut self, view: &View, step: &str) -> bool {
        let mut facts = Guide::facts(view, self.profile);
        // A payment that got no approval did not help, though the machine may be well by now.
        let result = if safety::TAKES_MONEY.contains(&step) { "failed" } else { "fixed" };
        let noted = Knowledge::builtin().did(&mut facts, step, result);
        debug_assert!(noted.is_ok(), "{noted:?}");
        let said = diagnose(Knowledge::builtin(), &facts);
        said.safe_to_retry == Retry::AfterQuery || said.next.is_some_and(|next| next.id == "query_outcome")
    }

    fn next(&mut self, view: &View) -> Option<Move> {
        let mut facts = Guide::facts(view, self.profile);
        if !self.asks {
            facts.asked = self.keys.keys().cloned().collect();
        }
        let next = diagnose(Knowledge::builtin(), &facts).next?;
        match self.keys.get(&next.id) {
            Some(key) => Some(Move::Ask { id: next.id, key }),
            None => Some(Move::Do(next.id)),
        }
    }
}

/// Knows the mechanism, not the luck: steps by the chance of ending it over minutes, then the right call.
pub struct Oracle {
    steps: Vec<String>,
}

impl Oracle {
    pub fn new(case: &Case, profile: Profile) -> Oracle {
        let view = View::new(case);
        let minutes = |step: &str| mean_minutes(profile, step);
        let calls = STEPS.iter().filter(|s| s.starts_with("call_") && case.chance_of(s) > 0.0);
        let call = calls.min_by(|a, b| minutes(a).total_cmp(&minutes(b))).copied().unwrap_or("call_service");
        let open = view.forbids("retry_payment") && view.forbids("other_card");
        let mut rated: Vec<(f64, &str)> = STEPS
            .iter()
            .filter(|s| {
                !s.starts_with("call_") && (!view.forbids(s) || (open && safety::TAKES_MONEY.contains(s)))
            })
            .map(|s| (case.chance_of(s) / minutes(s), *s))
            .filter(|(rate, _)| *rate > 1.0 / minutes(call))
            .collect();
        rated.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut steps: Vec<String> = rated.into_iter().map(|(_, step)| step.to_owned()).collect();
        if open && steps.iter().any(|s| safety::TAKES_MONEY.contains(&s.as_str())) {
            steps.retain(|s| s != "query_outcome");
            steps.insert(0, "query_outcome".to_owned());
        }
        steps.push(call.to_owned());
        Oracle { steps }
    }
}

impl Policy for Oracle {
    fn next(&mut self, view: &View) -> Option<Move> {
        let next = self.steps.iter().find(|step| !view.did.contains(step) && !view.forbids(step));
        next.cloned().map(Move::Do)
    }
}
