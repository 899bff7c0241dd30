//! The scan: take the element that explains most, take its leaves out, go on with the rest.
//!
//! In each round: (1) the cell with the most evidence over the row of shifts, less what chance gives to the best
//! of as many cells; (2) its own shift is fitted and all cells are scanned once more with that one shift; (3) an
//! element whose parts explain more than it does as a whole gives way to its strongest part; (4) while a parent
//! explains within [`SIMPLER_WITHIN`] as much, the parent is taken: it is simpler, and dimensions that go
//! together name one cause. What is taken out is subtracted from the sums, so that a round costs little.

use crate::cube::{Cube, Cuboid};
use crate::model::{LANES, Lanes, Model, Shift};

/// Chance of any finding in a window without fault, by the bound that the threshold is made from.
pub const FALSE_ALARM_RATE: f64 = 0.01;

/// Findings of one window, at most.
const MOST_ELEMENTS: usize = 10;

/// Evidence that a first finding must have beyond chance: ln(1/0.01), and about as many shifts as are
/// independent.
const FIRST_ABOVE: f64 = 4.6 + 0.4;

/// Where something is known to be wrong, a further finding needs less.
const FURTHER_ABOVE: f64 = 0.2;

/// Nats within which a parent counts as an explanation as good.
const SIMPLER_WITHIN: f64 = 3.0;

/// An element that was found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub cuboid: usize,
    pub cell: u32,
    pub score: f64,
    pub leaves: Vec<u32>,
}

struct Scan<'a, M> {
    cube: &'a Cube,
    model: &'a mut M,
    there: Vec<bool>,
    /// Evidence by cuboid and cell, of the leaves that are there, for the row of shifts.
    sums: Vec<Vec<Lanes>>,
    /// The same for the last fitted shift.
    fitted: Vec<Vec<f32>>,
    /// By cuboid and cell: how much more cells like this vary than chance says. Empty: not at all.
    dispersion: Vec<Vec<f32>>,
    /// By cuboid and cell, beside the dispersion: evidence, at most. Rates wander by a factor, so that a rate
    /// three times as high is not as unlikely as chance alone would make it.
    most: Vec<Vec<f32>>,
    /// By cuboid: what its cells have in common, and their r of V + r·V².
    measured: Vec<(f64, f64)>,
    /// r of whole values of one dimension.
    wanders: f64,
    evidence: Vec<f32>,
}

/// What a search found.
pub(crate) struct Search {
    /// Strongest first.
    pub found: Vec<Found>,
    /// Which leaves are left unexplained.
    pub there: Vec<bool>,
    /// r of V + r·V² of whole values of one dimension: how far rates wander without a cause.
    pub wanders: f64,
}

/// Places of a cuboid and of its cell.
type Place = (usize, u32);

/// All elements, strongest first, and which leaves they leave unexplained.
pub(crate) fn search<M: Model>(cube: &Cube, model: &mut M) -> Search {
    let mut scan = Scan {
        cube,
        model,
        there: vec![true; cube.leaves],
        sums: Vec::new(),
        fitted: Vec::new(),
        dispersion: vec![Vec::new(); cube.cuboids.len()],
        most: vec![Vec::new(); cube.cuboids.len()],
        measured: Vec::new(),
        wanders: 0.0,
        evidence: Vec::new(),
    };
    scan.measure_dispersion();
    scan.sum_up();
    let mut found: Vec<Found> = Vec::new();
    while found.len() < MOST_ELEMENTS {
        let above = if found.is_empty() { FIRST_ABOVE } else { FURTHER_ABOVE };
        let Some(next) = scan.next(above + scan.model.caution()) else { break };
        scan.take_out(&next.leaves);
        found.push(next);
    }
    Search { found, there: scan.there, wanders: scan.wanders }
}

