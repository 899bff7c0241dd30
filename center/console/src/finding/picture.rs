//! The small pictures of findings: trace numbers in two lines, payments in lanes, two places.
//!
//! Why it exists: an analyst sees in a second what a sentence with numbers says slowly. A picture shows what
//! stands in the events and judges nothing: which line is the registered device's, it can't know.

use crate::chart::{self, round};
use crate::format::{self, Style};
use crate::frame::Frame;
use crate::icons::icon;
use crate::view::{CountPoint, Lane, Mark, Sighting};
use crate::words;
use maud::{Markup, html};

/// Messages shown in the strip "as they arrived".
const STRIP_MAX: usize = 10;

/// The horizontal place of an instant in a drawing 1,200 wide.
fn across(at_us: i64, from_us: i64, to_us: i64) -> f64 {
    // As f64 first: the difference of two instants of the outside world can overflow.
    ((at_us as f64 - from_us as f64) * 1200.0 / (to_us as f64 - from_us as f64).max(1.0)).clamp(0.0, 1200.0)
}

/// The span of instants with a little room at both ends.
fn span(instants: impl Iterator<Item = i64> + Clone) -> Option<(i64, i64)> {
    let (first, last) = (instants.clone().min()?, instants.max()?);
    let room = (last.saturating_sub(first) / 50).max(1_000_000);
    Some((first.saturating_sub(room), last.saturating_add(room)))
}

/// Trace numbers over time, each of two lines with its own sign, and the zigzag in which they arrived.
pub(super) fn counts(points: &[CountPoint], frame: &Frame) -> Markup {
    let Some((from, to)) = span(points.iter().map(|p| p.at_us)) else { return html! {} };
    let (low, high) = points.iter().fold((u32::MAX, 0), |(l, h), p| (l.min(p.trace), h.max(p.trace)));
    let height = f64::from(high.saturating_sub(low).max(1));
    let place = |p: &CountPoint| {
        let y = 150.0 - f64::from(p.trace.saturating_sub(low)) * 140.0 / height;
        (round(across(p.at_us, from, to)), round(y))
    };
    let line = |which: Option<bool>| {
        let chosen = points.iter().filter(|p| which.is_none_or(|second| p.second == second));
        chosen
            .map(place)
            .enumerate()
            .fold(String::new(), |path, (i, (x, y))| path + if i == 0 { "M" } else { "L" } + &x + " " + &y)
    };
    let dots = |second: bool| {
        points
            .iter()
            .filter(|p| p.second == second)
            .map(place)
            .fold(String::new(), |path, (x, y)| path + "M" + &x + " " + &y + "h.01")
    };
    let of = |second: bool| {
        let traces = points.iter().filter(move |p| p.second == second).map(|p| p.trace);
        (traces.clone().count(), traces.clone().min().unwrap_or(0), traces.max().unwrap_or(0))
    };
    let (a, b) = (of(false), of(true));
    let label = frame.lang.pick(
        format!(
            "流水号随时间：第一列 {} 条（{} 至 {}），第二列 {} 条（{} 至 {}）",
            a.0, a.1, a.2, b.0, b.1, b.2
        ),
        format!(
            "trace numbers over time: first line {} messages ({} to {}), second line {} ({} to {})",
            a.0, a.1, a.2, b.0, b.1, b.2
        ),
    );
    let drawing = html! {
        path.s-grid d="M0 10.5H1200M0 80H1200M0 150.5H1200" {}
        path.s-zig d=(line(None)) {}
        path.s-acc d=(line(Some(false))) {}
        path.s-bad d=(line(Some(true))) {}
        path.dot-a d=(dots(false)) {}
        path.dot-b d=(dots(true)) {}
    };
    let middle = format!("{:06}", low / 2 + high / 2);
    html! {
        div.head {
            h2 { (frame.pick("同一终端号下的两列流水", "Two counts under one terminal number")) }
            p { (frame.pick("一台设备的流水号只朝一个方向数", "one device counts in one rising line")) }
            span.end {
                span.key { svg viewBox="0 0 12 12" aria-hidden="true" { path.dot-a d="M6 6h.01" {} } (frame.pick("第一列", "Count A")) " " (a.0) }
                span.key { svg viewBox="0 0 12 12" aria-hidden="true" { path.dot-b d="M6 6h.01" {} } (frame.pick("第二列", "Count B")) " " (b.0) }
            }
        }
        (chart::plot(frame, &label, [&format!("{high:06}"), &middle, &format!("{low:06}")], from, to, drawing))
        (order_strip(points, frame))
    }
}

