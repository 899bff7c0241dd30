//! The two readers: `rxing` (a port of ZXing) and `quircs` (a port of quirc).
//!
//! Why it exists: they fail on different pictures, and where both read, they must agree. Each accepts a text only if
//! its Reed-Solomon check passes. Neither may end the program: a panic inside one counts as nothing read.

use super::picture::Picture;
use rxing::common::{GlobalHistogramBinarizer, HybridBinarizer};
use rxing::multi::MultipleBarcodeReader;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{BarcodeFormat, Binarizer, BinaryBitmap, DecodeHints, Luma8Source};
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

/// Reads all codes with `rxing`.
pub fn rxing(p: &Picture, threshold: Threshold, engine: &'static str) -> Vec<Reading> {
    const SIDE_MIN: usize = 24;
    if p.width < SIDE_MIN || p.height < SIDE_MIN {
        return Vec::new();
    }
    let Ok(source) = Luma8Source::new_with_slice(&p.luma, p.width as u32, p.height as u32) else {
        return Vec::new();
    };
    let read = catch_unwind(AssertUnwindSafe(|| match threshold {
        Threshold::Local => with(HybridBinarizer::new(source)),
        Threshold::Global => with(GlobalHistogramBinarizer::new(source)),
    }));
    let found = read.unwrap_or_default();
    found.into_iter().map(|(text, corners)| Reading { text, engine, corners }).collect()
}

fn with<B: Binarizer>(binarizer: B) -> Vec<(String, [[f32; 2]; 4])> {
    let hints = DecodeHints {
        TryHarder: Some(true),
        PossibleFormats: Some([BarcodeFormat::QR_CODE].into()),
        ..DecodeHints::default()
    };
    let mut bitmap = BinaryBitmap::new(binarizer);
    let Ok(results) = QrReader.decode_multiple_with_hints(&mut bitmap, &hints) else { return Vec::new() };
    let corners = |points: &[rxing::Point]| -> Option<[[f32; 2]; 4]> {
        let [a, b, c, d] = points.get(..4)?.try_into().ok()?;
        let corners = [a, b, c, d].map(|p: rxing::Point| [p.x, p.y]);
        corners.iter().flatten().all(|v| v.is_finite()).then_some(corners)
    };
    results.iter().filter_map(|r| Some((r.getText().to_owned(), corners(r.getPoints())?))).collect()
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
