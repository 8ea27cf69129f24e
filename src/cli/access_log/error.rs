//! Why a line of an access log was rejected, and where it is.

use std::error::Error;
use std::fmt;

use serde::Serialize;
use serde_json::error::Category;

use crate::terminal::shown;

/// The longest message about a line, in characters; serde quotes what it found.
const MAX_MESSAGE: usize = 160;

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineErrorKind {
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

impl LineErrorKind {
    /// The kind in words, of many lines.
    pub fn as_str(self) -> &'static str {
        match self {
            LineErrorKind::TooLong => "too long",
            LineErrorKind::NotUtf8 => "not UTF-8",
            LineErrorKind::CutShort => "cut short",
            LineErrorKind::NotJson => "not JSON",
            LineErrorKind::NotOfThisLog => "not of this log",
        }
    }
}

/// Why a line cannot be read.
#[derive(Debug)]
pub struct LineError {
    /// What is wrong.
    pub kind: LineErrorKind,
    /// What is wrong, with the column.
    pub message: String,
}

impl LineError {
    /// A line that is broken in this way.
    pub fn new(kind: LineErrorKind, message: String) -> Self {
        LineError { kind, message }
    }
}

impl Error for LineError {}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<serde_json::Error> for LineError {
    fn from(error: serde_json::Error) -> Self {
        let kind = match error.classify() {
            Category::Eof => LineErrorKind::CutShort,
            Category::Data => LineErrorKind::NotOfThisLog,
            Category::Syntax | Category::Io => LineErrorKind::NotJson,
        };
        // Its line is always 1, and would be taken for the file's.
        let whole = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = whole.strip_suffix(&place).unwrap_or(&whole);
        LineError::new(kind, format!("column {}: {}", error.column(), shown(message, MAX_MESSAGE)))
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
