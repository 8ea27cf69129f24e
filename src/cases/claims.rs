//! A token from claims alone: what it lacks is made so that the configuration takes it, and a key that was made for the
//! test signs it.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use super::test_keys::{TEST_KEY, TestKeys};
use super::token::TokenSpec;

/// What stands for the tenant in an issuer's name.
const TENANT: &str = crate::issuer_name::IssuerName::TENANT;

/// The token of some claims.
#[derive(Debug, Clone)]
pub struct OfClaims {
    /// Its description.
    pub token: TokenSpec,
    /// The name under which jwt_authn leaves the claims, where that verifies the issuer's tokens.
    pub metadata: Option<String>,
}

/// The token of these claims, and the configuration with the test's key trusted for its issuer: beside the issuer's own
/// keys, or in the place of those that would be fetched.
pub fn token_of(
    config: &mut Value,
    claims: &Map<String, Value>,
    without: &[String],
    keys: &TestKeys,
) -> Result<OfClaims> {
    let issuers = config["issuers"].as_array_mut().context("`claims` need a configuration with issuers")?;
    let issuer = match claims.get("iss") {
        None => issuers.first_mut().context("`claims` need a configuration with issuers")?,
        Some(Value::String(iss)) => match issuers.iter_mut().find(|issuer| is_named(issuer, iss)) {
            Some(issuer) => issuer,
            None => {
                bail!("`claims`: no issuer of the configuration is called `{iss}`; describe the whole `token` instead")
            }
        },
        Some(other) => bail!("`claims`: `iss` is {other}; describe the whole `token` instead"),
    };
    let metadata = issuer["verified_by"]["metadata"].as_str().map(str::to_owned);
    if metadata.is_none() {
        trust(issuer, keys)?;
    }

    let tenant = claims.get("tid").or_else(|| issuer["tenants"].get(0)).cloned();
    let mut whole = Map::new();
    if let Some(name) = issuer["issuer"].as_str() {
        let tenant = tenant.as_ref().and_then(Value::as_str).unwrap_or_default();
        whole.insert("iss".to_owned(), dollars(&json!(name.replace(TENANT, tenant))));
    }
    whole.extend(tenant.map(|tenant| ("tid".to_owned(), dollars(&tenant))));
    whole.extend(issuer["audiences"].get(0).map(|audience| ("aud".to_owned(), dollars(audience))));
    for (name, time) in [("iat", "$now(-60)"), ("exp", "$now(+3600)")] {
        whole.insert(name.to_owned(), json!(time));
    }
    whole.retain(|name, _| !without.contains(name));
    whole.extend(claims.clone());
    Ok(OfClaims { token: TokenSpec::of(TEST_KEY, whole, without.to_vec()), metadata })
}

/// Whether tokens with this `iss` are the issuer's.
fn is_named(issuer: &Value, iss: &str) -> bool {
    let Some(name) = issuer["issuer"].as_str() else { return false };
    match name.split_once(TENANT) {
        None => name == iss,
        Some((before, after)) => {
            let rest = iss.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            rest.is_some_and(|tenant| !tenant.is_empty() && !tenant.contains('/'))
        }
    }
}

fn trust(issuer: &mut Value, keys: &TestKeys) -> Result<()> {
    let key = Value::Object(keys.jwk(TEST_KEY)?);
    match issuer.pointer_mut("/jwks/inline/keys").and_then(Value::as_array_mut) {
        Some(keys) => keys.push(key),
        None => {
            let issuer = issuer.as_object_mut().context("an issuer is an object")?;
            issuer.remove("discovery");
            issuer.insert("jwks".to_owned(), json!({"inline": {"keys": [key]}}));
        }
    }
    Ok(())
}

/// A value of the configuration as the text of a case has it.
fn dollars(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace('$', "$$")),
        other => other.clone(),
    }
}
