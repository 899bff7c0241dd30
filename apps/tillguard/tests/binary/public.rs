//! The public door: what is behind it and what is not, its bounds, and what a stranger can't learn.

use crate::harness::{Feed, Server, free_address, get_with, run, sample_frames, stderr};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

/// A server with its public door open on loopback.
fn open(folder: &std::path::Path, more: &[&str]) -> (Server, SocketAddr) {
    let public = free_address();
    let text = public.to_string();
    let arguments: Vec<&str> = ["--public", &text].into_iter().chain(more.iter().copied()).collect();
    (Server::start_with(&folder.join("data"), &arguments), public)
}

fn settings(folder: &std::path::Path, text: &str) -> String {
    let path = folder.join("c.toml");
    std::fs::write(&path, text).expect("writes");
    path.display().to_string()
}

fn ask(public: SocketAddr, path: &str) -> (String, String) {
    get_with(public, path, &format!("Host: {public}\r\n")).expect("an answer")
}

fn status(head: &str) -> u16 {
    head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status")
}

/// Posts a form: head and body.
fn post(public: SocketAddr, path: &str, form: &str, more: &str) -> (String, String) {
    let mut stream = TcpStream::connect(public).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("sets");
    let length = form.len();
    let _ = write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {public}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {length}\r\n{more}Connection: close\r\n\r\n{form}"
    );
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    (head.to_owned(), body.to_owned())
}

/// The addresses that a page links.
fn links(page: &str) -> Vec<String> {
    let found = page.split("href=\"").skip(1).filter_map(|p| p.split('"').next());
    found
        .filter(|h| h.starts_with('/') && !h.starts_with("/assets/"))
        .map(|h| h.replace("&amp;", "&"))
        .collect()
}

#[test]
fn the_door_shows_its_pages_and_nothing_of_the_console() {
    let folder = tempfile::tempdir().expect("a folder");
    let (server, public) = open(folder.path(), &[]);
    let mut feed = Feed::connect(server.feed);
    feed.send_all(&sample_frames());
    server.settle();
    for path in [
        "/payments",
        "/payments/6",
        "/findings",
        "/terminals",
        "/undecoded",
        "/health",
        "/health/ready",
        "/metrics",
        "/search?q=A7",
        "/live/payments",
        "/api/v1/diagnose",
        "/guide/../payments",
        "//payments",
    ] {
        let (head, body) = ask(public, path);
        assert_eq!(status(&head), 404, "{path}");
        assert!(!body.contains("5715"), "{path} shows a terminal");
    }
    let (_, home) = ask(public, "/?lang=zh-CN");
    for link in links(&home) {
        let (head, body) = ask(public, &link);
        assert_eq!(status(&head), 200, "{link}");
        let head = head.to_lowercase();
        for line in [
            "content-security-policy: default-src 'none'; style-src 'self'; script-src 'self'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "x-frame-options: deny",
            "cache-control: no-store",
        ] {
            assert!(head.contains(line), "{link}: {line}");
        }
        assert!(
            !body.contains("style=\"") && !body.contains("<script>") && !body.contains(" onclick"),
            "{link}"
        );
    }
    // The console is not reachable by the door's name, nor the door by the console's.
    let (console, _) =
        get_with(server.http, "/guide", &format!("Host: {}\r\n", server.http)).expect("an answer");
    assert_eq!(status(&console), 404);
}

#[test]
fn both_languages_three_sizes_and_no_other_cookie() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, public) = open(folder.path(), &[]);
    for (lang, words) in [("zh-CN", "遇到什么事"), ("en", "What happened?")] {
        let (head, body) = ask(public, &format!("/?lang={lang}&size=big"));
        assert!(body.contains(words) && body.contains(&format!("lang=\"{lang}\"")), "{lang}");
        assert!(body.contains("class=\"big\""), "the text size");
        let cookies: Vec<&str> =
            head.lines().filter(|l| l.to_lowercase().starts_with("set-cookie")).collect();
        assert_eq!(cookies.len(), 2, "{cookies:?}");
        assert!(cookies.iter().all(|c| c.contains("HttpOnly") && c.contains("SameSite=Lax")), "{cookies:?}");
        assert!(
            cookies.iter().any(|c| c.contains("tg_lang="))
                && cookies.iter().any(|c| c.contains("tg_size=big"))
        );
    }
    let (head, _) = ask(public, "/guide");
    assert!(!head.to_lowercase().contains("set-cookie"), "nothing is set unless it is chosen");
    let (_, body) = get_with(public, "/", &format!("Host: {public}\r\nAccept-Language: en-GB,en;q=0.9\r\n"))
        .expect("an answer");
    assert!(body.contains("What happened?"));
}

