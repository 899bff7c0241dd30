//! Rows of PIN blocks, PIN offsets and card security codes: test keys and test PINs only.

use super::{Given, hex};
use serde_json::{Value, json};
use tg_keys::test_bench::{
    PinFormat, TestBenchError, card_security_code, ibm_3624_offset, pin_of_format_4, pin_verification_value,
    sm4_pin_block,
};
use tg_keys::{AesKey, Sm4Key, TdesKey};

pub(super) fn answer(algorithm: &str, given: Given<'_>) -> Option<Result<Value, String>> {
    Some(match algorithm {
        "pinblock_iso0" => clear_block(given, PinFormat::Iso0),
        "pinblock_iso2" => clear_block(given, PinFormat::Iso2),
        "pinblock_iso1_decode" => pin(given, PinFormat::Iso1),
        "pinblock_iso3_decode" => pin(given, PinFormat::Iso3),
        "pinblock_iso4_decipher" => given.key("aes_key", AesKey::new).and_then(|key| {
            let block = given.array("cipher_block")?;
            let pin = pin_of_format_4(&key, block, given.text("pan")?).map_err(words)?;
            Ok(json!({ "pin": pin }))
        }),
        "cup_pinblock_sm4" => given.key("key", Sm4Key::new).and_then(|key| {
            let (clear, cipher) =
                sm4_pin_block(&key, given.text("pin")?, given.text("pan")?).map_err(words)?;
            Ok(json!({ "clear_block": hex(&clear), "cipher_block": hex(&cipher) }))
        }),
        "visa_pvv" => given.key("pvk", TdesKey::new).and_then(|key| {
            let index = given.text("pvki")?.parse().map_err(|e| format!("pvki: {e}"))?;
            let value = pin_verification_value(&key, index, given.text("pin")?, given.text("pan")?);
            Ok(json!({ "pvv": value.map_err(words)? }))
        }),
        "ibm3624_offset" => given.key("pvk", TdesKey::new).and_then(|key| {
            let (table, data) = (given.text("conversion_table")?, given.text("validation_data")?);
            let offset = ibm_3624_offset(&key, table, data, given.text("offset_from_pin")?);
            Ok(json!({ "offset": offset.map_err(words)? }))
        }),
        "cvv" => given.bytes("cvk").and_then(|key| {
            let (expiry, service) = (given.text("expiry_yymm_or_mmyy")?, given.text("service_code")?);
            let code = card_security_code(&key, given.text("pan")?, expiry, service);
            Ok(json!({ "cvv": code.map_err(words)? }))
        }),
        _ => return None,
    })
}

fn words(error: TestBenchError) -> String {
    error.to_string()
}

fn clear_block(given: Given<'_>, format: PinFormat) -> Result<Value, String> {
    let card_number = if format == PinFormat::Iso0 { given.text("pan")? } else { "" };
    let block = format.clear_block(given.text("pin")?, card_number).map_err(words)?;
    Ok(json!({ "clear_block": hex(&block) }))
}

fn pin(given: Given<'_>, format: PinFormat) -> Result<Value, String> {
    let card_number = if format == PinFormat::Iso3 { given.text("pan")? } else { "" };
    let pin = format.pin_of(given.array("clear_block")?, card_number).map_err(words)?;
    Ok(json!({ "pin": pin }))
}
