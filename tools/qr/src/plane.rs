//! A plane seen by a camera: from a square's corners in a picture to its own coordinates and back.
//!
//! Why it exists: drawing and comparing both need it. Never checks that the corners are a square's.

/// The map of the unit square to four corners.
#[derive(Clone, Copy, Debug)]
pub struct Plane([f32; 8]);

impl Plane {
    /// The map that takes (0,0), (1,0), (1,1), (0,1) to these corners (Heckbert 1989).
    pub fn to(corners: [[f32; 2]; 4]) -> Plane {
        let [[x0, y0], [x1, y1], [x2, y2], [x3, y3]] = corners;
        let (dx1, dx2, sx) = (x1 - x2, x3 - x2, x0 - x1 + x2 - x3);
        let (dy1, dy2, sy) = (y1 - y2, y3 - y2, y0 - y1 + y2 - y3);
        let det = dx1 * dy2 - dx2 * dy1;
        let g = (sx * dy2 - dx2 * sy) / det;
        let h = (dx1 * sy - sx * dy1) / det;
        Plane([x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h])
    }

    /// A point of the square in the picture; nothing behind the camera.
    pub fn forth(&self, u: f32, v: f32) -> Option<[f32; 2]> {
        let [a, b, c, d, e, f, g, h] = self.0;
        let scale = g * u + h * v + 1.0;
        let point = [(a * u + b * v + c) / scale, (d * u + e * v + f) / scale];
        (scale > 0.05 && point.iter().all(|v| v.is_finite())).then_some(point)
    }

    /// The inverse map of a point.
    pub fn back(&self, x: f32, y: f32) -> [f32; 2] {
        let [a, b, c, d, e, f, g, h] = self.0;
        let (p, q, r) = (e - f * h, c * h - b, b * f - c * e);
        let (s, t, u) = (f * g - d, a - c * g, c * d - a * f);
        let (v, w, z) = (d * h - e * g, b * g - a * h, a * e - b * d);
        let scale = v * x + w * y + z;
        [(p * x + q * y + r) / scale, (s * x + t * y + u) / scale]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_is_the_same_point() {
        let plane = Plane::to([[10.0, 12.0], [90.0, 20.0], [80.0, 95.0], [5.0, 70.0]]);
        for (u, v) in [(0.0, 0.0), (0.3, 0.7), (1.0, 1.0), (1.2, -0.1)] {
            let [x, y] = plane.forth(u, v).expect("is before the camera");
            let [p, q] = plane.back(x, y);
            assert!((p - u).abs() < 1e-3 && (q - v).abs() < 1e-3, "{u} {v}: {p} {q}");
        }
    }
}
