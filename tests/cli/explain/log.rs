//! A line of the access log.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::ADVICE_ON_MISSING_MFA;
use crate::command::Place;

/// A line of the access log with this record of the gate.
fn line(path: &str, record: Value) -> String {
    let line = json!({
        "time": "2026-11-23T08:00:01.250Z",
        "request_id": format!("id-of-{path}"),
        "correlation_id": null,
        "address": "203.0.113.7",
        "method": "GET",
        "path": path,
        "protocol": "HTTP/1.1",
        "status": 401,
        "details": "mfa_gate{mfa-missing}",
        "duration_ms": 3,
        "mfa_gate": {"@type": "type.googleapis.com/google.protobuf.Struct", "value": record},
    });
    format!("{line}\n")
}

fn missing(route: &str, policy: &str) -> Value {
    json!({
        "decision": "deny", "reason": "mfa-missing", "route": route, "policy": policy, "subject": "user", "mfa": "missing",
        "issuer": "https://sts.windows.net/df845f1a-7b35-40a2-ba78-6481de91f8ae/",
        "tenant": "df845f1a-7b35-40a2-ba78-6481de91f8ae", "app": "23ec45a3-5127-4185-9eff-c8887839e6ab",
        "app_name": "Partner portal", "user": "5d2c6b1e-0f3a-4c8d-9b7e-1a2b3c4d5e6f", "upn": "o'brien@example.com",
        "key": "9f86d081"
    })
}

const EXPLAIN: &str = "explain --config gate.yaml --access-log -";

#[test]
fn a_log_line_is_explained_beside_the_decision_of_this_configuration() {
    let place = Place::new();
    let ran = place.run_with(EXPLAIN, &line("/v1/customers", missing("customers", "mfa")));
    assert_eq!(
        ran.out,
        format!(
            "\
log       2026-11-23T08:00:01.250Z, request `id-of-/v1/customers`, from `203.0.113.7`
          answered with 401, `mfa_gate{{mfa-missing}}`
          deny, mfa-missing
          by route `customers`, policy `mfa`
          user named `o'brien@example.com` with the id `5d2c6b1e-0f3a-4c8d-9b7e-1a2b3c4d5e6f` of tenant \
`df845f1a-7b35-40a2-ba78-6481de91f8ae` by application `23ec45a3-5127-4185-9eff-c8887839e6ab` named `Partner portal`
          MFA missing
request   GET /v1/customers
path      `/v1/customers` matches route `customers`, policy `mfa`  gate.yaml:13
policy    `mfa` requires any of `mfa` in `amr`; app-only tokens are allowed without it  gate.yaml:9
compare   as in the log, route `customers`, policy `mfa` applies  gate.yaml:13
{ADVICE_ON_MISSING_MFA}"
        )
    );
    assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""));
}

#[test]
fn json_reports_whether_log_and_configuration_agree() {
    let place = Place::new();
    let report = |line: &str| {
        let ran = place.run_with(&format!("{EXPLAIN} --json"), line);
        assert_eq!(ran.err, "");
        (ran.code, serde_json::from_str::<Value>(&ran.out).unwrap())
    };
    let (code, mut denied) = report(&line("/v1/customers", missing("pages", "mfa")));
    let steps = denied.as_object_mut().unwrap().remove("steps").unwrap();
    let advice = denied.as_object_mut().unwrap().remove("advice").unwrap();
    assert!(advice["caller"].as_str().unwrap().starts_with("sign in again with MFA"));
    assert_eq!(
        denied,
        json!({
            "decision": "deny", "reason": "mfa-missing", "route": "pages", "policy": "mfa", "subject": "user",
            "mfa": "missing", "status": 401, "agrees": false
        })
    );
    assert_eq!(code, Some(1));
    let compare = &steps.as_array().unwrap()[4]["lines"][0]["text"];
    assert_eq!(
        compare,
        "the log has route `pages`, policy `mfa`, which does not apply here: the gate ran with another configuration"
    );

    for (path, record, code, agrees) in [
        ("/health", json!({"decision": "allow", "route": "health", "policy": "public"}), 0, json!(true)),
        ("/else", json!({"decision": "allow", "policy": "mfa", "subject": "app"}), 0, json!(true)),
        ("/v1/admins%2f..%2fcustomers", missing("admins", "admins"), 1, json!(true)),
        ("/v1/admins", missing("customers", "mfa"), 1, json!(false)),
        ("/%zz", json!({"decision": "deny", "reason": "path-unreadable"}), 1, json!(null)),
        ("/%zz", missing("customers", "mfa"), 1, json!(false)),
    ] {
        let (exit, report) = report(&line(path, record));
        assert_eq!((exit, &report["agrees"]), (Some(code), &agrees), "{path}: {report:#}");
    }
}

