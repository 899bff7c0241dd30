//! Rows that several rooms and the live stream share: payments, findings, terminals.
//!
//! Why it exists: a row that arrives by the live stream must look like one that came with the page.

use crate::format::{self, Style};
use crate::frame::Frame;
use crate::icons::icon;
use crate::view::{Direction, FindingRow, FindingState, MessageRow, PaymentRow, Subject, TerminalRow, Truth};
use crate::words;
use maud::{Markup, html};

/// The chip of an outcome, with icon and word, so that colour is never the only sign.
pub(crate) fn outcome_chip(frame: &Frame, outcome: crate::view::Outcome) -> Markup {
    let (class, sign, text) = words::outcome(outcome);
    html! { span.chip.(class) { (icon(sign)) (frame.text(&text)) } }
}

/// Head of a payments table.
pub(crate) fn payment_head(frame: &Frame) -> Markup {
    let cells = [
        ("时间", "Time", ""),
        ("终端 · 商户", "Terminal · merchant", ""),
        ("卡号", "Card", ""),
        ("金额", "Amount", "num"),
        ("结果", "Outcome", ""),
        ("说明与报文", "Why, and its messages", ""),
    ];
    html! {
        thead { tr { @for (zh, en, class) in cells { th scope="col" class=(class) { (frame.pick(zh, en)) } } } }
    }
}

/// One payment as a table row `<tr id="p-{id}">`, its messages folded inside. The live stream sends the same.
pub fn payment_row(payment: &PaymentRow, frame: &Frame) -> Markup {
    let href = format!("/payments/{}", format::url(&payment.id));
    html! {
        tr id={ "p-" (format::url(&payment.id)) } {
            td.when { a href=(href) { (format::time(frame, payment.at_us, Style::Near)) } }
            td.who {
                a.n href={ "/terminals/" (format::url(&payment.terminal)) } { (payment.terminal) }
                @if let Some(name) = merchant(payment, frame) { span.soft { (name) } }
            }
            td.n.cardno { (payment.card.as_ref().map_or("—".into(), format::card)) }
            td.num.n { (payment.amount.map_or("—".into(), format::amount)) }
            td.ends {
                (outcome_chip(frame, payment.outcome))
                @if let Some(code) = &payment.code { span.m.code { (code) } }
            }
            td.why-cell {
                details {
                    summary {
                        span { (one_line_why(payment, frame)) }
                        small { (message_count(payment, frame)) (icon("down")) }
                    }
                    (message_lines(&payment.messages, frame))
                    p.open { a href=(href) { (frame.pick("看完整解释", "Full explanation")) (icon("arrow")) } }
                }
            }
        }
    }
}

/// The merchant's name, else number, masked where it looks like a card.
pub(crate) fn merchant(payment: &PaymentRow, frame: &Frame) -> Option<String> {
    match &payment.merchant_name {
        Some(name) => Some(frame.text(name)),
        _ if !payment.merchant.is_empty() => Some(payment.merchant.clone()),
        _ => None,
    }
}

/// Why a payment ended as it did, in one line; never empty.
pub(crate) fn one_line_why(payment: &PaymentRow, frame: &Frame) -> String {
    if let Some(why) = &payment.why {
        return frame.text(why);
    }
    if let Some(words) = &payment.code_words {
        return frame.text(words);
    }
    if let Some(kind) = &payment.kind {
        return frame.text(kind);
    }
    frame.text(&words::outcome(payment.outcome).2)
}

fn message_count(payment: &PaymentRow, frame: &Frame) -> String {
    let n = payment.messages.len();
    let took = payment.answer_ms.map(|ms| format!(" · {}", format::span(frame.lang, ms))).unwrap_or_default();
    let noun = if n == 1 { "message" } else { "messages" };
    frame.lang.pick(format!("{n} 条报文{took}"), format!("{n} {noun}{took}"))
}

/// The messages of a payment, a line each.
fn message_lines(messages: &[MessageRow], frame: &Frame) -> Markup {
    html! {
        ol.lines {
            @for message in messages {
                li {
                    (format::time(frame, message.at_us, Style::Milli))
                    span.m { (message.mti) }
                    (arrow(message.direction, frame))
                    span {
                        @if let Some(meaning) = &message.meaning { (frame.text(meaning)) }
                        @if let Some(code) = &message.code { " " b.m { (code) } }
                        @if message.duplicate { " " span.chip.plain { (frame.pick("重复", "duplicate")) } }
                    }
                }
            }
        }
    }
}

