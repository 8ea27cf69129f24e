//! Lines that cannot be read: counted by kind, the first of them told with their places.

use std::collections::BTreeMap;

use crate::access_log::error::{LineError, LineErrorKind, Place};

/// How many broken lines are told one by one. Enough to see what it is; the counts tell how much of it.
pub const TOLD: usize = 5;

/// The first of something, by their places, and how many there are.
#[derive(Debug, Default)]
struct First {
    told: BTreeMap<Place, String>,
}

impl First {
    fn add(&mut self, place: Place, message: impl FnOnce() -> String) {
        let is_first = self.told.len() < TOLD || self.told.last_key_value().is_some_and(|(last, _)| place < *last);
        if is_first {
            self.told.insert(place, message());
            while self.told.len() > TOLD {
                self.told.pop_last();
            }
        }
    }
}

/// All broken lines of the logs, and those that tell nothing of the gate.
#[derive(Debug, Default)]
pub struct BrokenLines {
    counts: BTreeMap<LineErrorKind, u64>,
    first: First,
    without_decision: u64,
    first_without_decision: First,
}

impl BrokenLines {
    /// Counts a broken line.
    pub fn add(&mut self, place: Place, error: LineError) {
        let count = self.counts.entry(error.kind).or_default();
        *count = count.saturating_add(1);
        self.first.add(place, || error.message);
    }

    /// Counts a line that is whole, of a request that the gate said nothing of.
    pub fn add_without_decision(&mut self, place: Place) {
        self.without_decision = self.without_decision.saturating_add(1);
        self.first_without_decision.add(place, String::new);
    }

    /// Counts what another has counted, too.
    pub fn merge(&mut self, other: BrokenLines) {
        for (kind, count) in other.counts {
            let sum = self.counts.entry(kind).or_default();
            *sum = sum.saturating_add(count);
        }
        self.without_decision = self.without_decision.saturating_add(other.without_decision);
        for (place, message) in other.first.told {
            self.first.add(place, || message);
        }
        for (place, message) in other.first_without_decision.told {
            self.first_without_decision.add(place, || message);
        }
    }

    /// How many are broken.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// How many of each kind.
    pub fn counts(&self) -> impl Iterator<Item = (LineErrorKind, u64)> {
        self.counts.iter().map(|(kind, count)| (*kind, *count))
    }

    /// The first of them.
    pub fn told(&self) -> impl Iterator<Item = (Place, &str)> {
        self.first.told.iter().map(|(place, message)| (*place, message.as_str()))
    }

    /// How many are whole, of requests that the gate said nothing of.
    pub fn without_decision(&self) -> u64 {
        self.without_decision
    }

    /// The first of those.
    pub fn told_without_decision(&self) -> impl Iterator<Item = Place> {
        self.first_without_decision.told.keys().copied()
    }
}
