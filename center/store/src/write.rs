//! The one writer: applies chunks, keeps the bounds.

use crate::{Chunk, Reader, Step, StoreError, TerminalSeen, people, schema};
use rusqlite::{Connection, Transaction, TransactionBehavior, named_params, params};
use std::path::{Path, PathBuf};
use tg_event::{Finding, FindingSubject, Message, Outcome};
use tg_types::{Short, TenantId};

/// How much is kept. What is over goes, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Payments with their steps.
    pub payments_max: u64,
    /// Frames that could not be decoded.
    pub undecoded_max: u64,
    /// Days of minute counts.
    pub minute_days_max: i64,
    /// Terminals.
    pub terminals_max: u64,
    /// Findings, with what people said of them.
    pub findings_max: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds {
            payments_max: 2_000_000,
            undecoded_max: 100_000,
            minute_days_max: 400,
            terminals_max: 2_000_000,
            findings_max: 200_000,
        }
    }
}

/// The database, opened for writing by the one thread that follows the log.
pub struct Store {
    path: PathBuf,
    connection: Connection,
    bounds: Bounds,
    chunks: u64,
}

impl Store {
    /// Opens the database, making it if it isn't there.
    ///
    /// # Errors
    /// If it can't be opened or was made by a newer version.
    pub fn open(path: &Path, bounds: Bounds) -> Result<Store, StoreError> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A snapshot may only stand on what is durable here, so a commit means durable.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "journal_size_limit", 16 << 20)?;
        schema::prepare(&mut connection)?;
        connection.set_prepared_statement_cache_capacity(32);
        Ok(Store { path: path.to_owned(), connection, bounds, chunks: 0 })
    }

    /// A reader on the same database, for another thread.
    ///
    /// # Errors
    /// If it can't be opened.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Reader::open(&self.path)
    }

    /// The next offset to apply: everything before it is in.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn next_offset(&self) -> Result<u64, StoreError> {
        use rusqlite::OptionalExtension;
        let value: Option<i64> = self
            .connection
            .query_row("SELECT value FROM meta WHERE name = 'next_offset'", [], |row| row.get(0))
            .optional()?;
        Ok(value.unwrap_or(0) as u64)
    }

    /// Applies a chunk and moves the offset, both or neither.
    ///
    /// # Errors
    /// If the database refuses; then nothing has changed.
    pub fn apply(&mut self, chunk: &Chunk) -> Result<(), StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        chunk.steps.iter().try_for_each(|step| write_step(&transaction, step))?;
        chunk.findings.iter().try_for_each(|finding| write_finding(&transaction, finding))?;
        chunk.judgements.iter().try_for_each(|j| people::take_over(&transaction, j))?;
        for ((tenant, terminal), seen) in &chunk.terminals {
            write_terminal(&transaction, *tenant, terminal, seen)?;
        }
        for u in &chunk.undecoded {
            transaction
                .prepare_cached(
                    "INSERT INTO undecoded VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
                )?
                .execute(params![
                    u.offset as i64,
                    u.at.0,
                    u.undecoded.tenant.0,
                    u.undecoded.feed,
                    u.undecoded.frame_length,
                    format!("{:016x}", u.undecoded.frame_hash),
                    u.undecoded.kind.name(),
                    u.undecoded.field,
                    u.undecoded.error_offset,
                ])?;
        }
        for ((minute, counted, label), n) in &chunk.minutes {
            transaction
                .prepare_cached(
                    "INSERT INTO minute VALUES ($1, $2, $3, $4)
                     ON CONFLICT (minute, series, label) DO UPDATE SET n = minute.n + excluded.n",
                )?
                .execute(params![minute, counted.series(), label, *n as i64])?;
        }
        transaction
            .prepare_cached(
                "INSERT INTO meta VALUES ('next_offset', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            )?
            .execute(params![chunk.next_offset as i64])?;
        self.chunks += 1;
        if self.chunks.is_multiple_of(256) {
            keep_bounds(&transaction, self.bounds)?;
        }
        transaction.commit()?;
        Ok(())
    }
}

