//! An outage: where payments fail beyond what is usual, since when, and how it went.
//!
//! Its payments are taken out of all other series while it lasts, so that an acquirer's outage raises no alarm for
//! its shops. Never opened twice for one place: a wider place found later takes the narrower one over.

use super::{Class, DIMENSIONS, Leaf};
use serde::Serialize;
use std::collections::BTreeMap;

/// Minutes that are kept for the picture.
const MINUTES_MOST: usize = 360;
/// It has ended when its rate was back for so many minutes.
const QUIET_MINUTES: i64 = 10;
/// Payments in these minutes that are enough to say so.
const QUIET_PAYMENTS: u32 = 20;
/// Without any payment for so long it is over as well: nothing more is known.
const SILENT_MINUTES: i64 = 120;
/// Different response codes that are counted.
const CODES_MOST: usize = 16;

/// A minute of an outage, and of everything else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OutageMinute {
    /// Log time of its beginning, microseconds.
    pub start_us: i64,
    /// Failed and all payments of the place.
    pub failed: u32,
    /// All payments of the place.
    pub total: u32,
    /// Failed payments of everything else.
    pub rest_failed: u32,
    /// All payments of everything else.
    pub rest_total: u32,
}

/// How one value stood when the outage was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suspect {
    /// Dimension and value of each that it names.
    pub place: Vec<(String, String)>,
    /// Failed.
    pub failed: f64,
    /// All.
    pub total: f64,
    /// Expected to fail.
    pub expected: f64,
    /// Share of all failures beyond expectation.
    pub share: f64,
    /// The rate of failures of what is left of it without the outage's place, if anything is.
    pub rate_without: Option<f64>,
}

/// One outage.
#[derive(Clone, Debug, Serialize)]
pub struct Outage {
    /// Counted through from 1.
    pub number: u32,
    /// In which way payments fail.
    pub class: Class,
    /// Dimension and value; empty: everywhere, the cause lies outside of what is recorded.
    pub place: Vec<(String, String)>,
    #[serde(skip)]
    pub(crate) codes_of_place: Vec<(usize, u16)>,
    /// Log time at which the rate began to rise.
    pub since_us: i64,
    /// Log time at which it was found.
    pub found_us: i64,
    /// Log time at which it was over.
    pub ended_us: Option<i64>,
    /// The usual rate of failures.
    pub usual_rate: f64,
    /// Share of all failures beyond expectation that it explained when it was found.
    pub share: f64,
    /// Failed and all payments since it began.
    pub failed: u64,
    /// All payments since it began.
    pub total: u64,
    /// Payments failed when it was found.
    pub failed_when_found: u64,
    /// Terminals at which payments failed.
    pub terminals: u32,
    /// Response codes of the failures; empty text: no answer.
    pub codes: BTreeMap<String, u64>,
    /// Alarms of other series and silent terminals that were taken as part of it.
    pub muted: u32,
    /// Somebody was called; else the day's budget was used up or the place is silenced.
    pub paged: bool,
    /// What else stood out when it was found.
    pub suspects: Vec<Suspect>,
    /// By minute, oldest first.
    pub minutes: Vec<OutageMinute>,
}

impl Outage {
    /// True while it lasts.
    pub fn is_open(&self) -> bool {
        self.ended_us.is_none()
    }

    /// Failures since it began.
    pub fn rate(&self) -> f64 {
        if self.total > 0 { self.failed as f64 / self.total as f64 } else { 0.0 }
    }

    /// The value of a dimension, if the place names one.
    pub fn value(&self, dimension: &str) -> Option<&str> {
        self.place.iter().find(|(d, _)| d == dimension).map(|(_, v)| v.as_str())
    }

    pub(crate) fn holds(&self, values: &[u16; DIMENSIONS.len()]) -> bool {
        self.codes_of_place.iter().all(|(d, v)| values[*d] == *v)
    }

    /// True if every leaf of the other place is one of this place.
    pub(crate) fn covers(&self, place: &[(usize, u16)]) -> bool {
        self.codes_of_place.iter().all(|own| place.contains(own))
    }

    pub(crate) fn minute(&mut self, start_us: i64) -> &mut OutageMinute {
        if self.minutes.last().is_none_or(|m| m.start_us < start_us) {
            if self.minutes.len() >= MINUTES_MOST {
                self.minutes.remove(0);
            }
            self.minutes.push(OutageMinute { start_us, ..OutageMinute::default() });
        }
        let last = self.minutes.len() - 1;
        &mut self.minutes[last]
    }

    pub(crate) fn add(&mut self, leaf: &Leaf, minute_us: i64) {
        let failed = leaf.k[self.class as usize];
        self.failed += u64::from(failed);
        self.total += u64::from(leaf.n);
        let minute = self.minute(minute_us);
        minute.failed += failed;
        minute.total += leaf.n;
    }

    pub(crate) fn count_code(&mut self, code: [u8; 2]) {
        let name = match code {
            [0, 0] => String::new(),
            code => String::from_utf8_lossy(&code).into_owned(),
        };
        if self.codes.len() < CODES_MOST || self.codes.contains_key(&name) {
            *self.codes.entry(name).or_default() += 1;
        }
    }

    /// Ends it if its rate is back; called when a minute is over.
    pub(crate) fn look_back(&mut self, now_us: i64, minute_us: i64) {
        let from = now_us - QUIET_MINUTES * minute_us;
        let recent = self.minutes.iter().filter(|m| m.start_us >= from && m.start_us < now_us);
        let (failed, total) = recent.fold((0, 0), |s, m| (s.0 + m.failed, s.1 + m.total));
        let worst = self.rate().max(self.usual_rate + 0.05);
        let bound = self.usual_rate + 0.3 * (worst - self.usual_rate);
        let heard = self.minutes.iter().rev().find(|m| m.total > 0).map_or(self.found_us, |m| m.start_us);
        let back = total >= QUIET_PAYMENTS && f64::from(failed) < bound * f64::from(total);
        if back && now_us - self.found_us >= QUIET_MINUTES * minute_us {
            self.ended_us = Some(from);
        } else if now_us - heard > SILENT_MINUTES * minute_us {
            self.ended_us = Some(heard);
        }
    }
}
