//! Cloned terminal: two devices work under one terminal number.
//!
//! **What it looks like.** A terminal numbers its messages (DE11) in one rising line. A second device with the
//! same number has a count of its own: what arrives jumps back and forth between two rising lines, though each
//! goes on where it was. Or the numbers rise but two serial numbers take turns.
//!
//! **When it is raised**, within [`DAY_US`] (rule D1: "two monotone subsequences explain the stream"; the
//! counts are proposed):
//! - *two lines*: the stream went back to the other line at least [`RETURNS_MIN`] times, and both lines have
//!   gone on at least [`STEPS_MIN`] times since the second was seen;
//! - *one number twice*: at least [`TWICE_MIN`] times a payment of another card or amount carried the trace
//!   number of the one before, while the line goes on rising (the two counts happen to be equal);
//! - *two serials*: an earlier serial number came back at least [`SERIAL_RETURNS_MIN`] times.
//!
//! **What it must not call a clone.** A terminal that was repaired, replaced or reset: its old line or serial
//! ends, so nothing comes back (once, when the old device returns from repair). Messages that overtake one
//! another: they are [`LATE_MAX`] numbers and [`LATE_US`] behind at most. Numbers left out, repeats of a
//! request, reversals (they carry the payment's number), a terminal that doesn't count at all (no line goes
//! on), a gateway's count shared by many terminals (it only rises), a clock that jumps (it is not looked at).
//!
//! **Bounds.** Four lines and two serials a terminal, and [`KEPT`] messages once there are two lines.

use super::book::NONE;
use super::distance::metres;
use super::slab::{Record, Slab, load_place, save_place};
use super::{DAY_US, Detector, HOUR_US, Raised, Seen, Shared, TERMINALS_MAX, finding};
use crate::RestoreError;
use crate::bytes::{Reader, Writer};
use tg_event::{FindingSubject, Place, Severity, SubjectKey};
use tg_text::Text;
use tg_types::{Instant, MtiClass, SECOND_US, mix64};

const LINES: usize = 4;
/// A line goes on with a number at most so far ahead: messages of other kinds and lost ones take numbers too.
const GAP_MAX: u32 = 50;
const RETURNS_MIN: u16 = 4;
const STEPS_MIN: u16 = 3;
const TWICE_MIN: u16 = 3;
const SERIAL_RETURNS_MIN: u16 = 3;
const LATE_MAX: u32 = 16;
const LATE_US: i64 = 15 * SECOND_US;
const KEPT: usize = 32;
/// A line that was silent for so long has ended: a terminal whose count begins anew each day draws a new one.
const LINE_IDLE_US: i64 = 12 * HOUR_US;
/// A further finding needs so long a time without a sign.
const QUIET_US: i64 = DAY_US;
const WATCH_US: i64 = DAY_US;

/// One rising line of trace numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Line {
    trace: u32,
    /// How often it went on since there are two.
    steps: u16,
    last_at: i64,
    /// Card and amount of its newest message.
    content: u64,
    place: Option<Place>,
}

/// A message that is kept as evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kept {
    offset: u64,
    trace: u32,
}

/// What an ordinary message needs, in one line of the processor's cache.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Front {
    /// The only line of late; while `several`, the lines of [`State`] count instead.
    line: Line,
    serial: u64,
    several: bool,
}

/// One terminal with more than one line or serial number, now or before.
#[derive(Debug, Default, PartialEq, Eq)]
struct State {
    lines: [Line; LINES],
    used: u8,
    current: u8,
    returns: u16,
    twice: u16,
    serial_returns: u16,
    /// When the latest of these came.
    sign_at: i64,
    serials: [u64; 2],
    /// Newest last.
    kept: Vec<Kept>,
    raised: bool,
}

impl State {
    fn sign(&mut self, now: i64) {
        if now.saturating_sub(self.sign_at) > QUIET_US {
            (self.returns, self.twice, self.serial_returns, self.raised) = (0, 0, 0, false);
            self.lines.iter_mut().for_each(|l| l.steps = 0);
            self.kept.clear();
        }
        self.sign_at = now;
    }

    fn lines(&mut self) -> &mut [Line] {
        &mut self.lines[..usize::from(self.used)]
    }