/// Deletes what is over the bounds, in small portions, so that no chunk waits long.
fn keep_bounds(t: &Transaction<'_>, bounds: Bounds) -> Result<(), StoreError> {
    let payments: i64 = t.query_row("SELECT COUNT(*) FROM payment", [], |row| row.get(0))?;
    let over = payments - bounds.payments_max as i64;
    if over > 0 {
        let portion = over.min(20_000);
        t.execute(
            "DELETE FROM step WHERE payment IN (SELECT payment FROM payment ORDER BY payment LIMIT $1)",
            params![portion],
        )?;
        t.execute(
            "DELETE FROM payment WHERE payment IN (SELECT payment FROM payment ORDER BY payment LIMIT $1)",
            params![portion],
        )?;
    }
    t.execute(
        "DELETE FROM undecoded WHERE at_offset <= (SELECT at_offset FROM undecoded ORDER BY at_offset DESC LIMIT 1 OFFSET $1)",
        params![bounds.undecoded_max as i64],
    )?;
    t.execute(
        "DELETE FROM minute WHERE minute < (SELECT MAX(minute) FROM minute) - $1",
        params![bounds.minute_days_max * 24 * 60],
    )?;
    t.execute(
        "DELETE FROM terminal WHERE last_seen < (SELECT last_seen FROM terminal ORDER BY last_seen DESC LIMIT 1 OFFSET $1)",
        params![bounds.terminals_max as i64],
    )?;
    let gone = t.execute(
        "DELETE FROM finding WHERE last_offset < (SELECT last_offset FROM finding ORDER BY last_offset DESC LIMIT 1 OFFSET $1)",
        params![bounds.findings_max.saturating_sub(1) as i64],
    )?;
    if gone > 0 {
        t.execute("DELETE FROM judgement WHERE finding NOT IN (SELECT id FROM finding)", [])?;
    }
    Ok(())
}

/// A failed payment is one that a person may have to look at: not approved, unknown or taken back.
pub(crate) fn is_failed(outcome: Outcome) -> bool {
    !matches!(outcome, Outcome::Open | Outcome::Approved)
}

fn write_step(t: &Transaction<'_>, step: &Step) -> Result<(), StoreError> {
    let change = &step.change;
    if let Some(message) = &step.message {
        upsert_payment(t, step, message)?;
    }
    // A code of the terminal's own (the reason in a 0400) is no answer to the payment.
    let answered =
        matches!(change.stage, tg_event::PaymentStage::Answered | tg_event::PaymentStage::AnsweredLate);
    let repeated = change.stage == tg_event::PaymentStage::Repeated;
    t.prepare_cached(
        "UPDATE payment SET changed = $1, outcome = $2, failed = $3, repeats = repeats + $4 WHERE payment = $5",
    )?
    .execute(params![
        change.offset as i64,
        change.outcome as i64,
        is_failed(change.outcome),
        repeated,
        change.payment as i64
    ])?;
    if answered {
        t.prepare_cached(
            "UPDATE payment SET answered_at = $1, response_code = $2, response_class = $3 WHERE payment = $4",
        )?
        .execute(params![
            change.at.0,
            change.response_code.as_str(),
            change.response_class as i64,
            change.payment as i64
        ])?;
    }
    let message = step.message.as_deref();
    t.prepare_cached(
        "INSERT INTO step VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING",
    )?
    .execute(params![
        change.payment as i64,
        change.offset as i64,
        change.stage as i64,
        change.at.0,
        change.outcome as i64,
        change.mti.map(|m| m.to_string()).unwrap_or_default(),
        change.response_code.as_str(),
        change.response_class as i64,
        message.and_then(|m| m.trace),
        message.map_or(0, |m| m.feed),
        message.map_or(0, |m| m.frame_length),
        message.map_or(0, |m| m.mac as i64),
    ])?;
    Ok(())
}

