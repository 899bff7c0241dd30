//! The rules of the house that no compiler checks, each a small module with planted violations as tests.
//!
//! Why it exists: the layers, the two languages and the absence of card numbers are promises; here they
//! are kept by machine. An exception stands in `xtask/tidy.toml` with its reason; one that excuses
//! nothing any more is itself a violation. Never changes a file.

mod budget;
mod cards;
mod catalogues;
mod corpora;
mod guides;
mod hygiene;
mod languages;
mod layers;
mod manifests;
mod purity;
mod rust_files;

use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// One file that git tracks or would add.
pub struct File {
    /// From the root, with `/`.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl File {
    /// Its text; `None` if it isn't UTF-8 or holds a NUL.
    pub fn text(&self) -> Option<&str> {
        if self.bytes.contains(&0) { None } else { std::str::from_utf8(&self.bytes).ok() }
    }

    /// The line that holds the byte, from 1.
    pub fn line_of(&self, offset: usize) -> usize {
        1 + self.bytes[..offset.min(self.bytes.len())].iter().filter(|b| **b == b'\n').count()
    }
}

/// The checkout as the checks see it.
pub struct Tree {
    /// Where it is; empty in tests of single checks.
    pub root: PathBuf,
    /// All files, by path.
    pub files: Vec<File>,
}

