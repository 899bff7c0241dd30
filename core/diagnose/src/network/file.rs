//! The file's form, and what must be true of it before anything is planned.
//!
//! Every error says where (`joint[3][0][1]`), what was found and what was expected. Never corrects a file
//! silently: only rounding of the probabilities' sum is forgiven.

use super::planner::{Network, Row};
use crate::facts::shown;
use serde::Deserialize;
use tg_text::{Problem, Text, nearest};

/// Components, at most.
pub const MAX_COMPONENTS: usize = 32;
/// Observations, at most.
pub const MAX_OBSERVATIONS: usize = 24;
/// States of one observation, at most.
pub const MAX_STATES: usize = 15;
/// Rows of the joint table, at most.
pub const MAX_ROWS: usize = 100_000;

/// The sum of a table that was rounded to some digits may be off by this much.
const SUM_TOLERANCE: f64 = 0.01;

const SCHEMA: &str = "tillguard.network/1";

/// `tillguard.network/1`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkFile {
    /// `tillguard.network/1`.
    pub schema: String,
    /// Cost of the call that ends everything.
    pub call: f64,
    /// What can be faulty.
    pub components: Vec<Component>,
    /// What can be asked.
    #[serde(default)]
    pub observations: Vec<Observation>,
    /// States in the order components (faulty?), then observations, with the probability of the row, given
    /// that the system fails.
    pub joint: Vec<(Vec<String>, f64)>,
}

/// A component.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Its id.
    pub id: String,
    /// Cost of mending it.
    pub repair: f64,
    /// Cost of looking whether it is faulty; absent where it can't be seen.
    #[serde(default)]
    pub observe: Option<f64>,
}

/// An observation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// Its id.
    pub id: String,
    /// Cost of asking.
    pub cost: f64,
}

impl NetworkFile {
    /// Checks the file and brings it into the planner's form.
    ///
    /// # Errors
    /// `TG-1007` with the place in the file, `TG-1006` over a limit.
    pub fn read(self) -> Result<Network, Box<Problem>> {
        if self.schema != SCHEMA {
            return Err(wrong("schema", SCHEMA, &self.schema, "格式版本不对", "another form of file"));
        }
        cost("call", self.call)?;
        limit("components", self.components.len(), MAX_COMPONENTS)?;
        limit("observations", self.observations.len(), MAX_OBSERVATIONS)?;
        limit("joint", self.joint.len(), MAX_ROWS)?;
        if self.components.is_empty() {
            return Err(wrong("components", "one at least", "none", "没有部件", "no component"));
        }
        let mut ids: Vec<&str> = Vec::new();
        for (i, component) in self.components.iter().enumerate() {
            cost(&format!("components[{i}].repair"), component.repair)?;
            component.observe.map_or(Ok(()), |c| cost(&format!("components[{i}].observe"), c))?;
            unique(&mut ids, &component.id, &format!("components[{i}].id"))?;
        }
        for (i, observation) in self.observations.iter().enumerate() {
            cost(&format!("observations[{i}].cost"), observation.cost)?;
            unique(&mut ids, &observation.id, &format!("observations[{i}].id"))?;
        }
        self.rows()
    }

    fn rows(self) -> Result<Network, Box<Problem>> {
        let (components, width) = (self.components.len(), self.components.len() + self.observations.len());
        let mut states: Vec<Vec<String>> = vec![Vec::new(); self.observations.len()];
        let mut rows: Vec<Row> = Vec::with_capacity(self.joint.len());
        let mut sum = 0.0;
        for (r, (row, weight)) in self.joint.iter().enumerate() {
            if row.len() != width {
                let found = row.len().to_string();
                let (zh, en) = ("状态的数目不对", "the number of states is wrong");
                return Err(wrong(&format!("joint[{r}][0]"), &format!("{width} states"), &found, zh, en));
            }
            if !weight.is_finite() || *weight < 0.0 {
                let (zh, en) = ("概率不对", "not a probability");
                return Err(wrong(&format!("joint[{r}][1]"), "0 to 1", &weight.to_string(), zh, en));
            }
            sum += weight;
            let (mut faults, mut answers) = (0_u32, 0_u128);
            for (c, state) in row[..components].iter().enumerate() {
                match state.as_str() {
                    "yes" => faults |= 1 << c,
                    "no" => {}
                    other => {
                        let near = nearest(other, ["yes", "no"]).unwrap_or("yes, no");
                        let (zh, en) = ("部件的状态只能是 yes 或 no", "a component is faulty, yes or no");
                        return Err(wrong(&format!("joint[{r}][0][{c}]"), near, &shown(other), zh, en));
                    }
                }
            }
            for (o, state) in row[components..].iter().enumerate() {
                let place = states[o].iter().position(|s| s == state).unwrap_or_else(|| {
                    states[o].push(state.clone());
                    states[o].len() - 1
                });
                limit(&format!("states of {}", self.observations[o].id), states[o].len(), MAX_STATES)?;
                answers |= (place as u128 + 1) << (4 * o);
            }
            rows.push(Row { faults, answers, weight: *weight });
        }
        if !(1.0 - SUM_TOLERANCE..=1.0 + SUM_TOLERANCE).contains(&sum) {
            let (zh, en) = ("各行概率之和应为 1", "the rows’ probabilities must sum to 1");
            return Err(wrong("joint", "1", &format!("{sum:.6}"), zh, en));
        }
        Ok(Network::new(self.call, self.components, self.observations, states, rows, sum))
    }
}

fn unique<'a>(ids: &mut Vec<&'a str>, id: &'a str, place: &str) -> Result<(), Box<Problem>> {
    if id.trim().is_empty() || ids.contains(&id) {
        let (zh, en) = ("标识为空或重复", "an id is empty or stands twice");
        return Err(wrong(place, "an id of its own", &shown(id), zh, en));
    }
    ids.push(id);
    Ok(())
}

fn cost(place: &str, cost: f64) -> Result<(), Box<Problem>> {
    if cost.is_finite() && cost >= 0.0 {
        return Ok(());
    }
    Err(wrong(place, "0 or more", &cost.to_string(), "费用不对", "not a cost"))
}

fn limit(place: &str, found: usize, most: usize) -> Result<(), Box<Problem>> {
    if found <= most {
        return Ok(());
    }
    let text = Text::new(format!("{place} 超过上限 {most}"), format!("{place}: more than {most}"));
    Err(Box::new(Problem::new("TG-1006", text).in_field(place).because(most.to_string(), found.to_string())))
}

fn wrong(place: &str, expected: &str, found: &str, zh: &'static str, en: &'static str) -> Box<Problem> {
    Box::new(Problem::new("TG-1007", Text::fixed(zh, en)).in_field(place).because(expected, found))
}
