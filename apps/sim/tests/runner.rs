//! The runner against a feed that breaks off: nothing is lost, what was not acknowledged comes again.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use tg_sim::{CityOptions, runner};
use tg_types::Instant;

fn frame(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut length = [0; 2];
    stream.read_exact(&mut length).ok()?;
    let mut frame = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut frame).ok()?;
    Some(frame)
}

#[test]
fn what_was_not_acknowledged_is_sent_again_byte_for_byte() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address");
    let feed = std::thread::spawn(move || {
        // Takes twenty, acknowledges twelve, breaks off.
        let (mut stream, _) = listener.accept().expect("the runner");
        let first: Vec<Vec<u8>> = (0..20).map_while(|_| frame(&mut stream)).collect();
        stream.write_all(&12_u64.to_be_bytes()).expect("acknowledged");
        // The acknowledgement must arrive before the end of the connection is seen.
        stream.shutdown(std::net::Shutdown::Write).expect("half closed");
        while frame(&mut stream).is_some() {}
        drop(stream);
        // Then takes all and acknowledges each.
        let (mut stream, _) = listener.accept().expect("the runner again");
        let mut second = Vec::new();
        while let Some(frame) = frame(&mut stream) {
            second.push(frame);
            stream.write_all(&(second.len() as u64).to_be_bytes()).expect("acknowledged");
        }
        (first, second)
    });
    let (speaker, stop) = std::sync::mpsc::channel();
    let live = CityOptions::TEN_IN_THE_MORNING;
    let options = CityOptions {
        terminals: 60,
        start: live.plus_us(-86_400_000_000),
        end: Some(live.plus_us(600_000_000)),
        attacks_until: Some(live.plus_us(300_000_000)),
        attacks: "card_testing".parse().expect("an attack"),
        ..CityOptions::new(9)
    };
    let mut printed = Vec::new();
    speaker.send(runner::Word::Go).expect("is heard");
    let summary = runner::run(address, options, 600.0, &stop, &mut printed).expect("runs");
    let (first, second) = feed.join().expect("the feed");
    assert_eq!(first.len(), 20);
    assert_eq!(second[..8], first[12..]);
    assert_eq!(second.len() as u64 + 12, summary.messages);
    assert_eq!(summary.acknowledged, summary.messages);
    assert_eq!(summary.reconnections, 1);
    assert!(summary.sent_again >= 8, "{summary:?}");

    let lines: Vec<serde_json::Value> = printed
        .split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .map(|l| serde_json::from_slice(l).expect("JSON"))
        .collect();
    let kinds: Vec<&str> = lines.iter().filter_map(|l| l["kind"].as_str()).collect();
    assert_eq!(kinds, ["town", "truth", "drawn_in", "summary"]);
    assert_eq!(lines[1]["attack"], "card_testing");
    assert!(lines[1]["started"].as_str().is_some_and(|t| t.starts_with("2026-11-10T02:0")), "{}", lines[1]);
    assert!(lines[2]["subjects"].as_array().is_some_and(|s| s.len() >= 20), "{}", lines[2]);
    let subject = lines[1]["subjects"][0]["terminal"].as_str().expect("a terminal");
    let places = lines[0]["places"].as_array().expect("places");
    assert!(places.iter().any(|p| p["terminal"] == subject));
}

#[test]
fn a_stopped_runner_ends_without_a_feed() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.local_addr().expect("its address")
    };
    let (stopper, stop) = std::sync::mpsc::channel();
    drop(stopper);
    let options =
        CityOptions { start: Instant(CityOptions::TEN_IN_THE_MORNING.0 - 1), ..CityOptions::new(1) };
    let summary = runner::run(address, options, 1.0, &stop, &mut Vec::new()).expect("ends");
    assert_eq!(summary.acknowledged, 0);
}
