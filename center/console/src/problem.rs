//! Pages for what went wrong: a problem with its steps, and “not found”.
//!
//! Why it exists: an error page is a page like any other: what happened, where, what to do, whom to ask.
//! Never shows an internal message or a stack.

use crate::frame::{Frame, Room, page};
use crate::icons::icon;
use maud::{Markup, html};
use tg_text::Problem;

/// The page of a problem.
pub fn problem(problem: &Problem, frame: &Frame) -> Markup {
    let title = frame.text(&problem.title);
    let body = html! {
        nav.crumb aria-label=(frame.pick("位置", "Breadcrumb")) { span.chip.bad.m { (problem.code) } }
        div.title { div { h1 { (title) } p.under { (frame.text(&problem.what)) } } }
        (problem_card(problem, frame))
        p { a.btn href="/" { (frame.pick("回到总览", "Back to the overview")) } }
    };
    page(frame, Room::None, &title, None, body)
}

/// A problem as a card, for the health page too.
pub(crate) fn problem_card(problem: &Problem, frame: &Frame) -> Markup {
    let place = &problem.place;
    let facts = [
        (frame.pick("文件", "File"), place.file.clone()),
        (frame.pick("行", "Line"), place.line.map(|n| n.to_string())),
        (frame.pick("字节", "Byte"), place.offset.map(|n| n.to_string())),
        (frame.pick("键或域", "Key or field"), place.field.clone()),
        (frame.pick("应为", "Expected"), problem.expected.clone()),
        (frame.pick("实际", "Found"), problem.found.clone()),
    ];
    html! {
        section.card.narrow {
            @if facts.iter().any(|f| f.1.is_some()) {
                dl.tell.top-pad { @for (label, value) in facts { @if let Some(value) = value { dt { (label) } dd.m { (crate::format::mask_cards(&value)) } } } }
            }
            div.head { h2 { (frame.pick("怎么办", "What to do")) } }
            ol.steps { @for step in &problem.steps { li { div { b { (frame.text(step)) } } } } }
            @if let Some(contact) = &problem.contact { div.call { (icon("phone")) div { b { (frame.text(contact)) } } } }
            @if !problem.tell.is_empty() {
                ul.then { @for tell in &problem.tell { li { (icon("arrow")) span { (frame.text(tell)) } } } }
            }
        }
    }
}

/// The page for an address that leads nowhere, or a payment, terminal or finding that the store doesn't have.
pub fn not_found(frame: &Frame) -> Markup {
    let title = frame.pick("没有这一页", "Not found");
    let body = html! {
        div.title { div { h1 { (title) } } }
        section.card { div.empty {
            (icon("ask"))
            p { (frame.pick(
                "地址写错了，或者这条记录已不在库里。",
                "The address is wrong, or the record is no longer in the store.",
            )) }
            p { (frame.pick("用上面的搜索框找：参考号、终端号、卡号后四位。", "Use the search box above: reference, terminal, last four digits.")) }
            p { a.btn href="/" { (frame.pick("回到总览", "Back to the overview")) } }
        } }
    };
    page(frame, Room::None, title, None, body)
}
