//! Reads `causes.toml`, `actions.toml` and `questions.toml` into [`Knowledge`], or says what is wrong, where, and what was meant.
//!
//! Everything that is wrong is found in one pass, so that an author sees all of it ([`crate::lint`]). Never
//! panics on what an operator wrote.

use crate::facts::{OBSERVATIONS, Scheme, Store};
use crate::files::{ActionsFile, CausesFile, QuestionsFile, RawAction, RawCause, RawClass, RawStore, Word};
use crate::knowledge::{
    Action, AnsweredBy, Cause, CodeClass, Gate, Knowledge, Message, Observation, ObservationState, Protocol,
    RetryRule, StoreCosts,
};
use crate::message;
use crate::source::{ACTIONS, CAUSES, KnowledgeError, QUESTIONS, Source, places};
use crate::step::Step;
use std::collections::BTreeMap;
use tg_text::Text;

const GROUPS: &[&str] = &[
    "network", "power", "device", "keys", "settings", "software", "card", "issuer", "acquirer", "user",
    "security", "other",
];
const OWNERS: &[&str] = &["acquirer", "issuer", "vendor", "network_operator", "police", "merchant_office"];
/// Where a step is done: by the customer where he stands, at the till, in the machine's menu, at the router, in
/// the office, on the phone.
pub(crate) const PLACES: &[&str] = &["customer", "till", "menu", "router", "office", "phone"];
const WORDS: &[&str] = &["always", "usually", "often", "sometimes", "rarely", "never"];
const RETRY_RULES: &[(&str, RetryRule)] = &[
    ("no", RetryRule::No),
    ("yes", RetryRule::Yes),
    ("later", RetryRule::Later),
    ("after_fix", RetryRule::AfterFix),
    ("after_sign_on", RetryRule::AfterSignOn),
    ("look_first", RetryRule::LookFirst),
    ("query_first", RetryRule::QueryFirst),
];
const ANSWERERS: &[(&str, AnsweredBy)] = &[
    ("terminal", AnsweredBy::Terminal),
    ("host", AnsweredBy::Host),
    ("switch", AnsweredBy::Switch),
    ("issuer", AnsweredBy::Issuer),
];

/// Reads the three files. Knowledge comes back only if all could be read at all; errors are all that were found.
pub(crate) fn read(
    causes_toml: &str,
    actions_toml: &str,
    questions_toml: &str,
) -> (Option<Knowledge>, Vec<KnowledgeError>) {
    let mut causes = Source::new(CAUSES, causes_toml);
    let mut actions = Source::new(ACTIONS, actions_toml);
    let mut questions = Source::new(QUESTIONS, questions_toml);
    let files =
        (causes.parse::<CausesFile>(), actions.parse::<ActionsFile>(), questions.parse::<QuestionsFile>());
    let mut knowledge = None;
    if let (Some(causes_file), Some(actions_file), Some(questions_file)) = &files {
        let mut reader = Reader { words: BTreeMap::new() };
        let gate_ids: Vec<&str> = actions_file.gate.iter().map(|g| g.id.get_ref().as_str()).collect();
        let mut read = reader.causes(&mut causes, causes_file, &gate_ids);
        read.questions = crate::questions::read(&mut questions, questions_file, &read);
        if read.question("response_code").is_none() {
            let what = Text::fixed("缺少必需的问题", "a question that the engine needs is missing");
            questions.error(0, what, "", "response_code".into());
        }
        reader.actions(&mut actions, actions_file, &mut read);
        for question in questions_file.question.iter().filter(|q| read.action(q.id.get_ref()).is_some()) {
            let what = Text::fixed("这个 id 已经是一个步骤", "this id is a step’s already");
            questions.error(question.id.span().start, what, question.id.get_ref(), "another id".into());
        }
        knowledge = Some(read);
    }
    let errors = [causes.errors, actions.errors, questions.errors].concat();
    (knowledge, errors)
}

struct Reader {
    words: BTreeMap<String, f64>,
}

