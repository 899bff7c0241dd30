//! `tillguard explain`: what a code or the words on a screen mean (contract, section 2).

use crate::arguments::Explain;
use crate::output::{Console, Done};
use std::process::ExitCode;
use tg_codes::{Catalogue, Query, explain};

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
    let explanation = explain(&query, Catalogue::builtin());
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
    Ok(if explanation.listed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
