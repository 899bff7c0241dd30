//! "The machine looks wrong": takes a report if the operator allows it, gives a code, and tells its state by it.
//!
//! What comes is text and photos of strangers: text is shown only where it is escaped, photos only after they were
//! cleaned ([`super::photo`]). A wrong code and a deleted report give one answer, look-ups run out, and a code has a
//! hundred bits.

use super::multipart::{Part, parts};
use super::photo::{Format, NoPhoto, cleaned};
use super::reports_kept::{NotKept, Reports, Said};
use super::statement::{announces_more, read};
use super::{Class, Fields, Public, Visit};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use std::sync::Arc;
use tg_console::public::{REPORT_KINDS, ReportPage, report};
use tg_text::{Lang, Text};

const PHOTOS_MAX: usize = 3;
const PHOTO_BYTES_MAX: usize = 5 << 20;
const BODY_BYTES_MAX: usize = PHOTOS_MAX * PHOTO_BYTES_MAX + 64 * 1024;
/// Bodies with photos read at the same time.
static READING: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(4);

/// The routes.
pub(crate) fn routes() -> Router<Public> {
    let take =
        Router::new().route("/report", get(ask).post(take)).layer(DefaultBodyLimit::max(BODY_BYTES_MAX));
    take.merge(Router::new().route("/report/follow", get(follow).post(state)))
}

fn kept(visit: &Visit) -> Option<Arc<Reports>> {
    visit.public.web.reports.get().cloned()
}

fn days(visit: &Visit) -> u32 {
    visit.public.config.report_days
}

async fn ask(visit: Visit) -> Response {
    let open = kept(&visit).is_some();
    let view = if open { ReportPage::Ask(None) } else { ReportPage::Closed };
    let days = days(&visit);
    visit.ok(|frame| report(&view, days, frame))
}

async fn take(visit: Visit, headers: HeaderMap, request: Request) -> Response {
    let days = days(&visit);
    let Some(reports) = kept(&visit) else {
        return visit.ok(|frame| report(&ReportPage::Closed, days, frame));
    };
    let again = |field: &'static str, why: Text| {
        let view = ReportPage::Ask(Some((field, why)));
        visit.page(StatusCode::UNPROCESSABLE_ENTITY, report(&view, days, &visit.frame))
    };
    let too_large = || {
        Text::fixed(
            "照片太大：每张 5 MB 以内，最多 3 张。",
            "The photos are too large: up to 5 MB each, at most 3.",
        )
    };
    if announces_more(&headers, BODY_BYTES_MAX) {
        return again("photo", too_large());
    }
    if let Err(wait) = visit.take(Class::Report) {
        return wait;
    }
    let Ok(_place) = READING.acquire().await else { return again("all", busy()) };
    let Ok(body) = read(request).await else { return again("photo", too_large()) };
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("").to_owned();
    let now_us = visit.frame.now_us;
    let done = tokio::task::spawn_blocking(move || {
        let unreadable =
            ("all", Text::fixed("表单读不了，请重新填写。", "The form can’t be read; fill it in again."));
        let said = said(&parts(&kind, &body).ok_or(unreadable)?)?;
        let photos = said.photos.len();
        let place_kept = said.place_kept;
        let kept = reports.keep(&said, now_us).map_err(|why| match why {
            NotKept::Full => ("all", busy()),
            NotKept::Disk => (
                "all",
                Text::fixed(
                    "没能保存。请打客服电话告诉我们。",
                    "It could not be kept. Please call service and tell us.",
                ),
            ),
        })?;
        Ok::<_, (&'static str, Text)>((kept, photos, place_kept))
    });
    match done.await {
        Ok(Ok(((code, until_us), photos, place_kept))) => {
            let photos = (photos > 0).then(|| match place_kept {
                true => Text::new(format!("{photos}张照片已收下，按您的意思保留了拍摄地点，其他附带信息已去掉。"), format!("{photos} photos were kept with their place, as you wished; all else beside the picture was taken out.")),
                false => Text::new(format!("{photos}张照片已收下，拍摄地点和设备信息已去掉。"), format!("{photos} photos were kept; place and device details were taken out.")),
            });
            let view = ReportPage::Kept { code, until: day(&visit, until_us), photos };
            visit.ok(|frame| report(&view, days, frame))
        }
        Ok(Err((field, why))) => again(field, why),
        Err(_) => again("all", busy()),
    }
}

fn busy() -> Text {
    Text::fixed(
        "现在报告太多，收不下。急事请告诉店长，或打小票上收单机构的电话；过几分钟可再试。",
        "Too many reports right now. If it can’t wait, tell the manager or call the acquirer on the slip; or try again in a few minutes.",
    )
}

