//! [`Short`]: a text of at most `N` bytes held in place, for the identifiers of a payment message.

use serde::{Serialize, Serializer};

/// The text does not fit, or is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// At most `N` bytes of UTF-8 text in place (`N` ≤ 255). Empty means "not in the message".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Short<const N: usize> {
    bytes: [u8; N],
    length: u8,
}

impl<const N: usize> Short<N> {
    /// No text.
    pub const EMPTY: Short<N> = Short { bytes: [0; N], length: 0 };

    /// The text with blanks at both ends removed (fields of fixed length are padded).
    ///
    /// # Errors
    /// If what remains is longer than `N` bytes.
    pub fn new(text: &str) -> Result<Short<N>, TooLong> {
        let text = text.trim();
        let mut short = Short::EMPTY;
        short.bytes.get_mut(..text.len()).ok_or(TooLong)?.copy_from_slice(text.as_bytes());
        short.length = u8::try_from(text.len()).map_err(|_| TooLong)?;
        Ok(short)
    }

    /// A text that was trimmed before, such as one from the log: nothing is looked at but its length and that
    /// it is UTF-8.
    ///
    /// # Errors
    /// If it is no UTF-8 or longer than `N` bytes.
    pub fn from_trimmed(text: &[u8]) -> Result<Short<N>, TooLong> {
        if !text.is_ascii() && std::str::from_utf8(text).is_err() {
            return Err(TooLong);
        }
        let mut short = Short::EMPTY;
        short.bytes.get_mut(..text.len()).ok_or(TooLong)?.copy_from_slice(text);
        short.length = u8::try_from(text.len()).map_err(|_| TooLong)?;
        Ok(short)
    }

    /// The text as a `str`.
    pub fn as_str(&self) -> &str {
        // Only `new` fills the bytes, from a `str`.
        std::str::from_utf8(self.as_bytes()).unwrap_or("")
    }

    /// The text's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// True if there is no text.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }
}

impl<const N: usize> Default for Short<N> {
    fn default() -> Self {
        Short::EMPTY
    }
}

impl<const N: usize> std::fmt::Debug for Short<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl<const N: usize> std::fmt::Display for Short<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl<const N: usize> Serialize for Short<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_go_and_too_long_is_refused() {
        assert_eq!(Short::<8>::new(" 10016919 ").expect("fits").as_str(), "10016919");
        assert_eq!(Short::<3>::new("1234"), Err(TooLong));
        assert!(Short::<3>::new("   ").expect("fits").is_empty());
    }
}
