//! "Is this code right?": reads a photo or takes a text, checks each code, and asks the register of issued codes.
//!
//! Nothing that comes is kept, written to a log or fetched. A stranger learns of the register only what a code in their
//! hand gives away: a code that isn't in it is answered alike whatever terminal is named.

use super::multipart::{Part, parts};
use super::statement::{announces_more, read};
use super::{Class, Public, Visit};
use crate::codes::{IssuedCode, IssuedCodes, shown_by_customer};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::Arc;
use tg_console::public::{CodeAnswer, CodeFinding, CodePage, CodeTone, code};
use tg_qr::{BadPicture, Picture, Place, Report, Verdict, check, check_found};
use tg_text::Text;

/// The largest photo that the page takes; the command line takes more.
const MEGABYTES_MAX: usize = 16;
const PHOTO_BYTES_MAX: usize = MEGABYTES_MAX << 20;
const BODY_BYTES_MAX: usize = PHOTO_BYTES_MAX + 64 * 1024;
/// Characters of a pasted text.
const TEXT_CHARACTERS_MAX: usize = 4_000;
/// Photos read at the same time: each is up to 64 megapixels in memory.
static READING: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(2);
/// Longer nobody waits for a place.
const WAIT_MAX: std::time::Duration = std::time::Duration::from_secs(20);
/// What the page shows at most, so that it stays small.
const CODES_SHOWN: usize = 6;
const CONTENT_SHOWN: usize = 600;
const FACT_SHOWN: usize = 120;
const FACTS_SHOWN: usize = 16;

