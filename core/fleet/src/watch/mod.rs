//! [`Watch`]: the fleet over time. Counts the ends of payments, finds rates that have risen, says where, and keeps
//! the outages.
//!
//! A payment only counts at its leaf (issuer and the terminal's profile); every ten seconds of log time the leaves
//! go into one series for each value of each dimension, whose CUSUM says that something has risen; then
//! [`crate::locate`] says where, over all dimensions together; what it names becomes an outage, whose payments no
//! longer count anywhere else. Deterministic: the same payments in the same order give the same outages. Every
//! table has a bound. No I/O, no clock: time is the log's.

mod names;
mod outage;
mod scan;
mod series;
mod silence;

pub use outage::{Outage, OutageMinute, Suspect};
pub use series::{Peaks, THRESHOLD_MIN};
pub use silence::{Missing, Silent};

use names::Names;
use serde::Serialize;
use series::{Series, Together};
use silence::Terminals;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Dimensions of a payment: the issuer, and five of its terminal.
pub const DIMENSIONS: [&str; 6] = ["issuer", "acquirer", "operator", "region", "model", "firmware"];

/// Kinds of failure that are watched.
pub const CLASSES: usize = 4;

/// Log time of an interval.
const INTERVAL_US: i64 = 10_000_000;
const MINUTE_US: i64 = 60_000_000;
const HOUR_US: i64 = 60 * MINUTE_US;
const DAY_US: i64 = 24 * HOUR_US;
/// Half of what was a week ago counts.
const FADE_PER_HOUR: f64 = 0.995_882;
/// Payments of all series together before anything may be said to have risen.
const PAYMENTS_MIN: f64 = 200.0;
/// Leaves in one interval, at most: more payments are counted but not watched.
const LEAVES_MOST: usize = 50_000;
/// Log time that the scan can look back.
const SCAN_US: i64 = 20 * MINUTE_US;
/// Leaves of all intervals that are kept for it, at most.
const KEPT_MOST: usize = 400_000;
/// Outages that are kept, newest first.
const OUTAGES_MOST: usize = 500;

/// In which way a payment fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Issuer, switch or acquirer could not answer, or no answer came.
    Unavailable = 0,
    /// A key, MAC or PIN routine failed.
    Security = 1,
    /// Message or settings are wrong.
    Settings = 2,
    /// Declined for the card or by the issuer's choice.
    Declined = 3,
}

impl Class {
    /// In the order of their numbers.
    pub const ALL: [Class; CLASSES] = [Class::Unavailable, Class::Security, Class::Settings, Class::Declined];
}

/// What is known of a terminal beside its number; empty: not known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Profile<'a> {
    /// Who acquires its payments.
    pub acquirer: &'a str,
    /// Whose network it uses.
    pub operator: &'a str,
    /// Where it stands.
    pub region: &'a str,
    /// The device's model.
    pub model: &'a str,
    /// Its software.
    pub firmware: &'a str,
}

/// What to allow.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// False alarms a day of all series together that the thresholds are set for.
    pub false_alarms_per_day: f64,
    /// Outages a day that somebody is called for.
    pub pages_per_day: u32,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { false_alarms_per_day: 0.5, pages_per_day: 50 }
    }
}

/// Counts of one leaf in one interval.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Leaf {
    issuer: u16,
    profile: u32,
    pub n: u32,
    pub k: [u32; CLASSES],
}

/// A payment that failed, until the interval is closed.
#[derive(Clone, Copy, Debug)]
struct Failure {
    leaf: u32,
    terminal: u32,
    class: Class,
    code: [u8; 2],
}

/// The state.
pub struct Watch {
    budget: Budget,
    names: [Names; DIMENSIONS.len()],
    profiles: Vec<[u16; DIMENSIONS.len() - 1]>,
    profile_places: BTreeMap<[u16; DIMENSIONS.len() - 1], u32>,
    terminals: Terminals,
    series: [Vec<Series>; DIMENSIONS.len()],
    all: Series,
    together: [[Together; CLASSES]; DIMENSIONS.len() + 1],
    peaks: [[Peaks; CLASSES]; DIMENSIONS.len() + 1],
    thresholds: [[f64; CLASSES]; DIMENSIONS.len() + 1],
    /// When learning began, and when thresholds were set last.
    began_us: i64,
    set_us: i64,
    /// Of the interval at hand: leaves by a small open table that is emptied with it.
    interval: i64,
    leaves: Vec<Leaf>,
    buckets: Vec<u32>,
    used: Vec<u32>,
    failures: Vec<Failure>,
    touched: Vec<(u8, u16)>,
    /// Leaves of past intervals, and the failures among them.
    kept: VecDeque<(i64, Vec<Leaf>, Vec<Failure>)>,
    kept_leaves: usize,
    outages: Vec<Outage>,
    /// Terminals at which an open outage's payments failed.
    struck: BTreeMap<u32, BTreeSet<u32>>,
    opened: u32,
    paged_day: (i64, u32),
    silenced: Vec<(String, String, i64)>,
    payments: u64,
    unwatched: u64,
}

