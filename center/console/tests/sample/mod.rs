//! Invented data for the gallery and the tests: names of the mocks, masked cards, no real person or shop.
//!
//! Why it exists: one town of examples, so that the pictures looked at and the texts tested are the same.

#![allow(dead_code, reason = "the gallery and each test use a part of it")]

use tg_console::Frame;
use tg_console::view::*;
use tg_text::{Lang, Problem, Text};

/// 2025-11-24 14:32:08.114 in Beijing.
pub const T: i64 = 1_763_965_928_114_000;
const S: i64 = 1_000_000;

pub fn t(zh: &'static str, en: &'static str) -> Text {
    Text::fixed(zh, en)
}

pub fn frame(lang: Lang, path: &str) -> Frame {
    Frame {
        lang,
        time_zone: jiff::tz::TimeZone::posix("CST-8").expect("a POSIX zone"),
        time_zone_chosen: true,
        now_us: T + 64 * S,
        path: path.into(),
        demo: true,
        feeds_live: (1, 1),
        last_message_us: Some(T + 63 * S),
        findings_open: 3,
        undecoded: 0,
        version: "0.1.0".into(),
        ..Frame::default()
    }
}

pub fn card() -> Card {
    Card { bin: "622424".into(), last_four: "0009".into(), length: 16 }
}

fn message(
    offset: u64,
    at_us: i64,
    mti: &str,
    meaning: Text,
    direction: Direction,
    code: Option<&str>,
) -> MessageRow {
    MessageRow {
        offset,
        at_us,
        mti: mti.into(),
        meaning: Some(meaning),
        direction,
        code: code.map(Into::into),
        trace: "000418".into(),
        feed: "town".into(),
        length_bytes: if direction == Direction::ToAcquirer { 312 } else { 148 },
        duplicate: false,
        fields: Vec::new(),
    }
}

fn fields() -> Vec<FieldRow> {
    let row = |number: &str, zh: &'static str, en: &'static str, value: &str, masked: bool| FieldRow {
        number: number.into(),
        name: Some(t(zh, en)),
        value: value.into(),
        masked,
    };
    vec![
        row("2", "主账号", "Primary account number", "622424******0009", true),
        row("3", "交易处理码", "Processing code", "000000", false),
        row("4", "交易金额", "Amount", "000000012800", false),
        row("11", "受卡方系统跟踪号", "Trace number", "000418", false),
        row("22", "服务点输入方式码", "Entry mode", "051", false),
        row("41", "受卡机终端标识码", "Terminal", "70310482", false),
        row("42", "受卡方标识码", "Merchant", "899000058120417", false),
        row("55.95", "终端验证结果（TVR）", "Terminal verification results", "0000008000", false),
        row("64", "报文鉴别码", "MAC", "masked", true),
    ]
}

fn base(id: &str, at_us: i64) -> PaymentRow {
    PaymentRow {
        id: id.into(),
        at_us,
        terminal: "70310482".into(),
        merchant: "899000058120417".into(),
        merchant_name: Some(t("老榆树面馆 · 文渠路店", "Old Elm Noodles, Wenqu Road")),
        card: Some(card()),
        amount: Some(Amount { minor: 12_800, currency: 156 }),
        kind: Some(t("消费", "Sale")),
        trace: "000418".into(),
        reference: Some("532814000418".into()),
        ..PaymentRow::default()
    }
}

