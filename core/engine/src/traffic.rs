//! [`Traffic`]: made-up payments for benchmarks, the DuckDB oracle and tests. No part of a verdict.
//!
//! Reproducible from a seed (SplitMix64), so a figure can be measured again. Never used by `serve` or `demo`:
//! the simulator speaks real protocols.

use std::collections::BTreeMap;
use tg_event::{DuplicateKey, Event, Message, Place, ResponseClass, Stamp};
use tg_types::{Card, Instant, MaskedPan, Money, Mti, PanToken, SECOND_US, Short, mix64};

/// How much traffic, among how many.
#[derive(Clone, Copy, Debug)]
pub struct TrafficShape {
    /// Different cards; some are used much more often than others.
    pub cards: u32,
    /// Different terminals, three to a merchant.
    pub terminals: u32,
    /// Mean microseconds between two payments.
    pub gap_us: i64,
    /// Also send repeats, several currencies, payments without an answer, and requests without a card.
    pub rough: bool,
}

/// One event of the traffic.
#[derive(Clone, Debug)]
pub struct TrafficEvent {
    /// Its place and log time; times are strictly rising.
    pub stamp: Stamp,
    /// The event: a request, its answer, or a tick (one a second while the gaps are short).
    pub event: Event,
    /// It repeats an earlier message byte for byte.
    pub repeat: bool,
}

/// An endless run of payments and their answers, the same for the same seed.
#[derive(Debug)]
pub struct Traffic {
    shape: TrafficShape,
    random: u64,
    next_payment: i64,
    payments: u32,
    /// The newest trace number of each terminal.
    traces: Vec<u32>,
    offset: u64,
    last: i64,
    last_tick: i64,
    due: BTreeMap<(i64, u32), (Box<Message>, bool)>,
}

/// 2026-01-01T00:00:00Z.
const START_US: i64 = 1_767_225_600 * SECOND_US;

impl Traffic {
    /// Traffic of a shape, from a seed.
    pub fn new(shape: TrafficShape, seed: u64) -> Traffic {
        Traffic {
            shape,
            random: seed,
            next_payment: START_US,
            payments: 0,
            traces: vec![0; shape.terminals as usize],
            offset: 0,
            last: START_US,
            last_tick: START_US,
            due: BTreeMap::new(),
        }
    }

    /// Payments begun so far.
    pub fn payments(&self) -> u32 {
        self.payments
    }

    fn draw(&mut self, below: u32) -> u32 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        (((mix64(self.random) >> 32) * u64::from(below)) >> 32) as u32
    }

    /// Low numbers often, high ones seldom.
    fn draw_skewed(&mut self, below: u32) -> u32 {
        let n = u64::from(self.draw(below));
        (n * n / u64::from(below.max(1))) as u32
    }

    fn request(&mut self) -> Message {
        let card = self.draw_skewed(self.shape.cards);
        let terminal = self.draw_skewed(self.shape.terminals);
        let rough = self.shape.rough;
        let currency = match self.draw(100) {
            0 if rough => 344,
            1 if rough => 446,
            2 if rough => 840,
            _ => 156,
        };
        let amount = Money { minor: i64::from(self.draw_skewed(50_000)) + 100, currency };
        let bin = 622_000 + card % 40;
        let named = !rough || self.draw(200) != 0;
        let first12 = mix64(u64::from(card / 7) ^ 0xF1) | 1;
        self.payments += 1;
        let trace = self.traces.get_mut(terminal as usize).map_or(0, |trace| {
            *trace = *trace % 999_999 + 1;
            *trace
        });
        Message {
            mti: Mti(0x0200),
            duplicate_key: DuplicateKey(mix64(u64::from(self.payments))),
            card: named.then(|| made_up_card(card, bin, first12)),
            amount: Some(amount),
            processing_code: Some(0),
            trace: Some(trace),
            batch: Some(1),
            entry_mode: Some(51),
            place: Place::new(
                3_000_000 + (terminal % 997) as i32 * 100,
                12_000_000 + (terminal / 997) as i32 * 100,
            ),
            service_code: Some(201),
            serial: short(&format!("000024039991{terminal:08}")),
            frame_length: 256,
            scheme: short("unionpay"),
            terminal: short(&format!("{:08}", 10_000_000 + terminal)),
            merchant: short(&format!("8983102{:08}", terminal / 3)),
            ..Message::default()
        }
    }

    fn answer(&mut self, request: &Message) -> Message {
        let (code, class) = match self.draw(100) {
            0..=5 => ("51", ResponseClass::Declined),
            6 => ("41", ResponseClass::KeepCard),
            7 => ("91", ResponseClass::Unavailable),
            _ => ("00", ResponseClass::Approved),
        };
        Message {
            mti: Mti(0x0210),
            duplicate_key: DuplicateKey(!request.duplicate_key.0),
            response_code: short(code),
            response_class: class,
            ..request.clone()
        }
    }

    fn begin_payment(&mut self) {
        let request = self.request();
        let at = self.next_payment;
        let rough = self.shape.rough;
        let number = self.payments;
        if !rough || self.draw(200) != 0 {
            let answer = self.answer(&request);
            let wait = 100_000 + i64::from(self.draw_skewed(5_000_000));
            self.due.insert((at + wait, number), (Box::new(answer), false));
        }
        if rough && self.draw(100) == 0 {
            let wait = 1 + i64::from(self.draw(60_000_000));
            self.due.insert((at + wait, number | 1 << 31), (Box::new(request.clone()), true));
        }
        self.due.insert((at, number), (Box::new(request), false));
        let gap = i64::from(self.draw((self.shape.gap_us * 2) as u32));
        self.next_payment += gap;
        // Half past the second often, so that entries stand exactly at the edge of windows.
        if rough && self.draw(4) == 0 {
            self.next_payment += SECOND_US - (self.next_payment + SECOND_US / 2).rem_euclid(SECOND_US);
        }
    }
}

impl Iterator for Traffic {
    type Item = TrafficEvent;

    fn next(&mut self) -> Option<TrafficEvent> {
        while self.due.first_key_value().is_none_or(|((at, _), _)| *at >= self.next_payment) {
            self.begin_payment();
        }
        let at = self.due.first_key_value().map_or(self.last, |((at, _), _)| *at);
        let (event, repeat, at) = if at >= self.last_tick + SECOND_US && self.last >= self.last_tick {
            self.last_tick = self.last_tick.max(at - SECOND_US) + SECOND_US;
            (Event::Tick, false, self.last_tick)
        } else {
            let (_, (message, repeat)) = self.due.pop_first()?;
            (Event::Message(message), repeat, at)
        };
        self.last = at.max(self.last + 1);
        let stamp = Stamp { offset: self.offset, log_time: Instant(self.last) };
        self.offset += 1;
        Some(TrafficEvent { stamp, event, repeat })
    }
}

/// A card that is no card number's token: its parts are hashes of a counter.
fn made_up_card(number: u32, bin: u32, first12: u64) -> Card {
    let mut token = [0_u8; 16];
    token[..8].copy_from_slice(&mix64(u64::from(number) ^ 0xCA4D).to_le_bytes());
    token[8..].copy_from_slice(&mix64(u64::from(number) ^ 0x70CE).to_le_bytes());
    Card {
        token: PanToken(token),
        key_id: 1,
        masked: MaskedPan { bin, last4: (number % 10_000) as u16, length: 16 },
        first12,
        stem: first12 ^ 2,
    }
}

fn short<const N: usize>(text: &str) -> Short<N> {
    Short::new(text).unwrap_or_default()
}
