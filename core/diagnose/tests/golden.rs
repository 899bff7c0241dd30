//! Golden cases: situations at a till and the whole advice in one screen of ids, for a shop unless said otherwise.
//!
//! Each case fails when the advice changes in any way that a shop would notice; the harms are checked on every
//! one of them again, and on random facts, in `harms.rs`. `UPDATE_EXPECT=1 cargo test -p tg-diagnose` renews them.

#[path = "harm/mod.rs"]
mod harm;

use expect_test::{Expect, expect};
use tg_diagnose::{Facts, Knowledge, diagnose};
use tg_text::Text;

/// Facts as `key=value`, separated by spaces; `did:ACTION=failed` for a step that was tried; `_` in a message
/// stands for a space.
fn facts(given: &str) -> Facts {
    let mut facts = Facts::default();
    for pair in given.split_whitespace() {
        let (key, value) = pair.split_once('=').expect("key=value");
        match key.strip_prefix("did:") {
            Some(action) => Knowledge::builtin().did(&mut facts, action, value).expect("a known step"),
            None => {
                facts.set(key, &value.replace('_', if key == "message" { " " } else { "_" })).expect("known")
            }
        }
    }
    facts
}

fn check(given: &str, expected: Expect) {
    let facts = facts(given);
    let diagnosis = diagnose(Knowledge::builtin(), &facts);
    let harms = harm::harms(&facts, &diagnosis);
    assert!(harms.is_empty(), "{given}: {harms:?}");
    let json = serde_json::to_value(&diagnosis).expect("serialises");
    let list = |pointer: &str, key: &str| -> String {
        let items = json.pointer(pointer).and_then(|v| v.as_array()).cloned().unwrap_or_default();
        let ids: Vec<&str> = items.iter().filter_map(|i| i[key].as_str()).collect();
        if ids.is_empty() { "-".to_owned() } else { ids.join(" ") }
    };
    let causes: Vec<String> =
        diagnosis.causes.iter().take(3).map(|c| format!("{} {:.0}%", c.id, c.probability * 100.0)).collect();
    let shown = format!(
        "gates   {}\ncauses  {}\nplan    {}\ncontact {} by {}\nretry   {}\n",
        list("/gates", "id"),
        causes.join(", "),
        list("/plan", "id"),
        json["contact"]["who"].as_str().expect("who"),
        json["contact"]["by"].as_str().expect("by"),
        json["safe_to_retry"].as_str().expect("retry"),
    );
    expected.assert_eq(&shown);
}

