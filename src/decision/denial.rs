//! A denial: the reason, and its detail for the operator.

use std::borrow::Cow;
use std::fmt;

use crate::deny_reason::DenyReason;
use crate::token::{ClaimError, TokenError};

/// A denial.
#[derive(Debug, PartialEq)]
pub struct Denial {
    /// The reason.
    pub reason: DenyReason,
    /// The explanation in a sentence. For the operator alone: it may quote the request.
    pub detail: Detail,
}

/// Why a request was denied. Formatted only when somebody reads it.
#[derive(Debug, PartialEq)]
pub enum Detail {
    /// A sentence.
    Words(Cow<'static, str>),
    /// What is wrong with the token.
    Token(TokenError),
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(words) => f.write_str(words),
            Self::Token(error) => error.fmt(f),
        }
    }
}

impl Denial {
    /// Index of the issuer whose next key refresh could change this denial.
    pub fn awaits(&self) -> Option<usize> {
        match &self.detail {
            Detail::Words(_) => None,
            Detail::Token(error) => error.awaits(),
        }
    }

    pub(super) fn new(reason: DenyReason, words: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, detail: Detail::Words(words.into()) }
    }
}

impl From<TokenError> for Denial {
    fn from(error: TokenError) -> Self {
        Self { reason: error.reason(), detail: Detail::Token(error) }
    }
}

impl From<ClaimError> for Denial {
    fn from(error: ClaimError) -> Self {
        TokenError::from(error).into()
    }
}
