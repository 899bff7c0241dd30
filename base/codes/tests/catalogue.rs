//! The rows that the engine and the pages rely on, and an operator's overrides.

use proptest::prelude::*;
use tg_codes::{
    CaptureCard, Catalogue, Category, Contact, Direction, OverrideError, Retryable, Scheme, lint,
};

const HEADER: &str = "scheme,code,meaning_en,meaning_zh,category,action_en,action_zh,retryable,source,capture_card,direction\n";

fn laid_over(row: &str) -> Result<Catalogue, OverrideError> {
    Catalogue::builtin().with_overrides("our.csv", &format!("{HEADER}{row}\n"))
}

#[test]
fn the_built_in_catalogue_breaks_no_rule() {
    assert_eq!(lint(Catalogue::builtin()), Vec::<String>::new());
}

#[test]
fn every_row_is_there() {
    let catalogue = Catalogue::builtin();
    assert_eq!(catalogue.response_codes().len(), 441);
    assert_eq!(catalogue.screen_messages().len(), 38);
    assert_eq!(catalogue.vendor_codes().len(), 111 + 38);
    assert_eq!(catalogue.entry_modes().len(), 14);
    assert_eq!(catalogue.hotlines().len(), 49);
    assert_eq!(catalogue.merchant_advices().len(), 18);
    assert_eq!(catalogue.action_classes().len(), 7);
}

#[test]
fn a_code_is_looked_up_by_scheme_and_direction() {
    let catalogue = Catalogue::builtin();
    let a7 = catalogue.response_code(Scheme::UnionPay, Direction::Response, "A7").expect("listed");
    assert_eq!(
        (a7.category, a7.retryable, a7.contact()),
        (Category::CryptoKey, Retryable::AfterSignOn, Contact::Acquirer)
    );
    assert!(catalogue.response_code(Scheme::Visa, Direction::Response, "A7").is_none());
    assert!(catalogue.response_code(Scheme::UnionPay, Direction::Response, "a7").is_none());
    let reason = catalogue.code_in_message(Scheme::UnionPay, "0400", "A0").expect("a reason");
    assert_eq!(reason.category, Category::ReversalReason);
    let answer = catalogue.code_in_message(Scheme::UnionPay, "0410", "A0").expect("an answer");
    assert_eq!(answer.category, Category::CryptoKey);
    assert!(catalogue.code_in_message(Scheme::UnionPay, "x", "A0").is_none());
}

#[test]
fn approvals_are_exactly_these() {
    let approved = |scheme: Scheme| -> Vec<&str> {
        let codes = Catalogue::builtin().response_codes().iter();
        codes.filter(|c| c.scheme == scheme && c.is_approval()).map(|c| c.code.as_str()).collect()
    };
    assert_eq!(approved(Scheme::UnionPay), ["00", "10", "11", "16", "A2", "A4", "A5", "A6"]);
    assert_eq!(approved(Scheme::Visa), ["00", "10", "11", "85"]);
    assert_eq!(approved(Scheme::Mastercard), ["00", "08", "10", "85", "87"]);
    assert_eq!(approved(Scheme::Iso1987), ["00", "08", "10", "11", "16", "32"]);
    assert_eq!(approved(Scheme::EmvOffline), ["Y1", "Y2", "Y3"]);
}

#[test]
fn field_22_and_the_action_class_are_read() {
    let catalogue = Catalogue::builtin();
    let mode = |scheme, de22| catalogue.entry_mode(scheme, de22).map(|m| m.meaning.en.to_string());
    assert_eq!(mode(Scheme::UnionPay, "051").as_deref(), Some("contact chip"));
    assert_eq!(mode(Scheme::Visa, "051").as_deref(), Some("contact chip"));
    assert_eq!(mode(Scheme::Visa, "801").as_deref(), Some("chip fallback to stripe"));
    assert_eq!(mode(Scheme::UnionPay, "9"), None);
    assert_eq!(catalogue.pin_entry("058").map(|m| m.meaning.en.as_ref()), Some("PIN pad out of order"));
    assert_eq!(catalogue.action_class("98").map(|c| c.class.as_str()), Some("E"));
    assert_eq!(catalogue.action_class("77").map(|c| c.class.as_str()), Some("77"));
    assert_eq!(catalogue.action_class("Q9").map(|c| c.class.as_str()), Some("(unlisted)"));
}

