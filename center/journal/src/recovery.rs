//! Opening a journal: finds its end, cuts a torn tail, refuses damage.
//!
//! What was never acknowledged may be torn and is cut; what may have been acknowledged must be there or the
//! opening is refused (TG-3005). Nothing is deleted or written before all checks have passed, so that a
//! refusal leaves the evidence as it is.

use crate::chore::{Chore, Task};
use crate::format::{BLOCK_BYTES, SectionHeader, segment_name, segment_number};
use crate::journal::{Ready, Tail};
use crate::meta::{META_NAME, Meta};
use crate::section::{Behind, Place, Step, Stop, Walk, look_behind};
use crate::shared::{SegmentStart, Shared, State};
use crate::snapshot;
use crate::{Disk, Journal, JournalError, JournalId, MasterKey, Options, Randomness, Result};
use std::collections::VecDeque;
use std::sync::Arc;

/// What an opening found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The folder was empty and a new journal was made.
    pub created: bool,
    /// The first offset that is kept.
    pub first_offset: u64,
    /// Offset of the next record: one after the last that is kept. All before it is durable.
    pub next_offset: u64,
    /// Log time of the last record, in microseconds; `i64::MIN` if there is none.
    pub last_log_time_us: i64,
    /// Segments that hold batches.
    pub segments: usize,
    /// Something torn lay behind the end: batches that were being written and were not acknowledged.
    pub torn_tail: bool,
}

impl<D: Disk> Journal<D> {
    /// Opens the journal in a folder, or makes one if the folder is empty.
    ///
    /// # Errors
    /// [`JournalError::WrongKey`], [`JournalError::NewerVersion`], [`JournalError::Damaged`] before
    /// anything is written; [`JournalError::DiskFull`] if a new journal finds no room.
    pub fn open(
        disk: Arc<D>,
        key: Arc<MasterKey>,
        options: Options,
        mut random: Randomness,
    ) -> Result<(Journal<D>, Recovery)> {
        if !options.segment_bytes.is_multiple_of(BLOCK_BYTES) || options.segment_bytes < 3 * BLOCK_BYTES {
            return Err(JournalError::Misuse(
                "segment_bytes is a multiple of 4096 and at least three times that",
            ));
        }
        let names = disk.list().map_err(|e| JournalError::io("list", "the folder", e))?;
        let mut segments: Vec<u64> = names.iter().filter_map(|n| segment_number(n)).collect();
        segments.sort_unstable();
        let meta = match Meta::read(&*disk, &key)? {
            Some(meta) => meta,
            None if segments.is_empty() && !names.iter().any(|n| snapshot::cut_of(n).is_some()) => {
                let mut id = [0; 16];
                random(&mut id)?;
                Meta { journal: JournalId(id), started: false }
            }
            None => {
                return Err(JournalError::damaged(
                    META_NAME,
                    0,
                    "it is missing, but there are segments or snapshots",
                ));
            }
        };
        let place = Place { disk, key, journal: meta.journal };
        if !meta.started {
            return create(place, options, random, &names, meta);
        }
        let found = find_end(&place, &segments)?;
        if let Some((name, cut)) =
            snapshot::newest_cut(&place, &names)?.filter(|(_, cut)| *cut > found.walk.next_offset)
        {
            let reason = format!(
                "the journal ends at offset {}, but {name} was made at {cut}",
                found.walk.next_offset
            );
            return Err(JournalError::damaged(&found.walk.name, found.walk.position, reason));
        }
        make_durable(&place, &found)?;
        let ready = clean_up(&place, &options, &names, found.unborn)?;
        Ok(found.into_journal(place, options, random, ready))
    }
}

/// A stretch of the tail, and the batch whose durability proves its own.
struct Unit {
    position: u64,
    bytes: u64,
    batch: u64,
}

struct Found<D: Disk> {
    walk: Walk<D>,
    starts: VecDeque<SegmentStart>,
    units: Vec<Unit>,
    /// The last batch that something on disk proves durable.
    proven_batch: u64,
    /// A segment that was prepared, or whose first header is torn.
    unborn: Option<u64>,
    torn_tail: bool,
}

