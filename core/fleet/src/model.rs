//! What the search needs to know of a kind of measure: evidence per leaf that adds up over leaves.
//!
//! Evidence is a log-likelihood ratio: how much better "this leaf is shifted like this" explains it than "nothing
//! happened here". It is computed for a fixed row of shifts at once ([`LANES`]); a found element's own shift is
//! fitted afterwards. Never knows about dimensions.

/// Shifts that are tried at once: one cache line of `f32`.
pub(crate) const LANES: usize = 16;

/// Evidence of a leaf or cell for each shift.
pub(crate) type Lanes = [f32; LANES];

/// A fitted shift: where it moves a leaf, and how much leaves differ among themselves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shift {
    pub to: f64,
    pub spread: f64,
}

/// A kind of measure.
pub(crate) trait Model {
    /// Evidence of every leaf for the row of shifts.
    fn lanes(&self) -> &[Lanes];

    /// The shift that fits these leaves.
    fn fit(&self, leaves: &[u32]) -> Shift;

    /// Evidence of every leaf for one shift.
    fn evidence(&self, shift: Shift, out: &mut Vec<f32>);

    /// What was seen beyond what was expected, its variance by chance, and what was expected.
    fn excess(&self, leaf: u32) -> (f64, f64, f64);

    /// True if chance varies more between cells than between the transactions of one: then the search measures
    /// it and divides.
    fn is_overdispersed(&self) -> bool;

    /// What a finding needs beyond its score, in nats, because the model itself is a guess.
    fn caution(&self) -> f64 {
        0.0
    }

    /// Something was explained: these leaves are left. True if the evidence of the others changed by it.
    fn learn(&mut self, there: &[bool]) -> bool;
}

/// The middle of the values, by weight.
pub(crate) fn weighted_median(values: &mut [(f64, f64)]) -> f64 {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = values.iter().map(|(_, w)| w).sum::<f64>() / 2.0;
    let mut sum = 0.0;
    for (value, weight) in values.iter() {
        sum += weight;
        if sum >= half {
            return *value;
        }
    }
    0.0
}
