//! What one message does: it opens a payment, answers one, takes one back, repeats something, or is none of
//! the engine's business. Each path ends in exactly one verdict.

use crate::ahead::Named;
use crate::catalogue::SeriesKind;
use crate::duplicates::{NO_PAIR, Seen, frame_key};
use crate::engine::{Engine, timed_out};
use crate::judge::{self, Windows};
use crate::pairing::{Asked, Pair, outcome_of};
use crate::rule_fields::PaymentRow;
use crate::window::{Entry, NO_ENTITY, Room};
use tg_event::{
    Decision, Message, Outcome, Outcomes, PaymentChange, PaymentStage, Reason, ResponseClass, Stamp, Verdict,
};
use tg_text::Text;
use tg_types::{Money, MtiClass};

/// A verdict in the making, and which pair the message belongs to.
struct Judged {
    payment: Option<u64>,
    pair: u64,
    score: u16,
    decision: Decision,
    reasons: Vec<Reason>,
    features: Vec<i64>,
}

impl Judged {
    /// Neither asks for money nor belongs to a payment.
    fn ordinary(reason: Reason) -> Judged {
        let reasons = vec![reason];
        Judged {
            payment: None,
            pair: NO_PAIR,
            score: 0,
            decision: Decision::None,
            reasons,
            features: Vec::new(),
        }
    }

    /// Names the findings that the message completed.
    fn found(&mut self, codes: &[&'static str]) {
        self.reasons.extend(
            codes.iter().map(|&code| fixed(code, "此报文使一项发现成立", "This message completed a finding")),
        );
    }

    fn of(number: u64, pair: &Pair, reason: Reason) -> Judged {
        Judged { payment: Some(pair.payment), pair: number, ..Judged::ordinary(reason) }
    }
}

fn fixed(code: &'static str, zh: &'static str, en: &'static str) -> Reason {
    Reason { code: code.into(), text: Text::fixed(zh, en) }
}

impl Engine {
    pub(crate) fn message(&mut self, stamp: Stamp, m: &Message, out: &mut Outcomes) {
        self.counters.verdicts += 1;
        let frame = frame_key(m);
        let asked = Asked::of(m);
        let named = m.asks_for_money().then(|| Named::of(m));
        self.read_ahead(m, frame, &asked, named.as_ref());
        let seen = self.duplicates.find(frame, self.now, &self.epoch.limits);
        let duplicate = seen.is_some();
        let judged = match seen {
            Some(seen) => self.duplicate(stamp, m, seen, out),
            None => {
                let mut judged = match (m.mti.class(), m.mti.is_request()) {
                    (MtiClass::Authorization | MtiClass::Financial, true) => {
                        self.request(stamp, m, &asked, named.as_ref(), out)
                    }
                    (MtiClass::Authorization | MtiClass::Financial, false) => {
                        self.answer(stamp, m, &asked, out)
                    }
                    (MtiClass::Reversal, true) => self.reversal(stamp, m, &asked, out),
                    (MtiClass::Reversal, false) => self.reversal_answer(stamp, m, &asked, out),
                    (_, true) => Judged::ordinary(judge::nothing_unusual()),
                    (_, false) if m.response_class == ResponseClass::None => {
                        Judged::ordinary(judge::nothing_unusual())
                    }
                    (_, false) => Judged::ordinary(judge::answer(m)),
                };
                let asked_for = named.as_ref().and_then(|_| self.pairs.get(judged.pair));
                let slots = asked_for.map_or([NO_ENTITY; 2], |p| [p.slots[0], p.slots[1]]);
                judged.found(&self.detect_message(stamp, m, slots, out));
                let payment = judged.payment.unwrap_or(u64::MAX);
                self.duplicates.remember(frame, self.now, payment, judged.pair, &self.epoch.limits);
                judged
            }
        };
        let Judged { payment, score, decision, reasons, features, .. } = judged;
        let log_time = stamp.log_time;
        let offset = stamp.offset;
        out.verdicts.push(Verdict {
            offset,
            log_time,
            payment,
            duplicate,
            score,
            decision,
            reasons,
            features,
        });
    }

    fn change(&self, stamp: Stamp, m: &Message, pair: &Pair, stage: PaymentStage, out: &mut Outcomes) {
        out.changes.push(PaymentChange {
            payment: pair.payment,
            offset: stamp.offset,
            at: stamp.log_time,
            stage,
            outcome: pair.outcome,
            mti: Some(m.mti),
            response_code: m.response_code,
            response_class: m.response_class,
        });
    }

