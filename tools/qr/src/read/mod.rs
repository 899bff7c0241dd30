//! Codes out of a picture: a cascade of two engines over scales, thresholds and contrasts.
//!
//! Why it exists: no single reader reads what people photograph. Cheap stages come first; a stage is left out once
//! what can be seen is read. Never guesses: every text passed an engine's own error correction, and where two
//! engines read different texts in one place, both are told.

mod engines;
mod picture;
mod pixels;

pub use engines::Reading;
pub use picture::{BadPicture, FILE_BYTES_MAX, PIXELS_MAX, Picture, is_picture};

use engines::{Budget, Threshold, quircs, rxing};

/// Larger pictures are made smaller first: a code that fills a till's sticker is still large then.
const WORK_PIXELS: usize = 4_600_000;
/// Pictures of fewer pixels are looked over at half their size, others at a quarter.
const SMALL_PIXELS: usize = 1_500_000;
/// So many corner patterns outside what was read are another code.
const PATTERNS_OF_A_CODE: usize = 3;
/// A picture has no more codes than this.
const READINGS_MAX: usize = 256;
/// So many groups of corner patterns are tried on one picture, over all stages.
const GROUPS_MAX: usize = 1500;
/// A second engine looks at so many codes.
const CROSS_CHECKS_MAX: usize = 12;

/// What a picture holds.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The codes, each place once.
    pub readings: Vec<Reading>,
    /// Other texts that an engine read in the place of a reading: its number and the text.
    pub rivals: Vec<(usize, String)>,
}

/// Reads the codes of a picture. Corners are those of the picture as it is meant to be seen.
pub fn read(picture: &Picture) -> Found {
    let mut factor = 1;
    while picture.width * picture.height / (factor * factor) > WORK_PIXELS {
        factor += 1;
    }
    let work = if factor == 1 { None } else { pixels::smaller(picture, factor) };
    let work = work.as_ref().unwrap_or(picture);
    let mut cascade = Cascade {
        found: Found::default(),
        patterns: Vec::new(),
        scale: factor as f32,
        budget: Budget(GROUPS_MAX),
    };
    cascade.run(picture, work);
    cascade.cross_check(work);
    let mut found = cascade.found;
    for reading in &mut found.readings {
        reading.corners = reading.corners.map(|c| picture.upright(c));
    }
    found
}

struct Cascade {
    found: Found,
    /// Centres of corner patterns in the whole picture's pixels.
    patterns: Vec<[f32; 2]>,
    /// Pixels of the whole picture in one of the working picture.
    scale: f32,
    /// What `rxing` may still try.
    budget: Budget,
}

impl Cascade {
    /// The stages, cheapest gain first (measured: docs/benchmarks.md).
    fn run(&mut self, whole: &Picture, work: &Picture) {
        self.try_rxing(work, Threshold::Local, "rxing", self.scale);
        // A small picture made four times smaller shows no corner pattern any more.
        let by = if work.width * work.height > SMALL_PIXELS { 4 } else { 2 };
        let quarter = pixels::smaller(work, by);
        if let Some(q) = &quarter {
            let by = by as f32;
            self.see(quircs(q, "quircs/4"), self.scale * by);
            if self.done() {
                return;
            }
            self.try_rxing(q, Threshold::Local, "rxing/4", self.scale * by);
        }
        if self.done() {
            return;
        }
        self.try_rxing(work, Threshold::Global, "rxing/global", self.scale);
        self.see(quircs(work, "quircs"), self.scale);
        if self.done() {
            return;
        }
        if let Some(half) = pixels::smaller(work, 2) {
            self.try_rxing(&half, Threshold::Local, "rxing/2", self.scale * 2.0);
            self.see(quircs(&half, "quircs/2"), self.scale * 2.0);
            if self.done() {
                return;
            }
            self.try_rxing(&pixels::inverted(&half), Threshold::Local, "rxing/2/inverted", self.scale * 2.0);
        }
        if self.done() {
            return;
        }
        self.try_rxing(&pixels::inverted(work), Threshold::Local, "rxing/inverted", self.scale);
        if !self.done() && self.scale > 1.0 {
            self.try_rxing(whole, Threshold::Local, "rxing/whole", 1.0);
        }
    }

    fn try_rxing(&mut self, p: &Picture, threshold: Threshold, engine: &'static str, scale: f32) {
        let readings = rxing(p, threshold, engine, &mut self.budget);
        self.add(readings, scale);
    }

    /// Something was read, and no further code is in sight.
    fn done(&self) -> bool {
        let outside = |p: &&[f32; 2]| !self.found.readings.iter().any(|r| is_near(**p, &r.corners));
        !self.found.readings.is_empty() && self.patterns.iter().filter(outside).count() < PATTERNS_OF_A_CODE
    }

    fn see(&mut self, seen: engines::Seen, scale: f32) {
        for pattern in seen.patterns {
            let at = pattern.map(|v| v * scale);
            let known = |p: &[f32; 2]| distance(*p, at) < 6.0 * scale;
            if self.patterns.len() < 4 * READINGS_MAX && !self.patterns.iter().any(known) {
                self.patterns.push(at);
            }
        }
        self.add(seen.readings, scale);
    }

