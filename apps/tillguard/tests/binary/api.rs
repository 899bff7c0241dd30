//! The API of the console's listener: the same answers as the commands, problems as RFC 9457.

use crate::harness::{Server, run, stdout};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

fn post(address: SocketAddr, path: &str, kind: &str, body: &[u8], more: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(address).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("sets");
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         {more}Connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("sends");
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
    (status, head.to_lowercase(), body.to_owned())
}

#[test]
fn diagnose_answers_as_the_command_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder.path().join("data"));
    let body = br#"{"given": {"code": "A7", "network": "ok"}, "did": {"sign_on": "failed"}}"#;
    let (status, head, answer) = post(server.http, "/api/v1/diagnose", "application/json", body, "");
    assert!(status == 200 && head.contains("content-type: application/json"), "{head}");
    let over_http: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
    let command = run(&["diagnose", "--given", "code=A7", "network=ok", "--did", "sign_on=failed", "--json"]);
    let command: serde_json::Value = serde_json::from_str(&stdout(&command)).expect("JSON");
    assert_eq!(over_http, command);
    assert_eq!(over_http["schema"], "tillguard.diagnosis/1");
}

#[test]
fn locate_answers_as_the_command_does_and_names_bad_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder.path().join("data"));
    let mut csv = "issuer,region,failures,total\n".to_owned();
    for issuer in 0..6 {
        for region in 0..6 {
            csv += &format!("i{issuer},r{region},{},200\n", if issuer == 3 { 90 } else { 4 });
        }
    }
    let path = folder.path().join("w.csv");
    std::fs::write(&path, &csv).expect("writes");
    let (status, _, answer) = post(server.http, "/api/v1/locate", "text/csv", csv.as_bytes(), "");
    assert_eq!(status, 200, "{answer}");
    let mut over_http: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
    let command = run(&["locate", &path.display().to_string(), "--json"]);
    let mut command: serde_json::Value = serde_json::from_str(&stdout(&command)).expect("JSON");
    for answer in [&mut over_http, &mut command] {
        answer["seconds"] = 0.into();
    }
    assert_eq!(over_http, command);
    assert_eq!(over_http["elements"][0]["where"]["issuer"], "i3");
    let bad = format!("{csv}i1,r1,many,200\n");
    let (status, head, answer) =
        post(server.http, "/api/v1/locate", "text/csv", bad.as_bytes(), "Accept-Language: en\r\n");
    assert!(status == 422 && head.contains("content-type: application/problem+json"), "{head}");
    let problem: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(problem["type"], "urn:tillguard:problem:TG-1007");
    assert_eq!((&problem["status"], &problem["rows"][0]["where"]["line"]), (&422.into(), &38.into()));
    let (status, ..) = post(server.http, "/api/v1/locate?skip_bad_rows=true", "text/csv", bad.as_bytes(), "");
    assert_eq!(status, 200);
}

#[test]
fn what_is_wrong_is_said_and_what_is_too_much_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder.path().join("data"));
    let ask = |body: &[u8], more: &str| post(server.http, "/api/v1/diagnose", "application/json", body, more);
    let (status, _, answer) = ask(br#"{"given": {"netwrk": "ok"}}"#, "Accept-Language: zh-CN\r\n");
    let problem: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!((status, &problem["problem"]["expected"]), (422, &"network".into()));
    assert!(problem["title"].as_str().is_some_and(|t| t.contains('用')), "{problem}");
    for body in [&b"{"[..], b"[]", b"null", b"\xff", br#"{"given": 5}"#, br#"{"given": {"code": {}}}"#] {
        let (status, head, _) = ask(body, "");
        assert!(status == 422 && head.contains("problem+json"), "{body:?}: {head}");
    }
    let (status, ..) = ask(&vec![b' '; 100_000], "");
    assert_eq!(status, 413);
    let (status, ..) = ask(b"{}", "Origin: http://evil.example\r\n");
    assert_eq!(status, 403);
}