#[test]
fn every_page_with_all_that_it_loads_is_under_sixty_kilobytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, public) = open(folder.path(), &[]);
    let (_, home) = ask(public, "/");
    let mut pages: Vec<String> = links(&home);
    pages.extend(["/", "/charged?as=shop", "/charged?as=customer", "/charged?as=no-slip"].map(str::to_owned));
    let (_, guide) = ask(public, "/guide");
    pages.extend(links(&guide).into_iter().filter(|l| l.starts_with("/guide")));
    for path in pages {
        for lang in ["zh-CN", "en"] {
            let join = if path.contains('?') { '&' } else { '?' };
            let (_, page) = ask(public, &format!("{path}{join}lang={lang}"));
            let assets = page.split('"').filter(|p| p.starts_with("/assets/"));
            let loaded: usize = assets.map(|asset| ask(public, asset).1.len()).sum();
            let bytes = page.len() + loaded;
            assert!(bytes < 60_000, "{path}: {bytes} bytes");
            assert!(
                !page.contains("http://") && !page.contains("https://"),
                "{path} loads or links elsewhere"
            );
        }
    }
}

#[test]
fn what_comes_from_elsewhere_or_is_too_much_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, public) = open(folder.path(), &[]);
    for headers in ["Host: evil.example\r\n", "", "Host: 127.0.0.1.evil.example\r\n"] {
        let (head, _) = get_with(public, "/", headers).expect("an answer");
        assert!([400, 403].contains(&status(&head)), "{headers:?}: {head}");
    }
    let (head, body) = post(public, "/guide", "code=A7", "Origin: http://evil.example\r\n");
    assert!(status(&head) == 403 && body.contains("another site") && body.contains("别的网站"), "{head}");
    let (head, _) = post(public, "/guide", "code=A7", "Sec-Fetch-Site: cross-site\r\n");
    assert_eq!(status(&head), 403);
    let (head, _) = post(public, "/guide", &format!("message={}", "x".repeat(20_000)), "");
    assert_eq!(status(&head), 413);
    let (head, _) = post(public, "/guide", &"a=b&".repeat(200), "");
    assert_eq!(status(&head), 400);
    let (head, _) = post(public, "/guide", "message=%ff%fe", "");
    assert!([200, 400].contains(&status(&head)), "{head}");
    let (head, _) = ask(public, &format!("/guide?s={}", "a".repeat(3_000)));
    assert_eq!(status(&head), 414);
    for method in ["PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"] {
        let mut stream = TcpStream::connect(public).expect("connects");
        write!(stream, "{method} /guide HTTP/1.1\r\nHost: {public}\r\nConnection: close\r\n\r\n")
            .expect("sends");
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        assert_eq!(status(&answer), 405, "{method}");
    }
    let (head, _) = post(public, "/", "a=b", "");
    assert_eq!(status(&head), 405);
}

