//! An explanation.

use serde_json::Value;

use super::steps::Steps;
use crate::exit::Exit;

/// An explanation.
pub struct Explained<'f> {
    /// The steps, for people.
    pub steps: Steps<'f>,
    /// The explanation for programs.
    pub report: Value,
    /// The exit code.
    pub code: Exit,
}
