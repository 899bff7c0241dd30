//! The health of this machine: feeds, journal, disk, snapshot, version.
//!
//! Why it exists: whoever runs the center sees here whether what was accepted is safe and whether traffic
//! arrives. Never shows a key, a secret or an environment variable.

use crate::format::{self, Style};
use crate::frame::{Frame, Room, page};
use crate::icons::icon;
use crate::overview::feed_table;
use crate::problem::problem_card;
use crate::rows;
use crate::view::HealthPage;
use maud::{Markup, html};

/// The health page.
pub fn health(view: &HealthPage, frame: &Frame) -> Markup {
    let title = frame.pick("运行状态", "Health");
    let body = html! {
        nav.crumb aria-label=(frame.pick("状态", "State")) {
            @if view.refusing { span.chip.bad { (icon("x")) (frame.pick("磁盘已满，暂不接收", "Disk full, nothing is accepted")) } }
            @else if view.ready { span.chip.ok { (icon("check")) (frame.pick("就绪", "Ready")) } }
            @else { span.chip.warn { (icon("clock")) (frame.pick("正在恢复", "Recovering")) } }
        }
        div.title { div { h1 { (title) } p.under {
            "Tillguard " (frame.version) " · " (frame.pick("启动于 ", "started ")) (format::time(frame, view.started_us, Style::DateTime))
            " (" (format::ago(frame, view.started_us)) ")"
        } } }
        @for problem in &view.problems {
            p.strip-note.bad role="alert" { (icon("tri")) span { b { (frame.text(&problem.title)) } " " (frame.text(&problem.what)) } span.chip.bad.m { (problem.code) } }
            (problem_card(problem, frame))
        }
        section.card.below {
            div.head { h2 { (frame.pick("接入", "Feeds")) } }
            @if view.feeds.is_empty() { (rows::nothing(frame, "没有接入。用 --feed 地址,dialect=方言 启动。", "No feed. Start with --feed ADDRESS,dialect=NAME.")) }
            @else { (feed_table(&view.feeds, frame)) }
        }
        div.thirds { (journal(view, frame)) (kept(view, frame)) (machine(view, frame)) }
    };
    page(frame, Room::Health, title, None, body)
}

fn fact(label: &str, value: Markup) -> Markup {
    html! { dt { (label) } dd.n { (value) } }
}

fn journal(view: &HealthPage, frame: &Frame) -> Markup {
    let behind = view.next_offset.saturating_sub(view.durable_offset);
    html! {
        section.card {
            div.head { h2 { (frame.pick("日志", "Journal")) } }
            dl.tell.wide.end-pad {
                (fact(frame.pick("下一个位置", "Next offset"), html! { (format::count(view.next_offset)) }))
                (fact(frame.pick("已落盘到", "Durable up to"), html! { (format::count(view.durable_offset)) " " span.soft { @if behind == 0 { (frame.pick("全部", "all")) } @else { (frame.lang.pick(format!("差 {behind}"), format!("{behind} behind"))) } } }))
                (fact(frame.pick("分段", "Segments"), html! { (format::count(view.segments)) " · " (format::bytes(view.journal_bytes)) }))
                (fact(frame.pick("落盘用时", "Flush time"), html! { @match view.flush_us {
                    Some((median, high)) => { (frame.pick("中位 ", "median ")) (micros(median, frame)) (frame.pick("，99% 在 ", ", 99% within ")) (micros(high, frame)) (frame.pick(" 内", "")) }
                    None => "—",
                } }))
                (fact(frame.pick("快照", "Snapshot"), html! { @match view.snapshot {
                    Some((offset, at)) => { (frame.pick("位置 ", "offset ")) (format::count(offset)) " · " (format::ago(frame, at)) }
                    None => (frame.pick("还没有", "none yet")),
                } }))
            }
        }
    }
}

fn kept(view: &HealthPage, frame: &Frame) -> Markup {
    let equal = view.accepted == view.verdicts;
    html! {
        section.card {
            div.head { h2 { (frame.pick("收到与判断", "Accepted and judged")) } }
            dl.tell.wide.end-pad {
                (fact(frame.pick("已接收报文", "Messages accepted"), html! { (format::count(view.accepted)) }))
                (fact(frame.pick("已给出判断", "Verdicts"), html! { (format::count(view.verdicts)) " " span.soft { @if equal { (frame.pick("一一对应", "one each")) } @else { (frame.lang.pick(format!("还差 {}", format::count(view.accepted.abs_diff(view.verdicts))), format!("{} to go", format::count(view.accepted.abs_diff(view.verdicts))))) } } }))
                (fact(frame.pick("解不开", "Undecoded"), html! { a.link href="/undecoded" { (format::count(view.undecoded)) } }))
            }
        }
    }
}

fn machine(view: &HealthPage, frame: &Frame) -> Markup {
    html! {
        section.card {
            div.head { h2 { (frame.pick("磁盘与内存", "Disk and memory")) } }
            dl.tell.wide.end-pad {
                dt { (frame.pick("数据目录", "Data folder")) } dd.m.wrap { (view.data_folder) }
                (fact(frame.pick("剩余空间", "Free space"), html! { @match (view.disk_free_bytes, view.disk_total_bytes) {
                    (Some(free), Some(total)) => { (format::bytes(free)) " / " (format::bytes(total)) }
                    (Some(free), None) => (format::bytes(free)),
                    _ => "—",
                } }))
                (fact(frame.pick("常驻内存", "Resident memory"), html! { (view.resident_bytes.map_or("—".into(), format::bytes)) }))
            }
        }
    }
}

fn micros(us: u64, frame: &Frame) -> String {
    if us < 1_000 {
        frame.lang.pick(format!("{us} 微秒"), format!("{us} µs"))
    } else {
        frame.lang.pick(
            format!("{}.{} 毫秒", us / 1_000, us % 1_000 / 100),
            format!("{}.{} ms", us / 1_000, us % 1_000 / 100),
        )
    }
}
