//! The picture “how far the message went”: two stations that we see, two that we don't.
//!
//! Why it exists: support must see at a glance where a payment broke. What was seen is drawn solid; what
//! was only concluded from a code is dashed and says so. Never draws a leg or a time that no message shows.

use crate::chart::round;
use crate::format::{self, Style};
use crate::frame::Frame;
use crate::rows;
use crate::view::{Direction, MessageRow, MoneyKnown, Outcome, PaymentPage, Station};
use maud::{Markup, html};

const LEFT: f64 = 190.0;
const RIGHT: f64 = 760.0;
const TERMINAL: f64 = 40.0;
const ACQUIRER: f64 = 96.0;
/// Half the width of an arrow on the drawing: it says “went this way”, not how long it took.
const SLANT: f64 = 34.0;

/// The whole card: picture on wide screens, the same as a list on phones and for screen readers, sentence.
pub(crate) fn path_card(view: &PaymentPage, frame: &Frame) -> Markup {
    let (class, sign, sentence, rule) = crate::words::money(view.money);
    html! {
        section.card {
            div.head {
                h2 { (frame.pick("报文走到哪一步", "How far the message got")) }
                p { (subtitle(view, frame)) }
                span.end.legend {
                    (key("s-acc", frame.pick("请求", "request")))
                    (key(answer_stroke(view), frame.pick("应答", "answer")))
                    (key("s-ghost", frame.pick("没有看到", "not seen")))
                }
            }
            (picture(view, frame))
            (list(view, frame))
            div.verdict.(class) {
                (crate::icons::icon(sign))
                p { b { (frame.text(&sentence)) } @if let Some(rule) = rule { " " span { (frame.text(&rule)) } } }
            }
        }
    }
}

fn key(class: &str, words: &str) -> Markup {
    html! { span.key { svg viewBox="0 0 12 12" aria-hidden="true" { path class=(class) d="M0 6h12" {} } (words) } }
}

fn answer_stroke(view: &PaymentPage) -> &'static str {
    match view.payment.outcome {
        Outcome::Approved => "s-ok",
        _ => "s-bad",
    }
}

fn subtitle(view: &PaymentPage, frame: &Frame) -> String {
    let feed = view.payment.messages.first().map(|m| m.feed.as_str()).unwrap_or_default();
    let took = view.payment.answer_ms.map(|ms| format::span(frame.lang, ms));
    match (took, feed.is_empty()) {
        (Some(took), true) => frame.lang.pick(format!("应答用时 {took}"), format!("answered in {took}")),
        (Some(took), false) => frame.lang.pick(
            format!("应答用时 {took}，来自接入“{feed}”"),
            format!("answered in {took}, from feed “{feed}”"),
        ),
        (None, _) => frame.pick("没有看到应答", "no answer was seen").into(),
    }
}

/// Below this span two messages would stand on each other's labels.
const TO_SCALE_LEAST_US: i64 = 2_000;

/// Where each message stands on the drawing. Two messages within ten seconds stand to scale; more, a long
/// wait or no time between them, stand in order, and the drawing says so.
fn positions(messages: &[MessageRow]) -> (Vec<f64>, bool) {
    let (Some(first), Some(last)) = (messages.first(), messages.last()) else { return (Vec::new(), false) };
    let span = last.at_us.saturating_sub(first.at_us);
    if messages.len() == 2 && (TO_SCALE_LEAST_US..=10_000_000).contains(&span) {
        let end = scale_end_ms(span);
        let x = |at: i64| {
            LEFT + SLANT
                + at.saturating_sub(first.at_us) as f64 / 1_000.0 * (RIGHT - LEFT - 2.0 * SLANT - 40.0)
                    / end as f64
        };
        return (messages.iter().map(|m| x(m.at_us)).collect(), true);
    }
    let step = (RIGHT - LEFT - 2.0 * SLANT - 90.0) / (messages.len().max(2) - 1) as f64;
    ((0..messages.len()).map(|i| LEFT + SLANT + step * i as f64).collect(), false)
}

/// The end of the time axis: 4, 8, 12, 20 or 40 times a power of ten, so that quarters are whole and the last
/// message stands in the right half, clear of the first one's labels.
fn scale_end_ms(span_us: i64) -> u64 {
    let span = u64::try_from(span_us / 1_000).unwrap_or(0);
    let mut unit = 1u64;
    loop {
        if let Some(end) = [4, 8, 12, 20].into_iter().map(|step| unit * step).find(|&end| end >= span) {
            return end;
        }
        unit *= 10;
    }
}

