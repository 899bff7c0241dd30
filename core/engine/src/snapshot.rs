//! Snapshots: the whole state at one offset, as bytes.
//!
//! What can be derived (tables, sums, counts of different values) is not written but made anew, so a
//! snapshot can't contradict itself. It is written in slices while the engine goes on: what is about to
//! change is written, or copied, first. Written at once, equal states have equal bytes. Form: magic, form
//! number, engine version, body, check. It ends with a check against accidents; against people the journal's envelope
//! guards it, and `restore` still neither panics nor allocates more than a small multiple of the bytes.

use crate::bytes::{Reader, Writer, checksum};
use crate::detect::Detectors;
use crate::duplicates::Duplicates;
use crate::engine::Counters;
use crate::pairing::Pairs;
use crate::watch::{Watches, load_subject, save_subject};
use crate::window::{Entities, TIME_MAX};
use crate::{Catalogue, ENGINE_VERSION, Engine};
use tg_event::{Epoch, Feedback, FeedbackAction, Limits};
use tg_types::{Instant, TenantId};

const MAGIC: [u8; 8] = *b"TGENGINE";
/// Form of the bytes. A change needs a new number and a new golden file.
const FORM: u32 = 3;

/// Why bytes are not a snapshot that this engine can go on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// The bytes don't begin like a snapshot.
    #[error("these bytes are not a snapshot of the engine")]
    NotASnapshot,
    /// Written by another version of the snapshot's form or of the engine's logic: replay the log instead.
    #[error(
        "the snapshot is of form {form} and engine version {engine}; this program reads form {known_form} of engine version {known_engine}"
    )]
    Version {
        /// Form found.
        form: u32,
        /// Engine version found.
        engine: u32,
        /// Form that this program reads.
        known_form: u32,
        /// Engine version of this program.
        known_engine: u32,
    },
    /// Something in it can't be.
    #[error("the snapshot is damaged: {0}")]
    Damaged(&'static str),
}

/// A snapshot being written.
pub(crate) struct Saving {
    /// All but pairs, frames and entities, as it was when the snapshot began.
    head: Vec<u8>,
    pairs: Option<Vec<u8>>,
    duplicates: Option<Vec<u8>>,
}

/// A snapshot in pieces, as it was written: whoever has time puts them together.
#[derive(Debug, Default)]
pub struct SnapshotPieces(Vec<Vec<u8>>);

impl SnapshotPieces {
    /// The snapshot's bytes behind `out`, with their check.
    pub fn append_to(self, out: &mut Vec<u8>) {
        let start = out.len();
        out.reserve_exact(self.bytes() + 8);
        // A piece at a time, so that not all of it is held twice.
        self.0.into_iter().for_each(|piece| out.extend_from_slice(&piece));
        let sum = checksum(&out[start..]);
        out.extend_from_slice(&sum.to_le_bytes());
    }

    /// Bytes written.
    pub fn bytes(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }
}

impl Engine {
    /// Begins a snapshot of the state at this offset: rules, windows, pairs, duplicates, watches, detectors,
    /// outstanding feedback, limits, counters, next offset. One that was under way is given up.
    pub fn begin_snapshot(&mut self) {
        let mut head = Vec::new();
        let mut w = Writer(&mut head);
        w.bytes(&MAGIC);
        w.u32(FORM);
        w.u32(ENGINE_VERSION);
        w.u64(self.next_offset);
        w.i64(self.now);
        save_epoch(&self.epoch, &mut w);
        w.varint(self.rules.text.len() as u64);
        w.bytes(self.rules.text.as_bytes());
        let c = &self.counters;
        [c.verdicts, c.duplicates, c.partial, c.without_request, c.unknown].iter().for_each(|&n| w.u64(n));
        w.varint(self.outstanding.len() as u64);
        self.outstanding.values().for_each(|f| save_feedback(f, &mut w));
        self.watches.save(&mut w);
        self.detectors.save(&mut w);
        self.pairs.begin_saving();
        self.duplicates.begin_saving();
        self.entities.begin_saving();
        self.saving = Some(Saving { head, pairs: None, duplicates: None });
    }

    /// Writes about so many bytes more of the snapshot that was begun, whatever was applied since; gives it
    /// when all is there. `None` also if none was begun.
    pub fn go_on_snapshot(&mut self, bytes: usize) -> Option<SnapshotPieces> {
        let saving = self.saving.as_mut()?;
        // Pairs and frames come and go fastest, so they are first.
        if saving.pairs.is_none() {
            saving.pairs = self.pairs.go_on_saving(bytes);
        } else if saving.duplicates.is_none() {
            saving.duplicates = self.duplicates.go_on_saving(bytes);
        } else {
            let entities = self.entities.go_on_saving(bytes)?;
            let Saving { head, pairs, duplicates } = self.saving.take()?;
            return Some(SnapshotPieces(vec![head, pairs?, duplicates?, entities]));
        }
        None
    }

