//! Outages: from what the slow lane keeps to what the pages show.
//!
//! Whom to call follows from the dimension: an issuer's outage is the support desk's call, never the shop's; a shop
//! calls nobody but its acquirer. What shops are told never includes to pay again before the outcome is known.

use crate::live::Live;
use tg_console::view::{
    Contact, OutageMinute, OutageRow, OutageView, OutagesView, SilentRow, SuspectRow, Tell,
};
use tg_fleet::{Class, Missing, Outage};
use tg_text::Text;

/// Silent terminals on the page.
const SILENT_SHOWN: usize = 50;
/// Outages on the page.
const SHOWN: usize = 100;

/// The list.
pub(crate) fn outages_page(live: &Live, now: i64) -> OutagesView {
    let seen = live.fleet.seen();
    let silent = live.fleet.silent(now).into_iter().take(SILENT_SHOWN);
    OutagesView {
        outages: live.fleet.outages().iter().take(SHOWN).map(|o| row(o, live)).collect(),
        silent: silent
            .map(|s| SilentRow {
                terminal: s.terminal,
                heard_us: s.heard_us,
                heartbeat: s.missing == Missing::Heartbeat,
            })
            .collect(),
        seen_from_us: seen.from_to_us.map(|s| s.0),
        passed_over: seen.passed_over,
    }
}

/// One of them; `None` if there is none of this number.
pub(crate) fn outage_page(live: &Live, number: u32, time: &dyn Fn(i64) -> String) -> Option<OutageView> {
    let outage = live.fleet.outage(number)?;
    let row = row(&outage, live);
    let during = outage.minutes.iter().filter(|m| m.start_us + super::MINUTE_US > outage.since_us);
    let (rest_failed, rest_total) =
        during.fold((0_u64, 0_u64), |s, m| (s.0 + u64::from(m.rest_failed), s.1 + u64::from(m.rest_total)));
    let control_bp = (rest_total > 0).then(|| bp(rest_failed as f64 / rest_total as f64));
    let mut codes: Vec<(String, u64)> = outage.codes.iter().map(|(c, n)| (c.clone(), *n)).collect();
    codes.sort_by_key(|c| std::cmp::Reverse(c.1));
    let suspects = outage.suspects.iter().enumerate().map(|(i, s)| {
        let (dimensions, values): (Vec<Text>, Vec<Text>) = place(&s.place, live).into_iter().unzip();
        SuspectRow {
            dimension: joined(&dimensions, &Text::fixed("全部", "all")),
            value: joined(&values, &Text::fixed("全网", "everywhere")),
            failed: s.failed as u64,
            total: s.total as u64,
            share_bp: bp(s.share),
            without_bp: s.rate_without.map(bp),
            lead: i == 0,
        }
    });
    let contact = contact(&outage, &row, &codes, control_bp, live, time);
    Some(OutageView {
        found_us: outage.found_us,
        failed_when_found: outage.failed_when_found,
        terminals: outage.terminals,
        muted: outage.muted,
        paged: outage.paged,
        control_bp,
        share_bp: bp(outage.share),
        suspects: suspects.collect(),
        minutes: outage
            .minutes
            .iter()
            .map(|m| OutageMinute {
                start_us: m.start_us,
                failed: m.failed,
                total: m.total,
                rest_failed: m.rest_failed,
                rest_total: m.rest_total,
            })
            .collect(),
        notice: notice(&outage, &row),
        codes,
        contact,
        row,
    })
}

fn row(outage: &Outage, live: &Live) -> OutageRow {
    OutageRow {
        number: outage.number,
        place: place(&outage.place, live),
        what: what(outage),
        since_us: outage.since_us,
        ended_us: outage.ended_us,
        failed: outage.failed,
        total: outage.total,
        usual_bp: bp(outage.usual_rate),
    }
}

fn bp(share: f64) -> u16 {
    (share * 10_000.0).round().clamp(0.0, 10_000.0) as u16
}

fn joined(texts: &[Text], none: &Text) -> Text {
    if texts.is_empty() {
        return none.clone();
    }
    let join = |pick: fn(&Text) -> &str| texts.iter().map(pick).collect::<Vec<_>>().join(" × ");
    Text::new(join(|t| &t.zh), join(|t| &t.en))
}

fn place(place: &[(String, String)], live: &Live) -> Vec<(Text, Text)> {
    place.iter().map(|(d, v)| (dimension(d), value(d, v, live))).collect()
}

fn dimension(name: &str) -> Text {
    let (zh, en) = match name {
        "issuer" => ("发卡行", "issuer"),
        "acquirer" => ("收单机构", "acquirer"),
        "operator" => ("通信运营商", "network operator"),
        "region" => ("地区", "region"),
        "model" => ("终端型号", "model"),
        "firmware" => ("软件版本", "software"),
        other => return Text::new(other.to_owned(), other.to_owned()),
    };
    Text::fixed(zh, en)
}