/// A7: refused on the acquirer's side.
pub fn mac_failed() -> PaymentPage {
    let mut payment = base("20481", T);
    payment.outcome = Outcome::Declined;
    payment.code = Some("A7".into());
    payment.code_words = Some(t("安全处理失败", "Security processing failed"));
    payment.why = Some(t(
        "安全处理失败：收单侧没有通过 MAC 校验",
        "Security processing failed: the acquirer could not verify the MAC",
    ));
    payment.answer_ms = Some(171);
    payment.score = Some(120);
    payment.decision = Decision::Approve;
    payment.messages = vec![
        message(20481, T, "0200", t("消费请求", "sale request"), Direction::ToAcquirer, None),
        message(20482, T + 171_000, "0210", t("消费应答", "sale answer"), Direction::ToTerminal, Some("A7")),
    ];
    payment.messages[0].fields = fields();
    let e = |zh, en, n| Evidence { text: t(zh, en), log_odds_hundredths: n };
    let cause = |zh, en, by: (&'static str, &'static str), bp, evidence| Cause {
        text: t(zh, en),
        by: Some(t(by.0, by.1)),
        share_bp: bp,
        evidence,
    };
    PaymentPage {
        payment,
        money: MoneyKnown::RefusedByAcquirer,
        reach: Reach {
            answered_by: Some(Station::Acquirer),
            basis: Some(t(
                "应答码 A7 由收单侧的安全校验给出",
                "code A7 is given by the acquirer's security check",
            )),
            stopped_by: Some(t("断在这里：MAC 校验未通过", "stopped here: MAC not verified")),
            acquirer: Some("云汀支付".into()),
            issuer: Some("澜江银行".into()),
            waited_ms: Some(60_000),
        },
        scope: vec![
            ScopeFact {
                label: t("这张卡在别处", "This card elsewhere"),
                works: Some(true),
                headline: t("正常", "Works"),
                detail: t("13:05 在另一家店成功 1 笔", "1 approved at 13:05 in another shop"),
            },
            ScopeFact {
                label: t("别的卡在本机", "Other cards here"),
                works: Some(false),
                headline: t("3 张卡全失败", "All 3 fail"),
                detail: t("13:58 起 3 笔，之前 412 笔正常", "3 since 13:58; 412 fine before"),
            },
            ScopeFact {
                label: t("店内其他终端", "Others in the shop"),
                works: Some(true),
                headline: t("正常", "Work"),
                detail: t("2 台，近 30 分钟成功 41 笔", "2 terminals, 41 approved in 30 min"),
            },
            ScopeFact {
                label: t("该发卡行在别处", "Issuer elsewhere"),
                works: Some(true),
                headline: t("正常", "Normal"),
                detail: t("失败率 2.1%，平时 2.3%", "2.1% fail, usually 2.3%"),
            },
            ScopeFact {
                label: t("同型号在别处", "Same model"),
                works: None,
                headline: t("没有数据", "No data"),
                detail: t("型号未知", "model not known"),
            },
        ],
        causes: vec![
            cause(
                "终端工作密钥与后台不一致",
                "Working key differs from the host's",
                ("店内可处理", "shop"),
                7_600,
                vec![
                    e("应答码 A7 只由安全校验给出", "Code A7 is only given by a security check", 210),
                    e("本机连续 3 笔 A7，换了 3 张卡", "3 in a row at this terminal, with 3 cards", 140),
                    e(
                        "今天没有签到，上次在昨天 08:02",
                        "No sign-on today, the last was yesterday 08:02",
                        110,
                    ),
                    e(
                        "13:41 刚成功过 1 笔，密钥那时可用",
                        "One was approved at 13:41, so the key worked then",
                        -60,
                    ),
                ],
            ),
            cause(
                "收单加密机或主机异常",
                "Acquirer's HSM or host",
                ("收单", "acquirer"),
                900,
                vec![e("同收单其他终端正常", "Other terminals of the acquirer are fine", -180)],
            ),
            cause(
                "另一台机器用了同一终端号",
                "Another device uses this terminal number",
                ("收单 · 风险", "acquirer, risk"),
                800,
                vec![],
            ),
            cause("主密钥错误或丢失", "Master key wrong or lost", ("收单", "acquirer"), 400, vec![]),
            cause("其他", "Other", ("", ""), 30, vec![]),
        ],
        next: Some(NextStep {
            kind: StepKind::Action,
            title: t("请店员重新签到一次", "Have the shop sign on again"),
            minutes: Some(1),
            say: Some(t(
                "请回主菜单点“签到”，用您自己的操作员号登录。签到成功、客户也没收到扣款通知，再收一次。",
                "Please go to the main menu and tap “Sign on” with your own operator number. If that works and the customer got no debit notice, take the payment once more.",
            )),
            otherwise: Some(t(
                "还是不行：停用该机，店方致电收单机构",
                "Still failing: stop using it; the shop calls its acquirer",
            )),
            guards: vec![
                t(
                    "客户收到扣款通知：先查询，不要再收款",
                    "Debit notice? Query first; don't take the payment again",
                ),
                t(
                    "不要指导店员灌密钥、下载主密钥或恢复出厂",
                    "Don't talk the shop through loading keys, downloading a master key or a factory reset",
                ),
            ],
            why: Some(t(
                "可能性最大，约 1 分钟，不影响别的交易。",
                "Likeliest cause, about a minute, disturbs nothing else.",
            )),
            answers: vec![
                StepAnswer {
                    text: t("好了", "It works now"),
                    href: "/payments/20481?s=d.sign_on.fixed".into(),
                    good: true,
                },
                StepAnswer {
                    text: t("还是不行", "Still not"),
                    href: "/payments/20481?s=d.sign_on.failed".into(),
                    good: false,
                },
            ],
            back: None,
            charged: Some("/payments/20481?s=g.charged.yes".into()),
        }),
        contact: Some(Contact {
            who: t("云汀支付 · 密钥管理", "Yunting Pay, key management"),
            by: t("收单机构，由店方拨打", "acquirer; the shop calls"),
            phone: Some("400-000-0000".into()),
            tell: [
                ("商户", "Merchant", "老榆树面馆 · 文渠路店"),
                ("商户号", "Merchant no.", "899000058120417"),
                ("终端号", "Terminal", "70310482"),
                ("时间", "Time", "2025-11-24 14:32:08"),
                ("金额", "Amount", "¥128.00"),
                ("卡号", "Card", "622424••••••0009"),
                ("应答码", "Code", "A7"),
                ("流水号", "Trace", "000418"),
                ("参考号", "Reference", "532814000418"),
                ("上次签到", "Last sign-on", "11-23 08:02"),
            ]
            .into_iter()
            .map(|(zh, en, value)| Tell { label: t(zh, en), value: value.into() })
            .collect(),
        }),
        reasons: vec![],
        features: vec![
            Feature {
                name: "card_count_1h".into(),
                text: t("该卡 1 小时笔数", "Payments of the card, 1 h"),
                value: "2".into(),
            },
            Feature {
                name: "terminal_count_1m".into(),
                text: t("该终端 1 分钟笔数", "Payments of the terminal, 1 min"),
                value: "1".into(),
            },
        ],
        findings: vec![],
        same_terminal: vec![expired().payment, unknown().payment, approved().payment],
    }
}

