//! Tickets: that somebody asked about a payment, what was known then, and how it ended.
//!
//! Why it exists: "charged, but it said failed" is the commonest call; what became of each is what later
//! teaches how long money takes to come back. A file of its own beside the store, since the store can be made
//! anew from the journal and these can't. Holds no name, no number to call, nothing of a card: a payment's
//! place in the log, a terminal number, states and times. Old ones go, and there are never too many.

use crate::StoreError;
use rusqlite::{Connection, OptionalExtension, params};
use std::path::Path;

/// Tickets kept; over it the oldest go.
const TICKETS_MAX: i64 = 200_000;
/// How long one is kept.
const KEPT_US: i64 = 400 * 86_400 * 1_000_000;

/// How a ticket ended, as the person says who opened it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketOutcome {
    /// Nothing was said yet.
    Open,
    /// The money came back.
    MoneyBack,
    /// The payment stood: the shop was paid once.
    PaidOnce,
    /// The money has not come back in the time that was named.
    NotBack,
}

impl TicketOutcome {
    const ALL: [TicketOutcome; 4] =
        [TicketOutcome::Open, TicketOutcome::MoneyBack, TicketOutcome::PaidOnce, TicketOutcome::NotBack];

    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            TicketOutcome::Open => "open",
            TicketOutcome::MoneyBack => "money_back",
            TicketOutcome::PaidOnce => "paid_once",
            TicketOutcome::NotBack => "not_back",
        }
    }

    /// The outcome of a name.
    pub fn from_name(name: &str) -> Option<TicketOutcome> {
        TicketOutcome::ALL.into_iter().find(|o| o.name() == name)
    }
}

/// One ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// What it is followed by: random, unguessable, the database's key.
    pub code: String,
    /// What was asked: `charged`.
    pub kind: String,
    /// Log time of the first question.
    pub opened_at: i64,
    /// True if the shop asked, false for the cardholder.
    pub by_shop: bool,
    /// The payment.
    pub payment: u64,
    /// Its terminal.
    pub terminal: String,
    /// Number of [`tg_event::Outcome`] when it was opened.
    pub state_then: u8,
    /// How it ended.
    pub outcome: TicketOutcome,
    /// When that was said.
    pub closed_at: Option<i64>,
}

/// The tickets' database.
pub struct Tickets {
    connection: Connection,
}

impl Tickets {
    /// Opens the file, making it if it isn't there.
    ///
    /// # Errors
    /// If it can't be opened.
    pub fn open(path: &Path) -> Result<Tickets, StoreError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS ticket (
                code TEXT PRIMARY KEY, kind TEXT NOT NULL, opened_at BIGINT NOT NULL, by_shop BIGINT NOT NULL,
                payment BIGINT NOT NULL, terminal TEXT NOT NULL, state_then BIGINT NOT NULL,
                outcome TEXT NOT NULL, closed_at BIGINT
            );
            CREATE INDEX IF NOT EXISTS ticket_opened ON ticket (opened_at);
            CREATE INDEX IF NOT EXISTS ticket_payment ON ticket (payment, by_shop);",
        )?;
        Ok(Tickets { connection })
    }

    /// Keeps a ticket. A payment has one by the shop and one by the cardholder: asking again gives the first.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn keep(&mut self, ticket: &Ticket) -> Result<Ticket, StoreError> {
        let transaction = self.connection.transaction()?;
        let there = transaction
            .query_row(
                &format!("SELECT {COLUMNS} FROM ticket WHERE payment = $1 AND by_shop = $2"),
                params![ticket.payment as i64, ticket.by_shop],
                read,
            )
            .optional()?;
        if let Some(there) = there {
            return Ok(there);
        }
        transaction.execute(
            "INSERT INTO ticket VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            params![
                ticket.code,
                ticket.kind,
                ticket.opened_at,
                ticket.by_shop,
                ticket.payment as i64,
                ticket.terminal,
                ticket.state_then,
                ticket.outcome.name(),
                ticket.closed_at
            ],
        )?;
        transaction.execute("DELETE FROM ticket WHERE opened_at < $1", [ticket.opened_at - KEPT_US])?;
        transaction.execute(
            "DELETE FROM ticket WHERE rowid <= (SELECT MAX(rowid) FROM ticket) - $1",
            [TICKETS_MAX],
        )?;
        transaction.commit()?;
        Ok(ticket.clone())
    }

    /// The ticket of a code.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn find(&self, code: &str) -> Result<Option<Ticket>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM ticket WHERE code = $1");
        Ok(self.connection.prepare_cached(&sql)?.query_row([code], read).optional()?)
    }

    /// Notes how it ended; false if there is no ticket of this code.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn close(&mut self, code: &str, outcome: TicketOutcome, at: i64) -> Result<bool, StoreError> {
        let changed = self.connection.execute(
            "UPDATE ticket SET outcome = $1, closed_at = $2 WHERE code = $3",
            params![outcome.name(), at, code],
        )?;
        Ok(changed > 0)
    }

    /// The tickets, oldest first, at most 10,000: what a lesson is learnt from.
    ///
    /// # Errors
    /// If the database refuses.
    pub fn all(&self) -> Result<Vec<Ticket>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM ticket ORDER BY opened_at LIMIT 10000");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map([], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