/// People read a name where there is one, else the code with what it is.
fn value(dimension: &str, code: &str, live: &Live) -> Text {
    if let Some(name) = live.fleet.name(dimension, code) {
        return name;
    }
    match dimension {
        "issuer" if code.starts_with("BIN ") => Text::new(format!("{code} 的卡"), format!("cards of {code}")),
        "issuer" => Text::new(format!("发卡行 {code}"), format!("issuer {code}")),
        "acquirer" => Text::new(format!("收单机构 {code}"), format!("acquirer {code}")),
        "region" => Text::new(format!("地区代码 {code}"), format!("region code {code}")),
        "model" => Text::new(format!("型号 {code}"), format!("model {code}")),
        _ => Text::new(code.to_owned(), code.to_owned()),
    }
}

fn what(outage: &Outage) -> Text {
    let silent = outage.codes.get("").copied().unwrap_or(0) * 2 > outage.failed;
    let (zh, en) = match (outage.class, silent) {
        (Class::Unavailable, true) => ("没有应答", "no answers"),
        (Class::Unavailable, false) => ("系统不可用", "not available"),
        (Class::Security, _) => ("密钥、MAC 或 PIN 校验失败", "key, MAC or PIN checks fail"),
        (Class::Settings, _) => ("报文或参数被拒", "messages or settings are refused"),
        (Class::Declined, _) => ("拒绝异常增多", "unusually many declined"),
    };
    Text::fixed(zh, en)
}

fn contact(
    outage: &Outage,
    row: &OutageRow,
    codes: &[(String, u64)],
    control_bp: Option<u16>,
    live: &Live,
    time: &dyn Fn(i64) -> String,
) -> Contact {
    let percent = |bp: u16| format!("{}.{:02}%", bp / 100, bp % 100);
    let by_desk = Text::fixed("由客服台拨打，店方不用打", "the support desk calls, not the shops");
    let named = |wanted: &str| {
        let at = outage.place.iter().position(|(d, _)| d == wanted)?;
        row.place.get(at).map(|(_, value)| value.clone())
    };
    let acquirer = || {
        let name = live.acquirer.name.clone().unwrap_or_default();
        let who = if name.is_empty() {
            Text::fixed("收单机构值班", "The acquirer's desk")
        } else {
            Text::new(name.clone(), name)
        };
        (who, live.acquirer.phone.clone())
    };
    let (who, phone) = if let Some(issuer) = named("issuer") {
        (Text::new(format!("{} · 银行卡值班", issuer.zh), format!("{}, card desk", issuer.en)), None)
    } else if named("model").is_some() || named("firmware").is_some() {
        (Text::fixed("终端厂商技术支持", "The terminals' vendor"), None)
    } else if named("operator").is_some() {
        (Text::fixed("通信运营商", "The network operator"), None)
    } else {
        acquirer()
    };
    let none = |code: &str| if code.is_empty() { "—".to_owned() } else { code.to_owned() };
    let counted: Vec<String> = codes.iter().map(|(code, n)| format!("{} × {n}", none(code))).collect();
    let place: Vec<String> = outage.place.iter().map(|(d, v)| format!("{d} {v}")).collect();
    let mut tell = vec![
        Tell { label: Text::fixed("开始时间", "Began"), value: time(outage.since_us) },
        Tell {
            label: Text::fixed("范围", "Where"),
            value: if place.is_empty() { "*".to_owned() } else { place.join(", ") },
        },
        Tell {
            label: Text::fixed("失败 / 总数", "Failed / all"),
            value: format!(
                "{} / {} ({}; {})",
                outage.failed,
                outage.total,
                percent(row.rate_bp()),
                percent(row.usual_bp)
            ),
        },
    ];
    if !counted.is_empty() {
        tell.push(Tell { label: Text::fixed("应答码", "Codes"), value: counted.join(", ") });
    }
    if let Some(control) = control_bp {
        tell.push(Tell { label: Text::fixed("其余交易", "Elsewhere"), value: percent(control) });
    }
    Contact { who, by: by_desk, phone, tell }
}

/// What shops may be told. Nothing where they can do nothing: a refusal for settings is the acquirer's to mend.
fn notice(outage: &Outage, row: &OutageRow) -> Option<Text> {
    if !outage.is_open() || outage.class != Class::Unavailable {
        return None;
    }
    let issuer = outage.place.iter().position(|(d, _)| d == "issuer").and_then(|at| row.place.get(at));
    Some(match issuer {
        Some((_, name)) => Text::new(
            format!(
                "{}的卡暂时刷不了，请客户换一张卡或换一种付款方式。显示失败的不要反复刷；显示超时的先查原交易，结果没查清之前不要重刷。",
                name.zh
            ),
            format!(
                "Cards of {} don't work for the moment: please ask for another card or another way to pay. Don't try a failed one again and again; where the machine timed out, look up the first payment and don't pay again before its outcome is known.",
                name.en
            ),
        ),
        None => Text::fixed(
            "刷卡暂时不稳定，请客户换一种付款方式。显示超时的先查原交易，结果没查清之前不要重刷。不用重启或重置机器。",
            "Card payments are unsteady for the moment: please offer another way to pay. Where the machine timed out, look up the first payment and don't pay again before its outcome is known. Restarting or resetting machines doesn't help.",
        ),
    })
}
