//! What a person says of a finding, on the real process: kept across `kill -9`, counted once, undone, refused
//! from elsewhere; exports without card numbers.

use crate::harness::{Feed, Server, get_with, json_lines, run, sample_frames, stderr};
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Sends a form; the answer's head and body.
fn post(server: &Server, path: &str, headers: &str, body: &str) -> (String, String) {
    let mut stream = std::net::TcpStream::connect(server.http).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("sets");
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {}\r\n{headers}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        server.http,
        body.len()
    )
    .expect("sends");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head.to_owned(), body.to_owned())
}

fn judge(server: &Server, finding: &str, body: &str) -> String {
    post(server, &format!("{finding}/judgement"), "", body).0
}

/// The address of a finding that rests on payments.
fn a_finding(server: &Server) -> String {
    let page = server.page("/findings?state=all&code=card_testing");
    let mut links = page.split("href=\"").filter_map(|p| p.split('"').next());
    links.find(|p| p.starts_with("/findings/F-")).expect("a finding").to_owned()
}

fn form_id(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"id\" value=\"").expect("a form");
    rest.split('"').next().expect("it ends").to_owned()
}

/// What the outbox still holds, and how many judgements there are.
fn in_the_store(data: &Path) -> (u64, u64) {
    let connection = rusqlite::Connection::open(data.join("store.sqlite")).expect("opens");
    let count = |table: &str| {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).expect("counts") as u64
    };
    (count("outbox"), count("judgement"))
}

#[test]
fn what_was_said_of_a_finding_outlives_a_kill_and_counts_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let server = Server::start(&data);
    Feed::connect(server.feed).send_all(&sample_frames());
    server.settle();
    let finding = a_finding(&server);
    let open = |server: &Server| server.page("/findings?lang=en").matches("href=\"/findings/F-").count();
    let before = open(&server);
    let id = form_id(&server.page(&finding));
    let body =
        format!("id={id}&state=dismissed&reason=training_or_test&note=4111111111111111+%E5%9F%B9%E8%AE%AD");
    for _ in 0..2 {
        let head = judge(&server, &finding, &body);
        assert!(head.starts_with("HTTP/1.1 303"), "{head}");
        assert!(head.to_lowercase().contains(&format!("location: {finding}#judge").to_lowercase()), "{head}");
    }
    // At once: what was answered is durable.
    server.kill();
    let server = Server::start(&data);
    assert_eq!(open(&server), before - 1, "a dismissed finding leaves the open ones");
    let page = server.page(&format!("{finding}?lang=en"));
    for words in ["Dismissed", "Training, a test or an acceptance", "培训", "this console", "Undo"] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("4111111111111111"), "a card number in a note is masked");

    let begun = Instant::now();
    while in_the_store(&data).0 > 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "the outbox goes into the journal");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(in_the_store(&data).1, 1, "a form that is sent twice says one thing");
    let undo = format!("id={}&state=open", form_id(&page));
    assert!(judge(&server, &finding, &undo).starts_with("HTTP/1.1 303"));
    assert_eq!(open(&server), before);
    let confirm = format!("id={}&state=confirmed", form_id(&server.page(&finding)));
    assert!(judge(&server, &finding, &confirm).starts_with("HTTP/1.1 303"));
    let begun = Instant::now();
    while in_the_store(&data).0 > 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "the outbox goes into the journal");
        std::thread::sleep(Duration::from_millis(50));
    }
    server.settle();
    assert!(server.stop());

    // A store that is lost gets what was said back from the journal, without the free text.
    for name in ["store.sqlite", "store.sqlite-wal", "store.sqlite-shm"] {
        let _ = std::fs::remove_file(data.join(name));
    }
    let server = Server::start(&data);
    server.settle();
    let page = server.page(&format!("{finding}?lang=en"));
    assert!(page.contains("Confirmed") && page.contains("Taken back") && page.contains("Dismissed"));
    assert!(!page.contains("培训"), "the note was in the lost store alone");
    assert!(server.stop());
    let key = data.with_extension("key");
    let paths = [data.to_str().expect("UTF-8"), key.to_str().expect("UTF-8")];
    let replay = run(&["replay", "--data", paths[0], "--key-file", paths[1], "--json"]);
    assert!(replay.status.success(), "{}", stderr(&replay));
    assert!(json_lines(&replay).iter().any(|l| l["kind"] == "finding"), "the log replays with what was said");
}

