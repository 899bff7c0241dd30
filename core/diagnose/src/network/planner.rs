//! Three policies and their exact expected costs.
//!
//! What is known is the set of rows that are left. A set is named by what follows from it: the components that
//! are sound in every row and the observations that have one answer in every row. Two paths that leave the same
//! rows so have the same name, and are worked out once. All values are weighted by the probability of the rows
//! (`W·V` instead of `V`), so that nothing is divided and sums over answers are plain sums.
//!
//! - exact: the optimum over all plans, by branch and bound with an omniscient lower bound;
//! - questions: one-step look-ahead: a question is asked if asking it and then only repairing costs less than
//!   only repairing (Heckerman, Breese, Rommelse 1995);
//! - repairs: probability over expected cost, recomputed after each failure; the call is one of the actions.

use super::file::{Component, Observation};
use std::collections::BTreeMap;

/// How to plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// The optimum.
    Exact,
    /// One-step look-ahead.
    Questions,
    /// Probability over cost.
    Repairs,
}

impl Policy {
    /// The words of the machine interface.
    pub const WORDS: [&'static str; 3] = ["exact", "questions", "repairs"];

    /// The policy of a word.
    pub fn from_word(word: &str) -> Option<Policy> {
        match word {
            "exact" => Some(Policy::Exact),
            "questions" => Some(Policy::Questions),
            "repairs" => Some(Policy::Repairs),
            _ => None,
        }
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Policy::Exact => "exact",
            Policy::Questions => "questions",
            Policy::Repairs => "repairs",
        }
    }
}

/// The problem needs more situations than a plan may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

/// One possible state of the world.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// A bit for each faulty component.
    pub faults: u32,
    /// Four bits an observation: its answer's place, from 1.
    pub answers: u128,
    /// Its probability.
    pub weight: f64,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    Call,
    Mend(usize),
    Ask(usize),
}

/// Situations kept, at most: some 100 MB.
const MAX_SITUATIONS: usize = 1_500_000;

/// Less than this is rounding.
const EPSILON: f64 = 1e-12;

/// A problem that was checked.
#[derive(Clone, Debug)]
pub struct Network {
    call: f64,
    pub(crate) components: Vec<Component>,
    pub(crate) observations: Vec<Observation>,
    pub(crate) states: Vec<Vec<String>>,
    rows: Vec<Row>,
    /// The least that each row can cost to somebody who knows it.
    least: Vec<f64>,
}

/// The name of a set of rows.
type Name = (u32, u128);

/// What is known of a set of rows: its cost, or what it is no less than.
#[derive(Clone, Copy)]
struct Solved {
    cost: f64,
    choice: Choice,
    exact: bool,
}

/// One possible next step.
struct Choosable {
    choice: Choice,
    /// Its own weighted cost.
    now: f64,
    /// With the least that its parts can cost.
    least: f64,
    /// The rows that are left after it, by answer.
    parts: Vec<Vec<u32>>,
}

/// A policy at work: what it has worked out so far.
pub(crate) struct Planner<'a> {
    pub network: &'a Network,
    policy: Policy,
    solved: BTreeMap<Name, Solved>,
    known: BTreeMap<Name, (f64, Choice)>,
    only_repairs: BTreeMap<Name, (f64, Choice)>,
    full: bool,
}

impl Network {
    pub(crate) fn new(
        call: f64,
        components: Vec<Component>,
        observations: Vec<Observation>,
        states: Vec<Vec<String>>,
        mut rows: Vec<Row>,
        sum: f64,
    ) -> Network {
        // Rows that nothing can tell apart are one.
        // Rows with the same answers stand together, also in every part of the table.
        rows.sort_by_key(|r| (r.answers, r.faults));
        let mut joined: Vec<Row> = Vec::new();
        for row in rows.into_iter().filter(|r| r.weight > 0.0) {
            match joined.last_mut() {
                Some(last) if (last.faults, last.answers) == (row.faults, row.answers) => {
                    last.weight += row.weight / sum;
                }
                _ => joined.push(Row { weight: row.weight / sum, ..row }),
            }
        }
        let cheapest = |row: &Row| {
            let mend = components.iter().enumerate().filter(|(c, _)| row.faults & (1 << c) != 0);
            mend.map(|(_, c)| c.observe.unwrap_or(0.0) + c.repair).fold(call, f64::min)
        };
        let least = joined.iter().map(cheapest).collect();
        Network { call, components, observations, states, rows: joined, least }
    }

