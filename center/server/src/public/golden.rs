//! The text of the rendered pages for the commonest situations, in both languages, held against the list of harms.
//!
//! `UPDATE_EXPECT=1 cargo test -p tg-server --lib golden` writes the files under `center/server/tests/golden`
//! anew. Read each changed page, in Chinese first, against [`harms`] before keeping it: what stands there is what
//! a shop assistant does with somebody's money.

use super::guide::{State, show};
use expect_test::expect_file;
use tg_console::public::{ChargedAnswer, Known, PublicFrame, Stop, StopState, charged_answer};
use tg_diagnose::Knowledge;
use tg_text::{Lang, Text};

/// The commonest situations: name and state of the guide.
const SITUATIONS: &[(&str, &str)] = &[
    ("security-failed-without-code", "m.SEC_FAIL"),
    ("security-failed-no-code-to-see", "m.SEC_FAIL~a.response_code.dont_know"),
    ("security-failed-a7", "m.SEC_FAIL~c.A7"),
    ("security-failed-a7-sign-on-failed", "m.SEC_FAIL~c.A7~d.sign_on.failed"),
    ("security-failed-a7-signed-on", "m.SEC_FAIL~c.A7~d.sign_on.fixed"),
    ("mac-failed-a0", "c.A0"),
    ("pin-format-99", "c.99"),
    ("funds-51", "c.51"),
    ("pin-wrong-55", "c.55"),
    ("pin-blocked-75", "c.75"),
    ("declined-05", "c.05"),
    ("declined-without-code", "g.outcome.declined"),
    ("expired-54", "c.54"),
    ("card-number-14", "c.14"),
    ("limit-61", "c.61"),
    ("frequency-65", "c.65"),
    ("restricted-62", "c.62"),
    ("suspected-59", "c.59"),
    ("lost-41", "c.41"),
    ("stolen-43", "c.43"),
    ("pick-up-04", "c.04"),
    ("referral-01", "c.01"),
    ("issuer-down-91", "c.91"),
    ("host-fault-96", "c.96"),
    ("issuer-timeout-98", "c.98"),
    ("late-answer-68", "c.68"),
    ("timed-out", "m.TIMEOUT"),
    ("reversal-failed", "m.REV_FAIL"),
    ("duplicate-94", "c.94"),
    ("original-25", "c.25"),
    ("merchant-03", "c.03"),
    ("terminal-97", "c.97"),
    ("not-permitted-58", "c.58"),
    ("batch-77", "c.77"),
    ("amount-13", "c.13"),
    ("format-30", "c.30"),
    ("unlisted-z9", "c.Z9"),
    ("sign-on", "m.SIGNON"),
    ("no-master-key", "m.NO_TMK"),
    ("tamper", "m.TAMPER"),
    ("no-network", "g.network.down"),
    ("communication", "m.COMM"),
    ("no-slip", "m.PRINT"),
    ("card-not-read", "m.CARD_READ"),
    ("battery", "m.BATT"),
    ("clock", "m.CLOCK"),
    ("storage-full", "m.MEM_FULL"),
    ("none-of-these", "a.response_code.dont_know"),
    ("customer-funds-51", "g.role.cardholder~c.51"),
    ("customer-lost-41", "g.role.cardholder~c.41"),
    ("customer-timed-out", "g.role.cardholder~m.TIMEOUT"),
];

/// Situations in which another payment could charge twice.
const OUTCOME_OPEN: &[&str] = &[
    "issuer-timeout-98",
    "late-answer-68",
    "timed-out",
    "reversal-failed",
    "duplicate-94",
    "customer-timed-out",
];

fn frame(lang: Lang) -> PublicFrame {
    PublicFrame {
        lang,
        path: "/guide".into(),
        operator: Some(lang.pick("云汀支付", "Yunting Pay").to_owned()),
        service_phone: Some("400-000-0000".into()),
        open: vec!["/guide", "/charged"],
        now_us: 1_764_000_000_000_000,
        ..PublicFrame::default()
    }
}

/// The text of a page, a line for each block.
fn words(html: &str) -> String {
    let body = html.split_once("<body").and_then(|(_, b)| b.split_once('>')).expect("a page has a body").1;
    let body = body.split_once("<svg class=\"sprite\"").expect("the sprite stands last").0;
    let mut out = String::new();
    let mut rest = body;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let (tag, after) = after.split_once('>').expect("tags close");
        match tag.trim_start_matches('/').split([' ', '>']).next().unwrap_or_default() {
            "p" | "div" | "li" | "h1" | "h2" | "section" | "summary" | "blockquote" | "dt" | "details"
            | "a" | "header" | "footer" | "form" => out.push('\n'),
            "dd" | "small" | "span" | "button" => out.push_str(" | "),
            _ => {}
        }
        rest = after;
    }
    let lines = out.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "));
    let lines = lines.map(|l| l.trim_matches([' ', '|']).replace("| | |", "|").replace("| |", "|"));
    let text = lines.filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n");
    text.replace("&quot;", "\"").replace("&amp;", "&") + "\n"
}

/// Sentences of a page.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '。', '；', '！', '？', ';', '|'])
        .flat_map(|s| s.split(". "))
        .map(str::trim)
        .filter(|s| !s.is_empty())
}

/// Words of a prohibition or of a question, in either language.
const NEGATIONS: &[&str] = &[
    "不",
    "勿",
    "别",
    "没",
    "n’t",
    "Don’t",
    "no ",
    "No ",
    "never",
    "Never",
    "not ",
    "without",
    "before",
    "only after",
    "先",
];

