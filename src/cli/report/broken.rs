//! Counts unreadable lines by kind, and keeps the first ones with their places.

use std::collections::BTreeMap;

use crate::access_log::error::{LineError, LineErrorKind, Place};

/// How many broken lines are reported one by one. The counts cover the rest.
pub(super) const MAX_EXAMPLES: usize = 5;

/// The first lines of a kind, by place.
#[derive(Debug, Default)]
struct Examples {
    lines: BTreeMap<Place, String>,
}

impl Examples {
    fn add(&mut self, place: Place, message: impl FnOnce() -> String) {
        let is_first =
            self.lines.len() < MAX_EXAMPLES || self.lines.last_key_value().is_some_and(|(last, _)| place < *last);
        if is_first {
            self.lines.insert(place, message());
            while self.lines.len() > MAX_EXAMPLES {
                self.lines.pop_last();
            }
        }
    }
}

/// The lines of the logs that cannot be counted: broken ones, and those without a decision of the gate.
#[derive(Debug, Default)]
pub(super) struct BrokenLines {
    counts: BTreeMap<LineErrorKind, u64>,
    examples: Examples,
    without_decision: u64,
    without_decision_examples: Examples,
}

impl BrokenLines {
    /// Counts a broken line.
    pub(super) fn add(&mut self, place: Place, error: LineError) {
        let count = self.counts.entry(error.kind).or_default();
        *count = count.saturating_add(1);
        self.examples.add(place, || error.message);
    }

    /// Counts a valid line without a decision of the gate.
    pub(super) fn add_without_decision(&mut self, place: Place) {
        self.without_decision = self.without_decision.saturating_add(1);
        self.without_decision_examples.add(place, String::new);
    }

    /// Adds the counts of `other`.
    pub(super) fn merge(&mut self, other: Self) {
        for (kind, count) in other.counts {
            let sum = self.counts.entry(kind).or_default();
            *sum = sum.saturating_add(count);
        }
        self.without_decision = self.without_decision.saturating_add(other.without_decision);
        for (place, message) in other.examples.lines {
            self.examples.add(place, || message);
        }
        for (place, message) in other.without_decision_examples.lines {
            self.without_decision_examples.add(place, || message);
        }
    }

    /// The number of broken lines.
    pub(super) fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The number of broken lines of each kind.
    pub(super) fn counts(&self) -> impl Iterator<Item = (LineErrorKind, u64)> {
        self.counts.iter().map(|(kind, count)| (*kind, *count))
    }

    /// The first broken lines.
    pub(super) fn examples(&self) -> impl Iterator<Item = (Place, &str)> {
        self.examples.lines.iter().map(|(place, message)| (*place, message.as_str()))
    }

    /// The number of valid lines without a decision of the gate.
    pub(super) fn without_decision(&self) -> u64 {
        self.without_decision
    }

    /// The first of these lines.
    pub(super) fn without_decision_examples(&self) -> impl Iterator<Item = Place> {
        self.without_decision_examples.lines.keys().copied()
    }
}
