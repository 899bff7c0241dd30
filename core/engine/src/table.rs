//! Tables from hashes to numbers: open addressing, one small table per logical partition.
//!
//! Why it exists: growth moves one partition's few thousand buckets, never the whole state at once, and
//! probe lengths are counted, since terminal numbers differ in few bits and a bad hash would show there
//! first. What a number stands for is the caller's business; the caller compares the real keys.

use tg_types::{PARTITIONS, Partition, TenantId, mix64};

/// No entry here. No number that a table keeps may be this one.
const EMPTY: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Bucket {
    /// The lower half of the hash: its low bits are the home place, all of it spares most key comparisons.
    tag: u32,
    value: u32,
}

const FREE: Bucket = Bucket { tag: 0, value: EMPTY };

#[derive(Default)]
struct Table {
    buckets: Box<[Bucket]>,
    used: u32,
}

impl Table {
    fn mask(&self) -> usize {
        self.buckets.len().wrapping_sub(1)
    }

    fn grow(&mut self) {
        let size = (self.buckets.len() * 2).max(4);
        let old = std::mem::replace(&mut self.buckets, vec![FREE; size].into());
        for bucket in old.iter().filter(|b| b.value != EMPTY) {
            self.place(*bucket);
        }
    }

    fn place(&mut self, bucket: Bucket) {
        let mask = self.mask();
        let mut at = bucket.tag as usize & mask;
        while self.buckets[at].value != EMPTY {
            at = (at + 1) & mask;
        }
        self.buckets[at] = bucket;
    }

    /// Adds a number, or puts it in the place of one under the same key and gives that. There is room.
    fn put(&mut self, new: Bucket, same: &impl Fn(u32, u32) -> bool) -> Option<u32> {
        debug_assert_ne!(new.value, EMPTY);
        let mask = self.mask();
        let mut at = new.tag as usize & mask;
        loop {
            let bucket = &mut self.buckets[at];
            if bucket.value == EMPTY {
                *bucket = new;
                self.used += 1;
                return None;
            }
            if bucket.tag == new.tag && same(bucket.value, new.value) {
                return Some(std::mem::replace(&mut bucket.value, new.value));
            }
            at = (at + 1) & mask;
        }
    }

    /// Takes a bucket out and moves those behind it closer to their homes, so that no grave stays.
    fn remove_at(&mut self, mut hole: usize) {
        let mask = self.mask();
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let bucket = self.buckets[at];
            if bucket.value == EMPTY {
                break;
            }
            let from_home = at.wrapping_sub(bucket.tag as usize) & mask;
            let from_hole = at.wrapping_sub(hole) & mask;
            if from_home >= from_hole {
                self.buckets[hole] = bucket;
                hole = at;
            }
        }
        self.buckets[hole].value = EMPTY;
        self.used -= 1;
    }
}

/// The size of a table of so many numbers: at most five eighths full.
fn size_for(used: usize) -> usize {
    if used == 0 { 0 } else { (used * 8).div_ceil(5).next_power_of_two().max(4) }
}

/// How look-ups went since this process began. Not part of the state.
#[derive(Clone, Copy, Default)]
pub(crate) struct Probes {
    pub(crate) lookups: u64,
    pub(crate) steps: u64,
    pub(crate) longest: u32,
}

/// One table per partition.
pub(crate) struct Tables {
    tables: Box<[Table]>,
    pub(crate) probes: Probes,
}

impl Tables {
    pub(crate) fn new() -> Tables {
        let tables = (0..PARTITIONS).map(|_| Table::default()).collect();
        Tables { tables, probes: Probes::default() }
    }

    /// Tables of these numbers, each made once in its final size. Of numbers under the same key the last
    /// stays; the pairs (earlier, later) of such numbers come back too.
    pub(crate) fn of(homes: Vec<Home>, same: impl Fn(u32, u32) -> bool) -> (Tables, Vec<(u32, u32)>) {
        // Sorted by partition, so that one table after the other is filled and stays in the cache meanwhile.
        let mut ends = vec![0_usize; usize::from(PARTITIONS)];
        homes.iter().for_each(|home| ends[usize::from(home.partition.0)] += 1);
        let mut sum = 0;
        for end in &mut ends {
            // At first where the partition begins; sorting moves it to the end.
            sum += std::mem::replace(end, sum);
        }
        let mut sorted = vec![FREE; homes.len()];
        for home in &homes {
            let end = &mut ends[usize::from(home.partition.0)];
            sorted[*end] = home.bucket;
            *end += 1;
        }
        drop(homes);
        let (mut begin, mut repeated) = (0, Vec::new());
        let table = |end: usize| {
            let buckets = &sorted[begin..end];
            begin = end;
            let mut table = Table { buckets: vec![FREE; size_for(buckets.len())].into(), used: 0 };
            for &bucket in buckets {
                repeated.extend(table.put(bucket, &same).map(|earlier| (earlier, bucket.value)));
            }
            table
        };
        let tables = ends.into_iter().map(table).collect();
        (Tables { tables, probes: Probes::default() }, repeated)
    }

