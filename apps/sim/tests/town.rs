//! The town from outside: the same seed tells the same story, every message is one that the dialect knows,
//! and what fails fails visibly and for the reason that the truth names.

use std::collections::{BTreeMap, BTreeSet};
use tg_iso8583::{Builder, Decoder};
use tg_sim::{AttackKind, Attacks, Cause, Options, Sent, Subject, Town};
use tg_types::{Instant, SECOND_US};

const START: Instant = Instant(1_793_586_600_000_000);

/// What a test wants of a message.
#[derive(Debug)]
struct Seen {
    at_us: i64,
    mti: String,
    terminal: String,
    trace: u64,
    code: String,
    number: String,
    cause: Cause,
    attack: bool,
}

fn options(seed: u64) -> Options {
    Options::new(seed, START)
}

fn run(options: Options, seconds: i64) -> (Town, Vec<Sent>) {
    let mut town = Town::new(options);
    let sent = town.advance(START.plus_us(seconds * SECOND_US));
    (town, sent)
}

fn see(sent: &[Sent]) -> Vec<Seen> {
    let mut decoder = Decoder::named("cup_pos").expect("the dialect");
    let read = |s: &Sent| {
        let message = decoder.decode(&s.frame).unwrap_or_else(|e| panic!("{e:?}"));
        let text = |n| message.text(n).map(|t| t.into_owned()).unwrap_or_default();
        let track = message.field(35).and_then(|t| t.track_two());
        let number = match message.field(2) {
            Some(field) => field.clear_value(),
            None => track.map(|_| message.field(35).expect("track").clear_value()).unwrap_or_default(),
        };
        Seen {
            at_us: s.at.since(START),
            mti: message.mti().to_string(),
            terminal: text(41),
            trace: message.number(11).expect("a trace number"),
            code: text(39),
            number: number.split('=').next().unwrap_or_default().to_owned(),
            cause: s.cause,
            attack: s.attack.is_some(),
        }
    };
    sent.iter().map(read).collect()
}

#[test]
fn a_seed_tells_the_same_story_however_it_is_stepped() {
    let (_, whole) = run(options(7), 90);
    let mut town = Town::new(options(7));
    let mut stepped = Vec::new();
    for step in 1..=900 {
        stepped.extend(town.advance(START.plus_us(step * SECOND_US / 10)));
    }
    assert_eq!(whole, stepped);
    assert!(whole.is_sorted_by_key(|s| s.at));
    assert_ne!(whole, run(options(8), 90).1);
}

#[test]
fn every_frame_decodes_strictly_and_rebuilds_to_the_same_bytes() {
    let mut decoder = Decoder::named("cup_pos").expect("the dialect");
    let mut kinds = BTreeSet::new();
    for seed in 0..3 {
        for sent in run(options(seed), 300).1 {
            let message = decoder.decode(&sent.frame).unwrap_or_else(|e| panic!("{e:?}"));
            kinds.insert(message.mti().to_string());
            assert_eq!(Builder::of(&message).build().as_ref(), Ok(&sent.frame));
        }
    }
    let all = ["0200", "0210", "0220", "0230", "0400", "0410", "0800", "0810"];
    assert_eq!(kinds, all.map(str::to_owned).into());
}

#[test]
fn card_numbers_lie_in_the_test_ranges_and_are_many() {
    let mut numbers = BTreeSet::new();
    for seen in see(&run(options(11), 300).1) {
        if !seen.number.is_empty() {
            assert!(tg_codes::is_test_number(&seen.number), "a number outside the test ranges");
            numbers.insert(seen.number);
        }
    }
    assert!(numbers.len() > 800, "{}", numbers.len());
}

