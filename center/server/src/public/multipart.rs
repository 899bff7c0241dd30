//! Forms with files (RFC 7578), whole in memory, within the bound of their route.
//!
//! Why it exists: two pages take files and keep none of them on disk while they read. Borrows the body; never
//! trusts a name, a type or a length that a part states.

use std::borrow::Cow;

/// More parts than any form of ours has.
const PARTS_MAX: usize = 80;
const HEAD_BYTES_MAX: usize = 4_096;

/// One part.
pub(crate) struct Part<'a> {
    /// The field's name.
    pub name: String,
    /// True if it came from a file field.
    pub is_file: bool,
    /// Its content.
    pub data: &'a [u8],
}

impl Part<'_> {
    /// Its content as text, trimmed; what is no UTF-8 becomes U+FFFD.
    pub fn text(&self) -> Cow<'_, str> {
        match String::from_utf8_lossy(self.data) {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        }
    }
}

/// The parts of a body, or nothing if it is no such form.
pub(crate) fn parts<'a>(content_type: &str, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameters.split(';').find_map(|p| p.trim().strip_prefix("boundary="))?.trim_matches('"');
    if boundary.is_empty() || boundary.len() > 70 {
        return None;
    }
    let first = format!("--{boundary}");
    let mark = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(first.as_bytes())?;
    let mut out = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Some(out);
        }
        if out.len() >= PARTS_MAX {
            return None;
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let head_end = find(&rest[..rest.len().min(HEAD_BYTES_MAX)], b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&rest[..head_end]);
        rest = &rest[head_end + 4..];
        let end = find(rest, mark.as_bytes())?;
        let disposition = head
            .lines()
            .find(|l| l.get(..20).is_some_and(|start| start.eq_ignore_ascii_case("content-disposition:")))?;
        let name = parameter(disposition, "name")?;
        out.push(Part { name, is_file: disposition.contains("filename"), data: &rest[..end] });
        rest = &rest[end + mark.len()..];
    }
}

fn parameter(line: &str, name: &str) -> Option<String> {
    let wanted = format!("{name}=\"");
    line.split(';').map(str::trim).find_map(|p| Some(p.strip_prefix(&wanted)?.strip_suffix('"')?.to_owned()))
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    // The mark is rare and begins with a rare byte: looking for that byte first keeps this linear in practice.
    let (first, length) = (*needle.first()?, needle.len());
    let mut from = 0;
    while let Some(at) = haystack.get(from..)?.iter().position(|b| *b == first) {
        let at = from + at;
        if haystack.get(at..at + length)? == needle {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=xx";

    #[test]
    fn fields_and_files_are_parted() {
        let body = b"--xx\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n one \r\n--xx\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x;y.csv\"\r\nContent-Type: text/csv\r\n\r\na,b\r\n1,2\r\n--xx--\r\n";
        let parts = parts(TYPE, body).expect("is a form");
        let shown: Vec<_> =
            parts.iter().map(|p| (p.name.as_str(), p.is_file, p.text().into_owned())).collect();
        assert_eq!(shown, [("a", false, "one".to_owned()), ("f", true, "a,b\r\n1,2".to_owned())]);
    }

    #[test]
    fn what_is_no_form_is_refused() {
        let bad: [(&str, &[u8]); 7] = [
            ("text/plain", b""),
            (TYPE, b""),
            (TYPE, b"--xx"),
            (TYPE, b"--xx\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nopen"),
            (TYPE, b"--xx\r\nX: y\r\n\r\n\r\n--xx--"),
            ("multipart/form-data; boundary=", b"--\r\n"),
            ("multipart/form-data", b"--xx--"),
        ];
        for (kind, body) in bad {
            assert!(parts(kind, body).is_none(), "{kind} {}", String::from_utf8_lossy(body));
        }
        let one = "--xx\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n";
        let many = format!("{}--xx--", one.repeat(PARTS_MAX + 1));
        assert!(parts(TYPE, many.as_bytes()).is_none(), "more parts than a form has");
    }
}
