//! The TCP feed: a mirror of payment messages as they pass (contract, section 5).
//!
//! The client sends 2-byte big-endian length and message, again and again; the server answers with 8-byte
//! big-endian counts of this connection's durable frames. Reading never waits for acknowledgements, only
//! for room in the log's bounded queue; writing never holds up reading. Every frame is recorded and
//! counted, also an empty or undecodable one. What is refused is counted.

use crate::{FrameReader, MacChecker};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tg_journal::{Ack, Batch, LogHandle, record};
use tg_types::{TenantId, TokenKey};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;
use zeroize::Zeroize;

/// Connections of one feed at the same time; more are closed at once and counted.
const CONNECTIONS_MAX: usize = 1024;
/// Bytes that are read and not yet handed over, per connection: a frame of the greatest length fits.
const READ_BYTES: usize = 96 * 1024;
/// How long a frame that has begun may take to arrive.
const FRAME_SECONDS_MAX: u64 = 30;
/// How long the last acknowledgements may take to be read by the client.
const FAREWELL_SECONDS_MAX: u64 = 10;

/// Counters of one feed.
#[derive(Debug, Default)]
pub struct FeedMetrics {
    /// Open connections.
    pub connections: AtomicU64,
    /// Connections refused because there were too many.
    pub connections_refused: AtomicU64,
    /// Frames taken, decodable or not.
    pub frames: AtomicU64,
    /// Of these, the ones that could not be decoded.
    pub undecoded: AtomicU64,
    /// Connections that ended within a frame, or took too long over one.
    pub half_frames: AtomicU64,
    /// When the last frame came, microseconds since 1970; 0 if none did.
    pub last_frame_at_us: AtomicI64,
}

/// What a feed is to do.
#[derive(Clone)]
pub struct FeedSettings {
    /// Whose messages come here.
    pub tenant: TenantId,
    /// The feed's number in events.
    pub feed: u16,
    /// The dialect of its messages.
    pub dialect: String,
    /// Makes card tokens.
    pub tokens: Arc<TokenKey>,
    /// Checks MACs; `None` where no key is configured.
    pub macs: Option<Arc<dyn MacChecker>>,
    /// Where events go.
    pub log: LogHandle,
    /// Counters.
    pub metrics: Arc<FeedMetrics>,
}

/// Tells the feeds to stop: they take no more, acknowledge what is durable and close.
pub type StopSignal = watch::Receiver<bool>;

/// Serves one feed until told to stop; returns when every connection has ended.
pub async fn serve_feed(listener: TcpListener, settings: FeedSettings, mut stop: StopSignal) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: the open connections go on.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(place) = places.clone().try_acquire_owned() else {
            settings.metrics.connections_refused.fetch_add(1, Relaxed);
            continue;
        };
        let (settings, stop) = (settings.clone(), stop.clone());
        tokio::spawn(async move {
            settings.metrics.connections.fetch_add(1, Relaxed);
            serve_connection(stream, peer, &settings, stop).await;
            settings.metrics.connections.fetch_sub(1, Relaxed);
            drop(place);
        });
    }
    // All places free again: every connection has ended.
    let _ = places.acquire_many(CONNECTIONS_MAX as u32).await;
}

async fn serve_connection(stream: TcpStream, peer: SocketAddr, settings: &FeedSettings, stop: StopSignal) {
    let _ = stream.set_nodelay(true);
    let (input, output) = stream.into_split();
    let (durable, acknowledge) = watch::channel(0_u64);
    let writer = tokio::spawn(write_acknowledgements(output, acknowledge));
    let frames = read_frames(input, peer, settings, Arc::new(durable), stop).await;
    tracing::debug!(%peer, feed = settings.feed, frames, "connection ended");
    // The sender side of the channel lives in the batches that are not durable yet: the writer ends after
    // the last of them.
    let _ = tokio::time::timeout(Duration::from_secs(FAREWELL_SECONDS_MAX), writer).await;
}

/// Writes the newest count whenever it has grown; counts that were overtaken are joined into it.
async fn write_acknowledgements(mut output: OwnedWriteHalf, mut durable: watch::Receiver<u64>) {
    while durable.changed().await.is_ok() {
        let count = *durable.borrow_and_update();
        if output.write_all(&count.to_be_bytes()).await.is_err() {
            return;
        }
    }
    let _ = output.shutdown().await;
}

