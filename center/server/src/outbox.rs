//! What people make: written to the store by this desk, then carried into the journal.
//!
//! Why it exists: SQL is the record of what people make (design, 2.10), and whatever learns from it reads the
//! journal. An event leaves the outbox only after the journal has it durably; after a crash between the two
//! it goes once more, and its identity makes the second one nothing. Never waits for the journal within a
//! request: a full disk delays the copy, not the person.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tg_event::{Event, Judgement};
use tg_journal::{Batch, LogHandle, record};
use tg_store::{Outgoing, People, Said, StoreError};
use tokio::sync::{Notify, oneshot, watch};

/// How often the outbox is looked through without being told.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The one place where what people make is written.
pub(crate) struct Desk {
    store: PathBuf,
    people: Mutex<Option<People>>,
    written: Notify,
}

impl Desk {
    pub fn new(store: PathBuf) -> Desk {
        Desk { store, people: Mutex::default(), written: Notify::new() }
    }

    /// Keeps a judgement. Blocks for a write to the database.
    pub fn judge(&self, judgement: &Judgement, note: &str, said_by: &str) -> Result<Said, StoreError> {
        let said = self.write(|people| people.judge(judgement, note, said_by))?;
        self.written.notify_one();
        Ok(said)
    }

    fn write<T>(&self, with: impl FnOnce(&mut People) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        let open = match people.take() {
            Some(open) => open,
            None => People::open(&self.store)?,
        };
        with(people.insert(open))
    }
}

/// Carries what is in the outbox into the journal until told to stop. What is left then goes at the next start.
pub(crate) async fn carry(desk: std::sync::Arc<Desk>, log: LogHandle, mut stopped: watch::Receiver<bool>) {
    loop {
        while carry_some(&desk, &log).await {}
        tokio::select! {
            () = desk.written.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}

/// True if something went, and so there may be more.
async fn carry_some(desk: &std::sync::Arc<Desk>, log: &LogHandle) -> bool {
    let at = desk.clone();
    let waiting = tokio::task::spawn_blocking(move || at.write(|people| people.outgoing())).await;
    let waiting = match waiting.expect("reading the outbox does not panic") {
        Ok(waiting) if !waiting.is_empty() => waiting,
        Ok(_) => return false,
        Err(error) => {
            tracing::error!(%error, "the outbox can't be read");
            return false;
        }
    };
    if !append(log, &waiting).await {
        return false;
    }
    let ids: Vec<String> = waiting.into_iter().map(|o| o.id).collect();
    let at = desk.clone();
    let sent = tokio::task::spawn_blocking(move || at.write(|people| people.sent(&ids))).await;
    match sent.expect("writing the outbox does not panic") {
        Ok(()) => true,
        Err(error) => {
            tracing::error!(%error, "the outbox can't be emptied; its events will go once more");
            false
        }
    }
}

/// True once the events are durable in the journal.
async fn append(log: &LogHandle, outgoing: &[Outgoing]) -> bool {
    let mut records = Vec::new();
    for Outgoing { event, .. } in outgoing {
        debug_assert!(matches!(event, Event::Judgement(_)));
        record::push_with(&mut records, |out| event.encode(out));
    }
    let (tell, told) = oneshot::channel();
    let ack = Box::new(move |durable: Result<_, _>| {
        let _ = tell.send(durable.is_ok());
    });
    let batch = Batch { records, count: outgoing.len() as u32, ack: Some(ack) };
    log.submit(batch).await.is_ok() && told.await.unwrap_or(false)
}
