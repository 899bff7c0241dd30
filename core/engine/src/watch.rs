//! [`Watches`]: subjects whose payments are to be reviewed until some log time.

use crate::RestoreError;
use crate::bytes::{Reader, Writer};
use crate::catalogue::EntityKind;
use std::collections::BTreeMap;
use tg_event::{Message, SubjectKey};
use tg_types::{Instant, PanToken, Short, TenantId};

/// At most so many subjects are under watch at once.
const WATCHES_MAX: usize = 65_536;

/// Who is watched, and until when.
pub(crate) struct Watches {
    until: BTreeMap<(TenantId, SubjectKey), Instant>,
    /// No watch ends before this: until then a tick has nothing to look through.
    next_end: Instant,
    pub(crate) refused: u64,
}

impl Watches {
    pub(crate) fn new() -> Watches {
        Watches { until: BTreeMap::new(), next_end: Instant(i64::MAX), refused: 0 }
    }

    pub(crate) fn len(&self) -> u64 {
        self.until.len() as u64
    }

    /// Begins a watch, or lengthens it.
    pub(crate) fn begin(&mut self, tenant: TenantId, subject: SubjectKey, until: Instant) {
        let key = (tenant, subject);
        if self.until.len() >= WATCHES_MAX && !self.until.contains_key(&key) {
            self.refused += 1;
            return;
        }
        let known = self.until.entry(key).or_insert(until);
        *known = (*known).max(until);
        self.next_end = self.next_end.min(until);
    }

    /// What of the message is under watch.
    pub(crate) fn of(&self, m: &Message, now: i64) -> Option<EntityKind> {
        if self.until.is_empty() {
            return None;
        }
        let subjects = [
            (EntityKind::Terminal, Some(SubjectKey::Terminal(m.terminal))),
            (EntityKind::Merchant, Some(SubjectKey::Merchant(m.merchant))),
            (EntityKind::Card, m.card.map(|c| SubjectKey::Card(c.token))),
        ];
        subjects.into_iter().find_map(|(kind, subject)| {
            let until = self.until.get(&(m.tenant, subject?))?;
            (until.0 > now).then_some(kind)
        })
    }

    /// Ends what is over.
    pub(crate) fn tick(&mut self, now: Instant) {
        if now < self.next_end {
            return;
        }
        self.until.retain(|_, until| *until > now);
        self.next_end = self.until.values().min().copied().unwrap_or(Instant(i64::MAX));
    }

    pub(crate) fn save(&self, w: &mut Writer<'_>) {
        w.u64(self.refused);
        w.varint(self.until.len() as u64);
        for ((tenant, subject), until) in &self.until {
            w.u16(tenant.0);
            save_subject(subject, w);
            w.i64(until.0);
        }
    }

    pub(crate) fn load(r: &mut Reader<'_>) -> Result<Watches, RestoreError> {
        let mut watches = Watches::new();
        watches.refused = r.u64()?;
        for _ in 0..r.count(12)? {
            let key = (TenantId(r.u16()?), load_subject(r)?);
            let until = Instant(r.i64()?);
            watches.next_end = watches.next_end.min(until);
            if watches.until.insert(key, until).is_some() {
                return Err(RestoreError::Damaged("a watch stands twice"));
            }
        }
        Ok(watches)
    }
}

pub(crate) fn save_subject(subject: &SubjectKey, w: &mut Writer<'_>) {
    let (tag, bytes): (u8, &[u8]) = match subject {
        SubjectKey::Terminal(t) => (1, t.as_bytes()),
        SubjectKey::Merchant(m) => (2, m.as_bytes()),
        SubjectKey::Card(c) => (3, &c.0),
    };
    w.u8(tag);
    w.u8(bytes.len() as u8);
    w.bytes(bytes);
}

pub(crate) fn load_subject(r: &mut Reader<'_>) -> Result<SubjectKey, RestoreError> {
    let (tag, length) = (r.u8()?, usize::from(r.u8()?));
    let mut bytes = [0_u8; 16];
    let damaged = RestoreError::Damaged("a subject is out of range");
    for byte in bytes.get_mut(..length).ok_or(damaged)? {
        *byte = r.u8()?;
    }
    let text = std::str::from_utf8(&bytes[..length]).map_err(|_| damaged);
    match tag {
        1 => Short::new(text?).map(SubjectKey::Terminal).map_err(|_| damaged),
        2 => Short::new(text?).map(SubjectKey::Merchant).map_err(|_| damaged),
        3 if length == 16 => Ok(SubjectKey::Card(PanToken(bytes))),
        _ => Err(damaged),
    }
}
