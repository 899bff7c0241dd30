//! Terminals: the list, and one terminal with its facts, outcomes, payments and findings.
//!
//! Why it exists: “is it this machine?” is support's first question. Never calls a terminal genuine: what
//! is not known is shown as not known.

use crate::chart;
use crate::format::{self, Style};
use crate::frame::{Frame, Room, crumb, page};
use crate::rows;
use crate::view::{TerminalPage, TerminalsPage};
use maud::{Markup, html};

/// The list of terminals.
pub fn terminals(view: &TerminalsPage, frame: &Frame) -> Markup {
    let title = frame.pick("终端", "Terminals");
    let body = html! {
        div.title { div { h1 { (title) } p.under { (frame.pick("按最后一条报文排列。", "By their last message.")) } } }
        section.card {
            @if view.terminals.is_empty() { (rows::nothing(frame, "还没有见过终端。", "No terminal has been seen yet.")) }
            @else { (rows::terminal_table(&view.terminals, frame)) }
            (rows::older_link(frame, view.older.as_deref()))
        }
    };
    page(frame, Room::Terminals, title, None, body)
}

/// The page of one terminal.
pub fn terminal(view: &TerminalPage, frame: &Frame) -> Markup {
    let t = &view.terminal;
    let title = frame.lang.pick(format!("终端 {}", t.terminal), format!("Terminal {}", t.terminal));
    let failing = t.payments > 0 && format::share_bp(t.failed, t.payments) >= 5_000;
    let chips = html! {
        @if failing { span.chip.bad { (frame.pick("过半失败", "Over half fail")) } }
        @if t.findings > 0 { span.chip.warn { (frame.lang.pick(format!("{} 个发现", t.findings), format!("{} finding{}", t.findings, if t.findings == 1 { "" } else { "s" }))) } }
    };
    let body = html! {
        (crumb(frame, ("/terminals", "终端", "Terminals"), Some(&t.terminal), chips))
        div.title { div {
            h1 { (title) }
            p.under { @if let Some(name) = &t.merchant_name { (frame.text(name)) " · " } (frame.pick("商户号 ", "merchant ")) span.n { (t.merchant) } }
        } }
        div.cols {
            div.stack {
                (outcomes(view, frame))
                section.card {
                    div.head { h2 { (frame.pick("最近的交易", "Latest payments")) }
                        span.end { a.link href={ "/payments?terminal=" (format::url(&t.terminal)) } { (frame.pick("全部", "All")) } } }
                    (rows::payment_table(&view.payments, frame, false, ("没有交易。", "No payments.")))
                }
            }
            div.stack {
                (facts(view, frame))
                section.card {
                    div.head { h2 { (frame.pick("发现", "Findings")) } p { (frame.pick("疑似，不是定论", "suspected, not proven")) } }
                    @if view.findings.is_empty() { (rows::nothing(frame, "没有涉及这台终端的发现。", "No finding names this terminal.")) }
                    @else { (rows::finding_list(&view.findings, frame)) }
                }
            }
        }
    };
    page(frame, Room::Terminals, &title, None, body)
}

fn outcomes(view: &TerminalPage, frame: &Frame) -> Markup {
    let t = &view.terminal;
    let label = frame.lang.pick(
        format!("最近 {} 笔的结果，左边最早", view.marks.len()),
        format!("outcomes of the last {} payments, oldest left", view.marks.len()),
    );
    let of = |n: u64| format::percent(format::share_bp(n, t.payments));
    html! {
        section.card {
            div.head { h2 { (frame.pick("结果", "Outcomes")) } p { (label) } (chart::legend(frame)) }
            @if view.marks.is_empty() { (rows::nothing(frame, "没有交易。", "No payments.")) }
            @else { (chart::strip(&view.marks, &label)) }
            dl.kpis.small {
                div { dt { (frame.pick("24 小时交易", "Payments, 24 h")) } dd { (format::count(t.payments)) } }
                div { dt { (frame.pick("批准", "Approved")) } dd { (format::count(view.approved)) " " small { (of(view.approved)) } } }
                div { dt { (frame.pick("失败", "Failed")) } dd { (format::count(t.failed)) " " small { (of(t.failed)) } } }
                div { dt { (frame.pick("其中未知", "Of these unknown")) } dd { (format::count(view.unknown)) " " small { (of(view.unknown)) } } }
            }
        }
    }
}

fn facts(view: &TerminalPage, frame: &Frame) -> Markup {
    let unknown = frame.pick("不知道", "not known");
    let known = |value: &Option<String>| value.clone().filter(|v| !v.is_empty());
    let text = |label: &str, value: Option<String>, id: bool| {
        html! { dt { (label) } dd.id[id].soft[value.is_none()] { (value.unwrap_or_else(|| unknown.to_string())) } }
    };
    let instant = |label: &str, at: Option<i64>| {
        html! { dt { (label) } dd.soft[at.is_none()] { @match at {
            Some(at) => { (format::time(frame, at, Style::DateTime)) " " span.soft { (format::ago(frame, at)) } }
            None => (frame.pick("没有见过", "never seen")),
        } } }
    };
    html! {
        section.card {
            div.head { h2 { (frame.pick("已知的事", "What is known")) } p { (frame.pick("来自报文", "from its messages")) } }
            dl.tell.end-pad {
                (text(frame.pick("终端号", "Terminal"), Some(view.terminal.terminal.clone()), false))
                (text(frame.pick("商户号", "Merchant"), Some(view.terminal.merchant.clone()), false))
                (text(frame.pick("收单机构", "Acquirer"), known(&view.acquirer), false))
                (text(frame.pick("序列号", "Serial"), known(&view.serial), true))
                (text(frame.pick("型号", "Model"), known(&view.model), false))
                (text(frame.pick("软件版本", "Software"), known(&view.software), false))
                (instant(frame.pick("上次签到", "Last sign-on"), view.last_sign_on_us))
                (instant(frame.pick("最后报文", "Last message"), view.terminal.last_message_us))
                (instant(frame.pick("首次见到", "First seen"), view.first_message_us))
                dt { (frame.pick("时钟", "Clock")) }
                dd.soft[view.clock_offset_ms.is_none()] { (clock(view.clock_offset_ms, frame)) }
            }
        }
    }
}

fn clock(offset_ms: Option<i64>, frame: &Frame) -> String {
    match offset_ms {
        None => frame.pick("不知道", "not known").into(),
        Some(ms) if ms.unsigned_abs() < 5_000 => frame.pick("与中心一致", "agrees with the center").into(),
        Some(ms) => {
            let by = format::span(frame.lang, ms.unsigned_abs() / 1_000 * 1_000);
            if ms > 0 {
                frame.lang.pick(format!("快 {by}"), format!("{by} fast"))
            } else {
                frame.lang.pick(format!("慢 {by}"), format!("{by} slow"))
            }
        }
    }
}
