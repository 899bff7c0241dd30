//! From text to tokens, each with its place. Bounded: a rule is at most [`TEXT_MAX`] bytes long.

use crate::diagnostic::{Diagnostic, Span};

/// Bytes of one rule.
pub(crate) const TEXT_MAX: usize = 8_192;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Name(String),
    Int(i64),
    Text(String),
    /// One of the operators and brackets.
    Mark(&'static str),
    End,
}

/// Longer marks first.
const MARKS: [&str; 22] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",", ".",
    "?", ":",
];

/// All tokens of a rule's text, with `End` at the end.
pub(crate) fn tokens(text: &str) -> Result<Vec<(Token, Span)>, Diagnostic> {
    if text.len() > TEXT_MAX {
        let span = Span { start: TEXT_MAX, end: text.len() };
        let en = format!("the rule is {} bytes long; at most {TEXT_MAX} are allowed", text.len());
        return Err(Diagnostic::new(
            "R11",
            span,
            format!("规则长 {} 字节，最多 {TEXT_MAX} 字节", text.len()),
            en,
        ));
    }
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blanks();
        let start = lexer.at;
        let token = lexer.next()?;
        let end = token == Token::End;
        tokens.push((token, Span { start, end: lexer.at }));
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// Blanks, and comments from `//` to the end of the line as in CEL.
    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start().len();
            let comment = match rest[blank..].strip_prefix("//") {
                Some(comment) => comment.find('\n').unwrap_or(comment.len()) + 2,
                None => 0,
            };
            self.at += blank + comment;
            if comment == 0 {
                return;
            }
        }
    }

    fn take_while(&mut self, is: impl Fn(char) -> bool) -> String {
        let taken: String = self.rest().chars().take_while(|c| is(*c)).collect();
        self.at += taken.len();
        taken
    }

    fn next(&mut self) -> Result<Token, Diagnostic> {
        let Some(first) = self.rest().chars().next() else { return Ok(Token::End) };
        if first.is_ascii_alphabetic() || first == '_' {
            return Ok(Token::Name(self.take_while(|c| c.is_ascii_alphanumeric() || c == '_')));
        }
        if first.is_ascii_digit() {
            return self.number();
        }
        if first == '"' || first == '\'' {
            return self.string(first);
        }
        if let Some(mark) = MARKS.iter().find(|m| self.rest().starts_with(**m)) {
            self.at += mark.len();
            return Ok(Token::Mark(mark));
        }
        let span = Span { start: self.at, end: self.at + first.len_utf8() };
        let found = Diagnostic::new(
            "R01",
            span,
            format!("不认识字符 {first}"),
            format!("the character {first} has no meaning here"),
        );
        let meant = match first {
            '&' | '＆' => "&&",
            '|' => "||",
            '=' => "==",
            '，' => ",",
            '（' => "(",
            '）' => ")",
            '＞' => ">",
            '＜' => "<",
            '“' | '”' | '‘' | '’' => "\"",
            _ => return Err(found),
        };
        Err(found.help(format!("您是否想写 {meant}？"), format!("did you mean {meant} ?")))
    }

    fn number(&mut self) -> Result<Token, Diagnostic> {
        let start = self.at;
        let digits = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
        let fraction =
            self.rest().starts_with('.') && self.rest()[1..].starts_with(|c: char| c.is_ascii_digit());
        if fraction {
            self.at += 1;
            self.take_while(|c| c.is_ascii_alphanumeric());
        }
        let span = Span { start, end: self.at };
        if fraction {
            let found = Diagnostic::new(
                "R03",
                span,
                "规则里只有整数，没有小数",
                "rules have whole numbers only, no fractions",
            );
            return Err(found.help(
                "金额写作 money(\"12.34\", \"CNY\")；比例两边同乘，如 a * 10 > b * 3",
                "write an amount as money(\"12.34\", \"CNY\"), and a share by multiplying: a * 10 > b * 3",
            ));
        }
        digits.parse().map(Token::Int).map_err(|_| {
            Diagnostic::new(
                "R03",
                span,
                format!("{digits} 不是 64 位整数"),
                format!("{digits} is not a whole number of 64 bits"),
            )
        })
    }

    fn string(&mut self, quote: char) -> Result<Token, Diagnostic> {
        let start = self.at;
        let mut value = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                c if c == quote => {
                    self.at += at + 1;
                    return Ok(Token::Text(value));
                }
                '\n' => break,
                '\\' => match chars.next() {
                    Some((_, c @ ('\\' | '"' | '\''))) => value.push(c),
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, 't')) => value.push('\t'),
                    // Regular expressions use the backslash; as in a raw string it stays.
                    Some((_, c)) => value.extend(['\\', c]),
                    None => break,
                },
                c => value.push(c),
            }
        }
        let end = self.text[start..].find('\n').map_or(self.text.len(), |at| start + at);
        Err(Diagnostic::new(
            "R02",
            Span { start, end },
            format!("字符串没有用 {quote} 结束"),
            format!("the text is not closed with {quote}"),
        ))
    }
}