const COLUMNS: &str = "code, kind, opened_at, by_shop, payment, terminal, state_then, outcome, closed_at";

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Ticket> {
    let outcome: String = row.get(7)?;
    Ok(Ticket {
        code: row.get(0)?,
        kind: row.get(1)?,
        opened_at: row.get(2)?,
        by_shop: row.get(3)?,
        payment: row.get::<_, i64>(4)? as u64,
        terminal: row.get(5)?,
        state_then: row.get(6)?,
        outcome: TicketOutcome::from_name(&outcome).unwrap_or(TicketOutcome::Open),
        closed_at: row.get(8)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(code: &str, payment: u64, at: i64) -> Ticket {
        Ticket {
            code: code.into(),
            kind: "charged".into(),
            opened_at: at,
            by_shop: true,
            payment,
            terminal: "70310482".into(),
            state_then: 3,
            outcome: TicketOutcome::Open,
            closed_at: None,
        }
    }

    #[test]
    fn a_ticket_is_kept_once_followed_and_closed() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut tickets = Tickets::open(&folder.path().join("tickets.sqlite")).expect("opens");
        assert_eq!(tickets.keep(&ticket("A", 7, 10)).expect("keeps").code, "A");
        assert_eq!(
            tickets.keep(&ticket("B", 7, 20)).expect("keeps").code,
            "A",
            "the same payment, the same ticket"
        );
        let customer = Ticket { by_shop: false, ..ticket("C", 7, 20) };
        assert_eq!(tickets.keep(&customer).expect("keeps").code, "C");
        assert!(tickets.close("A", TicketOutcome::MoneyBack, 99).expect("closes"));
        assert!(!tickets.close("Z", TicketOutcome::MoneyBack, 99).expect("asks"));
        let found = tickets.find("A").expect("asks").expect("is there");
        assert_eq!((found.outcome, found.closed_at), (TicketOutcome::MoneyBack, Some(99)));
        assert_eq!(tickets.find("B").expect("asks"), None);
        drop(tickets);
        let again = Tickets::open(&folder.path().join("tickets.sqlite")).expect("opens");
        assert_eq!(again.all().expect("reads").len(), 2);
    }

    #[test]
    fn old_tickets_go() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut tickets = Tickets::open(&folder.path().join("tickets.sqlite")).expect("opens");
        tickets.keep(&ticket("A", 1, 0)).expect("keeps");
        tickets.keep(&ticket("B", 2, KEPT_US + 1)).expect("keeps");
        let codes: Vec<String> = tickets.all().expect("reads").into_iter().map(|t| t.code).collect();
        assert_eq!(codes, ["B"]);
    }
}
