//! Verifies a parsed token.

use std::rc::Rc;
use std::sync::Arc;

use super::claims::{ClaimError, Claims};
use super::error::TokenError;
use super::header::Header;
use super::rules::TokenRules;
use super::subject::Subject;
use super::trust::Trust;
use super::verification::Verification;
use crate::issuer::{Issuer, KeyStore};
use crate::keys::{KeySet, KeySource, Lookup, Source};
use crate::time::{Round, UnixTime};

/// A parsed token. Anybody may have written its claims.
#[derive(Debug)]
pub struct Unverified<'a> {
    header: Rc<Header>,
    claims: Claims<'a>,
    signed: &'a [u8],
    signature: &'a [u8],
}

/// A token that a trusted issuer signed for this audience and this time, reduced to what decisions need. Only
/// [`Unverified::verify`] and [`super::Vouched::verify`] can create one.
#[derive(Debug)]
pub struct Verified {
    claims: Claims<'static>,
    issuer: Arc<Issuer>,
    subject: Subject,
    times: Times,
    /// The key set that verified the signature; `None` if jwt_authn did.
    keys: Option<Arc<KeySet>>,
    logged: Vec<u8>,
}

impl<'a> Unverified<'a> {
    pub(super) fn new(header: Rc<Header>, claims: Claims<'a>, signed: &'a [u8], signature: &'a [u8]) -> Self {
        Unverified { header, claims, signed, signature }
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The claims, unverified.
    pub fn claims(&self) -> &Claims<'a> {
        &self.claims
    }

    /// The origin that the token claims.
    ///
    /// # Errors
    ///
    /// `iss` or `tid` is not a string, or `iss` is absent.
    pub fn source(&self) -> Result<Source<'_>, ClaimError> {
        source_of(&self.claims)
    }

    /// The configured issuer that the token claims to come from.
    ///
    /// # Errors
    ///
    /// The issuer is not configured, its tokens are verified by jwt_authn, or it is not trusted for the token's tenant. These
    /// checks precede the key lookup, so that a stranger's token costs nothing.
    pub fn issuer<'g>(&self, trust: &'g Trust) -> Result<&'g Arc<Issuer>, TokenError> {
        let (issuer, source) = issuer_of(&self.claims, trust)?;
        if let KeySource::Metadata(_) = &issuer.keys {
            return Err(TokenError::OfMetadata);
        }
        check_tenant(issuer, source)?;
        Ok(issuer)
    }

    /// Checks the signature with the issuer's key that the header names. Returns the key set.
    ///
    /// # Errors
    ///
    /// There is no such key, it is for another algorithm, or the signature is invalid.
    pub fn check_signature(&self, issuer: &Issuer, verification: &Verification<'_>) -> Result<Arc<KeySet>, TokenError> {
        let set = verification.keys.key_set(issuer).ok_or(TokenError::KeysUnavailable { issuer: issuer.index })?;
        let key = match set.find(self.header.key_id.as_deref(), self.header.algorithm, self.source()?) {
            Lookup::Found(key) => key,
            Lookup::OtherAlgorithm => return Err(TokenError::AlgorithmOfKey { token: self.header.algorithm }),
            Lookup::Unknown => {
                return Err(TokenError::KeyUnknown { kid: self.header.key_id.clone(), issuer: issuer.index });
            }
        };
        if verification.verifier.verify(key, self.header.algorithm, self.signed, self.signature) {
            Ok(set)
        } else {
            Err(TokenError::SignatureInvalid)
        }
    }

    /// Checks issuer, tenant, key, signature, audience and time, in this order.
    ///
    /// # Errors
    ///
    /// The first check that fails.
    pub fn verify(&self, trust: &Trust, verification: &Verification<'_>) -> Result<Verified, TokenError> {
        let issuer = self.issuer(trust)?;
        let keys = self.check_signature(issuer, verification)?;
        accept(&self.claims, issuer, Some((keys, self.header.key_id.as_deref())), trust, verification.now)
    }
}

