//! One window of a stream: its leaves, with every value of a dimension as a number.
//!
//! Refuses what can't be measured (negative, not finite, more failures than transactions), leaf by leaf, so that
//! the caller can name the row. Never keeps a bad leaf.

use std::collections::BTreeMap;

/// Dimensions, at most.
pub const MAX_DIMENSIONS: usize = 8;

/// Leaves, at most.
pub const MAX_LEAVES: usize = 2_000_000;

/// What is wrong with a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadLeaf {
    /// Another number of values than there are dimensions.
    Width,
    /// Not a finite number of 0 or more.
    Number,
    /// More failures than transactions.
    MoreFailuresThanTotal,
    /// A rate outside 0 to 1.
    Rate,
    /// More than [`MAX_LEAVES`].
    TooMany,
}

/// What was seen at the leaves.
#[derive(Clone, Debug)]
pub(crate) enum Measures {
    /// Seen and expected amounts.
    Volumes { actual: Vec<f64>, expected: Vec<f64> },
    /// Failures of a total, and the expected rate where it is known.
    Ratios { failures: Vec<f64>, total: Vec<f64>, rate: Option<Vec<f64>> },
}

/// One window.
#[derive(Clone, Debug)]
pub struct Window {
    pub(crate) dimensions: Vec<String>,
    pub(crate) values: Vec<Vec<String>>,
    places: Vec<BTreeMap<String, u32>>,
    /// By dimension, then by leaf.
    pub(crate) codes: Vec<Vec<u32>>,
    pub(crate) measures: Measures,
}

impl Window {
    /// An empty window of volumes.
    pub fn of_volumes(dimensions: &[&str]) -> Window {
        Window::new(dimensions, Measures::Volumes { actual: Vec::new(), expected: Vec::new() })
    }

    /// An empty window of ratios; with the expected rate of every leaf, or with one rate for all that is
    /// estimated from the window itself.
    pub fn of_ratios(dimensions: &[&str], with_expected_rate: bool) -> Window {
        let rate = with_expected_rate.then(Vec::new);
        Window::new(dimensions, Measures::Ratios { failures: Vec::new(), total: Vec::new(), rate })
    }

    fn new(dimensions: &[&str], measures: Measures) -> Window {
        let dimensions: Vec<String> =
            dimensions.iter().take(MAX_DIMENSIONS).map(|d| (*d).to_owned()).collect();
        let n = dimensions.len();
        Window {
            dimensions,
            values: vec![Vec::new(); n],
            places: vec![BTreeMap::new(); n],
            codes: vec![Vec::new(); n],
            measures,
        }
    }

    /// The number of leaves.
    pub fn len(&self) -> usize {
        match &self.measures {
            Measures::Volumes { actual, .. } => actual.len(),
            Measures::Ratios { total, .. } => total.len(),
        }
    }

    /// True without leaves.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a leaf: its values, then `actual, expected` or `failures, total` with `expected_rate` if the window
    /// has rates.
    ///
    /// # Errors
    /// What is wrong; the window is as before.
    pub fn push(&mut self, values: &[&str], numbers: &[f64]) -> Result<(), BadLeaf> {
        if values.len() != self.dimensions.len() {
            return Err(BadLeaf::Width);
        }
        if self.len() >= MAX_LEAVES {
            return Err(BadLeaf::TooMany);
        }
        if numbers.iter().any(|n| !n.is_finite() || *n < 0.0) {
            return Err(BadLeaf::Number);
        }
        match (&mut self.measures, numbers) {
            (Measures::Volumes { actual, expected }, [a, e]) => {
                actual.push(*a);
                expected.push(*e);
            }
            (Measures::Ratios { failures, total, rate: None }, [f, t]) => {
                if f > t {
                    return Err(BadLeaf::MoreFailuresThanTotal);
                }
                failures.push(*f);
                total.push(*t);
            }
            (Measures::Ratios { failures, total, rate: Some(rates) }, [f, t, rate]) => {
                if f > t {
                    return Err(BadLeaf::MoreFailuresThanTotal);
                }
                if *rate > 1.0 {
                    return Err(BadLeaf::Rate);
                }
                failures.push(*f);
                total.push(*t);
                rates.push(*rate);
            }
            _ => return Err(BadLeaf::Width),
        }
        for (d, value) in values.iter().enumerate() {
            let code = match self.places[d].get(*value) {
                Some(code) => *code,
                None => {
                    let code = self.values[d].len() as u32;
                    self.places[d].insert((*value).to_owned(), code);
                    self.values[d].push((*value).to_owned());
                    code
                }
            };
            self.codes[d].push(code);
        }
        Ok(())
    }
}
