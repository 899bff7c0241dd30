//! Icons: one sprite a page, drawn from the mocks' symbols, used by name.
//!
//! Why it exists: no icon font, no request, and a colour that follows the text. Every icon stands beside
//! words, so all are hidden from screen readers.

use maud::{Markup, PreEscaped, html};

/// Name and drawing, on a 24 by 24 grid.
const ICONS: &[(&str, &str)] = &[
    (
        "shield",
        r#"<path d="M12 3l7.5 3v5.5c0 4.6-3.1 7.9-7.5 9.5-4.4-1.6-7.5-4.9-7.5-9.5V6z"/><path d="M8.8 12l2.3 2.3 4.2-4.6"/>"#,
    ),
    ("bars", r#"<path d="M5 20v-7M10 20V6M15 20V10M20 20v-5"/>"#),
    ("pulse", r#"<path d="M3 12.5h4l2.5-7 4.5 13 2.5-6H21"/>"#),
    ("tri", r#"<path d="M12 4.2L3 19.5h18z"/><path d="M12 10v4.5M12 16.9v.1"/>"#),
    (
        "pos",
        r#"<rect x="6.5" y="3" width="11" height="18" rx="2"/><path d="M9.5 6.5h5v4h-5zM9.7 14h.1M12 14h.1M14.3 14h.1M9.7 17.2h.1M12 17.2h.1M14.3 17.2h.1"/>"#,
    ),
    ("circx", r#"<circle cx="12" cy="12" r="8.5"/><path d="M9.3 9.3l5.4 5.4M14.7 9.3l-5.4 5.4"/>"#),
    ("list", r#"<path d="M4 6.5h16M4 12h16M4 17.5h10"/>"#),
    ("search", r#"<circle cx="11" cy="11" r="6.5"/><path d="M20 20l-4.3-4.3"/>"#),
    (
        "globe",
        r#"<circle cx="12" cy="12" r="8.5"/><path d="M3.5 12h17M12 3.5c2.6 2.5 3.8 5.3 3.8 8.5s-1.2 6-3.8 8.5C9.4 18 8.2 15.2 8.2 12S9.4 6 12 3.5z"/>"#,
    ),
    ("next", r#"<path d="M9 5l7 7-7 7"/>"#),
    ("arrow", r#"<path d="M4 12h15M14 7l5 5-5 5"/>"#),
    ("info", r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 11.3V16M12 8v.1"/>"#),
    ("check", r#"<path d="M5 12.5l4.5 4.5L19 7.5"/>"#),
    ("x", r#"<path d="M6.5 6.5l11 11M17.5 6.5l-11 11"/>"#),
    ("down", r#"<path d="M6 9l6 6 6-6"/>"#),
    ("noswipe", r#"<circle cx="12" cy="12" r="8.5"/><path d="M6 6l12 12"/>"#),
    (
        "copy",
        r#"<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M15 5.8A1.8 1.8 0 0 0 13.2 4H5.8A1.8 1.8 0 0 0 4 5.8v7.4A1.8 1.8 0 0 0 5.8 15"/>"#,
    ),
    (
        "phone",
        r#"<path d="M6.5 3.8h2.8l1.5 4.2-2 1.6a12 12 0 0 0 5.6 5.6l1.6-2 4.2 1.5v2.8a2.2 2.2 0 0 1-2.4 2.2A16.2 16.2 0 0 1 4.3 6.2a2.2 2.2 0 0 1 2.2-2.4z"/>"#,
    ),
    (
        "ask",
        r#"<circle cx="12" cy="12" r="8.5"/><path d="M9.6 9.6a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.2.9-1.2 1.7M12 16.4v.1"/>"#,
    ),
    ("pause", r#"<path d="M8.5 5.5v13M15.5 5.5v13"/>"#),
    ("doc", r#"<path d="M6 3.5h8L18.5 8v12.5H6zM13.8 3.5V8.2h4.7M9 12.5h6M9 16h6"/>"#),
    ("clock", r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5.3l3.4 2"/>"#),
    ("bell", r#"<path d="M6.5 16.5V11a5.5 5.5 0 0 1 11 0v5.5l1.5 2H5zM10.2 21h3.6"/>"#),
    (
        "broken",
        r#"<path d="M6 3.5h8L18.5 8v3M6 3.5v7M13.8 3.5V8.2h4.7M4 14l3-2 3 3 4-3 3 3 3-2M6 17v3.5h12.5V17"/>"#,
    ),
    ("gauge", r#"<path d="M4.2 18a9 9 0 1 1 15.6 0M12 14.5l4-5"/><circle cx="12" cy="14.5" r="1.5"/>"#),
    ("play", r#"<path d="M8 5.5l10 6.5-10 6.5z"/>"#),
    ("undo", r#"<path d="M8.5 5L4 9.5 8.5 14M4 9.5h10a5 5 0 0 1 0 10h-3"/>"#),
    (
        "link",
        r#"<path d="M10 14a4 4 0 0 0 5.7 0l3.1-3.1a4 4 0 0 0-5.7-5.7L12 6.3M14 10a4 4 0 0 0-5.7 0l-3.1 3.1a4 4 0 0 0 5.7 5.7L12 17.7"/>"#,
    ),
    ("stop", r#"<path d="M8.3 3.5h7.4l4.8 4.8v7.4l-4.8 4.8H8.3l-4.8-4.8V8.3zM12 8v5M12 16v.1"/>"#),
];

/// An icon of the sprite.
pub(crate) fn icon(name: &str) -> Markup {
    debug_assert!(ICONS.iter().any(|(n, _)| *n == name), "no icon {name}");
    html! { svg.i aria-hidden="true" { use href={ "#i-" (name) } {} } }
}

/// The sprite itself, once a page.
pub(crate) fn sprite() -> Markup {
    html! {
        svg.sprite aria-hidden="true" {
            @for (name, drawing) in ICONS {
                symbol id={ "i-" (name) } viewBox="0 0 24 24" { (PreEscaped(*drawing)) }
            }
        }
    }
}
