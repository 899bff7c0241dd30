//! The state of the machine: feeds, journal, disk, snapshot.

use crate::live::Live;
use std::sync::atomic::Ordering::Relaxed;
use tg_console::view::{Feed, FeedState, HealthPage};
use tg_types::SECOND_US;

/// A feed that has delivered is called silent after this long without a frame.
const SILENT_AFTER_US: i64 = 120 * SECOND_US;

/// The feeds as they stand now.
pub(crate) fn feeds(live: &Live, now: i64) -> Vec<Feed> {
    live.feeds
        .iter()
        .map(|feed| {
            let m = &feed.metrics;
            let last = m.last_frame_at_us.load(Relaxed);
            let connections = m.connections.load(Relaxed);
            let state = match (feed.listening.load(Relaxed), last) {
                (false, _) => FeedState::Down,
                (true, 0) => FeedState::Waiting,
                (true, last) if now - last > SILENT_AFTER_US => FeedState::Silent,
                _ => FeedState::Live,
            };
            Feed {
                name: feed.config.name.clone(),
                address: feed.config.address.to_string(),
                dialect: feed.config.dialect.clone(),
                state,
                connections: u32::try_from(connections).unwrap_or(u32::MAX),
                last_message_us: (last != 0).then_some(last),
                accepted: m.frames.load(Relaxed),
                undecoded: m.undecoded.load(Relaxed),
                per_minute: feed.frames_last_minute(now),
            }
        })
        .collect()
}

/// The room of the machine's state.
pub(crate) fn health_page(live: &Live, now: i64) -> HealthPage {
    let totals = live.totals();
    let journal = live.journal_figures();
    let disk = rustix::fs::statvfs(&live.data).ok();
    HealthPage {
        feeds: feeds(live, now),
        ready: live.is_ready(),
        accepted: totals.accepted,
        verdicts: totals.verdicts,
        undecoded: totals.undecoded,
        next_offset: live.applied_offset.load(Relaxed),
        durable_offset: journal.durable_offset,
        segments: journal.segments,
        journal_bytes: journal.bytes,
        flush_us: journal.flush_us,
        disk_free_bytes: disk.as_ref().map(|d| d.f_bavail * d.f_frsize),
        disk_total_bytes: disk.as_ref().map(|d| d.f_blocks * d.f_frsize),
        refusing: journal.disk_full,
        snapshot: live.last_snapshot(),
        data_folder: live.data.display().to_string(),
        started_us: live.started_us,
        resident_bytes: resident_bytes(),
        problems: live.problems(),
    }
}

/// Resident memory of this process (Linux: second number of /proc/self/statm, in pages).
pub(crate) fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
