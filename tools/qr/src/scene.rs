//! Codes as people photograph them: drawn, tilted, blurred, shaded, covered; with the truth beside.
//!
//! Why it exists: the readers are tuned and watched on pictures whose content is known, made from a seed. Never
//! resembles a measurement on real photographs: it shows behaviour and regressions.

use crate::plane::Plane;
use crate::read::Picture;
use qrcode::{Color, EcLevel, QrCode};

/// What makes a picture hard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Condition {
    Plain,
    Perspective,
    Blur,
    Motion,
    Noise,
    LowContrast,
    Glare,
    Shadow,
    Small,
    Scratch,
    Inverted,
    StickerOver,
    TwoCodes,
}

/// All conditions, with the names that the bench prints.
pub const CONDITIONS: [(Condition, &str); 13] = [
    (Condition::Plain, "plain"),
    (Condition::Perspective, "perspective"),
    (Condition::Blur, "blur"),
    (Condition::Motion, "motion"),
    (Condition::Noise, "noise"),
    (Condition::LowContrast, "low_contrast"),
    (Condition::Glare, "glare"),
    (Condition::Shadow, "shadow"),
    (Condition::Small, "small"),
    (Condition::Scratch, "scratch"),
    (Condition::Inverted, "inverted"),
    (Condition::StickerOver, "sticker_over"),
    (Condition::TwoCodes, "two_codes"),
];

/// A picture and what stands in it.
#[derive(Debug)]
pub struct Scene {
    /// The picture.
    pub picture: Picture,
    /// Each code's text and corners.
    pub codes: Vec<(String, [[f32; 2]; 4])>,
}

/// Random numbers from a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Between two numbers.
    fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * ((self.next() >> 40) as f32 / (1_u64 << 24) as f32)
    }
}

/// The modules of a code, with nothing around.
pub(crate) struct Modules {
    pub side: usize,
    pub dark: Vec<bool>,
}

pub(crate) fn modules(text: &str, level: EcLevel) -> Modules {
    let code = QrCode::with_error_correction_level(text, level).expect("the texts of scenes are short");
    Modules { side: code.width(), dark: code.to_colors().iter().map(|c| *c == Color::Dark).collect() }
}

/// A code drawn without any difficulty: `module` pixels a module, four modules of quiet zone.
pub fn plain(text: &str, module: usize) -> Option<Picture> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let (side, colors) = (code.width(), code.to_colors());
    let width = (side + 8) * module;
    let mut luma = vec![255_u8; width * width];
    for (i, _) in colors.iter().enumerate().filter(|(_, c)| **c == Color::Dark) {
        let (x, y) = ((i % side + 4) * module, (i / side + 4) * module);
        for row in y..y + module {
            luma[row * width + x..row * width + x + module].fill(0);
        }
    }
    Picture::from_luma(width, width, luma)
}

struct Canvas {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

impl Canvas {
    /// Draws a code with its quiet zone into four corners, three samples a side a pixel.
    fn draw(&mut self, code: &Modules, corners: [[f32; 2]; 4], dark: f32, light: f32) {
        const QUIET: f32 = 4.0;
        let plane = Plane::to(corners);
        let side = code.side as f32;
        let reach = 0.5;
        let (from, to) = bounds(&corners, reach);
        let (right, bottom) = ((to[0] as usize).min(self.width), (to[1] as usize).min(self.height));
        for y in from[1].max(0.0) as usize..bottom {
            for x in from[0].max(0.0) as usize..right {
                let (mut sum, mut hits) = (0.0, 0.0);
                for (i, j) in (0..9).map(|k| (k % 3, k / 3)) {
                    let [u, v] =
                        plane.back(x as f32 + (i as f32 + 0.5) / 3.0, y as f32 + (j as f32 + 0.5) / 3.0);
                    let (u, v) = (u * side, v * side);
                    if !(-QUIET..side + QUIET).contains(&u) || !(-QUIET..side + QUIET).contains(&v) {
                        continue;
                    }
                    hits += 1.0;
                    let inside = u >= 0.0 && v >= 0.0 && u < side && v < side;
                    let is_dark = inside && code.dark[v as usize * code.side + u as usize];
                    sum += if is_dark { dark } else { light };
                }
                if hits > 0.0 {
                    let cell = &mut self.values[y * self.width + x];
                    *cell = (sum + *cell * (9.0 - hits)) / 9.0;
                }
            }
        }
    }

    /// A box blur along a direction; twice along both axes it is nearly a lens out of focus.
    fn smear(&mut self, step: [i32; 2], length: i32) {
        let from = self.values.clone();
        let (w, h) = (self.width as i32, self.height as i32);
        for y in 0..h {
            for x in 0..w {
                let mut sum = 0.0;
                for i in -(length / 2)..=(length / 2) {
                    let (px, py) = ((x + step[0] * i).clamp(0, w - 1), (y + step[1] * i).clamp(0, h - 1));
                    sum += from[(py * w + px) as usize];
                }
                self.values[(y * w + x) as usize] = sum / (2 * (length / 2) + 1) as f32;
            }
        }
    }

