//! The exit codes of all commands.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The request is allowed, every case passes, or no finding counts as an error.
    Success = 0,
    /// The request is denied, a case fails, or errors were found.
    Negative = 1,
    /// The command line is wrong, or a file cannot be read. Clap uses the same code.
    Usage = 2,
    /// The request is allowed if the token's signature is valid, which was not verified.
    NotVerified = 3,
}

impl Exit {
    /// [`Exit::Negative`] or [`Exit::Success`].
    pub fn negative_if(negative: bool) -> Self {
        if negative { Self::Negative } else { Self::Success }
    }
}

impl From<Exit> for ExitCode {
    #[expect(clippy::as_conversions, reason = "the discriminants are the codes")]
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
