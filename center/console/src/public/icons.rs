//! Icons of the public pages: only the ones that a page uses are sent with it.
//!
//! Drawn from the mocks' symbols; every icon stands beside words, so all are hidden from screen readers.

use maud::{Markup, PreEscaped, html};

/// Name and drawing, on a 24 by 24 grid.
#[rustfmt::skip]
const ICONS: &[(&str, &str)] = &[
    ("arrow", r#"<path d="M4 12h15M14 7l5 5-5 5"/>"#),
    ("back", r#"<path d="M15 5l-7 7 7 7"/>"#),
    ("camera", r#"<path d="M4 9a1.8 1.8 0 0 1 1.8-1.8H8L9.5 5h5L16 7.2h2.2A1.8 1.8 0 0 1 20 9v8.2a1.8 1.8 0 0 1-1.8 1.8H5.8A1.8 1.8 0 0 1 4 17.2z"/><circle cx="12" cy="13" r="3.3"/>"#),
    ("cardx", r#"<path d="M12 19H5.5A2.5 2.5 0 0 1 3 16.5v-9A2.5 2.5 0 0 1 5.5 5h13A2.5 2.5 0 0 1 21 7.5V12M3 10h18M15.5 15.5l5 5M20.5 15.5l-5 5"/>"#),
    ("check", r#"<path d="M5 12.5l4.5 4.5L19 7.5"/>"#),
    ("clock", r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 7.2V12l3.2 2"/>"#),
    ("copy", r#"<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M15 5.8A1.8 1.8 0 0 0 13.2 4H5.8A1.8 1.8 0 0 0 4 5.8v7.4A1.8 1.8 0 0 0 5.8 15"/>"#),
    ("down", r#"<path d="M6 9l6 6 6-6"/>"#),
    ("eye", r#"<path d="M2.5 12S6 5.8 12 5.8 21.5 12 21.5 12 18 18.2 12 18.2 2.5 12 2.5 12z"/><circle cx="12" cy="12" r="2.8"/>"#),
    ("globe", r#"<circle cx="12" cy="12" r="8.5"/><path d="M3.5 12h17M12 3.5c2.6 2.5 3.8 5.3 3.8 8.5s-1.2 6-3.8 8.5C9.4 18 8.2 15.2 8.2 12S9.4 6 12 3.5z"/>"#),
    ("hand", r#"<circle cx="10" cy="8" r="3.6"/><path d="M3.5 20c.6-3.8 3.1-5.8 6.5-5.8 1.5 0 2.9.4 4 1.2M16 15.5l5 5M21 15.5l-5 5"/>"#),
    ("horn", r#"<path d="M4 10v4h3l8 5V5l-8 5zM18.3 9a4.2 4.2 0 0 1 0 6"/>"#),
    ("lock", r#"<rect x="5" y="11" width="14" height="9.5" rx="2"/><path d="M8 11V8a4 4 0 0 1 8 0v3M12 14.3v2.4"/>"#),
    ("next", r#"<path d="M9 5l7 7-7 7"/>"#),
    ("nopower", r#"<path d="M12 3.5v7M7.3 7.2a7 7 0 1 0 9.4 0M4 4l16 16"/>"#),
    ("noswipe", r#"<circle cx="12" cy="12" r="8.5"/><path d="M6 6l12 12"/>"#),
    ("offline", r#"<path d="M12 4v9.5M8.5 10l3.5 3.5 3.5-3.5M5 15.5V18a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2v-2.5"/>"#),
    ("phone", r#"<path d="M6.5 3.8h2.8l1.5 4.2-2 1.6a12 12 0 0 0 5.6 5.6l1.6-2 4.2 1.5v2.8a2.2 2.2 0 0 1-2.4 2.2A16.2 16.2 0 0 1 4.3 6.2a2.2 2.2 0 0 1 2.2-2.4z"/>"#),
    ("pos", r#"<rect x="6.5" y="3" width="11" height="18" rx="2"/><path d="M9.5 6.5h5v4h-5zM9.7 14h.1M12 14h.1M14.3 14h.1M9.7 17.2h.1M12 17.2h.1M14.3 17.2h.1"/>"#),
    ("posx", r#"<path d="M17.5 11V5a2 2 0 0 0-2-2h-7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2H12M9.5 6.5h5v4h-5zM9.7 14h.1M12 14h.1M15.5 15.5l5 5M20.5 15.5l-5 5"/>"#),
    ("qr", r#"<path d="M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2.5v2.5M20 14v.1M20 17.5V20h-2.5M14 20v-.1"/>"#),
    ("receipt", r#"<path d="M6 3.5h12v17l-3-1.8-3 1.8-3-1.8-3 1.8z"/><path d="M9.3 7.5L12 11l2.7-3.5M12 11v4.6M9.6 12.4h4.8"/>"#),
    ("search", r#"<circle cx="11" cy="11" r="6.5"/><path d="M20 20l-4.3-4.3"/>"#),
    ("sheet", r#"<path d="M6 3.5h8L18.5 8v12.5H6zM13.8 3.5V8.2h4.7M9 13.8l2 2 3.8-4"/>"#),
    ("shield", r#"<path d="M12 3l7.5 3v5.5c0 4.6-3.1 7.9-7.5 9.5-4.4-1.6-7.5-4.9-7.5-9.5V6z"/><path d="M8.8 12l2.3 2.3 4.2-4.6"/>"#),
    ("shieldx", r#"<path d="M12 3l7.5 3v5.5c0 4.6-3.1 7.9-7.5 9.5-4.4-1.6-7.5-4.9-7.5-9.5V6z"/><path d="M9.5 9.5l5 5M14.5 9.5l-5 5"/>"#),
    ("sign", r#"<path d="M4.5 11a7.8 7.8 0 0 1 13.4-4.6L20 8.6M20 4v4.6h-4.6M19.5 13a7.8 7.8 0 0 1-13.4 4.6L4 15.4M4 20v-4.6h4.6"/>"#),
    ("stop", r#"<path d="M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3z"/><path d="M12 7.5v5.7M12 16.4v.1"/>"#),
    ("store", r#"<path d="M4 9.5L5.5 4h13L20 9.5a2.67 2.67 0 0 1-5.33 0 2.67 2.67 0 0 1-5.34 0A2.67 2.67 0 0 1 4 9.5zM5.5 12.5V20h13v-7.5M10 20v-4.5h4V20"/>"#),
    ("tri", r#"<path d="M12 4.2L3 19.5h18z"/><path d="M12 10v4.5M12 16.9v.1"/>"#),
    ("x", r#"<path d="M6.5 6.5l11 11M17.5 6.5l-11 11"/>"#),
    ("print", r#"<path d="M7 9V4h10v5M7 17H4.5v-5.5A2.5 2.5 0 0 1 7 9h10a2.5 2.5 0 0 1 2.5 2.5V17H17M7 14.5h10V20H7z"/>"#),
    ("bag", r#"<path d="M5 8.5h14l1 12H4zM8.5 11V7a3.5 3.5 0 0 1 7 0v4"/>"#),
    ("ask", r#"<circle cx="12" cy="12" r="8.5"/><path d="M9.6 9.6a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.2.9-1.2 1.7M12 16.4v.1"/>"#),
    ("info", r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 11.3V16M12 8v.1"/>"#),
    ("wallet", r#"<path d="M4 7.5A2.5 2.5 0 0 1 6.5 5H18v3.5M4 7.5V17a2.5 2.5 0 0 0 2.5 2.5H20v-11H6.5A1.5 1.5 0 0 1 4 7.5zM16 14h.1"/>"#),
];

/// An icon.
pub fn icon(name: &str) -> Markup {
    debug_assert!(ICONS.iter().any(|(n, _)| *n == name), "no icon {name}");
    html! { svg.i aria-hidden="true" { use href={ "#i-" (name) } {} } }
}

/// The drawings that this markup uses.
pub(super) fn sprite(markup: &str) -> Markup {
    let used = ICONS.iter().filter(|(name, _)| markup.contains(&format!("\"#i-{name}\"")));
    html! {
        svg.sprite aria-hidden="true" {
            @for (name, drawing) in used {
                symbol id={ "i-" (name) } viewBox="0 0 24 24" { (PreEscaped(*drawing)) }
            }
        }
    }
}
