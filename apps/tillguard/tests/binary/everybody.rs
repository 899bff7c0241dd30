//! The pages for everybody at the till, on the real binary: gone, statement, offer, report, safe.

use crate::harness::{Server, free_address, get_with, run, run_with, stderr};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

/// Bytes of a page and all that it loads.
const PAGE_BYTES_MAX: usize = 60 * 1024;
const PATHS: &[&str] = &[
    "/gone",
    "/gone?what=misused",
    "/gone?what=lost",
    "/gone?what=sent",
    "/gone?what=code",
    "/gone?what=deposit",
    "/gone?what=abroad",
    "/gone?what=pack",
    "/statement",
    "/offer",
    "/safe",
    "/safe?on=merchant",
    "/safe?on=device",
    "/safe?on=pin",
    "/safe?on=receipt",
    "/safe?on=account",
    "/report",
    "/report/follow",
];

/// A server with its public door open, which keeps reports in `reports`.
fn open(folder: &Path) -> (Server, SocketAddr) {
    let public = free_address();
    let settings = folder.join("c.toml");
    let reports = folder.join("reports").display().to_string();
    std::fs::write(&settings, format!("[public]\nreports = \"{reports}\"\nreport_days = 30\n"))
        .expect("writes");
    let (text, file) = (public.to_string(), settings.display().to_string());
    (Server::start_with(&folder.join("data"), &["--public", &text, "--config", &file]), public)
}

fn ask(public: SocketAddr, path: &str) -> (u16, String) {
    let (head, body) = get_with(public, path, &format!("Host: {public}\r\n")).expect("an answer");
    (status(&head), body)
}

fn status(head: &str) -> u16 {
    head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status")
}

/// Posts a body: status and page.
fn post(public: SocketAddr, path: &str, kind: &str, body: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(public).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("sets");
    let head = format!(
        "POST {path}?lang=zh-CN HTTP/1.1\r\nHost: {public}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("writes");
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    (status(head), body.to_owned())
}

const FORM: &str = "application/x-www-form-urlencoded";
const FILES: &str = "multipart/form-data; boundary=edge";

/// A form with files: fields and files as name and content.
fn form(fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, text) in fields {
        out.extend(
            format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n").bytes(),
        );
    }
    for (name, content) in files {
        out.extend(format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"x\"\r\nContent-Type: application/octet-stream\r\n\r\n").bytes());
        out.extend(*content);
        out.extend(b"\r\n");
    }
    out.extend(b"--edge--\r\n");
    out
}

fn encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

/// All bytes under a folder.
fn everything(folder: &Path) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder).expect("lists").flatten() {
        if entry.path().is_dir() {
            out.extend(everything(&entry.path()));
        } else {
            out.extend(entry.file_name().as_encoded_bytes());
            out.extend(std::fs::read(entry.path()).unwrap_or_default());
        }
    }
    out
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

#[test]
fn every_page_is_small_in_both_languages_and_needs_no_script() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, public) = open(folder.path());
    for path in PATHS {
        for lang in ["zh-CN", "en"] {
            let mark = if path.contains('?') { '&' } else { '?' };
            let (status, body) = ask(public, &format!("{path}{mark}lang={lang}"));
            assert_eq!(status, 200, "{path}");
            assert!(body.contains(&format!("lang=\"{lang}\"")), "{path}");
            let mut bytes = body.len();
            for asset in body.split('"').filter(|p| p.starts_with("/assets/")) {
                bytes += ask(public, asset).1.len();
            }
            assert!(bytes < PAGE_BYTES_MAX, "{path} {lang} and what it loads: {bytes} bytes");
            let main = body.split_once("<main>").and_then(|m| m.1.split_once("</main>")).expect("a main").0;
            let han = main.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            if lang == "en" {
                assert!(!han, "{path}: Chinese on the English page: {main}");
            }
            // Each field has a name, each picture words, each page one first heading.
            assert_eq!(main.matches("<h1").count(), 1, "{path}");
            for field in main.split(['<']).filter(|t| {
                t.starts_with("input")
                    && !t.contains("hidden")
                    && !t.contains("type=\"radio\"")
                    && !t.contains("type=\"checkbox\"")
            }) {
                let id = field.split("id=\"").nth(1).and_then(|i| i.split('"').next()).expect("an id");
                assert!(main.contains(&format!("for=\"{id}\"")), "{path}: {field}");
            }
            assert!(!main.contains("role=\"img\"") || main.contains("aria-label=\""), "{path}");
        }
    }
    // Nothing but the evidence list needs a script, and it says so without one.
    for path in PATHS {
        let (_, body) = ask(public, path);
        assert_eq!(body.contains("<script"), path.contains("pack"), "{path}");
    }
    assert!(ask(public, "/gone?what=pack").1.contains("<noscript>"));
}