/// Which way a message went, as a sign with words for screen readers.
pub(crate) fn arrow(direction: Direction, frame: &Frame) -> Markup {
    let (sign, zh, en) = match direction {
        Direction::ToAcquirer => ("→", "发往收单侧", "to the acquirer"),
        Direction::ToTerminal => ("←", "回到终端", "to the terminal"),
    };
    html! { span.way role="img" aria-label=(frame.pick(zh, en)) title=(frame.pick(zh, en)) { (sign) } }
}

/// A table of payments, or a sentence when there are none.
pub(crate) fn payment_table(
    payments: &[PaymentRow],
    frame: &Frame,
    live: bool,
    empty: (&str, &str),
) -> Markup {
    html! {
        @if payments.is_empty() && !live {
            (nothing(frame, empty.0, empty.1))
        } @else {
            table.list.payments {
                caption.sr { (frame.pick("交易列表，每行一笔", "Payments, one a row")) }
                (payment_head(frame))
                tbody data-live-rows[live] aria-live="off" {
                    @for payment in payments { (payment_row(payment, frame)) }
                }
            }
            @if payments.is_empty() { div data-empty { (nothing(frame, empty.0, empty.1)) } }
        }
    }
}

/// An empty state.
pub(crate) fn nothing(frame: &Frame, zh: &str, en: &str) -> Markup {
    html! { p.nothing { (icon("info")) span { (frame.pick(zh, en)) } } }
}

/// The subject of a finding as a link where there is a page for it.
pub(crate) fn subject(subject: &Subject, frame: &Frame) -> Markup {
    html! {
        @match subject {
            Subject::Terminal(number) => {
                (frame.pick("终端 ", "Terminal ")) a.n.link href={ "/terminals/" (format::url(number)) } { (number) }
            }
            Subject::Merchant(number, name) => {
                (frame.pick("商户 ", "Merchant "))
                @if let Some(name) = name { (frame.text(name)) " " }
                span.n { (number) }
            }
            Subject::Card(card) => { (frame.pick("卡 ", "Card ")) span.n { (format::card(card)) } }
            Subject::Issuer(name) => { (frame.pick("发卡行 ", "Issuer ")) (format::mask_cards(name)) }
            Subject::Serial(serial) => { (frame.pick("序列号 ", "Serial ")) span.id { (format::mask_cards(serial)) } }
            Subject::Other(text) => (frame.text(text)),
        }
    }
}

/// The title of a finding. It says “suspected”, whatever the detector wrote: a finding is no proof.
pub(crate) fn finding_title(finding: &FindingRow, frame: &Frame) -> String {
    let title = frame.text(&finding.title);
    let hedged = frame.lang.pick(
        title.contains("疑似") || title.contains("可疑"),
        title.to_lowercase().contains("suspect") || title.to_lowercase().contains("possible"),
    );
    if hedged { title } else { frame.lang.pick(format!("疑似{title}"), format!("Suspected: {title}")) }
}

/// Findings as a list of links; those of one subject stand together under its name.
pub(crate) fn finding_list(findings: &[FindingRow], frame: &Frame) -> Markup {
    let mut groups: Vec<(&Subject, Vec<&FindingRow>)> = Vec::new();
    for finding in findings {
        match groups.iter_mut().find(|(subject, _)| **subject == finding.subject) {
            Some((_, group)) => group.push(finding),
            None => groups.push((&finding.subject, vec![finding])),
        }
    }
    html! {
        ul.findings {
            @for (about, group) in &groups {
                @if let [finding] = group.as_slice() {
                    (finding_item(finding, true, frame))
                } @else {
                    li.group {
                        p { b { (subject(about, frame)) } span.soft { " · " (finding_count(group.len(), frame)) } }
                        ul { @for finding in group { (finding_item(finding, false, frame)) } }
                    }
                }
            }
        }
    }
}

fn finding_count(n: usize, frame: &Frame) -> String {
    frame.lang.pick(format!("{n} 个发现"), format!("{n} findings"))
}

