//! Outages: the list, and one with what, since when, who explains it, whom to call, and how it went.
//!
//! Why it exists: when an issuer is down, a thousand shops see "failed" and one sentence explains them all. Never
//! says more than was counted; never advises to pay again before an outcome is known; never a card.

use crate::chart::{self, plot, round};
use crate::format::{self, Style};
use crate::frame::{Frame, Room, crumb, page};
use crate::icons::icon;
use crate::payment::copy_button;
use crate::rows;
use crate::view::{Contact, OutageMinute, OutageRow, OutageView, OutagesView, SilentRow};
use maud::{Markup, html};

/// The list of outages, and the terminals that are silent for themselves.
pub fn outages(view: &OutagesView, frame: &Frame) -> Markup {
    let title = frame.pick("故障定位", "Outages");
    let body = html! {
        div.title { div { h1 { (title) } p.under { (seen(view, frame)) } } }
        section.card {
            div.head { h2 { (frame.pick("故障", "Outages")) } p { (frame.pick("很多笔一起失败时，问题在哪里", "where it is when many payments fail together")) } }
            @if view.outages.is_empty() { (rows::nothing(frame, "没有发现故障：各发卡行、收单机构、地区和型号的失败率都在平时的范围内。", "No outage: issuers, acquirers, regions and models fail as usual.")) }
            @else { (table(&view.outages, frame)) }
        }
        section.card {
            div.head { h2 { (frame.pick("无声的终端", "Silent terminals")) } p { (frame.pick("按心跳或自己的营业规律应当有声，且不属于上面的故障", "that by heartbeat or by their own rhythm should be heard, and belong to no outage above")) } }
            @if view.silent.is_empty() { (rows::nothing(frame, "没有。", "None.")) }
            @else { (silent_table(&view.silent, frame)) }
        }
    };
    page(frame, Room::Outages, title, None, body)
}

fn seen(view: &OutagesView, frame: &Frame) -> Markup {
    html! {
        @match view.seen_from_us {
            Some(from) => {
                (frame.pick("已看过 ", "Seen from ")) (format::time(frame, from, Style::Near))
                (frame.pick(" 以来的交易。", " on."))
            }
            None => (frame.pick("还没有看到交易。", "No payment seen yet.")),
        }
        @if view.passed_over > 0 {
            " " (frame.lang.pick(
                format!("为不拖慢接收，略过了 {} 条报文。", format::count(view.passed_over)),
                format!("{} messages were passed over so as not to slow accepting down.", format::count(view.passed_over)),
            ))
        }
    }
}

fn table(outages: &[OutageRow], frame: &Frame) -> Markup {
    html! {
        table.list.stacks {
            caption.sr { (frame.pick("故障列表", "Outages")) }
            thead { tr {
                th scope="col" { (frame.pick("故障", "Outage")) }
                th scope="col" { (frame.pick("开始", "Since")) }
                th scope="col" { (frame.pick("持续", "Lasted")) }
                th.num scope="col" { (frame.pick("失败率", "Failing")) }
                th.num scope="col" { (frame.pick("比平时多失败", "Beyond usual")) }
                th scope="col" { (frame.pick("状态", "State")) }
            } }
            tbody { @for o in outages { tr {
                td.wrap { a.link href={ "/outages/" (o.number) } { (title(o, frame)) } }
                td data-l=(frame.pick("开始", "Since")) { (format::time(frame, o.since_us, Style::Near)) }
                td data-l=(frame.pick("持续", "Lasted")) { (lasted(o, frame)) }
                td.num data-l=(frame.pick("失败率", "Failing")) { (format::percent(o.rate_bp())) span.soft { " / " (format::percent(o.usual_bp)) } }
                td.num data-l=(frame.pick("比平时多失败", "Beyond usual")) { (format::count(o.beyond())) }
                td { (state(o, frame)) }
            } } }
        }
    }
}

