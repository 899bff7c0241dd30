//! `tillguard diagnose`: why a payment failed and what to do now; or a plan over a published troubleshooting
//! problem (contract, section 3).
//!
//! Gates are printed first: they hold whatever the causes. Never repeats what was typed into `message`.

mod talk;

use crate::arguments::Diagnose;
use crate::output::{Console, Done, cant_read, wrong_use};
use serde::Serialize;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Instant;
use tg_diagnose::network::{NetworkFile, Policy, Step, TooLarge};
use tg_diagnose::{Diagnosis, Facts, Knowledge, Retry, Session, diagnose};
use tg_text::{Problem, Text};

pub fn run(arguments: &Diagnose, console: &Console) -> Done {
    if let Some(file) = &arguments.network {
        return network(file, &arguments.policy, console);
    }
    let knowledge = Knowledge::builtin();
    if arguments.ask {
        let mut session = Session::default();
        for pair in &arguments.given {
            let (key, value) = split(pair, "given", "KEY=VALUE")?;
            session.give(knowledge, key, value)?;
        }
        return talk::talk(knowledge, session, console);
    }
    let mut facts = Facts::default();
    for pair in &arguments.given {
        let (key, value) = split(pair, "given", "KEY=VALUE")?;
        facts.give(key, value)?;
    }
    for pair in &arguments.answer {
        let (question, value) = split(pair, "answer", "QUESTION=VALUE")?;
        knowledge.answer(&mut facts, question, value)?;
    }
    for pair in &arguments.did {
        let (action, result) = split(pair, "did", "ACTION=failed|fixed")?;
        knowledge.did(&mut facts, action, result)?;
    }
    let nothing_given = arguments.given.is_empty() && arguments.answer.is_empty() && arguments.did.is_empty();
    if nothing_given && !console.json && std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        return talk::talk(knowledge, Session::default(), console);
    }
    let diagnosis = diagnose(knowledge, &facts);
    if console.json {
        console.print_json(&diagnosis)?;
    } else {
        show(&diagnosis, console)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn split<'a>(pair: &'a str, flag: &str, form: &str) -> Result<(&'a str, &'a str), Box<Problem>> {
    pair.split_once('=').map(|(key, value)| (key.trim(), value)).ok_or_else(|| {
        let wrong = wrong_use(
            &format!("--{flag}"),
            format!("--{flag} 的写法是 {form}"),
            format!("--{flag} is written {form}"),
        );
        Box::new(wrong.because(form, "…"))
    })
}

/// The whole advice, the most urgent first.
fn show(diagnosis: &Diagnosis, console: &Console) -> Result<(), Box<Problem>> {
    let pick = |zh, en| console.lang.pick(zh, en);
    let list = |title: &str, texts: &[&Text]| -> Result<(), Box<Problem>> {
        if !texts.is_empty() {
            console.print(title)?;
        }
        texts.iter().try_for_each(|text| console.print(&format!("  ! {}", console.text(text))))
    };
    let gates: Vec<&Text> = diagnosis.gates.iter().map(|g| &g.text).collect();
    list(pick("先看这里", "First of all"), &gates)?;
    let contradictions: Vec<&Text> = diagnosis.contradictions.iter().collect();
    list(pick("情况互相矛盾", "Facts that contradict each other"), &contradictions)?;
    next(diagnosis, console)?;
    console.print(&format!("{} {}", pick("款项：", "Money:"), console.text(&diagnosis.money)))?;
    console.print(match diagnosis.safe_to_retry {
        Retry::Yes => pick("再收一次：可以，按上面的步骤。", "Charging again: yes, as the steps say."),
        Retry::No => pick("再收一次：不可以。", "Charging again: no."),
        Retry::AfterQuery => pick("再收一次：查清结果之后才可以。", "Charging again: only after a query."),
    })?;
    if let Some(sale) = &diagnosis.sale {
        console.print(&format!("{} {}", pick("客户这一笔：", "This customer:"), console.text(&sale.text)))?;
    }
    if !diagnosis.causes.is_empty() {
        console.print(pick("可能的原因", "Likely causes"))?;
    }
    for cause in &diagnosis.causes {
        let text = console.text(&cause.text);
        // “100 %” would be a promise.
        let percent = (cause.probability * 100.0).round().min(99.0);
        console.print(&format!("  {} {percent:>3}% {text}", bar(cause.probability)))?;
    }
    let contact = &diagnosis.contact;
    console.print(&format!("{} {}", pick("联系：", "Contact:"), console.text(&contact.text)))?;
    for tell in &contact.tell {
        let value = tell.value.as_deref().unwrap_or("……");
        console.print(&format!("  {} {value}", console.text(&tell.label)))?;
    }
    Ok(())
}

