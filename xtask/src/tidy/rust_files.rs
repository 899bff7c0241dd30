//! Every Rust file says at its top what it is, and is short enough to be read.
//!
//! Why it exists: a newcomer opens one file and must know where they are. Never judges style that
//! rustfmt or clippy judge.

use super::{Report, Tree};
use crate::tokens::{self, Part};

const CHECK: &str = "rust-files";
/// Refused above this.
const LINES_MAX: usize = 600;
/// Noted above this.
const LINES_GOOD: usize = 400;

/// Looks at every `.rs` file.
pub fn check(tree: &Tree, report: &mut Report) {
    let mut long = Vec::new();
    for file in tree.ending(".rs") {
        let Some(text) = file.text() else {
            report.broken(CHECK, &file.path, 0, "is not UTF-8 text");
            continue;
        };
        let first = text.lines().find(|l| !l.trim().is_empty()).unwrap_or("");
        if !first.starts_with("//! ") {
            report.broken(
                CHECK,
                &file.path,
                1,
                "opens without `//!`: what it is, why it exists, what it must never do",
            );
        }
        let lines = text.lines().count();
        if lines > LINES_MAX {
            report.broken(
                CHECK,
                &file.path,
                lines,
                format!("has {lines} lines, at most {LINES_MAX}: split it by subject"),
            );
        } else if lines > LINES_GOOD {
            long.push(format!("{} ({lines})", file.path));
        }
        unfinished(&file.path, text, report);
    }
    if !long.is_empty() {
        report.notes.push(format!("over {LINES_GOOD} lines: {}", long.join(", ")));
    }
}

/// `todo!`, `unimplemented!` and ignored tests: work that looks done and isn't.
fn unfinished(path: &str, text: &str, report: &mut Report) {
    let tokens = match tokens::read(text, Part::All) {
        Ok(tokens) => tokens,
        Err(e) => return report.broken(CHECK, path, 0, e),
    };
    for pair in tokens.windows(2) {
        let (first, second) = (&pair[0], &pair[1]);
        if (first.is_word("todo") || first.is_word("unimplemented")) && second.is_mark("!") {
            report.broken(
                CHECK,
                path,
                first.line,
                format!("{}! in the code: finish it or leave it out", first.text),
            );
        }
        if first.is_mark("[") && second.is_word("ignore") {
            report.broken(CHECK, path, second.line, "an ignored test: mend it or remove it");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str) -> Vec<String> {
        let mut report = Report::default();
        check(&Tree::planted(&[("a.rs", text)]), &mut report);
        report.violations.into_iter().map(|v| format!("{}: {}", v.line, v.says)).collect()
    }

    #[test]
    fn a_good_file_passes() {
        assert!(says("//! What it is.\n\n/// A todo!() in a comment.\nfn a() {}\n").is_empty());
    }

    #[test]
    fn no_opening_is_found() {
        assert!(says("use std::fmt;\n")[0].contains("opens without"));
        assert!(says("")[0].contains("opens without"));
    }

    #[test]
    fn too_long_is_found_at_the_limit() {
        let of = |lines: usize| format!("//! A.\n{}", "// x\n".repeat(lines - 1));
        assert!(says(&of(600)).is_empty());
        assert!(says(&of(601))[0].contains("601 lines"));
    }

    #[test]
    fn unfinished_work_is_found() {
        assert!(says("//! A.\nfn a() { todo!() }\n")[0].starts_with("2: todo!"));
        assert!(says("//! A.\nfn a() { unimplemented!(\"x\") }\n")[0].contains("unimplemented!"));
        assert!(says("//! A.\n#[test]\n#[ignore = \"slow\"]\nfn a() {}\n")[0].starts_with("3: an ignored"));
    }

    #[test]
    fn broken_rust_is_said() {
        assert!(says("//! A.\nfn a( {\n")[0].contains("can't be read as Rust"));
    }
}
