//! The machine itself: feeds, frames that could not be decoded, journal, disk.
//!
//! Why it exists: whoever runs the center asks other questions than support does. Never holds bytes of a
//! message that could not be decoded, nor a key.

use tg_text::Problem;

/// Whether a feed delivers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FeedState {
    /// Listening, nothing came yet.
    #[default]
    Waiting,
    /// Messages arrive.
    Live,
    /// It delivered before and is silent now for longer than it should be.
    Silent,
    /// Not listening.
    Down,
}

/// One feed.
#[derive(Clone, Debug, Default)]
pub struct Feed {
    /// Its name.
    pub name: String,
    /// The address that it listens on.
    pub address: String,
    /// Its dialect.
    pub dialect: String,
    /// Whether it delivers.
    pub state: FeedState,
    /// Open connections.
    pub connections: u32,
    /// Log time of its last message.
    pub last_message_us: Option<i64>,
    /// Messages accepted since the start.
    pub accepted: u64,
    /// Frames that could not be decoded since the start.
    pub undecoded: u64,
    /// Messages in the last full minute.
    pub per_minute: u64,
}

/// Frames of one minute.
#[derive(Clone, Copy, Debug, Default)]
pub struct FrameMinute {
    /// Its start.
    pub start_us: i64,
    /// Frames that could not be decoded.
    pub undecoded: u32,
    /// All frames.
    pub all: u32,
}

/// One frame that could not be decoded: never its bytes.
#[derive(Clone, Debug, Default)]
pub struct UndecodedRow {
    /// Its place in the log.
    pub offset: u64,
    /// Log time.
    pub at_us: i64,
    /// The feed.
    pub feed: String,
    /// The dialect that was tried.
    pub dialect: String,
    /// Bytes of the frame.
    pub length_bytes: u32,
    /// Keyed hash in hex, to tell repeats apart.
    pub keyed_hash: String,
    /// Kind of the contract, such as `bad_bitmap`.
    pub kind: String,
    /// Field number, where the error lies in one.
    pub field: Option<u16>,
    /// Byte at which the failing field begins.
    pub position: u64,
}

/// The page of what could not be decoded.
#[derive(Clone, Debug, Default)]
pub struct UndecodedPage {
    /// Frames of the last 60 minutes that could not be decoded.
    pub undecoded: u64,
    /// All frames of the last 60 minutes.
    pub frames: u64,
    /// The last 60 minutes, oldest first.
    pub minutes: Vec<FrameMinute>,
    /// Count by kind, most first.
    pub kinds: Vec<(String, u64)>,
    /// Newest first.
    pub rows: Vec<UndecodedRow>,
    /// Cursor of the next page (`?before=`).
    pub older: Option<String>,
}

/// The state of the machine.
#[derive(Clone, Debug, Default)]
pub struct HealthPage {
    /// The feeds.
    pub feeds: Vec<Feed>,
    /// Recovery is done and every feed listens.
    pub ready: bool,
    /// Messages accepted since the data folder was made.
    pub accepted: u64,
    /// Verdicts since then.
    pub verdicts: u64,
    /// Frames that could not be decoded since then.
    pub undecoded: u64,
    /// The next place in the log.
    pub next_offset: u64,
    /// Everything before this place is durable.
    pub durable_offset: u64,
    /// Segments of the journal.
    pub segments: u64,
    /// Their bytes.
    pub journal_bytes: u64,
    /// Median and 99th percentile of a flush, in microseconds, where measured.
    pub flush_us: Option<(u64, u64)>,
    /// Free bytes of the disk.
    pub disk_free_bytes: Option<u64>,
    /// All bytes of the disk.
    pub disk_total_bytes: Option<u64>,
    /// True while nothing is accepted because the disk is full.
    pub refusing: bool,
    /// The last snapshot: place in the log and when.
    pub snapshot: Option<(u64, i64)>,
    /// The data folder.
    pub data_folder: String,
    /// When the process started.
    pub started_us: i64,
    /// Resident memory.
    pub resident_bytes: Option<u64>,
    /// What is wrong now.
    pub problems: Vec<Problem>,
}