fn source_of<'c>(claims: &'c Claims<'_>) -> Result<Source<'c>, ClaimError> {
    let iss = claims.text("iss")?.ok_or_else(|| malformed("iss", "absent", "a string"))?;
    Ok(Source { iss, tid: claims.text("tid")? })
}

/// The configured issuer that the claims name, and their origin.
pub(super) fn issuer_of<'g, 'c>(
    claims: &'c Claims<'_>,
    trust: &'g Trust,
) -> Result<(&'g Arc<Issuer>, Source<'c>), TokenError> {
    let source = source_of(claims)?;
    let issuer = trust.issuers.iter().find(|issuer| issuer.name.matches(source.iss, source.tid));
    let issuer = issuer.ok_or_else(|| TokenError::IssuerUntrusted(source.iss.to_owned()))?;
    Ok((issuer, source))
}

pub(super) fn check_tenant(issuer: &Issuer, source: Source<'_>) -> Result<(), TokenError> {
    match &issuer.tenants {
        Some(tenants) if !source.tid.is_some_and(|tid| tenants.contains(tid)) => {
            Err(TokenError::TenantNotAllowed(source.tid.map(str::to_owned)))
        }
        _ => Ok(()),
    }
}

/// The checks after the signature: audience and time. `verified_with` is the key set and `kid` that verified the signature,
/// if it was not jwt_authn.
pub(super) fn accept(
    claims: &Claims<'_>,
    issuer: &Arc<Issuer>,
    verified_with: Option<(Arc<KeySet>, Option<&str>)>,
    trust: &Trust,
    now: UnixTime,
) -> Result<Verified, TokenError> {
    let times = Times::read(claims)?;
    check_audience(claims, issuer)?;
    times.check(&trust.rules, now)?;
    let subject = Subject::of(claims, issuer)?;
    let key_id = verified_with.as_ref().and_then(|(_, key_id)| *key_id);
    let logged = trust.access_log.map(|log| log.token(claims, subject, key_id)).unwrap_or_default();
    let keys = verified_with.map(|(keys, _)| keys);
    let claims = claims.keep(&trust.claims_kept);
    Ok(Verified { claims, issuer: Arc::clone(issuer), subject, times, keys, logged })
}

impl Verified {
    /// The claims that decisions read after verification.
    pub fn claims(&self) -> &Claims<'static> {
        &self.claims
    }

    /// The issuer.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The subject.
    pub fn subject(&self) -> Subject {
        self.subject
    }

    /// The encoded access-log members of the token; empty if nothing is logged.
    pub fn logged(&self) -> &[u8] {
        &self.logged
    }

    /// Whether the key set that verified the token is still the issuer's. Always so if jwt_authn verified it, as it does so at
    /// each request.
    pub fn is_by_current_keys(&self, keys: &dyn KeyStore) -> bool {
        self.keys
            .as_ref()
            .is_none_or(|own| keys.key_set(&self.issuer).is_some_and(|current| Arc::ptr_eq(&current, own)))
    }

    /// Checks the times again, for a cached token.
    ///
    /// # Errors
    ///
    /// The token has expired, or, after the clock was set back, is not valid yet.
    pub fn check_times(&self, rules: &TokenRules, now: UnixTime) -> Result<(), TokenError> {
        self.times.check(rules, now)
    }
}

/// When a token is valid (RFC 7519 sections 4.1.4 to 4.1.6).
#[derive(Debug, Clone, Copy)]
struct Times {
    exp: UnixTime,
    nbf: Option<UnixTime>,
    iat: Option<UnixTime>,
}

impl Times {
    fn read(claims: &Claims<'_>) -> Result<Self, ClaimError> {
        Ok(Self {
            exp: claims.date("exp", Round::Down)?.ok_or_else(|| malformed("exp", "absent", "a NumericDate"))?,
            nbf: claims.date("nbf", Round::Up)?,
            iat: claims.date("iat", Round::Up)?,
        })
    }

