//! What rules answer: against a second evaluator that shares no code, over random expressions and rows.

use proptest::prelude::*;
use tg_rules::{Answer, Field, Rule, Schema, Type, Unknown, Value};

fn schema() -> Schema {
    Schema::new(vec![
        Field::new("a", Type::Int, "甲", "a"),
        Field::new("b", Type::Int, "乙", "b"),
        Field::new("m", Type::Money, "金额", "m"),
        Field::new("t", Type::Text, "文本", "t"),
        Field::new("p", Type::Bool, "真假", "p"),
        Field::new("d", Type::Duration, "时长", "d"),
    ])
}

fn answer(text: &str, row: &[Value<'_>]) -> Answer {
    Rule::compile(&schema(), text).unwrap_or_else(|e| panic!("{text}: {e:?}")).answer(&row)
}

const ROW: [Value<'static>; 6] = [
    Value::Int(7),
    Value::Int(0),
    Value::Money { minor: 12_345, currency: 156 },
    Value::Text("051-芯片"),
    Value::Bool(true),
    Value::Duration(90_000_000),
];

#[test]
fn each_part_of_the_language_means_what_cel_means() {
    for (text, expected) in [
        ("a == 7 && b == 0", true),
        ("a > 7 || b < 1", true),
        ("!(a != 7)", true),
        ("a in [1, 7, 9]", true),
        ("a in []", false),
        ("t in ['x', '051-芯片']", true),
        ("t.startsWith(\"05\") && t.endsWith(\"片\") && t.contains(\"1-\")", true),
        ("t.matches('^05[17]')", true),
        ("t.matches('^5')", false),
        ("size(t) == 6 && t.size() == 6", true),
        ("-7 / 2 == -3 && -7 % 2 == -1 && p", true),
        ("a - 2 * 3 == 1", true),
        ("(a - 2) * 3 == 15", true),
        ("m == money(\"123.45\", \"CNY\")", true),
        ("m * 2 - money(\"0.90\", \"CNY\") > money(\"246\", \"CNY\")", false),
        ("money(\"200\", \"156\") >= m", true),
        ("d == duration(\"1m30s\") && d < duration(\"1h\") && d * 2 > duration('2m')", true),
        ("p ? a > 5 : a > 9", true),
        ("(p ? a : b) == 7", true),
        ("p == true && has(t)", true),
        ("a > 5 // a comment\n && p", true),
        ("'051-芯片' == t", true),
    ] {
        assert_eq!(answer(text, &ROW), Answer::from(expected), "{text}");
    }
}

#[test]
fn what_cannot_be_known_is_unknown_unless_the_other_side_decides() {
    let row = [
        Value::Absent,
        Value::Int(0),
        Value::Money { minor: 1, currency: 840 },
        Value::Absent,
        Value::Bool(false),
        Value::Int(3),
    ];
    for (text, expected) in [
        ("a > 1", Answer::Unknown(Unknown::Absent(0))),
        ("a > 1 && p", Answer::False),
        ("p && a > 1", Answer::False),
        ("a > 1 || b == 0", Answer::True),
        ("a > 1 || p", Answer::Unknown(Unknown::Absent(0))),
        ("!(a > 1)", Answer::Unknown(Unknown::Absent(0))),
        ("has(a) && a > 1", Answer::False),
        ("m > money(\"1\", \"CNY\")", Answer::Unknown(Unknown::TwoCurrencies)),
        ("m + m * 2 > money(\"0.02\", \"USD\")", Answer::True),
        ("5 / b > 1", Answer::Unknown(Unknown::DividedByZero)),
        ("5 % b > 1", Answer::Unknown(Unknown::DividedByZero)),
        ("9223372036854775807 + (b + 1) > 1", Answer::Unknown(Unknown::TooLarge)),
        ("t == \"x\"", Answer::Unknown(Unknown::Absent(3))),
        ("t in [\"x\"]", Answer::Unknown(Unknown::Absent(3))),
        ("a > 1 ? p : !p", Answer::Unknown(Unknown::Absent(0))),
        ("p == (a > 1)", Answer::Unknown(Unknown::Absent(0))),
    ] {
        assert_eq!(answer(text, &row), expected, "{text}");
    }
}

/// An expression as text, and what it comes to: `None` where that can't be known.
#[derive(Clone, Debug)]
struct Said {
    text: String,
    truth: Option<bool>,
}

#[derive(Clone, Debug)]
struct Number {
    text: String,
    /// Wide, so that what leaves 64 bits shows.
    value: Option<i128>,
}

fn fits(n: i128) -> Option<i128> {
    i64::try_from(n).ok().map(i128::from)
}

fn number(a: Option<i64>, b: Option<i64>) -> impl Strategy<Value = Number> {
    let field = move |name: &str, v: Option<i64>| Number { text: name.into(), value: v.map(i128::from) };
    let leaf = prop_oneof![
        Just(field("a", a)),
        Just(field("b", b)),
        prop_oneof![0_i64..9, Just(i64::MAX)]
            .prop_map(|n| Number { text: n.to_string(), value: Some(n.into()) }),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        (inner.clone(), inner, 0_usize..5).prop_filter_map("constants are the checker's", |(x, y, which)| {
            // What only holds constants is computed, or refused, when the rule is saved.
            if !x.text.contains(['a', 'b']) {
                return None;
            }
            if y.value == Some(0) && which > 2 && !y.text.contains(['a', 'b']) {
                return None;
            }
            if !y.text.contains(['a', 'b']) && y.text.contains(' ') {
                return None;
            }
            let value = match (x.value, y.value) {
                (Some(m), Some(n)) => match which {
                    0 => fits(m + n),
                    1 => fits(m - n),
                    2 => fits(m * n),
                    3 => (n != 0).then(|| m / n).and_then(fits),
                    _ => (n != 0 && !(m == i64::MIN.into() && n == -1)).then(|| m % n),
                },
                _ => None,
            };
            let operator = ["+", "-", "*", "/", "%"][which];
            Some(Number { text: format!("({} {operator} {})", x.text, y.text), value })
        })
    })
}