    /// An exact repeat: it changes nothing. A request gets the advice that the first one got.
    fn duplicate(&mut self, stamp: Stamp, m: &Message, seen: Seen, out: &mut Outcomes) -> Judged {
        self.counters.duplicates += 1;
        let reason = fixed(
            "exact_repeat",
            "与先前报文完全相同的重发，不重复计入统计",
            "An exact repeat of an earlier message: not counted again",
        );
        let mut judged = Judged::ordinary(reason);
        judged.payment = (seen.payment != u64::MAX).then_some(seen.payment);
        if m.asks_for_money() {
            // If the first is forgotten, nobody knows any more what was advised.
            judged.decision = Decision::Review;
        }
        if let Some(&pair) = self.pairs.get(seen.pair).filter(|p| p.payment == seen.payment) {
            self.change(stamp, m, &pair, PaymentStage::Repeated, out);
            if m.asks_for_money() {
                (judged.score, judged.decision) = (pair.score, pair.decision);
            }
        }
        judged
    }

    /// A request or advice of class 1 or 2.
    fn request(
        &mut self,
        stamp: Stamp,
        m: &Message,
        asked: &Asked<'_>,
        named: Option<&Named>,
        out: &mut Outcomes,
    ) -> Judged {
        let (now, limits) = (self.now, self.epoch.limits.clone());
        if let Some(number) = self.pairs.repeated(asked, now, &limits)
            && let Some(&pair) = self.pairs.get(number)
        {
            self.change(stamp, m, &pair, PaymentStage::Repeated, out);
            let reason = fixed(
                "request_repeated",
                "同一笔付款的重发请求（流水号与内容相同），不重复计入统计",
                "The request of the same payment again (same trace number and content): not counted again",
            );
            let (score, decision) = (pair.score, pair.decision);
            return Judged { score, decision, ..Judged::of(number, &pair, reason) };
        }
        let (number, forgotten) = self.pairs.open(asked, stamp.offset, now, &limits);
        self.tell_forgotten(stamp, &forgotten, out);
        let mut judged = match named {
            Some(named) => self.ask_for_money(m, number, named),
            None => Judged::ordinary(judge::nothing_unusual()),
        };
        judged.payment = Some(stamp.offset);
        judged.pair = number;
        if let Some(&pair) = self.pairs.get(number) {
            self.change(stamp, m, &pair, PaymentStage::Asked, out);
        }
        judged
    }

    /// A payment that leaves before its time without an answer: its outcome is unknown, and that is said.
    fn tell_forgotten(&mut self, stamp: Stamp, forgotten: &[Pair], out: &mut Outcomes) {
        self.counters.unknown += forgotten.len() as u64;
        out.changes.extend(forgotten.iter().map(|p| timed_out(p, stamp)));
    }

    /// Enters a payment into the windows, reads the features and weighs them.
    fn ask_for_money(&mut self, m: &Message, number: u64, named: &Named) -> Judged {
        let now = self.now;
        let room = self.room();
        let mut slots = [NO_ENTITY; 4];
        let mut unplaced = false;
        for (slot, named) in slots.iter_mut().zip(&named.0) {
            if let Some((key, place)) = named {
                *slot = self.entities.find_or_add(key, *place, now, room);
                unplaced |= *slot == NO_ENTITY;
            }
        }
        self.push(&slots, SeriesKind::Payments, m.amount, unplaced);
        let currency = m.amount.map_or(0, |a| if a.currency < 1024 { a.currency } else { 0 });
        let windows = Windows::of(&self.entities, &slots, named, now);
        let (features, partial) = judge::features(&self.catalogue, &windows, unplaced, currency, now);
        self.counters.partial += u64::from(partial);
        let watched = self.watches.of(m, now);
        let row = PaymentRow::new(m, &features, &self.catalogue);
        let judgement = judge::payment(m, &windows, partial, watched, &self.rules.file, &row);
        if let Some(pair) = self.pairs.get_mut(number) {
            pair.slots = slots;
            pair.score = judgement.score;
            pair.decision = judgement.decision;
        }
        Judged {
            payment: None,
            pair: number,
            score: judgement.score,
            decision: judgement.decision,
            reasons: judgement.reasons,
            features,
        }
    }

    fn room(&self) -> Room {
        let limits = &self.epoch.limits;
        Room { entities_max: limits.entities_max, entries_max: limits.window_entries_max }
    }

    /// One entry for each entity of a payment: a card's names terminal and merchant, the others' the card.
    fn push(&mut self, slots: &[u32; 4], kind: SeriesKind, amount: Option<Money>, unplaced: bool) {
        let (now, room) = (self.now, self.room());
        let [card, terminal, merchant, _] = *slots;
        for (i, &slot) in slots.iter().enumerate() {
            if slot != NO_ENTITY {
                let values = if i == 0 { [terminal, merchant] } else { [card, NO_ENTITY] };
                self.entities.push(slot, kind, Entry::new(now, amount, values), unplaced, now, room);
            }
        }
    }

