//! A dialect and a bitmap compiled into a plan, the *shape*: runs of fixed bytes between the fields of
//! variable length, and for each field where it lies in that.
//!
//! Why it exists: messages of one kind share their bitmap, so nothing about the bitmap need be found out
//! twice. The cache is bounded ([`SHAPES_MAX`], [`PROBES_MAX`]): bitmaps come from outside, and random ones
//! must cost neither memory nor long searches. A bitmap that finds no room gets a plan of its own.

use crate::dialect::{Dialect, Encoding, LengthKind, PrefixForm};
use std::sync::Arc;

/// The most plans that one decoder keeps.
pub const SHAPES_MAX: usize = 4096;
const SLOTS_MIN: usize = 64;
const PROBES_MAX: usize = 16;

/// How a run's variable field begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prefix {
    /// No field follows: the message ends here.
    None,
    /// One BCD byte.
    Bcd1,
    /// Two BCD bytes.
    Bcd2,
    /// Two ASCII digits.
    Ascii2,
    /// Three ASCII digits.
    Ascii3,
    /// One byte of a number.
    Binary1,
    /// So many bytes, to be read in the general way: EBCDIC digits and the longer prefixes.
    General(PrefixForm, u8),
}

/// What a unit of a variable field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// A byte.
    Byte,
    /// A BCD digit.
    Digit,
    /// A nibble of any value.
    Nibble,
    /// Two hexadecimal characters.
    HexPair,
}

/// Fixed bytes, then perhaps one field of variable length.
#[derive(Debug)]
pub(crate) struct Run {
    pub fixed: usize,
    /// The stretches of BCD within the fixed bytes: from, to.
    pub bcd: Box<[(u16, u16)]>,
    pub prefix: Prefix,
    pub unit: Unit,
    pub max: u32,
}

/// Where one field lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldPlace {
    pub number: u8,
    /// The run it belongs to.
    pub run: u8,
    /// True if it is the run's variable field.
    pub variable: bool,
    /// Its first byte, from the run's first.
    pub from: u16,
    /// Its bytes, if fixed.
    pub length: u16,
}

/// The plan of one bitmap.
#[derive(Debug)]
pub(crate) struct Shape {
    pub dialect: Arc<Dialect>,
    pub bitmap: u128,
    /// The third bitmap, or zero.
    pub third: u64,
    pub runs: Box<[Run]>,
    pub places: Box<[FieldPlace]>,
    /// Ranks of the fields that must be digits or hexadecimal characters.
    pub characters: Box<[u8]>,
    /// The first field of the bitmap that the dialect lacks; the plan ends before it.
    pub unknown: Option<u8>,
}

/// The bit of a field in a bitmap.
pub(crate) fn bit(number: u8) -> u128 {
    match number {
        1..=128 => 1 << (128 - u32::from(number)),
        _ => 0,
    }
}

/// The fields of a bitmap, rising, without the bits that only announce another bitmap.
fn numbers(bitmap: u128, announcing: u128) -> impl Iterator<Item = u8> {
    let mut rest = bitmap & !announcing;
    std::iter::from_fn(move || {
        if rest == 0 {
            return None;
        }
        // At most 127 leading zeros, so the number is at most 128.
        let number = rest.leading_zeros() as u8 + 1;
        rest &= !bit(number);
        Some(number)
    })
}

/// The fields of all bitmaps, rising.
fn all_numbers(dialect: &Dialect, bitmap: u128, third: u64) -> impl Iterator<Item = u8> + use<> {
    // The third bitmap's highest bit is field 129, at most field 192.
    let beyond = (1..=64u8).filter(move |place| third >> (64 - place) & 1 == 1).map(|place| 128 + place);
    numbers(bitmap, announcing(dialect)).chain(beyond)
}

/// The bits that announce another bitmap and no field: 1, and 65 in a dialect with a third bitmap.
fn announcing(dialect: &Dialect) -> u128 {
    if dialect.third_bitmap { bit(1) | bit(65) } else { bit(1) }
}

impl Shape {
    /// The fields that the bitmaps announce, rising.
    pub fn numbers(&self) -> impl Iterator<Item = u8> + use<> {
        all_numbers(&self.dialect, self.bitmap, self.third)
    }

