//! [`Center`]: opens the data folder, recovers, serves, stops gently.
//!
//! The way of an event: a door hands its record to the log's queue; the log thread makes it durable and
//! passes it to the heart's thread; the heart applies it to the engine and hands rows to the keeper. An
//! acknowledgement depends on the log thread alone.

use crate::beating::{Beating, SnapshotPace, first_records, tick};
use crate::clock::CenterClock;
use crate::codes::IssuedCodes;
use crate::config::Config;
use crate::keeper::Keeper;
use crate::key_file::Secret;
use crate::live::{JournalFigures, Live, Place};
use crate::public::{self, Door, PublicConfig, Register};
use crate::recover::{Opened, disk_problem, open};
use crate::slow_lane::SlowLane;
use crate::web::{self, Web};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Clock};
use tg_event::Event;
use tg_ingest::{FeedSettings, FrameReader, serve_feed};
use tg_journal::{
    Batch, DurableBatch, JournalError, Log, LogHandle, LogOptions, Metrics, ReaderFactory, RealDisk, record,
    system_randomness,
};
use tg_store::{FindingFilter, FindingRecord};
use tg_text::{Problem, Text};
use tg_types::{Instant, TenantId, TokenKey};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Durable batches that may wait for the engine; the log thread waits when there are more.
const BATCHES_WAITING_MAX: usize = 8;
/// A running center.
pub struct Center {
    live: Arc<Live>,
    http: SocketAddr,
    public: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    feeds: Vec<tokio::task::JoinHandle<()>>,
    web: tokio::task::JoinHandle<std::io::Result<()>>,
    door: Option<tokio::task::JoinHandle<std::io::Result<()>>>,
    web_state: Web,
    log: Log,
    past: Past,
    heart: JoinHandle<()>,
    keeper: JoinHandle<()>,
    lane: JoinHandle<()>,
    stopping: Arc<AtomicBool>,
}

