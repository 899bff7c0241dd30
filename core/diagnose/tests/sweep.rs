//! Every single fact, every pair of facts and many triples of the machine interface against the list of harms.
//!
//! Why beside the random search: a harm that hangs on two facts is found by trying all pairs, not by luck. The
//! oracle reads the facts and the printed answer alone (`harm/`), so that a mistake of the engine's gates can't
//! hide in it.

#[path = "harm/mod.rs"]
mod harm;

use std::collections::BTreeSet;
use tg_diagnose::*;

/// Codes of every class, of all five schemes, as they are typed.
const CODES: &[&str] = &[
    "00", "01", "03", "04", "05", "06", "07", "09", "10", "11", "12", "13", "14", "15", "17", "19", "20",
    "21", "22", "25", "30", "31", "33", "34", "35", "36", "37", "38", "40", "41", "43", "45", "51", "54",
    "55", "57", "58", "59", "60", "61", "62", "63", "64", "65", "66", "67", "68", "75", "77", "78", "79",
    "90", "91", "92", "93", "94", "95", "96", "97", "98", "99", "A0", "A1", "A2", "A4", "A7", "N7", "85",
    "116", "911", "916", "ZZ",
];
const MESSAGES: &[&str] = &[
    "安全处理失败",
    "MAC校验错",
    "请签到",
    "主密钥不存在",
    "设备被攻击",
    "通讯失败",
    "交易超时",
    "冲正失败",
    "重复交易",
    "打印机缺纸",
    "读卡失败",
    "请插卡",
    "证书过期",
    "电量低",
    "终端未登记",
    "无效商户",
    "请下载参数",
    "交易笔数已满",
    "发卡行状态异常",
    "交易金额超限",
    "余额不足",
    "卡已冻结",
    "卡已过期",
    "密码错误",
    "no network",
    "???",
];

/// Every fact of the machine interface: key and value.
fn every_fact() -> Vec<(&'static str, &'static str)> {
    let words: &[(&str, &[&str])] = &[
        ("code", CODES),
        ("message", MESSAGES),
        ("scheme", Scheme::WORDS),
        ("mti", &["0200", "0210", "0400", "0410", "0420", "0430"]),
        ("stage", Stage::WORDS),
        ("outcome", Outcome::WORDS),
        ("charged", Charged::WORDS),
        ("reversal", Reversal::WORDS),
        ("query_result", QueryResult::WORDS),
        ("entry_mode", EntryMode::WORDS),
        ("other_cards_here", Works::WORDS),
        ("same_card_elsewhere", Works::WORDS),
        ("other_terminals_in_store", Works::WORDS),
        ("issuer_elsewhere", Health::WORDS),
        ("acquirer_elsewhere", Health::WORDS),
        ("same_model_elsewhere", Health::WORDS),
        ("network", Network::WORDS),
        ("clock_offset_minutes", &["-600", "0", "1500"]),
        ("certificate_days_left", &["-1", "90"]),
        ("battery_percent", &["3", "80"]),
        ("unsent_offline", &["0", "2"]),
        ("unsent_reversals", &["0", "1"]),
        ("pin_tries_left", &["0", "1", "3"]),
        ("last_sign_on", LastSignOn::WORDS),
        ("key_check_value", KeyCheckValue::WORDS),
        ("mac", MacCheck::WORDS),
        ("tamper", YesNo::WORDS),
        ("expiry_passed", YesNo::WORDS),
        ("software", Software::WORDS),
        ("changed_recently", Changed::WORDS),
        ("phone_online", YesNo::WORDS),
        ("network_test", NetworkTest::WORDS),
        ("battery_icon", BatteryIcon::WORDS),
        ("screen_time", Right::WORDS),
        ("screen", Screen::WORDS),
        ("card_looks", CardLooks::WORDS),
        ("machine_looks", Seen::WORDS),
        ("store", Store::WORDS),
        ("role", Role::WORDS),
    ];
    let keys: BTreeSet<&str> = words.iter().map(|(key, _)| *key).collect();
    assert_eq!(keys, KEYS.iter().copied().collect(), "every key has its words here");
    words.iter().flat_map(|(key, values)| values.iter().map(move |value| (*key, *value))).collect()
}

/// Gates that the facts call for, written from the contract's words and not from the engine.
fn gates_called_for(facts: &Facts, gates: &[&str]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut must = |called: bool, gate: &str| {
        if called && !gates.contains(&gate) {
            wrong.push(format!("the gate {gate} is missing"));
        }
    };
    must(facts.tamper == Some(YesNo::Yes) || facts.machine_looks == Some(Seen::Odd), "tamper");
    must(
        facts.unsent_offline.is_some_and(|n| n > 0) || facts.unsent_reversals.is_some_and(|n| n > 0),
        "unsent_payments",
    );
    must(facts.pin_tries_left.is_some_and(|n| n <= 1), "last_pin_try");
    must(facts.changed_recently == Some(Changed::TerminalSwapped), "foreign_machine");
    must(facts.entry_mode == Some(EntryMode::Manual), "card_secrets");
    must(
        facts.charged == Some(Charged::Yes)
            && facts.outcome == Some(Outcome::Declined)
            && facts.reversal.is_none()
            && facts.query_result.is_none()
            && facts.mti.is_none(),
        "unknown_outcome",
    );
    let quiet = |f: &Facts| f.code.is_none() && f.message.is_none() && f.mti.is_none();
    let mut must_not = |uncalled: bool, gate: &str| {
        if uncalled && gates.contains(&gate) {
            wrong.push(format!("the gate {gate} shows for nothing"));
        }
    };
    must_not(
        quiet(facts) && facts.tamper != Some(YesNo::Yes) && facts.machine_looks != Some(Seen::Odd),
        "tamper",
    );
    must_not(quiet(facts) && facts.pin_tries_left.is_none(), "last_pin_try");
    must_not(quiet(facts), "pick_up_card");
    must_not(quiet(facts) && facts.entry_mode != Some(EntryMode::Manual), "card_secrets");
    must_not(quiet(facts) && facts.changed_recently != Some(Changed::TerminalSwapped), "foreign_machine");
    let keys = facts.key_check_value.is_some()
        || facts.mac.is_some()
        || facts.changed_recently == Some(Changed::Keys);
    must_not(quiet(facts) && !keys, "keys_not_by_shop");
    wrong
}

