//! Grey values made smaller, turned over or cut out.
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
    fn a_part_is_cut_to_the_picture() {
        let p = Picture::from_luma(3, 2, vec![1, 2, 3, 4, 5, 6]).expect("fits");
        let (cut, at) = part(&p, [1.0, -5.0], [9.0, 1.0]).expect("is inside");
        assert_eq!((cut.luma, at), (vec![2, 3], [1, 0]));
        assert!(part(&p, [3.0, 0.0], [9.0, 9.0]).is_none());
    }
}