fn picture(view: &PaymentPage, frame: &Frame) -> Markup {
    let messages: Vec<MessageRow> =
        view.payment.messages.iter().filter(|m| !m.duplicate).take(6).cloned().collect();
    if messages.is_empty() {
        return html! {};
    }
    let (xs, to_scale) = positions(&messages);
    let ghosts = ghosts(view);
    let foot = if ghosts { 214.0 } else { ACQUIRER + 34.0 };
    let height = foot + 24.0;
    let lane = |y: f64| format!("M{LEFT} {y}H{RIGHT}");
    html! {
        svg.plot.path-picture viewBox={ "0 0 800 " (round(height)) } aria-hidden="true" {
            (scale(&messages, to_scale, foot, frame))
            (lane_label(&frame.text(&crate::words::station(Station::Terminal)), &view.payment.terminal, TERMINAL, true))
            path.s-lane d=(lane(TERMINAL)) {}
            (lane_label(&frame.text(&crate::words::station(Station::Acquirer)), view.reach.acquirer.as_deref().unwrap_or_default(), ACQUIRER, true))
            path.s-lane d=(lane(ACQUIRER)) {}
            @if let (Some(a), Some(b)) = (xs.first(), answer_at(&messages, &xs)) {
                rect class=(if view.payment.outcome == Outcome::Approved { "f-ok" } else { "f-bad" })
                    x=(round(*a)) y=(ACQUIRER - 3.0) width=(round((b - a).max(6.0))) height="6" rx="3" {}
            }
            @if ghosts { (ghost_lanes(view, &xs, frame)) }
            @for (i, (message, x)) in messages.iter().zip(&xs).enumerate() {
                (leg(message, *x, i, &messages, view, frame))
            }
            @if answer_at(&messages, &xs).is_none() { (missing_answer(&messages, &xs, view, frame)) }
        }
    }
}

/// Lanes beyond the acquirer are drawn when a code says something about them or nothing was answered.
fn ghosts(view: &PaymentPage) -> bool {
    view.reach.answered_by.is_some() || matches!(view.money, MoneyKnown::Unknown | MoneyKnown::ReversalSent)
}

fn answer_at(messages: &[MessageRow], xs: &[f64]) -> Option<f64> {
    xs.get(answered_at(messages)?).copied()
}

/// Which message answers the payment. An answer to the reversal does not.
fn answered_at(messages: &[MessageRow]) -> Option<usize> {
    let at = messages.iter().position(|m| m.direction == Direction::ToTerminal)?;
    (!messages[..at].iter().any(|m| m.mti.starts_with("04"))).then_some(at)
}

fn no_answer(view: &PaymentPage, frame: &Frame) -> String {
    match (view.payment.outcome, view.reach.waited_ms) {
        (Outcome::Waiting, _) => frame.pick("等待应答", "waiting for the answer").to_string(),
        (_, Some(ms)) => {
            let waited = format::span(frame.lang, ms);
            frame.lang.pick(format!("{waited}内没有应答"), format!("no answer within {waited}"))
        }
        (_, None) => frame.pick("没有看到应答", "no answer was seen").to_string(),
    }
}

fn gone_answer(view: &PaymentPage, frame: &Frame) -> Markup {
    html! { li.gone { span.way aria-hidden="true" { "?" } div { b { (no_answer(view, frame)) } } } }
}

fn lane_label(name: &str, who: &str, y: f64, seen: bool) -> Markup {
    let who: String = who.chars().take(11).collect();
    html! {
        text class=(if seen { "strong" } else { "dim" }) x="16" y=(round(y + 4.0)) { (name) }
        text.dim x="82" y=(round(y + 4.0)) { (who) }
    }
}

fn scale(messages: &[MessageRow], to_scale: bool, foot: f64, frame: &Frame) -> Markup {
    if messages.len() < 2 {
        return html! {};
    }
    if !to_scale {
        return html! {
            text.dim.mid x=(round((LEFT + RIGHT) / 2.0)) y=(round(foot + 18.0)) {
                (frame.pick("按先后排列，间距不按比例", "in order, spacing not to scale"))
            }
        };
    }
    let first = messages.first().map_or(0, |m| m.at_us);
    let span = messages.last().map_or(0, |m| m.at_us.saturating_sub(first));
    let end = scale_end_ms(span);
    let step = (RIGHT - LEFT - 2.0 * SLANT - 40.0) / 4.0;
    html! {
        @for i in 0..=4u64 {
            @let x = LEFT + SLANT + step * i as f64;
            path.s-grid d={ "M" (round(x)) " 22V" (round(foot)) } {}
            text.dim.mid x=(round(x)) y=(round(foot + 18.0)) {
                @if i == 0 { (frame.pick("0 毫秒", "0 ms")) } @else { (format::count(end * i / 4)) }
            }
        }
    }
}

