//! Every guide exists in both languages, with the same headings in the same order and the same commands.
//!
//! Why it exists: a translation that lags sends half the readers astray. Never compares the words: it
//! can't know whether a sentence is translated well.

use super::{Report, Tree};

const CHECK: &str = "guides";
const CHINESE: &str = ".zh-CN.md";

/// Looks at `README` and all of `docs/guides`.
pub fn check(tree: &Tree, report: &mut Report) {
    let mut english: Vec<String> = vec!["README.md".into()];
    for file in tree.ending(".md").filter(|f| f.path.starts_with("docs/guides/")) {
        let path = match file.path.strip_suffix(CHINESE) {
            Some(stem) => format!("{stem}.md"),
            None => file.path.clone(),
        };
        if !english.contains(&path) {
            english.push(path);
        }
    }
    for path in english {
        let chinese = path.replace(".md", CHINESE);
        let mut text = |path: &str| {
            let found = tree.file(path).and_then(|f| f.text());
            if found.is_none() {
                report.broken(CHECK, path, 0, "is missing: guides exist in both languages");
            }
            found
        };
        let (Some(en), Some(zh)) = (text(&path), text(&chinese)) else { continue };
        if let Some((line, says)) = difference(&shape(en), &shape(zh)) {
            report.broken(CHECK, &chinese, line, says);
        }
    }
}

/// A heading's level or a block of commands, with its line.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    line: usize,
    what: String,
}

fn shape(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut fence: Option<(usize, String)> = None;
    for (i, line) in text.lines().enumerate() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            match fence.take() {
                // Comments in a block of commands may be translated.
                Some((start, what)) => parts.push(Part { line: start, what }),
                None => fence = Some((i + 1, format!("```{language}\n"))),
            }
        } else if let Some((_, what)) = &mut fence {
            let command = line.split(" #").next().unwrap_or(line).trim_end();
            if what.starts_with("```sh") && !command.is_empty() && !command.starts_with('#') {
                what.push_str(command);
                what.push('\n');
            }
        } else if line.starts_with('#') {
            let level = line.chars().take_while(|c| *c == '#').count();
            parts.push(Part { line: i + 1, what: "#".repeat(level) });
        }
    }
    parts
}

fn difference(en: &[Part], zh: &[Part]) -> Option<(usize, String)> {
    for (e, z) in en.iter().zip(zh) {
        if e.what != z.what {
            let (e_what, z_what) = (e.what.trim_end(), z.what.trim_end());
            return Some((
                z.line,
                format!("the English guide has `{e_what}` here (its line {}), this one `{z_what}`", e.line),
            ));
        }
    }
    if en.len() == zh.len() {
        return None;
    }
    let line = en.get(zh.len()).or(zh.get(en.len())).map_or(0, |p| p.line);
    Some((line, format!("{} headings and blocks in English, {} here", en.len(), zh.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(en: &str, zh: &str) -> Vec<String> {
        let mut report = Report::default();
        check(&Tree::planted(&[("README.md", en), ("README.zh-CN.md", zh)]), &mut report);
        report.violations.into_iter().map(|v| format!("{} {}", v.line, v.says)).collect()
    }

    #[test]
    fn the_same_shape_passes() {
        let en = "# A\n```sh\ntillguard demo # starts\n```\n## B\n";
        let zh = "# 甲\n```sh\ntillguard demo # 启动\n```\n\n## 乙\n";
        assert!(says(en, zh).is_empty());
    }

    #[test]
    fn a_missing_heading_another_level_and_another_command_are_found() {
        assert!(says("# A\n## B\n", "# 甲\n")[0].contains("2 headings"));
        assert!(says("# A\n## B\n", "# 甲\n### 乙\n")[0].starts_with('2'));
        assert_eq!(says("```sh\na --b\n```\n", "```sh\na --c\n```\n").len(), 1);
    }

    #[test]
    fn a_hash_in_a_block_is_no_heading() {
        assert!(says("```text\n# x\n```\n", "```text\n```\n").is_empty());
    }

    #[test]
    fn a_guide_in_one_language_is_found_from_either_side() {
        for path in ["docs/guides/feed.md", "docs/guides/feed.zh-CN.md"] {
            let mut report = Report::default();
            check(
                &Tree::planted(&[("README.md", ""), ("README.zh-CN.md", ""), (path, "# A\n")]),
                &mut report,
            );
            assert_eq!(report.violations.len(), 1, "{path}");
        }
    }
}