fn find_end<D: Disk>(place: &Place<D>, segments: &[u64]) -> Result<Found<D>> {
    if segments.is_empty() {
        return Err(JournalError::damaged(META_NAME, 0, "all segments are missing"));
    }
    if let Some(pair) = segments.windows(2).find(|pair| pair[1] != pair[0] + 1) {
        return Err(JournalError::damaged(segment_name(pair[0] + 1), 0, "this segment is missing"));
    }
    let mut starts = VecDeque::new();
    let mut last: Option<Walk<D>> = None;
    let mut unborn = None;
    for &segment in segments {
        match Walk::open(place, segment)? {
            Some(walk) if unborn.is_none() => {
                check_order(last.as_ref(), &walk)?;
                starts.push_back(start_of(&walk.section));
                last = Some(walk);
            }
            // At most one segment is ever without a header, and it is the last.
            None if unborn.is_none() && last.is_some() => unborn = Some(segment),
            _ => {
                let name = segment_name(unborn.unwrap_or(segment));
                return Err(JournalError::damaged(name, 0, "its header can't be read"));
            }
        }
    }
    let Some(mut walk) = last else {
        return Err(JournalError::damaged(META_NAME, 0, "no segment can be read"));
    };
    let mut proven_batch = walk.section.first_batch - 1;
    let mut units = vec![Unit { position: 0, bytes: BLOCK_BYTES, batch: walk.section.first_batch }];
    loop {
        let position = walk.position;
        let batch = match walk.step(0)? {
            Step::Batch(header, _) => {
                proven_batch = proven_batch.max(header.durable_batch);
                header.batch
            }
            Step::Section => {
                proven_batch = proven_batch.max(walk.section.first_batch - 1);
                walk.section.first_batch
            }
            // Nothing is skipped: each batch ends after offset 0, or is a mark without records at 0.
            Step::Skipped => walk.next_batch - 1,
            Step::Stop => break,
        };
        units.push(Unit { position, bytes: walk.position - position, batch });
    }
    let torn_tail = refuse_proven_damage(place, &walk, unborn)?;
    Ok(Found { walk, starts, units, proven_batch, unborn, torn_tail })
}

fn start_of(section: &SectionHeader) -> SegmentStart {
    SegmentStart {
        segment: section.segment,
        first_batch: section.first_batch,
        first_offset: section.first_offset,
        bytes: section.segment_bytes,
    }
}

fn check_order<D: Disk>(before: Option<&Walk<D>>, walk: &Walk<D>) -> Result<()> {
    let Some(before) = before else { return Ok(()) };
    let grows = walk.section.first_batch >= before.section.first_batch
        && walk.section.first_offset >= before.section.first_offset
        && walk.section.epoch >= before.section.epoch;
    if grows {
        return Ok(());
    }
    Err(JournalError::damaged(&walk.name, 0, "it does not continue the segment before it"))
}

/// True if something torn lies behind the end. An error if it can't be torn.
fn refuse_proven_damage<D: Disk>(place: &Place<D>, walk: &Walk<D>, unborn: Option<u64>) -> Result<bool> {
    let (epoch, batch) = (walk.section.epoch, walk.next_batch);
    let segment = walk.section.segment;
    let stop = Stop { file: &walk.file, name: &walk.name, segment, from: walk.position, epoch, batch };
    let mut torn = refuse(&stop, look_behind(place, &stop)?)?;
    if let Some(segment) = unborn {
        let name = segment_name(segment);
        let file = place.disk.open(&name).map_err(|e| JournalError::io("open", &name, e))?;
        let stop = Stop { file: &file, name: &name, segment, from: 0, epoch, batch };
        torn |= refuse(&stop, look_behind(place, &stop)?)?;
    }
    Ok(torn)
}

fn refuse<F>(stop: &Stop<'_, F>, behind: Behind) -> Result<bool> {
    match behind.proof {
        Some((_, reason)) => Err(JournalError::damaged(stop.name, stop.from, reason)),
        None => Ok(behind.torn),
    }
}

/// What recovery has read may be only in the kernel's cache: of a process that was killed, or worse, of one
/// whose flush had failed, after which the kernel calls the pages clean. So all that nothing on disk proves
/// durable is written again, byte for byte, and synced, before anybody builds on it.
fn make_durable<D: Disk>(place: &Place<D>, found: &Found<D>) -> Result<()> {
    let name = &found.walk.name;
    for unit in found.units.iter().filter(|u| u.batch > found.proven_batch) {
        let mut bytes = vec![0; unit.bytes as usize];
        place
            .disk
            .read_at(&found.walk.file, unit.position, &mut bytes)
            .map_err(|e| JournalError::io("read", name, e))?;
        place
            .disk
            .write_at(&found.walk.file, unit.position, &bytes)
            .map_err(|e| JournalError::io("write", name, e))?;
    }
    place.disk.sync_data(&found.walk.file).map_err(|e| JournalError::io("flush", name, e))?;
    place.disk.sync_dir().map_err(|e| JournalError::io("flush", "the folder", e))
}