fn next(diagnosis: &Diagnosis, console: &Console) -> Result<(), Box<Problem>> {
    let pick = |zh, en| console.lang.pick(zh, en);
    let Some(next) = &diagnosis.next else {
        return console.print(pick("已经解决，没有下一步。", "It is solved; nothing is left to do."));
    };
    let minutes = next.minutes;
    let time = console.lang.pick(format!("（约 {minutes} 分钟）"), format!(" (about {minutes} min)"));
    console.print(&format!("{} {}{time}", pick("下一步：", "Next:"), console.text(&next.text)))?;
    console.print(&format!("  {}", console.text(&next.why)))?;
    for (i, step) in next.steps.iter().enumerate() {
        console.print(&format!("  {}. {}", i + 1, console.text(step)))?;
    }
    let said = next.script.as_ref().map(|t| (pick("话术：", "Say:"), t));
    let verify = next.verify.as_ref().map(|t| (pick("确认：", "Check:"), t));
    for (label, text) in said.into_iter().chain(verify) {
        console.print(&format!("  {label} {}", console.text(text)))?;
    }
    for guard in &next.guards {
        console.print(&format!("  ✗ {}", console.text(guard)))?;
    }
    for (i, step) in diagnosis.plan.iter().enumerate().skip(1) {
        let label = if i == 1 { pick("之后：", "Then:") } else { "" };
        console.print(&format!("  {label} {}. {}", i + 1, console.text(&step.text)))?;
    }
    Ok(())
}

fn bar(share: f64) -> String {
    let full = (share * 10.0).round() as usize;
    (0..10).map(|i| if i < full { '█' } else { '░' }).collect()
}

#[derive(Serialize)]
struct NetworkAnswer {
    policy: &'static str,
    expected_cost: f64,
    seconds: f64,
    plan: Step,
}

fn network(file: &str, policy: &str, console: &Console) -> Done {
    let policy = Policy::from_word(policy).ok_or_else(|| {
        let near = tg_text::nearest(policy, Policy::WORDS).map_or(Policy::WORDS.join(", "), str::to_owned);
        let wrong =
            wrong_use("policy", format!("没有求解方法 {policy}"), format!("there is no policy {policy}"));
        Box::new(wrong.because(near, policy))
    })?;
    let bytes = std::fs::read(file).map_err(|e| cant_read(file, &e))?;
    let read: NetworkFile = serde_json::from_slice(&bytes).map_err(|e| {
        let what = Text::new(format!("第 {} 列：{e}", e.column()), format!("column {}: {e}", e.column()));
        Box::new(Problem::new("TG-1007", what).in_file(file).at_line(e.line() as u64))
    })?;
    let network = read.read().map_err(|p| Box::new(p.in_file(file)))?;
    let start = Instant::now();
    let (expected_cost, plan) = network.plan(policy).map_err(|TooLarge| {
        let what =
            Text::fixed("要求解的情形太多", "the plan needs more situations than it may hold (1,000,000)");
        Box::new(Problem::new("TG-1006", what).in_file(file))
    })?;
    let seconds = start.elapsed().as_secs_f64();
    let answer = NetworkAnswer { policy: policy.word(), expected_cost, seconds, plan };
    if console.json {
        console.print_json(&answer)?;
    } else {
        console.print(&format!("{}: {:.2}  ({:.3} s)", answer.policy, expected_cost, seconds))?;
        show_plan(&answer.plan, 0, console)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show_plan(step: &Step, depth: usize, console: &Console) -> Result<(), Box<Problem>> {
    let pick = |zh, en| console.lang.pick(zh, en);
    let space = "  ".repeat(depth + 1);
    match step {
        Step::Call => console.print(&format!("{space}{}", pick("打电话", "call"))),
        Step::More => console.print(&format!("{space}……")),
        Step::Mend { id, works, otherwise } => {
            let percent = (works * 100.0).round();
            console.print(&format!("{space}{} {id} ({percent}%)", pick("检修", "mend")))?;
            otherwise.as_ref().map_or(Ok(()), |next| show_plan(next, depth, console))
        }
        Step::Ask { id, answers } => {
            console.print(&format!("{space}{} {id}?", pick("问", "ask")))?;
            answers.iter().try_for_each(|answer| {
                let percent = (answer.probability * 100.0).round();
                console.print(&format!("{space}- {} ({percent}%)", answer.is))?;
                show_plan(&answer.then, depth + 1, console)
            })
        }
    }
}
