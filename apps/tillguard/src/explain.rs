//! `tillguard explain`: what a code or the words on a screen mean (contract, section 2).

use crate::arguments::Explain;
use crate::output::{Console, Done, cant_read};
use std::process::ExitCode;
use tg_codes::{Catalogue, OverrideError, Query, explain};
use tg_text::{Problem, Text};

pub fn run(arguments: &Explain, console: &Console) -> Done {
    let mut query = Query::new(arguments.what.join(" "));
    if let Some(scheme) = &arguments.scheme {
        query = query.scheme(scheme).map_err(|e| Box::new(e.problem()))?;
    }
    if let Some(mti) = &arguments.mti {
        query = query.mti(mti).map_err(|e| Box::new(e.problem()))?;
    }
    if let Some(vendor) = &arguments.vendor {
        query = query.vendor(vendor);
    }
    let (own, refused) = match &arguments.catalogue {
        None => (None, false),
        Some(file) => match overridden(file) {
            Ok(catalogue) => (Some(catalogue), false),
            Err(problem) => {
                // The catalogue that was there stays in force.
                console.complain(&problem);
                (None, true)
            }
        },
    };
    let explanation = explain(&query, own.as_ref().unwrap_or(Catalogue::builtin()));
    if console.json {
        console.print_json(&explanation)?;
    } else {
        for m in &explanation.matches {
            let scheme = m.scheme.as_deref().unwrap_or("");
            let check = if m.check_before_use {
                console.lang.pick("（使用前请核实）", " (check before use)")
            } else {
                ""
            };
            console
                .print(format!("{} {}  {}{check}", scheme, m.code, console.text(&m.meaning)).trim_start())?;
            console.print(&format!("  → {}", console.text(&m.action)))?;
            if let Some(action) = &m.acquirer_action {
                let label = console.lang.pick("收单机构", "acquirer");
                console.print(&format!("  {label}: {}", console.text(action)))?;
            }
            console.print(&format!("  {}: {}", console.lang.pick("来源", "source"), m.source))?;
        }
        if let Some(advice) = explanation.advice() {
            console.print(&console.text(advice))?;
        }
    }
    Ok(match (refused, explanation.listed()) {
        (true, _) => ExitCode::from(3),
        (false, true) => ExitCode::SUCCESS,
        (false, false) => ExitCode::FAILURE,
    })
}

/// The built-in catalogue with an operator's rows over it.
fn overridden(file: &str) -> Result<Catalogue, Box<Problem>> {
    let content = std::fs::read_to_string(file).map_err(|e| cant_read(file, &e))?;
    Catalogue::builtin().with_overrides(file, &content).map_err(|error| {
        Box::new(match error {
            OverrideError::Table(table) => table.problem(),
            OverrideError::Unsafe(broken) => {
                let list = broken.join("; ");
                let what = Text::new(
                    format!("这些行违反目录的规则，整个文件没有采用，内置目录照旧：{list}"),
                    format!("these rows break a rule of the catalogue; the file is not taken and the built-in rows stay: {list}"),
                );
                Problem::new("TG-2001", what).in_file(file)
            }
        })
    })
}
