//! The exact messages for wrong configurations.

use super::*;

/// The public key of RFC 8037 appendix A.2.
const KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

fn issuer() -> String {
    format!(r#"{{"issuer":"https://issuer.test","audiences":["api"],"jwks":{{"inline":{{"keys":[{KEY}]}}}}}}"#)
}

fn errors(config: &str) -> Vec<String> {
    parse(config.as_bytes()).expect_err(config).iter().map(ToString::to_string).collect()
}

/// The errors of a valid configuration with these fields added.
fn with(fields: &str) -> Vec<String> {
    errors(&format!(r#"{{"issuers":[{}],"default":"signed_in",{fields}}}"#, issuer()))
}

#[test]
fn the_smallest_configuration() {
    let gate = parse(format!(r#"{{"issuers":[{}],"default":"signed_in"}}"#, issuer()).as_bytes()).unwrap();
    assert_eq!((gate.default.name.as_str(), gate.trust.rules.max_bytes), ("signed_in", 16384));
}

#[test]
fn all_errors_are_reported_at_once() {
    let config = r#"{
        "issuers": [{"issuer": "https://{tid}/", "audiences": [], "jwks": {"uri": "http://x"}, "app_only": "azure"}],
        "policies": {"mfa": {"amr": {}}, "public": {}},
        "routes": [{"name": "a", "policy": "mfaa"}, {"name": "a b", "prefix": "/x/", "policy": "mfa"}],
        "mode": "report_only",
        "max_age": "15m"
    }"#;
    assert_eq!(
        errors(config),
        [
            "max_age: unknown field `max_age`; known: issuers, policies, routes, default, path_case, envoy_route_metadata, token, challenge, upstream_headers, host_crypto, cache, access_log, mode",
            "issuers[0]: `issuer` has `{tid}`, so `tenants` must list the tenants that are trusted",
            "issuers[0].audiences: is empty, should list at least one",
            "issuers[0].jwks.uri: `http://x` must be an `https` URL, such as `https://issuer.example.com/keys`",
            "issuers[0].jwks.cluster: is missing",
            "issuers[0].app_only: unknown mark of app-only tokens `azure`; known: entra, rfc9068",
            "policies.mfa.amr: requires nothing; give `any_of` or `all_of`",
            "policies.public: `public` is built in and cannot be changed; choose another name",
            "routes[0]: has neither `path` nor `prefix`; `prefix: /` matches every path",
            "routes[0].policy: unknown policy `mfaa`; known: mfa, public, signed_in",
            "routes[1].name: `a b` should be at most 64 letters, digits, `_` and `-`",
            "routes[1].prefix: `/x/` ends with a slash; without it the prefix matches the path and all paths below",
            "default: is missing",
            "mode: unknown mode `report_only`; known: enforce",
        ]
    );
}

#[test]
fn an_issuer_has_exactly_one_verifier() {
    let verified = |by: &str| {
        errors(&format!(
            r#"{{"issuers":[{{"issuer":"https://a.example","audiences":["a"]{by}}}],"default":"signed_in"}}"#
        ))
    };
    assert_eq!(
        verified(""),
        ["issuers[0]: has none of `jwks`, `discovery` and `verified_by`, so its tokens cannot be verified"]
    );
    assert_eq!(
        verified(r#","jwks":{"inline":{"keys":[]}},"verified_by":{"metadata":"claims"}"#),
        ["issuers[0]: has more than one of `jwks`, `discovery` and `verified_by`; give one of them"]
    );
    assert_eq!(
        verified(r#","verified_by":"claims""#),
        ["issuers[0].verified_by: is a string, should be an object with metadata"]
    );
    assert_eq!(
        verified(r#","verified_by":{"metadata":"","filter":"x"}"#),
        [
            "issuers[0].verified_by.filter: unknown field `filter`; known: metadata",
            "issuers[0].verified_by.metadata: is empty"
        ]
    );
    assert_eq!(verified(r#","verified_by":{}"#), ["issuers[0].verified_by.metadata: is missing"]);
}

#[test]
fn a_configuration_must_be_an_object() {
    assert_eq!(
        errors("[]"),
        [
            "configuration: is an array, should be an object with issuers, policies, routes, default, path_case, envoy_route_metadata, token, challenge, upstream_headers, host_crypto, cache, access_log, mode"
        ]
    );
}

#[test]
fn a_policy_without_proof_is_rejected() {
    assert_eq!(
        with(r#""policies":{"p":{"app_only":"allow"}}"#),
        [
            "policies.p: requires no proof of MFA; give `amr`, such as `{any_of: [mfa]}`, or use the built-in policy signed_in"
        ]
    );
}

#[test]
fn ambiguous_routes_are_rejected() {
    let routes = |second: &str| {
        with(&format!(
            r#""routes":[{{"name":"a","prefix":"/a","policy":"public"}},{{"name":"b",{second},"policy":"signed_in"}}]"#
        ))
    };
    assert_eq!(
        routes(r#""prefix":"/a""#),
        ["routes[1]: matches the same requests as routes[0], so neither is more specific"]
    );
    assert_eq!(
        routes(r#""prefix":"/A""#),
        [
            "routes[1]: differs from routes[0] only by case or by non-ASCII letters; if the upstream distinguishes them, set `path_case: exact`"
        ]
    );
}

#[test]
fn paths_must_be_in_decoded_form() {
    let path = |path: &str| with(&format!(r#""routes":[{{"name":"a","path":"{path}","policy":"public"}}]"#));
    assert_eq!(path("a"), ["routes[0].path: `a` should start with `/`"]);
    assert_eq!(path("/a//b"), ["routes[0].path: `/a//b` has an empty segment, `.` or `..`"]);
    assert_eq!(path("/../b"), ["routes[0].path: `/../b` has an empty segment, `.` or `..`"]);
    assert_eq!(
        path("/a%20b"),
        [
            r"routes[0].path: `/a%20b` should be written as an upstream reads it: decoded, without `%`, `\`, `;`, `?`, `#` and control characters"
        ]
    );
}

#[test]
fn bounds_and_durations() {
    assert_eq!(
        with(r#""token":{"max_bytes":10,"leeway":"1d","max_depth":"3","headers":["X_Token"]}"#),
        [
            "token.max_bytes: is 10, should be from 256 to 65536",
            "token.max_depth: is a string, should be a whole number from 2 to 64",
            "token.leeway: `1d` is not a duration; use for example `60s`, `10m` or `1h`",
            "token.headers[0]: `X_Token` should be a header name in lower case: letters, digits and `-`",
        ]
    );
    assert_eq!(with(r#""token":{"leeway":"1h"}"#), ["token.leeway: `1h` should be from 0s to 600s"]);
}

#[test]
fn reserved_and_duplicate_headers_are_rejected() {
    assert_eq!(
        with(r#""upstream_headers":{"decision":"authorization"}"#),
        ["upstream_headers.decision: `authorization` is reserved; choose another"]
    );
    assert_eq!(
        with(r#""upstream_headers":{"decision":"x-a","subject":"x-a"}"#),
        ["upstream_headers.subject: `x-a` is used twice"]
    );
    assert_eq!(
        with(r#""challenge":{"headers":{"WWW-Authenticate":"x","X":"a\nb"},"realm":"a,b"}"#),
        [
            r#"challenge.realm: `a,b` should be printable ASCII without `"`, `\` and `,`"#,
            "challenge.headers.WWW-Authenticate: `WWW-Authenticate` is not a header name, or is reserved",
            r"challenge.headers.X: `a\nb` is not a header value; use printable ASCII without spaces around it",
        ]
    );
}

#[test]
fn access_log_accepts_only_known_fields_and_choices() {
    assert_eq!(
        with(r#""access_log":{"user":"upn","key":"id","path":true}"#),
        [
            "access_log.path: unknown field `path`; known: user, key",
            "access_log.user: unknown choice `upn`; known: name, id, none",
            "access_log.key: unknown choice `id`; known: hash, none",
        ]
    );
}

#[test]
fn envoy_route_metadata_excludes_upstream_headers() {
    assert_eq!(
        with(r#""envoy_route_metadata":true,"upstream_headers":{"decision":"x-a"}"#),
        [
            "envoy_route_metadata: cannot be combined with `upstream_headers`: changing a header makes Envoy re-select the route after the policy was evaluated"
        ]
    );
}

#[test]
fn upstream_headers_must_not_carry_the_token() {
    assert_eq!(
        with(r#""token":{"headers":["x-a"]},"upstream_headers":{"decision":"x-a"}"#),
        ["upstream_headers: `x-a` is also in `token.headers`; the filter would remove the clients' tokens"]
    );
}

#[test]
fn two_issuers_cannot_share_an_iss() {
    let issuer = |issuer: &str, more: &str| {
        format!(r#"{{"issuer":"{issuer}","audiences":["a"],"jwks":{{"inline":{{"keys":[{KEY}]}}}}{more}}}"#)
    };
    let two =
        |first: String, second: String| errors(&format!(r#"{{"issuers":[{first},{second}],"default":"signed_in"}}"#));
    let common = ["issuers[1]: has an `iss` in common with issuers[0]"];
    assert_eq!(two(issuer("https://sts/t/", ""), issuer("https://sts/t/", "")), common);
    let template = || issuer("https://sts/{tid}/", r#","tenants":["t","u"]"#);
    assert_eq!(two(issuer("https://sts/t/", ""), template()), common);
    assert_eq!(two(template(), issuer("https://sts/u/", "")), common);
}

#[test]
fn unusable_keys_are_reported() {
    let keys = |keys: &str| {
        let config = format!(
            r#"{{"issuers":[{{"issuer":"i","audiences":["a"],"jwks":{{"inline":{{"keys":[{keys}]}}}}}}],"default":"signed_in"}}"#
        );
        errors(&config)
    };
    assert_eq!(keys(""), ["issuers[0].jwks.inline: the set has no verification key"]);
    assert_eq!(
        keys(r#"{"kty":"oct","k":"AA"}"#),
        ["issuers[0].jwks.inline.keys[0]: a symmetric key (`oct`) does not belong in a public key set"]
    );
    let private = KEY.replace("\"kty\"", "\"d\":\"AA\",\"kty\"");
    assert_eq!(
        keys(&private),
        [
            "issuers[0].jwks.inline.keys[0]: `d` is a private-key member; configure only the public key, and rotate this key: it has been exposed"
        ]
    );
    let named = KEY.replace("\"kty\"", "\"kid\":\"k\",\"kty\"");
    assert_eq!(keys(&format!("{named},{named}")), ["issuers[0].jwks.inline.keys[1]: kid `k` appears twice"]);
    assert_eq!(
        keys(r#"{"kty":"EC","crv":"P-521","x":"AA","y":"AA"}"#),
        [
            "issuers[0].jwks.inline: the set has no verification key",
            "issuers[0].jwks.inline.keys[0]: kty `EC` with curve `P-521` is not supported"
        ]
    );
    let weak = r#"{"kty":"OKP","crv":"Ed25519","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#;
    assert_eq!(keys(weak), ["issuers[0].jwks.inline.keys[0]: the point has small order"]);
    assert_eq!(
        keys(r#"{"kty":"RSA","n":"qqqqqqqq","e":"AQAB"}"#),
        ["issuers[0].jwks.inline.keys[0]: the modulus has 48 bits; supported: 2048 to 4096"]
    );
}
