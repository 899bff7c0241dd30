//! Invariants I3 and I4 on the real process: `kill -9` at random moments loses nothing, doubles nothing,
//! and the store made anew from the journal equals the one that was kept.

use crate::harness::{Feed, Server, json_lines, run, stderr};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// How often the process is killed: `TG_KILLS`, 200 in CI.
fn kills() -> u64 {
    std::env::var("TG_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(20)
}

/// SplitMix64: the moments are random but come again with the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        tg_types::mix64(self.0) % n
    }
}

#[test]
fn kill_9_loses_nothing_and_doubles_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mut supply = tg_sim::BenchFrames::new(7);
    let mut dice = Dice(std::env::var("TG_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1));
    // Everything is to be indexed, so that the rows can be compared.
    let config = folder.path().join("tillguard.toml");
    std::fs::write(&config, "[limits]\nindex_per_second = 1_000_000\n").expect("writes");
    let start = || Server::start_with(&data, &["--config", path(&config)]);
    let (mut waiting, mut sent_whole) = (Vec::<Vec<u8>>::new(), 0_u64);
    let mut slowest = Duration::ZERO;
    for round in 0..kills() {
        let begun = Instant::now();
        let server = start();
        slowest = slowest.max(begun.elapsed());
        while waiting.len() < 2_000 {
            let mut pair = Vec::new();
            supply.push_pair(&mut pair);
            waiting.extend(frames_of(&pair));
        }
        let patience = Duration::from_micros(dice.below(60_000));
        let acknowledged = send_until(&server, &waiting, patience);
        server.kill();
        sent_whole += acknowledged;
        // What was not acknowledged is sent again, as the protocol asks.
        waiting.drain(..acknowledged as usize);
        assert!(round > 0 || data.join("journal").is_dir());
    }
    let server = start();
    if !waiting.is_empty() {
        Feed::connect(server.feed).send_all(&waiting);
    }
    sent_whole += waiting.len() as u64;
    server.settle();
    let (accepted, verdicts) =
        (server.metric("tillguard_events_accepted_total"), server.metric("tillguard_verdicts_total"));
    let duplicates = server.metric("tillguard_engine_duplicates_total");
    assert_eq!(accepted, verdicts, "every accepted message has its verdict");
    assert_eq!(accepted - duplicates, sent_whole, "each message once; what was sent again is marked");
    assert!(slowest < Duration::from_secs(15), "recovered after {slowest:?}");
    assert!(server.stop(), "ends well on SIGTERM");

    let key = data.with_extension("key");
    let replay = run(&["replay", "--data", path(&data), "--key-file", path(&key), "--json"]);
    assert!(replay.status.success(), "{}", stderr(&replay));
    let lines = json_lines(&replay);
    let verdicts: Vec<_> = lines.iter().filter(|l| l["kind"] == "verdict").collect();
    assert_eq!(verdicts.len() as u64, accepted);
    let mut once = BTreeMap::new();
    for v in verdicts.iter().filter(|v| v["duplicate"] == false) {
        *once
            .entry((v["terminal"].to_string(), v["trace"].to_string(), v["mti"].to_string()))
            .or_insert(0) += 1;
    }
    assert_eq!(once.len() as u64, sent_whole, "all messages are there");
    assert!(once.values().all(|n| *n == 1), "none is there twice");

    // Live against replay: the rows that the live process kept through all crashes, and the rows made anew.
    let kept = rows(&data);
    for name in ["store.sqlite", "store.sqlite-wal", "store.sqlite-shm"] {
        let _ = std::fs::remove_file(data.join(name));
    }
    let server = start();
    server.settle();
    assert!(server.stop());
    let anew = rows(&data);
    assert_eq!(kept.len(), anew.len());
    for (table, rows) in &kept {
        assert!(anew[table] == *rows, "table {table}: live and replay differ");
    }
    assert_eq!(kept["payment"].len() as u64, sent_whole / 2, "every payment is indexed");
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a UTF-8 path")
}

fn frames_of(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = bytes;
    let mut frames = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let (frame, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
        frames.push(frame.to_vec());
        rest = after;
    }
    frames
}

/// Sends until the patience is over; how many frames were acknowledged by then.
fn send_until(server: &Server, frames: &[Vec<u8>], patience: Duration) -> u64 {
    let feed = Feed::connect(server.feed);
    let mut writer = feed.stream.try_clone().expect("clones");
    let mut reader = feed.stream.try_clone().expect("clones");
    reader.set_read_timeout(Some(Duration::from_millis(1))).expect("sets");
    let begun = Instant::now();
    let mut acknowledged = 0;
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for frame in frames {
                let mut bytes = (frame.len() as u16).to_be_bytes().to_vec();
                bytes.extend_from_slice(frame);
                // The server may be killed under it.
                if writer.write_all(&bytes).is_err() {
                    return;
                }
            }
        });
        let mut pending = Vec::new();
        let mut piece = [0; 512];
        while begun.elapsed() < patience && acknowledged < frames.len() as u64 {
            if let Ok(n) = reader.read(&mut piece) {
                pending.extend_from_slice(&piece[..n]);
                let whole = pending.len() / 8 * 8;
                if let Some(last) = pending[..whole].last_chunk::<8>() {
                    acknowledged = u64::from_be_bytes(*last);
                }
                pending.drain(..whole);
            }
        }
    });
    acknowledged
}

/// Every row of the tables that follow from the log, as text. Minute counts of frames depend on no crash
/// either; `changed` and all else is compared.
fn rows(data: &Path) -> BTreeMap<String, Vec<String>> {
    let connection = rusqlite::Connection::open(data.join("store.sqlite")).expect("opens");
    let mut all = BTreeMap::new();
    for table in ["payment", "step", "finding", "undecoded", "minute", "terminal"] {
        let mut statement =
            connection.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2, 3")).expect("prepares");
        let columns = statement.column_count();
        let rows = statement
            .query_map([], |row| {
                let values: Result<Vec<String>, _> =
                    (0..columns).map(|i| row.get_ref(i).map(|v| format!("{v:?}"))).collect();
                values.map(|v| v.join("|"))
            })
            .expect("queries");
        all.insert(table.to_owned(), rows.map(|r| r.expect("reads")).collect());
    }
    all
}