impl Reader {
    fn probability(&self, source: &mut Source<'_>, word: &Word) -> f64 {
        match self.words.get(word.get_ref()) {
            Some(p) => *p,
            None => {
                source.place(word, WORDS, ("概率词", "word for a probability"));
                0.5
            }
        }
    }

    fn causes(&mut self, source: &mut Source<'_>, file: &CausesFile, gate_ids: &[&str]) -> Knowledge {
        source.schema(&file.schema, "tillguard.causes/1");
        self.read_words(source, file);
        source.unique(file.code_class.iter().map(|c| &c.id));
        source.unique(file.message.iter().map(|m| &m.id));
        source.unique(file.cause.iter().map(|c| &c.id));
        let mut classes = Vec::new();
        let mut codes = BTreeMap::new();
        for raw in &file.code_class {
            let class = read_class(source, raw, gate_ids);
            read_codes(source, raw, classes.len(), &mut codes);
            classes.push(class);
        }
        let messages = file.message.iter().map(|raw| Message {
            id: raw.id.get_ref().clone(),
            umbrella: raw.umbrella,
            spellings: raw.words.iter().map(|w| message::normalised(w.get_ref())).collect(),
        });
        let messages: Vec<Message> = messages.collect();
        let (observations, normal) = self.read_observations(source, file, &classes);
        let total: u64 = file.cause.iter().map(|c| u64::from(*c.per_10000.get_ref())).sum();
        let causes = file
            .cause
            .iter()
            .map(|raw| {
                source.place(&raw.group, GROUPS, ("类别", "group"));
                source.place(&raw.owner, OWNERS, ("负责方", "owner"));
                if *raw.per_10000.get_ref() == 0 {
                    let what = Text::fixed("发生率不能是 0", "a cause that never occurs can never be found");
                    source.error(raw.per_10000.span().start, what, "0", "at least 1".into());
                }
                Cause {
                    id: raw.id.get_ref().clone(),
                    group: raw.group.get_ref().clone(),
                    text: source.text(&raw.zh, &raw.en),
                    owner: raw.owner.get_ref().clone(),
                    prior: f64::from(*raw.per_10000.get_ref()).max(0.01) / total.max(1) as f64,
                    log_likelihood: self.likelihoods(source, raw, &observations, &normal),
                }
            })
            .collect();
        Knowledge {
            classes,
            codes,
            messages,
            observations,
            causes,
            actions: Vec::new(),
            guards: Vec::new(),
            gates: Vec::new(),
            protocols: Vec::new(),
            questions: Vec::new(),
            stores: Vec::new(),
        }
    }

    fn read_words(&mut self, source: &mut Source<'_>, file: &CausesFile) {
        for (word, value) in &file.words {
            source.place(word, WORDS, ("概率词", "word for a probability"));
            if !(*value > 0.0 && *value < 1.0) {
                let what = Text::fixed("概率要在 0 和 1 之间", "a probability lies between 0 and 1");
                source.error(word.span().start, what, &value.to_string(), "0.004 to 0.98".into());
            }
            self.words.insert(word.get_ref().clone(), value.clamp(0.0001, 0.9999));
        }
        for word in WORDS {
            if !self.words.contains_key(*word) {
                let what = Text::fixed("缺少概率词", "a word for a probability is missing");
                source.error(0, what, "", (*word).into());
            }
        }
    }

