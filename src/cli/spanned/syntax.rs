//! Syntax errors, and positions in a text.

use std::ops::Range;

/// Maximum nesting depth of a file. Envoy's own files have about thirty levels.
pub(super) const MAX_DEPTH: usize = 64;

/// Why a file cannot be parsed, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// What is wrong.
    pub message: String,
    /// Byte range in the file.
    pub span: Range<usize>,
}

impl std::error::Error for SyntaxError {}

impl std::fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

/// The byte offset of a line and column, both counted from 1. A column past the end of the line gives the end of the line.
pub(super) fn offset(text: &str, line: usize, column: usize, bytes_of: impl Fn(char) -> usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let line = text.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
    let mut left = column.saturating_sub(1);
    let before = line.chars().take_while(|&c| {
        let is_before = left >= bytes_of(c);
        left = left.saturating_sub(bytes_of(c));
        is_before
    });
    start + before.map(char::len_utf8).sum::<usize>()
}

/// The line and column of a byte offset, both counted from 1. Columns are characters.
pub(crate) fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line..].chars().count() + 1)
}
