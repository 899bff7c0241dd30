//! The analyst's list of findings: filter, tabs by state, export; in the demo the switch for the truth.
//!
//! Why it exists: findings are worked off, not admired: what is open stands first, what was judged is one
//! click away. The hidden truth stands apart and only while the viewer asks for it, so that nobody takes it
//! for something that a real center could know.

use crate::format::{self, Style};
use crate::frame::{Frame, Room, page};
use crate::icons::icon;
use crate::rows;
use crate::view::{FindingFilterForm, FindingState, FindingsPage, TruthPart};
use crate::words;
use maud::{Markup, html};

/// The list of findings.
pub fn findings(view: &FindingsPage, frame: &Frame) -> Markup {
    let title = frame.pick("风险发现", "Findings");
    let exports = |end: &str| address(&format!("/findings/export.{end}"), &view.filter);
    let body = html! {
        div.title {
            div { h1 { (title) } p.under { (frame.pick("疑似，不是定论；每条都写明依据和没有证明的部分。", "Suspected, not proven; each says what it rests on and what it does not show.")) } }
            a.btn href=(exports("json")) { (icon("doc")) (frame.pick("导出 JSON", "Export JSON")) }
            a.btn href=(exports("csv")) { (icon("list")) (frame.pick("导出 CSV", "Export CSV")) }
        }
        @if let Some(truth) = &view.truth { (truth_part(truth, frame)) }
        (filter_form(view, frame))
        section.card {
            (tabs(view, frame))
            @if view.findings.is_empty() {
                @if view.filter == FindingFilterForm::default() { (rows::nothing(frame, "没有待处理的发现。", "No open findings.")) }
                @else { (rows::nothing(frame, "没有符合条件的发现。", "No finding matches the filter.")) }
            } @else { (rows::finding_list(&view.findings, frame)) }
            (rows::older_link(frame, view.older.as_deref()))
        }
    };
    page(frame, Room::Findings, title, None, body)
}

/// A page's address with the filter's parameters.
fn address(path: &str, filter: &FindingFilterForm) -> String {
    let pairs = [
        ("state", &filter.state),
        ("code", &filter.code),
        ("severity", &filter.severity),
        ("subject", &filter.subject),
        ("from", &filter.from),
        ("to", &filter.to),
        ("text", &filter.text),
    ];
    let parts: Vec<String> = pairs
        .iter()
        .filter(|(_, v)| !v.is_empty())
        .map(|(k, v)| format!("{k}={}", format::url(&format::mask_cards(v))))
        .collect();
    if parts.is_empty() { path.into() } else { format!("{path}?{}", parts.join("&")) }
}

fn tabs(view: &FindingsPage, frame: &Frame) -> Markup {
    let (open, confirmed, dismissed) = view.counts;
    let now = if view.filter.state.is_empty() { "open" } else { view.filter.state.as_str() };
    let tab = |word: &str, label: &str, n: u64| {
        let filter = FindingFilterForm { state: word.into(), ..view.filter.clone() };
        html! {
            a href=(address("/findings", &filter)) aria-current=[(now == word).then_some("true")] {
                (label) " " b.n { (format::count(n)) }
            }
        }
    };
    html! {
        nav.tabs aria-label=(frame.pick("按状态", "By state")) {
            @for (state, n) in FindingState::ALL.into_iter().zip([open, confirmed, dismissed]) {
                (tab(state.word(), &frame.text(&words::finding_state(state).2), n))
            }
            (tab("all", frame.pick("全部", "All"), open + confirmed + dismissed))
        }
    }
}

