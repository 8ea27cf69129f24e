//! Why a token was rejected.

use std::fmt;

use super::claims::ClaimError;
use crate::deny_reason::DenyReason;
use crate::keys::Algorithm;
use crate::time::{Span, UnixTime};

/// Why a token was rejected, with both sides of the comparison. For logs and `explain`; the client only gets an error code.
#[derive(Debug, Clone, PartialEq)]
pub enum TokenError {
    /// The token is longer than `token.max_bytes`.
    TooLarge {
        /// Size of the token, in bytes.
        bytes: usize,
        /// Maximum size, in bytes.
        max: usize,
    },
    /// The token is not a JWS in compact form with a JSON header and JSON claims, or its header is not supported.
    Malformed(String),
    /// `alg` is not supported.
    AlgorithmNotSupported(String),
    /// The key is for another algorithm.
    AlgorithmOfKey {
        /// The token's algorithm.
        token: Algorithm,
    },
    /// No issuer with this name is configured.
    IssuerUntrusted(String),
    /// Tokens of the issuer, or of all issuers, come from jwt_authn's metadata alone, and there is none.
    OfMetadata,
    /// jwt_authn's metadata hold more than one token.
    SeveralInMetadata,
    /// No issuer with this name is configured whose tokens jwt_authn verifies under this metadata name.
    IssuerNotOfMetadata(String),
    /// The issuer is not trusted for this tenant.
    TenantNotAllowed(Option<String>),
    /// The issuer's keys were never fetched, or have expired.
    KeysUnavailable {
        /// The issuer's index.
        issuer: usize,
    },
    /// The issuer has no such key; or the token has no `kid`, and not exactly one key fits.
    KeyUnknown {
        /// The token's `kid`.
        kid: Option<String>,
        /// The issuer's index.
        issuer: usize,
    },
    /// The signature is not valid.
    SignatureInvalid,
    /// A claim has a type or a value that it cannot have.
    Claim(ClaimError),
    /// `aud` holds none of the issuer's audiences.
    AudienceMismatch(Vec<String>),
    /// `exp` has passed.
    Expired {
        /// `exp`.
        exp: UnixTime,
        /// The time of the check.
        now: UnixTime,
        /// The tolerated clock difference.
        leeway: Span,
    },
    /// `nbf` or `iat` is in the future.
    NotYetValid {
        /// Name of the claim.
        claim: &'static str,
        /// Value of the claim.
        from: UnixTime,
        /// The time of the check.
        now: UnixTime,
        /// The tolerated clock difference.
        leeway: Span,
    },
}

impl std::error::Error for TokenError {}

impl TokenError {
    /// The deny reason.
    pub fn reason(&self) -> DenyReason {
        match self {
            Self::TooLarge { .. } => DenyReason::TokenTooLarge,
            Self::Malformed(_) => DenyReason::TokenMalformed,
            Self::AlgorithmNotSupported(_) | Self::AlgorithmOfKey { .. } => DenyReason::AlgorithmNotAllowed,
            Self::OfMetadata => DenyReason::TokenMissing,
            Self::SeveralInMetadata => DenyReason::TokenAmbiguous,
            Self::IssuerUntrusted(_) | Self::IssuerNotOfMetadata(_) => DenyReason::IssuerUntrusted,
            Self::TenantNotAllowed(_) => DenyReason::TenantNotAllowed,
            Self::KeysUnavailable { .. } => DenyReason::KeysUnavailable,
            Self::KeyUnknown { .. } => DenyReason::KeyUnknown,
            Self::SignatureInvalid => DenyReason::SignatureInvalid,
            Self::Claim(_) => DenyReason::ClaimMalformed,
            Self::AudienceMismatch(_) => DenyReason::AudienceMismatch,
            Self::Expired { .. } => DenyReason::TokenExpired,
            Self::NotYetValid { .. } => DenyReason::TokenNotYetValid,
        }
    }

    /// Index of the issuer whose next key refresh could make the token valid.
    pub fn awaits(&self) -> Option<usize> {
        match self {
            Self::KeysUnavailable { issuer } | Self::KeyUnknown { issuer, .. } => Some(*issuer),
            _ => None,
        }
    }
}

impl From<ClaimError> for TokenError {
    fn from(malformed: ClaimError) -> Self {
        Self::Claim(malformed)
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |from: UnixTime, to: UnixTime| {
            to.as_millis().saturating_sub(from.as_millis()).checked_div(1000).unwrap_or(0)
        };
        match self {
            Self::TooLarge { bytes, max } => write!(f, "the token has {bytes} bytes, the limit is {max}"),
            Self::Malformed(what) => write!(f, "the token is malformed: {what}"),
            Self::AlgorithmNotSupported(alg) => {
                write!(f, "the token's algorithm is `{}`; supported: {}", alg.escape_debug(), Algorithm::NAMES.join(", "))
            }
            Self::AlgorithmOfKey { token } => {
                write!(f, "the token's algorithm is `{token}`, its key is for another algorithm")
            }
            Self::IssuerUntrusted(iss) => write!(f, "no issuer is configured as `{}`", iss.escape_debug()),
            Self::OfMetadata => f.write_str(
                "tokens of `verified_by` issuers come from jwt_authn's metadata, which hold none; does jwt_authn run before the gate?",
            ),
            Self::SeveralInMetadata => f.write_str("jwt_authn's metadata hold more than one token"),
            Self::IssuerNotOfMetadata(iss) => {
                write!(f, "no issuer is configured as `{}` with `verified_by` this metadata name", iss.escape_debug())
            }
            Self::TenantNotAllowed(Some(tid)) => {
                write!(f, "tenant `{}` is not one of the issuer's `tenants`", tid.escape_debug())
            }
            Self::TenantNotAllowed(None) => f.write_str("the token names no tenant (`tid`)"),
            Self::KeysUnavailable { .. } => f.write_str("the issuer's keys are not available"),
            Self::KeyUnknown { kid: Some(kid), .. } => {
                write!(f, "the issuer has no key `{}`", kid.escape_debug())
            }
            Self::KeyUnknown { kid: None, .. } => {
                f.write_str("the token has no `kid`, and the issuer does not have exactly one matching key")
            }
            Self::SignatureInvalid => f.write_str("the signature is not that of the key"),
            Self::Claim(malformed) => malformed.fmt(f),
            Self::AudienceMismatch(aud) => {
                write!(f, "the token's audience is {}, not one of the issuer's `audiences`", quoted(aud))
            }
            Self::Expired { exp, now, leeway } => {
                write!(f, "expired {} s ago, leeway {} s", seconds(*exp, *now), leeway.as_seconds())
            }
            Self::NotYetValid { claim, from, now, leeway } => {
                write!(f, "`{claim}` is {} s ahead, leeway {} s", seconds(*now, *from), leeway.as_seconds())
            }
        }
    }
}

fn quoted(values: &[String]) -> String {
    values.iter().map(|value| format!("`{}`", value.escape_debug())).collect::<Vec<_>>().join(", ")
}
