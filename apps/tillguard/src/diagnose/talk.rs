//! `tillguard diagnose` with a person at the terminal: one step at a time, answered by a number.
//!
//! Why it exists: the same guide as on the phone, where there is only a terminal (or a pipe: `--ask`). `b` takes
//! the last answer back, `q` and the end of the input leave cleanly. Never repeats what was typed.

use super::show;
use crate::output::{Console, Done, cant_read};
use std::io::{BufRead, Write};
use std::process::ExitCode;
use tg_diagnose::{Diagnosis, Knowledge, Next, Session, StepKind};
use tg_text::{Problem, Text};

/// What a person chose.
enum Chosen {
    Number(usize),
    Words(String),
    Back,
    Quit,
}

/// Asks and advises until it is solved, called, or left.
pub fn talk(knowledge: &Knowledge, mut session: Session, console: &Console) -> Done {
    let pick = |zh, en| console.lang.pick(zh, en);
    console.print(pick(
        "随时可以输入：b 返回上一步，q 退出。不要输入卡号、密码或安全码。",
        "At any time: b goes back, q quits. Don’t enter a card number, PIN or security code.",
    ))?;
    let mut start = session.turns().is_empty();
    loop {
        if start {
            let question = pick(
                "屏幕或签购单上写了什么？输入文字或应答码，没有就直接回车",
                "What does the screen or slip say? Words or a code; empty if nothing",
            );
            match ask(question)? {
                Chosen::Quit => return left(console),
                Chosen::Back => {}
                Chosen::Words(words) => start = !say(knowledge, &mut session, &words, console)?,
                Chosen::Number(code) => {
                    start = !say(knowledge, &mut session, &format!("{code:02}"), console)?
                }
            }
            continue;
        }
        let diagnosis = session.diagnose(knowledge);
        let Some(next) = diagnosis.next.as_ref().filter(|_| diagnosis.plan.len() > 1) else {
            show(&diagnosis, console)?;
            return Ok(ExitCode::SUCCESS);
        };
        show_step(&diagnosis, next, console)?;
        let buttons = buttons(next);
        for (i, (_, text)) in buttons.iter().enumerate() {
            console.print(&format!("  {}) {}", i + 1, console.text(text)))?;
        }
        let typed = next.id == "response_code";
        let question = if typed {
            pick("输入应答码或编号", "A code or a number")
        } else {
            pick("编号", "Number")
        };
        let taken = match ask(question)? {
            Chosen::Quit => return left(console),
            Chosen::Back => {
                start = !session.back() || session.turns().is_empty();
                continue;
            }
            Chosen::Number(n) if (1..=buttons.len()).contains(&n) && !(typed && n > 1) => {
                take(knowledge, &mut session, next, &buttons[n - 1].0)
            }
            Chosen::Number(n) if typed => session.answer(knowledge, &next.id, &format!("{n:02}")),
            Chosen::Words(code) if typed && !code.is_empty() => session.answer(knowledge, &next.id, &code),
            _ => {
                console.print(pick("请输入上面的一个编号。", "Please enter one of the numbers above."))?;
                continue;
            }
        };
        if let Err(problem) = taken {
            console.complain(&problem);
        }
    }
}

/// Notes the first words; false if they can't be taken.
fn say(
    knowledge: &Knowledge,
    session: &mut Session,
    words: &str,
    console: &Console,
) -> Result<bool, Box<Problem>> {
    if words.is_empty() {
        return Ok(true);
    }
    let bare_code = (2..=3).contains(&words.len()) && words.bytes().all(|b| b.is_ascii_alphanumeric());
    let key = if bare_code { "code" } else { "message" };
    if let Err(problem) = session.give(knowledge, key, words) {
        console.complain(&problem);
        return Ok(false);
    }
    Ok(true)
}

fn left(console: &Console) -> Done {
    console.print(console.lang.pick("已退出。", "Left."))?;
    Ok(ExitCode::SUCCESS)
}

/// The choices at a step: what is noted, and the words.
fn buttons(next: &Next) -> Vec<(String, Text)> {
    if !next.answers.is_empty() {
        return next.answers.iter().map(|a| (a.value.clone(), a.text.clone())).collect();
    }
    let button = |value: &str, zh: &'static str, en: &'static str| (value.to_owned(), Text::fixed(zh, en));
    if next.kind == StepKind::Stop {
        return vec![button("failed", "已经停用", "Done, it is out of use")];
    }
    vec![
        button("fixed", "解决了", "It helped"),
        button("failed", "还是不行", "It didn’t help"),
        button("failed", "这里做不了", "Not possible here"),
    ]
}

fn take(knowledge: &Knowledge, session: &mut Session, next: &Next, value: &str) -> Result<(), Box<Problem>> {
    if next.answers.is_empty() {
        session.did(knowledge, &next.id, value)
    } else {
        session.answer(knowledge, &next.id, value)
    }
}

/// Gates and contradictions, then the one step.
fn show_step(diagnosis: &Diagnosis, next: &Next, console: &Console) -> Result<(), Box<Problem>> {
    let pick = |zh, en| console.lang.pick(zh, en);
    console.print("")?;
    for text in diagnosis.gates.iter().map(|g| &g.text).chain(&diagnosis.contradictions) {
        console.print(&format!("! {}", console.text(text)))?;
    }
    let minutes = next.minutes;
    let time = console.lang.pick(format!("（约 {minutes} 分钟）"), format!(" (about {minutes} min)"));
    console.print(&format!("{}{time}", console.text(&next.text)))?;
    console.print(&format!("  {} {}", pick("为什么：", "Why:"), console.text(&next.why)))?;
    for (i, step) in next.steps.iter().enumerate() {
        console.print(&format!("  {}. {}", i + 1, console.text(step)))?;
    }
    for text in next.script.iter().filter(|_| next.steps.is_empty()) {
        console.print(&format!("  {}", console.text(text)))?;
    }
    for guard in &next.guards {
        console.print(&format!("  ✗ {}", console.text(guard)))?;
    }
    if let Some(sale) = &diagnosis.sale {
        console.print(&format!(
            "  {} {}",
            pick("客户这一笔：", "This customer:"),
            console.text(&sale.text)
        ))?;
    }
    Ok(())
}

/// One line from the terminal; its end is `Quit`.
fn ask(question: &str) -> Result<Chosen, Box<Problem>> {
    print!("{question} > ");
    // A closed output ends the talk at the next line that is printed.
    let _ = std::io::stdout().flush();
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line).map_err(|e| cant_read("-", &e))?;
    let line = line.trim();
    Ok(match line.to_lowercase().as_str() {
        _ if read == 0 => Chosen::Quit,
        "q" => Chosen::Quit,
        "b" => Chosen::Back,
        _ => match line.parse::<usize>() {
            Ok(number) if number < 1_000 => Chosen::Number(number),
            _ => Chosen::Words(line.to_owned()),
        },
    })
}