    /// Appends the whole state to `out` at once.
    pub fn snapshot(&mut self, out: &mut Vec<u8>) {
        self.begin_snapshot();
        while self.saving.is_some() {
            if let Some(pieces) = self.go_on_snapshot(usize::MAX) {
                pieces.append_to(out);
            }
        }
    }

    /// An engine with the state of a snapshot. The catalogue may be another than the snapshot's: the state
    /// holds every window of every entity, whatever features read them.
    ///
    /// # Errors
    /// If the bytes are no snapshot, of another version, or damaged.
    pub fn restore(catalogue: Catalogue, bytes: &[u8]) -> Result<Engine, RestoreError> {
        let damaged = RestoreError::Damaged;
        let mut r = Reader(bytes);
        if r.array::<8>() != Ok(MAGIC) {
            return Err(RestoreError::NotASnapshot);
        }
        let (form, engine_version) = (r.u32()?, r.u32()?);
        if (form, engine_version) != (FORM, ENGINE_VERSION) {
            return Err(RestoreError::Version {
                form,
                engine: engine_version,
                known_form: FORM,
                known_engine: ENGINE_VERSION,
            });
        }
        let (body, sum) = bytes.split_last_chunk::<8>().ok_or(damaged("it ends too early"))?;
        if checksum(body) != u64::from_le_bytes(*sum) {
            return Err(damaged("its check is wrong"));
        }
        r.0 = r.0.get(..r.0.len().saturating_sub(8)).unwrap_or(&[]);
        let (next_offset, now) = (r.u64()?, r.i64()?);
        if !(0..=TIME_MAX).contains(&now) {
            return Err(damaged("its time is out of range"));
        }
        let mut engine = Engine::new(catalogue);
        (engine.next_offset, engine.now) = (next_offset, now);
        engine.epoch = load_epoch(&mut r)?;
        let rules = r.count(1)?;
        let (rules, rest) = r.0.split_at_checked(rules).ok_or(damaged("it ends too early"))?;
        r.0 = rest;
        let rules = std::str::from_utf8(rules).map_err(|_| damaged("the rules are no text"))?;
        engine.rules.change(rules, &engine.catalogue);
        if engine.rules.text != rules {
            return Err(damaged("the rules can't be read"));
        }
        engine.counters = Counters {
            verdicts: r.u64()?,
            duplicates: r.u64()?,
            partial: r.u64()?,
            without_request: r.u64()?,
            unknown: r.u64()?,
        };
        for _ in 0..r.count(24)? {
            let feedback = load_feedback(&mut r)?;
            engine.outstanding.insert((feedback.cause, feedback.n), feedback);
        }
        engine.watches = Watches::load(&mut r)?;
        engine.detectors = Detectors::load(&mut r)?;
        engine.pairs = Pairs::load(&mut r)?;
        engine.duplicates = Duplicates::load(&mut r)?;
        engine.entities = Entities::load(now, &mut r)?;
        if !r.0.is_empty() {
            return Err(damaged("bytes are left over"));
        }
        Ok(engine)
    }
}

fn save_epoch(epoch: &Epoch, w: &mut Writer<'_>) {
    w.u32(epoch.engine_version);
    w.u64(epoch.catalogue_hash);
    // Named one by one, so that a limit added to the record can't be forgotten here.
    let Limits {
        answer_seconds,
        late_seconds,
        duplicate_seconds,
        pairs_max,
        duplicates_max,
        entities_max,
        window_entries_max,
    } = epoch.limits;
    let limits = [
        answer_seconds,
        late_seconds,
        duplicate_seconds,
        pairs_max,
        duplicates_max,
        entities_max,
        window_entries_max,
    ];
    limits.iter().for_each(|&n| w.u32(n));
}

fn load_epoch(r: &mut Reader<'_>) -> Result<Epoch, RestoreError> {
    Ok(Epoch {
        engine_version: r.u32()?,
        catalogue_hash: r.u64()?,
        limits: Limits {
            answer_seconds: r.u32()?,
            late_seconds: r.u32()?,
            duplicate_seconds: r.u32()?,
            pairs_max: r.u32()?,
            duplicates_max: r.u32()?,
            entities_max: r.u32()?,
            window_entries_max: r.u32()?,
        },
    })
}

fn save_feedback(f: &Feedback, w: &mut Writer<'_>) {
    w.u16(f.tenant.0);
    w.u64(f.cause);
    w.u16(f.n);
    w.u8(f.action as u8);
    save_subject(&f.subject, w);
    w.i64(f.until.0);
}

fn load_feedback(r: &mut Reader<'_>) -> Result<Feedback, RestoreError> {
    let (tenant, cause, n) = (TenantId(r.u16()?), r.u64()?, r.u16()?);
    let action = match r.u8()? {
        1 => FeedbackAction::Watch,
        _ => return Err(RestoreError::Damaged("a feedback's action is out of range")),
    };
    Ok(Feedback { tenant, cause, n, action, subject: load_subject(r)?, until: Instant(r.i64()?) })
}
