//! A walker over BER-TLV that borrows everything.
//!
//! Source: EMV Book 3, Annex B: tags of up to three bytes, lengths in short form or with 81 or 82 before
//! them, 00 between objects skipped. Never reads beyond its bytes, and after an error it ends: where the
//! next object begins can't be known.

/// One data object.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// The tag's bytes as a number: 9F26 is `0x9F26`.
    pub tag: u32,
    /// Its first byte, from where the walker's bytes begin (plus the base that was given).
    pub offset: usize,
    /// All its bytes: tag, length and value.
    pub length: usize,
    /// Its value. May be card data: never print it without asking [`crate::is_secret`].
    pub value: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// True if the value is itself data objects.
    pub fn is_constructed(&self) -> bool {
        let mut first = self.tag;
        while first > 0xFF {
            first >>= 8;
        }
        first & 0x20 != 0
    }

    /// The objects within; offsets go on from the same beginning.
    pub fn children(&self) -> TlvWalker<'a> {
        TlvWalker::from(self.value, self.offset + self.length - self.value.len())
    }
}

impl std::fmt::Debug for Tlv<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tlv({:X} at {}, {} bytes)", self.tag, self.offset, self.length)
    }
}

/// What is wrong with a data object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlvFault {
    /// The tag is cut or longer than three bytes.
    Tag,
    /// The length is cut, of indefinite form or longer than two bytes.
    Length,
    /// The value is shorter than the length says.
    Value,
}

/// A data object that can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("bad TLV at byte {offset}")]
pub struct TlvError {
    /// Where the object begins.
    pub offset: usize,
    /// What is wrong with it.
    pub fault: TlvFault,
}

/// Walks over the objects of one level.
#[derive(Clone, Debug)]
pub struct TlvWalker<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> TlvWalker<'a> {
    /// Over these bytes; offsets count from their first.
    pub fn new(bytes: &'a [u8]) -> TlvWalker<'a> {
        TlvWalker { rest: bytes, at: 0 }
    }

    /// Over these bytes, which begin at `offset` of something larger.
    pub fn from(bytes: &'a [u8], offset: usize) -> TlvWalker<'a> {
        TlvWalker { rest: bytes, at: offset }
    }
}

impl<'a> Iterator for TlvWalker<'a> {
    type Item = Result<Tlv<'a>, TlvError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        while let Some((0, rest)) = self.rest.split_first() {
            self.rest = rest;
            self.at += 1;
        }
        if self.rest.is_empty() {
            return None;
        }
        let all = self.rest;
        let offset = self.at;
        match read(all) {
            Ok((tag, value, rest)) => {
                let length = all.len() - rest.len();
                self.rest = rest;
                self.at += length;
                Some(Ok(Tlv { tag, offset, length, value }))
            }
            Err(fault) => {
                self.rest = &[];
                Some(Err(TlvError { offset, fault }))
            }
        }
    }
}