#[test]
fn a_form_is_refused_from_elsewhere_in_parts_and_in_excess() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let server = Server::start(&data);
    Feed::connect(server.feed).send_all(&sample_frames());
    server.settle();
    let finding = a_finding(&server);
    let path = format!("{finding}/judgement");
    let id = form_id(&server.page(&finding));
    let right = format!("id={id}&state=confirmed");
    let status = |headers: &str, body: &str| {
        let (head, page) = post(&server, &path, headers, body);
        (head.split(' ').nth(1).expect("a status").to_owned(), page)
    };
    assert_eq!(status("Origin: http://evil.example\r\n", &right).0, "403");
    assert_eq!(status("Sec-Fetch-Site: cross-site\r\n", &right).0, "403");
    let (code, page) = status("", &format!("id={id}&state=dismissed"));
    assert!(code == "422" && page.contains("role=\"alert\""), "{code}");
    assert_eq!(status("", "").0, "422");
    assert_eq!(status("", "id=%00%FF&state=confirmed").0, "422");
    assert_eq!(status("", &format!("{right}&note={}", "x".repeat(600))).0, "422");
    assert_eq!(status("", &format!("{right}&note={}", "x".repeat(40_000))).0, "413");
    assert_eq!(in_the_store(&data).1, 0, "nothing was kept");
    let nowhere = post(&server, "/findings/F-999999-0/judgement", "", &right).0;
    assert!(nowhere.starts_with("HTTP/1.1 404"), "{nowhere}");
    let own = format!("Origin: http://{}\r\n", server.http);
    assert_eq!(status(&own, &right).0, "303", "our own page may");
}

#[test]
fn findings_leave_as_files_without_card_numbers() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder.path().join("data"));
    Feed::connect(server.feed).send_all(&sample_frames());
    server.settle();
    let finding = a_finding(&server);
    let ask = |path: &str| {
        let headers = format!("Host: {}\r\nAccept-Language: en\r\n", server.http);
        let (head, body) = get_with(server.http, path, &headers).expect("an answer");
        assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
        assert!(head.to_lowercase().contains("content-disposition: attachment"), "{path}: {head}");
        body
    };
    let one: serde_json::Value = serde_json::from_str(&ask(&format!("{finding}/export.json"))).expect("JSON");
    assert_eq!(one["schema"], "tillguard.finding/1");
    assert_eq!(one["state"], "open");
    let payments = one["payments"].as_array().expect("payments");
    assert!(!payments.is_empty());
    for card in payments.iter().filter_map(|p| p["card"].as_str()) {
        assert!(card.contains('*') && card.chars().filter(char::is_ascii_digit).count() == 10, "{card}");
    }
    let table = ask(&format!("{finding}/export.csv"));
    assert!(table.starts_with("\u{FEFF}\"payment\",\"at\",") && table.lines().count() == payments.len() + 1);
    let list: serde_json::Value =
        serde_json::from_str(&ask("/findings/export.json?state=all&code=card_testing")).expect("JSON");
    assert!(!list["findings"].as_array().expect("findings").is_empty());
    let none: serde_json::Value =
        serde_json::from_str(&ask("/findings/export.json?state=confirmed")).expect("JSON");
    assert_eq!(none["findings"].as_array().map(Vec::len), Some(0));
    assert!(ask("/findings/export.csv?state=all").lines().count() > 1);
    let filtered = server.page("/findings?lang=en&state=all&subject=00000000");
    assert!(filtered.contains("No finding matches the filter."));
    let card = server.page("/findings?lang=en&text=4111111111111111");
    assert!(card.contains("card number") && !card.contains("4111111111111111"));
    assert!(!server.page("/findings?lang=en").contains("truth="), "no truth outside the demo");
}
