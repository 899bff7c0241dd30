//! `tillguard replay`: verdicts and findings as NDJSON, from a recording or from a data folder.
//!
//! The same [`Heart`] as in the live stream, so a replay equals live. What `replay` prints is the machine
//! interface (contract, section 5): keys and meanings stay.

use crate::heart::{Beat, Heart};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};
use tg_event::{Decision, Event, Finding, FindingSubject, Message, Reason, Stamp, Verdict};
use tg_text::Text;
use tg_types::{Card, Instant, Mti, PanToken, SECOND_US, Short};

#[derive(Serialize)]
struct CardLine {
    token: PanToken,
    bin: String,
    last4: String,
}

#[derive(Serialize)]
struct VerdictLine<'a> {
    kind: &'static str,
    offset: u64,
    log_time: String,
    mti: Mti,
    card: Option<CardLine>,
    terminal: Option<&'a str>,
    merchant: Option<&'a str>,
    trace: Option<String>,
    retrieval_reference: Option<&'a str>,
    amount: Option<i64>,
    currency: Option<String>,
    response_code: Option<&'a str>,
    score: u16,
    decision: Decision,
    reasons: &'a [Reason],
    duplicate: bool,
    payment: Option<u64>,
}

#[derive(Serialize)]
struct FindingLine<'a> {
    kind: &'static str,
    id: &'a str,
    code: &'static str,
    subject: &'a FindingSubject,
    severity: tg_event::Severity,
    first_offset: u64,
    last_offset: u64,
    log_time: String,
    text: &'a Text,
    rests_on: &'a [Text],
    not_shown: &'a [Text],
    next_steps: &'a [Text],
    events: &'a [u64],
}

/// Log time as RFC 3339 in UTC, always with six decimals, so that lines compare as text.
fn rfc3339(at: Instant) -> String {
    jiff::Timestamp::from_microsecond(at.0).map(|t| format!("{t:.6}")).unwrap_or_default()
}

fn some<const N: usize>(text: &Short<N>) -> Option<&str> {
    (!text.is_empty()).then(|| text.as_str())
}

fn verdict_line<'a>(v: &'a Verdict, m: &'a Message) -> VerdictLine<'a> {
    VerdictLine {
        kind: "verdict",
        offset: v.offset,
        log_time: rfc3339(v.log_time),
        mti: m.mti,
        card: m.card.map(|c| CardLine {
            token: c.token,
            bin: format!("{:06}", c.masked.bin),
            last4: format!("{:04}", c.masked.last4),
        }),
        terminal: some(&m.terminal),
        merchant: some(&m.merchant),
        trace: m.trace.map(|t| format!("{t:06}")),
        retrieval_reference: some(&m.retrieval_reference),
        amount: m.amount.map(|a| a.minor),
        currency: m.amount.map(|a| format!("{:03}", a.currency)),
        response_code: some(&m.response_code),
        score: v.score,
        decision: v.decision,
        reasons: &v.reasons,
        duplicate: v.duplicate,
        payment: v.payment,
    }
}

fn finding_line(f: &Finding) -> FindingLine<'_> {
    FindingLine {
        kind: "finding",
        id: &f.id,
        code: f.code,
        subject: &f.subject,
        severity: f.severity,
        first_offset: f.first_offset,
        last_offset: f.last_offset,
        log_time: rfc3339(f.found_at),
        text: &f.text,
        rests_on: &f.rests_on,
        not_shown: &f.not_shown,
        next_steps: &f.next_steps,
        events: &f.events,
    }
}

/// Writes what one event gave.
///
/// # Errors
/// If the output can't be written.
pub fn write_lines(out: &mut impl Write, beat: &Beat<'_>) -> io::Result<()> {
    let Event::Message(message) = beat.event else { return write_findings(out, beat) };
    for verdict in &beat.outcomes.verdicts {
        serde_json::to_writer(&mut *out, &verdict_line(verdict, message))?;
        out.write_all(b"\n")?;
    }
    write_findings(out, beat)
}