#[inline]
fn read(bytes: &[u8]) -> Result<(u32, &[u8], &[u8]), TlvFault> {
    let (first, mut rest) = bytes.split_first().ok_or(TlvFault::Tag)?;
    let mut tag = u32::from(*first);
    if first & 0x1F == 0x1F {
        loop {
            let (next, after) = rest.split_first().ok_or(TlvFault::Tag)?;
            if tag > 0xFFFF {
                return Err(TlvFault::Tag);
            }
            tag = tag << 8 | u32::from(*next);
            rest = after;
            if next & 0x80 == 0 {
                break;
            }
        }
    }
    let (length, rest) = match rest {
        [length @ 0..=0x7F, rest @ ..] => (usize::from(*length), rest),
        [0x81, length, rest @ ..] => (usize::from(*length), rest),
        [0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return Err(TlvFault::Length),
    };
    let (value, rest) = rest.split_at_checked(length).ok_or(TlvFault::Value)?;
    Ok((tag, value, rest))
}

/// The deepest nesting that [`leaves`] goes into.
const DEPTH_MAX: u8 = 6;

/// Calls `visit` for every object that holds a value, going into constructed ones; stops at the first error,
/// which it gives. Two kinds of constructed objects are visited as they are: those nested deeper than six
/// levels, and those of UnionPay's own tags FFxx whose value is not data objects (signature data write text
/// there, although the tag's form says "constructed").
pub fn leaves<'a>(walker: TlvWalker<'a>, visit: &mut dyn FnMut(Tlv<'a>)) -> Result<(), TlvError> {
    fn go<'a>(walker: TlvWalker<'a>, depth: u8, visit: &mut dyn FnMut(Tlv<'a>)) -> Result<(), TlvError> {
        for object in walker {
            let object = object?;
            let plain = !object.is_constructed()
                || depth >= DEPTH_MAX
                || (object.tag >> 8 == 0xFF && !object.children().all(|child| child.is_ok()));
            if plain {
                visit(object);
            } else {
                go(object.children(), depth + 1, visit)?;
            }
        }
        Ok(())
    }
    go(walker, 0, visit)
}

/// A tag as people write it: upper-case hexadecimal.
pub fn tag_hex(tag: u32) -> String {
    match tag {
        0..=0xFF => format!("{tag:02X}"),
        0x100..=0xFFFF => format!("{tag:04X}"),
        _ => format!("{tag:06X}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len() / 2).map(|i| u8::from_str_radix(&text[i * 2..i * 2 + 2], 16).expect("hex")).collect()
    }

    #[test]
    fn tags_lengths_and_padding() {
        let bytes = hex("9F36020719000095050000008000DF8129025555");
        let all: Vec<_> = TlvWalker::new(&bytes).collect::<Result<_, _>>().expect("sound");
        let shown: Vec<_> = all.iter().map(|t| (tag_hex(t.tag), t.offset, t.length)).collect();
        assert_eq!(shown, [("9F36".into(), 0, 5), ("95".into(), 7, 7), ("DF8129".into(), 14, 6)]);
        let long = [hex("91818A"), vec![7; 0x8A]].concat();
        let object = TlvWalker::new(&long).next().expect("one").expect("sound");
        assert_eq!((object.tag, object.value.len()), (0x91, 0x8A));
    }

    #[test]
    fn faults_name_the_object_and_end_the_walk() {
        for (bytes, offset, fault) in [
            ("9F", 0, TlvFault::Tag),
            ("9F8181810100", 0, TlvFault::Tag),
            ("9F3602071995", 5, TlvFault::Length),
            ("95", 0, TlvFault::Length),
            ("9580", 0, TlvFault::Length),
            ("9583000001FF", 0, TlvFault::Length),
            ("9F3602071995050000", 5, TlvFault::Value),
        ] {
            let bytes = hex(bytes);
            let mut walker = TlvWalker::new(&bytes);
            let error = walker.find_map(Result::err).expect("an error");
            assert_eq!(error, TlvError { offset, fault });
            assert_eq!(walker.next(), None);
        }
    }

    #[test]
    fn leaves_go_into_templates_and_count_from_the_beginning() {
        let bytes = hex("9F360200017709570562280000009A03250101");
        let mut seen = Vec::new();
        leaves(TlvWalker::from(&bytes, 100), &mut |t| seen.push((t.tag, t.offset))).expect_err("cut inside");
        assert_eq!(seen, [(0x9F36, 100), (0x57, 107)]);
        let deep = [vec![0x70, 0x7F], [0x70, 0x00].repeat(63), vec![0]].concat();
        leaves(TlvWalker::new(&deep), &mut |_| {}).expect("sound");
    }

    #[test]
    fn union_pays_own_tags_may_hold_text_and_templates_may_not() {
        let mut seen = Vec::new();
        leaves(TlvWalker::new(&hex("FF0203313233FF03059505000000")), &mut |t| seen.push(t.tag))
            .expect("text");
        assert_eq!(seen, [0xFF02, 0xFF03]);
        seen.clear();
        leaves(TlvWalker::new(&hex("FF03079505000000800070023132")), &mut |t| seen.push(t.tag))
            .expect_err("text");
        assert_eq!(seen, [0x95]);
    }

    proptest! {
        #[test]
        fn any_bytes_end_and_stay_within(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut end = 0;
            for object in TlvWalker::new(&bytes) {
                match object {
                    Ok(t) => {
                        prop_assert!(t.offset >= end && t.offset + t.length <= bytes.len());
                        end = t.offset + t.length;
                    }
                    Err(e) => prop_assert!(e.offset >= end && e.offset < bytes.len()),
                }
            }
            let _ = leaves(TlvWalker::new(&bytes), &mut |_| {});
        }
    }
}
