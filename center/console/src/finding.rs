//! A finding: suspected what, on what it rests, what it does not show, what else it could be, what to do.
//!
//! Why it exists: a risk analyst must be able to disagree. Never accuses: the title says “suspected”, a
//! section says what is not shown, and the shop is a witness until proven otherwise.

use crate::format::{self, Style};
use crate::frame::{Frame, Room, crumb, page};
use crate::icons::icon;
use crate::view::{FindingPage, FindingsPage};
use crate::{chart, rows, words};
use maud::{Markup, html};
use tg_text::Text;

/// The list of findings.
pub fn findings(view: &FindingsPage, frame: &Frame) -> Markup {
    let title = frame.pick("风险发现", "Findings");
    let body = html! {
        div.title { div { h1 { (title) } p.under { (frame.pick("疑似，不是定论；每条都写明依据和没有证明的部分。", "Suspected, not proven; each says what it rests on and what it does not show.")) } } }
        section.card {
            @if view.findings.is_empty() { (rows::nothing(frame, "没有发现。", "No findings.")) }
            @else { (rows::finding_list(&view.findings, frame)) }
            (rows::older_link(frame, view.older.as_deref()))
        }
    };
    page(frame, Room::Findings, title, None, body)
}

/// The page of one finding.
pub fn finding(view: &FindingPage, frame: &Frame) -> Markup {
    let f = &view.finding;
    let title = rows::finding_title(f, frame);
    let (class, severity) = words::severity(f.severity);
    let chips = html! {
        span.chip.(class) { (frame.text(&severity)) }
        span.chip.plain.m { (f.code) }
    };
    let body = html! {
        (crumb(frame, ("/findings", "风险发现", "Findings"), Some(&f.id), chips))
        div.title { div {
            h1 { (title) }
            p.under {
                (rows::subject(&f.subject, frame)) " · " (rows::event_count(f.events, frame)) " · "
                (format::time(frame, f.first_us, Style::DateTime)) (frame.pick(" 至 ", " to ")) (format::time(frame, f.last_us, Style::Near))
            }
        } }
        div.cols {
            div.stack { (events_chart(view, frame)) (events_table(view, frame)) }
            div.stack { (grounds(view, frame)) (advice(view, frame)) }
        }
    };
    page(frame, Room::Findings, &title, None, body)
}

fn events_chart(view: &FindingPage, frame: &Frame) -> Markup {
    if view.marks.is_empty() {
        return html! {};
    }
    let label = frame.lang.pick(
        format!("{} 笔交易按时间排列", view.marks.len()),
        format!("{} payments over time", view.marks.len()),
    );
    let by_amount = view.marks.iter().all(|m| m.amount.is_some());
    html! {
        section.card {
            div.head {
                h2 { (frame.pick("事件的先后", "Events over time")) }
                p { @if by_amount { (frame.pick("一划一笔，高度为金额", "one stroke a payment, height is its amount")) } @else { (frame.pick("一划一笔", "one stroke a payment")) } }
                (chart::legend(frame))
            }
            (chart::marks(&view.marks, frame, &label))
            @if let Some(found) = view.found_us {
                p.note { (icon("clock")) span {
                    (frame.pick("发现于 ", "Found at ")) (format::time(frame, found, Style::Near))
                    @if found > view.finding.first_us {
                        (frame.lang.pick(
                            format!("，第一笔之后 {}", format::span(frame.lang, format::between_ms(view.finding.first_us, found))),
                            format!(", {} after the first event", format::span(frame.lang, format::between_ms(view.finding.first_us, found))),
                        ))
                    }
                } }
            }
        }
    }
}

fn events_table(view: &FindingPage, frame: &Frame) -> Markup {
    let more = view.finding.events.saturating_sub(view.payments.len() as u64);
    html! {
        section.card {
            div.head {
                h2 { (frame.pick("事件", "Events")) }
                p { (frame.lang.pick(
                    format!("日志位置 {} 至 {}，新的在前", view.offsets.0, view.offsets.1),
                    format!("log offsets {} to {}, newest first", view.offsets.0, view.offsets.1),
                )) }
            }
            (rows::payment_table(&view.payments, frame, false, ("事件的明细已不在库里。", "The events are no longer in the store.")))
            @if more > 0 && !view.payments.is_empty() {
                p.more { (frame.lang.pick(format!("另有 {} 个事件没有列出", format::count(more)), format!("{} more events are not listed", format::count(more)))) }
            }
        }
    }
}

fn points(title: &str, class: &str, sign: &str, texts: &[Text], frame: &Frame) -> Markup {
    if texts.is_empty() {
        return html! {};
    }
    html! {
        h3 { (title) }
        ul.(class) { @for text in texts { li { (icon(sign)) span { (frame.text(text)) } } } }
    }
}

fn grounds(view: &FindingPage, frame: &Frame) -> Markup {
    let (ruled_out, open): (Vec<_>, Vec<_>) = view.other_explanations.iter().partition(|o| o.ruled_out);
    let texts = |list: Vec<&crate::view::OtherExplanation>| {
        list.into_iter().map(|o| o.text.clone()).collect::<Vec<_>>()
    };
    html! {
        section.card.words {
            div.head { h2 { (frame.pick("依据", "What this rests on")) } }
            (points(frame.pick("与怀疑相符", "Consistent with the suspicion"), "yes", "check", &view.rests_on, frame))
            (points(frame.pick("没有证明", "Not shown"), "open", "ask", &view.not_shown, frame))
            (points(frame.pick("其他解释，还没有排除", "Other explanations, not ruled out"), "open", "ask", &texts(open), frame))
            (points(frame.pick("其他解释，交易数据不支持", "Other explanations, not supported by the traffic"), "open", "x", &texts(ruled_out), frame))
        }
    }
}

fn advice(view: &FindingPage, frame: &Frame) -> Markup {
    if view.advice.is_empty() && view.guards.is_empty() {
        return html! {};
    }
    html! {
        section.card {
            div.head { h2 { (frame.pick("接下来", "Do next")) } p { (frame.pick("只是建议，没有拦截任何交易", "advice, nothing is blocked")) } }
            ol.steps {
                @for step in &view.advice {
                    li { div { b { (frame.text(&step.title)) } @if let Some(detail) = &step.detail { span { (frame.text(detail)) } } } }
                }
            }
            @if !view.guards.is_empty() {
                ul.guards aria-label=(frame.pick("不要做", "Don't")) {
                    @for guard in &view.guards { li { (icon("noswipe")) span { (frame.text(guard)) } } }
                }
            }
        }
    }
}
