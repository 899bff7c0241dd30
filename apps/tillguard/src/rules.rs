//! `tillguard rules`: check a file of rules, try it on a recording, list the fields that rules may name.
//!
//! Faults are shown as a compiler shows them, all at once. Trying a file changes nothing: it plays the recording
//! through the engine and counts what each rule would have said.

use crate::arguments::{Rules, RulesTest};
use crate::output::{Console, Done, INCOMPLETE, cant_read, no_dialect};
use serde::Serialize;
use std::io::BufReader;
use std::process::ExitCode;
use std::sync::Arc;
use tg_engine::{Catalogue, PaymentRow, rule_schema};
use tg_event::{Event, Verdict};
use tg_ingest::{FrameReader, Recording, RecordingError};
use tg_rules::{Answer, RuleFile, RuleFileError, Unknown};
use tg_server::{Player, Secret};
use tg_text::{Problem, Text};
use tg_types::{TenantId, TokenKey};

/// Places in the recording that are named for each rule.
const EXAMPLES: usize = 5;

pub fn run(command: &Rules, console: &Console) -> Done {
    match command {
        Rules::Check { file } => check(file, console),
        Rules::Test(arguments) => test(arguments, console),
        Rules::Fields => fields(console),
    }
}

#[derive(Serialize)]
struct Fault<'a> {
    rule: Option<&'a str>,
    line: usize,
    column: usize,
    code: &'static str,
    what: &'a Text,
    help: Option<&'a Text>,
}

#[derive(Serialize)]
struct Checked<'a> {
    schema: &'static str,
    ok: bool,
    rules: Vec<RuleLine<'a>>,
    cost: u32,
    faults: Vec<Fault<'a>>,
}

#[derive(Serialize)]
struct RuleLine<'a> {
    id: &'a str,
    cost: u32,
    weight: u16,
    decision: Option<&'a str>,
    text: &'a Text,
    source: &'a str,
}

/// The file's text and its rules; a fault is said here and gives `None`.
fn read(name: &str, console: &Console) -> Result<(String, Option<RuleFile>), Box<Problem>> {
    let text = std::fs::read_to_string(name).map_err(|e| cant_read(name, &e))?;
    match RuleFile::read(&rule_schema(&Catalogue::builtin()), &text) {
        Ok(file) => Ok((text, Some(file))),
        Err(errors) => {
            if console.json {
                let fault = |e: &RuleFileError| serde_json::to_value(fault(e)).unwrap_or_default();
                let faults: Vec<_> = errors.iter().map(fault).collect();
                let answer = serde_json::json!({
                    "schema": "tillguard.rules/1", "ok": false, "rules": [], "cost": 0, "faults": faults
                });
                console.print_json(&answer)?;
            } else {
                errors.iter().for_each(|e| eprintln!("{}", e.render(name, &text, console.lang)));
                let n = errors.len();
                console
                    .say(&format!("{n} 处错误，规则未生效。"), &format!("{n} faults; no rule takes effect."));
            }
            Ok((text, None))
        }
    }
}

fn fault(e: &RuleFileError) -> Fault<'_> {
    let d = &e.diagnostic;
    Fault {
        rule: e.rule.as_deref(),
        line: e.line,
        column: e.column,
        code: d.code,
        what: &d.what,
        help: d.help.as_ref(),
    }
}

