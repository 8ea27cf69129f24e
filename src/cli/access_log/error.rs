//! Errors of access-log lines, and their places.

use std::error::Error;
use std::fmt;

use serde::Serialize;
use serde_json::error::Category;

use crate::terminal::shown;

/// Maximum length of a message, in characters: serde quotes the value it found.
const MAX_MESSAGE: usize = 160;

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LineErrorKind {
    /// Longer than [`MAX_LINE`](super::line::MAX_LINE).
    TooLong,
    /// Not UTF-8.
    NotUtf8,
    /// Incomplete JSON.
    CutShort,
    /// Not JSON.
    NotJson,
    /// JSON, but not in the format of this log: a member is missing, repeated or of a wrong type.
    NotOfThisLog,
}

impl LineErrorKind {
    /// The kind as an adjective of lines.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "too long",
            Self::NotUtf8 => "not UTF-8",
            Self::CutShort => "cut short",
            Self::NotJson => "not JSON",
            Self::NotOfThisLog => "not of this log",
        }
    }
}

/// Why a line was rejected.
#[derive(Debug)]
pub(crate) struct LineError {
    /// The kind of error.
    pub kind: LineErrorKind,
    /// The message, with the column.
    pub message: String,
}

impl LineError {
    /// An error of this kind.
    pub(crate) fn new(kind: LineErrorKind, message: String) -> Self {
        Self { kind, message }
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
        // serde's line number is always 1: each line is parsed alone.
        let whole = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = whole.strip_suffix(&place).unwrap_or(&whole);
        Self::new(kind, format!("column {}: {}", error.column(), shown(message, MAX_MESSAGE)))
    }
}

/// The place of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The index of the log.
    pub log: usize,
    /// The line number, from 1.
    pub line: u64,
}
