//! Dates and times as statements write them.
//!
//! Why it exists: every bank has its own form. Never reads a clock and knows no zone: a statement's time is
//! the bank's.

use jiff::civil::{Date, Time, date, time};

/// A date, and a time where there is one.
pub type When = (Date, Option<Time>);

/// Which number of `03/04/2025` is the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The first one.
    DayFirst,
    /// The second one.
    MonthFirst,
    /// The third one: `24-01-05`.
    YearFirst,
}

/// The numbers of a cell, up to seven.
fn numbers(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|t| !t.is_empty()).take(7).collect()
}

/// True if the cell begins like a date with marks between its numbers.
fn marks(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || "-/.:年月日时分秒 T\tZ+'".contains(c))
}

/// Reads a date, with the time that may stand behind it. A bare number between 20000 and 80000 is a day of
/// Excel's calendar.
pub fn read(cell: &str, order: Order) -> Option<When> {
    let cell = cell.trim().trim_matches('\'');
    if cell.len() < 5 || cell.len() > 80 {
        return None;
    }
    if cell.bytes().all(|b| b.is_ascii() && !b.is_ascii_alphabetic()) {
        return numeric(cell, order);
    }
    let narrow: String = cell.chars().map(crate::amount::narrow).collect();
    let (cell, half) = half_of_day(&narrow);
    if let Some(named) = named_month(&cell) {
        return Some((named.0, named.1.map(|t| in_half(t, half))));
    }
    let (day, at) = numeric(&cell, order)?;
    Some((day, at.map(|t| in_half(t, half))))
}

fn numeric(cell: &str, order: Order) -> Option<When> {
    if cell.len() < 5 || cell.len() > 40 || !marks(cell) {
        return None;
    }
    let parts = numbers(cell);
    let first = *parts.first()?;
    if let (8 | 14, true) = (first.len(), parts.len() <= 4) {
        let day = day_of(&first[..4], &first[4..6], &first[6..8])?;
        let rest = if first.len() == 14 { vec![&first[8..]] } else { parts[1..].to_vec() };
        return Some((day, time_of(&rest)));
    }
    if parts.len() <= 2 && first.len() == 5 && !cell.contains(['-', '/', ':', '年']) {
        return excel(cell);
    }
    // `19:12:59` is a time.
    if cell[first.len()..].starts_with(':') {
        return None;
    }
    let (a, b, c) = (first, *parts.get(1)?, *parts.get(2)?);
    let day = if a.len() == 4 {
        day_of(a, b, c)?
    } else if c.len() == 4 || c.len() == 2 {
        let year = if c.len() == 2 { format!("20{c}") } else { c.to_owned() };
        match order {
            Order::DayFirst => day_of(&year, b, a).or_else(|| day_of(&year, a, b))?,
            Order::MonthFirst => day_of(&year, a, b).or_else(|| day_of(&year, b, a))?,
            Order::YearFirst => day_of(&format!("20{a}"), b, c)?,
        }
    } else {
        return None;
    };
    Some((day, time_of(&parts[3..])))
}

/// The cell without `上午`, `PM` and the like, and whether it is the day's second half.
fn half_of_day(cell: &str) -> (String, Option<bool>) {
    let lower = cell.to_lowercase();
    for (mark, second) in [("上午", false), ("下午", true), ("晚上", true)] {
        if lower.contains(mark) {
            return (lower.replace(mark, " "), Some(second));
        }
    }
    for (mark, second) in [("a.m.", false), ("p.m.", true), ("am", false), ("pm", true)] {
        if let Some(rest) = lower.strip_suffix(mark)
            && rest.ends_with(|c: char| c == ' ' || c.is_ascii_digit())
        {
            return (rest.trim_end().to_owned(), Some(second));
        }
    }
    (cell.trim().to_owned(), None)
}

fn in_half(at: Time, second: Option<bool>) -> Time {
    let hour = match second {
        Some(true) if at.hour() < 12 => at.hour() + 12,
        Some(false) if at.hour() == 12 => 0,
        _ => at.hour(),
    };
    Time::new(hour, at.minute(), at.second(), 0).unwrap_or(at)
}

/// `5 Jan 2024`, `Jan 5, 2024`, `05-JAN-24`, `Fri 5th January 2024 12:30`.
fn named_month(cell: &str) -> Option<When> {
    const MONTHS: &[&str] =
        &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    const DAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let lower = cell.to_lowercase();
    let tokens = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|t| !t.is_empty()).take(9);
    let (mut month, mut numbers) = (None, Vec::new());
    for token in tokens {
        let head = token.get(..3).unwrap_or("");
        let bare = ["st", "nd", "rd", "th"].iter().find_map(|e| token.strip_suffix(e)).unwrap_or(token);
        if bare.bytes().all(|b| b.is_ascii_digit()) {
            numbers.push(bare);
        } else if token.bytes().all(|b| b.is_ascii_alphabetic()) && token.len() <= 9 {
            match MONTHS.iter().position(|m| *m == head) {
                Some(at) if month.is_none() => month = Some((at + 1).to_string()),
                _ if DAYS.contains(&head) => {}
                _ => return None,
            }
        } else {
            return None;
        }
    }
    let month = month?;
    let (first, second) = (*numbers.first()?, *numbers.get(1)?);
    let (year, day) = if first.len() == 4 { (first, second) } else { (second, first) };
    let year = if year.len() == 2 { format!("20{year}") } else { year.to_owned() };
    Some((day_of(&year, &month, day)?, time_of(&numbers[2..])))
}