fn check(name: &str, console: &Console) -> Done {
    let (_, Some(file)) = read(name, console)? else { return Ok(ExitCode::from(1)) };
    let rules: Vec<RuleLine<'_>> = file
        .rules
        .iter()
        .map(|r| RuleLine {
            id: &r.id,
            cost: r.rule.cost(),
            weight: r.weight,
            decision: r.decision.as_deref(),
            text: &r.text,
            source: &r.source,
        })
        .collect();
    if console.json {
        let cost = file.cost();
        let answer = Checked { schema: "tillguard.rules/1", ok: true, rules, cost, faults: Vec::new() };
        console.print_json(&answer)?;
    } else {
        for r in &rules {
            let decision = r.decision.unwrap_or("-");
            console.print(&format!(
                "{:<28} {:>4}  {:>4}  {decision:<8} {}",
                r.id,
                r.weight,
                r.cost,
                console.text(r.text)
            ))?;
        }
        let (n, cost) = (rules.len(), file.cost());
        console.say(
            &format!("{n} 条规则，每笔合计开销约 {cost} 纳秒，没有错误。"),
            &format!("{n} rules, about {cost} ns together for a payment, no fault."),
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn fields(console: &Console) -> Done {
    let schema = rule_schema(&Catalogue::builtin());
    for field in schema.fields() {
        if console.json {
            let kind = field.kind.name();
            console.print_json(&serde_json::json!({"name": field.name, "type": kind, "text": field.text}))?;
        } else {
            let kind = console.text(&field.kind.name());
            console.print(&format!("{:<30} {kind:<16} {}", field.name, console.text(&field.text)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What one rule said of a recording.
#[derive(Default)]
struct Count {
    applied: u64,
    unknown: u64,
    why: Option<Unknown>,
    examples: Vec<u64>,
}

fn test(arguments: &RulesTest, console: &Console) -> Done {
    let (_, Some(rules)) = read(&arguments.file, console)? else { return Ok(ExitCode::from(1)) };
    let catalogue = Catalogue::builtin();
    let secret = Secret::of_this_run()?;
    let tokens = Arc::new(TokenKey::derive(secret.bytes(), TenantId::default(), 0));
    let mut reader = FrameReader::new(TenantId::default(), 0, &arguments.dialect, tokens)
        .ok_or_else(|| no_dialect(&arguments.dialect))?;
    let mut counts: Vec<Count> = rules.rules.iter().map(|_| Count::default()).collect();
    let (mut payments, mut bad_lines) = (0_u64, 0_u64);
    let mut player = Player::new();
    let file = std::fs::File::open(&arguments.on).map_err(|e| cant_read(&arguments.on, &e))?;
    for line in Recording::new(BufReader::new(file), &arguments.on) {
        let recorded = match line {
            Ok(recorded) => recorded,
            Err(RecordingError::Io(e)) => return Err(cant_read(&arguments.on, &e)),
            Err(RecordingError::Line(problem)) => {
                bad_lines += 1;
                console.complain(&problem);
                continue;
            }
        };
        let event = reader.read(&recorded.frame);
        let seen = player.play_for(recorded.at, event, &mut |beat| {
            if let Event::Message(message) = beat.event {
                let judged = beat.outcomes.verdicts.iter().filter(|v| !v.features.is_empty());
                judged.for_each(|verdict| {
                    payments += 1;
                    let row = PaymentRow::new(message, &verdict.features, &catalogue);
                    for (count, rule) in counts.iter_mut().zip(&rules.rules) {
                        note(count, rule.rule.answer(&row), verdict);
                    }
                });
            }
            Ok(())
        });
        seen.map_err(|e| cant_read(&arguments.on, &e))?;
    }
    show(&rules, &counts, payments, console)?;
    let undecoded = player.totals().undecoded;
    if undecoded > 0 {
        console.say(
            &format!("{undecoded} 条报文未能解开，没有参加试算。"),
            &format!("{undecoded} messages could not be decoded and took no part."),
        );
    }
    Ok(if bad_lines + undecoded > 0 { ExitCode::from(INCOMPLETE) } else { ExitCode::SUCCESS })
}

fn note(count: &mut Count, answer: Answer, verdict: &Verdict) {
    match answer {
        Answer::True => {
            count.applied += 1;
            if count.examples.len() < EXAMPLES {
                count.examples.push(verdict.offset);
            }
        }
        Answer::False => {}
        Answer::Unknown(why) => {
            count.unknown += 1;
            count.why = Some(why);
        }
    }
}

fn show(rules: &RuleFile, counts: &[Count], payments: u64, console: &Console) -> Result<(), Box<Problem>> {
    let schema = rule_schema(&Catalogue::builtin());
    let why = |unknown: Unknown| match unknown {
        Unknown::Absent(field) => {
            let name = schema.fields().get(usize::from(field)).map_or("", |f| f.name.as_str());
            Text::new(format!("报文没有 {name}"), format!("no {name} in the message"))
        }
        Unknown::DividedByZero => Text::fixed("除以零", "division by zero"),
        Unknown::TooLarge => Text::fixed("数值过大", "a number too large"),
        Unknown::TwoCurrencies => Text::fixed("货币不同", "another currency"),
    };
    for (rule, count) in rules.rules.iter().zip(counts) {
        let reason = count.why.map(why);
        if console.json {
            console.print_json(&serde_json::json!({
                "rule": rule.id, "payments": payments, "applied": count.applied, "unknown": count.unknown,
                "unknown_because": reason, "examples": count.examples,
            }))?;
        } else {
            let share = count.applied as f64 * 100.0 / payments.max(1) as f64;
            let unknown =
                reason.map_or(String::new(), |r| format!("  ? {} ({})", count.unknown, console.text(&r)));
            console.print(&format!("{:<28} {:>8}  {share:>7.3} %{unknown}", rule.id, count.applied))?;
        }
    }
    console.say(&format!("共 {payments} 笔支付请求。"), &format!("{payments} requests for payment."));
    Ok(())
}
