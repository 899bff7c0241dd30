//! [`Engine`]: applies events in order.

use crate::{Catalogue, ENGINE_VERSION, Metrics, RestoreError};
use std::collections::BTreeMap;
use tg_event::{Decision, Epoch, Event, Feedback, Limits, Outcomes, Reason, Stamp, Verdict};
use tg_text::Text;

/// The state machine. See the crate's documentation.
pub struct Engine {
    catalogue: Catalogue,
    epoch: Epoch,
    next_offset: u64,
    outstanding: BTreeMap<(u64, u16), Feedback>,
    metrics: Metrics,
}

impl Engine {
    /// An engine that has seen nothing, under [`Limits::default`] until an epoch event.
    pub fn new(catalogue: Catalogue) -> Engine {
        let epoch = Epoch {
            engine_version: ENGINE_VERSION,
            catalogue_hash: catalogue.hash(),
            limits: Limits::default(),
        };
        Engine { catalogue, epoch, next_offset: 0, outstanding: BTreeMap::new(), metrics: Metrics::default() }
    }

    /// Applies one event and appends what follows from it to `out`. Events whose offset is below
    /// [`Engine::next_offset`] have been applied before and change nothing.
    pub fn apply(&mut self, stamp: Stamp, event: &Event, out: &mut Outcomes) {
        if stamp.offset < self.next_offset {
            return;
        }
        self.next_offset = stamp.offset + 1;
        match event {
            Event::Message(m) => {
                self.metrics.verdicts_total += 1;
                out.verdicts.push(Verdict {
                    offset: stamp.offset,
                    log_time: stamp.log_time,
                    payment: m.is_payment().then_some(stamp.offset),
                    duplicate: false,
                    score: 0,
                    decision: if m.asks_for_money() { Decision::Approve } else { Decision::None },
                    reasons: vec![Reason {
                        code: "nothing_unusual",
                        text: Text::fixed("未见异常", "Nothing unusual"),
                    }],
                    features: Vec::new(),
                });
            }
            Event::Epoch(epoch) => self.epoch = epoch.clone(),
            Event::Feedback(f) => {
                self.outstanding.remove(&(f.cause, f.n));
            }
            Event::Tick | Event::Undecoded(_) => {}
        }
    }

    /// Appends the whole state at this offset to `out`.
    pub fn snapshot(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.next_offset.to_le_bytes());
    }

    /// An engine with the state of a snapshot.
    ///
    /// # Errors
    /// If the bytes are no snapshot, of another version, or damaged.
    pub fn restore(catalogue: Catalogue, bytes: &[u8]) -> Result<Engine, RestoreError> {
        let offset = bytes.try_into().map_err(|_| RestoreError::NotASnapshot)?;
        let mut engine = Engine::new(catalogue);
        engine.next_offset = u64::from_le_bytes(offset);
        Ok(engine)
    }

    /// Offset of the first event that has not been applied.
    pub fn next_offset(&self) -> u64 {
        self.next_offset
    }

    /// Feedback that was emitted and has not been seen in the log: after a recovery the shell appends
    /// exactly these, in this order.
    pub fn outstanding_feedback(&self) -> impl Iterator<Item = &Feedback> {
        self.outstanding.values()
    }

    /// What the engine tells of itself.
    pub fn metrics(&self) -> Metrics {
        self.metrics
    }

    /// The settings in force.
    pub fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    /// The feature catalogue in use.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }
}
