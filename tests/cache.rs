//! What is remembered of a token never outlives the token, its keys or the bounds (catalogue F20).

mod support;

use std::sync::Arc;

use mfa_gate::decision::{Means, decide};
use mfa_gate::keys::{InlineKeys, KeySet, KeyStore, RustCrypto};
use mfa_gate::policy::{CacheBounds, Gate, Issuer};
use mfa_gate::time::UnixTime;
use mfa_gate::token::TokenCache;
use serde_json::json;

use support::forge::Forge;
use support::native::{NativeRequest, gate};
use support::table::Sample;

const NOW: i64 = 1_768_478_400;

struct NoKeys;

impl KeyStore for NoKeys {
    fn key_set(&self, _: &Issuer) -> Option<Arc<KeySet>> {
        None
    }
}

struct Stage {
    gate: Gate,
    token: Vec<u8>,
    cache: TokenCache,
}

impl Stage {
    fn new(bounds: CacheBounds) -> Self {
        let forge = Forge::new();
        let sample = Sample::load(&forge, "partner-center.yaml");
        let token = sample.mint(&forge, &json!({"from": "good"}), NOW);
        Stage { gate: gate(&sample.config), token, cache: TokenCache::new(bounds) }
    }

    fn reason(&self, keys: &dyn KeyStore, now: i64) -> Option<&'static str> {
        let bearer = [b"Bearer ", self.token.as_slice()].concat();
        let request = NativeRequest::to_path(b"/v1/customers").with("authorization", bearer);
        let now = UnixTime::from_millis(now * 1000);
        let means = Means { keys, verifier: &RustCrypto, cache: &self.cache, now };
        decide(&self.gate, &request, &means).outcome.err().map(|denial| denial.reason.as_str())
    }

    fn remembers(&self) -> bool {
        self.cache.get(&self.token).is_some()
    }
}

const ROOMY: CacheBounds = CacheBounds { max_entries: 8, max_bytes: 1 << 20 };

#[test]
fn f20_a_remembered_token_expires() {
    let stage = Stage::new(ROOMY);
    assert_eq!(stage.reason(&InlineKeys, NOW), None);
    assert!(stage.remembers());
    assert_eq!(stage.reason(&InlineKeys, NOW + 86_400), Some("token-expired"));
    assert!(!stage.remembers());
}

#[test]
fn f20_a_remembered_token_goes_with_its_keys() {
    let stage = Stage::new(ROOMY);
    assert_eq!(stage.reason(&InlineKeys, NOW), None);
    assert_eq!(stage.reason(&NoKeys, NOW), Some("keys-unavailable"));
    assert!(!stage.remembers());
}

#[test]
fn f20_a_token_that_ends_like_a_remembered_one_is_another() {
    let mut stage = Stage::new(ROOMY);
    assert_eq!(stage.reason(&InlineKeys, NOW), None);
    // The end is what is hashed, so it is found, and told apart by the rest.
    let dot = stage.token.iter().position(|&byte| byte == b'.').expect("a header");
    stage.token[dot + 20] ^= 1;
    assert!(!stage.remembers());
    assert!(stage.reason(&InlineKeys, NOW).is_some());
}

#[test]
fn the_bounds_hold() {
    for bounds in [CacheBounds { max_entries: 0, ..ROOMY }, CacheBounds { max_bytes: 100, ..ROOMY }] {
        let stage = Stage::new(bounds);
        assert_eq!(stage.reason(&InlineKeys, NOW), None);
        assert!(!stage.remembers(), "{bounds:?}");
    }
}
