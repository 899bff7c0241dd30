//! Sign-on storm: a terminal signs on again and again, or its messages keep failing key and MAC checks.
//!
//! **What it looks like.** A terminal signs on (0800) once a day and is given its working keys. Somebody who uses
//! its number without its keys, or alters its messages, fails the MAC (UnionPay A0) or key check (A7), signs on,
//! and fails again. (Rule D4 names 3 failures in an hour.)
//!
//! **When it is raised**, within an hour, both proposed: at least [`SIGN_ONS_MIN`] sign-ons; or at least
//! [`FAILURES_MIN`] failures, [`AFTER_MIN`] of them after a sign-on that went well, and [`SIGN_ONS_WITH_FAILURES`]
//! sign-ons that did not help or as many wrong MACs. Three failures alone are what
//! a terminal with old keys shows before anybody has noticed; new keys end that, and here they did not.
//!
//! **What it must not call a storm.** A terminal that is being repaired and signs on a few times; failures that
//! end with a sign-on; a fault at the acquirer: [`MANY_TERMINALS`] others failed within [`MANY_US`] (an outage, not
//! a terminal's finding).
//!
//! **Bounds.** [`KEPT`] events a terminal of the last hour, [`FAILING_MAX`] terminals that fail.

use super::book::NONE;
use super::slab::{Record, Slab};
use super::{Detector, HOUR_US, Raised, Seen, Shared, finding};
use crate::RestoreError;
use crate::bytes::{Reader, Writer};
use std::collections::VecDeque;
use tg_event::{FindingSubject, MacState, ResponseClass, Severity};
use tg_text::Text;
use tg_types::{MtiClass, SECOND_US};

