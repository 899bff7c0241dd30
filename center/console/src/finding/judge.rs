//! What a person says of a finding: the forms, and what was said so far.
//!
//! Why it exists: a finding that nobody answers teaches nothing, and one that was dismissed must not come
//! back every morning. The forms work without scripts; what is sent twice counts once. Never asks for a
//! verdict on a person, and warns before a name or card number is written down.

use crate::format::{self, Style};
use crate::frame::Frame;
use crate::icons::icon;
use crate::view::{DISMISS_REASONS, FindingPage, FindingState, Judged, NOTE_CHARACTERS_MAX};
use crate::words;
use maud::{Markup, html};

/// The card "your judgement".
pub(super) fn card(view: &FindingPage, frame: &Frame) -> Markup {
    let state = view.finding.state;
    html! {
        section.card.judge id="judge" {
            div.head {
                h2 { (frame.pick("您的判断", "Your judgement")) }
                p { (frame.pick("留痕，可撤销；不拦截任何交易", "kept, can be undone; blocks nothing")) }
            }
            @if let Some(problem) = &view.form_problem {
                p.form-problem role="alert" { (icon("tri")) (frame.text(problem)) }
            }
            @match state {
                FindingState::Open => { (confirm(view, frame)) (dismiss(view, frame)) }
                _ => (undo(view, frame)),
            }
            @if !view.judged.is_empty() {
                h3 { (frame.pick("已有的判断", "What was said")) }
                ol.said { @for judged in &view.judged { (said(judged, frame)) } }
            }
        }
    }
}

/// A form that says one thing. Its id is the page's: two forms of one page can't both count, and one that is
/// sent twice counts once.
fn form(view: &FindingPage, state: FindingState, name: &str, inside: Markup) -> Markup {
    html! {
        form method="post" action={ "/findings/" (format::url(&view.finding.id)) "/judgement" } aria-label=(name) {
            input type="hidden" name="id" value=(view.form_id) aria-label="id";
            input type="hidden" name="state" value=(state.word()) aria-label="state";
            (inside)
        }
    }
}

fn note(frame: &Frame) -> Markup {
    html! {
        label {
            span { (frame.pick("备注（可不填）", "Note (may be empty)")) }
            textarea name="note" rows="2" maxlength=(NOTE_CHARACTERS_MAX) autocomplete="off" {}
        }
        p.soft { (frame.pick("不要写卡号、密码或客户姓名。", "No card numbers, PINs or customers’ names, please.")) }
    }
}

fn confirm(view: &FindingPage, frame: &Frame) -> Markup {
    let name = frame.pick("确认属实", "Confirm");
    html! {
        details {
            summary { (icon("check")) span { (name) } (icon("down")) }
            (form(view, FindingState::Confirmed, name, html! {
                p { (frame.pick("已与收单机构或店方核实，情况与发现相符。", "Checked with the acquirer or the shop; it is as the finding says.")) }
                (note(frame))
                button.btn.go type="submit" { (icon("check")) (name) }
            }))
        }
    }
}

fn dismiss(view: &FindingPage, frame: &Frame) -> Markup {
    let name = frame.pick("排除", "Dismiss");
    html! {
        // What was wrong with a form has to be seen without opening it again.
        details open[view.form_problem.is_some()] {
            summary { (icon("x")) span { (name) } (icon("down")) }
            (form(view, FindingState::Dismissed, name, html! {
                label {
                    span { (frame.pick("原因", "Reason")) }
                    select name="reason" required {
                        option value="" { (frame.pick("请选择", "Choose one")) }
                        @for reason in &DISMISS_REASONS { option value=(reason.name) { (frame.text(&reason.text)) } }
                    }
                }
                (note(frame))
                button.btn type="submit" { (icon("x")) (name) }
            }))
        }
    }
}

fn undo(view: &FindingPage, frame: &Frame) -> Markup {
    let name = frame.pick("撤销，恢复为待处理", "Undo: open again");
    form(view, FindingState::Open, name, html! { button.btn type="submit" { (icon("undo")) (name) } })
}

fn said(judged: &Judged, frame: &Frame) -> Markup {
    let (class, sign, words) = match judged.state {
        FindingState::Open => ("plain", "undo", tg_text::Text::fixed("撤销判断", "Taken back")),
        state => words::finding_state(state),
    };
    html! {
        li {
            p { span.chip.(class) { (icon(sign)) (frame.text(&words)) } " "
                (format::time(frame, judged.at_us, Style::DateTime))
                @if let Some(by) = &judged.by { span.soft { " · " (frame.text(by)) } }
            }
            @if let Some(reason) = &judged.reason { p { (frame.text(reason)) } }
            @if let Some(note) = &judged.note { p.soft.own { (format::mask_cards(note)) } }
        }
    }
}
