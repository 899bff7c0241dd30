//! A client of the feed: sends the frames of a recording and waits until all are durable.
//!
//! The same protocol that a customer's mirror speaks: 2-byte length and message, again and again; the
//! server answers with 8-byte counts of durable frames. What was not acknowledged when the connection
//! broke is sent again over a new one, byte for byte, so that the server knows it as a repeat.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// How sending ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Frames sent; a frame that was sent twice counts once.
    pub frames: u64,
    /// Frames that the server says are durable.
    pub durable: u64,
    /// How often the connection was made anew.
    pub reconnects: u32,
}

/// Why sending failed.
#[derive(Debug)]
pub enum SendError {
    /// Can't connect.
    Connect(io::Error),
    /// The server closed or fell silent before it acknowledged everything, again and again.
    Unacknowledged(Sent),
}

/// How long the server may stay silent with frames unacknowledged.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// How long a server may take to begin to listen.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a broken connection is made anew without any progress.
const ATTEMPTS_MAX: u32 = 5;

/// Sends frames, in order, and waits for the last acknowledgement. `progress` hears the durable count.
///
/// # Errors
/// If no connection can be made, or the server doesn't acknowledge.
pub fn send(to: SocketAddr, frames: &[Vec<u8>], mut progress: impl FnMut(u64)) -> Result<Sent, SendError> {
    let mut sent = Sent { frames: frames.len() as u64, durable: 0, reconnects: 0 };
    let mut attempts = 0;
    loop {
        let stream = connect(to).map_err(SendError::Connect)?;
        let before = sent.durable;
        let rest = frames.get(sent.durable as usize..).unwrap_or_default();
        let acknowledged = send_over(&stream, rest, |count| progress(before + count));
        sent.durable = before + acknowledged;
        if sent.durable >= sent.frames {
            return Ok(sent);
        }
        attempts = if acknowledged > 0 { 0 } else { attempts + 1 };
        if attempts >= ATTEMPTS_MAX {
            return Err(SendError::Unacknowledged(sent));
        }
        sent.reconnects += 1;
        std::thread::sleep(Duration::from_millis(200 << attempts.min(4)));
    }
}

/// A server that was started a moment ago does not listen yet: a refused connection is tried again for a
/// while.
fn connect(to: SocketAddr) -> io::Result<TcpStream> {
    let begun = std::time::Instant::now();
    loop {
        match TcpStream::connect_timeout(&to, Duration::from_secs(10)) {
            Err(e) if e.kind() == io::ErrorKind::ConnectionRefused && begun.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(100));
            }
            other => return other,
        }
    }
}

/// Sends over one connection; how many frames were acknowledged when it ended, however it ended.
fn send_over(stream: &TcpStream, frames: &[Vec<u8>], mut progress: impl FnMut(u64)) -> u64 {
    let mut acknowledged = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut out = io::BufWriter::with_capacity(1 << 16, stream);
            let written = frames.iter().try_for_each(|frame| {
                let length = u16::try_from(frame.len()).map_err(io::Error::other)?;
                out.write_all(&length.to_be_bytes())?;
                out.write_all(frame)
            });
            // An error here shows as a missing acknowledgement there.
            if written.and_then(|()| out.flush()).is_ok() {
                let _ = stream.shutdown(Shutdown::Write);
            }
        });
        let _ = stream.set_read_timeout(Some(SILENCE_MAX));
        let mut count = [0; 8];
        let mut input = stream;
        while acknowledged < frames.len() as u64 && input.read_exact(&mut count).is_ok() {
            acknowledged = u64::from_be_bytes(count).min(frames.len() as u64);
            progress(acknowledged);
        }
        let _ = stream.shutdown(Shutdown::Both);
    });
    acknowledged
}