    /// An answer of class 1 or 2.
    fn answer(&mut self, stamp: Stamp, m: &Message, asked: &Asked<'_>, out: &mut Outcomes) -> Judged {
        let limits = self.epoch.limits.clone();
        let found = self.pairs.answered(asked, self.now, &limits);
        let Some((number, before)) = found.and_then(|n| self.pairs.get(n).map(|p| (n, *p))) else {
            self.counters.without_request += 1;
            return Judged::ordinary(fixed(
                "answer_without_request",
                "没有看到这笔应答的请求（转发流从中途开始，或请求已超出保留时间）",
                "The request of this answer was not seen (the feed began in mid-stream, or it came too long ago)",
            ));
        };
        if before.answered {
            // The first answer stands: a later one never turns a refusal into an approval.
            self.change(stamp, m, &before, PaymentStage::Repeated, out);
            let reason = fixed(
                "second_answer",
                "该笔付款已有应答，此为又一条不同的应答，结果以第一条为准",
                "This payment was answered before; this is another answer, and the first one stands",
            );
            return Judged::of(number, &before, reason);
        }
        // Once a reversal is under way, it decides what becomes of the payment.
        let outcome = match before.outcome {
            Outcome::Open | Outcome::Unknown => outcome_of(m.response_class),
            reversing => reversing,
        };
        let late = before.outcome == Outcome::Unknown;
        self.pairs.settle(number, outcome, true);
        let pair = before.become_of(outcome, true);
        let stage = if late { PaymentStage::AnsweredLate } else { PaymentStage::Answered };
        self.change(stamp, m, &pair, stage, out);
        let mut judged = Judged::of(number, &pair, judge::answer(m));
        if late {
            judged.reasons.push(fixed(
                "answer_late",
                "应答在超时之后才到，终端可能已按超时处理",
                "The answer came after the time-out: the terminal may have given up",
            ));
        }
        if pair.counted {
            if matches!(m.response_class, ResponseClass::Declined | ResponseClass::KeepCard) {
                let money =
                    (pair.currency != 0).then_some(Money { minor: pair.amount, currency: pair.currency });
                self.push(&pair.slots, SeriesKind::Declines, money, false);
            }
            judged.found(&self.detect(stamp, m, &pair, out));
        }
        judged
    }

    /// A reversal is asked for.
    fn reversal(&mut self, stamp: Stamp, m: &Message, asked: &Asked<'_>, out: &mut Outcomes) -> Judged {
        let (now, limits) = (self.now, self.epoch.limits.clone());
        let found = self.pairs.reversed(asked, now, &limits);
        let Some((target, before)) = found.and_then(|n| self.pairs.get(n).map(|p| (n, *p))) else {
            return Judged::ordinary(fixed(
                "reversal_without_payment",
                "没有看到这笔冲正的原交易",
                "The payment that this reversal takes back was not seen",
            ));
        };
        let again = match self.pairs.reversal(asked, now, &limits) {
            Some((number, t)) => t == target && self.pairs.get(number).is_some_and(|p| !p.answered),
            None => false,
        };
        let reason =
            fixed("reversal_sent", "终端要求冲正这笔付款", "The terminal asked to take this payment back");
        if again || before.outcome == Outcome::Reversed {
            self.change(stamp, m, &before, PaymentStage::Repeated, out);
            return Judged::of(target, &before, reason);
        }
        let (number, forgotten) = self.pairs.open_reversal(asked, target, now, &limits);
        self.pairs.settle(target, Outcome::ReversalSent, false);
        self.tell_forgotten(stamp, &forgotten, out);
        let pair = before.become_of(Outcome::ReversalSent, false);
        self.change(stamp, m, &pair, PaymentStage::ReversalSent, out);
        debug_assert!(number > target || forgotten.is_empty());
        Judged::of(target, &pair, reason)
    }

    /// A reversal is answered.
    fn reversal_answer(
        &mut self,
        stamp: Stamp,
        m: &Message,
        asked: &Asked<'_>,
        out: &mut Outcomes,
    ) -> Judged {
        let limits = self.epoch.limits.clone();
        let found = self.pairs.reversal(asked, self.now, &limits);
        let known = found.and_then(|(reversal, target)| {
            Some((reversal, target, self.pairs.get(reversal)?.answered, *self.pairs.get(target)?))
        });
        let Some((reversal, target, answered, before)) = known else {
            self.counters.without_request += 1;
            return Judged::ordinary(fixed(
                "answer_without_request",
                "没有看到这笔冲正应答的请求",
                "The reversal that this answers was not seen",
            ));
        };
        if answered {
            self.change(stamp, m, &before, PaymentStage::Repeated, out);
            return Judged::of(target, &before, judge::answer(m));
        }
        let outcome = match m.response_class {
            ResponseClass::Approved => Outcome::Reversed,
            _ => Outcome::ReversalRefused,
        };
        if let Some(pair) = self.pairs.get_mut(reversal) {
            pair.answered = true;
        }
        self.pairs.settle(target, outcome, false);
        let pair = before.become_of(outcome, false);
        self.change(stamp, m, &pair, PaymentStage::ReversalAnswered, out);
        Judged::of(target, &pair, judge::answer(m))
    }
}