/// 54: the issuer says that the card is expired.
pub fn expired() -> PaymentPage {
    let mut payment = base("20312", T - 620 * S);
    payment.terminal = "70310955".into();
    payment.merchant_name = Some(t("灯庭药房 · 文渠路 12 号", "Lantern Court Pharmacy, Wenqu Road 12"));
    payment.card = Some(Card { bin: "629900".into(), last_four: "7052".into(), length: 19 });
    payment.amount = Some(Amount { minor: 9_250, currency: 156 });
    payment.outcome = Outcome::Declined;
    payment.code = Some("54".into());
    payment.code_words = Some(t("过期的卡", "Expired card"));
    payment.why = Some(t("发卡行拒绝：卡已过有效期", "Declined by the issuer: the card has expired"));
    payment.answer_ms = Some(312);
    payment.score = Some(40);
    payment.messages = vec![
        message(20312, T - 620 * S, "0200", t("消费请求", "sale request"), Direction::ToAcquirer, None),
        message(
            20314,
            T - 620 * S + 312_000,
            "0210",
            t("消费应答", "sale answer"),
            Direction::ToTerminal,
            Some("54"),
        ),
    ];
    PaymentPage {
        payment,
        money: MoneyKnown::DeclinedByIssuer,
        reach: Reach {
            answered_by: Some(Station::Issuer),
            basis: Some(t("应答码 54 由发卡行给出", "code 54 is given by the issuer")),
            ..Reach::default()
        },
        causes: vec![Cause {
            text: t("卡已过有效期", "The card has expired"),
            by: Some(t("持卡人", "cardholder")),
            share_bp: 9_300,
            evidence: vec![],
        }],
        next: Some(NextStep {
            kind: StepKind::Action,
            title: t("请客户换一张卡或换一种付款方式", "Ask for another card or another way to pay"),
            minutes: Some(1),
            say: Some(t(
                "这张卡这次没有通过，请您换一张卡，或用别的方式付款。",
                "This card did not go through. Could you use another card or another way to pay?",
            )),
            otherwise: Some(t("还是不行：请客户联系发卡行", "Still failing: the customer calls the issuer")),
            guards: vec![t("不要在旁人面前说卡的具体情况", "Don't discuss the card in front of others")],
            why: None,
            answers: Vec::new(),
            back: None,
            charged: None,
        }),
        ..PaymentPage::default()
    }
}

/// No answer, then a reversal that is not confirmed.
pub fn reversal_sent() -> PaymentPage {
    let mut page = unknown();
    page.payment.id = "20433".into();
    page.payment.outcome = Outcome::ReversalSent;
    page.money = MoneyKnown::ReversalSent;
    page.payment.messages.push(message(
        20440,
        T - 240 * S + 61 * S,
        "0400",
        t("冲正请求", "reversal"),
        Direction::ToAcquirer,
        Some("98"),
    ));
    page
}

