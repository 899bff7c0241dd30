//! The UnionPay POS MAC against published and computed vectors (`cup_pos_mac.jsonl`; each row names its
//! source), and over whole messages with known keys (the rows of the ISO 8583 vectors that carry `mak`).

use serde_json::Value;
use tg_iso8583::Decoder;
use tg_keys::{MacKey, SerialForm, SerialKey, TerminalIdentity};

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[i * 2..i * 2 + 2], 16).expect("hex")).collect()
}

fn rows(text: &str) -> impl Iterator<Item = Value> + '_ {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON"))
}

#[test]
fn published_macs_are_reproduced() {
    let mut count = 0;
    for row in rows(include_str!("cup_pos_mac.jsonl")) {
        let text = |part: &str, key: &str| row[part][key].as_str().expect("text").to_owned();
        let key = MacKey::from_hex(&text("in", "mak")).expect("a key");
        let mac = key.mac(&hex(&text("in", "mab")));
        assert_eq!(String::from_utf8_lossy(&mac), text("out", "mac_ascii8"), "{}", row["id"]);
        assert_eq!(mac.as_slice(), hex(&text("out", "mac_de64")), "{}", row["id"]);
        count += 1;
    }
    assert!(count >= 4, "{count}");
}

#[test]
fn messages_with_known_keys_carry_their_mac() {
    let mut count = 0;
    for row in rows(include_str!("../../iso8583/tests/vectors.jsonl")) {
        let Some(key) = row["mak"].as_str() else { continue };
        let key = MacKey::from_hex(key).expect("a key");
        let bytes = hex(row["hex"].as_str().expect("hex"));
        let mut decoder = Decoder::named(row["dialect"].as_str().expect("dialect")).expect("built");
        let Ok(message) = decoder.decode(&bytes) else { continue };
        let input = &bytes[message.mac_input().expect("a MAC")];
        let mac = message.mac().expect("a MAC");
        assert_eq!(key.verify(input, &mac), row["mac_valid"] == true, "{}", row["id"]);
        assert!(!key.verify(&bytes, &mac), "{}: header and field 64 are not part of it", row["id"]);
        count += 1;
    }
    assert!(count >= 3, "{count}");
}

#[test]
fn a_built_message_carries_the_mac_that_verifies() {
    let key = MacKey::from_hex("0123456789ABCDEFFEDCBA9876543210").expect("a key");
    let bytes = tg_iso8583::sample::message().expect("builds");
    let mut decoder = Decoder::named(tg_iso8583::sample::DIALECT).expect("built");
    let message = decoder.decode(&bytes).expect("decodes");
    let signed = tg_iso8583::Builder::of(&message).build_with_mac(|input| key.mac(input)).expect("builds");
    let message = decoder.decode(&signed).expect("decodes");
    let input = &signed[message.mac_input().expect("a MAC")];
    assert!(key.verify(input, &message.mac().expect("a MAC")));
    let other = MacKey::from_hex("0123456789ABCDEFFEDCBA9876543211").expect("parity is not part of a key");
    assert!(other.verify(input, &message.mac().expect("a MAC")));
    let wrong = MacKey::from_hex("1123456789ABCDEFFEDCBA9876543210").expect("a key");
    assert!(!wrong.verify(input, &message.mac().expect("a MAC")));
}

#[test]
fn terminals_show_that_their_serial_is_their_own() {
    let mut count = 0;
    for line in include_str!("tusn.txt").lines().filter(|line| !line.starts_with('#')) {
        let [key, serial, factor, ciphertext, usage] = line.splitn(5, ' ').collect::<Vec<_>>()[..] else {
            panic!("five parts: {line}");
        };
        let key = SerialKey::from_hex(key).expect("a key");
        let identity = TerminalIdentity::parse(usage).expect("field 59, usage A2");
        assert_eq!((identity.serial, identity.factor, identity.ciphertext), (serial, factor, ciphertext));
        assert_eq!(key.verify(&identity), Some(SerialForm::Whole), "{line}");
        assert_eq!(key.verify(&TerminalIdentity { factor: "000000", ..identity }), None);
        count += 1;
    }
    assert_eq!(count, 4);
}
