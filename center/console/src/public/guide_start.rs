//! The guide's first page: what does the screen say? By words, by code, by a picture of the common ones.
//!
//! The code is asked for first: with a code, 安全处理失败 is one routine at the host; without one it is a cover
//! for causes of every kind. Never repeats what was typed: it may be a card number.

use super::{Page, PublicFrame, icon, page};
use maud::{Markup, html};
use tg_text::Text;

/// What the guide's first page shows.
#[derive(Clone, Debug, Default)]
pub struct GuideStart {
    /// Words were sent that are not among the known ones.
    pub not_found: bool,
    /// What was sent can't be a code or words of a screen (a card number, for one); what to do.
    pub refused: Option<Text>,
    /// Known messages that are near: words and address.
    pub near: Vec<(Text, String)>,
    /// Address of “none of these”.
    pub none_of_these: String,
    /// Address of the customer's guide.
    pub as_customer: String,
    /// Common messages: tile and address.
    pub tiles: Vec<(Tile, String)>,
    /// Symptoms for a machine that shows nothing: words and address.
    pub signs: Vec<(Text, String)>,
    /// Common codes: code, words, address.
    pub codes: Vec<(&'static str, Text, String)>,
}

/// One common message.
#[derive(Clone, Debug)]
pub struct Tile {
    /// Its icon.
    pub icon: &'static str,
    /// The words.
    pub words: Text,
    /// The one thing not to get wrong.
    pub hint: Text,
    /// `care` (find out first), `hot` (stop) or empty.
    pub tone: &'static str,
}

/// The page.
pub fn guide_start(view: &GuideStart, frame: &PublicFrame) -> Markup {
    let body = html! {
        h1 { (frame.pick("机器上显示什么？", "What does the screen say?")) }
        @if let Some(refused) = &view.refused { p.note.care role="alert" { (frame.text(refused)) } }
        @if view.not_found { (not_found(view, frame)) }
        form role="search" action="/guide" method="post" {
            div.typein {
                (icon("search"))
                input type="search" name="message" aria-label=(frame.pick("屏幕上的字", "The words on the screen"))
                    placeholder=(frame.pick("照着屏幕上的字输入", "Type the words as they stand"))
                    autocomplete="off" enterkeyhint="search" maxlength="60";
                button { (frame.pick("查找", "Find")) }
            }
            div.code {
                label for="code" {
                    b { (frame.pick("有代码吗？", "Is there a code?")) }
                    small { (frame.pick("屏幕或小票上，如 A7、91", "On the screen or slip, such as A7 or 91")) }
                }
                input #code name="code" placeholder=(frame.pick("代码", "Code")) maxlength="6"
                    autocapitalize="characters" autocomplete="off" spellcheck="false";
                button aria-label=(frame.pick("按代码查找", "Find by code")) { (icon("arrow")) }
            }
        }
        p.resume hidden data-resume { a.textlink href="/guide" { (icon("sign")) (frame.pick("接着上次的步骤", "Go on where you left off")) } }
        h2.cap { (frame.pick("常见提示", "Common messages")) }
        ul.msgs {
            @for (tile, href) in &view.tiles {
                li { a.(tile.tone) href=(href) {
                    (icon(tile.icon)) b { (frame.text(&tile.words)) } small { (frame.text(&tile.hint)) }
                } }
            }
        }
        h2.cap { (frame.pick("常见代码", "Common codes")) }
        ul.codes {
            @for (code, words, href) in &view.codes {
                li { a href=(href) { b.m { (code) } span { (frame.text(words)) } } }
            }
        }
        h2.cap { (frame.pick("没有提示，看现象", "No message? What do you see?")) }
        p.signs { @for (words, href) in &view.signs { a href=(href) { (frame.text(words)) } } }
        p.foot.own {
            a.textlink.calm href=(view.none_of_these) { (frame.pick("都不是", "None of these")) (icon("next")) }
            a.textlink.calm href=(view.as_customer) { (frame.pick("我是顾客", "I am a customer")) (icon("next")) }
        }
    };
    let title = frame.pick("机器上显示什么？", "What does the screen say?");
    let back = Some(("/", frame.pick("机器报错", "The machine shows an error")));
    page(frame, Page { title, back, body, scripts: &["public.js"], ..Page::default() })
}

fn not_found(view: &GuideStart, frame: &PublicFrame) -> Markup {
    html! {
        section.note.care role="alert" {
            b { (frame.pick("没认出这几个字。", "These words are not among the known ones.")) }
            @if view.near.is_empty() {
                p { (frame.pick(
                    "看看屏幕角落或小票上有没有代码；没有就选“都不是”。不要凭猜测处理，也不要再收一次款。",
                    "Look for a code in the corner of the screen or on the slip; if there is none, choose “None of these”. Don’t act on a guess and don’t take the payment again.",
                )) }
            } @else {
                p { (frame.pick("是不是这一条？", "Is it one of these?")) }
                ul.choices { @for (words, href) in &view.near { li { a.btn-big href=(href) { (frame.text(words)) } } } }
            }
        }
    }
}
