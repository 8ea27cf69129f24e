//! Cases that were tried, and what came of them.

use crate::terminal::{MAX_SHOWN, shown};
use mfa_gate::cases::case::Expected;
use mfa_gate::cases::load::Entry;

/// A case that was tried.
pub struct Tried {
    pub entry: Entry,
    pub outcome: Outcome,
}

/// What came of it.
pub enum Outcome {
    Passed {
        /// `allow`, the reason, or how many there were.
        decided: String,
    },
    /// Only a wire can carry its request.
    ForEnvoyAlone,
    Failed(Failure),
}

/// What was not as expected, in the first request of a case in which something was not.
pub struct Failure {
    /// What tells the request from the others of its case; empty where it is the only one.
    pub which: String,
    /// `allow` or the reason.
    pub decided: &'static str,
    /// Why it was denied.
    pub detail: Option<String>,
    /// The route and the policy that decided.
    pub by: Option<String>,
    /// What differs besides the decision.
    pub differences: Vec<String>,
}

impl Failure {
    /// In one line.
    pub fn summary(&self, expected: &Expected) -> String {
        match self.differences.first() {
            Some(difference) => difference.clone(),
            None => format!("expected {}, decided {}", expected.as_str(), self.decided),
        }
    }

    /// What was expected, what was decided, and why.
    pub fn lines(&self, expected: &Expected) -> Vec<String> {
        let detail = self.detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default();
        let which = if self.which.is_empty() { None } else { Some(format!("token     {}", self.which)) };
        let lines = [
            Some(format!("expected  {}", expected.as_str())),
            Some(format!("decided   {}{detail}", self.decided)),
            self.by.as_deref().map(|by| format!("by        {by}")),
            which,
        ];
        let differences = self.differences.iter().map(|difference| format!("but       {difference}"));
        lines.into_iter().flatten().chain(differences).collect()
    }
}

impl Tried {
    /// The name, so that it tells a terminal nothing.
    pub fn shown_name(&self) -> String {
        shown(&self.entry.name(), MAX_SHOWN).into_owned()
    }

    /// Where it stands, as editors and terminals make a link of it.
    pub fn file_and_line(&self) -> String {
        format!("{}:{}", self.entry.path.display(), self.entry.line)
    }
}

/// Those of each file.
pub fn by_file(tried: &[Tried]) -> impl Iterator<Item = &[Tried]> {
    tried.chunk_by(|one, other| one.entry.path == other.entry.path)
}
