//! The tables, and the steps from one schema to the next.

use crate::StoreError;
use rusqlite::Connection;

/// Version of the tables below.
pub(crate) const SCHEMA: i64 = STEPS.len() as i64;

/// What leads from each schema to the next; the first makes an empty database into schema 1.
const STEPS: [&str; 2] = [TABLES, JUDGEMENTS];

/// Offsets are places in the log; times are log times in microseconds since 1970 UTC.
const TABLES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value BIGINT NOT NULL);

CREATE TABLE payment (
    payment BIGINT PRIMARY KEY, changed BIGINT NOT NULL, tenant BIGINT NOT NULL, feed BIGINT NOT NULL,
    opened_at BIGINT NOT NULL, answered_at BIGINT, scheme TEXT NOT NULL, mti TEXT NOT NULL,
    terminal TEXT NOT NULL, merchant TEXT NOT NULL, acquirer TEXT NOT NULL, issuer TEXT NOT NULL,
    serial TEXT NOT NULL, reference TEXT NOT NULL, authorization_code TEXT NOT NULL,
    card_token TEXT, bin BIGINT, last4 BIGINT, card_length BIGINT, expiry BIGINT,
    amount BIGINT, currency BIGINT, processing_code BIGINT, entry_mode BIGINT, trace BIGINT, batch BIGINT,
    terminal_month BIGINT, terminal_day BIGINT, terminal_second BIGINT, mac BIGINT NOT NULL,
    outcome BIGINT NOT NULL, failed BIGINT NOT NULL, response_code TEXT NOT NULL, response_class BIGINT NOT NULL,
    repeats BIGINT NOT NULL, score BIGINT NOT NULL, decision BIGINT NOT NULL,
    reasons TEXT NOT NULL, features TEXT NOT NULL
);
CREATE INDEX payment_changed ON payment (changed);
CREATE INDEX payment_opened ON payment (opened_at);
CREATE INDEX payment_terminal ON payment (terminal, payment);
CREATE INDEX payment_merchant ON payment (merchant, opened_at);
CREATE INDEX payment_last4 ON payment (last4, payment);
CREATE INDEX payment_reference ON payment (reference, payment);
CREATE INDEX payment_card ON payment (card_token, payment);
CREATE INDEX payment_failed ON payment (failed, payment);
CREATE INDEX payment_bin ON payment (bin, opened_at);

CREATE TABLE step (
    payment BIGINT NOT NULL, at_offset BIGINT NOT NULL, stage BIGINT NOT NULL, at BIGINT NOT NULL,
    outcome BIGINT NOT NULL, mti TEXT NOT NULL, response_code TEXT NOT NULL, response_class BIGINT NOT NULL,
    trace BIGINT, feed BIGINT NOT NULL, frame_length BIGINT NOT NULL, mac BIGINT NOT NULL,
    PRIMARY KEY (payment, at_offset, stage)
);

CREATE TABLE finding (
    id TEXT PRIMARY KEY, tenant BIGINT NOT NULL, code TEXT NOT NULL, subject_kind TEXT NOT NULL,
    subject TEXT NOT NULL, severity BIGINT NOT NULL, first_offset BIGINT NOT NULL,
    last_offset BIGINT NOT NULL, found_at BIGINT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX finding_last ON finding (last_offset);
CREATE INDEX finding_subject ON finding (subject_kind, subject);

CREATE TABLE terminal (
    tenant BIGINT NOT NULL, terminal TEXT NOT NULL, merchant TEXT NOT NULL, serial TEXT NOT NULL,
    feed BIGINT NOT NULL, first_seen BIGINT NOT NULL, last_seen BIGINT NOT NULL,
    signed_on_at BIGINT, sign_on_code TEXT NOT NULL,
    PRIMARY KEY (tenant, terminal)
);

CREATE TABLE undecoded (
    at_offset BIGINT PRIMARY KEY, at BIGINT NOT NULL, tenant BIGINT NOT NULL, feed BIGINT NOT NULL,
    frame_length BIGINT NOT NULL, frame_hash TEXT NOT NULL, kind TEXT NOT NULL, field BIGINT NOT NULL,
    error_offset BIGINT NOT NULL
);

CREATE TABLE minute (
    minute BIGINT NOT NULL, series TEXT NOT NULL, label TEXT NOT NULL, n BIGINT NOT NULL,
    PRIMARY KEY (minute, series, label)
);
";

/// Where a payment was made, as its terminal said (1e-5 degrees); what people say of findings, and what of it has yet to go into the journal. `rank` rises by one with each
/// judgement: the highest of a finding is the one that holds, and `state` beside the finding repeats its
/// verdict, so that a list needs no search for it.
const JUDGEMENTS: &str = "
ALTER TABLE payment ADD COLUMN latitude BIGINT;
ALTER TABLE payment ADD COLUMN longitude BIGINT;

ALTER TABLE finding ADD COLUMN state BIGINT NOT NULL DEFAULT 0;
CREATE INDEX finding_state ON finding (state, last_offset);
CREATE INDEX finding_code ON finding (code, last_offset);

CREATE TABLE judgement (
    id TEXT PRIMARY KEY, rank BIGINT NOT NULL, tenant BIGINT NOT NULL, finding TEXT NOT NULL,
    verdict BIGINT NOT NULL, reason TEXT NOT NULL, note TEXT NOT NULL, said_by TEXT NOT NULL,
    said_at BIGINT NOT NULL
);
CREATE INDEX judgement_finding ON judgement (finding, rank);
CREATE INDEX judgement_rank ON judgement (rank);

CREATE TABLE outbox (id TEXT PRIMARY KEY, rank BIGINT NOT NULL, body TEXT NOT NULL);
";

/// Brings a database to [`SCHEMA`].
pub(crate) fn prepare(connection: &mut Connection) -> Result<(), StoreError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let done = usize::try_from(found).ok().filter(|done| *done <= STEPS.len());
    let Some(done) = done else { return Err(StoreError::Newer { found, known: SCHEMA }) };
    if done < STEPS.len() {
        let transaction = connection.transaction()?;
        STEPS.into_iter().skip(done).try_for_each(|step| transaction.execute_batch(step))?;
        transaction.pragma_update(None, "user_version", SCHEMA)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_of_schema_1_keeps_its_rows_and_learns_the_rest() {
        let mut connection = Connection::open_in_memory().expect("opens");
        connection.execute_batch(TABLES).expect("schema 1");
        let row = "INSERT INTO finding VALUES ('F-9-0', 0, 'card_testing', 'terminal', '70310482', 2, 1, 9, 9, '{}')";
        connection.execute_batch(row).expect("a row of then");
        connection.pragma_update(None, "user_version", 1).expect("is marked");
        prepare(&mut connection).expect("is brought up");
        prepare(&mut connection).expect("and stays");
        let state: i64 = connection
            .query_row("SELECT state FROM finding", [], |row| row.get(0))
            .expect("the row is there");
        assert_eq!(state, 0);
        connection.pragma_update(None, "user_version", 99).expect("is marked");
        assert!(matches!(prepare(&mut connection), Err(StoreError::Newer { found: 99, known: SCHEMA })));
    }
}
