//! `cargo xtask`: what the project does to itself. `tidy` checks the rules of the house that no
//! compiler knows, `vectors` runs files of known answers against the code.
//!
//! Why it exists: a rule that nobody checks is a wish. Never changes a file, never reaches the network
//! except through cargo itself.

mod tidy;
mod tokens;
mod vectors;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask tidy                        checks the rules of the house (exit 1 if one is broken)
cargo xtask vectors iso8583 FILE.jsonl  runs known answers; NDJSON; exit 1 if one fails
cargo xtask vectors crypto FILE.jsonl   the same for keys, MACs and PIN blocks; what isn't built is skipped
cargo xtask vectors lure FILE.jsonl     the same for texts: verdict as labelled, no named signal missing
cargo xtask vectors qr FILE.jsonl       the same for payment codes: what they say, and each expected finding";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["tidy"] => tidy::command(),
        ["vectors", kind, file] => vectors::command(kind, file),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}
