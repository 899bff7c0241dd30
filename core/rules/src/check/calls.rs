//! The functions of the language: what they take, and what their constants must look like.

use super::{Checked, Checker, Checks};
use crate::compile::{Scalar, Truth};
use crate::diagnostic::{Diagnostic, Span};
use crate::schema::Type;
use crate::syntax::{Expr, Node};
use tg_text::nearest;
use tg_types::Money;

/// Functions called by name, and on a text.
const FUNCTIONS: [&str; 4] = ["duration", "has", "money", "size"];
const METHODS: [&str; 5] = ["contains", "endsWith", "matches", "size", "startsWith"];

/// Bytes of a pattern, and of what it is compiled to.
const PATTERN_MAX: usize = 256;
const PATTERN_SIZE_MAX: usize = 64 << 10;

impl Checker<'_> {
    pub(super) fn call(
        &self,
        receiver: Option<&Expr>,
        name: &str,
        name_span: Span,
        arguments: &[Expr],
        span: Span,
    ) -> Checks<Checked> {
        match (receiver, name, arguments) {
            (None, "has", [what]) => self.has(what),
            (None, "money", [amount, currency]) => money(amount, currency),
            (None, "duration", [length]) => duration(length),
            (None, "size", [text]) | (Some(text), "size", []) => {
                let text = self.of_type(text, Type::Text)?;
                Ok(Checked::Scalar(Scalar::Size(Box::new(text)), Type::Int))
            }
            (Some(text), "startsWith", [part]) => self.texts(text, part, Truth::StartsWith),
            (Some(text), "endsWith", [part]) => self.texts(text, part, Truth::EndsWith),
            (Some(text), "contains", [part]) => self.texts(text, part, Truth::Contains),
            (Some(text), "matches", [pattern]) => self.matches(text, pattern),
            _ => Err(unknown_call(receiver.is_some(), name, name_span, arguments.len(), span)),
        }
    }

    fn has(&self, what: &Expr) -> Checks<Checked> {
        let Node::Name(name) = &what.node else {
            let found = Diagnostic::new(
                "R12",
                what.span,
                "has 里只能是一个字段名",
                "has takes the name of a field and nothing else",
            );
            return Err(found);
        };
        Ok(Checked::Truth(match self.field(name, what.span)? {
            Checked::Truth(Truth::Field(number)) | Checked::Scalar(Scalar::Field(number), _) => {
                Truth::Has(number)
            }
            // A name is always a field.
            Checked::Truth(_) | Checked::Scalar(..) => Truth::Const(true),
        }))
    }

    fn texts(
        &self,
        text: &Expr,
        part: &Expr,
        make: fn(Box<Scalar>, Box<Scalar>) -> Truth,
    ) -> Checks<Checked> {
        let text = self.of_type(text, Type::Text)?;
        let part = self.of_type(part, Type::Text)?;
        Ok(Checked::Truth(make(Box::new(text), Box::new(part))))
    }

    fn matches(&self, text: &Expr, pattern: &Expr) -> Checks<Checked> {
        let text = self.of_type(text, Type::Text)?;
        let words = constant_text(pattern)?;
        let wrong = |zh: String, en: String| Diagnostic::new("R12", pattern.span, zh, en);
        if words.len() > PATTERN_MAX {
            return Err(wrong(
                format!("正则表达式最长 {PATTERN_MAX} 字节"),
                format!("a pattern is at most {PATTERN_MAX} bytes long"),
            ));
        }
        let built = regex::RegexBuilder::new(words)
            .size_limit(PATTERN_SIZE_MAX)
            .dfa_size_limit(PATTERN_SIZE_MAX)
            .build();
        let compiled = built.map_err(|error| {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
            wrong(format!("正则表达式不对：{reason}"), format!("the pattern is wrong: {reason}"))
        })?;
        Ok(Checked::Truth(Truth::Matches(Box::new(text), Box::new(compiled))))
    }
}

fn constant_text(expr: &Expr) -> Checks<&str> {
    match &expr.node {
        Node::Text(text) => Ok(text),
        _ => Err(Diagnostic::new(
            "R12",
            expr.span,
            "这里必须直接写出文本常量",
            "this must be a text that is written out here",
        )),
    }
}

