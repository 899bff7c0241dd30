//! What strangers reported of machines: a simple list for the support desk, until cases grow from it.
//!
//! Why it exists: a report that nobody reads is worse than none. Shows what was written, escaped and with card
//! numbers masked, and the photos' hashes; shows nobody's name, because none is asked for.

use crate::format::{self, Style};
use crate::frame::{Frame, Room, page};
use crate::rows;
use maud::{Markup, html};

/// One photo.
#[derive(Clone, Debug)]
pub struct ReportPhoto {
    /// Where it can be seen.
    pub href: String,
    /// BLAKE3 of its bytes as kept.
    pub blake3: String,
}

/// One report.
#[derive(Clone, Debug)]
pub struct ReportRow {
    /// When it came.
    pub received_us: i64,
    /// When it is deleted.
    pub until_us: i64,
    /// One of the public page's kinds.
    pub kind: String,
    /// Which shop and machine.
    pub place: String,
    /// What was seen.
    pub words: String,
    /// The photos.
    pub photos: Vec<ReportPhoto>,
    /// New for the desk.
    pub new: bool,
}

/// The list.
#[derive(Clone, Debug, Default)]
pub struct ReportsPage {
    /// False if the operator takes none.
    pub open: bool,
    /// The newest first.
    pub rows: Vec<ReportRow>,
    /// Further reports, not shown.
    pub more: usize,
}

/// The page.
pub fn reports(view: &ReportsPage, frame: &Frame) -> Markup {
    let title = frame.pick("现场报告", "Reports from the shops");
    let what = |kind: &str| {
        let known = crate::public::REPORT_KINDS.iter().find(|(value, _)| *value == kind);
        known.map_or(String::new(), |(_, words)| frame.text(words))
    };
    let body = html! {
        div.title { div {
            h1 { (title) }
            p.under { (frame.pick("顾客和店员看到的异常。先核实机器，不据此指责任何人；必要时让店里停用并留好原样。", "What customers and staff saw. Check the machine first and accuse nobody by it; if need be, have the shop stop using it and leave it as it is.")) }
        } }
        section.card {
            @if !view.open { (rows::nothing(frame, "没有开放在线报告（配置 [public] reports）。", "Reports are not taken here (setting [public] reports).")) }
            @else if view.rows.is_empty() { (rows::nothing(frame, "还没有报告。", "No reports yet.")) }
            @else {
                table {
                    thead { tr {
                        th { (frame.pick("收到", "Received")) } th { (frame.pick("哪里不对", "What")) } th { (frame.pick("地点", "Where")) }
                        th { (frame.pick("描述", "Words")) } th { (frame.pick("照片", "Photos")) } th { (frame.pick("保存到", "Kept until")) }
                    } }
                    tbody { @for row in &view.rows { tr {
                        td { (format::time(frame, row.received_us, Style::Minute)) @if row.new { " " b { (frame.pick("新", "new")) } } }
                        td { (what(&row.kind)) }
                        td { (format::mask_cards(&row.place)) }
                        td { (format::mask_cards(&row.words)) }
                        td { @for (n, photo) in row.photos.iter().enumerate() {
                            a href=(photo.href) { (frame.pick("照片", "photo")) " " (n + 1) } " " small.m title=(photo.blake3) { (photo.blake3.get(..12).unwrap_or("")) "…" } " "
                        } }
                        td { (format::time(frame, row.until_us, Style::Minute)) }
                    } } }
                }
                @if view.more > 0 { p { (frame.pick("另有", "and ")) (view.more) (frame.pick("份较早的。", " older ones.")) } }
            }
        }
    };
    page(frame, Room::None, title, None, body)
}
