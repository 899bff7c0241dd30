//! Both languages at every call site (invariant I6): in `Text::new(zh, en)`, `Text::fixed(zh, en)` and
//! `lang.pick(zh, en)` the first text is Chinese and the second is not.
//!
//! Why it exists: the types make sure that two texts stand there, not that they are the two languages.
//! Never judges how well a text is written.

use super::{Report, Tree};
use crate::tokens::{self, Part, Token};

const CHECK: &str = "languages";

/// Looks at every call in code that is not a test.
pub fn check(tree: &Tree, report: &mut Report) {
    for file in tree.ending(".rs").filter(|f| f.path.contains("/src/") && !f.path.ends_with("tests.rs")) {
        let Some(tokens) = file.text().and_then(|t| tokens::read(t, Part::NotTests).ok()) else { continue };
        for (at, picks) in calls(&tokens) {
            let (zh, en) = arguments(&tokens, at);
            if let Some(says) = judge(&zh, &en, picks) {
                report.broken(CHECK, &file.path, tokens[at].line, says);
            }
        }
    }
}

/// Where the bracket of such a call opens, and whether it is `pick`.
fn calls(tokens: &[Token]) -> Vec<(usize, bool)> {
    let mark = |i: usize, m: &str| tokens.get(i).is_some_and(|t| t.is_mark(m));
    let mut out = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        if !mark(i + 1, "(") || i == 0 {
            continue;
        }
        if token.is_word("pick") && mark(i - 1, ".") {
            out.push((i + 1, true));
        }
        let made = token.is_word("new") || token.is_word("fixed");
        if made && i >= 3 && mark(i - 1, ":") && mark(i - 2, ":") && tokens[i - 3].is_word("Text") {
            out.push((i + 1, false));
        }
    }
    out
}

/// The strings inside the first and the second argument. An empty string counts only where it is the whole
/// argument: elsewhere it is a separator or the like.
fn arguments(tokens: &[Token], open: usize) -> (Vec<&str>, Vec<&str>) {
    let mut found: [Vec<&str>; 2] = Default::default();
    let (mut depth, mut argument) = (0usize, 0usize);
    for token in &tokens[open..] {
        if ["(", "[", "{"].iter().any(|m| token.is_mark(m)) {
            depth += 1;
        } else if [")", "]", "}"].iter().any(|m| token.is_mark(m)) {
            depth -= 1;
            if depth == 0 {
                break;
            }
        } else if depth == 1 && token.is_mark(",") {
            argument += 1;
        } else if token.is_string() && argument < 2 && (depth == 1 || !is_empty(&token.text)) {
            found[argument].push(&token.text);
        }
    }
    let [zh, en] = found;
    (zh, en)
}

fn judge(zh: &[&str], en: &[&str], picks: bool) -> Option<String> {
    // Without strings the texts come from elsewhere and are judged there.
    if zh.is_empty() || en.is_empty() {
        return None;
    }
    let tags =
        zh.iter().all(|t| t.trim_matches('"').starts_with("zh")) && en.iter().all(|t| t.contains("en"));
    // The switch names the other language in that language; keys of data end in the language.
    let switch = zh.contains(&"\"English\"") && en.contains(&"\"中文\"");
    let keys = zh.iter().all(|k| k.ends_with("_zh\""));
    if zh == en || tags || switch || keys {
        return None;
    }
    let empty = |texts: &[&str]| texts.iter().all(|t| is_empty(t));
    if empty(zh) || empty(en) {
        // `pick` also chooses single marks, such as the plural's s.
        return (!picks).then(|| "one of the two languages is empty".into());
    }
    let chinese = |texts: &[&str]| texts.iter().any(|t| t.chars().any(is_chinese));
    let speaks = |texts: &[&str]| texts.iter().any(|t| has_words(t));
    if chinese(en) {
        return Some(format!("the second text is the English one: {}", en.join(" ")));
    }
    if !chinese(zh) && (speaks(zh) || speaks(en)) {
        return Some(format!("the first text has no Chinese: {}", zh.join(" ")));
    }
    None
}

fn is_empty(literal: &str) -> bool {
    literal.trim_matches(['r', '#', '"']).trim().is_empty()
}

/// Letters outside `{…}`.
fn has_words(literal: &str) -> bool {
    let mut inside = 0usize;
    literal.trim_start_matches(['r', '#']).chars().any(|c| {
        match c {
            '{' => inside += 1,
            '}' => inside = inside.saturating_sub(1),
            _ => {}
        }
        inside == 0 && c.is_alphabetic()
    })
}

/// Chinese characters and the punctuation that goes with them.
pub fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{303F}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{FF00}'..='\u{FFEF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(body: &str) -> Vec<String> {
        let text = format!("fn a(lang: Lang, n: u8) {{\n{body};\n}}");
        let mut report = Report::default();
        check(&Tree::planted(&[("center/console/src/a.rs", &text)]), &mut report);
        report.violations.into_iter().map(|v| format!("{} {}", v.line, v.says)).collect()
    }

    #[test]
    fn good_pairs_pass() {
        for body in [
            "Text::fixed(\"好\", \"good\")",
            "Text::new(format!(\"{n} 笔\"), format!(\"{n} payments\"))",
            "lang.pick(\"PIN\", \"PIN\")",
            "lang.pick(\"、\", \", \")",
            "lang.pick(\"\", \"s\")",
            "lang.pick(zh, en)",
            "Text::new(join(zh, \"\"), join(en, \" \"))",
            "lang.pick(\"zh-CN\", \"en\")",
            "lang.pick((\"en\", \"English\"), (\"zh-CN\", \"中文\"))",
            "Text::new(row(\"note_zh\"), row(\"note_en\"))",
            "lang.pick(format!(\"{n}-{n}\"), format!(\"{n}/{n}\"))",
            "html! { p { (frame.pick(\"刚刚\", \"just now\")) } }",
            "other.new(\"good\", \"bad\")",
        ] {
            assert!(says(body).is_empty(), "{body}: {:?}", says(body));
        }
    }

    #[test]
    fn a_missing_or_swapped_language_is_found() {
        for body in [
            "Text::fixed(\"good\", \"good one\")",
            "Text::fixed(\"\", \"good\")",
            "Text::new(\"好\", \"\")",
            "Text::fixed(\"good\", \"好\")",
            "Text::fixed(\"好\", \"很好\")",
            "lang.pick(format!(\"{n} payments\"), format!(\"{n} 笔\"))",
            "html! { p { (frame.pick(\"just now\", \"now\")) } }",
            "lang.pick(\"{n}\", \"{n} payments\")",
        ] {
            let found = says(body);
            assert!(found.len() == 1 && found[0].starts_with('2'), "{body}: {found:?}");
        }
    }

    #[test]
    fn tests_may_write_what_they_like() {
        let mut report = Report::default();
        let text = "#[cfg(test)]\nmod tests { fn a() { Text::new(\"a\", \"b\"); } }";
        check(&Tree::planted(&[("center/console/src/a.rs", text)]), &mut report);
        assert!(report.violations.is_empty());
    }
}
