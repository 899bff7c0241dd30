//! One number for all that the engine answers and keeps: `cargo run --release -p tg-engine --example
//! fingerprint [PAYMENTS]`. A change that is to make the engine faster must leave it as it is.
//!
//! The stream holds a little of everything under changing limits: repeats, second and late answers,
//! reversals, other tenants and feeds, missing fields, an attack with its feedback, ticks, a restart.

use std::fmt::Write;
use std::hash::{DefaultHasher, Hasher};
use tg_engine::{Catalogue, Engine, Traffic, TrafficShape};
use tg_event::{
    DuplicateKey, Epoch, Event, Limits, MacState, Message, Outcomes, ResponseClass, Stamp, TerminalTime,
    Undecoded, UndecodedKind,
};
use tg_types::{Instant, Money, Mti, Short, TenantId, mix64};

fn main() {
    let payments = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(150_000_u32);
    let mut all = DefaultHasher::new();
    for (seed, gap_us, limits) in [
        (1, 300_000, Limits::default()),
        (2, 10, Limits::default()),
        (3, 40_000_000, Limits::default()),
        (
            4,
            20_000,
            Limits { pairs_max: 4_000, duplicates_max: 9_000, entities_max: 900, ..Limits::default() },
        ),
        (
            5,
            90_000,
            Limits { window_entries_max: 5_000, answer_seconds: 2, late_seconds: 20, ..Limits::default() },
        ),
    ] {
        let one = stream(seed, gap_us, limits, payments / 5);
        println!("stream {seed}: {one:016x}");
        all.write_u64(one);
    }
    println!("all: {:016x}", all.finish());
}

struct Run {
    engine: Engine,
    hasher: DefaultHasher,
    out: Outcomes,
    text: String,
    now: i64,
}

impl Run {
    fn apply(&mut self, event: &Event) {
        let mut waiting = vec![event.clone()];
        while let Some(event) = waiting.pop() {
            let stamp = Stamp { offset: self.engine.next_offset(), log_time: Instant(self.now) };
            self.out.clear();
            self.engine.apply(stamp, &event, &mut self.out);
            self.text.clear();
            write!(self.text, "{:?}", self.out).expect("a text takes all");
            self.hasher.write(self.text.as_bytes());
            waiting.extend(self.out.feedback.iter().map(|f| Event::Feedback(*f)));
        }
    }

    fn restart(&mut self) {
        let mut bytes = Vec::new();
        self.engine.snapshot(&mut bytes);
        self.hasher.write(&bytes);
        self.engine = Engine::restore(Catalogue::builtin(), &bytes).expect("a snapshot of our own");
    }
}

fn stream(seed: u64, gap_us: i64, limits: Limits, payments: u32) -> u64 {
    let shape = TrafficShape { cards: 3_000, terminals: 150, gap_us, rough: true };
    let mut traffic = Traffic::new(shape, seed);
    let mut run = Run {
        engine: Engine::new(Catalogue::builtin()),
        hasher: DefaultHasher::new(),
        out: Outcomes::default(),
        text: String::new(),
        now: 0,
    };
    run.apply(&Event::Epoch(Epoch { engine_version: 1, catalogue_hash: 1, limits: limits.clone() }));
    let mut last: Option<Message> = None;
    let mut n = 0_u64;
    while traffic.payments() < payments {
        let Some(event) = traffic.next() else { break };
        run.now = run.now.max(event.stamp.log_time.0);
        n += 1;
        let dice = mix64(n ^ seed << 40);
        let Event::Message(mut m) = event.event else {
            run.apply(&event.event);
            continue;
        };
        let payment = u64::from(m.trace.unwrap_or(0));
        vary(&mut m, mix64(payment ^ seed << 32));
        run.apply(&Event::Message(m.clone()));
        for extra in extras(&m, last.as_ref(), dice) {
            run.apply(&Event::Message(Box::new(extra)));
        }
        if dice.is_multiple_of(401) {
            run.apply(&Event::Undecoded(Undecoded {
                tenant: TenantId(0),
                feed: 0,
                frame_length: 9,
                frame_hash: dice,
                kind: UndecodedKind::BadTlv,
                field: 55,
                error_offset: 3,
            }));
        }
        if n.is_multiple_of(20_011) {
            let limits = Limits { late_seconds: 300 + (dice % 600) as u32, ..limits.clone() };
            run.apply(&Event::Epoch(Epoch { engine_version: 1, catalogue_hash: 1, limits }));
        }
        if n.is_multiple_of(17_003) {
            run.restart();
        }
        last = Some(*m);
    }
    run.restart();
    run.hasher.finish()
}

