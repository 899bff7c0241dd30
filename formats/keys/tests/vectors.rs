//! Published and computed vectors; each row names its source.
//!
//! The UnionPay POS MAC (`cup_pos_mac.jsonl`), over whole messages with known keys (the rows of the ISO 8583
//! vectors that carry `mak`), the terminal's ciphertext (`tusn.txt`), and the algorithms of the stream
//! (`known_answers.jsonl`, copied from the project's shared data/crypto/vectors.jsonl). `cargo xtask vectors
//! crypto` answers all rows of the latter, those of the test bench too; its own tests run them.

use serde_json::Value;
use std::collections::BTreeMap;
use tg_iso8583::Decoder;
use tg_keys::{AesKey, AesLength, AesTransactionKey, KeyBytes, KeySerialNumber, KeyUse, MacKey, Padding};
use tg_keys::{CryptogramData, CryptogramVersion, IssuerMasterKey};
use tg_keys::{RetailMacKey, SerialForm, SerialKey, Sm4Key, Sm4MacForm, Sm4MacKey, TdesKey};
use tg_keys::{
    TdesTransactionKey, TerminalIdentity, aes_initial_key, sm3, tdes_initial_key, unwrap_key_block,
};

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

/// A row of `known_answers.jsonl`: what goes in, and what must come out as hexadecimal.
struct Row(Value);

impl Row {
    fn text(&self, key: &str) -> &str {
        self.0["in"][key].as_str().unwrap_or_else(|| panic!("{}: {key}", self.0["id"]))
    }

    fn bytes(&self, key: &str) -> Vec<u8> {
        hex(self.text(key))
    }

    fn array<const SIZE: usize>(&self, key: &str) -> [u8; SIZE] {
        self.bytes(key).try_into().expect("of that size")
    }

    fn padding(&self) -> Padding {
        if self.0["in"]["padding"] == 1 { Padding::Zeros } else { Padding::OneThenZeros }
    }

    /// If the row expects it at all: some rows give the key alone.
    fn expects(&self, key: &str, ours: &[u8]) {
        if let Some(theirs) = self.0["out"][key].as_str() {
            assert_eq!(ours, hex(theirs), "{} {key}", self.0["id"]);
        }
    }
}

#[test]
fn known_answers_are_given() {
    let mut counts = BTreeMap::<String, u32>::new();
    for row in rows(include_str!("known_answers.jsonl")).map(Row) {
        let algorithm = row.0["alg"].as_str().expect("text").to_owned();
        match algorithm.as_str() {
            "cup_pos_mac_sm4_ecb" => {
                let mac = Sm4MacKey::from_hex(row.text("mak")).expect("a key").mac(&row.bytes("mab"));
                row.expects("xor", &mac.folded);
                row.expects("second_encryption", &mac.last_block);
                row.expects("de64_if_first_8_bytes", &mac.field(Sm4MacForm::FirstEightBytes));
                row.expects("de64_if_8_hex_chars", &mac.field(Sm4MacForm::EightCharacters));
            }
            "sm4_cbc_mac" => row.expects(
                "mac",
                &Sm4Key::from_hex(row.text("key")).expect("a key").cbc_mac(&row.bytes("data")),
            ),
            "sm4_ecb" => {
                let key = Sm4Key::from_hex(row.text("key")).expect("a key");
                row.expects("cipher", &key.encrypt_block(row.array("data")));
            }
            "sm3" => row.expects("hash", &sm3(&row.bytes("data"))),
            "iso9797_1_alg1_tdes" | "iso9797_1_alg1_des_x9_9" => {
                let key = TdesKey::new(&row.bytes("key")).expect("a key");
                row.expects("mac8", &key.cbc_mac(&row.bytes("data"), row.padding()));
            }
            "iso9797_1_alg3_retail_x9_19" => {
                let key = RetailMacKey::new(&row.bytes("key")).expect("a key");
                row.expects("mac8", &key.mac(&row.bytes("data"), row.padding()));
            }
            "aes_cmac" => {
                row.expects("mac", &AesKey::new(&row.bytes("key")).expect("a key").cmac(&row.bytes("data")))
            }
            "dukpt_tdes_ipek" | "dukpt_tdes" => tdes_transaction(&row),
            "dukpt_aes_ik" => {
                let base = KeyBytes::new(&row.bytes("bdk"));
                row.expects("ik", aes_initial_key(&base, row.array("ikid")).expect("a key").expose());
            }
            "dukpt_aes" => aes_transaction(&row),
            "tr31_unwrap" => {
                let protection = KeyBytes::new(&row.bytes("kbpk"));
                let unwrapped = unwrap_key_block(row.text("key_block"), &protection).expect("a key block");
                row.expects("key", unwrapped.key.expose());
                assert_eq!(row.0["out"]["key_usage"], unwrapped.header.key_use);
            }
            "emv_visa_cvn10" => cryptogram(&row, CryptogramVersion::Visa10),
            "emv_visa_cvn18" => cryptogram(&row, CryptogramVersion::Visa18),
            "emv_visa_cvn22" => cryptogram(&row, CryptogramVersion::Visa22),
            "emv_mc_cvn16" => cryptogram(&row, CryptogramVersion::Mastercard16),
            "emv_mc_cvn17" => cryptogram(&row, CryptogramVersion::Mastercard17),
            "emv_mc_cvn20" => cryptogram(&row, CryptogramVersion::Mastercard20),
            "emv_mc_cvn21" => cryptogram(&row, CryptogramVersion::Mastercard21),
            "emv_interac_cvn133" => cryptogram(&row, CryptogramVersion::Interac133),
            _ => continue,
        }
        *counts.entry(algorithm).or_default() += 1;
    }
    assert_eq!((counts.len(), counts.values().sum::<u32>()), (21, 70), "{counts:?}");
}

