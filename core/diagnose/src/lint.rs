//! The linter for the knowledge files: what the parser refuses, and what an author would regret.
//!
//! Errors are all that [`Knowledge::parse`] would refuse, each with file, line and the nearest right id. Beyond
//! them: causes that no offered step and no call helps, and pairs of causes that no observation separates.

use crate::knowledge::{BUILTIN_ACTIONS, BUILTIN_CAUSES, BUILTIN_QUESTIONS, Knowledge};
use crate::parse::read;
use crate::source::{CAUSES, KnowledgeError};
use tg_text::Text;

/// Two causes whose rows differ by less than this in every observation can't be told apart.
const SEPARATES: f64 = 0.7;

/// Everything that is wrong with a pair of files; empty: nothing.
pub fn lint(causes_toml: &str, actions_toml: &str) -> Vec<KnowledgeError> {
    let (knowledge, mut errors) = read(causes_toml, actions_toml, BUILTIN_QUESTIONS);
    if let Some(knowledge) = knowledge.filter(|_| errors.is_empty()) {
        causes_without_action(&knowledge, causes_toml, &mut errors);
        pairs_that_nothing_separates(&knowledge, causes_toml, &mut errors);
        if !knowledge.causes.iter().any(|c| c.id == "none_of_these") {
            let what = Text::fixed("缺少“以上都不是”", "there is no cause for “none of these”");
            errors.push(at(causes_toml, "", what, "", "none_of_these"));
        }
    }
    errors
}

/// Everything that is wrong with the files that ship with Tillguard.
pub fn lint_builtin() -> Vec<KnowledgeError> {
    lint(BUILTIN_CAUSES, BUILTIN_ACTIONS)
}

fn causes_without_action(knowledge: &Knowledge, text: &str, errors: &mut Vec<KnowledgeError>) {
    for (i, cause) in knowledge.causes.iter().enumerate() {
        let helped = knowledge.actions.iter().any(|a| a.offered && a.helps[i] > 0.0);
        let called = knowledge.actions.iter().any(|a| a.calls.as_deref() == Some(cause.owner.as_str()));
        if !helped && !called {
            let what =
                Text::fixed("没有任何步骤或联系方处理这个原因", "no step and no call deals with this cause");
            errors.push(at(text, &cause.id, what, &cause.id, "a step in actions.toml with helps"));
        }
    }
}

fn pairs_that_nothing_separates(knowledge: &Knowledge, text: &str, errors: &mut Vec<KnowledgeError>) {
    for (i, a) in knowledge.causes.iter().enumerate() {
        for b in &knowledge.causes[i + 1..] {
            let rows = a.log_likelihood.iter().flatten().zip(b.log_likelihood.iter().flatten());
            if rows.into_iter().all(|(x, y)| (x - y).abs() < SEPARATES) {
                let what =
                    Text::fixed("没有观察项能区分这两个原因", "no observation separates these two causes");
                errors.push(at(
                    text,
                    &b.id,
                    what,
                    &format!("{} / {}", a.id, b.id),
                    "an observation that differs",
                ));
            }
        }
    }
}

fn at(text: &str, id: &str, what: Text, found: &str, expected: &str) -> KnowledgeError {
    let needle = format!("id = \"{id}\"");
    let line = text.lines().position(|l| l == needle).map_or(1, |i| i as u64 + 1);
    KnowledgeError { file: CAUSES, line, what, found: found.to_owned(), expected: expected.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_knowledge_has_nothing_to_complain_of() {
        let complaints: Vec<String> = lint_builtin().iter().map(ToString::to_string).collect();
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    }

    #[test]
    fn an_unknown_cause_names_file_line_and_the_nearest() {
        let broken =
            BUILTIN_ACTIONS.replacen("key_out_of_step = \"often\"", "key_out_of_stpe = \"often\"", 1);
        let error = Knowledge::parse(BUILTIN_CAUSES, &broken).expect_err("an unknown cause");
        let line = broken.lines().position(|l| l.contains("key_out_of_stpe")).expect("there") as u64 + 1;
        assert_eq!((error.file, error.line), ("actions.toml", line));
        assert_eq!((error.found.as_str(), error.expected.as_str()), ("key_out_of_stpe", "key_out_of_step"));
        assert_eq!(error.to_problem().code, "TG-2001");
    }

    #[test]
    fn an_unknown_key_names_file_line_and_the_nearest() {
        let broken = BUILTIN_CAUSES.replacen("per_10000 = 450", "per_1000 = 450", 1);
        let error = Knowledge::parse(&broken, BUILTIN_ACTIONS).expect_err("an unknown key");
        let line = broken.lines().position(|l| l.starts_with("per_1000 ")).expect("there") as u64 + 1;
        assert_eq!((error.file, error.line), ("causes.toml", line), "{error}");
        assert_eq!((error.found.as_str(), error.expected.as_str()), ("per_1000", "per_10000"));
    }

    #[test]
    fn a_missing_language_a_wrong_word_and_a_wrong_state_are_found_in_one_pass() {
        let broken =
            BUILTIN_CAUSES.replacen("en = \"The store’s network is down\"", "en = \"\"", 1).replacen(
                "network = { down = \"usually\", weak = \"rarely\", rest = \"never\" }",
                "network = { dwn = \"usualy\" }",
                1,
            );
        let errors = lint(&broken, BUILTIN_ACTIONS);
        let found: Vec<(&str, &str)> =
            errors.iter().map(|e| (e.found.as_str(), e.expected.as_str())).collect();
        assert!(found.contains(&("", "en = \"…\"")), "{found:?}");
        assert!(found.contains(&("dwn", "down")), "{found:?}");
        assert!(found.contains(&("usualy", "usually")), "{found:?}");
    }

    #[test]
    fn a_cause_like_another_or_without_help_is_named() {
        let twin = format!(
            "{BUILTIN_CAUSES}\n[[cause]]\nid = \"twin\"\ngroup = \"other\"\nowner = \"merchant_office\"\nper_10000 = 1\nzh = \"双\"\nen = \"twin\"\n[cause.given]\ncode = {{ unlisted = \"sometimes\", approved = \"often\" }}\n"
        );
        let found: Vec<String> = lint(&twin, BUILTIN_ACTIONS).into_iter().map(|e| e.found).collect();
        assert!(found.contains(&"twin".to_owned()), "{found:?}");
        assert!(found.contains(&"none_of_these / twin".to_owned()), "{found:?}");
    }

    #[test]
    fn a_code_in_two_classes_is_refused() {
        let broken =
            BUILTIN_CAUSES.replacen("codes.unionpay = [\"97\"]", "codes.unionpay = [\"97\", \"51\"]", 1);
        let error = Knowledge::parse(&broken, BUILTIN_ACTIONS).expect_err("51 twice");
        assert_eq!(error.found, "51");
    }
}