    pub fn build(dialect: &Arc<Dialect>, bitmap: u128, third: u64) -> Shape {
        let mut runs = Vec::new();
        let mut places = Vec::new();
        let mut characters = Vec::new();
        let mut unknown = None;
        let (mut fixed, mut bcd): (u16, Vec<(u16, u16)>) = (0, Vec::new());
        for number in all_numbers(dialect, bitmap, third) {
            let Some(spec) = dialect.field(number) else {
                unknown = Some(number);
                break;
            };
            if spec.digits || spec.encoding == Encoding::HexText {
                // At most 128 fields, so a rank fits.
                characters.push(places.len() as u8);
            }
            let run = runs.len() as u8;
            if spec.length == LengthKind::Fixed {
                // A dialect's fixed bytes are at most 60,000 together.
                let length = spec.bytes_of(spec.max as usize) as u16;
                let end = fixed + length;
                if spec.is_bcd() {
                    // A sign stands before the digits.
                    let from = fixed + u16::from(spec.encoding == Encoding::SignedBcd);
                    match bcd.last_mut() {
                        Some((_, last)) if *last == from => *last = end,
                        _ => bcd.push((from, end)),
                    }
                }
                places.push(FieldPlace { number, run, variable: false, from: fixed, length });
                fixed = end;
            } else {
                places.push(FieldPlace { number, run, variable: true, from: fixed, length: 0 });
                let prefix = match (spec.length, spec.prefix) {
                    (LengthKind::Ll, PrefixForm::Bcd) => Prefix::Bcd1,
                    (LengthKind::Lll | LengthKind::Llll, PrefixForm::Bcd) => Prefix::Bcd2,
                    (LengthKind::Ll, PrefixForm::Ascii) => Prefix::Ascii2,
                    (LengthKind::Lll, PrefixForm::Ascii) => Prefix::Ascii3,
                    (LengthKind::Ll, PrefixForm::Binary) => Prefix::Binary1,
                    // A prefix has at most 6 bytes.
                    (_, form) => Prefix::General(form, spec.prefix_length() as u8),
                };
                let unit = match spec.encoding {
                    Encoding::Text | Encoding::Bytes => Unit::Byte,
                    Encoding::HexText => Unit::HexPair,
                    // Signed digits are of fixed length only.
                    Encoding::BcdLeft | Encoding::BcdRight | Encoding::SignedBcd => Unit::Digit,
                    Encoding::Track | Encoding::TrackLeft => Unit::Nibble,
                };
                runs.push(Run {
                    fixed: usize::from(fixed),
                    bcd: std::mem::take(&mut bcd).into(),
                    prefix,
                    unit,
                    max: spec.max,
                });
                fixed = 0;
            }
        }
        runs.push(Run {
            fixed: usize::from(fixed),
            bcd: bcd.into(),
            prefix: Prefix::None,
            unit: Unit::Byte,
            max: 0,
        });
        Shape {
            dialect: dialect.clone(),
            bitmap,
            third,
            runs: runs.into(),
            places: places.into(),
            characters: characters.into(),
            unknown,
        }
    }

    /// The rank of a field among those of the bitmap.
    pub fn rank(&self, number: u8) -> Option<usize> {
        let fields = self.bitmap & !announcing(&self.dialect);
        if number > 128 {
            let (place, all) = (u32::from(number) - 128, fields.count_ones() as usize);
            let shift = 64u32.checked_sub(place).filter(|shift| self.third >> shift & 1 == 1)?;
            // Of the bits above this one; a shift by 64 leaves none.
            return Some(all + self.third.checked_shr(shift + 1).unwrap_or(0).count_ones() as usize);
        }
        if number < 2 || fields & bit(number) == 0 {
            return None;
        }
        let before = fields >> (129 - u32::from(number));
        Some(before.count_ones() as usize)
    }
}

/// The plans of one decoder.
#[derive(Debug)]
pub(crate) struct ShapeCache {
    /// 0 is free, else the index of a shape plus 1.
    slots: Box<[u16]>,
    shapes: Vec<Arc<Shape>>,
    latest: usize,
}

impl ShapeCache {
    /// Empty, without memory until the first message.
    pub fn new() -> ShapeCache {
        ShapeCache { slots: Box::default(), shapes: Vec::new(), latest: 0 }
    }

    pub fn len(&self) -> usize {
        self.shapes.len()
    }

    /// The plan of a bitmap: kept, or made now and kept if there is room.
    #[inline]
    pub fn get(&mut self, dialect: &Arc<Dialect>, bitmap: u128, third: u64) -> Arc<Shape> {
        if let Some(shape) = self.shapes.get(self.latest)
            && shape.bitmap == bitmap
            && shape.third == third
        {
            return shape.clone();
        }
        self.search(dialect, bitmap, third)
    }

