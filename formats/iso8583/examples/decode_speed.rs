//! Nanoseconds per message, best and median of many rounds: `cargo run --release -p tg-iso8583 --example
//! decode_speed`. The same work as `tillguard bench decode`, for whoever changes the decoder.

use std::time::Instant;
use tg_iso8583::{Decoder, sample};

fn main() {
    let bytes = sample::message().expect("the sample builds");
    let mut decoder = Decoder::named(sample::DIALECT).expect("the sample's dialect is compiled in");
    println!("{} bytes", bytes.len());
    type Work = fn(&mut Decoder, &[u8], u32) -> Result<u64, tg_iso8583::DecodeError>;
    let works: [(&str, Work); 2] = [("strict", sample::strict), ("with_emv_record", sample::with_emv_record)];
    for (name, work) in works {
        // Short rounds, so that most of them fit into one slice of a busy machine.
        const TIMES: u32 = 1_000;
        let mut rounds: Vec<f64> = (0..1_000)
            .map(|_| {
                let begin = Instant::now();
                work(&mut decoder, &bytes, TIMES).expect("the sample decodes");
                begin.elapsed().as_nanos() as f64 / f64::from(TIMES)
            })
            .collect();
        rounds.sort_by(f64::total_cmp);
        println!("{name}: best {:.0} ns, median {:.0} ns", rounds[0], rounds[rounds.len() / 2]);
    }
}
