//! Every rule fires on a row that breaks it, and on no good one.

use super::*;
use crate::catalogue::{BUILTIN, Sources};

/// The rules that one more line in a file breaks.
fn planted(sources: &Sources<'_>) -> String {
    lint(&Catalogue::from_sources(sources).expect("the line can be read")).join("\n")
}

const HEADER: &str = "scheme,code,meaning_en,meaning_zh,category,action_en,action_zh,retryable,source,capture_card,direction,scheme_class\n";

fn code(row: &str) -> String {
    planted(&Sources { response_codes: &format!("{HEADER}{row}\n"), ..BUILTIN })
}

#[test]
fn a_good_row_breaks_nothing() {
    assert_eq!(code("visa,05,Ask,询问,declined,Ask the acquirer.,联系收单机构。,no,s,,,cat4"), "");
}

#[test]
fn each_rule_about_a_row_fires() {
    for (row, rule) in [
        ("visa,05,Ask,,declined,Ask.,询问。,no,s,,,", "meaning needs both languages"),
        ("visa,05,Ask,问,declined,,询问。,no,s,,,", "action needs both languages"),
        ("visa,05,Ask,问,declined,Ask.,询问。,no,,,,", "has no source"),
        ("visa,05,x,问,declined,A.,问。,no,s,,,\nvisa,05,y,问,declined,A.,问。,no,s,,,", "stands twice"),
        ("visa,04,x,问,approved,A.,问。,no,s,yes,,", "keeps the card, so it is never approved (I8)"),
        ("visa,04,x,问,approved_flawed,A.,问。,no,s,may,,", "keeps the card, so it is never approved (I8)"),
        ("visa,05,Do not honour,问,approved,A.,问。,no,s,,,", "declines, so it is never approved (I8)"),
        ("visa,05,x,被窃卡,approved_partial,A.,问。,no,s,,,", "declines, so it is never approved (I8)"),
        ("visa,00,x,问,approved,A.,问。,yes_once,s,,,", "a retry would charge twice"),
        ("visa,04,x,问,pickup,Call.,致电。,no,s,yes,,", "neutral words"),
        ("visa,98,x,问,reversal_reason,A.,问。,no,s,,,", "belongs to reversal requests"),
        ("visa,98,x,问,timeout,A.,问。,no,s,,reversal_request,", "belongs to reversal requests"),
        ("unionpay,A7,x,问,crypto_key,Call.,致电。,after_sign_on,s,,,C", "says to sign on once"),
        ("unionpay,06,x,问,system,A.,问。,yes_later,s,,,E", "query first"),
        ("unionpay,04,x,问,declined,A.,问。,no,s,,,A", "class A means approved"),
        ("visa,76,x,问,reserved,A.,问。,no,s,,,", "leaves the outcome unknown"),
        ("visa,N7,CVV2 failure,问,fraud,Stop.,停止。,no,s,,,", "usually mistyped"),
        ("visa,14,x,问,card,A.,问。,yes_once,s,,,cat1", "category 1"),
    ] {
        let broken = code(row);
        assert!(broken.contains(rule), "{row}: {broken}");
    }
}

#[test]
fn sign_on_codes_need_every_part_of_the_sentence() {
    let full_en = "Sign on again once; if it fails again stop using the machine and call the acquirer.";
    let full_zh = "先重新签到一次;仍失败则停用该机并联系收单机构。";
    for sign_on in ["A7", "A0", "99", "63"] {
        let row = |en: &str, zh: &str, retry: &str| {
            code(&format!("unionpay,{sign_on},x,问,crypto_key,\"{en}\",\"{zh}\",{retry},s,,,C"))
        };
        assert_eq!(row(full_en, full_zh, "after_sign_on"), "");
        assert!(!row(full_en, full_zh, "yes_once").is_empty());
        assert!(!row("Sign on again once.", full_zh, "after_sign_on").is_empty());
        assert!(!row(full_en, "先重新签到一次。", "after_sign_on").is_empty());
    }
    // The same numbers mean other things at other schemes.
    assert_eq!(code("visa,63,x,问,crypto_security,Ask.,询问。,no,s,,,"), "");
}

