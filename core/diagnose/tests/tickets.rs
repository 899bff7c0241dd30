//! Seventy tickets in the words of shops against the advice (`tickets.toml`): causes, gates, first step, contact,
//! whether to charge again, what must not stand in the plan.
//!
//! The tickets were written before the tables were mended for them. Right contact: at least 0.95; gates and
//! forbidden steps: no ticket may fail. The harms of `harm/` are checked on each of them again.

#[path = "harm/mod.rs"]
mod harm;

use serde::Deserialize;
use tg_diagnose::{Diagnosis, Facts, Knowledge, StepKind, diagnose};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    ticket: Vec<Ticket>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ticket {
    name: String,
    source: String,
    given: String,
    groups: Vec<String>,
    gates: Vec<String>,
    first: Vec<String>,
    who: Vec<String>,
    by: String,
    retry: Vec<String>,
    never: Vec<String>,
}

fn facts(given: &str) -> Facts {
    let knowledge = Knowledge::builtin();
    let mut facts = Facts::default();
    for pair in given.split_whitespace() {
        let (key, value) = pair.split_once('=').expect("key=value");
        match key.strip_prefix("did:") {
            Some(action) => knowledge.did(&mut facts, action, value).expect("a known step"),
            None => {
                let spaces = if key == "message" { " " } else { "_" };
                facts.set(key, &value.replace('_', spaces)).expect("known");
            }
        }
    }
    facts
}

/// What is wrong with the advice, by the ticket: the part and what was found.
fn judge(ticket: &Ticket, diagnosis: &Diagnosis) -> Vec<(&'static str, String)> {
    let mut wrong = Vec::new();
    let groups: Vec<&str> = diagnosis.causes.iter().take(3).map(|c| c.group.as_str()).collect();
    if !groups.iter().any(|g| ticket.groups.iter().any(|t| t == g)) {
        wrong.push(("causes", format!("{groups:?}")));
    }
    let gates: Vec<&str> = diagnosis.gates.iter().map(|g| g.id.as_str()).collect();
    let mut expected: Vec<&str> = ticket.gates.iter().map(String::as_str).collect();
    expected.sort_by_key(|g| tg_diagnose::gates::ALL.iter().position(|a| a == g));
    if gates != expected {
        wrong.push(("gates", format!("{gates:?}")));
    }
    let first =
        diagnosis.plan.iter().find(|s| s.kind != StepKind::Question).map_or("none", |s| s.id.as_str());
    if !ticket.first.iter().any(|t| t == first) {
        wrong.push(("first", format!("{:?}", diagnosis.plan.iter().map(|s| &s.id).collect::<Vec<_>>())));
    }
    let contact = &diagnosis.contact;
    if !ticket.who.contains(&contact.who) || (ticket.by != "either" && ticket.by != contact.by) {
        wrong.push(("contact", format!("{} by {}", contact.who, contact.by)));
    }
    let retry = serde_json::to_value(diagnosis.safe_to_retry).expect("a word");
    if !ticket.retry.iter().any(|t| retry == t.as_str()) {
        wrong.push(("retry", retry.to_string()));
    }
    let forbidden: Vec<&String> =
        diagnosis.plan.iter().map(|s| &s.id).filter(|id| ticket.never.contains(id)).collect();
    if !forbidden.is_empty() {
        wrong.push(("never", format!("{forbidden:?}")));
    }
    wrong
}

#[test]
fn the_tickets_get_the_advice_of_a_good_desk() {
    let file: File = toml::from_str(include_str!("tickets.toml")).expect("the file is well formed");
    assert_eq!(file.schema, "tillguard.tickets/1");
    assert!(file.ticket.len() >= 60);
    let mut complaints = Vec::new();
    for ticket in &file.ticket {
        assert!(!ticket.source.is_empty());
        let facts = facts(&ticket.given);
        let diagnosis = diagnose(Knowledge::builtin(), &facts);
        let harms = harm::harms(&facts, &diagnosis);
        assert!(harms.is_empty(), "{}: {harms:?}", ticket.name);
        for (part, found) in judge(ticket, &diagnosis) {
            complaints.push(format!("{part:8} {} [{}]: {found}", ticket.name, ticket.given));
        }
    }
    assert!(complaints.is_empty(), "{} complaints\n{}", complaints.len(), complaints.join("\n"));
}
