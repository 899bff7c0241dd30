//! The README's tour, run as it stands, in both languages.

use crate::harness::{BINARY, ROOT, free_address, get};
use std::process::Command;

/// The blocks marked `sh tour`.
fn blocks(readme: &str) -> String {
    let text = std::fs::read_to_string(format!("{ROOT}/{readme}")).expect("reads");
    let parts = text.split("```sh tour\n").skip(1);
    parts.map(|p| p.split("```").next().expect("a block ends")).collect()
}

#[test]
fn the_readmes_tour_works_and_both_languages_tell_the_same() {
    let (english, chinese) = (blocks("README.md"), blocks("README.zh-CN.md"));
    assert_eq!(english, chinese, "the commands are the same in both languages");
    let folder = tempfile::tempdir().expect("a folder");
    let (http, feed) = (free_address(), free_address());
    // Only what a test must not do is replaced: building again, fixed ports, a fixed folder.
    let script = english
        .replace("cargo build --release\n", "")
        .replace("alias tillguard=target/release/tillguard\n", "")
        .replace("/tmp/tillguard-tour", &folder.path().join("tour").display().to_string())
        .replace("127.0.0.1:8090", &http.to_string())
        .replace("127.0.0.1:9100", &feed.to_string());
    assert!(script.matches("tillguard ").count() >= 8, "{script}");
    // In the background `exec` makes the server itself the job that is ended.
    let script = format!(
        "set -euo pipefail\ntillguard() {{ [ \"$1\" != serve ] || exec '{BINARY}' \"$@\"; '{BINARY}' \"$@\"; }}\n{script}\necho READY; read -r _; kill %1; wait %1 || true\n"
    );
    let mut child = Command::new("bash")
        .args(["-c", &script])
        .current_dir(ROOT)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("bash runs");
    let mut seen = String::new();
    let mut reader = std::io::BufReader::new(child.stdout.take().expect("is piped"));
    while !seen.ends_with("READY\n") {
        let n = std::io::BufRead::read_line(&mut reader, &mut seen).expect("reads");
        if n == 0 {
            let output = child.wait_with_output().expect("ends");
            panic!("the tour stopped:\n{seen}\n{}", String::from_utf8_lossy(&output.stderr));
        }
    }
    for words in ["0800", "A7", "card_testing", "strict"] {
        assert!(seen.contains(words), "the tour prints {words}:\n{seen}");
    }
    // The store follows the log within a moment.
    let page = || get(http, "/payments?code=A7&lang=zh-CN").map(|(_, body)| body).unwrap_or_default();
    let shown = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        page().contains("安全处理失败")
    });
    assert!(shown, "the failed payment is on the page");
    drop(child.stdin.take());
    child.wait().expect("ends");
}

/// The block of a guide that begins with this line.
fn toml_of(guide: &str) -> String {
    let text = std::fs::read_to_string(format!("{ROOT}/docs/guides/{guide}")).expect("reads");
    let block = text.split("```toml\n").nth(1).expect("a TOML block");
    block.split("```").next().expect("a block ends").to_owned()
}

#[test]
fn the_guides_configuration_starts_a_center() {
    for guide in ["serve.md", "serve.zh-CN.md"] {
        let folder = tempfile::tempdir().expect("a folder");
        let (http, feed) = (free_address(), free_address());
        let config = toml_of(guide)
            .replace("/var/lib/tillguard", &folder.path().join("data").display().to_string())
            .replace("/etc/tillguard/key", &folder.path().join("key").display().to_string())
            .replace("127.0.0.1:8080", &http.to_string())
            .replace("127.0.0.1:9100", &feed.to_string());
        let file = folder.path().join("tillguard.toml");
        std::fs::write(&file, config).expect("writes");
        let mut child = Command::new(BINARY).arg("serve").arg("--config").arg(&file).spawn().expect("starts");
        let ready = (0..200).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(50));
            get(http, "/health/ready").is_some_and(|(status, _)| status == 200)
        });
        let page = get(http, "/health?lang=en").map(|(_, body)| body).unwrap_or_default();
        child.kill().expect("kills");
        child.wait().expect("ends");
        assert!(ready, "{guide}: the configuration starts a center");
        assert!(page.contains("east"), "{guide}: the feed has its name");
    }
}
