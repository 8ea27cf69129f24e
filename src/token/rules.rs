//! How a token is carried, and its bounds.

use crate::time::Span;

/// How a token is carried, and its bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRules {
    /// Maximum length of a token's compact form, in bytes.
    pub max_bytes: usize,
    /// Maximum nesting depth of the JSON in a token's header and claims.
    pub max_depth: usize,
    /// Maximum difference between the clocks of issuer and gate.
    pub leeway: Span,
    /// The request headers that may carry the token, in lower case. `authorization` carries it after `Bearer`
    /// (RFC 6750 section 2.1), any other header alone.
    pub headers: Vec<String>,
}

/// The bounds of a worker's cache of verified tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheBounds {
    /// Maximum number of tokens; 0 disables the cache.
    pub max_entries: usize,
    /// Maximum memory, in bytes.
    pub max_bytes: usize,
}