    fn add(&mut self, readings: Vec<Reading>, scale: f32) {
        for mut reading in readings {
            reading.corners = reading.corners.map(|c| c.map(|v| v * scale));
            if reading.text.is_empty() || !is_box(&reading.corners) {
                continue;
            }
            let same = |known: &Reading| match known.text == reading.text {
                // One text twice in one place is one code whose corners were seen a little off.
                true => share(&known.corners, &reading.corners, f32::min) > 0.2,
                false => share(&known.corners, &reading.corners, f32::max) > 0.4,
            };
            match self.found.readings.iter().position(same) {
                Some(at) => self.rival(at, reading.text),
                None if self.found.readings.len() < READINGS_MAX => self.found.readings.push(reading),
                None => {}
            }
        }
    }

    /// Notes another text in the place of a known one. Texts that differ only in characters beyond ASCII are one text
    /// in two guesses at its encoding.
    fn rival(&mut self, at: usize, text: String) {
        let ascii = |t: &str| t.chars().filter(|c| c.is_ascii() && !c.is_ascii_control()).collect::<String>();
        let known = &self.found.readings[at].text;
        let one_text =
            *known == text || (!(known.is_ascii() && text.is_ascii()) && ascii(known) == ascii(&text));
        if !one_text && !self.found.rivals.iter().any(|(i, t)| *i == at && *t == text) {
            self.found.rivals.push((at, text));
        }
    }

    /// Lets the engine that did not read a code look at its place, large enough and no larger.
    fn cross_check(&mut self, work: &Picture) {
        const SIDE_ENOUGH: f32 = 260.0;
        let first: Vec<Reading> = self.found.readings.iter().take(CROSS_CHECKS_MAX).cloned().collect();
        for reading in first {
            let (from, to) = bounds(&reading.corners.map(|c| c.map(|v| v / self.scale)));
            let side = (to[0] - from[0]).max(to[1] - from[1]);
            let margin = side * 0.25;
            let corner = |c: [f32; 2], by: f32| [c[0] + by, c[1] + by];
            let Some((cut, at)) = pixels::part(work, corner(from, -margin), corner(to, margin)) else {
                continue;
            };
            let factor = ((side / SIDE_ENOUGH) as usize).max(1);
            let small = if factor == 1 { Some(cut) } else { pixels::smaller(&cut, factor) };
            let Some(small) = small else { continue };
            let second = match reading.engine.starts_with("rxing") {
                true => quircs(&small, "quircs/check").readings,
                false => rxing(&small, Threshold::Local, "rxing/check", &mut self.budget),
            };
            let place = |c: [f32; 2]| {
                [
                    (c[0] * factor as f32 + at[0] as f32) * self.scale,
                    (c[1] * factor as f32 + at[1] as f32) * self.scale,
                ]
            };
            let readings =
                second.into_iter().map(|r| Reading { corners: r.corners.map(place), ..r }).collect();
            self.add(readings, 1.0);
        }
    }
}

fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    (a[0] - b[0]).abs() + (a[1] - b[1]).abs()
}

/// The upright box around some corners: its upper left and lower right.
fn bounds(corners: &[[f32; 2]; 4]) -> ([f32; 2], [f32; 2]) {
    let all = |axis: usize, best: fn(f32, f32) -> f32, start: f32| {
        corners.iter().map(|c| c[axis]).fold(start, best)
    };
    let least = |axis| all(axis, f32::min, f32::INFINITY);
    let most = |axis| all(axis, f32::max, f32::NEG_INFINITY);
    ([least(0), least(1)], [most(0), most(1)])
}

/// A code's corners enclose something: not a line, not a point.
fn is_box(corners: &[[f32; 2]; 4]) -> bool {
    let twice_area: f32 =
        (0..4).map(|i| (corners[i], corners[(i + 1) % 4])).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum();
    let (from, to) = bounds(corners);
    let around = (to[0] - from[0]) * (to[1] - from[1]);
    around > 64.0 && twice_area.abs() / 2.0 > around * 0.15
}

/// How much of the smaller (`f32::min`) or larger (`f32::max`) of two boxes both share.
fn share(a: &[[f32; 2]; 4], b: &[[f32; 2]; 4], of: fn(f32, f32) -> f32) -> f32 {
    let ((a_from, a_to), (b_from, b_to)) = (bounds(a), bounds(b));
    let shared = |axis: usize| (a_to[axis].min(b_to[axis]) - a_from[axis].max(b_from[axis])).max(0.0);
    let area = |from: [f32; 2], to: [f32; 2]| (to[0] - from[0]) * (to[1] - from[1]);
    shared(0) * shared(1) / of(area(a_from, a_to), area(b_from, b_to)).max(1.0)
}

/// Inside a box or right beside it.
fn is_near(p: [f32; 2], corners: &[[f32; 2]; 4]) -> bool {
    let (from, to) = bounds(corners);
    let margin = 0.1 * (to[0] - from[0]).max(to[1] - from[1]);
    (0..2).all(|axis| p[axis] >= from[axis] - margin && p[axis] <= to[axis] + margin)
}
