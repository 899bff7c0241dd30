//! What many terminals show together: rates that have risen, and where failures or missing volume come from.
//!
//! [`Watch`] follows a stream of payments and keeps the outages; [`locate`] is the search that it uses, for one
//! window.
//!
//! [`locate`] takes one window of a stream, as leaves (one value of every dimension, with what was seen and what
//! was expected), and names the elements (one value of some dimensions, such as `issuer=X, region=Y`) that
//! explain the change, or says that the cause lies outside the recorded dimensions. It is a conjunctive scan:
//! all combinations of dimensions are searched, the element with the greatest log-likelihood ratio is taken out,
//! and the search goes on with the rest.
//!
//! **Invariants.** No I/O, no clock, no randomness. Nothing is learnt from one window for the next. A finding's
//! score is above a bound that holds the chance of any finding in a window without fault to about
//! [`FALSE_ALARM_RATE`], as far as the window's noise is as the model says. Forecast errors with heavy tails
//! (Student's t with three degrees of freedom) give findings in about one of fourteen such windows.

mod counts;
mod cube;
mod locate;
mod model;
mod noise;
mod ratio;
mod search;
mod volume;
mod watch;
mod window;

pub use locate::{Direction, Element, Location, locate};
pub use search::FALSE_ALARM_RATE;
pub use watch::{
    Budget, CLASSES, Class, DIMENSIONS, Missing, Outage, OutageMinute, Peaks, Profile, Silent, Suspect,
    THRESHOLD_MIN, Watch,
};
pub use window::{BadLeaf, MAX_DIMENSIONS, MAX_LEAVES, Window};