    fn each(&mut self, mut change: impl FnMut(f32, f32, f32) -> f32) {
        let width = self.width;
        for (i, v) in self.values.iter_mut().enumerate() {
            *v = change((i % width) as f32, (i / width) as f32, *v);
        }
    }
}

fn bounds(corners: &[[f32; 2]; 4], reach: f32) -> ([f32; 2], [f32; 2]) {
    let (mut from, mut to) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
    for c in corners {
        for axis in 0..2 {
            from[axis] = from[axis].min(c[axis]);
            to[axis] = to[axis].max(c[axis]);
        }
    }
    for axis in 0..2 {
        let margin = (to[axis] - from[axis]) * reach;
        from[axis] -= margin;
        to[axis] += margin;
    }
    (from, to)
}

/// Draws a scene: a condition, how hard (0 to 1), and a seed.
pub fn scene(condition: Condition, hardness: f32, seed: u64, width: usize, height: usize) -> Scene {
    let mut dice = Dice(seed ^ (condition as u64) << 32);
    let texts = [
        format!("https://pay.acquirer.example/q/T{:07}?k=3", dice.next() % 10_000_000),
        format!("https://qr.example.test/{:016x}", dice.next()),
        format!("upi://pay?pa=shop{}@examplebank&pn=Lianyu%20Coffee&cu=INR", dice.next() % 1000),
        format!("wxp://f2f0{:016x}{:016x}", dice.next(), dice.next()),
    ];
    let levels = [EcLevel::L, EcLevel::M, EcLevel::Q, EcLevel::H];
    let (w, h) = (width as f32, height as f32);
    let ground = dice.between(150.0, 215.0);
    let mut canvas = Canvas { width, height, values: vec![ground; width * height] };
    // Something to look at besides: a table's edge and dark things.
    for _ in 0..6 {
        let (x, y) = (dice.between(0.0, w), dice.between(0.0, h));
        let (dx, dy, grey) =
            (dice.between(8.0, w / 6.0), dice.between(8.0, h / 6.0), dice.between(30.0, 240.0));
        canvas.each(|px, py, v| if (px - x).abs() < dx && (py - y).abs() < dy { grey } else { v });
    }
    let (mut dark, mut light) = (dice.between(15.0, 45.0), dice.between(215.0, 245.0));
    let mut size = h * dice.between(0.45, 0.62);
    match condition {
        Condition::LowContrast => {
            let span = 90.0 - 78.0 * hardness;
            dark = dice.between(70.0, 130.0);
            light = dark + span;
        }
        Condition::Inverted => std::mem::swap(&mut dark, &mut light),
        Condition::Small => size = h * (0.16 - 0.075 * hardness),
        _ => {}
    }
    let count = if condition == Condition::TwoCodes { 2 } else { 1 };
    let mut codes = Vec::new();
    for n in 0..count {
        let text = texts[(dice.next() as usize + n) % texts.len()].clone();
        let level = levels[dice.next() as usize % 4];
        let centre = match count {
            2 => [w * (0.27 + 0.46 * n as f32), h * dice.between(0.42, 0.58)],
            _ => [w * dice.between(0.42, 0.58), h * dice.between(0.45, 0.55)],
        };
        let side = if count == 2 { size * 0.75 } else { size };
        let tilt = if condition == Condition::Perspective { 25.0 + 40.0 * hardness } else { 8.0 };
        let corners = corners(&mut dice, centre, side, tilt);
        canvas.draw(&modules(&text, level), corners, dark, light);
        codes.push((text, corners));
    }
    if condition == Condition::StickerOver {
        cover(&mut canvas, &mut dice, &mut codes, size, dark, light);
    }
    spoil(&mut canvas, &mut dice, condition, hardness, &codes[0].1);
    let luma = canvas.values.iter().map(|v| v.clamp(0.0, 255.0) as u8).collect();
    let picture = Picture::from_luma(width, height, luma).expect("as many values as pixels");
    Scene { picture, codes }
}

/// The corners of a square turned at random and tilted by some degrees, seen from two and a half sides away.
fn corners(dice: &mut Dice, centre: [f32; 2], side: f32, tilt: f32) -> [[f32; 2]; 4] {
    let turn = dice.between(0.0, std::f32::consts::TAU);
    let tilt = tilt.to_radians() * if dice.next().is_multiple_of(2) { 1.0 } else { -1.0 };
    let axis = dice.between(0.0, std::f32::consts::TAU);
    [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]].map(|[x, y]: [f32; 2]| {
        let (x, y) = (x * turn.cos() - y * turn.sin(), x * turn.sin() + y * turn.cos());
        // Tilted around an axis in the plane.
        let along = x * axis.cos() + y * axis.sin();
        let across = y * axis.cos() - x * axis.sin();
        let (flat, deep) = (across * tilt.cos(), across * tilt.sin());
        let scale = 2.5 / (2.5 + deep);
        let (px, py) = (along * axis.cos() - flat * axis.sin(), along * axis.sin() + flat * axis.cos());
        [centre[0] + px * side * scale, centre[1] + py * side * scale]
    })
}

