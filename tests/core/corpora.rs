//! Test vectors that others published, judged by the core alone.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mfa_gate::gate::Gate;
use mfa_gate::keys::{Algorithm, KeySet, Lookup, RustCrypto, Source, Verifier};
use mfa_gate::token::{Compact, LastHeader, TokenError, TokenRules};
use mfa_gate::wire::json::Json;
use serde_json::{Value, json};

use crate::support::corpora::{corpus, json_test_suite, tokens_of};
use crate::support::forge::Forge;
use crate::support::native::{NativeRequest, Verdict, gate, judge};
use crate::support::table::Sample;

const NOW: i64 = 1_768_478_400;

fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn rules() -> TokenRules {
    let sample = Sample::load(&Forge::new(), "partner-center.yaml");
    gate(&sample.config).trust.rules
}

/// Whether the token gets past structure, header and signature. These corpora sign texts that are no claims, so their payload is all that
/// may be found wrong.
fn is_signed(token: &str, jwks: &Value, rules: &TokenRules) -> bool {
    let Ok(compact) = Compact::decode(token.as_bytes(), rules) else { return false };
    match compact.read(rules, &LastHeader::default()).map(drop) {
        Ok(()) => {}
        Err(TokenError::Malformed(what)) if what.starts_with("the claims") => {}
        Err(_) => return false,
    }
    let text = jwks.to_string();
    let Ok(set) = KeySet::read(&Json::parse(text.as_bytes(), 8).expect("a key set is JSON")) else { return false };
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    let header = signed.split('.').next().unwrap_or_default();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).expect("base64url")).expect("a header");
    let algorithm = Algorithm::parse(header["alg"].as_str().expect("alg")).expect("a supported algorithm");
    match set.find(header["kid"].as_str(), algorithm, Source { iss: "", tid: None }) {
        Lookup::Found(key) => {
            RustCrypto.verify(key, algorithm, signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).expect("base64url"))
        }
        Lookup::OtherAlgorithm | Lookup::Unknown => false,
    }
}

/// The cases of one file of wycheproof: id, key set, token, whether it is to be accepted.
fn wycheproof(file: &str) -> Option<Vec<(u64, Value, String, bool)>> {
    let path = corpus("wycheproof")?;
    let mut cases = Vec::new();
    for group in json(&path.join(file))["testGroups"].as_array().expect("groups") {
        let key = if group["public"].is_null() { &group["private"] } else { &group["public"] };
        let jwks = if key["keys"].is_array() { key.clone() } else { json!({"keys": [key]}) };
        for test in group["tests"].as_array().expect("tests") {
            let id = test["tcId"].as_u64().expect("tcId");
            let token = test["jws"].as_str().expect("jws").to_owned();
            // Only asymmetric keys stand in a key set here, so nothing that they did not sign is accepted.
            let symmetric = jwks["keys"].as_array().expect("keys").iter().any(|key| key["kty"] == "oct");
            cases.push((id, jwks.clone(), token, test["result"] == "valid" && !symmetric));
        }
    }
    Some(cases)
}

