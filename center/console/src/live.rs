//! Markup for the live stream.
//!
//! Why it exists: a server-sent event's `data` ends at a line break, so a fragment must be one line.

use maud::Markup;

/// The markup without line breaks, ready to stand behind `data: `. Text inside a page never needs one.
pub fn one_line(markup: &Markup) -> String {
    markup.0.replace(['\r', '\n'], " ")
}
