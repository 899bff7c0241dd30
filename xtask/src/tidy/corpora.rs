//! What a fuzzer found stays found: every fuzz target has a corpus, and a test replays it.
//!
//! Why it exists: fuzzers need a nightly compiler and hours; their corpus replays in seconds, in every
//! run. Never runs a fuzzer.

use super::{Report, Tree};
use std::collections::BTreeSet;

const CHECK: &str = "corpora";

/// Looks at every `LAYER/NAME/fuzz`.
pub fn check(tree: &Tree, report: &mut Report) {
    let paths = || tree.files.iter().map(|f| f.path.as_str());
    let crates: BTreeSet<&str> =
        paths().filter_map(|p| p.split_once("/fuzz/")).map(|(folder, _)| folder).collect();
    for folder in crates {
        let targets = format!("{folder}/fuzz/fuzz_targets/");
        for target in paths().filter_map(|p| p.strip_prefix(targets.as_str())?.strip_suffix(".rs")) {
            let corpus = format!("{folder}/fuzz/corpus/{target}/");
            if !paths().any(|p| p.starts_with(&corpus)) {
                report.broken(
                    CHECK,
                    &format!("{targets}{target}.rs"),
                    0,
                    format!("has no seeds in {corpus}"),
                );
            }
        }
        let tests = [format!("{folder}/tests/"), format!("{folder}/src/")];
        let replayed = tree.ending(".rs").any(|f| {
            tests.iter().any(|t| f.path.starts_with(t)) && f.text().is_some_and(|t| t.contains("fuzz/corpus"))
        });
        let any = paths().any(|p| p.starts_with(&format!("{folder}/fuzz/corpus/")));
        if any && !replayed {
            report.broken(
                CHECK,
                &format!("{folder}/fuzz/corpus"),
                0,
                "no test of this crate replays `fuzz/corpus`",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(files: &[(&str, &str)]) -> Vec<String> {
        let mut report = Report::default();
        check(&Tree::planted(files), &mut report);
        report.violations.into_iter().map(|v| v.says).collect()
    }

    const TARGET: (&str, &str) = ("formats/emv/fuzz/fuzz_targets/tlv.rs", "//! x");
    const SEED: (&str, &str) = ("formats/emv/fuzz/corpus/tlv/one", "9F26");

    #[test]
    fn a_target_with_seeds_and_a_replaying_test_passes() {
        let test = ("formats/emv/tests/corpus.rs", "//! x\nconst FOLDER: &str = \"fuzz/corpus/tlv\";");
        assert!(says(&[TARGET, SEED, test]).is_empty());
    }

    #[test]
    fn missing_seeds_and_a_missing_test_are_found() {
        assert!(says(&[TARGET])[0].contains("no seeds"));
        assert!(says(&[TARGET, SEED])[0].contains("no test"));
        let elsewhere = ("formats/keys/tests/corpus.rs", "//! fuzz/corpus");
        assert!(says(&[TARGET, SEED, elsewhere])[0].contains("no test"));
    }
}
