//! Entities in a snapshot: each with its slot, in any order, so that what changes while the snapshot is being
//! written goes first and the rest in its turn.

use super::{CHUNK, Entities, Entity, EntityCounters, EntityKey, NO_ENTITY};
use crate::RestoreError;
use crate::bytes::{Reader, Writer};
use crate::catalogue::EntityKind;
use crate::table::{Place, Tables};
use crate::window::Series;
use crate::window::series::Marks;
use tg_types::TenantId;

/// A snapshot being written: the entities as they were when it began.
pub(super) struct Saving {
    out: Vec<u8>,
    /// Slots below are written, those from `end` on were given out later.
    next: u32,
    end: u32,
    /// One bit a slot: written before its turn, or free when the snapshot began.
    done: Vec<u64>,
}

impl Saving {
    fn is_done(&self, slot: u32) -> bool {
        self.done[slot as usize / 64] >> (slot % 64) & 1 == 1
    }
}

impl Entities {
    /// Begins a snapshot: writes everything but the entities.
    pub(crate) fn begin_saving(&mut self) {
        let end = self.end();
        let mut out = Vec::new();
        let mut w = Writer(&mut out);
        w.varint(self.free.len() as u64);
        self.free.iter().for_each(|&slot| w.u32(slot));
        let refused: Vec<usize> =
            (0..self.refused_at.len()).filter(|&p| self.refused_at[p] != i64::MIN).collect();
        w.varint(refused.len() as u64);
        for part in refused {
            w.u16(part as u16);
            w.i64(self.refused_at[part]);
        }
        w.u32(self.sweep_at);
        [self.counters.evicted, self.counters.refused, self.counters.dropped].iter().for_each(|&n| w.u64(n));
        w.varint(u64::from(end) - self.free.len() as u64);
        let mut done = vec![0; (end as usize).div_ceil(64)];
        self.free.iter().for_each(|&slot| done[slot as usize / 64] |= 1 << (slot % 64));
        self.saving = Some(Saving { out, next: 0, end, done });
    }

    /// Writes about so many bytes more; gives all of them at the end.
    pub(crate) fn go_on_saving(&mut self, bytes: usize) -> Option<Vec<u8>> {
        let saving = self.saving.as_mut()?;
        let enough = saving.out.len().saturating_add(bytes);
        while saving.next < saving.end && saving.out.len() < enough {
            let slot = saving.next;
            saving.next += 1;
            if !saving.is_done(slot)
                && let Some(entity) = entity_at(&self.chunks, slot)
            {
                save_entity(slot, entity, &mut Writer(&mut saving.out));
            }
        }
        if saving.next < saving.end { None } else { self.saving.take().map(|saving| saving.out) }
    }

    /// An entity is about to change, go, or come in a free slot.
    #[inline]
    pub(super) fn before_change(&mut self, slot: u32) {
        if let Some(saving) = &mut self.saving
            && (saving.next..saving.end).contains(&slot)
        {
            let bit = 1 << (slot % 64);
            let word = &mut saving.done[slot as usize / 64];
            if *word & bit == 0 {
                *word |= bit;
                if let Some(entity) = entity_at(&self.chunks, slot) {
                    save_entity(slot, entity, &mut Writer(&mut saving.out));
                }
            }
        }
    }