/// No answer at all.
pub fn unknown() -> PaymentPage {
    let mut payment = base("20431", T - 240 * S);
    payment.terminal = "70326614".into();
    payment.merchant_name = Some(t("南桥鲜果", "Nanqiao Fresh Fruit"));
    payment.amount = Some(Amount { minor: 5_800, currency: 156 });
    payment.card = Some(Card { bin: "622424".into(), last_four: "3317".into(), length: 16 });
    payment.outcome = Outcome::Unknown;
    payment.why = Some(t("60 秒内没有应答，结果未知", "No answer within 60 s, result unknown"));
    payment.messages =
        vec![message(20431, T - 240 * S, "0200", t("消费请求", "sale request"), Direction::ToAcquirer, None)];
    PaymentPage {
        payment,
        money: MoneyKnown::Unknown,
        reach: Reach { waited_ms: Some(60_000), ..Reach::default() },
        next: Some(NextStep {
            kind: StepKind::Stop,
            title: t("先查询原交易，不要再收款", "Query the original first; don't take the payment again"),
            minutes: Some(2),
            say: Some(t(
                "这笔还没有结果，请先别再刷。请在终端上点“查询”，输入原流水号 000418。",
                "This one has no result yet, please don't try again. Choose “Query” on the terminal and enter trace 000418.",
            )),
            otherwise: Some(t(
                "仍查不清：店方联系收单机构查询结果",
                "Still unclear: the shop asks its acquirer for the result",
            )),
            guards: vec![t(
                "结果确认之前不要再收款，也不要手工退款",
                "No second charge and no manual refund before the result is confirmed",
            )],
            why: Some(t(
                "请求发出后没有看到应答，钱可能已被扣。",
                "The request went out and no answer was seen; money may have been taken.",
            )),
            answers: Vec::new(),
            back: None,
            charged: None,
        }),
        ..PaymentPage::default()
    }
}

pub fn approved() -> PaymentPage {
    let mut payment = base("20100", T - 3_100 * S);
    payment.outcome = Outcome::Approved;
    payment.code = Some("00".into());
    payment.code_words = Some(t("承兑或交易成功", "Approved"));
    payment.answer_ms = Some(204);
    payment.score = Some(640);
    payment.decision = Decision::Review;
    payment.messages = vec![
        message(20100, T - 3_100 * S, "0200", t("消费请求", "sale request"), Direction::ToAcquirer, None),
        message(
            20101,
            T - 3_100 * S + 204_000,
            "0210",
            t("消费应答", "sale answer"),
            Direction::ToTerminal,
            Some("00"),
        ),
    ];
    PaymentPage {
        payment,
        money: MoneyKnown::Approved,
        reasons: vec![Reason {
            code: "card_testing".into(),
            text: t(
                "同一终端 1 小时内 14 张不同的卡小额失败",
                "14 different cards failed with small amounts at this terminal in an hour",
            ),
            points: Some(600),
        }],
        findings: vec![finding_row()],
        ..PaymentPage::default()
    }
}

pub fn finding_row() -> FindingRow {
    FindingRow {
        id: "F-20399-0".into(),
        code: "card_testing".into(),
        title: t("小额试卡", "card testing with small amounts"),
        subject: Subject::Terminal("70326614".into()),
        severity: Severity::High,
        first_us: T - 900 * S,
        last_us: T - 300 * S,
        events: 24,
        summary: Some(t(
            "10 分钟内 14 张不同的卡，金额都在 ¥5 以下，13 张失败。",
            "14 different cards in 10 minutes, all below ¥5, 13 failed.",
        )),
        state: FindingState::Open,
        truth: None,
    }
}

/// A finding of another kind about the same terminal.
pub fn cloned_row() -> FindingRow {
    FindingRow {
        id: "F-20011-0".into(),
        code: "cloned_terminal".into(),
        title: t("疑似两台设备共用一个终端号", "Two devices suspected behind one terminal number"),
        severity: Severity::Critical,
        summary: None,
        state: FindingState::Confirmed,
        ..finding_row()
    }
}

