//! A code as it is photographed now against the issued one and, where there is one, against an earlier photo.
//!
//! Why it exists: a swapped code lies on the old one, is a little smaller or larger than it, and has an edge of its own.
//! Both photos are looked at in the code's own plane, so it doesn't matter from where they were taken: what is printed
//! around the code must lie where it lay. What the pictures don't show isn't told: `None` is "can't tell", never "same".
//! Accuses nobody: a shop may have put up another code itself.

use crate::check::issued::normal;
use crate::plane::Plane;
use crate::read::{Picture, Reading};
use tg_text::Text;

/// Code sides that are looked at on each side of the code's middle.
const REACH: f32 = 1.5;
/// Samples a code side.
const FINE: usize = 32;
const COARSE: usize = 12;
/// The code and its quiet zone say nothing of the surroundings, in code sides from the middle.
const CODE_REACH: f32 = 0.68;
/// Surroundings that are less alike than this can't be laid over each other.
const ALIKE: f32 = 0.55;
/// So many grey values must what is around the code vary by.
const CONTRAST_MIN: f32 = 8.0;
/// Sizes and shifts that are measured exactly enough to be told: a reader's corners are a few hundredths off.
const SIZE_TOLD: f32 = 0.12;
const SHIFT_TOLD: f32 = 0.12;
/// An edge within so many code sides of an earlier one is that one.
const EDGE_NEAR: f32 = 0.07;
/// Where edges are looked for, from the code's middle: from within the quiet zone outwards.
const EDGES_FROM: f32 = 0.53;
const EDGES_TO: f32 = 0.98;
/// An edge on so many sides of a code surrounds it.
const EDGE_SIDES: usize = 3;

/// A photo and the code in it.
#[derive(Clone, Copy, Debug)]
pub struct Shot<'a> {
    /// The photo.
    pub picture: &'a Picture,
    /// The code as it was read in it.
    pub reading: &'a Reading,
}

/// One difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The code says something else than the issued one.
    Content,
    /// Against what is around it, it is larger or smaller than it was.
    Size,
    /// It lies elsewhere than it did.
    Position,
    /// There is an edge around it that wasn't there.
    Edge,
}

impl Difference {
    /// Stable.
    pub fn code(self) -> &'static str {
        match self {
            Difference::Content => "content_differs",
            Difference::Size => "size_differs",
            Difference::Position => "position_differs",
            Difference::Edge => "new_edge",
        }
    }

    /// What it means.
    pub fn text(self) -> Text {
        match self {
            Difference::Content => {
                Text::fixed("码的内容与登记的不同", "the code says something else than the registered one")
            }
            Difference::Size => Text::fixed(
                "和周围相比，码的大小变了",
                "against what is around it, the code is of another size than before",
            ),
            Difference::Position => Text::fixed(
                "和周围相比，码的位置变了",
                "against what is around it, the code lies elsewhere than before",
            ),
            Difference::Edge => Text::fixed(
                "码的四周多出一圈边，可能贴过一层",
                "there is a new edge around the code: something may have been pasted on",
            ),
        }
    }

    /// What to do: the same for all, and nothing that spoils a trace.
    pub fn action(self) -> Text {
        Text::fixed(
            "先不用这张码收款，保持原样、不要撕；拍照，问清是不是店里自己换的，再联系收单机构核对。不据此指责任何人。",
            "Take no payments with this code for now; leave it as it is and don't peel it. Take a photo, ask whether the shop put it up itself, and check with the acquirer. Accuse nobody by it.",
        )
    }
}

/// What a comparison gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What differs, gravest first.
    pub differences: Vec<Difference>,
    /// How large the code is against its surroundings, 1 as before; nothing if they can't be laid over each other.
    pub size: Option<f32>,
    /// How far its middle lies from where it was, in sides of the code as it was.
    pub shift: Option<[f32; 2]>,
    /// How alike the surroundings are where they lie best, -1 to 1; nothing if there is too little to see.
    pub likeness: Option<f32>,
    /// On how many of its sides there is an edge that wasn't there; nothing if the photos can't be compared.
    pub new_edges: Option<usize>,
}

/// Compares a code with the issued text and, where there is one, with an earlier photo of the place.
pub fn compare(issued: &str, before: Option<Shot<'_>>, now: Shot<'_>) -> Comparison {
    let mut out =
        Comparison { differences: Vec::new(), size: None, shift: None, likeness: None, new_edges: None };
    if normal(issued) != normal(&now.reading.text) {
        out.differences.push(Difference::Content);
    }
    let Some(before) = before else { return out };
    let (Some(old), Some(new)) = (Surroundings::of(before), Surroundings::of(now)) else { return out };
    let Some(best) = lay_over(&old, &new) else { return out };
    out.likeness = Some(best.likeness);
    if best.likeness < ALIKE {
        return out;
    }
    let far = best.shift[0].abs().max(best.shift[1].abs());
    (out.size, out.shift) = (Some(best.size), Some(best.shift));
    if (best.size.ln()).abs() > SIZE_TOLD {
        out.differences.push(Difference::Size);
    }
    if far > SHIFT_TOLD {
        out.differences.push(Difference::Position);
    }
    let (known, edges) = (old.edges(), new.edges());
    let sides = (0..4).filter(|side| has_new(*side, &known[*side], &edges[*side], best)).count();
    out.new_edges = Some(sides);
    if sides >= EDGE_SIDES {
        out.differences.push(Difference::Edge);
    }
    out
}

