//! What is wrong is counted, bounded, explained, and never a crash.

use crate::harness::{BINARY, Feed, Server, command, free_address, run, sample_frames, stderr};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

fn problem(output: &std::process::Output) -> Value {
    let text = stderr(output);
    let line = text.lines().find(|l| l.starts_with('{')).unwrap_or_else(|| panic!("no problem in {text}"));
    serde_json::from_str(line).expect("a problem")
}

#[test]
fn garbage_half_frames_and_empty_frames_are_counted_and_explained() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder.path().join("data"));
    let mut garbage: Vec<Vec<u8>> =
        vec![vec![], vec![0], vec![0xFF; 65_535], b"GET / HTTP/1.1\r\n\r\n".to_vec()];
    garbage.extend((0..200_u64).map(|n| (0..n).map(|i| tg_types::mix64(n * 1000 + i) as u8).collect()));
    let mut feed = Feed::connect(server.feed);
    feed.send_all(&garbage);
    server.settle();
    assert_eq!(server.metric("tillguard_undecoded_total"), garbage.len() as u64);
    assert_eq!(server.metric("tillguard_events_accepted_total"), 0);
    let page = server.page("/undecoded?lang=zh-CN");
    assert!(page.contains("方言"), "the page says what is most likely wrong");

    // Half a frame, then the end: not a frame, and said so.
    let mut half = TcpStream::connect(server.feed).expect("connects");
    half.write_all(&[0, 100, 1, 2, 3]).expect("sends");
    half.shutdown(Shutdown::Write).expect("closes");
    let mut answer = Vec::new();
    half.read_to_end(&mut answer).expect("the server closes as well");
    assert!(answer.is_empty(), "nothing was durable: {answer:?}");
    let page = server.page("/metrics");
    assert!(page.contains("tillguard_feed_half_frames_total{feed=\"mirror\"} 1"), "{page}");

    // After all that the feed still works.
    let mut feed = Feed::connect(server.feed);
    feed.send_all(&sample_frames()[..10]);
    assert!(server.stop());
}

#[test]
fn a_client_that_never_reads_is_not_waited_for_and_slow_bytes_arrive() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder.path().join("data"));
    let mut deaf = Feed::connect(server.feed);
    let frames = sample_frames();
    for _ in 0..20 {
        for frame in &frames {
            deaf.send(frame).expect("is taken");
        }
    }
    let mut slow = Feed::connect(server.feed);
    let mut bytes = (frames[0].len() as u16).to_be_bytes().to_vec();
    bytes.extend_from_slice(&frames[0]);
    for byte in &bytes {
        slow.stream.write_all(&[*byte]).expect("sends");
    }
    slow.wait_for(1);
    server.settle();
    assert_eq!(server.metric("tillguard_events_accepted_total"), 20 * frames.len() as u64 + 1);
}

#[test]
fn when_the_client_closes_the_last_count_comes_and_the_connection_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder.path().join("data"));
    let mut feed = Feed::connect(server.feed);
    let frames = &sample_frames()[..25];
    for frame in frames {
        feed.send(frame).expect("sends");
    }
    feed.stream.shutdown(Shutdown::Write).expect("closes");
    let mut answer = Vec::new();
    feed.stream.read_to_end(&mut answer).expect("ends");
    let (counts, rest) = answer.as_chunks::<8>();
    assert!(rest.is_empty() && !counts.is_empty());
    assert_eq!(counts.last().map(|c| u64::from_be_bytes(*c)), Some(25));
}

#[test]
fn an_exact_repeat_is_a_duplicate_and_gets_its_verdict() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder.path().join("data"));
    let frames = sample_frames();
    for _ in 0..2 {
        Feed::connect(server.feed).send_all(&frames);
    }
    server.settle();
    let n = frames.len() as u64;
    assert_eq!(server.metric("tillguard_verdicts_total"), 2 * n);
    assert!(server.metric("tillguard_engine_duplicates_total") >= n);
}

