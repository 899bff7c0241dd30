//! Which dialect is recognised for each message of a vectors file: `cargo run -p tg-iso8583 --example
//! recognise_vectors FILE.jsonl`. For whoever changes how dialects are recognised.

use tg_iso8583::recognise;

fn main() {
    let path = std::env::args().nth(1).expect("a file of vectors");
    let text = std::fs::read_to_string(path).expect("a file that can be read");
    for line in text.lines() {
        let vector: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let hex = vector["hex"].as_str().unwrap_or_default();
        let bytes: Vec<u8> = (0..hex.len() / 2)
            .filter_map(|at| u8::from_str_radix(hex.get(at * 2..at * 2 + 2)?, 16).ok())
            .collect();
        let found = recognise(&[&bytes]);
        let best = found.best().expect("there are dialects");
        let right = vector["dialect"].as_str() == Some(best.dialect);
        println!(
            "{} {} {} -> {} {:.3} {:?}; {}",
            if right { "  " } else { "x " },
            vector["id"].as_str().unwrap_or_default(),
            vector["dialect"].as_str().unwrap_or_default(),
            best.dialect,
            best.confidence,
            found.sureness(),
            found
                .runners_up()
                .iter()
                .map(|c| format!(
                    "{} {:.3}{}",
                    c.dialect,
                    c.confidence,
                    if c.same_reading { "=" } else { "" }
                ))
                .collect::<Vec<_>>()
                .join(", ")
        );
    }
}
