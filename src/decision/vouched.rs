//! The token that Envoy's jwt_authn filter verified, where issuers are `verified_by` it.

use std::rc::Rc;

use super::{Denial, Means, Request, is_good, remembered};
use crate::deny_reason::DenyReason;
use crate::json::{Json, Object};
use crate::keys::KeySource;
use crate::policy::{Gate, TokenRules};
use crate::token::{Claims, Compact, Credential, Evidence, TokenError, Verified, Vouched};

/// The request's token, if the host vouches for one. `carried` is what its headers offer.
///
/// # Errors
///
/// The token is not good; there is another one besides; or there is none, and none but such is trusted.
pub fn token(
    gate: &Gate,
    request: &impl Request,
    carried: Credential<'_>,
    means: &Means<'_>,
) -> Result<Option<Rc<Verified>>, Denial> {
    let metadata = request.dynamic_metadata().unwrap_or_default();
    let Some(left) = Vouched::left_by_jwt_authn(&metadata)? else { return none(gate) };
    // With another token in sight it is not enough to know this one.
    let evidence = (carried == Credential::None).then_some(Evidence::Metadata(left));
    if let Some(verified) = evidence.and_then(|evidence| remembered(gate, evidence, means)) {
        return Ok(Some(verified));
    }
    let Some(vouched) = Vouched::read(left, &gate.metadata_names, &gate.token)? else { return none(gate) };
    if !is_only(vouched.claims(), carried, &gate.token) {
        return Err(Denial::new(
            DenyReason::TokenAmbiguous,
            "the request's headers carry another token than the one in jwt_authn's metadata",
        ));
    }
    let verified = Rc::new(vouched.verify(gate, means.now)?);
    if let Some(evidence) = evidence {
        means.cache.insert(evidence, &verified, |oldest| is_good(oldest, gate, means));
    }
    Ok(Some(verified))
}

/// Nothing, if tokens of other issuers count by themselves.
fn none(gate: &Gate) -> Result<Option<Rc<Verified>>, Denial> {
    if gate.issuers.iter().any(|issuer| !matches!(issuer.keys, KeySource::Metadata(_))) {
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