/// A smaller printed code pasted over the first, hiding it.
fn cover(
    canvas: &mut Canvas,
    dice: &mut Dice,
    codes: &mut Vec<(String, [[f32; 2]; 4])>,
    size: f32,
    dark: f32,
    light: f32,
) {
    let (_, under) = codes.remove(0);
    let mean = |axis: usize| under.iter().map(|c| c[axis]).sum::<f32>() / 4.0;
    let text = format!("wxp://f2f0{:016x}{:016x}", dice.next(), dice.next());
    let middle = [mean(0) + dice.between(-9.0, 9.0), mean(1) + dice.between(-9.0, 9.0)];
    let over = corners(dice, middle, size * 0.72, 4.0);
    canvas.draw(&modules(&text, EcLevel::M), over, dark, light);
    codes.push((text, over));
}

fn spoil(canvas: &mut Canvas, dice: &mut Dice, condition: Condition, hardness: f32, at: &[[f32; 2]; 4]) {
    let (from, to) = bounds(at, 0.0);
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    match condition {
        Condition::Blur => {
            let length = 3 + (12.0 * hardness) as i32;
            for step in [[1, 0], [0, 1], [1, 0], [0, 1]] {
                canvas.smear(step, length);
            }
        }
        Condition::Motion => {
            let step = [[1, 0], [0, 1], [1, 1], [1, -1]][dice.next() as usize % 4];
            canvas.smear(step, 5 + (20.0 * hardness) as i32);
        }
        Condition::Glare => {
            let centre = [dice.between(from[0], to[0]), dice.between(from[1], to[1])];
            let reach = (to[0] - from[0]) * (0.25 + 0.45 * hardness);
            canvas.each(|x, y, v| {
                let far = ((x - centre[0]).powi(2) + (y - centre[1]).powi(2)).sqrt() / reach;
                v + (120.0 + 210.0 * hardness) * (-far * far * 2.0).exp()
            });
        }
        Condition::Shadow => {
            let (slope, offset) = (dice.between(-0.6, 0.6), dice.between(0.4, 0.6));
            let deep = 0.55 - 0.43 * hardness;
            canvas.each(|x, y, v| {
                let edge = (y / height - offset - slope * (x / width - 0.5)) * 40.0;
                v * (deep + (1.0 - deep) / (1.0 + (-edge).exp()))
            });
        }
        Condition::Scratch => {
            for _ in 0..1 + (6.0 * hardness) as i32 {
                let (x, y) = (dice.between(from[0], to[0]), dice.between(from[1], to[1]));
                let (slope, grey, thick) =
                    (dice.between(-1.5, 1.5), dice.between(180.0, 250.0), dice.between(1.5, 5.0));
                canvas.each(|px, py, v| if ((py - y) - slope * (px - x)).abs() < thick { grey } else { v });
            }
        }
        _ => {}
    }
    let noise = if condition == Condition::Noise { 20.0 + 60.0 * hardness } else { 4.0 };
    // The sum of three even numbers is nearly a bell.
    canvas.each(|_, _, v| v + noise * (0..3).map(|_| dice.between(-1.0, 1.0)).sum::<f32>());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::read;

    #[test]
    fn one_seed_draws_one_picture() {
        let draw = |seed| scene(Condition::Perspective, 0.5, seed, 320, 240).picture;
        assert!(draw(1) == draw(1) && draw(1) != draw(2));
    }

    #[test]
    fn every_condition_is_read_where_it_is_mild_and_no_text_is_wrong() {
        for (condition, name) in CONDITIONS {
            let mut right = 0;
            for seed in 0..4 {
                let s = scene(condition, 0.1, seed, 640, 480);
                let found = read(&s.picture);
                let texts: Vec<&str> = s.codes.iter().map(|(t, _)| t.as_str()).collect();
                assert!(
                    found.readings.iter().all(|r| texts.contains(&r.text.as_str())),
                    "{name} {seed}: {found:?}"
                );
                assert!(found.rivals.is_empty(), "{name} {seed}: {found:?}");
                right += usize::from(found.readings.len() == texts.len());
            }
            let least = if condition == Condition::Glare { 2 } else { 3 };
            assert!(right >= least, "{name}: {right} of 4");
        }
    }

    #[test]
    fn corners_lie_where_the_code_was_drawn() {
        let s = scene(Condition::Plain, 0.0, 7, 640, 480);
        let found = read(&s.picture);
        // In the code's own order, whichever engine read it, so that photos can be laid over each other.
        for (drawn, read) in s.codes[0].1.iter().zip(&found.readings[0].corners) {
            assert!((drawn[0] - read[0]).hypot(drawn[1] - read[1]) < 12.0, "{drawn:?} {read:?}");
        }
    }
}