#[test]
fn what_is_typed_never_comes_back_and_never_reaches_an_address() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, public) = open(folder.path(), &[]);
    let number = ["6222 0222", "0000 0001"].concat();
    for typed in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' OR 1=1 --",
        &number,
        "\u{202e}abc",
    ] {
        let encoded: String = typed.bytes().map(|b| format!("%{b:02X}")).collect();
        for form in [
            format!("message={encoded}"),
            format!("code={encoded}"),
            format!("s={encoded}&code=A7"),
            format!("as=shop&terminal={encoded}&fact={encoded}&amount={encoded}&last4={encoded}"),
        ] {
            let path = if form.starts_with("as=") { "/charged" } else { "/guide" };
            let (head, body) = post(public, path, &form, "");
            assert!([200, 303, 400, 422].contains(&status(&head)), "{form}: {head}");
            for text in [typed, &typed.replace('<', "&lt;"), "6222", "alert(1)"] {
                assert!(!head.contains(text) && !body.contains(text), "{form} comes back");
            }
        }
        let (head, body) = ask(public, &format!("/guide?s={encoded}"));
        assert!(status(&head) == 400 && !body.contains("alert") && !body.contains("6222"), "{head}");
    }
}

#[test]
fn the_guide_goes_from_words_to_the_call_and_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, public) = open(folder.path(), &[]);
    // 安全处理失败: the code is asked for first.
    let words: String = "安全处理失败".bytes().map(|b| format!("%{b:02X}")).collect();
    let (head, _) = post(public, "/guide", &format!("message={words}"), "");
    let to = head.lines().find_map(|l| l.strip_prefix("location: ")).expect("leads on").trim().to_owned();
    assert_eq!((status(&head), to.as_str()), (303, "/guide?s=m.security_failed"));
    let (_, page) = ask(public, &format!("{to}&lang=zh-CN"));
    assert!(page.contains("应答码") && page.contains("没有"), "asks for the code");
    // With A7: sign on once; no key loading; the double-charge guard; 好了 and 还是不行.
    let (head, _) = post(public, "/guide", "s=m.security_failed&code=a7", "");
    let to = head.lines().find_map(|l| l.strip_prefix("location: ")).expect("leads on").trim().to_owned();
    let (_, page) = ask(public, &format!("{to}&lang=zh-CN"));
    for words in
        ["重新签到一次", "不要自行灌密钥", "客户收到扣款通知？先别再收", "好了", "还是不行", "这位客户怎么办"]
    {
        assert!(page.contains(words), "{words}");
    }
    let still = links(&page).into_iter().find(|l| l.ends_with("d.sign_on.failed")).expect("还是不行");
    let (_, page) = ask(public, &format!("{still}&lang=zh-CN"));
    assert!(page.contains("停用") && page.contains("打电话时报这些"), "stop and call");
    assert!(!page.contains("不要重启、关机、拆开"), "no tamper words where there is no tamper");
    // Back leads to the step before; 好了 ends it.
    assert!(links(&page).contains(&to), "back");
    let (_, done) = ask(public, &format!("{to}~d.sign_on.fixed&lang=zh-CN"));
    assert!(done.contains("可以继续营业了") && done.contains("重新签到一次"));
    // The tamper gate.
    let (_, page) = ask(public, "/guide?s=m.TAMPER&lang=zh-CN");
    for words in ["停用这台机器", "不要重启、关机、拆开", "不要交给上门的人", "tel:110"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("再收一次款") && !page.contains("好了"), "nothing to try");
}

/// A payment of the sample: terminal, trace, amount, last four.
fn a_payment(server: &Server, code: &str) -> [String; 4] {
    let list = server.page(&format!("/payments?code={code}&lang=en"));
    let path =
        list.split("href=\"").filter_map(|p| p.split('"').next()).find(|p| p.starts_with("/payments/"));
    let page = server.page(&format!("{}?lang=en", path.expect("a payment")));
    let told = |name: &str| {
        let after = page.split(&format!(">{name}</dt>")).nth(1).unwrap_or_else(|| panic!("no {name}"));
        let cell = after.split("<dd").nth(1).and_then(|c| c.split_once('>')).expect("a cell").1;
        cell.split('<').next().expect("text").trim().to_owned()
    };
    let amount = told("Amount").split(' ').next().expect("a number").to_owned();
    let card = told("Card (first six, last four)");
    let last4: String = card.chars().rev().take(4).collect::<Vec<char>>().into_iter().rev().collect();
    [told("Terminal number"), told("Trace number"), amount, last4]
}

