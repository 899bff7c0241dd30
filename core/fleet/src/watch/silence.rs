//! Terminals, and which of them are silent although they should be heard.
//!
//! A terminal that signs on or sends echoes at regular times is silent after five that did not come. One that only
//! sells is silent when as many sales are missing as its own rhythm makes unlikely: sales come in bunches, so that
//! takes many (the note's Lomax tail), and only hours of the day in which it usually sells count. Never a reason to
//! call somebody at night: the list is for the next morning, unless a heartbeat is missing.

use serde::Serialize;

/// Terminals, at most.
const MOST: usize = 400_000;
const HOUR_US: i64 = 3_600_000_000;
const DAY_US: i64 = 24 * HOUR_US;
/// Heartbeats that must be missing.
const BEATS_MISSING: i64 = 5;
/// A heartbeat is known after so many that came at about the same distance.
const BEATS_KNOWN: u16 = 10;
/// Sales that must be missing in its own hours: five false alarms a day of 100,000 terminals with 60 sales each.
const SALES_MISSING: f64 = 78.0;
/// Entries of the list.
const LISTED_MOST: usize = 1_000;

#[derive(Clone, Copy, Debug, Default)]
struct Terminal {
    key: u64,
    profile: u32,
    /// Log time in seconds.
    sold: u32,
    heard: u32,
    /// When the last beat came, how far beats lie apart, and how many came so.
    beat_at: u32,
    beat: u32,
    beats: u16,
    /// Sales a day, faded.
    sales: f32,
    day: u16,
    /// Hours of the day with a sale: of this week and of the last.
    hours: [u32; 2],
    week: u16,
}

#[derive(Clone, Debug)]
pub(crate) struct Terminals {
    buckets: Vec<u32>,
    all: Vec<Terminal>,
    names: Vec<String>,
}

impl Default for Terminals {
    fn default() -> Terminals {
        Terminals { buckets: vec![0; 1_024], all: Vec::new(), names: Vec::new() }
    }
}

/// Why a terminal counts as silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Its sign-ons or echoes, which came regularly.
    Heartbeat,
    /// Its sales, by its own rhythm.
    Sales,
}

/// A silent terminal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Silent {
    /// Its number.
    pub terminal: String,
    /// Log time at which it was heard last, microseconds.
    pub heard_us: i64,
    /// What is missing.
    pub missing: Missing,
}

impl Terminals {
    pub fn find(&self, key: u64) -> Option<u32> {
        let mask = self.buckets.len() - 1;
        let mut at = key as usize & mask;
        loop {
            match self.buckets[at] {
                0 => return None,
                place if self.all[place as usize - 1].key == key => return Some(place - 1),
                _ => at = (at + 1) & mask,
            }
        }
    }

    pub fn set(&mut self, key: u64, name: &str, profile: u32) -> Option<u32> {
        if let Some(place) = self.find(key) {
            self.all[place as usize].profile = profile;
            return Some(place);
        }
        if self.all.len() >= MOST {
            return None;
        }
        self.all.push(Terminal { key, profile, ..Terminal::default() });
        self.names.push(name.to_owned());
        if 2 * self.all.len() > self.buckets.len() {
            self.buckets = vec![0; 2 * self.buckets.len()];
            (0..self.all.len()).for_each(|place| self.enter(place));
        } else {
            self.enter(self.all.len() - 1);
        }
        Some(self.all.len() as u32 - 1)
    }

    fn enter(&mut self, place: usize) {
        let mask = self.buckets.len() - 1;
        let mut at = self.all[place].key as usize & mask;
        while self.buckets[at] != 0 {
            at = (at + 1) & mask;
        }
        self.buckets[at] = place as u32 + 1;
    }

    /// A sale; its profile.
    pub fn sold(&mut self, terminal: u32, at_us: i64) -> u32 {
        let Some(own) = self.all.get_mut(terminal as usize) else { return u32::MAX };
        let day = at_us.div_euclid(DAY_US) as u16;
        if day != own.day {
            let since = f32::from(day.wrapping_sub(own.day).min(14));
            own.sales *= libm::powf(0.8, since);
            own.day = day;
            let week = day / 7;
            if week != own.week {
                own.hours = [0, if week == own.week + 1 { own.hours[0] } else { 0 }];
                own.week = week;
            }
        }
        own.sales += 0.2;
        own.hours[0] |= 1 << (at_us.rem_euclid(DAY_US) / HOUR_US);
        own.sold = (at_us / 1_000_000) as u32;
        own.heard = own.sold;
        own.profile
    }