fn filter_form(view: &FindingsPage, frame: &Frame) -> Markup {
    let f = &view.filter;
    let cleared = FindingFilterForm { state: f.state.clone(), ..FindingFilterForm::default() };
    let field = |name: &str, label: &str, value: &str, most: u8| {
        html! {
            label { span { (label) }
                input type="text" name=(name) value=(format::mask_cards(value)) maxlength=(most) autocomplete="off";
            }
        }
    };
    let severities = [
        ("low", "低", "Low"),
        ("medium", "中", "Medium"),
        ("high", "高", "High"),
        ("critical", "严重", "Critical"),
    ];
    html! {
        details.card.filter-fold open data-fold-on-phone[*f == cleared] {
        summary { (icon("list")) (frame.pick("筛选", "Filter")) }
        form.filter action="/findings" method="get" aria-label=(frame.pick("筛选", "Filter")) {
            @if !f.state.is_empty() { input type="hidden" name="state" value=(f.state) aria-label="state"; }
            label { span { (frame.pick("种类", "Kind")) }
                select name="code" {
                    option value="" { (frame.pick("全部", "All")) }
                    @for (code, text) in &view.codes { option value=(code) selected[f.code == *code] { (frame.text(text)) } }
                }
            }
            label { span { (frame.pick("至少", "At least")) }
                select name="severity" {
                    option value="" { (frame.pick("任何程度", "Any severity")) }
                    @for (value, zh, en) in severities { option value=(value) selected[f.severity == value] { (frame.pick(zh, en)) } }
                }
            }
            (field("subject", frame.pick("终端、商户或序列号", "Terminal, merchant or serial"), &f.subject, 50))
            (field("text", frame.pick("文字", "Text"), &f.text, 60))
            label { span { (frame.pick("从", "From")) } input type="datetime-local" name="from" value=(f.from); }
            label { span { (frame.pick("到", "To")) } input type="datetime-local" name="to" value=(f.to); }
            p.acts {
                button.btn.go type="submit" { (frame.pick("筛选", "Filter")) }
                @if *f != cleared { a.btn.quiet href=(address("/findings", &cleared)) { (frame.pick("清除", "Clear")) } }
            }
            @if let Some(problem) = &view.filter_problem {
                p.form-problem role="alert" { (icon("tri")) (frame.text(problem)) }
            }
        }
        }
    }
}

/// The switch, and what the city staged while it is on.
fn truth_part(truth: &TruthPart, frame: &Frame) -> Markup {
    html! {
        div.strip-note.demo {
            (icon("info"))
            span {
                @if truth.on { (frame.pick("正在显示模拟城市的真相。真实环境里没有人知道这些。", "The simulated city’s truth is shown. In the real world nobody knows it.")) }
                @else { (frame.pick("演示：城市知道哪些攻击是安排好的，这里默认不显示。", "Demo: the city knows which attacks were staged; by default this is hidden.")) }
            }
            a.btn href={ "/findings?truth=" (if truth.on { "off" } else { "on" }) } {
                @if truth.on { (frame.pick("隐藏真相", "Hide the truth")) } @else { (frame.pick("显示真相", "Show the truth")) }
            }
        }
        @if truth.on {
            section.card.below {
                div.head {
                    h2 { (frame.pick("安排的攻击", "Attacks that were staged")) }
                    p { (summary(truth, frame)) }
                }
                @if truth.staged.is_empty() { (rows::nothing(frame, "还没有开始任何攻击。", "No attack has begun yet.")) }
                @else {
                    table.list.stacks {
                        caption.sr { (frame.pick("安排的攻击", "Attacks that were staged")) }
                        thead { tr {
                            th scope="col" { (frame.pick("攻击", "Attack")) }
                            th scope="col" { (frame.pick("对象", "About")) }
                            th scope="col" { (frame.pick("开始", "Began")) }
                            th scope="col" { (frame.pick("结果", "Result")) }
                        } }
                        tbody { @for attack in &truth.staged {
                            tr {
                                td.wrap { (frame.text(&attack.title)) }
                                td data-l=(frame.pick("对象", "About")) { (rows::subject(&attack.subject, frame)) }
                                td data-l=(frame.pick("开始", "Began")) { (format::time(frame, attack.started_us, Style::Near)) }
                                td { @match &attack.found {
                                    Some((id, ms)) => {
                                        span.chip.ok { (icon("check")) (frame.pick("已发现", "Found")) } " "
                                        a.link href={ "/findings/" (format::url(id)) } {
                                            (frame.lang.pick(format!("{}后", format::span(frame.lang, *ms)), format!("after {}", format::span(frame.lang, *ms))))
                                        }
                                    }
                                    None => span.chip.warn { (icon("clock")) (frame.pick("尚未发现", "Not found yet")) },
                                } }
                            }
                        } }
                    }
                }
            }
        }
    }
}

fn summary(truth: &TruthPart, frame: &Frame) -> String {
    let found = truth.staged.iter().filter(|a| a.found.is_some()).count();
    let all = truth.staged.len();
    frame.lang.pick(
        format!("{all} 次中发现 {found} 次，误报 {} 条", truth.false_alarms),
        format!(
            "{found} of {all} found, {} false alarm{}",
            truth.false_alarms,
            if truth.false_alarms == 1 { "" } else { "s" }
        ),
    )
}
