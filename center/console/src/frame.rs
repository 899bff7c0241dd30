//! The frame around every page: head, side bar, search, language and time zone, foot.
//!
//! Why it exists: what stands on every page stands once. Never reads a clock or a request: the server
//! fills [`Frame`].

use crate::{assets, format, icons, words};
use maud::{DOCTYPE, Markup, html};
use tg_text::Lang;

/// The policy that every HTML answer carries; every page loads under it without a violation.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What every page needs to know beside its own data.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The viewer's language.
    pub lang: Lang,
    /// The viewer's time zone.
    pub time_zone: jiff::tz::TimeZone,
    /// True if the viewer chose the zone (cookie `tg_tz`); otherwise the browser's zone replaces it.
    pub time_zone_chosen: bool,
    /// The instant for which the page is made, in microseconds since 1970 UTC.
    pub now_us: i64,
    /// Path of this page without its query, such as `/payments`.
    pub path: String,
    /// The query's parameters without `lang` and `tz`, decoded: kept by the switches.
    pub query: Vec<(String, String)>,
    /// True in the demo: everything on the page is simulated, and the page says so.
    pub demo: bool,
    /// Story seconds in a second, if "now" is a story's.
    pub story_speed: Option<f64>,
    /// Feeds that deliver, and all feeds.
    pub feeds_live: (u32, u32),
    /// Log time of the last message.
    pub last_message_us: Option<i64>,
    /// Open findings, for the side bar.
    pub findings_open: u64,
    /// Frames of the last 60 minutes that could not be decoded, for the side bar.
    pub undecoded: u64,
    /// Outages that last, for the side bar.
    pub outages_open: u64,
    /// Version of the program.
    pub version: String,
}

impl Default for Frame {
    fn default() -> Frame {
        Frame {
            lang: Lang::Zh,
            time_zone: jiff::tz::TimeZone::UTC,
            time_zone_chosen: false,
            now_us: 0,
            path: "/".into(),
            query: Vec::new(),
            demo: false,
            story_speed: None,
            feeds_live: (0, 0),
            last_message_us: None,
            findings_open: 0,
            undecoded: 0,
            outages_open: 0,
            version: String::new(),
        }
    }
}

/// The rooms of the side bar.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    Overview,
    Payments,
    Failed,
    Findings,
    Terminals,
    Undecoded,
    Outages,
    Health,
    None,
}

impl Frame {
    /// The text of the viewer's language.
    pub(crate) fn pick<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.lang.pick(zh, en)
    }

    /// A [`tg_text::Text`] in the viewer's language; half-width marks of the catalogues become full-width.
    pub(crate) fn text(&self, text: &tg_text::Text) -> String {
        match self.lang {
            Lang::Zh => format::mask_cards(&tg_text::chinese_punctuation(&text.zh)),
            Lang::En => format::mask_cards(&text.en),
        }
    }

    fn link_with(&self, key: &str, value: &str) -> String {
        let mut url = self.path.clone();
        let mut mark = '?';
        for (k, v) in self.query.iter().filter(|(k, _)| k != "lang" && k != "tz") {
            url += &format!("{mark}{}={}", format::url(k), format::url(&format::mask_cards(v)));
            mark = '&';
        }
        url + &format!("{mark}{key}={}", format::url(value))
    }
}

/// A whole page: `body` inside the frame.
pub(crate) fn page(frame: &Frame, room: Room, title: &str, live: Option<&str>, body: Markup) -> Markup {
    let name = frame.pick("POS 安全中心", "Tillguard");
    html! {
        (DOCTYPE)
        html lang=(frame.lang.tag()) data-zone=(frame.time_zone.iana_name().unwrap_or("UTC"))
            data-zone-chosen[frame.time_zone_chosen] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="same-origin";
                title { (title) " · " (name) }
                link rel="icon" type="image/svg+xml" href=(assets::path("favicon.svg"));
                link rel="stylesheet" href=(assets::path("base.css"));
                link rel="stylesheet" href=(assets::path("rooms.css"));
                @for script in ["live.js", "copy.js", "keys.js", "time.js"] {
                    script type="module" src=(assets::path(script)) {}
                }
            }
            body.desk data-live=[live] {
                a.skip href="#main" { (frame.pick("跳到正文", "Skip to content")) }
                (side(frame, room, name))
                main id="main" {
                    (top(frame))
                    (body)
                    (foot(frame))
                }
                (icons::sprite())
            }
        }
    }
}

