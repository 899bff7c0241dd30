//! Nothing in the files ties the project to one machine or one registry, and nothing can't be read:
//! no paths of a developer's machine, no registry's host name, no binary beside pictures.
//!
//! Why it exists: a fresh clone anywhere must build the same. Never opens a picture.

use super::{Report, Tree};

const CHECK: &str = "hygiene";
/// What people look at.
const PICTURES: &[&str] = &[".png", ".jpg", ".webp", ".woff2", ".ico"];
const PICTURE_BYTES_MAX: usize = 600 * 1024;
/// Seeds of fuzzers are bytes by nature.
const CORPUS: &str = "/fuzz/corpus/";
const TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// In pieces, so that this file doesn't name them.
const HOSTS: &[&[&str]] = &[
    &["index.crates", ".io"],
    &["static.crates", ".io"],
    &["pypi", ".org"],
    &["files.python", "hosted.org"],
    &["registry.npm", "js.org"],
    &["proxy.go", "lang.org"],
    &["repo1.maven", ".org"],
    &["repo.maven.", "apache.org"],
    &["deb.deb", "ian.org"],
    &["security.deb", "ian.org"],
];
const MACHINE_PATHS: &[&[&str]] = &[&["/ro", "ot/"], &["/ho", "me/"], &["/wo", "rk/"], &["/Us", "ers/"]];

/// Looks at every file.
pub fn check(tree: &Tree, report: &mut Report) {
    let hosts: Vec<String> = HOSTS.iter().map(|h| h.concat()).collect();
    let paths: Vec<String> = MACHINE_PATHS.iter().map(|p| p.concat()).collect();
    for file in &tree.files {
        if PICTURES.iter().any(|p| file.path.ends_with(p)) {
            if file.bytes.len() > PICTURE_BYTES_MAX {
                report.broken(
                    CHECK,
                    &file.path,
                    0,
                    format!("a picture of {} KiB, at most 600", file.bytes.len() / 1024),
                );
            }
            continue;
        }
        let Some(text) = file.text() else {
            if !file.path.contains(CORPUS) {
                report.broken(CHECK, &file.path, 0, "is no UTF-8 text: a binary has no place in the sources");
            }
            continue;
        };
        if file.bytes.len() > TEXT_BYTES_MAX {
            report.broken(CHECK, &file.path, 0, "is larger than 4 MiB: make it at test time");
        }
        for (i, line) in text.lines().enumerate() {
            for host in hosts.iter().filter(|h| line.contains(h.as_str())) {
                report.broken(
                    CHECK,
                    &file.path,
                    i + 1,
                    format!("names the registry {host}: use its ordinary client"),
                );
            }
            for path in paths.iter().filter(|p| names_path(line, p)) {
                report.broken(CHECK, &file.path, i + 1, format!("holds a path of one machine, {path}…"));
            }
        }
    }
}

/// True if the path begins there: a home folder, not `docs/home/x` or a page's `href="/home/"`.
fn names_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + path.len()..].chars().next();
        let begins = before
            .is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '.' | '/' | '_' | '-' | '}' | '~' | '$'));
        begins && after.is_some_and(|c| c.is_alphanumeric() || c == '.' || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(path: &str, bytes: &[u8]) -> Vec<String> {
        let mut tree = Tree::planted(&[(path, "")]);
        tree.files[0].bytes = bytes.to_vec();
        let mut report = Report::default();
        check(&tree, &mut report);
        report.violations.into_iter().map(|v| format!("{} {}", v.line, v.says)).collect()
    }

    #[test]
    fn machine_paths_are_found() {
        let line = format!("x\ncd {}me/tillguard\n", MACHINE_PATHS[1].concat());
        assert!(says("a.md", line.as_bytes())[0].starts_with("2 holds a path"));
        let line = format!("{}main/target", MACHINE_PATHS[2].concat());
        assert_eq!(says("a.md", line.as_bytes()).len(), 1);
    }

    #[test]
    fn paths_inside_the_project_and_of_pages_pass() {
        for line in ["docs/home/a.md", "href=\"/home/\"", "~/work/x", "$X/root/a", "https://a.example/root/a"]
        {
            assert!(says("a.md", line.as_bytes()).is_empty(), "{line}");
        }
    }

    #[test]
    fn registry_hosts_are_found() {
        for host in HOSTS {
            assert_eq!(says("a.md", format!("see https://{}/x", host.concat()).as_bytes()).len(), 1);
        }
        assert!(
            says("Cargo.lock", b"source = \"registry+https://github.com/rust-lang/crates.io-index\"")
                .is_empty()
        );
    }

    #[test]
    fn binaries_are_found_and_pictures_pass() {
        assert_eq!(says("tool", b"\x7fELF\0\0").len(), 1);
        assert_eq!(says("a.txt", b"\xff\xfe").len(), 1);
        assert!(says("docs/a.png", b"\x89PNG\0").is_empty());
        assert_eq!(says("docs/a.png", &vec![0; PICTURE_BYTES_MAX + 1]).len(), 1);
        assert!(says("formats/emv/fuzz/corpus/tlv/1", b"\x00").is_empty());
    }
}
