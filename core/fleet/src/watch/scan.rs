//! Something has risen: where? Opens, widens and calls for outages.
//!
//! The leaves since the rise began go to [`crate::locate`] with the rates that their values usually have. Never
//! opens an outage on less than [`FAILURES_MIN`] failures beyond expectation.

use super::{Class, DAY_US, DIMENSIONS, OUTAGES_MOST, Outage, SCAN_US, Suspect, Watch};
use crate::{Direction, Location, Window, locate};
use std::collections::BTreeMap;

/// Failures beyond expectation that an outage has at least.
const FAILURES_MIN: f64 = 6.0;
/// A rate below so many times the usual one is no outage.
const TIMES_MIN: f64 = 2.0;
/// Terminals at which payments fail, at least.
const TERMINALS_MIN: usize = 3;
/// Lines of the table of what else stood out.
const SUSPECTS_MOST: usize = 6;

type Sums = BTreeMap<[u16; DIMENSIONS.len()], (u32, u32)>;

impl Watch {
    pub(super) fn look(&mut self, class: Class, now: i64, alarms: u32) {
        let c = class as usize;
        let risen =
            self.series.iter().zip(&self.thresholds).flat_map(|(all, t)| all.iter().map(move |s| (s, t[c])));
        let risen = risen.chain([(&self.all, self.thresholds[DIMENSIONS.len()][c])]);
        let since = risen.filter(|(s, t)| s.sum(c) >= *t).map(|(s, _)| s.since(c)).min().unwrap_or(now);
        // What rose so slowly that it began before all that is kept is looked at as far as it is kept.
        let since = since.max(now - SCAN_US);
        let sums = self.sums(c, since);
        let dimensions: Vec<usize> =
            (0..DIMENSIONS.len()).filter(|d| sums.keys().any(|k| k[*d] > 0)).collect();
        let names: Vec<&str> = dimensions.iter().map(|d| DIMENSIONS[*d]).collect();
        let mut window = Window::of_ratios(&names, true);
        for (values, (failed, total)) in &sums {
            let named: Vec<&str> = dimensions.iter().map(|d| self.names[*d].name(values[*d])).collect();
            let numbers = [f64::from(*failed), f64::from(*total), self.expected(values, c)];
            // Counts are finite, and no more fail than there are.
            let _ = window.push(&named, &numbers);
        }
        let location = locate(&window);
        let mut opened = false;
        let mut places: Vec<(Vec<(usize, u16)>, f64)> = Vec::new();
        for element in &location.elements {
            let rose =
                element.direction == Direction::Up && element.failures - element.expected >= FAILURES_MIN;
            // A value that is not known names nothing.
            let named = element.place.values().all(|v| !v.is_empty());
            if rose && named && element.failures >= TIMES_MIN * element.expected {
                let place: Vec<(usize, u16)> = element
                    .place
                    .iter()
                    .filter_map(|(dimension, value)| {
                        let d = DIMENSIONS.iter().position(|known| known == dimension)?;
                        Some((d, self.names[d].find(value)?))
                    })
                    .collect();
                places.push((place, element.share));
            }
        }
        let everything = match places.is_empty() {
            true => location.elements.is_empty() && self.everything_rose(&location, &sums, c),
            false => self.rest_rose_too(&places, &sums, c),
        };
        if everything {
            places = vec![(Vec::new(), 1.0)];
        }
        for (place, share) in places {
            opened |= self.open_outage(class, place, since, now, share, &sums, alarms);
        }
        if opened {
            // What rose with it starts anew, without the payments of the outage.
            self.series.iter_mut().flatten().for_each(|s| s.quieten(c));
            self.all.quieten(c);
        }
    }

    /// Whether what lies outside of all these places fails about as often as what lies within.
    fn rest_rose_too(&self, places: &[(Vec<(usize, u16)>, f64)], sums: &Sums, class: usize) -> bool {
        let mut sides = [[0.0_f64; 3]; 2];
        for (values, (failed, total)) in sums {
            let holds = |(place, _): &(Vec<(usize, u16)>, f64)| place.iter().all(|(d, v)| values[*d] == *v);
            let side = &mut sides[usize::from(places.iter().any(holds))];
            side[0] += f64::from(*failed);
            side[1] += f64::from(*total);
            side[2] += f64::from(*total) * self.expected(values, class);
        }
        let [rest, own] = sides;
        let rate = |side: [f64; 3]| if side[1] > 0.0 { side[0] / side[1] } else { 0.0 };
        rest[0] - rest[2] >= FAILURES_MIN && rest[0] >= 3.0 * rest[2] && rate(rest) >= 0.5 * rate(own)
    }