    pub(crate) fn load(now: i64, r: &mut Reader<'_>) -> Result<Entities, RestoreError> {
        let damaged = RestoreError::Damaged;
        let mut entities = Entities::new();
        let free = r.count(4)?;
        for _ in 0..free {
            entities.free.push(r.u32()?);
        }
        for _ in 0..r.count(10)? {
            let part = usize::from(r.u16()?);
            let at = r.i64()?;
            *entities.refused_at.get_mut(part).ok_or(damaged("a partition is out of range"))? = at;
            entities.last_refused = entities.last_refused.max(at);
        }
        entities.sweep_at = r.u32()?;
        entities.counters = EntityCounters { evicted: r.u64()?, refused: r.u64()?, dropped: r.u64()? };
        let count = r.count(14)?;
        let end = u32::try_from(free + count).ok().filter(|&n| n < NO_ENTITY);
        let end = end.ok_or(damaged("too many entities"))?;
        if entities.sweep_at > end {
            return Err(damaged("the sweep is out of range"));
        }
        let empty = |at: u32| (0..(end - at).min(CHUNK as u32)).map(|_| None).collect();
        entities.chunks = (0..end).step_by(CHUNK).map(empty).collect();
        let mut marks = Marks::new(end);
        let mut homes = Vec::with_capacity(count);
        for _ in 0..count {
            let slot = r.varint()?;
            let place = usize::try_from(slot).ok().filter(|&s| s < end as usize);
            let place = place.and_then(|s| entities.chunks[s / CHUNK].get_mut(s % CHUNK));
            let Some(empty) = place.filter(|p| p.is_none()) else {
                return Err(damaged("an entity's slot is taken or out of range"));
            };
            let (entity, home) = load_entity(end, now, &mut marks, r)?;
            homes.push(home.home_of(slot as u32));
            entities.by_kind[entity.key.kind as usize] += 1;
            entities.live_entries +=
                u64::from(entity.payments.len()) + entity.declines.as_ref().map_or(0, |d| u64::from(d.len()));
            *empty = Some(entity);
        }
        let (tables, repeated) =
            Tables::of(homes, |a, b| entities.get(a).map(|e| e.key) == entities.get(b).map(|e| e.key));
        if !repeated.is_empty() {
            return Err(damaged("an entity stands twice"));
        }
        entities.tables = tables;
        let mut seen = vec![false; end as usize];
        for &slot in &entities.free {
            if slot >= end
                || entities.get(slot).is_some()
                || std::mem::replace(&mut seen[slot as usize], true)
            {
                return Err(damaged("the list of free places is wrong"));
            }
        }
        Ok(entities)
    }
}

fn entity_at(chunks: &[Vec<Option<Entity>>], slot: u32) -> Option<&Entity> {
    chunks.get(slot as usize / CHUNK)?.get(slot as usize % CHUNK)?.as_ref()
}

fn save_entity(slot: u32, entity: &Entity, w: &mut Writer<'_>) {
    let key = &entity.key;
    w.varint(u64::from(slot));
    w.u8(1 + key.kind as u8 + if entity.declines.is_some() { 4 } else { 0 });
    w.u16(key.tenant.0);
    w.u16(key.place().partition.0);
    w.u8(key.length);
    w.bytes(key.bytes());
    let dimensions = dimensions(key.kind);
    entity.payments.save(dimensions, w);
    if let Some(declines) = &entity.declines {
        declines.save(dimensions, w);
    }
}

/// How many kinds of value an entity's entries name: a card's terminals and merchants, the others' cards.
fn dimensions(kind: EntityKind) -> usize {
    if kind == EntityKind::Card { 2 } else { 1 }
}

fn load_entity(
    end: u32,
    now: i64,
    marks: &mut Marks,
    r: &mut Reader<'_>,
) -> Result<(Entity, Place), RestoreError> {
    let damaged = RestoreError::Damaged;
    let tag = r.u8()?;
    if !(1..=8).contains(&tag) {
        return Err(damaged("an entity's kind is out of range"));
    }
    let kind = EntityKind::ALL[usize::from(tag - 1) % 4];
    let (tenant, partition, length) = (TenantId(r.u16()?), r.u16()?, usize::from(r.u8()?));
    let mut name = [0_u8; 16];
    for byte in name.get_mut(..length).ok_or(damaged("a name is too long"))? {
        *byte = r.u8()?;
    }
    let key = EntityKey::new(kind, tenant, &name[..length]);
    let place = key.place();
    if place.partition.0 != partition {
        return Err(damaged("an entity is not of its partition"));
    }
    let dimensions = dimensions(kind);
    let payments = Series::load(dimensions, end, now, marks, r)?;
    let declines = if tag > 4 { Some(Box::new(Series::load(dimensions, end, now, marks, r)?)) } else { None };
    Ok((Entity { key, due: 0, payments, declines }, place))
}