    /// The expected cost of a policy.
    ///
    /// # Errors
    /// [`TooLarge`] if the plan needs too many situations.
    pub fn expected_cost(&self, policy: Policy) -> Result<f64, TooLarge> {
        self.planner(policy).expected_cost()
    }

    /// The expected cost of a policy and its plan as a tree.
    ///
    /// # Errors
    /// [`TooLarge`] if the plan needs too many situations.
    pub fn plan(&self, policy: Policy) -> Result<(f64, super::Step), TooLarge> {
        let mut planner = self.planner(policy);
        let cost = planner.expected_cost()?;
        Ok((cost, super::tree::grow(&mut planner)))
    }

    fn planner(&self, policy: Policy) -> Planner<'_> {
        Planner {
            network: self,
            policy,
            solved: BTreeMap::new(),
            known: BTreeMap::new(),
            only_repairs: BTreeMap::new(),
            full: false,
        }
    }

    pub(crate) fn all(&self) -> Vec<u32> {
        (0..self.rows.len() as u32).collect()
    }

    fn row(&self, place: u32) -> &Row {
        &self.rows[place as usize]
    }

    pub(crate) fn weight(&self, rows: &[u32]) -> f64 {
        rows.iter().map(|r| self.row(*r).weight).sum()
    }

    /// What looking at a component costs before it is known to be the one; its repair where it can't be seen.
    fn looking(&self, component: usize) -> f64 {
        let Component { repair, observe, .. } = &self.components[component];
        observe.unwrap_or(*repair)
    }

    /// Weighted cost that no plan for these rows can undercut: as if every answer were known for nothing. With
    /// all answers known there is nothing to ask, and for one fault the best order is by probability over the
    /// cost of looking; a component that is left out is called for, and its weight counts as gone. Rows with
    /// several faults count what they cost to somebody who knows them.
    fn bound(&self, rows: &[u32]) -> f64 {
        let mut total = 0.0;
        let mut faulty = [0.0; super::file::MAX_COMPONENTS];
        let mut start = 0;
        while start < rows.len() {
            let answers = self.row(rows[start]).answers;
            let same = rows[start..].iter().take_while(|r| self.row(**r).answers == answers).count();
            faulty.fill(0.0);
            let mut single = 0.0;
            for r in &rows[start..start + same] {
                let row = self.row(*r);
                match row.faults.count_ones() {
                    0 => total += row.weight * self.call,
                    1 => {
                        faulty[row.faults.trailing_zeros() as usize] += row.weight;
                        single += row.weight;
                    }
                    _ => total += row.weight * self.least[*r as usize],
                }
            }
            total += self.bound_of_one_fault(&faulty, single);
            start += same;
        }
        total
    }

    fn bound_of_one_fault(&self, faulty: &[f64], mut left: f64) -> f64 {
        let mut order: Vec<usize> = (0..self.components.len()).filter(|c| faulty[*c] > 0.0).collect();
        order.sort_by(|a, b| by_ratio((faulty[*a], self.looking(*a)), (faulty[*b], self.looking(*b))));
        let mut total = 0.0;
        for c in order {
            let Component { repair, observe, .. } = &self.components[c];
            let mend = left * self.looking(c) + observe.map_or(0.0, |_| faulty[c] * repair);
            total += mend.min(faulty[c] * self.call);
            left -= faulty[c];
        }
        total
    }

    /// The rows in which a component is sound.
    pub(crate) fn sound(&self, rows: &[u32], component: usize) -> Vec<u32> {
        rows.iter().copied().filter(|r| self.row(*r).faults & (1 << component) == 0).collect()
    }

    /// The rows of each answer that is left.
    pub(crate) fn by_answer(&self, rows: &[u32], observation: usize) -> Vec<(usize, Vec<u32>)> {
        let mut groups: Vec<(usize, Vec<u32>)> = Vec::new();
        for r in rows {
            let answer = (self.row(*r).answers >> (4 * observation) & 0xF) as usize - 1;
            match groups.iter_mut().find(|(a, _)| *a == answer) {
                Some((_, group)) => group.push(*r),
                None => groups.push((answer, vec![*r])),
            }
        }
        groups
    }

    /// Components that are sound in all rows, and answers that all rows share (0 where they differ).
    fn name(&self, rows: &[u32]) -> Name {
        let Some(first) = rows.first().map(|r| self.row(*r)) else { return (u32::MAX, 0) };
        let (mut faulty, mut differ) = (0_u32, 0_u128);
        for r in rows {
            faulty |= self.row(*r).faults;
            differ |= self.row(*r).answers ^ first.answers;
        }
        const LOW: u128 = 0x1111_1111_1111_1111_1111_1111_1111_1111;
        let any = (differ | differ >> 1 | differ >> 2 | differ >> 3) & LOW;
        (!faulty, first.answers & !(any * 0xF))
    }

    /// Weighted cost of mending a component now, without what comes after.
    fn mending(&self, component: usize, weight: f64, faulty: f64) -> f64 {
        let Component { repair, observe, .. } = &self.components[component];
        match observe {
            Some(look) => weight * look + faulty * repair,
            None => weight * repair,
        }
    }
}

