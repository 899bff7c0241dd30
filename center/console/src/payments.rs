//! Payments, live and older: one row a payment with its messages inside, a filter, paging by cursor.
//!
//! Why it exists: support looks for one payment here, and sees traffic arrive. The form works without
//! JavaScript; live rows and the pause button need it and hide without it.

use crate::frame::{Frame, Room, page};
use crate::icons::icon;
use crate::view::{Filter, OutcomeFilter, PaymentsPage};
use crate::{format, live, rows};
use maud::{Markup, html};

/// The list of payments.
pub fn payments(view: &PaymentsPage, frame: &Frame) -> Markup {
    let failed = view.filter.outcome == OutcomeFilter::Failed;
    let (title, room) = if failed {
        (frame.pick("失败诊断", "Failed payments"), Room::Failed)
    } else {
        (frame.pick("交易流", "Payments"), Room::Payments)
    };
    let live = (!view.is_older && view.filter_problem.is_none()).then(|| live_address(&view.filter));
    let body = html! {
        div.title {
            div {
                h1 { (title) }
                p.under { (frame.pick("一行一笔，报文折在行里。", "One row a payment, its messages folded inside.")) }
            }
            @if live.is_some() {
                button.btn.needs-script type="button" data-pause hidden aria-pressed="false" {
                    (icon("pause")) span { (frame.pick("暂停更新", "Pause")) }
                    span.sr data-label-paused=(frame.pick("继续更新", "Resume")) {}
                }
                (live::state(frame))
            } @else if view.is_older {
                a.btn href=(newest_address(&view.filter)) { (frame.pick("回到最新", "Back to the newest")) }
            }
        }
        (filter_form(view, frame))
        section.card {
            (rows::payment_table(
                &view.payments,
                frame,
                live.is_some(),
                if is_empty(&view.filter) {
                    ("还没有交易。接入一有报文，这里就会出现。", "No payments yet. They appear here as soon as a feed delivers.")
                } else {
                    ("没有符合条件的交易。", "No payment matches the filter.")
                },
            ))
            (rows::older_link(frame, view.older.as_deref()))
        }
    };
    page(frame, room, title, live.as_deref(), body)
}

fn is_empty(filter: &Filter) -> bool {
    *filter == Filter::default()
}

fn parameters(filter: &Filter) -> String {
    let outcome = if filter.outcome == OutcomeFilter::All { "" } else { filter.outcome.value() };
    let pairs = [
        ("reference", filter.reference.as_str()),
        ("terminal", &filter.terminal),
        ("last4", &filter.last_four),
        ("from", &filter.from),
        ("to", &filter.to),
        ("outcome", outcome),
        ("code", &filter.code),
    ];
    let parts: Vec<String> = pairs
        .iter()
        .filter(|(_, v)| !v.is_empty())
        .map(|(k, v)| format!("{k}={}", format::url(&format::mask_cards(v))))
        .collect();
    if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
}

fn live_address(filter: &Filter) -> String {
    format!("/live/payments{}", parameters(filter))
}

fn newest_address(filter: &Filter) -> String {
    format!("/payments{}", parameters(filter))
}

fn filter_form(view: &PaymentsPage, frame: &Frame) -> Markup {
    let f = &view.filter;
    let options = [
        (OutcomeFilter::All, "全部", "All"),
        (OutcomeFilter::Failed, "失败（拒绝或未知）", "Failed (declined or unknown)"),
        (OutcomeFilter::Unknown, "结果未知", "Unknown"),
        (OutcomeFilter::Approved, "批准", "Approved"),
    ];
    let field = |name: &str, label: &str, value: &str, mode: &str, most: u8| {
        html! {
            label { span { (label) }
                input type="text" name=(name) value=(format::mask_cards(value)) inputmode=(mode) maxlength=(most) autocomplete="off";
            }
        }
    };
    html! {
        details.card.filter-fold open data-fold-on-phone[is_empty(f)] {
        summary { (icon("list")) (frame.pick("筛选", "Filter")) }
        form.filter action="/payments" method="get" aria-label=(frame.pick("筛选", "Filter")) {
            (field("reference", frame.pick("参考号或流水号", "Reference or trace"), &f.reference, "text", 12))
            (field("terminal", frame.pick("终端号", "Terminal"), &f.terminal, "text", 16))
            (field("last4", frame.pick("卡号后四位", "Last four digits"), &f.last_four, "numeric", 4))
            (field("code", frame.pick("应答码", "Code"), &f.code, "text", 3))
            label { span { (frame.pick("从", "From")) } input type="datetime-local" name="from" value=(f.from); }
            label { span { (frame.pick("到", "To")) } input type="datetime-local" name="to" value=(f.to); }
            label { span { (frame.pick("结果", "Outcome")) }
                select name="outcome" {
                    @for (value, zh, en) in options {
                        option value=(value.value()) selected[f.outcome == value] { (frame.pick(zh, en)) }
                    }
                }
            }
            p.acts {
                button.btn.go type="submit" { (frame.pick("筛选", "Filter")) }
                @if !is_empty(f) { a.btn.quiet href="/payments" { (frame.pick("清除", "Clear")) } }
            }
            @if let Some(problem) = &view.filter_problem {
                p.form-problem role="alert" { (icon("tri")) (frame.text(problem)) }
            }
        }
        }
    }
}
