//! What the engine's own tests share: messages by hand, and an engine with a log of what was applied.

use crate::{Catalogue, Engine};
use tg_event::{
    DuplicateKey, Event, Finding, Message, Outcomes, PaymentChange, ResponseClass, Stamp, Verdict,
};
use tg_types::{Card, Instant, MaskedPan, Money, Mti, PanToken, SECOND_US, Short};

/// A card whose number, were it one, ends in `tail` after twelve digits named by `head`.
pub(crate) fn card(head: u32, tail: u16) -> Card {
    let mut token = [7_u8; 16];
    token[..4].copy_from_slice(&head.to_le_bytes());
    token[4..6].copy_from_slice(&tail.to_le_bytes());
    Card {
        token: PanToken(token),
        key_id: 1,
        masked: MaskedPan { bin: 622_848, last4: tail, length: 16 },
        first12: u64::from(head) + 1_000,
        stem: u64::from(head) + 2_000,
    }
}

/// A purchase in yuan.
pub(crate) fn purchase(terminal: &str, trace: u32, card: Card, minor: i64) -> Message {
    Message {
        mti: Mti(0x0200),
        card: Some(card),
        amount: Some(Money { minor, currency: 156 }),
        processing_code: Some(0),
        trace: Some(trace),
        batch: Some(1),
        terminal: Short::new(terminal).expect("short"),
        merchant: Short::new("898310258120001").expect("short"),
        ..Message::default()
    }
}

/// The answer to a request or reversal.
pub(crate) fn answer(request: &Message, code: &str, class: ResponseClass) -> Message {
    Message {
        mti: Mti(request.mti.0 & 0xFFFE | 0x10),
        response_code: Short::new(code).expect("short"),
        response_class: class,
        duplicate_key: DuplicateKey(0),
        ..request.clone()
    }
}

/// A reversal of a payment under its own trace number.
pub(crate) fn reversal(request: &Message) -> Message {
    Message { mti: Mti(0x0400), duplicate_key: DuplicateKey(0), ..request.clone() }
}

/// An engine, the time of its log, and all that came out.
pub(crate) struct Till {
    pub(crate) engine: Engine,
    pub(crate) log: Vec<(Stamp, Event)>,
    pub(crate) all: Outcomes,
    pub(crate) now: i64,
}

impl Till {
    pub(crate) fn new() -> Till {
        let start = 1_767_225_600 * SECOND_US;
        Till {
            engine: Engine::new(Catalogue::builtin()),
            log: Vec::new(),
            all: Outcomes::default(),
            now: start,
        }
    }

    pub(crate) fn wait(&mut self, seconds: i64) -> &mut Till {
        self.now += seconds * SECOND_US;
        self
    }

    /// Applies an event; feedback goes into the log at once, as the shell does it.
    pub(crate) fn apply(&mut self, event: Event) -> Outcomes {
        let mut out = Outcomes::default();
        let stamp = Stamp { offset: self.log.len() as u64, log_time: Instant(self.now) };
        self.engine.apply(stamp, &event, &mut out);
        self.log.push((stamp, event));
        self.all.verdicts.extend(out.verdicts.clone());
        self.all.findings.extend(out.findings.clone());
        self.all.changes.extend(out.changes.clone());
        self.all.feedback.extend(out.feedback.clone());
        for feedback in out.feedback.clone() {
            self.apply(Event::Feedback(feedback));
        }
        out
    }

    /// Sends a message whose bytes were not seen before, unless it has a duplicate key.
    pub(crate) fn send(&mut self, message: &Message) -> Outcomes {
        let mut message = message.clone();
        if message.duplicate_key == DuplicateKey(0) {
            message.duplicate_key = DuplicateKey(1_000_000 + self.log.len() as u64);
        }
        self.apply(Event::Message(Box::new(message)))
    }

    pub(crate) fn tick(&mut self) -> Vec<PaymentChange> {
        self.apply(Event::Tick).changes
    }

    /// A payment and its answer; gives the verdict on the request.
    pub(crate) fn pay(&mut self, request: &Message, code: &str, class: ResponseClass) -> Verdict {
        let asked = self.send(request);
        self.wait(1);
        self.send(&answer(request, code, class));
        asked.verdicts[0].clone()
    }

    pub(crate) fn findings(&self) -> &[Finding] {
        &self.all.findings
    }
}