/// The routes.
pub(crate) fn routes() -> Router<Public> {
    Router::new().route("/code", get(ask).post(judge)).layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

fn register(visit: &Visit) -> Option<Arc<IssuedCodes>> {
    visit.public.web.codes.get().cloned()
}

fn show(visit: &Visit, status: StatusCode, view: &CodePage) -> Response {
    visit.page(status, code(view, register(visit).is_some(), MEGABYTES_MAX, &visit.frame))
}

async fn ask(visit: Visit) -> Response {
    show(&visit, StatusCode::OK, &CodePage::Ask(None))
}

type Wrong = (&'static str, Text);

async fn judge(visit: Visit, headers: HeaderMap, request: Request) -> Response {
    let again = |status, wrong: Wrong| show(&visit, status, &CodePage::Ask(Some(wrong)));
    if announces_more(&headers, BODY_BYTES_MAX) {
        return again(StatusCode::PAYLOAD_TOO_LARGE, too_large());
    }
    if let Err(wait) = visit.take(Class::Upload) {
        return wait;
    }
    let Ok(body) = read(request).await else {
        return again(StatusCode::PAYLOAD_TOO_LARGE, too_large());
    };
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
    let Ok(Ok(_place)) = tokio::time::timeout(WAIT_MAX, READING.acquire()).await else {
        return again(StatusCode::SERVICE_UNAVAILABLE, busy());
    };
    let (register, today) = (register(&visit), today(&visit));
    let answered = tokio::task::spawn_blocking(move || {
        let unreadable =
            ("text", Text::fixed("表单读不了，请重新填写。", "The form can’t be read; fill it in again."));
        let asked = Asked { register: register.as_deref(), terminal: String::new(), today };
        answers(&parts(&kind, &body).ok_or(unreadable)?, asked)
    });
    match answered.await {
        Ok(Ok(view)) => show(&visit, StatusCode::OK, &view),
        Ok(Err(wrong)) => again(StatusCode::UNPROCESSABLE_ENTITY, wrong),
        Err(_) => again(StatusCode::SERVICE_UNAVAILABLE, busy()),
    }
}

fn too_large() -> Wrong {
    let zh = format!("照片超过 {MEGABYTES_MAX} MB，换一张小一些的。");
    ("photo", Text::new(zh, format!("The photo is larger than {MEGABYTES_MAX} MB; take a smaller one.")))
}

fn busy() -> Wrong {
    let words = Text::fixed(
        "现在查的人太多，过一会儿再试。付款前先请店员确认收款方。",
        "Too many are asking right now; try again later. Before you pay, ask the staff who the payee is.",
    );
    ("photo", words)
}

fn today(visit: &Visit) -> jiff::civil::Date {
    let now = jiff::Timestamp::from_microsecond(visit.frame.now_us).unwrap_or_default();
    visit.frame.time_zone.to_datetime(now).date()
}

/// What is known beside the code.
struct Asked<'a> {
    register: Option<&'a IssuedCodes>,
    terminal: String,
    today: jiff::civil::Date,
}

fn answers(parts: &[Part<'_>], mut asked: Asked<'_>) -> Result<CodePage, Wrong> {
    let text = |name: &str| {
        let part = parts.iter().find(|p| p.name == name && !p.is_file);
        part.map(|p| p.text().into_owned()).unwrap_or_default()
    };
    let terminal = text("terminal").replace([' ', '-'], "").to_ascii_uppercase();
    if terminal.len() > 20 || !terminal.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(("terminal", Text::fixed("终端号只有字母和数字。", "It has letters and digits only.")));
    }
    asked.terminal = terminal;
    let photo = parts.iter().find(|p| p.name == "photo" && p.is_file && !p.data.is_empty());
    if let Some(photo) = photo {
        if photo.data.len() > PHOTO_BYTES_MAX {
            return Err(too_large());
        }
        let picture = Picture::read(photo.data).map_err(|bad| ("photo", unreadable(bad)))?;
        let found = tg_qr::read(&picture);
        drop(picture);
        let mut seen = HashSet::new();
        let told = check_found(&found, |text| checked(text, &asked)).into_iter();
        // One content twice, such as on both sides of a stand, is told once.
        let told = told.filter(|(text, _)| seen.insert(*text)).take(CODES_SHOWN);
        let told: Vec<CodeAnswer> = told.map(|(text, report)| view(text, &report, &asked)).collect();
        return Ok(if told.is_empty() { CodePage::Nothing } else { CodePage::Answers(told) });
    }
    let text = text("text");
    if text.is_empty() {
        let none =
            Text::fixed("请选一张照片，或者粘贴码的内容。", "Choose a photo, or paste what the code says.");
        return Err(("photo", none));
    }
    if text.chars().count() > TEXT_CHARACTERS_MAX {
        return Err(("text", Text::fixed("太长了，不像一张码的内容。", "That is longer than any code.")));
    }
    Ok(CodePage::Answers(vec![view(&text, &checked(&text, &asked), &asked)]))
}

fn unreadable(bad: BadPicture) -> Text {
    match bad {
        BadPicture::OtherFormat => Text::fixed(
            "这不是 JPEG、PNG 或 WebP 照片；可以先截图再上传。",
            "This is no JPEG, PNG or WebP photo; a screenshot of it will do.",
        ),
        BadPicture::TooLarge => Text::fixed(
            "照片的像素太多，换一张小一些的。",
            "The photo has too many pixels; take a smaller one.",
        ),
        BadPicture::Damaged => {
            Text::fixed("照片损坏，打不开；请重新拍一张。", "The photo is damaged; please take another.")
        }
    }
}

/// Checks a code; one that is registered is checked as the issued one.
fn checked(text: &str, asked: &Asked<'_>) -> Report {
    let rows = asked.register.map(|r| r.of_text(text)).unwrap_or_default();
    let issued: Vec<String> = rows.first().map(|row| row.payload.clone()).into_iter().collect();
    let today = asked.today.strftime("%Y%m%d").to_string();
    check(text, &Place { issued: &issued, today: Some(&today), ..Place::default() })
}

fn view(text: &str, report: &Report, asked: &Asked<'_>) -> CodeAnswer {
    let rows = asked.register.map(|r| r.of_text(text)).unwrap_or_default();
    let here = rows.iter().find(|r| !asked.terminal.is_empty() && r.terminal == asked.terminal);
    let row = here.or(rows.first()).copied();
    let elsewhere = row.is_some() && here.is_none() && !asked.terminal.is_empty();
    let expired = row.and_then(|r| r.valid_until).is_some_and(|day| day < asked.today);
    let customers = shown_by_customer(report);
    let tone = match report.verdict {
        Verdict::Dangerous => CodeTone::Stop,
        Verdict::Suspicious => CodeTone::Care,
        _ if customers || elsewhere || expired => CodeTone::Care,
        Verdict::Ok if row.is_some() => CodeTone::Registered,
        Verdict::Ok | Verdict::Unknown => CodeTone::Unproven,
    };
    let advice = match (tone, elsewhere, expired) {
        (CodeTone::Care, true, _) if report.findings.is_empty() => Text::fixed(
            "先请店员核对这张码该放在哪台机器上；付款前看清付款页面上的收款方名称。",
            "Ask the staff to which machine this code belongs; before paying, read the payee’s name on the payment page.",
        ),
        (CodeTone::Care, _, true) if report.findings.is_empty() => Text::fixed(
            "先请店员换上有效的码；付款前看清付款页面上的收款方名称。",
            "Ask the staff for a code that still holds; before paying, read the payee’s name on the payment page.",
        ),
        _ => report.advice.clone(),
    };
    CodeAnswer {
        tone,
        does: does(report),
        facts: if customers { Vec::new() } else { facts(report) },
        register: registration(row, elsewhere, expired, customers, asked),
        findings: report
            .findings
            .iter()
            .map(|f| CodeFinding { text: sentence(&f.text()), action: f.kind.entry().action.clone() })
            .collect(),
        advice,
        content: shown(&report.text, CONTENT_SHOWN),
    }
}

/// A finding as a line of its own.
fn sentence(text: &Text) -> Text {
    let (head, rest) = text.en.split_at(text.en.chars().next().map_or(0, char::len_utf8));
    Text::new(text.zh.clone(), head.to_uppercase() + rest)
}

/// Whether the code is registered, in words.
fn registration(
    row: Option<&IssuedCode>,
    elsewhere: bool,
    expired: bool,
    customers: bool,
    asked: &Asked<'_>,
) -> Text {
    if customers {
        return Text::fixed("顾客的付款码不登记。", "Codes that customers show aren’t registered.");
    }
    let Some(row) = row else {
        return match asked.register {
            None => Text::fixed(
                "这里没有发码登记，查不到这张码是不是本店的。",
                "No codes are registered here: whether it is this shop’s can’t be looked up.",
            ),
            Some(_) => Text::fixed(
                "不在这里的登记里。它可能是别家机构发的码，也可能被换过：请店员当面核对。",
                "It isn’t in the register here. Somebody else may have issued it, or it may have been exchanged: ask the staff to check it with you.",
            ),
        };
    };
    let named = |zh: &str, en: &str, value: &str| match value.is_empty() {
        true => (String::new(), String::new()),
        false => (format!("，{zh}“{value}”"), format!(", {en} “{value}”")),
    };
    let (payee, place) = (named("收款方", "payee", &row.payee), named("位置", "place", &row.place));
    let mut zh = format!("登记在终端 {}{}{}。", row.terminal, payee.0, place.0);
    let mut en = format!("Registered for terminal {}{}{}.", row.terminal, payee.1, place.1);
    if elsewhere {
        zh += "这不是您填的终端号：可能填错，也可能码放错了位置。";
        en += " That isn’t the number that you typed: it may be mistyped, or the code may be in the wrong place.";
    }
    if let Some(day) = row.valid_until.filter(|_| expired) {
        zh += &format!("有效期到 {day}，已过。");
        en += &format!(" It held until {day}, which is past.");
    }
    zh += "内容一致的码也可能是复印件：付款前仍要核对店名。";
    en += " A copy says the same: still compare the shop’s name before you pay.";
    Text::new(zh, en)
}

fn field<'a>(report: &'a Report, name: &str) -> Option<&'a str> {
    report.fields.get(name).and_then(Value::as_str).filter(|v| !v.is_empty())
}