/// The row of a payment is made by the first of its messages that is indexed, mostly the request; later
/// ones fill what it lacked (an answer brings the reference number).
fn upsert_payment(t: &Transaction<'_>, step: &Step, m: &Message) -> Result<(), StoreError> {
    let verdict = step.verdict.as_ref().filter(|_| step.change.offset == step.change.payment);
    let reasons =
        verdict.map_or_else(|| "[]".into(), |v| serde_json::to_string(&v.reasons).unwrap_or_default());
    let features =
        verdict.map_or_else(|| "[]".into(), |v| serde_json::to_string(&v.features).unwrap_or_default());
    t.prepare_cached(
        "INSERT INTO payment VALUES ($payment, $changed, $tenant, $feed, $opened_at, NULL, $scheme, $mti,
            $terminal, $merchant, $acquirer, $issuer, $serial, $reference, $authorization_code,
            $card_token, $bin, $last4, $card_length, $expiry, $amount, $currency, $processing_code, $entry_mode,
            $trace, $batch, $terminal_month, $terminal_day, $terminal_second, $mac,
            $outcome, $failed, '', 0, 0, $score, $decision, $reasons, $features, $latitude, $longitude)
         ON CONFLICT (payment) DO UPDATE SET
            acquirer = CASE WHEN payment.acquirer = '' THEN excluded.acquirer ELSE payment.acquirer END,
            issuer = CASE WHEN payment.issuer = '' THEN excluded.issuer ELSE payment.issuer END,
            serial = CASE WHEN payment.serial = '' THEN excluded.serial ELSE payment.serial END,
            reference = CASE WHEN payment.reference = '' THEN excluded.reference ELSE payment.reference END,
            authorization_code = CASE WHEN payment.authorization_code = '' THEN excluded.authorization_code
                ELSE payment.authorization_code END",
    )?
    .execute(named_params! {
        "$payment": step.change.payment as i64,
        "$changed": step.change.offset as i64,
        "$tenant": m.tenant.0,
        "$feed": m.feed,
        "$opened_at": step.change.at.0,
        "$scheme": m.scheme.as_str(),
        "$mti": m.mti.to_string(),
        "$terminal": m.terminal.as_str(),
        "$merchant": m.merchant.as_str(),
        "$acquirer": m.acquirer.as_str(),
        "$issuer": m.issuer.as_str(),
        "$serial": m.serial.as_str(),
        "$reference": m.retrieval_reference.as_str(),
        "$authorization_code": m.authorization.as_str(),
        "$card_token": m.card.map(|c| c.token.to_string()),
        "$bin": m.card.map(|c| c.masked.bin),
        "$last4": m.card.map(|c| c.masked.last4),
        "$card_length": m.card.map(|c| c.masked.length),
        "$expiry": m.expiry,
        "$amount": m.amount.map(|a| a.minor),
        "$currency": m.amount.map(|a| a.currency),
        "$processing_code": m.processing_code,
        "$entry_mode": m.entry_mode,
        "$trace": m.trace,
        "$batch": m.batch,
        "$terminal_month": m.terminal_time.map(|c| c.month),
        "$terminal_day": m.terminal_time.map(|c| c.day),
        "$terminal_second": m.terminal_time.map(|c| c.second_of_day),
        "$mac": m.mac as i64,
        "$outcome": step.change.outcome as i64,
        "$failed": is_failed(step.change.outcome),
        "$score": verdict.map_or(0, |v| v.score),
        "$decision": verdict.map_or(0, |v| v.decision as i64),
        "$reasons": reasons,
        "$features": features,
        "$latitude": m.place.map(|p| p.latitude),
        "$longitude": m.place.map(|p| p.longitude),
    })?;
    Ok(())
}

fn write_finding(t: &Transaction<'_>, f: &Finding) -> Result<(), StoreError> {
    let (kind, subject) = match &f.subject {
        FindingSubject::Terminal(s) => ("terminal", s.to_string()),
        FindingSubject::Merchant(s) => ("merchant", s.to_string()),
        FindingSubject::Card(s) => ("card", s.to_string()),
        FindingSubject::Issuer(s) => ("issuer", s.to_string()),
    };
    let body = serde_json::json!({
        "text": f.text, "rests_on": f.rests_on, "not_shown": f.not_shown,
        "other_explanations": f.other_explanations, "next_steps": f.next_steps, "events": f.events,
    });
    t.prepare_cached(
        "INSERT INTO finding (id, tenant, code, subject_kind, subject, severity, first_offset, last_offset,
            found_at, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
    )?
    .execute(params![
        f.id,
        f.tenant.0,
        f.code,
        kind,
        subject,
        f.severity as i64,
        f.first_offset as i64,
        f.last_offset as i64,
        f.found_at.0,
        body.to_string(),
    ])?;
    Ok(())
}

fn write_terminal(
    t: &Transaction<'_>,
    tenant: TenantId,
    terminal: &Short<16>,
    seen: &TerminalSeen,
) -> Result<(), StoreError> {
    let (at, code) = seen.sign_on.as_ref().map_or((None, ""), |(at, code)| (Some(at.0), code.as_str()));
    t.prepare_cached(
        "INSERT INTO terminal VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (tenant, terminal) DO UPDATE SET
            merchant = CASE WHEN excluded.merchant = '' THEN terminal.merchant ELSE excluded.merchant END,
            serial = CASE WHEN excluded.serial = '' THEN terminal.serial ELSE excluded.serial END,
            feed = excluded.feed, last_seen = excluded.last_seen,
            signed_on_at = COALESCE(excluded.signed_on_at, terminal.signed_on_at),
            sign_on_code = CASE WHEN excluded.sign_on_code = '' THEN terminal.sign_on_code ELSE excluded.sign_on_code END",
    )?
    .execute(params![
        tenant.0,
        terminal.as_str(),
        seen.merchant.as_str(),
        seen.serial.as_str(),
        seen.feed,
        seen.seen.0.0,
        seen.seen.1.0,
        at,
        code,
    ])?;
    Ok(())
}
