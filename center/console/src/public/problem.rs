//! Pages for what can't be answered: no such page, too often, too large, from elsewhere.
//!
//! Each says what happened and what to do, in the reader's language; none repeats what was sent.

use super::{Page, PublicFrame, page, phone_link};
use maud::{Markup, html};
use tg_text::Text;

/// No page of that name.
pub fn not_found(frame: &PublicFrame) -> Markup {
    let title = Text::fixed("没有这个页面", "There is no such page");
    let steps =
        [Text::fixed("回到首页，从九个问题里选一个。", "Go back to the front page and choose a question.")];
    refused(frame, &title, &steps)
}

/// A request that was not answered, and what to do instead.
pub fn refused(frame: &PublicFrame, title: &Text, steps: &[Text]) -> Markup {
    let title = frame.text(title);
    let body = html! {
        h1 { (title) }
        ul.later { @for step in steps { li { (frame.text(step)) } } }
        @if let Some(phone) = &frame.service_phone {
            p.note { (frame.pick("急事请打客服：", "In a hurry? Call service: ")) (phone_link(phone)) }
        }
    };
    let back = Some(("/", frame.pick("首页", "Front page")));
    page(frame, Page { title: &title, back, body, ..Page::default() })
}
