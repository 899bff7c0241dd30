//! A panel with a payment code as it hangs at a till, drawn from any side: the ground truth for comparing photos.
//!
//! Why it exists: whether a code was pasted over is told by its surroundings, so they must be drawn too. Never resembles
//! a measurement on real photographs: it shows behaviour and regressions.

use crate::plane::Plane;
use crate::read::Picture;
use crate::scene::{Modules, modules};
use qrcode::EcLevel;

/// A code on the panel, in the panel's sides: what it says, its upper left corner, its side.
#[derive(Clone, Debug)]
pub struct Placed {
    /// Its text.
    pub text: String,
    /// Left and upper edge.
    pub at: [f32; 2],
    /// Its side.
    pub side: f32,
    /// It is on a sticker of its own, with an edge that throws a shadow.
    pub sticker: bool,
}

/// How the panel is seen.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// The panel's corners in a picture of one by one: upper left, upper right, lower right, lower left.
    pub corners: [[f32; 2]; 4],
    /// Black and white as the light makes them, 0 to 255.
    pub light: [f32; 2],
    /// Seed of the noise.
    pub seed: u64,
}

/// Straight from the front.
pub const FRONT: View =
    View { corners: [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]], light: [25.0, 235.0], seed: 1 };
/// From the lower left, in less light.
pub const ASIDE: View =
    View { corners: [[0.16, 0.08], [0.86, 0.17], [0.9, 0.82], [0.07, 0.93]], light: [35.0, 195.0], seed: 2 };
/// Upside down and farther away.
pub const TURNED: View =
    View { corners: [[0.84, 0.85], [0.18, 0.88], [0.14, 0.2], [0.88, 0.16]], light: [20.0, 225.0], seed: 3 };

/// Quiet zone, in modules.
const QUIET: f32 = 4.0;
/// How far a sticker's shadow reaches, in panel sides.
const SHADOW: f32 = 0.006;

/// Draws the panel with its codes, one over the other, into a square picture.
pub fn panel(codes: &[Placed], view: &View, width: usize) -> Picture {
    let drawn: Vec<(Modules, &Placed)> = codes.iter().map(|c| (modules(&c.text, EcLevel::M), c)).collect();
    let plane = Plane::to(view.corners.map(|c| c.map(|v| v * width as f32)));
    let [dark, light] = view.light;
    let mut dice = view.seed;
    let mut luma = Vec::with_capacity(width * width);
    for i in 0..width * width {
        let (x, y) = ((i % width) as f32, (i / width) as f32);
        let samples = (0..9).map(|k| {
            let [u, v] = plane.back(x + (k % 3) as f32 / 3.0 + 0.17, y + (k / 3) as f32 / 3.0 + 0.17);
            dark + (light - dark) * shade(&drawn, u, v)
        });
        let value = samples.sum::<f32>() / 9.0;
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let noise = ((dice >> 40) as f32 / (1_u64 << 24) as f32 - 0.5) * 12.0;
        luma.push((value + noise).clamp(0.0, 255.0) as u8);
    }
    Picture::from_luma(width, width, luma).expect("as many values as pixels")
}

/// How light a point of the panel is, 0 to 1.
fn shade(codes: &[(Modules, &Placed)], u: f32, v: f32) -> f32 {
    for (code, placed) in codes.iter().rev() {
        let module = placed.side / code.side as f32;
        let (x, y) = ((u - placed.at[0]) / module, (v - placed.at[1]) / module);
        let end = code.side as f32;
        let inside =
            |margin: f32| (-margin..end + margin).contains(&x) && (-margin..end + margin).contains(&y);
        if inside(0.0) {
            return if code.dark[y as usize * code.side + x as usize] { 0.0 } else { 1.0 };
        }
        if inside(QUIET) {
            return 1.0;
        }
        if placed.sticker && inside(QUIET + SHADOW / module) {
            return 0.25;
        }
    }
    ground(u, v)
}

/// The panel itself: a head bar, a mark, lines of small print, a frame; outside of it the till's counter.
fn ground(u: f32, v: f32) -> f32 {
    if !(0.0..1.0).contains(&u) || !(0.0..1.0).contains(&v) {
        // Grain of the counter.
        return 0.42 + 0.1 * ((u * 23.0).sin() * (v * 17.0).cos());
    }
    if v < 0.12 {
        return if (u * 14.0).fract() < 0.55 && (0.03..0.09).contains(&v) { 0.9 } else { 0.2 };
    }
    let mark = (u - 0.13).hypot(v - 0.22);
    if (0.03..0.055).contains(&mark) {
        return 0.15;
    }
    let lines =
        v > 0.87 && (v * 38.0).fract() < 0.45 && ((u * 57.0).sin() + (u * 23.0 + v * 90.0).sin()) > -0.4;
    let left = u < 0.16
        && (0.35..0.8).contains(&v)
        && (v * 24.0).fract() < 0.4
        && u > 0.05
        && (u * 80.0).sin() > -0.5;
    let right = u > 0.86 && (0.3..0.7).contains(&v) && ((u * 40.0 + v * 31.0).fract() < 0.5);
    if lines || left || right { 0.3 } else { 0.8 }
}
