//! Plays a town to a feed by the wall clock: the I/O part, the body of `tillguard sim-town`.
//!
//! Keeps each message until the feed has said that it is durable; after a broken connection the same bytes
//! are sent again, in order. When too much is unacknowledged the story waits. What it prints, one JSON
//! document a line: `town` (the register), `truth` (an attack has begun), `summary` (the end).

use crate::recording::rfc3339;
use crate::town::{Options, Place, Town};
use crate::truth::{AttackKind, Subject};
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant as Clock};
use tg_types::Instant;

/// Messages that may wait for their acknowledgement.
const UNACKNOWLEDGED_MAX: usize = 65_536;
/// The longest nap between two looks at the story.
const NAP: Duration = Duration::from_millis(20);
/// A feed that takes nothing for so long has its connection broken.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the end waits for the last acknowledgements.
const FAREWELL: Duration = Duration::from_secs(10);
const RECONNECT_FIRST: Duration = Duration::from_millis(50);
const RECONNECT_MAX: Duration = Duration::from_secs(2);

/// What the runner did.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// The town's seed.
    pub seed: u64,
    /// Messages that passed the mirror.
    pub messages: u64,
    /// Of them, requests for a purchase, enquiry, void or refund.
    pub transactions: u64,
    /// Messages that the feed called durable.
    pub acknowledged: u64,
    /// Messages sent more than once.
    pub sent_again: u64,
    /// Connections after the first.
    pub reconnections: u64,
}

#[derive(serde::Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line<'a> {
    Town { seed: u64, places: Vec<Place>, banks: Vec<Bank<'a>> },
    Truth { attack: AttackKind, subject: &'a Subject, started: String },
    Summary(&'a Summary),
}

#[derive(serde::Serialize)]
struct Bank<'a> {
    code: &'a str,
    name: &'a tg_text::Text,
}

/// Plays a town to the feed at `feed` until its `for_seconds` are over or `stop` receives something (or
/// its sender is gone). The story's start is set to the wall clock's now; `for_seconds` counts real seconds.
///
/// # Errors
/// If `out` can't be written. A feed that is away is no error: the runner tries again until it is stopped.
pub fn run(
    feed: SocketAddr,
    mut options: Options,
    stop: &Receiver<()>,
    out: &mut dyn Write,
) -> std::io::Result<Summary> {
    let began = Clock::now();
    let start = Instant(jiff::Timestamp::now().as_microsecond());
    options.start = start;
    let speed = options.speed.clamp(0.01, 1_000.0);
    options.speed = speed;
    // The town counts story seconds.
    options.for_seconds = options.for_seconds.map(|s| (f64::from(s) * speed) as u32);
    let end = options.for_seconds.map(|s| start.plus_us(i64::from(s) * 1_000_000));
    let mut summary = Summary { seed: options.seed, ..Summary::default() };
    let mut town = Town::new(options);
    print(
        out,
        &Line::Town {
            seed: summary.seed,
            places: town.places(),
            banks: town.banks().map(|(code, name)| Bank { code, name }).collect(),
        },
    )?;
    let mut line = Feed::new(feed);
    let mut truths_told = 0;
    let mut story = start;
    loop {
        let now = start.plus_us((began.elapsed().as_micros() as f64 * speed) as i64);
        let now = end.map_or(now, |end| now.min(end));
        // The story waits while the feed is behind.
        if line.room() {
            story = now;
            for sent in town.advance(story) {
                summary.messages += 1;
                summary.transactions += u64::from(matches!(sent.frame.get(11..13), Some([2, 0 | 0x20])));
                line.push(sent.frame);
            }
        }
        for truth in &town.truths()[truths_told..] {
            let started = start.plus_us((truth.started.since(start) as f64 / speed) as i64);
            let started = rfc3339(started);
            print(out, &Line::Truth { attack: truth.attack, subject: &truth.subject, started })?;
        }
        truths_told = town.truths().len();
        line.send(&mut summary);
        if end.is_some_and(|end| story >= end) {
            line.finish(&mut summary, stop);
            break;
        }
        match stop.recv_timeout(NAP) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    print(out, &Line::Summary(&summary))?;
    Ok(summary)
}

/// A `stop` for [`run`] that ends when standard input does: the town's parent closes it, or is gone.
pub fn stop_when_input_ends() -> Receiver<()> {
    let (stopper, stop) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut nothing = [0; 256];
        let mut input = std::io::stdin().lock();
        while !matches!(input.read(&mut nothing), Ok(0) | Err(_)) {}
        drop(stopper);
    });
    stop
}

