//! One payment explained: what happened, what is known about the money, why, what to do, whom to call.
//!
//! Why it exists: the heart of the product for a support desk: the answer first, then the proof. Never
//! advises beyond what the view holds, never says more about the money than [`crate::view::MoneyKnown`].

use crate::format::{self, Style};
use crate::frame::{Frame, Room, crumb, page};
use crate::icons::icon;
use crate::path_picture::path_card;
use crate::view::{
    Cause, Contact, Decision, MessageRow, MoneyKnown, NextStep, Outcome, PaymentPage, ScopeFact, StepKind,
};
use crate::{chart, rows, words};
use maud::{Markup, html};

/// The page of one payment.
pub fn payment(view: &PaymentPage, frame: &Frame) -> Markup {
    let p = &view.payment;
    let heading = heading(view, frame);
    let ended_well = matches!(p.outcome, Outcome::Approved | Outcome::Waiting);
    let (room, parent) = if ended_well {
        (Room::Payments, ("/payments", "交易流", "Payments"))
    } else {
        (Room::Failed, ("/payments?outcome=failed", "失败诊断", "Failed payments"))
    };
    let here = p.reference.clone().filter(|r| !r.is_empty()).unwrap_or_else(|| p.trace.clone());
    let chips = html! {
        (rows::outcome_chip(frame, p.outcome))
        @if view.money == MoneyKnown::RefusedByAcquirer { span.chip.plain { (frame.pick("按应答码由收单侧答复", "By its code answered by the acquirer's side")) } }
        @if let Some((class, text)) = words::decision(p.decision).filter(|_| p.decision != Decision::Approve) { span.chip.(class) { (frame.text(&text)) } }
    };
    let body = html! {
        (crumb(frame, parent, Some(&here), chips))
        div.title { div {
            h1 { (heading) @if let Some(amount) = p.amount { " · " span.nb { (format::amount(amount)) } } }
            p.under { (under(view, frame)) }
        } }
        div.cols {
            div.stack {
                (path_card(view, frame))
                (scope(&view.scope, frame))
                (causes(&view.causes, frame))
                (messages(&p.messages, frame))
                (verdict(view, frame))
            }
            div.stack {
                @if let Some(next) = &view.next { (next_step(next, frame)) }
                @if let Some(contact) = &view.contact { (contact_card(contact, view.next.is_some(), frame)) }
                @if !view.findings.is_empty() {
                    section.card { div.head { h2 { (frame.pick("相关发现", "Findings")) } p { (frame.pick("疑似，不是定论", "suspected, not proven")) } }
                        (rows::finding_list(&view.findings, frame)) }
                }
                (neighbours(view, frame))
            }
        }
    };
    page(frame, room, &heading, None, body)
}

/// The code's words and the code; without a code, what is known.
fn heading(view: &PaymentPage, frame: &Frame) -> String {
    let p = &view.payment;
    match (p.outcome, &p.code, &p.code_words) {
        (Outcome::Approved, ..) => {
            let kind =
                p.kind.as_ref().map_or_else(|| frame.pick("交易", "Payment").into(), |k| frame.text(k));
            frame.lang.pick(format!("{kind}已批准"), format!("{kind} approved"))
        }
        (Outcome::Unknown, ..) => frame.pick("结果未知：没有应答", "Result unknown: no answer").into(),
        (Outcome::Waiting, ..) => frame.pick("等待应答", "Waiting for the answer").into(),
        (Outcome::ReversalSent, ..) => {
            frame.pick("冲正已发出，等待确认", "Reversal sent, not yet confirmed").into()
        }
        (Outcome::Reversed, ..) => frame.pick("已冲正", "Reversed").into(),
        (Outcome::Declined, Some(code), Some(words)) => format!("{} {code}", frame.text(words)),
        (Outcome::Declined, Some(code), None) => frame
            .lang
            .pick(format!("应答码 {code}，目录里没有"), format!("Code {code}, not in the catalogue")),
        (Outcome::Declined, None, _) => frame.pick("拒绝，没有应答码", "Declined without a code").into(),
    }
}

