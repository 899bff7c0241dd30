//! Tags and the text between them: XML as far as statements use it, and the SGML of OFX 1 that closes nothing.
//!
//! Why it exists: one small reader for three formats; it resolves no entity beyond the five of XML and numbers,
//! so no document can grow or reach outside. Never fails: what is no tag is text.

/// What stands in a document, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// `<name attributes>` or `<name/>`: name without its namespace, attributes as they stand.
    Open(&'a str, &'a str, bool),
    /// `</name>`.
    Close(&'a str),
    /// Text between tags, entities as they stand.
    Text(&'a str),
}

/// The pieces of a document.
pub fn pieces(document: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = document;
    std::iter::from_fn(move || {
        loop {
            if rest.is_empty() {
                return None;
            }
            let Some(open) = rest.find('<') else {
                return Some(Piece::Text(std::mem::take(&mut rest)));
            };
            if open > 0 {
                let (text, behind) = rest.split_at(open);
                rest = behind;
                return Some(Piece::Text(text));
            }
            if let Some(comment) = rest.strip_prefix("<!--") {
                rest = comment.find("-->").map_or("", |e| &comment[e + 3..]);
                continue;
            }
            let Some(end) = rest.find('>') else {
                return Some(Piece::Text(std::mem::take(&mut rest)));
            };
            let inside = &rest[1..end];
            rest = &rest[end + 1..];
            if inside.starts_with(['!', '?']) {
                continue;
            }
            if let Some(name) = inside.strip_prefix('/') {
                return Some(Piece::Close(local(name.trim())));
            }
            let (inside, empty) = inside.strip_suffix('/').map_or((inside, false), |i| (i, true));
            let cut = inside.find(char::is_whitespace).unwrap_or(inside.len());
            return Some(Piece::Open(local(&inside[..cut]), &inside[cut..], empty));
        }
    })
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// The value of an attribute.
pub fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = attributes;
    while let Some((before, behind)) = rest.split_once('=') {
        let behind = behind.trim_start();
        let quote = behind.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, next) = behind[1..].split_once(quote)?;
        if before.trim() == name {
            return Some(value);
        }
        rest = next;
    }
    None
}

/// Text with its entities resolved.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        let Some((name, next)) = behind.split_once(';').filter(|(n, _)| n.len() <= 8) else {
            out.push('&');
            rest = behind;
            continue;
        };
        let number = name.strip_prefix('#').and_then(|n| match n.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => n.parse().ok(),
        });
        match (name, number.and_then(char::from_u32)) {
            ("amp", _) => out.push('&'),
            ("lt", _) => out.push('<'),
            ("gt", _) => out.push('>'),
            ("quot", _) => out.push('"'),
            ("apos", _) => out.push('\''),
            (_, Some(c)) => out.push(c),
            _ => {
                out.push('&');
                out.push_str(name);
                out.push(';');
            }
        }
        rest = next;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_and_sgml_are_read() {
        let all: Vec<Piece<'_>> =
            pieces("<?xml?><a:b x=\"1\"><!-- <n> -->t&amp;<c/></a:b><D>2\n<E>").collect();
        assert_eq!(
            all,
            [
                Piece::Open("b", " x=\"1\"", false),
                Piece::Text("t&amp;"),
                Piece::Open("c", "", true),
                Piece::Close("b"),
                Piece::Open("D", "", false),
                Piece::Text("2\n"),
                Piece::Open("E", "", false),
            ]
        );
        assert_eq!(plain("a&amp;b&#20013;&#x4e2d;&no;&"), "a&b中中&no;&");
        assert_eq!(attribute(" a='1' Ccy=\"EUR\"", "Ccy"), Some("EUR"));
    }
}
