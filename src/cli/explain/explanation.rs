//! The explanation of a request.

use serde_json::Value;

use super::steps::Steps;
use crate::exit::Exit;

/// An explanation.
pub struct Explanation<'f> {
    /// The steps, for people.
    pub steps: Steps<'f>,
    /// The same for programs.
    pub report: Value,
    /// The exit code.
    pub exit: Exit,
}
