//! `issuers`.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde_json::Value;

use super::texts::{Duration, Text};

/// An authority whose tokens are trusted.
#[derive(JsonSchema)]
#[schemars(
    deny_unknown_fields,
    extend(
        "oneOf" = [{"required": ["jwks"]}, {"required": ["discovery"]}, {"required": ["verified_by"]}],
        "if" = {"properties": {"issuer": {"pattern": r"\{tid\}"}}},
        "then" = {"required": ["tenants"]}
    )
)]
pub struct Issuer {
    /// What `iss` must be, byte for byte; or a template with one `{tid}`, which stands for the token's own tenant.
    #[schemars(regex(pattern = r"^(?!\{tid\})(?![\s\S]*\{tid\}[\s\S]*\{tid\})[\s\S]+$"))]
    issuer: String,
    /// The tenants one of which `tid` must be. Required with `{tid}`.
    #[schemars(length(min = 1))]
    tenants: Option<BTreeSet<Text>>,
    /// The values one of which `aud` must hold.
    #[schemars(length(min = 1))]
    audiences: BTreeSet<Text>,
    /// The issuer's public keys, or where they are fetched. This, `discovery` or `verified_by`.
    jwks: Option<Jwks>,
    /// The issuer's OpenID metadata, whose `issuer` must be this one and whose `jwks_uri` is fetched through the same
    /// cluster. This, `jwks` or `verified_by`.
    discovery: Option<Remote>,
    /// Envoy's jwt_authn filter, in the place of keys. This, `jwks` or `discovery`.
    verified_by: Option<VerifiedBy>,
    /// How the issuer marks an application's own token. Without it every token is a user's.
    app_only: Option<AppOnlyMark>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Jwks {
    Inline(Inline),
    Remote(Remote),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Inline {
    /// The issuer's public keys, a JWKS (RFC 7517).
    inline: KeySet,
}

#[derive(JsonSchema)]
struct KeySet {
    /// The keys, each a JWK.
    #[schemars(length(min = 1, max = 256))]
    keys: Vec<Jwk>,
}

#[derive(JsonSchema)]
struct Jwk {
    /// The kind of key.
    kty: KeyType,
    /// The key's name, by which tokens call for it.
    kid: Option<String>,
    /// What the key is for.
    r#use: Option<String>,
    /// The one algorithm that the key verifies.
    alg: Option<String>,
    /// The members of its kind and others.
    #[schemars(flatten)]
    others: BTreeMap<String, Value>,
}

/// Others than these are passed over, but for `oct`, which is refused.
#[derive(JsonSchema)]
#[schemars(transparent)]
struct KeyType(#[schemars(extend("not" = {"const": "oct"}))] String);

/// What verifies the issuer's tokens before the gate does.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct VerifiedBy {
    /// The name under which jwt_authn leaves the claims in its metadata (`payload_in_metadata`).
    metadata: Text,
}

/// A server that has the keys, or says where they are.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Remote {
    /// Its https address.
    #[schemars(regex(pattern = r"^https://[!$-.0-;=A-Z\[\]_a-z~]+(/[!$-;=?A-Z\[\]_a-z~]*)?$"))]
    uri: String,
    /// Envoy's cluster that leads there.
    cluster: Text,
    /// How long a fetch may take. From 1s to 60s.
    #[schemars(extend("default" = "5s"))]
    timeout: Option<Duration>,
    /// How long keys are fresh where `Cache-Control: max-age` does not say. From 60s to 86400s.
    #[schemars(extend("default" = "5m"))]
    refresh: Option<Duration>,
    /// How soon after a fetch an unknown `kid` may cause the next. From 1s to 86400s.
    #[schemars(extend("default" = "30s"))]
    cooldown: Option<Duration>,
    /// How long keys are used that cannot be fetched again. From 60s to 2592000s.
    #[schemars(extend("default" = "24h"))]
    expiry: Option<Duration>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum AppOnlyMark {
    /// As Entra does: `idtyp`, or `appidacr`/`azpacr` with `oid` equal to `sub` and nothing of a user.
    Entra,
    /// As RFC 9068 does: `sub` equal to `client_id`.
    Rfc9068,
}
