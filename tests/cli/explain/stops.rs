//! Where a decision stops, and what is never shown of it.

use serde_json::{Value, json};

use crate::command::{NOW, Place, TIMES, USER};

#[test]
fn every_kind_of_stop_is_explained() {
    let place = Place::new();
    place.mint("v2.jwt", r#""ver":"2.0""#);
    let app = r#""appidacr":"1","oid":"1","sub":"1""#;
    let claims = format!("{{{},{TIMES},{app}}}", USER.split(",\n    \"appidacr\"").next().unwrap());
    place.write("claims.json", &claims);
    place.write("app.jwt", &place.ok("mint token --key key.jwk --claims claims.json"));
    place.write("cut.jwt", place.read("mfa.jwt").trim_end().rsplit_once('.').unwrap().0);
    for (arguments, code, reason, last) in [
        ("/health", 0, json!(null), "not read: the policy requires none"),
        ("/v1/customers", 1, json!("token-missing"), "`authorization` carries no token"),
        (
            "/v1/customers --header Authorization:~Basic~x",
            1,
            json!("token-missing"),
            "`authorization` carries no token",
        ),
        (
            "/v1/customers --token mfa.jwt --header Authorization:~Bearer~x",
            1,
            json!("token-ambiguous"),
            "`authorization` carries more than one token",
        ),
        (
            "/v1/customers --token cut.jwt",
            1,
            json!("token-malformed"),
            "the token is malformed: not three parts separated by dots",
        ),
        (
            "/v1/customers --token mfa.jwt --now 2026-01-31T12:31:00Z",
            1,
            json!("token-expired"),
            "expired 60 s ago, leeway 60 s",
        ),
        (
            "/v1/customers --token v2.jwt",
            1,
            json!("mfa-unknowable"),
            "MFA cannot be proven for policy `mfa`: an Entra v2.0 token has no amr",
        ),
        ("/v1/customers --token app.jwt", 0, json!(null), "policy `mfa` allows app-only tokens without MFA"),
        (
            "/v1/admins --token app.jwt",
            1,
            json!("app-only-not-allowed"),
            "claim `roles` absent; required: any of `AdminAgents`: not met",
        ),
        (
            "/v1/%zz --token mfa.jwt",
            1,
            json!("path-unreadable"),
            "the path has a `%` that is not followed by two hexadecimal digits",
        ),
    ] {
        let arguments =
            if arguments.contains("--now") { arguments.to_owned() } else { format!("{arguments} --now {NOW}") };
        let ran = place.run(&format!("explain --config gate.yaml --json --request GET~{arguments}"));
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!((ran.code, &report["reason"]), (Some(code), &reason), "{arguments}");
        let steps = report["steps"].as_array().unwrap();
        let before = steps.iter().position(|step| step["name"] == "decision").unwrap() - 1;
        assert_eq!(steps[before]["lines"].as_array().unwrap().last().unwrap()["text"], *last, "{arguments}");
    }
}

#[test]
fn the_token_is_never_shown() {
    let place = Place::new();
    let token = place.read("pwd.jwt");
    let token = token.trim_end();
    let mut shown = Vec::new();
    for json in ["", " --json"] {
        shown.push(place.explain(&format!("--request GET~/ --token pwd.jwt{json}")));
        shown.push(place.explain(&format!("--request GET~/ --header Authorization:~Bearer~{token}{json}")));
        shown.push(place.explain(&format!("--request GET~/ --header Authorization~Bearer~{token}{json}")));
    }
    for ran in shown {
        for part in token.split('.') {
            assert!(!ran.out.contains(part) && !ran.err.contains(part));
        }
    }
}

#[test]
fn a_token_is_read_from_standard_input_and_put_into_the_configured_header() {
    let place = Place::new();
    let arguments = format!("explain --config gate.yaml --now {NOW} --request GET~/ --token -");
    assert_eq!(place.run_with(&arguments, &place.read("mfa.jwt")).code, Some(0));

    place.write("bare.yaml", &(place.read("gate.yaml") + "token: {headers: [x-access-token]}\n"));
    let ran = place.run(&format!("explain --config bare.yaml --now {NOW} --request GET~/ --token mfa.jwt"));
    assert!(ran.out.contains("token     `x-access-token` carries a token of"), "{}", ran.out);
    assert_eq!(ran.code, Some(0));
}

#[test]
fn the_policy_of_envoys_route_can_be_given() {
    let place = Place::new();
    let path_step = |arguments: &str| {
        let (code, report) = place.explain_json(&format!("{arguments} --route-policy public"));
        let lines = report["steps"][1]["lines"].as_array().unwrap().clone();
        (code, lines.iter().map(|line| line["text"].clone()).collect::<Value>())
    };
    assert_eq!(
        path_step("--request GET~/v1/customers"),
        (
            Some(1),
            json!([
                "the policy of Envoy's route is not read: `envoy_route_metadata` is false",
                "`/v1/customers` matches route `customers`, policy `mfa`"
            ])
        )
    );
    let config = place.read("gate.yaml");
    let (config, _) = config.split_once("upstream_headers").unwrap();
    place.write("gate.yaml", &format!("{config}envoy_route_metadata: true\n"));
    assert_eq!(path_step("--request GET~/v1/customers"), (Some(0), json!(["Envoy's route names policy `public`"])));
    let (code, ambiguous) = path_step("--request GET~/v1%2fcustomers");
    assert_eq!((code, &ambiguous[2]), (Some(1), &json!("`/v1/customers` matches route `customers`, policy `mfa`")));
}

#[test]
fn a_denied_token_is_explained_with_the_field_that_denies_it() {
    let place = Place::new();
    for (from, to, reason, field) in [
        ("sts.windows.net", "sts.example", "issuer-untrusted", json!("issuers")),
        ("df845f1a-", "00000000-", "tenant-not-allowed", json!("issuers[0].tenants")),
        ("https://api.", "https://other.", "audience-mismatch", json!("issuers[0].audiences")),
        // The leeway is not in the file.
        ("1769862600", "1769859001", "token-expired", json!(null)),
    ] {
        let claims = format!("{{{USER},{TIMES},\"amr\":[\"mfa\"]}}");
        assert!(claims.contains(from), "{from}");
        place.write("claims.json", &claims.replace(from, to));
        place.write("t.jwt", &place.ok("mint token --key key.jwk --claims claims.json"));
        let (code, report) = place.explain_json("--request GET~/v1/customers --token t.jwt");
        assert_eq!((code, &report["reason"]), (Some(1), &json!(reason)));
        let steps = report["steps"].as_array().unwrap();
        let trust = steps.iter().find(|step| step["name"] == "trust").unwrap();
        assert_eq!(trust["lines"].as_array().unwrap().last().unwrap()["rule"]["field"], field, "{reason}");
    }
}

#[test]
fn what_jwt_authn_would_have_verified_is_reported_as_unknown() {
    let place = Place::new();
    place.write(
        "gate.yaml",
        "issuers:\n- issuer: https://issuer.example.com\n  audiences: [a]\n  verified_by: {metadata: claims}\n\
         default: signed_in\n",
    );
    let (code, report) = place.explain_json("--request GET~/ --token mfa.jwt");
    assert_eq!((code, &report["reason"]), (Some(1), &json!("token-missing")));
    assert_eq!(
        report["detail"],
        "tokens of `verified_by` issuers come from jwt_authn's metadata, which hold none; does jwt_authn run before the gate?"
    );
    let token = report["steps"].as_array().unwrap().iter().find(|step| step["name"] == "token").unwrap();
    let rule = json!({"file": "gate.yaml", "line": 4, "field": "issuers[0].verified_by"});
    let unknown = "jwt_authn's metadata under `claims` is unknown here";
    assert_eq!(token["lines"][0], json!({"text": unknown, "rule": rule}));
}
