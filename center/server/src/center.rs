//! [`Center`]: opens the data folder, recovers, serves, stops gently.
//!
//! The way of an event: a door hands its record to the log's queue; the log thread makes it durable and
//! passes it to the heart's thread; the heart applies it to the engine and hands rows to the keeper. An
//! acknowledgement depends on the log thread alone.

use crate::config::Config;
use crate::heart::Heart;
use crate::keeper::{Keeper, KeeperHandle, store_problem};
use crate::key_file::Secret;
use crate::live::{JournalFigures, Live, Place};
use crate::replay::write_lines;
use crate::web::{self, Web};
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Clock};
use tg_event::{Event, Feedback, Stamp};
use tg_ingest::{FeedSettings, serve_feed};
use tg_journal::{
    Batch, DurableBatch, Journal, JournalError, Log, LogHandle, LogOptions, MasterKey, Metrics, Options,
    Reader as JournalReader, ReaderFactory, RealDisk, Recovery, record, system_clock, system_randomness,
};
use tg_store::{Bounds, FindingFilter, FindingRecord, Store};
use tg_text::{Problem, Text};
use tg_types::{Instant, TenantId, TokenKey};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Durable batches that may wait for the engine; the log thread waits when there are more.
const BATCHES_WAITING_MAX: usize = 8;
/// The store hears at least so often.
const CHUNK_EVERY: Duration = Duration::from_millis(250);
/// Without many events a snapshot is made at least so often, if there was any.
const SNAPSHOT_EVERY: Duration = Duration::from_secs(300);

/// A running center.
pub struct Center {
    live: Arc<Live>,
    http: SocketAddr,
    stop: watch::Sender<bool>,
    feeds: Vec<tokio::task::JoinHandle<()>>,
    web: tokio::task::JoinHandle<std::io::Result<()>>,
    web_state: Web,
    log: Log,
    heart: JoinHandle<()>,
    keeper: JoinHandle<()>,
    stopping: Arc<AtomicBool>,
}

/// Everything that was read back from a data folder.
struct Opened {
    journal: Journal<RealDisk>,
    heart: Heart,
    store: Store,
    tokens: Arc<TokenKey>,
}