/// Reads and judges the fields; the first that can't be taken is named.
fn said(parts: &[Part<'_>]) -> Result<Said, (&'static str, Text)> {
    let text = |name: &str| {
        parts.iter().find(|p| p.name == name && !p.is_file).map(|p| p.text().into_owned()).unwrap_or_default()
    };
    let kind = text("kind");
    if !REPORT_KINDS.iter().any(|(value, _)| *value == kind) {
        return Err(("kind", Text::fixed("请选一项。", "Choose one.")));
    }
    let place = bounded(&text("place"), 200);
    if place.chars().count() < 2 {
        return Err((
            "place",
            Text::fixed(
                "请写店名或地址，不然找不到这台机器。",
                "Write the shop or address, or the machine can’t be found.",
            ),
        ));
    }
    let words = text("words");
    if words.chars().count() > 2_000 {
        return Err(("words", Text::fixed("最多 2000 字。", "At most 2,000 characters.")));
    }
    if text("consent") != "yes" {
        return Err((
            "consent",
            Text::fixed("要您同意，才能保存和查看。", "It can only be kept and read if you agree."),
        ));
    }
    let place_kept = text("keep_place") == "yes";
    let files: Vec<&Part<'_>> =
        parts.iter().filter(|p| p.name == "photo" && p.is_file && !p.data.is_empty()).collect();
    if files.len() > PHOTOS_MAX {
        return Err(("photo", Text::fixed("最多 3 张照片。", "At most 3 photos.")));
    }
    let mut photos = Vec::new();
    for file in files {
        if file.data.len() > PHOTO_BYTES_MAX {
            return Err(("photo", Text::fixed("有一张超过 5 MB。", "One is larger than 5 MB.")));
        }
        let (format, bytes) = cleaned(file.data, place_kept).map_err(|why| {
            (
                "photo",
                match why {
                    NoPhoto::Other => {
                        Text::fixed("这不是 JPEG 或 PNG 照片。", "This is no JPEG or PNG photo.")
                    }
                    NoPhoto::Damaged => Text::fixed(
                        "照片损坏，打不开；请重新拍一张。",
                        "The photo is damaged; please take another.",
                    ),
                },
            )
        })?;
        photos.push((if format == Format::Png { "png" } else { "jpg" }, bytes));
    }
    Ok(Said { kind, place, words: bounded(&words, 2_000), photos, place_kept })
}

/// Without control characters and without whole card numbers, which people write in spite of all.
fn bounded(text: &str, characters: usize) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control() || *c == '\n').take(characters).collect();
    tg_console::mask_cards(plain.trim())
}

fn day(visit: &Visit, us: i64) -> String {
    let at = visit.frame.time_zone.to_datetime(jiff::Timestamp::from_microsecond(us).unwrap_or_default());
    match visit.frame.lang {
        Lang::Zh => at.strftime("%Y年%-m月%-d日").to_string(),
        Lang::En => at.strftime("%-d %B %Y").to_string(),
    }
}

async fn follow(visit: Visit) -> Response {
    let days = days(&visit);
    visit.ok(|frame| report(&ReportPage::Follow(false), days, frame))
}

async fn state(visit: Visit, fields: Fields) -> Response {
    if let Err(wait) = visit.take(Class::Lookup) {
        return wait;
    }
    let (days, now_us, code) = (days(&visit), visit.frame.now_us, fields.get("code").to_owned());
    let found = match kept(&visit) {
        Some(reports) => {
            tokio::task::spawn_blocking(move || reports.find(&code, now_us)).await.ok().flatten()
        }
        None => None,
    };
    let view = match found {
        None => ReportPage::Follow(true),
        Some((kept, seen)) => ReportPage::State {
            received: day(&visit, kept.received_us),
            until: day(&visit, kept.until_us),
            state: if seen {
                Text::fixed("支持人员已经看到", "The support desk has seen it")
            } else {
                Text::fixed("已收到，等支持人员查看", "Received, not yet seen by the support desk")
            },
        },
    };
    visit.ok(|frame| report(&view, days, frame))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field<'a>(name: &str, data: &'a [u8], is_file: bool) -> Part<'a> {
        Part { name: name.to_owned(), is_file, data }
    }

    fn good() -> Vec<Part<'static>> {
        vec![
            field("kind", b"added", false),
            field("place", "人民路<script>alert(1)</script>店".as_bytes(), false),
            field("words", b"card 4111111111111111 \x07", false),
            field("consent", b"yes", false),
        ]
    }

    #[test]
    fn each_field_that_cannot_be_taken_is_named() {
        let said_of = |change: fn(&mut Vec<Part<'static>>)| {
            let mut parts = good();
            change(&mut parts);
            said(&parts).map_err(|(field, _)| field)
        };
        let whole = said_of(|_| {}).expect("is taken");
        // 4111111111111111 is a published test number.
        assert_eq!((whole.words.as_str(), whole.photos.len()), ("card 411111••••••1111", 0));
        assert_eq!(said_of(|p| p[0].data = b"<x>").err(), Some("kind"));
        assert_eq!(said_of(|p| p[1].data = b" ").err(), Some("place"));
        assert_eq!(said_of(|p| p[3].data = b"no").err(), Some("consent"));
        assert_eq!(said_of(|p| p.push(field("photo", b"<svg/onload=alert(1)>", true))).err(), Some("photo"));
        assert_eq!(
            said_of(|p| p.push(field("photo", b"\xFF\xD8\xFF\xE0 no photo", true))).err(),
            Some("photo")
        );
        assert_eq!(said_of(|p| p.extend((0..4).map(|_| field("photo", b"x", true)))).err(), Some("photo"));
    }

    #[test]
    fn a_photo_is_kept_without_its_place() {
        let jpeg = crate::public::photo::tests::jpeg_with_place();
        let mut parts = good();
        parts.push(Part { name: "photo".into(), is_file: true, data: &jpeg });
        let said = said(&parts).expect("is taken");
        assert!(said.photos[0].1.len() < jpeg.len() && !said.photos[0].1.windows(3).any(|w| w == b"GPS"));
    }
}