#[test]
fn a_payment_is_found_by_its_slip_and_a_wrong_fact_teaches_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = settings(folder.path(), "[public]\nlookups_per_minute = 1000\ntime_zone = \"+08:00\"\n");
    let (server, public) = open(folder.path(), &["--config", &config]);
    let mut feed = Feed::connect(server.feed);
    feed.send_all(&sample_frames());
    server.settle();
    let [terminal, trace, amount, last4] = a_payment(&server, "A7");
    let form = |terminal: &str, fact: &str, amount: &str, last4: &str| {
        format!("as=shop&terminal={terminal}&fact={fact}&amount={amount}&last4={last4}&day=7")
    };
    let (head, found) =
        post(public, "/charged", &form(&terminal, &trace, &amount, &last4), "Cookie: tg_lang=zh-CN\r\n");
    assert_eq!(status(&head), 200);
    for words in ["后台没有批准这一笔", "查询凭证", &trace, &last4, "谁打给谁"] {
        assert!(found.contains(words), "{words}: {found}");
    }
    assert!(!found.contains("••"), "only the last four, which were typed");
    let other = |digit: &str| if digit == "1" { "2" } else { "1" }.to_owned();
    let wrong_last4 = format!("{}{}", &last4[..3], other(&last4[3..]));
    let mut pages = Vec::new();
    let mut times = Vec::new();
    for wrong in [
        form("99999999", &trace, &amount, &last4),
        form(&terminal, "000001", &amount, &last4),
        form(&terminal, &trace, "1.00", &last4),
        form(&terminal, &trace, &amount, &wrong_last4),
        form("99999999", "000001", "1.00", "0000"),
    ] {
        let begun = Instant::now();
        let (head, page) = post(public, "/charged", &wrong, "Cookie: tg_lang=zh-CN\r\n");
        times.push(begun.elapsed());
        assert_eq!(status(&head), 200);
        pages.push(page);
    }
    assert!(pages.iter().all(|p| *p == pages[0]), "one page for every miss, byte for byte");
    assert!(pages[0].contains("没有查到完全相符的一笔") && pages[0].contains("不要再付"));
    assert!(times.iter().all(|t| *t >= Duration::from_millis(98)), "{times:?}: one least time");
    // The ticket's code leads back to the answer; a guessed one to the page of a miss.
    let code =
        found.split("name=\"ticket\" value=\"").nth(1).and_then(|p| p.split('"').next()).expect("a code");
    let (_, again) =
        post(public, "/charged", &format!("ticket={code}&ended=money_back"), "Cookie: tg_lang=zh-CN\r\n");
    assert!(again.contains("已记下结果") && again.contains(code), "{again}");
    let (_, guessed) = post(public, "/charged", "ticket=22222-22222", "Cookie: tg_lang=zh-CN\r\n");
    assert!(guessed.contains("没有查到完全相符的一笔"));
}

#[test]
fn look_ups_run_out_by_asker_and_say_so_in_both_languages() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = settings(folder.path(), "[public]\nlookups_per_minute = 3\n");
    let (_server, public) = open(folder.path(), &["--config", &config]);
    let form = "as=customer&fact=123456789012&amount=1.00&last4=1234";
    let answers: Vec<u16> = (0..5).map(|_| status(&post(public, "/charged", form, "").0)).collect();
    assert_eq!(answers, [200, 200, 200, 429, 429]);
    let (head, body) = post(public, "/charged", form, "");
    assert!(head.to_lowercase().contains("retry-after: "), "{head}");
    assert!(body.contains("太频繁") && body.contains("Too many requests"), "{body}");
    // X-Forwarded-For is nothing without a named proxy.
    let (head, _) = post(public, "/charged", form, "X-Forwarded-For: 203.0.113.9\r\n");
    assert_eq!(status(&head), 429);
    // Pages without a look-up still answer.
    assert_eq!(status(&ask(public, "/charged?as=no-slip").0), 200);
}