/// Whether a side shows an edge that the earlier photo doesn't. Each earlier edge explains one: where it lies by what is
/// around, or where it lay from the code, because a code's own white border moves with it. What lay outside of the
/// earlier view isn't new.
fn has_new(side: usize, known: &[f32], edges: &[f32], lay: Lay) -> bool {
    let along = lay.shift[side % 2] * if side < 2 { -1.0 } else { 1.0 };
    let mut left = known.to_vec();
    let mut explained = |at: f32| {
        let near = |k: &f32| ((k - along) / lay.size - at).abs().min((k - at).abs());
        let nearest = (0..left.len()).min_by(|a, b| near(&left[*a]).total_cmp(&near(&left[*b])));
        let hit = nearest.filter(|i| near(&left[*i]) < EDGE_NEAR);
        hit.map(|i| left.swap_remove(i)).is_some()
    };
    let seen_before = |at: f32| (EDGES_FROM..EDGES_TO - EDGE_NEAR).contains(&(at * lay.size + along));
    // Every edge takes its explanation, also one that the earlier photo couldn't show.
    edges.iter().filter(|at| !explained(**at) && seen_before(**at)).count() > 0
}

/// What is around a code, in the code's own plane: its middle is 0, its side 1.
struct Surroundings<'a> {
    picture: &'a Picture,
    plane: Plane,
}

