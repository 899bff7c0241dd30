//! A terminal that lies, replays, floods or goes back in time changes no other terminal's verdict, and an attack
//! is found the same whether the engine ran through or was restored in its midst.

use crate::testing::{Till, answer, card, purchase};
use crate::{Catalogue, Engine};
use tg_event::{DuplicateKey, Event, FindingSubject, Message, Outcomes, Place, ResponseClass};
use tg_types::Short;

const HOSTILE: &str = "79999999";
const SERIAL: &str = "00002403999181000001";

fn place(n: u32) -> Option<Place> {
    Place::new(3_000_000 + n as i32 * 40_000, 12_000_000)
}

/// An honest payment of a small town with four terminals; every ninth is refused.
fn honest(till: &mut Till, n: u32) {
    let shop = n % 4;
    let request = Message {
        place: place(shop),
        serial: Short::new(&format!("0000240399918100000{shop}")).expect("short"),
        entry_mode: Some(51),
        ..purchase(&format!("7000000{shop}"), 100 + n / 4, card(n % 50, 1), 2_000 + i64::from(n))
    };
    let class = if n % 9 == 5 { ResponseClass::Declined } else { ResponseClass::Approved };
    till.send(&request);
    till.send(&answer(&request, "xx", class));
}

/// A copy of terminal 70000002 counts by itself.
fn copy(till: &mut Till, n: u32) {
    let request = purchase("70000002", 7_000 + n, card(300 + n, 2), 9_000);
    till.send(&request);
    till.send(&answer(&request, "00", ResponseClass::Approved));
}

/// What a hostile terminal does between two honest payments.
fn hostile(till: &mut Till, n: u32) {
    for k in 0..20 {
        let request = Message {
            // It is everywhere, has another's serial number, the town's cards, and counts backwards.
            place: place(n + k),
            serial: Short::new(SERIAL).expect("short"),
            merchant: Short::new(["M1", "M2", "M3"][k as usize % 3]).expect("short"),
            entry_mode: Some(801),
            ..purchase(HOSTILE, 999_999 - n * 20 - k, card((n + k) % 50, 1), 50)
        };
        till.send(&request);
        till.send(&answer(&request, "14", ResponseClass::Declined));
        let again = Message { duplicate_key: DuplicateKey(77), ..request };
        till.send(&again);
    }
}

fn town(with_hostile: bool) -> Till {
    let mut till = Till::new();
    for n in 0..400 {
        till.wait(30);
        honest(&mut till, n);
        if n > 200 && n % 5 == 0 {
            copy(&mut till, n / 5);
        }
        if with_hostile && n > 40 {
            hostile(&mut till, n);
        }
        till.tick();
    }
    till
}

/// Advice, score and reasons of all verdicts that are not the hostile terminal's, and findings about others.
fn others(till: &Till) -> (Vec<String>, Vec<String>) {
    let by_offset = |offset: u64| match &till.log[offset as usize].1 {
        Event::Message(m) if m.terminal.as_str() != HOSTILE => Some(m),
        _ => None,
    };
    let verdicts = till.all.verdicts.iter().filter_map(|v| {
        let m = by_offset(v.offset)?;
        // A card's own windows hold what was done with it everywhere: that is said of the card, in its reasons.
        let reasons: Vec<_> =
            v.reasons.iter().map(|r| r.code.as_ref()).filter(|c| !c.starts_with("card_")).collect();
        let (trace, mti) = (m.trace, m.mti);
        Some(format!("{mti} {} {trace:?} {reasons:?} {}", m.terminal, v.duplicate))
    });
    let findings = till.findings().iter().filter_map(|f| match &f.subject {
        FindingSubject::Terminal(t) if t.as_str() == HOSTILE => None,
        subject => Some(format!("{} {subject:?}", f.code)),
    });
    (verdicts.collect(), findings.collect())
}

#[test]
fn a_hostile_terminal_changes_no_other_terminals_verdict() {
    let (calm, stormy) = (town(false), town(true));
    let (expected, found) = (others(&calm), others(&stormy));
    assert_eq!(expected.1.len(), 1, "the copy is found: {:?}", expected.1);
    assert_eq!(found.1, expected.1);
    for (a, b) in expected.0.iter().zip(&found.0) {
        let plain = |s: &String| s.replace("\"nothing_unusual\"", "");
        assert_eq!(plain(a), plain(b));
    }
    assert_eq!(found.0.len(), expected.0.len());
    assert!(stormy.findings().len() > 1, "and the hostile one is told of");
}

#[test]
fn a_restart_in_the_midst_of_an_attack_finds_the_same() {
    let till = town(true);
    for cut in [till.log.len() / 3, till.log.len() * 2 / 3, till.log.len() * 9 / 10] {
        let (mut whole, mut out) = (Engine::new(Catalogue::builtin()), Outcomes::default());
        till.log[..cut].iter().for_each(|(stamp, event)| whole.apply(*stamp, event, &mut out));
        let mut bytes = Vec::new();
        whole.snapshot(&mut bytes);
        let mut resumed = Engine::restore(Catalogue::builtin(), &bytes).expect("our own");
        till.log[cut..].iter().for_each(|(stamp, event)| resumed.apply(*stamp, event, &mut out));
        assert_eq!(out.findings, till.all.findings);
        assert_eq!(out.verdicts, till.all.verdicts);
    }
}
