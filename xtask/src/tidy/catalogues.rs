//! The catalogues' own linters, asked here so that a support engineer who edits a table hears of it
//! from the same command.
//!
//! Why it exists: codes, causes and dialects are data, and data has no compiler. Never lints by itself:
//! the crate that owns a catalogue knows its rules.

use super::Report;

const CHECK: &str = "catalogues";

/// Asks each crate that owns a catalogue.
pub fn check(report: &mut Report) {
    told("data/codes", tg_codes::lint(tg_codes::Catalogue::builtin()), report);
    told("data/lure/signals.toml", tg_lure::lint_builtin(), report);
    for error in tg_diagnose::lint_builtin() {
        let line = usize::try_from(error.line).unwrap_or(0);
        report.broken(CHECK, &format!("data/{}", error.file), line, error.to_string());
    }
}

fn told(path: &str, broken: Vec<String>, report: &mut Report) {
    for says in broken {
        report.broken(CHECK, path, 0, says);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_linter_says_is_a_violation() {
        let mut report = Report::default();
        told("data/codes", vec!["A7: no source".into()], &mut report);
        assert_eq!(report.violations[0].says, "A7: no source");
    }

    #[test]
    fn the_linter_of_codes_is_asked_about_real_rows() {
        let rows = tg_codes::Catalogue::builtin().response_codes();
        assert!(rows.len() > 100, "an empty catalogue has nothing to lint");
    }
}
