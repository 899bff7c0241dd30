//! [`Book`]: numbers for names, so that each detector keeps its records in a [`super::slab::Slab`].
//!
//! Why not the entities of the windows: those hold who asked for money in the last seven days, and detectors
//! must also know a terminal that only signs on, or one that was silent for a fortnight. Bounded: who finds
//! no room is not followed and counted; room is made only by who has been idle for long, so a flood of new
//! names never pushes out who is there.

use crate::RestoreError;
use crate::bytes::{Reader, Writer};
use crate::table::{Place, Tables};
use crate::window::NO_ENTITY;
use tg_types::{SECOND_US, Short, TenantId};

/// No number: nobody is named, or there is no room.
pub(crate) const NONE: u32 = u32::MAX;
/// Entries looked at for one that has been idle, when there is no room.
const LOOKS: u32 = 4;
const DAY_US: i64 = 86_400 * SECOND_US;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    name: [u8; 16],
    tenant: u16,
    last_seen: i64,
}

/// Names and their numbers.
pub(crate) struct Book {
    tables: Tables,
    entries: Vec<Box<[Entry]>>,
    used: u32,
    room: u32,
    idle_us: i64,
    /// Where to look next for an idle entry.
    hand: u32,
    pub(crate) refused: u64,
}

/// Who a name turned out to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    Known(u32),
    /// It got this number now; whatever is kept under it is another's.
    New(u32),
    /// There is no room.
    No,
}

/// A number for each of the entities of the windows, by slot. Chunks are made when one is used: a slot that a
/// damaged snapshot names must not cost memory for all below.
#[derive(Default)]
pub(crate) struct BySlot {
    /// Numbers plus one; 0 where there is none.
    chunks: Vec<Option<Box<[u32; CHUNK]>>>,
}

impl BySlot {
    /// The number of a slot; [`NONE`] if it has none.
    #[inline]
    pub(crate) fn get(&self, slot: u32) -> u32 {
        match self.chunks.get(slot as usize / CHUNK) {
            Some(Some(chunk)) => chunk[slot as usize % CHUNK].wrapping_sub(1),
            _ => NONE,
        }
    }

    pub(crate) fn set(&mut self, slot: u32, number: u32) {
        if slot == NO_ENTITY {
            return;
        }
        let chunk = slot as usize / CHUNK;
        if self.chunks.len() <= chunk {
            self.chunks.resize_with(chunk + 1, || None);
        }
        let chunk = self.chunks[chunk].get_or_insert_with(|| Box::new([0; CHUNK]));
        chunk[slot as usize % CHUNK] = number.wrapping_add(1);
    }
}

const CHUNK: usize = 1_024;
const NOBODY: Entry = Entry { name: [0; 16], tenant: 0, last_seen: 0 };

impl Book {
    /// An empty book for so many names, of which one may be forgotten after so many days without it.
    pub(crate) fn new(room: u32, idle_days: i64) -> Book {
        Book {
            tables: Tables::new(),
            entries: Vec::new(),
            used: 0,
            room,
            idle_us: idle_days * DAY_US,
            hand: 0,
            refused: 0,
        }
    }

    pub(crate) fn len(&self) -> u32 {
        self.used
    }

    fn place(tenant: TenantId, name: &[u8; 16]) -> Place {
        Place::of_name(tenant, name, 16, 0x7465_6374_0000_0000 | u64::from(tenant.0))
    }

    fn entry(&self, number: u32) -> &Entry {
        &self.entries[number as usize / CHUNK][number as usize % CHUNK]
    }

    fn entry_mut(&mut self, number: u32) -> &mut Entry {
        &mut self.entries[number as usize / CHUNK][number as usize % CHUNK]
    }

    /// The name behind a number, as text.
    pub(crate) fn name(&self, number: u32) -> Short<16> {
        if number >= self.used {
            return Short::EMPTY;
        }
        let name = &self.entry(number).name;
        let length = 16 - name.iter().rev().take_while(|b| **b == 0).count();
        Short::from_trimmed(&name[..length]).unwrap_or_default()
    }

    /// Reads a number's entry. See [`crate::ahead`].
    #[inline]
    pub(crate) fn touch_entry(&self, number: u32) -> u64 {
        let chunk = self.entries.get(number as usize / CHUNK);
        chunk.map_or(0, |chunk| chunk[number as usize % CHUNK].last_seen as u64)
    }

    /// As [`Book::find`], after a look at the number that the name had last: no two numbers bear one name, so
    /// where it still stands there nothing is to be searched.
    #[inline]
    pub(crate) fn find_at(
        &mut self,
        likely: u32,
        tenant: TenantId,
        name: &[u8; 16],
        now: i64,
    ) -> Option<u32> {
        if likely < self.used {
            let entry = self.entry_mut(likely);
            if entry.name == *name && entry.tenant == tenant.0 {
                entry.last_seen = now;
                return Some(likely);
            }
        }
        self.find(tenant, name, now)
    }

