//! Bytes of snapshots: little-endian numbers and varints, and a reader that never trusts a length.
//!
//! Never allocates by a number that it read before it knows that so many bytes are there.

use crate::RestoreError;
use tg_types::Short;

/// Appends numbers to a snapshot.
pub(crate) struct Writer<'a>(pub(crate) &'a mut Vec<u8>);

impl Writer<'_> {
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
    pub(crate) fn u8(&mut self, n: u8) {
        self.0.push(n);
    }
    pub(crate) fn u16(&mut self, n: u16) {
        self.bytes(&n.to_le_bytes());
    }
    pub(crate) fn u32(&mut self, n: u32) {
        self.bytes(&n.to_le_bytes());
    }
    pub(crate) fn u64(&mut self, n: u64) {
        self.bytes(&n.to_le_bytes());
    }
    pub(crate) fn i64(&mut self, n: i64) {
        self.u64(n as u64);
    }
    /// Seven bits a byte, least first; small numbers take one byte.
    pub(crate) fn varint(&mut self, n: u64) {
        if n < 0x80 {
            return self.u8(n as u8);
        }
        let mut piece = Piece::default();
        piece.varint(n);
        self.piece(&piece);
    }
    /// Appends what was put together.
    pub(crate) fn piece(&mut self, piece: &Piece) {
        self.bytes(&piece.bytes[..piece.length]);
    }
    /// A text with its length.
    pub(crate) fn short<const N: usize>(&mut self, text: &Short<N>) {
        self.u8(text.as_bytes().len() as u8);
        self.bytes(text.as_bytes());
    }
    /// A list of offsets.
    pub(crate) fn offsets(&mut self, offsets: &[u64]) {
        self.varint(offsets.len() as u64);
        offsets.iter().for_each(|offset| self.u64(*offset));
    }
    #[cfg(test)]
    fn zigzag(&mut self, n: i64) {
        let mut piece = Piece::default();
        piece.zigzag(n);
        self.piece(&piece);
    }
}

/// A few numbers put together in place: the millions of window entries of a snapshot reach the list of bytes
/// in one step each.
pub(crate) struct Piece {
    bytes: [u8; Piece::MAX],
    length: usize,
}

impl Default for Piece {
    fn default() -> Self {
        Piece { bytes: [0; Piece::MAX], length: 0 }
    }
}

impl Piece {
    /// Room for a window entry: four varints and two bytes.
    const MAX: usize = 48;

    pub(crate) fn clear(&mut self) {
        self.length = 0;
    }

    #[inline]
    fn byte(&mut self, byte: u8) {
        self.bytes[self.length] = byte;
        self.length += 1;
    }

    pub(crate) fn u16(&mut self, n: u16) {
        n.to_le_bytes().into_iter().for_each(|byte| self.byte(byte));
    }

    /// As [`Writer::varint`].
    #[inline]
    pub(crate) fn varint(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.byte(n as u8 | 0x80);
            n >>= 7;
        }
        self.byte(n as u8);
    }

    /// A signed number whose small magnitudes take few bytes.
    #[inline]
    pub(crate) fn zigzag(&mut self, n: i64) {
        self.varint(((n << 1) ^ (n >> 63)) as u64);
    }
}

type Read<T> = Result<T, RestoreError>;

/// The error of bytes that end too early.
const SHORT: RestoreError = RestoreError::Damaged("it ends too early");
const MALFORMED: RestoreError = RestoreError::Damaged("a number is malformed");

