//! `tillguard qr`: each given attack by its names, clean codes without any, card data never, bad files refused.

use crate::harness::{ROOT, Server, free_address, get_with, json_lines, run, run_with, stderr, stdout};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

fn checked(arguments: &[&str]) -> Value {
    let output = run(&[&["qr", "--json"], arguments].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    json_lines(&output)[0].clone()
}

#[test]
fn given_attacks_are_told_and_clean_codes_are_the_registered_ones() {
    let text =
        std::fs::read_to_string(format!("{ROOT}/data/qr/attacks.jsonl")).expect("is in the repository");
    for row in text.lines().map(|l| serde_json::from_str::<Value>(l).expect("is JSON")) {
        let word = |key: &str| row[key].as_str().expect("a text");
        let found = checked(&["--issued", word("issued_code"), "--", word("payload")]);
        let codes: Vec<&Value> =
            found[0]["findings"].as_array().expect("a list").iter().map(|f| &f["code"]).collect();
        let expected = row["expect_findings"].as_array().expect("a list");
        assert!(expected.iter().all(|e| codes.contains(&e)), "{}: {codes:?}", word("id"));
        assert_eq!(expected.is_empty(), codes.is_empty(), "{}: {codes:?}", word("id"));
        assert_eq!(expected.is_empty(), found[0]["verdict"] == "ok", "{}", word("id"));
    }
}

#[test]
fn the_answer_has_the_contracts_keys() {
    let found = checked(&["00020101021129370016A0000006770101110113006681234567853037645802TH6304823E"]);
    for key in ["text", "engine", "box", "scheme", "fields", "emv", "crc_ok", "findings", "verdict"] {
        assert!(found[0].get(key).is_some(), "{key}");
    }
    assert_eq!((&found[0]["scheme"], &found[0]["crc_ok"]), (&"PromptPay".into(), &true.into()));
}

#[test]
fn track_data_of_a_customers_code_is_masked() {
    let output = run(&["qr", "--json", "hQVDUFYwMWEaTwegAAAAVVVVVw8SNFZ4kBI0WNGRIgESNF8="]);
    let said = stdout(&output);
    assert!(
        said.contains("\"masked\":true") && !said.contains("1234567890") && !said.contains("EjRWeJ"),
        "{said}"
    );
}

#[test]
fn a_file_that_is_no_picture_is_refused_in_words() {
    let output =
        run_with(&["qr", "-"], b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\x01\x86\xa0\0\x01\x86\xa0\x08\0\0\0\0");
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("TG-1011"), "{}", stderr(&output));
    assert_eq!(run(&["qr", "--key", "3=no-such-file", "x"]).status.code(), Some(2));
}

/// `data/qr/attacks.jsonl`, X001.
const ISSUED: &str = "00020101021126390016A00000033301010101158981100572200015204581253031565802CN5918LIANYU COFFEE NO.36008SHANGHAI62220306ST00030708T10002346304CC82";

fn settings(folder: &std::path::Path, rows: &str) -> String {
    let codes = folder.join("codes.csv");
    std::fs::write(&codes, format!("payload,terminal,payee,place,print_job,valid_until\n{rows}"))
        .expect("writes");
    let path = folder.join("c.toml");
    std::fs::write(&path, format!("[register]\ncodes = {:?}\n", codes.display().to_string()))
        .expect("writes");
    path.display().to_string()
}

/// Sends a form with one file or text, as a browser does.
fn send(public: SocketAddr, parts: &[(&str, Option<&str>, &[u8])]) -> String {
    let mut body = Vec::new();
    for (name, file, data) in parts {
        let file = file.map_or(String::new(), |f| format!("; filename=\"{f}\""));
        let head = format!("--xx\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend([head.as_bytes(), data, b"\r\n"].concat());
    }
    body.extend(b"--xx--\r\n");
    let mut stream = TcpStream::connect(public).expect("connects");
    let length = body.len();
    let head = format!(
        "POST /code HTTP/1.1\r\nHost: {public}\r\nContent-Type: multipart/form-data; boundary=xx\r\n\
         Content-Length: {length}\r\nCookie: tg_lang=en\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)).expect("sends");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn the_page_for_everybody_knows_the_register_and_keeps_the_form_out_of_the_address() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = settings(folder.path(), &format!("{ISSUED},T1000234,Lianyu,counter,P-7,\n"));
    let public = free_address();
    let server = Server::start_with(
        &folder.path().join("data"),
        &["--public", &public.to_string(), "--config", &config],
    );
    let page = send(public, &[("text", None, ISSUED.as_bytes()), ("terminal", None, b"T1000234")]);
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("The same as a registered code"), "{page}");
    assert!(page.contains("cache-control: no-store") && page.contains("898110057220001"), "{page}");
    let swapped = ISSUED.replace("898110057220001", "898110057229999");
    let page = send(public, &[("text", None, swapped.as_bytes())]);
    assert!(page.contains("isn’t in the register") && !page.contains("The same as"), "{page}");
    let page = send(public, &[("photo", Some("x.gif"), b"GIF89a")]);
    assert!(page.starts_with("HTTP/1.1 422") && page.contains("no JPEG, PNG or WebP"), "{page}");
    // The console lists the code and prints it; strangers see neither.
    let own =
        |path: &str| get_with(server.http, path, &format!("Host: {}\r\n", server.http)).expect("answers").1;
    assert!(own("/codes?lang=en").contains("T1000234"));
    let sheet = own("/codes/sheet?for=T1000234");
    assert!(sheet.contains("<path d=\"M4 4h7v1h-7z") && sheet.contains("T1000234"), "{sheet}");
    assert!(own("/codes/sheet?for=T9").contains("没有可打印的码"));
    let (head, _) = get_with(public, "/codes", &format!("Host: {public}\r\n")).expect("answers");
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
}

#[test]
fn a_bad_row_of_the_register_keeps_the_center_from_starting_and_names_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = settings(folder.path(), &format!("{ISSUED},T1000234,,,,\n{ISSUED}X,T1,,,,soon\n"));
    let data = folder.path().join("data");
    let key = folder.path().join("key");
    let http = free_address().to_string();
    let output = run(&[
        "serve",
        "--lang",
        "en",
        "--http",
        &http,
        "--data",
        &data.display().to_string(),
        "--key-file",
        &key.display().to_string(),
        "--config",
        &config,
    ]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    for word in ["TG-1007", "codes.csv", "3", "valid_until", "2027-12-31", "soon"] {
        assert!(said.contains(word), "{word}: {said}");
    }
}
