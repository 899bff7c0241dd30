//! Which dialect do these messages speak? Ranks all compiled-in dialects over the messages given.
//!
//! Why it exists: who holds a dump seldom knows its dialect, and a wrong one shows plausible nonsense. Each
//! dialect is asked how short it could write the messages if it were the right one: digits where digits
//! belong, printable text, a usual message type, fields that are often there, dates that exist, account
//! numbers that pass Luhn, chip data that parse. The shortest description wins (minimum description length),
//! and the difference in bits says how sure. Bytes that a dialect can't explain cost more than they hold.
//!
//! Everything is counted in tenths of bits as whole numbers, so the answer is the same everywhere. Never
//! hides a tie: dialects that read the messages alike are named as such.

use crate::cost::{Tenths, message_cost};
use crate::decoder::Decoder;
use crate::dialect::NAMES;
use crate::message::Message;

/// Of more messages, so many are looked at: the first.
pub const RECOGNISED_MESSAGES_MAX: usize = 200;

/// The evidence of one message is worth this share of its bits: a message's bytes hang together, so taking
/// them one by one makes too sure. Found on the vectors: the wrong answers among them stay below 0.9.
const TEMPER: i64 = 4;

/// How well a dialect explains the messages.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Candidate {
    /// The dialect.
    pub dialect: &'static str,
    /// How likely it is the right one among those known, 0 to 0.999, three decimals.
    pub confidence: f64,
    /// How many of the messages looked at it decodes without an error.
    pub decoded: usize,
    /// True if it reads every field of every message exactly as the best one does.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub same_reading: bool,
}

/// The dialects over some messages.
#[derive(Clone, Debug, PartialEq)]
pub struct Recognised {
    /// The best, then the others, falling.
    pub candidates: Vec<Candidate>,
    /// How many messages were looked at.
    pub messages: usize,
}

/// How far the best dialect can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sureness {
    /// It decodes all messages and no other explains them nearly as well.
    Sure,
    /// Another dialect reads the messages in exactly the same way, so the choice changes nothing but names.
    SameReading,
    /// Another dialect explains them nearly as well, and reads them otherwise.
    Doubtful,
    /// It doesn't decode all the messages.
    PartlyDecoded,
    /// No dialect decodes any of them.
    NoneFits,
}

impl Recognised {
    /// The best dialect.
    pub fn best(&self) -> Option<&Candidate> {
        self.candidates.first()
    }

    /// How far it can be trusted.
    pub fn sureness(&self) -> Sureness {
        let Some(best) = self.best().filter(|best| best.decoded > 0) else { return Sureness::NoneFits };
        if best.decoded < self.messages {
            return Sureness::PartlyDecoded;
        }
        let near: Vec<_> = self.candidates.iter().skip(1).filter(|c| c.confidence >= 0.1).collect();
        match near.iter().all(|c| c.same_reading) {
            _ if near.is_empty() => Sureness::Sure,
            true => Sureness::SameReading,
            false => Sureness::Doubtful,
        }
    }

    /// The others worth naming: those with a confidence of at least 0.01, and those that read the same; at
    /// most five.
    pub fn runners_up(&self) -> Vec<Candidate> {
        let others = self.candidates.iter().skip(1).filter(|c| c.confidence >= 0.01 || c.same_reading);
        others.take(5).cloned().collect()
    }
}

/// Ranks the compiled-in dialects over the messages.
pub fn recognise(messages: &[&[u8]]) -> Recognised {
    let messages = messages.get(..RECOGNISED_MESSAGES_MAX).unwrap_or(messages);
    let mut decoders: Vec<Decoder> = NAMES.iter().filter_map(|name| Decoder::named(name)).collect();
    let mut rows: Vec<(usize, Tenths, usize)> = Vec::with_capacity(decoders.len());
    for (index, decoder) in decoders.iter_mut().enumerate() {
        let (mut cost, mut decoded) = (0, 0);
        for bytes in messages {
            let (bits, sound) = message_cost(decoder, bytes);
            cost += bits;
            decoded += usize::from(sound);
        }
        rows.push((index, cost, decoded));
    }
    // What is equal stays in the order of NAMES.
    rows.sort_by_key(|(_, cost, _)| *cost);
    let Some((best_index, least, _)) = rows.first().copied() else {
        return Recognised { candidates: Vec::new(), messages: messages.len() };
    };
    let weight = |cost: Tenths| tempered(cost - least);
    let whole: f64 = rows.iter().map(|(_, cost, _)| weight(*cost)).sum();
    let candidates = rows.iter().map(|(index, cost, decoded)| Candidate {
        dialect: NAMES[*index],
        // The share of messages that it decodes bounds how sure one may be.
        confidence: rounded(weight(*cost) / whole * *decoded as f64 / messages.len().max(1) as f64),
        decoded: *decoded,
        same_reading: *index != best_index
            && *decoded > 0
            && read_alike(&mut decoders, best_index, *index, messages),
    });
    Recognised { candidates: candidates.collect(), messages: messages.len() }
}

/// Two to the power of minus so many tempered bits, by multiplication alone: the same on every machine.
fn tempered(difference: Tenths) -> f64 {
    /// Two to the power of -1/40.
    const STEP: f64 = 0.982_820_598_545_250_6;
    const { assert!(TEMPER == 4, "the step is that of a tenth of a bit by four") };
    let difference = difference.clamp(0, 40 * 64);
    let halved = (0..difference / 40).fold(1.0, |weight, _| weight * 0.5);
    (0..difference % 40).fold(halved, |weight, _| weight * STEP)
}

fn rounded(share: f64) -> f64 {
    // Never certain: there are dialects that nobody has told of.
    ((share * 1000.0).round() / 1000.0).min(0.999)
}

/// True if two dialects read all the messages alike: places, values, and what fails.
fn read_alike(decoders: &mut [Decoder], one: usize, other: usize, messages: &[&[u8]]) -> bool {
    let values = |message: &Message<'_>| -> Vec<(u8, usize, usize, String)> {
        message.fields().map(|f| (f.number, f.offset, f.length, f.clear_value())).collect()
    };
    messages.iter().all(|bytes| {
        let mut read = |at: usize| {
            let decoder = decoders.get_mut(at)?;
            decoder.decode(bytes).map(|message| values(&message)).ok()
        };
        read(one) == read(other)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_bits_halve_the_weight() {
        assert_eq!(tempered(0), 1.0);
        assert_eq!(tempered(40), 0.5);
        assert!((tempered(20) - 0.5f64.sqrt()).abs() < 1e-12);
        assert!(tempered(Tenths::MAX) > 0.0 && tempered(Tenths::MAX) < 1e-19);
    }
}