fn arrow_head(x: f64, y: f64, down: bool) -> String {
    // The head of a 34 by 56 slanted arrow; both directions are mirror images.
    if down {
        format!(
            "M{} {}L{} {}L{} {}z",
            round(x),
            round(y),
            round(x - 8.4),
            round(y - 5.4),
            round(x - 1.6),
            round(y - 9.8)
        )
    } else {
        format!(
            "M{} {}L{} {}L{} {}z",
            round(x),
            round(y),
            round(x - 1.6),
            round(y + 9.8),
            round(x - 8.4),
            round(y + 5.4)
        )
    }
}

/// One message: an arrow between terminal and acquirer with its type, time or delay, and code.
fn leg(
    message: &MessageRow,
    x: f64,
    i: usize,
    all: &[MessageRow],
    view: &PaymentPage,
    frame: &Frame,
) -> Markup {
    let down = message.direction == Direction::ToAcquirer;
    let paint = if down {
        "acc"
    } else if message.code.as_deref() == Some("00") || view.payment.outcome == Outcome::Approved {
        "ok"
    } else {
        "bad"
    };
    let (x1, y1, x2, y2) = if down {
        (x - SLANT, TERMINAL, x, ACQUIRER - 4.0)
    } else {
        (x, ACQUIRER - 4.0, x + SLANT, TERMINAL)
    };
    let delay = i
        .checked_sub(1)
        .and_then(|j| all.get(j))
        .map(|before| format::between_ms(before.at_us, message.at_us));
    let meaning = message.meaning.as_ref().map(|m| frame.text(m)).unwrap_or_default();
    html! {
        path class={ "s-" (paint) } d={ "M" (round(x1)) " " (round(y1)) "L" (round(x2)) " " (round(y2)) } {}
        path class={ "f-" (paint) } d=(arrow_head(x2, y2, down)) {}
        circle class={ "f-" (paint) } cx=(round(if down { x1 } else { x2 })) cy=(round(TERMINAL)) r="4.5" {}
        @if down {
            text x=(round(x1 - 2.0)) y="24" {
                tspan.strong { (message.mti) " " (meaning) }
                @if i == 0 { @if let (Some(amount), true) = (view.payment.amount, all.len() <= 2) { tspan.strong { " " (format::amount(amount)) } } }
            }
            text.dim x=(round(x + 10.0)) y=(round(ACQUIRER + 20.0)) data-t="milli" data-at=(format::rfc3339(message.at_us)) {
                (format::local(frame, message.at_us, Style::Milli))
            }
        } @else {
            text class={ "t-" (paint) } x=(round(x2 - 2.0)) y="24" {
                (message.mti) @if let Some(code) = &message.code { " " (code) }
            }
            @if let Some(ms) = delay {
                text class={ "t-" (paint) } x=(round(x + 26.0)) y=(round((TERMINAL + ACQUIRER) / 2.0 + 10.0)) {
                    "+" (format::span(frame.lang, ms))
                }
            }
        }
        @if down && i > 0 { @if let Some(ms) = delay {
            text.t-acc x=(round(x + 2.0)) y=(round((TERMINAL + ACQUIRER) / 2.0)) { "+" (format::span(frame.lang, ms)) }
        } }
    }
}

