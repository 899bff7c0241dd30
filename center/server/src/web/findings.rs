//! Routes of the findings: list, page, what a person says of one, exports, and in the demo the truth.
//!
//! Why it exists: these routes are the first that change something. A form is a plain POST from our own pages
//! (the guard refuses others), is small, says one thing once (its id), and is answered with a redirect, so
//! that a reload sends nothing again.

use super::Web;
use super::pages::{Asked, drawn};
use crate::rooms::{self, Form};
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use tg_console::view::{DISMISS_REASONS, FindingFilterForm, FindingState, NOTE_CHARACTERS_MAX};
use tg_event::{Judgement, JudgementVerdict};
use tg_store::Said;
use tg_text::Text;
use tg_types::{Instant, Short, TenantId};

/// Bytes of a form: a note in UTF-8, percent-encoded, and the rest.
pub(crate) const FORM_BYTES_MAX: usize = 16 * 1024;

/// The cookie of the switch that shows the demo's truth.
const TRUTH_COOKIE: &str = "tg_truth";

fn form_of(params: &BTreeMap<String, String>) -> FindingFilterForm {
    let text = |name: &str| params.get(name).map(|v| v.chars().take(64).collect()).unwrap_or_default();
    FindingFilterForm {
        state: text("state"),
        code: text("code"),
        severity: text("severity"),
        subject: text("subject"),
        from: text("from"),
        to: text("to"),
        text: text("text"),
    }
}

/// The list.
pub(crate) async fn findings(headers: HeaderMap, mut asked: Asked) -> Response {
    // The switch is kept in a cookie and doesn't stay in the page's links.
    let show_truth = match asked.params.remove("truth").as_deref() {
        Some(word) => {
            let on = word == "on";
            asked.viewer.set_cookie(TRUTH_COOKIE, if on { "on" } else { "off" });
            on
        }
        None => super::pages::cookie(&headers, TRUTH_COOKIE).as_deref() == Some("on"),
    };
    let (form, before) = (form_of(&asked.params), asked.params.get("before").cloned());
    asked
        .page(move |reader, live, viewer, _| {
            let view = rooms::findings_page(reader, form, before, &viewer.zone, show_truth, live)?;
            Ok(drawn(view, tg_console::findings))
        })
        .await
}

/// One finding.
pub(crate) async fn finding(Path(id): Path<String>, asked: Asked) -> Response {
    page(id, asked, None).await
}

async fn page(id: String, asked: Asked, problem: Option<Text>) -> Response {
    let form_id = new_form_id();
    asked
        .page(move |reader, live, viewer, _| {
            let view = rooms::finding_page(reader, &id, live, (viewer.lang, &viewer.zone), form_id)?;
            Ok(view.and_then(|mut view| {
                view.form_problem = problem;
                drawn(view, tg_console::finding)
            }))
        })
        .await
}

/// 16 random bytes: the identity of what will be said with the page that is being made.
fn new_form_id() -> String {
    let mut bytes = [0_u8; 16];
    // Without randomness there is no identity: the form then says so when it is sent.
    match getrandom::fill(&mut bytes) {
        Ok(()) => bytes.iter().map(|b| format!("{b:02x}")).collect(),
        Err(_) => String::new(),
    }
}

