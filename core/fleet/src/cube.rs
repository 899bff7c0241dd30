//! All combinations of dimensions (cuboids), and the cell of each that a leaf falls into.
//!
//! Cells are counted through: a dense number where the product of the dimensions is small, else the rank among
//! those that occur. Never holds what was measured.

use crate::window::Window;

/// Up to this many dimensions every combination is searched, with more of them combinations of three.
const ALL_DEPTHS_UP_TO: usize = 5;
/// Depth beyond [`ALL_DEPTHS_UP_TO`] dimensions.
const DEPTH: usize = 3;

/// One combination of dimensions.
#[derive(Clone, Debug)]
pub(crate) struct Cuboid {
    /// A bit for each dimension.
    pub mask: u32,
    /// The cell of each leaf.
    pub cell: Vec<u32>,
    /// How many cells there can be.
    pub cells: usize,
    /// A finer cuboid with fewer cells than there are leaves, and the cell here of each of its cells: sums come
    /// from there.
    pub from: Option<(usize, Vec<u32>)>,
    /// How much evidence chance alone gives to the best of all cells like these: ln of how many are searched.
    pub penalty: f64,
}

impl Cuboid {
    pub fn depth(&self) -> u32 {
        self.mask.count_ones()
    }
}

/// All cuboids, from few dimensions to many.
#[derive(Clone, Debug)]
pub(crate) struct Cube {
    pub cuboids: Vec<Cuboid>,
    pub leaves: usize,
}

impl Cube {
    pub fn new(window: &Window) -> Cube {
        let dimensions = window.dimensions.len();
        let leaves = window.len();
        let depth_max = if dimensions <= ALL_DEPTHS_UP_TO { dimensions } else { DEPTH };
        let mut masks: Vec<u32> =
            (1..1_u32 << dimensions).filter(|m| m.count_ones() as usize <= depth_max).collect();
        masks.sort_by_key(|m| (m.count_ones(), *m));
        let at_depth = |depth: u32| masks.iter().filter(|m| m.count_ones() == depth).count();
        let mut cuboids: Vec<Cuboid> = Vec::with_capacity(masks.len());
        for mask in &masks {
            let last = 31 - mask.leading_zeros();
            let (codes, values) = (&window.codes[last as usize], window.values[last as usize].len());
            let parent = cuboids.iter().find(|c| c.mask == mask & !(1 << last));
            let (mut cell, mut cells) = match parent {
                None => (codes.clone(), values),
                Some(parent) => {
                    // Fits: the parent's cells and one dimension's values are both at most the leaves or dense.
                    let product = parent.cells as u64 * values as u64;
                    let number = |(p, c): (&u32, &u32)| u64::from(*p) * values as u64 + u64::from(*c);
                    if product <= 4 * leaves as u64 + 4_096 {
                        let cell = parent.cell.iter().zip(codes).map(|pair| number(pair) as u32);
                        (cell.collect(), product as usize)
                    } else {
                        ranked(parent.cell.iter().zip(codes).map(number).collect())
                    }
                }
            };
            if leaves == 0 {
                (cell, cells) = (Vec::new(), 0);
            }
            let mut seen = vec![false; cells];
            cell.iter().for_each(|c| seen[*c as usize] = true);
            let occupied = seen.iter().filter(|s| **s).count().max(1);
            let penalty =
                libm::log(occupied as f64) + libm::log((at_depth(mask.count_ones()) * depth_max) as f64);
            cuboids.push(Cuboid { mask: *mask, cell, cells, from: None, penalty });
        }
        for c in 0..cuboids.len() {
            let finer = (c + 1..cuboids.len())
                .filter(|f| {
                    let (finer, own) = (&cuboids[*f], &cuboids[c]);
                    finer.mask & own.mask == own.mask && finer.depth() == own.depth() + 1
                })
                .min_by_key(|f| cuboids[*f].cells)
                .filter(|f| cuboids[*f].cells < leaves / 2);
            if let Some(f) = finer {
                let mut map = vec![0; cuboids[f].cells];
                cuboids[f].cell.iter().zip(&cuboids[c].cell).for_each(|(f, own)| map[*f as usize] = *own);
                cuboids[c].from = Some((f, map));
            }
        }
        Cube { cuboids, leaves }
    }

    /// The sums of what each leaf holds, by cuboid and cell.
    pub fn roll<T: Copy>(&self, zero: T, leaves: &[T], add: impl Fn(&mut T, &T)) -> Vec<Vec<T>> {
        let mut all: Vec<Vec<T>> = vec![Vec::new(); self.cuboids.len()];
        for (c, cuboid) in self.cuboids.iter().enumerate().rev() {
            let mut sums = vec![zero; cuboid.cells];
            match &cuboid.from {
                Some((finer, map)) => {
                    map.iter()
                        .zip(&all[*finer])
                        .for_each(|(cell, value)| add(&mut sums[*cell as usize], value));
                }
                None => {
                    cuboid
                        .cell
                        .iter()
                        .zip(leaves)
                        .for_each(|(cell, value)| add(&mut sums[*cell as usize], value));
                }
            }
            all[c] = sums;
        }
        all
    }

    /// The place of the cuboid of these dimensions.
    pub fn of(&self, mask: u32) -> Option<usize> {
        self.cuboids.iter().position(|c| c.mask == mask)
    }

    /// The leaves of a cell among those that are still there.
    pub fn leaves_of(&self, cuboid: usize, cell: u32, there: &[bool]) -> Vec<u32> {
        let cells = self.cuboids[cuboid].cell.iter().zip(there).enumerate();
        cells.filter(|(_, (c, t))| **c == cell && **t).map(|(leaf, _)| leaf as u32).collect()
    }
}

/// The rank of each number among the different ones, and how many there are.
fn ranked(numbers: Vec<u64>) -> (Vec<u32>, usize) {
    let mut order: Vec<u64> = numbers.clone();
    order.sort_unstable();
    order.dedup();
    let rank = |n: &u64| order.partition_point(|o| o < n) as u32;
    (numbers.iter().map(rank).collect(), order.len())
}
