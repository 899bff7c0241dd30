//! No combination of facts may lead to harmful advice: random facts against the list of harms.

#[path = "harm/mod.rs"]
mod harm;

use proptest::prelude::*;
use tg_diagnose::*;

const CODES: &[&str] = &[
    "00", "01", "03", "04", "05", "06", "07", "09", "10", "12", "13", "14", "19", "20", "21", "22", "25",
    "30", "33", "38", "41", "43", "45", "51", "54", "55", "57", "58", "59", "61", "62", "63", "65", "66",
    "68", "75", "77", "78", "79", "90", "91", "92", "94", "95", "96", "97", "98", "99", "A0", "A2", "A7",
    "N7", "116", "911", "916", "ZZ",
];
const MESSAGES: &[&str] = &[
    "安全处理失败",
    "通讯失败",
    "交易超时",
    "请签到",
    "主密钥不存在",
    "设备被攻击",
    "打印机缺纸",
    "读卡失败",
    "密码错误",
    "余额不足",
    "重复交易",
    "冲正失败",
    "终端未登记",
    "no network",
    "???",
];
const MTIS: &[&str] = &["0200", "0210", "0400", "0410", "0420", "0430"];
const STEPS: &[&str] =
    &["sign_on", "query_outcome", "other_card", "wait", "stop_using", "retry_payment", "restart"];

fn words(key: &'static str) -> Vec<String> {
    let words: &[&str] = match key {
        "code" => CODES,
        "message" => MESSAGES,
        "mti" => MTIS,
        "scheme" => Scheme::WORDS,
        "stage" => Stage::WORDS,
        "outcome" => Outcome::WORDS,
        "charged" => Charged::WORDS,
        "reversal" => Reversal::WORDS,
        "query_result" => QueryResult::WORDS,
        "entry_mode" => EntryMode::WORDS,
        "other_cards_here" | "same_card_elsewhere" | "other_terminals_in_store" => Works::WORDS,
        "issuer_elsewhere" | "acquirer_elsewhere" | "same_model_elsewhere" => Health::WORDS,
        "network" => Network::WORDS,
        "last_sign_on" => LastSignOn::WORDS,
        "key_check_value" => KeyCheckValue::WORDS,
        "mac" => MacCheck::WORDS,
        "tamper" | "expiry_passed" | "phone_online" => YesNo::WORDS,
        "network_test" => NetworkTest::WORDS,
        "battery_icon" => BatteryIcon::WORDS,
        "screen_time" => Right::WORDS,
        "screen" => Screen::WORDS,
        "card_looks" => CardLooks::WORDS,
        "machine_looks" => Seen::WORDS,
        "store" => Store::WORDS,
        "software" => Software::WORDS,
        "changed_recently" => Changed::WORDS,
        "role" => Role::WORDS,
        "clock_offset_minutes" => &["-600", "0", "3", "1500"],
        "certificate_days_left" => &["-1", "0", "90"],
        "battery_percent" => &["3", "80"],
        "unsent_offline" | "unsent_reversals" => &["0", "2"],
        "pin_tries_left" => &["0", "1", "2", "3"],
        other => unreachable!("{other} has no words"),
    };
    words.iter().map(|w| (*w).to_owned()).collect()
}

/// Any facts: each key is given with a chance of its own, so that both sparse and crowded facts occur.
fn any_facts() -> impl Strategy<Value = Facts> {
    let density = 0.05..0.6f64;
    let picks = proptest::collection::vec((0.0..1.0f64, any::<prop::sample::Index>()), KEYS.len());
    let did = proptest::collection::vec((any::<prop::sample::Index>(), prop::bool::weighted(0.05)), 0..3);
    (density, picks, did).prop_map(|(density, picks, did)| {
        let mut facts = Facts::default();
        for (key, (chance, pick)) in KEYS.iter().zip(picks) {
            // What decides about money and safety is given more often than the rest.
            let weight = if ["code", "outcome", "tamper", "charged"].contains(key) { 2.0 } else { 1.0 };
            if chance < density * weight {
                let words = words(key);
                facts.set(key, &words[pick.index(words.len())]).expect("a known word");
            }
        }
        for (pick, fixed) in did {
            let result = if fixed { "fixed" } else { "failed" };
            let step = STEPS[pick.index(STEPS.len())];
            Knowledge::builtin().did(&mut facts, step, result).expect("a known step");
        }
        facts
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(8_000) })]

    #[test]
    fn no_facts_lead_to_harmful_advice(facts in any_facts()) {
        let diagnosis = diagnose(Knowledge::builtin(), &facts);
        let harms = harm::harms(&facts, &diagnosis);
        prop_assert!(harms.is_empty(), "{harms:#?}");
        let total: f64 = diagnosis.causes.iter().map(|c| c.probability).sum();
        prop_assert!((0.0..=1.001).contains(&total), "{total}");
    }
}

#[test]
fn a_knowledge_file_cannot_lift_a_prohibition() {
    // An author who offers everything, says that nothing takes money and that everything helps.
    let causes = include_str!("../../../data/causes.toml");
    let actions = include_str!("../../../data/actions.toml")
        .replace("offered = false", "who = [\"shop\", \"cardholder\"]\nhelps = { none_of_these = \"always\", key_out_of_step = \"always\", issuer_slow = \"always\", store_network_down = \"always\", tampered = \"always\" }")
        .replace("takes_money = true\n", "");
    let careless = Knowledge::parse(causes, &actions).expect("well formed");
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(2_000)
    });
    let result = runner.run(&any_facts(), |facts| {
        let harms = harm::harms(&facts, &diagnose(&careless, &facts));
        prop_assert!(harms.is_empty(), "{harms:#?}");
        Ok(())
    });
    result.expect("no harm");
}
