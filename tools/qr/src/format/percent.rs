//! Percent-encoding (RFC 3986, section 2.1).
//!
//! Why it exists: names and nested addresses hide behind it. What is no valid encoding stays as it stands; bytes
//! that are no UTF-8 become the replacement character.

/// The text with `%XX` decoded.
pub fn decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let encoded = (*byte == b'%').then(|| bytes.get(at + 1..at + 3)).flatten().and_then(hex_pair);
        out.push(encoded.unwrap_or(*byte));
        at += if encoded.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex_pair(pair: &[u8]) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16);
    Some((digit(*pair.first()?)? * 16 + digit(*pair.get(1)?)?) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_decoded_and_the_rest_stays() {
        assert_eq!(decode("a%20b%2"), "a b%2");
        assert_eq!(decode("%E6%B1%89%zz"), "汉%zz");
        assert_eq!(decode("%FF"), "\u{fffd}");
    }
}
