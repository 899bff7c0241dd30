//! Amounts as people write them: `¥1,234.50`, `CNY 10`, `(3.00)`, `+0.01`, `1.234,56`.
//!
//! Why it exists: money is counted in whole ten-thousandths, never in floating point. Never guesses: what is
//! no amount is `None`.

use serde::{Serialize, Serializer};

/// Ten-thousandths of the currency's unit, with a sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub i64);

const UNIT: i64 = 10_000;
/// No statement holds more: ten thousand million.
const DIGITS_MAX: usize = 13;

impl Amount {
    /// Whole units.
    pub const fn units(units: i64) -> Amount {
        Amount(units * UNIT)
    }

    /// Without its sign.
    pub fn abs(self) -> Amount {
        Amount(self.0.saturating_abs())
    }

    /// Which way money went, where the cell itself says it in words: `12.00 CR`, `支出 12.00`.
    pub fn side(cell: &str) -> Option<crate::Direction> {
        let cell = cell.trim();
        let has = |words: &[&str]| words.iter().any(|w| cell.starts_with(w) || cell.ends_with(w));
        if has(&["支出", "支", "借", "借方", "DR", "Dr", " D"]) {
            Some(crate::Direction::Out)
        } else if has(&["收入", "收", "贷", "贷方", "CR", "Cr", " C"]) {
            Some(crate::Direction::In)
        } else {
            None
        }
    }

    /// Sum that can't overflow.
    pub fn plus(self, other: Amount) -> Amount {
        Amount(self.0.saturating_add(other.0))
    }

    /// Difference that can't overflow.
    pub fn minus(self, other: Amount) -> Amount {
        Amount(self.0.saturating_sub(other.0))
    }

    /// The amount at the beginning of a cell, with what stands around it (currency, a note in brackets).
    pub fn read(cell: &str) -> Option<Amount> {
        let narrow: String = cell.trim().chars().map(narrow).collect();
        let (note_free, bracketed) = without_note(&narrow);
        let mut text: String = note_free
            .chars()
            .filter(|c| !c.is_whitespace() && !"¥￥$€£'’\"元圆\u{feff}".contains(*c))
            .collect();
        for word in WORDS {
            text = text.replace(word, "");
        }
        // A currency in letters, before or behind.
        let kept = text.trim_matches(|c: char| c.is_ascii_alphabetic()).len();
        if text.len() - kept > 6 {
            return None;
        }
        text = text.trim_matches(|c: char| c.is_ascii_alphabetic()).to_owned();
        let mut negative = bracketed;
        if let Some(rest) = text.strip_suffix('-') {
            negative = true;
            text = rest.to_owned();
        }
        if let Some(rest) = text.strip_prefix('-') {
            negative = !negative;
            text = rest.to_owned();
        } else if let Some(rest) = text.strip_prefix('+') {
            text = rest.to_owned();
        }
        let value = digits(&text)?;
        Some(Amount(if negative { -value } else { value }))
    }
}

/// Words beside an amount that are no part of it.
const WORDS: &[&str] = &["人民币", "港币", "美元", "支出", "收入", "支", "收", "借", "贷", "方"];

/// A full-width character as its half-width form.
pub fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '−' | '–' | '—' => '-',
        '\u{3000}' => ' ',
        other => other,
    }
}

/// `131.77(已退款89.84)` without its note; `(3.00)` and `¥(3.00)` are negative.
fn without_note(cell: &str) -> (&str, bool) {
    let start = cell.find('(').unwrap_or(cell.len());
    if !cell[..start].bytes().any(|b| b.is_ascii_digit())
        && let Some(inside) = cell.get(start + 1..).and_then(|c| c.trim_end().strip_suffix(')'))
    {
        return (inside, true);
    }
    let end = cell.find(['(', '（']).unwrap_or(cell.len());
    (&cell[..end], false)
}

fn digits(text: &str) -> Option<i64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',') {
        return None;
    }
    let (whole, part) = match (text.rfind('.'), text.rfind(',')) {
        (Some(dot), Some(comma)) if comma > dot => (text[..comma].replace('.', ""), &text[comma + 1..]),
        // `1.234.567` counts thousands.
        (Some(dot), None) if text.matches('.').count() > 1 && text.len() - dot == 4 => {
            (text.replace('.', ""), "")
        }
        (Some(dot), _) => (text[..dot].replace(',', ""), &text[dot + 1..]),
        // `1,234` counts thousands, `12,5` and `3,00` are decimals.
        (None, Some(comma)) if text.len() - comma - 1 != 3 => {
            (text[..comma].replace(',', ""), &text[comma + 1..])
        }
        _ => (text.replace(',', ""), ""),
    };
    let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() && part.is_empty()
        || !all_digits(&whole)
        || !all_digits(part)
        || whole.len() > DIGITS_MAX
    {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    // What lies behind the fourth place is no money.
    let part: i64 = format!("{part:0<4}").get(..4)?.parse().ok()?;
    Some(whole * UNIT + part)
}

impl std::fmt::Display for Amount {
    /// At least two places: `12.30`, `0.0005`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.unsigned_abs() / UNIT as u64, self.0.unsigned_abs() % UNIT as u64);
        if part.is_multiple_of(100) {
            write!(f, "{sign}{whole}.{:02}", part / 100)
        } else {
            write!(f, "{sign}{whole}.{part:04}")
        }
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_as_people_write_them() {
        let read = |text: &str| Amount::read(text).map(|a| a.to_string());
        for (text, amount) in [
            ("¥1,234.50", "1234.50"),
            ("CNY13.50", "13.50"),
            ("JPY 1000.00", "1000.00"),
            ("131.77(已退款89.84)", "131.77"),
            ("468.32(已全额退款)", "468.32"),
            ("(3.00)", "-3.00"),
            ("-12,345.89 \t", "-12345.89"),
            ("+0.01", "0.01"),
            ("1.234,56", "1234.56"),
            ("3,00", "3.00"),
            ("1,234", "1234.00"),
            ("50.0", "50.00"),
            ("12.00-", "-12.00"),
            ("0.0005", "0.0005"),
            ("￥２５．００", "25.00"),
            ("－１，２３４．５０", "-1234.50"),
            ("¥(3.00)", "-3.00"),
            ("（3.00）", "-3.00"),
            ("HK$ 1,000.00", "1000.00"),
            ("人民币12.00元", "12.00"),
            ("12.00 CR", "12.00"),
            ("支出12.00", "12.00"),
            ("1.234.567", "1234567.00"),
            ("1 234,56", "1234.56"),
            ("1’234.50", "1234.50"),
            ("$-5", "-5.00"),
        ] {
            assert_eq!(read(text).as_deref(), Some(amount), "{text}");
        }
        for text in ["", "-", "/", "xx,yyyy.zz", "2024-01-01", "999999999999999999", "1.2.3", "=1+1", "."] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
