//! Tokens of one issuer, and a configuration that trusts it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::cases::merge::merge;
use super::forge::Forge;

/// The issuer of the tokens.
pub(crate) const ISSUER: &str = "https://idp.test";

/// The keys of this run.
pub(crate) fn forge() -> &'static Forge {
    static FORGE: OnceLock<Forge> = OnceLock::new();
    FORGE.get_or_init(Forge::new)
}

/// Seconds since 1970, by the system clock.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock past 1970");
    i64::try_from(since.as_secs()).expect("a clock before the end of time")
}

/// A number that is used once in this run.
pub(crate) fn number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Header and claims of a token of `ISSUER`, no two alike, with these changes to the claims.
pub(crate) fn unsigned(algorithm: &str, kid: &str, changes: &Value) -> String {
    unsigned_with(&json!({"alg": algorithm, "kid": kid, "typ": "JWT"}), changes)
}

/// Like [`unsigned`], with this header.
pub(crate) fn unsigned_with(header: &Value, changes: &Value) -> String {
    let mut claims = json!({
        "iss": ISSUER, "aud": "api", "sub": "user", "amr": ["pwd", "mfa"], "iat": now() - 10, "exp": now() + 3600, "jti": number(),
    });
    merge(&mut claims, changes);
    let encode = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    format!("{}.{}", encode(header), encode(&claims))
}

/// The whole token.
pub(crate) fn signed(unsigned: &str, signature: &[u8]) -> String {
    format!("{unsigned}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A signature by a key of the forge.
pub(crate) fn sign(algorithm: &str, key: &str, secret: &[u8], message: &[u8]) -> Vec<u8> {
    forge().sign(algorithm, key, secret, message).expect("a signature that the forge can make")
}

/// A token signed by a key of the forge, with this `kid`.
pub(crate) fn token(key: &str, kid: &str, changes: &Value) -> String {
    let algorithm = forge().algorithm(key).expect("a key of the forge");
    let unsigned = unsigned(algorithm, kid, changes);
    signed(&unsigned, &sign(algorithm, key, b"", unsigned.as_bytes()))
}

/// A token with this header, signed by a key of the forge.
pub(crate) fn token_with(key: &str, header: &Value, changes: &Value) -> String {
    let algorithm = header["alg"].as_str().expect("alg");
    let unsigned = unsigned_with(header, changes);
    signed(&unsigned, &sign(algorithm, key, b"", unsigned.as_bytes()))
}

/// A good token, by the key that [`jwks`] has under every name.
pub(crate) fn good(kid: &str) -> String {
    token("p256", kid, &json!({}))
}

/// A key of the forge, with this `kid`.
pub(crate) fn jwk(key: &str, kid: &str) -> Value {
    let mut jwk = Value::Object(forge().jwk(key).expect("a key of the forge"));
    jwk["kid"] = kid.into();
    jwk
}

/// A key of the forge with these changes (JSON Merge Patch).
pub(crate) fn jwk_with(key: &str, changes: &Value) -> Value {
    let mut jwk = jwk(key, "");
    merge(&mut jwk, changes);
    jwk
}

/// A key set with the same key under each of these names.
pub(crate) fn jwks(kids: &[&str]) -> String {
    let keys: Vec<Value> = kids.iter().map(|kid| jwk("p256", kid)).collect();
    json!({"keys": keys}).to_string()
}

/// The gate's configuration with these issuers.
pub(crate) fn config(issuers: &Value) -> Value {
    json!({"issuers": issuers, "policies": {"mfa": {"amr": {"any_of": ["mfa"]}}}, "default": "mfa"})
}