fn said(a: Option<i64>, b: Option<i64>, p: Option<bool>) -> impl Strategy<Value = Said> {
    let compare = (number(a, b), number(a, b), 0_usize..6)
        .prop_filter("constants are the checker's", |(x, ..)| x.text.contains(['a', 'b']))
        .prop_map(|(x, y, which)| {
            let truth =
                x.value.zip(y.value).map(|(m, n)| [m == n, m != n, m < n, m <= n, m > n, m >= n][which]);
            let operator = ["==", "!=", "<", "<=", ">", ">="][which];
            Said { text: format!("{} {operator} {}", x.text, y.text), truth }
        });
    let leaf = prop_oneof![
        3 => compare,
        1 => Just(Said { text: "p".into(), truth: p }),
        1 => proptest::collection::vec(0_i64..9, 1..4).prop_map(move |list| Said {
            text: format!("a in {list:?}"),
            truth: a.map(|a| list.contains(&a)),
        }),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        (inner.clone(), inner.clone(), inner, 0_usize..5).prop_map(|(x, y, z, which)| match which {
            0 => Said {
                text: format!("({} && {})", x.text, y.text),
                truth: match (x.truth, y.truth) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                },
            },
            1 => Said {
                text: format!("({} || {})", x.text, y.text),
                truth: match (x.truth, y.truth) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                },
            },
            2 => Said { text: format!("!({})", x.text), truth: x.truth.map(|t| !t) },
            3 => Said {
                text: format!("(({}) ? ({}) : ({}))", x.text, y.text, z.text),
                truth: x.truth.and_then(|t| if t { y.truth } else { z.truth }),
            },
            _ => Said {
                text: format!("(({}) == ({}))", x.text, y.text),
                truth: x.truth.zip(y.truth).map(|(x, y)| x == y),
            },
        })
    })
}

fn rows() -> impl Strategy<Value = (Option<i64>, Option<i64>, Option<bool>)> {
    let number = || {
        proptest::option::weighted(0.8, prop_oneof![4 => -3_i64..9, 1 => Just(i64::MIN), 1 => Just(i64::MAX)])
    };
    (number(), number(), proptest::option::of(any::<bool>()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn random_rules_answer_as_a_second_evaluator_does(
        ((a, b, p), said) in rows().prop_flat_map(|(a, b, p)| (Just((a, b, p)), said(a, b, p)))
    ) {
        let row = [
            a.map_or(Value::Absent, Value::Int),
            b.map_or(Value::Absent, Value::Int),
            Value::Absent,
            Value::Absent,
            p.map_or(Value::Absent, Value::Bool),
            Value::Absent,
        ];
        match Rule::compile(&schema(), &said.text) {
            Ok(rule) => {
                let answered = match rule.answer(&row.as_slice()) {
                    Answer::True => Some(true),
                    Answer::False => Some(false),
                    Answer::Unknown(_) => None,
                };
                prop_assert_eq!(answered, said.truth, "{}", said.text);
            }
            Err(error) => prop_assert_eq!(error.code, "R11", "{}: {:?}", said.text, error),
        }
    }

    #[test]
    fn any_text_is_answered_without_harm(text in "[ab mtpd0-9'\"()&|!<>=+*/%?:.,\\[\\]{}\n\\\\金额-]{0,60}") {
        if let Ok(rule) = Rule::compile(&schema(), &text) {
            rule.answer(&ROW.as_slice());
        }
    }
}