    fn see_trace(&mut self, trace: u32, content: u64, place: Option<Place>, now: i64) {
        // The line that it goes on from, or whose newest number it has.
        let current = usize::from(self.current);
        let nearest = self
            .lines()
            .iter()
            .enumerate()
            .filter(|(_, l)| l.trace <= trace && trace - l.trace <= GAP_MAX)
            .filter(|(i, l)| *i == current || now.saturating_sub(l.last_at) <= LINE_IDLE_US)
            .min_by_key(|(i, l)| (trace - l.trace, *i != current))
            .map(|(i, l)| (i, *l));
        match nearest {
            Some((_, line)) if line.trace == trace => {
                if line.content != content {
                    self.sign(now);
                    self.twice = self.twice.saturating_add(1);
                }
            }
            Some((i, line)) => {
                if i != current {
                    self.sign(now);
                    self.returns = self.returns.saturating_add(1);
                    self.current = i as u8;
                }
                let steps = if self.used > 1 { line.steps.saturating_add(1) } else { 0 };
                self.lines[i] = Line { trace, steps, last_at: now, content, place: place.or(line.place) };
            }
            None => {
                let newest = self.lines().iter().map(|l| (l.last_at, l.trace)).max();
                let late = newest.is_some_and(|(at, t)| {
                    trace < t && t - trace <= LATE_MAX && now.saturating_sub(at) <= LATE_US
                });
                if late {
                    return;
                }
                let line = Line { trace, steps: 0, last_at: now, content, place };
                let i = if usize::from(self.used) < LINES {
                    self.used += 1;
                    usize::from(self.used) - 1
                } else {
                    let oldest = self.lines.iter().enumerate().min_by_key(|(_, l)| l.last_at);
                    oldest.map_or(0, |(i, _)| i)
                };
                self.lines[i] = line;
                self.current = i as u8;
            }
        }
    }

    fn see_serial(&mut self, serial: u64, now: i64) {
        if serial == self.serials[0] {
            return;
        }
        if serial == self.serials[1] {
            self.sign(now);
            self.serial_returns = self.serial_returns.saturating_add(1);
        }
        self.serials = [serial, self.serials[0]];
    }

    /// The two lines that went on most often.
    fn two_lines(&self) -> [Line; 2] {
        let mut lines = self.lines;
        lines.sort_unstable_by_key(|l| std::cmp::Reverse((l.steps, l.last_at)));
        [lines[0], lines[1]]
    }

    fn is_two(&self) -> bool {
        let both = self.two_lines().iter().all(|l| l.steps >= STEPS_MIN);
        (self.returns >= RETURNS_MIN && both)
            || (self.twice >= TWICE_MIN && self.kept_rise())
            || self.serial_returns >= SERIAL_RETURNS_MIN
    }

    /// Of the messages kept, at least three times the number is greater than the one before: a terminal that
    /// doesn't count has no line that could be doubled.
    fn kept_rise(&self) -> bool {
        self.kept.windows(2).filter(|w| w[1].trace > w[0].trace).count() >= usize::from(STEPS_MIN)
    }
}

/// The detector's state.
pub(crate) struct ClonedTerminal {
    fronts: Slab<Front>,
    states: Slab<State>,
}

impl Detector for ClonedTerminal {
    fn new() -> ClonedTerminal {
        ClonedTerminal { fronts: Slab::new(), states: Slab::new() }
    }

