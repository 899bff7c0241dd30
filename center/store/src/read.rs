//! What the pages ask: one function per question, each with its bound.

use crate::records::{
    PAYMENT, PaymentRecord, ScopeCounts, StepRecord, TerminalRecord, UndecodedRecord, payment, terminal,
};
use crate::{Counted, StoreError};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, ToSql};
use std::path::Path;

/// A connection that only reads.
pub struct Reader {
    pub(crate) connection: Connection,
}

/// Which outcomes a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutcomeFilter {
    /// All.
    #[default]
    All,
    /// Everything that a person may have to look at.
    Failed,
    /// Without an answer.
    Unknown,
    /// Approved.
    Approved,
}

/// What a list of payments shows. Empty parts don't filter.
#[derive(Clone, Debug, Default)]
pub struct PaymentFilter {
    /// Retrieval reference, or a trace number.
    pub reference: Option<String>,
    /// Terminal number.
    pub terminal: Option<String>,
    /// Merchant number.
    pub merchant: Option<String>,
    /// Last four digits of the card.
    pub last4: Option<u16>,
    /// From this log time on.
    pub from: Option<i64>,
    /// Before this log time.
    pub to: Option<i64>,
    /// By outcome.
    pub outcome: OutcomeFilter,
    /// Response code of the answer.
    pub code: Option<String>,
    /// Only payments before this one: the cursor of paging.
    pub before: Option<u64>,
    /// Only payments that changed at or after this place in the log.
    pub changed_from: Option<u64>,
    /// At most so many.
    pub limit: u32,
}

/// Counts by minute of one series: (minute since 1970, label, n), oldest first.
pub type Counts = Vec<(i64, String, u64)>;