/// What a code makes a telephone do.
fn does(report: &Report) -> Text {
    if shown_by_customer(report) {
        return Text::fixed(
            "这是顾客付款时出示的码：谁扫它，钱就可能从出示的人那里扣走。",
            "A customer shows this to pay: whoever scans it may take money from the one who shows it.",
        );
    }
    if report.fields.contains_key("error") {
        return Text::fixed(
            "看起来是收款码，但内容残缺，读不出收款方。",
            "It looks like a payment code, but it is broken: no payee can be read.",
        );
    }
    let fixed_amount = field(report, "amount").is_some();
    let web = match report.fields.get("scheme").and_then(Value::as_str) {
        Some("tel") => {
            Text::fixed("拨打一个电话号码，不是付款。", "It dials a telephone number; it doesn’t pay.")
        }
        Some("sms" | "smsto" | "mms" | "mmsto") => {
            Text::fixed("发一条短信，不是付款。", "It sends a text message; it doesn’t pay.")
        }
        Some("mailto") => Text::fixed("写一封邮件，不是付款。", "It writes an e-mail; it doesn’t pay."),
        Some("http" | "https") => Text::fixed(
            "打开下面的网站；它自己不付款，付给谁只有那个网站知道。",
            "It opens the website below. It pays nobody by itself; only that site knows whom.",
        ),
        _ => Text::fixed("打开手机上的一个应用。", "It opens an app on the telephone."),
    };
    match report.scheme {
        "URL" | "link" => web,
        "contact" => Text::fixed("保存一个联系人，不是付款。", "It saves a contact; it doesn’t pay."),
        "calendar" => Text::fixed("添加一个日程，不是付款。", "It adds a date; it doesn’t pay."),
        "wifi" => Text::fixed("连接一个无线网络，不是付款。", "It joins a wireless network; it doesn’t pay."),
        "mail" => Text::fixed("写一封邮件，不是付款。", "It writes an e-mail; it doesn’t pay."),
        "sim" => Text::fixed("安装一张电子 SIM 卡，不是付款。", "It installs a SIM; it doesn’t pay."),
        "otp" => Text::fixed(
            "添加一个验证码账户，不是付款。",
            "It adds an account for one-time codes; it doesn’t pay.",
        ),
        "text" => Text::fixed("只是一段文字，不会付款。", "It is only a text; it doesn’t pay."),
        _ if report.fields.contains_key("owner") => {
            let owner = wallet(field(report, "owner").unwrap_or_default());
            Text::new(
                format!("在{}里打开付款页面；收款方名称要在那里才看得到。", owner.zh),
                format!("It opens a payment page in {}; the payee’s name is shown only there.", owner.en),
            )
        }
        _ if fixed_amount => {
            Text::fixed("按下面的金额付给下面的收款方。", "It pays the payee below the amount below.")
        }
        _ => Text::fixed(
            "付给下面的收款方，金额由付款人输入。",
            "It pays the payee below; the payer types the amount.",
        ),
    }
}

