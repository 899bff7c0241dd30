//! Codes signed by whoever issued them: our own (Ed25519 or ECDSA P-256 over the normalised address) and UPI's.
//!
//! Why it exists: a host can be imitated, a signature can't. It can be copied with the whole code, so it proves who
//! issued the code and never that it hangs in the right place. Never makes keys: secrets come from outside.
//!
//! Our form: `https://host/path?…&k=KEY&u=YYYYMMDD&s=SIGNATURE`, base64url without padding; `u` (valid until, its last
//! day) is optional. Signed are `tillguard-qr-1` and a line end, then scheme, user info, host, port, path, fragment and all parameters but `s` sorted
//! by name, each as its length in bytes, a colon, itself and a line end.

use crate::format::address::Address;
use crate::format::{address, base64_of_any_kind};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use p256::ecdsa::signature::Verifier;
use std::collections::BTreeMap;

const PURPOSE: &str = "tillguard-qr-1\n";

/// A public key.
#[derive(Clone, Debug)]
pub enum PublicKey {
    /// RFC 8032.
    Ed25519(ed25519_dalek::VerifyingKey),
    /// FIPS 186-5, signatures in DER or as r and s.
    P256(p256::ecdsa::VerifyingKey),
}

/// Public keys by id.
pub type Keys = BTreeMap<String, PublicKey>;

/// What a check of a signature came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// No signature of ours is in it.
    NotSigned,
    /// The key that it names is not known here.
    KeyUnknown,
    /// It holds.
    Holds,
    /// It holds, and the code's last day is past.
    Expired,
    /// It does not fit the content.
    Bad,
}

/// SubjectPublicKeyInfo of the two kinds, up to the key itself (RFC 8410, RFC 5480).
const SPKI_ED25519: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
const SPKI_P256: &[u8] =
    b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
const SPKI_P256_SHORT: &[u8] =
    b"\x30\x39\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x22\x00";

impl PublicKey {
    /// A key from a file's content: PEM (`PUBLIC KEY`), DER, or base64 or hex of the bare key.
    pub fn read(content: &[u8]) -> Option<PublicKey> {
        if let Some(key) = PublicKey::from_bytes(content) {
            return Some(key);
        }
        let text = std::str::from_utf8(content).ok()?;
        let body: String = text.lines().filter(|l| !l.starts_with("-----")).flat_map(str::chars).collect();
        let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
        let hex = || {
            let pairs = (0..body.len()).step_by(2).map(|i| u8::from_str_radix(body.get(i..i + 2)?, 16).ok());
            pairs.collect::<Option<Vec<u8>>>()
        };
        let bytes = hex().or_else(|| base64_of_any_kind(&body))?;
        PublicKey::from_bytes(&bytes)
    }

    fn from_bytes(bytes: &[u8]) -> Option<PublicKey> {
        let bare =
            [SPKI_ED25519, SPKI_P256, SPKI_P256_SHORT].iter().find_map(|head| bytes.strip_prefix(*head));
        let bare = bare.unwrap_or(bytes);
        match bare.len() {
            32 => ed25519_dalek::VerifyingKey::from_bytes(bare.try_into().ok()?).ok().map(PublicKey::Ed25519),
            33 | 65 => p256::ecdsa::VerifyingKey::from_sec1_bytes(bare).ok().map(PublicKey::P256),
            _ => None,
        }
    }

    /// True if the signature over these bytes holds.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            PublicKey::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|s| key.verify_strict(message, &s).is_ok()),
            PublicKey::P256(key) => p256::ecdsa::Signature::from_der(signature)
                .or_else(|_| p256::ecdsa::Signature::from_slice(signature))
                .is_ok_and(|s| key.verify(message, &s).is_ok()),
        }
    }
}

/// What is signed: the purpose and the address in its one spelling, without the signature.
fn covered(a: &Address) -> Vec<u8> {
    let mut parameters: Vec<(&str, &str)> =
        a.parameters.iter().filter(|(n, _)| n != "s").map(|(n, v)| (n.as_str(), v.as_str())).collect();
    parameters.sort_unstable();
    let mut out = PURPOSE.to_owned();
    // Lengths keep one part from being read as two.
    let mut add = |part: &str| out += &format!("{}:{part}\n", part.len());
    for part in [Some(a.scheme.as_str()), a.user_info.as_deref(), a.host_text(), a.port.as_deref()] {
        add(part.unwrap_or_default());
    }
    add(&a.path);
    add(&a.fragment);
    for (name, value) in parameters {
        add(name);
        add(value);
    }
    out.into_bytes()
}

