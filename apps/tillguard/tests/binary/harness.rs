//! Starts the real program on free ports and speaks to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_tillguard");
/// The repository's root.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// The sample recording.
pub const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../sim/samples/town.txt");

/// Runs a command to its end.
pub fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the binary runs")
}

/// Runs a command with this standard input.
pub fn run_with(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut stdin = child.stdin.take().expect("is piped");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().expect("the binary ends");
    writer.join().expect("the input is written");
    output
}

pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(arguments).env("LC_ALL", "en_GB.UTF-8").env_remove("TILLGUARD_LOG");
    command
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("is UTF-8")
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("is UTF-8")
}

/// Each line of an output as JSON.
pub fn json_lines(output: &Output) -> Vec<serde_json::Value> {
    stdout(output).lines().map(|l| serde_json::from_str(l).expect("a JSON document a line")).collect()
}

pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port")
}

/// A running `serve`.
pub struct Server {
    pub child: Child,
    pub http: SocketAddr,
    pub feed: SocketAddr,
}

impl Server {
    /// Starts on a data folder and waits until it is ready. The key file stands beside the folder.
    pub fn start(data: &Path) -> Server {
        Server::start_with(data, &[])
    }

    pub fn start_with(data: &Path, more: &[&str]) -> Server {
        let (http, feed) = (free_address(), free_address());
        let key = data.with_extension("key");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(data.with_extension("log"));
        let child = command(&["serve", "--data"])
            .arg(data)
            .arg("--key-file")
            .arg(key)
            .args(["--http", &http.to_string(), "--feed", &format!("{feed},dialect=cup_pos,name=mirror")])
            .args(more)
            .env("TILLGUARD_LOG", "debug")
            .stdout(Stdio::null())
            .stderr(log.expect("a log file"))
            .spawn()
            .expect("the server starts");
        let server = Server { child, http, feed };
        let begun = Instant::now();
        while get(http, "/health/ready").is_none_or(|(status, _)| status != 200) {
            assert!(begun.elapsed() < Duration::from_secs(60), "not ready after a minute");
            std::thread::sleep(Duration::from_millis(10));
        }
        server
    }

    pub fn page(&self, path: &str) -> String {
        let (status, body) = get(self.http, path).expect("an answer");
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// A figure of `/metrics`.
    pub fn metric(&self, name: &str) -> u64 {
        metric(&self.page("/metrics"), name)
    }

    /// Waits until every accepted message has its verdict and the store has taken all over.
    pub fn settle(&self) {
        let begun = Instant::now();
        loop {
            let page = self.page("/metrics");
            let value = |name| metric(&page, name);
            let at_rest = value("tillguard_log_applied_offset") == value("tillguard_log_durable_offset")
                && value("tillguard_store_offset") == value("tillguard_log_durable_offset");
            if at_rest {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "does not come to rest:\n{page}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().expect("kills");
        self.child.wait().expect("is gone");
    }

    /// SIGTERM, and waits; true if it ended well.
    pub fn stop(mut self) -> bool {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().expect("signals");
        self.child.wait().expect("ends").success()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `GET`: status and body; `None` if nobody answers.
pub fn get(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let (head, body) = get_with(address, path, &format!("Host: {address}\r\n"))?;
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    Some((status, body))
}

/// `GET` with these headers: the answer's head and body.
pub fn get_with(address: SocketAddr, path: &str, headers: &str) -> Option<(String, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n").ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let chunked = head.to_lowercase().contains("transfer-encoding: chunked");
    Some((head.to_owned(), if chunked { unchunk(body) } else { body.to_owned() }))
}

fn unchunk(body: &str) -> String {
    let mut out = String::new();
    let mut rest = body;
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        if size == 0 || after.len() < size {
            break;
        }
        out.push_str(&after[..size]);
        rest = after[size..].trim_start_matches("\r\n");
    }
    out
}

/// A figure of a metrics page, without labels.
pub fn metric(page: &str, name: &str) -> u64 {
    let line = page.lines().find(|l| l.split(' ').next() == Some(name));
    let value = line.and_then(|l| l.split(' ').nth(1)).unwrap_or_else(|| panic!("no metric {name}"));
    value.parse().expect("a whole number")
}

/// The frames of the sample recording.
pub fn sample_frames() -> Vec<Vec<u8>> {
    let file = std::fs::File::open(SAMPLE).expect("the sample is there");
    let lines = BufReader::new(file).lines().map(|l| l.expect("reads"));
    lines
        .filter(|l| !l.starts_with('#') && !l.is_empty())
        .map(|l| hex(l.split(' ').nth(1).expect("two words")))
        .collect()
}

pub fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
}

/// A connection to a feed.
pub struct Feed {
    pub stream: TcpStream,
}

impl Feed {
    pub fn connect(address: SocketAddr) -> Feed {
        let stream = TcpStream::connect(address).expect("connects");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("sets");
        Feed { stream }
    }

    pub fn send(&mut self, frame: &[u8]) -> std::io::Result<()> {
        let mut bytes = u16::try_from(frame.len()).expect("a short frame").to_be_bytes().to_vec();
        bytes.extend_from_slice(frame);
        self.stream.write_all(&bytes)
    }

    /// Reads acknowledgements until this many frames are durable.
    pub fn wait_for(&mut self, frames: u64) {
        let mut count = [0; 8];
        while {
            self.stream.read_exact(&mut count).expect("an acknowledgement");
            u64::from_be_bytes(count) < frames
        } {}
    }

    /// Sends all and waits for the last acknowledgement.
    pub fn send_all(&mut self, frames: &[Vec<u8>]) {
        let mut writer = self.stream.try_clone().expect("clones");
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for frame in frames {
                    let mut bytes = (frame.len() as u16).to_be_bytes().to_vec();
                    bytes.extend_from_slice(frame);
                    writer.write_all(&bytes).expect("sends");
                }
            });
            self.wait_for(frames.len() as u64);
        });
    }
}