    fn search(&mut self, dialect: &Arc<Dialect>, bitmap: u128, third: u64) -> Arc<Shape> {
        if self.shapes.len() * 2 >= self.slots.len() && self.shapes.len() < SHAPES_MAX {
            self.grow();
        }
        match self.find(bitmap, third) {
            Found::Kept(index) => {
                if let Some(shape) = self.shapes.get(index) {
                    self.latest = index;
                    return shape.clone();
                }
            }
            Found::Free(slot) if self.shapes.len() < SHAPES_MAX => {
                let shape = Arc::new(Shape::build(dialect, bitmap, third));
                self.latest = self.shapes.len();
                self.shapes.push(shape.clone());
                if let Some(slot) = self.slots.get_mut(slot) {
                    // At most SHAPES_MAX shapes, so the count fits.
                    *slot = self.shapes.len() as u16;
                }
                return shape;
            }
            Found::Free(_) | Found::NoRoom => {}
        }
        Arc::new(Shape::build(dialect, bitmap, third))
    }

    fn find(&self, bitmap: u128, third: u64) -> Found {
        let folded = (bitmap >> 64) as u64 ^ (bitmap as u64).rotate_left(29) ^ third.rotate_left(47);
        let home = (folded.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize;
        for probe in 0..PROBES_MAX {
            // The count of slots is a power of two.
            let at = (home + probe) & (self.slots.len() - 1);
            match self.slots.get(at).map(|slot| usize::from(*slot)) {
                None => break,
                Some(0) => return Found::Free(at),
                Some(kept) => {
                    let same = |shape: &Arc<Shape>| shape.bitmap == bitmap && shape.third == third;
                    if self.shapes.get(kept - 1).is_some_and(same) {
                        return Found::Kept(kept - 1);
                    }
                }
            }
        }
        Found::NoRoom
    }

    /// Doubles the slots. A shape that finds no slot again stays unused; its plan is then made anew.
    fn grow(&mut self) {
        self.slots = vec![0; (self.slots.len() * 2).max(SLOTS_MIN)].into();
        for index in 0..self.shapes.len() {
            let bitmaps = self.shapes.get(index).map(|shape| (shape.bitmap, shape.third));
            let Some((bitmap, third)) = bitmaps else { break };
            if let Found::Free(at) = self.find(bitmap, third)
                && let Some(slot) = self.slots.get_mut(at)
            {
                *slot = index as u16 + 1;
            }
        }
    }
}

enum Found {
    /// The plan's index.
    Kept(usize),
    /// A free slot for it.
    Free(usize),
    /// Neither within the probes that are allowed.
    NoRoom,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rank_counts_the_fields_before(bitmap: u128, third: u64) {
            let two = Dialect::named("iso87_ascii_hexbm").expect("dialect");
            let text = "inherits = \"iso87_ascii_hexbm\"\nthird_bitmap = true\n[fields]\n130 = \"fixed 1 text\"";
            let three = Arc::new(Dialect::from_toml("three", text).expect("dialect"));
            for (dialect, third) in [(two, 0), (three, third)] {
                let shape = Shape::build(&dialect, bitmap, third);
                let mut seen = 0;
                for (rank, number) in shape.numbers().enumerate() {
                    prop_assert_eq!(shape.rank(number), Some(rank));
                    seen += 1;
                }
                let ranked = (0..=255).filter(|number| shape.rank(*number).is_some()).count();
                prop_assert_eq!(ranked, seen);
            }
        }
    }

    #[test]
    fn random_bitmaps_fill_the_cache_and_no_more() {
        let dialect = Dialect::named("cup_pos").expect("dialect");
        let mut cache = ShapeCache::new();
        let mut state = 1u64;
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let bitmap = u128::from(state & !(1 << 63)) << 64;
            assert_eq!(cache.get(&dialect, bitmap, 0).bitmap, bitmap);
        }
        assert_eq!(cache.len(), SHAPES_MAX);
        assert_eq!(cache.slots.len(), SHAPES_MAX * 2);
        // What was kept before the flood is still found.
        let kept = cache.shapes[7].clone();
        assert!(Arc::ptr_eq(&cache.get(&dialect, kept.bitmap, 0), &kept));
    }
}