#[test]
fn each_harm_in_a_shop_text_fires() {
    for (en, zh, harm) in [
        ("Ask.", "请下载主密钥。", "tells the shop to load keys"),
        ("Ask.", "联系上门人员灌密钥。", "tells the shop to load keys"),
        ("Load the key again.", "询问。", "tells the shop to load keys"),
        ("Do not wait; inject the key.", "询问。", "tells the shop to load keys"),
        ("Ask for the CVV.", "询问。", "asks for a card secret"),
        ("Ask.", "向持卡人索取安全码。", "asks for a card secret"),
        ("Ask.", "请持卡人告知密码。", "asks for a card secret"),
        ("The card is stolen.", "询问。", "accuses a person"),
        ("Ask.", "告诉客户该卡被盗。", "accuses a person"),
        ("Ask.", "不要说卡被盗刷。", "accuses a person"),
        ("Restart the terminal.", "询问。", "restart the machine"),
        ("Ask.", "设备被攻击,重启机器。", "restart the machine"),
        ("Keep it sealed: seal and keep it, then restart the router.", "询问。", "restart the machine"),
        ("Ask.", "恢复出厂设置。", "open, reset or unlock"),
    ] {
        let broken = code(&format!("visa,05,x,问,declined,\"{en}\",\"{zh}\",no,s,,,"));
        assert!(broken.contains(harm), "{en} {zh}: {broken}");
    }
}

#[test]
fn what_is_forbidden_in_its_sentence_is_no_harm() {
    for (en, zh) in [
        ("Do not download the master key yourself.", "不要按屏幕提示下载主密钥。"),
        ("Staff never ask for the PIN.", "店员不得索取、抄写、拍摄安全码。"),
        ("Do not switch it off, restart or open it.", "不要关机、重启或拆机。"),
        ("Restart the router.", "重启路由器。"),
    ] {
        assert_eq!(code(&format!("visa,05,x,问,declined,\"{en}\",\"{zh}\",no,s,,,")), "", "{en}");
    }
}

#[test]
fn screens_vendors_and_small_tables_are_linted() {
    let screens = "id,message_zh,message_en,fix_steps_zh,fix_steps_en,category,retryable,source\n\
                   A,问,x,请重启机器,Ask.,tamper,no,s\nA,问,,问,Ask.,approved,no,\n";
    let broken = planted(&Sources { screen_messages: screens, ..BUILTIN });
    for rule in [
        "A: stands twice",
        "restart the machine",
        "words needs both languages",
        "A: has no source",
        "never approved (I8)",
    ] {
        assert!(broken.contains(rule), "{rule}: {broken}");
    }
    let actions = "domain,action_en,action_zh,retryable\nkey,Load the key.,问,no\n";
    let codes = "family,code,meaning_en,meaning_zh,domain,source\npax,-1,x,,key,s\npax,-1,x,问,key,\n";
    let vendor = Sources { vendor_codes: codes, vendor_actions: actions, ..BUILTIN };
    let broken = planted(&vendor);
    for rule in ["pax -1: stands twice", "load keys", "meaning needs both languages", "pax -1: has no source"]
    {
        assert!(broken.contains(rule), "{rule}: {broken}");
    }
    let lines = "country,kind,org,org_zh,contact,use_en,use_zh,source,verified\nCN,police,P,,1,x,问,from memory,yes\n";
    let broken = planted(&Sources { hotlines: lines, ..BUILTIN });
    assert!(
        broken.contains("organisation needs both languages") && broken.contains("says from memory"),
        "{broken}"
    );
    let modes =
        "scheme,de22_prefix,meaning_en,meaning_zh,security_note,security_note_zh\npin-digit,x1,x,问,x,\n";
    assert!(planted(&Sources { entry_modes: modes, ..BUILTIN }).contains("note needs both languages"));
}