    fn seen(&mut self, seen: &Seen<'_>, _: &Shared) -> Option<Raised> {
        let m = seen.m;
        let payment = matches!(m.mti.class(), MtiClass::Authorization | MtiClass::Financial);
        if seen.terminal == NONE || !payment || m.mti.is_response() {
            return None;
        }
        let now = seen.at.0;
        let front = self.fronts.of(seen.terminal);
        let new_serial = seen.serial != 0 && front.serial != seen.serial;
        let trace = m.trace.filter(|t| *t != 0);
        let goes_on = trace.is_none_or(|trace| {
            !front.several && (1..=GAP_MAX).contains(&trace.wrapping_sub(front.line.trace))
        });
        if goes_on && (!new_serial || front.serial == 0) {
            front.serial = if new_serial { seen.serial } else { front.serial };
            if let Some(trace) = trace {
                let place = m.place.or(front.line.place);
                front.line = Line { trace, steps: 0, last_at: now, content: content(m), place };
            }
            return None;
        }
        let state = self.states.of(seen.terminal);
        let before = (state.returns, state.twice, state.serial_returns);
        if let Some(trace) = trace {
            if !front.several && front.line.trace != 0 {
                (state.lines[0], state.used, state.current) = (front.line, 1, 0);
            }
            state.see_trace(trace, content(m), m.place, now);
            if state.used > 1 || state.twice > 0 {
                if state.kept.len() >= KEPT {
                    state.kept.remove(0);
                }
                state.kept.push(Kept { offset: seen.offset, trace });
            }
            front.line = state.lines[usize::from(state.current)];
            let alive = |l: &&Line| now.saturating_sub(l.last_at) <= LINE_IDLE_US;
            front.several = state.lines().iter().filter(alive).count() > 1;
        }
        if new_serial {
            state.serials[0] = front.serial;
            state.see_serial(seen.serial, now);
            front.serial = seen.serial;
        }
        let sign = before != (state.returns, state.twice, state.serial_returns);
        if !sign || state.raised || !state.is_two() {
            return None;
        }
        state.raised = true;
        Some(raised(seen, state))
    }

    fn touch(&self, terminal: u32) -> u64 {
        self.fronts.get(terminal).map_or(0, |f| f.serial)
    }

    fn forget_terminal(&mut self, terminal: u32) {
        self.fronts.forget(terminal);
        self.states.forget(terminal);
    }

    fn save(&self, w: &mut Writer<'_>) {
        self.fronts.save(w);
        self.states.save(w);
    }

    fn load(r: &mut Reader<'_>) -> Result<ClonedTerminal, RestoreError> {
        Ok(ClonedTerminal { fronts: Slab::load(r, TERMINALS_MAX)?, states: Slab::load(r, TERMINALS_MAX)? })
    }
}

/// What tells two payments under one trace number apart.
fn content(m: &tg_event::Message) -> u64 {
    let amount = m.amount.map_or(0, |a| a.minor as u64);
    mix64(crate::pairing::card_half(m) ^ mix64(amount ^ u64::from(m.processing_code.unwrap_or(0)) << 40))
}

fn raised(seen: &Seen<'_>, state: &State) -> Raised {
    let terminal = seen.m.terminal;
    let mut rests_on = Vec::new();
    let [a, b] = state.two_lines();
    let by_lines = state.returns >= RETURNS_MIN && b.steps >= STEPS_MIN;
    if by_lines {
        let returns = state.returns;
        rests_on.push(Text::new(
            format!(
                "流水号分成两列：一列数到 {:06}，另一列数到 {:06}；一天内在两列之间来回 {returns} 次，两列各自接着往下数（{} 次和 {} 次）。",
                a.trace, b.trace, a.steps, b.steps
            ),
            format!(
                "Trace numbers form two lines, one at {:06} and one at {:06}: within a day the stream went back and forth {returns} times, and both lines went on ({} and {} times).",
                a.trace, b.trace, a.steps, b.steps
            ),
        ));
        let listed: Vec<String> =
            state.kept.iter().rev().take(10).rev().map(|k| format!("{:06}", k.trace)).collect();
        rests_on.push(Text::new(
            format!("最近收到的流水号依次为：{}。", listed.join("、")),
            format!("As they arrived: {}.", listed.join(", ")),
        ));
    }
    if state.twice > 0 {
        let twice = state.twice;
        rests_on.push(Text::new(
            format!("有 {twice} 次，同一流水号用于卡号或金额不同的两笔付款。"),
            format!("{twice} times one trace number stood on two payments of different card or amount."),
        ));
    }
    if state.serial_returns > 0 {
        let n = state.serial_returns;
        rests_on.push(Text::new(
            format!("两个设备序列号交替出现，先前的序列号又回来 {n} 次。"),
            format!("Two device serial numbers take turns: the earlier one came back {n} times."),
        ));
    }
    if by_lines
        && let (Some(p), Some(q)) = (a.place, b.place)
        && let km @ 1.. = metres(p, q) / 1_000
    {
        rests_on.push(Text::new(
            format!("两列报文各自报告的位置相距约 {km} 公里。"),
            format!("The places that the two lines name are about {km} km apart."),
        ));
    }
    let severity =
        if rests_on.len() > 2 || state.serial_returns > 0 { Severity::Critical } else { Severity::High };
    let finding = finding(
        "cloned_terminal",
        (seen.m.tenant, seen.offset, seen.at),
        FindingSubject::Terminal(terminal),
        severity,
        Text::new(
            format!(
                "终端号 {terminal} 疑似有两台设备在同时使用：{}",
                if by_lines {
                    "流水号分成两列，交错递增。"
                } else if state.serial_returns > 0 {
                    "两个序列号交替出现。"
                } else {
                    "同一流水号一再用于不同的付款。"
                }
            ),
            format!(
                "Two devices suspected behind terminal number {terminal}: {}",
                if by_lines {
                    "its trace numbers rise in two lines that take turns."
                } else if state.serial_returns > 0 {
                    "two serial numbers take turns."
                } else {
                    "one trace number stands again and again on different payments."
                }
            ),
        ),
        rests_on,
        state.kept.iter().map(|k| k.offset).collect(),
    );
    let until = Instant(seen.at.0.saturating_add(WATCH_US));
    Raised { finding: Some(finding), watch: Some((SubjectKey::Terminal(terminal), until)) }
}

