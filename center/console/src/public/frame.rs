//! The frame around every public page: head, language, text size, who runs this and whom to call.
//!
//! Why it exists: what stands on every page stands once. Never reads a clock or a request: the server fills
//! [`PublicFrame`]. Never repeats what was typed in an address: the language switch of an answer to a form
//! leads to the form.

use super::icons;
use crate::{assets, format};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use tg_text::{Lang, Text};

/// The policy of every public page. `blob:` lets a page show a photo that the reader has just chosen.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' blob:; connect-src 'self'; \
     worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// How large letters are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TextSize {
    /// As the browser says.
    #[default]
    Normal,
    /// A fifth larger.
    Big,
    /// A third and more larger.
    Bigger,
}

impl TextSize {
    /// The value in the query `size` and the cookie `tg_size`.
    pub fn value(self) -> &'static str {
        match self {
            TextSize::Normal => "normal",
            TextSize::Big => "big",
            TextSize::Bigger => "bigger",
        }
    }

    /// The size of a value.
    pub fn from_value(value: &str) -> Option<TextSize> {
        [TextSize::Normal, TextSize::Big, TextSize::Bigger].into_iter().find(|s| s.value() == value)
    }
}

/// What every public page needs to know beside its own data.
#[derive(Clone, Debug)]
pub struct PublicFrame {
    /// The reader's language.
    pub lang: Lang,
    /// The reader's text size.
    pub size: TextSize,
    /// Path of this page, such as `/guide`.
    pub path: String,
    /// Parameters that the language and size switches keep: ids of our own only, nothing that was typed.
    pub query: Vec<(String, String)>,
    /// Who runs this, as configured.
    pub operator: Option<String>,
    /// The number that people here call, as configured.
    pub service_phone: Option<String>,
    /// Paths of the pages that are there: the front page links no other.
    pub open: Vec<&'static str>,
    /// True in the demo: everything is invented, and the page says so.
    pub demo: bool,
    /// The zone in which times are written.
    pub time_zone: jiff::tz::TimeZone,
    /// The instant for which the page is made, in microseconds since 1970 UTC.
    pub now_us: i64,
}

impl Default for PublicFrame {
    fn default() -> PublicFrame {
        PublicFrame {
            lang: Lang::Zh,
            size: TextSize::Normal,
            path: "/".into(),
            query: Vec::new(),
            operator: None,
            service_phone: None,
            open: Vec::new(),
            demo: false,
            time_zone: jiff::tz::TimeZone::UTC,
            now_us: 0,
        }
    }
}

impl PublicFrame {
    /// The text of the reader's language.
    pub fn pick<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.lang.pick(zh, en)
    }

    /// A [`Text`] in the reader's language; half-width marks of the catalogues become full-width, and digits
    /// that could be a card number are masked.
    pub fn text(&self, text: &Text) -> String {
        match self.lang {
            Lang::Zh => format::mask_cards(&tg_text::chinese_punctuation(&text.zh)),
            Lang::En => format::mask_cards(&text.en),
        }
    }

    /// This page's address with one parameter set.
    fn link_with(&self, key: &str, value: &str) -> String {
        let mut url = self.path.clone();
        let mut mark = '?';
        let kept = self.query.iter().map(|(k, v)| (k.as_str(), v.as_str())).filter(|(k, _)| *k != key);
        for (k, v) in kept.chain([(key, value)]) {
            url += &format!("{mark}{}={}", format::url(k), format::url(&format::mask_cards(v)));
            mark = '&';
        }
        url
    }
}

/// One page, to be put into the frame.
#[derive(Clone, Debug, Default)]
pub struct Page<'a> {
    /// The title in the head of the document.
    pub title: &'a str,
    /// Where the arrow leads back to and what stands beside it; without it the product's name stands there.
    pub back: Option<(&'a str, &'a str)>,
    /// What stands beside the arrow, where it is more than words.
    pub back_markup: Option<Markup>,
    /// What stands in the head bar's place, such as the red head of the stop page, which holds the bar itself.
    pub gate: Option<Markup>,
    /// The page's content.
    pub body: Markup,
    /// The bar under the thumb.
    pub dock: Option<Markup>,
    /// Names of further style sheets.
    pub styles: &'a [&'static str],
    /// Names of scripts.
    pub scripts: &'a [&'static str],
}

/// The page as a whole document.
pub fn page(frame: &PublicFrame, page: Page<'_>) -> Markup {
    let body = html! {
        @if frame.demo {
            p.demo { (frame.pick("演示：商户、银行与卡均为虚构", "Demo: all shops, banks and cards are invented")) }
        }
        @match &page.gate {
            Some(gate) => (gate),
            None => (bar(frame, page.back, page.back_markup.as_ref())),
        }
        main { (page.body) (foot(frame)) }
        @if let Some(dock) = &page.dock { nav.dock { (dock) } }
    };
    let sprite = icons::sprite(&body.0);
    let size = match frame.size {
        TextSize::Normal => "",
        other => other.value(),
    };
    html! {
        (DOCTYPE)
        html lang=(frame.lang.tag()) class=(size) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (page.title) }
                link rel="icon" href=(assets::path("favicon.svg")) type="image/svg+xml";
                link rel="stylesheet" href=(assets::path("public.css"));
                @for name in page.styles { link rel="stylesheet" href=(assets::path(name)); }
                @for name in page.scripts { script src=(assets::path(name)) type="module" {} }
            }
            body.phone { (PreEscaped(&body.0)) (sprite) }
        }
    }
}

/// The bar at the head: name or way back, and the language switch.
pub(super) fn bar(frame: &PublicFrame, back: Option<(&str, &str)>, words_drawn: Option<&Markup>) -> Markup {
    let (other, label) = frame.lang.pick((Lang::En, "English"), (Lang::Zh, "中文"));
    html! {
        header.pbar {
            @match back {
                Some((href, words)) => {
                    a.back href=(href) aria-label=(frame.pick("返回", "Back")) { (icons::icon("back")) }
                    span.where { @match words_drawn { Some(drawn) => (drawn), None => span { (words) } } }
                }
                None => a.name href="/" { (icons::icon("shield")) (frame.pick("POS 安全中心", "Tillguard")) },
            }
            a.lang href=(frame.link_with("lang", other.tag())) lang=(other.tag()) hreflang=(other.tag()) {
                (icons::icon("globe")) (label)
            }
        }
    }
}

fn foot(frame: &PublicFrame) -> Markup {
    let sizes = [
        (TextSize::Normal, "s1", "标准字号", "Normal text"),
        (TextSize::Big, "s2", "大字", "Large text"),
        (TextSize::Bigger, "s3", "特大字", "Largest text"),
    ];
    html! {
        footer.foot.trust {
            @if let Some(operator) = &frame.operator {
                (frame.pick("由", "Run by ")) (operator) (frame.pick("运行", ""))
            }
            @if let Some(phone) = &frame.service_phone {
                @if frame.operator.is_some() { " · " }
                (frame.pick("客服 ", "service ")) (phone_link(phone))
            }
            p.tools {
                @for (size, class, zh, en) in sizes {
                    a.(class) href=(frame.link_with("size", size.value())) aria-label=(frame.pick(zh, en))
                        aria-current=[(frame.size == size).then_some("true")] { (frame.pick("字", "A")) }
                }
            }
        }
    }
}

/// A number to tap.
pub fn phone_link(phone: &str) -> Markup {
    let digits: String = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    html! { a.tel href={ "tel:" (digits) } { (phone) } }
}