#[test]
fn the_order_of_what_to_do_is_the_safe_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, public) = open(folder.path());
    let order = |path: &str, words: &[&str]| {
        let (_, page) = ask(public, path);
        let places: Vec<usize> =
            words.iter().map(|w| page.find(w).unwrap_or_else(|| panic!("{path}: {w}"))).collect();
        assert!(places.is_sorted(), "{path}: {places:?}");
        page
    };
    // A misused card: the bank, which says whether an ATM is safe; the proof; the police.
    let misused = order(
        "/gone?what=misused&lang=zh-CN",
        &["打给银行，冻结", "是否还安全", "证明真卡在您手里", "报警", "向银行否认交易"],
    );
    assert!(misused.contains("不要插ATM（可能吞卡）") && misused.contains("受案回执"));
    // Money sent: 110 and 96110 at once, the bank beside it.
    order("/gone?what=sent&lang=en", &["tel:110", "tel:96110", "Call your bank or wallet at the same time"]);
    // Verified numbers only: 95558 stands in the catalogue unverified.
    assert!(misused.contains("tel:95588") && !misused.contains("95558"));
    let abroad = order("/gone?what=abroad&lang=en", &["Visa", "Report Fraud"]);
    assert!(abroad.contains("tel:+13039671096"), "a number to tap");
}

#[test]
fn an_offer_is_judged_and_its_contact_is_not_shown_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, public) = open(folder.path());
    let judge = |text: &str| post(public, "/offer", FORM, format!("text={}", encoded(text)).as_bytes());
    let (status, page) = judge("免费领POS机，费率0.38永不涨，先刷299激活，加微信 demo_zz_77");
    assert!(status == 200 && page.contains("很像圈套") && page.contains("tel:96110"), "{page}");
    assert!(!page.contains("demo_zz_77"));
    let (_, page) = judge("警方提醒：以免费POS机、先刷299激活为名的都是诈骗，请勿添加陌生人微信。");
    assert!(page.contains("这是在提醒或询问骗术"), "{page}");
    let (_, page) =
        judge("<script>alert(1)</script>免费POS机<img src=x onerror=alert(2)>，零押金，加V demo_zz_78");
    assert!(!page.contains("<script>alert") && !page.contains("<img src"));
    let (status, _) = post(public, "/offer", FORM, format!("text={}", "a".repeat(1 << 20)).as_bytes());
    assert_eq!(status, 413, "a megabyte has a clear answer");
}

