//! No clear card number in any file (invariant I2), written as digits, in groups, in a BCD or text
//! message's hex, in a track or in tag 5A.
//!
//! Why it exists: a number that once stands in git stands there for ever. What passes: numbers whose
//! account part is zeros (made up), and the published test numbers of `data/test-ranges.csv`. Never
//! prints the number that it found: first six and last four digits.

use super::{File, Report, Tree};

const CHECK: &str = "cards";
const TEST_RANGES: &str = "data/test-ranges.csv";
/// Checksums only.
const SKIPPED: &[&str] = &["Cargo.lock"];
/// Issuers of 12-digit numbers; other runs of 12 digits are mostly reference numbers.
const TWELVE_DIGITS: &[&str] = &["5018", "5020", "5038", "5893", "6304", "6759", "6761", "6762", "6763"];
/// How people group a card number.
const GROUPS: &[&[usize]] = &[
    &[4, 4, 4, 4],
    &[4, 4, 4, 4, 1],
    &[4, 4, 4, 4, 2],
    &[4, 4, 4, 4, 3],
    &[4, 6, 5],
    &[4, 6, 4],
    &[6, 10],
    &[6, 13],
];

/// Looks at every text file.
pub fn check(tree: &Tree, report: &mut Report) {
    let published = tree.file(TEST_RANGES).and_then(File::text).map(published).unwrap_or_default();
    for file in &tree.files {
        if file.path == TEST_RANGES || SKIPPED.contains(&file.path.as_str()) || file.bytes.contains(&0) {
            continue;
        }
        let mut seen = Vec::new();
        for (offset, digits, how) in numbers(&file.bytes) {
            if !is_card(&digits) || is_made_up(&digits) || published.iter().any(|p| p.holds(&digits)) {
                continue;
            }
            let line = file.line_of(offset);
            // One number is often found twice: as digits and again as the message's hex.
            if !seen.contains(&(line, digits.clone())) {
                report.broken(CHECK, &file.path, line, format!("a card number {how}: {}", masked(&digits)));
                seen.push((line, digits));
            }
        }
    }
}

/// A published test number, or a range of them.
struct Published {
    first: String,
    last: String,
}

impl Published {
    fn holds(&self, digits: &str) -> bool {
        if self.first.len() == digits.len() {
            return self.first.as_str() <= digits && digits <= self.last.as_str();
        }
        // Shorter ones are prefixes.
        self.first.len() < 12 && {
            let head = digits.get(..self.first.len()).unwrap_or_default();
            self.first.as_str() <= head && head <= self.last.as_str()
        }
    }
}

/// Each line's first cell of 6 to 19 digits, or its first two where they are a range.
fn published(text: &str) -> Vec<Published> {
    let mut out = Vec::new();
    for line in text.lines() {
        let mut cells = line.split(',').map(|c| c.trim().trim_matches('"'));
        let number = |cell: Option<&str>| {
            cell.filter(|c| (6..=19).contains(&c.len()) && c.bytes().all(|b| b.is_ascii_digit()))
                .map(String::from)
        };
        let Some(first) = number(cells.next()) else { continue };
        let last = number(cells.next()).filter(|l| l.len() == first.len()).unwrap_or_else(|| first.clone());
        out.push(Published { first, last });
    }
    out
}

/// True for 12 to 19 digits that pass Luhn and begin as cards do.
fn is_card(digits: &str) -> bool {
    let head = |n: usize| digits.get(..n).unwrap_or_default();
    let begins = match digits.len() {
        12 => TWELVE_DIGITS.contains(&head(4)),
        13..=19 => {
            matches!(head(1), "3" | "4" | "5" | "6" | "9")
                || ("2221"..="2720").contains(&head(4))
                || matches!(head(2), "81" | "88")
        }
        _ => false,
    };
    begins && passes_luhn(digits)
}

/// True if all between the first six and the last four digits are zeros: no issuer gave out such a one.
fn is_made_up(digits: &str) -> bool {
    digits.bytes().skip(6).take(digits.len().saturating_sub(10)).all(|b| b == b'0')
}

fn passes_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let d = u32::from(b - b'0');
            if i % 2 == 0 { d } else { d * 2 / 10 + d * 2 % 10 }
        })
        .sum();
    sum.is_multiple_of(10)
}

fn masked(digits: &str) -> String {
    let stars = "*".repeat(digits.len().saturating_sub(10));
    format!("{}{stars}{}", &digits[..6], &digits[digits.len() - 4..])
}

type Found = (usize, String, &'static str);

/// All runs of digits that could be a card number: where, which, how written.
fn numbers(bytes: &[u8]) -> Vec<Found> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !is_token(bytes[at]) {
            at += 1;
            continue;
        }
        let end = bytes[at..].iter().position(|b| !is_token(*b)).map_or(bytes.len(), |n| at + n);
        token(bytes, at, end, &mut out);
        at = end;
    }
    groups(bytes, &mut out);
    out
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn digits_of(bytes: &[u8]) -> String {
    bytes.iter().map(|b| char::from(*b)).collect()
}