    pub fn heard(&mut self, terminal: u32, at_us: i64) {
        let Some(own) = self.all.get_mut(terminal as usize) else { return };
        let now = (at_us / 1_000_000) as u32;
        let gap = now.saturating_sub(own.beat_at);
        if own.beat_at > 0 && gap > 0 {
            // A gap twice as long or short as the usual one is no beat.
            let regular = own.beat > 0 && gap < 2 * own.beat && 2 * gap > own.beat;
            own.beats = if regular { own.beats.saturating_add(1) } else { own.beats / 2 };
            own.beat = if regular { (3 * own.beat + gap) / 4 } else { gap };
        }
        (own.heard, own.beat_at) = (now, now);
    }

    /// It sent something that is neither a beat nor yet a sale.
    pub fn alive(&mut self, terminal: u32, at_us: i64) {
        if let Some(own) = self.all.get_mut(terminal as usize) {
            own.heard = (at_us / 1_000_000) as u32;
        }
    }

    pub fn silent(&self, now_us: i64, muted: impl Fn(u32) -> bool) -> Vec<Silent> {
        let now = now_us / 1_000_000;
        let mut silent = Vec::new();
        for (own, name) in self.all.iter().zip(&self.names) {
            let since = now - i64::from(own.heard);
            let beat = own.beats >= BEATS_KNOWN && since > (BEATS_MISSING * i64::from(own.beat)).max(300);
            let missing = if beat {
                Missing::Heartbeat
            } else if own.sold > 0 && since > 3_600 && own.missing_sales(now_us) >= SALES_MISSING {
                Missing::Sales
            } else {
                continue;
            };
            if silent.len() < LISTED_MOST && !muted(own.profile) {
                let heard_us = i64::from(own.heard) * 1_000_000;
                silent.push(Silent { terminal: name.clone(), heard_us, missing });
            }
        }
        silent
    }
}

impl Terminal {
    /// How many sales its rhythm expected since the last.
    fn missing_sales(&self, now_us: i64) -> f64 {
        let hours = self.hours[0] | self.hours[1];
        let open = hours.count_ones().max(1);
        let from = i64::from(self.heard) * 1_000_000;
        let (first, last) = (from.div_euclid(HOUR_US) + 1, now_us.div_euclid(HOUR_US));
        // Whole days by their number, the rest hour by hour.
        let days = (last - first).max(0) / 24;
        let rest = (first + 24 * days..last).filter(|h| hours >> h.rem_euclid(24) & 1 == 1).count() as i64;
        let hours_open = days * i64::from(open) + rest;
        f64::from(self.sales) * hours_open as f64 / f64::from(open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    #[test]
    fn five_missing_heartbeats_are_a_silence_and_four_are_not() {
        let mut all = Terminals::default();
        let beats = all.set(1, "T1", 0).expect("room");
        let start = 20_000 * DAY_US;
        (0..30).for_each(|i| all.heard(beats, start + i * 60 * SECOND));
        let last = start + 29 * 60 * SECOND;
        assert!(all.silent(last + 299 * SECOND, |_| false).is_empty());
        let silent = all.silent(last + 301 * SECOND, |_| false);
        assert_eq!((silent.len(), silent[0].missing), (1, Missing::Heartbeat));
        assert!(all.silent(last + 301 * SECOND, |_| true).is_empty(), "an outage explains it");
    }

    #[test]
    fn a_shop_that_is_closed_at_night_is_not_silent() {
        let mut all = Terminals::default();
        let shop = all.set(2, "T2", 0).expect("room");
        let start = 20_000 * DAY_US;
        for day in 0..20 {
            for sale in 0..240 {
                // From 9 to 21, twenty an hour.
                all.sold(shop, start + day * DAY_US + 9 * HOUR_US + sale * 180 * SECOND);
            }
        }
        let last_day = start + 19 * DAY_US;
        assert!(all.silent(last_day + DAY_US + 9 * HOUR_US, |_| false).is_empty(), "night");
        let noon = all.silent(last_day + DAY_US + 15 * HOUR_US, |_| false);
        assert_eq!(noon.len(), 1, "no sale since the morning");
    }
}
