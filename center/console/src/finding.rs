//! A finding: suspected what, on what it rests, what it does not show, what else it could be, what to do.
//!
//! Why it exists: a risk analyst must be able to disagree. Never accuses: the title says “suspected”, a
//! section says what is not shown, and the shop is a witness until proven otherwise.

mod judge;
mod list;
mod picture;

pub use list::findings;

use crate::format::{self, Style};
use crate::frame::{Frame, Room, crumb, page};
use crate::icons::icon;
use crate::payment::copy_button;
use crate::view::{Contact, FindingPage, FindingState, Picture};
use crate::{chart, rows, words};
use maud::{Markup, html};
use tg_text::Text;

/// The page of one finding.
pub fn finding(view: &FindingPage, frame: &Frame) -> Markup {
    let f = &view.finding;
    let title = rows::finding_title(f, frame);
    let (class, severity) = words::severity(f.severity);
    let chips = html! {
        span.chip.(class) { (frame.text(&severity)) }
        (state(view, frame))
        @if let Some(truth) = f.truth { (rows::truth_chip(truth, frame)) }
        span.chip.plain.m { (f.code) }
    };
    let export = |end: &str| format!("/findings/{}/export.{end}", format::url(&f.id));
    let body = html! {
        (crumb(frame, ("/findings", "风险发现", "Findings"), Some(&f.id), chips))
        div.title {
            div {
                h1 { (title) }
                p.under {
                    (rows::subject(&f.subject, frame)) " · "
                    @if let Some(shop) = &view.shop { (frame.text(shop)) " · " }
                    (rows::event_count(f.events, frame)) " · "
                    (format::time(frame, f.first_us, Style::DateTime)) (frame.pick(" 至 ", " to ")) (format::time(frame, f.last_us, Style::Near))
                }
            }
            a.btn href=(export("json")) { (icon("doc")) (frame.pick("导出 JSON", "Export JSON")) }
            a.btn href=(export("csv")) { (icon("list")) (frame.pick("导出 CSV", "Export CSV")) }
            @if f.state == FindingState::Open { a.btn.go href="#judge" { (icon("check")) (frame.pick("给出判断", "Judge it")) } }
        }
        div.cols {
            div.stack { (picture(view, frame)) (events_table(view, frame)) (similar(view, frame)) }
            div.stack { (grounds(view, frame)) (advice(view, frame)) (contacts(&view.contacts, frame)) (judge::card(view, frame)) }
        }
    };
    page(frame, Room::Findings, &title, None, body)
}

fn state(view: &FindingPage, frame: &Frame) -> Markup {
    match (view.finding.state, view.found_us) {
        (FindingState::Open, Some(found)) => {
            let since = format::span(frame.lang, format::between_ms(found, frame.now_us) / 1_000 * 1_000);
            html! { span.chip.plain { (frame.lang.pick(format!("待处理 {since}"), format!("Open {since}"))) } }
        }
        (state, _) => rows::state_chip(state, frame),
    }
}

fn picture(view: &FindingPage, frame: &Frame) -> Markup {
    let drawing = match &view.picture {
        Picture::Marks if view.marks.is_empty() => return html! {},
        Picture::Marks => marks(view, frame),
        Picture::Counts(points) => picture::counts(points, frame),
        Picture::Lanes(lanes) => html! {
            div.head {
                h2 { (frame.pick("事件的先后", "Events over time")) }
                p { (frame.pick("一划一笔", "one stroke a payment")) }
                (chart::legend(frame))
            }
            (picture::lanes(lanes, frame))
        },
        Picture::Distance { from, to, kilometres } => picture::distance(from, to, *kilometres, frame),
    };
    html! { section.card { (drawing) (found_after(view, frame)) } }
}

fn marks(view: &FindingPage, frame: &Frame) -> Markup {
    let label = frame.lang.pick(
        format!("{} 笔交易按时间排列", view.marks.len()),
        format!("{} payments over time", view.marks.len()),
    );
    let by_amount = view.marks.iter().all(|m| m.amount.is_some());
    html! {
        div.head {
            h2 { (frame.pick("事件的先后", "Events over time")) }
            p { @if by_amount { (frame.pick("一划一笔，高度为金额", "one stroke a payment, height is its amount")) } @else { (frame.pick("一划一笔", "one stroke a payment")) } }
            (chart::legend(frame))
        }
        (chart::marks(&view.marks, frame, &label))
    }
}

fn found_after(view: &FindingPage, frame: &Frame) -> Markup {
    let Some(found) = view.found_us else { return html! {} };
    html! {
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
            (rows::payment_table(&view.payments, frame, false, (
                "这些事件不是交易（如签到），或已不在库里；日志位置见上。",
                "These events are no payments (sign-ons, say), or no longer in the store; their log offsets stand above.",
            )))
            @if more > 0 && !view.payments.is_empty() {
                p.more { (frame.lang.pick(format!("另有 {} 个事件没有列出", format::count(more)), format!("{} more events are not listed", format::count(more)))) }
            }
        }
    }
}

fn similar(view: &FindingPage, frame: &Frame) -> Markup {
    if view.similar.is_empty() {
        return html! {};
    }
    html! {
        section.card {
            div.head { h2 { (frame.pick("同一对象的其他发现", "Other findings of the same subject")) } }
            (rows::finding_list(&view.similar, frame))
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

/// Whom to call, in order, each with everything to tell ready to copy.
fn contacts(contacts: &[Contact], frame: &Frame) -> Markup {
    html! {
        @for (n, contact) in contacts.iter().enumerate() {
            section.card {
                div.head {
                    h2 { (frame.lang.pick(format!("第 {} 通：告诉谁、说什么", n + 1), format!("Call {}: whom, and what to tell", n + 1))) }
                    span.end { (copy_button(&format!("#tell-{n}"), frame)) }
                }
                div.call {
                    (icon("phone"))
                    div { b { (frame.text(&contact.who)) } span { (frame.text(&contact.by)) } }
                    @if let Some(phone) = &contact.phone {
                        a.tel href={ "tel:" (phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect::<String>()) } { (phone) }
                    }
                }
                dl.tell id={ "tell-" (n) } {
                    @for tell in &contact.tell { dt { (frame.text(&tell.label)) } dd { (format::mask_cards(&tell.value)) } }
                }
                p.fine { (icon("shield")) span { (frame.pick("只含卡号前六后四位，没有磁道、密码和安全码。", "First six and last four digits only; no track data, PIN or security code.")) } }
            }
        }
    }
}
