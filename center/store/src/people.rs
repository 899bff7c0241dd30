//! What people say of findings: written here first, then carried into the journal.
//!
//! Why it exists: SQL is the record of what people make (design, 2.10). A judgement, the finding's state and
//! the outbox row that feeds the journal are one transaction; an event that stands in the journal twice, or
//! comes back to a store that has it, changes nothing, since the judgement's id is its identity. The free
//! text never leaves this database: it may name somebody, and the journal is kept for years.

use crate::StoreError;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};
use std::path::Path;
use tg_event::{Event, Judgement};

/// At most so many judgements of one finding: an undo and a redo each hour for a day, and then some.
const JUDGEMENTS_MAX: i64 = 100;
/// Events handed out of the outbox at a time.
const OUTGOING_MAX: usize = 100;

/// What became of a judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is kept and holds.
    Kept,
    /// It was there already: the form was sent twice.
    Known,
    /// There is no such finding.
    NoFinding,
    /// The finding has as many judgements as it may have.
    TooMany,
}

/// An event that has yet to go into the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Its row.
    pub id: String,
    /// The event.
    pub event: Event,
}

/// The connection that writes what people make, beside the one that follows the log. Each write is short.
pub struct People {
    connection: Connection,
}

impl People {
    /// Opens a database that [`crate::Store`] has made.
    ///
    /// # Errors
    /// If it can't be opened.
    pub fn open(path: &Path) -> Result<People, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        // A person who was told "kept" must not lose it to a power cut.
        connection.pragma_update(None, "synchronous", "FULL")?;
        Ok(People { connection })
    }

    /// Keeps a judgement, the state that follows from it, and its way into the journal: all or nothing.
    ///
    /// # Errors
    /// If the database refuses; then nothing has changed.
    pub fn judge(&mut self, judgement: &Judgement, note: &str, said_by: &str) -> Result<Said, StoreError> {
        let t = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let finding = judgement.finding.as_str();
        let there: Option<i64> =
            t.query_row("SELECT state FROM finding WHERE id = $1", [finding], |row| row.get(0)).optional()?;
        if there.is_none() {
            return Ok(Said::NoFinding);
        }
        let all: i64 =
            t.query_row("SELECT COUNT(*) FROM judgement WHERE finding = $1", [finding], |row| row.get(0))?;
        if all >= JUDGEMENTS_MAX {
            return Ok(Said::TooMany);
        }
        if !insert(&t, judgement, note, said_by)? {
            return Ok(Said::Known);
        }
        let mut body = Vec::new();
        Event::Judgement(*judgement).encode(&mut body);
        // The journal gets them in the order in which they were said, whatever the clock did.
        t.execute(
            "INSERT INTO outbox SELECT id, rank, $1 FROM judgement WHERE id = $2",
            params![hex(&body), hex(&judgement.id)],
        )?;
        t.commit()?;
        Ok(Said::Kept)
    }

    /// The oldest events that have yet to go into the journal.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn outgoing(&self) -> Result<Vec<Outgoing>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT id, body FROM outbox ORDER BY rank LIMIT $1")?;
        let rows = statement.query_map([OUTGOING_MAX as i64], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?;
        let mut outgoing = Vec::new();
        for row in rows {
            let (id, body) = row?;
            // Written by this module: what can't be read was changed by somebody else, and stays where it is.
            if let Some(event) = bytes(&body).and_then(|b| Event::decode(&b).ok()) {
                outgoing.push(Outgoing { id, event });
            }
        }
        Ok(outgoing)
    }

    /// Forgets outbox rows whose events are durable in the journal.
    ///
    /// # Errors
    /// If the database refuses; then they go into the journal once more, which changes nothing.
    pub fn sent(&mut self, ids: &[String]) -> Result<(), StoreError> {
        let t = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for id in ids {
            t.execute("DELETE FROM outbox WHERE id = $1", [id])?;
        }
        Ok(t.commit()?)
    }
}

/// Takes over a judgement as it stands in the log: new only to a store that was made anew.
pub(crate) fn take_over(t: &Transaction<'_>, judgement: &Judgement) -> Result<(), StoreError> {
    let finding = judgement.finding.as_str();
    let there = t.prepare_cached("SELECT 1 FROM finding WHERE id = $1")?.exists([finding])?;
    // Of a finding that is over the bounds nothing is kept.
    if there { insert(t, judgement, "", "").map(|_| ()) } else { Ok(()) }
}

/// True if it was not there.
fn insert(t: &Transaction<'_>, j: &Judgement, note: &str, said_by: &str) -> Result<bool, StoreError> {
    let new = t
        .prepare_cached(
            "INSERT INTO judgement
             SELECT $1, COALESCE(MAX(rank), 0) + 1, $2, $3, $4, $5, $6, $7, $8 FROM judgement WHERE TRUE
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            hex(&j.id),
            j.tenant.0,
            j.finding.as_str(),
            j.verdict as i64,
            j.reason.as_str(),
            note,
            said_by,
            j.said_at.0
        ])?;
    if new > 0 {
        t.prepare_cached("UPDATE finding SET state = $1 WHERE id = $2")?
            .execute(params![j.verdict as i64, j.finding.as_str()])?;
    }
    Ok(new > 0)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let (pairs, []) = hex.as_bytes().as_chunks::<2>() else { return None };
    pairs.iter().map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
