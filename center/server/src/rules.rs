//! The rules of this center: read and checked at the start, and again whenever their file changes.
//!
//! A change goes into the log as an event and holds from there on. A file with a fault takes no effect: at the
//! start it is refused, later the rules before stay in force and the fault is shown.

use crate::beating::batch_of;
use crate::live::Live;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tg_engine::{Catalogue, rule_schema};
use tg_event::{Event, Rules};
use tg_journal::LogHandle;
use tg_rules::RuleFile;
use tg_text::{Problem, Text};
use tokio::sync::watch;

/// The pack to begin with.
const STARTER: &str = include_str!("../../../data/rules/starter.toml");
/// The file is looked at this often.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Where the rules come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RulesSource {
    /// No rules.
    #[default]
    None,
    /// The pack that comes with the program.
    Starter,
    /// An operator's file.
    File(PathBuf),
}

impl RulesSource {
    /// `starter`, or the path of a file.
    pub fn of(word: &str) -> RulesSource {
        if word == "starter" { RulesSource::Starter } else { RulesSource::File(word.into()) }
    }

    /// The rules' text, checked.
    pub(crate) fn text(&self) -> Result<String, Problem> {
        match self {
            RulesSource::None => Ok(String::new()),
            RulesSource::Starter => Ok(STARTER.to_owned()),
            RulesSource::File(path) => read(path),
        }
    }
}

fn read(path: &Path) -> Result<String, Problem> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| {
        Problem::new(
            "TG-1001",
            Text::new(format!("读不了规则文件：{e}"), format!("the rules can't be read: {e}")),
        )
        .in_file(&name)
    })?;
    if text.len() > Rules::TEXT_MAX {
        let (most, found) = (format!("{} B", Rules::TEXT_MAX), format!("{} B", text.len()));
        let what = Text::fixed("规则文件太大", "the file of rules is too large");
        return Err(Problem::new("TG-1006", what).in_file(&name).because(most, found));
    }
    match RuleFile::read(&rule_schema(&Catalogue::builtin()), &text) {
        Ok(_) => Ok(text),
        Err(faults) => {
            let more = faults.len() - 1;
            let first = &faults[0];
            let what = &first.diagnostic.what;
            let rest = match more {
                0 => Text::fixed("", ""),
                n => Text::new(
                    format!("；另有 {n} 处，见 tillguard rules check"),
                    format!("; {n} more, see tillguard rules check"),
                ),
            };
            let what = Text::new(format!("{}{}", what.zh, rest.zh), format!("{}{}", what.en, rest.en));
            let problem = Problem::new("TG-1007", what).in_file(&name).at_line(first.line as u64);
            Err(problem.in_field(first.rule.as_deref().unwrap_or("rule")))
        }
    }
}

/// The event by which these rules come into force.
pub(crate) fn event(text: String) -> Event {
    Event::Rules(Rules { text, ..Rules::default() })
}

/// Looks at an operator's file again and again; what changed and is sound goes into the log.
pub(crate) async fn follow(
    source: RulesSource,
    mut in_force: String,
    log: LogHandle,
    live: Arc<Live>,
    mut stopped: watch::Receiver<bool>,
) {
    let RulesSource::File(path) = source else { return };
    let seen = |path: &Path| std::fs::metadata(path).ok().map(|m| (m.modified().ok(), m.len()));
    let mut last: Option<(Option<SystemTime>, u64)> = seen(&path);
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
        let now = seen(&path);
        if now == last {
            continue;
        }
        match read(&path) {
            Ok(text) if text == in_force => last = now,
            Ok(text) => {
                // A full log is asked again at the next look.
                if log.try_submit(batch_of(&[event(text.clone())])).is_ok() {
                    tracing::info!(path = %path.display(), "other rules are in force");
                    (in_force, last) = (text, now);
                }
            }
            Err(problem) => {
                tracing::error!(%problem, "the rules before stay in force");
                live.note_problem(problem);
                last = now;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pack_to_begin_with_is_sound_and_names_its_sources() {
        let file = RuleFile::read(&rule_schema(&Catalogue::builtin()), STARTER).expect("sound rules");
        assert!(file.rules.len() >= 20, "{}", file.rules.len());
        assert!(
            file.rules.iter().all(|r| r.decision.as_deref() != Some("decline")),
            "none turns a customer away"
        );
        assert!(file.cost() < 1_000, "{}", file.cost());
    }

    #[test]
    fn a_file_with_a_fault_is_refused_by_line_and_rule() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rules.toml");
        std::fs::write(&path, STARTER.replace("card_payments_1h > 4", "card_paymets_1h > 4"))
            .expect("written");
        let problem = RulesSource::File(path.clone()).text().expect_err("a fault");
        assert_eq!(
            (problem.code, problem.place.line, problem.place.field.as_deref()),
            ("TG-1007", Some(10), Some("card_busy_hour"))
        );
        std::fs::write(&path, vec![b'#'; Rules::TEXT_MAX + 1]).expect("written");
        assert_eq!(RulesSource::File(path).text().expect_err("too large").code, "TG-1006");
        assert_eq!(RulesSource::of("no/such/file").text().expect_err("missing").code, "TG-1001");
    }
}
