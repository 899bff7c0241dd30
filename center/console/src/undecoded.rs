//! What could not be decoded: how much, since when, why, and what to do about it.
//!
//! Why it exists: a wrong dialect loses data silently unless someone sees it. Shows length, keyed hash and
//! error position of a frame, never its bytes: they may hold a card number in a place nobody knows.

use crate::format::{self, Style};
use crate::frame::{Frame, Room, page};
use crate::icons::icon;
use crate::view::UndecodedPage;
use crate::{chart, rows, words};
use maud::{Markup, html};

/// The page of undecoded frames.
pub fn undecoded(view: &UndecodedPage, frame: &Frame) -> Markup {
    let title = frame.pick("未解报文", "Undecoded messages");
    let share = format::share_bp(view.undecoded, view.frames);
    let body = html! {
        div.title { div {
            h1 { (title) }
            p.under { (frame.lang.pick(
                format!("近 60 分钟 {} 条，占全部 {} 条的 {}。", format::count(view.undecoded), format::count(view.frames), format::percent(share)),
                format!("{} in the last 60 minutes, {} of all {}.", format::count(view.undecoded), format::percent(share), format::count(view.frames)),
            )) }
        } }
        div.cols {
            div.stack {
                section.card {
                    div.head { h2 { (frame.pick("占比", "Share")) } p { (frame.pick("每分钟，近 60 分钟", "a minute, last 60 minutes")) } }
                    @if view.minutes.is_empty() { (rows::nothing(frame, "还没有报文。", "No messages yet.")) }
                    @let points: Vec<(i64, u16)> = view.minutes.iter().map(|m| (m.start_us, format::share_bp(u64::from(m.undecoded), u64::from(m.all)))).collect();
                    (chart::shares(&points, frame.pick("每分钟解不开的占比", "share of undecoded messages a minute"), frame))
                }
                (table(view, frame))
            }
            div.stack { (kinds(view, frame)) (what_to_do(view, share, frame)) }
        }
    };
    page(frame, Room::Undecoded, title, None, body)
}

fn kinds(view: &UndecodedPage, frame: &Frame) -> Markup {
    let most = view.kinds.iter().map(|k| k.1).max().unwrap_or(0);
    html! {
        section.card {
            div.head { h2 { (frame.pick("错在哪里", "What was wrong")) } }
            @if view.kinds.is_empty() { (rows::nothing(frame, "全部解开。", "Everything was decoded.")) }
            ul.bars { @for (kind, n) in &view.kinds {
                li { div {
                    span.what { (frame.text(&words::undecoded_kind(kind))) " " small.m { (kind) } }
                    b.n { (format::count(*n)) }
                    (chart::bar(format::share_bp(*n, most), "warn"))
                } }
            } }
        }
    }
}

fn what_to_do(view: &UndecodedPage, share_bp: u16, frame: &Frame) -> Markup {
    if view.undecoded == 0 && view.rows.is_empty() {
        return html! {};
    }
    html! {
        section.card {
            div.head { h2 { (frame.pick("怎么办", "What to do")) } }
            ol.steps {
                @if share_bp >= 5_000 {
                    li { div { b { (frame.pick("多半是方言选错", "Most likely the dialect is wrong")) }
                        span { (frame.pick("过半报文解不开。核对接入的 dialect 与对方系统的报文格式（TPDU、报文头、BCD 或 ASCII）。", "Over half can't be decoded. Compare the feed's dialect with the other side's format (TPDU, header, BCD or ASCII).")) } } }
                } @else {
                    li { div { b { (frame.pick("看是不是集中在一个域或一路接入", "See whether one field or feed stands out")) }
                        span { (frame.pick("集中在一个域：方言里这个域的格式与对方不同。集中在一路接入：这一路的方言不同。", "One field: its form differs from the dialect. One feed: it speaks another dialect.")) } } }
                }
                li { div { b { (frame.pick("拿一条报文离线试", "Try one message offline")) }
                    span { (frame.pick("在对方系统取一条测试报文，用 ", "Take a test message from the other side and run ")) code { "tillguard decode --dialect NAME" } (frame.pick(" 看出错的域和位置。", " to see field and position.")) } } }
                li { div { b { (frame.pick("这些报文不能找回", "These messages can't be recovered")) }
                    span { (frame.pick("为了不留下卡号，只保存长度、带密钥的哈希和出错位置。改好方言后，请对方重发。", "So that no card number stays behind, only length, keyed hash and error position are kept. Have them sent again once the dialect is right.")) } } }
            }
        }
    }
}

fn table(view: &UndecodedPage, frame: &Frame) -> Markup {
    html! {
        section.card {
            div.head { h2 { (frame.pick("最近的", "Latest")) } p { (frame.pick("不显示内容", "contents are never shown")) } }
            @if view.rows.is_empty() { (rows::nothing(frame, "没有解不开的报文。", "No undecoded messages.")) }
            @else {
                table.list.stacks {
                    caption.sr { (frame.pick("未解报文", "Undecoded messages")) }
                    thead { tr {
                        th scope="col" { (frame.pick("时间", "Time")) }
                        th scope="col" { (frame.pick("错误", "Error")) }
                        th scope="col" { (frame.pick("接入", "Feed")) }
                        th scope="col" { (frame.pick("方言", "Dialect")) }
                        th.num scope="col" { (frame.pick("域", "Field")) }
                        th.num scope="col" { (frame.pick("位置", "Position")) }
                        th.num scope="col" { (frame.pick("长度", "Length")) }
                        th scope="col" { (frame.pick("哈希", "Hash")) }
                    } }
                    tbody { @for row in &view.rows { tr {
                        td { (format::time(frame, row.at_us, Style::Near)) }
                        td { (frame.text(&words::undecoded_kind(&row.kind))) }
                        td data-l=(frame.pick("接入", "Feed")) { (row.feed) }
                        td.m data-l=(frame.pick("方言", "Dialect")) { (row.dialect) }
                        td.num data-l=(frame.pick("域", "Field")) { @match row.field { Some(n) => (n), None => "—" } }
                        td.num data-l=(frame.pick("位置", "Position")) { (format::count(row.position)) }
                        td.num data-l=(frame.pick("长度", "Length")) { (format::count(u64::from(row.length_bytes))) }
                        td.m.soft data-l=(frame.pick("哈希", "Hash")) { (row.keyed_hash.chars().take(16).collect::<String>()) }
                    } } }
                }
            }
            (rows::older_link(frame, view.older.as_deref()))
            p.fine { (icon("shield")) span { (frame.pick("哈希带密钥，只用来认出相同的报文，推不回内容。", "The hash is keyed: it tells repeats apart and can't be turned back into the message.")) } }
        }
    }
}
