//! Rust source as a flat list of tokens with their lines, with test code left out on request.
//!
//! Why it exists: a check that greps finds words in comments and strings, and misses `use std::{fs}`.
//! Never interprets: macros stay as their tokens, so what stands inside `html! { … }` is seen too.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// One token. Brackets are tokens of their own: `(`, `)` and so on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// As written; `::` and `..` come as single characters.
    pub text: String,
    /// From 1.
    pub line: usize,
    /// What it is.
    pub kind: Kind,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name or keyword.
    Word,
    /// A string, number or character.
    Literal,
    /// A mark or a bracket.
    Mark,
}

impl Token {
    /// True for `"…"`, `r"…"`, `r#"…"#` and their C forms, false for bytes and characters.
    pub fn is_string(&self) -> bool {
        self.kind == Kind::Literal
            && (self.text.starts_with('"') || self.text.starts_with("r\"") || self.text.starts_with("r#"))
    }

    /// True if this is the word.
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text == word
    }

    /// True if this is the mark or bracket.
    pub fn is_mark(&self, mark: &str) -> bool {
        self.kind == Kind::Mark && self.text == mark
    }
}

/// Which part of a file is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Everything but documentation comments.
    All,
    /// Without items under `#[cfg(test)]` or `#[test]`.
    NotTests,
}

/// The tokens of a file, or where it can't be read as Rust.
pub fn read(text: &str, part: Part) -> Result<Vec<Token>, String> {
    let stream: TokenStream = text.parse().map_err(|e| format!("can't be read as Rust: {e}"))?;
    let mut out = Vec::new();
    flatten(stream, part, &mut out);
    Ok(out)
}

fn flatten(stream: TokenStream, part: Part, out: &mut Vec<Token>) {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let mut at = 0;
    while at < trees.len() {
        if let Some((attribute, inner, next)) = attribute_at(&trees, at) {
            if begins_with(&attribute, "doc") {
                at = next;
                continue;
            }
            if part == Part::NotTests && marks_a_test(&attribute) {
                if inner {
                    out.clear();
                    return;
                }
                at = end_of_item(&trees, next);
                continue;
            }
        }
        push(&trees[at], part, out);
        at += 1;
    }
}

fn push(tree: &TokenTree, part: Part, out: &mut Vec<Token>) {
    let line = tree.span().start().line;
    let mut one = |text: String, kind| out.push(Token { text, line, kind });
    match tree {
        TokenTree::Ident(word) => one(word.to_string(), Kind::Word),
        TokenTree::Literal(literal) => one(literal.to_string(), Kind::Literal),
        TokenTree::Punct(mark) => {
            debug_assert!(matches!(mark.spacing(), Spacing::Alone | Spacing::Joint));
            one(mark.as_char().to_string(), Kind::Mark);
        }
        TokenTree::Group(group) => {
            let (open, close) = match group.delimiter() {
                Delimiter::Parenthesis => ("(", ")"),
                Delimiter::Brace => ("{", "}"),
                Delimiter::Bracket => ("[", "]"),
                Delimiter::None => ("", ""),
            };
            one(open.into(), Kind::Mark);
            flatten(group.stream(), part, out);
            let line = group.span_close().start().line;
            out.push(Token { text: close.into(), line, kind: Kind::Mark });
        }
    }
}

/// The attribute that begins at `at`: its content, whether it is an inner one (`#![…]`), what follows.
fn attribute_at(trees: &[TokenTree], at: usize) -> Option<(Vec<TokenTree>, bool, usize)> {
    let is = |i: usize, c: char| matches!(trees.get(i), Some(TokenTree::Punct(p)) if p.as_char() == c);
    if !is(at, '#') {
        return None;
    }
    let inner = is(at + 1, '!');
    let place = at + 1 + usize::from(inner);
    match trees.get(place) {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => {
            Some((group.stream().into_iter().collect(), inner, place + 1))
        }
        _ => None,
    }
}

fn begins_with(attribute: &[TokenTree], word: &str) -> bool {
    matches!(attribute.first(), Some(TokenTree::Ident(first)) if first == word)
}

fn marks_a_test(attribute: &[TokenTree]) -> bool {
    if begins_with(attribute, "test") && attribute.len() == 1 {
        return true;
    }
    let Some(TokenTree::Group(group)) = attribute.get(1) else { return false };
    let words: Vec<String> = group.stream().into_iter().map(|t| t.to_string()).collect();
    begins_with(attribute, "cfg") && words == ["test"]
}

/// Past the item that begins at `from`: after its first braces or its semicolon.
fn end_of_item(trees: &[TokenTree], from: usize) -> usize {
    for (i, tree) in trees.iter().enumerate().skip(from) {
        match tree {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return i + 1,
            TokenTree::Punct(mark) if mark.as_char() == ';' => return i + 1,
            _ => {}
        }
    }
    trees.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str, part: Part) -> Vec<String> {
        read(source, part).expect("reads").into_iter().map(|t| t.text).collect()
    }

    #[test]
    fn tests_and_comments_are_left_out() {
        let source = "/// says std::fs\nfn a() {}\n#[cfg(test)]\nmod tests { fn b() {} }\n#[test]\nfn c() {}\nfn d() {}";
        assert_eq!(
            texts(source, Part::NotTests),
            ["fn", "a", "(", ")", "{", "}", "fn", "d", "(", ")", "{", "}"]
        );
        assert!(texts(source, Part::All).contains(&"b".to_string()));
    }

    #[test]
    fn a_file_that_is_all_tests_has_no_other_code() {
        assert!(texts("#![cfg(test)]\nfn a() {}", Part::NotTests).is_empty());
    }

    #[test]
    fn cfg_not_test_is_no_test() {
        assert!(texts("#[cfg(not(test))]\nfn a() {}", Part::NotTests).contains(&"a".to_string()));
    }

    #[test]
    fn lines_count_from_one_and_macros_are_seen_through() {
        let tokens = read("fn a() {\n    html! { (\"好\") }\n}", Part::All).expect("reads");
        let good = tokens.iter().find(|t| t.is_string()).expect("the string");
        assert_eq!((good.text.as_str(), good.line), ("\"好\"", 2));
    }
}