#[test]
fn a_statement_is_read_in_memory_and_nothing_of_it_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let (server, public) = open(folder.path());
    let mut file = String::from("交易时间,交易对方,收/支,金额\n");
    for n in 1..=12 {
        file += &format!("2024-01-{n:02} 12:00:00,UNMISTAKABLEPAYEE{n},支出,10.00\n");
    }
    file +=
        "2024-01-13 10:00:00,UNMISTAKABLECAFE,支出,25.00\n2024-01-13 10:02:00,UNMISTAKABLECAFE,支出,25.00\n";
    let (status, page) = post(public, "/statement", FILES, &form(&[], &[("file", file.as_bytes())]));
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("可能重复扣款") && page.contains("data:text/calendar"), "{page}");
    assert!(page.len() < PAGE_BYTES_MAX, "{} bytes", page.len());
    // The columns are shown to be corrected, and a correction counts.
    assert!(page.contains("name=\"c3\"") && page.contains("<option value=\"amount\" selected>"));
    let odd = "日子,甲方,某某\n2024-01-05,甲,3.00\n2024-01-06,乙,4.00\n";
    let said = form(
        &[("header", "0"), ("c0", "date"), ("c1", "counterparty"), ("c2", "amount"), ("plus", "true")],
        &[("file", odd.as_bytes())],
    );
    let (_, page) = post(public, "/statement", FILES, &said);
    assert!(page.contains("支出2笔7.00"), "{page}");
    // What can't be read says why; a formula in a cell stays words.
    let (_, page) = post(public, "/statement", FILES, &form(&[], &[("file", b"hello")]));
    assert!(page.contains("没有找到带日期和金额的行"));
    let (_, page) = post(public, "/statement", FILES, &form(&[], &[("file", b"PK\x03\x04broken")]));
    assert!(page.contains("文件损坏"));
    assert!(server.stop());
    let kept = everything(folder.path());
    assert!(kept.len() > 1_000, "the server did write its own files");
    assert!(!holds(&kept, "UNMISTAKABLE"), "the statement was written somewhere");
}

#[test]
fn a_statement_of_200_megabytes_is_refused_before_it_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, public) = open(folder.path());
    let mut stream = TcpStream::connect(public).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("sets");
    let begun = Instant::now();
    write!(stream, "POST /statement HTTP/1.1\r\nHost: {public}\r\nContent-Type: {FILES}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", 200 << 20).expect("writes");
    let mut answer = [0u8; 64];
    let read = stream.read(&mut answer).expect("an answer");
    assert!(answer[..read].starts_with(b"HTTP/1.1 413"), "{}", String::from_utf8_lossy(&answer));
    assert!(begun.elapsed() < Duration::from_secs(10));
    // The command line: a file of 200 MB (with holes), and a bomb.
    let big = folder.path().join("big.csv");
    std::fs::File::create(&big).and_then(|f| f.set_len(200 << 20)).expect("a file");
    let output = run(&["statement", &big.display().to_string()]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("TG-1006") && stderr(&output).contains("64 MiB"), "{}", stderr(&output));
}

#[test]
fn a_report_is_kept_without_its_place_seen_by_the_desk_and_followed_by_its_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let (server, public) = open(folder.path());
    let photo = {
        let segment = |marker: u8, data: &[u8]| {
            [&[0xFF, marker][..], &(data.len() as u16 + 2).to_be_bytes(), data].concat()
        };
        [
            vec![0xFF, 0xD8],
            segment(0xE1, b"Exif\0\0GPS-31.23N"),
            segment(0xC0, &[8, 0, 16, 0, 16, 1, 1, 17, 0]),
            segment(0xDA, &[1, 1, 0, 0, 63, 0]),
            vec![7, 7, 0xFF, 0xD9],
        ]
        .concat()
    };
    let fields = [
        ("kind", "added"),
        ("place", "人民路<b onmouseover=alert(1)>某店</b>"),
        ("words", "<script>alert(2)</script>卡口鼓起"),
        ("consent", "yes"),
    ];
    let (status, page) = post(public, "/report", FILES, &form(&fields, &[("photo", &photo)]));
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("拍摄地点和设备信息已去掉"));
    let code = page
        .split("class=\"m receipt\">")
        .nth(1)
        .and_then(|p| p.split('<').next())
        .expect("a code")
        .to_owned();
    assert_eq!(code.len(), 24);
    let follow = |code: &str| post(public, "/report/follow", FORM, format!("code={code}").as_bytes()).1;
    assert!(follow(&code).contains("等支持人员查看"));
    // What hostile people send is words on the desk's page, and seeing it is noted.
    let desk = server.page("/reports?lang=zh-CN");
    assert!(
        desk.contains("卡口鼓起") && !desk.contains("<script>alert(2)") && !desk.contains("<b onmouseover"),
        "{desk}"
    );
    assert!(follow(&code).contains("支持人员已经看到"));
    let href = desk.split("href=\"/reports/").nth(1).and_then(|p| p.split('"').next()).expect("a photo");
    let (head, _) = get_with(server.http, &format!("/reports/{href}"), &format!("Host: {}\r\n", server.http))
        .expect("an answer");
    assert!(head.contains("image/jpeg") && head.contains("nosniff"), "{head}");
    // The desk's page is not behind the public door.
    assert_eq!(ask(public, "/reports").0, 404);
    // A guess finds nothing, and guesses run out.
    let mut told = (0, 0);
    for n in 0..40 {
        let guess = format!("{:0>20}", n);
        let (status, page) = post(public, "/report/follow", FORM, format!("code={guess}").as_bytes());
        if status == 429 {
            told.1 += 1;
        } else {
            assert!(page.contains("没有找到"), "{page}");
            told.0 += 1;
        }
    }
    assert!(told.0 <= 12 && told.1 > 20, "{told:?}");
    let kept = everything(&folder.path().join("reports"));
    assert!(
        !holds(&kept, "GPS-31") && !holds(&kept, &code) && !holds(&kept, "127.0.0.1"),
        "place, code or address was kept"
    );
}

