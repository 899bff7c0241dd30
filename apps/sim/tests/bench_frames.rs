//! The benchmark's frames are real messages, none a repeat of another.

use std::collections::BTreeSet;
use tg_iso8583::Decoder;
use tg_sim::{BenchFrames, frames_for_bench};

#[test]
fn pairs_decode_match_and_never_repeat() {
    const PAIRS: usize = 60_000;
    let stream = frames_for_bench(1, PAIRS);
    let mut decoder = Decoder::named("cup_pos").expect("the dialect");
    let (mut rest, mut frames) = (stream.as_slice(), 0);
    let (mut payments, mut cards, mut terminals) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut request = None;
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let (frame, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
        rest = after;
        let message = decoder.decode(frame).unwrap_or_else(|e| panic!("{e:?}"));
        let text = |n| message.text(n).map(|t| t.into_owned()).unwrap_or_default();
        let key = (text(41), text(42), message.number(11));
        let number = match message.field(2) {
            Some(field) => field.clear_value(),
            None => message.field(35).expect("a card").clear_value(),
        };
        let number = number.split('=').next().unwrap_or_default().to_owned();
        if let (Some(_), Some(track)) = (message.field(2), message.field(35)) {
            assert!(track.clear_value().starts_with(&format!("{number}=")));
        }
        if frames % 2 == 0 {
            assert_eq!(message.mti().to_string(), "0200");
            assert!(payments.insert(key.clone()), "a repeat: {key:?}");
            assert!(tg_codes::is_test_number(&number));
            cards.insert(number.clone());
            terminals.insert(key.0.clone());
            request = Some((key, number));
        } else {
            assert_eq!(message.mti().to_string(), "0210");
            assert_eq!(request.take(), Some((key, number)));
        }
        frames += 1;
    }
    assert_eq!(frames, PAIRS * 2);
    assert_eq!(terminals.len(), 20_000);
    assert!(cards.len() > 40_000, "{}", cards.len());
}

#[test]
fn a_seed_gives_the_same_frames() {
    assert_eq!(frames_for_bench(5, 100), frames_for_bench(5, 100));
    assert_ne!(frames_for_bench(5, 100), frames_for_bench(6, 100));
    let mut frames = BenchFrames::new(5);
    let mut out = Vec::new();
    frames.push_pair(&mut out);
    assert_eq!((out.as_slice(), frames.made()), (&frames_for_bench(5, 1)[..], 1));
}
