//! The answer: elements with names, what they explain, and whether something is left over.
//!
//! Never names an element without its figures, and says so when what is left is more than chance explains.

use crate::counts::Counts;
use crate::cube::Cube;
use crate::model::Model;
use crate::ratio::Ratios;
use crate::search::{Found, Search, search};
use crate::volume::Volumes;
use crate::window::{Measures, Window};
use serde::Serialize;
use std::collections::BTreeMap;

/// More than this share without an explanation: the cause lies outside the recorded dimensions.
const OUTSIDE_SHARE: f64 = 0.35;

/// What is left is more than chance from this many standard deviations.
const LEFT_DEVIATIONS: f64 = 5.0;

/// What is left is worth a word from this share of all that was expected.
const LEFT_SHARE: f64 = 0.02;

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More than expected.
    Up,
    /// Less than expected.
    Down,
}

/// One explanation.
#[derive(Clone, Debug, Serialize)]
pub struct Element {
    /// Dimension to value.
    #[serde(rename = "where")]
    pub place: BTreeMap<String, String>,
    /// Log-likelihood ratio beyond what chance gives to the best of all elements like it, in nats.
    pub score: f64,
    /// Its share of all change.
    pub share: f64,
    /// Volumes: what was seen. Ratios: failures.
    pub failures: f64,
    /// Volumes: what was expected. Ratios: all transactions.
    pub total: f64,
    /// What was expected of `failures`.
    pub expected: f64,
    /// Which way.
    pub direction: Direction,
}

/// Where a window's change comes from.
#[derive(Clone, Debug, Serialize)]
pub struct Location {
    /// Strongest first; empty: nothing found.
    pub elements: Vec<Element>,
    /// The cause, or most of it, lies outside the recorded dimensions.
    pub outside: bool,
    /// Share of the change that no element explains.
    pub unexplained_share: f64,
}

/// Where the change of this window comes from.
pub fn locate(window: &Window) -> Location {
    if window.is_empty() || window.dimensions.is_empty() {
        return Location { elements: Vec::new(), outside: false, unexplained_share: 0.0 };
    }
    let cube = Cube::new(window);
    match &window.measures {
        Measures::Volumes { actual, expected } => {
            let mut model = Volumes::new(actual, expected, &window.codes);
            if model.are_counts() {
                let mut model = Counts::new(actual, expected, &window.codes);
                let found = search(&cube, &mut model);
                let common = model.common;
                let seen = |leaf| (actual[leaf], expected[leaf]);
                return describe(window, &cube, &model, found, common != 0.0, true, seen);
            }
            let found = search(&cube, &mut model);
            let common = model.common;
            describe(window, &cube, &model, found, common != 0.0, true, |leaf| (actual[leaf], expected[leaf]))
        }
        Measures::Ratios { failures, total, rate } => {
            let mut model = Ratios::new(failures, total, rate.as_deref(), &window.codes);
            let found = search(&cube, &mut model);
            // Without an expected rate the window is its own measure: nothing is known outside of it.
            describe(window, &cube, &model, found, false, rate.is_some(), |leaf| {
                (failures[leaf], total[leaf])
            })
        }
    }
}

fn describe<M: Model>(
    window: &Window,
    cube: &Cube,
    model: &M,
    Search { found, there, wanders }: Search,
    all_moved: bool,
    level_is_known: bool,
    seen: impl Fn(usize) -> (f64, f64),
) -> Location {
    let left = (0..cube.leaves as u32).filter(|l| there[*l as usize]).map(|l| model.excess(l));
    let (excess, variance, expected) =
        left.fold((0.0, 0.0, 0.0), |sum, l| (sum.0 + l.0, sum.1 + l.1, sum.2 + l.2));
    let significant = level_is_known
        && (all_moved || excess.abs() > LEFT_DEVIATIONS * (variance + wanders * variance * variance).sqrt())
        && excess.abs() > LEFT_SHARE * expected;
    let left = if significant { excess.abs() } else { 0.0 };
    let figures: Vec<(f64, f64, f64, f64)> = found
        .iter()
        .map(|f| {
            f.leaves.iter().fold((0.0, 0.0, 0.0, 0.0), |sum, leaf| {
                let (excess, _, expected) = model.excess(*leaf);
                let (failures, total) = seen(*leaf as usize);
                (sum.0 + excess, sum.1 + expected, sum.2 + failures, sum.3 + total)
            })
        })
        .collect();
    let change = left + figures.iter().map(|f| f.0.abs()).sum::<f64>();
    let share = |part: f64| if change > 0.0 { rounded(part.abs() / change) } else { 0.0 };
    let elements = found.iter().zip(&figures).map(|(f, (excess, expected, failures, total))| Element {
        place: name(window, cube, f),
        score: (f.score * 100.0).round() / 100.0,
        share: share(*excess),
        failures: *failures,
        total: *total,
        expected: *expected,
        direction: if *excess >= 0.0 { Direction::Up } else { Direction::Down },
    });
    let unexplained_share = share(left);
    Location { elements: elements.collect(), outside: unexplained_share > OUTSIDE_SHARE, unexplained_share }
}

fn name(window: &Window, cube: &Cube, found: &Found) -> BTreeMap<String, String> {
    let cuboid = &cube.cuboids[found.cuboid];
    let Some(leaf) = cuboid.cell.iter().position(|c| *c == found.cell) else { return BTreeMap::new() };
    (0..window.dimensions.len())
        .filter(|d| cuboid.mask & (1 << d) != 0)
        .map(|d| {
            let value = &window.values[d][window.codes[d][leaf] as usize];
            (window.dimensions[d].clone(), value.clone())
        })
        .collect()
}

/// Four decimals.
fn rounded(share: f64) -> f64 {
    (share * 1e4).round() / 1e4
}
