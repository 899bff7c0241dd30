//! Charts as SVG with classes only: stacked bars over time, strips of marks, single bars.
//!
//! Why it exists: colours follow the style sheet (light, dark, print) and no style stands inline. Labels
//! are HTML beside the drawing, so they keep their size on a phone, where the drawing only gets narrower.

use crate::format::{self, Style};
use crate::frame::Frame;
use crate::view::{Mark, Minute};
use crate::words;
use maud::{Markup, html};

/// One bar with a track. The number always stands beside it as text.
pub(crate) fn bar(share_bp: u16, fill: &str) -> Markup {
    let width = u32::from(share_bp.min(10_000)) * 340 / 10_000;
    let width = if share_bp > 0 { width.max(4) } else { 0 };
    html! {
        svg.bar viewBox="0 0 340 8" preserveAspectRatio="none" aria-hidden="true" {
            rect.f-track width="340" height="8" rx="4" {}
            rect class={ "f-" (fill) } width=(width) height="8" rx="4" {}
        }
    }
}

/// The least “nice” number (1, 2, 3, 4, 5, 6, 8 times a power of ten) that is not below `n`.
pub(crate) fn nice_ceiling(n: u64) -> u64 {
    let mut unit = 1u64;
    loop {
        for step in [1, 2, 3, 4, 5, 6, 8] {
            match unit.checked_mul(step) {
                Some(value) if value >= n => return value,
                Some(_) => {}
                None => return n,
            }
        }
        match unit.checked_mul(10) {
            Some(next) => unit = next,
            None => return n,
        }
    }
}

/// A drawing with its axis labels: on the left at the upper end, in the middle and at the foot, instants below.
pub(crate) fn plot(
    frame: &Frame,
    label: &str,
    [top, middle, foot]: [&str; 3],
    from_us: i64,
    to_us: i64,
    drawing: Markup,
) -> Markup {
    let ticks: Vec<i64> =
        (0..=4).map(|i| from_us.saturating_add(to_us.saturating_sub(from_us) / 4 * i)).collect();
    html! {
        figure.chart {
            div.axis-y aria-hidden="true" { span { (top) } span { (middle) } span { (foot) } }
            svg.area viewBox="0 0 1200 160" preserveAspectRatio="none" role="img" aria-label=(label) { (drawing) }
            div.axis-x aria-hidden="true" {
                @for at in ticks { (format::time(frame, at, Style::Minute)) }
            }
        }
    }
}

/// Payments a minute by outcome, stacked: declined and unknown at the foot, where they can be compared.
pub(crate) fn minutes(minutes: &[Minute], frame: &Frame) -> Markup {
    let (Some(first), Some(last)) = (minutes.first(), minutes.last()) else { return html! {} };
    let total = |m: &Minute| {
        u64::from(m.approved) + u64::from(m.declined) + u64::from(m.unknown) + u64::from(m.reversed)
    };
    let highest = nice_ceiling(minutes.iter().map(total).max().unwrap_or(0).max(4));
    let sums = minutes.iter().fold([0u64; 4], |s, m| {
        [
            s[0] + u64::from(m.approved),
            s[1] + u64::from(m.declined),
            s[2] + u64::from(m.unknown),
            s[3] + u64::from(m.reversed),
        ]
    });
    let label = frame.lang.pick(
        format!("近 60 分钟：批准 {}，拒绝 {}，未知 {}，冲正 {}", sums[0], sums[1], sums[2], sums[3]),
        format!(
            "last 60 minutes: {} approved, {} declined, {} unknown, {} reversed",
            sums[0], sums[1], sums[2], sums[3]
        ),
    );
    let slot = 1200.0 / minutes.len() as f64;
    let height = |n: u64| n as f64 * 160.0 / highest as f64;
    let drawing = html! {
        path.s-grid d="M0 .5H1200M0 80H1200M0 159.5H1200" {}
        @for (i, minute) in minutes.iter().enumerate() {
            @let x = slot * i as f64 + slot * 0.14;
            @for (class, below, n) in stacked(minute) {
                rect class={ "f-" (class) } x=(round(x)) y=(round(160.0 - height(below + n)))
                    width=(round(slot * 0.72)) height=(round(height(n))) {}
            }
        }
    };
    let middle = if highest.is_multiple_of(2) { format::count(highest / 2) } else { String::new() };
    plot(
        frame,
        &label,
        [&format::count(highest), &middle, "0"],
        first.start_us,
        last.start_us.saturating_add(60_000_000),
        drawing,
    )
}

/// The pieces of one minute's bar from the foot up: class, what lies below it, how many.
fn stacked(minute: &Minute) -> impl Iterator<Item = (&'static str, u64, u64)> {
    let pieces = [
        ("bad", minute.declined),
        ("warn", minute.unknown),
        ("acc", minute.reversed),
        ("ok", minute.approved),
    ];
    pieces
        .into_iter()
        .scan(0u64, |sum, (class, n)| {
            let below = *sum;
            *sum += u64::from(n);
            Some((class, below, u64::from(n)))
        })
        .filter(|piece| piece.2 > 0)
}

