//! The whole, and all that is neither issuer nor policy nor route.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;

use super::issuers::Issuer;
use super::policies::Policy;
use super::routes::{PathCase, Route};
use super::texts::{Duration, HeaderName, HeaderValue, Text};

/// The configuration of mfa-gate's filter: whose tokens are trusted, and which requests need what proof.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "mfa-gate")]
pub struct Configuration {
    /// Whose tokens are trusted, and on what terms.
    #[schemars(length(min = 1))]
    issuers: Vec<Issuer>,
    /// What routes may demand, by name: lower-case letters, digits, `_` and `-`. `public` (the token is not looked at) and
    /// `signed_in` (any valid token) are built in.
    #[schemars(extend("propertyNames" = {"pattern": "^[a-z0-9_-]+$", "not": {"enum": ["public", "signed_in"]}}))]
    policies: Option<BTreeMap<String, Policy>>,
    /// Which requests meet which policy. The most specific route wins, whatever the order.
    routes: Option<Vec<Route>>,
    /// The policy of what no route claims: one of `policies`, `public` or `signed_in`.
    default: Text,
    /// Whether paths are judged with case folded as well.
    #[schemars(extend("default" = "both"))]
    path_case: Option<PathCase>,
    /// Whether the metadata of Envoy's own route (`mfa_gate: {policy: NAME}`) may name the policy. Costs a look-up on each
    /// request; not together with `upstream_headers`.
    #[schemars(extend("default" = false))]
    envoy_route_metadata: Option<bool>,
    /// How a token is carried, and its bounds.
    token: Option<Token>,
    /// How a denial is worded.
    challenge: Option<Challenge>,
    /// The headers that tell the upstream of the decision. Whatever a client sends under these names is removed.
    upstream_headers: Option<UpstreamHeaders>,
    /// Whether signatures are verified by the host where it can: many times faster.
    #[schemars(extend("default" = true))]
    host_crypto: Option<bool>,
    /// How much each worker remembers of verified tokens.
    cache: Option<Cache>,
    /// What the access log is told in the filter state `wasm.mfa_gate`. `{}` is all there is; without it, nothing is told.
    access_log: Option<AccessLog>,
    /// Whether the gate denies.
    #[schemars(extend("default" = "enforce"))]
    mode: Option<Mode>,
}

/// How a token is carried, and its bounds.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Token {
    /// How long a token may be, in bytes of its compact form.
    #[schemars(range(min = 256, max = 65536), extend("default" = 16384))]
    max_bytes: Option<u32>,
    /// How deep the JSON of a token's header and claims may nest.
    #[schemars(range(min = 2, max = 64), extend("default" = 32))]
    max_depth: Option<u32>,
    /// How far the clocks of issuer and gate may differ. From 0s to 600s.
    #[schemars(extend("default" = "60s"))]
    leeway: Option<Duration>,
    /// The headers that may carry the token, in lower case: `authorization` behind `Bearer`, any other bare.
    #[schemars(length(min = 1), extend("default" = ["authorization"]))]
    headers: Option<BTreeSet<HeaderName>>,
}

/// How a denial is worded.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Challenge {
    /// Whose rule the wording follows.
    #[schemars(extend("default" = "partner_center"))]
    style: Option<Style>,
    /// What a client without a token is told: printable ASCII without `"`, `\` and `,`.
    #[schemars(regex(pattern = r"^[ !#-+\x2d-\x5b\x5d-~]+$"), extend("default" = "mfa-gate"))]
    realm: Option<String>,
    /// The body of a denial.
    #[schemars(extend("default" = "problem_json"))]
    body: Option<Body>,
    /// Headers on every denial, such as `Request-Context`.
    #[schemars(extend("propertyNames" = {"pattern": "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"}))]
    headers: Option<BTreeMap<String, HeaderValue>>,
    /// Whether a denial for want of MFA is told to Envoy's own filters, in the filter state `wasm.mfa_gate.reason`.
    #[schemars(extend("default" = false))]
    filter_state: Option<bool>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Style {
    /// `Bearer error="invalid_token"` for want of MFA, as Partner Center answers.
    PartnerCenter,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Body {
    /// `application/problem+json` (RFC 9457).
    ProblemJson,
    /// No body.
    None,
}

/// The headers that tell the upstream of the decision.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct UpstreamHeaders {
    /// The header that says `allow`.
    decision: Option<HeaderName>,
    /// The header that says `user` or `app`.
    subject: Option<HeaderName>,
    /// Headers by the claims whose values they carry.
    claims: Option<BTreeMap<String, HeaderName>>,
}

/// How much each worker remembers of verified tokens.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Cache {
    /// The most tokens; 0 keeps none.
    #[schemars(range(min = 0, max = 1_000_000), extend("default" = 8192))]
    max_entries: Option<u32>,
    /// The most memory, in MiB.
    #[schemars(range(min = 1, max = 1024), extend("default" = 24))]
    max_mib: Option<u32>,
}

/// What the access log is told of whom and with what. A token is never in it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct AccessLog {
    /// How users are named.
    #[schemars(extend("default" = "name"))]
    user: Option<LoggedUser>,
    /// Whether the key that verified the token is told.
    #[schemars(extend("default" = "hash"))]
    key: Option<LoggedKey>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum LoggedUser {
    /// By object id, and by the name that people know.
    Name,
    /// By object id alone.
    Id,
    /// Not at all.
    None,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum LoggedKey {
    /// By the start of its id's SHA-256.
    Hash,
    /// Not at all.
    None,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Mode {
    /// What the policy does not let through is denied.
    Enforce,
}
