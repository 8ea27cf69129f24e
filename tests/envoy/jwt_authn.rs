//! The gate behind Envoy's own jwt_authn in its usual setups: which token is judged when a client sends several.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::proxy::envoy::Envoy;
use crate::proxy::http1::Connection;
use crate::proxy::jwt_authn::{filter, key_set};
use crate::proxy::listener::{Listener, Settings};
use crate::proxy::upstream::{Seen, Upstream};
use crate::support;
use crate::support::forge::Forge;
use crate::support::table::Sample;
use crate::support::tokens::now;

struct Stage {
    envoy: Envoy,
    forge: Forge,
    sample: Sample,
    sent: AtomicU64,
}

const ISSUER: &str = "https://sts.windows.net/df845f1a-7b35-40a2-ba78-6481de91f8ae/";

fn gate(sample: &Sample, metadata: &str) -> Value {
    let mut config = sample.config.clone();
    config["issuers"] = json!([
        {
            "issuer": ISSUER, "audiences": ["https://api.partnercenter.microsoft.com"],
            "verified_by": {"metadata": metadata}, "app_only": "entra",
        },
        {
            "issuer": "https://login.partner.example", "audiences": ["https://api.partner.example"],
            "verified_by": {"metadata": metadata},
        },
    ]);
    config["policies"]["mfa"]["claims"] = json!({"scope": {"any_of": ["read"]}});
    config
}

fn stage() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    STAGE.get_or_init(|| {
        let forge = Forge::new();
        let sample = Sample::load(&forge, "partner-center.yaml");
        let keys = json!({"inline_string": key_set(&forge, &["rsa"])});
        let provider = |more: Value| {
            let mut provider = json!({"issuer": ISSUER, "local_jwks": keys, "payload_in_metadata": "claims"});
            support::cases::merge::merge(&mut provider, &more);
            provider
        };
        let rule = |requires: Value| json!([{"match": {"prefix": "/"}, "requires": requires}]);
        let or_none =
            |name: &str, none: &str| json!({"requires_any": {"requirements": [{"provider_name": name}, {none: {}}]}});
        let entra = |provider: Value, requires: Value| {
            filter(json!({"providers": {"entra": provider}, "rules": rule(requires)}))
        };
        let optional = or_none("entra", "allow_missing");
        let plain = entra(provider(json!({})), optional.clone());
        // As istiod translates two rules of a RequestAuthentication.
        let of_istio = |issuer: &str, key: &str| {
            json!({
                "issuer": issuer,
                "local_jwks": {"inline_string": key_set(&forge, &[key])},
                "payload_in_metadata": "payload",
                "normalize_payload_in_metadata": {"space_delimited_claims": ["permission", "scope"]},
                "forward": true,
            })
        };
        let both = [or_none("origins-0", "allow_missing"), or_none("origins-1", "allow_missing")];
        let istio = filter(json!({
            "providers": {
                "origins-0": of_istio("https://login.partner.example", "partner"),
                "origins-1": of_istio(ISSUER, "rsa"),
            },
            "rules": rule(json!({"requires_any": {"requirements": [
                {"provider_name": "origins-0"}, {"provider_name": "origins-1"},
                {"requires_all": {"requirements": both}},
            ]}})),
            "bypass_cors_preflight": true,
        }));
        let listener = |name: &str, metadata: &str, filters: Vec<Value>| Listener {
            filters,
            ..Listener::new(name, Settings::Shipped, gate(&sample, metadata))
        };
        let pretended = json!({"envoy.filters.http.jwt_authn": {"claims": {
            "iss": ISSUER, "aud": "https://api.partnercenter.microsoft.com", "exp": 4_102_444_800_u64,
            "amr": ["mfa"], "scope": "read",
        }}});
        let mut by_route = listener("by-route", "claims", vec![plain.clone()]);
        by_route.routes = vec![json!({
            "match": {"prefix": "/"}, "route": {"cluster": "upstream"}, "metadata": {"filter_metadata": pretended},
        })];
        let listeners = [
            listener("plain", "claims", vec![plain]),
            listener("forwarding", "claims", vec![entra(provider(json!({"forward": true})), optional.clone())]),
            listener(
                "lenient",
                "claims",
                vec![entra(provider(json!({"forward": true})), or_none("entra", "allow_missing_or_failed"))],
            ),
            listener(
                "two-headers",
                "claims",
                vec![entra(
                    provider(json!({"forward": true, "from_headers": [
                        {"name": "authorization", "value_prefix": "Bearer "}, {"name": "access-token"},
                    ]})),
                    optional.clone(),
                )],
            ),
            listener("istio", "payload", vec![istio]),
            listener("none", "claims", Vec::new()),
            by_route,
        ];
        let envoy = Envoy::start(&listeners, Upstream::start(), &[], None).unwrap_or_else(|error| panic!("{error}"));
        Stage { envoy, forge, sample, sent: AtomicU64::new(0) }
    })
}

