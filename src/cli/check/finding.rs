//! What was found in a file.

use std::ops::Range;

use super::cursor::At;
use super::lint::Lint;

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub lint: Lint,
    /// The field, as the file's document has it.
    pub path: String,
    /// Where, in bytes of the file.
    pub span: Range<usize>,
    pub message: String,
}

/// All that was found so far.
#[derive(Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    pub fn add(&mut self, lint: Lint, path: impl Into<String>, span: Range<usize>, message: impl Into<String>) {
        self.0.push(Finding { lint, path: path.into(), span, message: message.into() });
    }

    pub fn at(&mut self, lint: Lint, at: &At<'_>, message: impl Into<String>) {
        self.add(lint, at.path(), at.span(), message);
    }

    /// In the order of the file.
    pub fn into_sorted(mut self) -> Vec<Finding> {
        self.0.sort_by_key(|finding| (finding.span.start, finding.lint.severity(), finding.lint.id()));
        self.0
    }
}