fn disk_problem(path: &Path, error: &std::io::Error) -> Problem {
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
    let (snapshot, passed_over) = snapshots.load_newest().map_err(|e| e.to_problem())?;
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
            Ok(heart) => return Ok(heart),
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

fn bad_record(offset: u64, error: &tg_event::DecodeError) -> Problem {
    let code = match error {
        tg_event::DecodeError::Version { .. } => "TG-3004",
        _ => "TG-3005",
    };
    Problem::new(code, Text::new(format!("第 {offset} 条记录：{error}"), format!("record {offset}: {error}")))
        .at_offset(offset)
}

fn open(config: &Config, secret: &Secret) -> Result<Opened, Problem> {
    std::fs::create_dir_all(&config.data).map_err(|e| disk_problem(&config.data, &e))?;
    let (journal, recovery) = open_journal(&config.data, secret)?;
    let path = config.data.join("store.sqlite");
    let mut store = Store::open(&path, Bounds::default()).map_err(|e| store_problem(&e))?;
    let stored_to = store.next_offset().map_err(|e| store_problem(&e))?;
    let mut heart = restore(&journal, config, stored_to)?;
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
    Ok(Opened { journal, heart, store, tokens })
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

impl Center {
    /// Opens the data folder, recovers what is there, and serves.
    ///
    /// # Errors
    /// Whatever keeps the center from running, with what to do about it.
    pub async fn start(config: Config, secret: Secret) -> Result<Center, Problem> {
        let started_us = jiff::Timestamp::now().as_microsecond();
        // Ports first: a taken one is said before minutes of recovery.
        let http = listen(config.http).await?;
        let mut listeners = Vec::new();
        for feed in &config.feeds {
            listeners.push(listen(feed.address).await?);
        }
        let opening = config.clone();
        let opened = tokio::task::spawn_blocking(move || open(&opening, &secret)).await;
        let Opened { journal, heart, store, tokens } = opened.expect("recovery does not panic")?;
        let (snapshots, readers) = (journal.snapshots(system_randomness()), journal.readers());
        let (batches, queue) = sync_channel::<DurableBatch>(BATCHES_WAITING_MAX);
        let consumer = Box::new(move |batch: DurableBatch| batches.send(batch).is_ok());
        let started = Log::start(journal, LogOptions::default(), system_clock(), consumer);
        let (log, handle) = started.map_err(|e| e.to_problem())?;
        let figures = journal_figures(config.data.join("journal"), handle.metrics(), readers);
        let live = Arc::new(Live::new(&config, started_us, figures));
        live.set_totals(heart.totals(), heart.engine_metrics());
        live.applied_offset.store(heart.next_offset(), Ordering::Release);
        live.stored_offset.store(heart.next_offset(), Ordering::Release);

        let stopping = Arc::new(AtomicBool::new(false));
        let release = release(handle.clone(), live.clone(), config.journal_bytes_max);
        let keeper = Keeper { store, snapshots, release, live: live.clone(), stopping: stopping.clone() };
        let (keeper_handle, keeper) = keeper.start().map_err(|e| disk_problem(&config.data, &e))?;
        first_records(&handle, &heart)?;
        let beating = Beating {
            heart,
            keeper: keeper_handle,
            log: handle.clone(),
            live: live.clone(),
            snapshot_events: config.snapshot_events,
            to_append: Vec::new(),
            chunked: Clock::now(),
            snapshotted: Clock::now(),
            snapshot_at: live.applied_offset.load(Ordering::Acquire),
        };
        let heart = std::thread::Builder::new()
            .name("heart".into())
            .spawn(move || beating.run(&queue))
            .map_err(|e| disk_problem(&config.data, &e))?;

        let (stop, stopped) = watch::channel(false);
        let feeds = serve_feeds(&config, listeners, &live, &tokens, &handle, &stopped);
        tokio::spawn(tick(handle, live.clone(), stopped.clone()));
        let address = http.local_addr().map_err(|e| disk_problem(&config.data, &e))?;
        let web = Web::new(live.clone(), config.data.join("store.sqlite"), stopped.clone());
        let (web_state, mut until) = (web.clone(), stopped);
        let web = tokio::spawn(async move {
            let gently = async move {
                let _ = until.wait_for(|stop| *stop).await;
            };
            axum::serve(http, web::router(web)).with_graceful_shutdown(gently).await
        });
        live.recovered();
        Ok(Center { live, http: address, stop, feeds, web, web_state, log, heart, keeper, stopping })
    }

    /// Where the console listens.
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// What happened since the log began.
    pub fn totals(&self) -> crate::Totals {
        self.live.totals()
    }

    /// Offset up to which the engine has applied the log.
    pub fn applied_offset(&self) -> u64 {
        self.live.applied_offset.load(Ordering::Acquire)
    }

    /// Ends when the log has ended after a failed write: then nothing more can be accepted, and only a new
    /// start helps.
    pub async fn failed(&self) -> Problem {
        while !self.live.journal_figures().failed {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        JournalError::Poisoned.to_problem()
    }

    /// Names and serial numbers of terminals' places, shown beside their numbers.
    pub fn set_places(&self, places: Vec<Place>) {
        self.live.set_places(places);
    }

    /// Waits until engine and store have applied all that is durable now; at most ten seconds.
    pub async fn settle(&self) {
        let until = self.live.journal_figures().durable_offset;
        for _ in 0..200 {
            if self.live.stored_offset.load(Ordering::Acquire) >= until {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// All findings, oldest first, at most 500.
    pub async fn findings(&self) -> Vec<FindingRecord> {
        let filter = FindingFilter { limit: 500, ..FindingFilter::default() };
        let mut found =
            self.web_state.ask(move |reader, _| reader.findings(&filter)).await.unwrap_or_else(|error| {
                tracing::error!(%error, "the store did not answer");
                Vec::new()
            });
        found.reverse();
        found
    }

    /// Stops gently: feeds acknowledge what is durable and close, the log drains, the heart saves a
    /// snapshot, the store takes over the last rows.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for feed in self.feeds {
            let _ = feed.await;
        }
        let _ = tokio::time::timeout(Duration::from_secs(3), self.web).await;
        self.stopping.store(true, Ordering::Release);
        let (log, heart, keeper) = (self.log, self.heart, self.keeper);
        let ended = tokio::task::spawn_blocking(move || {
            if let Err(error) = log.stop() {
                tracing::error!(%error, "the log did not stop cleanly");
            }
            let _ = heart.join();
            let _ = keeper.join();
        });
        let _ = ended.await;
    }
}

fn journal_figures(
    folder: std::path::PathBuf,
    metrics: Arc<Metrics>,
    readers: ReaderFactory<RealDisk>,
) -> Box<dyn Fn() -> JournalFigures + Send + Sync> {
    Box::new(move || {
        let view = metrics.view();
        let files = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        let segments = files.filter(|f| f.file_name().to_string_lossy().ends_with(".segment"));
        let (segments, bytes) =
            segments.fold((0, 0), |(n, bytes), f| (n + 1, bytes + f.metadata().map_or(0, |m| m.len())));
        JournalFigures {
            durable_offset: readers.durable_offset(),
            segments,
            bytes,
            flush_us: quantile(&view.flush_us, 0.5).zip(quantile(&view.flush_us, 0.99)),
            disk_full: view.disk_full,
            failed: view.failed,
        }
    })
}

/// The bound under which a share of the flushes lies.
fn quantile(buckets: &[(u64, u64)], share: f64) -> Option<u64> {
    let all: u64 = buckets.iter().map(|b| b.1).sum();
    let wanted = (all as f64 * share).ceil() as u64;
    let mut below = 0;
    buckets
        .iter()
        .filter(|_| all > 0)
        .find(|(_, n)| {
            below += n;
            below >= wanted
        })
        .map(|(bound, _)| *bound)
}

/// Lets old segments be used again once the journal is larger than it may be.
fn release(log: LogHandle, live: Arc<Live>, bytes_max: u64) -> crate::keeper::Release {
    Box::new(move |offset| {
        if live.journal_figures().bytes > bytes_max {
            tracing::info!(offset, "old segments of the journal are released");
            log.release(offset);
        }
    })
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Problem> {
    TcpListener::bind(address).await.map_err(|error| {
        let code = if error.kind() == std::io::ErrorKind::AddrInUse { "TG-4001" } else { "TG-2003" };
        Problem::new(code, Text::new(format!("{address}：{error}"), format!("{address}: {error}")))
            .because("", address.to_string())
    })
}

fn serve_feeds(
    config: &Config,
    listeners: Vec<TcpListener>,
    live: &Arc<Live>,
    tokens: &Arc<TokenKey>,
    log: &LogHandle,
    stopped: &watch::Receiver<bool>,
) -> Vec<tokio::task::JoinHandle<()>> {
    let feeds = config.feeds.iter().zip(listeners).enumerate();
    feeds
        .map(|(number, (feed, listener))| {
            let settings = FeedSettings {
                tenant: TenantId::default(),
                feed: number as u16,
                dialect: feed.dialect.clone(),
                tokens: tokens.clone(),
                log: log.clone(),
                metrics: live.feeds[number].metrics.clone(),
            };
            let (live, stopped) = (live.clone(), stopped.clone());
            live.feeds[number].listening.store(true, Ordering::Release);
            tokio::spawn(async move {
                serve_feed(listener, settings, stopped).await;
                live.feeds[number].listening.store(false, Ordering::Release);
            })
        })
        .collect()
}

/// What has to stand in the log before new messages: changed settings, feedback that a crash kept back.
fn first_records(log: &LogHandle, heart: &Heart) -> Result<(), Problem> {
    let epoch = heart.epoch_due().map(Event::Epoch);
    let feedback = heart.outstanding_feedback().into_iter().map(Event::Feedback);
    let events: Vec<Event> = epoch.into_iter().chain(feedback).collect();
    if events.is_empty() {
        return Ok(());
    }
    log.try_submit(batch_of(&events)).map_err(|_| {
        let what = Text::fixed("日志不接收启动记录", "the log does not take the first records");
        Problem::new("TG-3001", what)
    })
}

fn batch_of(events: &[Event]) -> Batch {
    let mut records = Vec::new();
    for event in events {
        record::push_with(&mut records, |out| event.encode(out));
    }
    Batch { records, count: events.len() as u32, ack: None }
}

/// Time passes: a tick a second while payments may wait for answers, one a minute in quiet hours.
async fn tick(log: LogHandle, live: Arc<Live>, mut stopped: watch::Receiver<bool>) {
    let quiet_after_us = i64::from(tg_event::Limits::default().late_seconds) * tg_types::SECOND_US;
    let mut seconds = 0_u32;
    loop {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
        seconds = (seconds + 1) % 60;
        let now = jiff::Timestamp::now().as_microsecond();
        let last =
            live.feeds.iter().map(|f| f.metrics.last_frame_at_us.load(Ordering::Relaxed)).max().unwrap_or(0);
        for feed in &live.feeds {
            feed.frames_last_minute(now);
        }
        // After a start it is not known how long ago the last message came.
        let busy = now - last.max(live.started_us) < quiet_after_us;
        if busy || seconds == 0 {
            // A queue that is full has messages, and those move the time as well.
            let _ = log.try_submit(batch_of(&[Event::Tick]));
        }
    }
}

/// The heart's thread.
struct Beating {
    heart: Heart,
    keeper: KeeperHandle,
    log: LogHandle,
    live: Arc<Live>,
    snapshot_events: u64,
    to_append: Vec<Feedback>,
    chunked: Clock,
    snapshotted: Clock,
    snapshot_at: u64,
}

impl Beating {
    fn run(mut self, queue: &Receiver<DurableBatch>) {
        loop {
            match queue.recv_timeout(CHUNK_EVERY) {
                Ok(batch) => self.apply(&batch),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.append_feedback();
            self.hand_over(false);
        }
        self.hand_over(true);
    }

    fn apply(&mut self, batch: &DurableBatch) {
        for (offset, (time, body)) in (batch.first_offset..).zip(record::iter(&batch.payload)) {
            match Event::decode(body) {
                Ok(event) => {
                    let beat = self.heart.beat(Stamp { offset, log_time: Instant(time) }, &event);
                    self.to_append.extend(beat.outcomes.feedback.iter().cloned());
                }
                // Our own doors encode what is decoded here: this is a fault of the program.
                Err(error) => {
                    tracing::error!(offset, %error, "a record of our own can't be read");
                    self.live.note_problem(bad_record(offset, &error));
                }
            }
        }
        self.live.set_totals(self.heart.totals(), self.heart.engine_metrics());
        self.live.applied_offset.store(self.heart.next_offset(), Ordering::Release);
    }

    /// Feedback goes back through the log. The heart must not wait for the log, which may wait for it.
    fn append_feedback(&mut self) {
        if self.to_append.is_empty() {
            return;
        }
        let events: Vec<Event> = self.to_append.drain(..).map(Event::Feedback).collect();
        // A log that has ended takes nothing; the engine knows what is outstanding, and the next start
        // appends it.
        let _ = self.log.submit_feedback(batch_of(&events));
    }

    fn hand_over(&mut self, last: bool) {
        let snapshot_due = self.heart.next_offset() > self.snapshot_at
            && (self.heart.next_offset() - self.snapshot_at >= self.snapshot_events
                || self.snapshotted.elapsed() >= SNAPSHOT_EVERY
                || last);
        if !last && (!self.keeper.has_room() || (self.chunked.elapsed() < CHUNK_EVERY && !snapshot_due)) {
            return;
        }
        let chunk = self.heart.take_chunk();
        if !chunk.is_empty() || snapshot_due {
            self.keeper.chunk(chunk);
        }
        self.chunked = Clock::now();
        if snapshot_due {
            let cut = self.heart.next_offset();
            self.keeper.snapshot(cut, self.heart.snapshot());
            (self.snapshot_at, self.snapshotted) = (cut, Clock::now());
        }
    }
}
