//! The steps of a decision, as text and as JSON.

use serde_json::json;

use super::ADVICE_ON_MISSING_MFA;
use crate::command::Place;

/// The steps of the sample token, which is verified.
fn verified(bytes: usize) -> String {
    format!(
        "\
token     `authorization` carries a token of {bytes} bytes
          alg ES256, kid `demo`, typ `JWT`
          iss `https://sts.windows.net/df845f1a-7b35-40a2-ba78-6481de91f8ae/`
          tid `df845f1a-7b35-40a2-ba78-6481de91f8ae`
          aud `https://api.partnercenter.microsoft.com`
          iat 2026-01-31T11:30:00Z, 30 min ago
          nbf 2026-01-31T11:30:00Z, 30 min ago
          exp 2026-01-31T12:30:00Z, in 30 min
trust     the issuer is trusted as `https://sts.windows.net/{{tid}}/`  gate.yaml:3
          the tenant is one of the issuer's  gate.yaml:4
          the signature is valid, with key `demo`  gate.yaml:7
          audience and times are valid  gate.yaml:5
subject   user, from the claims that `entra` reads: idtyp absent, appidacr `0`, azpacr absent, scp `user_impersonation`, \
oid `4988e250-5aee-482a-9136-6d269cb755c0`, sub absent, upn `Adminagent.csp@testtestpartner.onmicrosoft.com`  gate.yaml:6
"
    )
}

#[test]
fn an_allowed_request_is_explained_step_by_step() {
    let ran = Place::new().explain("--request GET~/v1/customers?page=2 --host api.example.com --token mfa.jwt");
    assert_eq!(
        ran.out,
        format!(
            "\
request   GET /v1/customers?page=2
          for host `api.example.com`
path      `/v1/customers` matches route `customers`, policy `mfa`  gate.yaml:13
policy    `mfa` requires any of `mfa` in `amr`; app-only tokens are allowed without it  gate.yaml:9
{verified}mfa       amr [`pwd`, `mfa`]
          MFA is proven for policy `mfa`  gate.yaml:9
decision  allow
          by route `customers`, policy `mfa`  gate.yaml:13
upstream  receives the request
          x-mfa-gate-subject: user  gate.yaml:18
",
            verified = verified(665)
        )
    );
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
}

#[test]
fn a_denied_request_is_explained_with_the_answer_it_gets() {
    let ran = Place::new().explain("--request GET~/v1/admins/%2e%2e/customers --token pwd.jwt");
    assert_eq!(
        ran.out,
        format!(
            "\
request   GET /v1/admins/%2e%2e/customers
path      `/v1/admins/%2e%2e/customers` matches route `admins`, policy `admins`  gate.yaml:14
          `/v1/admins/../customers` matches route `admins`, policy `admins`  gate.yaml:14
          `/v1/customers` matches route `customers`, policy `mfa`  gate.yaml:13
policy    `admins` requires any of `mfa` in `amr`; app-only tokens are denied; also any of `AdminAgents` in `roles`  gate.yaml:10
          `mfa` requires any of `mfa` in `amr`; app-only tokens are allowed without it  gate.yaml:9
{verified}mfa       amr [`pwd`]
          MFA is not proven for policy `admins`  gate.yaml:10
          claim `roles` absent; required: any of `AdminAgents`: not met  gate.yaml:10
mfa       amr [`pwd`]
          MFA is not proven for policy `mfa`  gate.yaml:9
decision  deny, mfa-missing: the token does not prove MFA
          by route `admins`, policy `admins`  gate.yaml:14
answer    HTTP/1.1 401 Unauthorized
          Request-Context: appId=cid-v1:03ce8ca8-8373-4021-8f25-d5dd45c7b12f  gate.yaml:17
          WWW-Authenticate: Bearer error=\"invalid_token\"
          Content-Type: application/problem+json

          {{\"type\":\"about:blank\",\"title\":\"Unauthorized\",\"status\":401,\"error\":\"invalid_token\"}}
note      the shipped Envoy configuration changes the status line to `401 Unauthorized - MFA required` on HTTP/1.1
{ADVICE_ON_MISSING_MFA}",
            verified = verified(657)
        )
    );
    assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""));
}

#[test]
fn json_has_the_decision_and_the_answer() {
    let place = Place::new();
    let (code, mut report) = place.explain_json("--request GET~/v1/admins --token mfa.jwt");
    assert_eq!(code, Some(1));
    let steps = report.as_object_mut().unwrap().remove("steps").unwrap();
    assert_eq!(
        report,
        json!({
            "decision": "deny",
            "reason": "claim-not-met",
            "detail": "claim `roles` does not hold what the policy wants",
            "status": 403,
            "headers": {
                "Request-Context": "appId=cid-v1:03ce8ca8-8373-4021-8f25-d5dd45c7b12f",
                "WWW-Authenticate": "Bearer error=\"insufficient_scope\"",
                "Content-Type": "application/problem+json",
            },
            "body": r#"{"type":"about:blank","title":"Forbidden","status":403,"error":"insufficient_scope"}"#,
            "route": "admins",
            "policy": "admins",
            "subject": "user",
            "signature": "verified",
            "upstream_headers": {},
            "advice": {
                "operator": "if they should have access, assign the role or scope at the issuer, or change `claims` of \
                             the policy",
                "caller": "request the scope, or have the role assigned, and get a new token",
            },
        })
    );
    let names: Vec<_> = steps.as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["request", "path", "policy", "token", "trust", "subject", "mfa", "decision", "answer", "advice"]
    );
    assert_eq!(steps[0]["lines"], json!([{"text": "GET /v1/admins", "rule": null}]));
    let rule = json!({"file": "gate.yaml", "line": 14, "field": "routes[2]"});
    assert_eq!(steps[1]["lines"][0]["rule"], rule);

    let (code, mut report) = place.explain_json("--request GET~/v1/customers --token mfa.jwt");
    assert_eq!(code, Some(0));
    report.as_object_mut().unwrap().remove("steps");
    assert_eq!(
        report,
        json!({
            "decision": "allow",
            "reason": null,
            "detail": null,
            "status": null,
            "headers": {},
            "body": null,
            "route": "customers",
            "policy": "mfa",
            "subject": "user",
            "signature": "verified",
            "upstream_headers": {"x-mfa-gate-subject": "user"},
            "advice": null,
        })
    );
}