/// The last messages in the order in which they came.
fn order_strip(points: &[CountPoint], frame: &Frame) -> Markup {
    let mut arrived: Vec<&CountPoint> = points.iter().collect();
    arrived.sort_by_key(|p| p.at_us);
    let last = &arrived[arrived.len().saturating_sub(STRIP_MAX)..];
    let (Some(first), Some(end)) = (last.first(), last.last()) else { return html! {} };
    html! {
        p.order-strip {
            span {
                (frame.pick("到达的先后", "As they arrived")) br;
                (format::time(frame, first.at_us, Style::Minute)) (frame.pick(" 至 ", " to ")) (format::time(frame, end.at_us, Style::Minute))
            }
            @for p in last { span.seq.b[p.second] { (format!("{:06}", p.trace)) } }
        }
    }
}

/// Payments in lanes over one time axis: what differs between them stands at each lane's head.
pub(super) fn lanes(lanes: &[Lane], frame: &Frame) -> Markup {
    let all = lanes.iter().flat_map(|l| l.marks.iter().map(|m| m.at_us));
    let Some((from, to)) = span(all) else { return html! {} };
    html! {
        ul.lanes {
            @for lane in lanes {
                li {
                    p {
                        b { (frame.text(&lane.label)) }
                        @if let Some(detail) = &lane.detail { span.soft { (frame.text(detail)) } }
                        span.soft.n { (payment_count(lane.marks.len(), frame)) }
                    }
                    (lane_strip(&lane.marks, from, to, &frame.text(&lane.label)))
                }
            }
            li.axis-x aria-hidden="true" {
                @for at in (0..=4).map(|i| from.saturating_add(to.saturating_sub(from) / 4 * i)) {
                    (format::time(frame, at, Style::Minute))
                }
            }
        }
    }
}

fn payment_count(n: usize, frame: &Frame) -> String {
    frame.lang.pick(format!("{n} 笔"), format!("{n} payment{}", if n == 1 { "" } else { "s" }))
}

fn lane_strip(marks: &[Mark], from: i64, to: i64, label: &str) -> Markup {
    html! {
        svg.lane viewBox="0 0 1200 20" preserveAspectRatio="none" role="img" aria-label=(label) {
            path.s-lane d="M0 10H1200" {}
            @for mark in marks {
                path class={ "tick s-" (words::mark_class(mark.outcome)) } d={ "M" (round(across(mark.at_us, from, to))) " 19V1" } {}
            }
        }
    }
}

/// Two places, how far apart, how long between, and how fast one would have had to travel.
pub(super) fn distance(from: &Sighting, to: &Sighting, kilometres: u32, frame: &Frame) -> Markup {
    let ms = format::between_ms(from.at_us, to.at_us);
    let hours = ms as f64 / 3_600_000.0;
    let speed = (hours > 0.0).then(|| (f64::from(kilometres) / hours).round() as u64);
    let end = |s: &Sighting| {
        html! {
            div.end-of {
                b { (frame.text(&s.place)) }
                (format::time(frame, s.at_us, Style::DateTime))
                @if let Some(id) = &s.payment {
                    a.link href={ "/payments/" (format::url(id)) } { (frame.pick("这笔交易", "The payment")) }
                }
            }
        }
    };
    html! {
        div.head { h2 { (frame.pick("两处与间隔", "Two places and the time between")) } p { (frame.pick("位置由终端上报，未经核实", "places are the terminals’ own word")) } }
        div.hop {
            (end(from))
            div.way-of {
                b { (format::count(u64::from(kilometres))) " km" }
                svg viewBox="0 0 200 12" preserveAspectRatio="none" aria-hidden="true" { path.s-bad d="M0 6H200" {} }
                span { (format::span(frame.lang, ms)) @if let Some(speed) = speed { " · " (format::count(speed)) " km/h" } }
            }
            (end(to))
        }
        p.note { (icon("info")) span { (frame.pick("直线距离；走得更远只会更快。", "As the crow flies; any real way is longer, and so faster.")) } }
    }
}