    /// At `exp` a token is no longer valid, at `nbf` it is valid (RFC 7519); the leeway shifts both.
    fn check(&self, rules: &TokenRules, now: UnixTime) -> Result<(), TokenError> {
        let leeway = rules.leeway;
        if now >= self.exp.plus(leeway) {
            return Err(TokenError::Expired { exp: self.exp, now, leeway });
        }
        for (claim, from) in [("nbf", self.nbf), ("iat", self.iat)] {
            if let Some(from) = from
                && now.plus(leeway) < from
            {
                return Err(TokenError::NotYetValid { claim, from, now, leeway });
            }
        }
        Ok(())
    }
}

fn check_audience(claims: &Claims<'_>, issuer: &Issuer) -> Result<(), TokenError> {
    let aud = claims.text_or_texts("aud")?.ok_or_else(|| missing("aud", "a string or an array of strings"))?;
    if aud.iter().any(|aud| issuer.audiences.contains(aud)) {
        return Ok(());
    }
    Err(TokenError::AudienceMismatch(aud.into_iter().map(str::to_owned).collect()))
}

fn missing(claim: &str, expected: &'static str) -> TokenError {
    malformed(claim, "absent", expected).into()
}

fn malformed(claim: &str, found: &'static str, expected: &'static str) -> ClaimError {
    ClaimError { claim: claim.to_owned(), found, expected }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;
    use crate::wire::json::Json;

    const NOW: i64 = 1_800_000_000;

    fn check(claims: &str, now_millis: i64) -> Result<(), TokenError> {
        let Ok(Json::Object(claims)) = Json::parse(claims.as_bytes(), 4) else { panic!("{claims}") };
        let rules = TokenRules { max_bytes: 0, max_depth: 0, leeway: Span::from_seconds(60), headers: Vec::new() };
        Times::read(&Claims::new(claims))?.check(&rules, UnixTime::from_millis(now_millis))
    }

    fn reason(claims: &str, now_millis: i64) -> Option<&'static str> {
        check(claims, now_millis).err().map(|error| error.reason().as_str())
    }

    #[test]
    fn rfc_7519_section_4_1_4_at_the_edge() {
        let claims = format!(r#"{{"exp":{NOW}}}"#);
        assert_eq!(reason(&claims, (NOW + 60) * 1000 - 1), None);
        assert_eq!(reason(&claims, (NOW + 60) * 1000), Some("token-expired"));
        assert_eq!(reason(&format!(r#"{{"exp":{NOW}.5}}"#), (NOW + 60) * 1000 + 499), None);
        assert_eq!(reason(&format!(r#"{{"exp":{NOW}.5}}"#), (NOW + 60) * 1000 + 500), Some("token-expired"));
    }

    #[test]
    fn rfc_7519_section_4_1_5_at_the_edge() {
        for claim in ["nbf", "iat"] {
            let claims = format!(r#"{{"exp":{},"{claim}":{}}}"#, NOW + 3600, NOW + 60);
            assert_eq!(reason(&claims, NOW * 1000), None, "{claim}");
            assert_eq!(reason(&claims, NOW * 1000 - 1), Some("token-not-yet-valid"), "{claim}");
        }
    }

    #[test]
    fn a_clock_that_jumps_fails_closed() {
        let claims = format!(r#"{{"exp":{},"nbf":{NOW}}}"#, NOW + 3600);
        assert_eq!(reason(&claims, 0), Some("token-not-yet-valid"));
        assert_eq!(reason(&claims, i64::MIN), Some("token-not-yet-valid"));
        assert_eq!(reason(&claims, i64::MAX), Some("token-expired"));
    }

    #[test]
    fn a_message_has_both_sides() {
        let error = check(&format!(r#"{{"exp":{NOW}}}"#), (NOW + 100) * 1000).unwrap_err();
        assert_eq!(error.to_string(), "expired 100 s ago, leeway 60 s");
        assert_eq!(
            check(r#"{"exp":"1"}"#, 0).unwrap_err().to_string(),
            "claim `exp` is a string, not a NumericDate from 1970 to 9999"
        );
        assert_eq!(check("{}", 0).unwrap_err().to_string(), "claim `exp` is absent, not a NumericDate");
    }
}