    fn everything_rose(&self, location: &Location, sums: &Sums, class: usize) -> bool {
        let (failed, expected) = sums.iter().fold((0.0, 0.0), |s, (values, (failed, total))| {
            (s.0 + f64::from(*failed), s.1 + f64::from(*total) * self.expected(values, class))
        });
        location.outside && failed >= TIMES_MIN * expected && failed - expected >= 2.0 * FAILURES_MIN
    }

    /// Failed and all payments of each leaf since then that no outage holds.
    fn sums(&self, class: usize, since: i64) -> Sums {
        let mut sums = Sums::new();
        for leaf in self.kept.iter().filter(|(at, ..)| *at >= since).flat_map(|(_, leaves, _)| leaves) {
            let values = self.values(leaf);
            if self.open().any(|o| o.holds(&values)) {
                continue;
            }
            let sum = sums.entry(values).or_default();
            *sum = (sum.0 + leaf.k[class], sum.1 + leaf.n);
        }
        sums
    }

    /// The rate that a leaf usually has: each value's own, as factors on the rate of all.
    fn expected(&self, values: &[u16; DIMENSIONS.len()], class: usize) -> f64 {
        let all = self.all.rate(class, 0.01);
        let factor = values.iter().enumerate().filter(|(_, v)| **v > 0).fold(1.0, |factor, (d, v)| {
            self.series[d].get(usize::from(*v)).map_or(factor, |s| factor * s.rate(class, all) / all)
        });
        (all * factor).clamp(1e-5, 0.9)
    }

    #[allow(clippy::too_many_arguments)] // one thing: what was found
    fn open_outage(
        &mut self,
        class: Class,
        place: Vec<(usize, u16)>,
        since: i64,
        now: i64,
        share: f64,
        sums: &Sums,
        alarms: u32,
    ) -> bool {
        let c = class as usize;
        let holds = |values: &[u16; DIMENSIONS.len()]| place.iter().all(|(d, v)| values[*d] == *v);
        let (failed, total, expected) =
            sums.iter().filter(|(v, _)| holds(v)).fold((0.0, 0.0, 0.0), |s, (values, (failed, total))| {
                (
                    s.0 + f64::from(*failed),
                    s.1 + f64::from(*total),
                    s.2 + f64::from(*total) * self.expected(values, c),
                )
            });
        if total <= 0.0 {
            return false;
        }
        let named = place
            .iter()
            .map(|(d, v)| (DIMENSIONS[*d].to_owned(), self.names[*d].name(*v).to_owned()))
            .collect();
        let mut outage = Outage {
            number: 0,
            class,
            place: named,
            codes_of_place: place.clone(),
            since_us: since,
            found_us: now,
            ended_us: None,
            usual_rate: expected / total,
            share,
            failed: 0,
            total: 0,
            failed_when_found: failed as u64,
            terminals: 0,
            codes: BTreeMap::new(),
            muted: alarms.saturating_sub(1),
            paged: false,
            suspects: self.suspects(&place, sums, c),
            minutes: Vec::new(),
        };
        self.fill_in(&mut outage, since);
        let terminals = self.struck_since(&mut outage, since);
        if !is_of_many(&terminals) {
            return false;
        }
        // One that was a part of this one, in the same way, is the same outage: nobody is called again.
        if let Some(narrower) = self
            .outages
            .iter_mut()
            .find(|o| o.is_open() && o.class == class && outage.covers(&o.codes_of_place))
        {
            outage.number = narrower.number;
            outage.paged = narrower.paged;
            outage.since_us = narrower.since_us.min(since);
            outage.found_us = narrower.found_us;
            outage.muted += narrower.muted + 1;
            outage.failed += narrower.failed;
            outage.total += narrower.total;
            for (code, n) in &narrower.codes {
                *outage.codes.entry(code.clone()).or_default() += n;
            }
            *narrower = outage;
            return true;
        }
        self.opened += 1;
        outage.number = self.opened;
        self.struck.entry(outage.number).or_default().extend(terminals.keys().copied());
        outage.paged = self.may_page(&outage, now);
        if self.outages.len() >= OUTAGES_MOST {
            let oldest = self.outages.iter().position(|o| !o.is_open()).unwrap_or(0);
            self.outages.remove(oldest);
        }
        self.outages.push(outage);
        true
    }

