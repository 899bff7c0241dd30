//! [`Entities`]: cards, terminals, merchants and issuers with their series, found by partition, tenant,
//! kind and name.
//!
//! An entity's number (its slot) stands in the rings of others as "the same card", so a slot is given to
//! another entity only when no ring can hold it any more: after a longest window without an entry. When
//! there is no room, a new entity is refused, counted, and what depends on it is partial.

mod bytes;

use super::{Entry, Series};
use crate::catalogue::{EntityKind, SeriesKind, WINDOWS};
use crate::table::{Place, Tables};
use bytes::Saving;
use tg_types::{PARTITIONS, Partition, TenantId};

/// In the place of an entity's number: the message names none, or there was no room for it.
pub(crate) const NO_ENTITY: u32 = u32::MAX;

const CHUNK: usize = 1024;
/// Entities looked at in one tick: a small part, at least and at most so many. 20 million are gone through
/// in under six hours of one-second ticks, a few thousand in a minute; one costs up to half a microsecond.
const SWEEP_PART: u32 = 4_096;
const SWEEP_MIN: u32 = 64;
const SWEEP_MAX: u32 = 1_024;

/// What names an entity. Its partition follows from it ([`EntityKey::place`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EntityKey {
    pub(crate) name: [u8; 16],
    pub(crate) tenant: TenantId,
    pub(crate) kind: EntityKind,
    length: u8,
}

impl EntityKey {
    /// The key of a name of at most sixteen bytes (tokens, terminal, merchant and issuer numbers all fit).
    pub(crate) fn new(kind: EntityKind, tenant: TenantId, text: &[u8]) -> EntityKey {
        let mut name = [0_u8; 16];
        let length = text.len().min(16);
        name[..length].copy_from_slice(&text[..length]);
        EntityKey { name, tenant, kind, length: length as u8 }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.name[..usize::from(self.length)]
    }

    /// Where it stands: computed once for a message.
    #[inline]
    pub(crate) fn place(&self) -> Place {
        let salt = u64::from(self.tenant.0) | (self.kind as u64) << 16 | u64::from(self.length) << 24;
        Place::of_name(self.tenant, &self.name, usize::from(self.length), salt)
    }
}

/// One entity: at most 160 bytes in three lines of the processor's cache, and 24 for each entry.
#[repr(align(32))]
pub(crate) struct Entity {
    pub(crate) key: EntityKey,
    /// Until this time, in units of [`due_unit`], nothing leaves its windows and there is nothing to do.
    due: u32,
    pub(crate) payments: Series,
    declines: Option<Box<Series>>,
}

const _: () = assert!(size_of::<Option<Entity>>() <= 160 && size_of::<Entry>() <= 24);

/// About seconds, rounded down: early by a second is only a look for nothing, late would be wrong.
#[inline]
fn due_unit(time: i64) -> u32 {
    u32::try_from(time >> 20).unwrap_or(u32::MAX)
}

impl Entity {
    pub(crate) fn series(&self, kind: SeriesKind) -> Option<&Series> {
        match kind {
            SeriesKind::Payments => Some(&self.payments),
            SeriesKind::Declines => self.declines.as_deref(),
        }
    }

    #[inline]
    fn expire(&mut self, now: i64) -> u32 {
        if due_unit(now) < self.due { 0 } else { self.expire_due(now) }
    }

    fn expire_due(&mut self, now: i64) -> u32 {
        let mut freed = self.payments.expire(now);
        let mut due = self.payments.next_leaving();
        if let Some(declines) = &mut self.declines {
            freed += declines.expire(now);
            if declines.len() > 0 {
                due = due.min(declines.next_leaving());
            } else if declines.is_partial(WINDOWS.len() - 1, now) {
                // It goes when nothing is missing any more; that is not far off and seldom.
                due = 0;
            } else {
                self.declines = None;
            }
        }
        self.due = due_unit(due);
        freed
    }

    fn is_idle(&self, now: i64) -> bool {
        self.payments.len() == 0
            && self.declines.is_none()
            && !self.payments.is_partial(WINDOWS.len() - 1, now)
    }
}