#[test]
fn many_requests_are_slowed_and_connections_have_a_bound() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, public) = open(folder.path(), &[]);
    let seen: Vec<u16> = (0..400).map(|_| status(&ask(public, "/robots.txt").0)).collect();
    assert!(seen[..200].iter().all(|s| *s == 200) && seen.contains(&429), "{seen:?}");
    let held: Vec<TcpStream> = (0..300).filter_map(|_| TcpStream::connect(public).ok()).collect();
    std::thread::sleep(Duration::from_millis(300));
    let closed = held.iter().filter(|s| {
        s.set_nonblocking(true).expect("sets");
        matches!(s.peek(&mut [0]), Ok(0))
    });
    assert!(closed.count() >= 300 - 256, "one address has at most 256 connections");
}

#[test]
fn clear_text_on_a_network_is_refused_before_anything_listens() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data").display().to_string();
    let key = folder.path().join("k").display().to_string();
    let refused = |more: &[&str]| {
        let base = ["serve", "--data", &data, "--key-file", &key, "--http", "127.0.0.1:0"];
        let arguments: Vec<&str> = base.iter().chain(more).copied().collect();
        let output = run(&arguments);
        assert!(!output.status.success(), "{more:?}");
        stderr(&output)
    };
    let words = refused(&["--public", "0.0.0.0:0"]);
    assert!(
        words.contains("TG-2004") && words.contains("behind_proxy") && words.contains("--public-cert"),
        "{words}"
    );
    let nothing = folder.path().join("none.pem").display().to_string();
    let words = refused(&["--public", "127.0.0.1:0", "--public-cert", &nothing, "--public-key", &nothing]);
    assert!(words.contains("TG-2005") && words.contains("none.pem"), "{words}");
    let config = settings(folder.path(), "[public]\nadress = \"127.0.0.1:0\"\n");
    let words = refused(&["--config", &config]);
    assert!(words.contains("TG-2001") && words.contains("address"), "{words}");
}

#[test]
fn a_given_certificate_makes_it_tls_and_clear_text_gets_no_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-subj", "/CN=pos.example", "-addext", "subjectAltName=DNS:pos.example,IP:127.0.0.1"])
        .arg("-out")
        .arg(&cert)
        .arg("-keyout")
        .arg(&key)
        .output();
    let Ok(made) = made else { return eprintln!("not tested: openssl is not installed") };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let (cert, key) = (cert.display().to_string(), key.display().to_string());
    let config = settings(folder.path(), "[public]\nhosts = [\"pos.example\"]\n");
    let arguments = ["--config", &config, "--public-cert", &cert, "--public-key", &key];
    let (_server, public) = open(folder.path(), &arguments);
    let fetched = Command::new("curl")
        .args(["-si", "--cacert", &cert, "--resolve", &format!("pos.example:{}:127.0.0.1", public.port())])
        .arg(format!("https://pos.example:{}/?lang=en", public.port()))
        .output();
    let Ok(fetched) = fetched else { return eprintln!("not tested: curl is not installed") };
    let answer = String::from_utf8_lossy(&fetched.stdout).to_lowercase();
    assert!(answer.starts_with("http/1.1 200") && answer.contains("what happened?"), "{answer}");
    assert!(answer.contains("strict-transport-security:") && answer.contains("; secure"), "{answer}");
    let clear = get_with(public, "/", &format!("Host: {public}\r\n"));
    assert!(clear.is_none(), "clear text gets no page");
}

#[test]
fn behind_a_named_proxy_the_forwarded_address_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "[public]\nbehind_proxy = \"127.0.0.1\"\nhosts = [\"pos.example\"]\nlookups_per_minute = 1\n";
    let config = settings(folder.path(), text);
    let (_server, public) = open(folder.path(), &["--config", &config]);
    let form = "as=customer&fact=123456789012&amount=1.00&last4=1234";
    let from = |who: &str| {
        status(&post(public, "/charged", form, &format!("X-Forwarded-For: 9.9.9.9, {who}\r\n")).0)
    };
    assert_eq!([from("203.0.113.7"), from("203.0.113.7"), from("203.0.113.8")], [200, 429, 200]);
    let (head, _) = post(public, "/charged", form, "");
    assert_eq!(status(&head), 403, "without the proxy's word there is no asker");
}

