//! The object that `tillguard decode` prints, and that no card data are in it.

use expect_test::expect;
use serde_json::Value;
use tg_iso8583::{Builder, Decoder, Dialect, Encoding, LengthKind, Mti, describe, sample};
use tg_text::Text;

fn shown(dialect: &str, bytes: &[u8]) -> String {
    let mut decoder = Decoder::named(dialect).expect("dialect");
    let codes = |mti: Mti, code: &str| {
        (mti.is_response() && code == "55").then(|| Text::fixed("密码错误", "incorrect PIN"))
    };
    serde_json::to_string(&describe(&mut decoder, bytes, &codes)).expect("serialises")
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).expect("JSON")
}

fn built(dialect: &str, mti: u16, fields: &[(u8, &str)]) -> Vec<u8> {
    let mut builder =
        Builder::new(Dialect::named(dialect).expect("dialect"), Mti::from_number(mti).expect("digits"));
    if dialect == "cup_pos" {
        builder.header("tpdu", &[0x60; 5]).expect("part").header("head", &[0x60; 6]).expect("part");
    }
    for (number, value) in fields {
        builder.set(*number, value).expect("a value of the form");
    }
    builder.build().expect("builds")
}

#[test]
fn an_answer_has_the_contracts_form() {
    let bytes = built("cup_pos", 210, &[(3, "000000"), (39, "55"), (56, "密码错误")]);
    expect![[r#"{"dialect":"cup_pos","mti":"0210","header":{"tpdu":"6060606060","head":"606060606060"},"bitmap":"2000000002000100","fields":{"3":{"name":{"zh-CN":"交易处理码","en":"processing code"},"value":"000000","offset":21,"length":3},"39":{"name":{"zh-CN":"应答码","en":"response code"},"value":"55","offset":24,"length":2},"56":{"name":{"zh-CN":"保留域56","en":"reserved field 56"},"value":"密码错误","offset":26,"length":10}},"emv":[],"meaning":{"message_type":{"zh-CN":"金融交易应答","en":"financial response"},"processing_code":{"zh-CN":"消费","en":"purchase"},"response_code":{"zh-CN":"密码错误","en":"incorrect PIN"}}}"#]]
    .assert_eq(&shown("cup_pos", &bytes));
}

#[test]
fn an_error_says_where_and_keeps_what_was_before() {
    let bytes = built("cup_pos", 210, &[(3, "000000"), (39, "55"), (56, "密码错误")]);
    expect![[r#"{"dialect":"cup_pos","error":{"kind":"truncated","field":56,"offset":26,"expected":{"zh-CN":"8 字节","en":"8 bytes"},"found":{"zh-CN":"3 字节","en":"3 bytes"},"hint":{"zh-CN":"报文不完整：先查抓取或转发是否截断，再查前一个域的长度。","en":"The message is cut: check the capture or the relay first, then the length of the field before."}},"mti":"0210","header":{"tpdu":"6060606060","head":"606060606060"},"bitmap":"2000000002000100","fields":{"3":{"name":{"zh-CN":"交易处理码","en":"processing code"},"value":"000000","offset":21,"length":3},"39":{"name":{"zh-CN":"应答码","en":"response code"},"value":"55","offset":24,"length":2}},"emv":[],"meaning":{"message_type":{"zh-CN":"金融交易应答","en":"financial response"},"processing_code":{"zh-CN":"消费","en":"purchase"},"response_code":{"zh-CN":"密码错误","en":"incorrect PIN"}}}"#]]
    .assert_eq(&shown("cup_pos", &bytes[..31]));
    let cut = value(&shown("cup_pos", &bytes[..3]));
    assert_eq!(cut["error"]["kind"], "truncated");
    assert_eq!(cut["error"]["field"], Value::Null);
    assert_eq!(cut["header"], serde_json::json!({}));
}

#[test]
fn the_sample_shows_no_card_data() {
    let json = shown(sample::DIALECT, &sample::message().expect("builds"));
    let described = value(&json);
    assert_eq!(described["fields"]["2"]["value"], "620000******0005");
    assert_eq!(described["fields"]["35"]["masked"], true);
    assert_eq!(described["fields"]["52"]["value"], "****************");
    assert_eq!(described["fields"]["37"]["value"], "532600000173");
    assert_eq!(described["fields"]["41"].get("masked"), None);
    assert_eq!(described["meaning"]["entry_mode"]["en"], "contact chip");
    assert_eq!(described["meaning"]["pin_entry"]["en"], "PIN entry capable");
    let tvr = described["emv"].as_array().and_then(|l| l.iter().find(|e| e["tag"] == "95")).expect("95");
    assert_eq!(tvr["value"], "0000008000");
    assert_eq!(tvr["meaning"][0]["en"], "Exceeds floor limit");
    assert!(!json.contains("6200000000000005") && !json.contains("2912220"));
}

#[test]
fn secret_tags_are_hidden_in_the_list_and_in_the_hex() {
    let chip = "9F360200A5570862000000000000055A0862000000000000055F20045A48414E9F1F0312345670065A0411223344";
    let bytes = built("cup_pos", 200, &[(55, chip)]);
    let described = value(&shown("cup_pos", &bytes));
    assert_eq!(
        described["fields"]["55"]["value"],
        "9F360200A55708****************5A08****************5F2004********9F1F03******70065A04********"
    );
    let emv = described["emv"].as_array().expect("list");
    let secret: Vec<_> = emv.iter().filter(|e| e["masked"] == true).map(|e| e["tag"].as_str()).collect();
    assert_eq!(secret, [Some("57"), Some("5A"), Some("5F20"), Some("9F1F"), Some("5A")]);
    assert_eq!((&emv[0]["offset"], &emv[0]["length"]), (&Value::from(23), &Value::from(5)));
    assert_eq!(emv[0]["name"]["en"], "Application transaction counter");
    assert_eq!(emv[5]["offset"], 23 + 40);
}

#[test]
fn signature_data_in_union_pays_own_tags_are_read_and_masked() {
    let pan: String = "6200000000000005".bytes().map(|b| format!("{b:02X}")).collect();
    let bytes = built("cup_pos", 920, &[(55, &format!("FF0006BDBBD2D7B3C9FF0112CC{pan}20FF0202015AFF0300"))]);
    let described = value(&shown("cup_pos", &bytes));
    assert_eq!(described.get("error"), None);
    let emv = described["emv"].as_array().expect("list");
    assert_eq!(emv[0]["value"], "BDBBD2D7B3C9");
    assert_eq!(emv[1]["value"], format!("CC363230303030{}3030303520", "*".repeat(12)));
    assert_eq!((&emv[2]["value"], &emv[2]["masked"]), (&Value::from("****"), &Value::from(true)));
}

#[test]
fn broken_chip_data_is_an_error_beside_all_fields_and_its_rest_is_hidden() {
    let bytes = built("cup_pos", 200, &[(11, "000016"), (55, "9F360200A55A0A6200000000000005"), (60, "22")]);
    let described = value(&shown("cup_pos", &bytes));
    assert_eq!(described["error"]["kind"], "bad_tlv");
    assert_eq!(described["error"]["field"], 55);
    assert_eq!(described["error"]["offset"], 24);
    assert_eq!(described["error"]["found"]["en"], "a broken tag or length at byte 31");
    assert_eq!(described["fields"]["55"]["value"], "9F360200A5********************");
    assert_eq!(described["fields"]["60"]["value"], "22");
    assert_eq!(described["emv"].as_array().map(Vec::len), Some(1));
}

#[test]
fn chip_data_in_hexadecimal_characters_are_chip_data() {
    let bytes = built("iso87_ascii_hexbm", 200, &[(55, "9F360200A55A086200000000000005")]);
    let described = value(&shown("iso87_ascii_hexbm", &bytes));
    assert_eq!(described["fields"]["55"]["value"], "9F360200A55A08****************");
    assert_eq!(described["emv"][1]["masked"], true);
    assert_eq!(described["emv"][1]["offset"], 20 + 3 + 10);
    assert_eq!(described["emv"][1]["length"], 20);
    let text = built("iso87_ascii_hexbm", 400, &[(55, "003317000394809080646510000000")]);
    let described = value(&shown("iso87_ascii_hexbm", &text));
    assert_eq!(described["fields"]["55"]["value"], "003317000394809080646510000000");
    assert_eq!(described["emv"], serde_json::json!([]));
}

#[test]
fn keys_of_a_sign_on_are_hidden_and_a_serial_number_is_not() {
    let keys = "1CD7E77C6ABCE8DE71C54E43103F3691A5827EE743CC37DD604094AF22746A4BD094F7D626E95138";
    let described = value(&shown("cup_pos", &built("cup_pos", 810, &[(39, "00"), (62, keys)])));
    assert_eq!(described["fields"]["62"]["masked"], true);
    assert_eq!(described["fields"]["62"]["value"], "*".repeat(80));
    let described = value(&shown("cup_pos", &built("cup_pos", 800, &[(62, keys)])));
    assert_eq!(described["fields"]["62"]["masked"], true);
    let serial = "53657175656E6365204E6F313233";
    let described = value(&shown("cup_pos", &built("cup_pos", 800, &[(62, serial)])));
    assert_eq!(described["fields"]["62"]["value"], serial);
}

/// A card number planted in every field that can hold it, in every dialect and form: never shown in the
/// clear, but in the three identifiers that people need (and those can't hold 16 digits).
#[test]
fn a_card_number_planted_anywhere_is_never_shown() {
    const PAN: &str = "6200000000000005";
    let hex: String = PAN.bytes().map(|b| format!("{b:02X}")).collect();
    let mut planted = 0;
    for name in tg_iso8583::NAMES {
        let dialect = Dialect::named(name).expect("dialect");
        for number in 2..=128u8 {
            let Some(spec) = dialect.field(number) else { continue };
            let numeric = spec.digits || spec.is_bcd();
            // Numeric fields but the account number and 48 are counters, dates, amounts and codes.
            if spec.max < 16 || (numeric && !matches!(number, 2 | 48)) {
                continue;
            }
            let fill = |value: String, filler: &str| match spec.length {
                LengthKind::Fixed => {
                    let per_unit = if spec.encoding == Encoding::Bytes { 2 } else { 1 };
                    let missing = (spec.max as usize * per_unit).saturating_sub(value.len());
                    value.clone() + &filler.repeat(missing / filler.len())
                }
                _ => value,
            };
            let ebcdic: String = PAN.bytes().map(|b| format!("F{}", b & 15)).collect();
            let values = match spec.encoding {
                Encoding::Text if spec.digits => vec![PAN.to_owned()],
                Encoding::Text => {
                    let values = [PAN.to_owned(), format!("{PAN}=")].into_iter();
                    values.filter(|v| v.len() <= spec.max as usize).map(|v| fill(v, " ")).collect()
                }
                Encoding::Bytes => {
                    let values = [PAN.to_owned(), hex.clone(), ebcdic.clone(), format!("C9{hex}80")];
                    let room = spec.max as usize * 2;
                    values.into_iter().filter(|v| v.len() <= room).map(|v| fill(v, "CC")).collect()
                }
                Encoding::HexText => vec![fill(PAN.into(), "F")],
                _ => vec![PAN.to_owned()],
            };
            for value in values
                .iter()
                .filter(|v| spec.encoding != Encoding::HexText || v.len() == spec.max as usize * 2)
            {
                let mut builder = Builder::new(dialect.clone(), Mti::from_number(200).expect("digits"));
                for (part, length) in dialect.header_parts().filter(|(part, _)| *part != "len") {
                    builder.header(part, &vec![0x60; length]).expect("part");
                }
                builder.set(number, value).expect("a value of the form");
                let bytes = builder.build().expect("builds");
                // Whole, and with a byte missing and one too many: the beginning of a failed message too.
                for bytes in [&bytes[..], &bytes[..bytes.len() - 1], &[&bytes[..], &[0]].concat()] {
                    let json = shown(name, bytes);
                    assert!(
                        !json.contains(PAN) && !json.contains(&hex) && !json.contains(&ebcdic),
                        "{name} {number}: {json}"
                    );
                    planted += 1;
                }
            }
        }
    }
    assert!(planted > 500, "{planted}");
}

#[test]
fn the_parts_of_postilions_field_127_are_shown_and_its_security_code_hidden() {
    // Bits 2, 10 and 25 of the inner bitmap.
    let inner = "4040008000000000".to_owned()
        + &"10SWITCH_KEY".bytes().map(|b| format!("{b:02X}")).collect::<String>()
        + "373831"
        + &"0008ICC_DATA".bytes().map(|b| format!("{b:02X}")).collect::<String>();
    let bytes = built("postilion", 200, &[(11, "000016"), (127, &inner)]);
    let described = value(&shown("postilion", &bytes));
    let field = &described["fields"]["127"];
    assert_eq!(field["value"], inner.replace("373831", "******"));
    let parts = field["subfields"].as_array().expect("parts");
    let part = |at: usize| (parts[at]["id"].as_str(), parts[at]["value"].as_str(), &parts[at]["offset"]);
    assert_eq!(part(0), (Some("2"), Some("SWITCH_KEY"), &Value::from(26 + 6 + 8)));
    assert_eq!(part(1), (Some("10"), Some("***"), &Value::from(26 + 6 + 8 + 12)));
    assert_eq!(part(2), (Some("25"), Some("ICC_DATA"), &Value::from(26 + 6 + 8 + 15)));
    assert_eq!((&parts[1]["masked"], &parts[1]["name"]["en"]), (&Value::from(true), &Value::from("CVV2")));
    // Behind a break everything is hidden.
    let cut = &inner[..inner.len() - 4];
    let described = value(&shown("postilion", &built("postilion", 200, &[(11, "000016"), (127, cut)])));
    let hidden = described["fields"]["127"]["value"].as_str().expect("text");
    assert!(hidden.ends_with(&"*".repeat(26)) && hidden.starts_with("40400080"), "{hidden}");
}

#[test]
fn mastercards_security_code_in_field_48_is_hidden() {
    // T, then sub-element 42 (0103), then 92 (123), in EBCDIC.
    let inner = "E3F4F2F0F4F0F1F0F3F9F2F0F3F1F2F3";
    let described = value(&shown("mastercard", &built("mastercard", 100, &[(48, inner)])));
    let field = &described["fields"]["48"];
    assert_eq!(field["value"], "E3F4F2F0F4F0F1F0F3F9F2F0F3******");
    assert_eq!(
        (&field["subfields"][0]["id"], &field["subfields"][0]["value"]),
        (&"42".into(), &"0103".into())
    );
    assert_eq!(
        (&field["subfields"][1]["id"], &field["subfields"][1]["value"]),
        (&"92".into(), &"***".into())
    );
}

#[test]
fn parts_at_places_are_shown_in_digits_and_in_text() {
    let described = value(&shown("cup_pos", &built("cup_pos", 200, &[(60, "22000001000501")])));
    let parts = described["fields"]["60"]["subfields"].as_array().expect("parts");
    let values: Vec<_> = parts.iter().filter_map(|p| p["value"].as_str()).collect();
    assert_eq!(values, ["22", "000001", "000", "5", "0"]);
    assert_eq!((&parts[1]["offset"], &parts[1]["length"]), (&Value::from(24), &Value::from(3)));
    let original = "020000012301021530450000009450000000094500";
    let described = value(&shown("iso87_ascii_hexbm", &built("iso87_ascii_hexbm", 400, &[(90, original)])));
    let parts = described["fields"]["90"]["subfields"].as_array().expect("parts");
    assert_eq!(
        (&parts[1]["value"], &parts[1]["name"]["en"]),
        (&"000123".into(), &"original trace number".into())
    );
}

#[test]
fn what_a_cardholder_is_checked_by_between_hosts_is_hidden() {
    let check = "0000000000000000000000  CUP000  CUPAM0010000110000000006ABCDEF01100000000000";
    let described = value(&shown("cups_interchange", &built("cups_interchange", 110, &[(61, check)])));
    assert_eq!(described["fields"]["61"]["masked"], true);
    assert_eq!(described["fields"]["61"]["value"], "*".repeat(check.len()));
}

#[test]
fn a_field_of_1993_has_its_own_name() {
    let described = value(&shown("jpos93a", &built("jpos93a", 1200, &[(22, "510101511301"), (24, "200")])));
    assert_eq!(described["fields"]["24"]["name"]["en"], "function code");
    assert_eq!(described["meaning"].get("pin_entry"), None);
}
