//! The two readers: `rxing` (a port of ZXing) and `quircs` (a port of quirc).
//!
//! Why it exists: they fail on different pictures, and where both read, they must agree. Each accepts a text only if
//! its Reed-Solomon check passes. Neither may end the program: a panic inside one counts as nothing read.

use super::picture::Picture;
use rxing::common::{DetectorRXingResult, GlobalHistogramBinarizer, HybridBinarizer};
use rxing::qrcode::cpp_port::decoder::Decode;
use rxing::qrcode::cpp_port::detector::{FindFinderPatterns, GenerateFinderPatternSets, SampleQR};
use rxing::{Binarizer, BinaryBitmap, Luma8Source};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// One code as an engine read it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The text.
    pub text: String,
    /// Which engine, and on which variant of the picture.
    pub engine: &'static str,
    /// Its corners: upper left, upper right, lower right, lower left of the code itself.
    pub corners: [[f32; 2]; 4],
}

/// How `rxing` parts black from white.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    /// In each neighbourhood.
    Local,
    /// One for the whole picture.
    Global,
}

/// How many groups of corner patterns may still be tried on a picture: noise and mischief make many thousands, each of
/// which costs a tenth of a millisecond.
#[derive(Debug)]
pub struct Budget(pub usize);

/// Reads all codes with `rxing`.
pub fn rxing(p: &Picture, threshold: Threshold, engine: &'static str, budget: &mut Budget) -> Vec<Reading> {
    const SIDE_MIN: usize = 24;
    if p.width < SIDE_MIN || p.height < SIDE_MIN || budget.0 == 0 {
        return Vec::new();
    }
    let Ok(source) = Luma8Source::new_with_slice(&p.luma, p.width as u32, p.height as u32) else {
        return Vec::new();
    };
    let read = catch_unwind(AssertUnwindSafe(|| match threshold {
        Threshold::Local => with(HybridBinarizer::new(source), budget),
        Threshold::Global => with(GlobalHistogramBinarizer::new(source), budget),
    }));
    let found = read.unwrap_or_default();
    found.into_iter().map(|(text, corners)| Reading { text, engine, corners }).collect()
}

/// `QrReader`'s own loop, with bounds.
fn with<B: Binarizer>(binarizer: B, budget: &mut Budget) -> Vec<(String, [[f32; 2]; 4])> {
    /// The largest patterns are the likeliest ones.
    const PATTERNS_MAX: usize = 400;
    let bitmap = BinaryBitmap::new(binarizer);
    let matrix = bitmap.get_black_matrix();
    let mut patterns = FindFinderPatterns(matrix, true, 0);
    patterns.sort_by_key(|p| std::cmp::Reverse(p.size));
    patterns.truncate(PATTERNS_MAX);
    let mut used = Vec::new();
    let mut out = Vec::new();
    for set in GenerateFinderPatternSets(&mut patterns) {
        if [set.bl, set.tl, set.tr].iter().any(|p| used.contains(p)) {
            continue;
        }
        let Some(left) = budget.0.checked_sub(1) else { break };
        budget.0 = left;
        let Ok(sampled) = SampleQR(matrix, &set) else { continue };
        let Ok(decoded) = Decode(sampled.getBits()) else { continue };
        if !decoded.isValid() {
            continue;
        }
        used.extend([set.bl, set.tl, set.tr]);
        if let Some(corners) = corners(sampled.getPoints()) {
            out.push((decoded.text(), corners));
        }
    }
    out
}

fn corners(points: &[rxing::Point]) -> Option<[[f32; 2]; 4]> {
    // They come as upper left, upper right, lower left, lower right (held by a test of `scene`).
    let [upper_left, upper_right, lower_left, lower_right] = points.get(..4)?.try_into().ok()?;
    let corners = [upper_left, upper_right, lower_right, lower_left].map(|p: rxing::Point| [p.x, p.y]);
    corners.iter().flatten().all(|v| v.is_finite()).then_some(corners)
}

/// What `quircs` saw.
#[derive(Debug, Default)]
pub struct Seen {
    /// The codes that it read.
    pub readings: Vec<Reading>,
    /// Centres of corner patterns, of codes that were read or not.
    pub patterns: Vec<[f32; 2]>,
}

/// Reads all codes with `quircs`.
pub fn quircs(p: &Picture, engine: &'static str) -> Seen {
    const SIDE_MIN: usize = 24;
    if p.width < SIDE_MIN || p.height < SIDE_MIN {
        return Seen::default();
    }
    let read = catch_unwind(AssertUnwindSafe(|| {
        let mut reader = quircs::Quirc::new();
        let mut readings = Vec::new();
        for code in reader.identify(p.width, p.height, &p.luma).flatten() {
            let Some(text) = code.decode().ok().and_then(|data| text_of(&data)) else { continue };
            let corners = code.corners.map(|c| [c.x as f32, c.y as f32]);
            readings.push(Reading { text, engine, corners });
        }
        let patterns = reader.capstones.iter().map(|c| [c.center.x as f32, c.center.y as f32]).collect();
        Seen { readings, patterns }
    }));
    read.unwrap_or_default()
}

/// The text of the bytes: UTF-8, else what phones in China write.
fn text_of(data: &quircs::Data) -> Option<String> {
    if data.payload.is_empty() {
        return None;
    }
    if let Ok(text) = std::str::from_utf8(&data.payload) {
        return Some(text.to_owned());
    }
    let encoding = match data.data_type {
        Some(quircs::DataType::Kanji) => encoding_rs::SHIFT_JIS,
        _ => encoding_rs::GB18030,
    };
    let (text, _, wrong) = encoding.decode(&data.payload);
    Some(if wrong { data.payload.iter().map(|b| char::from(*b)).collect() } else { text.into_owned() })
}