pub fn finding() -> FindingPage {
    let marks: Vec<Mark> = (0..24)
        .map(|i| Mark {
            at_us: T - 900 * S + i * 26 * S + (i * i % 7) * S,
            outcome: if i % 13 == 12 { Outcome::Approved } else { Outcome::Declined },
            amount: Some(Amount { minor: 100 + (i * 37 % 390), currency: 156 }),
        })
        .collect();
    FindingPage {
        finding: finding_row(),
        found_us: Some(T - 700 * S),
        rests_on: vec![
            t("10 分钟内 14 张不同的卡在同一终端", "14 different cards at one terminal in 10 minutes"),
            t("金额都在 ¥5 以下，平时中位数 ¥46", "All amounts below ¥5; the median is usually ¥46"),
            t("14 张里 13 张失败，平时失败率 2.3%", "13 of 14 failed; usually 2.3% fail"),
        ],
        not_shown: vec![
            t("是谁在试；店方是证人，不是嫌疑人", "Who did it. The shop is a witness, not a suspect"),
            t("这些卡号从哪里来", "Where the card numbers came from"),
        ],
        other_explanations: vec![
            OtherExplanation {
                text: t("收银员在教学或测试", "A cashier in training or testing"),
                ruled_out: false,
            },
            OtherExplanation {
                text: t(
                    "发卡行故障：其他终端上同一发卡行正常",
                    "An issuer's outage: the same issuer is fine elsewhere",
                ),
                ruled_out: true,
            },
        ],
        advice: vec![
            Advice {
                title: t(
                    "致电店方，问这段时间谁在用这台终端",
                    "Call the shop and ask who used this terminal then",
                ),
                detail: Some(t("只问事实，不要指责", "Ask for facts, accuse no one")),
            },
            Advice {
                title: t("把涉及的卡通知发卡行", "Tell the issuers of the cards"),
                detail: Some(t(
                    "只给遮盖的卡号、时间、金额和参考号",
                    "Masked number, time, amount and reference only",
                )),
            },
            Advice {
                title: t("请收单机构核对终端序列号和位置", "Have the acquirer check serial and place"),
                detail: None,
            },
        ],
        guards: vec![t(
            "不要因为这条怀疑扣下客户的卡",
            "Don't keep a customer's card because of this suspicion",
        )],
        marks,
        payments: vec![expired().payment, unknown().payment],
        offsets: (19_902, 20_399),
        shop: Some(t("灯庭药房 · 文渠路 12 号", "Lantern Court Pharmacy, Wenqu Road 12")),
        contacts: vec![Contact {
            who: t("收单机构", "The acquirer"),
            by: t("由您或店方拨打", "you or the shop calls"),
            phone: Some("400-000-0000".into()),
            tell: vec![
                Tell { label: t("终端号", "Terminal"), value: "70326614".into() },
                Tell { label: t("发现编号", "Finding"), value: "F-20399-0".into() },
            ],
        }],
        picture: Picture::Marks,
        similar: vec![cloned_row()],
        judged: vec![],
        form_problem: None,
        form_id: "00112233445566778899aabbccddeeff".into(),
    }
}

/// Two counts under one number, dismissed and taken back once.
pub fn cloned() -> FindingPage {
    let point =
        |i: i64, trace: u32, second: bool| CountPoint { at_us: T - 900 * S + i * 30 * S, trace, second };
    let points = (0..30_u32).flat_map(|i| {
        let first = point(i64::from(i), 212 + i * 2, false);
        let second = (i > 10).then(|| point(i64::from(i), 102 + i, true));
        std::iter::once(first).chain(second)
    });
    let judged = |state, reason: Option<Text>, note: Option<&str>, at_us| Judged {
        state,
        reason,
        note: note.map(Into::into),
        by: Some(t("本机控制台", "this console")),
        at_us,
    };
    FindingPage {
        finding: cloned_row(),
        picture: Picture::Counts(points.collect()),
        judged: vec![
            judged(FindingState::Confirmed, None, Some("Seal broken, serial differs"), T + 40 * S),
            judged(FindingState::Open, None, None, T + 30 * S),
            judged(FindingState::Dismissed, Some(DISMISS_REASONS[1].text.clone()), None, T + 20 * S),
        ],
        similar: vec![finding_row()],
        ..finding()
    }
}

/// One device under two merchants, with a form that was sent without a reason.
pub fn lanes() -> FindingPage {
    let lane = |zh, en, from: i64| Lane {
        label: t(zh, en),
        detail: None,
        marks: finding().marks.into_iter().skip(from as usize).step_by(2).collect(),
    };
    let picture = Picture::Lanes(vec![
        lane("商户 899000058120417", "Merchant 899000058120417", 0),
        lane("商户 899000058120418", "Merchant 899000058120418", 7),
    ]);
    let subject = Subject::Serial("000024039991810100000206".into());
    FindingPage {
        finding: FindingRow { code: "several_merchants".into(), subject, ..finding_row() },
        picture,
        form_problem: Some(t("排除时请选择原因。", "Choose a reason to dismiss it.")),
        similar: vec![],
        payments: vec![],
        contacts: vec![],
        ..finding()
    }
}

