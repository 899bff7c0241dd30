//! The week's rhythm: when shops are open, how busy an hour is, weekends and pay day. The city lies at UTC+8
//! and knows no summer time.

use tg_types::Instant;

/// Microseconds of a minute, hour and day.
pub(crate) const MINUTE: i64 = 60_000_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;
const ZONE: i64 = 8 * HOUR;

/// How busy each hour of the day is, in percent of the busiest; 0 is closed.
pub(crate) type Hours = [u8; 24];

pub(crate) const SHOP: Hours =
    [0, 0, 0, 0, 0, 0, 0, 0, 20, 55, 75, 80, 60, 55, 65, 75, 80, 95, 100, 90, 60, 20, 0, 0];
pub(crate) const FOOD: Hours =
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 25, 85, 100, 55, 15, 10, 30, 80, 100, 80, 40, 15, 0, 0];
pub(crate) const ROUND_THE_CLOCK: Hours =
    [10, 6, 4, 3, 4, 10, 30, 70, 90, 70, 60, 65, 75, 65, 60, 65, 80, 100, 95, 75, 55, 40, 28, 16];
pub(crate) const MORNING: Hours =
    [0, 0, 0, 0, 0, 30, 80, 100, 100, 90, 75, 55, 25, 15, 20, 30, 45, 40, 10, 0, 0, 0, 0, 0];
pub(crate) const OFFICE: Hours =
    [0, 0, 0, 0, 0, 0, 0, 0, 30, 90, 100, 80, 35, 50, 85, 90, 80, 55, 20, 0, 0, 0, 0, 0];

/// The number of the day since 1970, by the city's clocks.
pub(crate) fn day_of(at: Instant) -> i64 {
    (at.0 + ZONE).div_euclid(DAY)
}

/// Midnight of a day.
pub(crate) fn midnight(day: i64) -> Instant {
    Instant(day * DAY - ZONE)
}

/// Microseconds since midnight.
pub(crate) fn time_of_day(at: Instant) -> i64 {
    (at.0 + ZONE).rem_euclid(DAY)
}

/// 0 is Monday.
pub(crate) fn weekday(at: Instant) -> u8 {
    // 1970-01-01 was a Thursday.
    (day_of(at) + 3).rem_euclid(7) as u8
}

/// True on Saturday and Sunday.
pub(crate) fn is_weekend(at: Instant) -> bool {
    weekday(at) >= 5
}

/// Most of the city is paid on the tenth; that day and the next are a rush.
pub(crate) fn is_pay_day(at: Instant) -> bool {
    let day = jiff::Timestamp::from_microsecond(at.0 + ZONE).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    matches!(jiff::tz::TimeZone::UTC.to_datetime(day).day(), 10 | 11)
}

/// How busy it is at a moment, in percent of the busiest hour of an ordinary working day.
pub(crate) fn busy(hours: &Hours, weekend_percent: u64, pay_day: bool, at: Instant) -> u64 {
    let hour = (time_of_day(at) / HOUR) as usize;
    let mut percent = u64::from(hours.get(hour).copied().unwrap_or(0));
    if is_weekend(at) {
        percent = percent * weekend_percent / 100;
    }
    if pay_day { percent * 170 / 100 } else { percent }
}

/// The first moment from `at` on at which a shop with these hours is open and not half asleep.
pub(crate) fn next_open(hours: &Hours, at: Instant) -> Instant {
    let is_open = |at: Instant| hours.get((time_of_day(at) / HOUR) as usize).is_some_and(|busy| *busy >= 20);
    let mut at = at;
    for _ in 0..24 {
        if is_open(at) {
            return at;
        }
        at = Instant((at.0 + ZONE).div_euclid(HOUR) * HOUR + HOUR - ZONE);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-10T10:00 in the city, a Tuesday and pay day.
    const TEN: Instant = Instant(1_794_276_000_000_000);

    #[test]
    fn the_calendar_is_that_of_the_city() {
        assert_eq!((weekday(TEN), time_of_day(TEN) / HOUR, is_pay_day(TEN)), (1, 10, true));
        assert_eq!(midnight(day_of(TEN)).plus_us(10 * HOUR), TEN);
        let saturday = TEN.plus_us(4 * DAY);
        assert!(is_weekend(saturday) && !is_pay_day(saturday));
    }

    #[test]
    fn a_closed_shop_opens_at_its_hour() {
        let night = midnight(day_of(TEN)).plus_us(3 * HOUR + 7 * MINUTE);
        assert_eq!(next_open(&SHOP, night), midnight(day_of(TEN)).plus_us(8 * HOUR));
        assert_eq!(next_open(&SHOP, TEN), TEN);
        assert_eq!(busy(&SHOP, 120, false, night), 0);
        assert_eq!(busy(&SHOP, 120, true, TEN), 127);
    }
}