/// What the entities tell of themselves; part of the state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EntityCounters {
    pub(crate) evicted: u64,
    pub(crate) refused: u64,
    pub(crate) dropped: u64,
}

/// The limits that entities obey.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    pub(crate) entities_max: u32,
    pub(crate) entries_max: u32,
}

/// All entities of this machine.
pub(crate) struct Entities {
    chunks: Vec<Vec<Option<Entity>>>,
    free: Vec<u32>,
    tables: Tables,
    /// Log time of the last refusal in each partition: entities there may lack what was refused.
    refused_at: Box<[i64]>,
    last_refused: i64,
    pub(crate) live_entries: u64,
    pub(crate) by_kind: [u64; 4],
    pub(crate) counters: EntityCounters,
    sweep_at: u32,
    /// A snapshot that is being written while entities change.
    saving: Option<Saving>,
}

impl Entities {
    pub(crate) fn new() -> Entities {
        Entities {
            chunks: Vec::new(),
            free: Vec::new(),
            tables: Tables::new(),
            refused_at: vec![i64::MIN; usize::from(PARTITIONS)].into(),
            last_refused: i64::MIN,
            live_entries: 0,
            by_kind: [0; 4],
            counters: EntityCounters::default(),
            sweep_at: 0,
            saving: None,
        }
    }

    pub(crate) fn probes(&self) -> crate::table::Probes {
        self.tables.probes
    }

    pub(crate) fn get(&self, slot: u32) -> Option<&Entity> {
        self.chunks.get(slot as usize / CHUNK)?.get(slot as usize % CHUNK)?.as_ref()
    }

    /// The entity, to be changed: a snapshot under way first writes it as it is.
    fn get_mut(&mut self, slot: u32) -> Option<&mut Entity> {
        self.before_change(slot);
        self.chunks.get_mut(slot as usize / CHUNK)?.get_mut(slot as usize % CHUNK)?.as_mut()
    }

    /// Reads where an entity would be named. See [`crate::ahead`].
    #[inline]
    pub(crate) fn touch_bucket(&self, place: Place) -> u64 {
        self.tables.touch(place)
    }

    /// Very likely the entity that stands there: only good for reading ahead.
    #[inline]
    pub(crate) fn likely(&self, place: Place) -> Option<u32> {
        self.tables.likely(place)
    }

    /// Reads the lines of an entity.
    #[inline]
    pub(crate) fn touch(&self, slot: u32) -> u64 {
        self.get(slot).map_or(0, |e| u64::from(e.due) ^ e.payments.touch() ^ u64::from(e.declines.is_some()))
    }

    /// Reads the head of an entity's declines.
    #[inline]
    pub(crate) fn touch_declines(&self, slot: u32) -> u64 {
        self.get(slot).and_then(|e| e.declines.as_ref()).map_or(0, |d| d.touch())
    }

    /// Reads the end of an entity's rings, and where it would look for a value.
    #[inline]
    pub(crate) fn touch_ring(&self, slot: u32, value: u32) -> u64 {
        self.get(slot).map_or(0, |e| {
            e.payments.touch_ring(value) ^ e.declines.as_ref().map_or(0, |d| d.touch() ^ d.touch_last())
        })
    }

    /// Slots given out so far, free ones included.
    fn end(&self) -> u32 {
        match self.chunks.last() {
            Some(last) => ((self.chunks.len() - 1) * CHUNK + last.len()) as u32,
            None => 0,
        }
    }

