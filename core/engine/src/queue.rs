//! [`Queue`]: first in, first out, with a number for each item that stays while others come and go.
//!
//! Why it exists: pairs and duplicates leave in the order in which they came, and both are reached by
//! number from tables. Chunks, so that growth never copies what is there.

use std::collections::VecDeque;

const CHUNK: usize = 512;

/// Tables keep 31 bits of an item's number: a queue never holds so many items, and the table's mark of an
/// empty bucket stays free.
const LOW_BITS: u32 = u32::MAX >> 1;

/// What a table keeps of an item's number.
pub(crate) fn low_bits(number: u64) -> u32 {
    number as u32 & LOW_BITS
}

/// Items in order of arrival; the oldest has number `first`.
pub(crate) struct Queue<T> {
    chunks: VecDeque<Vec<T>>,
    first: u64,
    next: u64,
}

impl<T: Copy> Queue<T> {
    /// An empty queue whose next item gets the number `first`.
    pub(crate) fn starting_at(first: u64) -> Queue<T> {
        Queue { chunks: VecDeque::new(), first, next: first }
    }

    pub(crate) fn len(&self) -> u64 {
        self.next - self.first
    }

    /// Number of the oldest item, or of the next one if there is none.
    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// Number of the item to come.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    // Chunk boundaries lie at multiples of CHUNK.
    fn place(&self, number: u64) -> Option<(usize, usize)> {
        if number < self.first || number >= self.next {
            return None;
        }
        let base = self.first / CHUNK as u64;
        let chunk = (number / CHUNK as u64 - base) as usize;
        let skipped = if chunk == 0 { self.skipped() } else { 0 };
        Some((chunk, (number % CHUNK as u64) as usize - skipped))
    }

    /// Places at the front chunk's beginning that were never filled (a queue restored in mid-chunk).
    fn skipped(&self) -> usize {
        match self.chunks.front() {
            Some(front) => {
                let end =
                    if self.chunks.len() > 1 { CHUNK } else { ((self.next - 1) % CHUNK as u64) as usize + 1 };
                end - front.len()
            }
            None => 0,
        }
    }

    pub(crate) fn get(&self, number: u64) -> Option<&T> {
        let (chunk, at) = self.place(number)?;
        self.chunks.get(chunk)?.get(at)
    }

    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let (chunk, at) = self.place(number)?;
        self.chunks.get_mut(chunk)?.get_mut(at)
    }

    /// The number whose lower bits are `low`, if it is in the queue: tables keep only those.
    pub(crate) fn number(&self, low: u32) -> Option<u64> {
        let number = self.first + u64::from(low.wrapping_sub(low_bits(self.first)) & LOW_BITS);
        (low <= LOW_BITS && number < self.next).then_some(number)
    }

    pub(crate) fn push(&mut self, item: T) -> u64 {
        let number = self.next;
        if self.chunks.is_empty() || number.is_multiple_of(CHUNK as u64) {
            self.chunks.push_back(Vec::with_capacity(CHUNK));
        }
        if let Some(chunk) = self.chunks.back_mut() {
            chunk.push(item);
        }
        self.next += 1;
        number
    }

    pub(crate) fn front(&self) -> Option<&T> {
        self.get(self.first)
    }

    pub(crate) fn pop_front(&mut self) -> Option<T> {
        let item = *self.front()?;
        self.first += 1;
        if self.first.is_multiple_of(CHUNK as u64) || self.first == self.next {
            self.chunks.pop_front();
        }
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_stay_while_items_come_and_go(
            start in (0_u64..2_000).prop_flat_map(|n| prop_oneof![Just(n), Just(n + (1 << 31) - 1_000)]),
            steps in proptest::collection::vec((any::<bool>(), 1_u64..700), 0..40),
        ) {
            let mut queue = Queue::starting_at(start);
            let mut model = VecDeque::new();
            for (push, n) in steps {
                for _ in 0..n {
                    if push {
                        let number = queue.push(queue.next() * 3);
                        model.push_back(number);
                    } else {
                        prop_assert_eq!(queue.pop_front(), model.pop_front().map(|n| n * 3));
                    }
                }
                prop_assert_eq!(queue.len(), model.len() as u64);
                for &number in &model {
                    prop_assert_eq!(queue.get(number), Some(&(number * 3)));
                    prop_assert_eq!(queue.number(low_bits(number)), Some(number));
                }
                prop_assert_eq!(queue.get(queue.next()), None);
                prop_assert_eq!(queue.first().checked_sub(1).and_then(|n| queue.get(n)), None);
                let held = (queue.first()..queue.next()).filter_map(|n| queue.get(n));
                prop_assert_eq!(held.count(), model.len());
            }
        }
    }
}
