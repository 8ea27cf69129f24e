//! Key rotation.

use std::time::Duration;

use serde_json::json;

use crate::idp::{Idp, Reply};
use crate::stage::{COOLDOWN, KEY_UNKNOWN, Stage, eventually, fetched, rest, source};
use crate::support::tokens::{ISSUER, config, good, jwk, jwks, token};

// catalogue: F09
#[test]
fn a_new_key_is_fetched_once_and_used() {
    let idp = Idp::start();
    idp.set("/keys", Reply::ok(jwks(&["a"])));
    let stage = Stage::new(idp.address, &[("gate", fetched("/keys", &json!({})))]);
    stage.wait_for_keys("gate", "a");
    idp.set("/keys", Reply::ok(jwks(&["a", "b"])));
    rest(COOLDOWN);
    let before = idp.asked("/keys");
    let tokens: Vec<String> = (0..100).map(|n| good(if n % 2 == 0 { "a" } else { "b" })).collect();
    assert_eq!(stage.ask_all("gate", &tokens), [200; 100]);
    assert_eq!(idp.asked("/keys"), before + 1);
}

// catalogue: F10 F20
#[test]
fn a_removed_key_and_its_cached_tokens_are_rejected() {
    let idp = Idp::start();
    let other = jwk("partner", "same");
    idp.set("/keys", Reply::ok(json!({"keys": [jwk("p256", "removed"), jwk("p256", "same")]}).to_string()));
    let stage = Stage::new(idp.address, &[("gate", fetched("/keys", &json!({})))]);
    stage.wait_for_keys("gate", "removed");
    let (removed, replaced) = (good("removed"), good("same"));
    for token in [&removed, &replaced] {
        assert!((0..20).all(|_| stage.ask("gate", token).0 == 200));
    }
    idp.set("/keys", Reply::ok(json!({"keys": [other]}).to_string()));
    eventually("end of the removed key in every worker", || {
        (0..20).all(|_| {
            stage.ask("gate", &good("unknown"));
            stage.ask("gate", &removed).0 == 401
        })
    });
    assert_eq!(stage.ask("gate", &removed), (401, KEY_UNKNOWN.to_owned()));
    assert_eq!(stage.ask("gate", &replaced), (401, "mfa_gate{signature-invalid}".to_owned()));
    assert_eq!(stage.ask("gate", &token("partner", "same", &json!({}))).0, 200);
}

// catalogue: C39 E12
#[test]
fn issuers_that_share_a_kid_do_not_share_keys() {
    let idp = Idp::start();
    idp.set("/one", Reply::ok(json!({"keys": [jwk("p256", "same"), jwk("rsa", "of-one")]}).to_string()));
    idp.set("/two", Reply::ok(json!({"keys": [jwk("partner", "same")]}).to_string()));
    let other = "https://two.test";
    let issuers = json!([
        {"issuer": ISSUER, "audiences": ["api"], "jwks": source("/one", &json!({}))},
        {"issuer": other, "audiences": ["api"], "jwks": source("/two", &json!({}))},
    ]);
    let stage = Stage::new(idp.address, &[("gate", config(&issuers))]);
    stage.wait_for_keys("gate", "same");
    let by = |key: &str, kid: &str, issuer: &str| stage.ask("gate", &token(key, kid, &json!({"iss": issuer})));
    eventually("keys of the second issuer", || (0..20).all(|_| by("partner", "same", other).0 == 200));
    for _ in 0..4 {
        assert_eq!(by("rsa", "of-one", ISSUER).0, 200);
        assert_eq!(by("partner", "same", ISSUER).1, "mfa_gate{signature-invalid}");
        assert_eq!(by("p256", "same", other).1, "mfa_gate{signature-invalid}");
        assert_eq!(by("rsa", "of-one", other).1, KEY_UNKNOWN);
    }
}

/// Each fetch returns a new key instead of the last one.
// catalogue: F09
#[test]
fn a_provider_may_rotate_its_key_at_every_fetch() {
    const COOLDOWN: u64 = 2;
    let idp = Idp::start();
    idp.set("/keys", Reply::Rotating(|asked| jwks(&[&asked.to_string()])));
    let source = json!({"cooldown": format!("{COOLDOWN}s")});
    let stage = Stage::new(idp.address, &[("gate", fetched("/keys", &source))]);
    stage.wait_for_keys("gate", "1");
    for _ in 0..3 {
        rest(COOLDOWN);
        let next = idp.asked("/keys") + 1;
        // The first request causes the fetch, and all use its key.
        assert_eq!(stage.ask_all("gate", &vec![good(&next.to_string()); 20]), [200; 20]);
        assert_eq!(idp.asked("/keys"), next);
        // The next check for the other worker's keys.
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(stage.ask_all("gate", &vec![good(&(next - 1).to_string()); 20]), [401; 20]);
    }
}
