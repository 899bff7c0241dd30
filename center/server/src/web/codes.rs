//! The register of issued codes on the console, and sheets to print.
//!
//! Read only: the register is the operator's file.

use super::Web;
use super::pages::{Asked, drawn};
use crate::codes::IssuedCode;
use axum::extract::State;
use axum::response::Response;
use tg_console::{CodeLabel, CodeRow, CodeSheet, CodesPage};

/// Codes on one page, and on one sheet.
const SHOWN: usize = 200;
const PRINTED: usize = 60;

/// The list.
pub(crate) async fn codes(State(web): State<Web>, asked: Asked) -> Response {
    let register = web.codes.get().cloned();
    let looked_for = looked_for(&asked);
    asked
        .page(move |_, _, _, now_us| {
            let mut view = CodesPage {
                open: register.is_some(),
                looked_for: looked_for.clone(),
                ..CodesPage::default()
            };
            if let Some(register) = &register {
                let mut found = register.rows().iter().filter(|c| fits(c, &looked_for));
                view.rows = found.by_ref().take(SHOWN).map(|c| row(c, now_us)).collect();
                view.more = found.count();
            }
            Ok(drawn(view, tg_console::codes))
        })
        .await
}

/// A sheet of the codes that fit.
pub(crate) async fn sheet(State(web): State<Web>, asked: Asked) -> Response {
    let register = web.codes.get().cloned();
    let looked_for = looked_for(&asked);
    let only = asked.params.get("mark").cloned();
    asked
        .page(move |_, _, _, now_us| {
            let mut view = CodeSheet::default();
            let rows = register.iter().flat_map(|r| r.rows());
            let wanted = |c: &&IssuedCode| {
                fits(c, &looked_for) && only.as_ref().is_none_or(|mark| mark_of(&c.payload) == *mark)
            };
            for code in rows.filter(wanted) {
                let row = row(code, now_us);
                let printed =
                    tg_qr::printed(&code.payload).filter(|_| !row.expired && view.labels.len() < PRINTED);
                match printed {
                    Some(p) => view.labels.push(CodeLabel { row, side: p.side, path: p.path }),
                    None => view.left_out += 1,
                }
            }
            Ok(drawn(view, tg_console::code_sheet))
        })
        .await
}

fn looked_for(asked: &Asked) -> String {
    asked.params.get("for").map(|v| v.trim().chars().take(60).collect()).unwrap_or_default()
}

fn fits(code: &IssuedCode, looked_for: &str) -> bool {
    let wanted = looked_for.to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&wanted);
    [&code.terminal, &code.payee, &code.place, &code.print_job].into_iter().any(|t| has(t))
}

/// Eight digits and letters of the content's hash, in two groups: enough to compare by eye, no proof.
fn mark_of(payload: &str) -> String {
    let hash = blake3::hash(payload.as_bytes()).to_hex().to_ascii_uppercase();
    format!("{}-{}", &hash[..4], &hash[4..8])
}

fn row(code: &IssuedCode, now_us: i64) -> CodeRow {
    let now = jiff::Timestamp::from_microsecond(now_us).unwrap_or_default();
    // The last day counts everywhere: the day that it is in UTC, as on the command line.
    let today = jiff::tz::TimeZone::UTC.to_datetime(now).date();
    let issued = [code.payload.clone()];
    let report = tg_qr::check(&code.payload, &tg_qr::Place { issued: &issued, ..tg_qr::Place::default() });
    let mark = mark_of(&code.payload);
    CodeRow {
        terminal: code.terminal.clone(),
        payee: code.payee.clone(),
        place: code.place.clone(),
        print_job: code.print_job.clone(),
        valid_until: code.valid_until.map(|d| d.to_string()).unwrap_or_default(),
        expired: code.valid_until.is_some_and(|day| day < today),
        scheme: report.scheme.to_owned(),
        findings: report.findings.iter().map(tg_qr::Finding::text).collect(),
        sheet: format!("/codes/sheet?for={}&mark={mark}", code.terminal),
        mark,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::tests::register;

    #[test]
    fn a_row_tells_its_day_its_findings_and_a_mark_of_its_content() {
        let codes = register(
            "https://pay.acquirer.example/q/T1,70310482,老榆树面馆,收银台,P-7,2026-04-30\nhttp://pay.acquirer.example/q/T2,70310483,,,,\n",
        );
        let at = |day: i64| row(&codes.rows()[0], 1_777_507_200_000_000 + day * 86_400_000_000);
        // 2026-04-30 is the last day on which it holds.
        assert_eq!((at(0).expired, at(1).expired), (false, true));
        assert_ne!(at(0).mark, row(&codes.rows()[1], 0).mark);
        assert_eq!(at(0).mark.len(), 9);
        assert!(at(0).findings.is_empty() && !row(&codes.rows()[1], 0).findings.is_empty(), "no https");
        assert!(
            fits(&codes.rows()[0], "p-7") && fits(&codes.rows()[0], "面馆") && !fits(&codes.rows()[0], "P-8")
        );
    }
}