/// Reads until the client closes or breaks the protocol; the number of frames taken.
async fn read_frames(
    mut input: OwnedReadHalf,
    peer: SocketAddr,
    settings: &FeedSettings,
    durable: Arc<watch::Sender<u64>>,
    mut stop: StopSignal,
) -> u64 {
    let tokens = settings.tokens.clone();
    let reader = FrameReader::new(settings.tenant, settings.feed, &settings.dialect, tokens);
    let Some(reader) = reader else { return 0 };
    let mut reader = reader.checking_macs(settings.macs.clone());
    let mut buffer = Buffer::new();
    let mut frames = 0_u64;
    let mut frame_due = None;
    loop {
        let begun = !buffer.unread().is_empty();
        // The time counts from a frame's first byte, so that single bytes don't stretch it.
        let due = *frame_due.get_or_insert_with(|| Instant::now() + Duration::from_secs(FRAME_SECONDS_MAX));
        let read = tokio::select! {
            read = input.read(buffer.room()) => read,
            _ = stop.wait_for(|stop| *stop) => break,
            () = tokio::time::sleep_until(due), if begun => {
                settings.metrics.half_frames.fetch_add(1, Relaxed);
                tracing::warn!(%peer, feed = settings.feed, "a frame took too long; the connection is closed");
                break;
            }
        };
        match read {
            Ok(0) | Err(_) => {
                if begun {
                    settings.metrics.half_frames.fetch_add(1, Relaxed);
                }
                break;
            }
            Ok(n) => buffer.filled(n),
        }
        if !begun {
            frame_due = None;
        }
        let mut batch = Vec::new();
        let (mut count, mut undecoded) = (0_u32, 0);
        while let Some(frame) = buffer.next_frame() {
            let event = reader.read(frame);
            undecoded += u64::from(matches!(event, tg_event::Event::Undecoded(_)));
            record::push_with(&mut batch, |out| event.encode(out));
            count += 1;
        }
        buffer.wipe_taken();
        if count == 0 {
            continue;
        }
        frame_due = None;
        frames += u64::from(count);
        let metrics = &settings.metrics;
        metrics.frames.fetch_add(u64::from(count), Relaxed);
        metrics.undecoded.fetch_add(undecoded, Relaxed);
        let (acknowledge, so_far, heard) = (durable.clone(), frames, metrics.clone());
        let ack: Ack = Box::new(move |durable| {
            let Ok(durable) = durable else { return };
            // By the log's clock, as all else that is shown.
            heard.last_frame_at_us.store(durable.log_time_us, Relaxed);
            acknowledge.send_if_modified(|count| {
                let grown = so_far > *count;
                *count = so_far.max(*count);
                grown
            });
        });
        if settings.log.submit(Batch { records: batch, count, ack: Some(ack) }).await.is_err() {
            break;
        }
    }
    frames
}

/// What was read and not yet taken. Taken bytes are overwritten: they held card numbers.
struct Buffer {
    bytes: Vec<u8>,
    taken: usize,
    end: usize,
}

impl Buffer {
    fn new() -> Buffer {
        Buffer { bytes: vec![0; READ_BYTES], taken: 0, end: 0 }
    }

    fn unread(&self) -> &[u8] {
        &self.bytes[self.taken..self.end]
    }

    /// Room for at least one more byte: a whole frame is always taken, and a frame is shorter than the buffer.
    fn room(&mut self) -> &mut [u8] {
        &mut self.bytes[self.end..]
    }

    fn filled(&mut self, n: usize) {
        self.end += n;
    }

    fn next_frame(&mut self) -> Option<&[u8]> {
        let (length, rest) = self.unread().split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        if rest.len() < length {
            return None;
        }
        let start = self.taken + 2;
        self.taken = start + length;
        Some(&self.bytes[start..self.taken])
    }

    /// Moves what is left to the front and overwrites the rest.
    fn wipe_taken(&mut self) {
        let left = self.end - self.taken;
        self.bytes.copy_within(self.taken..self.end, 0);
        self.bytes[left..self.end].zeroize();
        (self.taken, self.end) = (0, left);
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.bytes[..].zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_out_whole_and_taken_bytes_are_overwritten() {
        let mut buffer = Buffer::new();
        buffer.room()[..7].copy_from_slice(&[0, 2, 0xAA, 0xBB, 0, 0, 0]);
        buffer.filled(7);
        assert_eq!(buffer.next_frame(), Some(&[0xAA, 0xBB][..]));
        assert_eq!(buffer.next_frame(), Some(&[][..]), "an empty frame is a frame");
        assert_eq!(buffer.next_frame(), None, "half a length is none");
        buffer.wipe_taken();
        assert_eq!(buffer.unread(), [0]);
        assert!(buffer.bytes[1..7].iter().all(|b| *b == 0));
    }

    #[test]
    fn a_frame_of_the_greatest_length_fits() {
        let mut buffer = Buffer::new();
        let mut sent = vec![0xFF; 2 + 65_535];
        sent[..2].copy_from_slice(&u16::MAX.to_be_bytes());
        buffer.room()[..sent.len()].copy_from_slice(&sent);
        buffer.filled(sent.len());
        assert_eq!(buffer.next_frame().map(<[u8]>::len), Some(65_535));
    }
}
