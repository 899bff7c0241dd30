//! Rows of EMV keys and cryptograms.

use super::{Given, hex};
use serde_json::{Value, json};
use tg_keys::{CardMasterKey, CryptogramData, CryptogramVersion, IssuerMasterKey, KeyError, Padding};

pub(super) fn answer(algorithm: &str, given: Given<'_>) -> Option<Result<Value, String>> {
    let version = match algorithm {
        "emv_mk_option_a" => return Some(card_key(given, IssuerMasterKey::card_key_option_a)),
        "emv_mk_option_b" => return Some(card_key(given, IssuerMasterKey::card_key_option_b)),
        "emv_arqc_common_sk" => return Some(common_session_key(given)),
        "emv_visa_cvn10" => CryptogramVersion::Visa10,
        "emv_visa_cvn18" => CryptogramVersion::Visa18,
        "emv_visa_cvn22" => CryptogramVersion::Visa22,
        "emv_mc_cvn16" => CryptogramVersion::Mastercard16,
        "emv_mc_cvn17" => CryptogramVersion::Mastercard17,
        "emv_mc_cvn20" => CryptogramVersion::Mastercard20,
        "emv_mc_cvn21" => CryptogramVersion::Mastercard21,
        "emv_interac_cvn133" => CryptogramVersion::Interac133,
        _ => return None,
    };
    Some(cryptogram(given, version))
}

type Derivation = fn(&IssuerMasterKey, &str, u8) -> Result<CardMasterKey, KeyError>;

fn derived(
    given: Given<'_>,
    issuer_key: &str,
    derivation: impl FnOnce(&IssuerMasterKey, &str, u8) -> Result<CardMasterKey, KeyError>,
) -> Result<CardMasterKey, String> {
    let issuer = given.key(issuer_key, IssuerMasterKey::new)?;
    let sequence = given.text("psn")?.parse().map_err(|e| format!("psn: {e}"))?;
    derivation(&issuer, given.text("pan")?, sequence).map_err(|e| e.to_string())
}

fn card_key(given: Given<'_>, derivation: Derivation) -> Result<Value, String> {
    let key = derived(given, "imk", derivation)?;
    Ok(json!({ "icc_mk": hex(key.bytes().expose()), "kcv2": hex(&key.check_value().0[..2]) }))
}

fn common_session_key(given: Given<'_>) -> Result<Value, String> {
    let card = derived(given, "imk", IssuerMasterKey::card_key_option_a)?;
    let session = card.session_key(given.array("r")?);
    let cryptogram = session.cryptogram(&given.bytes("data")?, Padding::OneThenZeros);
    let answer = card.without_session().response_cryptogram(cryptogram, [0, 0]);
    Ok(json!({
        "icc_mk_kcv2": hex(&card.check_value().0[..2]),
        "sk_kcv2": hex(&session.check_value().0[..2]),
        "arqc": hex(&cryptogram),
        "arpc_method1_icc_mk_rc0000": hex(&answer),
    }))
}

fn cryptogram(given: Given<'_>, version: CryptogramVersion) -> Result<Value, String> {
    let card =
        derived(given, "imk_ac", |issuer, number, sequence| version.card_key(issuer, number, sequence))?;
    let optional = |key| if given.0[key].is_null() { Ok(Vec::new()) } else { given.bytes(key) };
    let issuer_part = if given.0["cvr"].is_null() { given.bytes("tag_9f10") } else { given.bytes("cvr") }?;
    let counters = optional("counters")?;
    let data = CryptogramData {
        amount_authorised: given.array("tag_9f02")?,
        amount_other: given.array("tag_9f03")?,
        terminal_country: given.array("tag_9f1a")?,
        terminal_verification_results: given.array("tag_95")?,
        transaction_currency: given.array("tag_5f2a")?,
        transaction_date: given.array("tag_9a")?,
        transaction_type: given.array("tag_9c")?,
        unpredictable_number: given.array("tag_9f37")?,
        application_interchange_profile: given.array("tag_82")?,
        application_transaction_counter: given.array("tag_9f36")?,
        issuer_part: &issuer_part,
        counters: &counters,
    };
    Ok(json!({ "arqc": hex(&version.cryptogram(&card, &data)) }))
}
