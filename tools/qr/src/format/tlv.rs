//! The tag-length-value strings of EMVCo's merchant-presented codes: two digits of tag, two of length, value.
//!
//! Why it exists: lengths count characters (EMVCo QRCPS-MPM 1.1, section 3.2; its own example has `0104最佳运输`),
//! while many generators count bytes. Characters are tried first, bytes only where that fails. Never guesses: a
//! string that fits neither way is malformed and gives no fields.

/// One data object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object<'a> {
    /// The tag, 0 to 99.
    pub tag: u8,
    /// The value as it stands.
    pub value: &'a str,
}

/// What lengths counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Characters, as the standard says.
    Characters,
    /// Bytes of UTF-8, as some generators do.
    Bytes,
}

impl Unit {
    /// The word in our JSON.
    pub fn word(self) -> &'static str {
        match self {
            Unit::Characters => "char",
            Unit::Bytes => "byte",
        }
    }
}

/// Where and why a string is no such list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The byte where the object begins that can't be read.
    pub offset: usize,
    /// What was expected there.
    pub expected: &'static str,
}

/// A list of objects, and what stood behind the one that ends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<'a> {
    /// The objects in their order.
    pub objects: Vec<Object<'a>>,
    /// What lengths counted.
    pub unit: Unit,
    /// The byte where the last object's value begins.
    pub last_value_at: usize,
    /// What follows the last object.
    pub rest: &'a str,
}

/// The CRC's tag, the last of a code.
pub const CRC_TAG: u8 = 63;

/// Reads a whole code: the list ends with tag 63; what follows it is in `rest`.
///
/// # Errors
/// If the string is no such list in characters nor in bytes; the place is that of the reading in characters.
pub fn read_code(text: &str) -> Result<List<'_>, Malformed> {
    read(text, Some(CRC_TAG))
}

/// Reads the inside of a template: all of it, nothing left over.
///
/// # Errors
/// As [`read_code`].
pub fn read_template(text: &str) -> Result<List<'_>, Malformed> {
    read(text, None)
}

fn read(text: &str, last: Option<u8>) -> Result<List<'_>, Malformed> {
    let by_characters = read_in(text, last, Unit::Characters);
    match by_characters {
        Err(at) if !text.is_ascii() => read_in(text, last, Unit::Bytes).map_err(|_| at),
        other => other,
    }
}

fn read_in(text: &str, last: Option<u8>, unit: Unit) -> Result<List<'_>, Malformed> {
    let mut objects = Vec::new();
    let (mut at, mut last_value_at) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        let head = rest.as_bytes();
        let Some((tag, length)) = two_digits(head).zip(head.get(2..).and_then(two_digits)) else {
            return Err(Malformed { offset: at, expected: "two digits of tag and two of length" });
        };
        let value = &rest[4..];
        let end = match unit {
            Unit::Characters => end_of_characters(value, usize::from(length)),
            Unit::Bytes => Some(usize::from(length)).filter(|end| value.is_char_boundary(*end)),
        };
        let Some(end) = end else {
            return Err(Malformed { offset: at, expected: "a value as long as its length says" });
        };
        objects.push(Object { tag, value: &value[..end] });
        last_value_at = at + 4;
        at = last_value_at + end;
        if Some(tag) == last {
            break;
        }
    }
    if objects.is_empty() {
        return Err(Malformed { offset: 0, expected: "at least one object" });
    }
    Ok(List { objects, unit, last_value_at, rest: &text[at..] })
}

fn two_digits(bytes: &[u8]) -> Option<u8> {
    match bytes {
        [a @ b'0'..=b'9', b @ b'0'..=b'9', ..] => Some((a - b'0') * 10 + (b - b'0')),
        _ => None,
    }
}

/// The byte where this many characters end.
fn end_of_characters(text: &str, characters: usize) -> Option<usize> {
    let mut ends = text.char_indices().map(|(i, _)| i).chain([text.len()]);
    ends.nth(characters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(text: &str) -> Option<(Vec<(u8, String)>, Unit)> {
        let list = read_template(text).ok()?;
        Some((list.objects.iter().map(|o| (o.tag, o.value.to_owned())).collect(), list.unit))
    }

    #[test]
    fn lengths_count_characters_and_bytes_only_where_that_fails() {
        let both = vec![(0, "ZH".to_owned()), (1, "最佳运输".to_owned()), (2, "北京".to_owned())];
        assert_eq!(tags("0002ZH0104最佳运输0202北京"), Some((both.clone(), Unit::Characters)));
        assert_eq!(tags("0002ZH0112最佳运输0206北京"), Some((both, Unit::Bytes)));
        assert_eq!(tags("0103最佳0102ab"), None);
    }

    #[test]
    fn what_is_cut_or_no_number_says_where() {
        let bad = |t| read_template(t).expect_err("is malformed").offset;
        assert_eq!((bad("0002AB0"), bad("0003AB"), bad("00AA"), bad(""), bad("+102AB")), (6, 0, 0, 0, 0));
        assert_eq!(tags("0000"), Some((vec![(0, String::new())], Unit::Characters)));
    }

    #[test]
    fn a_code_ends_with_its_check_value() {
        let list = read_code("000201").map(|l| l.objects.len());
        assert_eq!(list, Ok(1));
        let list = read_code("0002016304ABCD9999x").expect("reads");
        assert_eq!((list.rest, list.last_value_at, list.objects.len()), ("9999x", 10, 2));
    }
}