/// Changes both messages of a payment alike.
fn vary(m: &mut Message, dice: u64) {
    m.tenant = TenantId(u16::from(dice.is_multiple_of(7)));
    m.feed = u16::from(dice.is_multiple_of(5));
    match dice >> 8 & 63 {
        0 => m.merchant = Short::EMPTY,
        1 => m.terminal = Short::EMPTY,
        2 | 3 => m.issuer = Short::new("01020000").expect("short"),
        4 => m.processing_code = Some(300_000),
        5 => m.mti = Mti(m.mti.0 | 0x20),
        6 => m.trace = None,
        7 => m.batch = None,
        8 => m.processing_code = None,
        9 => m.mac = MacState::Bad,
        10 => m.amount = None,
        11 => m.mti = Mti(m.mti.0 & 0x00FF | 0x0100),
        12 => m.amount = Some(Money { minor: i64::MAX - 5, currency: 156 }),
        13 => m.amount = Some(Money { minor: 500, currency: 1_500 }),
        14 => m.terminal_time = Some(TerminalTime { month: 3, day: 4, second_of_day: 7_000 }),
        15 => m.amount = Some(Money { minor: 500, currency: 100 + (dice >> 20 & 15) as u16 }),
        16 => m.trace = Some(77),
        // Tried cards, so that the detector finds something.
        17..20 => {
            m.terminal = Short::new("10016919").expect("short");
            if m.mti.is_response() {
                m.response_class = ResponseClass::Declined;
                m.response_code = Short::new("14").expect("short");
            }
            m.tenant = TenantId(0);
            m.feed = 0;
        }
        _ => {}
    }
}

/// What comes beside: repeats, second answers, reversals and theirs, sign-ons.
fn extras(m: &Message, last: Option<&Message>, dice: u64) -> Vec<Message> {
    let fresh = |m: Message, salt: u64| Message { duplicate_key: DuplicateKey(mix64(dice ^ salt)), ..m };
    let reversal = |m: &Message, mti: u16| Message {
        mti: Mti(mti),
        original_trace: if dice & 1 == 0 { m.trace } else { None },
        trace: m.trace.map(|t| t + (dice & 1) as u32 * 500_000),
        response_code: Short::EMPTY,
        response_class: ResponseClass::None,
        ..m.clone()
    };
    let answer = |m: &Message, class| Message {
        mti: Mti(m.mti.0 | 0x10),
        response_code: Short::new("00").expect("short"),
        response_class: class,
        ..m.clone()
    };
    let class = if dice & 2 == 0 { ResponseClass::Approved } else { ResponseClass::Unavailable };
    match dice >> 10 & 127 {
        0 => vec![m.clone()],
        1 | 2 => vec![fresh(m.clone(), 1)],
        3 => vec![fresh(Message { mti: Mti(m.mti.0 | 1), ..m.clone() }, 2)],
        4 => vec![fresh(answer(m, ResponseClass::Declined), 3)],
        5..9 => {
            let asked = reversal(m, 0x0400);
            let answered = answer(&asked, class);
            vec![fresh(asked.clone(), 4), fresh(asked, 5), fresh(answered.clone(), 6), fresh(answered, 7)]
        }
        9 => vec![fresh(reversal(m, 0x0420), 8)],
        10 => last.map(|l| fresh(answer(&reversal(l, 0x0400), class), 9)).into_iter().collect(),
        11 => {
            let sign_on = Message { mti: Mti(0x0800), ..m.clone() };
            vec![fresh(sign_on.clone(), 10), fresh(answer(&sign_on, class), 11)]
        }
        12 => vec![fresh(Message { mti: Mti(0x0810), ..m.clone() }, 12)],
        13 => last.map(|l| fresh(l.clone(), 13)).into_iter().collect(),
        _ => Vec::new(),
    }
}