impl Default for Watch {
    fn default() -> Watch {
        Watch::new(Budget::default())
    }
}

impl Watch {
    /// A watch that has seen nothing.
    pub fn new(budget: Budget) -> Watch {
        Watch {
            budget,
            names: Default::default(),
            profiles: Vec::new(),
            profile_places: BTreeMap::new(),
            terminals: Terminals::default(),
            series: Default::default(),
            all: Series::default(),
            together: Default::default(),
            peaks: Default::default(),
            // Until quiet days have been seen: about one false alarm a day for some thousand series.
            thresholds: [[17.0; CLASSES]; DIMENSIONS.len() + 1],
            began_us: 0,
            set_us: 0,
            interval: i64::MIN,
            leaves: Vec::new(),
            buckets: vec![0; 2 * LEAVES_MOST.next_power_of_two()],
            used: Vec::new(),
            failures: Vec::new(),
            touched: Vec::new(),
            kept: VecDeque::new(),
            kept_leaves: 0,
            outages: Vec::new(),
            struck: BTreeMap::new(),
            opened: 0,
            paged_day: (0, 0),
            silenced: Vec::new(),
            payments: 0,
            unwatched: 0,
        }
    }

    /// The number of an issuer.
    pub fn issuer(&mut self, name: &str) -> u16 {
        self.names[0].place(name)
    }

    /// The name of an issuer by its number; empty: none is known.
    pub fn issuer_name(&self, issuer: u16) -> &str {
        self.names[0].name(issuer)
    }

    /// The number of a terminal, by a well-mixed hash of its name, if it is known.
    pub fn terminal(&self, key: u64) -> Option<u32> {
        self.terminals.find(key)
    }

    /// Takes a terminal in, or its new profile; `None` if there is no more room.
    pub fn set_terminal(&mut self, key: u64, name: &str, profile: Profile<'_>) -> Option<u32> {
        let values = [profile.acquirer, profile.operator, profile.region, profile.model, profile.firmware];
        let codes: [u16; 5] = std::array::from_fn(|d| self.names[d + 1].place(values[d]));
        let next = self.profiles.len() as u32;
        let place = *self.profile_places.entry(codes).or_insert(next);
        if place == next {
            self.profiles.push(codes);
        }
        self.terminals.set(key, name, place)
    }

    /// A payment came to an end: approved (`None`) or failed in a way, with the response code's characters.
    pub fn payment(&mut self, at_us: i64, terminal: u32, issuer: u16, failed: Option<(Class, [u8; 2])>) {
        if at_us.div_euclid(INTERVAL_US) != self.interval {
            self.advance(at_us);
        }
        self.payments += 1;
        let profile = self.terminals.sold(terminal, at_us);
        let Some(place) = self.leaf(issuer, profile) else {
            self.unwatched += 1;
            return;
        };
        let leaf = &mut self.leaves[place as usize];
        leaf.n += 1;
        if let Some((class, code)) = failed {
            leaf.k[class as usize] += 1;
            self.failures.push(Failure { leaf: place, terminal, class, code });
        }
    }

    /// A terminal asked for something whose outcome is not known yet.
    pub fn alive(&mut self, at_us: i64, terminal: u32) {
        self.terminals.alive(terminal, at_us);
    }

    /// A terminal was heard in another way: a sign-on, an echo, a heartbeat.
    pub fn heard(&mut self, at_us: i64, terminal: u32) {
        self.terminals.heard(terminal, at_us);
    }

