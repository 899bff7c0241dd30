//! The register of issued payment codes: a list, and sheets to print.
//!
//! Why it exists: a code that was issued can be told from one that was pasted over it, and a sheet with the terminal and
//! a check mark lets whoever puts it up compare. Lists what the file holds; changes nothing, and calls no code genuine.

use crate::format;
use crate::frame::{Frame, Room, page};
use crate::rows;
use maud::{Markup, html};

/// One issued code.
#[derive(Clone, Debug)]
pub struct CodeRow {
    /// The terminal that it belongs to.
    pub terminal: String,
    /// Whom it pays.
    pub payee: String,
    /// Where it is put up.
    pub place: String,
    /// The print job that it came from.
    pub print_job: String,
    /// Its last day, empty if it holds until further notice.
    pub valid_until: String,
    /// That day is past.
    pub expired: bool,
    /// The format's name.
    pub scheme: String,
    /// What the checks found in it, in words; empty if nothing.
    pub findings: Vec<tg_text::Text>,
    /// A short mark of its content, to compare by eye.
    pub mark: String,
    /// Where its sheet is.
    pub sheet: String,
}

/// The list.
#[derive(Clone, Debug, Default)]
pub struct CodesPage {
    /// False if no file is configured.
    pub open: bool,
    /// What was looked for.
    pub looked_for: String,
    /// The codes, in the file's order.
    pub rows: Vec<CodeRow>,
    /// Further codes, not shown.
    pub more: usize,
}

/// One label of a sheet.
#[derive(Clone, Debug)]
pub struct CodeLabel {
    /// Its row.
    pub row: CodeRow,
    /// Modules a side, the quiet zone included.
    pub side: usize,
    /// The dark modules, as a path in units of modules.
    pub path: String,
}

/// A sheet.
#[derive(Clone, Debug, Default)]
pub struct CodeSheet {
    /// Its labels.
    pub labels: Vec<CodeLabel>,
    /// Codes that were left out: too many for one sheet, or past their day.
    pub left_out: usize,
}

/// The list's page.
pub fn codes(view: &CodesPage, frame: &Frame) -> Markup {
    let title = frame.pick("收款码登记", "Issued payment codes");
    let body = html! {
        div.title { div {
            h1 { (title) }
            p.under { (frame.pick("发出的码登记在配置文件指定的表里。巡检和公众页面按它核对：内容一致只说明与登记相同，不说明没有被复印到别处。", "Codes that were issued stand in the file that the settings name. Inspections and the public page compare with it: the same content says that a code is the registered one, not that nobody copied it elsewhere.")) }
        } }
        @if view.open {
            form.filter action="/codes" role="search" {
                label { span { (frame.pick("终端、收款方、位置或批次", "Terminal, payee, place or print job")) }
                    input name="for" value=(view.looked_for) maxlength="60" autocomplete="off"; }
                button.btn { (frame.pick("查找", "Find")) }
                @if !view.rows.is_empty() { a.btn href={ "/codes/sheet?for=" (format::url(&view.looked_for)) } { (frame.pick("打印这些码", "Print these codes")) } }
            }
        }
        section.card.wide {
            @if !view.open { (rows::nothing(frame, "没有登记发出的码（配置 [register] codes）。", "No codes are registered (setting [register] codes).")) }
            @else if view.rows.is_empty() { (rows::nothing(frame, "没有找到。", "Nothing was found.")) }
            @else {
                table.list {
                    thead { tr {
                        @for (zh, en) in [("终端", "Terminal"), ("收款方", "Payee"), ("位置", "Place"), ("批次", "Print job"), ("有效期", "Valid until"), ("类型", "Format"), ("核对号", "Check mark"), ("检查", "Checks")] { th scope="col" { (frame.pick(zh, en)) } }
                    } }
                    tbody { @for row in &view.rows { tr {
                        td.m { (row.terminal) } td { (row.payee) } td { (row.place) } td { (row.print_job) }
                        td { (row.valid_until) @if row.expired { " " b { (frame.pick("已过期", "past")) } } }
                        td { (row.scheme) }
                        td.m { a href=(row.sheet) { (row.mark) } }
                        td { @for finding in &row.findings { div { (frame.text(finding)) } } @if row.findings.is_empty() { "—" } }
                    } } }
                }
                @if view.more > 0 { p.under { (frame.pick("另有 ", "and ")) (view.more) (frame.pick(" 张未显示；请查找。", " more, not shown; please search.")) } }
            }
        }
    };
    page(frame, Room::None, title, None, body)
}

/// A sheet to print.
pub fn code_sheet(view: &CodeSheet, frame: &Frame) -> Markup {
    let title = frame.pick("打印收款码", "Print payment codes");
    let body = html! {
        div.title.no-print { div {
            h1 { (title) }
            p.under { (frame.pick("用浏览器打印，缩放 100%。张贴时核对终端号和核对号；旧的码收回，不要留在现场。", "Print with the browser at 100 %. When putting a code up compare terminal and check mark; take the old code away with you.")) }
            @if view.left_out > 0 { p.under { (view.left_out) (frame.pick(" 张没有放进来：已过期、太长，或超出一次可打印的数量。", " were left out: past their day, too long, or too many at once.")) } }
        } }
        @if view.labels.is_empty() { section.card { (rows::nothing(frame, "没有可打印的码。", "There is no code to print.")) } }
        div.code-sheet { @for label in &view.labels {
            article.code-label {
                svg viewBox={ "0 0 " (label.side) " " (label.side) } role="img" shape-rendering="crispEdges" aria-label={ (frame.pick("收款码，终端 ", "Payment code, terminal ")) (label.row.terminal) } {
                    rect width=(label.side) height=(label.side) fill="#fff" {} path d=(label.path) fill="#000" {}
                }
                b { @if label.row.payee.is_empty() { (label.row.scheme) } @else { (label.row.payee) } }
                p { (frame.pick("终端 ", "Terminal ")) span.m { (label.row.terminal) } @if !label.row.place.is_empty() { " · " (label.row.place) } }
                p { (frame.pick("核对号 ", "Check mark ")) span.m { (label.row.mark) } }
                @if !label.row.valid_until.is_empty() { p { (frame.pick("有效期至 ", "Valid until ")) (label.row.valid_until) } }
                small { (frame.pick("付款前请核对付款页面上的商户名。", "Before paying, compare the name on the payment page.")) }
            }
        } }
    };
    page(frame, Room::None, title, None, body)
}
