//! `tillguard bench latency`: how long a durable acknowledgement takes at a given rate, through the whole center
//! and through the log's thread alone, in one run on one disk.
//!
//! The load is open: a piece is due at its time whether or not those before were acknowledged, and its wait counts
//! from then on, so that a stall is not hidden by a sender that stalls too.

use crate::serve;
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tg_journal::{
    Batch, Journal, Log, LogOptions, MasterKey, Options, RealDisk, record, system_clock, system_randomness,
};
use tg_server::{Center, Config, FeedConfig, Secret};
use tg_sim::BenchFrames;
use tg_text::{Problem, Text};

/// Transactions that are sent at once; each is a request and its answer.
const PIECE: u64 = 64;
/// Bytes of a record of the log, about what a payment takes.
const RECORD_BYTES: usize = 160;

/// Waits of one part of the run, in microseconds.
pub(crate) struct Waits {
    /// What was measured.
    pub(crate) name: &'static str,
    /// One for each piece, in order.
    pub(crate) us: Vec<f64>,
    /// Pieces that were due in a second.
    pub(crate) per_second: usize,
}

/// Measures both for so many seconds each, at so many transactions a second.
pub(crate) fn run(
    folder: &Path,
    feed: SocketAddr,
    rate: u64,
    seconds: u32,
) -> Result<Vec<Waits>, Box<Problem>> {
    let failed =
        |e: std::io::Error| Box::new(Problem::new("TG-4003", Text::new(e.to_string(), e.to_string())));
    let plan = Plan { gap: Duration::from_nanos(1_000_000_000 * PIECE / rate.max(1)), seconds };
    let per_second = (rate / PIECE).max(1) as usize;
    let raw = raw_log(&folder.join("raw"), &plan)?;
    let config = Config {
        data: folder.join("data"),
        http: SocketAddr::from(([127, 0, 0, 1], 0)),
        feeds: vec![FeedConfig { address: feed, dialect: "cup_pos".into(), name: "bench".into() }],
        ..Config::default()
    };
    let whole = serve::runtime()?.block_on(async {
        let center = Center::start(config, Secret::of_this_run()?).await?;
        let sent = tokio::task::spawn_blocking(move || through_center(feed, &plan)).await;
        let sent = sent.expect("the generator does not panic").map_err(failed);
        center.stop().await;
        sent
    })?;
    Ok(vec![
        Waits { name: "raw_log", us: raw, per_second },
        Waits { name: "acknowledged", us: whole, per_second },
    ])
}

/// When pieces are due.
#[derive(Clone, Copy)]
struct Plan {
    gap: Duration,
    seconds: u32,
}

impl Plan {
    /// Calls `send` for each piece at its time.
    fn follow(&self, mut send: impl FnMut(Instant) -> std::io::Result<()>) -> std::io::Result<()> {
        let begin = Instant::now();
        let mut due = begin;
        while due - begin < Duration::from_secs(u64::from(self.seconds)) {
            let now = Instant::now();
            if due > now {
                std::thread::sleep(due - now);
            }
            send(due)?;
            due += self.gap;
        }
        Ok(())
    }
}

/// The log's thread with nothing before or behind it.
fn raw_log(folder: &Path, plan: &Plan) -> Result<Vec<f64>, Box<Problem>> {
    let journal_failed = |e: tg_journal::JournalError| Box::new(e.to_problem());
    let io = |e: std::io::Error| Box::new(Problem::new("TG-3001", Text::new(e.to_string(), e.to_string())));
    std::fs::create_dir_all(folder).map_err(io)?;
    let disk = Arc::new(RealDisk::open(folder).map_err(journal_failed)?);
    let key = Arc::new(MasterKey::new(1, &mut [7; 32]));
    let opened = Journal::open(disk, key, Options::default(), system_randomness()).map_err(journal_failed)?;
    let started = Log::start(opened.0, LogOptions::default(), system_clock(), Box::new(|_| true));
    let (log, handle) = started.map_err(journal_failed)?;
    let mut records = Vec::new();
    (0..2 * PIECE).for_each(|n| record::push(&mut records, &[n as u8; RECORD_BYTES]));
    let (waits, taken) = channel();
    let followed = plan.follow(|due| {
        let waits = waits.clone();
        let ack = move |made: Result<_, _>| {
            let wait = made.is_ok().then(|| due.elapsed().as_secs_f64() * 1e6);
            let _ = waits.send(wait);
        };
        let batch = Batch { records: records.clone(), count: 2 * PIECE as u32, ack: Some(Box::new(ack)) };
        handle.try_submit(batch).map_err(|e| std::io::Error::other(e.to_string()))
    });
    followed.map_err(io)?;
    drop(waits);
    log.stop().map_err(journal_failed)?;
    Ok(taken.into_iter().flatten().collect())
}

/// Frames over TCP into the whole center.
fn through_center(feed: SocketAddr, plan: &Plan) -> std::io::Result<Vec<f64>> {
    let stream = TcpStream::connect(feed)?;
    stream.set_nodelay(true)?;
    let mut frames = BenchFrames::new(2);
    let waiting = Mutex::new(VecDeque::new());
    let queue = || waiting.lock().unwrap_or_else(PoisonError::into_inner);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut waits, mut count) = (Vec::new(), [0; 8]);
            while (&stream).read_exact(&mut count).is_ok() {
                let (now, durable) = (Instant::now(), u64::from_be_bytes(count));
                let mut queue = queue();
                while let Some(&(until, due)) = queue.front().filter(|(until, _)| *until <= durable) {
                    let _: u64 = until;
                    waits.push(now.duration_since(due).as_secs_f64() * 1e6);
                    queue.pop_front();
                }
            }
            waits
        });
        let (mut sent, mut piece, mut out) = (0_u64, Vec::with_capacity(1 << 16), &stream);
        plan.follow(|due| {
            piece.clear();
            (0..PIECE).for_each(|_| frames.push_pair(&mut piece));
            sent += 2 * PIECE;
            queue().push_back((sent, due));
            out.write_all(&piece)
        })?;
        stream.shutdown(Shutdown::Write)?;
        let waits = reader.join().expect("the reader does not panic");
        match queue().len() {
            0 => Ok(waits),
            left => Err(std::io::Error::other(format!("{left} pieces were not acknowledged"))),
        }
    })
}