fn side(frame: &Frame, room: Room, name: &str) -> Markup {
    let entry = |this: Room, href: &str, icon: &str, zh: &str, en: &str, badge: u64| {
        let label = frame.pick(zh, en);
        html! {
            a href=(href) aria-current=[(room == this).then_some("page")] title=(label) {
                (icons::icon(icon)) span { (label) }
                @if badge > 0 { b { (format::short_count(badge)) } }
            }
        }
    };
    html! {
        nav.side aria-label=(frame.pick("主导航", "Main")) {
            a.name href="/" aria-label=(name) { (icons::icon("shield")) span { (name) } }
            h2 { (frame.pick("监控", "Watch")) }
            (entry(Room::Overview, "/", "bars", "总览", "Overview", 0))
            (entry(Room::Payments, "/payments", "pulse", "交易流", "Payments", 0))
            (entry(Room::Findings, "/findings", "tri", "风险发现", "Findings", frame.findings_open))
            (entry(Room::Terminals, "/terminals", "pos", "终端", "Terminals", 0))
            h2 { (frame.pick("处置", "Respond")) }
            (entry(Room::Failed, "/payments?outcome=failed", "circx", "失败诊断", "Failed payments", 0))
            (entry(Room::Outages, "/outages", "link", "故障定位", "Outages", frame.outages_open))
            (entry(Room::Undecoded, "/undecoded", "broken", "未解报文", "Undecoded", frame.undecoded))
            a href="/reports" title=(frame.pick("现场报告", "Reports")) { (icons::icon("ask")) span { (frame.pick("现场报告", "Reports")) } }
            a href="/codes" title=(frame.pick("收款码登记", "Payment codes")) { (icons::icon("check")) span { (frame.pick("收款码登记", "Payment codes")) } }
            h2 { (frame.pick("系统", "System")) }
            (entry(Room::Health, "/health", "gauge", "运行状态", "Health", 0))
            div.me { (light(frame)) }
        }
    }
}

/// The small light at the foot of the side bar: whether messages arrive.
fn light(frame: &Frame) -> Markup {
    let (live, all) = frame.feeds_live;
    let (class, words) = match (live, all) {
        (_, 0) => ("off", frame.pick("没有接入", "No feed").to_string()),
        (0, _) => ("bad", frame.pick("接入全部中断", "All feeds silent").to_string()),
        (l, a) if l < a => (
            "warn",
            frame
                .lang
                .pick(format!("{a} 路接入，{} 路中断", a - l), format!("{} of {a} feeds silent", a - l)),
        ),
        (_, a) => (
            "ok",
            frame
                .lang
                .pick(format!("{a} 路接入正常"), format!("{a} feed{} live", if a == 1 { "" } else { "s" })),
        ),
    };
    html! {
        a.light.(class) href="/health" title=(words) {
            (icons::icon(match class { "ok" => "check", "off" => "ask", _ => "x" }))
            span { (words) @if frame.demo { " · " (frame.pick("演示", "demo")) } }
        }
    }
}

fn top(frame: &Frame) -> Markup {
    let hint =
        frame.pick("终端号、参考号、卡号后四位、应答码", "Terminal, reference, last four digits, code");
    let (other, tag, label) = frame.lang.pick((Lang::En, "en", "English"), (Lang::Zh, "zh-CN", "中文"));
    html! {
        header.top {
            form.find action="/search" method="get" role="search" {
                (icons::icon("search"))
                input type="search" name="q" placeholder=(hint) aria-label=(frame.pick("搜索", "Search"))
                    autocomplete="off" maxlength="64" data-search;
                kbd aria-hidden="true" { "/" }
            }
            span.grow {}
            @if let Some(speed) = frame.story_speed {
                span.story {
                    (frame.pick("故事时间 ", "story time "))
                    (format::time(frame, frame.now_us, format::Style::Minute))
                    (frame.lang.pick(format!("，{speed} 倍"), format!(", {speed}x")))
                }
            }
            a.btn.quiet href=(frame.link_with("lang", other.tag())) lang=(tag) hreflang=(tag) {
                (icons::icon("globe")) (label)
            }
        }
    }
}

fn foot(frame: &Frame) -> Markup {
    let zone = words::zone_name(frame);
    html! {
        footer.foot {
            p {
                (frame.pick("时间按", "Times in ")) b { (zone) } (frame.pick("显示", "")) " · "
                (frame.pick("截至 ", "as of ")) (format::time(frame, frame.now_us, format::Style::DateTime)) " · UTC "
                span.n { (format::utc(frame.now_us, format::Style::DateTime)) }
            }
            p.zones {
                @for (value, zh, en) in [("auto", "本机时区", "My zone"), ("Asia/Shanghai", "北京时间", "Beijing"), ("UTC", "UTC", "UTC")] {
                    a href=(frame.link_with("tz", value)) { (frame.pick(zh, en)) }
                }
                @if !frame.version.is_empty() { span { "Tillguard " (frame.version) } }
            }
        }
    }
}

/// The row above a title: where we are, and chips of state.
pub(crate) fn crumb(frame: &Frame, room: (&str, &str, &str), here: Option<&str>, chips: Markup) -> Markup {
    let (href, zh, en) = room;
    html! {
        nav.crumb aria-label=(frame.pick("位置", "Breadcrumb")) {
            @if let Some(here) = here {
                a href=(href) { (frame.pick(zh, en)) }
                (icons::icon("next"))
                span.n { (here) }
            }
            (chips)
        }
    }
}
