//! `locate` on windows whose truth is known, on windows without fault, and on the edges.
//!
//! The larger runs are `examples/locate_figures.rs`; these here are small enough for every build.

mod generator;

use generator::{ALIKE, Case, Dice, Kind, MIXED, Payments, Tally, Volumes, named, payments, volumes};
use proptest::prelude::*;
use tg_fleet::{BadLeaf, Direction, Window, locate};

fn tally(seeds: std::ops::Range<u64>, make: impl Fn(u64) -> Case) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        let case = make(seed);
        tally.add(&case.truth, &named(&locate(&case.window)));
    }
    tally
}

#[test]
fn causes_of_volume_windows_are_named() {
    let alike = tally(500..512, |s| volumes(&ALIKE, s, true));
    assert!(alike.f1() >= 0.97, "{alike:?}");
    let mixed = tally(500..512, |s| volumes(&MIXED, s, true));
    assert!(mixed.f1() >= 0.97, "{mixed:?}");
    let heavy = Volumes { kind: Kind::HeavyTails, ..ALIKE };
    let heavy = tally(500..508, |s| volumes(&heavy, s, true));
    assert!(heavy.f1() >= 0.95, "{heavy:?}");
    let counts = Volumes { kind: Kind::Counts, noise: (0.0, 0.05), ..MIXED };
    let counts = tally(500..508, |s| volumes(&counts, s, true));
    assert!(counts.f1() >= 0.85, "{counts:?}");
}

#[test]
fn causes_of_payment_windows_are_named() {
    for (wander, with_rate) in [(0.0, true), (0.005, true), (0.0, false)] {
        let rule = Payments { transactions: 20_000, wander, with_rate };
        let payments = tally(500..512, |s| payments(&rule, s, true));
        assert!(payments.f1() >= 0.95, "{wander} {with_rate}: {payments:?}");
    }
}

#[test]
fn windows_without_fault_give_nothing() {
    let wrong = |t: Tally| t.cases - t.exact;
    let rule = Payments { transactions: 20_000, wander: 0.005, with_rate: true };
    let found = wrong(tally(900..930, |s| volumes(&ALIKE, s, false)))
        + wrong(tally(900..910, |s| volumes(&MIXED, s, false)))
        + wrong(tally(900..930, |s| payments(&rule, s, false)));
    assert!(found <= 1, "{found} of 70 windows, at a stated rate of {}", tg_fleet::FALSE_ALARM_RATE);
}

/// Three dimensions; everything that `moves` is multiplied.
fn window(moves: impl Fn(usize, usize, usize) -> f64) -> Window {
    let mut dice = Dice::new(7);
    let mut window = Window::of_volumes(&["issuer", "region", "model"]);
    for (i, r, m) in (0..1_440).map(|n| (n / 120, n / 8 % 15, n % 8)) {
        let expected = dice.between(50.0, 400.0);
        let actual = expected * moves(i, r, m) * (1.0 + 0.03 * dice.normal());
        let values = [format!("i{i}"), format!("r{r}"), format!("m{m}")];
        window.push(&values.each_ref().map(String::as_str), &[actual, expected]).expect("good");
    }
    window
}

#[test]
fn a_whole_that_moved_is_outside_and_a_part_still_has_its_name() {
    let all = locate(&window(|_, _, _| 0.6));
    assert!(all.elements.is_empty() && all.outside, "{all:?}");
    assert!((all.unexplained_share - 1.0).abs() < 1e-9);
    let both = locate(&window(|i, _, _| if i == 3 { 0.1 } else { 0.6 }));
    assert_eq!(both.elements.len(), 1, "{both:?}");
    assert_eq!(both.elements[0].place.get("issuer").map(String::as_str), Some("i3"));
    assert!(both.outside);
    let part = locate(&window(|i, r, _| if i == 3 && r == 4 { 2.0 } else { 1.0 }));
    assert_eq!(part.elements.len(), 1, "{part:?}");
    assert_eq!((part.elements[0].direction, part.outside), (Direction::Up, false));
    assert!(part.elements[0].place.len() == 2 && part.elements[0].share > 0.9);
}

#[test]
fn dimensions_that_go_together_give_the_simpler_name() {
    // Each model has one firmware: “model=m2, firmware=f2” says no more than “model=m2”.
    let mut window = Window::of_ratios(&["model", "firmware", "region"], true);
    for (m, r) in (0..200).map(|n| (n / 20, n % 20)) {
        let failures = if m == 2 { 30.0 } else { 3.0 };
        let values = [format!("m{m}"), format!("f{m}"), format!("r{r}")];
        window.push(&values.each_ref().map(String::as_str), &[failures, 60.0, 0.05]).expect("good");
    }
    let location = locate(&window);
    assert_eq!(location.elements.len(), 1, "{location:?}");
    assert_eq!(location.elements[0].place.len(), 1, "{location:?}");
}

#[test]
fn fewer_failures_have_the_other_direction() {
    let mut window = Window::of_ratios(&["issuer", "region"], true);
    for (i, r) in (0..400).map(|n| (n / 20, n % 20)) {
        let failures = if i == 4 { 1.0 } else { 20.0 };
        window.push(&[&format!("i{i}"), &format!("r{r}")], &[failures, 100.0, 0.2]).expect("good");
    }
    let location = locate(&window);
    assert_eq!(location.elements.len(), 1, "{location:?}");
    assert_eq!(location.elements[0].direction, Direction::Down);
}

#[test]
fn bad_leaves_are_refused_and_change_nothing() {
    let mut window = Window::of_ratios(&["issuer"], true);
    for (numbers, expected) in [
        (&[1.0, 0.5, 0.1][..], BadLeaf::MoreFailuresThanTotal),
        (&[1.0, 2.0, 1.5], BadLeaf::Rate),
        (&[-1.0, 2.0, 0.5], BadLeaf::Number),
        (&[f64::NAN, 2.0, 0.5], BadLeaf::Number),
        (&[1.0, 2.0], BadLeaf::Width),
    ] {
        assert_eq!(window.push(&["x"], numbers), Err(expected));
    }
    assert_eq!(window.push(&["x", "y"], &[1.0, 2.0, 0.5]), Err(BadLeaf::Width));
    assert!(window.is_empty() && locate(&window).elements.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_window_gives_figures_that_can_be_read(
        rows in prop::collection::vec((0..4_u8, 0..3_u8, 0..6_u8, 0.0..1e6_f64, 0.0..1e6_f64), 0..60),
        ratio in any::<bool>(), zero in any::<bool>(),
    ) {
        let mut window = match ratio {
            true => Window::of_ratios(&["a", "b", "c"], false),
            false => Window::of_volumes(&["a", "b", "c"]),
        };
        for (a, b, c, x, y) in rows {
            let y = if zero { 0.0 } else { y };
            let values = [a.to_string(), b.to_string(), c.to_string()];
            let (x, y) = if ratio { (x.min(y), y) } else { (x, y) };
            window.push(&values.each_ref().map(String::as_str), &[x, y]).expect("good");
        }
        let location = locate(&window);
        prop_assert!((0.0..=1.0).contains(&location.unexplained_share));
        for element in &location.elements {
            prop_assert!(element.score.is_finite() && (0.0..=1.0).contains(&element.share));
            prop_assert!(!element.place.is_empty());
        }
    }
}
