//! Search results: payments, terminals, findings, codes.
//!
//! Why it exists: one box for reference, terminal, last four digits, time and code. Never repeats a whole
//! card number that someone typed.

use crate::format;
use crate::frame::{Frame, Room, page};
use crate::icons::icon;
use crate::rows;
use crate::view::SearchPage;
use maud::{Markup, html};

/// The results of a search.
pub fn search(view: &SearchPage, frame: &Frame) -> Markup {
    let title = frame.pick("搜索", "Search");
    let query = format::mask_cards(&view.query);
    let none = view.payments.is_empty()
        && view.terminals.is_empty()
        && view.findings.is_empty()
        && view.codes.is_empty();
    let body = html! {
        div.title { div {
            h1 { (title) @if !query.trim().is_empty() { (frame.lang.pick(format!("“{query}”"), format!(" “{query}”"))) } }
            @if view.more { p.under { (frame.pick("结果太多，只列出最近的；请写得更具体。", "Too many results; only the latest are listed. Be more specific.")) } }
        } }
        @if view.looks_like_card {
            p.strip-note.bad role="alert" { (icon("noswipe")) span {
                b { (frame.pick("不要输入完整卡号。", "Don't type a whole card number. ")) }
                (frame.pick("没有搜索，也没有保存。请只输入后四位。", "It was neither searched nor kept. Type the last four digits only."))
            } }
        } @else if none {
            section.card { (empty(frame, view.query.trim().is_empty())) }
        }
        div.stack {
            @if !view.codes.is_empty() { (codes(view, frame)) }
            @if !view.payments.is_empty() {
                section.card { div.head { h2 { (frame.pick("交易", "Payments")) } }
                    (rows::payment_table(&view.payments, frame, false, ("", ""))) }
            }
            @if !view.terminals.is_empty() {
                section.card { div.head { h2 { (frame.pick("终端", "Terminals")) } } (rows::terminal_table(&view.terminals, frame)) }
            }
            @if !view.findings.is_empty() {
                section.card { div.head { h2 { (frame.pick("发现", "Findings")) } } (rows::finding_list(&view.findings, frame)) }
            }
        }
    };
    page(frame, Room::None, title, None, body)
}

fn codes(view: &SearchPage, frame: &Frame) -> Markup {
    html! {
        section.card {
            div.head { h2 { (frame.pick("应答码", "Codes")) } p { (frame.pick("同一个码在不同卡组织含义不同", "one code means different things to different schemes")) } }
            ul.codes { @for hit in &view.codes {
                li {
                    b.m { (hit.code) }
                    div { p { b { (frame.text(&hit.meaning)) } " " span.chip.plain { (hit.scheme) } }
                        @if let Some(action) = &hit.action { p.soft { (frame.text(action)) } } }
                    a.link href={ "/payments?outcome=failed&code=" (format::url(&hit.code)) } { (frame.pick("看交易", "Payments")) }
                }
            } }
        }
    }
}

fn empty(frame: &Frame, nothing_typed: bool) -> Markup {
    html! {
        div.empty {
            (icon("search"))
            h2 { @if nothing_typed { (frame.pick("想找什么？", "What are you looking for?")) } @else { (frame.pick("没有找到", "Nothing found")) } }
            p { (frame.pick("可以搜：", "You can search for:")) }
            ul {
                li { (frame.pick("参考号，如 532814000418", "a reference, such as 532814000418")) }
                li { (frame.pick("终端号，如 70310482", "a terminal, such as 70310482")) }
                li { (frame.pick("卡号后四位，如 0009（不要输入完整卡号）", "the last four digits of a card, such as 0009 (never the whole number)")) }
                li { (frame.pick("应答码，如 A7", "a code, such as A7")) }
                li { (frame.pick("时间，如 14:32 或 2025-11-24 14:32", "a time, such as 14:32 or 2025-11-24 14:32")) }
            }
        }
    }
}
