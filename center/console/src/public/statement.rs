//! "Check my statement": a file is chosen, read in memory, and forgotten with the answer.
//!
//! Why it exists: misuse shows on the statement first, and people don't read three hundred rows. Shows how the
//! columns were understood, so that the reader can correct it; says of each finding what was seen, how sure that is
//! and what to do. Never keeps the file, never says that somebody stole.

use super::{Page, PublicFrame, STYLES, icon, page, phone_link};
use maud::{Markup, html};
use tg_text::Text;

/// How one column was understood.
#[derive(Clone, Debug)]
pub struct StatementColumn {
    /// Its name in the file.
    pub name: String,
    /// The value of what it was taken for; empty for nothing.
    pub role: &'static str,
    /// Its first cells.
    pub samples: Vec<String>,
}

/// The columns, to correct.
#[derive(Clone, Debug, Default)]
pub struct StatementColumns {
    /// The header's line, from 0; sent back with the corrections.
    pub header: Option<usize>,
    /// The columns.
    pub columns: Vec<StatementColumn>,
    /// What a column may hold: value and words.
    pub roles: Vec<(&'static str, Text)>,
    /// What is needed and stands in no column.
    pub missing: Vec<Text>,
    /// What was said of the direction of plain amounts: `true`, `false` or empty.
    pub plus_is_spending: &'static str,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct StatementFinding {
    /// `high`, `medium`, `low`, `info`.
    pub severity: &'static str,
    /// How sure.
    pub confidence: Text,
    /// What was seen and why it stands out.
    pub text: Text,
    /// What to do.
    pub action: Text,
    /// The rows: date, other side, amount.
    pub rows: Vec<(String, String, String)>,
    /// Whom to call.
    pub contacts: Vec<(Text, String)>,
}

/// The answer.
#[derive(Clone, Debug)]
pub struct StatementAnswer {
    /// In one line: format, rows, sums.
    pub summary: Text,
    /// What was compared, and whether it fits.
    pub checks: Vec<(bool, Text)>,
    /// What to look at, the most important first.
    pub findings: Vec<StatementFinding>,
    /// Findings that were left out of this page.
    pub more: usize,
    /// Reminders: day and words.
    pub reminders: Vec<(String, Text)>,
    /// The calendar file, as a `data:` address; empty without reminders.
    pub calendar: String,
    /// The columns, where the format has any.
    pub columns: Option<StatementColumns>,
}

/// What the page shows.
#[derive(Clone, Debug)]
pub enum StatementPage {
    /// The form.
    Ask,
    /// The file can't be read: why, and its columns where it has some.
    Refused(Text, Option<StatementColumns>),
    /// The answer.
    Answer(Box<StatementAnswer>),
}

/// The page.
pub fn statement(view: &StatementPage, megabytes_max: usize, frame: &PublicFrame) -> Markup {
    let title = frame.pick("对账单检查", "Check my statement");
    let body = html! {
        @match view {
            StatementPage::Ask => {
                h1 { (title) }
                p.lead { (frame.pick("找出重复、不认识、对不上的扣款。", "Finds charges that repeat, that you don’t know, that don’t add up.")) }
                (form(None, megabytes_max, frame))
                (how(frame))
            }
            StatementPage::Refused(why, columns) => {
                section.note.care role="alert" { h1 { (frame.pick("这个文件没读出来", "This file could not be read")) } p { (frame.text(why)) } }
                @if columns.is_some() { h2.cap { (frame.pick("告诉我们各列是什么，再选一次文件", "Tell us what the columns are, and choose the file again")) } }
                (form(columns.as_ref(), megabytes_max, frame))
                (how(frame))
            }
            StatementPage::Answer(answer) => (answered(answer, megabytes_max, frame)),
        }
    };
    page(
        frame,
        Page {
            title,
            back: Some(("/", frame.pick("首页", "Front page"))),
            body,
            styles: STYLES,
            ..Page::default()
        },
    )
}

fn form(columns: Option<&StatementColumns>, megabytes_max: usize, frame: &PublicFrame) -> Markup {
    html! {
        form method="post" action="/statement" enctype="multipart/form-data" {
            @if let Some(columns) = columns { (correct(columns, frame)) }
            div.field {
                label for="file" { (frame.pick("选择账单文件", "Choose the statement")) }
                input #file type="file" name="file" required accept=".csv,.xls,.xlsx,.ofx,.qfx,.qif,.sta,.mt940,.xml,.txt";
                small { (frame.pick("支付宝、微信、各银行的 CSV、Excel，或 OFX、QIF、MT940、CAMT.053；最大 ", "CSV or Excel of Alipay, WeChat and banks, or OFX, QIF, MT940, CAMT.053; at most ")) (megabytes_max) " MB" (frame.pick("。", ".")) }
            }
            p.note.good { (icon("lock")) " " (frame.pick("文件只在内存里读一遍，答完就没了：不保存、不记录、不外发。", "The file is read once, in memory, and gone with the answer: not kept, not logged, not passed on.")) }
            button.btn-big.go.full { (icon("sheet")) (frame.pick("检查", "Check")) }
        }
    }
}

fn how(frame: &PublicFrame) -> Markup {
    html! {
        details.fold {
            summary { (icon("down")) (frame.pick("账单从哪里导出？", "Where do I get the file?")) }
            p { (frame.pick("支付宝：我的—账单—右上角—开具交易流水证明（用于个人对账）。", "Alipay: Me, Bills, top right, transaction record for personal use.")) }
            p { (frame.pick("微信：服务—钱包—账单—常见问题—下载账单（用于个人对账）。", "WeChat: Services, Wallet, Transactions, FAQ, download the bill for personal use.")) }
            p { (frame.pick("银行：网上银行—账户明细—下载。加密的压缩包请先解开。", "Bank: online banking, account history, download. Unpack an encrypted archive first.")) }
        }
    }
}

fn correct(columns: &StatementColumns, frame: &PublicFrame) -> Markup {
    html! {
        @if let Some(header) = columns.header { input type="hidden" name="header" value=(header); }
        @if !columns.missing.is_empty() {
            p.note.care { (frame.pick("还缺：", "Still missing: ")) @for (n, what) in columns.missing.iter().enumerate() { @if n > 0 { (frame.pick("、", ", ")) } b { (frame.text(what)) } } }
        }
        ul.sheet.seen {
            @for (n, column) in columns.columns.iter().enumerate() {
                li.field {
                    label for={ "c" (n) } { @if column.name.is_empty() { (frame.pick("第", "Column ")) (n + 1) (frame.pick("列", "")) } @else { (column.name) } }
                    small { @for sample in column.samples.iter().filter(|s| !s.is_empty()).take(2) { (sample) " · " } }
                    select id={ "c" (n) } name={ "c" (n) } {
                        option value="none" selected[column.role.is_empty()] { (frame.pick("不用", "not used")) }
                        @for (value, words) in &columns.roles { option value=(value) selected[*value == column.role] { (frame.text(words)) } }
                    }
                }
            }
        }
        div.field {
            label for="plus" { (frame.pick("没有“收/支”列时，正数表示", "Where no column tells the direction, plus means")) }
            select #plus name="plus" {
                option value="" selected[columns.plus_is_spending.is_empty()] { (frame.pick("自动判断", "find out")) }
                option value="false" selected[columns.plus_is_spending == "false"] { (frame.pick("收入", "money in")) }
                option value="true" selected[columns.plus_is_spending == "true"] { (frame.pick("支出（信用卡常见）", "money out (usual for credit cards)")) }
            }
        }
    }
}

