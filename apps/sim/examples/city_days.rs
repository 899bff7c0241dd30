//! Prints what a city's days hold: `cargo run --release -p tg-sim --example city_days -- SEED HOURS`.

use std::collections::BTreeMap;
use tg_iso8583::Decoder;
use tg_sim::{City, CityOptions};

fn main() {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse::<u64>().unwrap_or(1));
    let (seed, hours) = (arguments.next().unwrap_or(1), arguments.next().unwrap_or(72));
    let began = std::time::Instant::now();
    let options = CityOptions::for_recording(seed, hours as u32);
    let (start, end) = (options.start, options.end.unwrap_or(options.start));
    let mut city = City::new(options);
    let sent = city.advance(end);
    println!("{} messages in {:?}", sent.len(), began.elapsed());
    let Some(mut decoder) = Decoder::named("cup_pos") else { return };
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut hours: BTreeMap<i64, u64> = BTreeMap::new();
    let mut causes: BTreeMap<String, u64> = BTreeMap::new();
    let mut stories: BTreeMap<usize, u64> = BTreeMap::new();
    for message in &sent {
        match decoder.decode(&message.frame) {
            Ok(m) => {
                let code = m.text(39).map(|t| t.into_owned()).unwrap_or_default();
                *counts.entry(format!("{} {code}", m.mti())).or_default() += 1;
            }
            Err(error) => println!("{error:?}"),
        }
        *hours.entry(message.at.since(start) / 3_600_000_000).or_default() += 1;
        *causes.entry(format!("{:?}", message.cause)).or_default() += 1;
        if let Some(story) = message.attack {
            *stories.entry(story).or_default() += 1;
        }
    }
    println!("{counts:#?}\n{causes:#?}\n{hours:?}");
    for (index, staged) in city.staged().iter().enumerate() {
        let at = staged.started.map_or(-1.0, |s| s.since(start) as f64 / 3.6e9);
        let messages = stories.get(&index).copied().unwrap_or(0);
        println!("{at:7.2} h {:<18} {messages:4} {:?}", staged.story.name(), staged.subjects);
    }
}
