//! Invariant I2: the exact card numbers that were sent are searched for in everything that a run wrote, in
//! every encoding that the program could have used.

use crate::harness::{Feed, SAMPLE, Server, run, sample_frames, stdout};
use std::collections::BTreeSet;
use std::path::Path;

/// The numbers of the sample, taken out of its frames by the library itself.
fn numbers() -> BTreeSet<String> {
    let mut decoder = tg_iso8583::Decoder::named("cup_pos").expect("exists");
    let mut numbers = BTreeSet::new();
    for frame in sample_frames() {
        let Ok(message) = decoder.decode(&frame) else { continue };
        for field in [2, 35] {
            let mut buffer = [0; 128];
            if let Some(digits) = message.field(field).and_then(|f| f.digits_into(&mut buffer)) {
                let digits = digits.split(|d| *d == b'=').next().unwrap_or_default();
                numbers.insert(String::from_utf8_lossy(digits).into_owned());
            }
        }
    }
    numbers.into_iter().filter(|n| n.len() >= 13).collect()
}

/// All ways in which a number could stand in bytes.
fn encodings(number: &str) -> Vec<(&'static str, Vec<u8>)> {
    let nibbles = |digits: &str| -> Vec<u8> {
        let digits: Vec<u8> = digits.bytes().map(|b| b - b'0').collect();
        digits.chunks_exact(2).map(|p| p[0] << 4 | p[1]).collect()
    };
    let hex =
        |bytes: &[u8]| -> Vec<u8> { bytes.iter().flat_map(|b| format!("{b:02x}").into_bytes()).collect() };
    let even = &number[..number.len() / 2 * 2];
    let shifted = &number[1..1 + (number.len() - 1) / 2 * 2];
    let value: u128 = number.parse().expect("digits");
    let base64 =
        |skip: usize| -> Vec<u8> { base64(&number.as_bytes()[skip..skip + (number.len() - skip) / 3 * 3]) };
    vec![
        ("text", number.as_bytes().to_vec()),
        ("BCD", nibbles(even)),
        ("BCD, shifted", nibbles(shifted)),
        ("hex of text", hex(number.as_bytes())),
        ("UTF-16", number.bytes().flat_map(|b| [b, 0]).collect()),
        ("EBCDIC", number.bytes().map(|b| b - b'0' + 0xF0).collect()),
        ("little-endian", value.to_le_bytes()[..8].to_vec()),
        ("big-endian", value.to_be_bytes()[8..].to_vec()),
        ("base64", base64(0)),
        ("base64, shifted", base64(1)),
        ("base64, shifted twice", base64(2)),
        ("with spaces", number.as_bytes().chunks(4).collect::<Vec<_>>().join(&b' ')),
    ]
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let triples =
        bytes.chunks_exact(3).map(|t| u32::from(t[0]) << 16 | u32::from(t[1]) << 8 | u32::from(t[2]));
    triples.flat_map(|n| [18, 12, 6, 0].map(|s| DIGITS[(n >> s & 63) as usize])).collect()
}

fn search(folder: &Path, numbers: &BTreeSet<String>) -> Vec<String> {
    let patterns: Vec<(String, &str, Vec<u8>)> = numbers
        .iter()
        .flat_map(|n| {
            encodings(n)
                .into_iter()
                .map(|(name, bytes)| (format!("{}…{}", &n[..6], &n[n.len() - 4..]), name, bytes))
        })
        .collect();
    let mut by_start: std::collections::HashMap<[u8; 4], Vec<usize>> = std::collections::HashMap::new();
    for (i, (_, _, bytes)) in patterns.iter().enumerate() {
        by_start.entry(*bytes.first_chunk::<4>().expect("long enough")).or_default().push(i);
    }
    let mut found = Vec::new();
    let mut files = vec![folder.to_owned()];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(&path).expect("lists").flatten().map(|f| f.path()));
            continue;
        }
        let bytes = std::fs::read(&path).expect("reads");
        for (at, window) in bytes.windows(4).enumerate() {
            for i in by_start.get(window).into_iter().flatten() {
                let (number, name, pattern) = &patterns[*i];
                if bytes[at..].starts_with(pattern) {
                    found.push(format!("{} holds {number} as {name} at {at}", path.display()));
                }
            }
        }
    }
    found
}

#[test]
fn the_search_itself_finds_what_is_planted() {
    let folder = tempfile::tempdir().expect("a folder");
    let numbers = BTreeSet::from(["4111111111111111".to_owned()]);
    for (name, bytes) in encodings("4111111111111111") {
        std::fs::write(folder.path().join("f"), [&b"xyz"[..], &bytes, b"z"].concat()).expect("writes");
        assert!(search(folder.path(), &numbers).iter().any(|f| f.contains(name)), "{name} is not found");
    }
}

#[test]
fn nothing_that_a_run_writes_holds_a_card_number() {
    let numbers = numbers();
    assert!(numbers.len() > 20, "the sample holds card numbers");
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let server = Server::start(&data);
    let mut frames = sample_frames();
    // Frames that can't be decoded hold numbers as well: cut ones, longer ones, and numbers as plain text.
    let broken: Vec<Vec<u8>> = frames
        .iter()
        .filter(|f| f.len() > 60)
        .take(40)
        .flat_map(|f| {
            let (mut longer, cut) = (f.clone(), f[..f.len() - 9].to_vec());
            longer.extend_from_slice(b"xx");
            [longer, cut]
        })
        .collect();
    frames.extend(broken);
    frames.extend(numbers.iter().map(|n| n.as_bytes().to_vec()));
    let mut feed = Feed::connect(server.feed);
    feed.send_all(&frames);
    server.settle();
    assert!(server.metric("tillguard_undecoded_total") >= 100);
    // Whatever a page shows is written somewhere by a browser.
    for page in
        ["/", "/payments", "/payments?outcome=failed", "/terminals", "/undecoded", "/findings", "/metrics"]
    {
        std::fs::write(folder.path().join(format!("page{}", page.replace('/', "_"))), server.page(page))
            .expect("writes");
    }
    for number in numbers.iter().take(3) {
        let found = server.page(&format!("/search?q={number}"));
        std::fs::write(folder.path().join("search"), found).expect("writes");
    }
    server.kill();
    let server = Server::start(&data);
    assert!(server.stop());
    let key = data.with_extension("key");
    let text = |p: &Path| p.to_str().expect("UTF-8").to_owned();
    for arguments in [
        vec!["replay".into(), "--data".into(), text(&data), "--key-file".into(), text(&key), "--json".into()],
        vec!["replay".into(), SAMPLE.into(), "--json".into()],
        vec!["decode".into(), SAMPLE.into(), "--json".into()],
        vec!["decode".into(), SAMPLE.into()],
    ] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let name = format!("output{}", arguments.len());
        std::fs::write(folder.path().join(name), stdout(&run(&arguments))).expect("writes");
        let found = search(folder.path(), &numbers);
        assert!(found.is_empty(), "{arguments:?}: {found:#?}");
    }
}
