//! Rows of derived keys and key blocks: DUKPT and TR-31.

use super::{Given, hex};
use serde_json::{Value, json};
use tg_keys::test_bench::{dukpt_pin_block, format_4_of_field};
use tg_keys::{AesKey, AesLength, AesTransactionKey, KeyBytes, KeyUse, aes_initial_key, unwrap_key_block};
use tg_keys::{KeySerialNumber, Padding, TdesKey, TdesTransactionKey, UnwrappedKey, tdes_initial_key};

pub(super) fn answer(algorithm: &str, given: Given<'_>) -> Option<Result<Value, String>> {
    Some(match algorithm {
        "dukpt_tdes_ipek" => tdes_initial(given).map(|key| json!({ "ipek": hex(key.expose()) })),
        "dukpt_tdes" => tdes_transaction(given),
        "dukpt_aes_ik" => aes_initial(given).map(|key| json!({ "ik": hex(key.expose()) })),
        "dukpt_aes" => aes_transaction(given),
        "tr31_unwrap" => key_block(given),
        _ => return None,
    })
}

fn tdes_initial(given: Given<'_>) -> Result<KeyBytes, String> {
    let serial = KeySerialNumber(given.array("ksn")?);
    given.key("bdk", |base| tdes_initial_key(base, serial))
}

fn tdes_transaction(given: Given<'_>) -> Result<Value, String> {
    let serial = KeySerialNumber(given.array("ksn")?);
    let wrong = |e: tg_keys::KeyError| e.to_string();
    let key = TdesTransactionKey::derive(&tdes_initial(given)?, serial).map_err(wrong)?;
    let data = given.text("mac_data_ascii")?.as_bytes();
    let request = key.request_mac_key().map_err(wrong)?.mac(data, Padding::Zeros);
    let response = key.response_mac_key().map_err(wrong)?.mac(data, Padding::Zeros);
    let pin = dukpt_pin_block(&key, given.text("pin")?, given.text("pan")?).map_err(|e| e.to_string())?;
    Ok(json!({
        "txn_key": hex(key.bytes().expose()),
        "pin_block_encrypted": hex(&pin),
        "mac_request4": hex(&request[..4]),
        "mac_response4": hex(&response[..4]),
    }))
}

fn aes_initial(given: Given<'_>) -> Result<KeyBytes, String> {
    let id = given.array("ikid")?;
    given.key("bdk", |base| aes_initial_key(&KeyBytes::new(base), id))
}

fn aes_transaction(given: Given<'_>) -> Result<Value, String> {
    let initial = aes_initial(given)?;
    let key = AesTransactionKey::derive(&initial, given.array("ksn")?).map_err(|e| e.to_string())?;
    let working = |key_use, length| key.working_key(key_use, length).map_err(|e| e.to_string());
    let own_length = if initial.len() == 32 { AesLength::Aes256 } else { AesLength::Aes128 };
    let pin_key = working(KeyUse::PinEncryption, own_length)?;
    let cipher = AesKey::new(pin_key.expose()).map_err(|e| e.to_string())?;
    let block = format_4_of_field(&cipher, given.array("pin_field")?, given.text("pan")?);
    Ok(json!({
        "txn_key": hex(key.bytes().expose()),
        "pin_key_aes128": hex(working(KeyUse::PinEncryption, AesLength::Aes128)?.expose()),
        "pin_key_aes256": hex(working(KeyUse::PinEncryption, AesLength::Aes256)?.expose()),
        "mac_gen_key_aes128": hex(working(KeyUse::MacGeneration, AesLength::Aes128)?.expose()),
        "data_enc_key_aes128": hex(working(KeyUse::DataEncryption, AesLength::Aes128)?.expose()),
        "pin_block_format4": hex(&block.map_err(|e| e.to_string())?),
    }))
}

fn key_block(given: Given<'_>) -> Result<Value, String> {
    let protection = KeyBytes::new(&given.bytes("kbpk")?);
    let UnwrappedKey { header, key } =
        unwrap_key_block(given.text("key_block")?, &protection).map_err(|e| e.to_string())?;
    Ok(json!({
        "version": header.version.to_string(),
        "key_usage": header.key_use,
        "algorithm": header.algorithm.to_string(),
        "mode": header.mode_of_use.to_string(),
        "version_number": header.key_version,
        "exportability": header.exportability.to_string(),
        "key": hex(key.expose()),
        "kcv": check_value(header.algorithm, &key)?,
    }))
}

/// As many digits as are usual: three bytes of the enciphered zeros, five of the CMAC for AES.
fn check_value(algorithm: char, key: &KeyBytes) -> Result<String, String> {
    let wrong = |e: tg_keys::KeyError| e.to_string();
    match algorithm {
        'A' => Ok(hex(&AesKey::new(key.expose()).map_err(wrong)?.cmac(&[0; 16])[..5])),
        _ => Ok(hex(&TdesKey::new(key.expose()).map_err(wrong)?.check_value().0[..3])),
    }
}