/// Removes what an interrupted process left, and keeps a prepared segment.
fn clean_up<D: Disk>(
    place: &Place<D>,
    options: &Options,
    names: &[String],
    unborn: Option<u64>,
) -> Result<Option<Ready>> {
    let mut removals: Vec<String> = names.iter().filter(|n| is_leftover(n)).cloned().collect();
    let mut ready = None;
    if let Some(segment) = unborn {
        let name = segment_name(segment);
        let file = place.disk.open(&name).map_err(|e| JournalError::io("open", &name, e))?;
        let bytes = place.disk.len(&file).map_err(|e| JournalError::io("measure", &name, e))?;
        if bytes == options.segment_bytes {
            ready = Some(Ready { segment, bytes });
        } else {
            removals.push(name);
        }
    }
    remove_all(&*place.disk, &removals)?;
    Ok(ready)
}

/// Spares too: after a crash the same file may stand under its old and its new name, and writing to the
/// spare would then destroy a segment. Removing a name never does.
fn is_leftover(name: &str) -> bool {
    let ours = |n: &str| segment_number(n).is_some() || n == META_NAME || snapshot::cut_of(n).is_some();
    name.strip_suffix(".tmp").is_some_and(ours)
        || name.strip_suffix(".spare").is_some_and(|n| segment_number(&format!("{n}.segment")).is_some())
}

fn remove_all<D: Disk>(disk: &D, names: &[String]) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    for name in names {
        disk.remove(name).map_err(|e| JournalError::io("remove", name, e))?;
    }
    disk.sync_dir().map_err(|e| JournalError::io("flush", "the folder", e))
}

/// A new journal: its name first, then the first segment, then the word that it has begun.
fn create<D: Disk>(
    place: Place<D>,
    options: Options,
    random: Randomness,
    names: &[String],
    meta: Meta,
) -> Result<(Journal<D>, Recovery)> {
    let unfinished: Vec<String> =
        names.iter().filter(|n| is_leftover(n) || segment_number(n).is_some()).cloned().collect();
    remove_all(&*place.disk, &unfinished)?;
    meta.write(&*place.disk, &place.key)?;
    let (segment, bytes) = (1, options.segment_bytes);
    let task = Task::Prepare { segment, bytes, keep_free_bytes: options.keep_free_bytes, spare: None };
    Chore { disk: place.disk.clone(), task }.run().into_result()?;
    let name = segment_name(segment);
    let file = place.disk.open(&name).map_err(|e| JournalError::io("open", name, e))?;
    let tail =
        Tail { file, segment, bytes, position: 0, header_durable: false, cipher: None, nonce_counter: 0 };
    let state = State { segments: VecDeque::new(), durable_batch: 0, durable_offset: 0 };
    let mut journal = Journal::assemble(place, options, random, Shared::new(state), tail);
    journal.make_room(0)?;
    journal.shared.lock().segments.push_back(SegmentStart {
        segment,
        first_batch: 1,
        first_offset: 0,
        bytes,
    });
    Meta { started: true, ..meta }.write(&*journal.place.disk, &journal.place.key)?;
    let recovery = Recovery {
        created: true,
        first_offset: 0,
        next_offset: 0,
        last_log_time_us: i64::MIN,
        segments: 1,
        torn_tail: false,
    };
    Ok((journal, recovery))
}

impl<D: Disk> Found<D> {
    fn into_journal(
        self,
        place: Place<D>,
        options: Options,
        random: Randomness,
        ready: Option<Ready>,
    ) -> (Journal<D>, Recovery) {
        let walk = self.walk;
        let recovery = Recovery {
            created: false,
            first_offset: self.starts.front().map_or(walk.next_offset, |s| s.first_offset),
            next_offset: walk.next_offset,
            last_log_time_us: walk.last_log_time_us,
            segments: self.starts.len(),
            torn_tail: self.torn_tail,
        };
        let shared = Shared::new(State {
            segments: self.starts,
            durable_batch: walk.next_batch - 1,
            durable_offset: walk.next_offset,
        });
        let tail = Tail {
            segment: walk.section.segment,
            bytes: walk.section.segment_bytes,
            position: walk.position,
            file: walk.file,
            header_durable: true,
            cipher: None,
            nonce_counter: 0,
        };
        let mut journal = Journal::assemble(place, options, random, shared, tail);
        journal.ready = ready;
        journal.epoch = walk.section.epoch + 1;
        journal.next_batch = walk.next_batch;
        journal.next_offset = walk.next_offset;
        journal.chain = walk.chain.unwrap_or(walk.section.previous_chain);
        journal.last_log_time_us = walk.last_log_time_us;
        (journal, recovery)
    }
}
