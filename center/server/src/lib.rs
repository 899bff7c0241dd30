//! The running center: log, engine, store and console put together.
//!
//! Why it exists: each part below knows only its own work; here they are started in the right order,
//! recovered after a crash and stopped gently. It decides nothing about payments.

mod beating;
mod center;
mod clock;
mod codes;
mod config;
mod heart;
mod keeper;
mod key_file;
mod live;
mod outage;
mod outbox;
mod public;
mod recover;
mod replay;
mod rooms;
mod rules;
mod slow_lane;
mod truth;
mod web;
mod windows;

pub use center::Center;
pub use clock::CenterClock;
pub use config::{AcquirerContact, Config, FeedConfig};
pub use heart::{Beat, Heart, Totals};
pub use key_file::{Secret, default_path as default_key_path, open as open_key_file};
pub use live::Place;
pub use public::PublicConfig;
pub use recover::replay_data;
pub use replay::{Player, See, write_lines};
pub use rules::RulesSource;
pub use truth::StagedAttack;
pub use windows::read_window;
