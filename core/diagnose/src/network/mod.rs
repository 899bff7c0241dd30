//! Plans over a small published troubleshooting problem: `tillguard diagnose --network` (contract, section 3).
//!
//! Why it exists: an anchor that anybody can check. The literature (Heckerman, Breese, Rommelse 1995; Jensen et
//! al. 2001) publishes expected costs of such problems; the planner here is held to them. The true state is one
//! of the rows of `joint`; a plan learns by filtering rows. Never looks at the payments' knowledge.

mod file;
mod planner;
mod tree;

pub use file::{Component, MAX_COMPONENTS, MAX_OBSERVATIONS, MAX_ROWS, MAX_STATES, NetworkFile, Observation};
pub use planner::{Network, Policy, TooLarge};
pub use tree::Step;
