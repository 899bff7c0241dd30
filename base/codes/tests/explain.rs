//! What people ask at a till, and what they are told.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use tg_codes::{Catalogue, Explanation, Kind, Query, explain};

fn ask(query: Query) -> Explanation {
    explain(&query, Catalogue::builtin())
}

/// The matches as `scheme code`, best first; screen messages by their id.
fn found(query: Query) -> Vec<String> {
    let matches = ask(query).matches;
    matches
        .iter()
        .map(|m| [m.scheme.as_deref(), Some(&m.code)].into_iter().flatten().collect::<Vec<_>>().join(" "))
        .collect()
}

fn first(what: &str) -> String {
    found(Query::new(what)).first().cloned().unwrap_or_default()
}

fn check(explanation: &Explanation, expected: Expect) {
    expected.assert_eq(&serde_json::to_string_pretty(explanation).expect("serialises"));
}

#[test]
fn a7_is_explained_as_the_contract_says() {
    check(
        &ask(Query::new("A7")),
        expect![[r#"
            {
              "schema": "tillguard.explain/1",
              "matches": [
                {
                  "kind": "response_code",
                  "scheme": "unionpay",
                  "code": "A7",
                  "direction": "response",
                  "meaning": {
                    "zh-CN": "安全处理失败（①调用MAC校验程序失败；②调用PIN校验程序失败；③MAC处理失败；④密钥处理失败）",
                    "en": "Security processing failed: MAC routine failed, PIN routine failed, MAC processing failed or key processing failed (HSM/host side)"
                  },
                  "action": {
                    "zh-CN": "先重新签到一次；仍失败则停用该机并联系收单机构，报商户号、终端号、序列号（TUSN）、时间、流水号、应答码。",
                    "en": "Sign on again once; if it fails again stop using the machine and call the acquirer with MID, TID, TUSN/serial, time, STAN and code."
                  },
                  "acquirer_action": {
                    "zh-CN": "先判断单台还是全部：检查加密机/主机的MAC、PIN处理及告警；核对TMK/TAK/TPK是否存在、KCV与登记一致；同一终端号是否有两个序列号或IP；终端防拆状态。查明原因后，方可由授权人员双人重新灌装密钥。",
                    "en": "One terminal or all? Check HSM/host MAC and PIN routines and alarms; TMK/TAK/TPK present and KCV equal to the registry; two serials or IPs on one TID; tamper state. Keys are reloaded only by authorised staff under dual control, once the cause is known."
                  },
                  "category": "crypto_key",
                  "capture_card": "no",
                  "retryable": "after_sign_on",
                  "source": "odejinmi/topwisemp35p ResultsQuery.java (class letter, conditions); confirmed: public code (ISO8583Comm.java SECURITY_ERROR=A7)",
                  "check_before_use": false
                }
              ],
              "listed": true
            }"#]],
    );
}

#[test]
fn an_unknown_code_is_not_explained_by_a_neighbour() {
    check(
        &ask(Query::new("Q9")),
        expect![[r#"
        {
          "schema": "tillguard.explain/1",
          "matches": [],
          "listed": false,
          "advice": {
            "zh-CN": "目录中没有查到。不要凭猜测处理；查明本笔结果之前，不要再次扣款。请联系收单机构，报应答码或屏幕原文、时间、金额、流水号、参考号、商户号、终端号、序列号和掩码卡号。",
            "en": "Not listed in the catalogue. Do not act on a guess, and do not take the payment again before its outcome is known. Call the acquirer with the code or the exact words on the screen, time, amount, STAN, RRN, merchant and terminal number, serial and masked card number."
          }
        }"#]],
    );
    for what in ["", "   ", "1234", "A77", "天气预报", "hello world", "！？。", "失败", "error code"]
    {
        let explanation = ask(Query::new(what));
        let sure = explanation
            .matches
            .iter()
            .any(|m| m.kind == Kind::ResponseCode && m.scheme.as_deref() == Some("unionpay"));
        assert!(!sure, "{what}");
    }
}

#[test]
fn a_bare_code_names_unionpay_first_then_the_others() {
    assert_eq!(found(Query::new("05")), ["unionpay 05", "visa 05", "mastercard 05", "iso8583-1987 05"]);
    assert_eq!(found(Query::new("5")), ["unionpay 05", "visa 05", "mastercard 05", "iso8583-1987 05"]);
    assert_eq!(first("99"), "unionpay 99");
    assert_eq!(first("916"), "iso8583-1993 916");
    assert_eq!(first("应答码：55"), "unionpay 55");
}

#[test]
fn letters_may_be_small_full_width_or_in_a_sentence() {
    for what in ["A7", "a7", "Ａ７", "ａ７", "应答码A7", "code a7", "A7 安全处理失败"] {
        assert_eq!(first(what), "unionpay A7", "{what}");
    }
}

#[test]
fn a_scheme_filters_and_never_falls_back() {
    assert_eq!(found(Query::new("N7").scheme("visa").expect("a scheme")), ["visa N7"]);
    assert_eq!(found(Query::new("visa N7")), ["visa N7"]);
    assert_eq!(found(Query::new("银联 A0")), ["unionpay A0"]);
    assert!(!ask(Query::new("A7").scheme("visa").expect("a scheme")).listed());
    let unknown = Query::new("05").scheme("viza").expect_err("not a scheme");
    assert_eq!(unknown.nearest.as_deref(), Some("visa"));
    assert!(unknown.problem().render(tg_text::Lang::Zh).contains("visa"));
}

#[test]
fn in_a_reversal_request_the_code_is_the_reason() {
    let query = |mti: &str| Query::new("98").mti(mti).expect("a message type");
    let reason = &ask(query("0400")).matches;
    assert_eq!(reason.len(), 1);
    assert_eq!(reason[0].category, "reversal_reason");
    assert_eq!(ask(query("0210")).matches[0].category, "timeout");
    assert_eq!(ask(query("0410")).matches[0].category, "timeout");
    assert_eq!(ask(Query::new("98 0400")).matches[0].category, "reversal_reason");
    // A code that is no reason is not listed there, whatever it means as an answer.
    assert!(!ask(Query::new("55").mti("0400").expect("a message type")).listed());
    assert!(Query::new("55").mti("04").is_err());
}

#[test]
fn a_vendor_matches_by_the_beginning_of_its_name() {
    assert_eq!(found(Query::new("PED -320").vendor("pax")), ["pax-ped -320"]);
    assert_eq!(found(Query::new("-320").vendor("PAX")), ["pax-ped -320"]);
    assert_eq!(found(Query::new("320").vendor("pax")), ["pax-ped -320"]);
    assert_eq!(found(Query::new("PED-320")), ["pax-ped -320", "hsm-300-family -320"]);
    assert_eq!(found(Query::new("Z1").vendor("mis")), ["mis-dll-local(example) Z1"]);
    assert_eq!(first("Z1"), "emv-offline Z1");
    assert_eq!(first("NO_KEY"), "pax-ped -301");
    assert_eq!(first("ACQ.TRADE_HAS_SUCCESS"), "alipay ACQ.TRADE_HAS_SUCCESS");
    assert_eq!(first("ORDER_SUCCESS_PAY_INPROCESS"), "alipay 10003 / ORDER_SUCCESS_PAY_INPROCESS");
    assert!(!ask(Query::new("-999").vendor("pax")).listed());
}

#[test]
fn a_tampered_device_is_left_alone() {
    let explanation = ask(Query::new("PED -320").vendor("pax"));
    let action = &explanation.matches[0].action;
    assert!(
        action.zh.contains("不要关机、重启或拆机")
            && action.en.contains("Do not switch it off, restart or open it")
    );
}

#[test]
fn the_screens_words_are_found_as_people_type_them() {
    for (typed, id) in [
        ("安全处理失败", "SEC_FAIL"),
        ("安全 处理失败!", "SEC_FAIL"),
        ("安全处理失", "SEC_FAIL"),
        ("安处理失败", "SEC_FAIL"),
        ("安全處理失敗", "SEC_FAIL"),
        ("机器提示安全处理失败怎么办", "SEC_FAIL"),
        ("Security processing failed", "SEC_FAIL"),
        ("请先签到", "SIGNON"),
        ("请重新签到", "SIGNON"),
        ("MAC校验错", "MAC_FAIL"),
        ("主密钥不存在", "NO_TMK"),
        ("请下载主密钥", "NO_TMK"),
        ("终端被攻击", "TAMPER"),
        ("device tampered", "TAMPER"),
        ("通讯失败", "COMM"),
        ("网络连接失败", "COMM"),
        ("交易超时", "TIMEOUT"),
        ("打印机缺纸", "PRINT"),
        ("读卡失败", "CARD_READ"),
        ("終端未登記", "TERM_UNREG"),
        ("發卡行狀態異常", "ISSUER_DOWN"),
        ("pin pad fault", "PINPAD"),
        ("锁定", "LOCKED"),
    ] {
        assert_eq!(first(typed), id, "{typed}");
    }
    assert_eq!(found(Query::new("安全处理失败")), ["SEC_FAIL", "unionpay A7"]);
}

#[test]
fn words_of_a_code_find_the_code() {
    for (typed, code) in [
        ("余额不足", "unionpay 51"),
        ("密码错误", "unionpay 55"),
        ("资金不足", "unionpay 51"),
        ("insufficient funds", "unionpay 51"),
        ("do not honor", "visa 05"),
        ("CVV2校验失败", "visa N7"),
    ] {
        assert_eq!(first(typed), code, "{typed}");
    }
}

#[test]
fn our_own_problems_are_explained_too() {
    let explanation = ask(Query::new("tg-1005"));
    assert_eq!(
        (explanation.matches[0].kind, explanation.matches[0].code.as_str()),
        (Kind::Problem, "TG-1005")
    );
    assert!(!ask(Query::new("TG-9999")).listed());
}

#[test]
fn every_screen_message_is_found_by_its_own_words() {
    for message in Catalogue::builtin().screen_messages() {
        for way in message.words.zh.split('/').chain([message.words.en.as_ref()]) {
            let found = found(Query::new(way));
            assert!(found.contains(&message.id), "{way} finds {found:?}");
        }
    }
}

#[test]
fn every_code_is_found_by_its_scheme() {
    for code in Catalogue::builtin().response_codes() {
        let mti = if code.direction == tg_codes::Direction::Response { "0210" } else { "0400" };
        let query =
            Query::new(&code.code).scheme(code.scheme.word()).expect("a scheme").mti(mti).expect("a type");
        assert_eq!(found(query), [format!("{} {}", code.scheme, code.code)]);
    }
}

#[test]
fn a_row_from_memory_says_so_in_its_text() {
    let explanation = ask(Query::new("Y1"));
    let row = &explanation.matches[0];
    assert!(row.check_before_use && row.source.contains("from memory"));
    assert!(row.action.zh.contains("使用前请核实") && row.action.en.contains("Check before use"));
    let sure = &ask(Query::new("A7")).matches[0];
    assert!(!sure.check_before_use && !sure.action.zh.contains("核实"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_question_gets_an_answer(what in "\\PC{0,300}", vendor in proptest::option::of("[a-z\\-]{0,8}")) {
        let mut query = Query::new(what);
        if let Some(vendor) = vendor {
            query = query.vendor(vendor);
        }
        let explanation = ask(query);
        prop_assert!(explanation.matches.len() <= 12);
        prop_assert_eq!(explanation.listed(), explanation.advice().is_none());
    }
}