fn check(given: &[(&str, &str)]) -> Vec<String> {
    let mut facts = Facts::default();
    for (key, value) in given {
        facts.set(key, value).expect("a known word");
    }
    let diagnosis = diagnose(Knowledge::builtin(), &facts);
    let gates: Vec<&str> = diagnosis.gates.iter().map(|g| g.id.as_str()).collect();
    let mut wrong = harm::harms(&facts, &diagnosis);
    wrong.extend(gates_called_for(&facts, &gates));
    wrong.into_iter().map(|w| format!("{given:?}: {w}")).collect()
}

#[test]
fn no_fact_and_no_pair_of_facts_leads_to_harm() {
    let facts = every_fact();
    let mut wrong = check(&[]);
    for (i, a) in facts.iter().enumerate() {
        wrong.extend(check(&[*a]));
        for b in facts[i + 1..].iter().filter(|b| b.0 != a.0) {
            wrong.extend(check(&[*a, *b]));
        }
    }
    let shown: Vec<&String> = wrong.iter().take(40).collect();
    assert!(wrong.is_empty(), "{} harms, the first: {shown:#?}", wrong.len());
}

#[test]
fn no_triple_of_facts_leads_to_harm() {
    // Every seventy-first of the triples that hold an answer, so that each run tries the same some 10,000.
    let facts = every_fact();
    let answers: Vec<&(&str, &str)> =
        facts.iter().filter(|f| ["code", "message", "outcome"].contains(&f.0)).collect();
    let (mut wrong, mut count) = (Vec::new(), 0_u64);
    for a in answers {
        for (i, b) in facts.iter().enumerate().filter(|(_, b)| b.0 != a.0) {
            for c in facts[i + 1..].iter().filter(|c| c.0 != a.0 && c.0 != b.0) {
                count += 1;
                if count % 71 == 0 {
                    wrong.extend(check(&[*a, *b, *c]));
                }
            }
        }
    }
    let shown: Vec<&String> = wrong.iter().take(40).collect();
    assert!(count > 500_000 && wrong.is_empty(), "{} harms of {count}, the first: {shown:#?}", wrong.len());
}

#[test]
fn going_step_by_step_gives_the_plan() {
    // The plan is what would be advised if every step failed, every question were answered “don't know”, and a
    // look that only stands before another payment found that none was made.
    let knowledge = Knowledge::builtin();
    for (key, value) in every_fact() {
        let mut facts = Facts::default();
        facts.set(key, value).expect("a known word");
        let whole = diagnose(knowledge, &facts).plan;
        for (i, step) in whole.iter().enumerate() {
            let now = diagnose(knowledge, &facts);
            let left: Vec<&str> = now.plan.iter().map(|s| s.id.as_str()).collect();
            let expected: Vec<&str> = whole[i..].iter().map(|s| s.id.as_str()).collect();
            let (left_steps, expected_steps) = (&left[..left.len() - 1], &expected[..expected.len() - 1]);
            assert_eq!(left_steps, expected_steps, "{key}={value} after {i} steps");
            match step.kind {
                StepKind::Question => knowledge.answer(&mut facts, &step.id, DONT_KNOW).expect("a question"),
                _ if step.id == "query_outcome" && now.gates.iter().all(|g| g.id != "unknown_outcome") => {
                    knowledge.answer(&mut facts, &step.id, "not_approved").expect("a result");
                }
                _ => knowledge.did(&mut facts, &step.id, "failed").expect("a step"),
            }
        }
    }
}

#[test]
fn no_sentence_asks_for_what_must_not_be_asked() {
    // Whatever the knowledge says, in every question, step and gate, both languages.
    let knowledge = Knowledge::builtin();
    let mut sentences: Vec<String> = Vec::new();
    let mut take = |text: &tg_text::Text| sentences.push(format!("{} {}", text.zh, text.en).to_lowercase());
    for action in knowledge.actions().iter().filter(|a| a.offered) {
        take(&action.text);
        [&action.say, &action.verify, &action.for_cardholder].into_iter().flatten().for_each(&mut take);
        action.steps.iter().for_each(&mut take);
    }
    for question in knowledge.questions() {
        take(&question.text);
        take(&question.look);
        question.answers.iter().for_each(|a| take(&a.text));
    }
    // “没收到” (has not received) is no “没收” (confiscate).
    sentences.iter_mut().for_each(|s| *s = s.replace("没收到", ""));
    for sentence in &sentences {
        for bad in [
            "cvv",
            "cvn",
            "安全码是",
            "密码是多少",
            "tell us the pin",
            "telephone code",
            "报密码",
            "灌密钥",
            "下载主密钥",
            "恢复出厂",
            "factory reset",
            "拆开机器看",
            "没收",
            "盗刷",
            "骗子",
        ] {
            assert!(!sentence.contains(bad), "{sentence} says {bad}");
        }
        // A key is only ever mentioned to say that it is left alone.
        if sentence.contains("密钥") {
            assert!(sentence.contains("不要动密钥"), "{sentence}");
        }
    }
    assert!(sentences.len() > 150, "{}", sentences.len());
}