fn finding_item(finding: &FindingRow, with_subject: bool, frame: &Frame) -> Markup {
    let (class, words) = words::severity(finding.severity);
    let quiet = finding.state == FindingState::Dismissed;
    html! {
        li.quiet[quiet] {
            span.chip.(class) { (frame.text(&words)) }
            div {
                a.big href={ "/findings/" (format::url(&finding.id)) } { (finding_title(finding, frame)) }
                @if finding.state != FindingState::Open { " " (state_chip(finding.state, frame)) }
                @if let Some(truth) = finding.truth { " " (truth_chip(truth, frame)) }
                p.soft {
                    @if with_subject { (subject(&finding.subject, frame)) " · " }
                    (format::time(frame, finding.last_us, Style::Near)) " · "
                    (event_count(finding.events, frame))
                }
                @if let Some(summary) = &finding.summary { p { (frame.text(summary)) } }
            }
        }
    }
}

/// What was said of a finding last.
pub(crate) fn state_chip(state: FindingState, frame: &Frame) -> Markup {
    let (class, sign, words) = words::finding_state(state);
    html! { span.chip.(class) { (icon(sign)) (frame.text(&words)) } }
}

/// What the simulated city says of a finding.
pub(crate) fn truth_chip(truth: Truth, frame: &Frame) -> Markup {
    match truth {
        Truth::Staged => {
            html! { span.chip.ok { (icon("check")) (frame.pick("真相：确有此攻击", "Truth: staged")) } }
        }
        Truth::FalseAlarm => {
            html! { span.chip.warn { (icon("ask")) (frame.pick("真相：误报", "Truth: false alarm")) } }
        }
    }
}

pub(crate) fn event_count(n: u64, frame: &Frame) -> String {
    let noun = if n == 1 { "event" } else { "events" };
    frame.lang.pick(format!("{} 个事件", format::count(n)), format!("{} {noun}", format::count(n)))
}

/// A table of terminals.
pub(crate) fn terminal_table(terminals: &[TerminalRow], frame: &Frame) -> Markup {
    html! {
        table.list.stacks {
            caption.sr { (frame.pick("终端列表", "Terminals")) }
            thead { tr {
                th scope="col" { (frame.pick("终端号", "Terminal")) }
                th scope="col" { (frame.pick("商户", "Merchant")) }
                th scope="col" { (frame.pick("最后一条报文", "Last message")) }
                th.num scope="col" { (frame.pick("24 小时交易", "Payments, 24 h")) }
                th.num scope="col" { (frame.pick("其中失败", "Failed")) }
                th.num scope="col" { (frame.pick("发现", "Findings")) }
            } }
            tbody {
                @for row in terminals {
                    tr {
                        td.n { a.link href={ "/terminals/" (format::url(&row.terminal)) } { (row.terminal) } }
                        td.wrap {
                            @if let Some(name) = &row.merchant_name { (frame.text(name)) " " }
                            span.soft.n { (row.merchant) }
                        }
                        td data-l=(frame.pick("最后报文", "Last message")) {
                            @match row.last_message_us { Some(at) => (format::time(frame, at, Style::Near)), None => "—" }
                        }
                        td.num data-l=(frame.pick("24 小时交易", "Payments, 24 h")) { (format::count(row.payments)) }
                        td.num data-l=(frame.pick("失败", "Failed")) {
                            (format::count(row.failed)) @if row.payments > 0 {
                                span.soft { " " (format::percent(format::share_bp(row.failed, row.payments))) }
                            }
                        }
                        td.num data-l=(frame.pick("发现", "Findings")) { (format::count(row.findings)) }
                    }
                }
            }
        }
    }
}

/// The link to older rows.
pub(crate) fn older_link(frame: &Frame, cursor: Option<&str>) -> Markup {
    let Some(cursor) = cursor else { return html! {} };
    let mut url = format!("{}?", frame.path);
    for (k, v) in frame.query.iter().filter(|(k, _)| k != "before" && k != "lang" && k != "tz") {
        url += &format!("{}={}&", format::url(k), format::url(&format::mask_cards(v)));
    }
    url += &format!("before={}", format::url(cursor));
    html! { p.more { a href=(url) rel="next" { (frame.pick("更早的", "Older")) (icon("arrow")) } } }
}