/// Reads what [`Writer`] wrote.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl Reader<'_> {
    pub(crate) fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk().ok_or(SHORT)?;
        self.0 = rest;
        Ok(*head)
    }
    pub(crate) fn u8(&mut self) -> Read<u8> {
        self.array::<1>().map(|[b]| b)
    }
    pub(crate) fn u16(&mut self) -> Read<u16> {
        self.array().map(u16::from_le_bytes)
    }
    pub(crate) fn u32(&mut self) -> Read<u32> {
        self.array().map(u32::from_le_bytes)
    }
    pub(crate) fn u64(&mut self) -> Read<u64> {
        self.array().map(u64::from_le_bytes)
    }
    pub(crate) fn i64(&mut self) -> Read<i64> {
        self.u64().map(|n| n as i64)
    }
    /// A number of up to eight bytes is taken out of one word, without a look at each byte: a snapshot holds
    /// some ten million.
    #[inline]
    pub(crate) fn varint(&mut self) -> Read<u64> {
        let Some(chunk) = self.0.first_chunk::<8>() else { return self.varint_by_bytes() };
        let word = u64::from_le_bytes(*chunk);
        let ends = !word & 0x8080_8080_8080_8080;
        if ends == 0 {
            return self.varint_by_bytes();
        }
        let bits = ends.trailing_zeros() + 1;
        let word = word & (u64::MAX >> (64 - bits));
        if bits > 8 && word >> (bits - 8) == 0 {
            return Err(MALFORMED);
        }
        // Sevens to fourteens, to twenty-eights, to fifty-six bits.
        let n = word & 0x7F7F_7F7F_7F7F_7F7F;
        let n = (n & 0x007F_007F_007F_007F) | (n & 0x7F00_7F00_7F00_7F00) >> 1;
        let n = (n & 0x0000_3FFF_0000_3FFF) | (n & 0x3FFF_0000_3FFF_0000) >> 2;
        let n = (n & 0x0FFF_FFFF) | (n & 0x0FFF_FFFF_0000_0000) >> 4;
        self.0 = self.0.get(bits as usize / 8..).unwrap_or(&[]);
        Ok(n)
    }
    #[cold]
    fn varint_by_bytes(&mut self) -> Read<u64> {
        let mut n = 0_u64;
        for (i, &byte) in self.0.iter().take(10).enumerate() {
            let part = u64::from(byte & 0x7F);
            if i == 9 && byte > 1 {
                break;
            }
            n |= part << (7 * i);
            if byte & 0x80 == 0 {
                // One number has one form, so that equal states have equal bytes.
                if i > 0 && byte == 0 {
                    break;
                }
                self.0 = &self.0[i + 1..];
                return Ok(n);
            }
        }
        Err(MALFORMED)
    }
    pub(crate) fn zigzag(&mut self) -> Read<i64> {
        self.varint().map(|n| (n >> 1) as i64 ^ -((n & 1) as i64))
    }
    /// A text with its length.
    pub(crate) fn short<const N: usize>(&mut self) -> Read<Short<N>> {
        let length = usize::from(self.u8()?);
        let (text, rest) = self.0.split_at_checked(length).ok_or(SHORT)?;
        self.0 = rest;
        Short::from_trimmed(text).map_err(|_| RestoreError::Damaged("a text is too long"))
    }
    /// A list of offsets.
    pub(crate) fn offsets(&mut self) -> Read<Vec<u64>> {
        (0..self.count(8)?).map(|_| self.u64()).collect()
    }
    /// A count of items that take at least `least` bytes each: refused if the bytes left can't hold them.
    pub(crate) fn count(&mut self, least: usize) -> Read<usize> {
        let n = usize::try_from(self.varint()?).map_err(|_| SHORT)?;
        if n.checked_mul(least).is_none_or(|bytes| bytes > self.0.len()) {
            return Err(SHORT);
        }
        Ok(n)
    }
}

/// A check over bytes against accidents (torn or rotten snapshots), not against people.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    let mut sum = tg_types::mix64(bytes.len() as u64);
    let mut add = |word: u64| {
        sum = (sum ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    };
    let (words, rest) = bytes.as_chunks::<8>();
    words.iter().for_each(|word| add(u64::from_le_bytes(*word)));
    if !rest.is_empty() {
        let mut word = [0_u8; 8];
        word[..rest.len()].copy_from_slice(rest);
        add(u64::from_le_bytes(word));
    }
    tg_types::mix64(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(n: u64, z: i64) {
            let mut bytes = Vec::new();
            let mut w = Writer(&mut bytes);
            w.varint(n);
            w.zigzag(z);
            w.varint(n >> 57);
            let mut r = Reader(&bytes);
            prop_assert_eq!((r.varint(), r.zigzag(), r.varint()), (Ok(n), Ok(z), Ok(n >> 57)));
            prop_assert!(r.0.is_empty());
        }
    }

    proptest! {
        /// Any bytes, with many that go on: both ways read the same number, leave the same rest, or refuse.
        #[test]
        fn a_word_at_a_time_reads_as_byte_by_byte(
            bytes in proptest::collection::vec(
                prop_oneof![3 => 0x80_u8.., 1 => Just(0x80_u8), 1 => Just(0_u8), 1 => any::<u8>()],
                0..24,
            ),
        ) {
            let (mut by_words, mut by_bytes) = (Reader(&bytes), Reader(&bytes));
            let (read, expected) = (by_words.varint(), by_bytes.varint_by_bytes());
            prop_assert_eq!(read, expected);
            if expected.is_ok() {
                prop_assert_eq!(by_words.0, by_bytes.0);
            }
        }
    }

    #[test]
    fn a_count_that_the_bytes_cannot_hold_is_refused() {
        let mut bytes = Vec::new();
        Writer(&mut bytes).varint(u64::MAX);
        assert!(Reader(&bytes).count(1).is_err());
        assert!(Reader(&[5, 0, 0]).count(1).is_err());
        assert_eq!(Reader(&[2, 0, 0]).count(1), Ok(2));
        assert!(Reader(&[0x80, 0x00]).varint().is_err(), "a number in a longer form");
    }
}