fn cryptogram(row: &Row, version: CryptogramVersion) {
    let issuer = IssuerMasterKey::new(&row.bytes("imk_ac")).expect("a key");
    let sequence = row.text("psn").parse().expect("a number");
    let card = version.card_key(&issuer, row.text("pan"), sequence).expect("a key");
    let optional = |key: &str| row.0["in"][key].as_str().map(hex).unwrap_or_default();
    let issuer_part = [optional("cvr"), optional("tag_9f10")].concat();
    let data = CryptogramData {
        amount_authorised: row.array("tag_9f02"),
        amount_other: row.array("tag_9f03"),
        terminal_country: row.array("tag_9f1a"),
        terminal_verification_results: row.array("tag_95"),
        transaction_currency: row.array("tag_5f2a"),
        transaction_date: row.array("tag_9a"),
        transaction_type: row.array("tag_9c"),
        unpredictable_number: row.array("tag_9f37"),
        application_interchange_profile: row.array("tag_82"),
        application_transaction_counter: row.array("tag_9f36"),
        issuer_part: &issuer_part,
        counters: &optional("counters"),
    };
    row.expects("arqc", &version.cryptogram(&card, &data));
}

fn tdes_transaction(row: &Row) {
    let serial = KeySerialNumber(row.array("ksn"));
    let initial = tdes_initial_key(&row.bytes("bdk"), serial).expect("a key");
    row.expects("ipek", initial.expose());
    if let Some(data) = row.0["in"]["mac_data_ascii"].as_str() {
        let key = TdesTransactionKey::derive(&initial, serial).expect("a key");
        row.expects("txn_key", key.bytes().expose());
        let mac = |key: RetailMacKey| key.mac(data.as_bytes(), Padding::Zeros);
        row.expects("mac_request4", &mac(key.request_mac_key().expect("a key"))[..4]);
        row.expects("mac_response4", &mac(key.response_mac_key().expect("a key"))[..4]);
    }
}

fn aes_transaction(row: &Row) {
    let initial = aes_initial_key(&KeyBytes::new(&row.bytes("bdk")), row.array("ikid")).expect("a key");
    let key = AesTransactionKey::derive(&initial, row.array("ksn")).expect("a key");
    row.expects("txn_key", key.bytes().expose());
    for (name, key_use, length) in [
        ("pin_key_aes128", KeyUse::PinEncryption, AesLength::Aes128),
        ("pin_key_aes256", KeyUse::PinEncryption, AesLength::Aes256),
        ("mac_gen_key_aes128", KeyUse::MacGeneration, AesLength::Aes128),
        ("data_enc_key_aes128", KeyUse::DataEncryption, AesLength::Aes128),
    ] {
        row.expects(name, key.working_key(key_use, length).expect("a key").expose());
    }
}
