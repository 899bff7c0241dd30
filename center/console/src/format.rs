//! Instants, amounts, cards, counts and shares as people read them.
//!
//! Why it exists: one spelling everywhere. Never shows more of a card than six and four digits, and
//! never writes an amount without its currency.

use crate::frame::Frame;
use crate::view::{Amount, Card};
use jiff::{Timestamp, tz::TimeZone};
use maud::{Markup, html};
use tg_text::Lang;

/// How much of an instant is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `14:32`
    Minute,
    /// `14:32:08`
    Second,
    /// `14:32:08.114`
    Milli,
    /// `2025-11-24 14:32:08`
    DateTime,
    /// `14:32:08` on the frame's day, else `11-23 08:02`
    Near,
}

impl Style {
    /// The name by which `time.js` knows it.
    fn name(self) -> &'static str {
        match self {
            Style::Minute => "minute",
            Style::Second => "second",
            Style::Milli => "milli",
            Style::DateTime => "datetime",
            Style::Near => "near",
        }
    }
}

fn timestamp(at_us: i64) -> Timestamp {
    Timestamp::from_microsecond(at_us).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn spelt(zone: &TimeZone, at_us: i64, now_us: i64, style: Style) -> String {
    let at = timestamp(at_us).to_zoned_datetime(zone.clone());
    let pattern = match style {
        Style::Minute => "%H:%M",
        Style::Second => "%H:%M:%S",
        Style::Milli => "%H:%M:%S.%3f",
        Style::DateTime => "%Y-%m-%d %H:%M:%S",
        Style::Near if at.date() == timestamp(now_us).to_zoned_datetime(zone.clone()).date() => "%H:%M:%S",
        Style::Near => "%m-%d %H:%M",
    };
    at.strftime(pattern).to_string()
}

/// The instant in the viewer's zone as plain text, for charts and labels.
pub(crate) fn local(frame: &Frame, at_us: i64, style: Style) -> String {
    spelt(&frame.time_zone, at_us, frame.now_us, style)
}

/// The instant in UTC.
pub(crate) fn utc(at_us: i64, style: Style) -> String {
    spelt(&TimeZone::UTC, at_us, at_us, style)
}

/// The instant in RFC 3339 with milliseconds, for machines.
pub(crate) fn rfc3339(at_us: i64) -> String {
    timestamp(at_us).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// A `<time>` in the viewer's zone; UTC in its title and its attribute.
pub(crate) fn time(frame: &Frame, at_us: i64, style: Style) -> Markup {
    html! {
        time.n datetime=(rfc3339(at_us)) data-t=(style.name()) title={ "UTC " (utc(at_us, Style::DateTime)) } {
            (local(frame, at_us, style))
        }
    }
}

/// A card: `622424••••••0009`. Digits beyond the first six and last four are dropped here, whatever the view holds.
pub(crate) fn card(card: &Card) -> String {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let bin: String = digits(&card.bin).chars().take(6).collect();
    let all = digits(&card.last_four);
    let last = &all[all.len().saturating_sub(4)..];
    let length = if card.length == 0 { 16 } else { usize::from(card.length.clamp(12, 19)) };
    let hidden = length.saturating_sub(bin.len() + last.len()).max(4);
    format!("{bin}{}{last}", "•".repeat(hidden))
}

/// An amount with its currency: `¥128.00`.
pub(crate) fn amount(amount: Amount) -> String {
    let (sign, decimals) = match amount.currency {
        0 => ("", 2),
        156 => ("¥", 2),
        344 => ("HK$", 2),
        446 => ("MOP$", 2),
        392 => ("JP¥", 0),
        410 => ("₩", 0),
        704 => ("₫", 0),
        764 => ("฿", 2),
        826 => ("£", 2),
        840 => ("$", 2),
        978 => ("€", 2),
        _ => ("", 2),
    };
    let unit = 10u64.pow(decimals);
    let minor = amount.minor.unsigned_abs();
    let minus = if amount.minor < 0 { "−" } else { "" };
    let whole = count(minor / unit);
    let rest = if decimals == 0 { String::new() } else { format!(".{:02}", minor % unit) };
    let tail = if sign.is_empty() && amount.currency != 0 {
        format!(" ({:03})", amount.currency)
    } else {
        String::new()
    };
    format!("{minus}{sign}{whole}{rest}{tail}")
}

/// A count with thousands separators.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A count for a badge: at most three characters wide.
pub(crate) fn short_count(n: u64) -> String {
    if n > 999 { "999+".into() } else { n.to_string() }
}

/// A share in basis points as a percentage with one decimal; rounded to nearest, never up to 100 %.
pub(crate) fn percent(bp: u16) -> String {
    let tenths = (u32::from(bp) + 5) / 10;
    let tenths = if tenths >= 1000 && bp < 10_000 { 999 } else { tenths };
    if tenths == 1000 { "100%".into() } else { format!("{}.{}%", tenths / 10, tenths % 10) }
}

/// Basis points of a part; 0 of nothing.
pub(crate) fn share_bp(part: u64, all: u64) -> u16 {
    if all == 0 {
        return 0;
    }
    u16::try_from((u128::from(part.min(all)) * 10_000) / u128::from(all)).unwrap_or(10_000)
}

/// A span of milliseconds.
pub(crate) fn span(lang: Lang, ms: u64) -> String {
    if ms < 1_000 {
        lang.pick(format!("{ms} 毫秒"), format!("{ms} ms"))
    } else if ms < 120_000 {
        let tenths = ms / 100;
        let number = if tenths.is_multiple_of(10) {
            (tenths / 10).to_string()
        } else {
            format!("{}.{}", tenths / 10, tenths % 10)
        };
        lang.pick(format!("{number} 秒"), format!("{number} s"))
    } else if ms < 3_600_000 {
        lang.pick(
            format!("{} 分 {} 秒", ms / 60_000, ms % 60_000 / 1_000),
            format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
        )
    } else if ms < 86_400_000 {
        lang.pick(
            format!("{} 小时 {} 分", ms / 3_600_000, ms % 3_600_000 / 60_000),
            format!("{} h {} min", ms / 3_600_000, ms % 3_600_000 / 60_000),
        )
    } else {
        lang.pick(
            format!("{} 天 {} 小时", ms / 86_400_000, ms % 86_400_000 / 3_600_000),
            format!("{} d {} h", ms / 86_400_000, ms % 86_400_000 / 3_600_000),
        )
    }
}

/// Milliseconds from one instant to a later one; 0 if it isn't later.
pub(crate) fn between_ms(from_us: i64, to_us: i64) -> u64 {
    u64::try_from(to_us.saturating_sub(from_us) / 1_000).unwrap_or(0)
}

/// How long ago an instant was.
pub(crate) fn ago(frame: &Frame, at_us: i64) -> String {
    let ms = between_ms(at_us, frame.now_us);
    if ms < 1_000 {
        return frame.pick("刚刚", "just now").into();
    }
    let text = span(frame.lang, ms / 1_000 * 1_000);
    frame.lang.pick(format!("{text}前"), format!("{text} ago"))
}

/// A number of bytes.
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [(&str, u64); 4] = [("TB", 1 << 40), ("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)];
    for (unit, size) in UNITS {
        if n >= size {
            let tenths = (u128::from(n) * 10 / u128::from(size)) as u64;
            return if tenths >= 1_000 {
                format!("{} {unit}", count(tenths / 10))
            } else {
                format!("{}.{} {unit}", tenths / 10, tenths % 10)
            };
        }
    }
    format!("{n} B")
}

/// Percent-encodes one path segment or query value.
pub(crate) fn url(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Masks what looks like a whole card number in free text that came from outside (a merchant's name, a
/// search): a run of 13 to 19 digits that passes Luhn and begins like a card. Belt and braces: the
/// decoder masks first.
pub fn mask_cards(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        if !chars[i].is_ascii_digit() {
            out.push(chars[i]);
            i += 1;
            continue;
        }
        let (end, digits) = digit_run(&chars, i);
        if looks_like_card(&digits) {
            let hidden = digits.len() - 10;
            out.extend(digits[..6].iter().map(|&d| char::from(b'0' + d)));
            out.push_str(&"•".repeat(hidden));
            out.extend(digits[digits.len() - 4..].iter().map(|&d| char::from(b'0' + d)));
        } else {
            out.extend(&chars[i..end]);
        }
        i = end;
    }
    out
}

/// Digits from `start`, across single blanks and hyphens: people and receipts group a number in fours.
fn digit_run(chars: &[char], start: usize) -> (usize, Vec<u8>) {
    let mut digits = Vec::new();
    let mut end = start;
    let mut i = start;
    while i < chars.len() {
        if let Some(d) = chars[i].to_digit(10) {
            digits.push(d as u8);
            i += 1;
            end = i;
        } else if matches!(chars[i], ' ' | '-') && chars.get(i + 1).is_some_and(char::is_ascii_digit) {
            i += 1;
        } else {
            break;
        }
    }
    (end, digits)
}

fn looks_like_card(digits: &[u8]) -> bool {
    digits.len() >= 13 && begins_like_a_card(digits) && passes_luhn(digits)
}

/// Beginnings and lengths of the card schemes, so that a merchant number of 15 digits or a log offset stays whole.
fn begins_like_a_card(digits: &[u8]) -> bool {
    let four = digits[..4].iter().fold(0u16, |n, &d| n * 10 + u16::from(d));
    match digits.len() {
        13 => four / 1_000 == 4,
        14 => matches!(four / 100, 36 | 38 | 39) || matches!(four / 10, 300..=305),
        15 => matches!(four / 100, 34 | 37),
        16..=19 => matches!(four / 1_000, 4 | 5 | 6 | 9) || matches!(four, 2221..=2720 | 3528..=3589),
        _ => false,
    }
}

fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, &d)| {
            let d = u32::from(d);
            match (i % 2, d * 2) {
                (0, _) => d,
                (_, twice) if twice > 9 => twice - 9,
                (_, twice) => twice,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_never_shows_more_than_ten_digits() {
        let shown = card(&Card { bin: "62242412".into(), last_four: "12340009".into(), length: 19 });
        assert_eq!(shown, "622424•••••••••0009");
        assert_eq!(
            card(&Card { bin: "622424".into(), last_four: "0009".into(), length: 0 }),
            "622424••••••0009"
        );
    }

    #[test]
    fn amounts_name_their_currency() {
        let of = |minor, currency| amount(Amount { minor, currency });
        assert_eq!(of(12_800, 156), "¥128.00");
        assert_eq!(of(123_456_789, 840), "$1,234,567.89");
        assert_eq!(of(1_500, 392), "JP¥1,500");
        assert_eq!(of(-5, 156), "−¥0.05");
        assert_eq!(of(100, 752), "1.00 (752)");
        assert_eq!(of(i64::MIN, 156), "−¥92,233,720,368,547,758.08");
    }

    #[test]
    fn shares_never_round_up_to_all() {
        assert_eq!(percent(9_999), "99.9%");
        assert_eq!(percent(10_000), "100%");
        assert_eq!(percent(230), "2.3%");
        assert_eq!(share_bp(1, 3), 3_333);
        assert_eq!(share_bp(5, 0), 0);
    }

    #[test]
    fn spans_read_as_people_say_them() {
        let of = |ms| [span(Lang::Zh, ms), span(Lang::En, ms)];
        assert_eq!(of(171), ["171 毫秒", "171 ms"]);
        assert_eq!(of(60_000), ["60 秒", "60 s"]);
        assert_eq!(of(61_250), ["61.2 秒", "61.2 s"]);
        assert_eq!(of(372_000), ["6 分 12 秒", "6 min 12 s"]);
        assert_eq!(of(90_000_000), ["1 天 1 小时", "1 d 1 h"]);
    }

    #[test]
    fn free_text_loses_card_numbers_and_keeps_the_rest() {
        assert_eq!(mask_cards("卡 4111111111111111 的客户"), "卡 411111••••••1111 的客户");
        assert_eq!(mask_cards("4111 1111 1111 1111"), "411111••••••1111");
        assert_eq!(mask_cards("6224 2412-3412 0009"), "6224 2412-3412 0009", "not a card: fails Luhn");
        for kept in ["532814000418 / 70310482", "899000058120417", "2025-11-24 14:32:08", "1763965928114000"]
        {
            assert_eq!(mask_cards(kept), kept);
        }
    }

    #[test]
    fn instants_follow_the_zone_and_the_day() {
        let frame = Frame {
            time_zone: TimeZone::fixed(jiff::tz::offset(8)),
            now_us: 1_763_965_928_114_000,
            ..Frame::default()
        };
        assert_eq!(local(&frame, 1_763_965_928_114_000, Style::Near), "14:32:08");
        assert_eq!(local(&frame, 1_763_965_928_114_000, Style::Milli), "14:32:08.114");
        assert_eq!(local(&frame, 1_763_856_120_000_000, Style::Near), "11-23 08:02");
        assert_eq!(rfc3339(1_763_965_928_114_000), "2025-11-24T06:32:08.114Z");
        assert_eq!(utc(i64::MAX, Style::Minute), "00:00", "an impossible instant does not panic");
    }
}
