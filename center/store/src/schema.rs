//! The tables, and the steps from one schema to the next.

use crate::StoreError;
use rusqlite::Connection;

/// Version of the tables below.
pub(crate) const SCHEMA: i64 = 1;

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

/// Brings a database to [`SCHEMA`].
pub(crate) fn prepare(connection: &mut Connection) -> Result<(), StoreError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match found {
        0 => {
            let transaction = connection.transaction()?;
            transaction.execute_batch(TABLES)?;
            transaction.pragma_update(None, "user_version", SCHEMA)?;
            transaction.commit()?;
            Ok(())
        }
        SCHEMA => Ok(()),
        found => Err(StoreError::Newer { found, known: SCHEMA }),
    }
}