    fn leaf(&mut self, issuer: u16, profile: u32) -> Option<u32> {
        let mask = self.buckets.len() - 1;
        let key = u64::from(issuer) << 32 | u64::from(profile);
        let mut at = (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as usize & mask;
        loop {
            match self.buckets[at] {
                0 => break,
                place => {
                    let leaf = &self.leaves[place as usize - 1];
                    if leaf.issuer == issuer && leaf.profile == profile {
                        return Some(place - 1);
                    }
                }
            }
            at = (at + 1) & mask;
        }
        if self.leaves.len() >= LEAVES_MOST {
            return None;
        }
        self.leaves.push(Leaf { issuer, profile, ..Leaf::default() });
        self.buckets[at] = self.leaves.len() as u32;
        self.used.push(at as u32);
        Some(self.leaves.len() as u32 - 1)
    }

    /// Log time has come to here.
    pub fn advance(&mut self, at_us: i64) {
        let interval = at_us.div_euclid(INTERVAL_US);
        if interval <= self.interval {
            return;
        }
        if self.interval == i64::MIN {
            (self.began_us, self.set_us) = (at_us, at_us);
        } else {
            self.close();
            let (before, now) = (self.interval * INTERVAL_US, interval * INTERVAL_US);
            if before.div_euclid(MINUTE_US) != now.div_euclid(MINUTE_US) {
                self.minute_over(now);
            }
            if before.div_euclid(HOUR_US) != now.div_euclid(HOUR_US) {
                // Of a long silence one hour is enough to fade: nothing was learnt in it.
                self.hour_over();
            }
            if now - self.set_us >= DAY_US {
                self.set_thresholds(now);
            }
        }
        self.interval = interval;
    }

    fn values(&self, leaf: &Leaf) -> [u16; DIMENSIONS.len()] {
        let own = self.profiles.get(leaf.profile as usize).copied().unwrap_or_default();
        [leaf.issuer, own[0], own[1], own[2], own[3], own[4]]
    }

    /// Moves the interval's leaves into the series, and looks at those that have risen.
    fn close(&mut self) {
        let at = self.interval * INTERVAL_US;
        let minute = at.div_euclid(MINUTE_US) * MINUTE_US;
        let leaves = std::mem::take(&mut self.leaves);
        for leaf in &leaves {
            self.count(leaf, minute);
        }
        self.count_rest(minute);
        let failures = std::mem::take(&mut self.failures);
        failures.iter().for_each(|failure| self.strike(&leaves, *failure));
        let mut alarms = [0_u8; CLASSES];
        let of_all: [f64; CLASSES] = std::array::from_fn(|c| self.all.rate(c, 0.01));
        let warm = self.all.payments() >= PAYMENTS_MIN;
        let last = DIMENSIONS.len();
        let risen = self.all.close(
            at,
            &of_all,
            &mut self.together[last],
            &mut self.peaks[last],
            &self.thresholds[last],
        );
        (0..CLASSES).for_each(|c| alarms[c] += risen >> c & 1);
        for (dimension, value) in std::mem::take(&mut self.touched) {
            let d = usize::from(dimension);
            let series = &mut self.series[d][usize::from(value)];
            let (together, peaks) = (&mut self.together[d], &mut self.peaks[d]);
            let risen = series.close(at, &of_all, together, peaks, &self.thresholds[d]);
            (0..CLASSES).for_each(|c| alarms[c] = alarms[c].saturating_add(risen >> c & 1));
        }
        self.keep(at, leaves, failures);
        for class in Class::ALL.into_iter().filter(|c| warm && alarms[*c as usize] > 0) {
            self.look(class, at + INTERVAL_US, u32::from(alarms[class as usize]));
        }
    }

    /// One leaf: to its outage, if one holds it, else to its series.
    fn count(&mut self, leaf: &Leaf, minute: i64) {
        let values = self.values(leaf);
        let mut own = *leaf;
        for outage in self.outages.iter_mut().filter(|o| o.is_open() && o.holds(&values)) {
            outage.add(leaf, minute);
            // Only the payments that went well or failed in its way are its own.
            own.n = 0;
        }
        if own.n == 0 {
            return;
        }
        add(&mut self.all.now, &own);
        for (d, value) in values.into_iter().enumerate().filter(|(_, v)| *v > 0) {
            let all = &mut self.series[d];
            if all.len() <= usize::from(value) {
                all.resize_with(usize::from(value) + 1, Series::default);
            }
            let series = &mut all[usize::from(value)];
            if series.now.0 == 0 {
                self.touched.push((d as u8, value));
            }
            add(&mut series.now, &own);
        }
    }

    /// What everything but an outage did, for its picture.
    fn count_rest(&mut self, minute: i64) {
        let (n, k) = self.all.now;
        for outage in self.outages.iter_mut().filter(|o| o.is_open()) {
            let class = outage.class as usize;
            let at = outage.minute(minute);
            at.rest_failed += k[class];
            at.rest_total += n;
        }
    }

    fn strike(&mut self, leaves: &[Leaf], failure: Failure) {
        let values = self.values(&leaves[failure.leaf as usize]);
        for outage in
            self.outages.iter_mut().filter(|o| o.is_open() && o.class == failure.class && o.holds(&values))
        {
            outage.count_code(failure.code);
            self.struck.entry(outage.number).or_default().insert(failure.terminal);
        }
    }

    fn keep(&mut self, at: i64, mut leaves: Vec<Leaf>, failures: Vec<Failure>) {
        self.kept_leaves += leaves.len();
        leaves.shrink_to_fit();
        self.used.drain(..).for_each(|at| self.buckets[at as usize] = 0);
        self.kept.push_back((at, leaves, failures));
        while self.kept.front().is_some_and(|(from, ..)| *from < at - SCAN_US || self.kept_leaves > KEPT_MOST)
        {
            self.kept_leaves -= self.kept.pop_front().map_or(0, |(_, leaves, _)| leaves.len());
        }
    }

    fn minute_over(&mut self, now: i64) {
        for outage in self.outages.iter_mut().filter(|o| o.is_open()) {
            outage.look_back(now, MINUTE_US);
            outage.terminals = self.struck.get(&outage.number).map_or(0, |s| s.len() as u32);
        }
        let open: BTreeSet<u32> = self.open().map(|o| o.number).collect();
        self.struck.retain(|number, _| open.contains(number));
        self.silenced.retain(|s| s.2 > now);
    }

    fn hour_over(&mut self) {
        self.all.fade(FADE_PER_HOUR);
        self.series.iter_mut().flatten().for_each(|s| s.fade(FADE_PER_HOUR));
        self.together.iter_mut().flatten().for_each(|t| t.fade(FADE_PER_HOUR));
    }

    /// Sets the thresholds from the peaks of the days that were seen.
    fn set_thresholds(&mut self, now: i64) {
        let days = ((now - self.began_us) as f64 / DAY_US as f64).min(4.0);
        // The budget is for all kinds of series and failures together.
        let each = self.budget.false_alarms_per_day / ((DIMENSIONS.len() + 1) * CLASSES) as f64;
        for (thresholds, peaks) in self.thresholds.iter_mut().zip(&mut self.peaks) {
            for (threshold, peaks) in thresholds.iter_mut().zip(peaks) {
                *threshold = peaks.threshold(days, each).clamp(THRESHOLD_MIN, 40.0);
                if days >= 4.0 {
                    peaks.fade();
                }
            }
        }
        self.set_us = now;
    }

    /// No calls for this value until then.
    pub fn silence(&mut self, dimension: &str, value: &str, until_us: i64) {
        if self.silenced.len() < 1_000 {
            self.silenced.push((dimension.to_owned(), value.to_owned(), until_us));
        }
    }

    /// All outages that are kept, oldest first.
    pub fn outages(&self) -> &[Outage] {
        &self.outages
    }

    /// Those that last.
    pub fn open(&self) -> impl Iterator<Item = &Outage> {
        self.outages.iter().filter(|o| o.is_open())
    }

    /// The usual share of payments that end in this way, of a value; `None` if it was hardly seen.
    pub fn usual_rate(&self, dimension: &str, value: &str, class: Class) -> Option<f64> {
        let d = DIMENSIONS.iter().position(|known| *known == dimension)?;
        let series = self.series[d].get(usize::from(self.names[d].find(value)?))?;
        let all = self.all.rate(class as usize, 0.01);
        (series.payments() >= 20.0).then(|| series.rate(class as usize, all))
    }

    /// Failed and all payments of a value in the last minutes.
    pub fn recent(&self, dimension: &str, value: &str, class: Class) -> (u32, u32) {
        let Some(d) = DIMENSIONS.iter().position(|known| *known == dimension) else { return (0, 0) };
        let Some(value) = self.names[d].find(value) else { return (0, 0) };
        let leaves =
            self.kept.iter().flat_map(|(_, leaves, _)| leaves).filter(|l| self.values(l)[d] == value);
        leaves.fold((0, 0), |s, l| (s.0 + l.k[class as usize], s.1 + l.n))
    }

    /// Terminals that are silent although they should be heard, if no open outage explains it.
    pub fn silent(&self, now_us: i64) -> Vec<Silent> {
        let muted = |profile: u32| {
            let own = self.profiles.get(profile as usize).copied().unwrap_or_default();
            let values = [0, own[0], own[1], own[2], own[3], own[4]];
            // An issuer's outage silences no terminal.
            self.open().any(|o| o.value("issuer").is_none() && o.holds(&values))
        };
        self.terminals.silent(now_us, muted)
    }

    /// Payments seen, and those among them that found no room.
    pub fn counts(&self) -> (u64, u64) {
        (self.payments, self.unwatched)
    }

    /// The threshold of each kind of series (the dimensions, then all together) for each class.
    pub fn thresholds(&self) -> &[[f64; CLASSES]; DIMENSIONS.len() + 1] {
        &self.thresholds
    }
}

fn add(now: &mut (u32, [u32; CLASSES]), leaf: &Leaf) {
    now.0 += leaf.n;
    (0..CLASSES).for_each(|c| now.1[c] += leaf.k[c]);
}