impl<M: Model> Scan<'_, M> {
    fn sum_up(&mut self) {
        let add = |sum: &mut Lanes, lanes: &Lanes| (0..LANES).for_each(|i| sum[i] += lanes[i]);
        if self.there.iter().all(|t| *t) {
            self.sums = self.cube.roll([0.0; LANES], self.model.lanes(), add);
        } else {
            let left = self.model.lanes().iter().zip(&self.there);
            let left: Vec<Lanes> = left.map(|(l, t)| if *t { *l } else { [0.0; LANES] }).collect();
            self.sums = self.cube.roll([0.0; LANES], &left, add);
        }
    }

    fn take_out(&mut self, leaves: &[u32]) {
        leaves.iter().for_each(|leaf| self.there[*leaf as usize] = false);
        if self.model.learn(&self.there) {
            self.measure_dispersion();
            return self.sum_up();
        }
        let lanes = self.model.lanes();
        for (cuboid, sums) in self.cube.cuboids.iter().zip(&mut self.sums) {
            for leaf in leaves.iter().map(|l| *l as usize) {
                let sum = &mut sums[cuboid.cell[leaf] as usize];
                (0..LANES).for_each(|i| sum[i] -= lanes[leaf][i]);
            }
        }
        self.measure_dispersion();
    }

    fn dispersion_of(&self, (cuboid, cell): Place) -> f64 {
        self.dispersion[cuboid].get(cell as usize).map_or(1.0, |d| f64::from(*d))
    }

    /// The best of all cells by their evidence.
    fn best(&self, bounded: bool, evidence: impl Fn(usize) -> Vec<f32>) -> (Place, f32, f64) {
        let mut best = ((0, 0), 0.0, f64::NEG_INFINITY);
        for c in 0..self.cube.cuboids.len() {
            let cells = evidence(c);
            let dispersion = &self.dispersion[c];
            let bounds: &[f32] = if bounded { &self.most[c] } else { &[] };
            let mut most = (f32::NEG_INFINITY, 0);
            for (i, e) in cells.iter().enumerate() {
                let e = dispersion.get(i).map_or(*e, |d| e / d);
                let e = bounds.get(i).map_or(e, |m| e.min(*m));
                if e > most.0 {
                    most = (e, i);
                }
            }
            let score = f64::from(most.0) - self.cube.cuboids[c].penalty;
            if score > best.2 {
                best = ((c, most.1 as u32), cells[most.1], score);
            }
        }
        best
    }

    fn next(&mut self, above: f64) -> Option<Found> {
        let found = self.candidate(false)?;
        if found.score >= above || self.measured.iter().all(|m| m.1 <= 0.0) {
            return (found.score >= above).then_some(found);
        }
        // What stands out most may be what wanders most: then what stands out although rates wander.
        self.candidate(true).filter(|f| f.score >= above)
    }

    fn candidate(&mut self, bounded: bool) -> Option<Found> {
        let greatest = |sum: &Lanes| sum.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let (mut place, mut evidence, score) =
            self.best(bounded, |c| self.sums[c].iter().map(greatest).collect());
        if score < 0.0 {
            return None;
        }
        // The fitted shift may move the element, and the element the shift.
        for _ in 0..2 {
            let leaves = self.cube.leaves_of(place.0, place.1, &self.there);
            self.fit(self.model.fit(&leaves));
            let (moved, with, _) = self.best(bounded, |c| self.fitted[c].clone());
            evidence = with;
            if moved == place {
                break;
            }
            place = moved;
        }
        let place = self.descend(place, evidence);
        let (place, evidence) = self.ascend(place);
        let leaves = self.cube.leaves_of(place.0, place.1, &self.there);
        let score = self.score(place, evidence, &leaves);
        Some(Found { cuboid: place.0, cell: place.1, score, leaves })
    }

    /// A cell's score from its evidence. How far rates wander is measured without it: else a fault of many
    /// leaves would pass for wandering.
    fn score(&mut self, place: Place, evidence: f32, leaves: &[u32]) -> f64 {
        let penalty = self.cube.cuboids[place.0].penalty;
        if self.measured.is_empty() || self.measured.iter().all(|m| m.1 <= 0.0) {
            return f64::from(evidence) - penalty;
        }
        let saved = (self.dispersion.clone(), self.most.clone(), self.measured.clone(), self.wanders);
        leaves.iter().for_each(|leaf| self.there[*leaf as usize] = false);
        self.measure_dispersion();
        leaves.iter().for_each(|leaf| self.there[*leaf as usize] = true);
        let (common, wanders) = self.measured[place.0];
        (self.dispersion, self.most, self.measured, self.wanders) = saved;
        let own = leaves.iter().map(|l| self.model.excess(*l));
        let own = own.fold([0.0; 3], |sum, e| [sum[0] + e.0, sum[1] + e.1, sum[2] + e.2]);
        let evidence = f64::from(evidence) / (1.0 + wanders * own[1]);
        let most =
            if wanders > 0.0 { f64::from(most_evidence(&own, common, wanders)) } else { f64::INFINITY };
        evidence.min(most) - penalty
    }

    /// Works out the evidence of one shift for all cells.
    fn fit(&mut self, shift: Shift) {
        self.model.evidence(shift, &mut self.evidence);
        self.evidence.iter_mut().zip(&self.there).filter(|(_, there)| !**there).for_each(|(e, _)| *e = 0.0);
        self.fitted = self.cube.roll(0.0, &self.evidence, |sum, e| *sum += e);
    }

    /// While the parts of an element along one more dimension explain more than it does, its strongest part.
    fn descend(&self, mut place: Place, mut evidence: f32) -> Place {
        loop {
            let cuboid = &self.cube.cuboids[place.0];
            let leaves = self.cube.leaves_of(place.0, place.1, &self.there);
            // Whole and parts are measured alike.
            let dispersion = self.dispersion_of(place);
            let whole = f64::from(evidence) / dispersion - cuboid.penalty;
            let mut better: Option<(f64, Place, f32)> = None;
            for (c, finer) in self.cube.cuboids.iter().enumerate() {
                if finer.mask & cuboid.mask != cuboid.mask || finer.depth() != cuboid.depth() + 1 {
                    continue;
                }
                let mut seen = vec![false; finer.cells];
                let (mut together, mut strongest) = (0.0, (f32::NEG_INFINITY, 0));
                for cell in leaves.iter().map(|l| finer.cell[*l as usize]) {
                    if std::mem::replace(&mut seen[cell as usize], true) {
                        continue;
                    }
                    // A part may have a shift of its own.
                    let fitted = self.fitted[c][cell as usize];
                    let own = self.sums[c][cell as usize].iter().copied().fold(fitted, f32::max);
                    together += (f64::from(own) / dispersion - finer.penalty).max(0.0);
                    if own > strongest.0 {
                        strongest = (own, cell);
                    }
                }
                if together > whole + 1.0 && better.is_none_or(|b| together > b.0) {
                    better = Some((together, (c, strongest.1), strongest.0));
                }
            }
            let Some((_, part, its)) = better else { return place };
            (place, evidence) = (part, its);
        }
    }

    /// While a parent explains about as much, the parent. The evidence is that of the element's own shift.
    fn ascend(&mut self, mut place: Place) -> (Place, f32) {
        let leaves = self.cube.leaves_of(place.0, place.1, &self.there);
        self.fit(self.model.fit(&leaves));
        loop {
            let cuboid = &self.cube.cuboids[place.0];
            let evidence = self.fitted[place.0][place.1 as usize];
            let Some(leaf) = cuboid.cell.iter().position(|c| *c == place.1) else { return (place, evidence) };
            let dispersion = self.dispersion_of(place);
            let child = f64::from(evidence) / dispersion - cuboid.penalty;
            let mut better: Option<(f64, Place)> = None;
            for d in (0..32).filter(|d| cuboid.mask & (1 << d) != 0) {
                let Some(c) = self.cube.of(cuboid.mask & !(1 << d)) else { continue };
                let cell = self.cube.cuboids[c].cell[leaf];
                let its =
                    f64::from(self.fitted[c][cell as usize]) / dispersion - self.cube.cuboids[c].penalty;
                let worth = its >= child - SIMPLER_WITHIN && better.is_none_or(|b| its > b.0);
                if worth && !self.is_few_parts((c, cell), place.0, its, dispersion) {
                    better = Some((its, (c, cell)));
                }
            }
            let Some((_, parent)) = better else { return (place, evidence) };
            place = parent;
        }
    }

    /// Whether less than half of an element's parts in a finer cuboid explain more, each for itself, than the
    /// whole does: two values of a small dimension may be at fault without the rest of it.
    fn is_few_parts(&self, (cuboid, cell): Place, finer: usize, whole: f64, dispersion: f64) -> bool {
        let fine = &self.cube.cuboids[finer];
        let mut seen = vec![false; fine.cells];
        let (mut together, mut at_fault, mut parts) = (0.0, 0, 0);
        for (leaf, of) in self.cube.cuboids[cuboid].cell.iter().enumerate() {
            let part = fine.cell[leaf] as usize;
            if *of != cell || !self.there[leaf] || std::mem::replace(&mut seen[part], true) {
                continue;
            }
            let own = f64::from(self.fitted[finer][part]) / dispersion - fine.penalty;
            parts += 1;
            if own > 0.0 {
                (together, at_fault) = (together + own, at_fault + 1);
            }
        }
        2 * at_fault < parts && together > whole + SIMPLER_WITHIN
    }

    /// How much more the cells of a cuboid vary than chance says: a cell's variance is V + r·V², where r is the
    /// wandering of rates that the cells of its cuboid share. The few cells that stand out and a change that all
    /// share don't count.
    fn measure_dispersion(&mut self) {
        if !self.model.is_overdispersed() {
            return;
        }
        let depths = self.cube.cuboids.iter().map(Cuboid::depth).max().unwrap_or(0) as usize;
        let leaves: Vec<[f64; 3]> = (0..self.cube.leaves as u32)
            .map(|l| {
                let (excess, variance, expected) = self.model.excess(l);
                if self.there[l as usize] { [excess, variance, expected] } else { [0.0; 3] }
            })
            .collect();
        let sums = self.cube.roll([0.0; 3], &leaves, |sum, leaf| (0..3).for_each(|i| sum[i] += leaf[i]));
        let mut by_depth: Vec<Vec<(f64, f64)>> = vec![Vec::new(); depths + 1];
        let mut own: Vec<Option<f64>> = Vec::new();
        let mut commons: Vec<f64> = Vec::new();
        for (cuboid, cells) in self.cube.cuboids.iter().zip(&sums) {
            let cells: Vec<&[f64; 3]> = cells.iter().filter(|s| s[1] >= LEAST_VARIANCE).collect();
            let mut ratios: Vec<f64> = cells.iter().map(|s| (s[0] + s[2]) / s[2]).collect();
            let common = median(&mut ratios).unwrap_or(1.0).max(0.1);
            let mut squares: Vec<(f64, f64)> = cells
                .iter()
                .map(|s| {
                    let gap = s[0] + s[2] - common * s[2];
                    (common * s[1], gap * gap / (common * s[1]))
                })
                .collect();
            commons.push(common);
            by_depth[cuboid.depth() as usize].extend(&squares);
            own.push((squares.len() >= CELLS).then(|| wandering(&mut squares)));
        }
        let pooled: Vec<f64> =
            by_depth.iter_mut().map(|s| if s.len() >= CELLS { wandering(s) } else { 0.0 }).collect();
        self.measured.clear();
        self.wanders = pooled.get(1).copied().unwrap_or(0.0);
        for (c, cuboid) in self.cube.cuboids.iter().enumerate() {
            let wanders = own[c].unwrap_or(pooled[cuboid.depth() as usize]);
            self.measured.push((commons[c], wanders));
            (self.dispersion[c], self.most[c]) = (Vec::new(), Vec::new());
            if wanders > 0.0 {
                self.dispersion[c] = sums[c].iter().map(|s| (1.0 + wanders * s[1]) as f32).collect();
                self.most[c] = sums[c].iter().map(|s| most_evidence(s, commons[c], wanders)).collect();
            }
        }
    }
}

