//! Rows of message authentication, SM3 and SM4.

use super::{Given, hex};
use serde_json::{Value, json};
use tg_keys::{AesKey, MacKey, Padding, RetailMacKey, Sm4Key, Sm4MacForm, Sm4MacKey, TdesKey, sm3};

pub(super) fn answer(algorithm: &str, given: Given<'_>) -> Option<Result<Value, String>> {
    Some(match algorithm {
        // Single and double length differ by the key alone.
        "cup_pos_mac_ecb" | "cup_pos_mac_ecb_double" => cup_pos_mac(given),
        "cup_pos_mac_sm4_ecb" => cup_pos_mac_sm4(given),
        "sm4_cbc_mac" => sm4(given).and_then(|key| {
            let mac = key.cbc_mac(&given.bytes("data")?);
            Ok(json!({ "mac": hex(&mac) }))
        }),
        "sm4_ecb" => sm4_encrypted(given, 1),
        "sm4_ecb_1e6" => given.number("rounds").and_then(|rounds| sm4_encrypted(given, rounds)),
        "sm3" => given.bytes("data").map(|data| json!({ "hash": hex(&sm3(&data)) })),
        "iso9797_1_alg1_tdes" | "iso9797_1_alg1_des_x9_9" => {
            mac8(given, |key, data, padding| Ok(TdesKey::new(key)?.cbc_mac(data, padding)))
        }
        "iso9797_1_alg3_retail_x9_19" => {
            mac8(given, |key, data, padding| Ok(RetailMacKey::new(key)?.mac(data, padding)))
        }
        "aes_cmac" => given.key("key", AesKey::new).and_then(|key| {
            let mac = key.cmac(&given.bytes("data")?);
            Ok(json!({ "mac": hex(&mac) }))
        }),
        "cups_interchange_mac_cbc" => given.key("mak", TdesKey::new).and_then(|key| {
            let mac = key.cbc_mac(given.text("text")?.as_bytes(), Padding::Zeros);
            Ok(json!({ "mac_ascii8": hex(&mac[..4]) }))
        }),
        _ => return None,
    })
}

fn cup_pos_mac(given: Given<'_>) -> Result<Value, String> {
    let mac = given.key("mak", MacKey::from_bytes)?.mac(&given.bytes("mab")?);
    Ok(json!({ "mac_ascii8": String::from_utf8_lossy(&mac), "mac_de64": hex(&mac) }))
}

fn cup_pos_mac_sm4(given: Given<'_>) -> Result<Value, String> {
    let mac = given.key("mak", Sm4MacKey::from_bytes)?.mac(&given.bytes("mab")?);
    Ok(json!({
        "xor": hex(&mac.folded),
        "second_encryption": hex(&mac.last_block),
        "de64_if_first_8_bytes": hex(&mac.field(Sm4MacForm::FirstEightBytes)),
        "de64_if_8_hex_chars": hex(&mac.field(Sm4MacForm::EightCharacters)),
    }))
}

fn sm4(given: Given<'_>) -> Result<Sm4Key, String> {
    given.key("key", Sm4Key::new)
}

fn sm4_encrypted(given: Given<'_>, rounds: u64) -> Result<Value, String> {
    let (key, block) = (sm4(given)?, given.array("data")?);
    let cipher = (0..rounds).fold(block, |block, _| key.encrypt_block(block));
    Ok(json!({ "cipher": hex(&cipher) }))
}

/// A MAC of eight bytes: key, data, padding method.
fn mac8(
    given: Given<'_>,
    mac: impl FnOnce(&[u8], &[u8], Padding) -> Result<[u8; 8], tg_keys::KeyError>,
) -> Result<Value, String> {
    let padding = match given.number("padding")? {
        1 => Padding::Zeros,
        2 => Padding::OneThenZeros,
        other => return Err(format!("padding method {other}: 1 and 2 are built")),
    };
    let data = given.bytes("data")?;
    let mac = given.key("key", |key| mac(key, &data, padding))?;
    Ok(json!({ "mac8": hex(&mac) }))
}