fn under(view: &PaymentPage, frame: &Frame) -> Markup {
    let p = &view.payment;
    html! {
        @if let Some(name) = rows::merchant(p, frame) { (name) " · " }
        (frame.pick("终端 ", "terminal ")) a.n.link href={ "/terminals/" (format::url(&p.terminal)) } { (p.terminal) }
        @if let Some(card) = &p.card { " · " (frame.pick("卡 ", "card ")) span.n { (format::card(card)) } }
        " · " (format::time(frame, p.at_us, Style::DateTime))
        span.utc { " (UTC " (format::utc(p.at_us, Style::Second)) ")" }
    }
}

fn scope(facts: &[ScopeFact], frame: &Frame) -> Markup {
    if facts.is_empty() {
        return html! {};
    }
    html! {
        section.card {
            div.head { h2 { (frame.pick("范围", "Scope")) } p { (frame.pick("来自实时交易，没有问店员", "from live traffic, no one was asked")) } }
            ul.scope {
                @for fact in facts {
                    @let (class, sign) = match fact.works { Some(true) => ("yes", "check"), Some(false) => ("not", "x"), None => ("unseen", "ask") };
                    li.(class) {
                        span { (frame.text(&fact.label)) }
                        b { (icon(sign)) (frame.text(&fact.headline)) }
                        small { (frame.text(&fact.detail)) }
                    }
                }
            }
        }
    }
}

fn causes(causes: &[Cause], frame: &Frame) -> Markup {
    if causes.is_empty() {
        return html! {};
    }
    html! {
        section.card {
            div.head { h2 { (frame.pick("可能的原因", "Possible causes")) } p { (frame.pick("点开看依据，数字为对数几率", "open one for its evidence; numbers are log odds")) } }
            div.causes {
                @for (i, cause) in causes.iter().enumerate() {
                    @if cause.evidence.is_empty() {
                        div.cause { div.sum { span.gap {} (cause_line(cause, frame)) } }
                    } @else {
                        details.cause open[i == 0] {
                            summary { (icon("down")) (cause_line(cause, frame)) }
                            (evidence(cause, frame))
                        }
                    }
                }
            }
        }
    }
}

fn cause_line(cause: &Cause, frame: &Frame) -> Markup {
    html! {
        b { (frame.text(&cause.text)) }
        span.by { @if let Some(by) = &cause.by { (frame.text(by)) } }
        (chart::bar(cause.share_bp, "acc"))
        span.pc { (format_whole_percent(cause.share_bp)) }
    }
}

/// Whole percents: a probability of a cause is not known to a tenth.
fn format_whole_percent(bp: u16) -> String {
    match bp {
        0 => "0%".into(),
        1..=99 => "<1%".into(),
        _ => format!("{}%", (u32::from(bp) + 50) / 100),
    }
}

fn evidence(cause: &Cause, frame: &Frame) -> Markup {
    let most =
        cause.evidence.iter().map(|e| e.log_odds_hundredths.unsigned_abs()).max().unwrap_or(1).max(300);
    html! {
        table.why {
            @for e in &cause.evidence {
                @let size = e.log_odds_hundredths.unsigned_abs();
                @let strength = match size { 0..=79 => ("弱", "weak"), 80..=179 => ("中", "fair"), _ => ("强", "strong") };
                @let (class, side, fill) = if e.log_odds_hundredths >= 0 { ("pro", ("支持", "for"), "acc") } else { ("con", ("反对", "against"), "edge") };
                tr.(class) {
                    th scope="row" { (frame.pick(side.0, side.1)) }
                    td { (frame.text(&e.text)) }
                    td {
                        svg.w viewBox="0 0 340 8" preserveAspectRatio="none" aria-hidden="true" {
                            rect.f-track width="340" height="8" rx="4" {}
                            rect class={ "f-" (fill) } width=(u64::from(size) * 340 / u64::from(most)) height="8" rx="4" {}
                        }
                        (frame.pick(strength.0, strength.1)) " "
                        span.n { (if e.log_odds_hundredths < 0 { "−" } else { "+" }) (size / 100) "." ((size % 100) / 10) }
                    }
                }
            }
        }
    }
}

