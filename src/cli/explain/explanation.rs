//! The result of `explain`.

use serde_json::Value;

use super::steps::Steps;
use crate::exit::Exit;

/// The explanation of a request.
pub(super) struct Explanation<'f> {
    /// The steps, for text output.
    pub steps: Steps<'f>,
    /// The object that `--json` prints.
    pub report: Value,
    /// The exit code.
    pub exit: Exit,
}
