//! The city from outside: the same seed tells the same story, every message is one that the dialect knows, the
//! harmless stay possible, and the truth says what happened.

use std::collections::{BTreeMap, BTreeSet};
use tg_iso8583::{Builder, Decoder, Message};
use tg_sim::{Attacks, City, CityOptions, Negative, Point, Sent, Story, Subject};
use tg_types::Instant;

const HOUR: i64 = 3_600_000_000;

fn city(seed: u64, hours: u32) -> (City, Vec<Sent>) {
    let options = CityOptions { terminals: 100, ..CityOptions::for_recording(seed, hours) };
    let end = options.end.expect("a recording ends");
    let mut city = City::new(options);
    let sent = city.advance(end);
    (city, sent)
}

fn text(message: &Message<'_>, field: u8) -> String {
    message.text(field).map(|t| t.into_owned()).unwrap_or_default()
}

fn card(message: &Message<'_>) -> Option<String> {
    let field = message.field(2).or_else(|| message.field(35))?;
    Some(field.clear_value().split('=').next().unwrap_or_default().to_owned())
}

/// Tag 9F36 of the chip data.
fn counter(mut data: &[u8]) -> Option<u16> {
    loop {
        let tag_bytes = if data.first()? & 0x1F == 0x1F { 2 } else { 1 };
        let (tag, rest) = data.split_at_checked(tag_bytes)?;
        let (length, rest) = rest.split_first()?;
        let (value, rest) = rest.split_at_checked(usize::from(*length))?;
        if tag == [0x9F, 0x36] {
            return Some(u16::from_be_bytes(value.try_into().ok()?));
        }
        data = rest;
    }
}

/// The place in usage A1 of field 59.
fn place(message: &Message<'_>) -> Option<Point> {
    let field = text(message, 59);
    let at = field.find("A1")?;
    let (longitude, rest) = (field.get(at + 10..)?, field.get(at + 25..)?);
    let degrees = |t: &str| t.parse::<f64>().ok().map(|d| (d * 1e6) as i32);
    Some(Point { longitude: degrees(longitude.get(..10)?)?, latitude: degrees(rest.get(..9)?)? })
}

#[test]
fn a_seed_tells_the_same_story_however_it_is_stepped() {
    let (_, whole) = city(7, 20);
    let options = CityOptions { terminals: 100, ..CityOptions::for_recording(7, 20) };
    let (start, end) = (options.start, options.end.expect("an end"));
    let mut stepped_city = City::new(options);
    let mut stepped = Vec::new();
    let mut until = start;
    while until < end {
        until = until.plus_us(HOUR / 7).min(end);
        stepped.extend(stepped_city.advance(until));
    }
    assert!(whole == stepped && whole.is_sorted_by_key(|s| s.at));
    assert!(whole.len() > 6_000, "{}", whole.len());
    assert!(whole != city(8, 20).1);
}

#[test]
fn every_frame_decodes_strictly_and_rebuilds_to_the_same_bytes() {
    let mut decoder = Decoder::named("cup_pos").expect("the dialect");
    let (mut services, mut places, mut serials) = (BTreeSet::new(), 0, 0);
    // Not every city has a place that pays out cash.
    let sent: Vec<Sent> = (1..5).flat_map(|seed| city(seed, 12).1).collect();
    for sent in &sent {
        let message = decoder.decode(&sent.frame).unwrap_or_else(|e| panic!("{e:?}"));
        assert_eq!(Builder::of(&message).build().as_ref(), Ok(&sent.frame));
        if let Some(number) = card(&message) {
            assert!(tg_codes::is_test_number(&number), "a number outside the test ranges");
        }
        services.extend(message.number(3));
        let field_59 = text(&message, 59);
        let identity = tg_keys::TerminalIdentity::parse(&field_59);
        serials += usize::from(identity.is_some_and(|i| i.serial.len() == 20));
        places += usize::from(place(&message).is_some());
    }
    for service in [0, 200_000, 310_000, 10_000, 400_000] {
        assert!(services.contains(&service), "{service}: {services:?}");
    }
    let asked = sent.len() / 2;
    assert!(
        serials > asked * 9 / 10 && (asked * 6 / 10..asked * 95 / 100).contains(&places),
        "{serials} {places}"
    );
}

#[test]
fn nobody_is_where_they_can_not_be_unless_a_story_says_so() {
    let mut decoder = Decoder::named("cup_pos").expect("the dialect");
    for seed in [3, 4] {
        let (city, sent) = city(seed, 48);
        let mut last: BTreeMap<String, (Instant, Point)> = BTreeMap::new();
        let mut counters: BTreeMap<String, u16> = BTreeMap::new();
        let (mut pairs, mut chips) = (0, 0);
        for sent in &sent {
            if matches!(sent.attack.map(|s| city.staged()[s].story), Some(Story::Attack(_))) {
                continue;
            }
            let message = decoder.decode(&sent.frame).expect("decodes");
            if message.mti().to_string() != "0200" || message.number(3) == Some(200_000) {
                continue;
            }
            let Some(number) = card(&message) else { continue };
            if let Some(data) = message.data(55) {
                let counter = counter(data).expect("a counter");
                let before = counters.insert(number.clone(), counter);
                assert!(before.is_none_or(|b| b < counter), "a counter fell: {before:?} {counter}");
                chips += 1;
            }
            let Some(here) = place(&message) else { continue };
            if let Some((then, there)) = last.insert(number, (sent.at, here)) {
                let (metres, us) = (there.metres_to(here), sent.at.since(then).max(1));
                let kilometres_an_hour = metres as f64 / 1_000.0 / (us as f64 / HOUR as f64);
                assert!(metres < 100_000 || kilometres_an_hour < 900.0, "{metres} m at {kilometres_an_hour}");
                pairs += 1;
            }
        }
        assert!(pairs > 500 && chips > 4_000, "{pairs} {chips}");
    }
}