    /// The observations with their states and how often each state is seen whatever the cause.
    fn read_observations(
        &self,
        source: &mut Source<'_>,
        file: &CausesFile,
        classes: &[CodeClass],
    ) -> (Vec<Observation>, Vec<Vec<f64>>) {
        let names: Vec<&str> = OBSERVATIONS.iter().map(|(name, _)| *name).collect();
        for (name, states) in &file.observation {
            let Some(place) = source.place(name, &names, ("观察项", "observation")) else { continue };
            for state in states.keys() {
                source.place(state, OBSERVATIONS[place].1, ("状态", "state"));
            }
        }
        let mut observations = Vec::new();
        let mut normal = Vec::new();
        for (name, known_states) in OBSERVATIONS {
            let raw = file.observation.iter().find(|(n, _)| n.get_ref() == name).map(|(_, states)| states);
            let (states, mut weights): (Vec<ObservationState>, Vec<f64>) = match *name {
                "code" => classes.iter().map(|c| (state(&c.id, c.text.clone()), 1.0)).unzip(),
                "message" => messages_normally(source, file),
                _ => known_states
                    .iter()
                    .map(|known| {
                        let raw = raw.and_then(|r| r.iter().find(|(s, _)| s.get_ref() == known));
                        let Some((_, raw)) = raw else {
                            let what =
                                Text::fixed("观察项或状态缺失", "an observation or a state is missing");
                            source.error(0, what, "", format!("[observation.{name}] {known} = …"));
                            return (state(known, Text::fixed("", "")), 1.0);
                        };
                        let weight = self.probability(source, &raw.normally);
                        (state(known, source.text(&raw.zh, &raw.en)), weight)
                    })
                    .unzip(),
            };
            let total: f64 = weights.iter().sum();
            weights.iter_mut().for_each(|w| *w /= total);
            observations.push(Observation { id: (*name).to_owned(), states });
            normal.push(weights);
        }
        (observations, normal)
    }

    /// ln P(state | cause): the states that the cause names have their word's probability; what is left goes to
    /// the others as they normally are. `rest` says how much is left.
    fn likelihoods(
        &self,
        source: &mut Source<'_>,
        raw: &RawCause,
        observations: &[Observation],
        normal: &[Vec<f64>],
    ) -> Vec<Vec<f64>> {
        let mut rows: Vec<Vec<f64>> = normal.to_vec();
        let names: Vec<&str> = observations.iter().map(|o| o.id.as_str()).collect();
        for (name, row) in &raw.given {
            let Some(place) = source.place(name, &names, ("观察项", "observation")) else { continue };
            let mut states: Vec<&str> = observations[place].states.iter().map(|s| s.id.as_str()).collect();
            states.push("rest");
            let mut named: Vec<Option<f64>> = vec![None; states.len()];
            for (state, word) in row {
                let p = self.probability(source, word);
                if let Some(i) = source.place(state, &states, ("状态", "state")) {
                    named[i] = Some(p);
                }
            }
            let rest = named.pop().flatten();
            let sum: f64 = named.iter().flatten().sum();
            let left = rest.unwrap_or((1.0 - sum).max(0.02));
            let others: f64 =
                named.iter().zip(&normal[place]).filter(|(n, _)| n.is_none()).map(|(_, w)| w).sum();
            let total = sum + if others > 0.0 { left } else { 0.0 };
            rows[place] = named
                .iter()
                .zip(&normal[place])
                .map(|(n, weight)| n.unwrap_or_else(|| left * weight / others) / total)
                .collect();
        }
        rows.iter().map(|row| row.iter().map(|p| libm::log(p.max(1e-9))).collect()).collect()
    }