    /// The minutes before it was found, as far as they are kept.
    fn fill_in(&self, outage: &mut Outage, since: i64) {
        for (at, leaves, _) in &self.kept {
            let minute = at.div_euclid(super::MINUTE_US) * super::MINUTE_US;
            for leaf in leaves {
                let values = self.values(leaf);
                if outage.holds(&values) {
                    if *at >= since {
                        outage.add(leaf, minute);
                    } else {
                        let failed = leaf.k[outage.class as usize];
                        let at = outage.minute(minute);
                        at.failed += failed;
                        at.total += leaf.n;
                    }
                } else if !self.open().any(|o| o.holds(&values)) {
                    let class = outage.class as usize;
                    let at = outage.minute(minute);
                    at.rest_failed += leaf.k[class];
                    at.rest_total += leaf.n;
                }
            }
        }
    }

    /// Failures of the outage's kind by terminal since then; their codes are counted.
    fn struck_since(&self, outage: &mut Outage, since: i64) -> BTreeMap<u32, u32> {
        let class = outage.class;
        let mut terminals = BTreeMap::new();
        for (_, leaves, failures) in self.kept.iter().filter(|(at, ..)| *at >= since) {
            for failure in failures.iter().filter(|f| f.class == class) {
                if leaves.get(failure.leaf as usize).is_some_and(|leaf| outage.holds(&self.values(leaf))) {
                    outage.count_code(failure.code);
                    *terminals.entry(failure.terminal).or_default() += 1;
                }
            }
        }
        terminals
    }

    fn may_page(&mut self, outage: &Outage, now: i64) -> bool {
        let silenced = self.silenced.iter().any(|(d, v, until)| *until > now && outage.value(d) == Some(v));
        let day = now.div_euclid(DAY_US);
        if self.paged_day.0 != day {
            self.paged_day = (day, 0);
        }
        let may = !silenced && self.paged_day.1 < self.budget.pages_per_day;
        self.paged_day.1 += u32::from(may);
        may
    }

    /// What else stood out: the value of each dimension with most failures beyond expectation.
    fn suspects(&self, place: &[(usize, u16)], sums: &Sums, class: usize) -> Vec<Suspect> {
        let mut by_value: BTreeMap<(usize, u16), [f64; 5]> = BTreeMap::new();
        let (mut own, mut beyond) = ([0.0; 5], 0.0);
        for (values, (failed, total)) in sums {
            let (failed, total) = (f64::from(*failed), f64::from(*total));
            let expected = total * self.expected(values, class);
            let inside = place.iter().all(|(d, v)| values[*d] == *v);
            beyond += failed - expected;
            let outside = if inside { 0.0 } else { 1.0 };
            let row = [failed, total, expected, failed * outside, total * outside];
            for (d, value) in values.iter().enumerate().filter(|(_, v)| **v > 0) {
                let sum = by_value.entry((d, *value)).or_default();
                (0..5).for_each(|i| sum[i] += row[i]);
            }
            if inside {
                (0..5).for_each(|i| own[i] += row[i]);
            }
        }
        let suspect = |place: Vec<(usize, u16)>, sum: &[f64; 5]| Suspect {
            place: place
                .into_iter()
                .map(|(d, v)| (DIMENSIONS[d].to_owned(), self.names[d].name(v).to_owned()))
                .collect(),
            failed: sum[0],
            total: sum[1],
            expected: sum[2],
            share: ((sum[0] - sum[2]) / beyond.max(1.0)).clamp(0.0, 1.0),
            rate_without: (sum[4] >= 1.0).then(|| sum[3] / sum[4]),
        };
        let mut all = vec![suspect(place.to_vec(), &own)];
        for d in 0..DIMENSIONS.len() {
            let of = by_value.iter().filter(|((dimension, v), _)| *dimension == d && place != [(d, *v)]);
            let best = of.max_by(|a, b| (a.1[0] - a.1[2]).total_cmp(&(b.1[0] - b.1[2])));
            if let Some(((_, value), sum)) = best.filter(|(_, s)| s[0] - s[2] > 1.0) {
                all.push(suspect(vec![(d, *value)], sum));
            }
        }
        all[1..].sort_by(|a, b| b.share.total_cmp(&a.share));
        all.truncate(SUSPECTS_MOST);
        all
    }
}

/// What one terminal alone does, such as trying many cards, is no outage of its issuer, region or model.
fn is_of_many(terminals: &BTreeMap<u32, u32>) -> bool {
    let all: u32 = terminals.values().sum();
    let most = terminals.values().copied().max().unwrap_or(0);
    terminals.len() >= TERMINALS_MIN && 2 * most < all
}