#[test]
fn only_verified_numbers_are_public() {
    let catalogue = Catalogue::builtin();
    assert!(catalogue.public_hotlines().any(|h| h.contact == "110"));
    assert!(catalogue.public_hotlines().all(|h| h.verified && !h.source.contains("from memory")));
    assert!(catalogue.public_hotlines().count() < catalogue.hotlines().len());
}

#[test]
fn an_operators_row_replaces_ours_and_adds_its_own() {
    let ours = laid_over("unionpay,Q9,House rule,本行规则,declined,Ask the desk.,询问柜台。,no,our bank,,")
        .expect("taken");
    let row = ours.response_code(Scheme::UnionPay, Direction::Response, "Q9").expect("added");
    assert_eq!(row.meaning.zh, "本行规则");
    let ours = laid_over("visa,05,Ask,询问,declined,Ask.,询问。,no,our bank,,response").expect("taken");
    assert_eq!(ours.response_code(Scheme::Visa, Direction::Response, "05").expect("there").meaning.en, "Ask");
    assert_eq!(ours.response_codes().len(), Catalogue::builtin().response_codes().len());
}

#[test]
fn an_operators_fault_names_line_column_and_nearest_value() {
    let fault = |row: &str| match laid_over(row).expect_err("refused") {
        OverrideError::Table(fault) => fault,
        OverrideError::Unsafe(broken) => panic!("{broken:?}"),
    };
    let wrong = fault("unionpay,05,x,x,declind,x.,x。,no,s,,");
    assert_eq!(
        (wrong.line, wrong.column.as_str(), wrong.nearest.as_deref()),
        (2, "category", Some("declined"))
    );
    let shown = wrong.problem().render(tg_text::Lang::En);
    assert!(shown.contains("our.csv") && shown.contains("line 2") && shown.contains("declined"), "{shown}");
    assert_eq!(fault("unionpai,05,x,x,declined,x.,x。,no,s,,").nearest.as_deref(), Some("unionpay"));
    assert_eq!(fault("unionpay,05,x,x,declined,x.,x。,yes_ounce,s,,").nearest.as_deref(), Some("yes_once"));
    assert_eq!(fault("unionpay,a7,x,x,declined,x.,x。,no,s,,").column, "code");
    assert_eq!(fault("visa,05,x,x,declined,x.,x。,no,s,,\nvisa,05,x,x,declined,x.,x。,no,s,,").line, 3);
}

#[test]
fn an_operator_cannot_make_a_pick_up_code_an_approval() {
    let slipped = laid_over("unionpay,04,Pick up card,没收卡,approved,Approved.,交易成功。,no,sdk,yes,");
    let Err(OverrideError::Unsafe(broken)) = slipped else { panic!("taken") };
    assert!(broken.iter().all(|b| b.contains("unionpay 04")), "{broken:?}");
    assert!(broken.iter().any(|b| b.contains("I8")));
    assert_eq!(
        Catalogue::builtin()
            .response_code(Scheme::UnionPay, Direction::Response, "04")
            .map(|c| c.capture_card),
        Some(CaptureCard::Yes)
    );
}

proptest! {
    #[test]
    fn any_file_of_an_operator_is_read_or_refused(content in "\\PC{0,200}", row in "[a-z0-9,\"\n]{0,120}") {
        let _ = Catalogue::builtin().with_overrides("x.csv", &content);
        let _ = Catalogue::builtin().with_overrides("x.csv", &format!("{HEADER}{row}"));
    }
}
