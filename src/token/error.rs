//! Why a token is not accepted.

use std::fmt;

use super::claims::ClaimError;
use crate::deny_reason::DenyReason;
use crate::keys::Algorithm;
use crate::time::{Span, UnixTime};

/// Why a token is not accepted, with both sides of what was compared. For logs and `explain`; the client is
/// told the error code alone.
#[derive(Debug, Clone, PartialEq)]
pub enum TokenError {
    /// Longer than `token.max_bytes`.
    TooLarge {
        /// Bytes it has.
        bytes: usize,
        /// Bytes it may have.
        max: usize,
    },
    /// Not a JWS in compact form with a JSON header and JSON claims, or one with a header that is not supported.
    Malformed(String),
    /// `alg` is none of those that are taken.
    AlgorithmNotTaken(String),
    /// The key is for another algorithm.
    AlgorithmOfKey {
        /// The token's.
        token: Algorithm,
    },
    /// No issuer of the configuration calls itself so.
    IssuerUntrusted(String),
    /// Tokens of the issuer, or of all, are taken from jwt_authn's metadata alone, and there is none.
    OfMetadata,
    /// jwt_authn's metadata hold more than one token.
    SeveralInMetadata,
    /// No issuer of the configuration calls itself so whose tokens jwt_authn verifies under this name.
    IssuerNotOfMetadata(String),
    /// The issuer is trusted, but not for this tenant.
    TenantNotAllowed(Option<String>),
    /// The issuer's keys have not been had, or are too old to be trusted.
    KeysUnavailable {
        /// The issuer's index.
        issuer: usize,
    },
    /// The issuer has no such key, or several that would fit a token that names none.
    KeyUnknown {
        /// The key that the token names.
        kid: Option<String>,
        /// The issuer's index.
        issuer: usize,
    },
    /// The signature is not the key's over this token.
    SignatureInvalid,
    /// A claim has a type or a value that it cannot have.
    Claim(ClaimError),
    /// `aud` names none of the audiences.
    AudienceMismatch(Vec<String>),
    /// `exp` has passed.
    Expired {
        /// `exp`.
        exp: UnixTime,
        /// The time it was judged.
        now: UnixTime,
        /// How much later would have been accepted.
        leeway: Span,
    },
    /// `nbf` or `iat` is to come.
    NotYetValid {
        /// Which.
        claim: &'static str,
        /// What it says.
        from: UnixTime,
        /// The time it was judged.
        now: UnixTime,
        /// How much earlier would have been accepted.
        leeway: Span,
    },
}

impl TokenError {
    /// The reason that logs, metrics and the answer use.
    pub fn reason(&self) -> DenyReason {
        match self {
            TokenError::TooLarge { .. } => DenyReason::TokenTooLarge,
            TokenError::Malformed(_) => DenyReason::TokenMalformed,
            TokenError::AlgorithmNotTaken(_) | TokenError::AlgorithmOfKey { .. } => DenyReason::AlgorithmNotAllowed,
            TokenError::OfMetadata => DenyReason::TokenMissing,
            TokenError::SeveralInMetadata => DenyReason::TokenAmbiguous,
            TokenError::IssuerUntrusted(_) | TokenError::IssuerNotOfMetadata(_) => DenyReason::IssuerUntrusted,
            TokenError::TenantNotAllowed(_) => DenyReason::TenantNotAllowed,
            TokenError::KeysUnavailable { .. } => DenyReason::KeysUnavailable,
            TokenError::KeyUnknown { .. } => DenyReason::KeyUnknown,
            TokenError::SignatureInvalid => DenyReason::SignatureInvalid,
            TokenError::Claim(_) => DenyReason::ClaimMalformed,
            TokenError::AudienceMismatch(_) => DenyReason::AudienceMismatch,
            TokenError::Expired { .. } => DenyReason::TokenExpired,
            TokenError::NotYetValid { .. } => DenyReason::TokenNotYetValid,
        }
    }
}

impl TokenError {
    /// The issuer whose newer keys might make the token good, by its index.
    pub fn awaits(&self) -> Option<usize> {
        match self {
            TokenError::KeysUnavailable { issuer } | TokenError::KeyUnknown { issuer, .. } => Some(*issuer),
            _ => None,
        }
    }
}

impl From<ClaimError> for TokenError {
    fn from(malformed: ClaimError) -> Self {
        TokenError::Claim(malformed)
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |from: UnixTime, to: UnixTime| {
            to.as_millis().saturating_sub(from.as_millis()).checked_div(1000).unwrap_or(0)
        };
        match self {
            TokenError::TooLarge { bytes, max } => write!(f, "the token has {bytes} bytes, at most {max} are read"),
            TokenError::Malformed(what) => write!(f, "the token is malformed: {what}"),
            TokenError::AlgorithmNotTaken(alg) => {
                write!(f, "the token's algorithm is `{}`; taken: {}", alg.escape_debug(), Algorithm::NAMES.join(", "))
            }
            TokenError::AlgorithmOfKey { token } => {
                write!(f, "the token's algorithm is `{token}`, its key is for another")
            }
            TokenError::IssuerUntrusted(iss) => write!(f, "no issuer is configured as `{}`", iss.escape_debug()),
            TokenError::OfMetadata => f.write_str(
                "tokens of `verified_by` issuers are taken from jwt_authn's metadata, where none is; does it stand before the gate?",
            ),
            TokenError::SeveralInMetadata => f.write_str("jwt_authn's metadata hold more than one token"),
            TokenError::IssuerNotOfMetadata(iss) => {
                write!(f, "no issuer is configured as `{}` whose tokens jwt_authn leaves there", iss.escape_debug())
            }
            TokenError::TenantNotAllowed(Some(tid)) => {
                write!(f, "tenant `{}` is not among the issuer's", tid.escape_debug())
            }
            TokenError::TenantNotAllowed(None) => f.write_str("the token names no tenant (`tid`)"),
            TokenError::KeysUnavailable { .. } => f.write_str("the issuer's keys are not at hand"),
            TokenError::KeyUnknown { kid: Some(kid), .. } => {
                write!(f, "the issuer has no key `{}`", kid.escape_debug())
            }
            TokenError::KeyUnknown { kid: None, .. } => {
                f.write_str("the token names no key, and not exactly one of the issuer's fits")
            }
            TokenError::SignatureInvalid => f.write_str("the signature is not that of the key"),
            TokenError::Claim(malformed) => malformed.fmt(f),
            TokenError::AudienceMismatch(aud) => {
                write!(f, "the token is for {}, which is none of the audiences", quoted(aud))
            }
            TokenError::Expired { exp, now, leeway } => {
                write!(f, "expired {} s ago, leeway {} s", seconds(*exp, *now), leeway.as_seconds())
            }
            TokenError::NotYetValid { claim, from, now, leeway } => {
                write!(f, "`{claim}` is {} s ahead, leeway {} s", seconds(*now, *from), leeway.as_seconds())
            }
        }
    }
}

fn quoted(values: &[String]) -> String {
    values.iter().map(|value| format!("`{}`", value.escape_debug())).collect::<Vec<_>>().join(", ")
}