fn wallet(owner: &str) -> Text {
    match owner {
        "Alipay" => Text::fixed("支付宝", "Alipay"),
        "WeChat Pay" => Text::fixed("微信", "WeChat"),
        "UnionPay" => Text::fixed("云闪付或银行应用", "UnionPay’s or a bank’s app"),
        other => Text::new(other.to_owned(), other.to_owned()),
    }
}

/// To whom and how much, by name.
fn facts(report: &Report) -> Vec<(Text, Text)> {
    const NAMES: [(&str, Text); 9] = [
        ("name", Text::fixed("商户名", "Merchant")),
        ("city", Text::fixed("城市", "City")),
        ("payee", Text::fixed("收款账户", "Payee account")),
        ("bill", Text::fixed("账单号", "Bill")),
        ("reference", Text::fixed("参考号", "Reference")),
        ("terminal", Text::fixed("终端号", "Terminal")),
        ("note", Text::fixed("附言", "Note")),
        ("host", Text::fixed("网址", "Host")),
        ("domain", Text::fixed("所属域名", "Domain")),
    ];
    let value = |text: &str| {
        let text = shown(text, FACT_SHOWN);
        Text::new(text.clone(), text)
    };
    let mut out = Vec::new();
    if let Some(amount) = field(report, "amount") {
        let currency = field(report, "currency").map(|c| {
            let number = c.parse().ok().filter(|_| c.len() == 3);
            number.map_or(c.to_owned(), |currency| tg_types::Money { minor: 0, currency }.currency_letters())
        });
        let amount = [Some(amount.to_owned()), currency].into_iter().flatten().collect::<Vec<_>>().join(" ");
        out.push((Text::fixed("金额", "Amount"), value(&amount)));
    }
    let same = field(report, "host") == field(report, "domain");
    for (name, words) in NAMES.into_iter().filter(|(name, _)| *name != "domain" || !same) {
        if let Some(text) = field(report, name) {
            out.push((words, value(text)));
        }
    }
    for payee in report.fields.get("payees").and_then(Value::as_array).into_iter().flatten() {
        let parts = payee["parts"].as_array().into_iter().flatten().filter_map(|p| p["value"].as_str());
        let line = parts.collect::<Vec<_>>().join(" ");
        let line = if line.is_empty() { payee["guid"].as_str().unwrap_or("").to_owned() } else { line };
        out.push((Text::fixed("收款账户", "Payee account"), value(&line)));
    }
    if report.fields.get("personal").and_then(Value::as_bool) == Some(true) {
        out.push((Text::fixed("种类", "Kind"), Text::fixed("个人收款码", "a private person’s code")));
    }
    out.retain(|(_, value)| !value.zh.is_empty());
    out.truncate(FACTS_SHOWN);
    out
}

/// Cut, and without characters that turn or hide text.
fn shown(text: &str, characters: usize) -> String {
    let hides = |c: char| {
        c.is_control()
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}' | '\u{61c}' | '\u{feff}')
    };
    let mut out: String =
        text.chars().take(characters).map(|c| if hides(c) { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(characters).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests;
