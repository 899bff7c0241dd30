//! [`CenterClock`]: what the center calls "now": the machine's clock, or that of a story that runs faster.
//!
//! Why it exists: log time, pages and ticks must agree, and in the demo all of them follow the simulated
//! city's day. The log never lets time fall, whatever this says.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant as Monotonic;

/// A clock that is asked for now; clones show the same time.
#[derive(Clone, Debug, Default)]
pub struct CenterClock(Option<Arc<Mutex<Story>>>);

#[derive(Debug)]
struct Story {
    /// Story seconds in a second.
    speed: f64,
    at_us: i64,
    /// Since when it runs from `at_us`; `None`: it stands.
    runs: Option<Monotonic>,
}

impl CenterClock {
    /// A story's clock that stands at a time until it is let run.
    pub fn story(speed: f64, at_us: i64) -> CenterClock {
        CenterClock(Some(Arc::new(Mutex::new(Story { speed, at_us, runs: None }))))
    }

    /// Now, in microseconds since 1970.
    pub fn now_us(&self) -> i64 {
        let Some(story) = &self.0 else { return jiff::Timestamp::now().as_microsecond() };
        let story = story.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = story.runs.map_or(0.0, |since| since.elapsed().as_micros() as f64 * story.speed);
        story.at_us.saturating_add(gone as i64)
    }

    /// Lets a story's clock stand at a time; the machine's own takes no notice.
    pub fn hold(&self, at_us: i64) {
        self.set(at_us, None);
    }

    /// Lets a story's clock run from a time on.
    pub fn run_from(&self, at_us: i64) {
        self.set(at_us, Some(Monotonic::now()));
    }

    /// Story seconds in a second; `None` for the machine's own clock.
    pub fn speed(&self) -> Option<f64> {
        let story = self.0.as_ref()?;
        Some(story.lock().unwrap_or_else(PoisonError::into_inner).speed)
    }

    fn set(&self, at_us: i64, runs: Option<Monotonic>) {
        if let Some(story) = &self.0 {
            let mut story = story.lock().unwrap_or_else(PoisonError::into_inner);
            (story.at_us, story.runs) = (at_us, runs);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_stands_until_it_runs_and_then_runs_as_fast_as_told() {
        let clock = CenterClock::story(1_000.0, 5);
        assert_eq!((clock.now_us(), clock.speed()), (5, Some(1_000.0)));
        clock.hold(70);
        let same = clock.clone();
        assert_eq!(same.now_us(), 70);
        clock.run_from(100);
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert!(same.now_us() >= 100 + 20_000_000, "{}", same.now_us());
        assert!(CenterClock::default().speed().is_none());
    }
}