/// One run of letters and digits: a number by itself, a track, or a message in hex.
fn token(bytes: &[u8], start: usize, end: usize, out: &mut Vec<Found>) {
    // A Chinese character may touch the number: the digits begin after it.
    let run = bytes[start..end].split_inclusive(|b| *b >= 0x80);
    let mut from = start;
    for piece in run {
        let to = from + piece.len();
        let body = piece
            .strip_suffix(&[piece[piece.len() - 1]])
            .filter(|_| piece[piece.len() - 1] >= 0x80)
            .unwrap_or(piece);
        let fraction = from > 0 && bytes[from - 1] == b'.' && from > 1 && bytes[from - 2].is_ascii_digit();
        if (12..=19).contains(&body.len()) && body.iter().all(u8::is_ascii_digit) && !fraction {
            out.push((from, digits_of(body), "in clear"));
        }
        if body.len() >= 20 && body.iter().all(u8::is_ascii_hexdigit) {
            in_hex(&body.to_ascii_uppercase(), from, out);
        }
        from = to;
    }
}

/// Tracks, length prefixes in BCD and in text, and tag 5A.
fn in_hex(hex: &[u8], offset: usize, out: &mut Vec<Found>) {
    let digits = |from: usize, n: usize| {
        hex.get(from..from + n).filter(|d| d.iter().all(u8::is_ascii_digit)).map(digits_of)
    };
    let number =
        |text: Option<String>| text.and_then(|t| t.parse::<usize>().ok()).filter(|n| (12..=19).contains(n));
    for (i, byte) in hex.iter().enumerate() {
        // Track 2: the number, D, then the expiry as year and month.
        if *byte == b'D'
            && digits(i + 3, 2).is_some_and(|month| ("01"..="12").contains(&month.as_str()))
            && digits(i + 1, 2).is_some()
        {
            for n in (12..=19usize.min(i)).filter(|n| begins_track(hex, i - n, *n)) {
                if let Some(found) = digits(i - n, n) {
                    out.push((offset + i - n, found, "in a track"));
                }
            }
        }
        if i % 2 == 1 {
            continue;
        }
        if let Some(found) =
            number(digits(i, 2)).and_then(|n| digits(i + 2, n)).filter(|_| in_field_two(hex, i))
        {
            out.push((offset + i + 2, found, "in a message's hex"));
        }
        if hex[i..].starts_with(b"5A0") || hex[i..].starts_with(b"5A10") {
            let length = std::str::from_utf8(&hex[i + 2..(i + 4).min(hex.len())]).ok();
            let length = length.and_then(|l| usize::from_str_radix(l, 16).ok()).unwrap_or(0);
            let value: Vec<u8> = hex.iter().skip(i + 4).take(length * 2).copied().collect();
            let value = value.strip_suffix(b"F").unwrap_or(&value);
            if (12..=19).contains(&value.len()) && value.iter().all(u8::is_ascii_digit) {
                out.push((offset + i + 4, digits_of(value), "in tag 5A"));
            }
        }
    }
    // A message of text, written as hex: the same search in its characters.
    let text = text_of(hex);
    for (i, _) in text.iter().enumerate() {
        let digits = |from: usize, n: usize| {
            text.get(from..from + n).filter(|d| d.iter().all(u8::is_ascii_digit)).map(digits_of)
        };
        if let Some(found) =
            number(digits(i, 2)).and_then(|n| digits(i + 2, n)).filter(|_| in_field_two(&text, i))
        {
            out.push((offset + 2 * (i + 2), found, "in a message's hex"));
        }
        if text[i] == b'=' && digits(i + 1, 4).is_some() {
            for n in (12..=19usize.min(i)).filter(|n| begins_track(&text, i - n, *n)) {
                if let Some(found) = digits(i - n, n) {
                    out.push((offset + 2 * (i - n), found, "in a track"));
                }
            }
        }
    }
}

/// True if a track with a number of `n` digits can begin at `at`: behind something that is no digit,
/// behind its length in digits, or behind tag 57 and its length.
fn begins_track(text: &[u8], at: usize, n: usize) -> bool {
    let before = &text[..at];
    if !before.last().is_some_and(u8::is_ascii_digit) {
        return true;
    }
    let length = before.last_chunk::<2>().and_then(|l| std::str::from_utf8(l).ok()?.parse::<usize>().ok());
    length.is_some_and(|l| (n + 5..=37).contains(&l))
        || before.len() >= 4 && before[at - 4..].starts_with(b"57")
}

/// True if what stands before `at` is a message type and a bitmap with bit 2 set: here field 2 begins.
/// Without this, terminal and merchant numbers behind two digits that look like a length are taken for cards.
fn in_field_two(hex: &[u8], at: usize) -> bool {
    let nibble = |i: usize| hex.get(i).and_then(|b| char::from(*b).to_digit(16));
    [16usize, 32].iter().any(|bitmap| {
        let Some(start) = at.checked_sub(bitmap + 4) else { return false };
        let message_type = &hex[start..start + 4];
        let first = nibble(start + 4).unwrap_or(0);
        let map = hex[start + 4..at].iter().all(u8::is_ascii_hexdigit);
        map && message_type.iter().all(u8::is_ascii_digit)
            && matches!(message_type[0], b'0'..=b'2')
            && first & 4 != 0
            && (*bitmap == 16) == (first & 8 == 0)
    })
}