/// Runs Chromium on a page in a window of a phone's width; `None` where there is no Chromium.
fn chromium(url: &str, width: u32, more: &[&str]) -> Option<(String, String)> {
    let profile = tempfile::tempdir().expect("a folder");
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--enable-logging=stderr", "--timeout=6000"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--window-size={width},800"))
        .args(more)
        .arg("--dump-dom")
        .arg(url)
        .output()
        .ok()?;
    Some((
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    ))
}

/// Measures a page of the door from a page of our own that frames nothing: Chromium prints what the page's own
/// console says, and the DOM after its scripts ran.
#[test]
fn a_browser_shows_every_page_without_a_complaint_and_its_scripts_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = settings(folder.path(), "[public]\nservice_phone = \"400-000-0000\"\n");
    let (_server, public) = open(folder.path(), &["--config", &config]);
    let (_, home) = ask(public, "/");
    let mut paths = links(&home);
    paths.extend(
        [
            "/guide?s=m.SEC_FAIL~c.A7",
            "/guide?s=m.TAMPER",
            "/guide?s=c.A7~d.sign_on.failed",
            "/charged?as=shop",
        ]
        .map(str::to_owned),
    );
    paths.retain(|p| !p.starts_with("/?"));
    for path in &paths {
        let Some((dom, log)) = chromium(&format!("http://{public}{path}"), 360, &[]) else {
            return eprintln!("not tested: chromium is not installed");
        };
        assert!(dom.contains("<main"), "{path}: {log}");
        let complaints: Vec<&str> =
            log.lines().filter(|l| l.contains("CONSOLE") || l.contains("Content Security Policy")).collect();
        assert!(complaints.is_empty(), "{path}: {complaints:#?}");
    }
    let (dom, _) = chromium(&format!("http://{public}/guide?s=m.TAMPER"), 360, &[]).expect("ran before");
    assert!(!dom.contains("hidden=\"\" data-copy"), "the copy button shows once its script runs");
}

#[test]
fn a_register_answers_with_two_facts_of_the_slip_and_never_says_genuine() {
    let folder = tempfile::tempdir().expect("a folder");
    let register = folder.path().join("terminals.csv");
    let row = "terminal,merchant,name,name_en,serial\n70310482,898310070310482,老榆树面馆,Old Elm Noodles,N5A0-7731-2046\n";
    std::fs::write(&register, row).expect("writes");
    let text =
        format!("[public]\nlookups_per_minute = 1000\n[register]\nterminals = \"{}\"\n", register.display());
    let config = settings(folder.path(), &text);
    let (_server, public) = open(folder.path(), &["--config", &config]);
    let (_, home) = ask(public, "/?lang=en");
    assert!(
        links(&home).contains(&"/machine".to_owned()),
        "the question is linked where a register answers it"
    );
    let asked = |path: &str, merchant: &str, terminal: &str, serial: &str| {
        let form = format!("merchant={merchant}&terminal={terminal}&serial={serial}");
        let (head, page) = post(public, path, &form, "Cookie: tg_lang=en\r\n");
        assert_eq!(status(&head), 200, "{form}");
        assert!(!page.contains("genuine") && !page.contains("正品"), "{form}");
        page
    };
    let page = asked("/shop", "898310070310482", "70310482", "");
    assert!(
        page.contains("Old Elm Noodles") && page.contains("the operator’s list (terminals.csv)"),
        "{page}"
    );
    let page = asked("/machine", "898310070310482", "70310482", "312046");
    assert!(page.contains("last six match"), "{page}");
    let page = asked("/machine", "898310070310482", "70310482", "999999");
    assert!(page.contains("the serial number differs") && page.contains("pay another way"), "{page}");
    let misses = [
        asked("/machine", "898310070310483", "70310482", ""),
        asked("/machine", "898310070310482", "70310483", ""),
        asked("/machine", "000000000000000", "00000000", "123456"),
    ];
    assert!(misses[0].contains("Not in this register"), "{}", misses[0]);
    assert!(misses.iter().all(|m| *m == misses[0]), "one page for every miss");
}