fn silent_table(silent: &[SilentRow], frame: &Frame) -> Markup {
    html! {
        table.list.stacks {
            caption.sr { (frame.pick("无声的终端", "Silent terminals")) }
            thead { tr {
                th scope="col" { (frame.pick("终端号", "Terminal")) }
                th scope="col" { (frame.pick("最后一次", "Last heard")) }
                th scope="col" { (frame.pick("少了什么", "What is missing")) }
            } }
            tbody { @for row in silent { tr {
                td.n { a.link href={ "/terminals/" (format::url(&row.terminal)) } { (row.terminal) } }
                td data-l=(frame.pick("最后一次", "Last heard")) { (format::time(frame, row.heard_us, Style::Near)) " " span.soft { (format::ago(frame, row.heard_us)) } }
                td { @if row.heartbeat { (frame.pick("定时的签到或心跳", "its regular sign-on or heartbeat")) } @else { (frame.pick("平时这时已有的交易", "payments that it has by this time")) } }
            } } }
        }
    }
}

/// The value and what is wrong with it.
fn title(o: &OutageRow, frame: &Frame) -> String {
    let place: Vec<String> = o.place.iter().map(|(_, value)| frame.text(value)).collect();
    let place =
        if place.is_empty() { frame.pick("全网", "Everywhere").to_owned() } else { place.join(" × ") };
    frame.lang.pick(format!("{place}：{}", frame.text(&o.what)), format!("{place}: {}", frame.text(&o.what)))
}

fn state(o: &OutageRow, frame: &Frame) -> Markup {
    match o.ended_us {
        None => html! { span.chip.bad { (frame.pick("进行中", "Going on")) } },
        Some(_) => html! { span.chip.ok { (frame.pick("已恢复", "Over")) } },
    }
}

fn lasted(o: &OutageRow, frame: &Frame) -> String {
    let to = o.ended_us.unwrap_or(frame.now_us);
    let minutes = format::between_ms(o.since_us, to.max(o.since_us)) / 60_000;
    match minutes {
        0..60 => frame.lang.pick(format!("{minutes} 分钟"), format!("{minutes} min")),
        _ => format::span(frame.lang, minutes * 60_000),
    }
}

/// One outage.
pub fn outage(view: &OutageView, frame: &Frame) -> Markup {
    let o = &view.row;
    let heading = title(o, frame);
    let number = format!("O-{:04}", o.number);
    let body = html! {
        (crumb(frame, ("/outages", "故障定位", "Outages"), Some(&number), state(o, frame)))
        div.title { div { h1 { (heading) } p.under { (under(view, frame)) } } }
        dl.kpis.card {
            div.bad { dt { (frame.pick("失败率（", "Failing since ")) (format::time(frame, o.since_us, Style::Minute)) (frame.pick(" 起）", "")) } dd { (format::percent(o.rate_bp())) " " small { (frame.pick("平时 ", "usually ")) (format::percent(o.usual_bp)) } } }
            div { dt { (frame.pick("已持续", "Lasted")) } dd { (lasted(o, frame)) } }
            div { dt { (frame.pick("比平时多失败", "Failed beyond usual")) } dd { (format::count(o.beyond())) " " small { (frame.pick("笔", "payments")) } } }
            div { dt { (frame.pick("涉及终端", "Terminals")) } dd { (format::count(u64::from(view.terminals))) " " small { (frame.pick("台", "")) } } }
            div { dt { (frame.pick("已并入的告警", "Alarms taken in")) } dd { (format::count(u64::from(view.muted))) " " small { (frame.pick("条", "")) } } }
        }
        div.cols {
            div.stack { (picture(view, frame)) (layers(view, frame)) }
            div.stack {
                (contact(&view.contact, frame))
                (notice(view, frame))
                (muted(view, frame))
            }
        }
    };
    page(frame, Room::Outages, &heading, None, body)
}

fn under(view: &OutageView, frame: &Frame) -> Markup {
    let found = format::count(view.failed_when_found);
    html! {
        @if !view.codes.is_empty() { (frame.pick("应答码 ", "Codes ")) (codes(view, frame)) (frame.pick("。", ". ")) }
        @if let Some(control) = view.control_bp {
            (frame.lang.pick(format!("其余交易失败率 {}。", format::percent(control)), format!("Other payments fail at {}. ", format::percent(control))))
        }
        (frame.pick("发现于 ", "Found at ")) (format::time(frame, view.found_us, Style::Minute))
        (frame.lang.pick(format!("，当时已失败 {found} 笔。"), format!(", when {found} had failed.")))
        @if !view.paged { " " (frame.pick("未呼叫：已静默或当日呼叫额度已用完。", "Nobody was called: silenced, or the day's calls are used up.")) }
    }
}

