//! Pure crates (base, formats, core) do no I/O, read no clock, start no thread, roll no dice, and use
//! no table whose order changes from run to run (invariant I1, and the ground under I4).
//!
//! Why it exists: replay equals live only if nothing but the events decides. Tests may do what they
//! like. Looks at words, so a wrapper in a dependency is not seen: the list of forbidden dependencies
//! stands beside it.

use super::manifests::members;
use super::{Report, Tree};
use crate::tokens::{self, Part, Token};

const CHECK: &str = "purity";
const LAYERS: &[&str] = &["base/", "formats/", "core/"];

/// After `std::`.
const MODULES: &[&str] = &["fs", "net", "thread", "env", "process", "os"];
/// Wherever they stand.
const WORDS: &[(&str, &str)] = &[
    ("HashMap", "its order differs from run to run: BTreeMap or an own table"),
    ("HashSet", "its order differs from run to run: BTreeSet or an own table"),
    ("RandomState", "its order differs from run to run"),
    ("SystemTime", "reads the clock: time comes with the event"),
    ("getrandom", "rolls dice: seeds come with the event"),
    ("thread_rng", "rolls dice: seeds come with the event"),
];
/// Before `!`.
const MACROS: &[&str] = &["println", "eprintln", "print", "eprint", "dbg"];
/// Methods of floating point whose last bit depends on the system's library.
const SYSTEM_MATHS: &[&str] = &[
    "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "exp", "exp2", "exp_m1",
    "ln", "ln_1p", "log2", "log10", "powf", "cbrt", "hypot",
];
/// Crates that a pure crate does not build on.
const CRATES: &[&str] = &[
    "getrandom",
    "rand",
    "tokio",
    "rusqlite",
    "rustix",
    "axum",
    "tempfile",
    "tracing-subscriber",
    "libc",
    "reqwest",
];

/// Looks at the sources and manifests of the pure layers.
pub fn check(tree: &Tree, report: &mut Report) {
    let pure = |path: &str| LAYERS.iter().any(|l| path.starts_with(l));
    for file in tree.ending(".rs").filter(|f| pure(&f.path) && f.path.contains("/src/")) {
        // A file `tests.rs` or `…_tests.rs` is a test module written beside its parent.
        if file.path.ends_with("tests.rs") || file.path.contains("/tests/") || file.path.contains("/fuzz/") {
            continue;
        }
        if let Some(tokens) = file.text().and_then(|t| tokens::read(t, Part::NotTests).ok()) {
            for (line, says) in impure(&tokens) {
                report.broken(CHECK, &file.path, line, says);
            }
        }
    }
    for manifest in members(tree).iter().filter(|m| pure(m.path)) {
        let Some(section) = manifest.table.get("dependencies").and_then(toml::Value::as_table) else {
            continue;
        };
        for name in section.keys().filter(|n| CRATES.contains(&n.as_str())) {
            report.broken(CHECK, manifest.path, 0, format!("a pure crate does not build on {name}"));
        }
    }
}

/// Lines and reasons.
fn impure(tokens: &[Token]) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    let mark = |i: usize, m: &str| tokens.get(i).is_some_and(|t| t.is_mark(m));
    let path = |i: usize| mark(i, ":") && mark(i + 1, ":");
    for (i, token) in tokens.iter().enumerate() {
        let line = token.line;
        if token.is_word("std") && path(i + 1) {
            for used in names_after(tokens, i + 3) {
                if MODULES.contains(&used.text.as_str()) {
                    out.push((used.line, format!("std::{} in a pure crate", used.text)));
                }
            }
        }
        if token.is_word("Instant") && path(i + 1) && tokens.get(i + 3).is_some_and(|t| t.is_word("now")) {
            out.push((line, "Instant::now reads the clock: time comes with the event".into()));
        }
        if let Some((word, why)) = WORDS.iter().find(|(w, _)| token.is_word(w)) {
            out.push((line, format!("{word} {why}")));
        }
        if token.is_word("rand") && path(i + 1) {
            out.push((line, "rand rolls dice: seeds come with the event".into()));
        }
        if MACROS.iter().any(|m| token.is_word(m)) && mark(i + 1, "!") {
            out.push((line, format!("{}! prints: a pure crate returns what it has to say", token.text)));
        }
        let method = i > 0 && (mark(i - 1, ".") || (i > 2 && path(i - 2) && is_float(&tokens[i - 3])));
        if method && SYSTEM_MATHS.iter().any(|m| token.is_word(m)) && mark(i + 1, "(") {
            out.push((
                line,
                format!("{} of the system's maths library differs between machines: use libm", token.text),
            ));
        }
    }
    out
}

