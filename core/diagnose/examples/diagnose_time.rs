//! Times one recommendation: `cargo run --release -p tg-diagnose --example diagnose_time`.

use std::hint::black_box;
use std::time::Instant;
use tg_diagnose::{Facts, Knowledge, diagnose};

fn main() {
    let before = Instant::now();
    let knowledge = Knowledge::builtin();
    println!("reading the knowledge: {:?}", before.elapsed());
    let cases: [(&str, &[(&str, &str)]); 3] = [
        ("nothing known", &[]),
        (
            "code and scope",
            &[("code", "05"), ("scheme", "unionpay"), ("outcome", "declined"), ("other_cards_here", "ok")],
        ),
        (
            "words on the screen",
            &[("message", "机器上显示安全处理失败怎么办"), ("network", "ok"), ("software", "old")],
        ),
    ];
    for (name, given) in cases {
        let mut facts = Facts::default();
        for (key, value) in given {
            facts.set(key, value).expect("a known fact");
        }
        let mut times: Vec<u128> = (0..2_000)
            .map(|_| {
                let start = Instant::now();
                black_box(diagnose(knowledge, black_box(&facts)));
                start.elapsed().as_nanos()
            })
            .collect();
        times.sort_unstable();
        println!("{name}: median {} µs, p99 {} µs", times[1_000] / 1_000, times[1_980] / 1_000);
    }
}
