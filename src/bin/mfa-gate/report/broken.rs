//! Lines that cannot be read: counted by kind, the first of them told with their places.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::error::Category;

use crate::text;

/// How many broken lines are told one by one. Enough to see what it is; the counts tell how much of it.
pub const TOLD: usize = 5;

/// The longest message about a line, in characters; serde quotes what it found.
const MAX_MESSAGE: usize = 160;

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Longer than what is read.
    TooLong,
    /// Bytes that are no text.
    NotUtf8,
    /// JSON that ends too early.
    CutShort,
    /// Not JSON.
    NotJson,
    /// JSON, but no line of this log: a member of another type, twice, or missing.
    NotOfThisLog,
}

impl Kind {
    /// The kind in words, of many lines.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::TooLong => "too long",
            Kind::NotUtf8 => "not UTF-8",
            Kind::CutShort => "cut short",
            Kind::NotJson => "not JSON",
            Kind::NotOfThisLog => "not of this log",
        }
    }
}

/// Why a line cannot be read.
#[derive(Debug)]
pub struct Broken {
    kind: Kind,
    message: String,
}

impl Broken {
    /// A line that is broken in this way.
    pub fn new(kind: Kind, message: String) -> Self {
        Broken { kind, message }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<serde_json::Error> for Broken {
    fn from(error: serde_json::Error) -> Self {
        let kind = match error.classify() {
            Category::Eof => Kind::CutShort,
            Category::Data => Kind::NotOfThisLog,
            Category::Syntax | Category::Io => Kind::NotJson,
        };
        // Its line is always 1, and would be taken for the file's.
        let whole = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = whole.strip_suffix(&place).unwrap_or(&whole);
        Broken::new(kind, format!("column {}: {}", error.column(), text::shown(message, MAX_MESSAGE)))
    }
}

/// A line of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Which of the logs, from 0.
    pub log: usize,
    /// The line, from 1.
    pub line: u64,
}

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
    counts: BTreeMap<Kind, u64>,
    first: First,
    wordless: u64,
    first_wordless: First,
}

impl BrokenLines {
    /// Counts a broken line.
    pub fn add(&mut self, place: Place, broken: Broken) {
        let count = self.counts.entry(broken.kind).or_default();
        *count = count.saturating_add(1);
        self.first.add(place, || broken.message);
    }

    /// Counts a line that is whole, of a request that the gate said nothing of.
    pub fn add_wordless(&mut self, place: Place) {
        self.wordless = self.wordless.saturating_add(1);
        self.first_wordless.add(place, String::new);
    }

    /// Counts what another has counted, too.
    pub fn merge(&mut self, other: BrokenLines) {
        for (kind, count) in other.counts {
            let sum = self.counts.entry(kind).or_default();
            *sum = sum.saturating_add(count);
        }
        self.wordless = self.wordless.saturating_add(other.wordless);
        for (place, message) in other.first.told {
            self.first.add(place, || message);
        }
        for (place, message) in other.first_wordless.told {
            self.first_wordless.add(place, || message);
        }
    }

    /// How many are broken.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// How many of each kind.
    pub fn counts(&self) -> impl Iterator<Item = (Kind, u64)> {
        self.counts.iter().map(|(kind, count)| (*kind, *count))
    }

    /// The first of them.
    pub fn told(&self) -> impl Iterator<Item = (Place, &str)> {
        self.first.told.iter().map(|(place, message)| (*place, message.as_str()))
    }

    /// How many are whole, of requests that the gate said nothing of.
    pub fn wordless(&self) -> u64 {
        self.wordless
    }

    /// The first of those.
    pub fn told_wordless(&self) -> impl Iterator<Item = Place> {
        self.first_wordless.told.keys().copied()
    }
}
