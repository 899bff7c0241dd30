//! How the guide ends: stop, a call with everything to tell, or done.
//!
//! Red as a full surface stands on the tamper gate alone. What to tell is ready to copy; what only the shop can
//! read off its machine is a blank to fill in, which never leaves the phone.

use super::{Page, PublicFrame, icon, page};
use maud::{Markup, html};
use tg_text::Text;

/// Whom to call and what to tell.
#[derive(Clone, Debug)]
pub struct Told {
    /// Who is called.
    pub who: Text,
    /// Who calls.
    pub by: Text,
    /// The number, where it is known.
    pub phone: Option<String>,
    /// What they ask for: name, and the value where it is known.
    pub lines: Vec<(Text, Option<String>)>,
}

/// The red head of the stop page.
pub(super) fn gate(frame: &PublicFrame, back: &str, words: &str) -> Markup {
    html! {
        section.gate {
            (super::frame::bar(frame, Some((back, words)), None))
            div {
                (icon("stop"))
                h1 { (frame.pick("停用这台机器", "Stop using this machine")) }
                p { (frame.pick("原因查明前，按被人动过处理。", "Until the reason is known, treat it as if somebody had handled it.")) }
            }
        }
    }
}

/// What to do and not to do with a machine that must not be used.
pub(super) fn orders(frame: &PublicFrame, tamper: bool, guards: &[Text]) -> Markup {
    let order = |name: &str, zh: (&str, &str), en: (&str, &str)| {
        let (head, more) = frame.lang.pick(zh, en);
        html! { li { (icon(name)) div { b { (head) } span { (more) } } } }
    };
    html! {
        @if !tamper { h1 { (frame.pick("先停用这台机器", "Stop using this machine for now")) } }
        ol.orders {
            @if tamper {
                (order(
                    "posx",
                    ("不再用它收款", "换一台没有报警的机器"),
                    ("Take no more payments on it", "Use a machine that shows no alarm"),
                ))
            } @else {
                (order(
                    "posx",
                    ("不再用它收款", "换一台正常的机器"),
                    ("Take no more payments on it", "Use a machine that works"),
                ))
            }
            @if tamper {
                (order(
                    "nopower",
                    ("不要重启、关机、拆开", "机器里的报警记录是证据"),
                    ("Don’t restart, switch off or open it", "The alarm’s record inside is evidence"),
                ))
            } @else {
                (order(
                    "nopower",
                    ("保持原样", "不要恢复出厂，不要按提示下载主密钥"),
                    ("Leave it as it is", "No factory reset, no master key download even if the screen asks for it"),
                ))
            }
            (order(
                "hand",
                ("不要交给上门的人", "也不要找网上“解锁”，等收单机构通知"),
                ("Don’t hand it to a visitor", "No “unlock” services; wait for the acquirer’s word"),
            ))
        }
        @if tamper {
            h2.cap { (frame.pick("拍照留证", "Photos to take")) }
            ul.shots {
                @for (zh, en) in [("屏幕", "Screen"), ("机身和封签", "Case and seals"), ("插卡口", "Card slot")] {
                    li { label { (icon("camera")) (frame.pick(zh, en))
                        input type="file" accept="image/*" capture="environment" data-shot hidden; } }
                }
            }
            p.source { (frame.pick("照片只在您的手机里，本页不上传。不要拍到客户的卡和密码。", "Photos stay on your phone; this page sends nothing. No customer’s card or PIN in the picture.")) }
        } @else if !guards.is_empty() {
            ul.dont { @for guard in guards { li { (icon("noswipe")) (frame.text(guard)) } } }
        }
    }
}

/// Whom to call and what to tell.
pub(super) fn told(frame: &PublicFrame, told: Option<&Told>, tamper: bool) -> Markup {
    let Some(told) = told else { return html! {} };
    html! {
        h2.cap { (frame.pick("打电话时报这些", "What to tell on the phone")) }
        section.told.sheet {
            p.who {
                b.grow { (frame.text(&told.who)) }
                button.textlink.flat type="button" hidden data-copy="#told" data-done=(frame.pick("已复制", "Copied")) {
                    (icon("copy")) span { (frame.pick("复制全部", "Copy all")) }
                }
            }
            p.source { (frame.text(&told.by)) }
            dl.pairs #told {
                @for (label, value) in &told.lines {
                    dt { (frame.text(label)) }
                    dd {
                        @match value {
                            Some(value) => (value),
                            None => input.blank data-fill aria-label=(frame.text(label)) autocomplete="off"
                                placeholder=(frame.pick("看机器或小票", "from machine or slip"));,
                        }
                    }
                }
            }
            p.source { (frame.pick("填写的内容只留在您的手机里。不要报整张卡号、密码或卡背三位数。", "What you fill in stays on your phone. Never tell a whole card number, a PIN or the three digits on the back.")) }
        }
        @if tamper {
            a.textlink.bad href="tel:110" { (icon("tri")) (frame.pick("有被拆或加装的痕迹？同时打 110 报警", "Opened, or something added? Call the police (110) too")) }
        }
        p { button.textlink.flat type="button" hidden data-print { (icon("print")) (frame.pick("打印或存为 PDF", "Print or save as PDF")) } }
    }
}

/// What the page after 好了 shows.
#[derive(Clone, Debug)]
pub struct GuideDone {
    /// The step that helped.
    pub helped: Option<Text>,
    /// What is known of the money.
    pub money: Text,
    /// Where the arrow leads back to.
    pub back: String,
}

/// The page after 好了.
pub fn guide_done(view: &GuideDone, frame: &PublicFrame) -> Markup {
    let body = html! {
        section.answer {
            h1 { (frame.pick("好，可以继续营业了", "Good, back to work")) }
            @if let Some(helped) = &view.helped {
                p.lead { (frame.pick("起作用的是：", "What helped: ")) (frame.text(helped)) }
            }
        }
        section.note.care {
            p { (frame.text(&view.money)) }
        }
        ul.later {
            li { (frame.pick("把时间、代码和做过的步骤记在交接本上。", "Note the time, the code and what you did in the shift book.")) }
            li { (frame.pick("同一个提示一天出现两次以上，请告诉收单机构。", "If the same message comes more than twice a day, tell the acquirer.")) }
        }
    };
    let title = frame.pick("好了", "Done");
    let dock = html! { a.btn-big.whole href="/guide" { (frame.pick("回到开头", "Back to the start")) } };
    page(
        frame,
        Page {
            title,
            back: Some((&view.back, title)),
            body,
            dock: Some(dock),
            scripts: &["public.js"],
            ..Page::default()
        },
    )
}