    /// The number of a name that is known.
    pub(crate) fn find(&mut self, tenant: TenantId, name: &[u8; 16], now: i64) -> Option<u32> {
        let place = Book::place(tenant, name);
        let entries = &self.entries;
        let is_it = |n: u32| {
            let e = &entries[n as usize / CHUNK][n as usize % CHUNK];
            e.name == *name && e.tenant == tenant.0
        };
        let number = self.tables.find(place.partition, place.hash, is_it)?;
        self.entry_mut(number).last_seen = now;
        Some(number)
    }

    /// The number of a name, which is added if there is room.
    pub(crate) fn find_or_add(&mut self, tenant: TenantId, name: &[u8; 16], now: i64) -> Found {
        self.find_or_add_at(NONE, tenant, name, now)
    }

    /// The same, after a look at the number that it had last.
    #[inline]
    pub(crate) fn find_or_add_at(
        &mut self,
        likely: u32,
        tenant: TenantId,
        name: &[u8; 16],
        now: i64,
    ) -> Found {
        match self.find_at(likely, tenant, name, now) {
            Some(number) => Found::Known(number),
            None => self.add(tenant, name, now),
        }
    }

    /// Adds a name that [`Book::find`] did not know.
    pub(crate) fn add(&mut self, tenant: TenantId, name: &[u8; 16], now: i64) -> Found {
        let number = if self.used < self.room { Some(self.used) } else { self.take_idle(now) };
        let Some(number) = number else {
            self.refused += 1;
            return Found::No;
        };
        self.put(number, Entry { name: *name, tenant: tenant.0, last_seen: now });
        Found::New(number)
    }

    fn put(&mut self, number: u32, entry: Entry) {
        if number == self.used {
            self.used += 1;
            if number as usize / CHUNK == self.entries.len() {
                self.entries.push(vec![NOBODY; CHUNK].into());
            }
        }
        *self.entry_mut(number) = entry;
        let place = Book::place(TenantId(entry.tenant), &entry.name);
        self.tables.insert(place.partition, place.hash, number);
    }

    fn take_idle(&mut self, now: i64) -> Option<u32> {
        for _ in 0..LOOKS.min(self.used) {
            let number = self.hand;
            self.hand = (self.hand + 1) % self.used;
            let entry = *self.entry(number);
            if now.saturating_sub(entry.last_seen) > self.idle_us {
                let place = Book::place(TenantId(entry.tenant), &entry.name);
                self.tables.remove(place.partition, place.hash, number);
                return Some(number);
            }
        }
        None
    }

    pub(crate) fn save(&self, w: &mut Writer<'_>) {
        w.u64(self.refused);
        w.u32(self.hand);
        w.varint(u64::from(self.used));
        for number in 0..self.used {
            let entry = self.entry(number);
            w.bytes(&entry.name);
            w.u16(entry.tenant);
            w.i64(entry.last_seen);
        }
    }

    pub(crate) fn load(&mut self, r: &mut Reader<'_>) -> Result<(), RestoreError> {
        self.refused = r.u64()?;
        self.hand = r.u32()?;
        let count = r.count(26)?;
        if count > self.room as usize || (self.hand != 0 && self.hand as usize >= count) {
            return Err(RestoreError::Damaged("a detector's names are out of range"));
        }
        for number in 0..count as u32 {
            let entry = Entry { name: r.array()?, tenant: r.u16()?, last_seen: r.i64()? };
            if self.find(TenantId(entry.tenant), &entry.name, entry.last_seen).is_some() {
                return Err(RestoreError::Damaged("a detector's name stands twice"));
            }
            self.put(number, entry);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(n: u8) -> [u8; 16] {
        [n; 16]
    }

    #[test]
    fn a_flood_of_names_pushes_nobody_out_and_the_idle_make_room() {
        let mut book = Book::new(3, 1);
        for n in 0..3 {
            assert_eq!(book.find_or_add(TenantId(1), &name(n), 10), Found::New(u32::from(n)));
        }
        for n in 3..50 {
            assert_eq!(book.find_or_add(TenantId(1), &name(n), 20), Found::No);
        }
        assert_eq!((book.len(), book.refused), (3, 47));
        assert_eq!(book.find(TenantId(1), &name(1), 2 * DAY_US), Some(1));
        assert_eq!(book.find(TenantId(2), &name(1), 2 * DAY_US), None, "another tenant's");
        assert_eq!(book.find_or_add(TenantId(1), &name(99), 2 * DAY_US), Found::New(0));
        assert_eq!(book.find(TenantId(1), &name(0), 2 * DAY_US), None);
        assert_eq!(book.find(TenantId(1), &name(99), 2 * DAY_US), Some(0));
        let mut bytes = Vec::new();
        book.save(&mut Writer(&mut bytes));
        let mut again = Book::new(3, 1);
        again.load(&mut Reader(&bytes)).expect("our own");
        assert_eq!(again.find(TenantId(1), &name(99), 2 * DAY_US), Some(0));
        let mut bytes_again = Vec::new();
        again.save(&mut Writer(&mut bytes_again));
        assert_eq!(bytes, bytes_again);
    }
}