impl Stage {
    /// A token of a user with this `amr` and more claims.
    fn token(&self, amr: &[&str], spec: Value) -> String {
        let mut whole = json!({"from": "good", "claims": {"amr": amr, "scope": "read write"}});
        support::cases::merge::merge(&mut whole, &spec);
        String::from_utf8(self.sample.mint(&self.forge, &whole, now())).expect("a token is text")
    }

    /// The decision on a request: `allow`, a deny reason, or the details of Envoy's own filters; and the request that the
    /// upstream saw.
    fn ask(&self, listener: &str, path: &str, headers: &[(&str, &str)]) -> (String, Option<Seen>) {
        let id = format!("jwt-{}", self.sent.fetch_add(1, Ordering::Relaxed));
        let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!("GET {path} HTTP/1.1\r\nhost: api.example.com\r\nx-test-id: {id}\r\n{lines}\r\n");
        let response = Connection::new(self.envoy.address(listener)).request(request.as_bytes()).expect("an answer");
        let seen = self.envoy.upstream.seen(&id).pop();
        let details = self.envoy.logged(&id).expect("a line of the access log").details;
        let reason = details.strip_prefix("mfa_gate{").and_then(|rest| rest.strip_suffix('}'));
        match (response.answer.status, reason) {
            (200, _) => ("allow".to_owned(), seen),
            (_, Some(reason)) => (reason.to_owned(), seen),
            (_, None) => (details, seen),
        }
    }

