//! [`Queue`]: what will happen, by time; things of the same time in the order in which they were planned.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use tg_types::Instant;

/// Things to come.
pub(crate) struct Queue<T> {
    heap: BinaryHeap<Reverse<Planned<T>>>,
    planned: u64,
}

struct Planned<T> {
    at: Instant,
    order: u64,
    what: T,
}

impl<T> Queue<T> {
    pub(crate) fn new() -> Queue<T> {
        Queue { heap: BinaryHeap::new(), planned: 0 }
    }

    /// Plans something.
    pub(crate) fn push(&mut self, at: Instant, what: T) {
        self.planned += 1;
        self.heap.push(Reverse(Planned { at, order: self.planned, what }));
    }

    /// The next thing, if it happens by then.
    pub(crate) fn pop_until(&mut self, until: Instant) -> Option<(Instant, T)> {
        let next = self.heap.peek()?;
        if next.0.at > until {
            return None;
        }
        self.heap.pop().map(|Reverse(next)| (next.at, next.what))
    }

    /// When the next thing happens.
    pub(crate) fn next_at(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse(next)| next.at)
    }
}

impl<T> PartialEq for Planned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Planned<T> {}

impl<T> PartialOrd for Planned<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Planned<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_come_by_time_and_then_in_the_order_of_planning() {
        let mut queue = Queue::new();
        for (at, what) in [(5, "e"), (1, "a"), (3, "c"), (3, "d"), (2, "b")] {
            queue.push(Instant(at), what);
        }
        let mut seen = String::new();
        while let Some((_, what)) = queue.pop_until(Instant(4)) {
            seen.push_str(what);
        }
        assert_eq!((seen.as_str(), queue.next_at()), ("abcd", Some(Instant(5))));
    }
}
