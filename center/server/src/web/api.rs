//! `POST /api/v1/diagnose` and `POST /api/v1/locate`: the commands' answers over HTTP (contract, sections 3, 4).
//!
//! Why it exists: other programs ask here what people ask at the command line, and get the same JSON. What is
//! wrong comes as a problem of RFC 9457 with our own code, place, steps; it never repeats a whole input.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::Instant;
use tg_diagnose::{Facts, Knowledge, diagnose};
use tg_fleet::locate;
use tg_text::{Lang, Problem, Text, nearest};

/// Bytes of a question, and of a window: a million leaves in text.
const QUESTION_BYTES_MAX: usize = 64 * 1024;
const WINDOW_BYTES_MAX: usize = 64 << 20;

/// The routes; they need nothing of the center.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let questions =
        Router::new().route("/api/v1/diagnose", post(ask)).layer(DefaultBodyLimit::max(QUESTION_BYTES_MAX));
    let windows =
        Router::new().route("/api/v1/locate", post(find)).layer(DefaultBodyLimit::max(WINDOW_BYTES_MAX));
    questions.merge(windows)
}

type Body = Result<Bytes, axum::extract::rejection::BytesRejection>;

/// `{"given": {"code": "A7"}, "answer": {…}, "did": {…}}`; each may also be a list of `"KEY=VALUE"`, in order.
async fn ask(headers: HeaderMap, body: Body) -> Response {
    let answer = read(body).and_then(|bytes| question(&bytes));
    match answer {
        Ok(facts) => as_json(&diagnose(Knowledge::builtin(), &facts)),
        Err(refused) => refused.answer(&headers),
    }
}

/// A body of CSV; `?skip_bad_rows=true` goes on without them.
async fn find(headers: HeaderMap, Query(params): Query<BTreeMap<String, String>>, body: Body) -> Response {
    let skip = params.get("skip_bad_rows").is_some_and(|v| v == "true" || v == "1");
    let bytes = match read(body) {
        Ok(bytes) => bytes,
        Err(refused) => return refused.answer(&headers),
    };
    // A large window takes a core for a while: not one of those that answer pages.
    let done = tokio::task::spawn_blocking(move || location(&bytes, skip)).await;
    match done.expect("the search does not panic") {
        Ok(answer) => as_json(&answer),
        Err(refused) => refused.answer(&headers),
    }
}

fn as_json<T: Serialize>(answer: &T) -> Response {
    let text = serde_json::to_string(answer).expect("our own answers serialise");
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// What was wrong, with its status.
struct Refused(StatusCode, Vec<Problem>);

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Refused {
        let status = match problem.code {
            "TG-1006" => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Refused(status, vec![problem])
    }
}

impl From<Box<Problem>> for Refused {
    fn from(problem: Box<Problem>) -> Refused {
        (*problem).into()
    }
}

impl Refused {
    /// RFC 9457: `application/problem+json`.
    fn answer(self, headers: &HeaderMap) -> Response {
        let Refused(status, problems) = self;
        let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|h| h.to_str().ok());
        let lang = asked.and_then(Lang::from_accept_language).unwrap_or_default();
        let mut body = Map::new();
        if let Some(first) = problems.first() {
            body.insert("type".into(), json!(format!("urn:tillguard:problem:{}", first.code)));
            body.insert("title".into(), json!(first.title.get(lang)));
            body.insert("status".into(), json!(status.as_u16()));
            body.insert("detail".into(), json!(first.what.get(lang)));
            body.insert("problem".into(), json!(first));
            if problems.len() > 1 {
                body.insert("rows".into(), json!(&problems[1..]));
            }
        }
        let kind =
            [(header::CONTENT_TYPE, "application/problem+json"), (header::CONTENT_LANGUAGE, lang.tag())];
        (status, kind, Value::Object(body).to_string()).into_response()
    }
}

fn read(body: Body) -> Result<Bytes, Refused> {
    body.map_err(|rejection| {
        let what =
            Text::new(format!("请求体读不了：{rejection}"), format!("the body can't be read: {rejection}"));
        let mut refused = Refused::from(Problem::new("TG-1006", what));
        refused.0 = rejection.status();
        refused
    })
}

const PARTS: [&str; 3] = ["given", "answer", "did"];

fn question(bytes: &[u8]) -> Result<Facts, Refused> {
    let wrong = |zh: &str, en: &str| Problem::new("TG-1007", Text::new(zh.to_owned(), en.to_owned()));
    let document: Value = serde_json::from_slice(bytes).map_err(|e| {
        let place = format!("line {} column {}", e.line(), e.column());
        wrong("请求体不是 JSON", "the body is not JSON").in_field(place)
    })?;
    let Some(document) = document.as_object() else {
        return Err(wrong("请求体应是一个对象", "the body should be one object")
            .because("{\"given\": {\"code\": \"A7\"}}", "")
            .into());
    };
    if let Some(key) = document.keys().find(|k| !PARTS.contains(&k.as_str())) {
        let near = nearest(key, PARTS).map_or(PARTS.join(", "), str::to_owned);
        let what = Text::fixed("没有这一部分", "there is no such part");
        return Err(Problem::new("TG-2002", what).because(near, short(key)).into());
    }
    let knowledge = Knowledge::builtin();
    let mut facts = Facts::default();
    for (key, value) in pairs(document, "given")? {
        facts.give(&key, &value)?;
    }
    for (key, value) in pairs(document, "answer")? {
        knowledge.answer(&mut facts, &key, &value)?;
    }
    for (key, value) in pairs(document, "did")? {
        knowledge.did(&mut facts, &key, &value)?;
    }
    Ok(facts)
}

