//! Recovery: the newest readable snapshot, then everything that the journal holds after it.
//!
//! The same [`Heart`] as in the live stream applies the events, so what comes out is what was there. What
//! can't be read is said, never skipped.

use crate::config::Config;
use crate::heart::Heart;
use crate::keeper::store_problem;
use crate::key_file::Secret;
use crate::replay::write_lines;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant as Clock;
use tg_event::{Event, Stamp};
use tg_journal::{
    Journal, MasterKey, Options, Reader as JournalReader, RealDisk, Recovery, record, system_randomness,
};
use tg_store::{Bounds, Store};
use tg_text::{Problem, Text};
use tg_types::{Instant, TenantId, TokenKey};

/// Everything that was read back from a data folder.
pub(crate) struct Opened {
    pub journal: Journal<RealDisk>,
    pub heart: Heart,
    /// The cut of the snapshot that it began from; 0 without one.
    pub restored_at: u64,
    pub store: Store,
    pub tokens: Arc<TokenKey>,
}

pub(crate) fn disk_problem(path: &Path, error: &std::io::Error) -> Problem {
    let what = Text::new(format!("{error}"), format!("{error}"));
    Problem::new("TG-3001", what).in_file(path.display().to_string())
}

fn open_journal(data: &Path, secret: &Secret) -> Result<(Journal<RealDisk>, Recovery), Problem> {
    let folder = data.join("journal");
    std::fs::create_dir_all(&folder).map_err(|e| disk_problem(&folder, &e))?;
    let disk = RealDisk::open(&folder).map_err(|e| e.to_problem())?;
    let mut key = secret.journal_key();
    let key = Arc::new(MasterKey::new(1, &mut key));
    Journal::open(Arc::new(disk), key, Options::default(), system_randomness()).map_err(|e| e.to_problem())
}

/// The heart as the newest readable snapshot left it, or a new one.
fn restore(journal: &Journal<RealDisk>, config: &Config, stored_to: u64) -> Result<Heart, Problem> {
    let snapshots = journal.snapshots(system_randomness());
    let started = Clock::now();
    let (snapshot, passed_over) = snapshots.load_newest().map_err(|e| e.to_problem())?;
    let loaded = started.elapsed();
    for error in &passed_over {
        tracing::warn!(%error, "a snapshot can't be read and was passed over");
    }
    let whole = journal.first_offset() == 0;
    if let Some(snapshot) = snapshot {
        let behind = stored_to < snapshot.cut;
        match Heart::restore(&snapshot.bytes, config.index_per_second_max) {
            // A store that was lost is made again from the log, as far as the log goes back.
            Ok(_) if behind && whole => {
                tracing::warn!(
                    stored_to,
                    cut = snapshot.cut,
                    "the store is behind the snapshot; replaying the whole log"
                );
            }
            Ok(heart) => {
                tracing::info!(cut = snapshot.cut, bytes = snapshot.bytes.len(), ?loaded, restored = ?started.elapsed(), "snapshot restored");
                if behind {
                    tracing::error!(
                        stored_to,
                        cut = snapshot.cut,
                        "the log no longer holds what the store lacks"
                    );
                }
                return Ok(heart);
            }
            Err(error) if whole => {
                tracing::warn!(%error, "the snapshot is of another version; replaying the log")
            }
            Err(error) => {
                let what = Text::new(
                    format!("快照不是这个版本的（{error}），而日志的开头已不在"),
                    format!("the snapshot is not of this version ({error}) and the log's beginning is gone"),
                );
                return Err(Problem::new("TG-3004", what));
            }
        }
    } else if !whole {
        let what = Text::fixed(
            "没有可读的快照，而日志的开头已不在",
            "no snapshot can be read and the log's beginning is gone",
        );
        return Err(Problem::new("TG-3005", what));
    }
    Ok(Heart::new(config.index_per_second_max))
}