/// The characters that hex stands for; a blank for what is no ASCII.
fn text_of(hex: &[u8]) -> Vec<u8> {
    let nibble = |b: u8| char::from(b).to_digit(16).unwrap_or(0) as u8;
    let whole = hex.chunks_exact(2).map(|p| nibble(p[0]) << 4 | nibble(p[1]));
    whole.map(|b| if b.is_ascii_graphic() { b } else { b' ' }).collect()
}

/// Digits in groups with one blank, dash or underscore between.
fn groups(bytes: &[u8], out: &mut Vec<Found>) {
    let mut at = 0;
    while at < bytes.len() {
        let before = at.checked_sub(1).map_or(b' ', |i| bytes[i]);
        if !bytes[at].is_ascii_digit() || before.is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        let (start, mut lengths, mut found, mut mark) = (at, Vec::new(), String::new(), None);
        loop {
            let n = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
            lengths.push(n);
            found.push_str(&digits_of(&bytes[at..at + n]));
            at += n;
            let next = bytes.get(at).copied().filter(|b| matches!(b, b' ' | b'-' | b'_'));
            let goes_on = next.is_some() && (mark.is_none() || mark == next);
            if !goes_on || !bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
                break;
            }
            mark = next;
            at += 1;
        }
        let ends = !bytes.get(at).is_some_and(|b| b.is_ascii_alphanumeric());
        if ends && GROUPS.contains(&lengths.as_slice()) {
            out.push((start, found, "in groups"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Put together here, so that this file holds no number either.
    fn visa() -> String {
        ["4929", "1234", "5678", "9014"].concat().replace("9014", &tail("492912345678901"))
    }

    /// `901` with the check digit that fits.
    fn tail(head: &str) -> String {
        let digit = (0..10).find(|d| passes_luhn(&format!("{head}{d}"))).expect("one digit fits");
        format!("901{digit}")
    }

    fn says(text: &str) -> Vec<String> {
        says_with(text, "")
    }

    fn says_with(text: &str, ranges: &str) -> Vec<String> {
        let mut report = Report::default();
        check(&Tree::planted(&[("a.txt", text), (TEST_RANGES, ranges)]), &mut report);
        report.violations.into_iter().map(|v| format!("{} {}", v.line, v.says)).collect()
    }

    #[test]
    fn every_spelling_is_found_and_masked() {
        let v = visa();
        let (a, b, c, d) = (&v[..4], &v[4..8], &v[8..12], &v[12..]);
        let hex = |text: String| text.bytes().map(|b| format!("{b:02X}")).collect::<String>();
        let message = hex(format!("02007020000000C0000016{v}000000"));
        let track = hex(format!("37{v}=2912201"));
        for text in [
            format!("pan={v};"),
            format!("卡号{v}。"),
            format!("{a} {b} {c} {d}"),
            format!("{a}-{b}-{c}-{d}"),
            format!("{a}_{b}_{c}_{d}u64"),
            format!("6000030000603100310102007024058020C0820616{v}000000"),
            format!("60000300006031003101 0200F02405802000820600000000000000011 6{v}000000").replace(' ', ""),
            format!("AABBCC37{v}D2912201AABB"),
            format!("0123455A08{v}9F0206000000"),
            message.clone(),
            format!("3030{track}30"),
            format!("5F2A0201565713{v}D29122010000000000"),
        ] {
            let found = says(&format!("first line\n{text}\n"));
            let ends_right = text.ends_with("u64") || found.len() == 1;
            assert!(ends_right, "{}: {found:?}", text.replace(&v, "V"));
            for line in found {
                assert!(
                    line.starts_with("2 a card number")
                        && line.contains("492912******")
                        && !line.contains(&v)
                );
            }
        }
    }

    #[test]
    fn what_is_no_card_number_passes() {
        let v = visa();
        let wrong_check = format!("{}{}", &v[..15], (v.as_bytes()[15] - b'0' + 1) % 10);
        for text in [
            wrong_check.as_str(),
            "1764000000000000 microseconds",
            "0.4929123456789012",
            "retrieval reference 632812345678",
            "a41111111111111119b",
            "3_600_000_000_000",
        ] {
            assert!(says(text).is_empty(), "{text}: {:?}", says(text));
        }
    }

    #[test]
    fn made_up_and_published_numbers_pass() {
        assert!(says("6228480000000000000 and 6225000000000014").is_empty());
        let v = visa();
        assert!(says_with(&v, &format!("{v},,a brand's test card")).is_empty());
        assert!(says_with(&v, &format!("{},a test range", &v[..8])).is_empty());
        assert!(says_with(&v, "4929100000000000,4929199999999999,a test range").is_empty());
        assert_eq!(says_with(&v, "4929200000000000,4929299999999999,another").len(), 1);
    }
}