fn codes(view: &OutageView, frame: &Frame) -> String {
    let one = |(code, n): &(String, u64)| {
        let name = if code.is_empty() { frame.pick("没有应答", "no answer") } else { code };
        frame
            .lang
            .pick(format!("{name} 共 {} 笔", format::count(*n)), format!("{name}: {}", format::count(*n)))
    };
    view.codes.iter().map(one).collect::<Vec<_>>().join(frame.pick("，", ", "))
}

/// The share of failures a minute: the place, and everything else.
fn picture(view: &OutageView, frame: &Frame) -> Markup {
    let (Some(first), Some(last)) = (view.minutes.first(), view.minutes.last()) else { return html! {} };
    let (from, to) = (first.start_us, last.start_us.saturating_add(60_000_000));
    let share = |failed: u32, total: u32| (total > 0).then(|| format::share_bp(failed.into(), total.into()));
    let own: Vec<(i64, Option<u16>)> =
        view.minutes.iter().map(|m| (m.start_us, share(m.failed, m.total))).collect();
    let rest: Vec<(i64, Option<u16>)> =
        view.minutes.iter().map(|m| (m.start_us, share(m.rest_failed, m.rest_total))).collect();
    let highest = own.iter().chain(&rest).filter_map(|p| p.1).max().unwrap_or(0).max(100);
    let highest = chart::nice_ceiling(u64::from(highest)).min(10_000);
    let width = (to - from).max(1) as f64;
    let x = |at: i64| (at - from) as f64 / width * 1_200.0;
    let line = |points: &[(i64, Option<u16>)]| {
        let mut path = String::new();
        for (at, bp) in points {
            let Some(bp) = bp else { continue };
            let letter = if path.is_empty() { 'M' } else { 'L' };
            let y = 158.0 - f64::from(*bp) / highest as f64 * 156.0;
            path += &format!("{letter}{} {}", round(x(at + 30_000_000)), round(y));
        }
        path
    };
    let begin = x(view.row.since_us).clamp(0.0, 1_200.0);
    let end = x(view.row.ended_us.unwrap_or(to)).clamp(begin, 1_200.0);
    let label = frame.lang.pick(
        format!("每分钟失败率：此处与其余交易，共 {} 分钟", view.minutes.len()),
        format!("share of failures a minute, here and elsewhere, {} minutes", view.minutes.len()),
    );
    let drawing = html! {
        path.s-grid d="M0 .5H1200M0 80H1200M0 159.5H1200" {}
        rect.f-bad-wash x=(round(begin)) y="0" width=(round(end - begin)) height="160" {}
        path.s-mark d={ "M" (round(begin)) " 0V160" } {}
        path.s-acc vector-effect="non-scaling-stroke" d=(line(&rest)) {}
        path.s-bad vector-effect="non-scaling-stroke" d=(line(&own)) {}
    };
    let key = |class: &str, words: &str| {
        html! { span.key { svg viewBox="0 0 12 12" aria-hidden="true" { rect class={ "f-" (class) } x="1" y="1" width="10" height="10" rx="2" {} } (words) } }
    };
    let axis = |bp: u64| format::percent(bp as u16);
    html! {
        section.card {
            div.head { h2 { (frame.pick("失败率", "Share of failures")) } p { (frame.pick("每分钟", "a minute")) }
                span.end { (key("bad", frame.pick("此处", "here"))) (key("acc", frame.pick("其余", "elsewhere"))) } }
            (plot(frame, &label, [&axis(highest), &axis(highest / 2), "0"], from, to, drawing))
            (minute_table(&view.minutes, frame))
        }
    }
}

/// The same in numbers, for those who don't see the picture.
fn minute_table(minutes: &[OutageMinute], frame: &Frame) -> Markup {
    let shown = &minutes[minutes.len().saturating_sub(30)..];
    html! {
        details.fold { summary { (icon("down")) (frame.pick("看数字", "In numbers")) }
            table.list { caption.sr { (frame.pick("最近 30 分钟", "the last 30 minutes")) }
                thead { tr { th scope="col" { (frame.pick("时间", "Time")) } th.num scope="col" { (frame.pick("失败 / 全部", "Failed / all")) } th.num scope="col" { (frame.pick("其余", "Elsewhere")) } } }
                tbody { @for m in shown { tr { td { (format::time(frame, m.start_us, Style::Minute)) } td.num.n { (m.failed) " / " (m.total) } td.num.n { (m.rest_failed) " / " (m.rest_total) } } } }
            }
        }
    }
}

