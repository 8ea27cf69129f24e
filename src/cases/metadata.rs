//! The dynamic metadata of Envoy's jwt_authn filter, in the encoding that the core reads.

use crate::wire::protobuf::put;
use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// The metadata after jwt_authn verified these tokens, each under its name.
///
/// # Errors
///
/// A token has no claims, so jwt_authn would reject it.
pub fn metadata(tokens: &[(String, Vec<u8>)]) -> Result<Vec<u8>> {
    let mut payloads = Vec::new();
    for (name, token) in tokens {
        payloads.push((
            name.as_str(),
            claims(token).with_context(|| format!("`{name}`: not a JWT, so jwt_authn could not verify it"))?,
        ));
    }
    Ok(of_filter("envoy.filters.http.jwt_authn", &fields(payloads.into_iter())))
}

/// The metadata of one filter, with encoded fields.
pub fn of_filter(name: &str, fields: &[u8]) -> Vec<u8> {
    let mut metadata = Vec::new();
    put(&mut metadata, 1, &entry(name, fields));
    metadata
}

/// Encodes a `google.protobuf.Struct` of these members.
pub fn fields<'m>(members: impl Iterator<Item = (&'m str, Value)>) -> Vec<u8> {
    let mut fields = Vec::new();
    members.for_each(|(name, member)| put(&mut fields, 1, &entry(name, &value(&member))));
    fields
}

/// The claims of a token. Verifies nothing.
fn claims(token: &[u8]) -> Result<Value> {
    let payload = token.split(|&byte| byte == b'.').nth(1).context("no payload")?;
    let payload = URL_SAFE_NO_PAD.decode(payload).map_err(anyhow::Error::msg)?;
    Ok(serde_json::from_slice(&payload)?)
}

/// Encodes an entry of a map.
fn entry(name: &str, value: &[u8]) -> Vec<u8> {
    let mut entry = Vec::new();
    put(&mut entry, 1, name.as_bytes());
    put(&mut entry, 2, value);
    entry
}

/// Encodes a `google.protobuf.Value`; its numbers are doubles.
fn value(json: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    match json {
        Value::Null => bytes.extend([1 << 3, 0]),
        Value::Number(number) => {
            bytes.push(2 << 3 | 1);
            bytes.extend(number.as_f64().unwrap_or(f64::INFINITY).to_le_bytes());
        }
        Value::String(text) => put(&mut bytes, 3, text.as_bytes()),
        Value::Bool(is) => bytes.extend([4 << 3, u8::from(*is)]),
        Value::Object(members) => {
            put(&mut bytes, 5, &fields(members.iter().map(|(name, member)| (name.as_str(), member.clone()))));
        }
        Value::Array(items) => {
            let mut list = Vec::new();
            items.iter().for_each(|item| put(&mut list, 1, &value(item)));
            put(&mut bytes, 6, &list);
        }
    }
    bytes
}