impl<'a> Surroundings<'a> {
    fn of(shot: Shot<'a>) -> Option<Surroundings<'a>> {
        let corners = shot.reading.corners.map(|c| as_stored(shot.picture, c));
        let plane = Plane::to(corners);
        // A code seen from its edge has no plane.
        let middle = plane.forth(0.5, 0.5)?;
        middle.iter().all(|v| v.is_finite()).then_some(Surroundings { picture: shot.picture, plane })
    }

    /// The grey value at a point, between pixels.
    fn at(&self, x: f32, y: f32) -> Option<f32> {
        let [px, py] = self.plane.forth(x + 0.5, y + 0.5)?;
        let (px, py) = (px - 0.5, py - 0.5);
        let (w, h) = (self.picture.width, self.picture.height);
        if !(0.0..(w - 1) as f32).contains(&px) || !(0.0..(h - 1) as f32).contains(&py) {
            return None;
        }
        let (left, top) = (px as usize, py as usize);
        let (fx, fy) = (px - left as f32, py - top as f32);
        let value = |x: usize, y: usize| f32::from(self.picture.luma[y * w + x]);
        let row = |y: usize| value(left, y) * (1.0 - fx) + value(left + 1, y) * fx;
        Some(row(top) * (1.0 - fy) + row(top + 1) * fy)
    }

    /// A square grid of means, `samples` a code side; what lies outside of the photo is no number.
    fn grid(&self, samples: usize) -> Vec<f32> {
        let cells = (2.0 * REACH * samples as f32) as usize;
        let step = 1.0 / samples as f32;
        let mean = |i: usize| {
            let (x, y) = ((i % cells) as f32 * step - REACH, (i / cells) as f32 * step - REACH);
            let points = (0..16).map(|k| self.at(x + step * spread(k % 4), y + step * spread(k / 4)));
            points.sum::<Option<f32>>().map_or(f32::NAN, |sum| sum / 16.0)
        };
        (0..cells * cells).map(mean).collect()
    }

    /// Edges that run along the code's sides, by their distance from its middle: left, upper, right, lower.
    fn edges(&self) -> [Vec<f32>; 4] {
        [0, 1, 2, 3].map(|side| self.edges_of(side))
    }

    fn edges_of(&self, side: usize) -> Vec<f32> {
        /// Parts of a side, each of which must show the edge; and points that are averaged in each.
        const PARTS: usize = 12;
        const POINTS: usize = 6;
        const STEP: f32 = 0.01;
        const STEPS: usize = ((EDGES_TO - EDGES_FROM) / STEP) as usize;
        const RISE: f32 = 14.0;
        let sign = if side < 2 { -1.0 } else { 1.0 };
        let profile = |part: usize| -> Vec<f32> {
            let value = |step: usize| {
                let out = sign * (EDGES_FROM + step as f32 * STEP);
                let points = (0..POINTS).map(|k| {
                    let along = (part * POINTS + k) as f32 / (PARTS * POINTS - 1) as f32 * 0.9 - 0.45;
                    if side.is_multiple_of(2) { self.at(out, along) } else { self.at(along, out) }
                });
                points.sum::<Option<f32>>().map_or(f32::NAN, |sum| sum / POINTS as f32)
            };
            (0..STEPS).map(value).collect()
        };
        let profiles: Vec<Vec<f32>> = (0..PARTS).map(profile).collect();
        // Where most parts fall, or most rise, at about one distance: a run of such steps is one edge.
        let way = |step: usize| -> i8 {
            let many = |way: f32| {
                profiles.iter().filter(|p| (p[step + 2] - p[step - 2]) * way > RISE).count() * 10 >= PARTS * 8
            };
            if many(1.0) { 1 } else { -i8::from(many(-1.0)) }
        };
        let ways: Vec<i8> = (2..STEPS - 2).map(way).collect();
        let mut out = Vec::new();
        let mut at = 2;
        for run in ways.chunk_by(|a, b| a == b) {
            if run[0] != 0 {
                out.push(EDGES_FROM + (at as f32 + (run.len() - 1) as f32 / 2.0) * STEP);
            }
            at += run.len();
        }
        out
    }
}

fn spread(k: usize) -> f32 {
    (k as f32 + 0.5) / 4.0
}

/// Where a point of the picture as it is meant to be seen lies in its rows: [`Picture::upright`] backwards.
fn as_stored(picture: &Picture, [x, y]: [f32; 2]) -> [f32; 2] {
    let (w, h) = (picture.width as f32, picture.height as f32);
    match picture.orientation {
        2 => [w - x, y],
        3 => [w - x, h - y],
        4 => [x, h - y],
        5 => [y, x],
        6 => [y, h - x],
        7 => [w - y, h - x],
        8 => [w - y, x],
        _ => [x, y],
    }
}

/// How the new surroundings lie over the old ones: a point `p` of the new plane is `size * p + shift` in the old one.
#[derive(Clone, Copy)]
struct Lay {
    size: f32,
    shift: [f32; 2],
    likeness: f32,
}

/// Where both look most alike: coarse over all sizes and shifts, then finer around the best.
fn lay_over(old: &Surroundings<'_>, new: &Surroundings<'_>) -> Option<Lay> {
    let (was, is) = (old.grid(COARSE), new.grid(COARSE));
    let mut best: Option<Lay> = None;
    let mut keep = |lay: Option<Lay>| {
        if let Some(lay) = lay.filter(|l| best.is_none_or(|b| l.likeness > b.likeness)) {
            best = Some(lay);
        }
        best
    };
    for size in -12..=12 {
        for (dx, dy) in (-8..=8).flat_map(|dx| (-8..=8).map(move |dy| (dx, dy))) {
            let shift = [dx as f32 * 0.05, dy as f32 * 0.05];
            keep(laid(&was, &is, COARSE, (size as f32 * 0.045).exp(), shift));
        }
    }
    let coarse = keep(None)?;
    let (was, is) = (old.grid(FINE), new.grid(FINE));
    let mut fine: Option<Lay> = None;
    for size in -4..=4 {
        for (dx, dy) in (-3..=3).flat_map(|dx| (-3..=3).map(move |dy| (dx, dy))) {
            let shift = [coarse.shift[0] + dx as f32 * 0.015, coarse.shift[1] + dy as f32 * 0.015];
            let lay = laid(&was, &is, FINE, coarse.size * (size as f32 * 0.012).exp(), shift);
            fine = lay.filter(|l| fine.is_none_or(|f| l.likeness > f.likeness)).or(fine);
        }
    }
    fine
}

/// How alike both are when laid so (correlation); nothing if too little is left to compare.
fn laid(was: &[f32], is: &[f32], samples: usize, size: f32, shift: [f32; 2]) -> Option<Lay> {
    let cells = (2.0 * REACH * samples as f32) as usize;
    let place = |i: usize| (i as f32 + 0.5) / samples as f32 - REACH;
    let (mut n, mut a, mut b, mut aa, mut bb, mut ab) = (0.0_f32, 0.0, 0.0, 0.0, 0.0, 0.0);
    for y in 0..cells {
        let py = place(y);
        let qy = size * py + shift[1];
        let row = ((qy + REACH) * samples as f32).floor();
        if !(0.0..cells as f32).contains(&row) {
            continue;
        }
        for x in 0..cells {
            let px = place(x);
            let qx = size * px + shift[0];
            let column = ((qx + REACH) * samples as f32).floor();
            let in_a_code = px.abs().max(py.abs()) < CODE_REACH || qx.abs().max(qy.abs()) < CODE_REACH;
            if in_a_code || !(0.0..cells as f32).contains(&column) {
                continue;
            }
            let (old, new) = (was[row as usize * cells + column as usize], is[y * cells + x]);
            if old.is_nan() || new.is_nan() {
                continue;
            }
            (n, a, b) = (n + 1.0, a + old, b + new);
            (aa, bb, ab) = (aa + old * old, bb + new * new, ab + old * new);
        }
    }
    // A fifth of all cells: a sliver lies well over anything.
    if n < (cells * cells) as f32 * 0.2 {
        return None;
    }
    let (va, vb) = (aa / n - (a / n).powi(2), bb / n - (b / n).powi(2));
    if va.min(vb) < CONTRAST_MIN * CONTRAST_MIN {
        return None;
    }
    Some(Lay { size, shift, likeness: (ab / n - a / n * (b / n)) / (va * vb).sqrt() })
}

#[cfg(test)]
mod tests;