/// A card in two places.
pub fn travelled() -> FindingPage {
    let sighting = |zh, en, at_us, id: &str| Sighting { place: t(zh, en), at_us, payment: Some(id.into()) };
    let picture = Picture::Distance {
        from: sighting("北纬 30.57，东经 104.07", "30.57 N, 104.07 E", T - 1_500 * S, "20312"),
        to: sighting("北纬 31.23，东经 121.47", "31.23 N, 121.47 E", T, "20431"),
        kilometres: 1_660,
    };
    FindingPage {
        finding: FindingRow {
            code: "impossible_travel".into(),
            subject: Subject::Card(card()),
            state: FindingState::Dismissed,
            truth: Some(Truth::FalseAlarm),
            ..finding_row()
        },
        picture,
        ..finding()
    }
}

/// The list with the truth switched on.
pub fn findings_page() -> FindingsPage {
    let other = FindingRow {
        id: "F-20500-0".into(),
        subject: Subject::Card(card()),
        truth: Some(Truth::FalseAlarm),
        state: FindingState::Dismissed,
        ..finding_row()
    };
    let staged = |found| StagedAttack {
        code: "card_testing".into(),
        title: t("疑似试卡", "Suspected card testing"),
        subject: Subject::Terminal("70326614".into()),
        started_us: T - 900 * S,
        found,
    };
    FindingsPage {
        filter: FindingFilterForm {
            state: "all".into(),
            code: "card_testing".into(),
            ..FindingFilterForm::default()
        },
        findings: vec![FindingRow { truth: Some(Truth::Staged), ..finding_row() }, cloned_row(), other],
        older: Some("F-20500-0".into()),
        counts: (1, 1, 1),
        codes: vec![("card_testing".into(), t("疑似试卡", "Suspected card testing"))],
        truth: Some(TruthPart {
            on: true,
            staged: vec![staged(Some(("F-20399-0".into(), 48_000))), staged(None)],
            false_alarms: 1,
        }),
        ..FindingsPage::default()
    }
}

pub fn feeds() -> Vec<Feed> {
    vec![
        Feed {
            name: "town".into(),
            address: "127.0.0.1:40112".into(),
            dialect: "cup_pos".into(),
            state: FeedState::Live,
            connections: 12,
            last_message_us: Some(T + 63 * S),
            accepted: 20_482,
            undecoded: 3,
            per_minute: 410,
        },
        Feed {
            name: "branch".into(),
            address: "127.0.0.1:40113".into(),
            dialect: "iso87_ascii".into(),
            state: FeedState::Silent,
            connections: 0,
            last_message_us: Some(T - 1_500 * S),
            accepted: 312,
            undecoded: 0,
            per_minute: 0,
        },
    ]
}

pub fn overview() -> OverviewPage {
    let minutes = (0..60i64)
        .map(|i| Minute {
            start_us: T - T % (60 * S) - (59 - i) * 60 * S,
            approved: (150 + (i * 29 % 41) + i) as u32,
            declined: (6 + i * 17 % 11 + if i > 48 { 22 } else { 0 }) as u32,
            unknown: (i * 7 % 3) as u32 + if i > 50 { 5 } else { 0 },
            reversed: (i % 4 == 0) as u32,
        })
        .collect();
    OverviewPage {
        feeds: vec![feeds().remove(0)],
        figures: Figures {
            payments_per_minute: 204,
            payments_per_minute_usual: Some(187),
            approved_bp: Some(9_362),
            approved_usual_bp: Some(9_631),
            failed: 781,
            failed_usual: Some(352),
            unknown: 66,
            findings_open: 3,
            findings_new: 1,
            terminals_seen: 240,
            terminals_known: 262,
        },
        minutes,
        failures: vec![
            FailureBar {
                code: Some("A7".into()),
                text: t("安全处理失败", "Security processing failed"),
                count: 287,
            },
            FailureBar { code: Some("54".into()), text: t("过期的卡", "Expired card"), count: 190 },
            FailureBar { code: Some("51".into()), text: t("资金不足", "Insufficient funds"), count: 161 },
            FailureBar {
                code: None, text: t("没有应答，结果未知", "No answer, result unknown"), count: 66
            },
            FailureBar {
                code: Some("A0".into()),
                text: t("MAC 鉴别失败", "MAC verification failed"),
                count: 41,
            },
            FailureBar {
                code: Some("91".into()),
                text: t("发卡方状态不正常", "Issuer not available"),
                count: 36,
            },
        ],
        failed: vec![mac_failed().payment, unknown().payment, reversal_sent().payment, expired().payment],
        findings: vec![finding_row()],
        undecoded: 3,
        frames: 20_482,
    }
}