/// What a person says of a finding.
pub(crate) async fn judge(
    Path(id): Path<String>,
    State(web): State<Web>,
    asked: Asked,
    body: Bytes,
) -> Response {
    let form: BTreeMap<String, String> = form_urlencoded(&body);
    let now = web.live.clock.now_us();
    let (judgement, note) = match read(&id, &form, now) {
        Ok(read) => read,
        Err(problem) => return refused(id, asked, problem).await,
    };
    let desk = web.desk.clone();
    let said = tokio::task::spawn_blocking(move || desk.judge(&judgement, &note, rooms::THIS_CONSOLE)).await;
    match said.expect("writing a judgement does not panic") {
        Ok(Said::Kept | Said::Known) => {
            let place = format!("/findings/{id}#judge");
            let place = HeaderValue::from_str(&place).unwrap_or(HeaderValue::from_static("/findings"));
            (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
        }
        Ok(Said::NoFinding) => asked.page(|_, _, _, _| Ok(None)).await,
        Ok(Said::TooMany) => {
            let problem = Text::fixed(
                "这条发现的判断次数已到上限，不能再改",
                "This finding was judged as often as it may be; nothing was changed",
            );
            refused(id, asked, problem).await
        }
        Err(error) => {
            tracing::error!(%error, "a judgement can't be written");
            let problem = Text::fixed(
                "没有写入：数据库没有应答，请再试一次",
                "Nothing was kept: the database did not answer; try again",
            );
            let mut response = page(id, asked, Some(problem)).await;
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            response
        }
    }
}

async fn refused(id: String, asked: Asked, problem: Text) -> Response {
    let mut response = page(id, asked, Some(problem)).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    response
}

/// The fields of a form. What can't be read counts as none.
fn form_urlencoded(body: &[u8]) -> BTreeMap<String, String> {
    let Ok(text) = std::str::from_utf8(body) else { return BTreeMap::new() };
    let Ok(uri) = format!("/?{}", text.replace(['\r', '\n'], "")).parse::<axum::http::Uri>() else {
        return BTreeMap::new();
    };
    Query::try_from_uri(&uri).map(|Query(fields)| fields).unwrap_or_default()
}

/// What a form says, or what is wrong with it. The note leaves without card numbers.
fn read(
    finding: &str,
    form: &BTreeMap<String, String>,
    said_at_us: i64,
) -> Result<(Judgement, String), Text> {
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let again =
        Text::fixed("表单不完整，请刷新页面再试", "The form is not whole; reload the page and try again");
    let id = u128::from_str_radix(field("id"), 16).ok().filter(|_| field("id").len() == 32);
    let id = id.ok_or(again.clone())?.to_be_bytes();
    let state = FindingState::from_word(field("state")).ok_or(again.clone())?;
    let verdict = match state {
        FindingState::Open => JudgementVerdict::Open,
        FindingState::Confirmed => JudgementVerdict::Confirmed,
        FindingState::Dismissed => JudgementVerdict::Dismissed,
    };
    let reason = match state {
        FindingState::Dismissed => {
            let known = DISMISS_REASONS.iter().find(|r| r.name == field("reason"));
            known.ok_or(Text::fixed("排除时请选择原因", "Choose a reason to dismiss it"))?.name
        }
        _ => "",
    };
    let note = field("note").trim();
    if note.chars().count() > NOTE_CHARACTERS_MAX {
        return Err(Text::new(
            format!("备注最多 {NOTE_CHARACTERS_MAX} 个字符"),
            format!("A note has at most {NOTE_CHARACTERS_MAX} characters"),
        ));
    }
    if reason == "other" && note.is_empty() {
        return Err(Text::fixed("选择“其他”时请写明原因", "Say in the note what the other reason is"));
    }
    // Line breaks stay; what else can't be seen has no business in a note.
    let note: String = note.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    let judgement = Judgement {
        tenant: TenantId::default(),
        id,
        finding: Short::new(finding).map_err(|_| again)?,
        verdict,
        reason: Short::new(reason).unwrap_or_default(),
        said_at: Instant(said_at_us),
    };
    Ok((judgement, tg_console::mask_cards(&note)))
}

/// One finding as a file.
pub(crate) async fn export_finding(form: Form, Path(id): Path<String>, asked: Asked) -> Response {
    let name: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let web = asked.web.clone();
    let answer = web.ask(move |reader, _| rooms::export_finding(reader, &id, form)).await;
    match answer {
        Ok(Some(bytes)) => file(&name, form, bytes),
        Ok(None) => asked.page(|_, _, _, _| Ok(None)).await,
        Err(error) => asked.no_answer(&error),
    }
}

/// The findings of a filter as a file.
pub(crate) async fn export_findings(form: Form, asked: Asked) -> Response {
    let (web, lang) = (asked.web.clone(), asked.viewer.lang);
    let filter = match rooms::finding_filter(&form_of(&asked.params), &asked.viewer.zone) {
        Ok(filter) => filter,
        // The list says what is wrong with the filter.
        Err(_) => return findings(HeaderMap::new(), asked).await,
    };
    let answer = web.ask(move |reader, _| rooms::export_findings(reader, &filter, lang, form)).await;
    match answer {
        Ok(bytes) => file("findings", form, bytes),
        Err(error) => asked.no_answer(&error),
    }
}

fn file(name: &str, form: Form, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}.{}\"", form.ending());
    let disposition = HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(form.content_type())),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(pairs: &[(&str, &str)]) -> Result<(Judgement, String), String> {
        let form = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        read("F-9-0", &form, 5).map_err(|p| p.en.into_owned())
    }

    const ID: (&str, &str) = ("id", "00112233445566778899aabbccddeeff");

    #[test]
    fn a_form_says_what_it_says_or_what_it_lacks() {
        let (judgement, note) =
            said(&[ID, ("state", "dismissed"), ("reason", "fault"), ("note", " line\u{7}\ndown ")])
                .expect("whole");
        assert_eq!(judgement.verdict, JudgementVerdict::Dismissed);
        assert_eq!(
            (judgement.reason.as_str(), judgement.said_at.0, note.as_str()),
            ("fault", 5, "line\ndown")
        );
        assert_eq!(judgement.id[..2], [0x00, 0x11]);
        let (judgement, _) = said(&[ID, ("state", "open"), ("reason", "fault")]).expect("whole");
        assert!(judgement.reason.is_empty(), "an undo has no reason");
        assert!(said(&[ID, ("state", "dismissed")]).expect_err("no reason").contains("reason"));
        assert!(
            said(&[ID, ("state", "dismissed"), ("reason", "other")]).expect_err("no note").contains("note")
        );
        assert!(said(&[ID, ("state", "dismissed"), ("reason", "made_up")]).is_err());
        assert!(said(&[ID, ("state", "gone")]).is_err() && said(&[("state", "open")]).is_err());
        assert!(said(&[("id", "0"), ("state", "open")]).is_err());
        let long = "长".repeat(NOTE_CHARACTERS_MAX + 1);
        assert!(said(&[ID, ("state", "confirmed"), ("note", &long)]).expect_err("too long").contains("500"));
    }

    #[test]
    fn a_card_number_in_a_note_is_masked_before_it_is_kept() {
        let (_, note) =
            said(&[ID, ("state", "confirmed"), ("note", "card 4111111111111111")]).expect("whole");
        assert!(!note.contains("4111111111111111") && note.contains("1111"), "{note}");
    }

    #[test]
    fn a_body_is_read_as_browsers_write_it() {
        let form = form_urlencoded("id=1&note=%E5%BA%97+a%0D%0Ab&x".as_bytes());
        assert_eq!(form.get("note").map(String::as_str), Some("店 a\r\nb"));
        assert!(form_urlencoded(&[0xFF, 0xFE]).is_empty());
        assert!(form_urlencoded(b"").is_empty());
    }

    #[test]
    fn no_two_forms_have_one_identity() {
        let (a, b) = (new_form_id(), new_form_id());
        assert!(a.len() == 32 && a != b);
    }
}