/// What no page may say, whatever the situation, and what it may say only as a prohibition.
fn harms(name: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for never in [
        "未扣款",
        "没有扣款",
        "不会扣款",
        "没扣款",
        "was not charged",
        "not debited",
        "wasn’t charged",
        "正品",
        "真机",
        "genuine",
        "小偷",
        "骗子",
        "犯罪",
        "伪卡",
        "盗刷者",
        "thief",
        "criminal",
        "fraudster",
        "挂失卡",
        "被窃卡",
        "stolen card",
        "没收卡",
        "作弊",
        "嫌疑",
    ] {
        if text.contains(never) {
            found.push(format!("{name}: says {never}"));
        }
    }
    for sentence in sentences(text) {
        let negated = NEGATIONS.iter().any(|n| sentence.contains(n));
        for only_as_prohibition in [
            "灌密钥",
            "下载主密钥",
            "恢复出厂",
            "拆开",
            "安全码",
            "卡背三位数",
            "load keys",
            "download a master key",
            "factory",
            "open it",
            "security code",
            "three digits",
        ] {
            if sentence.contains(only_as_prohibition) && !negated {
                found.push(format!("{name}: {sentence}"));
            }
        }
        if name.starts_with("tamper")
            && ["重启", "关机", "restart", "switch off"].iter().any(|w| sentence.contains(w))
            && !negated
        {
            found.push(format!("{name}: {sentence}"));
        }
        let pays_again = [
            "再收一次",
            "再刷",
            "重刷",
            "再付一次",
            "换一张卡",
            "换卡",
            "换一种方式",
            "换店里另一台",
            "Charge again",
            "charge it again",
            "another card",
            "Pay another way",
            "pay another way",
            "other machine",
            "Take the payment",
        ];
        if OUTCOME_OPEN.contains(&name) && pays_again.iter().any(|w| sentence.contains(w)) && !negated {
            found.push(format!("{name}: {sentence}"));
        }
    }
    if OUTCOME_OPEN.contains(&name)
        && !(text.contains("查询") || text.contains("query") || text.contains("ask"))
    {
        found.push(format!("{name}: no query"));
    }
    found
}

#[test]
fn the_guides_pages_say_what_they_said_and_do_no_harm() {
    let knowledge = Knowledge::builtin();
    let mut harmful = Vec::new();
    for (name, state) in SITUATIONS {
        let state = State::read(knowledge, state).unwrap_or_else(|| panic!("{state} is a state"));
        let pages = [Lang::Zh, Lang::En].map(|lang| {
            let frame = frame(lang);
            words(&show(knowledge, &state, &frame).draw(&frame).0)
        });
        for text in &pages {
            harmful.extend(harms(name, text));
        }
        let both = pages.join("\n---- English ----\n");
        expect_file![format!("{}/tests/golden/guide/{name}.txt", env!("CARGO_MANIFEST_DIR"))]
            .assert_eq(&both);
    }
    assert!(harmful.is_empty(), "{}", harmful.join("\n"));
}

#[test]
fn the_answers_about_money_say_what_they_said_and_do_no_harm() {
    for (name, known) in [
        ("approved", Known::Approved),
        ("declined", Known::Declined),
        ("waiting", Known::Waiting),
        ("unknown", Known::Unknown),
        ("reversal-sent", Known::ReversalSent),
        ("reversal-refused", Known::ReversalRefused),
        ("reversed", Known::Reversed),
    ] {
        let mut texts = Vec::new();
        for (by_shop, lang) in [(true, Lang::Zh), (true, Lang::En), (false, Lang::Zh), (false, Lang::En)] {
            let view = ChargedAnswer {
                by_shop,
                known,
                amount: "¥268.00".into(),
                stops: vec![Stop {
                    name: Text::fixed("付款请求", "Request"),
                    when: Text::fixed("14:27", "14:27"),
                    state: StopState::Past,
                }],
                latest: (known == Known::Reversed).then(|| Text::fixed("12 月 4 日", "4 Dec")),
                slip: vec![(Text::fixed("卡号后四位", "Card ending in"), "0009".into())],
                ticket: "ABCDE-23456".into(),
                closed: false,
            };
            texts.push(words(&charged_answer(&view, &frame(lang)).0));
        }
        for text in &texts {
            for never in ["未扣款", "没有扣款", "wasn’t charged", "was not charged"] {
                assert!(!text.contains(never), "{name} says {never}");
            }
            // Another way to pay may be offered only where cancelling is confirmed.
            let offered =
                ["请客户换一种方式付", "the customer may pay another way"].iter().any(|w| text.contains(w));
            assert_eq!(offered, known == Known::Reversed, "{name}");
            let warned = [
                "先别再付",
                "不要再收",
                "不要再刷",
                "Don’t pay again",
                "Don’t charge",
                "Don’t try",
                "don’t pay again",
            ];
            assert!(warned.iter().any(|w| text.contains(w)), "{name}: the first words forbid");
        }
        let all = texts.join("\n----\n");
        expect_file![format!("{}/tests/golden/charged/{name}.txt", env!("CARGO_MANIFEST_DIR"))]
            .assert_eq(&all);
    }
}

#[test]
fn the_list_of_harms_finds_harms() {
    for (name, text) in [
        ("funds-51", "您没有扣款"),
        ("security-failed-a7", "请下载主密钥。"),
        ("tamper", "请重启机器"),
        ("timed-out", "请客户换一张卡"),
        ("timed-out", "Use another card"),
    ] {
        assert!(!harms(name, text).is_empty(), "{text}");
    }
    assert!(harms("tamper", "不要重启、关机、拆开").is_empty());
}
