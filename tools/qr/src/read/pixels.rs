//! Grey values made smaller, turned over, or stretched where the contrast is low.
//!
//! Why it exists: each engine sees other things at another scale or contrast. Box averages only: fast and free of
//! artefacts that look like modules.

use super::picture::Picture;

/// Every pixel the mean of `factor` x `factor`; what doesn't fill a box at the right and lower edge is left out.
pub fn smaller(p: &Picture, factor: usize) -> Option<Picture> {
    let (width, height) = (p.width / factor, p.height / factor);
    if width == 0 || height == 0 {
        return None;
    }
    let mut luma = Vec::with_capacity(width * height);
    if factor == 2 {
        for y in 0..height {
            let upper = &p.luma[2 * y * p.width..][..2 * width];
            let lower = &p.luma[(2 * y + 1) * p.width..][..2 * width];
            luma.extend(upper.chunks_exact(2).zip(lower.chunks_exact(2)).map(|(a, b)| {
                ((u16::from(a[0]) + u16::from(a[1]) + u16::from(b[0]) + u16::from(b[1]) + 2) >> 2) as u8
            }));
        }
    } else {
        let mut sums = vec![0_u32; width];
        let area = (factor * factor) as u32;
        for y in 0..height {
            sums.fill(0);
            for row in 0..factor {
                let line = &p.luma[(y * factor + row) * p.width..][..width * factor];
                for (sum, part) in sums.iter_mut().zip(line.chunks_exact(factor)) {
                    *sum += part.iter().map(|v| u32::from(*v)).sum::<u32>();
                }
            }
            luma.extend(sums.iter().map(|s| ((s + area / 2) / area) as u8));
        }
    }
    Picture::from_luma(width, height, luma)
}

/// Black for white.
pub fn inverted(p: &Picture) -> Picture {
    Picture {
        width: p.width,
        height: p.height,
        luma: p.luma.iter().map(|v| 255 - v).collect(),
        orientation: 1,
    }
}

/// Stretches what each neighbourhood holds over the whole range, so that grey on grey, glare and shadow become black
/// on white. Neighbourhoods without any contrast become white.
pub fn stretched(p: &Picture) -> Picture {
    const TILE: usize = 24;
    /// Less is noise, not print.
    const SPAN_MIN: u32 = 10;
    let (columns, rows) = (p.width.div_ceil(TILE), p.height.div_ceil(TILE));
    let mut low = vec![255_u8; columns * rows];
    let mut high = vec![0_u8; columns * rows];
    for (y, line) in p.luma.chunks_exact(p.width).enumerate() {
        let row = y / TILE * columns;
        for (column, part) in line.chunks(TILE).enumerate() {
            let (mut least, mut most) = (low[row + column], high[row + column]);
            for v in part {
                least = least.min(*v);
                most = most.max(*v);
            }
            low[row + column] = least;
            high[row + column] = most;
        }
    }
    let around = |from: &[u8], best: fn(u8, u8) -> u8| -> Vec<u8> {
        let mut out = from.to_vec();
        for y in 0..rows {
            for x in 0..columns {
                let (top, bottom) = (y.saturating_sub(1), (y + 1).min(rows - 1));
                let (left, right) = (x.saturating_sub(1), (x + 1).min(columns - 1));
                for v in (top..=bottom).flat_map(|r| &from[r * columns + left..=r * columns + right]) {
                    out[y * columns + x] = best(out[y * columns + x], *v);
                }
            }
        }
        out
    };
    let (low, high) = (around(&low, u8::min), around(&high, u8::max));
    let mut luma = Vec::with_capacity(p.luma.len());
    for (y, line) in p.luma.chunks_exact(p.width).enumerate() {
        let row = y / TILE * columns;
        for (column, part) in line.chunks(TILE).enumerate() {
            let (least, most) = (u32::from(low[row + column]), u32::from(high[row + column]));
            let span = most - least;
            if span < SPAN_MIN {
                luma.resize(luma.len() + part.len(), 255);
            } else {
                // Fixed point: 255 / span in 16 bits.
                let factor = (255 << 16) / span;
                luma.extend(part.iter().map(|v| (((u32::from(*v) - least) * factor) >> 16) as u8));
            }
        }
    }
    Picture { width: p.width, height: p.height, luma, orientation: 1 }
}

/// A part of the picture, cut to its edges; and where its corner lies.
pub fn part(p: &Picture, from: [f32; 2], to: [f32; 2]) -> Option<(Picture, [usize; 2])> {
    let clamp = |v: f32, most: usize| v.clamp(0.0, most as f32) as usize;
    let (left, top) = (clamp(from[0], p.width), clamp(from[1], p.height));
    let (right, bottom) = (clamp(to[0].ceil(), p.width), clamp(to[1].ceil(), p.height));
    if right <= left || bottom <= top {
        return None;
    }
    let lines = p.luma.chunks_exact(p.width).skip(top).take(bottom - top);
    let luma: Vec<u8> = lines.flat_map(|line| line[left..right].iter().copied()).collect();
    Some((Picture::from_luma(right - left, bottom - top, luma)?, [left, top]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_averaged() {
        let p = Picture::from_luma(5, 2, vec![0, 100, 8, 8, 255, 100, 200, 8, 8, 255]).expect("fits");
        assert_eq!(smaller(&p, 2).map(|s| (s.width, s.height, s.luma)), Some((2, 1, vec![100, 8])));
        let p = Picture::from_luma(3, 3, vec![9; 9]).expect("fits");
        assert_eq!(smaller(&p, 3).map(|s| s.luma), Some(vec![9]));
        assert!(smaller(&p, 4).is_none());
    }

    #[test]
    fn low_contrast_becomes_full_and_none_becomes_white() {
        let p = Picture::from_luma(60, 1, (0..60).map(|i| if i % 2 == 0 { 100 } else { 120 }).collect())
            .expect("fits");
        let s = stretched(&p);
        assert!(s.luma.iter().all(|v| *v == 0 || *v >= 254));
        assert!(
            stretched(&Picture::from_luma(9, 9, vec![50; 81]).expect("fits")).luma.iter().all(|v| *v == 255)
        );
    }

    #[test]
    fn a_part_is_cut_to_the_picture() {
        let p = Picture::from_luma(3, 2, vec![1, 2, 3, 4, 5, 6]).expect("fits");
        let (cut, at) = part(&p, [1.0, -5.0], [9.0, 1.0]).expect("is inside");
        assert_eq!((cut.luma, at), (vec![2, 3], [1, 0]));
        assert!(part(&p, [3.0, 0.0], [9.0, 9.0]).is_none());
    }
}
