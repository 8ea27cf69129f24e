//! Keys by discovery, and keys that name their issuer.

use serde_json::json;

use crate::idp::{Idp, Reply};
use crate::stage::{KEY_UNKNOWN, NO_KEYS, Stage, discovered, eventually};
use crate::support::tokens::{ISSUER, config, good, jwk, jwks, token};

#[test]
fn metadata_is_accepted_only_from_the_configured_issuer() {
    let idp = Idp::start();
    let metadata = |issuer: &str, uri: &str| Reply::ok(json!({"issuer": issuer, "jwks_uri": uri}).to_string());
    let uri = format!("{ISSUER}/keys");
    idp.set("/keys", Reply::ok(jwks(&["a"])));
    idp.set("/right", metadata(ISSUER, &uri));
    let wrong = [
        ("/other", metadata("https://attacker.test", &uri)),
        ("/slash", metadata(&format!("{ISSUER}/"), &uri)),
        ("/no-issuer", Reply::ok(json!({"jwks_uri": uri}).to_string())),
        ("/no-uri", Reply::ok(json!({"issuer": ISSUER}).to_string())),
        ("/plain", metadata(ISSUER, "http://idp.test/keys")),
        ("/set", Reply::ok(jwks(&["a"]))),
        ("/moved", Reply::status(302, "location: https://idp.test/right\r\n", "")),
        ("/gone", metadata(ISSUER, "https://idp.test/not-there")),
    ];
    let mut listeners = vec![("/right", config(&json!([discovered(ISSUER, "/right")])))];
    for (path, reply) in &wrong {
        idp.set(path, reply.clone());
        listeners.push((path, config(&json!([discovered(ISSUER, path)]))));
    }
    let stage = Stage::new(idp.address, &listeners);
    stage.wait_for_keys("/right", "a");
    for (path, _) in &wrong {
        let (response, details) = stage.respond(path, &good("a"));
        assert_eq!((response.answer.status, details.as_str()), (503, NO_KEYS), "{path}");
        assert!(idp.asked(path) > 0, "{path}");
        idp.set(path, metadata(ISSUER, &uri));
    }
    for (path, _) in &wrong {
        stage.wait_for_keys(path, "a");
    }
    // A new key is found by discovery as well.
    idp.set("/new-keys", Reply::ok(jwks(&["b"])));
    idp.set("/right", metadata(ISSUER, &format!("{ISSUER}/new-keys")));
    eventually("the new key", || stage.ask("/right", &good("b")).0 == 200);
    stage.assert_no_trap();
}

#[test]
fn a_key_that_names_its_issuer_verifies_only_its_tokens() {
    const OWN: &str = "df845f1a-7b35-40a2-ba78-6481de91f8ae";
    const OTHER: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
    let idp = Idp::start();
    let of = |tenant: &str| format!("https://login.test/{tenant}/v2.0");
    let named = |key: &str, kid: &str, issuer: String| {
        let mut jwk = jwk(key, kid);
        jwk["issuer"] = issuer.into();
        jwk
    };
    let keys =
        [named("p256", "any", of("{tenantid}")), named("partner", "other", of(OTHER)), named("rsa", "own", of(OWN))];
    idp.set("/keys", Reply::ok(json!({"keys": keys}).to_string()));
    idp.set("/meta", Reply::ok(json!({"issuer": of("{tenantid}"), "jwks_uri": format!("{ISSUER}/keys")}).to_string()));
    let mut issuer = discovered(&of("{tid}"), "/meta");
    issuer["tenants"] = json!([OWN, OTHER]);
    let stage = Stage::new(idp.address, &[("gate", config(&json!([issuer])))]);
    let by = |key: &str, kid: &str, tenant: &str| {
        stage.ask("gate", &token(key, kid, &json!({"iss": of(tenant), "tid": tenant})))
    };
    eventually("keys", || (0..20).all(|_| by("p256", "any", OWN).0 == 200));
    for (key, kid, tenant, status) in [
        ("p256", "any", OTHER, 200),
        ("partner", "other", OTHER, 200),
        ("partner", "other", OWN, 401),
        ("rsa", "own", OWN, 200),
        ("rsa", "own", OTHER, 401),
    ] {
        let answer = by(key, kid, tenant);
        assert_eq!(answer.0, status, "{kid} for {tenant}: {}", answer.1);
        assert!(status == 200 || answer.1 == KEY_UNKNOWN, "{}", answer.1);
    }
}