/// Evidence that a cell's factor can give where rates wander by factors: half the square of its logarithm in
/// standard deviations.
fn most_evidence([excess, variance, expected]: &[f64; 3], common: f64, wanders: f64) -> f32 {
    if *expected <= 0.0 {
        return 0.0;
    }
    let (seen, expected) = (excess + expected, expected * common);
    let factor = libm::log(seen.max(0.5) / expected);
    let by_chance = variance / expected / seen.max(expected).max(0.5);
    (factor * factor / (2.0 * (by_chance + wanders))) as f32
}

/// Cells with less variance than this say nothing of how rates wander.
const LEAST_VARIANCE: f64 = 3.0;

/// Cells that a cuboid needs for a measure of its own.
const CELLS: usize = 24;

/// r of V + r·V² from variances and squared deviations (in variances), by the cells' size: the larger cells show
/// it best, the smaller ones are more.
fn wandering(squares: &mut [(f64, f64)]) -> f64 {
    squares.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut most: f64 = 0.0;
    for part in [squares.len() / 4, squares.len() / 2, squares.len()] {
        let group = &squares[..part.max(CELLS / 2).min(squares.len())];
        let mut deviations: Vec<f64> = group.iter().map(|s| s.1).collect();
        let measured = median(&mut deviations).map_or(1.0, variance_of);
        let by_chance = 1.0 + 2.5 / (group.len() as f64).sqrt();
        if measured > by_chance {
            most = most.max((measured - 1.0) / group[group.len() / 2].0);
        }
    }
    most
}

/// The variance of a normal distribution whose squares have this middle.
fn variance_of(median_square: f64) -> f64 {
    median_square / 0.454_9
}

fn median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f64::total_cmp).1)
}
