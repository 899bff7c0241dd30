//! [`Metrics`]: what the engine tells of itself. Numbers for the shell's metrics page and `doctor`; none of
//! them is read by a verdict.

/// A view of the engine's state and counters. Counters named `_total` are part of the state: they survive a
/// snapshot and come out the same in a replay. Probe counters belong to this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Entities that hold windows now: cards, terminals, merchants, issuers.
    pub entities: [u64; 4],
    /// Window entries held now, over all entities.
    pub window_entries_live: u64,
    /// Payments and reversals remembered for pairing now.
    pub pairs_remembered: u64,
    /// Payments of those that wait for their answer.
    pub pairs_open: u64,
    /// Frames remembered to find exact repeats now.
    pub duplicates_remembered: u64,
    /// Subjects under watch now.
    pub watched: u64,
    /// Terminals that the card testing detector follows now.
    pub terminals_followed: u64,
    /// Feedback emitted and not yet seen in the log.
    pub feedback_outstanding: u64,
    /// Messages judged.
    pub verdicts_total: u64,
    /// Exact repeats found.
    pub duplicates_total: u64,
    /// Idle entities removed.
    pub entities_evicted_total: u64,
    /// Entities that found no room (`entities_max`).
    pub entities_refused_total: u64,
    /// Live window entries dropped because of `window_entries_max`.
    pub window_entries_dropped_total: u64,
    /// Verdicts whose features were marked partial.
    pub partial_total: u64,
    /// Payments forgotten early because of `pairs_max`.
    pub pairs_dropped_total: u64,
    /// Frames forgotten early because of `duplicates_max`.
    pub duplicates_dropped_total: u64,
    /// Answers whose request was not seen.
    pub answers_without_request_total: u64,
    /// Payments whose answer did not come in time.
    pub unknown_outcomes_total: u64,
    /// Terminals that the card testing detector had no room to follow.
    pub terminals_not_followed_total: u64,
    /// Watches that found no room.
    pub watches_refused_total: u64,
    /// Table look-ups since this process began.
    pub probe_lookups: u64,
    /// Buckets looked at in them; divided by the look-ups it should stay near 1.5.
    pub probe_steps: u64,
    /// The longest of them.
    pub probe_longest: u32,
}