fn print(out: &mut dyn Write, line: &Line<'_>) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// One end of the feed protocol.
struct Feed {
    address: SocketAddr,
    connection: Option<Connection>,
    /// Sent or waiting, without acknowledgement, each after its two bytes of length.
    unacknowledged: VecDeque<Vec<u8>>,
    /// How many of them this connection has been given.
    given: usize,
    retry_at: Clock,
    retry_wait: Duration,
    connected_before: bool,
    /// Messages that some connection has been given, counted from the front of the queue.
    given_ever: usize,
}

struct Connection {
    stream: TcpStream,
    /// What the feed has acknowledged on this connection.
    acknowledged: Arc<AtomicU64>,
    /// Of that, what has been taken off the queue.
    taken: u64,
    ended: Arc<AtomicBool>,
}

impl Feed {
    fn new(address: SocketAddr) -> Feed {
        Feed {
            address,
            connection: None,
            unacknowledged: VecDeque::new(),
            given: 0,
            retry_at: Clock::now(),
            retry_wait: RECONNECT_FIRST,
            connected_before: false,
            given_ever: 0,
        }
    }

    fn room(&self) -> bool {
        self.unacknowledged.len() < UNACKNOWLEDGED_MAX
    }

    fn push(&mut self, frame: Vec<u8>) {
        // The town's longest message has a few hundred bytes.
        let Ok(length) = u16::try_from(frame.len()) else { return };
        let mut bytes = Vec::with_capacity(frame.len() + 2);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&frame);
        self.unacknowledged.push_back(bytes);
    }

    /// Hears acknowledgements, connects if need be, and sends what has not been sent.
    fn send(&mut self, summary: &mut Summary) {
        self.hear(summary);
        if self.connection.is_none() && !self.connect(summary) {
            return;
        }
        let Some(connection) = &mut self.connection else { return };
        if self.given == self.unacknowledged.len() {
            return;
        }
        let batch: Vec<u8> = self.unacknowledged.range(self.given..).flatten().copied().collect();
        summary.sent_again += self.given_ever.saturating_sub(self.given) as u64;
        self.given = self.unacknowledged.len();
        self.given_ever = self.given_ever.max(self.given);
        if connection.stream.write_all(&batch).is_err() {
            self.disconnect();
        }
    }

    fn hear(&mut self, summary: &mut Summary) {
        let Some(connection) = &mut self.connection else { return };
        let ended = connection.ended.load(Ordering::Acquire);
        let count = connection.acknowledged.load(Ordering::Acquire);
        let new = count.saturating_sub(connection.taken).min(self.given as u64);
        connection.taken += new;
        self.unacknowledged.drain(..new as usize);
        self.given -= new as usize;
        self.given_ever = self.given_ever.saturating_sub(new as usize);
        summary.acknowledged += new;
        if ended {
            self.disconnect();
        }
    }

    fn connect(&mut self, summary: &mut Summary) -> bool {
        if Clock::now() < self.retry_at {
            return false;
        }
        match open(self.address) {
            Ok(connection) => {
                summary.reconnections += u64::from(self.connected_before);
                self.connected_before = true;
                self.connection = Some(connection);
                self.retry_wait = RECONNECT_FIRST;
                true
            }
            Err(_) => {
                self.retry_at = Clock::now() + self.retry_wait;
                self.retry_wait = (self.retry_wait * 2).min(RECONNECT_MAX);
                false
            }
        }
    }

    fn disconnect(&mut self) {
        if let Some(connection) = self.connection.take() {
            // Wakes the reader; the peer may be gone already.
            let _ = connection.stream.shutdown(Shutdown::Both);
        }
        self.given = 0;
        self.retry_at = Clock::now() + self.retry_wait;
    }

    /// Closes the sending side and waits for the last acknowledgements.
    fn finish(&mut self, summary: &mut Summary, stop: &Receiver<()>) {
        let deadline = Clock::now() + FAREWELL;
        let mut closed = false;
        loop {
            self.send(summary);
            if self.unacknowledged.is_empty() || Clock::now() > deadline {
                break;
            }
            match &self.connection {
                Some(connection) if !closed && self.given == self.unacknowledged.len() => {
                    let _ = connection.stream.shutdown(Shutdown::Write);
                    closed = true;
                }
                Some(_) => {}
                None => closed = false,
            }
            if !matches!(stop.recv_timeout(NAP), Err(RecvTimeoutError::Timeout)) {
                break;
            }
        }
        self.disconnect();
    }
}

fn open(address: SocketAddr) -> std::io::Result<Connection> {
    let stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(WRITE_TIMEOUT))?;
    let acknowledged = Arc::new(AtomicU64::new(0));
    let ended = Arc::new(AtomicBool::new(false));
    let reader = stream.try_clone()?;
    let (count, end) = (acknowledged.clone(), ended.clone());
    std::thread::Builder::new().name("acknowledgements".to_owned()).spawn(move || {
        read_acknowledgements(reader, &count);
        end.store(true, Ordering::Release);
    })?;
    Ok(Connection { stream, acknowledged, taken: 0, ended })
}

fn read_acknowledgements(mut stream: TcpStream, count: &AtomicU64) {
    let mut number = [0; 8];
    loop {
        match stream.read_exact(&mut number) {
            Ok(()) => count.store(u64::from_be_bytes(number), Ordering::Release),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