/// The overview when things go wrong: a silent feed and too many undecoded messages.
pub fn overview_bad() -> OverviewPage {
    OverviewPage { feeds: feeds(), undecoded: 2_400, ..overview() }
}

pub fn payments() -> PaymentsPage {
    PaymentsPage {
        payments: vec![
            mac_failed().payment,
            unknown().payment,
            reversal_sent().payment,
            expired().payment,
            approved().payment,
            PaymentRow {
                id: "19000".into(),
                outcome: Outcome::Waiting,
                merchant_name: None,
                ..base("19000", T - 4_000 * S)
            },
        ],
        older: Some("19000".into()),
        ..PaymentsPage::default()
    }
}

pub fn terminal_row() -> TerminalRow {
    TerminalRow {
        terminal: "70310482".into(),
        merchant: "899000058120417".into(),
        merchant_name: Some(t("老榆树面馆 · 文渠路店", "Old Elm Noodles, Wenqu Road")),
        last_message_us: Some(T + 40 * S),
        payments: 426,
        failed: 11,
        findings: 1,
    }
}

pub fn terminal() -> TerminalPage {
    TerminalPage {
        terminal: terminal_row(),
        approved: 413,
        unknown: 2,
        acquirer: Some("云汀支付".into()),
        serial: None,
        model: None,
        software: None,
        first_message_us: Some(T - 90_000 * S),
        last_sign_on_us: Some(T - 109_800 * S),
        clock_offset_ms: Some(-372_000),
        marks: (0..60)
            .map(|i| Mark {
                at_us: T - (60 - i) * 200 * S,
                outcome: match i {
                    57..=59 => Outcome::Declined,
                    31 => Outcome::Unknown,
                    44 => Outcome::Reversed,
                    _ => Outcome::Approved,
                },
                amount: None,
            })
            .collect(),
        payments: vec![mac_failed().payment, approved().payment],
        findings: vec![finding_row()],
    }
}

pub fn undecoded() -> UndecodedPage {
    let row = |offset: u64, kind: &str, field, position| UndecodedRow {
        offset,
        at_us: T - offset as i64 * 9 * S,
        feed: "branch".into(),
        dialect: "iso87_ascii".into(),
        length_bytes: 214,
        keyed_hash: format!("{:016x}{:016x}", offset * 0x9e37_79b9, offset * 77_777),
        kind: kind.into(),
        field,
        position,
    };
    UndecodedPage {
        undecoded: 2_388,
        frames: 2_400,
        minutes: (0..60i64)
            .map(|i| FrameMinute {
                start_us: T - T % (60 * S) - (59 - i) * 60 * S,
                undecoded: if i > 32 { 88 } else { 0 },
                all: 90,
            })
            .collect(),
        kinds: vec![("bad_bitmap".into(), 2_301), ("truncated".into(), 64), ("length_not_digits".into(), 23)],
        rows: vec![
            row(3, "bad_bitmap", None, 4),
            row(2, "truncated", Some(62), 201),
            row(1, "length_not_digits", Some(35), 88),
        ],
        older: Some("1".into()),
    }
}

pub fn search() -> SearchPage {
    SearchPage {
        query: "A7".into(),
        payments: vec![mac_failed().payment],
        terminals: vec![terminal_row()],
        findings: vec![],
        codes: vec![CodeHit {
            scheme: "unionpay".into(),
            code: "A7".into(),
            meaning: t("安全处理失败", "Security processing failed"),
            action: Some(t(
                "重新签到；仍失败则联系收单机构",
                "Sign on again; if it still fails call the acquirer",
            )),
        }],
        more: false,
        looks_like_card: false,
    }
}

pub fn health() -> HealthPage {
    HealthPage {
        feeds: feeds(),
        ready: true,
        accepted: 20_794,
        verdicts: 20_794,
        undecoded: 3,
        next_offset: 20_911,
        durable_offset: 20_911,
        segments: 4,
        journal_bytes: 64 << 20,
        flush_us: Some((410, 2_900)),
        disk_free_bytes: Some(81 << 30),
        disk_total_bytes: Some(200 << 30),
        refusing: false,
        snapshot: Some((20_480, T + 20 * S)),
        data_folder: "/var/lib/tillguard".into(),
        started_us: T - 86_000 * S,
        resident_bytes: Some(41 << 20),
        problems: vec![],
    }
}

