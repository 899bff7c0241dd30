//! "Is this offer a trap?": a text is pasted, an answer comes back with its reasons.
//!
//! Why it exists: "free card machines" and "deposit refunds" reach shops by message. Never repeats a contact, and
//! the text stands in no address and is kept nowhere. Says what was seen and what to do; accuses nobody.

use super::{Page, PublicFrame, STYLES, icon, page, phone_link};
use maud::{Markup, html};
use tg_text::Text;

/// How the text was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferVerdict {
    /// It lures.
    Lure,
    /// Check before acting.
    Suspicious,
    /// Nothing was found.
    Benign,
}

/// One thing seen in the text.
#[derive(Clone, Debug)]
pub struct OfferSign {
    /// What it means.
    pub text: Text,
    /// The words, where they may be shown: never a contact.
    pub words: Option<String>,
}

/// The answer.
#[derive(Clone, Debug)]
pub struct OfferAnswer {
    /// What it looks like.
    pub verdict: OfferVerdict,
    /// What the text itself does.
    pub signs: Vec<OfferSign>,
    /// True if it only speaks of such offers: a warning, a report, a question.
    pub spoken_of: bool,
    /// What to do.
    pub advice: Text,
}

/// The page, with an answer if one was asked for.
pub fn offer(answer: Option<&OfferAnswer>, empty: bool, frame: &PublicFrame) -> Markup {
    let title = frame.pick("办机广告是不是骗局", "Is this offer a trap?");
    let body = html! {
        @match answer {
            Some(answer) => (answered(answer, frame)),
            None => h1 { (title) },
        }
        form method="post" action="/offer" {
            div.field.wrong[empty] {
                label for="text" { @if answer.is_some() { (frame.pick("再查一段", "Check another text")) } @else { (frame.pick("把广告、短信或聊天原文粘贴到这里", "Paste the advert, message or chat here")) } }
                textarea #text name="text" required maxlength="6000" autocomplete="off" aria-describedby="text-hint" {}
                small #text-hint { (frame.pick("只用来判断，不保存。里面的卡号、密码、验证码请先删掉。", "Only looked at, never kept. Take out card numbers, PINs and codes first.")) }
                @if empty { span.wrong-words role="alert" { (frame.pick("还没有内容。", "There is nothing in it yet.")) } }
            }
            button.btn-big.go.full { (icon("search")) (frame.pick("看看是不是圈套", "Check it")) }
        }
        @if answer.is_none() {
            h2.cap { (frame.pick("这些话一出现就要当心", "Beware of these words")) }
            ul.dont {
                @for (zh, en) in [
                    ("“免费领机，先刷 299 激活，刷满返还”", "“Free machine, swipe 299 to activate, paid back later”"),
                    ("“押金可退，扫码填卡号、验证码”", "“Deposit refund: scan and fill in card number and code”"),
                    ("“下载会议软件，共享屏幕帮您办”", "“Install this app and share your screen”"),
                    ("“不看征信、不要执照，套现秒到”", "“No checks, no licence, cash from your credit card”"),
                ] { li { (icon("x")) (frame.pick(zh, en)) } }
            }
        }
        p.later { (frame.pick("要办收款机：到银行网点，或在人民银行公布的支付机构名单里核对后，用官网上的电话联系。", "To get a terminal: go to a bank branch, or check the provider on the central bank’s list and use the number on its own website.")) }
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

fn answered(answer: &OfferAnswer, frame: &PublicFrame) -> Markup {
    let (tone, name, words) = match answer.verdict {
        OfferVerdict::Lure => {
            ("hot", "stop", frame.pick("很像圈套，不要照做", "This looks like a trap: don’t do it"))
        }
        OfferVerdict::Suspicious => ("care", "tri", frame.pick("可疑，先核实", "Suspicious: check first")),
        OfferVerdict::Benign if answer.spoken_of => (
            "good",
            "check",
            frame.pick("这是在提醒或询问骗术", "This warns of such tricks, or asks about them"),
        ),
        OfferVerdict::Benign => ("", "info", frame.pick("没有发现圈套的特征", "No sign of a trap was found")),
    };
    html! {
        section.note.(tone) role="status" {
            h1 { (icon(name)) " " (words) }
            p { (frame.text(&answer.advice)) }
            @if answer.verdict == OfferVerdict::Lure {
                p { (frame.pick("拿不准先问反诈专线：", "Not sure? Ask the anti-fraud line (China): ")) (phone_link("96110")) }
            }
        }
        @if !answer.signs.is_empty() {
            h2.cap { (frame.pick("看到了什么", "What was seen")) }
            ul.sheet.seen {
                @for sign in &answer.signs {
                    li {
                        (frame.text(&sign.text))
                        @if let Some(words) = &sign.words { small { (frame.pick("原文：", "In the text: ")) q { (words) } } }
                    }
                }
            }
        }
    }
}
