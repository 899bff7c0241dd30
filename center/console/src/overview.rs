//! The first page: does traffic arrive, how is it going, what failed, what looks wrong.
//!
//! Why it exists: a person on duty looks here first. Every figure has its comparison, and a dead feed is
//! the loudest thing on the page. Never hides that figures are old because nothing arrives.

use crate::format::{self, Style};
use crate::frame::{Frame, Room, page};
use crate::icons::icon;
use crate::rows;
use crate::view::{Feed, FeedState, Figures, OverviewPage};
use crate::{chart, live, words};
use maud::{Markup, html};

/// The overview.
pub fn overview(view: &OverviewPage, frame: &Frame) -> Markup {
    let parts = overview_parts(view, frame);
    let [banner, figures, minutes, failures, failed, findings] = parts;
    let body = html! {
        div.title { div { h1 { (frame.pick("总览", "Overview")) } } (live::state(frame)) }
        (banner.1) (figures.1)
        div.cols {
            div.stack { (minutes.1) (failed.1) }
            div.stack { (failures.1) (findings.1) }
        }
    };
    page(frame, Room::Overview, frame.pick("总览", "Overview"), Some("/live/overview"), body)
}

/// The parts of the overview that change, each with the id of its root element. The live stream sends a
/// part (event `part`) when it differs from what was sent before.
pub fn overview_parts(view: &OverviewPage, frame: &Frame) -> [(&'static str, Markup); 6] {
    [
        ("banner", banner(view, frame)),
        ("figures", figures(&view.figures, frame)),
        ("minutes", minutes(view, frame)),
        ("failures", failures(view, frame)),
        ("failed", failed(view, frame)),
        ("findings", findings(view, frame)),
    ]
}

fn banner(view: &OverviewPage, frame: &Frame) -> Markup {
    let dead: Vec<&Feed> =
        view.feeds.iter().filter(|f| matches!(f.state, FeedState::Silent | FeedState::Down)).collect();
    html! {
            div id="banner" {
                @if frame.demo {
                    p.strip-note.demo {
                        span.chip.acc { (frame.pick("演示", "Demo")) }
                        span { (frame.pick(
                            "这里的终端、商户和交易都是模拟的，由本机另一个进程经 TCP 发来真实的 ISO 8583 报文。",
                            "Every terminal, merchant and payment here is simulated; another process on this machine sends real ISO 8583 messages over TCP.",
                        )) }
                    }
                }
                @if view.feeds.is_empty() {
                    p.strip-note.warn role="status" {
                        (icon("tri"))
                        span { b { (frame.pick("还没有接入。", "No feed is set up. ")) }
                            (frame.pick("用 --feed 地址,dialect=方言 启动。", "Start with --feed ADDRESS,dialect=NAME.")) }
                    }
                }
                @for feed in dead {
                    p.strip-note.bad role="alert" {
                        (icon("tri"))
                        span {
                            b { @if feed.state == FeedState::Down {
                                (frame.lang.pick(format!("接入“{}”没有在监听。", feed.name), format!("Feed “{}” is not listening. ", feed.name)))
                            } @else {
                                (frame.lang.pick(format!("接入“{}”没有报文了。", feed.name), format!("Feed “{}” has gone silent. ", feed.name)))
                            } }
                            @if let Some(at) = feed.last_message_us {
                                (frame.pick("最后一条在 ", "Its last message came at ")) (format::time(frame, at, Style::Near))
                                (frame.lang.pick(format!("（{}）。", format::ago(frame, at)), format!(" ({}). ", format::ago(frame, at))))
                            }
    @if view.feeds.iter().any(|f| f.state == FeedState::Live) {
                                (frame.pick("下面的数字不含它此后的交易。", "The figures below lack its payments since then."))
                            } @else {
                                (frame.pick("下面的数字不再更新。", "The figures below stand still."))
                            }
                        }
                        a.btn href="/health" { (frame.pick("查看接入", "Look at the feeds")) }
                    }
                }
                (undecoded_warning(view, frame))
            }
        }
}

/// From one frame in a hundred on, and at least five, someone should look at the dialect.
fn undecoded_warning(view: &OverviewPage, frame: &Frame) -> Markup {
    let share = format::share_bp(view.undecoded, view.frames);
    if view.undecoded < 5 || share < 100 {
        return html! {};
    }
    html! {
        p.strip-note.warn role="status" {
            (icon("broken"))
            span {
                b { (frame.lang.pick(
                    format!("近 60 分钟有 {} 条报文解不开，占 {}。", format::count(view.undecoded), format::percent(share)),
                    format!("{} messages of the last 60 minutes could not be decoded, {}. ", format::count(view.undecoded), format::percent(share)),
                )) }
                (frame.pick("多半是方言选错；它们只留下长度、哈希和出错位置。", "Most likely the dialect is wrong; only length, hash and error position of them are kept."))
            }
            a.btn href="/undecoded" { (frame.pick("查看", "Look")) }
        }
    }
}

fn figures(f: &Figures, frame: &Frame) -> Markup {
    let lang = frame.lang;
    let nothing = || frame.pick("还没有可比的", "nothing to compare yet").to_string();
    let before = |value: Option<String>| {
        value.map_or_else(nothing, |v| lang.pick(format!("前一小时 {v}"), format!("hour before {v}")))
    };
    let failed_worse =
        f.failed_usual.is_some_and(|usual| f.failed > usual.saturating_mul(2) && f.failed >= 10);
    let approved_worse = match (f.approved_bp, f.approved_usual_bp) {
        (Some(now), Some(usual)) => now + 500 < usual,
        _ => false,
    };
    let unknown = lang.pick(
        format!("其中未知 {}；", format::count(f.unknown)),
        format!("{} unknown; ", format::count(f.unknown)),
    );
    let figure = |label: &str, value: String, compared: String, href: &str, worse: bool| {
        html! {
            div.bad[worse] {
                dt { a href=(href) { (label) } }
                dd { (value) small { (compared) } }
            }
        }
    };
    html! {
        dl.card.kpis id="figures" {
            (figure(frame.pick("每分钟交易", "Payments a minute"), format::count(f.payments_per_minute),
                before(f.payments_per_minute_usual.map(format::count)), "/payments", false))
            (figure(frame.pick("批准率，60 分钟", "Approved, 60 min"), f.approved_bp.map_or("—".into(), format::percent),
                before(f.approved_usual_bp.map(format::percent)), "/payments?outcome=approved", approved_worse))
            (figure(frame.pick("失败，60 分钟", "Failed, 60 min"), format::count(f.failed),
                if f.unknown > 0 { unknown } else { String::new() } + &before(f.failed_usual.map(format::count)), "/payments?outcome=failed", failed_worse))
            (figure(frame.pick("未结发现", "Open findings"), format::count(f.findings_open),
                lang.pick(format!("近一小时新增 {}", f.findings_new), format!("{} new in the last hour", f.findings_new)), "/findings", false))
            (figure(frame.pick("活跃终端，60 分钟", "Terminals, 60 min"), format::count(f.terminals_seen),
                lang.pick(format!("见过的共 {}", format::count(f.terminals_known)), format!("of {} ever seen", format::count(f.terminals_known))), "/terminals", false))
        }
    }
}

fn minutes(view: &OverviewPage, frame: &Frame) -> Markup {
    let any = view.minutes.iter().any(|m| (m.approved | m.declined | m.unknown | m.reversed) != 0);
    html! {
        section.card id="minutes" {
            div.head {
                h2 { (frame.pick("交易结果", "Payments by outcome")) }
                p { (frame.pick("每分钟笔数，近 60 分钟", "a minute, last 60 minutes")) }
                (chart::legend(frame))
            }
            @if any { (chart::minutes(&view.minutes, frame)) }
            @else { (rows::nothing(frame, "近 60 分钟没有交易。", "No payments in the last 60 minutes.")) }
        }
    }
}

fn failures(view: &OverviewPage, frame: &Frame) -> Markup {
    let most = view.failures.iter().map(|b| b.count).max().unwrap_or(0);
    let all: u64 = view.failures.iter().map(|b| b.count).sum();
    html! {
        section.card id="failures" {
            div.head {
                h2 { (frame.pick("失败的原因", "Why payments failed")) }
                p { (frame.lang.pick(format!("近 60 分钟 {} 笔", format::count(all)), format!("{} in the last 60 minutes", format::count(all)))) }
            }
            @if view.failures.is_empty() {
                (rows::nothing(frame, "近 60 分钟没有失败的交易。", "No payment failed in the last 60 minutes."))
            }
            ul.bars {
                @for bar in &view.failures {
                    @let href = match &bar.code {
                        Some(code) => format!("/payments?outcome=failed&code={}", format::url(code)),
                        None => "/payments?outcome=unknown".to_string(),
                    };
                    li { a href=(href) {
                        span.what { @if let Some(code) = &bar.code { b.m { (code) } " " } (frame.text(&bar.text)) }
                        b.n { (format::count(bar.count)) }
                        (chart::bar(format::share_bp(bar.count, most), if bar.code.is_none() { "warn" } else { "bad" }))
                    } }
                }
            }
        }
    }
}

fn failed(view: &OverviewPage, frame: &Frame) -> Markup {
    html! {
        section.card id="failed" {
            div.head {
                h2 { (frame.pick("最近失败的交易", "Latest failed payments")) }
                p { (frame.pick("点开看解释", "open one for its explanation")) }
                span.end { a.link href="/payments?outcome=failed" { (frame.pick("全部", "All")) } }
            }
            @if view.failed.is_empty() {
                (rows::nothing(frame, "没有失败的交易。", "No failed payments."))
            } @else {
                ul.failed {
                    @for payment in &view.failed {
                        li { a href={ "/payments/" (format::url(&payment.id)) } {
                            (format::time(frame, payment.at_us, Style::Near))
                            (rows::outcome_chip(frame, payment.outcome))
                            span.what {
                                b { @if let Some(code) = &payment.code { span.m { (code) } " " } (rows::one_line_why(payment, frame)) }
                                small {
                                    @if let Some(name) = rows::merchant(payment, frame) { (name) " · " }
                                    (frame.pick("终端 ", "terminal ")) span.n { (payment.terminal) }
                                    @if let Some(card) = &payment.card { " · " span.n { (format::card(card)) } }
                                }
                            }
                            span.num.n { (payment.amount.map_or("—".into(), format::amount)) }
                        } }
                    }
                }
            }
        }
    }
}

fn findings(view: &OverviewPage, frame: &Frame) -> Markup {
    html! {
        section.card id="findings" {
            div.head {
                h2 { (frame.pick("风险发现", "Findings")) }
                p { (frame.pick("疑似，不是定论", "suspected, not proven")) }
                span.end { a.link href="/findings" { (frame.pick("全部", "All")) } }
            }
            @if view.findings.is_empty() { (rows::nothing(frame, "没有发现。", "No findings.")) }
            @else { (rows::finding_list(&view.findings, frame)) }
        }
    }
}

/// Feeds as a table, for this room's neighbour, the health page.
pub(crate) fn feed_table(feeds: &[Feed], frame: &Frame) -> Markup {
    html! {
        table.list.stacks {
            caption.sr { (frame.pick("接入", "Feeds")) }
            thead { tr {
                th scope="col" { (frame.pick("接入", "Feed")) }
                th scope="col" { (frame.pick("状态", "State")) }
                th scope="col" { (frame.pick("地址与方言", "Address, dialect")) }
                th scope="col" { (frame.pick("最后一条报文", "Last message")) }
                th.num scope="col" { (frame.pick("每分钟", "A minute")) }
                th.num scope="col" { (frame.pick("已接收", "Accepted")) }
                th.num scope="col" { (frame.pick("解不开", "Undecoded")) }
                th.num scope="col" { (frame.pick("连接", "Connections")) }
            } }
            tbody { @for feed in feeds {
                @let (class, sign, text) = words::feed_state(feed.state);
                tr {
                    td { b { (feed.name) } }
                    td { span.chip.(class) { (icon(sign)) (frame.text(&text)) } }
                    td.wrap { span.m.n { (feed.address) } " " span.soft.m { (feed.dialect) } }
                    td data-l=(frame.pick("最后报文", "Last message")) { @match feed.last_message_us {
                        Some(at) => { (format::time(frame, at, Style::Near)) " " span.soft { (format::ago(frame, at)) } }
                        None => "—",
                    } }
                    td.num data-l=(frame.pick("每分钟", "A minute")) { (format::count(feed.per_minute)) }
                    td.num data-l=(frame.pick("已接收", "Accepted")) { (format::count(feed.accepted)) }
                    td.num data-l=(frame.pick("解不开", "Undecoded")) { (format::count(feed.undecoded)) }
                    td.num data-l=(frame.pick("连接", "Connections")) { (feed.connections) }
                }
            } }
        }
    }
}