/// Checks one of our own signed codes.
pub fn check_address(a: &Address, keys: &Keys, today: Option<&str>) -> Checked {
    let (Some(id), Some(signature)) = (a.parameter("k"), a.parameter("s")) else { return Checked::NotSigned };
    let Some(key) = keys.get(id) else { return Checked::KeyUnknown };
    // `+` of plain base64 became a blank when the parameter was read.
    let bytes = base64_of_any_kind(&signature.replace(' ', "+"));
    let twice = a.parameters.iter().filter(|(n, _)| n == "s" || n == "k").count() > 2;
    if twice || !bytes.is_some_and(|b| key.verify(&covered(a), &b)) {
        return Checked::Bad;
    }
    let past = today.zip(a.parameter("u")).is_some_and(|(today, until)| until < today);
    if past { Checked::Expired } else { Checked::Holds }
}

/// The text of a signed code for this address, which must have no parameter `k`, `s` or `u`; `None` if it is no web
/// address or has one.
pub fn sign(text: &str, key_id: &str, secret: &[u8; 32], until: Option<&str>) -> Option<String> {
    let taken = |a: &Address| ["k", "s", "u"].iter().any(|n| a.parameter(n).is_some());
    let plain = address::read(text)
        .filter(|a| a.is_web() && !taken(a) && a.fragment.is_empty() && !text.contains('#'))?;
    let id_is_plain = !key_id.is_empty() && key_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !id_is_plain || !until.is_none_or(|u| u.len() == 8 && u.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let joint = if plain.parameters.is_empty() && !text.contains('?') { '?' } else { '&' };
    let mut out = format!("{}{joint}k={key_id}", text.trim());
    if let Some(until) = until {
        out += &format!("&u={until}");
    }
    let signature = SigningKey::from_bytes(secret).sign(&covered(&address::read(&out)?));
    out += &format!("&s={}", URL_SAFE_NO_PAD.encode(signature.to_bytes()));
    Some(out)
}

/// The public key of a secret, as PEM: what `--key` reads.
pub fn public_pem(secret: &[u8; 32]) -> String {
    let key = SigningKey::from_bytes(secret).verifying_key();
    let der: Vec<u8> = SPKI_ED25519.iter().chain(key.as_bytes()).copied().collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        let key = PublicKey::read(public_pem(&[7; 32]).as_bytes()).expect("reads");
        Keys::from([("3".to_owned(), key)])
    }

    fn checked(text: &str) -> Checked {
        check_address(&address::read(text).expect("is an address"), &keys(), Some("20261124"))
    }

    #[test]
    fn a_signed_code_holds_in_every_spelling_and_in_no_other_content() {
        let text = sign("https://pay.example/q/T1?a=1", "3", &[7; 32], Some("20270101")).expect("signs");
        assert_eq!(checked(&text), Checked::Holds);
        assert_eq!(checked(&text.replace("https://pay", "HTTPS://PAY")), Checked::Holds);
        for (from, to) in [
            ("T1", "T2"),
            ("a=1", "a=2"),
            ("pay.", "pya."),
            ("u=20270101", "u=20990101"),
            ("https", "http"),
            ("a=1", "a=1&b=1"),
        ] {
            assert_eq!(checked(&text.replacen(from, to, 1)), Checked::Bad, "{from}");
        }
        assert_eq!(checked(&text.replace("k=3", "k=4")), Checked::KeyUnknown);
        assert_eq!(checked("https://pay.example/q/T1?k=3"), Checked::NotSigned);
        assert_eq!(checked("https://pay.example/q/T1?k=3&s=MEUCIQDexample"), Checked::Bad);
        assert_eq!(checked(&format!("{text}&s=x")), Checked::Bad);
    }

    #[test]
    fn a_code_past_its_last_day_is_expired() {
        let text = sign("https://pay.example/q", "3", &[7; 32], Some("20261123")).expect("signs");
        assert_eq!(checked(&text), Checked::Expired);
        let last_day = sign("https://pay.example/q", "3", &[7; 32], Some("20261124")).expect("signs");
        assert_eq!(checked(&last_day), Checked::Holds);
    }

    #[test]
    fn what_can_not_be_signed_is_not() {
        for text in ["tel:1", "https://x.example/?k=1", "https://x.example/#a", "x"] {
            assert_eq!(sign(text, "3", &[7; 32], None), None, "{text}");
        }
        assert_eq!(sign("https://x.example/", "a&b", &[7; 32], None), None);
    }

    #[test]
    fn keys_are_read_in_every_form_and_rubbish_is_not() {
        use p256::ecdsa::{SigningKey, signature::Signer};
        let secret = SigningKey::from_slice(&[9; 32]).expect("a scalar");
        let point = secret.verifying_key().to_sec1_point(false);
        let der: Vec<u8> = SPKI_P256.iter().chain(point.as_bytes()).copied().collect();
        let signature: p256::ecdsa::Signature = secret.sign(b"x");
        for content in [der.clone(), STANDARD.encode(&der).into_bytes(), point.as_bytes().to_vec()] {
            let key = PublicKey::read(&content).expect("reads");
            assert!(
                key.verify(b"x", signature.to_der().as_bytes())
                    && !key.verify(b"y", signature.to_der().as_bytes())
            );
        }
        assert!(PublicKey::read(b"hello").is_none() && PublicKey::read(&[0xFF; 64]).is_none());
    }
}