const SIGN_ONS_MIN: usize = 10;
const FAILURES_MIN: usize = 6;
const SIGN_ONS_WITH_FAILURES: usize = 4;
const AFTER_MIN: usize = 3;
const FAILING_FROM: usize = 3;
const MANY_TERMINALS: usize = 5;
const MANY_US: i64 = 30 * 60 * SECOND_US;
const FAILING_MAX: usize = 256;
const KEPT: usize = 64;
const QUIET_US: i64 = 6 * HOUR_US;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum What {
    SignOn = 0,
    SignedOn = 1,
    KeyFailure = 2,
    BadMac = 3,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Happened {
    what: What,
    at: i64,
    offset: u64,
}

/// One terminal.
#[derive(Debug, Default, PartialEq, Eq)]
struct State {
    /// Of the last hour, oldest first.
    events: Vec<Happened>,
    raised_at: i64,
}

impl State {
    fn count(&self, what: What) -> usize {
        self.events.iter().filter(|e| e.what == what).count()
    }

    /// A wrong MAC is seen here and answered A0 there: one failure.
    fn failures(&self) -> usize {
        self.count(What::KeyFailure).max(self.count(What::BadMac))
    }

    fn failures_after_sign_on(&self) -> usize {
        let begin = self.events.iter().position(|e| e.what == What::SignedOn).unwrap_or(self.events.len());
        let after = &self.events[begin..];
        let of = |what| after.iter().filter(|e| e.what == what).count();
        of(What::KeyFailure).max(of(What::BadMac))
    }
}

/// The detector's state.
pub(crate) struct SignonStorm {
    states: Slab<State>,
    /// Terminals that have begun to fail, and when; oldest first.
    failing: VecDeque<(u32, i64)>,
}

impl Detector for SignonStorm {
    const SEES_FORGED: bool = true;

    fn new() -> SignonStorm {
        SignonStorm { states: Slab::new(), failing: VecDeque::new() }
    }

    fn seen(&mut self, seen: &Seen<'_>, _: &Shared) -> Option<Raised> {
        let (m, now) = (seen.m, seen.at.0);
        let management = m.mti.class() == MtiClass::NetworkManagement;
        let what = if m.mac == MacState::Bad {
            What::BadMac
        } else if m.response_class == ResponseClass::Security {
            What::KeyFailure
        } else if m.is_sign_on() {
            What::SignOn
        } else if management && m.mti.is_response() && m.response_class == ResponseClass::Approved {
            What::SignedOn
        } else {
            return None;
        };
        if seen.terminal == NONE {
            return None;
        }
        let state = self.states.of(seen.terminal);
        state.events.retain(|e| now.saturating_sub(e.at) <= HOUR_US);
        if state.events.len() >= KEPT {
            state.events.remove(0);
        }
        state.events.push(Happened { what, at: now, offset: seen.offset });
        let (sign_ons, failures, after) =
            (state.count(What::SignOn), state.failures(), state.failures_after_sign_on());
        let bad_macs = state.count(What::BadMac) >= FAILURES_MIN;
        let quiet = state.raised_at == 0 || now.saturating_sub(state.raised_at) > QUIET_US;
        let storm = sign_ons >= SIGN_ONS_MIN
            || (failures >= FAILURES_MIN
                && after >= AFTER_MIN
                && (sign_ons >= SIGN_ONS_WITH_FAILURES || bad_macs));
        if matches!(what, What::BadMac | What::KeyFailure) && failures == FAILING_FROM {
            self.enter(seen.terminal, now);
        }
        if !storm || !quiet || self.others_failing(seen.terminal, now) >= MANY_TERMINALS {
            return None;
        }
        let state = self.states.of(seen.terminal);
        state.raised_at = now;
        Some(raised(seen, state, (sign_ons, failures, after)))
    }

    fn forget_terminal(&mut self, terminal: u32) {
        self.states.forget(terminal);
        self.failing.retain(|f| f.0 != terminal);
    }

    fn save(&self, w: &mut Writer<'_>) {
        self.states.save(w);
        w.varint(self.failing.len() as u64);
        for (terminal, at) in &self.failing {
            w.u32(*terminal);
            w.i64(*at);
        }
    }

    fn load(r: &mut Reader<'_>) -> Result<SignonStorm, RestoreError> {
        let mut state =
            SignonStorm { states: Slab::load(r, super::TERMINALS_MAX)?, failing: VecDeque::new() };
        for _ in 0..r.count(12)? {
            state.failing.push_back((r.u32()?, r.i64()?));
        }
        Ok(state)
    }
}

impl SignonStorm {
    fn enter(&mut self, terminal: u32, now: i64) {
        self.failing.retain(|(t, at)| *t != terminal && now.saturating_sub(*at) <= MANY_US);
        if self.failing.len() >= FAILING_MAX {
            self.failing.pop_front();
        }
        self.failing.push_back((terminal, now));
    }

    fn others_failing(&self, terminal: u32, now: i64) -> usize {
        self.failing.iter().filter(|(t, at)| *t != terminal && now.saturating_sub(*at) <= MANY_US).count()
    }
}

fn raised(seen: &Seen<'_>, state: &State, (sign_ons, failures, after): (usize, usize, usize)) -> Raised {
    let terminal = seen.m.terminal;
    let bad = state.count(What::BadMac);
    let mut rests_on = vec![Text::new(
        format!("一小时内签到 {sign_ons} 次，密钥或 MAC 校验失败 {failures} 次。"),
        format!("Within an hour it signed on {sign_ons} times and failed {failures} key or MAC checks."),
    )];
    if after > 0 {
        rests_on.push(Text::new(
            format!("其中 {after} 次失败发生在签到成功之后：换了新密钥，失败仍在继续。"),
            format!(
                "{after} of the failures came after a sign-on that went well: new keys did not end them."
            ),
        ));
    }
    if bad > 0 {
        rests_on.push(Text::new(
            format!("本系统用配置的密钥验算，{bad} 笔报文的 MAC 不对。"),
            format!("{bad} messages had a wrong MAC under the configured key."),
        ));
    }
    rests_on.push(Text::new(
        format!("已核对：半小时内同样失败的其他终端不足 {MANY_TERMINALS} 台，不像是收单系统的故障。"),
        format!("Checked: fewer than {MANY_TERMINALS} other terminals fail like this within half an hour, so it hardly is a fault at the acquirer."),
    ));
    let finding = finding(
        "signon_storm",
        (seen.m.tenant, seen.offset, seen.at),
        FindingSubject::Terminal(terminal),
        if after >= AFTER_MIN { Severity::High } else { Severity::Medium },
        Text::new(
            format!(
                "终端 {terminal} 一小时内签到 {sign_ons} 次、校验失败 {failures} 次：密钥不同步，或有人冒用该终端号。"
            ),
            format!(
                "Terminal {terminal} signed on {sign_ons} times and failed {failures} checks within an hour: keys out of step, or its number is used by others."
            ),
        ),
        rests_on,
        state.events.iter().map(|e| e.offset).collect(),
    );
    Raised { finding: Some(finding), watch: None }
}

impl Record for State {
    const BYTES_MIN: usize = 9;

    fn save(&self, w: &mut Writer<'_>) {
        w.i64(self.raised_at);
        w.varint(self.events.len() as u64);
        for e in &self.events {
            w.u8(e.what as u8);
            w.i64(e.at);
            w.u64(e.offset);
        }
    }

    fn load(r: &mut Reader<'_>) -> Result<State, RestoreError> {
        let mut state = State { raised_at: r.i64()?, events: Vec::new() };
        for _ in 0..r.count(17)? {
            let what = match r.u8()? {
                0 => What::SignOn,
                1 => What::SignedOn,
                2 => What::KeyFailure,
                3 => What::BadMac,
                _ => return Err(RestoreError::Damaged("a sign-on event is out of range")),
            };
            state.events.push(Happened { what, at: r.i64()?, offset: r.u64()? });
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Till, answer, card, purchase};
    use tg_event::Message;
    use tg_types::{Mti, Short};

    fn sign_on(till: &mut Till, terminal: &str, class: ResponseClass) {
        let request = Message {
            mti: Mti(0x0800),
            management: Some(1),
            terminal: Short::new(terminal).expect("short"),
            trace: Some(1 + till.log.len() as u32),
            ..Message::default()
        };
        till.wait(20).send(&request);
        till.wait(1).send(&answer(&request, "xx", class));
    }

    fn fails(till: &mut Till, terminal: &str) {
        let n = till.log.len() as u32;
        till.wait(40).pay(&purchase(terminal, n + 1, card(n, 1), 900), "A0", ResponseClass::Security);
    }

    #[test]
    fn failures_that_new_keys_do_not_end_are_found_once() {
        let mut till = Till::new();
        (0..3).for_each(|_| fails(&mut till, "70000001"));
        (0..4).for_each(|_| sign_on(&mut till, "70000001", ResponseClass::Approved));
        (0..12).for_each(|_| fails(&mut till, "70000001"));
        let [finding] = till.findings() else { panic!("{:?}", till.findings()) };
        assert_eq!((finding.code, finding.severity), ("signon_storm", Severity::High));
        assert!(finding.rests_on[1].en.starts_with("3 of the failures"), "{:?}", finding.rests_on);
    }

    #[test]
    fn a_storm_of_sign_ons_and_wrong_macs_are_found() {
        let mut till = Till::new();
        (0..12).for_each(|_| sign_on(&mut till, "70000001", ResponseClass::Security));
        assert_eq!(till.findings().len(), 1);
        let mut till = Till::new();
        sign_on(&mut till, "70000001", ResponseClass::Approved);
        for n in 0..10 {
            let forged = Message { mac: MacState::Bad, ..purchase("70000001", 500 + n, card(n, 1), 900) };
            till.wait(30).send(&forged);
        }
        assert_eq!(till.findings().len(), 1);
    }

    #[test]
    fn a_repair_old_keys_and_a_good_day_are_none() {
        let mut till = Till::new();
        // Repaired: it signs on a few times, fails, signs on, works.
        (0..4).for_each(|_| sign_on(&mut till, "70000001", ResponseClass::Security));
        (0..3).for_each(|_| fails(&mut till, "70000001"));
        (0..3).for_each(|_| sign_on(&mut till, "70000001", ResponseClass::Approved));
        (0..50).for_each(|n| {
            till.wait(60).pay(&purchase("70000001", 900 + n, card(n, 1), 900), "00", ResponseClass::Approved);
        });
        // Old keys, a busy till: all fail until it signs on.
        (0..5).for_each(|_| fails(&mut till, "70000002"));
        sign_on(&mut till, "70000002", ResponseClass::Approved);
        // A sign-on each hour.
        for _ in 0..30 {
            sign_on(&mut till, "70000003", ResponseClass::Approved);
            till.wait(1_800);
        }
        assert_eq!(till.findings(), &[]);
    }

    #[test]
    fn a_fault_at_the_acquirer_is_no_terminals_finding() {
        let mut till = Till::new();
        let terminals: Vec<String> = (0..20).map(|n| format!("7000{n:04}")).collect();
        for round in 0..9 {
            for t in &terminals {
                let n = till.log.len() as u32;
                till.pay(&purchase(t, n + 1, card(n, 1), 900), "A0", ResponseClass::Security);
                if round == 2 {
                    sign_on(&mut till, t, ResponseClass::Approved);
                }
            }
        }
        assert_eq!(till.findings(), &[]);
    }
}
