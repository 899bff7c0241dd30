//! Known answers for keys, MACs and PIN blocks: which algorithm a row names, and what ours answers.
//!
//! Why it exists: the rows come in one form for every algorithm, the crate `tg-keys` has one function for
//! each. An algorithm that no `answer` of the files
//! beside this one names isn't built and is skipped. Prints keys where a row asks for a derived one: vectors
//! only ever hold test keys.

mod bench;
mod chip;
mod key_management;
mod macs;

use super::Outcome;
use serde_json::{Value, json};
use tg_keys::KeyError;

/// Judges one line: right if every key of the row's `out` is what ours computes.
pub fn judge(line: &str) -> Outcome {
    let row: Value = match serde_json::from_str(line) {
        Ok(row) => row,
        Err(e) => {
            let got = json!({ "not_json": e.to_string() });
            return Outcome { id: String::new(), ok: Some(false), skipped: false, got };
        }
    };
    let id = row["id"].as_str().unwrap_or_default().to_owned();
    let algorithm = row["alg"].as_str().unwrap_or_default();
    match answer(algorithm, &row["in"]) {
        None => Outcome { id, ok: None, skipped: true, got: json!({ "not_built": algorithm }) },
        Some(Err(why)) => Outcome { id, ok: Some(false), skipped: false, got: json!({ "refused": why }) },
        Some(Ok(got)) => {
            let expected = row["out"].as_object();
            let ok = expected.is_some_and(|out| {
                !out.is_empty()
                    && out.iter().all(|(key, value)| got.get(key).is_some_and(|g| same(key, g, value)))
            });
            Outcome { id, ok: Some(ok), skipped: false, got }
        }
    }
}

/// Hexadecimal digits compare without regard to case; of a key check value as many as are given, three bytes
/// at least.
fn same(key: &str, ours: &Value, theirs: &Value) -> bool {
    match (ours.as_str(), theirs.as_str()) {
        (Some(a), Some(b)) if key == "kcv" && b.len() >= 6 => {
            a.get(..b.len()).is_some_and(|a| a.eq_ignore_ascii_case(b))
        }
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        _ => ours == theirs,
    }
}

/// What ours computes; `None` if the algorithm isn't built.
fn answer(algorithm: &str, given: &Value) -> Option<Result<Value, String>> {
    let given = Given(given);
    macs::answer(algorithm, given)
        .or_else(|| chip::answer(algorithm, given))
        .or_else(|| key_management::answer(algorithm, given))
        .or_else(|| bench::answer(algorithm, given))
}

/// The `in` of a row.
#[derive(Clone, Copy)]
struct Given<'a>(&'a Value);

impl<'a> Given<'a> {
    fn text(self, key: &str) -> Result<&'a str, String> {
        self.0[key].as_str().ok_or_else(|| format!("`in` has no text {key}"))
    }

    fn number(self, key: &str) -> Result<u64, String> {
        self.0[key].as_u64().ok_or_else(|| format!("`in` has no number {key}"))
    }

    fn bytes(self, key: &str) -> Result<Vec<u8>, String> {
        let digits = self.text(key)?;
        let wrong = || format!("{key} is not hexadecimal");
        if !digits.is_ascii() || !digits.len().is_multiple_of(2) {
            return Err(wrong());
        }
        let pairs = (0..digits.len()).step_by(2).map(|i| u8::from_str_radix(&digits[i..i + 2], 16));
        pairs.collect::<Result<_, _>>().map_err(|_| wrong())
    }

    /// Bytes of one length alone.
    fn array<const SIZE: usize>(self, key: &str) -> Result<[u8; SIZE], String> {
        self.bytes(key)?.try_into().map_err(|_| format!("{key} has not {SIZE} bytes"))
    }

    /// A key of the algorithm's type, from hexadecimal.
    fn key<K>(self, key: &str, read: impl FnOnce(&[u8]) -> Result<K, KeyError>) -> Result<K, String> {
        read(&self.bytes(key)?).map_err(|e| format!("{key}: {e}"))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // cry-134 of the project's shared crypto vectors: computed independently, a double-length key.
    const ROW: &str = r#"{"id":"cry-134","alg":"cup_pos_mac_ecb_double","in":{"mak":"AB73C9416D41E936E82AAC11053BCEDD","mab":"3230313630393133323031363039313332303136303931333230313630393133"},"out":{"mac_ascii8":"30271C74","mac_de64":"3330323731433734"}}"#;

    #[test]
    fn a_right_answer_holds_and_a_wrong_one_does_not() {
        assert_eq!(judge(ROW).ok, Some(true));
        assert_eq!(judge(&ROW.replace("30271C74", "30271C75")).ok, Some(false));
        assert_eq!(judge(&ROW.replace("\"mab\":\"32", "\"mab\":\"33")).ok, Some(false));
    }

    #[test]
    fn every_known_answer_of_the_repository_is_given() {
        let rows = include_str!("../../../formats/keys/tests/known_answers.jsonl");
        let wrong: Vec<_> = rows.lines().map(judge).filter(|o| o.ok != Some(true)).map(|o| o.id).collect();
        assert_eq!((wrong, rows.lines().count()), (Vec::new(), 98));
    }

    #[test]
    fn a_check_value_may_be_cut_but_not_to_nothing() {
        let same = |theirs: &str| same("kcv", &json!("08793E25AB"), &json!(theirs));
        assert!(same("08793e") && same("08793E25AB"));
        assert!(!same("08793F") && !same("0879") && !same("") && !same("08793E25AB0"));
    }

    #[test]
    fn what_cannot_be_read_is_false_not_skipped() {
        for (right, wrong) in [("\"mak\"", "\"key\""), ("AB73", "XB73"), ("\"mab\":\"3", "\"mab\":\"")] {
            let outcome = judge(&ROW.replace(right, wrong));
            assert_eq!((outcome.ok, outcome.skipped), (Some(false), false), "{wrong}");
        }
        let nothing_expected = ROW.replace(r#""mac_ascii8":"30271C74","mac_de64":"3330323731433734""#, "");
        assert_eq!(judge(&nothing_expected).ok, Some(false));
    }

    #[test]
    fn a_given_key_is_not_repeated_in_the_answer() {
        assert!(!judge(ROW).got.to_string().contains("AB73C941"));
    }
}
