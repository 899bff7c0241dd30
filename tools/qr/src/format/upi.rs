//! UPI links after NPCI's linking specification: `upi://pay?pa=…&pn=…&am=…&sign=…`.
//!
//! Why it exists: shops in India print them; the signature covers the text before `&sign=`, so what stands behind it,
//! or twice, is read by one app and not by another. Never fetches anything.

use super::address::{Address, read as read_address};

/// A link.
#[derive(Clone, Debug)]
pub struct Upi {
    /// Its parts.
    pub address: Address,
    /// The text that the signature covers, as it stands.
    pub signed: Option<String>,
    /// Parameters that stand behind the signature, so not covered by it.
    pub behind_signature: Vec<String>,
}

impl Upi {
    /// Reads a link; `None` if the text has another scheme.
    pub fn read(text: &str) -> Option<Upi> {
        let is_upi = text.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("upi:"));
        let mut address = read_address(text).filter(|_| is_upi)?;
        for (name, _) in &mut address.parameters {
            name.make_ascii_lowercase();
        }
        // Base64 has `+`, which is no blank here.
        let sign_at = find_parameter(text, "sign");
        if let Some(at) = sign_at {
            let raw = text[at + "&sign=".len()..].split('&').next().unwrap_or_default();
            if let Some((_, value)) = address.parameters.iter_mut().find(|(n, _)| n == "sign") {
                *value = super::percent::decode(raw);
            }
        }
        let place = address.parameters.iter().position(|(n, _)| n == "sign");
        let behind_signature = place.map_or(Vec::new(), |p| {
            address.parameters[p + 1..].iter().map(|(n, _)| n.clone()).filter(|n| n != "sign").collect()
        });
        Some(Upi { address, signed: sign_at.map(|at| text[..at].to_owned()), behind_signature })
    }

    /// A parameter's first value, unless it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.address.parameter(name).filter(|v| !v.is_empty())
    }

    /// Names that stand twice.
    pub fn duplicates(&self) -> Vec<&str> {
        let names: Vec<&str> = self.address.parameters.iter().map(|(n, _)| n.as_str()).collect();
        let mut out: Vec<&str> = Vec::new();
        for (i, name) in names.iter().enumerate() {
            if names[..i].contains(name) && !out.contains(name) {
                out.push(name);
            }
        }
        out
    }

    /// The signature's bytes, if they can be ones: a DER sequence of two integers, whole.
    pub fn signature(&self) -> Option<Vec<u8>> {
        let text = self.get("sign")?.replace(' ', "+");
        let bytes = super::base64_of_any_kind(&text)?;
        is_der_signature(&bytes).then_some(bytes)
    }
}

/// The place of `&name=`, in any case.
fn find_parameter(text: &str, name: &str) -> Option<usize> {
    let wanted = format!("&{name}=");
    (0..text.len()).find(|i| text.get(*i..i + wanted.len()).is_some_and(|t| t.eq_ignore_ascii_case(&wanted)))
}

/// `30 len 02 len r 02 len s`, nothing missing or left over.
pub(crate) fn is_der_signature(bytes: &[u8]) -> bool {
    let integer = |rest: &[u8]| -> Option<usize> {
        let length = usize::from(*rest.get(1).filter(|_| rest.first() == Some(&2))?);
        (1..=33).contains(&length).then_some(2 + length).filter(|n| *n <= rest.len())
    };
    let inner = match bytes {
        [0x30, length, inner @ ..] if usize::from(*length) == inner.len() => inner,
        _ => return false,
    };
    integer(inner).and_then(|first| Some(first + integer(&inner[first..])?)) == Some(inner.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED: &str = "upi://pay?pa=abc@sbi&pn=test&mc=&tr=ref000003&tn=&am=1&cu=INR&url=&mode=05&purpose=03&orgid=159002&sign=MEUCIFa0RLs4mJLK7pSkb5eP69d5Xd6LstvC6xJjSXeQO9HvAiEAzH7T/OYWhaPmraL4VsY6RkVXaBq+He12iRewCOARItI=";

    #[test]
    fn a_signed_link_reads() {
        let u = Upi::read(SIGNED).expect("reads");
        assert_eq!((u.get("pa"), u.get("am"), u.get("mc")), (Some("abc@sbi"), Some("1"), None));
        assert_eq!(u.signature().map(|s| s.len()), Some(71));
        assert!(u.signed.expect("is signed").ends_with("&orgid=159002") && u.behind_signature.is_empty());
    }

    #[test]
    fn what_is_cut_doubled_or_added_is_seen() {
        assert_eq!(Upi::read("upi://pay?pa=shop@ybl&sign=MEUCIQDabc").expect("reads").signature(), None);
        let u = Upi::read("UPI://pay?pa=a@b&PA=c@d&sign=MEU&am=5&amp;am=6").expect("reads");
        assert_eq!(
            (u.duplicates(), u.behind_signature.as_slice()),
            (vec!["pa", "am"], ["am".to_owned(), "am".to_owned()].as_slice())
        );
        assert!(Upi::read("https://x.example/upi://pay").is_none());
    }

    proptest::proptest! {
        #[test]
        fn nothing_makes_it_fail(text in "upi:\\PC{0,60}") {
            if let Some(u) = Upi::read(&text) {
                let _ = (u.signature(), u.duplicates());
            }
        }
    }
}