#[test]
fn a7_at_one_terminal() {
    check(
        "code=A7 scheme=unionpay outcome=declined other_cards_here=fail same_card_elsewhere=ok other_terminals_in_store=ok issuer_elsewhere=ok acquirer_elsewhere=ok last_sign_on=old",
        expect![[r#"
            gates   keys_not_by_shop
            causes  key_out_of_step 78%, not_signed_on 16%, master_key_wrong 2%
            plan    sign_on stop_using call_acquirer
            contact acquirer by shop
            retry   yes
        "#]],
    );
}

#[test]
fn a7_after_a_failed_sign_on() {
    check(
        "code=A7 scheme=unionpay outcome=declined did:sign_on=failed",
        expect![[r#"
            gates   keys_not_by_shop
            causes  key_out_of_step 42%, master_key_wrong 21%, host_security_module 16%
            plan    stop_using call_acquirer
            contact acquirer by shop
            retry   no
        "#]],
    );
}

#[test]
fn a7_at_the_whole_acquirer() {
    check(
        "code=A7 scheme=unionpay outcome=declined other_terminals_in_store=fail acquirer_elsewhere=degraded",
        expect![[r#"
            gates   keys_not_by_shop
            causes  host_security_module 93%, key_out_of_step 2%, not_signed_on 2%
            plan    sign_on stop_using call_acquirer
            contact acquirer by shop
            retry   yes
        "#]],
    );
}

#[test]
fn a7_and_the_customer_was_charged() {
    check(
        "code=A7 scheme=unionpay outcome=declined charged=yes",
        expect![[r#"
            gates   unknown_outcome keys_not_by_shop
            causes  key_out_of_step 52%, not_signed_on 11%, master_key_wrong 10%
            plan    query_outcome sign_on stop_using call_acquirer
            contact acquirer by shop
            retry   after_query
        "#]],
    );
}

#[test]
fn a0_with_a_wrong_mac() {
    check(
        "code=A0 scheme=unionpay outcome=declined mac=bad last_sign_on=today",
        expect![[r#"
        gates   keys_not_by_shop
        causes  key_out_of_step 46%, master_key_wrong 37%, host_security_module 11%
        plan    sign_on stop_using call_acquirer
        contact acquirer by shop
        retry   yes
    "#]],
    );
}

#[test]
fn code_99() {
    check(
        "code=99 scheme=unionpay outcome=declined",
        expect![[r#"
        gates   keys_not_by_shop
        causes  key_out_of_step 56%, not_signed_on 12%, master_key_wrong 11%
        plan    sign_on stop_using call_acquirer
        contact acquirer by shop
        retry   yes
    "#]],
    );
}

#[test]
fn code_63_of_unionpay() {
    check(
        "code=63 scheme=unionpay outcome=declined",
        expect![[r#"
        gates   keys_not_by_shop
        causes  key_out_of_step 56%, not_signed_on 12%, master_key_wrong 11%
        plan    sign_on stop_using call_acquirer
        contact acquirer by shop
        retry   yes
    "#]],
    );
}

#[test]
fn code_63_of_visa_is_something_else() {
    check(
        "code=63 scheme=visa outcome=declined",
        expect![[r#"
            gates   -
            causes  issuer_declined 77%, risk_check 20%
            plan    other_card query_outcome other_way_to_pay call_issuer
            contact issuer by cardholder
            retry   no
        "#]],
    );
}

#[test]
fn a0_as_the_reason_of_a_reversal() {
    check(
        "code=A0 scheme=unionpay mti=0400",
        expect![[r#"
            gates   unknown_outcome keys_not_by_shop
            causes  issuer_slow 94%, software_fault 1%
            plan    query_outcome sign_on stop_using call_acquirer
            contact acquirer by shop
            retry   after_query
        "#]],
    );
}

#[test]
fn security_words_without_a_code() {
    check(
        "message=安全處理失敗",
        expect![[r#"
            gates   keys_not_by_shop
            causes  issuer_declined 21%, key_out_of_step 17%, card_number 6%
            plan    response_code query_outcome other_card query_outcome sign_on query_outcome other_way_to_pay call_acquirer
            contact acquirer by shop
            retry   after_query
        "#]],
    );
}

#[test]
fn a7_with_unsent_reversals() {
    check(
        "code=A7 scheme=unionpay outcome=declined unsent_reversals=2",
        expect![[r#"
        gates   unsent_payments keys_not_by_shop
        causes  key_out_of_step 56%, not_signed_on 12%, master_key_wrong 11%
        plan    sign_on stop_using call_acquirer
        contact acquirer by shop
        retry   yes
    "#]],
    );
}

#[test]
fn tamper() {
    check(
        "tamper=yes code=A7 scheme=unionpay outcome=declined",
        expect![[r#"
        gates   tamper keys_not_by_shop
        causes  tampered 76%, key_out_of_step 13%, not_signed_on 3%
        plan    stop_using keep_evidence call_acquirer
        contact acquirer by shop
        retry   no
    "#]],
    );
}

#[test]
fn tamper_words_on_the_screen() {
    check(
        "message=设备被攻击",
        expect![[r#"
            gates   tamper
            causes  tampered 66%, issuer_declined 10%, card_number 3%
            plan    stop_using keep_evidence call_acquirer
            contact acquirer by shop
            retry   no
        "#]],
    );
}

#[test]
fn tamper_read_by_the_cardholder() {
    check(
        "tamper=yes role=cardholder",
        expect![[r#"
        gates   tamper
        causes  tampered 16%, card_funds 15%, issuer_declined 8%
        plan    stop_using call_issuer
        contact issuer by cardholder
        retry   no
    "#]],
    );
}

#[test]
fn swapped_machine() {
    check(
        "changed_recently=terminal_swapped code=97 scheme=unionpay outcome=declined",
        expect![[r#"
        gates   foreign_machine
        causes  terminal_not_registered 88%, terminal_number_shared 11%
        plan    stop_using keep_evidence call_acquirer
        contact acquirer by shop
        retry   no
    "#]],
    );
}

#[test]
fn terminal_not_registered() {
    check(
        "code=97 scheme=unionpay outcome=declined",
        expect![[r#"
        gates   foreign_machine
        causes  terminal_not_registered 90%, terminal_number_shared 6%
        plan    stop_using keep_evidence call_acquirer
        contact acquirer by shop
        retry   no
    "#]],
    );
}

#[test]
fn no_answer() {
    check(
        "outcome=unknown stage=sent network=ok other_cards_here=ok",
        expect![[r#"
            gates   unknown_outcome
            causes  issuer_slow 71%, network_weak 8%, battery_low 7%
            plan    query_outcome wait call_acquirer
            contact acquirer by shop
            retry   after_query
        "#]],
    );
}

#[test]
fn no_answer_and_the_network_is_down() {
    check(
        "outcome=unknown stage=sent network=down other_cards_here=fail other_terminals_in_store=fail",
        expect![[r#"
            gates   unknown_outcome
            causes  store_network_down 90%, mobile_line_stopped 6%, acquirer_unreachable 2%
            plan    check_network use_mobile_data query_outcome wait call_acquirer
            contact acquirer by shop
            retry   after_query
        "#]],
    );
}

#[test]
fn no_answer_at_the_whole_acquirer() {
    check(
        "outcome=unknown network=ok other_cards_here=fail other_terminals_in_store=fail acquirer_elsewhere=degraded",
        expect![[r#"
            gates   unknown_outcome
            causes  acquirer_unreachable 86%, host_fault 11%
            plan    query_outcome wait call_acquirer
            contact acquirer by shop
            retry   after_query
        "#]],
    );
}

#[test]
fn charged_but_the_machine_said_failed() {
    check(
        "charged=yes message=交易失败",
        expect![[r#"
            gates   unknown_outcome
            causes  issuer_slow 35%, printer 28%, repeated 18%
            plan    query_outcome wait call_acquirer
            contact acquirer by shop
            retry   after_query
        "#]],
    );
}

#[test]
fn charged_and_read_by_the_cardholder() {
    check(
        "charged=yes role=cardholder",
        expect![[r#"
            gates   unknown_outcome
            causes  issuer_slow 35%, printer 28%, repeated 18%
            plan    query_outcome wait call_issuer
            contact issuer by cardholder
            retry   after_query
        "#]],
    );
}

#[test]
fn timeout_at_the_issuer_68() {
    check(
        "code=68 scheme=unionpay outcome=declined",
        expect![[r#"
        gates   unknown_outcome
        causes  issuer_down 53%, issuer_slow 45%
        plan    query_outcome wait call_acquirer
        contact acquirer by shop
        retry   after_query
    "#]],
    );
}

#[test]
fn code_98() {
    check(
        "code=98 scheme=unionpay",
        expect![[r#"
        gates   unknown_outcome
        causes  issuer_down 53%, issuer_slow 45%
        plan    query_outcome wait call_acquirer
        contact acquirer by shop
        retry   after_query
    "#]],
    );
}

#[test]
fn issuer_down_91() {
    check(
        "code=91 scheme=unionpay outcome=declined issuer_elsewhere=degraded other_cards_here=ok",
        expect![[r#"
            gates   -
            causes  issuer_down 100%
            plan    other_card query_outcome other_way_to_pay call_issuer
            contact issuer by cardholder
            retry   yes
        "#]],
    );
}

#[test]
fn host_fault_96() {
    check(
        "code=96 scheme=unionpay outcome=declined acquirer_elsewhere=degraded",
        expect![[r#"
            gates   -
            causes  host_fault 100%
            plan    query_outcome retry_payment query_outcome wait call_acquirer
            contact acquirer by shop
            retry   after_query
        "#]],
    );
}

#[test]
fn cutover_90() {
    check(
        "code=90 scheme=unionpay outcome=declined",
        expect![[r#"
            gates   -
            causes  cutover 91%, software_fault 1%, none_of_these 1%
            plan    other_way_to_pay query_outcome wait call_acquirer
            contact acquirer by shop
            retry   yes
        "#]],
    );
}

#[test]
fn insufficient_funds_51() {
    check(
        "code=51 scheme=unionpay outcome=declined",
        expect![[r#"
            gates   -
            causes  card_funds 100%
            plan    other_card query_outcome other_way_to_pay call_issuer
            contact issuer by cardholder
            retry   no
        "#]],
    );
}

#[test]
fn funds_read_by_the_cardholder() {
    check(
        "code=51 scheme=unionpay outcome=declined role=cardholder",
        expect![[r#"
            gates   -
            causes  card_funds 100%
            plan    other_card query_outcome other_way_to_pay call_issuer
            contact issuer by cardholder
            retry   no
        "#]],
    );
}

#[test]
fn expired_card_54() {
    check(
        "code=54 scheme=unionpay outcome=declined expiry_passed=yes",
        expect![[r#"
            gates   -
            causes  card_expired 100%
            plan    other_card query_outcome other_way_to_pay call_issuer
            contact issuer by cardholder
            retry   no
        "#]],
    );
}

#[test]
fn code_54_though_the_card_is_valid() {
    check(
        "code=54 scheme=unionpay outcome=declined expiry_passed=no clock_offset_minutes=-527040 other_cards_here=fail",
        expect![[r#"
            gates   -
            causes  clock_wrong 99%
            plan    set_clock sign_on query_outcome other_way_to_pay call_acquirer
            contact acquirer by shop
            retry   no
        "#]],
    );
}

#[test]
fn limit_61() {
    check(
        "code=61 scheme=unionpay outcome=declined entry_mode=contactless",
        expect![[r#"
            gates   -
            causes  card_limit 100%
            plan    other_card query_outcome other_way_to_pay call_issuer
            contact issuer by cardholder
            retry   no
        "#]],
    );
}

#[test]
fn restricted_62() {
    check(
        "code=62 scheme=unionpay outcome=declined",
        expect![[r#"
            gates   -
            causes  card_restricted 99%
            plan    other_card query_outcome other_way_to_pay call_issuer
            contact issuer by cardholder
            retry   no
        "#]],
    );
}

#[test]
fn do_not_honour_05() {
    check(
        "code=05 scheme=unionpay outcome=declined",
        expect![[r#"
            gates   -
            causes  issuer_declined 68%, card_funds 17%, risk_check 9%
            plan    other_card query_outcome other_way_to_pay call_issuer
            contact issuer by cardholder
            retry   no
        "#]],
    );
}

#[test]
fn lost_card_41() {
    check(
        "code=41 scheme=unionpay outcome=declined",
        expect![[r#"
            gates   pick_up_card
            causes  card_unavailable 97%
            plan    other_way_to_pay query_outcome other_card call_acquirer
            contact acquirer by shop
            retry   no
        "#]],
    );
}

#[test]
fn pick_up_04_of_visa() {
    check(
        "code=04 scheme=visa outcome=declined",
        expect![[r#"
            gates   pick_up_card
            causes  card_unavailable 97%
            plan    other_way_to_pay query_outcome other_card call_acquirer
            contact acquirer by shop
            retry   no
        "#]],
    );
}

#[test]
fn stolen_card_43_read_by_the_cardholder() {
    check(
        "code=43 scheme=unionpay outcome=declined role=cardholder",
        expect![[r#"
            gates   pick_up_card
            causes  card_unavailable 97%
            plan    other_way_to_pay query_outcome other_card call_issuer
            contact issuer by cardholder
            retry   no
        "#]],
    );
}

#[test]
fn wrong_pin_55() {
    check(
        "code=55 scheme=unionpay outcome=declined other_cards_here=ok",
        expect![[r#"
            gates   card_secrets
            causes  pin_wrong 100%
            plan    retry_pin query_outcome other_card query_outcome other_way_to_pay call_issuer
            contact issuer by cardholder
            retry   yes
        "#]],
    );
}

#[test]
fn wrong_pin_55_with_the_last_try() {
    check(
        "code=55 scheme=unionpay outcome=declined pin_tries_left=1",
        expect![[r#"
            gates   last_pin_try card_secrets
            causes  pin_wrong 97%, pin_key_out_of_step 2%
            plan    other_card query_outcome other_way_to_pay call_issuer
            contact issuer by cardholder
            retry   no
        "#]],
    );
}

#[test]
fn wrong_pin_55_for_every_card() {
    check(
        "code=55 scheme=unionpay outcome=declined other_cards_here=fail same_card_elsewhere=ok",
        expect![[r#"
            gates   keys_not_by_shop card_secrets
            causes  pin_key_out_of_step 53%, pin_wrong 43%
            plan    sign_on stop_using call_acquirer
            contact acquirer by shop
            retry   no
        "#]],
    );
}

#[test]
fn pin_blocked_38() {
    check(
        "code=38 scheme=unionpay outcome=declined",
        expect![[r#"
            gates   pick_up_card
            causes  pin_blocked 75%, software_fault 4%, none_of_these 4%
            plan    other_way_to_pay query_outcome other_card call_acquirer
            contact acquirer by shop
            retry   no
        "#]],
    );
}

#[test]
fn cvv2_wrong_n7() {
    check(
        "code=N7 scheme=visa outcome=declined entry_mode=manual",
        expect![[r#"
            gates   card_secrets
            causes  card_check_failed 100%
            plan    other_card query_outcome other_way_to_pay call_issuer
            contact issuer by cardholder
            retry   no
        "#]],
    );
}

#[test]
fn clock_off() {
    check(
        "message=终端时间错误 stage=card_read clock_offset_minutes=1500",
        expect![[r#"
            gates   -
            causes  clock_wrong 97%, certificate_expired 2%
            plan    set_clock sign_on query_outcome other_way_to_pay query_outcome other_terminal call_acquirer
            contact acquirer by shop
            retry   yes
        "#]],
    );
}

#[test]
fn clock_off_and_a7() {
    check(
        "code=A7 scheme=unionpay outcome=declined clock_offset_minutes=1500",
        expect![[r#"
        gates   keys_not_by_shop
        causes  clock_wrong 41%, key_out_of_step 35%, not_signed_on 8%
        plan    sign_on stop_using call_acquirer
        contact acquirer by shop
        retry   yes
    "#]],
    );
}

#[test]
fn batch_77() {
    check(
        "code=77 scheme=unionpay outcome=declined",
        expect![[r#"
            gates   -
            causes  batch_out_of_step 48%, not_signed_on 33%, key_out_of_step 14%
            plan    sign_on query_outcome settle_batch call_acquirer
            contact acquirer by shop
            retry   yes
        "#]],
    );
}

#[test]
fn batch_77_with_unsent_payments() {
    check(
        "code=77 scheme=unionpay outcome=declined unsent_offline=3",
        expect![[r#"
            gates   unsent_payments
            causes  batch_out_of_step 48%, not_signed_on 33%, key_out_of_step 14%
            plan    call_acquirer
            contact acquirer by shop
            retry   no
        "#]],
    );
}

#[test]
fn totals_differ_79() {
    check(
        "code=79 scheme=unionpay outcome=declined",
        expect![[r#"
            gates   unsent_payments
            causes  totals_differ 69%, batch_out_of_step 21%, software_fault 2%
            plan    call_acquirer
            contact acquirer by shop
            retry   no
        "#]],
    );
}

#[test]
fn network_down_before_anything_was_sent() {
    check(
        "network=down stage=pin message=通讯失败 other_cards_here=fail other_terminals_in_store=fail",
        expect![[r#"
            gates   -
            causes  store_network_down 93%, mobile_line_stopped 7%
            plan    use_mobile_data check_network other_way_to_pay call_network_operator
            contact network_operator by shop
            retry   yes
        "#]],
    );
}

#[test]
fn sim_suspended() {
    check(
        "network=down stage=pin message=无信号 other_cards_here=fail other_terminals_in_store=ok",
        expect![[r#"
            gates   -
            causes  mobile_line_stopped 69%, store_network_down 31%
            plan    use_mobile_data other_terminal query_outcome other_way_to_pay call_network_operator
            contact network_operator by shop
            retry   yes
        "#]],
    );
}

#[test]
fn certificate_expired() {
    check(
        "certificate_days_left=-2 stage=pin network=ok message=网络连接失败 other_cards_here=fail",
        expect![[r#"
            gates   -
            causes  certificate_expired 99%
            plan    other_way_to_pay query_outcome other_terminal call_acquirer
            contact acquirer by shop
            retry   yes
        "#]],
    );
}

#[test]
fn battery_low() {
    check(
        "battery_percent=4 stage=card_read",
        expect![[r#"
            gates   -
            causes  battery_low 84%, card_damaged 3%, card_taken_early 3%
            plan    charge_or_adapter other_card query_outcome other_terminal call_vendor
            contact vendor by shop
            retry   yes
        "#]],
    );
}

#[test]
fn reader_dirty() {
    check(
        "stage=card_read message=读卡失败 other_cards_here=fail same_card_elsewhere=ok",
        expect![[r#"
            gates   -
            causes  reader_dirty 98%, card_taken_early 1%
            plan    clean_reader other_terminal query_outcome other_way_to_pay call_vendor
            contact vendor by shop
            retry   yes
        "#]],
    );
}

#[test]
fn card_damaged() {
    check(
        "stage=card_read message=读卡失败 other_cards_here=ok same_card_elsewhere=fail",
        expect![[r#"
            gates   -
            causes  card_damaged 85%, card_taken_early 15%
            plan    retry_payment query_outcome other_card query_outcome other_way_to_pay call_issuer
            contact issuer by cardholder
            retry   yes
        "#]],
    );
}

#[test]
fn approved_but_no_slip() {
    check(
        "code=00 scheme=unionpay outcome=approved stage=printed message=打印机缺纸",
        expect![[r#"
            gates   -
            causes  printer 100%
            plan    load_paper call_vendor
            contact vendor by shop
            retry   no
        "#]],
    );
}

#[test]
fn duplicate_94() {
    check(
        "code=94 scheme=unionpay outcome=declined",
        expect![[r#"
        gates   unknown_outcome
        causes  repeated 97%
        plan    query_outcome wait call_acquirer
        contact acquirer by shop
        retry   after_query
    "#]],
    );
}

#[test]
fn merchant_03() {
    check(
        "code=03 scheme=unionpay outcome=declined",
        expect![[r#"
            gates   -
            causes  merchant_not_enabled 84%, not_signed_on 9%, terminal_not_registered 5%
            plan    sign_on query_outcome other_way_to_pay call_acquirer
            contact acquirer by shop
            retry   yes
        "#]],
    );
}

#[test]
fn key_missing() {
    check(
        "key_check_value=missing stage=card_read message=请下载主密钥",
        expect![[r#"
            gates   keys_not_by_shop
            causes  master_key_wrong 87%, tampered 13%
            plan    stop_using call_acquirer
            contact acquirer by shop
            retry   no
        "#]],
    );
}

#[test]
fn reversal_accepted() {
    check(
        "code=68 scheme=unionpay reversal=accepted charged=yes",
        expect![[r#"
            gates   -
            causes  issuer_slow 99%
            plan    retry_payment call_acquirer
            contact acquirer by shop
            retry   yes
        "#]],
    );
}

#[test]
fn unlisted_code() {
    check(
        "code=ZZ scheme=unionpay",
        expect![[r#"
        gates   unknown_outcome
        causes  none_of_these 95%
        plan    query_outcome wait call_acquirer
        contact acquirer by shop
        retry   after_query
    "#]],
    );
}

#[test]
fn contradiction() {
    check(
        "code=00 scheme=unionpay outcome=declined",
        expect![[r#"
        gates   unknown_outcome
        causes  printer 56%, none_of_these 43%
        plan    query_outcome wait call_acquirer
        contact acquirer by shop
        retry   after_query
    "#]],
    );
}

#[test]
fn nothing_known() {
    check(
        "",
        expect![[r#"
            gates   -
            causes  card_funds 18%, issuer_declined 9%, pin_wrong 9%
            plan    response_code query_outcome other_card query_outcome other_way_to_pay call_issuer
            contact issuer by cardholder
            retry   after_query
        "#]],
    );
}

#[test]
fn a_step_helped() {
    check(
        "code=A7 scheme=unionpay outcome=declined did:sign_on=fixed",
        expect![[r#"
        gates   keys_not_by_shop
        causes  key_out_of_step 56%, not_signed_on 12%, master_key_wrong 11%
        plan    -
        contact none by shop
        retry   yes
    "#]],
    );
}

/// Every sentence of the next step in both languages, as a page shows them.
fn check_words(given: &str, expected: Expect) {
    let facts = facts(given);
    let diagnosis = diagnose(Knowledge::builtin(), &facts);
    let harms = harm::harms(&facts, &diagnosis);
    assert!(harms.is_empty(), "{given}: {harms:?}");
    let mut shown = String::new();
    let mut line = |name: &str, text: &Text| shown += &format!("{name}: {}\n  {}\n", text.zh, text.en);
    line("money", &diagnosis.money);
    diagnosis.gates.iter().for_each(|g| line("gate", &g.text));
    if let Some(next) = &diagnosis.next {
        line("next", &next.text);
        line("why", &next.why);
        let optional = [("say", &next.script), ("verify", &next.verify), ("otherwise", &next.otherwise)];
        optional.iter().filter_map(|(n, t)| t.as_ref().map(|t| (n, t))).for_each(|(n, t)| line(n, t));
        next.guards.iter().for_each(|g| line("red line", g));
    }
    line("contact", &diagnosis.contact.text);
    expected.assert_eq(&shown);
}

#[test]
fn words_for_a7() {
    check_words(
        "code=A7 scheme=unionpay outcome=declined last_sign_on=old other_cards_here=fail",
        expect![[r#"
            money: 后台没有批准这笔交易。账户有无变动以发卡行为准；客户收到扣款通知的，先查询，不要再收款。
              The host did not approve this payment. What the account shows is for the issuer to say; if the customer got a debit notice, query first and don’t charge again.
            gate: 密钥只能由收单机构处理：店内不要灌密钥、下载主密钥或恢复出厂。
              Keys are the acquirer’s work: the shop doesn’t load keys or a master key and doesn’t reset the machine.
            next: 重新签到一次
              Sign on again, once
            why: 最可能：终端工作密钥与后台不一致（76%）；主要依据：应答码 A7：后台的安全校验（MAC、密码或密钥）没通过。
              Most likely: the terminal’s working key is out of step with the host (76%); main evidence: code A7: the host’s security check (MAC, PIN or key) failed.
            say: 请回主菜单点“签到”，用您自己的操作员号登录。只做一次。
              Go back to the main menu, choose “Sign on” (签到) and use your own operator number. Do it once only.
            verify: 签到成功、客户也没收到扣款通知，再收一次；仍失败就不要再试。
              Signed on, and the customer got no debit notice: take it once more. If it fails again, don’t try further.
            otherwise: 还是不行：停用这台机器
              Still failing: stop using this machine
            red line: 不要自行灌密钥、下载主密钥或恢复出厂。
              Don’t load keys or a master key and don’t reset the machine to factory state.
            red line: 不要反复刷卡。
              Don’t try the card again and again.
            contact: 店方联系收单机构
              The shop calls its acquirer
        "#]],
    );
}

#[test]
fn words_for_a_tampered_terminal() {
    check_words(
        "tamper=yes",
        expect![[r#"
            money: 还不知道这笔的结果：再收款之前，先确认上一笔没有成功。
              The outcome is not known yet: before charging again, make sure that this one did not go through.
            gate: 防拆报警：停用这台机器，不要重启、关机或拆开，拍照留证。
              Tamper alarm: stop using this machine; don’t restart, switch off or open it; take photos.
            next: 停用这台机器
              Stop using this machine
            why: 防拆报警：停用这台机器，不要重启、关机或拆开，拍照留证。
              Tamper alarm: stop using this machine; don’t restart, switch off or open it; take photos.
            say: 请先不要用这台机器收款，保持原样，不要重启或拆开，换一台正常的机器。
              Take no more payments on this machine. Leave it as it is, don’t restart or open it, and use another one that works.
            verify: 机器上已贴“停用”。
              A note “out of use” is on the machine.
            otherwise: 接着：拍照留证：屏幕、机身、封签、卡口、序列号
              Then: take photos: screen, body, seals, card slot, serial number
            red line: 不要重启、关机或拆开机器。
              Don’t restart, switch off or open the machine.
            red line: 不要自行灌密钥、下载主密钥或恢复出厂。
              Don’t load keys or a master key and don’t reset the machine to factory state.
            red line: 不要交给上门的人，也不要找网上的“解锁”服务。
              Don’t hand it to a visitor and don’t use “unlock” services.
            contact: 店方联系收单机构
              The shop calls its acquirer
        "#]],
    );
}

#[test]
fn words_for_no_answer() {
    check_words(
        "outcome=unknown stage=sent",
        expect![[r#"
            money: 结果未知：先查询，不要再收款。
              The outcome is unknown: query first and don’t charge again.
            gate: 这笔结果未知：先查询，查明前不要再收款，换支付方式也不行。
              The outcome is unknown: query first; don’t take this payment again before that, in any way.
            next: 先查询这笔交易的结果
              Query the outcome of this payment first
            why: 这笔结果未知：先查询，查明前不要再收款，换支付方式也不行。
              The outcome is unknown: query first; don’t take this payment again before that, in any way.
            say: 请先别再收。在机器上查末笔交易；查不到，就请收单机构按流水号或参考号查。
              Please don’t charge again. Look up the last payment on the machine; if it isn’t there, the acquirer looks it up by trace or reference number.
            verify: 查到“成功”就不用再收；查到“未成功”，或冲正已被受理，才可以再收。
              “Approved”: nothing more to collect. Only “not approved” or an accepted reversal allows another payment.
            otherwise: 仍查不清：等 5 至 10 分钟，机器保持开机联网
              Still unclear: wait 5 to 10 minutes; leave the machine on and online
            red line: 查明结果前，不要用任何方式再收这笔款。
              Until the outcome is known, don’t take this payment again in any way.
            contact: 店方联系收单机构
              The shop calls its acquirer
        "#]],
    );
}

#[test]
fn words_for_charged_but_failed_read_by_the_cardholder() {
    check_words(
        "charged=yes outcome=declined role=cardholder",
        expect![[r#"
            money: 客户显示已扣款，但没有批准的应答：先查询，不要再收款。
              The customer sees a debit, but no approval is known: query first and don’t charge again.
            gate: 这笔结果未知：先查询，查明前不要再收款，换支付方式也不行。
              The outcome is unknown: query first; don’t take this payment again before that, in any way.
            next: 在银行 App 里看这笔钱的状态，先不要再付
              Look at this payment in your bank’s app; don’t pay again yet
            why: 这笔结果未知：先查询，查明前不要再收款，换支付方式也不行。
              The outcome is unknown: query first; don’t take this payment again before that, in any way.
            otherwise: 仍查不清：等一会儿再看结果，先不要再付
              Still unclear: wait a while and look again; don’t pay again yet
            red line: 查明结果前，不要用任何方式再收这笔款。
              Until the outcome is known, don’t take this payment again in any way.
            contact: 打卡背面的电话，或在银行 App 里问发卡行
              Call the number on the back of your card, or ask in your bank’s app
        "#]],
    );
}

#[test]
fn words_for_a_pick_up_code() {
    check_words(
        "code=43 scheme=unionpay outcome=declined",
        expect![[r#"
            money: 发卡行没有批准这笔交易。账户有无变动以发卡行为准；客户收到扣款通知的，先查询，不要再收款。
              The issuer did not approve this payment. What the account shows is for the issuer to say; if the customer got a debit notice, query first and don’t charge again.
            gate: 只对客户说：“这张卡暂时不能使用，请咨询您的银行，或换一种方式付款。”
              Say only: “This card can’t be used right now; please ask your bank, or pay another way.”
            next: 请客户换一种方式付款
              Ask the customer to pay another way
            why: 只对客户说：“这张卡暂时不能使用，请咨询您的银行，或换一种方式付款。”
              Say only: “This card can’t be used right now; please ask your bank, or pay another way.”
            say: 不好意思，这次没有付成，请换一种方式付款。
              Sorry, this payment didn’t go through; please pay another way.
            verify: 确认钱已收到再交货。
              Hand over the goods only when the money has arrived.
            otherwise: 还是不行：先查询这笔交易的结果
              Still failing: query the outcome of this payment first
            red line: 客户已收到扣款通知的，先查询，不要再收款。
              If the customer got a debit notice, query first; don’t take the payment again.
            red line: 不要反复刷卡。
              Don’t try the card again and again.
            red line: 不要猜测原因，也不要当众议论。
              Don’t guess at the reason and don’t discuss it in front of others.
            contact: 店方联系收单机构
              The shop calls its acquirer
        "#]],
    );
}

#[test]
fn words_for_insufficient_funds() {
    check_words(
        "code=51 scheme=unionpay outcome=declined",
        expect![[r#"
            money: 发卡行没有批准这笔交易。账户有无变动以发卡行为准；客户收到扣款通知的，先查询，不要再收款。
              The issuer did not approve this payment. What the account shows is for the issuer to say; if the customer got a debit notice, query first and don’t charge again.
            next: 请客户换一张卡
              Ask the customer for another card
            why: 最可能：余额或额度不足（99%）；主要依据：应答码 51：余额或额度不足。
              Most likely: not enough money or credit on the card (99%); main evidence: code 51: not enough money or credit.
            say: 这张卡这次没付成，请换一张卡试试。具体原因可以问您的发卡行。
              This card didn’t go through. Please try another one; your bank can tell you why.
            verify: 换卡后看到“交易成功”再交货。
              Hand over the goods only after “approved”.
            otherwise: 还是不行：先查询这笔交易的结果
              Still failing: query the outcome of this payment first
            red line: 客户已收到扣款通知的，先查询，不要再收款。
              If the customer got a debit notice, query first; don’t take the payment again.
            red line: 不要反复刷卡。
              Don’t try the card again and again.
            contact: 请持卡人联系发卡行
              The cardholder asks the issuer
        "#]],
    );
}

#[test]
fn the_whole_answer_has_the_contracts_form() {
    let facts =
        facts("code=A7 scheme=unionpay outcome=declined last_sign_on=old other_cards_here=fail tamper=no");
    let mut diagnosis = diagnose(Knowledge::builtin(), &facts);
    assert!(diagnosis.fill_in("terminal", "70310482"));
    assert!(!diagnosis.fill_in("pin", "never asked for"));
    let json = serde_json::to_string_pretty(&diagnosis).expect("serialises");
    expect_test::expect_file!["golden/a7.json"].assert_eq(&json);
}

#[test]
fn a_delicate_code_is_not_named_to_the_cardholder() {
    for code in ["41", "43", "59", "62"] {
        let shown = |role: &str| {
            let facts = facts(&format!("code={code} scheme=unionpay outcome=declined role={role}"));
            let diagnosis = diagnose(Knowledge::builtin(), &facts);
            serde_json::to_string(&diagnosis.causes).expect("serialises")
        };
        assert!(shown("shop").contains(&format!("应答码 {code}")));
        assert!(!shown("cardholder").contains(&format!("应答码 {code}")), "{code}");
    }
}

#[test]
fn the_log_odds_of_a_single_observation_are_the_change_of_the_odds() {
    let belief = |given: &str, cause: &str| {
        let diagnosis = diagnose(Knowledge::builtin(), &facts(given));
        diagnosis.causes.into_iter().find(|c| c.id == cause).expect("shown")
    };
    let cause = belief("code=91 scheme=unionpay", "issuer_down");
    let prior = Knowledge::builtin().causes().iter().find(|c| c.id == "issuer_down").expect("there").prior;
    let odds = |p: f64| (p / (1.0 - p)).ln();
    let change = odds(cause.probability) - odds(prior);
    assert!((change - cause.why[0].log_odds).abs() < 0.05, "{change} {:?}", cause.why);
}
