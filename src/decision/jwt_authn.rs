//! The token that Envoy's jwt_authn filter verified, where issuers are `verified_by` it.

use std::rc::Rc;

use super::denial::Denial;
use super::environment::Environment;
use super::request::Request;
use crate::deny_reason::DenyReason;
use crate::keys::KeySource;
use crate::token::{
    CacheKey, Claims, Compact, Credential, TokenError, TokenRules, Trust, Verified, Vouched, is_good, remembered,
};
use crate::wire::json::{Json, Object};

/// The request's token, if the host vouches for one. `carried` is what its headers offer.
///
/// # Errors
///
/// The token is not good; there is another one besides; or there is none, and none but such is trusted.
pub(super) fn token(
    trust: &Trust,
    request: &impl Request,
    carried: Credential<'_>,
    environment: &Environment<'_>,
) -> Result<Option<Rc<Verified>>, Denial> {
    let Environment { verification, cache } = environment;
    let metadata = request.dynamic_metadata().unwrap_or_default();
    let Some(left) = Vouched::left_by_jwt_authn(&metadata)? else { return none(trust) };
    // With another token in sight it is not enough to know this one.
    let key = (carried == Credential::None).then_some(CacheKey::Metadata(left));
    if let Some(verified) = key.and_then(|key| remembered(cache, key, trust, verification)) {
        return Ok(Some(verified));
    }
    let Some(vouched) = Vouched::read(left, &trust.metadata_names, &trust.rules)? else { return none(trust) };
    if !is_only(vouched.claims(), carried, &trust.rules) {
        return Err(Denial::new(
            DenyReason::TokenAmbiguous,
            "the request's headers carry another token than the one in jwt_authn's metadata",
        ));
    }
    let verified = Rc::new(vouched.verify(trust, verification.now)?);
    if let Some(key) = key {
        cache.insert(key, &verified, |oldest| is_good(oldest, trust, verification));
    }
    Ok(Some(verified))
}

/// Nothing, if tokens of other issuers count by themselves.
fn none(trust: &Trust) -> Result<Option<Rc<Verified>>, Denial> {
    if trust.issuers.iter().any(|issuer| !matches!(issuer.keys, KeySource::Metadata(_))) {
        return Ok(None);
    }
    Err(TokenError::OfMetadata.into())
}

/// Whether the headers carry no other token than the one with these claims. jwt_authn takes tokens from more places than
/// one, and lets go on what it does not take: what the gate judges and what the upstream reads would be two tokens.
fn is_only(vouched: &Claims<'_>, carried: Credential<'_>, rules: &TokenRules) -> bool {
    match carried {
        Credential::None => true,
        Credential::Token(token) => Compact::decode(token, rules).is_ok_and(|compact| {
            compact.claims(rules).is_ok_and(|claims| are_same(claims.members(), vouched.members()))
        }),
        Credential::Several | Credential::Malformed => false,
    }
}

fn are_same(carried: &Object<'_>, vouched: &Object<'_>) -> bool {
    let names = |object: &Object<'_>| object.iter().count();
    let mut both = carried.iter().zip(vouched.iter());
    names(carried) == names(vouched)
        && both.all(|((name, own), (other, vouched))| name == other && is_same(own, vouched))
}

/// Whether a claim is what jwt_authn makes of it: a number is a double there, and words may be a list
/// (`normalize_payload_in_metadata`).
fn is_same(carried: &Json<'_>, vouched: &Json<'_>) -> bool {
    match (carried, vouched) {
        (Json::Number(own), Json::Number(other)) => own.to_f64() == other.to_f64(),
        (Json::String(words), Json::Array(_)) => {
            let words = words.split(' ').filter(|word| !word.is_empty());
            vouched.as_strings().is_some_and(|vouched| words.eq(vouched))
        }
        (Json::Array(own), Json::Array(other)) => {
            own.len() == other.len() && own.iter().zip(other).all(|(own, other)| is_same(own, other))
        }
        (Json::Object(own), Json::Object(other)) => are_same(own, other),
        _ => carried == vouched,
    }
}
