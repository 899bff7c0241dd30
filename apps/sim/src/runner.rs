//! Plays a city to a feed by the wall clock: the I/O part, the body of `tillguard sim-town`.
//!
//! Keeps each message until the feed has said that it is durable; after a broken connection the same bytes
//! are sent again, in order. When too much is unacknowledged the story waits. What it prints, one JSON
//! document a line: `town` (the register), `truth` (an attack has begun), `drawn_in` (the cards that an attack
//! touched), `summary` (the end). Lines about cards hold clear numbers of the simulation's own ranges; they go
//! to the parent's pipe and nowhere else.

use crate::city::{City, CityOptions, Staged};
use crate::recording::rfc3339;
use crate::town::Place;
use crate::truth::{Story, Subject};
use std::collections::VecDeque;
use std::io::{BufRead, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant as Clock};

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
    /// The city's seed.
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

/// What the runner is told while it runs; it ends when nobody can tell it anything any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// The story begins now.
    Go,
}

#[derive(serde::Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line<'a> {
    Town { seed: u64, places: Vec<Place>, banks: Vec<Bank<'a>> },
    Truth { id: usize, attack: &'static str, subjects: Vec<serde_json::Value>, started: String },
    DrawnIn { id: usize, subjects: Vec<serde_json::Value> },
    Summary(&'a Summary),
}

#[derive(serde::Serialize)]
struct Bank<'a> {
    code: &'a str,
    name: &'a tg_text::Text,
}

/// Plays a city from its `live` on to the feed at `feed`, `speed` story seconds a second, until its `end` or
/// until nobody can tell it anything any more. What lies before `live` is lived through and not sent. The story
/// begins at [`Word::Go`].
///
/// # Errors
/// If `out` can't be written. A feed that is away is no error: the runner tries again until it is stopped.
pub fn run(
    feed: SocketAddr,
    options: CityOptions,
    speed: f64,
    stop: &Receiver<Word>,
    out: &mut dyn Write,
) -> std::io::Result<Summary> {
    let (start, end) = (options.live, options.end);
    let mut summary = Summary { seed: options.seed, ..Summary::default() };
    let mut city = City::new(options);
    // What happens at that very moment belongs to the story already.
    city.advance(start.plus_us(-1));
    print(
        out,
        &Line::Town {
            seed: summary.seed,
            places: city.places(),
            banks: city.banks().map(|(code, name)| Bank { code, name }).collect(),
        },
    )?;
    let mut line = Feed::new(feed);
    let mut told = Vec::new();
    let mut goes = stop.recv().is_ok();
    let began = Clock::now();
    let mut story = start;
    while goes {
        let now = start.plus_us((began.elapsed().as_micros() as f64 * speed) as i64);
        let now = end.map_or(now, |end| now.min(end));
        // The story waits while the feed is behind.
        if line.room() {
            story = now;
            for sent in city.advance(story) {
                summary.messages += 1;
                summary.transactions += u64::from(matches!(sent.frame.get(11..13), Some([2, 0 | 0x20])));
                line.push(sent.frame);
            }
        }
        tell_truths(&city, &mut told, out)?;
        line.send(&mut summary);
        if end.is_some_and(|end| story >= end) {
            line.finish(&mut summary, stop);
            break;
        }
        goes = !matches!(stop.recv_timeout(NAP), Err(RecvTimeoutError::Disconnected));
    }
    for (id, staged) in attacks(&city) {
        print(out, &Line::DrawnIn { id, subjects: staged.related.iter().map(clear).collect() })?;
    }
    print(out, &Line::Summary(&summary))?;
    Ok(summary)
}

fn attacks(city: &City) -> impl Iterator<Item = (usize, &Staged)> {
    let is_attack = |(_, s): &(usize, &Staged)| matches!(s.story, Story::Attack(_)) && s.started.is_some();
    city.staged().iter().enumerate().filter(is_attack)
}

fn tell_truths(city: &City, told: &mut Vec<usize>, out: &mut dyn Write) -> std::io::Result<()> {
    for (id, staged) in attacks(city) {
        if told.contains(&id) {
            continue;
        }
        told.push(id);
        let subjects = staged.subjects.iter().map(clear).collect();
        let started = staged.started.map(rfc3339).unwrap_or_default();
        print(out, &Line::Truth { id, attack: staged.story.name(), subjects, started })?;
    }
    Ok(())
}

/// A subject with the clear number of a simulated card: the parent makes its token of it.
fn clear(subject: &Subject) -> serde_json::Value {
    match subject {
        Subject::Card(card) => serde_json::json!({ "card": card.clear() }),
        other => serde_json::to_value(other).unwrap_or_default(),
    }
}

/// A `stop` for [`run`] that says go at the first line of standard input and ends when the input does: the
/// parent closes it, or is gone.
pub fn stop_when_input_ends() -> Receiver<Word> {
    let (speaker, stop) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        let mut line = String::new();
        while matches!(input.read_line(&mut line), Ok(n) if n > 0) && speaker.send(Word::Go).is_ok() {
            line.clear();
        }
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
    fn finish(&mut self, summary: &mut Summary, stop: &Receiver<Word>) {
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
            if matches!(stop.recv_timeout(NAP), Err(RecvTimeoutError::Disconnected)) {
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
