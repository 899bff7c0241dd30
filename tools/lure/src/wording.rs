//! How much the wording as a whole resembles known lures: what named signals miss when a lure is said anew.
//!
//! Why it exists: patterns find what their author thought of; on texts in quite new words they alone found two
//! of five (`data/lure/README.md`). A linear model over runs of one to three words or Chinese characters, learnt
//! at first use from the labelled texts in `data/lure`, in plain additions and multiplications, so that every
//! machine learns the same. `held.jsonl` and `held_new.jsonl` are never learnt from: they measure. Never the whole ground for an
//! accusation: it adds to the sum of signals and names the words that weighed most.

use crate::normal::{is_han, normalise};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::LazyLock;

/// What is learnt from. The held-back files stay out.
const TEXTS: [&str; 4] = [
    include_str!("../../../data/lure/texts.jsonl"),
    include_str!("../../../data/lure/own.jsonl"),
    include_str!("../../../data/lure/tune.jsonl"),
    include_str!("../../../data/lure/third.jsonl"),
];
/// Of a long text this much is looked at; named signals are searched for in all of it.
const WORDS_MAX: usize = 4_000;
const ROUNDS: u32 = 20;
/// The longest run of words that counts as one feature.
const RUN_MAX: usize = 3;

#[derive(Deserialize)]
struct Row {
    label: String,
    text: String,
}

/// Weights by the hash of a run of words.
pub struct Wording {
    weights: BTreeMap<u64, f64>,
    bias: f64,
}

/// How a text reads.
pub struct Reading {
    /// Above 0: like a lure; below: like an honest text. About 1 is far.
    pub margin: f64,
    /// The run of words that weighed most for a lure, as a place in the text.
    pub strongest: Option<Range<usize>>,
}

struct Word {
    key: u64,
    place: Range<usize>,
}

impl Wording {
    /// The model of the compiled-in texts.
    pub fn builtin() -> &'static Wording {
        static BUILTIN: LazyLock<Wording> = LazyLock::new(|| Wording::learn(&TEXTS));
        &BUILTIN
    }

    /// Learns: an averaged linear separator with margin (hinge loss), fixed rounds, fixed order.
    fn learn(files: &[&str]) -> Wording {
        let mut rows: Vec<(Vec<u64>, bool)> = Vec::new();
        let mut seen: BTreeMap<u64, u32> = BTreeMap::new();
        for line in files.iter().flat_map(|f| f.lines()) {
            let Ok(row) = serde_json::from_str::<Row>(line) else { continue };
            let keys = keys_of(&normalise(&row.text).text);
            for key in &keys {
                *seen.entry(*key).or_default() += 1;
            }
            rows.push((keys, row.label == "lure"));
        }
        // What occurs once teaches nothing about other texts.
        let places: BTreeMap<u64, usize> =
            seen.iter().filter(|(_, n)| **n >= 2).enumerate().map(|(i, (key, _))| (*key, i)).collect();
        let rows: Vec<(Vec<usize>, f64)> = rows
            .into_iter()
            .map(|(keys, lure)| {
                let features = keys.iter().filter_map(|k| places.get(k).copied()).collect();
                (features, if lure { 1.0 } else { -1.0 })
            })
            .collect();
        let (mut weights, mut bias) = (vec![0.0f64; places.len()], 0.0f64);
        let (mut sums, mut bias_sum) = (vec![0.0f64; places.len()], 0.0f64);
        let mut order: Vec<usize> = (0..rows.len()).collect();
        let mut state: u64 = 1;
        for round in 0..ROUNDS {
            for i in (1..order.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                order.swap(i, (state >> 33) as usize % (i + 1));
            }
            let step = 0.5 / (1.0 + f64::from(round) * 0.3);
            for (features, side) in order.iter().map(|i| &rows[*i]) {
                let scale = scale(features.len());
                let margin = bias + features.iter().map(|f| weights[*f]).sum::<f64>() * scale;
                if margin * side < 1.0 {
                    bias += step * side * 0.3;
                    for f in features {
                        weights[*f] += step * side * scale;
                    }
                }
            }
            for (weight, sum) in weights.iter_mut().zip(&mut sums) {
                *weight *= 0.99;
                *sum += *weight;
            }
            bias_sum += bias;
        }
        let rounds = f64::from(ROUNDS);
        let weights = places.iter().map(|(key, i)| (*key, sums[*i] / rounds)).collect();
        Wording { weights, bias: bias_sum / rounds }
    }

    /// Reads a normalised text.
    pub fn read(&self, text: &str) -> Reading {
        let words = words_of(text);
        let mut counted: BTreeSet<u64> = BTreeSet::new();
        let mut sum = 0.0;
        let mut strongest: Option<(f64, Range<usize>)> = None;
        for (key, place) in runs(&words) {
            let Some(weight) = self.weights.get(&key).filter(|_| counted.insert(key)) else { continue };
            sum += weight;
            if *weight > 0.0 && strongest.as_ref().is_none_or(|(w, _)| weight > w) {
                strongest = Some((*weight, place));
            }
        }
        Reading { margin: self.bias + sum * scale(counted.len()), strongest: strongest.map(|(_, p)| p) }
    }
}

/// Longer texts have more features, not more meaning.
fn scale(features: usize) -> f64 {
    1.0 / ((features + 1) as f64).sqrt()
}

fn keys_of(text: &str) -> Vec<u64> {
    let keys: BTreeSet<u64> = runs(&words_of(text)).map(|(key, _)| key).collect();
    keys.into_iter().collect()
}

/// Words: a Chinese character, a run of Latin letters, a run of digits (whatever its value), a mark. Whatever
/// looks like a contact is one and the same word: nobody's name is learnt.
fn words_of(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        if words.len() >= WORDS_MAX {
            break;
        }
        if c.is_whitespace() {
            continue;
        }
        let mut end = start + c.len_utf8();
        let latin = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if c.is_ascii_alphanumeric() {
            while let Some((i, c)) = rest.next_if(|(_, c)| latin(*c)) {
                end = i + c.len_utf8();
            }
        }
        let word = &text[start..end];
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let contact = word.contains("demo") || word.contains('_') || digits > 0 && digits < word.len();
        let known = match c {
            _ if is_han(c) => word,
            _ if contact && word.len() >= 4 => "contact",
            _ if digits > 0 => "0",
            _ => word,
        };
        words.push(Word { key: hash(OFFSET, known.as_bytes()), place: start..end });
    }
    words
}

fn runs(words: &[Word]) -> impl Iterator<Item = (u64, Range<usize>)> + '_ {
    words.iter().enumerate().flat_map(move |(i, first)| {
        let run = words[i..].iter().take(RUN_MAX);
        run.scan(OFFSET, move |key, word| {
            *key = hash(*key, &word.key.to_le_bytes());
            Some((*key, first.place.start..word.place.end))
        })
    })
}

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a: a name for a run of words, nothing secret.
fn hash(seed: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(seed, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_has_learnt_separates_what_it_has_not_seen() {
        let margin = |text: &str| Wording::builtin().read(&normalise(text).text).margin;
        assert!(margin("机器白给你用，费率不涨，加我微信") > 0.0);
        assert!(margin("请到网点凭营业执照办理，不收取费用") < 0.0);
        assert!(margin("").abs() < 1.0);
    }

    #[test]
    fn contacts_are_one_word_whatever_they_are() {
        let keys = |text: &str| keys_of(text);
        assert_eq!(keys("加 abc_999"), keys("加 zz_1"));
        assert_eq!(keys("刷299"), keys("刷199"));
        assert_ne!(keys("刷 pos"), keys("刷 qr"));
    }
}