impl Reader {
    /// Opens the database for reading.
    ///
    /// # Errors
    /// If it can't be opened.
    pub fn open(path: &Path) -> Result<Reader, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(Reader { connection })
    }

    /// Payments, newest first.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn payments(&self, filter: &PaymentFilter) -> Result<Vec<PaymentRecord>, StoreError> {
        let mut conditions = String::new();
        let mut values: Vec<Box<dyn ToSql>> = Vec::new();
        let mut add = |condition: &str, value: Box<dyn ToSql>| {
            values.push(value);
            let joint = if values.len() == 1 { "WHERE" } else { " AND" };
            conditions += &format!("{joint} {condition} ${}", values.len());
        };
        if let Some(reference) = &filter.reference {
            match reference.parse::<u32>().ok().filter(|_| reference.len() <= 6) {
                Some(trace) => add("trace =", Box::new(trace)),
                None => add("reference =", Box::new(reference.clone())),
            }
        }
        if let Some(terminal) = &filter.terminal {
            add("terminal =", Box::new(terminal.clone()));
        }
        if let Some(merchant) = &filter.merchant {
            add("merchant =", Box::new(merchant.clone()));
        }
        if let Some(last4) = filter.last4 {
            add("last4 =", Box::new(last4));
        }
        if let Some(from) = filter.from {
            add("opened_at >=", Box::new(from));
        }
        if let Some(to) = filter.to {
            add("opened_at <", Box::new(to));
        }
        match filter.outcome {
            OutcomeFilter::All => {}
            OutcomeFilter::Failed => add("failed =", Box::new(1)),
            OutcomeFilter::Unknown => add("outcome =", Box::new(tg_event::Outcome::Unknown as i64)),
            OutcomeFilter::Approved => add("outcome =", Box::new(tg_event::Outcome::Approved as i64)),
        }
        if let Some(code) = &filter.code {
            add("response_code =", Box::new(code.clone()));
        }
        if let Some(before) = filter.before {
            add("payment <", Box::new(before as i64));
        }
        if let Some(changed) = filter.changed_from {
            add("changed >=", Box::new(changed as i64));
        }
        let limit = filter.limit.clamp(1, 1000);
        let sql = format!("SELECT {PAYMENT} FROM payment {conditions} ORDER BY payment DESC LIMIT {limit}");
        self.rows(&sql, &values, payment)
    }

    /// Payments of a card, newest first.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn payments_of_card(&self, token: &str, limit: u32) -> Result<Vec<PaymentRecord>, StoreError> {
        let sql =
            format!("SELECT {PAYMENT} FROM payment WHERE card_token = $1 ORDER BY payment DESC LIMIT $2");
        self.rows(&sql, &[Box::new(token.to_owned()), Box::new(limit)], payment)
    }

    /// One payment.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn payment(&self, id: u64) -> Result<Option<PaymentRecord>, StoreError> {
        let sql = format!("SELECT {PAYMENT} FROM payment WHERE payment = $1");
        Ok(self.connection.prepare_cached(&sql)?.query_row([id as i64], payment).optional()?)
    }

    /// The payments to which these events belong, oldest first, at most 500.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn payments_of_events(&self, offsets: &[u64]) -> Result<Vec<PaymentRecord>, StoreError> {
        let mut ids = std::collections::BTreeSet::new();
        let mut find = self.connection.prepare_cached("SELECT payment FROM payment WHERE payment = $1")?;
        for offset in offsets.iter().take(500) {
            if let Some(id) = find.query_row([*offset as i64], |row| row.get::<_, i64>(0)).optional()? {
                ids.insert(id as u64);
            }
        }
        ids.into_iter().filter_map(|id| self.payment(id).transpose()).collect()
    }

    /// The steps of a payment, in log order.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn steps(&self, id: u64) -> Result<Vec<StepRecord>, StoreError> {
        let sql = "SELECT at_offset, stage, at, mti, response_code, trace, feed, frame_length, mac FROM step
            WHERE payment = $1 ORDER BY at_offset, stage LIMIT 50";
        self.rows(sql, &[Box::new(id as i64)], |row| {
            Ok(StepRecord {
                offset: row.get::<_, i64>(0)? as u64,
                stage: row.get(1)?,
                at: row.get(2)?,
                mti: row.get(3)?,
                response_code: row.get(4)?,
                trace: row.get(5)?,
                feed: row.get(6)?,
                frame_length: row.get(7)?,
                mac: row.get(8)?,
            })
        })
    }

    /// How payments of a scope went in a span of log time, without those that share the payment's own
    /// terminal (scopes of a card, a shop, everybody) or its own card (scopes of a terminal or BIN).
    ///
    /// # Errors
    /// If the database refuses.
    pub fn scope(
        &self,
        scope: Scope,
        span: (i64, i64),
        of: &PaymentRecord,
    ) -> Result<ScopeCounts, StoreError> {
        let card = of.card_token.clone().unwrap_or_default();
        let (condition, same, other): (&str, Box<dyn ToSql>, String) = match scope {
            Scope::SameCardElsewhere => {
                ("card_token = $2 AND terminal <> $3", Box::new(card), of.terminal.clone())
            }
            Scope::OtherCardsHere => {
                ("terminal = $2 AND COALESCE(card_token, '') <> $3", Box::new(of.terminal.clone()), card)
            }
            Scope::OtherTerminalsInStore => {
                ("merchant = $2 AND terminal <> $3", Box::new(of.merchant.clone()), of.terminal.clone())
            }
            Scope::IssuerElsewhere => ("bin = $2 AND terminal <> $3", Box::new(of.bin), of.terminal.clone()),
            Scope::EverybodyElse => ("tenant >= $2 AND terminal <> $3", Box::new(0), of.terminal.clone()),
        };
        let sql = format!(
            "SELECT SUM(CASE WHEN outcome = 1 THEN 1 ELSE 0 END), SUM(failed),
                SUM(CASE WHEN failed = 1 AND response_code = $1 THEN 1 ELSE 0 END),
                MAX(CASE WHEN outcome = 1 THEN opened_at END),
                SUM(CASE WHEN failed = 1 AND response_class NOT IN (2, 3) THEN 1 ELSE 0 END)
             FROM (SELECT outcome, failed, response_code, response_class, opened_at FROM payment
                WHERE {condition} AND opened_at >= $4 AND opened_at < $5
                ORDER BY opened_at DESC LIMIT 2000) AS recent"
        );
        let values: [Box<dyn ToSql>; 5] =
            [Box::new(of.response_code.clone()), same, Box::new(other), Box::new(span.0), Box::new(span.1)];
        let counts = self.rows(&sql, &values, |row| {
            Ok(ScopeCounts {
                approved: row.get::<_, Option<i64>>(0)?.unwrap_or(0) as u64,
                failed: row.get::<_, Option<i64>>(1)?.unwrap_or(0) as u64,
                same_code: row.get::<_, Option<i64>>(2)?.unwrap_or(0) as u64,
                last_approved: row.get(3)?,
                technical: row.get::<_, Option<i64>>(4)?.unwrap_or(0) as u64,
            })
        })?;
        Ok(counts.first().copied().unwrap_or_default())
    }

    /// How many findings are open, and how many terminals were heard since a log time.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn totals(&self, since: i64) -> Result<(u64, u64), StoreError> {
        let findings: i64 =
            self.connection
                .query_row("SELECT COUNT(*) FROM finding WHERE state = 0", [], |row| row.get(0))?;
        let terminals: i64 = self
            .connection
            .prepare_cached("SELECT COUNT(*) FROM terminal WHERE last_seen >= $1")?
            .query_row([since], |row| row.get(0))?;
        Ok((findings as u64, terminals as u64))
    }

    /// One terminal.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn terminal(&self, number: &str) -> Result<Option<TerminalRecord>, StoreError> {
        let sql = "SELECT terminal, merchant, serial, feed, first_seen, last_seen, signed_on_at, sign_on_code
            FROM terminal WHERE terminal = $1 ORDER BY tenant LIMIT 1";
        Ok(self.connection.prepare_cached(sql)?.query_row([number], terminal).optional()?)
    }

    /// Terminals, the last heard first; those heard before `before` if given.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn terminals(&self, before: Option<i64>, limit: u32) -> Result<Vec<TerminalRecord>, StoreError> {
        let sql = "SELECT terminal, merchant, serial, feed, first_seen, last_seen, signed_on_at, sign_on_code
            FROM terminal WHERE last_seen < $1 ORDER BY last_seen DESC, terminal LIMIT $2";
        self.rows(sql, &[Box::new(before.unwrap_or(i64::MAX)), Box::new(limit)], terminal)
    }

    /// Payments of a terminal since a log time: approved, failed, unknown.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn terminal_counts(&self, number: &str, since: i64) -> Result<(u64, u64, u64), StoreError> {
        let sql = "SELECT SUM(CASE WHEN outcome = 1 THEN 1 ELSE 0 END), SUM(failed),
                SUM(CASE WHEN outcome = 3 THEN 1 ELSE 0 END)
            FROM payment WHERE terminal = $1 AND opened_at >= $2";
        let counts = self.rows(sql, &[Box::new(number.to_owned()), Box::new(since)], |row| {
            let n = |i| Ok::<u64, rusqlite::Error>(row.get::<_, Option<i64>>(i)?.unwrap_or(0) as u64);
            Ok((n(0)?, n(1)?, n(2)?))
        })?;
        Ok(counts.first().copied().unwrap_or_default())
    }

    /// Frames that could not be decoded, newest first.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn undecoded(&self, before: Option<u64>, limit: u32) -> Result<Vec<UndecodedRecord>, StoreError> {
        let sql =
            "SELECT at_offset, at, feed, frame_length, frame_hash, kind, field, error_offset FROM undecoded
            WHERE at_offset < $1 ORDER BY at_offset DESC LIMIT $2";
        self.rows(sql, &[Box::new(before.map_or(i64::MAX, |b| b as i64)), Box::new(limit)], |row| {
            Ok(UndecodedRecord {
                offset: row.get::<_, i64>(0)? as u64,
                at: row.get(1)?,
                feed: row.get(2)?,
                frame_length: row.get(3)?,
                frame_hash: row.get(4)?,
                kind: row.get(5)?,
                field: row.get(6)?,
                error_offset: row.get(7)?,
            })
        })
    }

    /// Minute counts of one series, from one minute to before another (minutes since 1970).
    ///
    /// # Errors
    /// If the database refuses.
    pub fn minutes(&self, counted: Counted, from: i64, to: i64) -> Result<Counts, StoreError> {
        let sql = "SELECT minute, label, n FROM minute WHERE series = $1 AND minute >= $2 AND minute < $3
            ORDER BY minute, label LIMIT 20000";
        self.rows(sql, &[Box::new(counted.series()), Box::new(from), Box::new(to)], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)? as u64))
        })
    }

    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        values: &[Box<dyn ToSql>],
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let names: Vec<String> = (1..=values.len()).map(|n| format!("${n}")).collect();
        let bound: Vec<(&str, &dyn ToSql)> =
            names.iter().map(String::as_str).zip(values.iter().map(AsRef::as_ref)).collect();
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(bound.as_slice(), read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Which other payments a failed one is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The same card at other terminals.
    SameCardElsewhere,
    /// Other cards at this terminal.
    OtherCardsHere,
    /// Other terminals of the merchant.
    OtherTerminalsInStore,
    /// Cards of the same BIN at other terminals.
    IssuerElsewhere,
    /// All other terminals.
    EverybodyElse,
}
