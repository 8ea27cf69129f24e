//! The steps of an explanation, in sentences, each with the place of the rule it goes by.

use std::fmt::Display;

use crate::config_file::{ConfigFile, Place};

/// What a sentence comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It tells something.
    Plain,
    /// What was asked for is there.
    Good,
    /// It is not.
    Bad,
    /// It cannot be told from here.
    Unsure,
}

/// One sentence.
#[derive(Debug)]
pub struct Line {
    pub text: String,
    pub tone: Tone,
    /// The rule it goes by, in the configuration's file.
    pub place: Option<Place>,
}

/// One step.
#[derive(Debug)]
pub struct Step {
    /// What it looks at.
    pub name: &'static str,
    /// What it finds.
    pub lines: Vec<Line>,
}

/// The steps so far.
#[derive(Debug)]
pub struct Steps<'f> {
    file: &'f ConfigFile,
    steps: Vec<Step>,
}

impl<'f> Steps<'f> {
    /// No steps yet; their rules stand in this file.
    pub fn new(file: &'f ConfigFile) -> Self {
        Steps { file, steps: Vec::new() }
    }

    /// Starts a step; what is said next belongs to it.
    pub fn begin(&mut self, name: &'static str) {
        self.steps.push(Step { name, lines: Vec::new() });
    }

    /// Says a sentence.
    pub fn say(&mut self, text: impl Into<String>) {
        self.say_as(Tone::Plain, text);
    }

    /// Says a sentence in a tone.
    pub fn say_as(&mut self, tone: Tone, text: impl Into<String>) {
        if let Some(step) = self.steps.last_mut() {
            step.lines.push(Line { text: text.into(), tone, place: None });
        }
    }

    /// Names the field of the configuration that the last sentence goes by; without it the sentence stands as it is.
    pub fn by(&mut self, field: Option<&str>) {
        let place = field.and_then(|field| self.file.place(field));
        if let Some(line) = self.steps.last_mut().and_then(|step| step.lines.last_mut()) {
            line.place = place;
        }
    }

    /// Says what is wrong, if anything is.
    pub fn hear<T, E: Display>(&mut self, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.say_as(Tone::Bad, error.to_string())).ok()
    }

    /// The steps, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter()
    }
}