/// Which order the dates of a column have: the first that can't be read the other way decides; where years have
/// two digits, the number that hardly changes is the year.
pub fn order<'a>(cells: impl Iterator<Item = &'a str> + Clone) -> Order {
    let short = |i: usize| {
        let parts = cells.clone().map(move |c| numbers(c).get(i).copied().unwrap_or("").to_owned());
        parts.collect::<std::collections::BTreeSet<String>>()
    };
    let (years, days) = (short(0), short(2));
    let two = |set: &std::collections::BTreeSet<String>| set.iter().all(|p| p.len() == 2);
    let recent = |p: &String| ("19".."40").contains(&p.as_str());
    let by_year = years.iter().all(recent) && days.iter().any(|d| !recent(d));
    if two(&years) && two(&days) && by_year && years.len() <= 2 && days.len() > years.len() {
        return Order::YearFirst;
    }
    for cell in cells {
        let parts = numbers(cell);
        let number = |i: usize| parts.get(i).filter(|p| p.len() <= 2).and_then(|p| p.parse::<u8>().ok());
        match (number(0), number(1)) {
            (Some(13..=31), Some(_)) => return Order::DayFirst,
            (Some(_), Some(13..=31)) => return Order::MonthFirst,
            _ => {}
        }
    }
    Order::DayFirst
}

/// A time alone: `12:34`, `12:34:56`, `123456`.
pub fn read_time(cell: &str) -> Option<Time> {
    let narrow: String = cell.trim().chars().take(40).map(crate::amount::narrow).collect();
    let (cell, half) = half_of_day(&narrow);
    if !marks(&cell) {
        return None;
    }
    time_of(&numbers(&cell)).map(|t| in_half(t, half))
}

fn day_of(year: &str, month: &str, day: &str) -> Option<Date> {
    let day = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    (date(1970, 1, 1)..=date(2199, 12, 31)).contains(&day).then_some(day)
}

fn time_of(parts: &[&str]) -> Option<Time> {
    let (h, m, s) = match parts {
        [whole] if whole.len() == 6 => (&whole[..2], &whole[2..4], &whole[4..]),
        [h, m] if h.len() <= 2 => (*h, *m, "0"),
        [h, m, s, ..] if h.len() <= 2 => (*h, *m, *s),
        _ => return None,
    };
    Time::new(h.parse().ok()?, m.parse().ok()?, s.parse().ok()?, 0).ok()
}

fn excel(cell: &str) -> Option<When> {
    let (days, part) = cell.split_once('.').unwrap_or((cell, ""));
    let days: i64 = days.parse().ok().filter(|d| (20_000..80_000).contains(d))?;
    let day = date(1899, 12, 30).checked_add(jiff::Span::new().days(days)).ok()?;
    if part.is_empty() {
        return Some((day, None));
    }
    let part: f64 = format!("0.{part}").parse().ok()?;
    let seconds = ((part * 86_400.0).round() as i32).clamp(0, 86_399);
    let at = time((seconds / 3600) as i8, (seconds / 60 % 60) as i8, (seconds % 60) as i8, 0);
    Some((day, Some(at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_all_banks() {
        let shown = |text: &str| {
            read(text, Order::DayFirst)
                .map(|(d, t)| format!("{d} {}", t.map_or(String::new(), |t| t.to_string())))
        };
        for (text, expected) in [
            ("2019-09-26 12:45:27", "2019-09-26 12:45:27"),
            ("2025/12/03  14:06:51", "2025-12-03 14:06:51"),
            ("20240101", "2024-01-01 "),
            ("20240101123456", "2024-01-01 12:34:56"),
            ("24/03/2025", "2025-03-24 "),
            ("2024年1月5日", "2024-01-05 "),
            ("45657.5", "2024-12-31 12:00:00"),
            ("2021-1-7 8:03", "2021-01-07 08:03:00"),
            ("5 Jan 2024", "2024-01-05 "),
            ("Jan 5, 2024", "2024-01-05 "),
            ("05-JAN-24", "2024-01-05 "),
            ("Fri, 5th January 2024 09:30", "2024-01-05 09:30:00"),
            ("2024-01-05T12:30:00+08:00", "2024-01-05 12:30:00"),
            ("2024.01.05", "2024-01-05 "),
            ("２０２４－０１－０５", "2024-01-05 "),
            ("2024年01月05日 下午3时05分", "2024-01-05 15:05:00"),
            ("2024/1/5 3:05 PM", "2024-01-05 15:05:00"),
            ("12/31/2024 12:05:09 AM", "2024-12-31 00:05:09"),
            ("20240105 12:30:00", "2024-01-05 12:30:00"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "2024-13-01", "1234.50", "99999", "hello", "2024-02-30", "人民币合计", "19:12:59"]
        {
            assert_eq!(shown(text), None, "{text}");
        }
        assert_eq!(order(["03/04/2025", "03/24/2025"].into_iter()), Order::MonthFirst);
        assert_eq!(order(["24-01-05", "24-01-06", "24-02-01"].into_iter()), Order::YearFirst);
        assert_eq!(order(["05.01.24", "06.01.24"].into_iter()), Order::DayFirst);
        assert_eq!(order(["24.01.23", "24.02.24"].into_iter()), Order::DayFirst);
        assert_eq!(order(["01/05/24", "01/06/25"].into_iter()), Order::DayFirst);
    }
}