pub fn problem() -> Problem {
    Problem::new("TG-2001", Text::new("没有键 dialct", "no key dialct"))
        .in_file("tillguard.toml")
        .at_line(3)
        .because("dialect", "dialct")
}

fn code_row() -> tg_console::CodeRow {
    tg_console::CodeRow {
        terminal: "70310482".into(),
        payee: "老榆树面馆".into(),
        place: "T-1".into(),
        print_job: "P-7".into(),
        valid_until: "2027-12-31".into(),
        expired: false,
        scheme: "URL".into(),
        findings: vec![t("网址没有加密（不是https）", "the address is not encrypted (no https)")],
        mark: "AF88-0D64".into(),
        sheet: "/codes/sheet?for=70310482&mark=AF88-0D64".into(),
    }
}

fn codes() -> tg_console::CodesPage {
    tg_console::CodesPage { open: true, looked_for: "7031".into(), rows: vec![code_row()], more: 2 }
}

fn code_sheet() -> tg_console::CodeSheet {
    let label = tg_console::CodeLabel { row: code_row(), side: 29, path: "M4 4h7v1h-7z".into() };
    tg_console::CodeSheet { labels: vec![label], left_out: 1 }
}

/// Every page by name.
pub fn pages(lang: Lang) -> Vec<(&'static str, maud::Markup)> {
    use tg_console as c;
    let f = |path: &str| frame(lang, path);
    let quiet = Frame { demo: false, findings_open: 0, feeds_live: (0, 0), last_message_us: None, ..f("/") };
    let bad = Frame { demo: false, feeds_live: (1, 2), undecoded: 2_400, ..f("/") };
    vec![
        ("overview", c::overview(&overview(), &f("/"))),
        ("overview-bad", c::overview(&overview_bad(), &bad)),
        ("overview-empty", c::overview(&OverviewPage::default(), &quiet)),
        ("payments", c::payments(&payments(), &f("/payments"))),
        (
            "payments-filtered",
            c::payments(
                &PaymentsPage {
                    filter: Filter {
                        last_four: "12".into(),
                        outcome: OutcomeFilter::Failed,
                        ..Filter::default()
                    },
                    filter_problem: Some(t(
                        "卡号后四位要填 4 个数字。",
                        "Last four digits: 4 digits are needed.",
                    )),
                    is_older: true,
                    ..PaymentsPage::default()
                },
                &f("/payments"),
            ),
        ),
        ("payment-mac", c::payment(&mac_failed(), &f("/payments/20481"))),
        ("payment-expired", c::payment(&expired(), &f("/payments/20312"))),
        ("payment-unknown", c::payment(&unknown(), &f("/payments/20431"))),
        ("payment-reversal", c::payment(&reversal_sent(), &f("/payments/20433"))),
        ("payment-approved", c::payment(&approved(), &f("/payments/20100"))),
        ("findings", c::findings(&findings_page(), &f("/findings"))),
        (
            "findings-empty",
            c::findings(
                &FindingsPage { truth: Some(TruthPart::default()), ..FindingsPage::default() },
                &f("/findings"),
            ),
        ),
        ("finding", c::finding(&finding(), &f("/findings/F-20399-0"))),
        ("finding-cloned", c::finding(&cloned(), &f("/findings/F-20011-0"))),
        ("finding-lanes", c::finding(&lanes(), &f("/findings/F-20399-0"))),
        ("finding-travel", c::finding(&travelled(), &f("/findings/F-20399-0"))),
        (
            "terminals",
            c::terminals(&TerminalsPage { terminals: vec![terminal_row()], older: None }, &f("/terminals")),
        ),
        ("terminal", c::terminal(&terminal(), &f("/terminals/70310482"))),
        ("undecoded", c::undecoded(&undecoded(), &f("/undecoded"))),
        ("search", c::search(&search(), &f("/search"))),
        (
            "search-none",
            c::search(&SearchPage { query: "4711".into(), ..SearchPage::default() }, &f("/search")),
        ),
        (
            "search-card",
            c::search(
                &SearchPage {
                    query: "4111111111111111".into(),
                    looks_like_card: true,
                    ..SearchPage::default()
                },
                &f("/search"),
            ),
        ),
        ("codes", c::codes(&codes(), &f("/codes"))),
        ("codes-none", c::codes(&c::CodesPage::default(), &f("/codes"))),
        ("code-sheet", c::code_sheet(&code_sheet(), &f("/codes/sheet"))),
        ("health", c::health(&health(), &f("/health"))),
        ("problem", c::problem(&problem(), &f("/"))),
        ("not-found", c::not_found(&f("/nowhere"))),
    ]
}
