//! The default build stays light: at most [`CRATES_MAX`] crates, counted as unique name and version.
//!
//! Why it exists: the first thing that a stranger does is `cargo run --release -- demo`; each crate is
//! a second of their time. Never counts what only tests need.

use super::{Report, Tree};
use std::collections::BTreeSet;
use std::process::Command;

const CHECK: &str = "budget";
const CRATES_MAX: usize = 300;

/// Asks cargo for the tree of the binary's default features.
pub fn check(tree: &Tree, report: &mut Report) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--quiet", "-e", "normal,build", "--prefix", "none", "-p", "tillguard"])
        .current_dir(&tree.root)
        .output();
    match output {
        Ok(o) if o.status.success() => {
            judge(count(&String::from_utf8_lossy(&o.stdout)), report);
        }
        Ok(o) => {
            let says = format!("cargo tree: {}", String::from_utf8_lossy(&o.stderr).trim());
            report.broken(CHECK, "Cargo.toml", 0, says);
        }
        Err(e) => report.broken(CHECK, "Cargo.toml", 0, format!("cargo can't be started: {e}")),
    }
}

/// Unique name and version; `(*)`, `(proc-macro)` and the path of our own crates don't count.
fn count(listing: &str) -> usize {
    let crates: BTreeSet<(&str, &str)> = listing
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?, words.next()?))
        })
        .collect();
    crates.len()
}

fn judge(crates: usize, report: &mut Report) {
    report.notes.push(format!("the default build has {crates} crates of at most {CRATES_MAX}"));
    if crates > CRATES_MAX {
        report.broken(
            CHECK,
            "Cargo.toml",
            0,
            format!("the default build has {crates} crates, at most {CRATES_MAX}"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_counts_once_for_each_version() {
        let listing = "tillguard v0.1.0 (x/apps/tillguard)\nserde v1.0.1\nserde v1.0.1 (*)\n\
            serde_derive v1.0.1 (proc-macro)\ndes v0.8.0\ndes v0.9.0\n\n";
        assert_eq!(count(listing), 5);
    }

    #[test]
    fn one_too_many_is_found() {
        let mut report = Report::default();
        judge(CRATES_MAX, &mut report);
        assert!(report.violations.is_empty());
        judge(CRATES_MAX + 1, &mut report);
        assert_eq!(report.violations.len(), 1);
    }
}
