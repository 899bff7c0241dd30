//! From tokens to the tree. The grammar is CEL's for what the language has; depth and size are bounded.

use crate::diagnostic::{Diagnostic, Span};
use crate::lex::{Token, tokens};
use crate::syntax::{Binary, Compare, Expr, Node};

/// Expressions inside one another.
const DEPTH_MAX: usize = 48;
/// Operators in one rule: they may stand inside one another without any bracket.
const OPERATORS_MAX: usize = 256;
/// Entries of a list.
const LIST_MAX: usize = 1_000;

/// The tree of a rule's text.
pub(crate) fn parse(text: &str) -> Result<Expr, Diagnostic> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0, operators: 0 };
    let expr = parser.choice()?;
    match parser.peek() {
        Token::End => Ok(expr),
        _ => Err(parser.unexpected("表达式结束或运算符", "the end or an operator")),
    }
}

struct Parser<'a> {
    tokens: &'a [(Token, Span)],
    at: usize,
    depth: usize,
    operators: usize,
}

/// How a token reads in a message.
fn shown(token: &Token) -> (String, String) {
    match token {
        Token::End => ("规则末尾".into(), "the end of the rule".into()),
        Token::Name(n) => (n.clone(), n.clone()),
        Token::Int(n) => (n.to_string(), n.to_string()),
        Token::Text(t) => (format!("{t:?}"), format!("{t:?}")),
        Token::Mark(m) => ((*m).into(), (*m).into()),
    }
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        // The last token is `End` and is never passed.
        &self.tokens[self.at.min(self.tokens.len() - 1)].0
    }

    fn span(&self) -> Span {
        self.tokens[self.at.min(self.tokens.len() - 1)].1
    }

    fn take(&mut self, mark: &str) -> bool {
        let is = matches!(self.peek(), Token::Mark(m) if *m == mark);
        self.at += usize::from(is);
        is
    }

    fn expect(&mut self, mark: &'static str) -> Result<Span, Diagnostic> {
        let span = self.span();
        if self.take(mark) { Ok(span) } else { Err(self.unexpected(mark, mark)) }
    }

    fn unexpected(&self, zh: &str, en: &str) -> Diagnostic {
        let (found_zh, found_en) = shown(self.peek());
        let found = Diagnostic::new(
            "R04",
            self.span(),
            format!("这里应为 {zh}，却是 {found_zh}"),
            format!("expected {en}, found {found_en}"),
        );
        match self.peek() {
            Token::Name(n) if matches!(n.as_str(), "and" | "AND") => found.help("写作 &&", "write &&"),
            Token::Name(n) if matches!(n.as_str(), "or" | "OR") => found.help("写作 ||", "write ||"),
            Token::Name(n) if matches!(n.as_str(), "not" | "NOT") => found.help("写作 !", "write !"),
            _ => found,
        }
    }

    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, Diagnostic>) -> Result<T, Diagnostic> {
        if self.depth == DEPTH_MAX {
            return Err(Diagnostic::new(
                "R11",
                self.span(),
                format!("嵌套超过 {DEPTH_MAX} 层"),
                format!("more than {DEPTH_MAX} expressions inside one another"),
            ));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// `a ? b : c`, the weakest operator.
    fn choice(&mut self) -> Result<Expr, Diagnostic> {
        self.deeper(|p| {
            let condition = p.binary(0)?;
            if !p.take("?") {
                return Ok(condition);
            }
            let yes = p.binary(0)?;
            p.expect(":")?;
            let no = p.choice()?;
            let span = condition.span.to(no.span);
            Ok(Expr { span, node: Node::Choice(Box::new(condition), Box::new(yes), Box::new(no)) })
        })
    }

    /// Operators between two expressions, from the level `level` on; all are read from the left.
    fn binary(&mut self, level: usize) -> Result<Expr, Diagnostic> {
        let mut left = if level == LEVELS.len() { return self.unary() } else { self.binary(level + 1)? };
        loop {
            if level == RELATIONS && matches!(self.peek(), Token::Name(n) if n == "in") {
                self.at += 1;
                left = self.list(left)?;
                continue;
            }
            let found =
                LEVELS[level].iter().find(|(mark, _)| matches!(self.peek(), Token::Mark(m) if m == mark));
            let Some(&(_, operator)) = found else { return Ok(left) };
            self.operators += 1;
            if self.operators > OPERATORS_MAX {
                return Err(Diagnostic::new(
                    "R11",
                    self.span(),
                    format!("运算符超过 {OPERATORS_MAX} 个"),
                    format!("more than {OPERATORS_MAX} operators"),
                ));
            }
            self.at += 1;
            let right = self.binary(level + 1)?;
            let span = left.span.to(right.span);
            left = Expr { span, node: Node::Binary(operator, Box::new(left), Box::new(right)) };
        }
    }

    fn list(&mut self, what: Expr) -> Result<Expr, Diagnostic> {
        self.expect("[")?;
        let entries = self.separated("]")?;
        let end = self.expect("]")?;
        if entries.len() > LIST_MAX {
            return Err(Diagnostic::new(
                "R11",
                end,
                format!("列表最多 {LIST_MAX} 项，这里有 {} 项", entries.len()),
                format!("a list has at most {LIST_MAX} entries, this one {}", entries.len()),
            ));
        }
        Ok(Expr { span: what.span.to(end), node: Node::In(Box::new(what), entries) })
    }

    /// Expressions between commas up to a closing mark, which is left.
    fn separated(&mut self, close: &str) -> Result<Vec<Expr>, Diagnostic> {
        let mut entries = Vec::new();
        while !matches!(self.peek(), Token::Mark(m) if *m == close) {
            entries.push(self.choice()?);
            if !self.take(",") {
                break;
            }
        }
        Ok(entries)
    }

    fn unary(&mut self) -> Result<Expr, Diagnostic> {
        let start = self.span();
        let wrap = |make: fn(Box<Expr>) -> Node, inner: Expr| Expr {
            span: start.to(inner.span),
            node: make(Box::new(inner)),
        };
        if self.take("!") {
            return self.deeper(|p| p.unary()).map(|e| wrap(Node::Not, e));
        }
        if self.take("-") {
            return self.deeper(|p| p.unary()).map(|e| wrap(Node::Negative, e));
        }
        let mut expr = self.primary()?;
        while self.take(".") {
            let name_span = self.span();
            let Token::Name(name) = self.peek().clone() else {
                return Err(self.unexpected("函数名", "the name of a function"));
            };
            self.at += 1;
            self.expect("(")?;
            let arguments = self.separated(")")?;
            let span = expr.span.to(self.expect(")")?);
            expr = Expr {
                span,
                node: Node::Call { receiver: Some(Box::new(expr)), name, name_span, arguments },
            };
        }
        Ok(expr)
    }

    fn primary(&mut self) -> Result<Expr, Diagnostic> {
        let span = self.span();
        let node = match self.peek().clone() {
            Token::Int(n) => Node::Int(n),
            Token::Text(t) => Node::Text(t),
            Token::Name(n) if n == "true" => Node::Bool(true),
            Token::Name(n) if n == "false" => Node::Bool(false),
            Token::Name(n) if matches!(n.as_str(), "in" | "and" | "or" | "not" | "AND" | "OR" | "NOT") => {
                return Err(self.unexpected("一个值", "a value"));
            }
            Token::Name(name) => {
                self.at += 1;
                if !self.take("(") {
                    return Ok(Expr { span, node: Node::Name(name) });
                }
                let arguments = self.separated(")")?;
                let whole = span.to(self.expect(")")?);
                return Ok(Expr {
                    span: whole,
                    node: Node::Call { receiver: None, name, name_span: span, arguments },
                });
            }
            Token::Mark("(") => {
                self.at += 1;
                let inner = self.choice()?;
                let end = self.expect(")")?;
                return Ok(Expr { span: span.to(end), node: inner.node });
            }
            _ => return Err(self.unexpected("一个值", "a value")),
        };
        self.at += 1;
        Ok(Expr { span, node })
    }
}

/// Index of the comparisons, where `in` stands too.
const RELATIONS: usize = 2;

/// Operators by how strongly they bind, weakest first.
const LEVELS: [&[(&str, Binary)]; 5] = [
    &[("||", Binary::Or)],
    &[("&&", Binary::And)],
    &[
        ("==", Binary::Compare(Compare::Equal)),
        ("!=", Binary::Compare(Compare::NotEqual)),
        ("<=", Binary::Compare(Compare::LessOrEqual)),
        (">=", Binary::Compare(Compare::GreaterOrEqual)),
        ("<", Binary::Compare(Compare::Less)),
        (">", Binary::Compare(Compare::Greater)),
    ],
    &[("+", Binary::Add), ("-", Binary::Subtract)],
    &[("*", Binary::Multiply), ("/", Binary::Divide), ("%", Binary::Remainder)],
];
