//! How often one address may ask: token buckets in a table with a bound.
//!
//! Why it exists: a look-up that may be asked without end is an oracle, and a form that may be sent without
//! end fills a disk. When the table is full, strangers share one bucket: late, not locked out one by one.
//! It never keeps an address: only a keyed hash of it, and only in memory.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Buckets at the same time.
const BUCKETS_MAX: usize = 50_000;

/// What is counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    /// Any request.
    Request,
    /// A look-up of something that only a slip's holder should find, by address.
    Lookup,
    /// The same by what is looked up, whoever asks: against many addresses that try one number.
    Subject,
    /// Something that is kept: a report, a ticket.
    Report,
    /// Work on an uploaded file.
    Upload,
}

/// How many at once, and how long until one more.
#[derive(Clone, Copy)]
struct Rate {
    burst: f64,
    each: Duration,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

/// The buckets.
pub(crate) struct Limits {
    lookups_per_minute: u32,
    keys: RandomState,
    buckets: Mutex<HashMap<(Class, u64), Bucket>>,
}

impl Limits {
    pub fn new(lookups_per_minute: u32) -> Limits {
        Limits { lookups_per_minute, keys: RandomState::new(), buckets: Mutex::default() }
    }

    fn rate(&self, class: Class) -> Rate {
        let lookups = f64::from(self.lookups_per_minute);
        let (burst, seconds) = match class {
            Class::Request => (f64::max(240.0, lookups * 2.0), f64::min(0.125, 30.0 / lookups)),
            Class::Lookup => (lookups, 60.0 / lookups),
            Class::Subject => (f64::max(12.0, lookups), f64::min(30.0, 60.0 / lookups)),
            Class::Report => (5.0, 300.0),
            Class::Upload => (6.0, 10.0),
        };
        Rate { burst, each: Duration::from_secs_f64(seconds) }
    }

    /// Takes one token of an address.
    ///
    /// # Errors
    /// Seconds until there is one again.
    pub fn take(&self, class: Class, who: IpAddr, now: Instant) -> Result<(), u64> {
        self.spend(class, self.keys.hash_one(network(who)), now)
    }

    /// Takes one token of a thing that is looked up.
    ///
    /// # Errors
    /// Seconds until there is one again.
    pub fn take_subject(&self, subject: &str, now: Instant) -> Result<(), u64> {
        self.spend(Class::Subject, self.keys.hash_one(subject), now)
    }

    fn spend(&self, class: Class, key: u64, now: Instant) -> Result<(), u64> {
        let Rate { burst, each } = self.rate(class);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX && !buckets.contains_key(&(class, key)) {
            buckets.retain(|(class, _), b| !full(self.rate(*class), b, now));
        }
        // Key 0 is the one that strangers share when there is no room.
        let key = if buckets.len() >= BUCKETS_MAX && !buckets.contains_key(&(class, key)) { 0 } else { key };
        let bucket = buckets.entry((class, key)).or_insert(Bucket { tokens: burst, at: now });
        let gained = now.saturating_duration_since(bucket.at).as_secs_f64() / each.as_secs_f64();
        *bucket = Bucket { tokens: (bucket.tokens + gained).min(burst), at: bucket.at.max(now) };
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        Err(((1.0 - bucket.tokens) * each.as_secs_f64()).ceil() as u64)
    }
}

fn full(rate: Rate, bucket: &Bucket, now: Instant) -> bool {
    let gained = now.saturating_duration_since(bucket.at).as_secs_f64() / rate.each.as_secs_f64();
    bucket.tokens + gained >= rate.burst
}

/// An IPv6 customer has a whole /64: it counts as one.
fn network(who: IpAddr) -> [u8; 16] {
    let mut bytes = match who.to_canonical() {
        IpAddr::V4(v4) => return v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    };
    bytes[8..].fill(0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_run_out_and_come_back() {
        let limits = Limits::new(10);
        let (now, who) = (Instant::now(), "192.0.2.1".parse().expect("an address"));
        let allowed = (0..100).filter(|_| limits.take(Class::Lookup, who, now).is_ok()).count();
        assert_eq!(allowed, 10);
        assert_eq!(limits.take(Class::Lookup, who, now), Err(6));
        assert_eq!(limits.take(Class::Lookup, "192.0.2.2".parse().expect("an address"), now), Ok(()));
        assert_eq!(limits.take(Class::Request, who, now), Ok(()), "classes are counted apart");
        assert_eq!(limits.take(Class::Lookup, who, now + Duration::from_secs(6)), Ok(()));
        assert!(limits.take(Class::Lookup, who, now + Duration::from_secs(6)).is_err());
    }

    #[test]
    fn one_customer_of_ipv6_is_one_and_a_mapped_address_is_its_ipv4() {
        let of = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }

    #[test]
    fn the_table_has_a_bound_and_strangers_then_share_a_bucket() {
        let limits = Limits::new(1);
        let now = Instant::now();
        for n in 0..BUCKETS_MAX as u32 {
            let _ = limits.take(Class::Lookup, IpAddr::from(n.to_be_bytes()), now);
        }
        let stranger = |n: u8| IpAddr::from([250, 0, 0, n]);
        assert_eq!(limits.take(Class::Lookup, stranger(1), now), Ok(()));
        assert!(limits.take(Class::Lookup, stranger(2), now).is_err(), "the shared bucket is spent");
        assert!(limits.buckets.lock().expect("a lock").len() <= BUCKETS_MAX + 1);
        let later = now + Duration::from_secs(61);
        assert_eq!(limits.take(Class::Lookup, stranger(3), later), Ok(()), "full buckets made room");
        assert!(limits.buckets.lock().expect("a lock").len() < 10);
    }
}