fn is_float(token: &Token) -> bool {
    token.is_word("f64") || token.is_word("f32")
}

/// The names that a path or use list names next: one, or those at the top of `{…}`.
fn names_after(tokens: &[Token], at: usize) -> Vec<&Token> {
    let Some(first) = tokens.get(at) else { return Vec::new() };
    if !first.is_mark("{") {
        return vec![first];
    }
    let mut names = Vec::new();
    let mut depth = 0usize;
    for (i, token) in tokens.iter().enumerate().skip(at) {
        if token.is_mark("{") {
            depth += 1;
        } else if token.is_mark("}") {
            depth -= 1;
            if depth == 0 {
                break;
            }
        } else if depth == 1 && (tokens[i - 1].is_mark("{") || tokens[i - 1].is_mark(",")) {
            names.push(token);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(path: &str, text: &str) -> Vec<String> {
        let mut report = Report::default();
        check(&Tree::planted(&[(path, text)]), &mut report);
        report.violations.into_iter().map(|v| format!("{} {}", v.line, v.says)).collect()
    }

    #[test]
    fn each_impurity_is_found() {
        for text in [
            "use std::fs;",
            "use std::fs::File;",
            "use std::{fmt, net::{TcpStream, UdpSocket}};",
            "fn a() { std::thread::yield_now() }",
            "fn a() { std::env::args(); }",
            "use std::collections::HashMap;",
            "use std::collections::{BTreeMap, HashSet};",
            "fn a() { Instant::now(); }",
            "use std::time::{Duration, SystemTime};",
            "fn a() { rand::random::<u8>(); }",
            "fn a() { println!(\"x\") }",
            "fn a(x: f64) -> f64 { x.ln() }",
            "fn a(x: f64) -> f64 { f64::exp(x) }",
        ] {
            assert_eq!(says("core/engine/src/a.rs", text).len(), 1, "{text}");
        }
    }

    #[test]
    fn what_is_pure_passes() {
        for text in [
            "use std::{fmt, time::Duration, collections::BTreeMap};",
            "/// Never std::fs, no HashMap.\nfn a() { let env = \"std::env\"; }",
            "fn a(list: &List) { list.log(); libm::log(2.0); 2f64.sqrt(); }",
            "#[cfg(test)]\nmod tests { use std::fs; use std::collections::HashMap; }",
            "fn a() -> &'static str { env!(\"CARGO_PKG_VERSION\") }",
        ] {
            assert!(says("core/engine/src/a.rs", text).is_empty(), "{text}");
        }
        assert!(says("center/journal/src/a.rs", "use std::fs;").is_empty());
        assert!(says("core/engine/tests/a.rs", "use std::fs;").is_empty());
    }

    #[test]
    fn the_line_is_that_of_the_word() {
        assert!(says("base/types/src/a.rs", "use std::{\n    fmt,\n    fs,\n};")[0].starts_with("3 std::fs"));
    }

    #[test]
    fn forbidden_dependencies_are_found_among_those_that_ship() {
        let of = |section: &str| {
            format!("[package]\nname='tg-a'\n[{section}]\ngetrandom = {{ workspace = true }}\n")
        };
        assert_eq!(says("base/a/Cargo.toml", &of("dependencies")).len(), 1);
        assert!(says("base/a/Cargo.toml", &of("dev-dependencies")).is_empty());
    }
}