impl Tree {
    /// Reads what git tracks, and what it would add, so that a violation is seen before its commit.
    pub fn read(root: &Path) -> Result<Tree, String> {
        let output = Command::new("git")
            .args(["-C"])
            .arg(root)
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"])
            .output()
            .map_err(|e| format!("git can't be started: {e}"))?;
        if !output.status.success() {
            return Err(format!("git ls-files: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        let mut files = Vec::new();
        for path in String::from_utf8_lossy(&output.stdout).split('\0').filter(|p| !p.is_empty()) {
            // A file that was deleted and not yet committed is still listed.
            if let Ok(bytes) = std::fs::read(root.join(path)) {
                files.push(File { path: path.to_string(), bytes });
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Tree { root: root.to_path_buf(), files })
    }

    /// A made-up checkout for the tests of a check.
    #[cfg(test)]
    pub fn planted(files: &[(&str, &str)]) -> Tree {
        let files =
            files.iter().map(|(path, text)| File { path: (*path).into(), bytes: text.as_bytes().to_vec() });
        Tree { root: PathBuf::new(), files: files.collect() }
    }

    /// The file of that path.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|f| f.path == path)
    }

    /// Files whose path ends so.
    pub fn ending<'a>(&'a self, ending: &'a str) -> impl Iterator<Item = &'a File> {
        self.files.iter().filter(move |f| f.path.ends_with(ending))
    }
}

/// Something that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The check's name.
    pub check: &'static str,
    /// The file.
    pub path: String,
    /// From 1; 0 for the whole file.
    pub line: usize,
    /// What is wrong and what would be right.
    pub says: String,
}

/// What the checks found.
#[derive(Default)]
pub struct Report {
    /// Broken rules.
    pub violations: Vec<Violation>,
    /// Worth knowing, breaks nothing.
    pub notes: Vec<String>,
}

impl Report {
    /// Adds a violation.
    pub fn broken(&mut self, check: &'static str, path: &str, line: usize, says: impl Into<String>) {
        self.violations.push(Violation { check, path: path.into(), line, says: says.into() });
    }
}

/// An exception, from `xtask/tidy.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Allowed {
    check: String,
    /// A file, or a folder with `/` at its end.
    path: String,
    /// A part of what the violation says; without it every violation of the check in that place.
    #[serde(default)]
    says: String,
    reason: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Exceptions {
    #[serde(default)]
    allow: Vec<Allowed>,
}

const EXCEPTIONS: &str = "xtask/tidy.toml";

/// Removes what is excused and adds what is wrong with the excuses.
fn excuse(report: &mut Report, exceptions: &Exceptions) {
    let mut used = vec![false; exceptions.allow.len()];
    report.violations.retain(|v| {
        let mut excused = false;
        for (allowed, used) in exceptions.allow.iter().zip(&mut used) {
            let here =
                v.path == allowed.path || (allowed.path.ends_with('/') && v.path.starts_with(&allowed.path));
            if allowed.check == v.check && here && v.says.contains(&allowed.says) {
                excused = true;
                *used = true;
            }
        }
        !excused
    });
    for (allowed, used) in exceptions.allow.iter().zip(used) {
        let name = format!("the exception for {} in {}", allowed.check, allowed.path);
        if !used {
            report.broken("exceptions", EXCEPTIONS, 0, format!("{name} excuses nothing: remove it"));
        }
        if allowed.reason.trim().len() < 10 {
            report.broken("exceptions", EXCEPTIONS, 0, format!("{name} gives no reason"));
        }
    }
}

/// Runs every check on the checkout.
pub fn run(root: &Path) -> Result<Report, String> {
    let tree = Tree::read(root)?;
    let mut report = Report::default();
    rust_files::check(&tree, &mut report);
    manifests::check(&tree, &mut report);
    layers::check(&tree, &mut report);
    purity::check(&tree, &mut report);
    languages::check(&tree, &mut report);
    guides::check(&tree, &mut report);
    cards::check(&tree, &mut report);
    hygiene::check(&tree, &mut report);
    corpora::check(&tree, &mut report);
    catalogues::check(&mut report);
    budget::check(&tree, &mut report);
    let exceptions = match tree.file(EXCEPTIONS).and_then(File::text) {
        Some(text) => toml::from_str(text).map_err(|e| format!("{EXCEPTIONS}: {e}"))?,
        None => Exceptions::default(),
    };
    excuse(&mut report, &exceptions);
    report.violations.sort_by(|a, b| (&a.path, a.line, a.check).cmp(&(&b.path, b.line, b.check)));
    Ok(report)
}

/// The checkout's root: two levels up from this file's crate at build time, or the current folder's.
fn root() -> PathBuf {
    let built_from = Path::new(env!("CARGO_MANIFEST_DIR"));
    built_from.parent().unwrap_or(built_from).to_path_buf()
}

/// `cargo xtask tidy`.
pub fn command() -> ExitCode {
    match run(&root()) {
        Err(e) => {
            eprintln!("tidy: {e}");
            ExitCode::from(2)
        }
        Ok(report) => {
            for note in &report.notes {
                println!("note: {note}");
            }
            for v in &report.violations {
                println!("{}:{}: [{}] {}", v.path, v.line, v.check, v.says);
            }
            println!("tidy: {} violations", report.violations.len());
            if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules hold in this checkout: so `cargo test` says it too.
    #[test]
    fn the_checkout_is_tidy() {
        let report = run(&root()).expect("the checkout can be read");
        let lines: Vec<String> = report
            .violations
            .iter()
            .map(|v| format!("{}:{}: [{}] {}", v.path, v.line, v.check, v.says))
            .collect();
        assert!(lines.is_empty(), "{}", lines.join("\n"));
    }

    fn exceptions(text: &str) -> Exceptions {
        toml::from_str(text).expect("reads")
    }

    #[test]
    fn an_exception_excuses_its_place_only() {
        let mut report = Report::default();
        report.broken("cards", "a/b.txt", 3, "a card number");
        report.broken("cards", "c.txt", 3, "a card number");
        let known = exceptions("[[allow]]\ncheck='cards'\npath='a/'\nreason='published test numbers'");
        excuse(&mut report, &known);
        assert_eq!(report.violations.iter().map(|v| v.path.as_str()).collect::<Vec<_>>(), ["c.txt"]);
    }

    #[test]
    fn an_exception_that_excuses_nothing_or_gives_no_reason_is_refused() {
        let mut report = Report::default();
        excuse(&mut report, &exceptions("[[allow]]\ncheck='cards'\npath='a/'\nreason='x'"));
        assert_eq!(report.violations.len(), 2);
    }
}
