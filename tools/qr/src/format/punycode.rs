//! Punycode (RFC 3492): what `xn--` labels of host names mean.
//!
//! Why it exists: a look-alike host stands in a code as `xn--…` and shows its letters only when decoded. Decoding
//! only; never longer than a label can be.

/// A label of a host name is at most this long.
const LABEL_BYTES_MAX: usize = 63;

/// The label without its `xn--`, decoded; `None` if it is no punycode.
pub fn decode(label: &str) -> Option<String> {
    const BASE: u32 = 36;
    const INITIAL_N: u32 = 128;
    if label.len() > LABEL_BYTES_MAX || !label.is_ascii() {
        return None;
    }
    let (literal, coded) = label.rsplit_once('-').unwrap_or(("", label));
    let mut out: Vec<char> = literal.chars().collect();
    let (mut n, mut i, mut bias) = (INITIAL_N, 0_u32, 72_u32);
    let mut digits = coded.bytes().peekable();
    while digits.peek().is_some() {
        let (before, mut weight, mut k) = (i, 1_u32, BASE);
        loop {
            let digit = match digits.next()? {
                d @ b'a'..=b'z' => u32::from(d - b'a'),
                d @ b'A'..=b'Z' => u32::from(d - b'A'),
                d @ b'0'..=b'9' => u32::from(d - b'0') + 26,
                _ => return None,
            };
            i = i.checked_add(digit.checked_mul(weight)?)?;
            let threshold = k.saturating_sub(bias).clamp(1, 26);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
            k += BASE;
        }
        let length = u32::try_from(out.len()).ok()? + 1;
        bias = adapt(i - before, length, before == 0);
        n = n.checked_add(i / length)?;
        i %= length;
        out.insert(i as usize, char::from_u32(n)?);
        i += 1;
    }
    Some(out.into_iter().collect())
}

/// RFC 3492, section 6.1.
fn adapt(delta: u32, length: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / length;
    let mut k = 0;
    while delta > 455 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_labels_decode() {
        // RFC 3492, section 7.1 (A Arabic, B Chinese, L Japanese with Latin letters) and well-known names.
        assert_eq!(decode("ihqwcrb4cv8a8dqg056pqjye").as_deref(), Some("他们为什么不说中文"));
        assert_eq!(decode("3B-ww4c5e180e575a65lsy2b").as_deref(), Some("3年B組金八先生"));
        assert_eq!(decode("mnchen-3ya").as_deref(), Some("münchen"));
        assert_eq!(decode("py-7kc").as_deref(), Some("p\u{430}y"));
        assert_eq!(decode("fiqs8s").as_deref(), Some("中国"));
    }

    #[test]
    fn what_is_none_gives_none() {
        for bad in ["a!b", "99999999999999", &"a".repeat(64)] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_label_makes_it_fail(label in "[a-zA-Z0-9-]{0,70}") {
            let _ = decode(&label);
        }
    }
}