fn money(amount: &Expr, currency: &Expr) -> Checks<Checked> {
    let letters = constant_text(currency)?;
    let Some(number) = Money::currency_of(letters) else {
        let found = Diagnostic::new(
            "R12",
            currency.span,
            format!("不认识货币 {letters}"),
            format!("the currency {letters} is not known"),
        );
        return Err(found.help(
            "用 ISO 4217 的三个字母，如 CNY、HKD、USD",
            "use the three letters of ISO 4217, such as CNY, HKD, USD",
        ));
    };
    let decimals = Money { minor: 0, currency: number }.decimals() as usize;
    let text = constant_text(amount)?;
    let minor = minor_units(text, decimals).ok_or_else(|| {
        Diagnostic::new(
            "R12",
            amount.span,
            format!("{text} 不是{letters}金额"),
            format!("{text} is not an amount in {letters}"),
        )
        .help(
            format!("数字，最多 {decimals} 位小数，如 \"1000\""),
            format!("digits with at most {decimals} decimals, such as \"1000\""),
        )
    })?;
    Ok(Checked::Scalar(Scalar::Money(minor, number), Type::Money))
}

/// `12.3` with two decimals is 1230.
fn minor_units(text: &str, decimals: usize) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > decimals || text.ends_with('.') {
        return None;
    }
    format!("{whole}{part:0<decimals$}").parse().ok()
}

/// As in CEL: numbers with units h, m, s, ms, largest first, such as `1h30m`; here also d.
fn duration(length: &Expr) -> Checks<Checked> {
    let text = constant_text(length)?;
    let read = microseconds(text).ok_or_else(|| {
        Diagnostic::new("R12", length.span, format!("{text} 不是时长"), format!("{text} is not a duration"))
            .help("如 \"30s\"、\"10m\"、\"1h30m\"、\"7d\"", "such as \"30s\", \"10m\", \"1h30m\", \"7d\"")
    })?;
    Ok(Checked::Scalar(Scalar::Duration(read), Type::Duration))
}

fn microseconds(text: &str) -> Option<i64> {
    const UNITS: [(&str, i64); 5] =
        [("ms", 1_000), ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000)];
    let mut rest = text;
    let (mut total, mut before) = (0_i64, i64::MAX);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = rest[..digits].parse().ok()?;
        let (name, unit) = UNITS.into_iter().find(|(name, _)| rest[digits..].starts_with(name))?;
        if unit >= before {
            return None;
        }
        total = total.checked_add(number.checked_mul(unit)?)?;
        before = unit;
        rest = &rest[digits + name.len()..];
    }
    (!text.is_empty()).then_some(total)
}

fn unknown_call(on_text: bool, name: &str, name_span: Span, arguments: usize, span: Span) -> Diagnostic {
    let known: &[&str] = if on_text { &METHODS } else { &FUNCTIONS };
    if known.contains(&name) {
        let found = Diagnostic::new(
            "R14",
            span,
            format!("{name} 的参数个数不对：{arguments}"),
            format!("{name} does not take {arguments} arguments"),
        );
        return match name {
            "money" => found.help("写作 money(\"100\", \"CNY\")", "as in money(\"100\", \"CNY\")"),
            "duration" => found.help("写作 duration(\"10m\")", "as in duration(\"10m\")"),
            _ => found,
        };
    }
    let found =
        Diagnostic::new("R06", name_span, format!("没有函数 {name}"), format!("there is no function {name}"));
    let elsewhere = if on_text { FUNCTIONS.contains(&name) } else { METHODS.contains(&name) };
    match nearest(name, known.iter().copied()) {
        _ if elsewhere && on_text => found.help(format!("写作 {name}(…)"), format!("write {name}(...)")),
        _ if elsewhere => found.help(format!("写作 字段.{name}(…)"), format!("write field.{name}(...)")),
        Some(near) => found.help(format!("您是否想写 {near}？"), format!("did you mean {near} ?")),
        None => found.help(format!("可用：{}", known.join("、")), format!("known: {}", known.join(", "))),
    }
}
