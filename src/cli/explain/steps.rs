//! The steps of an explanation: lines of text, each with the place of the rule that it applies.

use std::fmt::Display;

use crate::config_file::{ConfigFile, Place};

/// The tone of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Information.
    Plain,
    /// A requirement is met.
    Good,
    /// A requirement is not met.
    Bad,
    /// The command line cannot determine it.
    Unsure,
}

/// One line.
#[derive(Debug)]
pub(super) struct Line {
    pub text: String,
    pub tone: Tone,
    /// The place of the rule in the configuration's file.
    pub place: Option<Place>,
}

/// One step.
#[derive(Debug)]
pub(super) struct Step {
    /// The subject of the step.
    pub name: &'static str,
    /// The findings.
    pub lines: Vec<Line>,
}

/// The steps so far.
#[derive(Debug)]
pub(super) struct Steps<'f> {
    file: &'f ConfigFile,
    steps: Vec<Step>,
}

impl<'f> Steps<'f> {
    /// No steps yet. Their rules are in this file.
    pub(super) fn new(file: &'f ConfigFile) -> Self {
        Steps { file, steps: Vec::new() }
    }

    /// Starts a step. Later lines belong to it.
    pub(super) fn begin(&mut self, name: &'static str) {
        self.steps.push(Step { name, lines: Vec::new() });
    }

    /// Adds a line.
    pub(super) fn add(&mut self, text: impl Into<String>) {
        self.add_as(Tone::Plain, text);
    }

    /// Adds a line with a tone.
    pub(super) fn add_as(&mut self, tone: Tone, text: impl Into<String>) {
        if let Some(step) = self.steps.last_mut() {
            step.lines.push(Line { text: text.into(), tone, place: None });
        }
    }

    /// Sets the place of the last line to that of a configuration field. `None` leaves the line without a place.
    pub(super) fn cite(&mut self, field: Option<&str>) {
        let place = field.and_then(|field| self.file.place(field));
        if let Some(line) = self.steps.last_mut().and_then(|step| step.lines.last_mut()) {
            line.place = place;
        }
    }

    /// The value; adds an error as a line.
    pub(super) fn check<T, E: Display>(&mut self, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.add_as(Tone::Bad, error.to_string())).ok()
    }

    /// The steps, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter()
    }
}
