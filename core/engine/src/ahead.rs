//! Reading ahead: what a message will need is read before it is needed, all at once.
//!
//! Why it exists: the state is larger than any cache, so a message waits for memory a dozen times: for a
//! bucket, for the entity that it names, for that entity's ring, and all again for the next. Reads that don't
//! depend on one another are under way together, so three rounds (buckets, entities, rings) cost three waits.
//! What is read here decides nothing: a wrong guess costs time, never an answer.

use crate::catalogue::EntityKind;
use crate::engine::Engine;
use crate::pairing::Asked;
use crate::table::Place;
use crate::window::{EntityKey, NO_ENTITY};
use tg_event::{Message, ResponseClass};

/// The entities that a payment names, by kind, and where they stand.
pub(crate) struct Named(pub(crate) [Option<(EntityKey, Place)>; 4]);

impl Named {
    pub(crate) fn of(m: &Message) -> Named {
        let bin;
        let issuer = match (&m.card, m.issuer.is_empty()) {
            (_, false) => m.issuer.as_bytes(),
            (Some(card), true) => {
                bin = decimal_digits(card.masked.bin);
                &bin[..]
            }
            (None, true) => &[],
        };
        let names: [&[u8]; 4] = [
            m.card.as_ref().map_or(&[], |c| &c.token.0),
            m.terminal.as_bytes(),
            m.merchant.as_bytes(),
            issuer,
        ];
        Named(EntityKind::ALL.map(|kind| {
            let name = names[kind as usize];
            let key = EntityKey::new(kind, m.tenant, name);
            (!name.is_empty()).then(|| (key, key.place()))
        }))
    }
}

impl Engine {
    /// Reads what the message will need.
    pub(crate) fn read_ahead(&self, m: &Message, frame: u64, asked: &Asked<'_>, named: Option<&Named>) {
        // The message itself fills eight lines.
        let far = m.place.map_or(0, |p| p.latitude as u64) ^ u64::from(m.service_code.unwrap_or(0));
        let mut read =
            far ^ m.serial.as_bytes().len() as u64 ^ self.duplicates.touch(frame) ^ self.pairs.touch(asked);
        match named {
            Some(Named(named)) => {
                for (_, place) in named.iter().flatten() {
                    read ^= self.entities.touch_bucket(*place);
                }
                let slots: [u32; 4] = std::array::from_fn(|i| {
                    named[i].and_then(|(_, place)| self.entities.likely(place)).unwrap_or(NO_ENTITY)
                });
                let [card, terminal, ..] = slots;
                read ^= self.detectors.touch_slots([card, terminal]) ^ self.touch_entities(&slots);
            }
            None if !m.mti.is_request() => {
                if let Some(pair) = self.pairs.likely(asked) {
                    let [card, terminal, ..] = pair.slots;
                    read ^= self.detectors.touch_answer(terminal);
                    read ^= match m.response_class {
                        ResponseClass::Declined | ResponseClass::KeepCard => {
                            self.detectors.touch_slots([card, terminal]) ^ self.touch_entities(&pair.slots)
                        }
                        _ => self.entities.touch(terminal) ^ self.entities.touch_declines(terminal),
                    };
                }
            }
            None => {}
        }
        std::hint::black_box(read);
    }

    fn touch_entities(&self, slots: &[u32; 4]) -> u64 {
        let heads = slots.iter().fold(0, |read, &slot| read ^ self.entities.touch(slot));
        let [card, terminal, ..] = *slots;
        slots.iter().enumerate().fold(heads, |read, (i, &slot)| {
            read ^ self.entities.touch_ring(slot, if i == 0 { terminal } else { card })
        })
    }
}

/// The BIN as text: six digits.
fn decimal_digits(mut n: u32) -> [u8; 6] {
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (n % 10) as u8;
        n /= 10;
    }
    digits
}