#[test]
fn a_photo_that_is_none_no_consent_and_a_thousand_reports_have_clear_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, public) = open(folder.path());
    let send = |consent: &str, photo: &[u8]| {
        let fields = [("kind", "other"), ("place", "某店"), ("consent", consent)];
        post(public, "/report", FILES, &form(&fields, &[("photo", photo)]))
    };
    let (status, page) = send("yes", b"<svg onload=alert(1)></svg>");
    assert!(status == 422 && page.contains("这不是 JPEG 或 PNG 照片"), "{page}");
    let (status, page) = send("", b"");
    assert!(status == 422 && page.contains("要您同意"), "{page}");
    let begun = Instant::now();
    let mut statuses = std::collections::BTreeMap::new();
    for _ in 0..1_000 {
        *statuses.entry(send("yes", b"").0).or_insert(0) += 1;
    }
    let kept = statuses.get(&200).copied().unwrap_or(0);
    assert!(kept <= 5 && statuses.keys().all(|s| [200, 429].contains(s)), "{statuses:?}");
    assert!(begun.elapsed() < Duration::from_secs(120), "a thousand took {:?}", begun.elapsed());
    let folders = std::fs::read_dir(folder.path().join("reports")).expect("lists").count();
    assert_eq!(folders, kept, "each answer kept exactly what it said");
}

#[test]
fn without_the_setting_no_report_is_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let public = free_address();
    let text = public.to_string();
    let _server = Server::start_with(&folder.path().join("data"), &["--public", &text]);
    assert!(ask(public, "/report?lang=en").1.contains("The operator takes no reports here"));
    let fields = [("kind", "other"), ("place", "a shop"), ("consent", "yes")];
    let (status, page) = post(public, "/report", FILES, &form(&fields, &[]));
    assert!(status == 200 && !page.contains("m receipt"));
}

#[test]
fn reminders_columns_and_export_on_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let (ics, csv) = (folder.path().join("r.ics"), folder.path().join("e.csv"));
    let (ics, csv) = (ics.display().to_string(), csv.display().to_string());
    let file = "交易时间,交易对方,收/支,金额\n2024-01-05 10:00:00,=1+1,支出,25.00\n2024-01-05 10:03:00,=1+1,支出,25.00\n";
    let output = run_with(&["statement", "-", "--reminders", &ics, "--export", &csv], file.as_bytes());
    assert!(output.status.success(), "{}", stderr(&output));
    let calendar = std::fs::read_to_string(&ics).expect("was written");
    assert!(calendar.starts_with("BEGIN:VCALENDAR") && calendar.contains("BEGIN:VEVENT"));
    assert!(std::fs::read_to_string(&csv).expect("was written").contains("\"'=1+1\""));
    let output = run_with(&["statement", "-", "--column", "9=what"], file.as_bytes());
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("TG-2002"), "{}", stderr(&output));
    let output = run_with(&["statement", "-", "--columns"], file.as_bytes());
    let shown: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(shown["columns"][3]["role"], "amount");
}