#[test]
fn the_first_minute_shows_every_trouble_in_time() {
    for seed in 0..20 {
        let (town, sent) = run(options(seed), 60);
        let seen = see(&sent);
        let first = |what: &str, is: &dyn Fn(&Seen) -> bool| {
            let found = seen.iter().find(|s| is(s));
            found.unwrap_or_else(|| panic!("seed {seed}: no {what} within a minute")).at_us / SECOND_US
        };
        let answer = |code: &'static str, cause| move |s: &Seen| s.code == code && s.cause == cause;
        assert!(first("A7", &answer("A7", Cause::DamagedKeyRecord)) < 3);
        assert!(first("A0", &answer("A0", Cause::WrongMasterKey)) < 5);
        assert!(first("54", &answer("54", Cause::WrongClock)) < 8);
        assert!(first("91", &answer("91", Cause::IssuerSilent)) < 35);
        assert!(first("A0 after a lost sign-on", &answer("A0", Cause::SignOnAnswerLost)) < 45);
        let reversal = |s: &Seen| s.mti == "0400" && s.code == "98" && s.cause == Cause::IssuerSilent;
        assert!(first("reversal", &reversal) < 40);
        assert!(first("answer to a reversal", &|s| s.mti == "0410") < 40);
        assert!(first("attack", &|s| s.attack) < 16, "seed {seed}");
        assert_eq!(town.truths().len(), 1);
    }
}

#[test]
fn a_silent_bank_leaves_no_answer_and_the_reversal_names_the_payment() {
    let seen = see(&run(options(3), 120).1);
    let reversals = seen.iter().filter(|s| s.mti == "0400" && s.cause == Cause::IssuerSilent);
    let mut checked = 0;
    for reversal in reversals {
        let same = |s: &&Seen| s.terminal == reversal.terminal && s.trace == reversal.trace;
        let of_payment: Vec<&Seen> = seen.iter().filter(same).collect();
        assert_eq!(of_payment[0].mti, "0200");
        assert!(of_payment.iter().all(|s| s.mti != "0210"), "{of_payment:?}");
        let waited = (reversal.at_us - of_payment[0].at_us) / SECOND_US;
        assert!((17..30).contains(&waited), "{waited}");
        checked += 1;
    }
    assert!(checked >= 3, "{checked}");
}

#[test]
fn a_sign_on_heals_a_lost_answer_but_not_a_wrong_master_key() {
    let seen = see(&run(options(5), 110).1);
    let last_of = |cause| {
        let terminal = &seen.iter().find(|s| s.cause == cause).expect("the trouble").terminal;
        let mut answers = seen.iter().filter(|s| s.terminal == *terminal && s.mti == "0210");
        answers.next_back().expect("an answer").code.clone()
    };
    assert_ne!(last_of(Cause::SignOnAnswerLost), "A0");
    assert_eq!(last_of(Cause::WrongMasterKey), "A0");
}

#[test]
fn a_peaceful_town_is_mostly_approved() {
    let (town, sent) = run(Options { attacks: Attacks::none(), ..options(2) }, 600);
    assert!(town.truths().is_empty() && sent.iter().all(|s| s.attack.is_none()));
    let mut codes: BTreeMap<String, usize> = BTreeMap::new();
    for seen in see(&sent).into_iter().filter(|s| s.mti == "0210") {
        *codes.entry(seen.code).or_default() += 1;
    }
    let all: usize = codes.values().sum();
    let per_mille = |code: &str| codes.get(code).copied().unwrap_or(0) * 1_000 / all;
    assert!(all / 600 >= 4, "{all} payments in ten minutes");
    assert!((830..970).contains(&per_mille("00")), "{codes:?}");
    for (code, low, high) in [("51", 2, 60), ("54", 5, 60), ("55", 2, 30), ("91", 1, 60), ("14", 0, 0)] {
        assert!((low..=high).contains(&per_mille(code)), "{code}: {codes:?}");
    }
}