fn next_step(next: &NextStep, frame: &Frame) -> Markup {
    let stop = next.kind == StepKind::Stop;
    let over = match next.kind {
        StepKind::Question => frame.pick("下一步：先问", "Next: ask"),
        StepKind::Action => frame.pick("下一步", "Next step"),
        StepKind::Stop => frame.pick("停", "Stop"),
    };
    html! {
        section.card.next.gate[stop] {
            p.over {
                @if stop { (icon("stop")) }
                (over)
                @if let Some(minutes) = next.minutes {
                    span { (frame.lang.pick(format!("约 {minutes} 分钟"), format!("about {minutes} min"))) }
                }
            }
            h2 { (frame.text(&next.title)) }
            @if let Some(say) = &next.say {
                blockquote id="say" {
                    small { (frame.pick("可以这样说", "Words to say")) (copy_button("#say-words", frame)) }
                    span id="say-words" { (frame.text(say)) }
                }
            }
            @if !next.guards.is_empty() {
                ul.guards aria-label=(frame.pick("不要做", "Don't")) {
                    @for guard in &next.guards { li { (icon("noswipe")) span { (frame.text(guard)) } } }
                }
            }
            @if !next.answers.is_empty() {
                p.tries {
                    @for answer in &next.answers {
                        a.btn.wide.good[answer.good] href=(answer.href) {
                            @if answer.good { (icon("check")) }
                            (frame.text(&answer.text))
                        }
                    }
                }
            }
            @if next.back.is_some() || next.charged.is_some() {
                p.tries {
                    @if let Some(href) = &next.charged { a.btn.quiet href=(href) { (frame.pick("客户说已扣款", "The customer says it was debited")) } }
                    @if let Some(href) = &next.back { a.btn.quiet href=(href) { (icon("undo")) (frame.pick("撤回上一步", "Take the last one back")) } }
                }
            }
            @if next.otherwise.is_some() || next.why.is_some() {
                ul.then {
                    @if let Some(otherwise) = &next.otherwise {
                        li { (icon("arrow")) span { (frame.text(otherwise)) } }
                    }
                    @if let Some(why) = &next.why { li { (icon("info")) span { (frame.text(why)) } } }
                }
            }
        }
    }
}

/// A button that copies what stands under an id; hidden until its script runs.
pub(crate) fn copy_button(target: &str, frame: &Frame) -> Markup {
    html! {
        button.btn.needs-script type="button" hidden data-copy=(target) data-done=(frame.pick("已复制", "Copied")) {
            (icon("copy")) span { (frame.pick("复制", "Copy")) }
        }
    }
}

fn contact_card(contact: &Contact, after_a_step: bool, frame: &Frame) -> Markup {
    let title = if after_a_step {
        frame.pick("还是不行时，联系谁", "If that doesn't help, call")
    } else {
        frame.pick("联系谁", "Whom to call")
    };
    html! {
        section.card {
            div.head {
                h2 { (title) }
                span.end { (copy_button("#tell", frame)) }
            }
            div.call {
                (icon("phone"))
                div { b { (frame.text(&contact.who)) } span { (frame.text(&contact.by)) } }
                @if let Some(phone) = &contact.phone {
                    a.tel href={ "tel:" (phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect::<String>()) } { (phone) }
                }
            }
            dl.tell id="tell" {
                @for tell in &contact.tell { dt { (frame.text(&tell.label)) } dd { (format::mask_cards(&tell.value)) } }
            }
            p.fine { (icon("shield")) span { (frame.pick("只含卡号前六后四位，没有磁道、密码和安全码。", "First six and last four digits only; no track data, PIN or security code.")) } }
        }
    }
}