impl Center {
    /// Opens the data folder, recovers what is there, and serves.
    ///
    /// # Errors
    /// Whatever keeps the center from running, with what to do about it.
    pub async fn start(config: Config, secret: Secret) -> Result<Center, Problem> {
        if config.soft_keys.is_some() && !config.demo {
            return Err(crate::config::soft_keys_refused());
        }
        let rules = config.rules.text()?;
        // Ports first: a taken one is said before minutes of recovery.
        let http = listen(config.http).await?;
        let (door, register) = open_door(&config.public).await?;
        let codes = config.codes.as_deref().map(IssuedCodes::read).transpose()?;
        let mut listeners = Vec::new();
        for feed in &config.feeds {
            listeners.push(listen(feed.address).await?);
        }
        let opening = config.clone();
        let opened = tokio::task::spawn_blocking(move || open(&opening, &secret)).await;
        let Opened { journal, heart, restored_at, store, tokens } =
            opened.expect("recovery does not panic")?;
        let clock = config.clock.clone();
        if clock.now_us() <= journal.last_log_time_us() {
            // A story goes on after what the log holds; the machine's clock takes no notice, and the log
            // lets time stand instead of falling.
            clock.hold(journal.last_log_time_us() + tg_types::SECOND_US);
        }
        let started_us = clock.now_us();
        let fresh = heart.next_offset() == 0;
        let (snapshots, readers) = (journal.snapshots(system_randomness()), journal.readers());
        let (batches, queue) = sync_channel::<DurableBatch>(BATCHES_WAITING_MAX);
        let consumer = Box::new(move |batch: DurableBatch| batches.send(batch).is_ok());
        let log_clock = clock.clone();
        let log_clock = Box::new(move || log_clock.now_us());
        let started = Log::start(journal, LogOptions::default(), log_clock, consumer);
        let (log, handle) = started.map_err(|e| e.to_problem())?;
        let lane = readers.clone();
        let figures = journal_figures(config.data.join("journal"), handle.metrics(), readers);
        let live = Arc::new(Live::new(&config, started_us, figures));
        live.set_totals(heart.totals(), heart.engine_metrics());
        live.applied_offset.store(heart.next_offset(), Ordering::Release);
        live.stored_offset.store(heart.next_offset(), Ordering::Release);

        let stopping = Arc::new(AtomicBool::new(false));
        let lane = SlowLane { readers: lane, live: live.clone(), stopping: stopping.clone() };
        let lane = lane.start().map_err(|e| disk_problem(&config.data, &e))?;
        let release = release(handle.clone(), live.clone(), config.journal_bytes_max);
        let keeper = Keeper { store, snapshots, release, live: live.clone(), stopping: stopping.clone() };
        let (keeper_handle, keeper) = keeper.start().map_err(|e| disk_problem(&config.data, &e))?;
        first_records(&handle, &heart, rules.clone())?;
        let beating = Beating {
            heart,
            keeper: keeper_handle,
            log: handle.clone(),
            live: live.clone(),
            pace: SnapshotPace::new(config.snapshot_events, restored_at),
            to_append: Vec::new(),
            chunked: Clock::now(),
        };
        let heart = std::thread::Builder::new()
            .name("heart".into())
            .spawn(move || beating.run(&queue))
            .map_err(|e| disk_problem(&config.data, &e))?;

        let (stop, stopped) = watch::channel(false);
        let feeds = serve_feeds(&config, listeners, &live, &tokens, &handle, &stopped);
        let past = Past { log: handle.clone(), tokens, macs: mac_checker(&config), clock, fresh };
        tokio::spawn(tick(handle.clone(), live.clone(), stopped.clone()));
        let source = config.rules.clone();
        tokio::spawn(crate::rules::follow(source, rules, handle.clone(), live.clone(), stopped.clone()));
        let address = http.local_addr().map_err(|e| disk_problem(&config.data, &e))?;
        let web = Web::new(live.clone(), config.data.join("store.sqlite"), stopped.clone());
        if let Some(codes) = codes {
            let _ = web.codes.set(Arc::new(codes));
        }
        tokio::spawn(crate::outbox::carry(web.desk.clone(), handle, stopped.clone()));
        let (web_state, mut until) = (web.clone(), stopped);
        let public = door.as_ref().map(|door| door.address());
        let door = door.map(|door| serve_door(door, &web, &config.public, register, &until));
        let web = tokio::spawn(async move {
            let gently = async move {
                let _ = until.wait_for(|stop| *stop).await;
            };
            axum::serve(http, web::router(web)).with_graceful_shutdown(gently).await
        });
        live.recovered();
        Ok(Center {
            live,
            http: address,
            public,
            stop,
            feeds,
            web,
            door,
            web_state,
            log,
            past,
            heart,
            keeper,
            lane,
            stopping,
        })
    }

    /// Where the console listens.
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// Where the public pages are, if their door is open.
    pub fn public(&self) -> Option<SocketAddr> {
        self.public
    }

    /// What the center calls now.
    pub fn clock(&self) -> &CenterClock {
        &self.past.clock
    }

    /// True if the log was empty at the start.
    pub fn is_fresh(&self) -> bool {
        self.past.fresh
    }

