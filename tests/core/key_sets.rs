//! Keys that an operator pastes into a configuration.

use serde_json::{Value, json};

use crate::support::faults;
use crate::support::tokens::{ISSUER, config, jwk, jwk_with};

/// A private key, which no message may show.
const PRIVATE: &str = "cHJpdmF0ZS1hcy1jYW4tYmU";

/// The message says what is wrong and does not repeat the key.
// catalogue: D12 D13
#[test]
fn private_keys_and_keys_of_small_order_are_refused_without_being_shown() {
    let inline = |key: Value| {
        let issuers = json!([{"issuer": ISSUER, "audiences": ["api"], "jwks": {"inline": {"keys": [key]}}}]);
        mfa_gate::config::parse(config(&issuers).to_string().as_bytes()).map(drop).map_err(|errors| errors.to_string())
    };
    for (key, member) in [("p256", "d"), ("rsa", "d"), ("rsa", "p"), ("rsa", "q"), ("ed25519", "d")] {
        let refusal = format!(
            "issuers[0].jwks.inline.keys[0]: `{member}` is a private-key member; configure only the public key, and rotate this key: it has been exposed"
        );
        assert_eq!(inline(jwk_with(key, &json!({member: PRIVATE}))), Err(refusal));
    }
    assert_eq!(inline(jwk("p256", "a")), Ok(()));
    for key in faults::small_order_keys() {
        let refusal = inline(key).expect_err("a key of small order");
        assert!(refusal.starts_with("issuers[0].jwks.inline.keys[0]: "), "{refusal}");
    }
}