fn messages(messages: &[MessageRow], frame: &Frame) -> Markup {
    html! {
        section.card {
            div.head { h2 { (frame.pick("报文", "Messages")) } p { (frame.pick("卡号已遮盖，磁道和密码不保存", "card numbers masked; track data and PINs are never kept")) } }
            table.list.stacks {
                caption.sr { (frame.pick("这笔交易的报文", "Messages of this payment")) }
                thead { tr {
                    th scope="col" { (frame.pick("时间", "Time")) }
                    th scope="col" { (frame.pick("类型", "Type")) }
                    th scope="col" { (frame.pick("方向", "Way")) }
                    th scope="col" { (frame.pick("应答码", "Code")) }
                    th scope="col" { (frame.pick("流水号", "Trace")) }
                    th.num scope="col" { (frame.pick("字节", "Bytes")) }
                    th.num scope="col" { (frame.pick("日志位置", "Log offset")) }
                } }
                tbody { @for m in messages {
                    tr {
                        td { (format::time(frame, m.at_us, Style::Milli)) }
                        td { b.m { (m.mti) } " " @if let Some(t) = &m.meaning { (frame.text(t)) }
                            @if m.duplicate { " " span.chip.plain { (frame.pick("重复", "duplicate")) } } }
                        td data-l=(frame.pick("方向", "Way")) { (rows::arrow(m.direction, frame)) }
                        td.m data-l=(frame.pick("应答码", "Code")) { (m.code.as_deref().unwrap_or("—")) }
                        td.n data-l=(frame.pick("流水号", "Trace")) { (m.trace) }
                        td.num data-l=(frame.pick("字节", "Bytes")) { (m.length_bytes) }
                        td.num data-l=(frame.pick("日志位置", "Log offset")) { (m.offset) }
                    }
                } }
            }
            @for m in messages {
                @if !m.fields.is_empty() {
                    details.fields {
                        summary { (icon("down")) span { (m.mti) " " (frame.lang.pick(format!("的 {} 个域", m.fields.len()), format!("· {} fields", m.fields.len()))) } }
                        table.list {
                            caption.sr { (m.mti) }
                            tbody { @for f in &m.fields {
                                tr {
                                    th scope="row" { (f.number) }
                                    td.soft.wrap { @if let Some(n) = &f.name { (frame.text(n)) } }
                                    td.m.wrap { (format::mask_cards(&f.value)) @if f.masked { " " span.chip.plain { (frame.pick("已遮盖", "masked")) } } }
                                }
                            } }
                        }
                    }
                }
            }
        }
    }
}

/// Score, reasons and features of the verdict.
fn verdict(view: &PaymentPage, frame: &Frame) -> Markup {
    if view.payment.score.is_none() && view.reasons.is_empty() && view.features.is_empty() {
        return html! {};
    }
    html! {
        section.card {
            div.head {
                h2 { (frame.pick("风险判断", "Risk verdict")) }
                p { (frame.pick("只是建议，没有拦截任何交易", "advice only; nothing was blocked")) }
                @if let Some(score) = view.payment.score {
                    span.end { (frame.pick("评分 ", "Score ")) b.score { (score) } " / 1000" }
                }
            }
            @if view.reasons.is_empty() { (rows::nothing(frame, "没有可疑之处。", "Nothing stands out.")) }
            ul.reasons {
                @for reason in &view.reasons {
                    li { (icon("arrow")) span { (frame.text(&reason.text)) " " small.m { (reason.code) } }
                        @if let Some(points) = reason.points { b.n { (if points < 0 { "−" } else { "+" }) (points.unsigned_abs()) } } }
                }
            }
            @if !view.features.is_empty() {
                details.fields {
                    summary { (icon("down")) span { (frame.lang.pick(format!("当时的 {} 个特征", view.features.len()), format!("{} features at that moment", view.features.len()))) } }
                    table.list { caption.sr { (frame.pick("特征", "Features")) } tbody {
                        @for f in &view.features { tr {
                            td.wrap { (frame.text(&f.text)) } td.soft.m { (f.name) } td.num { (f.value) }
                        } }
                    } }
                }
            }
        }
    }
}

/// Other payments of the terminal.
fn neighbours(view: &PaymentPage, frame: &Frame) -> Markup {
    if view.same_terminal.is_empty() {
        return html! {};
    }
    html! {
        section.card {
            div.head { h2 { (frame.pick("这台终端的其他交易", "Others at this terminal")) } }
            ul.failed.slim {
                @for p in &view.same_terminal {
                    li { a href={ "/payments/" (format::url(&p.id)) } {
                        (format::time(frame, p.at_us, Style::Near))
                        (rows::outcome_chip(frame, p.outcome))
                        span.what { @if let Some(code) = &p.code { b.m { (code) } } }
                        span.num.n { (p.amount.map_or("—".into(), format::amount)) }
                    } }
                }
            }
        }
    }
}