fn answered(answer: &StatementAnswer, megabytes_max: usize, frame: &PublicFrame) -> Markup {
    let urgent = answer.findings.iter().filter(|f| matches!(f.severity, "high" | "medium")).count();
    html! {
        section.note.(if urgent > 0 { "care" } else { "good" }) role="status" {
            h1 {
                @if urgent > 0 { (frame.pick("有", "")) (urgent) (frame.pick("处请今天核对", " to check today")) }
                @else { (frame.pick("没有发现要紧的", "Nothing urgent was found")) }
            }
            p { (frame.text(&answer.summary)) }
        }
        @for finding in &answer.findings { (found(finding, frame)) }
        @if answer.more > 0 { p.later { (frame.pick("另有", "and ")) (answer.more) (frame.pick("条较轻的没有列出；先处理上面的。", " lesser ones are not shown; deal with these first.")) } }
        @if !answer.checks.is_empty() {
            h2.cap { (frame.pick("账单自己对得上吗", "Does the statement add up?")) }
            ul.sheet.seen { @for (ok, text) in &answer.checks { li { (icon(if *ok { "check" } else { "tri" })) " " (frame.text(text)) } } }
        }
        @if !answer.reminders.is_empty() {
            h2.cap { (frame.pick("提醒", "Reminders")) }
            ul.sheet.seen { @for (day, text) in &answer.reminders { li { b.n { (day) } " " (frame.text(text)) } } }
            a.btn-big.full href=(answer.calendar) download="reminders.ics" { (icon("clock")) (frame.pick("存到手机日历", "Save to my calendar")) }
        }
        p.note { (frame.pick("这些只是值得看一眼的地方，不是说有人做了什么。不认识的先想想本人、家人和自动扣款。", "These are places worth a look; nobody is accused. First think of yourself, family and automatic payments.")) " " a.textlink href="/gone?what=misused" { (frame.pick("确实不是我的", "It really isn’t mine")) (icon("next")) } }
        @if let Some(columns) = &answer.columns {
            details.fold {
                summary { (icon("down")) (frame.pick("读错了？看看各列怎样识别", "Misread? See how the columns were understood")) }
                (form(Some(columns), megabytes_max, frame))
            }
        }
        p { a.textlink href="/statement" { (frame.pick("换一个文件", "Another file")) (icon("next")) } }
    }
}

fn found(finding: &StatementFinding, frame: &PublicFrame) -> Markup {
    let (tone, words) = match finding.severity {
        "high" => ("hot", frame.pick("立即核对", "Check now")),
        "medium" => ("care", frame.pick("今天核对", "Check today")),
        "low" => ("", frame.pick("留意", "Take a look")),
        _ => ("", frame.pick("知悉", "Good to know")),
    };
    html! {
        section.note.(tone) {
            h2 { (words) }
            p { (frame.text(&finding.text)) }
            @if !finding.rows.is_empty() {
                dl.pairs { @for (date, who, amount) in &finding.rows { dt { (date) } dd { (who) " " b.n { (amount) } } } }
            }
            p { (frame.text(&finding.action)) }
            @if !finding.contacts.is_empty() {
                p { @for (name, number) in &finding.contacts { (frame.text(name)) " " (phone_link(number)) " " } }
            }
            small { (frame.pick("把握：", "How sure: ")) (frame.text(&finding.confidence)) }
        }
    }
}