    fn actions(&self, source: &mut Source<'_>, file: &ActionsFile, knowledge: &mut Knowledge) {
        source.schema(&file.schema, "tillguard.actions/1");
        source.unique(file.guard.iter().map(|g| &g.id));
        source.unique(file.gate.iter().map(|g| &g.id));
        source.unique(file.action.iter().map(|a| &a.id));
        knowledge.guards =
            file.guard.iter().map(|raw| (raw.id.get_ref().clone(), source.text(&raw.zh, &raw.en))).collect();
        let guard_ids: Vec<&str> = file.guard.iter().map(|g| g.id.get_ref().as_str()).collect();
        for gate in crate::gates::ALL {
            if !file.gate.iter().any(|g| g.id.get_ref() == gate) {
                let what = Text::fixed("缺少一道硬性关卡的文字", "the words of a hard gate are missing");
                source.error(0, what, "", (*gate).into());
            }
        }
        for raw in &file.gate {
            source.place(&raw.id, crate::gates::ALL, ("硬性关卡", "gate"));
            let guards = places(source, &raw.guards, &guard_ids, ("红线", "guard"));
            knowledge.gates.push(Gate {
                id: raw.id.get_ref().clone(),
                text: source.text(&raw.zh, &raw.en),
                guards,
            });
        }
        for raw in &file.action {
            let action = self.read_action(source, raw, &guard_ids, knowledge);
            knowledge.actions.push(action);
        }
        for needed in crate::safety::NEEDED {
            if knowledge.action(needed).is_none() {
                let what = Text::fixed("缺少一个必需的步骤", "a step that the engine needs is missing");
                source.error(0, what, "", (*needed).into());
            }
        }
        knowledge.stores = stores(source, &file.store);
        let class_ids: Vec<&str> = knowledge.classes.iter().map(|c| c.id.as_str()).collect();
        let action_ids: Vec<&str> = knowledge.actions.iter().map(|a| a.id.as_str()).collect();
        let protocols = file.protocol.iter().map(|raw| {
            source.place(&raw.contact, OWNERS, ("联系方", "contact"));
            Protocol {
                classes: places(source, &raw.classes, &class_ids, ("应答类别", "code class")),
                steps: places(source, &raw.steps, &action_ids, ("步骤", "action"))
                    .into_iter()
                    .map(Step::Do)
                    .collect(),
                contact: raw.contact.get_ref().clone(),
            }
        });
        knowledge.protocols = protocols.collect();
    }

    fn read_action(
        &self,
        source: &mut Source<'_>,
        raw: &RawAction,
        guard_ids: &[&str],
        knowledge: &Knowledge,
    ) -> Action {
        let cause_ids: Vec<&str> = knowledge.causes.iter().map(|c| c.id.as_str()).collect();
        let mut helps = vec![0.0; cause_ids.len()];
        for (cause, word) in &raw.helps {
            let p = self.probability(source, word);
            if let Some(i) = source.place(cause, &cause_ids, ("原因", "cause")) {
                helps[i] = p;
            }
        }
        let who = places(source, &raw.who, &["shop", "cardholder"], ("执行人", "doer"));
        if let Some(calls) = &raw.calls {
            source.place(calls, OWNERS, ("联系方", "contact"));
        }
        if let Some(place) = &raw.place {
            source.place(place, PLACES, ("地点", "place"));
        }
        if raw.offered && who.is_empty() {
            let what = Text::fixed("没有写由谁来做", "nobody is named to do this");
            source.error(raw.id.span().start, what, raw.id.get_ref(), "who = [\"shop\"]".into());
        }
        Action {
            id: raw.id.get_ref().clone(),
            text: source.text(&raw.zh, &raw.en),
            say: source.both(raw.say_zh.as_ref(), raw.say_en.as_ref()),
            verify: source.both(raw.verify_zh.as_ref(), raw.verify_en.as_ref()),
            for_cardholder: source.both(raw.cardholder_zh.as_ref(), raw.cardholder_en.as_ref()),
            minutes: raw.minutes.max(1),
            offered: raw.offered,
            place: raw.place.as_ref().map_or_else(|| "till".to_owned(), |p| p.get_ref().clone()),
            steps: steps(source, raw),
            without: places(source, &raw.without, Store::WORDS, ("场所", "store"))
                .into_iter()
                .map(|i| Store::ALL[i].1)
                .collect(),
            takes_money: raw.takes_money,
            work_around: raw.work_around,
            by_shop: who.contains(&0),
            by_cardholder: who.contains(&1),
            calls: raw.calls.as_ref().map(|c| c.get_ref().clone()),
            guards: places(source, &raw.guards, guard_ids, ("红线", "guard")),
            helps,
        }
    }
}

