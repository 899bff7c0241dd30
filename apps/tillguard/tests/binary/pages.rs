//! The pages over HTTP: both languages, strict headers, who may ask, what is not there.

use crate::harness::{Feed, Server, get, get_with, sample_frames};

#[test]
fn every_room_opens_in_both_languages_under_the_strict_policy() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder.path().join("data"));
    let mut feed = Feed::connect(server.feed);
    feed.send_all(&sample_frames());
    server.settle();
    let failed = server.page("/payments?outcome=failed");
    let payment =
        failed.split("href=\"").filter_map(|p| p.split('"').next()).find(|p| p.starts_with("/payments/"));
    let payment = payment.expect("a failed payment").to_owned();
    let findings = server.page("/findings");
    let finding =
        findings.split("href=\"").filter_map(|p| p.split('"').next()).find(|p| p.starts_with("/findings/F-"));
    let finding = finding.expect("a finding").to_owned();
    let terminal =
        failed.split("href=\"").filter_map(|p| p.split('"').next()).find(|p| p.starts_with("/terminals/"));
    let terminal = terminal.expect("a terminal").to_owned();
    for path in [
        "/",
        "/payments",
        &payment,
        "/findings",
        "/findings?state=all&severity=high",
        &finding,
        "/terminals",
        &terminal,
        "/undecoded",
        "/health",
        "/search?q=A7",
    ] {
        for (lang, words) in [("zh-CN", "POS 安全中心"), ("en", "Tillguard")] {
            let join = if path.contains('?') { '&' } else { '?' };
            let (head, body) = get_with(
                server.http,
                &format!("{path}{join}lang={lang}"),
                &format!("Host: {}\r\n", server.http),
            )
            .expect("an answer");
            assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
            assert!(body.contains(words) && body.contains(&format!("lang=\"{lang}\"")), "{path} in {lang}");
            let head = head.to_lowercase();
            assert!(head.contains("content-security-policy: default-src 'none'"), "{path}: {head}");
            assert!(
                head.contains("x-content-type-options: nosniff") && head.contains("cache-control: no-store")
            );
            assert!(
                !body.contains("style=\"") && !body.contains("<script>"),
                "{path}: inline style or script"
            );
        }
    }
    for asset in
        failed.split(['"']).filter(|p| p.ends_with(".css") || p.ends_with(".js") || p.ends_with(".svg"))
    {
        let (status, _) = get(server.http, asset).expect("an answer");
        assert_eq!(status, 200, "{asset}");
    }
    let (status, body) = get(server.http, "/payments/999999999?lang=en").expect("an answer");
    assert!(status == 404 && body.contains("<html"), "{status}");
    let (status, _) = get(server.http, "/nowhere").expect("an answer");
    assert_eq!(status, 404);
}

#[test]
fn a_failed_payment_is_explained_without_harm() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder.path().join("data"));
    let mut feed = Feed::connect(server.feed);
    feed.send_all(&sample_frames());
    server.settle();
    let list = server.page("/payments?code=A7&lang=zh-CN");
    let path = list
        .split("href=\"")
        .filter_map(|p| p.split('"').next())
        .find(|p| p.starts_with("/payments/"))
        .expect("an A7");
    let page = server.page(&format!("{path}?lang=zh-CN"));
    for words in ["A7", "安全处理失败", "签到", "收单机构", "终端号", "流水号"] {
        assert!(page.contains(words), "{words} is on the page");
    }
    for harm in ["灌装密钥后", "请重启", "恢复出厂设置后", "正品", "未扣款"] {
        assert!(!page.contains(harm), "{harm} is on the page");
    }
    let page = server.page(&format!("{path}?lang=en"));
    assert!(page.contains("Sign on") || page.contains("sign on"), "the next step in English");
}

#[test]
fn requests_from_elsewhere_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder.path().join("data"));
    for headers in ["Host: evil.example\r\n", "", "Host: 127.0.0.1\r\nOrigin: http://evil.example\r\n"] {
        let (head, _) = get_with(server.http, "/", headers).expect("an answer");
        let refused = head.starts_with("HTTP/1.1 403") || head.starts_with("HTTP/1.1 400");
        assert!(refused, "{headers:?}: {head}");
    }
}

#[test]
fn the_live_stream_brings_rows_as_they_come() {
    use std::io::{BufRead, BufReader, Write};
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&folder.path().join("data"));
    let mut stream = std::net::TcpStream::connect(server.http).expect("connects");
    write!(stream, "GET /live/payments?lang=en HTTP/1.1\r\nHost: {}\r\n\r\n", server.http).expect("asks");
    let mut feed = Feed::connect(server.feed);
    feed.send_all(&sample_frames()[..60]);
    stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).expect("sets");
    let mut lines = BufReader::new(stream).lines().map(|l| l.expect("a line"));
    assert!(lines.any(|l| l == "event: row"), "a row comes");
    let data = lines.find(|l| l.starts_with("data: ")).expect("its data");
    assert!(data.starts_with("data: <tr id=\"p-"), "{data}");
}
