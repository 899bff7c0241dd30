//! The watch over a small town: outages are found where they are, once, end when they are over, and quiet days
//! stay quiet. The long run is `examples/fleet_figures.rs`.

mod generator;
mod town;

use tg_fleet::{Budget, Class, Outage, Watch};
use town::{DAY_US, Incident, MINUTE_US, START_US, Town, named};

/// A day of learning, then some hours from eight in the morning with these incidents.
fn run(seed: u64, incidents: &[Incident], hours: i64, prepare: impl Fn(&mut Watch)) -> Vec<Outage> {
    let mut watch = Watch::new(Budget { pages_per_day: 2, ..Budget::default() });
    let mut town = Town::new(seed, 3_000, 150_000.0, &mut watch);
    town.incidents = incidents.to_vec();
    for minute in 0..1_440 {
        town.minute(START_US + minute * MINUTE_US, &mut watch);
    }
    prepare(&mut watch);
    for minute in 480..480 + hours * 60 {
        town.minute(START_US + DAY_US + minute * MINUTE_US, &mut watch);
    }
    watch.outages().to_vec()
}

fn incident(place: &[(usize, usize)], class: Class, share: f64, hour: i64, minutes: i64) -> Incident {
    let from_us = START_US + DAY_US + hour * 60 * MINUTE_US;
    Incident { place: place.to_vec(), class, share, from_us, to_us: from_us + minutes * MINUTE_US }
}

#[test]
fn an_issuer_that_is_down_is_one_outage_that_ends() {
    let down = incident(&[(0, 3)], Class::Unavailable, 0.7, 10, 40);
    let outages = run(1, std::slice::from_ref(&down), 5, |_| ());
    assert_eq!(outages.len(), 1);
    let outage = &outages[0];
    assert_eq!((outage.place.clone(), outage.class), (named(&down.place), Class::Unavailable));
    assert!(
        outage.found_us - down.from_us < 5 * MINUTE_US,
        "found {} s late",
        (outage.found_us - down.from_us) / 1_000_000
    );
    assert!((outage.since_us - down.from_us).abs() < 3 * MINUTE_US);
    let ended = outage.ended_us.expect("it is over");
    assert!(
        (ended - down.to_us).abs() < 15 * MINUTE_US,
        "ended {} min off",
        (ended - down.to_us) / MINUTE_US
    );
    assert!(outage.rate() > 0.5 && outage.usual_rate < 0.02 && outage.share > 0.8);
    assert!(outage.paged && outage.terminals > 50);
    assert_eq!(outage.codes.keys().map(String::as_str).collect::<Vec<_>>(), ["91"]);
    assert!(outage.minutes.iter().any(|m| m.rest_total > 10 && m.rest_failed * 10 < m.rest_total));
}

#[test]
fn an_acquirers_outage_mutes_what_lies_within_it() {
    let down = incident(&[(1, 0)], Class::Unavailable, 0.9, 9, 50);
    let outages = run(2, std::slice::from_ref(&down), 3, |_| ());
    assert_eq!(outages.iter().map(|o| o.place.clone()).collect::<Vec<_>>(), [named(&down.place)]);
    assert!(outages[0].muted > 0, "issuers, regions and models rose with it");
    assert_eq!(outages[0].suspects[0].place, named(&down.place));
}

#[test]
fn two_at_once_are_two_and_the_budget_holds() {
    let all = [
        incident(&[(0, 2)], Class::Unavailable, 0.9, 9, 60),
        incident(&[(2, 1), (3, 2)], Class::Security, 0.9, 9, 60),
        incident(&[(4, 1)], Class::Settings, 0.8, 10, 60),
    ];
    let outages = run(3, &all, 4, |_| ());
    let mut found: Vec<_> = outages.iter().map(|o| (o.place.clone(), o.class)).collect();
    found.sort();
    let mut wanted: Vec<_> = all.iter().map(|i| (named(&i.place), i.class)).collect();
    wanted.sort();
    assert_eq!(found, wanted);
    assert_eq!(outages.iter().filter(|o| o.paged).count(), 2, "two calls a day were allowed");
}

#[test]
fn a_silenced_value_calls_nobody() {
    let down = incident(&[(0, 3)], Class::Unavailable, 0.7, 10, 40);
    let outages = run(1, &[down], 4, |w| w.silence("issuer", "issuer3", START_US + 2 * DAY_US));
    assert_eq!(outages.iter().map(|o| o.paged).collect::<Vec<_>>(), [false]);
}

#[test]
fn everything_at_once_lies_outside_of_what_is_recorded() {
    let outages = run(4, &[incident(&[], Class::Unavailable, 0.6, 9, 40)], 3, |_| ());
    assert_eq!(outages.iter().map(|o| o.place.len()).collect::<Vec<_>>(), [0]);
}

#[test]
fn quiet_days_give_nothing_and_the_same_day_gives_the_same() {
    let found: usize = (10..14).map(|seed| run(seed, &[], 12, |_| ()).len()).sum();
    assert!(found <= 2, "{found} outages in four quiet days; the budget is half a one a day");
    let down = incident(&[(0, 3)], Class::Unavailable, 0.7, 10, 40);
    let once = || format!("{:?}", run(5, std::slice::from_ref(&down), 3, |_| ()));
    assert_eq!(once(), once());
}