fn layers(view: &OutageView, frame: &Frame) -> Markup {
    let left = 10_000_u16.saturating_sub(view.share_bp);
    let fill = u32::from(view.share_bp.min(10_000)) * 768 / 10_000;
    html! {
        section.card {
            div.head { h2 { (frame.pick("故障在哪一层", "Where it is")) } p { (frame.pick("发现时，多出来的失败由谁解释", "who explains the failures beyond usual, when it was found")) } }
            div.share {
                svg viewBox="0 0 768 22" preserveAspectRatio="none" aria-hidden="true" { rect.f-track width="768" height="22" {} rect.f-bad width=(fill) height="22" {} }
                p {
                    span { b { (format::percent(view.share_bp)) } " " (frame.pick("由它解释", "explained by it")) }
                    span { b { (format::percent(left)) } " " (frame.pick("未解释或在别处", "unexplained or elsewhere")) }
                }
            }
            table.list.stacks {
                caption.sr { (frame.pick("各层的失败", "Failures by layer")) }
                thead { tr {
                    th scope="col" { (frame.pick("维度", "Layer")) }
                    th scope="col" { (frame.pick("取值", "Value")) }
                    th.num scope="col" { (frame.pick("失败 / 总数", "Failed / all")) }
                    th.num scope="col" { (frame.pick("失败率", "Rate")) }
                    th scope="col" { (frame.pick("解释份额", "Explains")) }
                    th scope="col" { (frame.pick("判断", "Judgement")) }
                } }
                tbody { @for s in &view.suspects { tr.lead-row[s.lead] {
                    td.soft { (frame.text(&s.dimension)) }
                    td.wrap { @if s.lead { b { (frame.text(&s.value)) } } @else { (frame.text(&s.value)) } }
                    td.num.n data-l=(frame.pick("失败 / 总数", "Failed / all")) { (format::count(s.failed)) " / " (format::count(s.total)) }
                    td.num.n data-l=(frame.pick("失败率", "Rate")) { (format::percent(format::share_bp(s.failed, s.total))) }
                    td.n data-l=(frame.pick("解释份额", "Explains")) { (chart::bar(s.share_bp, if s.lead { "bad" } else { "edge" })) (format::percent(s.share_bp)) }
                    td.wrap { @if s.lead { b { (frame.pick("根源在这里", "It is here")) } } @else { span.soft { @match s.without_bp {
                        Some(bp) => (frame.lang.pick(format!("除去后 {}", format::percent(bp)), format!("{} without it", format::percent(bp)))),
                        None => (frame.pick("全在其中", "wholly within it")),
                    } } } }
                } } }
            }
        }
    }
}

fn contact(contact: &Contact, frame: &Frame) -> Markup {
    html! {
        section.card {
            div.head { h2 { (frame.pick("联系谁", "Whom to call")) } span.end { (copy_button("#tell", frame)) } }
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
            p.fine { (icon("shield")) span { (frame.pick("通报不含卡号。", "The message holds no card number.")) } }
        }
    }
}

fn notice(view: &OutageView, frame: &Frame) -> Markup {
    let Some(text) = &view.notice else { return html! {} };
    html! {
        section.card {
            div.head { h2 { (frame.pick("可发给店方的话", "What to tell the shops")) } span.end { (copy_button("#notice", frame)) } }
            p.notice id="notice" { (frame.text(text)) }
        }
    }
}

fn muted(view: &OutageView, frame: &Frame) -> Markup {
    html! {
        section.card {
            div.head { h2 { (frame.pick("已并入，不单独告警", "Taken in, no alarm of their own")) } p { (frame.pick("恢复 10 分钟后解除", "until ten minutes after it is over")) } }
            dl.tell.wide.end-pad {
                dt { (frame.pick("失败的终端", "Failing terminals")) } dd.n { (format::count(u64::from(view.terminals))) }
                dt { (frame.pick("其他维度的告警", "Alarms of other layers")) } dd.n { (format::count(u64::from(view.muted))) }
            }
        }
    }
}