#[test]
fn card_testing_is_many_neighbouring_numbers_mostly_declined_at_one_terminal() {
    let (town, sent) = run(options(4), 120);
    let seen = see(&sent);
    let attack: Vec<&Seen> = seen.iter().filter(|s| s.attack).collect();
    let Subject::Terminal(subject) = &town.truths()[0].subject else { panic!("a terminal") };
    assert!(attack.iter().all(|s| s.terminal == *subject));
    let numbers: BTreeSet<&str> = attack.iter().map(|s| s.number.as_str()).collect();
    let stems: BTreeSet<&str> = numbers.iter().map(|n| &n[..12]).collect();
    assert!(numbers.len() >= 40 && stems.len() == 1, "{} {}", numbers.len(), stems.len());
    let answers: Vec<&&Seen> = attack.iter().filter(|s| s.mti == "0210").collect();
    let declined = answers.iter().filter(|s| s.code != "00").count();
    assert!(declined * 10 > answers.len() * 8, "{declined} of {}", answers.len());
}

#[test]
fn every_attack_begins_in_the_first_half() {
    for (seed, seconds) in [(1, 10), (2, 60), (3, 600), (4, 900)] {
        let (town, _) = run(Options { for_seconds: Some(seconds), ..options(seed) }, seconds.into());
        assert!(!town.truths().is_empty());
        for truth in town.truths() {
            assert!(truth.started.since(START) <= i64::from(seconds) * SECOND_US / 2 + 3 * SECOND_US);
        }
    }
}

#[test]
fn towns_of_any_size_live() {
    for terminals in [0, 1, 2, 5, 300] {
        let (town, sent) = run(Options { terminals, ..options(1) }, 40);
        assert_eq!(town.places().len(), terminals.max(1));
        assert!(sent.len() > terminals.max(1) * 2, "{terminals}: {}", sent.len());
        assert_eq!(town.truths().len(), 1);
    }
}

#[test]
fn terminal_clocks_keep_to_the_wall_clock_when_the_story_runs_faster() {
    let (_, sent) = run(Options { speed: 10.0, ..options(1) }, 600);
    let last = sent.iter().rev().find(|s| s.cause == Cause::Everyday).expect("a message");
    let mut decoder = Decoder::named("cup_pos").expect("the dialect");
    let shown = decoder.decode(&last.frame).expect("decodes").number(12).expect("a time");
    // 10:30 in the town, and one minute of wall clock later
    let seconds = shown / 10_000 * 3_600 + shown / 100 % 100 * 60 + shown % 100;
    assert!(seconds.abs_diff(10 * 3_600 + 31 * 60) <= 25, "{shown}");
}

#[test]
fn the_sample_in_the_repository_is_what_the_town_makes() {
    let (options, seconds) = tg_sim::sample_options();
    let made = tg_sim::recording(options.clone(), seconds);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/town.txt");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, &made).expect("the sample is written");
    }
    let kept = std::fs::read_to_string(path).expect("the sample");
    assert!(kept == made, "samples/town.txt is out of date: run this test with UPDATE_EXPECT=1");
    assert!((250..450).contains(&kept.lines().count()), "{}", kept.lines().count());
    let seen = see(&Town::new(options).advance(START.plus_us(i64::from(seconds) * SECOND_US)));
    for (mti, code) in [("0210", "A7"), ("0210", "A0"), ("0210", "54"), ("0400", "98"), ("0410", "00")] {
        assert!(seen.iter().any(|s| s.mti == mti && s.code == code), "{mti} {code}");
    }
    assert!(seen.iter().filter(|s| s.attack && s.mti == "0200").count() >= 20);
}

#[test]
fn attack_names_are_checked() {
    assert_eq!("all".parse(), Ok(Attacks::all()));
    assert_eq!("none".parse(), Ok(Attacks::none()));
    let all = AttackKind::ALL.map(AttackKind::name).join(",");
    assert_eq!(all.parse(), Ok(Attacks::all()));
    assert_eq!("cash_out, skimming".parse::<Attacks>().expect("both exist").to_string(), "cash_out,skimming");
    let error = "card_tasting".parse::<Attacks>().expect_err("no such attack");
    assert!(
        error
            .to_string()
            .starts_with("no attack is called `card_tasting`; there are: all, none, card_testing,")
    );
}
