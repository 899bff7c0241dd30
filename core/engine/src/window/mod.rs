//! Exact sliding windows: `(t - W, t]` of log time for 1 min, 1 h, 24 h and 7 d.
//!
//! One ring of entries per entity and series ([`series`]), one tail per window: what is new is added, what
//! has left is taken away, so reading costs the same whether a window holds three entries or a million.
//! Never approximates silently: what a limit forced out is remembered by its time, and every window that
//! reaches back over that time is partial.

mod entity;
mod position_index;
mod series;

pub(crate) use entity::{Entities, EntityKey, NO_ENTITY, Room};
pub(crate) use series::{Entry, Series};

/// The longest time that an entry has: microseconds in 52 bits, until the year 2112.
pub(crate) const TIME_MAX: i64 = (1 << 52) - 1;