impl Line {
    fn save(&self, w: &mut Writer<'_>) {
        w.u32(self.trace);
        w.u16(self.steps);
        w.i64(self.last_at);
        w.u64(self.content);
        save_place(self.place, w);
    }

    fn load(r: &mut Reader<'_>) -> Result<Line, RestoreError> {
        let (trace, steps, last_at, content) = (r.u32()?, r.u16()?, r.i64()?, r.u64()?);
        Ok(Line { trace, steps, last_at, content, place: load_place(r)? })
    }
}

impl Record for Front {
    const BYTES_MIN: usize = 39;

    fn save(&self, w: &mut Writer<'_>) {
        self.line.save(w);
        w.u64(self.serial);
        w.u8(u8::from(self.several));
    }

    fn load(r: &mut Reader<'_>) -> Result<Front, RestoreError> {
        Ok(Front { line: Line::load(r)?, serial: r.u64()?, several: r.u8()? != 0 })
    }
}

impl Record for State {
    const BYTES_MIN: usize = 50;

    fn save(&self, w: &mut Writer<'_>) {
        self.lines.iter().for_each(|l| l.save(w));
        w.u8(self.used);
        w.u8(self.current);
        [self.returns, self.twice, self.serial_returns].iter().for_each(|n| w.u16(*n));
        w.i64(self.sign_at);
        self.serials.iter().for_each(|s| w.u64(*s));
        w.u8(u8::from(self.raised));
        w.varint(self.kept.len() as u64);
        for kept in &self.kept {
            w.u64(kept.offset);
            w.u32(kept.trace);
        }
    }