#[test]
fn a_policy_named_by_envoys_route_is_recognized() {
    let place = Place::new();
    let config = place.read("gate.yaml");
    let (config, _) = config.split_once("upstream_headers").unwrap();
    place.write("gate.yaml", &format!("{config}envoy_route_metadata: true\n"));
    let record = json!({"decision": "deny", "reason": "token-missing", "policy": "admins"});
    let text = line("/else", record);
    let ran = place.run_with(EXPLAIN, &text);
    let unsure =
        "compare   the log has policy `admins`, which Envoy's route may name; pass its policy with `--route-policy`\n";
    assert!(ran.out.contains(unsure), "{}", ran.out);
    let ran = place.run_with(&format!("{EXPLAIN} --route-policy admins"), &text);
    assert!(ran.out.contains("compare   as in the log, policy `admins` applies  gate.yaml:10\n"), "{}", ran.out);
}

#[test]
fn a_request_id_selects_one_line_of_many() {
    let place = Place::new();
    let (first, second) =
        (line("/health", json!({"decision": "allow"})), line("/v1/admins", missing("admins", "admins")));
    place.write("access.log", &format!("{first}no line\n\n{second}"));
    let explain = "explain --config gate.yaml --access-log access.log";
    assert!(place.run(&format!("{explain} --request-id id-of-/v1/admins")).out.contains("GET /v1/admins"));
    for (arguments, message) in [
        ("", "`access.log`: has more than one line; select one with `--request-id`"),
        (" --request-id x", "`access.log`: no line has the request_id `x`"),
    ] {
        assert_eq!(place.wrong_use(&format!("{explain}{arguments}")), format!("error: {message}\n"));
    }
    for (text, message) in [
        ("", "is empty"),
        ("GET /v1", "column 1: expected value"),
        ("[]", "column 0: invalid type: sequence, expected an object"),
        (r#"{"time":"2026-11-23T08:00:01Z","path":"/"}"#, "the line has no `method`"),
        (
            r#"{"time":"2026-11-23T08:00:01Z","path":"/","method":"GET","mfa_gate":null}"#,
            "the line has no record of the gate (`mfa_gate`): the request did not reach it",
        ),
    ] {
        let ran = place.run_with(EXPLAIN, text);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{text}");
        assert_eq!(ran.err, format!("error: standard input: {message}\n"), "{text}");
    }
}

#[test]
fn a_log_line_cannot_be_combined_with_a_request_or_a_token() {
    let place = Place::new();
    for arguments in ["--token mfa.jwt", "--header a:b", "--keys jwks.json", "--curl curl", "--request GET~/"] {
        let err = place.wrong_use(&format!("{EXPLAIN} {arguments}"));
        assert!(err.contains("cannot be used with"), "{arguments}: {err}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// A panic would exit with 101.
    #[test]
    fn every_log_line_is_explained_or_refused(path in any::<String>(), name in any::<String>(), status in any::<i64>()) {
        let place = Place::empty();
        place.ok("mint key --alg ES256 --kid demo --out key.jwk --jwks jwks.json");
        let jwks = place.read("jwks.json").replace('\n', "");
        place.write("gate.yaml", &crate::command::GATE.replace("JWKS", &jwks));
        let record = json!({"decision": "deny", "reason": name, "route": name, "policy": path, "subject": "user", "upn": name});
        let text = line(&path, record).replace("\"status\":401", &format!("\"status\":{status}"));
        let ran = place.run_with(EXPLAIN, &text);
        prop_assert_eq!(ran.code, Some(1), "{}", ran.err);
        prop_assert!(!ran.out.chars().any(|c| c.is_control() && c != '\n'));
        let cut = text.char_indices().map(|(at, _)| at).nth(text.chars().count() / 2).unwrap_or(0);
        prop_assert_eq!(place.run_with(EXPLAIN, &text[..cut]).code, Some(2));
    }
}
