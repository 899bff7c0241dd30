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
        }
    } else {
        return None;
    };
    Some((day, time_of(&parts[3..])))
}

/// Which order the dates of a column have: the first that can't be read the other way decides.
pub fn order<'a>(cells: impl Iterator<Item = &'a str>) -> Order {
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
    let cell = cell.trim();
    if !marks(cell) {
        return None;
    }
    time_of(&numbers(cell))
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
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "2024-13-01", "1234.50", "99999", "hello", "2024-02-30", "人民币合计", "19:12:59"]
        {
            assert_eq!(shown(text), None, "{text}");
        }
        assert_eq!(order(["03/04/2025", "03/24/2025"].into_iter()), Order::MonthFirst);
    }
}