    /// The entity's slot, made if it is new; [`NO_ENTITY`] if there is no room.
    pub(crate) fn find_or_add(&mut self, key: &EntityKey, place: Place, now: i64, room: Room) -> u32 {
        let chunks = &self.chunks;
        let found = self.tables.find(place.partition, place.hash, |slot| {
            let entity = chunks.get(slot as usize / CHUNK).and_then(|c| c.get(slot as usize % CHUNK));
            entity.is_some_and(|e| e.as_ref().is_some_and(|e| e.key == *key))
        });
        if let Some(slot) = found {
            return slot;
        }
        let total: u64 = self.by_kind.iter().sum();
        if total >= u64::from(room.entities_max) || self.live_entries >= u64::from(room.entries_max) {
            self.counters.refused += 1;
            self.refused_at[usize::from(place.partition.0)] = now;
            self.last_refused = now;
            return NO_ENTITY;
        }
        let slot = self.put(Entity { key: *key, due: 0, payments: Series::default(), declines: None });
        self.tables.insert(place.partition, place.hash, slot);
        slot
    }

    fn put(&mut self, entity: Entity) -> u32 {
        self.by_kind[entity.key.kind as usize] += 1;
        if let Some(slot) = self.free.pop() {
            self.before_change(slot);
            self.chunks[slot as usize / CHUNK][slot as usize % CHUNK] = Some(entity);
            return slot;
        }
        let slot = self.end();
        if (slot as usize).is_multiple_of(CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.push(Some(entity));
        }
        slot
    }

    /// Brings an entity's windows to `now`.
    pub(crate) fn expire(&mut self, slot: u32, now: i64) {
        if self.get(slot).is_some_and(|e| due_unit(now) >= e.due) {
            let freed = self.get_mut(slot).map_or(0, |e| e.expire_due(now));
            self.live_entries -= u64::from(freed);
        }
    }

    /// Adds an entry to one of an entity's series and brings both to `now`. `unnamed`: the payment names
    /// another entity that found no room, so what is counted of it here is missing from now on.
    pub(crate) fn push(
        &mut self,
        slot: u32,
        kind: SeriesKind,
        entry: Entry,
        unnamed: bool,
        now: i64,
        room: Room,
    ) {
        let full = self.live_entries >= u64::from(room.entries_max);
        let Some(entity) = self.get_mut(slot) else { return };
        let freed = entity.expire(now);
        // Whatever comes in now, nothing of it leaves before the shortest window has passed.
        entity.due = entity.due.min(due_unit(now + WINDOWS[0].1));
        let series = match kind {
            SeriesKind::Payments => &mut entity.payments,
            SeriesKind::Declines => entity.declines.get_or_insert_default(),
        };
        let mut dropped = 0;
        if full && freed == 0 {
            // The series' own oldest makes room; a series without one does without this entry.
            dropped = u32::from(series.len() > 0);
            series.drop_oldest();
            if dropped == 0 {
                series.missing(now);
            }
        }
        let pushed = !(full && freed == 0 && dropped == 0);
        if pushed {
            series.push(entry);
        }
        if unnamed {
            series.missing(now);
        }
        self.live_entries = self.live_entries + u64::from(pushed) - u64::from(freed) - u64::from(dropped);
        self.counters.dropped += u64::from(dropped) + u64::from(!pushed);
    }

    /// True if an entity that found no room in this partition may have belonged in a window.
    pub(crate) fn is_refusing(&self, partition: Partition, window: usize, now: i64) -> bool {
        let start = now - WINDOWS[window].1;
        self.last_refused > start && self.refused_at[usize::from(partition.0)] > start
    }

    /// Looks at some entities in turn: frees what has left their windows, removes the idle ones.
    pub(crate) fn sweep(&mut self, now: i64) {
        let end = self.end();
        for _ in 0..(end / SWEEP_PART).clamp(SWEEP_MIN, SWEEP_MAX).min(end) {
            let slot = if self.sweep_at < end { self.sweep_at } else { 0 };
            self.sweep_at = slot + 1;
            self.expire(slot, now);
            let Some(key) = self.get(slot).filter(|e| e.is_idle(now)).map(|e| e.key) else { continue };
            let place = key.place();
            self.before_change(slot);
            self.tables.remove(place.partition, place.hash, slot);
            self.chunks[slot as usize / CHUNK][slot as usize % CHUNK] = None;
            self.free.push(slot);
            self.by_kind[key.kind as usize] -= 1;
            self.counters.evicted += 1;
        }
    }
}