/// The steps in both languages, one beside the other.
fn steps(source: &mut Source<'_>, raw: &RawAction) -> Vec<Text> {
    if raw.steps_zh.len() != raw.steps_en.len() {
        let what = Text::fixed("两种语言的步骤数不同", "the two languages have different numbers of steps");
        let found = format!("{} / {}", raw.steps_zh.len(), raw.steps_en.len());
        source.error(raw.id.span().start, what, &found, "as many in each".into());
    }
    raw.steps_zh.iter().zip(&raw.steps_en).map(|(zh, en)| source.text(zh, en)).collect()
}

/// What each place costs in each sort of store; a store that the file leaves out costs nothing extra.
fn stores(source: &mut Source<'_>, raw: &[RawStore]) -> Vec<StoreCosts> {
    let read = |source: &mut Source<'_>, raw: &RawStore| {
        let place = source.place(&raw.id, Store::WORDS, ("场所", "store"))?;
        let mut extra = vec![0.0; PLACES.len()];
        for (name, minutes) in &raw.extra_minutes {
            if let Some(i) = source.place(name, PLACES, ("地点", "place")) {
                extra[i] = minutes.clamp(0.0, 600.0);
            }
        }
        Some(StoreCosts { store: Store::ALL[place].1, text: source.text(&raw.zh, &raw.en), extra })
    };
    raw.iter().filter_map(|raw| read(source, raw)).collect()
}

/// How often a message is seen though the cause has nothing to do with it: an umbrella message now and then, a
/// particular one hardly ever; mostly it is one that is not in the list.
fn messages_normally(source: &mut Source<'_>, file: &CausesFile) -> (Vec<ObservationState>, Vec<f64>) {
    const UMBRELLA: f64 = 0.1;
    const PARTICULAR: f64 = 0.001;
    let mut rows: Vec<(ObservationState, f64)> = Vec::new();
    for raw in &file.message {
        let weight = if raw.umbrella { UMBRELLA } else { PARTICULAR };
        rows.push((state(raw.id.get_ref(), source.text(&raw.zh, &raw.en)), weight));
    }
    let listed: f64 = rows.iter().map(|(_, weight)| weight).sum();
    let other = Text::fixed("别的提示", "another message");
    rows.push((state("another_message", other), (1.0 - listed).max(0.1)));
    rows.into_iter().unzip()
}

fn state(id: &str, text: Text) -> ObservationState {
    ObservationState { id: id.to_owned(), text }
}

fn read_class(source: &mut Source<'_>, raw: &RawClass, gate_ids: &[&str]) -> CodeClass {
    let rules: Vec<&str> = RETRY_RULES.iter().map(|(word, _)| *word).collect();
    let answerers: Vec<&str> = ANSWERERS.iter().map(|(word, _)| *word).collect();
    let retry = source.place(&raw.retry, &rules, ("重试规则", "retry rule"));
    let answered_by =
        raw.answered_by.as_ref().and_then(|who| source.place(who, &answerers, ("应答方", "answerer")));
    CodeClass {
        id: raw.id.get_ref().clone(),
        text: source.text(&raw.zh, &raw.en),
        retry: retry.map_or(RetryRule::QueryFirst, |i| RETRY_RULES[i].1),
        approves: raw.approves,
        delicate: raw.delicate,
        answered_by: answered_by.map_or(AnsweredBy::NotKnown, |i| ANSWERERS[i].1),
        gates: places(source, &raw.gates, gate_ids, ("硬性关卡", "gate")),
    }
}

fn read_codes(
    source: &mut Source<'_>,
    raw: &RawClass,
    class: usize,
    codes: &mut BTreeMap<(&'static str, String), usize>,
) {
    for (scheme, listed) in &raw.codes {
        let Some(place) = source.place(scheme, Scheme::WORDS, ("卡组织", "scheme")) else { continue };
        for code in listed {
            let key = (Scheme::WORDS[place], code.get_ref().clone());
            if codes.insert(key, class).is_some() {
                let what = Text::fixed("这个应答码归了两类", "this code stands in two classes");
                source.error(code.span().start, what, code.get_ref(), "one class".into());
            }
        }
    }
}
