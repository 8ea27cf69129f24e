//! The table of all fields of the configuration. The reader, `mfa-gate schema` and `envoy/configuration.md` are generated from
//! it.
//!
//! The doc comment of a field is its description in the schema and the reference. The syntax of a field is:
//!
//! ```text
//! CONSTANT: Kind { arguments } = "name", required | optional | default VALUE, "an example of its value in YAML";
//! ```

use super::field::{
    Boolean, Choices, Defaulted, Duration, Field, Form, Integer, Kind, NativeOnly, Nested, Object, OneOf, Optional,
    Required, Rule, Shape, Shaped, Text, Texts,
};
use crate::challenge::Body;
use crate::issuer::AppOnlyMark;
use crate::policy::AppOnly;
use crate::route::PathCase;
use crate::time::Span;
use crate::token::{LoggedKey, LoggedUser};

/// Defines a module with the constants of an object's fields, and with `OBJECT`, the list of these fields.
macro_rules! object {
    (
        $(#[doc = $about:literal])+
        $module:ident, $title:literal $(, $rule:expr)* $(,)?;
        $(
            $(#[doc = $sentence:literal])+
            $FIELD:ident: $Kind:ty { $($argument:expr),* $(,)? } = $name:literal, $presence:ident $($default:expr)?, $example:literal;
        )+
    ) => {
        $(#[doc = $about])+
        pub mod $module {
            use super::*;

            $(#[doc = $about])+
            pub static OBJECT: Object = Object {
                names: &[$($name),+],
                title: NativeOnly::new($title),
                sentence: NativeOnly::new(concat!($($about),+)),
                rules: NativeOnly::new(&[$($rule),*]),
                #[cfg(not(target_family = "wasm"))]
                fields: || vec![$($FIELD.describe()),+],
            };

            $(
                $(#[doc = $sentence])+
                pub static $FIELD: Field<$Kind, presence!(type $presence $Kind)> = Field {
                    name: $name,
                    kind: <$Kind>::new($($argument),*),
                    presence: presence!($presence $($default)?),
                    sentence: NativeOnly::new(concat!($($sentence),+)),
                    example: NativeOnly::new($example),
                };
            )+
        }
    };
}

macro_rules! presence {
    (type required $Kind:ty) => { Required };
    (type optional $Kind:ty) => { Optional };
    (type default $Kind:ty) => { Defaulted<<$Kind as Kind>::Value> };
    (required) => { Required };
    (optional) => { Optional };
    (default $value:expr) => { Defaulted($value) };
}

macro_rules! choices {
    ($($(#[doc = $sentence:literal])+ $name:literal => $value:expr),+ $(,)?) => {
        Choices {
            names: &[$($name),+],
            values: &[$($value),+],
            sentences: NativeOnly::new(&[$(concat!($($sentence),+)),+]),
        }
    };
}

const MINUTE: u32 = 60;
const HOUR: u32 = 60 * MINUTE;
const DAY: u32 = 24 * HOUR;

const fn seconds(seconds: u32) -> Span {
    Span::from_seconds(seconds)
}

static ANY: Form = Form { noun: "text", regex: None };
static CLAIM: Form = Form { noun: "claim", regex: None };
static POLICY_NAME: Form = Form {
    noun: "lower-case letters, digits, `_` and `-`, other than `public` and `signed_in`",
    regex: Some(r"^(?!(public|signed_in)$)[a-z0-9_-]+$"),
};
static ROUTE_NAME: Form =
    Form { noun: "at most 64 letters, digits, `_` and `-`", regex: Some(r"^[A-Za-z0-9_-]{1,64}$") };
static ISSUER_NAME: Form = Form {
    noun: "text with at most one `{tid}`, not at its start",
    regex: Some(r"^(?!\{tid\})(?![\s\S]*\{tid\}[\s\S]*\{tid\})[\s\S]+$"),
};
static HTTPS_URL: Form = Form {
    noun: "`https` URL without user information and fragment",
    regex: Some(r"^https://[!$-.0-;=A-Z\[\]_a-z~]+(/[!$-;=?A-Z\[\]_a-z~]*)?$"),
};
static PATH: Form = Form {
    noun: "decoded path, without empty segments, `.` and `..`",
    regex: Some(r"^/$|^(/(?!\.{1,2}(/|$))[^/%\\;?#\x00-\x1f\x7f-\x9f]+)+/?$"),
};
static PREFIX: Form = Form {
    noun: "decoded path without a slash at its end, empty segments, `.` and `..`",
    regex: Some(r"^/$|^(/(?!\.{1,2}(/|$))[^/%\\;?#\x00-\x1f\x7f-\x9f]+)+$"),
};
static METHOD: Form = Form { noun: "method in upper case", regex: Some(r"^[A-Z-]+$") };
static HOST: Form = Form {
    noun: "host in lower case without port, or `*.` and a host",
    regex: Some(r"^(\*\.)?([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f.]*:[0-9a-f:.]*\])$"),
};
static HEADER_NAME: Form =
    Form { noun: "header name of lower-case letters, digits and `-`", regex: Some(r"^[a-z0-9-]+$") };
static ANY_HEADER_NAME: Form = Form { noun: "header name", regex: Some(r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$") };
static HEADER_VALUE: Form =
    Form { noun: "header value of printable ASCII, without spaces around it", regex: Some(r"^[!-~]([ -~]*[!-~])?$") };
static REALM: Form =
    Form { noun: r#"printable ASCII without `"`, `\` and `,`"#, regex: Some(r"^[ !#-+\x2d-\x5b\x5d-~]+$") };

object! {
    /// The configuration of the filter.
    configuration, "Configuration";

    /// The trusted issuers.
    ISSUERS: Shaped { Shape::Objects(&issuer::OBJECT, 1) } = "issuers", required, r#"
- issuer: https://issuer.example.com
  audiences: [https://api.example.com]
  jwks: {uri: "https://issuer.example.com/keys", cluster: issuer}"#;

    /// The policies that routes can require, by name. `public` (no token is needed) and `signed_in` (any valid token) are
    /// built in.
    POLICIES: Shaped { Shape::ObjectsByName(&POLICY_NAME, &policy::OBJECT) } = "policies", optional, "
  mfa: {amr: {any_of: [mfa]}, app_only: allow}";

    /// The requests that require another policy than `default`. The most specific route wins; the order does not matter.
    ROUTES: Shaped { Shape::Objects(&route::OBJECT, 0) } = "routes", optional, "
- {name: health, path: /health, policy: public}";

    /// The policy of requests that match no route: one of `policies`, `public` or `signed_in`.
    DEFAULT: Text { &ANY } = "default", required, "mfa";

    /// How paths are compared with those of routes.
    PATH_CASE: OneOf<PathCase> { "path case", choices! {
        /// A path is evaluated as written and again with case folded; both must be allowed.
        "both" => PathCase::Both,
        /// A path is evaluated as written, for an upstream that distinguishes case.
        "exact" => PathCase::Exact,
    } } = "path_case", default PathCase::Both, "exact";

    /// Whether the metadata of Envoy's own route can name the policy, as `mfa_gate: {policy: NAME}`; an empty name counts
    /// as none. A path with more than one reading must satisfy `routes` as well. Costs a lookup for each request, and
    /// cannot be combined with `upstream_headers`.
    ENVOY_ROUTE_METADATA: Boolean {} = "envoy_route_metadata", default false, "false";

    /// Where a request carries its token, and the limits of a token.
    TOKEN: Nested { &token::OBJECT } = "token", default (), "{leeway: 30s}";

    /// How denials are worded.
    CHALLENGE: Nested { &challenge::OBJECT } = "challenge", default (), "{realm: api.example.com}";

    /// The headers that report the decision to the upstream. Headers with these names in a client's request are removed.
    UPSTREAM_HEADERS: Nested { &upstream_headers::OBJECT } = "upstream_headers", default (), "{subject: x-mfa-gate-subject}";

    /// Whether Envoy verifies signatures where it can, which is many times faster. If `false`, the module verifies them.
    HOST_CRYPTO: Boolean {} = "host_crypto", default true, "false";

    /// How many verified tokens each worker remembers.
    CACHE: Nested { &cache::OBJECT } = "cache", default (), "{max_entries: 20000}";

    /// What the access log can read from the filter state `wasm.mfa_gate`: decision, reason, route, policy, issuer, tenant
    /// and application, and how users and keys are named. `{}` is all of it with the defaults; without the field there is
    /// nothing.
    ACCESS_LOG: Nested { &access_log::OBJECT } = "access_log", optional, "{user: id}";

    /// What the filter does.
    MODE: OneOf<()> { "mode", choices! {
        /// It denies the requests that do not satisfy their policies.
        "enforce" => (),
    } } = "mode", default (), "enforce";
}

object! {
    /// A trusted issuer.
    issuer, "Issuer",
    Rule::ExactlyOne(&["jwks", "discovery", "verified_by"]),
    Rule::Requires { field: "issuer", part: "{tid}", other: "tenants" };

    /// The `iss` of its tokens, byte for byte; or a template with one `{tid}`, which matches the tenant of the token.
    ISSUER: Text { &ISSUER_NAME } = "issuer", required, r#""https://sts.windows.net/{tid}/""#;

    /// The tenants that are trusted: `tid` must be one of them.
    TENANTS: Texts { &ANY } = "tenants", optional, "[df845f1a-7b35-40a2-ba78-6481de91f8ae]";

    /// The audiences that are accepted: `aud` must contain one of them.
    AUDIENCES: Texts { &ANY } = "audiences", required, "[https://api.partnercenter.microsoft.com]";

    /// Its public keys, or where they are fetched.
    JWKS: Shaped { Shape::Either(&inline::OBJECT, &remote::OBJECT) } = "jwks", optional,
        r#"{uri: "https://login.microsoftonline.com/common/discovery/keys", cluster: entra}"#;

    /// Where its OpenID metadata is fetched. The `issuer` there must be this one, and the keys are fetched from the
    /// `jwks_uri` there through the same cluster.
    DISCOVERY: Nested { &remote::OBJECT } = "discovery", optional,
        r#"{uri: "https://login.microsoftonline.com/common/.well-known/openid-configuration", cluster: entra}"#;

    /// The filter that verifies its tokens before this one: Envoy's jwt_authn.
    VERIFIED_BY: Nested { &verified_by::OBJECT } = "verified_by", optional, "{metadata: claims}";

    /// How it marks an application's own token (client credentials). Without the field every token counts as a user's. A
    /// claim of users alone, such as a non-empty `amr`, `auth_time`, `email` or `upn`, makes a marked token a user's.
    APP_ONLY: OneOf<AppOnlyMark> { "mark of app-only tokens", choices! {
        /// As Entra does: `idtyp` is `app`; or there is no `idtyp`, `appidacr` or `azpacr` is `1` or `2`, `oid` equals
        /// `sub`, and there is no `scp`.
        "entra" => AppOnlyMark::Entra,
        /// As RFC 9068 does: `sub` equals `client_id`. The issuer must not let a client choose an id that is a user's `sub`
        /// (RFC 9700 section 4.15).
        "rfc9068" => AppOnlyMark::Rfc9068,
    } } = "app_only", optional, "entra";
}

object! {
    /// Public keys in the configuration itself.
    inline, "Inline keys";

    /// The issuer's public keys.
    INLINE: Shaped { Shape::KeySet } = "inline", required,
        "{keys: [{kty: OKP, crv: Ed25519, kid: a, x: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo}]}";
}

object! {
    /// A server that a JWKS or OpenID metadata are fetched from.
    remote, "Server";

    /// The URL to fetch.
    URI: Text { &HTTPS_URL } = "uri", required, r#""https://issuer.example.com/keys""#;

    /// The Envoy cluster that leads to the server.
    CLUSTER: Text { &ANY } = "cluster", required, "issuer";

    /// The maximum duration of a fetch.
    // Long enough for a slow issuer, short enough for a waiting client.
    TIMEOUT: Duration { 1, MINUTE } = "timeout", default seconds(5), "2s";

    /// How long keys are fresh if `Cache-Control: max-age` does not say. A `max-age` is kept in the same range.
    // An upper bound on the time that a removed key remains trusted.
    REFRESH: Duration { MINUTE, DAY } = "refresh", default seconds(5 * MINUTE), "10m";

    /// The minimum interval between a fetch and the next one for an unknown `kid`.
    COOLDOWN: Duration { 1, DAY } = "cooldown", default seconds(30), "1m";

    /// How long keys are used if they cannot be fetched again.
    EXPIRY: Duration { MINUTE, 30 * DAY } = "expiry", default seconds(DAY), "12h";
}

object! {
    /// Another filter that verifies the issuer's tokens.
    verified_by, "Verified by";

    /// The name under which jwt_authn leaves the claims in its metadata: its `payload_in_metadata`.
    METADATA: Text { &ANY } = "metadata", required, "claims";
}

object! {
    /// What a request must prove.
    policy, "Policy", Rule::AtLeastOne(&["amr", "federated"]);

    /// A condition on the values of the claim `amr` that proves MFA.
    AMR: Nested { &values::OBJECT } = "amr", optional, "{any_of: [mfa]}";

    /// A statement of a federated identity provider that proves MFA as well.
    FEDERATED: OneOf<()> { "federated proof", choices! {
        /// The claim `authnmethodsreferences`, in any of its spellings, contains `multipleauthn`.
        "multipleauthn" => (),
    } } = "federated", optional, "multipleauthn";

    /// Whether an application's own token passes without proof of MFA.
    APP_ONLY: OneOf<AppOnly> { "choice", choices! {
        /// It passes.
        "allow" => AppOnly::Allow,
        /// It is denied.
        "deny" => AppOnly::Deny,
    } } = "app_only", default AppOnly::Deny, "allow";

    /// Further conditions, by claim. `scp` and `scope` are split at spaces; each item of an array counts.
    CLAIMS: Shaped { Shape::ObjectsByName(&CLAIM, &values::OBJECT) } = "claims", optional, "{roles: {any_of: [AdminAgents]}}";
}

object! {
    /// A condition on the values of a claim, which are compared exactly.
    values, "Values", Rule::AtLeastOne(&["any_of", "all_of"]);

    /// The claim has at least one of these values.
    ANY_OF: Texts { &ANY } = "any_of", optional, "[mfa, hwk]";

    /// The claim has all of these values.
    ALL_OF: Texts { &ANY } = "all_of", optional, "[pwd, mfa]";
}

object! {
    /// Some requests, and the policy that they require.
    route, "Route", Rule::ExactlyOne(&["path", "prefix"]);

    /// Its name in logs and metrics.
    NAME: Text { &ROUTE_NAME } = "name", required, "customers";

    /// Exactly this path.
    PATH: Text { &super::PATH } = "path", optional, "/v1/customers";

    /// This path and all paths below it, by whole segments: `/admin` does not cover `/administrator`, and `/` covers every
    /// path.
    PREFIX: Text { &super::PREFIX } = "prefix", optional, "/v1/customers";

    /// Only these methods; `GET` covers HEAD too. Without the field, all methods.
    METHODS: Texts { &METHOD } = "methods", optional, "[GET, DELETE]";

    /// Only these hosts; `*.example.com` covers every host below `example.com`, but not itself. Without the field, all
    /// hosts.
    HOSTS: Texts { &HOST } = "hosts", optional, r#"[api.example.com, "*.api.example.com"]"#;

    /// The policy that the requests require: one of `policies`, `public` or `signed_in`.
    POLICY: Text { &ANY } = "policy", required, "mfa";
}

object! {
    /// Where a request carries its token, and the limits of a token.
    token, "Token";

    /// The maximum length of a token, in bytes of its compact form.
    // The default covers Entra's largest tokens, which contain at most 200 groups. It is about a quarter of the 60 KiB of
    // headers that Envoy accepts by default.
    MAX_BYTES: Integer { 256, 64 * 1024 } = "max_bytes", default 16 * 1024, "8192";

    /// The maximum depth of the JSON in a token's header and claims.
    // Claims nest two or three levels deep. RFC 8725 recommends no limit. The maximum fits the stack of a wasm module with a
    // wide margin (CVE-2026-48042).
    MAX_DEPTH: Integer { 2, 64 } = "max_depth", default 32, "16";

    /// How far the clocks of issuer and Envoy may differ.
    // "No more than a few minutes" (RFC 7519 section 4.1.4).
    LEEWAY: Duration { 0, 10 * MINUTE } = "leeway", default seconds(60), "30s";

    /// The headers that may carry the token: `authorization` after `Bearer`, any other the bare token.
    HEADERS: Texts { &HEADER_NAME } = "headers", default &["authorization"], "[authorization, x-access-token]";
}

object! {
    /// How denials are worded.
    challenge, "Challenge";

    /// The API that the answer to missing MFA follows.
    STYLE: OneOf<()> { "challenge style", choices! {
        /// Partner Center: 401 with `WWW-Authenticate: Bearer error="invalid_token"`.
        "partner_center" => (),
    } } = "style", default (), "partner_center";

    /// The realm in the answer to a request without a token.
    REALM: Text { &super::REALM } = "realm", default "mfa-gate", "api.example.com";

    /// The body of a denial.
    BODY: OneOf<Body> { "body", choices! {
        /// `application/problem+json` (RFC 9457).
        "problem_json" => Body::ProblemJson,
        /// No body.
        "none" => Body::None,
    } } = "body", default Body::ProblemJson, "none";

    /// Further headers of every denial, by name.
    HEADERS: Shaped { Shape::TextsByName(&ANY_HEADER_NAME, &HEADER_VALUE) } = "headers", optional,
        r#"{Request-Context: "appId=cid-v1:03ce8ca8-8373-4021-8f25-d5dd45c7b12f"}"#;

    /// Whether Envoy's other filters can read a denial for missing MFA from the filter state `wasm.mfa_gate.reason`. The
    /// Lua filter of the shipped configuration needs it to write the status line.
    FILTER_STATE: Boolean {} = "filter_state", default false, "true";
}

object! {
    /// The headers that report the decision to the upstream.
    upstream_headers, "Upstream headers";

    /// The header that says `allow`.
    DECISION: Text { &HEADER_NAME } = "decision", optional, "x-mfa-gate-decision";

    /// The header that says `user` or `app`.
    SUBJECT: Text { &HEADER_NAME } = "subject", optional, "x-mfa-gate-subject";

    /// The headers with the values of claims, by claim.
    CLAIMS: Shaped { Shape::TextsByName(&CLAIM, &HEADER_NAME) } = "claims", optional, "{upn: x-mfa-gate-upn}";
}

object! {
    /// How many verified tokens each worker remembers.
    cache, "Cache";

    /// The maximum number of tokens; 0 remembers none.
    // The default covers the users of one worker in a busy hour. With 1.2 KB tokens the cache then takes at most about 18 MB.
    MAX_ENTRIES: Integer { 0, 1_000_000 } = "max_entries", default 8192, "20000";

    /// The maximum memory, in MiB.
    // The memory of a wasm module never shrinks, so a worker never returns it.
    MAX_MIB: Integer { 1, 1024 } = "max_mib", default 24, "64";
}

object! {
    /// How the access log names users and keys. It never contains a token.
    access_log, "Access log";

    /// How a user is named.
    USER: OneOf<LoggedUser> { "choice", choices! {
        /// By object id and user name.
        "name" => LoggedUser::Name,
        /// By object id.
        "id" => LoggedUser::Id,
        /// Not at all.
        "none" => LoggedUser::None,
    } } = "user", default LoggedUser::Name, "id";

    /// How the key that verified the token is named.
    KEY: OneOf<LoggedKey> { "choice", choices! {
        /// By the start of the SHA-256 of its id.
        "hash" => LoggedKey::Hash,
        /// Not at all.
        "none" => LoggedKey::None,
    } } = "key", default LoggedKey::Hash, "none";
}