#[test]
fn every_attack_and_every_look_alike_is_staged_and_leaves_traces() {
    let mut seen: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for seed in 10..14 {
        let (city, sent) = city(seed, 60);
        let mut messages: BTreeMap<usize, usize> = BTreeMap::new();
        for story in sent.iter().filter_map(|s| s.attack) {
            *messages.entry(story).or_default() += 1;
        }
        for (number, staged) in city.staged().iter().enumerate() {
            let count = messages.get(&number).copied().unwrap_or(0);
            assert_eq!(staged.started.is_some(), count > 0, "{:?}", staged.story);
            if count > 0 {
                let (times, least) = seen.entry(staged.story.name()).or_insert((0, usize::MAX));
                (*times, *least) = (*times + 1, (*least).min(count));
                assert!(!staged.subjects.is_empty());
            }
        }
    }
    for kind in tg_sim::AttackKind::ALL {
        let (times, least) = seen.get(kind.name()).copied().unwrap_or_default();
        assert!(times >= 3 && least >= 4, "{}: {times} times, at least {least} messages", kind.name());
    }
    let look_alikes = [
        Negative::Fair,
        Negative::SplitBill,
        Negative::DamagedChips,
        Negative::Traveller,
        Negative::Returns,
        Negative::Repaired,
        Negative::NewTerminal,
        Negative::TwoTerminals,
    ];
    for kind in look_alikes {
        assert!(seen.contains_key(kind.name()), "{}: {seen:?}", kind.name());
    }
}

#[test]
fn a_peaceful_city_is_peaceful_and_mostly_approved() {
    let options = CityOptions { attacks: Attacks::none(), ..CityOptions::for_recording(5, 36) };
    let end = options.end.expect("an end");
    let mut city = City::new(options);
    let sent = city.advance(end);
    assert!(city.staged().iter().all(|s| !matches!(s.story, Story::Attack(_))));
    let mut decoder = Decoder::named("cup_pos").expect("the dialect");
    let (mut answers, mut approved) = (0, 0);
    for sent in sent {
        let message = decoder.decode(&sent.frame).expect("decodes");
        if message.mti().to_string() == "0210" {
            answers += 1;
            approved += usize::from(text(&message, 39) == "00");
        }
    }
    assert!(
        answers > 8_000 && approved * 100 > answers * 88 && approved * 100 < answers * 98,
        "{approved} of {answers}"
    );
}

#[test]
fn in_the_demo_attacks_begin_in_the_first_half_and_the_first_one_soon() {
    let live = CityOptions::TEN_IN_THE_MORNING;
    for seed in 1..6 {
        let lasts = HOUR;
        let options = CityOptions {
            start: live.plus_us(-30 * HOUR),
            attacks_until: Some(live.plus_us(lasts / 2)),
            end: Some(live.plus_us(lasts)),
            ..CityOptions::new(seed)
        };
        let mut city = City::new(options);
        city.advance(live.plus_us(lasts));
        let attacks: Vec<_> = city.staged().iter().filter(|s| matches!(s.story, Story::Attack(_))).collect();
        let mut started: Vec<i64> = attacks.iter().filter_map(|s| s.started).map(|s| s.since(live)).collect();
        started.sort_unstable();
        assert!(started.len() >= 8, "seed {seed}: {} attacks", started.len());
        assert!(started[0] < 2 * 60_000_000, "seed {seed}: the first after {} s", started[0] / 1_000_000);
        let last = started.last().copied().unwrap_or_default();
        assert!(last <= lasts * 6 / 10, "seed {seed}: the last after {} s", last / 1_000_000);
    }
}

#[test]
fn a_city_goes_on_after_what_was_seen() {
    let ten = CityOptions::TEN_IN_THE_MORNING;
    assert_eq!(CityOptions::resume_at(ten.plus_us(HOUR)), ten.plus_us(HOUR + 1_000_000));
    assert_eq!(CityOptions::resume_at(ten.plus_us(12 * HOUR)), ten.plus_us(24 * HOUR));
    assert_eq!(CityOptions::resume_at(ten.plus_us(-8 * HOUR)), ten);
}

#[test]
fn cities_of_any_size_live() {
    for terminals in [1, 2, 7, 300] {
        let options = CityOptions { terminals, ..CityOptions::for_recording(1, 12) };
        let end = options.end.expect("an end");
        let mut city = City::new(options);
        let sent = city.advance(end);
        assert!(sent.len() > terminals * 4, "{terminals}: {}", sent.len());
        assert!(city.places().len() >= terminals);
    }
}

#[test]
fn a_hostile_terminal_is_loud_and_alone() {
    let options = CityOptions { hostile: true, ..CityOptions::for_recording(1, 9) };
    let end = options.end.expect("an end");
    let mut city = City::new(options);
    let sent = city.advance(end);
    let hostile = city.staged().iter().position(|s| s.story == Story::Hostile).expect("it is there");
    let lines = sent.iter().filter(|s| s.attack == Some(hostile)).count();
    assert!(lines > 2_000, "{lines}");
    let Subject::Terminal(number) = &city.staged()[hostile].subjects[0] else { panic!("a terminal") };
    let mut decoder = Decoder::named("cup_pos").expect("the dialect");
    for sent in &sent {
        let message = decoder.decode(&sent.frame).expect("decodes");
        assert_eq!(text(&message, 41) == *number, sent.attack == Some(hostile));
    }
}