    fn decision(&self, listener: &str, path: &str, headers: &[(&str, &str)]) -> String {
        let (decision, seen) = self.ask(listener, path, headers);
        assert_eq!(seen.is_some(), decision == "allow", "{decision}");
        decision
    }
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[test]
fn what_jwt_authn_verified_is_judged_by_the_policy() {
    let stage = stage();
    let mfa = stage.token(&["pwd", "mfa"], json!({}));
    // The second time it is cached.
    for _ in 0..2 {
        let (decision, seen) = stage.ask("plain", "/v1/customers", &[("authorization", &bearer(&mfa))]);
        assert_eq!(decision, "allow");
        // By default jwt_authn removes the token.
        assert_eq!(seen.and_then(|seen| seen.header("authorization")), None);
    }
    assert_eq!(stage.decision("plain", &format!("/v1/customers?access_token={mfa}"), &[]), "allow");

    let pwd = bearer(&stage.token(&["pwd"], json!({})));
    assert_eq!(stage.decision("plain", "/v1/customers", &[("authorization", &pwd)]), "mfa-missing");
    let wrong = bearer(&stage.token(&["mfa"], json!({"claims": {"scope": "write"}})));
    assert_eq!(stage.decision("plain", "/v1/customers", &[("authorization", &wrong)]), "claim-not-met");
    // The audience of another service: jwt_authn has no list of audiences here, so the gate refuses it.
    let other = bearer(&stage.token(&["mfa"], json!({"claims": {"aud": "another"}})));
    assert_eq!(stage.decision("plain", "/v1/customers", &[("authorization", &other)]), "audience-mismatch");

    assert_eq!(stage.decision("plain", "/v1/customers", &[]), "token-missing");
    assert_eq!(stage.decision("plain", "/health", &[]), "allow");
    let forged = bearer(&stage.token(&["mfa"], json!({"key": "stranger", "header": {"kid": "rsa"}})));
    let refused = stage.decision("plain", "/v1/customers", &[("authorization", &forged)]);
    assert!(refused.starts_with("jwt_authn_access_denied"), "{refused}");
}

#[test]
fn headers_and_route_metadata_do_not_count_as_verified_by_jwt_authn() {
    let stage = stage();
    let mfa = bearer(&stage.token(&["mfa"], json!({})));
    let claims = r#"{"iss":"https://sts.windows.net/df845f1a-7b35-40a2-ba78-6481de91f8ae/","amr":["mfa"]}"#;
    for listener in ["none", "by-route"] {
        let headers = [("claims", claims), ("envoy.filters.http.jwt-authn", claims), ("x-jwt-payload", &mfa)];
        assert_eq!(stage.decision(listener, "/v1/customers", &headers), "token-missing", "{listener}");
    }
    // No filter has verified it, so it is ignored.
    assert_eq!(stage.decision("none", "/v1/customers", &[("authorization", &mfa)]), "token-missing");
}

/// jwt_authn verifies a token in each place and leaves the claims of one, while the upstream reads the header.
#[test]
fn the_token_that_is_judged_is_the_one_in_the_header() {
    let stage = stage();
    let (mfa, pwd) = (stage.token(&["mfa"], json!({})), stage.token(&["pwd"], json!({})));
    let other = stage.token(&["mfa"], json!({"claims": {"oid": "00000000-0000-0000-0000-000000000000"}}));
    let pairs = [(&mfa, &pwd), (&pwd, &mfa), (&mfa, &other), (&other, &mfa)];
    // Seen on Envoy 1.40: the header's come last, so it is theirs that stay.
    for listener in ["forwarding", "lenient", "istio"] {
        let ask = |query: &str, header: &str| {
            let path = format!("/v1/customers?access_token={query}");
            stage.decision(listener, &path, &[("authorization", &bearer(header))])
        };
        assert_eq!(ask(&mfa, &mfa), "allow", "{listener}");
        let decisions = pairs.map(|(query, header)| ask(query, header));
        assert_eq!(decisions, ["mfa-missing", "allow", "allow", "allow"], "{listener}");
    }
    // And of two headers, the one whose name comes first in the alphabet.
    let ask = |own: &str, header: &str| {
        stage.decision("two-headers", "/v1/customers", &[("access-token", own), ("authorization", &bearer(header))])
    };
    assert_eq!(ask(&mfa, &mfa), "allow");
    assert_eq!(pairs.map(|(own, header)| ask(own, header)), ["token-ambiguous"; 4]);

    // Where jwt_authn lets a failed token pass, the gate sees that it is another one.
    let forged = bearer(&stage.token(&["mfa"], json!({"key": "stranger", "claims": {"oid": "root"}})));
    let path = format!("/v1/customers?access_token={mfa}");
    assert_eq!(stage.decision("lenient", &path, &[("authorization", &forged)]), "token-ambiguous");
    assert_eq!(stage.decision("lenient", "/v1/customers", &[("authorization", &forged)]), "token-missing");
    // And values that jwt_authn does not recognize as a token.
    for header in ["Bearer opaque", "bearer", &format!("bearer {pwd}"), &format!("Bearer\t{pwd}")] {
        assert_eq!(stage.decision("lenient", &path, &[("authorization", header)]), "token-ambiguous", "{header}");
    }
}

#[test]
fn tokens_verified_by_istios_request_authentication_are_judged() {
    let stage = stage();
    let ask = |headers: &[(&str, &str)]| stage.ask("istio", "/v1/customers", headers);
    // Istio has scope as a list.
    let mfa = bearer(&stage.token(&["pwd", "mfa"], json!({})));
    let (decision, seen) = ask(&[("authorization", &mfa)]);
    assert_eq!((decision.as_str(), seen.and_then(|seen| seen.header("authorization"))), ("allow", Some(mfa)));
    let partner = json!({"from": "partner-user", "claims": {"scope": "read"}});
    assert_eq!(ask(&[("authorization", &bearer(&stage.token(&["mfa"], partner)))]).0, "allow");
    assert_eq!(ask(&[("authorization", &bearer(&stage.token(&["pwd"], json!({}))))]).0, "mfa-missing");
    assert_eq!(ask(&[]).0, "token-missing");
}
