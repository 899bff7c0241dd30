//! Pre-built frames for benchmarks: request and answer pairs in the mix of a town, over many cards and
//! terminals, none a repeat of another, made at several million a second.
//!
//! How: a town is run once, its pairs become templates, and what must differ is patched: card, trace
//! number, terminal, merchant, reference, chip counter, MAC. The MACs are not right (a right one costs more
//! than the rest together); benchmarks configure no MAC keys.

use crate::dice::{Dice, mix};
use crate::message::DIALECT;
use crate::ranges::TestRanges;
use crate::town::{Options, Town};
use crate::truth::Attacks;
use std::collections::BTreeMap;
use tg_iso8583::{Decoder, Message};
use tg_types::{Instant, SECOND_US};

const CARDS_OF_EACH_LENGTH: usize = BenchFrames::CARDS / 2;

#[derive(Clone, Copy)]
enum Patch {
    /// Card number in field 2.
    Number,
    /// Card number at the head of field 35; the separator stands in its last nibble if the length is odd.
    Track,
    Trace,
    Terminal,
    Merchant,
    Reference,
    /// Tag 9F36.
    Counter,
    /// Tag 9F37.
    Unpredictable,
    Mac,
}

struct Template {
    /// Both frames, each after its two bytes of length.
    bytes: Vec<u8>,
    long_number: bool,
    patches: Vec<(usize, Patch)>,
}

/// An endless supply of pairs.
pub struct BenchFrames {
    templates: Vec<Template>,
    /// Card numbers as BCD, odd ones filled with a zero; 16 and 19 digits.
    cards: [Vec<[u8; 10]>; 2],
    seed: u64,
    made: u64,
}

impl std::fmt::Debug for BenchFrames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BenchFrames({} templates, {} pairs made)", self.templates.len(), self.made)
    }
}

impl BenchFrames {
    /// Different cards; half have 16 digits, half 19.
    pub const CARDS: usize = 262_144;
    /// Terminals; two share a merchant.
    pub const TERMINALS: u64 = 20_000;

    /// Templates and cards from a seed.
    pub fn new(seed: u64) -> BenchFrames {
        let mut dice = Dice::new(seed, 2);
        let ranges = TestRanges::load();
        let mut cards = [Vec::new(), Vec::new()];
        while cards.iter().any(|c| c.len() < CARDS_OF_EACH_LENGTH) {
            let number = ranges.number(&mut dice);
            let of_length = &mut cards[usize::from(number.length == 19)];
            if of_length.len() < CARDS_OF_EACH_LENGTH {
                let filled = if number.length == 19 { number.value * 10 } else { number.value };
                let mut bcd = [0; 10];
                write_bcd(&mut bcd[..usize::from(number.length).div_ceil(2)], filled);
                of_length.push(bcd);
            }
        }
        BenchFrames { templates: templates(seed), cards, seed, made: 0 }
    }

    /// How many pairs have been made.
    pub fn made(&self) -> u64 {
        self.made
    }

    /// Appends the next request and its answer, each after two bytes of length (big-endian), as the feed
    /// takes them.
    pub fn push_pair(&mut self, out: &mut Vec<u8>) {
        let n = self.made;
        self.made += 1;
        let chance = mix(n ^ self.seed.rotate_left(32));
        let at = (chance % self.templates.len().max(1) as u64) as usize;
        let Some(template) = self.templates.get(at) else { return };
        let card =
            &self.cards[usize::from(template.long_number)][(chance >> 32) as usize % CARDS_OF_EACH_LENGTH];
        let terminal = n.wrapping_mul(7_919) % BenchFrames::TERMINALS;
        let trace = (n / BenchFrames::TERMINALS) % 999_999 + 1;
        // Both frames take the same values: made once.
        let (mut trace_bcd, mut terminal_digits) = ([0; 3], [0; 8]);
        let (mut merchant_digits, mut reference, mut mac) = ([0; 6], [0; 12], [0; 8]);
        write_bcd(&mut trace_bcd, trace);
        write_digits(&mut terminal_digits, 57_200_000 + terminal);
        write_digits(&mut merchant_digits, terminal / 2);
        write_digits(&mut reference, n);
        write_hex(&mut mac, chance as u32);
        let mut track = *card;
        track[9] |= 0x0D;
        let begin = out.len();
        out.extend_from_slice(&template.bytes);
        let frame = &mut out[begin..];
        for &(at, patch) in &template.patches {
            let mut put = |bytes: &[u8]| frame[at..at + bytes.len()].copy_from_slice(bytes);
            match patch {
                Patch::Number if template.long_number => put(card),
                Patch::Track if template.long_number => put(&track),
                Patch::Number | Patch::Track => put(&card[..8]),
                Patch::Trace => put(&trace_bcd),
                Patch::Terminal => put(&terminal_digits),
                Patch::Merchant => put(&merchant_digits),
                Patch::Reference => put(&reference),
                Patch::Counter => put(&(n as u16).to_be_bytes()),
                Patch::Unpredictable => put(&(chance as u32).to_be_bytes()),
                Patch::Mac => put(&mac),
            }
        }
    }
}

