//! What is said of a wrong rule, word for word, as a compiler's messages are tested.

use expect_test::{Expect, expect};
use tg_rules::{Field, Rule, RuleFile, Schema, Type};
use tg_text::Lang;

fn schema() -> Schema {
    Schema::new(vec![
        Field::new("amount", Type::Money, "金额", "amount"),
        Field::new(
            "card_payments_1h",
            Type::Int,
            "该卡近 1 小时付款笔数",
            "payments with this card in 1 hour",
        ),
        Field::new("entry_mode", Type::Text, "输入方式", "entry mode"),
        Field::new("pin_present", Type::Bool, "有密码", "a PIN was there"),
        Field::new("since_last", Type::Duration, "距上次", "since the last"),
    ])
}

fn says(text: &str, expected: Expect) {
    let error = Rule::compile(&schema(), text).expect_err(text);
    expected.assert_eq(&error.render("rule", text, 0, Lang::En));
}

#[test]
fn a_misspelt_field_is_named_with_the_nearest() {
    says(
        "card_paymets_1h > 4 && pin_present",
        expect![[r#"
            error[R05]: there is no field card_paymets_1h
             --> rule:1:1
              |
            1 | card_paymets_1h > 4 && pin_present
              | ^^^^^^^^^^^^^^^ did you mean card_payments_1h ?
        "#]],
    );
}

#[test]
fn chinese_reads_as_well_and_wide_characters_keep_the_caret_in_place() {
    let text = "entry_mode == \"刷卡\" && amount > 100";
    let error = Rule::compile(&schema(), text).expect_err(text);
    expect![[r#"
        错误[R08]: 金额与整数不能比较
         --> 规则:1:23
          |
        1 | entry_mode == "刷卡" && amount > 100
          |                         ^^^^^^^^^^^^ 金额写作 money("100", "CNY")
    "#]]
    .assert_eq(&error.render("规则", text, 0, Lang::Zh));
}

#[test]
fn wrong_types_say_what_was_expected() {
    says(
        "card_payments_1h",
        expect![[r#"
            error[R07]: expected true or false, found a whole number
             --> rule:1:1
              |
            1 | card_payments_1h
              | ^^^^^^^^^^^^^^^^ compare it with a number, as in > 0
        "#]],
    );
    says(
        "entry_mode == 51",
        expect![[r#"
            error[R08]: text and a whole number can't be compared
             --> rule:1:1
              |
            1 | entry_mode == 51
              | ^^^^^^^^^^^^^^^^ put text into quotes: "051"
        "#]],
    );
    says(
        "since_last < 600",
        expect![[r#"
            error[R08]: a duration and a whole number can't be compared
             --> rule:1:1
              |
            1 | since_last < 600
              | ^^^^^^^^^^^^^^^^ write a length of time as duration("10m")
        "#]],
    );
    says(
        "amount * amount > money(\"1\", \"CNY\")",
        expect![[r#"
            error[R08]: money and money can't be calculated with like this
             --> rule:1:1
              |
            1 | amount * amount > money("1", "CNY")
              | ^^^^^^^^^^^^^^^
        "#]],
    );
    says(
        "pin_present > false",
        expect![[r#"
            error[R08]: true and false have no order
             --> rule:1:1
              |
            1 | pin_present > false
              | ^^^^^^^^^^^^^^^^^^^
        "#]],
    );
}

#[test]
fn what_a_constant_makes_impossible_is_said_when_the_rule_is_saved() {
    says(
        "card_payments_1h / 0 > 1",
        expect![[r#"
            error[R10]: a division by zero
             --> rule:1:20
              |
            1 | card_payments_1h / 0 > 1
              |                    ^
        "#]],
    );
    says(
        "money(\"1\", \"CNY\") > money(\"1\", \"USD\")",
        expect![[r#"
            error[R09]: money of two currencies can't be added or compared
             --> rule:1:1
              |
            1 | money("1", "CNY") > money("1", "USD")
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        "#]],
    );
    says(
        "1 < 2",
        expect![[r#"
            error[R16]: this rule is always true
             --> rule:1:1
              |
            1 | 1 < 2
              | ^^^^^
        "#]],
    );
    says(
        "amount > money(\"12.345\", \"CNY\")",
        expect![[r#"
            error[R12]: 12.345 is not an amount in CNY
             --> rule:1:16
              |
            1 | amount > money("12.345", "CNY")
              |                ^^^^^^^^ digits with at most 2 decimals, such as "1000"
        "#]],
    );
    says(
        "entry_mode.matches(\"(05\")",
        expect![[r#"
            error[R12]: the pattern is wrong: unclosed group
             --> rule:1:20
              |
            1 | entry_mode.matches("(05")
              |                    ^^^^^
        "#]],
    );
}

#[test]
fn what_is_no_expression_is_pointed_at() {
    says(
        "card_payments_1h > 4 and pin_present",
        expect![[r#"
            error[R04]: expected the end or an operator, found and
             --> rule:1:22
              |
            1 | card_payments_1h > 4 and pin_present
              |                      ^^^ write &&
        "#]],
    );
    says(
        "amount = money(\"1\", \"CNY\")",
        expect![[r#"
            error[R01]: the character = has no meaning here
             --> rule:1:8
              |
            1 | amount = money("1", "CNY")
              |        ^ did you mean == ?
        "#]],
    );
    says(
        "card_payments_1h > 0.5",
        expect![[r#"
            error[R03]: rules have whole numbers only, no fractions
             --> rule:1:20
              |
            1 | card_payments_1h > 0.5
              |                    ^^^ write an amount as money("12.34", "CNY"), and a share by multiplying: a * 10 > b * 3
        "#]],
    );
    says(
        "entry_mode == \"05",
        expect![[r#"
            error[R02]: the text is not closed with "
             --> rule:1:15
              |
            1 | entry_mode == "05
              |               ^^^
        "#]],
    );
    says(
        "entry_mode.startWith(\"05\")",
        expect![[r#"
            error[R06]: there is no function startWith
             --> rule:1:12
              |
            1 | entry_mode.startWith("05")
              |            ^^^^^^^^^ did you mean startsWith ?
        "#]],
    );
    says(
        "",
        expect![[r#"
            error[R04]: expected a value, found the end of the rule
             --> rule:1:1
              |
            1 |
              | ^
        "#]],
    );
}

#[test]
fn what_would_cost_too_much_is_refused() {
    let many = [r#"entry_mode.matches("0[57]1")"#; 9].join(" || ");
    let error = Rule::compile(&schema(), &many).expect_err("too dear");
    assert_eq!(
        (error.code, error.what.en.as_ref()),
        ("R11", "the rule costs 2727; at most 2000 are allowed")
    );
    for text in [
        "(".repeat(5_000),
        format!("{}true", "!".repeat(5_000)),
        format!("{}1 > 0", "-".repeat(5_000)),
        vec!["pin_present"; 600].join("&&"),
        format!("card_payments_1h in [{}]", "1,".repeat(1_200)),
        "x".repeat(9_000),
    ] {
        assert_eq!(Rule::compile(&schema(), &text).expect_err("too much").code, "R11");
    }
}

#[test]
fn a_file_names_every_fault_in_its_place() {
    let text = r#"
[[rule]]
id = "card_busy"
when = 'card_paymets_1h > 4'
weight = 0
zh = "忙"
en = "busy"
source = "ours"

[[rule]]
id = "Card"
wen = 'pin_present'
weight = 5
decision = "block"
zh = "有"
source = "ours"

[[rule]]
id = "fine"
when = '''
pin_present
  && amount > 5'''
weight = 5
zh = "好"
en = "fine"
source = "ours"
"#;
    let errors = RuleFile::read(&schema(), text).expect_err("faults");
    let said: String = errors.iter().map(|e| e.render("rules.toml", text, Lang::En)).collect();
    expect![[r#"
        error[R05]: there is no field card_paymets_1h
         --> rules.toml:4:9
          |
        4 | when = 'card_paymets_1h > 4'
          |         ^^^^^^^^^^^^^^^ did you mean card_payments_1h ?
        error[R22]: weight is a whole number from 1 to 1000
         --> rules.toml:5:10
          |
        5 | weight = 0
          |          ^
        error[R21]: the text when is missing
          --> rules.toml:10:1
           |
        10 | [[rule]]
           | ^^^^^^^^
        error[R21]: the text en is missing
          --> rules.toml:10:1
           |
        10 | [[rule]]
           | ^^^^^^^^
        error[R22]: a rule's id is 1 to 48 small letters, digits or _
          --> rules.toml:11:6
           |
        11 | id = "Card"
           |      ^^^^^^
        error[R21]: wen is not known
          --> rules.toml:12:1
           |
        12 | wen = 'pin_present'
           | ^^^ did you mean when ?
        error[R22]: decision is review or decline
          --> rules.toml:14:12
           |
        14 | decision = "block"
           |            ^^^^^^^
        error[R08]: money and a whole number can't be compared
          --> rules.toml:22:6
           |
        22 |   && amount > 5'''
           |      ^^^^^^^^^^ write an amount as money("100", "CNY")
    "#]]
    .assert_eq(&said);
    let twice =
        "[[rule]]\nid = \"a\"\nwhen = 'pin_present'\nweight = 1\nzh = \"一\"\nen = \"one\"\nsource = \"s\"\n"
            .repeat(2);
    let errors = RuleFile::read(&schema(), &twice).expect_err("twice");
    assert_eq!((errors[0].line, errors[0].diagnostic.what.en.as_ref()), (8, "the id a stands twice"));
    let errors = RuleFile::read(&schema(), "[[rule]\n").expect_err("no TOML");
    assert_eq!((errors[0].line, errors[0].diagnostic.code), (1, "R20"));
}
