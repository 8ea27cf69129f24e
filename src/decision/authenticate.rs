//! The verified token of a request: from the cache, from jwt_authn, or verified now.

use std::rc::Rc;

use super::denial::Denial;
use super::environment::Environment;
use super::jwt_authn;
use super::request::Request;
use crate::deny_reason::DenyReason;
use crate::token::{CacheKey, Compact, Credential, Trust, Verified, is_good, remembered};

/// A verified token, and who verified it.
#[derive(Debug, Clone)]
pub struct AuthenticatedToken {
    /// The token.
    pub verified: Rc<Verified>,
    /// Who verified it.
    pub source: TokenSource,
}

/// Who verified a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenSource {
    /// The gate, at an earlier request.
    Cache,
    /// The gate, by its signature.
    Signature,
    /// jwt_authn.
    Metadata,
}

impl TokenSource {
    /// The name in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::Signature => "signature",
            Self::Metadata => "metadata",
        }
    }
}

/// The request's token, verified now or before.
///
/// # Errors
///
/// There is no token, more than one, or one that is not trusted.
pub(super) fn verified_token(
    trust: &Trust,
    request: &impl Request,
    environment: &Environment<'_>,
) -> Result<AuthenticatedToken, Denial> {
    let Environment { verification, cache } = environment;
    let carried: Vec<_> = trust.rules.headers.iter().filter_map(|name| Some((name, request.header(name)?))).collect();
    let offered = || {
        let offers = carried.iter().map(|(name, value)| Credential::from_header(name, value));
        offers.fold(Credential::None, Credential::and)
    };
    if !trust.metadata_names.is_empty()
        && let Some(verified) = jwt_authn::token(trust, request, offered(), environment)?
    {
        return Ok(AuthenticatedToken { verified, source: TokenSource::Metadata });
    }
    let cached = |token| {
        let verified = remembered(cache, CacheKey::Compact(token), trust, verification)?;
        Some(AuthenticatedToken { verified, source: TokenSource::Cache })
    };
    // The cache compares every byte, so a cached token needs none of the checks of an unknown one.
    let presumed = match carried.as_slice() {
        [(name, value)] => Credential::presumed(name, value),
        _ => None,
    };
    if let Some(token) = presumed.and_then(cached) {
        return Ok(token);
    }
    let token = match offered() {
        Credential::Token(token) => token,
        Credential::None => return Err(Denial::new(DenyReason::TokenMissing, "the request carries no token")),
        Credential::Several => {
            return Err(Denial::new(DenyReason::TokenAmbiguous, "the request carries more than one token"));
        }
        Credential::Malformed => {
            return Err(Denial::new(DenyReason::TokenMalformed, "`Bearer` is not followed by one token"));
        }
    };
    // The same token again would be a second lookup in vain.
    if presumed.is_none_or(|presumed| !std::ptr::eq(presumed, token))
        && let Some(token) = cached(token)
    {
        return Ok(token);
    }
    let compact = Compact::decode(token, &trust.rules)?;
    let verified = Rc::new(compact.read(&trust.rules, cache.last_header())?.verify(trust, verification)?);
    cache.insert(CacheKey::Compact(token), &verified, |oldest| is_good(oldest, trust, verification));
    Ok(AuthenticatedToken { verified, source: TokenSource::Signature })
}