/// The greater probability over cost first; what costs nothing comes first of all.
fn by_ratio(a: (f64, f64), b: (f64, f64)) -> std::cmp::Ordering {
    (b.0 * a.1).total_cmp(&(a.0 * b.1))
}

impl Planner<'_> {
    fn expected_cost(&mut self) -> Result<f64, TooLarge> {
        let (cost, _) = self.value(&self.network.all());
        if self.full { Err(TooLarge) } else { Ok(cost) }
    }

    /// Weighted cost of these rows and the first step.
    pub(crate) fn value(&mut self, rows: &[u32]) -> (f64, Choice) {
        match self.policy {
            Policy::Exact => self.exact(rows, f64::INFINITY),
            Policy::Questions => self.look_ahead(rows),
            Policy::Repairs => self.repairs(rows),
        }
    }

    fn remembered(&mut self, name: Name) -> Option<(f64, Choice)> {
        let found = self.known.get(&name).copied();
        if found.is_none() && self.known.len() + self.only_repairs.len() >= MAX_SITUATIONS {
            self.full = true;
        }
        // Once full, the answer is thrown away: any value ends the search.
        found.or(if self.full { Some((0.0, Choice::Call)) } else { None })
    }

    /// The least weighted cost of these rows, if it is below `budget`; else something between `budget` and it.
    fn exact(&mut self, rows: &[u32], budget: f64) -> (f64, Choice) {
        let network = self.network;
        if rows.is_empty() {
            return (0.0, Choice::Call);
        }
        let name = network.name(rows);
        match self.solved.get(&name) {
            Some(known) if known.exact || known.cost >= budget - EPSILON => {
                return (known.cost, known.choice);
            }
            _ => {}
        }
        let bound = network.bound(rows);
        if bound >= budget - EPSILON {
            return (bound, Choice::Call);
        }
        if self.solved.len() >= MAX_SITUATIONS {
            self.full = true; // the answer is thrown away: any value ends the search
        }
        if self.full {
            return (0.0, Choice::Call);
        }
        let mut best = self.look_ahead(rows);
        for option in self.options(rows, bound) {
            let limit = best.0.min(budget);
            if option.least >= limit - EPSILON {
                continue;
            }
            let (mut cost, mut rest) = (option.now, option.least - option.now);
            for part in &option.parts {
                rest -= network.bound(part);
                cost += self.exact(part, limit - cost - rest).0;
                if cost + rest >= limit - EPSILON {
                    break;
                }
            }
            if cost + rest.max(0.0) < limit - EPSILON {
                best = (cost, option.choice);
            }
        }
        // What is not below the budget is only known to be no less than it.
        let exact = best.0 <= budget;
        let solved = Solved { cost: best.0.min(budget), choice: best.1, exact };
        self.solved.insert(name, solved);
        (solved.cost, solved.choice)
    }

    /// Every next step but the call, the most promising first: by what it costs if only repairs follow.
    fn options(&mut self, rows: &[u32], bound: f64) -> Vec<Choosable> {
        let network = self.network;
        let weight = network.weight(rows);
        let mut options: Vec<(f64, Choosable)> = Vec::new();
        for component in self.in_order(rows) {
            let sound = network.sound(rows, component);
            let now = network.mending(component, weight, weight - network.weight(&sound));
            let least = now + network.bound(&sound);
            let promises = now + self.repairs(&sound).0;
            options.push((
                promises,
                Choosable { choice: Choice::Mend(component), now, least, parts: vec![sound] },
            ));
        }
        for observation in 0..network.observations.len() {
            let groups = network.by_answer(rows, observation);
            if groups.len() < 2 {
                continue; // the answer is known
            }
            let now = weight * network.observations[observation].cost;
            let parts: Vec<Vec<u32>> = groups.into_iter().map(|(_, group)| group).collect();
            let promises = now + parts.iter().map(|part| self.repairs(part).0).sum::<f64>();
            let choice = Choice::Ask(observation);
            options.push((promises, Choosable { choice, now, least: now + bound, parts }));
        }
        options.sort_by(|a, b| a.0.total_cmp(&b.0));
        options.into_iter().map(|(_, option)| option).collect()
    }

    /// Components that can still be faulty, by probability over the cost of looking, best first: the order that
    /// is optimal for one fault where nothing is asked, since the faulty one is mended in any order (Heckerman,
    /// Breese, Rommelse 1995). What can't be looked at costs its repair.
    fn in_order(&self, rows: &[u32]) -> Vec<usize> {
        let network = self.network;
        let mut faulty = vec![0.0; network.components.len()];
        for row in rows.iter().map(|r| network.row(*r)) {
            for (c, p) in faulty.iter_mut().enumerate() {
                if row.faults & (1 << c) != 0 {
                    *p += row.weight;
                }
            }
        }
        let mut order: Vec<usize> = (0..faulty.len()).filter(|c| faulty[*c] > 0.0).collect();
        order.sort_by(|a, b| by_ratio((faulty[*a], network.looking(*a)), (faulty[*b], network.looking(*b))));
        order
    }

    fn repairs(&mut self, rows: &[u32]) -> (f64, Choice) {
        let network = self.network;
        if rows.is_empty() {
            return (0.0, Choice::Call);
        }
        let name = network.name(rows);
        if let Some(known) = self.only_repairs.get(&name) {
            return *known;
        }
        let weight = network.weight(rows);
        let mut best = (weight * network.call, Choice::Call);
        for component in self.in_order(rows) {
            let sound = network.sound(rows, component);
            let left = network.weight(&sound);
            let now = network.mending(component, weight, weight - left);
            // The call always ends it: a component is tried if that is better than calling at once.
            if now + left * network.call < best.0 - EPSILON {
                best = (now + self.repairs(&sound).0, Choice::Mend(component));
                break;
            }
        }
        self.only_repairs.insert(name, best);
        best
    }

    fn look_ahead(&mut self, rows: &[u32]) -> (f64, Choice) {
        let network = self.network;
        if rows.is_empty() {
            return (0.0, Choice::Call);
        }
        let name = network.name(rows);
        if let Some(known) = self.remembered(name) {
            return known;
        }
        let weight = network.weight(rows);
        let mut best = self.repairs(rows);
        for observation in 0..network.observations.len() {
            let groups = network.by_answer(rows, observation);
            if groups.len() < 2 {
                continue;
            }
            let asking = weight * network.observations[observation].cost;
            let cost = asking + groups.iter().map(|(_, group)| self.repairs(group).0).sum::<f64>();
            if cost < best.0 - EPSILON {
                best = (cost, Choice::Ask(observation));
            }
        }
        // What the choice really costs: the same rule is applied again after it.
        let cost = match best.1 {
            Choice::Call => best.0,
            Choice::Mend(component) => {
                let sound = network.sound(rows, component);
                network.mending(component, weight, weight - network.weight(&sound))
                    + self.look_ahead(&sound).0
            }
            Choice::Ask(observation) => {
                let groups = network.by_answer(rows, observation);
                let asking = weight * network.observations[observation].cost;
                asking + groups.iter().map(|(_, group)| self.look_ahead(group).0).sum::<f64>()
            }
        };
        self.known.insert(name, (cost, best.1));
        (cost, best.1)
    }
}
