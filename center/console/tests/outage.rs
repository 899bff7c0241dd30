//! The pages of outages: what they say in both languages, and what they must not.

use tg_console::view::{
    Contact, OutageMinute, OutageRow, OutageView, OutagesView, SilentRow, SuspectRow, Tell,
};
use tg_console::{Frame, outage, outages};
use tg_text::{Lang, Text};

const MINUTE_US: i64 = 60_000_000;
const SINCE_US: i64 = 1_763_964_360_000_000;

fn row(ended: bool) -> OutageRow {
    OutageRow {
        number: 318,
        place: vec![(Text::fixed("发卡行", "issuer"), Text::fixed("澜江银行", "Lanjiang Bank"))],
        what: Text::fixed("系统不可用", "not available"),
        since_us: SINCE_US,
        ended_us: ended.then_some(SINCE_US + 20 * MINUTE_US),
        failed: 1_842,
        total: 2_870,
        usual_bp: 230,
    }
}

fn view() -> OutageView {
    OutageView {
        row: row(false),
        found_us: SINCE_US + 2 * MINUTE_US,
        failed_when_found: 61,
        terminals: 1_340,
        muted: 72,
        paged: true,
        codes: vec![("91".into(), 1_611), (String::new(), 231)],
        control_bp: Some(240),
        share_bp: 9_300,
        suspects: vec![
            SuspectRow {
                dimension: Text::fixed("发卡行", "issuer"),
                value: Text::fixed("澜江银行", "Lanjiang Bank"),
                failed: 1_842,
                total: 2_870,
                share_bp: 9_300,
                without_bp: None,
                lead: true,
            },
            SuspectRow {
                dimension: Text::fixed("终端型号", "model"),
                value: Text::fixed("NV-520", "NV-520"),
                failed: 1_600,
                total: 40_100,
                share_bp: 3_400,
                without_bp: Some(240),
                lead: false,
            },
        ],
        minutes: (0..40)
            .map(|i| OutageMinute {
                start_us: SINCE_US + (i - 12) * MINUTE_US,
                failed: if i < 12 { 2 } else { 66 },
                total: 100,
                rest_failed: 24,
                rest_total: 1_000,
            })
            .collect(),
        contact: Contact {
            who: Text::fixed("澜江银行 · 银行卡值班", "Lanjiang Bank, card desk"),
            by: Text::fixed("由客服台拨打，店方不用打", "the support desk calls, not the shops"),
            phone: Some("400-000-0000".into()),
            // What must not happen in a message, so that the page is shown to mask it.
            tell: vec![Tell { label: Text::fixed("备注", "Note"), value: "4111111111111111".into() }],
        },
        notice: Some(Text::fixed("结果没查清之前不要重刷。", "Don't pay again before its outcome is known.")),
    }
}

fn frame(lang: Lang) -> Frame {
    Frame { lang, now_us: SINCE_US + 28 * MINUTE_US, path: "/outages/318".into(), ..Frame::default() }
}

#[test]
fn an_outage_says_what_since_when_who_and_how_it_went() {
    let zh = outage(&view(), &frame(Lang::Zh)).into_string();
    for said in [
        "澜江银行：系统不可用",
        "64.2%",
        "28 分钟",
        "1,776",
        "进行中",
        "91 共 1,611 笔",
        "没有应答 共 231 笔",
        "根源在这里",
        "除去后 2.4%",
        "由客服台拨打",
        "400-000-0000",
        "不要重刷",
        "O-0318",
    ] {
        assert!(zh.contains(said), "{said} is missing");
    }
    let en = outage(&view(), &frame(Lang::En)).into_string();
    for said in ["Lanjiang Bank: not available", "Going on", "It is here", "2.4% without it", "93.0%"] {
        assert!(en.contains(said), "{said} is missing");
    }
    assert!(!en.contains("Nobody was called"));
    let quiet = outage(&OutageView { paged: false, ..view() }, &frame(Lang::En)).into_string();
    assert!(quiet.contains("Nobody was called"));
}

#[test]
fn no_card_and_no_inline_style() {
    for lang in [Lang::Zh, Lang::En] {
        let page = outage(&view(), &frame(lang)).into_string();
        assert!(!page.contains("4111111111111111") && page.contains("411111"));
        assert!(!page.contains("style=") && !page.contains("<script>") && !page.contains("onclick"));
    }
}

#[test]
fn the_list_names_outages_and_silent_terminals_and_says_from_when_it_has_seen() {
    let view = OutagesView {
        outages: vec![row(false), row(true)],
        silent: vec![SilentRow { terminal: "10010001".into(), heard_us: SINCE_US, heartbeat: true }],
        seen_from_us: Some(SINCE_US - 600 * MINUTE_US),
        passed_over: 12_000,
    };
    let page = outages(&view, &frame(Lang::En)).into_string();
    for said in
        ["/outages/318", "Going on", "Over", "/terminals/10010001", "12,000 messages were passed over"]
    {
        assert!(page.contains(said), "{said} is missing");
    }
    let none = OutagesView { outages: Vec::new(), silent: Vec::new(), seen_from_us: None, passed_over: 0 };
    let page = outages(&none, &frame(Lang::Zh)).into_string();
    assert!(page.contains("没有发现故障") && page.contains("还没有看到交易"));
}
