//! The fleet over 28 days with 40 incidents: `cargo run --release -p tg-fleet --example fleet_figures [TERMINALS
//! [PAYMENTS_A_DAY [DAYS [INCIDENTS [SEED]]]]]`. The first week is quiet and is what thresholds are set from.

#[path = "../tests/generator/mod.rs"]
mod generator;
#[path = "../tests/town/mod.rs"]
mod town;

use tg_fleet::Watch;
use town::{DAY_US, MINUTE_US, START_US, Town, named};

fn main() {
    let argument =
        |n: usize, usual: f64| std::env::args().nth(n).and_then(|a| a.parse().ok()).unwrap_or(usual);
    let (terminals, per_day) = (argument(1, 100_000.0) as usize, argument(2, 4_000_000.0));
    let (days, incidents) = (argument(3, 28.0) as i64, argument(4, 40.0) as usize);
    let seed = argument(5, 1.0) as u64;
    let mut watch = Watch::default();
    let mut town = Town::new(seed, terminals, per_day, &mut watch);
    town.plan(incidents, START_US + 7 * DAY_US, days, 25.0);
    for minute in 0..(7 + days) * 1_440 {
        town.minute(START_US + minute * MINUTE_US, &mut watch);
    }
    let (mut delays, mut pages, mut exact, mut missed) = (Vec::new(), 0, 0, Vec::new());
    let mut matched = vec![false; watch.outages().len()];
    for incident in &town.incidents {
        let place = named(&incident.place);
        let mut found = None;
        for (i, outage) in watch.outages().iter().enumerate() {
            let at_the_time =
                outage.found_us >= incident.from_us && outage.found_us < incident.to_us + 10 * MINUTE_US;
            let mut own = outage.place.clone();
            own.sort();
            let related = own.iter().all(|p| place.contains(p)) || place.iter().all(|p| own.contains(p));
            if at_the_time && related && outage.class == incident.class && !matched[i] {
                matched[i] = true;
                pages += usize::from(outage.paged);
                exact += usize::from(own == place && found.is_none());
                found = found.or(Some(outage.found_us - incident.from_us));
            }
        }
        match found {
            Some(delay) => delays.push(delay as f64 / 60e6),
            None => missed.push(incident),
        }
    }
    delays.sort_by(f64::total_cmp);
    let at = |share: f64| delays.get((delays.len() as f64 * share) as usize).copied().unwrap_or(0.0);
    let false_ones = matched.iter().filter(|m| !**m).count();
    println!(
        "{} payments at {terminals} terminals in 7 quiet and {days} days, {incidents} incidents",
        town.payments
    );
    println!(
        "found {} of {incidents} ({exact} with exactly their place), {:.2} pages an incident",
        delays.len(),
        pages as f64 / delays.len().max(1) as f64
    );
    println!(
        "delay in minutes: median {:.1}, nine tenths {:.1}, longest {:.1}",
        at(0.5),
        at(0.9),
        delays.last().copied().unwrap_or(0.0)
    );
    println!(
        "outages that were none: {false_ones}; pages a day: {:.2}",
        watch.outages().iter().filter(|o| o.paged).count() as f64 / (7 + days) as f64
    );
    println!("{:.0} ns a payment", town.watch_ns as f64 / town.payments as f64);
    if std::env::var_os("SHOW").is_some() {
        for incident in missed {
            println!(
                "missed {:?} {:?} {} {} min",
                incident.place,
                incident.class,
                incident.share,
                (incident.to_us - incident.from_us) / MINUTE_US
            );
        }
        for (outage, _) in watch.outages().iter().zip(&matched).filter(|(_, m)| !**m) {
            println!(
                "false {:?} {:?} day {:.2} failed {} of {} usual {:.4}",
                outage.place,
                outage.class,
                (outage.found_us - START_US) as f64 / DAY_US as f64,
                outage.failed,
                outage.total,
                outage.usual_rate
            );
        }
        println!("thresholds {:?}", watch.thresholds());
    }
}