/// Applies everything that the log holds after the heart's state.
fn replay(
    reader: &mut JournalReader<RealDisk>,
    heart: &mut Heart,
    mut after: impl FnMut(&mut Heart) -> Result<(), Problem>,
    mut seen: impl FnMut(&crate::Beat<'_>) -> Result<(), Problem>,
) -> Result<u64, Problem> {
    let mut events = 0;
    while let Some(batch) = reader.next_batch().map_err(|e| e.to_problem())? {
        for (offset, (time, body)) in (batch.first_offset..).zip(record::iter(&batch.payload)) {
            if offset < heart.next_offset() {
                continue;
            }
            let event = Event::decode(body).map_err(|error| bad_record(offset, &error))?;
            seen(&heart.beat(Stamp { offset, log_time: Instant(time) }, &event))?;
            events += 1;
        }
        after(heart)?;
    }
    Ok(events)
}

pub(crate) fn bad_record(offset: u64, error: &tg_event::DecodeError) -> Problem {
    let code = match error {
        tg_event::DecodeError::Version { .. } => "TG-3004",
        _ => "TG-3005",
    };
    Problem::new(code, Text::new(format!("第 {offset} 条记录：{error}"), format!("record {offset}: {error}")))
        .at_offset(offset)
}

pub(crate) fn open(config: &Config, secret: &Secret) -> Result<Opened, Problem> {
    std::fs::create_dir_all(&config.data).map_err(|e| disk_problem(&config.data, &e))?;
    let (journal, recovery) = open_journal(&config.data, secret)?;
    let path = config.data.join("store.sqlite");
    let mut store = Store::open(&path, Bounds::default()).map_err(|e| store_problem(&e))?;
    let stored_to = store.next_offset().map_err(|e| store_problem(&e))?;
    if stored_to > recovery.next_offset {
        return Err(store_ahead(stored_to, recovery.next_offset));
    }
    let mut heart = restore(&journal, config, stored_to)?;
    let restored_at = heart.next_offset();
    heart.stored_to(stored_to);
    let started = Clock::now();
    let mut reader = journal.reader(heart.next_offset()).map_err(|e| e.to_problem())?;
    let mut keep = |heart: &mut Heart| {
        let chunk = heart.take_chunk();
        if chunk.is_empty() { Ok(()) } else { store.apply(&chunk).map_err(|e| store_problem(&e)) }
    };
    let events = replay(&mut reader, &mut heart, &mut keep, |_| Ok(()))?;
    tracing::info!(events, next_offset = heart.next_offset(), elapsed = ?started.elapsed(), torn_tail = recovery.torn_tail, "recovered");
    let tokens = Arc::new(TokenKey::derive(secret.bytes(), TenantId::default(), 1));
    Ok(Opened { journal, heart, restored_at, store, tokens })
}

/// The store follows the journal; if it is ahead, the journal is an older copy than the store.
fn store_ahead(stored_to: u64, next_offset: u64) -> Problem {
    let what = Text::new(
        format!(
            "数据库已到第 {stored_to} 条，日志只到第 {next_offset} 条：日志像是旧副本。若日志确实是要用的，移走 store.sqlite 再启动，它会由日志重建；请留着移走的文件，发现的备注只在其中。"
        ),
        format!(
            "the store is at offset {stored_to}, the journal ends at {next_offset}: the journal looks like an old copy. If it is the right one, move store.sqlite away and start again; it is made anew from the journal. Keep the file: notes on findings are in it alone."
        ),
    );
    Problem::new("TG-3001", what)
        .in_file("store.sqlite")
        .because(format!("<= {next_offset}"), stored_to.to_string())
}

/// Prints verdicts and findings of a data folder, from the beginning of its log (or, where that is gone,
/// from its newest snapshot on) as NDJSON.
///
/// # Errors
/// If the folder can't be read, or the output not written.
pub fn replay_data(data: &Path, secret: &Secret, out: &mut impl Write) -> Result<u64, Problem> {
    if !data.join("journal").is_dir() {
        let what = Text::fixed("这里没有日志", "there is no journal here");
        return Err(Problem::new("TG-3001", what).in_file(data.display().to_string()));
    }
    let (journal, _) = open_journal(data, secret)?;
    let config = Config { data: data.to_owned(), ..Config::default() };
    let mut heart =
        if journal.first_offset() == 0 { Heart::new(0) } else { restore(&journal, &config, u64::MAX)? };
    let mut reader = journal.reader(heart.next_offset()).map_err(|e| e.to_problem())?;
    let written = |error: std::io::Error| {
        Problem::new(
            "TG-1001",
            Text::new(format!("写不出结果：{error}"), format!("the output can't be written: {error}")),
        )
    };
    let forget = |heart: &mut Heart| {
        heart.take_chunk();
        Ok(())
    };
    replay(&mut reader, &mut heart, forget, |beat| write_lines(out, beat).map_err(written))
}