fn write_findings(out: &mut impl Write, beat: &Beat<'_>) -> io::Result<()> {
    for finding in &beat.outcomes.findings {
        serde_json::to_writer(&mut *out, &finding_line(finding))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Replaces card tokens and hashes by the number of their first appearance. A replay of a file has no key
/// file: with a random key two replays would differ, with a fixed one anybody could calculate the tokens of
/// all card numbers. Numbers tell nothing and are the same every time. They are spread over all bits, as the
/// hashes that they replace are: the engine's tables rely on it.
#[derive(Default)]
struct Numbering {
    tokens: BTreeMap<[u8; 16], u64>,
    hashes: BTreeMap<u64, u64>,
}

/// Odd, so that no two numbers become one: the golden ratio's first 128 bits.
const SPREAD: u128 = 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835;

impl Numbering {
    fn number(&mut self, card: &mut Card) {
        let next = self.tokens.len() as u64 + 1;
        let n = *self.tokens.entry(card.token.0).or_insert(next);
        card.token = PanToken(u128::from(n).wrapping_mul(SPREAD).to_be_bytes());
        for hash in [&mut card.first12, &mut card.stem] {
            let next = self.hashes.len() as u64 + 1;
            *hash = *self.hashes.entry(*hash).or_insert(next.wrapping_mul(SPREAD as u64));
        }
    }
}

/// Looks at what followed from an event.
pub type See<'a> = dyn FnMut(&Beat<'_>) -> io::Result<()> + 'a;

/// Plays events with times of their own: sets the settings first, puts a tick before each event of a new
/// second, and feeds back what the engine asks for, as the running center does.
pub struct Player {
    numbering: Numbering,
    heart: Heart,
    offset: u64,
    last: Instant,
}

impl Default for Player {
    fn default() -> Self {
        Player::new()
    }
}

impl Player {
    /// A player that has played nothing. It indexes nothing: no store follows it.
    pub fn new() -> Player {
        Player { numbering: Numbering::default(), heart: Heart::new(0), offset: 0, last: Instant(i64::MIN) }
    }

    /// Plays one event and prints what follows. A recording whose times fall is played with the time standing
    /// still.
    ///
    /// # Errors
    /// If the output can't be written.
    pub fn play(&mut self, at: Instant, event: Event, out: &mut impl Write) -> io::Result<()> {
        self.play_for(at, event, &mut |beat| write_lines(out, beat))
    }

    /// Plays one event and shows what follows.
    ///
    /// # Errors
    /// What `see` says.
    pub fn play_for(&mut self, at: Instant, mut event: Event, see: &mut See<'_>) -> io::Result<()> {
        let at = at.max(self.last);
        if let Event::Message(message) = &mut event
            && let Some(card) = &mut message.card
        {
            self.numbering.number(card);
        }
        // Asked once: each answer reads the whole catalogue, and in a replay nothing changes.
        if self.offset == 0
            && let Some(epoch) = self.heart.epoch_due()
        {
            self.append(at, &Event::Epoch(epoch), see)?;
        }
        let second = |t: Instant| t.0.div_euclid(SECOND_US);
        if self.last.0 != i64::MIN && second(at) > second(self.last) {
            self.append(Instant(second(at) * SECOND_US), &Event::Tick, see)?;
        }
        self.append(at, &event, see)
    }

    /// The end: time passes until every open payment has its outcome.
    ///
    /// # Errors
    /// If the output can't be written.
    pub fn finish(&mut self, out: &mut impl Write) -> io::Result<()> {
        if self.last.0 == i64::MIN {
            return Ok(());
        }
        let answer_seconds = i64::from(tg_event::Limits::default().answer_seconds);
        let end = self.last.plus_us((answer_seconds + 1) * SECOND_US);
        self.append(end, &Event::Tick, &mut |beat| write_lines(out, beat))
    }

    /// What was played.
    pub fn totals(&self) -> &crate::heart::Totals {
        self.heart.totals()
    }

    fn append(&mut self, at: Instant, event: &Event, see: &mut See<'_>) -> io::Result<()> {
        self.last = at;
        let stamp = Stamp { offset: self.offset, log_time: at };
        self.offset += 1;
        let beat = self.heart.beat(stamp, event);
        see(&beat)?;
        let feedback = beat.outcomes.feedback.clone();
        self.heart.take_chunk();
        for feedback in feedback {
            self.append(at, &Event::Feedback(feedback), see)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_compare_as_text() {
        assert_eq!(rfc3339(Instant(1_767_323_045_250_000)), "2026-01-02T03:04:05.250000Z");
        assert_eq!(rfc3339(Instant(1_767_323_045_000_000)), "2026-01-02T03:04:05.000000Z");
    }
}