    /// Reads a hash's home bucket and nothing else. See [`crate::ahead`].
    #[inline]
    pub(crate) fn touch(&self, place: Place) -> u64 {
        let table = &self.tables[usize::from(place.partition.0)];
        let at = place.hash as u32 as usize & table.mask();
        table.buckets.get(at).map_or(0, |bucket| u64::from(bucket.value))
    }

    /// The first number kept under an equal tag: very likely, but not surely, the one looked for. Only good
    /// for reading ahead; not counted as a look-up.
    #[inline]
    pub(crate) fn likely(&self, place: Place) -> Option<u32> {
        let table = &self.tables[usize::from(place.partition.0)];
        let (tag, mask) = (place.hash as u32, table.mask());
        let mut at = tag as usize & mask;
        loop {
            let bucket = table.buckets.get(at)?;
            match bucket.value {
                EMPTY => return None,
                value if bucket.tag == tag => return Some(value),
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// The number kept for a hash whose real key the caller confirms.
    pub(crate) fn find(&mut self, part: Partition, hash: u64, is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let at = self.locate(part, hash, is_it)?;
        Some(self.tables[usize::from(part.0)].buckets[at].value)
    }

    fn locate(&mut self, part: Partition, hash: u64, mut is_it: impl FnMut(u32) -> bool) -> Option<usize> {
        let table = &self.tables[usize::from(part.0)];
        self.probes.lookups += 1;
        if table.used == 0 {
            return None;
        }
        let (tag, mask) = (hash as u32, table.mask());
        let mut at = tag as usize & mask;
        let mut steps = 1;
        // The load stays at or under five eighths, so an empty bucket ends the walk, and soon.
        let found = loop {
            let bucket = table.buckets[at];
            if bucket.value == EMPTY {
                break None;
            }
            if bucket.tag == tag && is_it(bucket.value) {
                break Some(at);
            }
            at = (at + 1) & mask;
            steps += 1;
        };
        self.probes.steps += u64::from(steps);
        self.probes.longest = self.probes.longest.max(steps);
        found
    }

    /// Adds a number under a hash. The caller knows that its key is not there yet.
    pub(crate) fn insert(&mut self, part: Partition, hash: u64, value: u32) {
        debug_assert_ne!(value, EMPTY);
        let table = &mut self.tables[usize::from(part.0)];
        if (table.used as usize + 1) * 8 > table.buckets.len() * 5 {
            table.grow();
        }
        table.place(Bucket { tag: hash as u32, value });
        table.used += 1;
    }

    /// Puts `new` in the place of `old`.
    pub(crate) fn replace(&mut self, part: Partition, hash: u64, old: u32, new: u32) {
        if let Some(at) = self.locate(part, hash, |v| v == old) {
            self.tables[usize::from(part.0)].buckets[at].value = new;
        }
    }

    /// Removes a number; false if it was not there.
    pub(crate) fn remove(&mut self, part: Partition, hash: u64, value: u32) -> bool {
        let found = self.locate(part, hash, |v| v == value);
        if let Some(at) = found {
            self.tables[usize::from(part.0)].remove_at(at);
        }
        found.is_some()
    }
}

/// Where a key stands: its partition, and its hash within it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) partition: Partition,
    pub(crate) hash: u64,
}

/// A number and where it goes: collected for all keys of a snapshot before any table is made.
#[derive(Clone, Copy)]
pub(crate) struct Home {
    bucket: Bucket,
    partition: Partition,
}

impl Place {
    pub(crate) fn home_of(self, value: u32) -> Home {
        Home { bucket: Bucket { tag: self.hash as u32, value }, partition: self.partition }
    }

    /// The place of a name of at most sixteen bytes, filled up with zeros.
    #[inline]
    pub(crate) fn of_name(tenant: TenantId, name: &[u8; 16], length: usize, salt: u64) -> Place {
        let partition = Partition::of_hash(name_hash(tenant, name, length));
        Place { partition, hash: table_hash(partition, salt, name) }
    }
}

/// [`tg_types::stable_hash`] of a name of at most sixteen bytes, filled up with zeros: the same number, two
/// words at once. Partitions rest on it, so a test holds the two together.
#[inline]
pub(crate) fn name_hash(tenant: TenantId, name: &[u8; 16], length: usize) -> u64 {
    const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
    let both = u128::from_le_bytes(*name);
    let mut hash = mix64(0x7469_6C6C_6775_6172 ^ (u64::from(tenant.0) << 32) ^ length as u64);
    if length > 0 {
        hash = mix64(hash ^ both as u64).wrapping_add(STEP);
    }
    if length > 8 {
        hash = mix64(hash ^ (both >> 64) as u64).wrapping_add(STEP);
    }
    mix64(hash)
}

/// A table's hash of up to sixteen bytes. The seed belongs to the partition; it is the same on every machine,
/// since the order in which entities are found must not matter but their state must move between nodes.
pub(crate) fn table_hash(part: Partition, salt: u64, bytes: &[u8; 16]) -> u64 {
    let both = u128::from_le_bytes(*bytes);
    let seed = mix64(0x656E_6769_6E65_5F31 ^ u64::from(part.0));
    mix64(mix64(both as u64 ^ seed).wrapping_add((both >> 64) as u64) ^ seed.rotate_left(32) ^ salt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn a_name_has_the_hash_of_its_bytes(tenant: u16, name: [u8; 16], length in 0_usize..=16) {
            let mut filled = [0; 16];
            filled[..length].copy_from_slice(&name[..length]);
            let tenant = TenantId(tenant);
            prop_assert_eq!(name_hash(tenant, &filled, length), tg_types::stable_hash(tenant, &name[..length]));
        }

        /// Against a tree map, with hashes that collide often.
        #[test]
        fn it_behaves_like_a_map(steps in proptest::collection::vec((0_u8..3, 0_u32..60), 0..400)) {
            let mut tables = Tables::new();
            let mut model: BTreeMap<u32, u32> = BTreeMap::new();
            let hash = |key: u32| u64::from(key / 7);
            for (step, (what, key)) in steps.into_iter().enumerate() {
                let value = key * 1000 + step as u32;
                let old = model.get(&key).copied();
                let found = tables.find(Partition(9), hash(key), |v| v / 1000 == key);
                prop_assert_eq!(found, old);
                match (what, old) {
                    (0 | 1, None) => {
                        tables.insert(Partition(9), hash(key), value);
                        model.insert(key, value);
                    }
                    (0, Some(old)) => {
                        tables.replace(Partition(9), hash(key), old, value);
                        model.insert(key, value);
                    }
                    (_, Some(old)) => {
                        prop_assert!(tables.remove(Partition(9), hash(key), old));
                        model.remove(&key);
                    }
                    (_, None) => prop_assert!(!tables.remove(Partition(9), hash(key), value)),
                }
            }
        }
    }

    proptest! {
        /// Keys that come again and collide often.
        #[test]
        fn made_at_once_they_are_as_if_filled_one_by_one(keys in proptest::collection::vec(0_u32..60, 0..300)) {
            let place = |key: u32| Place { partition: Partition(key as u16 % 3), hash: u64::from(key / 7) };
            let numbers: Vec<(u32, u32)> = keys.iter().zip(0..).map(|(&key, n)| (key, key * 1000 + n)).collect();
            let homes = numbers.iter().map(|&(key, value)| place(key).home_of(value)).collect();
            let (mut tables, mut repeated) = Tables::of(homes, |a, b| a / 1000 == b / 1000);
            let mut model: BTreeMap<u32, u32> = BTreeMap::new();
            let mut expected = Vec::new();
            for (key, value) in numbers {
                expected.extend(model.insert(key, value).map(|earlier| (earlier, value)));
            }
            expected.sort_unstable();
            repeated.sort_unstable();
            prop_assert_eq!(repeated, expected);
            prop_assert_eq!(tables.tables.iter().map(|t| t.used as usize).sum::<usize>(), model.len());
            for (key, value) in model {
                let Place { partition, hash } = place(key);
                prop_assert_eq!(tables.find(partition, hash, |v| v / 1000 == key), Some(value));
                prop_assert!(tables.remove(partition, hash, value));
            }
        }
    }

    #[test]
    fn terminal_numbers_stay_near_their_homes() {
        let mut tables = Tables::new();
        let hash = |n: u32| {
            let mut bytes = [0_u8; 16];
            bytes[..8].copy_from_slice(format!("{:08}", 10_000_000 + n).as_bytes());
            table_hash(Partition(7), 1, &bytes)
        };
        (0..5_000).for_each(|n| tables.insert(Partition(7), hash(n), n));
        (0..5_000).for_each(|n| assert_eq!(tables.find(Partition(7), hash(n), |v| v == n), Some(n)));
        let mean = tables.probes.steps as f64 / tables.probes.lookups as f64;
        assert!(mean < 2.0 && tables.probes.longest < 40, "mean {mean}, longest {}", tables.probes.longest);
    }
}