fn assert_verdicts(cases: &[(u64, Value, String, bool)], exceptions: &[(u64, bool)]) {
    let rules = rules();
    let wrong: Vec<_> = cases
        .iter()
        .filter(|(id, jwks, token, valid)| {
            let wanted = exceptions.iter().find(|(other, _)| other == id).map_or(*valid, |(_, wanted)| *wanted);
            is_signed(token, jwks, &rules) != wanted
        })
        .map(|(id, _, token, valid)| format!("tcId {id}, valid {valid}: {token}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases.iter().any(|(_, _, _, valid)| *valid), "not one valid case: nothing is shown");
}

#[test]
fn wycheproof_signatures_are_judged_as_it_says() {
    let Some(cases) = wycheproof("json_web_signature_test.json") else { return };
    assert_eq!(cases.len(), 401);
    // Valid there, but the key's `alg` is not the header's.
    assert_verdicts(&cases, &[346, 347, 350, 351].map(|id| (id, false)));
}

#[test]
fn wycheproof_keys_are_judged_as_it_says() {
    let Some(cases) = wycheproof("json_web_key_test.json") else { return };
    assert_eq!(cases.len(), 26);
    assert_verdicts(&cases, &[]);
}

#[test]
fn examples_of_the_jose_cookbook_are_verified_where_they_are_supported() {
    let Some(path) = corpus("jose-cookbook") else { return };
    let rules = rules();
    let accepted = ["jws/4_1.rsa_v15_signature.json", "jws/4_2.rsa-pss_signature.json", "curve25519/jws.json"];
    let refused = [
        // Not supported: P-521, HMAC, a detached payload, and one that is not base64url.
        "jws/4_3.ecdsa_signature.json",
        "jws/4_4.hmac-sha2_integrity_protection.json",
        "jws/4_5.signature_with_detached_content.json",
        "jws/4_6.protecting_specific_header_fields.json",
        "jws/4_7.protecting_content_only.json",
        "jws/4_8.multiple_signatures.json",
        "rfc7797/4.2.hmac-sha2_b64_false.json",
        "rfc7797/hmac-sha2_b64_false.json",
        "curve25519/ecdh-es.json",
    ];
    for (files, wanted) in [(&accepted[..], true), (&refused[..], false)] {
        for file in files {
            let example = json(&path.join(file));
            let mut key = example["input"]["key"].clone();
            for private in ["d", "p", "q", "dp", "dq", "qi"] {
                key.as_object_mut().map(|key| key.remove(private));
            }
            let jwks = if key.is_array() { json!({"keys": key}) } else { json!({"keys": [key]}) };
            let output = &example["output"];
            if let Some(compact) = output["compact"].as_str() {
                assert_eq!(is_signed(compact, &jwks, &rules), wanted, "{file}");
            }
            for serialization in ["json", "json_flat"] {
                assert!(!is_signed(&output[serialization].to_string(), &jwks, &rules), "{file}: {serialization}");
            }
        }
    }
}

// catalogue: C33 C34
#[test]
fn json_test_suite_is_judged_as_it_says() {
    let Some(files) = json_test_suite() else { return };
    let forge = Forge::new();
    let sample = Sample::load(&forge, "partner-center.yaml");
    let gate: Gate = gate(&sample.config);
    let mut wrong = Vec::new();
    for (name, bytes) in &files {
        for (token, wanted) in tokens_of(&forge, &sample, name, bytes, NOW) {
            let request =
                NativeRequest::to_path(b"/v1/customers").with("authorization", [b"Bearer ", token.as_slice()].concat());
            let reason = match judge(&gate, &request, NOW) {
                Verdict::Allow(_) => "allow",
                Verdict::Deny(reason, _) => reason,
            };
            let fits = match wanted {
                Some(true) => reason == "allow",
                Some(false) => ["token-malformed", "token-too-large"].contains(&reason),
                None => true,
            };
            if !fits {
                wrong.push(format!("{name}: {reason}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_route_for_what_envoy_normalizes_a_path_to_covers_the_path_as_it_was_sent() {
    let Some(path) = corpus("envoy-paths") else { return };
    let utility = json(&path.join("path_utility.json"));
    let normalizer = json(&path.join("uhv_path_normalizer.json"));
    let pair = |from: &Value, to: &Value| (from.as_str().expect("a path").to_owned(), to.as_str().map(str::to_owned));
    let mut pairs: Vec<(String, Option<String>)> = ["canonicalPath", "mergeSlashes", "removeQueryAndFragment"]
        .iter()
        .flat_map(|table| utility[table].as_array().expect("pairs"))
        .map(|row| pair(&row[0], &row[1]))
        .collect();
    pairs.extend(normalizer["cases"].as_array().expect("cases").iter().map(|case| pair(&case["in"], &case["out"])));
    assert!(pairs.len() > 50, "{} pairs", pairs.len());
    let sample = Sample::load(&Forge::new(), "partner-center.yaml");
    let mut judged = 0;
    for (from, to) in pairs {
        let mut config = sample.config.clone();
        config["default"] = json!("public");
        config["path_case"] = json!("exact");
        let route = to.as_deref().and_then(as_route);
        match (&to, &route) {
            // What Envoy refuses has no reading that is public.
            (None, _) => config["default"] = json!("mfa"),
            (Some(_), Some(route)) => config["routes"] = json!([{"name": "protected", "path": route, "policy": "mfa"}]),
            (Some(_), None) => continue,
        }
        let verdict = judge(&gate(&config), &NativeRequest::to_path(from.as_bytes()), NOW);
        assert!(matches!(verdict, Verdict::Deny(..)), "`{from}`, which Envoy makes {to:?}, is allowed");
        judged += 1;
    }
    assert!(judged > 40, "{judged} judged");
}

/// A path as a route has it: decoded, without a query, and without what no route can have.
fn as_route(path: &str) -> Option<String> {
    let path = path.split(['?', '#']).next()?;
    let path = path.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(path);
    let plain = path.starts_with('/')
        && !path.contains("//")
        && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/.-_~".contains(&b));
    plain.then(|| path.to_owned())
}
