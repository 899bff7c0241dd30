//! Markup for the live stream.
//!
//! Why it exists: a server-sent event's `data` ends at a line break, so a fragment must be one line; and a
//! page that has lost its stream must say so, or its figures look current.

use crate::frame::Frame;
use maud::{Markup, html};

/// The markup without line breaks, ready to stand behind `data: `. Text inside a page never needs one.
pub fn one_line(markup: &Markup) -> String {
    markup.0.replace(['\r', '\n'], " ")
}

/// The chip that says whether the page is live, paused or has lost its stream. `live.js` shows it.
pub(crate) fn state(frame: &Frame) -> Markup {
    let live = frame.pick("实时", "Live");
    html! {
        span.chip.ok.needs-script data-live-state hidden role="status" data-live=(live)
            data-paused=(frame.pick("已暂停", "Paused"))
            data-lost=(frame.pick("连接中断，正在重连", "Connection lost, retrying")) { (live) }
    }
}
