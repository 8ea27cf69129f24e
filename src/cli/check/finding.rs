//! The findings in a file.

use std::ops::Range;

use super::cursor::At;
use super::lint::Lint;

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub lint: Lint,
    /// The path of the field in its document.
    pub path: String,
    /// The byte range in the file.
    pub span: Range<usize>,
    pub message: String,
}

/// The findings so far.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn add(&mut self, lint: Lint, path: impl Into<String>, span: Range<usize>, message: impl Into<String>) {
        self.0.push(Finding { lint, path: path.into(), span, message: message.into() });
    }

    pub(super) fn at(&mut self, lint: Lint, at: &At<'_>, message: impl Into<String>) {
        self.add(lint, at.path(), at.span(), message);
    }

    /// The findings in the order of the file.
    pub(super) fn into_sorted(mut self) -> Vec<Finding> {
        self.0.sort_by_key(|finding| (finding.span.start, finding.lint.severity(), finding.lint.id()));
        self.0
    }
}