/// So many pairs (twice as many frames), each frame after its two bytes of length.
pub fn frames_for_bench(seed: u64, pairs: usize) -> Vec<u8> {
    let mut frames = BenchFrames::new(seed);
    let mut out = Vec::with_capacity(pairs * 640);
    for _ in 0..pairs {
        frames.push_pair(&mut out);
    }
    out
}

/// The paired purchases and enquiries of two minutes of a peaceful town.
fn templates(seed: u64) -> Vec<Template> {
    let start = Instant(1_793_586_600_000_000);
    let mut town = Town::new(Options { attacks: Attacks::none(), ..Options::new(seed, start) });
    let Some(mut decoder) = Decoder::named(DIALECT) else { return Vec::new() };
    let mut requests: BTreeMap<(Vec<u8>, Vec<u8>), Vec<u8>> = BTreeMap::new();
    let mut templates = Vec::new();
    for sent in town.advance(start.plus_us(120 * SECOND_US)) {
        let Ok(message) = decoder.decode(&sent.frame) else { continue };
        let key = |m: &Message<'_>| Some((m.data(41)?.to_vec(), m.data(11)?.to_vec()));
        let Some(key) = key(&message) else { continue };
        match &message.mti().digits() {
            // Voids carry the trace number of another payment: left out.
            b"0200" if message.number(3) != Some(200_000) => {
                requests.insert(key, sent.frame.clone());
            }
            b"0210" => {
                if let Some(request) = requests.remove(&key) {
                    templates.extend(template(&mut decoder, &[request, sent.frame.clone()]));
                }
            }
            _ => {}
        }
    }
    templates
}

fn template(decoder: &mut Decoder, pair: &[Vec<u8>; 2]) -> Option<Template> {
    let mut made = Template { bytes: Vec::new(), long_number: false, patches: Vec::new() };
    for frame in pair {
        made.bytes.extend_from_slice(&u16::try_from(frame.len()).ok()?.to_be_bytes());
        let begin = made.bytes.len();
        made.bytes.extend_from_slice(frame);
        let message = decoder.decode(frame).ok()?;
        for field in message.fields() {
            let at = begin + field.offset + field.length - field.data.len();
            let patch = match field.number {
                2 => {
                    made.long_number = field.units == 19;
                    Patch::Number
                }
                35 => {
                    made.long_number = field.data.get(9).is_some_and(|byte| byte & 0x0F == 0x0D);
                    Patch::Track
                }
                11 => Patch::Trace,
                41 => Patch::Terminal,

                37 => Patch::Reference,
                64 => Patch::Mac,
                // The last six characters.
                42 => {
                    made.patches.push((at + 9, Patch::Merchant));
                    continue;
                }
                55 => {
                    for (tag, patch) in [(0x36, Patch::Counter), (0x37, Patch::Unpredictable)] {
                        let found = field.data.windows(2).position(|w| w == [0x9F, tag]);
                        made.patches.extend(found.map(|place| (at + place + 3, patch)));
                    }
                    continue;
                }
                _ => continue,
            };
            made.patches.push((at, patch));
        }
    }
    Some(made)
}

fn write_bcd(out: &mut [u8], mut number: u64) {
    for byte in out.iter_mut().rev() {
        let two = (number % 100) as u8;
        *byte = ((two / 10) << 4) | (two % 10);
        number /= 100;
    }
}

fn write_digits(out: &mut [u8], mut number: u64) {
    for byte in out.iter_mut().rev() {
        *byte = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

fn write_hex(out: &mut [u8], mut word: u32) {
    for byte in out.iter_mut().rev() {
        *byte = b"0123456789ABCDEF"[(word & 15) as usize];
        word >>= 4;
    }
}