/// Share of a count in each minute, as bars in one colour.
pub(crate) fn shares(points: &[(i64, u16)], label: &str, frame: &Frame) -> Markup {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return html! {} };
    let highest = nice_ceiling(u64::from(points.iter().map(|p| p.1).max().unwrap_or(0)).max(100)).min(10_000);
    let slot = 1200.0 / points.len() as f64;
    let drawing = html! {
        path.s-grid d="M0 .5H1200M0 80H1200M0 159.5H1200" {}
        @for (i, (_, bp)) in points.iter().enumerate() {
            @if *bp > 0 {
                @let height = f64::from(*bp) * 160.0 / highest as f64;
                rect.f-warn x=(round(slot * i as f64 + slot * 0.14)) y=(round(160.0 - height)) width=(round(slot * 0.72)) height=(round(height)) {}
            }
        }
    };
    let of = |bp: u64| format::percent(u16::try_from(bp).unwrap_or(10_000));
    plot(
        frame,
        label,
        [&of(highest), &of(highest / 2), "0"],
        first.0,
        last.0.saturating_add(60_000_000),
        drawing,
    )
}

/// Payments as marks on a time axis: one stroke each; height by amount where all have one.
pub(crate) fn marks(marks: &[Mark], frame: &Frame, label: &str) -> Markup {
    let instants = marks.iter().map(|m| m.at_us);
    let (Some(first), Some(last)) = (instants.clone().min(), instants.max()) else { return html! {} };
    let pad = (last.saturating_sub(first) / 50).max(1_000_000);
    let (from, to) = (first.saturating_sub(pad), last.saturating_add(pad));
    let amounts: Vec<u64> = marks.iter().filter_map(|m| m.amount).map(|a| a.minor.unsigned_abs()).collect();
    let highest = amounts.iter().copied().max().unwrap_or(0).max(1);
    let currency = marks.iter().find_map(|m| m.amount).map_or(0, |a| a.currency);
    // Heights of two currencies can't be compared.
    let by_amount = marks.iter().all(|m| m.amount.is_some_and(|a| a.currency == currency));
    let top = nice_ceiling(highest);
    let drawing = html! {
        path.s-grid d="M0 .5H1200M0 80H1200M0 159.5H1200" {}
        @for mark in marks {
            @let x = (mark.at_us as f64 - from as f64) * 1200.0 / (to as f64 - from as f64);
            @let y = match mark.amount {
                Some(a) if by_amount => 160.0 - (a.minor.unsigned_abs() as f64 * 156.0 / top as f64).max(8.0),
                _ => 60.0,
            };
            path class={ "tick s-" (words::mark_class(mark.outcome)) } d={ "M" (round(x)) " 160V" (round(y)) } {}
        }
    };
    let shown = |minor: u64| {
        if by_amount {
            format::amount(crate::view::Amount { minor: i64::try_from(minor).unwrap_or(i64::MAX), currency })
        } else {
            String::new()
        }
    };
    plot(frame, label, [&shown(top), &shown(top / 2), "0"], from, to, drawing)
}

/// Outcomes in a row, oldest first, each a square; colour and height differ, so colour is not the only sign.
pub(crate) fn strip(marks: &[Mark], label: &str) -> Markup {
    html! {
        svg.strip viewBox={ "0 0 " (marks.len().max(1) * 12) " 28" } preserveAspectRatio="none" role="img" aria-label=(label) {
            @for (i, mark) in marks.iter().enumerate() {
                @let class = words::mark_class(mark.outcome);
                @let height = match class { "ok" => 12, "bad" => 28, "warn" => 22, _ => 18 };
                rect class={ "f-" (class) } x=(i * 12 + 1) y=(28 - height) width="10" height=(height) rx="1.5" {}
            }
        }
    }
}

/// The legend of outcomes: a swatch and a word each.
pub(crate) fn legend(frame: &Frame) -> Markup {
    let entries = [
        ("ok", "批准", "Approved"),
        ("bad", "拒绝", "Declined"),
        ("warn", "未知", "Unknown"),
        ("acc", "冲正", "Reversed"),
    ];
    html! {
        span.end {
            @for (class, zh, en) in entries {
                span.key {
                    svg viewBox="0 0 12 12" aria-hidden="true" { rect class={ "f-" (class) } x="1" y="1" width="10" height="10" rx="2" {} }
                    (frame.pick(zh, en))
                }
            }
        }
    }
}

/// One decimal is enough for a drawing, and keeps the page small.
pub(crate) fn round(x: f64) -> String {
    let text = format!("{x:.1}");
    text.strip_suffix(".0").map(str::to_string).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_ends_at_a_nice_number() {
        assert_eq!([nice_ceiling(1), nice_ceiling(3), nice_ceiling(41), nice_ceiling(100)], [1, 3, 50, 100]);
        assert_eq!(nice_ceiling(u64::MAX), u64::MAX);
    }

    #[test]
    fn a_bar_of_something_is_never_invisible() {
        assert!(bar(1, "acc").0.contains(r#"width="4""#));
        assert!(bar(0, "acc").0.contains(r#"width="0""#));
    }
}
