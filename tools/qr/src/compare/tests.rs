//! Panels drawn from several sides: what was pasted over is told, what only was photographed otherwise is not.

use super::*;
use crate::panel::{ASIDE, FRONT, Placed, TURNED, View, panel};
use crate::read::read;

const OURS: &str = "https://pay.acquirer.example/q/T1000234?k=3";
const OTHER: &str = "https://qr.example.test/9f31c07a55d2e684";
const WIDTH: usize = 900;

fn placed(text: &str, at: [f32; 2], side: f32, sticker: bool) -> Placed {
    Placed { text: text.to_owned(), at, side, sticker }
}

fn ours() -> Placed {
    placed(OURS, [0.3, 0.3], 0.4, false)
}

fn shoot(codes: &[Placed], view: &View) -> (Picture, Reading) {
    let picture = panel(codes, view, WIDTH);
    let mut readings = read(&picture).readings;
    assert_eq!(readings.len(), 1, "one code is read: {readings:?}");
    let reading = readings.remove(0);
    (picture, reading)
}

fn compared(before: &[Placed], from: &View, now: &[Placed], to: &View) -> Comparison {
    let (was, is) = (shoot(before, from), shoot(now, to));
    let (old, new) = (Shot { picture: &was.0, reading: &was.1 }, Shot { picture: &is.0, reading: &is.1 });
    compare(OURS, Some(old), new)
}

#[test]
fn the_same_code_from_other_sides_and_in_other_light_is_the_same() {
    for (from, to) in [(FRONT, FRONT), (FRONT, ASIDE), (FRONT, TURNED), (ASIDE, TURNED), (TURNED, ASIDE)] {
        let c = compared(&[ours()], &from, &[ours()], &to);
        assert_eq!(c.differences, [], "{c:?}");
        assert!(c.likeness.is_some_and(|l| l > ALIKE) && c.new_edges.is_some(), "{c:?}");
        assert!(c.size.is_some_and(|s| (s - 1.0).abs() < 0.06), "{c:?}");
    }
}

#[test]
fn a_sticker_of_somebody_elses_code_differs_in_content_and_has_an_edge() {
    let over = placed(OTHER, [0.3, 0.3], 0.4, true);
    for to in [FRONT, ASIDE, TURNED] {
        let c = compared(&[ours()], &FRONT, &[ours(), over.clone()], &to);
        assert_eq!(c.differences, [Difference::Content, Difference::Edge], "{c:?}");
    }
}

#[test]
fn a_code_that_says_the_same_on_a_smaller_sticker_is_told_by_size() {
    let small = placed(OURS, [0.35, 0.35], 0.3, true);
    for to in [FRONT, ASIDE, TURNED] {
        let c = compared(&[ours()], &FRONT, std::slice::from_ref(&small), &to);
        assert!(c.differences.contains(&Difference::Size), "{c:?}");
        assert!(!c.differences.contains(&Difference::Content), "{c:?}");
        assert!(c.size.is_some_and(|s| (s - 0.75).abs() < 0.08), "{c:?}");
    }
}

#[test]
fn a_code_that_lies_elsewhere_is_told_by_position() {
    let moved = placed(OURS, [0.38, 0.34], 0.4, false);
    for to in [FRONT, ASIDE] {
        let c = compared(&[ours()], &FRONT, std::slice::from_ref(&moved), &to);
        assert_eq!(c.differences, [Difference::Position], "{c:?}");
        let shift = c.shift.expect("is measured");
        assert!((shift[0] - 0.2).abs() < 0.06 && (shift[1] - 0.1).abs() < 0.06, "{c:?}");
    }
}

#[test]
fn another_place_can_not_be_compared_and_is_not_called_the_same() {
    let (picture, reading) = shoot(&[ours()], &FRONT);
    let blank = crate::scene::plain(OURS, 8).expect("fits");
    let alone = read(&blank).readings.remove(0);
    let c = compare(
        OURS,
        Some(Shot { picture: &picture, reading: &reading }),
        Shot { picture: &blank, reading: &alone },
    );
    assert_eq!((c.size, c.shift, c.new_edges), (None, None, None), "{c:?}");
    assert_eq!(c.differences, []);
}

#[test]
fn without_an_earlier_photo_only_the_content_is_compared() {
    let (picture, reading) = shoot(&[ours()], &ASIDE);
    let now = Shot { picture: &picture, reading: &reading };
    assert_eq!(compare(OURS, None, now).differences, []);
    assert_eq!(compare("https://PAY.acquirer.example:443/q/T1000234?k=3", None, now).differences, []);
    let c = compare(OTHER, None, now);
    assert_eq!((c.differences.as_slice(), c.likeness), (&[Difference::Content][..], None));
}

#[test]
fn a_photo_held_sideways_compares_like_any_other() {
    let (picture, reading) = shoot(&[ours()], &FRONT);
    let w = picture.width;
    // Stored a quarter turned: seen upright by EXIF 6, x = h - y', y = x'.
    let luma = (0..w * w).map(|i| picture.luma[(i % w) * w + (w - 1 - i / w)]).collect();
    let mut sideways = Picture::from_luma(w, w, luma).expect("fits");
    sideways.orientation = 6;
    let again = read(&sideways).readings.remove(0);
    let c = compare(
        OURS,
        Some(Shot { picture: &picture, reading: &reading }),
        Shot { picture: &sideways, reading: &again },
    );
    assert_eq!(c.differences, [], "{c:?}");
    assert!(c.size.is_some_and(|s| (s - 1.0).abs() < 0.06), "{c:?}");
}

#[test]
fn corners_that_are_no_square_end_in_no_answer_and_no_panic() {
    let (picture, reading) = shoot(&[ours()], &FRONT);
    for corners in [[[0.0; 2]; 4], [[f32::NAN; 2]; 4], [[5.0, 5.0], [9.0, 9.0], [5.0, 5.0], [1e30, -1e30]]] {
        let broken = Reading { corners, ..reading.clone() };
        let c = compare(
            OURS,
            Some(Shot { picture: &picture, reading: &reading }),
            Shot { picture: &picture, reading: &broken },
        );
        assert_eq!(c.differences, [], "{c:?}");
    }
}
