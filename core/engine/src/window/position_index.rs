//! [`PositionIndex`]: from a value to the place of its latest entry, for rings too long to walk.

const EMPTY: u32 = u32::MAX;

/// Open addressing over values that are entity numbers; at most half full.
#[derive(Default)]
pub(crate) struct PositionIndex {
    buckets: Box<[(u32, u32)]>,
    used: usize,
}

impl PositionIndex {
    /// An empty index with room for so many values.
    pub(crate) fn with_room(values: u32) -> PositionIndex {
        let size = if values == 0 { 0 } else { (values as usize * 2).next_power_of_two().max(64) };
        PositionIndex { buckets: vec![(EMPTY, 0); size].into(), used: 0 }
    }

    fn home(&self, value: u32) -> usize {
        // Fibonacci hashing (Knuth, volume 3, 6.4): entity numbers are consecutive, which it spreads evenly.
        let hash = u64::from(value).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        hash as usize & (self.buckets.len() - 1)
    }

    fn locate(&self, value: u32) -> Result<usize, usize> {
        let mut at = self.home(value);
        loop {
            match self.buckets[at].0 {
                found if found == value => return Ok(at),
                EMPTY => return Err(at),
                _ => at = (at + 1) & (self.buckets.len() - 1),
            }
        }
    }

    /// Reads a value's home and nothing else. See [`crate::ahead`].
    #[inline]
    pub(crate) fn touch(&self, value: u32) -> u32 {
        let hash = u64::from(value).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        self.buckets.get(hash as usize & self.buckets.len().wrapping_sub(1)).map_or(0, |bucket| bucket.1)
    }

    /// Where the value was last, before this call puts it at `position`.
    pub(crate) fn put(&mut self, value: u32, position: u32) -> Option<u32> {
        if (self.used + 1) * 2 > self.buckets.len() {
            let size = (self.buckets.len() * 2).max(64);
            let old = std::mem::replace(&mut self.buckets, vec![(EMPTY, 0); size].into());
            for &(value, position) in old.iter().filter(|b| b.0 != EMPTY) {
                if let Err(at) = self.locate(value) {
                    self.buckets[at] = (value, position);
                }
            }
        }
        match self.locate(value) {
            Ok(at) => Some(std::mem::replace(&mut self.buckets[at].1, position)),
            Err(at) => {
                self.buckets[at] = (value, position);
                self.used += 1;
                None
            }
        }
    }

    /// Forgets a value.
    pub(crate) fn remove(&mut self, value: u32) {
        if self.buckets.is_empty() {
            return;
        }
        let Ok(mut hole) = self.locate(value) else { return };
        let mask = self.buckets.len() - 1;
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let (other, _) = self.buckets[at];
            if other == EMPTY {
                break;
            }
            let from_home = at.wrapping_sub(self.home(other)) & mask;
            if from_home >= (at.wrapping_sub(hole) & mask) {
                self.buckets[hole] = self.buckets[at];
                hole = at;
            }
        }
        self.buckets[hole].0 = EMPTY;
        self.used -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_behaves_like_a_map(steps in proptest::collection::vec((any::<bool>(), 0_u32..90), 0..500)) {
            let mut index = PositionIndex::default();
            let mut model = BTreeMap::new();
            for (position, (put, value)) in steps.into_iter().enumerate() {
                if put {
                    let position = position as u32;
                    prop_assert_eq!(index.put(value, position), model.insert(value, position));
                } else {
                    index.remove(value);
                    model.remove(&value);
                }
                prop_assert_eq!(index.used, model.len());
            }
        }
    }
}