    fn load(r: &mut Reader<'_>) -> Result<State, RestoreError> {
        let mut state = State::default();
        for line in &mut state.lines {
            *line = Line::load(r)?;
        }
        (state.used, state.current) = (r.u8()?, r.u8()?);
        if usize::from(state.used) > LINES || (state.current > 0 && state.current >= state.used) {
            return Err(RestoreError::Damaged("a terminal's lines are out of range"));
        }
        (state.returns, state.twice, state.serial_returns) = (r.u16()?, r.u16()?, r.u16()?);
        state.sign_at = r.i64()?;
        state.serials = [r.u64()?, r.u64()?];
        state.raised = r.u8()? != 0;
        for _ in 0..r.count(12)? {
            state.kept.push(Kept { offset: r.u64()?, trace: r.u32()? });
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Till, card, purchase};
    use tg_event::{Decision, Message, ResponseClass};
    use tg_types::Short;

    const T: &str = "70326614";

    fn pay(till: &mut Till, trace: u32, serial: &str, n: u32) {
        let serial = Short::new(serial).expect("short");
        let request = Message { serial, ..purchase(T, trace, card(n, 1), 1_000 + i64::from(n)) };
        till.wait(120).pay(&request, "00", ResponseClass::Approved);
    }

    /// One payment for each trace number.
    fn stream(traces: impl IntoIterator<Item = u32>) -> Till {
        let mut till = Till::new();
        (1_u32..).zip(traces).for_each(|(n, trace)| pay(&mut till, trace, "", n));
        till
    }

    #[test]
    fn two_lines_that_take_turns_are_found_and_the_terminal_is_watched() {
        let till = stream([212, 213, 214, 102, 215, 103, 216, 217, 104, 218, 105, 219, 220, 106, 221]);
        let [finding] = till.findings() else { panic!("{:?}", till.findings()) };
        assert_eq!((finding.code, finding.severity), ("cloned_terminal", Severity::High));
        expect_test::expect!["终端号 70326614 疑似有两台设备在同时使用：流水号分成两列，交错递增。"]
            .assert_eq(&finding.text.zh);
        assert!(finding.rests_on[0].en.contains("one at 000218 and one at 000105"), "{:?}", finding.rests_on);
        assert!(finding.events.contains(&finding.last_offset) && finding.events.len() >= 6);
        let last = till.all.verdicts.iter().rev().find(|v| v.decision != Decision::None).expect("a request");
        assert_eq!(last.decision, Decision::Review);
    }

    #[test]
    fn two_counts_that_lie_close_or_are_equal_are_found_too() {
        // The second device is 30 ahead, or just behind, or at the same number.
        for start in [530, 499, 500, 501] {
            let lines = (0..12).flat_map(|n| [500 + n, start + n]);
            assert_eq!(stream(lines).findings().len(), 1, "{start}");
        }
    }

    #[test]
    fn two_serial_numbers_that_take_turns_are_found_whatever_the_trace_numbers_say() {
        let mut till = Till::new();
        for n in 0..12 {
            pay(&mut till, 100 + n, if n % 3 == 2 { "B-00000002" } else { "A-00000001" }, n);
        }
        assert_eq!(till.findings().len(), 1);
        assert_eq!(till.findings()[0].severity, Severity::Critical);
    }

    #[test]
    fn one_device_is_none_whatever_it_leaves_out_or_repeats() {
        let quiet = |traces: Vec<u32>| assert_eq!(stream(traces.clone()).findings(), &[], "{traces:?}");
        quiet((1..200).collect());
        quiet((1..200).map(|n| n * 7).collect());
        // It was reset, and again; a new one; it counts over the end; each day it begins at 1.
        quiet((500..520).chain(1..30).chain(1..40).collect());
        quiet((999_990..=999_999).chain(1..30).collect());
        // It doesn't count: always the same number, or any.
        quiet(vec![1; 60]);
        quiet((0..200).map(|n| mix64(n) as u32 % 1_000_000).collect());
        let mut daily = Till::new();
        for day in 0..8 {
            (1..20 + day % 3).for_each(|trace| pay(&mut daily, trace * 2, "", trace + day * 50));
            daily.wait(20 * 3_600);
        }
        assert_eq!(daily.findings(), &[]);
    }

    #[test]
    fn messages_that_overtake_one_another_are_none() {
        let mut till = Till::new();
        for n in 0..60_u32 {
            let trace = 100
                + if n % 3 == 1 {
                    n + 1
                } else if n % 3 == 2 {
                    n - 1
                } else {
                    n
                };
            till.wait(if n % 3 == 2 { 3 } else { 100 });
            till.pay(&purchase(T, trace, card(n, 1), 500), "00", ResponseClass::Approved);
        }
        assert_eq!(till.findings(), &[]);
    }

    #[test]
    fn a_terminal_replaced_and_brought_back_from_repair_is_none() {
        let mut till = Till::new();
        (0..30).for_each(|n| pay(&mut till, 400 + n, "A-00000001", n));
        (0..30).for_each(|n| pay(&mut till, 7 + n, "B-00000002", 40 + n));
        (0..30).for_each(|n| pay(&mut till, 431 + n, "A-00000001", 80 + n));
        assert_eq!(till.findings(), &[]);
    }

    #[test]
    fn what_is_forged_says_nothing_of_the_terminal() {
        let mut till = Till::new();
        for n in 0..20 {
            pay(&mut till, 400 + n, "A-00000001", n);
            let forged = Message { mac: tg_event::MacState::Bad, ..purchase(T, 90 + n, card(n, 2), 900) };
            till.wait(10).send(&forged);
        }
        assert!(till.findings().iter().all(|f| f.code != "cloned_terminal"), "{:?}", till.findings());
    }
}