    /// Takes what happened before the feeds spoke, with the times at which it happened, as messages of the
    /// first feed. For a story's clock: it stands at the last of them.
    pub async fn remember(&self, past: impl Iterator<Item = (Instant, Vec<u8>)> + Send + 'static) {
        let Some(feed) = self.live.feeds.first() else { return };
        let (to, dialect, live) = (self.past.clone(), feed.config.dialect.clone(), self.live.clone());
        let done = tokio::task::spawn_blocking(move || to.take(&dialect, past, &live)).await;
        if let Err(error) = done {
            tracing::error!(%error, "the past could not be taken");
        }
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

    /// In the demo: keeps an attack that the city staged, for viewers who ask for the truth. Anywhere else it
    /// is dropped.
    pub fn tell_truth(&self, attack: crate::StagedAttack) {
        self.live.tell_truth(attack);
    }

    /// Names of issuers by the codes that messages carry, for people.
    pub fn set_issuers(&self, issuers: impl IntoIterator<Item = (String, Text)>) {
        self.live.fleet.set_issuers(issuers);
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
        if let Some(door) = self.door {
            let _ = tokio::time::timeout(Duration::from_secs(3), door).await;
        }
        self.stopping.store(true, Ordering::Release);
        let (log, heart, keeper, lane) = (self.log, self.heart, self.keeper, self.lane);
        let ended = tokio::task::spawn_blocking(move || {
            if let Err(error) = log.stop() {
                tracing::error!(%error, "the log did not stop cleanly");
            }
            let _ = heart.join();
            let _ = keeper.join();
            let _ = lane.join();
        });
        let _ = ended.await;
    }
}

/// What it takes to fill the log with what happened before.
#[derive(Clone)]
struct Past {
    log: LogHandle,
    tokens: Arc<TokenKey>,
    macs: Option<Arc<dyn tg_ingest::MacChecker>>,
    clock: CenterClock,
    fresh: bool,
}

/// The store may be so many events behind while the past is taken; more would pass its bounds.
const PAST_BEHIND_MAX: u64 = 30_000;

impl Past {
    fn take(&self, dialect: &str, past: impl Iterator<Item = (Instant, Vec<u8>)>, live: &Live) {
        let reader = FrameReader::new(TenantId::default(), 0, dialect, self.tokens.clone());
        let Some(reader) = reader else { return };
        let mut reader = reader.checking_macs(self.macs.clone());
        let (mut taken, mut minute) = (0_u64, i64::MIN);
        for (number, (at, frame)) in past.enumerate() {
            self.clock.hold(at.0);
            let mut records = Vec::with_capacity(512);
            let mut count = 1;
            if at.0.div_euclid(60 * tg_types::SECOND_US) > minute {
                minute = at.0.div_euclid(60 * tg_types::SECOND_US);
                record::push_with(&mut records, |out| Event::Tick.encode(out));
                count = 2;
            }
            let event = reader.read(&frame);
            record::push_with(&mut records, |out| event.encode(out));
            if self.log.submit_blocking(Batch { records, count, ack: None }).is_err() {
                return;
            }
            taken += u64::from(count);
            while number % 512 == 0
                && taken > live.stored_offset.load(Ordering::Acquire) + PAST_BEHIND_MAX
                && !live.journal_figures().failed
            {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
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

/// Opens the public door, if it has an address: settings and certificate are checked before anything runs.
async fn open_door(config: &PublicConfig) -> Result<(Option<Door>, Option<Register>), Problem> {
    config.check()?;
    let register = config.register.as_deref().map(Register::read).transpose()?;
    let Some(address) = config.address else { return Ok((None, register)) };
    Ok((Some(Door::open(listen(address).await?, config)?), register))
}

fn serve_door(
    door: Door,
    web: &Web,
    config: &PublicConfig,
    register: Option<Register>,
    stopped: &watch::Receiver<bool>,
) -> tokio::task::JoinHandle<std::io::Result<()>> {
    let mut until = stopped.clone();
    let service = public::router(web.clone(), config.clone(), register, door.address())
        .into_make_service_with_connect_info::<public::Peer>();
    tokio::spawn(async move {
        let gently = async move {
            let _ = until.wait_for(|stop| *stop).await;
        };
        axum::serve(door, service).with_graceful_shutdown(gently).await
    })
}

/// Who checks MACs: nobody, or in the demo keys in memory. An HSM will stand here.
fn mac_checker(config: &Config) -> Option<Arc<dyn tg_ingest::MacChecker>> {
    config.soft_keys.clone().map(|keys| keys as Arc<dyn tg_ingest::MacChecker>)
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
                macs: mac_checker(config),
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