/// Keys and values of one part, in the order in which they stand.
fn pairs(document: &Map<String, Value>, part: &'static str) -> Result<Vec<(String, String)>, Refused> {
    let wrong = |found: &str| {
        let what = Text::new(format!("{part} 的写法不对"), format!("{part} is not written right"));
        let expected = "{\"KEY\": \"VALUE\"} or [\"KEY=VALUE\"]";
        Refused::from(Problem::new("TG-2002", what).in_field(part).because(expected, short(found)))
    };
    let text = |value: &Value| match value {
        Value::String(s) => Ok(s.clone()),
        Value::Number(n) => Ok(n.to_string()),
        other => Err(wrong(kind(other))),
    };
    match document.get(part) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(pairs)) => pairs.iter().map(|(k, v)| Ok((k.clone(), text(v)?))).collect(),
        Some(Value::Array(list)) => list
            .iter()
            .map(|entry| {
                let entry = text(entry)?;
                let (key, value) = entry.split_once('=').ok_or_else(|| wrong("…"))?;
                Ok((key.trim().to_owned(), value.to_owned()))
            })
            .collect(),
        Some(other) => Err(wrong(kind(other))),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// What is repeated of an input: short, and never digits that could be a card's.
fn short(text: &str) -> String {
    text.chars().take(24).map(|c| if c.is_ascii_digit() { '*' } else { c }).collect()
}

#[derive(Serialize)]
struct Location {
    schema: &'static str,
    #[serde(flatten)]
    location: tg_fleet::Location,
    rows: usize,
    skipped_rows: usize,
    seconds: f64,
}

fn location(bytes: &[u8], skip: bool) -> Result<Location, Refused> {
    let (window, bad) = crate::read_window(bytes)?;
    if !bad.is_empty() && !skip {
        let what = Text::new(
            format!("{} 行有错；加上 ?skip_bad_rows=true 可跳过它们", bad.len()),
            format!("{} rows are wrong; ?skip_bad_rows=true leaves them out", bad.len()),
        );
        let mut problems = vec![Problem::new("TG-1007", what)];
        problems.extend(bad.iter().take(10).cloned());
        return Err(Refused(StatusCode::UNPROCESSABLE_ENTITY, problems));
    }
    let start = Instant::now();
    let found = locate(&window);
    Ok(Location {
        schema: "tillguard.location/1",
        location: found,
        rows: window.len(),
        skipped_rows: bad.len(),
        seconds: start.elapsed().as_secs_f64(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> (u16, String) {
        let Refused(status, problems) = question(body.as_bytes()).expect_err("is refused");
        (status.as_u16(), problems[0].expected.clone().unwrap_or_default())
    }

    #[test]
    fn a_question_takes_objects_and_lists() {
        for body in [
            r#"{"given": {"code": "A7", "battery_percent": 50}, "did": {"sign_on": "failed"}}"#,
            r#"{"given": ["code=A7", "battery_percent=50"], "did": ["sign_on=failed"]}"#,
        ] {
            let facts = question(body.as_bytes()).map_err(|r| r.1).expect("is understood");
            assert_eq!(
                (facts.code.as_deref(), facts.battery_percent, facts.did.len()),
                (Some("A7"), Some(50), 1)
            );
        }
    }

    #[test]
    fn what_is_wrong_names_the_nearest_and_repeats_no_number() {
        assert_eq!(refused(r#"{"gven": {}}"#), (422, "given".into()));
        assert_eq!(refused(r#"{"given": {"netwrk": "ok"}}"#), (422, "network".into()));
        assert_eq!(refused("[1]").0, 422);
        assert_eq!(refused("{").0, 422);
        let number = ["6222 0222", "0000 0001"].concat();
        let Refused(_, problems) =
            question(format!("{{\"{number}\": 1}}").as_bytes()).expect_err("is refused");
        assert!(!format!("{problems:?}").contains("6222"));
    }

    #[test]
    fn bad_rows_are_named_and_left_out_only_if_asked() {
        let csv = b"issuer,failures,total\nA,1,100\nB,x,100\nC,90,100\nD,1,100\n";
        let Refused(status, problems) = location(csv, false).err().expect("is refused");
        assert_eq!((status.as_u16(), problems[1].place.line), (422, Some(3)));
        let answer = location(csv, true).map_err(|r| r.1).expect("goes on");
        assert_eq!((answer.rows, answer.skipped_rows), (3, 1));
    }
}
