//! Prints how a town's first minutes look: `cargo run -p tg-sim --example first_minute -- SEED SECONDS`.

use std::collections::BTreeMap;
use tg_iso8583::Decoder;
use tg_sim::{Options, Town};
use tg_types::{Instant, SECOND_US};

fn main() {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse::<u64>().unwrap_or(1));
    let (seed, seconds) = (arguments.next().unwrap_or(1), arguments.next().unwrap_or(60));
    let start = Instant(1_795_500_000_000_000);
    let mut town = Town::new(Options::new(seed, start));
    let sent = town.advance(start.plus_us(seconds as i64 * SECOND_US));
    let Some(mut decoder) = Decoder::named("cup_pos") else { return };
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for message in &sent {
        let at = message.at.since(start) as f64 / 1e6;
        match decoder.decode(&message.frame) {
            Ok(m) => {
                let text = |n| m.text(n).map(|t| t.into_owned()).unwrap_or_default();
                println!(
                    "{at:7.2} {} {} {} {:>2} {:>8} {:>3} {:?}",
                    m.mti(),
                    text(41),
                    text(11),
                    text(39),
                    m.number(4).unwrap_or(0),
                    text(22),
                    message.cause
                );
                *counts.entry(format!("{} {}", m.mti(), text(39))).or_default() += 1;
            }
            Err(error) => println!("{at:7.2} {error:?}"),
        }
    }
    println!("{counts:#?}\n{:?}", town.truths());
}