/// What lies beyond the acquirer, dashed: a conclusion from the code, or nothing known.
fn ghost_lanes(view: &PaymentPage, xs: &[f64], frame: &Frame) -> Markup {
    let lanes = [
        (Station::Switch, 146.0, ""),
        (Station::Issuer, 196.0, view.reach.issuer.as_deref().unwrap_or_default()),
    ];
    let x = match (xs.first(), xs.get(1)) {
        (Some(a), Some(b)) => (a + b) / 2.0,
        (Some(a), None) => a + 120.0,
        _ => LEFT,
    };
    let reached = |station: Station| view.reach.answered_by.is_some_and(|by| by >= station);
    let stopped = view.reach.answered_by == Some(Station::Acquirer);
    html! {
        @for (station, y, who) in lanes {
            (lane_label(&frame.text(&crate::words::station(station)), who, y, false))
            path.s-ghost d={ "M" (LEFT) " " (y) "H" (RIGHT) } {}
            circle.s-hollow cx=(round(x)) cy=(round(y)) r="5" {}
            text.dim x=(round(x + 14.0)) y=(round(y - 7.0)) {
                @if view.reach.answered_by.is_none() {
                    (frame.pick("没有看到，不知道", "not seen, not known"))
                } @else if view.reach.answered_by == Some(station) {
                    (frame.pick("按应答码，由这里答复", "by its code, answered here"))
                } @else if reached(station) {
                    (frame.pick("按应答码，经过这里", "by its code, passed on"))
                } @else {
                    (frame.pick("没有看到", "not seen"))
                }
            }
        }
        path.s-ghost d={ "M" (round(x)) " " (ACQUIRER + 14.0) "V141M" (round(x)) " 151V191" } {}
        @if stopped {
            circle.f-bad cx=(round(x)) cy=(ACQUIRER) r="11" {}
            path.x-white d={ "M" (round(x - 4.0)) " " (ACQUIRER - 4.0) "l8 8m0 -8l-8 8" } {}
            @if let Some(by) = &view.reach.stopped_by {
                text.t-bad x=(round(x + 14.0)) y=(round(ACQUIRER + 20.0)) { (frame.text(by)) }
            }
        }
    }
}

/// The answer that was not seen: dashed, with how long it was waited for.
fn missing_answer(messages: &[MessageRow], xs: &[f64], view: &PaymentPage, frame: &Frame) -> Markup {
    let Some(first) = xs.first() else { return html! {} };
    let from = first + 18.0;
    let to = xs.get(1).map_or(from + 190.0, |next| (next - SLANT - 24.0).max(from + 40.0));
    let words = no_answer(view, frame);
    let y = (TERMINAL + ACQUIRER) / 2.0;
    let label_y = if messages.len() > 1 { TERMINAL + 22.0 } else { y + 4.0 };
    html! {
        path.s-ghost d={ "M" (round(from)) " " (ACQUIRER - 6.0) "L" (round(from + (to - from) / 2.0)) " " (round(y)) } {}
        circle.s-warn cx=(round(from + (to - from) / 2.0 + 8.0)) cy=(round(y)) r="9" {}
        text.t-warn.mid x=(round(from + (to - from) / 2.0 + 8.0)) y=(round(y + 4.0)) { "?" }
        text.t-warn x=(round(from + (to - from) / 2.0 + 24.0)) y=(round(label_y)) { (words) }
    }
}

/// The same as a list: phones, print, screen readers.
fn list(view: &PaymentPage, frame: &Frame) -> Markup {
    let messages = &view.payment.messages;
    let unanswered = answered_at(messages).is_none();
    html! {
        ol.path-list {
            @for (i, message) in messages.iter().enumerate() {
                @let before = i.checked_sub(1).and_then(|j| messages.get(j));
                li class=(if message.direction == Direction::ToAcquirer { "out" } else { "back" }) {
                    (rows::arrow(message.direction, frame))
                    div {
                        b { (message.mti) " " @if let Some(m) = &message.meaning { (frame.text(m)) } @if let Some(code) = &message.code { " " (code) } }
                        small {
                            (format::time(frame, message.at_us, Style::Milli))
                            @if let Some(before) = before {
                                " · +" (format::span(frame.lang, format::between_ms(before.at_us, message.at_us)))
                            }
                        }
                    }
                }
                @if i == 0 && unanswered { (gone_answer(view, frame)) }
            }
            @if let Some(by) = view.reach.answered_by {
                li.gone { span.way aria-hidden="true" { "·" } div {
                    b { (frame.lang.pick(
                        format!("按应答码，由{}答复", crate::words::station(by).zh),
                        format!("By its code, answered by: {}", crate::words::station(by).en.to_lowercase()),
                    )) }
                    small { (frame.pick("这一段没有看到报文，是推断", "No message of this leg was seen; it is a conclusion")) }
                } }
            }
        }
        @if let Some(basis) = &view.reach.basis {
            p.basis { (crate::icons::icon("info")) span { (frame.pick("虚线是推断，不是看到的：", "Dashed is concluded, not seen: ")) (frame.text(basis)) } }
        }
    }
}
