//! "Is this offer a trap?": judges a text that was pasted. Kept nowhere, written to no log.

use super::{Class, Fields, Public, Visit};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::get;
use tg_console::public::{OfferAnswer, OfferSign, OfferVerdict, offer};
use tg_lure::{Found, Judgement, Verdict, judge};

/// A form of six thousand Chinese characters, as a browser writes it; [`Fields`] reads no larger one.
const BODY_BYTES_MAX: usize = 60 * 1024;
/// Characters of the text shown beside a sign.
const WORDS_SHOWN: usize = 24;

/// The routes.
pub(crate) fn routes() -> Router<Public> {
    Router::new().route("/offer", get(ask).post(answer)).layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

async fn ask(visit: Visit) -> Response {
    visit.ok(|frame| offer(None, false, frame))
}

async fn answer(visit: Visit, fields: Fields) -> Response {
    if let Err(wait) = visit.take(Class::Upload) {
        return wait;
    }
    let Some(text) = fields.some("text").map(str::to_owned) else {
        return visit.ok(|frame| offer(None, true, frame));
    };
    let judged = tokio::task::spawn_blocking(move || view(&text, &judge(&text))).await;
    match judged {
        Ok(answer) => visit.ok(|frame| offer(Some(&answer), false, frame)),
        Err(_) => visit.ok(|frame| offer(None, false, frame)),
    }
}

fn view(text: &str, judgement: &Judgement) -> OfferAnswer {
    let signs =
        judgement.signals.iter().map(|s| OfferSign { text: s.text.clone(), words: words(text, s) }).collect();
    OfferAnswer {
        verdict: match judgement.verdict {
            Verdict::Lure => OfferVerdict::Lure,
            Verdict::Suspicious => OfferVerdict::Suspicious,
            Verdict::Benign => OfferVerdict::Benign,
        },
        signs,
        spoken_of: judgement.signals.is_empty() && !judgement.quoted.is_empty(),
        advice: judgement.advice.clone(),
    }
}

/// The words of a sign; a contact or a link is never shown again, for somebody might use it.
fn words(text: &str, sign: &Found) -> Option<String> {
    if ["contact_id", "short_link", "app_download", "qr_lure"].contains(&sign.code.as_str()) {
        return None;
    }
    let (start, end) = sign.span;
    let shown: String = text.chars().skip(start).take((end - start).min(WORDS_SHOWN)).collect();
    // A run of letters and digits may be a contact too.
    let run = shown
        .split(|c: char| !c.is_ascii_alphanumeric())
        .any(|w| w.len() > 6 && w.bytes().any(|b| b.is_ascii_digit()));
    (!run).then(|| tg_console::mask_cards(&shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reasons_are_shown_and_contacts_never() {
        let text = "免费领POS机，费率0.38永不涨，加微信 demo_zz_9，http://t.cn/abc123";
        let answer = view(text, &judge(text));
        assert_eq!(answer.verdict, OfferVerdict::Lure);
        let shown: Vec<String> = answer.signs.iter().filter_map(|s| s.words.clone()).collect();
        assert!(shown.iter().any(|w| w.contains("免费领POS机")), "{shown:?}");
        assert!(!shown.concat().contains("demo_zz") && !shown.concat().contains("t.cn"), "{shown:?}");
    }

    #[test]
    fn a_warning_is_called_one() {
        let text = "警方提醒：凡是以“免费赠送POS机”“低费率0.38%”为名，要求先刷299元激活的，都是诈骗。";
        let answer = view(text, &judge(text));
        assert_eq!((answer.verdict, answer.spoken_of), (OfferVerdict::Benign, true));
    }
}