#[test]
fn refusals_say_what_and_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let server = Server::start(&data);
    let text = |p: &std::path::Path| p.to_str().expect("UTF-8").to_owned();
    let (d, key) = (text(&data), text(&data.with_extension("key")));
    let serve = |more: &[&str]| {
        let mut arguments = vec!["serve", "--json", "--data", &d, "--key-file", &key];
        arguments.extend(more);
        let mut child = command(&arguments);
        let output = child.output().expect("runs");
        assert!(!output.status.success());
        problem(&output)
    };
    let http = free_address().to_string();
    let second = serve(&["--http", &http]);
    assert_eq!(second["code"], "TG-3002", "{second}");
    let taken = serve(&["--http", &server.http.to_string()]);
    assert_eq!(taken["code"], "TG-4001", "{taken}");
    assert!(server.stop());

    let outside = serve(&["--http", "0.0.0.0:0"]);
    assert_eq!(outside["code"], "TG-2003", "{outside}");
    let feed = serve(&["--http", &http, "--feed", "0.0.0.0:9999,dialect=cup_pos"]);
    assert!(
        feed["code"] == "TG-2003" && feed["what"]["en"].as_str().is_some_and(|w| w.contains("TLS")),
        "{feed}"
    );
    let dialect = serve(&["--http", &http, "--feed", "127.0.0.1:0,dialect=cup_pso"]);
    assert!(dialect["code"] == "TG-1004" && dialect["expected"] == "cup_pos", "{dialect}");

    let other = folder.path().join("other.key");
    std::fs::write(&other, "11".repeat(32)).expect("writes");
    std::fs::set_permissions(&other, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("sets");
    let output = run(&["serve", "--json", "--data", &d, "--key-file", &text(&other), "--http", &http]);
    assert_eq!(problem(&output)["code"], "TG-3003");
    let output = run(&["replay", "--json", "--data", &d, "--key-file", &text(&other)]);
    assert_eq!(problem(&output)["code"], "TG-3003");

    let config = folder.path().join("c.toml");
    std::fs::write(
        &config,
        "http = \"127.0.0.1:0\"\n\n[[feed]]\naddress = \"127.0.0.1:0\"\ndialct = \"cup_pos\"\n",
    )
    .expect("writes");
    let wrong = serve(&["--config", &text(&config)]);
    assert_eq!(
        (&wrong["code"], &wrong["where"]["line"]),
        (&Value::from("TG-2001"), &Value::from(5)),
        "{wrong}"
    );
    assert_eq!(wrong["expected"], "dialect");

    let file = folder.path().join("a-file");
    std::fs::write(&file, "x").expect("writes");
    let output =
        run(&["serve", "--json", "--data", &text(&file.join("below")), "--key-file", &key, "--http", &http]);
    assert_eq!(problem(&output)["code"], "TG-3001");

    let ahead = rusqlite::Connection::open(data.join("store.sqlite")).expect("opens");
    ahead.execute("UPDATE meta SET value = value + 1000 WHERE name = 'next_offset'", []).expect("writes");
    let refused = serve(&["--http", &http]);
    assert!(refused["what"]["en"].as_str().is_some_and(|w| w.contains("old copy")), "{refused}");
    ahead.execute("UPDATE meta SET value = value - 1000 WHERE name = 'next_offset'", []).expect("writes");
    drop(ahead);

    let newer = rusqlite::Connection::open(data.join("store.sqlite")).expect("opens");
    newer.pragma_update(None, "user_version", 99).expect("writes");
    drop(newer);
    assert_eq!(serve(&["--http", &http])["code"], "TG-3004");
}

#[test]
fn a_full_disk_refuses_politely_and_goes_on() {
    // A small file system of its own needs root; elsewhere the simulated disk covers it.
    let folder = tempfile::tempdir().expect("a folder");
    let mount = folder.path().join("small");
    std::fs::create_dir(&mount).expect("makes");
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=230m", "tmpfs"])
        .arg(&mount)
        .stderr(std::process::Stdio::null())
        .status()
        .is_ok_and(|s| s.success());
    if !mounted {
        eprintln!("skipped: no right to mount; center/journal/tests covers a full disk in simulation");
        return;
    }
    let unmount = Unmount(mount.clone());
    let server = Server::start(&mount.join("data"));
    let mut supply = tg_sim::BenchFrames::new(3);
    let feed = TcpStream::connect(server.feed).expect("connects");
    let mut reader = feed.try_clone().expect("clones");
    let acknowledged = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let counted = acknowledged.clone();
    let listener = std::thread::spawn(move || {
        let mut count = [0; 8];
        while reader.read_exact(&mut count).is_ok() {
            counted.store(u64::from_be_bytes(count), std::sync::atomic::Ordering::Relaxed);
        }
    });
    feed.set_write_timeout(Some(Duration::from_millis(200))).expect("sets");
    let mut sent_bytes = 0_usize;
    let full = (0..400).any(|_| {
        let mut piece = Vec::new();
        (0..2_000).for_each(|_| supply.push_pair(&mut piece));
        let mut rest = piece.as_slice();
        while !rest.is_empty() {
            match (&feed).write(rest) {
                Ok(n) => {
                    sent_bytes += n;
                    rest = &rest[n..];
                }
                Err(_) if server.metric("tillguard_journal_disk_full") == 1 => return true,
                Err(_) => {}
            }
        }
        false
    });
    assert!(full, "the disk never filled; {sent_bytes} bytes were taken");
    let before = acknowledged.load(std::sync::atomic::Ordering::Relaxed);
    assert!(before > 0, "what came before was acknowledged");
    assert!(server.page("/health?lang=zh-CN").contains("磁盘"), "the page says so");
    // Room again: it goes on by itself.
    std::process::Command::new("mount")
        .args(["-o", "remount,size=900m"])
        .arg(&mount)
        .status()
        .expect("remounts");
    let went_on = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        acknowledged.load(std::sync::atomic::Ordering::Relaxed) > before
    });
    assert!(went_on, "goes on after room was made");
    feed.shutdown(Shutdown::Both).expect("closes");
    listener.join().expect("ends");
    server.settle();
    assert_eq!(server.metric("tillguard_events_accepted_total"), server.metric("tillguard_verdicts_total"));
    drop(server);
    drop(unmount);
}

struct Unmount(std::path::PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn core_dumps_are_off() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder.path().join("data"));
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.child.id())).expect("reads");
    let core = limits.lines().find(|l| l.starts_with("Max core file size")).expect("a limit");
    assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"], "{core}");
    let _ = BINARY;
}

#[test]
fn too_many_connections_are_closed_and_counted_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder.path().join("data"));
    let mut first = Feed::connect(server.feed);
    let crowd: Vec<TcpStream> = (0..1_500).filter_map(|_| TcpStream::connect(server.feed).ok()).collect();
    assert!(crowd.len() > 1_100, "the system itself allows {} connections only", crowd.len());
    let refused = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        let page = server.page("/metrics");
        let line = page
            .lines()
            .find(|l| l.starts_with("tillguard_feed_connections_refused_total{"))
            .unwrap_or_default();
        line.rsplit(' ').next().and_then(|n| n.parse::<u64>().ok()).is_some_and(|n| n >= 400)
    });
    assert!(refused, "the connections over the bound are counted");
    first.send_all(&sample_frames()[..10]);
    drop(crowd);
    assert!(server.stop());
}
