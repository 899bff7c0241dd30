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
            if usize::from(spec.max) < 16 || (numeric && !matches!(number, 2 | 48)) {
                continue;
            }
            let fill = |value: String, filler: &str| match spec.length {
                LengthKind::Fixed => value.clone() + &filler.repeat(usize::from(spec.max) - value.len()),
                _ => value,
            };
            let values = match spec.encoding {
                Encoding::Text if spec.digits => vec![PAN.to_owned()],
                Encoding::Text => vec![fill(PAN.into(), " "), fill(format!("{PAN}="), " ")],
                Encoding::Bytes => vec![PAN.to_owned(), hex.clone(), format!("C9{hex}80")],
                Encoding::HexText => vec![fill(PAN.into(), "F")],
                _ => vec![PAN.to_owned()],
            };
            for value in values
                .iter()
                .filter(|v| spec.encoding != Encoding::HexText || v.len() == usize::from(spec.max) * 2)
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
                    assert!(!json.contains(PAN) && !json.contains(&hex), "{name} {number}: {json}");
                    planted += 1;
                }
            }
        }
    }
    assert!(planted > 500, "{planted}");
}
