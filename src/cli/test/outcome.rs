//! The results of cases.

use mfa_gate::cases::case::Expected;
use mfa_gate::cases::judge::{Difference, Failure};
use mfa_gate::cases::load::ResolvedCase;

use crate::terminal::{MAX_SHOWN, shown};

/// The result of a case.
pub(super) struct CaseResult {
    /// The case.
    pub case: ResolvedCase,
    /// Its outcome.
    pub outcome: Outcome,
}

/// The outcome of a case.
pub(super) enum Outcome {
    /// The decision is as expected: `allow` or a deny reason.
    Passed(&'static str),
    /// The decision or its effects are not as expected.
    Failed(Failure),
}

impl Outcome {
    /// The decision: `allow` or a deny reason.
    pub(super) fn decided(&self) -> &'static str {
        match self {
            Self::Passed(decided) => decided,
            Self::Failed(failure) => failure.decided,
        }
    }
}

/// The failure in one line.
pub(super) fn summary(failure: &Failure, expected: &Expected) -> String {
    match failure.differences.first() {
        Some(difference) => in_words(difference),
        None => format!("expected {}, decided {}", expected.as_str(), failure.decided),
    }
}

/// The expected and the actual decision, with the reason and all differences.
pub(super) fn lines(failure: &Failure, expected: &Expected) -> Vec<String> {
    let detail = failure.detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default();
    let route = failure.route.as_deref().map(|route| format!("route `{route}`"));
    let policy = failure.policy.as_deref().map(|policy| format!("policy `{policy}`"));
    let by: Vec<_> = route.into_iter().chain(policy).collect();
    let mut lines = vec![format!("expected  {}", expected.as_str()), format!("decided   {}{detail}", failure.decided)];
    if !by.is_empty() {
        lines.push(format!("by        {}", by.join(", ")));
    }
    lines.extend(failure.differences.iter().map(|difference| format!("but       {}", in_words(difference))));
    lines
}

fn in_words(difference: &Difference) -> String {
    let quoted = |text: &Option<String>| match text {
        Some(text) => format!("`{}`", shown(text, MAX_SHOWN)),
        None => "none".to_owned(),
    };
    format!("{} is {}, not {}", difference.name, quoted(&difference.found), quoted(&difference.expected))
}

impl CaseResult {
    /// The case's name, escaped for a terminal.
    pub(super) fn shown_name(&self) -> String {
        shown(&self.case.name(), MAX_SHOWN).into_owned()
    }

    /// The place of the case as `file:line`, which editors and terminals turn into a link.
    pub(super) fn file_and_line(&self) -> String {
        format!("{}:{}", self.case.path.display(), self.case.line)
    }
}

/// The results of each file.
pub(super) fn by_file(results: &[CaseResult]) -> impl Iterator<Item = &[CaseResult]> {
    results.chunk_by(|one, other| one.case.path == other.case.path)
}
